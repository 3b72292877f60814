//! Figures that cannot be right as they stand: each is held with its reason, and printed only after a person released it.
//!
//! A figure is judged against its own article and against what others tell of the same incident. It passes when another
//! origin gives the same number, for what two counted alike is news and no slip.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Incident, Telling, number};
use crate::news::article::Published;
use crate::news::extract::What;
use crate::news::kinds::{Measure, Scope};

/// A figure this many times what most others gave is a slip of the pen before it is news.
const JUMP_FACTOR: u64 = 10;
/// Below this a jump is how early tolls grow ("one dead", then twelve), unless it is exactly a zero more.
const JUMP_FROM_MIN: u64 = 5;
/// Equal numbers of dead and injured are chance below this.
const EQUAL_MIN: u64 = 5;
/// An event that is told as news lies at most so many days before its article, and one at most after it (time zones).
const DAYS_BEFORE_MAX: i32 = 31;
const DAYS_AFTER_MAX: i32 = 1;

/// Digits of a held figure's name: 40 bits, short enough to type.
const ID_DIGITS: usize = 10;

/// Why a figure is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// More children were hurt than people.
    PartOverTotal { total: u64 },
    /// The same outlet gave more before, and does not say that it revises.
    FallWithoutRevision { before: u64 },
    /// Ten times what others gave, or a zero more.
    Jump { before: u64 },
    /// Its dead are the injured of the others, and the other way about.
    Swapped { killed: u64, injured: u64 },
    /// One article gives the same number for two measures.
    EqualMeasures { other: Measure },
    /// The article gives the same number for a period or a war.
    MixedScope,
    /// The happening lies after its report, or long before it.
    DateAdrift,
}

/// A figure that waits for a person.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    pub telling: Telling<'a>,
    pub reason: Reason,
}

/// What people decided of held figures, by [`id`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    pub released: BTreeSet<String>,
    pub rejected: BTreeSet<String>,
}

/// Names a figure for a person who decides on it: the same for the same figure in the same article, whatever else is told.
pub fn id(telling: &Telling) -> String {
    let toll = telling.toll;
    let (low, high) = (toll.count.low, toll.count.high);
    let what = format!("{}\n{:?} {:?} {} {low:?} {high:?}", telling.article().id, toll.measure, toll.group, toll.part);
    let digits: String = Sha256::digest(what).iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..ID_DIGITS].to_owned()
}

/// Parts an incident's figures into those that may be printed and those that are held. What was rejected is in neither.
pub fn gate<'a>(incident: &Incident<'a>, decisions: &Decisions) -> (Vec<Telling<'a>>, Vec<Held<'a>>) {
    let (mut passed, mut held) = (Vec::new(), Vec::new());
    for telling in &incident.tellings {
        let Some(reason) = reason(telling, &incident.tellings) else {
            passed.push(*telling);
            continue;
        };
        let id = id(telling);
        if decisions.released.contains(&id) {
            passed.push(*telling);
        } else if !decisions.rejected.contains(&id) {
            held.push(Held { telling: *telling, reason });
        }
    }
    (passed, held)
}

fn reason(telling: &Telling, all: &[Telling]) -> Option<Reason> {
    if is_adrift(telling) {
        return Some(Reason::DateAdrift);
    }
    let number = telling.number().filter(|number| *number > 0)?;
    if all
        .iter()
        .any(|other| is_same(other, telling) && other.number() == Some(number) && is_other_voice(other, telling))
    {
        return None;
    }
    part_over_total(telling, number, all)
        .or_else(|| swapped(telling, number, all))
        .or_else(|| equal_measures(telling, number, all))
        .or_else(|| mixed_scope(telling, number))
        .or_else(|| jump(telling, number, all))
        .or_else(|| fall(telling, number, all))
}

/// Whether both count the same people in the same way.
fn is_same(one: &Telling, other: &Telling) -> bool {
    let line = |telling: &Telling| (telling.toll.measure, telling.toll.group, telling.toll.part);
    line(one) == line(other)
}

fn is_other_voice(one: &Telling, other: &Telling) -> bool {
    one.reading.origin != other.reading.origin
}

fn is_adrift(telling: &Telling) -> bool {
    let Some((date, published)) = telling.claim.date.zip(telling.article().published.map(Published::date)) else {
        return false;
    };
    let (after, before) = ((date.start - published).get_days(), (published - date.end).get_days());
    telling.toll.scope == Scope::Event && (after > DAYS_AFTER_MAX || before > DAYS_BEFORE_MAX)
}

fn part_over_total(telling: &Telling, number: u64, all: &[Telling]) -> Option<Reason> {
    if !telling.toll.part {
        return None;
    }
    let totals = |fits: &dyn Fn(&Telling) -> bool| {
        let totals =
            all.iter().filter(|other| !other.toll.part && other.toll.measure == telling.toll.measure && fits(other));
        // "At least 12" bounds nothing from above.
        totals.map(|other| other.toll.count.high.map_or(u64::MAX, |high| high.max(other.number().unwrap_or(0)))).max()
    };
    let own = totals(&|other| other.article().id == telling.article().id);
    let total = own.or_else(|| totals(&|_| true))?;
    (number > total).then_some(Reason::PartOverTotal { total })
}

/// The number that an article gives for all of one measure.
fn total_of(article: &str, measure: Measure, all: &[Telling]) -> Option<u64> {
    let own = |other: &&Telling| other.article().id == article && other.toll.measure == measure && !other.toll.part;
    all.iter().filter(own).filter_map(Telling::number).max()
}

fn swapped(telling: &Telling, number: u64, all: &[Telling]) -> Option<Reason> {
    let counterpart = counterpart(telling)?;
    let article = telling.article().id.as_str();
    let own = total_of(article, counterpart, all).filter(|own| *own != number)?;
    let others = all.iter().filter(|other| is_other_voice(other, telling));
    let crossed = others.filter(|other| {
        total_of(&other.article().id, telling.toll.measure, all) == Some(own)
            && total_of(&other.article().id, counterpart, all) == Some(number)
    });
    // Of two that contradict each other the first is believed.
    let first = crossed.map(|other| (other.as_of(), &other.article().id)).min()?;
    if first > (telling.as_of(), &telling.article().id) {
        return None;
    }
    let (killed, injured) = if telling.toll.measure == Measure::Killed { (own, number) } else { (number, own) };
    Some(Reason::Swapped { killed, injured })
}

fn counterpart(telling: &Telling) -> Option<Measure> {
    match telling.toll.measure {
        _ if telling.toll.part => None,
        Measure::Killed => Some(Measure::Injured),
        Measure::Injured => Some(Measure::Killed),
        _ => None,
    }
}

fn equal_measures(telling: &Telling, number: u64, all: &[Telling]) -> Option<Reason> {
    let other = counterpart(telling)?;
    let equal = number >= EQUAL_MIN && total_of(&telling.article().id, other, all) == Some(number);
    equal.then_some(Reason::EqualMeasures { other })
}

fn mixed_scope(telling: &Telling, number_told: u64) -> Option<Reason> {
    if telling.toll.scope != Scope::Event || telling.toll.part || number_told < EQUAL_MIN {
        return None;
    }
    let wider = telling.reading.extraction.claims.iter().any(|claim| match &claim.what {
        What::Toll(toll) => {
            toll.scope != Scope::Event
                && (toll.measure, toll.group) == (telling.toll.measure, telling.toll.group)
                && number(&toll.count) == Some(number_told)
        }
        _ => false,
    });
    wider.then_some(Reason::MixedScope)
}

/// Ten times what most other voices gave by the time of this telling (by any time, where there is none so early), or
/// exactly a zero more than one of them. One voice that exaggerates is not a measure for the next.
fn jump(telling: &Telling, number: u64, all: &[Telling]) -> Option<Reason> {
    let others = || all.iter().filter(|other| is_same(other, telling) && is_other_voice(other, telling));
    // Somebody else gives something of the size.
    if others().filter_map(Telling::number).any(|other| other.saturating_mul(2) >= number) {
        return None;
    }
    let newest = |earlier: bool| {
        let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
        // They come oldest first.
        for other in others().filter(|other| !earlier || other.as_of() <= telling.as_of()) {
            newest
                .extend(other.number().filter(|given| *given > 0).map(|given| (other.reading.origin.as_str(), given)));
        }
        let mut given: Vec<u64> = newest.into_values().collect();
        given.sort_unstable();
        given
    };
    let given = Some(newest(true)).filter(|given| !given.is_empty()).unwrap_or_else(|| newest(false));
    let middle = *given.get(given.len().checked_sub(1)? / 2)?;
    let is_zeros = |before: u64| number.is_multiple_of(before) && is_power_of_ten(number / before);
    let zeros =
        given.iter().copied().find(|before| is_zeros(*before) && (*before >= JUMP_FROM_MIN || given.len() == 1));
    let far = Some(middle).filter(|middle| *middle >= JUMP_FROM_MIN && number >= middle.saturating_mul(JUMP_FACTOR));
    far.or(zeros).map(|before| Reason::Jump { before })
}

fn is_power_of_ten(mut factor: u64) -> bool {
    if factor < JUMP_FACTOR {
        return false;
    }
    while factor.is_multiple_of(10) {
        factor /= 10;
    }
    factor == 1
}

fn fall(telling: &Telling, number: u64, all: &[Telling]) -> Option<Reason> {
    if telling.revises_down() || telling.toll.count.high.is_none() || telling.toll.previous.is_some() {
        return None;
    }
    let earlier = all.iter().filter(|other| {
        is_same(other, telling)
            && other.article().outlet == telling.article().outlet
            && other.article().id != telling.article().id
            && other.as_of() < telling.as_of()
    });
    let newest = earlier.max_by_key(|other| (other.as_of(), other.number(), &other.article().id))?;
    let before = newest.number().filter(|before| *before > number)?;
    Some(Reason::FallWithoutRevision { before })
}
