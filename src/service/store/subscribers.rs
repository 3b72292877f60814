//! Who gets which edition.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::Mailbox;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use super::error::failed;
use super::{Store, StoreError, deliveries, micros, time, unreadable};

/// Stands for all editions, present and future.
const ALL_EDITIONS: &str = "*";

/// Where a subscriber stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriberState {
    /// Gets the editions.
    Active,
    /// Has asked for it and not confirmed yet.
    Pending,
    /// Has left, or was taken off.
    Removed,
    /// Is not to be written to: bounced, or complained.
    Suppressed,
}

/// Someone who gets, or got, editions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subscriber {
    /// Opaque and stable; says nothing about the address.
    pub id: String,
    #[serde(serialize_with = "as_text")]
    pub address: Address,
    pub name: Option<String>,
    pub state: SubscriberState,
    /// The names of the editions; empty means all.
    pub editions: Vec<String>,
    pub created_at: Timestamp,
}

/// What adding a subscriber found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    New,
    /// Had left, or not confirmed, and is on the list again.
    Again,
    /// Was there already; name and editions are now as given.
    Known,
    /// Bounced or complained, and was not added.
    Suppressed,
}

impl SubscriberState {
    const ALL: [Self; 4] = [Self::Active, Self::Pending, Self::Removed, Self::Suppressed];

    /// The name under which it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Removed => "removed",
            Self::Suppressed => "suppressed",
        }
    }

    fn parse(name: &str) -> Result<Self, sqlx::Error> {
        let state = Self::ALL.into_iter().find(|state| state.name() == name);
        state.ok_or_else(|| unreadable("state", format!("no subscriber can be {name:?}")))
    }

    /// Whether mail that is already queued may still go out.
    pub(super) fn may_receive(name: &str) -> bool {
        name != Self::Removed.name() && name != Self::Suppressed.name()
    }
}

impl fmt::Display for SubscriberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The form in which two addresses are the same: lower case throughout, since no provider of note tells letter cases
/// apart, and the domain as it is looked up (IDNA).
fn normal(address: &Address) -> String {
    let user = address.user().to_lowercase();
    match url::Host::parse(address.domain()) {
        Ok(host) => format!("{user}@{host}"),
        Err(_) => format!("{user}@{}", address.domain().to_lowercase()),
    }
}

fn new_id(normal: &str, now: Timestamp) -> String {
    // The time is not known to others, so the id cannot be made from an address that is guessed.
    let hash = Sha256::digest(format!("{normal}\n{}", now.as_nanosecond()));
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Makes someone an active subscriber of the named editions, of all if none is named.
    pub async fn add_subscriber(
        &self,
        address: &Address,
        name: Option<&str>,
        editions: &[String],
        now: Timestamp,
    ) -> Result<Added, StoreError> {
        let doing = "add a subscriber";
        let mut transaction = self.begin(doing).await?;
        let (id, state) = insert(&mut transaction, address, name, now).await.map_err(failed(doing))?;
        let added = match state {
            None => Added::New,
            Some(SubscriberState::Suppressed) => return Ok(Added::Suppressed),
            Some(SubscriberState::Active) => Added::Known,
            Some(SubscriberState::Removed | SubscriberState::Pending) => Added::Again,
        };
        sqlx::query("UPDATE subscribers SET state = $2, name = COALESCE($3, name), changed_at = $4 WHERE id = $1")
            .bind(&id)
            .bind(SubscriberState::Active.name())
            .bind(name)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        sqlx::query("DELETE FROM subscriptions WHERE subscriber_id = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let all = [ALL_EDITIONS.to_owned()];
        for edition in if editions.is_empty() { &all } else { editions } {
            sqlx::query(
                "INSERT INTO subscriptions (subscriber_id, edition) VALUES ($1, $2)
                 ON CONFLICT (subscriber_id, edition) DO NOTHING",
            )
            .bind(&id)
            .bind(edition)
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        }
        transaction.commit().await.map_err(failed(doing))?;
        Ok(added)
    }

    /// Takes someone off. What was delivered stays on record; what is queued for them is suppressed. False if there is
    /// no such subscriber, or not any more.
    pub async fn remove_subscriber(&self, address: &Address, now: Timestamp) -> Result<bool, StoreError> {
        let doing = "remove a subscriber";
        let mut transaction = self.begin(doing).await?;
        let row = sqlx::query(
            "UPDATE subscribers SET state = $2, changed_at = $3
             WHERE normal = $1 AND state IN ('active', 'pending') RETURNING id",
        )
        .bind(normal(address))
        .bind(SubscriberState::Removed.name())
        .bind(micros(now))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        let Some(row) = row else { return Ok(false) };
        let id: String = row.try_get("id").map_err(failed(doing))?;
        deliveries::suppress(&mut transaction, &id, now).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(true)
    }

    /// Everyone ever added, in the order of their adding, former subscribers among them.
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        let doing = "list the subscribers";
        let rows = sqlx::query(
            "SELECT s.id, s.address, s.name, s.state, s.created_at, p.edition
             FROM subscribers s LEFT JOIN subscriptions p ON p.subscriber_id = s.id
             ORDER BY s.created_at, s.normal, p.edition",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(failed(doing))?;
        let mut subscribers: Vec<Subscriber> = Vec::new();
        for row in &rows {
            let subscriber = read(row).map_err(failed(doing))?;
            let edition: Option<String> = row.try_get("edition").map_err(failed(doing))?;
            if subscribers.last().is_none_or(|last| last.id != subscriber.id) {
                subscribers.push(subscriber);
            }
            if let (Some(last), Some(edition)) = (subscribers.last_mut(), edition.filter(|name| name != ALL_EDITIONS)) {
                last.editions.push(edition);
            }
        }
        Ok(subscribers)
    }

    /// Whether an edition of that name would go to anyone now.
    pub async fn has_readers(&self, edition: &str) -> Result<bool, StoreError> {
        let doing = "look for subscribers";
        let mut transaction = self.pool.begin().await.map_err(failed(doing))?;
        Ok(!subscribed(&mut transaction, edition).await.map_err(failed(doing))?.is_empty())
    }

    /// How many subscribers there are in each state.
    pub async fn subscriber_counts(&self) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let doing = "count the subscribers";
        let rows = sqlx::query("SELECT state, COUNT(*) AS number FROM subscribers GROUP BY state")
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        rows.iter()
            .map(|row| {
                let state = SubscriberState::parse(&row.try_get::<String, _>("state")?)?;
                Ok((state.name(), row.try_get::<i64, _>("number")?.unsigned_abs()))
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(failed(doing))
    }
}

/// Finds or makes the row of an address: its id, and its state if it was there already.
async fn insert(
    transaction: &mut Transaction<'_, Any>,
    address: &Address,
    name: Option<&str>,
    now: Timestamp,
) -> Result<(String, Option<SubscriberState>), sqlx::Error> {
    let normal = normal(address);
    let id = new_id(&normal, now);
    let inserted = sqlx::query(
        "INSERT INTO subscribers (id, normal, address, name, state, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (normal) DO NOTHING",
    )
    .bind(&id)
    .bind(&normal)
    .bind(address.to_string())
    .bind(name)
    .bind(SubscriberState::Active.name())
    .bind(micros(now))
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok((id, None));
    }
    let row = sqlx::query("SELECT id, state FROM subscribers WHERE normal = $1")
        .bind(&normal)
        .fetch_one(&mut **transaction)
        .await?;
    Ok((row.try_get("id")?, Some(SubscriberState::parse(&row.try_get::<String, _>("state")?)?)))
}

/// The ids of those who get an edition of that name now.
pub(super) async fn subscribed(
    transaction: &mut Transaction<'_, Any>,
    edition: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT s.id FROM subscribers s WHERE s.state = 'active'
            AND EXISTS (SELECT 1 FROM subscriptions p WHERE p.subscriber_id = s.id AND p.edition IN ($1, $2))
         ORDER BY s.created_at, s.id",
    )
    .bind(edition)
    .bind(ALL_EDITIONS)
    .fetch_all(&mut **transaction)
    .await?;
    rows.iter().map(|row| row.try_get("id")).collect()
}

/// Where mail to the subscriber of a row goes.
pub(super) fn mailbox(row: &AnyRow) -> Result<Mailbox, sqlx::Error> {
    Ok(Mailbox::new(row.try_get("name")?, address(row)?))
}

fn address(row: &AnyRow) -> Result<Address, sqlx::Error> {
    let text: String = row.try_get("address")?;
    text.parse::<Address>().map_err(|error| unreadable("address", error))
}

fn as_text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn read(row: &AnyRow) -> Result<Subscriber, sqlx::Error> {
    Ok(Subscriber {
        id: row.try_get("id")?,
        address: address(row)?,
        name: row.try_get("name")?,
        state: SubscriberState::parse(&row.try_get::<String, _>("state")?)?,
        editions: Vec::new(),
        created_at: time(row, "created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &str) {
        assert_eq!(normal(&address.parse().unwrap()), expected);
    }

    #[test]
    fn addresses_are_compared_without_case() {
        check("Reader@Inbox.Example", "reader@inbox.example");
        check("reader+news@inbox.example", "reader+news@inbox.example");
        check("Leser@bücher.example", "leser@xn--bcher-kva.example");
    }
}
