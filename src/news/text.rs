//! Text with its positions: spans, tokens, sentences.

use serde::{Deserialize, Serialize};

/// A half-open range of bytes in an article's text, always on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// The text the span covers, or `None` if it does not lie in `text`.
    pub fn slice<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.start..self.end)
    }

    /// The smallest span that holds both.
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Letters, with inner apostrophes, hyphens and abbreviation dots: `Zaporizhzhia`, `U.S.`, `three-way`, `Moscow’s`.
    Word,
    /// Starts with a digit: `139`, `1,200`, `3.5`, `24th`, `30-day`.
    Number,
    /// One mark of punctuation or a symbol.
    Mark,
}

/// One token and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Token<'t> {
    pub text: &'t str,
    pub span: Span,
    pub kind: TokenKind,
}

/// One sentence: its bytes, its paragraph, and its tokens as a range into [`Text::tokens`].
#[derive(Clone, Debug)]
pub struct Sentence {
    pub span: Span,
    pub paragraph: usize,
    pub tokens: std::ops::Range<usize>,
}

/// An article's text cut into sentences and tokens, once.
#[derive(Debug)]
pub struct Text<'t> {
    pub text: &'t str,
    pub sentences: Vec<Sentence>,
    pub tokens: Vec<Token<'t>>,
}
