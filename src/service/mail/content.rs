//! A message as SMTP carries it.

/// The longest line that SMTP carries, without its line end: RFC 5321, section 4.5.3.1.6.
pub const LINE_BYTES_MAX: usize = 998;

/// Room for the dots and line ends that a message may need besides its own, in parts of its size.
const ROOM_PART: usize = 32;

/// The message as it goes over the wire, the final dot included: every line end is CRLF and no line of it is a dot alone, so
/// that nothing in it can pass for the end of the message.
pub(super) fn content(message: &[u8]) -> Result<String, String> {
    let message = str::from_utf8(message)
        .map_err(|_| "the message is not UTF-8; encode it as quoted-printable or base64".to_owned())?;
    let bytes = message.as_bytes();
    let mut content = String::with_capacity(message.len() + message.len() / ROOM_PART + "\r\n.\r\n".len());
    // Where the line starts, and up to where the message has been copied: most of it is as it should be.
    let (mut line, mut copied) = (0, 0);
    let ends = memchr::memchr2_iter(b'\r', b'\n', bytes).map(Some).chain([None]);
    for end in ends {
        let at = end.unwrap_or(bytes.len());
        if at < line || end.is_none() && at == line {
            continue; // The LF of a CRLF, or nothing after the last.
        }
        if at - line > LINE_BYTES_MAX {
            return Err(format!(
                "the message has a line of {} bytes, and mail carries at most {LINE_BYTES_MAX}; encode it as \
                 quoted-printable",
                at - line
            ));
        }
        if bytes[line..at].starts_with(b".") {
            content.push_str(&message[copied..line]);
            content.push('.');
            copied = line;
        }
        if bytes[at..].starts_with(b"\r\n") {
            line = at + 2;
        } else {
            // A CR without LF ends a line to some servers, so it does to all.
            content.push_str(&message[copied..at]);
            content.push_str("\r\n");
            line = (at + 1).min(bytes.len());
            copied = line;
        }
    }
    content.push_str(&message[copied..]);
    content.push_str(".\r\n");
    Ok(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_lines_that_end_and_no_dot_alone(parts in proptest::collection::vec("\r\n|\r|\n|\\.|a|b", 0..40)) {
            let message = parts.concat();
            let plain = message.replace("\r\n", "\n").replace('\r', "\n");
            let mut expected: Vec<String> = plain.split('\n').map(|line| line.replacen('.', "..", usize::from(line.starts_with('.')))).collect();
            if plain.ends_with('\n') || plain.is_empty() {
                expected.pop();
            }
            expected.push(".".to_owned());
            prop_assert_eq!(content(message.as_bytes()).unwrap(), expected.join("\r\n") + "\r\n");
        }
    }

    #[track_caller]
    fn check(message: &str, expected: Result<&str, &str>) {
        match (content(message.as_bytes()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, format!("{expected}.\r\n")),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn every_line_end_is_crlf() {
        check("A: b\r\n\r\ntext\r\n", Ok("A: b\r\n\r\ntext\r\n"));
        check("text", Ok("text\r\n"));
        check("one\ntwo\rthree\r\nfour\n", Ok("one\r\ntwo\r\nthree\r\nfour\r\n"));
        check("\n\r\r\n", Ok("\r\n\r\n\r\n"));
        check("a\r", Ok("a\r\n"));
        check("a\r\rb\r\r\n", Ok("a\r\n\r\nb\r\n\r\n"));
        check("", Ok(""));
    }

    #[test]
    fn no_line_is_a_dot_alone() {
        check("x\n.\nMAIL FROM:<a@b>\n", Ok("x\r\n..\r\nMAIL FROM:<a@b>\r\n"));
        check(".\r.x\r\nb.\r\n", Ok("..\r\n..x\r\nb.\r\n"));
    }

    #[test]
    fn what_mail_cannot_carry_is_refused() {
        check(&format!("{}\r\n", "x".repeat(998)), Ok(&format!("{}\r\n", "x".repeat(998))));
        check(&"x".repeat(999), Err("a line of 999 bytes"));
        assert!(content(b"caf\xe9\r\n").unwrap_err().contains("not UTF-8"));
    }
}
