//! Who may come in. Every handler below `/admin` takes an [`Admin`] or a [`Posted`], and neither can be had without a session;
//! a `Posted` not without the mark of its own form, nor from another site.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use super::{Desk, Top, see, show, trouble};
use crate::service::store::{Pass, PassKind, Store};
use crate::service::web::admin::secrets;

/// A session ends when it is not used for so long …
const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// … and in any case.
const SESSION: SignedDuration = SignedDuration::from_hours(24);
/// How long a link for one login holds.
pub const LINK_MINUTES: i64 = 30;
/// Wrong passwords in a quarter of an hour, by anyone: then only a link lets anybody in.
const FAILURES_MAX: usize = 10;
const FAILURES_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// What a program's token may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service::web) enum Scope {
    Editions,
    Incidents,
    Held,
    Sources,
    Deliveries,
    Subscribers,
    Metrics,
}

impl Scope {
    pub const ALL: [Self; 7] = [
        Self::Editions,
        Self::Incidents,
        Self::Held,
        Self::Sources,
        Self::Deliveries,
        Self::Subscribers,
        Self::Metrics,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Editions => "editions",
            Self::Incidents => "incidents",
            Self::Held => "held",
            Self::Sources => "sources",
            Self::Deliveries => "deliveries",
            Self::Subscribers => "subscribers",
            Self::Metrics => "metrics",
        }
    }
}

/// An admin who is logged in.
#[derive(Clone)]
pub(super) struct Admin {
    pub name: String,
    token: String,
}

impl Admin {
    /// What each form of theirs must hold.
    pub fn mark(&self) -> String {
        secrets::form_mark(&self.token)
    }
}

impl FromRequestParts<Desk> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let out = || {
            // What was to be done is not done after the login: nobody is sent where an address says.
            if parts.method == Method::GET { see("/admin/login") } else { refused(StatusCode::UNAUTHORIZED, "Log in.") }
        };
        let token = cookie(desk, &parts.headers).ok_or_else(out)?;
        let now = desk.service.clock.now();
        let pass = desk.service.store.use_pass(PassKind::Session, &secrets::hash(&token), now - IDLE, now).await;
        match pass.map_err(|error| trouble(&error.into()))? {
            Some(pass) => Ok(Self { name: pass.admin, token }),
            None => Err(out()),
        }
    }
}

/// The fields of a form.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The field of that name, without spaces around it; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// As it was written, with a form's line ends made into ours.
    pub fn text(&self, name: &str) -> String {
        self.raw(name).replace("\r\n", "\n")
    }

    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A form that an admin sent from a page of ours.
pub(super) struct Posted {
    pub admin: Admin,
    pub fields: Fields,
}

impl FromRequest<Desk> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        // In this order: of nobody not even the body is read.
        let admin = Admin::from_request_parts(&mut parts, desk).await?;
        let Offered { fields, .. } = Offered::from_request(Request::from_parts(parts, body), desk).await?;
        Ok(Self { admin, fields })
    }
}

/// A form from a page of ours, of somebody who need not be logged in.
pub(super) struct Offered {
    fields: Fields,
}

impl FromRequest<Desk> for Offered {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Response> {
        if !is_from_here(desk, request.headers()) {
            return Err(refused(StatusCode::FORBIDDEN, "This form came from another site."));
        }
        let stale = || refused(StatusCode::FORBIDDEN, "This form is out of date. Go back, load the page again.");
        let token = cookie(desk, request.headers()).ok_or_else(stale)?;
        let body = Bytes::from_request(request, desk).await.map_err(IntoResponse::into_response)?;
        let fields = Fields(url::form_urlencoded::parse(&body).into_owned().collect());
        if secrets::is_form_mark(&token, fields.get("mark")) { Ok(Self { fields }) } else { Err(stale()) }
    }
}

/// Whether a browser sent it from a page of ours, as far as it tells. A program tells nothing, and has no cookie either.
fn is_from_here(desk: &Desk, headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let fetch_site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("?"));
    if !matches!(fetch_site, None | Some("same-origin" | "none")) {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let outside = desk.service.config.web.url.as_ref().map(url::Url::authority);
    text(header::HOST) == Some(authority) || outside == Some(authority)
}

fn refused(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

fn is_secure(desk: &Desk) -> bool {
    desk.service.config.web.url.as_ref().is_some_and(|url| url.scheme() == "https")
}

/// The prefix has browsers take it from a secure page of this very host only (RFC 6265bis, 4.1.3.2).
fn cookie_name(desk: &Desk) -> &'static str {
    if is_secure(desk) { "__Host-daybrief" } else { "daybrief" }
}

fn cookie(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(desk);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Sets the cookie; with an empty token takes it away.
fn with_cookie(desk: &Desk, token: &str, mut response: Response) -> Response {
    let secure = if is_secure(desk) { "; Secure" } else { "" };
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}", cookie_name(desk));
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

#[derive(Template)]
#[template(path = "web/admin/login.html")]
struct Login {
    top: Top,
    problem: Option<&'static str>,
    /// Whether there is anybody who could log in.
    known: bool,
    link: bool,
}

/// The form, with a cookie that its mark belongs to. It is never that of a session: each login draws a new one.
async fn form(desk: &Desk, headers: &HeaderMap, problem: Option<&'static str>, link: bool) -> Response {
    let known = match desk.service.store.has_admins().await {
        Ok(known) => known,
        Err(error) => return trouble(&error.into()),
    };
    let (token, fresh) = match cookie(desk, headers) {
        Some(token) => (token, false),
        None => match secrets::token() {
            Ok(token) => (token, true),
            Err(error) => return trouble(&error),
        },
    };
    let top = Top { title: "Log in".to_owned(), mark: secrets::form_mark(&token), ..Top::default() };
    let mut response = show(&Login { top, problem, known, link });
    if problem.is_some() {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    if fresh { with_cookie(desk, &token, response) } else { response }
}

pub(super) async fn ask(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    form(&desk, &headers, None, false).await
}

pub(super) async fn log_in(State(desk): State<Desk>, headers: HeaderMap, Offered { fields, .. }: Offered) -> Response {
    let (store, now) = (&desk.service.store, desk.service.clock.now());
    let _one = desk.control.logins.lock().await;
    if desk.control.failed_logins(now - FAILURES_WITHIN) >= FAILURES_MAX {
        let text = "Too many wrong passwords. Wait a quarter of an hour, or run daybrief admin reset.\n";
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "900")], text).into_response();
    }
    let (name, password) = (fields.get("name").to_owned(), fields.text("password"));
    let known = match store.admin_password(&name).await {
        Ok(known) => known,
        Err(error) => return trouble(&error.into()),
    };
    let short_enough = password.len() <= secrets::PASSWORD_BYTES_MAX;
    let fits = tokio::task::spawn_blocking(move || secrets::fits(&password, known.as_deref())).await;
    if !short_enough || !fits.unwrap_or(false) {
        desk.control.login_failed(now);
        tracing::warn!("a login to the desk failed");
        return form(&desk, &headers, Some("That is not the name and the password of an admin."), false).await;
    }
    enter(&desk, &headers, &name, now, "log in", "/admin").await
}

/// A link's own page: the link is used up by its button, not by a program that looks at links.
pub(super) async fn ask_with_link(State(desk): State<Desk>, Path(_): Path<String>, headers: HeaderMap) -> Response {
    form(&desk, &headers, None, true).await
}

pub(super) async fn log_in_with_link(
    State(desk): State<Desk>,
    Path(link): Path<String>,
    headers: HeaderMap,
    _: Offered,
) -> Response {
    let now = desk.service.clock.now();
    match desk.service.store.take_link(&secrets::hash(&link), now).await {
        Ok(Some(name)) => enter(&desk, &headers, &name, now, "log in by a link", "/admin/password").await,
        Ok(None) => form(&desk, &headers, Some("This link was used, or is too old."), false).await,
        Err(error) => trouble(&error.into()),
    }
}

/// Begins a session with a cookie of its own: one that somebody had put into the browser before is worth nothing.
async fn enter(desk: &Desk, headers: &HeaderMap, name: &str, now: Timestamp, how: &str, to: &'static str) -> Response {
    let begin = async {
        let store = &desk.service.store;
        if let Some(old) = cookie(desk, headers) {
            store.drop_pass(&secrets::hash(&old)).await?;
        }
        let token = secrets::token()?;
        store.keep_pass(&pass(PassKind::Session, &token, name, now, SESSION)).await?;
        super::record(desk, name, how, name, None, None).await?;
        anyhow::Ok(token)
    };
    match begin.await {
        Ok(token) => with_cookie(desk, &token, see(to)),
        Err(error) => trouble(&error),
    }
}

pub(super) fn pass(kind: PassKind, token: &str, admin: &str, now: Timestamp, holds: SignedDuration) -> Pass {
    Pass {
        hash: secrets::hash(token),
        kind,
        admin: admin.to_owned(),
        label: String::new(),
        scopes: Vec::new(),
        created_at: now,
        seen_at: now,
        until: now.saturating_add(holds).unwrap_or(Timestamp::MAX),
    }
}

/// A link for one login of an admin, who has an account from now on: the last part of its address.
///
/// # Errors
/// The store does not keep it.
pub async fn login_link(store: &Store, name: &str, now: Timestamp) -> anyhow::Result<String> {
    let token = secrets::token()?;
    store.keep_pass(&pass(PassKind::Link, &token, name, now, SignedDuration::from_mins(LINK_MINUTES))).await?;
    Ok(token)
}

pub(super) async fn log_out(State(desk): State<Desk>, Posted { admin, .. }: Posted) -> Response {
    match desk.service.store.drop_pass(&secrets::hash(&admin.token)).await {
        Ok(_) => with_cookie(&desk, "", see("/admin/login")),
        Err(error) => trouble(&error.into()),
    }
}

#[derive(Template)]
#[template(path = "web/admin/password.html")]
struct Password {
    top: Top,
    problem: Option<String>,
    chars_min: usize,
}

fn password_page(desk: &Desk, admin: &Admin, problem: Option<String>) -> Response {
    let top = Top::new(desk, admin, "Your password");
    show(&Password { top, problem, chars_min: secrets::PASSWORD_CHARS_MIN })
}

pub(super) async fn ask_password(State(desk): State<Desk>, admin: Admin) -> Response {
    password_page(&desk, &admin, None)
}

/// A new password ends every other session and begins another one here.
pub(super) async fn set_password(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Posted { admin, fields }: Posted,
) -> Response {
    let (password, now) = (fields.text("password"), desk.service.clock.now());
    if password != fields.text("again") {
        return password_page(&desk, &admin, Some("The two are not the same.".to_owned()));
    }
    let hashed = tokio::task::spawn_blocking(move || secrets::password_hash(&password)).await;
    let hash = match hashed.map_err(anyhow::Error::from).flatten() {
        Ok(hash) => hash,
        Err(error) => return password_page(&desk, &admin, Some(format!("Not changed: {error}."))),
    };
    match desk.service.store.reset_admin(&admin.name, Some(&hash), now).await {
        Ok(()) => enter(&desk, &headers, &admin.name, now, "set a password", "/admin?done=password").await,
        Err(error) => trouble(&error.into()),
    }
}

/// The token that a program shows (RFC 6750), if it is good for `scope`.
pub(in crate::service::web) async fn token(desk: &Desk, headers: &HeaderMap, scope: Scope) -> Result<Pass, Response> {
    let problem = |status, challenge: &'static str, text: &'static str| {
        let body = axum::Json(serde_json::json!({ "error": text }));
        (status, [(header::WWW_AUTHENTICATE, challenge)], body).into_response()
    };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    let Some(shown) = shown else {
        return Err(problem(StatusCode::UNAUTHORIZED, "Bearer", "show a token: Authorization: Bearer …"));
    };
    let (store, now) = (&desk.service.store, desk.service.clock.now());
    let pass = store.use_pass(PassKind::Token, &secrets::hash(shown), Timestamp::MIN, now).await;
    let Some(pass) = pass.map_err(|error| trouble(&error.into()))? else {
        let challenge = "Bearer error=\"invalid_token\"";
        return Err(problem(StatusCode::UNAUTHORIZED, challenge, "this token is unknown or too old"));
    };
    if pass.scopes.iter().any(|known| known == scope.name()) {
        return Ok(pass);
    }
    let challenge = "Bearer error=\"insufficient_scope\"";
    Err(problem(StatusCode::FORBIDDEN, challenge, "this token is not good for that"))
}
