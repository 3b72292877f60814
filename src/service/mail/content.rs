//! A message as SMTP carries it.

use std::borrow::Cow;

/// The longest line that SMTP carries, without its line end: RFC 5321, section 4.5.3.1.6.
pub const LINE_BYTES_MAX: usize = 998;

/// The message as it goes over the wire: every line end is CRLF, so that nothing in it can pass for the end of the
/// message, and the last one is left to the final dot.
pub(super) fn content(message: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    let is_bare = |at: usize| match message[at] {
        b'\n' => at == 0 || message[at - 1] != b'\r',
        b'\r' => message.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let content = if (0..message.len()).any(is_bare) {
        let mut content = Vec::with_capacity(message.len() + message.len() / 32);
        for (at, &byte) in message.iter().enumerate() {
            match byte {
                _ if is_bare(at) => content.extend(b"\r\n"),
                _ => content.push(byte),
            }
        }
        Cow::Owned(content)
    } else {
        Cow::Borrowed(message)
    };
    let longest = content.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end().len()).max().unwrap_or(0);
    if longest > LINE_BYTES_MAX {
        return Err(format!(
            "the message has a line of {longest} bytes, and mail carries at most {LINE_BYTES_MAX}; encode it as \
             quoted-printable"
        ));
    }
    Ok(match content {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_suffix(b"\r\n").unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            if bytes.ends_with(b"\r\n") {
                bytes.truncate(bytes.len() - 2);
            }
            Cow::Owned(bytes)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Result<&str, &str>) {
        match (content(message.as_bytes()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(str::from_utf8(&found).unwrap(), expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn every_line_end_is_crlf() {
        check("A: b\r\n\r\ntext\r\n", Ok("A: b\r\n\r\ntext"));
        check("one\ntwo\rthree\r\nfour\n", Ok("one\r\ntwo\r\nthree\r\nfour"));
        check("x\n.\nMAIL FROM:<a@b>\n", Ok("x\r\n.\r\nMAIL FROM:<a@b>"));
        check("\n\r\r\n", Ok("\r\n\r\n"));
        check("", Ok(""));
    }

    #[test]
    fn lines_that_mail_cannot_carry_are_refused() {
        check(&format!("{}\r\n", "x".repeat(998)), Ok(&"x".repeat(998)));
        check(&"x".repeat(999), Err("a line of 999 bytes"));
    }
}
