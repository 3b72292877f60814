//! Who says so: the claimants of a sentence and how far their word reaches.
//!
//! "According to X", "X said", "said X", "X told reporters that …". The name is given as the article gives it, with what
//! ties it together ("the head of the Kharkiv region", "the Observatory for Human Rights").

use std::ops::Range;

use super::units::{Unit, Units};
use super::words::{Form, Role};

/// Longer names of claimants are cut: "the spokesman for the regional administration of …".
const CLAIMANT_UNITS_MAX: usize = 16;

/// "Prosecutors: 73 killed", with a clock time before it at most.
const TITLED_UNITS_MAX: usize = 6;
/// "Claimed the lives of": the noun stands right behind.
const LIVES_UNITS_MAX: usize = 6;
/// A verb that gives a figure has it this near.
const FIGURE_UNITS_MAX: usize = 6;

/// One attribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The units that name the claimant.
    pub claimant: Range<usize>,
    /// The reporting verb or "according to".
    pub verb: usize,
    /// The units that the claimant vouches for.
    pub reach: Range<usize>,
    /// "He said", "it added": someone named before.
    pub is_pronoun: bool,
}

/// All attributions of a sentence, in order.
pub fn read(units: &Units) -> Vec<Attribution> {
    let spoken = (0..units.len()).filter_map(|at| according(units, at).or_else(|| said(units, at)));
    titled(units).into_iter().chain(spoken).collect()
}

/// The attribution that holds for the unit `at`: the one that reaches it, nearest first.
pub fn of(attributions: &[Attribution], at: usize) -> Option<&Attribution> {
    attributions
        .iter()
        .filter(|attribution| attribution.reach.contains(&at) && !attribution.claimant.contains(&at))
        .min_by_key(|attribution| attribution.verb.abs_diff(at))
}

/// The claimant's name without article, closing marks or titles' dots: "the Observatory" → "Observatory".
pub fn name<'t>(units: &Units<'t>, claimant: &Range<usize>) -> &'t str {
    let mut start = claimant.start;
    while start + 1 < claimant.end
        && (units.units[start].is(Role::Determiner) || units.units[start].is(Role::Indefinite))
    {
        start += 1;
    }
    units.slice(start..claimant.end)
}

/// "Prosecutors: 73 killed"
fn titled(units: &Units) -> Option<Attribution> {
    let colon = (1..units.len().min(TITLED_UNITS_MAX)).find(|at| units.units[*at].text == ":")?;
    let start =
        (0..colon).rev().take_while(|at| !units.units[*at].is_mark() && units.units[*at].count().is_none()).last()?;
    let is_claimant = units.units[start..colon].iter().any(|unit| unit.is(Role::Claimant));
    let is_name = units.units[start..colon].iter().all(|unit| !unit.word.is_harm() && !unit.is(Role::Say));
    (is_claimant && is_name).then_some(Attribution {
        claimant: start..colon,
        verb: colon,
        reach: colon + 1..units.len(),
        is_pronoun: false,
    })
}

fn according(units: &Units, at: usize) -> Option<Attribution> {
    let unit = units.get(at).filter(|unit| unit.is(Role::According))?;
    debug_assert!(!unit.is_mark());
    let end = end_of_name(units, at + 1);
    let claimant = at + 1..end;
    let is_pronoun = units.get(at + 1)?.is(Role::Pronoun);
    // At the head of a sentence it reaches forward, else back as well: the clause it closes and what is listed with it.
    let reach = if at <= 1 { 0..units.len() } else { clause_start(units, at)..clause_end(units, end) };
    (!claimant.is_empty()).then_some(Attribution { claimant, verb: at, reach, is_pronoun })
}

fn said(units: &Units, at: usize) -> Option<Attribution> {
    let unit = units.get(at).filter(|unit| unit.is(Role::Say) || unit.is(Role::Reckon) && gives_figure(units, at))?;
    let next = units.get(at + 1);
    // "An attack claimed by rebels", "claimed 40 lives", "two people reported killed" say nothing of who says so.
    let takes_lives = unit.text.to_ascii_lowercase().starts_with("claim")
        && units.units[at + 1..].iter().take(LIVES_UNITS_MAX).any(|unit| unit.is_any_text(&["lives", "life"]));
    let is_of_harm = next.is_some_and(|next| {
        next.text.eq_ignore_ascii_case("by") || next.word.harm(Form::Past).is_some() && unit.is(Role::SaidOf)
    });
    if takes_lives || is_of_harm {
        return None;
    }
    let is_participle = unit.text.to_ascii_lowercase().ends_with("ing");
    let group = verb_group_start(units, at);
    let passive = units.units[group..at].iter().any(|unit| unit.is(Role::Be));
    if passive && !unit.text.eq_ignore_ascii_case("quoted") {
        return None;
    }
    if is_participle {
        // ", adding that the militant was killed": the claimant of the main verb goes on.
        return None;
    }
    let claimant = inverted(units, at)
        .or_else(|| name_before(units, group).filter(|name| !is_counted(units, name)))
        .or_else(|| name_after(units, at))
        .or_else(|| name_before(units, group))?;
    let is_pronoun = claimant.len() == 1 && units.units[claimant.start].is(Role::Pronoun);
    let before = claimant.end <= at;
    let closes = is_closing(units, at.max(claimant.end.saturating_sub(1)) + 1);
    let opens = before && claimant.start.checked_sub(1).is_none_or(|index| opens_clause(&units.units[index]));
    let behind = at.max(claimant.end.saturating_sub(1)) + 1;
    let is_inserted =
        closes && units.units[behind.min(units.len())..].iter().filter(|unit| !unit.is_mark()).count() > 6;
    let reach = if is_inserted && !(opens && claimant.start == 0) {
        // "…, officials say, with two people killed"
        0..units.len()
    } else if closes && !(opens && claimant.start == 0) {
        clause_start(units, claimant.start.min(at))..claimant.start.min(at)
    } else {
        at + 1..clause_end(units, at + 1)
    };
    Some(Attribution { claimant, verb: at, reach, is_pronoun })
}

/// "Killed 110 people said the monitor", of copy without commas: those counted are not who says so.
fn is_counted(units: &Units, name: &Range<usize>) -> bool {
    name.start.checked_sub(1).is_some_and(|before| units.units[before].count().is_some())
}

/// Whether a verb such as "put" or "gave" has a figure behind it.
fn gives_figure(units: &Units, at: usize) -> bool {
    units.units[at + 1..]
        .iter()
        .take(FIGURE_UNITS_MAX)
        .take_while(|unit| !unit.ends_phrase())
        .any(|unit| unit.count().is_some())
}

/// ", said Rosa Quispe, the director": the name stands behind the verb and ends there.
fn inverted(units: &Units, verb: usize) -> Option<Range<usize>> {
    let name = name_after(units, verb)?;
    units.get(name.end).is_none_or(|next| next.is_mark() || next.date().is_some()).then_some(name)
}

/// "has also said": the first unit of the verbal group.
fn verb_group_start(units: &Units, at: usize) -> usize {
    let mut start = at;
    while let Some(before) = start.checked_sub(1).map(|index| &units.units[index]) {
        if !(before.word.is_any(&[Role::Be, Role::Have]) || before.is_adverb()) {
            break;
        }
        start -= 1;
    }
    start
}

/// Whether the sentence, or its quotation, ends behind the verb: ", police said.", "… said on Monday."
fn is_closing(units: &Units, mut at: usize) -> bool {
    while let Some(unit) = units.get(at) {
        let is_tail = unit.date().is_some()
            || unit.is_adverb()
            || unit.is(Role::Preposition)
            || unit.is_name
            || unit.is(Role::Determiner)
            || unit.is(Role::Indefinite)
            || unit.is(Role::Claimant)
            || [
                "reporters",
                "statement",
                "telegram",
                "conference",
                "news",
                "twitter",
                "post",
                "facebook",
                "interview",
                "friday",
                "them",
                "late",
                "briefing",
                "x",
            ]
            .iter()
            .any(|word| unit.text.eq_ignore_ascii_case(word));
        if unit.ends_phrase() || matches!(unit.text, "\"" | "”") {
            return true;
        }
        if !is_tail {
            return false;
        }
        at += 1;
    }
    true
}

fn opens_clause(unit: &Unit) -> bool {
    unit.ends_phrase() || matches!(unit.text, "\"" | "“" | "”") || unit.is(Role::Subordinator) || unit.is(Role::And)
}

fn clause_start(units: &Units, at: usize) -> usize {
    (0..at).rev().find(|index| units.units[*index].text == ";").map_or(0, |index| index + 1)
}

fn clause_end(units: &Units, at: usize) -> usize {
    (at..units.len()).find(|index| units.units[*index].text == ";").unwrap_or(units.len())
}

/// The name that ends right before the verb at `end`.
fn name_before(units: &Units, end: usize) -> Option<Range<usize>> {
    let mut last = end;
    // "The clashes it said": who speaks is the pronoun.
    if let Some(index) = end.checked_sub(1).filter(|index| units.units[*index].is(Role::Pronoun)) {
        return Some(index..end);
    }
    if let Some(name) = whole_before(units, end) {
        return Some(name);
    }
    // "Mara Ito, a member of the council, said": the name stands before the apposition.
    if last > 0 && matches!(units.units[last - 1].text, "," | "-" | "–" | "—") {
        let apposition = (0..last - 1)
            .rev()
            .take(CLAIMANT_UNITS_MAX + 6)
            .find(|index| matches!(units.units[*index].text, "," | "-" | "–" | "—"));
        last = apposition?;
    }
    let mut start = last;
    while let Some(index) = start.checked_sub(1) {
        if last - index > CLAIMANT_UNITS_MAX || !belongs_to_name(units, index, last) {
            break;
        }
        start = index;
    }
    // Without commas, what stands before the article belongs to another phrase: "… in Orlo a monitoring group said".
    let article = (start + 1..last).rev().find(|index| {
        let unit = &units.units[*index];
        (unit.is(Role::Indefinite) || unit.is(Role::Determiner))
            && !units.units[index - 1].is(Role::Preposition)
            && !units.units[index - 1].is(Role::And)
    });
    start = article.unwrap_or(start);
    if let Some(name) = named_before(units, start) {
        return Some(name);
    }
    // A name does not start with what only ties it.
    while start < last && is_joint(&units.units[start]) {
        start += 1;
    }
    let is_someone = (start..last).any(|index| names_someone(&units.units[index]))
        || last - start == 1 && units.units[start].is(Role::Pronoun)
        // "The coastguard said": who speaks need not be listed.
        || (2..=4).contains(&(last - start))
            && units.units[start].is(Role::Determiner)
            && start.checked_sub(1).is_none_or(|before| units.units[before].is_mark());
    (start < last && is_someone).then_some(start..last)
}

/// "Villagers reached by telephone said", "Doctors close to the alliance said": all that stands before the verb.
fn whole_before(units: &Units, end: usize) -> Option<Range<usize>> {
    let start = (0..end).rev().take_while(|index| !units.units[*index].ends_phrase()).last()?;
    let group = &units.units[start..end];
    let has_other = group.iter().any(|unit| {
        unit.word.is_any(&[
            Role::Be,
            Role::Have,
            Role::Modal,
            Role::Subordinator,
            Role::Relative,
            Role::Say,
            Role::According,
            Role::Time,
        ]) || unit.word.is_harm()
            || unit.word.event.is_some()
            || unit.count().is_some()
            || unit.date().is_some()
    });
    let first = start + group.iter().take_while(|unit| unit.is(Role::Determiner) || unit.is(Role::Indefinite)).count();
    let is_someone = units.units[first.min(end)..end]
        .iter()
        .take(2)
        .any(|unit| unit.is(Role::Claimant) || unit.word.person.is_some());
    let has_joint = group.iter().any(|unit| unit.is(Role::Preposition));
    (group.len() <= CLAIMANT_UNITS_MAX / 2 && !has_other && is_someone && has_joint && start == 0).then_some(first..end)
}

/// "Mara Ito, a member of the council said": the name before an apposition.
fn named_before(units: &Units, start: usize) -> Option<Range<usize>> {
    let comma = start.checked_sub(1).filter(|index| units.units[*index].text == ",")?;
    let is_apposition = units.get(start).is_some_and(|unit| {
        unit.is(Role::Indefinite) || unit.is(Role::Determiner) || unit.is(Role::Claimant) && !unit.is_name
    });
    let first = (0..comma)
        .rev()
        .take_while(|index| units.units[*index].is_name || *index == 0 && !units.units[0].word.is_known())
        .last()?;
    (is_apposition && comma - first >= 2).then_some(first..comma)
}

/// "said Mara Ito", "said a spokesman for the army": the name behind the verb.
fn name_after(units: &Units, verb: usize) -> Option<Range<usize>> {
    let before = verb.checked_sub(1).map(|index| &units.units[index])?;
    let is_people = before.word.person.is_some() && !before.is(Role::Claimant);
    if !(before.ends_phrase() || is_people || matches!(before.text, "\"" | "”" | "'" | "’")) {
        return None;
    }
    let end = end_of_name(units, verb + 1);
    let is_someone = (verb + 1..end).any(|index| names_someone(&units.units[index]));
    is_someone.then_some(verb + 1..end)
}

/// The end of a name that starts at `at`.
fn end_of_name(units: &Units, at: usize) -> usize {
    let mut end = at;
    while let Some(unit) = units.get(end) {
        let is_possessive_mark = matches!(unit.text, "'" | "’") || unit.text.eq_ignore_ascii_case("s");
        let is_hyphen = unit.text == "-" && units.get(end + 1).is_some_and(|next| next.is_name);
        let ends = unit.ends_phrase() && !is_possessive_mark && unit.text != "."
            || matches!(unit.text, "\"" | "“" | "”")
            || unit.text == "." && !is_initial_dot(units, end);
        let breaks = unit.word.is_any(&[Role::Be, Role::Have, Role::Modal, Role::Relative, Role::Including, Role::Say])
            || unit.is(Role::Subordinator)
            || unit.date().is_some()
            || unit.count().is_some()
            || unit.word.is_harm_verb();
        let and = (unit.is(Role::And) || unit.is(Role::Or)) && !units.get(end + 1).is_some_and(|next| next.is_name);
        let away = unit.is(Role::Preposition)
            && !["of", "for", "in", "from", "at"].iter().any(|word| unit.text.eq_ignore_ascii_case(word));
        if end - at >= CLAIMANT_UNITS_MAX || ends && !is_hyphen || breaks || and || away || unit.is_adverb() {
            break;
        }
        end += 1;
    }
    while end > at && is_joint(&units.units[end - 1]) {
        end -= 1;
    }
    end
}

fn is_initial_dot(units: &Units, at: usize) -> bool {
    at > 0
        && units.units[at - 1].text.len() <= 3
        && units.units[at - 1].is_name
        && units.get(at + 1).is_some_and(|next| next.is_name)
}

fn belongs_to_name(units: &Units, at: usize, end: usize) -> bool {
    let unit = &units.units[at];
    if unit.ends_phrase() && !matches!(unit.text, "-" | "'" | "’") && !(unit.text == "." && is_initial_dot(units, at))
        || matches!(unit.text, "\"" | "“" | "”")
    {
        return false;
    }
    if unit.count().is_some()
        || unit.date().is_some()
        || unit.is(Role::Time)
        || unit.is(Role::Say) && !unit.is(Role::Claimant)
        || unit.is(Role::Subordinator)
        || unit.is(Role::Relative)
        || unit.is(Role::According)
    {
        return false;
    }
    if unit.word.is_any(&[Role::Be, Role::Have, Role::Modal]) || unit.word.is_harm_verb() && !unit.is_name {
        return false;
    }
    // Prepositions and "and" only inside: "the Ministry of Defence", "Observatory for Human Rights".
    if unit.is(Role::Preposition) {
        let inner = ["of", "for", "in", "from", "at", "on"].iter().any(|word| unit.text.eq_ignore_ascii_case(word));
        return inner && end - at > 1 && at > 0 && names_someone(&units.units[at - 1]);
    }
    true
}

fn is_joint(unit: &Unit) -> bool {
    unit.is(Role::Preposition) || unit.is(Role::And) || unit.is(Role::Or) || unit.is_adverb() || unit.is_mark()
}

fn names_someone(unit: &Unit) -> bool {
    unit.is(Role::Claimant)
        || unit.is(Role::Watcher)
        || unit.is(Role::Title)
        || unit.word.person.is_some()
        || unit.kind == crate::news::text::TokenKind::Word
            && unit.text.chars().next().is_some_and(char::is_uppercase)
            && !unit.is(Role::Determiner)
            && !unit.is(Role::Preposition)
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::super::super::value::date::Calendar;
    use super::super::words::Tags;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read_text = Text::read(text);
        let units = Units::read(&read_text, &Tags::read(&read_text), &read_text.sentences[0], Calendar::past(None));
        let at = (0..units.len()).find(|at| units.units[*at].word.is_harm()).unwrap();
        let attributions = read(&units);
        let found = of(&attributions, at).map_or("nobody", |attribution| name(&units, &attribution.claimant));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn claimants_stand_before_behind_and_between() {
        check("Two people were hurt, police said.", "police");
        check("Officials in Orlo said two people were hurt.", "Officials in Orlo");
        check("Two were hurt, according to the Orlo regional administration.", "Orlo regional administration");
        check("According to the health ministry, two were hurt.", "health ministry");
        check("Mara Ito, head of the district, wrote that two were hurt.", "Mara Ito");
        check("“Two were killed,” said Mara Ito.", "Mara Ito");
        check(
            "Two people were hurt near Orlo on Monday the Harbour Watch for Human Rights said.",
            "Harbour Watch for Human Rights",
        );
        check("Two people were hurt.", "nobody");
    }
}
