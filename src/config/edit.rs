//! Changing the configuration file without losing what a person wrote in it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{Config, ConfigError, Location, SourceKind, parse};

/// What `daybrief sources add` knows of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    pub name: String,
    pub location: Location,
    pub kind: SourceKind,
    pub outlet: Option<String>,
}

/// Why a source was not added. The file is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum AddSourceError {
    /// The file has mistakes, or would have with the new source.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("add the source {name:?}: the configuration has it already; give it another name")]
    Taken { name: String },
    #[error("add {location}: the source {name:?} already reads it")]
    Known { name: String, location: String },
    #[error("add standard input to a file: name a file, a folder or an address")]
    Stdin,
    #[error("write {path}: {source}; check that the folder may be written to")]
    Unwritable { path: PathBuf, source: std::io::Error },
}

/// Adds a source at the end of the sources in the file at `path`, which is made if it does not exist. Comments and order
/// stay. The new file takes the old one's place in one step, and only after it was read back without a mistake.
///
/// # Errors
/// Nothing was changed, and why.
pub fn add_source(path: &Path, source: &NewSource) -> Result<Config, AddSourceError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(ConfigError::Unreadable { path: path.to_path_buf(), source }.into()),
    };
    let config = Config::parse(&text, path)?;
    if config.sources.iter().any(|known| known.name == source.name) {
        return Err(AddSourceError::Taken { name: source.name.clone() });
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let (key, place, resolved) = match &source.location {
        Location::Url(url) => ("url", url.to_string(), source.location.clone()),
        Location::Path(file) => ("path", file.display().to_string(), Location::Path(folder.join(file))),
        Location::Stdin | Location::Bundled(_) => return Err(AddSourceError::Stdin),
    };
    if let Some(known) = config.sources.iter().find(|known| known.location == resolved) {
        return Err(AddSourceError::Known { name: known.name.clone(), location: resolved.to_string() });
    }
    let mut table = Table::new();
    table["name"] = value(&source.name);
    table[key] = value(place);
    if source.kind != SourceKind::Auto {
        table["kind"] = value(parse::kind_word(source.kind));
    }
    if let Some(outlet) = &source.outlet {
        table["outlet"] = value(outlet);
    }
    let text = with_source(&text, table);
    let config = Config::parse(&text, path)?;
    replace(path, &text).map_err(|source| AddSourceError::Unwritable { path: path.to_path_buf(), source })?;
    Ok(config)
}

/// The text, which is known to parse, with one more `[[source]]`.
fn with_source(text: &str, mut table: Table) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    if let Some(Item::ArrayOfTables(sources)) = document.get_mut("source") {
        // Tables are written in the order of their positions: beside its siblings, not after the rest of the file.
        table.set_position(sources.iter().last().and_then(Table::position));
        table.decor_mut().set_prefix("\n");
        sources.push(table);
        return document.to_string();
    }
    if let Some(list) = document.get_mut("source").and_then(Item::as_array_mut) {
        list.push(table.into_inline_table());
        return document.to_string();
    }
    // What follows the last table, comments mostly, stays where it is: before the new one.
    let mut sources = ArrayOfTables::new();
    sources.push(table);
    let mut addition = DocumentMut::new();
    addition.insert("source", Item::ArrayOfTables(sources));
    let gap = if text.is_empty() || text.ends_with("\n\n") {
        ""
    } else if text.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    format!("{text}{gap}{addition}")
}

/// Writes a file beside the old one and renames it over it, with the old one's permissions.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // The file itself, when the name is a link to it.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        if let Ok(old) = fs::metadata(&path) {
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, &path)).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
