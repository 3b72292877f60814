//! The toll ledger: what joins, what heads, what is held, and what each reader is told of it. Real sentences, read by the
//! extractor; the five days of `tests/scenario` are played for three readers and compared with readable snapshots.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use daybrief::news::article::Article;
use daybrief::news::digest::indexed::Indexed;
use daybrief::news::digest::interest::Interest;
use daybrief::news::digest::rank::Rules;
use daybrief::news::digest::told::Told;
use daybrief::news::digest::{self, Coverage, Digest, Frame, Look, Section, Window};
use daybrief::news::extract::{self, Extraction};
use daybrief::news::incident::Reading;
use daybrief::news::incident::claimant::Order;
use daybrief::news::incident::plausibility::{Decisions, Reason};
use daybrief::news::origin;
use daybrief::news::subscriber::Scope;
use daybrief::news::wording::{self, Language::English as EN};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

mod joins;

fn article(id: &str, outlet: &str, published: &str, title: &str, text: &str) -> Article {
    Article {
        id: id.to_owned(),
        url: Some(format!("https://{}.example/{id}", outlet.to_lowercase().replace(' ', "-"))),
        outlet: outlet.to_owned(),
        title: title.to_owned(),
        language: Some("en".to_owned()),
        published: published.parse().ok(),
        text: text.to_owned(),
        ..Article::default()
    }
}

/// Extracted once, however often a scenario is played.
fn extraction(article: &Article) -> Extraction {
    static KNOWN: Mutex<BTreeMap<(String, String), Extraction>> = Mutex::new(BTreeMap::new());
    let key = (article.title.clone(), format!("{:?} {}", article.published, article.text));
    let known = KNOWN.lock().unwrap().get(&key).cloned();
    known.unwrap_or_else(|| {
        let extraction = extract::extract(article);
        KNOWN.lock().unwrap().insert(key, extraction.clone());
        extraction
    })
}

/// Readings with their origins, as the pipeline makes them.
fn read(articles: &[(Article, bool)]) -> Vec<Reading> {
    let reading = |(article, fresh): &(Article, bool)| Reading::new(article.clone(), extraction(article), *fresh);
    let mut readings: Vec<Reading> = articles.iter().map(reading).collect();
    Reading::trace(&mut readings, &origin::FAMILIES);
    readings
}

/// "title | text" of articles of different outlets on 4 March 2031, one an hour.
fn readings(articles: &[(&str, &str)]) -> Vec<Reading> {
    let articles: Vec<(Article, bool)> = articles
        .iter()
        .enumerate()
        .map(|(hour, (title, text))| {
            let published = format!("2031-03-04T{:02}:00:00Z", hour + 8);
            (article(&format!("a{hour}"), &format!("Outlet {hour}"), &published, title, text), true)
        })
        .collect();
    read(&articles)
}

fn frame(to: Timestamp) -> Frame {
    Frame {
        name: "daily".to_owned(),
        title: "Scenario".to_owned(),
        zone: "UTC".to_owned(),
        window: Window { from: to - SignedDuration::from_hours(24), to },
        slots: vec![to],
        partial: false,
        only_corrects: false,
        held_over: Vec::new(),
        composed_at: to,
        sections: Section::ALL.to_vec(),
        coverage: Coverage::default(),
        rules: Rules::default(),
        look: Look::default(),
    }
}

fn compose(readings: &[Reading]) -> Digest {
    digest::compose(frame("2031-03-05T07:00:00Z".parse().unwrap()), readings, &[], &Decisions::default())
}

#[test]
fn who_counts_heads_and_the_others_stand_beside_it() {
    let readings = readings(&[
        ("Sumy", "A missile strike on Sumy on Monday killed 14 people, the mayor said."),
        ("Sumy", "A missile strike on Sumy on Monday killed 9 people, the regional administration said."),
        ("Sumy", "A missile strike on Sumy on Monday killed 14 people, the mayor said."),
    ]);
    let digest = compose(&readings);
    let line = &digest.tolls[0].lines[0];
    assert_eq!(line.figure.value().count.low, Some(9));
    assert_eq!(line.range, Some((9, 14)));
    assert!(wording::grade(&digest.tolls[0].attested, EN).starts_with("Contested: killed from 9 to 14"));
    let order = Order::new(&[daybrief::news::incident::claimant::Class::Mayor]);
    let mut frame = frame("2031-03-05T07:00:00Z".parse().unwrap());
    frame.rules.claimants = order;
    let digest = digest::compose(frame, &readings, &[], &Decisions::default());
    assert_eq!(digest.tolls[0].lines[0].figure.value().count.low, Some(14), "the order is configuration");
}

#[test]
fn a_belligerents_claim_of_enemy_losses_never_heads() {
    let digest = compose(&readings(&[(
        "Losses",
        "Some 300 militants were killed in strikes on Mosul on Monday, the army said.",
    )]));
    let item = &digest.tolls[0];
    assert!(item.lines.is_empty() && item.claimed.len() == 1, "{item:#?}");
}

/// The reasons for which figures of articles are held.
#[track_caller]
fn check_held(articles: &[(&str, &str)], expected: &[Reason]) {
    let digest = compose(&readings(articles));
    let held: Vec<Reason> = digest.held.iter().map(|held| held.reason).collect();
    assert_eq!(held, expected, "{:#?}", digest.tolls);
}

#[test]
fn figures_that_cannot_be_right_are_held() {
    let base = ("Sumy", "A missile strike on Sumy on Monday killed 12 people and injured 40, police said.");
    check_held(
        &[base, ("Sumy", "A missile strike on Sumy on Monday killed 120 people, rescuers said.")],
        &[Reason::Jump { before: 12 }],
    );
    check_held(
        &[("Sumy", "A missile strike on Sumy on Monday injured 12 people, including 23 children, police said.")],
        &[Reason::PartOverTotal { total: 12 }],
    );
}

#[test]
fn a_released_figure_is_printed_and_a_rejected_one_never() {
    let readings = readings(&[
        ("Sumy", "A missile strike on Sumy on Monday killed 12 people, police said."),
        ("Sumy", "A missile strike on Sumy on Monday killed 120 people, police said."),
    ]);
    let digest = compose(&readings);
    let id = digest.held[0].id.clone();
    let head = |decisions: &Decisions| {
        let frame = frame("2031-03-05T07:00:00Z".parse().unwrap());
        let digest = digest::compose(frame, &readings, &[], decisions);
        (digest.tolls[0].lines[0].figure.value().count.low, digest.held.len())
    };
    assert_eq!(head(&Decisions::default()), (Some(12), 1));
    let released = Decisions { released: [id.clone()].into(), ..Decisions::default() };
    assert_eq!(head(&released), (Some(120), 0));
    let rejected = Decisions { rejected: [id].into(), ..Decisions::default() };
    assert_eq!(head(&rejected), (Some(12), 0));
}

#[test]
fn a_zero_more_is_held_though_one_voice_exaggerates() {
    let killed =
        |count: &str, who: &str| format!("A missile strike on Sumy on Monday killed {count} people, {who} said.");
    let articles =
        [killed("11", "police"), killed("14", "the mayor"), killed("11", "rescuers"), killed("110", "a resident")];
    let articles: Vec<(&str, &str)> = articles.iter().map(|text| ("Sumy", text.as_str())).collect();
    check_held(&articles, &[Reason::Jump { before: 11 }]);
}

#[test]
fn down_to_eight_from_nine_is_a_revision() {
    let digest = compose(&readings(&[
        ("Sumy", "A missile strike on Sumy on Monday killed nine people, the governor said."),
        (
            "Sumy",
            "The death toll was down to eight from nine after Monday's missile strike on Sumy, the governor said.",
        ),
    ]));
    let line = &digest.tolls[0].lines[0];
    assert_eq!((line.figure.value().count.low, &digest.held[..]), (Some(8), &[][..]));
    assert_eq!(line.choice, daybrief::news::incident::reconcile::Choice::Revised);
}

#[test]
fn small_incidents_stay_out_and_the_reading_time_keeps_whole_items() {
    let readings = readings(&[
        ("Sumy", "A missile strike on Sumy on Monday killed 9 people, police said."),
        ("Kharkiv", "A drone strike on Kharkiv on Monday injured two people, police said."),
        ("Odesa", "A missile strike on Odesa on Monday killed 5 people, police said."),
    ]);
    let digest = |rules: Rules| {
        let mut frame = frame("2031-03-05T07:00:00Z".parse().unwrap());
        frame.rules = rules;
        digest::compose(frame, &readings, &[], &Decisions::default())
    };
    let view = |digest: &Digest| Told::default().next(&[], &Indexed::new(digest.clone()), &Interest::default());
    let places = |digest: &Digest| digest.tolls.iter().filter_map(|item| item.place.clone()).collect::<Vec<_>>();
    assert_eq!(places(&view(&digest(Rules::default()))), ["Sumy", "Odesa", "Kharkiv"], "by weight");
    assert_eq!(places(&view(&digest(Rules { people_min: 3, ..Rules::default() }))), ["Sumy", "Odesa"]);
    // No time at all still leaves the first item, whole; the others are named and told next time.
    let digest = Indexed::new(digest(Rules { reading_minutes: Some(0), ..Rules::default() }));
    let mut told = Told::default();
    let short = told.next(&[], &digest, &Interest::default());
    assert_eq!((places(&short), short.left_out.len()), (vec!["Sumy".to_owned()], 2));
    let quiet = Indexed::new(compose(&[]));
    let next = told.next(&[], &quiet, &Interest::default());
    assert_eq!(places(&next), ["Odesa", "Kharkiv"], "what was left out stays news");
}

#[test]
fn a_round_moves_only_as_far_as_a_sentence_says() {
    let plan =
        ("Talks", "Armenia and Azerbaijan will hold talks in Geneva on Wednesday, the Swiss foreign ministry said.");
    let over = ("Talks", "Talks between Armenia and Azerbaijan in Geneva ended on Monday without a joint statement.");
    let state = |articles: &[(&str, &str)]| {
        let digest = compose(&readings(articles));
        let [item] = &digest.talks[..] else { panic!("{:#?}", digest.talks) };
        item.rounds.iter().map(|round| wording::state(round.state.value(), EN)).collect::<Vec<_>>()
    };
    assert_eq!(state(&[plan]), ["scheduled"]);
    assert_eq!(state(&[plan, plan]), ["scheduled"], "told twice is no second round");
    assert_eq!(state(&[over, plan]), ["ended, outcome not reported", "scheduled"], "a later plan is the next round");
}

/// "due 5 Mar: kept (what says so)" of each promise of the one track that articles tell of, two weeks later.
fn fates(articles: &[(&str, &str)]) -> Vec<String> {
    let articles: Vec<(Article, bool)> = articles
        .iter()
        .enumerate()
        .map(|(at, (day, text))| {
            let published = format!("2031-03-{day}T12:00:00Z");
            (article(&format!("a{at}"), &format!("Outlet {at}"), &published, "Talks", text), true)
        })
        .collect();
    let to: Timestamp = "2031-03-28T07:00:00Z".parse().unwrap();
    let digest = digest::compose(frame(to), &read(&articles), &[], &Decisions::default());
    let [item] = &digest.talks[..] else { panic!("{:#?}", digest.talks) };
    let day = to.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let told = item.promises.iter().map(|promise| {
        let closed = promise.closed.as_ref().map_or(String::new(), |closed| format!(" ({})", closed.value()));
        wording::promise(promise, day, EN) + &closed
    });
    told.collect()
}

#[test]
fn what_is_put_off_or_called_off_is_not_missed() {
    let plan =
        ("03", "Armenia and Azerbaijan will hold talks in Geneva on Wednesday, the Swiss foreign ministry said.");
    let step = (
        "03",
        "Sudanese and Chadian negotiators ended talks in Cairo on Monday with an agreement on prisoners.\n\n\
         The two sides are to exchange lists of prisoners by Wednesday, the Egyptian foreign ministry said.",
    );
    let later = |text: &'static str| ("04", text);
    let cairo = "Sudanese and Chadian negotiators ended talks in Cairo on Tuesday.";
    let of_step = |text: &str| fates(&[step, ("04", &format!("{cairo}\n\n{text}"))]);
    let off =
        "Talks between Armenia and Azerbaijan in Geneva on Wednesday were postponed, the Swiss foreign ministry said.";
    assert_eq!(fates(&[plan]), ["due 5 Mar: not reported"]);
    assert_eq!(fates(&[plan, later(off)]), [format!("due 5 Mar: postponed ({off})")]);
    let moved =
        "Talks between Armenia and Azerbaijan in Geneva were postponed to Friday, the Swiss foreign ministry said.";
    assert_eq!(
        fates(&[plan, later(moved)]),
        [format!("due 5 Mar: postponed to 7 Mar ({moved})"), "due 7 Mar: not reported".to_owned()]
    );
    let held = "Talks between Armenia and Azerbaijan in Geneva ended on Friday without a joint statement.";
    assert_eq!(
        fates(&[plan, later(moved), ("08", held)]),
        [format!("due 5 Mar: postponed to 7 Mar ({moved})"), format!("due 7 Mar: kept ({held})")]
    );
    let cancelled = "Talks between Armenia and Azerbaijan in Geneva on Wednesday were cancelled, officials said.";
    assert_eq!(fates(&[plan, later(cancelled)]), [format!("due 5 Mar: called off ({cancelled})")]);

    assert_eq!(of_step("The ministers praised Egypt."), ["due 5 Mar: not reported"]);
    let extended = "The two sides extended the deadline of Wednesday to exchange lists to 12 March.";
    assert_eq!(
        of_step(extended),
        [format!("due 5 Mar: postponed to 12 Mar ({extended})"), "due 12 Mar: not reported".to_owned()]
    );
    let exchange = "Sudan and Chad put off the exchange of lists until Saturday.";
    assert_eq!(
        of_step(exchange),
        [format!("due 5 Mar: postponed to 8 Mar ({exchange})"), "due 8 Mar: not reported".to_owned()]
    );
    let dropped = "The exchange of lists due on Wednesday was called off, Chad said.";
    assert_eq!(of_step(dropped), [format!("due 5 Mar: called off ({dropped})")]);
    // What is said of something else, or denied, closes nothing.
    for other in [
        "A football match in Cairo was cancelled.",
        "The exchange of lists would not be postponed, Chad said.",
        "Chad denied that the exchange of lists on Wednesday was postponed.",
        "Sudan and Chad cancelled a ferry of 20 March.",
    ] {
        assert_eq!(of_step(other), ["due 5 Mar: not reported"], "{other}");
    }
}

#[test]
fn developments_that_are_only_counted_are_for_those_who_take_all_kinds() {
    let text = "The European Union on Tuesday imposed sanctions on 12 Belarusian banks.";
    let mut digest = compose(&readings(&[("Sanctions", text)]));
    digest.developments_more = 3;
    let counts = |topics: &[Section], kinds: &[&str]| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let interest = Interest::of(&Scope { topics: topics.to_vec(), kinds, places: Vec::new() });
        let view = Told::default().next(&[], &Indexed::new(digest.clone()), &interest);
        assert_eq!(interest.only(&digest).developments_more, view.developments_more);
        (view.developments.len(), view.developments_more)
    };
    assert_eq!(counts(&[], &[]), (1, 3));
    assert_eq!(counts(&[Section::Developments], &[]), (1, 3));
    assert_eq!(counts(&[Section::Tolls], &[]), (0, 0));
    assert_eq!(counts(&[], &["sanctions"]), (1, 0), "of which kinds they are is not known");
    assert_eq!(counts(&[], &["toll"]), (0, 0));
}

/// One block of the scenario's file: "== day | id | outlet | time | title", then the text.
pub struct Arrival {
    pub day: usize,
    pub article: Article,
}

pub fn arrivals() -> Vec<Arrival> {
    let file = include_str!("../scenario/articles.txt");
    let blocks = file.split("\n== ").skip(1);
    blocks
        .map(|block| {
            let (head, text) = block.split_once('\n').unwrap();
            let cells: Vec<&str> = head.split(" | ").collect();
            let [day, id, outlet, time, title] = cells[..] else { panic!("five cells, not {head}") };
            let day: usize = day.parse().unwrap();
            let published = format!("2031-03-{:02}T{time}:00Z", day + 2);
            Arrival { day, article: article(id, outlet, &published, title, text.trim()) }
        })
        .collect()
}

/// The stored digests of the five days, when the articles of each come in the order that `shuffle` gives.
pub fn play(shuffle: impl Fn(&mut Vec<Reading>)) -> Vec<Digest> {
    let arrivals = arrivals();
    let mut digests: Vec<Digest> = Vec::new();
    for day in 1..=5 {
        let mut articles: Vec<(Article, bool)> = Vec::new();
        for arrival in arrivals.iter().filter(|arrival| arrival.day <= day) {
            // Of an article that came again its new text speaks.
            articles.retain(|(known, _)| known.id != arrival.article.id);
            articles.push((arrival.article.clone(), arrival.day == day));
        }
        let mut readings = read(&articles);
        shuffle(&mut readings);
        let to: Timestamp = format!("2031-03-{:02}T07:00:00Z", day + 3).parse().unwrap();
        let earlier: Vec<Digest> = digests.iter().rev().cloned().collect();
        digests.push(digest::compose(frame(to), &readings, &earlier, &Decisions::default()));
    }
    digests
}

fn ledger(digest: &Digest) -> String {
    let mut out = String::new();
    let edition = digest.frame.composed_at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    for correction in &digest.corrections {
        writeln!(
            out,
            "  ! {}: {}",
            wording::correction_title(correction, edition, EN),
            wording::correction(correction, EN)
        )
        .unwrap();
    }
    for item in &digest.tolls {
        let title = wording::incident_title(item, edition, EN);
        writeln!(out, "  {title} ({}) {}", wording::mark(item.news, EN), wording::grade(&item.attested, EN)).unwrap();
        for line in &item.lines {
            write!(out, "    {}: {}", wording::toll(line, EN), wording::attribution(line.figure.value(), EN)).unwrap();
            writeln!(out, "{}", wording::range(line, EN).map_or_else(String::new, |range| format!("; {range}")))
                .unwrap();
        }
        for line in &item.claimed {
            writeln!(out, "    claimed: {}", wording::claimed(line, EN)).unwrap();
        }
    }
    for item in &digest.talks {
        writeln!(out, "  {} ({})", wording::parties(item), wording::mark(item.news, EN)).unwrap();
        for round in &item.rounds {
            let (title, moved) = (wording::round(round, edition, EN), wording::round_moved(round, edition, EN));
            writeln!(out, "    {title}: {moved}").unwrap();
            for account in &round.accounts {
                writeln!(out, "      {}", wording::account(account, EN)).unwrap();
            }
            if round.without_statement.is_some() {
                writeln!(out, "      no joint statement").unwrap();
            }
        }
        for issue in &item.readout {
            writeln!(out, "    {}", wording::issue(issue, EN)).unwrap();
        }
        for promise in &item.promises {
            writeln!(out, "    promised “{}”, {}", promise.words.value(), wording::promise(promise, edition, EN))
                .unwrap();
        }
        if let Some(day) = item.next_day {
            writeln!(out, "    next: {}", EN.day(day, edition)).unwrap();
        }
    }
    for item in &digest.developments {
        let (what, title) = (wording::development(item, EN), wording::development_title(item, edition, EN));
        writeln!(out, "  {title}: {what}: {}", wording::development_source(item, EN)).unwrap();
    }
    for held in &digest.held {
        writeln!(out, "  held: {}", wording::held_item(held, EN)).unwrap();
    }
    out
}

#[test]
fn five_days_are_told_to_three_readers_as_expected() {
    let digests = play(|_| {});
    // Who the editions really reached, day by day: one from the start, one who joined on the second day and paused on the
    // fourth, one whose mail bounced on the second and third.
    let readers =
        [("from the start", [1, 1, 1, 1, 1]), ("joined, paused", [0, 1, 1, 0, 1]), ("bounced", [1, 0, 0, 1, 1])];
    let indexed: Vec<Indexed> = digests.iter().cloned().map(Indexed::new).collect();
    let mut told: Vec<(Told, Vec<&Indexed>)> = readers.iter().map(|_| (Told::default(), Vec::new())).collect();
    let mut failed = Vec::new();
    for (day, edition) in indexed.iter().enumerate() {
        let mut out = format!("LEDGER\n{}", ledger(edition.digest()));
        for ((name, reached), (told, missed)) in readers.iter().zip(&mut told) {
            if reached[day] == 0 {
                missed.push(edition);
                writeln!(out, "\n{}\n  nothing was delivered", name.to_uppercase()).unwrap();
                continue;
            }
            let view = told.next(missed, edition, &Interest::default());
            write!(out, "\n{}\n{}", name.to_uppercase(), ledger(&view)).unwrap();
            assert!(view.notes.numbered().all(|(_, note)| !note.quote.is_empty()));
            missed.clear();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/scenario/day-{}.txt", day + 1));
        match std::fs::read_to_string(&path) {
            Ok(expected) if expected == out => {}
            Ok(expected) => failed.push(format!("day {} was\n{expected}\nand is\n{out}", day + 1)),
            Err(error) => failed.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_arrival_never_shows(seed in any::<u64>()) {
        let shuffle = |readings: &mut Vec<Reading>| {
            // A linear congruential generator is enough to deal cards.
            let mut state = seed;
            for at in (1..readings.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let other = usize::try_from(state >> 33).unwrap() % (at + 1);
                readings.swap(at, other);
            }
        };
        prop_assert_eq!(play(shuffle), play(|_| {}));
    }
}
