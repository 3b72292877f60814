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
