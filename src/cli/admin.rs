//! `admin`: who may come to the desk.

use std::io::BufRead as _;
use std::path::Path;

use anyhow::Context as _;

use super::terminal::Misuse;
use super::{AdminVerb, Status, Terminal};
use crate::config::Config;
use crate::service::store::{AuditChange, Store};
use crate::service::web;
use crate::service::worker::Clock;

/// The longest name of an account.
const NAME_CHARS_MAX: usize = 64;

pub async fn admin(verb: AdminVerb, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let AdminVerb::Reset { name, password } = verb;
    let fine = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(fine) {
        return Err(
            Misuse(format!("{name:?}: write letters, digits, dots and hyphens, {NAME_CHARS_MAX} at most")).into()
        );
    }
    let config = Config::load(config)?;
    // Before the store is opened: a password that is refused changes nothing.
    let hash = if password {
        terminal.note("Type the new password and Enter; it is shown while you type.");
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("failed to read the password")?;
        Some(web::password_hash(line.trim_end_matches(['\r', '\n'])).map_err(|error| Misuse(error.to_string()))?)
    } else {
        None
    };
    let (store, now) = (Store::open(&config.store).await?, Clock::System.now());
    store.reset_admin(&name, hash.as_deref(), now).await?;
    let what = if password { "reset the password" } else { "reset, with a link" };
    let change = AuditChange { who: "command line", what, subject: &name, before: None, after: None };
    store.record_change(change, now).await?;
    if password {
        terminal.print(&format!("{name} has a new password; every session of theirs has ended"))?;
        return Ok(Status::Done);
    }
    let link = web::login_link(&store, &name, now).await?;
    let base = match (&config.web.url, config.web.listen) {
        (Some(url), _) => url.as_str().trim_end_matches('/').to_owned(),
        (None, Some(listen)) => format!("http://{listen}"),
        (None, None) => {
            terminal.note("note: [web] listen is \"off\": switch the pages on first");
            "http://127.0.0.1".to_owned()
        }
    };
    terminal.note(&format!("good for one login within {} minutes, while `daybrief serve` runs:", web::LINK_MINUTES));
    terminal.print(&format!("{base}/admin/login/{link}"))?;
    Ok(Status::Done)
}
