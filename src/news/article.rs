//! Page bytes → [`Article`].

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

/// When something was published, as exactly as its source says: a day, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Published {
    At(Timestamp),
    On(civil::Date),
}

/// One piece of news, normalised once. `text` is what every span points into.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Stable: derived from the canonical address, or from the text where there is none.
    pub id: String,
    pub url: Option<String>,
    /// Who carried it, as a reader would name it ("The Harbour Courier").
    pub outlet: String,
    pub title: String,
    pub byline: Option<String>,
    /// ISO 639-1, when declared or detected.
    pub language: Option<String>,
    pub published: Option<Published>,
    pub modified: Option<Published>,
    pub text: String,
}

impl Published {
    /// The day of publication; that of an instant is taken in UTC.
    pub fn date(self) -> civil::Date {
        match self {
            Self::At(instant) => instant.to_zoned_datetime(jiff::tz::TimeZone::UTC).date(),
            Self::On(date) => date,
        }
    }

    /// The instant of publication, or the end of the day when only the day is known (`None` beyond jiff's years).
    ///
    /// The end, because a report of which only the day is known may carry that day's last figures.
    pub fn instant(self) -> Option<Timestamp> {
        match self {
            Self::At(instant) => Some(instant),
            Self::On(date) => {
                date.at(23, 59, 59, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
            }
        }
    }
}
