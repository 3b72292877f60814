//! The articles of our own in `tests/corpus`, labelled by reading: that they are sound, and how well they are read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use daybrief::news::eval::{Floors, Labels, Reading, Scores, score};
use daybrief::news::extract::answer;
use daybrief::news::kinds::pattern::Kinds;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Fewer articles than this tell little about any one kind of news.
const ARTICLES_MIN: usize = 80;
/// A report shorter than this has no context that could mislead; longer ones belong to the fuzzers.
const WORDS: std::ops::RangeInclusive<usize> = 80..=250;
/// The script rounds to four decimals.
const ROUNDING: f64 = 0.000_1;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

fn lines(name: &str) -> Vec<Value> {
    text(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn string<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {value}"))
}

fn run(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_daybrief")).args(arguments).current_dir(path("")).output().unwrap()
}

#[test]
fn every_article_is_sound_and_stands_with_its_labels() {
    let (articles, gold) = (lines("tests/corpus/articles.jsonl"), lines("tests/corpus/gold.jsonl"));
    assert!(articles.len() >= ARTICLES_MIN, "{} articles", articles.len());
    let ids: BTreeSet<&str> = articles.iter().map(|article| string(article, "id")).collect();
    assert_eq!(ids.len(), articles.len(), "an id stands twice");
    assert_eq!(articles.len(), gold.len());
    for (article, labels) in articles.iter().zip(&gold) {
        let id = string(article, "id");
        for field in ["id", "title", "published", "text"] {
            assert_eq!(string(article, field), string(labels, field), "{id}: {field} differs");
        }
        let day: Result<jiff::civil::Date, _> = string(article, "published").parse();
        assert!(day.is_ok(), "{id}: published {}", article["published"]);
        let count = string(article, "text").split_whitespace().count();
        assert!(WORDS.contains(&count), "{id} has {count} words");
    }
}

#[test]
fn every_label_is_in_range_and_quotes_its_article() {
    for line in lines("tests/corpus/gold.jsonl") {
        let (id, text) = (string(&line, "id"), string(&line, "text"));
        // Fields and values that the guidelines do not know are refused by the types.
        let labels: Labels = serde_json::from_value(line.clone()).unwrap_or_else(|error| panic!("{id}: {error}"));
        for kind in ["tolls", "munitions", "talks"] {
            for label in line[kind].as_array().unwrap() {
                let quote = string(label, "quote");
                assert!(!quote.is_empty() && text.contains(quote), "{id}: {quote:?} is not in the text");
                assert!(label["current"].is_boolean(), "{id}: {quote:?} is neither current nor background");
                for next in label["next"].as_array().into_iter().flatten() {
                    assert!(text.contains(next.as_str().unwrap()), "{id}: {next} is not in the text");
                }
            }
        }
        let counts = labels.tolls.iter().map(|toll| (toll.low, toll.high, toll.words.is_some()));
        let weapons = labels.munitions.iter().map(|munitions| (munitions.low, munitions.high, false));
        for (low, high, has_words) in counts.chain(weapons) {
            let has_number = low.is_some() || high.is_some();
            assert!(has_number != has_words, "{id}: a count is a number or a word: {low:?} {high:?}");
            assert!(low.zip(high).is_none_or(|(low, high)| low <= high), "{id}: {low:?} to {high:?}");
        }
        for toll in &labels.tolls {
            let is_none = (toll.low, toll.high) == (Some(0), Some(0));
            assert_eq!(toll.negated, is_none, "{id}: {:?}", toll.quotes.first());
        }
        for talks in &labels.talks {
            use daybrief::news::kinds::Status::{Concluded, Stalled};
            let has_ended = matches!(talks.status, Some(Concluded | Stalled));
            assert!(talks.status.is_some() && !talks.parties.is_empty(), "{id}: {:?}", talks.quotes.first());
            assert_eq!(talks.outcome.is_some(), has_ended, "{id}: an outcome is that of ended talks");
        }
    }
}

/// Labels are changed because they were wrong, not because a rule yields something else: whoever changes one changes this too,
/// and says why.
#[test]
fn the_labels_are_those_that_the_floors_were_measured_on() {
    let mut digest = Sha256::new();
    for name in ["tests/corpus/articles.jsonl", "tests/corpus/gold.jsonl"] {
        digest.update(text(name));
    }
    let fingerprint: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let floors = Floors::parse(&text("tests/corpus/floors.toml")).unwrap();
    assert_eq!(floors.fingerprint, Some(fingerprint), "articles or labels have changed");
}

#[test]
fn no_figure_undercuts_its_floor() {
    let mut scores = Scores::default();
    for line in text("tests/corpus/gold.jsonl").lines() {
        let gold: Value = serde_json::from_str(line).unwrap();
        let answer: Value = serde_json::from_str(&answer(line, None, Kinds::standard())).unwrap();
        let reading = Reading::of(answer["developments"].as_array().unwrap()).unwrap();
        let labels: Labels = serde_json::from_str(line).unwrap();
        scores += score(&labels, string(&gold, "text"), string(&gold, "title"), Some(&reading)).0;
    }
    let floors = Floors::parse(&text("tests/corpus/floors.toml")).unwrap();
    assert_eq!(floors.undercut(&scores), [], "see `daybrief eval tests/corpus/gold.jsonl --errors`");
}

#[test]
fn the_verb_scores_one_file_or_two_and_fails_below_a_floor() {
    let (gold, articles) = ("tests/corpus/gold.jsonl", "tests/corpus/articles.jsonl");
    let one = run(&["eval", gold, "--json", "--floors", "tests/corpus/floors.toml"]);
    assert_eq!(one.status.code(), Some(0), "{}", String::from_utf8_lossy(&one.stderr));
    assert_eq!(one.stdout, run(&["eval", gold, articles, "--json"]).stdout);

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let high = write("high.toml", "toll.value.recall = 1.0\nevidence = 1.0\n");
    let below = run(&["eval", gold, "--floors", &high]);
    assert_eq!(below.status.code(), Some(1));
    let told = String::from_utf8(below.stderr).unwrap();
    assert!(told.starts_with("toll.value.recall is below its floor of 1.0000: 0."), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");

    let unknown = write("unknown.toml", "toll.vale.f1 = 0.5\n");
    assert_eq!(run(&["eval", gold, "--floors", &unknown]).status.code(), Some(2));
    // Labels without a text need the articles; an article that is not there is missed, and said.
    let label = r#"{"id": "a", "munitions": [], "talks": [], "tolls": [{"measure": "killed", "low": 3, "high": 3, "quote": "q"}]}"#;
    let bare = write("bare.jsonl", label);
    assert_eq!(run(&["eval", &bare]).status.code(), Some(2));
    let missed = run(&["eval", &bare, articles, "--errors"]);
    let shown = String::from_utf8(missed.stdout).unwrap();
    assert!(shown.starts_with("a | missed toll | killed 3 people | q\n"), "{shown}");
    assert!(String::from_utf8_lossy(&missed.stderr).contains("no article a in "));
}

/// Two programs by two people that agree on every figure are worth more than one.
#[test]
fn the_figures_are_those_of_the_script() {
    let (script, gold) = ("../shared/corpus/score.py", "../shared/corpus/gold.jsonl");
    if !path(script).exists() || Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: needs ../shared/corpus/score.py and python3; eval is NOT compared with the script");
        return;
    }
    for gold in [gold, "tests/corpus/gold.jsonl"] {
        let read = run(&["extract", "--jsonl", gold]);
        let folder = tempfile::tempdir().unwrap();
        let system = folder.path().join("system.jsonl");
        fs::write(&system, read.stdout).unwrap();
        let script =
            Command::new("python3").arg(path(script)).arg(path(gold)).arg(&system).arg("--json").output().unwrap();
        let expected: Value = serde_json::from_slice(&script.stdout).unwrap();
        let ours: Value = serde_json::from_slice(&run(&["eval", gold, "--json"]).stdout).unwrap();
        let measures = expected.as_object().unwrap();
        assert_eq!(measures.len(), ours.as_object().unwrap().len());
        for (measure, figures) in measures {
            for (name, figure) in figures.as_object().unwrap() {
                let (a, b) = (figure.as_f64(), ours[measure][name].as_f64());
                assert_eq!(a.is_some(), b.is_some(), "{gold}: {measure} {name}: {figure} and {:?}", ours[measure]);
                let apart = a.zip(b).map_or(0.0, |(a, b)| (a - b).abs());
                assert!(apart <= ROUNDING, "{gold}: {measure} {name}: the script has {figure}, we have {b:?}");
            }
        }
    }
}
