//! The article around a clause: what it is about, where it plays, who was quoted before.

use jiff::civil::Date;

use super::attribution::{self, Attribution};
use super::event::Subject;
use super::harm::Clauses;
use super::pieces::Pieces;
use super::place as location;
use super::time::{self, Time};
use super::units::Units;
use super::words::{Role, Tags, WORDS, Word};
use crate::news::article::Published;
use crate::news::kinds::toll::{Event, Group, Measure, Scope};
use crate::news::text::{Span, Text};
use crate::news::value::date::{Calendar, Unit as DateUnit};
use crate::news::value::place::{self, PlaceMention};
use crate::news::value::{Place, Precision};

/// The news itself stands in the first sentences.
pub const LEAD_SENTENCES: usize = 4;
/// Late in the article, a happening further back than this is background.
const LATE_DAYS: i64 = 7;
/// Names of claimants are learned from this many sentences of harm.
const NAMED_SENTENCES_MAX: usize = 60;
/// An article's main place is found among its first mentions.
const MAIN_MENTIONS_MAX: usize = 200;
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
    tags: &'t Tags,
    /// Sentences read ahead for their claimants, until their turn comes.
    ahead: Vec<(usize, Units<'t>, Vec<Attribution>)>,
    pub published: Option<Date>,
    /// All places, in text order, and by sentence where its places start.
    places: Vec<PlaceMention>,
    place_starts: Vec<usize>,
    titled_place: Option<Place>,
    subject: Subject,
    last_claimant: Option<String>,
    /// The head of the article tells of harm or of what does it, so that this is its news.
    is_about_harm: bool,
    /// The latest day that the article names, where the day of publication is not known.
    latest: Option<Date>,
    /// The title itself tells of harm.
    is_titled_harm: bool,
    /// Index of the first sentence that is no heading.
    first_prose: usize,
    /// The article is about a book or film, so that what happens in it is no news.
    is_fiction: bool,
    /// Named claimants of the article's first sentences of harm.
    names: Vec<String>,
    main_place: Option<Place>,
    main_land: Option<Place>,
    last_place: Option<(usize, Place)>,
    /// The claimant of the last harm.
    last_said: Option<(usize, String)>,
    /// The group of the one person told of last.
    last_person: Option<(usize, Group)>,
    /// The last sentence of harm and its first measure.
    last_measure: Option<(usize, Measure)>,
    /// The last sentence whose happening was dated, and whether that was news.
    last_dated: Option<(usize, bool)>,
    /// The last sentence that told of harm, its time.
    last_time: Option<(usize, Time)>,
}

impl<'t> Reading<'t> {
    /// Looks over the whole article once.
    pub fn new(pieces: &'t Pieces<'t>, telling: &[usize]) -> Self {
        let Pieces { text, tags, title, title_tags, .. } = pieces;
        let [titled, places] = pieces.places_with_title(&surroundings(text, telling));
        let mut place_starts = vec![places.len(); text.sentences.len() + 1];
        for (index, mention) in places.iter().enumerate().rev() {
            place_starts[mention.sentence] = index;
        }
        for index in (0..text.sentences.len()).rev() {
            place_starts[index] = place_starts[index].min(place_starts[index + 1]);
        }
        let main_place = place::focus(&titled, &places).map(|mention| mention.place.clone());
        let main_land = main(&places, |place| matches!(place.precision, Precision::Region | Precision::Country));
        // The war in one region of a country is the country's, where the article names that.
        let is_land_of = |place: &Place, land: &Place| place.precision == Precision::Country && place.contains(land);
        let main_land = main_land.map(|land| main(&places, |place| is_land_of(place, &land)).unwrap_or(land));
        Self {
            text,
            ahead: Vec::new(),
            published: pieces.published,
            names: Vec::new(),
            is_about_harm: is_about_harm(pieces),
            latest: None,
            is_titled_harm: title.sentences.iter().any(|sentence| title_tags.words(sentence).any(Word::is_harm)),
            first_prose: text.sentences.iter().position(|sentence| !sentence.is_heading).unwrap_or_default(),
            is_fiction: is_fiction(title, title_tags),
            main_place,
            main_land,
            last_place: None,
            last_said: None,
            places,
            place_starts,
            titled_place: location::first(&titled).cloned(),
            subject: Subject::of(pieces),
            tags,
            last_claimant: None,
            last_person: None,
            last_measure: None,
            last_dated: None,
            last_time: None,
        }
    }

    /// Learns the names of those quoted in `telling` sentences, so that "the monitor" finds its name wherever it stands.
    pub fn learn_names(&mut self, telling: &[usize]) {
        for index in telling.iter().take(NAMED_SENTENCES_MAX) {
            let (units, attributions) = self.read(*index);
            self.learn(&units, &attributions);
            let days = units.units.iter().filter_map(|unit| unit.date()).filter(|found| found.unit <= DateUnit::Day);
            self.latest = self.latest.max(days.map(|found| found.date.end).max());
            self.ahead.push((*index, units, attributions));
        }
        // A watcher is often introduced where nothing is told: "the Observatory for Human Rights said it was unclear …".
        for index in 0..self.text.sentences.len().min(NAMED_SENTENCES_MAX) {
            let is_watcher = self.tags.words(&self.text.sentences[index]).any(|word| word.is(Role::Watcher));
            if is_watcher && telling.binary_search(&index).is_err() {
                let (units, attributions) = self.read(index);
                self.learn(&units, &attributions);
            }
        }
        // The first is wanted first.
        self.ahead.reverse();
    }

    fn learn(&mut self, units: &Units, attributions: &[Attribution]) {
        for attribution in attributions.iter().filter(|attribution| !attribution.is_pronoun) {
            let name = attribution::name(units, &attribution.claimant);
            if capitals(name).count() >= 2 && !self.names.iter().any(|known| known == name) {
                self.names.push(name.to_owned());
            }
        }
    }

    /// The full name of a claimant called by a part of it or by its kind.
    fn full_name(&self, name: &str) -> String {
        let shares = |known: &&String| {
            known.len() > name.len() && capitals(name).all(|word| capitals(known).any(|other| other == word))
        };
        let is_watcher =
            |text: &str| text.split_whitespace().filter_map(|word| WORDS.word(word)).any(|word| word.is(Role::Watcher));
        let by_kind =
            || self.names.iter().find(|known| is_watcher(name) && capitals(name).next().is_none() && is_watcher(known));
        self.names
            .iter()
            .filter(|_| capitals(name).next().is_some())
            .find(shares)
            .or_else(by_kind)
            .cloned()
            .unwrap_or_else(|| name.to_owned())
    }

    fn read(&self, index: usize) -> (Units<'t>, Vec<Attribution>) {
        let units = Units::read(self.text, self.tags, &self.text.sentences[index], Calendar::past(self.published));
        let attributions = attribution::read(&units);
        (units, attributions)
    }

    /// Reads the clauses of a sentence.
    pub fn sentence(&mut self, index: usize) -> ReadSentence<'t> {
        let ahead =
            self.ahead.pop_if(|(ahead, ..)| *ahead == index).map(|(_, units, attributions)| (units, attributions));
        let (units, attributions) = ahead.unwrap_or_else(|| self.read(index));
        let inherited = self.last_measure.filter(|(last, _)| index <= last + 2).map(|(_, measure)| measure);
        let person = self.last_person.filter(|(last, _)| index <= last + 2).map(|(_, group)| group);
        let span = self.text.sentences[index].span;
        ReadSentence { index, span, clauses: Clauses::read(units, inherited, person), attributions }
    }

    /// Remembers what a sentence told for those behind it.
    pub fn told(&mut self, sentence: &ReadSentence) {
        let units = &sentence.clauses.units;
        if let Some(harm) = sentence.clauses.harms.first() {
            self.last_measure = Some((sentence.index, harm.measure));
        }
        if let Some(group) = sentence.clauses.last_person() {
            self.last_person = Some((sentence.index, group));
        }
        for attribution in sentence.attributions.iter().filter(|attribution| !attribution.is_pronoun) {
            self.last_claimant = Some(attribution::name(units, &attribution.claimant).to_owned());
        }
    }

    /// What holds for the predicate at unit `at`; `goes_on` where it goes on with the figure told before ("another three").
    pub fn setting(&mut self, sentence: &ReadSentence, at: usize, goes_on: bool) -> Setting {
        let time = self.time(sentence, at, goes_on);
        let places = self.places_of(sentence.index);
        let units = &sentence.clauses.units;
        let speakers: Vec<_> = sentence
            .attributions
            .iter()
            .filter_map(|attribution| {
                let (first, last) = (units.get(attribution.claimant.start)?, units.get(attribution.claimant.end - 1)?);
                Some(first.tokens.start..last.tokens.end)
            })
            .collect();
        let named = location::near(places, units, at, &speakers);
        let is_placed = named.is_some_and(|mention| !location::is_elsewhere(mention, units, &speakers));
        let (here, beside) = if is_placed { (named, None) } else { (None, named) };
        let place = here
            .map(|mention| self.finer(mention.place.clone(), time))
            .or_else(|| self.carried_place(sentence.index, time))
            .or_else(|| beside.map(|mention| mention.place.clone()));
        if let Some(place) = place.clone().filter(|_| is_placed) {
            self.last_place = Some((sentence.index, place));
        }
        let claimant = self.claimant(sentence, at, goes_on);
        if let Some(claimant) = claimant.clone() {
            self.last_said = Some((sentence.index, claimant));
        }
        Setting {
            event: self.subject.event(&sentence.clauses.units, sentence.index, at, time),
            place,
            is_placed,
            time,
            claimant,
        }
    }

    /// Whether what the sentence tells is rather the plot of a film or book: nobody is quoted and no day is named.
    pub fn is_plot(&self, sentence: &ReadSentence) -> bool {
        let units = &sentence.clauses.units;
        self.is_fiction && sentence.attributions.is_empty() && !time::has_date(units)
    }

    fn places_of(&self, sentence: usize) -> &[PlaceMention] {
        &self.places[self.place_starts[sentence]..self.place_starts[sentence + 1]]
    }

    fn time(&mut self, sentence: &ReadSentence, at: usize, goes_on: bool) -> Time {
        let units = &sentence.clauses.units;
        let embedding = sentence.clauses.embedding(at);
        let mut time = time::read(units, at, embedding.unwrap_or(0), self.published.or(self.latest));
        let is_silent = time.current.is_none() && time.scope == Scope::Event && time.date.is_none();
        // "Another 288 were killed": the time of what it goes on with.
        if let Some((index, last)) = self.last_time
            && goes_on
            && is_silent
            && sentence.index <= index + 2
        {
            return last;
        }
        // "… on Thursday. The barrage killed ten": the day of the happening that it goes on with.
        if is_silent
            && !time::has_date(units)
            && time::resumes(units, at)
            && let Some((date, unit)) =
                sentence.index.checked_sub(1).and_then(|before| time::only_day(&self.read(before).0))
        {
            time.date = Some(date);
            time.current = self.published.or(self.latest).map(|published| time::is_news(date, unit, published));
        }
        // Late in the article, what is told in passing ("the attack that killed 26") is known already.
        if time.current.is_none()
            && embedding.is_some()
            && sentence.index >= LEAD_SENTENCES
            && 3 * sentence.index > 2 * self.text.sentences.len()
        {
            time.current = Some(false);
        }
        // The article's first sentence is its news, even where it counts a whole war or outbreak and its title says so.
        if time.scope == Scope::Campaign && sentence.index == self.first_prose && self.is_titled_harm {
            time.current = None;
        }
        if time.current.is_none() && time.date.is_none() && time.scope == Scope::Event {
            // Courts, memorials and anniversaries look back.
            let looks_back = units.units.iter().any(|unit| unit.is(Role::Retrospect));
            // "Rebels had killed 12 people": before what is told, unless someone tells it.
            let is_told = attribution::of(&sentence.attributions, at).is_some();
            let is_before = sentence.clauses.is_pluperfect(at);
            let is_aside = sentence.index >= LEAD_SENTENCES && !is_told && (!self.is_about_harm || is_before);
            if looks_back || is_aside {
                time.current = Some(false);
            }
        }
        if time.scope == Scope::Campaign && sentence.index >= LEAD_SENTENCES {
            time.current = Some(false);
        }
        // What is a week old is no longer the news, save where the article opens with it.
        let is_old =
            time.date.zip(self.published).is_some_and(|(date, published)| date.days_before(published) > LATE_DAYS);
        if is_old && sentence.index >= LEAD_SENTENCES {
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

    /// What happened "in the Orlo region" happened in the town there that the article is about.
    fn finer(&self, place: Place, time: Time) -> Place {
        let is_news = time.scope == Scope::Event && time.current != Some(false);
        if !is_news || place.precision == Precision::Settlement {
            return place;
        }
        if let Some(main) = self.main_place.as_ref().filter(|main| place.contains(main)) {
            return main.clone();
        }
        // "A town in Idlib province", named later: the first town there that the article names.
        let is_town = |mention: &&PlaceMention| {
            mention.cue.is_location()
                && mention.place.precision == Precision::Settlement
                && place.contains(&mention.place)
        };
        let town = self.places.iter().take(MAIN_MENTIONS_MAX).find(is_town);
        town.filter(|_| place.precision == Precision::Region).map_or(place.clone(), |mention| mention.place.clone())
    }

    /// Where no place is named: that of the sentence before, of the last harm, of the article.
    fn carried_place(&self, sentence: usize, time: Time) -> Option<Place> {
        if time.scope == Scope::Campaign {
            return self.main_land.clone().or_else(|| self.main_place.clone());
        }
        let before = sentence.checked_sub(1).and_then(|index| location::first(self.places_of(index)));
        let last = self
            .last_place
            .as_ref()
            .filter(|(index, _)| index + CARRIED_SENTENCES_MAX >= sentence)
            .map(|(_, place)| place);
        let head = || {
            (0..self.text.sentences.len().min(LEAD_SENTENCES)).find_map(|index| location::first(self.places_of(index)))
        };
        let titled = self.titled_place.as_ref();
        before
            .filter(|place| place.precision != Precision::Country && last.is_none_or(|last| !place.contains(last)))
            .or(last)
            .or(titled)
            .or(self.main_place.as_ref())
            .or_else(head)
            .cloned()
    }

    fn claimant(&self, sentence: &ReadSentence, at: usize, goes_on: bool) -> Option<String> {
        let Some(attribution) = attribution::of(&sentence.attributions, at) else {
            let paragraph = |index: usize| self.text.sentences[index].paragraph;
            let last = self.last_said.as_ref().filter(|(index, _)| {
                let goes_on = goes_on && sentence.index <= index + 2;
                goes_on || sentence.index == index + 1 && paragraph(sentence.index) == paragraph(*index)
            });
            return last.map(|(_, claimant)| claimant.clone());
        };
        let name = attribution::name(&sentence.clauses.units, &attribution.claimant);
        if attribution.is_pronoun { self.last_claimant.clone() } else { Some(self.full_name(name)) }
    }
}

/// Whether the title or first sentence tells of harm or of a happening that does it. Without a title nobody knows: a
/// transcript or summary of the day starts with anything.
fn is_about_harm(pieces: &Pieces) -> bool {
    let Pieces { text, tags, title, title_tags, .. } = pieces;
    let is_harm = |word: &Word| word.is_harm() || word.event.is_some_and(|event| event != Event::War);
    if title.sentences.is_empty() {
        return true;
    }
    title.sentences.iter().any(|sentence| title_tags.words(sentence).any(is_harm))
        || text.sentences.iter().take(1).any(|sentence| tags.words(sentence).any(is_harm))
}

/// A title that names a film or book and no harm.
fn is_fiction(title: &Text, tags: &Tags) -> bool {
    let has = |fits: fn(&Word) -> bool| title.sentences.iter().any(|sentence| tags.words(sentence).any(fits));
    has(|word| word.is(Role::Fiction)) && !has(Word::is_harm)
}

/// The sentences that can tell where something happened: the article's head, those that tell of harm, those before them.
fn surroundings(text: &Text, telling: &[usize]) -> Vec<usize> {
    let mut indexes: Vec<usize> = telling
        .iter()
        .flat_map(|index| index.saturating_sub(1)..=*index)
        .chain(0..text.sentences.len().min(LEAD_SENTENCES))
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
}

/// The place named most often, of those that fit; of equals the first.
fn main(places: &[PlaceMention], fits: impl Fn(&Place) -> bool) -> Option<Place> {
    let mut counts: Vec<(&Place, usize)> = Vec::new();
    for mention in
        places.iter().filter(|mention| mention.cue.is_location() && fits(&mention.place)).take(MAIN_MENTIONS_MAX)
    {
        match counts.iter_mut().find(|(known, _)| known.name == mention.place.name) {
            Some((_, count)) => *count += 1,
            None => counts.push((&mention.place, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.iter().find(|(_, count)| *count == most).map(|(place, _)| (*place).clone())
}

fn capitals(name: &str) -> impl Iterator<Item = &str> {
    // "The London-based observatory" names no one.
    let words = name.split_whitespace().filter(|word| !word.ends_with("-based"));
    words.filter(|word| word.chars().next().is_some_and(char::is_uppercase))
}

/// The day of publication, by the publisher's clock.
pub fn day(published: Published) -> Date {
    published.date()
}
