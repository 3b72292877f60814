//! What is kept of each source between two fetches.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::error::failed;
use super::{Store, StoreError, micros, unreadable};
use crate::service::fetch::state::Freshness;

/// A source as it was last fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceState {
    /// The configured name.
    pub name: String,
    /// The address or path it was fetched from.
    pub url: String,
    pub freshness: Freshness,
}

impl Store {
    /// What is known of a source; nothing if it was never fetched from `url`, since validators belong to an address.
    pub async fn source_state(&self, name: &str, url: &str) -> Result<Freshness, StoreError> {
        let doing = "read the state of a source";
        let row = sqlx::query("SELECT name, url, freshness FROM sources WHERE name = $1 AND url = $2")
            .bind(name)
            .bind(url)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        let state = row.map(|row| read(&row)).transpose().map_err(failed(doing))?;
        Ok(state.map(|state| state.freshness).unwrap_or_default())
    }

    /// Keeps what is known of sources now: name, address and state of each. All or none.
    pub async fn save_source_states(
        &self,
        states: &[(String, String, Freshness)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "keep the states of sources";
        let mut transaction = self.begin(doing).await?;
        for (name, url, freshness) in states {
            let json =
                serde_json::to_string(freshness).map_err(|error| failed(doing)(unreadable("freshness", error)))?;
            sqlx::query(
                "INSERT INTO sources (name, url, freshness, updated_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO UPDATE SET
                    url = excluded.url, freshness = excluded.freshness, updated_at = excluded.updated_at",
            )
            .bind(name)
            .bind(url)
            .bind(json)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        }
        transaction.commit().await.map_err(failed(doing))
    }

    /// All sources that were ever fetched, by name, among them such as are no longer configured.
    pub async fn source_states(&self) -> Result<Vec<SourceState>, StoreError> {
        let doing = "list the states of the sources";
        let rows = sqlx::query("SELECT name, url, freshness FROM sources ORDER BY name")
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }
}

fn read(row: &AnyRow) -> Result<SourceState, sqlx::Error> {
    let json: String = row.try_get("freshness")?;
    let freshness = serde_json::from_str(&json).map_err(|error| unreadable("freshness", error))?;
    Ok(SourceState { name: row.try_get("name")?, url: row.try_get("url")?, freshness })
}
