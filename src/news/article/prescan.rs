//! A linear look at a page's bytes, and a tree that is built only as far as it stays harmless.
//!
//! Every HTML reader tried is quadratic on markup that no newsroom writes: 1.1 MB of nested `div` took each over a
//! minute. So the attributes of a tag are counted before any parser sees them, and the tree is built in slices, with its
//! depth and size checked after each: what the parser made of the markup is judged, not what the markup looks like.

use dom_query::{Document, NodeRef};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, parse_document};
use memchr::memchr;

/// Decoded bytes of a page. News pages are 30 KB to 2 MB, most of it script.
pub const PAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Elements within elements. Deep honest pages reach about 60.
const DEPTH_MAX: usize = 512;
/// Attributes of one tag. Honest tags have up to about 40.
const TAG_ATTRIBUTES_MAX: usize = 256;
/// The same inside raw text, which is markup only in foreign elements; scripts look like tags with many attributes.
const RAW_ATTRIBUTES_MAX: usize = 1_024;
/// Nodes of the tree. Big honest pages have about 20,000.
const NODES_MAX: usize = 200_000;
/// The sum of the depths of all nodes, which is what scoring a tree costs. Big honest pages reach about 300,000.
const DEPTHS_MAX: usize = 4_000_000;
/// How much is parsed between two checks: little enough that one slice cannot build much more than it holds.
const SLICE_BYTES: usize = 4 * 1024;

/// Why a page is not read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hostile {
    #[error("it is larger than {PAGE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("a tag has more than {TAG_ATTRIBUTES_MAX} attributes")]
    TooManyAttributes,
    #[error("its elements are nested more than {DEPTH_MAX} deep")]
    TooDeep,
    #[error("its tree has more than {NODES_MAX} nodes")]
    TooManyNodes,
    #[error("its tree is too deep and too wide at once")]
    TooMuchWork,
}

/// The page as a tree, or why it is not worth one.
pub(in crate::news) fn tree(html: &str) -> Result<Document, Hostile> {
    if html.len() > PAGE_BYTES_MAX {
        return Err(Hostile::TooLarge);
    }
    count_attributes(html.as_bytes())?;
    let opts = ParseOpts {
        // As a reader without scripts sees it: `noscript` holds elements, not text.
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let mut parser = parse_document(Document::default(), opts);
    let mut rest = html;
    while !rest.is_empty() {
        let (slice, after) = rest.split_at(rest.floor_char_boundary(SLICE_BYTES.min(rest.len())));
        parser.process(StrTendril::from_slice(slice));
        let so_far = &parser.tokenizer.sink.sink;
        // The tree keeps a note of every parse error: 24 bytes for each NUL of a page of NULs.
        so_far.errors.borrow_mut().clear();
        check_growth(so_far)?;
        rest = after;
    }
    let document = parser.finish();
    check_growth(&document)?;
    check_work(&document)?;
    Ok(document)
}

/// The open elements are the right edge of the tree.
fn check_growth(document: &Document) -> Result<(), Hostile> {
    if document.tree.len() > NODES_MAX {
        return Err(Hostile::TooManyNodes);
    }
    let right_edge = std::iter::successors(Some(document.root()), NodeRef::last_child);
    if right_edge.take(DEPTH_MAX + 1).count() > DEPTH_MAX { Err(Hostile::TooDeep) } else { Ok(()) }
}

/// Walks the finished tree once, adding up depths.
fn check_work(document: &Document) -> Result<(), Hostile> {
    let mut depths = 0usize;
    let mut stack = vec![(document.root(), 0usize)];
    while let Some((node, depth)) = stack.pop() {
        depths += depth;
        if depth > DEPTH_MAX {
            return Err(Hostile::TooDeep);
        }
        if depths > DEPTHS_MAX {
            return Err(Hostile::TooMuchWork);
        }
        stack.extend(node.children_it(false).map(|child| (child, depth + 1)));
    }
    Ok(())
}

/// Elements whose content is text to the parser, outside foreign elements.
const RAW_TEXT: [&[u8]; 8] = [b"script", b"style", b"title", b"textarea", b"xmp", b"iframe", b"noembed", b"noframes"];

/// Finds the tag with too many attributes, if there is one, in one pass.
fn count_attributes(html: &[u8]) -> Result<(), Hostile> {
    let mut foreign_seen = false;
    let mut raw: Option<&[u8]> = None;
    let mut at = 0;
    while let Some(step) = memchr(b'<', &html[at..]) {
        at += step + 1;
        let rest = &html[at..];
        if raw.is_none() && rest.starts_with(b"!--") {
            at += comment_len(rest);
            continue;
        }
        let closing = usize::from(rest.first() == Some(&b'/'));
        let name_len = rest[closing..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let name = &rest[closing..closing + name_len];
        if !name.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        if let Some(open) = raw {
            if closing == 1 && name.eq_ignore_ascii_case(open) {
                raw = None;
            } else if !foreign_seen {
                continue;
            }
        }
        let (attributes, len) = attributes(&rest[closing + name_len..]);
        let limit = if raw.is_some() { RAW_ATTRIBUTES_MAX } else { TAG_ATTRIBUTES_MAX };
        if attributes > limit {
            return Err(Hostile::TooManyAttributes);
        }
        at += closing + name_len + len;
        if raw.is_some() {
            continue;
        }
        foreign_seen |= name.eq_ignore_ascii_case(b"svg") || name.eq_ignore_ascii_case(b"math");
        if closing == 0 {
            raw = RAW_TEXT.into_iter().find(|raw| raw.eq_ignore_ascii_case(name));
        }
    }
    Ok(())
}

/// Length of a comment that begins with `!--`, in each of the ways HTML lets it end.
fn comment_len(html: &[u8]) -> usize {
    let mut at = 3;
    if html[at..].starts_with(b">") || html[at..].starts_with(b"->") {
        return at;
    }
    while let Some(step) = memchr(b'-', &html[at..]) {
        at += step;
        if html[at..].starts_with(b"-->") || html[at..].starts_with(b"--!>") {
            return at;
        }
        at += 1;
    }
    html.len()
}

/// Attributes of a tag and its length up to its `>`, from behind its name; counting stops beyond the largest limit.
fn attributes(html: &[u8]) -> (usize, usize) {
    let mut count = 0;
    let mut at = 0;
    let mut in_name = false;
    while let Some(&byte) = html.get(at) {
        match byte {
            b'>' => return (count, at),
            b'=' if in_name => {
                let value = at + 1 + html[at + 1..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                at = match html.get(value) {
                    Some(&quote @ (b'"' | b'\'')) => {
                        let len = memchr(quote, &html[value + 1..]);
                        len.map_or(html.len(), |len| value + 1 + len)
                    }
                    _ => {
                        value + html[value..].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b'>').count() - 1
                    }
                };
                in_name = false;
            }
            b'/' => in_name = false,
            _ if byte.is_ascii_whitespace() => {
                // A name may be followed by white space and then by its value.
                let blank = html[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                in_name &= html.get(at + blank) == Some(&b'=');
                at += blank;
                continue;
            }
            _ if !in_name => {
                in_name = true;
                count += 1;
                if count > RAW_ATTRIBUTES_MAX {
                    return (count, at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    (count, html.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: Result<(), Hostile>) {
        assert_eq!(tree(html).map(|_| ()), expected, "{}", &html[..html.floor_char_boundary(80.min(html.len()))]);
    }

    fn tag_with(attributes: usize) -> String {
        let attributes: String = (0..attributes).map(|i| format!(" a{i}='{i}>'")).collect();
        format!("<div{attributes}>text</div>")
    }

    #[test]
    fn honest_pages_pass() {
        check("", Ok(()));
        check("<!doctype html><title>Ferry</title><p>It ran aground.", Ok(()));
        check(&tag_with(TAG_ATTRIBUTES_MAX), Ok(()));
        // Quadratic once: at every blank the next byte that is none was looked for. This test took minutes.
        check(&format!("<a href {} = '/x'>x</a>", " ".repeat(2_000_000)), Ok(()));
        check(&"<div>".repeat(300), Ok(()));
        // Scripts and comments look like tags with many attributes.
        let words = "<a b ".to_owned() + &"word ".repeat(1_000);
        check(&format!("<script>{words}</script><!-- {words} --><title>{words}</title>"), Ok(()));
    }

    #[test]
    fn hostile_pages_are_refused() {
        check(&"x".repeat(PAGE_BYTES_MAX + 1), Err(Hostile::TooLarge));
        check(&tag_with(TAG_ATTRIBUTES_MAX + 1), Err(Hostile::TooManyAttributes));
        check(&format!("<!-- --!>{}", tag_with(300)), Err(Hostile::TooManyAttributes));
        check(&format!("<!--->{}", tag_with(300)), Err(Hostile::TooManyAttributes));
        check(&"<div>".repeat(100_000), Err(Hostile::TooDeep));
        check(&"<b><a href=x><p>".repeat(30_000), Err(Hostile::TooManyNodes));
        check(&("<div>".repeat(400) + &"<p>x".repeat(20_000)), Err(Hostile::TooMuchWork));
    }

    #[test]
    fn foreign_elements_do_not_hide_markup() {
        check(&format!("<svg><style>{}", tag_with(5_000)), Err(Hostile::TooManyAttributes));
        let hidden = format!("<svg><foreignObject><div></svg></div></foreignObject><style>{}", "<div>".repeat(5_000));
        check(&hidden, Err(Hostile::TooDeep));
    }
}
