//! The outbox: who still gets which edition, which worker is at it, and what became of each message.
//!
//! What state follows on what is [`crate::news::delivery`]'s to say. Here a row is taken, its next state asked for and
//! written, on the condition that it is still as it was read: the fence counts leases, so a worker that was thought dead
//! and wakes finds another number and writes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lettre::message::Mailbox;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Row as _, Transaction};

use super::error::failed;
use super::subscribers::SubscriberState;
use super::{Freeze, Store, StoreError, locking, micros, optional_time, subscribers, time, unreadable};
use crate::news::delivery::{Delivery, OnUnknown, Outcome, State, message_id};

/// A delivery that a worker has to itself until the lease ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    pub edition_id: String,
    pub subscriber_id: String,
    pub to: Mailbox,
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
    pub to: Mailbox,
    pub message_id: String,
    pub delivery: Delivery,
    /// The server's last reply, or why there was none.
    pub result: Option<String>,
    pub changed_at: Timestamp,
}

/// Longest stored reply of a server, in bytes; RFC 5321 allows 512 a line, and no useful one has more than a few.
const RESULT_BYTES_MAX: usize = 2_000;

impl Store {
    /// Takes up to `count` deliveries that are due, longest due first, for `worker`, until `until`. Those that find
    /// their edition stale or their subscriber gone are closed and not returned; an empty answer means nothing is due.
    pub async fn lease(
        &self,
        worker: &str,
        now: Timestamp,
        until: Timestamp,
        count: u32,
    ) -> Result<Vec<Lease>, StoreError> {
        let doing = "lease deliveries";
        let [first, second, third] = State::LEASABLE.map(State::name);
        loop {
            let mut transaction = self.begin(doing).await?;
            let rows = sqlx::query(locking!(
                self.dialect,
                "SELECT d.edition_id, d.subscriber_id, d.message_id, d.state, d.attempts, d.unknowns, d.next_at,
                    d.expires_at, d.fence,
                    (SELECT s.address FROM subscribers s WHERE s.id = d.subscriber_id) AS address,
                    (SELECT s.name FROM subscribers s WHERE s.id = d.subscriber_id) AS name,
                    (SELECT s.state FROM subscribers s WHERE s.id = d.subscriber_id) AS subscriber_state
                 FROM deliveries d
                 WHERE d.state IN ($1, $2, $3) AND d.next_at <= $4
                 ORDER BY d.next_at, d.edition_id, d.subscriber_id LIMIT $5"
            ))
            .bind(first)
            .bind(second)
            .bind(third)
            .bind(micros(now))
            .bind(i64::from(count))
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed(doing))?;
            let mut leases = Vec::new();
            for row in &rows {
                let found = Found::read(row).map_err(failed(doing))?;
                let gone = !SubscriberState::may_receive(
                    &row.try_get::<String, _>("subscriber_state").map_err(failed(doing))?,
                );
                let next = if gone { found.delivery.suppressed() } else { found.delivery.leased(now) };
                let leased = next.state == State::Leased;
                let holder = leased.then_some((worker, until));
                let fence = found.fence + i64::from(leased);
                if !found.write(&mut transaction, next, holder, fence, None, now).await.map_err(failed(doing))?
                    || !leased
                {
                    continue;
                }
                leases.push(Lease {
                    edition_id: found.edition_id,
                    subscriber_id: found.subscriber_id,
                    to: subscribers::mailbox(row).map_err(failed(doing))?,
                    message_id: row.try_get("message_id").map_err(failed(doing))?,
                    delivery: next,
                    worker: worker.to_owned(),
                    fence,
                });
            }
            transaction.commit().await.map_err(failed(doing))?;
            if rows.is_empty() || !leases.is_empty() {
                return Ok(leases);
            }
        }
    }

    /// Marks a leased delivery as going out. To be called right before the message's content is sent: `false` means that
    /// the lease is lost, and nothing may be sent.
    pub async fn transmitting(&self, lease: &mut Lease, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "mark a delivery as going out";
        let next = lease.delivery.transmitting();
        let updated = sqlx::query(
            "UPDATE deliveries SET state = $1, changed_at = $2
             WHERE edition_id = $3 AND subscriber_id = $4 AND worker = $5 AND fence = $6 AND state = $7
                AND lease_until > $2",
        )
        .bind(next.state.name())
        .bind(micros(now))
        .bind(&lease.edition_id)
        .bind(&lease.subscriber_id)
        .bind(&lease.worker)
        .bind(lease.fence)
        .bind(lease.delivery.state.name())
        .execute(&self.pool)
        .await
        .map_err(failed(doing))?;
        let marked = updated.rows_affected() == 1;
        if marked {
            lease.delivery = next;
        }
        Ok(marked)
    }

    /// Keeps what became of an attempt. The new state, or `None` if the lease was lost to another worker.
    pub async fn record(
        &self,
        lease: &Lease,
        outcome: &Outcome,
        now: Timestamp,
        on_unknown: OnUnknown,
    ) -> Result<Option<Delivery>, StoreError> {
        let doing = "record the outcome of a delivery";
        let next = lease.delivery.concluded(outcome, now, on_unknown);
        let found = Found {
            edition_id: lease.edition_id.clone(),
            subscriber_id: lease.subscriber_id.clone(),
            delivery: lease.delivery,
            fence: lease.fence,
        };
        let mut connection = self.pool.acquire().await.map_err(failed(doing))?;
        let result = outcome.to_string();
        let written = found.write(&mut connection, next, None, lease.fence, Some(&result), now).await;
        Ok(written.map_err(failed(doing))?.then_some(next))
    }

    /// Makes a worker's leases last until `until`; how many it still has.
    pub async fn renew(&self, worker: &str, now: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        let updated = sqlx::query(
            "UPDATE deliveries SET lease_until = $1
             WHERE worker = $2 AND state IN ('leased', 'transmitting') AND lease_until > $3",
        )
        .bind(micros(until))
        .bind(worker)
        .bind(micros(now))
        .execute(&self.pool)
        .await
        .map_err(failed("renew leases"))?;
        Ok(updated.rows_affected())
    }

    /// Gives back what a worker that stops still has: for a clean end. How many deliveries.
    pub async fn release(&self, worker: &str, now: Timestamp, on_unknown: OnUnknown) -> Result<u64, StoreError> {
        let sql = locking!(
            self.dialect,
            "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
             WHERE state IN ('leased', 'transmitting') AND worker = $1
             ORDER BY edition_id, subscriber_id"
        );
        self.give_back("release leases", sqlx::query(sql).bind(worker), now, on_unknown).await
    }

    /// Frees what workers had that are gone: leases that ended by `now`. What was leased is queued again, what was going
    /// out has an unknown fate. How many deliveries.
    pub async fn recover(&self, now: Timestamp, on_unknown: OnUnknown) -> Result<u64, StoreError> {
        let sql = locking!(
            self.dialect,
            "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
             WHERE state IN ('leased', 'transmitting') AND lease_until <= $1
             ORDER BY edition_id, subscriber_id"
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
        let mut count = 0;
        for row in select.fetch_all(&mut *transaction).await.map_err(failed(doing))? {
            let found = Found::read(&row).map_err(failed(doing))?;
            let next = found.delivery.released(now, on_unknown);
            // The next number, so that the worker that had it can write no more.
            let fence = found.fence + 1;
            let written = found.write(&mut transaction, next, None, fence, None, now).await.map_err(failed(doing))?;
            count += u64::from(written);
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

    /// When the next delivery is due that nobody has; `None` if there is none.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let doing = "read when the next delivery is due";
        let [first, second, third] = State::LEASABLE.map(State::name);
        let row = sqlx::query("SELECT MIN(next_at) AS next_at FROM deliveries WHERE state IN ($1, $2, $3)")
            .bind(first)
            .bind(second)
            .bind(third)
            .fetch_one(&self.pool)
            .await
            .map_err(failed(doing))?;
        optional_time(&row, "next_at").map_err(failed(doing))
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
            "SELECT d.*, s.address, s.name FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id
             WHERE d.edition_id = $1 ORDER BY s.normal",
        )
        .bind(edition_id)
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(record).collect::<Result<_, _>>().map_err(failed(doing))
    }
}

/// Queues an edition for its recipients.
pub(super) async fn queue(
    transaction: &mut Transaction<'_, Any>,
    edition_id: &str,
    recipients: &[String],
    slot: Timestamp,
    freeze: &Freeze<'_>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let delivery = Delivery::queued(slot, freeze.expires_after);
    for subscriber_id in recipients {
        sqlx::query(
            "INSERT INTO deliveries (edition_id, subscriber_id, message_id, state, attempts, unknowns, next_at,
                expires_at, fence, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9) ON CONFLICT (edition_id, subscriber_id) DO NOTHING",
        )
        .bind(edition_id)
        .bind(subscriber_id)
        .bind(message_id(edition_id, subscriber_id, freeze.message_domain))
        .bind(delivery.state.name())
        .bind(i64::from(delivery.attempts))
        .bind(i64::from(delivery.unknowns))
        .bind(delivery.next_at.map(micros))
        .bind(micros(delivery.expires_at))
        .bind(micros(now))
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Closes what is still queued for a subscriber who is not to get it any more.
pub(super) async fn suppress(
    transaction: &mut Transaction<'_, Any>,
    subscriber_id: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query(
        "SELECT edition_id, subscriber_id, state, attempts, unknowns, next_at, expires_at, fence FROM deliveries
         WHERE subscriber_id = $1 ORDER BY edition_id",
    )
    .bind(subscriber_id)
    .fetch_all(&mut **transaction)
    .await?;
    for row in &rows {
        let found = Found::read(row)?;
        let next = found.delivery.suppressed();
        if next != found.delivery {
            // A worker that takes it just now finds the subscriber gone, or has sent it before they left.
            found.write(transaction, next, None, found.fence + 1, None, now).await?;
        }
    }
    Ok(())
}

/// A row as it was read: what its next state follows from, and what it must still be when that is written.
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

    /// Writes the next state, the worker that has it from now on and until when, and the new fence. False if the row is
    /// not any more as it was read; it is then left alone.
    async fn write(
        &self,
        connection: &mut AnyConnection,
        next: Delivery,
        holder: Option<(&str, Timestamp)>,
        fence: i64,
        result: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let result = result.map(|text| text[..text.floor_char_boundary(RESULT_BYTES_MAX)].replace('\0', " "));
        let updated = sqlx::query(
            "UPDATE deliveries SET state = $1, attempts = $2, unknowns = $3, next_at = $4, worker = $5, lease_until = $6,
                fence = $7, result = COALESCE($8, result), changed_at = $9
             WHERE edition_id = $10 AND subscriber_id = $11 AND fence = $12 AND state = $13",
        )
        .bind(next.state.name())
        .bind(i64::from(next.attempts))
        .bind(i64::from(next.unknowns))
        .bind(next.next_at.map(micros))
        .bind(holder.map(|(worker, _)| worker.to_owned()))
        .bind(holder.map(|(_, until)| micros(until)))
        .bind(fence)
        .bind(result)
        .bind(micros(now))
        .bind(&self.edition_id)
        .bind(&self.subscriber_id)
        .bind(self.fence)
        .bind(self.delivery.state.name())
        .execute(connection)
        .await?;
        Ok(updated.rows_affected() == 1)
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

fn record(row: &AnyRow) -> Result<DeliveryRecord, sqlx::Error> {
    Ok(DeliveryRecord {
        edition_id: row.try_get("edition_id")?,
        subscriber_id: row.try_get("subscriber_id")?,
        to: subscribers::mailbox(row)?,
        message_id: row.try_get("message_id")?,
        delivery: read_delivery(row)?,
        result: row.try_get("result")?,
        changed_at: time(row, "changed_at")?,
    })
}
