//! Incidents → the items of a digest, each figure with what it rests on.

use std::collections::BTreeSet;

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::interest::{Nearby, Site};
use super::rank::{self, Rules, Why};
use super::{Digest, Figure, News, figure, push_new};
use crate::news::article::Published;
use crate::news::grounding::{Grounded, Notes};
use crate::news::incident::claimant::Class;
use crate::news::incident::grade::{self, Attested};
use crate::news::incident::plausibility::{self, Decisions, Held, Reason};
use crate::news::incident::reconcile::{self, Choice, Line};
use crate::news::incident::{Incident, IncidentKey, Reading, Telling};
use crate::news::kinds::{Event, Group, Measure, Scope};
use crate::news::text::Span;
use crate::news::value::Count;

/// How many differing figures stand beside a headline figure.
const OTHERS_MAX: usize = 3;

/// One claim that was weighed for a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    pub article: String,
    pub outlet: String,
    pub origin: String,
    pub claimant: Option<String>,
    pub class: Class,
    pub count: Count,
    pub as_of: Option<Published>,
    /// Where the article says it.
    pub spans: Vec<Span>,
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
    /// The least and the most of what is now reported, when claimants differ.
    #[serde(default)]
    pub range: Option<(u64, u64)>,
    /// By which rule the figure heads.
    pub choice: Choice,
    /// Every claim that was weighed, the oldest first.
    #[serde(default)]
    pub weighed: Vec<Weighed>,
    /// Independent origins of those claims.
    #[serde(default)]
    pub origins: usize,
    pub news: News,
}

/// What a fighting side claims of the other's losses: never a headline figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimedLine {
    pub measure: Measure,
    pub group: Group,
    pub part: bool,
    pub figure: Grounded<Figure>,
}

/// One incident in the digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TollItem {
    pub key: IncidentKey,
    /// Its reports, by which it is known again.
    #[serde(default)]
    pub references: BTreeSet<String>,
    pub event: Event,
    pub scope: Scope,
    pub place: Option<String>,
    #[serde(flatten)]
    pub site: Site,
    /// In what one reader gets: which of the reader's own places it is at.
    #[serde(default)]
    pub near: Option<Nearby>,
    pub day: Option<civil::Date>,
    pub lines: Vec<TollLine>,
    #[serde(default)]
    pub claimed: Vec<ClaimedLine>,
    /// Who carried it, without repetition.
    pub outlets: Vec<String>,
    pub attested: Attested,
    pub news: News,
    /// Why it stands where it does.
    #[serde(default)]
    pub why: Vec<Why>,
}

/// A figure that waits for a person: what it is about, and why it is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldItem {
    /// By which it is released or rejected.
    pub id: String,
    pub place: Option<String>,
    pub event: Event,
    pub day: Option<civil::Date>,
    pub measure: Measure,
    pub group: Group,
    pub part: bool,
    /// The claim itself. It is no [`Grounded`] figure, so no template can print its number.
    pub claim: Weighed,
    pub reason: Reason,
}

/// The incidents that an edition tells of, and the figures that are held in them.
pub(super) fn toll_items(
    notes: &mut Notes,
    incidents: &[Incident],
    rules: &Rules,
    decisions: &Decisions,
    readings: &[Reading],
    earlier: &[Digest],
) -> (Vec<TollItem>, Vec<HeldItem>) {
    // An article that changed or was taken back makes news of what it was part of, whatever it says now.
    let fresh: BTreeSet<&str> =
        readings.iter().filter(|reading| reading.fresh).map(|reading| reading.article.id.as_str()).collect();
    let printed = Printed::new(earlier);
    let (mut items, mut held) = (Vec::new(), Vec::new());
    for incident in incidents {
        let before = printed.of(&incident.references).or_else(|| like(earlier, &incident.key));
        let reconciled = reconcile::reconcile(incident, &rules.claimants, decisions);
        let touched = before.is_some_and(|item| item.references.iter().any(|it| fresh.contains(article_of(it))));
        let released = incident.tellings.iter().any(|telling| decisions.released.contains(&plausibility::id(telling)));
        if !incident.fresh() && !touched && !released {
            continue;
        }
        held.extend(reconciled.held.iter().map(|held| held_item(incident, held)));
        items.extend(toll_item(notes, incident, &reconciled, before));
    }
    // What was released long ago and told since is no news.
    items
        .retain(|item| item.news != News::Unchanged || item.references.iter().any(|it| fresh.contains(article_of(it))));
    items.sort_by(rank::order);
    held.sort_by(|a, b| a.id.cmp(&b.id));
    (items, held)
}

/// The article of a report's reference.
pub fn article_of(reference: &str) -> &str {
    reference.split('#').next().unwrap_or_default()
}

/// What earlier digests printed, found again by the reports.
struct Printed<'d> {
    by_reference: std::collections::HashMap<&'d str, (usize, &'d TollItem)>,
}

impl<'d> Printed<'d> {
    /// `earlier` is newest first; of an incident's printings the newest counts.
    fn new(earlier: &'d [Digest]) -> Self {
        let mut by_reference = std::collections::HashMap::new();
        for (age, digest) in earlier.iter().enumerate() {
            for item in &digest.tolls {
                for reference in &item.references {
                    by_reference.entry(reference.as_str()).or_insert((age, item));
                }
            }
        }
        Self { by_reference }
    }

    /// The incident as the newest earlier digest that had it printed it.
    fn of(&self, references: &BTreeSet<String>) -> Option<&'d TollItem> {
        let found = references.iter().filter_map(|reference| self.by_reference.get(reference.as_str()));
        best(found.map(|(age, item)| (*age, *item)), references)
    }
}

/// The one incident of the newest earlier digests that is alike in all of its key, when its articles are not at hand.
fn like<'d>(earlier: &'d [Digest], key: &IncidentKey) -> Option<&'d TollItem> {
    let alike = |digest: &'d Digest| -> Vec<&'d TollItem> {
        digest.tolls.iter().filter(|item| item.key.is_like(key)).collect()
    };
    // Two strikes of one day are told apart by their articles only.
    match earlier.iter().map(alike).find(|items| !items.is_empty())?[..] {
        [item] => Some(item),
        _ => None,
    }
}

/// Of several items that share a report, each with its age, the newest; of equally new ones the one that shares most.
pub(super) fn best<'d>(
    items: impl Iterator<Item = (usize, &'d TollItem)>,
    references: &BTreeSet<String>,
) -> Option<&'d TollItem> {
    let shared = |item: &TollItem| item.references.intersection(references).count();
    items.min_by_key(|(age, item)| (*age, std::cmp::Reverse(shared(item)), &item.key)).map(|(_, item)| item)
}

fn toll_item(
    notes: &mut Notes,
    incident: &Incident,
    reconciled: &reconcile::Reconciled,
    before: Option<&TollItem>,
) -> Option<TollItem> {
    let lines: Vec<TollLine> = reconciled.lines.iter().filter_map(|line| toll_line(notes, line, before)).collect();
    let claimed: Vec<ClaimedLine> =
        reconciled.claimed.iter().filter_map(|telling| claimed_line(notes, telling)).collect();
    let mut outlets: Vec<String> = Vec::new();
    for telling in &incident.tellings {
        push_new(&mut outlets, &telling.article().outlet);
    }
    let mut item = TollItem {
        key: incident.key.clone(),
        references: incident.references.clone(),
        event: incident.key.event,
        scope: incident.key.scope,
        place: incident.place.map(|place| place.name.clone()),
        site: Site::of(incident.place),
        near: None,
        day: incident.key.day,
        news: News::Unchanged,
        lines,
        claimed,
        outlets,
        attested: grade::grade(incident, reconciled),
        why: Vec::new(),
    };
    item.news = news(&item, before)?;
    item.why = rank::why(&item);
    Some(item)
}

/// Whether an incident is news to one who last read it as `before`; `None` if there is nothing to tell of it.
pub(super) fn news(item: &TollItem, before: Option<&TollItem>) -> Option<News> {
    let lines = item.lines.iter().map(|line| line.news).min();
    let claims = |item: &TollItem| -> Vec<(Measure, Group, bool, Count)> {
        let key = |line: &ClaimedLine| (line.measure, line.group, line.part, line.figure.value().count.clone());
        item.claimed.iter().map(key).collect()
    };
    let claimed = match before {
        _ if item.claimed.is_empty() => None,
        None => Some(News::New),
        Some(before) if claims(before) == claims(item) => Some(News::Unchanged),
        Some(_) => Some(News::Changed),
    };
    let news = lines.into_iter().chain(claimed).min()?;
    let lost = before.is_some_and(|before| before.lines.iter().any(|old| line_of(item, old).is_none()));
    Some(match news {
        // A further measure of an incident that was printed before is a change of it, not a new incident.
        News::New if before.is_some() => News::Changed,
        News::Unchanged if lost => News::Changed,
        news => news,
    })
}

/// The line of an item that counts the same.
pub(super) fn line_of<'i>(item: &'i TollItem, like: &TollLine) -> Option<&'i TollLine> {
    item.lines.iter().find(|line| (line.measure, line.group, line.part) == (like.measure, like.group, like.part))
}

fn ground(notes: &mut Notes, telling: &Telling) -> Option<Grounded<Figure>> {
    let figure = figure(telling.article(), telling.claim, &telling.toll.count, telling.change());
    notes.ground(figure, telling.article(), telling.claim)
}

fn toll_line(notes: &mut Notes, line: &Line, before: Option<&TollItem>) -> Option<TollLine> {
    let head = ground(notes, &line.head)?;
    let same = |old: &&TollLine| (old.measure, old.group, old.part) == (line.measure, line.group, line.part);
    let old = before.and_then(|item| item.lines.iter().find(same)).map(|old| &old.figure.value().count);
    let others = line.others.iter().take(OTHERS_MAX).filter_map(|telling| ground(notes, telling)).collect();
    let (was, news) = compared(&head.value().count, old, line.head.reading.is_correction());
    let origins: BTreeSet<&str> = line.weighed.iter().map(|telling| telling.reading.origin.as_str()).collect();
    Some(TollLine {
        measure: line.measure,
        group: line.group,
        part: line.part,
        was,
        figure: head,
        others,
        range: line.range,
        choice: line.choice,
        weighed: line.weighed.iter().map(weighed).collect(),
        origins: origins.len(),
        news,
    })
}

/// What a reader who last read `old` is told of a count.
pub(super) fn compared(now: &Count, old: Option<&Count>, corrects: bool) -> (Option<Count>, News) {
    match old {
        Some(old) if old != now && corrects => (Some(old.clone()), News::Corrected),
        Some(old) if old != now => (Some(old.clone()), News::Changed),
        Some(_) => (None, News::Unchanged),
        None => (None, News::New),
    }
}

fn claimed_line(notes: &mut Notes, telling: &Telling) -> Option<ClaimedLine> {
    let toll = telling.toll;
    let figure = ground(notes, telling)?;
    Some(ClaimedLine { measure: toll.measure, group: toll.group, part: toll.part, figure })
}

fn held_item(incident: &Incident, held: &Held) -> HeldItem {
    let toll = held.telling.toll;
    HeldItem {
        id: plausibility::id(&held.telling),
        place: incident.place.map(|place| place.name.clone()),
        event: incident.key.event,
        day: incident.key.day,
        measure: toll.measure,
        group: toll.group,
        part: toll.part,
        claim: weighed(&held.telling),
        reason: held.reason,
    }
}

fn weighed(telling: &Telling) -> Weighed {
    Weighed {
        article: telling.article().id.clone(),
        outlet: telling.article().outlet.clone(),
        origin: telling.reading.origin.clone(),
        claimant: telling.claim.claimant.clone(),
        class: reconcile::class(telling),
        count: telling.toll.count.clone(),
        as_of: telling.article().published,
        spans: telling.claim.evidence.clone(),
    }
}
