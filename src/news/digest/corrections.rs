//! The corrections desk: figures that an earlier edition printed and that their own article no longer stands behind.
//!
//! An article can correct itself aloud (a heading, an editors' note), take itself back, or be edited in silence: then the
//! sentence that carried a printed figure is no longer in it. Only the newest text of an article counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::tolls::{TollItem, TollLine, article_of};
use super::{Digest, Figure, figure};
use crate::news::extract::What;
use crate::news::grounding::{Grounded, Notes};
use crate::news::incident::{Reading, Standing, number};
use crate::news::kinds::{Event, Group, Measure};
use crate::news::value::Count;

/// How an article went back on a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The whole article was taken back.
    Withdrawn,
    /// It says that it corrects itself.
    Corrected,
    /// The sentence was changed, and nothing says so.
    Silent,
}

/// One printed figure that no longer stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The incident's reports when it was printed.
    pub references: BTreeSet<String>,
    pub place: Option<String>,
    pub event: Event,
    pub day: Option<civil::Date>,
    pub measure: Measure,
    pub group: Group,
    pub part: bool,
    pub how: How,
    /// The figure as it was printed.
    pub printed: Count,
    pub article: String,
    pub outlet: String,
    /// What the article gives now, if it still gives a figure.
    pub now: Option<Grounded<Figure>>,
}

impl Correction {
    /// Whether it should not wait for the next edition: a story taken back, a correction spoken aloud, a figure lowered in
    /// silence. A page that is rewritten with a higher figure goes on with its story.
    fn is_urgent(&self) -> bool {
        let lowered = || {
            let now = self.now.as_ref().and_then(|now| number(&now.value().count));
            now.zip(number(&self.printed)).is_some_and(|(now, printed)| now < printed)
        };
        self.how != How::Silent || lowered()
    }

    /// Whether an earlier correction said this already.
    pub(super) fn repeats(&self, earlier: &Self) -> bool {
        let line = |it: &Self| (it.article.clone(), it.measure, it.group, it.part);
        let now = |it: &Self| it.now.as_ref().map(|now| number(&now.value().count));
        line(self) == line(earlier) && now(self) == now(earlier) && !self.references.is_disjoint(&earlier.references)
    }
}

/// The articles that go back on what `earlier` digests (newest first) printed, in a way that should not wait for the next
/// edition and that none of them corrected yet.
pub fn urgent(readings: &[Reading], earlier: &[Digest]) -> BTreeSet<String> {
    let found = corrections(&mut Notes::default(), readings, earlier);
    let told = |it: &Correction| earlier.iter().flat_map(|digest| &digest.corrections).any(|old| it.repeats(old));
    found.into_iter().filter(|it| it.is_urgent() && !told(it)).map(|it| it.article).collect()
}

/// The corrections that fresh articles bring to what earlier digests printed.
pub(super) fn corrections(notes: &mut Notes, readings: &[Reading], earlier: &[Digest]) -> Vec<Correction> {
    let fresh: BTreeMap<&str, &Reading> =
        readings.iter().filter(|reading| reading.fresh).map(|reading| (reading.article.id.as_str(), reading)).collect();
    let mut found: BTreeMap<_, Correction> = BTreeMap::new();
    // Of a figure that several editions printed, the newest printing is corrected.
    for digest in earlier {
        for item in &digest.tolls {
            for line in &item.lines {
                let Some(note) = digest.notes.get(line.figure.note()) else { continue };
                let Some(reading) = fresh.get(note.article.as_str()) else { continue };
                let key = (item.key.clone(), line.measure, line.group, line.part, note.article.clone());
                if found.contains_key(&key) {
                    continue;
                }
                found.extend(correction(notes, reading, item, line, &note.quote).map(|correction| (key, correction)));
            }
        }
    }
    found.into_values().collect()
}

fn correction(
    notes: &mut Notes,
    reading: &Reading,
    item: &TollItem,
    line: &TollLine,
    quote: &str,
) -> Option<Correction> {
    let printed = &line.figure.value().count;
    let how = match reading.standing {
        Standing::Withdrawn => How::Withdrawn,
        Standing::Corrected => How::Corrected,
        Standing::Stands if reading.article.text.contains(quote) => return None,
        Standing::Stands => How::Silent,
    };
    let now = if how == How::Withdrawn { None } else { given_now(reading, item, line) };
    if now.is_some_and(|(_, count)| number(count) == number(printed)) {
        return None;
    }
    let now = now.and_then(|(claim, count)| {
        let figure = figure(&reading.article, claim, count, None);
        notes.ground(figure, &reading.article, claim)
    });
    Some(Correction {
        references: item.references.clone(),
        place: item.place.clone(),
        event: item.event,
        day: item.day,
        measure: line.measure,
        group: line.group,
        part: line.part,
        how,
        printed: printed.clone(),
        article: reading.article.id.clone(),
        outlet: reading.article.outlet.clone(),
        now,
    })
}

/// What the article now gives for a printed line: of its figures for that measure and group in the item's place the
/// greatest, as the ledger takes it.
fn given_now<'a>(
    reading: &'a Reading,
    item: &TollItem,
    line: &TollLine,
) -> Option<(&'a crate::news::extract::Claim, &'a Count)> {
    let own = item.references.iter().any(|reference| article_of(reference) == reading.article.id);
    let claims = reading.extraction.claims.iter().filter(|claim| claim.current && own).filter_map(|claim| {
        let What::Toll(toll) = &claim.what else { return None };
        let same =
            (toll.measure, toll.group, toll.part, toll.scope) == (line.measure, line.group, line.part, item.scope);
        let there =
            claim.place.as_ref().is_none_or(|place| item.place.as_ref().is_none_or(|known| *known == place.name));
        (same && there).then_some((claim, &toll.count))
    });
    claims.max_by_key(|(_, count)| number(count))
}
