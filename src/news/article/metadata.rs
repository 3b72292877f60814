//! What a page says of itself in `meta`, `link` and microdata.

use dom_query::{Document, NodeRef};

use super::body::line;
use super::json_ld::{self, JsonLd};

/// Everything a page declares, gathered in one walk over its elements.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// `meta` elements: name (lower case), content.
    metas: Vec<(String, String)>,
    pub json_ld: JsonLd,
    pub canonical: Option<String>,
    pub base: Option<String>,
    /// `<html lang>`.
    pub language: Option<String>,
    pub page_title: Option<String>,
    /// The first `h1`.
    pub heading: Option<String>,
    /// Microdata and `rel=author`.
    pub author: Option<String>,
    /// Elements that show a moment, in page order.
    pub times: Vec<Time>,
}

/// A `time` element, or one that says by name that it shows a date.
#[derive(Debug, PartialEq)]
pub(super) struct Time {
    /// `datetime`, `content` or `title`.
    pub machine: Option<String>,
    pub shown: String,
    /// Tag, class, id and itemprop, lower case, of the element itself.
    pub named: String,
}

/// `time` elements kept; comments and lists of related stories bring hundreds.
const TIMES_MAX: usize = 64;
/// A date and what stands around it is no longer than this.
const TIME_CHARS_MAX: usize = 120;

impl Declared {
    pub(super) fn read(document: &Document) -> Self {
        let mut declared = Self::default();
        let mut scripts = Vec::new();
        for node in document.root().descendants_it().filter(NodeRef::is_element) {
            let Some(name) = node.qual_name_ref() else { continue };
            match name.local.as_ref() {
                "html" => declared.language = attribute(&node, "lang").or_else(|| attribute(&node, "xml:lang")),
                "meta" => {
                    let key = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| node.attr(key));
                    if let (Some(key), Some(content)) = (key, attribute(&node, "content")) {
                        // One `property` may name several keys.
                        let keys = key.split_ascii_whitespace().map(str::to_ascii_lowercase);
                        declared.metas.extend(keys.map(|key| (key, content.clone())));
                    }
                }
                "link" if rel(&node, "canonical") && declared.canonical.is_none() => {
                    declared.canonical = attribute(&node, "href");
                }
                "base" if declared.base.is_none() => declared.base = attribute(&node, "href"),
                "title" if declared.page_title.is_none() && in_head(&node) => {
                    declared.page_title = some_line(&node.text());
                }
                "h1" if declared.heading.is_none() => declared.heading = some_line(&node.text()),
                "script" => {
                    if node.attr("type").is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/ld+json"))
                    {
                        scripts.push(node.text());
                    }
                }
                name => declared.note_content(&node, name),
            }
        }
        declared.json_ld = json_ld::read(scripts.iter().map(AsRef::as_ref));
        declared
    }

    /// Elements of the body that name an author or a date.
    fn note_content(&mut self, node: &NodeRef<'_>, name: &str) {
        let itemprop = node.attr("itemprop").unwrap_or_default().to_ascii_lowercase();
        if self.author.is_none() && (rel(node, "author") || itemprop.split(' ').any(|prop| prop == "author")) {
            self.author = some_line(&node.text()).filter(|text| text.chars().count() <= TIME_CHARS_MAX);
        }
        if self.times.len() >= TIMES_MAX {
            return;
        }
        let class = node.attr("class").unwrap_or_default();
        let id = node.attr("id").unwrap_or_default();
        if name != "time" && itemprop.is_empty() && class.is_empty() && id.is_empty() {
            return;
        }
        let named = format!("{name} {class} {id} {itemprop}").to_ascii_lowercase();
        if name != "time" && !DATE_NAMES.iter().any(|word| named.contains(word)) {
            return;
        }
        // A wrapper of half the page may be called "post-date-view" too: only short elements show a date.
        if node.normalized_char_count() > TIME_CHARS_MAX {
            return;
        }
        let machine = ["datetime", "content", "title"].iter().find_map(|key| attribute(node, key));
        let shown = line(&node.text());
        if machine.is_some() || !shown.is_empty() {
            self.times.push(Time { machine, shown, named });
        }
    }

    /// The first `meta` among `keys`, in the order of `keys`.
    pub(super) fn meta(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.metas.iter().find(|(name, _)| name == key)).map(|(_, content)| content.as_str())
    }
}

/// Parts of class names, ids and properties under which sites show dates.
const DATE_NAMES: &[&str] =
    &["date", "time", "publish", "posted", "pubdat", "updated", "modified", "created", "dateline", "byline", "datum", "fecha", "meta"];

fn attribute(node: &NodeRef<'_>, name: &str) -> Option<String> {
    node.attr(name).and_then(|value| some_line(&value))
}

fn rel(node: &NodeRef<'_>, wanted: &str) -> bool {
    node.attr("rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case(wanted)))
}

/// An SVG has titles too.
fn in_head(node: &NodeRef<'_>) -> bool {
    node.parent().is_some_and(|parent| parent.has_name("head") || parent.has_name("body"))
}

fn some_line(text: &str) -> Option<String> {
    Some(line(text)).filter(|line| !line.is_empty())
}
