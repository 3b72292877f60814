//! What a digest says of given claims: joining, comparing with what was printed before, grounding, rendering.

use std::collections::BTreeSet;

use daybrief::news::article::{Article, Published};
use daybrief::news::digest::indexed::Indexed;
use daybrief::news::digest::interest::Interest;
use daybrief::news::digest::rank::Rules;
use daybrief::news::digest::told::Told;
use daybrief::news::digest::{self, Coverage, Digest, Frame, Look, News, Section, Window};
use daybrief::news::extract::{Claim, DateSpan, Extraction, Stance, What};
use daybrief::news::incident::Reading;
use daybrief::news::incident::plausibility::Decisions;
use daybrief::news::kinds::{
    Change, Event, Form, Group, Measure, MunitionAction, MunitionType, Munitions, Outcome, Scope, Status, Talks, Toll,
};
use daybrief::news::letter::{Letter, Reach};
use daybrief::news::subscriber::{self, Format, Near};
use daybrief::news::text::Span;
use daybrief::news::token::Key;
use daybrief::news::value::{Count, Place, Precision};
use daybrief::news::{message, wording};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// An article of one sentence, published on a day of March 2031 at noon UTC.
fn article(id: &str, outlet: &str, day: i8, text: &str) -> Article {
    let at = civil::date(2031, 3, day).at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
    Article {
        id: id.to_owned(),
        url: Some(format!("https://{outlet}.example/{id}")),
        outlet: outlet.to_owned(),
        title: format!("Heading of {id}"),
        published: Some(Published::from(at)),
        text: text.to_owned(),
        ..Article::default()
    }
}

pub fn place(name: &str, id: u32) -> Place {
    Place {
        name: name.to_owned(),
        country: Some("UA".to_owned()),
        admin1: None,
        geonames_id: Some(id),
        lat: None,
        lon: None,
        precision: Precision::Settlement,
    }
}

fn claim(article: &Article, what: What, place: Option<Place>, day: i8) -> Claim {
    let date = civil::date(2031, 3, day);
    Claim {
        what,
        current: true,
        stance: Stance::Reported,
        claimant: Some("regional administration".to_owned()),
        place,
        date: Some(DateSpan { start: date, end: date }),
        evidence: vec![Span::new(0, article.text.len())],
    }
}

fn toll(measure: Measure, number: u64, group: Group, part: bool) -> Toll {
    Toll {
        measure,
        count: Count { low: Some(number), high: Some(number), words: None, approx: false },
        group,
        part,
        scope: Scope::Event,
        event: Event::Strike,
        change: None,
        previous: None,
        negated: false,
    }
}

/// A reading of one strike in Sumy on 3 March, told on `day`.
pub fn strike(id: &str, outlet: &str, day: i8, injured: u64, children: u64) -> Reading {
    let article =
        article(id, outlet, day, &format!("A strike on Sumy injured {injured} people including {children} children."));
    let claims = [
        toll(Measure::Injured, injured, Group::People, false),
        toll(Measure::Injured, children, Group::Children, true),
    ]
    .map(|toll| claim(&article, What::Toll(toll), Some(place("Sumy", 692_194)), 3));
    Reading::new(article, Extraction { claims: claims.to_vec(), diagnostics: Vec::new() }, true)
}

pub fn talks(id: &str, day: i8, status: Status, outcome: Option<Outcome>) -> Reading {
    let article = article(id, "wire", day, "Armenia and Azerbaijan and their talks in Geneva.");
    let talks = Talks {
        parties: vec!["Armenia".to_owned(), "Azerbaijan".to_owned()],
        mediators: vec!["Switzerland".to_owned()],
        form: Form::Talks,
        status,
        outcome,
        topic: None,
        next: Vec::new(),
    };
    let claims = vec![claim(&article, What::Talks(talks), Some(place("Geneva", 2_660_646)), 4)];
    Reading::new(article, Extraction { claims, diagnostics: Vec::new() }, true)
}

pub fn frame(day: i8) -> Frame {
    let at = |day: i8| civil::date(2031, 3, day).at(7, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
    Frame {
        name: "daily".to_owned(),
        title: "Test daily".to_owned(),
        zone: "UTC".to_owned(),
        window: Window { from: at(day - 1), to: at(day) },
        slots: vec![at(day)],
        partial: false,
        only_corrects: false,
        held_over: Vec::new(),
        composed_at: at(day),
        sections: Section::ALL.to_vec(),
        coverage: Coverage { asked: 2, ..Coverage::default() },
        rules: Rules::default(),
        look: Look::default(),
    }
}

pub fn compose(frame: Frame, readings: &[Reading], earlier: &[Digest]) -> Digest {
    digest::compose(frame, readings, earlier, &Decisions::default())
}

fn stale(mut reading: Reading) -> Reading {
    reading.fresh = false;
    reading
}

fn text(digest: &Digest) -> String {
    message::render(digest, &TimeZone::UTC, "desk@example.org", None).unwrap().text
}

#[track_caller]
fn check_contains(text: &str, expected: &[&str]) {
    // The text part is wrapped; a reader sees one sentence.
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in expected {
        assert!(flat.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn a_rising_toll_says_what_it_was() {
    let first = compose(frame(4), &[strike("a", "courier", 3, 88, 17)], &[]);
    assert_eq!(first.tolls[0].news, News::New);
    let readings = [stale(strike("a", "courier", 3, 88, 17)), strike("b", "ledger", 4, 101, 23)];
    let second = compose(frame(5), &readings, std::slice::from_ref(&first));
    assert_eq!(second.tolls.len(), 1, "one incident, told twice");
    assert_eq!(second.tolls[0].news, News::Changed);
    check_contains(
        &text(&second),
        &[
            "injured 101 (was 88, +13): regional administration, as of 4 Mar 12:00 [1]",
            "including 23 children (was 17, +6)",
            "courier, ledger",
        ],
    );
    assert_eq!(wording::subject(&second), "Sumy strike: 101 injured (was 88)");
}

#[test]
fn the_order_of_arrival_never_matters() {
    let readings =
        [strike("a", "courier", 3, 88, 17), strike("b", "ledger", 4, 101, 23), talks("t", 4, Status::UnderWay, None)];
    let mut backwards = readings.to_vec();
    backwards.reverse();
    assert_eq!(compose(frame(5), &readings, &[]), compose(frame(5), &backwards, &[]));
}

#[test]
fn a_lower_later_figure_needs_a_word_of_revision_to_head() {
    let head = |readings: &[Reading]| {
        let digest = compose(frame(5), readings, &[]);
        digest.tolls[0].lines[0].figure.value().count.low
    };
    let mut later = strike("b", "ledger", 4, 80, 17);
    assert_eq!(head(&[strike("a", "courier", 3, 88, 17), later.clone()]), Some(88));
    if let What::Toll(toll) = &mut later.extraction.claims[0].what {
        toll.change = Some(Change::Fell);
    }
    assert_eq!(head(&[strike("a", "courier", 3, 88, 17), later]), Some(80));
    let mut correction = strike("c", "ledger", 4, 80, 17);
    correction.article.title = "CORRECTED: strike on Sumy".to_owned();
    let correction = Reading::new(correction.article, correction.extraction, true);
    assert_eq!(head(&[strike("a", "courier", 3, 88, 17), correction]), Some(80));
}

#[test]
fn equally_new_reports_give_the_lower_figure_and_the_other_beside_it() {
    let readings = [strike("a", "courier", 4, 90, 17), strike("b", "ledger", 4, 85, 17)];
    let digest = compose(frame(5), &readings, &[]);
    let line = &digest.tolls[0].lines[0];
    assert_eq!(line.figure.value().count.low, Some(85));
    assert_eq!(line.others[0].value().count.low, Some(90));
    check_contains(&text(&digest), &["also reported: 90 injured"]);
}

#[test]
fn a_country_alone_never_joins_two_articles() {
    let in_country = |id: &str| {
        let mut reading = strike(id, "courier", 4, 5, 1);
        for claim in &mut reading.extraction.claims {
            claim.place = Some(Place { precision: Precision::Country, ..place("Ukraine", 690_791) });
        }
        reading
    };
    assert_eq!(compose(frame(5), &[in_country("a"), in_country("b")], &[]).tolls.len(), 2);
}

#[test]
fn talks_move_from_state_to_state() {
    let first = compose(frame(4), &[talks("a", 3, Status::Scheduled, None)], &[]);
    let readings =
        [stale(talks("a", 3, Status::Scheduled, None)), talks("b", 4, Status::Concluded, Some(Outcome::Continue))];
    let second = compose(frame(5), &readings, std::slice::from_ref(&first));
    assert_eq!(second.talks.len(), 1);
    check_contains(
        &text(&second),
        &[
            "scheduled for 4 Mar → ended, contacts to go on",
            "Armenia – Azerbaijan (changed)",
            "Mediated by Switzerland",
        ],
    );
}

#[test]
fn what_was_told_before_is_quiet() {
    let first = compose(frame(4), &[strike("a", "courier", 3, 88, 17)], &[]);
    let second = compose(frame(5), &[stale(strike("a", "courier", 3, 88, 17))], std::slice::from_ref(&first));
    assert!(second.is_quiet() && second.tolls.is_empty());
    let repeated = compose(frame(5), &[strike("b", "ledger", 4, 88, 17)], std::slice::from_ref(&first));
    assert!(repeated.is_quiet(), "the same figure in another paper is not news");
}

#[test]
fn a_claim_without_a_live_span_is_not_printed() {
    let mut reading = strike("a", "courier", 3, 88, 17);
    for claim in &mut reading.extraction.claims {
        claim.evidence = vec![Span::new(10, 10_000)];
    }
    assert!(compose(frame(4), &[reading], &[]).tolls.is_empty());
}

#[test]
fn a_quote_that_left_its_article_is_found() {
    let reading = strike("a", "courier", 3, 88, 17);
    let digest = compose(frame(4), std::slice::from_ref(&reading), &[]);
    let (then, now) = (reading.article.text.clone(), "Edited since.".to_owned());
    // What was quoted as it read then stands, though it reads otherwise now.
    let texts = [now, then];
    assert_eq!(digest.notes.broken(|_| &texts), Vec::<usize>::new());
    assert_eq!(digest.notes.broken(|_| std::slice::from_ref(&texts[0])), vec![1]);
    assert_eq!(digest.notes.broken(|_| &[]), vec![1]);
}

#[test]
fn a_digest_reads_back_as_it_was_stored() {
    let digest = compose(frame(4), &[strike("a", "courier", 3, 88, 17), talks("t", 3, Status::Scheduled, None)], &[]);
    let stored = serde_json::to_string(&digest).unwrap();
    assert_eq!(serde_json::from_str::<Digest>(&stored).unwrap(), digest);
}

#[test]
fn markup_in_an_article_stays_text() {
    let mut reading = strike("a", "courier", 3, 88, 17);
    reading.extraction.claims.clear();
    reading.article.title = "<script>alert(1)</script>".to_owned();
    let digest = compose(frame(4), &[reading], &[]);
    let html = message::render(&digest, &TimeZone::UTC, "desk@example.org", None).unwrap().html;
    assert!(!html.contains("<script") && html.contains("&#60;script&#62;"), "{html}");
}

#[test]
fn the_link_points_to_the_quoted_words() {
    let digest = compose(frame(4), &[strike("a", "courier", 3, 88, 17)], &[]);
    let (_, note) = digest.notes.numbered().next().unwrap();
    let fragment = "A%20strike%20on%20Sumy%20injured%2088%20people%20including%2017%20children.";
    assert_eq!(note.link().unwrap(), format!("https://courier.example/a#:~:text={fragment}"));
}

#[test]
fn the_same_message_twice_is_the_same_bytes() {
    let digest = compose(frame(4), &[strike("a", "courier", 3, 88, 17)], &[]);
    let rendered = message::render(&digest, &TimeZone::UTC, "desk@example.org", None).unwrap();
    let sender = message::Sender {
        from: "Daybrief <daily@example.org>".parse().unwrap(),
        reply_to: None,
        list_id: "daily.example.org".to_owned(),
    };
    let build = || {
        let reach = Reach { key: Key::new(b"x"), url: None, bounces: None, from: sender.from.email.clone() };
        let letter = Letter::new("e", &rendered, &digest, &sender, &reach, Format::Both).unwrap();
        letter.to(&"reader@inbox.example".parse().unwrap(), "0123456789abcdef", "<a.b@example.org>", &reach).bytes
    };
    assert_eq!(build(), build());
    let text = String::from_utf8(build()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let composed: Timestamp = digest.frame.composed_at;
    let date = composed.strftime("Date: %a, %d %b %Y %H:%M:%S +0000").to_string();
    for line in [
        date.as_str(),
        "Message-ID: <a.b@example.org>",
        "List-Id: <daily.example.org>",
        "List-Unsubscribe: <mailto:daily@example.org?subject=unsubscribe>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ] {
        assert!(head.lines().any(|have| have == line), "{line} is missing in:\n{head}");
    }
}

#[test]
fn a_figure_without_a_day_is_of_its_articles_event() {
    let mut reading = strike("a", "courier", 5, 88, 17);
    let missing = toll(Measure::Missing, 2, Group::People, false);
    let mut undated = claim(&reading.article, What::Toll(missing), Some(place("Sumy", 692_194)), 3);
    undated.date = None;
    reading.extraction.claims.push(undated);
    let digest = compose(frame(5), &[reading], &[]);
    assert_eq!(digest.tolls.len(), 1);
    assert_eq!(digest.tolls[0].day, Some(civil::date(2031, 3, 3)));
}

#[test]
fn what_made_a_total_rise_is_not_told_beside_it() {
    let mut reading = strike("a", "courier", 5, 88, 17);
    let mut rise = toll(Measure::Killed, 6, Group::People, false);
    rise.change = Some(Change::Rose);
    let step = toll(Measure::Killed, 1, Group::Women, false);
    reading.extraction.claims = vec![
        claim(&reading.article, What::Toll(rise), Some(place("Sumy", 692_194)), 3),
        claim(&reading.article, What::Toll(step), Some(place("Sumy", 692_194)), 5),
    ];
    let digest = compose(frame(5), &[reading], &[]);
    assert_eq!((digest.tolls.len(), digest.tolls[0].lines.len()), (1, 1));
}

#[test]
fn developments_and_tallies_elsewhere_are_not_for_who_watches_a_place() {
    let somewhere = |name: &str, id: u32, at: Option<(f64, f64)>| Place {
        lat: at.map(|(lat, _)| lat),
        lon: at.map(|(_, lon)| lon),
        ..place(name, id)
    };
    let places = [
        somewhere("Sumy", 692_194, Some((50.92, 34.80))),
        somewhere("Odesa", 698_740, Some((46.48, 30.73))),
        somewhere("Nowhereville", 1, None),
    ];
    let told = |(nth, place): (u64, &Place)| {
        let count = Count { low: Some(nth + 3), high: Some(nth + 3), words: None, approx: false };
        let tally = Munitions { munition: MunitionType::Drone, count, action: MunitionAction::Intercepted, by: None };
        let evacuation = serde_json::from_value(serde_json::json!({ "kind": "evacuation" })).unwrap();
        let article = article(&place.name, "wire", 4, &format!("{} families left {}.", nth + 3, place.name));
        let claims = [What::Munitions(tally), What::Developed(evacuation)]
            .map(|what| claim(&article, what, Some(place.clone()), 4));
        Reading::new(article, Extraction { claims: claims.to_vec(), diagnostics: Vec::new() }, true)
    };
    let readings: Vec<Reading> = (0..).zip(&places).map(told).collect();
    let digest = compose(frame(5), &readings, &[]);
    assert_eq!((digest.munitions.len(), digest.developments.len()), (3, 3));

    let watching = |name: &str| {
        let near = Near { name: name.to_owned(), radius_km: 50 };
        Interest::of(&subscriber::Scope { places: vec![near], ..subscriber::Scope::default() })
    };
    // What is nowhere on the map may be there.
    let expected = ["Nowhereville", "Sumy"];
    for view in
        [watching("Sumy").only(&digest), Told::default().next(&[], &Indexed::new(digest.clone()), &watching("Sumy"))]
    {
        let tallies: BTreeSet<&str> = view.munitions.iter().filter_map(|line| line.place.as_deref()).collect();
        let developments: BTreeSet<&str> = view.developments.iter().filter_map(|item| item.place.as_deref()).collect();
        assert_eq!((tallies, developments), (expected.into(), expected.into()));
    }
    let country = watching("Ukraine").only(&digest);
    assert_eq!((country.munitions.len(), country.developments.len()), (3, 3));
    // What was stored says so too.
    let stored: Digest = serde_json::from_str(&serde_json::to_string(&digest).unwrap()).unwrap();
    assert_eq!(watching("Sumy").only(&stored).munitions.len(), 2);
}
