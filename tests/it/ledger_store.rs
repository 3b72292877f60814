//! The ledger's scenario through the store and the mailer, day by day, for three readers who joined, paused and bounced at
//! different times, on both databases: killed and restarted between any two steps, each step done twice as by one who does
//! not know whether it was done; replayed; run again over an old window.

use std::collections::BTreeMap;
use std::path::PathBuf;

use daybrief::config::Config;
use daybrief::news::article::{Article, Published};
use daybrief::news::bounce::{Kind, Report};
use daybrief::news::digest::{Digest, Window};
use daybrief::news::message::templates::Templates;
use daybrief::news::subscriber::Preferences;
use daybrief::news::token::edition_mark;
use daybrief::news::wording;
use daybrief::service::fetch::Fetcher;
use daybrief::service::mail::{Mailer, Post};
use daybrief::service::pipeline::{self, Collected, Order, Service};
use daybrief::service::store::{Bounce, Store};
use daybrief::service::worker::Clock;
use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;

use crate::ledger::arrivals;
use crate::outbox::deliver;
use crate::store::Database;
use crate::world::World;

const SECRET: &str = "a secret of the tests and of nobody else";
const FROM_THE_START: &str = "first@inbox.example";
/// Who joins on the second day, and is away on the fourth.
const JOINED: &str = "second@inbox.example";
/// Whose mail of the second and third day comes back.
const BOUNCED: &str = "third@inbox.example";

pub fn world() -> World {
    world_on("sqlite:scenario.db")
}

fn world_on(store: &str) -> World {
    World::new(&format!(
        "[store]\nurl = \"{store}\"\n[mail]\nfrom = \"Daybrief <daily@daybrief.example>\"\n\
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
    /// What could not be delivered after all is sent back.
    Bounce,
}

const STEPS: [Step; 6] =
    [Step::Subscribe, Step::Arrive(0), Step::Arrive(1), Step::Compose, Step::Deliver, Step::Bounce];

/// When the edition of a day of the scenario is due.
fn slot(day: usize) -> Timestamp {
    format!("2031-03-{:02}T07:00:00Z", day + 3).parse().unwrap()
}

async fn take(service: &Service, day: usize, step: Step) {
    let (store, edition) = (&service.store, &service.config.editions[0]);
    match step {
        Step::Subscribe => {
            let since = slot(day) - SignedDuration::from_hours(20);
            let joining = [(FROM_THE_START, 1), (JOINED, 2), (BOUNCED, 1)];
            for (address, _) in joining.iter().filter(|(_, joins)| *joins == day) {
                store.add_subscriber(&address.parse().unwrap(), None, &[], since).await.unwrap();
            }
            if day == 4 {
                let subscriber = store.subscriber_at(&JOINED.parse().unwrap()).await.unwrap().unwrap();
                let away = Preferences {
                    paused_until: Some(slot(4) + SignedDuration::from_hours(1)),
                    ..subscriber.preferences
                };
                store.set_preferences(&subscriber.id, &away, &[], since).await.unwrap();
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
        Step::Bounce if matches!(day, 2 | 3) => {
            let subscriber = store.subscriber_at(&BOUNCED.parse().unwrap()).await.unwrap().unwrap();
            let stored = store.editions(&edition.name, slot(day)..Timestamp::MAX, 1).await.unwrap();
            let report = Report { kind: Kind::Soft, status: None, said: "mailbox full".to_owned() };
            let bounce = Bounce {
                report_id: &format!("day {day}"),
                subscriber_id: &subscriber.id,
                edition_mark: Some(&edition_mark(&stored[0].id)),
                report: &report,
            };
            store.count_bounce(bounce, slot(day) + SignedDuration::from_mins(30)).await.unwrap();
        }
        Step::Bounce => {}
    }
}

/// Plays the five days. With `restarts` everything is thrown away after each step, which is then done once more.
pub async fn play(world: &World, restarts: bool) -> Service {
    let mut service = start(world, slot(1)).await;
    for day in 1..=5 {
        for (nth, step) in (0..).zip(STEPS) {
            // A busy machine takes seconds for a step, and what was composed is due then.
            let now = slot(day) + SignedDuration::from_mins(nth);
            service.clock = Clock::simulated(now);
            take(&service, day, step).await;
            if restarts {
                drop(service);
                service = start(world, now).await;
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
        // Five editions for the one, three for the one who joined and was away, each once; two of the last one's five bounce.
        assert_eq!(counts.into_values().collect::<Vec<_>>(), [5, 3, 5]);
    });
}

/// The figures that moved for a reader on a day, as the snapshot of `tests/scenario` has them: "killed 12 (was 9, +3)".
fn moved(day: usize, reader: &str) -> Vec<String> {
    let path = format!("{}/tests/scenario/day-{day}.txt", env!("CARGO_MANIFEST_DIR"));
    let snapshot = std::fs::read_to_string(path).unwrap();
    let section = snapshot.split("\n\n").find(|section| section.starts_with(reader)).unwrap().to_owned();
    let lines = section.lines().filter(|line| line.contains(" (was ") || line.contains(" (revised down from "));
    lines.map(|line| line.trim().split_inclusive(')').next().unwrap().to_owned()).collect()
}

/// Each is told what moved since the edition that really reached them: an edition that bounced is walked past.
async fn each_is_told_against_what_reached_them(store: &str) {
    let world = world_on(store);
    play(&world, false).await;
    let mails = sent(&world);
    let readers = [
        (FROM_THE_START, "FROM THE START", [1, 1, 1, 1, 1]),
        (JOINED, "JOINED, PAUSED", [0, 1, 1, 0, 1]),
        (BOUNCED, "BOUNCED", [1, 0, 0, 1, 1]),
    ];
    let mut compared = 0;
    for (address, name, reached) in readers {
        for (day, _) in (1..=5).zip(reached).filter(|(_, reached)| *reached == 1) {
            let date = slot(day).strftime("%a, %d %b %Y").to_string().replace(", 0", ", ");
            let mail = mails.iter().filter(|(to, _, _)| to.contains(address)).find_map(|(_, _, path)| {
                let mail = std::fs::read(path).unwrap();
                let mail = MessageParser::default().parse(&mail)?.into_owned();
                mail.date().is_some_and(|it| it.to_rfc822().starts_with(&date)).then_some(mail)
            });
            let mail = mail.unwrap_or_else(|| panic!("no mail of {date} to {name}"));
            let text = mail.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            let expected = moved(day, name);
            for line in &expected {
                assert!(text.contains(line.as_str()), "{name}, day {day}: no {line:?} in {text}");
            }
            let found = text.matches(" (was ").count() + text.matches(" (revised down from ").count();
            assert_eq!(found, expected.len(), "{name}, day {day}: {text}");
            compared += found;
        }
    }
    assert!(compared >= 20, "{compared} figures that moved");
}

#[test]
fn each_is_told_against_what_reached_them_on_sqlite() {
    runtime().block_on(each_is_told_against_what_reached_them("sqlite:scenario.db"));
}

#[test]
fn each_is_told_against_what_reached_them_on_postgresql() {
    let Some(database) = Database::postgres() else { return };
    database.block_on(each_is_told_against_what_reached_them(&database.url));
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

/// An article of an invented outlet.
fn report(id: &str, title: &str, text: &str, published: &str) -> Article {
    let url = format!("https://courier.example/{id}");
    Article {
        id: url.clone(),
        url: Some(url),
        outlet: "Harbour Courier".to_owned(),
        title: title.to_owned(),
        published: Some(Published::from(published.parse::<Timestamp>().unwrap())),
        text: text.to_owned(),
        ..Article::default()
    }
}

#[test]
fn a_correction_goes_at_once_to_those_who_were_sent_the_figure_and_to_nobody_else() {
    const STRIKE: &str = "A missile strike on Sumy on Monday killed 12 people, the regional administration said.";
    const CORRECTED: &str = "A missile strike on Sumy on Monday killed two people, the regional administration said.";
    const TALKS: &str = "Armenian and Azerbaijani negotiators began talks in Geneva on Tuesday.";
    runtime().block_on(async {
        let world = world();
        let later = |hours| slot(1) + SignedDuration::from_hours(hours);
        let mut service = start(&world, slot(1)).await;
        let edition = service.config.editions[0].clone();
        let publish = async |service: &Service, day: usize| {
            let slots = [slot(day)];
            let window = pipeline::window(service, &edition, &slots, slots[0]).await.unwrap();
            let order = Order { edition: &edition, window, slots: &slots, collected_only: false, partial: false };
            pipeline::publish(service, &order, &Collected::default()).await.unwrap();
            deliver(service).await.unwrap();
        };
        let correct = async |service: &Service| {
            let made = pipeline::correct(service, &edition).await.unwrap();
            deliver(service).await.unwrap();
            made.is_some()
        };
        let first = report("strike", "Strike on Sumy", STRIKE, "2031-03-03T20:00:00Z");
        service.store.add_subscriber(&FROM_THE_START.parse().unwrap(), None, &[], later(-20)).await.unwrap();
        service.store.save_articles(std::slice::from_ref(&first), later(-10)).await.unwrap();
        publish(&service, 1).await;
        assert_eq!(sent(&world).len(), 1);
        service.store.add_subscriber(&JOINED.parse().unwrap(), None, &[], later(1)).await.unwrap();
        assert!(!correct(&service).await, "nothing is wrong yet");

        // The page goes on with a higher figure: that is for the next edition.
        service.clock = Clock::simulated(later(2));
        let higher = Article { text: STRIKE.replace("12", "14"), ..first.clone() };
        service.store.save_articles(&[higher], later(2)).await.unwrap();
        assert!(!correct(&service).await, "a story that goes on");

        service.clock = Clock::simulated(later(4));
        let corrected =
            Article { title: "CORRECTED: Strike on Sumy".to_owned(), text: format!("{CORRECTED}\n\n{TALKS}"), ..first };
        service.store.save_articles(&[corrected], later(3)).await.unwrap();
        assert!(correct(&service).await);
        let mails = sent(&world);
        assert_eq!(mails.len(), 2, "{mails:?}");
        let (to, subject, path) = mails.iter().find(|(_, subject, _)| subject.contains("orrection")).unwrap();
        assert!(to.contains(FROM_THE_START), "the other never read of twelve");
        assert_eq!(subject, "Correction: Sumy strike: killed 12 =?utf-8?b?4oaS?= 2, corrected by Harbour Courier");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!text.contains("Geneva"), "{text}");
        assert!(!correct(&service).await, "once");

        // The next edition says it no more to the one; both hear of the talks that the corrected article tells of as well.
        service.clock = Clock::simulated(slot(2));
        publish(&service, 2).await;
        let mails = sent(&world);
        assert_eq!(mails.len(), 4, "{mails:?}");
        for (to, _, path) in mails.iter().filter(|(_, subject, _)| subject.contains("Azerbaijan")) {
            let mail = std::fs::read(path).unwrap();
            let mail = MessageParser::default().parse(&mail).unwrap();
            let text = mail.body_text(0).unwrap();
            assert!(text.contains("Armenia – Azerbaijan") && text.contains("killed 2"), "{to}: {text}");
            assert!(!text.contains("corrected by"), "{to}: {text}");
        }
        // The day's edition is its edition, whatever was corrected after it.
        let replayed = world.run(&["replay", "--date", "2031-03-04", "--as", FROM_THE_START]).ended(0);
        assert!(replayed.out.contains("killed 12"), "{}", replayed.out);
    });
}
