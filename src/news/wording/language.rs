//! The languages that editions speak: how each counts, writes numbers and dates. Its phrases stand beside those of the other
//! languages in this folder, so that whoever adds a language is told by the compiler of every phrase that it lacks.
//!
//! Only our own words are translated. Quotations, names of places, claimants and outlets stay as the articles have them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use crate::news::article::Published;

/// A language of our own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "uk")]
    Ukrainian,
}

const ENGLISH_MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// In the genitive, as they stand after a day.
const UKRAINIAN_MONTHS: [&str; 12] = [
    "січня",
    "лютого",
    "березня",
    "квітня",
    "травня",
    "червня",
    "липня",
    "серпня",
    "вересня",
    "жовтня",
    "листопада",
    "грудня",
];

/// From Monday.
const UKRAINIAN_DAYS: [&str; 7] = ["понеділок", "вівторок", "середа", "четвер", "пʼятниця", "субота", "неділя"];

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Ukrainian];

    /// BCP 47.
    pub fn tag(self) -> &'static str {
        self.pick("en", "uk")
    }

    /// The one of these that is in this language.
    pub fn pick<T>(self, english: T, ukrainian: T) -> T {
        match self {
            Self::English => english,
            Self::Ukrainian => ukrainian,
        }
    }

    /// The form of a noun after a number: English has two; Ukrainian one for 1, 21, 31 …, one for 2 to 4, 22 to 24 …, and one
    /// for the others, 11 to 14 among them (CLDR's plural rules).
    pub fn plural<T>(self, number: u64, english: [T; 2], ukrainian: [T; 3]) -> T {
        let [one, other] = english;
        let [single, few, many] = ukrainian;
        match self {
            Self::English if number == 1 => one,
            Self::English => other,
            Self::Ukrainian => match (number % 10, number % 100) {
                (_, 11..=14) => many,
                (1, _) => single,
                (2..=4, _) => few,
                _ => many,
            },
        }
    }

    /// `1234567` → `1,234,567`, `1 234 567`.
    pub fn digits(self, number: u64) -> String {
        let plain = number.to_string();
        let mut out = String::new();
        for (index, digit) in plain.chars().enumerate() {
            if index > 0 && (plain.len() - index).is_multiple_of(3) {
                out.push(self.pick(',', '\u{a0}'));
            }
            out.push(digit);
        }
        out
    }

    /// "24 Mar", "24 березня"; the year only where it is not that of the edition.
    pub fn day(self, date: civil::Date, edition: civil::Date) -> String {
        if date.year() == edition.year() { format!("{} {}", date.day(), self.month(date)) } else { self.full_day(date) }
    }

    fn full_day(self, date: civil::Date) -> String {
        format!("{} {} {}", date.day(), self.month(date), date.year())
    }

    fn month(self, date: civil::Date) -> &'static str {
        let index = usize::try_from(date.month() - 1).unwrap_or(0);
        self.pick(ENGLISH_MONTHS[index], UKRAINIAN_MONTHS[index])
    }

    /// "Tuesday 25 March 2025, 07:00", "вівторок, 25 березня 2025, 07:00".
    pub fn moment(self, at: Timestamp, zone: &TimeZone) -> String {
        let local = at.to_zoned_datetime(zone.clone());
        match self {
            Self::English => local.strftime("%A %-d %B %Y, %H:%M").to_string(),
            Self::Ukrainian => {
                let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
                let day = self.full_day(local.date());
                format!("{}, {day}, {}", UKRAINIAN_DAYS[weekday], local.strftime("%H:%M"))
            }
        }
    }

    /// "25 Mar 07:00".
    pub fn short_moment(self, at: Timestamp, zone: &TimeZone) -> String {
        let local = at.to_zoned_datetime(zone.clone());
        format!("{} {} {}", local.day(), self.month(local.date()), local.strftime("%H:%M"))
    }

    /// "as of 5 Mar 18:25", or "last reported 4 Mar" where that was not after `from`, when the edition's window begins.
    pub fn as_of(self, published: Published, from: Timestamp, zone: &TimeZone, edition: civil::Date) -> String {
        let (moment, is_old) = match published {
            Published::At(at, _) => (self.short_moment(at, zone), at <= from),
            Published::On(date) => (self.day(date, edition), date < from.to_zoned_datetime(zone.clone()).date()),
        };
        let (english, ukrainian) = if is_old {
            ("last reported", "востаннє повідомлено")
        } else {
            ("as of", "станом на")
        };
        format!("{} {moment}", self.pick(english, ukrainian))
    }

    /// When an article was published, as exactly as it says, in UTC.
    pub fn published(self, published: &Published) -> String {
        match *published {
            Published::At(at, _) => {
                let utc = at.to_zoned_datetime(TimeZone::UTC);
                format!("{} {} UTC", self.full_day(utc.date()), utc.strftime("%H:%M"))
            }
            Published::On(date) => self.full_day(date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_number() {
        #[track_caller]
        fn check(numbers: &[u64], english: &str, ukrainian: &str) {
            for number in numbers {
                let form = |language: Language| {
                    language.plural(*number, ["article", "articles"], ["стаття", "статті", "статей"])
                };
                assert_eq!((form(Language::English), form(Language::Ukrainian)), (english, ukrainian), "{number}");
            }
        }
        check(&[1], "article", "стаття");
        check(&[21, 101, 1_001], "articles", "стаття");
        check(&[2, 3, 4, 22, 34, 102], "articles", "статті");
        check(&[0, 5, 9, 10, 11, 12, 13, 14, 15, 20, 25, 111, 112, 114, 1_012], "articles", "статей");
    }

    #[test]
    fn dates_and_numbers_are_of_the_language() {
        let day = civil::date(2025, 3, 24);
        assert_eq!(Language::English.day(day, day), "24 Mar");
        assert_eq!(Language::Ukrainian.day(day, day), "24 березня");
        assert_eq!(Language::Ukrainian.day(day, civil::date(2026, 1, 1)), "24 березня 2025");
        let at = day.at(5, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        let zone = TimeZone::get("Europe/Kyiv").unwrap();
        assert_eq!(Language::English.moment(at, &zone), "Monday 24 March 2025, 07:00");
        assert_eq!(Language::Ukrainian.moment(at, &zone), "понеділок, 24 березня 2025, 07:00");
        assert_eq!(Language::English.short_moment(at, &zone), "24 Mar 07:00");
        assert_eq!(Language::Ukrainian.published(&Published::from(at)), "24 березня 2025 05:00 UTC");
        assert_eq!(
            (Language::English.digits(1_234_567), Language::Ukrainian.digits(12_345)),
            ("1,234,567".to_owned(), "12\u{a0}345".to_owned())
        );
    }
}
