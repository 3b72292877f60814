//! Typed reading of a TOML table: a wrong value becomes a mistake and its default, and reading goes on.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use toml_edit::{Item, TableLike, Value};

use super::Secret;
use super::mistakes::Found;
use super::suggest;

/// What reading one file gathers, and what it may look things up in.
pub(super) struct Reader<'r> {
    pub text: &'r str,
    /// Relative paths start here.
    pub folder: &'r Path,
    pub environment: &'r dyn Fn(&str) -> Option<String>,
    pub found: Vec<Found>,
    /// Where the text holds secrets.
    pub secrets: Vec<Range<usize>>,
    /// Whether a secret must be where the file says it is: not for a server that is not used.
    pub secrets_needed: bool,
}

/// One table of the file. Keys that were never asked for are mistakes in the end.
pub(super) struct Table<'t> {
    table: &'t dyn TableLike,
    /// As the file writes it, "mail.smtp"; empty for the file itself.
    name: String,
    /// Where the table stands, for what is missing in it.
    pub span: Range<usize>,
    asked: BTreeSet<&'static str>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub value: T,
    pub span: Range<usize>,
}

impl Reader<'_> {
    pub fn mistake(&mut self, span: Range<usize>, problem: impl Into<String>, advice: impl Into<String>) {
        self.found.push(Found { span, problem: problem.into(), advice: advice.into() });
    }

    /// Where the bytes of a basic string's own text stand, given the span of the quoted value: exact as long as nothing
    /// in it is escaped, and the whole value otherwise.
    pub fn within(&self, value: &At<&str>, part: Range<usize>) -> Range<usize> {
        let quoted = self.text.get(value.span.clone()).unwrap_or_default();
        match quoted.find(value.value).filter(|_| !value.value.is_empty()) {
            Some(start) => value.span.start + start + part.start..value.span.start + start + part.end,
            None => value.span.clone(),
        }
    }
}

impl<'t> Table<'t> {
    pub fn new(table: &'t dyn TableLike, name: impl Into<String>, span: Range<usize>) -> Self {
        Self { table, name: name.into(), span, asked: BTreeSet::new() }
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where the key itself stands.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.table.key(key).and_then(toml_edit::Key::span).unwrap_or_else(|| self.span.clone())
    }

    fn item(&mut self, key: &'static str) -> Option<(&'t Item, Range<usize>)> {
        self.asked.insert(key);
        let item = self.table.get(key)?;
        Some((item, item.span().unwrap_or_else(|| self.key_span(key))))
    }

    fn wrong_type(&self, reader: &mut Reader<'_>, key: &str, item: &Item, span: Range<usize>, wanted: &str) {
        reader.mistake(span, format!("`{key}` is {}", described(item)), format!("write {wanted}"));
    }

    pub fn text(&mut self, reader: &mut Reader<'_>, key: &'static str, example: &str) -> Option<At<&'t str>> {
        let (item, span) = self.item(key)?;
        match item.as_str() {
            Some(text) if text.trim().is_empty() => {
                reader.mistake(span, format!("`{key}` is empty"), format!("write a text, such as {example:?}"));
                None
            }
            Some(value) => Some(At { value, span }),
            None => {
                self.wrong_type(reader, key, item, span, &format!("a text in quotes, such as {example:?}"));
                None
            }
        }
    }

    /// A text that `parse` gives a meaning; its error says what is wrong, and `advice` what to write.
    pub fn parsed<T, E: Display>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let At { value, span } = self.text(reader, key, example)?;
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                reader.mistake(span, format!("`{key}`: {error}"), format!("write something like {example:?}"));
                None
            }
        }
    }

    pub fn path(&mut self, reader: &mut Reader<'_>, key: &'static str, example: &str) -> Option<PathBuf> {
        Some(reader.folder.join(self.text(reader, key, example)?.value))
    }

    pub fn flag(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<bool> {
        let (item, span) = self.item(key)?;
        item.as_bool().or_else(|| {
            self.wrong_type(reader, key, item, span, "true or false, without quotes");
            None
        })
    }

    pub fn number(&mut self, reader: &mut Reader<'_>, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let (item, span) = self.item(key)?;
        let (min, max) = (range.start(), range.end());
        let Some(number) = item.as_integer() else {
            self.wrong_type(reader, key, item, span, &format!("a whole number from {min} to {max}, without quotes"));
            return None;
        };
        let fitting = u32::try_from(number).ok().filter(|number| range.contains(number));
        if fitting.is_none() {
            reader.mistake(
                span,
                format!("`{key}` is {number}, which is out of range"),
                format!("write a number from {min} to {max}"),
            );
        }
        fitting
    }

    /// A length of time; days are 24 hours.
    pub fn duration(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let (min, max) = (readable(*range.start()), readable(*range.end()));
        let (item, span) = self.item(key)?;
        let Some(text) = item.as_str() else {
            self.wrong_type(
                reader,
                key,
                item,
                span,
                "a length of time in quotes, such as \"30s\", \"24h\" or \"2 days\"",
            );
            return None;
        };
        let parsed = text
            .trim()
            .parse::<Span>()
            .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
            .ok()
            .and_then(|length| Duration::try_from(length).ok());
        match parsed {
            None => {
                reader.mistake(
                    span,
                    format!("`{key}` is {text:?}, which is no length of time"),
                    "write a number and a unit: \"30s\", \"15m\", \"24h\", \"2 days\"",
                );
                None
            }
            Some(length) if !range.contains(&length) => {
                reader.mistake(
                    span,
                    format!("`{key}` is {}, which is out of range", readable(length)),
                    format!("write a length of time from {min} to {max}"),
                );
                None
            }
            Some(length) => Some(length),
        }
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, reader: &mut Reader<'_>, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let words = listed(choices.iter().map(|(word, _)| *word));
        let (item, span) = self.item(key)?;
        let Some(text) = item.as_str() else {
            self.wrong_type(reader, key, item, span, &words);
            return None;
        };
        chosen(reader, key, &At { value: text, span }, choices, &words)
    }

    /// A list of a few words, each at most once.
    pub fn choices<T: Copy + PartialEq>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<Vec<T>> {
        let words = listed(choices.iter().map(|(word, _)| *word));
        let mut list = Vec::new();
        for text in self.texts(reader, key, &format!("\"{}\"", choices.first()?.0))? {
            let Some(value) = chosen(reader, key, &text, choices, &words) else { continue };
            if list.contains(&value) {
                reader.mistake(text.span, format!("{:?} stands twice in `{key}`", text.value), "remove one of them");
            } else {
                list.push(value);
            }
        }
        Some(list)
    }

    /// A list of texts.
    pub fn texts(&mut self, reader: &mut Reader<'_>, key: &'static str, example: &str) -> Option<Vec<At<&'t str>>> {
        let (item, span) = self.item(key)?;
        let Some(array) = item.as_array() else {
            self.wrong_type(reader, key, item, span, &format!("a list in square brackets, such as [{example}]"));
            return None;
        };
        let mut texts = Vec::new();
        for value in array {
            let place = value.span().unwrap_or_else(|| span.clone());
            match value.as_str() {
                Some(text) => texts.push(At { value: text, span: place }),
                None => reader.mistake(
                    place,
                    format!("`{key}` holds {}", described_value(value)),
                    format!("write a text in quotes, such as {example}"),
                ),
            }
        }
        Some(texts)
    }

    /// A table in this one: `[mail.smtp]`.
    pub fn table(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Table<'t>> {
        let (item, span) = self.item(key)?;
        let name = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        match item.as_table_like() {
            Some(table) => Some(Table::new(table, name, span)),
            None => {
                self.wrong_type(reader, key, item, span, &format!("a section of its own, [{name}]"));
                None
            }
        }
    }

    /// The tables of that name: `[[source]]`. `None` when the file has none of them.
    pub fn tables(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Vec<Table<'t>>> {
        let (item, span) = self.item(key)?;
        let tables: Option<Vec<_>> = match item {
            Item::ArrayOfTables(tables) => Some(tables.iter().map(|table| table as &dyn TableLike).collect()),
            Item::Value(Value::Array(list)) => {
                list.iter().map(|value| value.as_inline_table().map(|table| table as &dyn TableLike)).collect()
            }
            _ => None,
        };
        let Some(tables) = tables else {
            self.wrong_type(reader, key, item, span, &format!("[[{key}]], in double brackets: there can be several"));
            return None;
        };
        let place = |table: &dyn TableLike| {
            let first_key = table.iter().next().and_then(|(key, _)| table.key(key)).and_then(toml_edit::Key::span);
            first_key.unwrap_or_else(|| span.clone())
        };
        Some(
            tables
                .into_iter()
                .enumerate()
                .map(|(nth, table)| {
                    let header = match item {
                        Item::ArrayOfTables(list) => list.get(nth).and_then(toml_edit::Table::span),
                        _ => None,
                    };
                    Table::new(table, key, header.unwrap_or_else(|| place(table)))
                })
                .collect(),
        )
    }

    /// A secret, written as `key`, or named by `key_env` or `key_file` (the three names are given).
    pub fn secret(&mut self, reader: &mut Reader<'_>, keys: [&'static str; 3]) -> Option<At<Secret>> {
        let [plain, by_environment, by_file] = keys;
        for key in keys.into_iter().filter(|key| self.has(key)).skip(1) {
            let others = listed(keys.into_iter().filter(|other| *other != key && self.has(other)));
            reader.mistake(
                self.key_span(key),
                format!("`{key}` is given beside {others}"),
                "keep one of them and remove the others",
            );
        }
        if let Some(Item::Value(value)) = self.table.get(plain) {
            reader.secrets.extend(value.span());
        }
        let literal = self.text(reader, plain, "…");
        let variable = self.text(reader, by_environment, "DAYBRIEF_SECRET");
        let file = self.text(reader, by_file, "/run/secrets/daybrief");
        if let Some(At { value, span }) = literal {
            return Some(At { value: Secret::new(value), span });
        }
        if let Some(At { value: name, span }) = variable {
            return named_by_environment(reader, name, span);
        }
        let At { value: path, span } = file?;
        named_by_file(reader, path, span)
    }

    /// The pairs of a table of free names, `headers = { X-Key = "…" }`. Values may be `{ env = "…" }` or
    /// `{ file = "…" }`, and are secrets.
    pub fn secret_pairs(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Vec<(At<&'t str>, Secret)> {
        let mut pairs = Vec::new();
        let Some(table) = self.table(reader, key) else { return pairs };
        for (name, item) in table.table.iter() {
            let span = item.span().unwrap_or_else(|| table.key_span(name));
            let name = At { value: name, span: table.key_span(name) };
            let secret = if let Some(text) = item.as_str() {
                reader.secrets.push(span);
                Some(Secret::new(text))
            } else if let Some(named) = item.as_table_like() {
                let mut named = Table::new(named, format!("{}.{}", table.name, name.value), span.clone());
                let variable = named.text(reader, "env", "FEED_KEY");
                let file = named.text(reader, "file", "/run/secrets/feed");
                named.finish(reader);
                let secret = match (variable, file) {
                    (Some(At { value, span }), _) => named_by_environment(reader, value, span),
                    (None, Some(At { value, span })) => named_by_file(reader, value, span),
                    (None, None) => None,
                };
                secret.map(|secret| secret.value)
            } else {
                reader.secrets.push(span.clone());
                let wanted = "a text in quotes, { env = \"NAME\" } or { file = \"path\" }";
                table.wrong_type(reader, name.value, item, span, wanted);
                None
            };
            pairs.extend(secret.map(|secret| (name, secret)));
        }
        pairs
    }

    /// Says that a key must be there.
    pub fn missing(&self, reader: &mut Reader<'_>, key: &str, example: &str) {
        let place = if self.name.is_empty() { "the file".to_owned() } else { format!("[{}]", self.name) };
        reader.mistake(self.span.clone(), format!("{place} has no `{key}`"), format!("add a line {example}"));
    }

    /// Every key that was never asked for is a mistake.
    pub fn finish(self, reader: &mut Reader<'_>) {
        for (key, _) in self.table.iter() {
            if self.asked.contains(key) {
                continue;
            }
            let place = if self.name.is_empty() { "here".to_owned() } else { format!("in [{}]", self.name) };
            let advice = match suggest::nearest(key, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => {
                    format!("remove it; known {place}: {}", self.asked.iter().copied().collect::<Vec<_>>().join(", "))
                }
            };
            reader.mistake(self.key_span(key), format!("`{key}` is not known {place}"), advice);
        }
    }
}

fn chosen<T: Copy>(
    reader: &mut Reader<'_>,
    key: &str,
    text: &At<&str>,
    choices: &[(&str, T)],
    words: &str,
) -> Option<T> {
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text.value) {
        return Some(*value);
    }
    let advice = match suggest::nearest(text.value, choices.iter().map(|(word, _)| *word)) {
        Some(word) => format!("did you mean {word:?}? Known: {words}"),
        None => format!("write {words}"),
    };
    reader.mistake(text.span.clone(), format!("`{key}` cannot be {:?}", text.value), advice);
    None
}

fn named_by_environment(reader: &mut Reader<'_>, name: &str, span: Range<usize>) -> Option<At<Secret>> {
    match (reader.environment)(name).filter(|value| !value.is_empty()) {
        Some(value) => Some(At { value: Secret::new(value), span }),
        None if !reader.secrets_needed => None,
        None => {
            reader.mistake(
                span,
                format!("the environment variable {name} is not set"),
                "set it for this program, or name another",
            );
            None
        }
    }
}

fn named_by_file(reader: &mut Reader<'_>, path: &str, span: Range<usize>) -> Option<At<Secret>> {
    let path = reader.folder.join(path);
    match std::fs::read_to_string(&path) {
        // One line end at its end is the editor's, not the secret's.
        Ok(value) => {
            Some(At { value: Secret::new(value.strip_suffix('\n').unwrap_or(&value).trim_end_matches('\r')), span })
        }
        Err(_) if !reader.secrets_needed => None,
        Err(error) => {
            reader.mistake(
                span,
                format!("the file {} cannot be read: {error}", path.display()),
                "name a file with the secret as its only line, readable by this program",
            );
            None
        }
    }
}

fn described(item: &Item) -> &'static str {
    match item {
        Item::Value(value) => described_value(value),
        Item::Table(_) => "a section",
        Item::ArrayOfTables(_) => "a list of sections",
        Item::None => "nothing",
    }
}

fn described_value(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a decimal number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table in braces",
    }
}

/// `"a", "b" or "c"`.
fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn readable(length: Duration) -> String {
    SignedDuration::try_from(length).map_or_else(|_| format!("{length:?}"), |length| format!("{length:#}"))
}
