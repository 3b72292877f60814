//! Many figures for one thing → the one that heads, what others say beside it, and by which rule.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::claimant::{self, Class, Order};
use super::plausibility::{self, Decisions, Held};
use super::{Incident, Telling};
use crate::news::kinds::{Change, Group, Measure};

/// Authority is weighed among reports of the last day: an older figure, whoever gave it, yields to what came after.
const CURRENT: SignedDuration = SignedDuration::from_hours(24);

/// The rule by which a figure heads its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Nobody gives another.
    Only,
    /// Its claimant stands before those of the others.
    Authority,
    /// Of claimants of one class it is the newest.
    Newest,
    /// Of equally new ones it is the lower.
    Lower,
    /// Its article says that it corrects or revises an earlier figure.
    Revised,
}

/// One measure of one group in one incident: the figure that heads it, and the ones that differ.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub measure: Measure,
    pub group: Group,
    pub part: bool,
    pub head: Telling<'a>,
    pub choice: Choice,
    /// Current figures that differ, the newest first.
    pub others: Vec<Telling<'a>>,
    /// The least and the most of the current figures, when they differ.
    pub range: Option<(u64, u64)>,
    /// Every figure that was weighed, the oldest first.
    pub weighed: Vec<Telling<'a>>,
}

/// What an incident comes to.
#[derive(Clone, Debug)]
pub struct Reconciled<'a> {
    /// Dead before injured, total before part.
    pub lines: Vec<Line<'a>>,
    /// What a fighting side claims of the other's losses: printed as a claim, never heading. The newest of each claimant.
    pub claimed: Vec<Telling<'a>>,
    pub held: Vec<Held<'a>>,
}

/// Weighs an incident's figures against each other.
pub fn reconcile<'a>(incident: &Incident<'a>, order: &Order, decisions: &Decisions) -> Reconciled<'a> {
    let (passed, held) = plausibility::gate(incident, decisions);
    let (mut claimed, mut by_line) = (Vec::new(), BTreeMap::<(Measure, bool, Group), Vec<Telling>>::new());
    for telling in passed {
        let (toll, class) = (telling.toll, class(&telling));
        if claimant::is_interested(class, telling.claim, toll.group, telling.quote()) {
            claimed.push(telling);
        } else {
            by_line.entry((toll.measure, toll.part, toll.group)).or_default().push(telling);
        }
    }
    let lines = by_line.into_iter().filter_map(|((measure, part, group), tellings)| {
        let weighed = totals(&tellings);
        let (head, choice) = head(&weighed, order)?;
        let others = others(&weighed, &head);
        let numbers: BTreeSet<u64> = others.iter().chain([&head]).filter_map(Telling::number).collect();
        let range = numbers.first().copied().zip(numbers.last().copied()).filter(|(least, most)| least < most);
        Some(Line { measure, group, part, head, choice, others, range, weighed })
    });
    Reconciled { lines: lines.collect(), claimed: newest_of_each(claimed), held }
}

/// The class of a telling's claimant.
pub fn class(telling: &Telling) -> Class {
    Class::of(telling.claim.claimant.as_deref())
}

/// One telling an article. Where an article gives several numbers for the same ("rose to five after two bodies were
/// found", "dozens … 51"), the largest is its total; the others are steps on the way to it.
fn totals<'a>(tellings: &[Telling<'a>]) -> Vec<Telling<'a>> {
    let mut by_article: BTreeMap<&str, Telling> = BTreeMap::new();
    for telling in tellings {
        let total = by_article.entry(&telling.reading.article.id).or_insert(*telling);
        if total.number() < telling.number() {
            *total = *telling;
        }
    }
    let mut totals: Vec<Telling> = by_article.into_values().collect();
    totals.sort_by(|a, b| a.order().cmp(&b.order()));
    totals
}

/// The figure that heads. Of the current ones those of the most authoritative class are followed through time: each
/// newer one takes over, of equally new ones the lower, a lower one only if it says that it revises.
fn head<'a>(weighed: &[Telling<'a>], order: &Order) -> Option<(Telling<'a>, Choice)> {
    let numbered: Vec<&Telling> = weighed.iter().filter(|telling| telling.number().is_some()).collect();
    let Some(newest) = numbered.iter().map(|telling| telling.as_of()).max() else {
        // Words only: the newest ones.
        return weighed.last().map(|last| (*last, if weighed.len() == 1 { Choice::Only } else { Choice::Newest }));
    };
    let since = newest.and_then(|newest| newest.checked_sub(CURRENT).ok());
    let current: Vec<&Telling> = numbered.into_iter().filter(|telling| telling.as_of() >= since).collect();
    let ranks: Vec<usize> = ranks(&current, order);
    let best = *ranks.iter().min()?;
    let mut followed = current.iter().zip(&ranks).filter(|(_, rank)| **rank == best).map(|(telling, _)| **telling);
    let first = followed.next()?;
    let (head, choice) = followed.fold((first, Choice::Only), |(head, choice), next| succeed((head, choice), next));
    let outranked = current.iter().zip(&ranks).any(|(telling, rank)| *rank > best && telling.number() != head.number());
    Some((head, if choice == Choice::Only && outranked { Choice::Authority } else { choice }))
}

/// The rank of each telling. One that tells of a change goes on from the figures before it, so it has the best rank among
/// those that it can be a change of.
fn ranks(current: &[&Telling], order: &Order) -> Vec<usize> {
    let mut ranks: Vec<usize> = Vec::with_capacity(current.len());
    for (index, telling) in current.iter().enumerate() {
        let own = order.rank(class(telling));
        let changed = |before: &&Telling| match (telling.change(), telling.toll.previous) {
            (_, Some(previous)) => before.number() == Some(previous),
            (Some(Change::Rose), None) => before.number() < telling.number(),
            (Some(Change::Fell), None) => before.number() > telling.number(),
            _ => false,
        };
        let earlier = current[..index].iter().zip(&ranks).filter(|(before, _)| changed(before)).map(|(_, rank)| *rank);
        ranks.push(earlier.min().map_or(own, |rank| rank.min(own)));
    }
    ranks
}

/// Which of two tellings of one class heads, the second being the newer or as new.
fn succeed<'a>((head, choice): (Telling<'a>, Choice), next: Telling<'a>) -> (Telling<'a>, Choice) {
    let same_age = head.as_of() == next.as_of();
    match head.number().zip(next.number()) {
        Some((before, now)) if now == before => (next, choice),
        Some((before, now)) if same_age => {
            if now < before || next.revises_down() {
                (next, Choice::Lower)
            } else {
                (head, Choice::Lower)
            }
        }
        Some((before, now)) if now > before => (next, Choice::Newest),
        Some(_) if next.revises_down() => (next, Choice::Revised),
        _ => (head, choice),
    }
}

/// What else is current: of each claimant the newest, if it differs, and is not just what was known before.
fn others<'a>(weighed: &[Telling<'a>], head: &Telling<'a>) -> Vec<Telling<'a>> {
    let voice = |telling: &Telling<'a>| {
        let name = telling.claim.claimant.as_deref().unwrap_or(&telling.article().outlet).to_lowercase();
        (class(telling), name)
    };
    let mut newest: BTreeMap<(Class, String), Option<Timestamp>> = BTreeMap::new();
    for telling in weighed {
        let last = newest.entry(voice(telling)).or_default();
        *last = (*last).max(telling.as_of());
    }
    let since = head.as_of().and_then(|at| at.checked_sub(CURRENT).ok());
    // "Rose to eight" goes on from the lower figures before it, a revision from the higher ones.
    let outdated = |telling: &Telling| {
        let (lower, higher) = (telling.number() < head.number(), telling.number() > head.number());
        let passed = lower && (class(telling) == Class::Media || head.change() == Some(Change::Rose))
            || higher && head.change() == Some(Change::Fell);
        telling.as_of() < since || telling.as_of() < head.as_of() && passed || telling.number().is_none()
    };
    let differs = |telling: &Telling<'a>| {
        newest.get(&voice(telling)).copied().flatten() == telling.as_of()
            && telling.number() != head.number()
            && !outdated(telling)
    };
    let mut others: Vec<Telling> = Vec::new();
    for telling in weighed.iter().rev().filter(|telling| differs(telling)) {
        let known = |other: &Telling<'a>| voice(other) == voice(telling) && other.number() == telling.number();
        if !others.iter().any(known) {
            others.push(*telling);
        }
    }
    others
}

/// Of each claimant's claims for a line the newest.
fn newest_of_each(claimed: Vec<Telling<'_>>) -> Vec<Telling<'_>> {
    let mut newest: BTreeMap<(Measure, Group, bool, String), Telling> = BTreeMap::new();
    for telling in claimed {
        let toll = telling.toll;
        let name = telling.claim.claimant.as_deref().unwrap_or(&telling.article().outlet).to_lowercase();
        // They come oldest first.
        newest.insert((toll.measure, toll.group, toll.part, name), telling);
    }
    newest.into_values().collect()
}
