//! Incidents, tracks and what earlier digests said → [`Digest`]: ordered, compared, grounded.
//!
//! A digest is the record of an edition: it is stored as sent, every rendering is made from it, and the next edition
//! takes its "was" from it. It holds only [`Grounded`] statements and our own words for them ([`super::wording`]).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::article::{Article, Published};
use super::extract::{self, Claim, Stance, What};
use super::grounding::{Grounded, Notes};
use super::incident::{self, Incident, IncidentKey, Line, Reading, Telling};
use super::kinds::{Change, Event, Form, Group, Measure, MunitionAction, MunitionType, Scope};
use super::picture::Pictures;
use super::text::Text;
use super::track::{self, State, Told, Track, TrackKey};
use super::value::Count;

/// How many stories *In brief* names before it only counts the rest.
pub const BRIEF_STORIES_MAX: usize = 12;

/// How many differing figures stand beside a headline figure.
const OTHERS_MAX: usize = 3;

/// The stretch of time that an edition covers: from (excluded) to (included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// How long before its window an article may have been published and still be news when it is first seen: feeds are
/// read late, and some outlets date an update by its first version.
const LATE: SignedDuration = SignedDuration::from_hours(48);

impl Window {
    /// Whether an instant lies in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from < at && at <= self.to
    }

    /// Whether an article that was first seen at `seen` is news to an edition with this window.
    ///
    /// A feed that is read for the first time brings weeks of old entries; those are not news.
    pub fn admits(&self, published: Option<Published>, seen: Timestamp) -> bool {
        match published {
            None => self.holds(seen),
            Some(Published::On(date)) => {
                let day = |at: Timestamp| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
                (day(self.from)..=day(self.to)).contains(&date) || (self.holds(seen) && day(self.from - LATE) <= date)
            }
            // What claims to come from the future was seen now.
            Some(Published::At(at, _)) => self.holds(at) || (self.holds(seen) && at > self.from - LATE),
        }
    }
}

/// What an edition is, before anything is known of its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The configured name, "daily".
    pub name: String,
    /// What the reader sees, "Ukraine daily".
    pub title: String,
    /// IANA name of the zone in which times are shown.
    pub zone: String,
    pub window: Window,
    /// The due times this edition stands for: more than one after missed slots, none for a manual run.
    pub slots: Vec<Timestamp>,
    /// Made of given sources or of a given window: the next edition does not go on from where this one ends.
    pub partial: bool,
    /// The ends of earlier editions that reached nobody: this one holds their facts over.
    pub held_over: Vec<Timestamp>,
    pub composed_at: Timestamp,
    pub sections: Vec<Section>,
    pub coverage: Coverage,
}

/// The parts of a digest that an edition can order or leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    Changes,
    Talks,
    Tolls,
    Munitions,
    Brief,
}

impl Section {
    /// All of them, in the order of the house.
    pub const ALL: [Self; 5] = [Self::Changes, Self::Talks, Self::Tolls, Self::Munitions, Self::Brief];
}

/// Which sources answered. A silent source is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub asked: usize,
    pub silent: Vec<Silent>,
    /// Articles read for this edition.
    pub articles: usize,
    /// Articles left aside because they are not in a language we read.
    pub other_languages: usize,
}

/// A source that gave nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silent {
    pub source: String,
    pub reason: String,
}

/// Whether an item is news to the reader of this edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum News {
    Corrected,
    Changed,
    New,
    Unchanged,
}

/// One count, and who gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub count: Count,
    /// Who counted, as the article names them.
    pub claimant: Option<String>,
    /// Who carried it.
    pub outlet: String,
    pub stance: Stance,
    pub as_of: Option<Published>,
    pub change: Option<Change>,
}

/// One measure of one group: the headline figure, what was last printed, and what others say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TollLine {
    pub measure: Measure,
    pub group: Group,
    pub part: bool,
    pub figure: Grounded<Figure>,
    /// The count that an earlier digest printed, when this one differs.
    pub was: Option<Count>,
    pub others: Vec<Grounded<Figure>>,
    pub news: News,
}

/// One incident in the digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TollItem {
    pub key: IncidentKey,
    pub event: Event,
    pub scope: Scope,
    pub place: Option<String>,
    pub day: Option<civil::Date>,
    pub lines: Vec<TollLine>,
    /// Who carried it, without repetition.
    pub outlets: Vec<String>,
    pub news: News,
}

/// One round of talks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundItem {
    pub state: Grounded<State>,
    pub place: Option<String>,
    pub day: Option<civil::Date>,
    pub topic: Option<String>,
    pub mediators: Vec<String>,
    pub claimant: Option<String>,
    pub stance: Stance,
    pub outlet: String,
    /// The article's own words on what comes next.
    pub next: Vec<Grounded<String>>,
}

/// One negotiation in the digest; the first round says how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TalksItem {
    pub key: TrackKey,
    pub parties: Vec<String>,
    pub rounds: Vec<RoundItem>,
    /// How an earlier digest last had it, when this one differs.
    pub was: Option<State>,
    pub news: News,
}

/// One line of an air-defence tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MunitionsLine {
    pub munition: MunitionType,
    pub action: MunitionAction,
    pub by: Option<String>,
    pub place: Option<String>,
    pub figure: Grounded<Figure>,
}

/// A story in which nothing typed was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BriefItem {
    pub headline: String,
    /// The first sentence, as a quotation.
    pub sentence: Grounded<()>,
    pub outlets: Vec<String>,
}

/// One edition's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    #[serde(flatten)]
    pub frame: Frame,
    /// True when no earlier digest of this name is known, so that nothing can have changed.
    pub first: bool,
    pub talks: Vec<TalksItem>,
    pub tolls: Vec<TollItem>,
    pub munitions: Vec<MunitionsLine>,
    pub brief: Vec<BriefItem>,
    /// Stories beyond [`BRIEF_STORIES_MAX`].
    pub brief_more: usize,
    /// What the edition's chart and map show.
    #[serde(default)]
    pub pictures: Pictures,
    pub notes: Notes,
}

/// Composes an edition. `earlier` holds what was printed before under this name, newest first.
///
/// Pure: the same readings in any order, the same earlier digests and the same frame give the same digest.
pub fn compose(frame: Frame, readings: &[Reading], earlier: &[Digest]) -> Digest {
    let mut notes = Notes::default();
    let talks = talks_items(&mut notes, &track::tracks(readings), earlier);
    let incidents = incident::incidents(readings);
    let tolls = toll_items(&mut notes, &incidents, earlier);
    let pictures = Pictures::of(&tolls, &incidents, earlier);
    let munitions = munitions_lines(&mut notes, readings);
    let (brief, brief_more) = brief_items(&mut notes, readings);
    Digest { frame, first: earlier.is_empty(), talks, tolls, munitions, brief, brief_more, pictures, notes }
}

impl Digest {
    /// Nothing in it that its reader does not know already.
    pub fn is_quiet(&self) -> bool {
        self.brief.is_empty()
            && self.munitions.is_empty()
            && self.tolls.iter().all(|item| item.news == News::Unchanged)
            && self.talks.iter().all(|item| item.news == News::Unchanged)
    }

    /// The ids of the articles that the digest quotes.
    pub fn articles(&self) -> BTreeSet<&str> {
        self.notes.numbered().map(|(_, note)| note.article.as_str()).collect()
    }
}

fn figure(article: &Article, claim: &Claim, count: &Count, change: Option<Change>) -> Figure {
    Figure {
        count: count.clone(),
        claimant: claim.claimant.clone(),
        outlet: article.outlet.clone(),
        stance: claim.stance,
        as_of: article.published,
        change,
    }
}

fn toll_items(notes: &mut Notes, incidents: &[Incident], earlier: &[Digest]) -> Vec<TollItem> {
    let mut items: Vec<TollItem> = incidents
        .iter()
        .filter(|incident| incident.fresh())
        .filter_map(|incident| toll_item(notes, incident, printed(earlier, &incident.key)))
        .collect();
    items.sort_by(|a, b| (a.news, weight(b), &a.key).cmp(&(b.news, weight(a), &b.key)));
    items
}

/// The incident as the newest earlier digest that had it printed it.
fn printed<'d>(earlier: &'d [Digest], key: &IncidentKey) -> Option<&'d TollItem> {
    earlier.iter().find_map(|digest| digest.tolls.iter().find(|item| item.key == *key))
}

fn toll_item(notes: &mut Notes, incident: &Incident, before: Option<&TollItem>) -> Option<TollItem> {
    let lines: Vec<TollLine> = incident.lines().iter().filter_map(|line| toll_line(notes, line, before)).collect();
    let news = lines.iter().map(|line| line.news).min()?;
    let mut outlets: Vec<String> = Vec::new();
    for telling in &incident.tellings {
        push_new(&mut outlets, &telling.article().outlet);
    }
    Some(TollItem {
        key: incident.key.clone(),
        event: incident.key.event,
        scope: incident.key.scope,
        place: incident.place().map(|place| place.name.clone()),
        day: incident.key.day,
        lines,
        outlets,
        // A further measure of an incident that was printed before is a change of it, not a new incident.
        news: if news == News::New && before.is_some() { News::Changed } else { news },
    })
}

fn toll_line(notes: &mut Notes, line: &Line, before: Option<&TollItem>) -> Option<TollLine> {
    let ground = |notes: &mut Notes, telling: &Telling| {
        let figure = figure(telling.article(), telling.claim, &telling.toll.count, telling.toll.change);
        notes.ground(figure, telling.article(), telling.claim)
    };
    let head = ground(notes, &line.head)?;
    let same = |old: &&TollLine| (old.measure, old.group, old.part) == (line.measure, line.group, line.part);
    let old = before.and_then(|item| item.lines.iter().find(same)).map(|old| &old.figure.value().count);
    let changed = old.is_some_and(|old| *old != head.value().count);
    let news = match old {
        Some(_) if changed && line.head.reading.is_correction() => News::Corrected,
        Some(_) if changed => News::Changed,
        Some(_) => News::Unchanged,
        None => News::New,
    };
    // What earlier editions printed need not stand beside it once more.
    let others = line.others.iter().filter(|telling| telling.reading.fresh).take(OTHERS_MAX);
    let others = others.filter_map(|telling| ground(notes, telling)).collect();
    Some(TollLine {
        measure: line.measure,
        group: line.group,
        part: line.part,
        was: old.filter(|_| changed).cloned(),
        figure: head,
        others,
        news,
    })
}

/// What puts one incident before another: the dead, then the injured, then anyone else.
fn weight(item: &TollItem) -> (u64, u64, u64) {
    let most = |wanted: &dyn Fn(Measure) -> bool| {
        let lines = item.lines.iter().filter(|line| wanted(line.measure));
        lines.filter_map(|line| incident::number(&line.figure.value().count)).max().unwrap_or(0)
    };
    (most(&|m| m == Measure::Killed), most(&|m| m == Measure::Injured), most(&|_| true))
}

fn talks_items(notes: &mut Notes, tracks: &[Track], earlier: &[Digest]) -> Vec<TalksItem> {
    let mut items: Vec<TalksItem> = tracks
        .iter()
        .filter(|track| track.fresh())
        .filter_map(|track| {
            let rounds: Vec<RoundItem> = track
                .rounds
                .iter()
                .filter(|round| round.fresh())
                .filter_map(|round| round_item(notes, &round.head))
                .collect();
            let head = rounds.first()?;
            let now = *head.state.value();
            let before = earlier.iter().find_map(|digest| digest.talks.iter().find(|item| item.key == track.key));
            let was = before.and_then(|item| item.rounds.iter().find(|old| is_same_round(old, head)));
            let was = was.map(|round| *round.state.value());
            let news = match was {
                None => News::New,
                Some(was) if was != now => News::Changed,
                Some(_) => News::Unchanged,
            };
            let parties = track.rounds.first()?.head.talks.parties.clone();
            Some(TalksItem { key: track.key.clone(), parties, rounds, was: was.filter(|was| *was != now), news })
        })
        .collect();
    items.sort_by(|a, b| (a.news, rank(b), &a.key).cmp(&(b.news, rank(a), &b.key)));
    items
}

/// How far apart the days may lie that two editions give one round of talks: rounds last some days.
const ROUND_DAYS_MAX: i32 = 4;

/// Whether an earlier edition's round is this one: nothing known of it speaks against it.
fn is_same_round(old: &RoundItem, new: &RoundItem) -> bool {
    let places = old.place.as_ref().zip(new.place.as_ref());
    let days = old.day.zip(new.day);
    places.is_none_or(|(old, new)| old.eq_ignore_ascii_case(new))
        && days.is_none_or(|(old, new)| (new - old).get_days().abs() <= ROUND_DAYS_MAX)
}

/// What puts one track before another: rounds that took place before plans, then the number of rounds told.
fn rank(item: &TalksItem) -> (bool, usize) {
    (
        item.rounds.iter().any(|round| round.state.value().form != Form::Contacts && round.day.is_some()),
        item.rounds.len(),
    )
}

fn round_item(notes: &mut Notes, told: &Told) -> Option<RoundItem> {
    let (article, talks) = (told.article(), told.talks);
    let state = notes.ground(told.state(), article, told.claim)?;
    let quoted = |span: &super::text::Span| {
        let words = span.slice(&article.text)?.to_owned();
        notes.ground_span(words, article, *span)
    };
    Some(RoundItem {
        state,
        place: told.place().map(str::to_owned),
        day: told.day(),
        topic: talks.topic.clone(),
        mediators: talks.mediators.clone(),
        claimant: told.claim.claimant.clone(),
        stance: told.claim.stance,
        outlet: article.outlet.clone(),
        next: talks.next.iter().filter_map(quoted).collect(),
    })
}

fn munitions_lines(notes: &mut Notes, readings: &[Reading]) -> Vec<MunitionsLine> {
    let mut lines: Vec<MunitionsLine> = Vec::new();
    for reading in in_order(readings.iter().filter(|reading| reading.fresh)) {
        for claim in reading.extraction.claims.iter().filter(|claim| claim.current) {
            let What::Munitions(tally) = &claim.what else { continue };
            let figure = figure(&reading.article, claim, &tally.count, None);
            let Some(figure) = notes.ground(figure, &reading.article, claim) else { continue };
            let line = MunitionsLine {
                munition: tally.munition,
                action: tally.action,
                by: tally.by.clone(),
                place: claim.place.as_ref().map(|place| place.name.clone()),
                figure,
            };
            // The same tally in another paper is not a second tally.
            let same = |other: &MunitionsLine| {
                (other.munition, other.action, &other.by, &other.place, &other.figure.value().count)
                    == (line.munition, line.action, &line.by, &line.place, &line.figure.value().count)
            };
            if !lines.iter().any(same) {
                lines.push(line);
            }
        }
    }
    lines
}

/// Stories without a current typed claim: first those that most outlets carry, then the newest.
fn brief_items(notes: &mut Notes, readings: &[Reading]) -> (Vec<BriefItem>, usize) {
    let mut stories: Vec<(String, &Reading, Vec<String>)> = Vec::new();
    let untyped = |reading: &&Reading| {
        // Kinds of files have no section yet: their stories stay in brief, so that none is lost.
        let has_section = |claim: &Claim| !matches!(claim.what, What::Developed(_));
        let typed = reading.extraction.claims.iter().any(|claim| claim.current && has_section(claim));
        reading.fresh && !typed && extract::reads(&reading.article)
    };
    for reading in in_order(readings.iter().filter(untyped)) {
        let headline = reading.article.title.trim().to_owned();
        let folded = headline.to_lowercase();
        match stories.iter_mut().find(|(known, _, _)| !folded.is_empty() && *known == folded) {
            Some((_, _, outlets)) => push_new(outlets, &reading.article.outlet),
            None => stories.push((folded, reading, vec![reading.article.outlet.clone()])),
        }
    }
    stories.sort_by_key(|(_, _, outlets)| std::cmp::Reverse(outlets.len()));
    let more = stories.len().saturating_sub(BRIEF_STORIES_MAX);
    let items = stories.into_iter().take(BRIEF_STORIES_MAX).filter_map(|(_, reading, outlets)| {
        let text = Text::read(&reading.article.text);
        let sentence = notes.ground_span((), &reading.article, text.sentences.first()?.span)?;
        Some(BriefItem { headline: reading.article.title.trim().to_owned(), sentence, outlets })
    });
    (items.collect(), more)
}

/// Newest first; equal times by id, so that the order of arrival never shows.
fn in_order<'a>(readings: impl Iterator<Item = &'a Reading>) -> Vec<&'a Reading> {
    let mut readings: Vec<&Reading> = readings.collect();
    readings.sort_by_key(|reading| {
        (std::cmp::Reverse(reading.article.published.and_then(Published::instant)), reading.article.id.clone())
    });
    readings
}

fn push_new(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
