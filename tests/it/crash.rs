//! The real program, killed at the worst moments: nobody is left out, and who gets a message twice gets the same one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daybrief::config::StoreUrl;
use daybrief::news::delivery::State;
use daybrief::service::store::Store;
use jiff::Timestamp;

use crate::store::Database;
use crate::world::World;

const SUBSCRIBERS: usize = 500;
const CONNECTIONS: usize = 4;

const ARTICLE: &str = "Strike on Sumy\nA missile strike on Sumy injured 101 people including 23 children, the regional \
                       administration said on Monday.\n";

/// Where the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// So many milliseconds after it started.
    Random(u64),
    /// After the server let a message come.
    Data,
    /// After the server has the whole message, before it says so.
    Dot,
    /// After the server said so.
    Yes,
    /// After the program has stored that a message was taken.
    Commit,
}

/// What the server has and does.
#[derive(Default)]
struct Recorder {
    /// Recipient, Message-ID, and all of the message, for each one taken.
    taken: Mutex<Vec<(String, String, Vec<u8>)>>,
    connections: AtomicUsize,
    /// At which point to kill, after how many times that it was passed.
    trap: Mutex<Option<(Point, usize)>>,
    victim: Mutex<Option<Child>>,
    /// How many connections were open at the kill.
    open_at_kill: AtomicUsize,
    killed: AtomicBool,
}

impl Recorder {
    fn start() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let recorder = Arc::new(Self::default());
        let shared = Arc::clone(&recorder);
        // Ends with the test process: it has no more than a port.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let recorder = Arc::clone(&shared);
                std::thread::spawn(move || {
                    recorder.connections.fetch_add(1, Ordering::SeqCst);
                    // A client that was killed is what this is about.
                    let _ = recorder.talk(stream);
                    recorder.connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        (recorder, port)
    }

    fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let say = |text: &str| (&stream).write_all(format!("{text}\r\n").as_bytes());
        say("220 sink.example")?;
        let mut recipient = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.split_whitespace().next().unwrap_or_default() {
                "EHLO" => say("250-sink.example\r\n250 PIPELINING")?,
                "RCPT" => {
                    recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    say("250 ok")?;
                }
                "DATA" => {
                    say("354 go on")?;
                    self.pass(Point::Data);
                    let mut message = Vec::new();
                    loop {
                        let start = message.len();
                        if reader.read_until(b'\n', &mut message)? == 0 {
                            return Ok(());
                        }
                        if &message[start..] == b".\r\n" {
                            message.truncate(start);
                            break;
                        }
                    }
                    let text = String::from_utf8_lossy(&message);
                    let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
                    self.taken.lock().unwrap().push((recipient.clone(), id, message));
                    self.pass(Point::Dot);
                    std::thread::sleep(Duration::from_millis(2));
                    say("250 taken")?;
                    self.pass(Point::Yes);
                }
                "QUIT" => return say("221 bye"),
                _ => say("250 ok")?,
            }
        }
    }

    /// Kills the program if it is this point's turn.
    fn pass(&self, point: Point) {
        let mut trap = self.trap.lock().unwrap();
        if let Some((at, left)) = trap.as_mut()
            && *at == point
        {
            if *left > 0 {
                *left -= 1;
                return;
            }
            *trap = None;
            drop(trap);
            self.kill();
        }
    }

    fn kill(&self) {
        if let Some(victim) = self.victim.lock().unwrap().as_mut() {
            self.open_at_kill.store(self.connections.load(Ordering::SeqCst), Ordering::SeqCst);
            victim.kill().unwrap();
            self.killed.store(true, Ordering::SeqCst);
        }
    }
}

/// A cheap series of numbers that is the same each time.
struct Series(u64);

impl Series {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A folder with an article, subscribers in its database, and the configuration for the recorder.
fn world(store: &StoreUrl, folder: impl FnOnce(&str) -> World, port: u16) -> World {
    let world = folder(&format!(
        "[store]\nurl = \"{store}\"\n[mail]\ntransport = \"smtp\"\nlease = \"1s\"\nconnections_max = {CONNECTIONS}\n\
         [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\n"
    ));
    world.write("article.txt", ARTICLE);
    world
}

async fn subscribe(store: &Store) {
    for nth in 0..SUBSCRIBERS {
        let address = format!("reader{nth}@inbox.example").parse().unwrap();
        store.add_subscriber(&address, None, &[], Timestamp::UNIX_EPOCH).await.unwrap();
    }
}

async fn counts(store: &Store) -> BTreeMap<State, u64> {
    store.delivery_counts(None).await.unwrap()
}

/// Everyone has it; who has it twice has the same twice, and not more often than messages were in doubt.
#[track_caller]
fn judge(recorder: &Recorder, in_doubt: usize) -> usize {
    let taken = recorder.taken.lock().unwrap();
    let mut by_recipient: BTreeMap<&str, Vec<(&str, &[u8])>> = BTreeMap::new();
    for (recipient, id, message) in taken.iter() {
        by_recipient.entry(recipient).or_default().push((id, message));
    }
    assert_eq!(by_recipient.len(), SUBSCRIBERS, "somebody was left out");
    for (recipient, messages) in &by_recipient {
        assert!(messages.iter().all(|message| *message == messages[0]), "{recipient} got different messages");
    }
    let duplicates = taken.len() - SUBSCRIBERS;
    assert!(duplicates <= in_doubt, "{duplicates} duplicates for {in_doubt} messages in doubt");
    duplicates
}

/// One edition to all, with so many kills on its way. How many kills there were, how many messages came twice, and how
/// many may have.
fn round(series: &mut Series, kills_max: usize) -> (usize, usize, usize) {
    let (recorder, port) = Recorder::start();
    let file = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(file.path().join("daybrief.db"));
    let world = world(&url, World::new, port);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = runtime.block_on(Store::open(&url)).unwrap();
    runtime.block_on(subscribe(&store));
    let (mut kills, mut in_doubt) = (0, 0);
    for turn in 0.. {
        assert!(turn < 200, "it does not come to an end");
        let point = match series.next(5) {
            0 => Point::Data,
            1 => Point::Dot,
            2 => Point::Yes,
            3 => Point::Commit,
            _ => Point::Random(20 + series.next(300)),
        };
        let more = 1 + series.next(40) as usize;
        recorder.killed.store(false, Ordering::SeqCst);
        let accepted = runtime.block_on(counts(&store)).get(&State::Accepted).copied().unwrap_or(0);
        *recorder.trap.lock().unwrap() = (kills < kills_max).then_some((point, more));
        let child = world.command(&["run", "article.txt"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        *recorder.victim.lock().unwrap() = Some(child);
        if kills < kills_max {
            match point {
                Point::Random(milliseconds) => {
                    std::thread::sleep(Duration::from_millis(milliseconds));
                    recorder.kill();
                }
                Point::Commit => loop {
                    let now = runtime.block_on(counts(&store)).get(&State::Accepted).copied().unwrap_or(0);
                    if now > accepted + more as u64 {
                        recorder.kill();
                    }
                    let ended = recorder.victim.lock().unwrap().as_mut().unwrap().try_wait().unwrap().is_some();
                    if ended || now > accepted + more as u64 {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                },
                _ => {}
            }
        }
        // Not under the lock, which the killer needs.
        let status = loop {
            if let Some(status) = recorder.victim.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        recorder.victim.lock().unwrap().take();
        if recorder.killed.load(Ordering::SeqCst) && status.code().is_none() {
            kills += 1;
            in_doubt += recorder.open_at_kill.load(Ordering::SeqCst).min(CONNECTIONS);
        }
        let counts = runtime.block_on(counts(&store));
        if counts == BTreeMap::from([(State::Accepted, SUBSCRIBERS as u64)]) {
            break;
        }
        // A killed process keeps its messages for as long as its lease.
        std::thread::sleep(Duration::from_millis(1_050));
    }
    (kills, judge(&recorder, in_doubt), in_doubt)
}

/// Editions one after another, until there were so many kills.
fn kill(kills_min: usize, kills_of_one_max: usize) {
    let (mut rounds, mut kills, mut duplicates, mut in_doubt) = (0, 0, 0, 0);
    while kills < kills_min {
        rounds += 1;
        let (killed, twice, doubtful) = round(&mut Series(rounds), kills_of_one_max.min(kills_min - kills));
        kills += killed;
        duplicates += twice;
        in_doubt += doubtful;
    }
    eprintln!(
        "{rounds} editions to {SUBSCRIBERS} subscribers, {kills} kills: nobody left out, {duplicates} duplicates, all with the \
         same Message-ID and bytes, of at most {in_doubt}"
    );
}

#[test]
fn nobody_is_left_out_by_a_dozen_kills() {
    kill(12, 6);
}

/// By hand: `cargo test --release --test it -- --ignored --nocapture three_hundred_kills`.
#[test]
#[ignore = "takes about seven minutes"]
fn nobody_is_left_out_by_three_hundred_kills() {
    kill(300, 10);
}

/// Three processes share an edition on PostgreSQL; one is killed in the middle, and the database drops every connection.
#[test]
fn processes_on_one_database_make_up_for_a_killed_one_and_for_lost_connections() {
    let Some(database) = Database::postgres() else { return };
    let url = StoreUrl::parse(&database.url, Path::new("")).unwrap();
    let (recorder, port) = Recorder::start();
    let world = world(&url, World::new, port);
    let store = database.block_on(Store::open(&url)).unwrap();
    database.block_on(subscribe(&store));
    let mut in_doubt = 0;
    let spawn = || world.command(&["run", "article.txt"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut others: Vec<Child> = (0..2).map(|_| spawn()).collect();
    *recorder.victim.lock().unwrap() = Some(spawn());
    let wait_for = |count: i64| {
        let left = AtomicI64::new(3_000);
        while (recorder.taken.lock().unwrap().len() as i64) < count && left.fetch_sub(1, Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    wait_for(60);
    recorder.kill();
    in_doubt += CONNECTIONS;
    wait_for(200);
    // Each of the others has at most its connections' messages under way when the database goes.
    in_doubt += 2 * CONNECTIONS;
    database.drop_connections();
    for child in &mut others {
        child.wait().unwrap();
    }
    recorder.victim.lock().unwrap().take().unwrap().wait().unwrap();
    for _ in 0..20 {
        if database.block_on(counts(&store)) == BTreeMap::from([(State::Accepted, SUBSCRIBERS as u64)]) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1_050));
        spawn().wait().unwrap();
    }
    assert_eq!(database.block_on(counts(&store)), BTreeMap::from([(State::Accepted, SUBSCRIBERS as u64)]));
    let duplicates = judge(&recorder, in_doubt);
    eprintln!(
        "three processes, one killed, all connections to the database cut: {duplicates} duplicates of at most {in_doubt}"
    );
    database.block_on(store.close());
}
