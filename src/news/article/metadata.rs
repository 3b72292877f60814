//! What a page says of itself in `meta`, `link` and microdata.

use dom_query::{Document, NodeRef};
use url::Url;

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
                    if node
                        .attr("type")
                        .is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/ld+json"))
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

/// What a page calls itself.
impl Declared {
    /// The headline, without the site's name behind it.
    pub(super) fn title(&self) -> Option<String> {
        let declared = self.json_ld.headline.as_deref();
        let declared = declared
            .or_else(|| self.meta(&["og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title"]));
        match (declared, self.page_title.as_deref(), self.heading.as_deref()) {
            (Some(declared), _, _) => Some(self.without_site(declared)),
            // Sites repeat the headline in `title`; a heading that is not there is the site's name or a section's.
            (None, Some(title), Some(heading)) if title.contains(heading) => Some(heading.to_owned()),
            (None, Some(title), _) => Some(self.without_site(title)),
            (None, None, heading) => heading.map(str::to_owned),
        }
    }

    /// Cuts " - The Harbour Courier" or " | News" off, when what stands there is the site's name.
    fn without_site(&self, title: &str) -> String {
        let Some(site) = self.site() else { return title.to_owned() };
        for separator in [" | ", " - ", " – ", " — ", " · ", " :: ", " » "] {
            if let Some((headline, name)) = title.rsplit_once(separator)
                && (name.eq_ignore_ascii_case(&site) || site.to_lowercase().contains(&name.to_lowercase()))
                && !headline.trim().is_empty()
            {
                return headline.trim().to_owned();
            }
        }
        title.to_owned()
    }

    /// Who wrote it, as names; addresses of profiles are none.
    pub(super) fn byline(&self) -> Option<String> {
        let is_name = |text: &&str| !text.contains("://") && !text.starts_with(['@', '/']);
        let authors: Vec<&str> = self.json_ld.authors.iter().map(String::as_str).filter(is_name).collect();
        if !authors.is_empty() {
            return Some(authors.join(", "));
        }
        let keys = [
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
        keys.iter()
            .find_map(|key| self.meta(&[key]).filter(is_name))
            .or(self.author.as_deref().filter(is_name))
            .map(str::to_owned)
    }

    /// Who carries it, as a reader would name it.
    pub(super) fn site(&self) -> Option<String> {
        let name = self.meta(&["og:site_name"]).or(self.json_ld.publisher.as_deref());
        let name =
            name.or_else(|| self.meta(&["application-name", "publisher", "dc.publisher", "twitter:app:name:iphone"]));
        name.filter(|name| !name.contains("://")).map(str::to_owned)
    }

    /// The address that the page gives for itself, when it is one of an article on the same site: some sites name their
    /// front page on every page.
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
            matches!(named.scheme(), "http" | "https") && url.is_none_or(|url| !is_front || url.path() == "/")
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

/// Parts of class names, ids and properties under which sites show dates.
const DATE_NAMES: &[&str] = &[
    "date", "time", "publish", "posted", "pubdat", "updated", "modified", "created", "dateline", "byline", "datum",
    "fecha", "meta",
];

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
