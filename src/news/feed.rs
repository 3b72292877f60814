//! Feed bytes → entries.
//!
//! RSS 0.90 to 2.0 (or without a version), RDF, Atom 0.3 and 1.0, CDF, JSON Feed and news sitemaps, with the faults they have
//! in the wild. One bad entry never costs the feed, and a document that is no feed says what it is instead.

pub mod dates;
pub mod discovery;
mod elements;
pub mod html;
mod json;
pub mod opml;
mod tree;
mod xml;

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use self::elements::{EntryDraft, FeedDraft};
use self::tree::{Head, Namespace, Walker};
use super::address;
use super::charset::{self, Markup};

/// Entries of one feed that are read. A news sitemap may list 1,000; what lies beyond is reported as cut.
pub const FEED_ENTRIES_MAX: usize = 2_000;
/// Categories of one entry that are read.
const CATEGORIES_MAX: usize = 100;
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
    /// How long the publisher wants the feed to be kept before it is asked for again.
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
    /// Unique in its feed and stable: the publisher's where it is usable, else the link, else a hash of the text.
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
    pub language: Option<String>,
    pub enclosures: Vec<Enclosure>,
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

impl Entry {
    /// What tells this entry from all others, whichever feed brought it and however its link was decorated.
    pub fn key(&self) -> String {
        self.link.as_deref().map_or_else(|| self.id.clone(), address::key)
    }

    /// The longest text that the feed itself gives, as HTML.
    pub fn longest_text(&self) -> Option<&str> {
        self.content.iter().chain(&self.summary).map(String::as_str).max_by_key(|text| text.len())
    }
}

/// Why a document is no feed, in words that say what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    #[error("find a feed: the document is empty; ask the publisher for the address of the feed")]
    Empty,
    #[error(
        "find a feed: this is an HTML page; give the address of its feed, or let `sources add` look for one in the page"
    )]
    Html,
    #[error("find a feed: this is an OPML list of feeds; use `sources import`")]
    Opml,
    #[error("find a feed: this is JSON without the `version` and `items` of a JSON Feed")]
    Json,
    #[error("find a feed: this is JSON that breaks off or is damaged ({0})")]
    BrokenJson(String),
    #[error("find a feed: this is an index of sitemaps; give the address of the news sitemap it lists")]
    SitemapIndex,
    #[error("find a feed: this is XML with the root element <{0}>, which is no kind of feed")]
    OtherXml(String),
    #[error("find a feed: this is neither XML nor JSON")]
    Other,
}

/// Reads a feed. `base_url` is where it came from (after redirects), `content_type` the HTTP header as received.
pub fn read(bytes: &[u8], base_url: Option<&str>, content_type: Option<&str>) -> Result<Feed, NotAFeed> {
    let decoded = charset::decode(bytes, content_type, Markup::Xml);
    let text = xml::without_controls(decoded.text);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if start.is_empty() {
        return Err(NotAFeed::Empty);
    }
    let mut feed =
        if start.starts_with(['{', '[']) { json::read(start, base_url)? } else { read_xml(&text, base_url)? };
    identify(&mut feed.entries);
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
        Err(_) => serde_json::json!({ "ok": false, "entries": [] }),
    };
    let mut line = serde_json::json!({ "file": file, "out": out });
    if let (Some(line), Err(error)) = (line.as_object_mut(), outcome) {
        line.insert("error".to_owned(), error.to_string().into());
    }
    line
}

fn read_xml(text: &str, base_url: Option<&str>) -> Result<Feed, NotAFeed> {
    let mut walker = Walker::new(text, base_url);
    let (root, format) = find_root(&mut walker)?;
    let mut feed = Feed {
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
    };
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
        } else if matches!(&*head.name, "channel" | "feed" | "rss" | "urlset") {
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

/// Gives every entry an id that is its own and stays its own: publishers leave ids out, and repeat them.
fn identify(entries: &mut [Entry]) {
    for entry in &mut *entries {
        if entry.id.is_empty() {
            entry.id = entry.link.clone().unwrap_or_else(|| fingerprint(entry));
        }
    }
    // All holders of a repeated id are renamed, not the later ones only: order in a feed is no property of an entry.
    qualify_repeated(entries, |entry| entry.link.clone().unwrap_or_default());
    qualify_repeated(entries, fingerprint);
}

fn qualify_repeated(entries: &mut [Entry], qualifier: impl Fn(&Entry) -> String) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for entry in &*entries {
        *uses.entry(entry.id.clone()).or_default() += 1;
    }
    for entry in entries {
        if uses.get(&entry.id).is_some_and(|&uses| uses > 1) {
            let qualifier = qualifier(entry);
            if !qualifier.is_empty() && qualifier != entry.id {
                entry.id = format!("{}|{qualifier}", entry.id);
            }
        }
    }
}

/// A hash of what the entry says.
fn fingerprint(entry: &Entry) -> String {
    let mut hash = Sha256::new();
    for part in entry.title.iter().chain(&entry.summary).chain(&entry.content) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(String::from("sha256:"), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
