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
//! - PIPELINING (RFC 2920): sender, recipient and DATA go out together where the server takes that, which saves two of
//!   three waits before the message. One that offers it and loses what comes together gets one command at a time.
//! - The next message is announced in one piece with the final dot of this one, where the next one is known: RFC 2920 lets
//!   a client go on after the dot, and the server then has work while we do ours.
//! - Other servers to turn to, in order, when one cannot be reached.

mod failure;

use std::{
    fmt,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{MaybeDone, maybe_done};
use lettre::Address;
use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, AsyncTokioStream},
    commands::{Data, Ehlo, Mail, Noop, Quit, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
    response::Response,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use self::failure::{Failure, Refusal, Says, accepted};
use super::{
    Outgoing,
    content::content,
    lost_lease,
    relay::{Relay, Socket, TimeLimits, Tls, TlsSocket},
};
use crate::news::delivery::{Outcome, Reply, Stage};

/// How many messages go over one connection. Many relays close it after a hundred.
pub const MESSAGES_PER_CONNECTION_MAX: u32 = 100;

/// How much of a server's reply is kept.
pub const REPLY_CHARS_MAX: usize = 500;

/// How long [`Smtp::check`] may take in all: somebody is waiting for it.
pub const CHECK_SECONDS_MAX: u64 = 30;

/// How long a server may take to say goodbye. Nothing depends on it.
const QUIT_SECONDS_MAX: u64 = 5;

/// A lane to the mail servers: at most one connection, kept for the next message while nothing speaks against it.
#[derive(Debug)]
pub struct Smtp {
    relays: Arc<[Relay]>,
    /// The connection, and to which of the servers.
    parked: Option<(usize, Connection)>,
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

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encrypted = if self.encrypted { "encrypted" } else { "not encrypted" };
        let authenticated = if self.authenticated { "logged in" } else { "no login" };
        write!(f, "{} is ready to take mail ({encrypted}, {authenticated})", self.server)
    }
}

impl Smtp {
    /// The servers are shared by all lanes: what one finds closed, the others leave alone for a while.
    pub fn new(relays: impl Into<Arc<[Relay]>>) -> Self {
        Self { relays: relays.into(), parked: None }
    }

    pub fn lane(&self) -> Self {
        Self::new(Arc::clone(&self.relays))
    }

    /// Sends one message; see [`super::Mailer::send`].
    pub async fn send(&mut self, message: Outgoing<'_>, go_ahead: impl AsyncFnOnce() -> bool) -> Outcome {
        self.send_before(None, message, go_ahead).await
    }

    /// Sends one message; see [`super::Mailer::send_before`].
    pub async fn send_before(
        &mut self,
        next: Option<Outgoing<'_>>,
        message: Outgoing<'_>,
        go_ahead: impl AsyncFnOnce() -> bool,
    ) -> Outcome {
        let mut content = match content(message.bytes) {
            Ok(content) => content,
            Err(reason) => return Outcome::Unsendable { reason },
        };
        let mut allowed = pin!(maybe_done(go_ahead()));
        let (nth, mut connection) = match self.begin(&message, allowed.as_mut()).await {
            Ok(begun) => begun,
            Err(outcome) => return outcome,
        };
        let relay = &self.relays[nth];
        allowed.as_mut().await;
        let outcome = if allowed.as_mut().take_output() == Some(true) {
            if let Some(announcement) = next.and_then(|next| connection.announce_ahead(&next, relay)) {
                content.push_str(&announcement);
            }
            connection.content(&content, message.to.as_ref(), &relay.limits).await
        } else {
            // The only way not to send a message that was announced is to leave.
            connection.next = Next::Over;
            lost_lease()
        };
        self.park(nth, connection).await;
        outcome
    }

    /// Connects to each server, logs in and leaves again, sending nothing.
    pub async fn check(&self) -> Result<Vec<Login>, LoginError> {
        let mut logins = Vec::new();
        for relay in self.relays.iter() {
            logins.push(check(relay).await?);
        }
        Ok(logins)
    }

    /// Ends the conversation, if there is one.
    pub async fn close(&mut self) {
        if let Some((_, connection)) = self.parked.take() {
            connection.quit().await;
        }
    }

    async fn park(&mut self, nth: usize, mut connection: Connection) {
        if connection.usable_for_another(&self.relays[nth].limits).await {
            self.parked = Some((nth, connection));
        }
    }

    /// A connection whose server waits for the message, the first server that can be reached. It may have closed a parked
    /// one in the meantime; then, and only then, another is opened to the same server.
    ///
    /// Leave to send is asked for while a parked connection is told of the message: a server that took the last one
    /// will mostly take this one, and the two waits are then one.
    async fn begin(
        &mut self,
        message: &Outgoing<'_>,
        mut allowed: Pin<&mut MaybeDone<impl Future<Output = bool>>>,
    ) -> Result<(usize, Connection), Outcome> {
        let relays = Arc::clone(&self.relays);
        let mut failed = None;
        for (nth, relay) in relays.iter().enumerate() {
            let parked = self.parked.take_if(|(other, _)| *other == nth);
            let parked = parked.filter(|(_, connection)| !connection.expects_another(message));
            if let Some((_, mut connection)) = parked {
                let (announced, ()) = tokio::join!(connection.announce(message, relay), allowed.as_mut());
                // After nothing but "goodbye", or no word at all, to MAIL the connection was closed while it was parked.
                let closed = connection.next == Next::Over && matches!(&announced, Err(Refusal::Sender(_)));
                if !closed {
                    match self.announced(nth, connection, announced).await {
                        Err(outcome @ Outcome::NotSent { .. }) => failed = Some(outcome),
                        end => return end,
                    }
                    continue;
                }
            }
            if let Some(outcome) = relay.closed() {
                failed = Some(outcome);
                continue;
            }
            let mut connection = match Connection::open(relay).await {
                Ok(connection) => connection,
                Err(failure) => {
                    let outcome = failure.not_sent();
                    relay.close(outcome.clone());
                    failed = Some(outcome);
                    continue;
                }
            };
            let announced = connection.announce(message, relay).await;
            match self.announced(nth, connection, announced).await {
                Err(outcome @ Outcome::NotSent { .. }) => failed = Some(outcome),
                end => return end,
            }
        }
        Err(failed.unwrap_or_else(|| Failure::new(Stage::Connecting, "no mail server is configured").not_sent()))
    }

    async fn announced(
        &mut self,
        nth: usize,
        connection: Connection,
        announced: Result<(), Refusal>,
    ) -> Result<(usize, Connection), Outcome> {
        match announced {
            Ok(()) => Ok((nth, connection)),
            // The server was not asked; the connection is as good as before.
            Err(Refusal::Unsendable(reason)) => {
                self.park(nth, connection).await;
                Err(Outcome::Unsendable { reason })
            }
            Err(Refusal::Sender(failure)) => {
                connection.quit().await;
                Err(failure.not_sent())
            }
            Err(Refusal::Message(outcome)) => {
                self.park(nth, connection).await;
                Err(outcome)
            }
        }
    }
}

async fn check(relay: &Relay) -> Result<Login, LoginError> {
    let check = async {
        let mut connection = Connection::open(relay).await?;
        connection.command(Noop, Stage::LoggingIn, relay.limits.command, 250).await?;
        let login = Login {
            server: connection.smtp.server_info().name().to_owned(),
            encrypted: relay.tls.is_some(),
            authenticated: relay.settings.login.is_some(),
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
    Err(LoginError { host: relay.settings.host.clone(), port: relay.settings.port, stage: failure.stage, reason })
}

/// An open conversation. Dropped rather than kept whenever what comes next is not certain.
struct Connection {
    /// Boxed, as it is large and moves to and from its parking place.
    smtp: Box<AsyncSmtpConnection>,
    /// What the server was told last is on its way to it as a whole.
    all_sent: Arc<AtomicBool>,
    messages: u32,
    /// Whether the server takes several commands at once.
    pipelining: bool,
    /// Sender and recipient that it was told of ahead, and has not answered yet.
    ahead: Option<(Address, Address)>,
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
        let socket =
            within(Stage::Connecting, limits.command, TcpStream::connect((&*relay.settings.host, relay.settings.port)))
                .await?
                .map_err(|error| connecting(error.to_string()))?;
        socket.set_nodelay(true).map_err(|error| connecting(error.to_string()))?;
        let is_loopback = socket.peer_addr().is_ok_and(|address| address.ip().is_loopback());
        let socket = Socket::new(socket);
        let all_sent = socket.all_sent();

        let stream: Box<dyn AsyncTokioStream> = match &relay.tls {
            Some(Tls::Direct(config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = within(Stage::Encrypting, limits.command, connector.connect(name.clone(), socket))
                    .await?
                    .map_err(|error| Failure::new(Stage::Encrypting, error.to_string()))?;
                Box::new(TlsSocket(stream))
            }
            _ => Box::new(socket),
        };
        let smtp =
            within(Stage::Greeting, limits.command, AsyncSmtpConnection::connect_with_transport(stream, &relay.hello))
                .await?
                .map_err(|error| Failure::smtp(Stage::Greeting, &error))?;
        let mut connection =
            Self { smtp: Box::new(smtp), all_sent, messages: 0, pipelining: false, ahead: None, next: Next::Ready };

        if let Some(Tls::Start(parameters)) = &relay.tls {
            if !connection.smtp.can_starttls() {
                connection.quit().await;
                return Err(Failure::new(Stage::Encrypting, "the server does not offer STARTTLS on this port"));
            }
            let upgrade = connection.smtp.starttls(parameters.clone(), &relay.hello);
            within(Stage::Encrypting, limits.command, upgrade)
                .await?
                .map_err(|error| Failure::smtp(Stage::Encrypting, &error))?;
        }
        if let Some(login) = &relay.settings.login {
            if relay.tls.is_none() && !is_loopback {
                connection.quit().await;
                return Err(Failure::new(
                    Stage::LoggingIn,
                    "the password is not sent over an unencrypted connection; choose STARTTLS or TLS",
                ));
            }
            let credentials = Credentials::new(login.user.clone(), login.password.expose().to_owned());
            let login = connection.smtp.auth(DEFAULT_MECHANISMS, &credentials);
            let refused = within(Stage::LoggingIn, limits.command, login).await?.err();
            if let Some(error) = refused {
                let failure = Failure::smtp(Stage::LoggingIn, &error);
                connection.quit().await;
                return Err(failure);
            }
        }
        // lettre keeps what it knows of the answer to EHLO, and PIPELINING is not among it.
        let hello = Ehlo::new(relay.hello.clone());
        let offers = connection.command(hello, Stage::Greeting, limits.command, 250).await?;
        connection.pipelining = offers.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"))
            && !relay.loses_commands.load(Ordering::Relaxed);
        Ok(connection)
    }

    /// The commands that name sender and recipient, with what the server must know about the message.
    fn envelope(&self, message: &Outgoing<'_>) -> Result<(Mail, Rcpt), String> {
        let server = self.smtp.server_info();
        let mut parameters = Vec::new();
        if !message.bytes.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                return Err("the message has 8-bit text and the server does not take that (no 8BITMIME)".to_owned());
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if ![message.from, message.to].iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(
                    "an address has letters beyond ASCII and the server does not take that (no SMTPUTF8)".to_owned()
                );
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        Ok((Mail::new(Some(message.from.clone()), parameters), Rcpt::new(message.to.clone(), vec![])))
    }

    /// What tells the server of the message after the one that it is being given: to be sent behind that one's final dot,
    /// and answered when it is announced. Nothing where the server does not take that, or this was its last message.
    fn announce_ahead(&mut self, message: &Outgoing<'_>, relay: &Relay) -> Option<String> {
        let takes_it = self.pipelining && !relay.loses_next.load(Ordering::Relaxed);
        if !takes_it || self.messages >= MESSAGES_PER_CONNECTION_MAX {
            return None;
        }
        let (mail, recipient) = self.envelope(message).ok()?;
        self.ahead = Some((message.from.clone(), message.to.clone()));
        Some(format!("{mail}{recipient}{Data}"))
    }

    /// Names sender and recipient and announces the message, or hears what the server says to what it was told ahead.
    async fn announce(&mut self, message: &Outgoing<'_>, relay: &Relay) -> Result<(), Refusal> {
        let limits = &relay.limits;
        let refused = |failure: Failure| Refusal::Message(failure.refused(message.to.as_ref()));
        let is_ahead = self.ahead.take().is_some();
        let sender = if is_ahead {
            self.messages += 1;
            self.reply(Stage::Sender, limits.command, 250).await
        } else {
            let (mail, recipient) = self.envelope(message).map_err(Refusal::Unsendable)?;
            self.messages += 1;
            if !self.pipelining {
                self.command(mail, Stage::Sender, limits.command, 250).await.map_err(Refusal::Sender)?;
                self.command(recipient, Stage::Recipient, limits.command, 250).await.map_err(refused)?;
                return self.command(Data, Stage::Data, limits.command, 354).await.map(drop).map_err(refused);
            }
            self.command(format!("{mail}{recipient}{Data}"), Stage::Sender, limits.command, 250).await
        };
        if sender.is_err() && self.next == Next::Over {
            if is_ahead {
                relay.loses_next.store(true, Ordering::Relaxed);
            }
            return sender.map(drop).map_err(Refusal::Sender);
        }
        let recipient = self.reply(Stage::Recipient, limits.command, 250).await;
        if recipient.is_err() && self.next == Next::Over {
            relay.loses_commands.store(true, Ordering::Relaxed);
            return recipient.map(drop).map_err(refused);
        }
        let data = self.reply(Stage::Data, limits.command, 354).await;
        if data.is_ok() && (sender.is_err() || recipient.is_err()) {
            // It waits for a message to nobody; whatever is sent now would be one.
            self.next = Next::Over;
        }
        sender.map_err(Refusal::Sender)?;
        recipient.map_err(refused)?;
        data.map(drop).map_err(refused)
    }

    /// Whether the server was told of another message than this one: it waits for that, and nothing else can be said to it.
    fn expects_another(&self, message: &Outgoing<'_>) -> bool {
        self.ahead.as_ref().is_some_and(|(from, to)| (from, to) != (message.from, message.to))
    }

    async fn content(&mut self, content: &str, to: &str, limits: &TimeLimits) -> Outcome {
        self.next = Next::Over;
        self.all_sent.store(false, Ordering::Relaxed);
        // As a command, it goes out with its final dot in one piece: `message_iter` looks at each byte once more, and sends
        // the dot by itself, for which the server wakes once more.
        let mut sending = pin!(self.smtp.command(content));
        let mut result = timeout(limits.content, &mut sending).await;
        if result.is_err() && self.all_sent.load(Ordering::Relaxed) {
            result = timeout(limits.confirmation, &mut sending).await;
        }
        let stage = if self.all_sent.load(Ordering::Relaxed) { Stage::Confirmation } else { Stage::Content };
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
        self.judge(result, stage, expected)
    }

    /// The reply to a command that was sent with others.
    async fn reply(&mut self, stage: Stage, limit: Duration, expected: u16) -> Result<Response, Failure> {
        self.next = Next::Over;
        let result = within(stage, limit, self.smtp.read_response()).await?;
        self.judge(result, stage, expected)
    }

    fn judge(
        &mut self,
        result: Result<Response, lettre::transport::smtp::Error>,
        stage: Stage,
        expected: u16,
    ) -> Result<Response, Failure> {
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
        if self.next != Next::Over && self.ahead.is_none() {
            self.next = Next::Over;
            // Nothing depends on the answer.
            let _ = timeout(Duration::from_secs(QUIT_SECONDS_MAX), self.smtp.command(Quit)).await;
        }
    }
}

async fn within<T>(stage: Stage, limit: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
    timeout(limit, work).await.map_err(|_| Failure::new(stage, "the server did not answer in time"))
}
