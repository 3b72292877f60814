//! When a clause's happening was, over what its figure runs, and whether it is the article's news.

use jiff::civil::Date;

use super::units::{Unit, Units};
use super::words::Role;
use crate::news::kinds::toll::{Event, Scope};
use crate::news::value::date::{DateSpan, Unit as DateUnit};

/// News is what happened in this many days before publication, by the labelling guidelines.
const NEWS_DAYS: i64 = 14;
/// "Since Wednesday" counts some days, "since 2014" a campaign.
const PERIOD_DAYS: i64 = 11;
/// An outbreak or flood of some weeks ago still counts its dead.
const RUNNING_DAYS_MAX: i64 = 45;
/// What "since" counts from is named within so many units.
const SINCE_UNITS_MAX: usize = 8;
/// A date further away than this belongs to another clause.
const DATE_UNITS_MAX: usize = 30;

/// "The rebel rocket barrage": the noun of a happening told of before stands within so many units.
const RESUMED_UNITS_MAX: usize = 5;
/// A war this near to the predicate is what harmed.
const WAR_UNITS_MAX: usize = 12;

/// Lengths of time after which a happening is no longer the news itself. A toll of some days ago often still is.
const LONG_AGO: [&str; 7] = ["week", "weeks", "fortnight", "month", "months", "year", "years"];
/// "Two weeks after the flood, twelve people died" opens with the length: no clause stands before it.
const CLAUSE_UNITS_MIN: usize = 4;

/// A weekday is within so many days of the page's own date.
const STAMP_DAYS_MAX: i64 = 7;

/// Words that lead a page's own date: "Published", "Date of publication", "Last updated at".
const BEFORE_STAMP: [&str; 4] = ["published", "publication", "updated", "at"];

/// What the words around a predicate say of its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// The day or days of the happening.
    pub date: Option<DateSpan>,
    pub scope: Scope,
    /// `None` where no word tells.
    pub current: Option<bool>,
}

/// Reads the time of the predicate at unit `at`, whose clause starts at `clause`: where a relative clause tells the harm
/// ("the attack that killed 26"), the dates of the main clause are not its own.
pub fn read(units: &Units, at: usize, clause: usize, published: Option<Date>) -> Time {
    let mut time = Time::default();
    let since = since(units, published);
    let has = |role| units.units.iter().any(|unit| unit.is(role));
    if since == Some(Scope::Campaign) || has(Role::Campaign) || is_war(units, at) {
        time.scope = Scope::Campaign;
        // "Since the truce took effect", "since the outbreak began": the figure of now, where a war's is background.
        let is_running = since == Some(Scope::Campaign) && is_running(units, published);
        time.current = (!is_running).then_some(false);
    } else if since == Some(Scope::Period) || has(Role::Period) {
        time.scope = Scope::Period;
    } else if let Some(scope) = reach(units, at) {
        time.scope = scope;
        time.current = (scope == Scope::Campaign).then_some(false);
    }
    if has(Role::Amended) || time.scope == Scope::Event && is_long_before(units, at) {
        time.current = Some(false);
        return time;
    }
    let near = dates(units).filter(|(index, _, _)| *index >= clause && index.abs_diff(at) <= DATE_UNITS_MAX);
    let stamp = dates(units).find(|(index, _, _)| is_stamp(units, *index)).map(|(_, date, _)| date);
    // What a page prints of its own day tells less than a date of the sentence; but one far from it was counted from
    // another day, which the article is said to be of.
    let rank = |date: DateSpan| match stamp {
        Some(stamp) if date == stamp => 1,
        Some(stamp) if date.days_before(stamp.start).abs() > STAMP_DAYS_MAX => 2,
        _ => 0,
    };
    let nearest = near.min_by_key(|(index, date, _)| (rank(*date), index.abs_diff(at)));
    if let Some((_, date, unit)) = nearest
        && time.scope == Scope::Event
    {
        // "Last month" names no day, and a month that has passed is no news.
        time.date = (unit <= DateUnit::Week).then_some(date);
        // A year or month that is named is past, whenever the article appeared.
        let is_past = matches!(unit, DateUnit::Year | DateUnit::Month).then_some(false);
        time.current = published.map(|published| is_news(date, unit, published)).or(is_past);
    }
    time
}

/// "The blasts come two weeks after four people were killed": what follows "after" is told to place the news.
fn is_long_before(units: &Units, at: usize) -> bool {
    let Some(after) = (0..at).rev().find(|index| units.units[*index].text.eq_ignore_ascii_case("after")) else {
        return false;
    };
    let is_long = after.checked_sub(1).is_some_and(|length| units.units[length].is_any_text(&LONG_AGO));
    let is_its_clause = units.units[after..at].iter().all(|unit| !unit.is_mark() && !unit.is(Role::Relative));
    is_long && is_its_clause && after >= CLAUSE_UNITS_MIN
}

/// Whether the sentence names any date.
pub fn has_date(units: &Units) -> bool {
    units.units.iter().any(|unit| unit.date().is_some())
}

/// Dates that say when, not since when.
fn dates<'a>(units: &'a Units<'_>) -> impl Iterator<Item = (usize, DateSpan, DateUnit)> + 'a {
    units.units.iter().enumerate().filter_map(|(index, unit)| {
        let found = unit.date()?;
        // "Since the ceasefire took effect on 10 October"
        let since = units.units[index.saturating_sub(6)..index].iter().any(is_since);
        (!since).then_some((index, found.date, found.unit))
    })
}

/// "3 Oct 2017 At least 17 people were killed on Monday", "Published April 26, 2017 Six …": a page's own date that
/// runs into its first sentence. It has its year, stands in no phrase, and a sentence begins behind it.
fn is_stamp(units: &Units, at: usize) -> bool {
    let begins = |unit: &Unit| unit.text.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit());
    let before = at.checked_sub(1).map(|before| &units.units[before]);
    let alone = before.is_none_or(|before| begins(before) || before.is_any_text(&BEFORE_STAMP));
    let dated = units.units[at].date().is_some_and(|found| found.unit == DateUnit::Day && found.tokens.len() >= 3);
    dated && alone && units.units.get(at + 1).is_some_and(begins)
}

fn is_since(unit: &Unit) -> bool {
    unit.text.eq_ignore_ascii_case("since")
}

fn since(units: &Units, published: Option<Date>) -> Option<Scope> {
    let at = (0..units.len()).find(|at| is_since(&units.units[*at]))?;
    // "The deadliest day since …" says nothing of what the figure runs over.
    let compares = units.units[at.saturating_sub(6)..at].iter().any(|unit| is_superlative(unit.text));
    if compares {
        return None;
    }
    let next = units.units[at + 1..].iter().take(6).find_map(Unit::date);
    match (next, published) {
        (Some(found), Some(published)) if found.date.days_before(published) <= PERIOD_DAYS => Some(Scope::Period),
        _ => Some(Scope::Campaign),
    }
}

/// Whether "since" counts from something that is no war and no longer ago than [`RUNNING_DAYS_MAX`].
fn is_running(units: &Units, published: Option<Date>) -> bool {
    let Some(at) = (0..units.len()).find(|at| is_since(&units.units[*at])) else { return false };
    let behind = &units.units[at + 1..units.len().min(at + 1 + SINCE_UNITS_MAX)];
    let is_war =
        behind.iter().any(|unit| unit.word.event == Some(Event::War) || unit.is_any_text(&["then", "offensive"]));
    let date = behind.iter().find_map(Unit::date).filter(|found| found.unit < DateUnit::Month);
    let is_recent =
        date.zip(published).is_some_and(|(found, published)| found.date.days_before(published) <= RUNNING_DAYS_MAX);
    let is_named = date.is_none() && behind.iter().any(|unit| unit.word.event.is_some() || unit.is(Role::Truce));
    !is_war && (is_recent || is_named)
}

fn is_superlative(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.len() > 4 && lower.ends_with("est") || ["first", "worst", "most", "only", "last"].contains(&lower.as_str())
}

/// "Over the past two days" is a period, "over the past two months" a campaign.
fn reach(units: &Units, at: usize) -> Option<Scope> {
    units.units.iter().enumerate().find_map(|(index, unit)| {
        let found = unit.date().filter(|found| found.tokens.len() >= 3 && index.abs_diff(at) <= DATE_UNITS_MAX)?;
        let is_reach = index > 0
            && ["in", "over", "during", "for", "within"]
                .iter()
                .any(|word| units.units[index - 1].text.eq_ignore_ascii_case(word));
        let days = (found.date.end - found.date.start).get_days();
        match days {
            _ if !is_reach => None,
            1..=14 => Some(Scope::Period),
            15.. => Some(Scope::Campaign),
            _ => None,
        }
    })
}

/// "The war has killed", "were killed in the war", "a conflict that claimed": the harm is the whole war's.
fn is_war(units: &Units, at: usize) -> bool {
    let near = at.saturating_sub(WAR_UNITS_MAX)..units.len().min(at + WAR_UNITS_MAX);
    let perfect = units.units[at.saturating_sub(5)..at].iter().any(|unit| unit.is(Role::Have));
    near.clone().any(|index| {
        let unit = &units.units[index];
        let is_war = unit.word.event == Some(Event::War) && !unit.is(Role::Campaign);
        // "By the war", "in Syria's war", or before the verb: "the conflict has claimed".
        let leads = index > at && units.units[at..index].iter().all(|unit| !unit.is_mark()) || index < at;
        is_war && leads && (perfect || index > at)
    }) && dates(units).next().is_none()
}

/// "The barrage killed ten": a happening told of before, by "the" or "this" and its noun before the predicate. "The strikes
/// have killed 120" runs on and has no day.
pub fn resumes(units: &Units, at: usize) -> bool {
    let Some(first) = units.units.first() else { return false };
    let noun = units.units[..at].iter().take(RESUMED_UNITS_MAX).skip(1).find(|unit| unit.word.event.is_some());
    let runs_on = units.units[..at].iter().any(|unit| unit.is(Role::Have));
    first.is_any_text(&["the", "that", "this"])
        && !runs_on
        && noun.is_some_and(|noun| noun.word.event != Some(Event::War))
}

/// The day of a sentence that tells of a happening and names no other.
pub fn only_day(units: &Units) -> Option<(DateSpan, DateUnit)> {
    let tells = units.units.iter().any(|unit| unit.word.event.is_some_and(|event| event != Event::War));
    let mut dates = dates(units).filter(|(index, ..)| !is_stamp(units, *index));
    let (_, date, unit) = dates.next()?;
    (tells && unit <= DateUnit::Day && dates.next().is_none()).then_some((date, unit))
}

/// Whether a happening of that day was news on the day of publication.
pub fn is_news(date: DateSpan, unit: DateUnit, published: Date) -> bool {
    let days = date.days_before(published);
    match unit {
        // "In March", "last month": what is news is dated by its day.
        DateUnit::Year | DateUnit::Month => false,
        _ => days <= NEWS_DAYS,
    }
}
