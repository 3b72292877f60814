//! One article's claims → its reports: what it tells of each happening.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::traits::{self, Traits};
use super::{Reading, Telling, number};
use crate::news::article::Published;
use crate::news::extract::{Stance, What};
use crate::news::kinds::{Change, Event, Group, Measure, Scope};
use crate::news::value::{Place, Precision, place};

/// An undated figure that rose or fell goes on from a happening of at most so many days ago.
const UPDATE_DAYS_MAX: i64 = 14;
/// Other undated figures tell of the day of publication or of the one before.
const UNDATED_DAYS_MAX: i64 = 1;
/// Days from first to last that still are one day to an article: a night, "on Saturday and Sunday".
const DAY_DAYS_MAX: i32 = 1;

/// Where a report's happening was, as far as it can join others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Where {
    /// A GeoNames id: every spelling and "the Ukrainian capital" have the same.
    Settlement(u32),
    /// A village that no gazetteer has, by folded name and country.
    Named(String, Option<String>),
    /// Country and folded name.
    Region(String, String),
    /// A country, or nothing: it joins only within its article.
    Own(String),
}

impl Where {
    fn of(place: Option<&Place>, article: &str) -> Self {
        match place {
            Some(Place { precision: Precision::Settlement, geonames_id: Some(id), .. }) => Self::Settlement(*id),
            Some(Place { precision: Precision::Region, country: Some(country), name, .. }) => {
                Self::Region(country.clone(), place::fold(name))
            }
            Some(Place { precision: Precision::Unresolved, name, country, .. }) if !place::fold(name).is_empty() => {
                Self::Named(place::fold(name), country.clone())
            }
            Some(place) => Self::Own(format!("{article} {}", place.name.to_lowercase())),
            None => Self::Own(article.to_owned()),
        }
    }

    /// Whether equal keys alone tell one place of the size of a settlement.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Settlement(_) | Self::Named(..))
    }
}

/// The days on which it may have happened, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days {
    pub start: Date,
    pub end: Date,
    /// The article gives no day; these are the possible ones.
    pub loose: bool,
}

impl Days {
    /// Days between the two ranges; 0 if they overlap or touch.
    pub fn gap(&self, other: &Self) -> i32 {
        let gap = if self.end < other.start { other.start - self.end } else { self.start - other.end };
        gap.get_days().max(0)
    }

    /// Days from the first to the last.
    pub fn len(&self) -> i32 {
        (self.end - self.start).get_days()
    }
}

/// A figure by which two reports can be known to tell of the same.
pub type Mark = (Measure, Group, bool, u64);

/// What one article tells of one happening.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    pub reading: &'a Reading,
    pub tellings: Vec<Telling<'a>>,
    pub scope: Scope,
    pub event: Event,
    pub place: Where,
    pub days: Option<Days>,
    pub traits: Traits,
    /// Which of several happenings in one place on one day, when the article tells them apart.
    pub part: Option<usize>,
    /// The article tells of more than this there: it names another happening, or gives two numbers for one thing.
    pub is_one_of_several: bool,
}

impl<'a> Report<'a> {
    /// The figures it gives, and those that it says they were before; 0 aside. "About 50" agrees with everything near and
    /// is none.
    pub fn marks(&self) -> BTreeSet<Mark> {
        self.tellings.iter().filter(|telling| !telling.toll.count.approx).flat_map(marks).collect()
    }

    /// The same with what is only estimated.
    pub fn counts(&self) -> BTreeSet<Mark> {
        self.tellings.iter().flat_map(marks).collect()
    }

    /// Of whom it tells.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        let of_all = |group| if matches!(group, Group::Children | Group::Women) { Group::People } else { folk(group) };
        self.tellings.iter().map(move |telling| of_all(telling.toll.group))
    }

    /// Whether it tells of fighters alone.
    pub fn is_of_fighters(&self) -> bool {
        self.groups().all(|group| matches!(group, Group::Military | Group::Militants))
    }

    /// Whether it goes on from an earlier figure.
    pub fn is_update(&self) -> bool {
        self.tellings.iter().any(|telling| telling.change().is_some())
    }

    /// The place, as its first claim names it.
    pub fn site(&self) -> Option<&'a Place> {
        self.tellings.iter().find_map(|telling| telling.claim.place.as_ref())
    }

    /// What tells it from the other reports of all articles, whatever numbers a later text of the article gives.
    pub fn reference(&self) -> String {
        let place = match &self.place {
            Where::Settlement(id) => id.to_string(),
            Where::Named(name, _) | Where::Region(_, name) => name.clone(),
            Where::Own(_) => String::new(),
        };
        format!("{}#{place}#{}", self.reading.article.id, self.part.unwrap_or_default())
    }
}

fn marks(telling: &Telling) -> impl Iterator<Item = Mark> {
    let toll = telling.toll;
    let numbers = [telling.number(), toll.previous].into_iter().flatten().filter(|number| *number > 0);
    numbers.map(|number| (toll.measure, folk(toll.group), toll.part, number))
}

/// What one outlet calls civilians another calls people.
fn folk(group: Group) -> Group {
    if group == Group::Civilians { Group::People } else { group }
}

/// The reports of an article, in the order of its text.
pub fn reports(reading: &Reading) -> Vec<Report<'_>> {
    let tellings: Vec<Telling> = tellings(reading);
    let places = tellings.iter().map(|telling| Where::of(telling.claim.place.as_ref(), &reading.article.id)).collect();
    let places = placed(&tellings, places);
    let days = days(&tellings, &places);
    let mut by_base: BTreeMap<(Scope, &Where, Option<Days>), Vec<Telling>> = BTreeMap::new();
    for ((telling, place), days) in tellings.iter().zip(&places).zip(&days) {
        by_base.entry((telling.toll.scope, place, *days)).or_default().push(*telling);
    }
    by_base
        .into_iter()
        .flat_map(|((scope, place, days), tellings)| {
            by_event(tellings).into_iter().flat_map(move |(event, tellings)| {
                let parts = parted(reading, tellings);
                let many = parts.len() > 1;
                parts.into_iter().enumerate().map(move |(index, (traits, tellings))| Report {
                    is_one_of_several: many || tells_several(&tellings),
                    reading,
                    tellings,
                    scope,
                    event,
                    place: place.clone(),
                    days,
                    traits,
                    part: many.then_some(index),
                })
            })
        })
        .collect()
}

/// The claims of an article that the ledger takes, in the order of its text.
fn tellings(reading: &Reading) -> Vec<Telling<'_>> {
    let claims = reading.extraction.claims.iter().filter_map(|claim| match &claim.what {
        What::Toll(toll) if claim.current && !matches!(claim.stance, Stance::Denied | Stance::Planned) => {
            Some(Telling { reading, claim, toll })
        }
        _ => None,
    });
    let mut tellings: Vec<Telling> = claims.collect();
    let rises: Vec<Telling> = tellings.iter().copied().filter(is_rise).collect();
    tellings.retain(|telling| !rises.iter().any(|rise| is_step(telling, rise)));
    tellings.sort_by_key(Telling::start);
    tellings
}

/// "The number of people killed rose to six"
fn is_rise(telling: &Telling) -> bool {
    telling.change() == Some(Change::Rose) && telling.toll.group == Group::People && !telling.toll.part
}

/// What made a total rise, told in the same breath ("… rose to six after a woman died in hospital"), is in the total.
fn is_step(telling: &Telling, rise: &Telling) -> bool {
    let (step, total) = (telling.toll, rise.toll);
    let same_breath =
        telling.claim.evidence.iter().any(|a| rise.claim.evidence.iter().any(|b| a.start < b.end && b.start < a.end));
    same_breath
        && step.measure == total.measure
        && !step.part
        && telling.change().is_none()
        && number(&step.count).is_some_and(|step| number(&total.count).is_some_and(|total| step < total))
}

/// A claim without a place is of the one fine place that the article gives for its event, if it gives one only.
fn placed(tellings: &[Telling], places: Vec<Where>) -> Vec<Where> {
    let only = |telling: &Telling| {
        let same = |other: &&(&Telling, &Where)| {
            other.1.is_fine() && (other.0.toll.scope, other.0.toll.event) == (telling.toll.scope, telling.toll.event)
        };
        let fine: Vec<(&Telling, &Where)> = tellings.iter().zip(&places).collect();
        let fine: BTreeSet<&Where> = fine.iter().filter(same).map(|(_, place)| *place).collect();
        fine.first().filter(|_| fine.len() == 1).map(|place| (*place).clone())
    };
    let place = |(telling, place): (&Telling, &Where)| match telling.claim.place {
        None => only(telling).unwrap_or_else(|| place.clone()),
        Some(_) => place.clone(),
    };
    tellings.iter().zip(&places).map(place).collect()
}

/// A claim without a day ("two people are still missing") is of the day that its article gives for the same event and
/// place, when that is one; else of the days before publication.
fn days(tellings: &[Telling], places: &[Where]) -> Vec<Option<Days>> {
    let given = |telling: &Telling| {
        let date = telling.claim.date.filter(|_| !lasts(telling))?;
        Some(Days { start: date.start, end: date.end, loose: false })
    };
    let days = |(telling, place): (&Telling, &Where)| {
        given(telling).or_else(|| {
            let same = |(other, elsewhere): &(&Telling, &Where)| {
                *elsewhere == place
                    && other.toll.scope == telling.toll.scope
                    && are_one(other.toll.event, telling.toll.event)
            };
            let others = tellings.iter().zip(places).filter(same);
            // "Last week" is no day for what it does not stand with.
            let others = others.filter_map(|(other, _)| given(other)).filter(|days| days.len() <= DAY_DAYS_MAX);
            let others: BTreeSet<Days> = others.collect();
            others.first().copied().filter(|_| others.len() == 1).or_else(|| undated(telling))
        })
    };
    tellings.iter().zip(places).map(days).collect()
}

fn undated(telling: &Telling) -> Option<Days> {
    let end = telling.claim.date.map(|date| date.end).or_else(|| telling.article().published.map(Published::date))?;
    let back = if telling.change().is_some() || lasts(telling) { UPDATE_DAYS_MAX } else { UNDATED_DAYS_MAX };
    Some(Days { start: end.saturating_sub(back.days()), end, loose: true })
}

/// "Two people are still missing on Wednesday": they were so before.
fn lasts(telling: &Telling) -> bool {
    matches!(telling.toll.measure, Measure::Missing | Measure::Trapped | Measure::Displaced | Measure::Detained)
        && traits::is_lasting(telling.quote())
}

/// Whether an article's claims of one place and day are of more than one happening, as far as it can be seen.
fn tells_several(tellings: &[Telling]) -> bool {
    // Two numbers of two claimants are a dispute.
    let contradicted = |(at, telling): (usize, &Telling)| {
        let own = tellings[..at].iter().filter(|other| other.claim.claimant == telling.claim.claimant);
        let own: Vec<Telling> = own.copied().collect();
        !telling.toll.part && contradicts(&own, telling)
    };
    tellings.iter().enumerate().any(contradicted) || tellings.iter().any(|telling| Traits::read(telling.quote()).1)
}

/// A word such as "attack" fits many happenings and tells nothing against a closer one.
pub fn is_generic(event: Event) -> bool {
    matches!(event, Event::Attack | Event::Other)
}

/// Whether two words for an event may be about one, nothing else being known.
pub fn are_one(one: Event, other: Event) -> bool {
    let violent = |event| matches!(event, Event::Strike | Event::Bombing | Event::Shooting | Event::Clash);
    match (one, other) {
        _ if one == other => true,
        (Event::Other, Event::War) | (Event::War, Event::Other) => false,
        (Event::Other, _) | (_, Event::Other) => true,
        (Event::Attack, event) | (event, Event::Attack) => violent(event),
        _ => false,
    }
}

/// Whether two words for an event may be about one when the figures agree: a blast may be called an accident or a strike.
pub fn may_be_one(one: Event, other: Event) -> bool {
    let harm = |event| {
        matches!(event, Event::Strike | Event::Bombing | Event::Shooting | Event::Clash | Event::Attack | Event::Other)
    };
    let mishap = |event| matches!(event, Event::Accident | Event::Disaster | Event::Other);
    one == other || harm(one) && harm(other) || mishap(one) && mishap(other)
}

/// An article's claims of one place and day by event; those that only say "attack" belong to the closer word, when there
/// is one only.
fn by_event(tellings: Vec<Telling>) -> Vec<(Event, Vec<Telling>)> {
    let closer: BTreeSet<Event> =
        tellings.iter().map(|telling| telling.toll.event).filter(|event| !is_generic(*event)).collect();
    let only = closer.first().copied().filter(|_| closer.len() == 1);
    let mut by_event: BTreeMap<Event, Vec<Telling>> = BTreeMap::new();
    for telling in tellings {
        let own = telling.toll.event;
        let event = only.filter(|only| is_generic(own) && are_one(own, *only)).unwrap_or(own);
        by_event.entry(event).or_default().push(telling);
    }
    by_event.into_iter().collect()
}

/// Parts what the article itself tells apart: by its words for weapon or time of day, or by saying "a second strike", and
/// only where the numbers differ too.
fn parted<'a>(reading: &'a Reading, tellings: Vec<Telling<'a>>) -> Vec<(Traits, Vec<Telling<'a>>)> {
    let mut parts: Vec<(Traits, Vec<Telling>)> = Vec::new();
    let mut current = 0;
    for telling in tellings {
        let quote = telling.claim.evidence.first().and_then(|span| span.slice(&reading.article.text));
        let (traits, apart) = Traits::read(quote.unwrap_or_default());
        let fits = |(known, told): &(Traits, Vec<Telling>)| {
            !(contradicts(told, &telling) && (apart || known.conflicts(&traits)))
        };
        if !parts.get(current).is_none_or(fits) {
            let named = |(known, told): &(Traits, Vec<Telling>)| {
                !traits.is_empty() && !known.conflicts(&traits) && !known.is_empty() && !contradicts(told, &telling)
            };
            current = parts.iter().position(named).unwrap_or(parts.len());
        }
        if parts.len() == current {
            parts.push((Traits::default(), Vec::new()));
        }
        parts[current].0.add(&traits);
        parts[current].1.push(telling);
    }
    // The heading speaks of the whole article: where that is one happening, of it.
    if let [(traits, _)] = parts.as_mut_slice() {
        traits.add(&Traits::read(&reading.article.title).0);
    }
    parts
}

/// Whether another number is given for what these tell already, one that is no rise of it.
fn contradicts(told: &[Telling], new: &Telling) -> bool {
    new.change().is_none()
        && told.iter().any(|old| {
            let same = |one: &Telling| (one.toll.measure, one.toll.group, one.toll.part);
            same(old) == same(new) && number(&old.toll.count) != number(&new.toll.count)
        })
}
