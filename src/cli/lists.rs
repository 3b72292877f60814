//! `sources`: who is read.

use std::path::Path;

use serde_json::json;

use super::extract::bytes_of;
use super::run::source_of;
use super::{SourcesVerb, Status, Terminal};
use crate::config::{self, Config, Location, NewSource, Source};
use crate::news::feed::{self, discovery};
use crate::service::store::Store;

pub async fn sources(verb: SourcesVerb, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    match verb {
        SourcesVerb::List { json } => list_sources(&Config::load(path)?, json, terminal).await,
        SourcesVerb::Add { location, name, outlet } => {
            let Source { location, kind, .. } = source_of(&location)?;
            // A path is meant from where the person is, and read from where the file is.
            let location = match location {
                Location::Path(path) => Location::Path(std::path::absolute(path)?),
                other => other,
            };
            let name = name.unwrap_or_else(|| name_of(&location));
            let file = path.map(Path::to_path_buf).or_else(Config::find).unwrap_or_else(|| "daybrief.toml".into());
            config::add_source(&file, &NewSource { name: name.clone(), location, kind, outlet })?;
            terminal.print(&format!("added {name} to {}; try it with `daybrief run --dry-run`", file.display()))?;
            Ok(Status::Done)
        }
        SourcesVerb::Test { json, base_url, content_type, inputs } => {
            test_sources(&Config::load(path)?, &inputs, base_url.as_deref(), content_type.as_deref(), json, terminal)
                .await
        }
    }
}

/// A name that a person would give: the host of an address, the last part of a path.
fn name_of(location: &Location) -> String {
    match location {
        Location::Url(url) => url.host_str().unwrap_or("source").trim_start_matches("www.").to_owned(),
        Location::Path(path) => {
            path.file_stem().map_or_else(|| "files".into(), |name| name.to_string_lossy().into_owned())
        }
        Location::Stdin | Location::Bundled(_) => "stdin".to_owned(),
    }
}

async fn list_sources(config: &Config, json: bool, terminal: Terminal) -> anyhow::Result<Status> {
    let store = Store::open_read_only(&config.store).await?;
    let mut rows = Vec::new();
    for source in &config.sources {
        let state = store.source_state(&source.name, &source.location.to_string()).await?;
        rows.push((source, state));
    }
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(source, state)| {
                json!({
                    "name": source.name,
                    "location": source.location.to_string(),
                    "enabled": source.enabled,
                    "last_success": state.last_success,
                    "failures": state.failures,
                    "last_error": state.last_error.as_ref().map(|(class, text)| json!({ "class": class, "text": text })),
                    "next_try": state.next_try,
                })
            })
            .collect();
        terminal.print(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Status::Done);
    }
    if rows.is_empty() {
        terminal.note("no sources yet; add one with `daybrief sources add URL`");
    }
    for (source, state) in rows {
        let health = match (&state.last_error, state.last_success) {
            _ if !source.enabled => "switched off".to_owned(),
            (Some((_, error)), _) => format!("failed {} times in a row: {error}", state.failures),
            (None, Some(at)) => format!("answered {}", at.strftime("%-d %b %Y %H:%M UTC")),
            (None, None) => "not asked yet".to_owned(),
        };
        terminal.print(&format!("{}\t{}\t{health}", source.name, source.location))?;
    }
    Ok(Status::Done)
}

async fn test_sources(
    config: &Config,
    inputs: &[String],
    base_url: Option<&str>,
    content_type: Option<&str>,
    json: bool,
    terminal: Terminal,
) -> anyhow::Result<Status> {
    let mut failures = 0;
    for input in inputs {
        let (bytes, url, declared) = match bytes_of(input, config).await {
            Ok(found) => found,
            Err(error) => {
                failures += 1;
                if json {
                    terminal.print(
                        &json!({ "file": input, "out": { "ok": false }, "error": format!("{error:#}") }).to_string(),
                    )?;
                }
                terminal.fail(&error.context(format!("failed to read {input}")));
                continue;
            }
        };
        let url = base_url.or(url.as_deref());
        let read = feed::read(&bytes, url, content_type.or(declared.as_deref()));
        failures += usize::from(read.is_err());
        if json {
            terminal.print(&feed::report(input, &read).to_string())?;
            continue;
        }
        match read {
            Ok(feed) => {
                let title = feed.title.as_deref().unwrap_or("untitled");
                terminal.print(&format!("{input}: {:?} “{title}”, {} entries", feed.format, feed.entries.len()))?;
                for entry in feed.entries.iter().take(ENTRIES_SHOWN) {
                    let at =
                        entry.published.or(entry.updated).map_or_else(|| "no date".to_owned(), |at| at.to_string());
                    terminal.print(&format!("  {at}  {}", entry.title.as_deref().unwrap_or("untitled")))?;
                }
            }
            Err(error) => {
                terminal.fail(&anyhow::anyhow!("failed to read {input} as a feed: {error}"));
                for found in discovery::feeds_of_page(&bytes, url, declared.as_deref()) {
                    terminal.note(&format!("  the page names a feed: {}", found.url));
                }
            }
        }
    }
    Ok(Status::of_many(inputs.len(), failures))
}

/// Entries that `sources test` shows of each feed.
const ENTRIES_SHOWN: usize = 10;
