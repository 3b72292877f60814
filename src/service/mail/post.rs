//! Letters → signed messages: what each message carries of ours besides the news.

use std::sync::Arc;

use super::dkim::Signer;
use crate::config;
use crate::news::letter::{Addressed, Letter, Reach, ascii_domain};
use crate::news::token::Key;

use lettre::Address;

/// Addresses and signs.
#[derive(Clone, Debug)]
pub struct Post {
    pub reach: Reach,
    signers: Arc<[Signer]>,
}

impl Post {
    /// `secret` signs the links.
    ///
    /// # Errors
    /// A key for signatures is no key; which one, and nothing of it.
    pub fn new(config: &config::Config, secret: &[u8]) -> Result<Self, String> {
        let mail = &config.mail;
        let signers = mail.dkim.iter().map(|dkim| {
            Signer::new(dkim).map_err(|error| format!("use the key {} of {}: {error}", dkim.selector, dkim.domain))
        });
        let url = config.web.url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        let reach = Reach {
            key: Key::new(secret),
            url,
            bounces: mail.bounces.as_ref().map(ascii_domain),
            from: ascii_domain(&mail.from.email),
        };
        Ok(Self { reach, signers: signers.collect::<Result<_, _>>()? })
    }

    /// Whether its messages are signed, which takes longer than all else about them.
    pub fn signs(&self) -> bool {
        !self.signers.is_empty()
    }

    /// One reader's message, signed with every key, the first key's signature on top.
    ///
    /// # Errors
    /// A signature cannot be made.
    pub fn message(
        &self,
        letter: &Letter,
        to: &Address,
        subscriber_id: &str,
        message_id: &str,
    ) -> Result<Addressed, String> {
        let Addressed { from, bytes } = letter.to(to, subscriber_id, message_id, &self.reach);
        Ok(Addressed { from, bytes: self.signed(bytes)? })
    }

    /// A finished message with the signatures before it.
    ///
    /// # Errors
    /// A signature cannot be made.
    pub fn signed(&self, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        if self.signers.is_empty() {
            return Ok(bytes);
        }
        let mut signed = Vec::with_capacity(bytes.len() + 1_024 * self.signers.len());
        for signer in self.signers.iter() {
            signed.extend(signer.sign(&bytes)?);
        }
        signed.extend(bytes);
        Ok(signed)
    }
}
