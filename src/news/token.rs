//! Signed marks: links that need no password, and envelope senders that tell whose bounce it is.
//!
//! Each is a subscriber's id and a keyed hash over it and its purpose, so that one cannot be made from another, nor by
//! anyone without the key. They are lower-case hexadecimal of a fixed length: safe in links, in addresses (whose case
//! servers may change) and in quoted-printable text.

use ring::hmac;
use sha2::{Digest as _, Sha256};

/// Digits of a subscriber's id, as the store makes them.
pub const SUBSCRIBER_CHARS: usize = 16;
/// Digits of the hash in a link: 128 bits.
const LINK_HASH_CHARS: usize = 32;
/// Characters of a link's mark.
pub const LINK_CHARS: usize = SUBSCRIBER_CHARS + LINK_HASH_CHARS;
/// Digits that stand for the edition in an envelope sender: 32 bits tell the editions of one subscriber apart.
const EDITION_CHARS: usize = 8;
/// Digits of the hash in an envelope sender: 64 bits, as a forger gets no answer to try against.
const BOUNCE_HASH_CHARS: usize = 16;
/// Characters of an envelope sender's mark.
pub const BOUNCE_CHARS: usize = SUBSCRIBER_CHARS + EDITION_CHARS + BOUNCE_HASH_CHARS;

/// The key that signs. Never shown.
#[derive(Clone)]
pub struct Key(hmac::Key);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// To leave the edition of this name.
    Unsubscribe(&'a str),
    /// To see and change what one gets.
    Preferences,
    /// To confirm that one asked for it.
    Confirm,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Key {
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The mark of a link.
    pub fn link(&self, purpose: Purpose<'_>, subscriber_id: &str) -> String {
        let (word, scope) = purpose.parts();
        let mut mark = subscriber_id.to_owned();
        mark.push_str(&self.hash(&[word, scope, subscriber_id], LINK_HASH_CHARS));
        mark
    }

    /// The subscriber whom a link's mark speaks of, if we made it for that purpose.
    pub fn read_link<'m>(&self, purpose: Purpose<'_>, mark: &'m str) -> Option<&'m str> {
        let (subscriber_id, _) = mark.split_at_checked(SUBSCRIBER_CHARS)?;
        same(&self.link(purpose, subscriber_id), mark).then_some(subscriber_id)
    }

    /// The mark of an envelope sender: which delivery a bounce is about (VERP).
    pub fn bounce(&self, edition_id: &str, subscriber_id: &str) -> String {
        let edition = edition_mark(edition_id);
        let hash = self.hash(&["bounce", &edition, subscriber_id], BOUNCE_HASH_CHARS);
        format!("{subscriber_id}{edition}{hash}")
    }

    /// The subscriber, and the [`edition_mark`], that an envelope sender's mark speaks of, if we made it.
    pub fn read_bounce(&self, mark: &str) -> Option<(String, String)> {
        let mark = mark.to_ascii_lowercase();
        let (subscriber_id, rest) = mark.split_at_checked(SUBSCRIBER_CHARS)?;
        let (edition, hash) = rest.split_at_checked(EDITION_CHARS)?;
        let ours = self.hash(&["bounce", edition, subscriber_id], BOUNCE_HASH_CHARS);
        same(&ours, hash).then(|| (subscriber_id.to_owned(), edition.to_owned()))
    }

    /// A text that nobody can guess, of the form of a link's mark: it holds the place of one in a message that is made
    /// once for many.
    pub fn placeholder(&self, what: &str, edition_id: &str) -> String {
        self.hash(&["placeholder", what, edition_id], LINK_CHARS)
    }

    fn hash(&self, parts: &[&str], chars: usize) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            // The length keeps ("a", "bc") and ("ab", "c") apart.
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        hex(context.sign().as_ref(), chars)
    }
}

impl<'a> Purpose<'a> {
    fn parts(self) -> (&'static str, &'a str) {
        match self {
            Self::Unsubscribe(edition) => ("unsubscribe", edition),
            Self::Preferences => ("preferences", ""),
            Self::Confirm => ("confirm", ""),
        }
    }
}

/// The digits that stand for an edition in an envelope sender.
pub fn edition_mark(edition_id: &str) -> String {
    hex(&Sha256::digest(edition_id), EDITION_CHARS)
}

fn hex(bytes: &[u8], chars: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.take(chars).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// In a time that does not depend on where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const READER: &str = "0123456789abcdef";

    #[test]
    fn a_link_is_for_one_reader_and_one_purpose() {
        let key = Key::new(b"one");
        let purposes =
            [Purpose::Unsubscribe("daily"), Purpose::Unsubscribe("weekly"), Purpose::Preferences, Purpose::Confirm];
        for made_for in purposes {
            let mark = key.link(made_for, READER);
            assert_eq!(mark.len(), LINK_CHARS);
            for used_for in purposes {
                assert_eq!(key.read_link(used_for, &mark).is_some(), made_for == used_for, "{made_for:?} {used_for:?}");
            }
            assert_eq!(Key::new(b"two").read_link(made_for, &mark), None);
            assert_eq!(key.read_link(made_for, &mark.replacen('0', "1", 1)), None);
        }
    }

    #[test]
    fn a_bounce_tells_whose_it_is_in_any_case() {
        let key = Key::new(b"one");
        let mark = key.bounce("daily-20310305T050000Z", READER);
        assert_eq!(mark.len(), BOUNCE_CHARS);
        let (reader, edition) = key.read_bounce(&mark.to_ascii_uppercase()).unwrap();
        assert_eq!((&*reader, edition), (READER, edition_mark("daily-20310305T050000Z")));
        assert_eq!(Key::new(b"two").read_bounce(&mark), None);
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_a_mark(text in "\\PC{0,60}") {
            let key = Key::new(b"one");
            prop_assert_eq!(key.read_link(Purpose::Preferences, &text), None);
            prop_assert_eq!(key.read_bounce(&text), None);
        }
    }
}
