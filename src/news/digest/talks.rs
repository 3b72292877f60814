//! Talks tracks → the items of a digest.

use super::{Digest, News, RoundItem, TalksItem};
use crate::news::grounding::Notes;
use crate::news::kinds::Form;
use crate::news::text::Span;
use crate::news::track::{State, Told, Track};

pub(super) fn talks_items(notes: &mut Notes, tracks: &[Track], earlier: &[Digest]) -> Vec<TalksItem> {
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
            let before = earlier.iter().find_map(|digest| digest.talks.iter().find(|item| item.key == track.key));
            let (was, news) = moved(head, before);
            let parties = track.rounds.first()?.head.talks.parties.clone();
            Some(TalksItem { key: track.key.clone(), parties, rounds, was, news })
        })
        .collect();
    sort(&mut items);
    items
}

/// How a track moved for one who last read it as `before`.
fn moved(head: &RoundItem, before: Option<&TalksItem>) -> (Option<State>, News) {
    let now = *head.state.value();
    let was = before.and_then(|item| item.rounds.iter().find(|old| is_same_round(old, head)));
    match was.map(|round| *round.state.value()) {
        None => (None, News::New),
        Some(was) if was != now => (Some(was), News::Changed),
        Some(_) => (None, News::Unchanged),
    }
}

/// A track as one is told it who last read it as `before`.
pub(super) fn compared(item: &TalksItem, before: Option<&TalksItem>) -> TalksItem {
    let (was, news) = item.rounds.first().map_or((None, item.news), |head| moved(head, before));
    TalksItem { was, news, ..item.clone() }
}

pub(super) fn sort(items: &mut [TalksItem]) {
    items.sort_by(|a, b| (a.news, rank(b), &a.key).cmp(&(b.news, rank(a), &b.key)));
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
    let quoted = |span: &Span| {
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
