//! Vocabulary files → tables that find their phrases in tokens.
//!
//! A file is lines: `# comment`, `[section]`, and phrases separated by commas, which may carry a value: `dozen, dozens = 12`.
//! Phrases are in lower case; a word of a phrase matches a token whatever its case. Shipped files are embedded, so that a
//! mistake in them shows in the tests and not at run time.

use rustc_hash::FxHashMap;

use super::text::Token;

/// No word of any list is longer; a longer token matches nothing.
const WORD_BYTES_MAX: usize = 32;

/// A word whatever its case, as a number to look it up by. Tokens are made with theirs, for every vocabulary asks for it.
///
/// Two words may share a key, so what is found by one is compared with the word itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// The key of a text that no list has.
    const NONE: Self = Self(0);

    pub fn of(word: &str) -> Self {
        /// An odd number with bits all over: multiplying by it spreads each byte (Fibonacci hashing).
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        const STEP: usize = size_of::<u64>();
        let mut buffer = [0; WORD_BYTES_MAX];
        let Some(len) = lower_case_into(word, &mut buffer) else { return Self::NONE };
        let steps = buffer[..len.next_multiple_of(STEP)].chunks_exact(STEP);
        let numbers = steps.map(|step| step.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        Self(numbers.fold(SPREAD, |key, number| (key.rotate_left(23) ^ number).wrapping_mul(SPREAD)))
    }
}

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

/// A table of phrases of one or more words, each with a meaning.
#[derive(Debug)]
pub struct Phrases<T> {
    /// By first word: the phrases that start with it, longest first.
    by_first: FxHashMap<Key, Vec<Phrase<T>>>,
}

/// The words of a phrase and what the whole means.
#[derive(Debug)]
struct Phrase<T> {
    words: Vec<Box<str>>,
    meaning: T,
}

impl<T> Phrases<T> {
    /// A table of the given phrases; of two equal ones the first counts.
    pub fn new<'a>(phrases: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut by_first: FxHashMap<Key, Vec<Phrase<T>>> = FxHashMap::default();
        for (phrase, meaning) in phrases {
            let words: Vec<Box<str>> = phrase.split_whitespace().map(Box::from).collect();
            let Some(key) = words.first().map(|first| Key::of(first)).filter(|key| *key != Key::NONE) else { continue };
            by_first.entry(key).or_default().push(Phrase { words, meaning });
        }
        for phrases in by_first.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        Self { by_first }
    }

    /// The longest phrase that starts at the first of `tokens`, as its number of tokens and its meaning.
    pub fn longest_at(&self, tokens: &[Token]) -> Option<(usize, &T)> {
        self.all_at(tokens).next()
    }

    /// All phrases that start at the first of `tokens`, longest first.
    pub fn all_at<'p>(&'p self, tokens: &[Token]) -> impl Iterator<Item = (usize, &'p T)> {
        let phrases = tokens.first().map_or(&[][..], |first| self.starting(first.key));
        phrases.iter().filter_map(move |Phrase { words, meaning }| {
            let matches =
                words.len() <= tokens.len() && words.iter().zip(tokens).all(|(word, token)| is_word(token.text, word));
            matches.then_some((words.len(), meaning))
        })
    }

    /// Whether some phrase starts with the token: a quick look before a longer one.
    pub fn starts(&self, token: &Token) -> bool {
        self.starting(token.key).iter().any(|phrase| is_word(token.text, &phrase.words[0]))
    }

    /// The meaning of a token alone.
    pub fn of(&self, token: &Token) -> Option<&T> {
        self.single(token.text, token.key)
    }

    /// The meaning of a single word.
    pub fn word(&self, word: &str) -> Option<&T> {
        self.single(word, Key::of(word))
    }

    fn single(&self, text: &str, key: Key) -> Option<&T> {
        let mut single = self.starting(key).iter().filter(|phrase| phrase.words.len() == 1);
        single.find(|phrase| is_word(text, &phrase.words[0])).map(|phrase| &phrase.meaning)
    }

    fn starting(&self, key: Key) -> &[Phrase<T>] {
        self.by_first.get(&key).map_or(&[][..], Vec::as_slice)
    }
}

fn is_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
        || !text.is_ascii() && lower_case(text, &mut [0; WORD_BYTES_MAX]).is_some_and(|text| text == word)
}

/// `text` in lower case with straight apostrophes, without allocation.
fn lower_case<'b>(text: &str, buffer: &'b mut [u8; WORD_BYTES_MAX]) -> Option<&'b str> {
    let len = lower_case_into(text, buffer)?;
    std::str::from_utf8(&buffer[..len]).ok()
}

/// The length of `text` in lower case, which is put at the start of `buffer`.
fn lower_case_into(text: &str, buffer: &mut [u8; WORD_BYTES_MAX]) -> Option<usize> {
    if text.is_ascii() { ascii_lower_case(text, buffer) } else { unicode_lower_case(text, buffer) }
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
