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
    dominant: Option<Event>,
    general: Option<Event>,
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
        Self { telling: by_sentence, titled, dominant: telling.most(), general: general.most() }
    }

    /// The happening of the predicate at unit `at` of a sentence.
    pub fn event(&self, units: &Units, sentence: usize, at: usize, time: Time) -> Event {
        if time.scope == Scope::Campaign {
            return near(units, at, is_telling)
                .filter(|event| !matches!(event, Event::Clash | Event::Attack | Event::Shooting | Event::Bombing))
                .or(self.dominant.filter(|event| matches!(event, Event::Disaster | Event::Accident)))
                .unwrap_or(Event::War);
        }
        let is_history = time.current == Some(false);
        let first = sentence.saturating_sub(CARRIED_SENTENCES_MAX);
        let carried = || (first..sentence).rev().find_map(|index| self.telling[index].filter(is_carried));
        near(units, at, is_telling)
            .or_else(|| is_history.then(|| near(units, at, is_named)).flatten())
            .or_else(carried)
            .or(self.titled)
            .or(self.dominant)
            .or_else(|| near(units, at, is_named))
            .or(self.general.filter(|event| *event != Event::War))
            .unwrap_or_default()
    }
}

/// What harms goes on over sentences; an exchange or unrest beside it is another matter.
fn is_carried(event: &Event) -> bool {
    !matches!(event, Event::Exchange | Event::Unrest | Event::War | Event::Disease)
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

    fn most(&self) -> Option<Event> {
        let most = self.counts.iter().map(|(_, count)| *count).max()?;
        self.counts.iter().find(|(_, count)| *count == most).map(|(event, _)| *event)
    }
}
