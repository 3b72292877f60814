//! For those who watch over the program: is it there, is it ready, and its numbers.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::SignedDuration;

use super::Desk;
use super::admin::{self, Scope};

/// Sources are looked through every five minutes; one look may take as long as its slowest source.
const BEAT_MAX: SignedDuration = SignedDuration::from_mins(20);

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Whether editions will go out: the store answers and the worker lives. Says no more than that to anyone.
async fn ready(State(desk): State<Desk>) -> Response {
    let not = |what: &'static str| (StatusCode::SERVICE_UNAVAILABLE, what).into_response();
    if desk.service.store.next_due().await.is_err() {
        return not("the store does not answer\n");
    }
    let now = desk.service.clock.now();
    match desk.control.last_beat() {
        Some(beat) if now.duration_since(beat) > BEAT_MAX => not("the worker has not been heard of\n"),
        None => not("starting\n"),
        Some(_) => "ready\n".into_response(),
    }
}

/// Prometheus' text format 0.0.4, for a token with the scope `metrics`.
async fn metrics(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if let Err(refusal) = admin::token(&desk, &headers, Scope::Metrics).await {
        return refusal;
    }
    match numbers(&desk).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => admin::trouble(&error.into()),
    }
}

async fn numbers(desk: &Desk) -> Result<String, crate::service::store::StoreError> {
    let (store, config, now) = (&desk.service.store, &desk.service.config, desk.service.clock.now());
    let mut text = String::new();
    let mut family = |name: &str, help: &str, values: &[(String, i64)]| {
        let _ = write!(text, "# HELP daybrief_{name} {help}\n# TYPE daybrief_{name} gauge\n");
        for (labels, value) in values {
            let _ = writeln!(text, "daybrief_{name}{labels} {value}");
        }
    };
    let seconds = |at: jiff::Timestamp| at.as_second();
    let deliveries = store.delivery_counts(None).await?;
    let deliveries: Vec<_> =
        deliveries.iter().map(|(state, count)| (format!("{{state=\"{state}\"}}"), signed(*count))).collect();
    family("deliveries", "Messages by state, of all editions.", &deliveries);
    let subscribers = store.subscriber_counts().await?;
    let subscribers: Vec<_> =
        subscribers.iter().map(|(state, count)| (format!("{{state=\"{state}\"}}"), signed(*count))).collect();
    family("subscribers", "Subscribers by state.", &subscribers);
    let states = store.source_states().await?;
    let mut failing = Vec::new();
    for source in config.sources.iter().filter(|source| source.enabled) {
        let state = states.iter().find(|state| state.name == source.name);
        let bad = state.is_some_and(|state| state.freshness.health(now).needs_attention());
        failing.push((format!("{{source=\"{}\"}}", label(&source.name)), i64::from(bad)));
    }
    family("source_needs_attention", "1 for a source that fails, is silent or is gone.", &failing);
    let mut last = Vec::new();
    for edition in &config.editions {
        if let Some(newest) = store.latest_edition(&edition.name).await? {
            let at = newest.digest.frame.composed_at;
            last.push((format!("{{edition=\"{}\"}}", label(&edition.name)), seconds(at)));
        }
    }
    family("edition_composed_timestamp_seconds", "When the newest edition was composed.", &last);
    let held = store.held_figures().await?.iter().filter(|figure| figure.decision.is_none()).count();
    family("held_figures", "Figures that wait for a person.", &[(String::new(), signed(held as u64))]);
    let refused = i64::from(desk.control.refused().is_some());
    family(
        "configuration_refused",
        "1 while the file has mistakes and an older one is in force.",
        &[(String::new(), refused)],
    );
    let beat = desk.control.last_beat().map(|at| (String::new(), seconds(at)));
    family("worker_seen_timestamp_seconds", "When the worker last looked through the sources.", beat.as_slice());
    Ok(text)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A label's value: backslash, quote and line feed are escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
