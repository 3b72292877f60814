//! Tokens → elements with their namespaces, bases and languages; closes what the document forgot to close.

use std::borrow::Cow;
use std::rc::Rc;

use url::Url;

use super::html;
use super::markup::{Token, Tokens};

/// Elements open at once; deeper ones lose their tags and keep their text. News feeds stay under 20.
const DEPTH_MAX: usize = 128;
/// Namespace declarations in force at once; further ones are not read.
const NAMESPACES_MAX: usize = 64;

/// Elements and texts of one entry that are kept.
const ENTRY_NODES_MAX: usize = 20_000;

/// The vocabularies that feeds use. A prefix that is not declared means what it usually means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// None, or that of any RSS, CDF, OPML or sitemap.
    Core,
    Atom,
    DublinCore,
    /// `content:encoded`
    Content,
    Media,
    ITunes,
    Rdf,
    /// `xml:base`, `xml:lang`
    Xml,
    Xhtml,
    /// Google's `news:` extension of sitemaps.
    News,
    Other,
}

impl Namespace {
    fn of_uri(uri: &str) -> Option<Self> {
        let uri = uri.trim().to_ascii_lowercase();
        let uri = uri.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches(['/', '#']);
        Some(match uri {
            "" => Self::Core,
            "www.w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/atom/app" => Self::Atom,
            "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/dc/terms" => Self::DublinCore,
            "purl.org/rss/1.0/modules/content" => Self::Content,
            "search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" | "www.rssboard.org/media-rss" => Self::Media,
            "www.itunes.com/dtds/podcast-1.0.dtd" | "example.com/dtds/podcast-1.0.dtd" => Self::ITunes,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Self::Rdf,
            "www.w3.org/xml/1998/namespace" => Self::Xml,
            "www.w3.org/1999/xhtml" => Self::Xhtml,
            "www.google.com/schemas/sitemap-news/0.9" => Self::News,
            "www.w3.org/2000/svg" | "www.w3.org/1998/math/mathml" => Self::Other,
            _ if uri.starts_with("purl.org/rss/1.0/modules") => Self::Other,
            _ if uri.starts_with("purl.org/rss") || uri.starts_with("purl.org/net/rss") => Self::Core,
            _ if uri.starts_with("my.netscape.com") || uri.starts_with("channel.netscape.com") => Self::Core,
            _ if uri.starts_with("backend.userland.com") || uri.starts_with("blogs.law.harvard.edu/tech/rss") => {
                Self::Core
            }
            _ if uri.starts_with("www.sitemaps.org/schemas/sitemap") => Self::Core,
            _ if uri.ends_with("sitemap-news/0.9") => Self::News,
            _ => return None,
        })
    }

    /// What a prefix means where nobody says.
    fn of_prefix(prefix: &str) -> Self {
        match prefix {
            "" | "rss" => Self::Core,
            "atom" | "atom03" | "atom10" | "a" | "a10" => Self::Atom,
            "dc" | "dcterms" | "dct" => Self::DublinCore,
            "content" => Self::Content,
            "media" => Self::Media,
            "itunes" => Self::ITunes,
            "rdf" => Self::Rdf,
            "xml" => Self::Xml,
            "xhtml" | "html" => Self::Xhtml,
            "news" | "n" => Self::News,
            _ => Self::Other,
        }
    }
}

/// An element's name and what its tag says. Names are in lower case, without prefix.
#[derive(Clone, Debug)]
pub struct Head<'x> {
    pub namespace: Namespace,
    pub name: Cow<'x, str>,
    attributes: Vec<(Namespace, Cow<'x, str>, Cow<'x, str>)>,
    /// What relative addresses in here are relative to.
    pub base: Option<Rc<Url>>,
    /// `xml:lang`, its own or inherited.
    pub language: Option<Rc<str>>,
    /// As written: what the end tag has to repeat.
    written: &'x str,
    empty: bool,
}

impl Head<'_> {
    pub fn is(&self, namespace: Namespace, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// An attribute without prefix, trimmed; `None` if it is empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_in(Namespace::Core, name)
    }

    pub fn attribute_in(&self, namespace: Namespace, name: &str) -> Option<&str> {
        let (_, _, value) = self.attributes.iter().find(|(space, key, _)| *space == namespace && key == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// An address that stands in this element, made absolute as far as the base allows.
    pub fn absolute(&self, address: &str) -> String {
        absolute(self.base.as_deref(), address)
    }
}

/// Resolves an address against a base. What cannot be resolved stays as it was.
pub fn absolute(base: Option<&Url>, address: &str) -> String {
    // Line breaks inside an address are an accident of formatting.
    let address: Cow<'_, str> = match address.trim() {
        plain if !plain.contains(['\n', '\r', '\t']) => Cow::Borrowed(plain),
        broken => Cow::Owned(broken.replace(['\n', '\r', '\t'], "")),
    };
    match base {
        Some(base) if Url::parse(&address).is_err() => {
            base.join(&address).map_or_else(|_| address.into_owned(), String::from)
        }
        None if address.starts_with("//") => format!("https:{address}"),
        _ => address.into_owned(),
    }
}

#[derive(Debug)]
pub enum Node<'x> {
    Element(Element<'x>),
    Text(Cow<'x, str>),
}

/// An element with everything in it.
#[derive(Debug)]
pub struct Element<'x> {
    pub head: Head<'x>,
    pub nodes: Vec<Node<'x>>,
}

impl<'x> Element<'x> {
    pub fn children(&self) -> impl Iterator<Item = &Element<'x>> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The text of the first child with this name, in any of the feed vocabularies.
    pub fn child_text(&self, name: &str) -> Option<String> {
        self.children().find(|child| child.head.name == name).and_then(Element::text)
    }

    fn push_text(&self, text: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Element(element) => element.push_text(text),
                Node::Text(part) => text.push_str(part),
            }
        }
    }

    /// All text in it, trimmed; `None` if there is none.
    pub fn text(&self) -> Option<String> {
        if let [Node::Text(only)] = self.nodes.as_slice() {
            return Some(only.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        }
        let mut text = String::new();
        self.push_text(&mut text);
        Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The text that stands directly in it, trimmed; `None` if there is none.
    pub fn own_text(&self) -> Option<String> {
        let parts = self.nodes.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_ref()),
            Node::Element(_) => None,
        });
        Some(parts.collect::<String>().trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub fn has_elements(&self) -> bool {
        self.children().next().is_some()
    }

    /// What is in it, as markup; `None` if there is nothing. `escape` turns its texts into markup; `false` if they are
    /// markup already.
    pub fn markup(&self, escape: bool) -> Option<String> {
        let mut markup = String::new();
        for node in &self.nodes {
            node.push_markup(escape, &mut markup);
        }
        Some(markup.trim()).filter(|markup| !markup.is_empty()).map(str::to_owned)
    }
}

impl Node<'_> {
    fn push_markup(&self, escape: bool, markup: &mut String) {
        match self {
            Self::Text(text) if !escape => markup.push_str(text),
            Self::Text(text) => markup.push_str(&html::escaped(text)),
            Self::Element(Element { head, nodes }) => {
                markup.push('<');
                markup.push_str(&head.name);
                for (_, name, value) in &head.attributes {
                    markup.push_str(&format!(" {name}=\"{}\"", quick_xml::escape::escape(value.as_ref())));
                }
                markup.push('>');
                if !is_void(&head.name) {
                    for node in nodes {
                        node.push_markup(escape, markup);
                    }
                    markup.push_str("</");
                    markup.push_str(&head.name);
                    markup.push('>');
                }
            }
        }
    }
}

/// HTML elements without content, which authors forget to close.
fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "input" | "wbr")
}

/// Feed elements that hold text and nothing else.
fn is_leaf(name: &str) -> bool {
    matches!(
        name,
        "title"
            | "link"
            | "guid"
            | "pubdate"
            | "category"
            | "comments"
            | "language"
            | "generator"
            | "ttl"
            | "copyright"
            | "id"
            | "updated"
            | "published"
            | "issued"
            | "modified"
            | "date"
            | "creator"
            | "subject"
            | "name"
            | "email"
            | "uri"
            | "webmaster"
            | "managingeditor"
            | "lastbuilddate"
            | "docs"
    )
}

/// Feed elements whose beginning shows that a leaf before them was never closed.
fn ends_leaf(name: &str) -> bool {
    is_leaf(name)
        || matches!(
            name,
            "description"
                | "summary"
                | "content"
                | "encoded"
                | "author"
                | "enclosure"
                | "source"
                | "image"
                | "subtitle"
        )
}

fn is_entry(head: &Head<'_>) -> bool {
    matches!(head.namespace, Namespace::Core | Namespace::Atom) && matches!(&*head.name, "item" | "entry")
}

/// Walks a document: containers are entered, everything else is taken as an [`Element`].
pub struct Walker<'x> {
    tokens: Tokens<'x>,
    /// A start that was read to find that something before it had to end.
    pending: Option<Head<'x>>,
    /// The containers that were entered.
    containers: Vec<Head<'x>>,
    /// Declared prefixes, innermost last, each with the number of open elements it was declared under.
    prefixes: Vec<(&'x str, Namespace, usize)>,
    base: Option<Rc<Url>>,
}

impl<'x> Walker<'x> {
    pub fn new(source: &'x str, base: Option<&str>) -> Self {
        let base = base.and_then(|base| Url::parse(base).ok()).map(Rc::new);
        Self { tokens: Tokens::new(source), pending: None, containers: Vec::new(), prefixes: Vec::new(), base }
    }

    /// The next element that begins directly in a container. Text between is skipped.
    pub fn next(&mut self) -> Option<Head<'x>> {
        if let Some(head) = self.pending.take() {
            return Some(head);
        }
        loop {
            match self.tokens.next()? {
                Token::Start { name, attributes, empty } => {
                    let depth = self.containers.len();
                    return Some(self.head(depth, None, name, attributes, empty));
                }
                Token::End { name } => {
                    if let Some(depth) =
                        self.containers.iter().rposition(|open| open.written.eq_ignore_ascii_case(name))
                    {
                        self.containers.truncate(depth);
                    }
                }
                Token::Text(_) => {}
            }
        }
    }

    /// Treats an element as a container: its children come next.
    pub fn enter(&mut self, head: Head<'x>) {
        if !head.empty && self.containers.len() < DEPTH_MAX {
            self.containers.push(head);
        }
    }

    /// The whole element that began with `head`.
    pub fn element(&mut self, head: Head<'x>) -> Element<'x> {
        let mut element = Element { head, nodes: Vec::new() };
        if element.head.empty {
            return element;
        }
        let entry = is_entry(&element.head);
        // The ancestors of `element`, outermost first.
        let mut open: Vec<Element<'x>> = Vec::new();
        let mut nodes = 0;
        loop {
            let depth = self.containers.len() + 1 + open.len();
            nodes += 1;
            match self.tokens.next() {
                None => break,
                Some(Token::Text(_)) if nodes > ENTRY_NODES_MAX => {}
                Some(Token::Text(text)) => match element.nodes.last_mut() {
                    Some(Node::Text(before)) => before.to_mut().push_str(&text),
                    _ => element.nodes.push(Node::Text(text)),
                },
                Some(Token::Start { name, attributes, empty }) => {
                    let head = self.head(depth, Some(&element.head), name, attributes, empty);
                    let core = |head: &Head<'_>| {
                        matches!(head.namespace, Namespace::Core | Namespace::Atom | Namespace::DublinCore)
                    };
                    let starts_entry = is_entry(&head) && !element.head.is(Namespace::Atom, "content");
                    if entry && starts_entry {
                        self.pending = Some(head);
                        break;
                    }
                    if !open.is_empty()
                        && core(&element.head)
                        && is_leaf(&element.head.name)
                        && core(&head)
                        && ends_leaf(&head.name)
                    {
                        close(&mut element, &mut open);
                    }
                    if nodes > ENTRY_NODES_MAX {
                        continue;
                    }
                    let childless = empty || is_void(&head.name);
                    if childless {
                        element.nodes.push(Node::Element(Element { head, nodes: Vec::new() }));
                    } else if depth < DEPTH_MAX {
                        open.push(std::mem::replace(&mut element, Element { head, nodes: Vec::new() }));
                    }
                }
                Some(Token::End { name }) => {
                    let named = |element: &Element<'_>| element.head.written.eq_ignore_ascii_case(name);
                    if named(&element) {
                        if open.is_empty() {
                            return element;
                        }
                        close(&mut element, &mut open);
                    } else if let Some(depth) = open.iter().rposition(named) {
                        while open.len() > depth {
                            close(&mut element, &mut open);
                        }
                        if open.is_empty() {
                            return element;
                        }
                        close(&mut element, &mut open);
                    } else if let Some(depth) =
                        self.containers.iter().rposition(|open| open.written.eq_ignore_ascii_case(name))
                    {
                        // The container ends, and with it everything in it.
                        self.containers.truncate(depth);
                        break;
                    }
                }
            }
        }
        while !open.is_empty() {
            close(&mut element, &mut open);
        }
        element
    }

    fn head(
        &mut self,
        depth: usize,
        parent: Option<&Head<'x>>,
        written: &'x str,
        attributes: Vec<(&'x str, Cow<'x, str>)>,
        empty: bool,
    ) -> Head<'x> {
        while self.prefixes.last().is_some_and(|&(_, _, declared)| declared > depth) {
            self.prefixes.pop();
        }
        for (name, value) in &attributes {
            let prefix = match name.split_once(':') {
                Some(("xmlns", prefix)) => prefix,
                None if *name == "xmlns" => "",
                _ => continue,
            };
            if self.prefixes.len() < NAMESPACES_MAX {
                // An unknown default namespace on a feed's elements is somebody's invention for RSS.
                let unknown = if prefix.is_empty() { Namespace::Core } else { Namespace::Other };
                self.prefixes.push((prefix, Namespace::of_uri(value).unwrap_or(unknown), depth + 1));
            }
        }
        let (namespace, name) = self.resolve(written);
        let attributes: Vec<_> = attributes
            .into_iter()
            .filter(|(name, _)| !name.starts_with("xmlns"))
            .map(|(name, value)| match name.split_once(':') {
                Some(_) => {
                    let (namespace, name) = self.resolve(name);
                    (namespace, name, value)
                }
                None => (Namespace::Core, lower(name), value),
            })
            .collect();
        let around = parent.or(self.containers.last());
        let base = around.map_or_else(|| self.base.clone(), |around| around.base.clone());
        let language = around.and_then(|around| around.language.clone());
        let mut head = Head { namespace, name, attributes, base, language, written, empty };
        if let Some(own) = head.attribute_in(Namespace::Xml, "base") {
            let resolved = match &head.base {
                Some(base) => base.join(own).ok(),
                None => Url::parse(own).ok(),
            };
            // A base that is not an address of the web would make every address useless.
            if let Some(url) = resolved.filter(|url| matches!(url.scheme(), "http" | "https")) {
                head.base = Some(Rc::new(url));
            }
        }
        if let Some((_, _, language)) =
            head.attributes.iter().find(|(space, key, _)| *space == Namespace::Xml && key == "lang")
        {
            head.language = Some(language.trim()).filter(|language| !language.is_empty()).map(Rc::from);
        }
        head
    }

    /// What a name with or without prefix stands for.
    fn resolve(&self, written: &'x str) -> (Namespace, Cow<'x, str>) {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let declared = self.prefixes.iter().rev().find(|(declared, _, _)| declared.eq_ignore_ascii_case(prefix));
        let namespace =
            declared.map_or_else(|| Namespace::of_prefix(&prefix.to_ascii_lowercase()), |&(_, namespace, _)| namespace);
        (namespace, lower(local))
    }
}

fn close<'x>(element: &mut Element<'x>, open: &mut Vec<Element<'x>>) {
    if let Some(parent) = open.pop() {
        let child = std::mem::replace(element, parent);
        element.nodes.push(Node::Element(child));
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first element named `x` in a document: its vocabulary and what it says.
    #[track_caller]
    fn check(source: &str, namespace: Namespace, markup: Option<&str>) {
        let mut walker = Walker::new(source, Some("https://c.example/f/"));
        while let Some(head) = walker.next() {
            if head.name == "x" {
                let element = walker.element(head);
                assert_eq!((element.head.namespace, element.markup(true).as_deref()), (namespace, markup));
                return;
            }
            walker.enter(head);
        }
        panic!("no <x>");
    }

    #[test]
    fn prefixes_mean_what_is_declared_or_else_what_they_usually_mean() {
        check("<r><dc:x>a</dc:x></r>", Namespace::DublinCore, Some("a"));
        check("<r xmlns:q='http://purl.org/dc/elements/1.1/'><q:x/></r>", Namespace::DublinCore, None);
        check("<r xmlns:dc='http://elsewhere.example/'><dc:x/></r>", Namespace::Other, None);
        check("<r xmlns='http://elsewhere.example/'><x/></r>", Namespace::Core, None);
        check("<r xmlns='http://www.w3.org/2005/Atom/'><x/></r>", Namespace::Atom, None);
        // What an element declares ends with it.
        check("<r><a xmlns='http://www.w3.org/2005/Atom'></a><x/></r>", Namespace::Core, None);
        check("<r><X:x>a</X:x></r>", Namespace::Other, Some("a"));
    }

    #[test]
    fn markup_comes_back_closed() {
        check("<r><x>a<b c='\"'>d<br>e</x>f</r>", Namespace::Core, Some("a<b c=\"&quot;\">d<br>e</b>"));
        check(
            "<r><x><h:p xmlns:h='http://www.w3.org/1999/xhtml'>a &lt; b</h:p></q></x>",
            Namespace::Core,
            Some("<p>a &lt; b</p>"),
        );
        check("<r><x>a</r>b", Namespace::Core, Some("a"));
        check("<r><x><title>a<link>b</x>", Namespace::Core, Some("<title>a</title><link>b</link>"));
    }

    #[test]
    fn bases_are_inherited_and_resolved() {
        let check = |source: &str, expected: &str| {
            let mut walker = Walker::new(source, Some("https://c.example/f/"));
            while let Some(head) = walker.next() {
                if head.name == "x" {
                    assert_eq!(head.absolute("y"), expected);
                }
                walker.enter(head);
            }
        };
        check("<r><x/></r>", "https://c.example/f/y");
        check("<r xml:base='g/'><s xml:base='h/'></s><x xml:base='/i/'/></r>", "https://c.example/i/y");
        check("<r xml:base='javascript:z'><x/></r>", "https://c.example/f/y");
    }

    #[test]
    fn addresses() {
        let check = |base: Option<&str>, address: &str, expected: &str| {
            assert_eq!(absolute(base.and_then(|base| Url::parse(base).ok()).as_ref(), address), expected);
        };
        check(Some("https://c.example/a/b"), " c\n/d ", "https://c.example/a/c/d");
        check(Some("https://c.example/"), "urn:x:1", "urn:x:1");
        check(None, "//c.example/a", "https://c.example/a");
        check(None, "a", "a");
    }
}
