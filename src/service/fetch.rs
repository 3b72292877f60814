//! Address → [`Document`]: polite, bounded HTTP.
//!
//! A fetch follows redirects itself, so that every hop passes the same gates: the scheme, the [`address`] guard, the
//! host's turn, the limits. Nothing here reads a clock or draws a number for the outside: when a source is due is
//! decided in [`state`], over what a fetch returned.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Proxy, Response, StatusCode};
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout};
use url::{Position, Url};

pub mod address;
mod encoding;
mod error;
pub mod freshness;
mod host;
mod robots;
pub mod state;

pub use error::FetchError;

use address::{Guard, Opened};
use freshness::{CacheRules, RetryAfter, Validators};
use host::Hosts;

/// Bounds on one fetch. The defaults suit news on the public web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Decoded bytes of a body; the fetch ends when one more arrives.
    pub body_bytes_max: usize,
    pub redirects_max: usize,
    pub connect_timeout: Duration,
    /// The longest silence: before the headers, and between two pieces of the body.
    pub read_timeout: Duration,
    /// From the first byte sent to the last received, over all redirects, waiting for a host's turn not counted.
    pub total_timeout: Duration,
    /// Below this average rate a server is dripping …
    pub bytes_per_second_min: u64,
    /// … once this much time has passed: a first piece can be late for good reasons.
    pub slow_grace: Duration,
    /// Requests that may run against one host at the same time.
    pub host_requests_max: usize,
    /// The least time between two starts against one host.
    pub host_gap: Duration,
    /// What is different for single hosts, by name without port.
    pub hosts: Vec<(String, HostLimits)>,
    /// Requests under way at once, over all hosts.
    pub requests_max: usize,
}

/// The pace of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostLimits {
    /// Requests that may run against it at the same time.
    pub requests_max: usize,
    /// The least time between two starts.
    pub gap: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 * 1024 * 1024,
            redirects_max: 10,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_secs(45),
            bytes_per_second_min: 256,
            slow_grace: Duration::from_secs(5),
            host_requests_max: 2,
            host_gap: Duration::from_millis(500),
            hosts: Vec::new(),
            requests_max: 8,
        }
    }
}

/// Header lines and bytes of an answer, more than any honest server sends.
const HEADERS_MAX: usize = 200;
const HTTP2_HEADER_BYTES_MAX: u32 = 64 * 1024;

/// What kind of document is wanted: it decides the `Accept` header, and whether `A-IM` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Exempt from robots.txt: a feed is published to be fetched by programs.
    Feed,
    Page,
    Robots,
}

impl Wants {
    fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, \
                 application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.3"
            }
            Self::Page => "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.3",
            Self::Robots => "text/plain, */*;q=0.3",
        }
    }
}

/// What one source needs beyond an address. Sent to the origin it was set for, never across a redirect to another.
#[derive(Clone, Default)]
pub struct Access {
    /// Further headers; a `User-Agent` here replaces ours.
    headers: HeaderMap,
    login: Option<(String, String)>,
    proxy: Option<Client>,
    ignore_robots: bool,
}

/// Header values and logins are secrets.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("login", &self.login.is_some())
            .field("proxy", &self.proxy.is_some())
            .field("ignore_robots", &self.ignore_robots)
            .finish()
    }
}

impl Access {
    /// Adds a header.
    ///
    /// # Errors
    /// When name or value cannot stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, String> {
        let name =
            HeaderName::try_from(name).map_err(|_| format!("use `{name}` as a header: write a name like \"X-Key\""))?;
        let value = HeaderValue::try_from(value)
            .map_err(|_| format!("use the value of the header `{name}`: write one line of printable text"))?;
        self.headers.append(name, value);
        Ok(self)
    }

    /// Adds a login (HTTP Basic).
    #[must_use]
    pub fn login(self, user: &str, password: &str) -> Self {
        Self { login: Some((user.to_owned(), password.to_owned())), ..self }
    }

    /// Reads pages whatever the site's robots.txt says: for sites whose owner said so otherwise.
    #[must_use]
    pub fn ignoring_robots(self) -> Self {
        Self { ignore_robots: true, ..self }
    }
}

/// One thing to fetch.
#[derive(Clone, Debug)]
pub struct Request {
    pub url: Url,
    pub wants: Wants,
    /// What is known of the document; default for an unconditional fetch.
    pub validators: Validators,
    pub access: Access,
}

impl Request {
    pub fn feed(url: Url) -> Self {
        Self { url, wants: Wants::Feed, validators: Validators::default(), access: Access::default() }
    }

    pub fn page(url: Url) -> Self {
        Self { wants: Wants::Page, ..Self::feed(url) }
    }

    #[must_use]
    pub fn validators(mut self, validators: Validators) -> Self {
        self.validators = validators;
        self
    }

    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}

/// What came, and where from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The address that answered, after redirects.
    pub url: Url,
    pub content_type: Option<String>,
    /// The body, content encodings undone.
    pub body: Vec<u8>,
    /// Why the body ends early, when it does: what came is kept, and no validators are.
    pub cut_short: Option<String>,
    pub answer: Answer,
}

/// What an answer says beside its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// To be stored and sent with the next request.
    pub validators: Validators,
    /// The end of a chain of permanent redirects and nothing else.
    pub moved: Option<Url>,
    pub cache: CacheRules,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// 304, or 200 with the body that was known.
    Unchanged(Answer),
    Document(Document),
}

/// Fetches documents. Cheap to clone; clones share connections and host turns.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    /// For servers whose `Content-Encoding` is wrong: takes bodies as they come. Few runs meet one, and each client reads
    /// all the certificates of the system.
    verbatim: Arc<OnceCell<Client>>,
    guard: Guard,
    user_agent: HeaderValue,
    limits: Arc<FetchLimits>,
    hosts: Arc<Hosts>,
    /// Requests that may still start, over all hosts.
    free: Arc<Semaphore>,
    sites: Arc<robots::Sites>,
}

impl Fetcher {
    /// `contact` is an address or URL at which a publisher reaches whoever runs this; `opened` lists private
    /// addresses that may be dialled.
    ///
    /// # Errors
    /// When the contact cannot stand in a header.
    pub fn new(limits: FetchLimits, contact: Option<&str>, opened: Vec<Opened>) -> Result<Self, String> {
        let user_agent = match contact {
            Some(contact) => format!("Daybrief/{} (+{contact})", env!("CARGO_PKG_VERSION")),
            None => format!("Daybrief/{}", env!("CARGO_PKG_VERSION")),
        };
        let user_agent = HeaderValue::try_from(user_agent)
            .map_err(|_| "use the contact in a header: write an e-mail address or a URL".to_owned())?;
        let guard = Guard::new(opened);
        Ok(Self {
            client: client(&limits, &guard, true, None)?,
            verbatim: Arc::default(),
            guard,
            user_agent,
            hosts: Arc::new(Hosts::new(&limits)),
            free: Arc::new(Semaphore::new(limits.requests_max.max(1))),
            sites: Arc::default(),
            limits: Arc::new(limits),
        })
    }

    /// `access` by way of a proxy. The proxy itself is the administrator's choice, so the address guard does not apply
    /// to what it dials.
    ///
    /// # Errors
    /// When `proxy` is not the URL of an HTTP proxy.
    pub fn through(&self, proxy: &Url, access: Access) -> Result<Access, String> {
        let proxy = Proxy::all(proxy.as_str()).map_err(|_| "use the proxy: write \"http://host:port\"".to_owned())?;
        Ok(Access { proxy: Some(client(&self.limits, &self.guard, true, Some(proxy))?), ..access })
    }

    /// Fetches one document.
    ///
    /// # Errors
    /// Every way in which there is nothing to read: see [`FetchError`]. A body that breaks off after its first byte is
    /// not an error but a [`Document`] that is `cut_short`.
    pub async fn fetch(&self, request: &Request) -> Result<Fetched, FetchError> {
        let mut url = request.url.clone();
        let mut seen = vec![url.clone()];
        let mut left = self.limits.total_timeout;
        let mut all_permanent = true;
        loop {
            let host = host_of(&url);
            if !matches!(url.scheme(), "http" | "https") {
                return Err(FetchError::Scheme { host });
            }
            if request.access.proxy.is_none() {
                self.guard.check_literal(&url)?;
            }
            if request.wants == Wants::Page && !request.access.ignore_robots {
                self.check_robots(&url, request).await?;
            }
            let site = &url[Position::BeforeHost..Position::AfterPort];
            if let Some(left) = self.hosts.resting(site) {
                return Err(FetchError::Resting { host, left });
            }
            let turn = self.hosts.turn(site).await;
            // After the host's own turn: waiting for a slow host must not keep others waiting.
            let free = self.free.acquire().await;
            let started = Instant::now();
            let hop = timeout(left, self.hop(request, &url))
                .await
                .unwrap_or_else(|_| Err(FetchError::Timeout { host: host.clone(), after: self.limits.total_timeout }));
            // One address in a private network says nothing about the others there.
            if let Err(FetchError::Status { status: 429, retry_after, .. }) = &hop
                && self.guard.is_public_host(&url)
            {
                self.hosts.rest(site, retry_after.and_then(RetryAfter::wait));
            }
            let hop = hop?;
            left = left.saturating_sub(started.elapsed());
            drop((turn, free));
            let moved = (all_permanent && seen.len() > 1).then(|| url.clone());
            match hop {
                Hop::Redirect { to, permanent } => {
                    all_permanent &= permanent;
                    let to = target(&url, &to).ok_or(FetchError::BadRedirect { host: host.clone() })?;
                    if seen.len() > self.limits.redirects_max {
                        return Err(FetchError::TooManyRedirects { host, limit: self.limits.redirects_max });
                    }
                    if seen.contains(&to) {
                        return Err(FetchError::RedirectLoop { host });
                    }
                    seen.push(to.clone());
                    url = to;
                }
                Hop::Unchanged(answer) => return Ok(Fetched::Unchanged(Answer { moved, ..answer })),
                Hop::Document(mut document) => {
                    document.answer.moved = moved;
                    let known = &request.validators.body_hash;
                    return Ok(if known.is_some() && *known == document.answer.validators.body_hash {
                        Fetched::Unchanged(document.answer)
                    } else {
                        Fetched::Document(document)
                    });
                }
            }
        }
    }

    /// One request and its answer.
    async fn hop(&self, request: &Request, url: &Url) -> Result<Hop, FetchError> {
        match &request.access.proxy {
            Some(proxy) => self.ask(proxy, true, request, url).await,
            None => match self.ask(&self.client, true, request, url).await {
                // The body is not in the encoding it is labelled with: ask once more, inviting none.
                Err(error @ FetchError::Encoding { .. }) => {
                    let build = || async { client(&self.limits, &self.guard, false, None) };
                    match self.verbatim.get_or_try_init(build).await {
                        Ok(verbatim) => self.ask(verbatim, false, request, url).await,
                        Err(_) => Err(error),
                    }
                }
                done => done,
            },
        }
    }

    async fn ask(&self, client: &Client, decodes: bool, request: &Request, url: &Url) -> Result<Hop, FetchError> {
        let host = host_of(url);
        let FetchLimits { connect_timeout, read_timeout, .. } = *self.limits;
        let mut asking = client.get(url.clone()).headers(self.headers(request, url));
        if let Some((user, password)) = request.access.login.as_ref().filter(|_| url.origin() == request.url.origin()) {
            asking = asking.basic_auth(user, Some(password));
        }
        let response = timeout(connect_timeout + read_timeout, asking.send())
            .await
            .map_err(|_| FetchError::Timeout { host: host.clone(), after: read_timeout })?
            .map_err(|error| FetchError::from_reqwest(error, &host, connect_timeout))?;
        let status = response.status();
        let text = |name| header_text(response.headers(), name);
        let retry_after = text(header::RETRY_AFTER).as_deref().and_then(RetryAfter::parse);
        match status {
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let to = text(header::LOCATION).ok_or(FetchError::BadRedirect { host })?;
                let permanent = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
                Ok(Hop::Redirect { to, permanent })
            }
            StatusCode::NOT_MODIFIED if request.validators != Validators::default() => {
                Ok(Hop::Unchanged(answer_of(response.headers(), &request.validators)))
            }
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION | StatusCode::IM_USED => {
                Ok(Hop::Document(self.read(response, decodes, url).await?))
            }
            _ if text(HeaderName::from_static("cf-mitigated")).is_some_and(|how| how == "challenge") => {
                Err(FetchError::Challenge { host, retry_after })
            }
            _ => Err(FetchError::Status { host, status: status.as_u16(), retry_after }),
        }
    }

    /// The headers of one request; what the source was given goes to its own origin only.
    fn headers(&self, request: &Request, url: &Url) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static(request.wants.accept()));
        if request.wants == Wants::Feed {
            headers.insert(HeaderName::from_static("a-im"), HeaderValue::from_static("feed"));
        }
        let Validators { etag, last_modified, .. } = &request.validators;
        for (name, value) in [(header::IF_NONE_MATCH, etag), (header::IF_MODIFIED_SINCE, last_modified)] {
            if let Some(value) = value.as_ref().and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        if url.origin() == request.url.origin() {
            for name in request.access.headers.keys() {
                headers.remove(name);
            }
            headers.extend(request.access.headers.clone());
        }
        headers
    }

    /// Reads a body to its end or to a limit.
    async fn read(&self, mut response: Response, decodes: bool, url: &Url) -> Result<Document, FetchError> {
        let host = host_of(url);
        let FetchLimits { body_bytes_max: limit, read_timeout, bytes_per_second_min, slow_grace, .. } = *self.limits;
        let mut answer = answer_of(response.headers(), &Validators::default());
        let content_type = header_text(response.headers(), header::CONTENT_TYPE);
        let encoding = header_text(response.headers(), header::CONTENT_ENCODING).filter(|_| !decodes);
        let started = Instant::now();
        let mut body = Vec::new();
        let cut = loop {
            let error = match timeout(read_timeout, response.chunk()).await {
                Ok(Ok(None)) => break None,
                Ok(Ok(Some(piece))) if body.len() + piece.len() > limit => {
                    return Err(FetchError::TooLarge { host, limit });
                }
                Ok(Ok(Some(piece))) => {
                    body.extend_from_slice(&piece);
                    let elapsed = started.elapsed();
                    let least = elapsed.as_secs_f64() * bytes_per_second_min as f64;
                    if elapsed > slow_grace && (body.len() as f64) < least {
                        return Err(FetchError::Slow { host, bytes_per_second: bytes_per_second_min });
                    }
                    continue;
                }
                Ok(Err(error)) => match FetchError::from_reqwest(error, &host, read_timeout) {
                    // Nothing was decoded that could have failed.
                    FetchError::Encoding { host, detail } if !decodes => FetchError::Protocol { host, detail },
                    error => error,
                },
                Err(_) => FetchError::Timeout { host: host.clone(), after: read_timeout },
            };
            if body.is_empty() {
                return Err(error);
            }
            break Some(error.to_string());
        };
        let body = encoding::unpack(body, encoding.as_deref(), limit).map_err(|problem| match problem {
            encoding::Problem::TooLarge => FetchError::TooLarge { host: host.clone(), limit },
            encoding::Problem::Broken(detail) => FetchError::Encoding { host: host.clone(), detail },
        })?;
        if body.is_empty() {
            return Err(FetchError::Empty { host });
        }
        answer.validators = match cut {
            // Half a document must not be taken for the whole one next time.
            Some(_) => Validators::default(),
            None => Validators { body_hash: Some(hex(&Sha256::digest(&body))), ..answer.validators },
        };
        Ok(Document { url: url.clone(), content_type, body, cut_short: cut, answer })
    }
}

/// How one hop ended, if it ended well.
enum Hop {
    Redirect { to: String, permanent: bool },
    Unchanged(Answer),
    Document(Document),
}

fn client(limits: &FetchLimits, guard: &Guard, decode: bool, proxy: Option<Proxy>) -> Result<Client, String> {
    // The provider is process-wide; a second installation is refused and means the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        let builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(limits.connect_timeout)
            .http1_max_headers(HEADERS_MAX)
            .http2_max_header_list_size(HTTP2_HEADER_BYTES_MAX)
            .pool_max_idle_per_host(limits.requests_max)
            .gzip(decode)
            .brotli(decode)
            .zstd(decode)
            .deflate(decode);
        match &proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            // Without this the client would read proxies from the environment, past the guard.
            None => builder.no_proxy().dns_resolver(guard.clone()),
        }
    };
    builder().build().or_else(|error| {
        // A system without certificates can still read plain HTTP; every https address will say why it cannot be read.
        tracing::warn!(%error, "the system has no CA certificates: nothing can be fetched over https");
        builder().tls_certs_only([]).build().map_err(|error| format!("start the HTTP client: {error}"))
    })
}

/// Where a redirect leads: resolved, without a login smuggled in, without a fragment.
fn target(from: &Url, location: &str) -> Option<Url> {
    let mut to = from.join(location.trim()).ok()?;
    to.set_fragment(None);
    // These fail only on addresses that cannot hold a login.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    Some(to)
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the address").to_owned()
}

fn header_text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).map(str::to_owned)
}

/// What the headers say; validators that they do not renew stay as they were `known`.
fn answer_of(headers: &HeaderMap, known: &Validators) -> Answer {
    let text = |name| header_text(headers, name).filter(|text| !text.trim().is_empty());
    let cache = CacheRules::parse(text(header::CACHE_CONTROL).as_deref(), text(header::EXPIRES).as_deref());
    let validators = if cache.volatile {
        Validators { body_hash: known.body_hash.clone(), ..Validators::default() }
    } else {
        Validators {
            etag: text(header::ETAG).or_else(|| known.etag.clone()),
            last_modified: text(header::LAST_MODIFIED).or_else(|| known.last_modified.clone()),
            body_hash: known.body_hash.clone(),
        }
    };
    Answer { validators, moved: None, cache }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
