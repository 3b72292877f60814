//! A mail server on loopback that does as it is told, and remembers what it was told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// The certificate of this server, for `localhost` and 127.0.0.1; it and its key protect nothing.
pub const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");

/// What the server does at one point, in place of going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Say(&'static str),
    Hang,
    Close,
    /// Goes on, so many milliseconds later.
    Wait(u64),
    /// Goes on, one byte at a time, each so many milliseconds after the last.
    Drip(u64),
    /// Goes on after ten megabytes in lines of a reply that continues.
    Flood,
}

/// How it is set up.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// What EHLO lists.
    pub extensions: Vec<&'static str>,
    /// TLS from the first byte.
    pub tls: bool,
    /// Whatever comes together with a command is lost.
    pub loses_commands: bool,
    /// Whatever comes together with the end of a message is lost.
    pub loses_next: bool,
    /// At which command ("greeting" and "content" are two more points) it does what else, each once, in order.
    pub instead: Vec<(&'static str, Does)>,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    /// Command lines.
    pub commands: Vec<String>,
    /// Messages taken, without dot-stuffing.
    pub messages: Vec<Vec<u8>>,
}

pub struct SmtpServer {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl SmtpServer {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        let instead = Arc::new(Mutex::new(script.instead.clone()));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let server =
                    Conversation { script: script.clone(), instead: Arc::clone(&instead), seen: Arc::clone(&shared) };
                // A client that goes away in the middle is one of the things under test.
                tokio::spawn(async move { server.accept(socket).await.ok() });
            }
        });
        Self { address, seen, task }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// The command verbs, in order.
    pub fn verbs(&self) -> Vec<String> {
        self.seen().commands.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Conversation {
    script: Script,
    instead: Arc<Mutex<Vec<(&'static str, Does)>>>,
    seen: Arc<Mutex<Seen>>,
}

/// Whether the conversation goes on, over TLS from here, or not.
#[derive(PartialEq, Eq)]
enum End {
    StartTls,
    Over,
}

impl Conversation {
    async fn accept(self, socket: TcpStream) -> std::io::Result<()> {
        if self.script.tls {
            self.talk(&mut BufReader::new(acceptor().accept(socket).await?), true).await?;
            return Ok(());
        }
        let mut plain = BufReader::new(socket);
        if self.talk(&mut plain, true).await? == End::StartTls {
            self.talk(&mut BufReader::new(acceptor().accept(plain.into_inner()).await?), false).await?;
        }
        Ok(())
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        greet: bool,
    ) -> std::io::Result<End> {
        if greet && !self.answer(stream, "greeting", "220 mail.test.example ESMTP").await? {
            return Ok(End::Over);
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(End::Over);
            }
            if self.script.loses_commands {
                let together = stream.buffer().len();
                tokio::io::AsyncBufReadExt::consume(stream, together);
            }
            let line = line.trim_end().to_owned();
            self.seen.lock().unwrap().commands.push(line.clone());
            let verb = line.split(' ').next().unwrap().to_ascii_uppercase();
            let reply = match &*verb {
                "EHLO" => {
                    let lines = ["mail.test.example"].iter().chain(&self.script.extensions).collect::<Vec<_>>();
                    let (last, rest) = lines.split_last().unwrap();
                    rest.iter().map(|line| format!("250-{line}\r\n")).chain([format!("250 {last}")]).collect()
                }
                "DATA" => "354 go ahead".to_owned(),
                "AUTH" => "235 2.7.0 welcome".to_owned(),
                "STARTTLS" => "220 2.0.0 ready".to_owned(),
                "QUIT" => "221 2.0.0 bye".to_owned(),
                _ => "250 2.0.0 ok".to_owned(),
            };
            if !self.answer(stream, &verb, &reply).await? {
                match &*verb {
                    "MAIL" | "RCPT" | "DATA" | "AUTH" | "RSET" | "NOOP" => continue,
                    _ => return Ok(End::Over),
                }
            }
            match &*verb {
                "STARTTLS" => return Ok(End::StartTls),
                "QUIT" => return Ok(End::Over),
                "DATA" => {
                    let message = content(stream).await?;
                    if self.script.loses_next {
                        let together = stream.buffer().len();
                        tokio::io::AsyncBufReadExt::consume(stream, together);
                    }
                    if self.answer(stream, "content", "250 2.0.0 queued as 4711").await? {
                        self.seen.lock().unwrap().messages.push(message);
                    }
                }
                _ => {}
            }
        }
    }

    /// Answers as foreseen, or does what the script has instead. False after a reply that is not a yes.
    async fn answer<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        point: &str,
        foreseen: &str,
    ) -> std::io::Result<bool> {
        let instead = {
            let mut instead = self.instead.lock().unwrap();
            instead.iter().position(|(at, _)| *at == point).map(|at| instead.remove(at).1)
        };
        let reply = match instead {
            None => foreseen,
            Some(Does::Say(reply)) => reply,
            Some(Does::Hang) => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            Some(Does::Close) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            Some(Does::Wait(millis)) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                foreseen
            }
            Some(Does::Drip(millis)) => {
                for byte in format!("{foreseen}\r\n").bytes() {
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                }
                return Ok(true);
            }
            Some(Does::Flood) => {
                let line = format!("{}-{}\r\n", &foreseen[..3], "x".repeat(94));
                for _ in 0..1_000 {
                    stream.write_all(line.repeat(100).as_bytes()).await?;
                }
                foreseen
            }
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        stream.flush().await?;
        if reply.starts_with("421") {
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        Ok(!matches!(instead, Some(Does::Say(_))) || reply.starts_with('2'))
    }
}

/// Everything up to the final dot.
async fn content<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        assert!(line.ends_with(b"\r\n"), "a bare line feed in {line:?}");
        match line.strip_prefix(b".") {
            Some(b"\r\n") => return Ok(message),
            Some(rest) => message.extend_from_slice(rest),
            None => message.extend_from_slice(&line),
        }
    }
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
