//! Incidents, tracks and what earlier digests said → [`Digest`]: ordered, compared, grounded.
//!
//! A digest is the record of an edition: it is stored as sent, every rendering is made from it, and the next edition
//! takes its "was" from it. It holds only [`Grounded`] statements and our own words for them ([`super::wording`]). What
//! one reader gets of it, against what that reader last got, is [`told`]'s.

mod brief;
pub mod corrections;
pub mod developments;
pub mod indexed;
pub mod interest;
pub mod rank;
mod talks;
pub mod thread;
pub mod told;
pub mod tolls;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

use self::corrections::Correction;
use self::developments::DevelopmentItem;
use self::interest::Site;
use self::rank::Rules;
use self::tolls::{HeldItem, TollItem};
use super::article::{Article, Published};
use super::extract::{Claim, Stance};
use super::grounding::{Grounded, Notes};
use super::incident::plausibility::Decisions;
use super::incident::{self, Reading};
use super::kinds::pattern::Kinds;
use super::kinds::{Change, MunitionAction, MunitionType};
use super::picture::Pictures;
use super::picture::map::Borders;
use super::track::promise::Fate;
use super::track::{self, Position, State, TrackKey};
use super::value::Count;
use super::wording::Language;

/// How many stories *In brief* names before it only counts the rest.
pub const BRIEF_STORIES_MAX: usize = 12;

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
    /// Made between two editions, because an article went back on what was printed: only for those who were sent that.
    #[serde(default)]
    pub only_corrects: bool,
    /// The ends of earlier editions that reached nobody: this one holds their facts over.
    pub held_over: Vec<Timestamp>,
    pub composed_at: Timestamp,
    pub sections: Vec<Section>,
    pub coverage: Coverage,
    #[serde(default)]
    pub rules: Rules,
    #[serde(default)]
    pub look: Look,
}

/// How an edition speaks and draws, and where it stands on the web. Kept with it, so that what was sent can be made again
/// whatever the configuration says by then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    pub language: Language,
    pub borders: Borders,
    /// Its permanent address.
    pub web: Option<String>,
}

/// "2031-03-05T050000Z".
const STEM_TIME: &str = "%Y-%m-%dT%H%M%SZ";
const STEM_TIME_BYTES: usize = 18;

impl Frame {
    /// Names the edition's files in an archive, "daily-2031-03-05T050000Z".
    pub fn stem(&self) -> String {
        format!("{}-{}", self.name, self.composed_at.strftime(STEM_TIME))
    }

    /// The name and the second of which a text is the [`stem`](Self::stem).
    pub fn read_stem(stem: &str) -> Option<(&str, Timestamp)> {
        let at = stem.len().checked_sub(STEM_TIME_BYTES)?;
        let (name, time) = (stem.get(..at)?.strip_suffix('-')?, stem.get(at..)?);
        let time = civil::DateTime::strptime(STEM_TIME, time).ok()?;
        Some((name, jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?))
    }
}

/// The parts of a digest that an edition can order or leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    Changes,
    Talks,
    Tolls,
    Munitions,
    /// What the kinds of files found.
    Developments,
    Brief,
}

impl Section {
    /// All of them, in the order of the house.
    pub const ALL: [Self; 6] =
        [Self::Changes, Self::Talks, Self::Tolls, Self::Munitions, Self::Developments, Self::Brief];
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
    /// When it last answered.
    #[serde(default)]
    pub since: Option<Timestamp>,
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

/// What one voice says of a round, beside the telling that says how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub claimant: String,
    /// The side for which it speaks, if it does.
    pub side: Option<String>,
    pub stance: Stance,
    pub outlet: String,
    pub state: Grounded<State>,
}

/// A state that a round was in, and the day of which that was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepItem {
    pub state: Grounded<State>,
    pub day: Option<civil::Date>,
}

/// One round of talks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundItem {
    /// Its tellings, by which it is known again.
    #[serde(default)]
    pub references: BTreeSet<String>,
    pub state: Grounded<State>,
    /// How an earlier digest last had it, and for which day, where this one differs.
    #[serde(default)]
    pub was: Option<(State, Option<civil::Date>)>,
    #[serde(default = "unchanged")]
    pub news: News,
    /// The states it went through, the oldest first, each with its sentence.
    #[serde(default)]
    pub steps: Vec<StepItem>,
    /// What others say of it.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// The sentence that says that there was no joint statement.
    #[serde(default)]
    pub without_statement: Option<Grounded<()>>,
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
    /// Issue by issue what each side says.
    #[serde(default)]
    pub readout: Vec<IssueItem>,
    #[serde(default)]
    pub promises: Vec<PromiseItem>,
    /// The next day for which something is planned.
    #[serde(default)]
    pub next_day: Option<civil::Date>,
    pub news: News,
}

fn unchanged() -> News {
    News::Unchanged
}

/// One issue of a negotiation, and where its sides stand on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueItem {
    pub topic: String,
    pub positions: Vec<PositionItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionItem {
    pub side: String,
    pub position: Position,
    pub word: Option<Grounded<()>>,
}

/// What was promised for a day, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromiseItem {
    pub words: Grounded<String>,
    pub due: civil::Date,
    pub fate: Fate,
    /// The sentence that says so.
    pub closed: Option<Grounded<String>>,
    pub news: News,
}

/// One line of an air-defence tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MunitionsLine {
    pub munition: MunitionType,
    pub action: MunitionAction,
    pub by: Option<String>,
    pub place: Option<String>,
    #[serde(flatten)]
    pub site: Site,
    pub figure: Grounded<Figure>,
}

/// A story in which nothing typed was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BriefItem {
    pub headline: String,
    /// The first sentence, as a quotation.
    pub sentence: Grounded<()>,
    pub outlets: Vec<String>,
    /// Independent origins among the outlets.
    #[serde(default)]
    pub origins: usize,
}

/// One edition's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    #[serde(flatten)]
    pub frame: Frame,
    /// True when no earlier digest of this name is known, so that nothing can have changed.
    pub first: bool,
    /// What was printed before and was wrong.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    pub talks: Vec<TalksItem>,
    pub tolls: Vec<TollItem>,
    pub munitions: Vec<MunitionsLine>,
    #[serde(default)]
    pub developments: Vec<DevelopmentItem>,
    /// Developments beyond [`developments::ITEMS_MAX`].
    #[serde(default)]
    pub developments_more: usize,
    pub brief: Vec<BriefItem>,
    /// Stories beyond [`BRIEF_STORIES_MAX`].
    pub brief_more: usize,
    /// What the edition's chart and map show.
    #[serde(default)]
    pub pictures: Pictures,
    /// Figures that a person has to look at before they are printed.
    #[serde(default)]
    pub held: Vec<HeldItem>,
    /// What the reading-time budget left out, by its title: it stays news until it is told.
    #[serde(default)]
    pub left_out: Vec<String>,
    pub notes: Notes,
}

/// Composes an edition. `earlier` holds what was printed before under this name, newest first; `decisions` what people
/// decided of held figures.
///
/// Pure: the same readings in any order, the same earlier digests and the same frame give the same digest.
pub fn compose(frame: Frame, readings: &[Reading], earlier: &[Digest], decisions: &Decisions) -> Digest {
    compose_with(frame, readings, earlier, decisions, Kinds::standard())
}

/// The same where the readings were made with these kinds.
pub fn compose_with(
    frame: Frame,
    readings: &[Reading],
    earlier: &[Digest],
    decisions: &Decisions,
    kinds: &Kinds,
) -> Digest {
    let mut notes = Notes::default();
    let corrections = corrections::corrections(&mut notes, readings, earlier);
    let today = frame.window.to.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let talks = talks::talks_items(&mut notes, &track::tracks(readings), today, earlier);
    let incidents = incident::incidents(readings);
    let (tolls, held) = tolls::toll_items(&mut notes, &incidents, &frame.rules, decisions, readings, earlier);
    let pictures = Pictures::of(&tolls, &incidents, earlier);
    let munitions = brief::munitions_lines(&mut notes, readings);
    let (developments, developments_more) = developments::items(&mut notes, readings, kinds, earlier);
    let (brief, brief_more) = brief::brief_items(&mut notes, readings);
    Digest {
        frame,
        first: earlier.is_empty(),
        corrections,
        talks,
        tolls,
        munitions,
        developments,
        developments_more,
        brief,
        brief_more,
        pictures,
        held,
        left_out: Vec::new(),
        notes,
    }
}

impl Digest {
    /// Whether the reader gets it at all: what only corrects is for those for whom it corrects something.
    pub fn is_for_reader(&self) -> bool {
        !self.frame.only_corrects || !self.corrections.is_empty()
    }

    /// Nothing in the parts of it that are shown that its reader does not know already.
    pub fn is_quiet(&self) -> bool {
        let shows = |section| self.frame.sections.contains(&section);
        let is_told = |section, news: News| match news {
            News::Unchanged => false,
            News::New => shows(section),
            News::Changed | News::Corrected => shows(section) || shows(Section::Changes),
        };
        !(shows(Section::Brief) && !self.brief.is_empty()
            || shows(Section::Munitions) && !self.munitions.is_empty()
            || shows(Section::Developments) && !self.developments.is_empty()
            || !self.corrections.is_empty()
            || self.tolls.iter().any(|item| is_told(Section::Tolls, item.news))
            || self.talks.iter().any(|item| is_told(Section::Talks, item.news)))
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

fn push_new(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
