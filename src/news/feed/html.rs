//! HTML in feeds → plain text.

use std::borrow::Cow;

use super::markup::{Token, Tokens};

/// The text a reader would see, white space collapsed; blocks are separated by a space.
pub fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return collapsed(html).into_owned();
    }
    let mut text = String::with_capacity(html.len());
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(part) => text.push_str(&part),
            Token::Start { name, .. } | Token::End { name } if is_block(&name.to_ascii_lowercase()) => text.push(' '),
            Token::Start { name, empty: false, .. } if is_unseen(name) => tokens.skip_raw(name),
            Token::Start { .. } | Token::End { .. } => {}
        }
    }
    collapsed(&text).into_owned()
}

/// Elements whose text is none of the page's, and holds no markup.
pub(super) fn is_unseen(name: &str) -> bool {
    ["script", "style"].iter().any(|unseen| name.eq_ignore_ascii_case(unseen))
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

/// Elements of HTML, besides the blocks: those of the standard that stand in bodies, and the obsolete ones still met.
const TELLING: &str = " a abbr acronym applet audio b bdi bdo big blink body button caption center cite code col colgroup data del \
    details dfn dir em embed fieldset font form frame frameset head html i iframe img input ins kbd label legend link map mark \
    marquee math menu meta noframes noscript object option picture q s samp script select small source span strike strong style \
    sub summary sup svg tbody template textarea tfoot thead time tt u var video wbr ";

/// Whether text that may be either is HTML: it holds a reference, or a tag of a known element. "Rates < 3 %" and "the
/// `<name>` field" are not.
pub fn looks_like_html(text: &str) -> bool {
    let tag = text.split('<').skip(1).any(|after| {
        let name = after.strip_prefix('/').unwrap_or(after);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name[..end].to_ascii_lowercase();
        !name.is_empty() && TELLING.contains(&format!(" {name} ")) || is_block(&name)
    });
    tag || text.split('&').skip(1).any(|after| {
        after.split_once(';').is_some_and(|(name, _)| {
            !name.is_empty() && name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
        })
    })
}

/// Plain text of what may be HTML or text already, as headlines are.
pub fn plain_of_either(text: &str) -> String {
    if looks_like_html(text) { plain(text) } else { collapsed(text).into_owned() }
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
