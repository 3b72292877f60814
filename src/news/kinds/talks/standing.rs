//! How a contact stands, by grammar: the verb that carries it, its tense and modality, and what rules that verb in turn.
//!
//! "Iran could agree to resume talks": the talks are the object of "resume", which "agree" rules, which "could" makes a
//! proposal. A chain is followed from the word of contact outwards, at most [`CHAIN_MAX`] links; each link may change what
//! the ones inside it tell, and a refusal or delay inside stays one whatever stands around it.

use std::ops::Range;

use super::cues::{Cue, Cues, Role};
use super::family::Forms;
use super::frame::Clause;
use super::{Outcome, Status};
use crate::news::text::TokenKind;

/// More links than these no sentence has.
const CHAIN_MAX: usize = 6;
/// "a second round of detailed, Omani-brokered, indirect [talks]"
const PHRASE_TOKENS_MAX: usize = 14;
/// "talks [between the two governments on the future of the islands] will"
const PREDICATE_TOKENS_MAX: usize = 30;
/// "called on [the governments of Sudan and Chad] to"
const ASKED_TOKENS_MAX: usize = 12;
/// A word further away than this says nothing of the contact.
const SIGNAL_TOKENS_MAX: usize = 14;

/// What carries a contact, and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub status: Status,
    /// The innermost verb that carries the noun, or the verb of contact itself.
    pub verb: Option<usize>,
    /// The first token of the outermost verbal group: its subject stands before.
    pub start: usize,
    /// Some word tells the standing; else it is a guess.
    pub is_told: bool,
    /// The noun is what the verb does, not who does it.
    pub is_object: bool,
    /// The innermost verb tells that something was agreed, began to hold, or was broken.
    pub is_past: bool,
}

/// A verb with its auxiliaries: "has not yet agreed", "is to meet".
#[derive(Clone, Copy, Debug)]
struct Group {
    start: usize,
    modal: Option<Role>,
    be: Option<usize>,
    have: bool,
    negated: bool,
    /// Where "to" stands before the verb.
    to: Option<usize>,
}

/// Follows chains in one sentence.
pub struct Chains<'c, 's, 't> {
    pub cues: &'c Cues<'s, 't>,
    /// The contact is what was agreed, not where: "agreed to a truce" is one, "agreed to talks" is none yet.
    pub is_deal: bool,
    /// Tokens of the sides in the sentence, in order: nothing inside them is a verb.
    pub sides: &'c [Range<usize>],
}

impl Chains<'_, '_, '_> {
    /// How the contact that the verb at `at` tells stands; `None` where it was none ("have not met").
    pub fn of_verb(&self, at: usize, clause: &Clause) -> Option<Standing> {
        let (status, start) = self.follow(at, Status::Concluded, clause)?;
        let is_past = self.cues.forms(at).has(Forms::PAST);
        Some(Standing { status, verb: Some(at), start, is_told: true, is_object: false, is_past })
    }

    /// How the contact that the noun at `at` names stands; `None` where it was none ("no deal").
    pub fn of_noun(&self, at: usize, end: usize, clause: &Clause) -> Option<Standing> {
        let phrase = self.phrase(at, clause);
        let mark = self.marks(phrase.start..at);
        if let Some(ruled) = self.ruler(phrase.start, clause) {
            let standing = ruled?;
            let status = match mark {
                Some(mark) if standing.status == Status::Concluded && is_open(mark) => mark,
                _ => standing.status,
            };
            if standing.is_told || phrase.start == 0 {
                return Some(Standing { status, ..standing });
            }
        }
        let negated = (phrase.start..at).any(|index| self.cues.is(index, Role::No));
        if let Some(standing) = self.predicate(end, clause) {
            let standing = standing?;
            let status = match mark {
                Some(mark) if standing.status == Status::Concluded && is_open(mark) => mark,
                _ => standing.status,
            };
            return (!negated).then_some(Standing { status, start: phrase.start, ..standing });
        }
        if negated {
            // "there would be no talks with"
            let be = self.cues.start_before(phrase.start).filter(|be| phrase.start > 0 && self.cues.is(*be, Role::Be));
            let is_refused = be.is_some_and(|be| matches!(self.group(be).modal, Some(Role::Will | Role::Would)));
            return be.filter(|_| is_refused && !self.is_deal).map(|be| Standing {
                status: Status::Rejected,
                verb: Some(be),
                start: self.group(be).start,
                is_told: true,
                is_object: true,
                is_past: false,
            });
        }
        let status = mark.unwrap_or(Status::Concluded);
        let start = phrase.start;
        Some(Standing { status, verb: None, start, is_told: mark.is_some(), is_object: false, is_past: false })
    }

    /// The phrase around a noun, to its left: from the determiner or the first modifier.
    pub fn phrase(&self, at: usize, clause: &Clause) -> Range<usize> {
        let mut start = at;
        let left = clause.left.max(at.saturating_sub(PHRASE_TOKENS_MAX));
        while start > left {
            let Some(before) = self.cues.start_before(start).filter(|before| *before >= left) else { break };
            if let Some(side) = self.side_at(before) {
                // "US-Russia", "Iran's", "Israeli and Egyptian": inside where it modifies.
                if side.start < left || !self.is_modifier(&side, start) {
                    break;
                }
                start = side.start;
                continue;
            }
            let of = self.cues.is_word(before, &["of"])
                && before > left
                && self.cues.is(self.cues.start_before(before).unwrap_or(before), Role::Transparent);
            let inside = of || self.is_inside_phrase(before);
            if !inside {
                break;
            }
            start = before;
        }
        start..at
    }

    fn is_modifier(&self, side: &Range<usize>, next: usize) -> bool {
        let last = &self.cues.tokens[side.end - 1];
        last.is_possessive()
            || matches!(last.text, "'" | "’")
            || self.cues.is(next, Role::Transparent)
            || !self.cues.is_any(next, &[Role::Determiner, Role::No])
    }

    fn is_inside_phrase(&self, at: usize) -> bool {
        let cues = self.cues;
        let token = &cues.tokens[at];
        if cues.is_any(at, &[Role::Determiner, Role::Transparent, Role::No]) {
            return true;
        }
        if cues.is_any(
            at,
            &[
                Role::After,
                Role::Ahead,
                Role::During,
                Role::Boundary,
                Role::Be,
                Role::Have,
                Role::Do,
                Role::Will,
                Role::Would,
                Role::Could,
                Role::Say,
            ],
        ) {
            return false;
        }
        if token.kind == TokenKind::Mark {
            return matches!(token.text, "\"" | "“" | "”" | "-");
        }
        if cues.is_word(
            at,
            &["to", "of", "for", "with", "between", "on", "and", "or", "into", "against", "among", "about", "as"],
        ) {
            return false;
        }
        let before_noun = |index: usize| {
            index.checked_sub(1).is_some_and(|before| {
                cues.is_any(before, &[Role::Determiner, Role::Transparent]) || cues.tokens[before].is_possessive()
            })
        };
        // A participle is inside behind a determiner or an adjective: "a planned meeting"; else it is the verb.
        if cues.effect(at).is_some() || cues.forms(at) != Forms::NONE {
            let is_participle = cues.forms(at).has(Forms::PARTICIPLE | Forms::ING);
            return before_noun(at) || is_participle && cues.mark(at).is_some() && !self.is_verb_here(at);
        }
        !cues.is(at, Role::Pair)
    }

    /// A participle that an auxiliary or a subject stands before: "has postponed talks".
    fn is_verb_here(&self, at: usize) -> bool {
        let Some(before) = self.cues.start_before(at) else { return false };
        self.cues.is_any(
            before,
            &[Role::Be, Role::Have, Role::Adverb, Role::PronounPlural, Role::PronounSingular, Role::Negation],
        ) || self.side_at(before).is_some()
            || self.cues.is_word(before, &["and", "to"])
            || self.is_noun_like(before)
    }

    fn is_noun_like(&self, at: usize) -> bool {
        let token = &self.cues.tokens[at];
        token.kind == TokenKind::Word && self.cues.is_unlisted(at) && self.cues.forms(at) == Forms::NONE
    }

    /// The word that most tells, of those inside a phrase.
    fn marks(&self, tokens: Range<usize>) -> Option<Status> {
        tokens.filter_map(|at| self.cues.mark(at)).find(|mark| *mark != Status::Concluded)
    }

    /// What a verb makes of the contact as its object.
    fn effect(&self, at: usize) -> Option<Status> {
        if self.cues.forms(at) == Forms::NONE {
            return None;
        }
        let agrees = self.is_deal && self.cues.is_any(at, &[Role::Agree, Role::Say]);
        if agrees { Some(Status::Concluded) } else { self.cues.effect(at) }
    }

    /// What stands before a noun's phrase and rules it: a verb, or a preposition with what stands before that.
    /// The outer `None` where nothing does.
    fn ruler(&self, start: usize, clause: &Clause) -> Option<Option<Standing>> {
        let before = self.cues.start_before(start).filter(|_| start > 0)?;
        let told = |status, verb: Option<usize>, start| {
            Some(Some(Standing { status, verb, start, is_told: true, is_object: true, is_past: false }))
        };
        let is_boundary = before < clause.left
            && !self.cues.is_any(before, &[Role::After, Role::Ahead, Role::During])
            // "announced a deal with"
            && !(self.cues.is(before, Role::Say) && self.effect(before).is_some());
        if is_boundary {
            return None;
        }
        if self.side_at(before).is_some() {
            return None;
        }
        if let Some(effect) = self.effect(before) {
            let followed = self.follow(before, effect, clause);
            return Some(followed.map(|(status, start)| Standing {
                status,
                verb: Some(before),
                start,
                is_told: true,
                is_object: true,
                is_past: self.cues.forms(before).has(Forms::PAST),
            }));
        }
        if self.cues.is(before, Role::Ahead) {
            return told(Status::Scheduled, None, before);
        }
        // "in talks", "at a meeting", "for talks", "to talks", "of talks", "from talks"
        let is_linking = self.cues.is_any(before, &[Role::After, Role::During])
            || self.cues.is_word(before, &["for", "to", "of", "on", "about", "with", "into"]);
        if is_linking {
            return self.ruler_of_preposition(before, clause);
        }
        // "held very constructive", "attended eight": an unknown word is the rest of the phrase or a verb without effect.
        None
    }

    fn ruler_of_preposition(&self, preposition: usize, clause: &Clause) -> Option<Option<Standing>> {
        let cues = self.cues;
        let at = cues.start_before(preposition).filter(|_| preposition > 0);
        let told = |status, verb: Option<usize>, start| {
            Some(Some(Standing { status, verb, start, is_told: true, is_object: true, is_past: false }))
        };
        let guess = |status, start| {
            Some(Some(Standing { status, verb: None, start, is_told: false, is_object: true, is_past: false }))
        };
        if let Some(at) = at {
            // "is in talks"
            if cues.is_word(preposition, &["in", "into", "on"]) && self.is_be_before(preposition) {
                let (status, start) = self.follow_group(at, Status::UnderWay, clause)?;
                return told(status, Some(at), start);
            }
            if let Some(effect) = self.effect(at) {
                let effect = match Some(effect) {
                    // "called for talks", "left for talks": what the verb makes of its object; "asked about talks" makes nothing.
                    Some(effect) if !cues.is_word(preposition, &["about", "on", "with"]) => effect,
                    _ => return guess(Status::Concluded, preposition),
                };
                let followed = self.follow(at, effect, clause);
                return Some(followed.map(|(status, start)| Standing {
                    status,
                    verb: Some(at),
                    start,
                    is_told: true,
                    is_object: true,
                    is_past: cues.forms(at).has(Forms::PAST),
                }));
            }
            if let Some(mark) = cues.mark(at) {
                let negated = (at.saturating_sub(2)..at).any(|index| cues.is_any(index, &[Role::Negation, Role::No]));
                let status = if negated && is_ahead(mark) { Status::Rejected } else { mark };
                // "offered a resumption of talks", "rejected calls for talks": what rules the noun tells more.
                let phrase = self.phrase(at, clause);
                return match self.ruler(phrase.start, clause) {
                    Some(Some(outer)) if outer.is_told && outer.status != Status::Concluded => {
                        let status = over(outer.status, status);
                        Some(Some(Standing { status, ..outer }))
                    }
                    Some(Some(outer)) if outer.is_told => told(status, outer.verb, outer.start),
                    _ => told(status, None, phrase.start),
                };
            }
        }
        // "flew to Cairo on Monday for talks"
        let left = clause.left.max(preposition.saturating_sub(PHRASE_TOKENS_MAX));
        let motion = (left..preposition).rev().find(|index| {
            cues.is(*index, Role::Motion) && cues.forms(*index) != Forms::NONE && self.side_at(*index).is_none()
        });
        if cues.is_word(preposition, &["for", "to", "at", "in"])
            && let Some(verb) = motion
        {
            let effect = cues.effect(verb).filter(|effect| *effect != Status::Stalled).unwrap_or(Status::Concluded);
            let followed = self.follow(verb, effect, clause);
            return Some(followed.map(|(status, start)| Standing {
                status,
                verb: Some(verb),
                start,
                is_told: true,
                is_object: true,
                is_past: cues.forms(verb).has(Forms::PAST),
            }));
        }
        // "is in Cairo for talks"
        if cues.is_word(preposition, &["for"])
            && let Some(be) = (left..preposition).rev().find(|index| cues.is(*index, Role::Be))
        {
            let status = if cues.is(be, Role::PastBe) { Status::Concluded } else { Status::UnderWay };
            // "is due in Oslo for talks"
            let status =
                (be..preposition).find_map(|index| cues.mark(index)).filter(|mark| is_ahead(*mark)).unwrap_or(status);
            return told(self.modal(status, &self.group(be), be)?, Some(be), be);
        }
        if cues.is(preposition, Role::After) {
            return told(Status::Concluded, None, preposition);
        }
        guess(Status::Concluded, preposition)
    }

    fn is_be_before(&self, at: usize) -> bool {
        (at.saturating_sub(3)..at)
            .rev()
            .find(|index| !self.cues.is_any(*index, &[Role::Adverb, Role::Negation]))
            .is_some_and(|index| self.cues.is(index, Role::Be))
    }

    /// The verb behind a noun whose subject it is: "talks between … [were held]". The outer `None` where there is none.
    fn predicate(&self, end: usize, clause: &Clause) -> Option<Option<Standing>> {
        let cues = self.cues;
        let limit = cues.tokens.len().min(end + PREDICATE_TOKENS_MAX);
        let mut at = end;
        // Behind a comma an aside may close before the verb: "talks, mediated by Oman, are".
        let mut past_comma = false;
        let mut relative: Option<usize> = None;
        while at < limit {
            if let Some(side) = self.side_at(at) {
                if past_comma {
                    break;
                }
                at = side.end;
                continue;
            }
            if cues.text(at) == "," {
                let next = at + 1;
                let is_aside = cues.forms(next).has(Forms::PARTICIPLE) || cues.is(next, Role::Mediate);
                let close = (next..limit).find(|index| cues.text(*index) == ",").filter(|_| is_aside);
                past_comma = close.is_none();
                at = close.unwrap_or(at) + 1;
                continue;
            }
            if cues.is_word(at, &["which", "that"]) {
                past_comma = false;
                at += 1;
                if relative.is_none() && (self.is_finite(at) || cues.forms(at).has(Forms::PAST | Forms::PRESENT)) {
                    // "talks that were due to open have been postponed": the main verb tells, if there is one.
                    relative = Some(at);
                    at = self.end_of_group(at);
                }
                continue;
            }
            if matches!(cues.text(at), ";" | ":" | "—" | "–")
                || cues.is(at, Role::Boundary) && (at >= clause.right || !cues.is_any(at, &[Role::After, Role::During]))
                || cues.is_any(at, &[Role::PronounPlural, Role::PronounSingular, Role::Say])
            {
                break;
            }
            let forms = cues.forms(at);
            let is_verb = self.is_finite(at) || forms.has(Forms::PAST | Forms::PRESENT) && !cues.is_any(at, &[Role::Noun, Role::Deal])
                    // "negotiations resume"
                    || forms.has(Forms::BASE) && cues.effect(at).is_some() && cues.mark(at).is_none() && at > end;
            // "a meeting scheduled for"
            if is_verb || forms.has(Forms::PARTICIPLE) && cues.effect(at).is_some() {
                return Some(self.predicate_at(at, clause));
            }
            at = cues.end_of(at);
        }
        relative.map(|at| self.predicate_at(at, clause))
    }

    fn is_finite(&self, at: usize) -> bool {
        self.cues.is_any(at, &[Role::Be, Role::Have, Role::Will, Role::Would, Role::Could, Role::Do])
    }

    /// The token behind the verbs that start at `at`: "were due to open".
    fn end_of_group(&self, mut at: usize) -> usize {
        let cues = self.cues;
        while at < cues.tokens.len()
            && (self.is_finite(at)
                || cues.is_any(at, &[Role::Adverb, Role::Negation])
                || cues.forms(at) != Forms::NONE
                || cues.mark(at).is_some()
                || cues.is_word(at, &["to"]))
        {
            at = cues.end_of(at);
        }
        at
    }

    /// The standing that a predicate tells whose first word is at `first`.
    fn predicate_at(&self, first: usize, clause: &Clause) -> Option<Standing> {
        let cues = self.cues;
        // Forward over auxiliaries and infinitives to the last verb: "are expected to be held".
        let mut verb = first;
        let mut at = first;
        let limit = cues.tokens.len().min(first + PHRASE_TOKENS_MAX);
        let mut mark = None;
        while at < limit {
            let is_aux = cues.is_any(
                at,
                &[Role::Be, Role::Have, Role::Will, Role::Would, Role::Could, Role::Do, Role::Adverb, Role::Negation],
            ) || cues.is_word(at, &["to"]);
            let forms = cues.forms(at);
            if cues.mark(at).is_some() && (!forms.has(Forms::PAST | Forms::BASE) || at > first) && !is_aux {
                mark = mark.or(cues.mark(at));
            }
            if forms != Forms::NONE && !cues.is_any(at, &[Role::Be, Role::Have]) || at == first {
                verb = at;
            } else if !is_aux {
                let unknown_adverb = cues.text(at).ends_with("ly");
                if !unknown_adverb {
                    break;
                }
            }
            at = cues.end_of(at);
        }
        let effect = cues.effect(verb).filter(|_| !cues.is_any(verb, &[Role::Be, Role::Have]) || verb != first);
        let is_made = self.is_deal && cues.is_any(verb, &[Role::TakeHold, Role::Agree]);
        let effect = if is_made { Some(Status::Concluded) } else { effect };
        let status = match (effect, mark) {
            (Some(effect), Some(mark)) if effect == Status::Concluded => mark,
            (Some(effect), _) => effect,
            (None, Some(mark)) => mark,
            (None, None) => {
                let group = self.group(verb);
                let is_present =
                    cues.forms(first).has(Forms::PRESENT) || cues.is(first, Role::Be) && !cues.is(first, Role::PastBe);
                if group.modal.is_none() && is_present { Status::UnderWay } else { Status::Concluded }
            }
        };
        let (status, _) = self.follow(verb, status, clause)?;
        let is_past = cues.forms(verb).has(Forms::PAST | Forms::PARTICIPLE);
        Some(Standing { status, verb: Some(verb), start: first, is_told: true, is_object: false, is_past })
    }

    /// What the chain from the verb at `head` outwards makes of `status`, and where the group starts whose subject takes part.
    fn follow(&self, head: usize, status: Status, clause: &Clause) -> Option<(Status, usize)> {
        let (mut head, mut status) = (head, status);
        // "urged Sudan and Chad to": those asked take part, whoever asks.
        let mut asked: Option<usize> = None;
        for _ in 0..CHAIN_MAX {
            let group = self.group(head);
            status = self.modal(status, &group, head)?;
            let Some(to) = group.to else {
                if group.be.is_none() && !group.have && group.modal.is_none() && self.cues.forms(head) == Forms::ING
                    || self.cues.forms(head).has(Forms::ING) && group.be.is_none()
                {
                    return self
                        .gerund(group.start, status, clause)
                        .map(|(status, start)| (status, asked.unwrap_or(start)));
                }
                return Some((status, asked.unwrap_or(group.start)));
            };
            // "are to meet"
            let Some(before) = self.word_before(to) else { return Some((ahead_of(status), group.start)) };
            if self.cues.is(before, Role::Be) {
                let negated = self.group(before).negated;
                return Some((if negated { Status::Rejected } else { ahead_of(status) }, self.group(before).start));
            }
            let Some(ruler) = self.ruler_of_infinitive(to, clause) else {
                // "Iran to resume talks": a heading; or the purpose of what is told before.
                let is_heading = self.side_at(to - 1).is_some();
                return Some((if is_heading { ahead_of(status) } else { status }, group.start));
            };
            if (self.cues.is(ruler, Role::Ask) || self.cues.mark(ruler).is_some()) && self.side_at(to - 1).is_some() {
                asked = asked.or(Some(to));
            }
            let is_verb = self.cues.forms(ruler) != Forms::NONE && self.cues.effect(ruler).is_some();
            let negated = self.is_negated(ruler);
            let asks = self.cues.is(ruler, Role::Ask).then_some(Status::Proposed);
            let effect =
                self.cues.mark(ruler).filter(|_| !is_verb || self.is_noun(ruler)).or(self.cues.effect(ruler)).or(asks);
            status = match effect {
                _ if self.cues.is(ruler, Role::Motion) && !self.is_noun(ruler) => status,
                Some(effect) if negated && is_ahead(effect) => over(Status::Rejected, status),
                Some(effect) => over(effect, status),
                None => status,
            };
            if !negated && self.is_noun(ruler) {
                // "turned down an invitation to": what rules the noun.
                let phrase = self.phrase(ruler, clause);
                if let Some(Some(outer)) =
                    self.ruler(phrase.start, clause).filter(|_| phrase.start < ruler || phrase.start > 0)
                    && outer.is_told
                    && outer.verb.is_some()
                {
                    return Some((over(outer.status, status), outer.start));
                }
            }
            if negated || !is_verb || self.is_noun(ruler) {
                return Some((status, asked.unwrap_or_else(|| self.group(ruler).start)));
            }
            head = ruler;
        }
        Some((status, asked.unwrap_or(head)))
    }

    /// The chain from an auxiliary: "is in talks", "has been in talks".
    fn follow_group(&self, be: usize, status: Status, clause: &Clause) -> Option<(Status, usize)> {
        let status = if self.cues.is(be, Role::PastBe) { Status::Concluded } else { status };
        self.follow(be, status, clause)
    }

    /// "after meeting", "without holding", "considered holding", ", meeting".
    fn gerund(&self, start: usize, status: Status, clause: &Clause) -> Option<(Status, usize)> {
        let cues = self.cues;
        let Some(before) = cues.start_before(start) else { return Some((status, start)) };
        if cues.is_word(before, &["without"]) {
            return None;
        }
        let status =
            if status == Status::UnderWay && cues.forms(start).has(Forms::ING) { Status::UnderWay } else { status };
        let ruler = if cues.is_word(before, &["of", "to", "about", "in", "from", "on", "for"]) {
            cues.start_before(before)
        } else {
            Some(before)
        };
        let Some(ruler) = ruler.filter(|ruler| *ruler >= clause.left || before >= clause.left) else {
            return Some((status, start));
        };
        let effect = cues.mark(ruler).or_else(|| cues.effect(ruler).filter(|_| cues.forms(ruler) != Forms::NONE));
        match effect {
            Some(effect) if effect != Status::Concluded => {
                let group = self.group(ruler);
                let status = self.modal(over(effect, status), &group, ruler)?;
                Some((status, group.start))
            }
            _ => Some((status, start)),
        }
    }

    fn word_before(&self, at: usize) -> Option<usize> {
        let mut before = self.cues.start_before(at)?;
        while self.cues.is_any(before, &[Role::Adverb, Role::Negation]) && !self.cues.is(before, Role::Be) && before > 0
        {
            before = self.cues.start_before(before)?;
        }
        Some(before)
    }

    /// What rules the infinitive whose "to" is at `to`: a verb, adjective or noun right before it, or before those asked.
    fn ruler_of_infinitive(&self, to: usize, clause: &Clause) -> Option<usize> {
        let cues = self.cues;
        let left = clause.left.max(to.saturating_sub(ASKED_TOKENS_MAX));
        let mut at = self.word_before(to)?;
        let rules = |at: usize| cues.effect(at).is_some() && cues.forms(at) != Forms::NONE || cues.mark(at).is_some();
        if at >= clause.left && rules(at) && self.side_at(at).is_none() {
            return Some(at);
        }
        // "urged Sudan and Chad to", "asked them to", "sent a team to", "travelled to Oslo on Monday to"
        let mut crosses_side = false;
        loop {
            if at < left {
                return None;
            }
            if let Some(side) = self.side_at(at) {
                crosses_side = true;
                if side.start == 0 {
                    return None;
                }
                at = cues.start_before(side.start)?;
                continue;
            }
            // "no plans for the two presidents to speak"
            if crosses_side && cues.is_word(at, &["for"]) {
                return cues.start_before(at).filter(|noun| at > 0 && cues.mark(*noun).is_some());
            }
            let is_verb = cues.forms(at) != Forms::NONE && !cues.is_any(at, &[Role::Noun, Role::Deal]);
            if is_verb && (cues.is_any(at, &[Role::Ask, Role::Motion]) || !crosses_side && cues.effect(at).is_some()) {
                return Some(at);
            }
            if is_verb || cues.is_any(at, &[Role::Boundary, Role::Say]) || matches!(cues.text(at), ";" | ":") {
                return None;
            }
            if at == 0 {
                return None;
            }
            at = cues.start_before(at)?;
        }
    }

    /// A word that is a noun here: "plans to", "a proposal to", "calls to".
    fn is_noun(&self, at: usize) -> bool {
        let Some(before) = self.cues.start_before(at) else { return false };
        self.cues.mark(at).is_some()
            && at > 0
            && (self.cues.is_any(before, &[Role::Determiner, Role::No])
                || self.cues.tokens[before].is_possessive()
                || self.cues.forms(at) == Forms::NONE
                || self.cues.is(before, Role::Be))
    }

    fn is_negated(&self, at: usize) -> bool {
        let group = self.group(at);
        group.negated || at.checked_sub(1).is_some_and(|before| self.cues.is_any(before, &[Role::No, Role::Negation]))
    }

    /// The verb at `head` with what belongs to it on the left.
    fn group(&self, head: usize) -> Group {
        let cues = self.cues;
        let mut group = Group { start: head, modal: None, be: None, have: false, negated: false, to: None };
        let mut at = head;
        for _ in 0..8 {
            let Some(before) = cues.start_before(at).filter(|_| at > 0) else { break };
            if self.side_at(before).is_some() {
                break;
            }
            if cues.is(before, Role::Negation) {
                group.negated = true;
            }
            if cues.is_word(before, &["to"]) {
                group.to = Some(before);
                group.start = before;
                break;
            }
            if cues.is(before, Role::Be) {
                group.be = group.be.or(Some(before));
            } else if cues.is(before, Role::Have) {
                group.have = true;
            } else if let Some(modal) =
                [Role::Will, Role::Would, Role::Could].into_iter().find(|modal| cues.is(before, *modal))
            {
                group.modal = Some(modal);
            } else if !(cues.is_any(before, &[Role::Adverb, Role::Negation, Role::Do])
                || cues.text(before).ends_with("ly") && cues.is_unlisted(before))
            {
                break;
            }
            at = before;
            group.start = before;
        }
        group
    }

    /// What auxiliaries make of a standing.
    fn modal(&self, status: Status, group: &Group, head: usize) -> Option<Status> {
        let happened = matches!(status, Status::Concluded | Status::UnderWay | Status::Scheduled);
        let is_reported = group.modal == Some(Role::Would)
            && (0..group.start).any(|at| self.cues.is(at, Role::Say))
            && !(0..group.start).any(|at| self.cues.is_word(at, &["if"]));
        let status = match group.modal {
            Some(Role::Will) if happened => Status::Scheduled,
            Some(Role::Would) if happened && is_reported => Status::Scheduled,
            Some(Role::Would | Role::Could) if happened => Status::Proposed,
            Some(Role::Could) if status == Status::Stalled => Status::UnderWay,
            Some(Role::Could) if matches!(status, Status::Cancelled | Status::Postponed) => Status::Scheduled,
            _ => status,
        };
        let is_ing = self.cues.forms(head).has(Forms::ING);
        let status = match group.be {
            Some(be) if is_ing && status == Status::Concluded => {
                if self.cues.is(be, Role::PastBe) && !group.have {
                    Status::Concluded
                } else {
                    Status::UnderWay
                }
            }
            _ => status,
        };
        if !group.negated {
            return Some(status);
        }
        match status {
            Status::Concluded | Status::UnderWay if group.modal.is_none() => None,
            Status::Proposed if group.modal.is_none() && !self.cues.forms(head).has(Forms::PAST) => {
                Some(Status::Rejected)
            }
            Status::Concluded | Status::UnderWay | Status::Scheduled | Status::Proposed => Some(Status::Rejected),
            Status::Rejected => Some(Status::Proposed),
            Status::Postponed | Status::Cancelled => Some(Status::Scheduled),
            Status::Stalled => Some(Status::UnderWay),
        }
    }

    fn side_at(&self, at: usize) -> Option<Range<usize>> {
        let index = self.sides.partition_point(|side| side.end <= at);
        self.sides.get(index).filter(|side| side.contains(&at)).cloned()
    }
}

/// Whether the standing can still change what is told as held: "a planned meeting".
fn is_open(mark: Status) -> bool {
    mark != Status::Concluded
}

pub fn is_ahead(status: Status) -> bool {
    matches!(status, Status::Proposed | Status::Scheduled | Status::Postponed | Status::Cancelled | Status::Rejected)
}

/// An infinitive of what is to come.
fn ahead_of(status: Status) -> Status {
    if matches!(status, Status::Concluded | Status::UnderWay) { Status::Scheduled } else { status }
}

/// What an outer link makes of what the inner ones tell.
fn over(outer: Status, inner: Status) -> Status {
    use Status::{Cancelled, Concluded, Postponed, Proposed, Rejected, Scheduled, Stalled, UnderWay};
    match (outer, inner) {
        // "refused to resume", "cancelled a plan to"
        (Rejected | Cancelled | Postponed | Stalled, Concluded | UnderWay | Scheduled | Proposed) => outer,
        // "agreed to postpone", "decided to suspend"
        (_, Rejected | Cancelled | Postponed | Stalled) => inner,
        (Proposed, _) => Proposed,
        (Scheduled, Proposed) => Proposed,
        (Scheduled, _) => Scheduled,
        // "began to negotiate", "held a possible": the inner one unless it is just done.
        (UnderWay, Concluded | UnderWay) => UnderWay,
        (_, _) => inner,
    }
}

/// What came of the contact, by the words of its clause.
pub fn outcome(cues: &Cues, is_deal: bool, status: Status, clause: &Clause) -> Option<Outcome> {
    if !matches!(status, Status::Concluded | Status::Stalled) {
        return None;
    }
    best(cues.outcomes.iter().filter(|cue| cue.at + 1 >= clause.left), is_deal)
        .or(is_deal.then_some(Outcome::Agreement))
}

/// The outcome that says most. Words of agreement tell one only where something was agreed.
pub fn best<'c>(cues: impl Iterator<Item = &'c Cue<Outcome>>, is_deal: bool) -> Option<Outcome> {
    const ORDER: [Outcome; 6] = [
        Outcome::NoAgreement,
        Outcome::Collapsed,
        Outcome::Partial,
        Outcome::Agreement,
        Outcome::Continue,
        Outcome::Undisclosed,
    ];
    let found: Vec<Outcome> = cues.map(|cue| cue.value).collect();
    ORDER
        .into_iter()
        .filter(|outcome| *outcome != Outcome::Agreement || is_deal)
        .find(|outcome| found.contains(outcome))
}

/// Whether the clause tells of what was before the news.
pub fn is_background(cues: &Cues, at: usize, clause: &Clause) -> bool {
    // "days after", "even after": the word that bounds the clause belongs to it.
    let left = clause.left.saturating_sub(2);
    (left.max(at.saturating_sub(SIGNAL_TOKENS_MAX))..clause.right.min(at + SIGNAL_TOKENS_MAX))
        .any(|index| cues.is_background(index))
}
