//! `templates`: what an administrator's own look starts from.

use std::path::Path;

use super::terminal::Misuse;
use super::{Status, TemplatesVerb, Terminal};
use crate::config::Config;
use crate::news::message::templates::SHIPPED;

pub fn templates(verb: &TemplatesVerb, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    match verb {
        TemplatesVerb::List => {
            let config = Config::load(config)?;
            let own = config.templates().map_err(|error| anyhow::anyhow!("failed to {error}"))?;
            for (name, _) in SHIPPED {
                let is_own = own.iter().any(|(own, _)| own == name);
                terminal.print(&format!("{name}\t{}", if is_own { "yours" } else { "shipped" }))?;
            }
        }
        TemplatesVerb::Show { name } => {
            let shipped = SHIPPED.iter().find(|(known, _)| known == name);
            let (_, source) = shipped.ok_or_else(|| {
                Misuse(format!("there is no template {name:?}; `daybrief templates list` names them"))
            })?;
            terminal.print(source)?;
        }
    }
    Ok(Status::Done)
}
