//! Dates: "Monday", "25 March", "last week", "three days ago", "overnight", resolved against the day of publication.
//!
//! A date without a year is the last such date before publication, or the next one where the clause looks ahead. Without
//! a day of publication only full dates are read. A year or month alone stands for all its days, with its unit.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday, date};
use jiff::{Span as Length, ToSpan};
use serde::{Deserialize, Serialize};

use super::count;
use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Token, TokenKind};

/// A year outside is no year of the news.
const YEARS: Range<i16> = 1900..2100;

/// First and last day of a happening, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DateSpan {
    pub start: Date,
    pub end: Date,
}

impl DateSpan {
    /// A single day.
    pub fn day(date: Date) -> Self {
        Self { start: date, end: date }
    }

    /// Days from the end of this span to `day`; negative if it ends later.
    pub fn days_before(&self, day: Date) -> i64 {
        i64::from((day - self.end).get_days())
    }
}

/// How exactly a date is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Day,
    /// A night, a weekend, "the past 24 hours": a few days told as one.
    Days,
    Week,
    Month,
    Year,
}

/// A date and the tokens it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub date: DateSpan,
    pub unit: Unit,
    /// Indexes into the tokens given to [`read`].
    pub tokens: Range<usize>,
}

/// What a date without a year or week is resolved against.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The day the article appeared, if known.
    pub published: Option<Date>,
    /// The clause speaks of what is to come: "on Monday" is the next one.
    pub ahead: bool,
}

impl Calendar {
    /// For what has happened.
    pub fn past(published: Option<Date>) -> Self {
        Self { published, ahead: false }
    }

    /// For what is planned.
    pub fn ahead(published: Option<Date>) -> Self {
        Self { published, ahead: true }
    }
}

/// Reads the date that starts exactly at token `at`, or `None` if none does. Prepositions ("on", "in", "since") are
/// left to the caller, since they say what the date is for.
pub fn read(tokens: &[Token], at: usize, calendar: Calendar) -> Option<Found> {
    let rest = tokens.get(at..)?;
    if !may_start(rest.first()?) {
        return None;
    }
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let (date, unit, len) = iso(rest)
        .or_else(|| day_and_month(rest, calendar))
        .or_else(|| month_and_day(rest, calendar))
        .or_else(|| month(rest, before, calendar))
        .or_else(|| relative_day(rest, calendar))
        .or_else(|| ago(rest, calendar))
        .or_else(|| past_units(rest, calendar))
        .or_else(|| calendar_unit(rest, calendar))
        .or_else(|| weekday(rest, calendar))
        .or_else(|| year_alone(rest, before))?;
    Some(Found { date, unit, tokens: at..at + len })
}

/// Whether any date starts with the token: most tokens are told apart by one look-up.
fn may_start(token: &Token) -> bool {
    token.kind == TokenKind::Number || token.kind == TokenKind::Word && STARTS.starts(&token.bare())
}

static STARTS: LazyLock<Phrases<()>> = LazyLock::new(|| {
    let named = ["month", "weekday", "weekday possessive", "day", "reach"]
        .into_iter()
        .flat_map(section)
        .map(|entry| entry.phrase);
    let others = [
        "the", "last", "past", "previous", "this", "next", "earlier", "later", "early", "late", "a", "an", "one",
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen",
        "twenty", "thirty", "several", "about", "some", "nearly", "almost", "around", "more", "over", "at", "just",
    ];
    Phrases::new(named.chain(others).map(|phrase| (phrase, ())))
});

/// The first date in `tokens`, searched from the left.
pub fn first(tokens: &[Token], calendar: Calendar) -> Option<Found> {
    (0..tokens.len()).find_map(|at| read(tokens, at, calendar))
}

type Reading = (DateSpan, Unit, usize);

static SOURCE: &str = include_str!("../../../config/lexicon/date.txt");
static MONTHS: LazyLock<Phrases<i64>> = LazyLock::new(|| table("month"));
static AMBIGUOUS_MONTHS: LazyLock<Phrases<()>> = LazyLock::new(|| words("ambiguous month"));
static WEEKDAYS: LazyLock<Phrases<i64>> = LazyLock::new(|| table("weekday"));
static WEEKDAY_POSSESSIVES: LazyLock<Phrases<i64>> = LazyLock::new(|| table("weekday possessive"));
static AFTER_PLURAL: LazyLock<Phrases<()>> = LazyLock::new(|| words("after plural"));
static DAYS: LazyLock<Phrases<i64>> = LazyLock::new(|| table("day"));
static REACHES: LazyLock<Phrases<i64>> = LazyLock::new(|| table("reach"));
static UNITS: LazyLock<Phrases<i64>> = LazyLock::new(|| table("unit"));
static TIME_WORDS: LazyLock<Phrases<()>> = LazyLock::new(|| words("time word"));
static PARTS_OF_DAY: LazyLock<Phrases<()>> = LazyLock::new(|| words("part of day"));

fn section(name: &'static str) -> impl Iterator<Item = lexicon::Entry<'static>> {
    lexicon::entries(SOURCE).filter(move |entry| entry.section == name)
}

fn table(name: &'static str) -> Phrases<i64> {
    Phrases::new(section(name).filter_map(|entry| Some((entry.phrase, entry.value.parse().ok()?))))
}

fn words(name: &'static str) -> Phrases<()> {
    Phrases::new(section(name).map(|entry| (entry.phrase, ())))
}

/// "2025-03-25"
fn iso(tokens: &[Token]) -> Option<Reading> {
    let text = tokens.first().filter(|token| token.kind == TokenKind::Number && token.text.len() == 10)?.text;
    let mut parts = text.split('-');
    let day = Date::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?).ok()?;
    Some((DateSpan::day(day), Unit::Day, 1))
}

/// "25 March", "25th of March 2025", "20 and 21 November", "20-21 November", "11, 12, and 13 November"
fn day_and_month(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let (first, mut last) = day_range(tokens.first()?.text)?;
    let mut len = 1;
    while let Some((step, (_, day))) = next_day(&tokens[len..]) {
        last = day;
        len += step;
    }
    len += usize::from(tokens.get(len).is_some_and(|token| token.is("of")));
    let (month, step) = month_name(tokens.get(len..)?)?;
    len += step;
    let (year, step) = year_after(&tokens[len..]);
    Some((days(first, last, month, year, calendar)?, Unit::Day, len + step))
}

/// "March 25", "March 25, 2025", "March 24-25", "Dec. 31"
fn month_and_day(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let (month, mut len) = month_name(tokens)?;
    let (first, mut last) = day_range(tokens.get(len)?.text)?;
    len += 1;
    // "March 24 and 25", not "on March 25, 12 people".
    if tokens.get(len).is_some_and(|token| token.is("and"))
        && let Some((_, day)) = tokens.get(len + 1).and_then(|token| day_range(token.text))
        && day == last + 1
    {
        last = day;
        len += 2;
    }
    let (year, step) = year_after(&tokens[len..]);
    Some((days(first, last, month, year, calendar)?, Unit::Day, len + step))
}

fn next_day(tokens: &[Token]) -> Option<(usize, (i8, i8))> {
    let joints = tokens.iter().take_while(|token| token.text == "," || token.is("and") || token.is("to")).count();
    let day = (1..=2).contains(&joints).then(|| day_range(tokens.get(joints)?.text))??;
    Some((joints + 1, day))
}

/// "25", "25th", "24-25"
fn day_range(text: &str) -> Option<(i8, i8)> {
    if let Some((first, last)) = text.split_once(['-', '–']) {
        return Some((day_number(first)?, day_number(last)?));
    }
    let day = day_number(text)?;
    Some((day, day))
}

fn day_number(text: &str) -> Option<i8> {
    let digits = ["st", "nd", "rd", "th", "ST", "ND", "RD", "TH"].iter().find_map(|ending| text.strip_suffix(ending));
    let digits = digits.unwrap_or(text);
    let is_short = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|day| is_short && (1..=31).contains(day))
}

/// A month's number and the tokens its name takes, the dot of an abbreviation included.
fn month_name(tokens: &[Token]) -> Option<(i8, usize)> {
    let word = tokens.first().filter(|token| token.kind == TokenKind::Word)?;
    let month = i8::try_from(*MONTHS.of(&word.bare())?).ok()?;
    let dot =
        tokens.get(1).is_some_and(|dot| dot.text == "." && dot.span.start == word.span.end && word.text.len() <= 4);
    Some((month, 1 + usize::from(dot)))
}

/// ", 2025" or "2025", and the tokens it takes; a count after the date ("March 25, 2025 people") is not excluded.
fn year_after(tokens: &[Token]) -> (Option<i16>, usize) {
    let comma = usize::from(tokens.first().is_some_and(|token| token.text == ","));
    match tokens.get(comma).and_then(year_number) {
        Some(year) => (Some(year), comma + 1),
        None => (None, 0),
    }
}

fn year_number(token: &Token) -> Option<i16> {
    let is_year = token.text.len() == 4 && token.text.bytes().all(|byte| byte.is_ascii_digit());
    token.text.parse().ok().filter(|year| is_year && YEARS.contains(year))
}

fn days(first: i8, last: i8, month: i8, year: Option<i16>, calendar: Calendar) -> Option<DateSpan> {
    let year = year.or_else(|| near_year(|year| Date::new(year, month, first).ok(), calendar))?;
    let start = Date::new(year, month, first).ok()?;
    let end = Date::new(year, month, last).ok()?;
    // "31 December and 1 January" is not read as one span.
    Some(DateSpan { start, end: end.max(start) })
}

/// The year that puts a date without one on the right side of publication.
fn near_year(in_year: impl Fn(i16) -> Option<Date>, calendar: Calendar) -> Option<i16> {
    let published = calendar.published?;
    let year = published.year();
    let this = in_year(year);
    match calendar.ahead {
        // A day's grace: the dateline may lie a day ahead of the publication's zone.
        false if this.is_some_and(|this| this <= published.saturating_add(1.day())) => Some(year),
        false => Some(year - 1),
        true if this.is_some_and(|this| this >= published) => Some(year),
        // "From September 2 on", read a month later: rather past than eleven months ahead.
        true if this.is_some_and(|this| this >= published.saturating_sub(60.days())) => Some(year),
        true => Some(year + 1),
    }
}

/// "in March", "March 2011", "last March"
fn month(tokens: &[Token], before: Option<&Token>, calendar: Calendar) -> Option<Reading> {
    let (month, mut len) = month_name(tokens)?;
    let (year, step) = year_after(&tokens[len..]);
    len += step;
    let has_time_word = before.is_some_and(|token| TIME_WORDS.of(token).is_some());
    let is_named = year.is_some() || has_time_word || AMBIGUOUS_MONTHS.word(tokens.first()?.base()).is_none();
    if !is_named || !tokens.first()?.is_capitalised() {
        return None;
    }
    let year = year.or_else(|| near_year(|year| Date::new(year, month, 1).ok(), calendar))?;
    let start = Date::new(year, month, 1).ok()?;
    Some((DateSpan { start, end: start.last_of_month() }, Unit::Month, len))
}

fn relative_day(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let published = calendar.published?;
    if let Some((len, days)) = DAYS.longest_at(tokens) {
        return Some((DateSpan::day(published.saturating_add(days.days())), Unit::Day, len));
    }
    let (len, days) = REACHES.longest_at(tokens)?;
    let unit = if *days == 1 { Unit::Days } else { Unit::Week };
    Some((DateSpan { start: published.saturating_sub(days.days()), end: published }, unit, len))
}

/// "three days ago", "a week earlier", "two years before" (only "ago" counts from publication)
fn ago(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let (amount, len) = amount(tokens)?;
    let (step, unit) = UNITS.longest_at(tokens.get(len..)?)?;
    let len = len + step;
    if !tokens.get(len)?.is("ago") {
        return None;
    }
    let day = calendar.published?.saturating_sub(length(amount, *unit)?);
    let unit = unit_of(*unit);
    Some((around(day, unit), unit, len + 1))
}

/// "the past 24 hours", "the last three weeks", "past two days"
fn past_units(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let the = usize::from(tokens.first()?.is("the"));
    let past = tokens.get(the)?;
    if !(past.is("past") || past.is("last") || past.is("previous")) {
        return None;
    }
    let published = calendar.published?;
    let (amount, len) = amount(tokens.get(the + 1..)?).unwrap_or((1, 0));
    let (step, unit) = UNITS.longest_at(tokens.get(the + 1 + len..)?)?;
    // "Last week" is a calendar week; "the last week" and "the past week" end today.
    if the == 0 && len == 0 && past.is("last") {
        return None;
    }
    let start = published.saturating_sub(length(amount, *unit)?);
    let reach = (published - start).get_days();
    let unit = if reach <= 3 { Unit::Days } else { unit_of(*unit) };
    Some((DateSpan { start, end: published }, unit, the + 1 + len + step))
}

/// "last week", "this month", "next year", "earlier this year", "the weekend"
fn calendar_unit(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let published = calendar.published?;
    let lead = usize::from(["earlier", "later", "early", "late", "the"].iter().any(|word| tokens[0].is(word)));
    let which = tokens.get(lead)?;
    if lead == 1 && tokens[0].is("the") && which.is("weekend") {
        let saturday = on_or_before(published, Weekday::Saturday);
        return Some((DateSpan { start: saturday, end: saturday.saturating_add(1.day()) }, Unit::Days, 2));
    }
    let steps = if which.is("last") {
        -1
    } else if which.is("this") {
        0
    } else if which.is("next") {
        1
    } else {
        return None;
    };
    let noun = tokens.get(lead + 1)?;
    let monday = on_or_before(published, Weekday::Monday);
    let (start, end, unit) = if noun.base().eq_ignore_ascii_case("week") {
        let monday = monday.saturating_add((7 * steps).days());
        (monday, monday.saturating_add(6.days()), Unit::Week)
    } else if noun.is("weekend") {
        let saturday = monday.saturating_add((7 * steps + 5).days());
        // On a Sunday or Monday, "this weekend" is the one that just was.
        let back = i64::from(steps == 0 && !calendar.ahead && saturday > published) * 7;
        let saturday = saturday.saturating_sub(back.days());
        (saturday, saturday.saturating_add(1.day()), Unit::Days)
    } else if noun.base().eq_ignore_ascii_case("month") {
        let first = published.first_of_month().saturating_add(steps.months());
        (first, first.last_of_month(), Unit::Month)
    } else if noun.base().eq_ignore_ascii_case("year") {
        let year = published.year().saturating_add(i16::try_from(steps).ok()?);
        (Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?, Unit::Year)
    } else {
        return None;
    };
    Some((DateSpan { start, end }, unit, lead + 2))
}

/// "Monday", "last Monday", "next Monday", "Monday night", "Mon.", "Sunday's", "Sundays attack"
fn weekday(tokens: &[Token], calendar: Calendar) -> Option<Reading> {
    let published = calendar.published?;
    let which = tokens.first()?;
    let lead = usize::from(which.is("last") || which.is("next") || which.is("this"));
    let word = tokens.get(lead).filter(|token| token.is_capitalised())?;
    let possessive = || {
        let noun = tokens.get(lead + 1)?;
        let plural = noun.kind != TokenKind::Word || noun.is_capitalised() || AFTER_PLURAL.of(noun).is_some();
        WEEKDAY_POSSESSIVES.of(word).filter(|_| !plural)
    };
    let number = WEEKDAYS.of(&word.bare()).or_else(possessive)?;
    let weekday = Weekday::from_monday_one_offset(i8::try_from(*number).ok()?).ok()?;
    let before = on_or_before(published, weekday);
    let day = if which.is("next") || calendar.ahead && !which.is("last") {
        on_or_before(published.saturating_add(7.days()), weekday)
    } else if which.is("last") && before == published {
        before.saturating_sub(7.days())
    } else {
        before
    };
    let mut len = lead + 1;
    len += usize::from(tokens.get(len).is_some_and(|part| PARTS_OF_DAY.of(part).is_some()));
    Some((DateSpan::day(day), Unit::Day, len))
}

/// "in 2015", "since 2011", "(2004)"
fn year_alone(tokens: &[Token], before: Option<&Token>) -> Option<Reading> {
    let year = tokens.first().and_then(year_number)?;
    let follows = before.is_some_and(|token| TIME_WORDS.of(token).is_some() || matches!(token.text, "(" | "-" | "–"));
    let counted = tokens
        .get(1)
        .is_some_and(|token| token.kind == TokenKind::Word && token.text.ends_with('s') && !token.is("was"));
    (follows && !counted).then(|| (DateSpan { start: date(year, 1, 1), end: date(year, 12, 31) }, Unit::Year, 1))
}

/// "three", "a", "24": how many units of time.
fn amount(tokens: &[Token]) -> Option<(i64, usize)> {
    let first = tokens.first()?;
    if first.is("a") || first.is("an") || first.is("one") {
        return Some((1, 1));
    }
    let found = count::read(tokens, 0)?;
    Some((i64::try_from(found.count.low.or(found.count.high)?).ok()?, found.tokens.len()))
}

/// Lengths that a calendar can step: the limits keep jiff's spans in range.
fn length(amount: i64, unit: i64) -> Option<Length> {
    let amount = (0..=3000).contains(&amount).then_some(amount)?;
    Some(match unit {
        0 => days_of_hours(amount).days(),
        30 => amount.months(),
        365 => amount.years(),
        3650 => (10 * amount).years(),
        days => (days * amount).days(),
    })
}

fn days_of_hours(hours: i64) -> i64 {
    (hours + 23) / 24
}

fn unit_of(days: i64) -> Unit {
    match days {
        0..=1 => Unit::Day,
        2..=29 => Unit::Week,
        30..=364 => Unit::Month,
        _ => Unit::Year,
    }
}

/// "Three years ago" means some day of that year, "two weeks ago" some day about then.
fn around(day: Date, unit: Unit) -> DateSpan {
    match unit {
        Unit::Day | Unit::Days => DateSpan::day(day),
        Unit::Week => DateSpan { start: day.saturating_sub(3.days()), end: day.saturating_add(3.days()) },
        Unit::Month => DateSpan { start: day.first_of_month(), end: day.last_of_month() },
        Unit::Year => DateSpan { start: day.first_of_year(), end: day.last_of_year() },
    }
}

fn on_or_before(day: Date, weekday: Weekday) -> Date {
    let back = i64::from(weekday.until(day.weekday()));
    day.saturating_sub(back.days())
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    /// Tuesday.
    const PUBLISHED: Date = date(2025, 3, 25);

    #[track_caller]
    fn check_in(calendar: Calendar, text: &str, expected: &str) {
        let read_text = Text::read(text);
        let found = first(&read_text.tokens, calendar);
        let shown = found.map_or("none".to_owned(), |found| {
            let DateSpan { start, end } = found.date;
            let days = if start == end { start.to_string() } else { format!("{start}..{end}") };
            format!("{days} {:?} /{}", found.unit, found.tokens.len())
        });
        assert_eq!(shown, expected, "{text}");
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        check_in(Calendar::past(Some(PUBLISHED)), text, expected);
    }

    #[track_caller]
    fn check_ahead(text: &str, expected: &str) {
        check_in(Calendar::ahead(Some(PUBLISHED)), text, expected);
    }

    #[test]
    fn weekdays_fall_on_the_near_side() {
        check("on Monday night", "2025-03-24 Day /2");
        check("on Tuesday", "2025-03-25 Day /1");
        check("last Tuesday", "2025-03-18 Day /2");
        check("on Wednesday", "2025-03-19 Day /1");
        check_ahead("will meet on Wednesday", "2025-03-26 Day /1");
        check("Sunday’s attack", "2025-03-23 Day /1");
        check("the death toll from Sundays attack", "2025-03-23 Day /1");
    }

    #[test]
    fn written_dates() {
        check("on 25 March", "2025-03-25 Day /2");
        check("on 11 December", "2024-12-11 Day /2");
        check("on 7 October 2023", "2023-10-07 Day /3");
        check("On December 21, 2015 in", "2015-12-21 Day /4");
        check("ON 31 OCTOBER", "2024-10-31 Day /2");
        check("Dec. 31", "2024-12-31 Day /3");
        check("20 and 21 November", "2024-11-20..2024-11-21 Day /4");
        check("March 3-5", "2025-03-03..2025-03-05 Day /2");
        check("2024-02-29", "2024-02-29 Day /1");
        check_ahead("from 2 April", "2025-04-02 Day /2");
        check_ahead("from January 4", "2026-01-04 Day /2");
    }

    #[test]
    fn months_and_years() {
        check("in March 2011", "2011-03-01..2011-03-31 Month /2");
        check("last December", "2024-12-01..2024-12-31 Month /1");
        check("since 2014", "2014-01-01..2014-12-31 Year /1");
        check("They may march", "none");
        check("killed 2015 rats", "none");
    }

    #[test]
    fn relative_dates() {
        check("yesterday", "2025-03-24 Day /1");
        check("overnight", "2025-03-24..2025-03-25 Days /1");
        check("last week", "2025-03-17..2025-03-23 Week /2");
        check("earlier this month", "2025-03-01..2025-03-31 Month /3");
        check("three days ago", "2025-03-22 Day /3");
        check("two years ago", "2023-01-01..2023-12-31 Year /3");
        check("in the past 24 hours", "2025-03-24..2025-03-25 Days /4");
        check("over the last two weeks", "2025-03-11..2025-03-25 Week /4");
        check("at the weekend", "2025-03-22..2025-03-23 Days /2");
    }

    #[test]
    fn without_a_day_of_publication_only_full_dates_stand() {
        check_in(Calendar::past(None), "on Monday, on 25 March", "none");
        check_in(Calendar::past(None), "25 March 2025", "2025-03-25 Day /3");
    }
}
