//! The configuration file on a page: shown without its secrets, changed as text or entry by entry, put back whole.
//!
//! Everything that a page does to the file is done to its [`Masked`] text, in which each secret is a numbered place holder;
//! [`Masked::draft`] puts the secrets back, where secrets may stand and nowhere else. So no secret ever leaves the program,
//! and every way to change the file ends in one way to save it: [`Draft::save`].

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

use super::edit::{create, replace, with_tables};
use super::{Config, EditError, parse};

/// Earlier versions of the file that are kept.
const VERSIONS_MAX: usize = 20;

const BEFORE: &str = "\"<secret ";
const BEHIND: &str = ", kept>\"";
/// In place of a secret that the file did not hold before.
const NEW_SECRET: &str = "\"<a new secret>\"";

/// A configuration's text without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    pub text: String,
    /// As the file writes them.
    secrets: Secrets,
}

/// Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// A new text for the file, known to be without mistakes.
#[derive(Clone)]
pub struct Draft {
    path: PathBuf,
    before: String,
    after: String,
    secrets: Secrets,
}

impl Masked {
    pub fn new(text: &str, path: &Path) -> Self {
        let mut secrets = Vec::new();
        let text = masked(text, path, |secret| {
            secrets.push(secret.to_owned());
            format!("{BEFORE}{}{BEHIND}", secrets.len())
        });
        Self { text, secrets: Secrets(secrets) }
    }

    /// What the file would be with `text`, a changed form of ours.
    ///
    /// # Errors
    /// It has mistakes, or a secret stands where it would be shown.
    pub fn draft(&self, text: &str, before: &str, path: &Path) -> Result<Draft, EditError> {
        // First without the secrets: in a text that is not TOML nobody knows where they stand.
        if let Err(error) = text.parse::<DocumentMut>() {
            drop(error);
            Config::parse(text, path)?;
        }
        let mut after = String::with_capacity(text.len());
        let mut restored = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(BEFORE) {
            let (ahead, behind) = rest.split_at(at);
            let digits = behind[BEFORE.len()..].split(',').next().unwrap_or_default();
            let number: usize = digits.parse().unwrap_or(0);
            let whole = format!("{BEFORE}{digits}{BEHIND}");
            let secret = number.checked_sub(1).and_then(|index| self.secrets.0.get(index));
            let secret = secret.filter(|_| behind.starts_with(&whole)).ok_or(EditError::Misplaced { number })?;
            after.push_str(ahead);
            restored.push((number, after.len()..after.len() + secret.len()));
            after.push_str(secret);
            rest = &behind[whole.len()..];
        }
        after.push_str(rest);
        let secret = parse::secrets(&after, path);
        let hidden = |span: &std::ops::Range<usize>| {
            secret.iter().any(|secret| secret.start <= span.start && span.end <= secret.end)
        };
        if let Some((number, _)) = restored.iter().find(|(_, span)| !hidden(span)) {
            return Err(EditError::Misplaced { number: *number });
        }
        Config::parse(&after, path)?;
        Ok(Draft { path: path.to_path_buf(), before: before.to_owned(), after, secrets: self.secrets.clone() })
    }
}

fn masked(text: &str, path: &Path, mut holder: impl FnMut(&str) -> String) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for span in parse::secrets(text, path) {
        let (start, end) = (text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end));
        masked.push_str(&text[at..start]);
        masked.push_str(&holder(&text[start..end]));
        at = end;
    }
    masked.push_str(&text[at..]);
    masked
}

/// Without what it says.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Draft {
    /// Whether it changes nothing at all.
    pub fn is_idle(&self) -> bool {
        self.before == self.after
    }

    /// Old and new text for comparing. A secret has the number of the old one that it equals.
    pub fn shown(&self) -> (String, String) {
        let holder = |secret: &str| match self.secrets.0.iter().position(|known| known == secret) {
            Some(index) => format!("{BEFORE}{}{BEHIND}", index + 1),
            None => NEW_SECRET.to_owned(),
        };
        (masked(&self.before, &self.path, holder), masked(&self.after, &self.path, holder))
    }

    /// Puts the new text into the file's place ([`put`]).
    ///
    /// # Errors
    /// Nothing was changed, and why.
    pub fn save(&self, now: Timestamp) -> Result<(), EditError> {
        Config::parse(&self.after, &self.path)?;
        put(&self.path, Some(&self.before), Some(&self.after), now)
    }
}

/// Puts a text into a file's place in one step, if the file still says what it did when it was read; the old one is kept as a
/// version. `None` is a file that is not there.
///
/// # Errors
/// Nothing was changed, and why.
pub fn put(path: &Path, before: Option<&str>, after: Option<&str>, now: Timestamp) -> Result<(), EditError> {
    let unwritable = |source| EditError::Unwritable { path: path.to_path_buf(), source };
    let Some(before) = before else {
        return create(path, after.unwrap_or_default()).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => EditError::Changed,
            _ => unwritable(error),
        });
    };
    let folder = versions_folder(path);
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let id = now.strftime("%Y%m%dT%H%M%S.%6f").to_string();
    let kept = folder.join(format!("{id}.toml"));
    // A copy has the file's permissions.
    fs::copy(path, &kept).map_err(|error| match error.kind() {
        ErrorKind::NotFound => EditError::Changed,
        _ => unwritable(error),
    })?;
    let kept_text = fs::read_to_string(&kept).map_err(unwritable)?;
    if kept_text != before {
        let _ = fs::remove_file(&kept);
        return Err(EditError::Changed);
    }
    match after {
        Some(after) => replace(path, after),
        None => fs::remove_file(path),
    }
    .map_err(unwritable)?;
    for old in versions(path).into_iter().skip(VERSIONS_MAX) {
        let _ = fs::remove_file(folder.join(format!("{}.toml", old.id)));
    }
    Ok(())
}

/// An earlier text of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// When it was replaced: its file's name.
    pub id: String,
}

fn versions_folder(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".versions");
    path.with_file_name(name)
}

/// The earlier versions of the file, the newest first.
pub fn versions(path: &Path) -> Vec<Version> {
    let Ok(folder) = fs::read_dir(versions_folder(path)) else { return Vec::new() };
    let names = folder.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut versions: Vec<Version> = names
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .filter(|id| is_version(id))
        .map(|id| Version { id })
        .collect();
    versions.sort_by(|a, b| b.id.cmp(&a.id));
    versions
}

/// A version's text; `None` if there is none of that name.
pub fn version(path: &Path, id: &str) -> Option<String> {
    is_version(id).then(|| fs::read_to_string(versions_folder(path).join(format!("{id}.toml"))).ok())?
}

/// Such a name leads to no other folder.
fn is_version(id: &str) -> bool {
    !id.starts_with('.') && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T' || byte == b'.')
}

/// A list of tables in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    Sources,
    Editions,
}

/// What a key becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    Text(String),
    Flag(bool),
    Number(i64),
    Texts(Vec<String>),
    /// The line goes; the default holds.
    Nothing,
}

impl Set {
    fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Text(text) => text.as_str().into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => (*number).into(),
            Self::Texts(texts) => Value::Array(Array::from_iter(texts)),
            Self::Nothing => return None,
        })
    }
}

impl Entries {
    fn key(self) -> &'static str {
        match self {
            Self::Sources => "source",
            Self::Editions => "edition",
        }
    }

    /// The text with one entry more.
    pub fn added(self, text: &str, sets: &[(&str, Set)]) -> String {
        let mut table = Table::new();
        for (key, set) in sets {
            if let Some(new) = set.value() {
                table[*key] = value(new);
            }
        }
        with_tables(text, self.key(), vec![table])
    }

    /// The text with other values in the entry of that name. What a person wrote beside a value stays.
    ///
    /// # Errors
    /// There is no such entry.
    pub fn changed(self, text: &str, name: &str, sets: &[(&str, Set)]) -> Result<String, EditError> {
        let gone = || EditError::Gone { name: name.to_owned() };
        let mut document = text.parse::<DocumentMut>().map_err(|_| gone())?;
        let tables = document.get_mut(self.key()).map(tables).unwrap_or_default();
        let table = tables.into_iter().find(|table| is_named(*table, name)).ok_or_else(gone)?;
        for (key, set) in sets {
            match (set.value(), table.get_mut(key).and_then(Item::as_value_mut)) {
                (Some(new), Some(old)) if same(old, &new) => {}
                (Some(mut new), Some(old)) => {
                    *new.decor_mut() = old.decor().clone();
                    *old = new;
                }
                (Some(new), None) => drop(table.insert(key, value(new))),
                (None, _) => drop(table.remove(key)),
            }
        }
        Ok(document.to_string())
    }

    /// The text without the entry of that name.
    ///
    /// # Errors
    /// There is no such entry.
    pub fn removed(self, text: &str, name: &str) -> Result<String, EditError> {
        let gone = || EditError::Gone { name: name.to_owned() };
        let mut document = text.parse::<DocumentMut>().map_err(|_| gone())?;
        let item = document.get_mut(self.key()).ok_or_else(gone)?;
        let at = tables(item).into_iter().position(|table| is_named(table, name)).ok_or_else(gone)?;
        match item {
            Item::ArrayOfTables(list) => drop(list.remove(at)),
            Item::Value(Value::Array(list)) => drop(list.remove(at)),
            _ => {}
        }
        Ok(document.to_string())
    }

    /// What the entry of that name says, key by key, as a form shows it.
    pub fn fields(self, text: &str, name: &str) -> Option<Vec<(String, String)>> {
        let mut document = text.parse::<DocumentMut>().ok()?;
        let tables = document.get_mut(self.key()).map(tables).unwrap_or_default();
        let table = tables.into_iter().find(|table| is_named(*table, name))?;
        let shown = |value: &Value| match value {
            Value::String(text) => text.value().clone(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other => other.to_string().trim().to_owned(),
        };
        Some(table.iter().filter_map(|(key, item)| Some((key.to_owned(), shown(item.as_value()?)))).collect())
    }
}

fn same(old: &Value, new: &Value) -> bool {
    let mut old = old.clone();
    old.decor_mut().clear();
    let shown = |value: &Value| value.to_string().split_whitespace().collect::<String>();
    match (&old, new) {
        (Value::String(old), Value::String(new)) => old.value() == new.value(),
        (Value::Integer(old), Value::Integer(new)) => old.value() == new.value(),
        (old, new) => shown(old) == shown(new),
    }
}

fn is_named(table: &dyn TableLike, name: &str) -> bool {
    table.get("name").and_then(Item::as_str) == Some(name)
}

fn tables(item: &mut Item) -> Vec<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables.iter_mut().map(|table| table as &mut dyn TableLike).collect(),
        Item::Value(Value::Array(list)) => {
            let inline = list.iter_mut().filter_map(Value::as_inline_table_mut);
            inline.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# Mine.
[[source]]
name = "Courier" # the good one
url = "https://reader:hunter2@news.example/feed.xml"

# The second.
[[source]]
name = "Ledger"
url = "https://ledger.example/feed.xml"
headers = { X-Key = "s3cret-key" }

[mail]
secret = "a long enough secret for links, of 32 bytes"
"#;

    fn path() -> &'static Path {
        Path::new("/nowhere/daybrief.toml")
    }

    #[test]
    fn secrets_are_masked_and_come_back() {
        let masked = Masked::new(FILE, path());
        for secret in ["hunter2", "s3cret-key", "long enough"] {
            assert!(!masked.text.contains(secret), "{}", masked.text);
        }
        let draft = masked.draft(&masked.text, FILE, path()).unwrap();
        assert_eq!(draft.after, FILE);
        let (before, after) = draft.shown();
        assert_eq!((&before, &after), (&masked.text, &masked.text));
    }

    #[test]
    fn what_is_commented_out_is_masked_where_it_would_be() {
        let text = "[[source]]\n# url = \"https://courier.example/feed.xml\"\n# [store]\n# url = \"postgres://u:hunter2@db/d\"\n\
                    # [proof_of_life]\n# url = \"https://watch.example/s3cret\"\n# [web]\n# url = \"https://daybrief.example\"\n";
        let masked = Masked::new(text, path()).text;
        assert!(!masked.contains("hunter2") && !masked.contains("s3cret"), "{masked}");
        assert!(masked.contains("courier.example") && masked.contains("daybrief.example"), "{masked}");
    }

    #[test]
    fn a_secret_cannot_be_put_where_it_is_shown() {
        let masked = Masked::new(FILE, path());
        let moved = format!("contact = \"<secret 1, kept>\"\n{}", masked.text);
        assert!(matches!(masked.draft(&moved, FILE, path()), Err(EditError::Misplaced { number: 1 })));
        let unknown = masked.text.replace("secret 3,", "secret 9,");
        assert!(matches!(masked.draft(&unknown, FILE, path()), Err(EditError::Misplaced { number: 9 })));
        // Not even in a text that is no TOML, whose error quotes the line.
        let broken = format!("contact = \"<secret 1, kept>\" oops\n{}", masked.text);
        let Err(EditError::Config(error)) = masked.draft(&broken, FILE, path()) else { panic!("it was taken") };
        assert!(!error.render(false).contains("hunter2"));
    }

    #[test]
    fn a_new_secret_is_not_shown_either() {
        let masked = Masked::new(FILE, path());
        let text = masked.text.replace("\"<secret 2, kept>\"", "\"another key\"");
        let (before, after) = masked.draft(&text, FILE, path()).unwrap().shown();
        assert!(after.contains("<a new secret>") && !after.contains("another key"), "{after}");
        assert!(before.contains("<secret 2, kept>"));
    }

    #[test]
    fn entries_change_and_the_rest_stays() {
        let off = Entries::Sources.changed(FILE, "Courier", &[("enabled", Set::Flag(false))]).unwrap();
        assert_eq!(off, FILE.replace("feed.xml\"\n\n# The", "feed.xml\"\nenabled = false\n\n# The"));
        let renamed = Entries::Sources.changed(FILE, "Courier", &[("name", Set::Text("New".to_owned()))]).unwrap();
        assert_eq!(renamed, FILE.replace("\"Courier\" # the", "\"New\" # the"));
        let gone = Entries::Sources.removed(FILE, "Courier").unwrap();
        assert!(!gone.contains("Courier") && gone.contains("# The second.") && gone.contains("[mail]"), "{gone}");
        assert!(Entries::Sources.removed(FILE, "Nobody").is_err());
        let sets = [("name", Set::Text("Third".to_owned())), ("path", Set::Text("articles".to_owned()))];
        let added = Entries::Sources.added(FILE, &sets);
        assert!(added.find("Third") < added.find("[mail]"), "{added}");
    }

    #[test]
    fn a_version_is_a_file_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daybrief.toml");
        let at = |second: i64| Timestamp::from_second(2_000_000_000 + second).unwrap();
        fs::write(&path, FILE).unwrap();
        let mut text = FILE.to_owned();
        for round in 0..=VERSIONS_MAX {
            let masked = Masked::new(&text, &path);
            let new = format!("{}# {round}\n", masked.text);
            masked.draft(&new, &text, &path).unwrap().save(at(i64::try_from(round).unwrap())).unwrap();
            text = fs::read_to_string(&path).unwrap();
        }
        let kept = versions(&path);
        assert_eq!(kept.len(), VERSIONS_MAX);
        assert!(version(&path, &kept[0].id).unwrap().ends_with("# 19\n"));
        for id in ["../daybrief", "..", ".", "", "/etc/passwd"] {
            assert_eq!(version(&path, id), None, "{id}");
        }
        // Somebody else was faster.
        let masked = Masked::new(&text, &path);
        let draft = masked.draft(&format!("# late\n{}", masked.text), &text, &path).unwrap();
        fs::write(&path, format!("# by hand\n{text}")).unwrap();
        assert!(matches!(draft.save(at(99)), Err(EditError::Changed)));
        assert!(fs::read_to_string(&path).unwrap().starts_with("# by hand"));
    }
}
