//! Where a clause's happening was: the best of the places that its sentence names.

use super::units::Units;
use crate::news::value::place::{Cue, PlaceMention};
use crate::news::value::{Place, Precision};

/// The place that the predicate at unit `at` most likely plays in, of the sentence's `mentions`: near to it, behind it
/// rather than before, and as fine as the sentence tells.
pub fn near<'m>(mentions: &'m [PlaceMention], units: &Units, at: usize) -> Option<&'m Place> {
    let token = units.get(at)?.tokens.start;
    let located = mentions.iter().filter(|mention| mention.cue.is_location() || mention.cue == Cue::To);
    located.min_by_key(|mention| cost(mention, token)).map(|mention| &mention.place)
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
        Cue::Dateline => 6,
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
