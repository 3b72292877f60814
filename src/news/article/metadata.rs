//! What a page says of itself in `meta`, `link` and microdata.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use dom_query::{Document, NodeData, NodeRef};
use url::Url;

use super::body::line;
use super::calendar;
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
    /// The first few `h1`.
    pub headings: Vec<String>,
    /// Microdata and `rel=author`.
    pub author: Option<String>,
    /// Elements that show a moment, in page order.
    pub times: Vec<Time>,
    /// Text with a number of four digits near its beginning, in page order: a date may be shown without any markup.
    pub lines: Vec<String>,
    /// How many of them stand before the first `h1`.
    pub lines_above: usize,
    /// A date of publication in the data that a page's own script works on.
    pub in_script: Option<String>,
}

/// A `time` element, or one that says by name that it shows a date.
#[derive(Debug, PartialEq)]
pub(super) struct Time {
    /// `datetime`, `content` or `title`.
    pub machine: Option<String>,
    pub shown: String,
    /// Tag, class, id and itemprop, lower case, of the element itself.
    pub named: String,
    /// It stands after the first `h1`.
    pub below_headline: bool,
}

/// `h1` elements kept: the site's name, the section, the headline.
const HEADINGS_MAX: usize = 4;
/// `time` elements kept; comments and lists of related stories bring hundreds.
const TIMES_MAX: usize = 64;
/// A date and what stands around it is no longer than this.
const TIME_CHARS_MAX: usize = 120;

impl Declared {
    pub(super) fn read(document: &Document) -> Self {
        let mut declared = Self::default();
        let mut scripts = Vec::new();
        for node in document.root().descendants_it() {
            let Some(name) = node.qual_name_ref() else {
                declared.note_line(&node);
                continue;
            };
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
                "h1" if declared.headings.len() < HEADINGS_MAX => {
                    if declared.headings.is_empty() {
                        declared.lines_above = declared.lines.len();
                    }
                    declared.headings.extend(some_line(&node.text()));
                }
                "script" => {
                    if node
                        .attr("type")
                        .is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/ld+json"))
                    {
                        scripts.push(node.text());
                    } else if declared.in_script.is_none() {
                        declared.in_script = script_date(&node.text());
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
        let Names { author, dated } = names_of(node);
        if self.author.is_none() && author {
            self.author = some_line(&node.text()).filter(|text| text.chars().count() <= TIME_CHARS_MAX);
        }
        if self.times.len() >= TIMES_MAX || !(name == "time" || dated || DATE_NAMES.is_match(name)) || is_aside(node) {
            return;
        }
        // A wrapper of half the page may be called "post-date-view" too: only short elements show a date.
        if node.normalized_char_count() > TIME_CHARS_MAX {
            return;
        }
        const MACHINE: [&str; 7] =
            ["datetime", "content", "title", "data-datetime", "data-timestamp", "data-time", "data-date"];
        let machine = MACHINE.iter().find_map(|key| attribute(node, key));
        let shown = line(&node.text());
        if machine.is_some() || !shown.is_empty() {
            let value = |key: &str| node.attr(key).unwrap_or_default();
            let named = format!("{name} {} {} {}", value("class"), value("id"), value("itemprop")).to_ascii_lowercase();
            self.times.push(Time { machine, shown, named, below_headline: !self.headings.is_empty() });
        }
    }

    fn note_line(&mut self, node: &NodeRef<'_>) {
        let line = node.query(|node| match &node.data {
            NodeData::Text { contents } if self.lines.len() < TIMES_MAX && is_dateable(contents) => {
                Some(line(contents))
            }
            _ => None,
        });
        self.lines.extend(line.flatten());
    }

    /// The first `meta` among `keys`, in the order of `keys`.
    pub(super) fn meta(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.metas.iter().find(|(name, _)| name == key)).map(|(_, content)| content.as_str())
    }
}

/// What a page calls itself.
impl Declared {
    /// The headline, without the site's name behind it.
    pub(super) fn title(&self) -> Option<String> {
        let declared = self.json_ld.headline.as_deref();
        let declared = declared
            .or_else(|| self.meta(&["og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title"]));
        if let Some(declared) = declared {
            return Some(self.without_site(declared));
        }
        // Sites repeat the headline in `title`; a heading that is not in it is a section's name.
        let Some(title) = self.page_title.as_deref() else { return self.headings.first().cloned() };
        let repeated =
            self.headings.iter().find(|heading| title.contains(*heading) && heading.len() * 2 >= title.len());
        let title = repeated.cloned().unwrap_or_else(|| self.without_site(title));
        let is_site = self.site().is_some_and(|site| site.to_lowercase().starts_with(&title.to_lowercase()));
        let longest =
            self.headings.iter().filter(|heading| heading.len() > title.len()).max_by_key(|heading| heading.len());
        Some(longest.filter(|_| is_site).cloned().unwrap_or(title))
    }

    /// Cuts " - The Harbour Courier" or " | News" off: what names the site or, when no site is named, what is short
    /// beside a whole headline.
    fn without_site(&self, title: &str) -> String {
        /// Words from which on the rest is a headline of its own.
        const HEADLINE_WORDS_MIN: usize = 4;
        const SITE_WORDS_MAX: usize = 3;
        let words = |text: &str| text.split_whitespace().count();
        let site = self.site().map(|site| site.to_lowercase());
        let cut =
            TITLE_SEPARATORS.iter().filter_map(|separator| title.rsplit_once(separator)).find(|(headline, name)| {
                match &site {
                    Some(site) => !headline.trim().is_empty() && site.contains(&name.trim().to_lowercase()),
                    None => words(headline) >= HEADLINE_WORDS_MIN && words(name) <= SITE_WORDS_MAX,
                }
            });
        cut.map_or(title, |(headline, _)| headline.trim()).to_owned()
    }

    /// Who wrote it, as names; addresses of profiles are none.
    pub(super) fn byline(&self) -> Option<String> {
        const KEYS: [&str; 11] = [
            "author",
            "article:author",
            "dc.creator",
            "dcterms.creator",
            "dc:creator",
            "dcterms:creator",
            "parsely-author",
            "sailthru.author",
            "byl",
            "byline",
            "article.author",
        ];
        let authors: Vec<String> = self.json_ld.authors.iter().filter_map(|author| names(author)).collect();
        if !authors.is_empty() {
            return Some(authors.join(", "));
        }
        let declared = KEYS.iter().find_map(|key| self.meta(&[key]).and_then(names));
        declared.or_else(|| self.author.as_deref().and_then(names))
    }

    /// Who carries it, as a reader would name it.
    pub(super) fn site(&self) -> Option<String> {
        let name = self.meta(&["og:site_name"]).or(self.json_ld.publisher.as_deref());
        let name =
            name.or_else(|| self.meta(&["application-name", "publisher", "dc.publisher", "twitter:app:name:iphone"]));
        name.filter(|name| !name.contains("://")).map(str::to_owned)
    }

    /// The address that the page gives for itself, when it is one of an article on the same site: some sites name their
    /// front page on every page, and a page may not pass for another outlet's.
    pub(super) fn canonical(&self, url: Option<&Url>) -> Option<String> {
        let base = match (self.base.as_deref(), url) {
            (Some(base), Some(url)) => url.join(base).ok(),
            (Some(base), None) => Url::parse(base).ok(),
            (None, url) => url.cloned(),
        };
        let resolve = |text: &str| match &base {
            Some(base) => base.join(text).ok(),
            None => Url::parse(text).ok(),
        };
        let usable = |named: &Url| {
            let is_front = named.path() == "/" && named.query().is_none();
            matches!(named.scheme(), "http" | "https")
                && url.is_none_or(|url| is_one_site(url, named) && (!is_front || url.path() == "/"))
        };
        let named = [self.canonical.as_deref(), self.meta(&["og:url"]), self.json_ld.url.as_deref()];
        let named = named.into_iter().flatten().find_map(|text| resolve(text).filter(usable));
        named.or_else(|| url.cloned()).map(|mut url| {
            url.set_fragment(None);
            url.to_string()
        })
    }

    /// The declared languages, as they stand, most trustworthy first.
    pub(super) fn languages(&self) -> impl Iterator<Item = &str> {
        let metas = ["content-language", "dc.language", "language", "inlanguage", "og:locale"];
        let declared = [self.json_ld.language.as_deref(), self.language.as_deref()];
        declared.into_iter().flatten().chain(metas.into_iter().filter_map(|key| self.meta(&[key])))
    }
}

/// Parts of the names of what stands beside an article and has dates of its own.
const ASIDE_NAMES: &[&str] = &["comment", "sidebar", "related", "recent", "popular", "widget", "latest"];
/// How far up a date's surroundings are looked at.
const ASIDE_DEPTH_MAX: usize = 8;

fn is_aside(node: &NodeRef<'_>) -> bool {
    node.ancestors_it(Some(ASIDE_DEPTH_MAX)).any(|node| {
        let named = |attribute: &str| {
            node.attr(attribute).is_some_and(|name| {
                let name = name.to_ascii_lowercase();
                ASIDE_NAMES.iter().any(|aside| name.contains(aside))
            })
        };
        ["nav", "aside", "footer"].iter().any(|name| node.has_name(name))
            || !node.has_name("body") && !node.has_name("html") && (named("class") || named("id"))
    })
}

/// Keys under which pages keep the date of publication for their scripts.
const SCRIPT_KEYS: &[&str] = &[
    "datePublished",
    "publishedAt",
    "published_at",
    "publishedDate",
    "publishDate",
    "publish_date",
    "published_time",
    "pubDate",
    "publicationDate",
    "publication_date",
    "firstPublishDate",
    "firstPublished",
];

/// The value of the first of these keys in `"key": "value"`.
fn script_date(script: &str) -> Option<String> {
    let value = |key: &str| {
        let (_, after) = script.split_once(key)?;
        let after = after.trim_start_matches(['"', '\'', '\\']).trim_start().strip_prefix(':')?;
        let after = after.trim_start().trim_start_matches('\\').strip_prefix(['"', '\''])?;
        let end = after.find(['"', '\'', '\\'])?;
        Some(after[..end].to_owned()).filter(|value| (8..=40).contains(&value.len()))
    };
    // Few scripts hold any of them, and all of those hold this.
    if !script.contains("ubli") && !script.contains("pubDate") {
        return None;
    }
    SCRIPT_KEYS.iter().find_map(|key| value(key))
}

/// Long enough for a date, with four digits in a row near its beginning.
fn is_dateable(text: &str) -> bool {
    let text = text.trim();
    (8..=TIME_CHARS_MAX).contains(&text.len())
        && text.as_bytes().windows(4).any(|run| run.iter().all(u8::is_ascii_digit))
}

/// True when the last two labels of both hosts agree: `edition.courier.example` and `www.courier.example`.
fn is_one_site(one: &Url, other: &Url) -> bool {
    let site = |url: &Url| url.host_str().map(|host| host.rsplit('.').take(2).collect::<Vec<_>>().join("."));
    site(one) == site(other)
}

const TITLE_SEPARATORS: &[&str] = &[" | ", " - ", " – ", " — ", " · ", " :: ", " » ", " / "];

/// The names in a byline: without "By", without the date and the handle that stand behind them.
pub(super) fn names(byline: &str) -> Option<String> {
    let byline = byline.trim();
    let bare = ["By ", "by ", "BY ", "By: ", "Par ", "Von ", "Por ", "por ", "Di ", "Written by ", "Posted by "]
        .iter()
        .find_map(|word| byline.strip_prefix(word))
        .unwrap_or(byline);
    let end =
        bare.find(|c: char| c.is_ascii_digit() || matches!(c, '@' | '|' | '•' | '·' | '—' | '<')).unwrap_or(bare.len());
    let end = bare.find("(http").map_or(end, |address| address.min(end));
    let mut name = bare[..end].trim_end();
    // A month or weekday before the digits.
    while let Some((rest, last)) = name.rsplit_once(' ') {
        if !calendar::is_beside_a_date(last) || end == bare.len() {
            break;
        }
        name = rest.trim_end();
    }
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | ',' | ':' | '/'));
    let is_name = !calendar::is_beside_a_date(name) && !name.contains("://") && name.contains(char::is_alphabetic);
    is_name.then(|| name.to_owned())
}

/// Parts of class names, ids and properties under which sites show dates. All elements of a page are held against them,
/// so all of them are looked for at once.
static DATE_NAMES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let names =
        ["date", "time", "publish", "posted", "pubdat", "modified", "created", "byline", "datum", "fecha", "meta"];
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).expect("eleven short names")
});

/// What the attributes of an element say of it.
struct Names {
    /// It names an author.
    author: bool,
    /// It may show a date.
    dated: bool,
}

fn names_of(node: &NodeRef<'_>) -> Names {
    let mut names = Names { author: false, dated: false };
    let Some(element) = node.element_ref() else { return names };
    let author = |value: &str| value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("author"));
    for attribute in &element.attrs {
        match attribute.name.local.as_ref() {
            "rel" => names.author |= author(&attribute.value),
            "itemprop" => {
                names.author |= author(&attribute.value);
                names.dated |= DATE_NAMES.is_match(attribute.value.as_bytes());
            }
            "class" | "id" => names.dated |= DATE_NAMES.is_match(attribute.value.as_bytes()),
            _ => {}
        }
    }
    names
}

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
