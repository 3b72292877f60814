//! What is stored of a source between two fetches: when it is asked next and how, and how it is doing. Pure functions, with
//! the time and the dice as arguments.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::FetchError;
use super::freshness::{CacheRules, Pace, Policy, RetryAfter, Validators, later};
use crate::news::feed::{Entry, Feed};

/// A permanent redirect that is being watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub to: String,
    pub since: Timestamp,
    pub times: u32,
}

/// What is stored of a source between two fetches. It belongs to the source's configured address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Freshness {
    pub validators: Validators,
    /// Due at this instant; `None` is at once.
    pub next_try: Option<Timestamp>,
    /// The server itself asked to be left alone until then.
    pub left_alone_until: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    pub failing_since: Option<Timestamp>,
    /// Class and text of the last failure, kept until a success.
    pub last_error: Option<(String, String)>,
    pub moved: Option<Moved>,
    /// Where it is asked instead of its configured address: there it moved for good, or there its page names a feed.
    pub address: Option<String>,
    /// Why it is asked no more: the server said 410.
    pub gone: bool,
    pub seen: Seen,
}

/// What is remembered of a source's last document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    pub title: Option<String>,
    /// Short hashes of its entries, a hundred at most.
    pub entries: Vec<String>,
    pub entries_last_week: u32,
    pub ttl_minutes: Option<u32>,
    /// When it last had an entry that it did not have before.
    pub new_at: Option<Timestamp>,
    /// The usual time between two entries, in minutes.
    pub rhythm_minutes: Option<i64>,
}

/// Enough to recognise a feed that was asked too rarely, and little enough to be stored with every fetch.
const ENTRIES_REMEMBERED_MAX: usize = 100;

/// Why a source is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Between editions: what is due by its own pace is asked.
    Routine,
    /// For an edition: what does well is asked unless that was just done; what fails keeps its backoff.
    Edition,
    /// A person asks for it now: everything is, but for servers that want to be left alone.
    ByHand,
}

/// What to do about a source now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    Rest { until: Timestamp },
    Gone,
    Fetch { validators: Validators },
}

/// Why a visit gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A stable word for the store, logs and JSON.
    pub class: &'static str,
    /// A sentence without its full stop: "failed to …".
    pub text: String,
    pub retry_after: Option<RetryAfter>,
}

impl Failure {
    /// A document came, but it is not what the source is there for.
    pub fn unreadable(text: String) -> Self {
        Self { class: "unreadable", text, retry_after: None }
    }
}

impl From<&FetchError> for Failure {
    fn from(error: &FetchError) -> Self {
        Self { class: error.class(), text: format!("failed to {error}"), retry_after: error.retry_after() }
    }
}

/// One fetch in a hundred is made without validators: it cures servers that say "not modified" for ever.
const FORCED_SHARE: f64 = 0.01;

/// A permanent redirect is adopted when it was seen this often …
const MOVED_TIMES_MIN: u32 = 3;
/// … over at least this time, since maintenance pages also answer 301.
const MOVED_FOR_MIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An adopted address that fails this often in a row is given up for the configured one.
const ADOPTED_FAILURES_MAX: u32 = 3;

impl Freshness {
    /// What to do at `now`; `draw` in 0..1 decides whether this is the forced fetch in a hundred.
    pub fn plan(&self, occasion: Occasion, policy: &Policy, draw: f64, now: Timestamp) -> Plan {
        let due = match occasion {
            Occasion::Routine => self.next_try,
            Occasion::Edition if self.failures > 0 => self.next_try,
            Occasion::Edition => self.last_success.map(|at| later(at, policy.interval_min)),
            Occasion::ByHand => None,
        };
        match due.max(self.left_alone_until) {
            _ if self.gone => Plan::Gone,
            Some(until) if until > now => Plan::Rest { until },
            _ if draw < FORCED_SHARE => Plan::Fetch { validators: Validators::default() },
            _ => Plan::Fetch { validators: self.validators.clone() },
        }
    }

    /// Notes an answer: new validators, no more failures, and the next try as the source's own pace and what the answer
    /// says of its age have it.
    pub fn succeeded(&mut self, validators: Validators, cache: CacheRules, policy: &Policy, now: Timestamp) {
        let ttl = self.seen.ttl_minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes)));
        let pace = Pace { entries_last_week: self.seen.entries_last_week, ttl, cache };
        *self = Self {
            validators,
            next_try: Some(later(now, policy.interval(&pace, now))),
            last_success: Some(now),
            moved: self.moved.take(),
            address: self.address.take(),
            seen: std::mem::take(&mut self.seen),
            ..Self::default()
        };
    }

    /// Notes a failure: the next try is after the backoff, and not before the server's own `Retry-After` (capped).
    pub fn failed(&mut self, failure: &Failure, policy: &Policy, jitter: f64, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        self.last_error = Some((failure.class.to_owned(), failure.text.clone()));
        let asked = failure.retry_after.map_or(now, |after| after.instant(now));
        let asked = asked.min(later(now, policy.retry_after_max));
        self.left_alone_until = Some(asked).filter(|asked| *asked > now);
        self.next_try = Some(asked.max(later(now, policy.backoff(self.failures, jitter))));
        let is_gone = failure.class == "gone";
        if self.address.is_some() && (is_gone || self.failures >= ADOPTED_FAILURES_MAX) {
            // Perhaps the configured address knows better by now.
            self.address = None;
            self.validators = Validators::default();
        } else {
            self.gone = is_gone;
        }
    }

    /// Forgets what keeps the source from being asked: a person says that it is well again.
    pub fn revive(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        *self = Self { last_success: self.last_success, seen, ..Self::default() };
    }

    /// Notes where permanent redirects led this time, and returns the address to adopt once that has held long enough.
    ///
    /// `to` is the end of a chain of nothing but 301 and 308, or `None`; `same_feed` says that what came from there is
    /// still the feed that was known. A secure address is never given up for an insecure one.
    pub fn moved(&mut self, from: &Url, to: Option<&Url>, same_feed: bool, now: Timestamp) -> Option<Url> {
        let to = to.filter(|to| same_feed && !(from.scheme() == "https" && to.scheme() == "http"));
        let Some(to) = to else {
            self.moved = None;
            return None;
        };
        let seen = match self.moved.take().filter(|moved| moved.to == to.as_str()) {
            Some(moved) => Moved { times: moved.times.saturating_add(1), ..moved },
            None => Moved { to: to.to_string(), since: now, times: 1 },
        };
        let held = seen.times >= MOVED_TIMES_MIN && now.duration_since(seen.since) >= MOVED_FOR_MIN;
        self.moved = (!held).then_some(seen);
        held.then(|| to.clone())
    }

    /// How it is doing.
    pub fn health(&self, now: Timestamp) -> Health<'_> {
        match (&self.last_error, self.last_success) {
            _ if self.gone => Health::Gone,
            (Some((class, text)), _) => {
                let since = self.failing_since.unwrap_or(now);
                Health::Failing { times: self.failures, since, class, text, again: self.next_try }
            }
            (None, None) => Health::NotAsked,
            (None, Some(at)) => match self.seen.stale_since(now) {
                Some(new_at) => Health::Stale { new_at },
                None => Health::Well { at },
            },
        }
    }
}

/// Silence is unusual when it is this many times as long as the usual time between two entries …
const STALE_RHYTHMS: i64 = 10;
/// … but not within three days: a long weekend is no reason to worry …
const STALE_MIN: SignedDuration = SignedDuration::from_hours(3 * 24);
/// … and in any case after this, also for sources whose entries have no dates.
const STALE_MAX: SignedDuration = SignedDuration::from_hours(60 * 24);

impl Seen {
    /// Whether a feed is still the one that was known: it has its title, or an entry of it.
    pub fn knows(&self, feed: &Feed) -> bool {
        let same_title = feed.title.is_some() && feed.title == self.title;
        self.entries.is_empty() || same_title || entries_of(feed).any(|entry| self.entries.contains(&entry))
    }

    /// Takes note of a feed.
    pub fn note(&mut self, feed: &Feed, now: Timestamp) {
        let entries: Vec<String> = entries_of(feed).collect();
        let known: HashSet<&String> = self.entries.iter().collect();
        let is_first = self.entries.is_empty();
        let mut dates: Vec<Timestamp> =
            feed.entries.iter().filter_map(Entry::date).filter(|date| *date <= now).collect();
        dates.sort_unstable();
        let has_new = entries.iter().any(|entry| !known.contains(entry));
        self.new_at = match has_new {
            // What was there before we first looked is as new as it says.
            true if is_first => Some(dates.last().copied().unwrap_or(now)),
            true => Some(now),
            false => self.new_at,
        };
        let mut gaps: Vec<i64> = dates.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_mins()).collect();
        gaps.sort_unstable();
        self.rhythm_minutes = gaps.get(gaps.len() / 2).copied();
        let week_ago = now.checked_sub(SignedDuration::from_hours(7 * 24)).unwrap_or(Timestamp::MIN);
        let recent = dates.iter().filter(|date| **date > week_ago).count();
        self.entries_last_week = u32::try_from(recent).unwrap_or(u32::MAX);
        self.ttl_minutes = feed.ttl_minutes;
        self.title.clone_from(&feed.title);
        self.entries = entries;
    }

    /// When something new last came, if that is unusually long ago.
    fn stale_since(&self, now: Timestamp) -> Option<Timestamp> {
        let new_at = self.new_at?;
        let usual = self.rhythm_minutes.map_or(STALE_MAX, |minutes| {
            SignedDuration::from_mins(minutes.saturating_mul(STALE_RHYTHMS).min(STALE_MAX.as_mins()))
        });
        (now.duration_since(new_at) > usual.max(STALE_MIN)).then_some(new_at)
    }
}

/// The entries that are remembered of a feed.
fn entries_of(feed: &Feed) -> impl Iterator<Item = String> {
    feed.entries.iter().take(ENTRIES_REMEMBERED_MAX).map(|entry| short(&entry.key()))
}

/// Enough of a hash to tell apart the entries of one feed.
fn short(key: &str) -> String {
    Sha256::digest(key).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// How a source is doing. Shown as it fits after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health<'a> {
    NotAsked,
    Well {
        at: Timestamp,
    },
    /// It answers, but has had nothing new for unusually long.
    Stale {
        new_at: Timestamp,
    },
    Failing {
        times: u32,
        since: Timestamp,
        class: &'a str,
        text: &'a str,
        again: Option<Timestamp>,
    },
    /// 410: it is asked no more.
    Gone,
}

impl Health<'_> {
    /// Whether a person should look at it.
    pub fn needs_attention(&self) -> bool {
        !matches!(self, Self::NotAsked | Self::Well { .. })
    }

    /// A stable word for JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::Well { .. } => "well",
            Self::Stale { .. } => "stale",
            Self::Failing { .. } => "failing",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Health<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: &Timestamp| at.strftime("%-d %b %Y %H:%M UTC").to_string();
        match self {
            Self::NotAsked => f.write_str("not asked yet"),
            Self::Well { at } => write!(f, "answered {}", time(at)),
            Self::Stale { new_at } => write!(f, "nothing new since {}, which is unusual for it", time(new_at)),
            Self::Failing { times, since, text, again, .. } => {
                match times {
                    1 => write!(f, "failed on {}: {text}", time(since))?,
                    times => write!(f, "failed {times} times in a row since {}: {text}", time(since))?,
                }
                again.map_or(Ok(()), |again| write!(f, "; next try {}", time(&again)))
            }
            Self::Gone => f.write_str(
                "gone for good (410), asked no more; remove it, or ask again with `daybrief sources enable`",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::feed;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(kept: &Freshness, occasion: Occasion, now: &str, expected: Plan) {
        assert_eq!(kept.plan(occasion, &Policy::default(), 0.5, at(now)), expected, "{occasion:?} at {now}");
    }

    fn fetch() -> Plan {
        Plan::Fetch { validators: Validators::default() }
    }

    fn rest(until: &str) -> Plan {
        Plan::Rest { until: at(until) }
    }

    #[test]
    fn one_fetch_in_a_hundred_is_made_without_validators() {
        let validators = Validators { etag: Some("\"a\"".into()), ..Validators::default() };
        let kept = Freshness { validators: validators.clone(), ..Freshness::default() };
        let plan = |draw| kept.plan(Occasion::Routine, &Policy::default(), draw, at("2025-03-25T09:00:00Z"));
        assert_eq!(plan(0.5), Plan::Fetch { validators });
        assert_eq!(plan(0.005), fetch());
    }

    #[test]
    fn what_does_well_rests_by_its_pace_and_is_asked_for_an_edition() {
        let kept = Freshness {
            next_try: Some(at("2025-03-25T20:00:00Z")),
            last_success: Some(at("2025-03-25T08:00:00Z")),
            ..Freshness::default()
        };
        check(&kept, Occasion::Routine, "2025-03-25T19:59:59Z", rest("2025-03-25T20:00:00Z"));
        check(&kept, Occasion::Routine, "2025-03-25T20:00:00Z", fetch());
        check(&kept, Occasion::Edition, "2025-03-25T08:10:00Z", rest("2025-03-25T08:15:00Z"));
        check(&kept, Occasion::Edition, "2025-03-25T09:00:00Z", fetch());
        check(&kept, Occasion::ByHand, "2025-03-25T08:00:01Z", fetch());
    }

    #[test]
    fn what_fails_keeps_its_backoff_and_a_server_its_peace() {
        let mut kept = Freshness::default();
        let failure = Failure { class: "server-error", text: String::new(), retry_after: None };
        kept.failed(&failure, &Policy::default(), 0.0, at("2025-03-25T09:00:00Z"));
        check(&kept, Occasion::Edition, "2025-03-25T09:05:00Z", rest("2025-03-25T09:10:00Z"));
        check(&kept, Occasion::ByHand, "2025-03-25T09:05:00Z", fetch());
        let failure = Failure { retry_after: Some(RetryAfter::For(Duration::from_secs(7200))), ..failure };
        kept.failed(&failure, &Policy::default(), 0.0, at("2025-03-25T10:00:00Z"));
        for occasion in [Occasion::Routine, Occasion::Edition, Occasion::ByHand] {
            check(&kept, occasion, "2025-03-25T11:00:00Z", rest("2025-03-25T12:00:00Z"));
            check(&kept, occasion, "2025-03-25T12:00:00Z", fetch());
        }
    }

    #[test]
    fn what_is_gone_is_asked_no_more_until_a_person_says_so() {
        let mut kept = Freshness::default();
        let gone = Failure { class: "gone", text: String::new(), retry_after: None };
        kept.failed(&gone, &Policy::default(), 0.0, at("2025-03-25T09:00:00Z"));
        check(&kept, Occasion::ByHand, "2026-03-25T09:00:00Z", Plan::Gone);
        kept.revive();
        check(&kept, Occasion::Routine, "2025-03-25T09:00:00Z", fetch());
        // Where an adopted address is gone, the configured one is asked again.
        kept.address = Some("https://b.example/feed".to_owned());
        kept.failed(&gone, &Policy::default(), 0.0, at("2025-03-25T09:00:00Z"));
        assert_eq!((kept.gone, kept.address), (false, None));
    }

    #[test]
    fn permanent_moves_are_adopted_after_a_week_of_repetition() {
        let mut kept = Freshness::default();
        let (from, to) = (Url::parse("http://a.example/feed").unwrap(), Url::parse("https://b.example/feed").unwrap());
        let days = |days: i64| at("2025-03-25T09:00:00Z") + SignedDuration::from_hours(24 * days);
        assert_eq!(kept.moved(&from, Some(&to), true, days(0)), None);
        assert_eq!(kept.moved(&from, Some(&to), true, days(3)), None);
        assert_eq!(kept.moved(&from, Some(&to), true, days(8)), Some(to.clone()));
        // A maintenance page in between starts the count anew, and a secure address is kept.
        assert_eq!(kept.moved(&from, Some(&to), true, days(9)), None);
        assert_eq!(kept.moved(&from, Some(&to), false, days(12)), None);
        assert_eq!(kept.moved(&from, Some(&to), true, days(17)), None);
        for day in [20, 25, 30] {
            assert_eq!(kept.moved(&to, Some(&from), true, days(day)), None);
        }
    }

    fn feed(title: &str, links: &[(&str, &str)]) -> Feed {
        let item = |(link, date): &(&str, &str)| {
            format!("<item><link>https://a.example/{link}</link><pubDate>{date}</pubDate></item>")
        };
        let items: String = links.iter().map(item).collect();
        let xml = format!("<rss><channel><title>{title}</title>{items}</channel></rss>");
        feed::read(xml.as_bytes(), None, None).unwrap()
    }

    #[test]
    fn a_feed_is_known_by_its_title_or_an_entry() {
        let now = at("2025-03-25T09:00:00Z");
        let mut seen = Seen::default();
        for known in [
            feed("Courier", &[("1", ""), ("2", "")]),
            feed("The Courier", &[("2", ""), ("3", "")]),
            feed("The Courier", &[("9", "")]),
        ] {
            assert!(seen.knows(&known));
            seen.note(&known, now);
        }
        assert!(!seen.knows(&feed("Buy this domain", &[("ad", "")])));
    }

    #[test]
    fn unusual_silence_is_noticed() {
        let hourly =
            feed("C", &[("1", "2025-03-24T06:00:00Z"), ("2", "2025-03-24T07:00:00Z"), ("3", "2025-03-24T08:00:00Z")]);
        let mut kept = Freshness { last_success: Some(at("2025-03-25T09:00:00Z")), ..Freshness::default() };
        kept.seen.note(&hourly, at("2025-03-25T09:00:00Z"));
        assert_eq!((kept.seen.rhythm_minutes, kept.seen.entries_last_week), (Some(60), 3));
        let health = |kept: &Freshness, now| kept.health(at(now)).word();
        assert_eq!(health(&kept, "2025-03-27T07:00:00Z"), "well");
        assert_eq!(health(&kept, "2025-03-27T09:00:00Z"), "stale");
        // The same entries again are nothing new; another one is.
        kept.seen.note(&hourly, at("2025-03-27T09:00:00Z"));
        assert_eq!(health(&kept, "2025-03-27T09:00:00Z"), "stale");
        kept.seen.note(&feed("C", &[("4", "")]), at("2025-03-27T09:00:00Z"));
        assert_eq!(health(&kept, "2025-03-27T09:00:00Z"), "well");
        assert_eq!(health(&kept, "2025-05-27T09:00:00Z"), "stale");
    }

    #[test]
    fn what_is_kept_goes_through_json() {
        let mut kept = Freshness::default();
        let error = FetchError::Status { host: "a.example".into(), status: 503, retry_after: None };
        kept.failed(&Failure::from(&error), &Policy::default(), 0.5, at("2025-03-25T09:00:00Z"));
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Freshness>(&json).unwrap(), kept);
        assert_eq!(serde_json::from_str::<Freshness>("{}").unwrap(), Freshness::default());
    }
}
