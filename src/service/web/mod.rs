//! Pages, served by `serve`: for subscribers, reached by signed links.
//!
//! They work without script and without cookies, and they change something only by POST: programs that look at the links
//! in a mail before its reader does change nothing.

mod subscriber;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::net::TcpListener;

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
}

/// Serves the pages until the future is dropped; tells where once it listens.
///
/// # Errors
/// The address is taken, or not ours.
pub async fn serve(pages: Pages, listen: SocketAddr, listening: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    listening(listener.local_addr()?);
    axum::serve(listener, router(pages)).await
}

/// All pages.
pub fn router(pages: Pages) -> Router {
    subscriber::router().layer(DefaultBodyLimit::max(FORM_BYTES_MAX)).with_state(pages)
}

/// A page, not to be kept by anyone on the way, nor shown in a frame, nor told to the sites it links to.
fn page(template: &impl askama::Template) -> Response {
    let Ok(html) = template.render() else {
        return (axum::http::StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made.").into_response();
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
