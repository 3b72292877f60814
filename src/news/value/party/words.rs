//! The vocabulary of parties: states, bodies, persons, and the words that stand with their names.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::{Naming, Party};
use crate::news::lexicon::{self, Phrases};
use crate::news::text::Token;

#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'t> {
    pub(super) party: Party<'t>,
    pub(super) naming: Naming,
}

pub(super) static SOURCE: &str = include_str!("../../../../config/lexicon/parties.txt");
static COUNTRIES: &str = include_str!("../../../../config/lexicon/countries.tsv");
pub(super) static PARTIES: LazyLock<Phrases<Known<'static>>> = LazyLock::new(parties);
pub(super) static OFFICES: LazyLock<Phrases<()>> = LazyLock::new(|| section("office"));
pub(super) static DAYS_AND_MONTHS: LazyLock<Phrases<()>> = LazyLock::new(|| section("day or month"));
pub(super) static BODY_WORDS: LazyLock<Phrases<()>> = LazyLock::new(|| section("body word"));
pub(super) static KINDS: LazyLock<Phrases<()>> = LazyLock::new(|| section("kind"));
pub(super) static KIND_MODIFIERS: LazyLock<Phrases<()>> = LazyLock::new(|| section("kind modifier"));
pub(super) static REFERRING: LazyLock<Phrases<()>> = LazyLock::new(|| section("referring"));
pub(super) static JOINTS: LazyLock<Phrases<()>> = LazyLock::new(|| section("joint"));
pub(super) static PLACE_LEADS: LazyLock<Phrases<()>> = LazyLock::new(|| section("leads place"));
pub(super) static DESTINATION_LEADS: LazyLock<Phrases<()>> = LazyLock::new(|| section("leads destination"));
pub(super) static BEFORE_NAME: LazyLock<Phrases<()>> = LazyLock::new(|| section("before name"));
pub(super) static COMMON_WORDS: LazyLock<Phrases<()>> = LazyLock::new(|| section("common word"));
pub(super) static NAME_PARTICLES: LazyLock<Phrases<()>> = LazyLock::new(|| section("name particle"));
pub(super) static OFFICE_MODIFIERS: LazyLock<Phrases<()>> = LazyLock::new(|| section("office modifier"));

/// Offices that only one government has: "Chancellor of the Exchequer".
pub(super) static HOLDERS: LazyLock<Phrases<()>> = LazyLock::new(|| section("holder"));
/// The first halves of words for two states: "Franco-German".
pub(super) static PREFIXES: LazyLock<Phrases<Known<'static>>> = LazyLock::new(|| {
    let prefixes = lexicon::entries(SOURCE).filter(|entry| entry.section == "prefix");
    Phrases::new(prefixes.map(|entry| (entry.phrase, Known { party: entry.value, naming: Naming::Adjective })))
});

fn section(name: &'static str) -> Phrases<()> {
    Phrases::new(lexicon::entries(SOURCE).filter(|entry| entry.section == name).map(|entry| (entry.phrase, ())))
}

fn parties() -> Phrases<Known<'static>> {
    let mut known: Vec<(String, Known<'static>)> = Vec::new();
    for entry in lexicon::entries(SOURCE) {
        let (naming, party) = match entry.section {
            "union" | "body" => (Naming::Body, entry.value),
            "seat" => (Naming::Seat, entry.value),
            "name" => (Naming::Country, entry.value),
            "adjective" => (Naming::Adjective, entry.value),
            "person" | "holder" => (Naming::Person, entry.value),
            "government" => (Naming::Government, ""),
            "rebels" => (Naming::Rebels, ""),
            "kind" | "referring" => (Naming::Kind, entry.phrase),
            _ => continue,
        };
        known.push((entry.phrase.to_owned(), Known { party, naming }));
    }
    for line in COUNTRIES.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t').skip(1);
        let (Some(name), Some(capital)) = (cells.next(), cells.next()) else { continue };
        let names = cells.nth(2).unwrap_or_default();
        let adjectives = cells.next().unwrap_or_default();
        let mut add = |phrase: &str, naming| {
            if !phrase.is_empty() {
                known.push((phrase.to_lowercase(), Known { party: name, naming }));
            }
        };
        add(name, Naming::Country);
        names.split('|').for_each(|name| add(name, Naming::Country));
        adjectives.split('|').for_each(|adjective| add(adjective, Naming::Adjective));
        // A capital that is named like its country tells nothing more.
        if capital != name {
            add(capital, Naming::Seat);
        }
    }
    Phrases::new(known.iter().map(|(phrase, known)| (phrase.as_str(), *known)))
}

/// Whether a word tells an office or what stands with one: "deputy", "minister", "head".
pub fn is_office_word(token: &Token) -> bool {
    let token = std::slice::from_ref(token);
    OFFICES.longest_at(token).is_some() || OFFICE_MODIFIERS.longest_at(token).is_some()
}

/// Whether a body is a union of states, which meets as such.
pub fn is_union(party: &str) -> bool {
    !is_armed(party)
}

/// Whether a party is told only by what it is: "creditor banks", "rebels".
pub fn is_kind(party: &str) -> bool {
    static NAMELESS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let is_kind = |section: &str| ["kind", "referring", "rebels"].contains(&section);
        lexicon::entries(SOURCE).filter(|entry| is_kind(entry.section)).map(|entry| entry.phrase).collect()
    });
    NAMELESS.contains(party)
}

/// The party that a single word names: "Qatar", "Qatari", "US".
pub fn named(word: &str) -> Option<Party<'static>> {
    PARTIES.word(word).map(|known| known.party).filter(|party| !party.is_empty())
}

/// The name of the country with an ISO 3166-1 code: "CH" → "Switzerland".
pub fn of_country(code: &str) -> Option<Party<'static>> {
    static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let lines = COUNTRIES.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| Some((line.split('\t').next()?, line.split('\t').nth(1)?))).collect()
    });
    NAMES.get(code).copied()
}

/// Whether a body is no union of states.
pub(super) fn is_armed(party: &str) -> bool {
    static UNIONS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        lexicon::entries(SOURCE).filter(|entry| entry.section == "union").map(|entry| entry.value).collect()
    });
    !UNIONS.contains(&party)
}

pub(super) fn is_apostrophe(token: &Token) -> bool {
    matches!(token.text, "'" | "’")
}

/// Names that are common words in text without lower case.
pub(super) fn is_common_word(token: &Token) -> bool {
    COMMON_WORDS.of(token).is_some()
}

pub(super) fn is_day_or_month(token: &Token) -> bool {
    DAYS_AND_MONTHS.of(token).is_some()
}
