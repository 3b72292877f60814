//! What each element of a feed means. One table for all the vocabularies, because real feeds mix them: RSS with Atom
//! links, Atom with Dublin Core dates, everything with Media RSS.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;

use super::dates;
use super::html;
use super::tree::{Element, Head, Namespace};
use super::{CATEGORIES_MAX, ENCLOSURES_MAX, Enclosure, Entry, Feed};

/// Line breaks and missing padding are usual.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A value that better evidence replaces. Rank 0 is the element made for it; the first of equal rank stays.
#[derive(Debug)]
struct Ranked<T>(Option<(u8, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Ranked<T> {
    fn offer(&mut self, rank: u8, value: Option<T>) {
        if let Some(value) = value
            && self.0.as_ref().is_none_or(|(held, _)| rank < *held)
        {
            self.0 = Some((rank, value));
        }
    }

    fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

/// What a text element holds.
#[derive(Debug)]
enum Prose {
    Html(String),
    Plain(String),
}

impl Prose {
    /// Reads an element as Atom's text constructs say, and as RSS leaves open.
    fn of(element: &Element<'_>) -> Option<Self> {
        let kind = element.head.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let mode = element.head.attribute("mode").unwrap_or_default().to_ascii_lowercase();
        let markup = kind.contains("html") || kind.contains("xml");
        if element.has_elements() {
            return element.markup().map(Self::Html);
        }
        let text = element.text()?;
        let encoded = mode == "base64"
            || kind.contains('/') && !kind.starts_with("text/") && !markup && element.head.namespace == Namespace::Atom;
        let text = if encoded { from_base64(&text).unwrap_or(text) } else { text };
        let html = match element.head.namespace {
            // Markup that was escaped although the type says it is not would show its tags to the reader.
            _ if markup || mode == "escaped" => html::looks_like_html(&text) || kind.contains("html"),
            Namespace::Atom => encoded && html::looks_like_html(&text),
            Namespace::Content => true,
            _ if kind.starts_with("text/plain") => false,
            _ => html::looks_like_html(&text),
        };
        Some(if html { Self::Html(text) } else { Self::Plain(text) })
    }

    fn into_html(self) -> String {
        match self {
            Self::Html(html) => html,
            Self::Plain(text) => html::escaped(&text).into_owned(),
        }
    }

    fn into_plain(self) -> String {
        match self {
            Self::Html(html) => html::plain(&html),
            Self::Plain(text) => html::collapsed(&text).into_owned(),
        }
    }
}

fn from_base64(text: &str) -> Option<String> {
    let packed: String = text.split_ascii_whitespace().collect();
    BASE64.decode(packed).ok().and_then(|bytes| String::from_utf8(bytes).ok())
}

fn headline(element: &Element<'_>) -> Option<String> {
    Prose::of(element).map(Prose::into_plain).filter(|text| !text.is_empty())
}

fn body(element: &Element<'_>) -> Option<String> {
    Prose::of(element).map(Prose::into_html)
}

fn date(element: &Element<'_>) -> Option<Timestamp> {
    dates::read(&element.text()?)
}

/// The name of a person; of an address alone, the address.
fn person(element: &Element<'_>) -> Option<String> {
    if element.has_elements() {
        return ["name", "email", "uri", "url"]
            .iter()
            .find_map(|part| element.child_text(part))
            .map(|name| html::plain(&name));
    }
    element.text().map(|text| html::collapsed(&text).into_owned())
}

/// The address in a link and how good it is as the address of the thing itself. Links to other things give `None`.
fn alternate(element: &Element<'_>) -> Option<(u8, String)> {
    let head = &element.head;
    let href = head.attribute("href");
    let rel = head.attribute("rel").unwrap_or("alternate").to_ascii_lowercase();
    match (href, rel.as_str()) {
        (Some(href), "alternate") => {
            let page = head.attribute("type").is_none_or(|kind| kind.to_ascii_lowercase().contains("html"));
            Some((if page { 0 } else { 2 }, head.absolute(href)))
        }
        // Enough to point somewhere where nothing better does.
        (Some(href), "self" | "canonical" | "via") => Some((8, head.absolute(href))),
        (Some(_), _) => None,
        (None, _) => element.text().map(|text| (0, head.absolute(&text))),
    }
}

fn add_categories(categories: &mut Vec<String>, element: &Element<'_>, separator: Option<char>) {
    let head = &element.head;
    let named = ["term", "text", "label"].iter().find_map(|name| head.attribute(name)).map(str::to_owned);
    let own =
        named.or_else(|| element.nodes.iter().find_map(|_| if element.has_elements() { None } else { element.text() }));
    for part in own.iter().flat_map(|text| text.split(move |c| Some(c) == separator)) {
        let part = html::collapsed(part);
        if !part.is_empty() && categories.len() < CATEGORIES_MAX && !categories.iter().any(|known| *known == part) {
            categories.push(part.into_owned());
        }
    }
    for child in element.children().filter(|child| child.head.name == head.name) {
        add_categories(categories, child, separator);
    }
}

fn enclosure(head: &Head<'_>) -> Option<Enclosure> {
    let url = head.attribute("url").or_else(|| head.attribute("href"))?;
    let length = head.attribute("length").or_else(|| head.attribute("filesize"));
    Some(Enclosure {
        url: head.absolute(url),
        kind: head.attribute("type").map(str::to_owned),
        length: length.and_then(|length| length.parse().ok()),
    })
}

/// An entry while its elements come in.
#[derive(Debug, Default)]
pub(super) struct EntryDraft {
    id: Ranked<String>,
    title: Ranked<String>,
    link: Ranked<String>,
    published: Ranked<Timestamp>,
    updated: Ranked<Timestamp>,
    summary: Ranked<String>,
    content: Vec<String>,
    author: Ranked<String>,
    categories: Vec<String>,
    language: Ranked<String>,
    enclosures: Vec<Enclosure>,
}

impl EntryDraft {
    /// Reads `<item>`, `<entry>` or `<url>`.
    pub(super) fn read(element: &Element<'_>) -> Entry {
        let mut draft = Self::default();
        let head = &element.head;
        draft.id.offer(2, head.attribute_in(Namespace::Rdf, "about").map(str::to_owned));
        draft.link.offer(
            6,
            head.attribute_in(Namespace::Rdf, "about").filter(|about| about.starts_with("http")).map(str::to_owned),
        );
        draft.link.offer(1, head.attribute("href").map(|href| head.absolute(href)));
        draft.published.offer(3, head.attribute("lastmod").and_then(dates::read));
        draft.updated.offer(3, head.attribute("lastmod").and_then(dates::read));
        draft.language.offer(1, head.language.as_deref().map(str::to_owned));
        for child in element.children() {
            draft.add(child);
        }
        draft.finish()
    }

    fn add(&mut self, element: &Element<'_>) {
        use Namespace::{Atom, Content, Core, DublinCore, ITunes, Media, News, Rdf, Xhtml};
        let head = &element.head;
        match (head.namespace, &*head.name) {
            (Core | Atom, "title") => self.title.offer(0, headline(element)),
            (News, "title") => self.title.offer(0, headline(element)),
            (DublinCore, "title") => self.title.offer(1, headline(element)),
            (Media, "title") => self.title.offer(2, headline(element)),
            (ITunes, "title") => self.title.offer(3, headline(element)),
            (Core | Atom, "link") => {
                if head.attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("enclosure")) {
                    self.add_enclosure(head);
                } else if let Some((rank, address)) = alternate(element) {
                    self.link.offer(rank, Some(address));
                }
            }
            (Core, "loc") => self.link.offer(0, element.text().map(|text| head.absolute(&text))),
            (Core, "url") => self.link.offer(4, element.text().map(|text| head.absolute(&text))),
            (Core | Atom, "guid" | "id") => {
                let id = element.text();
                let permanent = head.name == "guid"
                    && !head.attribute("ispermalink").is_some_and(|value| value.eq_ignore_ascii_case("false"));
                if permanent {
                    self.link.offer(5, id.as_deref().filter(|id| is_address(id)).map(|id| head.absolute(id)));
                }
                let relative = |id: &str| id.starts_with(['/', '.']) || head.name == "id" && is_path(id);
                self.id.offer(0, id.map(|id| if relative(&id) { head.absolute(&id) } else { id }));
            }
            (DublinCore, "identifier") => self.id.offer(1, element.text()),
            (Core | Atom, "description" | "summary" | "abstract") => {
                let text = body(element);
                // Where both stand, the second is the longer form.
                if self.summary.0.as_ref().is_some_and(|(rank, _)| *rank == 0) {
                    self.content.extend(text);
                } else {
                    self.summary.offer(0, text);
                }
            }
            (DublinCore, "description" | "abstract") => self.summary.offer(1, body(element)),
            (ITunes, "summary") => self.summary.offer(2, body(element)),
            (Media, "description") => self.summary.offer(3, body(element)),
            (ITunes, "subtitle") => self.summary.offer(4, body(element)),
            (Core | Atom, "content") => {
                if element.nodes.is_empty() {
                    // `<content src="…"/>`: the text is elsewhere.
                    self.link.offer(3, head.attribute("src").map(|src| head.absolute(src)));
                }
                self.content.extend(body(element));
            }
            (Content, "encoded") | (Core, "fullitem" | "encoded") => self.content.extend(body(element)),
            (Xhtml, "body" | "div") | (Core, "body" | "xhtml") => self.content.extend(element.markup()),
            (Core | Atom, "author") => self.author.offer(0, person(element)),
            (DublinCore, "creator" | "author") => self.author.offer(1, person(element)),
            (ITunes, "author") => self.author.offer(2, person(element)),
            (Media, "credit") => self.author.offer(4, person(element)),
            (DublinCore, "contributor" | "publisher") => self.author.offer(5, person(element)),
            (Core | Atom, "pubdate" | "published") => self.published.offer(0, date(element)),
            (News, "publication_date") => self.published.offer(0, date(element)),
            (Core | Atom | DublinCore, "issued") => self.published.offer(1, date(element)),
            (Core | Atom | DublinCore, "created") => self.published.offer(2, date(element)),
            (Core | Atom, "updated" | "modified" | "lastmod" | "lastbuilddate") => self.updated.offer(0, date(element)),
            (DublinCore, "modified" | "date") => self.updated.offer(1, date(element)),
            (Core, "date") => self.updated.offer(2, date(element)),
            (Core | Atom | DublinCore | ITunes | Media, "category" | "subject") => {
                add_categories(&mut self.categories, element, None);
            }
            (Core | ITunes | Media | News, "keywords") => add_categories(&mut self.categories, element, Some(',')),
            (Core | DublinCore, "language") => self.language.offer(0, element.text()),
            (Core | Media, "enclosure") => self.add_enclosure(head),
            (Media, "content" | "thumbnail") => {
                self.add_enclosure(head);
                element.children().for_each(|child| self.add(child));
            }
            (Media, "group") | (News, "news") | (Rdf, "description") => {
                element.children().for_each(|child| self.add(child))
            }
            (News, "publication") => self.language.offer(2, element.child_text("language")),
            _ => {}
        }
    }

    fn add_enclosure(&mut self, head: &Head<'_>) {
        if self.enclosures.len() < ENCLOSURES_MAX {
            self.enclosures.extend(enclosure(head));
        }
    }

    fn finish(self) -> Entry {
        Entry {
            id: self.id.take().unwrap_or_default(),
            title: self.title.take(),
            link: self.link.take(),
            published: self.published.take(),
            updated: self.updated.take(),
            summary: self.summary.take(),
            content: self.content,
            author: self.author.take(),
            categories: self.categories,
            language: self.language.take().map(|tag| language_tag(&tag)),
            enclosures: self.enclosures,
        }
    }
}

/// The feed's own fields while its elements come in.
#[derive(Debug, Default)]
pub(super) struct FeedDraft {
    title: Ranked<String>,
    link: Ranked<String>,
    id: Ranked<String>,
    description: Ranked<String>,
    language: Ranked<String>,
    author: Ranked<String>,
    published: Ranked<Timestamp>,
    updated: Ranked<Timestamp>,
    ttl_minutes: Ranked<u32>,
}

impl FeedDraft {
    /// What a container says in its own tag: `<rss>`, `<channel>`, `<feed>`.
    pub(super) fn enter(&mut self, head: &Head<'_>) {
        self.id.offer(2, head.attribute_in(Namespace::Rdf, "about").map(str::to_owned));
        self.link.offer(1, head.attribute("href").map(|href| head.absolute(href)));
        self.updated.offer(3, head.attribute("lastmod").and_then(dates::read));
        self.language.offer(1, head.language.as_deref().map(str::to_owned));
    }

    pub(super) fn add(&mut self, element: &Element<'_>) {
        use Namespace::{Atom, Core, DublinCore, ITunes, Media};
        let head = &element.head;
        match (head.namespace, &*head.name) {
            (Core | Atom, "title") => self.title.offer(0, headline(element)),
            (DublinCore, "title") => self.title.offer(1, headline(element)),
            (Media | ITunes, "title") => self.title.offer(2, headline(element)),
            (Core | Atom, "link") => {
                if let Some((rank, address)) = alternate(element) {
                    self.link.offer(rank, Some(address));
                }
            }
            (Core | Atom, "id" | "guid") => {
                self.id.offer(0, element.text().map(|id| if is_path(&id) { head.absolute(&id) } else { id }));
            }
            (DublinCore, "identifier") => self.id.offer(1, element.text()),
            (Core | Atom, "description" | "subtitle" | "tagline" | "abstract") => {
                self.description.offer(0, body(element))
            }
            (DublinCore, "description") => self.description.offer(1, body(element)),
            (ITunes, "summary") => self.description.offer(2, body(element)),
            (ITunes, "subtitle") => self.description.offer(3, body(element)),
            (Core | DublinCore | Atom, "language") => self.language.offer(0, element.text()),
            (Core | Atom, "author" | "managingeditor") => self.author.offer(0, person(element)),
            (DublinCore, "creator" | "author") => self.author.offer(1, person(element)),
            (ITunes, "author") => self.author.offer(2, person(element)),
            (Core | Atom, "pubdate" | "published") => self.published.offer(0, date(element)),
            (DublinCore, "issued" | "created") => self.published.offer(1, date(element)),
            (Core | Atom, "updated" | "modified" | "lastbuilddate" | "lastmod") => self.updated.offer(0, date(element)),
            (DublinCore, "modified" | "date") => self.updated.offer(1, date(element)),
            (Core, "ttl") => self.ttl_minutes.offer(0, element.text().and_then(|text| text.parse().ok())),
            _ => {}
        }
    }

    pub(super) fn finish(self, feed: &mut Feed) {
        feed.title = self.title.take();
        feed.link = self.link.take();
        feed.id = self.id.take();
        feed.description = self.description.take();
        feed.language = self.language.take().map(|tag| language_tag(&tag));
        feed.author = self.author.take();
        feed.published = self.published.take();
        feed.updated = self.updated.take();
        feed.ttl_minutes = self.ttl_minutes.take();
    }
}

/// `en_US` → `en-US`
fn language_tag(tag: &str) -> String {
    tag.trim().replace('_', "-")
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/')
}

/// A relative reference, as far as an identifier can be told to be one.
fn is_path(id: &str) -> bool {
    id.contains('/') && !id.contains(':') && !id.contains(char::is_whitespace)
}
