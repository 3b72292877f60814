//! A tree of elements → paragraphs of normalised text.

use dom_query::{NodeData, NodeRef};

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// Elements without words for a reader.
const SILENT: &[&str] = &[
    "audio", "button", "canvas", "embed", "head", "iframe", "input", "noscript", "object", "script", "select", "style",
    "svg", "template", "textarea", "video",
];

/// One block of text as it stood on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub text: String,
    /// Bytes of `text` that came from links.
    pub linked_bytes: usize,
    /// It stood in a heading.
    pub is_heading: bool,
}

/// The text under `root`, one entry a paragraph, leaving out the subtrees that `skip` names.
pub(super) fn paragraphs(root: NodeRef<'_>, skip: impl Fn(&NodeRef<'_>, &str) -> bool) -> Vec<Paragraph> {
    enum Step<'a> {
        Enter(NodeRef<'a>),
        EndBlock,
        EndLink,
    }
    let mut out = Writer::default();
    let mut stack = vec![Step::Enter(root)];
    while let Some(step) = stack.pop() {
        let node = match step {
            Step::EndBlock => {
                out.end();
                continue;
            }
            Step::EndLink => {
                out.links -= 1;
                continue;
            }
            Step::Enter(node) => node,
        };
        let Some(name) = node.qual_name_ref() else {
            node.query(|node| {
                if let NodeData::Text { contents } = &node.data {
                    out.push(contents);
                }
            });
            if !node.is_text() {
                stack.extend(node.children_it(true).map(Step::Enter));
            }
            continue;
        };
        let name: &str = name.local.as_ref();
        if SILENT.contains(&name) || skip(&node, name) {
            continue;
        }
        match name {
            "br" => out.end(),
            "td" | "th" => out.gap = true,
            "a" => {
                out.links += 1;
                stack.push(Step::EndLink);
            }
            _ if BLOCKS.contains(&name) => {
                out.end();
                out.open.is_heading = matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
                stack.push(Step::EndBlock);
            }
            _ => {}
        }
        stack.extend(node.children_it(true).map(Step::Enter));
    }
    out.end();
    out.done
}

/// One line of normalised text: how titles, names and paragraphs are all cleaned.
pub(super) fn line(text: &str) -> String {
    let mut out = Writer::default();
    out.push(text);
    out.open.text
}

/// Text normalised as an article's is, its line breaks kept as paragraph breaks.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(line).filter(|line| !line.is_empty()).collect()
}

#[derive(Default)]
struct Writer {
    done: Vec<Paragraph>,
    open: Paragraph,
    /// White space was seen and not yet written.
    gap: bool,
    /// Links open around what is written.
    links: usize,
}

impl Writer {
    /// Adds running text: white space of every kind is one space, what has no shape is nothing.
    fn push(&mut self, text: &str) {
        let before = self.open.text.len();
        for c in text.chars() {
            if c.is_whitespace() {
                self.gap = true;
            } else if !is_shapeless(c) {
                if self.gap && !self.open.text.is_empty() {
                    self.open.text.push(' ');
                }
                self.gap = false;
                self.open.text.push(c);
            }
        }
        if self.links > 0 {
            self.open.linked_bytes += self.open.text.len() - before;
        }
    }

    fn end(&mut self) {
        self.gap = false;
        let ended = std::mem::take(&mut self.open);
        if !ended.text.is_empty() {
            self.done.push(ended);
        }
    }
}

/// Characters that carry no text: controls, zero-width marks, soft hyphens, direction marks, fillers, noncharacters.
///
/// They break words apart for whoever matches them, and every span points into the text as it is stored.
fn is_shapeless(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        let document = Document::from(html);
        let found = paragraphs(document.root(), |_, name| name == "figcaption");
        let texts: Vec<&str> = found.iter().map(|paragraph| paragraph.text.as_str()).collect();
        assert_eq!(texts, expected, "{html}");
    }

    #[test]
    fn blocks_and_line_breaks_end_paragraphs() {
        check("<div>One <b>bold</b>\n word<p>Two</p>three</div>", &["One bold word", "Two", "three"]);
        check("<p>First line<br>second line</p>", &["First line", "second line"]);
        check(
            "<table><tr><td>Sudria</td><td>12</td></tr><tr><td>Norland</td><td>9</td></tr></table>",
            &["Sudria 12", "Norland 9"],
        );
        check("<ul><li>a</li><li>b</li></ul>", &["a", "b"]);
    }

    #[test]
    fn what_is_not_for_readers_is_left_out() {
        check("<p>Seen<script>var x = 1</script></p><figure><figcaption>No</figcaption></figure>", &["Seen"]);
    }

    #[test]
    fn links_and_headings_are_noted() {
        let document = Document::from("<h2>Why</h2><p>See <a href=/>the <b>map</b></a> here</p>");
        let found = paragraphs(document.root(), |_, _| false);
        assert_eq!(found.iter().map(|p| (p.is_heading, p.linked_bytes)).collect::<Vec<_>>(), [(true, 0), (false, 8)]);
    }

    #[test]
    fn text_is_normalised_once() {
        check("<p>12\u{a0}000\u{200b} people,\u{ad} a\u{202f}day</p>", &["12 000 people, a day"]);
        assert_eq!(line("  The\tHarbour \u{feff} Courier \n"), "The Harbour Courier");
    }
}
