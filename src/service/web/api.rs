//! JSON for programs, below `/api/v1`, for who shows a token that is good for it. It reads, and changes nothing.
//!
//! Lists come a page at a time: `next`, given back as `after`, leads to the page after. The OpenAPI document is made from
//! this code, at `/api/v1/openapi.json`.
#![expect(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{Object as Plain, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};

use super::Desk;
use super::admin::{self, Scope};
use crate::news::delivery::State as DeliveryState;
use crate::news::wording::{self, Language};
use crate::service::store::{Decision, StoreError, StoredEdition};

/// Rows of a page, where the program asks for no other number, and at most.
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 500;
/// Of the words that editions are searched for, and of ids.
const WORDS_BYTES_MAX: usize = 200;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/api/v1/openapi.json", get(async || Json(document())))
        .route("/api/v1/editions", get(editions))
        .route("/api/v1/editions/{id}", get(edition))
        .route("/api/v1/editions/{id}/incidents", get(incidents))
        .route("/api/v1/editions/{id}/deliveries", get(deliveries))
        .route("/api/v1/held", get(held))
        .route("/api/v1/sources", get(sources))
        .route("/api/v1/subscribers", get(subscribers))
        .route("/api/{*rest}", get(async || problem(StatusCode::NOT_FOUND, "there is nothing of that name")))
}

/// What the API offers, in OpenAPI 3.1.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Daybrief", description = "Editions, their incidents and deliveries, held figures, sources, subscribers."),
    paths(editions, edition, incidents, deliveries, held, sources, subscribers),
    modifiers(&Token)
)]
struct Document;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("made on the desk, under Tokens"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// Why there is no answer.
#[derive(Serialize, ToSchema)]
struct Problem {
    error: String,
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
struct Page<T> {
    items: Vec<T>,
    /// To be given as `after` for the page after this one; null on the last.
    next: Option<String>,
}

impl<T> Page<T> {
    fn new(items: Vec<T>, limit: u32, id: impl Fn(&T) -> String) -> Self {
        let full = items.len() == limit as usize;
        let next = items.last().filter(|_| full).map(id);
        Self { items, next }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// Rows on the page.
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: u32,
    /// `next` of the page before.
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    after: Option<String>,
}

fn limit() -> u32 {
    LIMIT
}

/// Within one edition rows are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Counting {
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: u32,
    /// `next` of the page before.
    #[serde(default)]
    #[param(value_type = u64, maximum = 4_294_967_295_u64)]
    after: u32,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Search {
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: u32,
    /// `next` of the page before.
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    after: Option<String>,
    /// Only editions that hold these words.
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    q: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Deliveries {
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: u32,
    /// `next` of the page before.
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    after: Option<String>,
    /// Only those in this state, as a delivery's `state` is written.
    #[param(schema_with = delivery_state)]
    state: Option<DeliveryState>,
}

/// The names of a delivery's states.
fn delivery_state() -> Plain {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(DeliveryState::ALL.map(DeliveryState::name)))
        .build()
}

/// An edition in a list.
#[derive(Serialize, ToSchema)]
struct EditionRow {
    id: String,
    /// The configured name.
    name: String,
    subject: String,
    /// RFC 3339, as are all times.
    composed_at: String,
    from: String,
    to: String,
    /// Figures that it held.
    held: usize,
}

/// A delivery of an edition.
#[derive(Serialize, ToSchema)]
struct DeliveryRow {
    subscriber: String,
    /// Null once the subscriber is erased.
    address: Option<String>,
    #[schema(schema_with = delivery_state)]
    state: String,
    attempts: u32,
    /// The mail server's last words.
    result: Option<String>,
    changed_at: String,
}

/// A figure that waits, or waited, for a person.
#[derive(Serialize, ToSchema)]
struct HeldRow {
    id: String,
    edition: String,
    /// What it is about, and why it is held.
    what: String,
    figure: String,
    outlet: String,
    held_at: String,
    /// `released`, `rejected`, or null while it waits.
    decision: Option<String>,
}

/// A source and how it is doing.
#[derive(Serialize, ToSchema)]
struct SourceRow {
    name: String,
    /// Without a password.
    location: String,
    enabled: bool,
    /// `well`, `failing`, `stale`, `gone`, `not-asked`.
    health: String,
    /// In words.
    detail: String,
    last_success: Option<String>,
    next_try: Option<String>,
}

/// A subscriber, former ones among them.
#[derive(Serialize, ToSchema)]
struct SubscriberRow {
    id: String,
    address: String,
    state: String,
    /// Empty for all.
    editions: Vec<String>,
    created_at: String,
}

fn problem(status: StatusCode, error: &str) -> Response {
    (status, Json(Problem { error: error.to_owned() })).into_response()
}

/// Lets in who shows a token for `scope`, and answers with JSON.
async fn answered<T: Serialize>(
    desk: &Desk,
    headers: &HeaderMap,
    scope: Scope,
    made: impl AsyncFnOnce() -> Result<T, Refusal>,
) -> Response {
    if let Err(refusal) = admin::token(desk, headers, scope).await {
        return refusal;
    }
    match made().await {
        Ok(value) => ([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response(),
        Err(Refusal::Wrong(text)) => problem(StatusCode::BAD_REQUEST, &text),
        Err(Refusal::Missing) => problem(StatusCode::NOT_FOUND, "there is nothing of that name"),
        Err(Refusal::Store(error)) => {
            tracing::error!("the API failed to {error}");
            problem(StatusCode::INTERNAL_SERVER_ERROR, "the log says why")
        }
    }
}

enum Refusal {
    Wrong(String),
    Missing,
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn taken<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refusal> {
    query.map(|Query(query)| query).map_err(|error| Refusal::Wrong(error.body_text()))
}

fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    path.map(|Path(id)| id).map_err(|error| Refusal::Wrong(error.body_text()))
}

fn within(limit: u32, texts: [&Option<String>; 2]) -> Result<(), Refusal> {
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Refusal::Wrong(format!("limit is {limit}: write a number from 1 to {LIMIT_MAX}")));
    }
    let too_long = |text: &&String| text.chars().count() > WORDS_BYTES_MAX || text.contains('\0');
    if texts.into_iter().flatten().any(|text| too_long(&text)) {
        return Err(Refusal::Wrong(format!("write {WORDS_BYTES_MAX} characters at most, and no null")));
    }
    Ok(())
}

async fn found(desk: &Desk, id: &str) -> Result<StoredEdition, Refusal> {
    // A database takes no null in a text.
    if id.contains('\0') {
        return Err(Refusal::Missing);
    }
    desk.service.store.edition(id).await?.ok_or(Refusal::Missing)
}

/// The editions of all names, the newest first.
#[utoipa::path(get, path = "/api/v1/editions", params(Search), security(("token" = ["editions"])), responses(
    (status = 200, body = Page<EditionRow>),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
))]
async fn editions(
    State(desk): State<Desk>,
    headers: HeaderMap,
    query: Result<Query<Search>, QueryRejection>,
) -> Response {
    let made = async || {
        let Search { limit, after, q } = taken(query)?;
        within(limit, [&after, &q])?;
        let page = desk.service.store.editions_page(q.as_deref().unwrap_or_default(), after.as_deref(), limit).await?;
        let rows = page.into_iter().map(|stored| {
            let frame = &stored.digest.frame;
            EditionRow {
                name: frame.name.clone(),
                subject: wording::subject(&stored.digest),
                composed_at: frame.composed_at.to_string(),
                from: frame.window.from.to_string(),
                to: frame.window.to.to_string(),
                held: stored.digest.held.len(),
                id: stored.id,
            }
        });
        Ok(Page::new(rows.collect(), limit, |row: &EditionRow| row.id.clone()))
    };
    answered(&desk, &headers, Scope::Editions, made).await
}

/// One edition whole: the digest as it was frozen.
#[utoipa::path(get, path = "/api/v1/editions/{id}", params(("id" = String, Path)), security(("token" = ["editions"])), responses(
    (status = 200, body = Object),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
))]
async fn edition(State(desk): State<Desk>, headers: HeaderMap, id: Result<Path<String>, PathRejection>) -> Response {
    let made = async || Ok(found(&desk, &named(id)?).await?.digest);
    answered(&desk, &headers, Scope::Editions, made).await
}

/// The incidents of an edition with every claim, in the order of the edition.
#[utoipa::path(get, path = "/api/v1/editions/{id}/incidents", params(("id" = String, Path), Counting), security(("token" = ["incidents"])), responses(
    (status = 200, body = Page<Object>),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
))]
async fn incidents(
    State(desk): State<Desk>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Counting>, QueryRejection>,
) -> Response {
    let made = async || {
        let Counting { limit, after } = taken(query)?;
        within(limit, [&None, &None])?;
        let stored = found(&desk, &named(id)?).await?;
        let start = after as usize;
        let all = stored.digest.tolls;
        let items: Vec<_> = all.iter().skip(start).take(limit as usize).cloned().collect();
        let end = start.saturating_add(items.len());
        Ok(Page { items, next: (end < all.len()).then(|| end.to_string()) })
    };
    answered(&desk, &headers, Scope::Incidents, made).await
}

/// What became of the messages of an edition.
#[utoipa::path(get, path = "/api/v1/editions/{id}/deliveries", params(("id" = String, Path), Deliveries), security(("token" = ["deliveries"])), responses(
    (status = 200, body = Page<DeliveryRow>),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
    (status = 404, body = Problem),
))]
async fn deliveries(
    State(desk): State<Desk>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Deliveries>, QueryRejection>,
) -> Response {
    let made = async || {
        let Deliveries { limit, after, state } = taken(query)?;
        within(limit, [&after, &None])?;
        let stored = found(&desk, &named(id)?).await?;
        let records = desk.service.store.deliveries_page(&stored.id, state, after.as_deref(), limit).await?;
        let rows = records.into_iter().map(|record| DeliveryRow {
            subscriber: record.subscriber_id,
            address: record.to.map(|to| to.email.to_string()),
            state: record.delivery.state.to_string(),
            attempts: record.delivery.attempts,
            result: record.result,
            changed_at: record.changed_at.to_string(),
        });
        Ok(Page::new(rows.collect(), limit, |row: &DeliveryRow| row.subscriber.clone()))
    };
    answered(&desk, &headers, Scope::Deliveries, made).await
}

/// Held figures, the newest first.
#[utoipa::path(get, path = "/api/v1/held", params(Paging), security(("token" = ["held"])), responses(
    (status = 200, body = Page<HeldRow>),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
))]
async fn held(State(desk): State<Desk>, headers: HeaderMap, query: Result<Query<Paging>, QueryRejection>) -> Response {
    let made = async || {
        let Paging { limit, after } = taken(query)?;
        within(limit, [&after, &None])?;
        let figures = desk.service.store.held_figures().await?;
        let passed =
            |id: &str| figures.iter().position(|figure| figure.item.id == id).map_or(figures.len(), |at| at + 1);
        let start = after.as_deref().map_or(0, passed);
        let rows = figures.iter().skip(start).take(limit as usize).map(|figure| HeldRow {
            id: figure.item.id.clone(),
            edition: figure.edition_id.clone(),
            what: wording::held_item(&figure.item, Language::English),
            figure: wording::count(&figure.item.claim.count, Language::English),
            outlet: figure.item.claim.outlet.clone(),
            held_at: figure.held_at.to_string(),
            decision: figure.decision.map(Decision::name).map(str::to_owned),
        });
        Ok(Page::new(rows.collect(), limit, |row: &HeldRow| row.id.clone()))
    };
    answered(&desk, &headers, Scope::Held, made).await
}

/// The configured sources, in the order of the file.
#[utoipa::path(get, path = "/api/v1/sources", params(Paging), security(("token" = ["sources"])), responses(
    (status = 200, body = Page<SourceRow>),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
))]
async fn sources(
    State(desk): State<Desk>,
    headers: HeaderMap,
    query: Result<Query<Paging>, QueryRejection>,
) -> Response {
    let made = async || {
        let Paging { limit, after } = taken(query)?;
        within(limit, [&after, &None])?;
        let (configured, now) = (&desk.service.config.sources, desk.service.clock.now());
        let passed = |name: &str| configured.iter().position(|source| source.name == name);
        let start = after.as_deref().map_or(0, |name| passed(name).map_or(configured.len(), |at| at + 1));
        let mut rows = Vec::new();
        for source in configured.iter().skip(start).take(limit as usize) {
            let location = source.location.to_string();
            let state = desk.service.store.source_state(&source.name, &location).await?;
            let health = state.health(now);
            rows.push(SourceRow {
                name: source.name.clone(),
                location,
                enabled: source.enabled,
                health: health.word().to_owned(),
                detail: health.to_string(),
                last_success: state.last_success.map(|at| at.to_string()),
                next_try: state.next_try.map(|at| at.to_string()),
            });
        }
        Ok(Page::new(rows, limit, |row: &SourceRow| row.name.clone()))
    };
    answered(&desk, &headers, Scope::Sources, made).await
}

/// The subscribers, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/subscribers", params(Paging), security(("token" = ["subscribers"])), responses(
    (status = 200, body = Page<SubscriberRow>),
    (status = 400, body = Problem),
    (status = 401, body = Problem),
    (status = 403, body = Problem),
))]
async fn subscribers(
    State(desk): State<Desk>,
    headers: HeaderMap,
    query: Result<Query<Paging>, QueryRejection>,
) -> Response {
    let made = async || {
        let Paging { limit, after } = taken(query)?;
        within(limit, [&after, &None])?;
        let store = &desk.service.store;
        let mut rows = Vec::new();
        let ids = store.subscriber_ids_page(after.as_deref(), limit).await?;
        let next = ids.last().filter(|_| ids.len() == limit as usize).cloned();
        for id in &ids {
            rows.extend(store.subscriber(id).await?.map(|subscriber| SubscriberRow {
                address: subscriber.address.to_string(),
                state: subscriber.state.name().to_owned(),
                editions: subscriber.editions,
                created_at: subscriber.created_at.to_string(),
                id: subscriber.id,
            }));
        }
        Ok(Page { items: rows, next })
    };
    answered(&desk, &headers, Scope::Subscribers, made).await
}
