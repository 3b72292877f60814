//! What a slot reads: typed values at a token.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::program::Surroundings;
use crate::news::reading::words::{Role, WORDS, Word};
use crate::news::text::{Token, TokenKind};
use crate::news::value::count;
use crate::news::value::date::{self, DateSpan};
use crate::news::value::money::{self, Money};
use crate::news::value::{Count, Place};

/// Tokens of a party's name: "the regional military administration of …".
const PARTY_TOKENS_MAX: usize = 8;
/// Tokens of a quotation.
const QUOTE_TOKENS_MAX: usize = 80;

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotType {
    Count,
    /// A decimal number: 6.8.
    Number,
    Money,
    Date,
    Place,
    /// Who acts, as the article names them: "the Russian army", "Hamas".
    Party,
    /// A few words up to what follows, or to the end of the phrase.
    Words,
    /// What stands between quotation marks.
    Quote,
    /// A phrase of a list, by index.
    List(usize),
    /// One of a few words, which patterns set and slots do not read.
    Choice(Vec<String>),
}

impl SlotType {
    /// The types that have a name.
    pub const NAMED: [(&str, Self); 8] = [
        ("count", Self::Count),
        ("number", Self::Number),
        ("money", Self::Money),
        ("date", Self::Date),
        ("place", Self::Place),
        ("party", Self::Party),
        ("words", Self::Words),
        ("quote", Self::Quote),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, slot_type)| slot_type)
    }

    pub fn name(&self) -> String {
        match self {
            Self::List(_) => "list".to_owned(),
            Self::Choice(words) => words.join(" | "),
            other => {
                let named = Self::NAMED.into_iter().find(|(_, slot_type)| slot_type == other);
                named.map_or(String::new(), |(name, _)| name.to_owned())
            }
        }
    }
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Text(String),
    Number(f64),
    Money(Money),
    Date(DateSpan),
    Place(Place),
    Count(Count),
}

/// As an example in a file writes it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Money(Money { amount, currency }) => write!(f, "{} {currency}", Self::Count(amount.clone())),
            Self::Date(DateSpan { start, end }) if start == end => write!(f, "{start}"),
            Self::Date(DateSpan { start, end }) => write!(f, "{start} to {end}"),
            Self::Place(place) => f.write_str(&place.name),
            Self::Count(count) => {
                let about = if count.approx { "about " } else { "" };
                match (&count.words, count.low, count.high) {
                    (Some(words), _, _) => f.write_str(words),
                    (None, Some(low), Some(high)) if low == high => write!(f, "{about}{low}"),
                    (None, Some(low), Some(high)) => write!(f, "{about}{low} to {high}"),
                    (None, Some(low), None) => write!(f, "at least {low}"),
                    (None, None, Some(high)) => write!(f, "up to {high}"),
                    (None, None, None) => f.write_str("unknown"),
                }
            }
        }
    }
}

/// The value of `slot_type` that starts at token `at`, and the tokens it takes. Words are not read here: their ends
/// are the pattern's to find.
pub fn read(
    slot_type: &SlotType,
    suffix: Option<&str>,
    around: &Surroundings,
    at: usize,
) -> Option<(Value, Range<usize>)> {
    let tokens = around.tokens();
    if let Some(suffix) = suffix {
        return Some((suffixed(slot_type, suffix, tokens.get(at)?)?, at..at + 1));
    }
    let (value, end) = match slot_type {
        SlotType::Count => {
            let found = count::read(tokens, at).filter(|found| !found.may_be_year)?;
            (Value::Count(found.count), found.tokens.end)
        }
        SlotType::Number => (Value::Number(decimal(tokens.get(at)?.text)?), at + 1),
        SlotType::Money => {
            let found = money::read(tokens, at)?;
            (Value::Money(found.money), found.tokens.end)
        }
        SlotType::Date => {
            let found = date::read(tokens, at, around.calendar)?;
            (Value::Date(found.date), found.tokens.end)
        }
        SlotType::Place => {
            let skipped = usize::from(is_article(tokens.get(at)?));
            let mention = around.place_at(at + skipped).or_else(|| around.place_at(at))?;
            (Value::Place(mention.place.clone()), mention.tokens.end)
        }
        SlotType::Party => {
            let name = around.party_at(at, || party(around, at))?;
            (Value::Text(around.text.slice(name.clone()).to_owned()), name.end)
        }
        SlotType::Quote => {
            let end = quote_end(tokens, at)?;
            (Value::Text(around.text.slice(at + 1..end - 1).to_owned()), end)
        }
        SlotType::List(list) => {
            let (len, meaning) = around.list(*list)?.longest_at(&tokens[at..])?;
            (Value::Text(meaning.clone()), at + len)
        }
        SlotType::Words | SlotType::Choice(_) => return None,
    };
    (end > at && end <= tokens.len()).then_some((value, at..end))
}

/// "72-hour", "6.8-magnitude", "three-day"
fn suffixed(slot_type: &SlotType, suffix: &str, token: &Token) -> Option<Value> {
    let start = token.text.len().checked_sub(suffix.len())?;
    let (number, end) = (token.text.get(..start)?, token.text.get(start..)?);
    if !end.replace(['‐', '‑', '–'], "-").eq_ignore_ascii_case(suffix) {
        return None;
    }
    match slot_type {
        SlotType::Number => decimal(number).map(Value::Number),
        SlotType::Count => {
            let token = token.cut_to(number);
            let found = count::read(&[token], 0)?;
            Some(Value::Count(found.count))
        }
        _ => None,
    }
}

/// "6.8", "7"
fn decimal(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.len() <= 12;
    text.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
}

fn is_article(token: &Token) -> bool {
    token.is("the") || token.is("a") || token.is("an")
}

/// The end of the quotation that opens at token `at`, with its closing mark.
fn quote_end(tokens: &[Token], at: usize) -> Option<usize> {
    let close = match tokens.get(at)?.text {
        "\"" => "\"",
        "“" => "”",
        "«" => "»",
        _ => return None,
    };
    let inner = &tokens[at + 1..tokens.len().min(at + 1 + QUOTE_TOKENS_MAX)];
    let len = inner.iter().position(|token| token.text == close)?;
    (len > 0).then_some(at + len + 2)
}

/// A noun phrase that names someone: capitalised words with what ties them, or nouns of people and bodies.
///
/// "Hamas", "the Russian army", "rebels", "the two sides", "Ministry of Defence". A capital at the head of a sentence says
/// nothing, so that there the word must be none that a vocabulary gives another use.
fn party(around: &Surroundings, at: usize) -> Option<Range<usize>> {
    let tokens = around.tokens();
    let mut end = at;
    let mut start = at;
    let mut named = false;
    let limit = tokens.len().min(at + PARTY_TOKENS_MAX);
    while end < limit {
        let token = &tokens[end];
        let word = WORDS.of(token).unwrap_or(&Word::UNKNOWN);
        let is_opening = end == at && (is_article(token) || word.is(Role::Determiner));
        if is_opening {
            start = end + 1;
        } else if is_name(around, end, word) || is_actor(word) {
            named = true;
        } else if !(named && is_tie(around, end) || !named && is_modifier(token, word)) {
            break;
        }
        end += 1;
    }
    // What only ties does not end a name.
    while end > start && is_tie(around, end - 1) {
        end -= 1;
    }
    let last = tokens.get(end.checked_sub(1)?)?;
    let last_word = WORDS.of(last).unwrap_or(&Word::UNKNOWN);
    let names = is_name(around, end - 1, last_word) || is_actor(last_word);
    (named && names && start < end).then_some(start..end)
}

fn is_name(around: &Surroundings, at: usize, word: &Word) -> bool {
    let token = &around.tokens()[at];
    if around.text.is_capitals {
        return token.kind == TokenKind::Word && !word.is_known();
    }
    let is_head = at == around.start;
    token.is_capitalised()
        && !word.is_any(&[
            Role::Pronoun,
            Role::Preposition,
            Role::Subordinator,
            Role::Determiner,
            Role::Time,
            Role::Nobody,
        ])
        && !(is_head && (word.is_known() || word.is_any(&[Role::Say, Role::Modal])) && !is_actor(word))
        && date::read(around.tokens(), at, around.calendar).is_none()
}

fn is_actor(word: &Word) -> bool {
    word.person.is_some() || word.is(Role::Claimant) || word.is(Role::Title)
}

fn is_tie(around: &Surroundings, at: usize) -> bool {
    let tokens = around.tokens();
    let next_named = tokens.get(at + 1).is_some_and(|next| next.is_capitalised() || next.is("the"));
    let is_joined = at > 0 && tokens[at - 1].span.end == tokens[at].span.start;
    let ties = tokens[at].text == "-" && is_joined || ["of", "for", "the"].iter().any(|word| tokens[at].is(word));
    ties && next_named
}

/// "the \[two\] sides", "\[regional\] officials": one plain word before the noun.
fn is_modifier(token: &Token, word: &Word) -> bool {
    token.kind == TokenKind::Word
        && !token.is_capitalised()
        && !word.is_any(&[
            Role::Time,
            Role::Be,
            Role::Have,
            Role::Modal,
            Role::Preposition,
            Role::And,
            Role::Or,
            Role::Relative,
            Role::Subordinator,
            Role::Say,
            Role::Pronoun,
            Role::Nobody,
            Role::Negation,
        ])
        && !word.is_harm_verb()
        && !token.text.ends_with("ed")
        && !token.text.ends_with("ing")
}
