//! Where a clause's happening was, as the article names it.

use super::units::{Unit, Units, Value};
use super::words::Role;
use crate::news::text::TokenKind;
use crate::news::value::{Place, Precision};

/// Prepositions before the place of a happening, best first.
const PREPOSITIONS: [&str; 9] = ["in", "at", "near", "outside", "on", "around", "from", "across", "inside"];
const DIVISIONS: [&str; 12] = [
    "region",
    "province",
    "district",
    "oblast",
    "county",
    "governorate",
    "city",
    "town",
    "village",
    "state",
    "department",
    "neighbourhood",
];

/// The place named nearest to unit `at`.
pub fn near(units: &Units, at: usize) -> Option<Place> {
    (0..units.len())
        .filter_map(|index| Some((cost(units, index, at)?, name_at(units, index + 1)?)))
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, name)| Place {
            name,
            country: None,
            admin1: None,
            geonames_id: None,
            lat: None,
            lon: None,
            precision: Precision::Unresolved,
        })
}

fn cost(units: &Units, index: usize, at: usize) -> Option<usize> {
    let unit = &units.units[index];
    let rank = PREPOSITIONS.iter().position(|word| unit.text.eq_ignore_ascii_case(word))?;
    let before = usize::from(index < at) * 4;
    Some(index.abs_diff(at) + 2 * rank + before)
}

/// "the center of the Ukrainian city of Sumy", "the Kharkiv region", "Kherson".
fn name_at(units: &Units, start: usize) -> Option<String> {
    let mut at = start;
    let limit = units.len().min(start + 9);
    // Skip to the capital that names: articles, directions and nouns of settlement lie before it.
    while at < limit {
        let unit = &units.units[at];
        if is_place_word(unit) && !is_adjective(unit) {
            break;
        }
        let is_lead = unit.is(Role::Determiner)
            || unit.is(Role::Indefinite)
            || unit.kind == TokenKind::Word
                && !unit.word.is_harm()
                && !unit.word.is_any(&[Role::And, Role::Or, Role::Be, Role::Have, Role::Relative, Role::Subordinator])
                && (!unit.is(Role::Preposition) || unit.text.eq_ignore_ascii_case("of"));
        if !is_lead || unit.date().is_some() {
            return None;
        }
        at += 1;
    }
    let first = at;
    while at < limit && is_place_word(&units.units[at]) {
        at += 1;
    }
    if at < limit && DIVISIONS.iter().any(|word| units.units[at].text.eq_ignore_ascii_case(word)) {
        at += 1;
    }
    (first < at).then(|| units.slice(first..at).trim_end_matches("'s").trim_end_matches("’s").to_owned())
}

fn is_place_word(unit: &Unit) -> bool {
    unit.is_name && unit.value == Value::None && !unit.word.is_known()
}

fn is_adjective(unit: &Unit) -> bool {
    let lower = unit.text.to_lowercase();
    ["ian", "ish", "ese", "ani", "'s", "’s", "eli"].iter().any(|ending| lower.ends_with(ending))
        || lower.ends_with("an") && lower.len() > 7
}
