//! How fast 10,000 personal messages are made, beside a plain `format!` of the same bytes, and how often a picture is drawn.
//!
//! ```console
//! cargo bench --bench rendering
//! ```
//!
//! Two cases. *Addressed*: readers who get the same edition; each message is a copy with the reader's own address, ids and
//! links. *Personal*: readers who each look at places of their own, so that every edition is cut, put into words, rendered
//! and encoded for one reader: nothing but its pictures can be shared. Rates of one run are compared with one another only.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark measures time and may fail loudly")]

use std::time::{Duration, Instant};

use daybrief::news::article::{Article, Published};
use daybrief::news::digest::indexed::Indexed;
use daybrief::news::digest::interest::Interest;
use daybrief::news::digest::rank::Rules;
use daybrief::news::digest::told::Told;
use daybrief::news::digest::{self, Coverage, Digest, Frame, Look, Section, Window};
use daybrief::news::extract::{Claim, DateSpan, Extraction, Stance, What};
use daybrief::news::incident::Reading;
use daybrief::news::incident::plausibility::Decisions;
use daybrief::news::kinds::{Event, Group, Measure, Scope, Toll};
use daybrief::news::letter::{Letter, Reach};
use daybrief::news::message::templates::Templates;
use daybrief::news::message::view::Studio;
use daybrief::news::message::{self, Manner, Sender};
use daybrief::news::subscriber::{self, Format, Near};
use daybrief::news::text::Span;
use daybrief::news::token::Key;
use daybrief::news::value::{Count, Place, Precision};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const READERS: usize = 10_000;
const INCIDENTS: u16 = 24;
const EDITION: &str = "daily-1";

/// A strike on one of a row of towns.
fn reading(town: u16, now: Timestamp) -> Reading {
    let published = now - SignedDuration::from_hours(3);
    let (killed, injured) = (2 + u64::from(town), 20 + u64::from(town));
    let text = format!("A missile strike on Town {town} killed {killed} people and injured {injured}.");
    let place = Place {
        name: format!("Town {town}"),
        country: Some("UA".to_owned()),
        admin1: None,
        geonames_id: Some(1_000_000 + u32::from(town)),
        lat: Some(46.0 + f64::from(town % 5)),
        lon: Some(24.0 + f64::from(town) / 2.0),
        precision: Precision::Settlement,
    };
    let date = Published::from(published).date();
    let claim = |measure, number| Claim {
        what: What::Toll(Toll {
            measure,
            count: Count { low: Some(number), high: Some(number), words: None, approx: false },
            group: Group::People,
            part: false,
            scope: Scope::Event,
            event: Event::Strike,
            change: None,
            previous: None,
            negated: false,
        }),
        current: true,
        stance: Stance::Reported,
        claimant: Some("the regional administration".to_owned()),
        place: Some(place.clone()),
        date: Some(DateSpan { start: date, end: date }),
        evidence: vec![Span::new(0, text.len())],
    };
    let claims = vec![claim(Measure::Killed, killed), claim(Measure::Injured, injured)];
    let article = Article {
        id: format!("article-{town}"),
        url: Some(format!("https://courier.example/strike-on-town-{town}")),
        outlet: "The Sample Courier".to_owned(),
        title: format!("Strike on Town {town}"),
        published: Some(Published::from(published)),
        text,
        ..Article::default()
    };
    Reading::new(article, Extraction { claims, diagnostics: Vec::new() }, true)
}

/// What the readers watch, around where the towns are.
const TOWNS: [&str; 5] = ["Lviv", "Chernivtsi", "Cluj-Napoca", "Chisinau", "Odesa"];

fn edition(now: Timestamp) -> Digest {
    let frame = Frame {
        name: "daily".to_owned(),
        title: "Bench daily".to_owned(),
        zone: "UTC".to_owned(),
        window: Window { from: now - SignedDuration::from_hours(24), to: now },
        slots: vec![now],
        partial: false,
        only_corrects: false,
        held_over: Vec::new(),
        composed_at: now,
        sections: Section::ALL.to_vec(),
        coverage: Coverage { asked: 9, articles: usize::from(INCIDENTS), ..Coverage::default() },
        rules: Rules::default(),
        look: Look::default(),
    };
    let readings: Vec<Reading> = (0..INCIDENTS).map(|town| reading(town, now)).collect();
    digest::compose(frame, &readings, &[], &Decisions::default())
}

/// The bytes of a message in five parts, as a program would have them that puts a reader's own between what is the same.
fn plainly(message: &[u8]) -> Duration {
    let text = std::str::from_utf8(message).unwrap();
    let cut = |part: usize| text.len() * part / 5;
    let parts: Vec<&str> = (0..5).map(|part| &text[cut(part)..cut(part + 1)]).collect();
    let start = Instant::now();
    let copy = format!("{}{}{}{}{}", parts[0], parts[1], parts[2], parts[3], parts[4]);
    let took = start.elapsed();
    assert_eq!(std::hint::black_box(copy).len(), message.len());
    took
}

fn report(what: &str, bytes: usize, ours: Duration, plain: Duration) {
    let rate = |took: Duration| READERS as f64 / took.as_secs_f64();
    println!(
        "{what}: {:.0} messages a second, {} bytes each; plain format! {:.0}; {:.1} times its time",
        rate(ours),
        bytes / READERS,
        rate(plain),
        ours.as_secs_f64() / plain.as_secs_f64()
    );
}

fn main() {
    let now: Timestamp = "2031-03-08T07:00:00Z".parse().unwrap();
    let digest = edition(now);
    let sender = Sender {
        from: "Daybrief <daily@example.org>".parse().unwrap(),
        reply_to: None,
        list_id: "daily.example.org".to_owned(),
    };
    let (url, from) = (Some("https://digest.example.org".to_owned()), sender.from.email.clone());
    let reach = Reach { key: Key::new(b"secret"), url, bounces: None, from };
    let links = reach.places(EDITION, "daily").unwrap();
    let templates = Templates::default();
    let manner =
        Manner { zone: &TimeZone::UTC, contact: "daily@example.org", links: Some(&links), templates: &templates };
    let address = |reader: usize| format!("reader{reader}@inbox.example").parse().unwrap();

    let mut studio = Studio::default();
    let rendered = message::render_with(&digest, studio.drawings(&digest), manner).unwrap();
    let letter = Letter::new(EDITION, &rendered, &digest, &sender, &reach, Format::Both).unwrap();
    let (mut bytes, mut ours, mut plain) = (0, Duration::ZERO, Duration::ZERO);
    for reader in 0..READERS {
        let to = address(reader);
        let (subscriber, message_id) = (format!("{reader:016x}"), format!("<{reader}.a@example.org>"));
        let start = Instant::now();
        let message = letter.to(&to, &subscriber, &message_id, &reach);
        ours += start.elapsed();
        plain += plainly(&message.bytes);
        bytes += message.bytes.len();
    }
    report("addressed", bytes, ours, plain);
    println!("pictures drawn for {READERS} readers: {}", studio.drawn());

    let edition = Indexed::new(digest);
    let mut studio = Studio::default();
    let (mut bytes, mut ours, mut plain, mut pictures) = (0, Duration::ZERO, Duration::ZERO, 0);
    for reader in 0..READERS {
        let near = Near {
            name: TOWNS[reader % TOWNS.len()].to_owned(),
            radius_km: 100 + 40 * u32::try_from(reader % 7).unwrap(),
        };
        let interest = Interest::of(&subscriber::Scope { places: vec![near], ..subscriber::Scope::default() });
        let to = address(reader);
        let (subscriber, message_id) = (format!("{reader:016x}"), format!("<{reader}.a@example.org>"));
        let start = Instant::now();
        let view = Told::default().next(&[], &edition, &interest);
        let rendered = message::render_with(&view, studio.drawings(&view), manner).unwrap();
        let letter = Letter::new(EDITION, &rendered, &view, &sender, &reach, Format::Both).unwrap();
        let message = letter.to(&to, &subscriber, &message_id, &reach);
        ours += start.elapsed();
        plain += plainly(&message.bytes);
        bytes += message.bytes.len();
        pictures += rendered.drawings.named().count();
    }
    report("personal", bytes, ours, plain);
    println!("pictures in {READERS} personal messages: {pictures}; drawn: {}", studio.drawn());
}
