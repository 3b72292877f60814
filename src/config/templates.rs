//! The administrator's own templates: the files in the folder that the configuration names.

use std::io;
use std::path::{Path, PathBuf};

use super::Config;

/// Ends the names of templates. Other files in the folder are somebody's notes.
const EXTENSIONS: [&str; 3] = ["html", "txt", "md"];

/// The largest file that is taken for a template.
const TEMPLATE_BYTES_MAX: u64 = 1_000_000;

/// Why the folder of templates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the template {}: {reason}", path.display())]
pub struct TemplateError {
    path: PathBuf,
    reason: String,
}

impl Config {
    /// The own templates by name and source, the name as in `templates/`: "email/item.html".
    ///
    /// # Errors
    /// The folder or a file in it cannot be read.
    pub fn templates(&self) -> Result<Vec<(String, String)>, TemplateError> {
        let Some(folder) = &self.templates else { return Ok(Vec::new()) };
        let unreadable = |path: &Path| {
            let path = path.to_path_buf();
            move |error: io::Error| TemplateError { path, reason: error.to_string() }
        };
        let mut own = Vec::new();
        for path in files(folder).map_err(unreadable(folder))? {
            if path.metadata().map_err(unreadable(&path))?.len() > TEMPLATE_BYTES_MAX {
                let reason = format!("it is larger than {TEMPLATE_BYTES_MAX} bytes");
                return Err(TemplateError { path, reason });
            }
            let source = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            own.push((name_of(folder, &path), source));
        }
        Ok(own)
    }

    /// Where they are; empty where the folder cannot be read.
    pub fn template_paths(&self) -> Vec<PathBuf> {
        self.templates.as_deref().and_then(|folder| files(folder).ok()).unwrap_or_default()
    }
}

/// The template files of a folder and of the folders in it, sorted.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                found.push(entry?.path());
            }
        } else {
            found.push(path);
        }
    }
    let is_template = |path: &PathBuf| {
        path.is_file() && path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
    };
    found.retain(is_template);
    found.sort();
    Ok(found)
}

/// Its path in the folder, with slashes on every system.
fn name_of(folder: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(folder).unwrap_or(path).iter().map(|part| part.to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}
