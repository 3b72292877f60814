//! Feed entries → articles: what the feed itself tells, to be completed by the page where that is more.

use jiff::Timestamp;

use super::body::{self, Paragraph};
use super::{Article, Published, article_id, language, main_text, prescan};
use crate::news::address;
use crate::news::feed::dates::sane;
use crate::news::feed::{Entry, Feed};

/// Ends of a text that was cut short to make a reader open the page.
const CUT_MARKS: &[&str] = &["…", "...", "[…]", "[...]", "(more)", "read more", "continue reading"];

/// An article as its feed has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub article: Article,
    /// Whether the feed carries the whole text, so that the page need not be fetched.
    pub whole: bool,
}

/// The articles of a feed, in its order. `first_seen` stands in for dates that cannot be true.
///
/// Their language is the declared one only: what a page says of it counts more, so [`Told::alone`] looks at the text.
pub fn of_feed(feed: &Feed, first_seen: Timestamp) -> Vec<Told> {
    feed.entries.iter().map(|entry| told(feed, entry, first_seen)).collect()
}

fn told(feed: &Feed, entry: &Entry, first_seen: Timestamp) -> Told {
    let title = entry.title.as_deref().map(body::line).unwrap_or_default();
    let byline = entry.author.as_deref().map(body::line).filter(|byline| !byline.is_empty());
    let read = |html: &str| {
        let paragraphs = paragraphs(html);
        let whole = paragraphs.last().is_some_and(|last| is_whole(&last.text));
        let tidied = main_text::tidy(paragraphs, &title, byline.as_deref());
        (tidied.byline(byline.clone()), main_text::join(tidied.paragraphs), whole)
    };
    let content = read(entry.content.first().map_or("", String::as_str));
    let (by, summary, _) = read(entry.summary.as_deref().unwrap_or_default());
    let (byline, text, whole) = if content.1.len() >= summary.len() { content } else { (by, summary, false) };
    let given = entry.published.or(entry.updated);
    let declared = [entry.language.as_deref(), feed.language.as_deref()];
    Told {
        article: Article {
            id: article_id(Some(&key(feed, entry)), &text),
            url: entry.link.as_deref().and_then(address::web).map(|link| address::without_tracking(&link)),
            outlet: feed.title.as_deref().map(body::line).unwrap_or_default(),
            title,
            byline,
            language: language::of(declared.into_iter().flatten(), ""),
            published: given.map(|given| sane(Some(given), first_seen).into()),
            modified: entry.updated.map(Published::from),
            text,
        },
        whole,
    }
}

/// What tells an entry from those of all feeds. Without a link it has only what its publisher numbers it by, and every
/// publisher has a number 7.
fn key(feed: &Feed, entry: &Entry) -> String {
    let is_global = |id: &str| ["tag:", "urn:", "sha256:"].iter().any(|scheme| id.starts_with(scheme));
    match entry.link {
        None if !is_global(&entry.id) => {
            let whose = [&feed.link, &feed.id, &feed.title].into_iter().flatten().next();
            format!("{}|{}", whose.map_or("", String::as_str), entry.id)
        }
        _ => entry.key(),
    }
}

/// HTML of a feed as paragraphs; nothing of what would keep a reader busy.
fn paragraphs(html: &str) -> Vec<Paragraph> {
    if html.is_empty() {
        return Vec::new();
    }
    prescan::tree(html).map_or_else(|_| Vec::new(), |tree| body::paragraphs(tree.root(), |_, _| false))
}

fn is_whole(text: &str) -> bool {
    let end = text.trim_end_matches(|c: char| c.is_whitespace() || c == '»' || c == '→').to_lowercase();
    !end.is_empty() && !CUT_MARKS.iter().any(|mark| end.ends_with(mark))
}

impl Told {
    /// The article as the feed has it, for want of a page.
    pub fn alone(self) -> Article {
        let Article { language, text, .. } = &self.article;
        Article { language: language::of(language.as_deref().into_iter(), text), ..self.article }
    }

    /// The article with its page's text, where that is longer; the feed's own date, title and outlet stay.
    pub fn with_page(self, page: Article) -> Article {
        if page.text.len() <= self.article.text.len() {
            return self.alone();
        }
        let entry = self.article;
        Article {
            id: entry.id,
            url: entry.url.or(page.url),
            outlet: if entry.outlet.is_empty() { page.outlet } else { entry.outlet },
            title: if entry.title.is_empty() { page.title } else { entry.title },
            byline: entry.byline.or(page.byline),
            language: page.language.or(entry.language),
            // One instant, but the page tells the publisher's clock too.
            published: match (entry.published, page.published) {
                (Some(told), Some(shown)) if told.instant() == shown.instant() => Some(shown),
                (told, shown) => told.or(shown),
            },
            modified: [page.modified, entry.modified].into_iter().flatten().max_by_key(|at| at.instant()),
            text: page.text,
        }
    }
}
