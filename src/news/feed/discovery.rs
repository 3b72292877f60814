//! The feeds that a page names.

use std::borrow::Cow;

use serde::Serialize;
use url::Url;

use super::html;
use super::markup::{Token, Tokens};
use super::tree::absolute;
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
    let mut links = Links { base: page_url.and_then(|url| Url::parse(url).ok()), ..Links::default() };
    let mut tokens = Tokens::new(&decoded.text);
    while let Some(token) = tokens.next() {
        if let Token::Start { name, attributes, .. } = token {
            links.tag(&name.to_ascii_lowercase(), &attributes);
            if html::is_unseen(name) {
                tokens.skip_raw(name);
            }
        }
    }
    if links.found.iter().any(|candidate| candidate.declared) {
        links.found.retain(|candidate| candidate.declared);
    }
    links.found
}

#[derive(Debug, Default)]
struct Links {
    base: Option<Url>,
    /// Only the first `<base>` counts.
    based: bool,
    found: Vec<Candidate>,
}

impl Links {
    fn add(&mut self, href: &str, title: Option<&str>, declared: bool) {
        let url = absolute(self.base.as_ref(), href.trim().trim_start_matches("feed:"));
        if !self.found.iter().any(|known| known.url == url) && self.found.len() < CANDIDATES_MAX {
            let title = title.map(|title| html::collapsed(title).into_owned()).filter(|title| !title.is_empty());
            self.found.push(Candidate { url, title, declared });
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, Cow<'_, str>)]) {
        let attribute = |name: &str| {
            let (_, value) = attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            Some(value.trim()).filter(|value| !value.is_empty())
        };
        let Some(href) = attribute("href") else { return };
        match name {
            "base" if !self.based => {
                self.based = true;
                self.base = Url::parse(&absolute(self.base.as_ref(), href)).ok().or(self.base.take());
            }
            "link" => {
                let rel = attribute("rel").unwrap_or_default().to_ascii_lowercase();
                let kind = attribute("type").unwrap_or_default().to_ascii_lowercase();
                let alternate =
                    rel.split_ascii_whitespace().any(|word| matches!(word, "alternate" | "feed" | "alternative"));
                if alternate && (rel == "feed" || is_feed_type(&kind)) {
                    self.add(href, attribute("title"), true);
                }
            }
            "a" if looks_like_feed(href) => self.add(href, attribute("title"), false),
            _ => {}
        }
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
