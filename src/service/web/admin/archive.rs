//! Editions: the archive with its search, each one whole with every claim, and how one looks to a reader.

use std::borrow::Cow;
use std::fmt::Write as _;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use lettre::Address;
use mail_parser::{MessageParser, MimeHeaders as _};
use serde::Deserialize;

use super::access::Admin;
use super::evidence::{Articles, ClaimRow, sentence_of};
use super::{Desk, LANGUAGE, Top, answer, show};
use crate::news::digest::Digest;
use crate::news::message::archive;
use crate::news::wording;
use crate::service::pipeline::{self, Composed};
use crate::service::{preview, runs};

/// Editions on one page of the archive.
const EDITIONS_SHOWN: u32 = 30;
/// Of the words of a search.
const WORDS_BYTES_MAX: usize = 200;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/admin/editions", get(list))
        .route("/admin/editions/{id}", get(edition))
        .route("/admin/editions/{id}/page", get(page))
        .route("/admin/editions/{id}/picture/{name}", get(picture))
        .route("/admin/preview", get(preview_page))
        .route("/admin/preview/message", get(message))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "web/admin/editions.html")]
struct Editions {
    top: Top,
    words: String,
    rows: Vec<EditionRow>,
    /// The last one's id, if there may be more.
    more: Option<String>,
}

struct EditionRow {
    id: String,
    subject: String,
    when: String,
    counts: String,
    held: usize,
}

async fn list(State(desk): State<Desk>, admin: Admin, Query(search): Query<Search>) -> Response {
    let page = async {
        let store = &desk.service.store;
        let mut words = search.q.trim().to_owned();
        words.truncate(words.floor_char_boundary(WORDS_BYTES_MAX));
        let found = store.editions_page(&words, search.after.as_deref(), EDITIONS_SHOWN).await?;
        let mut rows = Vec::new();
        for stored in found {
            rows.push(EditionRow {
                subject: wording::subject(&stored.digest),
                when: LANGUAGE.moment(stored.digest.frame.composed_at, &zone(&stored.digest)),
                counts: super::counts(&store.delivery_counts(Some(&stored.id)).await?),
                held: stored.digest.held.len(),
                id: stored.id,
            });
        }
        let full = rows.len() == EDITIONS_SHOWN as usize;
        let more = rows.last().filter(|_| full).map(|row| row.id.clone());
        Ok(show(&Editions { top: Top::new(&desk, &admin, "Archive"), words, rows, more }))
    };
    answer(page.await)
}

fn zone(digest: &Digest) -> TimeZone {
    TimeZone::get(&digest.frame.zone).unwrap_or(TimeZone::UTC)
}

#[derive(Template)]
#[template(path = "web/admin/edition.html")]
struct Edition {
    top: Top,
    id: String,
    when: String,
    window: String,
    coverage: String,
    counts: String,
    incidents: Vec<Incident>,
    tracks: Vec<Track>,
}

struct Incident {
    title: String,
    grade: String,
    lines: Vec<Line>,
}

struct Line {
    said: String,
    rule: &'static str,
    claims: Vec<ClaimRow>,
}

struct Track {
    parties: String,
    rounds: Vec<ClaimRow>,
}

async fn edition(State(desk): State<Desk>, admin: Admin, Path(id): Path<String>) -> Response {
    let page = async {
        let store = &desk.service.store;
        let Some(stored) = store.edition(&id).await? else { return Ok(super::missing()) };
        let digest = &stored.digest;
        let zone = zone(digest);
        let today = digest.frame.composed_at.to_zoned_datetime(zone.clone()).date();
        let mut articles = Articles::of(store, &id).await?;
        let mut incidents = Vec::new();
        for item in &digest.tolls {
            let mut lines = Vec::new();
            for line in &item.lines {
                let mut claims = Vec::new();
                for weighed in &line.weighed {
                    claims.push(articles.claim(weighed).await?);
                }
                lines.push(Line { said: wording::toll(line, LANGUAGE), rule: wording::choice(line, LANGUAGE), claims });
            }
            for line in &item.claimed {
                let claim = ClaimRow {
                    figure: wording::claimed(line, LANGUAGE),
                    who: wording::attribution(line.figure.value(), LANGUAGE),
                    sentences: sentence_of(digest, line.figure.note()),
                };
                lines.push(Line {
                    said: "claimed of the other side's losses".to_owned(),
                    rule: "",
                    claims: vec![claim],
                });
            }
            let title = wording::incident_title(item, today, LANGUAGE);
            incidents.push(Incident { title, grade: wording::grade(&item.attested, LANGUAGE), lines });
        }
        let tracks = digest.talks.iter().map(|item| Track {
            parties: wording::parties(item),
            rounds: item
                .rounds
                .iter()
                .map(|round| ClaimRow {
                    figure: wording::round(round, today, LANGUAGE),
                    who: round.claimant.clone().unwrap_or_else(|| round.outlet.clone()),
                    sentences: sentence_of(digest, round.state.note()),
                })
                .collect(),
        });
        let window = &digest.frame.window;
        Ok(show(&Edition {
            top: Top::new(&desk, &admin, &wording::subject(digest)),
            when: LANGUAGE.moment(digest.frame.composed_at, &zone),
            window: format!("{} to {}", LANGUAGE.moment(window.from, &zone), LANGUAGE.moment(window.to, &zone)),
            coverage: wording::coverage(digest),
            counts: super::counts(&store.delivery_counts(Some(&id)).await?),
            incidents,
            tracks: tracks.collect(),
            id,
        }))
    };
    answer(page.await)
}

async fn stored(desk: &Desk, id: &str) -> anyhow::Result<Option<Composed>> {
    match desk.service.store.edition(id).await? {
        Some(stored) => Ok(Some(pipeline::stored(&desk.service, stored).await?)),
        None => Ok(None),
    }
}

/// The page of the archive, as it is drawn for readers.
async fn page(State(desk): State<Desk>, _: Admin, Path(id): Path<String>) -> Response {
    let page = async {
        let Some(composed) = stored(&desk, &id).await? else { return Ok(super::missing()) };
        let zone = zone(&composed.view);
        // The pictures stand beside the page: "picture/…-chart.png".
        let (view, drawings) = (&composed.view, &composed.rendered.drawings);
        let page = archive::page(view, drawings, &zone, "picture/edition", None, &desk.service.templates)?;
        Ok(boxed(page.text))
    };
    answer(page.await)
}

/// A page that is not of the desk's making: it may bring its own style, and nothing else.
fn boxed(html: String) -> Response {
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

async fn picture(State(desk): State<Desk>, _: Admin, Path((id, name)): Path<(String, String)>) -> Response {
    let picture = async {
        let Some(composed) = stored(&desk, &id).await? else { return Ok(super::missing()) };
        let wanted = name.strip_prefix("edition-").and_then(|name| name.strip_suffix(".png"));
        let found = composed.rendered.drawings.named().find(|(known, _)| Some(*known) == wanted);
        let Some((_, png)) = found else { return Ok(super::missing()) };
        Ok(([(header::CONTENT_TYPE, "image/png")], png.bytes.clone()).into_response())
    };
    answer(picture.await)
}

#[derive(Deserialize)]
struct As {
    #[serde(default)]
    edition: String,
    #[serde(default, rename = "as")]
    reader: String,
}

#[derive(Template)]
#[template(path = "web/admin/preview.html")]
struct Preview {
    top: Top,
    edition: String,
    editions: Vec<String>,
    reader: String,
    subject: String,
    text: String,
    held: usize,
    problem: Option<String>,
}

async fn preview_page(State(desk): State<Desk>, admin: Admin, Query(wanted): Query<As>) -> Response {
    let page = async {
        let editions: Vec<String> = desk.service.config.editions.iter().map(|edition| edition.name.clone()).collect();
        let Some(mail) = made(&desk, &wanted).await? else { return Ok(super::missing()) };
        Ok(show(&Preview {
            top: Top::new(&desk, &admin, "As it stands"),
            edition: mail.edition,
            editions,
            reader: wanted.reader,
            subject: mail.subject,
            text: mail.text,
            held: mail.held,
            problem: mail.problem,
        }))
    };
    answer(page.await)
}

/// The HTML part of the message, with its pictures in it.
async fn message(State(desk): State<Desk>, _: Admin, Query(wanted): Query<As>) -> Response {
    let page = async { Ok(made(&desk, &wanted).await?.map_or_else(super::missing, |mail| boxed(mail.html))) };
    answer(page.await)
}

struct Mail {
    edition: String,
    subject: String,
    text: String,
    html: String,
    held: usize,
    problem: Option<String>,
}

/// The very message that would be sent now, taken apart as a mail program does.
async fn made(desk: &Desk, wanted: &As) -> anyhow::Result<Option<Mail>> {
    let service = &desk.service;
    let edition = match wanted.edition.as_str() {
        "" => service.config.editions.first(),
        name => service.config.edition(name),
    };
    let Some(edition) = edition else { return Ok(None) };
    let (address, problem) = match wanted.reader.trim() {
        "" => (preview::PLACEHOLDER.parse()?, None),
        text => match text.parse::<Address>() {
            Ok(address) => {
                let known = service.store.subscriber_at(&address).await?.is_some();
                (address, (!known).then(|| format!("{text} is no subscriber: shown as anybody gets it.")))
            }
            Err(_) => (preview::PLACEHOLDER.parse()?, Some(format!("{text:?} is no mail address."))),
        },
    };
    let composed = runs::as_it_stands(service, edition).await?;
    let bytes = preview::message(service, &composed, &address).await?;
    let message = MessageParser::default().parse(&bytes);
    let part = |html: bool| {
        let message = message.as_ref()?;
        let body = if html { message.body_html(0) } else { message.body_text(0) };
        body.map(Cow::into_owned)
    };
    let mut html = part(true).unwrap_or_default();
    for attached in message.iter().flat_map(mail_parser::Message::attachments) {
        if let Some(id) = attached.content_id() {
            let mut inline = "data:image/png;base64,".to_owned();
            let _ = write!(inline, "{}", STANDARD.encode(attached.contents()));
            html = html.replace(&format!("cid:{id}"), &inline);
        }
    }
    let text = part(false).unwrap_or_else(|| "This reader gets nothing of it.".to_owned());
    Ok(Some(Mail {
        edition: edition.name.clone(),
        subject: wording::subject(&composed.view),
        text,
        html,
        held: composed.digest.held.len(),
        problem,
    }))
}
