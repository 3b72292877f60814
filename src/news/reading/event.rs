//! What kind of happening a clause tells of.

use super::units::Units;
use crate::news::kinds::toll::Event;

/// Units that a general word ("attack", "war") is put further away than a telling one ("shelling", "car bomb").
const GENERAL_UNITS: usize = 12;

/// The happening that the words around `at` name: the nearest telling word, else the nearest general one.
pub fn near(units: &Units, at: usize) -> Option<Event> {
    let own = units.get(at).and_then(|unit| unit.word.event);
    own.or_else(|| {
        let named = units.units.iter().enumerate().filter_map(|(index, unit)| Some((index, unit.word.event?)));
        named.min_by_key(|(index, event)| distance(*index, at) + weight(*event)).map(|(_, event)| event)
    })
}

/// What stands behind a predicate tells its cause more often than what stands before it.
fn distance(index: usize, at: usize) -> usize {
    if index >= at { index - at } else { at - index }
}

fn weight(event: Event) -> usize {
    match event {
        Event::Attack | Event::Exchange => GENERAL_UNITS,
        Event::War | Event::Unrest => 2 * GENERAL_UNITS,
        _ => 0,
    }
}

/// The most frequent happening of many words, the first of equals.
#[derive(Debug, Default)]
pub struct Tally {
    counts: Vec<(Event, usize)>,
}

impl Tally {
    pub fn add(&mut self, event: Event, weight: usize) {
        match self.counts.iter_mut().find(|(known, _)| *known == event) {
            Some((_, count)) => *count += weight,
            None => self.counts.push((event, weight)),
        }
    }

    pub fn most(&self) -> Option<Event> {
        let most = self.counts.iter().map(|(_, count)| *count).max()?;
        self.counts.iter().find(|(_, count)| *count == most).map(|(event, _)| *event)
    }
}
