//! A small HTTP server on loopback that does exactly what a test tells it to, wrong things above all.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

/// What the server does with one request. The connection is closed afterwards.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Writes these bytes.
    Bytes(Vec<u8>),
    /// Writes the head, then one byte at a time for ever.
    Drip { head: Vec<u8>, every: Duration },
    /// Writes the head, then these bytes over and over.
    Endless { head: Vec<u8>, piece: Vec<u8> },
    /// Writes these bytes and cuts the connection with a reset.
    Reset(Vec<u8>),
    /// Says nothing.
    Silence,
}

/// An answer with a status line, headers (one a line) and a body, and a right Content-Length.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    Reply::Bytes([head(status, &format!("Content-Length: {}\n{headers}", body.len())), body.to_vec()].concat())
}

/// The head of an answer alone.
pub fn head(status: u16, headers: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for line in headers.lines().filter(|line| !line.trim().is_empty()) {
        head.push_str(line.trim());
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A running server. Replies of a path are given in order; the last one stays.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// `routes`: path, replies. `{base}` in a reply's head is the server's own address.
    pub async fn start(routes: impl IntoIterator<Item = (&'static str, Vec<Reply>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes: HashMap<&str, Vec<Reply>> = routes.into_iter().collect();
        let routes = Arc::new(Mutex::new(routes));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (routes, seen) = (Arc::clone(&routes), Arc::clone(&seen));
                tokio::spawn(async move {
                    let Some((stream, request)) = receive(stream).await else { return };
                    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                    seen.lock().unwrap().push(request);
                    let reply = {
                        let mut routes = routes.lock().unwrap();
                        match routes.get_mut(path.as_str()) {
                            Some(replies) if replies.len() > 1 => replies.remove(0),
                            Some(replies) => replies.first().cloned().unwrap_or(Reply::Silence),
                            None => answer(404, "", "nothing here"),
                        }
                    };
                    send(stream, reply, &format!("http://{address}")).await;
                });
            }
        });
        Self { address, requests, task }
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// The heads of all requests so far, as received.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn receive(mut stream: TcpStream) -> Option<(TcpStream, String)> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => request.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
    Some((stream, String::from_utf8_lossy(&request).into_owned()))
}

/// Errors of writing are the client's leave to take.
async fn send(mut stream: TcpStream, reply: Reply, base: &str) {
    match reply {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&with_base(bytes, base)).await;
            let _ = stream.shutdown().await;
        }
        Reply::Drip { head, every } => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(every).await;
            }
        }
        Reply::Endless { head, piece } => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(&piece).await.is_ok() {}
        }
        Reply::Reset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            // The bytes must arrive before the reset, which would overtake them.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = stream.set_zero_linger();
        }
        Reply::Silence => tokio::time::sleep(Duration::from_secs(600)).await,
    }
}

fn with_base(bytes: Vec<u8>, base: &str) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => text.replace("{base}", base).into_bytes(),
        Err(binary) => binary.into_bytes(),
    }
}
