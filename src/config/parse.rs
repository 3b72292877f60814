//! The file's text → [`Config`], or every mistake in it.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use toml_edit::Document;

use super::reader::{At, Reader, Table};
use super::source::source;
use super::{
    Config, ConfigError, Corrections, Edition, Empty, Limits, Mistakes, ProofOfLife, SourceKind, StoreUrl, mail,
    suggest,
};
use crate::news::digest::Section;
use crate::news::digest::rank::Rules;
use crate::news::incident::claimant::{Class, Order};
use crate::news::picture::map::Borders;
use crate::news::schedule::{CATCH_UP_HOURS_MAX, Schedule};
use crate::news::wording::Language;
use crate::service::fetch::address::Opened;
use crate::service::fetch::{FetchLimits, HostLimits};

const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// Windows reach back this far at most; beyond it lies an archive, not a digest.
const WINDOW_MAX: Duration = Duration::from_hours(31 * 24);
const CATCH_UP_MAX: Duration = Duration::from_hours(CATCH_UP_HOURS_MAX.unsigned_abs());
/// For anything that waits for another machine.
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_mins(10);
/// A greater floor leaves nothing to tell.
const PEOPLE_MIN_MAX: u32 = 10_000;
const ORIGINS_MIN_MAX: u32 = 100;
/// Longer is no limit.
const READING_MINUTES_MAX: u32 = 600;
/// A name goes into file names, message ids and the List-Id, where a label has 63 characters (RFC 1035).
const NAME_CHARS_MAX: usize = 63;

pub(super) const KINDS: [(&str, SourceKind); 5] = [
    ("auto", SourceKind::Auto),
    ("feed", SourceKind::Feed),
    ("page", SourceKind::Page),
    ("text", SourceKind::Text),
    ("list", SourceKind::List),
];
const SECTIONS: [(&str, Section); 6] = [
    ("changes", Section::Changes),
    ("talks", Section::Talks),
    ("tolls", Section::Tolls),
    ("munitions", Section::Munitions),
    ("developments", Section::Developments),
    ("brief", Section::Brief),
];
const BORDERS: [(&str, Borders); 3] =
    [("dashed", Borders::Dashed), ("solid", Borders::Solid), ("hidden", Borders::Hidden)];
const CORRECTIONS: [(&str, Corrections); 2] = [("at once", Corrections::AtOnce), ("next", Corrections::Next)];
const EMPTIES: [(&str, Empty); 2] = [("note", Empty::Note), ("skip", Empty::Skip)];

/// Reads the text of the file at `path`, with `environment` for the secrets it names.
pub(super) fn config(
    text: &str,
    path: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = Reader { text, folder, environment, found: Vec::new(), secrets: Vec::new(), secrets_needed: true };
    let refused = |reader: Reader<'_>| {
        ConfigError::Mistakes(Mistakes::new(path.to_path_buf(), text, reader.found, &reader.secrets))
    };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            reader.secrets = suspected_secrets(text);
            let span = error.span().unwrap_or(text.len()..text.len());
            reader.mistake(span, format!("this is not TOML: {}", error.message()), syntax_advice(error.message()));
            return Err(refused(reader));
        }
    };
    let config = whole(&mut reader, Table::new(document.as_table(), "", 0..0), path);
    if reader.found.is_empty() { Ok(config) } else { Err(refused(reader)) }
}

/// Where the text holds secrets, in its order and apart from each other.
pub(super) fn secrets(text: &str, path: &Path) -> Vec<Range<usize>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let nothing = |_: &str| None;
    let mut reader =
        Reader { text, folder, environment: &nothing, found: Vec::new(), secrets: Vec::new(), secrets_needed: false };
    match Document::parse(text) {
        Ok(document) => drop(whole(&mut reader, Table::new(document.as_table(), "", 0..0), path)),
        Err(_) => reader.secrets = suspected_secrets(text),
    }
    reader.secrets.extend(commented_secrets(text));
    reader.secrets.sort_by_key(|span| (span.start, span.end));
    let mut end = 0;
    reader.secrets.retain(|span| {
        let apart = span.start >= end && !span.is_empty();
        end = if apart { span.end } else { end };
        apart
    });
    // An SQLite file's name is no secret, although the address of a database may be one.
    reader.secrets.retain(|span| !text[span.clone()].starts_with("\"sqlite:"));
    reader.secrets
}

/// The values of secrets in lines that are commented out.
fn commented_secrets(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut secrets = Vec::new();
    let mut table = "";
    for line in text.split_inclusive('\n') {
        if let Some(header) = line.trim_start_matches(['#', ' ', '\t']).strip_prefix('[') {
            table = header.split(']').next().unwrap_or_default();
        }
        let is_secret = |key: &str| match key {
            "password" | "secret" | "key" | "proxy" | "headers" => true,
            // Of a source or a page it is public.
            "url" => matches!(table, "store" | "proof_of_life"),
            _ => false,
        };
        if let Some((key, value)) = line.split_once('=')
            && let Some(key) = key.trim_start().strip_prefix('#')
            && is_secret(key.trim())
        {
            let end = at + line.trim_end().len();
            secrets.push(end - value.trim().len()..end);
        }
        at += line.len();
    }
    secrets
}

fn whole(reader: &mut Reader<'_>, mut file: Table<'_>, path: &Path) -> Config {
    let contact = file.text(reader, "contact", "editor@example.org").map(|text| text.value.to_owned());
    let admin = file.parsed(reader, "admin", "editor@example.org", |text| {
        text.parse::<lettre::Address>().map_err(|_| format!("{text:?} is no mail address"))
    });
    let proof_of_life = file.table(reader, "proof_of_life").and_then(|table| proof_of_life(reader, table));
    let archive = file.path(reader, "archive", "archive");
    let archive_url = archive_url(reader, &mut file, archive.is_some());
    let templates = file.path(reader, "templates", "templates");
    let kinds = file.path(reader, "kinds", "kinds");
    let store = file.table(reader, "store").and_then(|table| store(reader, table));
    let mail = file.table(reader, "mail");
    let mail = mail.map(|table| mail::mail(reader, table)).unwrap_or_else(|| mail::defaults(reader));
    let web = file.table(reader, "web").map(|table| mail::web(reader, table)).unwrap_or_default();
    let mut limits = file.table(reader, "limits").map(|table| limits(reader, table)).unwrap_or_default();
    let tables = file.tables(reader, "host").unwrap_or_default();
    limits.fetch.hosts = hosts(reader, tables, &limits.fetch);
    let tables = file.tables(reader, "source").unwrap_or_default();
    let mut names = Names::default();
    let sources = tables.into_iter().filter_map(|table| source(reader, table, &mut names)).collect();
    let mut names = Names::default();
    let editions = match file.tables(reader, "edition") {
        Some(tables) => {
            let domain = mail.from.email.domain();
            tables.into_iter().filter_map(|table| edition(reader, table, domain, &mut names)).collect()
        }
        None => vec![Edition::new(super::EDITION, mail.from.email.domain())],
    };
    file.finish(reader);
    Config {
        path: Some(path.to_path_buf()),
        contact,
        admin,
        proof_of_life,
        store: store.unwrap_or_else(|| StoreUrl::Sqlite(reader.folder.join(super::STORE_FILE))),
        archive,
        archive_url,
        templates,
        kinds,
        sources,
        editions,
        mail,
        web,
        limits,
    }
}

fn proof_of_life(reader: &mut Reader<'_>, mut table: Table<'_>) -> Option<ProofOfLife> {
    let keys = ["url", "url_env", "url_file"];
    let url = table.secret(reader, keys);
    if !keys.iter().any(|key| table.has(key)) {
        table.missing(reader, "url", "url_env = \"DAYBRIEF_PROOF_OF_LIFE\", or url_file, or url");
    }
    table.finish(reader);
    let At { value, span } = url?;
    match ProofOfLife::parse(value.expose()) {
        Ok(address) => Some(address),
        Err(problem) => {
            reader.mistake(
                span,
                problem,
                "write the address that the watcher gave you, such as \"https://hc-ping.com/…\"",
            );
            None
        }
    }
}

fn archive_url(reader: &mut Reader<'_>, file: &mut Table<'_>, has_archive: bool) -> Option<String> {
    let url = file.parsed(reader, "archive_url", "https://news.example/daybrief", |text| {
        super::source::web_url(text.trim_end_matches('/'))
    })?;
    if !has_archive {
        let advice = "name its folder as well: archive = \"archive\"";
        reader.mistake(file.key_span("archive_url"), "`archive_url` without an archive", advice);
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn store(reader: &mut Reader<'_>, mut table: Table<'_>) -> Option<StoreUrl> {
    let url = table.secret(reader, ["url", "url_env", "url_file"]);
    // The password may also come by itself, so that only it needs to be kept apart.
    let password = ["password_env", "password_file"].iter().any(|key| table.has(key));
    let password_span = table.key_span(if table.has("password_env") { "password_env" } else { "password_file" });
    let secret = table.secret(reader, ["password", "password_env", "password_file"]);
    table.finish(reader);
    let At { value, span } = url?;
    let example = "write \"sqlite:daybrief.db\" or \"postgres://user@host/database\"";
    let mut store = match StoreUrl::parse(value.expose(), reader.folder) {
        Ok(store) => store,
        Err(problem) => {
            reader.mistake(span, problem, example);
            return None;
        }
    };
    match (&mut store, secret) {
        (StoreUrl::Postgres(url), Some(secret)) => {
            // Refused only by URLs without a host, which `StoreUrl::parse` does not let through.
            let _ = url.set_password(Some(secret.value.expose()));
        }
        (_, Some(_)) if password => {
            reader.mistake(password_span, "an SQLite file has no password", "remove this line");
        }
        (_, Some(secret)) => reader.mistake(secret.span, "an SQLite file has no password", "remove this line"),
        (_, None) => {}
    }
    Some(store)
}

/// Names that were given before, and the line of each.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, usize>);

impl Names {
    pub(super) fn add(&mut self, reader: &mut Reader<'_>, name: &At<&str>) {
        let line = reader.text[..name.span.start].matches('\n').count() + 1;
        if let Some(first) = self.0.get(name.value) {
            let advice = format!("give it another name: the first is in line {first}");
            reader.mistake(name.span.clone(), format!("the name {:?} is taken", name.value), advice);
        } else {
            self.0.insert(name.value.to_owned(), line);
        }
    }
}

fn edition(reader: &mut Reader<'_>, mut table: Table<'_>, domain: &str, names: &mut Names) -> Option<Edition> {
    let name = table.text(reader, "name", "daily");
    match &name {
        Some(name) => {
            names.add(reader, name);
            if !is_name(name.value) {
                let problem = format!("{:?} cannot be the name of an edition", name.value);
                let advice = "write lower-case letters, digits and hyphens, such as \"daily\"";
                reader.mistake(name.span.clone(), problem, advice);
            }
        }
        None if !table.has("name") => table.missing(reader, "name", "name = \"daily\""),
        None => {}
    }
    let defaults = Edition::new(name.as_ref().map_or("", |name| name.value), domain);
    let title = table.text(reader, "title", "Ukraine daily").map_or(defaults.title, |text| text.value.to_owned());
    let schedule = schedule(reader, &mut table).unwrap_or(defaults.schedule);
    let window = span(reader, &mut table, "window", MINUTE..=WINDOW_MAX).unwrap_or(defaults.window);
    let catch_up = span(reader, &mut table, "catch_up", Duration::ZERO..=CATCH_UP_MAX).unwrap_or(defaults.catch_up);
    let sections = table.choices(reader, "sections", &SECTIONS).unwrap_or(defaults.sections);
    let rules = rules(reader, &mut table);
    let language = table.choice(reader, "language", &Language::ALL.map(|language| (language.tag(), language)));
    let borders = table.choice(reader, "disputed_borders", &BORDERS).unwrap_or(defaults.borders);
    let empty = table.choice(reader, "empty", &EMPTIES).unwrap_or(defaults.empty);
    let corrections = table.choice(reader, "corrections", &CORRECTIONS).unwrap_or(defaults.corrections);
    let list_id = table.parsed(reader, "list_id", "daily.example.org", list_id).unwrap_or(defaults.list_id);
    table.finish(reader);
    Some(Edition {
        name: name?.value.to_owned(),
        title,
        schedule,
        window,
        catch_up,
        sections,
        rules,
        language: language.unwrap_or(defaults.language),
        borders,
        empty,
        corrections,
        list_id,
    })
}

fn rules(reader: &mut Reader<'_>, table: &mut Table<'_>) -> Rules {
    let defaults = Rules::default();
    let classes = Class::ALL.map(|class| (class.name(), class));
    let claimants = table.choices(reader, "claimants", &classes).map_or(defaults.claimants, |first| Order::new(&first));
    let people_min = table.number(reader, "people_min", 0..=PEOPLE_MIN_MAX).map_or(defaults.people_min, u64::from);
    let origins_min = table.number(reader, "origins_min", 1..=ORIGINS_MIN_MAX);
    let origins_min = origins_min.and_then(|origins| usize::try_from(origins).ok()).unwrap_or(defaults.origins_min);
    let reading_minutes = table.number(reader, "reading_minutes", 1..=READING_MINUTES_MAX);
    Rules { claimants, people_min, origins_min, reading_minutes }
}

pub(super) fn span(
    reader: &mut Reader<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    range: RangeInclusive<Duration>,
) -> Option<SignedDuration> {
    // In range means in days, which a SignedDuration holds.
    table.duration(reader, key, range).and_then(|length| SignedDuration::try_from(length).ok())
}

/// Cron line and zone; every mistake in the line where it stands.
fn schedule(reader: &mut Reader<'_>, table: &mut Table<'_>) -> Option<Schedule> {
    let zone = zone(reader, table).unwrap_or(TimeZone::UTC);
    let line = table.text(reader, "cron", super::CRON);
    let text = line.as_ref().map_or(super::CRON, |line| line.value);
    match Schedule::parse(text, zone) {
        Ok(schedule) => Some(schedule),
        Err(mistakes) => {
            for mistake in mistakes {
                let span = line.as_ref().map_or(0..0, |line| reader.within(line, mistake.span));
                reader.mistake(span, format!("`cron`, {}: {}", mistake.field, mistake.problem), mistake.advice);
            }
            None
        }
    }
}

fn zone(reader: &mut Reader<'_>, table: &mut Table<'_>) -> Option<TimeZone> {
    let name = table.text(reader, "zone", "Europe/Kyiv")?;
    match TimeZone::get(name.value) {
        Ok(zone) => Some(zone),
        Err(_) => {
            let advice = match suggest::zone(name.value) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "write a name of the IANA time zones, such as \"Europe/Kyiv\" or \"UTC\"".to_owned(),
            };
            reader.mistake(name.span, format!("there is no time zone {:?}", name.value), advice);
            None
        }
    }
}

/// Whether a text can name an edition: see [`Edition::name`].
fn is_name(text: &str) -> bool {
    text.len() <= NAME_CHARS_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn list_id(text: &str) -> Result<String, &'static str> {
    let labels = text.split('.');
    let fine = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if labels.clone().count() >= 2 && labels.clone().all(fine) {
        Ok(text.to_owned())
    } else {
        Err("a List-Id is a name and a domain, joined by dots, without brackets")
    }
}

fn limits(reader: &mut Reader<'_>, mut table: Table<'_>) -> Limits {
    let defaults = Limits::default();
    let number = |table: &mut Table<'_>, reader: &mut Reader<'_>, key, range, default| {
        table.number(reader, key, range).and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    let fetch = FetchLimits {
        body_bytes_max: number(
            &mut table,
            reader,
            "body_bytes_max",
            1_000..=1_000_000_000,
            defaults.fetch.body_bytes_max,
        ),
        redirects_max: number(&mut table, reader, "redirects_max", 0..=20, defaults.fetch.redirects_max),
        connect_timeout: table.duration(reader, "connect_timeout", TIMEOUTS).unwrap_or(defaults.fetch.connect_timeout),
        read_timeout: table.duration(reader, "read_timeout", TIMEOUTS).unwrap_or(defaults.fetch.read_timeout),
        total_timeout: table.duration(reader, "total_timeout", TIMEOUTS).unwrap_or(defaults.fetch.total_timeout),
        bytes_per_second_min: table
            .number(reader, "bytes_per_second_min", 0..=1_000_000)
            .map_or(defaults.fetch.bytes_per_second_min, u64::from),
        host_requests_max: number(&mut table, reader, "host_requests_max", 1..=16, defaults.fetch.host_requests_max),
        host_gap: table.duration(reader, "host_gap", Duration::ZERO..=HOUR).unwrap_or(defaults.fetch.host_gap),
        requests_max: number(&mut table, reader, "fetches_max", 1..=256, defaults.fetch.requests_max),
        ..defaults.fetch
    };
    let articles_max = number(&mut table, reader, "articles_max", 1..=100_000, defaults.articles_max);
    let mut allow_private = Vec::new();
    for text in table.texts(reader, "allow_private", "\"10.0.0.0/8\"").unwrap_or_default() {
        match Opened::parse(text.value) {
            Ok(opened) => allow_private.push(opened),
            Err(_) => {
                let problem = format!("{:?} is neither a host nor a network", text.value);
                reader.mistake(text.span, problem, "write a block such as \"10.0.0.0/8\", an address, or a host name");
            }
        }
    }
    table.finish(reader);
    Limits { fetch, articles_max, allow_private }
}

/// What is different for single hosts: for one of one's own, or one whose owner asks for more patience.
fn hosts(reader: &mut Reader<'_>, tables: Vec<Table<'_>>, all: &FetchLimits) -> Vec<(String, HostLimits)> {
    let mut names = Names::default();
    let mut hosts = Vec::new();
    for mut table in tables {
        let name = table.text(reader, "name", "news.example");
        match &name {
            Some(name) => {
                names.add(reader, name);
                if url::Host::parse(name.value).is_err() {
                    let advice = "write a name or an address such as \"news.example\", without a scheme or a port";
                    reader.mistake(name.span.clone(), format!("{:?} is no host", name.value), advice);
                }
            }
            None if !table.has("name") => table.missing(reader, "name", "name = \"news.example\""),
            None => {}
        }
        let requests_max = table.number(reader, "requests_max", 1..=256).and_then(|max| usize::try_from(max).ok());
        let gap = table.duration(reader, "gap", Duration::ZERO..=HOUR);
        table.finish(reader);
        let limits = HostLimits {
            requests_max: requests_max.unwrap_or(all.host_requests_max),
            gap: gap.unwrap_or(all.host_gap),
        };
        hosts.extend(name.map(|name| (name.value.to_ascii_lowercase(), limits)));
    }
    hosts
}

/// What to write instead, for the ways in which people most often break TOML.
fn syntax_advice(message: &str) -> &'static str {
    if message.contains("duplicate key") {
        "remove one of the two"
    } else if message.contains("string") || message.contains("quot") {
        "put texts in quotes, and close every quote"
    } else if message.contains("key") || message.contains('=') {
        "write lines of the form key = value, and sections as [name]"
    } else {
        "write texts in quotes, lists in square brackets, one key = value a line"
    }
}

/// Keys whose values are hidden when a file is shown that cannot be parsed.
const SECRET_WORDS: [&str; 8] = ["password", "secret", "token", "key", "authorization", "cookie", "url", "headers"];

/// In a file that is not TOML: the values of all lines that may hold a secret.
fn suspected_secrets(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut secrets = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some((key, value)) = line.split_once('=') {
            let key = key.to_lowercase();
            if SECRET_WORDS.iter().any(|word| key.contains(word)) {
                let end = at + line.len();
                secrets.push(end - value.len()..end - (value.len() - value.trim_end().len()));
            }
        }
        at += line.len();
    }
    secrets
}

/// How a kind is written.
pub(super) fn kind_word(kind: SourceKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("auto", |(word, _)| word)
}
