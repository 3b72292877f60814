//! What can go wrong with a database, and what to do about it.

use sqlx::error::DatabaseError;

/// Why the store did not do what was asked. Nothing of what was asked is then done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("open the store {store}: {problem}; {advice}")]
    Open { store: String, problem: String, advice: String },
    #[error("{doing}: the database may only be read; check who owns its file and folder, or whose login it is")]
    ReadOnly { doing: &'static str },
    #[error("{doing}: the database is in use by another program; try again when that has finished")]
    Busy { doing: &'static str },
    #[error("{doing}: the disk that holds the database is full; make room")]
    Full { doing: &'static str },
    #[error("{doing}: the database answered: {source}")]
    Database { doing: &'static str, source: sqlx::Error },
    /// What is asked for rests on something that is not there.
    #[error("{doing}: {problem}")]
    Invalid { doing: &'static str, problem: String },
}

/// What a database's own error code says, in both dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    ReadOnly,
    Busy,
    Full,
    CannotOpen,
    NotADatabase,
    Corrupt,
    NoSuchDatabase,
    Login,
    /// A table or column that the statement names is not there.
    NoSuchTable,
    Taken,
    Other,
}

/// PostgreSQL codes have five characters (SQLSTATE); SQLite numbers have fewer.
const POSTGRES_CODE_CHARS: usize = 5;

impl Cause {
    pub fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Database(error) => Self::of_code(error.as_ref()),
            _ => Self::Other,
        }
    }

    fn of_code(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        match &*code {
            "25006" | "42501" => return Self::ReadOnly,
            "40001" | "40P01" | "55P03" => return Self::Busy,
            "53100" => return Self::Full,
            "3D000" => return Self::NoSuchDatabase,
            "28P01" | "28000" => return Self::Login,
            "42P01" | "42703" => return Self::NoSuchTable,
            "23505" | "42P07" => return Self::Taken,
            _ => {}
        }
        // SQLite's extended codes carry the plain one in their lowest byte (sqlite.org/rescode.html).
        match code.parse::<u32>().map(|code| code & 0xff).ok().filter(|_| code.len() < POSTGRES_CODE_CHARS) {
            Some(1) if error.message().starts_with("no such") => Self::NoSuchTable,
            Some(1) if error.message().contains("already exists") => Self::Taken,
            Some(5 | 6) => Self::Busy,
            Some(8) => Self::ReadOnly,
            Some(11) => Self::Corrupt,
            Some(13) => Self::Full,
            Some(14) => Self::CannotOpen,
            Some(19) => Self::Taken,
            Some(26) => Self::NotADatabase,
            _ => Self::Other,
        }
    }
}

/// Names what was being done: a fragment that fits after "failed to".
pub(super) fn failed(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |source| match Cause::of(&source) {
        Cause::ReadOnly => StoreError::ReadOnly { doing },
        Cause::Busy => StoreError::Busy { doing },
        Cause::Full => StoreError::Full { doing },
        _ => StoreError::Database { doing, source },
    }
}
