//! The one integration binary. What belongs where:

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

/// The configuration file as a person writes it.
mod config;
/// The store, on SQLite and on PostgreSQL.
mod store;
/// Given claims → what the digest and its message say. No I/O.
mod digest;
