//! A list of feeds: what is read can be written and read again as the same.
#![no_main]

use daybrief::news::feed::opml::{SUBSCRIPTIONS_MAX, read_opml, write_opml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(subscriptions) = read_opml(data, None) else { return };
    assert!(subscriptions.len() <= SUBSCRIPTIONS_MAX);
    assert!(subscriptions.iter().all(|subscription| !subscription.xml_url.is_empty()));
    let written = write_opml("Feeds", &subscriptions);
    let again = read_opml(written.as_bytes(), None).expect("our own list is one");
    let urls = |list: &[daybrief::news::feed::opml::Subscription]| -> Vec<String> {
        list.iter().map(|subscription| subscription.xml_url.clone()).collect()
    };
    assert_eq!(urls(&subscriptions), urls(&again));
});
