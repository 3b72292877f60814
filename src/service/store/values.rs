//! Lists of values in one statement, for both databases.

use std::fmt::Write as _;

use sqlx::AnyConnection;

// How a bound value is to be taken, as PostgreSQL does not see what a list of values is compared with.
pub(super) const T: &str = "TEXT";
pub(super) const N: &str = "BIGINT";

/// `($1, $2), ($3, $4)`: places for so many rows of columns of these types, and for nothing else in the statement.
///
/// To SQLite `$1` is a name, and sqlx asks for the name of each place, for which SQLite looks through all of them: 18 % of
/// the samples of `tests/bench/delivery.rs` were there (perf). `?` has no name.
pub(super) fn values(connection: &AnyConnection, sql: &mut String, rows: usize, columns: &[&str]) {
    let is_named = connection.backend_name() != "SQLite";
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (column, kind) in columns.iter().enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            let place = if is_named { format!("${}", row * columns.len() + column + 1) } else { "?".to_owned() };
            let _ = write!(sql, "{comma}CAST({place} AS {kind})");
        }
        sql.push(')');
    }
}
