//! One incident or one negotiation through the editions that printed of it.
//!
//! An edition as its readers got it is cut to what it says of that one thing, and is a digest still: it is worded, grounded and
//! drawn as any other.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{Digest, Section};
use crate::news::picture::{self, Pictures};
use crate::news::track::TrackKey;

/// Of a hash, in an address: few are in one edition.
const MARK_BYTES: usize = 6;

/// What is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thread {
    /// The reports that are known to tell of the incident.
    Incident(BTreeSet<String>),
    Track(TrackKey),
}

/// What names an incident or a track of a frozen edition in addresses: always the same.
pub fn mark(key: &impl Serialize) -> String {
    let json = serde_json::to_vec(key).unwrap_or_default();
    Sha256::digest(json).iter().take(MARK_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

impl Thread {
    pub fn incident(edition: &Digest, wanted: &str) -> Option<Self> {
        let item = edition.tolls.iter().find(|item| mark(&item.key) == wanted)?;
        Some(Self::Incident(item.references.clone()))
    }

    pub fn track(edition: &Digest, wanted: &str) -> Option<Self> {
        edition.talks.iter().find(|item| mark(&item.key) == wanted).map(|item| Self::Track(item.key.clone()))
    }

    /// The editions that tell of it, each with nothing else in it, in their order. An incident is recognised by its reports,
    /// as the next edition recognises it: each that is found brings more of them, earlier and later.
    pub fn through(mut self, editions: &[Digest]) -> Vec<Digest> {
        if let Self::Incident(references) = &mut self {
            loop {
                let known = references.len();
                let items = editions.iter().flat_map(|edition| &edition.tolls);
                let more = items.filter(|item| !item.references.is_disjoint(references));
                let more: Vec<String> = more.flat_map(|item| item.references.iter().cloned()).collect();
                references.extend(more);
                if references.len() == known {
                    break;
                }
            }
        }
        let mut found: Vec<Digest> = editions.iter().filter_map(|edition| self.only(edition)).collect();
        // The newest draws the figures of all of them, newest first.
        if let Some((newest, earlier)) = found.split_last_mut() {
            let earlier: Vec<Digest> = earlier.iter().rev().cloned().collect();
            newest.pictures.series = newest
                .tolls
                .iter()
                .flat_map(|item| picture::series(item, &earlier))
                .take(picture::chart::ROWS_MAX)
                .collect();
        }
        found
    }

    fn only(&self, edition: &Digest) -> Option<Digest> {
        let (tolls, talks) = match self {
            Self::Incident(references) => {
                let items = edition.tolls.iter().filter(|item| !item.references.is_disjoint(references));
                (items.cloned().collect(), Vec::new())
            }
            Self::Track(key) => (Vec::new(), edition.talks.iter().filter(|item| item.key == *key).cloned().collect()),
        };
        if tolls.is_empty() && talks.is_empty() {
            return None;
        }
        let mut frame = edition.frame.clone();
        frame.sections = vec![Section::Talks, Section::Tolls];
        Some(Digest {
            frame,
            first: edition.first,
            corrections: Vec::new(),
            talks,
            tolls,
            munitions: Vec::new(),
            developments: Vec::new(),
            developments_more: 0,
            brief: Vec::new(),
            brief_more: 0,
            pictures: Pictures { series: Vec::new(), spots: edition.pictures.spots.clone() },
            held: Vec::new(),
            left_out: Vec::new(),
            notes: edition.notes.clone(),
        })
    }
}
