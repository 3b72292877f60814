//! How fast messages may go: what is configured, and what servers ask for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Outcome;

/// How far a pace may run ahead of its even rhythm: what was not sent a moment ago may be sent now, in one go.
pub const PACE_BURST_SECONDS: i64 = 10;

/// How long a domain is left alone whose server says that we come too fast.
pub const SLOW_DOWN_MINUTES: i64 = 5;

/// What may go out at most, to one domain or to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cap {
    /// Messages in a minute; `None` is no limit.
    pub per_minute: Option<u32>,
    /// Messages under way at once: each takes a connection of the server that passes it on.
    pub underway: Option<u32>,
}

/// The limits that all processes of one store keep together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// For all messages.
    pub all: Cap,
    /// For each domain that is not named.
    pub other: Cap,
    /// By domain, in lower case and as it is looked up (IDNA).
    pub domains: BTreeMap<String, Cap>,
}

impl Caps {
    /// What holds for a domain.
    pub fn of(&self, domain: &str) -> Cap {
        self.domains.get(domain).copied().unwrap_or(self.other)
    }

    /// Whether anything is limited at all.
    pub fn limit_nothing(&self) -> bool {
        [&self.all, &self.other].into_iter().chain(self.domains.values()).all(|cap| *cap == Cap::default())
    }
}

/// How far the messages to a domain have run ahead: when, at an even rhythm, the next one would go.
///
/// This is the generic cell rate algorithm (ITU-T I.371): one number, so it can be stored, and several processes that take
/// turns at it keep one pace together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(pub Timestamp);

impl Pace {
    /// Lets one message pass, or tells when to ask again.
    ///
    /// # Errors
    /// The domain has had its share for now; the time is when it may have the next.
    pub fn admit(&mut self, now: Timestamp, per_minute: u32) -> Result<(), Timestamp> {
        let interval = SignedDuration::from_micros(60_000_000 / i64::from(per_minute.max(1)));
        let next = self.0.max(now);
        let allowed = next.saturating_sub(SignedDuration::from_secs(PACE_BURST_SECONDS)).unwrap_or(Timestamp::MIN);
        if allowed > now {
            return Err(allowed);
        }
        self.0 = next.saturating_add(interval).unwrap_or(Timestamp::MAX);
        Ok(())
    }
}

/// Whether a server says that it gets too much from us: 421, 454, and the codes 4.7.x by which large providers slow
/// senders down (RFC 3463: security or policy). That is about the pace, not about the recipient.
pub fn is_slow_down(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Deferred { reply, .. } => {
            matches!(reply.code, 421 | 454) || reply.text.split_whitespace().any(|word| word.starts_with("4.7."))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Reply, Stage};
    use super::*;

    const SLOT: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_pace_is_kept_and_lets_short_bursts_pass() {
        let mut pace = Pace(Timestamp::MIN);
        let passed = (0..100).take_while(|_| pace.admit(SLOT, 60).is_ok()).count();
        assert_eq!(passed, 11, "ten seconds' worth and one");
        let again = pace.admit(SLOT, 60).unwrap_err();
        assert_eq!(again, SLOT + SignedDuration::from_secs(1));
        assert_eq!((pace.admit(again, 60), pace.admit(again, 60).is_ok()), (Ok(()), false));
        // An hour at this pace, asked every second: never more than 60 a minute and the burst.
        let passed =
            (2..3602).filter(|second| pace.admit(SLOT + SignedDuration::from_secs(*second), 60).is_ok()).count();
        assert!((3590..=3600).contains(&passed), "{passed}");
    }

    #[test]
    fn a_server_that_slows_us_down_is_understood() {
        let says = |code, text: &str| Outcome::Deferred {
            stage: Stage::Recipient,
            reply: Reply { code, text: text.to_owned() },
        };
        assert!(is_slow_down(&says(421, "too many")) && is_slow_down(&says(450, "4.7.28 unusual rate")));
        assert!(!is_slow_down(&says(450, "4.2.1 mailbox busy")));
    }
}
