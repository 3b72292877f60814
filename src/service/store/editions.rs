//! Frozen editions: composed once, then only delivered and read.

use std::ops::Range;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use super::error::failed;
use super::{Store, StoreError, ledger, micros, optional_time, queue, text_hash, unreadable};
use crate::news::article::Article;
use crate::news::digest::{Digest, Frame};
use crate::news::schedule::personal;
use crate::news::subscriber::Preferences;

/// Whom an edition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The active subscribers of the edition's name at the moment it is frozen.
    Subscribers,
    /// No one, as it says nothing new: the slot counts as dealt with, and nothing is sent.
    Nobody,
    /// No one, as nobody subscribes: the slot counts as dealt with, and nothing of it counts as told.
    Unread,
}

/// An edition to be frozen.
#[derive(Clone, Copy, Debug)]
pub struct Freeze<'a> {
    /// Its frame says name, window and slots.
    pub digest: &'a Digest,
    /// The articles that are news in it, all of them stored: later editions of the name pass over these texts.
    pub articles: &'a [Article],
    pub audience: Audience,
    /// The part of its Message-IDs after the `@`.
    pub message_domain: &'a str,
    /// How long after it is due for a subscriber it may still be delivered.
    pub expires_after: SignedDuration,
    /// Whether each subscriber gets it at the hour they chose: for editions that are due once a day or less often.
    pub personal: bool,
}

impl Freeze<'_> {
    /// When it is due for someone with these preferences, for whom the last one was due at `last_due`.
    pub(super) fn due(&self, preferences: &Preferences, last_due: Option<Timestamp>) -> Timestamp {
        let frame = &self.digest.frame;
        let (Some(slot), Some(minute), true) = (frame.slots.last(), preferences.minute, self.personal) else {
            return frame.composed_at;
        };
        let zone = preferences.zone.as_ref().unwrap_or(&frame.zone);
        match TimeZone::get(zone) {
            Ok(zone) => personal::due(*slot, minute, &zone, last_due).max(frame.composed_at),
            // A zone that is not known any more must not keep the edition from them.
            Err(_) => frame.composed_at,
        }
    }
}

/// What freezing an edition came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// It is frozen, and its deliveries are queued.
    Now { id: String, deliveries: usize },
    /// One of its slots is covered by another edition, frozen before; that one is to be delivered, and this one dropped.
    Before { id: String },
    /// Another edition of the name, frozen since the articles were read, has one of them as news: compose again.
    Overtaken { id: String },
}

/// An edition as it was frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEdition {
    pub id: String,
    pub digest: Digest,
}

/// Names an edition by its name and the end of its window: `daily-20250325T050000Z`. Fit for file names.
fn edition_id(frame: &Frame) -> String {
    let end = frame.window.to.to_zoned_datetime(TimeZone::UTC);
    let fraction = if end.subsec_nanosecond() == 0 { String::new() } else { end.strftime("%6f").to_string() };
    format!("{}-{}{fraction}Z", frame.name, end.strftime("%Y%m%dT%H%M%S"))
}

impl Store {
    /// Freezes an edition and queues its deliveries, in one transaction. Of two processes that freeze the same slot, or
    /// the same articles under one name, one succeeds.
    pub async fn freeze(&self, freeze: Freeze<'_>, now: Timestamp) -> Result<Frozen, StoreError> {
        let doing = "freeze an edition";
        let frame = &freeze.digest.frame;
        let id = edition_id(frame);
        let json = serde_json::to_string(freeze.digest).map_err(|error| failed(doing)(unreadable("digest", error)))?;
        let mut transaction = self.begin(doing).await?;
        let inserted = sqlx::query(
            "INSERT INTO editions (id, name, from_at, to_at, composed_at, partial, undelivered, digest)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
        )
        .bind(&id)
        .bind(&frame.name)
        .bind(micros(frame.window.from))
        .bind(micros(frame.window.to))
        .bind(micros(frame.composed_at))
        .bind(i64::from(frame.partial))
        .bind(if freeze.audience == Audience::Unread { 2i64 } else { 0 })
        .bind(json.replace('\0', " "))
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        if inserted.rows_affected() == 0 {
            return Ok(Frozen::Before { id });
        }
        for slot in &frame.slots {
            if let Some(id) = take_slot(&mut transaction, &frame.name, *slot, &id).await.map_err(failed(doing))? {
                return Ok(Frozen::Before { id });
            }
        }
        let mut texts: Vec<_> =
            freeze.articles.iter().map(|article| (article.id.replace('\0', " "), text_hash(article))).collect();
        // In one order for all, so that two transactions do not each wait for the other.
        texts.sort();
        for (article_id, text_hash) in &texts {
            let holder = take_text(&mut transaction, &frame.name, article_id, text_hash, &id).await;
            if let Some(id) = holder.map_err(failed(doing))? {
                return Ok(Frozen::Overtaken { id });
            }
        }
        let deliveries = match freeze.audience {
            Audience::Subscribers => queue::queue(&mut transaction, &id, &freeze, now).await.map_err(failed(doing))?,
            Audience::Nobody | Audience::Unread => 0,
        };
        ledger::set_bases(&mut transaction, &id, &frame.name).await.map_err(failed(doing))?;
        ledger::keep_held(&mut transaction, &id, freeze.digest, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(Frozen::Now { id, deliveries })
    }

    /// The edition of that id.
    pub async fn edition(&self, id: &str) -> Result<Option<StoredEdition>, StoreError> {
        let doing = "read an edition";
        let row = sqlx::query("SELECT id, digest FROM editions WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        row.map(|row| read(&row)).transpose().map_err(failed(doing))
    }

    /// The newest editions of a name whose windows end in `during`, newest first, `count` at most.
    pub async fn editions(
        &self,
        name: &str,
        during: Range<Timestamp>,
        count: u32,
    ) -> Result<Vec<StoredEdition>, StoreError> {
        let doing = "read the editions of a name";
        let rows = sqlx::query(
            "SELECT id, digest FROM editions WHERE name = $1 AND to_at >= $2 AND to_at < $3 AND undelivered = 0
             ORDER BY to_at DESC, id DESC LIMIT $4",
        )
        .bind(name)
        .bind(micros(during.start))
        .bind(micros(during.end))
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// The newest editions of a name that were composed by then, newest first, `count` at most, those aside that were for
    /// nobody. Which these are never changes.
    pub async fn editions_composed(
        &self,
        name: &str,
        until: Timestamp,
        count: u32,
    ) -> Result<Vec<StoredEdition>, StoreError> {
        self.editions_until(name, until, count, 1).await
    }

    /// The same, of those whose `undelivered` is this at most: 0 for what reached someone or still may, 1 with what reached
    /// nobody, 2 with what was for nobody.
    pub(super) async fn editions_until(
        &self,
        name: &str,
        until: Timestamp,
        count: u32,
        undelivered_max: i64,
    ) -> Result<Vec<StoredEdition>, StoreError> {
        let doing = "read the earlier editions of a name";
        let rows = sqlx::query(
            "SELECT id, digest FROM editions WHERE name = $1 AND composed_at <= $2 AND undelivered <= $3
             ORDER BY composed_at DESC, id DESC LIMIT $4",
        )
        .bind(name)
        .bind(micros(until))
        .bind(undelivered_max)
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// Finds the editions that certainly reached nobody, every message refused or too late, and makes their articles
    /// news again, so that no fact is lost with them. How many editions.
    pub async fn release_undelivered(&self) -> Result<u64, StoreError> {
        let doing = "release the editions that reached nobody";
        let mut transaction = self.begin(doing).await?;
        let updated = sqlx::query(
            "UPDATE editions SET undelivered = 1
             WHERE undelivered = 0
                AND EXISTS (SELECT 1 FROM deliveries d WHERE d.edition_id = editions.id)
                AND NOT EXISTS (SELECT 1 FROM deliveries d
                    WHERE d.edition_id = editions.id AND d.state NOT IN ('rejected', 'expired', 'suppressed'))",
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        sqlx::query("DELETE FROM edition_articles WHERE edition_id IN (SELECT id FROM editions WHERE undelivered = 1)")
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(updated.rows_affected())
    }

    /// When the editions of that name ended that reached nobody, since the last one that did.
    pub async fn held_over(&self, name: &str) -> Result<Vec<Timestamp>, StoreError> {
        let doing = "read which editions reached nobody";
        let rows = sqlx::query(
            "SELECT to_at FROM editions WHERE name = $1 AND undelivered = 1 AND to_at > COALESCE(
                (SELECT MAX(to_at) FROM editions WHERE name = $1 AND undelivered = 0), 0)
             ORDER BY to_at",
        )
        .bind(name)
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(|row| super::time(row, "to_at")).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// Until when the editions of that name have covered the news: where the next one goes on. Editions that certainly
    /// reached nobody do not count, nor do partial ones.
    pub async fn covered_until(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let doing = "read what the editions have covered";
        let sql = "SELECT MAX(to_at) AS to_at FROM editions WHERE name = $1 AND partial = 0 AND undelivered <> 1";
        let row = sqlx::query(sql).bind(name).fetch_one(&self.pool).await.map_err(failed(doing))?;
        optional_time(&row, "to_at").map_err(failed(doing))
    }

    /// The newest edition of a name that reached someone, or still may.
    pub async fn latest_edition(&self, name: &str) -> Result<Option<StoredEdition>, StoreError> {
        Ok(self.editions(name, Timestamp::MIN..Timestamp::MAX, 1).await?.pop())
    }

    /// The newest slot that an edition of the name covers: where the schedule goes on from.
    pub async fn last_slot(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let doing = "read the last slot of a name";
        let row = sqlx::query("SELECT MAX(slot_at) AS slot_at FROM edition_slots WHERE name = $1")
            .bind(name)
            .fetch_one(&self.pool)
            .await
            .map_err(failed(doing))?;
        optional_time(&row, "slot_at").map_err(failed(doing))
    }
}

/// Covers a slot; the edition that covers it already, if one does.
async fn take_slot(
    transaction: &mut Transaction<'_, Any>,
    name: &str,
    slot: Timestamp,
    edition_id: &str,
) -> Result<Option<String>, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO edition_slots (name, slot_at, edition_id) VALUES ($1, $2, $3)
         ON CONFLICT (name, slot_at) DO NOTHING",
    )
    .bind(name)
    .bind(micros(slot))
    .bind(edition_id)
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(None);
    }
    let row = sqlx::query("SELECT edition_id FROM edition_slots WHERE name = $1 AND slot_at = $2")
        .bind(name)
        .bind(micros(slot))
        .fetch_one(&mut **transaction)
        .await?;
    row.try_get("edition_id").map(Some)
}

/// Makes an article's text news in an edition; the other edition of that name in which it is already, if it is.
async fn take_text(
    transaction: &mut Transaction<'_, Any>,
    name: &str,
    article_id: &str,
    text_hash: &str,
    edition_id: &str,
) -> Result<Option<String>, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO edition_articles (name, article_id, text_hash, edition_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name, article_id, text_hash) DO NOTHING",
    )
    .bind(name)
    .bind(article_id)
    .bind(text_hash)
    .bind(edition_id)
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(None);
    }
    let row =
        sqlx::query("SELECT edition_id FROM edition_articles WHERE name = $1 AND article_id = $2 AND text_hash = $3")
            .bind(name)
            .bind(article_id)
            .bind(text_hash)
            .fetch_one(&mut **transaction)
            .await?;
    let holder: String = row.try_get("edition_id")?;
    // The same article twice in one list is no conflict.
    Ok((holder != edition_id).then_some(holder))
}

pub(super) fn read(row: &AnyRow) -> Result<StoredEdition, sqlx::Error> {
    let json: String = row.try_get("digest")?;
    let digest = serde_json::from_str(&json).map_err(|error| unreadable("digest", error))?;
    Ok(StoredEdition { id: row.try_get("id")?, digest })
}
