//! Values of the configuration that are not shown, or not whole: neither in `Debug` nor in a log.

use std::fmt;

use url::Url;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; only for the call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The address of an HTTP proxy. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Reads `http://proxy.intranet:3128`, with a login where the proxy wants one.
    ///
    /// # Errors
    /// What is wrong with it, without its text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self(url)),
            _ => Err("this is no address of an HTTP proxy"),
        }
    }

    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&without_password(&self.0), f)
    }
}

/// An address on the web that tells whoever watches it that editions are delivered. Never shown: who knows it can say so too.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofOfLife(Url);

impl ProofOfLife {
    /// Reads `https://hc-ping.com/…`.
    ///
    /// # Errors
    /// What is wrong with it, without its text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self(url)),
            _ => Err("this is no web address"),
        }
    }

    /// What is asked when an edition was delivered.
    pub fn well(&self) -> Url {
        self.0.clone()
    }

    /// What is asked when one failed or is late: `/fail` below it.
    pub fn failed(&self) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("fail");
        }
        url
    }
}

impl fmt::Debug for ProofOfLife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The address, without the password it may have.
pub(super) fn without_password(url: &Url) -> Url {
    let mut shown = url.clone();
    if url.password().is_some() {
        // Fails only on URLs that cannot have a password.
        let _ = shown.set_password(Some("***"));
    }
    // PostgreSQL takes it here as well.
    if url.query_pairs().any(|(name, _)| name == "password") {
        shown.set_query(Some("***"));
    }
    shown
}
