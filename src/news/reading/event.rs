//! What kind of happening a clause tells of: by its own words, else by the sentences before, else by the article's subject.

use super::pieces::Pieces;
use super::time::Time;
use super::units::Units;
use super::words::{Role, Word};
use crate::news::kinds::toll::{Event, Scope};

/// A happening is carried on from this many sentences before.
const CARRIED_SENTENCES_MAX: usize = 4;
/// A telling word further away, in units, belongs to another clause where a general one is nearer.
const TELLING_UNITS_MAX: usize = 30;

/// What an article is about.
#[derive(Debug)]
pub struct Subject {
    /// By sentence: the first happening it names in a telling word.
    telling: Vec<Option<Event>>,
    titled: Option<Event>,
    /// The happenings of its telling words, and those of its general ones.
    tally: Tally,
    general: Tally,
}

impl Subject {
    pub fn of(pieces: &Pieces) -> Self {
        let Pieces { text, tags, title, title_tags, .. } = pieces;
        let mut telling = Tally::default();
        let mut general = Tally::default();
        let by_sentence = text.sentences.iter().map(|sentence| {
            let mut first = None;
            for word in tags.words(sentence) {
                let Some(event) = word.event else { continue };
                if is_telling(word) {
                    if is_carried(&event) {
                        telling.add(event);
                    }
                    first = first.or(Some(event));
                } else {
                    general.add(event);
                }
            }
            first
        });
        let by_sentence = by_sentence.collect();
        let titled = title
            .sentences
            .iter()
            .flat_map(|sentence| title_tags.words(sentence))
            .filter(|word| is_telling(word))
            .find_map(|word| word.event);
        Self { telling: by_sentence, titled, tally: telling, general }
    }

    /// The article tells of violence, so that what explodes there was made to.
    fn is_violent(&self) -> bool {
        let violent = [Event::Clash, Event::Shooting, Event::Attack, Event::Unrest];
        self.tally.most(|_| true).is_some_and(|event| violent.contains(&event))
    }

    /// The happening of the predicate at unit `at` of a sentence.
    pub fn event(&self, units: &Units, sentence: usize, at: usize, time: Time) -> Event {
        // "The war that began with protests"
        let is_war = units.units.iter().any(|unit| unit.word.event == Some(Event::War));
        // "Since the clashes began on Monday" is that happening; a war is background.
        let is_told = !is_war && time.current != Some(false) && near(units, at, is_telling).is_some();
        if time.scope == Scope::Campaign && !is_told {
            return near(units, at, is_telling)
                .filter(|event| !matches!(event, Event::Clash | Event::Attack | Event::Shooting | Event::Bombing))
                .filter(|event| !(is_war && *event == Event::Unrest))
                .or_else(|| {
                    self.tally.most(|_| true).filter(|event| matches!(event, Event::Disaster | Event::Accident))
                })
                .unwrap_or(Event::War);
        }
        let is_history = time.current == Some(false);
        let first = sentence.saturating_sub(CARRIED_SENTENCES_MAX);
        // "The explosion killed two" tells of no clash, whatever stands before.
        let named = near(units, at, is_named);
        let fits = |event: &Event| named.is_none_or(|named| may_be(named, *event));
        let carried =
            || (first..sentence).rev().find_map(|index| self.telling[index].filter(|it| is_carried(it) && fits(it)));
        // "A car caught fire following a drone strike", "the quake made houses collapse": what did it.
        let cause = |event: Event| near(units, at, is_cause).filter(|_| event == Event::Accident).unwrap_or(event);
        near(units, at, is_telling)
            .map(cause)
            .or_else(|| named.filter(|_| is_history))
            .or_else(|| Some(Event::War).filter(|_| is_war && named.is_none()))
            .or_else(carried)
            .or(self.titled.filter(fits))
            .or_else(|| self.tally.most(fits))
            .or_else(|| {
                named.map(|named| {
                    if named == Event::Accident && self.is_violent() && explodes(units) {
                        Event::Bombing
                    } else {
                        named
                    }
                })
            })
            .or_else(|| self.general.most(|_| true).filter(|event| *event != Event::War))
            .unwrap_or_default()
    }
}

/// What harms goes on over sentences; an exchange or unrest beside it is another matter.
fn is_carried(event: &Event) -> bool {
    !matches!(event, Event::Exchange | Event::Unrest | Event::War | Event::Disease)
}

/// Whether what a general word names ("attack", "explosion") may be told more closely as `event`.
fn may_be(named: Event, event: Event) -> bool {
    match named {
        Event::Accident => !matches!(event, Event::Clash | Event::Shooting | Event::Disease | Event::Exchange),
        Event::Attack => !matches!(event, Event::Accident | Event::Disaster | Event::Disease | Event::Exchange),
        Event::Shooting => matches!(event, Event::Shooting | Event::Attack | Event::Clash | Event::Unrest | Event::War),
        Event::Strike => matches!(event, Event::Strike | Event::Clash | Event::War),
        _ => true,
    }
}

/// The nearest happening of the sentence that a word names, if the word fits.
fn near(units: &Units, at: usize, fits: fn(&Word) -> bool) -> Option<Event> {
    let named = units.units.iter().enumerate().filter(|(_, unit)| fits(unit.word));
    let named = named.filter_map(|(index, unit)| Some((index.abs_diff(at), unit.word.event?)));
    named
        .filter(|(distance, _)| *distance <= TELLING_UNITS_MAX)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, event)| event)
}

/// Words such as "attack", "fire" or "war" fit many happenings: others tell more.
fn is_telling(word: &Word) -> bool {
    word.event.is_some_and(|event| event != Event::War) && !word.is(Role::General)
}

fn explodes(units: &Units) -> bool {
    units.units.iter().any(|unit| unit.is_any_text(&["explosion", "explosions", "blast", "blasts", "exploded"]))
}

/// What makes things burn, sink or collapse.
fn is_cause(word: &Word) -> bool {
    matches!(word.event, Some(Event::Strike | Event::Bombing | Event::Disaster)) && !word.is(Role::General)
}

fn is_named(word: &Word) -> bool {
    word.event.is_some_and(|event| event != Event::War)
}

/// The most frequent happening of many words, the first of equals.
#[derive(Debug, Default)]
struct Tally {
    counts: Vec<(Event, usize)>,
}

impl Tally {
    fn add(&mut self, event: Event) {
        match self.counts.iter_mut().find(|(known, _)| *known == event) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((event, 1)),
        }
    }

    fn most(&self, fits: impl Fn(&Event) -> bool) -> Option<Event> {
        let fitting = || self.counts.iter().filter(|(event, _)| fits(event));
        let most = fitting().map(|(_, count)| *count).max()?;
        fitting().find(|(_, count)| *count == most).map(|(event, _)| *event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::article::Article;
    use crate::news::extract::{What, extract};

    #[track_caller]
    fn check(text: &str, expected: &[Event]) {
        let article = Article { text: text.to_owned(), ..Article::default() };
        let events = extract(&article).claims.into_iter().filter_map(|claim| match claim.what {
            What::Toll(toll) => Some(toll.event),
            _ => None,
        });
        assert_eq!(events.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn what_made_it_burn_or_fall_did_the_harm() {
        check("Two people died after a car caught fire following a drone strike.", &[Event::Strike]);
        check("Two people died when a car caught fire.", &[Event::Accident]);
    }

    #[test]
    fn a_general_word_is_told_more_closely_by_what_it_can_be() {
        let before = "Clashes went on in Orlo. Shelling was heard at night.";
        check(&format!("{before} An explosion killed two people."), &[Event::Strike]);
        check(&format!("{before} The attack killed two people."), &[Event::Strike]);
    }

    #[test]
    fn gas_from_the_air_is_a_strike() {
        check("Warplanes struck Orlo on Monday. The gas attack killed 20 people.", &[Event::Strike]);
        check("A gas attack on the Orlo underground killed 20 people.", &[Event::Attack]);
    }

    #[test]
    fn what_explodes_among_violence_is_a_bomb() {
        check("Clashes killed two people in Orlo. The explosion killed nine others.", &[Event::Clash, Event::Bombing]);
        check("The explosion killed nine people.", &[Event::Accident]);
    }

    #[test]
    fn missiles_fired_at_a_town_are_no_shooting() {
        check("The air strikes and missiles fired at Orlo killed 80 people.", &[Event::Strike]);
    }

    #[test]
    fn a_war_that_began_with_protests_is_a_war() {
        check("The war has displaced millions of people since it began with street protests in 2011.", &[Event::War]);
    }
}
