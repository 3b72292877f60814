//! The feeds that a page names.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use serde::Serialize;
use url::Url;

use super::html;
use crate::news::charset::{self, Markup};

/// Feeds of one page that are listed.
const CANDIDATES_MAX: usize = 50;
/// Paths under which sites without a `<link>` often have a feed; for a caller to try, in this order.
pub const COMMON_PATHS: [&str; 8] =
    ["feed", "rss", "feed.xml", "rss.xml", "atom.xml", "index.xml", "feed.json", "news-sitemap.xml"];

/// An address that may be a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Absolute where the page's address is known.
    pub url: String,
    pub title: Option<String>,
    /// `false` for an ordinary link that only looks like one to a feed.
    pub declared: bool,
}

/// The feeds that an HTML page declares (`<link rel="alternate">`), in its order; where it declares none, the links in it
/// that look like feeds.
pub fn feeds_of_page(bytes: &[u8], page_url: Option<&str>, content_type: Option<&str>) -> Vec<Candidate> {
    let decoded = charset::decode(bytes, content_type, Markup::Html);
    let links = Links { base: RefCell::new(page_url.and_then(|url| Url::parse(url).ok())), ..Links::default() };
    html::tokenize(&decoded.text, &links);
    let mut candidates = links.found.take();
    if candidates.iter().any(|candidate| candidate.declared) {
        candidates.retain(|candidate| candidate.declared);
    }
    candidates
}

#[derive(Debug, Default)]
struct Links {
    base: RefCell<Option<Url>>,
    /// Only the first `<base>` counts.
    based: Cell<bool>,
    found: RefCell<Vec<Candidate>>,
}

impl Links {
    fn add(&self, href: &str, title: Option<&str>, declared: bool) {
        let url = super::tree::absolute(self.base.borrow().as_ref(), href.trim().trim_start_matches("feed:"));
        let mut found = self.found.borrow_mut();
        if !found.iter().any(|known| known.url == url) && found.len() < CANDIDATES_MAX {
            let title = title.map(|title| html::collapsed(title).into_owned()).filter(|title| !title.is_empty());
            found.push(Candidate { url, title, declared });
        }
    }

    fn tag(&self, tag: &Tag) {
        let attribute = |name| html::attribute(tag, name).map(str::trim).filter(|value| !value.is_empty());
        let Some(href) = attribute("href") else { return };
        match &*tag.name {
            "base" if !self.based.replace(true) => {
                let resolved = match &*self.base.borrow() {
                    Some(base) => base.join(href).ok(),
                    None => Url::parse(href).ok(),
                };
                if resolved.is_some() {
                    self.base.replace(resolved);
                }
            }
            "link" => {
                let rel = attribute("rel").unwrap_or_default().to_ascii_lowercase();
                let kind = attribute("type").unwrap_or_default().to_ascii_lowercase();
                let alternate =
                    rel.split_ascii_whitespace().any(|word| matches!(word, "alternate" | "feed" | "alternative"));
                let feed = rel == "feed" || is_feed_type(&kind);
                if alternate && feed {
                    self.add(href, attribute("title"), true);
                }
            }
            "a" if looks_like_feed(href) => self.add(href, attribute("title"), false),
            _ => {}
        }
    }
}

impl TokenSink for &Links {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            self.tag(&tag);
            if matches!(&*tag.name, "script" | "style") {
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
        }
        TokenSinkResult::Continue
    }
}

fn is_feed_type(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(
        kind,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "application/rss"
            | "application/atom"
            | "text/rss+xml"
            | "text/atom+xml"
            | "text/rss"
            | "application/x.atom+xml"
            | "application/x-atom+xml"
            | "application/xml"
            | "text/xml"
            | "application/json"
    )
}

/// Whether the last part of an address is a usual name of a feed.
fn looks_like_feed(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    href.starts_with("feed:")
        || matches!(last, "feed" | "feeds" | "rss" | "atom")
        || [".rss", ".atom", ".rdf", "rss.xml", "feed.xml", "atom.xml", "feed.json"]
            .iter()
            .any(|end| last.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        let found = feeds_of_page(html.as_bytes(), Some("https://courier.example/world/"), Some("text/html"));
        assert_eq!(found.iter().map(|candidate| candidate.url.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn declared_feeds() {
        check(
            "<head><link rel='stylesheet' href='x.css'><LINK REL=\"Alternate\" TYPE=\"application/RSS+xml\" title='All' HREF=\"/feed\">
             <link rel=alternate type=application/atom+xml href=atom.xml><link rel=alternate hreflang=de href=/de>
             <script>document.write(\"<link rel=alternate type='application/rss+xml' href=/no>\")</script><a href=/rss>RSS</a>",
            &["https://courier.example/feed", "https://courier.example/world/atom.xml"],
        );
        check("<base href='/b/'><link rel=feed href=f>", &["https://courier.example/b/f"]);
    }

    #[test]
    fn links_where_nothing_is_declared() {
        check(
            "<a href='/about'>About</a> <a href='/rss/'>RSS</a> <a href='feed:https://x.example/f.rss'>",
            &["https://courier.example/rss/", "https://x.example/f.rss"],
        );
        check("<p>nothing", &[]);
    }
}
