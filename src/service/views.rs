//! What each subscriber gets of a frozen edition: the digest against what had last reached them, worked out once for all who
//! read the same editions.

use std::collections::HashMap;

use anyhow::Context as _;

use super::pipeline::{self, Service};
use super::store::StoredEdition;
use crate::news::digest::Digest;
use crate::news::digest::told::{Interest, Told};
use crate::news::message::Rendered;

/// Editions that a subscriber's reading is followed back over. Of what was told before that nothing is still news.
const EDITIONS_MAX: u32 = 60;

/// An edition as some subscribers get it, or why it cannot be made.
type View = Result<(Digest, Rendered), String>;

/// The views of one run.
#[derive(Default)]
pub struct Views {
    by_chain: HashMap<Vec<String>, View>,
    /// By edition: it and those before it, oldest first.
    editions: HashMap<String, Vec<StoredEdition>>,
}

impl Views {
    /// An edition as a subscriber gets it.
    pub async fn of(&mut self, service: &Service, edition_id: &str, subscriber_id: &str) -> &View {
        match service.store.chain(edition_id, subscriber_id, EDITIONS_MAX as usize).await {
            Ok(chain) => self.along(service, chain).await,
            Err(error) => {
                let error = Err(format!("{error:#}"));
                self.by_chain.entry(Vec::new()).insert_entry(error).into_mut()
            }
        }
    }

    async fn along(&mut self, service: &Service, chain: Vec<String>) -> &View {
        if !self.by_chain.contains_key(&chain) {
            let view = self.make(service, &chain).await.map_err(|error| format!("{error:#}"));
            self.by_chain.insert(chain.clone(), view);
        }
        &self.by_chain[&chain]
    }

    /// `chain` is the edition and what was read before it, newest first.
    async fn make(&mut self, service: &Service, chain: &[String]) -> anyhow::Result<(Digest, Rendered)> {
        let id = chain.first().context("find the edition")?;
        if !self.editions.contains_key(id) {
            let own =
                service.store.edition(id).await?.with_context(|| format!("find the edition {id} in the store"))?;
            let frame = &own.digest.frame;
            let mut all = service.store.editions_composed(&frame.name, frame.composed_at, EDITIONS_MAX).await?;
            all.reverse();
            all.retain(|edition| edition.id != *id);
            all.push(own);
            self.editions.insert(id.clone(), all);
        }
        let digest = view(&self.editions[id], chain);
        let digest = digest.with_context(|| format!("find the edition {id} among its own"))?;
        let rendered = pipeline::render(service, &digest)?;
        Ok((digest, rendered))
    }
}

/// The last of `editions` (oldest first) as one gets it who read those that `chain` names.
fn view(editions: &[StoredEdition], chain: &[String]) -> Option<Digest> {
    let interest = Interest::default();
    let mut told = Told::default();
    let mut missed: Vec<&Digest> = Vec::new();
    let mut view = None;
    for edition in editions {
        if chain.contains(&edition.id) {
            let (digest, then) = told.next(&missed, &edition.digest, &interest);
            told = then;
            missed.clear();
            view = Some(digest);
        } else {
            missed.push(&edition.digest);
        }
    }
    view
}
