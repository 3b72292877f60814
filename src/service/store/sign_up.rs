//! Double opt-in: who asks for it gets one mail that asks them to confirm, and nothing else until they do.

use jiff::{SignedDuration, Timestamp};
use lettre::Address;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::error::failed;
use super::subscribers::{SubscriberState, address};
use super::{Added, Store, StoreError, micros};

/// How long someone has to confirm. After that they are forgotten.
pub const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long it is until the same address is asked again: whoever fills in the form for others is no nuisance to them.
const ASK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// How often an address is asked at most until it confirms or is forgotten.
const CONFIRM_MAILS_MAX: i64 = 3;

/// When a mail that could not be sent is tried again; and when one that a worker took counts as not sent.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// How long it is tried: who asked a day ago does not wait for it any more.
const TRY_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Mails that are taken together.
const TAKEN_MAX: i64 = 50;

/// A mail that asks someone to confirm, to be sent now.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmation {
    pub subscriber_id: String,
    pub to: Address,
    /// How many went before it.
    pub nth: u32,
}

impl Store {
    /// Notes that someone asks for the named editions, for all if none is named: they get nothing until they confirm it
    /// ([`Store::confirm`]). Who is active already stays as they are.
    pub async fn sign_up(&self, address: &Address, editions: &[String], now: Timestamp) -> Result<Added, StoreError> {
        let (added, id) = self.enter(address, None, editions, SubscriberState::Pending, now).await?;
        if matches!(added, Added::New | Added::Again) {
            sqlx::query(
                "UPDATE subscribers SET asked_at = $2, confirm_at = $2
                 WHERE id = $1 AND state = $3 AND confirm_mails < $4 AND COALESCE(asked_at, 0) <= $5",
            )
            .bind(id)
            .bind(micros(now))
            .bind(SubscriberState::Pending.name())
            .bind(CONFIRM_MAILS_MAX)
            .bind(micros(now - ASK_AGAIN_AFTER))
            .execute(&self.pool)
            .await
            .map_err(failed("have a subscriber confirm"))?;
        }
        Ok(added)
    }

    /// Someone who asked for it confirms it. False if there is nothing to confirm: they have, or it is too late.
    pub async fn confirm(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let updated = sqlx::query(
            "UPDATE subscribers SET state = $2, changed_at = $3, confirm_at = NULL, confirm_mails = 0
             WHERE id = $1 AND state = $4 AND COALESCE(asked_at, changed_at) > $5",
        )
        .bind(id)
        .bind(SubscriberState::Active.name())
        .bind(micros(now))
        .bind(SubscriberState::Pending.name())
        .bind(micros(now - CONFIRM_WITHIN))
        .execute(&self.pool)
        .await
        .map_err(failed("confirm a subscriber"))?;
        Ok(updated.rows_affected() == 1)
    }

    /// Takes mails that are to be sent now. What becomes of each is told by [`Store::confirmation_ended`]; if it is not,
    /// another worker takes it some minutes later.
    pub async fn take_confirmations(&self, now: Timestamp) -> Result<Vec<Confirmation>, StoreError> {
        let doing = "take mails that ask to confirm";
        let rows = sqlx::query(
            "UPDATE subscribers SET confirm_at = $1
             WHERE confirm_at <= $2 AND state = $3 AND asked_at > $4
                AND id IN (SELECT id FROM subscribers WHERE confirm_at <= $2 ORDER BY confirm_at, id LIMIT $5)
             RETURNING id, address, confirm_mails",
        )
        .bind(micros(now + RETRY_AFTER))
        .bind(micros(now))
        .bind(SubscriberState::Pending.name())
        .bind(micros(now - TRY_FOR))
        .bind(TAKEN_MAX)
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        let confirmation = |row: &AnyRow| {
            Ok(Confirmation {
                subscriber_id: row.try_get("id")?,
                to: address(row)?,
                nth: u32::try_from(row.try_get::<i64, _>("confirm_mails")?).unwrap_or(u32::MAX),
            })
        };
        rows.iter().map(confirmation).collect::<Result<_, sqlx::Error>>().map_err(failed(doing))
    }

    /// The mail is sent, or never will be: it is not tried again.
    pub async fn confirmation_ended(&self, subscriber_id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE subscribers SET confirm_at = NULL, confirm_mails = confirm_mails + 1 WHERE id = $1")
            .bind(subscriber_id)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failed("note that a mail to confirm was sent"))
    }

    /// Forgets those who asked and did not confirm in time; who had subscribed before is left as one who left. How many.
    pub async fn forget_unconfirmed(&self, now: Timestamp) -> Result<u64, StoreError> {
        let doing = "forget who did not confirm";
        let mut transaction = self.begin(doing).await?;
        let mut forgotten = 0;
        for sql in [
            "UPDATE subscribers SET state = 'removed', confirm_at = NULL, confirm_mails = 0
             WHERE state = 'pending' AND COALESCE(asked_at, changed_at) <= $1
                AND EXISTS (SELECT 1 FROM deliveries d WHERE d.subscriber_id = subscribers.id)",
            "DELETE FROM subscriptions WHERE subscriber_id IN
                (SELECT id FROM subscribers WHERE state = 'pending' AND COALESCE(asked_at, changed_at) <= $1)",
            "DELETE FROM subscribers WHERE state = 'pending' AND COALESCE(asked_at, changed_at) <= $1",
        ] {
            let done = sqlx::query(sql).bind(micros(now - CONFIRM_WITHIN)).execute(&mut *transaction).await;
            forgotten = done.map_err(failed(doing))?.rows_affected();
        }
        transaction.commit().await.map_err(failed(doing))?;
        Ok(forgotten)
    }
}
