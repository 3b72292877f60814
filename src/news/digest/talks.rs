//! Talks tracks → the items of a digest.
//!
//! A track is told while something of it is open: what is planned, under way or promised is carried forward from edition to
//! edition, with "no change" where nothing was heard.

use std::collections::BTreeSet;

use jiff::civil;

use super::{Account, Digest, IssueItem, News, PositionItem, PromiseItem, RoundItem, StepItem, TalksItem};
use crate::news::extract::Stance;
use crate::news::grounding::Notes;
use crate::news::kinds::Form;
use crate::news::text::Span;
use crate::news::track::promise::{self, Fate, Promise};
use crate::news::track::{Issue, Round, State, Told, Track, TrackKey};

/// How many other accounts of a round are told.
const ACCOUNTS_MAX: usize = 4;

pub(super) fn talks_items(
    notes: &mut Notes,
    tracks: &[Track],
    today: civil::Date,
    earlier: &[Digest],
) -> Vec<TalksItem> {
    let mut items: Vec<TalksItem> = Vec::new();
    for track in tracks {
        let before = earlier.iter().find_map(|digest| digest.talks.iter().find(|item| item.key == track.key));
        let promises = promise::promises(track, today);
        // What was open when it was last told is told once more when it closes.
        let was_open = |promise: &Promise| {
            before.is_some_and(|item| item.promises.iter().any(|old| old.due == promise.due && old.fate == Fate::Open))
        };
        let promises: Vec<&Promise> = promises
            .iter()
            .filter(|promise| promise.fate == Fate::Open || was_open(promise) || is_fresh(promise))
            .collect();
        let is_told = |round: &&Round| round.fresh() || !round.state().is_closed() && !is_over(round, today);
        let rounds: Vec<RoundItem> =
            track.rounds.iter().filter(is_told).filter_map(|round| round_item(notes, &track.key, round)).collect();
        if rounds.is_empty() && promises.is_empty() {
            continue;
        }
        // A promise that was made known by a round which is over is told with that round.
        let rounds = if rounds.is_empty() {
            track.rounds.first().and_then(|round| round_item(notes, &track.key, round)).into_iter().collect()
        } else {
            rounds
        };
        let next_day = next_day(track, &promises, today);
        let promises = promises.into_iter().filter_map(|promise| promise_item(notes, promise)).collect();
        let readout = if track.fresh() { track.readout() } else { Vec::new() };
        let readout = readout.iter().filter_map(|issue| issue_item(notes, issue)).collect();
        let item = TalksItem {
            key: track.key.clone(),
            parties: track.parties.to_vec(),
            rounds,
            readout,
            promises,
            next_day,
            news: News::Unchanged,
        };
        if !item.rounds.is_empty() {
            items.push(compared(&item, before));
        }
    }
    sort(&mut items);
    items
}

fn is_fresh(promise: &Promise) -> bool {
    promise.told.reading.fresh || promise.closed.is_some_and(|(told, _)| told.reading.fresh)
}

/// A plan whose day is long past is carried forward no more; its promise says that nothing was reported.
fn is_over(round: &Round, today: civil::Date) -> bool {
    round.day().is_some_and(|day| (today - day).get_days() > ROUND_DAYS_MAX)
}

fn next_day(track: &Track, promises: &[&Promise], today: civil::Date) -> Option<civil::Date> {
    let open = |round: &&Round| !round.state().is_closed() && !round.state().is_called_off();
    let rounds = track.rounds.iter().filter(open).filter_map(Round::day);
    let promised = promises.iter().filter(|promise| promise.fate == Fate::Open).map(|promise| promise.due);
    rounds.chain(promised).filter(|day| *day >= today).min()
}

/// A track as one is told it who last read it as `before`.
pub(super) fn compared(item: &TalksItem, before: Option<&TalksItem>) -> TalksItem {
    let round = |round: &RoundItem| {
        let old = before.and_then(|item| item.rounds.iter().find(|old| is_same_round(old, round)));
        let old = old.map(|old| (*old.state.value(), old.day));
        let now = (*round.state.value(), round.day);
        let (was, news) = match old {
            None => (None, News::New),
            Some(old) if differs(old, now) => (Some(old), News::Changed),
            Some(_) => (None, News::Unchanged),
        };
        RoundItem { was, news, ..round.clone() }
    };
    let promise = |promise: &PromiseItem| {
        let old = before.and_then(|item| item.promises.iter().find(|old| old.due == promise.due));
        let news = match (old, promise.fate) {
            (Some(old), fate) if old.fate == fate => News::Unchanged,
            (None, Fate::Open) => News::New,
            _ => News::Changed,
        };
        PromiseItem { news, ..promise.clone() }
    };
    let rounds: Vec<RoundItem> = item.rounds.iter().map(round).collect();
    let promises: Vec<PromiseItem> = item.promises.iter().map(promise).collect();
    let news = rounds.iter().map(|round| round.news).chain(promises.iter().map(|promise| promise.news)).min();
    let news = match news {
        // A further round of a track that is known is a change of it.
        Some(News::New | News::Changed) if before.is_some() => News::Changed,
        Some(News::Changed) => News::New,
        news => news.unwrap_or(News::Unchanged),
    };
    TalksItem { rounds, promises, news, ..item.clone() }
}

/// A state that was known is not unknown because a later report leaves the day out.
fn differs(old: (State, Option<civil::Date>), now: (State, Option<civil::Date>)) -> bool {
    old.0 != now.0 || now.1.is_some() && old.1 != now.1
}

pub(super) fn sort(items: &mut [TalksItem]) {
    items.sort_by(|a, b| (a.news, rank(b), &a.key).cmp(&(b.news, rank(a), &b.key)));
}

/// How far apart the days may lie that two editions give one round of talks: rounds last some days.
const ROUND_DAYS_MAX: i32 = 4;

/// Whether an earlier edition's round is this one: they share a telling, or, where the articles are not at hand, nothing
/// known of it speaks against it.
pub(super) fn is_same_round(old: &RoundItem, new: &RoundItem) -> bool {
    if !old.references.is_empty() && !new.references.is_empty() {
        return !old.references.is_disjoint(&new.references);
    }
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

fn round_item(notes: &mut Notes, key: &TrackKey, round: &Round) -> Option<RoundItem> {
    let head = round.head();
    let (article, talks) = (head.article(), head.talks);
    let state = notes.ground(head.state(), article, head.claim)?;
    let steps = round.steps.iter().filter_map(|step| {
        Some(StepItem { state: notes.ground(step.state(), step.article(), step.claim)?, day: step.day() })
    });
    let steps = steps.collect();
    let accounts = round.accounts(key).into_iter().take(ACCOUNTS_MAX).filter_map(|told| account(notes, key, &told));
    let accounts = accounts.collect();
    let no_statement = round.without_statement();
    let without_statement = no_statement.and_then(|told| notes.ground((), told.article(), told.claim));
    let next = round.tellings.iter().rev().find(|told| !told.talks.next.is_empty());
    let next = next.into_iter().flat_map(|told| told.talks.next.iter().map(move |span| (told, *span)));
    let next = next.filter_map(|(told, span)| quoted(notes, told, span)).collect();
    let topic = talks.topic.clone().or_else(|| round.tellings.iter().rev().find_map(|told| told.talks.topic.clone()));
    let mediators: BTreeSet<&String> = round.tellings.iter().flat_map(|told| &told.talks.mediators).collect();
    Some(RoundItem {
        references: round.tellings.iter().map(Told::reference).collect(),
        state,
        was: None,
        news: News::Unchanged,
        steps,
        accounts,
        without_statement,
        place: round.place().map(str::to_owned),
        day: round.day(),
        topic,
        mediators: mediators.into_iter().cloned().collect(),
        claimant: head.claimant.map(str::to_owned),
        stance: stance(&head),
        outlet: article.outlet.clone(),
        next,
    })
}

fn quoted(notes: &mut Notes, told: &Told, span: Span) -> Option<crate::news::grounding::Grounded<String>> {
    let words = span.slice(&told.article().text)?.to_owned();
    notes.ground_span(words, told.article(), span)
}

fn stance(told: &Told) -> Stance {
    if told.denies { Stance::Denied } else { told.claim.stance }
}

fn account(notes: &mut Notes, key: &TrackKey, told: &Told) -> Option<Account> {
    let claimant = told.claimant?.to_owned();
    Some(Account {
        side: key.side_of(&claimant).map(str::to_owned),
        claimant,
        stance: stance(told),
        outlet: told.article().outlet.clone(),
        state: notes.ground(told.state(), told.article(), told.claim)?,
    })
}

fn issue_item(notes: &mut Notes, issue: &Issue) -> Option<IssueItem> {
    let position = |(side, position, told): &(&str, _, Option<Told>)| PositionItem {
        side: (*side).to_owned(),
        position: *position,
        word: told.and_then(|told| notes.ground((), told.article(), told.claim)),
    };
    let positions: Vec<PositionItem> = issue.positions.iter().map(position).collect();
    // A word whose sentence is not there is not told.
    positions
        .iter()
        .all(|it| it.word.is_some() || it.position == crate::news::track::Position::NotMentioned)
        .then(|| IssueItem { topic: issue.topic.to_owned(), positions })
}

fn promise_item(notes: &mut Notes, promise: &Promise) -> Option<PromiseItem> {
    Some(PromiseItem {
        words: quoted(notes, &promise.told, promise.span)?,
        due: promise.due,
        fate: promise.fate,
        closed: promise.closed.and_then(|(told, span)| quoted(notes, &told, span)),
        news: News::Unchanged,
    })
}
