//! Text with its positions: spans, tokens, sentences.
//!
//! A text is cut once. Line breaks become paragraph breaks unless the text is hard-wrapped, as old wire copy is;
//! `sentencex` finds the sentences in each paragraph; tokens are found in each sentence. All work is bounded by the length of
//! the text: a paragraph or sentence without an end is cut at a limit, so that ten megabytes of nonsense cost ten times
//! what one costs.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::lexicon::Key;

/// A longer paragraph is cut at white space, since finding its sentences takes more than linear time.
const PARAGRAPH_BYTES_MAX: usize = 8 * 1024;
/// A longer sentence is cut. The longest of our labelled articles has 140 tokens.
const SENTENCE_TOKENS_MAX: usize = 400;
/// Wire copy of the 1980s is wrapped at 80 columns and news text today is not wrapped at all.
const WRAPPED_LINE_BYTES_MAX: usize = 100;
/// A wrapped line is broken because it is full: a shorter one ends its paragraph.
const WRAPPED_LINE_BYTES_MIN: usize = 50;
/// A line longer than this is no heading.
const HEADING_BYTES_MAX: usize = 120;

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
    /// Starts with a digit: `139`, `1,200`, `3.5`, `24th`, `30-day`, `35-40`, `11:30pm`.
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
    /// What vocabularies look `text` up by.
    pub(super) key: Key,
}

impl<'t> Token<'t> {
    fn new(text: &'t str, span: Span, kind: TokenKind) -> Self {
        Self { text, span, kind, key: Key::of(text) }
    }

    /// The token as if it read `text`, which is a part of its own.
    pub fn cut_to(&self, text: &'t str) -> Self {
        if text.len() == self.text.len() { *self } else { Self::new(text, self.span, self.kind) }
    }

    /// The token without its possessive ending.
    pub fn bare(&self) -> Self {
        self.cut_to(self.base())
    }

    /// The word without its possessive ending: `Moscow’s` → `Moscow`, `officials’` is already two tokens.
    pub fn base(&self) -> &'t str {
        let text = self.text;
        if !text.ends_with(['s', 'S']) {
            return text;
        }
        ["'s", "’s", "'S", "’S"].iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text)
    }

    /// True for a word with the possessive ending `'s`.
    pub fn is_possessive(&self) -> bool {
        self.base().len() < self.text.len()
    }

    /// True if the word is `word`, whatever its case; `word` is given in lower-case ASCII.
    pub fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// True for a word that starts with a capital. In text of capitals only that says nothing: see [`Text::is_capitals`].
    pub fn is_capitalised(&self) -> bool {
        self.kind == TokenKind::Word && self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// One sentence: its bytes, its paragraph, and its tokens as a range into [`Text::tokens`].
#[derive(Clone, Debug)]
pub struct Sentence {
    /// Without the white space around it.
    pub span: Span,
    /// Index of the paragraph, from 0.
    pub paragraph: usize,
    pub tokens: Range<usize>,
    /// The sentence is a short line of its own without an end mark: a heading between paragraphs.
    pub is_heading: bool,
}

/// An article's text cut into sentences and tokens, once.
#[derive(Debug)]
pub struct Text<'t> {
    pub text: &'t str,
    pub sentences: Vec<Sentence>,
    pub tokens: Vec<Token<'t>>,
    /// The text has next to no lower-case letters, as the wire copy of the 1980s, so that capitals do not tell names.
    pub is_capitals: bool,
}

impl<'t> Text<'t> {
    /// Cuts any text. Every token lies in exactly one sentence, and sentences never overlap.
    pub fn read(text: &'t str) -> Self {
        let mut read = Self {
            text,
            sentences: Vec::new(),
            tokens: Vec::with_capacity(text.len() / 5),
            is_capitals: is_capitals(text),
        };
        for (index, paragraph) in paragraphs(text).into_iter().enumerate() {
            read.read_paragraph(index, paragraph);
        }
        read
    }

    /// The tokens of one sentence.
    pub fn tokens_of(&self, sentence: &Sentence) -> &[Token<'t>] {
        &self.tokens[sentence.tokens.clone()]
    }

    /// The text that a range of tokens covers, or the empty text for an empty range.
    pub fn slice(&self, tokens: Range<usize>) -> &'t str {
        self.span_of(tokens).and_then(|span| span.slice(self.text)).unwrap_or_default()
    }

    /// The bytes that a range of tokens covers.
    pub fn span_of(&self, tokens: Range<usize>) -> Option<Span> {
        let tokens = self.tokens.get(tokens)?;
        Some(tokens.first()?.span.join(tokens.last()?.span))
    }

    fn read_paragraph(&mut self, paragraph: usize, span: Span) {
        let Some(slice) = span.slice(self.text) else { return };
        for piece in pieces(slice, PARAGRAPH_BYTES_MAX) {
            for boundary in sentencex::get_sentence_boundaries("en", &slice[piece.clone()]) {
                let start = span.start + piece.start + boundary.start_byte;
                let end = span.start + piece.start + boundary.end_byte;
                self.read_sentence(paragraph, span, start..end);
            }
        }
    }

    fn read_sentence(&mut self, paragraph: usize, paragraph_span: Span, bytes: Range<usize>) {
        let first = self.tokens.len();
        Tokens { text: self.text, at: bytes.start, end: bytes.end }.for_each(|token| self.tokens.push(token));
        let last = self.tokens.len();
        let mut start = first;
        for end in first + 1..=last {
            let is_cut = end == last || end - start == SENTENCE_TOKENS_MAX || self.is_glued(end);
            if is_cut {
                self.push_sentence(paragraph, paragraph_span, start..end);
                start = end;
            }
        }
    }

    /// Whether a sentence starts at token `at` though no space stands before it, as in translated copy: `began.The`.
    fn is_glued(&self, at: usize) -> bool {
        let (Some(next), Some(stop), Some(word)) =
            (self.tokens.get(at), self.tokens.get(at - 1), at.checked_sub(2).and_then(|at| self.tokens.get(at)))
        else {
            return false;
        };
        let touches = word.span.end == stop.span.start && stop.span.end == next.span.start;
        touches
            && stop.text == "."
            && next.is_capitalised()
            && word.text.chars().next_back().is_some_and(char::is_lowercase)
    }

    fn push_sentence(&mut self, paragraph: usize, paragraph_span: Span, tokens: Range<usize>) {
        if let Some(span) = self.span_of(tokens.clone()) {
            let whole_line = span.start == paragraph_span.start && span.end == paragraph_span.end;
            let is_heading = whole_line
                && span.end - span.start <= HEADING_BYTES_MAX
                && self.tokens[tokens.end - 1].kind != TokenKind::Mark;
            self.sentences.push(Sentence { span, paragraph, tokens, is_heading });
        }
    }
}

/// One lower-case letter in twenty is allowed: old wire copy has some where it was typed by hand.
fn is_capitals(text: &str) -> bool {
    let sample = text.bytes().take(4096);
    let (lower, upper) = sample.fold((0usize, 0usize), |(lower, upper), byte| {
        (lower + usize::from(byte.is_ascii_lowercase()), upper + usize::from(byte.is_ascii_uppercase()))
    });
    upper > 20 * lower
}

/// Paragraphs without the white space around them, none empty.
fn paragraphs(text: &str) -> Vec<Span> {
    let wrapped = is_wrapped(text);
    let mut spans: Vec<Span> = Vec::new();
    // Whether the line before flows into this one.
    let mut flows = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if content.is_empty() {
            flows = false;
            continue;
        }
        let end = start + content.len();
        let is_indented = line.starts_with([' ', '\t']);
        match spans.last_mut() {
            Some(last) if flows && !is_indented => last.end = end,
            _ => spans.push(Span { start, end }),
        }
        flows = wrapped && content.len() >= WRAPPED_LINE_BYTES_MIN || is_broken_first_line(&spans, content, wrapped);
    }
    spans
}

/// Wire copy breaks its first line early, after the dateline was cut off.
fn is_broken_first_line(spans: &[Span], content: &str, wrapped: bool) -> bool {
    wrapped && spans.len() == 1 && !content.ends_with(['.', '!', '?', '"', '”'])
}

/// Whether the text's line breaks come from wrapping: there are several, and no line is longer than a screen's.
fn is_wrapped(text: &str) -> bool {
    let mut lines = 0;
    for line in text.lines() {
        if line.len() > WRAPPED_LINE_BYTES_MAX {
            return false;
        }
        lines += usize::from(line.len() >= WRAPPED_LINE_BYTES_MIN);
    }
    lines >= 3
}

/// Cuts `text` into pieces of at most `max` bytes, at white space where there is some in the second half of the piece.
fn pieces(text: &str, max: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let start = at;
        at = if text.len() - start <= max { text.len() } else { cut_before(text, start, start + max) };
        Some(start..at)
    })
}

/// The best cut in the second half of `start..limit`: after a sentence's end, else after white space, else at the limit.
fn cut_before(text: &str, start: usize, limit: usize) -> usize {
    let limit = text.floor_char_boundary(limit);
    let half = text.ceil_char_boundary(start + (limit - start) / 2);
    let window = &text[half..limit];
    let end = window.rfind(". ").or_else(|| window.rfind(char::is_whitespace)).map(|offset| half + offset + 1);
    let cut = end.map_or(limit, |end| text.ceil_char_boundary(end));
    // A limit smaller than one character would stand still.
    if cut > start { cut } else { text.ceil_char_boundary(start + 1) }
}

/// The tokens of `text[at..end]`.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
    end: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let rest = self.text.get(self.at..self.end)?;
        let start = self.end - rest.trim_start().len();
        let rest = self.text.get(start..self.end)?;
        let first = rest.chars().next()?;
        let (kind, len) = if first.is_numeric() {
            (TokenKind::Number, number_len(rest))
        } else if first.is_alphabetic() {
            (TokenKind::Word, word_len(rest))
        } else {
            (TokenKind::Mark, first.len_utf8())
        };
        let span = Span { start, end: start + len };
        self.at = span.end;
        Some(Token::new(&rest[..len], span, kind))
    }
}

/// Letters and digits, and one joining mark between two of them; abbreviation dots only after single letters.
fn word_len(text: &str) -> usize {
    // Most words are plain letters up to a space or comma.
    let plain = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if text.as_bytes().get(plain).is_none_or(|next| next.is_ascii() && !b"'-_.".contains(next)) {
        return plain;
    }
    let mut len = 0;
    let mut letters = 0;
    let mut dots = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if char.is_alphanumeric() || is_combining(char) {
            len = at + char.len_utf8();
            letters += 1;
            continue;
        }
        let before_letter = chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        match char {
            '\'' | '’' | '-' | '‐' | '‑' | '_' if before_letter => letters = 0,
            '.' if letters == 1 && before_letter && is_initial_after(&text[at + 1..]) => {
                letters = 0;
                dots += 1;
            }
            '.' if letters == 1 && dots > 0 => return at + 1,
            _ => break,
        }
    }
    len
}

/// Whether the text starts with a single letter: the next part of `U.S.`, not the start of a sentence glued on.
fn is_initial_after(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none_or(|next| !next.is_alphanumeric())
}

/// Digits, with marks between digits (`1,200`, `3.5`, `11:30`, `9/11`, `35-40`), then letters (`24th`, `30-day`, `5m`).
fn number_len(text: &str) -> usize {
    let mut len = 0;
    let mut last_is_digit = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if char.is_alphanumeric() {
            last_is_digit = char.is_numeric();
            len = at + char.len_utf8();
            continue;
        }
        let next = chars.peek().map(|&(_, next)| next);
        let joins = match char {
            ',' | '.' | ':' | '/' | '–' => last_is_digit && next.is_some_and(char::is_numeric),
            '-' | '‐' | '‑' => next.is_some_and(char::is_alphanumeric),
            '\'' | '’' => next.is_some_and(char::is_alphabetic),
            _ => false,
        };
        if !joins {
            break;
        }
    }
    len
}

/// Combining marks belong to the letter before them.
fn is_combining(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, sentences: &[&str]) {
        let read = Text::read(text);
        let found: Vec<&str> = read.sentences.iter().map(|sentence| sentence.span.slice(text).unwrap()).collect();
        assert_eq!(found, sentences);
    }

    #[track_caller]
    fn check_tokens(text: &str, tokens: &str) {
        let read = Text::read(text);
        let found: Vec<&str> = read.tokens.iter().map(|token| token.text).collect();
        assert_eq!(found.join(" "), tokens);
    }

    #[test]
    fn sentences_of_prose() {
        check(
            "Two were hurt. The U.S. envoy left at 3.5 knots.",
            &["Two were hurt.", "The U.S. envoy left at 3.5 knots."],
        );
        check("Fighting began.The Third Army fled.", &["Fighting began.", "The Third Army fled."]);
        check(
            "Ferry sinks off Maro\nTwelve died. Gen. Ito spoke.",
            &["Ferry sinks off Maro", "Twelve died.", "Gen. Ito spoke."],
        );
    }

    #[test]
    fn wrapped_capitals_flow_over_lines() {
        let text = "POLICE REPORTED\nTODAY THAT A BOMB WENT OFF AT THE HARBOUR GATE OF PORTO ALVOR AND\n\
            THAT FOUR GUARDS WERE WOUNDED BY FLYING GLASS FROM THE CUSTOMS HOUSE.\n\n   THE MAYOR SAID THAT NOBODY HAD CLAIMED THE BLAST SO FAR, AND ADDED THAT\nHE WAS WAITING.";
        let read = Text::read(text);
        assert_eq!(read.sentences.len(), 2);
        assert!(read.is_capitals);
        assert!(read.sentences.iter().all(|sentence| !sentence.is_heading));
    }

    #[test]
    fn tokens_keep_their_joints() {
        check_tokens("Moscow’s 30-day pause, 1,200 dead.", "Moscow’s 30-day pause , 1,200 dead .");
        check_tokens("The U.S. and U.N. sent 35-40 men at 11:30pm.", "The U.S. and U.N. sent 35-40 men at 11:30pm .");
        check_tokens("end.Next", "end . Next");
    }

    #[test]
    fn a_heading_is_a_short_line_without_end_mark() {
        let read = Text::read("Injuries rise after blast\n\nTen people were hurt.");
        assert!(read.sentences[0].is_heading);
        assert!(!read.sentences[1].is_heading);
    }

    #[test]
    fn endless_text_is_cut() {
        let text = "word ".repeat(10_000);
        let read = Text::read(&text);
        assert_eq!(read.tokens.len(), 10_000);
        assert!(read.sentences.iter().all(|sentence| sentence.tokens.len() <= SENTENCE_TOKENS_MAX));
        let text = "я".repeat(50_000);
        assert!(!Text::read(&text).sentences.is_empty());
    }
}
