//! Who gets an edition, where mail to them goes, and what they want of it.

use jiff::Timestamp;
use lettre::message::Mailbox;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use super::subscribers::{ALL_EDITIONS, address, domain, json};
use super::{optional_time, unreadable};
use crate::news::subscriber::Preferences;

/// One who gets an edition that is being frozen.
pub(super) struct Recipient {
    pub id: String,
    /// As it is looked up.
    pub domain: String,
    pub preferences: Preferences,
    /// When the last edition of the name was due for them.
    pub last_due: Option<Timestamp>,
}

impl Recipient {
    /// What they want, as it is kept with a delivery; `None` for everything.
    pub fn preferences_json(&self) -> Result<Option<String>, sqlx::Error> {
        if self.preferences == Preferences::default() { Ok(None) } else { json(&self.preferences).map(Some) }
    }
}

/// Those who get an edition of that name now, `count` at most, in the order of their ids, in which the database has them:
/// however many there are, a call costs the same. `after` is the id that the last call ended with.
pub(super) async fn subscribed(
    transaction: &mut Transaction<'_, Any>,
    edition: &str,
    after: &str,
    count: usize,
) -> Result<Vec<Recipient>, sqlx::Error> {
    // When the last edition was due only matters to those who chose something, their hour perhaps.
    let rows = sqlx::query(
        "SELECT s.id, s.address, s.preferences,
            CASE WHEN s.preferences = '{}' THEN NULL ELSE
                (SELECT MAX(d.due_at) FROM deliveries d JOIN editions e ON e.id = d.edition_id
                 WHERE d.subscriber_id = s.id AND e.name = $1) END AS last_due
         FROM subscribers s
         WHERE s.state = 'active' AND s.id > $3
            AND EXISTS (SELECT 1 FROM subscriptions p WHERE p.subscriber_id = s.id AND p.edition IN ($1, $2))
         ORDER BY s.id LIMIT $4",
    )
    .bind(edition)
    .bind(ALL_EDITIONS)
    .bind(after)
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_all(&mut **transaction)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Recipient {
                id: row.try_get("id")?,
                domain: domain(&address(row)?),
                preferences: preferences(row)?,
                last_due: optional_time(row, "last_due")?,
            })
        })
        .collect()
}

/// What the subscriber of a row wants, or wanted; everything where the row says nothing.
pub(super) fn preferences(row: &AnyRow) -> Result<Preferences, sqlx::Error> {
    match row.try_get::<Option<String>, _>("preferences")?.as_deref() {
        None | Some("{}") => Ok(Preferences::default()),
        Some(json) => serde_json::from_str(json).map_err(|error| unreadable("preferences", error)),
    }
}

/// Where mail to the subscriber of a row goes, unless they are erased.
pub(super) fn known_mailbox(row: &AnyRow) -> Result<Option<Mailbox>, sqlx::Error> {
    if row.try_get::<Option<String>, _>("address")?.is_some() { mailbox(row).map(Some) } else { Ok(None) }
}

/// Where mail to the subscriber of a row goes.
pub(super) fn mailbox(row: &AnyRow) -> Result<Mailbox, sqlx::Error> {
    Ok(Mailbox::new(row.try_get("name")?, address(row)?))
}
