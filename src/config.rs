//! The configuration: the one reader of its file and of the environment.
//!
//! [`Config::load`] turns `daybrief.toml` into meaning once (zones, durations, addresses, schedules), or into the list of
//! every mistake in it, each with its line, its column and what to write instead. Nothing below this module sees the raw
//! form, and no secret shows in `Debug`, in an error or in a quoted line.

mod draft;
mod edit;
mod mail;
mod mistakes;
mod parse;
mod reader;
mod secret;
mod source;
mod suggest;
mod templates;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use lettre::Address;
use lettre::message::Mailbox;
use url::Url;

use crate::news::delivery::{Caps, EXPIRES_AFTER_HOURS, OnUnknown};
use crate::news::digest::Section;
use crate::news::digest::rank::Rules;
use crate::news::feed::list::Selectors;
use crate::news::picture::map::Borders;
use crate::news::schedule::Schedule;
use crate::news::wording::Language;
use crate::service::fetch::FetchLimits;
use crate::service::fetch::address::Opened;

pub use draft::{Draft, Entries, Masked, Set, Version, put, version, versions};
pub use edit::{EditError, NewSource, add_sources, free_name, remove_source, set_enabled};
pub use mistakes::{ConfigError, Mistake, Mistakes};
pub use secret::{ProofOfLife, ProxyUrl, Secret};

/// Where the configuration is looked for in the working folder, in this order.
const LOCAL_PATHS: [&str; 2] = ["daybrief.toml", "config/daybrief.toml"];

/// The default database and the default folder for mail that goes nowhere, beside the configuration file.
const STORE_FILE: &str = "daybrief.db";
const OUTBOX: &str = "outbox";
/// The edition there is when none is configured, and when one is due that does not say.
const EDITION: &str = "daily";
const CRON: &str = "0 7 * * *";
/// Where the pages listen, on this machine only.
const WEB_PORT: u16 = 8025;
const SENDMAIL: &str = "/usr/sbin/sendmail";

/// Everything an administrator may set, validated. `Config::default()` is what `config/daybrief.toml` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file this came from; `None` for the defaults.
    pub path: Option<PathBuf>,
    /// An address or a page that a publisher can reach us by; it goes into the User-Agent of every request.
    pub contact: Option<String>,
    /// Who is told by mail when an edition failed or came late.
    pub admin: Option<Address>,
    /// What is asked after every edition, so that somebody outside hears when no more come.
    pub proof_of_life: Option<ProofOfLife>,
    pub store: StoreUrl,
    /// A folder that gets every edition as `.eml`, `.html`, `.txt` and `.json`.
    pub archive: Option<PathBuf>,
    /// Where readers find that folder on the web, without a slash at the end.
    pub archive_url: Option<String>,
    /// A folder of the administrator's own templates; [`Config::templates`] reads it.
    pub templates: Option<PathBuf>,
    /// A folder of kind files that add to the shipped kinds, or take their place by name.
    pub kinds: Option<PathBuf>,
    pub sources: Vec<Source>,
    /// Never empty: without an `[[edition]]` there is the default one.
    pub editions: Vec<Edition>,
    pub mail: Mail,
    pub web: Web,
    pub limits: Limits,
}

/// The pages that `serve` serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where they listen; `None` for no pages.
    pub listen: Option<SocketAddr>,
    /// Where readers reach them, without a slash at the end; `None` leaves links to them out of the mails.
    pub url: Option<Url>,
    /// Whether everybody may read the editions there.
    pub archive: bool,
}

/// Which database, resolved: a relative path starts at the configuration file's folder.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// One SQLite file, made when it is first written to.
    Sqlite(PathBuf),
    /// SQLite in memory: gone when the program ends.
    Memory,
    Postgres(Url),
}

/// A place that news comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Unique; the key of the source's state in the store.
    pub name: String,
    pub location: Location,
    pub kind: SourceKind,
    /// Who a reader is told carried it; the feed or page may name itself when this is `None`.
    pub outlet: Option<String>,
    pub enabled: bool,
    /// Whether the pages a feed links to are fetched, or only what the feed itself carries is used.
    pub full_text: bool,
    /// In place of our own User-Agent.
    pub user_agent: Option<String>,
    /// Sent with every request to this source. Values are secrets: they are how one logs in to a feed.
    pub headers: Vec<(String, Secret)>,
    /// HTTP Basic.
    pub login: Option<Login>,
    /// The proxy that its requests go through, which may hold a login.
    pub proxy: Option<ProxyUrl>,
    /// Whether its pages are read although the site's robots.txt says no: for sites whose owner said so otherwise.
    pub ignore_robots: bool,
    /// How to find the entries of a page that lists them, for sites without a feed.
    pub list: Option<Selectors>,
    /// A folder of the reader that it was imported from, or what a person calls it; only for `sources export`.
    pub category: Option<String>,
}

/// Where a source's bytes are.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// `http` or `https`.
    Url(Url),
    /// A file, or a folder of files.
    Path(PathBuf),
    /// Standard input, written `-`; never in a file, only on the command line.
    Stdin,
    /// Sample news that the program carries with it, for the demo.
    Bundled(&'static [u8]),
}

/// What a source's bytes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceKind {
    /// Decided by the bytes themselves.
    #[default]
    Auto,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// One article as HTML.
    Page,
    /// One article as plain text: the first line is its title.
    Text,
    /// A page that lists entries, read by the selectors of [`Source::list`].
    List,
}

/// One digest that appears again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    /// Unique, short, of lower-case letters, digits and hyphens: it goes into message ids and file names.
    pub name: String,
    /// As the reader sees it in the header and subject.
    pub title: String,
    /// When it is due. Its zone is also the one that times are shown in.
    pub schedule: Schedule,
    /// How far back it looks. What an earlier one of its name told is not told again.
    pub window: SignedDuration,
    /// How long after a missed slot it is still made up for.
    pub catch_up: SignedDuration,
    /// What to show, in this order.
    pub sections: Vec<Section>,
    /// How figures and items are chosen.
    pub rules: Rules,
    /// Of our own words; what articles say stays as it is.
    pub language: Language,
    /// How its map draws disputed borders.
    pub borders: Borders,
    pub empty: Empty,
    pub corrections: Corrections,
    /// The List-Id (RFC 2919), without angle brackets: `daily.example.org`.
    pub list_id: String,
}

/// When readers hear that a figure they were sent was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corrections {
    /// As soon as its article says so, in a mail of their own, while `serve` runs.
    AtOnce,
    /// In the next edition.
    Next,
}

/// What an edition with nothing new does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// Sends nothing.
    Skip,
    /// Sends a short note that says so.
    Note,
}

/// How mail leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Its domain is also that of our Message-IDs.
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub transport: Transport,
    /// The address that bounces come back to, each message's with a mark of its own after a `+`. `None`: they go to `from`,
    /// and are not told apart.
    pub bounces: Option<Address>,
    /// Where these bounces are read.
    pub mailbox: Option<Imap>,
    /// Keys that every message is signed with.
    pub dkim: Vec<Dkim>,
    /// Signs the links in the mails; `None`: one is made and kept in the store.
    pub secret: Option<Secret>,
    pub on_unknown: OnUnknown,
    /// How long after it is due a message may still be delivered.
    pub expires_after: SignedDuration,
    /// How long a worker that is not heard of any more keeps its messages.
    pub lease: SignedDuration,
    /// Messages sent at once by one process.
    pub connections_max: u32,
    /// The same over all processes that share the store.
    pub connections_total_max: Option<u32>,
    pub caps: Caps,
}

/// A mailbox to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imap {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub login: Login,
    pub folder: String,
    /// Trusted besides the system's certificates, PEM.
    pub ca: Option<String>,
}

/// A key for signing (RFC 6376); its public half stands in the DNS under `selector._domainkey.domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    /// RSA or ed25519, PEM (PKCS #8, or PKCS #1 for RSA).
    pub key: Secret,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Transport {
    /// Every message as one `.eml` file in a folder: nothing leaves the machine.
    Directory(PathBuf),
    /// The first is used as long as it can be reached, then the next.
    Smtp(Vec<Smtp>),
    /// A program that takes the message on standard input, as sendmail does.
    Sendmail(PathBuf),
}

/// A submission server.
#[derive(Clone, Debug, PartialEq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Login>,
    /// For each command and its reply.
    pub timeout: Duration,
    /// Certificates trusted besides the system's, PEM: for a server with an authority of its own.
    pub ca: Option<String>,
}

/// How the connection to the submission server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a server on this machine.
    None,
    /// Plain at first, then STARTTLS, required.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

/// What one run may take from the world at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub fetch: FetchLimits,
    /// New articles taken from one source per run; the rest come with the next.
    pub articles_max: usize,
    /// What may be fetched from although its address is private or local.
    pub allow_private: Vec<Opened>,
}

impl Config {
    /// Where the archive is on the web, without a slash at the end: the folder that somebody else serves, else our own pages.
    pub fn archive_address(&self) -> Option<String> {
        let own = self.web.url.as_ref().filter(|_| self.web.archive && self.web.listen.is_some());
        self.archive_url.clone().or_else(|| Some(format!("{}/archive", own?.as_str().trim_end_matches('/'))))
    }

    /// Reads the configuration: `path` if given, else the one that [`Config::find`] finds, else the defaults.
    ///
    /// # Errors
    /// The file cannot be read, or says something that cannot be meant; then every mistake in it is listed.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        match path.map(Path::to_path_buf).or_else(Self::find) {
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
                Self::parse(&text, &path)
            }
            None => Ok(Self::default()),
        }
    }

    /// Reads a configuration from its text. Relative paths in it start at the folder of `path`, which need not exist.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        parse::config(text, path, &environment)
    }

    /// The path to read when none is given: `DAYBRIEF_CONFIG`, `./daybrief.toml`, `./config/daybrief.toml`, then
    /// `daybrief/daybrief.toml` in the user's configuration folder. The first is taken at its word; the others must exist.
    pub fn find() -> Option<PathBuf> {
        if let Some(path) = environment("DAYBRIEF_CONFIG").filter(|path| !path.is_empty()) {
            return Some(path.into());
        }
        let user = environment("XDG_CONFIG_HOME")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".config")))
            .or_else(|| environment("APPDATA").map(PathBuf::from))
            .map(|folder| folder.join("daybrief/daybrief.toml"));
        LOCAL_PATHS.iter().map(PathBuf::from).chain(user).find(|path| path.is_file())
    }

    /// The edition of that name.
    pub fn edition(&self, name: &str) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.name == name)
    }
}

impl Default for Config {
    fn default() -> Self {
        let mail = Mail::default();
        Self {
            path: None,
            contact: None,
            admin: None,
            proof_of_life: None,
            store: StoreUrl::Sqlite(STORE_FILE.into()),
            archive: None,
            archive_url: None,
            templates: None,
            kinds: None,
            sources: Vec::new(),
            editions: vec![Edition::new(EDITION, mail.from.email.domain())],
            mail,
            web: Web::default(),
            limits: Limits::default(),
        }
    }
}

impl Edition {
    /// An edition with everything but its name as the defaults have it: every day at 07:00 UTC. `domain` ends its
    /// List-Id.
    pub fn new(name: &str, domain: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: "Daybrief".to_owned(),
            schedule: Schedule::parse(CRON, TimeZone::UTC).expect("a constant that a test parses"),
            window: SignedDuration::from_hours(24),
            catch_up: SignedDuration::from_hours(12),
            sections: Section::ALL.to_vec(),
            rules: Rules::default(),
            language: Language::default(),
            borders: Borders::default(),
            empty: Empty::Note,
            corrections: Corrections::AtOnce,
            list_id: format!("{name}.{domain}"),
        }
    }

    /// The zone in which the edition is due, and in which it shows times.
    pub fn zone(&self) -> &TimeZone {
        self.schedule.zone()
    }
}

impl Source {
    /// A source as it is when only its place is known: for the command line, with `name` the argument as given.
    pub fn new(name: &str, location: Location) -> Self {
        Self {
            name: name.to_owned(),
            location,
            kind: SourceKind::Auto,
            outlet: None,
            enabled: true,
            full_text: true,
            user_agent: None,
            headers: Vec::new(),
            login: None,
            proxy: None,
            ignore_robots: false,
            list: None,
            category: None,
        }
    }
}

impl fmt::Display for Location {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => secret::without_password(url).fmt(f),
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("-"),
            Self::Bundled(_) => f.write_str("sample news"),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: "Daybrief <daybrief@localhost>".parse().expect("a constant that a test parses"),
            reply_to: None,
            transport: Transport::Directory(OUTBOX.into()),
            bounces: None,
            mailbox: None,
            dkim: Vec::new(),
            secret: None,
            on_unknown: OnUnknown::Resend,
            expires_after: SignedDuration::from_hours(EXPIRES_AFTER_HOURS),
            lease: SignedDuration::from_mins(2),
            connections_max: 4,
            connections_total_max: None,
            caps: Caps::default(),
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], WEB_PORT))), url: None, archive: true }
    }
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 25,
            security: Security::None,
            login: None,
            timeout: Duration::from_secs(30),
            ca: None,
        }
    }
}

impl Security {
    /// The port that goes with it when none is given (RFC 8314 for the two submission ports).
    pub fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::StartTls => 587,
            Self::Tls => 465,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { fetch: FetchLimits::default(), articles_max: 500, allow_private: Vec::new() }
    }
}

impl StoreUrl {
    /// Reads `sqlite:daybrief.db`, `sqlite::memory:` or `postgres://…`; a relative file starts at `folder`.
    ///
    /// # Errors
    /// What is wrong with it, without its text, which may hold a password.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            return match file.strip_prefix("//").unwrap_or(file) {
                "" => Err("the address of the store names no file".to_owned()),
                ":memory:" => Ok(Self::Memory),
                file if file.contains('?') => Err("the address of an SQLite file takes no options".to_owned()),
                file => Ok(Self::Sqlite(folder.join(file))),
            };
        }
        match Url::parse(text) {
            Ok(url) if !matches!(url.scheme(), "postgres" | "postgresql") => {
                Err(format!("the store cannot be {:?}: there is sqlite and postgres", url.scheme()))
            }
            Ok(url) if !url.has_host() => Err("the address of the store names no host".to_owned()),
            Ok(url) if url.path().len() < 2 => Err("the address of the store names no database".to_owned()),
            Ok(url) => Ok(Self::Postgres(url)),
            Err(error) => Err(format!("this is no address of a store: {error}")),
        }
    }
}

impl fmt::Display for StoreUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::Postgres(url) => secret::without_password(url).fmt(f),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether the user asks programs not to use colours (no-color.org): `NO_COLOR` is set and not empty.
pub fn no_color() -> bool {
    environment("NO_COLOR").is_some_and(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "this module is the reader of the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
