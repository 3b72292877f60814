//! How fast messages leave, beside Postfix's own load generator, and in how much memory a million of them.
//!
//! ```console
//! cargo bench --bench delivery                      # 10,000 subscribers, 20 KB messages, 8 connections
//! cargo bench --bench delivery -- --million         # 1,000,000 subscribers, once
//! cargo bench --bench delivery -- --plain           # without DKIM alone, for a profiler
//! ```
//!
//! It needs `smtp-sink` and `smtp-source` (Debian's postfix), and prints ratios of two rates that were taken in one run:
//! machines differ, and so do two minutes of the same machine.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to clean up")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use daybrief::config::{Config, StoreUrl};
use daybrief::news::digest::rank::Rules;
use daybrief::news::digest::{self, Coverage, Digest, Frame, Look, Silent, Window};
use daybrief::news::incident::plausibility::Decisions;
use daybrief::news::message::templates::Templates;
use daybrief::service::fetch::Fetcher;
use daybrief::service::mail::{Mailer, Post};
use daybrief::service::pipeline::{self, Service};
use daybrief::service::store::{Audience, Freeze, Frozen, Store};
use daybrief::service::worker::{Clock, Stop};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Connection as _, Executor as _};

const PORT: u16 = 12_599;
const CONNECTIONS: u32 = 8;
const MESSAGE_BYTES: usize = 20_000;
const ROUNDS: usize = 3;

struct Sink(Child);

impl Sink {
    fn start() -> Self {
        let child = Command::new("smtp-sink")
            .args(["-u", "root", &format!("127.0.0.1:{PORT}"), "1024"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink is installed");
        while std::net::TcpStream::connect(("127.0.0.1", PORT)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Self(child)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn main() {
    let _sink = Sink::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if std::env::args().any(|argument| argument == "--million") {
        let rate = runtime.block_on(send(1_000_000, ""));
        println!("1,000,000 messages: {rate:.0}/s, at most {} MB of memory", peak_megabytes());
        return;
    }
    if std::env::args().any(|argument| argument == "--plain") {
        println!("without DKIM: {:.0} messages a second", runtime.block_on(send(30_000, "")));
        return;
    }
    let key = |file: &str| {
        let path = format!("{}/tests/it/dkim/{file}", env!("CARGO_MANIFEST_DIR"));
        format!("[[mail.dkim]]\nselector = \"s\"\nkey_file = \"{path}\"\n")
    };
    let (count, mut rates) = (10_000, [Vec::new(), Vec::new(), Vec::new(), Vec::new()]);
    for round in 1..=ROUNDS {
        rates[0].push(smtp_source(count));
        rates[1].push(runtime.block_on(send(count, "")));
        rates[2].push(runtime.block_on(send(count, &key("ed25519.pem"))));
        rates[3].push(runtime.block_on(send(count, &key("rsa.pem"))));
        let now: Vec<String> = rates.iter().map(|rates| format!("{:.0}", rates[round - 1])).collect();
        println!("round {round}: smtp-source, plain, ed25519, RSA-2048: {} messages a second", now.join(", "));
    }
    for (name, nth) in [("without DKIM", 1), ("with ed25519", 2), ("with RSA-2048", 3)] {
        let mut ratios: Vec<f64> = rates[nth].iter().zip(&rates[0]).map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        println!("{name}: {:.2} of smtp-source's rate (median of {ROUNDS})", ratios[ROUNDS / 2]);
    }
}

fn smtp_source(count: usize) -> f64 {
    let (connections, count_text, bytes) = (CONNECTIONS.to_string(), count.to_string(), MESSAGE_BYTES.to_string());
    let start = now();
    let status = Command::new("smtp-source")
        .args(["-d", "-s", &connections, "-m", &count_text, "-l", &bytes])
        .args(["-f", "a@example.org", "-t", "b@example.net", &format!("127.0.0.1:{PORT}")])
        .status()
        .expect("smtp-source is installed");
    assert!(status.success());
    count as f64 / start.elapsed().as_secs_f64()
}

/// Sends an edition to so many subscribers, from a database in a file, storing what becomes of each. Messages a second.
async fn send(count: usize, dkim: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daybrief.db");
    let store = Store::open(&StoreUrl::Sqlite(path.clone())).await.unwrap();
    let mut raw = AnyConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    raw.execute(sqlx::AssertSqlSafe(format!(
        "BEGIN; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO subscribers (id, normal, address, state, created_at, changed_at)
         SELECT printf('%016x', i), printf('reader%d@inbox.example', i), printf('reader%d@inbox.example', i), 'active', i, i FROM n;
         INSERT INTO subscriptions (subscriber_id, edition) SELECT id, '*' FROM subscribers; COMMIT"
    )))
    .await
    .unwrap();
    raw.close().await.unwrap();
    let text = format!(
        "[mail]\nfrom = \"Daybrief <daily@daybrief.example>\"\nbounces = \"bounces@daybrief.example\"\ntransport = \"smtp\"\n\
         connections_max = {CONNECTIONS}\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {PORT}\n{dkim}\
         [web]\nurl = \"https://digest.daybrief.example\"\n"
    );
    let config = Config::parse(&text, &PathBuf::from("daybrief.toml")).map_err(|error| error.render(false)).unwrap();
    let start: Timestamp = "2031-03-05T05:00:00Z".parse().unwrap();
    let digest = digest(start);
    let freeze = Freeze {
        digest: &digest,
        articles: &[],
        audience: Audience::Subscribers,
        message_domain: "daybrief.example",
        expires_after: SignedDuration::from_hours(12),
        personal: true,
    };
    let frozen = store.freeze(freeze, start).await.unwrap();
    assert!(matches!(frozen, Frozen::Now { deliveries, .. } if deliveries == count), "{frozen:?}");
    let service = Service {
        templates: Templates::default(),
        fetcher: Fetcher::new(config.limits.fetch.clone(), None, Vec::new()).unwrap(),
        mailer: Mailer::new(&config.mail).unwrap(),
        post: Post::new(&config, b"secret").unwrap(),
        clock: Clock::simulated(start),
        store,
        config,
    };
    let (_asker, stop) = Stop::controlled();
    let clock = now();
    let delivered = pipeline::deliver(&service, &stop, &ProgressBar::hidden()).await.unwrap();
    let seconds = clock.elapsed().as_secs_f64();
    assert_eq!(delivered.to_string(), format!("{count} accepted"), "{:?}", delivered.reasons);
    service.store.close().await;
    count as f64 / seconds
}

/// An edition whose messages have about [`MESSAGE_BYTES`].
fn digest(at: Timestamp) -> Digest {
    let silent = |nth: usize| Silent {
        source: format!("The Sample Courier of Town {nth}"),
        reason: format!("answered nothing for so many hours, as a made-up reason number {nth} says at some length"),
        since: None,
    };
    let frame = Frame {
        name: "daily".to_owned(),
        title: "Daybrief".to_owned(),
        zone: "UTC".to_owned(),
        window: Window { from: at - SignedDuration::from_hours(24), to: at },
        slots: vec![at],
        partial: false,
        only_corrects: false,
        held_over: Vec::new(),
        composed_at: at,
        sections: Vec::new(),
        coverage: Coverage { asked: 60, silent: (0..52).map(silent).collect(), ..Coverage::default() },
        rules: Rules::default(),
        look: Look::default(),
    };
    digest::compose(frame, &[], &[], &Decisions::default())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// The most memory that this process ever had.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1_024
}
