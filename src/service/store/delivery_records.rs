//! Deliveries as people see them: what became of each, what is due, and having some sent again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::Mailbox;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::deliveries::{Change, Found, read_delivery, read_state, write};
use super::error::failed;
use super::{Store, StoreError, locking, micros, optional_time, recipients, subscribers, time};
use crate::news::delivery::{Delivery, State};
use crate::news::subscriber::Preferences;

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

impl Store {
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
                let change = Change::of(found, next);
                count += write(&mut transaction, &[change], now).await.map_err(failed(doing))?;
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
        let sql = "SELECT (SELECT MIN(next_at) FROM deliveries WHERE next_at IS NOT NULL) AS next_at,
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
            "SELECT d.*, s.address, s.name
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

pub(super) fn record(row: &AnyRow) -> Result<DeliveryRecord, sqlx::Error> {
    Ok(DeliveryRecord {
        edition_id: row.try_get("edition_id")?,
        subscriber_id: row.try_get("subscriber_id")?,
        to: recipients::known_mailbox(row)?,
        preferences: recipients::preferences(row)?,
        message_id: row.try_get("message_id")?,
        delivery: read_delivery(row)?,
        result: row.try_get("result")?,
        changed_at: time(row, "changed_at")?,
    })
}
