//! Taking connections: so many, each for so long.
//!
//! `axum::serve` waits for a request's head as long as a client likes; here a slow one is cut off.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

/// Connections at once; more wait to be taken.
const CONNECTIONS_MAX: usize = 512;
/// For the head of a request.
const HEAD_SECONDS_MAX: u64 = 10;
/// The longest that one connection is kept, with all its requests.
const CONNECTION_SECONDS_MAX: u64 = 600;
/// After an accept failed, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the newest router until dropped.
pub async fn serve(listener: TcpListener, routers: watch::Receiver<Router>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let routers = routers.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let router = routers.borrow().clone();
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                router.oneshot(request)
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
                .serve_connection(TokioIo::new(stream), service);
            // What a client does wrong is its own affair.
            let _ = tokio::time::timeout(Duration::from_secs(CONNECTION_SECONDS_MAX), connection).await;
            drop(slot);
        });
    }
}
