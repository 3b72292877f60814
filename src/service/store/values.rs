//! Lists of values in one statement, for both databases.

use sqlx::AnyConnection;

// How a bound value is to be taken, as PostgreSQL does not see what a list of values is compared with.
pub(super) const T: &str = "TEXT";
pub(super) const N: &str = "BIGINT";

/// `($1, $2), ($3, $4)`: places for so many rows of columns of these types, and for nothing else in the statement.
///
/// To SQLite `$1` is a name, and sqlx asks for the name of each place, for which SQLite looks through all of them: 18 % of
/// the samples of `tests/bench/delivery.rs` were there (perf). `?` has no name, and a value the type that it is bound with.
pub(super) fn values(connection: &AnyConnection, sql: &mut String, rows: usize, columns: &[&str]) {
    let places: Vec<String> = if connection.backend_name() == "SQLite" {
        vec![format!("({})", vec!["?"; columns.len()].join(", ")); rows]
    } else {
        let place = |(nth, kind)| format!("CAST(${} AS {kind})", nth + 1);
        let all: Vec<String> = columns.iter().cycle().take(rows * columns.len()).enumerate().map(place).collect();
        all.chunks(columns.len()).map(|row| format!("({})", row.join(", "))).collect()
    };
    sql.push_str(&places.join(", "));
}
