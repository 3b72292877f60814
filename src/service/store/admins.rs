//! Who may come to the desk, and by what: accounts, sessions, links for one login, tokens for programs.
//!
//! What is drawn at random is kept as its hash only: who reads the database cannot come in with what it holds.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::error::failed;
use super::{Store, StoreError, micros, time, unreadable};

/// How somebody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassKind {
    /// A browser, after a login.
    Session,
    /// Good for one login.
    Link,
    /// A program.
    Token,
}

impl PassKind {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
            Self::Token => "token",
        }
    }
}

/// What lets somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// SHA-256 of what is shown, hexadecimal.
    pub hash: String,
    pub kind: PassKind,
    pub admin: String,
    /// What a person calls a token.
    pub label: String,
    /// What a token is good for.
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub until: Timestamp,
}

impl Store {
    /// Whether anybody has an account yet.
    pub async fn has_admins(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM admins LIMIT 1").fetch_optional(&self.pool).await;
        Ok(row.map_err(failed("look for admins"))?.is_some())
    }

    /// The hash of an admin's password, if there is such an admin and they have one.
    pub async fn admin_password(&self, name: &str) -> Result<Option<String>, StoreError> {
        let doing = "read an admin's account";
        let row = sqlx::query("SELECT password FROM admins WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        row.map_or(Ok(None), |row| row.try_get("password")).map_err(failed(doing))
    }

    /// Makes an account, or gives one another password (`None`: none), and ends every session and link of it.
    pub async fn reset_admin(&self, name: &str, password: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
        let doing = "reset an admin's account";
        let mut transaction = self.begin(doing).await?;
        sqlx::query(
            "INSERT INTO admins (name, password, changed_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET password = excluded.password, changed_at = excluded.changed_at",
        )
        .bind(name)
        .bind(password)
        .bind(micros(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        sqlx::query("DELETE FROM passes WHERE admin = $1 AND kind <> 'token'")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))
    }

    /// Keeps a pass, and forgets those that have run out.
    pub async fn keep_pass(&self, pass: &Pass) -> Result<(), StoreError> {
        let doing = "keep a pass";
        let mut transaction = self.begin(doing).await?;
        sqlx::query("DELETE FROM passes WHERE until_at <= $1")
            .bind(micros(pass.created_at))
            .execute(&mut *transaction)
            .await
            .map_err(failed(doing))?;
        sqlx::query(
            "INSERT INTO passes (hash, kind, admin, label, scopes, created_at, seen_at, until_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&pass.hash)
        .bind(pass.kind.name())
        .bind(&pass.admin)
        .bind(&pass.label)
        .bind(pass.scopes.join(" "))
        .bind(micros(pass.created_at))
        .bind(micros(pass.seen_at))
        .bind(micros(pass.until))
        .execute(&mut *transaction)
        .await
        .map_err(failed(doing))?;
        transaction.commit().await.map_err(failed(doing))
    }

    /// The pass of that hash and kind, if it holds at `now` and was used since `idle_since`; it counts as used now.
    pub async fn use_pass(
        &self,
        kind: PassKind,
        hash: &str,
        idle_since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Pass>, StoreError> {
        let doing = "read a pass";
        let row = sqlx::query(
            "UPDATE passes SET seen_at = $5 WHERE hash = $1 AND kind = $2 AND until_at > $3 AND seen_at >= $4
             RETURNING *",
        )
        .bind(hash)
        .bind(kind.name())
        .bind(micros(now))
        .bind(micros(idle_since))
        .bind(micros(now))
        .fetch_optional(&self.pool)
        .await
        .map_err(failed(doing))?;
        row.map(|row| read(&row)).transpose().map_err(failed(doing))
    }

    /// Uses a link up: whose it was, the first time and within its time.
    pub async fn take_link(&self, hash: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let doing = "use a login link";
        let row = sqlx::query("DELETE FROM passes WHERE hash = $1 AND kind = 'link' AND until_at > $2 RETURNING admin")
            .bind(hash)
            .bind(micros(now))
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(doing))?;
        row.map(|row| row.try_get("admin")).transpose().map_err(failed(doing))
    }

    /// Ends a pass. False if there was none.
    pub async fn drop_pass(&self, hash: &str) -> Result<bool, StoreError> {
        let dropped = sqlx::query("DELETE FROM passes WHERE hash = $1").bind(hash).execute(&self.pool).await;
        Ok(dropped.map_err(failed("end a pass"))?.rows_affected() == 1)
    }

    /// The tokens for programs, the newest first.
    pub async fn tokens(&self) -> Result<Vec<Pass>, StoreError> {
        let doing = "list the tokens";
        let rows = sqlx::query("SELECT * FROM passes WHERE kind = 'token' ORDER BY created_at DESC, hash")
            .fetch_all(&self.pool)
            .await
            .map_err(failed(doing))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(failed(doing))
    }
}

fn read(row: &AnyRow) -> Result<Pass, sqlx::Error> {
    let kind: String = row.try_get("kind")?;
    let scopes: String = row.try_get("scopes")?;
    let kinds = [PassKind::Session, PassKind::Link, PassKind::Token];
    let kind = kinds.into_iter().find(|known| known.name() == kind);
    Ok(Pass {
        hash: row.try_get("hash")?,
        kind: kind.ok_or_else(|| unreadable("kind", "no pass is of that kind"))?,
        admin: row.try_get("admin")?,
        label: row.try_get("label")?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: time(row, "created_at")?,
        seen_at: time(row, "seen_at")?,
        until: time(row, "until_at")?,
    })
}
