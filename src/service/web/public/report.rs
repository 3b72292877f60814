//! A reader says that a printed figure is wrong. An admin looks at it; nothing else happens by it.

use std::net::SocketAddr;
use std::sync::PoisonError;

use askama::Template;
use axum::Router;
use axum::extract::{ConnectInfo, Path, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Public, html, missing, trouble};
use crate::news::digest::Digest;
use crate::news::message::archive;
use crate::news::message::view::Drawings;
use crate::news::wording;
use crate::service::archive::zone_of;
use crate::service::pipeline;
use crate::service::store::NewReport;
use crate::service::web::sign_up::visitor;
use crate::service::web::{Answer, page, values};

/// Of what a reader writes.
const PROBLEM_CHARS_MAX: usize = 2_000;
const SOURCE_CHARS_MAX: usize = 500;

pub(super) fn router() -> Router<Public> {
    Router::new().route("/archive/{stem}/report", get(ask).post(take))
}

/// A statement of an edition that rests on a sentence.
struct Printed {
    /// The first sentence's number: what the page shows beside it.
    number: usize,
    text: String,
}

#[derive(Template)]
#[template(path = "web/public/report.html")]
struct Form {
    edition: String,
    figures: Vec<Printed>,
    chosen: String,
    problem: String,
    source: String,
    note: Option<&'static str>,
    problem_chars_max: usize,
    source_chars_max: usize,
}

/// All that an edition prints with a sentence, in its order.
fn printed(view: &Digest) -> anyhow::Result<Vec<Printed>> {
    let shown = archive::shown(view, &Drawings::default(), &zone_of(view)?, ("", ""));
    let mut all: Vec<Printed> = Vec::new();
    for item in shown.sections.into_iter().flat_map(|section| section.items) {
        for line in item.lines {
            let Some(cite) = line.cites.first() else { continue };
            let words = [item.title.as_str(), &line.lead, &line.strong, &line.tail];
            let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
            all.push(Printed { number: cite.number, text: words.join(" · ") });
        }
    }
    Ok(all)
}

fn form(view: &Digest, fields: &[(String, String)], note: Option<&'static str>) -> anyhow::Result<Form> {
    let given = |name| values(fields, name).next().unwrap_or_default().to_owned();
    Ok(Form {
        edition: wording::subject(view),
        figures: printed(view)?,
        chosen: given("figure"),
        problem: given("problem"),
        source: given("source"),
        note,
        problem_chars_max: PROBLEM_CHARS_MAX,
        source_chars_max: SOURCE_CHARS_MAX,
    })
}

/// The edition's id, and what everybody gets of it.
async fn edition(public: &Public, stem: &str) -> anyhow::Result<Option<(String, Digest)>> {
    let Some(stored) = public.stored(stem).await? else { return Ok(None) };
    let view = pipeline::view_of(&public.service, &stored).await?;
    Ok(Some((stored.id, view)))
}

async fn ask(State(public): State<Public>, Path(stem): Path<String>) -> Response {
    let make = async {
        let Some((_, view)) = edition(&public, &stem).await? else { return Ok(None) };
        Ok(Some(html(form(&view, &[], None)?.render()?)))
    };
    public.kept(&format!("report {stem}"), make).await
}

async fn take(
    State(public): State<Public>,
    Path(stem): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawForm(bytes): RawForm,
) -> Response {
    let now = public.service.clock.now();
    // Counted before anything is looked up.
    let admitted = public.reports.lock().unwrap_or_else(PoisonError::into_inner).admit(visitor(peer, &headers), now);
    if !admitted {
        let answer = Answer::new("Too many reports", "Please try again in a quarter of an hour.");
        return (StatusCode::TOO_MANY_REQUESTS, page(&answer)).into_response();
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    match taken(&public, &stem, &fields).await {
        Ok(response) => response,
        Err(error) => trouble(&error),
    }
}

async fn taken(public: &Public, stem: &str, fields: &[(String, String)]) -> anyhow::Result<Response> {
    let Some((edition_id, view)) = edition(public, stem).await? else { return Ok(missing()) };
    let given = |name| values(fields, name).next().unwrap_or_default();
    let again =
        |note| anyhow::Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&form(&view, fields, Some(note))?)).into_response());
    let (problem, source) = (given("problem"), given("source"));
    if problem.is_empty() {
        return again("Write what is wrong.");
    }
    if problem.chars().count() > PROBLEM_CHARS_MAX || source.chars().count() > SOURCE_CHARS_MAX {
        return again("That is too long.");
    }
    if !source.is_empty() && crate::news::address::web(source).is_none() {
        return again("The source is no web address; leave it empty if there is none.");
    }
    // One of those that the form offered; anything else is not ours.
    let index: Option<usize> = given("figure").parse().ok();
    let Some(figure) = index.and_then(|index| printed(&view).ok()?.into_iter().nth(index)) else {
        return again("Choose the figure.");
    };
    let note = view.notes.numbered().find(|(number, _)| *number == figure.number).map(|(_, note)| note);
    let report = NewReport {
        edition_id,
        article_id: note.map(|note| note.article.clone()).unwrap_or_default(),
        figure: figure.text,
        quote: note.map(|note| note.quote.clone()).unwrap_or_default(),
        problem: problem.to_owned(),
        source: source.to_owned(),
    };
    // No person fills in what no person sees.
    let is_program = values(fields, "website").any(|value| !value.is_empty());
    let now = public.service.clock.now();
    if !is_program && !public.service.store.report(&report, now).await? {
        let answer = Answer::new("Not now", "Many reports wait to be looked at. Please try again in a few days.");
        return Ok((StatusCode::SERVICE_UNAVAILABLE, page(&answer)).into_response());
    }
    let text =
        "A person looks at it. If the figure is wrong, the next edition corrects it for everybody who was sent it.";
    let link = Some((format!("../{stem}.html"), "Back to the edition"));
    Ok(page(&Answer { title: "Thank you", text, link }))
}
