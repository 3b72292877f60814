//! Who says a sentence on talks, and whether they deny it.

use crate::news::reading::attribution;
use crate::news::reading::units::Units;
use crate::news::reading::words::Tags;
use crate::news::text::Text;
use crate::news::value::date::Calendar;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Voice<'a> {
    pub claimant: Option<&'a str>,
    pub denies: bool,
}

/// The voice of a sentence: the first that it names. A denial anywhere in it counts.
pub(super) fn of(quote: &str) -> Voice<'_> {
    let text = Text::read(quote);
    let tags = Tags::read(&text);
    let mut voice = Voice::default();
    for sentence in &text.sentences {
        let units = Units::read(&text, &tags, sentence, Calendar::past(None));
        for attribution in attribution::read(&units).iter().filter(|attribution| !attribution.is_pronoun) {
            let verb = units.get(attribution.verb).map(|verb| verb.text.to_ascii_lowercase()).unwrap_or_default();
            voice.denies |= verb.starts_with("den");
            let name = attribution::name(&units, &attribution.claimant);
            voice.claimant = voice.claimant.or_else(|| quote.find(name).and_then(|at| quote.get(at..at + name.len())));
        }
    }
    voice
}
