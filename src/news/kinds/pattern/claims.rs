//! Matches → claims.

use std::collections::{BTreeMap, HashSet};

use super::file::{COMMON, common_field};
use super::program::{Context, Found, STEPS_PER_SENTENCE_MAX, Surroundings};
use super::slot::Value;
use super::{Development, Kind, Kinds, Pattern};
use crate::news::extract::{Claim, DateSpan, Stance, What};
use crate::news::reading::attribution::{self, Attribution};
use crate::news::reading::pieces::Pieces;
use crate::news::reading::place as location;
use crate::news::reading::time;
use crate::news::reading::units::Units;
use crate::news::text::{Text, TokenKind};
use crate::news::value::Place;
use crate::news::value::date::Calendar;

/// Claims of one kind in one sentence: what holds more is a list of something else.
const CLAIMS_PER_SENTENCE_MAX: usize = 4;

/// What the kinds find in an article, in the order of the text; of equal claims the first.
pub fn read(kinds: &Kinds, pieces: &Pieces) -> Vec<Claim> {
    let candidates = candidates(kinds, &pieces.text);
    let context = Context::new(pieces, candidates.iter().map(|(sentence, _)| *sentence).collect());
    let mut claims = Vec::new();
    let mut known = HashSet::new();
    for (sentence, patterns) in candidates {
        let steps = (0, STEPS_PER_SENTENCE_MAX);
        let mut of_sentence = OfSentence { context: &context, sentence, found: Vec::new(), units: None, steps };
        for pattern in patterns {
            let (kind, index, _) = kinds.index.patterns[pattern];
            of_sentence.look(&kinds.kinds[kind], kind, index);
        }
        claims.extend(of_sentence.claims(kinds).into_iter().filter(|claim| known.insert(meaning(claim))));
    }
    claims
}

/// The sentences that have all the words that some pattern needs, and those patterns in the order of their files.
fn candidates(kinds: &Kinds, text: &Text) -> Vec<(usize, Vec<usize>)> {
    let mut found = Vec::new();
    let mut leads = vec![0; kinds.index.patterns.len()];
    let mut led = Vec::new();
    for (index, sentence) in text.sentences.iter().enumerate() {
        for token in text.tokens_of(sentence).iter().filter(|token| token.kind != TokenKind::Mark) {
            for lead in kinds.index.words.of(token).into_iter().flatten() {
                if leads[lead.pattern] == 0 {
                    led.push(lead.pattern);
                }
                leads[lead.pattern] |= lead.bit;
            }
        }
        led.sort_unstable();
        let is_led = |pattern: &usize| std::mem::take(&mut leads[*pattern]) == kinds.index.patterns[*pattern].2;
        let patterns: Vec<usize> = led.drain(..).filter(is_led).collect();
        if !patterns.is_empty() {
            found.push((index, patterns));
        }
    }
    found
}

/// What a claim says, whoever says it and wherever: claims of the same meaning are one.
fn meaning(claim: &Claim) -> String {
    let place = claim.place.as_ref().map(|place| &place.name);
    format!("{:?}", (&claim.what, claim.stance, place, claim.date))
}

/// The matches of one sentence.
struct OfSentence<'a, 't> {
    context: &'a Context<'a, 't>,
    sentence: usize,
    /// Kind, pattern, match.
    found: Vec<(usize, usize, Found)>,
    /// The sentence's units and who is quoted in it, once there is a match.
    units: Option<(Units<'a>, Vec<Attribution>)>,
    /// The kind that was looked at last, and the steps that it has left.
    steps: (usize, usize),
}

impl<'a, 't> OfSentence<'a, 't> {
    fn calendar(&self, ahead: bool) -> Calendar {
        Calendar { published: self.context.pieces.published, ahead }
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
            let units = Units::read(text, &self.context.pieces.tags, sentence, self.calendar(ahead));
            let attributions = attribution::read(&units);
            self.units = Some((units, attributions));
        }
        let (units, attributions) = self.units.as_ref()?;
        let at = units.units.iter().position(|unit| unit.tokens.end > found.tokens.start)?;
        let time = time::read(units, at, 0, self.calendar(ahead).published);
        let places = self.context.places_of(self.sentence);
        let mut common = Common::default();
        let mut fields = BTreeMap::new();
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
            place: common.place.or_else(|| location::near(places, units, at, &[]).map(|mention| mention.place.clone())),
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
