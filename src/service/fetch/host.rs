//! One host at a time: how many requests may run against it, and how far apart they start.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{FetchLimits, HostLimits};

/// Hosts remembered before idle ones are forgotten.
const HOSTS_MAX: usize = 10_000;

/// Requests wait here for their turn at a host.
#[derive(Debug)]
pub(super) struct Hosts {
    usual: HostLimits,
    /// By name, without port.
    special: HashMap<String, HostLimits>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    gap: Duration,
    running: Arc<Semaphore>,
    /// When the next request may start.
    next: Mutex<Instant>,
    /// Until when the host asked to be left alone, if it did.
    resting: Mutex<Option<Instant>>,
}

/// A host's wish to be left alone is heard for this long at most: it may be meant for one address among many.
const REST_MAX: Duration = Duration::from_secs(60 * 60);
/// How long a host is left alone that says "too many requests" and nothing more.
const REST_DEFAULT: Duration = Duration::from_secs(60);

/// The right to talk to a host, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "held for its drop")] Option<OwnedSemaphorePermit>);

impl Hosts {
    pub(super) fn new(limits: &FetchLimits) -> Self {
        let usual = HostLimits { requests_max: limits.host_requests_max, gap: limits.host_gap };
        Self { usual, special: limits.hosts.iter().cloned().collect(), hosts: Mutex::default() }
    }

    /// Waits until one more request to `site` (name and port) may start.
    pub(super) async fn turn(&self, site: &str) -> Turn {
        let host = self.host(site);
        // The semaphore is never closed, so acquiring fails never; a missing permit would only mean less politeness.
        let permit = Arc::clone(&host.running).acquire_owned().await.ok();
        let start = {
            let mut next = host.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*next).max(Instant::now());
            *next = start + host.gap;
            start
        };
        tokio::time::sleep_until(start).await;
        Turn(permit)
    }

    /// Leaves `host` alone for a while, whichever of its addresses is asked for next.
    pub(super) fn rest(&self, host: &str, wait: Option<Duration>) {
        let until = Instant::now() + wait.unwrap_or(REST_DEFAULT).min(REST_MAX);
        *self.host(host).resting.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// How much longer `host` is left alone.
    pub(super) fn resting(&self, host: &str) -> Option<Duration> {
        let until = *self.host(host).resting.lock().unwrap_or_else(PoisonError::into_inner);
        until.and_then(|until| until.checked_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let now = Instant::now();
        if hosts.len() >= HOSTS_MAX {
            hosts.retain(|_, host| {
                Arc::strong_count(host) > 1 || *host.next.lock().unwrap_or_else(PoisonError::into_inner) > now
            });
        }
        let bare = name.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let bare = bare.map_or(name, |(bare, _)| bare);
        let limits = self.special.get(bare).copied().unwrap_or(self.usual);
        let host = Arc::new(Host {
            gap: limits.gap,
            running: Arc::new(Semaphore::new(limits.requests_max.max(1))),
            next: Mutex::new(now),
            resting: Mutex::default(),
        });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_can_have_a_pace_of_its_own() {
        let own = HostLimits { requests_max: 64, gap: Duration::ZERO };
        let hosts = vec![("127.0.0.1".to_owned(), own), ("[::1]".to_owned(), own)];
        let hosts = Hosts::new(&FetchLimits { hosts, ..FetchLimits::default() });
        for (site, own) in [
            ("127.0.0.1:18080", true),
            ("[::1]:80", true),
            ("[::1]", true),
            ("127.0.0.2:80", false),
            ("a.example", false),
        ] {
            let host = hosts.host(site);
            assert_eq!((host.gap.is_zero(), host.running.available_permits() == 64), (own, own), "{site}");
        }
    }

    #[tokio::test]
    async fn a_host_that_has_had_enough_is_left_alone() {
        let hosts = Hosts::new(&FetchLimits { host_gap: Duration::ZERO, ..FetchLimits::default() });
        hosts.rest("a.example:80", None);
        hosts.rest("b.example:80", Some(Duration::from_secs(31_536_000)));
        hosts.rest("c.example:80", Some(Duration::ZERO));
        assert!(hosts.resting("a.example:80").is_some_and(|left| left <= REST_DEFAULT));
        assert!(hosts.resting("b.example:80").is_some_and(|left| left <= REST_MAX));
        assert_eq!(hosts.resting("c.example:80"), None);
        assert_eq!(hosts.resting("d.example:80"), None);
    }
}
