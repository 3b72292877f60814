//! Talks in words: rounds, their states, what each side says, what was promised.

use jiff::civil;

use super::{Language, names};
use crate::news::digest::{Account, IssueItem, PromiseItem, RoundItem, TalksItem};
use crate::news::extract::Stance;
use crate::news::kinds::Status;
use crate::news::track::promise::Fate;
use crate::news::track::{Position, State};

/// Whose word a round's state is: "Kremlin spokesman … says, in …", or the outlet's own report.
pub fn says(round: &RoundItem, language: Language) -> String {
    let outlet = &round.outlet;
    match (&round.claimant, round.stance, language) {
        (Some(who), Stance::Denied, _) => format!("{} {who}", language.pick("denied by", "заперечує")),
        (Some(who), _, Language::English) => format!("{who} says, in {outlet}"),
        (Some(who), _, Language::Ukrainian) => format!("каже {who} ({outlet})"),
        (None, _, _) => format!("{} {outlet}", language.pick("reported by", "повідомляє")),
    }
}

/// "scheduled for 5 Mar": a state of a round, with the day it was for.
pub fn state_for(of: &State, date: Option<civil::Date>, edition: civil::Date, language: Language) -> String {
    let planned = matches!(of.status, Status::Scheduled | Status::Proposed);
    let on = language.pick(" for", " на");
    let date = date.filter(|_| planned);
    let date = date.map_or_else(String::new, |date| format!("{on} {}", language.day(date, edition)));
    format!("{}{date}", state(of, language))
}

/// How a round moved since it was last told: "scheduled for 5 Mar → postponed". Its day of now stands in its title.
pub fn round_moved(round: &RoundItem, edition: civil::Date, language: Language) -> String {
    let now = state(round.state.value(), language);
    match &round.was {
        Some((was, date)) => format!("{} → {now}", state_for(was, *date, edition, language)),
        None => now,
    }
}

/// The way that a round went before it came to where it stands: "scheduled for 5 Mar, postponed"; empty for a first state.
pub fn round_steps(round: &RoundItem, edition: civil::Date, language: Language) -> String {
    let before = &round.steps[..round.steps.len().saturating_sub(1)];
    let steps = before.iter().map(|it| state_for(it.state.value(), it.day, edition, language));
    steps.collect::<Vec<_>>().join(", ")
}

/// One voice beside the telling that heads: "Azerbaijani foreign ministry (Azerbaijan): ended, in Summit Post".
pub fn account(account: &Account, language: Language) -> String {
    let side = account.side.as_ref().map_or_else(String::new, |side| format!(" ({side})"));
    let denied = language.pick("denies: ", "заперечує: ");
    let denied = if account.stance == Stance::Denied { denied } else { "" };
    let state = state(account.state.value(), language);
    format!("{}{side}: {denied}{state}, {} {}", account.claimant, language.pick("in", "у"), account.outlet)
}

/// "prisoner exchange: Armenia says; Azerbaijan does not mention it".
pub fn issue(issue: &IssueItem, language: Language) -> String {
    let positions = issue.positions.iter().map(|it| {
        let does = match it.position {
            Position::Says => language.pick("says", "заявляє"),
            Position::Conditions => language.pick("says, with conditions", "заявляє з умовами"),
            Position::Denies => language.pick("denies", "заперечує"),
            Position::NotMentioned => language.pick("does not mention it", "не згадує"),
        };
        format!("{} {does}", it.side)
    });
    format!("{}: {}", issue.topic, positions.collect::<Vec<_>>().join("; "))
}

/// What became of a promise: "due 5 Mar: missed".
pub fn promise(promise: &PromiseItem, edition: civil::Date, language: Language) -> String {
    let fate = match promise.fate {
        Fate::Open => language.pick("open", "чинна").to_owned(),
        Fate::Kept => language.pick("kept", "виконано").to_owned(),
        Fate::Missed => language.pick("missed", "не виконано").to_owned(),
        Fate::Postponed { to: None } => language.pick("postponed", "відкладено").to_owned(),
        Fate::Postponed { to: Some(day) } => {
            let moved = if day < promise.due {
                language.pick("brought forward to", "перенесено раніше, на")
            } else {
                language.pick("postponed to", "відкладено до")
            };
            format!("{moved} {}", language.day(day, edition))
        }
        Fate::CalledOff => language.pick("called off", "скасовано").to_owned(),
        Fate::NotReported => language.pick("not reported", "не повідомлено").to_owned(),
    };
    format!("{} {}: {fate}", language.pick("due", "до"), language.day(promise.due, edition))
}

/// "ended, contacts to go on"; an ended round without a reported outcome says so.
pub fn state(state: &State, language: Language) -> String {
    let base = names::status(state.form, state.status, language);
    match (state.outcome, state.status) {
        (Some(known), _) => format!("{base}, {}", names::outcome(known, language)),
        (None, Status::Concluded) => {
            format!("{base}, {}", language.pick("outcome not reported", "про підсумок не повідомлено"))
        }
        (None, _) => base.to_owned(),
    }
}

/// "United States – Russia".
pub fn parties(item: &TalksItem) -> String {
    item.parties.join(" – ")
}

/// "talks · Riyadh · 24 Mar".
pub fn round(round: &RoundItem, edition: civil::Date, language: Language) -> String {
    let mut parts = vec![names::form(round.state.value().form, language).to_owned()];
    parts.extend(round.place.clone());
    parts.extend(round.day.map(|date| language.day(date, edition)));
    parts.join(" · ")
}

pub(super) fn talks_headline(item: &TalksItem, language: Language) -> Option<String> {
    let round = item.rounds.first()?;
    let (parties, of) = (parties(item), round.state.value());
    let (form, state) = (names::form(of.form, language), state(of, language));
    let place = round.place.as_deref().map(|place| format!("{}{place}", language.pick(" in ", ", ")));
    Some(format!("{parties}{}{form}{}: {state}", language.pick(" ", ", "), place.unwrap_or_default()))
}

/// The same for talks.
pub fn words_of_talks(item: &TalksItem, language: Language) -> usize {
    let words = |text: &str| text.split_whitespace().count();
    let rounds = item.rounds.iter().map(|round| {
        let next = round.next.iter().map(|next| words(next.value()));
        let accounts = round.accounts.iter().map(|it| words(&account(it, language)));
        words(&state(round.state.value(), language))
            + words(&says(round, language))
            + next.chain(accounts).sum::<usize>()
    });
    let issues = item.readout.iter().map(|it| words(&issue(it, language)));
    let promises = item.promises.iter().map(|it| words(it.words.value()) + 3);
    words(&parties(item)) + rounds.chain(issues).chain(promises).sum::<usize>()
}
