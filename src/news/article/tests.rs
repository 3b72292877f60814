//! Whole pages, as they come.

use super::*;

/// A page with everything around its article that pages have.
const PAGE: &str = r##"<!doctype html><html lang="en-GB"><head><title>Ferry runs aground off old harbour | The Harbour Courier</title>
<meta property="og:site_name" content="The Harbour Courier"><link rel="canonical" href="/2031/03/04/ferry?from=rss#top">
<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"Ferry runs aground off old harbour",
"datePublished":"2031-03-04T21:40:00+02:00","dateModified":"2031-03-05T06:00:00Z","author":{"name":"Ana Reyes"}}</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>Ferry runs aground off old harbour</h1><p class="byline">By Ana Reyes</p><time datetime="2031-03-04">4 March 2031</time>
<figure><img src="a.jpg"><figcaption>A ferry in 2019, when nine people died. Harbour Pictures/AFP</figcaption></figure>
<p><span class="dateline">EASTPORT</span> — A ferry with 212 passengers ran onto a sandbank off the old harbour on Tuesday evening, and
14&nbsp;people were hurt, the coast guard said.</p>
<p>Read more: <a href="/storm">Storm closes the bridge</a></p>
<div class="newsletter-signup"><h3>Sign up for our newsletter</h3><p>The day's news in your inbox.</p></div>
<p>Two of the injured were children, the district hospital said, and all but three had gone home by mid&shy;night.</p>
<p>Divers were to look at the hull on Wednesday, after the tide has turned, and the line stays closed until they have.</p>
<p><a href="/bridge">Bridge to stay closed</a></p>
<p>The operator said it would not comment while the inquiry was under way, and that the crew had been tested as is usual.</p>
<h2>Related stories</h2><ul><li><a href="/a">Nine held after harbour brawl</a></li><li><a href="/b">Fares to rise</a></li></ul>
</article><footer>© 2031 The Harbour Courier. All rights reserved.</footer></body></html>"##;

#[test]
fn a_page_gives_its_article_and_nothing_else() {
    let page =
        read(PAGE.as_bytes(), Some("https://www.courier.example/2031/03/04/ferry?utm_source=x"), Some("text/html"));
    assert_eq!(page.error, None);
    assert_eq!(page.title, "Ferry runs aground off old harbour");
    assert_eq!(page.byline.as_deref(), Some("Ana Reyes"));
    assert_eq!(page.site.as_deref(), Some("The Harbour Courier"));
    assert_eq!(page.language.as_deref(), Some("en"));
    assert_eq!(page.canonical.as_deref(), Some("https://www.courier.example/2031/03/04/ferry?from=rss"));
    assert_eq!(page.published.map(|p| p.to_string()).as_deref(), Some("2031-03-04T21:40:00+02:00"));
    assert_eq!(page.modified.map(|p| p.to_string()).as_deref(), Some("2031-03-05T06:00:00Z"));
    let paragraphs: Vec<&str> = page.text.split("\n\n").collect();
    let begins = ["EASTPORT — A ferry with 212", "Two of the injured", "Divers were to look", "The operator said"];
    assert_eq!(paragraphs.len(), begins.len(), "{paragraphs:#?}");
    for (paragraph, begin) in paragraphs.iter().zip(begins) {
        assert!(paragraph.starts_with(begin), "{paragraph}");
    }
    assert!(page.text.contains("14 people were hurt") && page.text.contains("by midnight"), "{}", page.text);
}

#[test]
fn a_truncated_page_gives_what_it_has() {
    let end = PAGE.find("Divers were").unwrap() + 40;
    let page = read(&PAGE.as_bytes()[..end], None, None);
    assert_eq!(page.error, None);
    assert!(
        page.text.contains("Two of the injured") && page.text.ends_with("Divers were to look at the hull on Wedne"),
        "{}",
        page.text
    );
}

#[test]
fn the_text_given_to_search_engines_stands_in_for_a_teaser() {
    let body = "The ferry ran aground off the old harbour on Tuesday evening, the coast guard said. ".repeat(8);
    let page = format!(
        r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry","articleBody":"{body}\nIt was towed."}}</script>
        <article><p>The ferry ran aground off the old harbour. Subscribe to read on.</p></article>"#
    );
    let page = read(page.as_bytes(), None, None);
    assert!(page.text.ends_with("It was towed."), "{}", page.text);
}

#[track_caller]
fn check_error(bytes: &[u8], expected: &str) {
    let page = read(bytes, Some("https://courier.example/ferry"), None);
    assert_eq!(page.error.as_ref().map(ToString::to_string).as_deref(), Some(expected));
    assert_eq!(page.text, "");
    assert!(!page.is_ok() && page.into_article().is_err());
}

#[test]
fn what_is_no_article_says_why() {
    check_error(b"", "find the text of the page: there is none");
    check_error(b"%PDF-1.7 ...", "read the page: it is a PDF document, not a page");
    check_error(&b"<div>".repeat(10_000), "read the page: its elements are nested more than 512 deep");
    check_error(&vec![b'x'; PAGE_BYTES_MAX + 1], "read the page: it is larger than 5242880 bytes");
    check_error(
        b"<title>Just a moment...</title><body><p>Enable JavaScript and cookies to continue</p>",
        "read the page: it is a challenge for browsers, not the article",
    );
    check_error(
        b"<title>Harbour Courier</title><p>We and our partners use cookies to store and access information.</p>",
        "read the page: it is a request for consent, not the article",
    );
}

#[test]
fn text_is_read_as_text() {
    let page = read(
        b"Ferry runs aground\n\nIt ran aground on Tuesday.",
        Some("https://courier.example/ferry.txt"),
        Some("text/plain"),
    );
    assert_eq!((page.title.as_str(), page.text.as_str()), ("Ferry runs aground", "It ran aground on Tuesday."));
    assert_eq!(page.url.as_deref(), Some("https://courier.example/ferry.txt"));
}

#[test]
fn an_odd_video_address_does_no_harm() {
    let story = "<p>The ferry ran aground off the old harbour on Tuesday evening, the coast guard said.</p>".repeat(8);
    let page = format!("<article>{story}<iframe src='https:ø/player.vimeo.com/video'></iframe></article>");
    assert!(read(page.as_bytes(), None, None).text.starts_with("The ferry"));
}

#[test]
fn a_short_article_is_not_padded_with_its_surroundings() {
    let links =
        |what: &str| format!("<li><a href=x>{what} in the harbour, and more of it</a> yesterday</li>").repeat(6);
    let page = format!(
        "<div class=menu><ul>{}</ul></div><article><h1>Ferry runs aground</h1><p>A ferry with 212 passengers ran onto a \
         sandbank off the old harbour on Tuesday evening, and 14 people were hurt, the coast guard said.</p><p>Two of the \
         injured were children, the district hospital said.</p></article><div class=sidebar><ul>{}</ul></div>",
        links("Storms"),
        links("Brawls"),
    );
    let page = read(page.as_bytes(), None, None);
    assert!(page.text.starts_with("A ferry") && page.text.ends_with("hospital said."), "{}", page.text);
}

#[test]
fn odd_class_names_do_not_cost_the_article() {
    let block = |text: &str| {
        format!("<div class='shared-text print'><div>{text}, the coast guard said on Tuesday evening.</div></div>")
    };
    let story: String = [
        "A ferry ran aground",
        "Nine people were hurt",
        "Two of them were children",
        "Divers looked at the hull",
        "The line stays closed",
        "The crew was tested",
        "The operator did not comment",
    ]
    .map(block)
    .concat();
    let page = read(format!("<article>{story}</article>").as_bytes(), None, None);
    assert!(page.text.starts_with("A ferry") && page.text.contains("did not comment"), "{}", page.text);
}

#[test]
fn another_outlets_address_is_not_taken_on() {
    let page = br#"<link rel=canonical href="https://wire.example/story"><p>The ferry ran aground.</p>"#;
    let page = read(page, Some("https://courier.example/ferry"), None);
    assert_eq!(page.canonical.as_deref(), Some("https://courier.example/ferry"));
}

#[test]
fn an_article_has_an_identity_and_an_outlet() {
    let address = "https://www.courier.example/2031/03/04/ferry?from=rss";
    let read_at = |url: &str| read(PAGE.as_bytes(), Some(url), None).into_article().unwrap();
    assert_eq!(read_at(address).id, read_at("https://www.courier.example/amp/ferry").id);
    assert_eq!(read_at(address).outlet, "The Harbour Courier");
    let bare = read(b"<p>The ferry ran aground.</p>", Some("https://www.wire.example/x"), None).into_article().unwrap();
    assert_eq!(bare.outlet, "wire.example");
}

proptest::proptest! {
    /// Reading is total, and what it gives is clean: whatever the bytes.
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2_000)) {
        let page = read(&bytes, None, None);
        proptest::prop_assert_eq!(page.error.is_none(), !page.text.is_empty());
    }

    #[test]
    fn any_markup_is_read(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..200)) {
        let page = read(parts.concat().as_bytes(), Some("https://courier.example/"), Some("text/html; charset=utf-8"));
        proptest::prop_assert!(page.text.split("\n\n").all(|paragraph| paragraph == body::line(paragraph)));
    }
}

/// What is taken out as a byline or as furniture may be the one place that credits an agency.
#[test]
fn an_agency_keeps_its_credit() {
    let story = "<p>The ferry ran aground off the old harbour on Tuesday evening, the coast guard said.</p>".repeat(8);
    let read = |author: &str, head: &str, foot: &str| {
        let html = format!("{author}<article><h1>Ferry</h1>{head}{story}{foot}</article>");
        let page = read(html.as_bytes(), None, Some("text/html"));
        assert!(page.text.starts_with("The ferry") && page.text.ends_with("said."), "{}", page.text);
        page.byline.unwrap_or_default()
    };
    let reyes = "<meta name=author content='Ana Reyes'>";
    assert_eq!(read("", "<p>By The Associated Press</p>", ""), "AP");
    assert_eq!(read(reyes, "<p>By The Associated Press</p>", ""), "Ana Reyes, AP");
    assert_eq!(read(reyes, "<p>By Ana Reyes</p>", "<p>Reuters</p>"), "Ana Reyes, Reuters");
    assert_eq!(read(reyes, "<p>By Ana Reyes</p>", ""), "Ana Reyes");
}

#[test]
fn entries_of_two_feeds_with_the_same_number_are_two_articles() {
    let id = |title: &str, entry: &str| {
        let xml =
            format!("<rss><channel><title>{title}</title><item>{entry}<title>Ferry</title></item></channel></rss>");
        let feed = crate::news::feed::read(xml.as_bytes(), None, None).unwrap();
        entry::of_feed(&feed, jiff::Timestamp::UNIX_EPOCH).remove(0).article.id
    };
    let numbered = "<guid isPermaLink='false'>7</guid>";
    assert_ne!(id("Courier", numbered), id("Ledger", numbered));
    assert_eq!(id("Courier", numbered), id("Courier", numbered));
    // What is unique in the world is one article, whoever passes it on.
    let tagged = "<guid isPermaLink='false'>tag:courier.example,2031:7</guid>";
    assert_eq!(id("Courier", tagged), id("Ledger", tagged));
}

/// Pieces that, put together at random, are pages of every kind of disorder.
const PARTS: &[&str] = &[
    "<p>",
    "</p>",
    "<div class=share>",
    "</div>",
    "<article>",
    "<table><tr><td>",
    "</table>",
    "<a href=x>",
    "</a>",
    "<h1>",
    "<h2>",
    "<br><br>",
    "<ul><li>",
    "</ul>",
    "<figure>",
    "<figcaption>",
    "<b>",
    "<i>",
    "</b>",
    "<svg><title>",
    "</svg>",
    "<template>",
    "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":",
    "</script>",
    "<!--",
    "-->",
    "<noscript><img src=x></noscript>",
    "<form><select><option>",
    "<body>",
    "<html lang=x>",
    "<base href=//y>",
    "<time datetime=2031-13-45>",
    "<meta name=date content=''>",
    "A ferry ran aground, and 14 people were hurt, the coast guard said. ",
    "25 March 2031",
    "\u{a0}\u{200b}\u{0}\u{feff}",
    "&#146;&nbsp;&shy;",
    "İ",
    "<link rel=canonical href='http://['>",
    "]]>",
    "<![CDATA[",
    "\"",
    "'",
    "<",
    ">",
    "&",
    "<pre>\n\n",
    "<frameset>",
    "<plaintext>",
];
