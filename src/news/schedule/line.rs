//! Reading a cron line, with every mistake in it.
//!
//! Two kinds of line are read, and `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`:
//!
//! - five fields, `minute hour day-of-month month day-of-week`, as crontab(5) has them: days of the week are 0 to 7 with
//!   Sunday as 0 and 7, and when neither day field starts with `*`, either of them is enough (`0 7 1 * MON`: Mondays,
//!   and the first of each month);
//! - six or seven, with `second` before and `year` after. Programs disagree on what these say about days (1 is Sunday
//!   in some, Monday in others; both day fields must match in some, either in others), so here days of the week are
//!   names, and only one of the two day fields may restrict.
//!
//! Ranges do not wrap, except that Sunday also ends a week. An edition is due at most once a minute.

use std::{collections::BTreeSet, fmt, ops::Range};

use super::YEARS;

/// One thing wrong in a cron line. Its `Display` says what is wrong and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMistake {
    /// The field as a reader of crontab(5) knows it ("day of week"), or "line" for the line as a whole.
    pub field: &'static str,
    /// Where in the line, in bytes.
    pub span: Range<usize>,
    /// Where in the line, in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub advice: String,
}

impl fmt::Display for FieldMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, column, problem, advice, .. } = self;
        write!(f, "column {column}, {field}: {problem}; {advice}")
    }
}

impl std::error::Error for FieldMistake {}

/// A field of a cron line: what it is called, what it may hold.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// Names for numbers, the first for `min`. A name may be cut to three letters or more.
    names: &'static [&'static str],
}

const SECOND: Field = Field { name: "second", min: 0, max: 59, names: &[] };
const MINUTE: Field = Field { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: Field = Field { name: "hour", min: 0, max: 23, names: &[] };
const DAY_OF_MONTH: Field = Field { name: "day of month", min: 1, max: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &[
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
};
const DAY_OF_WEEK: Field = Field {
    name: "day of week",
    min: 0,
    max: 7,
    names: &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
};
const YEAR: Field = Field { name: "year", min: YEARS.start as u32, max: YEARS.end as u32 - 1, names: &[] };

const FIVE_FIELDS: &[Field] = &[MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK];
const SIX_FIELDS: &[Field] = &[SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK];
const SEVEN_FIELDS: &[Field] = &[SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR];

/// The fewest letters that name a month or a day.
const NAME_LETTERS_MIN: usize = 3;

/// A piece of the line, and where it stands.
#[derive(Clone, Copy)]
struct Piece<'l> {
    line: &'l str,
    start: usize,
    text: &'l str,
}

impl<'l> Piece<'l> {
    fn whole(line: &'l str) -> Self {
        let text = line.trim();
        Self { line, start: line.len() - line.trim_start().len(), text }
    }

    /// The parts between separators; a part may be empty.
    fn split(self, is_separator: fn(char) -> bool) -> impl Iterator<Item = Self> {
        let mut start = self.start;
        self.text.split_inclusive(is_separator).chain(self.text.ends_with(is_separator).then_some("")).map(
            move |part| {
                let piece = Self { line: self.line, start, text: part.trim_end_matches(is_separator) };
                start += part.len();
                piece
            },
        )
    }

    fn split_once(self, separator: char) -> (Self, Option<Self>) {
        match self.text.split_once(separator) {
            None => (self, None),
            Some((left, right)) => {
                let right_start = self.start + left.len() + separator.len_utf8();
                (Self { text: left, ..self }, Some(Self { start: right_start, text: right, ..self }))
            }
        }
    }

    fn mistake(self, field: &'static str, problem: String, advice: String) -> FieldMistake {
        let column = self.line[..self.start].chars().count() + 1;
        FieldMistake { field, span: self.start..self.start + self.text.len(), column, problem, advice }
    }
}

fn shorthand(line: &str) -> Result<&'static str, Vec<FieldMistake>> {
    let piece = Piece::whole(line);
    match piece.text {
        "@hourly" => Ok("0 * * * *"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        other => Err(vec![piece.mistake(
            "line",
            format!("{other:?} is not a known shorthand"),
            "write @hourly, @daily, @weekly, @monthly or @yearly, or five fields like `0 7 * * *`".to_owned(),
        )]),
    }
}

/// The line in the terms of the `cron` crate, which wants plain lists of numbers and 1 for Sunday.
pub(super) fn calendars(line: &str) -> Result<Vec<cron::Schedule>, Vec<FieldMistake>> {
    let line = if line.trim().starts_with('@') { shorthand(line)? } else { line };
    let whole = Piece::whole(line);
    let pieces: Vec<_> = whole.split(char::is_whitespace).filter(|piece| !piece.text.is_empty()).collect();
    let fields = match pieces.len() {
        5 => FIVE_FIELDS,
        6 => SIX_FIELDS,
        7 => SEVEN_FIELDS,
        count => {
            return Err(vec![whole.mistake(
                "line",
                format!("there are {count} fields, not five"),
                "write `minute hour day-of-month month day-of-week`, for example `0 7 * * *` for every day at 07:00 \
                 (a list like 1,15 has no spaces)"
                    .to_owned(),
            )]);
        }
    };
    let unix = fields.len() == FIVE_FIELDS.len();

    let mut mistakes = Vec::new();
    let mut values = Vec::new();
    let mut restricted_days = Vec::new();
    for (field, piece) in fields.iter().zip(&pieces) {
        let is_day = field.name == DAY_OF_MONTH.name || field.name == DAY_OF_WEEK.name;
        if is_day && !piece.text.starts_with(['*', '?']) {
            restricted_days.push(*piece);
        }
        if field.name == DAY_OF_WEEK.name && !unix && piece.text.contains(|c: char| c.is_ascii_digit()) {
            mistakes.push(piece.mistake(
                field.name,
                format!("in a line of {} fields, programs disagree on which day a number means", fields.len()),
                "write names, like MON-FRI or SUN".to_owned(),
            ));
        }
        let set = piece.split(|c| c == ',').fold(BTreeSet::new(), |mut set, item| {
            match field.read(item, is_day) {
                Ok(found) => set.extend(found),
                Err(mistake) => mistakes.push(mistake),
            }
            set
        });
        if field.name == SECOND.name && set.len() > 1 {
            mistakes.push(piece.mistake(
                field.name,
                "an edition is due at most once a minute".to_owned(),
                "write one second, usually 0".to_owned(),
            ));
        }
        values.push(field.cron(&set));
    }
    if let ([_, day_of_week], false) = (&restricted_days[..], unix) {
        mistakes.push(day_of_week.mistake(
            DAY_OF_WEEK.name,
            "in a line with seconds, programs disagree on whether one or both of the day fields must match".to_owned(),
            "write * in one of them, or a line of five fields, where either is enough".to_owned(),
        ));
    }
    if !mistakes.is_empty() {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        mistakes.dedup_by_key(|mistake| mistake.span.clone());
        return Err(mistakes);
    }

    if unix {
        values.insert(0, "0".to_owned());
    }
    let either_day = restricted_days.len() == 2;
    let lines = if either_day {
        let with = |free: usize| {
            let mut values = values.clone();
            values[free] = "*".to_owned();
            values.join(" ")
        };
        vec![with(3), with(5)]
    } else {
        vec![values.join(" ")]
    };
    lines.iter().map(|line| line.parse().map_err(|error: cron::error::Error| refused(whole, &error))).collect()
}

/// The fields were checked, so the crate has nothing left to refuse; if it does, that is still an error and no panic.
fn refused(whole: Piece<'_>, error: &cron::error::Error) -> Vec<FieldMistake> {
    vec![whole.mistake("line", error.to_string(), "write a line like `0 7 * * *`".to_owned())]
}

impl Field {
    /// Reads one item of a list: `*`, a value or a range, with a step or without.
    fn read(&self, item: Piece<'_>, is_day: bool) -> Result<impl Iterator<Item = u32>, FieldMistake> {
        let (range, step) = item.split_once('/');
        let (first, last) = match range.text {
            "*" => (self.min, self.max),
            "?" if is_day => (self.min, self.max),
            _ => match range.split_once('-') {
                (first, Some(last)) => (self.value(first)?, self.range_end(last)?),
                (only, None) if step.is_some() => (self.value(only)?, self.max),
                (only, None) => (self.value(only)?, self.value(only)?),
            },
        };
        if first > last {
            return Err(range.mistake(
                self.name,
                format!("the range {:?} ends before it starts", range.text),
                format!("write two ranges, like {first}-{},{}-{last}", self.max, self.min),
            ));
        }
        let step = match step {
            None => 1,
            Some(step) => match step.text.parse() {
                Ok(number @ 1..) if number <= self.max as usize => number,
                _ => {
                    return Err(step.mistake(
                        self.name,
                        format!("{:?} is not a step", step.text),
                        format!("after / write a number from 1 to {}", self.max),
                    ));
                }
            },
        };
        // `*/2` of days of the week is 0, 2, 4, 6: the second Sunday, 7, would be an eighth day.
        let last = if range.text == "*" || range.text == "?" { last.min(self.max_of_all()) } else { last };
        Ok((first..=last).step_by(step))
    }

    /// The last of `*`.
    fn max_of_all(&self) -> u32 {
        if self.name == DAY_OF_WEEK.name { self.max - 1 } else { self.max }
    }

    /// A value that ends a range: there, Sunday by name ends the week.
    fn range_end(&self, piece: Piece<'_>) -> Result<u32, FieldMistake> {
        let value = self.value(piece)?;
        let names_sunday = self.name == DAY_OF_WEEK.name && value == 0 && piece.text != "0";
        Ok(if names_sunday { self.max } else { value })
    }

    fn value(&self, piece: Piece<'_>) -> Result<u32, FieldMistake> {
        let Self { name, min, max, names } = self;
        let text = piece.text.to_ascii_lowercase();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let problem = if is_number {
            match text.parse() {
                Ok(value) if (*min..=*max).contains(&value) => return Ok(value),
                _ => format!("{text} is not between {min} and {max}"),
            }
        } else {
            let is_named = |full: &&str| text.len() >= NAME_LETTERS_MIN && full.starts_with(&text);
            match (*min..).zip(*names).find(|(_, full)| is_named(full)) {
                Some((value, _)) => return Ok(value),
                None if text.is_empty() => "something is missing".to_owned(),
                None => format!("{:?} is not a {name}", piece.text),
            }
        };
        let or_names = match (names.first(), names.last()) {
            (Some(first), Some(last)) => {
                format!(", or a name from {} to {}", first[..3].to_uppercase(), last[..3].to_uppercase())
            }
            _ => String::new(),
        };
        let advice = format!("write *, a number from {min} to {max}{or_names}, a range a-b, a list a,b or a step */n");
        Err(piece.mistake(name, problem, advice))
    }

    /// The values as the `cron` crate writes them.
    fn cron(&self, values: &BTreeSet<u32>) -> String {
        let values: BTreeSet<_> =
            if self.name == DAY_OF_WEEK.name { values.iter().map(|day| day % 7 + 1).collect() } else { values.clone() };
        let all = (self.max_of_all() - self.min + 1) as usize;
        if values.len() == all {
            return "*".to_owned();
        }
        values.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::Schedule;

    #[track_caller]
    fn check_mistakes(line: &str, expected: &[(usize, &str, &str)]) {
        let mistakes = Schedule::parse(line, TimeZone::UTC).unwrap_err();
        let found: Vec<_> = mistakes.iter().map(|m| (m.column, &line[m.span.clone()], m.to_string())).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for ((column, text, shown), expected) in found.iter().zip(expected) {
            assert_eq!((*column, *text), (expected.0, expected.1), "{shown}");
            assert!(shown.contains(expected.2), "{shown:?} does not contain {:?}", expected.2);
        }
    }

    #[test]
    fn six_typos_are_six_mistakes() {
        check_mistakes(
            "0 60 7h 0 Foo 1-",
            &[
                (3, "60", "minute: 60 is not between 0 and 59"),
                (6, "7h", "hour: \"7h\" is not a hour"),
                (9, "0", "day of month: 0 is not between 1 and 31"),
                (11, "Foo", "month: \"Foo\" is not a month; write *, a number from 1 to 12, or a name from JAN to DEC"),
                (15, "1-", "write names, like MON-FRI"),
                (17, "", "day of week: something is missing"),
            ],
        );
        check_mistakes(
            "61,99 24 */0 13 fri-mon",
            &[
                (1, "61", "61 is not"),
                (4, "99", "99 is not"),
                (7, "24", "24 is not"),
                (12, "0", "\"0\" is not a step; after / write a number from 1 to 31"),
                (14, "13", "13 is not"),
                (17, "fri-mon", "ends before it starts; write two ranges, like 5-7,0-1"),
            ],
        );
    }

    #[test]
    fn lines_that_programs_read_differently_are_refused() {
        check_mistakes("0 0 7 * * 2", &[(11, "2", "programs disagree on which day a number means")]);
        check_mistakes("0 0 7 1 * MON", &[(11, "MON", "one or both of the day fields must match")]);
        check_mistakes("* 0 7 * * *", &[(1, "*", "at most once a minute")]);
        check_mistakes("07:00", &[(1, "07:00", "there are 1 fields")]);
        check_mistakes("0 7 * * 1, 2", &[(11, "", "something is missing"), (12, "2", "programs disagree")]);
        check_mistakes(" @dayly ", &[(2, "@dayly", "write @hourly, @daily")]);
        check_mistakes("", &[(1, "", "there are 0 fields")]);
        check_mistakes("0 7 L * é", &[(5, "L", "is not a day of month"), (9, "é", "is not a day of week")]);
    }
}
