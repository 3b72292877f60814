//! Reading an encoding declaration out of bytes that are not decoded yet.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::for_label;

/// The `encoding` of an XML declaration. Junk and white space before it are forgiven, an encoding that cannot be the one
/// it was read in (UTF-16) reads as UTF-8, as the HTML standard has it.
pub(super) fn xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let start = find(head, b"<?xml")?;
    let declaration = &head[start..start + find(&head[start..], b">")?];
    let value = declaration[find(declaration, b"encoding")? + "encoding".len()..].trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let end = value.iter().position(|&byte| byte == quote)?;
    for_label(std::str::from_utf8(&value[..end]).ok()?).map(as_declared)
}

/// An 8-bit declaration cannot truthfully name a wide encoding; `x-user-defined` means Western European bytes.
fn as_declared(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else if encoding == encoding_rs::X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    }
}

/// The encoding that a `<meta>` element declares: the prescan of the HTML standard
/// (<https://html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding>).
pub(super) fn html_meta(head: &[u8]) -> Option<&'static Encoding> {
    let mut scan = Scan { bytes: head, at: 0 };
    while let Some(offset) = find(&head[scan.at..], b"<") {
        scan.at += offset;
        let rest = &head[scan.at..];
        if rest.starts_with(b"<!--") {
            // The two dashes that open a comment may be the two that close it.
            scan.at += 2 + find(&rest[2..], b"-->")? + 3;
        } else if starts_with_ignoring_case(rest, b"<meta")
            && rest.get(5).is_some_and(|&byte| byte == b'/' || byte.is_ascii_whitespace())
        {
            scan.at += 5;
            if let Some(encoding) = scan.meta() {
                return Some(encoding);
            }
        } else if rest.get(1).is_some_and(u8::is_ascii_alphabetic)
            || rest.get(1) == Some(&b'/') && rest.get(2).is_some_and(u8::is_ascii_alphabetic)
        {
            scan.at += rest.iter().position(|&byte| byte == b'>' || byte.is_ascii_whitespace())?;
            while scan.attribute()?.is_some() {}
        } else if matches!(rest.get(1), Some(b'!' | b'/' | b'?')) {
            scan.at += find(rest, b">")? + 1;
        } else {
            scan.at += 1;
        }
    }
    None
}

struct Scan<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Scan<'_> {
    /// The encoding that the `<meta>` element whose attributes begin here declares.
    fn meta(&mut self) -> Option<&'static Encoding> {
        let (mut names, mut pragma, mut charset, mut needs_pragma) = (Vec::new(), false, None, None);
        while let Some((name, value)) = self.attribute()? {
            if names.contains(&name) {
                continue;
            }
            match name.as_str() {
                "http-equiv" => pragma = value == "content-type",
                "content" if charset.is_none() => {
                    charset = charset_in_content(&value).and_then(for_label);
                    if charset.is_some() {
                        needs_pragma = Some(true);
                    }
                }
                "charset" => {
                    charset = for_label(&value);
                    needs_pragma = Some(false);
                }
                _ => {}
            }
            names.push(name);
        }
        if needs_pragma? && !pragma {
            return None;
        }
        charset.map(as_declared)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next attribute, in lower case; `Some(None)` at the end of the tag, `None` at the end of the bytes.
    fn attribute(&mut self) -> Option<Option<(String, String)>> {
        while self.peek()?.is_ascii_whitespace() || self.peek()? == b'/' {
            self.at += 1;
        }
        if self.peek()? == b'>' {
            return Some(None);
        }
        let mut name = String::new();
        loop {
            match self.peek()? {
                b'=' if !name.is_empty() => break,
                byte if byte.is_ascii_whitespace() => break,
                b'/' | b'>' => return Some(Some((name, String::new()))),
                byte => name.push(char::from(byte.to_ascii_lowercase())),
            }
            self.at += 1;
        }
        self.skip_space()?;
        if self.peek()? != b'=' {
            return Some(Some((name, String::new())));
        }
        self.at += 1;
        self.skip_space()?;
        let mut value = String::new();
        match self.peek()? {
            quote @ (b'"' | b'\'') => loop {
                self.at += 1;
                match self.peek()? {
                    byte if byte == quote => {
                        self.at += 1;
                        break;
                    }
                    byte => value.push(char::from(byte.to_ascii_lowercase())),
                }
            },
            _ => loop {
                match self.peek()? {
                    b'>' => break,
                    byte if byte.is_ascii_whitespace() => break,
                    byte => value.push(char::from(byte.to_ascii_lowercase())),
                }
                self.at += 1;
            },
        }
        Some(Some((name, value)))
    }

    fn skip_space(&mut self) -> Option<()> {
        while self.peek()?.is_ascii_whitespace() {
            self.at += 1;
        }
        Some(())
    }
}

/// `text/html; charset=koi8-r` → `koi8-r`, as the HTML standard extracts it (any text may stand before `charset`).
fn charset_in_content(content: &str) -> Option<&str> {
    let mut rest = content;
    loop {
        rest = rest[rest.find("charset")? + "charset".len()..].trim_start();
        if let Some(value) = rest.strip_prefix('=') {
            let value = value.trim_start();
            return match value.strip_prefix(['"', '\'']) {
                Some(quoted) => quoted.split_once(&value[..1]).map(|(label, _)| label),
                None => value.split(|c: char| c == ';' || c.is_ascii_whitespace()).next(),
            };
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn starts_with_ignoring_case(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: Option<&str>) {
        assert_eq!(html_meta(html.as_bytes()).map(Encoding::name), expected);
    }

    #[test]
    fn both_forms_of_meta() {
        check("<!doctype html><head><META CharSet = 'KOI8-R'>", Some("KOI8-R"));
        check("<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", Some("windows-1251"));
        check("<meta content='text/html; charset=\"big5\"' http-equiv=content-type />", Some("Big5"));
        check("<meta charset=utf-16>", Some("UTF-8"));
    }

    #[test]
    fn what_is_no_declaration() {
        check("<meta name=description content='charset=big5 explained'>", None);
        check("<!-- <meta charset=big5> --><meta charset=koi8-u>", Some("KOI8-U"));
        check("<p title='<meta charset=big5>'>x</p>", None);
        check("<metadata charset=big5>", None);
        check("<meta charset=big5", None);
        check("<meta charset=nonsense><meta charset=koi8-r>", Some("KOI8-R"));
        check("<!--><meta charset=koi8-r>", Some("KOI8-R"));
    }

    #[test]
    fn xml_declarations() {
        let check = |xml: &str, expected| assert_eq!(xml_declaration(xml.as_bytes()).map(Encoding::name), expected);
        check("<?xml version='1.0' encoding='shift_jis'?>", Some("Shift_JIS"));
        check("\n\n<?xml version=\"1.0\" encoding = \"utf-16\" ?>", Some("UTF-8"));
        check("<?xml version='1.0'?><a encoding='big5'>", None);
        check("<?xml encoding='big5", None);
    }
}
