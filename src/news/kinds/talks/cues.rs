//! The words of a sentence that tell of contacts, and what each may mean.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::{Form, Outcome, Status};
use crate::news::lexicon::{self, Phrases};
use crate::news::text::Token;

/// What a word may do in a clause about a contact; a word may do several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Noun,
    Deal,
    /// A noun that names a contact only where two sides stand with it.
    Weak,
    Verb,
    Agree,
    /// A verb that needs "with", or both sides before it.
    NeedsWith,
    /// A verb whose object may follow at once.
    Direct,
    /// A verb that tells of a contact only with a person as its object.
    Person,
    Support,
    NoContact,
    Mediate,
    Pair,
    Pronoun,
    Boundary,
    /// Leads a clause that borrows its subject.
    Open,
    Say,
    With,
    Background,
    Next,
    NoPlace,
    /// A noun for what warring sides do, told without them: "the ceasefire".
    Peace,
    /// A verb that tells of a deal as news.
    NewsOfDeal,
    NoTopic,
    /// Stands right before a deal that is not made.
    Unmade,
    /// Makes what follows in the clause a condition or a wish.
    Unreal,
    Host,
    /// Someone goes where the contact is.
    Motion,
    /// Makes a contact another one of the same sides.
    Round,
    /// The sides are not in one place: "virtual", "by video link".
    Remote,
    /// Ends what a contact is about.
    TopicEnd,
    /// Someone speaks to someone: "told", "thanked".
    Address,
    /// What is met without meeting anyone: "conditions".
    Demand,
}

/// Everything the vocabulary says of a word or phrase.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    roles: u32,
    form: Option<Form>,
    status: Option<Status>,
    outcome: Option<Outcome>,
}

impl Word {
    fn is(self, role: Role) -> bool {
        self.roles & (1 << role as u32) != 0
    }

    fn is_contact(self) -> bool {
        [Role::Noun, Role::Deal, Role::Verb, Role::Agree, Role::NoContact].iter().any(|role| self.is(*role))
    }
}

static SOURCE: &str = include_str!("../../../../config/lexicon/talks.txt");

static WORDS: LazyLock<Phrases<Word>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Word> = HashMap::new();
    for entry in lexicon::entries(SOURCE) {
        let word = words.entry(entry.phrase).or_default();
        if let Some(role) = role(entry.section) {
            word.roles |= 1 << role as u32;
        }
        word.form = word.form.or(form(entry.value));
        word.status = stronger(word.status, status(entry.section));
        word.outcome = word.outcome.or(outcome(entry.section));
    }
    Phrases::new(words)
});

static VENUES: LazyLock<Phrases<&'static str>> = LazyLock::new(|| {
    Phrases::new(
        lexicon::entries(SOURCE).filter(|entry| entry.section == "venue").map(|entry| (entry.phrase, entry.value)),
    )
});

/// A word or phrase that may name a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Indexes into the sentence's tokens.
    pub tokens: Range<usize>,
    pub form: Option<Form>,
}

/// A word or phrase that says how a contact stands, or what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cue<T> {
    pub at: usize,
    pub value: T,
}

/// What the words of one sentence may mean. All indexes count from the sentence's first token.
#[derive(Debug, Default)]
pub struct Cues<'s, 't> {
    pub tokens: &'s [Token<'t>],
    roles: Vec<u32>,
    pub anchors: Vec<Anchor>,
    pub statuses: Vec<Cue<Status>>,
    pub outcomes: Vec<Cue<Outcome>>,
    pub venues: Vec<Cue<&'static str>>,
}

impl<'s, 't> Cues<'s, 't> {
    pub fn read(tokens: &'s [Token<'t>]) -> Self {
        let mut cues = Self {
            tokens,
            roles: vec![0; tokens.len()],
            anchors: Vec::new(),
            statuses: Vec::new(),
            outcomes: Vec::new(),
            venues: Vec::new(),
        };
        let (mut contact_end, mut status_end, mut outcome_end) = (0, 0, 0);
        for at in 0..tokens.len() {
            let rest = &tokens[at..];
            for (len, word) in WORDS.all_at(rest) {
                if len > 1 && rest[0].is("in") && word.is(Role::Verb) && !is_engaged(tokens, at) {
                    // "Progress in talks with": the noun.
                    continue;
                }
                cues.roles[at] |= word.roles & !(1 << Role::NoContact as u32);
                if word.is_contact() && at >= contact_end {
                    contact_end = at + len;
                    if !word.is(Role::NoContact) {
                        cues.anchors.push(Anchor { tokens: at..at + len, form: word.form });
                    }
                }
                if let Some(value) = word.status.filter(|_| at >= status_end) {
                    status_end = at + len;
                    cues.statuses.push(Cue { at, value });
                }
                if let Some(value) = word.outcome.filter(|_| at >= outcome_end) {
                    outcome_end = at + len;
                    cues.outcomes.push(Cue { at, value });
                }
            }
            if let Some((_, city)) = VENUES.longest_at(rest) {
                cues.venues.push(Cue { at, value: *city });
            }
        }
        cues
    }

    pub fn is(&self, at: usize, role: Role) -> bool {
        self.roles.get(at).is_some_and(|roles| roles & (1 << role as u32) != 0)
    }

    pub fn text(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    pub fn is_word(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.text(at).eq_ignore_ascii_case(word))
    }
}

/// "\[is\] in talks", "\[locked\] in talks"
fn is_engaged(tokens: &[Token], at: usize) -> bool {
    const BE: [&str; 18] = [
        "is", "are", "was", "were", "be", "been", "being", "'s", "'re", "'m", "locked", "engaged", "involved",
        "remain", "remained", "remains", "am", "keep",
    ];
    let before = tokens[..at].iter().rev().find(|token| {
        !token.text.ends_with("ly") && !["still", "now", "also", "already", "not"].iter().any(|word| token.is(word))
    });
    before.is_some_and(|token| {
        BE.iter().any(|word| token.is(word) || token.text.ends_with(word) && word.starts_with('\''))
    })
}

/// Whether a token can be part of a contact at all: a quick look before a sentence is read.
pub fn may_tell(tokens: &[Token]) -> bool {
    (0..tokens.len()).any(|at| WORDS.all_at(&tokens[at..]).any(|(_, word)| word.is_contact()))
}

/// Of two meanings of a word the one that says more.
fn stronger(one: Option<Status>, other: Option<Status>) -> Option<Status> {
    const ORDER: [Status; 8] = [
        Status::Rejected,
        Status::Cancelled,
        Status::Postponed,
        Status::Stalled,
        Status::Scheduled,
        Status::Proposed,
        Status::UnderWay,
        Status::Concluded,
    ];
    ORDER.into_iter().find(|status| one == Some(*status) || other == Some(*status))
}

fn role(section: &str) -> Option<Role> {
    Some(match section {
        "noun" => Role::Noun,
        "deal" => Role::Deal,
        "weak" => Role::Weak,
        "verb" => Role::Verb,
        "agree" => Role::Agree,
        "needs with" => Role::NeedsWith,
        "direct" => Role::Direct,
        "person" => Role::Person,
        "support" => Role::Support,
        "no contact" => Role::NoContact,
        "mediate" => Role::Mediate,
        "pair" => Role::Pair,
        "pronoun" => Role::Pronoun,
        "boundary" => Role::Boundary,
        "open" => Role::Open,
        "say" => Role::Say,
        "with" => Role::With,
        "background" => Role::Background,
        "next" => Role::Next,
        "no place" => Role::NoPlace,
        "peace" => Role::Peace,
        "news of deal" => Role::NewsOfDeal,
        "no topic" => Role::NoTopic,
        "unmade" => Role::Unmade,
        "unreal" => Role::Unreal,
        "host" => Role::Host,
        "motion" => Role::Motion,
        "round" => Role::Round,
        "remote" => Role::Remote,
        "topic end" => Role::TopicEnd,
        "address" => Role::Address,
        "demand" => Role::Demand,
        _ => return None,
    })
}

fn form(value: &str) -> Option<Form> {
    Some(match value {
        "talks" => Form::Talks,
        "meeting" => Form::Meeting,
        "summit" => Form::Summit,
        "call" => Form::Call,
        "contacts" => Form::Contacts,
        _ => return None,
    })
}

fn status(section: &str) -> Option<Status> {
    Some(match section {
        "proposed" => Status::Proposed,
        "scheduled" => Status::Scheduled,
        "under way" => Status::UnderWay,
        "concluded" => Status::Concluded,
        "postponed" => Status::Postponed,
        "cancelled" => Status::Cancelled,
        "rejected" => Status::Rejected,
        "stalled" => Status::Stalled,
        _ => return None,
    })
}

fn outcome(section: &str) -> Option<Outcome> {
    Some(match section {
        "agreement" => Outcome::Agreement,
        "partial" => Outcome::Partial,
        "continue" => Outcome::Continue,
        "no agreement" => Outcome::NoAgreement,
        "collapsed" => Outcome::Collapsed,
        "undisclosed" => Outcome::Undisclosed,
        _ => return None,
    })
}
