//! The mailbox for bounces → suppressed subscribers: reads what came back, by IMAP or from wherever, and counts it.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::mail::client_tls;
use super::pipeline::Service;
use super::store::{Bounce, Counted};
use crate::config::Imap;
use crate::news::bounce::{self, Kind};

/// The longest that reading the mailbox may take.
const MAILBOX_SECONDS_MAX: u64 = 300;
/// For the connection, and for each command.
const COMMAND_SECONDS_MAX: u64 = 60;
/// Messages of one visit; the rest come with the next.
const MESSAGES_MAX: usize = 1_000;
/// A report holds at most one of our messages.
const MESSAGE_BYTES_MAX: u32 = 5_000_000;

/// What a message that came back was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Return {
    /// No report: a vacation notice, spam.
    Nothing,
    /// A report, but on no message of ours.
    NotOurs,
    Counted(Kind, Counted),
    /// Someone left, by mail; false if they had already.
    Unsubscribed(bool),
}

/// Takes in one message that came to the address for bounces.
pub async fn take(service: &Service, message: &[u8]) -> anyhow::Result<Return> {
    let Some(report) = bounce::read(message) else { return Ok(Return::Nothing) };
    let local = service.post.reach.bounces.as_ref().map_or("", |address| address.user());
    let key = &service.post.reach.key;
    let Some((subscriber_id, edition_mark)) =
        bounce::marks(message, local).iter().find_map(|mark| key.read_bounce(mark))
    else {
        return Ok(Return::NotOurs);
    };
    let now = service.clock.now();
    if report.kind == Kind::Unsubscribe {
        let names: Vec<String> = service.config.editions.iter().map(|edition| edition.name.clone()).collect();
        let edition = service.store.edition_of(&subscriber_id, &edition_mark).await?;
        let left = service.store.unsubscribe(&subscriber_id, edition.as_deref(), &names, now).await?;
        return Ok(Return::Unsubscribed(left));
    }
    let report_id: String = Sha256::digest(message).iter().map(|byte| format!("{byte:02x}")).collect();
    let counted = Bounce {
        report_id: &report_id,
        subscriber_id: &subscriber_id,
        edition_mark: Some(&edition_mark),
        report: &report,
    };
    Ok(Return::Counted(report.kind, service.store.count_bounce(counted, now).await?))
}

/// Reads what is new in the mailbox and marks it as seen; nothing is deleted. What each message was.
pub async fn fetch(service: &Service, mailbox: &Imap) -> anyhow::Result<Vec<Return>> {
    let reading = async {
        let address = (&*mailbox.host, mailbox.port);
        let socket = within(TcpStream::connect(address)).await?.context("connect to the mailbox")?;
        if !mailbox.tls {
            return read(service, mailbox, socket).await;
        }
        let (config, name) = client_tls(&mailbox.host, mailbox.ca.as_deref())?;
        let stream = within(TlsConnector::from(config).connect(name, socket)).await?.context("encrypt")?;
        read(service, mailbox, stream).await
    };
    timeout(Duration::from_secs(MAILBOX_SECONDS_MAX), reading).await.context("read the mailbox in time")?
}

async fn read<S: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug>(
    service: &Service,
    mailbox: &Imap,
    stream: S,
) -> anyhow::Result<Vec<Return>> {
    let mut client = async_imap::Client::new(stream);
    within(client.read_response()).await??.context("the mailbox's server says nothing")?;
    let login = within(client.login(&mailbox.login.user, mailbox.login.password.expose())).await?;
    let mut session = login.map_err(|(error, _)| error).context("log in to the mailbox; check user and password")?;
    within(session.select(&mailbox.folder)).await?.with_context(|| format!("open the folder {}", mailbox.folder))?;
    let mut unseen: Vec<u32> =
        within(session.uid_search("UNSEEN UNDELETED")).await?.context("search the mailbox")?.into_iter().collect();
    unseen.sort_unstable();
    unseen.truncate(MESSAGES_MAX);
    let mut returns = Vec::new();
    for uid in unseen {
        let sizes: Vec<_> = within(session.uid_fetch(uid.to_string(), "RFC822.SIZE")).await??.try_collect().await?;
        if sizes.iter().any(|fetched| fetched.size.is_none_or(|size| size <= MESSAGE_BYTES_MAX)) {
            let parts: Vec<_> = within(session.uid_fetch(uid.to_string(), "BODY.PEEK[]")).await??.try_collect().await?;
            for message in parts.iter().filter_map(|fetched| fetched.body()) {
                returns.push(take(service, message).await?);
            }
        }
        // Only now: what was not taken in is read again.
        let flagged = within(session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)")).await??;
        flagged.try_collect::<Vec<_>>().await?;
    }
    within(session.logout()).await.ok();
    Ok(returns)
}

async fn within<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    timeout(Duration::from_secs(COMMAND_SECONDS_MAX), work).await.context("the mailbox's server does not answer")
}

impl std::fmt::Display for Return {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("no report"),
            Self::NotOurs => f.write_str("a report on no message of ours"),
            Self::Counted(kind, Counted::Before) => write!(f, "{}: counted before", kind.name()),
            Self::Counted(kind, Counted::Nobody) => write!(f, "{}: the subscriber is gone", kind.name()),
            Self::Counted(kind, Counted::Kept { points }) => {
                write!(f, "{}: {points} of {} points", kind.name(), bounce::POINTS_MAX)
            }
            Self::Counted(kind, Counted::Suppressed) => {
                write!(f, "{}: the subscriber is not written to any more", kind.name())
            }
            Self::Unsubscribed(true) => f.write_str("unsubscribed"),
            Self::Unsubscribed(false) => f.write_str("had left before"),
        }
    }
}
