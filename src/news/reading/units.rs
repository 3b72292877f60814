//! Sentence → units: counts, dates, phrases of the vocabulary, and other tokens one by one.

use std::ops::Range;

use crate::news::reading::words::{Role, Tags, WORDS, Word};
use crate::news::text::{Sentence, Span, Text, Token, TokenKind};
use crate::news::value::Count;
use crate::news::value::count;
use crate::news::value::date::{self, Calendar};

/// No one is older: a bare number between commas after a name is an age.
const AGE_YEARS_MAX: u64 = 115;

/// One unit of a sentence.
#[derive(Clone, Debug)]
pub struct Unit<'t> {
    /// Indexes into [`Text::tokens`].
    pub tokens: Range<usize>,
    /// The first token's text, or the mark itself.
    pub text: &'t str,
    pub word: &'static Word,
    pub value: Value,
    pub kind: TokenKind,
    /// Starts with a capital that tells something: not the first word of a sentence, nor in text of capitals.
    pub is_name: bool,
}

/// What a unit is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Count(Count),
    Date(date::Found),
}

impl Unit<'_> {
    pub fn is(&self, role: Role) -> bool {
        self.word.is(role)
    }

    pub fn count(&self) -> Option<&Count> {
        match &self.value {
            Value::Count(count) => Some(count),
            _ => None,
        }
    }

    pub fn date(&self) -> Option<&date::Found> {
        match &self.value {
            Value::Date(date) => Some(date),
            _ => None,
        }
    }

    /// Whether the unit is one of these words, whatever its case.
    pub fn is_any_text(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }

    pub fn is_mark(&self) -> bool {
        self.kind == TokenKind::Mark
    }

    /// A mark or word at which a noun phrase ends whatever it is.
    pub fn ends_phrase(&self) -> bool {
        self.is_mark() && !matches!(self.text, "\"" | "“" | "”" | "'" | "‘" | "’" | "-")
    }

    /// An adverb or the like, which may stand between the parts of a predicate.
    pub fn is_adverb(&self) -> bool {
        self.is(Role::Time)
            || self.text.len() > 3 && self.text.to_ascii_lowercase().ends_with("ly") && !self.word.is_known()
            || [
                "also",
                "reportedly",
                "allegedly",
                "so",
                "far",
                "now",
                "then",
                "later",
                "still",
                "just",
                "already",
                "even",
                "too",
                "seriously",
                "badly",
                "there",
                "instead",
                "thus",
                "subsequently",
                "ever",
                "yet",
                "again",
                "earlier",
                "initially",
                "early",
                "late",
                "elsewhere",
                "back",
                "both",
                "each",
                "officially",
                "reported",
                "together",
            ]
            .iter()
            .any(|word| self.text.eq_ignore_ascii_case(word))
    }
}

/// The units of one sentence.
#[derive(Debug)]
pub struct Units<'t> {
    pub text: &'t Text<'t>,
    pub units: Vec<Unit<'t>>,
}

impl<'t> Units<'t> {
    /// Reads one sentence. Dates resolve against `calendar`.
    pub fn read(text: &'t Text<'t>, tags: &Tags, sentence: &Sentence, calendar: Calendar) -> Self {
        let mut units: Vec<Unit<'t>> = Vec::with_capacity(sentence.tokens.len());
        let tokens = &text.tokens[..sentence.tokens.end];
        let mut at = sentence.tokens.start;
        while at < tokens.len() {
            let (value, len, word) = value_at(tokens, tags, at, calendar);
            let token = &tokens[at];
            let word = if text.is_capitals { word } else { acronym(token).unwrap_or(word) };
            let is_name = token.is_capitalised() && at > sentence.tokens.start && !text.is_capitals;
            units.push(Unit { tokens: at..at + len, text: token.text, word, value, kind: token.kind, is_name });
            at += len;
        }
        let mut read = Self { text, units };
        read.drop_false_counts();
        read
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    pub fn get(&self, at: usize) -> Option<&Unit<'t>> {
        self.units.get(at)
    }

    /// The bytes that a range of units covers.
    pub fn span_of(&self, units: Range<usize>) -> Option<Span> {
        let (first, last) = (self.units.get(units.start)?, self.units.get(units.end.checked_sub(1)?)?);
        self.text.span_of(first.tokens.start..last.tokens.end)
    }

    /// The text that a range of units covers.
    pub fn slice(&self, units: Range<usize>) -> &'t str {
        self.span_of(units).and_then(|span| span.slice(self.text.text)).unwrap_or_default()
    }

    /// Ages, numbers in names and clock times are no counts.
    fn drop_false_counts(&mut self) {
        // "aged four and seven"
        let mut in_ages = false;
        for unit in &mut self.units {
            in_ages = unit.word.person.is_none()
                && (in_ages && (unit.count().is_some() || unit.text == "," || unit.is(Role::And))
                    || ["aged", "ages"].iter().any(|word| unit.text.eq_ignore_ascii_case(word)));
            if in_ages {
                unit.value = Value::None;
            }
        }
        for at in 0..self.units.len() {
            let Some(count) = self.units[at].count() else { continue };
            let bare = self.units[at].tokens.len() == 1 && self.units[at].kind == TokenKind::Number;
            let before = at.checked_sub(1).map(|before| &self.units[before]);
            let next = self.units.get(at + 1);
            let is_counted = next
                .is_some_and(|next| next.word.person.is_some() || next.word.is_harm() || next.word.weapon.is_some());
            let low = count.low.unwrap_or(0);
            let in_commas = before.is_some_and(|before| before.text == ",") && next.is_none_or(Unit::ends_phrase);
            let is_age = bare && in_commas && low <= AGE_YEARS_MAX
                || before.is_some_and(|before| {
                    ["aged", "age", "ages"].iter().any(|word| before.text.eq_ignore_ascii_case(word))
                });
            let in_name = bare
                && !is_counted
                && before
                    .is_some_and(|before| before.is_name && !before.word.is_known() && before.value == Value::None);
            // "A 12- year-old girl", of wrapped copy
            let split_age = next.is_some_and(|next| next.text == "-")
                && self.units.get(at + 2).is_some_and(|unit| unit.text.to_ascii_lowercase().starts_with("year"));
            let clock = bare
                && self.units[at].text.len() == 4
                && before.is_some_and(|before| before.text.eq_ignore_ascii_case("at"));
            if is_age || in_name || clock || split_age {
                self.units[at].value = Value::None;
            }
        }
    }
}

/// What starts at token `at`: a date, else a count, else the longest phrase, else the token.
fn value_at(tokens: &[Token], tags: &Tags, at: usize, calendar: Calendar) -> (Value, usize, &'static Word) {
    let (phrase_len, word) = tags.at(at);
    if tokens[at].kind == TokenKind::Mark {
        return (Value::None, 1, &Word::UNKNOWN);
    }
    let date = date::read(tokens, at, calendar);
    let count = count::read(tokens, at);
    match (date, count) {
        (Some(date), count) if count.as_ref().is_none_or(|count| count.tokens.len() <= date.tokens.len()) => {
            let len = date.tokens.len().max(1);
            // A phrase such as "in the past 24 hours" may start before its date and is longer.
            if phrase_len > len { (Value::None, phrase_len, word) } else { (Value::Date(date), len, word) }
        }
        (_, Some(count)) if count.tokens.len() >= phrase_len && !is_bare_year(tokens, &count) => {
            (Value::Count(count.count), count.tokens.len(), &Word::UNKNOWN)
        }
        _ => (Value::None, phrase_len, word),
    }
}

/// In text with small letters, "IS", "US" and "WHO" are names and not words.
fn acronym(token: &Token) -> Option<&'static Word> {
    let is_acronym = (2..=3).contains(&token.text.len()) && token.text.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_word = ["IS", "US", "IT", "WHO", "OR", "AND", "ALL", "MAY", "CAN", "AT", "SO", "AS", "IN", "ON", "TO"]
        .contains(&token.text);
    let word = if token.text == "IS" { WORDS.word("isis") } else { Some(&Word::UNKNOWN) };
    (is_acronym && is_word).then_some(word).flatten()
}

/// "In a 2015 raid": four digits that count nothing are a year.
fn is_bare_year(tokens: &[Token], count: &count::Found) -> bool {
    let next = tokens.get(count.tokens.end);
    let is_counted = next.and_then(|next| WORDS.of(next)).is_some_and(|word| word.person.is_some());
    count.may_be_year && !is_counted
}
