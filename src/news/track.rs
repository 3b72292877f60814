//! Claims → talks tracks: what is known of each negotiation, round by round.
//!
//! A track is a set of parties. Its rounds are a state machine: tellings are taken in the order of their reports, each belongs
//! to the round that fits its form, place and day, and moves it only where [`moves`] says that one state follows the other. So
//! no state is printed without the sentence that brought it about, and a late report of an old plan moves nothing. What one
//! side says stands beside what the other says ([`Round::accounts`], [`Track::readout`]); what was promised for a day is kept,
//! missed, postponed, called off or not reported ([`promise`]). As in [`super::incident`], keys are typed and words are never compared.

pub mod promise;
mod voice;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::article::{Article, Published};
use super::extract::{Claim, Stance, What};
use super::incident::Reading;
use super::kinds::{Form, Outcome, Status, Talks};
use super::lexicon::{self, Phrases};
use super::text::Text;
use super::value::party;

static SOURCE: &str = include_str!("../../config/lexicon/tracks.txt");
static PHRASES: LazyLock<Phrases<&str>> =
    LazyLock::new(|| Phrases::new(lexicon::entries(SOURCE).map(|entry| (entry.phrase, entry.section))));

/// Whether a text holds a phrase of a section of the lexicon.
fn says(text: &str, section: &str) -> bool {
    cues(&Text::read(text)).any(|(_, found)| found == section)
}

/// The phrases of the lexicon in a text: the token behind each, and its section. None stands within another.
fn cues<'t>(text: &'t Text) -> impl Iterator<Item = (usize, &'static str)> + 't {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.tokens.len() {
            let found = PHRASES.longest_at(&text.tokens[at..]);
            at += found.map_or(1, |(len, _)| len);
            if let Some((_, section)) = found {
                return Some((at, *section));
            }
        }
        None
    })
}

/// The sides of a negotiation, in alphabetical order so that order of mention does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackKey(Vec<String>);

impl TrackKey {
    pub fn of(talks: &Talks) -> Self {
        let mut sides = talks.parties.clone();
        sides.sort();
        sides.dedup();
        Self(sides)
    }

    pub fn sides(&self) -> &[String] {
        &self.0
    }

    /// The side for which someone speaks: "the Azerbaijani foreign ministry".
    pub fn side_of(&self, claimant: &str) -> Option<&str> {
        let text = Text::read(claimant);
        let named = text.tokens.iter().filter_map(|token| party::named(token.base()));
        named.into_iter().find_map(|party| self.0.iter().find(|side| *side == party)).map(String::as_str)
    }
}

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

impl State {
    /// Nothing more is to be expected of the round.
    pub fn is_closed(&self) -> bool {
        matches!(self.status, Status::Concluded | Status::Cancelled | Status::Rejected)
    }

    fn is_ahead(&self) -> bool {
        matches!(self.status, Status::Proposed | Status::Scheduled)
    }

    /// It is not to be held on the day for which it was planned.
    pub fn is_called_off(&self) -> bool {
        matches!(self.status, Status::Postponed | Status::Cancelled | Status::Rejected)
    }
}

/// Whether a round can go from one state to another, the second being reported later. A plan can only become firmer or be
/// called off; what has begun is not planned again; what has ended stays so, and may be told the outcome of.
pub fn moves(from: State, to: State) -> bool {
    let changed = from.status != to.status;
    match from.status {
        Status::Proposed => changed,
        Status::Scheduled => changed && to.status != Status::Proposed,
        Status::Postponed => changed,
        Status::UnderWay | Status::Stalled => changed && !to.is_ahead(),
        Status::Cancelled | Status::Rejected => changed && to.status != Status::Postponed,
        Status::Concluded => {
            let is_open = matches!(from.outcome, None | Some(Outcome::Undisclosed));
            !changed && is_open && to.outcome.is_some() && to.outcome != from.outcome
        }
    }
}

/// One claim about talks with the article that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub reading: &'a Reading,
    pub claim: &'a Claim,
    pub talks: &'a Talks,
    /// Who says so, as the article names them.
    pub claimant: Option<&'a str>,
    /// They say that it is not so.
    pub denies: bool,
}

impl<'a> Told<'a> {
    fn new(reading: &'a Reading, claim: &'a Claim, talks: &'a Talks) -> Self {
        let told = Self { reading, claim, talks, claimant: None, denies: claim.stance == Stance::Denied };
        let voice = voice::of(told.quote());
        let claimant = claim.claimant.as_deref().or(voice.claimant);
        Self { claimant, denies: told.denies || voice.denies, ..told }
    }

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

    pub fn quote(&self) -> &'a str {
        self.claim.evidence.first().and_then(|span| span.slice(&self.article().text)).unwrap_or_default()
    }

    /// What tells it from every other telling.
    pub fn reference(&self) -> String {
        format!("{}#{}", self.article().id, self.claim.evidence.first().map_or(0, |span| span.start))
    }

    fn order(&self) -> Order<'a> {
        let start = self.claim.evidence.first().map_or(0, |span| span.start);
        (self.article().published.and_then(Published::instant), &self.article().id, start)
    }
}

/// When a telling was reported, then what tells two of one time apart.
type Order<'a> = (Option<jiff::Timestamp>, &'a str, usize);

/// One contact of a track.
#[derive(Clone, Debug)]
pub struct Round<'a> {
    /// Those tellings that moved it, oldest first; never empty.
    pub steps: Vec<Told<'a>>,
    /// Every telling, oldest first.
    pub tellings: Vec<Told<'a>>,
}

/// Reports of one round give days at most so far apart: rounds last some days.
const ROUND_DAYS_MAX: i32 = 4;

impl<'a> Round<'a> {
    fn new(told: Told<'a>) -> Self {
        Self { steps: vec![told], tellings: vec![told] }
    }

    /// The telling that says how it stands.
    pub fn head(&self) -> Told<'a> {
        // There is always a first step.
        self.steps[self.steps.len() - 1]
    }

    pub fn state(&self) -> State {
        self.head().state()
    }

    pub fn day(&self) -> Option<civil::Date> {
        self.steps.iter().rev().find_map(Told::day).or_else(|| self.tellings.iter().rev().find_map(Told::day))
    }

    pub fn place(&self) -> Option<&'a str> {
        self.tellings.iter().rev().find_map(Told::place)
    }

    pub fn fresh(&self) -> bool {
        self.tellings.iter().any(|told| told.reading.fresh)
    }

    /// How far a telling's day lies from the round's; `None` if it is of another round.
    fn distance(&self, told: &Told) -> Option<i32> {
        let own = self.state();
        let class = |form: Form| match form {
            Form::Talks | Form::Meeting | Form::Summit => 0,
            Form::Call => 1,
            Form::Contacts => 2,
        };
        let places = self.place().zip(told.place());
        if class(own.form) != class(told.talks.form)
            || places.is_some_and(|(one, other)| !one.eq_ignore_ascii_case(other))
        {
            return None;
        }
        let days = self.day().zip(told.day()).map(|(one, other)| (other - one).get_days());
        // "They will meet again" after a round is the next one.
        if own.is_closed() && !own.is_called_off() && told.state().is_ahead() && days.is_none_or(|days| days > 0) {
            return None;
        }
        match days {
            Some(days) if days.abs() <= ROUND_DAYS_MAX => Some(days.abs()),
            // Called off, it may be held on any later day in the same place.
            Some(days) if own.is_called_off() && days > 0 && places.is_some() => Some(days),
            Some(_) => None,
            None => Some(ROUND_DAYS_MAX + 1),
        }
    }

    fn take(&mut self, told: Told<'a>) {
        let another_day = told.day().is_some() && told.day() != self.day();
        let is_moved = moves(self.state(), told.state())
            || self.state().status == Status::Scheduled && told.talks.status == Status::Scheduled && another_day;
        self.tellings.push(told);
        if is_moved && !told.denies {
            self.steps.push(told);
        }
    }

    /// What others say of it than the telling that heads: of each voice the newest, where it puts the state otherwise, denies
    /// it, or speaks for a side.
    pub fn accounts(&self, key: &TrackKey) -> Vec<Told<'a>> {
        let head = self.head();
        let mut newest: BTreeMap<&str, Told> = BTreeMap::new();
        for told in &self.tellings {
            let Some(claimant) = told.claimant else { continue };
            newest.insert(key.side_of(claimant).unwrap_or(claimant), *told);
        }
        let differs = |told: &Told| {
            let is_side = told.claimant.is_some_and(|claimant| key.side_of(claimant).is_some());
            // What it was before is told as its way, and who leaves the outcome out says nothing else.
            let is_step = self.steps.iter().any(|step| step.reference() == told.reference());
            let (own, stands) = (told.state(), head.state());
            let other = own.status != stands.status || own.outcome.is_some() && own.outcome != stands.outcome;
            !is_step && (told.denies || is_side || other)
        };
        let mut accounts: Vec<Told> = newest.into_values().filter(differs).collect();
        accounts.sort_by(|a, b| b.order().cmp(&a.order()));
        accounts
    }

    /// The sentence that says that the sides issued no joint statement, which is news.
    pub fn without_statement(&self) -> Option<Told<'a>> {
        self.tellings.iter().rev().find(|told| says(told.quote(), "no statement")).copied()
    }
}

/// What a side says of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    Says,
    /// It says so, with conditions.
    Conditions,
    Denies,
    /// It speaks of the track, and not of this.
    NotMentioned,
}

/// One issue and what the newest word of each side that speaks of the track is on it.
#[derive(Clone, Debug)]
pub struct Issue<'a> {
    pub topic: &'a str,
    pub positions: Vec<(&'a str, Position, Option<Told<'a>>)>,
}

/// One negotiation.
#[derive(Clone, Debug)]
pub struct Track<'a> {
    pub key: TrackKey,
    /// The round that says how the track stands comes first.
    pub rounds: Vec<Round<'a>>,
    /// The sides in the order of the first mention.
    pub parties: &'a [String],
}

/// Joins the current talks claims of all readings. The result does not depend on the order of `readings`.
pub fn tracks(readings: &[Reading]) -> Vec<Track<'_>> {
    let mut by_key: BTreeMap<TrackKey, Vec<Told>> = BTreeMap::new();
    let standing = readings.iter().filter(|reading| reading.standing != super::incident::Standing::Withdrawn);
    for reading in standing {
        for claim in reading.extraction.claims.iter().filter(|claim| claim.current) {
            if let What::Talks(talks) = &claim.what {
                by_key.entry(TrackKey::of(talks)).or_default().push(Told::new(reading, claim, talks));
            }
        }
    }
    by_key.into_iter().map(|(key, tellings)| track(key, tellings)).collect()
}

fn track<'a>(key: TrackKey, mut tellings: Vec<Told<'a>>) -> Track<'a> {
    tellings.sort_by(|a, b| a.order().cmp(&b.order()));
    let parties = tellings.first().map(|told| told.talks.parties.as_slice()).unwrap_or_default();
    Track { key, rounds: rounds(&tellings), parties }
}

fn rounds<'a>(tellings: &[Told<'a>]) -> Vec<Round<'a>> {
    let mut rounds: Vec<Round> = Vec::new();
    for told in tellings {
        let nearest = rounds.iter_mut().rev().filter_map(|round| Some((round.distance(told)?, round)));
        match nearest.min_by_key(|(distance, _)| *distance) {
            Some((_, round)) => round.take(*told),
            None => rounds.push(Round::new(*told)),
        }
    }
    rounds.sort_by_key(|round| std::cmp::Reverse(standing(round)));
    rounds
}

/// What makes a round speak for its track: a fresh word on it; that it took place or failed to, rather than is planned;
/// the later day; the newer report.
fn standing<'a>(round: &Round<'a>) -> (bool, bool, Option<civil::Date>, Order<'a>) {
    (round.fresh(), !round.state().is_ahead(), round.day(), round.head().order())
}

impl<'a> Track<'a> {
    pub fn fresh(&self) -> bool {
        self.rounds.iter().any(Round::fresh)
    }

    /// Issue by issue what each side says, where the sides' own words are known.
    pub fn readout(&'a self) -> Vec<Issue<'a>> {
        let mut tellings: Vec<(&str, Told)> = Vec::new();
        for told in self.rounds.iter().flat_map(|round| &round.tellings) {
            let side = told.claimant.and_then(|claimant| self.key.side_of(claimant));
            tellings.extend(side.map(|side| (side, *told)));
        }
        tellings.sort_by(|a, b| b.1.order().cmp(&a.1.order()));
        let mut topics: Vec<&str> = tellings.iter().filter_map(|(_, told)| told.talks.topic.as_deref()).collect();
        topics.sort_unstable();
        topics.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        let speaking = self.key.sides().iter().filter(|side| tellings.iter().any(|(speaker, _)| speaker == side));
        let speaking: Vec<&str> = speaking.map(String::as_str).collect();
        let issue = |topic: &'a str| {
            let position = |side: &&'a str| {
                let is_on = |told: &Told| told.talks.topic.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(topic));
                let word =
                    tellings.iter().find(|(speaker, told)| speaker == side && is_on(told)).map(|(_, told)| *told);
                let position = match word {
                    None => Position::NotMentioned,
                    Some(told) if told.denies || told.talks.status == Status::Rejected => Position::Denies,
                    Some(told) if says(told.quote(), "condition") => Position::Conditions,
                    Some(_) => Position::Says,
                };
                (*side, position, word)
            };
            Issue { topic, positions: speaking.iter().map(position).collect() }
        };
        topics.into_iter().map(issue).collect()
    }
}
