//! Pages that stand where an article should: challenges, consent walls, login walls, error pages.
//!
//! They come with status 200 and have a title and text like any page. Their words must never reach a digest.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use dom_query::{Document, NodeData};

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// "Just a moment…": a test for browsers.
    Challenge,
    /// A question about cookies or consent, and nothing else.
    Consent,
    /// Asks to log in or subscribe before a word is shown.
    Wall,
    /// Access denied, blocked, or not available in this region.
    Denied,
    /// Says that nothing is there.
    NotFound,
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Challenge => "a challenge for browsers",
            Self::Consent => "a request for consent",
            Self::Wall => "a login or subscription wall",
            Self::Denied => "a refusal",
            Self::NotFound => "a notice that nothing is there",
        })
    }
}

/// A page with more text than this is an article, whatever words occur in it.
const OBSTACLE_CHARS_MAX: usize = 1_500;

/// Phrases by section, lower case.
static PHRASES: LazyLock<Vec<(Obstacle, Place, &'static str)>> = LazyLock::new(|| {
    let mut section = None;
    let mut phrases = Vec::new();
    for line in include_str!("../../../config/lexicon/obstacles.txt").lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = match name {
                "challenge" => Some(Obstacle::Challenge),
                "consent" => Some(Obstacle::Consent),
                "wall" => Some(Obstacle::Wall),
                "denied" => Some(Obstacle::Denied),
                "not found" => Some(Obstacle::NotFound),
                _ => None,
            };
        } else if let Some(obstacle) = section.filter(|_| !line.is_empty() && !line.starts_with('#')) {
            phrases.push(match line.strip_prefix("title: ") {
                Some(phrase) => (obstacle, Place::Title, phrase),
                None => (obstacle, Place::Text, line),
            });
        }
    }
    phrases
});

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The whole title, its marks of punctuation at the ends aside.
    Title,
    /// Anywhere in a short text.
    Text,
}

/// The phrases that are looked for in texts, and what each shows, in the order of the list.
static IN_TEXTS: LazyLock<(AhoCorasick, Vec<Obstacle>)> = LazyLock::new(|| {
    let phrases = PHRASES.iter().filter(|(_, place, _)| *place == Place::Text);
    let (obstacles, phrases): (Vec<Obstacle>, Vec<&str>) =
        phrases.map(|(obstacle, _, phrase)| (*obstacle, *phrase)).unzip();
    (AhoCorasick::new(phrases).expect("a short list of phrases"), obstacles)
});

/// Whether a page shows hardly any text, its own or that around it.
pub(super) fn shows_little(document: &Document) -> bool {
    let Some(body) = document.body() else { return true };
    let mut shown = 0;
    let mut goes_beyond = |text: &str| {
        text.split_whitespace().any(|word| {
            shown += word.chars().count() + 1;
            shown > OBSTACLE_CHARS_MAX
        })
    };
    // Looks no further than it needs to.
    !body.descendants_it().any(|node| {
        let goes_beyond = node.query(|node| matches!(&node.data, NodeData::Text { contents } if goes_beyond(contents)));
        goes_beyond.unwrap_or_default()
    })
}

/// What kind of obstacle a page is, if it is one. `bare` is whether it shows hardly any text in all: a short article on a
/// page full of other stories is still judged, by its own length.
pub(super) fn recognise(title: &str, text: &str, bare: bool) -> Option<Obstacle> {
    if text.chars().nth(OBSTACLE_CHARS_MAX).is_some() {
        return None;
    }
    let ends: &[char] = &['.', '…', '!', ' ', ':'];
    let title = title.to_lowercase();
    let title = title.trim_matches(ends);
    let text = text.to_lowercase();
    let (in_texts, obstacles) = &*IN_TEXTS;
    let first = in_texts.find_overlapping_iter(&text).map(|found| found.pattern().as_usize()).min();
    let titled = |holds: &dyn Fn(&str) -> bool| {
        let named = PHRASES.iter().find(|(_, place, phrase)| *place == Place::Title && holds(phrase));
        named.map(|(obstacle, ..)| *obstacle)
    };
    first
        .map(|first| obstacles[first])
        .or_else(|| titled(&|phrase| title == phrase))
        // With hardly any text of its own, a page is judged by its title alone: no article shows so little.
        .or_else(|| bare.then(|| titled(&|phrase| title.starts_with(phrase))).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(title: &str, text: &str, bare: bool, expected: Option<Obstacle>) {
        assert_eq!(recognise(title, text, bare), expected, "{title}");
    }

    #[test]
    fn obstacles_are_recognised() {
        check(
            "Just a moment...",
            "courier.example needs to review the security of your connection",
            true,
            Some(Obstacle::Challenge),
        );
        check("Harbour Courier", "Please verify you are a human to continue.", true, Some(Obstacle::Challenge));
        check(
            "Before you continue",
            "We and our 842 partners store and access information on your device.",
            true,
            Some(Obstacle::Consent),
        );
        check(
            "Access Denied",
            "You don't have permission to access this page on this server.",
            true,
            Some(Obstacle::Denied),
        );
        check("404 Not Found", "nginx", true, Some(Obstacle::NotFound));
    }

    #[test]
    fn articles_about_them_are_not() {
        let story = "The ministry said that a captcha had kept thousands of residents out of the portal. ".repeat(30);
        check("Access denied: how a portal failed its town", &story, false, None);
        check(
            "Access denied: how a portal failed its town",
            "Residents queued at the town hall on Monday.",
            false,
            None,
        );
        check("Ferry runs aground", "The ferry ran aground off the old harbour on Monday.", true, None);
    }
}
