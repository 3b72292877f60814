//! The one integration binary. What belongs where:

#![expect(clippy::unwrap_used, reason = "a panic in a helper is a failed test")]

/// Given claims → what the digest and its message say. No I/O.
mod digest;
/// The mailer against a scripted mail server, and against the real one.
mod mail;
/// A mail server on loopback that misbehaves on request. No tests.
mod smtp_server;
/// Postfix and Dovecot on loopback, where they are installed. No tests.
mod testbed;
