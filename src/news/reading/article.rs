//! The article around a clause: what it is about, where it plays, who was quoted before.

use std::collections::VecDeque;

use jiff::civil::Date;

use super::attribution::{self, Attribution};
use super::event::{self, Tally};
use super::harm::Clauses;
use super::place;
use super::time::{self, Time};
use super::units::Units;
use super::words::{WORDS, Word};
use crate::news::article::{Article, Published};
use crate::news::kinds::toll::Event;
use crate::news::text::{Sentence, Span, Text};
use crate::news::value::Place;
use crate::news::value::date::Calendar;

/// A happening or place is carried on from this many sentences before.
const CARRIED_SENTENCES_MAX: usize = 4;

/// One sentence, read.
#[derive(Debug)]
pub struct ReadSentence<'t> {
    /// Index into [`Text::sentences`].
    pub index: usize,
    pub span: Span,
    pub clauses: Clauses<'t>,
    pub attributions: Vec<Attribution>,
}

/// What surrounds one predicate.
#[derive(Clone, Debug)]
pub struct Setting {
    pub event: Event,
    pub place: Option<Place>,
    pub time: Time,
    pub claimant: Option<String>,
}

/// What the article told up to a sentence.
#[derive(Debug)]
pub struct Reading<'t> {
    pub text: &'t Text<'t>,
    pub published: Option<Date>,
    /// By sentence: the happenings it names, general ones last.
    events: Vec<Option<Event>>,
    dominant: Option<Event>,
    titled: Option<Event>,
    /// Sentence and place of the last places told, latest last.
    places: VecDeque<(usize, Place)>,
    lead_place: Option<Place>,
    last_claimant: Option<String>,
    /// The last sentence whose happening was dated, and whether that was news.
    last_current: Option<(usize, bool)>,
}

impl<'t> Reading<'t> {
    /// Looks over the whole article once. `title` is context only: nothing is claimed from it.
    pub fn new(article: &Article, text: &'t Text<'t>) -> Self {
        let published = article.published.map(day);
        let mut tally = Tally::default();
        let events = text.sentences.iter().map(|sentence| {
            let events = words(text, sentence).filter_map(|word| word.event);
            events.inspect(|event| tally.add(*event, 1)).min_by_key(|event| is_general(*event))
        });
        let events: Vec<Option<Event>> = events.collect();
        let title = Text::read(&article.title);
        let titled = title
            .sentences
            .iter()
            .flat_map(|sentence| words(&title, sentence))
            .filter_map(|word| word.event)
            .min_by_key(|event| is_general(*event));
        let lead_place = text
            .sentences
            .iter()
            .take(3)
            .find_map(|sentence| place::near(&Units::read(text, sentence, Calendar::past(published)), 0));
        let dominant = tally.most();
        Self {
            text,
            published,
            events,
            dominant,
            titled,
            places: VecDeque::new(),
            lead_place,
            last_claimant: None,
            last_current: None,
        }
    }

    /// Reads the clauses of a sentence.
    pub fn sentence(&self, index: usize) -> ReadSentence<'t> {
        let sentence = &self.text.sentences[index];
        let units = Units::read(self.text, sentence, Calendar::past(self.published));
        let attributions = attribution::read(&units);
        ReadSentence { index, span: sentence.span, clauses: Clauses::read(units), attributions }
    }

    /// Remembers what a sentence told for those behind it.
    pub fn told(&mut self, sentence: &ReadSentence) {
        let units = &sentence.clauses.units;
        if let Some(place) = place::near(units, 0) {
            self.places.push_back((sentence.index, place));
            if self.places.len() > CARRIED_SENTENCES_MAX {
                self.places.pop_front();
            }
        }
        for attribution in sentence.attributions.iter().filter(|attribution| !attribution.is_pronoun) {
            self.last_claimant = Some(attribution::name(units, &attribution.claimant).to_owned());
        }
    }

    /// What holds for the predicate at unit `at`.
    pub fn setting(&mut self, sentence: &ReadSentence, at: usize) -> Setting {
        let units = &sentence.clauses.units;
        let mut time = time::read(units, at, self.published);
        if let Some(current) = time.current {
            self.last_current = Some((sentence.index, current));
        } else if let Some((index, current)) = self.last_current
            && sentence.index <= index + 1
            && !time::has_date(units)
        {
            time.current = Some(current);
        }
        Setting {
            event: self.event(sentence, at),
            place: self.place(sentence, at),
            time,
            claimant: self.claimant(sentence, at),
        }
    }

    fn event(&self, sentence: &ReadSentence, at: usize) -> Event {
        let before = |index: &usize| self.events.get(*index).copied().flatten();
        let first = sentence.index.saturating_sub(CARRIED_SENTENCES_MAX);
        event::near(&sentence.clauses.units, at)
            .or_else(|| (first..sentence.index).rev().find_map(|index| before(&index)))
            .or(self.titled)
            .or(self.dominant)
            .unwrap_or_default()
    }

    fn place(&self, sentence: &ReadSentence, at: usize) -> Option<Place> {
        let carried = || {
            self.places
                .iter()
                .rev()
                .find(|(index, _)| index + CARRIED_SENTENCES_MAX >= sentence.index)
                .map(|(_, place)| place.clone())
        };
        place::near(&sentence.clauses.units, at).or_else(carried).or_else(|| self.lead_place.clone())
    }

    fn claimant(&self, sentence: &ReadSentence, at: usize) -> Option<String> {
        let attribution = attribution::of(&sentence.attributions, at)?;
        let name = attribution::name(&sentence.clauses.units, &attribution.claimant);
        if attribution.is_pronoun { self.last_claimant.clone() } else { Some(name.to_owned()) }
    }
}

/// The words of a sentence that some vocabulary knows.
pub fn words<'a>(text: &'a Text, sentence: &Sentence) -> impl Iterator<Item = &'static Word> + 'a {
    let tokens = &text.tokens[..sentence.tokens.end];
    sentence.tokens.clone().filter_map(move |at| WORDS.longest_at(&tokens[at..]).map(|(_, word)| word))
}

fn is_general(event: Event) -> bool {
    matches!(event, Event::Attack | Event::War | Event::Exchange | Event::Unrest)
}

/// The day of publication, by the publisher's clock.
pub fn day(published: Published) -> Date {
    published.date()
}
