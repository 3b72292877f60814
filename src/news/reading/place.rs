//! Where a clause's happening was: the best of the places that its sentence names.

use std::ops::Range;

use super::units::Units;
use crate::news::value::place::{Cue, PlaceMention};
use crate::news::value::{Place, Precision};

/// What is named beside the happening counts as so many tokens further away than all the rest.
const ELSEWHERE_TOKENS: usize = 60;
/// "Hospitals in Orlo", "rebels based in Orlo": the name stands right behind.
const BESIDE_TOKENS_MAX: usize = 3;
/// Where the hurt are treated, and where those who did it came from.
const BESIDE: [&str; 13] = [
    "hospital",
    "hospitals",
    "clinic",
    "clinics",
    "morgue",
    "based",
    "located",
    "positioned",
    "stationed",
    "headquartered",
    "headquarters",
    "embassy",
    "born",
];
/// Parts of a town, which the town itself goes before.
const PARTS: [&str; 10] = [
    "neighborhood",
    "neighbourhood",
    "neighborhoods",
    "neighbourhoods",
    "street",
    "avenue",
    "square",
    "lane",
    "roundabout",
    "boulevard",
];

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
    located.min_by_key(|mention| cost(mention, token) + elsewhere(mention, units, speakers))
}

/// Whether the place is rather that of those who speak, of the hurt or of those who did it, or a part of a town.
pub fn is_elsewhere(mention: &PlaceMention, units: &Units, speakers: &[Range<usize>]) -> bool {
    mention.cue == Cue::Dateline || elsewhere(mention, units, speakers) > 0
}

fn elsewhere(mention: &PlaceMention, units: &Units, speakers: &[Range<usize>]) -> usize {
    let tokens = &units.text.tokens;
    let start = mention.tokens.start;
    let is_speakers = speakers.iter().any(|speaker| speaker.contains(&start));
    let before = &tokens[start.saturating_sub(BESIDE_TOKENS_MAX)..start];
    let is_beside = before.iter().any(|token| BESIDE.iter().any(|word| token.is(word)));
    let name = &tokens[mention.tokens.start..tokens.len().min(mention.tokens.end + 1)];
    let is_part = name.iter().any(|token| PARTS.iter().any(|word| token.is(word)));
    if is_speakers || is_beside || is_part { ELSEWHERE_TOKENS } else { 0 }
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
