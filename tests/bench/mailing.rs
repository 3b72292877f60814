//! An edition that is ready to be sent, and a mail server that takes it and forgets it: for benchmarks of sending.

use std::path::{Path, PathBuf};
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

pub const PORT: u16 = 12_599;
pub const CONNECTIONS: u32 = 8;

pub struct Sink(Child);

impl Sink {
    pub fn start() -> Self {
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

/// An edition frozen for so many subscribers, in a database in this folder, ready to be sent to the [`Sink`].
pub async fn frozen(folder: &Path, count: usize, dkim: &str) -> Service {
    let path = folder.join("daybrief.db");
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
    Service {
        templates: Templates::default(),
        fetcher: Fetcher::new(config.limits.fetch.clone(), None, Vec::new()).unwrap(),
        mailer: Mailer::new(&config.mail).unwrap(),
        post: Post::new(&config, b"secret").unwrap(),
        clock: Clock::simulated(start),
        store,
        config,
    }
}

/// Sends all that is due, storing what becomes of each message. Messages a second.
pub async fn deliver(service: &Service, count: usize) -> f64 {
    let (_asker, stop) = Stop::controlled();
    let clock = now();
    let delivered = pipeline::deliver(service, &stop, &ProgressBar::hidden()).await.unwrap();
    let seconds = clock.elapsed().as_secs_f64();
    assert_eq!(delivered.to_string(), format!("{count} accepted"), "{:?}", delivered.reasons);
    count as f64 / seconds
}

/// An edition whose messages have about 20 KB.
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
pub fn now() -> Instant {
    Instant::now()
}
