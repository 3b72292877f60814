//! What servers say of the age of their documents, and how often that lets a source be asked: pure functions.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a server said about its own document, kept so that it need not send it twice.
///
/// Entity tag and date are stored and sent back byte for byte: servers compare them as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// SHA-256 of the decoded body, hexadecimal: half of all servers send 200 for a document that did not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_hash: Option<String>,
}

/// A server's request to be left alone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    For(Duration),
    Until(Timestamp),
}

impl RetryAfter {
    /// Reads the header: seconds, or any of the three HTTP dates. Anything else is as if it had not been sent.
    pub fn parse(header: &str) -> Option<Self> {
        let header = header.trim();
        if !header.is_empty() && header.bytes().all(|b| b.is_ascii_digit()) {
            // More digits than fit mean "very long"; the policy caps it.
            return Some(Self::For(Duration::from_secs(header.parse().unwrap_or(u64::from(u32::MAX)))));
        }
        http_date(header).map(Self::Until)
    }

    /// The wait, where it was given as one.
    pub(super) fn wait(self) -> Option<Duration> {
        match self {
            Self::For(wait) => Some(wait),
            Self::Until(_) => None,
        }
    }

    /// The instant meant, given when the answer came.
    pub(super) fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::For(wait) => later(now, SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)),
            Self::Until(when) => when,
        }
    }
}

/// An HTTP date (RFC 9110 5.6.7) in any of its three forms.
pub fn http_date(text: &str) -> Option<Timestamp> {
    let time: SystemTime = httpdate::parse_http_date(text.trim()).ok()?;
    Timestamp::try_from(time).ok()
}

/// `now + wait`, or the end of time.
pub(super) fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// How long the answer may be taken as fresh, from `Cache-Control: max-age` and `Expires`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheRules {
    pub max_age: Option<Duration>,
    pub expires: Option<Timestamp>,
    /// `no-store`, or an `Expires` in the past such as `0`: the validators are not to be trusted.
    pub volatile: bool,
}

impl CacheRules {
    pub fn parse(cache_control: Option<&str>, expires: Option<&str>) -> Self {
        let mut rules = Self::default();
        for directive in cache_control.unwrap_or_default().split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" => rules.volatile = true,
                "max-age" => {
                    rules.max_age = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
                }
                _ => {}
            }
        }
        match expires.map(str::trim) {
            Some("0" | "-1") => rules.volatile = true,
            Some(text) => rules.expires = http_date(text),
            None => {}
        }
        rules
    }
}

/// How often sources are asked. All durations are configuration; these are the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub interval_min: SignedDuration,
    pub interval_max: SignedDuration,
    /// The wait after the first failure; it doubles with each further one up to `retry_max`.
    pub retry_min: SignedDuration,
    /// Also the longest wait: a source is never given up silently.
    pub retry_max: SignedDuration,
    /// A `Retry-After` beyond this is taken as this.
    pub retry_after_max: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            interval_min: SignedDuration::from_mins(15),
            interval_max: SignedDuration::from_hours(24),
            retry_min: SignedDuration::from_mins(10),
            retry_max: SignedDuration::from_hours(24),
            retry_after_max: SignedDuration::from_hours(24),
        }
    }
}

/// What a feed lets one guess about its next entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Entries dated within the last seven days.
    pub entries_last_week: u32,
    /// The feed's own `ttl` or update period.
    pub ttl: Option<Duration>,
    pub cache: CacheRules,
}

impl Policy {
    /// The wait until a healthy source is asked again: twice as often as it publishes, no sooner than it allows, and
    /// within the bounds whatever it claims (a `max-age` of a year would park it for good).
    pub fn interval(&self, pace: &Pace, now: Timestamp) -> SignedDuration {
        /// Asked twice per expected entry, so that an entry waits half an interval on average.
        const ASKED_PER_ENTRY: i64 = 2;
        const WEEK_SECONDS: i64 = 7 * 24 * 60 * 60;
        let expected = match i64::from(pace.entries_last_week) {
            0 => self.interval_max,
            entries => SignedDuration::from_secs(WEEK_SECONDS / (entries * ASKED_PER_ENTRY)),
        };
        let allowed = [pace.ttl, pace.cache.max_age].into_iter().flatten().filter_map(|d| d.try_into().ok());
        let expires = pace.cache.expires.map(|at| at.duration_since(now));
        let wanted = allowed.chain(expires).fold(expected, SignedDuration::max);
        wanted.max(self.interval_min).min(self.interval_max)
    }

    /// The wait after `failures` failures in a row. `jitter` in 0..=1 takes up to a quarter off, so that sources which
    /// failed together do not come back together.
    pub fn backoff(&self, failures: u32, jitter: f64) -> SignedDuration {
        let doublings = failures.saturating_sub(1).min(16);
        let wait = self.retry_min.saturating_mul(1 << doublings).min(self.retry_max);
        wait - wait.mul_f64(jitter.clamp(0.0, 1.0) / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_interval(entries_last_week: u32, ttl_minutes: Option<u64>, expected_minutes: i64) {
        let ttl = ttl_minutes.map(|minutes| Duration::from_secs(60 * minutes));
        let pace = Pace { entries_last_week, ttl, ..Pace::default() };
        let interval = Policy::default().interval(&pace, "2025-03-25T09:00:00Z".parse().unwrap());
        assert_eq!(interval.as_mins(), expected_minutes, "{pace:?}");
    }

    #[test]
    fn sources_are_asked_twice_as_often_as_they_publish() {
        check_interval(0, None, 24 * 60);
        check_interval(7, None, 12 * 60);
        check_interval(70, None, 72);
        check_interval(100_000, None, 15);
        check_interval(70, Some(120), 120);
        check_interval(70, Some(0), 72);
        check_interval(70, Some(u64::MAX / 120), 24 * 60);
    }

    #[test]
    fn backoff_doubles_to_its_limit_and_jitter_takes_a_quarter_at_most() {
        let policy = Policy::default();
        assert_eq!(policy.backoff(1, 0.0), policy.retry_min);
        assert_eq!(policy.backoff(3, 0.0), policy.retry_min * 4);
        assert_eq!(policy.backoff(u32::MAX, 0.0), policy.retry_max);
        assert_eq!(policy.backoff(1, 1.0), SignedDuration::from_secs(450));
        assert_eq!(policy.backoff(1, 7.0), SignedDuration::from_secs(450));
    }
}
