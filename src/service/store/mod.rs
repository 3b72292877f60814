//! All that is kept between runs, in SQLite or PostgreSQL: every statement stands once, for both.
//!
//! The rules that make one text do: `$1` placeholders, TEXT and BIGINT only (times as microseconds, UTC), ids made by us,
//! no date functions, no JSON operators. What differs is here: how a database is opened, and the two forms of taking
//! rows for oneself, `locking!`.
//!
//! `now` is always an argument. Who gets what, and what a delivery's next state is, is decided in [`crate::news`].

mod admins;
mod articles;
mod audit;
mod bounces;
mod deliveries;
mod delivery_records;
mod editions;
mod error;
mod farewell;
mod ledger;
mod open;
mod paces;
mod pages;
mod public;
mod queue;
mod recipients;
mod reports;
mod runs;
mod sign_up;
mod sources;
mod subscribers;
mod values;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyPool, Row, Transaction};

pub use admins::{Pass, PassKind};
pub use articles::{Inserted, Known, StoredArticle, text_hash};
pub use audit::{Change as AuditChange, Entry as AuditEntry};
pub use bounces::{Bounce, BounceRecord, Counted};
pub use deliveries::{Change, Lease, Taking};
pub use delivery_records::DeliveryRecord;
pub use editions::{Audience, Freeze, Frozen, StoredEdition};
pub use error::StoreError;
pub use ledger::{CHAIN_EDITIONS_MAX, Chain, Decision, HeldFigure};
pub use public::{Listing, Shown};
pub use reports::{NewReport, Report, ReportState};
pub use runs::{Run, Step};
pub use sign_up::{CONFIRM_WITHIN, Confirmation};
pub use sources::SourceState;
pub use subscribers::{Added, Subscriber, SubscriberState};

use error::failed;

/// The store. Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    /// For what writes much. Of an SQLite file it is one connection: only one can write at a time anyway, and the pages
    /// that a connection keeps at hand are good until another one writes. Otherwise it is the pool.
    writer: AnyPool,
    dialect: Dialect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement that takes rows for the transaction it runs in, in both forms: PostgreSQL passes over rows that another
/// transaction has taken, SQLite lets one writing transaction run at a time.
macro_rules! locking {
    ($dialect:expr, $sql:literal) => {
        $crate::service::store::locking!($dialect, $sql, "")
    };
    // Only the rows of one table: "OF d".
    ($dialect:expr, $sql:literal, $of:literal) => {
        match $dialect {
            $crate::service::store::Dialect::Sqlite => $sql,
            $crate::service::store::Dialect::Postgres => concat!($sql, " FOR UPDATE ", $of, " SKIP LOCKED"),
        }
    };
}
use locking;

impl Store {
    /// A transaction that writes. On SQLite it takes the write lock at once: one that began by reading could not.
    async fn begin(&self, doing: &'static str) -> Result<Transaction<'static, Any>, StoreError> {
        match self.dialect {
            Dialect::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await,
            Dialect::Postgres => self.writer.begin().await,
        }
        .map_err(failed(doing))
    }

    /// Waits for open work and closes all connections. A store that is dropped instead closes them in its own time.
    pub async fn close(self) {
        self.writer.close().await;
        self.pool.close().await;
    }
}

/// As a stored number: microseconds since 1970.
fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A column that holds a time.
fn time(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    instant(column, row.try_get(column)?)
}

fn optional_time(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    row.try_get::<Option<i64>, _>(column)?.map(|micros| instant(column, micros)).transpose()
}

fn instant(column: &str, micros: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(micros).map_err(|error| unreadable(column, error))
}

/// A value that this version cannot read back.
fn unreadable(column: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() }
}
