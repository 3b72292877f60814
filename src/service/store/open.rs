//! Opening a database: connecting, checking that it is ours, bringing its schema up to date.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _, Connection as _, Executor as _, Row as _, SqlSafeStr as _};

use super::error::Cause;
use super::{Dialect, Store, StoreError};
use crate::config::StoreUrl;

/// Enough for the worker's tasks and the pages; more would only wait for one another.
const CONNECTIONS_MAX: u32 = 8;
/// How long a connection is waited for, and how long SQLite waits for another program's write to end.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// For each connection to SQLite. With a write-ahead log NORMAL loses nothing to a crash of the program, and at most
/// the last transactions, never the file, to a power cut (sqlite.org/pragma.html#pragma_synchronous). What is deleted is
/// overwritten: an address that was erased must not be left in a free part of the file.
///
/// An edition's deliveries are written all over their table: 8 MB of pages are kept at hand and the log is written back
/// every 16 MB (defaults: 2 and 4), without which `tests/bench/delivery.rs` reads and syncs instead of sending.
const SQLITE_CONNECTION: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; \
                                 PRAGMA secure_delete = ON; PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 4000";
/// Changes nothing, and is refused all the same where nothing may be changed.
const WRITE_PROBE: &str = "DELETE FROM subscriptions WHERE 1 = 0";
/// Kept in the file: readers do not wait for a writer.
const SQLITE_FILE: &str = "PRAGMA journal_mode = WAL";
/// From here on the connection refuses to write.
const SQLITE_READ_ONLY: &str = "PRAGMA query_only = ON";
const POSTGRES_READ_ONLY: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

/// The schema, step by step. A step that was released is never edited: the next one changes it.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let steps = [
        (1, "schema", include_str!("migrations/0001_schema.sql")),
        (4, "ledger", include_str!("migrations/0004_ledger.sql")),
        (5, "delivery", include_str!("migrations/0005_delivery.sql")),
        (6, "admin", include_str!("migrations/0006_admin.sql")),
        (7, "readers", include_str!("migrations/0007_readers.sql")),
        (8, "public", include_str!("migrations/0008_public.sql")),
        (9, "outbox", include_str!("migrations/0009_outbox.sql")),
    ];
    let migrations = steps.into_iter().map(|(version, name, sql)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
});

impl Store {
    /// Opens the database, makes it if it is an SQLite file that does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// It cannot be reached, may only be read, or is not ours.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        let (options, dialect, setup) = match url {
            StoreUrl::Memory => return Self::in_memory().await,
            StoreUrl::Sqlite(path) => {
                check_path(url, path)?;
                (sqlite_options(url, path, "rwc")?, Dialect::Sqlite, SQLITE_CONNECTION)
            }
            StoreUrl::Postgres(address) => (postgres_options(url, address)?, Dialect::Postgres, ""),
        };
        let mut connection = first_connection(url, &options, setup).await?;
        if dialect == Dialect::Sqlite {
            // In this order: a file that is not ours must not be changed.
            check_owner(url, &mut connection).await?;
            connection.execute(SQLITE_FILE).await.map_err(|error| refusal(url, &error))?;
        }
        migrate(url, dialect, &mut connection).await?;
        connection.execute(WRITE_PROBE).await.map_err(|error| refusal(url, &error))?;
        finish(url, connection).await?;
        let writer = (dialect == Dialect::Sqlite).then(|| pool(options.clone(), 1, setup));
        let pool = pool(options, CONNECTIONS_MAX, setup);
        Ok(Self { writer: writer.unwrap_or_else(|| pool.clone()), pool, dialect })
    }

    /// Opens the database for reading: nothing is changed or made, and every method that writes is refused by the
    /// database itself. Where there is none yet, an empty one in memory stands in for it.
    ///
    /// # Errors
    /// It cannot be reached, is not ours, or its schema is of another version.
    pub async fn open_read_only(url: &StoreUrl) -> Result<Self, StoreError> {
        let (options, dialect, setup) = match url {
            StoreUrl::Memory => return Self::empty_read_only().await,
            StoreUrl::Sqlite(path) if !path.exists() => return Self::empty_read_only().await,
            StoreUrl::Sqlite(path) => {
                check_path_is_file(url, path)?;
                // Reading through a write-ahead log needs the files beside it; where they are not, no one is writing,
                // and telling SQLite so keeps it from making them.
                let mode = if beside(path, "-wal").exists() { "ro" } else { "ro&immutable=true" };
                (sqlite_options(url, path, mode)?, Dialect::Sqlite, SQLITE_CONNECTION)
            }
            StoreUrl::Postgres(address) => (postgres_options(url, address)?, Dialect::Postgres, POSTGRES_READ_ONLY),
        };
        let mut connection = first_connection(url, &options, setup).await?;
        if dialect == Dialect::Sqlite {
            check_owner(url, &mut connection).await?;
        }
        let version = schema_version(&mut connection).await.map_err(|error| refusal(url, &error))?;
        finish(url, connection).await?;
        let current = MIGRATIONS.iter().map(|step| step.version).max();
        match version {
            None => Self::empty_read_only().await,
            version if version == current => {
                let pool = pool(options, CONNECTIONS_MAX, setup);
                Ok(Self { writer: pool.clone(), pool, dialect })
            }
            version if version > current => Err(opening(url, NEWER, UPDATE)),
            _ => {
                let advice = "run `daybrief run` once, which brings it up to date";
                Err(opening(url, "its schema is that of an older daybrief, and it may only be read now", advice))
            }
        }
    }

    /// An empty store that is gone with the program.
    ///
    /// # Errors
    /// SQLite cannot make one.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let url = StoreUrl::Memory;
        sqlx::any::install_default_drivers();
        let options = "sqlite::memory:".parse().map_err(|error| refusal(&url, &error))?;
        // Each connection would have a database of its own, so there is one, and it is never closed for idleness.
        let pool = pool(options, 1, SQLITE_CONNECTION);
        let store = Self { writer: pool.clone(), pool, dialect: Dialect::Sqlite };
        let mut connection = store.pool.acquire().await.map_err(|error| refusal(&url, &error))?;
        migrate(&url, Dialect::Sqlite, &mut connection).await?;
        drop(connection);
        Ok(store)
    }

    async fn empty_read_only() -> Result<Self, StoreError> {
        let store = Self::in_memory().await?;
        let set = sqlx::query(SQLITE_READ_ONLY).execute(&store.pool).await;
        set.map_err(|error| refusal(&StoreUrl::Memory, &error))?;
        Ok(store)
    }
}

const NEWER: &str = "its schema is that of a newer daybrief";
const UPDATE: &str = "update this program, or name another database";
const NOT_OURS: &str = "it holds something else than a daybrief database";
const SERVER: &str = "check host and port under [store], and that PostgreSQL runs";
const NAME_ANOTHER: &str = "name another one as `url` under [store]";

fn pool(options: AnyConnectOptions, connections_max: u32, setup: &'static str) -> AnyPool {
    let is_file = setup == SQLITE_CONNECTION;
    AnyPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(WAIT_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up, and asking costs as much as a statement.
        .test_before_acquire(!is_file)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if !setup.is_empty() {
                    connection.execute(setup).await?;
                }
                Ok(())
            })
        })
        .connect_lazy_with(quiet(options))
}

/// Statements are not logged: their values are addresses and texts. Slow ones show as slow spans elsewhere.
fn quiet(options: AnyConnectOptions) -> AnyConnectOptions {
    options.disable_statement_logging()
}

/// A connection outside the pool: the pool goes on trying until its time is up, and then has lost the reason.
async fn first_connection(
    url: &StoreUrl,
    options: &AnyConnectOptions,
    setup: &'static str,
) -> Result<AnyConnection, StoreError> {
    let options = quiet(options.clone());
    let connecting = async {
        let mut connection = AnyConnection::connect_with(&options).await?;
        if !setup.is_empty() {
            connection.execute(setup).await?;
        }
        Ok(connection)
    };
    match tokio::time::timeout(WAIT_MAX, connecting).await {
        Ok(connected) => connected.map_err(|error| refusal(url, &error)),
        Err(_) => Err(refusal(url, &sqlx::Error::PoolTimedOut)),
    }
}

async fn finish(url: &StoreUrl, connection: AnyConnection) -> Result<(), StoreError> {
    connection.close().await.map_err(|error| refusal(url, &error))
}

fn postgres_options(url: &StoreUrl, address: &url::Url) -> Result<AnyConnectOptions, StoreError> {
    sqlx::any::install_default_drivers();
    address.as_str().parse().map_err(|error| refusal(url, &error))
}

fn sqlite_options(url: &StoreUrl, path: &Path, mode: &str) -> Result<AnyConnectOptions, StoreError> {
    sqlx::any::install_default_drivers();
    let Some(path) = path.to_str() else {
        return Err(opening(url, "its path is not UTF-8", "rename the folder or the file"));
    };
    let mut address = "sqlite:".to_owned();
    for byte in path.bytes() {
        // Everything that means something in a URL is escaped; SQLite's driver takes the path as it is after that.
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    let _ = write!(address, "?mode={mode}");
    address.parse().map_err(|error| refusal(url, &error))
}

fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn check_path(url: &StoreUrl, path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let problem = format!("there is no folder {}", folder.display());
        return Err(opening(url, &problem, "make it, or name another file as `url` under [store]"));
    }
    if !path.exists() {
        return Ok(());
    }
    check_path_is_file(url, path)?;
    // SQLite would open such a file for reading only, and say so at the first write.
    if std::fs::metadata(path).is_ok_and(|file| file.permissions().readonly()) {
        return Err(opening(url, "the file may only be read", "make it writable (chmod u+w), or name another"));
    }
    Ok(())
}

fn check_path_is_file(url: &StoreUrl, path: &Path) -> Result<(), StoreError> {
    if path.is_file() { Ok(()) } else { Err(opening(url, "it is not a file", NAME_ANOTHER)) }
}

/// An SQLite file with tables but without our record of migrations belongs to another program.
async fn check_owner(url: &StoreUrl, connection: &mut AnyConnection) -> Result<(), StoreError> {
    // In this order: a program that is making the tables just now makes the record with them.
    let sql = "SELECT COUNT(*) FROM sqlite_master WHERE name <> '_sqlx_migrations'";
    let count = sqlx::query(sql).fetch_one(&mut *connection).await.and_then(|row| row.try_get::<i64, _>(0));
    let tables = count.map_err(|error| refusal(url, &error))?;
    let version = schema_version(connection).await.map_err(|error| refusal(url, &error))?;
    if tables == 0 || version.is_some() { Ok(()) } else { Err(opening(url, NOT_OURS, NAME_ANOTHER)) }
}

/// The last step that was made, `None` when there was none.
async fn schema_version(connection: &mut AnyConnection) -> Result<Option<i64>, sqlx::Error> {
    let row = sqlx::query("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(connection).await;
    match row {
        Ok(row) => row.try_get(0),
        Err(error) if Cause::of(&error) == Cause::NoSuchTable => Ok(None),
        Err(error) => Err(error),
    }
}

async fn migrate(url: &StoreUrl, dialect: Dialect, connection: &mut AnyConnection) -> Result<(), StoreError> {
    let refused = |error: sqlx::Error| refusal(url, &error);
    let result = match dialect {
        // The migrator holds an advisory lock.
        Dialect::Postgres => MIGRATIONS.run_direct(None, connection, false).await,
        // Here it has none: two programs that start together would both make the tables.
        Dialect::Sqlite => {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(refused)?;
            let result = MIGRATIONS.run_direct(None, &mut *transaction, false).await;
            if result.is_ok() {
                transaction.commit().await.map_err(refused)?;
            }
            result
        }
    };
    result.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match Cause::of(&error) {
            Cause::Taken => opening(url, NOT_OURS, NAME_ANOTHER),
            _ => refusal(url, &error),
        },
        MigrateError::VersionMissing(version) if MIGRATIONS.iter().all(|step| step.version < version) => {
            opening(url, NEWER, UPDATE)
        }
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => opening(url, NOT_OURS, NAME_ANOTHER),
        error => opening(url, &error.to_string(), "restore it from a backup, or name another database"),
    })
}

fn opening(url: &StoreUrl, problem: &str, advice: &str) -> StoreError {
    StoreError::Open { store: url.to_string(), problem: problem.to_owned(), advice: advice.to_owned() }
}

/// What the database's first answers mean.
fn refusal(url: &StoreUrl, error: &sqlx::Error) -> StoreError {
    let is_file = matches!(url, StoreUrl::Sqlite(_));
    let (problem, advice) = match Cause::of(error) {
        Cause::ReadOnly if is_file => ("it may only be read", "make the file and its folder writable for this user"),
        Cause::ReadOnly => ("this login may not write to it", "grant it CREATE on the schema, or use another login"),
        Cause::Busy if is_file => ("another program holds it", "end that program, or try again when it has finished"),
        Cause::Busy => ("the server does not answer", SERVER),
        Cause::Full => ("the disk is full", "make room"),
        Cause::CannotOpen => ("it cannot be opened", "check that the file and its folder are yours to read and write"),
        Cause::NotADatabase => ("it is not an SQLite database", NAME_ANOTHER),
        Cause::Corrupt => ("the file is damaged", "restore it from a backup"),
        Cause::NoSuchDatabase => ("the server has no database of that name", "make it with `createdb`"),
        Cause::Login => ("the server refuses the login", "check user and password under [store]"),
        _ => match error {
            sqlx::Error::Io(error) => {
                return opening(
                    url,
                    &format!("no server answers: {error}"),
                    "check host and port, and that PostgreSQL runs",
                );
            }
            error => return opening(url, &error.to_string(), "check `url` under [store]"),
        },
    };
    opening(url, problem, advice)
}
