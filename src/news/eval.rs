//! How well the extractor reads, against articles that people labelled.
//!
//! # The measures
//!
//! The labels and their meaning are those of the guidelines the contract names; the measures are those of the script that
//! stands beside them (`score.py`), figure for figure, so that either can be trusted to check the other. A claim that is
//! labelled and read is a hit, one that is only labelled is missed, one that is only read is extra. *Precision* is the
//! share of hits in what was read, *recall* their share in what is labelled, and *F1* their harmonic mean (van
//! Rijsbergen, *Information Retrieval*, 1979). A wrong toll is worse than a missing one, so precision is what to watch.
//!
//! | measure | a hit is |
//! | --- | --- |
//! | `toll.value` | a current toll with the same measure, low, high (or vague word) |
//! | `toll.full` | the same, and the same group |
//! | `toll.any` | as `toll.value`, over all tolls, current or not |
//! | `munitions` | the same type, low, high and action; a rocket is a missile |
//! | `talks` | current talks of like parties (Jaccard, the shared part of all that either names, of [`JACCARD_MIN`] or more, with or without mediators) whose evidence lies within [`NEAR_CHARS_MAX`] characters of the label's |
//!
//! Exact match of values is the measure of the published work on victim counts, which is what lets the figures be compared.
//! Claims of an article are matched one to one; among tolls of one value, the one at the same place goes first. "No one
//! was killed" is left out on both sides: it is a statement about a toll, not a toll.
//!
//! On what was matched, a field's *accuracy* is the share that agrees: `toll.place`, `toll.event`, `toll.current` and, where
//! the label has one, `toll.source` (over the pairs of `toll.any`); `talks.status`, `talks.place` and, where the labelled
//! talks are concluded or stalled, `talks.outcome` (over the pairs of `talks`). Names are alike when they are equal without
//! case, articles and words such as "region", or when one holds the other. `evidence` is the share of everything read
//! whose every quote stands in the article; less than 1 is a fault.
//!
//! What can be reached: two careful readers who labelled the same 26 articles agree on `toll.value` with F1 0.97 and on `talks`
//! with 0.84 (the guidelines give all the figures).

mod floors;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

pub use floors::{Floors, FloorsError, Undercut};
use names::{alike, norm};

use super::kinds::{Event, Group, Measure, MunitionAction, MunitionType, Outcome, Status};

/// Talks are the same when this much of the parties that either names is named by both.
pub const JACCARD_MIN: f64 = 0.5;
/// ... and their evidence is no further apart than this: about a paragraph.
pub const NEAR_CHARS_MAX: usize = 600;
/// Decimals of a figure, as the script gives them.
const DECIMALS: f64 = 10_000.0;

/// A toll as labelled or as read: what the measures look at.
#[derive(Clone, Debug, Deserialize)]
pub struct Toll {
    pub measure: Measure,
    pub low: Option<u64>,
    pub high: Option<u64>,
    pub words: Option<String>,
    #[serde(default)]
    pub group: Group,
    #[serde(default, deserialize_with = "place")]
    pub place: Option<String>,
    pub event: Option<Event>,
    pub source: Option<String>,
    #[serde(default = "yes")]
    pub current: bool,
    #[serde(default)]
    pub negated: bool,
    #[serde(flatten)]
    pub quotes: Quotes,
}

/// Munitions as labelled or as read.
#[derive(Clone, Debug, Deserialize)]
pub struct Munitions {
    #[serde(rename = "type")]
    pub munition: MunitionType,
    pub low: Option<u64>,
    pub high: Option<u64>,
    pub action: MunitionAction,
    #[serde(default, deserialize_with = "place")]
    pub place: Option<String>,
    #[serde(flatten)]
    pub quotes: Quotes,
}

/// Talks as labelled or as read.
#[derive(Clone, Debug, Deserialize)]
pub struct Talks {
    pub parties: Vec<String>,
    #[serde(default)]
    pub mediators: Vec<String>,
    #[serde(default, deserialize_with = "place")]
    pub place: Option<String>,
    pub status: Option<Status>,
    pub outcome: Option<Outcome>,
    #[serde(default = "yes")]
    pub current: bool,
    #[serde(default)]
    pub next: Vec<Quoted>,
    #[serde(flatten)]
    pub quotes: Quotes,
}

/// Where it stands: labels have one quote, what is read has evidence.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Quotes {
    quote: Option<String>,
    #[serde(default)]
    evidence: Vec<Quoted>,
}

impl Quotes {
    fn all(&self) -> Vec<&str> {
        match self.quote.as_deref().filter(|quote| !quote.is_empty()) {
            Some(quote) => vec![quote],
            None => self.evidence.iter().map(Quoted::text).collect(),
        }
    }

    /// The first one, to show.
    pub fn first(&self) -> &str {
        self.all().first().copied().unwrap_or_default()
    }
}

/// A quote, bare or with its span.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Quoted {
    Bare(String),
    Spanned { quote: String },
}

impl Quoted {
    pub fn text(&self) -> &str {
        let (Self::Bare(text) | Self::Spanned { quote: text }) = self;
        text
    }
}

fn yes() -> bool {
    true
}

/// Labels name a place, the extractor resolves it.
fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Place {
        Named(String),
        Resolved { name: String },
    }
    let place = Option::<Place>::deserialize(deserializer)?;
    Ok(place.map(|(Place::Named(name) | Place::Resolved { name })| name))
}

/// One article's labels.
#[derive(Clone, Debug, Deserialize)]
pub struct Labels {
    pub id: String,
    pub tolls: Vec<Toll>,
    pub munitions: Vec<Munitions>,
    pub talks: Vec<Talks>,
}

/// What the extractor read in one article.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub tolls: Vec<Toll>,
    pub munitions: Vec<Munitions>,
    pub talks: Vec<Talks>,
    /// Of every claim, whatever its kind.
    pub quotes: Vec<Quotes>,
}

impl Reading {
    /// Of the `developments` of one line of `extract --jsonl`: what is scored is what others get.
    ///
    /// # Errors
    /// When a development does not have the fields of the contract.
    pub fn of(developments: &[Value]) -> Result<Self, serde_json::Error> {
        let mut reading = Self::default();
        for development in developments {
            reading.quotes.push(Quotes::deserialize(development)?);
            match development.get("kind").and_then(Value::as_str) {
                Some("toll") => reading.tolls.push(Toll::deserialize(development)?),
                Some("munitions") => reading.munitions.push(Munitions::deserialize(development)?),
                Some("talks") => reading.talks.push(Talks::deserialize(development)?),
                _ => {}
            }
        }
        Ok(reading)
    }
}

/// How many claims were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub hits: usize,
    pub extra: usize,
    pub missed: usize,
}

impl Tally {
    pub fn precision(self) -> f64 {
        share(self.hits, self.hits + self.extra).unwrap_or_default()
    }

    pub fn recall(self) -> f64 {
        share(self.hits, self.hits + self.missed).unwrap_or_default()
    }

    pub fn f1(self) -> f64 {
        share(2 * self.hits, 2 * self.hits + self.extra + self.missed).unwrap_or_default()
    }
}

/// How many of the matched have a field right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    pub right: usize,
    pub of: usize,
}

impl Accuracy {
    fn count(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.of += 1;
    }

    /// `None` when there was nothing to judge.
    pub fn share(self) -> Option<f64> {
        share(self.right, self.of)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of claims are far below 2^52")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Figures over any number of articles; those of articles add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    pub articles: usize,
    /// Labelled articles whose text was not there.
    pub unanswered: usize,
    found: BTreeMap<&'static str, Tally>,
    right: BTreeMap<&'static str, Accuracy>,
}

/// In the order they are shown.
const FOUND: [&str; 5] = ["toll.value", "toll.full", "toll.any", "munitions", "talks"];
const RIGHT: [&str; 8] = [
    "toll.place",
    "toll.event",
    "toll.source",
    "toll.current",
    "talks.status",
    "talks.outcome",
    "talks.place",
    "evidence",
];

impl Scores {
    pub fn found(&self) -> impl Iterator<Item = (&'static str, Tally)> {
        FOUND.iter().map(|&name| (name, self.found.get(name).copied().unwrap_or_default()))
    }

    pub fn right(&self) -> impl Iterator<Item = (&'static str, Accuracy)> {
        RIGHT.iter().map(|&name| (name, self.right.get(name).copied().unwrap_or_default()))
    }

    /// The figure of that name, `toll.value.precision`, `talks.f1` or `toll.place` for instance; `None` when there is no such
    /// measure, `Some(None)` when there was nothing to judge.
    pub fn figure(&self, name: &str) -> Option<Option<f64>> {
        if let Some((_, accuracy)) = self.right().find(|(measure, _)| *measure == name) {
            return Some(accuracy.share());
        }
        let (measure, part) = name.rsplit_once('.')?;
        let (_, tally) = self.found().find(|(found, _)| *found == measure)?;
        match part {
            "precision" => Some(Some(tally.precision())),
            "recall" => Some(Some(tally.recall())),
            "f1" => Some(Some(tally.f1())),
            _ => None,
        }
    }

    /// The names that [`Scores::figure`] knows.
    pub fn names() -> impl Iterator<Item = String> {
        let found = FOUND.iter().flat_map(|name| ["precision", "recall", "f1"].map(|part| format!("{name}.{part}")));
        found.chain(RIGHT.iter().map(|&name| name.to_owned()))
    }

    /// The figures under the script's names, so that what reads its output reads this.
    pub fn to_json(&self) -> Value {
        let found = self.found().map(|(name, tally)| {
            let Tally { hits, extra, missed } = tally;
            let (p, r, f1) = (rounded(tally.precision()), rounded(tally.recall()), rounded(tally.f1()));
            (name.to_owned(), json!({ "p": p, "r": r, "f1": f1, "tp": hits, "fp": extra, "fn": missed }))
        });
        let right = self.right().map(|(name, accuracy)| {
            let word = if name == "evidence" { "share" } else { "accuracy" };
            (name.to_owned(), json!({ word: accuracy.share().map(rounded), "of": accuracy.of }))
        });
        let mut all: Map<String, Value> = found.chain(right).collect();
        all.insert("articles".to_owned(), json!({ "gold": self.articles, "unanswered": self.unanswered }));
        Value::Object(all)
    }
}

fn rounded(figure: f64) -> f64 {
    (figure * DECIMALS).round() / DECIMALS
}

impl AddAssign for Scores {
    fn add_assign(&mut self, other: Self) {
        self.articles += other.articles;
        self.unanswered += other.unanswered;
        for (name, Tally { hits, extra, missed }) in other.found {
            let tally = self.found.entry(name).or_default();
            tally.hits += hits;
            tally.extra += extra;
            tally.missed += missed;
        }
        for (name, Accuracy { right, of }) in other.right {
            let accuracy = self.right.entry(name).or_default();
            accuracy.right += right;
            accuracy.of += of;
        }
    }
}

/// Where labels and reading differ, to be read by a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    pub article: String,
    /// `missed toll`, `extra talks`, `wrong toll.place`, …
    pub what: String,
    pub value: String,
    pub quote: String,
}

/// Scores one article. `text` is the article's, `reading` is `None` when there was no such article.
pub fn score(labels: &Labels, text: &str, title: &str, reading: Option<&Reading>) -> (Scores, Vec<Miss>) {
    let nothing = Reading::default();
    let read = reading.unwrap_or(&nothing);
    let mut scoring = Scoring { id: &labels.id, scores: Scores::default(), misses: Vec::new() };
    scoring.scores.articles = 1;
    scoring.scores.unanswered = usize::from(reading.is_none());
    scoring.evidence(read, text, title);
    scoring.tolls(labels, read);
    let key = |one: &&Munitions| (family(one.munition), one.low, one.high, one.action);
    let matched = pair(labels.munitions.iter().collect(), read.munitions.iter().collect(), key, |m| m.place.as_deref());
    scoring.found("munitions", &matched);
    scoring.told("munitions", &matched, shown_munitions, |munitions| &munitions.quotes);
    scoring.talks(labels, read, text);
    (scoring.scores, scoring.misses)
}

/// Early reports call a missile a rocket.
fn family(munition: MunitionType) -> MunitionType {
    if munition == MunitionType::Rocket { MunitionType::Missile } else { munition }
}

/// Labelled and read, one to one, and what was left on either side.
struct Matched<'a, T> {
    pairs: Vec<(&'a T, &'a T)>,
    missed: Vec<&'a T>,
    extra: Vec<&'a T>,
}

/// Pairs what has the same key, in the order of the labels; the same place goes first.
fn pair<'a, T, K: PartialEq>(
    labelled: Vec<&'a T>,
    mut read: Vec<&'a T>,
    key: impl Fn(&&'a T) -> K,
    place: impl Fn(&T) -> Option<&str>,
) -> Matched<'a, T> {
    let mut matched = Matched { pairs: Vec::new(), missed: Vec::new(), extra: Vec::new() };
    for label in labelled {
        let wanted = key(&label);
        let same = |one: &&T| alike(place(one), place(label));
        let likes = || read.iter().enumerate().filter(|(_, one)| key(one) == wanted);
        match likes().find(|(_, one)| same(one)).or_else(|| likes().next()).map(|(index, _)| index) {
            Some(index) => matched.pairs.push((label, read.remove(index))),
            None => matched.missed.push(label),
        }
    }
    matched.extra = read;
    matched
}

/// One article being scored.
struct Scoring<'a> {
    id: &'a str,
    scores: Scores,
    misses: Vec<Miss>,
}

impl Scoring<'_> {
    fn found<T>(&mut self, name: &'static str, matched: &Matched<T>) {
        let tally = self.scores.found.entry(name).or_default();
        tally.hits += matched.pairs.len();
        tally.extra += matched.extra.len();
        tally.missed += matched.missed.len();
    }

    fn miss(&mut self, what: String, value: String, quotes: &Quotes) {
        self.misses.push(Miss { article: self.id.to_owned(), what, value, quote: one_line(quotes.first()) });
    }

    fn told<T>(
        &mut self,
        kind: &str,
        matched: &Matched<T>,
        value: impl Fn(&T) -> String,
        quotes: impl Fn(&T) -> &Quotes,
    ) {
        for missed in &matched.missed {
            self.miss(format!("missed {kind}"), value(missed), quotes(missed));
        }
        for extra in &matched.extra {
            self.miss(format!("extra {kind}"), value(extra), quotes(extra));
        }
    }

    /// Judges one field of a pair: what the label says, what was read, and whether that is right.
    fn field(&mut self, name: &'static str, label: Option<&str>, read: Option<&str>, is_right: bool, quotes: &Quotes) {
        self.scores.right.entry(name).or_default().count(is_right);
        if !is_right {
            let said = |value: Option<&str>| value.unwrap_or("none").to_owned();
            self.miss(format!("wrong {name}"), format!("{}, not {}", said(label), said(read)), quotes);
        }
    }

    fn evidence(&mut self, read: &Reading, text: &str, title: &str) {
        for quotes in &read.quotes {
            let all = quotes.all();
            let stands = |quote: &&str| !quote.is_empty() && (text.contains(quote) || title.contains(quote));
            let is_right = !all.is_empty() && all.iter().all(stands);
            self.field("evidence", None, None, is_right, quotes);
        }
    }

    fn tolls(&mut self, labels: &Labels, read: &Reading) {
        let (labelled, told) = (counted(&labels.tolls, false), counted(&read.tolls, false));
        let current = pair(labelled.clone(), told.clone(), |toll| value(toll), |toll| toll.place.as_deref());
        self.found("toll.value", &current);
        self.told("toll", &current, shown, |toll| &toll.quotes);
        let full = pair(labelled, told, |toll| (value(toll), toll.group), |toll| toll.place.as_deref());
        self.found("toll.full", &full);
        let (labelled, told) = (counted(&labels.tolls, true), counted(&read.tolls, true));
        let any = pair(labelled, told, |toll| value(toll), |toll| toll.place.as_deref());
        self.found("toll.any", &any);
        for (label, read) in any.pairs {
            let (a, b) = (label.place.as_deref(), read.place.as_deref());
            self.field("toll.place", a, b, alike(a, b), &label.quotes);
            let (a, b) = (word(&label.event), word(&read.event));
            self.field("toll.event", a.as_deref(), b.as_deref(), a == b, &label.quotes);
            let (a, b) = (label.current.to_string(), read.current.to_string());
            self.field("toll.current", Some(&a), Some(&b), a == b, &label.quotes);
            if let Some(a) = label.source.as_deref().filter(|source| !source.is_empty()) {
                let b = read.source.as_deref();
                self.field("toll.source", Some(a), b, alike(Some(a), b), &label.quotes);
            }
        }
    }

    fn talks(&mut self, labels: &Labels, read: &Reading, text: &str) {
        let current = |talks: &Talks| talks.current;
        let labelled: Vec<&Talks> = labels.talks.iter().filter(|talks| current(talks)).collect();
        let told: Vec<&Talks> = read.talks.iter().filter(|talks| current(talks)).collect();
        let matched = pair_talks(&labelled, &told, text);
        self.found("talks", &matched);
        let sides = |talks: &Talks| parties(talks, true).into_iter().collect::<Vec<_>>().join(", ");
        self.told("talks", &matched, sides, |talks| &talks.quotes);
        for (label, read) in matched.pairs {
            let (a, b) = (word(&label.status), word(&read.status));
            self.field("talks.status", a.as_deref(), b.as_deref(), a == b, &label.quotes);
            let (a, b) = (label.place.as_deref(), read.place.as_deref());
            self.field("talks.place", a, b, alike(a, b), &label.quotes);
            if matches!(label.status, Some(Status::Concluded | Status::Stalled)) {
                let (a, b) = (word(&label.outcome), word(&read.outcome));
                self.field("talks.outcome", a.as_deref(), b.as_deref(), a == b, &label.quotes);
            }
        }
    }
}

/// The tolls that a measure looks at: current ones, or any; "no one was killed" is none.
fn counted(tolls: &[Toll], is_any: bool) -> Vec<&Toll> {
    tolls.iter().filter(|toll| !toll.negated && (is_any || toll.current)).collect()
}

/// What makes two tolls the same figure. A word counts only where there is no number.
fn value(toll: &Toll) -> (Measure, Option<u64>, Option<u64>, Option<&str>) {
    let is_vague = toll.low.is_none() && toll.high.is_none();
    let words = toll.words.as_deref().filter(|words| is_vague && !words.is_empty());
    (toll.measure, toll.low, toll.high, words)
}

fn shown(toll: &Toll) -> String {
    let (measure, low, high, words) = value(toll);
    let of = |value: Option<String>| value.unwrap_or_default();
    format!("{} {} {}", of(word(&Some(measure))), count(low, high, words), of(word(&Some(toll.group))))
}

fn shown_munitions(munitions: &Munitions) -> String {
    let of = |value: Option<String>| value.unwrap_or_default();
    let count = count(munitions.low, munitions.high, None);
    format!("{} {count} {}", of(word(&Some(munitions.munition))), of(word(&Some(munitions.action))))
}

/// A count as a person would say it.
fn count(low: Option<u64>, high: Option<u64>, words: Option<&str>) -> String {
    match (low, high) {
        (Some(low), Some(high)) if low == high => low.to_string(),
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => words.unwrap_or("no number").to_owned(),
    }
}

/// Old wire copy breaks its lines; a miss is one line.
fn one_line(quote: &str) -> String {
    quote.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A value's word in the contract.
fn word<T: serde::Serialize>(value: &Option<T>) -> Option<String> {
    let value = serde_json::to_value(value.as_ref()?).ok()?;
    value.as_str().map(str::to_owned)
}

fn parties(talks: &Talks, with_mediators: bool) -> BTreeSet<String> {
    let mediators = if with_mediators { talks.mediators.as_slice() } else { &[] };
    talks.parties.iter().chain(mediators).map(|party| norm(party)).collect()
}

fn jaccard(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    share(a.intersection(b).count(), a.union(b).count()).unwrap_or_default()
}

/// Where quotes stand, in characters.
fn spans<'q>(text: &str, quotes: impl Iterator<Item = &'q str>) -> Vec<(usize, usize)> {
    let span = |quote: &str| {
        let start = text.find(quote).filter(|_| !quote.is_empty())?;
        let before = text.get(..start)?.chars().count();
        Some((before, before + quote.chars().count()))
    };
    quotes.filter_map(span).collect()
}

/// Pairs talks of like parties told in the same passage, the likest first, then the nearest.
fn pair_talks<'a>(labelled: &[&'a Talks], read: &[&'a Talks], text: &str) -> Matched<'a, Talks> {
    let read_spans: Vec<_> = read.iter().map(|talks| spans(text, talks.quotes.all().into_iter())).collect();
    let mut candidates = Vec::new();
    for (i, label) in labelled.iter().enumerate() {
        let quotes = label.quotes.all().into_iter().chain(label.next.iter().map(Quoted::text));
        let label_spans = spans(text, quotes);
        for (j, (one, one_spans)) in read.iter().zip(&read_spans).enumerate() {
            let ways = [(false, false), (false, true), (true, false), (true, true)];
            let alike =
                ways.map(|(a, b)| jaccard(&parties(label, a), &parties(one, b))).into_iter().fold(0.0, f64::max);
            // Spans that overlap are nearer than those that touch: the gap is signed.
            let gap = |a: &(usize, usize), b: &(usize, usize)| a.0.max(b.0).cast_signed() - a.1.min(b.1).cast_signed();
            let near = label_spans.iter().flat_map(|a| one_spans.iter().map(move |b| gap(a, b))).min();
            if let Some(near) = near.filter(|near| alike >= JACCARD_MIN && *near <= NEAR_CHARS_MAX.cast_signed()) {
                candidates.push((alike, near, i, j));
            }
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2, a.3).cmp(&(b.1, b.2, b.3))));
    let (mut of_label, mut of_read) = (BTreeMap::new(), BTreeMap::new());
    for (_, _, i, j) in candidates {
        if !of_label.contains_key(&i) && !of_read.contains_key(&j) {
            of_label.insert(i, j);
            of_read.insert(j, i);
        }
    }
    let left = |all: &[&'a Talks], taken: &BTreeMap<usize, usize>| {
        all.iter().enumerate().filter(|(index, _)| !taken.contains_key(index)).map(|(_, talks)| *talks).collect()
    };
    let both = |(i, j): (&usize, &usize)| Some((*labelled.get(*i)?, *read.get(*j)?));
    Matched {
        pairs: of_label.iter().filter_map(both).collect(),
        missed: left(labelled, &of_label),
        extra: left(read, &of_read),
    }
}
