//! Claims → incidents: the toll ledger.
//!
//! Two claims are about one incident when their typed keys are equal: kind of event, place, day, and what the count runs
//! over. Words are never compared, and a country alone never joins two articles: a wrong join makes a wrong toll, a
//! missed one only a repetition. All claims are kept; [`Incident::lines`] picks the figure that heads each measure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::article::{Article, Published};
use super::extract::{Claim, Extraction, Stance, What};
use super::kinds::{Change, Event, Group, Measure, Scope, Toll};
use super::value::{Count, Place, Precision};

/// One article as the composer sees it.
#[derive(Clone, Debug)]
pub struct Reading {
    pub article: Article,
    pub extraction: Extraction,
    /// True when no earlier edition of this name has used the article.
    pub fresh: bool,
}

impl Reading {
    /// A correction says so in its heading, as the wires do ("CORRECTED", "Correction:").
    pub fn is_correction(&self) -> bool {
        let title = self.article.title.trim_start().to_uppercase();
        title.starts_with("CORRECTED") || title.starts_with("CORRECTION")
    }
}

/// What makes two claims be about the same happening.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IncidentKey {
    pub scope: Scope,
    pub event: Event,
    /// A gazetteer id where the place is a known settlement or region; else something that only this article has.
    place: String,
    pub day: Option<civil::Date>,
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

    /// The article itself says that the figure went down, or corrects it.
    fn revises_down(&self) -> bool {
        self.reading.is_correction() || self.toll.change == Some(Change::Fell)
    }
}

/// One happening and everything that was told of it.
#[derive(Clone, Debug)]
pub struct Incident<'a> {
    pub key: IncidentKey,
    pub tellings: Vec<Telling<'a>>,
}

/// One measure of one group in one incident: the figure that heads it, and the ones that differ.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub measure: Measure,
    pub group: Group,
    pub part: bool,
    pub head: Telling<'a>,
    pub others: Vec<Telling<'a>>,
}

/// The rule that [`Incident::lines`] follows, in the words that the digest prints.
pub const HEADLINE_RULE: &str =
    "the newest report heads; of equally new ones the lower; a lower later figure only when it says it is a revision";

/// Joins the toll claims of all readings. The result does not depend on the order of `readings`.
pub fn incidents(readings: &[Reading]) -> Vec<Incident<'_>> {
    let mut by_key: BTreeMap<IncidentKey, Vec<Telling>> = BTreeMap::new();
    for reading in readings {
        let mut tellings: Vec<Telling> = tellings(reading).collect();
        let rises: Vec<Telling> = tellings.iter().copied().filter(is_rise).collect();
        tellings.retain(|telling| !rises.iter().any(|rise| is_step(telling, rise)));
        let keys: Vec<IncidentKey> = tellings.iter().map(key).collect();
        for (telling, key) in tellings.into_iter().zip(&keys) {
            by_key.entry(dated(key, &keys, &reading.article)).or_default().push(telling);
        }
    }
    by_key
        .into_iter()
        .map(|(key, mut tellings)| {
            tellings.sort_by(|a, b| order(a).cmp(&order(b)));
            Incident { key, tellings }
        })
        .collect()
}

/// The claims of an article that the ledger takes.
fn tellings(reading: &Reading) -> impl Iterator<Item = Telling<'_>> {
    reading.extraction.claims.iter().filter_map(move |claim| match &claim.what {
        What::Toll(toll) if claim.current && !matches!(claim.stance, Stance::Denied | Stance::Planned) => {
            Some(Telling { reading, claim, toll })
        }
        _ => None,
    })
}

/// "The number of people killed rose to six"
fn is_rise(telling: &Telling) -> bool {
    telling.toll.change == Some(Change::Rose) && telling.toll.group == Group::People && !telling.toll.part
}

/// What made a total rise, told in the same breath ("… rose to six after a woman died in hospital"), is in the total.
fn is_step(telling: &Telling, rise: &Telling) -> bool {
    let (step, total) = (telling.toll, rise.toll);
    let same_breath =
        telling.claim.evidence.iter().any(|a| rise.claim.evidence.iter().any(|b| a.start < b.end && b.start < a.end));
    same_breath
        && step.measure == total.measure
        && !step.part
        && step.change.is_none()
        && number(&step.count).is_some_and(|step| number(&total.count).is_some_and(|total| step < total))
}

fn key(telling: &Telling) -> IncidentKey {
    let article = telling.article();
    let place = match telling.claim.place.as_ref() {
        Some(Place { precision: Precision::Settlement | Precision::Region, geonames_id: Some(id), .. }) => {
            format!("geonames:{id}")
        }
        // Regions come without an id; their country tells apart those of one name.
        Some(Place { precision: Precision::Region, country: Some(country), name, .. }) => {
            format!("region:{country}:{}", name.to_lowercase())
        }
        // A village that no gazetteer has is still told from others by its name, kind of event and day.
        Some(Place { precision: Precision::Unresolved, name, .. }) => format!("name:{}", name.to_lowercase()),
        // Known to the country only, or not at all: such claims meet within their own article only.
        Some(place) => format!("{}:{}", article.id, place.name.to_lowercase()),
        None => article.id.clone(),
    };
    let day = telling.claim.date.map(|date| date.end);
    IncidentKey { scope: telling.toll.scope, event: telling.toll.event, place, day }
}

/// A claim without a day ("two people are still missing") is of the day that its article gives for the same event and
/// place, when that is one; else of the day of publication.
fn dated(key: &IncidentKey, keys: &[IncidentKey], article: &Article) -> IncidentKey {
    let same = |other: &&IncidentKey| (other.scope, other.event, &other.place) == (key.scope, key.event, &key.place);
    let days: BTreeSet<civil::Date> = keys.iter().filter(same).filter_map(|key| key.day).collect();
    let only = days.first().copied().filter(|_| days.len() == 1);
    IncidentKey { day: key.day.or(only).or(article.published.map(Published::date)), ..key.clone() }
}

/// Time of report, then everything that tells two claims apart, so that the order of arrival never shows.
fn order<'a>(telling: &Telling<'a>) -> (Option<jiff::Timestamp>, std::cmp::Reverse<Option<u64>>, &'a str, usize) {
    let start = telling.claim.evidence.first().map_or(0, |span| span.start);
    (as_of(telling.article()), std::cmp::Reverse(number(&telling.toll.count)), &telling.article().id, start)
}

fn as_of(article: &Article) -> Option<jiff::Timestamp> {
    article.published.and_then(Published::instant)
}

/// The figure that comparisons use: a bound's own number. Vague words have none and never outrank a number.
pub fn number(count: &Count) -> Option<u64> {
    count.low.or(count.high)
}

impl<'a> Incident<'a> {
    /// The place as the newest telling names it.
    pub fn place(&self) -> Option<&'a Place> {
        self.tellings.iter().rev().find_map(|telling| telling.claim.place.as_ref())
    }

    /// Whether anything here is news to this edition.
    pub fn fresh(&self) -> bool {
        self.tellings.iter().any(|telling| telling.reading.fresh)
    }

    /// Dead before injured, total before part; one line per measure and group.
    pub fn lines(&self) -> Vec<Line<'a>> {
        let mut by_line: BTreeMap<(Measure, bool, Group), Vec<Telling<'a>>> = BTreeMap::new();
        for telling in &self.tellings {
            let toll = telling.toll;
            by_line.entry((toll.measure, toll.part, toll.group)).or_default().push(*telling);
        }
        by_line
            .into_iter()
            .filter_map(|((measure, part, group), tellings)| {
                let totals = totals(&tellings);
                let head = totals.iter().copied().reduce(succeed)?;
                let differs = |telling: &&Telling| telling.toll.count != head.toll.count;
                let others = totals.iter().rev().filter(differs).copied().collect();
                Some(Line { measure, group, part, head, others })
            })
            .collect()
    }
}

/// One telling an article. Where an article gives several numbers for the same ("rose to five after two bodies were
/// found", "dozens … 51"), the largest is its total; the others are steps on the way to it.
fn totals<'a>(tellings: &[Telling<'a>]) -> Vec<Telling<'a>> {
    let mut totals: Vec<Telling> = Vec::new();
    for telling in tellings {
        match totals.iter_mut().find(|total| total.article().id == telling.article().id) {
            Some(total) if number(&total.toll.count) < number(&telling.toll.count) => *total = *telling,
            Some(_) => {}
            None => totals.push(*telling),
        }
    }
    totals.sort_by(|a, b| order(a).cmp(&order(b)));
    totals
}

/// Which of two tellings heads, the second being the newer or, of equal age, the lower one ([`HEADLINE_RULE`]).
fn succeed<'a>(head: Telling<'a>, next: Telling<'a>) -> Telling<'a> {
    let same_age = as_of(head.article()) == as_of(next.article());
    let takes_over = match (number(&head.toll.count), number(&next.toll.count)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(before), Some(now)) => now >= before || same_age || next.revises_down(),
    };
    if takes_over { next } else { head }
}
