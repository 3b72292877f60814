//! Proof of life: an address on the web is asked after every edition, so that somebody outside hears when no more come, also
//! when this machine is gone. The convention is that of healthchecks.io, which others follow: the address itself for well,
//! `/fail` below it for not.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, redirect};
use tokio::time::sleep;

use super::pipeline::{Delivered, Service};
use crate::config::ProofOfLife;
use crate::news::delivery::State;

/// For one request, from the first byte to the last.
const REQUEST_SECONDS_MAX: u64 = 5;
/// How often it is asked until it answers, and how long after a failure. All of it is shorter than what is under way may take
/// when the program is asked to stop ([`super::worker::FINISH_SECONDS_MAX`]).
const TRIES_MAX: u32 = 3;
const PAUSE_SECONDS: u64 = 2;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An edition was made and delivered.
    Well,
    /// One failed, was late, or reached nobody.
    Failed,
}

impl Sign {
    /// What a turn of deliveries after an edition shows. Nothing to send is well; messages of which none arrived are not.
    pub fn of(delivered: &anyhow::Result<Delivered>) -> Self {
        match delivered {
            Ok(Delivered { messages, .. }) if reached_somebody(messages) => Self::Well,
            _ => Self::Failed,
        }
    }
}

fn reached_somebody(messages: &BTreeMap<State, usize>) -> bool {
    let count = |state: &State| messages.get(state).copied().unwrap_or_default();
    let missed = [State::Deferred, State::Rejected, State::Unknown, State::Expired];
    count(&State::Accepted) > 0 || missed.iter().all(|state| count(state) == 0)
}

/// Asks the address, if the configuration names one. What goes wrong is logged, without the address.
pub async fn show(service: &Service, sign: Sign) {
    let Some(address) = &service.config.proof_of_life else { return };
    let mut tries = 1;
    while let Err(problem) = ask(address, sign).await {
        tracing::warn!(tries, "the proof of life was not taken: {problem}");
        if tries == TRIES_MAX {
            return;
        }
        tries += 1;
        sleep(Duration::from_secs(PAUSE_SECONDS)).await;
    }
}

async fn ask(address: &ProofOfLife, sign: Sign) -> Result<(), String> {
    // The administrator chose the address, so it may be on this machine; nobody else chooses where it leads.
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(REQUEST_SECONDS_MAX))
        .build()
        .map_err(|error| error.to_string())?;
    let url = match sign {
        Sign::Well => address.well(),
        Sign::Failed => address.failed(),
    };
    // The address is a secret, and would be in the error.
    let answer =
        client.get(url).send().await.map_err(|error| format!("{:#}", anyhow::Error::new(error.without_url())))?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("the answer was {}", answer.status())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_that_reached_nobody_is_no_sign_of_life() {
        let sign = |messages: &[(State, usize)]| {
            let messages = messages.iter().copied().collect();
            Sign::of(&Ok(Delivered { messages, ..Delivered::default() }))
        };
        assert_eq!(sign(&[]), Sign::Well);
        assert_eq!(sign(&[(State::Skipped, 3)]), Sign::Well);
        assert_eq!(sign(&[(State::Accepted, 1), (State::Rejected, 2)]), Sign::Well);
        for state in [State::Deferred, State::Rejected, State::Unknown, State::Expired] {
            assert_eq!(sign(&[(state, 1)]), Sign::Failed, "{state}");
        }
        assert_eq!(Sign::of(&Err(anyhow::anyhow!("the store is busy"))), Sign::Failed);
    }
}
