//! Bytes made to keep a reader busy: every one ends, with a bounded result that says what was cut or refused. No I/O.

use daybrief::news::article::{self, PAGE_BYTES_MAX, Page};
use daybrief::news::feed::{self, FEED_ENTRIES_MAX, Feed, NotAFeed};

const URL: Option<&str> = Some("https://courier.example/story");

fn page(html: impl AsRef<[u8]>) -> Page {
    article::read(html.as_ref(), URL, Some("text/html"))
}

#[track_caller]
fn refused(html: impl AsRef<[u8]>, why: &str) {
    let page = page(html);
    assert_eq!(page.text, "");
    assert!(page.error.is_some_and(|error| error.to_string().contains(why)));
}

fn feed(bytes: impl AsRef<[u8]>) -> Result<Feed, NotAFeed> {
    feed::read(bytes.as_ref(), URL, None)
}

#[test]
fn pages_that_no_newsroom_writes_are_refused() {
    refused("<div>".repeat(100_000), "nested more than");
    let attributes: String = (0..200_000).map(|nth| format!(" a{nth}=b")).collect();
    refused(format!("<p{attributes}>text</p>"), "attributes");
    refused("<b><a href=x><p>".repeat(30_000), "nodes");
    refused("x".repeat(10 * 1024 * 1024), "larger than");
}

#[test]
fn a_page_on_one_line_gives_no_more_than_it_has() {
    let html = format!("<h1>Ferry</h1><p>{}</p>", "The ferry sank off Maro. ".repeat(PAGE_BYTES_MAX / 32));
    let page = page(&html);
    assert!(page.is_ok(), "{:?}", page.error);
    assert!(page.text.len() <= html.len());
}

#[test]
fn broken_utf_16_is_read_as_far_as_it_goes() {
    // A lone surrogate in each character's place, and half a character at the end.
    let bytes = [&b"\xff\xfe"[..], &b"\x00\xd8".repeat(100_000), b"x"].concat();
    assert!(!page(&bytes).is_ok());
    assert!(feed(&bytes).is_err());
}

#[test]
fn a_billion_laughs_stay_one() {
    let entities: String =
        (1..10).map(|nth| format!("<!ENTITY l{nth} \"{}\">", format!("&l{};", nth - 1).repeat(10))).collect();
    let xml = format!(
        "<!DOCTYPE rss [<!ENTITY l0 \"ha\">{entities}]><rss><channel><title>&l9;</title><item><title>&l9;</title>\
         <link>https://courier.example/1</link></item></channel></rss>"
    );
    let feed = feed(&xml).expect("a feed with one entry");
    assert_eq!(feed.entries.len(), 1);
    assert!(serde_json::to_string(&feed).expect("JSON").len() < 10 * xml.len());
}

#[test]
fn a_feed_of_a_million_entries_is_cut_and_says_so() {
    let mut xml = "<rss><channel><title>All</title>".to_owned();
    for nth in 0..1_000_000 {
        xml.push_str("<item><guid>");
        xml.push_str(&nth.to_string());
        xml.push_str("</guid></item>");
    }
    let feed = feed(&xml).expect("a feed");
    assert_eq!(feed.entries.len(), FEED_ENTRIES_MAX);
    assert!(feed.entries_cut);
}

#[test]
fn a_feed_of_one_line_or_depth_ends() {
    let long = format!("<rss><channel><item><title>{}</title></item></channel></rss>", "ferry ".repeat(2_000_000));
    let feed = feed(&long).expect("a feed");
    assert!(feed.entries[0].title.as_ref().is_some_and(|title| title.len() <= 2 * 1024 * 1024));
    let deep = format!("<rss><channel><item>{}", "<a>".repeat(300_000));
    assert!(feed::read(deep.as_bytes(), URL, None).is_ok_and(|feed| feed.entries.len() <= 1));
    assert!(feed::read("[".repeat(1_000_000).as_bytes(), URL, None).is_err());
}
