//! The archive: every edition as mail, page, text and JSON, and its feeds, in a folder that any web server can serve. The
//! pages that `serve` serves are the same ones, at the same addresses.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::pipeline::{self, Composed, Service};
use super::preview;
use super::store::Listing;
use crate::config::Edition;
use crate::news::digest::Digest;
use crate::news::message::archive::{self, Entry};
use crate::news::message::view::Drawings;
use crate::news::wording;

/// How many editions a feed of editions holds.
const FEED_EDITIONS_MAX: u32 = 30;

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}

/// The edition as .eml, .html, .txt and .json, named by edition and time.
pub async fn write_edition(service: &Service, composed: &Composed, folder: &Path) -> anyhow::Result<()> {
    let name = composed.digest.frame.stem();
    let files = [
        ("eml", preview::message(service, composed, &preview::PLACEHOLDER.parse()?).await?),
        ("txt", composed.rendered.text.clone().into_bytes()),
        ("json", serde_json::to_vec_pretty(&composed.view)?),
    ];
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    for (extension, content) in files {
        write(&folder.join(format!("{name}.{extension}")), content)?;
    }
    let html = page(service, &composed.view, &composed.rendered.drawings, &name)?;
    write_page(&html, &composed.rendered.drawings, folder, &name, "html")
}

/// The zone of an edition's times: its own, whatever the configuration says by now.
pub fn zone_of(digest: &Digest) -> anyhow::Result<TimeZone> {
    let zone = &digest.frame.zone;
    TimeZone::get(zone).with_context(|| format!("failed to find the zone {zone}"))
}

pub fn page(service: &Service, digest: &Digest, drawings: &Drawings, stem: &str) -> anyhow::Result<String> {
    Ok(archive::page(digest, drawings, &zone_of(digest)?, stem, None, &service.templates)?.text)
}

/// How lists show an edition, and all that its page prints.
pub fn listing(view: &Digest) -> anyhow::Result<(Listing, String)> {
    let zone = zone_of(view)?;
    let listing = Listing {
        stem: view.frame.stem(),
        title: view.frame.title.clone(),
        subject: wording::subject(view),
        when: view.frame.look.language.moment(view.frame.composed_at, &zone),
    };
    Ok((listing, archive::printed(view, &zone)))
}

/// A rendering with its pictures beside it.
pub fn write_page(
    content: &str,
    drawings: &Drawings,
    folder: &Path,
    stem: &str,
    extension: &str,
) -> anyhow::Result<()> {
    write(&folder.join(format!("{stem}.{extension}")), content)?;
    for (name, png) in drawings.named() {
        write(&folder.join(format!("{stem}-{name}.png")), &png.bytes)?;
    }
    Ok(())
}

/// The feeds of an edition in the archive, by the names that [`feeds`] gives as their addresses.
pub async fn write_feeds(service: &Service, edition: &Edition, folder: &Path) -> anyhow::Result<()> {
    let (atom, json) = feeds(service, edition).await?;
    write(&folder.join(format!("{}.atom", edition.name)), atom)?;
    write(&folder.join(format!("{}.feed.json", edition.name)), json)
}

/// The last editions of a name as Atom and as JSON Feed.
pub async fn feeds(service: &Service, edition: &Edition) -> anyhow::Result<(String, String)> {
    let stored = service.store.editions(&edition.name, Timestamp::MIN..Timestamp::MAX, FEED_EDITIONS_MAX).await?;
    let mut composed = Vec::with_capacity(stored.len());
    for stored in stored {
        composed.push(pipeline::stored(service, stored).await?);
    }
    let entries = composed.iter().map(|composed| Entry {
        id: composed.id.as_deref().unwrap_or_default(),
        digest: &composed.view,
        subject: &composed.rendered.subject,
        text: &composed.rendered.text,
        web: composed.view.frame.look.web.clone(),
    });
    let entries: Vec<Entry> = entries.collect();
    let own = |end: &str| service.config.archive_address().map(|url| format!("{url}/{}.{end}", edition.name));
    let json = archive::json_feed(&edition.title, own("feed.json").as_deref(), &entries);
    let atom = archive::atom(&edition.name, &edition.title, own("atom").as_deref(), &entries)?;
    Ok((atom, serde_json::to_string_pretty(&json)?))
}
