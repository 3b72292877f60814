//! Figures that wait for a person.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;

use super::access::{Admin, Posted};
use super::evidence::{self, Articles, ClaimRow};
use super::{Desk, LANGUAGE, Top, answer, record, see, show};
use crate::news::wording;
use crate::service::store::Decision;

/// Figures that are shown: those that wait first.
const SHOWN_MAX: usize = 50;

pub(super) fn router() -> Router<Desk> {
    Router::new().route("/admin/held", get(list).post(decide))
}

#[derive(Template)]
#[template(path = "web/admin/held.html")]
struct Held {
    top: Top,
    waiting: usize,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    edition_id: String,
    what: String,
    reason: String,
    held_at: String,
    decision: &'static str,
    claim: Vec<ClaimRow>,
    /// What the edition printed of the same incident.
    printed: Vec<ClaimRow>,
}

async fn list(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    let page = async {
        let store = &desk.service.store;
        let mut figures = store.held_figures().await?;
        // Stable: the newest of each stay first.
        figures.sort_by_key(|figure| figure.decision.is_some());
        let waiting = figures.iter().filter(|figure| figure.decision.is_none()).count();
        let mut rows = Vec::new();
        for figure in figures.into_iter().take(SHOWN_MAX) {
            let edition = store.edition(&figure.edition_id).await?;
            rows.push(Row {
                claim: vec![Articles::of(store, &figure.edition_id).await?.claim(&figure.item.claim).await?],
                printed: edition.map(|edition| evidence::printed(&edition.digest, &figure.item)).unwrap_or_default(),
                what: wording::held_item(&figure.item, LANGUAGE),
                reason: wording::reason(figure.item.reason, LANGUAGE),
                held_at: super::when(figure.held_at),
                decision: figure.decision.map_or("", Decision::name),
                id: figure.item.id,
                edition_id: figure.edition_id,
            });
        }
        Ok(show(&Held { top: Top::new(&desk, &admin, "Held figures").done(&uri), waiting, rows }))
    };
    answer(page.await)
}

async fn decide(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let (decision, done) = match fields.get("decision") {
        "release" => (Decision::Released, "/admin/held?done=released"),
        "reject" => (Decision::Rejected, "/admin/held?done=rejected"),
        _ => return super::missing(),
    };
    let id = fields.get("id").to_owned();
    let decided = async {
        let store = &desk.service.store;
        let figures = store.held_figures().await?;
        let Some(figure) = figures.into_iter().find(|figure| figure.item.id == id) else { return Ok(super::missing()) };
        store.decide(&id, decision, desk.service.clock.now()).await?;
        let before = figure.decision.map_or("held", Decision::name);
        let subject = format!("{id}: {}", wording::held_item(&figure.item, LANGUAGE));
        record(&desk, &admin.name, "decide on a held figure", &subject, Some(before), Some(decision.name())).await?;
        Ok(see(done))
    };
    answer(decided.await)
}
