//! `sources`: who is read, and how each one is doing.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;
use url::Url;

use super::reading::{bytes_of, test_sources};
use super::run::{existing, report_sources, service, source_of};
use super::terminal::Misuse;
use super::{SourcesVerb, Status, Terminal};
use crate::config::{self, Config, Location, NewSource, Source, SourceKind};
use crate::news::feed::opml::{self, Subscription};
use crate::news::feed::{self, discovery};
use crate::service::fetch::state::{Freshness, Health, Occasion};
use crate::service::gather::read_all;
use crate::service::pipeline::{self, Asking};
use crate::service::store::Store;
use crate::service::worker::Clock;

pub async fn sources(verb: SourcesVerb, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    match verb {
        SourcesVerb::List { json } => list(&Config::load(path)?, json, terminal).await,
        SourcesVerb::Add { location, name, outlet, as_given } => {
            let asked = if as_given { None } else { Some(Config::load(path)?) };
            add(&location, name, outlet, asked.as_ref(), &file(path), terminal).await
        }
        SourcesVerb::Remove { name } => {
            let file = file(path);
            config::remove_source(&file, &name)?;
            terminal.print(&format!("removed {name} from {}", file.display()))?;
            Ok(Status::Done)
        }
        SourcesVerb::Enable { name } => enable(&name, &file(path), terminal).await,
        SourcesVerb::Disable { name } => {
            config::set_enabled(&file(path), &name, false)?;
            terminal.print(&format!("{name} is not read any more, until `daybrief sources enable`"))?;
            Ok(Status::Done)
        }
        SourcesVerb::Fetch { names } => fetch(&names, Config::load(path)?, terminal).await,
        SourcesVerb::Import { list } => import(&list, &Config::load(path)?, &file(path), terminal).await,
        SourcesVerb::Export => export(&Config::load(path)?, terminal),
        SourcesVerb::Test { json, base_url, content_type, inputs } => {
            let (base_url, content_type) = (base_url.as_deref(), content_type.as_deref());
            test_sources(&Config::load(path)?, &inputs, base_url, content_type, json, terminal).await
        }
    }
}

/// The file that changes go into.
fn file(path: Option<&Path>) -> PathBuf {
    path.map(Path::to_path_buf).or_else(Config::find).unwrap_or_else(|| "daybrief.toml".into())
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

/// Adds one source. The address of a page is replaced by that of the feed which the page names, where it can be asked
/// (`asked` is the configuration to ask it by).
async fn add(
    given: &OsStr,
    name: Option<String>,
    outlet: Option<String>,
    asked: Option<&Config>,
    file: &Path,
    terminal: Terminal,
) -> anyhow::Result<Status> {
    let Source { location, kind, .. } = existing(given)?;
    let location = match (location, asked) {
        (Location::Path(path), _) => Location::Path(from_file(path, file)?),
        (Location::Url(url), Some(config)) => Location::Url(feed_for(url, config, terminal).await),
        (other, _) => other,
    };
    let name = name.unwrap_or_else(|| name_of(&location));
    let source = NewSource { name: name.clone(), location, kind, outlet, category: None };
    config::add_sources(file, &[source])?;
    terminal.print(&format!("added {name} to {}; try it with `daybrief run --dry-run`", file.display()))?;
    Ok(Status::Done)
}

/// A path as it must stand in the configuration `file`: it is meant from where the person is, and read from where the file
/// is. Where that is the same place, it stays as it was written.
fn from_file(path: PathBuf, file: &Path) -> std::io::Result<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let absolute = std::path::absolute(&path)?;
    Ok(if std::path::absolute(folder.join(&path))? == absolute { path } else { absolute })
}

/// The feed that the page at an address names first; the address itself where it is a feed, an article or not to be had.
async fn feed_for(url: Url, config: &Config, terminal: Terminal) -> Url {
    let (bytes, base, content_type) = match bytes_of(OsStr::new(url.as_str()), config).await {
        Ok(found) => found,
        Err(error) => {
            terminal.note(&format!("note: added as it is, since it could not be asked: failed to {error:#}"));
            return url;
        }
    };
    if feed::read(&bytes, base.as_deref(), content_type.as_deref()).is_ok() {
        return url;
    }
    let named = discovery::feeds_of_page(&bytes, base.as_deref(), content_type.as_deref());
    let mut named = named.into_iter().filter(|feed| feed.declared);
    match named.next().and_then(|first| Url::parse(&first.url).ok()) {
        Some(first) => {
            terminal
                .note(&format!("note: this is a page; its feed {first} is added (--as-given adds the page itself)"));
            for other in named {
                terminal.note(&format!("note: the page also names {}", other.url));
            }
            first
        }
        None => url,
    }
}

async fn enable(name: &str, file: &Path, terminal: Terminal) -> anyhow::Result<Status> {
    let config = config::set_enabled(file, name, true)?;
    let source = config.sources.iter().find(|source| source.name == name).context("find the source")?;
    // What the source did before counts no more, a 410 above all.
    let store = Store::open(&config.store).await?;
    let location = source.location.to_string();
    let mut state = store.source_state(name, &location).await?;
    if state != Freshness::default() {
        state.revive();
        store.save_source_states(&[(name.to_owned(), location, state)], Clock::System.now()).await?;
    }
    terminal.print(&format!("{name} is read from now on"))?;
    Ok(Status::Done)
}

async fn list(config: &Config, json: bool, terminal: Terminal) -> anyhow::Result<Status> {
    let store = Store::open_read_only(&config.store).await?;
    let now = Clock::System.now();
    let mut rows = Vec::new();
    for source in &config.sources {
        let state = store.source_state(&source.name, &source.location.to_string()).await?;
        rows.push((source, state));
    }
    if json {
        let row = |(source, state): &(&Source, Freshness)| {
            let health = state.health(now);
            json!({
                "name": source.name,
                "location": source.location.to_string(),
                "address": state.address,
                "enabled": source.enabled,
                "health": if source.enabled { health.word() } else { "switched-off" },
                "last_success": state.last_success,
                "new_at": state.seen.new_at,
                "failures": state.failures,
                "failing_since": state.failing_since,
                "last_error": state.last_error.as_ref().map(|(class, text)| json!({ "class": class, "text": text })),
                "next_try": state.next_try,
            })
        };
        terminal.print(&serde_json::to_string_pretty(&rows.iter().map(row).collect::<Vec<_>>())?)?;
        return Ok(Status::Done);
    }
    if rows.is_empty() {
        terminal.note("no sources yet; add one with `daybrief sources add URL`");
    }
    let mut hints = Vec::new();
    for (source, state) in rows {
        hints.extend(hint(source, &state.health(now)));
        let health = match state.health(now) {
            _ if !source.enabled => "switched off".to_owned(),
            health @ Health::Failing { class, .. } => format!("{class}: {health}"),
            health => health.to_string(),
        };
        let address = state.address.map(|address| format!(" (asked at {address})")).unwrap_or_default();
        terminal.print(&format!("{}\t{}{address}\t{health}", source.name, source.location))?;
    }
    for hint in hints {
        terminal.note(&hint);
    }
    Ok(Status::Done)
}

/// What to do about a source that gives nothing.
fn hint(source: &Source, health: &Health<'_>) -> Option<String> {
    let Source { name, location, enabled: true, .. } = source else { return None };
    let or_else = format!("`daybrief sources disable {name:?}` or `daybrief sources remove {name:?}` if it is no more");
    match health {
        Health::Failing { .. } => {
            Some(format!("hint: {name}: see what it gives with `daybrief sources test {location}`; {or_else}"))
        }
        Health::Stale { .. } => Some(format!(
            "hint: {name}: see whether its publisher has another feed with `daybrief sources test {location}`; {or_else}"
        )),
        // That says itself what to do.
        Health::Gone | Health::NotAsked | Health::Well { .. } => None,
    }
}

/// Reads sources now and stores what is new, without making an edition of it.
async fn fetch(names: &[String], config: Config, terminal: Terminal) -> anyhow::Result<Status> {
    if let Some(name) = names.iter().find(|name| !config.sources.iter().any(|source| source.name == **name)) {
        return Err(Misuse(format!("{name}: there is no such source; see `daybrief sources list`")).into());
    }
    let is_wanted = |source: &&Source| names.is_empty() || names.contains(&source.name);
    let sources: Vec<Source> = config.sources.iter().filter(is_wanted).cloned().collect();
    let service = service(config, true).await?;
    let progress = terminal.progress();
    let collected = pipeline::collect(&service, &sources, Asking::stored(Occasion::ByHand), &progress).await?;
    progress.finish_and_clear();
    let status = report_sources(&collected, terminal);
    let answered = collected.asked - collected.silent.len();
    let found = collected.count();
    terminal.print(&format!("{answered} of {} sources answered; {found} new or changed articles", collected.asked))?;
    Ok(status)
}

/// Adds the feeds of an OPML list to the configuration. What is configured already is passed over, and so is what is no
/// address on the web.
async fn import(list: &OsStr, config: &Config, file: &Path, terminal: Terminal) -> anyhow::Result<Status> {
    let shown = list.to_string_lossy();
    let subscriptions = {
        let (bytes, content_type) = match source_of(list)?.location {
            Location::Url(_) => {
                let (bytes, _, content_type) = bytes_of(list, config).await.with_context(|| format!("read {shown}"))?;
                (bytes, content_type)
            }
            Location::Path(path) => {
                let opened = tokio::fs::File::open(&path).await.with_context(|| format!("failed to read {shown}"))?;
                (read_all(opened, config.limits.fetch.body_bytes_max).await?, None)
            }
            _ => (read_all(tokio::io::stdin(), config.limits.fetch.body_bytes_max).await?, None),
        };
        let read = opml::read_opml(&bytes, content_type.as_deref());
        read.map_err(|error| anyhow::anyhow!("failed to read {shown} as a list of feeds: {error}"))?
    };
    anyhow::ensure!(!subscriptions.is_empty(), "failed to find a feed in {shown}: the list names none");
    let place = |location: &Location| match location {
        Location::Url(url) => Some(crate::news::address::key(url.as_str())),
        _ => None,
    };
    let mut known: HashSet<String> = config.sources.iter().filter_map(|source| place(&source.location)).collect();
    let mut names: HashSet<String> = config.sources.iter().map(|source| source.name.clone()).collect();
    let (mut added, mut passed_over) = (Vec::new(), 0);
    let mut refused = 0;
    for Subscription { xml_url, title, category, .. } in subscriptions {
        let url = Url::parse(xml_url.trim_start_matches("feed:")).ok();
        let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) else {
            refused += 1;
            terminal.note(&format!("warning: {xml_url} is no address on the web"));
            continue;
        };
        let location = Location::Url(url);
        if !place(&location).is_some_and(|place| known.insert(place)) {
            passed_over += 1;
            continue;
        }
        let title = title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
        let name = config::free_name(&title.unwrap_or_else(|| name_of(&location)), &mut names);
        let kind = SourceKind::Auto;
        added.push(NewSource { name, location, kind, outlet: None, category });
    }
    if !added.is_empty() {
        config::add_sources(file, &added)?;
    }
    let passed = if passed_over > 0 { format!("; {passed_over} were there already") } else { String::new() };
    let (count, file) = (added.len(), file.display());
    terminal.print(&format!("added {count} sources to {file}{passed}"))?;
    Ok(Status::of_many(count + passed_over + refused, refused))
}

/// Prints the sources on the web as an OPML list.
fn export(config: &Config, terminal: Terminal) -> anyhow::Result<Status> {
    let mut subscriptions = Vec::new();
    for source in &config.sources {
        match &source.location {
            Location::Url(url) => {
                let mut url = url.clone();
                if url.password().is_some() {
                    terminal.note(&format!("warning: the login of {} is left out of the list", source.name));
                    // These fail only on addresses that cannot hold a login.
                    let _ = (url.set_password(None), url.set_username(""));
                }
                subscriptions.push(Subscription {
                    xml_url: url.to_string(),
                    title: Some(source.name.clone()),
                    html_url: None,
                    category: source.category.clone(),
                });
            }
            _ => terminal.note(&format!("note: {} is a file or folder, and is left out", source.name)),
        }
    }
    terminal.print(&opml::write_opml("Daybrief sources", &subscriptions))?;
    Ok(Status::Done)
}
