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

/// What is told beside the news because it is like it was some days before.
const LIKENED_DAYS: i64 = 2;
/// A year that stands before its happening is no further from the harm.
const YEAR_UNITS_MAX: usize = 20;
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;

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
    let since = since(units, at, published);
    let has = |role| units.units.iter().any(|unit| unit.is(role));
    if since == Some(Scope::Campaign) || has(Role::Campaign) || is_war(units, at) {
        time.scope = Scope::Campaign;
        // "Since the truce took effect", "since the outbreak began": the figure of now, where a war's is background.
        let running = (since == Some(Scope::Campaign)).then(|| running(units, published)).flatten();
        time.current = match running {
            Some(Running::Dated) => Some(true),
            Some(Running::Named) => None,
            None => Some(false),
        };
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
    let is_likened = is_likened(units, at);
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
        if is_likened && published.is_some_and(|published| date.days_before(published) > LIKENED_DAYS) {
            time.current = Some(false);
        }
    } else if time.scope == Scope::Event && nearest.is_none() && is_of_a_past_year(units, at, clause, published) {
        time.current = Some(false);
    }
    time
}

/// "A similar bombing on 25 July", "a previous raid": told beside the news.
fn is_likened(units: &Units, at: usize) -> bool {
    units.units[..at].windows(2).any(|pair| {
        let is_beside = pair[0].is_any_text(&["similar", "previous", "earlier", "prior"]);
        is_beside && pair[1].word.event.is_some()
    })
}

/// "The 1985 crash": a year before its happening, as no date stands.
fn is_of_a_past_year(units: &Units, at: usize, clause: usize, published: Option<Date>) -> bool {
    let near = clause.max(at.saturating_sub(YEAR_UNITS_MAX))..units.len().min(at + YEAR_UNITS_MAX);
    near.clone().any(|index| {
        let unit = &units.units[index];
        let year = unit.text.parse::<i16>().ok().filter(|year| YEARS.contains(year) && unit.text.len() == 4);
        let is_past = year.is_some_and(|year| published.is_none_or(|published| year < published.year()));
        let leads = units.get(index + 1).is_some_and(|next| next.word.event.is_some() || next.is_name);
        let is_led = index > 0 && units.units[index - 1].is(Role::Determiner);
        is_past && leads && is_led && unit.count().is_none()
    })
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

fn since(units: &Units, predicate: usize, published: Option<Date>) -> Option<Scope> {
    let at = (0..units.len()).find(|at| is_since(&units.units[*at]))?;
    // "Killed 12 in the town which has been under siege since …": counts the siege, not the dead.
    let behind = units.units.get(predicate + 1..at).unwrap_or_default();
    let is_of_clause = behind.windows(2).any(|pair| {
        pair[0].is(Role::Relative) && pair[1].is(Role::Have) && !pair[0].text.eq_ignore_ascii_case("whose")
    });
    if is_of_clause {
        return None;
    }
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

/// What a figure that runs on is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Running {
    /// "Since 11 November": some weeks ago at most, so that the figure is the news of now.
    Dated,
    /// "Since the truce took effect": something that is no war.
    Named,
}

/// Whether "since" counts from a day no longer ago than [`RUNNING_DAYS_MAX`], or from something that is no war.
fn running(units: &Units, published: Option<Date>) -> Option<Running> {
    let at = (0..units.len()).find(|at| is_since(&units.units[*at]))?;
    let behind = &units.units[at + 1..units.len().min(at + 1 + SINCE_UNITS_MAX)];
    let date = behind.iter().find_map(Unit::date).filter(|found| found.unit <= DateUnit::Month);
    let is_recent = date.zip(published).is_some_and(|(found, published)| {
        let start = DateSpan { end: found.date.start, ..found.date };
        start.days_before(published) <= RUNNING_DAYS_MAX
    });
    let is_war =
        behind.iter().any(|unit| unit.word.event == Some(Event::War) || unit.is_any_text(&["then", "offensive"]));
    let is_named = date.is_none() && behind.iter().any(|unit| unit.word.event.is_some() || unit.is(Role::Truce));
    if is_recent { Some(Running::Dated) } else { (is_named && !is_war).then_some(Running::Named) }
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
