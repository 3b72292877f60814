//! Who changed what, and when. Rows are only ever added.

use jiff::Timestamp;
use sqlx::Row as _;

use super::error::failed;
use super::{Store, StoreError, micros, time};

/// A change as it is recorded: no secret may be in it.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub who: &'a str,
    /// What was done: "release a held figure".
    pub what: &'a str,
    /// To what.
    pub subject: &'a str,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}

/// A recorded change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    pub who: String,
    pub what: String,
    pub subject: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Store {
    pub async fn record_change(&self, change: Change<'_>, now: Timestamp) -> Result<(), StoreError> {
        let row = sqlx::query(
            "INSERT INTO audit (id, at, who, what, subject, before, after)
             VALUES ($1 || '-' || (SELECT COUNT(*) FROM audit), $2, $3, $4, $5, $6, $7)",
        )
        .bind(format!("{:020}", micros(now)))
        .bind(micros(now))
        .bind(change.who)
        .bind(change.what)
        .bind(change.subject)
        .bind(change.before)
        .bind(change.after)
        .execute(&self.pool)
        .await;
        row.map(drop).map_err(failed("record a change"))
    }

    /// The newest changes, `count` at most.
    pub async fn changes(&self, count: u32) -> Result<Vec<Entry>, StoreError> {
        let doing = "list the changes";
        let rows = sqlx::query("SELECT * FROM audit ORDER BY id DESC LIMIT $1")
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        let entry = |row: &sqlx::any::AnyRow| {
            Ok(Entry {
                at: time(row, "at")?,
                who: row.try_get("who")?,
                what: row.try_get("what")?,
                subject: row.try_get("subject")?,
                before: row.try_get("before")?,
                after: row.try_get("after")?,
            })
        };
        rows.iter().map(entry).collect::<Result<_, sqlx::Error>>().map_err(failed(doing))
    }
}
