//! The mail server as it is configured: where it is, how the way there is protected, and how long it may take.

use std::{
    fmt, io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use lettre::transport::smtp::{
    client::{AsyncTokioStream, Certificate, TlsParameters},
    extension::ClientId,
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::client::TlsStream;

use crate::config::{self, Security};
use crate::news::delivery::Outcome;

/// The least time for taking in a message, and for the answer to its final dot, whatever is configured: RFC 5321,
/// section 4.5.3.2. Giving up earlier leaves messages whose fate is unknown.
const CONTENT_TIMEOUT_MIN: Duration = Duration::from_mins(3);
const CONFIRMATION_TIMEOUT_MIN: Duration = Duration::from_mins(10);

/// How long a lane waits with the next connection after one could not be opened. Messages are not sent in the meantime
/// and say why; else every one of a thousand would wait for a dead server on its own.
const PAUSE: Duration = Duration::from_secs(30);

/// How long the server may take for each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// For the connection, for each command and its reply.
    pub command: Duration,
    /// For taking in a message.
    pub content: Duration,
    /// For the answer to the final dot.
    pub confirmation: Duration,
    /// After a connection could not be opened, before another is tried.
    pub pause: Duration,
}

impl TimeLimits {
    fn of(timeout: Duration) -> Self {
        Self {
            command: timeout,
            content: timeout.max(CONTENT_TIMEOUT_MIN),
            confirmation: timeout.max(CONFIRMATION_TIMEOUT_MIN),
            pause: PAUSE,
        }
    }
}

/// The server that takes our mail, and how to talk to it.
pub struct Relay {
    pub(super) settings: config::Smtp,
    /// What we call ourselves.
    pub(super) hello: ClientId,
    pub limits: TimeLimits,
    pub(super) tls: Option<Tls>,
    /// When and how the last connection could not be opened.
    closed: Mutex<Option<(Instant, Outcome)>>,
    /// It offered to take several commands at once, and did not answer them.
    pub(super) loses_commands: AtomicBool,
    /// It did not answer what it was told of the next message with the final dot of one, or left after that.
    pub(super) loses_next: AtomicBool,
}

/// Made once, as reading the system's certificates takes a while.
pub(super) enum Tls {
    Start(TlsParameters),
    Direct(Arc<rustls::ClientConfig>, ServerName<'static>),
}

/// Why a relay cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("use {0:?} as the mail server's name: write a host name or an IP address")]
    Name(String),
    #[error("read the additional certificates for the mail server: {0}; give one or more certificates in PEM form")]
    Certificates(String),
    #[error("prepare TLS for the mail server: {0}")]
    Tls(String),
}

impl Relay {
    /// `hello` is the name by which the server may know us.
    pub fn new(settings: &config::Smtp, hello: &str) -> Result<Self, RelayError> {
        let host = &settings.host;
        let name = ServerName::try_from(host.clone()).map_err(|_| RelayError::Name(host.clone()))?;
        let certificates =
            settings.ca.as_ref().map(|pem| read_certificates(pem.as_bytes())).transpose()?.unwrap_or_default();
        let tls = match settings.security {
            Security::None => None,
            Security::StartTls => Some(Tls::Start(start_tls(host, certificates)?)),
            Security::Tls => Some(Tls::Direct(direct_tls(certificates)?, name)),
        };
        let hello = ClientId::Domain(hello.to_owned());
        Ok(Self {
            settings: settings.clone(),
            hello,
            limits: TimeLimits::of(settings.timeout),
            tls,
            closed: Mutex::default(),
            loses_commands: AtomicBool::new(false),
            loses_next: AtomicBool::new(false),
        })
    }

    /// What became of the last try to connect, if it failed a short while ago: there is no use in another one yet.
    pub(super) fn closed(&self) -> Option<Outcome> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.as_ref().filter(|(at, _)| at.elapsed() < self.limits.pause).map(|(_, outcome)| outcome.clone())
    }

    pub(super) fn close(&self, outcome: Outcome) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), outcome));
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("settings", &self.settings).field("limits", &self.limits).finish_non_exhaustive()
    }
}

fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, RelayError> {
    let unusable = |problem: String| RelayError::Certificates(problem);
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable("there is none".to_owned()));
    }
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| unusable(error.to_string()))?;
    }
    Ok(certificates)
}

/// TLS to a server that is no relay, with the certificates in `ca` trusted besides the system's.
pub fn client_tls(
    host: &str,
    ca: Option<&str>,
) -> Result<(Arc<rustls::ClientConfig>, ServerName<'static>), RelayError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| RelayError::Name(host.to_owned()))?;
    let certificates = ca.map(|pem| read_certificates(pem.as_bytes())).transpose()?.unwrap_or_default();
    Ok((direct_tls(certificates)?, name))
}

fn start_tls(host: &str, certificates: Vec<CertificateDer<'static>>) -> Result<TlsParameters, RelayError> {
    let unusable = |error: lettre::transport::smtp::Error| RelayError::Tls(error.to_string());
    let mut parameters = TlsParameters::builder(host.to_owned());
    for certificate in certificates {
        parameters = parameters.add_root_certificate(Certificate::from_der(certificate.to_vec()).map_err(unusable)?);
    }
    parameters.build_rustls().map_err(unusable)
}

fn direct_tls(certificates: Vec<CertificateDer<'static>>) -> Result<Arc<rustls::ClientConfig>, RelayError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots.add_parsable_certificates(certificates);
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| RelayError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// How much a server may say at a time. RFC 5321 allows a line 512 bytes, and none has more than some dozen lines to say;
/// lettre keeps all of it and reads it anew with each line.
const SAID_BYTES_MAX: usize = 64 * 1024;

/// Our own socket: it ends when the server goes on and on without being asked, and tells whether all that it was given is
/// on its way.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    said: usize,
    all_sent: Arc<AtomicBool>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, said: 0, all_sent: Arc::default() }
    }

    /// False from the first byte of what is sent until the last one is on its way, encrypted or not.
    pub(super) fn all_sent(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.all_sent)
    }
}

impl AsyncTokioStream for Socket {
    fn peer_addr(&self) -> io::Result<std::net::SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.said += buffer.filled().len() - before;
        if self.said > SAID_BYTES_MAX {
            let reason = format!("the server said more than {SAID_BYTES_MAX} bytes at a time");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason)));
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.said = 0;
        self.all_sent.store(false, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            // lettre flushes when all is written, TLS when all is encrypted and that is written.
            self.all_sent.store(true, Ordering::Relaxed);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// TLS from the first byte, over it.
#[derive(Debug)]
pub(super) struct TlsSocket(pub(super) TlsStream<Socket>);

impl AsyncTokioStream for TlsSocket {
    fn peer_addr(&self) -> io::Result<std::net::SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for TlsSocket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for TlsSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str, security: Security) -> config::Smtp {
        config::Smtp { host: host.to_owned(), security, ..config::Smtp::default() }
    }

    #[test]
    fn a_password_is_never_shown() {
        let login = config::Login { user: "daybrief".to_owned(), password: config::Secret::new("hunter2") };
        let settings = config::Smtp { login: Some(login), ..settings("localhost", Security::None) };
        let relay = Relay::new(&settings, "localhost").unwrap();
        let shown = format!("{relay:?}");
        assert!(shown.contains("localhost") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn bad_settings_are_refused() {
        let error = Relay::new(&settings("not a host", Security::None), "x").unwrap_err();
        assert!(error.to_string().contains("write a host name"), "{error}");
        let nonsense = "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n";
        for pem in [nonsense, "", "-----BEGIN CERTIFICATE-----\n"] {
            let settings = config::Smtp { ca: Some(pem.to_owned()), ..settings("localhost", Security::Tls) };
            let error = Relay::new(&settings, "x").unwrap_err();
            assert!(matches!(error, RelayError::Certificates(_)), "{error}");
        }
    }

    #[test]
    fn the_final_dot_is_given_time() {
        let limits = TimeLimits::of(Duration::from_secs(30));
        assert_eq!(limits.command, Duration::from_secs(30));
        assert_eq!(limits.confirmation, Duration::from_mins(10));
    }
}
