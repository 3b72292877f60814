//! Whole runs, on record: how long each part took, and how it ended.

use std::sync::Arc;

use anyhow::Context as _;
use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::control::Job;
use super::fetch::state::Occasion;
use super::pipeline::{self, Asking, Collected, Composed, Order, Published, Service};
use super::store::{Run, Step};
use super::worker::{Stop, Urgency};
use crate::config::Edition;
use crate::news::wording;

/// Who is named where nobody asked for a run.
pub const SCHEDULE: &str = "schedule";

/// What of a run is recorded.
pub struct Record {
    run: Run,
    since: Instant,
}

impl Record {
    fn new(edition: &Edition, who: &str, now: Timestamp) -> Self {
        let run = Run {
            edition: edition.name.clone(),
            who: who.to_owned(),
            started_at: now,
            steps: Vec::new(),
            failed: false,
            outcome: String::new(),
        };
        Self { run, since: now_instant() }
    }

    /// A part is done.
    pub fn step(&mut self, name: &str) {
        let now = now_instant();
        let milliseconds = u64::try_from(now.duration_since(self.since).as_millis()).unwrap_or(u64::MAX);
        self.run.steps.push(Step { name: name.to_owned(), milliseconds });
        self.since = now;
    }

    /// Keeps it. What cannot be kept does not spoil the run.
    pub async fn end(mut self, service: &Service, outcome: Result<String, String>) {
        self.run.failed = outcome.is_err();
        self.run.outcome = outcome.unwrap_or_else(|error| error);
        if let Err(error) = service.store.record_run(&self.run).await {
            tracing::warn!("{error}");
        }
    }
}

/// Only to tell how long something took.
fn now_instant() -> Instant {
    Instant::now()
}

/// Reads the sources and makes the edition of `slots`, or one by hand where there are none.
///
/// # Errors
/// As a record that ends so, and the reason.
pub async fn publish(
    service: &Service,
    edition: &Edition,
    slots: &[Timestamp],
    who: &str,
    progress: &ProgressBar,
) -> (Record, anyhow::Result<(Composed, Published)>) {
    let mut record = Record::new(edition, who, service.clock.now());
    let occasion = if slots.is_empty() { Occasion::ByHand } else { Occasion::Edition };
    let made = async {
        let collected = pipeline::collect(service, &service.config.sources, Asking::stored(occasion), progress).await?;
        record.step("read the sources");
        for silent in &collected.silent {
            tracing::warn!(source = silent.source, "gave nothing: {}", silent.reason);
        }
        progress.set_prefix("composing");
        progress.set_message("");
        let to = slots.last().copied().unwrap_or_else(|| service.clock.now());
        let window = pipeline::window(service, edition, slots, to).await?;
        let order = Order { edition, window, slots, collected_only: false, partial: false };
        let made = pipeline::publish(service, &order, &collected).await?;
        record.step("compose");
        Ok(made)
    };
    let made = made.await;
    (record, made)
}

/// What became of an edition, in words.
pub fn outcome(composed: &Composed, published: &Published) -> String {
    match published {
        Published::Frozen { id, deliveries } => {
            format!("composed {id} for {deliveries}: “{}”", wording::subject(&composed.view))
        }
        Published::Quiet => "nothing new, nothing sent".to_owned(),
        Published::Unread => "nobody subscribes, so nothing was sent".to_owned(),
        Published::Before { id } => format!("another process had composed {id}"),
    }
}

/// What would be sent now. Changes nothing.
///
/// # Errors
/// The store does not answer.
pub async fn as_it_stands(service: &Service, edition: &Edition) -> anyhow::Result<Composed> {
    let window = pipeline::window(service, edition, &[], service.clock.now()).await?;
    let order = Order { edition, window, slots: &[], collected_only: false, partial: false };
    pipeline::compose(service, &order, &Collected::default()).await
}

/// Does the runs that admins ask for, one after the other, until asked to stop.
pub async fn by_hand(mut orders: mpsc::UnboundedReceiver<Arc<Job>>, stop: &Stop) {
    loop {
        let job = tokio::select! {
            job = orders.recv() => job,
            () = stop.at(Urgency::Finish) => None,
        };
        let Some(job) = job else { return };
        let (outcome, failed) = match stop.finish(one_by_hand(&job, stop)).await {
            Some(Ok(outcome)) => (outcome, false),
            Some(Err(error)) => (format!("It failed: {error:#}"), true),
            None => ("The program stopped; the next start goes on.".to_owned(), true),
        };
        job.end(outcome, failed);
    }
}

/// As `daybrief run` does it. The worker beside it is another process to the store: nothing is done twice.
async fn one_by_hand(job: &Job, stop: &Stop) -> anyhow::Result<String> {
    let service = &job.service;
    let edition = service.config.edition(&job.edition).context("find the edition in the configuration")?;
    let (mut record, made) = publish(service, edition, &[], &job.who, &job.progress).await;
    let result = async {
        let (composed, published) = made?;
        let outcome = outcome(&composed, &published);
        job.progress.set_prefix("sending");
        let delivered = pipeline::deliver(service, stop, &job.progress).await?;
        record.step("deliver");
        anyhow::Ok(format!("{outcome}; {delivered}"))
    };
    let result = result.await;
    let kept = result.as_ref().map(Clone::clone).map_err(|error| format!("{error:#}"));
    record.end(service, kept).await;
    result
}
