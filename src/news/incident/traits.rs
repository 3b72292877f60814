//! What tells two happenings apart that share place and day: weapon or vehicle, time of day, whose doing, and the
//! article's own word that this is another one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Text, Token};
use crate::news::value::party::{self, Party};
use crate::news::value::place;

static SOURCE: &str = include_str!("../../../config/lexicon/incident.txt");
static WORDS: LazyLock<Phrases<Trait>> = LazyLock::new(|| {
    Phrases::new(lexicon::entries(SOURCE).filter_map(|entry| Some((entry.phrase, Trait::of(entry.section)?))))
});

/// With what harm was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    Drone,
    Missile,
    Artillery,
    Bomb,
    Vehicle,
    Train,
    Aircraft,
    Vessel,
    Blast,
    Gas,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartOfDay {
    Morning,
    Midday,
    Evening,
    Night,
}

#[derive(Clone, Copy, Debug)]
enum Trait {
    Means(Means),
    When(PartOfDay),
    /// Whose doing, where it is no country's.
    Side(Party<'static>),
    /// An attack, by whatever means.
    Force,
    Quarter,
    Apart,
    Lasting,
}

const REBELS: Party<'static> = "rebels";
/// One's own government, which articles on its wars do not call by the country's name.
const STATE: Party<'static> = "the state";

impl Trait {
    fn of(section: &str) -> Option<Self> {
        Some(match section {
            "drone" => Self::Means(Means::Drone),
            "missile" => Self::Means(Means::Missile),
            "artillery" => Self::Means(Means::Artillery),
            "bomb" => Self::Means(Means::Bomb),
            "vehicle" => Self::Means(Means::Vehicle),
            "train" => Self::Means(Means::Train),
            "aircraft" => Self::Means(Means::Aircraft),
            "vessel" => Self::Means(Means::Vessel),
            "blast" => Self::Means(Means::Blast),
            "gas" => Self::Means(Means::Gas),
            "morning" => Self::When(PartOfDay::Morning),
            "midday" => Self::When(PartOfDay::Midday),
            "evening" => Self::When(PartOfDay::Evening),
            "night" => Self::When(PartOfDay::Night),
            "apart" => Self::Apart,
            "lasting" => Self::Lasting,
            "rebels" => Self::Side(REBELS),
            "state" => Self::Side(STATE),
            "force" => Self::Force,
            "quarter" => Self::Quarter,
            _ => return None,
        })
    }
}

/// What a text says of a happening beside place and day. Empty sets mean: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Traits {
    pub means: BTreeSet<Means>,
    pub when: BTreeSet<PartOfDay>,
    /// Whose doing: "Russian drones" → Russia.
    pub actors: BTreeSet<Party<'static>>,
    /// Parts of a town, by the consonants of their names, which are spelled in many ways.
    pub quarters: BTreeSet<String>,
}

/// A word for the means stands at most so many tokens behind the adjective that says whose it is: "Russian overnight
/// combined drone attack".
const ACTOR_TOKENS_MAX: usize = 3;
/// A word for an attack in general stands closer: "regime air raids", not "Ukrainian capital under attack".
const FORCE_TOKENS_MAX: usize = 2;

/// Words between an adjective and the means that part them: "Ukrainian capital with missiles".
const PARTING: [&str; 14] =
    ["with", "in", "on", "of", "to", "from", "against", "near", "at", "by", "for", "says", "said", "after"];

impl Traits {
    /// The traits that a text names, and whether it says that it turns to another happening.
    pub fn read(text: &str) -> (Self, bool) {
        let text = Text::read(text);
        let (mut traits, mut apart) = (Self::default(), false);
        let (mut actor, mut by): (Option<(Party, usize)>, Option<usize>) = (None, None);
        let mut at = 0;
        while at < text.tokens.len() {
            let token = &text.tokens[at];
            let Some((len, found)) = WORDS.longest_at(&text.tokens[at..]) else {
                if PARTING.iter().any(|word| token.is(word)) {
                    actor = None;
                    by = token.is("by").then_some(at).or(by);
                }
                // A country's own name tells where, its adjective whose.
                if token.is_capitalised()
                    && let Some(party) = party::named(token.base()).filter(|party| *party != token.base())
                {
                    actor = Some((party, at));
                }
                at += 1;
                continue;
            };
            match found {
                Trait::Means(means) => {
                    traits.means.insert(*means);
                    let close = actor.filter(|(_, place)| at - place <= ACTOR_TOKENS_MAX);
                    traits.actors.extend(close.map(|(party, _)| party));
                }
                Trait::When(part) => {
                    traits.when.insert(*part);
                }
                Trait::Side(side) => {
                    actor = Some((*side, at));
                    // "A rocket fired by terrorists"
                    traits.actors.extend(by.filter(|by| at - by <= FORCE_TOKENS_MAX).map(|_| *side));
                }
                Trait::Force => {
                    let close = actor.filter(|(_, place)| at - place <= FORCE_TOKENS_MAX);
                    traits.actors.extend(close.map(|(party, _)| party));
                }
                Trait::Quarter => {
                    traits.quarters.extend(at.checked_sub(1).and_then(|before| quarter(&text.tokens[before])));
                }
                Trait::Apart => apart = true,
                Trait::Lasting => {}
            }
            at += len;
        }
        (traits, apart)
    }

    /// Whether both say something of the same matter, and nothing that fits.
    pub fn conflicts(&self, other: &Self) -> bool {
        is_apart(&self.means, &other.means)
            || self.is_of_others(other)
            || is_apart(&self.quarters, &other.quarters)
            || is_apart(&self.when, &other.when)
                // A night begins in the evening before and ends in the morning after.
                && !self.when.contains(&PartOfDay::Night)
                && !other.when.contains(&PartOfDay::Night)
    }

    /// Whether other doers are named. A state may be called so or by its country's name.
    pub fn is_of_others(&self, other: &Self) -> bool {
        let may_be_state = |one: &Self, other: &Self| one.actors.contains(STATE) && !other.actors.contains(REBELS);
        is_apart(&self.actors, &other.actors) && !may_be_state(self, other) && !may_be_state(other, self)
    }

    /// Whether both name one means, and one time of day or quarter: as good as an agreeing figure.
    pub fn agree(&self, other: &Self) -> bool {
        !self.means.is_disjoint(&other.means)
            && (!self.when.is_disjoint(&other.when) || !self.quarters.is_disjoint(&other.quarters))
    }

    /// What both say together.
    pub fn add(&mut self, other: &Self) {
        self.means.extend(&other.means);
        self.when.extend(&other.when);
        self.actors.extend(&other.actors);
        self.quarters.extend(other.quarters.iter().cloned());
    }

    pub fn is_empty(&self) -> bool {
        self.means.is_empty() && self.when.is_empty() && self.actors.is_empty() && self.quarters.is_empty()
    }
}

/// "still missing": it was so before the day that the text gives.
pub fn is_lasting(text: &str) -> bool {
    let text = Text::read(text);
    (0..text.tokens.len()).any(|at| matches!(WORDS.longest_at(&text.tokens[at..]), Some((_, Trait::Lasting))))
}

/// The name before "neighbourhood", by its consonants: "Maqsoud" and "Maqsood" are one.
fn quarter(token: &Token) -> Option<String> {
    let name = token.base().trim_start_matches("al-").trim_start_matches("Al-");
    let is_name = name.starts_with(char::is_uppercase);
    let consonants = place::fold(name).chars().filter(|char| !"aeiouyw -'".contains(*char)).collect();
    is_name.then_some(consonants).filter(|name: &String| !name.is_empty())
}

fn is_apart<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> bool {
    !one.is_empty() && !other.is_empty() && one.is_disjoint(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_tells_means_time_and_whose_doing() {
        let (traits, apart) = Traits::read("A Russian ballistic missile strike killed six in the morning.");
        assert!(traits.means.contains(&Means::Missile) && traits.when.contains(&PartOfDay::Morning));
        assert!(traits.actors.contains("Russia") && !apart);
        let (other, apart) = Traits::read("A second strike, by a drone, killed two in the evening.");
        assert!(apart && traits.conflicts(&other));
        assert!(!traits.conflicts(&Traits::default()));
    }
}
