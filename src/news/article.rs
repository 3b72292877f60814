//! Page bytes → [`Page`] → [`Article`].
//!
//! Reading is total: whatever the bytes are, a [`Page`] comes out, with [`Page::error`] when it cannot be news. Markup
//! that would keep a reader busy is refused before a tree is built (`prescan`), pages that stand in the way of an
//! article are recognised (`obstacle`), and text is normalised once (`body`), since every span points into it.

use memchr::memmem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::address;
use super::charset::{self, Markup};

mod body;
mod calendar;
mod dates;
pub mod entry;
mod json_ld;
mod language;
mod live;
mod main_text;
mod metadata;
mod obstacle;
mod plain;
pub(in crate::news) mod prescan;
mod published;
#[cfg(test)]
mod tests;

pub use language::of as language_of;
pub use live::Post;
pub use obstacle::Obstacle;
pub use plain::read_plain;
pub use prescan::{Hostile, PAGE_BYTES_MAX};
pub use published::{NotADate, Published};

use metadata::Declared;

/// One piece of news, normalised once. `text` is what every span points into.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Stable: derived from the canonical address, or from the text where there is none.
    pub id: String,
    pub url: Option<String>,
    /// Who carried it, as a reader would name it ("The Harbour Courier").
    pub outlet: String,
    pub title: String,
    pub byline: Option<String>,
    /// ISO 639-1, when declared or detected.
    pub language: Option<String>,
    pub published: Option<Published>,
    pub modified: Option<Published>,
    pub text: String,
}

/// What a page gave. Serialises to the contract's page object, without `source`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Page {
    pub url: Option<String>,
    /// The address that the page gives for itself; `url` when it gives none that is usable.
    pub canonical: Option<String>,
    pub title: String,
    pub byline: Option<String>,
    pub site: Option<String>,
    /// ISO 639-1, declared or detected.
    pub language: Option<String>,
    pub published: Option<Published>,
    pub modified: Option<Published>,
    /// Paragraphs, separated by blank lines.
    pub text: String,
    /// The posts of a live blog, whose text is in `text` too; none on other pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Post>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub error: Option<PageError>,
}

/// Why a page is not news. The text fits after "failed to …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("read the page: {0}")]
    Hostile(Hostile),
    #[error("read the page: it is {0}, not the article")]
    Obstacle(Obstacle),
    #[error("read the page: it is {0}, not a page")]
    NotAPage(String),
    #[error("find the text of the page: there is none")]
    NoText,
}

impl From<Hostile> for PageError {
    fn from(hostile: Hostile) -> Self {
        Self::Hostile(hostile)
    }
}

fn as_text<S: serde::Serializer>(error: &Option<PageError>, serializer: S) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.collect_str(error),
        None => serializer.serialize_none(),
    }
}

impl Page {
    /// True when the page has text that may be read as news.
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }

    fn failed(url: Option<&Url>, error: impl Into<PageError>) -> Self {
        Self { url: url.map(Url::to_string), error: Some(error.into()), ..Self::default() }
    }

    /// The article, or why there is none.
    ///
    /// # Errors
    /// [`Page::error`].
    pub fn into_article(self) -> Result<Article, PageError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let host = || {
            let url = Url::parse(self.url.as_deref()?).ok()?;
            url.host_str().map(|host| host.trim_start_matches("www.").to_owned())
        };
        Ok(Article {
            id: article_id(self.canonical.as_deref(), &self.text),
            outlet: self.site.clone().or_else(host).unwrap_or_default(),
            url: self.canonical.or(self.url).as_deref().and_then(address::web),
            title: self.title,
            byline: self.byline,
            language: self.language,
            published: self.published,
            modified: self.modified,
            text: self.text,
        })
    }
}

impl Page {
    /// The articles of a page: each post of a live blog, or the page itself.
    ///
    /// # Errors
    /// [`Page::error`].
    pub fn into_articles(mut self) -> Result<Vec<Article>, PageError> {
        let posts = std::mem::take(&mut self.posts);
        let whole = self.into_article()?;
        if posts.is_empty() {
            return Ok(vec![whole]);
        }
        let article = |post: Post| {
            // Posts differ in what follows `#`, which the identity of an address leaves out.
            let place = post.url.as_deref().unwrap_or(&post.text);
            Article {
                id: article_id(None, &format!("{}\n{place}", whole.id)),
                url: post.url.or_else(|| whole.url.clone()),
                title: post.title.unwrap_or_else(|| whole.title.clone()),
                published: post.published.or(whole.published),
                text: post.text,
                ..whole.clone()
            }
        };
        Ok(posts.into_iter().map(article).collect())
    }
}

/// The identity of an article: of its canonical address, or of its text where there is none.
pub fn article_id(canonical: Option<&str>, text: &str) -> String {
    use std::fmt::Write;
    /// Half of SHA-256: no two articles of one reader will share it by chance.
    const ID_BYTES: usize = 16;
    let key = canonical.map_or_else(|| text.to_owned(), address::key);
    let hash = Sha256::digest(key);
    hash.iter().take(ID_BYTES).fold(String::with_capacity(2 * ID_BYTES), |mut id, byte| {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// Reads a page. `url` is where it came from, `content_type` the HTTP header as received.
///
/// Bytes that are plain text are read as [`read_plain`] does.
pub fn read(bytes: &[u8], url: Option<&str>, content_type: Option<&str>) -> Page {
    let url = url.and_then(|url| Url::parse(url).ok());
    let url = url.as_ref();
    if let Some(kind) = not_a_page(bytes) {
        return Page::failed(url, PageError::NotAPage(kind.to_owned()));
    }
    if bytes.len() > PAGE_BYTES_MAX {
        return Page::failed(url, Hostile::TooLarge);
    }
    let decoded = charset::decode(bytes, content_type, Markup::Html);
    let html = decoded.text.as_ref();
    if is_binary(html) {
        return Page::failed(url, PageError::NotAPage("binary data".to_owned()));
    }
    if plain::is_plain(html, content_type) {
        let name = url.map(Url::as_str);
        return Page { url: name.map(str::to_owned), ..plain::read_page(html, name) };
    }
    let document = match prescan::tree(html) {
        Ok(document) => document,
        Err(hostile) => return Page::failed(url, hostile),
    };
    let declared = Declared::read(&document);
    let (published, modified) = dates::read(&declared, url);
    let shows_little = obstacle::shows_little(&document);
    let posts = live::posts(&document, &declared, url);
    let found = main_text::find(document, || prescan::tree(html).ok());
    let title = declared.title().unwrap_or(found.title);
    let byline = declared.byline().or_else(|| metadata::names(&found.byline?));
    let tidied = main_text::tidy(found.paragraphs, &title, byline.as_deref());
    let byline = tidied.byline(byline);
    let mut text = main_text::join(tidied.paragraphs);
    if let Some(given) = declared.json_ld.body.as_deref() {
        let given = body::lines(given).join("\n\n");
        if main_text::is_fuller(&given, &text) {
            text = given;
        }
    }
    let error = match obstacle::recognise(&title, &text, shows_little) {
        Some(obstacle) => Some(PageError::Obstacle(obstacle)),
        None if text.is_empty() => Some(PageError::NoText),
        None => None,
    };
    Page {
        url: url.map(Url::to_string),
        canonical: declared.canonical(url),
        byline,
        site: declared.site(),
        language: language::of(declared.languages(), &text),
        published,
        modified,
        title,
        text: if error.is_some() { String::new() } else { text },
        posts: if error.is_some() { Vec::new() } else { posts },
        error,
    }
}

/// Whether text has more characters that no text has than a damaged transmission leaves: one in a hundred.
fn is_binary(text: &str) -> bool {
    const UNREADABLE_SHARE_MAX: usize = 100;
    let probe = &text[..text.floor_char_boundary(text.len().min(64 * 1024))];
    // By bytes, which takes a tenth of the time. The controls beyond ASCII were repaired when the text was decoded.
    let is_control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t'..=b'\r');
    let controls = probe.bytes().filter(is_control).count();
    let unreadable = controls + memmem::find_iter(probe.as_bytes(), "\u{fffd}").count();
    unreadable * UNREADABLE_SHARE_MAX > probe.chars().count()
}

/// What the bytes are when they are neither markup nor text, by the marks that formats begin with.
fn not_a_page(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF-", "a PDF document"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"RIFF", "a picture or sound"),
        (b"PK\x03\x04", "a ZIP archive or office document"),
        (b"\x1f\x8b", "a compressed file"),
        (b"SQLite format 3", "a database"),
        (b"\x7fELF", "a program"),
    ];
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind)
}
