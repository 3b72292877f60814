//! Feed bytes → entries.
//!
//! RSS 0.90 to 2.0 (or without a version), RDF, Atom 0.3 and 1.0, CDF, JSON Feed and news sitemaps, with the faults they have
//! in the wild. One bad entry never costs the feed, and a document that is no feed says what it is instead.

pub mod dates;
pub mod discovery;
mod elements;
pub mod html;
mod identity;
mod json;
pub mod list;
mod markup;
pub mod opml;
mod tree;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use self::elements::{EntryDraft, FeedDraft};
use self::tree::{Head, Namespace, Walker};
use super::address;
use super::article::Hostile;
use super::charset::{self, Markup};

/// Entries of one feed that are read. A news sitemap may list 1,000; what lies beyond is reported as cut.
pub const FEED_ENTRIES_MAX: usize = 2_000;
/// Categories of one entry that are read.
const CATEGORIES_MAX: usize = 100;
/// Text of one element that is read.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Full texts of one entry that are read.
const CONTENTS_MAX: usize = 10;
/// Authors of one entry that are named.
const PEOPLE_MAX: usize = 20;
/// Enclosures of one entry that are read.
const ENCLOSURES_MAX: usize = 50;

/// The family of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Any RSS, RDF included.
    Rss,
    Atom,
    Json,
    /// Microsoft's Channel Definition Format.
    Cdf,
    /// A sitemap, usually with Google's news extension.
    Sitemap,
    /// A page that lists articles, read by selectors: see [`list`].
    List,
}

/// What a feed says of itself, and its entries. Serialises to the `out` of the contract's "Reading one thing".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Feed {
    pub format: Format,
    /// Plain text.
    pub title: Option<String>,
    /// The page that the feed belongs to.
    pub link: Option<String>,
    pub id: Option<String>,
    /// HTML.
    pub description: Option<String>,
    /// As declared (`en`, `en-US`).
    pub language: Option<String>,
    pub author: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// How long the publisher wants the feed to be kept before it is asked for again (`ttl`, or `sy:updatePeriod`).
    #[serde(rename = "ttl")]
    pub ttl_minutes: Option<u32>,
    /// In the order of the document, at most [`FEED_ENTRIES_MAX`].
    pub entries: Vec<Entry>,
    /// There were more entries than [`FEED_ENTRIES_MAX`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub entries_cut: bool,
}

/// One entry of a feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Entry {
    /// Unique in its feed and stable: the publisher's where it is usable, else the link, else a hash of the text, or of
    /// whatever else the entry has.
    pub id: String,
    /// Plain text.
    pub title: Option<String>,
    /// Absolute where the feed's address is known.
    pub link: Option<String>,
    /// As the feed says, unchecked; see [`dates::sane`].
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// HTML.
    pub summary: Option<String>,
    /// HTML, the best first.
    pub content: Vec<String>,
    pub author: Option<String>,
    pub categories: Vec<String>,
    /// As declared, for the entry or for the whole feed.
    pub language: Option<String>,
    pub enclosures: Vec<Enclosure>,
    /// Whose the entry is, where the feed passes on what others published (search feeds, aggregators, news sitemaps).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// The publisher of an entry that stands in somebody else's feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Source {
    pub title: Option<String>,
    /// The publisher's page or feed.
    pub url: Option<String>,
}

/// A file that belongs to an entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Enclosure {
    pub url: String,
    /// A media type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Bytes, as declared.
    pub length: Option<u64>,
}

impl Feed {
    fn empty(format: Format) -> Self {
        Self {
            format,
            title: None,
            link: None,
            id: None,
            description: None,
            language: None,
            author: None,
            published: None,
            updated: None,
            ttl_minutes: None,
            entries: Vec::new(),
            entries_cut: false,
        }
    }
}

impl Entry {
    /// What tells this entry from all others, whichever feed brought it and however its link was decorated.
    pub fn key(&self) -> String {
        self.link.as_deref().map_or_else(|| self.id.clone(), address::key)
    }

    /// When it was published, or else when it was last changed, as the feed says.
    pub fn date(&self) -> Option<Timestamp> {
        self.published.or(self.updated)
    }

    /// A hash of what the entry says: it changes when the publisher edits the entry. `None` if it says nothing.
    pub fn fingerprint(&self) -> Option<String> {
        identity::fingerprint(self)
    }

    /// The longest text that the feed itself gives, as HTML.
    pub fn longest_text(&self) -> Option<&str> {
        self.content.iter().chain(&self.summary).map(String::as_str).max_by_key(|text| text.len())
    }
}

/// Why a document is no feed, in words that fit after "failed to read … as a feed: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    #[error("the document is empty; ask the publisher for the address of the feed")]
    Empty,
    #[error("this is an HTML page; give the address of its feed (`daybrief sources test` names the feeds of a page)")]
    Html,
    #[error("this is an OPML list of feeds; `daybrief sources import` adds them all")]
    Opml,
    #[error("this is JSON without the `version` and `items` of a JSON Feed")]
    Json,
    #[error("this is JSON that breaks off or is damaged ({0})")]
    BrokenJson(String),
    #[error("this is an index of sitemaps; give the address of the news sitemap it lists")]
    SitemapIndex,
    #[error("this is XML with the root element <{0}>, which is no kind of feed")]
    OtherXml(String),
    #[error("this is neither XML nor JSON")]
    Other,
    #[error("{0}")]
    Hostile(Hostile),
    #[error("nothing in the page fits the selector {0:?}: look at how the page lists its articles now, and adapt it")]
    EmptyList(String),
}

/// Reads a feed. `base_url` is where it came from (after redirects), `content_type` the HTTP header as received.
pub fn read(bytes: &[u8], base_url: Option<&str>, content_type: Option<&str>) -> Result<Feed, NotAFeed> {
    let decoded = charset::decode(bytes, content_type, Markup::Xml);
    let text = markup::without_controls(decoded.text);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if start.is_empty() {
        return Err(NotAFeed::Empty);
    }
    let mut feed =
        if start.starts_with(['{', '[']) { json::read(start, base_url)? } else { read_xml(&text, base_url)? };
    settle(&mut feed);
    identity::identify(&mut feed.entries);
    Ok(feed)
}

/// The line that `sources test --json` prints for one input.
pub fn report(file: &str, outcome: &Result<Feed, NotAFeed>) -> serde_json::Value {
    let out = match outcome {
        Ok(feed) => {
            let mut out = serde_json::json!({ "ok": true });
            if let (Some(out), Ok(serde_json::Value::Object(fields))) =
                (out.as_object_mut(), serde_json::to_value(feed))
            {
                out.extend(fields);
            }
            out
        }
        Err(error) => serde_json::json!({ "ok": false, "entries": [], "error": error.to_string() }),
    };
    serde_json::json!({ "file": file, "out": out })
}

fn read_xml(text: &str, base_url: Option<&str>) -> Result<Feed, NotAFeed> {
    let mut walker = Walker::new(text, base_url);
    let (root, format) = find_root(&mut walker).map_err(|not| match not {
        // Declarations and comments, and nothing that they introduce.
        NotAFeed::Other if text.trim_start().starts_with('<') => NotAFeed::Empty,
        not => not,
    })?;
    let mut feed = Feed::empty(format);
    let mut draft = FeedDraft::default();
    draft.enter(&root);
    walker.enter(root);
    while let Some(head) = walker.next() {
        if is_entry(&head, format) {
            if feed.entries.len() == FEED_ENTRIES_MAX {
                feed.entries_cut = true;
                break;
            }
            feed.entries.push(EntryDraft::read(&walker.element(head)));
        } else if matches!(&*head.name, "channel" | "feed" | "rss" | "urlset" | "items" | "entries") {
            draft.enter(&head);
            walker.enter(head);
        } else {
            // Pictures and search boxes have titles and links of their own; `add` does not look into them.
            let element = walker.element(head);
            draft.add(&element);
        }
    }
    draft.finish(&mut feed);
    Ok(feed)
}

/// The element that a feed begins with. What stands before it (warnings of a script, stray text) is skipped.
fn find_root<'x>(walker: &mut Walker<'x>) -> Result<(Head<'x>, Format), NotAFeed> {
    let mut first = None;
    while let Some(head) = walker.next() {
        let format = match &*head.name {
            "rss" | "rdf" => Format::Rss,
            "feed" => Format::Atom,
            // A channel that says where it is in its own tag is CDF.
            "channel" if head.attribute("href").is_some() || head.attribute("lastmod").is_some() => Format::Cdf,
            "channel" => Format::Rss,
            "urlset" => Format::Sitemap,
            "sitemapindex" => return Err(NotAFeed::SitemapIndex),
            "opml" => return Err(NotAFeed::Opml),
            "html" | "head" | "body" => return Err(NotAFeed::Html),
            name => {
                if first.is_none() && head.namespace != Namespace::Xhtml {
                    first = Some(name.to_owned());
                }
                walker.enter(head);
                continue;
            }
        };
        return Ok((head, format));
    }
    Err(match first {
        Some(name) if matches!(name.as_str(), "p" | "div" | "meta" | "script" | "title" | "br" | "h1" | "center") => {
            NotAFeed::Html
        }
        Some(name) => NotAFeed::OtherXml(name),
        None => NotAFeed::Other,
    })
}

fn is_entry(head: &Head<'_>, format: Format) -> bool {
    let feed_name = matches!(head.namespace, Namespace::Core | Namespace::Atom);
    feed_name && (matches!(&*head.name, "item" | "entry") || format == Format::Sitemap && head.name == "url")
}

/// Hands down to the entries what the feed says for all of them.
fn settle(feed: &mut Feed) {
    let home = feed.link.as_deref().and_then(|link| Url::parse(link).ok());
    for entry in &mut feed.entries {
        if entry.language.is_none() {
            entry.language.clone_from(&feed.language);
        }
        // Where the address of the feed is not known, links are relative to its home page.
        if let Some(link) = &mut entry.link {
            *link = tree::absolute(home.as_ref(), link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://courier.example/feeds/world.xml";

    #[track_caller]
    fn feed(text: &str) -> Feed {
        read(text.as_bytes(), Some(BASE), None).unwrap()
    }

    /// What one RSS item gives, one field a line; fields without a value are left out.
    #[track_caller]
    fn check(item: &str, expected: &[&str]) {
        let feed = feed(&format!(
            "<rss version='2.0'><channel><title>The Harbour Courier</title><item>{item}</item></channel></rss>"
        ));
        let [entry] = feed.entries.as_slice() else { panic!("{:?}", feed.entries) };
        let date = |date: Option<Timestamp>| date.map(|date| date.to_string());
        let fields = [
            ("title", entry.title.clone()),
            ("link", entry.link.clone()),
            ("published", date(entry.published)),
            ("updated", date(entry.updated)),
            ("summary", entry.summary.clone()),
            ("content", Some(entry.content.join(" | ")).filter(|content| !content.is_empty())),
            ("author", entry.author.clone()),
            ("categories", Some(entry.categories.join(" | ")).filter(|categories| !categories.is_empty())),
        ];
        let shown: Vec<String> =
            fields.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?))).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_item_and_its_vocabularies() {
        check(
            "<title>Ferry  hit &amp;amp; damaged</title><link> /news/7 </link><pubDate>Tue, 04 Mar 2031 08:00:00 +0200</pubDate>
             <description>&lt;p&gt;Two hurt.&lt;/p&gt;</description><content:encoded><![CDATA[<p>Two people were hurt.</p>]]></content:encoded>
             <dc:creator>A. Quay</dc:creator><dc:creator>B. Mole</dc:creator><category>sea</category><dc:subject>ports</dc:subject>",
            &[
                "title: Ferry hit & damaged",
                "link: https://courier.example/news/7",
                "published: 2031-03-04T06:00:00Z",
                "summary: <p>Two hurt.</p>",
                "content: <p>Two people were hurt.</p>",
                "author: A. Quay, B. Mole",
                "categories: sea | ports",
            ],
        );
        check(
            "<media:title>Pier</media:title><media:credit role='photographer'>D. Lens</media:credit><media:description>A pier, seen from 5 &lt; 6 m</media:description><dc:date>2031-03-04</dc:date>
             <atom:link rel='self' href='/s'/><atom:link href='/a'/><itunes:author>C. Buoy</itunes:author>",
            &[
                "title: Pier",
                "link: https://courier.example/a",
                "updated: 2031-03-04T00:00:00Z",
                "summary: A pier, seen from 5 &lt; 6 m",
                "author: C. Buoy",
            ],
        );
    }

    #[test]
    fn the_link_may_be_the_guid() {
        check("<guid>https://courier.example/9</guid>", &["link: https://courier.example/9"]);
        check("<guid isPermaLink='false'>https://courier.example/9</guid>", &[]);
        check("<link/><guid isPermaLink='true'>/9</guid>", &["link: https://courier.example/9"]);
    }

    #[test]
    fn unclosed_elements_end_where_the_next_begins() {
        check(
            "<title>One<link>/1</link><description>Two <b>three</description>",
            &["title: One", "link: https://courier.example/1", "summary: Two <b>three</b>"],
        );
        check("<title>Q&A: <3 at the port &nbsp;</title>", &["title: Q&A: <3 at the port"]);
        check("<description><![CDATA[never closed</description>", &["summary: never closed"]);
    }

    #[test]
    fn pictures_keep_their_titles_to_themselves() {
        let feed = feed(
            "<rss><channel><image><title>Logo</title><link>/logo</link></image><title>Courier</title><link>/</link>
             <item><title>One</title><image><title>Photo</title></image><source url='/x'>Wire</source></item></channel></rss>",
        );
        assert_eq!((feed.title.as_deref(), feed.link.as_deref()), (Some("Courier"), Some("https://courier.example/")));
        assert_eq!(feed.entries[0].title.as_deref(), Some("One"));
        let source = Source { title: Some("Wire".to_owned()), url: Some("https://courier.example/x".to_owned()) };
        assert_eq!(feed.entries[0].source, Some(source));
    }

    #[test]
    fn how_often_to_come_back() {
        let check = |channel: &str, minutes| assert_eq!(feed(&format!("<rss><channel>{channel}")).ttl_minutes, minutes);
        check("<ttl>30</ttl><sy:updatePeriod>daily</sy:updatePeriod>", Some(30));
        check("<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", Some(15));
        check("<sy:updatePeriod>daily</sy:updatePeriod>", Some(1440));
        check("<sy:updateFrequency>4</sy:updateFrequency>", None);
        check("<ttl>soon</ttl>", None);
    }

    #[test]
    fn atom() {
        let feed = feed(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en' xml:base='/b/'><title type='html'>Northern &amp;lt;Wire&amp;gt;</title>
             <id>urn:wire</id><link rel='self' href='x'/><link href='home'/><author><name>Desk</name><email>desk@wire.example</email></author>
             <entry xml:base='c/'><id>urn:wire:1</id><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>Talks <em>end</em></div></title>
              <link rel='enclosure' href='a.mp3' length='9' type='audio/mpeg'/><link href='one'/><updated>2031-03-04T08:00:00Z</updated>
              <summary>1 &lt; 2</summary><content type='xhtml'><x:div xmlns:x='http://www.w3.org/1999/xhtml'><x:p>No deal &amp; no date.</x:p></x:div></content>
              <source><title>Other</title><id>urn:other</id></source></entry></feed>",
        );
        assert_eq!((feed.format, feed.title.as_deref()), (Format::Atom, Some("Northern <Wire>")));
        assert_eq!(
            (feed.link.as_deref(), feed.author.as_deref()),
            (Some("https://courier.example/b/home"), Some("Desk"))
        );
        let entry = &feed.entries[0];
        assert_eq!((entry.id.as_str(), entry.title.as_deref()), ("urn:wire:1", Some("Talks end")));
        assert_eq!(entry.link.as_deref(), Some("https://courier.example/b/c/one"));
        assert_eq!((entry.summary.as_deref(), entry.language.as_deref()), (Some("1 &lt; 2"), Some("en")));
        assert_eq!(entry.content, ["<div><p>No deal &amp; no date.</p></div>"]);
        assert_eq!(entry.enclosures[0].url, "https://courier.example/b/c/a.mp3");
        assert_eq!(entry.date().unwrap().to_string(), "2031-03-04T08:00:00Z");
    }

    #[test]
    fn rdf_and_sitemaps() {
        let rdf = feed(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>
             <channel rdf:about='/c'><title>Ledger</title><items><rdf:Seq><rdf:li resource='/1'/></rdf:Seq></items></channel>
             <item rdf:about='/1'><title>One</title><link>/1</link></item></rdf:RDF>",
        );
        assert_eq!(
            (rdf.title.as_deref(), rdf.entries[0].title.as_deref(), rdf.entries[0].id.as_str()),
            (Some("Ledger"), Some("One"), "/1")
        );
        let sitemap = feed(
            "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'><url>
             <loc>https://courier.example/1</loc><n:news><n:publication><n:name>Courier</n:name><n:language>en</n:language></n:publication>
             <n:publication_date>2031-03-04</n:publication_date><n:title>One</n:title><n:keywords>sea, port</n:keywords></n:news></url></urlset>",
        );
        let entry = &sitemap.entries[0];
        assert_eq!(
            (sitemap.format, entry.title.as_deref(), entry.language.as_deref()),
            (Format::Sitemap, Some("One"), Some("en"))
        );
        assert_eq!(
            (entry.id.as_str(), entry.categories.join(" ")),
            ("https://courier.example/1", "sea port".to_owned())
        );
    }

    #[test]
    fn what_is_around_a_feed_is_skipped() {
        let feed = feed(
            "\n<br /><b>Warning</b>: cannot modify header\n<?xml version='1.0'?><!-- x --><rss><channel></channel>
             <item><title>Outside</title></item></rss></rss> trailing <b>junk",
        );
        assert_eq!(feed.entries[0].title.as_deref(), Some("Outside"));
    }

    #[test]
    fn one_bad_entry_costs_itself() {
        let feed = feed(
            "<rss><channel><item><title>One</title></item><item><title>Two<item><title>Three</title><pubDate>soon</pubDate>
             <x:y <z></item><item><title>Four",
        );
        let titles: Vec<_> = feed.entries.iter().filter_map(|entry| entry.title.as_deref()).collect();
        assert_eq!(titles, ["One", "Two", "Three", "Four"]);
    }

    #[test]
    fn what_is_no_feed_says_what_it_is() {
        let check = |text: &str, expected: NotAFeed| assert_eq!(read(text.as_bytes(), None, None), Err(expected));
        check(" \n\t", NotAFeed::Empty);
        check("<?xml version='1.0'?>", NotAFeed::Empty);
        check("<!doctype html><html><head><title>Sign in</title>", NotAFeed::Html);
        check("<p>Not found</p>", NotAFeed::Html);
        check("<opml><body/></opml>", NotAFeed::Opml);
        check("<sitemapindex/>", NotAFeed::SitemapIndex);
        check("<invoice><total>3</total></invoice>", NotAFeed::OtherXml("invoice".to_owned()));
        check("{\"error\": 404}", NotAFeed::Json);
        check("Service unavailable", NotAFeed::Other);
    }

    #[test]
    fn a_feed_without_end_is_cut_and_says_so() {
        let feed = feed(&format!("<rss><channel>{}", "<item><title>x</title></item>".repeat(FEED_ENTRIES_MAX + 1)));
        assert_eq!((feed.entries.len(), feed.entries_cut), (FEED_ENTRIES_MAX, true));
    }

    #[test]
    fn the_report_has_the_shape_of_the_contract() {
        let line = report(
            "f.xml",
            &read(b"<rss><channel><ttl>60</ttl><item><title>One</title></item></channel></rss>", None, None),
        );
        assert_eq!(
            (&line["file"], &line["out"]["ok"], &line["out"]["format"]),
            (&"f.xml".into(), &true.into(), &"rss".into())
        );
        assert_eq!((&line["out"]["entries"][0]["title"], &line["out"]["ttl"]), (&"One".into(), &60.into()));
        let line = report("g.html", &read(b"<html>", None, None));
        assert_eq!(line["out"]["ok"], false);
        assert!(line["out"]["error"].as_str().is_some_and(|error| error.contains("HTML page")));
    }

    #[test]
    fn hostile_feeds_are_read_in_linear_time() {
        let nested = format!("<rss><channel><item><description>{}x", "<div>".repeat(100_000));
        assert_eq!(feed(&nested).entries.len(), 1);
        let attributes = format!("<rss {}><item><title>x</title></item></rss>", "a='1' ".repeat(200_000));
        assert!(feed(&attributes).entries.len() <= 1);
        let declarations: String = (0..100_000).map(|n| format!("xmlns:n{n}='u{n}' ")).collect();
        feed(&format!("<rss {declarations}><item><title>x</title></item></rss>"));
        let laughs = "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]>";
        let title = feed(&format!("{laughs}<rss><item><title>{}</title></item></rss>", "&c;".repeat(100_000)))
            .entries
            .remove(0)
            .title;
        assert!(title.is_some_and(|title| title.len() < 1_000_000));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = read(&bytes, Some(BASE), None);
        }

        #[test]
        fn damaged_feeds_are_read_without_panic(cuts in proptest::collection::vec((0usize..900, 0usize..30, "[<>&/\"'\\]\\[! a-z:=\\u{0}-\\u{ff}]{0,4}"), 1..8)) {
            let mut text = String::from(
                "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE rss [<!ENTITY port 'Harbour'>]><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'>
                 <channel><title>The &port; Courier</title><link>https://courier.example/</link><item><title><![CDATA[One <b>two</b>]]></title>
                 <link>/1?a=1&amp;b=2</link><guid isPermaLink='false'>7</guid><pubDate>Tue, 04 Mar 2031 08:00:00 GMT</pubDate>
                 <dc:creator>A. Quay</dc:creator><description>&lt;p&gt;Text&lt;/p&gt; <b>inline</b></description></item>
                 <entry xmlns='http://www.w3.org/2005/Atom' xml:base='b/'><content type='xhtml'><div><p>x</p></div></content></entry></channel></rss>",
            );
            for (at, length, replacement) in cuts {
                let start = text.floor_char_boundary(at);
                let end = text.floor_char_boundary(start + length);
                text.replace_range(start..end.max(start), &replacement);
            }
            let _ = read(text.as_bytes(), Some(BASE), None);
        }
    }
}
