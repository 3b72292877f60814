//! Claims → talks tracks: what is known of each negotiation, round by round.
//!
//! A track is a set of parties; a round of it is told apart by day and place. As in [`super::incident`], keys are typed
//! and words are never compared.

use std::collections::BTreeMap;

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::article::{Article, Published};
use super::extract::{Claim, What};
use super::incident::Reading;
use super::kinds::{Form, Outcome, Status, Talks};

/// The sides of a negotiation, in alphabetical order so that order of mention does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackKey(Vec<String>);

impl std::fmt::Display for TrackKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" – "))
    }
}

/// How a round stands: what moves between two digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct State {
    pub form: Form,
    pub status: Status,
    pub outcome: Option<Outcome>,
}

/// One claim about talks with the article that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub reading: &'a Reading,
    pub claim: &'a Claim,
    pub talks: &'a Talks,
}

impl<'a> Told<'a> {
    pub fn article(&self) -> &'a Article {
        &self.reading.article
    }

    pub fn state(&self) -> State {
        State { form: self.talks.form, status: self.talks.status, outcome: self.talks.outcome }
    }

    pub fn place(&self) -> Option<&'a str> {
        self.claim.place.as_ref().map(|place| place.name.as_str())
    }

    pub fn day(&self) -> Option<civil::Date> {
        self.claim.date.map(|date| date.end)
    }
}

/// One contact of a track, as its newest telling puts it.
#[derive(Clone, Debug)]
pub struct Round<'a> {
    pub head: Told<'a>,
    /// Every telling, oldest first.
    pub tellings: Vec<Told<'a>>,
}

/// One negotiation.
#[derive(Clone, Debug)]
pub struct Track<'a> {
    pub key: TrackKey,
    /// The round that says how the track stands comes first.
    pub rounds: Vec<Round<'a>>,
}

/// Joins the current talks claims of all readings. The result does not depend on the order of `readings`.
pub fn tracks(readings: &[Reading]) -> Vec<Track<'_>> {
    let mut by_key: BTreeMap<TrackKey, Vec<Told>> = BTreeMap::new();
    for reading in readings {
        for claim in &reading.extraction.claims {
            if let What::Talks(talks) = &claim.what
                && claim.current
            {
                let mut sides = talks.parties.clone();
                sides.sort();
                sides.dedup();
                by_key.entry(TrackKey(sides)).or_default().push(Told { reading, claim, talks });
            }
        }
    }
    by_key.into_iter().map(|(key, tellings)| Track { key, rounds: rounds(tellings) }).collect()
}

fn rounds(mut tellings: Vec<Told<'_>>) -> Vec<Round<'_>> {
    tellings.sort_by_key(|told| {
        let start = told.claim.evidence.first().map_or(0, |span| span.start);
        (as_of(told), told.article().id.clone(), start)
    });
    let mut by_round: BTreeMap<_, Vec<Told>> = BTreeMap::new();
    for told in tellings {
        // Without a day or a place only the form is left to tell two contacts apart.
        let form = (told.day().is_none() && told.place().is_none()).then_some(told.talks.form as u8);
        by_round.entry((told.day(), told.place().map(str::to_lowercase), form)).or_default().push(told);
    }
    let mut rounds: Vec<Round> =
        by_round.into_values().filter_map(|tellings| Some(Round { head: *tellings.last()?, tellings })).collect();
    rounds.sort_by_key(|round| std::cmp::Reverse(standing(round)));
    rounds
}

/// What makes a round speak for its track: a fresh word on it; that it took place or failed to, rather than is planned;
/// the later day; the newer report.
fn standing(round: &Round) -> (bool, bool, Option<civil::Date>, Option<jiff::Timestamp>) {
    let planned = matches!(round.head.talks.status, Status::Proposed | Status::Scheduled | Status::Rejected);
    (round.fresh(), !planned, round.head.day(), as_of(&round.head))
}

fn as_of(told: &Told) -> Option<jiff::Timestamp> {
    told.article().published.and_then(Published::instant)
}

impl Round<'_> {
    pub fn fresh(&self) -> bool {
        self.tellings.iter().any(|told| told.reading.fresh)
    }
}

impl Track<'_> {
    pub fn fresh(&self) -> bool {
        self.rounds.iter().any(Round::fresh)
    }
}
