//! The real mail system of `../shared/testbed`: Postfix, and Dovecot behind it, on fixed loopback ports.
//!
//! It is started when the first test of this process asks for it and stopped when the last one is done with it; a lock
//! file keeps processes from starting it twice. One that somebody has started by hand is used as it is.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, Weak},
    thread::sleep,
    time::Duration,
};

/// Takes mail for `@inbox.example`; `reject5@` gets a 550, `temp4@` a 450.
pub const SMTP: (&str, u16) = ("127.0.0.1", 12526);
pub const IMAP: (&str, u16) = ("127.0.0.1", 12143);

/// Shared by everybody who starts the test bed on this machine.
const LOCK: &str = "/tmp/daybrief-testbed.lock";

/// What must be installed; the test bed's README says how.
const PROGRAMS: [&str; 4] = ["postfix", "dovecot", "smtp-sink", "swaks"];

const START_SECONDS_MAX: u32 = 30;
const STOP_SECONDS_MAX: u32 = 10;
const ARRIVAL_SECONDS_MAX: u32 = 30;

static RUNNING: Mutex<Weak<Testbed>> = Mutex::new(Weak::new());

pub struct Testbed {
    /// What we started and have to stop; `None` when it was up before.
    _ours: Option<Ours>,
}

struct Ours {
    scripts: PathBuf,
    folder: tempfile::TempDir,
    _lock: File,
}

impl Testbed {
    /// The running test bed. Where it cannot run, this says so on the terminal and gives `None`, and in CI (where it
    /// must) panics.
    pub fn get() -> Option<Arc<Self>> {
        if let Some(missing) = missing() {
            #[expect(clippy::disallowed_methods, reason = "whether this is CI is what CI sets this variable for")]
            let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!is_ci, "the mail test bed must run in CI, but {missing}");
            // Not `eprintln!`, which is captured and shown for failed tests only.
            let _ = writeln!(std::io::stderr(), "SKIPPED a test with the real mail system: {missing}");
            return None;
        }
        let mut running = RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(testbed) = running.upgrade() {
            return Some(testbed);
        }
        let testbed = Arc::new(Self::start());
        *running = Arc::downgrade(&testbed);
        Some(testbed)
    }

    fn start() -> Self {
        let lock = File::create(LOCK).unwrap();
        lock.lock().unwrap();
        if is_up() {
            return Self { _ours: None };
        }
        let folder = tempfile::Builder::new().prefix("daybrief-testbed-").tempdir_in("/tmp").unwrap();
        let ours = Ours { scripts: scripts(), folder, _lock: lock };
        ours.script("up.sh");
        let testbed = Self { _ours: Some(ours) };
        for _ in 0..START_SECONDS_MAX * 10 {
            if is_up() {
                return testbed;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("the mail test bed did not come up within {START_SECONDS_MAX} s");
    }

    /// Waits for the messages in a user's mailbox, as IMAP gives them, until there are as many as expected.
    pub fn wait_for_mail(&self, user: &str, count: usize) -> Vec<String> {
        for _ in 0..ARRIVAL_SECONDS_MAX * 5 {
            let messages = self.mailbox(user);
            if messages.len() >= count {
                return messages;
            }
            sleep(Duration::from_millis(200));
        }
        panic!("{count} messages for {user} did not arrive within {ARRIVAL_SECONDS_MAX} s");
    }

    /// The messages in a user's mailbox (`reader` for `reader@inbox.example`).
    pub fn mailbox(&self, user: &str) -> Vec<String> {
        let socket = TcpStream::connect(IMAP).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut stream = BufReader::new(socket);
        stream.read_line(&mut String::new()).unwrap();
        let mut messages = Vec::new();
        for (tag, command) in [
            ("a", &*format!("LOGIN {user} any")),
            ("b", "SELECT INBOX"),
            ("c", "FETCH 1:* BODY.PEEK[]"),
            ("d", "LOGOUT"),
        ] {
            write!(stream.get_mut(), "{tag} {command}\r\n").unwrap();
            loop {
                let mut line = String::new();
                assert!(stream.read_line(&mut line).unwrap() > 0, "the IMAP server hung up at {command}");
                if let Some(length) = line.trim_end().strip_suffix('}').and_then(|line| line.rsplit_once('{')) {
                    let mut literal = vec![0; length.1.parse().unwrap()];
                    stream.read_exact(&mut literal).unwrap();
                    messages.push(String::from_utf8_lossy(&literal).into_owned());
                }
                if let Some(result) = line.strip_prefix(&format!("{tag} ")) {
                    // An empty mailbox has no messages to fetch, and says so by BAD.
                    assert!(result.starts_with("OK") || tag == "c", "{command}: {line}");
                    break;
                }
            }
        }
        messages
    }
}

impl Ours {
    fn script(&self, name: &str) {
        let log = self.folder.path().join(format!("{name}.log"));
        // A file, as the daemons keep the pipe of their parent open.
        let output = File::create(&log).unwrap();
        let status = Command::new(self.scripts.join(name))
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .status()
            .unwrap();
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(status.success(), "{name} failed: {}", said());
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.script("down.sh");
        for _ in 0..STOP_SECONDS_MAX * 10 {
            if !answers(SMTP) && !answers(IMAP) {
                return;
            }
            sleep(Duration::from_millis(100));
        }
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/testbed")
}

/// Why the test bed cannot run here.
fn missing() -> Option<String> {
    if !scripts().join("up.sh").is_file() {
        return Some(format!("{} is not there", scripts().display()));
    }
    let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    PROGRAMS
        .into_iter()
        .find(|program| !folders.iter().any(|folder| Path::new(folder).join(program).exists()))
        .map(|program| format!("{program} is not installed"))
}

fn is_up() -> bool {
    answers(SMTP) && answers(IMAP)
}

fn answers(address: (&str, u16)) -> bool {
    TcpStream::connect(address).is_ok()
}
