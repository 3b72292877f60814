//! Where and when a contact is, and what it is about.

use std::ops::Range;

use super::cues::{Anchor, Role};
use super::frame::{Clause, Reader, SUPPORT_TOKENS_MAX, WITH_TOKENS_MAX};
use super::{Form, Status};
use crate::news::text::TokenKind;
use crate::news::value::date::{self, Calendar, DateSpan};
use crate::news::value::place::{Cue, PlaceMention};
use crate::news::value::{Place, Precision};

/// A place further away than this belongs to something else.
const PLACE_TOKENS_MAX: usize = 16;
/// A topic is "a few words".
const TOPIC_TOKENS_MAX: usize = 8;

impl Reader<'_, '_, '_> {
    /// What the contact is about: "on a partial pause in the war", "aimed at ending …", else the kind of peace it makes.
    pub(super) fn topic(&self, anchor: &Anchor, clause: &Clause) -> Option<String> {
        let tokens = self.cues.tokens;
        let end = clause.right.min(anchor.tokens.end + WITH_TOKENS_MAX);
        let is_dated = |at: usize| date::read(tokens, at, Calendar::past(self.published)).is_some();
        let lead = (anchor.tokens.end..end).find(|at| {
            (self.cues.is_word(*at, &["on", "over", "about", "discuss", "end", "towards"])
                || self.cues.is_word(*at, &["at"]) && *at > 0 && self.cues.is_word(*at - 1, &["aimed"]))
                && !is_dated(*at + 1)
                && !(*at + 1..*at + 3).any(|next| self.cues.is(next, Role::NoTopic))
        });
        let range = match lead {
            Some(lead) => {
                let is_end = |at: &usize| {
                    tokens[*at].kind == TokenKind::Mark
                        || self.cues.is(*at, Role::TopicEnd)
                        || is_dated(*at)
                        || self.cues.is_word(*at, &["on", "in", "at", "for", "by", "this"]) && is_dated(*at + 1)
                };
                let start = lead + 1;
                let limit = clause.right.min(start + TOPIC_TOKENS_MAX);
                start..(start..limit).find(is_end).unwrap_or(limit)
            }
            None if self.cues.is(anchor.tokens.start, Role::Peace) => anchor.tokens.clone(),
            None => return None,
        };
        let (first, last) = (tokens.get(range.start)?, tokens.get(range.end.checked_sub(1)?)?);
        let topic = first.span.join(last.span).slice(self.text.text).filter(|_| range.start < range.end)?;
        Some(topic.to_owned())
    }

    pub(super) fn place(&self, anchor: &Anchor, clause: &Clause) -> Option<Place> {
        let at = anchor.tokens.start;
        let is_remote = (clause.left..clause.right).any(|index| self.cues.is(index, Role::Remote));
        if anchor.form == Some(Form::Call) || is_remote {
            // Who calls is in two places.
            return None;
        }
        // "At the Vatican, where he met …"
        let is_where = clause.left > 0 && self.cues.is_word(clause.left - 1, &["where"]);
        let left = if is_where { 0 } else { clause.left };
        let right = self.end_of_relative(clause.right);
        let is_near = |tokens: &Range<usize>| {
            let start = tokens.start.checked_sub(self.offset)?;
            (start >= left && start < right).then_some(start)
        };
        let is_visit = (at.saturating_sub(SUPPORT_TOKENS_MAX)..at + SUPPORT_TOKENS_MAX)
            .any(|index| self.cues.is(index, Role::Motion));
        // "In meeting Xi-Macron": sides that no list of places has.
        let is_side = |place: &PlaceMention| {
            place.place.precision == Precision::Unresolved && self.is_in_mention(place.tokens.start - self.offset)
        };
        let named = self.places.iter().filter(|place| !is_side(place)).filter_map(|place| {
            let start = is_near(&place.tokens)?;
            let is_settlement = place.place.precision == Precision::Settlement;
            let is_before = is_settlement
                && anchor.tokens.start >= start + place.tokens.len()
                && at - start - place.tokens.len() <= 1
                && self.cues.is(at, Role::Noun);
            // "a meeting planned for Oslo"
            let is_planned = start > 1
                && self.cues.is_word(start - 1, &["for"])
                && self.cues.is_word(start - 2, &["planned", "scheduled", "due", "set", "slated"]);
            let is_at = matches!(place.cue, Cue::In) || is_visit && place.cue == Cue::To || is_planned;
            let weight = match place.place.precision {
                Precision::Settlement => 0,
                Precision::Country => 6,
                _ => 3,
            };
            let after_topic = self.is_topic(start);
            let is_close = start.abs_diff(at) <= PLACE_TOKENS_MAX;
            (is_before || is_at && is_close && !after_topic).then(|| (start.abs_diff(at) + weight, place.place.clone()))
        });
        let halls = self.cues.venues.iter().filter(|venue| {
            venue.at >= clause.left
                && venue.at < clause.right
                && venue.at > 0
                && (0..3.min(venue.at)).any(|back| self.cues.is_word(venue.at - 1 - back, &["in", "at", "to"]))
        });
        let halls = halls.map(|venue| (venue.at.abs_diff(at).saturating_sub(3), venue_place(venue.value)));
        let place = named.chain(halls).min_by_key(|(distance, _)| *distance).map(|(_, place)| place);
        let is_there = (clause.left..clause.right).any(|index| {
            self.cues.is_word(index, &["there"])
                && !self.cues.is_word(index + 1, &["is", "are", "was", "were", "will", "would", "has", "have", "had"])
        });
        let is_here = (clause.left..clause.right).any(|index| self.cues.is_word(index, &["here"]));
        let place = place.or_else(|| self.context.dateline.clone().filter(|_| is_here));
        place.or_else(|| self.context.place.clone().filter(|_| is_there))
    }

    /// The end of a clause that tells more of the contact: "talks [that were due to open in Oslo]", "[which was held in Oslo]".
    fn end_of_relative(&self, right: usize) -> usize {
        let is_told = self.cues.is_word(right, &["that", "which"])
            && self
                .cues
                .is_word(right + 1, &["was", "were", "is", "are", "had", "has", "have", "began", "took", "will"]);
        let stops = |at: &usize| {
            self.cues.is(*at, Role::Boundary) || self.cues.is(*at, Role::Say) || self.cues.is_word(*at, &[";", ":"])
        };
        let end = (right + 1..self.cues.tokens.len()).find(stops).unwrap_or(self.cues.tokens.len());
        if is_told { end } else { right }
    }

    /// Whether what stands before the place at `start` takes it: "the war in Ukraine".
    pub(super) fn is_topic(&self, start: usize) -> bool {
        let preposition = (start.saturating_sub(3)..start)
            .rev()
            .find(|index| self.cues.is_word(*index, &["in", "at", "on", "to", "inside", "across"]));
        preposition.and_then(|index| index.checked_sub(1)).is_some_and(|index| self.cues.is(index, Role::NoPlace))
    }

    /// "In September", "in 2019": a month or year that has passed.
    pub(super) fn is_long_ago(&self, clause: &Clause) -> bool {
        let found = date::first(&self.cues.tokens[clause.left..clause.right], Calendar::past(self.published));
        found.zip(self.published).is_some_and(|(found, published)| {
            found.unit > date::Unit::Week && found.date.days_before(published) > super::track::NEWS_DAYS
        })
    }

    pub(super) fn date(&self, at: usize, clause: &Clause, ahead: bool) -> Option<DateSpan> {
        let calendar = Calendar { published: self.published, ahead };
        let mut best: Option<(usize, DateSpan)> = None;
        let mut index = clause.left;
        while index < clause.right {
            // "Talks due on Monday were called off": the day that was to come.
            let is_due = ["due", "scheduled", "planned", "set", "slated"]
                .iter()
                .any(|word| (index.saturating_sub(2)..index).any(|at| self.cues.is_word(at, &[word])));
            let calendar = Calendar { ahead: ahead || is_due, ..calendar };
            let Some(found) = date::read(self.cues.tokens, index, calendar) else {
                index += 1;
                continue;
            };
            let distance = index.abs_diff(at);
            // "Postponed to Friday": the day of another contact, and none on which this one was to be.
            let is_instead = index > 0
                && self.cues.is_word(index - 1, &["to", "until", "till", "for"])
                && self
                    .cues
                    .statuses
                    .iter()
                    .any(|cue| cue.value == Status::Postponed && (clause.left..index).contains(&cue.at));
            // What has been held was not held tomorrow.
            let is_to_come = !ahead && !is_due && self.published.is_some_and(|published| found.date.start > published);
            if found.unit <= date::Unit::Week
                && !is_to_come
                && !is_instead
                && best.is_none_or(|(least, _)| distance < least)
            {
                best = Some((distance, found.date));
            }
            index = found.tokens.end.max(index + 1);
        }
        best.map(|(_, date)| date)
    }
}

fn venue_place(city: &str) -> Place {
    Place {
        name: city.to_owned(),
        country: None,
        admin1: None,
        geonames_id: None,
        lat: None,
        lon: None,
        precision: Precision::Unresolved,
    }
}
