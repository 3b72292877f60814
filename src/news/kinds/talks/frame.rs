//! Sentence → frames: each word of contact with the sides, mediators, place, date and standing that its clause gives it.

use jiff::civil::Date;

use super::cues::{Anchor, Cues, Role};
use super::standing;
use super::{Form, Outcome, Status};
use crate::news::text::{Sentence, Span, Text, TokenKind};
use crate::news::value::date::DateSpan;
use crate::news::value::party::{self, Mention, Party, Standing, is_union};
use crate::news::value::place::PlaceMention;
use crate::news::value::{Place, Precision};

/// "talks [on Monday in the capital of …] with": words between a contact and its preposition.
pub const WITH_TOKENS_MAX: usize = 14;
/// What stands in these sentences of an article happens where its dateline says.
const LEAD_SENTENCES: usize = 2;
/// "They", "both sides" are those named together in so many sentences before; later, the article speaks of others.
const PAIR_SENTENCES_MAX: usize = 8;
/// "holds [a second round of detailed] talks"
pub const SUPPORT_TOKENS_MAX: usize = 9;

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
pub struct Frame<'t> {
    /// In order of mention; fewer than two where the sentence leaves them to the text before.
    pub parties: Vec<Party<'t>>,
    pub mediators: Vec<Party<'t>>,
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
    /// The word of contact, counted from the start of the sentence.
    pub at: usize,
    /// Who says so.
    pub claimant: Option<&'t str>,
    pub span: Span,
    /// A union of states meets: one party is enough.
    pub is_summit_of_union: bool,
    /// A word that stands for what the warring sides of the article do: "ceasefire", "peace talks".
    pub is_peace: bool,
    /// The sides are those of another frame of the sentence.
    pub is_borrowed: bool,
    /// "Further", "continue", "follow": more of the same is likely, nothing concrete.
    pub is_vague: bool,
    /// "A further round", "talks resume": another contact of the same sides.
    pub is_next: bool,
    /// "The talks", "this meeting": told before.
    pub is_definite: bool,
    /// Where the article was written, if that is where the sides may have met.
    pub written_at: Option<Place>,
    /// Who speaks or acted last.
    pub speaker: Option<Party<'t>>,
    pub topic: Option<String>,
}

/// What the sentences before leave for pronouns.
#[derive(Clone, Debug, Default)]
pub struct Context<'t> {
    /// Who acted or spoke last.
    pub subject: Option<Party<'t>>,
    /// The last two sides named together.
    pub pair: Vec<Party<'t>>,
    /// Sentences since they were.
    pub pair_age: usize,
    /// The last town told, which "there" stands for.
    pub place: Option<Place>,
    /// Where the article was written.
    pub dateline: Option<Place>,
}

impl<'t> Context<'t> {
    /// Takes over what a sentence leaves.
    pub fn take(&mut self, left: Self) {
        self.place = left.place.or(self.place.take());
        self.subject = left.subject.or(self.subject);
        self.pair_age += 1;
        if !left.pair.is_empty() {
            (self.pair, self.pair_age) = (left.pair, 0);
        } else if self.pair_age >= PAIR_SENTENCES_MAX {
            self.pair.clear();
        }
    }
}

/// A sentence with all that was found in it. Token indexes count from the sentence's start.
pub struct Reader<'r, 's, 't> {
    pub cues: &'r Cues<'s, 't>,
    pub mentions: Vec<Mention<'t>>,
    pub places: &'r [PlaceMention],
    pub published: Option<Date>,
    pub sentence: usize,
    pub span: Span,
    pub offset: usize,
    pub context: &'r Context<'t>,
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
        mentions: &[Mention<'t>],
        places: &'r [PlaceMention],
        published: Option<Date>,
        context: &'r Context<'t>,
    ) -> Self {
        let sentence: &Sentence = &text.sentences[index];
        let offset = sentence.tokens.start;
        let shift = |mention: &Mention<'t>| Mention {
            tokens: mention.tokens.start - offset..mention.tokens.end - offset,
            ..mention.clone()
        };
        let mentions = mentions.iter().map(shift).collect();
        Self { cues, mentions, places, published, sentence: index, span: sentence.span, offset, context, text }
    }

    /// The frames of the sentence, in order.
    pub fn frames(&self) -> Vec<Frame<'t>> {
        let mut frames: Vec<Frame<'t>> = Vec::new();
        for anchor in &self.cues.anchors {
            if let Some(frame) = self.frame(anchor, &frames) {
                frames.push(frame);
            }
        }
        frames
    }

    /// What the sentence leaves for the next ones, as far as it does.
    pub fn leaves(&self) -> Context<'t> {
        let mut context = Context::default();
        let sides = || self.mentions.iter().filter(|mention| mention.standing == Standing::Side);
        if let Some(first) = sides().next() {
            context.subject = Some(first.party);
        }
        let town = self.places.iter().rfind(|place| place.place.precision == Precision::Settlement);
        if let Some(town) = town {
            context.place = Some(town.place.clone());
        }
        for mention in sides().filter(|mention| mention.joined) {
            let group = self.group_of(mention.tokens.start);
            let pair = parties_of(&group);
            if pair.len() >= 2 {
                context.pair = pair;
            }
        }
        context
    }

    fn frame(&self, anchor: &Anchor, before: &[Frame<'t>]) -> Option<Frame<'t>> {
        let at = anchor.tokens.start;
        if self.mentions.iter().any(|mention| mention.tokens.contains(&at)) {
            return None;
        }
        let head = self.head(anchor)?;
        let clause = self.clause(anchor);
        if standing::is_untrue(self.cues, at, head, &clause) {
            return None;
        }
        let mut mediators = self.mediators();
        let is_noun = matches!(head, Head::Noun | Head::Deal);
        let support = if is_noun { self.support(at, &clause) } else { Some(at) };
        let with = self.with(anchor, head, &clause);
        // "Has met the fund's conditions"
        let object = anchor.tokens.end..clause.right.min(anchor.tokens.end + SUPPORT_TOKENS_MAX);
        if head == Head::Verb && object.into_iter().any(|at| self.cues.is(at, Role::Demand)) {
            return None;
        }
        let modifiers = if is_noun { self.modifiers(at, &clause) } else { Vec::new() };
        let is_between =
            with.preposition.is_some_and(|at| self.cues.is_word(at, &["between", "among"])) && with.group.len() >= 2;
        let mut parties: Vec<Party<'t>> = Vec::new();
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
        if is_noun && parties.len() < 2 && !is_between {
            add(&mut parties, &self.proposer(at));
            add(&mut parties, &self.occasion(anchor, &with, &clause));
        }
        let is_by = with.preposition.is_some_and(|at| self.cues.is_word(at, &["by"]));
        let is_with = |party: &Party<'t>| {
            !is_by && with.group.iter().any(|mention| mention.party == *party && !self.is_mediating(mention))
        };
        // "Egyptian mediators met a Hamas delegation": they are a side of that meeting.
        let is_side = head == Head::Verb && parties.iter().filter(|party| !mediators.contains(party)).count() == 1;
        if is_side {
            mediators.retain(|party| !parties.contains(party));
        }
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
        if matches!(head, Head::Deal | Head::Agree) && self.is_unreal(at, &clause) {
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
        if parties.len() == 1
            && with.preposition.is_some()
            && (!(is_noun && is_weak) || head == Head::Deal && self.cues.is_word(at + 1, &["with"]))
            && !is_summit_of_union
        {
            // "Talks with the envoys were held today, a spokesman of the rebels said."
            let speaker = self
                .speaker_behind(anchor.tokens.end)
                .filter(|speaker| !parties.contains(speaker) && !mediators.contains(speaker));
            parties.extend(speaker);
        }
        if !parties.is_empty() && parties.iter().all(|party| party::is_kind(party)) {
            parties.clear();
        }
        let status = standing::status(self.cues, anchor, head, support, &clause);
        let outcome = standing::outcome(self.cues, head, status, &clause);
        let ahead = matches!(status, Status::Scheduled | Status::Proposed);
        // "Talks on Wednesday were postponed" calls off a Wednesday to come; "were postponed on Tuesday" tells when.
        let called_off = matches!(status, Status::Postponed | Status::Cancelled)
            .then(|| {
                self.cues
                    .statuses
                    .iter()
                    .rev()
                    .find(|cue| cue.value == status && clause.left <= cue.at && cue.at < clause.right)
            })
            .flatten()
            .and_then(|cue| self.date(at, &Clause { right: cue.at, ..clause }, true));
        let written_at = self.context.dateline.clone().filter(|place| {
            self.sentence < LEAD_SENTENCES && is_noun && head != Head::Deal && is_neutral(place, &parties)
        });
        Some(Frame {
            parties,
            written_at,
            mediators,
            head,
            form: anchor.form,
            status,
            outcome,
            place: self.place(anchor, &clause),
            date: called_off.or_else(|| self.date(at, &clause, ahead)),
            is_background: standing::is_background(self.cues, at, &clause)
                || !ahead && self.is_long_ago(&clause)
                || head == Head::Deal
                    && !(clause.left..clause.right).any(|index| self.cues.is(index, Role::NewsOfDeal)),
            is_weak,
            sentence: self.sentence,
            at,
            claimant: None,
            span: self.span,
            is_summit_of_union,
            is_peace: self.cues.is(at, Role::Peace),
            is_borrowed,
            is_vague: (clause.left..clause.right)
                .any(|index| self.cues.is_word(index, &["further", "continue", "follow", "more"])),
            is_next: (clause.left.max(at.saturating_sub(SUPPORT_TOKENS_MAX))..clause.right.min(anchor.tokens.end + 4))
                .any(|index| self.cues.is(index, Role::Round)),
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
        let is_unmade = (at.saturating_sub(4)..at).any(|index| self.cues.is(index, Role::Unmade));
        let is_wish = (clause.left.max(at.saturating_sub(8))..at).any(|index| self.cues.is(index, Role::Unreal));
        let is_aim = (at.saturating_sub(5)..at).any(|index| {
            self.cues.is_word(index, &["to"])
                && !(index > 0 && self.cues.is_word(index - 1, &["agreed", "agree", "agreeing", "agrees"]))
        });
        let is_condition = clause.left > 0 && self.cues.is_word(clause.left - 1, &["if", "unless", "until", "whether"]);
        is_unmade || is_wish || is_aim || is_condition
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

    pub(super) fn is_dash(&self, at: usize) -> bool {
        let tokens = self.cues.tokens;
        at > 0 && tokens[at - 1].span.end < tokens[at].span.start
    }

    pub(super) fn is_in_mention(&self, at: usize) -> bool {
        self.mentions.iter().any(|mention| mention.tokens.contains(&at))
    }

    /// The verb that carries a noun: "\[held\] another round of talks".
    fn support(&self, at: usize, clause: &Clause) -> Option<usize> {
        let start = clause.left.max(at.saturating_sub(SUPPORT_TOKENS_MAX));
        // "A proposed ceasefire": the participle carries nothing.
        let is_adjective =
            |index: usize| index > 0 && self.cues.is_word(index - 1, &["a", "an", "the", "this", "their", "its"]);
        (start..at)
            .rev()
            .find(|index| self.cues.is(*index, Role::Support) && !self.is_in_mention(*index) && !is_adjective(*index))
    }

    /// "Agreed to hold talks": the talks are the contact.
    fn is_followed(&self, anchor: &Anchor, clause: &Clause) -> bool {
        self.cues.anchors.iter().any(|other| {
            other.tokens.start >= anchor.tokens.end
                && other.tokens.start < clause.right.min(anchor.tokens.end + SUPPORT_TOKENS_MAX)
        })
    }
}

/// Whether a town is in the country of none of the sides: who writes from there writes of what happens there.
fn is_neutral(place: &Place, parties: &[Party]) -> bool {
    let country = place.country.as_deref().and_then(party::of_country);
    country.is_some_and(|country| !parties.contains(&country))
}

pub fn parties_of_all<'t>(mentions: &[&Mention<'t>]) -> Vec<Party<'t>> {
    let mut parties = Vec::new();
    mentions.iter().for_each(|mention| add(&mut parties, &[mention.party]));
    parties
}

pub fn parties_of<'t>(mentions: &[&Mention<'t>]) -> Vec<Party<'t>> {
    let mut parties = Vec::new();
    for mention in mentions.iter().filter(|mention| mention.standing != Standing::Place) {
        add(&mut parties, &[mention.party]);
    }
    parties
}

/// Adds what is not there yet.
pub fn add<'t>(parties: &mut Vec<Party<'t>>, more: &[Party<'t>]) {
    for party in more {
        if !parties.contains(party) {
            parties.push(party);
        }
    }
}
