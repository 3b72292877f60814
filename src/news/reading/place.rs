//! Where a clause's happening was: the best of the places that its sentence names.

use std::ops::Range;

use super::units::Units;
use crate::news::value::place::{Cue, PlaceMention};
use crate::news::value::{Place, Precision};

/// What is named beside the happening counts as so many tokens further away than all the rest.
const ELSEWHERE_TOKENS: usize = 60;
/// "Hospitals in Orlo": the name stands right behind.
const CARE_TOKENS_MAX: usize = 3;

/// The place that the predicate at unit `at` most likely plays in, of the sentence's `mentions`: near to it, behind it
/// rather than before, and as fine as the sentence tells. Where its `speakers` are ("officials in Orlo said") and where the
/// hurt were taken ("to a hospital in Orlo") counts only if nothing else does.
pub fn near<'m>(
    mentions: &'m [PlaceMention],
    units: &Units,
    at: usize,
    speakers: &[Range<usize>],
) -> Option<&'m PlaceMention> {
    let token = units.get(at)?.tokens.start;
    let located = mentions.iter().filter(|mention| mention.cue.is_location() || mention.cue == Cue::To);
    located.min_by_key(|mention| {
        let is_speakers = speakers.iter().any(|speaker| speaker.contains(&mention.tokens.start));
        let start = mention.tokens.start;
        let before = &units.text.tokens[start.saturating_sub(CARE_TOKENS_MAX)..start];
        let is_care =
            before.iter().any(|token| ["hospital", "hospitals", "clinic", "morgue"].iter().any(|word| token.is(word)));
        cost(mention, token) + if is_speakers || is_care { ELSEWHERE_TOKENS } else { 0 }
    })
}

/// The place that a sentence is about, if no predicate is asked for.
pub fn first(mentions: &[PlaceMention]) -> Option<&Place> {
    let located = mentions.iter().filter(|mention| mention.cue.is_location());
    located.min_by_key(|mention| coarseness(&mention.place)).map(|mention| &mention.place)
}

/// Distance in tokens, with what makes a place less likely counted as further away.
fn cost(mention: &PlaceMention, token: usize) -> usize {
    let distance =
        if mention.tokens.start >= token { mention.tokens.start - token } else { token - mention.tokens.start + 3 };
    let cue = match mention.cue {
        Cue::In | Cue::Near => 0,
        Cue::Over | Cue::Named => 2,
        Cue::Dateline => ELSEWHERE_TOKENS,
        _ => 5,
    };
    distance + cue + coarseness(&mention.place)
}

fn coarseness(place: &Place) -> usize {
    match place.precision {
        Precision::Settlement => 0,
        Precision::Unresolved => 2,
        Precision::Region => 4,
        Precision::Country => 10,
    }
}
