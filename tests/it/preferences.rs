//! What a reader chose, as it shows in the messages that a mail server gets: the scenario's five days for readers who want
//! different things of them.

use std::collections::BTreeMap;

use daybrief::news::delivery::State;
use daybrief::news::digest::{Digest, Section};
use daybrief::news::subscriber::{Empty, Format, Near, Preferences};
use daybrief::service::store::{Frozen, Store};
use daybrief::service::worker::Clock;
use mail_parser::MessageParser;

use crate::outbox::{config, deliver, relay, service};
use crate::smtp_server::{Script, SmtpServer};
use crate::store::{address, at, freeze};

/// A message as its reader sees it.
#[derive(Clone, Debug)]
struct Read {
    subject: String,
    text: String,
    has_html: bool,
}

/// Readers with their choices, and the editions of the scenario that they are sent.
struct Readers {
    store: Store,
    server: SmtpServer,
    digests: Vec<Digest>,
}

impl Readers {
    async fn new(readers: &[(&str, Preferences)]) -> Self {
        let store = Store::in_memory().await.unwrap();
        for (name, wants) in readers {
            let to = address(&format!("{name}@inbox.example"));
            store.add_subscriber(&to, None, &[], at(-600)).await.unwrap();
            set(&store, name, wants).await;
        }
        Self { store, server: SmtpServer::start(Script::default()).await, digests: crate::ledger::play(|_| {}) }
    }

    /// Freezes the edition of a day of the scenario, from 1, and sends it: what each reader got, and the states of all.
    async fn get(&self, day: usize) -> (BTreeMap<String, Read>, BTreeMap<State, u64>) {
        let digest = &self.digests[day - 1];
        let id = match self.store.freeze(freeze(digest, &[]), digest.frame.composed_at).await.unwrap() {
            Frozen::Now { id, .. } => id,
            other => panic!("{other:?}"),
        };
        let before = self.server.seen().messages.len();
        let mut service = service(config(&relay(self.server.address, "")), self.store.clone(), 0);
        service.clock = Clock::simulated(digest.frame.composed_at);
        deliver(&service).await.unwrap();
        let got = self.server.seen().messages[before..].iter().map(|bytes| read(bytes)).collect();
        (got, self.store.delivery_counts(Some(&id)).await.unwrap())
    }
}

async fn set(store: &Store, name: &str, wants: &Preferences) {
    let known = store.subscriber_at(&address(&format!("{name}@inbox.example"))).await.unwrap().unwrap();
    assert!(store.set_preferences(&known.id, wants, &[], at(-500)).await.unwrap());
}

fn read(bytes: &[u8]) -> (String, Read) {
    let message = MessageParser::default().parse(bytes).unwrap();
    let to = message.to().unwrap().first().unwrap().address().unwrap();
    let read = Read {
        subject: message.subject().unwrap().to_owned(),
        text: message.body_text(0).unwrap().replace("\r\n", "\n"),
        has_html: message.parts.iter().any(mail_parser::MessagePart::is_text_html),
    };
    (to.split('@').next().unwrap().to_owned(), read)
}

fn places(places: &[(&str, u32)]) -> Preferences {
    let near = |(name, radius_km): &(&str, u32)| Near { name: (*name).to_owned(), radius_km: *radius_km };
    Preferences { places: places.iter().map(near).collect(), ..Preferences::default() }
}

fn kinds(kinds: &[&str]) -> Preferences {
    Preferences { kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), ..Preferences::default() }
}

fn topics(topics: &[Section]) -> Preferences {
    Preferences { topics: topics.to_vec(), ..Preferences::default() }
}

#[track_caller]
fn check(read: &Read, has: &[&str], lacks: &[&str]) {
    for part in has {
        assert!(read.text.contains(part), "{part:?} is missing in\n{}", read.text);
    }
    for part in lacks {
        assert!(!read.text.contains(part), "{part:?} stands in\n{}", read.text);
    }
}

#[tokio::test]
async fn each_gets_what_they_chose() {
    let (got, states) = Readers::new(&[
        ("all", Preferences::default()),
        ("sumy", places(&[("Sumy", 50)])),
        ("cyrillic", places(&[("Суми", 50)])),
        ("wide", places(&[("Kharkiv", 200)])),
        ("georgia", places(&[("Georgia", 1)])),
        ("strikes", kinds(&["strike"])),
        ("talks", kinds(&["talks"])),
        ("tolls", topics(&[Section::Tolls])),
        ("brief", topics(&[Section::Brief])),
        ("text", Preferences { format: Format::Text, ..Preferences::default() }),
        ("tokyo", Preferences { zone: Some("Asia/Tokyo".to_owned()), ..Preferences::default() }),
    ])
    .await
    .get(1)
    .await;
    assert_eq!(states, BTreeMap::from([(State::Accepted, 11)]));
    let everything = ["Sumy", "Kharkiv", "Kutaisi", "Odesa", "Armenia", "film festival"];
    check(&got["all"], &everything, &["your places"]);
    check(&got["sumy"], &["your places: Sumy", "Armenia"], &["Kharkiv", "Kutaisi", "Odesa"]);
    check(&got["cyrillic"], &["your places: Суми"], &["Kharkiv", "Kutaisi"]);
    // The nearest of a place's incidents is not the gravest: Sumy lies 140 km from Kharkiv.
    check(&got["wide"], &["your places: Kharkiv", "km from Kharkiv", "Sumy"], &["Kutaisi", "Odesa"]);
    // A country is watched to its borders, however small the distance.
    check(&got["georgia"], &["Kutaisi", "your places: Georgia"], &["Sumy", "Odesa"]);
    check(&got["strikes"], &["Sumy", "Kharkiv"], &["Kutaisi", "Armenia", "film festival"]);
    check(&got["talks"], &["Armenia"], &["Sumy", "Kutaisi", "film festival"]);
    check(&got["tolls"], &["Sumy", "Kutaisi"], &["Armenia", "film festival"]);
    check(&got["brief"], &["film festival"], &["Sumy", "Armenia"]);
    assert!(got["all"].has_html && !got["text"].has_html);
    check(&got["all"], &["07:00 (UTC)"], &[]);
    check(&got["tokyo"], &["16:00 (Asia/Tokyo)"], &["07:00 (UTC)"]);
    assert!(got["sumy"].subject.contains("Sumy") && !got["talks"].subject.contains("Sumy"), "{got:#?}");
}

#[tokio::test]
async fn without_news_for_them_a_reader_gets_a_note_or_nothing() {
    let nowhere = places(&[("Reykjavik", 10)]);
    let with = |empty| Preferences { kinds: vec!["disease".to_owned()], empty, ..nowhere.clone() };
    let (got, states) = Readers::new(&[
        ("all", Preferences::default()),
        ("skips", with(Some(Empty::Skip))),
        ("noted", with(Some(Empty::Note))),
    ])
    .await
    .get(1)
    .await;
    assert_eq!(states, BTreeMap::from([(State::Accepted, 2), (State::Skipped, 1)]));
    assert_eq!(got.keys().collect::<Vec<_>>(), ["all", "noted"]);
    check(&got["noted"], &["Nothing new since the last edition."], &["Sumy", "Kutaisi"]);
    assert!(got["noted"].subject.ends_with("nothing new"), "{}", got["noted"].subject);
}

#[tokio::test]
async fn who_reads_changes_alone_is_told_how_it_goes_on() {
    let only = Preferences { empty: Some(Empty::Skip), ..topics(&[Section::Changes]) };
    let readers = Readers::new(&[("changes", only)]).await;
    let (first, _) = readers.get(1).await;
    assert!(first.is_empty(), "nothing has changed yet: {first:#?}");
    let (second, _) = readers.get(2).await;
    check(&second["changes"], &["CHANGED SINCE THE LAST EDITION", "9 → 11"], &["STRIKES AND TOLLS", "Mykolaiv"]);
}

#[tokio::test]
async fn a_correction_reaches_who_read_the_figure_whatever_they_chose() {
    let readers = Readers::new(&[("tolls", topics(&[Section::Tolls])), ("brief", topics(&[Section::Brief]))]).await;
    let (first, _) = readers.get(1).await;
    check(&first["tolls"], &["Kutaisi", "injured 12"], &[]);
    let (second, _) = readers.get(2).await;
    check(&second["tolls"], &["Kutaisi", "12"], &[]);
    let corrected = second["tolls"].text.to_lowercase().contains("correct");
    assert!(corrected, "{}", second["tolls"].text);
    if let Some(brief) = second.get("brief") {
        check(brief, &[], &["Kutaisi"]);
    }
}

#[tokio::test]
async fn what_is_chosen_later_does_not_change_what_was_read() {
    let readers = Readers::new(&[("reader", places(&[("Kutaisi", 20)]))]).await;
    let (first, _) = readers.get(1).await;
    check(&first["reader"], &["Kutaisi"], &["Sumy"]);
    // From now on Sumy as well: yesterday's figures of it are new to this reader, and not changes of what they never read.
    set(&readers.store, "reader", &places(&[("Kutaisi", 20), ("Sumy", 20)])).await;
    let (second, _) = readers.get(2).await;
    check(
        &second["reader"],
        &["(new · your places: Sumy)", "killed 11"],
        &["(was 9)", "Sumy · strike · 3 Mar (changed"],
    );
}
