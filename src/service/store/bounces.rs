//! What came back, by subscriber.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::Row as _;

use super::error::failed;
use super::{Store, StoreError, micros, time};
use crate::news::bounce::{POINTS_DAYS, POINTS_MAX, Report};
use crate::news::token::edition_mark;

/// A report to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Bounce<'a> {
    /// The same for the same report.
    pub report_id: &'a str,
    pub subscriber_id: &'a str,
    /// Of the edition that it is about, as the envelope's sender has it.
    pub edition_mark: Option<&'a str>,
    pub report: &'a Report,
}

/// What a report came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// It was counted before.
    Before,
    /// There is no such subscriber any more.
    Nobody,
    /// It is kept; so many points so far.
    Kept { points: u32 },
    /// Mail to the subscriber is suppressed now.
    Suppressed,
}

/// A report that was kept, for people.
#[derive(Clone, Debug, Serialize)]
pub struct BounceRecord {
    /// `None` once the subscriber is erased.
    pub address: Option<String>,
    pub edition_id: Option<String>,
    pub kind: String,
    pub status: Option<String>,
    pub said: String,
    pub at: Timestamp,
}

impl Store {
    /// Counts a report, and writes to its subscriber no more when it is one too many.
    pub async fn count_bounce(&self, bounce: Bounce<'_>, now: Timestamp) -> Result<Counted, StoreError> {
        let doing = "count a bounce";
        if self.subscriber(bounce.subscriber_id).await?.is_none() {
            return Ok(Counted::Nobody);
        }
        let edition = match bounce.edition_mark {
            Some(mark) => self.marked(doing, bounce.subscriber_id, mark).await?.map(|(id, _)| id),
            None => None,
        };
        let report = bounce.report;
        let inserted = sqlx::query(
            "INSERT INTO bounces (report_id, subscriber_id, edition_id, kind, status, said, points, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (report_id) DO NOTHING",
        )
        .bind(bounce.report_id)
        .bind(bounce.subscriber_id)
        .bind(edition)
        .bind(report.kind.name())
        .bind(report.status.as_deref())
        .bind(report.said.replace('\0', " "))
        .bind(i64::from(report.kind.points()))
        .bind(micros(now))
        .execute(&self.pool)
        .await
        .map_err(failed(doing))?;
        let since = now - SignedDuration::from_hours(24 * POINTS_DAYS);
        let sql = "SELECT CAST(COALESCE(SUM(points), 0) AS BIGINT) AS points FROM bounces
             WHERE subscriber_id = $1 AND at > $2";
        let query = sqlx::query(sql).bind(bounce.subscriber_id).bind(micros(since));
        let row = query.fetch_one(&self.pool).await.map_err(failed(doing))?;
        let points = u32::try_from(row.try_get::<i64, _>("points").map_err(failed(doing))?).unwrap_or(u32::MAX);
        // Also when it was counted before: the program may have died in between.
        if points >= POINTS_MAX {
            let reason = format!("{}: {}", report.kind.name(), report.said);
            self.suppress_subscriber(bounce.subscriber_id, &reason, now).await?;
        }
        Ok(match (inserted.rows_affected(), points) {
            (0, _) => Counted::Before,
            (_, points) if points >= POINTS_MAX => Counted::Suppressed,
            (_, points) => Counted::Kept { points },
        })
    }

    /// The name of the edition that an envelope sender's mark speaks of.
    pub async fn edition_of(&self, subscriber_id: &str, mark: &str) -> Result<Option<String>, StoreError> {
        Ok(self.marked("find the edition of a bounce", subscriber_id, mark).await?.map(|(_, name)| name))
    }

    /// Id and name of that edition.
    async fn marked(
        &self,
        doing: &'static str,
        subscriber_id: &str,
        mark: &str,
    ) -> Result<Option<(String, String)>, StoreError> {
        let sql = "SELECT e.id, e.name FROM deliveries d JOIN editions e ON e.id = d.edition_id
             WHERE d.subscriber_id = $1 ORDER BY e.id";
        let rows = sqlx::query(sql).bind(subscriber_id).fetch_all(&self.pool).await.map_err(failed(doing))?;
        for row in &rows {
            let id: String = row.try_get("id").map_err(failed(doing))?;
            if edition_mark(&id) == mark {
                return Ok(Some((id, row.try_get("name").map_err(failed(doing))?)));
            }
        }
        Ok(None)
    }

    /// What came back, newest first, so many at most.
    pub async fn bounces(&self, count: u32) -> Result<Vec<BounceRecord>, StoreError> {
        let doing = "list the bounces";
        let sql = "SELECT b.*, s.address FROM bounces b LEFT JOIN subscribers s ON s.id = b.subscriber_id
             ORDER BY b.at DESC, b.report_id LIMIT $1";
        let rows = sqlx::query(sql).bind(i64::from(count)).fetch_all(&self.pool).await.map_err(failed(doing))?;
        rows.iter()
            .map(|row| {
                Ok(BounceRecord {
                    address: row.try_get("address")?,
                    edition_id: row.try_get("edition_id")?,
                    kind: row.try_get("kind")?,
                    status: row.try_get("status")?,
                    said: row.try_get("said")?,
                    at: time(row, "at")?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(failed(doing))
    }
}
