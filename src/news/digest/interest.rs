//! What one reader wants to hear of, as the composer understands it: the names of places looked up once, and asked of every
//! item.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::developments::DevelopmentItem;
use super::indexed::Indexed;
use super::tolls::TollItem;
use super::{Digest, MunitionsLine, Section};
use crate::news::kinds::{Event, pattern};
use crate::news::subscriber::Scope;
use crate::news::value::place::{self, fold};
use crate::news::value::{Place, Precision};

/// What a reader wants to hear of; the default is everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interest {
    sections: Vec<Section>,
    kinds: Vec<String>,
    watched: Vec<Watched>,
}

/// A place that a reader watches.
#[derive(Clone, Debug, PartialEq)]
struct Watched {
    /// As the reader writes it.
    name: String,
    /// That, folded.
    key: String,
    radius_km: f64,
    /// `None` if the gazetteer does not know it: then only its name is looked for.
    place: Option<Place>,
}

/// Where on the map something is, as far as the gazetteer says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Latitude and longitude in degrees, WGS 84.
    #[serde(default)]
    pub coordinates: Option<(f64, f64)>,
    /// ISO 3166-1 alpha-2, and the first-level region in it.
    #[serde(default)]
    pub country: Option<String>,
    #[serde(default)]
    pub admin1: Option<String>,
}

impl Site {
    pub(super) fn of(place: Option<&Place>) -> Self {
        let Some(place) = place else { return Self::default() };
        Self { coordinates: place.lat.zip(place.lon), country: place.country.clone(), admin1: place.admin1.clone() }
    }
}

/// Where an incident is, as seen from a place that its reader watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearby {
    /// As the reader writes it.
    pub name: String,
    /// 0 in the place itself.
    pub km: u32,
}

/// No degree of latitude is shorter: on the sphere that distances are measured on it has 111.19 km.
const KM_A_DEGREE_MIN: f64 = 111.0;

/// The kinds of development that a digest holds; kinds of event are [`Event`]'s.
const TOLL: &str = "toll";
const TALKS: &str = "talks";
const MUNITIONS: &str = "munitions";

/// The kinds that a reader may choose among.
pub fn kinds() -> Vec<&'static str> {
    let events = Event::ALL.map(Event::name);
    let own = [TOLL, TALKS, MUNITIONS].into_iter().chain(events);
    // Some of the shipped files are named like an event: one word chooses both.
    let files = pattern::shipped().map(|(name, _)| name).filter(|name| !events.contains(name));
    own.chain(files).collect()
}

impl Interest {
    pub fn of(scope: &Scope) -> Self {
        let watched = scope.places.iter().map(|near| Watched {
            name: near.name.clone(),
            key: fold(&near.name),
            radius_km: f64::from(near.radius_km),
            place: place::named(&near.name),
        });
        Self { sections: scope.topics.clone(), kinds: scope.kinds.clone(), watched: watched.collect() }
    }

    fn takes_kind(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|chosen| chosen == kind)
    }

    fn takes_section(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }

    /// Whether the reader has to know of these: who reads nothing but changes does, to be told what they change.
    fn reads(&self, section: Section) -> bool {
        self.takes_section(section) || self.takes_section(Section::Changes)
    }

    pub(super) fn takes_talks(&self) -> bool {
        self.reads(Section::Talks) && self.takes_kind(TALKS)
    }

    pub(super) fn takes_tally(&self, line: &MunitionsLine) -> bool {
        self.takes_section(Section::Munitions)
            && self.takes_kind(MUNITIONS)
            && self.takes_site(line.place.as_deref(), &line.site).is_some()
    }

    pub(super) fn takes_development(&self, item: &DevelopmentItem) -> bool {
        self.takes_section(Section::Developments)
            && self.takes_kind(item.development.kind.as_str())
            && self.takes_site(item.place.as_deref(), &item.site).is_some()
    }

    /// Whether developments that are only counted are for the reader: of which kinds and where nobody knows any more.
    pub(super) fn takes_every_development(&self) -> bool {
        self.takes_section(Section::Developments) && self.kinds.is_empty() && self.watched.is_empty()
    }

    /// A story without a figure is of no kind: who chose kinds did not choose it.
    pub(super) fn takes_brief(&self) -> bool {
        self.takes_section(Section::Brief) && self.kinds.is_empty()
    }

    /// The incidents of an edition that [`Self::takes_item`] has to be asked of, in their order: no other is taken.
    pub(super) fn may_take<'d>(&self, edition: &'d Indexed) -> Vec<&'d TollItem> {
        let items = &edition.digest().tolls;
        if self.watched.is_empty() {
            return items.iter().collect();
        }
        let mut found: BTreeSet<usize> = edition.unplaced().iter().copied().collect();
        for watched in &self.watched {
            watched.may_see(edition, &mut found);
        }
        found.into_iter().map(|index| &items[index]).collect()
    }

    /// Whether an incident is told, and if so where it is from the watched place that is nearest.
    pub(super) fn takes_item(&self, item: &TollItem) -> Option<Option<Nearby>> {
        if !self.reads(Section::Tolls) || !(self.takes_kind(TOLL) || self.takes_kind(item.event.name())) {
            return None;
        }
        self.takes_site(item.place.as_deref(), &item.site)
    }

    /// Whether what is there is told, and if so where it is from the watched place that is nearest. What is nowhere on the
    /// map may be at a watched place, and is told.
    fn takes_site(&self, name: Option<&str>, site: &Site) -> Option<Option<Nearby>> {
        let near = self.watched.iter().filter_map(|watched| watched.sees(name, site)).min_by_key(|near| near.km);
        (self.watched.is_empty() || near.is_some() || site.coordinates.is_none()).then_some(near)
    }

    /// What of an edition that is already compared is for this reader.
    pub fn only(&self, digest: &Digest) -> Digest {
        let mut digest = digest.clone();
        digest.tolls.retain_mut(|item| match self.takes_item(item) {
            Some(near) => {
                item.near = near;
                true
            }
            None => false,
        });
        if !self.takes_talks() {
            digest.talks.clear();
        }
        digest.munitions.retain(|line| self.takes_tally(line));
        digest.developments.retain(|item| self.takes_development(item));
        if !self.takes_every_development() {
            digest.developments_more = 0;
        }
        if !self.takes_brief() {
            (digest.brief, digest.brief_more) = (Vec::new(), 0);
        }
        digest
    }
}

impl Watched {
    /// Adds all that [`Self::sees`] may be true of.
    fn may_see(&self, edition: &Indexed, found: &mut BTreeSet<usize>) {
        let Some(place) = &self.place else { return found.extend(edition.at(&self.key)) };
        if matches!(place.precision, Precision::Country | Precision::Region) {
            match &place.country {
                Some(country) => found.extend(edition.in_country(country)),
                // Whose country is nobody's knows what is in no country.
                None => return found.extend(0..edition.digest().tolls.len()),
            }
        }
        if let Some(latitude) = place.lat {
            let degrees = self.radius_km / KM_A_DEGREE_MIN;
            found.extend(edition.between(latitude - degrees, latitude + degrees));
        }
    }

    fn sees(&self, name: Option<&str>, site: &Site) -> Option<Nearby> {
        let nearby = |km: f64| Nearby { name: self.name.clone(), km: km.round() as u32 };
        let within = match &self.place {
            Some(place) if place.precision == Precision::Country => site.country == place.country,
            Some(place) if place.precision == Precision::Region => {
                site.country == place.country && place.admin1.is_some() && site.admin1 == place.admin1
            }
            Some(_) => false,
            None => name.is_some_and(|name| fold(name) == self.key),
        };
        if within {
            return Some(nearby(0.0));
        }
        let km = place::distance_km(self.place.as_ref()?.lat.zip(self.place.as_ref()?.lon)?, site.coordinates?);
        (km <= self.radius_km).then(|| nearby(km))
    }
}
