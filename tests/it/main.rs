//! The one integration binary. What belongs where:

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

/// The next message is announced with the dot of this one.
mod ahead;
/// The desk's and the readers' pages in a real browser, where there is one.
mod browser;
/// What mail programs make of an edition: contrast, and what they support.
mod clients;
/// The configuration file as a person writes it.
mod config;
/// Our own labelled articles: sound, read no worse than before, and scored as the script scores.
mod corpus;
mod corpus_stream;
/// The real program, killed at the worst moments.
mod crash;
/// The admins' desk over real HTTP.
mod desk;
/// Given claims → what the digest and its message say. No I/O.
mod digest;
/// What an edition looks like, and what it withstands.
mod edition;
/// Text → claims: total, and true to its spans.
mod extraction;
/// Fetching over real HTTP, against a server that does wrong things on purpose.
mod fetch;
/// Bytes made to keep a reader busy. No I/O.
mod hostile;
/// The outbox in the store: leases, fences, paces. On SQLite and on PostgreSQL.
mod leases;
/// The toll ledger: what joins, what heads, what is held, what each reader is told.
mod ledger;
/// The ledger's scenario through the store and the mailer: restarts, replays, old windows run again.
mod ledger_store;
/// The mailer against a scripted mail server, and against the real one.
mod mail;
/// Mail servers that are slow, full, lying or worse.
mod nasty;
/// Delivery as a whole, with the database and the mail server failing.
mod outbox;
/// The subscribers' pages over HTTP, from signing up to being forgotten.
mod pages;
/// What a reader chose, as it shows in the message that is sent.
mod preferences;
/// `preview`: again on save, and in a browser.
mod preview;
/// The program from the outside: verbs, exit statuses, what arrives.
mod program;
/// Proof of life: a watcher elsewhere hears how editions fare.
mod proof_of_life;
/// The pages that everybody may read.
mod public;
/// What becomes of a source, visit by visit, with a scripted server and a clock of our own.
mod scenarios;
/// The article the project started from.
mod seed;
/// A mail server on loopback that misbehaves on request. No tests.
mod smtp_server;
/// `sources`: lists of feeds, what is switched on, health.
mod sources;
/// The store, on SQLite and on PostgreSQL.
mod store;
/// Other people's feeds, pages and lists in `../shared/suites`, read by the verbs and scored by their scripts.
mod suites;
/// Postfix and Dovecot on loopback, where they are installed. No tests.
mod testbed;
/// What independent programs make of our mail: signatures, reports, spam.
mod trust;
/// The verbs about readers and their mail: `subscribers`, `deliveries`, `resend`, `send-test`, `bounces`.
mod verbs;
/// A web server on loopback that does what it is told. No tests.
mod web;
/// A folder with a configuration, a web server on loopback, and the real program run in it. No tests.
mod world;
