//! DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, with ring, which TLS brings along: an RSA signature takes it a
//! third of the time that pure Rust needs (`../shared/testbed/README.md`), and no crate more.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::config;

/// What is signed, where a message has it. Twice what must not be added to (RFC 6376, section 8.15); the unsubscribe
/// headers as RFC 8058 asks.
const SIGNED: [&str; 14] = [
    "from",
    "from",
    "to",
    "subject",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "reply-to",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// The least length of an RSA key that receivers take (RFC 8301), in bits.
const RSA_BITS_MIN: usize = 1024;

/// Signs messages with one key.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({} for {})", self.selector, self.domain)
    }
}

impl Signer {
    /// # Errors
    /// What is wrong with the key; nothing of the key itself.
    pub fn new(settings: &config::Dkim) -> Result<Self, String> {
        let domain = url::Host::parse(&settings.domain).map_err(|error| format!("its domain: {error}"))?.to_string();
        let selector = settings.selector.clone();
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if selector.is_empty() || !selector.bytes().all(fine) {
            return Err("its selector is not a name for the DNS".to_owned());
        }
        let der = PrivateKeyDer::from_pem_slice(settings.key.expose().as_bytes())
            .map_err(|_| "it is no private key in PEM form".to_owned())?;
        let rsa = match &der {
            PrivateKeyDer::Pkcs8(der) => {
                if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()) {
                    return Ok(Self { domain, selector, key: Key::Ed25519(pair) });
                }
                RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
            }
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err("it is neither an RSA nor an ed25519 key".to_owned()),
        };
        let pair = rsa.map_err(|error| format!("it is neither an ed25519 nor a sound RSA key: {error}"))?;
        if pair.public().modulus_len() * 8 < RSA_BITS_MIN {
            return Err(format!("an RSA key has at least {RSA_BITS_MIN} bits, better 2048"));
        }
        Ok(Self { domain, selector, key: Key::Rsa(pair) })
    }

    /// The header to be put before the message, with its line end.
    ///
    /// # Errors
    /// ring cannot sign, for lack of randomness to blind the key with.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let end = find(message, b"\r\n\r\n").map_or(message.len(), |at| at + 2);
        let (head, body) = (&message[..end], message.get(end + 2..).unwrap_or_default());
        let hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let headers = headers(head);
        let algorithm = match self.key {
            Key::Ed25519(_) => "ed25519-sha256",
            Key::Rsa(_) => "rsa-sha256",
        };
        let mut signed = Vec::with_capacity(2_048);
        let mut names = String::new();
        let mut left = headers.clone();
        for name in SIGNED {
            let found = left.iter().rposition(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
            // A name that stands once more than the header does says that there is no other.
            let again = SIGNED.iter().filter(|other| **other == name).count() > 1;
            match found {
                Some(at) => relaxed_header(&mut signed, left.remove(at)),
                None if again => {}
                None => continue,
            }
            names.push_str(if names.is_empty() { "" } else { ":" });
            names.push_str(name);
        }
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n h={};\r\n bh={hash};\r\n b=",
            self.domain,
            self.selector,
            names.replace(":content-transfer", ":\r\n  content-transfer"),
        );
        relaxed_header(&mut signed, (b"DKIM-Signature", unsigned.as_bytes()));
        signed.truncate(signed.len() - 2);
        let signature = match &self.key {
            // RFC 8463: the hash is what is signed.
            Key::Ed25519(pair) => pair.sign(digest(&SHA256, &signed).as_ref()).as_ref().to_vec(),
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &signed, &mut signature)
                    .map_err(|_| "sign the message: no randomness".to_owned())?;
                signature
            }
        };
        let mut header = format!("DKIM-Signature: {unsigned}").into_bytes();
        for (nth, piece) in STANDARD.encode(signature).as_bytes().chunks(72).enumerate() {
            header.extend_from_slice(if nth == 0 { b"" } else { b"\r\n  " });
            header.extend_from_slice(piece);
        }
        header.extend_from_slice(b"\r\n");
        Ok(header)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Names and values, folded as they are, without the last line end.
fn headers(head: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < head.len() {
        let mut end = start;
        loop {
            end += find(&head[end..], b"\r\n").map_or(head.len() - end, |at| at + 2);
            if !matches!(head.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let line = &head[start..end];
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            found.push((&line[..colon], line[colon + 1..].trim_ascii_end()));
        }
        start = end;
    }
    found
}

/// RFC 6376, section 3.4.2.
fn relaxed_header(out: &mut Vec<u8>, (name, value): (&[u8], &[u8])) {
    out.extend(name.trim_ascii_end().to_ascii_lowercase());
    out.push(b':');
    let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        out.extend_from_slice(first);
    }
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
    out.extend_from_slice(b"\r\n");
}

/// RFC 6376, section 3.4.4: spaces are one, and none at the end of a line; no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    let mut content = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let kept = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |at| at + 1);
        let mut space = false;
        for &byte in &line[..kept] {
            if matches!(byte, b' ' | b'\t') {
                space = true;
                continue;
            }
            if space {
                out.push(b' ');
                space = false;
            }
            out.push(byte);
        }
        out.extend_from_slice(b"\r\n");
        if kept > 0 {
            content = out.len();
        }
    }
    out.truncate(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_body(body: &str, expected: &str) {
        assert_eq!(String::from_utf8(relaxed_body(body.as_bytes())).unwrap(), expected);
    }

    #[test]
    fn bodies_are_relaxed_as_the_standard_shows() {
        // The example of RFC 6376, section 3.4.5.
        check_body(" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n");
        check_body("", "");
        check_body("\r\n \r\n", "");
        check_body("a", "a\r\n");
        check_body("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n");
    }

    #[test]
    fn headers_are_relaxed_as_the_standard_shows() {
        let mut out = Vec::new();
        for header in headers(b"A: X\r\nB : Y\t\r\n\tZ  \r\n") {
            relaxed_header(&mut out, header);
        }
        assert_eq!(out, b"a:X\r\nb:Y Z\r\n");
    }

    #[test]
    fn a_key_that_cannot_sign_is_refused_and_not_shown() {
        let settings = |key: &str| config::Dkim {
            domain: "daily.example".to_owned(),
            selector: "s1".to_owned(),
            key: config::Secret::new(key),
        };
        let error = Signer::new(&settings("hunter2")).unwrap_err();
        assert!(error.contains("PEM") && !error.contains("hunter2"), "{error}");
    }
}
