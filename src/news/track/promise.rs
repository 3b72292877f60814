//! What was promised for a day, and what became of it.
//!
//! A round that is scheduled is a promise to hold it; a next step with a date is one to take it. The first is closed by the
//! round itself, the second by a sentence that says that a deadline was met or missed. When the day is past and nothing is
//! said, that is what is told: not reported.

use jiff::{ToSpan as _, civil};
use serde::{Deserialize, Serialize};

use super::{Round, Told, Track, TrackKey, says};
use crate::news::article::Published;
use crate::news::extract::What;
use crate::news::kinds::Status;
use crate::news::text::{Span, Text};
use crate::news::value::date::{self, Calendar, DateSpan};

/// Reports come late: so many days after its day a promise of which nothing is said is told as not reported.
const GRACE_DAYS: i64 = 2;

/// What became of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Open,
    Kept,
    Missed,
    NotReported,
}

/// A promise, and the sentence that closed it.
#[derive(Clone, Debug)]
pub struct Promise<'a> {
    pub told: Told<'a>,
    /// Where the article says it.
    pub span: Span,
    pub due: civil::Date,
    pub fate: Fate,
    pub closed: Option<(Told<'a>, Span)>,
}

/// The promises of a track, the earliest due first.
pub fn promises<'a>(track: &Track<'a>, today: civil::Date) -> Vec<Promise<'a>> {
    let mut promises: Vec<Promise> = track.rounds.iter().flat_map(|round| of_round(round, today)).collect();
    for told in track.rounds.iter().flat_map(|round| &round.tellings) {
        for span in &steps_of(told) {
            let due = due(told, *span);
            let known = |promise: &Promise| {
                Some(promise.due) == due.map(|date| date.end) || overlaps(promise.told, promise.span, told, *span)
            };
            if let Some(due) = due.filter(|_| !promises.iter().any(known)) {
                let (fate, closed) = fate_of_deadline(track, told, due, today);
                promises.push(Promise { told: *told, span: *span, due: due.end, fate, closed });
            }
        }
    }
    promises.sort_by(|a, b| (a.due, a.told.order(), a.span.start).cmp(&(b.due, b.told.order(), b.span.start)));
    promises
}

/// The next steps that a telling names, and what its article promises by a day, where it tells of one track only.
fn steps_of(told: &Told) -> Vec<Span> {
    let mut steps = told.talks.next.clone();
    let article = told.article();
    let keys = told.reading.extraction.claims.iter().filter_map(|claim| match &claim.what {
        What::Talks(talks) if claim.current => Some(TrackKey::of(talks)),
        _ => None,
    });
    let mut keys: Vec<TrackKey> = keys.collect();
    keys.sort();
    keys.dedup();
    if let [_] = keys[..] {
        let text = Text::read(&article.text);
        let calendar = Calendar::ahead(article.published.map(Published::date));
        for sentence in &text.sentences {
            let tokens = text.tokens_of(sentence);
            let by = ["by", "before", "until", "till"];
            let led = |found: &date::Found| {
                found.tokens.start > 0 && by.iter().any(|word| tokens[found.tokens.start - 1].is(word))
            };
            let is_dated = date::first(tokens, calendar).is_some_and(|found| led(&found));
            if is_dated && sentence.span.slice(&article.text).is_some_and(|words| says(words, "promise")) {
                steps.push(sentence.span);
            }
        }
    }
    steps
}

fn overlaps(one: Told, span: Span, other: &Told, other_span: Span) -> bool {
    one.article().id == other.article().id && span.start < other_span.end && other_span.start < span.end
}

/// Each day for which a round was scheduled, closed by the step that came next.
fn of_round<'a>(round: &Round<'a>, today: civil::Date) -> Vec<Promise<'a>> {
    let scheduled = round.steps.iter().enumerate().filter(|(_, step)| step.talks.status == Status::Scheduled);
    let promise = |(at, step): (usize, &Told<'a>)| {
        let (due, span) = (step.day()?, *step.claim.evidence.first()?);
        let next = round.steps.get(at + 1);
        let closed = next.and_then(|step| Some((*step, *step.claim.evidence.first()?)));
        let fate = match next.map(|step| step.talks.status) {
            Some(Status::UnderWay | Status::Concluded | Status::Stalled) => Fate::Kept,
            Some(_) => Fate::Missed,
            None => fate_by_day(due, today),
        };
        Some(Promise { told: *step, span, due, fate, closed })
    };
    scheduled.filter_map(promise).collect()
}

fn fate_by_day(due: civil::Date, today: civil::Date) -> Fate {
    if due.saturating_add(GRACE_DAYS.days()) < today { Fate::NotReported } else { Fate::Open }
}

/// The day by which the words of a next step say that it is taken; a month is no day.
fn due(told: &Told, span: Span) -> Option<DateSpan> {
    let published = told.article().published.map(Published::date);
    let text = Text::read(span.slice(&told.article().text)?);
    let found = date::first(&text.tokens, Calendar::ahead(published))?;
    (found.unit < date::Unit::Week && published.is_none_or(|published| found.date.end >= published))
        .then_some(found.date)
}

/// Looks for a later sentence of the track's articles that says what became of a deadline.
fn fate_of_deadline<'a>(
    track: &Track<'a>,
    promised: &Told<'a>,
    due: DateSpan,
    today: civil::Date,
) -> (Fate, Option<(Told<'a>, Span)>) {
    let later = track.rounds.iter().flat_map(|round| &round.tellings).filter(|told| told.order() > promised.order());
    for told in later.filter(|told| told.article().id != promised.article().id) {
        let article = told.article();
        let published = article.published.map(Published::date);
        for sentence in &Text::read(&article.text).sentences {
            let words = sentence.span.slice(&article.text).unwrap_or_default();
            let fate = match (says(words, "missed"), says(words, "kept")) {
                (true, _) => Fate::Missed,
                (_, true) => Fate::Kept,
                _ => continue,
            };
            // A sentence with a day speaks of the deadline of that day, one without of the one that is due.
            let day = date::first(&Text::read(words).tokens, Calendar::past(published));
            let is_it = day.map_or(published.is_some_and(|published| published >= due.start), |day| {
                day.date.start <= due.end && due.start <= day.date.end
            });
            if is_it {
                return (fate, Some((*told, sentence.span)));
            }
        }
    }
    (fate_by_day(due.end, today), None)
}
