//! What becomes of a source, visit by visit: a scripted server, the real gathering and storing, and a clock of our own.
//!
//! Every step is one answer of the server and one visit, made when the source says that it is due. Its expectation says
//! what the visit gave, what the store holds afterwards and when the source is due again:
//!
//! `gave 7, kept 7, etag "a", due in 720` is: seven articles came, seven are stored, that tag is kept to be sent with the
//! next request, and the next visit is due in 720 minutes. `backs off 10` is due in ten minutes or up to a quarter less, by
//! lot. A failure has its class, and anything a person is told stands in brackets.

use std::fmt::Write as _;
use std::time::Duration;

use daybrief::config::{Config, Source, StoreUrl};
use daybrief::news::digest::Window;
use daybrief::news::message::templates::Templates;
use daybrief::service::fetch::address::Opened;
use daybrief::service::fetch::freshness::Policy;
use daybrief::service::fetch::state::{Freshness, Occasion};
use daybrief::service::fetch::{FetchLimits, Fetcher};
use daybrief::service::mail::{Mailer, Post};
use daybrief::service::pipeline::{self, Asking, Service};
use daybrief::service::store::Store;
use daybrief::service::worker::Clock;
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};

mod answers;
mod bodies;

use crate::web::{Reply, Server, answer, head};

/// Bytes that the test fetcher takes at most.
const LIMIT: usize = 100_000;

const SCENARIOS_AT_ONCE: usize = 8;

fn start() -> Timestamp {
    "2025-03-25T09:00:00Z".parse().unwrap()
}

/// One source and what its server does.
struct Scenario {
    name: &'static str,
    steps: Vec<(Reply, &'static str)>,
    routes: Vec<(&'static str, Vec<Reply>)>,
    /// Lines of the source's configuration.
    source: &'static str,
    path: &'static str,
    occasion: Occasion,
    /// Minutes between visits, where they are not made when due.
    every: Option<i64>,
    /// What the stored texts must hold.
    holds: &'static [&'static str],
    /// What all requests together must hold.
    asks: &'static [&'static str],
    opened: &'static str,
}

fn scenario(name: &'static str, steps: Vec<(Reply, &'static str)>) -> Scenario {
    Scenario {
        name,
        steps,
        routes: Vec::new(),
        source: "full_text = false",
        path: "/feed",
        occasion: Occasion::Routine,
        every: None,
        holds: &[],
        asks: &[],
        opened: "127.0.0.0/8",
    }
}

/// A source that is asked once.
fn once(name: &'static str, reply: Reply, expected: &'static str) -> Scenario {
    scenario(name, vec![(reply, expected)])
}

impl Scenario {
    fn route(mut self, path: &'static str, replies: Vec<Reply>) -> Self {
        self.routes.push((path, replies));
        self
    }

    fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    fn by_hand(self) -> Self {
        Self { occasion: Occasion::ByHand, ..self }
    }

    fn for_editions(self) -> Self {
        Self { occasion: Occasion::Edition, ..self }
    }

    fn every(self, minutes: i64) -> Self {
        Self { every: Some(minutes), ..self }
    }

    fn holds(self, holds: &'static [&'static str]) -> Self {
        Self { holds, ..self }
    }

    fn asks(self, asks: &'static [&'static str]) -> Self {
        Self { asks, ..self }
    }

    fn opened(self, opened: &'static str) -> Self {
        Self { opened, ..self }
    }

    /// Plays it; what went otherwise than expected.
    async fn play(self) -> Vec<String> {
        let Self { name, steps, mut routes, source, path, occasion, every, holds, asks, opened } = self;
        let (replies, expected): (Vec<Reply>, Vec<&str>) = steps.into_iter().unzip();
        routes.push((path, replies));
        let server = Server::start(routes).await;
        let (store, source) = (Store::open(&StoreUrl::Memory).await.unwrap(), configured(&server, path, source));
        let mut wrong = Vec::new();
        let mut state = Freshness::default();
        let mut now = start();
        let fetcher = fetcher(opened);
        for (index, expected) in expected.iter().enumerate() {
            now = match (every, index) {
                (_, 0) => now,
                (Some(minutes), _) => now + SignedDuration::from_mins(minutes),
                // The second that it is due in, and one to be sure.
                (None, _) => state.next_try.map_or(now, |due| due + SignedDuration::from_secs(1)),
            };
            now = Timestamp::from_second(now.as_second()).unwrap();
            let before = state.clone();
            let service = service(&fetcher, &store, now);
            let asking = Asking::stored(occasion);
            let sources = std::slice::from_ref(&source);
            let collected = pipeline::collect(&service, sources, asking, &ProgressBar::hidden()).await.unwrap();
            state = store.source_state(&source.name, &source.location.to_string()).await.unwrap();
            let mut came = match collected.silent.first() {
                Some(_) if state == before => "was not asked".to_owned(),
                Some(_) => format!("failed: {}", state.last_error.as_ref().map_or("?", |(class, _)| class)),
                None if state == before => "was not asked".to_owned(),
                None => format!("gave {}", collected.count()),
            };
            write!(came, ", kept {}", kept(&store).await.len()).unwrap();
            came.push_str(&told(&state, now));
            for remark in &collected.remarks {
                let remark = remark.trim_start_matches("Courier: ");
                write!(came, " [{}]", remark.replace(server.url("/").as_str(), "/")).unwrap();
            }
            if came.replace(server.url("/").as_str(), "/") != **expected {
                wrong.push(format!("{name}, visit {index}:\n    expected {expected}\n    and got  {came}"));
            }
        }
        let texts = kept(&store).await.join("\n");
        wrong.extend(
            holds.iter().filter(|part| !texts.contains(**part)).map(|part| format!("{name}: no {part:?} in {texts:?}")),
        );
        let requests = server.requests().join("\n");
        wrong.extend(
            asks.iter()
                .filter(|part| !requests.contains(**part))
                .map(|part| format!("{name}: no {part:?} in {requests}")),
        );
        wrong
    }
}

/// What is stored of validators, of the address and of the time.
fn told(state: &Freshness, now: Timestamp) -> String {
    let mut told = String::new();
    let validators = [("etag", &state.validators.etag), ("modified", &state.validators.last_modified)];
    for (name, value) in validators.into_iter().chain([("asked at", &state.address)]) {
        if let Some(value) = value {
            write!(told, ", {name} {value}").unwrap();
        }
    }
    if let Some(moved) = &state.moved {
        write!(told, ", moving ({})", moved.times).unwrap();
    }
    if state.gone {
        told.push_str(", gone");
        return told;
    }
    let minutes = |wait: SignedDuration| (wait.as_secs() + 30) / 60;
    let Some(due) = state.next_try.map(|next| next.duration_since(now)) else { return told };
    let backoff = Policy::default().backoff(state.failures, 0.0);
    let least = Policy::default().backoff(state.failures, 1.0);
    // The clock goes on while the visit is made.
    let slack = SignedDuration::from_secs(5);
    if state.failures > 0
        && state.left_alone_until.is_none_or(|until| until <= now)
        && due >= least
        && due <= backoff + slack
    {
        write!(told, ", backs off {}", minutes(backoff)).unwrap();
    } else {
        write!(told, ", due in {}", minutes(due)).unwrap();
    }
    told
}

/// Headline and text of every stored article.
async fn kept(store: &Store) -> Vec<String> {
    let window = Window { from: Timestamp::MIN, to: Timestamp::MAX };
    let stored = store.articles_for("none", window).await.unwrap();
    stored.into_iter().map(|stored| format!("{}: {}", stored.article.title, stored.article.text)).collect()
}

fn configured(server: &Server, path: &str, lines: &str) -> Source {
    let url = if path.starts_with("http") { path.to_owned() } else { server.url(path).to_string() };
    let text = format!("[[source]]\nname = \"Courier\"\nurl = \"{url}\"\n{lines}\n");
    let config =
        Config::parse(&text, "daybrief.toml".as_ref()).unwrap_or_else(|error| panic!("{}", error.render(false)));
    config.sources.into_iter().next().unwrap()
}

fn fetcher(opened: &str) -> Fetcher {
    let limits = FetchLimits {
        body_bytes_max: LIMIT,
        redirects_max: 5,
        connect_timeout: Duration::from_secs(2),
        // Long enough for a machine that runs all tests at once.
        read_timeout: Duration::from_secs(3),
        total_timeout: Duration::from_secs(10),
        slow_grace: Duration::from_millis(400),
        host_gap: Duration::ZERO,
        ..FetchLimits::default()
    };
    Fetcher::new(limits, Some("admin@reader.example"), vec![Opened::parse(opened).unwrap()]).unwrap()
}

fn service(fetcher: &Fetcher, store: &Store, now: Timestamp) -> Service {
    let config = Config::parse("", "daybrief.toml".as_ref()).unwrap();
    Service {
        fetcher: fetcher.clone(),
        mailer: Mailer::new(&config.mail).unwrap(),
        post: Post::new(&config, b"secret").unwrap(),
        clock: Clock::simulated(now),
        store: store.clone(),
        templates: Templates::default(),
        config,
    }
}

/// Plays all scenarios, and tells of all that went wrong.
async fn play(scenarios: Vec<Scenario>) {
    let wrong: Vec<Vec<String>> =
        stream::iter(scenarios).map(Scenario::play).buffer_unordered(SCENARIOS_AT_ONCE).collect().await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} expectations failed:\n{}", wrong.len(), wrong.join("\n"));
}

/// A feed of seven articles of the last week, so that it is asked twice a day.
fn courier() -> String {
    let item = |day: u32| {
        format!(
            "<item><guid>{day}</guid><link>{{base}}/story/{day}</link><title>Ferry {day}</title>\
             <description>The ferry ran aground on day {day}, the harbour office said.</description>\
             <pubDate>{day} Mar 2025 08:00:00 GMT</pubDate></item>"
        )
    };
    format!(
        "<rss><channel><title>The Harbour Courier</title>{}</channel></rss>",
        (19..26).map(item).collect::<String>()
    )
}

/// A feed that is not [`courier`], with one article.
fn other() -> &'static str {
    "<rss><channel><title>Buy this domain</title><item><guid>x</guid><title>Offer</title>\
     <description>This domain is for sale.</description></item></channel></rss>"
}

/// Answers with the feed. The placeholder for the address is filled by the server.
fn feed(headers: &str) -> Reply {
    body(headers, courier())
}

/// A body whose length is not announced, as the server still changes it.
fn body(headers: &str, body: impl AsRef<[u8]>) -> Reply {
    Reply::Bytes([head(200, headers), body.as_ref().to_vec()].concat())
}

fn status(status: u16, headers: &str) -> Reply {
    answer(status, headers, "")
}

fn to(status: u16, path: &str) -> Reply {
    answer(status, &format!("Location: {path}"), "")
}

/// One story in a feed of its own, 1,440 minutes apart as nothing in it has a date.
fn story(text: &str) -> String {
    format!(
        "<rss><channel><title>C</title><item><link>https://c.example/1</link><title>Ferry</title>\
         <description>{text}</description></item></channel></rss>"
    )
}
