//! The noun of a phrase of people: known, likely, or a state that stands for them.

use super::super::units::{Unit, Units};
use super::super::words::{Form, Number, Role};
use super::Head;
use crate::news::kinds::toll::{Event, Group, Measure};

/// Words between a count and its noun: "12 heavily armed masked young Chechen fighters".
pub(super) const MODIFIERS_MAX: usize = 9;
/// Younger than this is a child.
pub(super) const ADULT_AGE_YEARS: u32 = 18;

/// The noun of a phrase and what it says.
#[derive(Clone, Copy)]
pub(super) struct Core {
    pub(super) end: usize,
    pub(super) head: Head,
    pub(super) group: Group,
    pub(super) number: Option<Number>,
    pub(super) measure: Option<Measure>,
}

pub(super) fn core(units: &Units, start: usize, counted: bool) -> Option<Core> {
    let mut measure = None;
    let mut modifier = None;
    let mut known: Option<Core> = None;
    let mut last = start;
    let mut in_parentheses = false;
    for at in start..units.len().min(start + MODIFIERS_MAX) {
        let unit = &units.units[at];
        // "Five Liberation Front (FLO) rebels"
        let opens = unit.text == "("
            && (at + 2..units.len().min(at + 4)).any(|index| units.units[index].text == ")")
            && known.is_none();
        if opens || in_parentheses {
            in_parentheses = unit.text != ")";
            continue;
        }
        let is_head_ahead = known.is_none() && counted_modifier(units, at);
        // "12 dead", "15 seriously wounded": the state stands for the people.
        if counted
            && known.is_none()
            && !is_head_ahead
            && let Some(state) = unit.word.harm(Form::State)
        {
            let group = modifier.unwrap_or(Group::People);
            let only_adverbs = units.units[start..at].iter().all(Unit::is_adverb);
            return only_adverbs.then_some(Core {
                end: at + 1,
                head: Head::Known,
                group,
                number: None,
                measure: Some(state),
            });
        }
        if counted && let Some(noun) = counted_noun(units, at).filter(|_| !is_head_ahead && !links_a_state(units, at)) {
            // "Two leadership bodies" are none: the dead are only described as such.
            let is_body = unit.text.to_ascii_lowercase().starts_with("bod");
            let described = units.units[start..at].iter().all(|unit| {
                unit.is(Role::Another)
                    || unit.word.is_harm()
                    || unit.is_adverb()
                    || looks_like_participle(unit.text)
                    || unit.word.person.is_some()
            });
            if is_body && !described {
                return None;
            }
            let group = modifier.unwrap_or(Group::People);
            return Some(Core { end: at + 1, head: Head::Known, group, number: None, measure: Some(noun) });
        }
        if !is_head_ahead && ends_core(unit, known.is_some()) {
            break;
        }
        if is_head_ahead {
            measure = unit.word.harm(Form::State).or(unit.word.harm(Form::Past));
            last = at + 1;
            continue;
        }
        modifier = modifier.or(unit.word.modifier).or_else(|| child_of(unit));
        last = at + 1;
        let Some((group, number)) = unit.word.person else { continue };
        if unit.word.is(Role::Title) && units.get(at + 1).is_some_and(|next| next.is_name && !next.word.is_known()) {
            return None;
        }
        // "A woman neighbour" is a woman.
        let first = known.as_ref().map(|known| known.group);
        let group = if group == Group::People { modifier.or(first).unwrap_or(group) } else { group };
        // "A former navy diver" is none any more.
        let is_former = units.units[start..at].iter().any(|unit| unit.is_any_text(&["former", "retired", "ex"]));
        let has_left = matches!(group, Group::Military | Group::Police | Group::Militants);
        let group = if is_former && has_left { Group::People } else { group };
        // "Young soldiers" are soldiers, "female officers" women: what the noun says of a trade counts more than age.
        known = Some(Core { end: at + 1, head: Head::Known, group, number: Some(number), measure });
        // "28 hostages' bodies"
        let is_possessive = units.get(at + 1).is_some_and(|mark| matches!(mark.text, "'" | "’"));
        if counted
            && is_possessive
            && let Some(noun) = units.get(at + 2).and_then(|noun| noun.word.harm(Form::CountedNoun))
        {
            return Some(Core { end: at + 3, head: Head::Known, group, number: None, measure: Some(noun) });
        }
        let is_noun_of_harm = units.get(at + 1).is_some_and(|next| next.word.harm(Form::CountedNoun).is_some())
            && !links_a_state(units, at + 1);
        if counted && is_noun_of_harm {
            modifier = modifier.or(Some(group));
            known = None;
            continue;
        }
        if number == Number::Many && !is_compound(units, at) {
            break;
        }
    }
    if let Some(known) = known {
        // "A police station", "a student union": the noun that follows is the head.
        let follows = last > known.end
            && known.number == Some(Number::One)
            && !units.units[known.end].is_adverb()
            && !units.units[known.end].is_name;
        let is_thing = last > known.end && units.units[known.end..last].iter().any(|unit| unit.is(Role::Thing));
        return (!is_thing && (!follows || looks_like_participle(units.units[known.end].text))).then_some(known);
    }
    if last == start + 1
        && let Some(age) = aged(&units.units[start])
    {
        // "A 23-year-old was killed"
        return Some(Core { end: last, head: Head::Known, group: age, number: Some(Number::One), measure: None });
    }
    if !counted && last > start && units.get(start.wrapping_sub(1)).is_some_and(|before| before.is(Role::Indefinite)) {
        return one_of_a_nation(units, start);
    }
    if !counted || last == start {
        return None;
    }
    unknown_core(units, start, last, modifier, measure)
}

/// "12 deaths"; where a disease is told of, "1,400 cases" are as many people.
fn counted_noun(units: &Units, at: usize) -> Option<Measure> {
    let unit = units.get(at)?;
    let is_of_disease =
        || unit.is_any_text(&["cases"]) && units.units.iter().any(|unit| unit.word.event == Some(Event::Disease));
    unit.word.harm(Form::CountedNoun).or_else(|| is_of_disease().then_some(Measure::Affected))
}

/// "One person remains missing": the verb, not the remains of the dead, as a state of harm follows.
fn links_a_state(units: &Units, at: usize) -> bool {
    let is_state = |unit: &Unit| unit.word.harm(Form::State).is_some() || unit.word.harm(Form::Past).is_some();
    let mut behind = units.units.iter().skip(at + 1).skip_while(|unit| unit.is_adverb());
    units.get(at).is_some_and(|unit| unit.is(Role::Be)) && behind.next().is_some_and(is_state)
}

/// A harm word between a count and its noun describes the people: "28 dead hostages", "20 wounded soldiers".
fn counted_modifier(units: &Units, at: usize) -> bool {
    let unit = &units.units[at];
    let describes = unit.word.harm(Form::State).is_some() || unit.word.harm(Form::Past).is_some();
    let mut ahead = (at + 1..units.len().min(at + 4)).map(|index| &units.units[index]);
    describes
        && ahead
            .find(|next| next.word.person.is_some() || !(next.is_name || next.word.modifier.is_some()))
            .is_some_and(|next| next.word.person.is_some())
}

fn ends_core(unit: &Unit, has_head: bool) -> bool {
    let is_verb =
        unit.word.is_harm_verb() || unit.word.harm(Form::State).is_some() && unit.word.person.is_none_or(|_| has_head);
    let bare = [
        Role::Preposition,
        Role::And,
        Role::Or,
        Role::Relative,
        Role::Subordinator,
        Role::Be,
        Role::Have,
        Role::Modal,
        Role::Including,
        Role::Determiner,
        Role::Indefinite,
        Role::Another,
        Role::Negation,
        Role::Pronoun,
        Role::Leave,
    ];
    let says =
        unit.is(Role::Say) && unit.word.person.is_none() && !matches!(unit.text, "alleged" | "ALLEGED" | "estimated");
    unit.ends_phrase() || is_verb || unit.word.is_any(&bare) || says || unit.date().is_some() || unit.count().is_some()
}

/// Whether the plural noun is the first part of a compound whose head follows: "women activists", "police officers".
fn is_compound(units: &Units, at: usize) -> bool {
    let unit = &units.units[at];
    unit.word.modifier.is_some()
        && units.get(at + 1).is_some_and(|next| next.word.person.is_some() || next.is(Role::Thing))
}

fn looks_like_participle(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.ends_with("ed") || text.ends_with("ing")
}

/// "10-year-old", "9-years-old", "four-year-old": under age.
fn child_of(unit: &Unit) -> Option<Group> {
    aged(unit).filter(|group| *group == Group::Children)
}

/// "23-year-old": a person of that age.
fn aged(unit: &Unit) -> Option<Group> {
    let lower = unit.text.to_ascii_lowercase();
    let (age, rest) = lower.split_once('-')?;
    if !rest.contains("-old") {
        return None;
    }
    let is_young = age.parse().is_ok_and(|age: u32| age < ADULT_AGE_YEARS)
        || age_in_words(age).is_some()
        || !rest.starts_with("year");
    Some(if is_young { Group::Children } else { Group::People })
}

/// "six": an age below that of adults in words.
pub(super) fn age_in_words(text: &str) -> Option<u32> {
    let words = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
    ];
    let at = words.iter().position(|word| text.eq_ignore_ascii_case(word))?;
    u32::try_from(at + 1).ok()
}

/// "an Afghani", "a Dane": one person of a nation, where no noun follows.
fn one_of_a_nation(units: &Units, at: usize) -> Option<Core> {
    let noun = &units.units[at];
    let lower = noun.text.to_lowercase();
    let has_verb =
        units.get(at + 1).is_some_and(|next| next.word.is_any(&[Role::Be, Role::Have]) || next.word.is_harm_verb());
    let has_ending = ["an", "ian", "ani", "ese", "i", "er"].iter().any(|ending| lower.ends_with(ending));
    let names_nation = noun.is_name && (has_verb || has_ending);
    let is_last = units.get(at + 1).is_none_or(|next| {
        next.is_mark() || next.word.is_known() && next.word.person.is_none() && next.word.event.is_none()
    });
    let core = Core { end: at + 1, head: Head::Likely, group: Group::People, number: Some(Number::One), measure: None };
    (names_nation && is_last && !noun.word.is_known()).then_some(core)
}

/// Behind a count, an unknown noun is taken for people if it is a plural that names no thing.
fn unknown_core(
    units: &Units,
    start: usize,
    last: usize,
    modifier: Option<Group>,
    measure: Option<Measure>,
) -> Option<Core> {
    let run = &units.units[start..last];
    if run.iter().any(|unit| unit.is(Role::Thing) || unit.word.weapon.is_some()) {
        return None;
    }
    let at = run.iter().position(|unit| is_plural(unit.text)).unwrap_or(run.len() - 1);
    let noun = &run[at];
    if noun.word.is_known() && noun.word.modifier.is_none()
        || noun.is_adverb()
        || noun.text.chars().any(|char| char.is_ascii_digit())
        || looks_like_participle(noun.text)
    {
        return None;
    }
    let head = if noun.is_name && names_agent(noun.text) { Head::Likely } else { Head::Unknown };
    let group = modifier.or(noun.word.modifier).unwrap_or(Group::People);
    Some(Core { end: start + at + 1, head, group, number: None, measure })
}

fn is_plural(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.len() > 3
        && lower.ends_with('s')
        && !lower.ends_with("ss")
        && !lower.ends_with("'s")
        && !lower.ends_with("’s")
        || lower.ends_with("men")
        || lower.ends_with("ese")
}

/// Nouns of agents and of nationality: "villagers", "Palestinians", "motorists".
fn names_agent(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["ers", "ors", "ists", "ites", "ians", "eans", "ans", "ants", "men", "women", "ese", "is", "ees"]
        .iter()
        .any(|ending| lower.ends_with(ending))
        && lower.len() > 5
}
