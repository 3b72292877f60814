//! What everybody may read: editions that went out, or still may, and what their pages print.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::error::failed;
use super::pages::containing;
use super::{Store, StoreError, StoredEdition, editions, micros, unreadable};

/// Words that are searched for; more add nothing.
pub const WORDS_MAX: usize = 5;

/// An edition in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// See [`crate::news::digest::Frame::stem`].
    pub stem: String,
    pub title: String,
    pub subject: String,
    pub when: String,
}

/// A listed edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: String,
    pub listing: Listing,
}

impl Store {
    /// Changes whenever there is another edition to read, or one less: how many there are, and when the newest was composed.
    pub async fn archive_version(&self) -> Result<(i64, i64), StoreError> {
        let doing = "look at the archive";
        let sql =
            "SELECT COUNT(*) AS number, COALESCE(MAX(composed_at), 0) AS newest FROM editions WHERE undelivered = 0";
        let row = sqlx::query(sql).fetch_one(&self.pool).await.map_err(failed(doing))?;
        let read = || Ok((row.try_get("number")?, row.try_get("newest")?));
        read().map_err(failed(doing))
    }

    /// The edition of a name that was composed in the second that begins then.
    pub async fn edition_at(&self, name: &str, second: Timestamp) -> Result<Option<StoredEdition>, StoreError> {
        let until = second.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
        let doing = "read an edition of the archive";
        let row = sqlx::query(
            "SELECT id, digest FROM editions
             WHERE name = $1 AND undelivered = 0 AND composed_at >= $2 AND composed_at < $3
             ORDER BY composed_at DESC, id DESC LIMIT 1",
        )
        .bind(name)
        .bind(micros(second))
        .bind(micros(until))
        .fetch_optional(&self.pool)
        .await
        .map_err(failed(doing))?;
        row.map(|row| editions::read(&row)).transpose().map_err(failed(doing))
    }

    /// The newest editions of a name that were composed by then, newest first.
    pub async fn archive_until(
        &self,
        name: &str,
        until: Timestamp,
        count: u32,
    ) -> Result<Vec<StoredEdition>, StoreError> {
        self.editions_until(name, until, count, 0).await
    }

    /// The newest editions of which nobody knows yet what their pages print.
    pub async fn unlisted(&self, count: u32) -> Result<Vec<StoredEdition>, StoreError> {
        let doing = "read the editions that no list shows yet";
        let rows = sqlx::query(
            "SELECT id, digest FROM editions WHERE undelivered = 0 AND listing IS NULL
             ORDER BY composed_at DESC, id DESC LIMIT $1",
        )
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(editions::read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    pub async fn list_edition(&self, id: &str, listing: &Listing, printed: &str) -> Result<(), StoreError> {
        let doing = "keep what an edition prints";
        let json = serde_json::to_string(listing).map_err(|error| failed(doing)(unreadable("listing", error)))?;
        sqlx::query("UPDATE editions SET listing = $2, printed = $3 WHERE id = $1")
            .bind(id)
            .bind(json.replace('\0', " "))
            .bind(printed.replace('\0', " "))
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failed(doing))
    }

    /// Editions whose pages print all these words; the newest first, after the edition `after`.
    pub async fn archive_page(
        &self,
        words: &[&str],
        after: Option<&str>,
        count: u32,
    ) -> Result<Vec<Shown>, StoreError> {
        let doing = "search the archive";
        let mut query = sqlx::query(
            "SELECT id, listing FROM editions
             WHERE undelivered = 0 AND listing IS NOT NULL
                AND ($1 = '' OR composed_at < (SELECT composed_at FROM editions WHERE id = $1)
                    OR (composed_at = (SELECT composed_at FROM editions WHERE id = $1) AND id < $1))
                AND printed LIKE $3 ESCAPE '\\' AND printed LIKE $4 ESCAPE '\\' AND printed LIKE $5 ESCAPE '\\'
                AND printed LIKE $6 ESCAPE '\\' AND printed LIKE $7 ESCAPE '\\'
             ORDER BY composed_at DESC, id DESC LIMIT $2",
        )
        .bind(after.unwrap_or_default())
        .bind(i64::from(count));
        // The places that are left over hold nothing, which is in every text.
        for index in 0..WORDS_MAX {
            query = query.bind(containing(words.get(index).unwrap_or(&"")));
        }
        let rows = query.fetch_all(&self.pool).await.map_err(failed(doing))?;
        let shown = |row: &sqlx::any::AnyRow| {
            let json: String = row.try_get("listing")?;
            let listing = serde_json::from_str(&json).map_err(|error| unreadable("listing", error))?;
            Ok(Shown { id: row.try_get("id")?, listing })
        };
        rows.iter().map(shown).collect::<Result<_, sqlx::Error>>().map_err(failed(doing))
    }
}
