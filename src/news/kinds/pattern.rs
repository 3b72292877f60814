//! Kinds of development that files define: fields, word lists, patterns, and examples that prove them.
//!
//! A file is TOML; its name is the kind's name. `config/kinds/` holds the shipped ones, embedded in the binary; an admin's
//! folder adds others and overrides shipped ones by name. A file with a mistake disables itself and nothing else, and its
//! [`Mistake`]s give line and column.
//!
//! ```toml
//! title = "Bridges"                       # the heading that readers see
//! [fields]
//! vehicles = "count"                      # count, number, money, date, place, party, words, quote, "@list", or ["a", "b"]
//! [lists]
//! fell = ["collapsed", "gave way", "fell"]
//! [[pattern]]
//! match = "bridge ... @fell [... under {vehicles} (cars | lorries)]"
//! [[example]]                             # at least three that must be found …
//! text = "The old bridge collapsed under 12 lorries."
//! gives = { vehicles = 12 }
//! [[counterexample]]                      # … and three that must not
//! text = "She crossed the bridge."
//! ```
//!
//! A pattern is matched inside one sentence, token by token:
//!
//! | piece | matches |
//! | --- | --- |
//! | `word` | that word, whatever its case |
//! | `@list` | the longest phrase of the list |
//! | `{field}`, `{field:type}` | a value of the field's type; `{field:number}-day` one hyphenated token |
//! | `...`, `...12` | up to 6 (or 12) tokens, never a semicolon or a negation |
//! | `(a \| b c)` | one of the alternatives |
//! | `[a b]` | that or nothing |
//!
//! Each match is a claim whose evidence is its sentence. `place`, `date` and `source` belong to every claim: a slot
//! of that name sets them, else they are what the sentence tells. Who says so, and whether it is news, is read as for the built-in kinds.
//!
//! Work is bounded whatever a file says: a pattern is a program of at most 512 steps, no step is taken twice at the same
//! token, and a kind takes at most 200,000 of them in a sentence, so that time grows with the text and with nothing else.

mod claims;
mod examples;
mod file;
mod program;
mod slot;
mod syntax;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use claims::read;
pub use examples::{Proof, shown};
pub use file::Mistake;
pub use slot::Value;

use program::Program;
use slot::SlotType;

use crate::news::extract::Stance;
use crate::news::lexicon::Phrases;

/// Kinds that are in force at once.
pub const KINDS_MAX: usize = 100;

/// A kind's name: lower-case letters, digits and underscores, and none of the built-in kinds'.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KindName(String);

impl KindName {
    const CHARS_MAX: usize = 40;
    const BUILT_IN: [&str; 3] = ["toll", "munitions", "talks"];

    /// # Errors
    /// What is wrong with the name.
    pub fn parse(name: &str) -> Result<Self, String> {
        if Self::BUILT_IN.contains(&name) {
            return Err(format!("{name:?} is a built-in kind; name the file otherwise"));
        }
        match is_name(name) && name.len() <= Self::CHARS_MAX {
            true => Ok(Self(name.to_owned())),
            false => Err(format!(
                "{name:?} is no name for a kind; take lower-case letters, digits and underscores, at most {}",
                Self::CHARS_MAX
            )),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KindName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name)
    }
}

impl From<KindName> for String {
    fn from(name: KindName) -> Self {
        name.0
    }
}

/// Whether a text can name a kind, a field or a list.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What a kind of a file found: its name, and its own fields flat beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Development {
    pub kind: KindName,
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

/// One kind, ready to match.
#[derive(Debug)]
pub struct Kind {
    pub name: KindName,
    /// The heading that readers see.
    pub title: String,
    pub description: String,
    fields: Vec<Field>,
    lists: Vec<List>,
    patterns: Vec<Pattern>,
    /// A sentence that one of these matches tells of something else.
    unless: Vec<Program>,
    examples: Vec<examples::Example>,
    counterexamples: Vec<examples::Counterexample>,
}

impl Kind {
    /// The names of the kind's own fields and their types, as the file writes them.
    pub fn fields(&self) -> impl Iterator<Item = (&str, String)> {
        self.fields.iter().map(|field| (field.name.as_str(), self.type_name(&field.slot_type)))
    }

    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    pub fn examples(&self) -> (usize, usize) {
        (self.examples.len(), self.counterexamples.len())
    }

    fn type_name(&self, slot_type: &SlotType) -> String {
        match slot_type {
            SlotType::List(list) => format!("@{}", self.lists[*list].name),
            other => other.name(),
        }
    }
}

#[derive(Debug)]
struct Field {
    name: String,
    slot_type: SlotType,
}

/// A named list of phrases, each with what a slot makes of it.
#[derive(Debug)]
struct List {
    name: String,
    phrases: Phrases<String>,
    /// The first words of its phrases: one of them stands where the list matches.
    first_words: Vec<String>,
}

#[derive(Debug)]
struct Pattern {
    program: Program,
    /// Fields that the pattern gives whatever it captures.
    set: Vec<(usize, String)>,
    stance: Option<Stance>,
}

/// The kinds in force, and which words lead to their patterns.
#[derive(Debug, Default)]
pub struct Kinds {
    kinds: Vec<Kind>,
    index: Index,
}

/// Word → the patterns that cannot match without it or one of its like.
#[derive(Debug)]
struct Index {
    words: Phrases<Vec<Lead>>,
    /// By pattern, over all kinds: kind, pattern of the kind, and the bits of the words it needs.
    patterns: Vec<(usize, usize, u8)>,
}

#[derive(Clone, Copy, Debug)]
struct Lead {
    /// Index into [`Index::patterns`].
    pattern: usize,
    bit: u8,
}

impl Default for Index {
    fn default() -> Self {
        Self { words: Phrases::new([]), patterns: Vec::new() }
    }
}

impl Index {
    fn new(kinds: &[Kind]) -> Self {
        let mut words: BTreeMap<&str, Vec<Lead>> = BTreeMap::new();
        let mut patterns = Vec::new();
        for (kind_index, kind) in kinds.iter().enumerate() {
            for (index, pattern) in kind.patterns.iter().enumerate() {
                let mut needed = 0;
                for (bit, anchor) in pattern.program.anchors.iter().enumerate() {
                    let bit = 1 << bit;
                    needed |= bit;
                    for word in anchor {
                        words.entry(word).or_default().push(Lead { pattern: patterns.len(), bit });
                    }
                }
                patterns.push((kind_index, index, needed));
            }
        }
        Self { words: Phrases::new(words), patterns }
    }
}

/// The shipped files, by kind.
const SHIPPED: [(&str, &str); 10] = [
    ("agreement", include_str!("../../../config/kinds/agreement.toml")),
    ("aid_pledge", include_str!("../../../config/kinds/aid_pledge.toml")),
    ("ceasefire_violation", include_str!("../../../config/kinds/ceasefire_violation.toml")),
    ("disaster", include_str!("../../../config/kinds/disaster.toml")),
    ("evacuation", include_str!("../../../config/kinds/evacuation.toml")),
    ("exchange", include_str!("../../../config/kinds/exchange.toml")),
    ("infrastructure_damage", include_str!("../../../config/kinds/infrastructure_damage.toml")),
    ("sanctions", include_str!("../../../config/kinds/sanctions.toml")),
    ("statement", include_str!("../../../config/kinds/statement.toml")),
    ("territorial_control", include_str!("../../../config/kinds/territorial_control.toml")),
];

static DEFAULT: LazyLock<Kinds> = LazyLock::new(|| Kinds::load(shipped()).0);

/// The shipped files: name and text.
pub fn shipped() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHIPPED.into_iter()
}

impl Kinds {
    /// The shipped kinds. Their examples are proved by the tests, not at every start.
    pub fn standard() -> &'static Self {
        &DEFAULT
    }

    /// Reads files of kinds, given as name and text; of two of one name the later counts, unless it has a mistake. A file
    /// with mistakes is left out, and they are returned. Examples are not run here: `Kinds::with_overrides` does that.
    pub fn load<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> (Self, Vec<Mistake>) {
        let mut kinds: BTreeMap<KindName, Kind> = BTreeMap::new();
        let mut mistakes = Vec::new();
        for (name, source) in files {
            match file::parse(name, source) {
                Ok(_) if kinds.len() >= KINDS_MAX => {
                    mistakes.push(Mistake::whole(
                        name,
                        format!("there are more than {KINDS_MAX} kinds; remove some files"),
                    ));
                }
                Ok(kind) => {
                    kinds.insert(kind.name.clone(), kind);
                }
                Err(found) => mistakes.extend(found),
            }
        }
        (Self::new(kinds.into_values().collect()), mistakes)
    }

    /// The shipped kinds with an admin's files over them, each of which must prove its examples: a file that does not, or
    /// cannot be read, is left out, and the shipped kind of its name stays.
    pub fn with_overrides<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> (Self, Vec<Mistake>) {
        let mut good: Vec<(&str, &str)> = shipped().collect();
        let mut mistakes = Vec::new();
        for (name, source) in files {
            match check(name, source) {
                found if found.is_empty() => good.push((name, source)),
                found => mistakes.extend(found),
            }
        }
        let (kinds, more) = Self::load(good);
        mistakes.extend(more);
        (kinds, mistakes)
    }

    fn new(kinds: Vec<Kind>) -> Self {
        let index = Index::new(&kinds);
        Self { kinds, index }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter()
    }

    pub fn get(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name.as_str() == name)
    }
}

/// Every mistake in one file, failing examples included; none for a good one.
pub fn check(name: &str, source: &str) -> Vec<Mistake> {
    match prove(name, source) {
        Ok(proofs) => proofs.into_iter().filter_map(|proof| proof.mistake).collect(),
        Err(mistakes) => mistakes,
    }
}

/// How each example of one file fares.
///
/// # Errors
/// Every mistake for which the file cannot be read as a kind.
pub fn prove(name: &str, source: &str) -> Result<Vec<Proof>, Vec<Mistake>> {
    Ok(examples::prove(file::parse(name, source)?, name, source))
}

#[cfg(test)]
mod tests;
