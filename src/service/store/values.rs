//! Lists of values in one statement, for both databases.

use std::fmt::Write as _;

// How a bound value is to be taken, as PostgreSQL does not see what a list of values is compared with.
pub(super) const T: &str = "TEXT";
pub(super) const N: &str = "BIGINT";

/// `($1, $2), ($3, $4)`: places for so many rows of columns of these types.
pub(super) fn values(sql: &mut String, rows: usize, columns: &[&str]) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (column, kind) in columns.iter().enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(sql, "{comma}CAST(${} AS {kind})", row * columns.len() + column + 1);
        }
        sql.push(')');
    }
}
