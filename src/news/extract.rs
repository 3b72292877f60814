//! (&Article) → claims: the one entrance to extraction.

use serde::{Deserialize, Serialize};

use super::kinds::{Munitions, Talks, Toll};
use super::text::Span;
use super::value::Place;
pub use super::value::date::DateSpan;

/// How the article puts a claim. The words are those of the contract's `stance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    #[default]
    Reported,
    /// By an interested party, unverified.
    Claimed,
    Denied,
    Alleged,
    Planned,
}

/// One thing that one article says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    #[serde(flatten)]
    pub what: What,
    /// False for background and history.
    pub current: bool,
    pub stance: Stance,
    /// Who counted or said it, as the article names them; `source` in the contract's JSON.
    #[serde(rename = "source")]
    pub claimant: Option<String>,
    pub place: Option<Place>,
    pub date: Option<DateSpan>,
    /// The sentences or clauses that carry it: spans of the article's text, never empty.
    pub evidence: Vec<Span>,
}

/// The typed content of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    Toll(Toll),
    Munitions(Munitions),
    Talks(Talks),
}

/// What the extractor made of one article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extraction {
    pub claims: Vec<Claim>,
    /// Things a person should know about this reading: skipped language, a limit reached.
    pub diagnostics: Vec<String>,
}
