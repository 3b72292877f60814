//! The text of a kind's file → [`Kind`], or every mistake in it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Serialize;
use toml_edit::{Document, Item, TableLike, Value as Toml};

use super::examples::{Counterexample, Example};
use super::program::{Program, Resolved};
use super::slot::SlotType;
use super::syntax::{self, Fault, Node, plain};
use super::{Field, Kind, KindName, List, Pattern, is_name};
use crate::news::extract::Stance;
use crate::news::lexicon::Phrases;
use crate::news::text::Text;

/// Bytes of one file.
pub const FILE_BYTES_MAX: usize = 128 * 1024;
const FIELDS_MAX: usize = 24;
const LISTS_MAX: usize = 40;
/// Phrases of one list.
const PHRASES_MAX: usize = 1_000;
const PHRASE_BYTES_MAX: usize = 80;
/// Bytes of one word of a phrase: a longer one matches nothing (see [`crate::news::lexicon`]).
const WORD_BYTES_MAX: usize = 32;
const PATTERNS_MAX: usize = 80;
const EXAMPLES_MAX: usize = 60;
const EXAMPLE_BYTES_MAX: usize = 1_000;
/// Examples of either sort, without which a kind is not taken.
const EXAMPLES_MIN: usize = 3;
const TEXT_BYTES_MAX: usize = 400;

/// Slots that every claim has, and their types.
pub const COMMON: [(&str, SlotType); 3] =
    [("place", SlotType::Place), ("date", SlotType::Date), ("source", SlotType::Party)];
/// Names that the contract gives another meaning.
const TAKEN: [&str; 4] = ["kind", "current", "stance", "evidence"];
const STANCES: [(&str, Stance); 5] = [
    ("reported", Stance::Reported),
    ("claimed", Stance::Claimed),
    ("denied", Stance::Denied),
    ("alleged", Stance::Alleged),
    ("planned", Stance::Planned),
];

/// What is wrong with a file of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mistake {
    /// The file, as it was named to the loader.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    pub problem: String,
    /// What to write instead.
    pub advice: String,
}

impl Mistake {
    /// A mistake of the whole file.
    pub fn whole(file: &str, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, problem: problem.into(), advice: String::new() }
    }

    pub(super) fn place(file: &str, source: &str, fault: Fault) -> Self {
        let before = &source[..source.floor_char_boundary(fault.at.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            // A byte order mark is no character that an editor shows.
            column: before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1,
            problem: fault.problem,
            advice: fault.advice,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, problem, advice } = self;
        write!(f, "{file}:{line}:{column}: {problem}")?;
        if advice.is_empty() { Ok(()) } else { write!(f, "; {advice}") }
    }
}

/// Reads a file. `name` is the file's, with or without folder and `.toml`.
///
/// # Errors
/// Every mistake that was found, in the order of the file.
pub fn parse(name: &str, source: &str) -> Result<Kind, Vec<Mistake>> {
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = stem.strip_suffix(".toml").unwrap_or(stem);
    let kind_name = KindName::parse(stem).map_err(|problem| vec![Mistake::whole(name, problem)])?;
    if source.len() > FILE_BYTES_MAX {
        return Err(vec![Mistake::whole(name, format!("the file is longer than {FILE_BYTES_MAX} bytes"))]);
    }
    let document = Document::parse(source).map_err(|error| {
        let at = error.span().unwrap_or(source.len()..source.len());
        let problem = format!("this is not TOML: {}", error.message().lines().next().unwrap_or_default());
        vec![Mistake::place(name, source, Fault::new(at, problem, "see https://toml.io for how it is written"))]
    })?;
    let mut reader = Reader { source, faults: Vec::new() };
    let kind = reader.kind(kind_name, document.as_table());
    if reader.faults.is_empty() {
        return Ok(kind);
    }
    reader.faults.sort_by_key(|fault| fault.at.start);
    Err(reader.faults.into_iter().map(|fault| Mistake::place(name, source, fault)).collect())
}

struct Reader<'s> {
    source: &'s str,
    faults: Vec<Fault>,
}

/// A text of the file and where its quoted value stands.
struct At<'t> {
    text: &'t str,
    span: Range<usize>,
}

impl Reader<'_> {
    fn fault(&mut self, at: Range<usize>, problem: impl Into<String>, advice: impl Into<String>) {
        self.faults.push(Fault::new(at, problem, advice));
    }

    fn kind(&mut self, name: KindName, file: &dyn TableLike) -> Kind {
        let known = ["title", "description", "fields", "lists", "unless", "pattern", "example", "counterexample"];
        self.only(file, "a kind", &known);
        let title = self.text(file, "title", TEXT_BYTES_MAX);
        let description = self.text(file, "description", TEXT_BYTES_MAX).map_or("", |at| at.text).to_owned();
        if title.is_none() && file.get("title").is_none() {
            self.fault(0..0, "the kind has no title", "add a line title = \"…\": the heading that readers see");
        }
        let lists = self.lists(file);
        let fields = self.fields(file, &lists);
        let mut kind = Kind {
            name,
            title: title.map_or("", |at| at.text).to_owned(),
            description,
            fields,
            lists,
            patterns: Vec::new(),
            unless: Vec::new(),
            examples: Vec::new(),
            counterexamples: Vec::new(),
        };
        let tables = self.tables(file, "pattern", PATTERNS_MAX);
        if tables.is_empty() && file.get("pattern").is_none() {
            self.fault(0..0, "the kind has no pattern", "add [[pattern]] and under it match = '…'");
        }
        for (table, span) in tables {
            if let Some(pattern) = self.pattern(&mut kind, table, span) {
                kind.patterns.push(pattern);
            }
        }
        for at in self.texts(file, "unless", PATTERNS_MAX) {
            if let Some(program) = self.program(&mut kind, &at, false) {
                kind.unless.push(program);
            }
        }
        self.examples(&mut kind, file);
        kind
    }

    fn lists(&mut self, file: &dyn TableLike) -> Vec<List> {
        let mut lists = Vec::new();
        let Some(table) = self.table(file, "lists") else { return lists };
        for (name, item) in table.iter() {
            let span = key_span(table, name);
            if !is_name(name) {
                self.fault(
                    span,
                    format!("{name:?} is no name for a list"),
                    "take lower-case letters, digits and underscores",
                );
                continue;
            }
            if lists.len() == LISTS_MAX {
                self.fault(span, format!("there are more than {LISTS_MAX} lists"), "join some of them");
                break;
            }
            let mut phrases: BTreeMap<String, String> = BTreeMap::new();
            match item.as_table_like() {
                // Phrases under the name that a slot gives them.
                Some(named) => {
                    for (meaning, _) in named.iter() {
                        for at in self.texts(named, meaning, PHRASES_MAX) {
                            self.phrase(&at).map(|phrase| phrases.insert(phrase, meaning.to_owned()));
                        }
                    }
                }
                None => {
                    for at in self.texts(table, name, PHRASES_MAX) {
                        self.phrase(&at).map(|phrase| phrases.insert(phrase.clone(), phrase));
                    }
                }
            }
            if phrases.is_empty() && self.faults.is_empty() {
                self.fault(span, format!("the list {name:?} is empty"), "write its phrases: [\"attack\", \"raid\"]");
            }
            let mut first_words: Vec<String> =
                phrases.keys().filter_map(|phrase| phrase.split_whitespace().next().map(str::to_owned)).collect();
            first_words.dedup();
            let phrases = Phrases::new(phrases.iter().map(|(phrase, meaning)| (phrase.as_str(), meaning.clone())));
            lists.push(List { name: name.to_owned(), phrases, first_words });
        }
        lists
    }

    /// A phrase as the words that the text's tokens are compared with.
    fn phrase(&mut self, at: &At) -> Option<String> {
        let read = Text::read(at.text);
        let words: Vec<String> = read.tokens.iter().map(|token| plain(token.text)).collect();
        let too_long = at.text.len() > PHRASE_BYTES_MAX || words.iter().any(|word| word.len() > WORD_BYTES_MAX);
        if words.is_empty() || too_long {
            let advice = format!("write a word or a few, at most {PHRASE_BYTES_MAX} bytes, {WORD_BYTES_MAX} each");
            self.fault(at.span.clone(), "this is no phrase that can be found", advice);
            return None;
        }
        Some(words.join(" "))
    }

    fn fields(&mut self, file: &dyn TableLike, lists: &[List]) -> Vec<Field> {
        let mut fields = Vec::new();
        let Some(table) = self.table(file, "fields") else { return fields };
        for (name, item) in table.iter() {
            let span = key_span(table, name);
            if let Some(problem) = wrong_field_name(name) {
                self.fault(span, problem, "take another name of lower-case letters, digits and underscores");
                continue;
            }
            if fields.len() == FIELDS_MAX {
                self.fault(span, format!("there are more than {FIELDS_MAX} fields"), "make two kinds of it");
                break;
            }
            let slot_type = match item.as_value() {
                Some(Toml::String(text)) => self.slot_type(text.value(), lists, item.span().unwrap_or(span.clone())),
                Some(Toml::Array(_)) => Some(SlotType::Choice(
                    self.texts(table, name, PHRASES_MAX).iter().map(|at| at.text.to_owned()).collect(),
                )),
                _ => {
                    self.fault(
                        span,
                        format!("`{name}` has no type"),
                        "write \"count\", \"place\", … or a list of words",
                    );
                    None
                }
            };
            // A field of a wrong type is still a field: where it is used is no second mistake.
            fields.push(Field { name: name.to_owned(), slot_type: slot_type.unwrap_or(SlotType::Words) });
        }
        fields
    }

    fn slot_type(&mut self, name: &str, lists: &[List], span: Range<usize>) -> Option<SlotType> {
        if let Some(list_name) = name.strip_prefix('@') {
            let list = lists.iter().position(|list| list.name == list_name);
            if list.is_none() {
                self.fault(span, format!("there is no list {list_name:?}"), "write it under [lists]");
            }
            return list.map(SlotType::List);
        }
        let named = SlotType::named(name);
        if named.is_none() {
            let names: Vec<&str> = SlotType::NAMED.iter().map(|(name, _)| *name).collect();
            self.fault(span, format!("{name:?} is no type"), format!("write one of {}, or @list", names.join(", ")));
        }
        named
    }

    fn pattern(&mut self, kind: &mut Kind, table: &dyn TableLike, span: Range<usize>) -> Option<Pattern> {
        self.only(table, "[[pattern]]", &["match", "set", "stance"]);
        let Some(at) = self.text(table, "match", FILE_BYTES_MAX) else {
            if table.get("match").is_none() {
                self.fault(span, "the pattern matches nothing", "add a line match = '…'");
            }
            return None;
        };
        let program = self.program(kind, &at, true);
        let set = self.set(kind, table);
        let stance = self.text(table, "stance", TEXT_BYTES_MAX).and_then(|at| {
            let stance = STANCES.iter().find(|(name, _)| *name == at.text).map(|(_, stance)| *stance);
            if stance.is_none() {
                let names: Vec<&str> = STANCES.iter().map(|(name, _)| *name).collect();
                self.fault(
                    at.span,
                    format!("{:?} is no stance", at.text),
                    format!("write one of {}", names.join(", ")),
                );
            }
            stance
        });
        Some(Pattern { program: program?, set, stance })
    }

    fn set(&mut self, kind: &Kind, table: &dyn TableLike) -> Vec<(usize, String)> {
        let mut set = Vec::new();
        let Some(values) = self.table(table, "set") else { return set };
        for (name, _) in values.iter() {
            let span = key_span(values, name);
            let Some(at) = self.text(values, name, TEXT_BYTES_MAX) else { continue };
            let field = kind.fields.iter().position(|field| field.name == name);
            match field.map(|field| (field, &kind.fields[field].slot_type)) {
                Some((field, SlotType::Choice(words))) if words.iter().any(|word| word == at.text) => {
                    set.push((field, at.text.to_owned()));
                }
                Some((_, SlotType::Choice(words))) => {
                    let advice = format!("write one of {}", words.join(", "));
                    self.fault(at.span, format!("`{name}` cannot be {:?}", at.text), advice);
                }
                Some((field, SlotType::List(_) | SlotType::Words)) => set.push((field, at.text.to_owned())),
                Some(_) => {
                    self.fault(
                        span,
                        format!("`{name}` is read from the text"),
                        "write a {slot} in the pattern instead",
                    );
                }
                None => self.fault(span, format!("there is no field `{name}`"), "write it under [fields]"),
            }
        }
        set
    }

    /// Compiles a pattern; its faults point into the text of the pattern.
    fn program(&mut self, kind: &mut Kind, at: &At, with_slots: bool) -> Option<Program> {
        let compiled = syntax::parse(at.text).and_then(|nodes| {
            resolve(kind, &nodes, with_slots)?;
            let fields = &kind.fields;
            let slot = |name: &str| {
                let own = fields.iter().position(|field| field.name == name);
                let common = || COMMON.iter().position(|(common, _)| *common == name);
                match own {
                    Some(field) => Some(Resolved { field, slot_type: fields[field].slot_type.clone() }),
                    None => common()
                        .map(|index| Resolved { field: common_field(index), slot_type: COMMON[index].1.clone() }),
                }
            };
            let list = |name: &str| kind.lists.iter().position(|list| list.name == name);
            Program::compile(&nodes, &kind.lists, &list, &slot).map_err(|problem| {
                Fault::new(
                    0..at.text.len(),
                    format!("the pattern cannot be used: {problem}"),
                    "write several patterns, each with a word or an @list outside of […]",
                )
            })
        });
        match compiled {
            Ok(program) => Some(program),
            Err(fault) => {
                let at = self.within(at, fault.at);
                self.faults.push(Fault { at, ..fault });
                None
            }
        }
    }

    /// Where a part of a quoted text stands in the file: exact as long as nothing in it is escaped.
    fn within(&self, at: &At, part: Range<usize>) -> Range<usize> {
        let quoted = self.source.get(at.span.clone()).unwrap_or_default();
        match quoted.find(at.text).filter(|_| !at.text.is_empty()) {
            Some(start) => at.span.start + start + part.start..at.span.start + start + part.end,
            None => at.span.clone(),
        }
    }

    fn examples(&mut self, kind: &mut Kind, file: &dyn TableLike) {
        for (table, span) in self.tables(file, "example", EXAMPLES_MAX) {
            self.only(table, "[[example]]", &["text", "gives", "published"]);
            let Some((text, published)) = self.example(table, span.clone()) else { continue };
            let mut gives = BTreeMap::new();
            let given = self.table(table, "gives");
            for (name, item) in given.into_iter().flat_map(TableLike::iter) {
                let is_known = kind.fields.iter().any(|field| field.name == name)
                    || ["place", "date", "source", "stance", "current"].contains(&name);
                if !is_known {
                    let span = given.map_or(span.clone(), |given| key_span(given, name));
                    self.fault(span, format!("there is no field `{name}`"), "write it under [fields]");
                }
                let value = match item.as_value() {
                    Some(Toml::String(text)) => text.value().clone(),
                    Some(value) => value.to_string().trim().to_owned(),
                    None => String::new(),
                };
                gives.insert(name.to_owned(), value);
            }
            kind.examples.push(Example { text, published, gives, at: span });
        }
        for (table, span) in self.tables(file, "counterexample", EXAMPLES_MAX) {
            self.only(table, "[[counterexample]]", &["text", "published"]);
            let Some((text, published)) = self.example(table, span.clone()) else { continue };
            kind.counterexamples.push(Counterexample { text, published, at: span });
        }
        let (examples, counterexamples) = (kind.examples.len(), kind.counterexamples.len());
        if self.faults.is_empty() && examples < EXAMPLES_MIN {
            let problem = format!("the kind has {examples} examples of what it finds");
            self.fault(0..0, problem, format!("write at least {EXAMPLES_MIN} [[example]] with text and gives"));
        }
        if self.faults.is_empty() && counterexamples < EXAMPLES_MIN {
            let problem = format!("the kind has {counterexamples} examples of what it must not find");
            self.fault(0..0, problem, format!("write at least {EXAMPLES_MIN} [[counterexample]] with text"));
        }
    }

    fn example(&mut self, table: &dyn TableLike, span: Range<usize>) -> Option<(String, Option<jiff::civil::Date>)> {
        let text = self.text(table, "text", EXAMPLE_BYTES_MAX);
        if text.is_none() && table.get("text").is_none() {
            self.fault(span, "the example has no text", "add a line text = \"…\"");
        }
        let published = self.text(table, "published", TEXT_BYTES_MAX).and_then(|at| {
            let day = at.text.parse().ok();
            if day.is_none() {
                self.fault(at.span, format!("{:?} is no day", at.text), "write \"2031-03-05\"");
            }
            day
        });
        Some((text?.text.to_owned(), published))
    }

    fn only(&mut self, table: &dyn TableLike, what: &str, known: &[&str]) {
        for (key, _) in table.iter() {
            if !known.contains(&key) {
                let advice = format!("known are {}", known.join(", "));
                self.fault(key_span(table, key), format!("`{key}` is not known in {what}"), advice);
            }
        }
    }

    fn text<'t>(&mut self, table: &'t dyn TableLike, key: &str, bytes_max: usize) -> Option<At<'t>> {
        let item = table.get(key)?;
        let span = item.span().unwrap_or_else(|| key_span(table, key));
        match item.as_str() {
            Some(text) if text.len() <= bytes_max && !text.trim().is_empty() => Some(At { text, span }),
            Some(_) => {
                self.fault(span, format!("`{key}` is empty or too long"), format!("write 1 to {bytes_max} bytes"));
                None
            }
            None => {
                self.fault(span, format!("`{key}` is no text"), "write a text in quotes");
                None
            }
        }
    }

    fn texts<'t>(&mut self, table: &'t dyn TableLike, key: &str, max: usize) -> Vec<At<'t>> {
        let Some(item) = table.get(key) else { return Vec::new() };
        let span = item.span().unwrap_or_else(|| key_span(table, key));
        let Some(array) = item.as_array().filter(|array| array.len() <= max) else {
            self.fault(span, format!("`{key}` is no list of texts"), format!("write [\"…\", \"…\"], at most {max}"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in array {
            let span = value.span().unwrap_or_else(|| span.clone());
            match value.as_str() {
                Some(text) => texts.push(At { text, span }),
                None => self.fault(span, format!("`{key}` holds something else than texts"), "write it in quotes"),
            }
        }
        texts
    }

    fn table<'t>(&mut self, table: &'t dyn TableLike, key: &str) -> Option<&'t dyn TableLike> {
        let item = table.get(key)?;
        let found = item.as_table_like();
        if found.is_none() {
            self.fault(
                key_span(table, key),
                format!("`{key}` is no table"),
                format!("write [{key}] and what it holds under it"),
            );
        }
        found
    }

    fn tables<'t>(
        &mut self,
        table: &'t dyn TableLike,
        key: &str,
        max: usize,
    ) -> Vec<(&'t dyn TableLike, Range<usize>)> {
        let Some(item) = table.get(key) else { return Vec::new() };
        let span = key_span(table, key);
        match item {
            Item::ArrayOfTables(tables) if tables.len() <= max => tables
                .iter()
                .map(|table| (table as &dyn TableLike, table.span().unwrap_or_else(|| span.clone())))
                .collect(),
            _ => {
                self.fault(
                    span,
                    format!("`{key}` is no list of tables"),
                    format!("write [[{key}]], at most {max} times"),
                );
                Vec::new()
            }
        }
    }
}

/// The field number of a common slot: behind all own ones.
pub fn common_field(index: usize) -> usize {
    FIELDS_MAX + index
}

/// Why a field cannot have the name.
fn wrong_field_name(name: &str) -> Option<String> {
    let is_taken = TAKEN.contains(&name) || COMMON.iter().any(|(common, _)| *common == name);
    match () {
        () if is_taken => Some(format!("every claim has a `{name}` of its own")),
        () if !is_name(name) => Some(format!("{name:?} is no name for a field")),
        () => None,
    }
}

/// Checks the names in a pattern, and takes on fields that only a slot declares.
fn resolve(kind: &mut Kind, nodes: &[Node], with_slots: bool) -> Result<(), Fault> {
    for node in nodes {
        match node {
            Node::List(name, at) if !kind.lists.iter().any(|list| list.name == *name) => {
                let names: Vec<&str> = kind.lists.iter().map(|list| list.name.as_str()).collect();
                let advice = format!("write it under [lists]; there are {}", names.join(", "));
                return Err(Fault::new(at.clone(), format!("there is no list {name:?}"), advice));
            }
            Node::Slot { at, .. } if !with_slots => {
                return Err(Fault::new(at.clone(), "`unless` takes no slots", "write what the words are"));
            }
            Node::Slot { name, type_name, suffix, at } => {
                let slot_type = slot_of(kind, name, type_name.as_deref(), at)?;
                if suffix.is_some() && !matches!(slot_type, SlotType::Count | SlotType::Number) {
                    let advice = "write it apart from the slot; only counts and numbers join with a hyphen";
                    return Err(Fault::new(at.clone(), "this slot cannot be part of a word", advice));
                }
            }
            Node::Group { alternatives, .. } => {
                for nodes in alternatives {
                    resolve(kind, nodes, with_slots)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn slot_of(kind: &mut Kind, name: &str, type_name: Option<&str>, at: &Range<usize>) -> Result<SlotType, Fault> {
    let common = COMMON.iter().find(|(common, _)| *common == name).map(|(_, slot_type)| slot_type.clone());
    let own = kind.fields.iter().find(|field| field.name == name).map(|field| field.slot_type.clone());
    let given = match type_name {
        None => None,
        Some(type_name) => {
            let list = || kind.lists.iter().position(|list| Some(list.name.as_str()) == type_name.strip_prefix('@'));
            let Some(given) = SlotType::named(type_name).or_else(|| list().map(SlotType::List)) else {
                let names: Vec<&str> = SlotType::NAMED.iter().map(|(name, _)| *name).collect();
                let advice = format!("write one of {}, or @list", names.join(", "));
                return Err(Fault::new(at.clone(), format!("{type_name:?} is no type"), advice));
            };
            Some(given)
        }
    };
    match (common.or(own), given) {
        (Some(known), Some(given)) if known != given => {
            let advice = format!("its type is {}; leave out the other", kind.type_name(&known));
            Err(Fault::new(at.clone(), format!("`{name}` has two types"), advice))
        }
        (Some(SlotType::Choice(_)), _) => {
            Err(Fault::new(at.clone(), format!("`{name}` is one of a few words"), "write it under set = { … }"))
        }
        (Some(known), _) => Ok(known),
        (None, given) => {
            // `{money}` is short for `{money:money}`.
            let Some(slot_type) = given.or_else(|| SlotType::named(name)) else {
                return Err(Fault::new(
                    at.clone(),
                    format!("there is no field `{name}`"),
                    "write it under [fields], or {name:type}",
                ));
            };
            if let Some(problem) = wrong_field_name(name) {
                return Err(Fault::new(at.clone(), problem, "take another name"));
            }
            if kind.fields.len() == FIELDS_MAX {
                return Err(Fault::new(
                    at.clone(),
                    format!("there are more than {FIELDS_MAX} fields"),
                    "make two kinds of it",
                ));
            }
            kind.fields.push(Field { name: name.to_owned(), slot_type: slot_type.clone() });
            Ok(slot_type)
        }
    }
}

fn key_span(table: &dyn TableLike, key: &str) -> Range<usize> {
    table.key(key).and_then(toml_edit::Key::span).unwrap_or(0..0)
}
