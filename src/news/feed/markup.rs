//! Tolerant tokens of XML and of the HTML in it: what a strict reader refuses is read as what it was probably meant to be.
//!
//! Where a tag ends and what attributes it has is quick-xml's to say; what
//! to do when a piece is broken is ours. Time is linear in the document, whatever it holds.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use html5ever::data::NAMED_ENTITIES;
use quick_xml::events::attributes::Attributes;
use quick_xml::parser::{ElementParser, Parser};

use crate::news::charset::c1_repaired;

/// A tag longer than this has lost a quotation mark, and ends at its first `>`.
const TAG_BYTES_MAX: usize = 64 * 1024;
/// Attributes of one tag that are read; no feed has as many.
const ATTRIBUTES_MAX: usize = 64;
/// After so many tags with a lost quotation mark, quotation marks in tags are no longer believed. Keeps time linear.
const LOST_QUOTES_MAX: usize = 32;
/// Entities that a document may declare for itself. They are replaced once and never expanded further, so "billion
/// laughs" has nothing to multiply.
const OWN_ENTITIES_MAX: usize = 64;
/// The longest replacement text of such an entity.
const OWN_ENTITY_BYTES_MAX: usize = 256;
/// Uses of such entities that are replaced, in a whole document.
const OWN_ENTITY_USES_MAX: usize = 10_000;
/// The longest name between `&` and `;`.
const ENTITY_NAME_BYTES_MAX: usize = 40;

/// One piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'x> {
    Start {
        /// As written, with its prefix.
        name: &'x str,
        /// As written, values decoded.
        attributes: Vec<(&'x str, Cow<'x, str>)>,
        /// `<br/>`
        empty: bool,
    },
    End {
        name: &'x str,
    },
    /// With references decoded, white space as it was.
    Text(Cow<'x, str>),
}

/// The tokens of a document.
#[derive(Debug)]
pub struct Tokens<'x> {
    source: &'x str,
    at: usize,
    lost_quotes: usize,
    /// The ends that are known not to come any more, so that they are not searched for again and again.
    missing: Vec<&'static str>,
    /// The tag that opened last: an unclosed CDATA section ends where that element does.
    opened: &'x str,
    own_entities: OwnEntities<'x>,
}

/// Entities that the document declares, and how many more of their uses are replaced.
#[derive(Debug)]
struct OwnEntities<'x> {
    values: HashMap<&'x str, &'x str>,
    uses_left: Cell<usize>,
}

impl<'x> Tokens<'x> {
    pub fn new(source: &'x str) -> Self {
        Self {
            source,
            at: 0,
            lost_quotes: 0,
            missing: Vec::new(),
            opened: "",
            own_entities: OwnEntities { values: HashMap::new(), uses_left: Cell::new(OWN_ENTITY_USES_MAX) },
        }
    }

    fn rest(&self) -> &'x str {
        &self.source[self.at..]
    }

    /// How far away `end` is. `None` if it does not come any more, which is found out once.
    fn distance(&mut self, end: &'static str) -> Option<usize> {
        if self.missing.contains(&end) {
            return None;
        }
        let distance = self.rest().find(end);
        if distance.is_none() {
            self.missing.push(end);
        }
        distance
    }

    /// What stands before `end`, and moves behind it. `None` if there is no such end.
    fn take_until(&mut self, end: &'static str) -> Option<&'x str> {
        let inner = &self.rest()[..self.distance(end)?];
        self.at += inner.len() + end.len();
        Some(inner)
    }

    /// Moves behind the next `>`, or to the end.
    fn skip_tag(&mut self) {
        if self.take_until(">").is_none() {
            self.at = self.source.len();
        }
    }

    /// Skips what an element holds that has no markup in it (`<script>`), up to its end tag. To be called behind its start.
    pub fn skip_raw(&mut self, name: &str) {
        let rest = self.rest();
        let is_end =
            |at: usize| rest.get(at + 2..at + 2 + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name));
        let end = rest.match_indices("</").map(|(at, _)| at).find(|&at| is_end(at));
        self.at += end.unwrap_or(rest.len());
    }

    fn text(&mut self) -> Token<'x> {
        let rest = self.rest();
        // A `<` that opens nothing is text as well.
        let end = rest.match_indices('<').map(|(at, _)| at).find(|&at| at > 0 && opens_markup(&rest[at..]));
        let end = end.unwrap_or(rest.len());
        self.at += end;
        Token::Text(decoded(&rest[..end], &self.own_entities))
    }

    fn cdata(&mut self) -> Token<'x> {
        if let Some(inner) = self.take_until("]]>") {
            return Token::Text(Cow::Borrowed(inner));
        }
        let rest = self.rest();
        let closing = format!("</{}", self.opened);
        let end = if self.opened.is_empty() { None } else { rest.find(&closing) };
        let inner = &rest[..end.unwrap_or(rest.len())];
        self.at += inner.len();
        Token::Text(Cow::Borrowed(inner.strip_suffix("]]").unwrap_or(inner)))
    }

    /// Skips `<!DOCTYPE …>`, keeping the simple entities that it declares.
    fn doctype(&mut self) {
        let rest = self.rest();
        let subset = self.distance(">").is_some_and(|end| rest[..end].contains('['));
        if subset && let Some(subset) = self.take_until("]>").or_else(|| self.take_until("] >")) {
            for declaration in subset.split("<!ENTITY").skip(1).take(OWN_ENTITIES_MAX) {
                if let Some((name, value)) = entity_declaration(declaration) {
                    self.own_entities.values.entry(name).or_insert(value);
                }
            }
        } else {
            self.skip_tag();
        }
    }

    /// The inside of the tag that begins here, without `<` and `>`.
    fn tag(&mut self) -> &'x str {
        let rest = &self.rest()[1..];
        let reach = rest.floor_char_boundary(TAG_BYTES_MAX);
        let mut end = None;
        if self.lost_quotes < LOST_QUOTES_MAX {
            end = ElementParser::default().feed(&rest.as_bytes()[..reach]);
            self.lost_quotes += usize::from(end.is_none());
        }
        // A tag without `>` is cut off by the end of the document or by the next tag.
        let end = end.or_else(|| rest.find(['>', '<'])).unwrap_or(rest.len());
        let inner = &rest[..end];
        // `<title <b>`: the first tag was never closed.
        let inner = match unquoted_opening(inner) {
            Some(opening) => {
                self.lost_quotes += 1;
                &inner[..opening]
            }
            None => inner,
        };
        let closed = rest[inner.len()..].starts_with('>');
        self.at += 1 + inner.len() + usize::from(closed);
        inner
    }
}

impl<'x> Iterator for Tokens<'x> {
    type Item = Token<'x>;

    fn next(&mut self) -> Option<Token<'x>> {
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if !rest.starts_with('<') || !opens_markup(rest) {
                return Some(self.text());
            }
            match rest.as_bytes()[1] {
                b'!' if rest.starts_with("<!--") => {
                    self.at += "<!--".len();
                    if self.take_until("-->").is_none() {
                        self.skip_tag();
                    }
                }
                b'!' if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<![cdata[")) => {
                    self.at += "<![CDATA[".len();
                    return Some(self.cdata());
                }
                b'!' if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) => {
                    self.doctype();
                }
                b'!' => self.skip_tag(),
                b'?' => {
                    if self.take_until("?>").is_none() {
                        self.skip_tag();
                    }
                }
                b'/' => {
                    let inner = self.tag();
                    return Some(Token::End { name: inner[1..].trim() });
                }
                _ => {
                    let inner = self.tag();
                    let (inner, empty) = inner.strip_suffix('/').map_or((inner, false), |inner| (inner, true));
                    let (name, attributes) =
                        inner.split_at(inner.find([' ', '\t', '\n', '\r', '/']).unwrap_or(inner.len()));
                    if !empty {
                        self.opened = name;
                    }
                    let attributes = Attributes::html(attributes, 0)
                        .with_checks(false)
                        .take(ATTRIBUTES_MAX)
                        .filter_map(Result::ok)
                        .map(|attribute| {
                            let value = match attribute.value {
                                Cow::Borrowed(value) => decoded(value, &self.own_entities),
                                Cow::Owned(value) => Cow::Owned(decoded(&value, &self.own_entities).into_owned()),
                            };
                            (attribute.key.into_inner(), value)
                        })
                        .collect();
                    return Some(Token::Start { name, attributes, empty });
                }
            }
        }
    }
}

/// Whether a `<` begins a tag, a comment or the like.
fn opens_markup(text: &str) -> bool {
    text[1..].chars().next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | ':' | '/' | '!' | '?'))
}

/// Where a `<` stands in a tag outside of quotation marks.
fn unquoted_opening(tag: &str) -> Option<usize> {
    tag.find('<')?;
    let mut quote = None;
    tag.bytes().position(|byte| {
        match (quote, byte) {
            (None, b'<') => return true,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        false
    })
}

/// ` name "value">…` → name and value, where the value is short and plain text.
fn entity_declaration(declaration: &str) -> Option<(&str, &str)> {
    let (name, rest) = declaration.trim_start().split_once(|c: char| c.is_ascii_whitespace())?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, _) = rest[1..].split_once(quote)?;
    (!name.starts_with('%') && value.len() <= OWN_ENTITY_BYTES_MAX).then_some((name, value))
}

/// Replaces references: XML's five, HTML's, numbers, and those that the document declares. An `&` that begins none of
/// them stands for itself.
fn decoded<'x>(raw: &'x str, own: &OwnEntities<'_>) -> Cow<'x, str> {
    let Some(first) = raw.find('&') else { return Cow::Borrowed(raw) };
    let mut text = String::with_capacity(raw.len());
    text.push_str(&raw[..first]);
    let mut rest = &raw[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let name = after
            .as_bytes()
            .iter()
            .take(ENTITY_NAME_BYTES_MAX)
            .position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'#' | b'_' | b'-' | b'.'))
            .filter(|&end| after.as_bytes()[end] == b';')
            .map(|end| &after[..end]);
        let consumed = match name {
            Some(name) if push_reference(&mut text, name, own) => name.len() + 2,
            _ => {
                text.push('&');
                1
            }
        };
        let next = rest[consumed..].find('&').map_or(rest.len(), |at| at + consumed);
        text.push_str(&rest[consumed..next]);
        rest = &rest[next..];
    }
    Cow::Owned(text)
}

fn push_reference(text: &mut String, name: &str, own: &OwnEntities<'_>) -> bool {
    if let Some(number) = name.strip_prefix('#') {
        let Some(c) = numbered(number) else { return false };
        text.push(c);
        return true;
    }
    if let Some(value) = own.values.get(name)
        && let Some(left) = own.uses_left.get().checked_sub(1)
    {
        own.uses_left.set(left);
        text.push_str(value);
        return true;
    }
    // The table's keys end in the semicolon; keys without a meaning are beginnings of longer ones.
    match NAMED_ENTITIES.get(format!("{name};").as_str()) {
        Some(&(first, second)) if first != 0 => {
            text.extend([first, second].into_iter().filter(|&code| code != 0).filter_map(char::from_u32));
            true
        }
        _ => false,
    }
}

/// The character with this number, as HTML reads it: `&#146;` was meant to be a quotation mark.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    let c = char::from_u32(code.ok()?)?;
    (!is_forbidden(c)).then(|| c1_repaired(c).unwrap_or(c))
}

/// Control characters, which XML does not allow in any form.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// The document without the control characters that XML forbids.
pub fn without_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(is_forbidden) { Cow::Owned(text.replace(is_forbidden, "")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens in a short notation: `<name a=b>`, `</name>`, text as it is, separated by `|`.
    #[track_caller]
    fn check(source: &str, expected: &str) {
        let shown: Vec<String> = Tokens::new(source)
            .map(|token| match token {
                Token::Start { name, attributes, empty } => {
                    let attributes: String =
                        attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                    format!("<{name}{attributes}{}>", if empty { "/" } else { "" })
                }
                Token::End { name } => format!("</{name}>"),
                Token::Text(text) => text.into_owned(),
            })
            .collect();
        assert_eq!(shown.join("|"), expected);
    }

    #[test]
    fn sound_xml() {
        check(
            "<?xml version='1.0'?><a b=\"c&amp;d\" e='f'>g<!-- h -->i<![CDATA[<j>]]></a>",
            "<a b=c&d e=f>|g|i|<j>|</a>",
        );
        check("<link href='x'/><br />", "<link href=x/>|<br/>");
    }

    #[test]
    fn references() {
        check("Q&A &amp; R&D; &eacute;&#233;&#xE9; &#146; &nosuch; &", "Q&A & R&D; ééé ’ &nosuch; &");
        check("?a=1&b=2&copy=3", "?a=1&b=2&copy=3");
    }

    #[test]
    fn a_lone_angle_bracket_is_text() {
        check("<t>2 < 3 <<b>x", "<t>|2 < 3 <|<b>|x");
    }

    #[test]
    fn what_never_closes() {
        check("<d><![CDATA[text</d><e>f</e>", "<d>|text|</d>|<e>|f|</e>");
        check("<d><!-- note ><e>f", "<d>|<e>|f");
        check("<title <b>x", "<title>|<b>|x");
        check("<a>x</a", "<a>|x|</a>");
        check("<a href=\"x>y</a>", "<a>|y|</a>");
    }

    #[test]
    fn own_entities_are_replaced_once() {
        check(
            "<!DOCTYPE rss [<!ENTITY port \"Harbour\"><!ENTITY two \"&port;&port;\">]><a>&port; &two;</a>",
            "<a>|Harbour &port;&port;|</a>",
        );
    }

    #[test]
    fn hostile_documents_take_linear_time() {
        for piece in ["<a b=\"", "<a <a >", "<!--", "<![CDATA[", "<?", "<", "&", "<a ", "</", "<!DOCTYPE [", "<!"] {
            let hostile = piece.repeat(200_000);
            assert!(Tokens::new(&hostile).count() <= 400_000, "{piece}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in "([<>/!?&;'\"= a-c\\[\\]-]|<!--|-->|<!\\[CDATA\\[|\\]\\]>|é|&#x?[0-9]{1,3};)*") {
            Tokens::new(&source).count();
        }
    }
}
