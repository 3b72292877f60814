//! What one reader wants to hear of, as the composer understands it: the names of places looked up once, and asked of every
//! item.

use serde::{Deserialize, Serialize};

use super::developments::DevelopmentItem;
use super::tolls::TollItem;
use super::{Digest, Section};
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
    radius_km: f64,
    /// `None` if the gazetteer does not know it: then only its name is looked for.
    place: Option<Place>,
}

/// Where an incident is, as seen from a place that its reader watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearby {
    /// As the reader writes it.
    pub name: String,
    /// 0 in the place itself.
    pub km: u32,
}

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

    pub(super) fn takes_munitions(&self) -> bool {
        self.takes_section(Section::Munitions) && self.takes_kind(MUNITIONS)
    }

    pub(super) fn takes_development(&self, item: &DevelopmentItem) -> bool {
        self.takes_section(Section::Developments) && self.takes_kind(item.development.kind.as_str())
    }

    /// A story without a figure is of no kind: who chose kinds did not choose it.
    pub(super) fn takes_brief(&self) -> bool {
        self.takes_section(Section::Brief) && self.kinds.is_empty()
    }

    /// Whether an incident is told, and where it is from the watched place that is nearest. One that is nowhere on the map
    /// may be at a watched place, and is told.
    pub(super) fn takes_item(&self, item: &mut TollItem) -> bool {
        item.near = self.watched.iter().filter_map(|watched| watched.sees(item)).min_by_key(|near| near.km);
        self.reads(Section::Tolls)
            && (self.takes_kind(TOLL) || self.takes_kind(item.event.name()))
            && (self.watched.is_empty() || item.near.is_some() || item.coordinates.is_none())
    }

    /// What of an edition that is already compared is for this reader.
    pub fn only(&self, digest: &Digest) -> Digest {
        let mut digest = digest.clone();
        digest.tolls.retain_mut(|item| self.takes_item(item));
        if !self.takes_talks() {
            digest.talks.clear();
        }
        if !self.takes_munitions() {
            digest.munitions.clear();
        }
        digest.developments.retain(|item| self.takes_development(item));
        if !self.takes_brief() {
            (digest.brief, digest.brief_more) = (Vec::new(), 0);
        }
        digest
    }
}

impl Watched {
    fn sees(&self, item: &TollItem) -> Option<Nearby> {
        let nearby = |km: f64| Nearby { name: self.name.clone(), km: km.round() as u32 };
        let within = match &self.place {
            Some(place) if place.precision == Precision::Country => item.country == place.country,
            Some(place) if place.precision == Precision::Region => {
                item.country == place.country && place.admin1.is_some() && item.admin1 == place.admin1
            }
            Some(_) => false,
            None => item.place.as_ref().is_some_and(|name| fold(name) == fold(&self.name)),
        };
        if within {
            return Some(nearby(0.0));
        }
        let km = place::distance_km(self.place.as_ref()?.lat.zip(self.place.as_ref()?.lon)?, item.coordinates?);
        (km <= self.radius_km).then(|| nearby(km))
    }
}
