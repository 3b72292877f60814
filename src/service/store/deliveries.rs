//! The outbox: who still gets which edition, which worker is at it, and what became of each message.
//!
//! What state follows on what is [`crate::news::delivery`]'s to say. Here a row is taken, its next state asked for and
//! written, on the condition that it is still as it was read: the fence counts leases, so a worker that was thought dead
//! and wakes finds another number and writes nothing. However many rows change together, they change in one statement,
//! [`Store::settle`], which is one commit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lettre::message::Mailbox;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, Transaction};

use super::error::failed;
use super::ledger::{Chain, chains};
use super::paces::Shares;
use super::subscribers::SubscriberState;
use super::values::{N, T, values};
use super::{Store, StoreError, locking, micros, optional_time, recipients, time, unreadable};
use crate::news::delivery::{Caps, Delivery, OnUnknown, Outcome, State};
use crate::news::subscriber::Preferences;

/// A delivery that a worker has to itself until the lease ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    pub edition_id: String,
    pub subscriber_id: String,
    pub to: Mailbox,
    /// Of the recipient, as it is looked up.
    pub domain: String,
    /// What of the edition they want, and how: as it was when the edition was frozen.
    pub preferences: Preferences,
    /// What they had read before.
    pub chain: Chain,
    /// With its angle brackets.
    pub message_id: String,
    pub delivery: Delivery,
    pub worker: String,
    fence: i64,
}

/// The next state of one delivery, and what it must still be for that: made from a [`Lease`], written by
/// [`Store::settle`].
#[derive(Clone, Debug)]
pub struct Change {
    found: Found,
    next: Delivery,
    /// The worker that has it from now on, and until when.
    holder: Option<(String, Timestamp)>,
    fence: i64,
    result: Option<String>,
    /// Only while its lease holds at this time.
    leased_at: Option<Timestamp>,
}

/// Whom a lease is for, and what it may take.
#[derive(Clone, Copy, Debug)]
pub struct Taking<'a> {
    pub worker: &'a str,
    pub until: Timestamp,
    /// Deliveries at most.
    pub count: u32,
    pub caps: &'a Caps,
}

/// Longest stored reply of a server, in bytes; RFC 5321 allows 512 a line, and no useful one has more than a few.
const RESULT_BYTES_MAX: usize = 2_000;

/// How many deliveries one statement changes: their values, 14 each, stay far below what both databases bind (32,766).
const CHANGES_MAX: usize = 100;

impl Lease {
    /// It is about to be sent; its lease holds until `until` from then on.
    pub fn transmitting(&mut self, now: Timestamp, until: Timestamp) -> Change {
        let next = self.delivery.transmitting();
        let holder = Some((self.worker.clone(), until));
        let change = Change { leased_at: Some(now), ..self.change(next, holder) };
        self.delivery = next;
        change
    }

    /// An attempt has ended. The state that follows, once it is written.
    pub fn concluded(&self, outcome: &Outcome, now: Timestamp, on_unknown: OnUnknown) -> Change {
        let next = self.delivery.concluded(outcome, now, on_unknown);
        Change { result: Some(outcome.to_string()), ..self.change(next, None) }
    }

    /// It is given back untried, and may be leased from `until` on.
    pub fn postponed(&self, until: Timestamp) -> Change {
        self.change(self.delivery.postponed(until), None)
    }

    fn change(&self, next: Delivery, holder: Option<(String, Timestamp)>) -> Change {
        let found = Found {
            edition_id: self.edition_id.clone(),
            subscriber_id: self.subscriber_id.clone(),
            delivery: self.delivery,
            fence: self.fence,
        };
        Change { found, next, holder, fence: self.fence, result: None, leased_at: None }
    }
}

impl Change {
    /// What becomes of a delivery by another's hand than its worker's, which can write no more of it.
    pub(super) fn of(found: Found, next: Delivery) -> Self {
        Self { next, holder: None, fence: found.fence + 1, result: None, leased_at: None, found }
    }

    pub fn next(&self) -> &Delivery {
        &self.next
    }
}

impl Store {
    /// Takes up to so many deliveries that are due, longest due first, for a worker. Those that find their edition stale
    /// or their subscriber gone are closed, and those whose domain has had its share are put off; neither is returned. An
    /// empty answer means nothing is due.
    pub async fn lease(&self, taking: Taking<'_>, now: Timestamp) -> Result<Vec<Lease>, StoreError> {
        let doing = "lease deliveries";
        loop {
            let mut transaction = self.begin(doing).await?;
            let rows = sqlx::query(locking!(
                self.dialect,
                "SELECT d.edition_id, d.subscriber_id, d.message_id, d.state, d.attempts, d.unknowns, d.next_at,
                    d.expires_at, d.fence, d.domain, d.preferences, s.address, s.name, s.state AS subscriber_state
                 FROM deliveries d LEFT JOIN subscribers s ON s.id = d.subscriber_id
                 WHERE d.next_at <= $1
                 ORDER BY d.next_at, d.edition_id, d.subscriber_id LIMIT $2",
                "OF d"
            ))
            .bind(micros(now))
            .bind(i64::from(taking.count))
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed(doing))?;
            let mut changes = Vec::new();
            let mut leases = BTreeMap::new();
            let mut shares = Shares::read(&mut transaction, taking.caps, &rows).await.map_err(failed(doing))?;
            for row in &rows {
                let found = Found::read(row).map_err(failed(doing))?;
                let state: Option<String> = row.try_get("subscriber_state").map_err(failed(doing))?;
                let domain: String = row.try_get("domain").map_err(failed(doing))?;
                let mut next = match state {
                    Some(state) if SubscriberState::may_receive(&state) => found.delivery.leased(now),
                    _ => found.delivery.suppressed(),
                };
                if next.state == State::Leased
                    && let Err(until) = shares.take(&domain, now)
                {
                    next = found.delivery.postponed(until);
                }
                let leased = next.state == State::Leased;
                let holder = leased.then(|| (taking.worker.to_owned(), taking.until));
                let fence = found.fence + i64::from(leased);
                if leased {
                    let lease = Lease {
                        edition_id: found.edition_id.clone(),
                        subscriber_id: found.subscriber_id.clone(),
                        to: recipients::mailbox(row).map_err(failed(doing))?,
                        domain,
                        preferences: recipients::preferences(row).map_err(failed(doing))?,
                        chain: Chain::new(),
                        message_id: row.try_get("message_id").map_err(failed(doing))?,
                        delivery: next,
                        worker: taking.worker.to_owned(),
                        fence,
                    };
                    leases.insert((lease.edition_id.clone(), lease.subscriber_id.clone()), lease);
                }
                changes.push(Change { found, next, holder, fence, result: None, leased_at: None });
            }
            shares.write(&mut transaction).await.map_err(failed(doing))?;
            if write(&mut transaction, &changes, now).await.map_err(failed(doing))? != changes.len() as u64 {
                // They were read for this transaction alone.
                return Err(failed(doing)(sqlx::Error::RowNotFound));
            }
            let keys: Vec<(&str, &str)> =
                leases.keys().map(|(edition_id, subscriber_id)| (&**edition_id, &**subscriber_id)).collect();
            let chains = chains(&mut transaction, &keys).await.map_err(failed(doing))?;
            transaction.commit().await.map_err(failed(doing))?;
            for (lease, chain) in leases.values_mut().zip(chains) {
                lease.chain = chain;
            }
            if rows.is_empty() || !leases.is_empty() {
                // In the order in which they were due.
                let key = |change: &Change| (change.found.edition_id.clone(), change.found.subscriber_id.clone());
                return Ok(changes.iter().filter_map(|change| leases.remove(&key(change))).collect());
            }
        }
    }

    /// Writes what becomes of deliveries, all in one commit. For each, whether it was written: if not, its lease was lost
    /// to another worker, and nothing more may be done with it. Asked for the same once more, it answers the same, so a
    /// caller whose connection broke may repeat it.
    pub async fn settle(&self, changes: &[Change], now: Timestamp) -> Result<Vec<bool>, StoreError> {
        let doing = "record what becomes of deliveries";
        let mut connection = self.writer.acquire().await.map_err(failed(doing))?;
        let mut answer = Vec::with_capacity(changes.len());
        for changes in changes.chunks(CHANGES_MAX) {
            let written =
                update(&connection, changes, now, "").execute(&mut *connection).await.map_err(failed(doing))?;
            if written.rows_affected() == changes.len() as u64 {
                answer.extend(changes.iter().map(|_| true));
                continue;
            }
            // Which ones were not is seldom asked, and costs a row each. The column names are ambiguous to PostgreSQL otherwise.
            let returning = " RETURNING deliveries.edition_id, deliveries.subscriber_id";
            let again = update(&connection, changes, now, returning).fetch_all(&mut *connection).await;
            let key =
                |row: &AnyRow| -> Result<(String, String), sqlx::Error> { Ok((row.try_get(0)?, row.try_get(1)?)) };
            let written: Result<BTreeSet<_>, _> = again.map_err(failed(doing))?.iter().map(key).collect();
            let written = written.map_err(failed(doing))?;
            let key = |change: &Change| (change.found.edition_id.clone(), change.found.subscriber_id.clone());
            answer.extend(changes.iter().map(|change| written.contains(&key(change))));
        }
        Ok(answer)
    }

    /// What the reader of a delivery had read before it.
    pub async fn chain(&self, edition_id: &str, subscriber_id: &str) -> Result<Chain, StoreError> {
        let doing = "read what a subscriber was sent";
        let mut connection = self.pool.acquire().await.map_err(failed(doing))?;
        let found = chains(&mut connection, &[(edition_id, subscriber_id)]).await.map_err(failed(doing))?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Makes a worker's leases last until `until`; how many it still has.
    pub async fn renew(&self, worker: &str, now: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        let doing = "renew leases";
        sqlx::query("UPDATE workers SET until_at = $1 WHERE worker = $2")
            .bind(micros(until))
            .bind(worker)
            .execute(&self.writer)
            .await
            .map_err(failed(doing))?;
        let updated = sqlx::query("UPDATE deliveries SET lease_until = $1 WHERE worker = $2 AND lease_until > $3")
            .bind(micros(until))
            .bind(worker)
            .bind(micros(now))
            .execute(&self.writer)
            .await
            .map_err(failed(doing))?;
        Ok(updated.rows_affected())
    }

    /// Gives back what a worker that stops still has: for a clean end. How many deliveries.
    pub async fn release(&self, worker: &str, now: Timestamp, on_unknown: OnUnknown) -> Result<u64, StoreError> {
        let doing = "release leases";
        sqlx::query("DELETE FROM workers WHERE worker = $1")
            .bind(worker)
            .execute(&self.writer)
            .await
            .map_err(failed(doing))?;
        let sql = locking!(
            self.dialect,
            "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
             WHERE worker = $1 ORDER BY edition_id, subscriber_id"
        );
        self.give_back(doing, sqlx::query(sql).bind(worker), now, on_unknown).await
    }

    /// Frees what workers had that are gone: leases that ended by `now`. What was leased is queued again, what was going
    /// out has an unknown fate. How many deliveries.
    pub async fn recover(&self, now: Timestamp, on_unknown: OnUnknown) -> Result<u64, StoreError> {
        let sql = locking!(
            self.dialect,
            "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
             WHERE worker IS NOT NULL AND lease_until <= $1 ORDER BY edition_id, subscriber_id"
        );
        self.give_back("recover lost leases", sqlx::query(sql).bind(micros(now)), now, on_unknown).await
    }

    async fn give_back(
        &self,
        doing: &'static str,
        select: sqlx::query::Query<'_, Any, sqlx::any::AnyArguments>,
        now: Timestamp,
        on_unknown: OnUnknown,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin(doing).await?;
        let mut changes = Vec::new();
        for row in select.fetch_all(&mut *transaction).await.map_err(failed(doing))? {
            let found = Found::read(&row).map_err(failed(doing))?;
            let next = found.delivery.released(now, on_unknown);
            changes.push(Change::of(found, next));
        }
        let written = write(&mut transaction, &changes, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(written)
    }
}

/// Closes what is still queued for a subscriber who is not to get it any more.
pub(super) async fn suppress(
    transaction: &mut Transaction<'_, Any>,
    subscriber_id: &str,
    edition: Option<&str>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query(
        "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
         WHERE subscriber_id = $1
            AND (next_at IS NOT NULL OR worker IS NOT NULL)
            AND ($2 = '' OR edition_id IN (SELECT id FROM editions WHERE name = $2))
         ORDER BY edition_id",
    )
    .bind(subscriber_id)
    .bind(edition.unwrap_or_default())
    .fetch_all(&mut **transaction)
    .await?;
    let mut changes = Vec::new();
    for row in &rows {
        let found = Found::read(row)?;
        let next = found.delivery.suppressed();
        if next != found.delivery {
            // A worker that takes it just now finds the subscriber gone, or has sent it before they left.
            changes.push(Change::of(found, next));
        }
    }
    write(transaction, &changes, now).await.map(drop)
}

/// A row as it was read: what its next state follows from, and what it must still be when that is written.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub edition_id: String,
    pub subscriber_id: String,
    pub delivery: Delivery,
    fence: i64,
}

impl Found {
    pub fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            edition_id: row.try_get("edition_id")?,
            subscriber_id: row.try_get("subscriber_id")?,
            delivery: read_delivery(row)?,
            fence: row.try_get("fence")?,
        })
    }
}

/// Writes the next states of those deliveries that are still as they were read, or already as they are to be; how many
/// they were. The others are left alone.
pub(super) async fn write(
    connection: &mut AnyConnection,
    changes: &[Change],
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let mut written = 0;
    for changes in changes.chunks(CHANGES_MAX) {
        written += update(connection, changes, now, "").execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

fn update<'c>(
    connection: &AnyConnection,
    changes: &'c [Change],
    now: Timestamp,
    returning: &str,
) -> sqlx::query::Query<'c, Any, sqlx::any::AnyArguments> {
    let mut sql = "WITH v (edition_id, subscriber_id, old_state, old_fence, leased_at, state, attempts, unknowns,
            next_at, worker, lease_until, fence, result, changed_at) AS (VALUES "
        .to_owned();
    values(connection, &mut sql, changes.len(), &[T, T, T, N, N, T, N, N, N, T, N, N, T, N]);
    sql.push_str(
        ") UPDATE deliveries SET state = v.state, attempts = v.attempts, unknowns = v.unknowns, next_at = v.next_at,
            worker = v.worker, lease_until = v.lease_until, fence = v.fence,
            result = COALESCE(v.result, deliveries.result), changed_at = v.changed_at
         FROM v WHERE deliveries.edition_id = v.edition_id AND deliveries.subscriber_id = v.subscriber_id
            AND deliveries.fence = v.old_fence AND deliveries.state IN (v.old_state, v.state)
            AND COALESCE(deliveries.lease_until, 1) > v.leased_at",
    );
    sql.push_str(returning);
    let mut update = sqlx::query(AssertSqlSafe(sql));
    for Change { found, next, holder, fence, result, leased_at } in changes {
        let result = result.as_ref().map(|text| text[..text.floor_char_boundary(RESULT_BYTES_MAX)].replace('\0', " "));
        update = update
            .bind(&found.edition_id)
            .bind(&found.subscriber_id)
            .bind(found.delivery.state.name())
            .bind(found.fence)
            .bind(leased_at.map_or(0, micros))
            .bind(next.state.name())
            .bind(i64::from(next.attempts))
            .bind(i64::from(next.unknowns))
            .bind(next.next_at.map(micros))
            .bind(holder.as_ref().map(|(worker, _)| worker))
            .bind(holder.as_ref().map(|(_, until)| micros(*until)))
            .bind(*fence)
            .bind(result)
            .bind(micros(now));
    }
    update
}

pub(super) fn read_state(row: &AnyRow) -> Result<State, sqlx::Error> {
    row.try_get::<String, _>("state")?.parse().map_err(|error| unreadable("state", error))
}

pub(super) fn read_delivery(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    let number = |column: &str| {
        let number: i64 = row.try_get(column)?;
        u32::try_from(number).map_err(|error| unreadable(column, error))
    };
    Ok(Delivery {
        state: read_state(row)?,
        attempts: number("attempts")?,
        unknowns: number("unknowns")?,
        next_at: optional_time(row, "next_at")?,
        expires_at: time(row, "expires_at")?,
    })
}
