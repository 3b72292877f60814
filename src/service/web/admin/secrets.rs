//! What must not be guessed: passwords, and what is drawn at random.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{Random, SystemRandom};

use crate::service::control;

/// OWASP's least for argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// NIST SP 800-63B asks for eight at least, and for no rules beside.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// More than anyone types; hashing takes no longer for it.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// What a name that nobody has is compared with, so that it takes as long.
static NOBODYS: LazyLock<String> = LazyLock::new(|| password_hash("nobody has this password").unwrap_or_default());

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// An argon2id hash in PHC form. Takes a tenth of a second of a core.
///
/// # Errors
/// The password is too short or too long, or there is no randomness.
pub fn password_hash(password: &str) -> anyhow::Result<String> {
    let chars = password.chars().count();
    anyhow::ensure!(chars >= PASSWORD_CHARS_MIN, "a password needs {PASSWORD_CHARS_MIN} characters at least");
    anyhow::ensure!(password.len() <= PASSWORD_BYTES_MAX, "a password has {PASSWORD_BYTES_MAX} bytes at most");
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(|error| anyhow::anyhow!("failed to salt: {error}"))?;
    let hash = argon2().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow::anyhow!("failed to hash the password: {error}"))?.to_string())
}

/// Whether the password has that hash; without one it takes as long and has not.
pub fn fits(password: &str, hash: Option<&str>) -> bool {
    let known = hash.unwrap_or(&NOBODYS);
    let same = PasswordHash::new(known).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
    same && hash.is_some()
}

/// 256 random bits, as they go into a cookie, a link or a header.
///
/// # Errors
/// There is no randomness.
pub fn token() -> anyhow::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

fn random<const BYTES: usize>() -> anyhow::Result<[u8; BYTES]>
where
    [u8; BYTES]: ring::rand::RandomlyConstructable,
{
    let drawn: Result<Random<[u8; BYTES]>, _> = ring::rand::generate(&SystemRandom::new());
    Ok(drawn.map_err(|_| anyhow::anyhow!("failed to draw at random"))?.expose())
}

/// By which the store knows a token.
pub fn hash(token: &str) -> String {
    control::hash(token)
}

/// What a form of somebody who has this token in a cookie must hold: another site can send the cookie, not this.
pub fn form_mark(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&form_key(token), FORM))
}

/// Compares in constant time.
pub fn is_form_mark(token: &str, mark: &str) -> bool {
    URL_SAFE_NO_PAD.decode(mark).is_ok_and(|mark| hmac::verify(&form_key(token), FORM, &mark).is_ok())
}

const FORM: &[u8] = b"a form of the desk";

fn form_key(token: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = password_hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(fits("correct horse", Some(&hash)));
        assert!(!fits("correct horsf", Some(&hash)));
        assert!(!fits("correct horse", Some("")));
        // Not even its own password lets nobody in.
        assert!(!fits("nobody has this password", None));
        assert!(password_hash("too short").is_err());
    }

    #[test]
    fn a_form_belongs_to_one_session() {
        let (mine, theirs) = (token().unwrap(), token().unwrap());
        assert_eq!(mine.len(), 43);
        assert_ne!(mine, theirs);
        assert!(is_form_mark(&mine, &form_mark(&mine)));
        assert!(!is_form_mark(&mine, &form_mark(&theirs)));
        assert!(!is_form_mark(&mine, ""));
    }
}
