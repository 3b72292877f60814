//! One source → articles: over HTTP, from files and folders, or from standard input.
//!
//! What the bytes are is decided by `news` (a feed, a page, plain text); here they are only brought. A source that fails
//! costs nothing but itself, and its state (validators, backoff) is handed back to be stored.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Semaphore;
use url::Url;

use super::fetch::freshness::{Policy, Validators};
use super::fetch::state::{Failure, Freshness, Health, Occasion, Plan};
use super::fetch::{Access, Document, FetchError, Fetched, Fetcher, Request};
use crate::config::{Limits, Location, Source, SourceKind};
use crate::news::article::entry::{self, Told};
use crate::news::article::{self, Article};
use crate::news::feed::{self, Feed, NotAFeed, discovery, list};
use crate::service::store::{Known, Store};

/// Pages of one feed that are fetched side by side; the fetcher's own turns keep each host's pace.
const PAGES_AT_ONCE: usize = 4;

/// Files that are read from one folder.
const FOLDER_FILES_MAX: usize = 10_000;

/// Feeds that a page names of which one may turn out to be what is wanted.
const CANDIDATES_TRIED_MAX: usize = 3;

/// What one source gave.
#[derive(Debug, Default)]
pub struct Gathered {
    pub articles: Vec<Article>,
    /// What a person should know although the source answered: a page of it failed, a bound was reached.
    pub remarks: Vec<String>,
    /// The state to store; `None` for what was not fetched.
    pub state: Option<Freshness>,
    /// Why the source as a whole gave nothing.
    pub failure: Option<String>,
    /// Something of it is still to be had: it must not be taken for known next time.
    incomplete: bool,
}

impl Gathered {
    fn nothing(failure: String) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

/// How to ask, the same for all sources of a run.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    pub fetcher: &'a Fetcher,
    /// Bytes of a file or of standard input that are read at most.
    pub body_bytes_max: usize,
    /// New articles that are taken from one source.
    pub articles_max: usize,
    /// Where to look for what is known already: pages of unchanged entries need not be fetched again.
    pub store: Option<&'a Store>,
    /// Whether the pages that feeds link to are wanted too.
    pub pages: bool,
    pub occasion: Occasion,
    pub policy: Policy,
    pub now: Timestamp,
}

impl<'a> Manner<'a> {
    pub fn new(fetcher: &'a Fetcher, limits: &Limits, occasion: Occasion, now: Timestamp) -> Self {
        let body_bytes_max = limits.fetch.body_bytes_max;
        let (store, policy) = (None, Policy::default());
        Self { fetcher, body_bytes_max, articles_max: limits.articles_max, store, pages: true, occasion, policy, now }
    }

    /// A number in 0..1, the same for one source, second and use: it spreads the retries of sources that failed together.
    fn draw(&self, source: &Source, which: &str) -> f64 {
        let mut hasher = DefaultHasher::new();
        (&source.name, which, self.now.as_second()).hash(&mut hasher);
        f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }

    /// What the store has under the ids of these articles.
    async fn known(&self, told: &[Told]) -> HashMap<String, Known> {
        let Some(store) = self.store else { return HashMap::new() };
        let ids: Vec<&str> = told.iter().map(|told| told.article.id.as_str()).collect();
        store.known_articles(&ids).await.unwrap_or_else(|error| {
            tracing::warn!("failed to {error}; pages that are known may be fetched again");
            HashMap::new()
        })
    }
}

/// Brings what `source` has now. `state` is what the last fetch left.
pub async fn gather(source: &Source, state: Freshness, manner: Manner<'_>) -> Gathered {
    match &source.location {
        Location::Url(url) => match access(source, manner.fetcher) {
            Ok(access) => Visit { source, access, manner }.of_web(url, state).await,
            Err(reason) => Gathered::nothing(format!("failed to {reason}")),
        },
        Location::Path(path) => from_disk(source, path, manner).await,
        Location::Bundled(bytes) => from_bytes(source, &source.name, Ok(bytes.to_vec()), manner).await,
        Location::Stdin => {
            let bytes = read_all(tokio::io::stdin(), manner.body_bytes_max).await;
            from_bytes(source, "standard input", bytes, manner).await
        }
    }
}

/// What the configuration of a source adds to its requests.
fn access(source: &Source, fetcher: &Fetcher) -> Result<Access, String> {
    let mut access = Access::default();
    if let Some(user_agent) = &source.user_agent {
        access = access.header("user-agent", user_agent)?;
    }
    for (name, value) in &source.headers {
        access = access.header(name, value.expose())?;
    }
    if let Some(login) = &source.login {
        access = access.login(&login.user, login.password.expose());
    }
    if source.ignore_robots {
        access = access.ignoring_robots();
    }
    match &source.proxy {
        Some(proxy) => fetcher.through(proxy.url(), access),
        None => Ok(access),
    }
}

/// Runs work that keeps a core busy off the threads that serve the network, as much of it at a time as there are cores.
async fn on_a_core<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    static CORES: LazyLock<Semaphore> =
        LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));
    // It is never closed; without a permit the work is only less well spread.
    let _core = CORES.acquire().await;
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// What a document is.
enum Content {
    Feed(Feed),
    Articles(Vec<Article>),
    /// Neither, and why; with the feeds that it names if it is a page.
    Neither {
        reason: String,
        feeds: Vec<Url>,
    },
}

/// One look at one source.
struct Visit<'a> {
    source: &'a Source,
    access: Access,
    manner: Manner<'a>,
}

impl Visit<'_> {
    async fn of_web(&self, configured: &Url, mut state: Freshness) -> Gathered {
        let Manner { occasion, policy, now, .. } = self.manner;
        let validators = match state.plan(occasion, &policy, self.manner.draw(self.source, "forced"), now) {
            Plan::Fetch { validators } => validators,
            Plan::Gone => return Gathered::nothing(Health::Gone.to_string()),
            Plan::Rest { .. } => {
                let failing = Some(state.health(now)).filter(|health| matches!(health, Health::Failing { .. }));
                return Gathered { failure: failing.map(|health| health.to_string()), ..Gathered::default() };
            }
        };
        let url = state.address.as_deref().and_then(|address| Url::parse(address).ok());
        let url = url.unwrap_or_else(|| configured.clone());
        let request = match self.source.kind {
            SourceKind::Page | SourceKind::Text | SourceKind::List => Request::page(url.clone()),
            SourceKind::Auto | SourceKind::Feed => Request::feed(url.clone()),
        };
        let mut gathered = match self.manner.fetcher.fetch(&self.ask(request).validators(validators)).await {
            Ok(Fetched::Unchanged(answer)) => {
                let adopted = state.moved(&url, answer.moved.as_ref(), true, now);
                state.succeeded(answer.validators, answer.cache, &policy, now);
                adopt(&mut state, adopted)
            }
            Ok(Fetched::Document(document)) => self.of_document(&url, document, &mut state).await,
            Err(error) => self.failed(&Failure::from(&error), &mut state),
        };
        if let health @ Health::Stale { .. } = state.health(now) {
            gathered.remarks.push(health.to_string());
        }
        gathered.state = Some(state);
        gathered
    }

    fn ask(&self, request: Request) -> Request {
        request.access(self.access.clone())
    }

    fn failed(&self, failure: &Failure, state: &mut Freshness) -> Gathered {
        state.failed(failure, &self.manner.policy, self.manner.draw(self.source, "backoff"), self.manner.now);
        Gathered::nothing(failure.text.clone())
    }

    async fn of_document(&self, asked: &Url, document: Document, state: &mut Freshness) -> Gathered {
        let (mut document, mut content) = self.read(document).await;
        let mut found = None;
        if let Content::Neither { feeds, .. } = &content
            && let Some((feed_document, feed)) = self.discover(feeds).await
        {
            found = Some(feed_document.url.to_string());
            (document, content) = (feed_document, Content::Feed(feed));
        }
        let answer = document.answer;
        let moved = answer.moved.as_ref().filter(|_| found.is_none());
        let same = match &content {
            Content::Feed(feed) => state.seen.knows(feed),
            Content::Articles(_) => true,
            Content::Neither { .. } => false,
        };
        // A feed that stands where the known one was said to be must not be taken for it the next time either.
        let another = moved.filter(|_| !same && matches!(content, Content::Feed(_))).cloned();
        if let (Content::Feed(feed), None) = (&content, &another) {
            state.seen.note(feed, self.manner.now);
        }
        let adopted = state.moved(asked, moved, same, self.manner.now);
        let mut gathered = match content {
            Content::Feed(feed) => self.of_feed(feed).await,
            Content::Articles(articles) => Gathered { articles: named(self.source, articles), ..Gathered::default() },
            Content::Neither { reason, .. } => return self.failed(&Failure::unreadable(reason), state),
        };
        // A document of which something is missing is read anew next time, whatever its validators say.
        let is_known = !gathered.incomplete && another.is_none();
        let validators = if is_known { answer.validators } else { Validators::default() };
        state.succeeded(validators, answer.cache, &self.manner.policy, self.manner.now);
        gathered.remarks.extend(document.cut_short.map(|why| format!("the answer was cut short: failed to {why}")));
        gathered.remarks.extend(
            another
                .map(|to| format!("it redirects for good to {to}, which is another feed than the one that was known")),
        );
        if let Some(address) = found {
            gathered.remarks.push(format!("it is a page, whose feed {address} is read from now on"));
            state.address = Some(address);
        }
        gathered.remarks.extend(adopt(state, adopted).remarks);
        gathered
    }

    /// The document without its body, and what that is.
    async fn read(&self, mut document: Document) -> (Document, Content) {
        let body = std::mem::take(&mut document.body);
        let (kind, selectors) = (self.source.kind, self.source.list.clone());
        let (url, content_type) = (document.url.clone(), document.content_type.clone());
        let content =
            on_a_core(move || content_of(&body, Some(&url), content_type.as_deref(), kind, selectors.as_ref()));
        (document, content.await)
    }

    /// The first of the addresses that is a feed.
    async fn discover(&self, addresses: &[Url]) -> Option<(Document, Feed)> {
        for address in addresses {
            let Ok(Fetched::Document(document)) =
                self.manner.fetcher.fetch(&self.ask(Request::feed(address.clone()))).await
            else {
                continue;
            };
            if let (document, Content::Feed(feed)) = self.read(document).await {
                return Some((document, feed));
            }
        }
        None
    }

    /// Entries → articles: what the feed carries itself, or the page where that is more.
    async fn of_feed(&self, feed: Feed) -> Gathered {
        let mut gathered = Gathered::default();
        if feed.entries_cut {
            let read = feed.entries.len();
            gathered.remarks.push(format!("the feed has more than {read} entries; the rest was not read"));
        }
        let now = self.manner.now;
        let mut told = on_a_core(move || entry::of_feed(&feed, now)).await;
        // Of a known entry the page was read before, and the feed's teaser must not take its place.
        let known = self.manner.known(&told).await;
        told.retain(|told| {
            let known = known.get(&told.article.id);
            !(self.wants_page(told) && known.is_some_and(|known| known.covers(&told.article)))
        });
        if told.len() > self.manner.articles_max {
            gathered.remarks.push(format!("took the first {} of {} new entries", self.manner.articles_max, told.len()));
            gathered.incomplete = true;
            told.truncate(self.manner.articles_max);
        }
        let mut read = stream::iter(told)
            .map(|told| async move {
                let page = told.article.url.as_deref().filter(|_| self.wants_page(&told));
                match page.and_then(|url| Url::parse(url).ok()) {
                    Some(url) => self.full_text(told, url).await,
                    None => FullText { articles: vec![told.alone()], missing: None, comes_later: false },
                }
            })
            .buffered(PAGES_AT_ONCE);
        while let Some(FullText { mut articles, missing, comes_later }) = read.next().await {
            gathered.remarks.extend(missing);
            gathered.incomplete |= comes_later;
            // An entry without any text says nothing that could be quoted.
            articles.retain(|article| !article.text.is_empty());
            gathered.articles.extend(named(self.source, articles));
        }
        gathered
    }

    fn wants_page(&self, told: &Told) -> bool {
        self.manner.pages && self.source.full_text && !told.whole && told.article.url.is_some()
    }

    /// The article with its page's text, or as the feed has it when the page gives less; of a live blog each post.
    async fn full_text(&self, told: Told, url: Url) -> FullText {
        let own = |told: Told, why: String, comes_later: bool| FullText {
            articles: vec![told.alone()],
            missing: Some(format!("used the feed's own text of {url}: failed to {why}")),
            comes_later,
        };
        let document = match self.manner.fetcher.fetch(&self.ask(Request::page(url.clone()))).await {
            Ok(Fetched::Document(document)) => document,
            Ok(Fetched::Unchanged(_)) => {
                return own(told, "read it: the server says \"not modified\"".to_owned(), true);
            }
            // Of a page that is refused there is no use asking again and again.
            Err(error) => return own(told, error.to_string(), !is_final(&error)),
        };
        let read = move || article::read(&document.body, Some(document.url.as_str()), document.content_type.as_deref());
        let articles = match on_a_core(move || read().into_articles()).await {
            Ok(mut pages) => match (pages.pop(), pages.is_empty()) {
                (Some(page), true) => vec![told.with_page(page)],
                (last, _) => pages.into_iter().chain(last).collect(),
            },
            Err(error) => return own(told, error.to_string(), false),
        };
        FullText { articles, missing: None, comes_later: false }
    }
}

/// Whether the next request for a page would end in the same way.
fn is_final(error: &FetchError) -> bool {
    matches!(error.class(), "client-error" | "gone" | "private-address" | "robots" | "too-large" | "scheme")
}

/// Takes the address that a source moved to for its own.
fn adopt(state: &mut Freshness, adopted: Option<Url>) -> Gathered {
    let mut gathered = Gathered::default();
    if let Some(to) = adopted {
        gathered.remarks.push(format!("it moved for good to {to}, where it is asked from now on"));
        state.address = Some(to.to_string());
    }
    gathered
}

/// What the bytes of a source are. `url` is where they came from, if they did.
fn content_of(
    bytes: &[u8],
    url: Option<&Url>,
    content_type: Option<&str>,
    kind: SourceKind,
    selectors: Option<&list::Selectors>,
) -> Content {
    let base = url.map(Url::as_str);
    let neither = |reason: String| Content::Neither { reason, feeds: Vec::new() };
    let feed = match (kind, selectors) {
        (SourceKind::List, Some(selectors)) => list::read(bytes, base, content_type, selectors),
        (SourceKind::Auto | SourceKind::Feed, _) => feed::read(bytes, base, content_type),
        (SourceKind::Page | SourceKind::Text | SourceKind::List, _) => {
            return match article::read(bytes, base, content_type).into_articles() {
                Ok(articles) => Content::Articles(articles),
                Err(error) => neither(format!("failed to {error}")),
            };
        }
    };
    let not_a_feed = match feed {
        Ok(feed) => return Content::Feed(feed),
        Err(error @ NotAFeed::EmptyList(_)) => return neither(format!("failed to read the list: {error}")),
        Err(error) => format!("failed to read it as a feed: {error}"),
    };
    if kind == SourceKind::List {
        return neither(not_a_feed);
    }
    let page = article::read(bytes, base, content_type).into_articles();
    // The front page of a site stands for its feed; any other page with text of its own is an article.
    let is_front = url.is_some_and(|url| url.path() == "/" && url.query().is_none());
    let feeds = feeds_of(bytes, url, content_type, is_front);
    match page {
        Ok(articles) if kind == SourceKind::Auto && (feeds.is_empty() || !is_front) => Content::Articles(articles),
        // A page that stands in the way says more than that it is no feed.
        Err(error @ article::PageError::Obstacle(_)) => neither(format!("failed to {error}")),
        Ok(_) => Content::Neither { reason: not_a_feed, feeds },
        Err(_) if kind == SourceKind::Feed => Content::Neither { reason: not_a_feed, feeds },
        Err(error) => Content::Neither { reason: format!("{not_a_feed}; and failed to {error}"), feeds },
    }
}

/// The addresses at which the site of a page may have its feed: what the page names, else, for the front page of a site,
/// where feeds usually are.
fn feeds_of(bytes: &[u8], url: Option<&Url>, content_type: Option<&str>, is_front: bool) -> Vec<Url> {
    let Some(url) = url else { return Vec::new() };
    let named = discovery::feeds_of_page(bytes, Some(url.as_str()), content_type);
    let mut addresses: Vec<Url> = named.iter().filter_map(|feed| Url::parse(&feed.url).ok()).collect();
    if addresses.is_empty() && is_front {
        addresses = discovery::COMMON_PATHS.iter().filter_map(|path| url.join(&format!("/{path}")).ok()).collect();
    } else {
        addresses.truncate(CANDIDATES_TRIED_MAX);
    }
    addresses
}

/// What an entry and its page give together.
struct FullText {
    articles: Vec<Article>,
    /// Why the page gave nothing.
    missing: Option<String>,
    /// Whether it may give more another time.
    comes_later: bool,
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
        Err(error) => return Gathered::nothing(cannot_read(path, &error)),
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
        Err(error) => return Gathered::nothing(cannot_read(Path::new(name), &error)),
    };
    let (kind, selectors) = (source.kind, source.list.clone());
    match on_a_core(move || content_of(&bytes, None, None, kind, selectors.as_ref())).await {
        Content::Feed(feed) => Visit { source, access: Access::default(), manner }.of_feed(feed).await,
        Content::Articles(articles) => Gathered { articles: named(source, articles), ..Gathered::default() },
        Content::Neither { reason, .. } => Gathered::nothing(format!("{name}: {reason}")),
    }
}
