//! Pages that list articles, for sites without a feed: entries found by CSS selectors, which the configuration gives.

use std::fmt;

use dom_query::{Document, Matcher, Selection};
use url::Url;

use super::{Entry, FEED_ENTRIES_MAX, Feed, Format, NotAFeed, dates, html, identity};
use crate::news::article::prescan;
use crate::news::charset::{self, Markup};

/// Bytes of a selector: longer ones are mistakes, and matching takes time for each part.
const SELECTOR_BYTES_MAX: usize = 500;

/// A CSS selector that is known to parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(String);

/// Where a list page has what. All but the link may be left out; the others are looked for within an entry, or within the
/// link where there are no entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selectors {
    pub entry: Option<Selector>,
    /// Of an entry, the first counts.
    pub link: Selector,
    pub title: Option<Selector>,
    /// A `datetime` or `content` attribute goes before the text.
    pub date: Option<Selector>,
    pub summary: Option<Selector>,
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// When it is none, or absurdly long.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > SELECTOR_BYTES_MAX {
            return Err(format!("a selector has {SELECTOR_BYTES_MAX} bytes at most"));
        }
        match Matcher::new(text) {
            Ok(_) => Ok(Self(text.trim().to_owned())),
            Err(_) => Err(format!("{text:?} is no CSS selector")),
        }
    }

    fn in_document<'d>(&self, document: &'d Document) -> Selection<'d> {
        Matcher::new(&self.0).map_or_else(|_| Selection::default(), |matcher| document.select_matcher(&matcher))
    }

    fn within<'d>(&self, part: &Selection<'d>) -> Selection<'d> {
        Matcher::new(&self.0).map_or_else(|_| Selection::default(), |matcher| part.select_single_matcher(&matcher))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a page that lists articles. What has no link is no entry; of two entries with one link the first counts.
///
/// # Errors
/// When the page is refused (hostile markup), or nothing in it fits the selectors: then the site has changed.
pub fn read(
    bytes: &[u8],
    base_url: Option<&str>,
    content_type: Option<&str>,
    selectors: &Selectors,
) -> Result<Feed, NotAFeed> {
    let decoded = charset::decode(bytes, content_type, Markup::Html);
    let document = prescan::tree(&decoded.text).map_err(NotAFeed::Hostile)?;
    let base = base(&document, base_url);
    let mut feed = Feed {
        title: Some(html::collapsed(&document.select_single("title").text()).into_owned())
            .filter(|title| !title.is_empty()),
        link: base_url.map(str::to_owned),
        language: document.select_single("html").attr("lang").map(|language| language.to_string()),
        ..Feed::empty(Format::List)
    };
    let parts = selectors.entry.as_ref().unwrap_or(&selectors.link).in_document(&document);
    for part in &parts {
        let link = if selectors.entry.is_some() { selectors.link.within(&part) } else { part.clone() };
        let Some(address) = address(&link, base.as_ref()) else { continue };
        if feed.entries.iter().any(|known| known.link.as_ref() == Some(&address)) {
            continue;
        }
        if feed.entries.len() == FEED_ENTRIES_MAX {
            feed.entries_cut = true;
            break;
        }
        feed.entries.push(entry(&part, &link, address, selectors));
    }
    if feed.entries.is_empty() {
        return Err(NotAFeed::EmptyList(selectors.entry.as_ref().unwrap_or(&selectors.link).to_string()));
    }
    identity::identify(&mut feed.entries);
    Ok(feed)
}

/// What relative links are relative to: the page's own `<base>`, or where it came from.
fn base(document: &Document, base_url: Option<&str>) -> Option<Url> {
    let url = base_url.and_then(|url| Url::parse(url).ok());
    match (document.select_single("base[href]").attr("href"), &url) {
        (Some(href), Some(url)) => url.join(&href).ok(),
        (Some(href), None) => Url::parse(&href).ok(),
        (None, _) => None,
    }
    .or(url)
}

/// Where the link leads; the selected element may also hold it.
fn address(link: &Selection<'_>, base: Option<&Url>) -> Option<String> {
    let href = link.attr("href").or_else(|| link.select_single("a[href]").attr("href"))?;
    let url = match base {
        Some(base) => base.join(href.trim()).ok()?,
        None => Url::parse(href.trim()).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

fn entry(part: &Selection<'_>, link: &Selection<'_>, address: String, selectors: &Selectors) -> Entry {
    let text = |selection: &Selection<'_>| {
        Some(html::collapsed(&selection.text()).into_owned()).filter(|text| !text.is_empty())
    };
    let chosen = |selector: &Option<Selector>| selector.as_ref().map(|selector| selector.within(part));
    let date = chosen(&selectors.date).and_then(|date| {
        let written = date.attr("datetime").or_else(|| date.attr("content"));
        dates::read(&html::collapsed(&written.unwrap_or_else(|| date.text())))
    });
    Entry {
        title: chosen(&selectors.title).and_then(|title| text(&title)).or_else(|| text(link)),
        summary: chosen(&selectors.summary).and_then(|summary| text(&summary)).map(|text| html::escaped(&text).into()),
        link: Some(address),
        published: date,
        ..Entry::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html lang='en'><title>Town hall: news</title><base href='/news/'>
        <ul><li class='story'><h2><a href='7'>Bridge  closed</a></h2><time datetime='2031-03-04T09:00:00Z'>Tuesday</time>
            <p class='lead'>The bridge is closed &amp; guarded.</p></li>
        <li class='story'><h2>No link</h2></li>
        <li class='story'><h2><a href='7'>Again</a></h2></li>
        <li class='story'><h2><a href='mailto:a@b.example'>Write</a></h2></li>
        <li class='story'><a class='more' href='https://other.example/8#top'>More</a><h2>Ferry late</h2><time>4 March 2031</time></li></ul>
        <a href='/about'>About</a>";

    fn selector(text: &str) -> Selector {
        Selector::parse(text).unwrap()
    }

    #[track_caller]
    fn check(selectors: &Selectors, expected: &[&str]) {
        let feed = read(PAGE.as_bytes(), Some("https://town.example/"), None, selectors).unwrap();
        let shown: Vec<String> = feed
            .entries
            .iter()
            .map(|entry| {
                let fields = [entry.link.clone(), entry.title.clone(), entry.published.map(|at| at.to_string())];
                fields.into_iter().chain([entry.summary.clone()]).flatten().collect::<Vec<_>>().join(" | ")
            })
            .collect();
        assert_eq!(shown, expected);
        assert_eq!((feed.title.as_deref(), feed.language.as_deref()), (Some("Town hall: news"), Some("en")));
    }

    #[test]
    fn entries_are_found_by_selectors() {
        let bare = Selectors { entry: None, link: selector("li a"), title: None, date: None, summary: None };
        check(&bare, &["https://town.example/news/7 | Bridge closed", "https://other.example/8#top | More"]);
        let whole = Selectors {
            entry: Some(selector("li.story")),
            link: selector("a"),
            title: Some(selector("h2")),
            date: Some(selector("time")),
            summary: Some(selector("p.lead")),
        };
        check(
            &whole,
            &[
                "https://town.example/news/7 | Bridge closed | 2031-03-04T09:00:00Z | The bridge is closed &amp; guarded.",
                "https://other.example/8#top | Ferry late | 2031-03-04T00:00:00Z",
            ],
        );
    }

    #[test]
    fn a_page_that_has_changed_is_an_error_and_not_an_empty_list() {
        let selectors = Selectors { entry: None, link: selector("h3 a"), title: None, date: None, summary: None };
        let error = read(PAGE.as_bytes(), None, None, &selectors).unwrap_err();
        assert_eq!(error, NotAFeed::EmptyList("h3 a".to_owned()));
        let deep = "<div>".repeat(10_000);
        assert!(matches!(read(deep.as_bytes(), None, None, &selectors), Err(NotAFeed::Hostile(_))));
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in ["", "h2 >", "a[", "::", &"a ".repeat(1000)] {
            assert!(Selector::parse(text).is_err(), "{text:?}");
        }
    }
}
