//! Sentence → frames: each word of contact with the sides, mediators, place, date and standing that its clause gives it.

use std::ops::Range;

use jiff::civil::Date;

use super::cues::{Anchor, Cues, Role};
use super::family::Forms;
use super::sides::With;
use super::standing::{self, Chains, Standing};
use super::{Form, Outcome, Status};
use crate::news::text::{Sentence, Span, Text, TokenKind};
use crate::news::value::Place;
use crate::news::value::date::{self, DateSpan};
use crate::news::value::party::{Mention, Naming, Party, Standing as Standing_, is_union};
use crate::news::value::place::PlaceMention;

/// "talks [on Monday in the capital of …] with": words between a contact and its preposition.
pub const WITH_TOKENS_MAX: usize = 14;
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
    /// Some word tells the standing; else it is a guess.
    pub is_told: bool,
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
}

/// A sentence with all that was found in it. Token indexes count from the sentence's start.
pub struct Reader<'r, 's, 't> {
    pub cues: &'r Cues<'s, 't>,
    pub mentions: Vec<Mention<'t>>,
    /// The tokens of the mentions.
    pub(super) spans: Vec<Range<usize>>,
    pub places: &'r [PlaceMention],
    pub published: Option<Date>,
    pub sentence: usize,
    pub span: Span,
    pub offset: usize,
    pub context: &'r Context<'t>,
    /// Where the report was written, if its head says so.
    pub dateline: Option<Place>,
    pub text: &'r Text<'t>,
}

/// The clause around a word of contact.
#[derive(Clone, Debug)]
pub struct Clause {
    pub left: usize,
    pub right: usize,
}

impl<'r, 's, 't> Reader<'r, 's, 't> {
    #[expect(clippy::too_many_arguments, reason = "what one sentence is read with")]
    pub fn new(
        cues: &'r Cues<'s, 't>,
        text: &'r Text<'t>,
        index: usize,
        mentions: &[Mention<'t>],
        places: &'r [PlaceMention],
        published: Option<Date>,
        context: &'r Context<'t>,
        dateline: Option<Place>,
    ) -> Self {
        let sentence: &Sentence = &text.sentences[index];
        let offset = sentence.tokens.start;
        let shift = |mention: &Mention<'t>| Mention {
            tokens: mention.tokens.start - offset..mention.tokens.end - offset,
            ..mention.clone()
        };
        let mentions: Vec<Mention<'t>> = mentions.iter().map(shift).collect();
        let mut spans: Vec<Range<usize>> = mentions.iter().map(|mention| mention.tokens.clone()).collect();
        spans.dedup();
        Self {
            cues,
            mentions,
            spans,
            places,
            published,
            sentence: index,
            span: sentence.span,
            offset,
            context,
            dateline,
            text,
        }
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

    /// What the sentence leaves for the next ones.
    pub fn leave(&self, context: &mut Context<'t>) {
        let sides = || self.mentions.iter().filter(|it| it.standing == Standing_::Side && it.naming != Naming::Kind);
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

    fn frame(&self, anchor: &Anchor, before: &[Frame<'t>]) -> Option<Frame<'t>> {
        let at = anchor.tokens.start;
        if self.is_in_mention(at) {
            return None;
        }
        let head = self.head(anchor)?;
        let clause = self.clause(anchor);
        let is_noun = matches!(head, Head::Noun | Head::Deal);
        let is_deal = matches!(head, Head::Deal | Head::Agree);
        let chains = Chains { cues: self.cues, is_deal, sides: &self.spans };
        let standing = match head {
            Head::Noun | Head::Deal => chains.of_noun(at, anchor.tokens.end, &clause)?,
            Head::Verb | Head::Agree => chains.of_verb(at, &clause)?,
        };
        let with = self.with(anchor, head, &clause);
        let modifiers = if is_noun { self.modifiers(at, &clause) } else { Vec::new() };
        let mut mediators = self.mediators();
        let mut parties = self.sides(anchor, head, &clause, standing, &with, &modifiers, &mut mediators);
        let is_weak = self.cues.is(at, Role::Weak) || !is_noun;
        let is_definite =
            (at.saturating_sub(2)..at).any(|index| self.cues.is_word(index, &["the", "this", "these", "those"]));
        let is_ahead = standing::is_ahead(standing.status);
        if matches!(head, Head::Deal | Head::Agree) && self.is_unreal(at, &clause) {
            return None;
        }
        let is_summit_of_union = anchor.form == Some(Form::Summit) && parties.len() == 1 && is_union(parties[0]);
        let is_aside = self.cues.forms(at) == Forms::ING;
        if head == Head::Agree && (parties.len() < 2 || is_aside || self.is_followed(anchor, &clause)) {
            return None;
        }
        if head == Head::Verb && (parties.len() < 2 || self.is_naming(anchor, &with)) {
            return None;
        }
        // What someone must, should or can do is an opinion, no plan.
        if head == Head::Verb && standing.status == Status::Proposed && self.is_opinion(at) {
            return None;
        }
        if parties.iter().all(|party| self.is_unnamed(party)) && !parties.is_empty() {
            return None;
        }
        if parties.len() == 1 && with.group.is_empty() {
            add(&mut parties, &self.goal(at, &clause));
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
        if parties.len() == 1 && with.preposition.is_some() && !(is_noun && is_weak) && !is_summit_of_union {
            // "Talks with the envoys were held today, a spokesman of the rebels said."
            let speaker = self
                .speaker_behind(clause.right)
                .filter(|speaker| !parties.contains(speaker) && !mediators.contains(speaker));
            parties.extend(speaker);
        }
        // A deal is news where it is told how it came to be, or that it is wanted or refused.
        let is_made = standing.verb.is_some_and(|verb| {
            self.cues.is_any(verb, &[Role::Agree, Role::TakeHold]) && self.cues.forms(verb) != Forms::ING
        }) || head == Head::Agree
            || is_ahead && standing.is_told
            || (clause.left..clause.right).any(|index| self.cues.is_news_of_deal(index));
        let is_broken = standing.verb.is_some_and(|verb| self.cues.is(verb, Role::Break));
        let (status, date) = self.when(at, &clause, standing);
        Some(Frame {
            parties,
            mediators,
            head,
            form: anchor.form,
            status,
            outcome: standing::outcome(self.cues, matches!(head, Head::Deal | Head::Agree), status, &clause),
            place: self.place(anchor, &clause),
            date,
            is_background: standing::is_background(self.cues, at, &clause)
                || !is_ahead && self.is_long_ago(&clause)
                || head == Head::Deal && (!is_made || is_broken),
            is_told: standing.is_told,
            is_weak,
            sentence: self.sentence,
            span: self.span,
            is_summit_of_union,
            is_peace: self.cues.is(at, Role::Peace),
            is_borrowed,
            is_vague: (clause.left..clause.right).any(|index| self.cues.is_vague(index)),
            is_definite,
            speaker: self.context.subject,
            topic: self.topic(anchor, &clause),
        })
    }

    /// "Called him a liar", "called Peru reckless": a name and no call.
    fn is_naming(&self, anchor: &Anchor, with: &With<'_, 't>) -> bool {
        let cues = self.cues;
        let Some(last) = with.group.last().filter(|_| with.preposition.is_none()) else { return false };
        let behind = last.tokens.end;
        let is_call = anchor.form == Some(Form::Call) && cues.is(anchor.tokens.start, Role::Person);
        let goes_on = behind >= cues.tokens.len()
            || cues.tokens[behind].kind == TokenKind::Mark && !matches!(cues.text(behind), "\"" | "“" | "'" | "‘")
            || cues.is_any(behind, &[Role::Preposition, Role::After, Role::Ahead, Role::Boundary, Role::Adverb])
            || cues.is_word(behind, &["to", "and"])
            || date::read(cues.tokens, behind, date::Calendar::past(self.published)).is_some();
        is_call && !goes_on
    }

    fn is_opinion(&self, at: usize) -> bool {
        self.cues.start_before(at).is_some_and(|before| self.cues.is(before, Role::Could))
    }

    /// A side that is told only by what it is.
    fn is_unnamed(&self, party: &str) -> bool {
        self.mentions.iter().any(|mention| mention.party == party && mention.naming == Naming::Kind)
    }

    /// The day, and the standing it tells: what "are meeting on Friday" says on a Wednesday is planned.
    fn when(&self, at: usize, clause: &Clause, standing: Standing) -> (Status, Option<DateSpan>) {
        let status = standing.status;
        let may_be_planned = matches!(status, Status::Concluded | Status::UnderWay)
            && standing.verb.is_some_and(|verb| self.is_present(verb));
        let ahead = self.date(at, clause, true).filter(|date| self.published.is_some_and(|day| date.start > day));
        if may_be_planned && ahead.is_some() {
            return (Status::Scheduled, ahead);
        }
        (status, self.date(at, clause, matches!(status, Status::Scheduled | Status::Proposed)))
    }

    /// A verb in the present: "meets", "are meeting", "is being held".
    fn is_present(&self, verb: usize) -> bool {
        let forms = self.cues.forms(verb);
        let is_auxiliary = |at: usize| self.cues.is_any(at, &[Role::Be, Role::Have, Role::Adverb]);
        let auxiliaries = (0..verb).rev().take_while(|at| is_auxiliary(*at));
        let (mut be, mut past) = (false, forms.has(Forms::PAST) && !forms.has(Forms::BASE));
        for at in auxiliaries {
            be |= self.cues.is(at, Role::Be);
            past |= self.cues.is_any(at, &[Role::PastBe, Role::Have]);
        }
        !past && (be || forms.has(Forms::PRESENT))
    }

    /// Who takes part, by the grammar of the clause; who brings them together goes to `mediators`.
    #[expect(clippy::too_many_arguments, reason = "one reading of one clause, split off for its length")]
    fn sides(
        &self,
        anchor: &Anchor,
        head: Head,
        clause: &Clause,
        standing: Standing,
        with: &With<'_, 't>,
        modifiers: &[&Mention<'t>],
        mediators: &mut Vec<Party<'t>>,
    ) -> Vec<Party<'t>> {
        let at = anchor.tokens.start;
        let is_noun = matches!(head, Head::Noun | Head::Deal);
        let own = parties_of_all(modifiers);
        if head == Head::Noun && with.group.is_empty() && own.len() == 1 && is_union(own[0]) {
            // "A meeting of one body with itself" is no contact, but its summits are told as such.
            return own;
        }
        // "A meeting of the Security Council" is one of a body with itself.
        let is_of = with.preposition.is_some_and(|at| self.cues.is_word(at, &["of"]));
        if is_of && parties_of(&with.group).len() < 2 && modifiers.is_empty() && head == Head::Noun {
            return parties_of(&with.group);
        }
        let is_between = with.preposition.is_some_and(|at| self.cues.is_word(at, &["between", "among"]))
            && with.group.len() >= 2
            || is_of && with.group.len() >= 2;
        let has_subject = !is_noun || standing.is_object && (standing.verb.is_some() || self.is_open(standing.start));
        let subject = if has_subject { self.subject(standing.start, clause, &with.group) } else { Vec::new() };
        let mut parties: Vec<Party<'t>> = Vec::new();
        if is_between {
            if standing.verb.is_some_and(|verb| self.cues.is(verb, Role::Host)) && !standing::is_ahead(standing.status)
            {
                add(mediators, &subject);
            }
        } else {
            add(&mut parties, &subject);
        }
        add(&mut parties, &parties_of(modifiers));
        add(&mut parties, &parties_of(&with.group));
        if with.is_pair || self.has_pair(at, clause) {
            add(&mut parties, &self.pair(at));
        }
        if parties.len() == 1 && standing.is_object {
            // "rejected Peru's offer of a meeting"
            let owners = self.mentions.iter().filter(|mention| {
                mention.tokens.start >= standing.start && mention.tokens.end <= at && self.is_possessive(mention)
            });
            add(&mut parties, &owners.map(|owner| owner.party).collect::<Vec<_>>());
        }
        if parties.len() < 2 && is_noun && with.group.is_empty() && standing.verb.is_none() {
            // "At a meeting in Lima, A told B that …"
            add(&mut parties, &self.told_behind(at));
        }
        if parties.len() == 1 && !is_noun && with.group.is_empty() && self.is_object_pronoun(anchor.tokens.end) {
            // "challenged her rival to meet her"
            let asker = self.mentions.iter().find(|mention| mention.standing == Standing_::Side);
            add(&mut parties, &asker.map(|asker| asker.party).into_iter().collect::<Vec<_>>());
        }
        let is_with =
            |party: &Party<'t>| with.group.iter().any(|mention| mention.party == *party && !self.is_mediating(mention));
        parties.retain(|party| !mediators.contains(party) || is_with(party));
        parties
    }

    fn is_object_pronoun(&self, at: usize) -> bool {
        self.cues.is(at, Role::PronounSingular) && !self.cues.is_any(at, &[Role::Relative])
    }

    /// "…, A told B that": both, where the sentence tells it behind the contact.
    fn told_behind(&self, at: usize) -> Vec<Party<'t>> {
        let speaker = self.mentions.iter().position(|mention| {
            mention.tokens.start > at
                && mention.standing == Standing_::Side
                && self.cues.is(mention.tokens.end, Role::Say)
        });
        let pair = speaker.and_then(|index| Some((self.mentions.get(index)?, self.mentions.get(index + 1)?)));
        let pair = pair.filter(|(speaker, hearer)| hearer.tokens.start <= self.cues.end_of(speaker.tokens.end) + 1);
        pair.map(|(speaker, hearer)| vec![speaker.party, hearer.party]).unwrap_or_default()
    }

    /// A preposition or conjunction whose clause borrows its subject.
    fn is_open(&self, at: usize) -> bool {
        self.cues.is_any(at, &[Role::Open, Role::After, Role::Ahead, Role::During])
    }

    /// "She will travel to Oslo for talks": whoever is there is the other side.
    fn goal(&self, at: usize, clause: &Clause) -> Vec<Party<'t>> {
        let goal = self.mentions.iter().rfind(|mention| {
            mention.standing == Standing_::Destination
                && mention.tokens.end <= at
                && mention.tokens.start >= clause.left
        });
        let goal = goal.filter(|goal| {
            at - goal.tokens.end <= WITH_TOKENS_MAX
                && (goal.tokens.end..at).any(|index| self.cues.is_word(index, &["for"]))
        });
        goal.map(|goal| goal.party).into_iter().collect()
    }

    /// Whether the word names a contact here, and as what.
    fn head(&self, anchor: &Anchor) -> Option<Head> {
        let at = anchor.tokens.start;
        let is = |role| self.cues.is(at, role);
        let is_noun = is(Role::Noun) || is(Role::Deal);
        if is_noun && !((is(Role::Contact) || is(Role::AgreeAlone)) && self.is_verb(anchor)) {
            return Some(if is(Role::Deal) { Head::Deal } else { Head::Noun });
        }
        if is(Role::AgreeAlone) {
            return Some(Head::Agree);
        }
        is(Role::Contact).then_some(Head::Verb)
    }

    /// "Meeting", "call", "talks": a verb where a side follows at once, or an auxiliary stands before it.
    fn is_verb(&self, anchor: &Anchor) -> bool {
        let at = anchor.tokens.start;
        let Some(before) = self.cues.start_before(at).filter(|_| at > 0) else {
            return self.side_follows(anchor);
        };
        let is_nouned = self.cues.is_any(before, &[Role::Determiner, Role::Transparent, Role::No])
            || self.cues.tokens[before].is_possessive()
            || self.cues.mark(before).is_some() && self.cues.forms(before) == Forms::NONE
            || self.cues.tokens[before].kind == TokenKind::Number
            || self.cues.is_word(before, &["of"]) && !self.side_follows(anchor);
        if is_nouned {
            return false;
        }
        let leads = [
            Role::Will,
            Role::Would,
            Role::Could,
            Role::Be,
            Role::Negation,
            Role::PronounPlural,
            Role::PronounSingular,
        ];
        self.side_follows(anchor)
            || self.cues.is_any(before, &leads)
            || self.cues.is_word(before, &["to"]) && self.cues.forms(at).has(Forms::BASE)
    }

    fn side_follows(&self, anchor: &Anchor) -> bool {
        self.mentions.iter().any(|mention| {
            let start = mention.tokens.start;
            let is_next = start == anchor.tokens.end
                || start == anchor.tokens.end + 1 && self.cues.is(anchor.tokens.end, Role::Determiner);
            is_next && mention.standing == Standing_::Side
        })
    }

    /// "If a deal", "would require an agreement": nothing was agreed.
    fn is_unreal(&self, at: usize, clause: &Clause) -> bool {
        (clause.left.saturating_sub(1)..at).any(|index| self.cues.is(index, Role::Condition))
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
        let left = left.map_or(0, |at| self.cues.end_of(at).min(anchor.tokens.start));
        Clause { left, right: right.unwrap_or(self.cues.tokens.len()) }
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

    /// "Agreed to hold talks": the talks are the contact.
    fn is_followed(&self, anchor: &Anchor, clause: &Clause) -> bool {
        self.cues.anchors.iter().any(|other| {
            other.tokens.start >= anchor.tokens.end
                && other.tokens.start < clause.right.min(anchor.tokens.end + SUPPORT_TOKENS_MAX)
        })
    }
}

pub fn parties_of_all<'t>(mentions: &[&Mention<'t>]) -> Vec<Party<'t>> {
    let mut parties = Vec::new();
    mentions.iter().for_each(|mention| add(&mut parties, &[mention.party]));
    parties
}

pub fn parties_of<'t>(mentions: &[&Mention<'t>]) -> Vec<Party<'t>> {
    let mut parties = Vec::new();
    for mention in mentions.iter().filter(|mention| mention.standing != Standing_::Place) {
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
