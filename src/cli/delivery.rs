//! `deliveries`, `resend`, `send-test` and `bounces`: what became of the mail.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::json;

use super::run::{edition, service};
use super::subscribers::parse;
use super::terminal::Misuse;
use super::{BouncesVerb, DeliveriesArgs, ResendArgs, SendTestArgs, Status, Terminal};
use crate::config::Config;
use crate::news::delivery::State;
use crate::service::bounces::{self, Return};
use crate::service::pipeline::{self, Collected, Composed, Order, Service};
use crate::service::store::{DeliveryRecord, Store};
use crate::service::worker::Stop;

/// Editions that `deliveries` lists.
const EDITIONS_SHOWN: u32 = 14;
const BOUNCES_SHOWN: u32 = 100;

/// States that want a person: something may have arrived twice, or not at all.
const ATTENTION: [State; 3] = [State::Rejected, State::Unknown, State::Expired];

pub async fn deliveries(args: &DeliveriesArgs, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(path)?;
    let store = Store::open_read_only(&config.store).await?;
    let Some(wanted) = &args.edition else { return summary(&config, &store, args, terminal).await };
    let id = edition_id(&config, &store, wanted).await?;
    let mut records = store.deliveries(&id).await?;
    records.retain(|record| args.state.is_none_or(|state| record.delivery.state == state));
    if args.json {
        let rows: Vec<_> = records.iter().map(row).collect();
        terminal.print(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Status::Done);
    }
    for record in &records {
        let to = record.to.as_ref().map_or_else(|| "(erased)".to_owned(), |to| to.email.to_string());
        let mut line = format!("{to}\t{}", record.delivery.state);
        if record.delivery.unknowns > 0 && record.delivery.state != State::Unknown {
            line.push_str(&format!(" (in doubt {} times before)", record.delivery.unknowns));
        }
        if let Some(at) = record.delivery.next_at {
            line.push_str(&format!(", next try {}", at.strftime("%-d %b %H:%M UTC")));
        }
        if let Some(result) = &record.result {
            line.push_str(&format!("\t{result}"));
        }
        terminal.print(&line)?;
    }
    terminal.note(&format!("{id}: {} recipients shown", records.len()));
    Ok(attention(records.iter().map(|record| record.delivery.state)))
}

fn attention(states: impl Iterator<Item = State>) -> Status {
    if states.into_iter().any(|state| ATTENTION.contains(&state)) { Status::Attention } else { Status::Done }
}

fn row(record: &DeliveryRecord) -> serde_json::Value {
    json!({
        "edition": record.edition_id,
        "address": record.to.as_ref().map(|to| to.email.to_string()),
        "state": record.delivery.state,
        "attempts": record.delivery.attempts,
        "unknowns": record.delivery.unknowns,
        "next_at": record.delivery.next_at,
        "expires_at": record.delivery.expires_at,
        "message_id": record.message_id,
        "result": record.result,
        "changed_at": record.changed_at,
    })
}

async fn summary(config: &Config, store: &Store, args: &DeliveriesArgs, terminal: Terminal) -> anyhow::Result<Status> {
    let (mut rows, mut states) = (Vec::new(), Vec::new());
    for edition in &config.editions {
        for stored in store.editions(&edition.name, Timestamp::MIN..Timestamp::MAX, EDITIONS_SHOWN).await? {
            let counts = store.delivery_counts(Some(&stored.id)).await?;
            states.extend(counts.keys().copied());
            rows.push((stored.id, counts));
        }
    }
    if args.json {
        let rows: Vec<_> = rows.iter().map(|(id, counts)| json!({ "edition": id, "deliveries": counts })).collect();
        terminal.print(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Status::Done);
    }
    if rows.is_empty() {
        terminal.note("no edition was sent yet");
    }
    for (id, counts) in rows {
        let total: u64 = counts.values().sum();
        let parts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let parts = if parts.is_empty() { "for nobody".to_owned() } else { parts.join(", ") };
        terminal.print(&format!("{id}\t{total} recipients: {parts}"))?;
    }
    Ok(attention(states.into_iter()))
}

async fn edition_id(config: &Config, store: &Store, wanted: &str) -> anyhow::Result<String> {
    if wanted != "last" {
        let found = store.edition(wanted).await?;
        return Ok(found
            .with_context(|| format!("failed to find the edition {wanted}; see `daybrief deliveries`"))?
            .id);
    }
    let mut newest = None;
    for edition in &config.editions {
        newest = newest
            .max(store.latest_edition(&edition.name).await?.map(|stored| (stored.digest.frame.composed_at, stored.id)));
    }
    Ok(newest.context("failed to find an edition: none was sent yet")?.1)
}

pub async fn resend(args: &ResendArgs, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let service = service(Config::load(path)?, true).await?;
    let id = edition_id(&service.config, &service.store, &args.edition).await?;
    let mut states = Vec::new();
    states.extend([State::Rejected, State::Expired].into_iter().filter(|_| args.failed));
    states.extend(args.unknown.then_some(State::Unknown));
    let to = args.to.as_deref().map(parse).transpose()?;
    if to.is_some() {
        states = State::ALL.to_vec();
    }
    if states.is_empty() {
        return Err(Misuse("say what to send again: --failed, --unknown, or --to ADDR".to_owned()).into());
    }
    let (now, expires_after) = (service.clock.now(), service.config.mail.expires_after);
    let count = service.store.resend(&id, to.as_ref(), &states, now, expires_after).await?;
    let (_asker, stop) = Stop::controlled();
    let progress = terminal.progress();
    let delivered = pipeline::deliver(&service, &stop, &progress).await?;
    progress.finish_and_clear();
    terminal.print(&format!("{id}: {count} to be sent again; {delivered}"))?;
    for reason in &delivered.reasons {
        terminal.note(&format!("warning: {reason}"));
    }
    Ok(if delivered.needs_attention() { Status::Attention } else { Status::Done })
}

pub async fn send_test(args: &SendTestArgs, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let service = service(Config::load(path)?, false).await?;
    let edition = edition(&service.config, args.edition.as_deref())?;
    let address = parse(&args.address)?;
    let composed = match service.store.latest_edition(&edition.name).await? {
        Some(stored) => pipeline::stored(&service, stored).await?,
        None => compose(&service, edition).await?,
    };
    let delivered = pipeline::send_copies(&service, &composed, &[address]).await?;
    terminal.print(&format!("“{}”: {delivered}", composed.rendered.subject))?;
    for reason in &delivered.reasons {
        terminal.note(&format!("warning: {reason}"));
    }
    Ok(if delivered.needs_attention() { Status::Attention } else { Status::Done })
}

/// What would be sent now.
async fn compose(service: &Service, edition: &crate::config::Edition) -> anyhow::Result<Composed> {
    let window = pipeline::window(service, edition, &[], service.clock.now()).await?;
    let order = Order { edition, window, slots: &[], collected_only: false, partial: false };
    pipeline::compose(service, &order, &Collected::default()).await
}

pub async fn bounces(verb: BouncesVerb, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(path)?;
    let returns: Vec<Return> = match verb {
        BouncesVerb::List { json } => {
            let bounces = Store::open_read_only(&config.store).await?.bounces(BOUNCES_SHOWN).await?;
            if json {
                terminal.print(&serde_json::to_string_pretty(&bounces)?)?;
                return Ok(Status::Done);
            }
            for bounce in bounces {
                let address = bounce.address.unwrap_or_else(|| "(erased)".to_owned());
                let at = bounce.at.strftime("%-d %b %Y %H:%M UTC");
                terminal.print(&format!("{at}\t{address}\t{}\t{}", bounce.kind, bounce.said))?;
            }
            return Ok(Status::Done);
        }
        BouncesVerb::Fetch => {
            let mailbox = config.mail.mailbox.clone();
            let mailbox = mailbox.ok_or_else(|| Misuse("no mailbox is configured; add [mail.mailbox]".to_owned()))?;
            bounces::fetch(&service(config, true).await?, &mailbox).await.context("failed to read the bounces")?
        }
        BouncesVerb::Read { files } => {
            let service = service(config, true).await?;
            let mut returns = Vec::new();
            for file in files {
                let mut message = Vec::new();
                match file.as_str() {
                    "-" => std::io::stdin().lock().read_to_end(&mut message).map(drop),
                    path => std::fs::read(path).map(|bytes| message = bytes),
                }
                .with_context(|| format!("failed to read {file}"))?;
                returns.push(bounces::take(&service, &message).await?);
            }
            returns
        }
    };
    for found in &returns {
        terminal.print(&found.to_string())?;
    }
    terminal.note(&format!("{} messages read", returns.len()));
    Ok(Status::Done)
}
