//! What each subscriber gets of a frozen edition: the digest against what had last reached them, worked out once for all who
//! read the same editions.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::spawn_blocking;

use super::pipeline::Service;
use super::store::{CHAIN_EDITIONS_MAX, Chain, StoredEdition};
use crate::news::digest::Digest;
use crate::news::digest::indexed::Indexed;
use crate::news::digest::interest::Interest;
use crate::news::digest::told::Told;
use crate::news::subscriber::Scope;

/// How many views are kept at a time.
const VIEWS_MAX: usize = 64;

/// The views of one run.
#[derive(Default)]
pub struct Views {
    by_chain: HashMap<Chain, Arc<Digest>>,
    /// By edition: it and those before it, oldest first.
    editions: HashMap<String, Arc<[(String, Indexed)]>>,
}

impl Views {
    /// An edition as those with this chain get it.
    pub async fn along(&mut self, service: &Service, chain: &Chain) -> anyhow::Result<Arc<Digest>> {
        if let Some(digest) = self.by_chain.get(chain) {
            return Ok(digest.clone());
        }
        let digest = Arc::new(self.make(service, chain).await?);
        // What they are made of is kept.
        if self.by_chain.len() >= VIEWS_MAX {
            self.by_chain.clear();
        }
        self.by_chain.insert(chain.clone(), digest.clone());
        Ok(digest)
    }

    async fn make(&mut self, service: &Service, chain: &Chain) -> anyhow::Result<Digest> {
        let (id, _) = chain.first().context("find the edition")?;
        if !self.editions.contains_key(id) {
            let own =
                service.store.edition(id).await?.with_context(|| format!("find the edition {id} in the store"))?;
            let frame = &own.digest.frame;
            let mut all = service.store.editions_composed(&frame.name, frame.composed_at, CHAIN_EDITIONS_MAX).await?;
            all.reverse();
            all.retain(|edition| edition.id != *id);
            all.push(own);
            let indexed = |edition: StoredEdition| (edition.id, Indexed::new(edition.digest));
            self.editions.insert(id.clone(), all.into_iter().map(indexed).collect());
        }
        let (editions, read) = (Arc::clone(&self.editions[id]), chain.clone());
        let view = spawn_blocking(move || view(&editions, &read)).await.context("compare with what was read")?;
        view.with_context(|| format!("find the edition {id} among its own"))
    }
}

/// The last of `editions` (oldest first) as one gets it who read those that `chain` names, each as they wanted it then.
fn view(editions: &[(String, Indexed)], chain: &Chain) -> Option<Digest> {
    let read: HashMap<&str, &Scope> = chain.iter().map(|(id, scope)| (id.as_str(), scope)).collect();
    let mut interests: HashMap<&Scope, Interest> = HashMap::new();
    let mut told = Told::default();
    let mut missed: Vec<&Indexed> = Vec::new();
    let mut view = None;
    for (id, edition) in editions {
        if let Some(scope) = read.get(id.as_str()) {
            let interest = interests.entry(scope).or_insert_with(|| Interest::of(scope));
            let before = edition.digest().frame.only_corrects.then(|| told.clone());
            let digest = told.next(&missed, edition, interest);
            match before {
                // It was not sent to them, and what else it tells is still news.
                Some(before) if !digest.is_for_reader() => {
                    told = before;
                    missed.push(edition);
                }
                _ => missed.clear(),
            }
            view = Some(digest);
        } else {
            missed.push(edition);
        }
    }
    view
}
