//! Changing the configuration file without losing what a person wrote in it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

use super::{Config, ConfigError, Location, SourceKind, parse};

/// What `daybrief sources add` and `import` know of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    pub name: String,
    pub location: Location,
    pub kind: SourceKind,
    pub outlet: Option<String>,
    pub category: Option<String>,
}

/// Why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file has mistakes, or would have after the change.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("add the source {name:?}: the configuration has it already; give it another name")]
    Taken { name: String },
    #[error("add {location}: the source {name:?} already reads it")]
    Known { name: String, location: String },
    #[error("add standard input to a file: name a file, a folder or an address")]
    Stdin,
    #[error("write the path {path:?} into the configuration: it is not UTF-8; rename the file or folder")]
    NotText { path: PathBuf },
    #[error("find a source named {name:?} in the configuration; see `daybrief sources list`")]
    Unknown { name: String },
    #[error("change {name:?}: the file does not hold it any more; load the page again")]
    Gone { name: String },
    #[error("save the file: it was changed by someone else since you read it; load the page again")]
    Changed,
    #[error("use the secret number {number}: the file holds no such secret, or it would stand where it is shown")]
    Misplaced { number: usize },
    #[error("write {path}: {source}; check that the folder may be written to")]
    Unwritable { path: PathBuf, source: std::io::Error },
}

/// Adds sources at the end of the sources in the file at `path`, which is made if it does not exist: all or none of them.
/// Comments and order stay. The new file takes the old one's place in one step, and only after it was read back without a
/// mistake.
///
/// # Errors
/// Nothing was changed, and why.
pub fn add_sources(path: &Path, sources: &[NewSource]) -> Result<Config, EditError> {
    let text = text_of(path)?;
    let config = Config::parse(&text, path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut names: HashSet<String> = config.sources.iter().map(|known| known.name.clone()).collect();
    let mut readers: HashMap<String, &str> =
        config.sources.iter().map(|known| (place(&known.location), known.name.as_str())).collect();
    let mut tables = Vec::with_capacity(sources.len());
    for source in sources {
        let (key, written, resolved) = match &source.location {
            Location::Url(url) => ("url", url.to_string(), source.location.clone()),
            Location::Path(file) => {
                let written = file.to_str().ok_or_else(|| EditError::NotText { path: file.clone() })?;
                ("path", written.to_owned(), Location::Path(folder.join(file)))
            }
            Location::Stdin | Location::Bundled(_) => return Err(EditError::Stdin),
        };
        if !names.insert(source.name.clone()) {
            return Err(EditError::Taken { name: source.name.clone() });
        }
        if let Some(name) = readers.insert(place(&resolved), &source.name) {
            return Err(EditError::Known { name: name.to_owned(), location: resolved.to_string() });
        }
        let mut table = Table::new();
        table["name"] = value(&source.name);
        table[key] = value(written);
        if source.kind != SourceKind::Auto {
            table["kind"] = value(parse::kind_word(source.kind));
        }
        let optional = [("outlet", &source.outlet), ("category", &source.category)];
        for (key, text) in optional.into_iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
            table[key] = value(text);
        }
        tables.push(table);
    }
    write(path, &with_tables(&text, "source", tables))
}

/// Where a source reads from, for comparing: unlike what is shown, it holds the login too.
fn place(location: &Location) -> String {
    match location {
        Location::Url(url) => url.to_string(),
        other => other.to_string(),
    }
}

/// Switches a source of the file at `path` on or off.
///
/// # Errors
/// Nothing was changed, and why.
pub fn set_enabled(path: &Path, name: &str, enabled: bool) -> Result<Config, EditError> {
    let text = text_of(path)?;
    Config::parse(&text, path)?;
    let unknown = || EditError::Unknown { name: name.to_owned() };
    let mut document = text.parse::<DocumentMut>().map_err(|_| unknown())?;
    let sources = document.get_mut("source").ok_or_else(unknown)?;
    let tables: Vec<&mut dyn TableLike> = match sources {
        Item::ArrayOfTables(tables) => tables.iter_mut().map(|table| table as &mut dyn TableLike).collect(),
        Item::Value(Value::Array(list)) => {
            let inline = list.iter_mut().filter_map(Value::as_inline_table_mut);
            inline.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    };
    let is_it = |table: &dyn TableLike| table.get("name").and_then(Item::as_str) == Some(name);
    let table = tables.into_iter().find(|table| is_it(*table)).ok_or_else(unknown)?;
    match table.get_mut("enabled").and_then(Item::as_value_mut) {
        // What a person wrote beside it stays.
        Some(old) => {
            let decor = old.decor().clone();
            *old = Value::from(enabled);
            *old.decor_mut() = decor;
        }
        // On is how it is without a word.
        None if enabled => return Ok(Config::parse(&text, path)?),
        None => {
            table.insert("enabled", value(enabled));
        }
    }
    write(path, &document.to_string())
}

/// Takes a source out of the file at `path`, with the comment that stands directly above it.
///
/// # Errors
/// Nothing was changed, and why.
pub fn remove_source(path: &Path, name: &str) -> Result<Config, EditError> {
    let text = text_of(path)?;
    Config::parse(&text, path)?;
    let unknown = || EditError::Unknown { name: name.to_owned() };
    let mut document = text.parse::<DocumentMut>().map_err(|_| unknown())?;
    let is_it = |found: Option<&str>| found == Some(name);
    let left = match document.get_mut("source").ok_or_else(unknown)? {
        Item::ArrayOfTables(tables) => {
            let named = |table: &Table| is_it(table.get("name").and_then(Item::as_str));
            let index = tables.iter().position(named).ok_or_else(unknown)?;
            // What stands above it with an empty line in between is about more than this source.
            let above = tables.get(index).and_then(|table| table.decor().prefix()?.as_str()).unwrap_or_default();
            let kept = above.rfind("\n\n").map(|end| above[..=end].to_owned()).unwrap_or_default();
            tables.remove(index);
            if let Some(next) = tables.get_mut(index) {
                let prefix = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
                let prefix = format!("{kept}{prefix}");
                next.decor_mut().set_prefix(prefix);
            } else if !kept.trim().is_empty() {
                let trailing = document.trailing().as_str().unwrap_or_default();
                let trailing = format!("{kept}{trailing}");
                document.set_trailing(trailing);
            }
            document.get("source").and_then(Item::as_array_of_tables).map_or(0, ArrayOfTables::len)
        }
        Item::Value(Value::Array(list)) => {
            let named = |value: &Value| is_it(value.as_inline_table().and_then(|table| table.get("name")?.as_str()));
            let index = list.iter().position(named).ok_or_else(unknown)?;
            list.remove(index);
            list.len()
        }
        _ => return Err(unknown()),
    };
    if left == 0 {
        document.remove("source");
    }
    write(path, &document.to_string())
}

/// A name that no source in `taken` has: the wanted one, or with a number behind it. It is added to `taken`.
pub fn free_name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2_u32..).map(|number| format!("{wanted} {number}"));
    let free = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.unwrap_or_else(|| wanted.to_owned());
    taken.insert(free.clone());
    free
}

/// The file's text; a file that is not there is empty.
pub(super) fn text_of(path: &Path) -> Result<String, EditError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(ConfigError::Unreadable { path: path.to_path_buf(), source }.into()),
    }
}

/// Reads the new text, and puts it in the file's place if it is without mistakes.
fn write(path: &Path, text: &str) -> Result<Config, EditError> {
    let config = Config::parse(text, path)?;
    replace(path, text).map_err(|source| EditError::Unwritable { path: path.to_path_buf(), source })?;
    Ok(config)
}

/// The text, which is known to parse, with more tables of the list `key`.
pub(super) fn with_tables(text: &str, key: &str, mut tables: Vec<Table>) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    if let Some(Item::ArrayOfTables(sources)) = document.get_mut(key) {
        for mut table in tables {
            // Tables are written in the order of their positions: beside its siblings, not after the rest of the file.
            table.set_position(sources.iter().last().and_then(Table::position));
            table.decor_mut().set_prefix("\n");
            sources.push(table);
        }
        return document.to_string();
    }
    if let Some(list) = document.get_mut(key).and_then(Item::as_array_mut) {
        list.extend(tables.into_iter().map(Table::into_inline_table));
        return document.to_string();
    }
    // What follows the last table, comments mostly, stays where it is: before the new ones.
    let mut sources = ArrayOfTables::new();
    for table in tables.iter_mut().skip(1) {
        table.decor_mut().set_prefix("\n");
    }
    sources.extend(tables);
    let mut addition = DocumentMut::new();
    addition.insert(key, Item::ArrayOfTables(sources));
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
pub(super) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // The file itself, when the name is a link to it.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let beside = beside(&path, text)?;
    fs::rename(&beside, &path).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Writes a file that must not be there yet; it appears whole.
pub(super) fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = beside(path, text)?;
    let linked = fs::hard_link(&beside, path);
    let _ = fs::remove_file(&beside);
    linked
}

/// A file beside `path` with this text and, if there is such a file, its permissions.
fn beside(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()
    });
    written.map(|()| beside.clone()).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
