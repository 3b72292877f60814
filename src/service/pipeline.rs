//! collect → compose → deliver: the spine that `run` and `serve` share.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp, civil};
use tokio::sync::mpsc;

use super::fetch::Fetcher;
use super::fetch::state::{Freshness, Occasion};
use super::gather::{self, Gathered, Manner};
use super::mail::{Mailer, Post};
use super::outbox;
use super::store::{Audience, Freeze, Frozen, SourceState, Store, StoredEdition};
use super::worker::Clock;
use crate::config::{Config, Edition, Empty, Source};
use crate::news::article::{self, Article};
use crate::news::digest::{self, Coverage, Digest, Frame, Look, Silent, Window, corrections, told};
use crate::news::extract;
use crate::news::incident::Reading;
use crate::news::kinds::pattern::Kinds;
use crate::news::message::Rendered;
use crate::news::message::templates::Templates;
use crate::news::origin;
use crate::news::schedule::{self, personal::SLOT_GAP_HOURS_MIN};

pub use super::outbox::{Delivered, deliver, message, send_copies};

/// How far back editions count for "was": an incident that no edition told of for this long starts anew.
const LEDGER: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Editions that are read back for it at most.
const LEDGER_EDITIONS_MAX: u32 = 60;

/// Editions of one name on one day that are looked through for the one that was meant: one an hour.
const DAY_EDITIONS_MAX: u32 = 24;

/// What a run works with.
pub struct Service {
    pub config: Config,
    pub store: Store,
    pub fetcher: Fetcher,
    pub mailer: Mailer,
    pub post: Post,
    /// The shipped templates and the administrator's over them.
    pub templates: Templates,
    pub clock: Clock,
}

impl Service {
    /// The same once more, for tasks of their own: it shares connections and clock, and has a lane of its own to the mail
    /// servers.
    pub fn handle(&self) -> Self {
        Self {
            config: self.config.clone(),
            store: self.store.clone(),
            fetcher: self.fetcher.clone(),
            mailer: self.mailer.lane(),
            post: self.post.clone(),
            templates: self.templates.clone(),
            clock: self.clock.clone(),
        }
    }
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

/// Where what is collected goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Into the store as it comes, so that nothing is lost whatever happens next.
    Stored,
    /// Into memory: the run must leave no trace.
    InMemory,
}

/// How sources are read.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    pub occasion: Occasion,
    pub keep: Keep,
    /// When articles that do not say it were published.
    pub published: Option<civil::Date>,
}

impl Asking {
    /// Everything is stored, as it is.
    pub fn stored(occasion: Occasion) -> Self {
        Self { occasion, keep: Keep::Stored, published: None }
    }
}

/// What the sources gave.
#[derive(Debug, Default)]
pub struct Collected {
    /// The articles themselves, where they are kept in memory.
    articles: Vec<Article>,
    /// Their ids, where they were stored.
    stored: BTreeSet<String>,
    pub asked: usize,
    pub silent: Vec<Silent>,
    /// What else about a source wants a person's attention.
    pub remarks: Vec<String>,
}

impl Collected {
    /// Articles that the sources gave.
    pub fn count(&self) -> usize {
        self.articles.len() + self.stored.len()
    }
}

/// An edition as it would be sent.
#[derive(Debug)]
pub struct Composed {
    /// Its id in the store, once it is frozen.
    pub id: Option<String>,
    /// All that it can tell to any of its readers.
    pub digest: Digest,
    /// The digest as one gets it who reads every edition.
    pub view: Digest,
    /// As one gets it who got every edition before.
    pub rendered: Rendered,
    /// The articles that are news in it.
    fresh: Vec<Article>,
}

/// Reads every source that is switched on. One that fails costs nothing but itself.
pub async fn collect(
    service: &Service,
    sources: &[Source],
    asking: Asking,
    progress: &ProgressBar,
) -> anyhow::Result<Collected> {
    let (store, limits, now) = (&service.store, &service.config.limits, service.clock.now());
    let manner = Manner { store: Some(store), ..Manner::new(&service.fetcher, limits, asking.occasion, now) };
    let sources: Vec<&Source> = sources.iter().filter(|source| source.enabled).collect();
    progress.set_prefix("reading sources");
    progress.set_length(sources.len() as u64);
    let mut collected = Collected { asked: sources.len(), ..Collected::default() };
    let waiting = Waiting { progress, names: RefCell::default() };
    let waiting = &waiting;
    // One look for all: a thousand sources with nothing new cost little more than asking them.
    let states = store.source_states().await?.into_iter().map(|state| (state.name.clone(), state));
    let mut states: HashMap<String, SourceState> = states.collect();
    let with_state = |source: &'_ Source| {
        let known = states.remove(&source.name).filter(|known| known.url == source.location.to_string());
        known.map(|known| known.freshness).unwrap_or_default()
    };
    let known: Vec<Freshness> = sources.iter().copied().map(with_state).collect();
    let answers = stream::iter(sources.into_iter().zip(known))
        .map(|(source, state)| async move {
            waiting.begin(&source.name);
            let since = state.last_success;
            let gathered = gather::gather(source, state, manner).await;
            waiting.end(&source.name);
            (source, since, gathered)
        })
        .buffer_unordered(SOURCES_AT_ONCE);
    // Storing goes on beside reading; when it falls behind, reading waits.
    let (sender, mut receiver) = mpsc::channel(SOURCES_WAITING_MAX);
    let read = async {
        let mut answers = pin!(answers);
        while let Some((source, since, answer)) = answers.next().await {
            // The receiver goes first only when storing failed; that ends both, and is what is reported.
            let _ = sender.send((source, since, answer)).await;
        }
        drop(sender);
        anyhow::Ok(())
    };
    let take = async {
        let mut batch = Vec::new();
        while receiver.recv_many(&mut batch, SOURCES_WAITING_MAX).await > 0 {
            let (mut articles, mut states) = (Vec::new(), Vec::new());
            for (source, since, gathered) in batch.drain(..) {
                let Gathered { articles: given, remarks, state, failure, .. } = gathered;
                let dated = |mut article: Article| {
                    article.published = article.published.or(asking.published.map(article::Published::On));
                    article
                };
                articles.extend(given.into_iter().map(dated));
                states.extend(state.map(|state| (source.name.clone(), source.location.to_string(), state)));
                collected.remarks.extend(remarks.into_iter().map(|remark| format!("{}: {remark}", source.name)));
                collected.silent.extend(failure.map(|reason| Silent { source: source.name.clone(), reason, since }));
            }
            match asking.keep {
                Keep::InMemory => collected.articles.append(&mut articles),
                Keep::Stored => {
                    store.save_articles(&articles, now).await?;
                    store.save_source_states(&states, now).await?;
                    collected.stored.extend(articles.into_iter().map(|article| article.id));
                }
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(read, take)?;
    // Sources answer in any order; what is made of them must not depend on it.
    collected.articles.sort_by(|a, b| (&a.id, &a.outlet).cmp(&(&b.id, &b.outlet)));
    collected.articles.dedup_by(|a, b| a.id == b.id);
    collected.silent.sort_by(|a, b| a.source.cmp(&b.source));
    collected.remarks.sort();
    Ok(collected)
}

/// Shows the source that has been waited for longest.
struct Waiting<'a> {
    progress: &'a ProgressBar,
    names: RefCell<Vec<&'a str>>,
}

impl<'a> Waiting<'a> {
    fn begin(&self, name: &'a str) {
        self.names.borrow_mut().push(name);
        self.show();
    }

    fn end(&self, name: &str) {
        self.names.borrow_mut().retain(|waiting| *waiting != name);
        self.progress.inc(1);
        self.show();
    }

    fn show(&self) {
        self.progress.set_message(self.names.borrow().first().map_or_else(String::new, |name| (*name).to_owned()));
    }
}

/// Sources that are read side by side; the fetcher's limits keep the requests fewer.
const SOURCES_AT_ONCE: usize = 16;

/// Sources whose articles wait to be stored together. One transaction costs as much as storing some twenty articles.
const SOURCES_WAITING_MAX: usize = 32;

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

/// Makes an edition of what is stored and what was just collected. Changes nothing.
pub async fn compose(service: &Service, order: &Order<'_>, collected: &Collected) -> anyhow::Result<Composed> {
    let frame = frame(service, order, collected).await?;
    compose_of(service, frame, fresh(service, order, collected).await?).await
}

/// What an edition is, before anything is known of its articles.
async fn frame(service: &Service, order: &Order<'_>, collected: &Collected) -> anyhow::Result<Frame> {
    let edition = order.edition;
    let mut frame = Frame {
        name: edition.name.clone(),
        title: edition.title.clone(),
        zone: edition.zone().iana_name().unwrap_or("UTC").to_owned(),
        window: order.window,
        slots: order.slots.to_vec(),
        partial: order.partial,
        only_corrects: false,
        held_over: service.store.held_over(&edition.name).await?,
        composed_at: service.clock.now(),
        sections: edition.sections.clone(),
        rules: edition.rules.clone(),
        look: Look { language: edition.language, borders: edition.borders, web: None },
        coverage: Coverage {
            asked: collected.asked,
            silent: collected.silent.clone(),
            articles: 0,
            other_languages: 0,
        },
    };
    frame.look.web = service.config.archive_address().map(|url| format!("{url}/{}.html", frame.stem()));
    Ok(frame)
}

async fn compose_of(service: &Service, mut frame: Frame, fresh: Vec<Article>) -> anyhow::Result<Composed> {
    let (name, since) = (frame.name.clone(), frame.composed_at - LEDGER);
    let earlier = earlier(service, &name).await?;
    let told = service.store.articles_told(&name, since).await?;
    let kinds = kinds(service)?;
    let readings = read(&fresh, told.into_iter().map(|stored| stored.article).collect(), &kinds).await?;
    let articles = readings.iter().filter(|reading| reading.fresh);
    frame.coverage.articles = articles.clone().count();
    frame.coverage.other_languages = articles.filter(|reading| !extract::reads(&reading.article)).count();
    let decisions = service.store.decisions().await?;
    let digest = digest::compose_with(frame, &readings, &earlier, &decisions, &kinds);
    let view = told::for_everyone(&digest, &earlier);
    let rendered = outbox::render(service, &view, None)?;
    Ok(Composed { id: None, digest, view, rendered, fresh })
}

/// What was printed under a name that may still be compared with, newest first.
async fn earlier(service: &Service, name: &str) -> anyhow::Result<Vec<Digest>> {
    let since = service.clock.now() - LEDGER;
    let stored = service.store.editions(name, since..Timestamp::MAX, LEDGER_EDITIONS_MAX).await?;
    Ok(stored.into_iter().map(|edition| edition.digest).collect())
}

/// An edition between two others for those who were sent a figure that its article has since gone back on: frozen, and its
/// id, if there is such a one. What else these articles tell stays news to the next edition.
pub async fn correct(service: &Service, edition: &Edition) -> anyhow::Result<Option<(Composed, Published)>> {
    let (store, name, now) = (&service.store, &edition.name, service.clock.now());
    let Some(covered) = store.covered_until(name).await? else { return Ok(None) };
    let window = Window { from: covered.max(now - WINDOW_MAX), to: now };
    let changed = store.articles_for(name, window).await?.into_iter();
    let changed = changed.filter(|stored| stored.revised && window.holds(stored.changed_at));
    let mut changed: Vec<Article> = changed.map(|stored| stored.article).collect();
    if changed.is_empty() {
        return Ok(None);
    }
    let readings = read(&changed, Vec::new(), &kinds(service)?).await?;
    let urgent = corrections::urgent(&readings, &earlier(service, name).await?);
    changed.retain(|article| urgent.contains(&article.id));
    if changed.is_empty() {
        return Ok(None);
    }
    let order = Order { edition, window, slots: &[], collected_only: true, partial: true };
    let mut frame = frame(service, &order, &Collected::default()).await?;
    frame.only_corrects = true;
    frame.sections = vec![digest::Section::Changes, digest::Section::Tolls];
    let composed = Composed { fresh: Vec::new(), ..compose_of(service, frame, changed).await? };
    if !composed.view.is_for_reader() {
        return Ok(None);
    }
    Ok(Some(match freeze(service, &composed, Audience::Subscribers).await? {
        Frozen::Now { id, deliveries } => (composed, Published::Frozen { id, deliveries }),
        Frozen::Before { id } | Frozen::Overtaken { id } => (composed, Published::Before { id }),
    }))
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
    let mut collected_now: Vec<Article> = collected.articles.clone();
    for id in collected.stored.iter().filter(|id| !known.contains(*id)) {
        collected_now.extend(store.article(id).await?.map(|stored| stored.article));
    }
    for article in collected_now.iter().filter(|article| !known.contains(&article.id)) {
        let admitted = order.collected_only || window.admits(article.published, seen);
        if (admitted || store.was_told(name, &article.id).await?) && !store.is_told(name, article).await? {
            fresh.push(article.clone());
        }
    }
    Ok(fresh)
}

/// The kinds in force. They are read for each edition, so that a changed file counts from the next one on.
fn kinds(service: &Service) -> anyhow::Result<Arc<Kinds>> {
    let (kinds, mistakes) = super::kinds::load(service.config.kinds.as_deref())?;
    for mistake in mistakes {
        tracing::warn!("a kind file is not in force: {mistake}");
    }
    Ok(Arc::new(kinds))
}

/// Extracts from every article once, off the threads that serve the network.
async fn read(fresh: &[Article], mut told: Vec<Article>, kinds: &Arc<Kinds>) -> anyhow::Result<Vec<Reading>> {
    // Of an article that changed since, the new text speaks.
    told.retain(|old| !fresh.iter().any(|new| new.id == old.id));
    told.sort_by(|a, b| a.id.cmp(&b.id));
    told.dedup_by(|a, b| a.id == b.id);
    let (fresh, kinds) = (fresh.to_vec(), kinds.clone());
    let reading = |fresh, kinds: Arc<Kinds>| {
        move |article: Article| {
            let extraction = extract::extract_with(&article, &kinds);
            Reading::new(article, extraction, fresh)
        }
    };
    let work = move || {
        let (news, known) = (reading(true, kinds.clone()), reading(false, kinds));
        let mut readings: Vec<Reading> = fresh.into_iter().map(news).chain(told.into_iter().map(known)).collect();
        Reading::trace(&mut readings, &origin::FAMILIES);
        readings
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
        } else if composed.view.is_quiet() && !(scheduled && wants_note(service, order.edition).await?) {
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

/// Whether anyone is to hear that there is nothing new; who is not does not get it then ([`Preferences::empty`]).
///
/// [`Preferences::empty`]: crate::news::subscriber::Preferences::empty
async fn wants_note(service: &Service, edition: &Edition) -> anyhow::Result<bool> {
    Ok(edition.empty == Empty::Note || service.store.wants_note(&edition.name).await?)
}

async fn freeze(service: &Service, composed: &Composed, audience: Audience) -> anyhow::Result<Frozen> {
    verify(service, composed).await?;
    let freeze = Freeze {
        digest: &composed.digest,
        // What nobody was told is still news to the first who subscribes.
        articles: if audience == Audience::Unread { &[] } else { &composed.fresh },
        audience,
        message_domain: service.config.mail.from.email.domain(),
        expires_after: service.config.mail.expires_after,
        personal: is_personal(service, &composed.digest),
    };
    Ok(service.store.freeze(freeze, service.clock.now()).await?)
}

/// Whether readers may have it at their own hour: it is due once a day or less often.
fn is_personal(service: &Service, digest: &Digest) -> bool {
    let schedule = service.config.edition(&digest.frame.name).map(|edition| &edition.schedule);
    let next = digest.frame.slots.last().zip(schedule).and_then(|(slot, schedule)| Some((slot, schedule.next(*slot)?)));
    next.is_some_and(|(slot, next)| next.duration_since(*slot).as_hours() >= SLOT_GAP_HOURS_MIN)
}

/// Reads every quotation once more from the store: a figure whose sentence is not there is not sent.
async fn verify(service: &Service, composed: &Composed) -> anyhow::Result<()> {
    let mut texts = HashMap::new();
    for id in composed.digest.articles() {
        // All that it ever had: what an earlier edition told is quoted as it read then.
        texts.insert(id, service.store.texts_of(id).await?);
    }
    let broken = composed.digest.notes.broken(|id| texts.get(id).map_or(&[], Vec::as_slice));
    anyhow::ensure!(broken.is_empty(), "failed to find the quotations {broken:?} in the stored articles; run again");
    Ok(())
}

/// The edition of that name that was composed on a day of its own zone, as it was sent; of several, the last that is not a
/// mere correction.
pub async fn sent_on(service: &Service, edition: &Edition, day: civil::Date) -> anyhow::Result<Option<Composed>> {
    let start = |day: civil::Date| anyhow::Ok(day.to_zoned_datetime(edition.zone().clone())?.timestamp());
    let during = start(day)?..start(day.tomorrow()?)?;
    let mut editions = service.store.editions(&edition.name, during, DAY_EDITIONS_MAX).await?;
    if editions.is_empty() {
        return Ok(None);
    }
    let whole = editions.iter().position(|stored| !stored.digest.frame.only_corrects);
    stored(service, editions.swap_remove(whole.unwrap_or(0))).await.map(Some)
}

/// An edition as it was frozen, as one gets it who reads them all.
pub async fn stored(service: &Service, stored: StoredEdition) -> anyhow::Result<Composed> {
    let view = view_of(service, &stored).await?;
    let rendered = outbox::render(service, &view, None)?;
    Ok(Composed { id: Some(stored.id), digest: stored.digest, view, rendered, fresh: Vec::new() })
}

/// What one gets of it who reads them all.
pub async fn view_of(service: &Service, stored: &StoredEdition) -> anyhow::Result<Digest> {
    let frame = &stored.digest.frame;
    let mut earlier = service.store.editions_composed(&frame.name, frame.composed_at, LEDGER_EDITIONS_MAX).await?;
    earlier.retain(|before| before.id != stored.id);
    let earlier: Vec<Digest> = earlier.into_iter().map(|edition| edition.digest).collect();
    Ok(told::for_everyone(&stored.digest, &earlier))
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
    let kinds = kinds(service)?;
    let readings = read(&fresh, told, &kinds).await?;
    let decisions = service.store.decisions().await?;
    let mut earlier = vec![sent.digest.clone()];
    earlier.extend(editions.into_iter().map(|edition| edition.digest));
    let digest = digest::compose_with(frame, &readings, &earlier, &decisions, &kinds);
    let rendered = outbox::render(service, &digest, None)?;
    Ok(Composed { id: None, view: digest.clone(), digest, rendered, fresh: Vec::new() })
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
