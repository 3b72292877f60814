//! The admins' desk, below `/admin`: everything that an admin may see and change, after a login.
//!
//! Plain pages and forms, without script. What changes something is a POST of a form that only our own page can have
//! made ([`access`]), is recorded (who, when, what, before and after, no secret), and is answered by a redirect to a page.

mod access;
mod archive;
mod desk;
mod evidence;
mod held;
mod kinds;
mod reports;
mod secrets;
mod settings;
mod watch;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;

pub use access::{LINK_MINUTES, login_link};
pub(super) use access::{Scope, token};
pub use secrets::password_hash;

use super::Desk;
use crate::news::delivery::State;
use crate::news::wording::Language;
use crate::service::store::AuditChange;
use access::Admin;

/// The longest form: a whole configuration file, and its text once more as it was.
pub(super) const FORM_BYTES_MAX: usize = 2 * 1024 * 1024;

/// In which the desk speaks.
const LANGUAGE: Language = Language::English;

/// What every page has above it.
#[derive(Default)]
struct Top {
    title: String,
    /// Of whom is logged in; empty for nobody.
    admin: String,
    mark: String,
    /// The configuration file is not what is in force.
    refused: bool,
    /// What was just done.
    done: Option<&'static str>,
    /// Loads itself again after so many seconds.
    again: Option<u32>,
}

impl Top {
    fn new(desk: &Desk, admin: &Admin, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            admin: admin.name.clone(),
            mark: admin.mark(),
            refused: desk.control.refused().is_some(),
            done: None,
            again: None,
        }
    }

    /// With what a redirect says was done; anything else is not shown.
    fn done(mut self, uri: &axum::http::Uri) -> Self {
        let said = uri.query().and_then(|query| query.strip_prefix("done="));
        self.done = said.and_then(|said| DONE.iter().find(|(code, _)| *code == said)).map(|(_, text)| *text);
        self
    }
}

/// What may stand behind `?done=` after a redirect.
const DONE: [(&str, &str); 11] = [
    ("password", "The password is set. Every other session has ended."),
    ("sent", "The test was sent."),
    ("released", "Released: the next edition may print it."),
    ("rejected", "Rejected: it is never printed."),
    ("saved", "Saved. It is in force as soon as the worker has finished what is under way."),
    ("running", "It has begun."),
    ("token", "The token is gone."),
    ("dismissed", "Dismissed."),
    ("case", "Kept as a case."),
    ("kind", "Saved. It is in force from the next edition on."),
    ("no-kind", "Removed. The next edition does without it."),
];

pub(super) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/admin/login", get(access::ask).post(access::log_in))
        .route("/admin/login/{link}", get(access::ask_with_link).post(access::log_in_with_link))
        .route("/admin/logout", axum::routing::post(access::log_out))
        .route("/admin/password", get(access::ask_password).post(access::set_password))
        .route("/admin/style.css", get(style))
        .merge(desk::router())
        .merge(settings::router())
        .merge(held::router())
        .merge(kinds::router())
        .merge(reports::router())
        .merge(archive::router())
        .merge(watch::router())
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn(with_headers))
        .with_state(desk)
}

async fn style() -> Response {
    let css = include_str!("../../../../templates/web/admin/style.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}

/// For all that is below `/admin`. A page may bring its own policy: that of an edition is drawn in a sandbox.
async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ));
    response
}

fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => trouble(&error.into()),
    }
}

/// To a page of ours. The address is one of the few that stand in the code, or made of encoded parts.
fn see(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response()
}

pub(super) fn trouble(error: &anyhow::Error) -> Response {
    tracing::error!("a page of the desk failed: {error:#}");
    (StatusCode::INTERNAL_SERVER_ERROR, "This did not work; the log says why.\n").into_response()
}

/// A page whose making may fail.
fn answer(result: anyhow::Result<Response>) -> Response {
    result.unwrap_or_else(|error| trouble(&error))
}

fn missing() -> Response {
    let top = Top { title: "Not here".to_owned(), ..Top::default() };
    let mut response = show(&Told { top, text: "There is no such page." });
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn record(
    desk: &Desk,
    who: &str,
    what: &str,
    subject: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> anyhow::Result<()> {
    let change = AuditChange { who, what, subject, before, after };
    Ok(desk.service.store.record_change(change, desk.service.clock.now()).await?)
}

#[derive(Template)]
#[template(path = "web/admin/told.html")]
struct Told<'a> {
    top: Top,
    text: &'a str,
}

/// Why something was not done.
fn told(desk: &Desk, admin: &Admin, title: &str, text: &str) -> Response {
    let mut response = show(&Told { top: Top::new(desk, admin, title), text });
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// "3 accepted, 1 unknown".
fn counts(counts: &BTreeMap<State, u64>) -> String {
    let parts: Vec<String> = counts.iter().map(|(state, number)| format!("{number} {state}")).collect();
    if parts.is_empty() { "sent to nobody".to_owned() } else { parts.join(", ") }
}

/// A time of the program's own doings.
fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
