//! `preview`: an edition as a subscriber gets it, in every format, once or again and again while its looks are worked on.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use jiff::civil;
use lettre::Address;

use super::run::{address, edition, report_sources, service};
use super::terminal::Misuse;
use super::{Format, PreviewArgs, Status, Terminal};
use crate::config::Config;
use crate::news::message::archive;
use crate::service::archive::{feeds, page, write_page, zone_of};
use crate::service::fetch::state::Occasion;
use crate::service::outbox;
use crate::service::pipeline::{self, Asking, Collected, Composed, Keep, Order, Service};
use crate::service::preview;
use crate::service::worker::Clock;

/// How often `--watch` looks whether a file was saved.
const WATCH: Duration = Duration::from_millis(300);

pub async fn preview(args: &PreviewArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let loaded = Config::load(config)?;
    // Noted before the templates are read, and later before all is: what is saved while they are shown is shown next.
    let mut watched = Watched::now(&loaded);
    let mut service = service(loaded, false).await?;
    let reads_sources = args.date.is_none() && !args.offline;
    // Once, however often it is shown: what is worked on is its looks.
    let mut status = Status::Done;
    let collected = if reads_sources {
        let progress = terminal.progress();
        let asking = Asking { occasion: Occasion::ByHand, keep: Keep::InMemory, published: None };
        let collected = pipeline::collect(&service, &service.config.sources, asking, &progress).await?;
        progress.finish_and_clear();
        status = report_sources(&collected, terminal);
        collected
    } else {
        Collected::default()
    };
    let mut folder = None;
    loop {
        match once(args, &service, &collected, &mut folder, terminal).await {
            Ok(()) => {}
            Err(error) if args.watch => drop(terminal.fail(&error)),
            Err(error) => return Err(error),
        }
        if !args.watch {
            return Ok(status);
        }
        watched = loop {
            let now = Watched::now(&service.config);
            if now != watched {
                break now;
            }
            tokio::time::sleep(WATCH).await;
        };
        match again(config).await {
            Ok(changed) => service = changed,
            Err(error) => drop(terminal.fail(&error)),
        }
    }
}

async fn again(config: Option<&Path>) -> anyhow::Result<Service> {
    service(Config::load(config)?, false).await
}

/// When the files that a preview depends on were last saved.
#[derive(Debug, PartialEq, Eq)]
struct Watched(Vec<(PathBuf, Option<SystemTime>)>);

impl Watched {
    fn now(config: &Config) -> Self {
        let own = config.path.iter().cloned().chain(config.template_paths());
        let saved = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
        Self(own.map(|path| (path.clone(), saved(&path))).collect())
    }
}

async fn once(
    args: &PreviewArgs,
    service: &Service,
    collected: &Collected,
    folder: &mut Option<PathBuf>,
    terminal: Terminal,
) -> anyhow::Result<()> {
    let edition = edition(&service.config, args.edition.as_deref())?;
    let composed = match &args.date {
        Some(date) => {
            let day: civil::Date = date.parse().map_err(|_| Misuse(format!("--date {date}: write 2031-03-05")))?;
            let sent = pipeline::sent_on(service, edition, day).await?;
            sent.with_context(|| format!("failed to find an edition of {} composed on {day}", edition.name))?
        }
        None => {
            let window = pipeline::window(service, edition, &[], Clock::System.now()).await?;
            let order = Order { edition, window, slots: &[], collected_only: false, partial: false };
            pipeline::compose(service, &order, collected).await?
        }
    };
    if let Some(fault) = &composed.rendered.fault {
        terminal.note(&format!("warning: the shipped templates are used in place of yours: {fault}"));
    }
    let reader = args.reader.as_deref().map(address).transpose()?;
    let format = args.format.unwrap_or(if args.open { Format::Web } else { Format::Text });
    let drawings = composed.rendered.drawings.clone();
    let content = match format {
        Format::Atom => feeds(service, edition).await?.0,
        Format::Feed => feeds(service, edition).await?.1,
        format => show(service, composed, reader.as_ref(), format).await?,
    };
    if !args.open {
        return terminal.print(&content);
    }
    // In a browser the pictures of a mail are files beside it.
    let content = drawings.named().fold(content, |content, (name, _)| match format {
        Format::Html => content.replace(&format!("cid:{name}.png@daybrief"), &format!("edition-{name}.png")),
        _ => content,
    });
    let extension = match format {
        Format::Html | Format::Web => "html",
        Format::Text => "txt",
        Format::Json | Format::Feed => "json",
        Format::Eml => "eml",
        Format::Markdown => "md",
        Format::Atom => "atom",
    };
    let is_open = folder.is_some();
    let folder = match folder {
        Some(folder) => folder,
        None => folder.insert(own_folder()?),
    };
    write_page(&content, &drawings, folder, "edition", extension)?;
    let path = folder.join(format!("edition.{extension}"));
    if is_open {
        terminal.note(&format!("wrote {} again: reload it", path.display()));
    } else {
        open::that(&path).with_context(|| format!("failed to open {} in a browser", path.display()))?;
        terminal.note(&format!("opened {}", path.display()));
    }
    Ok(())
}

/// A folder which nobody else can have put there.
fn own_folder() -> anyhow::Result<PathBuf> {
    let name = format!("daybrief-{}-{}", std::process::id(), Clock::System.now().as_microsecond());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    Ok(folder)
}

/// An edition in a format, as `reader` gets it or got it.
pub async fn show(
    service: &Service,
    composed: Composed,
    reader: Option<&Address>,
    format: Format,
) -> anyhow::Result<String> {
    let placeholder = address(preview::PLACEHOLDER)?;
    let reader = reader.unwrap_or(&placeholder);
    if format == Format::Eml {
        return Ok(String::from_utf8(preview::message(service, &composed, reader).await?)?);
    }
    let view = preview::view_of(service, composed, reader).await?;
    if format == Format::Json {
        return Ok(serde_json::to_string_pretty(&*view)?);
    }
    let rendered = outbox::render(service, &view, None)?;
    let (drawings, templates) = (&rendered.drawings, &service.templates);
    Ok(match format {
        Format::Html => rendered.html,
        Format::Markdown => archive::markdown(&view, drawings, &zone_of(&view)?, templates)?.text,
        Format::Web => page(service, &view, drawings, "edition")?,
        Format::Atom | Format::Feed => return Err(Misuse("one edition is not a feed: see preview".into()).into()),
        Format::Text | Format::Json | Format::Eml => rendered.text,
    })
}
