//! One source → articles: over HTTP, from files and folders, from standard input, or from the binary itself.
//!
//! What the bytes are is decided by `news` (a feed, a page, plain text); here they are only brought. A source that fails
//! costs nothing but itself, and its state (validators, backoff) is handed back to be stored.

use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt};
use url::Url;

use super::fetch::freshness::{Freshness, Pace, Policy, Validators};
use super::fetch::{Access, Document, FetchError, Fetched, Fetcher, Request};
use crate::config::{Location, Source, SourceKind};
use crate::news::article::{self, Article};
use crate::news::feed::{self, Feed};

/// Pages of one feed that are fetched side by side; the fetcher's own turns keep each host's pace.
const PAGES_AT_ONCE: usize = 4;

/// Files that are read from one folder.
const FOLDER_FILES_MAX: usize = 10_000;

/// What one source gave.
#[derive(Debug, Default)]
pub struct Gathered {
    pub articles: Vec<Article>,
    /// What a person should know although the source answered: a page of it failed, a bound was reached.
    pub remarks: Vec<String>,
    /// The state to store; `None` for what is not fetched.
    pub freshness: Option<Freshness>,
}

/// Why a source gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{0}")]
    Unusable(String),
}

/// How to ask, the same for all sources of a run.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    pub fetcher: &'a Fetcher,
    /// Bytes of a file or of standard input that are read at most.
    pub body_bytes_max: usize,
    /// Tells by its id whether an article is stored already: its page need not be fetched again.
    pub known: &'a (dyn Fn(&str) -> bool + Sync),
    pub now: Timestamp,
}

/// Brings what `source` has now.
///
/// # Errors
/// When the source as a whole gives nothing; a page or an entry that fails is a remark.
pub async fn gather(source: &Source, validators: Validators, manner: Manner<'_>) -> Result<(Gathered, Option<Document>), GatherError> {
    todo!()
}
