//! Frozen editions → delivered messages: the last third of the spine.
//!
//! A few lanes, each with a connection of its own, take leased deliveries from one queue and send them one after another.
//! What becomes of them goes through one ledger, which writes all that has gathered while it wrote the last time: one
//! commit for many. A delivery is marked as transmitting, durably, before its message goes out, and a lane never has more
//! than one whose mark stands and whose outcome does not: that is all that a crash can leave in doubt. So an outcome need
//! not be written before the next mark of its lane, and waits for a mark a little. The server is told of the next message
//! before that has its mark, and gets nothing of it without.

mod letters;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use lettre::Address;
use ring::rand::{Random, SystemRandom};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use self::letters::Letters;
pub use self::letters::{Reader, message, render};
use super::mail::{self, Mailer, Outgoing, Post};
use super::pipeline::{Composed, Service};
use super::store::{Bounce, Change, Lease, StoreError, Taking};
use super::worker::Stop;
use crate::news::bounce;
use crate::news::delivery::{self, Outcome, Reply, SLOW_DOWN_MINUTES, Stage, State};
use crate::news::letter::{Addressed, ascii_domain};
use crate::news::subscriber::{Empty, Preferences};
use crate::news::token;

/// Deliveries that are leased together.
const LEASE_MESSAGES_MAX: u32 = 100;

/// Changes that are written together at most.
const LEDGER_CHANGES_MAX: usize = 100;

/// How long a mark waits for those of other lanes, and an outcome for a mark: commits cost more than waiting.
const MARK_WAIT: Duration = Duration::from_millis(1);
const OUTCOME_WAIT: Duration = Duration::from_millis(20);

/// How long the database may be away before a run gives up; what it knows by then and could not write is in doubt.
const DATABASE_SECONDS_MAX: u64 = 30;

/// How long the ledger waits before it tries the database again.
const DATABASE_PAUSE: Duration = Duration::from_millis(200);

/// Stands for the subscriber of a message that is nobody's delivery.
pub const NOBODY: &str = "0000000000000000";

/// What became of the messages that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// How many messages ended this turn in each state.
    pub messages: BTreeMap<State, usize>,
    /// What the mail server or the network said of those that were not accepted, without repetition.
    pub reasons: BTreeSet<String>,
}

/// Sends every message that is due, of this edition and of earlier ones, until `stop` is requested.
pub async fn deliver(service: &Service, stop: &Stop, progress: &ProgressBar) -> anyhow::Result<Delivered> {
    let (mail, clock, store) = (&service.config.mail, &service.clock, &service.store);
    store.recover(clock.now(), mail.on_unknown).await?;
    let worker = worker_name()?;
    let (wanted, total) = (mail.connections_max, mail.connections_total_max);
    let lanes = store.sign_on(&worker, wanted, total, clock.now(), clock.now() + mail.lease).await?;
    progress.set_prefix("sending");
    let (entries, written) = mpsc::unbounded_channel();
    let service = Arc::new(service.handle());
    let shared = Arc::new(Shared {
        letters: Letters::new(Arc::clone(&service)),
        post: Arc::new(service.post.clone()),
        service,
        worker,
        stop: stop.clone(),
        progress: progress.clone(),
        entries,
        queue: tokio::sync::Mutex::default(),
        slow: Mutex::default(),
        failure: Mutex::default(),
    });
    // Tasks of their own, so that a thread that hears from a server goes on with its lane and wakes no other. They end with
    // this future, however it ends.
    let (mut sending, mut writing) = (JoinSet::new(), JoinSet::new());
    writing.spawn(ledger(Arc::clone(&shared), lanes as usize, written));
    for _ in 0..lanes {
        sending.spawn(lane(Arc::clone(&shared)));
    }
    sending.join_all().await;
    // The ledger ends with what was written to it last.
    shared.entries.send(Entry::End).ok();
    let delivered = writing.join_all().await.pop().unwrap_or_default();
    // Whatever went wrong, what this worker still has is given back.
    let released = store.release(&shared.worker, clock.now(), mail.on_unknown).await;
    if let Some(failure) = shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(failure.into());
    }
    released?;
    store.release_undelivered().await?;
    Ok(delivered)
}

/// A name that no other worker has, on this machine or another.
fn worker_name() -> anyhow::Result<String> {
    let random: Random<[u8; 8]> =
        ring::rand::generate(&SystemRandom::new()).map_err(|_| anyhow::anyhow!("failed to draw a name"))?;
    Ok(format!("{}-{:016x}", std::process::id(), u64::from_le_bytes(random.expose())))
}

/// What the lanes have in common.
struct Shared {
    service: Arc<Service>,
    worker: String,
    stop: Stop,
    progress: ProgressBar,
    entries: mpsc::UnboundedSender<Entry>,
    queue: tokio::sync::Mutex<Queue>,
    post: Arc<Post>,
    letters: Letters,
    /// Domains whose servers ask us to slow down, and until when they are left alone.
    slow: Mutex<HashMap<String, Timestamp>>,
    /// Why the run is given up: the database is gone for too long.
    failure: Mutex<Option<StoreError>>,
}

/// What goes to the ledger. It is written in this order.
enum Entry {
    /// A delivery is about to go out; the answer is whether it may.
    Mark(Change, oneshot::Sender<bool>),
    /// What became of one.
    Outcome(Change, Outcome),
    /// It is given back.
    Back(Change),
    End,
}

/// Leased deliveries that wait for a lane.
#[derive(Default)]
struct Queue {
    leases: VecDeque<Lease>,
    /// Nothing more is due.
    empty: bool,
}

impl Shared {
    fn has_failed(&self) -> bool {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn fail(&self, error: StoreError) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Whether no further message may be begun.
    fn ends(&self) -> bool {
        self.stop.is_requested() || self.has_failed()
    }

    /// The next delivery to be sent, with its message in the making. Whoever finds the queue empty fills it.
    async fn next(&self) -> Option<Prepared> {
        let lease = self.next_lease().await?;
        let message = match self.letters.get(&lease).await {
            Ok(Some(letter)) => {
                let (post, to) = (Arc::clone(&self.post), ascii_domain(&lease.to.email));
                let (subscriber_id, message_id) = (lease.subscriber_id.clone(), lease.message_id.clone());
                let make = move || post.message(&letter, &to, &subscriber_id, &message_id);
                // Signing takes longer than everything else here; the lane goes on meanwhile.
                Ok(Some(if self.post.signs() {
                    Making::Signing(tokio::spawn(async move { make() }))
                } else {
                    Making::Made(make())
                }))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        Some(Prepared { lease, message })
    }

    async fn next_lease(&self) -> Option<Lease> {
        let mut queue = self.queue.lock().await;
        loop {
            if self.ends() {
                return None;
            }
            if let Some(lease) = queue.leases.pop_front() {
                if let Some(lease) = self.unless_slowed(lease) {
                    return Some(lease);
                }
                continue;
            }
            if queue.empty {
                return None;
            }
            let leases = self.lease().await?;
            queue.empty = leases.is_empty();
            self.progress.inc_length(leases.len() as u64);
            queue.leases = leases.into();
        }
    }

    async fn lease(&self) -> Option<Vec<Lease>> {
        let (mail, clock) = (&self.service.config.mail, &self.service.clock);
        let start = Instant::now();
        loop {
            let until = clock.now() + mail.lease;
            let taking = Taking { worker: &self.worker, until, count: LEASE_MESSAGES_MAX, caps: &mail.caps };
            match self.service.store.lease(taking, clock.now()).await {
                Ok(leases) => return Some(leases),
                Err(error) if start.elapsed().as_secs() >= DATABASE_SECONDS_MAX => {
                    self.fail(error);
                    return None;
                }
                Err(_) => sleep(DATABASE_PAUSE).await,
            }
        }
    }

    /// Gives a delivery back whose domain asked us to slow down.
    fn unless_slowed(&self, lease: Lease) -> Option<Lease> {
        let until = self.slow.lock().unwrap_or_else(PoisonError::into_inner).get(&lease.domain).copied();
        match until.filter(|until| *until > self.service.clock.now()) {
            Some(until) => {
                self.entries.send(Entry::Back(lease.postponed(until))).ok();
                None
            }
            None => Some(lease),
        }
    }

    /// Leaves a domain alone for a while, in this process at once and in the others by the store.
    async fn slow_down(&self, domain: &str) {
        let until = self.service.clock.now() + SignedDuration::from_mins(SLOW_DOWN_MINUTES);
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).insert(domain.to_owned(), until);
        if let Err(error) = self.service.store.slow_down(domain, until).await {
            tracing::warn!(domain, "the other processes are not told to slow down: failed to {error}");
        }
    }
}

impl Shared {
    /// The server does not know the recipient: as much as a report that comes later.
    async fn count_bounce(&self, lease: &Lease, reply: &Reply) {
        let (report, now) = (bounce::judge(reply), self.service.clock.now());
        let report_id = format!("{}-{}", lease.message_id, lease.delivery.attempts);
        let mark = token::edition_mark(&lease.edition_id);
        let counted = Bounce {
            report_id: &report_id,
            subscriber_id: &lease.subscriber_id,
            edition_mark: Some(&mark),
            report: &report,
        };
        if let Err(error) = self.service.store.count_bounce(counted, now).await {
            tracing::warn!(to = mail::mask(lease.to.email.as_ref()), "failed to {error}");
        }
    }
}

/// A delivery and its message: `None` if its reader wants none, or why there is none.
struct Prepared {
    lease: Lease,
    message: Result<Option<Making>, String>,
}

enum Making {
    Made(Result<Addressed, String>),
    Signing(JoinHandle<Result<Addressed, String>>),
}

impl Making {
    async fn made(self) -> Result<Addressed, String> {
        match self {
            Self::Made(made) => made,
            Self::Signing(making) => making.await.unwrap_or_else(|error| Err(error.to_string())),
        }
    }
}

impl Prepared {
    /// Where the message goes, its id and the message, if it is made by now.
    async fn ready(&mut self) -> Option<(Address, &str, &Addressed)> {
        if let Ok(Some(making @ Making::Signing(_))) = &mut self.message
            && matches!(making, Making::Signing(signing) if signing.is_finished())
        {
            let signed = std::mem::replace(making, Making::Made(Err(String::new()))).made().await;
            *making = Making::Made(signed);
        }
        match &self.message {
            Ok(Some(Making::Made(Ok(message)))) => {
                Some((ascii_domain(&self.lease.to.email), &self.lease.message_id, message))
            }
            _ => None,
        }
    }
}

/// Sends one delivery after another over one connection. While one goes out the next but one is made: the server is told of
/// the next with it.
async fn lane(shared: Arc<Shared>) {
    let shared = &*shared;
    let (mail, clock) = (&shared.service.config.mail, &shared.service.clock);
    let mut mailer = shared.service.mailer.lane();
    let mut prepared = shared.next().await;
    let mut following = shared.next().await;
    // What is still prepared at the end is given back with all that this worker has.
    while let Some(Prepared { lease, message }) = prepared.take_if(|_| !shared.ends()) {
        let send = async {
            let Some(mut lease) = shared.unless_slowed(lease) else { return };
            let outcome = attempt(shared, &mut mailer, &mut lease, message, following.as_mut()).await;
            if delivery::is_slow_down(&outcome) {
                shared.slow_down(&lease.domain).await;
            }
            if let Outcome::Rejected { stage: Stage::Recipient, reply } = &outcome {
                shared.count_bounce(&lease, reply).await;
            }
            let change = lease.concluded(&outcome, clock.now(), mail.on_unknown);
            // Not waited for: the next mark comes after it, and so do all that wait for that.
            shared.entries.send(Entry::Outcome(change, outcome)).ok();
            shared.progress.inc(1);
        };
        let ((), after) = tokio::join!(send, shared.next());
        prepared = std::mem::replace(&mut following, after);
    }
    mailer.close().await;
}

async fn attempt(
    shared: &Shared,
    mailer: &mut Mailer,
    lease: &mut Lease,
    message: Result<Option<Making>, String>,
    following: Option<&mut Prepared>,
) -> Outcome {
    let (service, clock) = (&shared.service, &shared.service.clock);
    let made = match message {
        Ok(None) => return Outcome::Unwanted,
        Ok(Some(making)) => making.made().await,
        Err(error) => Err(error),
    };
    let message = match made {
        Ok(message) => message,
        // A message that cannot be made must not hold up the others.
        Err(error) => {
            let reason = format!("failed to make the message: {error}");
            return Outcome::NotSent { stage: Stage::Connecting, reason };
        }
    };
    let (to, message_id) = (ascii_domain(&lease.to.email), lease.message_id.clone());
    let outgoing = Outgoing { from: &message.from, to: &to, message_id: &message_id, bytes: &message.bytes };
    let go_ahead = async || {
        let (answer, answered) = oneshot::channel();
        let now = clock.now();
        let mark = lease.transmitting(now, now + service.config.mail.lease);
        shared.entries.send(Entry::Mark(mark, answer)).ok();
        answered.await.unwrap_or(false)
    };
    let next = match following {
        Some(following) => following.ready().await,
        None => None,
    };
    let next = next.as_ref().map(|(to, message_id, message)| Outgoing {
        from: &message.from,
        to,
        message_id,
        bytes: &message.bytes,
    });
    mailer.send_before(next, outgoing, go_ahead).await
}

/// Writes what the lanes report, and keeps their leases alive, until they have ended.
async fn ledger(shared: Arc<Shared>, lanes: usize, mut entries: mpsc::UnboundedReceiver<Entry>) -> Delivered {
    let (mail, clock, store) = (&shared.service.config.mail, &shared.service.clock, &shared.service.store);
    let heartbeat = mail.lease.unsigned_abs() / 3;
    let mut delivered = Delivered::default();
    let mut renewed = Instant::now();
    let mut batch = Vec::new();
    loop {
        let marks = batch.iter().filter(|entry| matches!(entry, Entry::Mark(..))).count();
        let wait = match (batch.len(), marks) {
            (0, _) => renewed + heartbeat,
            (_, 0) => Instant::now() + OUTCOME_WAIT,
            _ => Instant::now() + MARK_WAIT,
        };
        let room = LEDGER_CHANGES_MAX - batch.len();
        let received = tokio::time::timeout_at(wait, entries.recv_many(&mut batch, room)).await;
        let has_ended = received == Ok(0) || batch.iter().any(|entry| matches!(entry, Entry::End));
        let marks = batch.iter().filter(|entry| matches!(entry, Entry::Mark(..))).count();
        if has_ended || received.is_err() || marks >= lanes.div_ceil(2) || batch.len() == LEDGER_CHANGES_MAX {
            write(&shared, &mut batch, &mut delivered).await;
        }
        if has_ended {
            return delivered;
        }
        if renewed.elapsed() >= heartbeat {
            renewed = Instant::now();
            // If it fails now, the next one comes long before the leases end.
            if let Err(error) = store.renew(&shared.worker, clock.now(), clock.now() + mail.lease).await {
                tracing::warn!("failed to {error}");
            }
        }
    }
}

async fn write(shared: &Shared, batch: &mut Vec<Entry>, delivered: &mut Delivered) {
    let mut changes = Vec::new();
    let mut sequels = Vec::new();
    for entry in batch.drain(..) {
        match entry {
            Entry::Mark(change, answer) => {
                changes.push(change);
                sequels.push((Some(answer), None));
            }
            Entry::Outcome(change, outcome) => {
                changes.push(change);
                sequels.push((None, Some(outcome)));
            }
            Entry::Back(change) => {
                changes.push(change);
                sequels.push((None, None));
            }
            Entry::End => {}
        }
    }
    if changes.is_empty() {
        return;
    }
    let written = settle(shared, &changes).await;
    for ((change, written), (answer, outcome)) in changes.iter().zip(written).zip(sequels) {
        // A lease that was lost is counted by the worker that has it.
        if let (Some(outcome), true) = (&outcome, written) {
            delivered.note(Some(change.next().state), outcome);
        }
        if let Some(answer) = answer {
            answer.send(written).ok();
        }
    }
}

/// Writes changes, however often the database has to be asked: giving up leaves messages in doubt that were delivered.
async fn settle(shared: &Shared, changes: &[Change]) -> Vec<bool> {
    let start = Instant::now();
    loop {
        match shared.service.store.settle(changes, shared.service.clock.now()).await {
            Ok(written) => return written,
            Err(error) if shared.has_failed() || start.elapsed().as_secs() >= DATABASE_SECONDS_MAX => {
                shared.fail(error);
                return vec![false; changes.len()];
            }
            Err(_) => sleep(DATABASE_PAUSE).await,
        }
    }
}

/// Sends an edition to these addresses at once and records nothing: it is a copy, and takes nothing from the subscribers.
pub async fn send_copies(service: &Service, composed: &Composed, to: &[Address]) -> anyhow::Result<Delivered> {
    let mut mailer = service.mailer.lane();
    let mut delivered = Delivered::default();
    let frame = &composed.digest.frame;
    for to in to {
        let copy = format!("{}-copy-{}", frame.name, frame.composed_at.as_microsecond());
        let message_id = delivery::message_id(&copy, to.as_ref(), service.config.mail.from.email.domain());
        let preferences = Preferences { empty: Some(Empty::Note), ..Preferences::default() };
        let reader = Reader { to, subscriber_id: NOBODY, message_id: &message_id, preferences: &preferences };
        let message = message(service, None, &composed.view, reader)?.context("make the message")?;
        let to = ascii_domain(to);
        let from = &service.post.reach.from;
        let outgoing = Outgoing { from, to: &to, message_id: &message_id, bytes: &message.bytes };
        let outcome = mailer.send(outgoing, async || true).await;
        let state = match outcome {
            Outcome::Accepted { .. } => State::Accepted,
            Outcome::Unknown { .. } => State::Unknown,
            Outcome::Deferred { .. } | Outcome::NotSent { .. } => State::Deferred,
            Outcome::Unwanted => State::Skipped,
            Outcome::Rejected { .. } | Outcome::Unsendable { .. } => State::Rejected,
        };
        delivered.note(Some(state), &outcome);
    }
    mailer.close().await;
    Ok(delivered)
}

impl Delivered {
    fn note(&mut self, state: Option<State>, outcome: &Outcome) {
        if let Some(state) = state {
            *self.messages.entry(state).or_default() += 1;
        }
        if !matches!(outcome, Outcome::Accepted { .. } | Outcome::Unwanted) {
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
        self.messages.keys().any(|state| !matches!(state, State::Accepted | State::Skipped | State::Suppressed))
    }
}

/// "2 accepted, 1 deferred", or "nothing to send".
impl std::fmt::Display for Delivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts: Vec<String> = self.messages.iter().map(|(state, count)| format!("{count} {state}")).collect();
        f.write_str(&if counts.is_empty() { "nothing to send".to_owned() } else { counts.join(", ") })
    }
}
