//! `serve`: work until stopped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use axum::Router;
use indicatif::ProgressBar;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::run::{service, with_store};
use super::{ServeArgs, Status, Terminal};
use crate::config::{Config, Corrections, Edition};
use crate::news::schedule::Due;
use crate::news::wording::Language;
use crate::service::archive::{write_edition, write_feeds};
use crate::service::control::{Control, Looked};
use crate::service::fetch::state::Occasion;
use crate::service::pipeline::{self, Asking, Composed, Published, Service};
use crate::service::proof_of_life::{self, Sign};
use crate::service::sign_up;
use crate::service::worker::{self, Clock, Ended, Plan, Stop, Urgency};
use crate::service::{bounces, notice, runs, web};

/// How often sources are looked through for such as are due: feeds drop entries between two editions.
const POLL: SignedDuration = SignedDuration::from_mins(5);
/// How often the configuration file is looked at: a person who has just saved it waits for that.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// An edition that is made so long after it was due is late.
const LATE: SignedDuration = SignedDuration::from_mins(30);

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
    let (orders, ordered) = mpsc::unbounded_channel();
    let control = Arc::new(Control::new(orders));
    control.starts_with(&config);
    let listen = config.web.listen;
    let (routers, router) = watch::channel(Router::new());
    let pages = async {
        let Some(listen) = listen else { return std::future::pending().await };
        match TcpListener::bind(listen).await {
            Ok(listener) => {
                let address = listener.local_addr().unwrap_or(listen);
                tracing::info!(%address, "pages for subscribers");
                web::serve(listener, router).await;
            }
            // The editions go out all the same.
            Err(error) => tracing::error!(%listen, "no pages for subscribers: failed to serve them: {error}"),
        }
        std::future::pending::<()>().await;
    };
    let service = Arc::new(service(config, true).await?);
    let stop = Stop::on_signals().context("failed to listen for signals")?;
    let work = async {
        let by_hand = async {
            runs::by_hand(ordered, &stop).await;
            anyhow::Ok(())
        };
        tokio::try_join!(generations(service, &control, &routers, &stop), by_hand)
    };
    let (ended, ()) = tokio::select! {
        ended = work => ended?,
        () = pages => (Ended::Cleanly, ()),
    };
    tracing::info!("stopped");
    Ok(if ended == Ended::Cleanly { Status::Done } else { Status::Attention })
}

/// Works with one configuration after the other.
async fn generations(
    mut service: Arc<Service>,
    control: &Arc<Control>,
    routers: &watch::Sender<Router>,
    stop: &Stop,
) -> anyhow::Result<Ended> {
    loop {
        drop(routers.send_replace(web::router(&service, control)));
        let ended = generation(&service, control, stop).await?;
        if stop.at_least(Urgency::Finish) {
            return Ok(ended);
        }
        let Some(config) = control.take_next() else { continue };
        match successor(&service, config).await {
            Ok(next) => {
                service = Arc::new(next);
                tracing::info!("the new configuration is in force");
            }
            Err(error) => {
                tracing::error!("the new configuration cannot be put to work, the old one stays: {error:#}");
                control.refuse(format!("It reads well, but cannot be put to work: {error:#}"));
            }
        }
    }
}

/// What works with the next configuration, with the same store and at the same address.
async fn successor(old: &Service, config: Config) -> anyhow::Result<Service> {
    anyhow::ensure!(config.store == old.config.store, "another store needs a restart of `daybrief serve`");
    anyhow::ensure!(
        config.web.listen == old.config.web.listen,
        "another address for the pages needs a restart of `daybrief serve`"
    );
    with_store(config, old.store.clone(), old.clock.clone(), true).await
}

/// Works with one configuration until another one is accepted or we are asked to stop.
async fn generation(service: &Service, control: &Control, stop: &Stop) -> anyhow::Result<Ended> {
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
    let (asks, own_stop) = Stop::controlled();
    let publish = async |plan: &Plan, due: &Due| {
        let edition = service.config.edition(&plan.name).context("find the edition in the configuration")?;
        let made = publish(service, edition, due).await;
        watch_over(service, control, edition, due, &made).await;
        if made.is_ok() {
            control.life_unproven.store(true, Ordering::Relaxed);
        }
        made
    };
    let deliver = async || {
        let delivered = pipeline::deliver(service, &own_stop, &ProgressBar::hidden()).await;
        if control.life_unproven.load(Ordering::Relaxed) {
            let sign = Sign::of(&delivered);
            proof_of_life::show(service, sign).await;
            // One that reached nobody yet is proof when it does.
            control.life_unproven.store(sign == Sign::Failed, Ordering::Relaxed);
        }
        let delivered = delivered?;
        if !delivered.messages.is_empty() {
            tracing::info!("sent: {delivered}");
        }
        for reason in &delivered.reasons {
            tracing::warn!("a message was not accepted: {reason}");
        }
        Ok(service.store.next_due().await?)
    };
    let last_slot = async |plan: &Plan| Ok(service.store.last_slot(&plan.name).await?);
    let bounces = async {
        let Some(mailbox) = &service.config.mail.mailbox else { return std::future::pending().await };
        loop {
            match bounces::fetch(service, mailbox).await {
                Ok(returns) if returns.is_empty() => {}
                Ok(returns) => tracing::info!(messages = returns.len(), "read the bounces"),
                Err(error) => tracing::error!("failed to read the bounces: {error:#}"),
            }
            service.clock.sleep_until(service.clock.now() + BOUNCES).await;
        }
    };
    let asked = async {
        for urgency in [Urgency::Finish, Urgency::Now] {
            stop.at(urgency).await;
            asks.send_if_modified(|now| std::mem::replace(now, urgency.max(*now)) < urgency);
        }
        std::future::pending::<()>().await;
    };
    let changed = async {
        until_changed(service, control).await;
        asks.send_if_modified(|now| std::mem::replace(now, Urgency::Change.max(*now)) < Urgency::Change);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = worker::serve(&service.clock, &plans, last_slot, publish, deliver, &own_stop) => ended,
        () = watch(service, control, &own_stop) => Ok(Ended::Cleanly),
        () = sign_up::serve(service, &control.signed_up) => Ok(Ended::Cleanly),
        () = bounces => Ok(Ended::Cleanly),
        () = asked => Ok(Ended::Cleanly),
        () = changed => Ok(Ended::Cleanly),
    }
}

/// Waits until the configuration file says something else, and that can be meant.
async fn until_changed(service: &Service, control: &Control) {
    let Some(path) = &service.config.path else { return std::future::pending().await };
    loop {
        tokio::select! {
            () = service.clock.sleep_until(service.clock.now() + LOOK) => {}
            () = control.look.notified() => {}
        }
        match control.look_at(path) {
            Looked::Same => {}
            Looked::Accepted => return,
            Looked::Refused => {
                let reason = control.refused().unwrap_or_default();
                tracing::error!("the configuration has mistakes, the old one stays in force:\n{reason}");
            }
        }
    }
}

/// Tells the admin, and whoever watches from outside, of an edition that failed or came late, once.
async fn watch_over(service: &Service, control: &Control, edition: &Edition, due: &Due, made: &anyhow::Result<()>) {
    let Some(slot) = due.slot() else { return };
    let (title, due_at) = (&edition.title, Language::English.moment(slot, edition.zone()));
    let (word, text) = match made {
        Err(error) => {
            let text =
                format!("The edition “{title}” that was due {due_at} failed:\n\n{error:#}\n\nIt is tried again.\n");
            ("failed", text)
        }
        Ok(()) if service.clock.now().duration_since(slot) > LATE => {
            let now = Language::English.moment(service.clock.now(), edition.zone());
            ("is late", format!("The edition “{title}” that was due {due_at} was made {now}.\n"))
        }
        Ok(()) => return,
    };
    if !control.tell_once(format!("{} {slot} {word}", edition.name)) {
        return;
    }
    let subject = format!("Daybrief: {} {word}", edition.name);
    let ((), told) = tokio::join!(proof_of_life::show(service, Sign::Failed), notice::tell(service, &subject, &text));
    if let Err(error) = told {
        tracing::error!("{error:#}");
    }
}

/// How often the mailbox for bounces is read.
const BOUNCES: SignedDuration = SignedDuration::from_mins(5);

/// One due edition, from sources to frozen; its messages are sent right after.
async fn publish(service: &Service, edition: &Edition, due: &Due) -> anyhow::Result<()> {
    if due.slot().is_none() {
        return Ok(());
    }
    let (record, made) = runs::publish(service, edition, &due.covered, runs::SCHEDULE, &ProgressBar::hidden()).await;
    let (composed, published) = match made {
        Ok(made) => made,
        Err(error) => {
            record.end(service, Err(format!("{error:#}"))).await;
            return Err(error);
        }
    };
    record.end(service, Ok(runs::outcome(&composed, &published))).await;
    let subject = &composed.rendered.subject;
    match published {
        Published::Frozen { id, deliveries } => tracing::info!(edition = id, deliveries, "composed “{subject}”"),
        Published::Quiet => tracing::info!(edition = edition.name, "nothing new, nothing sent"),
        Published::Unread => tracing::warn!(edition = edition.name, "nobody subscribes, so nothing was sent"),
        Published::Before { id } => tracing::info!(edition = id, "another process composed this slot"),
    }
    archive(service, edition, &composed).await
}

async fn archive(service: &Service, edition: &Edition, composed: &Composed) -> anyhow::Result<()> {
    if let Some(folder) = &service.config.archive {
        write_edition(service, composed, folder).await?;
        write_feeds(service, edition, folder).await?;
    }
    Ok(())
}

/// Keeps reading the sources between editions, each when its own pace says so.
async fn watch(service: &Service, control: &Control, stop: &Stop) {
    loop {
        control.beat(service.clock.now());
        if let Err(error) = poll(service).await {
            tracing::error!("failed to read the sources: {error:#}");
        }
        if let Err(error) = correct(service, stop).await {
            tracing::error!("failed to send corrections: {error:#}");
        }
        service.clock.sleep_until(service.clock.now() + POLL).await;
    }
}

/// Tells those who were sent a figure that its article no longer stands behind.
async fn correct(service: &Service, stop: &Stop) -> anyhow::Result<()> {
    for edition in service.config.editions.iter().filter(|edition| edition.corrections == Corrections::AtOnce) {
        let Some((composed, published)) = pipeline::correct(service, edition).await? else { continue };
        let Published::Frozen { id, deliveries } = published else { continue };
        tracing::info!(edition = id, deliveries, "composed “{}”", composed.rendered.subject);
        archive(service, edition, &composed).await?;
        let delivered = pipeline::deliver(service, stop, &ProgressBar::hidden()).await?;
        tracing::info!("sent: {delivered}");
    }
    Ok(())
}

async fn poll(service: &Service) -> anyhow::Result<()> {
    let (sources, hidden) = (&service.config.sources, ProgressBar::hidden());
    let collected = pipeline::collect(service, sources, Asking::stored(Occasion::Routine), &hidden).await?;
    tracing::debug!(articles = collected.count(), silent = collected.silent.len(), "read the sources that were due");
    Ok(())
}
