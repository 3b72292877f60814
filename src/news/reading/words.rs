//! What each word may mean, from the vocabulary files, in one look-up a token.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use crate::news::kinds::munitions::{MunitionAction, MunitionType};
use crate::news::kinds::toll::{Event, Group, Measure};
use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Sentence, Text, TokenKind};

/// How a word of harm stands to the harmed. The comments show the harmed in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// "killed \[12\]", "\[12\] were killed", "\[12\] killed in"
    Past,
    /// "air strikes kill \[12\]"
    Base,
    /// "killing \[12\]"
    Ing,
    /// "\[12\] died"
    Intransitive,
    /// "\[12\] dead", "left \[12\] homeless"
    State,
    /// "\[12\] deaths"
    CountedNoun,
    /// "the killing of \[12\]"
    NounOf,
    /// "the death toll rose to \[12\]"
    Toll,
    /// "the army lost \[12\]"
    Lose,
    /// "\[12\] were among the dead"
    Among,
    /// "took \[20 hostages\]"
    Take,
    /// "\[12\] suffered burns"
    Suffer,
    /// "burns", behind a verb of bearing
    InjuryNoun,
    /// "in exchange for \[250 prisoners\]"
    ExchangeFor,
    /// "handed over \[20 hostages\]"
    Return,
    /// "forced \[300 families\] to flee"
    Force,
    /// "eliminated \[12 militants\]"
    Eliminate,
}

const FORMS: usize = 17;

/// What a word does in a clause; a word may do several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Be,
    Have,
    Modal,
    Negation,
    /// "no one", "none", "no": the count is nought.
    Nobody,
    Determiner,
    /// "a", "an"
    Indefinite,
    /// "another", "others", "more"
    Another,
    Preposition,
    And,
    Or,
    Relative,
    Subordinator,
    Including,
    Most,
    Leave,
    Rose,
    Fell,
    /// Leads to a running figure: "stands at", "reached", "to".
    Hold,
    /// What follows is meant, tried, feared or asked for, and may not have happened.
    Intention,
    Say,
    /// "reported", "believed": what is said to have happened.
    SaidOf,
    According,
    Pronoun,
    /// Someone who is quoted: "police", "ministry".
    Claimant,
    Title,
    /// "the monitor", "the group": a named body of watchers, called by its kind.
    Watcher,
    /// A counted noun that is no person.
    Thing,
    /// "Monday", "overnight"
    Time,
    /// A happening that the word alone does not tell: "attack", "fire", "explosion".
    General,
    /// The figure runs over a whole war, campaign or year: "since the war began".
    Campaign,
    /// The figure runs over some days: "in the past 24 hours".
    Period,
    /// Words of harm that leave no doubt, so that an unknown noun beside them names people.
    PlainHarm,
    /// Verbs that give a figure: "confirmed 22", "spoke of 30".
    Reckon,
    /// "figure", "count", "toll"
    Figure,
    /// "earlier", "initial", before a figure that another has replaced.
    Earlier,
    Deny,
    /// "he", "him": one person told of before.
    Person,
    /// "truce", "ceasefire"
    Truce,
    /// Courts, memorials, anniversaries: what they tell of is past.
    Retrospect,
    /// The article speaks of its own earlier text.
    Amended,
    /// Words of books, films and plays.
    Fiction,
}

/// One or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    One,
    Many,
}

/// Everything the vocabulary files say of a word or phrase.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    harm: [Option<Measure>; FORMS],
    roles: u64,
    pub person: Option<(Group, Number)>,
    /// The group that a word gives to the people of the noun it stands before.
    pub modifier: Option<Group>,
    pub event: Option<Event>,
    pub weapon: Option<MunitionType>,
    pub action: Option<MunitionAction>,
}

impl Word {
    /// A word that no file lists.
    pub const UNKNOWN: Word =
        Word { harm: [None; FORMS], roles: 0, person: None, modifier: None, event: None, weapon: None, action: None };

    /// The measure of the word in this form, if it has the form.
    pub fn harm(&self, form: Form) -> Option<Measure> {
        self.harm[form as usize]
    }

    /// Whether the word tells of harm by itself.
    pub fn is_harm(&self) -> bool {
        self.harm[..Form::Take as usize].iter().any(Option::is_some)
    }

    /// Whether the word tells of harm, by itself or with others.
    pub fn may_harm(&self) -> bool {
        self.harm.iter().any(Option::is_some)
    }

    /// Whether a sentence with the word is worth reading.
    pub fn is_telling(&self) -> bool {
        let with_others = [Form::InjuryNoun, Form::ExchangeFor, Form::Take, Form::Return, Form::Eliminate]
            .iter()
            .any(|form| self.harm(*form).is_some());
        self.is_harm() || self.weapon.is_some() || with_others
    }

    /// Whether the word can be a finite verb or participle of harm.
    pub fn is_harm_verb(&self) -> bool {
        [Form::Past, Form::Base, Form::Ing, Form::Intransitive].iter().any(|form| self.harm(*form).is_some())
    }

    pub fn is(&self, role: Role) -> bool {
        self.roles & (1 << role as u64) != 0
    }

    pub fn is_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.is(*role))
    }

    fn is_listed(&self) -> bool {
        self.is_known() || self.weapon.is_some() || self.action.is_some()
    }

    /// Whether some file lists the word, other than for weapons.
    pub fn is_known(&self) -> bool {
        self.roles != 0 || self.may_harm() || self.person.is_some() || self.modifier.is_some() || self.event.is_some()
    }
}

/// All vocabulary of the reading, phrases included.
pub static WORDS: LazyLock<Phrases<Word>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Word> = HashMap::new();
    for (file, source) in FILES {
        for entry in lexicon::entries(source) {
            add(words.entry(entry.phrase).or_insert(Word::UNKNOWN), file, &entry);
        }
    }
    Phrases::new(words)
});

/// What the vocabulary says of each token of a text, looked up once.
#[derive(Debug)]
pub struct Tags {
    /// By token: the longest phrase that starts there, as its number of tokens and its meaning.
    phrases: Vec<(u8, &'static Word)>,
}

impl Tags {
    pub fn read(text: &Text) -> Self {
        let mut phrases: Vec<(u8, &'static Word)> = vec![(1, &Word::UNKNOWN); text.tokens.len()];
        for sentence in &text.sentences {
            let tokens = &text.tokens[..sentence.tokens.end];
            for at in sentence.tokens.clone().filter(|at| tokens[*at].kind != TokenKind::Mark) {
                if let Some((len, word)) = WORDS.longest_at(&tokens[at..]) {
                    phrases[at] = (u8::try_from(len).unwrap_or(1), word);
                }
            }
        }
        Self { phrases }
    }

    /// The longest phrase that starts at a token, as its number of tokens and its meaning.
    pub fn at(&self, token: usize) -> (usize, &'static Word) {
        self.phrases.get(token).map_or((1, &Word::UNKNOWN), |(len, word)| (usize::from(*len), word))
    }

    /// The words of a sentence that some vocabulary knows.
    pub fn words(&self, sentence: &Sentence) -> impl Iterator<Item = &'static Word> + '_ {
        let phrases = self.phrases.get(sentence.tokens.clone()).unwrap_or_default();
        phrases.iter().map(|(_, word)| *word).filter(|word| word.is_listed())
    }

    /// The sentences that are worth reading: those that tell of harm or of weapons, and those right behind that give their parts
    /// ("They included 46 fighters", "Three of the victims were children").
    pub fn telling(&self, text: &Text) -> Vec<usize> {
        let mut telling: Vec<usize> = Vec::new();
        for (index, sentence) in text.sentences.iter().enumerate() {
            let goes_on = |last: usize| last + 1 == index && self.gives_parts(text, sentence);
            if self.words(sentence).any(Word::is_telling) || telling.last().is_some_and(|last| goes_on(*last)) {
                telling.push(index);
            }
        }
        telling
    }

    fn gives_parts(&self, text: &Text, sentence: &Sentence) -> bool {
        let has_victims = || text.tokens_of(sentence).iter().any(|token| PART_WORDS.iter().any(|word| token.is(word)));
        self.words(sentence).any(|word| word.is(Role::Including)) || has_victims()
    }
}

/// Who is told of in the sentence before, where a sentence gives its parts.
const PART_WORDS: [&str; 3] = ["victims", "them", "whom"];

const FILES: [(File, &str); 7] = [
    (File::Harm, include_str!("../../../config/lexicon/harm.txt")),
    (File::People, include_str!("../../../config/lexicon/people.txt")),
    (File::Event, include_str!("../../../config/lexicon/event.txt")),
    (File::Weapon, include_str!("../../../config/lexicon/weapon.txt")),
    (File::Role, include_str!("../../../config/lexicon/grammar.txt")),
    (File::Role, include_str!("../../../config/lexicon/report.txt")),
    (File::Role, include_str!("../../../config/lexicon/scope.txt")),
];

#[derive(Clone, Copy)]
enum File {
    Harm,
    People,
    Event,
    Weapon,
    Role,
}

fn add(word: &mut Word, file: File, entry: &lexicon::Entry) {
    match file {
        File::Harm => {
            if let (Some(form), Some(measure)) = (form(entry.section), named(entry.value)) {
                word.harm[form as usize] = Some(measure);
            }
        }
        File::People => add_person(word, entry.section),
        File::Event => word.event = named(entry.section),
        File::Weapon => match named(entry.section) {
            Some(action) => word.action = Some(action),
            None => word.weapon = named(entry.section),
        },
        File::Role => {
            let role = match entry.value {
                "fell" => Some(Role::Fell),
                _ => role(entry.section),
            };
            word.roles |= role.map_or(0, |role| 1 << role as u64);
        }
    }
}

fn add_person(word: &mut Word, section: &str) {
    match section.split_once(' ') {
        Some(("modifier", group)) => word.modifier = named(group),
        Some((group, "one")) => word.person = named(group).map(|group| (group, Number::One)),
        Some((group, _)) => word.person = named(group).map(|group| (group, Number::Many)),
        None => {
            let role = if section == "title" { Role::Title } else { Role::Thing };
            word.roles |= 1 << role as u64;
        }
    }
}

/// The value of an enum by its name in JSON, so that files and output use the same words.
fn named<'a, T: Deserialize<'a>>(name: &'a str) -> Option<T> {
    let name: StrDeserializer<Error> = name.into_deserializer();
    T::deserialize(name).ok()
}

fn form(section: &str) -> Option<Form> {
    Some(match section {
        "past" => Form::Past,
        "base" => Form::Base,
        "ing" => Form::Ing,
        "intransitive" => Form::Intransitive,
        "state" => Form::State,
        "counted noun" => Form::CountedNoun,
        "noun of" => Form::NounOf,
        "toll" => Form::Toll,
        "lose" => Form::Lose,
        "among" => Form::Among,
        "take" => Form::Take,
        "suffer" => Form::Suffer,
        "injury noun" => Form::InjuryNoun,
        "exchange for" => Form::ExchangeFor,
        "return" => Form::Return,
        "force" => Form::Force,
        "eliminate" => Form::Eliminate,
        _ => return None,
    })
}

fn role(section: &str) -> Option<Role> {
    Some(match section {
        "be" => Role::Be,
        "have" => Role::Have,
        "modal" => Role::Modal,
        "negation" => Role::Negation,
        "nobody" => Role::Nobody,
        "determiner" => Role::Determiner,
        "indefinite" => Role::Indefinite,
        "another" => Role::Another,
        "preposition" => Role::Preposition,
        "and" => Role::And,
        "or" => Role::Or,
        "relative" => Role::Relative,
        "subordinator" => Role::Subordinator,
        "including" => Role::Including,
        "most" => Role::Most,
        "leave" => Role::Leave,
        "rise" => Role::Rose,
        "hold" => Role::Hold,
        "intention" => Role::Intention,
        "say" => Role::Say,
        "said of" => Role::SaidOf,
        "according" => Role::According,
        "pronoun" => Role::Pronoun,
        "claimant" => Role::Claimant,
        "watcher" => Role::Watcher,
        "time" => Role::Time,
        "general" => Role::General,
        "campaign" => Role::Campaign,
        "period" => Role::Period,
        "plain harm" => Role::PlainHarm,
        "reckon" => Role::Reckon,
        "figure" => Role::Figure,
        "earlier" => Role::Earlier,
        "deny" => Role::Deny,
        "person" => Role::Person,
        "truce" => Role::Truce,
        "retrospect" => Role::Retrospect,
        "amended" => Role::Amended,
        "fiction" => Role::Fiction,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn word(text: &str) -> Word {
        *WORDS.word(text).unwrap()
    }

    #[test]
    fn files_meet_in_one_word() {
        let wounded = word("wounded");
        assert_eq!(wounded.harm(Form::Past), Some(Measure::Injured));
        assert_eq!(wounded.harm(Form::State), Some(Measure::Injured));
        assert_eq!(word("GUNMEN").person, Some((Group::Militants, Number::Many)));
        assert_eq!(word("gunmen").event, Some(Event::Shooting));
        assert_eq!(word("drones").weapon, Some(MunitionType::Drone));
        assert!(word("fell").is(Role::Fell) && word("fell").action == Some(MunitionAction::Hit));
    }

    #[test]
    fn every_section_of_the_files_means_something() {
        for (file, source) in FILES {
            for entry in lexicon::entries(source) {
                let mut word = Word::UNKNOWN;
                add(&mut word, file, &entry);
                assert!(word.is_listed() || entry.section == "no event" || entry.value == "none", "{entry:?}");
            }
        }
    }
}
