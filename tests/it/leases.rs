//! The outbox in the store: leases, fences, paces, what becomes of a delivery. On SQLite and on PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use daybrief::news::delivery::{Cap, Caps, Delivery, OnUnknown, Outcome, Reply, Stage, State};
use daybrief::service::store::{Lease, Store, StoreError, Taking};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::store::{address, at, both, digest, everyone, freeze, frozen};

pub async fn lease(
    store: &Store,
    worker: &str,
    now: Timestamp,
    until: Timestamp,
    count: u32,
) -> Result<Vec<Lease>, StoreError> {
    lease_within(store, worker, now, until, count, &Caps::default()).await
}

async fn lease_within(
    store: &Store,
    worker: &str,
    now: Timestamp,
    until: Timestamp,
    count: u32,
    caps: &Caps,
) -> Result<Vec<Lease>, StoreError> {
    store.lease(Taking { worker, until, count, caps }, now).await
}

/// Marks a delivery; whether its lease still held.
async fn transmitting(store: &Store, lease: &mut Lease, now: Timestamp) -> Result<bool, StoreError> {
    let change = lease.transmitting(now, now + SignedDuration::from_mins(9));
    Ok(store.settle(&[change], now).await?[0])
}

/// Records an outcome; the state that follows, unless the lease was lost.
pub async fn record(
    store: &Store,
    lease: &Lease,
    outcome: &Outcome,
    now: Timestamp,
    on_unknown: OnUnknown,
) -> Result<Option<Delivery>, StoreError> {
    let change = lease.concluded(outcome, now, on_unknown);
    let next = *change.next();
    Ok(store.settle(&[change], now).await?[0].then_some(next))
}

fn accepted() -> Outcome {
    Outcome::Accepted { reply: Reply { code: 250, text: "queued as 17".to_owned() } }
}

pub async fn counts(store: &Store) -> BTreeMap<State, u64> {
    store.delivery_counts(None).await.unwrap()
}

#[test]
fn eight_workers_share_400_deliveries_without_a_double() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 400).await;
        let worker = async |nth: usize| {
            let store = Store::open(&url).await.unwrap();
            let name = format!("worker {nth}");
            let mut mine: Vec<Lease> = Vec::new();
            loop {
                let batch = lease(&store, &name, at(1), at(11), 7).await.unwrap();
                if batch.is_empty() {
                    return mine;
                }
                assert!(batch.len() <= 7);
                mine.extend(batch);
                tokio::task::yield_now().await;
            }
        };
        let leases: Vec<Lease> = join_all((0..8).map(worker)).await.into_iter().flatten().collect();
        let distinct: BTreeSet<&str> = leases.iter().map(|lease| lease.subscriber_id.as_str()).collect();
        assert_eq!((leases.len(), distinct.len()), (400, 400));
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Leased, 400)]));
    });
}

#[test]
fn a_delivery_goes_from_queued_to_accepted() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let edition = frozen(&store, 1).await;
        assert_eq!(store.next_due().await.unwrap(), Some(at(0)));
        assert!(lease(&store, "w", at(-1), at(9), 9).await.unwrap().is_empty(), "not due yet");
        let mut taken = lease(&store, "w", at(1), at(11), 9).await.unwrap().remove(0);
        assert_eq!(
            (taken.edition_id.as_str(), taken.to.to_string().as_str()),
            (edition.as_str(), "reader000@inbox.example")
        );
        assert_eq!(store.next_due().await.unwrap(), Some(at(11)), "if this worker is gone by then, it is another's");
        assert!(transmitting(&store, &mut taken, at(2)).await.unwrap());
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Transmitting, 1)]));
        let done = record(&store, &taken, &accepted(), at(3), OnUnknown::Resend).await.unwrap().unwrap();
        assert_eq!(done.state, State::Accepted);
        let records = store.deliveries(&edition).await.unwrap();
        assert_eq!(records[0].result.as_deref(), Some("accepted: 250 queued as 17"));
        assert_eq!(records[0].changed_at, at(3));
        assert_eq!(records[0].message_id, taken.message_id);
        assert!(lease(&store, "w", at(9999), at(9999), 9).await.unwrap().is_empty());
    });
}

#[test]
fn a_deferred_delivery_is_tried_again_until_the_edition_is_stale() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 1).await;
        let down = Outcome::NotSent { stage: Stage::Connecting, reason: "refused".to_owned() };
        let (mut minute, mut attempts) = (1, 0);
        loop {
            let Some(taken) = lease(&store, "w", at(minute), at(minute + 10), 9).await.unwrap().pop() else { break };
            let next = record(&store, &taken, &down, at(minute), OnUnknown::Resend).await.unwrap().unwrap();
            attempts += 1;
            let Some(next_at) = next.next_at else { break };
            assert_eq!(next.state, State::Deferred);
            assert_eq!(store.next_due().await.unwrap(), Some(next_at));
            assert!(lease(&store, "w", next_at - SignedDuration::from_secs(1), next_at, 9).await.unwrap().is_empty());
            minute = next_at.duration_since(at(0)).as_mins();
        }
        assert!(attempts > 5);
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Expired, 1)]));
    });
}

#[test]
fn stale_deliveries_are_closed_and_do_not_hide_the_others() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 5).await;
        let next = digest(13 * 60);
        store.freeze(freeze(&next, &[]), at(13 * 60)).await.unwrap();
        // The five oldest are stale: a batch of three finds fresh ones all the same.
        let leases = lease(&store, "w", at(13 * 60), at(14 * 60), 3).await.unwrap();
        assert!(!leases.is_empty() && leases.iter().all(|lease| lease.edition_id == "daily-20310305T180000Z"));
        assert_eq!(counts(&store).await[&State::Expired], 5);
    });
}

#[test]
fn a_worker_that_was_thought_dead_writes_nothing() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 2).await;
        let mut leases = lease(&store, "sleeper", at(1), at(11), 9).await.unwrap();
        let mut late = leases.remove(0);
        let mut sent = leases.remove(0);
        assert!(transmitting(&store, &mut sent, at(2)).await.unwrap());
        assert_eq!(store.recover(at(10), OnUnknown::Resend).await.unwrap(), 0, "the leases still hold");
        assert!(!transmitting(&store, &mut late, at(11)).await.unwrap(), "its time is up");
        assert_eq!(store.recover(at(11), OnUnknown::Resend).await.unwrap(), 2);
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Queued, 1), (State::Unknown, 1)]));
        let again = lease(&store, "other", at(12), at(22), 9).await.unwrap();
        assert_eq!(again.len(), 2, "what may have arrived is sent once more");
        let resent = again.iter().find(|lease| lease.subscriber_id == sent.subscriber_id).unwrap();
        assert_eq!(resent.message_id, sent.message_id, "under the same id");
        assert_eq!(resent.delivery.unknowns, 1);
        assert_eq!(record(&store, &late, &accepted(), at(13), OnUnknown::Resend).await.unwrap(), None);
        assert_eq!(record(&store, &sent, &accepted(), at(13), OnUnknown::Resend).await.unwrap(), None);
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Leased, 2)]));
    });
}

#[test]
fn leases_are_renewed_and_given_back() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 3).await;
        let mut leases = lease(&store, "w", at(1), at(11), 2).await.unwrap();
        assert_eq!(store.renew("w", at(5), at(20)).await.unwrap(), 2);
        assert_eq!(store.renew("other", at(5), at(20)).await.unwrap(), 0);
        assert_eq!(store.recover(at(15), OnUnknown::Resend).await.unwrap(), 0);
        assert!(transmitting(&store, &mut leases[0], at(15)).await.unwrap(), "the renewed lease holds");
        assert_eq!(store.release("w", at(16), OnUnknown::Hold).await.unwrap(), 2);
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Queued, 2), (State::Unknown, 1)]));
    });
}

#[test]
fn who_leaves_gets_nothing_more_and_stays_on_record() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let edition = frozen(&store, 3).await;
        let mut leases = lease(&store, "w", at(1), at(11), 2).await.unwrap();
        let (mut leased, mut sent) = (leases.remove(0), leases.remove(0));
        assert!(transmitting(&store, &mut sent, at(2)).await.unwrap());
        for subscriber in everyone(&store).await {
            assert!(store.remove_subscriber(&subscriber.address, at(3)).await.unwrap());
        }
        assert!(!transmitting(&store, &mut leased, at(4)).await.unwrap(), "not sent any more");
        // What was under way when they left is not called back.
        assert!(record(&store, &sent, &accepted(), at(4), OnUnknown::Resend).await.unwrap().is_some());
        assert!(lease(&store, "w", at(5), at(15), 9).await.unwrap().is_empty());
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Suppressed, 2), (State::Accepted, 1)]));
        assert_eq!(store.deliveries(&edition).await.unwrap().len(), 3);
        assert_eq!(store.delivery_counts(Some("daily-unknown")).await.unwrap(), BTreeMap::new());
    });
}

#[test]
fn a_change_that_is_asked_for_twice_is_made_once() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 3).await;
        let mut leases = lease(&store, "w", at(1), at(11), 9).await.unwrap();
        let marks: Vec<_> = leases.iter_mut().map(|lease| lease.transmitting(at(1), at(11))).collect();
        // As after a connection that broke before the answer came.
        for _ in 0..2 {
            assert_eq!(store.settle(&marks, at(1)).await.unwrap(), [true; 3]);
        }
        let done: Vec<_> = leases.iter().map(|lease| lease.concluded(&accepted(), at(2), OnUnknown::Resend)).collect();
        for _ in 0..2 {
            assert_eq!(store.settle(&done, at(2)).await.unwrap(), [true; 3]);
        }
        // A mark that comes late changes nothing any more.
        assert_eq!(store.settle(&marks, at(3)).await.unwrap(), [false; 3]);
        assert_eq!(counts(&store).await, BTreeMap::from([(State::Accepted, 3)]));
    });
}

#[test]
fn workers_keep_one_pace_for_a_domain_and_let_the_others_pass() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        for nth in 0..40 {
            let domain = if nth % 2 == 0 { "slow.example" } else { "Fast.Example" };
            store.add_subscriber(&address(&format!("reader{nth}@{domain}")), None, &[], at(-9)).await.unwrap();
        }
        store.freeze(freeze(&digest(0), &[]), at(0)).await.unwrap();
        let slow = Cap { per_minute: Some(6), underway: None };
        let caps = Caps { domains: [("slow.example".to_owned(), slow)].into(), ..Caps::default() };
        let (one, other) = (store, Store::open(&url).await.unwrap());
        let mut by_minute = Vec::new();
        for minute in 1..=9 {
            let mut leased: Vec<Lease> = Vec::new();
            for (worker, store) in [("one", &one), ("other", &other)] {
                leased.extend(lease_within(store, worker, at(minute), at(99), 50, &caps).await.unwrap());
            }
            let slow = leased.iter().filter(|lease| lease.domain == "slow.example").count();
            by_minute.push((slow, leased.len() - slow));
        }
        // The first minute has the burst of ten seconds, which is one message here, besides the one that is due.
        assert_eq!(by_minute[0], (2, 20));
        assert!(by_minute.iter().all(|(slow, _)| *slow <= 6), "{by_minute:?}");
        assert_eq!(by_minute.iter().map(|(slow, _)| slow).sum::<usize>(), 18, "two in each of nine minutes' looks");
    });
}

#[test]
fn a_domain_takes_only_so_many_at_once() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 5).await;
        let caps = Caps { other: Cap { per_minute: None, underway: Some(2) }, ..Caps::default() };
        let mut first = lease_within(&store, "one", at(1), at(11), 9, &caps).await.unwrap();
        assert_eq!(first.len(), 2);
        assert!(lease_within(&store, "other", at(2), at(11), 9, &caps).await.unwrap().is_empty());
        let mut done = first.remove(0);
        transmitting(&store, &mut done, at(2)).await.unwrap();
        record(&store, &done, &accepted(), at(2), OnUnknown::Resend).await.unwrap();
        assert_eq!(lease_within(&store, "other", at(3), at(11), 9, &caps).await.unwrap().len(), 1);
    });
}

#[test]
fn a_domain_that_asks_for_it_is_left_alone_by_all() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        frozen(&store, 3).await;
        store.slow_down("inbox.example", at(5)).await.unwrap();
        assert!(lease(&store, "w", at(1), at(11), 9).await.unwrap().is_empty());
        assert_eq!(store.next_due().await.unwrap(), Some(at(5)));
        assert_eq!(lease(&store, "w", at(5), at(15), 9).await.unwrap().len(), 3);
    });
}

#[test]
fn processes_share_the_connections() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let sign_on = async |worker, now| store.sign_on(worker, 4, Some(6), at(now), at(now + 2)).await.unwrap();
        assert_eq!(sign_on("one", 0).await, 4);
        assert_eq!(sign_on("two", 0).await, 2);
        assert_eq!(sign_on("three", 0).await, 0);
        store.release("two", at(1), OnUnknown::Resend).await.unwrap();
        assert_eq!(sign_on("four", 1).await, 2);
        // The first did not renew.
        assert_eq!(sign_on("five", 2).await, 4);
    });
}

#[test]
fn an_admin_has_deliveries_sent_again() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let edition = frozen(&store, 3).await;
        for lease in lease(&store, "w", at(1), at(11), 9).await.unwrap() {
            record(&store, &lease, &accepted(), at(1), OnUnknown::Resend).await.unwrap();
        }
        let day = SignedDuration::from_hours(24);
        let (reader, nobody) = (address("Reader001@inbox.example"), address("nobody@inbox.example"));
        let resend = async |to, states: &[State]| store.resend(&edition, to, states, at(9999), day).await.unwrap();
        assert_eq!(resend(Some(&reader), &[State::Rejected]).await, 0);
        assert_eq!(resend(Some(&nobody), &State::ALL).await, 0);
        assert_eq!(resend(Some(&reader), &State::ALL).await, 1);
        let again = lease(&store, "w", at(9999), at(10_010), 9).await.unwrap();
        assert_eq!(again.iter().map(|lease| lease.to.to_string()).collect::<Vec<_>>(), ["reader001@inbox.example"]);
    });
}
