//! What the ledger keeps beside the editions: the figures that were held and what people decided of them, and which editions
//! a subscriber has read.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, Transaction};

use super::error::failed;
use super::values::{T, values};
use super::{Store, StoreError, micros, recipients, time, unreadable};
use crate::news::digest::Digest;
use crate::news::digest::tolls::HeldItem;
use crate::news::incident::plausibility::Decisions;
use crate::news::subscriber::Scope;

/// What a person decides of a held figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It is right, and may be printed.
    Released,
    /// It is wrong, and is never printed.
    Rejected,
}

impl Decision {
    pub fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Rejected => "rejected",
        }
    }

    fn parse(name: &str) -> Result<Self, sqlx::Error> {
        let decision = [Self::Released, Self::Rejected].into_iter().find(|decision| decision.name() == name);
        decision.ok_or_else(|| unreadable("decision", format!("no decision is {name:?}")))
    }
}

/// A figure that an edition held.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct HeldFigure {
    pub edition_id: String,
    pub item: HeldItem,
    pub held_at: Timestamp,
    pub decision: Option<Decision>,
}

impl Store {
    /// Every figure that was ever held, the newest first.
    pub async fn held_figures(&self) -> Result<Vec<HeldFigure>, StoreError> {
        let doing = "list the held figures";
        let sql = "SELECT edition_id, item, held_at, decision FROM held_figures ORDER BY held_at DESC, id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await.map_err(failed(doing))?;
        let figure = |row: &sqlx::any::AnyRow| {
            let item: String = row.try_get("item")?;
            let decision: Option<String> = row.try_get("decision")?;
            Ok(HeldFigure {
                edition_id: row.try_get("edition_id")?,
                item: serde_json::from_str(&item).map_err(|error| unreadable("item", error))?,
                held_at: time(row, "held_at")?,
                decision: decision.as_deref().map(Decision::parse).transpose()?,
            })
        };
        rows.iter().map(figure).collect::<Result<_, sqlx::Error>>().map_err(failed(doing))
    }

    /// What was decided so far.
    pub async fn decisions(&self) -> Result<Decisions, StoreError> {
        let mut decisions = Decisions::default();
        for figure in self.held_figures().await? {
            match figure.decision {
                Some(Decision::Released) => decisions.released.insert(figure.item.id),
                Some(Decision::Rejected) => decisions.rejected.insert(figure.item.id),
                None => false,
            };
        }
        Ok(decisions)
    }

    /// Keeps a decision; a later one takes its place. False if no such figure was held.
    pub async fn decide(&self, id: &str, decision: Decision, now: Timestamp) -> Result<bool, StoreError> {
        let updated = sqlx::query("UPDATE held_figures SET decision = $2, decided_at = $3 WHERE id = $1")
            .bind(id)
            .bind(decision.name())
            .bind(micros(now))
            .execute(&self.pool)
            .await
            .map_err(failed("decide on a held figure"))?;
        Ok(updated.rows_affected() == 1)
    }
}

/// Editions that a subscriber's reading is followed back over: of what was told before that nothing is still news.
pub const CHAIN_EDITIONS_MAX: u32 = 60;

/// The edition and those that its reader had read before it when it was frozen, newest first, each with what the reader
/// wanted of it: who has the same chain gets the same.
pub type Chain = Vec<(String, Scope)>;

/// The chains of deliveries, in their order.
pub(super) async fn chains(
    connection: &mut AnyConnection,
    deliveries: &[(&str, &str)],
) -> Result<Vec<Chain>, sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = "WITH RECURSIVE v (edition_id, subscriber_id) AS (VALUES ".to_owned();
    values(connection, &mut sql, deliveries.len(), &[T, T]);
    sql.push_str(
        "), chain (asked_id, subscriber_id, edition_id, base_id, preferences, depth) AS (
            SELECT d.edition_id, d.subscriber_id, d.edition_id, d.base_id, d.preferences, CAST(1 AS BIGINT)
            FROM v JOIN deliveries d ON d.edition_id = v.edition_id AND d.subscriber_id = v.subscriber_id
            UNION ALL
            SELECT c.asked_id, d.subscriber_id, d.edition_id, d.base_id, d.preferences, c.depth + 1
            FROM chain c JOIN deliveries d ON d.edition_id = c.base_id AND d.subscriber_id = c.subscriber_id
            WHERE c.depth < ",
    );
    sql.push_str(&CHAIN_EDITIONS_MAX.to_string());
    sql.push_str(") SELECT asked_id, subscriber_id, edition_id, preferences FROM chain ORDER BY depth");
    let mut select = sqlx::query(AssertSqlSafe(sql));
    for (edition_id, subscriber_id) in deliveries {
        select = select.bind(*edition_id).bind(*subscriber_id);
    }
    let mut chains: HashMap<(String, String), Chain> = HashMap::new();
    for row in select.fetch_all(connection).await? {
        let chain = chains.entry((row.try_get("asked_id")?, row.try_get("subscriber_id")?)).or_default();
        chain.push((row.try_get("edition_id")?, recipients::preferences(&row)?.scope()));
    }
    let taken = |(edition_id, subscriber_id): &(&str, &str)| {
        chains.remove(&((*edition_id).to_owned(), (*subscriber_id).to_owned())).unwrap_or_default()
    };
    Ok(deliveries.iter().map(taken).collect())
}

/// Notes for each delivery of an edition which edition of its name last reached the subscriber: what a server took and later
/// sent back did not.
pub(super) async fn set_bases(
    transaction: &mut Transaction<'_, Any>,
    edition_id: &str,
    name: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE deliveries SET base_id = (
            SELECT d.edition_id FROM deliveries d JOIN editions e ON e.id = d.edition_id
            WHERE d.subscriber_id = deliveries.subscriber_id AND e.name = $2 AND d.state IN ('accepted', 'skipped')
                AND d.edition_id <> $1
                AND NOT EXISTS (SELECT 1 FROM bounces b WHERE b.subscriber_id = d.subscriber_id
                    AND b.edition_id = d.edition_id AND b.kind IN ('hard', 'soft'))
            ORDER BY e.composed_at DESC, e.id DESC LIMIT 1)
         WHERE edition_id = $1",
    )
    .bind(edition_id)
    .bind(name)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Keeps the figures that an edition holds, so that a person finds them.
pub(super) async fn keep_held(
    transaction: &mut Transaction<'_, Any>,
    edition_id: &str,
    digest: &Digest,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for item in &digest.held {
        let json = serde_json::to_string(item).map_err(|error| unreadable("item", error))?;
        sqlx::query(
            "INSERT INTO held_figures (id, edition_id, item, held_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&item.id)
        .bind(edition_id)
        .bind(json.replace('\0', " "))
        .bind(micros(now))
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
