//! Typed readers: count, date, money, place.

pub mod count;
pub mod date;
pub mod money;
pub mod party;
pub mod place;

use serde::{Deserialize, Serialize};

/// How many, as the text bounds it. Vague words stay words and are never turned into digits.
///
/// "12" is 12..=12; "at least 12" has no `high`, "up to 12" no `low`; "about 12" is 12..=12 and `approx`; "dozens" has
/// neither and stands in `words`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Count {
    pub low: Option<u64>,
    pub high: Option<u64>,
    pub words: Option<String>,
    #[serde(default)]
    pub approx: bool,
}

/// How finely a place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    Settlement,
    Region,
    Country,
    /// Named by the article, not in the gazetteer.
    Unresolved,
}

/// Where, as the article names it, and what the gazetteer knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub admin1: Option<String>,
    pub geonames_id: Option<u32>,
    /// Degrees, WGS 84.
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub precision: Precision,
}
