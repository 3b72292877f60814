//! `init` and `check`: from nothing to a configuration that works, and what stands in its way.

use std::path::Path;

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::run::{fetcher, mailer};
use super::terminal::Misuse;
use super::{CheckArgs, InitArgs, Status, Terminal};
use crate::config::{Config, ConfigError};
use crate::news::message::templates;
use crate::service::fetch::state::{Freshness, Health, Occasion};
use crate::service::gather::{self, Manner};
use crate::service::mail::Mailer;
use crate::service::store::Store;
use crate::service::worker::Clock;

/// The sample configuration, annotated; it says what the defaults are.
const SAMPLE: &str = include_str!("../../config/daybrief.toml");

/// Sources that `check` asks side by side.
const SOURCES_AT_ONCE: usize = 16;

/// How many coming editions `check` names.
const UPCOMING: usize = 3;

pub fn init(args: &InitArgs, terminal: Terminal) -> anyhow::Result<Status> {
    std::fs::create_dir_all(&args.dir).with_context(|| format!("failed to make the folder {}", args.dir.display()))?;
    let path = args.dir.join("daybrief.toml");
    let mut file = match std::fs::File::create_new(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let why = format!(
                "{} is there already and is never overwritten; edit it, or name another folder",
                path.display()
            );
            return Err(Misuse(why).into());
        }
        Err(error) => return Err(error).with_context(|| format!("failed to write {}", path.display())),
    };
    std::io::Write::write_all(&mut file, SAMPLE.as_bytes())
        .with_context(|| format!("failed to write {}", path.display()))?;
    terminal.print(&format!("wrote {}", path.display()))?;
    terminal.note(
        "It works as it is: mail goes to the folder `outbox`. Next:\n  \
         daybrief sources add https://news.example/feed.xml\n  \
         daybrief subscribers add you@example.org\n  \
         daybrief check\n  \
         daybrief run --dry-run",
    );
    Ok(Status::Done)
}

/// One thing that was looked at.
struct Finding {
    subject: String,
    result: Result<String, String>,
}

pub async fn check(args: &CheckArgs, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error @ ConfigError::Mistakes { .. }) if args.json => {
            terminal.print(&serde_json::to_string_pretty(&json!({ "configuration": error.to_json() }))?)?;
            return Ok(Status::Usage);
        }
        Err(error) => return Err(error.into()),
    };
    let now = Clock::System.now();
    let mut findings = Vec::new();
    let mut note = |subject: String, result: Result<String, String>| findings.push(Finding { subject, result });

    let place = config
        .path
        .as_ref()
        .map_or_else(|| "the defaults; `daybrief init` writes a file".to_owned(), |path| path.display().to_string());
    note("configuration".to_owned(), Ok(place));
    let store = Store::open_read_only(&config.store).await;
    let found = store.as_ref().map(|_| config.store.to_string()).map_err(ToString::to_string);
    note("store".to_owned(), found);
    for edition in &config.editions {
        let times: Vec<String> = edition
            .schedule
            .upcoming(now, UPCOMING)
            .iter()
            .map(|at| at.to_zoned_datetime(edition.zone().clone()).strftime("%a %-d %b %H:%M %Z").to_string())
            .collect();
        let result =
            if times.is_empty() { Err("its cron line never comes due".to_owned()) } else { Ok(times.join(", ")) };
        note(format!("edition {}", edition.name), result);
    }
    if config.templates.is_some() {
        match config.templates() {
            Ok(own) => {
                let faults = templates::faults(&own);
                if faults.is_empty() {
                    note("templates".to_owned(), Ok(format!("{} of your own", own.len())));
                }
                faults.iter().for_each(|fault| note("templates".to_owned(), Err(fault.to_string())));
            }
            Err(error) => note("templates".to_owned(), Err(format!("failed to {error}"))),
        }
    }
    if config.sources.is_empty() {
        note("sources".to_owned(), Err("there is none; add one with `daybrief sources add URL`".to_owned()));
    }
    if !args.offline {
        let fetcher = fetcher(&config)?;
        let manner = Manner { pages: false, ..Manner::new(&fetcher, &config.limits, Occasion::ByHand, now) };
        let progress = terminal.progress();
        progress.set_prefix("asking sources");
        progress.set_length(config.sources.len() as u64);
        let asked = config.sources.iter().filter(|source| source.enabled).map(async |source| {
            let gathered = gather::gather(source, Freshness::default(), manner).await;
            progress.set_message(source.name.clone());
            progress.inc(1);
            let found = format!("{} articles", gathered.articles.len());
            (source, gathered.failure.map_or(Ok(found), Err))
        });
        let answers: Vec<_> = stream::iter(asked).buffered(SOURCES_AT_ONCE).collect().await;
        for (source, result) in answers {
            // How it did until now counts as well: a feed that answers may have had nothing new for weeks.
            let state = match &store {
                Ok(store) => store.source_state(&source.name, &source.location.to_string()).await.unwrap_or_default(),
                Err(_) => Freshness::default(),
            };
            let result = match (result, state.health(now)) {
                (Ok(_), health @ (Health::Gone | Health::Stale { .. })) => Err(health.to_string()),
                (Ok(found), health @ Health::Failing { .. }) => Ok(format!("{found} now; before, it {health}")),
                (Err(reason), Health::Failing { times, since, .. }) if times > 1 => {
                    Err(format!("{reason}; {times} times in a row since {}", since.strftime("%-d %b %Y %H:%M UTC")))
                }
                (result, _) => result,
            };
            note(format!("source {}", source.name), result);
        }
        progress.finish_and_clear();
        note("mail".to_owned(), check_mail(&mailer(&config)?).await);
    }

    let failed = findings.iter().any(|finding| finding.result.is_err());
    if args.json {
        let rows: Vec<_> = findings
            .iter()
            .map(|finding| match &finding.result {
                Ok(text) => json!({ "subject": finding.subject, "ok": true, "text": text }),
                Err(text) => json!({ "subject": finding.subject, "ok": false, "text": text }),
            })
            .collect();
        terminal.print(&serde_json::to_string_pretty(&rows)?)?;
    } else {
        for Finding { subject, result } in &findings {
            let (mark, text) = match result {
                Ok(text) => ("ok     ", text),
                Err(text) => ("problem", text),
            };
            terminal.print(&format!("{mark}  {subject}: {text}"))?;
        }
    }
    Ok(if failed { Status::Attention } else { Status::Done })
}

async fn check_mail(mailer: &Mailer) -> Result<String, String> {
    mailer.check().await.map_err(|error| format!("failed to {error}"))
}
