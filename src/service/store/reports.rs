//! Figures that readers say are wrong, and what became of each.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::error::failed;
use super::{Store, StoreError, micros, time, unreadable};

/// Reports that wait for a person: with more, new ones are turned away, as somebody plays.
pub const OPEN_MAX: i64 = 500;

/// What a reader wrote of a printed figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReport {
    pub edition_id: String,
    pub article_id: String,
    /// As it was printed.
    pub figure: String,
    pub quote: String,
    pub problem: String,
    pub source: String,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportState {
    Open,
    Dismissed,
    /// Its article is labelled, to judge the extractor by.
    Case,
}

impl ReportState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Dismissed => "dismissed",
            Self::Case => "case",
        }
    }

    fn parse(name: &str) -> Result<Self, sqlx::Error> {
        let state = [Self::Open, Self::Dismissed, Self::Case].into_iter().find(|state| state.name() == name);
        state.ok_or_else(|| unreadable("state", format!("no report is {name:?}")))
    }
}

/// A stored report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub id: String,
    pub at: Timestamp,
    pub state: ReportState,
    pub labels: Option<String>,
    pub said: NewReport,
}

impl Store {
    /// Keeps a report; false if too many wait already.
    pub async fn report(&self, report: &NewReport, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "keep a report";
        let mut transaction = self.begin(doing).await?;
        let row = sqlx::query("SELECT COUNT(*) AS number, COALESCE(SUM(CASE state WHEN 'open' THEN 1 ELSE 0 END), 0) AS open FROM reports")
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let number: i64 = row.try_get("number").map_err(failed(doing))?;
        let open: i64 = row.try_get("open").map_err(failed(doing))?;
        if open >= OPEN_MAX {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO reports (id, edition_id, article_id, figure, quote, problem, source, at, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open')",
        )
        .bind(format!("{:020}-{number}", micros(now)))
        .bind(&report.edition_id)
        .bind(&report.article_id)
        .bind(report.figure.replace('\0', " "))
        .bind(report.quote.replace('\0', " "))
        .bind(report.problem.replace('\0', " "))
        .bind(report.source.replace('\0', " "))
        .bind(micros(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(true)
    }

    /// The reports in a state, the newest first.
    pub async fn reports(&self, state: ReportState, count: u32) -> Result<Vec<Report>, StoreError> {
        let doing = "list the reports";
        let rows = sqlx::query("SELECT * FROM reports WHERE state = $1 ORDER BY id DESC LIMIT $2")
            .bind(state.name())
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }

    pub async fn report_of(&self, id: &str) -> Result<Option<Report>, StoreError> {
        let doing = "read a report";
        let row = sqlx::query("SELECT * FROM reports WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        row.map(|row| read(&row)).transpose().map_err(failed(doing))
    }

    /// What becomes of a report; `labels` is the line of a case.
    pub async fn settle_report(&self, id: &str, state: ReportState, labels: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("UPDATE reports SET state = $2, labels = $3 WHERE id = $1")
            .bind(id)
            .bind(state.name())
            .bind(labels)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(failed("settle a report"))
    }
}

fn read(row: &AnyRow) -> Result<Report, sqlx::Error> {
    let state: String = row.try_get("state")?;
    Ok(Report {
        id: row.try_get("id")?,
        at: time(row, "at")?,
        state: ReportState::parse(&state)?,
        labels: row.try_get("labels")?,
        said: NewReport {
            edition_id: row.try_get("edition_id")?,
            article_id: row.try_get("article_id")?,
            figure: row.try_get("figure")?,
            quote: row.try_get("quote")?,
            problem: row.try_get("problem")?,
            source: row.try_get("source")?,
        },
    })
}
