//! The dates that feeds give, in every form they are met in.
//!
//! RFC 822 and its heirs, ISO 8601 and W3CDTF, asctime, local habits, months in some twenty languages, zones as offsets,
//! abbreviations or names. The words are in `config/lexicon/feed-dates.txt`. What could mean two instants by more than
//! order of day and month, or is damaged, is `None`: a missing date is handled, a wrong one is not noticed.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::news::lexicon::{self, Entry};

/// No date is longer; what is longer is text.
const DATE_BYTES_MAX: usize = 128;
/// A date may be this far ahead of the clock (zones gone wrong, announcements set to the hour) before it is disbelieved.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(1);
/// The first year whose news a feed can carry: clocks that were never set say 1970.
const YEAR_MIN: i16 = 1990;
/// Two-digit years below this are of this century (RFC 2822 draws the line at 50, feeds are younger than 1970).
const TWO_DIGIT_PIVOT: i64 = 70;

/// When an entry counts as published: what it says, as far as that can be. A missing date, one before 1990 and one in the
/// future read as `first_seen`, the time at which we first met the entry, so that nothing sorts above today's news for ever.
pub fn sane(published: Option<Timestamp>, first_seen: Timestamp) -> Timestamp {
    published
        .filter(|published| TimeZone::UTC.to_datetime(*published).year() >= YEAR_MIN)
        .filter(|published| published.duration_since(first_seen) <= AHEAD_MAX)
        .unwrap_or(first_seen)
}

/// Reads a date; one without a zone is taken as UTC, one without a time as midnight, one without a day as the first.
pub fn read(text: &str) -> Option<Timestamp> {
    read_in(text, &TimeZone::UTC)
}

/// Reads a date whose zone, where it names none, is that of its source.
pub fn read_in(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if text.len() > DATE_BYTES_MAX {
        return None;
    }
    let pieces = lex(text);
    let mut found = Found::default();
    let mut rest = pieces.as_slice();
    while !rest.is_empty() {
        let taken = found.take(rest)?;
        rest = &rest[taken..];
    }
    found.timestamp(zone)
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    /// Value and number of digits.
    Number(i64, usize),
    /// In lower case; `true` if it was written in capitals.
    Word(String, bool),
    Mark(char),
    Space,
}

/// Cuts a date into pieces, leaving out `(comments)`.
fn lex(text: &str) -> Vec<Piece> {
    let characters: Vec<char> = text.trim().chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let start = at;
        let run =
            |more: &dyn Fn(usize) -> bool| (start..characters.len()).find(|&i| !more(i)).unwrap_or(characters.len());
        if c.is_ascii_digit() {
            at = run(&|i| characters[i].is_ascii_digit());
            let value = characters[start..at].iter().collect::<String>().parse().unwrap_or(i64::MAX);
            pieces.push(Piece::Number(value, at - start));
        } else if c.is_alphabetic() {
            // `America/Los_Angeles` is one word.
            let joins = |i: usize| {
                matches!(characters[i], '/' | '_') && characters.get(i + 1).is_some_and(|c| c.is_alphabetic())
            };
            at = run(&|i| characters[i].is_alphabetic() || matches!(characters[i], '\'' | '’') || joins(i));
            let word: String = characters[start..at].iter().collect();
            let lower = word.to_lowercase();
            pieces.push(Piece::Word(lower, word.chars().all(char::is_uppercase)));
        } else if c.is_whitespace() {
            at = run(&|i| characters[i].is_whitespace());
            pieces.push(Piece::Space);
        } else if c == '(' {
            at = run(&|i| characters[i] != ')') + 1;
        } else {
            at += 1;
            pieces.push(Piece::Mark(c));
        }
    }
    pieces
}

/// The unit between hours and minutes, in French and Portuguese, Japanese, Chinese and Korean.
fn is_hour(unit: &str) -> bool {
    matches!(unit, "h" | "時" | "时" | "点" | "시")
}

fn is_minute(unit: &str) -> bool {
    matches!(unit, "min" | "分" | "분")
}

/// What words mean in dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Month(i8),
    Am,
    Pm,
    Filler,
    Year,
    MonthUnit,
    Day,
    Zone(Offset),
}

static WORDS: LazyLock<HashMap<&str, Meaning>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for entry in lexicon::entries(LEXICON) {
        if let Some(meaning) = meaning(&entry) {
            // A word in two lists means what it means in the first.
            words.entry(entry.phrase).or_insert(meaning);
        }
    }
    words
});

const LEXICON: &str = include_str!("../../../config/lexicon/feed-dates.txt");

/// What a word of the lexicon means.
fn meaning(entry: &Entry<'_>) -> Option<Meaning> {
    Some(match (entry.section, entry.value) {
        ("month", number) => Meaning::Month(number.parse().ok()?),
        ("zone", offset) => Meaning::Zone(zone_offset(offset)?),
        ("am", "") => Meaning::Am,
        ("pm", "") => Meaning::Pm,
        ("filler", "") => Meaning::Filler,
        ("unit", "year") => Meaning::Year,
        ("unit", "month") => Meaning::MonthUnit,
        ("unit", "day") => Meaning::Day,
        _ => return None,
    })
}

/// The zones by name, from the copy in the binary: the same on every machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// `+05:30`
fn zone_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        _ => (1, &text[1..]),
    };
    let (hours, minutes) = digits.split_once(':')?;
    offset(sign, hours.parse().ok()?, minutes.parse().ok()?)
}

fn offset(sign: i64, hours: i64, minutes: i64) -> Option<Offset> {
    if hours > 24 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(i32::try_from(sign * (hours * 60 + minutes) * 60).ok()?).ok()
}

/// The parts of a date found so far.
#[derive(Debug, Default)]
struct Found {
    /// Numbers of the date, each with its digits, in order.
    numbers: Vec<(i64, usize)>,
    /// The mark behind the first number.
    separator: Option<char>,
    /// A `-` stands before the first number: ISO 8601 with the century left out.
    truncated: bool,
    month: Option<i8>,
    time: Option<(Time, bool)>,
    zone: Option<TimeZone>,
    /// `1520932969`
    instant: Option<Timestamp>,
}

impl Found {
    /// Reads the part at the beginning of `pieces` and says how many of them it took; `None` if it is no part of a date.
    fn take(&mut self, pieces: &[Piece]) -> Option<usize> {
        match pieces {
            [Piece::Space, ..] => Some(1),
            [Piece::Number(hour, 1 | 2), Piece::Mark(':'), rest @ ..] => {
                let taken = self.clock(*hour, rest)?;
                Some(2 + taken)
            }
            // `08h00`, `8 時 30 分`, `8h`
            [Piece::Number(hour, 1 | 2), Piece::Word(unit, _), rest @ ..] if is_hour(unit) && self.time.is_none() => {
                let minute = match rest {
                    [Piece::Number(minute, 1 | 2), Piece::Word(unit, _), ..] if is_minute(unit) => Some((*minute, 2)),
                    [Piece::Space, Piece::Number(minute, 1 | 2), Piece::Word(unit, _), ..] if is_minute(unit) => {
                        Some((*minute, 3))
                    }
                    [Piece::Number(minute, 2), ..] => Some((*minute, 1)),
                    _ => None,
                };
                let (minute, taken) = minute.unwrap_or((0, 0));
                self.set_time(*hour, minute, 0)?;
                Some(2 + taken)
            }
            [Piece::Number(value, digits), rest @ ..] => self.number(*value, *digits, rest).map(|taken| 1 + taken),
            [Piece::Mark(sign @ ('+' | '-' | '−')), Piece::Number(value, digits), rest @ ..]
                if self.time.is_some() && self.zone.as_ref().is_none_or(|zone| *zone == TimeZone::UTC) =>
            {
                let sign = if *sign == '+' { 1 } else { -1 };
                let (offset, taken) = match (digits, rest) {
                    (1 | 2, [Piece::Mark(':'), Piece::Number(minutes, 2), ..]) => (offset(sign, *value, *minutes)?, 2),
                    (1 | 2, _) => (offset(sign, *value, 0)?, 0),
                    (3 | 4, _) => (offset(sign, value / 100, value % 100)?, 0),
                    _ => return None,
                };
                self.zone = Some(TimeZone::fixed(offset));
                Some(2 + taken)
            }
            // An offset whose digits are none.
            [Piece::Mark('+' | '-'), Piece::Word(..), ..] if self.time.is_some() => None,
            [Piece::Mark(mark @ ('-' | '/' | '.' | ',')), ..] => {
                if self.numbers.is_empty() && self.month.is_none() {
                    self.truncated = *mark == '-';
                } else if self.numbers.len() == 1 && self.separator.is_none() {
                    self.separator = Some(*mark);
                }
                // `2013-01-27-01` is no date.
                (self.numbers.len() < 3 || *mark != '-' || !matches!(pieces.get(1), Some(Piece::Number(..))))
                    .then_some(1)
            }
            [Piece::Mark('|' | ';' | '\'' | '·'), ..] => Some(1),
            [Piece::Mark(_), ..] => None,
            [Piece::Word(half, _), Piece::Mark('.'), Piece::Word(m, _), Piece::Mark('.'), ..] if m == "m" => {
                self.half_day(half == "p")?;
                Some(4)
            }
            [Piece::Word(word, capitals), rest @ ..] => self.word(word, *capitals, rest).map(|taken| 1 + taken),
            [] => None,
        }
    }

    /// The rest of a time behind `hour:`.
    fn clock(&mut self, hour: i64, rest: &[Piece]) -> Option<usize> {
        let [Piece::Number(minute, 1 | 2), rest @ ..] = rest else { return None };
        let (second, taken) = match rest {
            [Piece::Mark(':'), Piece::Number(second, 1 | 2), rest @ ..] => match rest {
                [Piece::Mark(':'), ..] => return None,
                [Piece::Mark('.' | ','), Piece::Number(..), ..] => (*second, 4),
                _ => (*second, 2),
            },
            [Piece::Mark(':'), ..] => return None,
            _ => (0, 0),
        };
        self.set_time(hour, *minute, second)?;
        Some(1 + taken)
    }

    fn set_time(&mut self, hour: i64, minute: i64, second: i64) -> Option<()> {
        // A leap second is the last one; the hour 24 is the end of the day.
        let second = if second == 60 { 59 } else { second };
        let ends_day = (hour, minute, second) == (24, 0, 0);
        let hour = if ends_day { 0 } else { hour };
        let time =
            Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()?;
        self.time.is_none().then(|| self.time = Some((time, ends_day)))
    }

    fn half_day(&mut self, afternoon: bool) -> Option<()> {
        let (time, _) = self.time.as_mut()?;
        if afternoon && time.hour() < 12 {
            *time = time.wrapping_add(12.hours());
        } else if !afternoon && time.hour() == 12 {
            *time = time.wrapping_sub(12.hours());
        }
        Some(())
    }

    fn number(&mut self, value: i64, digits: usize, rest: &[Piece]) -> Option<usize> {
        let follows = |at: usize| match rest.get(at) {
            Some(Piece::Word(word, _)) => WORDS.get(word.as_str()).copied(),
            _ => None,
        };
        let clock_follows = rest.contains(&Piece::Mark(':'));
        let half_day = follows(0).or_else(|| follows(1).filter(|_| rest.first() == Some(&Piece::Space)));
        match half_day {
            // `3 pm`
            Some(Meaning::Am | Meaning::Pm) if digits <= 2 && self.time.is_none() && !clock_follows => {
                self.set_time(value, 0, 0)?;
                return Some(0);
            }
            _ => {}
        }
        if self.numbers.is_empty() && self.month.is_none() && (digits == 10 || digits == 13) {
            let seconds = if digits == 13 { value / 1000 } else { value };
            self.instant = Some(Timestamp::from_second(seconds).ok()?);
            return rest.is_empty().then_some(0);
        }
        // `08:00:00 0000`: a zone that lost its sign, where that makes no difference.
        if (value, digits) == (0, 4) && self.time.is_some() {
            self.zone.get_or_insert(TimeZone::UTC);
            return Some(0);
        }
        if self.numbers.len() == 3 || digits > 14 {
            return None;
        }
        self.numbers.push((value, digits));
        Some(0)
    }

    fn word(&mut self, word: &str, capitals: bool, rest: &[Piece]) -> Option<usize> {
        if word == "t" && matches!(rest.first(), Some(Piece::Number(..))) {
            if let [Piece::Number(value, digits @ (4 | 6)), ..] = rest {
                // `T101455`
                let value = if *digits == 4 { value * 100 } else { *value };
                self.set_time(value / 10_000, value / 100 % 100, value % 100)?;
                return Some(1);
            }
            return Some(0);
        }
        let beginning = self.numbers.is_empty() && self.month.is_none() && self.time.is_none();
        match WORDS.get(word).copied() {
            Some(Meaning::Month(number)) if self.month.is_none() => {
                // A weekday may look like a month (`mar.` is a Tuesday in French): the later one is the month.
                let another = |piece: &Piece| matches!(piece, Piece::Word(word, _) if matches!(WORDS.get(word.as_str()), Some(Meaning::Month(_))));
                if !(beginning && rest.iter().any(another)) {
                    self.month = Some(number);
                }
                Some(0)
            }
            Some(Meaning::Am) => self.half_day(false).map(|()| 0),
            Some(Meaning::Pm) => {
                // Korean and Japanese put it before the time.
                if self.time.is_none()
                    && let [Piece::Space, Piece::Number(hour, 1 | 2), Piece::Mark(':'), clock @ ..]
                    | [Piece::Number(hour, 1 | 2), Piece::Mark(':'), clock @ ..] = rest
                {
                    self.seoul_unless_said(word);
                    let taken = self.clock(*hour, clock)?;
                    self.half_day(true)?;
                    return Some(taken + 2 + usize::from(rest.first() == Some(&Piece::Space)));
                }
                self.half_day(true).map(|()| 0)
            }
            // Before a time, `at` is a word and no zone.
            Some(Meaning::Zone(_)) if self.time.is_none() && rest.contains(&Piece::Mark(':')) => Some(0),
            Some(Meaning::Zone(offset)) if self.zone.is_none() && !beginning => {
                self.zone = Some(TimeZone::fixed(offset));
                Some(0)
            }
            // `-05:00Z`: the offset counts.
            Some(Meaning::Zone(_)) if !beginning => Some(0),
            Some(Meaning::Filler) => Some(0),
            Some(Meaning::Year | Meaning::MonthUnit | Meaning::Day) => {
                self.seoul_unless_said(word);
                Some(0)
            }
            // A weekday, in whatever language.
            _ if beginning => Some(0),
            _ if word.contains('/') => {
                self.zone = Some(ZONES.get(word).ok()?);
                Some(0)
            }
            // A zone nobody has heard of. The time is wrong by hours at most.
            _ if capitals && self.time.is_some() && word.len() <= 5 => Some(0),
            _ => None,
        }
    }

    /// Dates written in Korean are in Korean time.
    fn seoul_unless_said(&mut self, word: &str) {
        if self.zone.is_none() && word.chars().all(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c)) {
            self.zone = offset(1, 9, 0).map(TimeZone::fixed);
        }
    }

    fn timestamp(self, zone: &TimeZone) -> Option<Timestamp> {
        if self.instant.is_some() {
            return self.instant;
        }
        let date = self.date()?;
        let (time, next_day) = self.time.unwrap_or((Time::midnight(), false));
        let mut moment: DateTime = date.to_datetime(time);
        if next_day {
            moment = moment.checked_add(1.day()).ok()?;
        }
        let zone = self.zone.unwrap_or_else(|| zone.clone());
        Some(moment.to_zoned_datetime(zone).ok()?.timestamp())
    }

    fn date(&self) -> Option<Date> {
        let date = |year: (i64, usize), month: i64, day: i64| {
            Date::new(full_year(year)?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
        };
        let split = |value: i64| (value / 10_000, value / 100 % 100, value % 100);
        // Beside a date in numbers, the name of a month was a weekday (`mar. 04/03/2031`).
        let month = self.month.filter(|_| self.numbers.len() < 3).map(i64::from);
        match (month, self.numbers.as_slice()) {
            (Some(month), &[(year, 4)]) => date((year, 4), month, 1),
            (Some(month), &[year @ (value, digits), day] | &[day, year @ (value, digits)])
                if digits == 4 || digits == 3 || value > 31 =>
            {
                date(year, month, day.0)
            }
            (Some(month), &[day, year]) => date(year, month, day.0),
            (None, &[year @ (_, 4), (month, _), (day, _)]) => date(year, month, day),
            (None, &[(a, _), (b, _), year]) if year.1 == 4 || matches!(self.separator, Some('/' | '.')) => {
                // Slashes are American unless the first number cannot be a month.
                let american = self.separator == Some('/') && a <= 12 || b > 12;
                if american { date(year, a, b) } else { date(year, b, a) }
            }
            (None, &[year, (month, _), (day, _)]) if self.separator == Some('-') => date(year, month, day),
            (None, &[year @ (_, 4), (day, 3)]) => ordinal(full_year(year)?, day),
            (None, &[year @ (_, 4), (month, 1 | 2)]) => date(year, month, 1),
            (None, &[year @ (_, 2), (month, 2)]) if self.truncated => date(year, month, 1),
            (None, &[(value, 14)]) => {
                date((value / 10_000_000_000, 4), value / 100_000_000 % 100, value / 1_000_000 % 100)
            }
            (None, &[(value, 8)]) => {
                let (year, month, day) = split(value);
                date((year, 4), month, day)
            }
            (None, &[(value, 7)]) => ordinal(full_year((value / 1000, 4))?, value % 1000),
            (None, &[(value, 6)]) => {
                let (year, month, day) = split(value);
                date((year, 2), month, day)
            }
            (None, &[(value, 5)]) => ordinal(full_year((value / 1000, 2))?, value % 1000),
            (None, &[(value, 4)]) if self.truncated => date((value / 100, 2), value % 100, 1),
            (None, &[(value, 4)]) => date((value, 4), 1, 1),
            _ => None,
        }
    }
}

fn full_year((value, digits): (i64, usize)) -> Option<i16> {
    let year = match digits {
        4 => value,
        2 if value < TWO_DIGIT_PIVOT => 2000 + value,
        2 => 1900 + value,
        _ => return None,
    };
    i16::try_from(year).ok()
}

/// The day of a year by its number.
fn ordinal(year: i16, day: i64) -> Option<Date> {
    let date = Date::new(year, 1, 1).ok()?.checked_add((day - 1).days()).ok()?;
    (day >= 1 && date.year() == year).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn the_standards() {
        check("Tue, 04 Mar 2031 18:05:09 GMT", Some("2031-03-04T18:05:09Z"));
        check("04 Mar 31 18:05 +0200", Some("2031-03-04T16:05:00Z"));
        check("2031-03-04T18:05:09.25+02:00", Some("2031-03-04T16:05:09Z"));
        check("20310304T180509Z", Some("2031-03-04T18:05:09Z"));
        check("2031-063", Some("2031-03-04T00:00:00Z"));
        check("2031-03", Some("2031-03-01T00:00:00Z"));
        check("Tue Mar  4 18:05:09 2031", Some("2031-03-04T18:05:09Z"));
        check("1930413909", Some("2031-03-04T18:05:09Z"));
    }

    #[test]
    fn habits() {
        check("March 4th, 2031 at 6:05 p.m. EST", Some("2031-03-04T23:05:00Z"));
        check("Dienstag, 4. März 2031 um 18:05 Uhr", Some("2031-03-04T18:05:00Z"));
        check("mar. 04 mars 2031 18:05:09 +0100", Some("2031-03-04T17:05:09Z"));
        check("mar. 04/03/2031", Some("2031-04-03T00:00:00Z"));
        check("4 марта 2031 г., 18:05", Some("2031-03-04T18:05:00Z"));
        check("04.03.2031 18:05", Some("2031-03-04T18:05:00Z"));
        check("3/4/2031 12:05 AM", Some("2031-03-04T00:05:00Z"));
        check("24/03/2031", Some("2031-03-24T00:00:00Z"));
        check("le 4 mars 2031 à 18h05", Some("2031-03-04T18:05:00Z"));
        check("4 mars 2031, 18h", Some("2031-03-04T18:00:00Z"));
        check("2031年3月4日 18時05分", Some("2031-03-04T18:05:00Z"));
        check("2031-03-04T18:05:09 0000", Some("2031-03-04T18:05:09Z"));
        check("Tue, 04 Mar 2031 24:00:00 Europe/Kyiv", Some("2031-03-04T22:00:00Z"));
        check("Tue Mar 04 2031 18:05:09 GMT+0200 (Eastern European Time)", Some("2031-03-04T16:05:09Z"));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "soon",
            "2031-13-01",
            "32 Mar 2031",
            "2031-03-04T25:00:00Z",
            "2031-03-04T18:05:09+99:00",
            "yesterday 18:05",
            "12:30",
            "2031-03-04 or 2031-03-05",
            "99999999999999999999",
            "+1",
            "4 Mar 2031 18:05:09 +ab:00",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_source_may_have_a_zone_of_its_own() {
        let kyiv = ZONES.get("Europe/Kyiv").unwrap();
        assert_eq!(
            read_in("2031-03-04 18:05", &kyiv).map(|date| date.to_string()).as_deref(),
            Some("2031-03-04T16:05:00Z")
        );
    }

    #[test]
    fn every_word_of_the_lexicon_is_understood() {
        for entry in lexicon::entries(LEXICON) {
            assert!(meaning(&entry).is_some(), "{entry:?}");
        }
    }

    #[test]
    fn sanity() {
        let now: Timestamp = "2031-03-04T12:00:00Z".parse().unwrap();
        let check = |published: Option<&str>, expected: &str| {
            let published = published.map(|text| text.parse().unwrap());
            assert_eq!(sane(published, now).to_string(), expected);
        };
        check(None, "2031-03-04T12:00:00Z");
        check(Some("2031-03-03T09:00:00Z"), "2031-03-03T09:00:00Z");
        check(Some("2031-03-04T12:30:00Z"), "2031-03-04T12:30:00Z");
        check(Some("2035-01-01T00:00:00Z"), "2031-03-04T12:00:00Z");
        check(Some("1970-01-01T00:00:00Z"), "2031-03-04T12:00:00Z");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([0-9]{1,4}|[-:/+., TZ]|Mar|pm|GMT|.)*") {
            read(&text);
        }
    }
}
