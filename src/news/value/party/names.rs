//! Bodies that no list has: "Pilots' Union", "FNRX".

use std::collections::HashMap;
use std::ops::Range;

use super::words::{BODY_WORDS, is_apostrophe, is_common_word, is_day_or_month};
use super::{Mention, NAME_WORDS_MAX, Naming, Parties, Party, Standing};
use crate::news::text::{Token, TokenKind};

impl<'t> Parties<'t> {
    /// A body that no list has, by a word that names bodies in its name, or by its capitals: "Pilots' Union", "FNRX".
    pub(super) fn read_name(&mut self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let token = self.text.tokens.get(at).filter(|token| token.is_capitalised() && !self.text.is_capitals)?;
        if token.is("the") {
            return None;
        }
        let mut end = at;
        let ends_body =
            |end: usize| end > at && self.is(end, "and") && BODY_WORDS.of(&self.text.tokens[end - 1].bare()).is_some();
        while end < sentence.end.min(at + NAME_WORDS_MAX) && self.is_part_of_name(end, at) && !ends_body(end) {
            end += 1;
        }
        let run = &self.text.tokens[at..end];
        let last = run.iter().rposition(|token| BODY_WORDS.of(&token.bare()).is_some());
        let is_short =
            (2..=6).contains(&token.base().len()) && token.base().bytes().all(|byte| byte.is_ascii_uppercase());
        let end = match last {
            // "Union of Dairy Workers"
            Some(last) if run.get(last + 1).is_some_and(|next| next.is("of") || next.is("for")) => end,
            Some(last) if last > 0 => at + last + 1,
            // "Air Chad"
            Some(_) if token.is("air") && run.len() > 1 => at + 2,
            _ if is_short && !is_common_word(token) && !self.is_shouted(at) => at + 1,
            _ => return None,
        };
        let name = self.text.span_of(at..end)?.slice(self.text.text)?;
        let name = self.text.tokens[end - 1]
            .is_possessive()
            .then(|| name.get(..name.len() - "'s".len()))
            .flatten()
            .unwrap_or(name);
        let name = name.trim_end_matches(['\'', '’']);
        let standing = if self.is_possessive(end) {
            Standing::Modifier
        } else {
            self.standing(at, sentence.start, Naming::Country)
        };
        // "Doctors' union BMX": the name tells more than the kind; "the fund's Interim Committee" is one body.
        self.mentions.pop_if(|last| {
            last.tokens.end == at && (last.naming == Naming::Kind || last.standing == Standing::Modifier)
        });
        let joined = self.joined(at, sentence.start);
        self.mentions.push(Mention { tokens: at..end, party: name, naming: Naming::Name, standing, joined });
        Some(end)
    }

    /// "\[Canadian\] Union of Public Employees"
    pub(super) fn is_body_of(&self, at: usize, end: usize) -> bool {
        let word = |at: usize| self.text.tokens.get(at).filter(|token| at < end && token.is_capitalised());
        word(at).is_some_and(|token| BODY_WORDS.of(token).is_some())
            && (self.is(at + 1, "of") || self.is(at + 1, "for"))
            && word(at + 2).is_some()
    }

    /// Whether the capitals tell nothing: the words beside it have them too ("NEW YORK STOCKS"), or the article has the word
    /// without them ("we want ALL of it").
    fn is_shouted(&self, at: usize) -> bool {
        let word = self.text.tokens[at].base().to_lowercase();
        let is_small = |token: &&Token<'t>| token.kind == TokenKind::Word && !token.is_capitalised();
        let small = || self.text.tokens.iter().filter(is_small).map(Token::base).collect();
        if self.small.get_or_init(small).contains(word.as_str()) {
            return true;
        }
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|at| self.text.tokens.get(at));
        beside.into_iter().any(|token| token.text.len() > 1 && token.text.bytes().all(|byte| byte.is_ascii_uppercase()))
    }

    fn is_part_of_name(&self, at: usize, start: usize) -> bool {
        let Some(token) = self.text.tokens.get(at) else { return false };
        let is_inner = at > start
            && ["of", "for", "and", "the"].contains(&token.text)
            && self.text.tokens.get(at + 1).is_some_and(|next| next.is_capitalised() || next.text == "the");
        // "Pilots' Union"
        let is_mark = at > start
            && is_apostrophe(token)
            && self.text.tokens[at - 1].text.ends_with('s')
            && self.text.tokens.get(at + 1).is_some_and(Token::is_capitalised);
        (token.is_capitalised() || is_inner || is_mark) && !is_day_or_month(token)
    }

    /// Short names and the full names of the article that they stand for: "BWA" and "Bakers' and Waiters' Association".
    pub(super) fn full_names(&self) -> HashMap<Party<'t>, Party<'t>> {
        let names = || self.mentions.iter().filter(|mention| mention.naming == Naming::Name);
        let initials = |name: &str| {
            let words =
                name.split([' ', '-']).filter_map(|word| word.chars().next().filter(|char| char.is_uppercase()));
            words.collect::<String>()
        };
        let full = names().filter(|mention| mention.party.contains(' '));
        let full: HashMap<String, Party<'t>> = full.map(|mention| (initials(mention.party), mention.party)).collect();
        names().filter_map(|mention| Some((mention.party, *full.get(mention.party)?))).collect()
    }
}
