//! `subscribers`: who reads.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use lettre::Address;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer as _};

use super::terminal::{Misuse, as_far_as_read};
use super::{Choices, Status, SubscribersVerb, Terminal};
use crate::config::Config;
use crate::news::subscriber::{self, Empty, Format, Near, Preferences};
use crate::service::store::{Added, Store, Subscriber, SubscriberState};
use crate::service::worker::Clock;

/// One row of a CSV file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Row {
    address: String,
    #[serde(default)]
    name: String,
    /// With spaces between; empty for all.
    #[serde(default)]
    editions: String,
    #[serde(default)]
    hour: String,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    empty: String,
    #[serde(default)]
    topics: String,
    #[serde(default)]
    kinds: String,
    #[serde(default)]
    places: String,
    #[serde(default)]
    state: String,
}

pub async fn subscribers(verb: SubscribersVerb, path: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(path)?;
    let now = Clock::System.now();
    match verb {
        SubscribersVerb::List { json } => list(&config, json, terminal).await?,
        SubscribersVerb::Add { address, name, edition, choices } => {
            known_editions(&config, &edition)?;
            let (address, store) = (parse(&address)?, Store::open(&config.store).await?);
            let preferences = choices.apply(Preferences::default()).map_err(Misuse)?;
            let name = name.as_deref().and_then(subscriber::name);
            let added = store.add_subscriber(&address, name.as_deref(), &edition, now).await?;
            if added == Added::Suppressed {
                anyhow::bail!(
                    "failed to add {address}: mail to it bounced, or it complained; `daybrief subscribers readmit` lifts that"
                );
            }
            if preferences != Preferences::default()
                && let Some(known) = store.subscriber_at(&address).await?
            {
                store.set_preferences(&known.id, &preferences, &known.editions, now).await?;
            }
            terminal.print(&match added {
                Added::Again => format!("{address} is back on the list"),
                Added::Known => format!("{address} is on the list already"),
                Added::New | Added::Suppressed => format!("added {address}"),
            })?;
        }
        SubscribersVerb::Set { address, choices } => {
            let (address, store) = (parse(&address)?, Store::open(&config.store).await?);
            let known = store.subscriber_at(&address).await?.with_context(|| missing(&address))?;
            let preferences = choices.apply(known.preferences).map_err(Misuse)?;
            store.set_preferences(&known.id, &preferences, &known.editions, now).await?;
            terminal.print(&format!("{address}: {}", described(&preferences)))?;
        }
        SubscribersVerb::Remove { address } => {
            let (address, store) = (parse(&address)?, Store::open(&config.store).await?);
            anyhow::ensure!(store.remove_subscriber(&address, now).await?, "{}", missing(&address));
            terminal.print(&format!("removed {address}"))?;
        }
        SubscribersVerb::Readmit { address } => {
            let (address, store) = (parse(&address)?, Store::open(&config.store).await?);
            anyhow::ensure!(
                store.readmit(&address, now).await?,
                "failed to lift anything: {address} is not suppressed"
            );
            terminal.print(&format!("{address} may be written to again"))?;
        }
        SubscribersVerb::Erase { address } => {
            let (address, store) = (parse(&address)?, Store::open(&config.store).await?);
            anyhow::ensure!(store.erase(&address, now).await?, "{}", missing(&address));
            terminal.print(&format!("erased {address}"))?;
        }
        SubscribersVerb::Import { file } => return import(&config, &file, now, terminal).await,
        SubscribersVerb::Export => export(&config, terminal).await?,
    }
    Ok(Status::Done)
}

fn missing(address: &Address) -> String {
    format!("failed to find {address} on the list; see `daybrief subscribers list`")
}

async fn list(config: &Config, json: bool, terminal: Terminal) -> anyhow::Result<()> {
    let store = Store::open_read_only(&config.store).await?;
    if json {
        return as_far_as_read(list_json(&store).await);
    }
    let mut none = true;
    let print = |Subscriber { address, state, reason, preferences, editions, .. }: Subscriber| {
        none = false;
        let editions = if editions.is_empty() { "all editions".to_owned() } else { editions.join(", ") };
        let reason = reason.map(|reason| format!("\t{reason}")).unwrap_or_default();
        let wants = if preferences == Preferences::default() {
            String::new()
        } else {
            format!("\t{}", described(&preferences))
        };
        terminal.print(&format!("{address}\t{state}\t{editions}{wants}{reason}"))
    };
    store.each_subscriber(print).await?;
    if none {
        terminal.note("no subscribers yet; add one with `daybrief subscribers add ADDRESS`");
    }
    Ok(())
}

async fn list_json(store: &Store) -> anyhow::Result<()> {
    let mut out = serde_json::Serializer::pretty(io::BufWriter::new(io::stdout()));
    let mut list = out.serialize_seq(None)?;
    let write = |subscriber| anyhow::Ok(list.serialize_element(&subscriber).map_err(io::Error::from)?);
    store.each_subscriber(write).await?;
    SerializeSeq::end(list).map_err(io::Error::from)?;
    let mut out = out.into_inner();
    writeln!(out)?;
    Ok(out.flush()?)
}

async fn import(config: &Config, file: &str, now: Timestamp, terminal: Terminal) -> anyhow::Result<Status> {
    let input: Box<dyn io::Read> = match file {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(std::fs::File::open(path).with_context(|| format!("failed to read {path}"))?),
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(input.take(1 << 30));
    let headers = reader.headers().context("failed to read the first line")?.clone();
    if !headers.iter().any(|name| name == "address") {
        return Err(Misuse("the first line must name the columns, `address` among them".to_owned()).into());
    }
    let store = Store::open(&config.store).await?;
    let (mut rows, mut failures) = (0, 0);
    for (nth, row) in reader.into_deserialize::<Row>().enumerate() {
        rows += 1;
        let result = match row {
            Ok(row) => import_row(config, &store, &row, now).await.map(|added| format!("{}: {added}", row.address)),
            Err(error) => Err(error.into()),
        };
        failures += usize::from(result.is_err());
        let said = result.unwrap_or_else(|error| format!("not taken: {error:#}"));
        // A line for each row, whatever its cells hold.
        let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        terminal.print(&format!("row {}\t{said}", nth + 1))?;
    }
    terminal.note(&format!("{} of {rows} rows taken", rows - failures));
    Ok(Status::of_many(rows, failures))
}

async fn import_row(config: &Config, store: &Store, row: &Row, now: Timestamp) -> anyhow::Result<&'static str> {
    let address = subscriber::address(&row.address).map_err(|error| anyhow::anyhow!("{}: {error}", row.address))?;
    let editions: Vec<String> = row.editions.split_whitespace().map(str::to_owned).collect();
    known_editions(config, &editions)?;
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let choices = Choices {
        hour: given(&row.hour),
        zone: given(&row.zone),
        format: given(&row.format),
        empty: given(&row.empty),
        topics: given(&row.topics),
        kinds: given(&row.kinds),
        places: given(&row.places),
        pause: None,
    };
    let known = store.subscriber_at(&address).await?;
    // Who left or complained elsewhere is not written to, and who left here is not brought back by a list.
    if row.state == SubscriberState::Suppressed.name() || row.state == SubscriberState::Removed.name() {
        return Ok("left out, as its state says");
    }
    if known.as_ref().is_some_and(|known| known.state == SubscriberState::Removed) {
        return Ok("left out: has left; `subscribers add` brings back");
    }
    let before = known.map(|known| known.preferences).unwrap_or_default();
    let preferences = choices.apply(before).map_err(|error| anyhow::anyhow!("{error}"))?;
    let added = store.add_subscriber(&address, subscriber::name(&row.name).as_deref(), &editions, now).await?;
    if added == Added::Suppressed {
        return Ok("left out: bounced or complained");
    }
    if let Some(known) = store.subscriber_at(&address).await?.filter(|known| known.preferences != preferences) {
        store.set_preferences(&known.id, &preferences, &editions, now).await?;
    }
    Ok(match added {
        Added::New => "added",
        Added::Again => "confirmed",
        Added::Known | Added::Suppressed => "on the list already",
    })
}

async fn export(config: &Config, terminal: Terminal) -> anyhow::Result<()> {
    let store = Store::open_read_only(&config.store).await?;
    let mut is_first = true;
    let print = |Subscriber { address, name, state, preferences, editions, .. }: Subscriber| {
        let mut line = csv::WriterBuilder::new().has_headers(is_first).from_writer(Vec::new());
        is_first = false;
        line.serialize(Row {
            address: address.to_string(),
            name: name.unwrap_or_default(),
            editions: editions.join(" "),
            hour: preferences.minute.map(|at| format!("{:02}:{:02}", at / 60, at % 60)).unwrap_or_default(),
            zone: preferences.zone.unwrap_or_default(),
            format: if preferences.format == Format::Text { "text".to_owned() } else { String::new() },
            empty: preferences
                .empty
                .map(|empty| if empty == Empty::Skip { "skip" } else { "note" }.to_owned())
                .unwrap_or_default(),
            topics: preferences.topics.iter().map(|topic| subscriber::topic_word(*topic)).collect::<Vec<_>>().join(","),
            kinds: preferences.kinds.join(","),
            places: preferences.places.iter().map(Near::to_string).collect::<Vec<_>>().join("; "),
            state: state.name().to_owned(),
        })?;
        terminal.print(&String::from_utf8(line.into_inner()?)?)
    };
    store.each_subscriber(print).await
}

fn known_editions(config: &Config, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        if config.edition(name).is_none() {
            let known: Vec<&str> = config.editions.iter().map(|edition| edition.name.as_str()).collect();
            return Err(Misuse(format!("there is no edition {name:?}; there are {}", known.join(", "))).into());
        }
    }
    Ok(())
}

pub fn parse(address: &str) -> anyhow::Result<Address> {
    subscriber::address(address)
        .map_err(|error| Misuse(format!("{address}: {error}; write an address such as reader@example.org")).into())
}

/// What someone wants, in a line.
fn described(preferences: &Preferences) -> String {
    let mut parts = Vec::new();
    if let Some(at) = preferences.minute {
        let zone = preferences.zone.as_deref().unwrap_or("the edition\u{2019}s zone");
        parts.push(format!("at {:02}:{:02} {zone}", at / 60, at % 60));
    }
    if !preferences.topics.is_empty() {
        parts.push(preferences.topics.iter().map(|topic| subscriber::topic_word(*topic)).collect::<Vec<_>>().join(","));
    }
    parts.extend((!preferences.kinds.is_empty()).then(|| preferences.kinds.join(",")));
    if !preferences.places.is_empty() {
        parts.push(preferences.places.iter().map(Near::to_string).collect::<Vec<_>>().join("; "));
    }
    parts.extend((preferences.format == Format::Text).then(|| "text".to_owned()));
    parts.extend(
        preferences
            .empty
            .map(|empty| if empty == Empty::Skip { "no empty ones" } else { "also empty ones" }.to_owned()),
    );
    parts.extend(preferences.paused_until.map(|until| format!("paused until {}", until.strftime("%-d %b %Y"))));
    if parts.is_empty() { "everything, when it is due".to_owned() } else { parts.join("; ") }
}

impl Choices {
    /// # Errors
    /// What cannot be meant, and what to write.
    pub fn apply(&self, mut wants: Preferences) -> Result<Preferences, String> {
        let list = |text: &str, by: char| -> Vec<String> {
            if text.trim() == "all" {
                return Vec::new();
            }
            text.split(by).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        };
        if let Some(hour) = &self.hour {
            wants.minute = match hour.as_str() {
                "slot" => None,
                text => Some(subscriber::minute(text).ok_or(format!("{text:?} is no hour; write 7 or 07:30"))?),
            };
        }
        if let Some(zone) = &self.zone {
            let known =
                TimeZone::get(zone).map_err(|_| format!("there is no time zone {zone:?}; write Europe/Kyiv"))?;
            wants.zone = known.iana_name().map(str::to_owned);
        }
        if let Some(format) = &self.format {
            wants.format = match format.as_str() {
                "both" => Format::Both,
                "text" => Format::Text,
                other => return Err(format!("{other:?} is no format; write both or text")),
            };
        }
        if let Some(empty) = &self.empty {
            wants.empty = match empty.as_str() {
                "note" => Some(Empty::Note),
                "skip" => Some(Empty::Skip),
                other => return Err(format!("{other:?}: write note or skip")),
            };
        }
        if let Some(topics) = &self.topics {
            wants.topics = list(topics, ',').iter().map(|word| subscriber::topic(word)).collect::<Result<_, _>>()?;
        }
        if let Some(kinds) = &self.kinds {
            wants.kinds = list(kinds, ',').iter().map(|word| subscriber::kind(word)).collect::<Result<_, _>>()?;
        }
        if let Some(places) = &self.places {
            wants.places = list(places, ';').iter().map(|text| subscriber::near(text)).collect::<Result<_, _>>()?;
        }
        if let Some(pause) = &self.pause {
            wants.paused_until = match pause.as_str() {
                "no" => None,
                day => {
                    let day: civil::Date = day.parse().map_err(|_| format!("{day:?} is no day; write 2031-03-05"))?;
                    let zone = wants.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC);
                    Some(day.to_zoned_datetime(zone).map_err(|error| error.to_string())?.timestamp())
                }
            };
        }
        Ok(wants)
    }
}
