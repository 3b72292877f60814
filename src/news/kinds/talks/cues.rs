//! The words of a sentence that tell of contacts, and what each may mean.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::family::{self, Forms};
use super::{Form, Outcome, Status};
use crate::news::lexicon::{self, Phrases};
use crate::news::text::Token;

/// What a word may do in a clause about a contact; a word may do several things. The names are the sections of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Noun,
    Deal,
    /// A noun that names a contact only where two sides stand with it.
    Weak,
    /// A noun for what warring sides do, told without them: "the ceasefire".
    Peace,
    NoContact,
    /// A verb that is a contact.
    Contact,
    /// A verb whose object may follow at once.
    Direct,
    /// A verb that tells of a contact only with a person as its object.
    Person,
    /// A verb that needs "with", or both sides before it.
    With,
    /// A verb that makes a deal of a noun.
    Agree,
    /// A verb that is a deal by itself.
    AgreeAlone,
    TakeHold,
    Break,
    Ask,
    Motion,
    Host,
    Say,
    Transparent,
    After,
    Ahead,
    During,
    Be,
    PastBe,
    Have,
    Do,
    Will,
    Would,
    Could,
    Negation,
    No,
    Determiner,
    Adverb,
    Mediate,
    Pair,
    Boundary,
    /// Leads a clause that borrows its subject.
    Open,
    Relative,
    PronounSingular,
    PronounPlural,
    /// Makes what follows in the clause a condition or a wish.
    Condition,
    NoPlace,
    NoTopic,
    Topic,
    Preposition,
}

/// Everything the vocabulary says of a word or phrase.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    roles: u64,
    form: Option<Form>,
    /// The forms of a verb that the word can be.
    forms: Forms,
    /// What the verb makes of the contact it carries or rules.
    effect: Option<Status>,
    /// What a noun, adjective or adverb tells of the contact it stands with.
    mark: Option<Status>,
}

const EMPTY: Word = Word { roles: 0, form: None, forms: Forms::NONE, effect: None, mark: None };

/// What a phrase tells wherever it stands in the clause.
#[derive(Clone, Copy, Debug, Default)]
struct Signal {
    outcome: Option<Outcome>,
    background: bool,
    next: bool,
    news_of_deal: bool,
    vague: bool,
}

static SOURCE: &str = include_str!("../../../../config/lexicon/talks.txt");

static WORDS: LazyLock<Phrases<Word>> = LazyLock::new(|| {
    let mut words: HashMap<String, Word> = HashMap::new();
    for entry in lexicon::entries(SOURCE) {
        let family = entry.section.strip_prefix("verb ");
        let forms = match family {
            Some(_) => family::forms(entry.phrase),
            None => vec![(entry.phrase.to_owned(), Forms::NONE)],
        };
        for (phrase, forms) in forms {
            let (role, effect, mark) = meaning(entry.section);
            if role.is_none() && effect.is_none() && mark.is_none() {
                continue;
            }
            let word = words.entry(phrase).or_default();
            word.roles |= role.map_or(0, |role| 1 << role as u64);
            word.forms |= forms;
            word.form = word.form.or_else(|| form(entry.value));
            word.effect = harder(word.effect, effect);
            word.mark = harder(word.mark, mark);
        }
    }
    Phrases::new(words.iter().map(|(phrase, word)| (phrase.as_str(), *word)))
});

static SIGNALS: LazyLock<Phrases<Signal>> = LazyLock::new(|| {
    let mut signals: HashMap<&str, Signal> = HashMap::new();
    for entry in lexicon::entries(SOURCE) {
        let signal = signals.entry(entry.phrase).or_default();
        match entry.section {
            "background" => signal.background = true,
            "next" => signal.next = true,
            "news of deal" => signal.news_of_deal = true,
            "vague" => signal.vague = true,
            section => signal.outcome = signal.outcome.or_else(|| outcome(section)),
        }
    }
    signals.retain(|_, it| it.background || it.next || it.news_of_deal || it.vague || it.outcome.is_some());
    Phrases::new(signals)
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

/// A word or phrase and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cue<T> {
    pub at: usize,
    pub value: T,
}

/// What the words of one sentence may mean. All indexes count from the sentence's first token.
#[derive(Debug)]
pub struct Cues<'s, 't> {
    pub tokens: &'s [Token<'t>],
    /// By token: the phrase that starts there, else nothing; and the phrase's length.
    words: Vec<(Word, usize)>,
    pub anchors: Vec<Anchor>,
    pub outcomes: Vec<Cue<Outcome>>,
    pub venues: Vec<Cue<&'static str>>,
    signals: Vec<Signal>,
}

impl<'s, 't> Cues<'s, 't> {
    pub fn read(tokens: &'s [Token<'t>]) -> Self {
        let mut cues = Self {
            tokens,
            words: vec![(EMPTY, 1); tokens.len()],
            anchors: Vec::new(),
            outcomes: Vec::new(),
            venues: Vec::new(),
            signals: vec![Signal::default(); tokens.len()],
        };
        cues.tile();
        let mut outcome_end = 0;
        for at in 0..tokens.len() {
            let rest = &tokens[at..];
            for (len, signal) in SIGNALS.all_at(rest) {
                let known = &mut cues.signals[at];
                known.background |= signal.background;
                known.next |= signal.next;
                known.news_of_deal |= signal.news_of_deal;
                known.vague |= signal.vague;
                if let Some(value) = signal.outcome.filter(|_| at >= outcome_end) {
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

    /// Lays the longest phrases over the sentence from the left.
    fn tile(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let Some((len, word)) = WORDS.longest_at(&self.tokens[at..]) else {
                at += 1;
                continue;
            };
            self.words[at] = (*word, len);
            let is_contact =
                [Role::Noun, Role::Deal, Role::Contact, Role::AgreeAlone].iter().any(|it| word_is(word, *it));
            if is_contact && !word_is(word, Role::NoContact) {
                self.anchors.push(Anchor { tokens: at..at + len, form: word.form });
            }
            at += len;
        }
    }

    pub fn is(&self, at: usize, role: Role) -> bool {
        self.words.get(at).is_some_and(|(word, _)| word_is(word, role))
    }

    pub fn is_any(&self, at: usize, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.is(at, *role))
    }

    /// The token behind the phrase that starts at `at`.
    pub fn end_of(&self, at: usize) -> usize {
        at + self.words.get(at).map_or(1, |(_, len)| *len)
    }

    /// The start of the phrase that ends right before `end`: of a phrase of several words its first.
    pub fn start_before(&self, end: usize) -> Option<usize> {
        let last = end.checked_sub(1)?;
        (last.saturating_sub(5)..last).find(|at| self.end_of(*at) == end).or(Some(last))
    }

    /// The forms of a verb that the phrase can be; a word of no list with a verb's ending may be one.
    pub fn forms(&self, at: usize) -> Forms {
        match self.words.get(at) {
            Some((word, _)) if word.forms != Forms::NONE => word.forms,
            Some((word, _)) if word.roles == 0 && word.mark.is_none() => family::guess(self.text(at)),
            _ => Forms::NONE,
        }
    }

    /// Whether no list of the file has the word.
    pub fn is_unlisted(&self, at: usize) -> bool {
        self.words.get(at).is_none_or(|(word, _)| word.roles == 0 && word.mark.is_none() && word.effect.is_none())
    }

    pub fn effect(&self, at: usize) -> Option<Status> {
        self.words.get(at).and_then(|(word, _)| word.effect)
    }

    pub fn mark(&self, at: usize) -> Option<Status> {
        self.words.get(at).and_then(|(word, _)| word.mark)
    }

    pub fn is_background(&self, at: usize) -> bool {
        self.signals.get(at).is_some_and(|signal| signal.background)
    }

    pub fn is_next(&self, at: usize) -> bool {
        self.signals.get(at).is_some_and(|signal| signal.next)
    }

    pub fn is_news_of_deal(&self, at: usize) -> bool {
        self.signals.get(at).is_some_and(|signal| signal.news_of_deal)
    }

    pub fn is_vague(&self, at: usize) -> bool {
        self.signals.get(at).is_some_and(|signal| signal.vague)
    }

    pub fn text(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    pub fn is_word(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.text(at).eq_ignore_ascii_case(word))
    }
}

fn word_is(word: &Word, role: Role) -> bool {
    word.roles & (1 << role as u64) != 0
}

/// Whether a token can be part of a contact at all: a quick look before a sentence is read.
pub fn may_tell(tokens: &[Token]) -> bool {
    let roles = [Role::Noun, Role::Deal, Role::Contact, Role::AgreeAlone];
    (0..tokens.len()).any(|at| {
        WORDS.longest_at(&tokens[at..]).is_some_and(|(_, word)| roles.iter().any(|role| word_is(word, *role)))
    })
}

/// Of two meanings of a word the one that says more.
fn harder(one: Option<Status>, other: Option<Status>) -> Option<Status> {
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

/// What a section of the file says of its words: a role, a verb's effect, a mark.
fn meaning(section: &str) -> (Option<Role>, Option<Status>, Option<Status>) {
    let effect = section.strip_prefix("verb ").and_then(status);
    let mark = section.strip_prefix("mark ").and_then(status);
    (role(section), effect, mark)
}

fn role(section: &str) -> Option<Role> {
    Some(match section {
        "noun" => Role::Noun,
        "deal" => Role::Deal,
        "weak" => Role::Weak,
        "peace" => Role::Peace,
        "no contact" => Role::NoContact,
        "verb contact" => Role::Contact,
        "verb direct" => Role::Direct,
        "verb person" => Role::Person,
        "verb with" => Role::With,
        "verb agree" => Role::Agree,
        "verb agree alone" => Role::AgreeAlone,
        "verb take hold" => Role::TakeHold,
        "verb break" => Role::Break,
        "verb ask" => Role::Ask,
        "verb motion" => Role::Motion,
        "verb host" => Role::Host,
        "verb say" | "say" => Role::Say,
        "transparent" => Role::Transparent,
        "after" => Role::After,
        "ahead" => Role::Ahead,
        "during" => Role::During,
        "be" => Role::Be,
        "past be" => Role::PastBe,
        "have" => Role::Have,
        "do" => Role::Do,
        "will" => Role::Will,
        "would" => Role::Would,
        "could" => Role::Could,
        "negation" => Role::Negation,
        "no" => Role::No,
        "determiner" => Role::Determiner,
        "adverb" => Role::Adverb,
        "mediate" => Role::Mediate,
        "pair" => Role::Pair,
        "boundary" => Role::Boundary,
        "open" => Role::Open,
        "relative" => Role::Relative,
        "pronoun singular" => Role::PronounSingular,
        "pronoun plural" => Role::PronounPlural,
        "condition" => Role::Condition,
        "no place" => Role::NoPlace,
        "no topic" => Role::NoTopic,
        "topic" => Role::Topic,
        "preposition" => Role::Preposition,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_the_file_means_something() {
        const SIGNALS: [&str; 5] = ["background", "next", "news of deal", "vague", "venue"];
        for entry in lexicon::entries(SOURCE) {
            let section = entry.section;
            let (role, effect, mark) = meaning(section);
            let is_known = role.is_some() || effect.is_some() || mark.is_some() || outcome(section).is_some();
            assert!(is_known || SIGNALS.contains(&section), "{entry:?}");
        }
    }
}
