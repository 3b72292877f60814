//! The vocabulary around names: what leads to a place, what follows one, what shows that a name is none.

use std::sync::LazyLock;

use super::Cue;
use super::fold::ARTICLES;
use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Token, TokenKind};

/// A heading has at least so many words before its capitals are held against it.
const TITLE_CASE_WORDS_MIN: usize = 4;

/// What kind of place a class noun makes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Settlement,
    /// "the capital": of the country that follows or precedes.
    Capital,
    Site,
    Region,
}

pub struct Lexicon {
    pub prepositions: Phrases<Cue>,
    pub classes: Phrases<Class>,
    pub words: Phrases<Word>,
}

/// What a word does next to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Article,
    Direction,
    Title,
    Organisation,
    NoPlace,
    /// No part of any name: days, months, pronouns.
    Function,
}

pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);
/// After a name: its people act.
pub static ACTORS: LazyLock<Phrases<()>> = LazyLock::new(|| section(&["person", "actor noun"]));
pub static PARTICLES: LazyLock<Phrases<()>> = LazyLock::new(|| section(&["particle"]));

fn place_entries() -> impl Iterator<Item = lexicon::Entry<'static>> {
    lexicon::entries(include_str!("../../../../config/lexicon/place.txt"))
}

fn section(sections: &'static [&'static str]) -> Phrases<()> {
    Phrases::new(place_entries().filter(|entry| sections.contains(&entry.section)).map(|entry| (entry.phrase, ())))
}

impl Lexicon {
    fn read() -> Self {
        let mut prepositions = Vec::new();
        let mut classes = Vec::new();
        let mut words = Vec::new();
        for lexicon::Entry { section, phrase, value } in place_entries() {
            match section {
                "preposition" => prepositions.extend(cue(value).map(|cue| (phrase, cue))),
                "settlement" if phrase == "capital" => classes.push((phrase, Class::Capital)),
                "settlement" => classes.push((phrase, Class::Settlement)),
                "site" => classes.push((phrase, Class::Site)),
                "region" => classes.push((phrase, Class::Region)),
                "article" => words.push((phrase, Word::Article)),
                "direction" => words.push((phrase, Word::Direction)),
                "title" => words.push((phrase, Word::Title)),
                "organisation" => words.push((phrase, Word::Organisation)),
                "function" => words.push((phrase, Word::Function)),
                "not a place" => words.push((phrase, Word::NoPlace)),
                _ => {}
            }
        }
        Self { prepositions: Phrases::new(prepositions), classes: Phrases::new(classes), words: Phrases::new(words) }
    }
}

fn cue(value: &str) -> Option<Cue> {
    Some(match value {
        "in" => Cue::In,
        "near" => Cue::Near,
        "over" => Cue::Over,
        "to" => Cue::To,
        "from" => Cue::From,
        "of" => Cue::Of,
        "actor" => Cue::Actor,
        _ => return None,
    })
}

pub fn word(token: &Token) -> Option<Word> {
    LEXICON.words.of(&token.bare()).copied()
}

/// A capitalised word that shows that a run is no name of a place.
pub fn is_no_name(token: &Token) -> bool {
    let is_acronym = token.base().chars().filter(|char| char.is_alphabetic()).count() > 1 && is_upper(token.base());
    // "UK-based", "mid-March"
    let is_compound = token.text.rsplit_once('-').is_some_and(|(_, last)| last.starts_with(char::is_lowercase))
        || token.text.starts_with(char::is_lowercase) && !has_article_prefix(token.text);
    is_acronym || is_compound || matches!(word(token), Some(Word::NoPlace | Word::Function | Word::Title))
}

/// "regions", "counties", "cities".
pub fn is_plural_class(token: &Token) -> bool {
    token.text.ends_with('s') && LEXICON.classes.of(token).is_some()
}

pub fn is_name_particle(token: &Token) -> bool {
    PARTICLES.of(token).is_some()
}

/// `al-Fouaa`: an Arabic article in lower case, joined to a capital.
pub fn has_article_prefix(text: &str) -> bool {
    let Some((article, rest)) = text.split_once(['-', '\'', '’']) else { return false };
    ARTICLES.contains(&article) && rest.chars().next().is_some_and(char::is_uppercase)
}

/// A heading in which every longer word is capitalised, so that capitals do not tell names.
pub fn is_title_case(tokens: &[Token]) -> bool {
    let mut words = 0;
    let mut capitals = 0;
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Word && token.text.len() > 3) {
        words += 1;
        capitals += usize::from(token.is_capitalised());
    }
    words >= TITLE_CASE_WORDS_MIN && capitals * 10 >= words * 9
}

pub fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase)
}
