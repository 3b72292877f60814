//! Credits: which news agency an article says that its text comes from.
//!
//! Only places where credits stand are read: the byline, a dateline, short lines at the head and the foot. "Reuters reported"
//! within the text is an attribution, not a credit.

use std::sync::LazyLock;

use super::super::article::Article;
use super::super::lexicon::{self, Phrases};
use super::super::text::{Text, Token, TokenKind};

/// Which agency, where it says so, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// As the digest prints it.
    pub wire: &'static str,
    pub stands: Stands,
    /// The agency only contributed; the outlet wrote the text.
    pub part: bool,
}

/// Where a credit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stands {
    Byline,
    Dateline,
    Foot,
}

/// Dateline and bylines stand in the first bytes of the first lines.
const HEAD_LINES_MAX: usize = 3;
const DATELINE_BYTES_MAX: usize = 160;
const FOOT_LINES_MAX: usize = 4;
/// A longer line is prose.
const CREDIT_BYTES_MAX: usize = 120;
/// "Associated Press writers A in B, C in D and E in F contributed to this report."
const CONTRIBUTED_BYTES_MAX: usize = 400;
/// An alias that could be a word or initials of something else.
const SHORT_NAME_BYTES_MAX: usize = 5;

/// What a phrase of the vocabulary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Wire(&'static str),
    Part,
    Beside,
}

static PHRASES: LazyLock<Phrases<Meaning>> = LazyLock::new(|| {
    Phrases::new(lexicon::entries(super::WIRES).filter_map(|entry| match entry.section {
        "names" => Some((entry.phrase, Meaning::Wire(entry.value))),
        "part" => Some((entry.phrase, Meaning::Part)),
        "beside" => Some((entry.phrase, Meaning::Beside)),
        _ => None,
    }))
});

/// The agency that the article credits: with the whole text before with a part of it, and the first that is named.
pub fn of(article: &Article) -> Option<Credit> {
    let lines: Vec<&str> = article.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let byline = article.byline.iter().filter_map(|byline| {
        let line = Line::read(byline);
        line.wire().map(|wire| Credit { wire, stands: Stands::Byline, part: line.part })
    });
    let head = lines.iter().take(HEAD_LINES_MAX).filter_map(|line| head(line));
    let foot = lines.iter().skip(1).rev().take(FOOT_LINES_MAX).filter_map(|line| foot(line));
    let found: Vec<Credit> = byline.chain(foot).chain(head).collect();
    found.iter().find(|credit| !credit.part).or(found.first()).copied()
}

/// The agency that an outlet is.
pub fn outlet(name: &str) -> Option<&'static str> {
    let line = Line::read(name);
    line.wire().filter(|_| line.is_credit())
}

/// The agency that a byline or a line of its own credits.
pub fn credited(line: &str) -> Option<&'static str> {
    head(line).map(|credit| credit.wire)
}

/// The words of a line as far as credits go.
struct Line<'t> {
    text: Text<'t>,
    wires: Vec<(&'static str, std::ops::Range<usize>)>,
    part: bool,
    /// Words that no credit has, initials of editors ("mi/AFP") aside.
    others: usize,
}

impl<'t> Line<'t> {
    fn read(line: &'t str) -> Self {
        let text = Text::read(line);
        let (mut wires, mut part, mut others) = (Vec::new(), false, 0);
        let mut at = 0;
        while let Some(token) = text.tokens.get(at) {
            let (len, meaning) = meaning_at(&text.tokens[at..]).map_or((1, None), |(len, found)| (len, Some(found)));
            match meaning {
                Some(Meaning::Wire(wire)) => wires.push((wire, at..at + len)),
                Some(Meaning::Part) => part = true,
                Some(Meaning::Beside) => {}
                None => others += usize::from(token.kind == TokenKind::Word && !is_initials(token.text)),
            }
            at += len;
        }
        Self { text, wires, part, others }
    }

    fn wire(&self) -> Option<&'static str> {
        self.wires.first().map(|(wire, _)| *wire)
    }

    /// Whether the line says nothing else.
    fn is_credit(&self) -> bool {
        !self.wires.is_empty() && self.others == 0
    }

    fn mark(&self, at: Option<usize>) -> &'t str {
        at.and_then(|at| self.text.tokens.get(at)).map_or("", |token| token.text)
    }

    /// "SUMY, Ukraine (AP) —", "MOSCOW, March 5. /TASS/.", "AFP —".
    fn dateline(&self) -> Option<&'static str> {
        let is_capitals = |token: &Token| token.text.len() > 1 && !token.text.chars().any(char::is_lowercase);
        self.wires.iter().find_map(|(wire, tokens)| {
            let before = self.mark(tokens.start.checked_sub(1));
            let (after, next) = (self.mark(Some(tokens.end)), self.mark(Some(tokens.end + 1)));
            let enclosed = matches!((before, after), ("(", ")") | ("/", "/") | ("[", "]"));
            let begins = tokens.start == 0 && is_dash(after);
            let opens_in_capitals = self.text.tokens.first().is_some_and(is_capitals);
            (begins || enclosed && (is_dash(next) || next == ":" || opens_in_capitals)).then_some(*wire)
        })
    }
}

/// The longest phrase at the first token that is meant: "pa" is no agency, "PA" is.
fn meaning_at(tokens: &[Token]) -> Option<(usize, Meaning)> {
    PHRASES.all_at(tokens).map(|(len, meaning)| (len, *meaning)).find(|(len, meaning)| match meaning {
        Meaning::Wire(wire) => {
            let text = tokens[0].text;
            *len > 1 || text.len() > SHORT_NAME_BYTES_MAX || text == *wire || !text.chars().any(char::is_lowercase)
        }
        _ => true,
    })
}

fn is_initials(word: &str) -> bool {
    word.len() <= 3 && !word.chars().any(char::is_uppercase)
}

fn is_dash(mark: &str) -> bool {
    matches!(mark, "-" | "–" | "—" | "―")
}

/// A credit in a line at the head of a text.
fn head(line: &str) -> Option<Credit> {
    let opening = &line[..line.floor_char_boundary(DATELINE_BYTES_MAX)];
    let read = Line::read(opening);
    let is_byline = line.len() <= CREDIT_BYTES_MAX
        && (read.is_credit() || read.text.tokens.first().is_some_and(|token| token.is("by")));
    if is_byline && let Some(wire) = read.wire() {
        return Some(Credit { wire, stands: Stands::Byline, part: read.part });
    }
    read.dateline().map(|wire| Credit { wire, stands: Stands::Dateline, part: false })
}

/// A credit in a line at the foot of a text.
fn foot(line: &str) -> Option<Credit> {
    let credit = |wire, part| Some(Credit { wire, stands: Stands::Foot, part });
    if line.len() <= CONTRIBUTED_BYTES_MAX {
        let lower = line.to_lowercase();
        // Reuters signs so, without its name.
        if lower.starts_with("(reporting by") && lower.contains("editing by") {
            return credit("Reuters", false);
        }
        let read = Line::read(line);
        let wire = read.wire();
        if let Some(wire) = wire.filter(|_| read.is_credit() && line.len() <= CREDIT_BYTES_MAX) {
            return credit(wire, read.part);
        }
        let says_part = ["contributed to", "additional reporting", "reporting from", "reporting by", "with files from"];
        if let Some(wire) = wire.filter(|_| says_part.iter().any(|words| lower.contains(words))) {
            return credit(wire, true);
        }
        let copyright = lower.contains('©') || lower.contains("copyright") || lower.starts_with("(c) ");
        if let Some(wire) = wire.filter(|_| copyright) {
            return credit(wire, false);
        }
    }
    // "… he said. — Reuters", "… he said. (AFP, AP)"
    let end = line.rfind(['.', '!', '?', '”', '"']).filter(|end| end + 1 < line.len())?;
    let rest = line[line.ceil_char_boundary(end + 1)..].trim();
    let read = Line::read(rest);
    let opens = rest.starts_with(['(', '-', '–', '—', '[', '/']);
    (opens && read.is_credit()).then(|| read.wire()).flatten().and_then(|wire| credit(wire, read.part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(byline: Option<&str>, text: &str, expected: &str) {
        let article = Article { byline: byline.map(str::to_owned), text: text.to_owned(), ..Article::default() };
        let found = of(&article).map_or("none".to_owned(), |credit| {
            format!("{} {:?}{}", credit.wire, credit.stands, if credit.part { " part" } else { "" })
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn bylines_credit() {
        check(Some("Associated Press"), "Text.", "AP Byline");
        check(Some("Mara Ito, Reuters"), "Text.", "Reuters Byline");
        check(Some("Staff and dpa"), "Text.", "dpa Byline");
        check(Some("Mara Ito with AFP"), "Text.", "AFP Byline part");
        check(Some("Pa Ito"), "Text.", "none");
        check(None, "By MARA ITO, Associated Press\n\nMARO — A ferry sank.", "AP Byline");
        check(None, "Agence France-Presse\n\nA ferry sank.", "AFP Byline");
    }

    #[test]
    fn datelines_credit() {
        check(None, "MARO, Lissia (AP) — A ferry sank.", "AP Dateline");
        check(None, "Maro, March 5 (Xinhua) -- A ferry sank.", "Xinhua Dateline");
        check(None, "MARO, March 5. /TASS/. A ferry sank.", "TASS Dateline");
        check(None, "AFP – A ferry sank.", "AFP Dateline");
        check(None, "The ferry at Maro on 21 July. (AFP photo) It sank.", "none");
        check(None, "Maro is quiet, the agency (AP) reported.", "none");
    }

    #[test]
    fn the_foot_credits() {
        check(None, "A ferry sank.\n\n— Reuters", "Reuters Foot");
        check(None, "A ferry sank.\n\nmi/jr (AFP, dpa)", "AFP Foot");
        check(None, "Ferry sinks\n\nA ferry sank. (AP)", "AP Foot");
        check(None, "Ferry sinks\n\nA ferry sank, he said. — Reuters", "Reuters Foot");
        check(None, "A ferry sank.\n\nWith Reuters", "Reuters Foot part");
        check(None, "A ferry sank.\n\nReuters contributed to this report.", "Reuters Foot part");
        check(
            None,
            "A ferry sank.\n\nAssociated Press writers Mara Ito in Maro and Leo Brandt in Orlo contributed to this report.",
            "AP Foot part",
        );
        check(None, "A ferry sank.\n\n(Reporting by Mara Ito; Editing by Leo Brandt)", "Reuters Foot");
        check(None, "A ferry sank.\n\nCopyright 2031 The Associated Press. All rights reserved.", "AP Foot");
        check(None, "A ferry sank.\n\nThe mayor told Reuters on Monday that she would resign.", "none");
        check(None, "A ferry sank.\n\nThe AP reported in March that the ferry was old.", "none");
    }

    #[test]
    fn outlets_that_are_agencies() {
        assert_eq!(outlet("The Associated Press"), Some("AP"));
        assert_eq!(outlet("AP News"), Some("AP"));
        assert_eq!(outlet("Reuters"), Some("Reuters"));
        assert_eq!(outlet("Valley Ledger"), None);
    }
}
