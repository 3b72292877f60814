//! Sentence → frames: each word of contact with the sides, mediators, place, date and standing that its clause gives it.

use std::ops::Range;

use jiff::civil::Date;

use super::cues::{Anchor, Cues, Role};
use super::standing;
use super::{Form, Outcome, Status};
use crate::news::text::{Sentence, Span, Text, TokenKind};
use crate::news::value::date::{self, Calendar, DateSpan};
use crate::news::value::party::{self, Mention, Naming, Party, Standing, is_office_word, is_union};
use crate::news::value::place::{Cue, PlaceMention};
use crate::news::value::{Place, Precision};

/// "talks [on Monday in the capital of …] with": words between a contact and its preposition.
const WITH_TOKENS_MAX: usize = 14;
/// "with [senior members of] the Russian delegation"
const OBJECT_TOKENS_MAX: usize = 5;
/// "holds [a second round of detailed] talks"
const SUPPORT_TOKENS_MAX: usize = 9;
/// "Ukrainian-American [working-level peace] talks"
const MODIFIER_TOKENS_MAX: usize = 4;

/// A topic is "a few words".
const TOPIC_TOKENS_MAX: usize = 8;

/// What kind of word a contact hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    Noun,
    Deal,
    Verb,
    Agree,
}

/// One mention of a contact.
#[derive(Clone, Debug)]
pub struct Frame {
    /// In order of mention; fewer than two where the sentence leaves them to the text before.
    pub parties: Vec<Party>,
    pub mediators: Vec<Party>,
    pub head: Head,
    pub form: Option<Form>,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub place: Option<Place>,
    pub date: Option<DateSpan>,
    pub is_background: bool,
    /// The word of contact needs two sides beside it to count.
    pub is_weak: bool,
    pub sentence: usize,
    pub span: Span,
    /// A union of states meets: one party is enough.
    pub is_summit_of_union: bool,
    /// A word that stands for what the warring sides of the article do: "ceasefire", "peace talks".
    pub is_peace: bool,
    /// The sides are those of another frame of the sentence.
    pub is_borrowed: bool,
    /// "Further", "continue", "follow": more of the same is likely, nothing concrete.
    pub is_vague: bool,
    /// "The talks", "this meeting": told before.
    pub is_definite: bool,
    /// Who speaks or acted last.
    pub speaker: Option<Party>,
    pub topic: Option<String>,
}

/// What the sentences before leave for pronouns.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Who acted or spoke last.
    pub subject: Option<Party>,
    /// The last two sides named together.
    pub pair: Vec<Party>,
}

/// A sentence with all that was found in it. Token indexes count from the sentence's start.
pub struct Reader<'r, 's, 't> {
    pub cues: &'r Cues<'s, 't>,
    pub mentions: Vec<Mention>,
    pub places: &'r [PlaceMention],
    pub published: Option<Date>,
    pub sentence: usize,
    pub span: Span,
    pub offset: usize,
    pub context: &'r Context,
    pub text: &'r Text<'t>,
}

/// The clause around a word of contact.
#[derive(Clone, Debug)]
pub struct Clause {
    pub left: usize,
    pub right: usize,
}

impl<'r, 's, 't> Reader<'r, 's, 't> {
    pub fn new(
        cues: &'r Cues<'s, 't>,
        text: &'r Text<'t>,
        index: usize,
        mentions: &[Mention],
        places: &'r [PlaceMention],
        published: Option<Date>,
        context: &'r Context,
    ) -> Self {
        let sentence: &Sentence = &text.sentences[index];
        let offset = sentence.tokens.start;
        let shift = |mention: &Mention| Mention {
            tokens: mention.tokens.start - offset..mention.tokens.end - offset,
            ..mention.clone()
        };
        let mentions = mentions.iter().map(shift).collect();
        Self { cues, mentions, places, published, sentence: index, span: sentence.span, offset, context, text }
    }

    /// The frames of the sentence, in order.
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        for anchor in &self.cues.anchors {
            if let Some(frame) = self.frame(anchor, &frames) {
                frames.push(frame);
            }
        }
        frames
    }

    /// What the sentence leaves for the next ones.
    pub fn leave(&self, context: &mut Context) {
        let sides = || self.mentions.iter().filter(|mention| mention.standing == Standing::Side);
        if let Some(first) = sides().next() {
            context.subject = Some(first.party);
        }
        for mention in sides().filter(|mention| mention.joined) {
            let group = self.group_of(mention.tokens.start);
            let pair = parties_of(&group);
            if pair.len() >= 2 {
                context.pair = pair;
            }
        }
    }

    fn frame(&self, anchor: &Anchor, before: &[Frame]) -> Option<Frame> {
        let at = anchor.tokens.start;
        if self.mentions.iter().any(|mention| mention.tokens.contains(&at)) {
            return None;
        }
        let head = self.head(anchor)?;
        let clause = self.clause(anchor);
        let mut mediators = self.mediators();
        let is_noun = matches!(head, Head::Noun | Head::Deal);
        let support = if is_noun { self.support(at, &clause) } else { Some(at) };
        let with = self.with(anchor, head, &clause);
        let modifiers = if is_noun { self.modifiers(at, &clause) } else { Vec::new() };
        let is_between =
            with.preposition.is_some_and(|at| self.cues.is_word(at, &["between", "among"])) && with.group.len() >= 2;
        let mut parties: Vec<Party> = Vec::new();
        if is_between && support.is_some_and(|verb| self.cues.is(verb, Role::Host) || self.cues.is(verb, Role::Mediate))
        {
            add(&mut mediators, &support.map(|verb| self.subject(verb, &clause, &with.group)).unwrap_or_default());
        }
        if !is_between && let Some(verb) = support {
            add(&mut parties, &self.subject(verb, &clause, &with.group));
        }
        add(&mut parties, &parties_of(&modifiers));
        add(&mut parties, &parties_of(&with.group));
        if with.is_pair || self.has_pair(at, &clause) {
            add(&mut parties, &self.context.pair);
        }
        let is_with =
            |party: &Party| with.group.iter().any(|mention| mention.party == *party && !self.is_mediating(mention));
        parties.retain(|party| !mediators.contains(party) || is_with(party));
        // "A meeting of the Security Council" is one of a body with itself.
        if with.preposition.is_some_and(|at| self.cues.is_word(at, &["of"]))
            && parties_of(&with.group).len() < 2
            && modifiers.is_empty()
            && head == Head::Noun
        {
            parties = parties_of(&with.group);
        }
        let is_weak = self.cues.is(at, Role::Weak) || !is_noun;
        let is_definite = at > 0 && self.cues.is_word(at - 1, &["the", "this", "these", "those", "such", "a"])
            || at > 1 && self.cues.is_word(at - 2, &["the", "these", "this"]);
        if head == Head::Deal && self.is_unreal(at, &clause) {
            return None;
        }
        let own = parties_of_all(&modifiers);
        if head == Head::Noun && with.group.is_empty() && own.len() == 1 && is_union(own[0]) {
            // "A meeting of one body with itself" is no contact, but its summits are told as such.
            parties = own;
        }
        let is_summit_of_union = anchor.form == Some(Form::Summit) && parties.len() == 1 && is_union(parties[0]);
        if head == Head::Agree && (parties.len() < 2 || self.is_followed(anchor, &clause)) {
            return None;
        }
        if matches!(head, Head::Verb) && parties.len() < 2 {
            return None;
        }
        if parties.len() == 1 && with.group.is_empty() {
            // "She will travel to Oslo for talks"
            let goal = self.mentions.iter().rfind(|mention| {
                mention.standing == Standing::Destination
                    && mention.tokens.end <= at
                    && mention.tokens.start >= clause.left
            });
            let goal = goal.filter(|goal| {
                at - goal.tokens.end <= WITH_TOKENS_MAX
                    && self.cues.is_word(at - 1, &["for", "peace", "fresh", "further", "new"])
            });
            add(&mut parties, &goal.map(|goal| goal.party).into_iter().collect::<Vec<_>>());
        }
        let mut is_borrowed = false;
        if parties.len() < 2
            && !is_summit_of_union
            && let Some(same) = before.iter().rev().find(|frame| frame.parties.len() >= 2)
            && parties.iter().all(|party| same.parties.contains(party))
        {
            parties.clone_from(&same.parties);
            is_borrowed = true;
        }
        if parties.len() == 1 && is_noun && with.preposition.is_some() && support.is_none() {
            // "A delegation is in Cairo for talks with …"
            add(&mut parties, &self.subject(at, &clause, &with.group));
        }
        if parties.len() == 1 && with.preposition.is_some() && !(is_noun && is_weak) && !is_summit_of_union {
            // "Talks with the envoys were held today, a spokesman of the rebels said."
            let speaker = self
                .speaker_behind(clause.right)
                .filter(|speaker| !parties.contains(speaker) && !mediators.contains(speaker));
            parties.extend(speaker);
        }
        let status = standing::status(self.cues, anchor, head, support, &clause);
        let outcome = standing::outcome(self.cues, head, status, &clause);
        let ahead = matches!(status, Status::Scheduled | Status::Proposed);
        Some(Frame {
            parties,
            mediators,
            head,
            form: anchor.form,
            status,
            outcome,
            place: self.place(anchor, &clause),
            date: self.date(at, &clause, ahead),
            is_background: standing::is_background(self.cues, at, &clause)
                || self.is_long_ago(&clause)
                || head == Head::Deal
                    && !(clause.left..clause.right).any(|index| self.cues.is(index, Role::NewsOfDeal)),
            is_weak,
            sentence: self.sentence,
            span: self.span,
            is_summit_of_union,
            is_peace: self.cues.is(at, Role::Peace),
            is_borrowed,
            is_vague: (clause.left..clause.right)
                .any(|index| self.cues.is_word(index, &["further", "continue", "follow", "more"])),
            is_definite,
            speaker: self.context.subject,
            topic: self.topic(anchor, &clause),
        })
    }

    /// Whether the word names a contact here, and as what.
    fn head(&self, anchor: &Anchor) -> Option<Head> {
        let at = anchor.tokens.start;
        let is = |role| self.cues.is(at, role);
        if is(Role::Deal) {
            return Some(Head::Deal);
        }
        if is(Role::Agree) {
            return Some(Head::Agree);
        }
        match (is(Role::Noun), is(Role::Verb)) {
            (true, true) if self.is_verb(anchor) => Some(Head::Verb),
            (true, _) => Some(Head::Noun),
            (false, true) => Some(Head::Verb),
            _ => None,
        }
    }

    /// "Meeting", "call", "visit": a verb where a side follows at once, or an auxiliary stands before it.
    fn is_verb(&self, anchor: &Anchor) -> bool {
        let at = anchor.tokens.start;
        let before = at.checked_sub(1);
        let is_before = |words: &[&str]| before.is_some_and(|before| self.cues.is_word(before, words));
        let follows = self.mentions.iter().any(|mention| {
            mention.tokens.start >= anchor.tokens.end
                && mention.tokens.start <= anchor.tokens.end + 1
                && mention.standing == Standing::Side
        });
        let leads = is_before(&[
            "to", "will", "would", "could", "should", "may", "might", "and", "is", "are", "was", "were", "been", "be",
            "not", "after", "before", "while", "by", "keep", "of",
        ]);
        let nouned = is_before(&[
            "the", "a", "an", "this", "that", "his", "her", "their", "its", "first", "second", "third", "next", "last",
            "new", "phone", "any",
        ]);
        !nouned
            && (follows
                || leads && !is_before(&["of", "after", "before", "and", "by", "to"])
                || is_before(&["to"]) && self.cues.text(at).len() <= 5)
    }

    /// "No ceasefire", "if a deal", "would require an agreement": nothing was agreed.
    fn is_unreal(&self, at: usize, clause: &Clause) -> bool {
        let near = at.saturating_sub(4)..at;
        near.clone().any(|index| {
            self.cues.is_word(
                index,
                &[
                    "no",
                    "any",
                    "without",
                    "if",
                    "proposed",
                    "draft",
                    "planned",
                    "lasting",
                    "potential",
                    "possible",
                    "future",
                    "towards",
                    "toward",
                ],
            )
        }) || (clause.left.max(at.saturating_sub(8))..at).any(|index| {
            self.cues.is_word(
                index,
                &[
                    "if", "require", "requires", "would", "could", "not", "need", "wants", "want", "until", "unless",
                    "make",
                ],
            )
        }) || (at.saturating_sub(5)..at).any(|index| {
            self.cues.is_word(index, &["to"])
                && !(index > 0 && self.cues.is_word(index - 1, &["agreed", "agree", "agreeing", "agrees"]))
        }) || clause.left > 0 && self.cues.is_word(clause.left - 1, &["if", "unless", "until", "whether"])
    }

    /// The clause: from the boundary before to the boundary behind.
    fn clause(&self, anchor: &Anchor) -> Clause {
        let stops = |at: usize| {
            self.cues.is(at, Role::Boundary) && !self.is_in_mention(at)
                || self.cues.tokens[at].kind == TokenKind::Mark
                    && matches!(self.cues.text(at), ";" | ":" | "—" | "–" | "(" | ")")
                || self.is_quotation(at)
                || self.cues.text(at) == "-" && self.cues.tokens[at].span.start > 0 && self.is_dash(at)
        };
        let left = (0..anchor.tokens.start)
            .rev()
            .find(|at| stops(*at) || self.cues.is(*at, Role::Say) && !self.is_in_mention(*at));
        let right = (anchor.tokens.end..self.cues.tokens.len()).find(|at| stops(*at));
        Clause { left: left.map_or(0, |at| at + 1), right: right.unwrap_or(self.cues.tokens.len()) }
    }

    /// A quotation mark that opens or closes a whole clause, not one around some words.
    fn is_quotation(&self, at: usize) -> bool {
        matches!(self.cues.text(at), "\"" | "“" | "”")
            && (at == 0
                || self.cues.tokens[at - 1].kind == TokenKind::Mark
                || self.cues.tokens.get(at + 1).is_none_or(|next| next.kind == TokenKind::Mark))
    }

    fn is_dash(&self, at: usize) -> bool {
        let tokens = self.cues.tokens;
        at > 0 && tokens[at - 1].span.end < tokens[at].span.start
    }

    fn is_in_mention(&self, at: usize) -> bool {
        self.mentions.iter().any(|mention| mention.tokens.contains(&at))
    }

    /// The verb that carries a noun: "[held] another round of talks".
    fn support(&self, at: usize, clause: &Clause) -> Option<usize> {
        let start = clause.left.max(at.saturating_sub(SUPPORT_TOKENS_MAX));
        // "A proposed ceasefire": the participle carries nothing.
        let is_adjective =
            |index: usize| index > 0 && self.cues.is_word(index - 1, &["a", "an", "the", "this", "their", "its"]);
        (start..at)
            .rev()
            .find(|index| self.cues.is(*index, Role::Support) && !self.is_in_mention(*index) && !is_adjective(*index))
    }

    /// The sides that stand before a noun: "US-Russia talks", "Israeli and Egyptian negotiations".
    fn modifiers(&self, at: usize, clause: &Clause) -> Vec<&Mention> {
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

    fn is_possessive(&self, mention: &Mention) -> bool {
        let last = &self.cues.tokens[mention.tokens.end - 1];
        last.base().len() < last.text.len() || matches!(last.text, "'" | "’")
    }

    /// Everyone joined to the mention at token `at`, in order.
    fn group_of(&self, at: usize) -> Vec<&Mention> {
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
    fn with(&self, anchor: &Anchor, head: Head, clause: &Clause) -> With<'_> {
        let mut with = With { preposition: None, group: Vec::new(), is_pair: false };
        let end = clause.right.min(anchor.tokens.end + WITH_TOKENS_MAX);
        let is_noun = matches!(head, Head::Noun | Head::Deal);
        let ends_with = anchor.tokens.len() > 1 && self.cues.is_word(anchor.tokens.end - 1, &["with", "to"]);
        if (self.cues.is(anchor.tokens.start, Role::Direct) || ends_with)
            && !is_noun
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
            let leads = self.cues.is_word(at, &["with", "between", "among", "involving", "alongside"])
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

    fn is_contact(&self, anchor: &Anchor) -> bool {
        let at = anchor.tokens.start;
        !self.is_in_mention(at) && !self.cues.is(at, Role::Agree) && !self.cues.is(at, Role::Deal)
    }

    /// Takes the group of sides that starts at or shortly behind `at`.
    fn collect<'m>(&'m self, at: usize, with: &mut With<'m>) -> bool {
        for index in at..self.cues.tokens.len().min(at + OBJECT_TOKENS_MAX) {
            if let Some(mention) = self.mentions.iter().find(|mention| mention.tokens.start == index) {
                let group: Vec<&Mention> =
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
    fn subject(&self, verb: usize, clause: &Clause, object: &[&Mention]) -> Vec<Party> {
        let is_object = |mention: &Mention| object.iter().any(|other| other.tokens == mention.tokens);
        let side = |mention: &&Mention| mention.standing == Standing::Side && !is_object(mention);
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
            let own: Vec<Party> = self
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

    /// Who says what stands before: "…, a Kremlin official said".
    fn speaker_behind(&self, at: usize) -> Option<Party> {
        let say = (at.saturating_sub(1)..self.cues.tokens.len())
            .find(|index| self.cues.is(*index, Role::Say) && !self.is_in_mention(*index))?;
        let speaker = self.mentions.iter().rfind(|mention| mention.tokens.end <= say && mention.tokens.start + 1 >= at);
        speaker.filter(|mention| mention.standing == Standing::Side).map(|mention| mention.party)
    }

    fn last_side_before(&self, at: usize) -> Option<&Mention> {
        self.mentions.iter().rfind(|mention| mention.tokens.end <= at && mention.standing == Standing::Side)
    }

    fn pronoun(&self, tokens: Range<usize>) -> Vec<Party> {
        let has = tokens
            .into_iter()
            .any(|at| self.cues.is_word(at, &["he", "she", "it", "who", "we", "i", "his", "her", "its", "him"]));
        if has { self.context.subject.into_iter().collect() } else { Vec::new() }
    }

    fn has_pair(&self, at: usize, clause: &Clause) -> bool {
        (clause.left..at)
            .any(|index| self.cues.is(index, Role::Pair) && !self.cues.is_word(index, &["bilateral", "each"]))
    }

    /// Those who bring the sides together: "brokered by Qatar and Egypt", "Egyptian mediators".
    fn mediators(&self) -> Vec<Party> {
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
    fn is_mediating(&self, mention: &Mention) -> bool {
        self.cues.is(mention.tokens.end, Role::Mediate)
    }

    /// "Agreed to hold talks": the talks are the contact.
    fn is_followed(&self, anchor: &Anchor, clause: &Clause) -> bool {
        self.cues.anchors.iter().any(|other| {
            other.tokens.start >= anchor.tokens.end
                && other.tokens.start < clause.right.min(anchor.tokens.end + SUPPORT_TOKENS_MAX)
        })
    }

    /// What the contact is about: "on a partial pause in the war", "aimed at ending …", else the kind of peace it makes.
    fn topic(&self, anchor: &Anchor, clause: &Clause) -> Option<String> {
        let tokens = self.cues.tokens;
        let end = clause.right.min(anchor.tokens.end + WITH_TOKENS_MAX);
        let is_dated = |at: usize| date::read(tokens, at, Calendar::past(self.published)).is_some();
        let lead = (anchor.tokens.end..end).find(|at| {
            (self.cues.is_word(*at, &["on", "over", "about", "discuss", "end", "towards"])
                || self.cues.is_word(*at, &["at"]) && *at > 0 && self.cues.is_word(*at - 1, &["aimed"]))
                && !is_dated(*at + 1)
                && !(*at + 1..*at + 3).any(|next| self.cues.is(next, Role::NoTopic))
        });
        let range = match lead {
            Some(lead) => {
                let is_end = |at: &usize| {
                    tokens[*at].kind == TokenKind::Mark
                        || self.cues.is_word(*at, &["with", "between", "after", "and"])
                        || is_dated(*at)
                };
                let start = lead + 1;
                let limit = clause.right.min(start + TOPIC_TOKENS_MAX);
                start..(start..limit).find(is_end).unwrap_or(limit)
            }
            None if self.cues.is(anchor.tokens.start, Role::Peace) => anchor.tokens.clone(),
            None => return None,
        };
        let (first, last) = (tokens.get(range.start)?, tokens.get(range.end.checked_sub(1)?)?);
        let topic = first.span.join(last.span).slice(self.text.text).filter(|_| range.start < range.end)?;
        Some(topic.to_owned())
    }

    fn place(&self, anchor: &Anchor, clause: &Clause) -> Option<Place> {
        let at = anchor.tokens.start;
        // "At the Vatican, where he met …"
        let is_where = clause.left > 0 && self.cues.is_word(clause.left - 1, &["where"]);
        let left = if is_where { 0 } else { clause.left };
        let is_near = |tokens: &Range<usize>| {
            let start = tokens.start.checked_sub(self.offset)?;
            (start >= left && start < clause.right).then_some(start)
        };
        let is_visit = (at.saturating_sub(SUPPORT_TOKENS_MAX)..at + SUPPORT_TOKENS_MAX)
            .any(|index| self.cues.is(index, Role::Motion));
        let named = self.places.iter().filter(|place| place.sentence == self.sentence).filter_map(|place| {
            let start = is_near(&place.tokens)?;
            let is_settlement = place.place.precision == Precision::Settlement;
            let is_before = is_settlement
                && anchor.tokens.start >= start + place.tokens.len()
                && at - start - place.tokens.len() <= 1
                && self.cues.is(at, Role::Noun);
            let is_at = matches!(place.cue, Cue::In) || is_visit && place.cue == Cue::To;
            let weight = match place.place.precision {
                Precision::Settlement => 0,
                Precision::Country => 6,
                _ => 3,
            };
            let after_topic = self.is_topic(start);
            (is_before || is_at && !after_topic).then(|| (start.abs_diff(at) + weight, place.place.clone()))
        });
        let halls = self.cues.venues.iter().filter(|venue| {
            venue.at >= clause.left
                && venue.at < clause.right
                && venue.at > 0
                && (0..3.min(venue.at)).any(|back| self.cues.is_word(venue.at - 1 - back, &["in", "at", "to"]))
        });
        let halls = halls.map(|venue| (venue.at.abs_diff(at).saturating_sub(3), venue_place(venue.value)));
        named.chain(halls).min_by_key(|(distance, _)| *distance).map(|(_, place)| place)
    }

    /// Whether what stands before the place at `start` takes it: "the war in Ukraine".
    fn is_topic(&self, start: usize) -> bool {
        let preposition = (start.saturating_sub(3)..start)
            .rev()
            .find(|index| self.cues.is_word(*index, &["in", "at", "on", "to", "inside", "across"]));
        preposition.and_then(|index| index.checked_sub(1)).is_some_and(|index| self.cues.is(index, Role::NoPlace))
    }

    /// "In September", "in 2019": a month or year that has passed.
    fn is_long_ago(&self, clause: &Clause) -> bool {
        let found = date::first(&self.cues.tokens[clause.left..clause.right], Calendar::past(self.published));
        found.zip(self.published).is_some_and(|(found, published)| {
            found.unit > date::Unit::Week && found.date.days_before(published) > super::track::NEWS_DAYS
        })
    }

    fn date(&self, at: usize, clause: &Clause, ahead: bool) -> Option<DateSpan> {
        let calendar = Calendar { published: self.published, ahead };
        let mut best: Option<(usize, DateSpan)> = None;
        let mut index = clause.left;
        while index < clause.right {
            let Some(found) = date::read(self.cues.tokens, index, calendar) else {
                index += 1;
                continue;
            };
            let distance = index.abs_diff(at);
            if found.unit <= date::Unit::Week && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, found.date));
            }
            index = found.tokens.end.max(index + 1);
        }
        best.map(|(_, date)| date)
    }
}

/// The sides behind a preposition.
struct With<'m> {
    preposition: Option<usize>,
    group: Vec<&'m Mention>,
    /// "with both countries": the two named before.
    is_pair: bool,
}

fn venue_place(city: &str) -> Place {
    Place {
        name: city.to_owned(),
        country: None,
        admin1: None,
        geonames_id: None,
        lat: None,
        lon: None,
        precision: Precision::Unresolved,
    }
}

fn parties_of_all(mentions: &[&Mention]) -> Vec<Party> {
    let mut parties = Vec::new();
    mentions.iter().for_each(|mention| add(&mut parties, &[mention.party]));
    parties
}

fn parties_of(mentions: &[&Mention]) -> Vec<Party> {
    let mut parties = Vec::new();
    for mention in mentions.iter().filter(|mention| mention.standing != Standing::Place) {
        add(&mut parties, &[mention.party]);
    }
    parties
}

/// Adds what is not there yet.
pub fn add(parties: &mut Vec<Party>, more: &[Party]) {
    for party in more {
        if !parties.contains(party) {
            parties.push(party);
        }
    }
}
