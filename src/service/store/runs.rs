//! How the runs went.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::error::failed;
use super::{Store, StoreError, micros, time, unreadable};

/// One edition's way from the sources to the readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub edition: String,
    /// An admin, or "schedule".
    pub who: String,
    pub started_at: Timestamp,
    pub steps: Vec<Step>,
    pub failed: bool,
    pub outcome: String,
}

/// A part of a run, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub milliseconds: u64,
}

impl Store {
    pub async fn record_run(&self, run: &Run) -> Result<(), StoreError> {
        let doing = "record a run";
        let steps = serde_json::to_string(&run.steps).map_err(|error| failed(doing)(unreadable("steps", error)))?;
        let row = sqlx::query(
            "INSERT INTO runs (id, edition, who, started_at, steps, failed, outcome)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        )
        .bind(format!("{:020}-{}", micros(run.started_at), run.edition))
        .bind(&run.edition)
        .bind(&run.who)
        .bind(micros(run.started_at))
        .bind(steps)
        .bind(i64::from(run.failed))
        .bind(run.outcome.replace('\0', " "))
        .execute(&self.pool)
        .await;
        row.map(drop).map_err(failed(doing))
    }

    /// The newest runs, `count` at most.
    pub async fn runs(&self, count: u32) -> Result<Vec<Run>, StoreError> {
        let doing = "list the runs";
        let rows = sqlx::query("SELECT * FROM runs ORDER BY id DESC LIMIT $1")
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        let run = |row: &sqlx::any::AnyRow| {
            let steps: String = row.try_get("steps")?;
            Ok(Run {
                edition: row.try_get("edition")?,
                who: row.try_get("who")?,
                started_at: time(row, "started_at")?,
                steps: serde_json::from_str(&steps).map_err(|error| unreadable("steps", error))?,
                failed: row.try_get::<i64, _>("failed")? != 0,
                outcome: row.try_get("outcome")?,
            })
        };
        rows.iter().map(run).collect::<Result<_, sqlx::Error>>().map_err(failed(doing))
    }
}
