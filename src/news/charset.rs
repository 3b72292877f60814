//! Bytes → text, whatever they claim to be.
//!
//! The order is the one that feed readers and browsers have converged on: byte order mark, then *valid UTF-8* (declared
//! charsets lie more often than valid UTF-8 does), then the HTTP header, then the document's own declaration, then a
//! statistical detector. Nothing here fails: bytes that mean nothing become U+FFFD.

mod prescan;

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memchr_iter};

/// How far into a document its own declaration is looked for. The HTML standard asks for 1,024; pages that put scripts
/// before `<meta charset>` are common enough to look further, and the scan is linear.
const DECLARATION_BYTES_MAX: usize = 16 * 1024;

/// What the detector is shown, from the first byte that is not ASCII on: it is certain long before, and slow.
const DETECTED_BYTES_MAX: usize = 256 * 1024;

/// A document with both valid and invalid UTF-8 is taken for damaged UTF-8 when at least this many valid multi-byte
/// sequences stand beside each invalid byte. In text of any single-byte encoding they hardly occur.
const VALID_SEQUENCES_PER_INVALID_BYTE_MIN: usize = 2;

/// Where a document may declare its own encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// `<?xml version="1.0" encoding="…"?>`
    Xml,
    /// `<meta charset="…">` and its older form; an XML declaration counts too (XHTML).
    Html,
    /// Nowhere.
    Plain,
}

/// Decoded text and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'b> {
    /// Borrowed where the bytes were clean UTF-8 already. Without byte order mark.
    pub text: Cow<'b, str>,
    /// The WHATWG name of the encoding used, or `UTF-32LE`, `UTF-32BE`.
    pub encoding: &'static str,
    /// Some bytes had no meaning in that encoding and were replaced or repaired.
    pub damaged: bool,
}

/// Decodes a document. `content_type` is the HTTP header as received (`text/xml; charset=koi8-r`), `markup` says where
/// the document itself may name its encoding.
pub fn decode<'b>(bytes: &'b [u8], content_type: Option<&str>, markup: Markup) -> Decoded<'b> {
    let mut decoded = decode_as_found(bytes, content_type, markup);
    repair_c1(&mut decoded.text);
    decoded
}

fn decode_as_found<'b>(bytes: &'b [u8], content_type: Option<&str>, markup: Markup) -> Decoded<'b> {
    if let Some((wide, rest)) = Utf32::of(bytes) {
        return wide.decode(rest);
    }
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let rest = &bytes[length..];
        return if encoding == UTF_8 { decode_utf8(rest) } else { decode_with(encoding, rest) };
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return decode_with(encoding, bytes);
    }
    let header = content_type.and_then(header_charset);
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let declared = || match markup {
        Markup::Xml => prescan::xml_declaration(head),
        Markup::Html => prescan::html_meta(head).or_else(|| prescan::xml_declaration(head)),
        Markup::Plain => None,
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        // Pure ASCII may still be ISO-2022-JP, whose escapes are ASCII.
        let escaped = memchr(0x1b, bytes).is_some()
            && text.is_ascii()
            && header.or_else(declared).is_some_and(|encoding| encoding == ISO_2022_JP);
        return if escaped { decode_with(ISO_2022_JP, bytes) } else { utf8_borrowed(text) };
    }
    let utf8 = Utf8Evidence::of(bytes);
    if utf8.sequences >= utf8.invalid.saturating_mul(VALID_SEQUENCES_PER_INVALID_BYTE_MIN) {
        return decode_utf8(bytes);
    }
    // UTF-8 has been refuted by now, and wide encodings show in their zero bytes.
    let plausible = |encoding: &&'static Encoding| ![UTF_8, UTF_16LE, UTF_16BE, REPLACEMENT].contains(encoding);
    match header.filter(plausible).or_else(|| declared().filter(plausible)) {
        Some(encoding) => decode_with(encoding, bytes),
        None => decode_with(detect(bytes), bytes),
    }
}

fn decode_with<'b>(encoding: &'static Encoding, bytes: &'b [u8]) -> Decoded<'b> {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    Decoded { text, encoding: encoding.name(), damaged }
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let start = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let end = bytes.len().min(start + DETECTED_BYTES_MAX);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[start..end], end == bytes.len());
    detector.guess(None, Utf8Detection::Deny)
}

/// The encoding a label names. Knows the WHATWG labels and the ways in which they are commonly misspelt (`cp-1251`,
/// `utf_8`, `win1252`, `iso8859_2`).
pub fn for_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim_matches(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'');
    Encoding::for_label(label.as_bytes()).or_else(|| {
        let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let number = |prefix: &str| plain.strip_prefix(prefix).filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        let page = number("windows").or_else(|| number("win")).or_else(|| number("cp")).or_else(|| number("ms"));
        let known = match (page, number("iso8859")) {
            (Some("65001"), _) => "utf-8".to_owned(),
            (Some("932"), _) => "shift_jis".to_owned(),
            (Some("936"), _) => "gbk".to_owned(),
            (Some("949"), _) => "euc-kr".to_owned(),
            (Some("950"), _) => "big5".to_owned(),
            (Some(page), _) => format!("windows-{page}"),
            (_, Some(part)) => format!("iso-8859-{part}"),
            _ if plain == "unicode" => "utf-8".to_owned(),
            _ => plain,
        };
        Encoding::for_label(known.as_bytes())
    })
}

/// The `charset` parameter of a `Content-Type` header.
fn header_charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split([';', ',']).skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("charset") { for_label(value) } else { None }
    })
}

/// UTF-32, which the WHATWG encodings leave out and old feeds do not.
#[derive(Clone, Copy)]
enum Utf32 {
    Little,
    Big,
}

impl Utf32 {
    /// By byte order mark, or by the zeros around the first `<`. Gives what follows the mark. Has to be asked before
    /// UTF-16, whose little-endian mark is the beginning of this one's.
    fn of(bytes: &[u8]) -> Option<(Self, &[u8])> {
        match bytes {
            [0xff, 0xfe, 0, 0, rest @ ..] => Some((Self::Little, rest)),
            [0, 0, 0xfe, 0xff, rest @ ..] => Some((Self::Big, rest)),
            [b'<', 0, 0, 0, ..] => Some((Self::Little, bytes)),
            [0, 0, 0, b'<', ..] => Some((Self::Big, bytes)),
            _ => None,
        }
    }

    fn decode(self, bytes: &[u8]) -> Decoded<'static> {
        let mut damaged = !bytes.len().is_multiple_of(4);
        let text = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|&unit| {
                let code = match self {
                    Self::Little => u32::from_le_bytes(unit),
                    Self::Big => u32::from_be_bytes(unit),
                };
                char::from_u32(code).unwrap_or_else(|| {
                    damaged = true;
                    char::REPLACEMENT_CHARACTER
                })
            })
            .collect::<String>();
        let encoding = match self {
            Self::Little => "UTF-32LE",
            Self::Big => "UTF-32BE",
        };
        Decoded { text: Cow::Owned(text), encoding, damaged }
    }
}

/// UTF-16 that forgot its byte order mark: markup begins with `<` or white space, whose upper byte is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let opens = |byte: u8| byte == b'<' || byte == b'{' || byte.is_ascii_whitespace();
    match bytes {
        [first, 0, second, 0, ..] if opens(*first) && second.is_ascii() && *second != 0 => Some(UTF_16LE),
        [0, first, 0, second, ..] if opens(*first) && second.is_ascii() && *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// What speaks for and against UTF-8.
#[derive(Default)]
struct Utf8Evidence {
    /// Valid sequences of two bytes or more.
    sequences: usize,
    /// Bytes that are part of no valid sequence. A sequence that the end of the document cuts off does not count.
    invalid: usize,
}

impl Utf8Evidence {
    fn of(bytes: &[u8]) -> Self {
        let mut evidence = Self::default();
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            evidence.sequences += chunk.valid().bytes().filter(|&byte| byte >= 0xc0).count();
            let cut_off = chunks.peek().is_none() && is_cut_off(chunk.invalid());
            if !cut_off {
                evidence.invalid += chunk.invalid().len();
            }
        }
        evidence
    }
}

/// Decodes UTF-8, reading each stray byte as the windows-1252 character somebody pasted in. A sequence that the end of
/// the document cuts off is replaced.
fn decode_utf8(bytes: &[u8]) -> Decoded<'_> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return utf8_borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        let stray = chunk.invalid();
        if chunks.peek().is_none() && is_cut_off(stray) {
            text.push(char::REPLACEMENT_CHARACTER);
        } else {
            text.push_str(&WINDOWS_1252.decode_without_bom_handling(stray).0);
        }
    }
    Decoded { text: Cow::Owned(text), encoding: UTF_8.name(), damaged: true }
}

fn utf8_borrowed(text: &str) -> Decoded<'_> {
    Decoded { text: Cow::Borrowed(text), encoding: UTF_8.name(), damaged: false }
}

/// Whether bytes are the beginning of a sequence that needs more.
fn is_cut_off(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// What a C1 control character was meant to be: somebody stored windows-1252 bytes as if they were Latin-1. `None` for
/// characters that are no C1 control or have no meaning there either.
pub fn c1_repaired(c: char) -> Option<char> {
    let byte = u8::try_from(u32::from(c)).ok().filter(|byte| (0x80..=0x9f).contains(byte))?;
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
    text.chars().next().filter(|&repaired| repaired != c)
}

fn repair_c1(text: &mut Cow<'_, str>) {
    // In UTF-8 every C1 control begins with this byte, which few other characters share.
    let bytes = text.as_bytes();
    let suspicious = memchr_iter(0xc2, bytes).any(|at| bytes.get(at + 1).is_some_and(|next| *next < 0xa0));
    if suspicious {
        *text = Cow::Owned(text.chars().map(|c| c1_repaired(c).unwrap_or(c)).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], content_type: Option<&str>, markup: Markup, encoding: &str, text: &str) {
        let decoded = decode(bytes, content_type, markup);
        assert_eq!((decoded.encoding, decoded.text.as_ref()), (encoding, text));
    }

    #[test]
    fn marks_come_first() {
        check(b"\xef\xbb\xbfcaf\xc3\xa9", Some("text/xml; charset=koi8-r"), Markup::Xml, "UTF-8", "café");
        check(b"\xff\xfe<\0a\0", None, Markup::Xml, "UTF-16LE", "<a");
        check(b"\xfe\xff\0<\0a", None, Markup::Xml, "UTF-16BE", "<a");
        check(b"\xff\xfe\0\0<\0\0\0\xe9\0\0\0", None, Markup::Xml, "UTF-32LE", "<é");
        check(b"\0\0\xfe\xff\0\0\0<\0\0\0\xe9", None, Markup::Xml, "UTF-32BE", "<é");
    }

    #[test]
    fn wide_encodings_show_without_a_mark() {
        check(b"<\0?\0x\0", None, Markup::Xml, "UTF-16LE", "<?x");
        check(b"\0\n\0<\0r", None, Markup::Xml, "UTF-16BE", "\n<r");
        check(b"<\0\0\0r\0\0\0", None, Markup::Xml, "UTF-32LE", "<r");
    }

    #[test]
    fn valid_utf8_beats_header_and_declaration() {
        let text = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><t>Гавань</t>";
        check(text.as_bytes(), Some("text/xml; charset=windows-1252"), Markup::Xml, "UTF-8", text);
    }

    #[test]
    fn header_beats_declaration() {
        check(
            b"<?xml version='1.0' encoding='windows-1252'?>\xcf\xee\xf0\xf2",
            Some("text/xml;charset=\"windows-1251\""),
            Markup::Xml,
            "windows-1251",
            "<?xml version='1.0' encoding='windows-1252'?>Порт",
        );
    }

    #[test]
    fn declarations_are_read() {
        check(
            b"<?xml version='1.0' encoding='windows-1251'?>\xcf\xee\xf0\xf2",
            Some("text/xml"),
            Markup::Xml,
            "windows-1251",
            "<?xml version='1.0' encoding='windows-1251'?>Порт",
        );
        check(
            b"<html><meta charset=koi8-r><p>\xf0\xcf\xd2\xd4",
            None,
            Markup::Html,
            "KOI8-R",
            "<html><meta charset=koi8-r><p>Порт",
        );
    }

    #[test]
    fn a_refuted_declaration_of_utf8_leaves_the_detector() {
        let (bytes, _, _) =
            encoding_rs::WINDOWS_1251.encode("<t>Вчера в порту прошла встреча сторон, стороны договорились</t>");
        let decoded = decode(&bytes, Some("text/xml; charset=utf-8"), Markup::Xml);
        assert_eq!(decoded.encoding, "windows-1251");
    }

    #[test]
    fn stray_bytes_in_utf8_are_read_as_windows_1252() {
        check(b"\xd0\x9f\xd0\xbe\xd1\x80\xd1\x82 \x97 open", None, Markup::Plain, "UTF-8", "Порт — open");
        check(b"\xef\xbb\xbfcaf\xe9s", None, Markup::Plain, "UTF-8", "cafés");
        check(b"caf\xc3\xa9 \xd0", None, Markup::Plain, "UTF-8", "café \u{fffd}");
    }

    #[test]
    fn c1_controls_are_the_windows_1252_characters_they_were_meant_to_be() {
        check("it\u{92}s \u{85}".as_bytes(), None, Markup::Plain, "UTF-8", "it’s …");
        check(b"it\x92s", Some("text/plain; charset=iso-8859-1"), Markup::Plain, "windows-1252", "it’s");
        assert_eq!(c1_repaired('\u{81}'), None);
        assert_eq!(c1_repaired('a'), None);
    }

    #[test]
    fn labels_are_forgiven() {
        for (label, name) in [
            ("UTF8", "UTF-8"),
            ("utf_8", "UTF-8"),
            ("cp-1251", "windows-1251"),
            ("Win1252", "windows-1252"),
            ("iso8859_2", "ISO-8859-2"),
            ("'x-sjis'", "Shift_JIS"),
            ("cp65001", "UTF-8"),
        ] {
            assert_eq!(for_label(label).map(Encoding::name), Some(name), "{label}");
        }
        assert_eq!(for_label("klingon"), None);
        assert_eq!(for_label(""), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, header: Option<String>) {
            for markup in [Markup::Xml, Markup::Html, Markup::Plain] {
                decode(&bytes, header.as_deref(), markup);
            }
        }
    }
}
