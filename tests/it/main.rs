//! The one integration binary.

/// Fetching over real HTTP on loopback, against a server that does wrong things on purpose.
mod fetch;
/// The server it runs against.
mod web;
