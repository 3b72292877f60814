//! Munitions: weapons launched, shot down or landed.
//!
//! A count and a weapon make a phrase, phrases make a list, and the list belongs to the nearest verb that launches,
//! intercepts, hits or loses. A count alone stands for the weapon told before it ("88 were shot down, another 128 lost").

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::news::extract::{Claim, Stance, What};
use crate::news::reading::article::{ReadSentence, Reading};
use crate::news::reading::units::{Unit, Units};
use crate::news::reading::words::Role;
use crate::news::value::Count;

/// "Debris from a downed drone": the noun stands no further before.
const DEBRIS_UNITS_MAX: usize = 3;
/// Units between a count and its weapon: "139 long-range strike and decoy drones".
const MODIFIERS_MAX: usize = 7;
/// A modal or plan this near before the verb makes it unreal.
const MODAL_UNITS_MAX: usize = 6;
/// Units between weapons and the verb behind them: "13 missiles aimed at the port of … were shot down".
const VERB_UNITS_MAX: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MunitionType {
    #[serde(rename = "drone")]
    Drone,
    #[serde(rename = "missile")]
    Missile,
    #[serde(rename = "ballistic missile")]
    BallisticMissile,
    #[serde(rename = "cruise missile")]
    CruiseMissile,
    #[serde(rename = "rocket")]
    Rocket,
    #[serde(rename = "shell")]
    Shell,
    #[serde(rename = "bomb")]
    Bomb,
    #[serde(rename = "air strike")]
    AirStrike,
    #[serde(rename = "other")]
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MunitionAction {
    Launched,
    Intercepted,
    Hit,
    /// Vanished from radar, by jamming for instance.
    Lost,
}

/// Weapons launched, shot down or landed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Munitions {
    #[serde(rename = "type")]
    pub munition: MunitionType,
    #[serde(flatten)]
    pub count: Count,
    pub action: MunitionAction,
    /// Who launched them, by common English name.
    pub by: Option<String>,
}

/// A counted weapon, or a count that stands for the weapon before it.
struct Phrase {
    units: Range<usize>,
    count: Count,
    munition: MunitionType,
    /// The verb that the phrase holds itself: "80 missile tests".
    action: Option<MunitionAction>,
    /// "37 of 40": how many there were.
    of: Option<Count>,
}

/// The munitions of one sentence.
pub fn read(reading: &mut Reading, sentence: &ReadSentence) -> Vec<Claim> {
    let units = &sentence.clauses.units;
    if units.units.iter().all(|unit| unit.word.weapon.is_none()) {
        return Vec::new();
    }
    let phrases = phrases(units);
    let mut claims = Vec::new();
    let mut last_action = None;
    for (index, phrase) in phrases.iter().enumerate() {
        let Some(action) = phrase
            .action
            .or_else(|| action_of(units, &phrases, index))
            .or(last_action.filter(|_| continues(units, &phrases, index)))
        else {
            continue;
        };
        last_action = Some(action);
        let setting = reading.setting(sentence, phrase.units.end - 1, false);
        // "Destroyed 37 of 40 missiles": forty were launched.
        let launched =
            phrase.of.clone().filter(|_| matches!(action, MunitionAction::Intercepted | MunitionAction::Lost));
        let told = [(Some(phrase.count.clone()), action), (launched, MunitionAction::Launched)];
        for (count, action) in told.into_iter().filter_map(|(count, action)| Some((count?, action))) {
            claims.push(Claim {
                what: What::Munitions(Munitions { munition: phrase.munition, count, action, by: None }),
                current: setting.time.current.unwrap_or(true),
                stance: Stance::Reported,
                claimant: setting.claimant.clone(),
                place: setting.place.clone(),
                date: setting.time.date,
                evidence: vec![sentence.span],
            });
        }
    }
    claims
}

/// Drops claims that repeat an earlier one: the same weapon, figure and action.
pub fn merge(claims: Vec<Claim>) -> Vec<Claim> {
    let mut kept: Vec<Claim> = Vec::with_capacity(claims.len());
    for claim in claims {
        if !kept.iter().any(|known| is_same(known, &claim)) {
            kept.push(claim);
        }
    }
    kept
}

fn is_same(a: &Claim, b: &Claim) -> bool {
    let is_elsewhere = a.evidence != b.evidence;
    match (&a.what, &b.what) {
        // Items of one list are not each other: "one over Orlo, one over Maro".
        (What::Munitions(a), What::Munitions(b)) => {
            a.munition == b.munition && a.count == b.count && a.action == b.action && is_elsewhere
        }
        _ => false,
    }
}

fn phrases(units: &Units) -> Vec<Phrase> {
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut at = 0;
    while at < units.len() {
        let last = phrases.last().map(|phrase| phrase.munition);
        let phrase = weapon_phrase(units, at)
            .or_else(|| last.and_then(|munition| bare_count(units, at, munition)))
            .or_else(|| all_of_them(units, at, phrases.last()));
        match phrase {
            Some(phrase) => {
                at = phrase.units.end;
                phrases.push(phrase);
            }
            None => at += 1,
        }
    }
    phrases
}

/// "one ballistic missile", "13 cruise or ballistic missiles", "a drone"
fn weapon_phrase(units: &Units, at: usize) -> Option<Phrase> {
    let opening = units.get(at)?;
    let count = match opening.count() {
        Some(count) => count.clone(),
        None if opening.is(Role::Indefinite) => Count { low: Some(1), high: Some(1), ..Count::default() },
        None => return None,
    };
    // "43 of the 58 drones": the first count is what the verb takes.
    if units.get(at + 1).is_some_and(|unit| unit.text.eq_ignore_ascii_case("of")) && opening.count().is_some() {
        let whole = at + 2 + usize::from(units.get(at + 2).is_some_and(|unit| unit.is(Role::Determiner)));
        let has_count = units.get(whole).is_some_and(|unit| unit.count().is_some());
        if has_count {
            return weapon_phrase(units, whole).map(|phrase| Phrase {
                units: at..phrase.units.end,
                count,
                of: Some(phrase.count.clone()),
                ..phrase
            });
        }
        // "41 of the drones"
        let (end, munition) = noun(units, whole)?;
        return Some(Phrase { units: at..end, count, munition, action: None, of: None });
    }
    // "Debris from a downed drone"
    let is_debris = units.units[at.saturating_sub(DEBRIS_UNITS_MAX)..at]
        .iter()
        .any(|unit| unit.is_any_text(&["debris", "wreckage", "fragments", "parts", "remains", "pieces", "shrapnel"]));
    if is_debris {
        return None;
    }
    let (last, munition) = noun(units, at + 1).map(|(end, munition)| (end - 1, munition))?;
    let (end, action) = compound(units, last + 1)?;
    let is_mixed = (at..last).any(|index| units.units[index].is(Role::Or));
    let munition = if is_mixed && matches!(munition, MunitionType::BallisticMissile | MunitionType::CruiseMissile) {
        MunitionType::Missile
    } else {
        munition
    };
    Some(Phrase { units: at..end, count, munition, action, of: None })
}

/// The weapon behind a count that ends at `start`, and where it ends: "cruise or ballistic missiles".
fn noun(units: &Units, start: usize) -> Option<(usize, MunitionType)> {
    let mut found: Option<(usize, MunitionType)> = None;
    for index in start..units.len().min(start + MODIFIERS_MAX) {
        let unit = units.get(index)?;
        if let Some(munition) = unit.word.weapon {
            found = Some((index, munition));
            // "Strike and decoy drones": a list of modifiers goes on to the noun.
            if unit.text.ends_with('s') || unit.text.ends_with('S') {
                break;
            }
            continue;
        }
        let joins = unit.is(Role::And) || unit.is(Role::Or);
        let is_modifier = !unit.ends_phrase()
            && (unit.text.contains('-') || !unit.text.to_ascii_lowercase().ends_with("ing"))
            && !unit.word.is_harm_verb()
            && unit.word.person.is_none()
            && !unit.is(Role::Thing)
            && !unit.word.is_any(&[
                Role::Preposition,
                Role::Relative,
                Role::Be,
                Role::Have,
                Role::Subordinator,
                Role::Determiner,
                Role::Indefinite,
            ])
            && unit.count().is_none()
            && unit.date().is_none();
        if !(is_modifier || joins) || joins && found.is_some() || found.is_some() {
            break;
        }
    }
    found.map(|(last, munition)| (last + 1, munition))
}

/// What follows the weapon: nothing that makes another thing of it ("a missile base"), save its test or launch.
fn compound(units: &Units, at: usize) -> Option<(usize, Option<MunitionAction>)> {
    let Some(next) = units.get(at) else { return Some((at, None)) };
    if ["test", "tests", "launch", "launches"].iter().any(|word| next.text.eq_ignore_ascii_case(word)) {
        return Some((at + 1, Some(MunitionAction::Launched)));
    }
    let is_noun = !next.word.is_known()
        && next.word.action.is_none()
        && !next.is_mark()
        && !next.is_adverb()
        && next.date().is_none()
        && next.count().is_none();
    let is_thing =
        next.is(Role::Thing) || next.word.event.is_some() && next.word.action.is_none() && !next.word.is_harm();
    let is_verb = next.text.to_ascii_lowercase().ends_with("ed") || next.text.to_ascii_lowercase().ends_with("ing");
    ((!is_noun || is_verb) && !is_thing).then_some((at, None))
}

/// "All were shot down": as many as were told of before.
fn all_of_them(units: &Units, at: usize, before: Option<&Phrase>) -> Option<Phrase> {
    units.get(at).filter(|unit| unit.is_any_text(&["all", "both"]))?;
    let before = before.filter(|before| before.units.end <= at)?;
    let of_them = units.get(at + 1).is_some_and(|of| of.text.eq_ignore_ascii_case("of"))
        && units.get(at + 2).is_some_and(|them| them.is_any_text(&["them", "which"]));
    let end = if of_them { at + 3 } else { at + 1 };
    units.get(end).filter(|next| next.is(Role::Be) || next.is(Role::Have) || next.word.action.is_some())?;
    Some(Phrase { units: at..end, count: before.count.clone(), munition: before.munition, action: None, of: None })
}

/// "another 128 went astray", "three of which were over": a count without a noun.
fn bare_count(units: &Units, at: usize, munition: MunitionType) -> Option<Phrase> {
    let count = units.get(at)?.count()?.clone();
    let next = units.get(at + 1)?;
    let of_which = next.text.eq_ignore_ascii_case("of")
        && units.get(at + 2).is_some_and(|unit| unit.is(Role::Relative) || unit.text.eq_ignore_ascii_case("them"));
    let has_verb = next.is(Role::Be) || next.is(Role::Have) || next.word.action.is_some();
    let is_item = next.text.eq_ignore_ascii_case("over")
        || next.text.eq_ignore_ascii_case("in")
            && at > 0
            && (units.units[at - 1].text == "," || units.units[at - 1].is(Role::And));
    let end = if of_which { at + 3 } else { at + 1 };
    (of_which || has_verb || is_item).then_some(Phrase { units: at..end, count, munition, action: None, of: None })
}

/// The action of a phrase, or of the list it stands in.
fn action_of(units: &Units, phrases: &[Phrase], index: usize) -> Option<MunitionAction> {
    let (mut first, mut last) = (index, index);
    while first > 0 && is_list(units, &phrases[first - 1], &phrases[first]) {
        first -= 1;
    }
    while last + 1 < phrases.len() && is_list(units, &phrases[last], &phrases[last + 1]) {
        last += 1;
    }
    let limit = phrases.get(last + 1).map_or(units.len(), |next| next.units.start);
    before(units, phrases[first].units.start).or_else(|| behind(units, phrases[last].units.end, limit))
}

/// Whether two phrases stand in one list: "one missile and 139 drones".
fn is_list(units: &Units, a: &Phrase, b: &Phrase) -> bool {
    let between = &units.units[a.units.end..b.units.start];
    !between.is_empty()
        && between.len() <= 3
        && between.iter().all(|unit| {
            unit.text == ","
                || unit.is(Role::And)
                || unit.is(Role::Or)
                || unit.word.weapon.is_some()
                || unit.is_adverb()
        })
}

/// "launched [139 drones]", "shot down [77 drones]", "a barrage of [120 rockets]"
fn before(units: &Units, at: usize) -> Option<MunitionAction> {
    let mut index = at;
    while index > 0 {
        index -= 1;
        let unit = &units.units[index];
        if let Some(action) = unit.word.action {
            let passive = index > 0 && units.units[index - 1].is(Role::Be);
            let opens = index.saturating_sub(MODAL_UNITS_MAX);
            let is_unreal =
                units.units[opens..index].iter().any(|unit| unit.is(Role::Modal) || unit.is(Role::Intention));
            return (!passive && !is_unreal).then_some(action);
        }
        if ["barrage", "salvo", "volley", "wave", "swarm"].iter().any(|word| unit.text.eq_ignore_ascii_case(word)) {
            return Some(MunitionAction::Launched);
        }
        let is_step = unit.is_adverb()
            || unit.date().is_some()
            || unit.is(Role::Determiner)
            || unit.is(Role::Indefinite)
            || unit.is(Role::Another)
            || unit.text.eq_ignore_ascii_case("of")
            || ["total", "with", "combined"].iter().any(|word| unit.text.eq_ignore_ascii_case(word))
            || is_preposition_of_time(units, index)
            // "shot down five aircraft and [a drone]"
            || unit.is(Role::And)
            || index + 1 < at && (unit.is(Role::Thing) || unit.is_name || unit.count().is_some());
        if !is_step || at - index > 6 {
            return None;
        }
    }
    None
}

fn is_preposition_of_time(units: &Units, index: usize) -> bool {
    units.units[index].is(Role::Preposition)
        && units.get(index + 1).is_some_and(|next| next.date().is_some() || next.is(Role::Time))
}

/// "\[200 drones\] were fired", "\[13 missiles\] struck", "\[128\] went astray"
fn behind(units: &Units, at: usize, limit: usize) -> Option<MunitionAction> {
    let end = limit.min(at + VERB_UNITS_MAX);
    let verb = (at..end).find(|index| {
        let is_modal = *index > 0 && units.units[index - 1].is(Role::Modal);
        units.units[*index].word.action.is_some() && !is_modal
    })?;
    let action = units.units[verb].word.action?;
    (action != MunitionAction::Intercepted || !has_object(units, at, verb)).then_some(action)
}

/// "[A drone] destroyed two houses", "of [20 drones], gunners downed 15": the weapon is not what the verb takes.
fn has_object(units: &Units, at: usize, verb: usize) -> bool {
    let is_passive = units.units[at..verb].iter().rev().take(3).any(|unit| unit.is(Role::Be));
    let is_object = |unit: &Unit| {
        unit.is(Role::Determiner) || unit.is(Role::Indefinite) || unit.count().is_some() || unit.is(Role::Thing)
    };
    !is_passive && units.get(verb + 1).is_some_and(is_object)
}

/// "Three of which were over …, one over …": items of a list that told its verb before.
fn continues(units: &Units, phrases: &[Phrase], index: usize) -> bool {
    let phrase = &phrases[index];
    units.units[phrase.units.clone()].iter().all(|unit| unit.word.weapon.is_none())
}

#[cfg(test)]
mod tests {
    use crate::news::article::Article;
    use crate::news::extract::{What, extract};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let article = Article { text: text.to_owned(), ..Article::default() };
        let found: Vec<String> = extract(&article)
            .claims
            .into_iter()
            .filter_map(|claim| match claim.what {
                What::Munitions(munitions) => Some(munitions),
                _ => None,
            })
            .map(|munitions| {
                let low = munitions.count.low.map_or("-".to_owned(), |low| low.to_string());
                format!("{:?} {low} {:?}", munitions.munition, munitions.action)
            })
            .collect();
        assert_eq!(found.join(", "), expected, "{text}");
    }

    #[test]
    fn weapons_and_what_became_of_them() {
        check(
            "The fleet launched one cruise missile and 40 long-range attack and decoy drones at Orlo.",
            "CruiseMissile 1 Launched, Drone 40 Launched",
        );
        check(
            "The air force said 88 drones were intercepted and another 12 went astray.",
            "Drone 88 Intercepted, Drone 12 Lost",
        );
        check("The army shot down 43 of the 58 drones.", "Drone 43 Intercepted, Drone 58 Launched");
        check("It launched 47 drones and shot down 41 of the drones.", "Drone 47 Launched, Drone 41 Intercepted");
        check("Eleven missiles were fired and all were shot down.", "Missile 11 Launched, Missile 11 Intercepted");
        check("Debris from a downed drone fell on a house.", "");
        check("Nearly 500 drones were used in the attack.", "Drone 500 Launched");
        check("More than 20 rockets landed in the harbour.", "Rocket 20 Hit");
        check(
            "Gunners shot down 7 drones, three of which were over Orlo and one over Maro.",
            "Drone 7 Intercepted, Drone 3 Intercepted, Drone 1 Intercepted",
        );
    }

    #[test]
    fn weapons_in_store_are_not_used() {
        check("The navy bought 300 missiles for two frigates.", "");
        check("A missile base was opened.", "");
        check("It operates 40 drones.", "");
    }

    #[test]
    fn weapons_that_destroy_are_not_destroyed() {
        check("A drone destroyed two houses in Orlo.", "");
        check("A barge was hit by a missile which destroyed 18 lorries.", "");
        check("Two drones were destroyed over Orlo.", "Drone 2 Intercepted");
        check("Gunners downed 18 of 24 drones.", "Drone 18 Intercepted, Drone 24 Launched");
    }
}
