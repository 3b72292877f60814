//! The outbox: who still gets which edition, which worker is at it, and what became of each message.
//!
//! What state follows on what is [`crate::news::delivery`]'s to say. Here a row is taken, its next state asked for and
//! written, on the condition that it is still as it was read: the fence counts leases, so a worker that was thought dead
//! and wakes finds another number and writes nothing. However many rows change together, they change in one statement,
//! [`Store::settle`], which is one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::Mailbox;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, Transaction};

use super::error::failed;
use super::subscribers::SubscriberState;
use super::{Freeze, Store, StoreError, locking, micros, optional_time, subscribers, time, unreadable};
use crate::news::delivery::{Caps, Delivery, OnUnknown, Outcome, PACE_BURST_SECONDS, Pace, State, message_id};
use crate::news::subscriber::Preferences;

/// A delivery that a worker has to itself until the lease ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    pub edition_id: String,
    pub subscriber_id: String,
    pub to: Mailbox,
    /// Of the recipient, as it is looked up.
    pub domain: String,
    /// What of the edition they want, and how.
    pub preferences: Preferences,
    /// With its angle brackets.
    pub message_id: String,
    pub delivery: Delivery,
    pub worker: String,
    fence: i64,
}

/// A delivery as it stands, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRecord {
    pub edition_id: String,
    pub subscriber_id: String,
    /// `None` once the subscriber is erased.
    pub to: Option<Mailbox>,
    pub preferences: Preferences,
    pub message_id: String,
    pub delivery: Delivery,
    /// The server's last reply, or why there was none.
    pub result: Option<String>,
    pub changed_at: Timestamp,
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

/// How many subscribers are read and queued at a time while an edition is frozen.
const QUEUED_TOGETHER: usize = 500;

/// When a delivery that found its domain's connections taken is looked at again.
const TAKEN_SECONDS: i64 = 1;

/// Stands for all domains among the paces.
const ALL_DOMAINS: &str = "*";

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
                    d.expires_at, d.fence, d.domain,
                    (SELECT s.address FROM subscribers s WHERE s.id = d.subscriber_id) AS address,
                    (SELECT s.name FROM subscribers s WHERE s.id = d.subscriber_id) AS name,
                    (SELECT s.state FROM subscribers s WHERE s.id = d.subscriber_id) AS subscriber_state,
                    (SELECT s.preferences FROM subscribers s WHERE s.id = d.subscriber_id) AS preferences
                 FROM deliveries d
                 WHERE d.next_at <= $1
                 ORDER BY d.next_at, d.edition_id, d.subscriber_id LIMIT $2"
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
                        to: subscribers::mailbox(row).map_err(failed(doing))?,
                        domain,
                        preferences: subscribers::preferences(row).map_err(failed(doing))?,
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
            let written = write(&mut transaction, &changes, now).await.map_err(failed(doing))?;
            transaction.commit().await.map_err(failed(doing))?;
            leases.retain(|key, _| written.contains(key));
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
        let mut connection = self.pool.acquire().await.map_err(failed(doing))?;
        let written = write(&mut connection, changes, now).await.map_err(failed(doing))?;
        let key = |change: &Change| (change.found.edition_id.clone(), change.found.subscriber_id.clone());
        Ok(changes.iter().map(|change| written.contains(&key(change))).collect())
    }

    /// Makes a worker's leases last until `until`; how many it still has.
    pub async fn renew(&self, worker: &str, now: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        let doing = "renew leases";
        sqlx::query("UPDATE workers SET until_at = $1 WHERE worker = $2")
            .bind(micros(until))
            .bind(worker)
            .execute(&self.pool)
            .await
            .map_err(failed(doing))?;
        let updated = sqlx::query("UPDATE deliveries SET lease_until = $1 WHERE worker = $2 AND lease_until > $3")
            .bind(micros(until))
            .bind(worker)
            .bind(micros(now))
            .execute(&self.pool)
            .await
            .map_err(failed(doing))?;
        Ok(updated.rows_affected())
    }

    /// Signs a worker on that wants so many connections: how many it may open, so that all workers together stay within
    /// `max`. Those that did not renew by `now` do not count.
    pub async fn sign_on(
        &self,
        worker: &str,
        wanted: u32,
        max: Option<u32>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<u32, StoreError> {
        let doing = "share the connections";
        let mut transaction = self.begin(doing).await?;
        // Whoever holds this row counts alone.
        lock_pace(&mut transaction, ALL_DOMAINS).await.map_err(failed(doing))?;
        sqlx::query("DELETE FROM workers WHERE until_at <= $1")
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let sql = "SELECT CAST(COALESCE(SUM(connections), 0) AS BIGINT) AS taken FROM workers";
        let row = sqlx::query(sql).fetch_one(&mut *transaction).await.map_err(failed(doing))?;
        let taken = row.try_get::<i64, _>("taken").map_err(failed(doing))?;
        let left = max.map_or(i64::MAX, |max| i64::from(max) - taken);
        let granted = u32::try_from(left.max(0)).unwrap_or(u32::MAX).min(wanted);
        sqlx::query("INSERT INTO workers (worker, connections, until_at) VALUES ($1, $2, $3)")
            .bind(worker)
            .bind(i64::from(granted))
            .bind(micros(until))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(granted)
    }

    /// Gives back what a worker that stops still has: for a clean end. How many deliveries.
    pub async fn release(&self, worker: &str, now: Timestamp, on_unknown: OnUnknown) -> Result<u64, StoreError> {
        let doing = "release leases";
        sqlx::query("DELETE FROM workers WHERE worker = $1")
            .bind(worker)
            .execute(&self.pool)
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
            // The next number, so that the worker that had it can write no more.
            changes.push(Change { next, holder: None, fence: found.fence + 1, result: None, leased_at: None, found });
        }
        let written = write(&mut transaction, &changes, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(written.len() as u64)
    }

    /// Leaves a domain alone until a time, whatever its pace would allow.
    pub async fn slow_down(&self, domain: &str, until: Timestamp) -> Result<(), StoreError> {
        // A pace runs ahead by a burst; this one must not before its time.
        let burst = jiff::SignedDuration::from_secs(PACE_BURST_SECONDS);
        let free_at = until.saturating_add(burst).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "INSERT INTO paces (domain, free_at) VALUES ($1, $2) ON CONFLICT (domain) DO UPDATE SET free_at = $2",
        )
        .bind(domain)
        .bind(micros(free_at))
        .execute(&self.pool)
        .await
        .map_err(failed("slow down for a domain"))?;
        Ok(())
    }

    /// Has deliveries of an edition sent again, as an admin wants it: to one subscriber, or to all whose delivery is in
    /// one of `states`. How many.
    pub async fn resend(
        &self,
        edition_id: &str,
        to: Option<&Address>,
        states: &[State],
        now: Timestamp,
        expires_after: jiff::SignedDuration,
    ) -> Result<u64, StoreError> {
        let doing = "queue deliveries again";
        let mut transaction = self.begin(doing).await?;
        let rows = sqlx::query(locking!(
            self.dialect,
            "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
             WHERE edition_id = $1
                AND ($2 = '' OR subscriber_id = (SELECT id FROM subscribers WHERE normal = $2))
             ORDER BY subscriber_id"
        ))
        .bind(edition_id)
        .bind(to.map(subscribers::normal).unwrap_or_default())
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        let mut count = 0;
        for row in &rows {
            let found = Found::read(row).map_err(failed(doing))?;
            let next = found.delivery.resent(now, expires_after);
            if states.contains(&found.delivery.state) && next != found.delivery {
                let expires = "UPDATE deliveries SET expires_at = $1 WHERE edition_id = $2 AND subscriber_id = $3";
                sqlx::query(expires)
                    .bind(micros(next.expires_at))
                    .bind(&found.edition_id)
                    .bind(&found.subscriber_id)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed(doing))?;
                let fence = found.fence + 1;
                let change = Change { found, next, holder: None, fence, result: None, leased_at: None };
                count += write(&mut transaction, &[change], now).await.map_err(failed(doing))?.len() as u64;
            }
        }
        transaction.commit().await.map_err(failed(doing))?;
        Ok(count)
    }

    /// Makes what waits for a later attempt due now: somebody is there and asks for it. How many deliveries.
    pub async fn hurry(&self, now: Timestamp) -> Result<u64, StoreError> {
        let updated = sqlx::query("UPDATE deliveries SET next_at = $1 WHERE state = $2 AND next_at > $1")
            .bind(micros(now))
            .bind(State::Deferred.name())
            .execute(&self.pool)
            .await
            .map_err(failed("make the waiting deliveries due"))?;
        Ok(updated.rows_affected())
    }

    /// When there is something to do next: a delivery is due, or a worker that has one counts as gone. `None` if there is
    /// nothing.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let doing = "read when the next delivery is due";
        let sql = "SELECT (SELECT MIN(next_at) FROM deliveries) AS next_at,
                (SELECT MIN(lease_until) FROM deliveries WHERE worker IS NOT NULL) AS lease_until";
        let row = sqlx::query(sql).fetch_one(&self.pool).await.map_err(failed(doing))?;
        let due = optional_time(&row, "next_at").map_err(failed(doing))?;
        let lapse = optional_time(&row, "lease_until").map_err(failed(doing))?;
        Ok(due.into_iter().chain(lapse).min())
    }

    /// How many deliveries of an edition, or of all, there are in each state; states without any are left out.
    pub async fn delivery_counts(&self, edition_id: Option<&str>) -> Result<BTreeMap<State, u64>, StoreError> {
        let doing = "count the deliveries";
        let rows = sqlx::query(
            "SELECT state, COUNT(*) AS number FROM deliveries WHERE edition_id = COALESCE($1, edition_id) GROUP BY state",
        )
        .bind(edition_id)
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter()
            .map(|row| Ok((read_state(row)?, row.try_get::<i64, _>("number")?.unsigned_abs())))
            .collect::<Result<_, sqlx::Error>>()
            .map_err(failed(doing))
    }

    /// The deliveries of an edition, in the order of their addresses.
    pub async fn deliveries(&self, edition_id: &str) -> Result<Vec<DeliveryRecord>, StoreError> {
        let doing = "read the deliveries of an edition";
        let rows = sqlx::query(
            "SELECT d.*, s.address, s.name, s.preferences
             FROM deliveries d LEFT JOIN subscribers s ON s.id = d.subscriber_id
             WHERE d.edition_id = $1 ORDER BY s.normal, d.subscriber_id",
        )
        .bind(edition_id)
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(record).collect::<Result<_, _>>().map_err(failed(doing))
    }
}

/// Queues an edition for its recipients, each for when they want it. How many there are. They are read and written a few
/// hundred at a time, however many there are.
pub(super) async fn queue(
    transaction: &mut Transaction<'_, Any>,
    edition_id: &str,
    freeze: &Freeze<'_>,
    now: Timestamp,
) -> Result<usize, sqlx::Error> {
    let frame = &freeze.digest.frame;
    let (mut count, mut after) = (0, String::new());
    loop {
        let recipients = subscribers::subscribed(transaction, &frame.name, &after, QUEUED_TOGETHER).await?;
        let Some(last) = recipients.last() else { return Ok(count) };
        after.clone_from(&last.id);
        let due: Vec<_> = recipients
            .into_iter()
            .filter(|recipient| !recipient.preferences.is_paused(frame.composed_at))
            .map(|recipient| {
                let due = freeze.due(&recipient.preferences, recipient.last_due);
                (recipient, due)
            })
            .collect();
        if due.is_empty() {
            continue;
        }
        count += due.len();
        let mut sql =
            "INSERT INTO deliveries (edition_id, subscriber_id, message_id, state, attempts, unknowns, next_at,
                expires_at, fence, changed_at, domain, due_at) VALUES "
                .to_owned();
        values(&mut sql, due.len(), &[T, T, T, T, N, N, N, N, N, N, T, N]);
        sql.push_str(" ON CONFLICT (edition_id, subscriber_id) DO NOTHING");
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (recipient, due) in &due {
            let delivery = Delivery::queued(*due, freeze.expires_after);
            insert = insert
                .bind(edition_id)
                .bind(&recipient.id)
                .bind(message_id(edition_id, &recipient.id, freeze.message_domain))
                .bind(delivery.state.name())
                .bind(i64::from(delivery.attempts))
                .bind(i64::from(delivery.unknowns))
                .bind(delivery.next_at.map(micros))
                .bind(micros(delivery.expires_at))
                .bind(0i64)
                .bind(micros(now))
                .bind(&recipient.domain)
                .bind(micros(*due));
        }
        insert.execute(&mut **transaction).await?;
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
            changes.push(Change { next, holder: None, fence: found.fence + 1, result: None, leased_at: None, found });
        }
    }
    write(transaction, &changes, now).await.map(drop)
}

/// A row as it was read: what its next state follows from, and what it must still be when that is written.
#[derive(Clone, Debug)]
struct Found {
    edition_id: String,
    subscriber_id: String,
    delivery: Delivery,
    fence: i64,
}

impl Found {
    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            edition_id: row.try_get("edition_id")?,
            subscriber_id: row.try_get("subscriber_id")?,
            delivery: read_delivery(row)?,
            fence: row.try_get("fence")?,
        })
    }
}

// How a bound value is to be taken, as PostgreSQL does not see what a list of values is compared with.
const T: &str = "TEXT";
const N: &str = "BIGINT";

/// `($1, $2), ($3, $4)`: places for so many rows of columns of these types.
fn values(sql: &mut String, rows: usize, columns: &[&str]) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (column, kind) in columns.iter().enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(sql, "{comma}CAST(${} AS {kind})", row * columns.len() + column + 1);
        }
        sql.push(')');
    }
}

/// Writes the next states of those deliveries that are still as they were read, or already as they are to be; which ones
/// they were. The others are left alone.
async fn write(
    connection: &mut AnyConnection,
    changes: &[Change],
    now: Timestamp,
) -> Result<BTreeSet<(String, String)>, sqlx::Error> {
    let mut written = BTreeSet::new();
    for changes in changes.chunks(CHANGES_MAX) {
        let mut sql = "WITH v (edition_id, subscriber_id, old_state, old_fence, leased_at, state, attempts, unknowns,
                next_at, worker, lease_until, fence, result, changed_at) AS (VALUES "
            .to_owned();
        values(&mut sql, changes.len(), &[T, T, T, N, N, T, N, N, N, T, N, N, T, N]);
        sql.push_str(
            ") UPDATE deliveries SET state = v.state, attempts = v.attempts, unknowns = v.unknowns, next_at = v.next_at,
                worker = v.worker, lease_until = v.lease_until, fence = v.fence,
                result = COALESCE(v.result, deliveries.result), changed_at = v.changed_at
             FROM v WHERE deliveries.edition_id = v.edition_id AND deliveries.subscriber_id = v.subscriber_id
                AND deliveries.fence = v.old_fence AND deliveries.state IN (v.old_state, v.state)
                AND COALESCE(deliveries.lease_until, 1) > v.leased_at
             RETURNING edition_id, subscriber_id",
        );
        // The column names are ambiguous to PostgreSQL otherwise.
        let sql = sql.replace(
            "RETURNING edition_id, subscriber_id",
            "RETURNING deliveries.edition_id, deliveries.subscriber_id",
        );
        let mut update = sqlx::query(AssertSqlSafe(sql));
        for Change { found, next, holder, fence, result, leased_at } in changes {
            let result =
                result.as_ref().map(|text| text[..text.floor_char_boundary(RESULT_BYTES_MAX)].replace('\0', " "));
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
                .bind(holder.as_ref().map(|(worker, _)| worker.clone()))
                .bind(holder.as_ref().map(|(_, until)| micros(*until)))
                .bind(*fence)
                .bind(result)
                .bind(micros(now));
        }
        for row in update.fetch_all(&mut *connection).await? {
            written.insert((row.try_get(0)?, row.try_get(1)?));
        }
    }
    Ok(written)
}

/// Reads a domain's pace, and keeps it from others until the transaction ends.
async fn lock_pace(transaction: &mut Transaction<'_, Any>, domain: &str) -> Result<Pace, sqlx::Error> {
    let row = sqlx::query(
        "INSERT INTO paces (domain, free_at) VALUES ($1, 0)
         ON CONFLICT (domain) DO UPDATE SET free_at = paces.free_at RETURNING free_at",
    )
    .bind(domain)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(Pace(time(&row, "free_at")?))
}

/// What each domain may still take, while deliveries are leased.
struct Shares<'a> {
    caps: &'a Caps,
    paces: BTreeMap<String, Pace>,
    /// Messages under way, by domain and in all.
    underway: BTreeMap<String, u32>,
}

impl<'a> Shares<'a> {
    async fn read(
        transaction: &mut Transaction<'_, Any>,
        caps: &'a Caps,
        rows: &[AnyRow],
    ) -> Result<Self, sqlx::Error> {
        let mut shares = Self { caps, paces: BTreeMap::new(), underway: BTreeMap::new() };
        let domains: BTreeSet<String> =
            rows.iter().map(|row| row.try_get("domain")).collect::<Result<_, sqlx::Error>>()?;
        if caps.limit_nothing() {
            // A server may have told us to slow down all the same.
            let slowed = sqlx::query("SELECT domain, free_at FROM paces").fetch_all(&mut **transaction).await?;
            for row in &slowed {
                shares.paces.insert(row.try_get("domain")?, Pace(time(row, "free_at")?));
            }
            return Ok(shares);
        }
        // In one order for all workers, so that two do not each wait for the other; "*" sorts first.
        for domain in domains.into_iter().chain([ALL_DOMAINS.to_owned()]).collect::<BTreeSet<_>>() {
            let pace = lock_pace(transaction, &domain).await?;
            shares.paces.insert(domain, pace);
        }
        let sql = "SELECT domain, COUNT(*) AS number FROM deliveries WHERE worker IS NOT NULL GROUP BY domain";
        for row in sqlx::query(sql).fetch_all(&mut **transaction).await? {
            let number = u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX);
            shares.underway.insert(row.try_get("domain")?, number);
        }
        Ok(shares)
    }

    /// Takes one message's share, or tells when to ask again.
    fn take(&mut self, domain: &str, now: Timestamp) -> Result<(), Timestamp> {
        let cap = self.caps.of(domain);
        let underway = self.underway.get(domain).copied().unwrap_or(0);
        if cap.underway.is_some_and(|max| underway >= max) {
            return Err(now.saturating_add(jiff::SignedDuration::from_secs(TAKEN_SECONDS)).unwrap_or(now));
        }
        // Without a rate a pace only holds when a server asked for it; the highest rate stands for none.
        let rates = [(ALL_DOMAINS, self.caps.all.per_minute), (domain, cap.per_minute)];
        let before = self.paces.clone();
        for (name, rate) in rates {
            let Some(pace) = self.paces.get_mut(name) else { continue };
            if let Err(until) = pace.admit(now, rate.unwrap_or(u32::MAX)) {
                self.paces = before;
                return Err(until);
            }
        }
        *self.underway.entry(domain.to_owned()).or_default() += 1;
        Ok(())
    }

    async fn write(self, transaction: &mut Transaction<'_, Any>) -> Result<(), sqlx::Error> {
        if self.caps.limit_nothing() {
            return Ok(());
        }
        for (domain, pace) in &self.paces {
            sqlx::query("UPDATE paces SET free_at = $1 WHERE domain = $2")
                .bind(micros(pace.0))
                .bind(domain)
                .execute(&mut **transaction)
                .await?;
        }
        Ok(())
    }
}

fn read_state(row: &AnyRow) -> Result<State, sqlx::Error> {
    row.try_get::<String, _>("state")?.parse().map_err(|error| unreadable("state", error))
}

fn read_delivery(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
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

pub(super) fn record(row: &AnyRow) -> Result<DeliveryRecord, sqlx::Error> {
    Ok(DeliveryRecord {
        edition_id: row.try_get("edition_id")?,
        subscriber_id: row.try_get("subscriber_id")?,
        to: subscribers::known_mailbox(row)?,
        preferences: subscribers::preferences(row)?,
        message_id: row.try_get("message_id")?,
        delivery: read_delivery(row)?,
        result: row.try_get("result")?,
        changed_at: time(row, "changed_at")?,
    })
}
