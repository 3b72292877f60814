//! Long lists a page at a time: each goes on after the last row of the page before, however long the list is.

use sqlx::Row as _;

use super::error::failed;
use super::{DeliveryRecord, Store, StoreError, StoredEdition, delivery_records, editions};
use crate::news::delivery::State;

impl Store {
    /// Editions of all names that hold these words, as the letters stand in the digest; the newest first, after the edition
    /// `after`.
    pub async fn editions_page(
        &self,
        words: &str,
        after: Option<&str>,
        count: u32,
    ) -> Result<Vec<StoredEdition>, StoreError> {
        let doing = "look through the editions";
        // JSON escapes quotes and backslashes; LIKE means something by three characters.
        let json = serde_json::Value::from(words).to_string();
        let pattern = containing(&json[1..json.len() - 1]);
        let rows = sqlx::query(
            "SELECT id, digest FROM editions
             WHERE LOWER(digest) LIKE $1 ESCAPE '\\'
                AND ($2 = '' OR composed_at < (SELECT composed_at FROM editions WHERE id = $2)
                    OR (composed_at = (SELECT composed_at FROM editions WHERE id = $2) AND id < $2))
             ORDER BY composed_at DESC, id DESC LIMIT $3",
        )
        .bind(pattern)
        .bind(after.unwrap_or_default())
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(editions::read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// The deliveries of an edition, or only those in one state; after the subscriber `after`, in the order of their ids.
    pub async fn deliveries_page(
        &self,
        edition_id: &str,
        state: Option<State>,
        after: Option<&str>,
        count: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let doing = "read a page of deliveries";
        let rows = sqlx::query(
            "SELECT d.*, s.address, s.name, s.preferences
             FROM deliveries d LEFT JOIN subscribers s ON s.id = d.subscriber_id
             WHERE d.edition_id = $1 AND ($2 = '' OR d.state = $2) AND d.subscriber_id > $3
             ORDER BY d.subscriber_id LIMIT $4",
        )
        .bind(edition_id)
        .bind(state.map_or_else(String::new, |state| state.to_string()))
        .bind(after.unwrap_or_default())
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        rows.iter().map(delivery_records::record).collect::<Result<_, _>>().map_err(failed(doing))
    }

    /// The ids of subscribers after one of them, in their order.
    pub async fn subscriber_ids_page(&self, after: Option<&str>, count: u32) -> Result<Vec<String>, StoreError> {
        let doing = "read a page of subscribers";
        let rows = sqlx::query("SELECT id FROM subscribers WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(after.unwrap_or_default())
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        rows.iter().map(|row| row.try_get("id")).collect::<Result<_, _>>().map_err(failed(doing))
    }
}

/// A pattern for LIKE with `ESCAPE '\'`: whatever holds this text in lower case. LIKE means something by three characters.
pub(super) fn containing(text: &str) -> String {
    let text = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}
