//! Who takes part: the sides before and behind a word of contact, and those who bring them together.

use std::ops::Range;

use super::Status;
use super::cues::{Anchor, Role};
use super::frame::{Clause, Head, Reader, SUPPORT_TOKENS_MAX, WITH_TOKENS_MAX, add, parties_of, parties_of_all};
use crate::news::text::TokenKind;
use crate::news::value::date::{self, Calendar};
use crate::news::value::party::{self, Mention, Naming, Party, Standing, is_office_word};

/// "with [senior members of] the Russian delegation"
const OBJECT_TOKENS_MAX: usize = 5;
/// "Ukrainian-American [working-level peace] talks"
const MODIFIER_TOKENS_MAX: usize = 4;

/// "…, Fiji's premier [Ana Koro, 61,] said"
const SPEAKER_TOKENS_MAX: usize = 6;

/// The sides behind a preposition.
pub(super) struct With<'m, 't> {
    pub(super) preposition: Option<usize>,
    pub(super) group: Vec<&'m Mention<'t>>,
    /// "with both countries": the two named before.
    pub(super) is_pair: bool,
}

impl<'t> Reader<'_, '_, 't> {
    /// The sides that stand before a noun: "US-Russia talks", "Israeli and Egyptian negotiations".
    pub(super) fn modifiers(&self, at: usize, clause: &Clause) -> Vec<&Mention<'t>> {
        let before =
            self.mentions.iter().rfind(|mention| mention.tokens.end <= at && mention.tokens.start >= clause.left);
        let Some(last) = before.filter(|mention| at - mention.tokens.end <= MODIFIER_TOKENS_MAX) else {
            return Vec::new();
        };
        let between = last.tokens.end..at;
        let is_plain = between.clone().all(|index| {
            self.cues.tokens[index].kind != TokenKind::Mark
                && !self.cues.is(index, Role::With)
                && !self.cues.is(index, Role::Support)
                && !self.cues.is_word(
                    index,
                    &[
                        "the", "a", "an", "on", "in", "for", "at", "is", "was", "are", "were", "had", "has", "have",
                        "will", "would", "could",
                    ],
                )
        });
        if !is_plain {
            return Vec::new();
        }
        let group = self.group_of(last.tokens.start);
        let is_place =
            group.len() == 1 && matches!(last.naming, Naming::Seat | Naming::Country) && !self.is_possessive(last);
        if is_place { Vec::new() } else { group }
    }

    pub(super) fn is_possessive(&self, mention: &Mention<'t>) -> bool {
        let last = &self.cues.tokens[mention.tokens.end - 1];
        last.base().len() < last.text.len() || matches!(last.text, "'" | "’")
    }

    /// Everyone joined to the mention at token `at`, in order.
    pub(super) fn group_of(&self, at: usize) -> Vec<&Mention<'t>> {
        let Some(index) = self.mentions.iter().position(|mention| mention.tokens.contains(&at)) else {
            return Vec::new();
        };
        let mut first = index;
        while first > 0 && self.mentions[first].joined {
            first -= 1;
        }
        let mut last = index + 1;
        while last < self.mentions.len() && self.mentions[last].joined {
            last += 1;
        }
        self.mentions[first..last].iter().collect()
    }

    /// The sides that a preposition or the verb itself leads to.
    pub(super) fn with(&self, anchor: &Anchor, head: Head, clause: &Clause) -> With<'_, 't> {
        let mut with = With { preposition: None, group: Vec::new(), is_pair: false };
        let end = clause.right.min(anchor.tokens.end + WITH_TOKENS_MAX);
        let is_noun = matches!(head, Head::Noun | Head::Deal);
        let ends_with = anchor.tokens.len() > 1 && self.cues.is_word(anchor.tokens.end - 1, &["with", "to"]);
        if (self.cues.is(anchor.tokens.start, Role::Direct) || ends_with)
            && !is_noun
            // What is received from someone is no guest.
            && !self.cues.is_word(anchor.tokens.end, &["from"])
            && self.collect(anchor.tokens.end, &mut with)
        {
            let is_person =
                with.group.first().is_some_and(|mention| mention.naming == Naming::Person || mention.tokens.len() > 1);
            if is_person || !self.cues.is(anchor.tokens.start, Role::Person) {
                return with;
            }
            with = With { preposition: None, group: Vec::new(), is_pair: false };
        }
        for at in anchor.tokens.end..end {
            // "…, with Britain second" tells how something stood.
            let is_aside =
                at > anchor.tokens.end && self.cues.is_word(at - 1, &[","]) && self.cues.is_word(at, &["with"]);
            let leads = !is_aside && self.cues.is_word(at, &["with", "between", "among", "involving", "alongside"])
                || is_noun && self.cues.is_word(at, &["of", "and"]) && at == anchor.tokens.end
                || self.cues.is_word(at, &["to"])
                    && at <= anchor.tokens.end + 1
                    && (!is_noun || self.cues.is(anchor.tokens.start, Role::Weak));
            if leads && self.collect(at + 1, &mut with) {
                with.preposition = Some(at);
                return with;
            }
            // Another contact takes what stands behind it.
            if self.cues.anchors.iter().any(|other| other.tokens.start == at && self.is_contact(other)) && !leads {
                break;
            }
        }
        with
    }

    pub(super) fn is_contact(&self, anchor: &Anchor) -> bool {
        let at = anchor.tokens.start;
        !self.is_in_mention(at) && !self.cues.is(at, Role::Agree) && !self.cues.is(at, Role::Deal)
    }

    /// Takes the group of sides that starts at or shortly behind `at`.
    pub(super) fn collect<'m>(&'m self, at: usize, with: &mut With<'m, 't>) -> bool {
        for index in at..self.cues.tokens.len().min(at + OBJECT_TOKENS_MAX) {
            if let Some(mention) = self.mentions.iter().find(|mention| mention.tokens.start == index) {
                let group: Vec<&Mention<'t>> =
                    self.group_of(index).into_iter().filter(|other| other.tokens.start >= index).collect();
                let is_of = at > 0 && self.cues.is_word(at - 1, &["of"]) && mention.naming == Naming::Country;
                if matches!(mention.standing, Standing::Modifier)
                    && !is_of
                    && !group.iter().any(|mention| mention.standing == Standing::Side)
                {
                    return false;
                }
                with.group = group;
                return true;
            }
            if self.cues.is(index, Role::Pair) {
                with.is_pair = true;
                return true;
            }
            let token = &self.cues.tokens[index];
            let is_filler = is_office_word(token)
                || token.is_capitalised()
                || self.cues.is_word(
                    index,
                    &[
                        "the", "a", "an", "of", "his", "her", "its", "their", "both", "from", "with", "new", "several",
                        "group", "groups", "-", "sir", "mr", "mrs",
                    ],
                )
                || token.kind == TokenKind::Number
                || date::read(self.cues.tokens, index, Calendar::past(None)).is_some();
            if !is_filler {
                return false;
            }
        }
        false
    }

    /// The sides that do what the verb says.
    pub(super) fn subject(&self, verb: usize, clause: &Clause, object: &[&Mention<'t>]) -> Vec<Party<'t>> {
        let is_object = |mention: &Mention<'t>| object.iter().any(|other| other.tokens == mention.tokens);
        let side = |mention: &&Mention<'t>| mention.standing == Standing::Side && !is_object(mention);
        // "She called on Sudan and Chad to resume …"
        if let Some(to) = verb.checked_sub(1).filter(|to| self.cues.is_word(*to, &["to"]))
            && let Some(asked) = self.mentions.iter().find(|mention| mention.tokens.end == to && side(mention))
        {
            return parties_of(&self.group_of(asked.tokens.start));
        }
        let own = self
            .mentions
            .iter()
            .filter(|mention| mention.tokens.start >= clause.left && mention.tokens.end <= verb)
            .find(side);
        if let Some(own) = own {
            return parties_of(&self.group_of(own.tokens.start));
        }
        if (clause.left..verb).any(|at| self.cues.is(at, Role::Pair)) {
            return self.context.pair.clone();
        }
        let Some(boundary) = clause.left.checked_sub(1) else {
            // "He also met …", "They agreed …"
            return if self.cues.is_word(0, &["they", "both"]) {
                self.context.pair.clone()
            } else {
                self.pronoun(0..verb)
            };
        };
        if (clause.left..verb).any(|at| self.cues.is_word(at, &["they"])) && self.context.pair.len() >= 2 {
            let own: Vec<Party<'t>> = self
                .last_side_before(clause.left)
                .map(|mention| parties_of(&self.group_of(mention.tokens.start)))
                .unwrap_or_default();
            return if own.len() >= 2 { own } else { self.context.pair.clone() };
        }
        // "Mr X, who met …", "which X agreed"
        if self.cues.is_word(boundary, &["who", "which"]) {
            let antecedent = self.mentions.iter().rfind(|mention| mention.tokens.end <= boundary);
            return antecedent.map(|mention| parties_of(&self.group_of(mention.tokens.start))).unwrap_or_default();
        }
        let mut before = self.mentions.iter().filter(|mention| mention.tokens.end <= boundary.max(1));
        // "Hours after the envoy said he had met …": who says so; else the subject of the main clause.
        let said = self.cues.is(boundary, Role::Say)
            || (clause.left..verb).any(|at| self.cues.is_word(at, &["he", "she", "it"]));
        let first = if said { before.rfind(side) } else { before.find(side) };
        match first {
            Some(first) => parties_of(&self.group_of(first.tokens.start)),
            None => self.pronoun(0..verb),
        }
    }

    /// Whose wish a contact is: "\[rejected\] Armenia's proposal for talks", "Fiji's offer of a meeting".
    pub(super) fn proposer(&self, at: usize) -> Vec<Party<'t>> {
        let start = at.saturating_sub(SUPPORT_TOKENS_MAX);
        let link = (start..at).rev().find(|index| self.cues.is_word(*index, &["for", "of", "to"]));
        let wish = link
            .and_then(|link| link.checked_sub(1))
            .filter(|wish| self.cues.statuses.iter().any(|cue| cue.at == *wish && cue.value == Status::Proposed));
        let owner = wish.and_then(|wish| {
            self.mentions.iter().rfind(|mention| {
                mention.tokens.end <= wish && wish - mention.tokens.end <= 1 && self.is_possessive(mention)
            })
        });
        owner.map(|owner| parties_of_all(&self.group_of(owner.tokens.start))).unwrap_or_default()
    }

    /// Who acts on the occasion of a contact: "In a call with Ms Koro, Tonga's king promised …", "Fiji's envoy told Ms Koro in
    /// a meeting that …".
    pub(super) fn occasion(&self, anchor: &Anchor, with: &With<'_, 't>, clause: &Clause) -> Vec<Party<'t>> {
        let start = anchor.tokens.start;
        let left = clause.left.max(start.saturating_sub(MODIFIER_TOKENS_MAX));
        let is_led = |at: usize| self.cues.is_word(at, &["in", "during", "at", "after", "following", "before"]);
        let lead = (left.saturating_sub(1)..start).rev().find(|at| is_led(*at));
        let Some(lead) = lead else { return Vec::new() };
        let side = |mention: &&Mention<'t>| mention.standing == Standing::Side;
        if lead == 0 {
            let end = with.group.last().map_or(anchor.tokens.end, |mention| mention.tokens.end);
            let comma = (end..self.cues.tokens.len()).find(|at| self.cues.is_word(*at, &[","]));
            let subject = comma.and_then(|comma| {
                self.mentions
                    .iter()
                    .filter(side)
                    .find(|mention| mention.tokens.start > comma && mention.tokens.start <= comma + OBJECT_TOKENS_MAX)
            });
            return subject.map(|subject| parties_of(&self.group_of(subject.tokens.start))).unwrap_or_default();
        }
        let address = (0..lead).rev().find(|at| self.cues.is(*at, Role::Address) && !self.is_in_mention(*at));
        let Some(address) = address else {
            // "Iraq and Oman swapped prisoners after talks in Doha."
            let is_joint = with.group.is_empty() && self.cues.is_word(lead, &["after", "following", "during"]);
            let pair = self.mentions.iter().filter(side).find(|mention| mention.joined && mention.tokens.end <= lead);
            let pair = pair.filter(|_| is_joint && !self.cues.is(start, Role::Weak));
            return pair.map(|pair| parties_of(&self.group_of(pair.tokens.start))).unwrap_or_default();
        };
        let mut sides = Vec::new();
        let who = self.mentions.iter().filter(side).rfind(|mention| mention.tokens.end <= address);
        let whom = self.mentions.iter().filter(side).find(|mention| {
            mention.tokens.start > address && mention.tokens.end <= lead && mention.tokens.start <= address + 2
        });
        if let (Some(who), Some(whom)) = (who, whom) {
            add(&mut sides, &parties_of(&self.group_of(who.tokens.start)));
            add(&mut sides, &parties_of(&self.group_of(whom.tokens.start)));
        }
        sides
    }

    /// Who says what stands before: "…, a Kremlin official said", "…, according to Fiji's premier".
    pub(super) fn speaker_behind(&self, at: usize) -> Option<Party<'t>> {
        let side = |mention: &&Mention<'t>| mention.standing == Standing::Side;
        let is_break = |at: usize| self.cues.tokens[at].kind == TokenKind::Mark;
        let comma = (at..self.cues.tokens.len()).find(|at| is_break(*at) && self.cues.text(*at) != "-")?;
        let speaker = self.mentions.iter().filter(side).find(|mention| {
            let start = mention.tokens.start;
            start > comma && (comma + 1..start).all(|at| is_break(at) || self.cues.is_word(at, &["the", "a", "an"]))
        });
        let speaker = speaker.filter(|speaker| {
            let end = speaker.tokens.end;
            (end..end + SPEAKER_TOKENS_MAX).any(|at| self.cues.is(at, Role::Say))
        });
        let according = (at..self.cues.tokens.len())
            .find(|at| self.cues.is_word(*at, &["according"]) && self.cues.is_word(at + 1, &["to"]));
        let source = according.and_then(|at| {
            self.mentions.iter().filter(side).find(|mention| (at + 2..at + 4).contains(&mention.tokens.start))
        });
        speaker.or(source).map(|mention| mention.party)
    }

    pub(super) fn last_side_before(&self, at: usize) -> Option<&Mention<'t>> {
        self.mentions.iter().rfind(|mention| mention.tokens.end <= at && mention.standing == Standing::Side)
    }

    pub(super) fn pronoun(&self, tokens: Range<usize>) -> Vec<Party<'t>> {
        let has = tokens
            .into_iter()
            .any(|at| self.cues.is_word(at, &["he", "she", "it", "who", "we", "i", "his", "her", "its", "him"]));
        if has { self.context.subject.into_iter().collect() } else { Vec::new() }
    }

    pub(super) fn has_pair(&self, at: usize, clause: &Clause) -> bool {
        (clause.left..at)
            .any(|index| self.cues.is(index, Role::Pair) && !self.cues.is_word(index, &["bilateral", "each"]))
    }

    /// Those who bring the sides together: "brokered by Qatar and Egypt", "Egyptian mediators".
    pub(super) fn mediators(&self) -> Vec<Party<'t>> {
        let mut mediators = Vec::new();
        for at in (0..self.cues.tokens.len()).filter(|at| self.cues.is(*at, Role::Mediate)) {
            let mut with = With { preposition: None, group: Vec::new(), is_pair: false };
            if let Some(mention) = self.mentions.iter().find(|mention| mention.tokens.contains(&at)) {
                add(&mut mediators, &parties_of(&self.group_of(mention.tokens.start)));
            } else if let Some(mention) = self
                .mentions
                .iter()
                .rfind(|mention| mention.tokens.end == at && mention.standing == Standing::Modifier)
                .filter(|_| self.cues.text(at).ends_with("ed"))
            {
                add(
                    &mut mediators,
                    &self.group_of(mention.tokens.start).iter().map(|mention| mention.party).collect::<Vec<_>>(),
                );
            } else if self.cues.text(at).ends_with("ing")
                && let Some(mention) = self.mentions.iter().rfind(|mention| mention.tokens.end == at)
            {
                add(&mut mediators, &parties_of(&self.group_of(mention.tokens.start)));
            } else if self.cues.is_word(at + 1, &["by", "along"]) && self.collect(at + 2, &mut with)
                || self.cues.text(at).contains("ed by") && self.collect(at + 2, &mut with)
            {
                add(&mut mediators, &parties_of(&with.group));
            }
            if let Some((first, _)) = self.cues.text(at).split_once('-') {
                let party = party::named(first);
                add(&mut mediators, &party.into_iter().collect::<Vec<_>>());
            }
        }
        mediators
    }

    /// "with Oman mediating"
    pub(super) fn is_mediating(&self, mention: &Mention<'t>) -> bool {
        self.cues.is(mention.tokens.end, Role::Mediate)
    }
}
