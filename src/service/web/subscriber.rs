//! A subscriber's own pages: leave, confirm, choose.
//!
//! A link that is not ours gets the same answers as one that is: nobody can find out by trying who subscribes.

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawForm, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Answer, Choice, Pages, Question, page, trouble, values};
use crate::news::digest::{Section, interest};
use crate::news::letter::{CONFIRM, PREFERENCES, UNSUBSCRIBE};
use crate::news::subscriber::{self, Empty, Format, Near, Preferences, TOPICS};
use crate::news::token::Purpose;
use crate::service::store::{Subscriber, SubscriberState};

#[derive(Template)]
#[template(path = "web/preferences.html")]
struct Form {
    note: Option<String>,
    address: String,
    editions: Vec<Choice>,
    topics: Vec<Choice>,
    kinds: Vec<Choice>,
    places: String,
    hour: String,
    zone: String,
    pause: String,
    text_only: bool,
    empty: &'static str,
}

/// Of kinds and places, each.
const CHOICES_MAX: usize = 50;

pub(super) fn router() -> Router<Pages> {
    Router::new()
        .route(&format!("/{UNSUBSCRIBE}/{{edition}}/{{mark}}"), get(ask_to_leave).post(leave))
        .route(&format!("/{CONFIRM}/{{mark}}"), get(ask_to_confirm).post(confirm))
        .route(&format!("/{PREFERENCES}/{{mark}}"), get(show).post(keep))
}

async fn ask_to_leave(Path((_, _)): Path<(String, String)>) -> Response {
    page(&Question { title: "Unsubscribe", text: "You will get no more mail of this edition.", button: "Unsubscribe" })
}

/// Also what a mail program sends by itself: `List-Unsubscribe=One-Click` (RFC 8058).
async fn leave(State(pages): State<Pages>, Path((edition, mark)): Path<(String, String)>) -> Response {
    if let Some(id) = pages.key.read_link(Purpose::Unsubscribe(&edition), &mark) {
        let others: Vec<String> = pages.config.editions.iter().map(|edition| edition.name.clone()).collect();
        if let Err(error) = pages.store.unsubscribe(id, Some(&edition), &others, pages.clock.now()).await {
            return trouble(&error);
        }
    }
    page(&Answer::new("Unsubscribed", "If this address was on the list, it is not any more."))
}

async fn ask_to_confirm(Path(_): Path<String>) -> Response {
    page(&Question { title: "Confirm", text: "You asked for our mail. Is that so?", button: "Yes, send it to me" })
}

async fn confirm(State(pages): State<Pages>, Path(mark): Path<String>) -> Response {
    if let Some(id) = pages.key.read_link(Purpose::Confirm, &mark) {
        match pages.store.confirm(id, pages.clock.now()).await {
            Ok(true) => {
                let own = format!("../{PREFERENCES}/{}", pages.key.link(Purpose::Preferences, id));
                let text = "The next edition comes to you.";
                return page(&Answer { title: "Thank you", text, link: Some((own, "Choose what you get, and when")) });
            }
            Ok(false) => {}
            Err(error) => return trouble(&error),
        }
    }
    page(&Answer::new("Thank you", "If you asked for it within the last week, the next edition comes to you."))
}

async fn show(State(pages): State<Pages>, Path(mark): Path<String>) -> Response {
    match known(&pages, &mark).await {
        Ok(Some(subscriber)) => page(&form(&pages, &subscriber, None)),
        Ok(None) => unknown(),
        Err(response) => response,
    }
}

async fn keep(State(pages): State<Pages>, Path(mark): Path<String>, RawForm(bytes): RawForm) -> Response {
    let mut subscriber = match known(&pages, &mark).await {
        Ok(Some(subscriber)) => subscriber,
        Ok(None) => return unknown(),
        Err(response) => return response,
    };
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    if values(&fields, "do").any(|value| value == "erase") {
        return match pages.store.erase(&subscriber.address, pages.clock.now()).await {
            Ok(_) => page(&Answer::new("Erased", "You get no more mail from us, and we have forgotten your address.")),
            Err(error) => trouble(&error),
        };
    }
    let preferences = match read(&fields, &subscriber.preferences) {
        Ok(preferences) => preferences,
        Err(problem) => return page(&form(&pages, &subscriber, Some(problem))),
    };
    let all: Vec<String> = pages.config.editions.iter().map(|edition| edition.name.clone()).collect();
    let mut editions: Vec<String> =
        all.iter().filter(|name| values(&fields, "edition").any(|value| value == *name)).cloned().collect();
    let now = pages.clock.now();
    if editions.is_empty() {
        return match pages.store.unsubscribe(&subscriber.id, None, &[], now).await {
            Ok(_) => page(&Answer::new("Unsubscribed", "You get no more mail from us.")),
            Err(error) => trouble(&error),
        };
    }
    // All that there are is all that there will be.
    if editions.len() == all.len() {
        editions.clear();
    }
    if let Err(error) = pages.store.set_preferences(&subscriber.id, &preferences, &editions, now).await {
        return trouble(&error);
    }
    (subscriber.preferences, subscriber.editions) = (preferences, editions);
    page(&form(&pages, &subscriber, Some("Kept. It holds from the next edition on.".to_owned())))
}

/// What a form says.
fn read(fields: &[(String, String)], before: &Preferences) -> Result<Preferences, String> {
    let text = |name| values(fields, name).find(|value| !value.is_empty());
    let list = |name, by: char| {
        text(name).into_iter().flat_map(move |text| text.split(by)).map(str::trim).filter(|part| !part.is_empty())
    };
    let topics: Vec<Section> =
        values(fields, "topic").take(CHOICES_MAX).map(subscriber::topic).collect::<Result<_, _>>()?;
    let kinds: Vec<String> =
        values(fields, "kind").take(CHOICES_MAX).map(subscriber::kind).collect::<Result<_, _>>()?;
    let places: Vec<Near> = list("places", ';').take(CHOICES_MAX).map(subscriber::near).collect::<Result<_, _>>()?;
    let zone = match text("zone") {
        Some(name) => {
            let zone =
                TimeZone::get(name).map_err(|_| format!("There is no time zone {name:?}; write Europe/Kyiv."))?;
            zone.iana_name().map(str::to_owned)
        }
        None => None,
    };
    let minute = match text("hour") {
        Some(hour) => Some(subscriber::minute(hour).ok_or(format!("{hour:?} is no time; write 07:30."))?),
        None => None,
    };
    let paused_until = match text("pause") {
        Some(day) => {
            let day: Date = day.parse().map_err(|_| format!("{day:?} is no day; write 2031-03-05."))?;
            let zone = zone.as_deref().and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC);
            day.to_zoned_datetime(zone).ok().map(|start| start.timestamp())
        }
        None => None,
    };
    Ok(Preferences {
        topics: if topics.len() == TOPICS.len() { Vec::new() } else { topics },
        kinds: if kinds.len() == interest::kinds().len() { Vec::new() } else { kinds },
        places,
        minute,
        zone,
        format: if text("format") == Some("text") { Format::Text } else { Format::Both },
        empty: match text("empty") {
            Some("note") => Some(Empty::Note),
            Some("skip") => Some(Empty::Skip),
            Some(_) => before.empty,
            None => None,
        },
        paused_until,
    })
}

/// The subscriber whose link it is, unless they have left.
async fn known(pages: &Pages, mark: &str) -> Result<Option<Subscriber>, Response> {
    let Some(id) = pages.key.read_link(Purpose::Preferences, mark) else { return Ok(None) };
    match pages.store.subscriber(id).await {
        Ok(found) => Ok(found.filter(|subscriber| subscriber.state == SubscriberState::Active)),
        Err(error) => Err(trouble(&error)),
    }
}

fn form(pages: &Pages, subscriber: &Subscriber, note: Option<String>) -> Form {
    let wants = &subscriber.preferences;
    let editions = pages.config.editions.iter().map(|edition| Choice {
        value: edition.name.clone(),
        label: format!("{} ({})", edition.title, edition.name),
        chosen: subscriber.editions.is_empty() || subscriber.editions.contains(&edition.name),
    });
    let topics = TOPICS.iter().map(|(word, label, section)| Choice {
        value: (*word).to_owned(),
        label: (*label).to_owned(),
        chosen: wants.topics.is_empty() || wants.topics.contains(section),
    });
    let zone = wants.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC);
    let kinds = interest::kinds().into_iter().map(|kind| Choice {
        value: kind.to_owned(),
        label: kind.replace('_', " "),
        chosen: wants.kinds.iter().any(|chosen| chosen == kind),
    });
    let places: Vec<String> = wants.places.iter().map(Near::to_string).collect();
    Form {
        note,
        address: subscriber.address.to_string(),
        editions: editions.collect(),
        topics: topics.collect(),
        kinds: kinds.collect(),
        places: places.join("; "),
        hour: wants.minute.map(|at| format!("{:02}:{:02}", at / 60, at % 60)).unwrap_or_default(),
        zone: wants.zone.clone().unwrap_or_default(),
        pause: wants.paused_until.map(|until| zone.to_datetime(until).date().to_string()).unwrap_or_default(),
        text_only: wants.format == Format::Text,
        empty: match wants.empty {
            Some(Empty::Note) => "note",
            Some(Empty::Skip) => "skip",
            None => "",
        },
    }
}

fn unknown() -> Response {
    page(&Answer::new(
        "This link does not work",
        "It is not complete, or it belongs to someone who has left. The newest mail has a working one.",
    ))
}
