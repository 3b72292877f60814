//! Where a clause's happening was: the best of the places that its sentence names.

use std::ops::Range;

use super::units::{Unit, Units};
use crate::news::text::TokenKind;
use crate::news::value::place::{Cue, PlaceMention};
use crate::news::value::{Place, Precision};

/// What is named beside the happening counts as so many tokens further away than all the rest.
const ELSEWHERE_TOKENS: usize = 60;
/// "Orlo in the northern province of Belen": so many tokens between the names at most.
const INSIDE_TOKENS_MAX: usize = 6;
/// "Hospitals in Orlo", "rebels based in Orlo": the name stands right behind.
const BESIDE_TOKENS_MAX: usize = 3;
/// Where the hurt are treated, where those who did it came from, where someone speaks.
const BESIDE: [&str; 18] = [
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
    "said",
    "speaking",
    "reporters",
    "correspondent",
    "interview",
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
    let mut before: Option<(&PlaceMention, usize)> = None;
    let mut best: Option<(&PlaceMention, usize)> = None;
    for mention in located {
        let mut cost = cost(mention, token) + elsewhere(mention, units, speakers);
        // "The town of Orlo in Belen province" is Orlo, however near the province stands.
        if let Some((inner, inner_cost)) = before.filter(|(inner, _)| is_inside(inner, mention, units)) {
            cost = cost.max(inner_cost + 1 + coarseness(&inner.place));
        }
        before = Some((mention, cost));
        if best.is_none_or(|(_, least)| cost < least) {
            best = before;
        }
    }
    best.map(|(mention, _)| mention)
}

/// Whether `outer` stands behind `inner` to say where that is: "Orlo in Belen", "Orlo north of Belen".
fn is_inside(inner: &PlaceMention, outer: &PlaceMention, units: &Units) -> bool {
    let between = inner.tokens.end..outer.tokens.start;
    let joint = units.text.tokens.get(between).unwrap_or_default();
    let is_joined = (1..=INSIDE_TOKENS_MAX).contains(&joint.len())
        && joint.iter().all(|token| token.kind == TokenKind::Word && !token.is("and"));
    let is_around = outer.cue == Cue::Near
        || outer.cue == Cue::In
            && (coarseness(&outer.place) > coarseness(&inner.place) || inner.place.admin1 == outer.place.admin1);
    is_joined && is_around && inner.place.precision != Precision::Country
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
    if is_speakers || is_beside || mention.is_part { ELSEWHERE_TOKENS } else { 0 }
}

/// "In the town", "the village": a settlement told of before.
pub fn is_the_town(units: &Units) -> bool {
    let is_town = |unit: &Unit| unit.is_any_text(&["town", "village", "city"]);
    units.units.windows(3).any(|units| {
        units[0].text.eq_ignore_ascii_case("the")
            && is_town(&units[1])
            && !units[2].is_name
            && !units[2].text.eq_ignore_ascii_case("of")
    })
}

/// Whether a mention names a settlement that something may have happened in.
pub fn is_town(mention: &PlaceMention) -> bool {
    let is_settlement = matches!(mention.place.precision, Precision::Settlement | Precision::Unresolved);
    is_settlement && mention.cue.is_location() && !mention.is_part && mention.cue != Cue::Near
}

/// The place that a sentence is about, if no predicate is asked for.
pub fn first(mentions: &[PlaceMention]) -> Option<&Place> {
    let located = mentions.iter().filter(|mention| mention.cue.is_location() && !mention.is_part);
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

#[cfg(test)]
mod tests {
    use crate::news::article::Article;
    use crate::news::extract::{What, extract};

    /// The places of an article's tolls.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let article = Article { text: text.to_owned(), ..Article::default() };
        let tolls = extract(&article).claims.into_iter().filter(|claim| matches!(claim.what, What::Toll(_)));
        let places: Vec<_> = tolls.map(|claim| claim.place.map_or_else(String::new, |place| place.name)).collect();
        assert_eq!(places, expected, "{text}");
    }

    #[test]
    fn a_town_named_later_is_meant_by_its_region() {
        check(
            "At least 11 people were killed on Monday in a village of Homs province. The strikes on the town of Talbiseh \
             began at dawn, police said.",
            &["Talbiseh"],
        );
        check(
            "At least 11 people were killed on Monday in a village of Homs province. The attack took place in the \
             village of Hrabovets.",
            &["Hrabovets"],
        );
        // The town of the same name tells nothing more.
        check(
            "Six people were killed in Idlib province. Idlib, an opposition stronghold, has been shelled for weeks. The \
             strikes hit the town of Ariha.",
            &["Ariha"],
        );
    }

    #[test]
    fn what_happened_near_a_town_happened_in_the_suburb() {
        check(
            "Six people were killed outside Damascus on Monday. The strikes hit the town of Douma, doctors said.",
            &["Douma"],
        );
        check("A bomb killed 18 people in the Damascus suburb of Jaramana.", &["Jaramana"]);
    }

    #[test]
    fn what_a_town_lies_in_is_further_than_the_town() {
        check("Shells hit the town of Barka in Homs province killing six people.", &["Barka"]);
    }

    #[test]
    fn a_town_of_the_same_sentence_goes_before_others() {
        check(
            "Rastan in Homs province was shelled. Air strikes in Homs province killed six people when they hit the town \
             of Talbiseh.",
            &["Talbiseh"],
        );
    }

    #[test]
    fn in_the_town_is_in_the_town_told_of_before() {
        check(
            "Shells hit Rastan in Homs province. Homs province has been under siege. On Monday six people were killed in \
             the town.",
            &["Rastan"],
        );
    }

    #[test]
    fn where_someone_speaks_nothing_happened() {
        check("Shells hit Odesa, Ukraine, on Monday. Mara Ito said in Geneva that six people were killed.", &["Odesa"]);
    }

    #[test]
    fn a_war_is_the_country_s() {
        check(
            "Shells hit Kupiansk in the Kharkiv region of Ukraine on Monday. Thousands of people have been killed since \
             the war began.",
            &["Ukraine"],
        );
    }

    #[test]
    fn a_neighbourhood_is_told_as_its_town() {
        check(
            "Six people were killed in Odesa. Rockets on the Harbour neighbourhood left nine people injured.",
            &["Odesa", "Odesa"],
        );
    }
}
