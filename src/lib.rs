//! Daybrief turns news feeds into a daily e-mail digest of key developments, in which every figure is traced to the
//! sentence it came from. This page is the tour: read it first.
//!
//! # Two folders are the whole idea
//!
//! [`news`] is *what the news says*: pure functions from bytes, rules and a given time to values. It does no I/O, reads no
//! clock, and never fails on text. [`service`] is *what the program does*: it fetches, stores, sends and waits, and
//! decides nothing about news. Dependencies go one way: [`cli`] → [`service`] → [`news`]; [`config`] is the only reader
//! of files and environment that the program's behaviour depends on. Calls that would break this (clocks, environment)
//! are lints, in `.clippy.toml`, each with its one exception.
//!
//! # What flows
//!
//! | from | by | to |
//! | --- | --- | --- |
//! | a [source](config::Source) | [`service::fetch`] | a [document](service::fetch::Document): bytes and where they came from |
//! | a document | [`news::feed`], [`news::article`] | [articles](news::article::Article): normalised once; every span points into their text |
//! | an article | [`news::extract`] | [claims](news::extract::Claim): one thing one article says, with its evidence |
//! | claims | [`news::incident`], [`news::track`] | incidents and talks tracks: what claims are about the same |
//! | incidents, tracks, earlier digests | [`news::digest`] | a [digest](news::digest::Digest): ordered, compared, grounded |
//! | a digest | [`news::message`] | a message: HTML and text, byte for byte the same each time |
//! | a message | [`service::mail`] | an [outcome](news::delivery::Outcome), which moves the delivery's [state](news::delivery::State) |
//!
//! The spine that strings these together is [`service::pipeline`]: collect → compose → deliver. `run` calls it once,
//! [`service::worker`] whenever an edition is due. Beside the worker `serve` has pages ([`service::web`]) for subscribers, admins
//! and programs; what both share, above all which configuration is in force, is [`service::control`].
//!
//! # What must hold
//!
//! - *No figure without a live span.* Templates print [`Grounded`](news::grounding::Grounded) values only; one can only be made
//!   from a span that lies in its article ([`Notes::ground`](news::grounding::Notes::ground)), and before an edition is frozen
//!   every quote is compared with the stored article again.
//! - *One edition a slot, one message a subscriber.* A digest is frozen with its recipients in one transaction; a delivery
//!   is leased in a committed transaction before the network is touched; a message sent again has the same Message-ID and
//!   the same bytes.
//! - *Nothing lost.* An article belongs to the next edition until an edition that used it was accepted for delivery.
//! - *Limits on everything.* Each is a named constant, unit last.
//!
//! # One article's way
//!
//! `daybrief run` on a feed with one entry, "*A missile strike on Sumy injured 101 people including 23 children, the regional
//! administration said.*":
//!
//! 1. [`cli`] parses the arguments, [`config::Config::load`] the configuration (or reports every mistake in it at once).
//! 2. [`service::pipeline::collect`] asks [`service::gather`] for the source's articles. The fetcher refuses private addresses,
//!    counts decoded bytes and keeps each host's turns; [`news::feed::read`] finds the entry in whatever the bytes are;
//!    its page is fetched and [`news::article::read`] takes the main text from it. The article goes into the store.
//! 3. [`service::pipeline::compose`] reads the window's articles back. [`news::extract::extract`] cuts the text into sentences and
//!    tokens ([`news::text`]), finds the counts and the places ([`news::value`]), sees who was injured where and who says so
//!    ([`news::reading`], [`news::kinds`]): two claims, 101 people and, a part of them, 23 children, both with the
//!    sentence's span. [`news::incident::incidents`] puts them into the incident "strike, Sumy, that day", beside the 88 that
//!    another article gave the evening before.
//! 4. [`news::digest::compose`] lets the newest report head, finds 88 in the last digest and so prints
//!    "injured 101 (was 88, +13)" with note 1, the sentence. The digest is frozen with its recipients.
//! 5. [`service::pipeline::deliver`] leases the deliveries, [`news::letter`] makes each message, the mailer sends it, and the
//!    server's reply decides: accepted, deferred, rejected, or unknown.

pub mod cli;
pub mod config;
pub mod news;
pub mod service;
