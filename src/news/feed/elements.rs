//! What each element of a feed means. One table for all the vocabularies, because real feeds mix them: RSS with Atom
//! links, Atom with Dublin Core dates, everything with Media RSS.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;

use super::dates;
use super::html;
use super::tree::{Element, Head, Namespace};
use super::{CATEGORIES_MAX, CONTENTS_MAX, ENCLOSURES_MAX, Enclosure, Entry, Feed, PEOPLE_MAX, Source, TEXT_BYTES_MAX};

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
            // Where the type is HTML, the text between the tags is HTML as well.
            let escaped = element.head.namespace == Namespace::Atom && matches!(kind.as_str(), "html" | "text/html");
            return element.markup(!escaped || mode == "xml").map(cut).map(Self::Html);
        }
        let text = cut(element.text()?);
        let encoded = mode == "base64"
            || kind.contains('/') && !kind.starts_with("text/") && !markup && element.head.namespace == Namespace::Atom;
        let text = if encoded { from_base64(&text).unwrap_or(text) } else { text };
        let html = match element.head.namespace {
            // Markup that was escaped although the type says it is not would show its tags to the reader.
            _ if markup || mode == "escaped" => html::looks_like_html(&text) || kind.contains("html"),
            // `description` is no element of Atom: this is RSS with a stray default namespace.
            Namespace::Atom if element.head.name != "description" => encoded && html::looks_like_html(&text),
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

/// Text of bounded length.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
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
    let part = ["name", "email", "uri", "url"].iter().find_map(|part| element.child_text(part));
    part.or_else(|| element.text()).map(|name| html::plain_of_either(&name)).filter(|name| !name.is_empty())
}

/// The people that the best element for them names, in order.
#[derive(Debug, Default)]
struct People(Vec<(u8, String)>);

impl People {
    fn offer(&mut self, rank: u8, name: Option<String>) {
        if let Some(name) = name
            && self.0.len() < PEOPLE_MAX
            && !self.0.iter().any(|(_, known)| *known == name)
        {
            self.0.push((rank, name));
        }
    }

    fn take(self) -> Option<String> {
        let best = self.0.iter().map(|(rank, _)| *rank).min()?;
        let names: Vec<String> = self.0.into_iter().filter(|(rank, _)| *rank == best).map(|(_, name)| name).collect();
        Some(names.join(", "))
    }
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
    let attribute = |name| head.attribute(name).map(str::to_owned);
    let own =
        attribute("term").or_else(|| attribute("text")).or_else(|| element.own_text()).or_else(|| attribute("label"));
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

/// RSS gives the source as a text and an address, Atom as the head of the feed that the entry was taken from.
fn source(element: &Element<'_>) -> Option<Source> {
    let head = &element.head;
    let child = |name: &str| element.children().find(|child| child.head.name == name);
    let title = if element.has_elements() { child("title").and_then(headline) } else { headline(element) };
    let address = head.attribute("url").or_else(|| head.attribute("href")).map(|url| head.absolute(url));
    let url = address.or_else(|| child("link").and_then(alternate).map(|(_, url)| url));
    (title.is_some() || url.is_some()).then_some(Source { title, url })
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
    author: People,
    categories: Vec<String>,
    language: Ranked<String>,
    enclosures: Vec<Enclosure>,
    source: Ranked<Source>,
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
                let opaque = head.attribute("ispermalink").is_some_and(|value| value.eq_ignore_ascii_case("false"));
                if !opaque {
                    // Atom's ids are addresses only if nothing better is there.
                    let rank = if head.name == "guid" { 5 } else { 9 };
                    self.link.offer(rank, id.as_deref().filter(|id| is_address(id)).map(|id| head.absolute(id)));
                }
                let relative = |id: &str| id.starts_with(['/', '.']) || head.name == "id" && is_path(id);
                self.id.offer(0, id.map(|id| if relative(&id) { head.absolute(&id) } else { id }));
            }
            (DublinCore, "identifier") => self.id.offer(1, element.text()),
            (Core | Atom, "description" | "summary" | "abstract") => {
                let text = body(element);
                // Where both stand, the second is the longer form.
                if self.summary.0.as_ref().is_some_and(|(rank, _)| *rank == 0) {
                    self.add_content(text);
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
                self.add_content(body(element));
            }
            (Content, "encoded") | (Core, "fullitem" | "encoded") => self.add_content(body(element)),
            (Xhtml, "body" | "div") | (Core, "body" | "xhtml") => self.add_content(element.markup(true).map(cut)),
            (Core | Atom, "author") => self.author.offer(0, person(element)),
            (DublinCore, "creator" | "author") => self.author.offer(1, person(element)),
            (ITunes, "author") => self.author.offer(2, person(element)),
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
            (Core | ITunes | Media | News, "keywords" | "tags") => {
                add_categories(&mut self.categories, element, Some(','));
            }
            (Core | DublinCore, "language") => self.language.offer(0, element.text()),
            (Core | Media, "enclosure") => self.add_enclosure(head),
            (Media, "content" | "thumbnail") => {
                self.add_enclosure(head);
                element.children().for_each(|child| self.add(child));
            }
            (Media, "group") | (News, "news") | (Rdf, "description") => {
                element.children().for_each(|child| self.add(child));
            }
            (News, "publication") => {
                self.language.offer(2, element.child_text("language"));
                self.source.offer(0, element.child_text("name").map(|name| Source { title: Some(name), url: None }));
            }
            (Core | Atom, "source") => self.source.offer(0, source(element)),
            _ => {}
        }
    }

    fn add_content(&mut self, text: Option<String>) {
        if self.content.len() < CONTENTS_MAX {
            self.content.extend(text);
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
            source: self.source.take(),
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
    author: People,
    published: Ranked<Timestamp>,
    updated: Ranked<Timestamp>,
    ttl_minutes: Ranked<u32>,
    /// `sy:updatePeriod` in minutes.
    period_minutes: Ranked<u32>,
    /// How often in that period.
    frequency: Ranked<u32>,
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
                self.link.offer(9, element.text().filter(|id| is_address(id)).map(|id| head.absolute(&id)));
                self.id.offer(0, element.text().map(|id| if is_path(&id) { head.absolute(&id) } else { id }));
            }
            (DublinCore, "identifier") => self.id.offer(1, element.text()),
            (Core | Atom, "description" | "subtitle" | "tagline" | "abstract") => {
                self.description.offer(0, body(element));
            }
            (DublinCore, "description") => self.description.offer(1, body(element)),
            (ITunes, "summary") => self.description.offer(2, body(element)),
            (ITunes, "subtitle") => self.description.offer(3, body(element)),
            (Core | DublinCore | Atom, "language") => self.language.offer(0, element.text()),
            (Core | Atom, "author" | "managingeditor") => self.author.offer(0, person(element)),
            (DublinCore, "creator" | "author") => self.author.offer(1, person(element)),
            (ITunes, "author") => self.author.offer(2, person(element)),
            (ITunes, "owner") => self.author.offer(3, person(element)),
            (Core, "webmaster") => self.author.offer(4, person(element)),
            (Core | Atom, "pubdate" | "published") => self.published.offer(0, date(element)),
            (DublinCore, "issued" | "created") => self.published.offer(1, date(element)),
            (Core | Atom, "updated" | "modified" | "lastbuilddate" | "lastmod") => self.updated.offer(0, date(element)),
            (DublinCore, "modified" | "date") => self.updated.offer(1, date(element)),
            (_, "updateperiod") => {
                self.period_minutes.offer(0, element.text().and_then(|period| period_minutes(&period)));
            }
            (_, "updatefrequency") => self.frequency.offer(0, element.text().and_then(|text| text.parse().ok())),
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
        let period = self.period_minutes.take().map(|minutes| minutes / self.frequency.take().unwrap_or(1).max(1));
        feed.ttl_minutes = self.ttl_minutes.take().or(period);
    }
}

/// The periods of RSS's syndication module.
fn period_minutes(period: &str) -> Option<u32> {
    const HOUR: u32 = 60;
    Some(match period.to_ascii_lowercase().as_str() {
        "hourly" => HOUR,
        "daily" => 24 * HOUR,
        "weekly" => 7 * 24 * HOUR,
        "monthly" => 30 * 24 * HOUR,
        "yearly" => 365 * 24 * HOUR,
        _ => return None,
    })
}

/// `en_US` → `en-US`
fn language_tag(tag: &str) -> String {
    tag.trim().replace('_', "-")
}

fn is_address(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") || text.starts_with('/')
}

/// A relative reference, as far as an identifier can be told to be one.
fn is_path(id: &str) -> bool {
    id.contains('/') && !id.contains(':') && !id.contains(char::is_whitespace)
}
