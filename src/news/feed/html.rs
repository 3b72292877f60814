//! HTML in feeds → plain text.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Reads HTML as a sequence of tags and texts, without building a tree.
pub(super) fn tokenize(html: &str, sink: impl TokenSink) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    while matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Script(_)) {}
    tokenizer.end();
}

/// The value of an attribute.
pub(super) fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// The text a reader would see, white space collapsed; blocks are separated by a space.
pub fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return collapsed(html).into_owned();
    }
    let text = RefCell::new(String::with_capacity(html.len()));
    tokenize(html, PlainText { text: &text, hidden: Cell::new(0) });
    let text = text.into_inner();
    collapsed(&text).into_owned()
}

/// Text without leading, trailing and repeated white space.
pub fn collapsed(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let mut previous = false;
    let clean = trimmed.chars().all(|c| {
        let space = c.is_whitespace();
        let fine = !space || (c == ' ' && !previous);
        previous = space;
        fine
    });
    if clean { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" ")) }
}

struct PlainText<'t> {
    text: &'t RefCell<String>,
    /// How many elements are open that show nothing.
    hidden: Cell<u32>,
}

impl TokenSink for PlainText<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(characters) if self.hidden.get() == 0 => {
                self.text.borrow_mut().push_str(&characters)
            }
            Token::TagToken(tag) => {
                let hides = matches!(&*tag.name, "script" | "style");
                if hides && tag.kind == TagKind::StartTag {
                    self.hidden.set(1);
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
                if hides {
                    self.hidden.set(0);
                } else if is_block(&tag.name) {
                    self.text.borrow_mut().push(' ');
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements that stand on lines of their own.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "br"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "figcaption"
            | "figure"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "td"
            | "th"
            | "tr"
            | "ul"
    )
}

/// Whether text that may be either is HTML: it holds a reference, or a tag of an element that feeds use in headlines and
/// summaries. "Rates < 3 %" and "the <name> field" are not.
pub fn looks_like_html(text: &str) -> bool {
    const INLINE: [&str; 24] = [
        "a", "abbr", "acronym", "b", "big", "br", "cite", "code", "del", "div", "em", "font", "i", "img", "p", "q",
        "s", "small", "span", "strike", "strong", "sub", "sup", "u",
    ];
    let tag = text.split('<').skip(1).any(|after| {
        let name = after.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        after.contains('>') && INLINE.iter().any(|known| known.eq_ignore_ascii_case(&name[..end]))
            || is_block(&name[..end])
    });
    tag || text.split('&').skip(1).any(|after| {
        after.split_once(';').is_some_and(|(name, _)| {
            !name.is_empty() && name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
        })
    })
}

/// Plain text as HTML.
pub fn escaped(text: &str) -> Cow<'_, str> {
    quick_xml::escape::partial_escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(plain(html), expected);
    }

    #[test]
    fn what_a_reader_sees() {
        check("Two <b>hurt</b>\n in the&nbsp;harbour", "Two hurt in the harbour");
        check("<p>First.</p><p>Second.</p>", "First. Second.");
        check("<script>if (a < b) { x(\"</p>\") }</script>seen<style>p { }</style>", "seen");
        check("5 &lt; 6 &amp; 7 < 8", "5 < 6 & 7 < 8");
        check("", "");
        check("<script>never closed", "");
    }

    #[test]
    fn html_is_told_from_text() {
        for html in ["a <b>c</b>", "AT&amp;T", "&#8217;", "x<br/>y", "<P>x"] {
            assert!(looks_like_html(html), "{html}");
        }
        for text in ["a < b > c", "Q&A", "the <name> field", "one & two; three", "<3"] {
            assert!(!looks_like_html(text), "{text}");
        }
    }
}
