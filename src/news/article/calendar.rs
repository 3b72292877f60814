//! Dates as people write them on pages, in the languages that sources use.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil;

/// What a word of a date line can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Month(i8),
    /// Weekdays, "published", zones: words that leave a line nothing but a date.
    Beside,
}

static WORDS: LazyLock<HashMap<&str, Word>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    let mut kind = Word::Beside;
    for line in include_str!("../../../config/lexicon/calendar.txt").lines().map(str::trim) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(section) => kind = section.parse().map_or(Word::Beside, Word::Month),
            None if line.starts_with('#') => {}
            None => {
                for word in line.split_whitespace() {
                    // The first section to name a word keeps it: months before the words beside them.
                    words.entry(word).or_insert(kind);
                }
            }
        }
    }
    words
});

/// Which of `03/04/2025` is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// A run of letters or of digits, and what parts it from the run before.
struct Run<'t> {
    text: &'t str,
    gap: &'t str,
    number: Option<u16>,
    month: Option<i8>,
}

/// Year, month and day as they stand behind numbers in Chinese, Japanese and Korean.
const CALENDAR_SIGNS: [&str; 6] = ["年", "月", "日", "년", "월", "일"];
/// Runs looked at in one line.
const RUNS_MAX: usize = 48;

fn runs(lower: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = lower;
    while runs.len() < RUNS_MAX {
        let Some(start) = rest.find(char::is_alphanumeric) else { break };
        let (gap, after) = rest.split_at(start);
        let digits = after.starts_with(|c: char| c.is_ascii_digit());
        let inside = |c: char| if digits { c.is_ascii_digit() } else { c.is_alphabetic() || matches!(c, '\'' | '’') };
        let end =
            after.find(|c: char| !inside(c)).unwrap_or(after.len()).max(after.chars().next().map_or(1, char::len_utf8));
        let (text, after) = after.split_at(end);
        rest = after;
        if CALENDAR_SIGNS.contains(&text) {
            continue;
        }
        let month = match WORDS.get(text) {
            Some(Word::Month(month)) => Some(*month),
            _ => None,
        };
        runs.push(Run { text, gap, number: text.parse().ok().filter(|_| digits && text.len() <= 4), month });
    }
    runs
}

/// The first date in a line of text.
pub(super) fn find(text: &str, order: Order) -> Option<civil::Date> {
    let lower = text.to_lowercase();
    let runs = runs(&lower);
    (0..runs.len()).find_map(|at| date_at(&runs[at..], order))
}

/// The date that a text begins with: "Feb. 23, 2015 -- The harbour …".
pub(super) fn leading(text: &str, order: Order) -> Option<civil::Date> {
    /// Longer than any spelling of a date.
    const DATE_BYTES_MAX: usize = 40;
    let lower = text[..text.floor_char_boundary(DATE_BYTES_MAX.min(text.len()))].to_lowercase();
    let runs = runs(&lower);
    let start = runs.iter().position(|run| !WORDS.get(run.text).is_some_and(|word| *word == Word::Beside))?;
    date_at(&runs[start..], order)
}

/// True for a word that stands in dates: a month, a weekday, "updated".
pub(super) fn is_beside_a_date(word: &str) -> bool {
    let lower = word.to_lowercase();
    WORDS.contains_key(lower.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// True when a line says when and nothing else: a date or a time of day, and the words that stand beside them.
pub(super) fn is_only_when(text: &str) -> bool {
    let lower = text.to_lowercase();
    let runs = runs(&lower);
    let numbers = runs.iter().filter(|run| run.number.is_some()).count();
    let dated = (0..runs.len()).any(|at| date_at(&runs[at..], Order::DayFirst).is_some());
    let clock = runs.iter().skip(1).any(|run| run.gap == ":" && run.number.is_some());
    numbers > 0
        && (dated || clock)
        && runs.iter().all(|run| run.number.is_some() || run.text.chars().count() == 1 || WORDS.contains_key(run.text))
}

/// A date that begins with the first of `runs`.
fn date_at(runs: &[Run<'_>], order: Order) -> Option<civil::Date> {
    let [first, second, rest @ ..] = runs else { return None };
    if let Some(month) = first.month {
        // March 25, 2025; March 25th, 2025
        let day = day(second)?;
        let rest = skip(rest, &["st", "nd", "rd", "th", "de", "of"]);
        return make(year(rest.first()?)?, month, day);
    }
    let number = first.number?;
    if first.text.len() == 4 {
        // 2025-03-25, 2025/3/25, 2025年3月25日, 2025 March 25
        let joined = ["-", "/", ".", "", " ", ". "];
        let month = second.month.or_else(|| month(second).filter(|_| joined.contains(&second.gap)));
        return make(i16::try_from(number).ok()?, month?, day(rest.first()?)?);
    }
    // 25 March 2025, 25. März 2025, 25 de marzo de 2025, 25th of March 2025
    let day_first = day(first)?;
    let tail = skip(&runs[1..], &["st", "nd", "rd", "th", "de", "of", "er", "di"]);
    if let [named, tail @ ..] = tail
        && let Some(month) = named.month
    {
        let tail = skip(tail, &["de", "del"]);
        return make(year(tail.first()?)?, month, day_first);
    }
    // 25.03.2025, 25/3/2025, 3/25/2025
    let third = rest.first()?;
    if second.gap != third.gap || !matches!(second.gap, "." | "/" | "-" | ". ") {
        return None;
    }
    let (a, b) = (i8::try_from(number).ok()?, i8::try_from(second.number?).ok()?);
    let (day, month) = match (a, b, order) {
        (13.., 1..=12, _) => (a, b),
        (1..=12, 13.., _) => (b, a),
        (_, _, Order::MonthFirst) if second.gap == "/" => (b, a),
        _ => (a, b),
    };
    let year = match third.text.len() {
        4 => year(third)?,
        2 if second.gap != "-" => 2000 + i16::try_from(third.number?).ok()?,
        _ => return None,
    };
    make(year, month, day)
}

fn skip<'a, 't>(runs: &'a [Run<'t>], words: &[&str]) -> &'a [Run<'t>] {
    let skipped = runs.iter().take_while(|run| words.contains(&run.text)).count();
    &runs[skipped..]
}

fn day(run: &Run<'_>) -> Option<i8> {
    run.number.filter(|day| run.text.len() <= 2 && (1..=31).contains(day)).and_then(|day| i8::try_from(day).ok())
}

fn month(run: &Run<'_>) -> Option<i8> {
    run.number
        .filter(|month| run.text.len() <= 2 && (1..=12).contains(month))
        .and_then(|month| i8::try_from(month).ok())
}

fn year(run: &Run<'_>) -> Option<i16> {
    run.number.filter(|_| run.text.len() == 4).and_then(|year| i16::try_from(year).ok())
}

fn make(year: i16, month: i8, day: i8) -> Option<civil::Date> {
    civil::Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(find(text, Order::DayFirst).map(|date| date.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn dates_are_found_in_many_spellings() {
        for text in [
            "25 March 2025",
            "Published on Tuesday, 25th of March, 2025 at 9:12 am",
            "March 25, 2025",
            "Mar. 25th, 2025 | 09:12",
            "2025-03-25",
            "2025/3/25 09:12",
            "2025年3月25日",
            "2025년 3월 25일 09:12",
            "2025. 3. 25.",
            "25.03.2025, 09:12 Uhr",
            "25. März 2025",
            "25/03/2025",
            "3/25/2025",
            "25.3.25",
            "Le 25 mars 2025 à 9h12",
            "25 de marzo de 2025",
            "25 марта 2025 г.",
            "25 березня 2025, 09:12",
            "25 Mart 2025",
            "By Ana Reyes25 March 2025",
        ] {
            check(text, Some("2025-03-25"));
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "12 people were hurt",
            "March 2025",
            "31 February 2025",
            "In 2025 3 people",
            "1,2025",
            "9:12",
            "may 5",
            "2025年",
            "2025年3月",
            "25",
            "25.",
            "25.3",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn the_order_of_numbers_follows_the_page() {
        assert_eq!(find("03/04/2025", Order::MonthFirst), Some(civil::date(2025, 3, 4)));
        assert_eq!(find("03/04/2025", Order::DayFirst), Some(civil::date(2025, 4, 3)));
        assert_eq!(find("03.04.2025", Order::MonthFirst), Some(civil::date(2025, 4, 3)));
    }

    #[test]
    fn a_line_that_only_says_when_is_known() {
        for (text, expected) in [
            ("22 Dec, 2016 22 Dec, 2016", true),
            ("1:39 PM ET", true),
            ("Publié le 25 mars 2025 à 08h00", true),
            ("25 Maret 2025", true),
            ("Updated: Tuesday, March 25, 2025, 09:12 GMT", true),
            ("On 25 March 2025 the ferry ran aground", false),
            ("101", false),
            ("Sumy, 25 March 2025", false),
        ] {
            assert_eq!(is_only_when(text), expected, "{text}");
        }
    }
}
