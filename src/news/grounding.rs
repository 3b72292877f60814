//! Where every printed statement gets its evidence: [`Grounded`] values and the numbered [`Note`]s they point to.
//!
//! The rule of the house is that no figure is printed without a live source span. It is kept by types: the digest and
//! its templates take [`Grounded`] values only, a `Grounded` is made by [`Notes::ground`] only, and `ground` makes none
//! when a span does not lie in the article's text. A stored digest is read back by serde, so before it is sent
//! [`Notes::broken`] compares each quote with the stored article once more.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::address;
use super::article::{Article, Published};
use super::extract::Claim;
use super::text::Span;

/// The longest evidence that is quoted, in characters. Longer spans are not evidence but a whole article.
const QUOTE_CHARS_MAX: usize = 1_200;

/// Which note a statement rests on: an index into [`Notes`], printed from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoteId(usize);

impl NoteId {
    /// The number a reader sees: the first note is 1.
    pub fn number(self) -> usize {
        self.0 + 1
    }
}

/// One quoted sentence: which article says it, and where in that article's text it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub article: String,
    pub span: Span,
    /// Exactly the bytes of `span`.
    pub quote: String,
    pub outlet: String,
    pub title: String,
    pub url: Option<String>,
    pub published: Option<Published>,
}

impl Note {
    /// The article's address with a text fragment that makes a browser scroll to the quote.
    ///
    /// Syntax: WICG "URL Fragment Text Directives". A long quote is given by its first and last words.
    pub fn link(&self) -> Option<String> {
        let url = &address::web(self.url.as_deref()?)?;
        let page = url.split_once('#').map_or(url.as_str(), |(page, _)| page);
        let words: Vec<&str> = self.quote.split_whitespace().collect();
        let fragment = match words.as_slice() {
            [] => return Some(page.to_owned()),
            all if all.len() <= 2 * FRAGMENT_WORDS => encode_fragment(all),
            all => {
                let (first, last) = (&all[..FRAGMENT_WORDS], &all[all.len() - FRAGMENT_WORDS..]);
                format!("{},{}", encode_fragment(first), encode_fragment(last))
            }
        };
        Some(format!("{page}#:~:text={fragment}"))
    }
}

/// Words at each end of a quote that stand in a text fragment.
const FRAGMENT_WORDS: usize = 5;

fn encode_fragment(words: &[&str]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in words.join(" ").bytes() {
        match byte {
            // `-`, `,` and `&` have a meaning inside a text directive and must be escaped there.
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap_or_default(),
        }
    }
    out
}

/// A value together with the note it rests on. Only [`Notes::ground`] makes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grounded<T> {
    value: T,
    note: NoteId,
}

impl<T> Grounded<T> {
    pub fn value(&self) -> &T {
        &self.value
    }

    pub fn note(&self) -> NoteId {
        self.note
    }
}

/// The evidence of one digest, in order of first use.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "Vec<Note>")]
pub struct Notes {
    notes: Vec<Note>,
    /// An edition over a hundred thousand claims has thousands of notes: those of an article are found by it.
    by_article: HashMap<String, Vec<usize>>,
}

impl From<Vec<Note>> for Notes {
    fn from(notes: Vec<Note>) -> Self {
        let mut all = Self::default();
        for note in notes {
            all.push(note);
        }
        all
    }
}

impl Serialize for Notes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.notes.serialize(serializer)
    }
}

impl Notes {
    /// Ties `value` to the sentence that carries `claim`, or returns `None` when the claim has no live span in `article`.
    pub fn ground<T>(&mut self, value: T, article: &Article, claim: &Claim) -> Option<Grounded<T>> {
        let span = *claim.evidence.first()?;
        self.ground_span(value, article, span)
    }

    /// Ties `value` to one span of `article`, or returns `None` when the span is not live.
    pub fn ground_span<T>(&mut self, value: T, article: &Article, span: Span) -> Option<Grounded<T>> {
        let quote = span.slice(&article.text)?;
        if quote.trim().is_empty() || quote.chars().count() > QUOTE_CHARS_MAX {
            return None;
        }
        // A part ("including 23 children") is quoted by the sentence that was noted for its total.
        // Of another text of the article, which an earlier edition told, it may not be.
        let holds = |note: &Note| {
            let within = |at: usize| at.checked_sub(note.span.start);
            within(span.start).zip(within(span.end)).and_then(|(start, end)| note.quote.get(start..end)) == Some(quote)
        };
        let index = self.find(&article.id, holds).unwrap_or_else(|| {
            self.push(Note {
                article: article.id.clone(),
                span,
                quote: quote.to_owned(),
                outlet: article.outlet.clone(),
                title: article.title.clone(),
                url: article.url.clone(),
                published: article.published,
            })
        });
        Some(Grounded { value, note: NoteId(index) })
    }

    /// Takes over what another digest's notes ground, with its note: `None` if that has no such note.
    pub fn adopt<T: Clone>(&mut self, grounded: &Grounded<T>, from: &Self) -> Option<Grounded<T>> {
        let note = from.get(grounded.note)?;
        let index = self.find(&note.article, |known| known == note).unwrap_or_else(|| self.push(note.clone()));
        Some(Grounded { value: grounded.value.clone(), note: NoteId(index) })
    }

    /// The first of an article's notes of which that is true.
    fn find(&self, article: &str, is_it: impl Fn(&Note) -> bool) -> Option<usize> {
        self.by_article.get(article)?.iter().copied().find(|index| is_it(&self.notes[*index]))
    }

    fn push(&mut self, note: Note) -> usize {
        let index = self.notes.len();
        match self.by_article.get_mut(&note.article) {
            Some(known) => known.push(index),
            None => {
                self.by_article.insert(note.article.clone(), vec![index]);
            }
        }
        self.notes.push(note);
        index
    }

    pub fn get(&self, id: NoteId) -> Option<&Note> {
        self.notes.get(id.0)
    }

    /// Notes with their numbers, in order of first use.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &Note)> {
        self.notes.iter().enumerate().map(|(index, note)| (index + 1, note))
    }

    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// The numbers of the notes whose quote stands at its span in none of the texts that its article has had.
    pub fn broken<'a>(&self, texts_of: impl Fn(&str) -> &'a [String]) -> Vec<usize> {
        let live = |note: &Note| {
            texts_of(&note.article).iter().any(|text| note.span.slice(text).is_some_and(|quote| quote == note.quote))
        };
        self.numbered().filter(|(_, note)| !live(note)).map(|(number, _)| number).collect()
    }
}
