//! What was promised for a day, and what became of it.
//!
//! A round that is scheduled is a promise to hold it; a next step with a date is one to take it. The first is closed by the
//! round itself, the second by a sentence that says that a deadline was met, missed, put off or dropped. What is put off to
//! another day is promised anew, for that day. When the day is past and nothing is said, that is what is told: not reported.

use jiff::{ToSpan as _, civil};
use serde::{Deserialize, Serialize};

use super::{Round, Told, Track, TrackKey, cues, says, voice};
use crate::news::article::Published;
use crate::news::extract::What;
use crate::news::kinds::Status;
use crate::news::text::{Span, Text};
use crate::news::value::date::{self, Calendar};

/// Reports come late: so many days after its day a promise of which nothing is said is told as not reported.
const GRACE_DAYS: i64 = 2;

/// What became of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Open,
    Kept,
    Missed,
    /// Put off, or moved to the day that is told.
    Postponed {
        to: Option<civil::Date>,
    },
    CalledOff,
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
    let mut deadlines: Vec<Promise> = Vec::new();
    for told in track.rounds.iter().flat_map(|round| &round.tellings) {
        for span in steps_of(told) {
            let Some(due) = due(told, span) else { continue };
            let known = |promise: &Promise| promise.due == due || overlaps(promise.told, promise.span, told, span);
            if !promises.iter().chain(&deadlines).any(known) {
                deadlines.push(Promise { told: *told, span, due, fate: Fate::Open, closed: None });
            }
        }
    }
    // The earliest told first: a day that replaces another is a deadline of its own, of which more may be told.
    deadlines.sort_by(|a, b| (b.told.order(), b.span.start).cmp(&(a.told.order(), a.span.start)));
    while let Some(mut deadline) = deadlines.pop() {
        let is_open = |other: &Promise| !matches!(other.fate, Fate::Missed | Fate::CalledOff | Fate::Postponed { .. });
        let others: Vec<civil::Date> =
            promises.iter().chain(&deadlines).filter(|other| is_open(other)).map(|other| other.due).collect();
        if let Some((fate, told, span)) = word_on(track, &deadline, &others) {
            (deadline.fate, deadline.closed) = (fate, Some((told, span)));
            let to = if let Fate::Postponed { to } = fate { to } else { None };
            if let Some(due) = to.filter(|to| !promises.iter().chain(&deadlines).any(|known| known.due == *to)) {
                deadlines.push(Promise { told, span, due, fate: Fate::Open, closed: None });
            }
        } else {
            deadline.fate = fate_by_day(deadline.due, today);
        }
        promises.push(deadline);
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

/// Each day for which a round was scheduled or put off to, closed by the step that came next.
fn of_round<'a>(round: &Round<'a>, today: civil::Date) -> Vec<Promise<'a>> {
    let promise = |(at, step): (usize, &Told<'a>)| {
        let span = *step.claim.evidence.first()?;
        let due = match step.talks.status {
            Status::Scheduled => step.day()?,
            Status::Postponed => new_day(step, span)?,
            _ => return None,
        };
        let next = round.steps.get(at + 1).and_then(|next| Some((*next, *next.claim.evidence.first()?)));
        let fate = next.map_or_else(
            || fate_by_day(due, today),
            |(next, span)| match next.talks.status {
                Status::UnderWay | Status::Concluded | Status::Stalled => Fate::Kept,
                Status::Cancelled | Status::Rejected => Fate::CalledOff,
                Status::Postponed => Fate::Postponed { to: new_day(&next, span) },
                Status::Scheduled | Status::Proposed => Fate::Postponed { to: next.day() },
            },
        );
        Some(Promise { told: *step, span, due, fate, closed: next })
    };
    round.steps.iter().enumerate().filter_map(promise).collect()
}

fn fate_by_day(due: civil::Date, today: civil::Date) -> Fate {
    if due.saturating_add(GRACE_DAYS.days()) < today { Fate::NotReported } else { Fate::Open }
}

/// The day by which the words of a next step say that it is taken; a month is no day.
fn due(told: &Told, span: Span) -> Option<civil::Date> {
    let published = told.article().published.map(Published::date);
    let text = Text::read(span.slice(&told.article().text)?);
    let found = date::first(&text.tokens, Calendar::ahead(published))?;
    (found.unit < date::Unit::Week && published.is_none_or(|published| found.date.end >= published))
        .then_some(found.date.end)
}

/// The day to which a sentence says that something is put off: "… was postponed from Monday to Friday".
fn new_day(told: &Told, span: Span) -> Option<civil::Date> {
    let text = Text::read(span.slice(&told.article().text)?);
    let calendar = Calendar::ahead(told.article().published.map(Published::date));
    let (after, _) = cues(&text).find(|(_, section)| *section == "postponed")?;
    // The words themselves may end in "to".
    let leads = |at: usize| ["to", "till", "until", "for"].iter().any(|word| text.tokens[at].is(word));
    let days =
        (after..text.tokens.len()).filter(|at| leads(at - 1)).filter_map(|at| date::read(&text.tokens, at, calendar));
    days.filter(|found| found.unit < date::Unit::Week).map(|found| found.date.end).next()
}

/// Looks for the first later sentence of the track's articles that says what became of a deadline. Without a day it can
/// speak of what was due or, before, of a deadline beside which no day of `others` is ahead.
fn word_on<'a>(track: &Track<'a>, deadline: &Promise<'a>, others: &[civil::Date]) -> Option<(Fate, Told<'a>, Span)> {
    let mut later: Vec<Told> = track.rounds.iter().flat_map(|round| &round.tellings).copied().collect();
    later.retain(|told| told.order() > deadline.told.order() && told.article().id != deadline.told.article().id);
    later.sort_by(|a, b| a.order().cmp(&b.order()));
    later.dedup_by_key(|told| &told.article().id);
    later.into_iter().find_map(|told| {
        let sentences = Text::read(&told.article().text).sentences;
        sentences
            .iter()
            .find_map(|sentence| Some((fate_in(track, deadline, others, &told, sentence.span)?, told, sentence.span)))
    })
}

fn fate_in(track: &Track, deadline: &Promise, others: &[civil::Date], told: &Told, span: Span) -> Option<Fate> {
    let words = span.slice(&told.article().text)?;
    let text = Text::read(words);
    let published = told.article().published.map(Published::date);
    let sections: Vec<&str> = cues(&text).map(|(_, section)| section).collect();
    let says = |section: &str| sections.contains(&section);
    let fate = match () {
        () if says("missed") => Fate::Missed,
        () if says("kept") => Fate::Kept,
        () if says("postponed") => Fate::Postponed { to: new_day(told, span) },
        () if says("called off") => Fate::CalledOff,
        () => return None,
    };
    let tokens = &text.tokens;
    let days = |calendar| (0..tokens.len()).filter_map(move |at| date::read(tokens, at, calendar));
    let is_due = |found: &date::Found| found.date.start <= deadline.due && deadline.due <= found.date.end;
    let is_said = match fate {
        // What was due is behind; a sentence without a day speaks of it when its day has come.
        Fate::Missed | Fate::Kept => days(Calendar::past(published))
            .next()
            .map_or(published.is_some_and(|published| published >= deadline.due), |found| is_due(&found)),
        _ => {
            let ahead = Calendar::ahead(published);
            let is_new = |found: &date::Found| fate == Fate::Postponed { to: Some(found.date.end) };
            let is_today = |found: &date::Found| published == Some(found.date.end);
            let no_other_day = days(ahead).all(|found| is_new(&found) || is_today(&found));
            let is_ahead = |due: civil::Date| published.is_none_or(|published| published <= due);
            let is_alone = is_ahead(deadline.due) && !others.iter().any(|due| is_ahead(*due));
            days(ahead).chain(days(Calendar::past(published))).any(|found| is_due(&found))
                || is_alone && no_other_day && (says("sides") || track.key.side_of(words).is_some())
        }
    };
    (is_said && !voice::of(words).denies).then_some(fate)
}
