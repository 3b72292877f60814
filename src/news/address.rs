//! Addresses of articles: without what tracks the reader, and in one form for all the ways to write the same one.

use std::sync::LazyLock;

use url::Url;

use super::lexicon;

static TRACKING_PARAMETERS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    lexicon::entries(include_str!("../../config/lexicon/tracking-parameters.txt")).map(|entry| entry.phrase).collect()
});

/// The address as a reader's programs may follow it: `http` or `https`, in the form that browsers give it; else nothing.
pub fn web(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

/// The address without tracking parameters, otherwise as it was: fit to be fetched and shown.
pub fn without_tracking(address: &str) -> String {
    let address = address.trim();
    let (before, fragment) =
        address.split_once('#').map_or((address, None), |(before, fragment)| (before, Some(fragment)));
    let Some((path, query)) = before.split_once('?') else { return address.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|parameter| !is_tracking(parameter)).collect();
    let mut clean = path.to_owned();
    if !kept.is_empty() {
        clean.push('?');
        clean.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        clean.push('#');
        clean.push_str(fragment);
    }
    clean
}

/// The form in which two addresses are compared. `http` and `https`, upper and lower case of the host, a slash at the
/// end, the fragment, tracking parameters and the order of the others make no difference. Not fit to be fetched.
pub fn key(address: &str) -> String {
    let address = without_tracking(address);
    let Ok(mut url) = Url::parse(&address) else { return address };
    let host = url.host_str().map(|host| host.trim_end_matches('.').to_owned()).filter(|host| !host.is_empty());
    let Some(host) = host else { return address };
    // `#!/story/7` is the address of a page that a script builds.
    if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        url.set_fragment(None);
    }
    let port = url.port().filter(|&port| port != 80 && port != 443).map(|port| format!(":{port}")).unwrap_or_default();
    let mut parameters: Vec<&str> =
        url.query().unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty()).collect();
    parameters.sort_unstable();
    let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
    let fragment = url.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    let scheme = if url.scheme() == "http" { "https" } else { url.scheme() };
    format!("{scheme}://{host}{port}{}{query}{fragment}", url.path().trim_end_matches('/'))
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING_PARAMETERS.iter().any(|known| match known.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, clean: &str, identity: &str) {
        assert_eq!((without_tracking(address).as_str(), key(address).as_str()), (clean, identity));
    }

    #[test]
    fn tracking_goes_and_the_rest_stays() {
        check(
            "http://Courier.example/a/?id=7&utm_source=rss&fbclid=x#top",
            "http://Courier.example/a/?id=7#top",
            "https://courier.example/a?id=7",
        );
        check("https://courier.example/a?UTM_medium=feed", "https://courier.example/a", "https://courier.example/a");
        check(
            "https://courier.example:443/a?b=%20c&a=1",
            "https://courier.example:443/a?b=%20c&a=1",
            "https://courier.example/a?a=1&b=%20c",
        );
    }

    #[test]
    fn scripted_pages_are_told_apart() {
        check("https://c.example/#!/story/7", "https://c.example/#!/story/7", "https://c.example#!/story/7");
    }

    #[test]
    fn what_is_no_address_stays() {
        check("tag:courier.example,2031:7", "tag:courier.example,2031:7", "tag:courier.example,2031:7");
        check("", "", "");
    }

    proptest::proptest! {
        #[test]
        fn key_is_stable(address in "https?://[a-zA-Z.]{1,9}(:[0-9]{1,4})?(/[a-zA-Z%]{0,4}){0,3}(\\?[a-z=&_]{0,9})?(#[a-z!]{0,3})?") {
            let once = key(&address);
            proptest::prop_assert_eq!(key(&once), once);
        }
    }
}
