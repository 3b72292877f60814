//! `run`: an edition by hand; and what other verbs share with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, civil};
use lettre::Address;
use ring::rand::{Random, SystemRandom};
use serde_json::json;
use url::Url;

use super::terminal::Misuse;
use super::{RunArgs, Status, Terminal};
use crate::config::{Config, Edition, Location, Source};
use crate::news::digest::Window;
use crate::news::message::templates::Templates;
use crate::news::wording::{self, Language};
use crate::service::archive::{write_edition, write_feeds};
use crate::service::fetch::Fetcher;
use crate::service::fetch::state::Occasion;
use crate::service::mail::{Mailer, Post};
use crate::service::pipeline::{self, Asking, Collected, Composed, Delivered, Keep, Order, Published, Service};
use crate::service::store::Store;
use crate::service::worker::{Clock, Stop, Urgency};

/// A source from the command line: an address, a path, or `-`. A path need not be UTF-8.
pub fn source_of(argument: impl AsRef<OsStr>) -> anyhow::Result<Source> {
    let argument = argument.as_ref();
    let location = match argument.to_str() {
        Some("-") => Location::Stdin,
        Some(text) if text.contains("://") => {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            Location::Url(url.ok_or_else(|| Misuse(format!("{text}: write an http or https address, a path, or -")))?)
        }
        _ => Location::Path(PathBuf::from(argument)),
    };
    // The name is what readers see where an article names no outlet.
    let name = if location == Location::Stdin { "standard input".into() } else { argument.to_string_lossy() };
    Ok(Source::new(&name, location))
}

/// The source that an argument names; a path must lead somewhere.
pub fn existing(argument: impl AsRef<OsStr>) -> anyhow::Result<Source> {
    let source = source_of(argument)?;
    if let Location::Path(path) = &source.location
        && let Err(error) = std::fs::metadata(path)
    {
        let path = path.display();
        return Err(Misuse(format!(
            "{path}: {error}; write an address with http(s)://, a path to a file or folder, or -"
        ))
        .into());
    }
    Ok(source)
}

/// A fetcher as the configuration has it.
pub fn fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    let limits = &config.limits;
    Fetcher::new(limits.fetch.clone(), config.contact.as_deref(), limits.allow_private.clone())
        .map_err(|reason| anyhow::anyhow!("failed to {reason}"))
}

/// Everything a verb works with. `changes` is false for verbs that must leave no trace.
pub async fn service(config: Config, changes: bool) -> anyhow::Result<Service> {
    let store = if changes { Store::open(&config.store).await } else { Store::open_read_only(&config.store).await };
    with_store(config, store?, Clock::System, changes).await
}

/// As [`service`], with a store that is open already.
pub async fn with_store(config: Config, store: Store, clock: Clock, changes: bool) -> anyhow::Result<Service> {
    let (fetcher, mailer) = (fetcher(&config)?, mailer(&config)?);
    let post = post(&config, &store, changes).await?;
    // Templates that cannot be used do not stop the news: the shipped ones are used, and every edition says why.
    let templates = Templates::new(&config.templates().map_err(|error| anyhow::anyhow!("failed to {error}"))?);
    Ok(Service { store, fetcher, mailer, post, templates, config, clock })
}

/// A mailer as the configuration has it.
pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    Mailer::new(&config.mail).map_err(|error| anyhow::anyhow!("failed to {error}"))
}

/// What addresses and signs messages. Without a configured secret for links the store has one.
pub async fn post(config: &Config, store: &Store, changes: bool) -> anyhow::Result<Post> {
    let secret = match &config.mail.secret {
        Some(secret) => secret.expose().as_bytes().to_vec(),
        None => {
            let fresh: Random<[u8; 32]> =
                ring::rand::generate(&SystemRandom::new()).map_err(|_| anyhow::anyhow!("failed to draw a secret"))?;
            let fresh = fresh.expose();
            // Where nothing may be written yet, links are only shown.
            store.secret(changes.then_some(&fresh)).await?.unwrap_or_else(|| fresh.to_vec())
        }
    };
    Post::new(config, &secret).map_err(|error| anyhow::anyhow!("failed to {error}"))
}

pub fn edition<'c>(config: &'c Config, name: Option<&str>) -> anyhow::Result<&'c Edition> {
    let known = || config.editions.iter().map(|edition| edition.name.as_str()).collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => {
            config.edition(name).ok_or_else(|| Misuse(format!("--edition {name}: there is {}", known())).into())
        }
        None => config.editions.first().ok_or_else(|| Misuse("the configuration has no [[edition]]".to_owned()).into()),
    }
}

pub async fn run(args: &RunArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(config)?;
    let edition = edition(&config, args.edition.as_deref())?.clone();
    let (addresses, until): (Vec<&String>, Vec<&String>) = args.to.iter().partition(|to| to.contains('@'));
    let addresses: Vec<Address> = addresses.into_iter().map(|to| address(to)).collect::<anyhow::Result<_>>()?;
    let given = window(args, &until, &edition, Clock::System.now())?;
    let named: Vec<Source> = args.sources.iter().map(existing).collect::<anyhow::Result<_>>()?;
    let collected_only = !named.is_empty() && given.is_none();
    let partial = !named.is_empty() || given.is_some();
    let sources = if named.is_empty() { config.sources.clone() } else { named };
    if sources.is_empty() {
        return Err(
            Misuse("there is no source: name one, or add one with `daybrief sources add URL`".to_owned()).into()
        );
    }
    // What goes to given addresses is a copy for them: it must not count as the subscribers' edition.
    let recorded = !args.dry_run && addresses.is_empty();
    let service = service(config, recorded).await?;
    let progress = terminal.progress();
    let mut delivered = Delivered::default();
    let stop = Stop::on_signals().context("failed to listen for signals")?;
    if recorded {
        // What an earlier run could not send goes first: its facts are the older ones.
        service.store.hurry(service.clock.now()).await?;
        delivered.add(deliver(&service, &stop, &progress).await?);
    }
    let keep = if recorded { Keep::Stored } else { Keep::InMemory };
    let asking = Asking { occasion: Occasion::ByHand, keep, published: args.published };
    let collected = tokio::select! {
        collected = pipeline::collect(&service, &sources, asking, &progress) => collected?,
        () = stop.at(Urgency::Finish) => {
            progress.finish_and_clear();
            anyhow::bail!("stopped while the sources were read: nothing was composed or sent; run again");
        }
    };
    // The window ends now and not before the sources were read: what they have just brought is in it.
    let window = match given {
        Some(window) => window,
        None => pipeline::window(&service, &edition, &[], service.clock.now()).await?,
    };
    let order = Order { edition: &edition, window, slots: &[], collected_only, partial };
    let (composed, published) = if recorded {
        pipeline::publish(&service, &order, &collected).await?
    } else {
        (pipeline::compose(&service, &order, &collected).await?, Published::Quiet)
    };
    let mut status = report_sources(&collected, terminal);
    if let Some(fault) = &composed.rendered.fault {
        terminal.note(&format!("warning: the shipped templates are used in place of yours: {fault}"));
        status = Status::Attention;
    }
    if let Some(held) = wording::held(&composed.digest.held, Language::English) {
        terminal.note(&format!("note: {held}; see `daybrief held list`"));
        status = Status::Attention;
    }
    for folder in args.out.iter().chain(service.config.archive.iter().filter(|_| recorded)) {
        write_edition(&service, &composed, folder).await?;
        terminal.note(&format!("wrote the edition to {}", folder.display()));
    }
    if let Some(folder) = service.config.archive.as_deref().filter(|_| recorded) {
        write_feeds(&service, &edition, folder).await?;
    }
    if args.dry_run {
        progress.finish_and_clear();
        let digest = if args.json { serde_json::to_string_pretty(&composed.view)? } else { composed.rendered.text };
        terminal.print(&digest)?;
        return Ok(status);
    }
    match published {
        _ if !recorded => delivered.add(pipeline::send_copies(&service, &composed, &addresses).await?),
        Published::Frozen { .. } => delivered.add(deliver(&service, &stop, &progress).await?),
        Published::Unread => {
            status = Status::Attention;
            terminal.note(
                "warning: nobody subscribes, so nothing was sent; add one with `daybrief subscribers add ADDRESS`",
            );
        }
        Published::Before { id } => {
            terminal.note(&format!("note: the edition {id} was composed before; this one was dropped"));
        }
        Published::Quiet => {}
    }
    progress.finish_and_clear();
    report(&composed, &delivered, args.json, terminal)?;
    if stop.is_requested() {
        terminal.note("warning: stopped; what waits is sent by the next `daybrief run`");
        return Ok(Status::Attention);
    }
    Ok(if delivered.needs_attention() { Status::Attention } else { status })
}

/// Sends what is due. Asked to stop, it finishes the message under way and leaves the others to the next run.
async fn deliver(service: &Service, stop: &Stop, progress: &ProgressBar) -> anyhow::Result<Delivered> {
    match stop.finish(pipeline::deliver(service, stop, progress)).await {
        Some(delivered) => delivered,
        None => anyhow::bail!("stopped while a message was being sent: the next run tells what became of it"),
    }
}

pub fn address(text: &str) -> anyhow::Result<Address> {
    text.parse()
        .map_err(|error| Misuse(format!("--to {text}: {error}; write an address such as me@example.org")).into())
}

/// The window that the arguments ask for, if they do.
fn window(args: &RunArgs, until: &[&String], edition: &Edition, now: Timestamp) -> anyhow::Result<Option<Window>> {
    if let Some(since) = &args.since {
        let wrong = || Misuse(format!("--since {since}: write a length of time such as 24h, 90m or 3d"));
        let length: Span = since.parse().map_err(|_| wrong())?;
        let length = length.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
        let from = now.checked_sub(length).ok().filter(|_| length.is_positive()).ok_or_else(wrong)?;
        return Ok(Some(Window { from, to: now }));
    }
    let to = match until {
        [] => now,
        [to] => moment(to, edition.zone(), "--to")?,
        _ => return Err(Misuse(
            "--to: give one end of the window at most, such as 2031-03-05; anything with an @ is an address to send to"
                .to_owned(),
        )
        .into()),
    };
    let from = match &args.from {
        Some(from) => moment(from, edition.zone(), "--from")?,
        None if until.is_empty() => return Ok(None),
        None => return Err(Misuse("--to TIME needs --from TIME".to_owned()).into()),
    };
    if from >= to {
        return Err(Misuse("--from must be before --to".to_owned()).into());
    }
    Ok(Some(Window { from, to }))
}

/// A day, a local time in the edition's zone, or an instant.
fn moment(text: &str, zone: &TimeZone, option: &str) -> anyhow::Result<Timestamp> {
    let local = |time: civil::DateTime| time.to_zoned_datetime(zone.clone()).ok().map(|zoned| zoned.timestamp());
    let parsed = text.parse::<Timestamp>().ok();
    let parsed = parsed.or_else(|| text.parse::<civil::DateTime>().ok().and_then(local));
    let parsed = parsed.or_else(|| text.parse::<civil::Date>().ok().and_then(|day| local(day.at(0, 0, 0, 0))));
    parsed.ok_or_else(|| {
        Misuse(format!("{option} {text}: write 2031-03-05, 2031-03-05T07:00 or 2031-03-05T07:00:00Z")).into()
    })
}

pub fn report_sources(collected: &Collected, terminal: Terminal) -> Status {
    for silent in &collected.silent {
        terminal.note(&format!("warning: {} gave nothing: {}", silent.source, silent.reason));
    }
    for remark in &collected.remarks {
        terminal.note(&format!("note: {remark}"));
    }
    if collected.silent.is_empty() { Status::Done } else { Status::Attention }
}

fn report(composed: &Composed, delivered: &Delivered, json: bool, terminal: Terminal) -> anyhow::Result<()> {
    if json {
        return terminal.print(&serde_json::to_string_pretty(&json!({
            "edition": composed.digest.frame.name,
            "subject": composed.rendered.subject,
            "quiet": composed.view.is_quiet(),
            "held": composed.digest.held.len(),
            "articles": composed.digest.frame.coverage.articles,
            "delivered": delivered,
        }))?);
    }
    let news = if composed.view.is_quiet() {
        "nothing new".to_owned()
    } else {
        format!("“{}”", composed.rendered.subject)
    };
    terminal.print(&format!("{}: {news}; {delivered}", composed.digest.frame.name))?;
    for reason in &delivered.reasons {
        terminal.note(&format!("warning: {reason}"));
    }
    Ok(())
}
