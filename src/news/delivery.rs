//! The fate of one message to one subscriber: (state, outcome, now) → state.
//!
//! ```text
//! queued ──lease──▶ leased ──▶ transmitting ──▶ accepted | rejected
//!   ▲                 │             ├──────────▶ deferred ──lease──▶ leased …
//!   └──lease lapsed───┘             └──────────▶ unknown  ──lease──▶ leased … (once), else held for an admin
//! ```
//!
//! A message whose final dot was never sent was certainly not delivered and may be tried again freely. Once the dot is
//! out and no reply came, nobody can know: the delivery is `unknown`, is sent again once at most, under the same
//! Message-ID, and is counted. What cannot be delivered while the edition is fresh is `expired`.

mod pace;

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use pace::{Cap, Caps, PACE_BURST_SECONDS, Pace, SLOW_DOWN_MINUTES, is_slow_down};

/// How long after its slot an edition may still be delivered, unless configured: yesterday's digest must not arrive
/// after today's.
pub const EXPIRES_AFTER_HOURS: i64 = 12;

/// The waits before the second, third … attempt; the last is repeated until the delivery expires. They leave a server
/// that greylists (RFC 6647: a minute to an hour) time to let us in, and one that is down time to recover.
pub const BACKOFF_MINUTES: [i64; 5] = [1, 5, 15, 30, 60];

/// How often a message is sent again whose fate a server left unknown. Once: a subscriber may get one recognisable
/// duplicate, and not one for every attempt at a server that takes messages and never says so. A crash of ours is another
/// matter: it says nothing about the server, and most often comes before the message went out.
pub const UNKNOWN_RESENDS_MAX: u32 = 1;

/// How many of the 64 digits of the hash stand in a Message-ID: 128 bits, so that no two ever meet.
const MESSAGE_ID_DIGITS: usize = 32;

/// Where a delivery stands. The store keeps it under [`State::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its first attempt.
    Queued,
    /// A worker has it until its lease ends; nothing was sent yet.
    Leased,
    /// The content is about to go out or is going out: from here on a crash leaves its fate unknown.
    Transmitting,
    /// The server took it. Final.
    Accepted,
    /// Certainly not delivered yet; to be tried again.
    Deferred,
    /// The server refused it for good, or no server could take it. Final.
    Rejected,
    /// All of it was sent, and no reply came.
    Unknown,
    /// Not to be sent: the subscriber has left, paused or bounced since. Final.
    Suppressed,
    /// Nothing in the edition is new to the subscriber, who wants no mail then. Final; the next edition counts it as read.
    Skipped,
    /// Could not be delivered while the edition was fresh. Final.
    Expired,
}

impl State {
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Leased,
        Self::Transmitting,
        Self::Accepted,
        Self::Deferred,
        Self::Rejected,
        Self::Unknown,
        Self::Suppressed,
        Self::Skipped,
        Self::Expired,
    ];

    /// The states from which a worker may lease a delivery, once its `next_at` has come.
    pub const LEASABLE: [Self; 3] = [Self::Queued, Self::Deferred, Self::Unknown];

    /// The name under which it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Transmitting => "transmitting",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
            Self::Skipped => "skipped",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.name() == name).ok_or_else(|| UnknownState(name.to_owned()))
    }
}

/// A stored state that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("read the delivery state {0:?}: the database was written by another version of daybrief")]
pub struct UnknownState(String);

/// What a mail server answered: the code, and the text of all lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Three digits, RFC 5321, section 4.2.
    pub code: u16,
    /// With the recipient's address masked.
    pub text: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// How far a conversation with a mail server had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Finding the server and opening a connection.
    Connecting,
    /// The server's greeting and the answer to EHLO.
    Greeting,
    /// STARTTLS, or TLS from the start.
    Encrypting,
    /// AUTH.
    LoggingIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, up to the server's "go ahead".
    Data,
    /// Sending the message, up to its last byte.
    Content,
    /// From the final dot on: the message is the server's to take or refuse.
    Confirmation,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::Greeting => "greeting",
            Self::Encrypting => "encrypting",
            Self::LoggingIn => "logging in",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Data => "announcing the message",
            Self::Content => "sending the message",
            Self::Confirmation => "waiting for the server to take the message",
        })
    }
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took the message; its reply usually names the queue entry.
    Accepted { reply: Reply },
    /// The server will not take this message now (4xx).
    Deferred { stage: Stage, reply: Reply },
    /// The server will not take this message ever (5xx). At [`Stage::Recipient`] that speaks of the address.
    Rejected { stage: Stage, reply: Reply },
    /// Certainly not sent, and not for a reason that lies in this message or this recipient: no connection, a refused
    /// login or sender, a timeout, a lost lease.
    NotSent { stage: Stage, reason: String },
    /// Never sendable as it is, by a rule of mail that we checked ourselves. A fault of ours, never of the recipient.
    Unsendable { reason: String },
    /// The whole message was sent, and no reply came: it may have been delivered.
    Unknown { reason: String },
    /// Not sent, as nothing in it is for this subscriber and they want no mail that says so.
    Unwanted,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { reply } => write!(f, "accepted: {reply}"),
            Self::Deferred { stage, reply } => write!(f, "deferred while {stage}: {reply}"),
            Self::Rejected { stage, reply } => write!(f, "rejected while {stage}: {reply}"),
            Self::NotSent { stage, reason } => write!(f, "not sent, failed while {stage}: {reason}"),
            Self::Unsendable { reason } => write!(f, "cannot be sent: {reason}"),
            Self::Unknown { reason } => write!(f, "may or may not have been delivered: {reason}"),
            Self::Unwanted => f.write_str("nothing new for this subscriber"),
        }
    }
}

/// What to do with a message that may or may not have been delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// Send it again, with the same Message-ID, at most [`UNKNOWN_RESENDS_MAX`] times: better twice than never.
    #[default]
    Resend,
    /// Leave it to an admin: better never than twice.
    Hold,
}

/// One message to one subscriber, as far as it has come.
///
/// Every method is total: a transition that the state does not allow leaves the delivery as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub state: State,
    /// How often a worker has leased it.
    pub attempts: u32,
    /// How often its fate was unknown.
    pub unknowns: u32,
    /// When a worker may lease it next. `None`: never again without an admin.
    pub next_at: Option<Timestamp>,
    /// From then on it is not sent any more.
    pub expires_at: Timestamp,
}

impl Delivery {
    /// A delivery of the edition of a slot. It may be sent at once.
    pub fn queued(slot: Timestamp, expires_after: SignedDuration) -> Self {
        let expires_at = slot.checked_add(expires_after).unwrap_or(Timestamp::MAX);
        Self { state: State::Queued, attempts: 0, unknowns: 0, next_at: Some(slot), expires_at }
    }

    /// Whether a worker may lease it now.
    pub fn is_leasable(&self, now: Timestamp) -> bool {
        State::LEASABLE.contains(&self.state) && self.next_at.is_some_and(|at| at <= now)
    }

    /// A worker takes it, or finds it expired.
    #[must_use]
    pub fn leased(self, now: Timestamp) -> Self {
        if !self.is_leasable(now) {
            self
        } else if now >= self.expires_at {
            self.given_up()
        } else {
            Self { state: State::Leased, attempts: self.attempts + 1, next_at: None, ..self }
        }
    }

    /// The content is about to go out. To be stored before it does.
    #[must_use]
    pub fn transmitting(self) -> Self {
        if self.state == State::Leased { Self { state: State::Transmitting, ..self } } else { self }
    }

    /// An attempt has ended.
    #[must_use]
    pub fn concluded(self, outcome: &Outcome, now: Timestamp, on_unknown: OnUnknown) -> Self {
        if !matches!(self.state, State::Leased | State::Transmitting) {
            return self;
        }
        match outcome {
            Outcome::Accepted { .. } => Self { state: State::Accepted, next_at: None, ..self },
            Outcome::Rejected { .. } | Outcome::Unsendable { .. } => {
                Self { state: State::Rejected, next_at: None, ..self }
            }
            Outcome::Deferred { .. } | Outcome::NotSent { .. } => match self.next_attempt(now) {
                Some(at) => Self { state: State::Deferred, next_at: Some(at), ..self },
                None => self.given_up(),
            },
            Outcome::Unknown { .. } => self.unknown(now, on_unknown),
            Outcome::Unwanted => Self { state: State::Skipped, next_at: None, ..self },
        }
    }

    /// The worker that had it is gone, or gives it back before it sent anything.
    #[must_use]
    pub fn released(self, now: Timestamp, on_unknown: OnUnknown) -> Self {
        match self.state {
            // Sent once, it is not a first attempt any more, so that its fate is not forgotten.
            State::Leased if self.unknowns > 0 => Self { state: State::Unknown, next_at: Some(now), ..self },
            State::Leased => Self { state: State::Queued, next_at: Some(now), ..self },
            // Nothing speaks against the server, so nothing is gained by waiting.
            State::Transmitting => Self {
                state: State::Unknown,
                unknowns: self.unknowns + 1,
                next_at: (on_unknown == OnUnknown::Resend).then_some(now),
                ..self
            },
            _ => self,
        }
    }

    /// It is not tried now but from `until` on, and that is no attempt: its domain takes no more for the moment.
    #[must_use]
    pub fn postponed(self, until: Timestamp) -> Self {
        match self.state {
            State::Leased => {
                let back = self.released(until, OnUnknown::Resend);
                Self { attempts: self.attempts.saturating_sub(1), ..back }
            }
            state if State::LEASABLE.contains(&state) => Self { next_at: Some(until), ..self },
            _ => self,
        }
    }

    /// An admin wants it sent after all, whatever became of it: it is fresh from now on. One that a worker has stays.
    #[must_use]
    pub fn resent(self, now: Timestamp, expires_after: SignedDuration) -> Self {
        match self.state {
            State::Leased | State::Transmitting | State::Queued => self,
            // What may have arrived stays one whose fate is unknown until somebody takes it.
            State::Unknown => Self {
                next_at: Some(now),
                expires_at: now.saturating_add(expires_after).unwrap_or(Timestamp::MAX),
                ..self
            },
            _ => Self { attempts: 0, ..Self::queued(now, expires_after) },
        }
    }

    /// The subscriber is not to get it any more.
    #[must_use]
    pub fn suppressed(self) -> Self {
        if State::LEASABLE.contains(&self.state) || self.state == State::Leased {
            Self { state: State::Suppressed, next_at: None, ..self }
        } else {
            self
        }
    }

    fn unknown(self, now: Timestamp, on_unknown: OnUnknown) -> Self {
        let again = on_unknown == OnUnknown::Resend && self.unknowns < UNKNOWN_RESENDS_MAX;
        let next_at = if again { self.next_attempt(now) } else { None };
        Self { state: State::Unknown, unknowns: self.unknowns + 1, next_at, ..self }
    }

    /// Nothing more is tried. What may have arrived is not called expired.
    fn given_up(self) -> Self {
        let state = if self.unknowns > 0 { State::Unknown } else { State::Expired };
        Self { state, next_at: None, ..self }
    }

    fn next_attempt(&self, now: Timestamp) -> Option<Timestamp> {
        let waited = self.attempts.saturating_sub(1) as usize;
        let minutes = BACKOFF_MINUTES[waited.min(BACKOFF_MINUTES.len() - 1)];
        let at = now.checked_add(SignedDuration::from_mins(minutes)).ok()?;
        (at < self.expires_at).then_some(at)
    }
}

/// The Message-ID of an edition for a subscriber: the same for every attempt, so that mail programs can tell a
/// duplicate, and a hash, so that it says nothing about the subscriber. Give the subscriber's id and not the address,
/// which could be guessed and hashed.
pub fn message_id(edition_id: &str, subscriber_id: &str, domain: &str) -> String {
    let mut hash = Sha256::new();
    for part in [edition_id, subscriber_id] {
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("<{}@{domain}>", &digits[..MESSAGE_ID_DIGITS])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SLOT: Timestamp = Timestamp::UNIX_EPOCH;

    fn minutes(count: i64) -> Timestamp {
        SLOT + SignedDuration::from_mins(count)
    }

    fn queued() -> Delivery {
        Delivery::queued(SLOT, SignedDuration::from_hours(EXPIRES_AFTER_HOURS))
    }

    fn reply(code: u16) -> Reply {
        Reply { code, text: "words".to_owned() }
    }

    fn accepted() -> Outcome {
        Outcome::Accepted { reply: reply(250) }
    }

    fn deferred() -> Outcome {
        Outcome::Deferred { stage: Stage::Recipient, reply: reply(450) }
    }

    fn rejected() -> Outcome {
        Outcome::Rejected { stage: Stage::Recipient, reply: reply(550) }
    }

    fn not_sent() -> Outcome {
        Outcome::NotSent { stage: Stage::Connecting, reason: "refused".to_owned() }
    }

    fn unknown() -> Outcome {
        Outcome::Unknown { reason: "the connection was closed".to_owned() }
    }

    /// Attempts one after another, each as soon as it may be.
    #[track_caller]
    fn check(outcomes: &[Outcome], on_unknown: OnUnknown, expected: (State, Option<i64>)) {
        let mut delivery = queued();
        for outcome in outcomes {
            let now = delivery.next_at.expect("there is another attempt");
            delivery = delivery.leased(now).transmitting().concluded(outcome, now, on_unknown);
        }
        assert_eq!((delivery.state, delivery.next_at), (expected.0, expected.1.map(minutes)));
    }

    #[test]
    fn outcomes_lead_to_states() {
        use OnUnknown::{Hold, Resend};
        check(&[accepted()], Resend, (State::Accepted, None));
        check(&[rejected()], Resend, (State::Rejected, None));
        check(&[deferred()], Resend, (State::Deferred, Some(1)));
        check(&[not_sent(), deferred(), accepted()], Resend, (State::Accepted, None));
        check(&[unknown()], Hold, (State::Unknown, None));
        check(&[unknown()], Resend, (State::Unknown, Some(1)));
        check(&[unknown(), accepted()], Resend, (State::Accepted, None));
        check(&[unknown(), unknown()], Resend, (State::Unknown, None));
    }

    #[test]
    fn waits_grow_to_an_hour_until_it_expires() {
        let mut delivery = queued();
        let mut starts = Vec::new();
        while let Some(now) = delivery.next_at {
            starts.push(now.duration_since(SLOT).as_mins());
            delivery = delivery.leased(now).concluded(&not_sent(), now, OnUnknown::Resend);
        }
        assert_eq!(starts, [0, 1, 6, 21, 51, 111, 171, 231, 291, 351, 411, 471, 531, 591, 651, 711]);
        assert_eq!((delivery.state, delivery.attempts), (State::Expired, 16));
    }

    #[test]
    fn an_edition_that_is_not_fresh_any_more_is_not_sent() {
        assert_eq!(queued().leased(minutes(12 * 60)).state, State::Expired);
        assert_eq!(queued().leased(minutes(12 * 60 - 1)).state, State::Leased);
    }

    #[test]
    fn a_lost_worker_loses_nothing() {
        let now = minutes(3);
        let leased = queued().leased(now);
        assert_eq!(leased.released(now, OnUnknown::Resend).state, State::Queued);
        assert!(leased.released(now, OnUnknown::Resend).is_leasable(now));
        let lost = leased.transmitting().released(now, OnUnknown::Hold);
        assert_eq!((lost.state, lost.next_at), (State::Unknown, None));
        // Sent once and leased again, it is still one whose fate is unknown, whatever happens to the second worker.
        let again = leased.transmitting().released(now, OnUnknown::Resend).leased(minutes(10));
        assert_eq!(again.state, State::Leased);
        assert_eq!(again.released(minutes(10), OnUnknown::Resend).state, State::Unknown);
    }

    #[test]
    fn a_crash_is_made_up_for_at_once_and_however_often() {
        let mut delivery = queued();
        for crashes in 1..9 {
            delivery = delivery.leased(minutes(1)).transmitting().released(minutes(1), OnUnknown::Resend);
            assert_eq!((delivery.state, delivery.unknowns), (State::Unknown, crashes));
            assert!(delivery.is_leasable(minutes(1)));
        }
        assert_eq!(
            delivery.leased(minutes(1)).transmitting().concluded(&accepted(), SLOT, OnUnknown::Resend).state,
            State::Accepted
        );
    }

    #[test]
    fn postponing_is_no_attempt() {
        let leased = queued().leased(SLOT);
        assert_eq!(leased.postponed(minutes(5)), Delivery { next_at: Some(minutes(5)), ..queued() });
        assert_eq!(queued().postponed(minutes(5)).next_at, Some(minutes(5)));
        assert_eq!(leased.transmitting().postponed(minutes(5)), leased.transmitting());
    }

    #[test]
    fn an_admin_may_have_anything_sent_again() {
        let day = SignedDuration::from_hours(24);
        let rejected = queued().leased(SLOT).concluded(&rejected(), SLOT, OnUnknown::Resend);
        let again = rejected.resent(SLOT + day, day);
        assert!(again.is_leasable(SLOT + day) && again.leased(SLOT + day).state == State::Leased);
        let held = queued().leased(SLOT).transmitting().released(SLOT, OnUnknown::Hold);
        assert!(held.resent(minutes(9), day).is_leasable(minutes(9)));
        let leased = queued().leased(SLOT);
        assert_eq!(leased.resent(minutes(9), day), leased);
    }

    #[test]
    fn a_subscriber_who_left_gets_nothing_more() {
        assert_eq!(queued().suppressed().state, State::Suppressed);
        assert_eq!(queued().leased(SLOT).suppressed().state, State::Suppressed);
        assert_eq!(queued().leased(SLOT).transmitting().suppressed().state, State::Transmitting);
    }

    #[test]
    fn names_are_read_back() {
        for state in State::ALL {
            assert_eq!(state.name().parse::<State>().unwrap(), state);
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.name()));
        }
        assert!("sent".parse::<State>().unwrap_err().to_string().contains("another version"));
    }

    #[test]
    fn a_message_id_is_stable_and_says_nothing() {
        let id = message_id("daily@2025-03-25T05:00:00Z", "17", "daybrief.example");
        assert_eq!(id, message_id("daily@2025-03-25T05:00:00Z", "17", "daybrief.example"));
        assert_eq!(id.len(), "<@daybrief.example>".len() + MESSAGE_ID_DIGITS);
        assert!(id[1..=MESSAGE_ID_DIGITS].bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(message_id("ab", "c", "x"), message_id("a", "bc", "x"));
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop::sample::select(vec![accepted(), deferred(), rejected(), not_sent(), unknown()])
    }

    proptest! {
        /// Whatever happens, a delivery ends, is never sent more than once after it may have arrived, and a final state stays.
        #[test]
        fn every_history_ends(outcomes in prop::collection::vec((outcome(), 0..4_u8), 64), hold: bool) {
            let on_unknown = if hold { OnUnknown::Hold } else { OnUnknown::Resend };
            let mut delivery = queued();
            let mut transmitted_while_unknown = 0;
            for (outcome, crash) in &outcomes {
                let Some(now) = delivery.next_at else { break };
                let leased = delivery.leased(now);
                delivery = match crash {
                    0 => leased.released(now + SignedDuration::from_mins(9), on_unknown),
                    1 => leased.transmitting().released(now + SignedDuration::from_mins(9), on_unknown),
                    _ => {
                        transmitted_while_unknown += u32::from(leased.unknowns > 0 && *outcome == unknown());
                        leased.transmitting().concluded(outcome, now, on_unknown)
                    }
                };
            }
                prop_assert!(transmitted_while_unknown <= UNKNOWN_RESENDS_MAX);
            if delivery.next_at.is_none() {
                let later = SLOT + SignedDuration::from_hours(24);
                prop_assert_eq!(delivery.leased(later).transmitting().concluded(&accepted(), later, on_unknown), delivery);
            }
        }
    }
}
