//! When something was published: a day, or an instant together with the clock it was read from.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

/// When something was published, as exactly as its source says: a day, or an instant.
///
/// The instant keeps the offset it was given with, because the publisher's "Tuesday" is a day of the publisher's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Published {
    At(Timestamp, Offset),
    On(civil::Date),
}

impl Published {
    /// The day of publication, by the publisher's clock.
    pub fn date(self) -> civil::Date {
        match self {
            Self::At(instant, offset) => offset.to_datetime(instant).date(),
            Self::On(date) => date,
        }
    }

    /// The instant of publication, or the end of the day when only the day is known (`None` beyond jiff's years).
    ///
    /// The end, because a report of which only the day is known may carry that day's last figures.
    pub fn instant(self) -> Option<Timestamp> {
        match self {
            Self::At(instant, _) => Some(instant),
            Self::On(date) => date.at(23, 59, 59, 0).to_zoned_datetime(TimeZone::UTC).ok().map(|z| z.timestamp()),
        }
    }
}

impl From<Timestamp> for Published {
    fn from(instant: Timestamp) -> Self {
        Self::At(instant, Offset::UTC)
    }
}

impl fmt::Display for Published {
    /// RFC 3339, or the date alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(instant, Offset::UTC) => write!(f, "{instant}"),
            Self::At(instant, offset) => write!(f, "{}", instant.display_with_offset(*offset)),
            Self::On(date) => write!(f, "{date}"),
        }
    }
}

/// The text is neither an ISO date nor an RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read the date: write it as 2025-03-25 or 2025-03-25T09:12:00Z")]
pub struct NotADate;

impl FromStr for Published {
    type Err = NotADate;

    /// Reads ISO 8601 as machines write it: a date, or a time with an offset. A time without one is taken as its day,
    /// since its instant is not known.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pieces = Pieces::parse(text.trim()).map_err(|_| NotADate)?;
        let date = pieces.date();
        let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else { return Ok(Self::On(date)) };
        offset.to_timestamp(date.to_datetime(time)).map(|instant| Self::At(instant, offset)).map_err(|_| NotADate)
    }
}

impl TryFrom<String> for Published {
    type Error = NotADate;

    fn try_from(text: String) -> Result<Self, NotADate> {
        text.parse()
    }
}

impl From<Published> for String {
    fn from(published: Published) -> Self {
        published.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, day: &str) {
        let published: Published = text.parse().unwrap();
        assert_eq!(published.to_string(), expected, "{text}");
        assert_eq!(published.date().to_string(), day, "{text}");
    }

    #[test]
    fn the_publishers_day_is_kept() {
        check("2025-03-25", "2025-03-25", "2025-03-25");
        check("2025-03-25T00:30:00+02:00", "2025-03-25T00:30:00+02:00", "2025-03-25");
        check("2025-03-25T23:30:00-0500", "2025-03-25T23:30:00-05:00", "2025-03-25");
        check("2025-03-25T09:12:00Z", "2025-03-25T09:12:00Z", "2025-03-25");
        check("2025-03-25 09:12", "2025-03-25", "2025-03-25");
        assert_eq!("last Tuesday".parse::<Published>(), Err(NotADate));
    }

    #[test]
    fn it_goes_through_json_unchanged() {
        let published: Published = "2025-03-25T00:30:00+02:00".parse().unwrap();
        let json = serde_json::to_string(&published).unwrap();
        assert_eq!(serde_json::from_str::<Published>(&json).unwrap(), published);
    }
}
