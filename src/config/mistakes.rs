//! What is wrong with a configuration, shown where it stands.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    Unreadable { path: PathBuf, source: std::io::Error },
    Mistakes(Mistakes),
}

/// Every mistake in one file, in the order of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Mistakes {
    pub path: PathBuf,
    pub list: Vec<Mistake>,
    /// The file's text with every secret in it masked, byte for byte.
    text: String,
}

/// One thing to put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The bytes of the file that are wrong.
    #[serde(skip)]
    pub span: Range<usize>,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub advice: String,
}

impl Mistakes {
    /// `found` in any order; `secrets` are masked in the text before it is kept.
    pub(super) fn new(path: PathBuf, text: &str, found: Vec<Found>, secrets: &[Range<usize>]) -> Self {
        let mut list: Vec<Mistake> = found.into_iter().map(|found| found.place(text)).collect();
        list.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        Self { path, list, text: masked(text, secrets) }
    }

    fn render(&self, color: bool) -> String {
        let path = self.path.display().to_string();
        let renderer = if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
        let mut out = String::new();
        for mistake in &self.list {
            let report = [Level::ERROR.primary_title(&mistake.problem).element(
                Snippet::source(&self.text)
                    .path(&path)
                    .annotation(AnnotationKind::Primary.span(mistake.span.clone()).label(&mistake.advice)),
            )];
            out.push_str(&renderer.render(&report));
            out.push_str("\n\n");
        }
        out.push_str(&self.to_string());
        out
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.list.len();
        let (noun, pronoun) = if count == 1 { ("mistake", "it") } else { ("mistakes", "them") };
        write!(f, "read {}: {count} {noun} in it; put {pronoun} right and try again", self.path.display())
    }
}

/// Without the file's text.
impl fmt::Debug for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mistakes").field("path", &self.path).field("list", &self.list).finish_non_exhaustive()
    }
}

impl ConfigError {
    /// For people: every mistake with the line it stands in, as rustc shows them; ANSI colours only if asked for.
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Mistakes(mistakes) => mistakes.render(color),
            Self::Unreadable { .. } => self.to_string(),
        }
    }

    /// For machines: the file, and the mistakes with their places.
    pub fn to_json(&self) -> serde_json::Value {
        let path = match self {
            Self::Unreadable { path, .. } => path,
            Self::Mistakes(mistakes) => &mistakes.path,
        };
        serde_json::json!({ "path": path, "error": self.to_string(), "mistakes": self.mistakes() })
    }

    /// The mistakes, if those are the reason.
    pub fn mistakes(&self) -> &[Mistake] {
        match self {
            Self::Mistakes(mistakes) => &mistakes.list,
            Self::Unreadable { .. } => &[],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mistakes(mistakes) => mistakes.fmt(f),
            Self::Unreadable { path, source } => {
                let advice = match source.kind() {
                    std::io::ErrorKind::NotFound => "write one with `daybrief init`, or name another with --config",
                    std::io::ErrorKind::InvalidData => "save it as UTF-8",
                    _ => "check that it is a file you may read",
                };
                write!(f, "read the configuration {}: {source}; {advice}", path.display())
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::Mistakes(_) => None,
        }
    }
}

/// A mistake before its line and column are counted.
pub(super) struct Found {
    pub span: Range<usize>,
    pub problem: String,
    pub advice: String,
}

impl Found {
    fn place(self, text: &str) -> Mistake {
        let start = text.floor_char_boundary(self.span.start);
        // At least one character, so that there is something to point at, and never over a line's end.
        let rest = &text[start..];
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let line_end = rest.find('\n').map_or(text.len(), |at| start + at);
        let end = text.ceil_char_boundary(self.span.end.max(start + first)).min(line_end).max(start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Mistake {
            span: start..end,
            line: before.matches('\n').count() + 1,
            // A byte order mark is no character that an editor shows.
            column: before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1,
            problem: self.problem,
            advice: self.advice,
        }
    }
}

/// The text with stars in place of the secrets; every byte outside them stays where it was.
fn masked(text: &str, secrets: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    let mut secrets = secrets.to_vec();
    secrets.sort_by_key(|span| span.start);
    for span in secrets {
        let (start, end) = (text.floor_char_boundary(span.start).max(at), text.ceil_char_boundary(span.end));
        if start < end {
            masked.push_str(&text[at..start]);
            masked.extend(text[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }));
            at = end;
        }
    }
    masked.push_str(&text[at..]);
    masked
}
