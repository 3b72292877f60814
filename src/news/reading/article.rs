//! The article around a clause: what it is about, where it plays, who was quoted before.

use jiff::civil::Date;

use super::attribution::{self, Attribution};
use super::event::Subject;
use super::harm::Clauses;
use super::place as location;
use super::time::{self, Time};
use super::units::Units;
use crate::news::article::{Article, Published};
use crate::news::kinds::toll::{Event, Measure, Scope};
use crate::news::text::{Span, Text};
use crate::news::value::Place;
use crate::news::value::date::Calendar;
use crate::news::value::place::{self, Disputed, PlaceMention};

/// The news itself stands in the first sentences.
pub const LEAD_SENTENCES: usize = 4;
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
    /// The place stands in the sentence itself.
    pub is_placed: bool,
}

/// What the article told up to a sentence.
#[derive(Debug)]
pub struct Reading<'t> {
    pub text: &'t Text<'t>,
    pub published: Option<Date>,
    /// All places, in text order, and by sentence where its places start.
    places: Vec<PlaceMention>,
    place_starts: Vec<usize>,
    titled_place: Option<Place>,
    subject: Subject,
    last_claimant: Option<String>,
    /// The last sentence of harm and its first measure.
    last_measure: Option<(usize, Measure)>,
    /// The last sentence whose happening was dated, and whether that was news.
    last_dated: Option<(usize, bool)>,
    /// The last sentence that told of harm, its time.
    last_time: Option<(usize, Time)>,
}

impl<'t> Reading<'t> {
    /// Looks over the whole article once. `title` is context only: nothing is claimed from it.
    pub fn new(article: &Article, text: &'t Text<'t>) -> Self {
        let title = Text::read(&article.title);
        let [titled, places] = place::find([&title, text], &Disputed::default());
        let mut place_starts = vec![places.len(); text.sentences.len() + 1];
        for (index, mention) in places.iter().enumerate().rev() {
            place_starts[mention.sentence] = index;
        }
        for index in (0..text.sentences.len()).rev() {
            place_starts[index] = place_starts[index].min(place_starts[index + 1]);
        }
        Self {
            text,
            published: article.published.map(day),
            places,
            place_starts,
            titled_place: location::first(&titled).cloned(),
            subject: Subject::of(&title, text),
            last_claimant: None,
            last_measure: None,
            last_dated: None,
            last_time: None,
        }
    }

    /// Reads the clauses of a sentence.
    pub fn sentence(&self, index: usize) -> ReadSentence<'t> {
        let sentence = &self.text.sentences[index];
        let units = Units::read(self.text, sentence, Calendar::past(self.published));
        let attributions = attribution::read(&units);
        ReadSentence {
            index,
            span: sentence.span,
            clauses: Clauses::read(
                units,
                self.last_measure.filter(|(last, _)| index <= last + 2).map(|(_, measure)| measure),
            ),
            attributions,
        }
    }

    /// Remembers what a sentence told for those behind it.
    pub fn told(&mut self, sentence: &ReadSentence) {
        let units = &sentence.clauses.units;
        if let Some(harm) = sentence.clauses.harms.first() {
            self.last_measure = Some((sentence.index, harm.measure));
        }
        for attribution in sentence.attributions.iter().filter(|attribution| !attribution.is_pronoun) {
            self.last_claimant = Some(attribution::name(units, &attribution.claimant).to_owned());
        }
    }

    /// What holds for the predicate at unit `at`; `goes_on` where it goes on with the figure told before ("another three").
    pub fn setting(&mut self, sentence: &ReadSentence, at: usize, goes_on: bool) -> Setting {
        let time = self.time(sentence, at, goes_on);
        let places = self.places_of(sentence.index);
        let named = location::near(places, &sentence.clauses.units, at).cloned();
        let is_placed = named.is_some();
        Setting {
            event: self.subject.event(&sentence.clauses.units, sentence.index, at, time),
            place: named.or_else(|| self.carried_place(sentence.index)),
            is_placed,
            time,
            claimant: self.claimant(sentence, at),
        }
    }

    /// The places that a sentence names, in order.
    pub fn places_of(&self, sentence: usize) -> &[PlaceMention] {
        &self.places[self.place_starts[sentence]..self.place_starts[sentence + 1]]
    }

    fn time(&mut self, sentence: &ReadSentence, at: usize, goes_on: bool) -> Time {
        let units = &sentence.clauses.units;
        let embedding = sentence.clauses.embedding(at);
        let mut time = time::read(units, at, embedding.unwrap_or(0), self.published);
        let is_silent = time.current.is_none() && time.scope == Scope::Event && time.date.is_none();
        // "Another 288 were killed": the time of what it goes on with.
        if let Some((index, last)) = self.last_time
            && goes_on
            && is_silent
            && sentence.index <= index + 2
        {
            return last;
        }
        // Late in the article, what is told in passing ("the attack that killed 26") is known already.
        if time.current.is_none() && embedding.is_some() && sentence.index >= LEAD_SENTENCES {
            time.current = Some(false);
        }
        if time.date.is_some() {
            self.last_dated = time.current.map(|current| (sentence.index, current));
        } else if let Some((index, current)) = self.last_dated
            && is_silent
            && sentence.index <= index + 1
            && !time::has_date(units)
        {
            time.current = time.current.or(Some(current));
        }
        self.last_time = Some((sentence.index, time));
        time
    }

    /// The place of the sentences before, of the title, of the article's head.
    fn carried_place(&self, sentence: usize) -> Option<Place> {
        let first = sentence.saturating_sub(CARRIED_SENTENCES_MAX);
        let before = (first..sentence).rev().find_map(|index| location::first(self.places_of(index)));
        let head = || {
            (0..self.text.sentences.len().min(LEAD_SENTENCES)).find_map(|index| location::first(self.places_of(index)))
        };
        before.or(self.titled_place.as_ref()).or_else(head).cloned()
    }

    fn claimant(&self, sentence: &ReadSentence, at: usize) -> Option<String> {
        let attribution = attribution::of(&sentence.attributions, at)?;
        let name = attribution::name(&sentence.clauses.units, &attribution.claimant);
        if attribution.is_pronoun { self.last_claimant.clone() } else { Some(name.to_owned()) }
    }
}

/// The day of publication, by the publisher's clock.
pub fn day(published: Published) -> Date {
    published.date()
}
