//! The longest name in the tables at a token, and what it may not be.

use super::super::Cue;
use super::super::fold::{ARTICLES, fold, without_article};
use super::super::gazetteer::{self, Known};
use super::super::words::{BEGINNINGS, has_article_prefix, is_upper};
use super::Gather;
use crate::news::text::{Token, TokenKind};

/// No name in the tables has more words.
const NAME_TOKENS_MAX: usize = 6;

impl Gather<'_, '_> {
    /// The longest name in the tables that starts at `at`, as its number of tokens.
    pub(super) fn longest(&self, at: usize, end: usize) -> Option<(usize, Known)> {
        self.longest_of(&fold(self.token(at)?.base()), at, end)
    }

    /// The same where the word at `at` folds to `first`.
    pub(super) fn longest_of(&self, first: &str, at: usize, end: usize) -> Option<(usize, Known)> {
        self.longest_from(first, at, end)
            .or_else(|| {
                // "al-Bab" and "Al Bab" stand in the tables as "bab".
                let (key, taken) = match without_article(first) {
                    Some(bare) => (bare.to_owned(), 0),
                    None => {
                        let may_be_article = first.split(' ').next().is_some_and(|word| ARTICLES.contains(&word));
                        let is_next = |next: &&Token| may_be_article && next.is_capitalised() && !self.is_caseless;
                        let next = self.token(at + 1).filter(is_next)?;
                        let both = format!("{first} {}", fold(next.base()));
                        (without_article(&both)?.to_owned(), 1)
                    }
                };
                let (len, mut known) = self.longest_from(&key, at + taken, end)?;
                known.settlements.retain(gazetteer::Settlement::may_have_article);
                (!known.is_nothing()).then_some((len + taken, known))
            })
            .or_else(|| country_without_s(first).map(|country| (1, Known::of(country))))
    }

    fn longest_from(&self, first: &str, at: usize, end: usize) -> Option<(usize, Known)> {
        let mut key = first.to_owned();
        let mut best = None;
        let mut last = at;
        for len in 1..=NAME_TOKENS_MAX {
            let token = self.token(last)?;
            let may_end = token.is_capitalised() || self.is_caseless || has_article_prefix(token.text);
            let known = Known::of(&key);
            let goes_on = known.goes_on;
            if may_end && !known.is_nothing() && !self.is_short_word(at, len, &key) {
                best = Some((last + 1 - at, known));
            }
            last += 1;
            if let "st" | "ste" | "ft" = key.as_str() {
                // "St. Petersburg": the dot is a token of its own.
                last += usize::from(self.token(last).is_some_and(|token| token.text == "."));
            } else if token.is_possessive() || !goes_on {
                break;
            }
            let Some(next) = self.token(last).filter(|next| next.kind == TokenKind::Word && last < end) else { break };
            key = fold(&format!("{key} {}", next.base()));
        }
        best
    }

    /// "us" is no country, and "US" is none in text of capitals; in other text capitals only are an acronym, unless they stand for
    /// a country or at the head of a report.
    fn is_short_word(&self, at: usize, len: usize, key: &str) -> bool {
        let Some(token) = self.token(at).filter(|_| len == 1 && key.is_ascii()) else { return false };
        if BEGINNINGS.of(token).is_some() {
            return true;
        }
        let is_upper = is_upper(token.base()) && key.len() > 1;
        let is_country = gazetteer::country(key).is_some();
        if key.len() <= 3 && is_country {
            return !is_upper || self.is_caseless && !token.text.contains('.');
        }
        let is_acronym = is_upper && !self.is_caseless && !is_country && self.lead.cue != Some(Cue::Dateline);
        key.len() < 3 || is_acronym
    }
}

/// The country whose name is `key` without its last letter, an "s": copy that lost its apostrophes has "Syrias".
pub(super) fn country_without_s(key: &str) -> Option<&str> {
    let name = key.strip_suffix('s')?;
    (name.len() > 3 && gazetteer::country(key).is_none() && gazetteer::country(name).is_some()).then_some(name)
}
