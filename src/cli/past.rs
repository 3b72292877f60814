//! `replay`, `editions` and `held`: what was sent, and the figures that wait for a person.

use std::path::Path;

use anyhow::Context as _;
use jiff::{Timestamp, civil};
use serde_json::json;

use super::preview::show;
use super::run::{address, edition, service};
use super::terminal::Misuse;
use super::{HeldVerb, ReplayArgs, Status, Terminal};
use crate::config::Config;
use crate::news::wording::{self, Language};
use crate::service::pipeline;
use crate::service::store::{Decision, Store};
use crate::service::worker::Clock;

/// Editions of each name that are listed.
const EDITIONS_SHOWN: u32 = 30;

pub async fn replay(args: &ReplayArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let service = service(Config::load(config)?, false).await?;
    let edition = edition(&service.config, args.edition.as_deref())?;
    let day: civil::Date = args.date.parse().map_err(|_| Misuse(format!("--date {}: write 2031-03-05", args.date)))?;
    let sent = pipeline::sent_on(&service, edition, day).await?;
    let sent = sent.with_context(|| format!("failed to find an edition of {} composed on {day}", edition.name))?;
    let composed = if args.as_known_now { pipeline::as_known_now(&service, &sent).await? } else { sent };
    let reader = args.reader.as_deref().map(address).transpose()?;
    terminal.print(&show(&service, composed, reader.as_ref(), args.format).await?)?;
    Ok(Status::Done)
}

pub async fn editions(as_json: bool, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(config)?;
    let store = Store::open_read_only(&config.store).await?;
    let mut rows = Vec::new();
    for edition in &config.editions {
        for stored in store.editions_composed(&edition.name, Timestamp::MAX, EDITIONS_SHOWN).await? {
            let counts = store.delivery_counts(Some(&stored.id)).await?;
            rows.push((stored, counts));
        }
    }
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(edition, counts)| {
                let frame = &edition.digest.frame;
                json!({
                    "id": edition.id, "name": frame.name, "window": frame.window, "composed_at": frame.composed_at,
                    "held": edition.digest.held.len(), "deliveries": counts,
                })
            })
            .collect();
        terminal.print(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Status::Done);
    }
    if rows.is_empty() {
        terminal.note("no editions yet; `daybrief run` makes one");
    }
    for (edition, counts) in rows {
        let counts: Vec<String> = counts.iter().map(|(state, number)| format!("{number} {state}")).collect();
        let counts = if counts.is_empty() { "nobody was sent it".to_owned() } else { counts.join(", ") };
        terminal.print(&format!("{}\t{}\t{counts}", edition.id, wording::subject(&edition.digest)))?;
    }
    Ok(Status::Done)
}

pub async fn held(verb: HeldVerb, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(config)?;
    let (id, decision) = match verb {
        HeldVerb::List { all, json } => {
            let store = Store::open_read_only(&config.store).await?;
            let mut figures = store.held_figures().await?;
            figures.retain(|figure| all || figure.decision.is_none());
            if json {
                terminal.print(&serde_json::to_string_pretty(&figures)?)?;
                return Ok(Status::Done);
            }
            if figures.is_empty() {
                terminal.note("no figure is held");
            }
            for figure in figures {
                let decision = figure.decision.map_or("held", Decision::name);
                let count = wording::count(&figure.item.claim.count, Language::English);
                terminal.print(&format!(
                    "{}\t{decision}\t{count}\t{}",
                    figure.item.id,
                    wording::held_item(&figure.item, Language::English)
                ))?;
            }
            return Ok(Status::Done);
        }
        HeldVerb::Release { id } => (id, Decision::Released),
        HeldVerb::Reject { id } => (id, Decision::Rejected),
    };
    let store = Store::open(&config.store).await?;
    if !store.decide(&id, decision, Clock::System.now()).await? {
        anyhow::bail!("failed to find a held figure {id}; see `daybrief held list`");
    }
    terminal.print(&format!("{} {id}", decision.name()))?;
    Ok(Status::Done)
}
