//! Composing over many stored claims, and what 10,000 readers with their own places get: time and memory, and how both grow.
//!
//! `cargo bench --bench compose -- 10000`, then `-- 100000`; memory is the peak of the process (Linux).

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark measures time and may fail loudly")]

use std::time::Instant;

use daybrief::news::article::{Article, Published};
use daybrief::news::digest::indexed::Indexed;
use daybrief::news::digest::interest::Interest;
use daybrief::news::digest::rank::Rules;
use daybrief::news::digest::told::Told;
use daybrief::news::digest::{self, Coverage, Frame, Look, Section, Window};
use daybrief::news::extract::{Claim, DateSpan, Extraction, Stance, What};
use daybrief::news::incident::Reading;
use daybrief::news::incident::plausibility::Decisions;
use daybrief::news::kinds::{Event, Group, Measure, Scope, Toll};
use daybrief::news::subscriber::{self, Near};
use daybrief::news::text::Span;
use daybrief::news::value::{Count, Place, Precision};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

const CLAIMS_AN_ARTICLE: usize = 5;
const ARTICLES_AN_INCIDENT: usize = 4;
const READERS: usize = 10_000;
const PLACES: [&str; 8] = ["Kyiv", "Kharkiv", "Odesa", "Dnipro", "Lviv", "Sumy", "Poltava", "Kherson"];

fn reading(at: usize, now: Timestamp) -> Reading {
    let incident = at / ARTICLES_AN_INCIDENT;
    // Two weeks of news; the last day's is fresh.
    let days = i64::try_from(incident % 14).unwrap();
    let published = now - SignedDuration::from_hours(24 * days + 2);
    let date = Published::from(published).date();
    let id = u32::try_from(1_000_000 + incident).unwrap();
    let part = |seed: usize, by: usize| f64::from(u32::try_from(seed % by).unwrap());
    let text =
        format!("A missile strike on Town {incident} killed {} people and injured {}.", 3 + incident % 9, 20 + at % 4);
    let place = Place {
        name: format!("Town {incident}"),
        country: Some("UA".to_owned()),
        admin1: Some(format!("{}", incident % 25)),
        geonames_id: Some(id),
        // All over Ukraine: primes, so that towns do not stand in a line.
        lat: Some(45.0 + part(incident * 53, 700) / 100.0),
        lon: Some(23.0 + part(incident * 197, 1_600) / 100.0),
        precision: Precision::Settlement,
    };
    let number = |index: usize| u64::try_from(if index == 0 { 3 + incident % 9 } else { 20 + at % 4 + index }).unwrap();
    let measures = [Measure::Killed, Measure::Injured, Measure::Missing, Measure::Evacuated, Measure::Rescued];
    let claims = measures.iter().enumerate().take(CLAIMS_AN_ARTICLE).map(|(index, measure)| Claim {
        what: What::Toll(Toll {
            measure: *measure,
            count: Count { low: Some(number(index)), high: Some(number(index)), words: None, approx: false },
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
    });
    let extraction = Extraction { claims: claims.collect(), diagnostics: Vec::new() };
    let article = Article {
        id: format!("article-{at}"),
        outlet: format!("Outlet {}", at % 40),
        title: format!("Strike on Town {incident}"),
        published: Some(Published::from(published)),
        text,
        ..Article::default()
    };
    Reading::new(article, extraction, days == 0)
}

fn main() {
    let claims: usize = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(10_000);
    let now: Timestamp = "2031-03-08T07:00:00Z".parse().unwrap();
    let readings: Vec<Reading> = (0..claims / CLAIMS_AN_ARTICLE).map(|at| reading(at, now)).collect();
    let frame = Frame {
        name: "daily".to_owned(),
        title: "Bench".to_owned(),
        zone: "UTC".to_owned(),
        window: Window { from: now.checked_sub(24.hours()).unwrap(), to: now },
        slots: vec![now],
        partial: false,
        only_corrects: false,
        held_over: Vec::new(),
        composed_at: now,
        sections: Section::ALL.to_vec(),
        coverage: Coverage::default(),
        rules: Rules { reading_minutes: Some(10), ..Rules::default() },
        look: Look::default(),
    };
    // What was told before this morning: so that yesterday's incidents are not news.
    let start = Instant::now();
    let digest = digest::compose(frame, &readings, &[], &Decisions::default());
    let composed = start.elapsed();
    let start = Instant::now();
    let edition = Indexed::new(digest);
    let mut items = 0;
    for reader in 0..READERS {
        let near = Near { name: PLACES[reader % PLACES.len()].to_owned(), radius_km: 100 };
        let interest = Interest::of(&subscriber::Scope { places: vec![near], ..subscriber::Scope::default() });
        items += Told::default().next(&[], &edition, &interest).tolls.len();
    }
    assert!(items > READERS / 10, "{items} items for {READERS} readers: too few to measure anything by");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not known");
    println!("{claims} claims, {} incidents: composed in {composed:?}", edition.digest().tolls.len());
    println!("{READERS} readers with their own places: {:?}, {items} items; {peak}", start.elapsed());
}
