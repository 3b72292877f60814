//! One host at a time: how many requests may run against it, and how far apart they start.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Hosts remembered before idle ones are forgotten.
const HOSTS_MAX: usize = 10_000;

/// Requests wait here for their turn at a host.
#[derive(Debug)]
pub(super) struct Hosts {
    at_once: usize,
    gap: Duration,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
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
    pub(super) fn new(at_once: usize, gap: Duration) -> Self {
        Self { at_once: at_once.max(1), gap, hosts: Mutex::default() }
    }

    /// Waits until one more request to `host` (name and port) may start.
    pub(super) async fn turn(&self, host: &str) -> Turn {
        let host = self.host(host);
        // The semaphore is never closed, so acquiring fails never; a missing permit would only mean less politeness.
        let permit = Arc::clone(&host.running).acquire_owned().await.ok();
        let start = {
            let mut next = host.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*next).max(Instant::now());
            *next = start + self.gap;
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
        let host = Arc::new(Host {
            running: Arc::new(Semaphore::new(self.at_once)),
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
    async fn a_host_that_has_had_enough_is_left_alone() {
        let hosts = Hosts::new(2, Duration::ZERO);
        hosts.rest("a.example:80", None);
        hosts.rest("b.example:80", Some(Duration::from_secs(31_536_000)));
        hosts.rest("c.example:80", Some(Duration::ZERO));
        assert!(hosts.resting("a.example:80").is_some_and(|left| left <= REST_DEFAULT));
        assert!(hosts.resting("b.example:80").is_some_and(|left| left <= REST_MAX));
        assert_eq!(hosts.resting("c.example:80"), None);
        assert_eq!(hosts.resting("d.example:80"), None);
    }
}
