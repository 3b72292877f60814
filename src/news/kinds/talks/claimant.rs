//! Who tells of a contact: "…, the Kremlin said", "according to Fiji's premier". The paper's own words have nobody.

use std::ops::Range;

use jiff::civil::Date;

use crate::news::reading::attribution;
use crate::news::reading::units::Units;
use crate::news::reading::words::Tags;
use crate::news::text::Text;
use crate::news::value::date::Calendar;

/// "He said" is who was named as a speaker in one of so many sentences before.
const BEFORE_SENTENCES_MAX: usize = 4;

/// Reads who says what, sentence by sentence.
pub struct Claimants<'r, 't> {
    pub text: &'t Text<'t>,
    pub tags: &'r Tags,
    pub published: Option<Date>,
}

impl<'t> Claimants<'_, 't> {
    /// Who vouches for each of the words `at`, counted from the start of the sentence.
    pub fn of(&self, sentence: usize, at: &[usize]) -> Vec<Option<&'t str>> {
        if at.is_empty() {
            return Vec::new();
        }
        let units = self.units(sentence);
        let attributions = attribution::read(&units);
        let offset = self.text.sentences[sentence].tokens.start;
        let claimant = |at: &usize| {
            let unit = units.units.iter().position(|unit| unit.tokens.contains(&(offset + at)))?;
            let attribution = attribution::of(&attributions, unit)?;
            if attribution.is_pronoun {
                self.named(sentence.saturating_sub(BEFORE_SENTENCES_MAX)..sentence)
            } else {
                Some(attribution::name(&units, &attribution.claimant))
            }
        };
        at.iter().map(claimant).collect()
    }

    /// The last speaker named in some sentences.
    fn named(&self, sentences: Range<usize>) -> Option<&'t str> {
        sentences.rev().find_map(|index| {
            let units = self.units(index);
            let attributions = attribution::read(&units);
            let last = attributions.iter().rfind(|attribution| !attribution.is_pronoun)?;
            Some(attribution::name(&units, &last.claimant))
        })
    }

    fn units(&self, sentence: usize) -> Units<'t> {
        Units::read(self.text, self.tags, &self.text.sentences[sentence], Calendar::past(self.published))
    }
}
