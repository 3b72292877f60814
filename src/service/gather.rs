//! One source → articles: over HTTP, from files and folders, or from standard input.
//!
//! What the bytes are is decided by `news` (a feed, a page, plain text); here they are only brought. A source that fails
//! costs nothing but itself, and its state (validators, backoff) is handed back to be stored.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncRead, AsyncReadExt};
use url::Url;

use super::fetch::freshness::{Freshness, Pace, Policy, Validators};
use super::fetch::{Access, Document, Fetched, Fetcher, Request};
use crate::config::{Limits, Location, Source, SourceKind};
use crate::news::article::entry::{self, Told};
use crate::news::article::{self, Article, Published};
use crate::news::feed::{self, Feed};
use crate::service::store::Known;

/// Pages of one feed that are fetched side by side; the fetcher's own turns keep each host's pace.
const PAGES_AT_ONCE: usize = 4;

/// Files that are read from one folder.
const FOLDER_FILES_MAX: usize = 10_000;

/// What one source gave.
#[derive(Debug, Default)]
pub struct Gathered {
    pub articles: Vec<Article>,
    /// What a person should know although the source answered: a page of it failed, a bound was reached.
    pub remarks: Vec<String>,
    /// The state to store; `None` for what is not fetched.
    pub state: Option<Freshness>,
    /// Why the source as a whole gave nothing.
    pub failure: Option<String>,
    /// Something of it is still to be had: it must not be taken for known next time.
    incomplete: bool,
}

/// How to ask, the same for all sources of a run.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    pub fetcher: &'a Fetcher,
    /// Bytes of a file or of standard input that are read at most.
    pub body_bytes_max: usize,
    /// New articles that are taken from one source.
    pub articles_max: usize,
    /// What is stored already: pages of unchanged entries need not be fetched again.
    pub known: &'a HashMap<String, Known>,
    pub now: Timestamp,
}

impl<'a> Manner<'a> {
    pub fn new(fetcher: &'a Fetcher, limits: &Limits, known: &'a HashMap<String, Known>, now: Timestamp) -> Self {
        let body_bytes_max = limits.fetch.body_bytes_max;
        Self { fetcher, body_bytes_max, articles_max: limits.articles_max, known, now }
    }

    /// A number in 0..1 that spreads the retries of sources that failed together: the same for one source and time.
    fn jitter(&self, source: &Source) -> f64 {
        let mut hasher = DefaultHasher::new();
        (&source.name, self.now.as_microsecond()).hash(&mut hasher);
        f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

/// Brings what `source` has now. `state` is what the last fetch left.
pub async fn gather(source: &Source, state: Freshness, manner: Manner<'_>) -> Gathered {
    match &source.location {
        Location::Url(url) => from_web(source, url, state, manner).await,
        Location::Path(path) => from_disk(source, path, manner).await,
        Location::Bundled(bytes) => from_bytes(source, &source.name, Ok(bytes.to_vec()), manner).await,
        Location::Stdin => {
            let bytes = read_all(tokio::io::stdin(), manner.body_bytes_max).await;
            from_bytes(source, "standard input", bytes, manner).await
        }
    }
}

async fn from_web(source: &Source, url: &Url, mut state: Freshness, manner: Manner<'_>) -> Gathered {
    let access = match access(source) {
        Ok(access) => access,
        Err(reason) => return Gathered { failure: Some(reason), ..Gathered::default() },
    };
    let request = match source.kind {
        SourceKind::Page | SourceKind::Text => Request::page(url.clone()),
        SourceKind::Auto | SourceKind::Feed => Request::feed(url.clone()),
    };
    let request = request.validators(state.validators.clone()).access(access.clone());
    match manner.fetcher.fetch(&request).await {
        Ok(Fetched::Unchanged(answer)) => {
            let interval = Policy::default().interval(&Pace { cache: answer.cache, ..Pace::default() }, manner.now);
            state.succeeded(answer.validators, interval, manner.now);
            Gathered { state: Some(state), ..Gathered::default() }
        }
        Ok(Fetched::Document(document)) => {
            let mut gathered = from_document(source, &document, &access, manner).await;
            let pace = Pace {
                entries_last_week: recent(&gathered.articles, manner.now),
                ttl: None,
                cache: document.answer.cache,
            };
            // A document of which something is missing is read anew next time, whatever its validators say.
            let whole = gathered.failure.is_none() && !gathered.incomplete;
            let validators = if whole { document.answer.validators } else { Validators::default() };
            state.succeeded(validators, Policy::default().interval(&pace, manner.now), manner.now);
            if let Some(reason) = &gathered.failure {
                state.last_error = Some(("unreadable".to_owned(), reason.clone()));
            }
            gathered.remarks.extend(document.cut_short.map(|why| format!("the answer was cut short: {why}")));
            gathered.state = Some(state);
            gathered
        }
        Err(error) => {
            state.failed(&error, &Policy::default(), manner.jitter(source), manner.now);
            Gathered { failure: Some(format!("failed to {error}")), state: Some(state), ..Gathered::default() }
        }
    }
}

/// What the configuration of a source adds to its requests.
fn access(source: &Source) -> Result<Access, String> {
    let mut access = Access::default();
    if let Some(user_agent) = &source.user_agent {
        access = access.header("user-agent", user_agent)?;
    }
    for (name, value) in &source.headers {
        access = access.header(name, value.expose())?;
    }
    Ok(access)
}

fn recent(articles: &[Article], now: Timestamp) -> u32 {
    let week_ago = now - SignedDuration::from_hours(7 * 24);
    let recent = articles
        .iter()
        .filter(|article| article.published.and_then(Published::instant).is_some_and(|at| at > week_ago));
    u32::try_from(recent.count()).unwrap_or(u32::MAX)
}

async fn from_document(source: &Source, document: &Document, access: &Access, manner: Manner<'_>) -> Gathered {
    let (url, content_type) = (document.url.as_str(), document.content_type.as_deref());
    let not_a_feed = match feed_of(source, &document.body, Some(url), content_type) {
        Ok(feed) => return from_feed(source, feed, access, manner).await,
        Err(reason) => reason,
    };
    if source.kind == SourceKind::Feed {
        return Gathered { failure: Some(not_a_feed), ..Gathered::default() };
    }
    match article::read(&document.body, Some(url), content_type).into_articles() {
        Ok(articles) => Gathered { articles: named(source, articles), ..Gathered::default() },
        Err(error) => Gathered { failure: Some(format!("{not_a_feed}; and failed to {error}")), ..Gathered::default() },
    }
}

/// The feed in `bytes`, or why there is none; a source that is declared a page or a text is not tried.
fn feed_of(source: &Source, bytes: &[u8], url: Option<&str>, content_type: Option<&str>) -> Result<Feed, String> {
    match source.kind {
        SourceKind::Auto | SourceKind::Feed => {
            feed::read(bytes, url, content_type).map_err(|error| format!("failed to read it as a feed: {error}"))
        }
        SourceKind::Page | SourceKind::Text => Err("it is not configured as one".to_owned()),
    }
}

/// Entries → articles: what the feed carries itself, or the page where that is more.
async fn from_feed(source: &Source, feed: Feed, access: &Access, manner: Manner<'_>) -> Gathered {
    let mut gathered = Gathered::default();
    if feed.entries_cut {
        gathered.remarks.push(format!("the feed has more than {} entries; the rest was not read", feed.entries.len()));
    }
    // Of a known entry the page was read before, and the feed's teaser must not take its place.
    let wants_page = |told: &Told| source.full_text && !told.whole && told.article.url.is_some();
    let is_news = |told: &Told| {
        let known = manner.known.get(&told.article.id);
        !(wants_page(told) && known.is_some_and(|known| known.covers(&told.article)))
    };
    let mut told: Vec<Told> = entry::of_feed(&feed, manner.now).into_iter().filter(is_news).collect();
    if told.len() > manner.articles_max {
        gathered.remarks.push(format!("took the first {} of {} new entries", manner.articles_max, told.len()));
        gathered.incomplete = true;
        told.truncate(manner.articles_max);
    }
    let mut read = stream::iter(told)
        .map(|told| async move {
            let page = told.article.url.as_deref().filter(|_| wants_page(&told)).and_then(|url| Url::parse(url).ok());
            match page {
                Some(url) => full_text(told, url, access, manner).await,
                None => FullText { articles: vec![told.article], missing: None, comes_later: false },
            }
        })
        .buffered(PAGES_AT_ONCE);
    while let Some(FullText { mut articles, missing, comes_later }) = read.next().await {
        gathered.remarks.extend(missing);
        gathered.incomplete |= comes_later;
        // An entry without any text says nothing that could be quoted.
        articles.retain(|article| !article.text.is_empty());
        gathered.articles.extend(named(source, articles));
    }
    gathered
}

/// What an entry and its page give together.
struct FullText {
    articles: Vec<Article>,
    /// Why the page gave nothing.
    missing: Option<String>,
    /// Whether it may give more another time.
    comes_later: bool,
}

/// The article with its page's text, or as the feed has it when the page gives less; of a live blog each post.
async fn full_text(told: Told, url: Url, access: &Access, manner: Manner<'_>) -> FullText {
    let request = Request::page(url.clone()).access(access.clone());
    let own = |article: Article, why: String, comes_later: bool| FullText {
        articles: vec![article],
        missing: Some(format!("used the feed's own text of {url}: failed to {why}")),
        comes_later,
    };
    let document = match manner.fetcher.fetch(&request).await {
        Ok(Fetched::Document(document)) => document,
        Ok(Fetched::Unchanged(_)) => {
            return own(told.article, "read it: the server says \"not modified\"".to_owned(), true);
        }
        // Of a page that is refused there is no use asking again and again.
        Err(error) => {
            let refused = matches!(error.class(), "client-error" | "gone" | "private-address" | "robots" | "too-large");
            return own(told.article, error.to_string(), !refused);
        }
    };
    let page = article::read(&document.body, Some(document.url.as_str()), document.content_type.as_deref());
    let articles = match page.into_articles() {
        Ok(mut pages) => match (pages.pop(), pages.is_empty()) {
            (Some(page), true) => vec![told.with_page(page)],
            (last, _) => pages.into_iter().chain(last).collect(),
        },
        Err(error) => return own(told.article, error.to_string(), false),
    };
    FullText { articles, missing: None, comes_later: false }
}

/// The articles under the outlet's name that the configuration gives.
fn named(source: &Source, mut articles: Vec<Article>) -> Vec<Article> {
    for article in &mut articles {
        match &source.outlet {
            Some(outlet) => article.outlet.clone_from(outlet),
            None if article.outlet.is_empty() => article.outlet.clone_from(&source.name),
            None => {}
        }
    }
    articles
}

async fn from_disk(source: &Source, path: &Path, manner: Manner<'_>) -> Gathered {
    let files = match files_below(path).await {
        Ok(files) => files,
        Err(error) => return Gathered { failure: Some(cannot_read(path, &error)), ..Gathered::default() },
    };
    let single = files.len() == 1;
    let mut all = Gathered::default();
    if files.len() > FOLDER_FILES_MAX {
        all.remarks.push(format!("read the first {FOLDER_FILES_MAX} of {} files", files.len()));
    }
    for file in files.into_iter().take(FOLDER_FILES_MAX) {
        let bytes = match tokio::fs::File::open(&file).await {
            Ok(opened) => read_all(opened, manner.body_bytes_max).await,
            Err(error) => Err(error),
        };
        let name = file.display().to_string();
        let gathered = from_bytes(source, &name, bytes, manner).await;
        all.articles.extend(gathered.articles);
        all.remarks.extend(gathered.remarks);
        match gathered.failure {
            Some(reason) if single => all.failure = Some(reason),
            Some(reason) => all.remarks.push(reason),
            None => {}
        }
    }
    all
}

/// The file itself, or the files of a folder by name; hidden ones are left out.
async fn files_below(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !tokio::fs::metadata(path).await?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut entries = tokio::fs::read_dir(path).await?;
    while let Some(entry) = entries.next_entry().await? {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && tokio::fs::metadata(entry.path()).await?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    format!("failed to read {}: {error}", path.display())
}

/// All of a file or a stream, up to a limit.
///
/// # Errors
/// When it cannot be read, or is larger.
pub async fn read_all(reader: impl AsyncRead + Unpin, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(bytes_max as u64 + 1).read_to_end(&mut bytes).await?;
    if bytes.len() > bytes_max {
        return Err(std::io::Error::other(format!(
            "it is larger than the {bytes_max} bytes that limits.body_bytes_max allows"
        )));
    }
    Ok(bytes)
}

async fn from_bytes(source: &Source, name: &str, bytes: std::io::Result<Vec<u8>>, manner: Manner<'_>) -> Gathered {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return Gathered { failure: Some(cannot_read(Path::new(name), &error)), ..Gathered::default() },
    };
    if let Ok(feed) = feed_of(source, &bytes, None, None) {
        return from_feed(source, feed, &Access::default(), manner).await;
    }
    match article::read(&bytes, None, None).into_articles() {
        Ok(articles) => Gathered { articles: named(source, articles), ..Gathered::default() },
        Err(error) => Gathered { failure: Some(format!("{name}: failed to {error}")), ..Gathered::default() },
    }
}
