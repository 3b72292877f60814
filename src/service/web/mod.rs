//! Pages, served by `serve`: for subscribers, reached by signed links, and one on which to become one; for everybody, with what
//! was printed; for admins, after a login; for programs.
//!
//! They work without script, and they change something only by POST: programs that look at the links in a mail before its
//! reader does change nothing.

mod admin;
pub mod api;
mod listen;
mod ops;
mod public;
mod requests;
mod sign_up;
mod subscriber;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::requests::Requests;
use super::control::Control;
use super::pipeline::Service;
use super::store::Store;
use super::worker::Clock;
use crate::config::Config;
use crate::news::token::Key;

pub use admin::{LINK_MINUTES, login_link, password_hash};
pub use listen::serve;

/// The longest form that is read from a subscriber.
const FORM_BYTES_MAX: usize = 16 * 1024;
/// For one request, body and answer.
const REQUEST_SECONDS_MAX: u64 = 60;

/// What the subscribers' pages work with.
#[derive(Clone, Debug)]
struct Pages {
    store: Store,
    key: Key,
    config: Arc<Config>,
    clock: Clock,
    control: Arc<Control>,
    requests: Arc<Mutex<Requests>>,
}

/// What the admins' pages work with.
#[derive(Clone)]
pub struct Desk {
    pub service: Arc<Service>,
    pub control: Arc<Control>,
}

/// All pages of one configuration.
pub fn router(service: &Arc<Service>, control: &Arc<Control>) -> Router {
    let pages = Pages {
        store: service.store.clone(),
        key: service.post.reach.key.clone(),
        config: Arc::new(service.config.clone()),
        clock: service.clock.clone(),
        control: Arc::clone(control),
        requests: Arc::default(),
    };
    let desk = Desk { service: Arc::clone(service), control: Arc::clone(control) };
    let mut subscribers = subscriber::router();
    // Nobody could be asked to confirm otherwise.
    if service.config.web.url.is_some() {
        subscribers = subscribers.merge(sign_up::router());
    }
    subscribers
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(pages)
        .merge(public::router(service))
        .merge(admin::router(desk.clone()))
        .merge(api::router().merge(ops::router()).with_state(desk))
        .layer(middleware::from_fn(within_limits))
}

/// Refuses what announces too much before any of it is read, and gives up on what takes too long, mostly because its body
/// does not come.
async fn within_limits(request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > admin::FORM_BYTES_MAX as u64) {
        return (StatusCode::PAYLOAD_TOO_LARGE, "This is too much.").into_response();
    }
    match tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS_MAX), next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "This took too long.").into_response(),
    }
}

/// The pages' own answer to what went wrong on our side.
fn trouble(error: &super::store::StoreError) -> Response {
    tracing::error!("failed to {error}");
    let mut response = page(&Answer::new("Not done", "Something is wrong on our side. Please try again in a while."));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

#[derive(Template)]
#[template(path = "web/question.html")]
struct Question<'a> {
    title: &'a str,
    text: &'a str,
    button: &'a str,
}

#[derive(Template)]
#[template(path = "web/answer.html")]
struct Answer<'a> {
    title: &'a str,
    text: &'a str,
    /// Where to go from here: an address relative to the page, and what is there.
    link: Option<(String, &'a str)>,
}

impl<'a> Answer<'a> {
    fn new(title: &'a str, text: &'a str) -> Self {
        Self { title, text, link: None }
    }
}

/// One box to tick.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// The values that a form gives under a name.
fn values<'f>(fields: &'f [(String, String)], name: &str) -> impl Iterator<Item = &'f str> {
    fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
}

/// A page, not to be kept by anyone on the way, nor shown in a frame, nor told to the sites it links to.
fn page(template: &impl Template) -> Response {
    let Ok(html) = template.render() else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made.").into_response();
    };
    let policy = policy(&html);
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// What a page may do: show its own pictures, send its own forms, and be styled by the one sheet that stands in it, which is
/// named by its hash.
fn policy(html: &str) -> HeaderValue {
    let sheet = html.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let hash = sheet.map(|(sheet, _)| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(sheet))));
    let policy = format!(
        "default-src 'none'; style-src {}; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash.as_deref().unwrap_or("'none'")
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
