//! collect → compose → deliver: the spine that `run` and `serve` share.

use std::collections::BTreeSet;

use anyhow::Context as _;
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use lettre::Address;

use super::fetch::Fetcher;
use super::gather::{self, Gathered, Manner};
use super::mail::Mailer;
use super::store::{Frozen, NewEdition, Store};
use crate::config::{Config, Edition, Empty, Source};
use crate::news::article::Article;
use crate::news::delivery::{self, Outcome, State};
use crate::news::digest::{self, Coverage, Digest, Frame, Silent, Window};
use crate::news::extract;
use crate::news::incident::Reading;
use crate::news::message::{self, Rendered, Sender};

/// How far back articles and digests count for "was": an incident that nobody told of for this long starts anew.
const LEDGER_DAYS: i64 = 14;

/// Deliveries that are leased together.
const LEASE_MESSAGES_MAX: u32 = 50;

/// How long a lease holds: a batch takes seconds, a dead worker's batch is taken over after this.
const LEASE: SignedDuration = SignedDuration::from_mins(10);

/// What a run works with.
pub struct Service {
    pub config: Config,
    pub store: Store,
    pub fetcher: Fetcher,
    pub mailer: Mailer,
}

/// One edition to be made.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    pub edition: &'a Edition,
    pub window: Window,
    /// The due times it stands for; none for a manual run.
    pub slots: Vec<Timestamp>,
    /// When true the edition is made of what was just collected and nothing else, whatever its date.
    pub collected_only: bool,
}

/// What the sources gave.
#[derive(Debug, Default)]
pub struct Collected {
    pub articles: Vec<Article>,
    pub asked: usize,
    pub silent: Vec<Silent>,
    /// Sources that answered, and still something about them wants a person's attention.
    pub remarks: Vec<String>,
    states: Vec<(String, super::fetch::freshness::Freshness)>,
}

/// An edition as it would be sent.
#[derive(Debug)]
pub struct Composed {
    pub digest: Digest,
    pub rendered: Rendered,
    /// Whether it has anything to say that its readers do not know.
    pub quiet: bool,
    /// The articles it is made of: ids and hashes of the text they had.
    articles: Vec<Article>,
}

/// What became of the messages that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    pub accepted: usize,
    /// To be tried again, by `serve` or the next `run`.
    pub waiting: usize,
    pub rejected: usize,
    pub unknown: usize,
    pub expired: usize,
    /// What the mail server or the network said of those that were not accepted, without repetition.
    pub reasons: BTreeSet<String>,
}

/// Reads every source. One that fails costs nothing but itself.
pub async fn collect(service: &Service, sources: &[Source], now: Timestamp, progress: &Progress) -> anyhow::Result<Collected> {
    let known = service.store.article_ids().await.context("read the stored articles")?;
    let known = |id: &str| known.contains(id);
    let manner = Manner { fetcher: &service.fetcher, limits: &service.config.limits, known: &known, now };
    progress.begin("reading sources", sources.len());
    let mut collected = Collected { asked: sources.len(), ..Collected::default() };
    let mut answers = stream::iter(sources)
        .map(|source| async move {
            let state = service.store.source_state(&source.name).await.unwrap_or_default();
            (source, gather::gather(source, state, manner).await)
        })
        .buffer_unordered(service.config.limits.fetches_max as usize);
    while let Some((source, gathered)) = answers.next().await {
        progress.step(&source.name);
        let Gathered { articles, remarks, state, failure } = gathered;
        collected.articles.extend(articles);
        collected.remarks.extend(remarks.into_iter().map(|remark| format!("{}: {remark}", source.name)));
        collected.states.extend(state.map(|state| (source.name.clone(), state)));
        collected.silent.extend(failure.map(|reason| Silent { source: source.name.clone(), reason }));
    }
    // Sources answer in any order; what is made of them must not depend on it.
    collected.articles.sort_by(|a, b| a.id.cmp(&b.id));
    collected.silent.sort_by(|a, b| a.source.cmp(&b.source));
    collected.remarks.sort();
    Ok(collected)
}

/// Stores what was collected, so that nothing is lost whatever happens next.
pub async fn keep(service: &Service, collected: &Collected, now: Timestamp) -> anyhow::Result<()> {
    service.store.save_articles(&collected.articles, now).await.context("store the articles")?;
    for (source, state) in &collected.states {
        service.store.save_source_state(source, state, now).await.context("store the state of a source")?;
    }
    Ok(())
}

/// Makes an edition of what is stored and what was just collected; changes nothing.
pub async fn compose(service: &Service, order: &Order<'_>, collected: &Collected, now: Timestamp) -> anyhow::Result<Composed> {
    let edition = order.edition;
    let material = service.store.material(&edition.name, order.window, now - LEDGER).await.context("read the stored articles")?;
    let fresh = material.fresh(&collected.articles, order);
    let readings = read(fresh, material.told).await?;
    let frame = Frame {
        name: edition.name.clone(),
        title: edition.title.clone(),
        zone: edition.zone.iana_name().unwrap_or("UTC").to_owned(),
        window: order.window,
        slots: order.slots.clone(),
        composed_at: now,
        sections: edition.sections.clone(),
        coverage: coverage(collected, &readings),
    };
    let digest = digest::compose(frame, &readings, &material.digests);
    let sender = sender(service, edition);
    let rendered = message::render(&digest, &edition.zone, &sender.contact().email.to_string())?;
    Ok(Composed { quiet: digest.is_quiet(), digest, rendered, articles: used })
}
