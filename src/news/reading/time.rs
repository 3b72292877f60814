//! When a clause's happening was, over what its figure runs, and whether it is the article's news.

use jiff::civil::Date;

use super::units::{Unit, Units};
use super::words::Role;
use crate::news::kinds::toll::Scope;
use crate::news::value::date::{DateSpan, Unit as DateUnit};

/// News is what happened in this many days before publication, by the labelling guidelines.
const NEWS_DAYS: i64 = 15;
/// "Since Wednesday" counts some days, "since 2014" a campaign.
const PERIOD_DAYS: i64 = 11;
/// A date further away than this belongs to another clause.
const DATE_UNITS_MAX: usize = 30;

/// What the words around a predicate say of its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// The day or days of the happening.
    pub date: Option<DateSpan>,
    pub scope: Scope,
    /// `None` where no word tells.
    pub current: Option<bool>,
}

/// Reads the time of the predicate at unit `at`.
pub fn read(units: &Units, at: usize, published: Option<Date>) -> Time {
    let mut time = Time::default();
    let since = since(units, published);
    let has = |role| units.units.iter().any(|unit| unit.is(role));
    if since == Some(Scope::Campaign) || has(Role::Campaign) {
        time.scope = Scope::Campaign;
        time.current = Some(false);
    } else if since == Some(Scope::Period) || has(Role::Period) || reach(units, at) {
        time.scope = Scope::Period;
    }
    let nearest = dates(units)
        .filter(|(index, _, _)| index.abs_diff(at) <= DATE_UNITS_MAX)
        .min_by_key(|(index, _, _)| index.abs_diff(at));
    if let Some((_, date, unit)) = nearest
        && time.scope == Scope::Event
    {
        // "Last month" names no day, and a month that has passed is no news.
        time.date = (unit <= DateUnit::Week).then_some(date);
        time.current = published.map(|published| is_news(date, unit, published));
    }
    if time.current.is_none() && has(Role::Background) {
        time.current = Some(false);
    }
    time
}

/// Whether the sentence names any date.
pub fn has_date(units: &Units) -> bool {
    units.units.iter().any(|unit| unit.date().is_some())
}

/// Dates that say when, not since when.
fn dates<'a>(units: &'a Units<'_>) -> impl Iterator<Item = (usize, DateSpan, DateUnit)> + 'a {
    units.units.iter().enumerate().filter_map(|(index, unit)| {
        let found = unit.date()?;
        let since = index.checked_sub(1).is_some_and(|before| is_since(&units.units[before]));
        (!since).then_some((index, found.date, found.unit))
    })
}

fn is_since(unit: &Unit) -> bool {
    unit.text.eq_ignore_ascii_case("since")
}

fn since(units: &Units, published: Option<Date>) -> Option<Scope> {
    let at = (0..units.len()).find(|at| is_since(&units.units[*at]))?;
    let next = units.units[at + 1..].iter().take(6).find_map(Unit::date);
    match (next, published) {
        (Some(found), Some(published)) if found.date.days_before(published) <= PERIOD_DAYS => Some(Scope::Period),
        _ => Some(Scope::Campaign),
    }
}

/// "Over the past two days", "in the past 24 hours": a figure of some days.
fn reach(units: &Units, at: usize) -> bool {
    units.units.iter().enumerate().any(|(index, unit)| {
        unit.date().is_some_and(|found| found.unit == DateUnit::Days && found.tokens.len() >= 3)
            && index.abs_diff(at) <= DATE_UNITS_MAX
    })
}

fn is_news(date: DateSpan, unit: DateUnit, published: Date) -> bool {
    let days = date.days_before(published);
    match unit {
        DateUnit::Year => days <= 0,
        _ => days <= NEWS_DAYS,
    }
}
