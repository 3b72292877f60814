//! What a silent edit of an article changed, sentence by sentence.
//!
//! The store keeps every text an article has had, because earlier editions quote it. Given two of them, this says which
//! sentences went and which came. A sentence that only moved, or whose white space or capitals changed, is the same.

use rustc_hash::FxHashMap;

use super::text::{Span, Text};

/// What is in one text and not in the other, in the order of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Sentences of the old text that the new one does not have: spans of the old text.
    pub removed: Vec<Span>,
    /// Sentences of the new text that the old one did not have: spans of the new text.
    pub added: Vec<Span>,
}

impl Revision {
    /// Whether the two texts say the same.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// Compares two texts of an article. Takes time linear in both.
pub fn between(old: &str, new: &str) -> Revision {
    let (old, new) = (sentences(old), sentences(new));
    Revision { removed: beyond(&old, &new), added: beyond(&new, &old) }
}

fn sentences(text: &str) -> Vec<(Span, String)> {
    let read = Text::read(text);
    let words = |span: Span| {
        let words = span.slice(text).unwrap_or_default().split_whitespace();
        words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    read.sentences.iter().map(|sentence| (sentence.span, words(sentence.span))).collect()
}

/// The sentences of `these` that are there more often than in `those`.
fn beyond(these: &[(Span, String)], those: &[(Span, String)]) -> Vec<Span> {
    let mut left: FxHashMap<&str, usize> = FxHashMap::default();
    for (_, words) in those {
        *left.entry(words).or_default() += 1;
    }
    let is_beyond = |words: &str| match left.get_mut(words) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let mut is_beyond = is_beyond;
    these.iter().filter(|(_, words)| is_beyond(words)).map(|(span, _)| *span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, removed: &[&str], added: &[&str]) {
        let revision = between(old, new);
        let slices = |text: &'static str, spans: &[Span]| -> Vec<&'static str> {
            spans.iter().map(|span| span.slice(text).unwrap()).collect()
        };
        let (old, new): (&'static str, &'static str) = (old.to_owned().leak(), new.to_owned().leak());
        assert_eq!(slices(old, &revision.removed), removed);
        assert_eq!(slices(new, &revision.added), added);
        assert_eq!(revision.is_empty(), removed.is_empty() && added.is_empty());
    }

    #[test]
    fn a_changed_figure_is_one_sentence_gone_and_one_come() {
        check(
            "A ferry sank off Maro. Twelve people died. It was old.",
            "A ferry sank off Maro. Nine people died. It was old.",
            &["Twelve people died."],
            &["Nine people died."],
        );
    }

    #[test]
    fn moving_and_spacing_change_nothing() {
        check("A ferry sank.\n\nIt was old.", "IT  was old. A ferry\tsank.", &[], &[]);
        check("", "", &[], &[]);
    }

    #[test]
    fn a_repetition_is_counted() {
        check("It sank. It sank.", "It sank.", &["It sank."], &[]);
        check("", "It sank.", &[], &["It sank."]);
    }
}
