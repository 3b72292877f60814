//! How fast, and over how many connections, all processes together may send: to each domain and in all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

use super::error::failed;
use super::{Store, StoreError, micros, time};
use crate::news::delivery::{Caps, PACE_BURST_SECONDS, Pace};

/// When a delivery that found its domain's connections taken is looked at again.
const TAKEN_SECONDS: i64 = 1;

/// Stands for all domains among the paces.
const ALL_DOMAINS: &str = "*";

impl Store {
    /// Signs a worker on that wants so many connections: how many it may open, so that all workers together stay within
    /// `max`. Those that did not renew by `now` do not count.
    pub async fn sign_on(
        &self,
        worker: &str,
        wanted: u32,
        max: Option<u32>,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<u32, StoreError> {
        let doing = "share the connections";
        let mut transaction = self.begin(doing).await?;
        // Whoever holds this row counts alone.
        lock_pace(&mut transaction, ALL_DOMAINS).await.map_err(failed(doing))?;
        sqlx::query("DELETE FROM workers WHERE until_at <= $1")
            .bind(micros(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        let sql = "SELECT CAST(COALESCE(SUM(connections), 0) AS BIGINT) AS taken FROM workers";
        let row = sqlx::query(sql).fetch_one(&mut *transaction).await.map_err(failed(doing))?;
        let taken = row.try_get::<i64, _>("taken").map_err(failed(doing))?;
        let left = max.map_or(i64::MAX, |max| i64::from(max) - taken);
        let granted = u32::try_from(left.max(0)).unwrap_or(u32::MAX).min(wanted);
        sqlx::query("INSERT INTO workers (worker, connections, until_at) VALUES ($1, $2, $3)")
            .bind(worker)
            .bind(i64::from(granted))
            .bind(micros(until))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))?;
        Ok(granted)
    }

    /// Leaves a domain alone until a time, whatever its pace would allow.
    pub async fn slow_down(&self, domain: &str, until: Timestamp) -> Result<(), StoreError> {
        // A pace runs ahead by a burst; this one must not before its time.
        let burst = jiff::SignedDuration::from_secs(PACE_BURST_SECONDS);
        let free_at = until.saturating_add(burst).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "INSERT INTO paces (domain, free_at) VALUES ($1, $2) ON CONFLICT (domain) DO UPDATE SET free_at = $2",
        )
        .bind(domain)
        .bind(micros(free_at))
        .execute(&self.pool)
        .await
        .map_err(failed("slow down for a domain"))?;
        Ok(())
    }
}

/// Reads a domain's pace, and keeps it from others until the transaction ends.
async fn lock_pace(transaction: &mut Transaction<'_, Any>, domain: &str) -> Result<Pace, sqlx::Error> {
    let row = sqlx::query(
        "INSERT INTO paces (domain, free_at) VALUES ($1, 0)
         ON CONFLICT (domain) DO UPDATE SET free_at = paces.free_at RETURNING free_at",
    )
    .bind(domain)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(Pace(time(&row, "free_at")?))
}

/// What each domain may still take, while deliveries are leased.
pub(super) struct Shares<'a> {
    caps: &'a Caps,
    paces: BTreeMap<String, Pace>,
    /// Messages under way, by domain and in all.
    underway: BTreeMap<String, u32>,
}

impl<'a> Shares<'a> {
    pub async fn read(
        transaction: &mut Transaction<'_, Any>,
        caps: &'a Caps,
        rows: &[AnyRow],
    ) -> Result<Self, sqlx::Error> {
        let mut shares = Self { caps, paces: BTreeMap::new(), underway: BTreeMap::new() };
        let domains: BTreeSet<String> =
            rows.iter().map(|row| row.try_get("domain")).collect::<Result<_, sqlx::Error>>()?;
        if caps.limit_nothing() {
            // A server may have told us to slow down all the same.
            let slowed = sqlx::query("SELECT domain, free_at FROM paces").fetch_all(&mut **transaction).await?;
            for row in &slowed {
                shares.paces.insert(row.try_get("domain")?, Pace(time(row, "free_at")?));
            }
            return Ok(shares);
        }
        // In one order for all workers, so that two do not each wait for the other; "*" sorts first.
        for domain in domains.into_iter().chain([ALL_DOMAINS.to_owned()]).collect::<BTreeSet<_>>() {
            let pace = lock_pace(transaction, &domain).await?;
            shares.paces.insert(domain, pace);
        }
        let sql = "SELECT domain, COUNT(*) AS number FROM deliveries WHERE worker IS NOT NULL GROUP BY domain";
        for row in sqlx::query(sql).fetch_all(&mut **transaction).await? {
            let number = u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX);
            shares.underway.insert(row.try_get("domain")?, number);
        }
        Ok(shares)
    }

    /// Takes one message's share, or tells when to ask again.
    pub fn take(&mut self, domain: &str, now: Timestamp) -> Result<(), Timestamp> {
        let cap = self.caps.of(domain);
        let underway = self.underway.get(domain).copied().unwrap_or(0);
        if cap.underway.is_some_and(|max| underway >= max) {
            return Err(now.saturating_add(jiff::SignedDuration::from_secs(TAKEN_SECONDS)).unwrap_or(now));
        }
        // Without a rate a pace only holds when a server asked for it; the highest rate stands for none.
        let rates = [(ALL_DOMAINS, self.caps.all.per_minute), (domain, cap.per_minute)];
        let before = self.paces.clone();
        for (name, rate) in rates {
            let Some(pace) = self.paces.get_mut(name) else { continue };
            if let Err(until) = pace.admit(now, rate.unwrap_or(u32::MAX)) {
                self.paces = before;
                return Err(until);
            }
        }
        *self.underway.entry(domain.to_owned()).or_default() += 1;
        Ok(())
    }

    pub async fn write(self, transaction: &mut Transaction<'_, Any>) -> Result<(), sqlx::Error> {
        if self.caps.limit_nothing() {
            return Ok(());
        }
        for (domain, pace) in &self.paces {
            sqlx::query("UPDATE paces SET free_at = $1 WHERE domain = $2")
                .bind(micros(pace.0))
                .bind(domain)
                .execute(&mut **transaction)
                .await?;
        }
        Ok(())
    }
}
