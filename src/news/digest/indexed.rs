//! An edition whose incidents are found by where they are, and by their reports: made once, and asked for every reader, who
//! mostly takes a few of them.

use std::collections::{HashMap, HashSet};

use super::Digest;
use super::tolls::TollItem;
use crate::news::value::place::fold;

/// A digest and where its incidents stand in it.
#[derive(Clone, Debug)]
pub struct Indexed {
    digest: Digest,
    references: HashSet<String>,
    /// Degrees, ascending.
    by_latitude: Vec<(f64, usize)>,
    by_country: HashMap<String, Vec<usize>>,
    /// By the folded name of their place.
    by_name: HashMap<String, Vec<usize>>,
    /// Those that are nowhere on the map.
    unplaced: Vec<usize>,
}

impl Indexed {
    pub fn new(digest: Digest) -> Self {
        let mut indexed = Self {
            references: digest.tolls.iter().flat_map(|item| item.references.iter().cloned()).collect(),
            by_latitude: Vec::new(),
            by_country: HashMap::new(),
            by_name: HashMap::new(),
            unplaced: Vec::new(),
            digest,
        };
        for (index, item) in indexed.digest.tolls.iter().enumerate() {
            match item.site.coordinates {
                Some((latitude, _)) => indexed.by_latitude.push((latitude, index)),
                None => indexed.unplaced.push(index),
            }
            if let Some(country) = &item.site.country {
                indexed.by_country.entry(country.clone()).or_default().push(index);
            }
            if let Some(place) = &item.place {
                indexed.by_name.entry(fold(place)).or_default().push(index);
            }
        }
        indexed.by_latitude.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        indexed
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whether it tells of that incident.
    pub(super) fn tells_of(&self, item: &TollItem) -> bool {
        item.references.iter().any(|reference| self.references.contains(reference))
    }

    /// Those whose latitude lies between, and more north or south than that nothing near is.
    pub(super) fn between(&self, south: f64, north: f64) -> impl Iterator<Item = usize> {
        let from = self.by_latitude.partition_point(|(latitude, _)| *latitude < south);
        self.by_latitude[from..].iter().take_while(move |(latitude, _)| *latitude <= north).map(|(_, index)| *index)
    }

    pub(super) fn in_country(&self, country: &str) -> &[usize] {
        self.by_country.get(country).map_or(&[], Vec::as_slice)
    }

    /// Those at a place of that name, which is folded.
    pub(super) fn at(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn unplaced(&self) -> &[usize] {
        &self.unplaced
    }
}
