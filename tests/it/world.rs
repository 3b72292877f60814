//! A folder with a configuration, a loopback web server, and the real program run in it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const REQUEST_SECONDS_MAX: u32 = 30;

/// What the web server answers at one path.
#[derive(Clone)]
pub enum Answer {
    Body {
        content_type: &'static str,
        body: Vec<u8>,
    },
    /// A body of this many bytes of filler, made while it is sent.
    Filler {
        content_type: &'static str,
        bytes: usize,
    },
    /// The announced length is longer than what comes before the connection ends.
    CutShort {
        content_type: &'static str,
        body: Vec<u8>,
    },
    Status(u16),
    /// Takes the request and says nothing.
    Silence,
}

impl Answer {
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::Body { content_type: "text/html; charset=utf-8", body: body.into() }
    }

    pub fn rss(body: impl Into<Vec<u8>>) -> Self {
        Self::Body { content_type: "application/rss+xml", body: body.into() }
    }
}

/// A web server on a free loopback port; stops when dropped.
pub struct Web {
    pub address: SocketAddr,
    pages: Arc<Mutex<HashMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl Web {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let web = Self {
            address: listener.local_addr().unwrap(),
            pages: Arc::default(),
            asked: Arc::default(),
            stop: Arc::default(),
        };
        let (pages, asked, stop) = (web.pages.clone(), web.asked.clone(), web.stop.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (pages, asked) = (pages.clone(), asked.clone());
                std::thread::spawn(move || {
                    // A client that goes away is its own affair.
                    let _ = answer(stream, &pages, &asked);
                });
            }
        });
        web
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, answer: Answer) {
        self.pages.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// How often somebody has asked for this path.
    pub fn times_asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    /// Waits until somebody has asked for this path.
    #[track_caller]
    pub fn wait_for(&self, path: &str) {
        for _ in 0..REQUEST_SECONDS_MAX * 10 {
            if self.times_asked(path) > 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("nobody asked for {path}");
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn answer(
    mut stream: TcpStream,
    pages: &Mutex<HashMap<String, Answer>>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(path.clone());
    let page = pages.lock().unwrap().get(&path).cloned().unwrap_or(Answer::Status(404));
    let head = |status: u16, content_type: &str, length: usize| {
        format!(
            "HTTP/1.1 {status} Test\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    match page {
        Answer::Body { content_type, body } => {
            stream.write_all(head(200, content_type, body.len()).as_bytes())?;
            stream.write_all(&body)
        }
        Answer::CutShort { content_type, body } => {
            stream.write_all(head(200, content_type, body.len() * 2).as_bytes())?;
            stream.write_all(&body)
        }
        Answer::Filler { content_type, bytes } => {
            stream.write_all(head(200, content_type, bytes).as_bytes())?;
            let piece = vec![b'x'; 1 << 16];
            for _ in 0..bytes / piece.len() {
                stream.write_all(&piece)?;
            }
            Ok(())
        }
        Answer::Silence => stream.read(&mut [0]).map(drop),
        Answer::Status(status) => stream.write_all(head(status, "text/plain", 0).as_bytes()),
    }
}

/// A folder of its own with a configuration; gone when dropped.
pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// `config` is the whole of daybrief.toml.
    pub fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("daybrief.toml"), config).unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The program, ready to run in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybrief"));
        command.args(arguments).current_dir(self.path()).env_remove("DAYBRIEF_CONFIG").env("NO_COLOR", "1");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }
}

/// A program that runs until it is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, status, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// Standard output holds each of `parts`, line breaks and indents aside.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        holds(&self.out, parts);
        self
    }

    /// Standard error holds each of `parts`, line breaks and indents aside.
    #[track_caller]
    pub fn warns(self, parts: &[&str]) -> Self {
        holds(&self.err, parts);
        self
    }
}

/// `text` holds each of `parts`, line breaks and indents aside.
#[track_caller]
pub fn holds(text: &str, parts: &[&str]) {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(flat.contains(part), "{part:?} is missing in:\n{text}");
    }
}
