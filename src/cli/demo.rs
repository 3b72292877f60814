//! `demo`: three days of invented news through the real program, without an account or a network.

use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::run::service;
use super::{DemoArgs, Status, Terminal};
use crate::config::{Config, Edition, Location, Source, StoreUrl, Transport};
use crate::news::digest::Window;
use crate::news::schedule::Schedule;
use crate::service::archive::write_edition;
use crate::service::fetch::state::Occasion;
use crate::service::pipeline::{self, Asking, Order};
use crate::service::worker::{Clock, Stop};

/// One bundled feed.
type Sample = (&'static str, &'static [u8]);

macro_rules! samples {
    ($($name:literal from $path:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../config/demo/", $path)).as_slice())),*]
    };
}

/// When each day's edition is due, and what its sources say by then. All of it is made up, outlets included.
const DAYS: &[(&str, &[Sample])] = &[
    (
        "2031-03-04T07:00:00+02:00",
        samples![
            "Harbour Courier" from "2031-03-04/harbour-courier.xml",
            "Northern Wire" from "2031-03-04/northern-wire.atom",
            "Valley Ledger" from "2031-03-04/valley-ledger.json",
        ],
    ),
    (
        "2031-03-05T07:00:00+02:00",
        samples![
            "Harbour Courier" from "2031-03-05/harbour-courier.xml",
            "Northern Wire" from "2031-03-05/northern-wire.atom",
            "Evening Dispatch" from "2031-03-05/evening-dispatch.xml",
            "Valley Ledger" from "2031-03-05/valley-ledger.json",
        ],
    ),
    (
        "2031-03-06T07:00:00+02:00",
        samples![
            "Harbour Courier" from "2031-03-06/harbour-courier.xml",
            "Northern Wire" from "2031-03-06/northern-wire.atom",
            "Evening Dispatch" from "2031-03-06/evening-dispatch.xml",
            "Valley Ledger" from "2031-03-06/valley-ledger.json",
        ],
    ),
];

pub async fn demo(args: &DemoArgs, terminal: Terminal) -> anyhow::Result<Status> {
    let mut config = Config { store: StoreUrl::Memory, ..Config::default() };
    let schedule = Schedule::parse("0 7 * * *", TimeZone::get("Europe/Kyiv")?);
    let schedule = schedule.map_err(|_| anyhow::anyhow!("failed to read the demo's own schedule"))?;
    let edition = Edition { title: "Sample daily".to_owned(), schedule, ..Edition::new("daily", "localhost") };
    config.editions = vec![edition.clone()];
    if let Some(folder) = &args.out {
        config.mail.transport = Transport::Directory(folder.clone());
    }
    let mut service = service(config, true).await?;
    service.store.add_subscriber(&"you@example.org".parse()?, None, &[], Timestamp::UNIX_EPOCH).await?;
    let progress = ProgressBar::hidden();
    let (_asker, stop) = Stop::controlled();
    for (index, (due, samples)) in DAYS.iter().enumerate() {
        let slot: Timestamp = due.parse()?;
        service.clock = Clock::simulated(slot);
        let sources: Vec<Source> =
            samples.iter().map(|(name, bytes)| Source::new(name, Location::Bundled(bytes))).collect();
        let window = Window { from: slot - SignedDuration::from_hours(24), to: slot };
        let order = Order { edition: &edition, window, slots: &[slot], collected_only: false, partial: false };
        let collected = pipeline::collect(&service, &sources, Asking::stored(Occasion::Edition), &progress).await?;
        let (composed, _) = pipeline::publish(&service, &order, &collected).await?;
        terminal.note(&format!("day {}: {}", index + 1, composed.rendered.subject));
        if let Some(folder) = &args.out {
            pipeline::deliver(&service, &stop, &progress).await?;
            write_edition(&service, &composed, folder).await?;
        }
        if index + 1 == DAYS.len() {
            terminal.note("");
            terminal.print(&if args.json {
                serde_json::to_string_pretty(&composed.digest)?
            } else {
                composed.rendered.text
            })?;
        }
    }
    match &args.out {
        Some(folder) => terminal.note(&format!("wrote three editions to {}", folder.display())),
        None => terminal.note("This was sample news. Keep the mails, pages and data with `daybrief demo --out DIR`; start your own with `daybrief init`."),
    }
    Ok(Status::Done)
}
