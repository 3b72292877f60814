//! Tolls: people harmed, moved, held or freed.
//!
//! The clauses of a sentence give harms (src/news/reading/harm.rs); here each becomes a claim with its event, place,
//! time and claimant, taken from its clause, else from the sentences before, else from the article as a whole. The same
//! claim made in several sentences is one, with the first sentence as its evidence.

use serde::{Deserialize, Serialize};

use crate::news::extract::{Claim, Stance, What};
use crate::news::reading::article::{ReadSentence, Reading};
use crate::news::reading::harm::{Harm, Reality};
use crate::news::value::Count;

/// A killed or wounded figure of this size that runs over a campaign is the war's.
const WAR_COUNT_MIN: u64 = 1000;

/// What happened to the people counted. Measures are never mixed or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    Killed,
    Injured,
    Missing,
    Trapped,
    Displaced,
    Evacuated,
    Detained,
    Captured,
    Abducted,
    Released,
    Rescued,
    /// Lumped counts: "casualties", "killed or wounded".
    Affected,
}

/// Who was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    #[default]
    People,
    Children,
    Women,
    Civilians,
    Military,
    Police,
    Militants,
    Responders,
    Journalists,
    Officials,
}

/// What a count runs over. Figures of different scope are never compared or added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    #[default]
    Event,
    Period,
    Campaign,
}

/// What kind of happening did the harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Strike,
    Bombing,
    Shooting,
    Clash,
    Attack,
    Accident,
    Disaster,
    Disease,
    Unrest,
    Exchange,
    War,
    #[default]
    Other,
}

/// The article's own word on how a figure moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Rose,
    Fell,
    Unchanged,
}

/// People harmed, moved, held or freed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Toll {
    pub measure: Measure,
    #[serde(flatten)]
    pub count: Count,
    pub group: Group,
    /// True for a part of a total: "including 23 children".
    pub part: bool,
    pub scope: Scope,
    pub event: Event,
    pub change: Option<Change>,
    /// The earlier figure, when the article gives it.
    pub previous: Option<u64>,
    /// "No one was killed": `low` and `high` are 0.
    pub negated: bool,
}

/// The tolls of one sentence.
pub fn read(reading: &mut Reading, sentence: &ReadSentence) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for harm in &sentence.clauses.harms {
        if harm.reality == Reality::Unreal {
            continue;
        }
        claims.push(claim(reading, sentence, harm));
    }
    claims
}

fn claim(reading: &mut Reading, sentence: &ReadSentence, harm: &Harm) -> Claim {
    let people = &sentence.clauses.people[harm.people];
    let at = harm.predicate.start;
    let setting = reading.setting(sentence, at);
    let count = people.count.clone().unwrap_or_default();
    let size = count.low.or(count.high).unwrap_or(0);
    let event = match setting.event {
        _ if setting.time.scope == Scope::Campaign && size >= WAR_COUNT_MIN => Event::War,
        event => event,
    };
    let stance = if harm.reality == Reality::Supposed { Stance::Alleged } else { Stance::Reported };
    Claim {
        what: What::Toll(Toll {
            measure: harm.measure,
            count,
            group: harm.group,
            part: harm.is_part,
            scope: setting.time.scope,
            event,
            change: harm.change,
            previous: harm.previous,
            negated: people.is_nobody,
        }),
        current: setting.time.current.unwrap_or(true),
        stance,
        claimant: setting.claimant,
        place: setting.place,
        date: setting.time.date,
        evidence: vec![sentence.span],
    }
}

/// Drops claims that repeat an earlier one: the same measure, figure and group.
pub fn merge(claims: Vec<Claim>) -> Vec<Claim> {
    let mut kept: Vec<Claim> = Vec::with_capacity(claims.len());
    for claim in claims {
        let known = kept.iter_mut().find(|known| is_same(known, &claim));
        match known {
            Some(known) => complete(known, claim),
            None => kept.push(claim),
        }
    }
    kept
}

fn is_same(a: &Claim, b: &Claim) -> bool {
    match (&a.what, &b.what) {
        (What::Toll(a), What::Toll(b)) => {
            a.measure == b.measure
                && a.count == b.count
                && a.negated == b.negated
                && (a.group == b.group || a.group == Group::People || b.group == Group::People)
        }
        _ => false,
    }
}

/// What the first mention leaves open, a later one may tell.
fn complete(known: &mut Claim, other: Claim) {
    known.claimant = known.claimant.take().or(other.claimant);
    known.place = known.place.take().or(other.place);
    known.date = known.date.or(other.date);
    if let (What::Toll(known), What::Toll(other)) = (&mut known.what, other.what) {
        known.change = known.change.or(other.change);
        known.previous = known.previous.or(other.previous);
        if known.group == Group::People {
            known.group = other.group;
        }
    }
}

#[cfg(test)]
mod tests {}
