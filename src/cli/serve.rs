//! `serve`: work until stopped.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use indicatif::ProgressBar;
use jiff::SignedDuration;
use tokio::sync::Notify;

use super::archive::{write_edition, write_feeds};
use super::run::service;
use super::{ServeArgs, Status, Terminal};
use crate::config::{Config, Edition};
use crate::news::schedule::Due;
use crate::news::wording::Language;
use crate::service::bounces;
use crate::service::fetch::state::Occasion;
use crate::service::pipeline::{self, Asking, Order, Published, Service};
use crate::service::sign_up;
use crate::service::web::{self, Pages};
use crate::service::worker::{self, Clock, Ended, Plan, Stop};

/// How often sources are looked through for such as are due: feeds drop entries between two editions.
const POLL: SignedDuration = SignedDuration::from_mins(5);

pub async fn serve(args: &ServeArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(config)?;
    if args.plan {
        let now = Clock::System.now();
        for edition in &config.editions {
            let next = edition.schedule.next(now).map(|at| Language::English.moment(at, edition.zone()));
            terminal.print(&format!("{}: {}", edition.name, next.unwrap_or_else(|| "never".to_owned())))?;
        }
        return Ok(Status::Done);
    }
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(terminal.colour()).init();
    let service = service(config, true).await?;
    let stop = Stop::on_signals().context("failed to listen for signals")?;
    let plans: Vec<Plan> = service
        .config
        .editions
        .iter()
        .map(|edition| Plan {
            name: edition.name.clone(),
            schedule: edition.schedule.clone(),
            catch_up: edition.catch_up,
        })
        .collect();
    tracing::info!(editions = plans.len(), sources = service.config.sources.len(), store = %service.config.store, "serving");
    let publish = async |plan: &Plan, due: &Due| {
        let edition = service.config.edition(&plan.name).context("find the edition in the configuration")?;
        publish(&service, edition, due).await
    };
    let deliver = async || {
        let delivered = pipeline::deliver(&service, &stop, &ProgressBar::hidden()).await?;
        if !delivered.messages.is_empty() {
            tracing::info!("sent: {delivered}");
        }
        for reason in &delivered.reasons {
            tracing::warn!("a message was not accepted: {reason}");
        }
        Ok(service.store.next_due().await?)
    };
    let last_slot = async |plan: &Plan| Ok(service.store.last_slot(&plan.name).await?);
    let signed_up = Arc::new(Notify::new());
    let pages = async {
        let Some(listen) = service.config.web.listen else { return std::future::pending().await };
        let pages = Pages::new(&service, Arc::clone(&signed_up));
        let served = web::serve(pages, listen, |address| tracing::info!(%address, "pages for subscribers")).await;
        // The editions go out all the same.
        if let Err(error) = served {
            tracing::error!(%listen, "no pages for subscribers: failed to serve them: {error}");
        }
        std::future::pending::<()>().await;
    };
    let bounces = async {
        let Some(mailbox) = &service.config.mail.mailbox else { return std::future::pending().await };
        loop {
            match bounces::fetch(&service, mailbox).await {
                Ok(returns) if returns.is_empty() => {}
                Ok(returns) => tracing::info!(messages = returns.len(), "read the bounces"),
                Err(error) => tracing::error!("failed to read the bounces: {error:#}"),
            }
            service.clock.sleep_until(service.clock.now() + BOUNCES).await;
        }
    };
    let ended = tokio::select! {
        ended = worker::serve(&service.clock, &plans, last_slot, publish, deliver, &stop) => ended?,
        () = watch(&service) => Ended::Cleanly,
        () = pages => Ended::Cleanly,
        () = sign_up::serve(&service, &signed_up) => Ended::Cleanly,
        () = bounces => Ended::Cleanly,
    };
    tracing::info!("stopped");
    Ok(if ended == Ended::Cleanly { Status::Done } else { Status::Attention })
}

/// How often the mailbox for bounces is read.
const BOUNCES: SignedDuration = SignedDuration::from_mins(5);

/// One due edition, from sources to frozen; its messages are sent right after.
async fn publish(service: &Service, edition: &Edition, due: &Due) -> anyhow::Result<()> {
    let Some(slot) = due.slot() else { return Ok(()) };
    let (sources, hidden) = (&service.config.sources, ProgressBar::hidden());
    let collected = pipeline::collect(service, sources, Asking::stored(Occasion::Edition), &hidden).await?;
    for silent in &collected.silent {
        tracing::warn!(source = silent.source, "gave nothing: {}", silent.reason);
    }
    let window = pipeline::window(service, edition, &due.covered, slot).await?;
    let order = Order { edition, window, slots: &due.covered, collected_only: false, partial: false };
    let (composed, published) = pipeline::publish(service, &order, &collected).await?;
    let subject = &composed.rendered.subject;
    match published {
        Published::Frozen { id, deliveries } => tracing::info!(edition = id, deliveries, "composed “{subject}”"),
        Published::Quiet => tracing::info!(edition = edition.name, "nothing new, nothing sent"),
        Published::Unread => tracing::warn!(edition = edition.name, "nobody subscribes, so nothing was sent"),
        Published::Before { id } => tracing::info!(edition = id, "another process composed this slot"),
    }
    if let Some(folder) = &service.config.archive {
        write_edition(service, &composed, folder).await?;
        write_feeds(service, edition, folder).await?;
    }
    Ok(())
}

/// Keeps reading the sources between editions, each when its own pace says so.
async fn watch(service: &Service) {
    loop {
        if let Err(error) = poll(service).await {
            tracing::error!("failed to read the sources: {error:#}");
        }
        service.clock.sleep_until(service.clock.now() + POLL).await;
    }
}

async fn poll(service: &Service) -> anyhow::Result<()> {
    let (sources, hidden) = (&service.config.sources, ProgressBar::hidden());
    let collected = pipeline::collect(service, sources, Asking::stored(Occasion::Routine), &hidden).await?;
    tracing::debug!(articles = collected.count(), silent = collected.silent.len(), "read the sources that were due");
    Ok(())
}
