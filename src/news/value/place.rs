//! Places: names in an article → settlements, regions and countries with coordinates.
//!
//! [`find()`] reads the mentions of a text in order, each with the [`Cue`] that made it one; what a name means is decided by
//! the countries and regions that the same article names, then by population. A name that the gazetteer lacks is a place only
//! after a preposition of place or a class noun ("the village of …"); it stays [`Precision::Unresolved`].
//!
//! The data are GeoNames' (<https://www.geonames.org>, CC BY 4.0); a disputed place belongs to the country that GeoNames gives,
//! unless [`Disputed`] says otherwise.

mod find;
mod focus;
mod fold;
mod gather;
mod gazetteer;
mod resolve;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use self::find::{Names, Part, find, find_in};
pub use self::focus::focus;
pub use self::fold::fold;
pub use self::resolve::named;
use super::{Place, Precision};
use crate::news::text::Span;

/// The mean radius of the Earth, by the International Union of Geodesy and Geophysics.
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// What joins a place to its sentence: how much the mention says about where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cue {
    /// "in", "at", "inside", "across".
    In,
    /// "near", "outside", "north of".
    Near,
    /// "on", "over", "against", "struck": the target or the sky.
    Over,
    To,
    From,
    /// "of", "along", "through".
    Of,
    /// A class noun without a preposition: "the town of …", "… region".
    Named,
    /// The head of a report: "KYIV, 24 March —".
    Dateline,
    /// A capital or country that stands for its government, or takes part in something: "Moscow said", "talks with …".
    Actor,
    /// Nothing but its capital letter.
    Bare,
}

impl Cue {
    /// Whether the mention says where something is or happened.
    pub fn is_location(self) -> bool {
        matches!(self, Self::In | Self::Near | Self::Over | Self::Of | Self::Named | Self::Dateline)
    }
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceMention {
    /// The name with its direction and class noun: "southern Lebanon", "Sumy region", "Ukrainian capital".
    pub span: Span,
    /// The same as a range into [`crate::news::text::Text::tokens`].
    pub tokens: Range<usize>,
    /// Index into [`crate::news::text::Text::sentences`].
    pub sentence: usize,
    pub place: Place,
    pub cue: Cue,
}

/// Every country and territory: its name, and latitude and longitude of its middle in degrees.
pub fn countries() -> impl Iterator<Item = (&'static str, f64, f64)> {
    gazetteer::countries().iter().map(|country| (country.name, country.point.0, country.point.1))
}

/// Countries of disputed regions and settlements where they should differ from GeoNames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Disputed {
    /// A region's code (`UA.11`) or a settlement's GeoNames id, and an ISO 3166-1 alpha-2 code.
    countries: BTreeMap<String, String>,
}

impl Disputed {
    pub fn new(countries: BTreeMap<String, String>) -> Self {
        Self { countries }
    }

    fn country_of(&self, code: &str, geonames_id: Option<u32>) -> Option<String> {
        let own = geonames_id.and_then(|id| self.countries.get(&id.to_string()));
        let given = gazetteer::country_code(code);
        own.or_else(|| self.countries.get(code))
            .map(String::as_str)
            .or(Some(given))
            .filter(|it| !it.is_empty())
            .map(Into::into)
    }
}

/// Great-circle distance in kilometres between two points, each latitude and longitude in degrees.
pub fn distance_km(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (lat, lon) = (one.0.to_radians(), one.1.to_radians());
    let (other_lat, other_lon) = (other.0.to_radians(), other.1.to_radians());
    let half_chord =
        ((other_lat - lat) / 2.0).sin().powi(2) + lat.cos() * other_lat.cos() * ((other_lon - lon) / 2.0).sin().powi(2);
    2.0 * EARTH_RADIUS_KM * half_chord.sqrt().min(1.0).asin()
}

impl Place {
    /// Great-circle distance in kilometres; `None` if either has no coordinates.
    pub fn distance_km(&self, other: &Self) -> Option<f64> {
        Some(distance_km((self.lat?, self.lon?), (other.lat?, other.lon?)))
    }

    /// Whether both are the same settlement, in whatever spelling. Regions and countries never are: a country does not merge
    /// incidents. Unresolved names are compared folded, within one country where both have one.
    pub fn same_settlement(&self, other: &Self) -> bool {
        match (self.precision, other.precision) {
            (Precision::Settlement, Precision::Settlement) => {
                self.geonames_id.is_some() && self.geonames_id == other.geonames_id
            }
            (Precision::Unresolved, Precision::Unresolved) => {
                let same_country = self.country.is_none() || other.country.is_none() || self.country == other.country;
                let key = fold(&self.name);
                same_country && !key.is_empty() && key == fold(&other.name)
            }
            _ => false,
        }
    }

    /// Whether `other` is this place or lies in it, as far as the gazetteer tells.
    pub fn contains(&self, other: &Self) -> bool {
        match self.precision {
            Precision::Country => self.country.is_some() && self.country == other.country,
            Precision::Region => self.admin1.is_some() && self.country == other.country && self.admin1 == other.admin1,
            Precision::Settlement | Precision::Unresolved => self.same_settlement(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, precision: Precision) -> Place {
        find_in(&format!("Fires burned in {name}."), &Disputed::default())
            .into_iter()
            .map(|mention| mention.place)
            .find(|place| place.precision == precision)
            .unwrap()
    }

    #[test]
    fn distances_are_those_of_the_map() {
        let km = place("Kyiv", Precision::Settlement).distance_km(&place("Kharkiv", Precision::Settlement)).unwrap();
        assert!((405.0..418.0).contains(&km), "{km}");
    }

    #[test]
    fn a_bare_name_is_a_place() {
        let check = |name: &str, expected: Option<(&str, Precision)>| {
            let found = named(name).map(|place| (place.country.unwrap_or_default(), place.precision));
            assert_eq!(found, expected.map(|(country, precision)| (country.to_owned(), precision)), "{name}");
        };
        check("Sumy", Some(("UA", Precision::Settlement)));
        check("sumy", Some(("UA", Precision::Settlement)));
        check("Суми", Some(("UA", Precision::Settlement)));
        check("Van", Some(("TR", Precision::Settlement)));
        check("Sumy region", Some(("UA", Precision::Region)));
        check("Ukraine", Some(("UA", Precision::Country)));
        check("Nowhereville", None);
        check("", None);
    }

    #[test]
    fn spellings_of_a_settlement_are_the_same() {
        let kyiv = place("Kyiv", Precision::Settlement);
        assert!(kyiv.same_settlement(&place("Kiev", Precision::Settlement)));
        assert!(!kyiv.same_settlement(&place("Lviv", Precision::Settlement)));
        assert!(!place("Ukraine", Precision::Country).same_settlement(&place("Ukraine", Precision::Country)));
    }

    #[test]
    fn countries_and_regions_contain_their_settlements() {
        let kyiv = place("Kyiv", Precision::Settlement);
        assert!(place("Ukraine", Precision::Country).contains(&kyiv));
        assert!(!place("Poland", Precision::Country).contains(&kyiv));
        assert!(place("the Sumy region", Precision::Region).contains(&place("Konotop", Precision::Settlement)));
    }

    #[test]
    fn configuration_decides_disputed_places() {
        let text = "The depot stood in Simferopol.";
        let country = |disputed: &Disputed| find_in(text, disputed).remove(0).place.country;
        assert_eq!(country(&Disputed::default()).as_deref(), Some("UA"));
        let disputed = Disputed::new([("UA.11".to_owned(), "XX".to_owned())].into());
        assert_eq!(country(&disputed).as_deref(), Some("XX"));
    }
}
