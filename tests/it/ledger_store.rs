//! The ledger's scenario through the store and the mailer, day by day: killed and restarted between any two steps, each step
//! done twice as by one who does not know whether it was done; replayed; run again over an old window.

use std::collections::BTreeMap;
use std::path::PathBuf;

use daybrief::config::Config;
use daybrief::news::article::Published;
use daybrief::news::digest::{Digest, Window};
use daybrief::news::message::templates::Templates;
use daybrief::news::wording;
use daybrief::service::fetch::Fetcher;
use daybrief::service::mail::{Mailer, Post};
use daybrief::service::pipeline::{self, Collected, Order, Service};
use daybrief::service::store::Store;
use daybrief::service::worker::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::ledger::arrivals;
use crate::outbox::deliver;
use crate::world::World;

const SECRET: &str = "a secret of the tests and of nobody else";
const FROM_THE_START: &str = "first@inbox.example";
const JOINED: &str = "second@inbox.example";

pub fn world() -> World {
    World::new(&format!(
        "[store]\nurl = \"sqlite:scenario.db\"\n[mail]\nfrom = \"Daybrief <daily@daybrief.example>\"\n\
         transport = \"directory\"\ndirectory = \"outbox\"\nsecret = \"{SECRET}\"\n"
    ))
}

/// Starts anew: nothing is known but what the disk holds.
async fn start(world: &World, now: Timestamp) -> Service {
    let config = Config::load(Some(&world.path().join("daybrief.toml"))).unwrap();
    Service {
        fetcher: Fetcher::new(config.limits.fetch.clone(), None, Vec::new()).unwrap(),
        mailer: Mailer::new(&config.mail).unwrap(),
        post: Post::new(&config, SECRET.as_bytes()).unwrap(),
        store: Store::open(&config.store).await.unwrap(),
        clock: Clock::simulated(now),
        templates: Templates::default(),
        config,
    }
}

/// What is done on a day, in order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Subscribe,
    /// The articles with an even or an odd number come.
    Arrive(usize),
    Compose,
    Deliver,
}

const STEPS: [Step; 5] = [Step::Subscribe, Step::Arrive(0), Step::Arrive(1), Step::Compose, Step::Deliver];

/// When the edition of a day of the scenario is due.
fn slot(day: usize) -> Timestamp {
    format!("2031-03-{:02}T07:00:00Z", day + 3).parse().unwrap()
}

async fn take(service: &Service, day: usize, step: Step) {
    let (store, edition) = (&service.store, &service.config.editions[0]);
    match step {
        Step::Subscribe => {
            let since = slot(day) - SignedDuration::from_hours(20);
            let joining = [(FROM_THE_START, 1), (JOINED, 2)];
            for (address, _) in joining.iter().filter(|(_, joins)| *joins == day) {
                store.add_subscriber(&address.parse().unwrap(), None, &[], since).await.unwrap();
            }
        }
        Step::Arrive(half) => {
            let today = arrivals().into_iter().filter(|arrival| arrival.day == day);
            for arrival in today.skip(half).step_by(2) {
                let seen = arrival.article.published.and_then(Published::instant).unwrap();
                store.save_articles(&[arrival.article], seen).await.unwrap();
            }
        }
        Step::Compose => {
            let slots = [slot(day)];
            let window = pipeline::window(service, edition, &slots, slots[0]).await.unwrap();
            let order = Order { edition, window, slots: &slots, collected_only: false, partial: false };
            pipeline::publish(service, &order, &Collected::default()).await.unwrap();
        }
        Step::Deliver => {
            deliver(service).await.unwrap();
        }
    }
}

/// Plays the five days. With `restarts` everything is thrown away after each step, which is then done once more.
pub async fn play(world: &World, restarts: bool) -> Service {
    let mut service = start(world, slot(1)).await;
    for day in 1..=5 {
        for step in STEPS {
            service.clock = Clock::simulated(slot(day));
            take(&service, day, step).await;
            if restarts {
                drop(service);
                service = start(world, slot(day)).await;
                take(&service, day, step).await;
            }
        }
    }
    service
}

async fn editions(service: &Service) -> Vec<Digest> {
    let name = &service.config.editions[0].name;
    let stored = service.store.editions(name, Timestamp::MIN..Timestamp::MAX, 20).await.unwrap();
    let mut digests: Vec<Digest> = stored.into_iter().map(|stored| stored.digest).collect();
    for digest in &mut digests {
        // The clock goes on while a test runs.
        digest.frame.composed_at = digest.frame.window.to;
    }
    digests
}

/// The messages that were sent, by recipient and subject.
fn sent(world: &World) -> Vec<(String, String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(world.path().join("outbox")) else { return Vec::new() };
    let mut sent: Vec<(String, String, PathBuf)> = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&path).unwrap();
        let header = |name: &str| {
            let unfolded = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
            unfolded.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
        };
        sent.push((header("To: "), header("Subject: "), path));
    }
    sent.sort();
    sent
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn killed_and_restarted_between_any_two_steps_it_is_the_same_scenario() {
    runtime().block_on(async {
        let (calm, troubled) = (world(), world());
        let (one, other) = (play(&calm, false).await, play(&troubled, true).await);
        let (expected, found) = (editions(&one).await, editions(&other).await);
        assert_eq!(expected.len(), 5);
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(expected, found, "{}", wording::subject(expected));
        }
        let letters = |world: &World| sent(world).into_iter().map(|(to, what, _)| (to, what)).collect::<Vec<_>>();
        assert_eq!(letters(&calm), letters(&troubled));
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        letters(&troubled).into_iter().for_each(|(to, _)| *counts.entry(to).or_default() += 1);
        // Five editions for the one, four for the other, each once.
        assert_eq!(counts.into_values().collect::<Vec<_>>(), [5, 4]);
    });
}

#[test]
fn a_replay_is_what_was_sent_and_old_windows_are_not_sent_again() {
    runtime().block_on(async {
        let world = world();
        let service = play(&world, false).await;
        let before = sent(&world);
        // The real program, over the same store: each message of each day, byte for byte.
        for (to, subject, path) in &before {
            let bytes = std::fs::read(path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            // "Date: Tue, 4 Mar 2031 07:00:00 +0000"
            let day =
                (1..=5).find(|day| text.contains(&slot(*day).strftime("\nDate: %a, %d %b %Y").to_string())).unwrap();
            let date = slot(day).strftime("%Y-%m-%d").to_string();
            let replayed = world.run(&["replay", "--date", &date, "--as", to, "--format", "eml"]).ended(0);
            assert_eq!(replayed.out.as_bytes(), bytes, "the replay of {subject} for {to}");
        }
        // As known now, the second day's Mykolaiv has the figure that its article was changed to in silence.
        let known = world.run(&["replay", "--date", "2031-03-05", "--as-known-now", "--format", "json"]).ended(0);
        let known: Digest = serde_json::from_str(&known.out).unwrap();
        let injured =
            known.tolls.iter().filter(|item| item.place.as_deref() == Some("Mykolaiv")).flat_map(|item| &item.lines);
        let injured = injured.filter_map(|line| Some((line.was.as_ref()?.low, line.figure.value().count.low)));
        assert_eq!(injured.collect::<Vec<_>>(), [(Some(44), Some(34))]);
        // Old windows run again, one by one and all at once, send nothing.
        let edition = &service.config.editions[0];
        for (from, to) in [(1, 2), (2, 3), (3, 5), (1, 5)] {
            let window = Window { from: slot(from), to: slot(to) };
            let order = Order { edition, window, slots: &[], collected_only: false, partial: true };
            pipeline::publish(&service, &order, &Collected::default()).await.unwrap();
            deliver(&service).await.unwrap();
        }
        assert_eq!(sent(&world), before);
    });
}
