//! Who gets which edition.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use lettre::Address;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use super::error::failed;
use super::recipients::{preferences, subscribed};
use super::{Store, StoreError, micros, time, unreadable};
use crate::news::subscriber::Preferences;

/// Stands for all editions, present and future.
pub(super) const ALL_EDITIONS: &str = "*";

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
    /// Why mail to them is suppressed.
    pub reason: Option<String>,
    pub preferences: Preferences,
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
        name == Self::Active.name()
    }
}

impl fmt::Display for SubscriberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The form in which two addresses are the same: lower case throughout, since no provider of note tells letter cases
/// apart, and the domain as it is looked up (IDNA).
pub(super) fn normal(address: &Address) -> String {
    format!("{}@{}", address.user().to_lowercase(), domain(address))
}

/// The domain of an address as it is looked up (IDNA), in lower case.
pub(super) fn domain(address: &Address) -> String {
    match url::Host::parse(address.domain()) {
        Ok(host) => host.to_string(),
        Err(_) => address.domain().to_lowercase(),
    }
}

/// What is left of an address that is erased: enough to know it again, and not enough to write to.
pub(super) fn address_hash(normal: &str) -> String {
    hex(&Sha256::digest(normal))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn new_id(normal: &str, now: Timestamp) -> String {
    // The time is not known to others, so the id cannot be made from an address that is guessed.
    let hash = Sha256::digest(format!("{normal}\n{}", now.as_nanosecond()));
    hex(&hash[..8])
}

impl Store {
    /// Makes someone an active subscriber of the named editions, of all if none is named: an admin vouches for them.
    pub async fn add_subscriber(
        &self,
        address: &Address,
        name: Option<&str>,
        editions: &[String],
        now: Timestamp,
    ) -> Result<Added, StoreError> {
        Ok(self.enter(address, name, editions, SubscriberState::Active, now).await?.0)
    }

    pub(super) async fn enter(
        &self,
        address: &Address,
        name: Option<&str>,
        editions: &[String],
        as_state: SubscriberState,
        now: Timestamp,
    ) -> Result<(Added, String), StoreError> {
        let doing = "add a subscriber";
        let mut transaction = self.begin(doing).await?;
        let (id, state) = insert(&mut transaction, address, name, as_state, now).await.map_err(failed(doing))?;
        let erased = sqlx::query("SELECT reason FROM suppressions WHERE address_hash = $1")
            .bind(address_hash(&normal(address)))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let added = match state {
            _ if erased.is_some() => return Ok((Added::Suppressed, id)),
            None => Added::New,
            Some(SubscriberState::Suppressed) => return Ok((Added::Suppressed, id)),
            Some(SubscriberState::Active) if as_state == SubscriberState::Pending => return Ok((Added::Known, id)),
            Some(SubscriberState::Active) => Added::Known,
            Some(SubscriberState::Removed | SubscriberState::Pending) => Added::Again,
        };
        sqlx::query("UPDATE subscribers SET state = $2, name = COALESCE($3, name), changed_at = $4 WHERE id = $1")
            .bind(&id)
            .bind(as_state.name())
            .bind(name)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        subscribe(&mut transaction, &id, editions).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok((added, id))
    }

    /// Keeps what someone wants, and which editions; none named stands for all.
    pub async fn set_preferences(
        &self,
        id: &str,
        preferences: &Preferences,
        editions: &[String],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "keep a subscriber's preferences";
        let json = json(preferences).map_err(failed(doing))?;
        let mut transaction = self.begin(doing).await?;
        let updated = sqlx::query("UPDATE subscribers SET preferences = $2, changed_at = $3 WHERE id = $1")
            .bind(id)
            .bind(json)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        subscribe(&mut transaction, id, editions).await.map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(updated.rows_affected() == 1)
    }

    /// The subscriber of that id.
    pub async fn subscriber(&self, id: &str) -> Result<Option<Subscriber>, StoreError> {
        let mut found = None;
        let take = |subscriber| {
            found = Some(subscriber);
            Ok::<_, StoreError>(())
        };
        self.select_subscribers("read a subscriber", "s.id = $1", id, take).await?;
        Ok(found)
    }

    /// The subscriber with that address, in any spelling.
    pub async fn subscriber_at(&self, address: &Address) -> Result<Option<Subscriber>, StoreError> {
        let doing = "look for a subscriber";
        let row = sqlx::query("SELECT id FROM subscribers WHERE normal = $1")
            .bind(normal(address))
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        match row {
            Some(row) => self.subscriber(&row.try_get::<String, _>("id").map_err(failed(doing))?).await,
            None => Ok(None),
        }
    }

    /// Gives everyone ever added to `take`, in the order of their adding, former subscribers among them. No more than one is
    /// in memory at a time.
    ///
    /// # Errors
    /// The store's, or the first of `take`'s.
    pub async fn each_subscriber<E: From<StoreError>>(
        &self,
        take: impl FnMut(Subscriber) -> Result<(), E>,
    ) -> Result<(), E> {
        self.select_subscribers("list the subscribers", "$1 = ''", "", take).await
    }

    async fn select_subscribers<E: From<StoreError>>(
        &self,
        doing: &'static str,
        which: &'static str,
        id: &str,
        mut take: impl FnMut(Subscriber) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT s.id, s.address, s.name, s.state, s.reason, s.preferences, s.created_at, p.edition
             FROM subscribers s LEFT JOIN subscriptions p ON p.subscriber_id = s.id
             WHERE {which}
             ORDER BY s.created_at, s.normal, p.edition"
        );
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch(&self.pool);
        let mut open: Option<Subscriber> = None;
        while let Some(row) = rows.try_next().await.map_err(failed(doing))? {
            let subscriber = read(&row).map_err(failed(doing))?;
            let edition: Option<String> = row.try_get("edition").map_err(failed(doing))?;
            if open.as_ref().is_none_or(|open| open.id != subscriber.id)
                && let Some(whole) = open.replace(subscriber)
            {
                take(whole)?;
            }
            if let (Some(open), Some(edition)) = (&mut open, edition.filter(|name| name != ALL_EDITIONS)) {
                open.editions.push(edition);
            }
        }
        open.map_or(Ok(()), take)
    }

    /// Whether an edition of that name would go to anyone now.
    pub async fn has_readers(&self, edition: &str) -> Result<bool, StoreError> {
        let doing = "look for subscribers";
        let mut transaction = self.pool.begin().await.map_err(failed(doing))?;
        Ok(!subscribed(&mut transaction, edition, "", 1).await.map_err(failed(doing))?.is_empty())
    }

    /// Whether someone wants to hear when an edition of that name has nothing new, however the edition is configured.
    pub async fn wants_note(&self, edition: &str) -> Result<bool, StoreError> {
        let doing = "look for subscribers who want a note";
        let sql = "SELECT COUNT(*) AS number FROM subscribers s WHERE s.state = 'active' AND s.preferences LIKE $3
                AND EXISTS (SELECT 1 FROM subscriptions p WHERE p.subscriber_id = s.id AND p.edition IN ($1, $2))";
        let query = sqlx::query(sql).bind(edition).bind(ALL_EDITIONS).bind("%\"empty\":\"note\"%");
        let row = query.fetch_one(&self.pool).await.map_err(failed(doing))?;
        Ok(row.try_get::<i64, _>("number").map_err(failed(doing))? > 0)
    }

    /// The secret that signs links: one is made when there is none, from `fresh`. A store for reading only gives `None`
    /// then.
    pub async fn secret(&self, fresh: Option<&[u8]>) -> Result<Option<Vec<u8>>, StoreError> {
        let doing = "read the secret for links";
        if let Some(fresh) = fresh {
            sqlx::query("INSERT INTO secrets (name, value) VALUES ('links', $1) ON CONFLICT (name) DO NOTHING")
                .bind(hex(fresh))
                .execute(&self.pool)
                .await
                .map_err(failed(doing))?;
        }
        let row = sqlx::query("SELECT value FROM secrets WHERE name = 'links'").fetch_optional(&self.pool).await;
        let row = row.map_err(failed(doing))?;
        // Its digits are as secret as the bytes that they stand for.
        row.map(|row| Ok(row.try_get::<String, _>("value")?.into_bytes())).transpose().map_err(failed(doing))
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
    as_state: SubscriberState,
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
    .bind(as_state.name())
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

/// Makes these the editions that someone gets; none stands for all.
pub(super) async fn subscribe(
    transaction: &mut Transaction<'_, Any>,
    id: &str,
    editions: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM subscriptions WHERE subscriber_id = $1").bind(id).execute(&mut **transaction).await?;
    let all = [ALL_EDITIONS.to_owned()];
    for edition in if editions.is_empty() { &all } else { editions } {
        sqlx::query(
            "INSERT INTO subscriptions (subscriber_id, edition) VALUES ($1, $2)
             ON CONFLICT (subscriber_id, edition) DO NOTHING",
        )
        .bind(id)
        .bind(edition)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

pub(super) fn json(preferences: &Preferences) -> Result<String, sqlx::Error> {
    serde_json::to_string(preferences).map_err(|error| unreadable("preferences", error))
}

pub(super) fn address(row: &AnyRow) -> Result<Address, sqlx::Error> {
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
        reason: row.try_get("reason")?,
        preferences: preferences(row)?,
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
