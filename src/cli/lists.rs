//! `subscribers`: who reads.

use std::path::Path;

use anyhow::Context as _;
use lettre::Address;

use super::terminal::Misuse;
use super::{Status, SubscribersVerb, Terminal};
use crate::config::Config;
use crate::service::store::{Added, Store};
use crate::service::worker::Clock;

pub async fn subscribers(verb: SubscribersVerb, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(path)?;
    match verb {
        SubscribersVerb::List { json } => {
            let store = Store::open_read_only(&config.store).await?;
            let all = store.subscribers().await?;
            if json {
                terminal.print(&serde_json::to_string_pretty(&all)?)?;
                return Ok(Status::Done);
            }
            if all.is_empty() {
                terminal.note("no subscribers yet; add one with `daybrief subscribers add ADDRESS`");
            }
            for subscriber in all {
                let editions = if subscriber.editions.is_empty() {
                    "all editions".to_owned()
                } else {
                    subscriber.editions.join(", ")
                };
                terminal.print(&format!("{}\t{}\t{editions}", subscriber.address, subscriber.state))?;
            }
        }
        SubscribersVerb::Add { address, name, edition } => {
            for name in &edition {
                config
                    .edition(name)
                    .with_context(|| format!("failed to find the edition {name:?} in the configuration"))?;
            }
            let store = Store::open(&config.store).await?;
            match store.add_subscriber(&parse(&address)?, name.as_deref(), &edition, Clock::System.now()).await? {
                Added::New => terminal.print(&format!("added {address}"))?,
                Added::Again => terminal.print(&format!("{address} is back on the list"))?,
                Added::Suppressed => anyhow::bail!("failed to add {address}: mail to it bounced, or it complained"),
                Added::Known => terminal.print(&format!("{address} is on the list already"))?,
            }
        }
        SubscribersVerb::Remove { address } => {
            let store = Store::open(&config.store).await?;
            if !store.remove_subscriber(&parse(&address)?, Clock::System.now()).await? {
                anyhow::bail!("failed to find {address} on the list; see `daybrief subscribers list`");
            }
            terminal.print(&format!("removed {address}"))?;
        }
    }
    Ok(Status::Done)
}

fn parse(address: &str) -> anyhow::Result<Address> {
    address
        .parse()
        .map_err(|error| Misuse(format!("{address}: {error}; write an address such as reader@example.org")).into())
}
