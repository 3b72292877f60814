//! One edition for many readers: encoded once, then copied for each with their own address, id and links put in.
//!
//! Rendering and encoding an edition takes milliseconds, copying it microseconds, and a hundred thousand readers get the
//! same edition. What differs between their messages is a few headers at the top, and the marks in the links, which are
//! all of one length: places for them are rendered into the edition under texts that nobody can guess.

use lettre::Address;

use super::digest::Digest;
use super::message::{self, Links, MessageError, Rendered, Sender};
use super::subscriber::Format;
use super::token::{self, Key, Purpose};

/// Where readers find us.
#[derive(Clone, Debug)]
pub struct Reach {
    pub key: Key,
    /// The pages' address, without a slash at the end.
    pub url: Option<String>,
    /// Where bounces come back to, and messages that ask to be unsubscribed; without a mark yet.
    pub bounces: Option<Address>,
    /// Where bounces go without that.
    pub from: Address,
}

/// The pages' paths; each is followed by a mark.
pub const UNSUBSCRIBE: &str = "unsubscribe";
pub const PREFERENCES: &str = "preferences";
pub const CONFIRM: &str = "confirm";
/// The page where people sign up; no mark follows it.
pub const SUBSCRIBE: &str = "subscribe";

/// Headers are folded before a part that would make the line longer: RFC 5322 asks for 78.
const HEADER_CHARS: usize = 76;

/// An edition in one format, ready to be addressed.
#[derive(Clone, Debug)]
pub struct Letter {
    edition_id: String,
    name: String,
    contact: String,
    bytes: Vec<u8>,
    /// Where each character of an unsubscribe mark stands in it, and of a preferences mark: one list for each place.
    unsubscribe: Vec<Vec<usize>>,
    preferences: Vec<Vec<usize>>,
}

/// One reader's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// The envelope's sender.
    pub from: Address,
    /// Headers and body.
    pub bytes: Vec<u8>,
}

impl Reach {
    /// The links that a digest is rendered with, to be put into a letter of that edition; `None` without pages.
    pub fn places(&self, edition_id: &str, name: &str) -> Option<Links> {
        let place = |what| self.key.placeholder(what, edition_id);
        Some(Links {
            unsubscribe: self.page(UNSUBSCRIBE, Some(name), &place(UNSUBSCRIBE))?,
            preferences: self.page(PREFERENCES, None, &place(PREFERENCES))?,
        })
    }

    /// The address of a page.
    pub fn page(&self, page: &str, edition: Option<&str>, mark: &str) -> Option<String> {
        let url = self.url.as_ref()?;
        Some(match edition {
            Some(edition) => format!("{url}/{page}/{edition}/{mark}"),
            None => format!("{url}/{page}/{mark}"),
        })
    }

    /// The envelope sender of a delivery: where its bounce comes back to, with the mark that tells whose it is.
    pub fn sender(&self, edition_id: &str, subscriber_id: &str) -> Address {
        let marked = self.bounces.as_ref().and_then(|bounces| {
            let mark = self.key.bounce(edition_id, subscriber_id);
            Address::new(format!("{}+{mark}", bounces.user()), bounces.domain()).ok()
        });
        marked.unwrap_or_else(|| self.from.clone())
    }
}

impl Letter {
    /// Encodes an edition that was rendered with the places for links ([`Reach::places`]).
    ///
    /// # Errors
    /// When lettre refuses a header.
    pub fn new(
        edition_id: &str,
        rendered: &Rendered,
        digest: &Digest,
        sender: &Sender,
        reach: &Reach,
        format: Format,
    ) -> Result<Self, MessageError> {
        let boundary = reach.key.placeholder("boundary", edition_id);
        let bytes = message::common(rendered, digest, sender, format, &boundary)?;
        let places = |what: &str| places(&bytes, reach.key.placeholder(what, edition_id).as_bytes());
        Ok(Self {
            edition_id: edition_id.to_owned(),
            name: digest.frame.name.clone(),
            contact: sender.reply_to.as_ref().unwrap_or(&sender.from).email.to_string(),
            unsubscribe: places(UNSUBSCRIBE),
            preferences: places(PREFERENCES),
            bytes,
        })
    }

    /// The message to one reader: always the same bytes for the same reader.
    pub fn to(&self, to: &Address, subscriber_id: &str, message_id: &str, reach: &Reach) -> Addressed {
        let unsubscribe = reach.key.link(Purpose::Unsubscribe(&self.name), subscriber_id);
        let preferences = reach.key.link(Purpose::Preferences, subscriber_id);
        let from = reach.sender(&self.edition_id, subscriber_id);
        let by_mail = if reach.bounces.is_some() { from.to_string() } else { self.contact.clone() };
        let mut parts = vec![format!("<mailto:{by_mail}?subject=unsubscribe>")];
        let page = reach.page(UNSUBSCRIBE, Some(&self.name), &unsubscribe);
        parts.extend(page.iter().map(|page| format!("<{page}>")));
        // Mail programs take the first that they know; the page is the surer way.
        parts.reverse();
        let mut bytes = Vec::with_capacity(self.bytes.len() + 600);
        header(&mut bytes, "To", &[to.to_string()]);
        header(&mut bytes, "Message-ID", &[message_id.to_owned()]);
        header(&mut bytes, "List-Unsubscribe", &parts);
        if page.is_some() {
            header(&mut bytes, "List-Unsubscribe-Post", &["List-Unsubscribe=One-Click".to_owned()]);
        }
        let start = bytes.len();
        bytes.extend_from_slice(&self.bytes);
        for (places, mark) in [(&self.unsubscribe, &unsubscribe), (&self.preferences, &preferences)] {
            for place in places {
                for (at, character) in place.iter().zip(mark.bytes()) {
                    bytes[start + at] = character;
                }
            }
        }
        Addressed { from, bytes }
    }
}

/// Writes a header whose value is given in parts, with commas between them. No control character gets through, whatever
/// the parts hold: it would end the header and begin another.
fn header(out: &mut Vec<u8>, name: &str, parts: &[String]) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let mut column = name.len() + 1;
    for (nth, part) in parts.iter().enumerate() {
        let part: String = part.chars().filter(|c| !c.is_control()).collect();
        if nth > 0 {
            out.push(b',');
            column += 1;
        }
        if column + part.len() >= HEADER_CHARS && nth > 0 {
            out.extend_from_slice(b"\r\n");
            column = 0;
        }
        out.push(b' ');
        out.extend_from_slice(part.as_bytes());
        column += 1 + part.len();
    }
    out.extend_from_slice(b"\r\n");
}

/// Where a text stands in quoted-printable bytes: the place of each character, as a line may be broken within (`=`, CR,
/// LF).
fn places(bytes: &[u8], text: &[u8]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(offset) = bytes[start..].iter().position(|byte| Some(byte) == text.first()) {
        start += offset;
        let (mut at, mut place) = (start, Vec::with_capacity(text.len()));
        for byte in text {
            while bytes[at..].starts_with(b"=\r\n") {
                at += 3;
            }
            if bytes.get(at) != Some(byte) {
                break;
            }
            place.push(at);
            at += 1;
        }
        if place.len() == text.len() {
            found.push(place);
        }
        start += 1;
    }
    found
}

/// The address as mail carries it: its domain as it is looked up (IDNA). What is left beyond ASCII is in the local part.
pub fn ascii_domain(address: &Address) -> Address {
    let domain = url::Host::parse(address.domain()).map(|host| host.to_string());
    domain.ok().and_then(|domain| Address::new(address.user(), domain).ok()).unwrap_or_else(|| address.clone())
}

const _: () = assert!(token::LINK_CHARS == 48, "the marks in links have one length");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_across_soft_line_breaks() {
        let bytes = b"see https://x/ab=\r\ncd and abcd, not abc";
        let found = places(bytes, b"abcd");
        assert_eq!(found, [vec![14, 15, 19, 20], vec![26, 27, 28, 29]]);
        assert!(places(b"ab", b"abcd").is_empty() && places(b"", b"a").is_empty());
    }

    #[test]
    fn a_header_stays_one_header() {
        let mut out = Vec::new();
        header(
            &mut out,
            "List-Unsubscribe",
            &["<https://x.example/a\r\nBcc: b@c.example>".to_owned(), "<mailto:a@b.example\0>".to_owned()],
        );
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "List-Unsubscribe: <https://x.example/aBcc: b@c.example>,\r\n <mailto:a@b.example>\r\n");
    }

    #[test]
    fn international_domains_become_ascii() {
        let check = |text: &str, expected: &str| {
            assert_eq!(ascii_domain(&text.parse().unwrap()).to_string(), expected);
        };
        check("leser@bücher.example", "leser@xn--bcher-kva.example");
        check("Reader@Inbox.Example", "Reader@inbox.example");
    }
}
