//! Air-defence tallies, and the stories in which nothing typed was found.

use super::interest::Site;
use super::{BRIEF_STORIES_MAX, BriefItem, MunitionsLine, figure, push_new};
use crate::news::article::Published;
use crate::news::extract::{self, What};
use crate::news::grounding::Notes;
use crate::news::incident::{Reading, Standing};
use crate::news::text::Text;

pub(super) fn munitions_lines(notes: &mut Notes, readings: &[Reading]) -> Vec<MunitionsLine> {
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
                site: Site::of(claim.place.as_ref()),
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

/// Stories without a current typed claim: first those of most independent origins, then the newest.
pub(super) fn brief_items(notes: &mut Notes, readings: &[Reading]) -> (Vec<BriefItem>, usize) {
    let mut stories: Vec<Story> = Vec::new();
    let untyped = |reading: &&Reading| {
        let typed = reading.extraction.claims.iter().any(|claim| claim.current);
        reading.fresh && !typed && extract::reads(&reading.article) && reading.standing != Standing::Withdrawn
    };
    for reading in in_order(readings.iter().filter(untyped)) {
        let headline = reading.article.title.trim().to_owned();
        let folded = headline.to_lowercase();
        // An agency's text has another heading in every paper, and two papers' texts may have the same one.
        let same = |story: &Story| story.reading.story == reading.story || !folded.is_empty() && story.folded == folded;
        match stories.iter_mut().find(|story| same(story)) {
            Some(story) => {
                push_new(&mut story.outlets, &reading.article.outlet);
                push_new(&mut story.origins, &reading.origin);
            }
            None => stories.push(Story {
                folded,
                reading,
                outlets: vec![reading.article.outlet.clone()],
                origins: vec![reading.origin.clone()],
            }),
        }
    }
    stories.sort_by_key(|story| std::cmp::Reverse((story.origins.len(), story.outlets.len())));
    let more = stories.len().saturating_sub(BRIEF_STORIES_MAX);
    let items =
        stories.into_iter().take(BRIEF_STORIES_MAX).filter_map(|Story { reading, outlets, origins, .. }| {
            let text = Text::read(&reading.article.text);
            let sentence = notes.ground_span((), &reading.article, text.sentences.first()?.span)?;
            let headline = reading.article.title.trim().to_owned();
            Some(BriefItem { headline, sentence, outlets, origins: origins.len() })
        });
    (items.collect(), more)
}

/// One story in the making.
struct Story<'a> {
    /// Its heading in lower case.
    folded: String,
    /// The newest article of it.
    reading: &'a Reading,
    outlets: Vec<String>,
    origins: Vec<String>,
}

/// Newest first; equal times by id, so that the order of arrival never shows.
pub(super) fn in_order<'a>(readings: impl Iterator<Item = &'a Reading>) -> Vec<&'a Reading> {
    let mut readings: Vec<&Reading> = readings.collect();
    readings.sort_by_key(|reading| {
        (std::cmp::Reverse(reading.article.published.and_then(Published::instant)), reading.article.id.clone())
    });
    readings
}
