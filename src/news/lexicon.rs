//! Vocabulary files → tables that find their phrases in tokens.
//!
//! A file is lines: `# comment`, `[section]`, and phrases separated by commas, which may carry a value: `dozen, dozens = 12`.
//! Phrases are in lower case; a word of a phrase matches a token whatever its case. Shipped files are embedded, so that a
//! mistake in them shows in the tests and not at run time.

use rustc_hash::FxHashMap;

use super::text::Token;

/// No word of any list is longer; a longer token matches nothing.
const WORD_BYTES_MAX: usize = 32;

/// One phrase of a vocabulary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The `[section]` it stands under; empty before the first.
    pub section: &'a str,
    pub phrase: &'a str,
    /// What stands behind `=`; empty if nothing does.
    pub value: &'a str,
}

/// The phrases of a vocabulary file, in order.
pub fn entries(source: &str) -> impl Iterator<Item = Entry<'_>> {
    let mut section = "";
    source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).flat_map(move |line| {
        let (phrases, value) = line.split_once('=').unwrap_or((line, ""));
        let heading = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        section = heading.unwrap_or(section);
        let phrases = if heading.is_some() { "" } else { phrases };
        let (section, value) = (section, value.trim());
        phrases.split(',').map(str::trim).filter(|phrase| !phrase.is_empty()).map(move |phrase| Entry {
            section,
            phrase,
            value,
        })
    })
}

/// First words → the words that may follow, longest first, and what the whole phrase means.
type ByFirst<T> = FxHashMap<Box<str>, Vec<(Vec<Box<str>>, T)>>;

/// A table of phrases of one or more words, each with a meaning.
#[derive(Debug)]
pub struct Phrases<T> {
    by_first: ByFirst<T>,
}

impl<T> Phrases<T> {
    /// A table of the given phrases; of two equal ones the first counts.
    pub fn new<'a>(phrases: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut by_first: ByFirst<T> = ByFirst::default();
        for (phrase, meaning) in phrases {
            let mut words = phrase.split_whitespace().map(Box::from);
            let Some(first) = words.next() else { continue };
            by_first.entry(first).or_default().push((words.collect(), meaning));
        }
        for following in by_first.values_mut() {
            following.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
        Self { by_first }
    }

    /// The longest phrase that starts at the first of `tokens`, as its number of tokens and its meaning.
    pub fn longest_at(&self, tokens: &[Token]) -> Option<(usize, &T)> {
        self.all_at(tokens).next()
    }

    /// All phrases that start at the first of `tokens`, longest first.
    pub fn all_at<'p>(&'p self, tokens: &[Token]) -> impl Iterator<Item = (usize, &'p T)> {
        let mut buffer = [0; WORD_BYTES_MAX];
        let first = tokens.first().and_then(|first| lower_case(first.text, &mut buffer));
        let following = first.and_then(|first| self.by_first.get(first)).map_or(&[][..], Vec::as_slice);
        let rest = tokens.get(1..).unwrap_or_default();
        following.iter().filter_map(move |(words, meaning)| {
            let matches =
                words.len() <= rest.len() && words.iter().zip(rest).all(|(word, token)| is_word(token.text, word));
            matches.then_some((words.len() + 1, meaning))
        })
    }

    /// Whether some phrase starts with the word: a quick look before a longer one.
    pub fn starts(&self, word: &str) -> bool {
        let mut buffer = [0; WORD_BYTES_MAX];
        lower_case(word, &mut buffer).is_some_and(|word| self.by_first.contains_key(word))
    }

    /// The meaning of a single word.
    pub fn word(&self, word: &str) -> Option<&T> {
        let mut buffer = [0; WORD_BYTES_MAX];
        let following = self.by_first.get(lower_case(word, &mut buffer)?)?;
        following.iter().find(|(words, _)| words.is_empty()).map(|(_, meaning)| meaning)
    }
}

fn is_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
        || !text.is_ascii() && lower_case(text, &mut [0; WORD_BYTES_MAX]).is_some_and(|text| text == word)
}

/// `text` in lower case with straight apostrophes, without allocation.
fn lower_case<'b>(text: &str, buffer: &'b mut [u8; WORD_BYTES_MAX]) -> Option<&'b str> {
    let len = if text.is_ascii() { ascii_lower_case(text, buffer)? } else { unicode_lower_case(text, buffer)? };
    std::str::from_utf8(&buffer[..len]).ok()
}

fn ascii_lower_case(text: &str, buffer: &mut [u8; WORD_BYTES_MAX]) -> Option<usize> {
    let target = buffer.get_mut(..text.len())?;
    target.copy_from_slice(text.as_bytes());
    target.make_ascii_lowercase();
    Some(text.len())
}

fn unicode_lower_case(text: &str, buffer: &mut [u8; WORD_BYTES_MAX]) -> Option<usize> {
    let mut len = 0;
    for char in text.chars().flat_map(|char| if char == '’' { '\'' } else { char }.to_lowercase()) {
        let end = len + char.len_utf8();
        char.encode_utf8(buffer.get_mut(len..end)?);
        len = end;
    }
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    #[test]
    fn a_file_gives_its_phrases_with_section_and_value() {
        let source = "# numbers\n[small]\none, a single = 1\n\n[words]\nmany\n";
        let found: Vec<_> = entries(source).map(|entry| (entry.section, entry.phrase, entry.value)).collect();
        assert_eq!(found, [("small", "one", "1"), ("small", "a single", "1"), ("words", "many", "")]);
    }

    #[test]
    fn the_longest_phrase_wins_whatever_its_case() {
        let phrases = Phrases::new([("at", 1), ("at least", 2), ("don't", 3), ("ökonom", 4)]);
        let text = Text::read("AT LEAST");
        assert_eq!(phrases.longest_at(&text.tokens), Some((2, &2)));
        assert_eq!(phrases.longest_at(&text.tokens[..1]), Some((1, &1)));
        assert_eq!(phrases.word("Don’t"), Some(&3));
        assert_eq!(phrases.word("Ökonom"), Some(&4));
        assert_eq!(phrases.word(&"x".repeat(99)), None);
    }
}
