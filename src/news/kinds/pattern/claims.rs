//! Matches → claims.

use super::file::{COMMON, common_field};
use super::program::{Context, Found, STEPS_PER_SENTENCE_MAX, Surroundings};
use super::slot::Value;
use super::{Development, Kind, Kinds, Pattern};
use crate::news::article::Article;
use crate::news::extract::{Claim, DateSpan, Stance, What};
use crate::news::reading::article::{Reading, day};
use crate::news::reading::attribution::{self, Attribution};
use crate::news::reading::place as location;
use crate::news::reading::time;
use crate::news::reading::units::Units;
use crate::news::text::Text;
use crate::news::value::Place;
use crate::news::value::date::Calendar;

/// Claims of one kind in one sentence: what holds more is a list of something else.
const CLAIMS_PER_SENTENCE_MAX: usize = 4;

/// What the kinds find in an article, in the order of the text; of equal claims the first. `reading` is the article's, if it was
/// made already.
pub fn read<'t>(kinds: &Kinds, article: &Article, text: &'t Text<'t>, reading: Option<Reading<'t>>) -> Vec<Claim> {
    let context = Context::new(article, text, reading);
    let mut claims: Vec<Claim> = Vec::new();
    let mut leads = vec![0; kinds.index.patterns.len()];
    let mut led = Vec::new();
    for (sentence, tokens) in text.sentences.iter().map(|sentence| sentence.tokens.clone()).enumerate() {
        led.clear();
        for token in &text.tokens[tokens] {
            for lead in kinds.index.words.word(token.text).into_iter().flatten() {
                if leads[lead.pattern] == 0 {
                    led.push(lead.pattern);
                }
                leads[lead.pattern] |= lead.bit;
            }
        }
        // In the order of the kinds and their patterns.
        led.sort_unstable();
        let mut of_sentence = OfSentence {
            context: &context,
            sentence,
            found: Vec::new(),
            units: None,
            steps: (0, STEPS_PER_SENTENCE_MAX),
        };
        for pattern in &led {
            let (kind, index, needed) = kinds.index.patterns[*pattern];
            if std::mem::take(&mut leads[*pattern]) == needed {
                of_sentence.look(&kinds.kinds[kind], kind, index);
            }
        }
        for claim in of_sentence.claims(kinds) {
            if !claims.iter().any(|known| is_same(known, &claim)) {
                claims.push(claim);
            }
        }
    }
    claims
}

/// Whether two claims say the same of the same.
fn is_same(a: &Claim, b: &Claim) -> bool {
    let name = |claim: &Claim| claim.place.as_ref().map(|place| place.name.clone());
    a.what == b.what && a.stance == b.stance && name(a) == name(b) && a.date == b.date
}

/// The matches of one sentence.
struct OfSentence<'a, 't> {
    context: &'a Context<'a, 't>,
    sentence: usize,
    /// Kind, pattern, match.
    found: Vec<(usize, usize, Found)>,
    /// The sentence's units and who is quoted in it, once there is a match.
    units: Option<(Units<'t>, Vec<Attribution>)>,
    /// The kind that was looked at last, and the steps that it has left.
    steps: (usize, usize),
}

impl<'a, 't> OfSentence<'a, 't> {
    fn calendar(&self, ahead: bool) -> Calendar {
        Calendar { published: self.context.article.published.map(day), ahead }
    }

    fn look(&mut self, kind: &'a Kind, kind_index: usize, index: usize) {
        let around = Surroundings::new(self.context, kind, self.sentence, self.calendar(false));
        let known = self.found.iter().filter(|(known, _, _)| *known == kind_index).count();
        let pattern = &kind.patterns[index];
        if self.steps.0 != kind_index {
            self.steps = (kind_index, STEPS_PER_SENTENCE_MAX);
        }
        for found in pattern.program.find(&around, CLAIMS_PER_SENTENCE_MAX - known, &mut self.steps.1) {
            let overlaps = |(known, _, other): &(usize, usize, Found)| {
                *known == kind_index && other.tokens.start < found.tokens.end && found.tokens.start < other.tokens.end
            };
            if !found.is_negated(self.context.text) && !self.found.iter().any(overlaps) {
                self.found.push((kind_index, index, found));
            }
        }
    }

    fn claims(mut self, kinds: &Kinds) -> Vec<Claim> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|(kind, _, found)| (found.tokens.start, *kind));
        let mut claims = Vec::new();
        for (kind, pattern, found) in found {
            let kind = &kinds.kinds[kind];
            if !self.is_vetoed(kind) {
                claims.extend(self.claim(kind, &kind.patterns[pattern], found));
            }
        }
        claims
    }

    fn is_vetoed(&self, kind: &Kind) -> bool {
        let around = Surroundings::new(self.context, kind, self.sentence, self.calendar(false));
        let mut steps = STEPS_PER_SENTENCE_MAX;
        kind.unless.iter().any(|program| !program.find(&around, 1, &mut steps).is_empty())
    }

    fn claim(&mut self, kind: &Kind, pattern: &Pattern, found: Found) -> Option<Claim> {
        let text = self.context.text;
        let sentence = &text.sentences[self.sentence];
        let ahead = found.is_ahead(text) || pattern.stance == Some(Stance::Planned);
        if self.units.is_none() {
            let units = Units::read(text, sentence, self.calendar(ahead));
            let attributions = attribution::read(&units);
            self.units = Some((units, attributions));
        }
        let (units, attributions) = self.units.as_ref()?;
        let at = units.units.iter().position(|unit| unit.tokens.end > found.tokens.start)?;
        let time = time::read(units, at, 0, self.context.reading().published);
        let places = self.context.reading().places_of(self.sentence);
        let mut common = Common::default();
        let mut fields = std::collections::BTreeMap::new();
        for (field, value) in pattern.set.iter().map(|(field, word)| (*field, Value::Text(word.clone()))) {
            fields.insert(kind.fields.get(field)?.name.clone(), value);
        }
        for (field, value) in found.values.iter().cloned() {
            match kind.fields.get(field) {
                Some(field) => _ = fields.insert(field.name.clone(), value),
                None => common.take(field, value),
            }
        }
        let attribution = attribution::of(attributions, at);
        let named = attribution.filter(|attribution| !attribution.is_pronoun);
        let named = named.map(|attribution| attribution::name(units, &attribution.claimant).to_owned());
        let denies = attribution.is_some_and(|attribution| {
            units.get(attribution.verb).is_some_and(|verb| verb.text.to_ascii_lowercase().starts_with("den"))
        });
        let stance = match pattern.stance {
            _ if denies => Stance::Denied,
            Some(stance) => stance,
            None if ahead => Stance::Planned,
            None => Stance::Reported,
        };
        Some(Claim {
            what: What::Developed(Development { kind: kind.name.clone(), fields }),
            current: time.current.unwrap_or(true),
            stance,
            claimant: common.source.or(named),
            place: common.place.or_else(|| location::near(places, units, at).cloned()),
            date: common.date.or(time.date),
            evidence: vec![sentence.span],
        })
    }
}

/// Slots that every claim has.
#[derive(Default)]
struct Common {
    place: Option<Place>,
    date: Option<DateSpan>,
    source: Option<String>,
}

impl Common {
    fn take(&mut self, field: usize, value: Value) {
        debug_assert!((0..COMMON.len()).any(|index| common_field(index) == field));
        match value {
            Value::Place(place) => self.place = Some(place),
            Value::Date(date) => self.date = Some(date),
            Value::Text(source) => self.source = Some(source),
            _ => {}
        }
    }
}
