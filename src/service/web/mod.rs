//! Pages, served by `serve`: for subscribers, reached by signed links, and one on which to become one.
//!
//! They work without script and without cookies, and they change something only by POST: programs that look at the links
//! in a mail before its reader does change nothing.

mod requests;
mod sign_up;
mod subscriber;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use self::requests::Requests;
use super::pipeline::Service;
use super::store::Store;
use super::worker::Clock;
use crate::config::Config;
use crate::news::token::Key;

/// The longest form that is read.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What the pages work with.
#[derive(Clone, Debug)]
pub struct Pages {
    pub store: Store,
    pub key: Key,
    pub config: Arc<Config>,
    pub clock: Clock,
    /// Told when someone signs up, so that they are asked to confirm at once.
    pub signed_up: Arc<Notify>,
    requests: Arc<Mutex<Requests>>,
}

impl Pages {
    pub fn new(service: &Service, signed_up: Arc<Notify>) -> Self {
        Self {
            store: service.store.clone(),
            key: service.post.reach.key.clone(),
            config: Arc::new(service.config.clone()),
            clock: service.clock.clone(),
            signed_up,
            requests: Arc::default(),
        }
    }
}

/// Serves the pages until the future is dropped; tells where once it listens.
///
/// # Errors
/// The address is taken, or not ours.
pub async fn serve(pages: Pages, listen: SocketAddr, listening: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    listening(listener.local_addr()?);
    axum::serve(listener, router(pages).into_make_service_with_connect_info::<SocketAddr>()).await
}

/// All pages.
pub fn router(pages: Pages) -> Router {
    let mut router = subscriber::router();
    // Nobody could be asked to confirm otherwise.
    if pages.config.web.url.is_some() {
        router = router.merge(sign_up::router());
    }
    router.layer(DefaultBodyLimit::max(FORM_BYTES_MAX)).with_state(pages)
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
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
