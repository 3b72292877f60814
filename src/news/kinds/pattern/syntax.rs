//! The text of a pattern → its pieces, each with the bytes it stands at.

use std::ops::Range;

use crate::news::text::Text;

/// Characters of one pattern.
pub const PATTERN_CHARS_MAX: usize = 500;
/// Tokens that a gap without a number steps over.
const GAP_TOKENS: usize = 6;
/// Tokens that any gap steps over: more join clauses that have nothing to do with each other.
pub const GAP_TOKENS_MAX: usize = 20;
/// Groups inside groups.
const DEPTH_MAX: usize = 6;

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One token, in lower case.
    Word(String),
    /// `@list`, by name, and where it stands.
    List(String, Range<usize>),
    /// `{name:type}-suffix`
    Slot { name: String, type_name: Option<String>, suffix: Option<String>, at: Range<usize> },
    /// Up to so many tokens.
    Gap(usize),
    /// Alternatives, or nothing where optional.
    Group { alternatives: Vec<Vec<Node>>, optional: bool },
}

/// What is wrong with a pattern, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: Range<usize>,
    pub problem: String,
    pub advice: String,
}

impl Fault {
    pub fn new(at: Range<usize>, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { at, problem: problem.into(), advice: advice.into() }
    }
}

/// Reads a pattern; stops at the first fault.
pub fn parse(source: &str) -> Result<Vec<Node>, Fault> {
    if source.chars().count() > PATTERN_CHARS_MAX {
        let problem = format!("the pattern is longer than {PATTERN_CHARS_MAX} characters");
        return Err(Fault::new(0..source.len(), problem, "write several patterns"));
    }
    let mut parser = Parser { source, at: 0 };
    let mut alternatives = parser.alternatives(0)?;
    if let Some(close) = parser.peek() {
        let problem = format!("{close:?} closes nothing");
        return Err(Fault::new(parser.here(), problem, "remove it, or open a group before it"));
    }
    Ok(match alternatives.len() {
        1 => alternatives.remove(0),
        _ => vec![Node::Group { alternatives, optional: false }],
    })
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    fn here(&self) -> Range<usize> {
        self.at..self.at + self.rest().chars().next().map_or(0, char::len_utf8)
    }

    fn alternatives(&mut self, depth: usize) -> Result<Vec<Vec<Node>>, Fault> {
        let mut alternatives = Vec::new();
        loop {
            let start = self.at;
            let nodes = self.sequence(depth)?;
            if nodes.is_empty() {
                let problem = "there is nothing to match here";
                return Err(Fault::new(start..self.at.max(start), problem, "write a word, an @list or a {slot}"));
            }
            alternatives.push(nodes);
            if self.peek() != Some('|') {
                return Ok(alternatives);
            }
            self.at += 1;
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut nodes = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                '|' | ')' | ']' => break,
                '(' => nodes.push(self.group(depth, ')')?),
                '[' => nodes.push(self.group(depth, ']')?),
                '{' => nodes.push(self.slot()?),
                '}' => return Err(Fault::new(self.here(), "'}' closes nothing", "remove it, or write {field}")),
                '@' => nodes.push(self.list()?),
                _ if self.rest().starts_with("...") || next == '…' => nodes.push(self.gap()?),
                _ => nodes.extend(self.words()?),
            }
        }
        Ok(nodes)
    }

    fn group(&mut self, depth: usize, close: char) -> Result<Node, Fault> {
        let open = self.here();
        if depth == DEPTH_MAX {
            let problem = format!("groups stand more than {DEPTH_MAX} deep in each other");
            return Err(Fault::new(open, problem, "write several patterns, or a list"));
        }
        self.at = open.end;
        let alternatives = self.alternatives(depth + 1)?;
        if self.peek() != Some(close) {
            return Err(Fault::new(open, "this group is never closed", format!("write {close:?} at its end")));
        }
        self.at += 1;
        Ok(Node::Group { alternatives, optional: close == ']' })
    }

    fn slot(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let Some(len) = self.rest().find('}') else {
            return Err(Fault::new(self.here(), "this slot is never closed", "write '}' at its end"));
        };
        let inner = &self.source[start + 1..start + len];
        let (name, type_name) = match inner.split_once(':') {
            Some((name, type_name)) => (name.trim(), Some(type_name.trim().to_owned())),
            None => (inner.trim(), None),
        };
        let (name, at) = (name.to_owned(), start..start + len + 1);
        if !super::is_name(&name) {
            let problem = format!("{name:?} is no name for a field");
            return Err(Fault::new(at, problem, "take lower-case letters, digits and underscores: {killed:count}"));
        }
        self.at = at.end;
        let suffix = self.rest().starts_with('-').then(|| self.literal().to_lowercase());
        self.at += suffix.as_ref().map_or(0, String::len);
        Ok(Node::Slot { name, type_name, suffix, at })
    }

    fn list(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let rest = &self.source[start + 1..];
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if len == 0 {
            return Err(Fault::new(self.here(), "'@' names no list", "write the list's name behind it: @attack"));
        }
        self.at = start + 1 + len;
        Ok(Node::List(rest[..len].to_owned(), start..self.at))
    }

    fn gap(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        self.at += if self.rest().starts_with('…') { '…'.len_utf8() } else { 3 };
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = &self.rest()[..digits];
        let tokens = if digits == 0 { Some(GAP_TOKENS) } else { number.parse().ok() };
        self.at += digits;
        match tokens {
            Some(tokens) if (1..=GAP_TOKENS_MAX).contains(&tokens) => Ok(Node::Gap(tokens)),
            _ => {
                let advice = format!("write a number from 1 to {GAP_TOKENS_MAX}, or none for {GAP_TOKENS}");
                Err(Fault::new(start..self.at, "a gap cannot be that long", advice))
            }
        }
    }

    /// Everything to the next white space or sign of the syntax.
    fn literal(&self) -> &str {
        let rest = self.rest();
        let signs = |c: char| c.is_whitespace() || "()[]{}|@…".contains(c);
        let len = rest.find(signs).unwrap_or(rest.len());
        let gap = rest.find("...").unwrap_or(len);
        &rest[..len.min(gap)]
    }

    fn words(&mut self) -> Result<Vec<Node>, Fault> {
        let literal = self.literal();
        let (len, read) = (literal.len(), Text::read(literal));
        let words: Vec<Node> = read.tokens.iter().map(|token| Node::Word(plain(token.text))).collect();
        let at = self.at..self.at + len;
        self.at = at.end;
        if words.is_empty() {
            return Err(Fault::new(at, "this matches no text", "write a word"));
        }
        Ok(words)
    }
}

/// In lower case, with straight apostrophes: how words are compared.
pub fn plain(word: &str) -> String {
    word.to_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_fault(source: &str, at: Range<usize>, problem: &str) {
        let fault = parse(source).unwrap_err();
        assert_eq!((fault.at, fault.problem.as_str()), (at, problem), "{source}");
    }

    #[test]
    fn pieces() {
        let word = |word: &str| Node::Word(word.to_owned());
        let nodes = parse("The {n:count}-day (@a | b c) [d] ...3 U.S.").unwrap();
        assert_eq!(nodes[0], word("the"));
        assert_eq!(
            nodes[1],
            Node::Slot {
                name: "n".to_owned(),
                type_name: Some("count".to_owned()),
                suffix: Some("-day".to_owned()),
                at: 4..13
            }
        );
        let list = Node::List("a".to_owned(), 19..21);
        let alternatives = vec![vec![list], vec![word("b"), word("c")]];
        assert_eq!(nodes[2], Node::Group { alternatives, optional: false });
        assert_eq!(nodes[3], Node::Group { alternatives: vec![vec![word("d")]], optional: true });
        assert_eq!(nodes[4..], [Node::Gap(3), word("u.s.")]);
    }

    #[test]
    fn faults_point_at_their_place() {
        check_fault("a (b | c", 2..3, "this group is never closed");
        check_fault("a ) b", 2..3, "')' closes nothing");
        check_fault("a {Killed:count}", 2..16, "\"Killed\" is no name for a field");
        check_fault("é ...99 b", 3..8, "a gap cannot be that long");
        check_fault("a { b", 2..3, "this slot is never closed");
        check_fault("a ( | b)", 3..4, "there is nothing to match here");
        check_fault("@ b", 0..1, "'@' names no list");
        check_fault(&"[".repeat(99), 6..7, "groups stand more than 6 deep in each other");
        check_fault(&"a".repeat(501), 0..501, "the pattern is longer than 500 characters");
    }
}
