//! collect → compose → deliver: the spine that `run` and `serve` share.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp, civil};
use lettre::Address;

use super::fetch::Fetcher;
use super::fetch::freshness::Freshness;
use super::gather::{self, Gathered, Manner};
use super::mail::{Mailer, Outgoing};
use super::store::{Audience, Freeze, Frozen, Store};
use super::views::Views;
use super::worker::{Clock, Stop};
use crate::config::{Config, Edition, Empty, Source};
use crate::news::article::Article;
use crate::news::delivery::{self, OnUnknown, Outcome, Stage, State};
use crate::news::digest::{self, Coverage, Digest, Frame, Silent, Window, told};
use crate::news::extract;
use crate::news::incident::Reading;
use crate::news::message::{self, Rendered, Sender};
use crate::news::origin;
use crate::news::schedule;

/// How far back editions count for "was": an incident that no edition told of for this long starts anew.
const LEDGER: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Editions that are read back for it at most.
const LEDGER_EDITIONS_MAX: u32 = 60;

/// Deliveries that are leased together.
const LEASE_MESSAGES_MAX: u32 = 50;

/// How long a lease holds: a batch takes seconds, and a dead worker's batch is taken over after this.
const LEASE: SignedDuration = SignedDuration::from_mins(10);

/// What a run works with.
pub struct Service {
    pub config: Config,
    pub store: Store,
    pub fetcher: Fetcher,
    pub mailer: Mailer,
    pub clock: Clock,
}

/// One edition to be made.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub edition: &'a Edition,
    pub window: Window,
    /// The due times it stands for; none for a manual run.
    pub slots: &'a [Timestamp],
    /// Whether it is made of what was just collected and nothing else, whatever its date.
    pub collected_only: bool,
    /// Whether somebody chose its window or its sources, so that the next edition does not go on from it.
    pub partial: bool,
}

/// What the sources gave.
#[derive(Debug, Default)]
pub struct Collected {
    pub articles: Vec<Article>,
    pub asked: usize,
    pub silent: Vec<Silent>,
    /// What else about a source wants a person's attention.
    pub remarks: Vec<String>,
    states: Vec<(String, String, Freshness)>,
}

/// An edition as it would be sent.
#[derive(Debug)]
pub struct Composed {
    /// Its id in the store, once it is frozen.
    pub id: Option<String>,
    /// All that it can tell to any of its readers.
    pub digest: Digest,
    /// As one gets it who got every edition before.
    pub rendered: Rendered,
    /// Such a reader learns nothing from it.
    pub quiet: bool,
    /// The articles that are news in it.
    fresh: Vec<Article>,
}

/// What became of the messages that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// How many messages ended this turn in each state.
    pub messages: BTreeMap<State, usize>,
    /// What the mail server or the network said of those that were not accepted, without repetition.
    pub reasons: BTreeSet<String>,
}

/// Reads every source that is switched on. One that fails costs nothing but itself.
pub async fn collect(service: &Service, sources: &[Source], progress: &ProgressBar) -> anyhow::Result<Collected> {
    let known = service.store.known_articles().await?;
    let manner = Manner::new(&service.fetcher, &service.config.limits, &known, service.clock.now());
    let sources: Vec<&Source> = sources.iter().filter(|source| source.enabled).collect();
    progress.set_prefix("reading sources");
    progress.set_length(sources.len() as u64);
    let mut collected = Collected { asked: sources.len(), ..Collected::default() };
    let mut answers = stream::iter(&sources)
        .map(|source| async move {
            let state = service.store.source_state(&source.name, &source.location.to_string()).await?;
            let since = state.last_success;
            Ok::<_, anyhow::Error>((*source, since, gather::gather(source, state, manner).await))
        })
        .buffer_unordered(service.config.limits.fetches_max);
    while let Some(answer) = answers.next().await {
        let (source, since, Gathered { articles, remarks, state, failure, .. }) = answer?;
        progress.inc(1);
        progress.set_message(source.name.clone());
        collected.articles.extend(articles);
        collected.remarks.extend(remarks.into_iter().map(|remark| format!("{}: {remark}", source.name)));
        collected.states.extend(state.map(|state| (source.name.clone(), source.location.to_string(), state)));
        collected.silent.extend(failure.map(|reason| Silent { source: source.name.clone(), reason, since }));
    }
    // Sources answer in any order; what is made of them must not depend on it.
    collected.articles.sort_by(|a, b| (&a.id, &a.outlet).cmp(&(&b.id, &b.outlet)));
    collected.articles.dedup_by(|a, b| a.id == b.id);
    collected.silent.sort_by(|a, b| a.source.cmp(&b.source));
    collected.remarks.sort();
    Ok(collected)
}

/// What an edition that ends at `to` covers: from where the last one ended, and at least its own window before its first
/// slot.
pub async fn window(
    service: &Service,
    edition: &Edition,
    slots: &[Timestamp],
    to: Timestamp,
) -> anyhow::Result<Window> {
    let earliest = slots.first().copied().unwrap_or(to) - edition.window;
    let covered = service.store.covered_until(&edition.name).await?;
    let from = covered.map_or(earliest, |covered| covered.min(earliest)).max(to - WINDOW_MAX);
    Ok(Window { from, to })
}

/// The longest stretch that one edition makes up for. Older news is no longer a digest's business.
const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(schedule::CATCH_UP_HOURS_MAX);

/// Stores what was collected, so that nothing is lost whatever happens next.
pub async fn keep(service: &Service, collected: &Collected) -> anyhow::Result<()> {
    let now = service.clock.now();
    service.store.save_articles(&collected.articles, now).await?;
    for (name, url, state) in &collected.states {
        service.store.save_source_state(name, url, state, now).await?;
    }
    Ok(())
}

/// Makes an edition of what is stored and what was just collected. Changes nothing.
pub async fn compose(service: &Service, order: &Order<'_>, collected: &Collected) -> anyhow::Result<Composed> {
    let (edition, now) = (order.edition, service.clock.now());
    let earlier = service.store.editions(&edition.name, now - LEDGER..Timestamp::MAX, LEDGER_EDITIONS_MAX).await?;
    let fresh = fresh(service, order, collected).await?;
    let told = service.store.articles_told(&edition.name, now - LEDGER).await?;
    let readings = read(&fresh, told.into_iter().map(|stored| stored.article).collect()).await?;
    let articles = readings.iter().filter(|reading| reading.fresh);
    let frame = Frame {
        name: edition.name.clone(),
        title: edition.title.clone(),
        zone: edition.zone().iana_name().unwrap_or("UTC").to_owned(),
        window: order.window,
        slots: order.slots.to_vec(),
        partial: order.partial,
        held_over: service.store.held_over(&edition.name).await?,
        composed_at: now,
        sections: edition.sections.clone(),
        rules: edition.rules.clone(),
        coverage: Coverage {
            asked: collected.asked,
            silent: collected.silent.clone(),
            articles: articles.clone().count(),
            other_languages: articles.filter(|reading| !extract::reads(&reading.article)).count(),
        },
    };
    let decisions = service.store.decisions().await?;
    let earlier: Vec<Digest> = earlier.into_iter().map(|edition| edition.digest).collect();
    let digest = digest::compose(frame, &readings, &earlier, &decisions);
    let view = told::for_everyone(&digest, &earlier);
    let rendered = render(service, &view)?;
    Ok(Composed { id: None, quiet: view.is_quiet(), digest, rendered, fresh })
}

/// The articles that are news to this edition.
async fn fresh(service: &Service, order: &Order<'_>, collected: &Collected) -> anyhow::Result<Vec<Article>> {
    let (store, name, window) = (&service.store, &order.edition.name, order.window);
    let mut fresh = Vec::new();
    if !order.collected_only {
        for stored in store.articles_for(name, window).await? {
            // Whatever its date, a new text of what was told may correct it.
            let corrects = stored.revised && window.holds(stored.changed_at);
            if corrects || window.admits(stored.article.published, stored.changed_at) {
                fresh.push(stored.article);
            }
        }
    }
    // What was just collected counts as seen in the window: it was asked for now to be in this edition. In a dry run it is
    // not even stored. What an earlier edition told stays out all the same.
    let known: BTreeSet<String> = fresh.iter().map(|article| article.id.clone()).collect();
    let seen = service.clock.now().min(window.to);
    for article in collected.articles.iter().filter(|article| !known.contains(&article.id)) {
        let admitted = order.collected_only || window.admits(article.published, seen);
        if (admitted || store.was_told(name, &article.id).await?) && !store.is_told(name, article).await? {
            fresh.push(article.clone());
        }
    }
    Ok(fresh)
}

/// Extracts from every article once, off the threads that serve the network.
async fn read(fresh: &[Article], mut told: Vec<Article>) -> anyhow::Result<Vec<Reading>> {
    // Of an article that changed since, the new text speaks.
    told.retain(|old| !fresh.iter().any(|new| new.id == old.id));
    told.sort_by(|a, b| a.id.cmp(&b.id));
    told.dedup_by(|a, b| a.id == b.id);
    let fresh = fresh.to_vec();
    let reading = |fresh| {
        move |article: Article| {
            let extraction = extract::extract(&article);
            Reading::new(article, extraction, fresh)
        }
    };
    let with_origins = |mut readings: Vec<Reading>| {
        let articles: Vec<&Article> = readings.iter().map(|reading| &reading.article).collect();
        let origins = origin::origins(&articles, &origin::FAMILIES);
        for (reading, origin) in readings.iter_mut().zip(origins) {
            reading.origin = origin.id;
        }
        readings
    };
    let work = move || {
        with_origins(fresh.into_iter().map(reading(true)).chain(told.into_iter().map(reading(false))).collect())
    };
    tokio::task::spawn_blocking(work).await.context("extract from the articles")
}

/// What became of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// Frozen; its messages are queued.
    Frozen { id: String, deliveries: usize },
    /// It says nothing that its readers do not know.
    Quiet,
    /// Nobody subscribes.
    Unread,
    /// Another process was first.
    Before { id: String },
}

/// How often an edition is composed anew when another process took its articles meanwhile.
const COMPOSITIONS_MAX: u32 = 3;

/// Composes an edition and makes it final: digest, articles and recipients in one transaction. A scheduled one without
/// news or readers is kept as well, so that its slots are dealt with.
pub async fn publish(
    service: &Service,
    order: &Order<'_>,
    collected: &Collected,
) -> anyhow::Result<(Composed, Published)> {
    let scheduled = !order.slots.is_empty();
    for _ in 0..COMPOSITIONS_MAX {
        let composed = compose(service, order, collected).await?;
        let (audience, published) = if !service.store.has_readers(&order.edition.name).await? {
            (Audience::Unread, Some(Published::Unread))
        } else if composed.quiet && !(scheduled && order.edition.empty == Empty::Note) {
            (Audience::Nobody, Some(Published::Quiet))
        } else {
            (Audience::Subscribers, None)
        };
        if published.is_some() && !scheduled {
            return Ok((composed, published.unwrap_or(Published::Quiet)));
        }
        match freeze(service, &composed, audience).await? {
            Frozen::Now { id, deliveries } => {
                return Ok((composed, published.unwrap_or(Published::Frozen { id, deliveries })));
            }
            Frozen::Before { id } => return Ok((composed, Published::Before { id })),
            Frozen::Overtaken { .. } => {}
        }
    }
    anyhow::bail!("failed to compose the edition: other processes keep taking its articles; run again")
}

async fn freeze(service: &Service, composed: &Composed, audience: Audience) -> anyhow::Result<Frozen> {
    verify(service, composed).await?;
    let freeze = Freeze {
        digest: &composed.digest,
        // What nobody was told is still news to the first who subscribes.
        articles: if audience == Audience::Unread { &[] } else { &composed.fresh },
        audience,
        message_domain: service.config.mail.from.email.domain(),
        expires_after: SignedDuration::from_hours(delivery::EXPIRES_AFTER_HOURS),
    };
    Ok(service.store.freeze(freeze, service.clock.now()).await?)
}

/// Reads every quotation once more from the store: a figure whose sentence is not there is not sent.
async fn verify(service: &Service, composed: &Composed) -> anyhow::Result<()> {
    let mut texts = HashMap::new();
    for id in composed.digest.articles() {
        texts.insert(id, service.store.article(id).await?.map(|stored| stored.article.text));
    }
    let broken = composed.digest.notes.broken(|id| texts.get(id)?.as_deref());
    anyhow::ensure!(broken.is_empty(), "failed to find the quotations {broken:?} in the stored articles; run again");
    Ok(())
}

/// Sends every message that is due, of this edition and of earlier ones, until `stop` is requested.
pub async fn deliver(service: &Service, stop: &Stop, progress: &ProgressBar) -> anyhow::Result<Delivered> {
    let worker = format!("{}-{}", std::process::id(), service.clock.now().as_microsecond());
    let mut mailer = service.mailer.lane();
    service.store.recover(service.clock.now(), OnUnknown::default()).await?;
    progress.set_prefix("sending");
    let delivered = send_due(service, &worker, &mut mailer, stop, progress).await;
    // Whatever went wrong, what this worker still has is given back.
    mailer.close().await;
    service.store.release(&worker, service.clock.now(), OnUnknown::default()).await?;
    service.store.release_undelivered().await?;
    delivered
}

async fn send_due(
    service: &Service,
    worker: &str,
    mailer: &mut Mailer,
    stop: &Stop,
    progress: &ProgressBar,
) -> anyhow::Result<Delivered> {
    let (store, clock) = (&service.store, &service.clock);
    let mut delivered = Delivered::default();
    let mut views = Views::default();
    while !stop.is_requested() {
        let mut until = clock.now() + LEASE;
        let leases = store.lease(worker, clock.now(), until, LEASE_MESSAGES_MAX).await?;
        if leases.is_empty() {
            break;
        }
        progress.inc_length(leases.len() as u64);
        for mut lease in leases {
            if stop.is_requested() {
                break;
            }
            if until - clock.now() < LEASE / 2 {
                until = clock.now() + LEASE;
                store.renew(worker, clock.now(), until).await?;
            }
            let (to, message_id) = (lease.to.email.clone(), lease.message_id.clone());
            let bytes = match views.of(service, &lease.edition_id, &lease.subscriber_id).await {
                Ok((digest, rendered)) => message(service, digest, rendered, &to, &message_id),
                Err(reason) => Err(anyhow::anyhow!(reason.clone())),
            };
            let outcome = match bytes {
                Ok(bytes) => {
                    let from = &service.config.mail.from.email;
                    let outgoing = Outgoing { from, to: &to, message_id: &message_id, bytes: &bytes };
                    let go_ahead = async || store.transmitting(&mut lease, clock.now()).await.unwrap_or(false);
                    mailer.send(outgoing, go_ahead).await
                }
                // A message that cannot be made must not hold up the others.
                Err(error) => Outcome::NotSent {
                    stage: Stage::Connecting,
                    reason: format!("failed to make the message: {error:#}"),
                },
            };
            let state = store.record(&lease, &outcome, clock.now(), OnUnknown::default()).await?;
            delivered.note(state.map(|delivery| delivery.state), &outcome);
            progress.inc(1);
        }
    }
    Ok(delivered)
}

/// The edition of that name that was composed on a day of its own zone, as it was sent.
pub async fn sent_on(service: &Service, edition: &Edition, day: civil::Date) -> anyhow::Result<Option<Composed>> {
    let start = |day: civil::Date| anyhow::Ok(day.to_zoned_datetime(edition.zone().clone())?.timestamp());
    let during = start(day)?..start(day.tomorrow()?)?;
    let Some(stored) = service.store.edition_on(&edition.name, during).await? else { return Ok(None) };
    let mut earlier =
        service.store.editions_composed(&edition.name, stored.digest.frame.composed_at, LEDGER_EDITIONS_MAX).await?;
    earlier.retain(|before| before.id != stored.id);
    let earlier: Vec<Digest> = earlier.into_iter().map(|edition| edition.digest).collect();
    let view = told::for_everyone(&stored.digest, &earlier);
    let (rendered, quiet) = (render(service, &view)?, view.is_quiet());
    Ok(Some(Composed { id: Some(stored.id), digest: stored.digest, rendered, quiet, fresh: Vec::new() }))
}

/// A sent edition composed anew from the newest texts of its articles and today's decisions, each figure compared with the
/// one that was sent. Changes nothing.
pub async fn as_known_now(service: &Service, sent: &Composed) -> anyhow::Result<Composed> {
    let id = sent.id.as_deref().context("find the edition as it was sent")?;
    let frame = sent.digest.frame.clone();
    let mut editions = service.store.editions_composed(&frame.name, frame.composed_at, LEDGER_EDITIONS_MAX).await?;
    editions.retain(|edition| edition.id != id);
    let (fresh, mut told) = (newest_texts(service, id).await?, Vec::new());
    for edition in &editions {
        told.extend(newest_texts(service, &edition.id).await?);
    }
    let readings = read(&fresh, told).await?;
    let decisions = service.store.decisions().await?;
    let mut earlier = vec![sent.digest.clone()];
    earlier.extend(editions.into_iter().map(|edition| edition.digest));
    let digest = digest::compose(frame, &readings, &earlier, &decisions);
    let (rendered, quiet) = (render(service, &digest)?, digest.is_quiet());
    Ok(Composed { id: None, digest, rendered, quiet, fresh: Vec::new() })
}

/// The articles of an edition as they read now.
async fn newest_texts(service: &Service, edition_id: &str) -> anyhow::Result<Vec<Article>> {
    let mut articles = Vec::new();
    for used in service.store.articles_of(edition_id).await? {
        let newest = service.store.article(&used.article.id).await?;
        articles.push(newest.map_or(used.article, |stored| stored.article));
    }
    Ok(articles)
}

/// Renders a digest. Its zone and title are its own, so that a later change of the configuration does not show.
pub(super) fn render(service: &Service, digest: &Digest) -> anyhow::Result<Rendered> {
    let zone =
        jiff::tz::TimeZone::get(&digest.frame.zone).with_context(|| format!("find the zone {}", digest.frame.zone))?;
    let mail = &service.config.mail;
    let contact = mail.reply_to.as_ref().unwrap_or(&mail.from);
    Ok(message::render(digest, &zone, contact.email.as_ref())?)
}

/// Sends an edition to these addresses at once and records nothing: it is a copy, and takes nothing from the subscribers.
pub async fn send_copies(service: &Service, composed: &Composed, to: &[Address]) -> anyhow::Result<Delivered> {
    let mut mailer = service.mailer.lane();
    let mut delivered = Delivered::default();
    for to in to {
        let copy =
            format!("{}-copy-{}", composed.digest.frame.name, composed.digest.frame.composed_at.as_microsecond());
        let message_id = delivery::message_id(&copy, to.as_ref(), service.config.mail.from.email.domain());
        let bytes = message(service, &composed.digest, &composed.rendered, to, &message_id)?;
        let outgoing = Outgoing { from: &service.config.mail.from.email, to, message_id: &message_id, bytes: &bytes };
        let outcome = mailer.send(outgoing, async || true).await;
        let state = match outcome {
            Outcome::Accepted { .. } => State::Accepted,
            Outcome::Unknown { .. } => State::Unknown,
            Outcome::Deferred { .. } | Outcome::NotSent { .. } => State::Deferred,
            _ => State::Rejected,
        };
        delivered.note(Some(state), &outcome);
    }
    mailer.close().await;
    Ok(delivered)
}

/// One subscriber's message, finished: the bytes that are sent, previewed and written to files.
pub fn message(
    service: &Service,
    digest: &Digest,
    rendered: &Rendered,
    to: &Address,
    message_id: &str,
) -> anyhow::Result<Vec<u8>> {
    let mail = &service.config.mail;
    let name = &digest.frame.name;
    let list_id = match service.config.edition(name) {
        Some(edition) => edition.list_id.clone(),
        None => format!("{name}.{}", mail.from.email.domain()),
    };
    let sender = Sender { from: mail.from.clone(), reply_to: mail.reply_to.clone(), list_id };
    Ok(message::build(rendered, digest, &sender, to, message_id)?)
}

impl Delivered {
    fn note(&mut self, state: Option<State>, outcome: &Outcome) {
        // A lease that was lost is counted by the worker that has it.
        if let Some(state) = state {
            *self.messages.entry(state).or_default() += 1;
        }
        if !matches!(outcome, Outcome::Accepted { .. }) {
            self.reasons.insert(outcome.to_string());
        }
    }

    pub fn add(&mut self, other: Self) {
        for (state, count) in other.messages {
            *self.messages.entry(state).or_default() += count;
        }
        self.reasons.extend(other.reasons);
    }

    /// Whether a message did not reach the mail server, and may never without a person.
    pub fn needs_attention(&self) -> bool {
        self.messages.keys().any(|state| *state != State::Accepted)
    }
}

/// "2 accepted, 1 deferred", or "nothing to send".
impl std::fmt::Display for Delivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts: Vec<String> = self.messages.iter().map(|(state, count)| format!("{count} {state}")).collect();
        f.write_str(&if counts.is_empty() { "nothing to send".to_owned() } else { counts.join(", ") })
    }
}
