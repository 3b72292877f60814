//! What the kinds of files found: agreements, violations, exchanges, sanctions and what an administrator defines.
//!
//! A claim is printed by its own fields and its own sentence, whatever they are: no combination of them is made into a
//! statement of ours that could be false. The same thing in several articles, by kind, place, day and parties, is one.

use std::collections::BTreeMap;

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::brief::in_order;
use super::interest::Site;
use super::{Digest, push_new};
use crate::news::extract::{Claim, Stance, What};
use crate::news::grounding::{Grounded, Notes};
use crate::news::incident::{Reading, Standing};
use crate::news::kinds::pattern::{Development, Kind, Kinds};

/// How many developments an edition tells before it only counts the rest.
pub const ITEMS_MAX: usize = 12;

/// One development, as its newest telling has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DevelopmentItem {
    /// The heading that its kind gives.
    pub title: String,
    #[serde(flatten)]
    pub development: Development,
    pub place: Option<String>,
    /// By a name of its own: the fields beside it are whatever the kind defines.
    #[serde(default)]
    pub site: Site,
    pub day: Option<civil::Date>,
    pub stance: Stance,
    pub claimant: Option<String>,
    pub outlet: String,
    /// The sentence that says so.
    pub sentence: Grounded<()>,
    /// Who carried it, without repetition.
    pub outlets: Vec<String>,
    pub origins: usize,
}

/// What makes two claims one: kind, denied or not, place, day, parties.
type Key = (String, bool, Option<String>, Option<civil::Date>, Vec<String>);

/// One development in the making: its newest telling, and who carried it.
struct Found<'a> {
    newest: usize,
    reading: &'a Reading,
    claim: &'a Claim,
    development: &'a Development,
    outlets: Vec<String>,
    origins: Vec<String>,
}

impl Found<'_> {
    fn item(self, notes: &mut Notes, kinds: &Kinds) -> Option<DevelopmentItem> {
        let (article, claim) = (&self.reading.article, self.claim);
        let kind = kinds.get(self.development.kind.as_str());
        Some(DevelopmentItem {
            title: kind.map_or_else(|| self.development.kind.to_string(), |kind| kind.title.clone()),
            development: self.development.clone(),
            place: place(claim),
            site: Site::of(claim.place.as_ref()),
            day: day(claim),
            stance: claim.stance,
            claimant: claim.claimant.clone(),
            outlet: article.outlet.clone(),
            sentence: notes.ground((), article, claim)?,
            outlets: self.outlets,
            origins: self.origins.len(),
        })
    }

    fn is_told(&self, item: &DevelopmentItem) -> bool {
        (&item.development, &item.place, item.day, item.stance)
            == (self.development, &place(self.claim), day(self.claim), self.claim.stance)
    }
}

fn place(claim: &Claim) -> Option<String> {
    claim.place.as_ref().map(|place| place.name.clone())
}

fn day(claim: &Claim) -> Option<civil::Date> {
    claim.date.map(|date| date.end)
}

/// The developments of fresh articles, those of most independent origins first, then the newest; and how many more.
pub(super) fn items(
    notes: &mut Notes,
    readings: &[Reading],
    kinds: &Kinds,
    earlier: &[Digest],
) -> (Vec<DevelopmentItem>, usize) {
    let mut found: BTreeMap<Key, Found> = BTreeMap::new();
    let fresh = readings.iter().filter(|reading| reading.fresh && reading.standing != Standing::Withdrawn);
    for reading in in_order(fresh) {
        for claim in reading.extraction.claims.iter().filter(|claim| claim.current) {
            let What::Developed(development) = &claim.what else { continue };
            let parties = kinds.get(development.kind.as_str()).map(|kind| parties(kind, development));
            // Without a place and a party nothing tells two of a day apart.
            let (place, own) = (place(claim), &reading.article.id);
            let is_vague = place.is_none() && parties.as_ref().is_none_or(Vec::is_empty);
            let key = (
                development.kind.to_string(),
                claim.stance == Stance::Denied,
                if is_vague { Some(own.clone()) } else { place },
                day(claim),
                parties.unwrap_or_default(),
            );
            let (newest, nobody) = (found.len(), Vec::new);
            let known = found.entry(key).or_insert_with(|| Found {
                newest,
                reading,
                claim,
                development,
                outlets: nobody(),
                origins: nobody(),
            });
            push_new(&mut known.outlets, &reading.article.outlet);
            push_new(&mut known.origins, &reading.origin);
        }
    }
    let told = |found: &Found| earlier.iter().flat_map(|digest| &digest.developments).any(|item| found.is_told(item));
    let mut found: Vec<Found> = found.into_values().filter(|found| !told(found)).collect();
    found.sort_by_key(|found| (std::cmp::Reverse(found.origins.len()), found.newest));
    let more = found.len().saturating_sub(ITEMS_MAX);
    (found.into_iter().take(ITEMS_MAX).filter_map(|found| found.item(notes, kinds)).collect(), more)
}

/// The parties that a development names, in no order.
fn parties(kind: &Kind, development: &Development) -> Vec<String> {
    let named = kind.fields().filter(|(_, slot_type)| slot_type == "party");
    let values =
        named.filter_map(|(name, _)| development.fields.get(name)).map(|value| value.to_string().to_lowercase());
    let mut parties: Vec<String> = values.collect();
    parties.sort();
    parties
}
