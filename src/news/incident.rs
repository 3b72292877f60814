//! Claims → incidents: the toll ledger.
//!
//! One article's claims of a happening are a report (`report`); reports of one happening are joined by what they are typed
//! to (`join`): a wrong join makes a wrong toll, a missed one only a repetition. All claims are kept. [`plausibility`]
//! holds the figures that cannot be right, [`reconcile`] picks the one that heads each measure, [`grade`] says how well the
//! whole is attested.

pub mod claimant;
pub mod grade;
mod join;
pub mod plausibility;
pub mod reconcile;
mod report;
mod traits;

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use self::report::{Report, Where};
use super::article::{Article, Published};
use super::extract::{Claim, Extraction};
use super::kinds::{Change, Event, Scope, Toll};
use super::origin::{self, Families};
use super::value::{Count, Place};

/// One article as the composer sees it.
#[derive(Clone, Debug)]
pub struct Reading {
    pub article: Article,
    pub extraction: Extraction,
    /// True when no earlier edition of this name has used the article.
    pub fresh: bool,
    /// Where its news comes from: articles of one origin (an agency's copies, one publisher's papers) are one voice. Its own
    /// id where nothing is known.
    pub origin: String,
    /// The article that it is a copy of; itself where nothing is known.
    pub story: String,
    /// What its publisher says of it.
    pub standing: Standing,
}

/// What a publisher says of an article after the fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    #[default]
    Stands,
    /// "CORRECTED", "REFILE", "Editor's note: an earlier version …".
    Corrected,
    /// "WITHDRAWN", "RETRACTED", "KILL": nothing of it is to be used.
    Withdrawn,
}

/// Words with which a heading starts that corrects its article, or takes it back, as the wires write them.
const CORRECTED: [&str; 6] = ["CORRECTED", "CORRECTION", "CORRECTS", "REFILE", "CLARIFICATION", "AMENDED"];
const WITHDRAWN: [&str; 6] =
    ["WITHDRAWN", "RETRACTED", "RETRACTION", "KILL:", "STORY REMOVED", "ADVISORY: STORY WITHDRAWN"];
/// What a note of the editors says, in lower case.
const NOTED_CORRECTED: [&str; 5] = [
    "an earlier version of this",
    "a previous version of this",
    "this story has been corrected",
    "this article has been corrected",
    "corrects the number",
];
const NOTED_WITHDRAWN: [&str; 4] = [
    "this story has been withdrawn",
    "this article has been withdrawn",
    "has retracted this",
    "this story has been retracted",
];

impl Standing {
    fn of(article: &Article) -> Self {
        let title = article.title.trim_start().to_uppercase();
        let starts = |words: &[&str]| words.iter().any(|word| title.starts_with(word));
        let text = article.text.to_lowercase();
        let notes = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
        if starts(&WITHDRAWN) || notes(&NOTED_WITHDRAWN) {
            Self::Withdrawn
        } else if starts(&CORRECTED) || notes(&NOTED_CORRECTED) {
            Self::Corrected
        } else {
            Self::Stands
        }
    }
}

impl Reading {
    pub fn new(article: Article, extraction: Extraction, fresh: bool) -> Self {
        let (origin, story) = (article.id.clone(), article.id.clone());
        Self { origin, story, standing: Standing::of(&article), article, extraction, fresh }
    }

    /// Finds out of each reading whose report it is, and what it is a copy of.
    pub fn trace(readings: &mut [Self], families: &Families) {
        let articles: Vec<&Article> = readings.iter().map(|reading| &reading.article).collect();
        let origins = origin::origins(&articles, families);
        for (reading, origin) in readings.iter_mut().zip(origins) {
            (reading.origin, reading.story) = (origin.id, origin.story);
        }
    }

    /// Whether the publisher corrects the article, in its heading or in a note.
    pub fn is_correction(&self) -> bool {
        self.standing == Standing::Corrected
    }
}

/// What names an incident for people and sorts it: what most of its reports say. Which incident of an earlier edition it is
/// is told by the reports that both hold ([`Incident::references`]).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IncidentKey {
    pub scope: Scope,
    pub event: Event,
    /// A gazetteer id where the place is a known settlement; else a name, or something that only one article has.
    place: String,
    pub day: Option<civil::Date>,
    /// The first of its reports: tells two incidents of one place and day apart.
    first: String,
}

impl IncidentKey {
    /// Whether both are one settlement's incident of one day by all that their keys say, whatever articles told of them.
    pub fn is_like(&self, other: &Self) -> bool {
        let fine = ["geonames:", "name:"].iter().any(|kind| self.place.starts_with(kind));
        fine && (self.scope, self.event, &self.place, self.day) == (other.scope, other.event, &other.place, other.day)
    }
}

/// One claim with the article that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    pub reading: &'a Reading,
    pub claim: &'a Claim,
    pub toll: &'a Toll,
}

impl<'a> Telling<'a> {
    pub fn article(&self) -> &'a Article {
        &self.reading.article
    }

    /// The words that carry the claim, or nothing.
    pub fn quote(&self) -> &'a str {
        self.claim.evidence.first().and_then(|span| span.slice(&self.reading.article.text)).unwrap_or_default()
    }

    /// Where in its article it stands.
    pub(crate) fn start(&self) -> usize {
        self.claim.evidence.first().map_or(0, |span| span.start)
    }

    /// When it was reported.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.article().published.and_then(Published::instant)
    }

    pub fn number(&self) -> Option<u64> {
        number(&self.toll.count)
    }

    /// How the article says that the figure moved: by a verb, or by giving the one before ("down to eight from nine").
    pub fn change(&self) -> Option<Change> {
        let moved = |(before, now): (u64, u64)| match before.cmp(&now) {
            Ordering::Less => Change::Rose,
            Ordering::Equal => Change::Unchanged,
            Ordering::Greater => Change::Fell,
        };
        self.toll.change.or_else(|| self.toll.previous.zip(self.number()).map(moved))
    }

    /// The article itself says that the figure went down, or corrects it.
    pub fn revises_down(&self) -> bool {
        self.reading.is_correction() || self.change() == Some(Change::Fell)
    }

    /// Time of report, then everything that tells two claims apart, so that the order of arrival never shows.
    fn order(&self) -> (Option<Timestamp>, Reverse<Option<u64>>, &'a str, usize) {
        (self.as_of(), Reverse(self.number()), &self.article().id, self.start())
    }
}

/// One happening and everything that was told of it.
#[derive(Clone, Debug)]
pub struct Incident<'a> {
    pub key: IncidentKey,
    /// Oldest first.
    pub tellings: Vec<Telling<'a>>,
    /// Its reports: an article and what of it. Two incidents that share one are the same, told at two times.
    pub references: BTreeSet<String>,
    /// The place as its reports name it, the closest and newest first.
    pub place: Option<&'a Place>,
}

/// The figure that comparisons use: a bound's own number. Vague words have none and never outrank a number.
pub fn number(count: &Count) -> Option<u64> {
    count.low.or(count.high)
}

/// Joins the toll claims of all readings. The result does not depend on the order of `readings`. What was withdrawn makes
/// no incident.
pub fn incidents(readings: &[Reading]) -> Vec<Incident<'_>> {
    let standing = readings.iter().filter(|reading| reading.standing != Standing::Withdrawn);
    let reports: Vec<Report> = standing.flat_map(report::reports).collect();
    let mut incidents: Vec<Incident> = join::join(reports).into_iter().map(incident).collect();
    incidents.sort_by(|a, b| a.key.cmp(&b.key));
    incidents
}

/// What an article's reports are called, for finding what was printed of them when the article is taken back.
pub fn references(reading: &Reading) -> BTreeSet<String> {
    report::reports(reading).iter().map(Report::reference).collect()
}

fn incident(reports: Vec<Report<'_>>) -> Incident<'_> {
    let references: BTreeSet<String> = reports.iter().map(Report::reference).collect();
    let place = most(reports.iter().filter(|report| report.place.is_fine()).map(|report| &report.place))
        .or_else(|| most(reports.iter().map(|report| &report.place)));
    let name = match place {
        Some(Where::Settlement(id)) => format!("geonames:{id}"),
        Some(Where::Named(name, _)) => format!("name:{name}"),
        Some(Where::Region(country, name)) => format!("region:{country}:{name}"),
        Some(Where::Own(own)) => own.clone(),
        None => String::new(),
    };
    let event = most(reports.iter().map(|report| report.event).filter(|event| !report::is_generic(*event)))
        .or_else(|| most(reports.iter().map(|report| report.event)));
    let exact = reports.iter().filter_map(|report| report.days).filter(|days| !days.loose);
    // Without a date it is of the day of the first report.
    let published = reports.iter().filter_map(|report| report.reading.article.published);
    let day = most(exact.map(|days| days.end)).or_else(|| published.map(Published::date).min());
    let scope = reports.first().map_or(Scope::Event, |report| report.scope);
    let newest = reports.iter().filter(|report| Some(&report.place) == place);
    let site = newest.max_by_key(|report| report.tellings.iter().map(Telling::order).max()).and_then(Report::site);
    let mut tellings: Vec<Telling> = reports.iter().flat_map(|report| report.tellings.iter().copied()).collect();
    tellings.sort_by(|a, b| a.order().cmp(&b.order()));
    let first = references.first().cloned().unwrap_or_default();
    let key = IncidentKey { scope, event: event.unwrap_or_default(), place: name, day, first };
    Incident { key, tellings, references, place: site }
}

/// The most frequent value; of equally frequent ones the least.
fn most<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

impl Incident<'_> {
    /// Whether anything here is news to this edition.
    pub fn fresh(&self) -> bool {
        self.tellings.iter().any(|telling| telling.reading.fresh)
    }
}
