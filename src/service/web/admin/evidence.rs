//! The sentences behind figures, as the articles have them: for pages where a person judges a figure.

use std::collections::HashMap;

use super::LANGUAGE;
use crate::news::digest::Digest;
use crate::news::digest::tolls::{HeldItem, TollItem, TollLine, Weighed};
use crate::news::grounding::{Note, NoteId};
use crate::news::text::Span;
use crate::news::wording;
use crate::service::store::{Store, StoreError, StoredArticle};

/// A sentence, who carried it, and where it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Sentence {
    pub quote: String,
    pub outlet: String,
    pub when: String,
    pub link: Option<String>,
}

/// One claim and its sentences.
pub(super) struct ClaimRow {
    pub figure: String,
    pub who: String,
    pub sentences: Vec<Sentence>,
}

/// The articles of one edition, with the texts that it used.
pub(super) struct Articles<'s> {
    store: &'s Store,
    known: HashMap<String, StoredArticle>,
}

impl<'s> Articles<'s> {
    pub async fn of(store: &'s Store, edition_id: &str) -> Result<Self, StoreError> {
        let used = store.articles_of(edition_id).await?;
        Ok(Self { store, known: used.into_iter().map(|stored| (stored.article.id.clone(), stored)).collect() })
    }

    /// A claim with the sentences it was read in. A span that no longer lies in the article's text gives none.
    pub async fn claim(&mut self, claim: &Weighed) -> Result<ClaimRow, StoreError> {
        if !self.known.contains_key(&claim.article)
            && let Some(stored) = self.store.article(&claim.article).await?
        {
            self.known.insert(claim.article.clone(), stored);
        }
        let stored = self.known.get(&claim.article);
        let sentences = stored.map(|stored| claim.spans.iter().filter_map(|span| sentence(stored, *span)).collect());
        let class = claim.class.name();
        Ok(ClaimRow {
            figure: wording::count(&claim.count, LANGUAGE),
            who: claim.claimant.as_ref().map_or_else(|| class.to_owned(), |name| format!("{name} ({class})")),
            sentences: sentences.unwrap_or_default(),
        })
    }
}

/// A sentence of an article as it is stored.
pub(super) fn sentence(stored: &StoredArticle, span: Span) -> Option<Sentence> {
    let article = &stored.article;
    let quote = span.slice(&article.text)?.to_owned();
    let note = Note {
        article: article.id.clone(),
        span,
        quote,
        outlet: article.outlet.clone(),
        title: article.title.clone(),
        url: article.url.clone(),
        published: article.published,
    };
    Some(noted(&note))
}

/// A note of an edition.
pub(super) fn noted(note: &Note) -> Sentence {
    Sentence {
        quote: note.quote.clone(),
        outlet: note.outlet.clone(),
        when: note.published.as_ref().map(|published| LANGUAGE.published(published)).unwrap_or_default(),
        link: note.link(),
    }
}

pub(super) fn sentence_of(digest: &Digest, id: NoteId) -> Vec<Sentence> {
    digest.notes.get(id).map(noted).into_iter().collect()
}

/// What an edition printed of the incident that a held figure is about: what the figure does not fit.
pub(super) fn printed(digest: &Digest, held: &HeldItem) -> Vec<ClaimRow> {
    let same = |item: &&TollItem| item.event == held.event && item.place == held.place && item.day == held.day;
    let row = |line: &TollLine| ClaimRow {
        figure: wording::toll(line, LANGUAGE),
        who: wording::attribution(line.figure.value(), LANGUAGE),
        sentences: sentence_of(digest, line.figure.note()),
    };
    digest.tolls.iter().filter(same).flat_map(|item| item.lines.iter().map(row)).collect()
}
