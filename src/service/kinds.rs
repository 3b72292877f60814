//! The kinds of development in force: the shipped ones, and the files of the administrator's folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::news::kinds::pattern::{Kinds, Mistake};

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
