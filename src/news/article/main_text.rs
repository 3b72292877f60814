//! The article's paragraphs among everything a page says.
//!
//! The reader finds the part of the page that holds the article; what stands in it and is not the article's own words is
//! taken out here: captions (they tell of other days as often as of this one), bylines, dates, links to other stories,
//! invitations to subscribe.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, ParsePolicy, Readability, ReadabilityError};

use super::body::{self, Paragraph};
use super::calendar;
use crate::news::origin;

/// What the reader found on a page.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub title: String,
    pub byline: Option<String>,
    pub paragraphs: Vec<Paragraph>,
}

/// A find of at least this many characters is the article: the threshold of Mozilla's Readability.
const ARTICLE_CHARS_MIN: usize = 500;
/// A shorter find may be a short article …
const BRIEF_CHARS_MIN: usize = 140;
/// … unless a laxer search finds this many times as much. On 130 pages of Readability's suite the factor of a right
/// laxer find was above 5; what surrounds a short article is rarely more than twice its length.
const LAX_GAIN_MIN: usize = 3;

/// Finds the article in a page. `again` builds the tree anew, for a second and laxer search.
pub(super) fn find(document: Document, again: impl FnOnce() -> Option<Document>) -> Found {
    let strict = search(document, |reader| reader.parse_with_policy(ParsePolicy::Strict));
    let chars = |found: &Found| found.paragraphs.iter().map(|p| p.text.chars().count()).sum::<usize>();
    let strict_chars = strict.as_ref().map_or(0, chars);
    if strict_chars >= ARTICLE_CHARS_MIN {
        return strict.unwrap_or_default();
    }
    let lax = again().and_then(|document| search(document, Readability::parse));
    let lax_chars = lax.as_ref().map_or(0, chars);
    let is_brief = strict_chars >= BRIEF_CHARS_MIN && lax_chars < strict_chars * LAX_GAIN_MIN;
    if is_brief { strict } else { lax.or(strict) }.unwrap_or_default()
}

fn search(
    document: Document,
    parse: impl FnOnce(&mut Readability) -> Result<dom_smoothie::Article, ReadabilityError>,
) -> Option<Found> {
    // JSON-LD is read by ourselves; classes tell what is furniture.
    let config =
        Config { disable_json_ld: true, keep_classes: true, char_threshold: ARTICLE_CHARS_MIN, ..Config::default() };
    // dom_smoothie 0.19.0 slices addresses of embedded videos inside a character; they hold no text to lose.
    document.select("iframe, embed, object").remove();
    // Found by fuzzing, and there may be more: a page that its reader cannot bear is a page without text.
    catch_unwind(AssertUnwindSafe(|| {
        let mut reader = Readability::with_document(document, None, Some(config)).ok()?;
        let article = parse(&mut reader).ok()?;
        let byline = article.byline.map(|byline| body::line(&byline));
        Some(Found { title: body::line(&article.title), byline, paragraphs: paragraphs(&reader.doc) })
    }))
    .ok()
    .flatten()
}

/// The paragraphs of what the reader found in `document` (it leaves its find under this id).
fn paragraphs(document: &Document) -> Vec<Paragraph> {
    let found = document.select_single("#readability-page-1");
    let Some(root) = found.nodes().first() else { return Vec::new() };
    let chars = root.normalized_char_count();
    let kept = body::paragraphs(*root, |node, name| is_beside_the_point(node, name, chars));
    let kept_chars: usize = kept.iter().map(|paragraph| paragraph.text.chars().count()).sum();
    if (kept_chars as f64) < chars as f64 * KEPT_SHARE_MIN {
        // Names that would take out most of what was found do not mean what they say here.
        return body::paragraphs(*root, |_, name| matches!(name, "figcaption" | "nav"));
    }
    kept
}

/// The least part of a find that is left when furniture is taken out.
const KEPT_SHARE_MIN: f64 = 0.4;

/// Words in classes and ids under which sites put what is not the article. Builders of pages call every block a
/// "widget" and sites call their own text "subscriber": such words are none.
const FURNITURE_NAMES: &[&str] = &[
    "also",
    "bio",
    "date",
    "dateline",
    "follow",
    "latest",
    "meta",
    "popular",
    "print",
    "published",
    "rss",
    "subscribe",
    "tags",
    "timestamp",
    "toolbar",
    "topics",
];

/// Beginnings of such words.
const FURNITURE_PREFIXES: &[&str] = &[
    "addthis",
    "advert",
    "author",
    "breadcrumb",
    "byline",
    "caption",
    "comment",
    "copyright",
    "credit",
    "disclaimer",
    "donat",
    "footer",
    "mostread",
    "newsletter",
    "outbrain",
    "promo",
    "pubdate",
    "readmore",
    "recirc",
    "recommend",
    "related",
    "share",
    "sharing",
    "signup",
    "social",
    "sponsor",
    "taboola",
    "trending",
];

/// The largest part of the article that one piece of furniture takes; a larger one is a wrapper with an odd name.
const FURNITURE_SHARE_MAX: f64 = 0.25;

pub(super) fn is_beside_the_point(node: &NodeRef<'_>, name: &str, article_chars: usize) -> bool {
    match name {
        "figcaption" | "nav" | "menu" | "dialog" => return true,
        // Tables and quotations stand in figures too.
        "figure" => return !node.descendants_it().any(|n| n.has_name("table") || n.has_name("blockquote")),
        "aside" | "footer" | "form" => return is_small(node, article_chars),
        "body" | "article" | "main" | "html" | "p" => return false,
        // A piece of a sentence: "<span class=dateline>CAIRO</span> —".
        "span" | "a" | "b" | "strong" | "em" | "i" | "time" if node.parent().is_some_and(|p| p.has_name("p")) => {
            return false;
        }
        _ => {}
    }
    let named = |attribute: &str| {
        node.attr(attribute).is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
                FURNITURE_NAMES.contains(&word) || FURNITURE_PREFIXES.iter().any(|prefix| word.starts_with(prefix))
            })
        })
    };
    (named("class") || named("id")) && is_small(node, article_chars)
}

fn is_small(node: &NodeRef<'_>, article_chars: usize) -> bool {
    (node.normalized_char_count() as f64) < article_chars as f64 * FURNITURE_SHARE_MAX
}

/// Lines of a page that no article says, from a list.
struct Furniture {
    /// Whole paragraphs.
    whole: Vec<&'static str>,
    /// Beginnings of short paragraphs.
    begins: Vec<&'static str>,
    /// Words anywhere in a short paragraph.
    holds: Vec<&'static str>,
}

static FURNITURE: LazyLock<Furniture> = LazyLock::new(|| {
    let mut furniture = Furniture { whole: Vec::new(), begins: Vec::new(), holds: Vec::new() };
    let mut section = "";
    for line in include_str!("../../../config/lexicon/furniture.txt").lines().map(str::trim) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => section = name,
            None if line.is_empty() || line.starts_with('#') => {}
            None => match section {
                "whole" => furniture.whole.push(line),
                "begins" => furniture.begins.push(line),
                "holds" => furniture.holds.push(line),
                _ => {}
            },
        }
    }
    furniture
});

/// A paragraph longer than this says something of its own.
const FURNITURE_CHARS_MAX: usize = 220;
/// A line longer than this is no byline, date or credit.
const LABEL_CHARS_MAX: usize = 90;
/// Bylines and dates stand among the first paragraphs.
const OPENING_PARAGRAPHS_MAX: usize = 6;
/// From this share on, a paragraph is a link to something else.
const LINKED_SHARE_MIN: f64 = 0.9;

/// The article's own words, and what was taken out of them.
pub(super) struct Tidied {
    pub paragraphs: Vec<Paragraph>,
    /// The agency that a line credited which was taken out: whose words these are must not get lost with it.
    credit: Option<&'static str>,
}

impl Tidied {
    /// The byline with the agency that a line beside it credited.
    pub fn byline(&self, byline: Option<String>) -> Option<String> {
        match (byline, self.credit) {
            (Some(byline), Some(agency)) if origin::credited(&byline).is_none() => Some(format!("{byline}, {agency}")),
            (byline, credit) => byline.or_else(|| credit.map(str::to_owned)),
        }
    }
}

/// Takes out the paragraphs that are not the article's own words.
pub(super) fn tidy(paragraphs: Vec<Paragraph>, title: &str, byline: Option<&str>) -> Tidied {
    // A page of links (a briefing, a list of sources) keeps them.
    let linked: usize = paragraphs.iter().filter(|p| is_link(p)).map(|p| p.text.len()).sum();
    let all: usize = paragraphs.iter().map(|p| p.text.len()).sum();
    let keeps_links = linked * 2 > all;
    let mut kept: Vec<Paragraph> = Vec::with_capacity(paragraphs.len());
    let (mut head, mut foot) = (None, None);
    for paragraph in paragraphs {
        let chars = paragraph.text.chars().count();
        let may_be_label = kept.len() < OPENING_PARAGRAPHS_MAX && chars <= LABEL_CHARS_MAX;
        let is_byline = may_be_label && is_byline(&paragraph.text, byline);
        let is_label =
            is_byline || may_be_label && (paragraph.text == title || calendar::is_only_when(&paragraph.text));
        let credit =
            || Some(&paragraph.text).filter(|_| chars <= LABEL_CHARS_MAX).and_then(|text| origin::credited(text));
        let repeats = chars <= LABEL_CHARS_MAX && kept.last().is_some_and(|last| last.text == paragraph.text);
        let beside = is_label || repeats || !keeps_links && is_link(&paragraph) || is_furniture(&paragraph.text, chars);
        if is_byline {
            head = head.or_else(credit);
        } else if beside && !is_link(&paragraph) {
            // Under a picture an agency has the picture; at the end, the text.
            foot = foot.or_else(credit);
        }
        if !beside {
            kept.push(paragraph);
            foot = None;
        }
    }
    // A heading over nothing announced what was taken out.
    while kept.len() > 1 && kept.last().is_some_and(|last| last.is_heading) {
        kept.pop();
    }
    Tidied { paragraphs: kept, credit: head.or(foot) }
}

/// The text of an article: its paragraphs, parted by blank lines.
pub(super) fn join(paragraphs: Vec<Paragraph>) -> String {
    paragraphs.into_iter().map(|paragraph| paragraph.text).collect::<Vec<_>>().join("\n\n")
}

fn is_link(paragraph: &Paragraph) -> bool {
    paragraph.linked_bytes as f64 >= paragraph.text.len() as f64 * LINKED_SHARE_MIN
}

fn is_furniture(text: &str, chars: usize) -> bool {
    if chars > FURNITURE_CHARS_MAX {
        return false;
    }
    let lower = text.to_lowercase();
    let words = lower.trim_matches(|c: char| !c.is_alphanumeric());
    // Rules between sections and counters of pictures have no letters.
    words.is_empty()
        || words.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'/'))
        || FURNITURE.whole.contains(&words)
        || FURNITURE.begins.iter().any(|begin| words.starts_with(begin))
        || chars <= LABEL_CHARS_MAX && FURNITURE.holds.iter().any(|word| lower.contains(word))
}

fn is_byline(text: &str, byline: Option<&str>) -> bool {
    let text = text.trim_start_matches(['•', '-', '–', '—', '|', ' ']);
    let name = text.strip_prefix("By ").or_else(|| text.strip_prefix("by ")).or_else(|| text.strip_prefix("BY "));
    byline.is_some_and(|byline| text == byline || name == Some(byline)) || name.is_some_and(is_a_name)
}

/// Up to eight words, each of them capitalised or small link words, no sentence.
fn is_a_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.len() <= 8
        && !text.ends_with(['.', '!', '?'])
        && words.iter().all(|word| {
            word.starts_with(|c: char| c.is_uppercase())
                || matches!(*word, "and" | "in" | "of" | "de" | "van" | "von" | "al" | "|" | "&")
        })
}

/// True when the text a page gives to search engines holds clearly more than what it shows.
pub(super) fn is_fuller(given: &str, shown: &str) -> bool {
    /// Below this the text shown is a teaser.
    const TEASER_BYTES_MAX: usize = 1_000;
    shown.len() < TEASER_BYTES_MAX && given.len() > 2 * shown.len()
}
