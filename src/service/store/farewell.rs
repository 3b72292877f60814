//! Leaving: who unsubscribes, bounces, is taken off or wants to be forgotten; what is queued for them is closed with it.

use jiff::Timestamp;
use lettre::Address;
use sqlx::{Any, Row as _, Transaction};

use super::error::failed;
use super::subscribers::{ALL_EDITIONS, SubscriberState, address_hash, normal, subscribe};
use super::{Store, StoreError, deliveries, micros};

impl Store {
    /// Someone leaves an edition, or all. `others` are the names of the editions that there are besides: who gets all of
    /// them goes on getting these. What is queued is suppressed. False if they did not get it.
    pub async fn unsubscribe(
        &self,
        id: &str,
        edition: Option<&str>,
        others: &[String],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "unsubscribe";
        let mut transaction = self.begin(doing).await?;
        let sql = "SELECT p.edition FROM subscriptions p JOIN subscribers s ON s.id = p.subscriber_id
             WHERE p.subscriber_id = $1 AND s.state IN ('active', 'pending') ORDER BY p.edition";
        let rows = sqlx::query(sql).bind(id).fetch_all(&mut *transaction).await.map_err(failed(doing))?;
        let held: Vec<String> =
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(failed(doing))?;
        if held.is_empty() || edition.is_some_and(|name| !held.iter().any(|one| one == name || one == ALL_EDITIONS)) {
            return Ok(false);
        }
        let mut left: Vec<String> = if held.iter().any(|name| name == ALL_EDITIONS) { others.to_vec() } else { held };
        left.retain(|name| edition.is_some_and(|edition| name != edition));
        if left.is_empty() {
            set_state(&mut transaction, id, SubscriberState::Removed, None, now).await.map_err(failed(doing))?;
        } else {
            subscribe(&mut transaction, id, &left).await.map_err(failed(doing))?;
        }
        let edition = if left.is_empty() { None } else { edition };
        deliveries::suppress(&mut transaction, id, edition, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(true)
    }

    /// Writes to someone no more, and keeps why. What is queued for them is suppressed.
    pub async fn suppress_subscriber(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let doing = "suppress a subscriber";
        let mut transaction = self.begin(doing).await?;
        set_state(&mut transaction, id, SubscriberState::Suppressed, Some(reason), now).await.map_err(failed(doing))?;
        deliveries::suppress(&mut transaction, id, None, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))
    }

    /// Lets someone be written to again who bounced or complained: an admin knows better. False if they were not
    /// suppressed.
    pub async fn readmit(&self, address: &Address, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "lift a suppression";
        let mut transaction = self.begin(doing).await?;
        let normal = normal(address);
        let updated = sqlx::query(
            "UPDATE subscribers SET state = $2, reason = NULL, changed_at = $3 WHERE normal = $1 AND state = $4",
        )
        .bind(&normal)
        .bind(SubscriberState::Active.name())
        .bind(micros(now))
        .bind(SubscriberState::Suppressed.name())
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        sqlx::query("DELETE FROM bounces WHERE subscriber_id = (SELECT id FROM subscribers WHERE normal = $1)")
            .bind(&normal)
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let deleted = sqlx::query("DELETE FROM suppressions WHERE address_hash = $1")
            .bind(address_hash(&normal))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(updated.rows_affected() + deleted.rows_affected() > 0)
    }

    /// Forgets someone: address, name, preferences, bounces. Their deliveries stay as numbers under an id that leads
    /// nowhere; one not to be written to stays so, by a hash of the address. False if there is no such subscriber.
    pub async fn erase(&self, address: &Address, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "erase a subscriber";
        let normal = normal(address);
        let mut transaction = self.begin(doing).await?;
        let row = sqlx::query("SELECT id, state, reason FROM subscribers WHERE normal = $1")
            .bind(&normal)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let Some(row) = row else { return Ok(false) };
        let id: String = row.try_get("id").map_err(failed(doing))?;
        let state: String = row.try_get("state").map_err(failed(doing))?;
        if state == SubscriberState::Suppressed.name() {
            let reason: Option<String> = row.try_get("reason").map_err(failed(doing))?;
            sqlx::query(
                "INSERT INTO suppressions (address_hash, reason, at) VALUES ($1, $2, $3)
                 ON CONFLICT (address_hash) DO NOTHING",
            )
            .bind(address_hash(&normal))
            // The reason may quote the address.
            .bind(reason.unwrap_or_default().replace(address.as_ref() as &str, "").replace(&normal, ""))
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        }
        deliveries::suppress(&mut transaction, &id, None, now).await.map_err(failed(doing))?;
        for sql in [
            "UPDATE deliveries SET result = NULL, domain = '', preferences = NULL WHERE subscriber_id = $1",
            "DELETE FROM bounces WHERE subscriber_id = $1",
            "DELETE FROM subscriptions WHERE subscriber_id = $1",
            "DELETE FROM subscribers WHERE id = $1",
        ] {
            sqlx::query(sql).bind(&id).execute(&mut *transaction).await.map_err(failed(doing))?;
        }
        transaction.commit().await.map_err(failed(doing))?;
        Ok(true)
    }

    /// Takes someone off. What was delivered stays on record; what is queued for them is suppressed. False if there is
    /// no such subscriber, or not any more.
    pub async fn remove_subscriber(&self, address: &Address, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "remove a subscriber";
        let mut transaction = self.begin(doing).await?;
        let row = sqlx::query(
            "UPDATE subscribers SET state = $2, changed_at = $3
             WHERE normal = $1 AND state IN ('active', 'pending') RETURNING id",
        )
        .bind(normal(address))
        .bind(SubscriberState::Removed.name())
        .bind(micros(now))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        let Some(row) = row else { return Ok(false) };
        let id: String = row.try_get("id").map_err(failed(doing))?;
        deliveries::suppress(&mut transaction, &id, None, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(true)
    }
}

async fn set_state(
    transaction: &mut Transaction<'_, Any>,
    id: &str,
    state: SubscriberState,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE subscribers SET state = $2, reason = $3, changed_at = $4 WHERE id = $1")
        .bind(id)
        .bind(state.name())
        .bind(reason)
        .bind(micros(now))
        .execute(&mut **transaction)
        .await
        .map(drop)
}
