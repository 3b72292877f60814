//! What each subscriber gets of a frozen edition: the digest against what had last reached them, worked out once for all who
//! read the same editions.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;

use super::pipeline::Service;
use super::store::StoredEdition;
use crate::news::digest::Digest;
use crate::news::digest::told::{Interest, Told};

/// Editions that a subscriber's reading is followed back over. Of what was told before that nothing is still news.
const EDITIONS_MAX: u32 = 60;

/// The edition and those that its reader had read before it, newest first: who has the same chain gets the same view.
pub type Chain = Vec<String>;

/// The views of one run.
#[derive(Default)]
pub struct Views {
    by_chain: HashMap<Chain, Arc<Digest>>,
    /// By edition: it and those before it, oldest first.
    editions: HashMap<String, Vec<StoredEdition>>,
}

impl Views {
    /// The chain of an edition for a subscriber.
    pub async fn chain(service: &Service, edition_id: &str, subscriber_id: &str) -> anyhow::Result<Chain> {
        Ok(service.store.chain(edition_id, subscriber_id, EDITIONS_MAX as usize).await?)
    }

    /// An edition as those with this chain get it.
    pub async fn along(&mut self, service: &Service, chain: &Chain) -> anyhow::Result<Arc<Digest>> {
        if let Some(digest) = self.by_chain.get(chain) {
            return Ok(digest.clone());
        }
        let digest = Arc::new(self.make(service, chain).await?);
        self.by_chain.insert(chain.clone(), digest.clone());
        Ok(digest)
    }

    async fn make(&mut self, service: &Service, chain: &Chain) -> anyhow::Result<Digest> {
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
        view(&self.editions[id], chain).with_context(|| format!("find the edition {id} among its own"))
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
