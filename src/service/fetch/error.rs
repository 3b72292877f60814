//! Why a fetch failed, in words for a person and in a class for the store.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use super::address::NotPublic;
use super::freshness::RetryAfter;

/// Why a document could not be had. The text fits after "failed to …"; no variant carries more of an address than its
/// host, since the path and query of a private feed are a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("fetch from {host}: the address is not http or https")]
    Scheme { host: String },
    #[error(transparent)]
    NotPublic(#[from] NotPublic),
    #[error("find {host}: {detail}; check the spelling of the address")]
    Dns { host: String, detail: String },
    #[error("connect to {host}: {detail}")]
    Connect { host: String, detail: String },
    #[error("agree on TLS with {host}: {detail}; are the CA certificates of this system up to date?")]
    Tls { host: String, detail: String },
    #[error("hear from {host} within {}", seconds(*after))]
    Timeout { host: String, after: Duration },
    #[error("read from {host}: it sends fewer than {bytes_per_second} bytes a second")]
    Slow { host: String, bytes_per_second: u64 },
    #[error("read the answer of {host}: {detail}")]
    Protocol { host: String, detail: String },
    #[error("fetch from {host}: it answered {status}{}", advice(*status))]
    Status { host: String, status: u16, retry_after: Option<RetryAfter> },
    #[error("fetch from {host}: it asked to be left alone for another {}", seconds(*left))]
    Resting { host: String, left: Duration },
    #[error(
        "read from {host}: it answered with a challenge for browsers instead of the document; ask its publisher for a feed"
    )]
    Challenge { host: String, retry_after: Option<RetryAfter> },
    #[error("read from {host}: the body is empty")]
    Empty { host: String },
    #[error("read from {host}: the body is larger than {limit} bytes; raise `body_bytes_max` if it is meant")]
    TooLarge { host: String, limit: usize },
    #[error("follow {host}: more than {limit} redirects")]
    TooManyRedirects { host: String, limit: usize },
    #[error("follow {host}: its redirects run in a circle")]
    RedirectLoop { host: String },
    #[error("follow {host}: its redirect names no usable address")]
    BadRedirect { host: String },
    #[error("fetch from {host}: its robots.txt disallows it")]
    Robots { host: String },
    #[error("fetch from {host}: its robots.txt cannot be had (it answered {status}), so nothing is read until it can")]
    RobotsUnavailable { host: String, status: u16 },
    #[error("decode what {host} sent: {detail}")]
    Encoding { host: String, detail: String },
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 407 => " (it wants a login: set one for this source)",
        403 => " (it refuses this program: ask its publisher, or set headers for this source)",
        404 => " (nothing is there: check the address)",
        410 => " (it is gone for good: remove or replace the source)",
        429 => " (too many requests: it will be tried later)",
        451 => " (withheld for legal reasons)",
        500.. => " (its server is in trouble: it will be tried later)",
        _ => "",
    }
}

impl FetchError {
    /// A stable word for the store, logs and JSON.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Scheme { .. } => "scheme",
            Self::NotPublic(_) => "private-address",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Slow { .. } => "slow",
            Self::Protocol { .. } => "protocol",
            Self::Status { status: 410, .. } => "gone",
            Self::Status { status: 429, .. } | Self::Resting { .. } => "rate-limited",
            Self::Status { status: 400..=499, .. } => "client-error",
            Self::Status { .. } => "server-error",
            Self::Challenge { .. } => "challenge",
            Self::Empty { .. } => "empty",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyRedirects { .. } | Self::RedirectLoop { .. } | Self::BadRedirect { .. } => "redirect",
            Self::Robots { .. } => "robots",
            Self::RobotsUnavailable { .. } => "robots-unavailable",
            Self::Encoding { .. } => "encoding",
        }
    }

    /// When the server asked to be tried again, if it did.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Status { retry_after, .. } | Self::Challenge { retry_after, .. } => *retry_after,
            Self::Resting { left, .. } => Some(RetryAfter::For(*left)),
            _ => None,
        }
    }

    /// What reqwest reports, sorted by the innermost cause that tells something.
    pub(super) fn from_reqwest(error: reqwest::Error, host: &str, waited: Duration) -> Self {
        let host = host.to_owned();
        let error = error.without_url();
        if let Some(refused) = cause::<NotPublic>(&error) {
            return Self::NotPublic(refused.clone());
        }
        let detail = innermost(&error);
        if error.is_timeout() {
            Self::Timeout { host, after: waited }
        } else if error.is_dns() {
            Self::Dns { host, detail }
        } else if cause::<rustls::Error>(&error).is_some() {
            Self::Tls { host, detail }
        } else if error.is_connect() {
            match cause::<std::io::Error>(&error).map(std::io::Error::kind) {
                Some(ErrorKind::ConnectionRefused) => {
                    Self::Connect { host, detail: "nobody listens there (connection refused)".into() }
                }
                _ => Self::Connect { host, detail },
            }
        } else if error.is_decode() && !cause::<std::io::Error>(&error).is_some_and(is_broken_off) {
            Self::Encoding { host, detail }
        } else {
            Self::Protocol { host, detail }
        }
    }
}

/// The client calls whatever goes wrong in a body a decoding error.
fn is_broken_off(error: &std::io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)
}

/// The first cause of type `T`, looking inside I/O errors too: rustls hides its errors there.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The text of the last cause: the outer ones only say "error sending request".
fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
