//! What everybody may read: the editions as their readers got them, the list of them with its search, one incident or one
//! negotiation through all editions, and feeds. And a form for who finds a figure wrong.
//!
//! Nothing is shown here that was not printed: no held or rejected figure, no reader. The addresses are those of the archive in
//! a folder, so that either can stand for the other.

mod report;
mod shelf;
mod thread;

use std::sync::{Arc, Mutex};

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use self::shelf::{Made, Shelf};
use super::requests::Requests;
use super::{Answer, page, policy};
use crate::news::digest::Frame;
use crate::news::letter::SUBSCRIBE;
use crate::news::message::archive::{self, Ways};
use crate::news::message::view::{Drawings, Way};
use crate::news::picture::Png;
use crate::news::wording::Language;
use crate::service::archive::{feeds, listing, zone_of};
use crate::service::pipeline::{self, Service};
use crate::service::store::{Shown, StoredEdition};

/// Editions on one page of the list.
const EDITIONS_SHOWN: u32 = 20;
/// Of the words of a search.
const WORDS_BYTES_MAX: usize = 200;
/// Editions of an earlier version of the program that one look at the list makes ready: some seconds' work.
const LISTED_AT_ONCE: u32 = 20;
/// How long a browser keeps a page, and a picture, which never changes.
const PAGE_SECONDS: u32 = 60;
const PICTURE_SECONDS: u32 = 86_400;

/// What these pages work with.
#[derive(Clone)]
struct Public {
    service: Arc<Service>,
    shelf: Arc<Shelf>,
    reports: Arc<Mutex<Requests>>,
}

pub(super) fn router(service: &Arc<Service>) -> Router {
    if !service.config.web.archive {
        return Router::new();
    }
    let public = Public { service: Arc::clone(service), shelf: Arc::default(), reports: Arc::default() };
    Router::new()
        .route("/", get(async || Redirect::to("archive")))
        .route("/archive", get(list))
        .route("/archive/{file}", get(file))
        .merge(thread::router())
        .merge(report::router())
        .layer(DefaultBodyLimit::max(super::FORM_BYTES_MAX))
        .with_state(public)
}

const HTML: &str = "text/html; charset=utf-8";
const PNG: &str = "image/png";

fn html(html: String) -> Made {
    Made { content_type: HTML, body: html.into() }
}

impl Public {
    /// A page from the shelf.
    async fn kept(&self, name: &str, make: impl Future<Output = anyhow::Result<Option<Made>>>) -> Response {
        let made = async {
            let version = self.service.store.archive_version().await?;
            self.shelf.get(version, name, make).await
        };
        match made.await {
            Ok(Some(made)) => answer(made),
            Ok(None) => missing(),
            Err(error) => trouble(&error),
        }
    }

    /// An edition by the name of its page.
    async fn stored(&self, stem: &str) -> anyhow::Result<Option<StoredEdition>> {
        match Frame::read_stem(stem) {
            // A database takes no null in a text.
            Some((name, second)) if !name.contains('\0') => Ok(self.service.store.edition_at(name, second).await?),
            _ => Ok(None),
        }
    }

    /// Keeps the pictures of a page that is being made: they are asked for next.
    async fn keep_pictures(&self, drawings: &Drawings, name: impl Fn(&str) -> String) -> anyhow::Result<()> {
        let version = self.service.store.archive_version().await?;
        for (which, png) in drawings.named() {
            self.shelf.keep(version, &name(which), &picture(png));
        }
        Ok(())
    }
}

fn picture(png: &Png) -> Made {
    Made { content_type: PNG, body: png.bytes.clone().into() }
}

fn answer(made: Made) -> Response {
    let (seconds, policy) = match made.content_type {
        PNG => (PICTURE_SECONDS, HeaderValue::from_static("default-src 'none'")),
        HTML => (PAGE_SECONDS, policy(&String::from_utf8_lossy(&made.body))),
        _ => (PAGE_SECONDS, HeaderValue::from_static("default-src 'none'")),
    };
    let mut response = made.body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(made.content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(kept) = HeaderValue::from_str(&format!("public, max-age={seconds}")) {
        headers.insert(header::CACHE_CONTROL, kept);
    }
    response
}

fn missing() -> Response {
    let text = "There is no such page, or not any more.";
    let mut response = page(&Answer::new("Not here", text));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn trouble(error: &anyhow::Error) -> Response {
    tracing::error!("a page of the archive failed: {error:#}");
    let mut response = page(&Answer::new("Not now", "Something is wrong on our side. Please try again in a while."));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "web/public/list.html")]
struct List<'a> {
    words: &'a str,
    rows: Vec<Shown>,
    /// The last one's id, if there may be more.
    more: Option<String>,
    /// Older editions are being made ready.
    partial: bool,
    feeds: Vec<(String, String)>,
    sign_up: Option<&'static str>,
}

async fn list(State(public): State<Public>, Query(search): Query<Search>) -> Response {
    let mut words = search.q.trim().to_owned();
    words.truncate(words.floor_char_boundary(WORDS_BYTES_MAX));
    let mut after = search.after;
    after.truncate(after.floor_char_boundary(WORDS_BYTES_MAX));
    if words.contains('\0') || after.contains('\0') {
        return missing();
    }
    let make = async {
        let (store, config) = (&public.service.store, &public.service.config);
        let unlisted = store.unlisted(LISTED_AT_ONCE).await?;
        let partial = unlisted.len() == LISTED_AT_ONCE as usize;
        for stored in unlisted {
            let id = stored.id.clone();
            let (listing, printed) = listing(&pipeline::view_of(&public.service, &stored).await?)?;
            store.list_edition(&id, &listing, &printed).await?;
        }
        let wanted: Vec<&str> = words.split_whitespace().collect();
        let rows = store.archive_page(&wanted, Some(&after), EDITIONS_SHOWN).await?;
        let full = rows.len() == EDITIONS_SHOWN as usize;
        let more = rows.last().filter(|_| full).map(|row| row.id.clone());
        let feeds = config.editions.iter().map(|edition| (edition.name.clone(), edition.title.clone())).collect();
        let sign_up = config.web.url.is_some().then_some(SUBSCRIBE);
        Ok(Some(html(List { words: &words, rows, more, partial, feeds, sign_up }.render()?)))
    };
    public.kept(&format!("list {words:?} {after}"), make).await
}

/// By the name that it has in an archive in a folder.
async fn file(State(public): State<Public>, Path(file): Path<String>) -> Response {
    let make = async {
        if let Some(stem) = file.strip_suffix(".html") {
            return edition(&public, stem).await;
        }
        for name in ["chart", "map"] {
            if let Some(stem) = file.strip_suffix(&format!("-{name}.png")) {
                let Some(stored) = public.stored(stem).await? else { return Ok(None) };
                let composed = pipeline::stored(&public.service, stored).await?;
                let found = composed.rendered.drawings.named().find(|(known, _)| *known == name);
                return Ok(found.map(|(_, png)| picture(png)));
            }
        }
        for (end, content_type) in [(".atom", "application/atom+xml"), (".feed.json", "application/feed+json")] {
            let edition = file.strip_suffix(end).and_then(|name| public.service.config.edition(name));
            if let Some(edition) = edition {
                let (atom, json) = feeds(&public.service, edition).await?;
                let body = if end == ".atom" { atom } else { json };
                return Ok(Some(Made { content_type, body: body.into() }));
            }
        }
        Ok(None)
    };
    public.kept(&format!("file {file}"), make).await
}

async fn edition(public: &Public, stem: &str) -> anyhow::Result<Option<Made>> {
    let Some(stored) = public.stored(stem).await? else { return Ok(None) };
    let composed = pipeline::stored(&public.service, stored).await?;
    public.keep_pictures(&composed.rendered.drawings, |which| format!("file {stem}-{which}.png")).await?;
    let (view, zone) = (&composed.view, zone_of(&composed.view)?);
    let language = view.frame.look.language;
    let ways = Ways { ways: ways(&view.frame, language, "../archive", stem), threads: stem.to_owned() };
    let templates = &public.service.templates;
    let page = archive::page(view, &composed.rendered.drawings, &zone, stem, Some(&ways), templates)?;
    Ok(Some(html(page.text)))
}

/// From an edition's page to the list, its feed and the form for wrong figures; `stem` leads below its own address.
fn ways(frame: &Frame, language: Language, list: &str, stem: &str) -> Vec<Way> {
    let way = |label: &str, href: String| Way { label: label.to_owned(), href };
    vec![
        way(language.pick("All editions", "Усі випуски"), list.to_owned()),
        way(language.pick("Follow by feed", "Стежити через стрічку"), format!("{}.atom", frame.name)),
        way(language.pick("Report a wrong figure", "Повідомити про хибну цифру"), format!("{stem}/report")),
    ]
}
