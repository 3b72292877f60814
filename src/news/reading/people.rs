//! Noun phrases of people: how many, of which group.
//!
//! Without a tagger, a noun phrase is a count, an article or a determiner, some words, and a noun that the vocabulary knows
//! to name people, or that looks like one behind a count. Each sentence's phrases are found once, from the left, and do not overlap.

mod noun;

use std::ops::Range;

use self::noun::{Core, MODIFIERS_MAX, core};
use super::units::Units;
use super::words::{Form, Number, Role};
use crate::news::kinds::toll::{Group, Measure};
use crate::news::text::TokenKind;
use crate::news::value::Count;

/// How sure it is that the phrase names people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// A noun of the vocabulary.
    Known,
    /// An unknown plural or agent noun behind a count: "12 villagers", "two Afghans".
    Likely,
    /// Any other unknown noun behind a count.
    Unknown,
    /// The count stands alone: "12 were killed", "five of them".
    Count,
    /// A person's name, with or without a title.
    Name,
    /// "he", "she", "him"
    Pronoun,
}

/// One phrase.
#[derive(Clone, Debug)]
pub struct People {
    /// Indexes into [`Units::units`].
    pub units: Range<usize>,
    /// `None` for a bare plural ("civilians") or a group as a whole ("the rebels").
    pub count: Option<Count>,
    pub group: Group,
    pub head: Head,
    /// The phrase itself says what happened to them: "28 dead hostages", "12 deaths".
    pub measure: Option<Measure>,
    /// "Five of them", "another two": a part of what was told before, or more beside it.
    pub of_them: bool,
    /// "the", "his": the person was told of before, or is known.
    pub is_definite: bool,
    /// "No one", "no civilians".
    pub is_nobody: bool,
    /// The harm describes them and is told in passing: "28 dead hostages".
    pub is_described: bool,
}

impl People {
    /// All phrases of a sentence, in order.
    pub fn all(units: &Units) -> Vec<Self> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < units.len() {
            match read(units, at) {
                Some(people) => {
                    at = people.units.end;
                    found.push(people);
                }
                None => at += 1,
            }
        }
        found
    }

    /// Whether the phrase certainly names people.
    pub fn is_sure(&self) -> bool {
        matches!(self.head, Head::Known | Head::Likely | Head::Name | Head::Pronoun)
    }
}

/// How a phrase opens: its count or article.
#[derive(Debug, Default)]
struct Opening {
    count: Option<Count>,
    /// "a", "an", "another": one if the noun is singular.
    is_indefinite: bool,
    is_definite: bool,
    is_other: bool,
    is_nobody: bool,
    len: usize,
}

fn read(units: &Units, at: usize) -> Option<People> {
    let opening = opening(units, at);
    let start = at + opening.len;
    let counted = opening.count.is_some() || opening.is_nobody;
    if counted && let Some(people) = of_phrase(units, at, start, &opening) {
        return Some(people);
    }
    if let Some(core) = core(units, start, counted) {
        return phrase(units, at, &opening, core);
    }
    // "another was wounded"
    let is_another = opening.is_other && opening.is_indefinite && !counted;
    if is_another && units.get(start).is_some_and(|next| next.is(Role::Be) || next.word.is_harm() || next.is_adverb()) {
        let count = Some(Count { low: Some(1), high: Some(1), ..Count::default() });
        return Some(People {
            units: at..start,
            count,
            group: Group::People,
            head: Head::Count,
            measure: None,
            of_them: true,
            is_definite: false,
            is_nobody: false,
            is_described: false,
        });
    }
    // "a family of five"
    if opening.is_indefinite
        && units.get(start).is_some_and(|unit| {
            ["family", "group", "team", "crew"].iter().any(|word| unit.text.eq_ignore_ascii_case(word))
        })
        && units.get(start + 1).is_some_and(|unit| unit.text.eq_ignore_ascii_case("of"))
        && units.get(start + 2).is_some_and(|unit| unit.count().is_some())
    {
        return read(units, start + 2).map(|people| People { units: at..people.units.end, ..people });
    }
    if counted && is_pronominal(units, start) {
        return Some(People {
            units: at..start,
            count: opening.count,
            group: Group::People,
            head: Head::Count,
            measure: None,
            of_them: opening.is_other,
            is_definite: false,
            is_nobody: opening.is_nobody,
            is_described: false,
        });
    }
    (opening.len == 0).then(|| pronoun(units, at).or_else(|| name(units, at))).flatten()
}

/// "He", "him": one person told of before.
fn pronoun(units: &Units, at: usize) -> Option<People> {
    units.get(at).filter(|unit| unit.is(Role::Person)).map(|_| People {
        units: at..at + 1,
        count: Some(Count { low: Some(1), high: Some(1), ..Count::default() }),
        group: Group::People,
        head: Head::Pronoun,
        measure: None,
        of_them: false,
        is_definite: true,
        is_nobody: false,
        is_described: false,
    })
}

fn opening(units: &Units, at: usize) -> Opening {
    let mut opening = Opening::default();
    while let Some(unit) = units.get(at + opening.len) {
        if opening.count.is_none()
            && let Some(count) = unit.count()
        {
            opening.count = Some(count.clone());
        } else if unit.is(Role::Nobody) && opening.len == 0 && !unit.text.eq_ignore_ascii_case("nor") {
            opening.is_nobody = true;
            opening.count = Some(Count { low: Some(0), high: Some(0), ..Count::default() });
        } else if unit.is(Role::Another) {
            opening.is_other = true;
            opening.is_indefinite |= unit.text.eq_ignore_ascii_case("another");
        } else if ["second", "third", "fourth", "fifth"].iter().any(|word| unit.text.eq_ignore_ascii_case(word))
            && opening.len > 0
        {
            opening.is_other = true;
        } else if unit.is(Role::Indefinite) && opening.count.is_none() && !opening.is_indefinite {
            opening.is_indefinite = true;
        } else if unit.is(Role::Determiner) && opening.count.is_none() && !opening.is_indefinite {
            opening.is_definite = true;
        } else {
            break;
        }
        opening.len += 1;
    }
    opening
}

fn phrase(units: &Units, at: usize, opening: &Opening, core: Core) -> Option<People> {
    let one = core.number == Some(Number::One);
    if opening.is_indefinite && opening.count.is_none() && core.number == Some(Number::Many) {
        return None;
    }
    let count = match &opening.count {
        Some(count) => Some(count.clone()),
        // One described singly: "a woman", "the deputy".
        None if one && (opening.is_indefinite || opening.is_definite) => {
            Some(Count { low: Some(1), high: Some(1), ..Count::default() })
        }
        None => None,
    };
    let mut end = core.end;
    let mut group = core.group;
    if units.get(end).is_some_and(|next| next.text.eq_ignore_ascii_case("loyal")) {
        group = Group::Military;
    }
    if let Some((of_group, of_end)) = of_group(units, core.end).filter(|_| group == Group::People || opening.is_nobody)
    {
        group = of_group;
        end = of_end;
    }
    let is_described = core.number.is_some() && core.measure.is_some();
    if let Some(other) = joined(units, end).filter(|_| opening.count.is_some() && !one) {
        // "27 girls and staff": one figure for both.
        if group != other.0 {
            group = Group::People;
        }
        end = other.1;
    } else if is_under_age(units, end) {
        group = Group::Children;
    }
    Some(People {
        units: at..end,
        count,
        group,
        head: core.head,
        measure: core.measure,
        of_them: opening.is_other,
        is_definite: opening.is_definite,
        is_nobody: opening.is_nobody,
        is_described,
    })
}

/// "girls [and staff]": a second bare plural under the same count, and where it ends.
fn joined(units: &Units, at: usize) -> Option<(Group, usize)> {
    units.get(at).filter(|unit| unit.is(Role::And) && unit.text.len() <= 3)?;
    let second = core(units, at + 1, false).filter(|core| core.number == Some(Number::Many))?;
    let goes_on = units.get(second.end).is_some_and(|next| next.is(Role::Say) || next.is(Role::Have));
    (!goes_on).then_some((second.group, second.end))
}

/// ", aged six and 13": all under age.
fn is_under_age(units: &Units, at: usize) -> bool {
    let comma = usize::from(units.get(at).is_some_and(|unit| unit.text == ","));
    if !units.get(at + comma).is_some_and(|unit| unit.is_any_text(&["aged", "ages"])) {
        return false;
    }
    let ages = units.units[at + comma + 1..].iter().take_while(|unit| {
        unit.kind == TokenKind::Number
            || unit.text == ","
            || unit.is(Role::And)
            || noun::age_in_words(unit.text).is_some()
    });
    let mut ages = ages.filter_map(|unit| unit.text.parse().ok().or_else(|| noun::age_in_words(unit.text))).peekable();
    ages.peek().is_some() && ages.all(|age: u32| age < noun::ADULT_AGE_YEARS)
}

/// "members of the Afghan security forces": the group behind "of".
fn of_group(units: &Units, at: usize) -> Option<(Group, usize)> {
    units.get(at).filter(|unit| unit.text.eq_ignore_ascii_case("of"))?;
    for index in at + 1..units.len().min(at + 2 + MODIFIERS_MAX) {
        let unit = &units.units[index];
        if unit.word.person.is_none()
            && unit.word.modifier.is_none()
            && (unit.ends_phrase()
                || unit.word.is_harm()
                || unit.word.is_any(&[Role::Be, Role::Have, Role::Preposition, Role::Relative]))
        {
            return None;
        }
        let group = unit.word.person.map(|(group, _)| group).or(unit.word.modifier);
        let Some(group) = group.filter(|group| !matches!(group, Group::People)) else { continue };
        let has_head = units.get(index + 1).is_some_and(|next| next.word.person.is_some());
        return Some((group, index + 1 + usize::from(has_head)));
    }
    None
}

/// "Five of them", "91 of its rescuers", "hundreds of people", "two of the dead".
fn of_phrase(units: &Units, at: usize, start: usize, opening: &Opening) -> Option<People> {
    units.get(start).filter(|unit| unit.text.eq_ignore_ascii_case("of"))?;
    let pronoun = units.get(start + 1)?;
    // "Six of those killed"
    let told = units
        .get(start + 2)
        .filter(|_| pronoun.text.eq_ignore_ascii_case("those"))
        .and_then(|next| next.word.harm(Form::Past));
    if let Some(measure) = told {
        return Some(People {
            units: at..start + 3,
            count: opening.count.clone(),
            group: Group::People,
            head: Head::Known,
            measure: Some(measure),
            of_them: true,
            is_definite: false,
            is_nobody: opening.is_nobody,
            is_described: false,
        });
    }
    if ["them", "whom", "those", "these"].iter().any(|word| pronoun.text.eq_ignore_ascii_case(word)) {
        return Some(People {
            units: at..start + 2,
            count: opening.count.clone(),
            group: Group::People,
            head: Head::Count,
            measure: None,
            of_them: true,
            is_definite: false,
            is_nobody: opening.is_nobody,
            is_described: false,
        });
    }
    let determiner = usize::from(pronoun.is(Role::Determiner));
    let inner = start + 1 + determiner;
    let inner_count = usize::from(determiner == 1 && units.get(inner).is_some_and(|unit| unit.count().is_some()));
    let core = core(units, inner + inner_count, true).or_else(|| killed_of(units, inner, inner_count))?;
    let core = with_participle(units, core).filter(|_| determiner == 1).unwrap_or(core);
    if determiner == 1 && core.measure.is_some() && opening.count.as_ref().is_some_and(|count| count.words.is_some()) {
        // "Many of the wounded" says nothing of how many.
        return None;
    }
    let is_described = core.number.is_some() && core.measure.is_some();
    // "Dozens of people" counts them; "two of the 40 hostages" is a part.
    Some(People {
        units: at..core.end,
        count: opening.count.clone(),
        group: core.group,
        head: core.head,
        measure: core.measure,
        of_them: opening.is_other || determiner == 1 && !is_all(units, at),
        is_definite: false,
        is_nobody: opening.is_nobody,
        is_described,
    })
}

/// "All six of the members": no part.
fn is_all(units: &Units, at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| units.units[before].text.eq_ignore_ascii_case("all"))
}

/// "Two of the [three killed]"
fn killed_of(units: &Units, inner: usize, inner_count: usize) -> Option<Core> {
    let end = inner + inner_count;
    let measure = units.get(end).filter(|_| inner_count > 0)?.word.harm(Form::Past)?;
    Some(Core { end: end + 1, head: Head::Known, group: Group::People, number: None, measure: Some(measure) })
}

/// "Two of the four people \[killed\] were children": the participle says what happened to them.
fn with_participle(units: &Units, core: Core) -> Option<Core> {
    let measure = units.get(core.end)?.word.harm(Form::Past).filter(|_| core.measure.is_none())?;
    units.get(core.end + 1).filter(|next| next.is(Role::Be))?;
    Some(Core { end: core.end + 1, measure: Some(measure), ..core })
}

/// A count without a noun stands for people where no unknown word, which might be its noun, follows.
fn is_pronominal(units: &Units, end: usize) -> bool {
    let Some(next) = units.get(end) else { return true };
    let is_noun = !next.word.is_known() && !next.is_mark() && !next.is_adverb()
        || next.word.event.is_some() && !next.word.is_harm();
    !is_noun && !next.is(Role::Thing) && next.word.weapon.is_none()
}

/// A name with a title, or two and more capitalised words: "Gen. Vasyl Ito", "Ana Reyes Solano".
fn name(units: &Units, at: usize) -> Option<People> {
    let follows_article = at
        .checked_sub(1)
        .is_some_and(|before| units.units[before].is(Role::Determiner) || units.units[before].is(Role::Indefinite));
    let mut end = at;
    let mut titles = 0;
    let mut group = Group::People;
    while let Some(unit) = units.get(end).filter(|unit| unit.is(Role::Title)) {
        titles += 1;
        group = unit.word.person.map_or(group, |(group, _)| group);
        end += 1 + usize::from(units.get(end + 1).is_some_and(|dot| dot.text == "."));
    }
    let first = end;
    while units.get(end).is_some_and(|unit| {
        (unit.is_name
            || titles > 0 && units.text.is_capitals && unit.kind == TokenKind::Word
            || end == first && titles == 0 && is_capitalised_first(units, end))
            && !unit.word.is_known()
            && unit.value == super::units::Value::None
    }) {
        end += 1;
    }
    let words = end - first;
    let is_owner = end > first
        && units.units[end - 1].text.ends_with(['s', 'S'])
        && units.units[end - 1].text.contains(['\'', '’']);
    if is_owner {
        return None;
    }
    let is_name = words >= 2 && titles == 0 && !follows_article || titles > 0 && words >= 1;
    is_name.then(|| People {
        units: at..end,
        count: Some(Count { low: Some(1), high: Some(1), ..Count::default() }),
        group,
        head: Head::Name,
        measure: None,
        of_them: false,
        is_definite: true,
        is_nobody: false,
        is_described: false,
    })
}

/// The first word of a sentence has a capital anyway: it starts a name if another follows.
fn is_capitalised_first(units: &Units, at: usize) -> bool {
    at == 0
        && units.get(1).is_some_and(|next| next.is_name && !next.word.is_known())
        && units.units[0].text.chars().next().is_some_and(char::is_uppercase)
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
        let found: Vec<String> = People::all(&units)
            .iter()
            .filter(|people| !matches!(people.head, Head::Name | Head::Pronoun))
            .map(|people| {
                let low = people.count.as_ref().and_then(|count| count.low);
                let low = low.map_or("-".to_owned(), |low| low.to_string());
                let measure = people.measure.map_or(String::new(), |measure| format!(" {measure:?}"));
                format!("{} [{low} {:?}{measure}]", units.slice(people.units.clone()), people.group)
            })
            .collect();
        assert_eq!(found.join(", "), expected, "{text}");
    }

    #[test]
    fn counted_people() {
        check(
            "fired on at least 12 heavily armed Chechen fighters there",
            "at least 12 heavily armed Chechen fighters [12 Militants]",
        );
        check("He saw 35 of its rescuers.", "35 of its rescuers [35 Responders]");
        check("Hundreds of people left.", "Hundreds of people [- People]");
        check(
            "more than 100 members of the Afghan security forces inside",
            "more than 100 members of the Afghan security forces [100 Military]",
        );
        check("of 28 dead hostages", "28 dead hostages [28 People Killed]");
        check("with 21 civilian deaths", "21 civilian deaths [21 Civilians Killed]");
        check("killed 12 villagers", "12 villagers [12 People]");
    }

    #[test]
    fn people_described_singly() {
        check("met a 9-year-old boy and an elderly woman", "a 9-year-old boy [1 Children], an elderly woman [1 Women]");
        check("at a student union", "");
        check("a female employee died", "a female employee [1 Women]");
    }

    #[test]
    fn things_are_no_people() {
        check("destroyed 12 houses and five Syrian aircraft", "");
        check("after 14 rounds", "");
    }
}
