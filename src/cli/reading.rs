//! `sources test` and `read`: what the reader makes of one feed or page, without a store.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde_json::{Value, json};

use super::run::{fetcher, source_of};
use super::{ReadArgs, Status, Terminal};
use crate::config::{Config, Location};
use crate::news::article::{self, Page};
use crate::news::feed::{self, Feed, discovery};
use crate::news::wording::Language;
use crate::service::fetch::{Fetched, Request};
use crate::service::gather::read_all;

/// Entries that `sources test` shows of each feed.
const ENTRIES_SHOWN: usize = 10;

/// Bytes, and the address and type they came with where they have them.
type Bytes = (Vec<u8>, Option<String>, Option<String>);

/// What a path, an address or standard input holds.
pub async fn bytes_of(input: impl AsRef<OsStr>, config: &Config) -> anyhow::Result<Bytes> {
    bytes_wanted(input.as_ref(), config, Request::page).await
}

async fn bytes_wanted(input: &OsStr, config: &Config, wanted: fn(url::Url) -> Request) -> anyhow::Result<Bytes> {
    let bytes_max = config.limits.fetch.body_bytes_max;
    match source_of(input)?.location {
        Location::Stdin => Ok((read_all(tokio::io::stdin(), bytes_max).await?, None, None)),
        Location::Bundled(bytes) => Ok((bytes.to_vec(), None, None)),
        Location::Path(path) => Ok((read_all(tokio::fs::File::open(path).await?, bytes_max).await?, None, None)),
        Location::Url(url) => match fetcher(config)?.fetch(&wanted(url)).await? {
            Fetched::Document(document) => Ok((document.body, Some(document.url.to_string()), document.content_type)),
            Fetched::Unchanged(_) => anyhow::bail!("the server says \"not modified\" to a first request"),
        },
    }
}

/// Shows what feeds give, one line for each input with `as_json`.
pub async fn test_sources(
    config: &Config,
    inputs: &[OsString],
    base_url: Option<&str>,
    content_type: Option<&str>,
    as_json: bool,
    terminal: Terminal,
) -> anyhow::Result<Status> {
    let mut failures = 0;
    for input in inputs {
        let name = input.to_string_lossy();
        // An address that is meant as a feed is exempt from robots.txt.
        let (bytes, url, declared) = match bytes_wanted(input, config, Request::feed).await {
            Ok(found) => found,
            Err(error) => {
                failures += 1;
                if as_json {
                    let error = format!("{error:#}");
                    let out = json!({ "ok": false, "entries": [], "error": error });
                    terminal.print(&json!({ "file": name, "out": out }).to_string())?;
                }
                terminal.fail(&error.context(format!("failed to read {name}")));
                continue;
            }
        };
        let url = base_url.or(url.as_deref());
        let read = feed::read(&bytes, url, content_type.or(declared.as_deref()));
        failures += usize::from(read.is_err());
        let named = match &read {
            Ok(_) => Vec::new(),
            Err(_) => discovery::feeds_of_page(&bytes, url, declared.as_deref()),
        };
        if as_json {
            let mut report = feed::report(&name, &read);
            if !named.is_empty() {
                report["out"]["feeds"] = json!(named);
            }
            terminal.print(&report.to_string())?;
            continue;
        }
        match read {
            Ok(feed) => show_feed(&name, &feed, terminal)?,
            Err(error) => {
                terminal.fail(&anyhow::anyhow!("failed to read {name} as a feed: {error}"));
                for found in named {
                    terminal.note(&format!("  the page names a feed: {}", found.url));
                }
            }
        }
    }
    Ok(Status::of_many(inputs.len(), failures))
}

fn show_feed(name: &str, feed: &Feed, terminal: Terminal) -> anyhow::Result<()> {
    let title = feed.title.as_deref().unwrap_or("untitled");
    terminal.print(&format!("{name}: {:?} “{title}”, {} entries", feed.format, feed.entries.len()))?;
    for entry in feed.entries.iter().take(ENTRIES_SHOWN) {
        let at = entry.date().map_or_else(|| "no date".to_owned(), |at| at.to_string());
        terminal.print(&format!("  {at}  {}", entry.title.as_deref().unwrap_or("untitled")))?;
    }
    Ok(())
}

/// Shows what the reader takes from pages, one line for each input with `--json`.
pub async fn read(args: &ReadArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(config)?;
    let mut failures = 0;
    for input in &args.inputs {
        let name = input.to_string_lossy();
        let (page, error) = match bytes_of(input, &config).await {
            Ok((bytes, url, content_type)) => {
                let page = article::read(&bytes, args.url.as_deref().or(url.as_deref()), content_type.as_deref());
                let error = page.error.as_ref().map(|error| anyhow::anyhow!("failed to {error} ({name})"));
                (page, error)
            }
            Err(error) => (Page::default(), Some(error.context(format!("failed to read {name}")))),
        };
        failures += usize::from(error.is_some());
        if args.json {
            terminal.print(&json_of(&name, &page, error.as_ref())?.to_string())?;
        }
        match error {
            Some(error) => {
                terminal.fail(&error);
            }
            None if args.json => {}
            None => show_page(&page, terminal)?,
        }
    }
    Ok(Status::of_many(args.inputs.len(), failures))
}

/// The contract's object for a page: every field, and the error where there is one.
fn json_of(name: &str, page: &Page, error: Option<&anyhow::Error>) -> anyhow::Result<Value> {
    let mut line = json!({ "source": name, "ok": error.is_none() });
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), serde_json::to_value(page)?) {
        line.extend(fields);
        if let Some(error) = error {
            line.insert("error".to_owned(), format!("{error:#}").into());
        }
    }
    Ok(line)
}

fn show_page(page: &Page, terminal: Terminal) -> anyhow::Result<()> {
    let published = page.published.as_ref().map(|at| Language::English.published(at));
    let facts = [
        ("Title", Some(page.title.as_str())),
        ("By", page.byline.as_deref()),
        ("Site", page.site.as_deref()),
        ("Published", published.as_deref()),
        ("Language", page.language.as_deref()),
        ("Address", page.canonical.as_deref()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            terminal.print(&format!("{name}: {value}"))?;
        }
    }
    terminal.print(&format!("\n{}\n", page.text))
}
