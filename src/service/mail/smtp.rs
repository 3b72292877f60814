//! One conversation with a mail server, and what it tells about each message.
//!
//! lettre's connection speaks SMTP; what is ours is everything that makes its answers trustworthy:
//!
//! - The socket, because lettre leaves Nagle's algorithm on, which costs 40 ms for every message.
//! - A limit for every stage, because its asynchronous connections have none. After a limit, or any other doubt about
//!   what the server will say next, the connection is dropped and never used again.
//! - The stage, because a failure before the final dot is certainly not a delivery, and one after it may be.
//! - The exact codes, because lettre takes any 2xx or 3xx for a yes, and a conversation that is one reply off would
//!   then report messages as accepted that nobody took.

use std::{
    borrow::Cow,
    fmt, io, iter,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters},
    commands::{Data, Mail, Noop, Quit, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    response::Response,
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Outgoing, lost_lease, mask};
use crate::news::delivery::{Outcome, Reply, Stage};

/// How many messages go over one connection. Many relays close it after a hundred.
pub const MESSAGES_PER_CONNECTION_MAX: u32 = 100;

/// How much of a server's reply is kept.
pub const REPLY_CHARS_MAX: usize = 500;

/// The longest line that SMTP carries, without its line end: RFC 5321, section 4.5.3.1.6.
pub const LINE_BYTES_MAX: usize = 998;

/// How long [`Smtp::check`] may take in all: somebody is waiting for it.
pub const CHECK_SECONDS_MAX: u64 = 30;

/// How long a server may take to say goodbye. Nothing depends on it.
const QUIT_SECONDS_MAX: u64 = 5;

/// How long the server may take for each stage. The defaults are those of RFC 5321, section 4.5.3.2: giving up earlier
/// leaves messages whose fate is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// For the connection and for TLS, on which the RFC says nothing.
    pub connect: Duration,
    /// For the greeting and EHLO, for STARTTLS, and for AUTH.
    pub greeting: Duration,
    /// For MAIL and RCPT.
    pub command: Duration,
    /// For the answer to DATA.
    pub data: Duration,
    /// For taking in the message.
    pub content: Duration,
    /// For the answer to the final dot.
    pub confirmation: Duration,
}

impl TimeLimits {
    /// The defaults, none of them longer than `limit`.
    pub fn at_most(limit: Duration) -> Self {
        let Self { connect, greeting, command, data, content, confirmation } = Self::default();
        Self {
            connect: connect.min(limit),
            greeting: greeting.min(limit),
            command: command.min(limit),
            data: data.min(limit),
            content: content.min(limit),
            // Giving up here leaves a message's fate unknown, so the server gets its time.
            confirmation: confirmation.min(limit.saturating_mul(CONFIRMATION_FACTOR)),
        }
    }
}

/// How much longer than for another command a server may take to store a message.
const CONFIRMATION_FACTOR: u32 = 4;

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_mins(5),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            content: Duration::from_mins(3),
            confirmation: Duration::from_mins(10),
        }
    }
}

/// How the conversation is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all: for a server on this machine. A password is sent over it only to a loopback address.
    None,
    /// By STARTTLS, usually on port 587. Without it nothing is sent.
    #[default]
    StartTls,
    /// From the first byte, usually on port 465.
    Tls,
}

/// The server that takes our mail, and how to talk to it.
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// User name and password. Never shown.
    pub credentials: Option<Credentials>,
    /// What we call ourselves: the name of this machine as the server may look it up.
    pub hello: String,
    pub limits: TimeLimits,
    tls: Option<Tls>,
}

/// Made once, as reading the system's certificates takes a while.
enum Tls {
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
    /// `certificates` are trusted besides the system's: one or more in PEM form, for a server with a CA of its own.
    pub fn new(
        host: &str,
        port: u16,
        encryption: Encryption,
        credentials: Option<Credentials>,
        hello: &str,
        certificates: Option<&[u8]>,
    ) -> Result<Self, RelayError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| RelayError::Name(host.to_owned()))?;
        let certificates = certificates.map(read_certificates).transpose()?.unwrap_or_default();
        let tls = match encryption {
            Encryption::None => None,
            Encryption::StartTls => Some(Tls::Start(start_tls(host, certificates)?)),
            Encryption::Tls => Some(Tls::Direct(direct_tls(certificates)?, name)),
        };
        let limits = TimeLimits::default();
        Ok(Self { host: host.to_owned(), port, encryption, credentials, hello: hello.to_owned(), limits, tls })
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("encryption", &self.encryption)
            .field("credentials", &self.credentials.as_ref().map(|_| "…"))
            .field("hello", &self.hello)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
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

/// A lane to the mail server: at most one connection, kept for the next message while nothing speaks against it.
#[derive(Debug)]
pub struct Smtp {
    relay: Arc<Relay>,
    parked: Option<Connection>,
}

/// What [`Smtp::check`] found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// What the server calls itself.
    pub server: String,
    pub encrypted: bool,
    pub authenticated: bool,
}

/// Why [`Smtp::check`] failed.
#[derive(Debug, thiserror::Error)]
#[error("reach the mail server {host}:{port} ({stage}): {reason}")]
pub struct LoginError {
    pub host: String,
    pub port: u16,
    pub stage: Stage,
    pub reason: String,
}

impl Smtp {
    pub fn new(relay: Arc<Relay>) -> Self {
        Self { relay, parked: None }
    }

    pub fn lane(&self) -> Self {
        Self::new(Arc::clone(&self.relay))
    }

    /// Sends one message; see [`super::Mailer::send`].
    pub async fn send(&mut self, message: Outgoing<'_>, go_ahead: impl AsyncFnOnce() -> bool) -> Outcome {
        let content = match content(message.bytes) {
            Ok(content) => content,
            Err(reason) => return Outcome::Unsendable { reason },
        };
        let mut connection = match self.begin(&message).await {
            Ok(connection) => connection,
            Err(outcome) => return outcome,
        };
        let outcome = connection.transfer(&message, &content, &self.relay.limits, go_ahead).await;
        if connection.usable_for_another(&self.relay.limits).await {
            self.parked = Some(connection);
        }
        outcome
    }

    /// Connects, logs in and leaves again, sending nothing.
    pub async fn check(&self) -> Result<Login, LoginError> {
        let relay = &self.relay;
        let check = async {
            let mut connection = Connection::open(relay).await?;
            connection.command(Noop, Stage::LoggingIn, relay.limits.command, 250).await?;
            let login = Login {
                server: connection.smtp.server_info().name().to_owned(),
                encrypted: relay.encryption != Encryption::None,
                authenticated: relay.credentials.is_some(),
            };
            connection.quit().await;
            Ok(login)
        };
        let failure = match timeout(Duration::from_secs(CHECK_SECONDS_MAX), check).await {
            Ok(Ok(login)) => return Ok(login),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(Stage::Greeting, format!("no answer within {CHECK_SECONDS_MAX} s")),
        };
        let reason = match failure.stage {
            Stage::Connecting => format!("{}; check the host and the port, and that the server is up", failure.says),
            Stage::Encrypting => format!("{}; check the port and the kind of encryption", failure.says),
            Stage::LoggingIn => format!("{}; check the user name and the password", failure.says),
            _ => failure.says.to_string(),
        };
        Err(LoginError { host: relay.host.clone(), port: relay.port, stage: failure.stage, reason })
    }

    /// Ends the conversation, if there is one.
    pub async fn close(&mut self) {
        if let Some(connection) = self.parked.take() {
            connection.quit().await;
        }
    }

    /// A connection that has agreed to our sender. A parked one may have been closed by the server in the meantime;
    /// then, and only then, a second one is tried.
    async fn begin(&mut self, message: &Outgoing<'_>) -> Result<Connection, Outcome> {
        if let Some(mut connection) = self.parked.take() {
            match connection.sender(message, &self.relay.limits).await {
                Ok(()) => return Ok(connection),
                Err(Refusal::Unsendable(reason)) => return Err(Outcome::Unsendable { reason }),
                Err(Refusal::Failure(_)) => connection.quit().await,
            }
        }
        let mut connection = Connection::open(&self.relay).await.map_err(Failure::not_sent)?;
        match connection.sender(message, &self.relay.limits).await {
            Ok(()) => Ok(connection),
            Err(Refusal::Unsendable(reason)) => {
                self.parked = Some(connection);
                Err(Outcome::Unsendable { reason })
            }
            Err(Refusal::Failure(failure)) => {
                connection.quit().await;
                Err(failure.not_sent())
            }
        }
    }
}

/// A stage that did not succeed.
struct Failure {
    stage: Stage,
    says: Says,
}

/// Who ended it: the server by a reply, or the line.
enum Says {
    Reply(Reply),
    Nothing(String),
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => reply.fmt(f),
            Self::Nothing(reason) => f.write_str(reason),
        }
    }
}

impl Failure {
    fn new(stage: Stage, reason: impl Into<String>) -> Self {
        Self { stage, says: Says::Nothing(reason.into()) }
    }

    fn smtp(stage: Stage, error: &lettre::transport::smtp::Error) -> Self {
        let says = match error.status().and_then(|code| code.to_string().parse().ok()) {
            Some(code) => Says::Reply(reply(code, &std::error::Error::source(error).map(ToString::to_string))),
            None => Says::Nothing(error.to_string()),
        };
        Self { stage, says }
    }

    /// The outcome where nothing was said about this message or its recipient.
    fn not_sent(self) -> Outcome {
        Outcome::NotSent { stage: self.stage, reason: self.says.to_string() }
    }

    /// The outcome where a reply is about this message and its recipient.
    fn refused(self, to: &str) -> Outcome {
        let stage = self.stage;
        match self.says {
            Says::Reply(Reply { code, text }) => {
                let reply = Reply { code, text: text.replace(to, &mask(to)) };
                match code {
                    500..=599 => Outcome::Rejected { stage, reply },
                    _ => Outcome::Deferred { stage, reply },
                }
            }
            Says::Nothing(reason) => Outcome::NotSent { stage, reason },
        }
    }
}

/// Why MAIL FROM did not succeed.
enum Refusal {
    Failure(Failure),
    Unsendable(String),
}

fn reply(code: u16, text: &Option<String>) -> Reply {
    let words: Vec<_> = text.iter().flat_map(|text| text.split_whitespace()).collect();
    Reply { code, text: words.join(" ").chars().filter(|c| !c.is_control()).take(REPLY_CHARS_MAX).collect() }
}

fn accepted(response: &Response, to: &str) -> Reply {
    let lines: Vec<_> = response.message().collect();
    let Reply { code, text } = reply(250, &Some(lines.join(" ")));
    Reply { code, text: text.replace(to, &mask(to)) }
}

/// An open conversation. Dropped rather than kept whenever what comes next is not certain.
struct Connection {
    /// Boxed, as it is large and moves to and from its parking place.
    smtp: Box<AsyncSmtpConnection>,
    messages: u32,
    /// What the server still has to be told before the next message.
    next: Next,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing.
    Ready,
    /// To forget the message it refused.
    Reset,
    /// Nothing any more: the conversation is over or in doubt.
    Over,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("messages", &self.messages).finish_non_exhaustive()
    }
}

impl Connection {
    async fn open(relay: &Relay) -> Result<Self, Failure> {
        let limits = &relay.limits;
        let connecting = |reason: String| Failure::new(Stage::Connecting, reason);
        let socket = within(Stage::Connecting, limits.connect, TcpStream::connect((&*relay.host, relay.port)))
            .await?
            .map_err(|error| connecting(error.to_string()))?;
        socket.set_nodelay(true).map_err(|error| connecting(error.to_string()))?;
        let is_loopback = socket.peer_addr().is_ok_and(|address| address.ip().is_loopback());

        let stream: Box<dyn AsyncTokioStream> = match &relay.tls {
            Some(Tls::Direct(config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = within(Stage::Encrypting, limits.connect, connector.connect(name.clone(), socket))
                    .await?
                    .map_err(|error| Failure::new(Stage::Encrypting, error.to_string()))?;
                Box::new(TlsSocket(stream))
            }
            _ => Box::new(socket),
        };
        let hello = ClientId::Domain(relay.hello.clone());
        let smtp =
            within(Stage::Greeting, limits.greeting, AsyncSmtpConnection::connect_with_transport(stream, &hello))
                .await?
                .map_err(|error| Failure::smtp(Stage::Greeting, &error))?;
        let mut connection = Self { smtp: Box::new(smtp), messages: 0, next: Next::Ready };

        if let Some(Tls::Start(parameters)) = &relay.tls {
            if !connection.smtp.can_starttls() {
                connection.quit().await;
                return Err(Failure::new(Stage::Encrypting, "the server does not offer STARTTLS on this port"));
            }
            let upgrade = connection.smtp.starttls(parameters.clone(), &hello);
            within(Stage::Encrypting, limits.greeting, upgrade)
                .await?
                .map_err(|error| Failure::smtp(Stage::Encrypting, &error))?;
        }
        if let Some(credentials) = &relay.credentials {
            if relay.tls.is_none() && !is_loopback {
                connection.quit().await;
                return Err(Failure::new(
                    Stage::LoggingIn,
                    "the password is not sent over an unencrypted connection; choose STARTTLS or TLS",
                ));
            }
            let login = connection.smtp.auth(DEFAULT_MECHANISMS, credentials);
            let refused = within(Stage::LoggingIn, limits.greeting, login).await?.err();
            if let Some(error) = refused {
                let failure = Failure::smtp(Stage::LoggingIn, &error);
                connection.quit().await;
                return Err(failure);
            }
        }
        Ok(connection)
    }

    /// Names the sender, with what the server must know about the message.
    async fn sender(&mut self, message: &Outgoing<'_>, limits: &TimeLimits) -> Result<(), Refusal> {
        let server = self.smtp.server_info();
        let mut parameters = Vec::new();
        if !message.bytes.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                return Err(Refusal::Unsendable(
                    "the message has 8-bit text and the server does not take that (no 8BITMIME)".to_owned(),
                ));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if ![message.from, message.to].iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(Refusal::Unsendable(
                    "an address has letters beyond ASCII and the server does not take that (no SMTPUTF8)".to_owned(),
                ));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(message.from.clone()), parameters);
        self.command(mail, Stage::Sender, limits.command, 250).await.map(drop).map_err(Refusal::Failure)
    }

    /// The rest of one message's conversation.
    async fn transfer(
        &mut self,
        message: &Outgoing<'_>,
        content: &[u8],
        limits: &TimeLimits,
        go_ahead: impl AsyncFnOnce() -> bool,
    ) -> Outcome {
        let to = message.to.as_ref();
        self.messages += 1;
        let recipient = Rcpt::new(message.to.clone(), vec![]);
        if let Err(failure) = self.command(recipient, Stage::Recipient, limits.command, 250).await {
            return failure.refused(to);
        }
        if let Err(failure) = self.command(Data, Stage::Data, limits.data, 354).await {
            return failure.refused(to);
        }
        if !go_ahead().await {
            // The only way not to send a message that was announced is to leave.
            self.next = Next::Over;
            return lost_lease();
        }
        self.content(content, to, limits).await
    }

    async fn content(&mut self, content: &[u8], to: &str, limits: &TimeLimits) -> Outcome {
        self.next = Next::Over;
        // lettre asks for the next piece when the last one is written, and sends the final dot when there is none.
        let all_written = AtomicBool::new(false);
        let pieces = iter::once(content).chain(iter::from_fn(|| {
            all_written.store(true, Ordering::Relaxed);
            None
        }));
        let mut sending = pin!(self.smtp.message_iter(pieces));
        let mut result = timeout(limits.content, &mut sending).await;
        if result.is_err() && all_written.load(Ordering::Relaxed) {
            result = timeout(limits.confirmation, &mut sending).await;
        }
        let stage = if all_written.load(Ordering::Relaxed) { Stage::Confirmation } else { Stage::Content };
        let failure = match result {
            Ok(Ok(response)) if response.has_code(250) => {
                self.next = Next::Ready;
                return Outcome::Accepted { reply: accepted(&response, to) };
            }
            Ok(Ok(response)) => Failure::new(stage, format!("the server answered {} out of turn", response.code())),
            Ok(Err(error)) => Failure::smtp(stage, &error),
            Err(_) => Failure::new(stage, "the server did not answer in time"),
        };
        match failure.says {
            Says::Nothing(reason) if stage == Stage::Confirmation => Outcome::Unknown { reason },
            Says::Reply(Reply { code, .. }) => {
                self.next = if code == 421 { Next::Over } else { Next::Ready };
                failure.refused(to)
            }
            Says::Nothing(_) => failure.refused(to),
        }
    }

    /// One command and its reply, which must have the code that the protocol foresees.
    async fn command(
        &mut self,
        command: impl fmt::Display,
        stage: Stage,
        limit: Duration,
        expected: u16,
    ) -> Result<Response, Failure> {
        self.next = Next::Over;
        let result = within(stage, limit, self.smtp.command(command)).await?;
        match result {
            Ok(response) if response.has_code(expected) => {
                self.next = Next::Ready;
                Ok(response)
            }
            // "Will forward" is a yes, too: RFC 5321, section 4.2.3.
            Ok(response) if expected == 250 && response.has_code(251) => {
                self.next = Next::Ready;
                Ok(response)
            }
            Ok(response) => Err(Failure::new(stage, format!("the server answered {} out of turn", response.code()))),
            Err(error) => {
                let failure = Failure::smtp(stage, &error);
                if matches!(&failure.says, Says::Reply(reply) if reply.code != 421) {
                    self.next = Next::Reset;
                }
                Err(failure)
            }
        }
    }

    async fn usable_for_another(&mut self, limits: &TimeLimits) -> bool {
        if self.messages >= MESSAGES_PER_CONNECTION_MAX {
            self.say_goodbye().await;
            return false;
        }
        match self.next {
            Next::Ready => true,
            Next::Reset => self.command(Rset, Stage::Sender, limits.command, 250).await.is_ok(),
            Next::Over => false,
        }
    }

    async fn quit(mut self) {
        self.say_goodbye().await;
    }

    async fn say_goodbye(&mut self) {
        if self.next != Next::Over {
            self.next = Next::Over;
            // Nothing depends on the answer.
            let _ = timeout(Duration::from_secs(QUIT_SECONDS_MAX), self.smtp.command(Quit)).await;
        }
    }
}

async fn within<T>(stage: Stage, limit: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(limit, work).await.map_err(|_| Failure::new(stage, "the server did not answer in time"))
}

/// The message as it goes over the wire: every line end is CRLF, so that nothing in it can pass for the end of the
/// message, and the last one is left to the final dot.
fn content(message: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let is_bare = |at: usize| match message[at] {
        b'\n' => at == 0 || message[at - 1] != b'\r',
        b'\r' => message.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let content = if (0..message.len()).any(is_bare) {
        let mut content = Vec::with_capacity(message.len() + message.len() / 32);
        for (at, &byte) in message.iter().enumerate() {
            match byte {
                _ if is_bare(at) => content.extend(b"\r\n"),
                _ => content.push(byte),
            }
        }
        Cow::Owned(content)
    } else {
        Cow::Borrowed(message)
    };
    let longest = content.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end().len()).max().unwrap_or(0);
    if longest > LINE_BYTES_MAX {
        return Err(format!(
            "the message has a line of {longest} bytes, and mail carries at most {LINE_BYTES_MAX}; encode it as \
             quoted-printable"
        ));
    }
    Ok(match content {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_suffix(b"\r\n").unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            if bytes.ends_with(b"\r\n") {
                bytes.truncate(bytes.len() - 2);
            }
            Cow::Owned(bytes)
        }
    })
}

/// TLS from the first byte, over our own socket.
#[derive(Debug)]
struct TlsSocket(TlsStream<TcpStream>);

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

    #[track_caller]
    fn check(message: &str, expected: Result<&str, &str>) {
        match (content(message.as_bytes()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(str::from_utf8(&found).unwrap(), expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn every_line_end_is_crlf() {
        check("A: b\r\n\r\ntext\r\n", Ok("A: b\r\n\r\ntext"));
        check("one\ntwo\rthree\r\nfour\n", Ok("one\r\ntwo\r\nthree\r\nfour"));
        check("x\n.\nMAIL FROM:<a@b>\n", Ok("x\r\n.\r\nMAIL FROM:<a@b>"));
        check("\n\r\r\n", Ok("\r\n\r\n"));
        check("", Ok(""));
    }

    #[test]
    fn lines_that_mail_cannot_carry_are_refused() {
        check(&format!("{}\r\n", "x".repeat(998)), Ok(&"x".repeat(998)));
        check(&"x".repeat(999), Err("a line of 999 bytes"));
    }

    #[test]
    fn a_password_is_never_shown() {
        let credentials = Credentials::new("daybrief".to_owned(), "hunter2".to_owned());
        let relay = Relay::new("localhost", 25, Encryption::None, Some(credentials), "localhost", None).unwrap();
        let shown = format!("{:?}", Smtp::new(Arc::new(relay)));
        assert!(shown.contains("localhost") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn bad_settings_are_refused() {
        let error = Relay::new("not a host", 25, Encryption::None, None, "x", None).unwrap_err();
        assert!(error.to_string().contains("write a host name"), "{error}");
        let nonsense = "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n";
        for pem in [nonsense, "", "-----BEGIN CERTIFICATE-----\n"] {
            let error = Relay::new("localhost", 25, Encryption::Tls, None, "x", Some(pem.as_bytes())).unwrap_err();
            assert!(matches!(error, RelayError::Certificates(_)), "{error}");
        }
    }
}
