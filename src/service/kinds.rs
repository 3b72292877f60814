//! The kinds of development in force: the shipped ones, and the files of the administrator's folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use super::store::{Store, StoredArticle};
use crate::news::extract::Claim;
use crate::news::kinds::pattern::{self, KindName, Kinds, Mistake};
use crate::news::reading::pieces::Pieces;

/// How far back a kind that is being written is tried.
pub const TRIED_DAYS: i64 = 7;
/// Of the articles of that time, the newest: some seconds' work.
pub const TRIED_ARTICLES_MAX: u32 = 3_000;
/// Of what is found in them.
pub const FOUND_SHOWN_MAX: usize = 30;

/// Reads the folder, if there is one. A file with mistakes disables itself, and they are given back.
pub fn load(dir: Option<&Path>) -> anyhow::Result<(Kinds, Vec<Mistake>)> {
    let files = dir.map(files_in).transpose()?.unwrap_or_default();
    Ok(Kinds::with_overrides(files.iter().map(|(name, source)| (name.as_str(), source.as_str()))))
}

/// The TOML files of a folder with their texts, in the order of their names.
pub fn files_in(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("failed to read the folder {}", dir.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.iter().map(|path| file(path)).collect()
}

pub fn file(path: &Path) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    let source = std::fs::read_to_string(path).with_context(|| format!("failed to read {name}"))?;
    Ok((name, source))
}

/// The file of a kind in the administrator's folder. A kind's name leads to no other folder.
pub fn own_file(dir: &Path, name: &KindName) -> PathBuf {
    dir.join(format!("{name}.toml"))
}

/// A file's text; `None` if there is no such file.
pub fn text_of(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
    }
}

/// What a kind finds in the stored articles.
#[derive(Debug, Default)]
pub struct Found {
    pub articles: usize,
    /// There are more articles of these days than were read.
    pub is_partial: bool,
    pub claims: usize,
    /// The newest of them.
    pub shown: Vec<(StoredArticle, Claim)>,
}

/// Tries the kind of one text on the stored articles of the last days; nothing is found by one that cannot be read.
pub async fn find(store: &Store, name: &str, source: &str, now: Timestamp) -> anyhow::Result<Found> {
    let (kinds, _) = Kinds::load([(name, source)]);
    let since = now - SignedDuration::from_hours(24 * TRIED_DAYS);
    let articles = store.articles_since(since, TRIED_ARTICLES_MAX).await?;
    let work = move || {
        let mut found = Found {
            articles: articles.len(),
            is_partial: articles.len() == TRIED_ARTICLES_MAX as usize,
            ..Found::default()
        };
        for stored in articles {
            let claims = pattern::read(&kinds, &Pieces::of(&stored.article));
            found.claims += claims.len();
            let free = FOUND_SHOWN_MAX - found.shown.len();
            found.shown.extend(claims.into_iter().take(free).map(|claim| (stored.clone(), claim)));
        }
        found
    };
    tokio::task::spawn_blocking(work).await.context("try the kind on the articles")
}
