//! How things go: sources, deliveries, bounces, and who changed what. And the tokens of programs.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde::Deserialize;

use super::access::{self, Admin, Posted, Scope};
use super::{Desk, Top, answer, record, secrets, see, show};
use crate::news::delivery::State as DeliveryState;
use crate::service::control::File;
use crate::service::store::PassKind;

const ROWS_SHOWN: u32 = 100;
const BOUNCES_SHOWN: u32 = 50;
/// How long a token holds.
const TOKEN: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Of what a person calls a token.
const LABEL_CHARS_MAX: usize = 100;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/admin/sources", get(sources))
        .route("/admin/deliveries", get(deliveries))
        .route("/admin/log", get(log))
        .route("/admin/tokens", get(tokens).post(new_token))
        .route("/admin/tokens/end", post(end_token))
}

#[derive(Template)]
#[template(path = "web/admin/sources.html")]
struct Sources {
    top: Top,
    hash: String,
    rows: Vec<SourceRow>,
}

struct SourceRow {
    name: String,
    location: String,
    enabled: bool,
    ails: bool,
    health: String,
    next: String,
}

async fn sources(State(desk): State<Desk>, admin: Admin) -> Response {
    let page = async {
        let (store, config, now) = (&desk.service.store, &desk.service.config, desk.service.clock.now());
        let mut rows = Vec::new();
        for source in &config.sources {
            let state = store.source_state(&source.name, &source.location.to_string()).await?;
            let health = state.health(now);
            rows.push(SourceRow {
                name: source.name.clone(),
                location: source.location.to_string(),
                enabled: source.enabled,
                ails: source.enabled && health.needs_attention(),
                health: health.to_string(),
                next: state.next_try.map(super::when).unwrap_or_default(),
            });
        }
        let hash = File::read(config).map(|file| file.hash()).unwrap_or_default();
        Ok(show(&Sources { top: Top::new(&desk, &admin, "Sources"), hash, rows }))
    };
    answer(page.await)
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    edition: String,
    #[serde(default)]
    state: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "web/admin/deliveries.html")]
struct Deliveries {
    top: Top,
    /// Id, subject, counts.
    editions: Vec<(String, String)>,
    edition: String,
    state: String,
    rows: Vec<DeliveryRow>,
    more: Option<String>,
    bounces: Vec<BounceRow>,
}

struct DeliveryRow {
    to: String,
    state: String,
    attempts: String,
    result: String,
    when: String,
}

struct BounceRow {
    when: String,
    address: String,
    kind: String,
    said: String,
}

async fn deliveries(State(desk): State<Desk>, admin: Admin, Query(wanted): Query<Wanted>) -> Response {
    let page = async {
        let store = &desk.service.store;
        let mut editions = Vec::new();
        for stored in store.editions_page("", None, ROWS_SHOWN / 5).await? {
            let counts = super::counts(&store.delivery_counts(Some(&stored.id)).await?);
            editions.push((stored.id, counts));
        }
        let newest = || editions.first().map(|(id, _)| id.clone()).unwrap_or_default();
        let edition = if wanted.edition.is_empty() { newest() } else { wanted.edition };
        let state: Option<DeliveryState> = wanted.state.parse().ok();
        let records = store.deliveries_page(&edition, state, wanted.after.as_deref(), ROWS_SHOWN).await?;
        let full = records.len() == ROWS_SHOWN as usize;
        let more = records.last().filter(|_| full).map(|record| record.subscriber_id.clone());
        let rows = records.into_iter().map(|record| DeliveryRow {
            to: record.to.map_or_else(|| "erased".to_owned(), |to| to.email.to_string()),
            state: record.delivery.state.to_string(),
            attempts: record.delivery.attempts.to_string(),
            result: record.result.unwrap_or_default(),
            when: super::when(record.changed_at),
        });
        let rows = rows.collect();
        let bounces = store.bounces(BOUNCES_SHOWN).await?;
        let bounces = bounces.into_iter().map(|bounce| BounceRow {
            when: super::when(bounce.at),
            address: bounce.address.unwrap_or_else(|| "erased".to_owned()),
            kind: bounce.kind,
            said: bounce.said,
        });
        Ok(show(&Deliveries {
            top: Top::new(&desk, &admin, "Deliveries"),
            editions,
            edition,
            state: state.map(|state| state.to_string()).unwrap_or_default(),
            rows,
            more,
            bounces: bounces.collect(),
        }))
    };
    answer(page.await)
}

#[derive(Template)]
#[template(path = "web/admin/log.html")]
struct Log {
    top: Top,
    rows: Vec<LogRow>,
}

struct LogRow {
    when: String,
    who: String,
    what: String,
    subject: String,
    before: String,
    after: String,
}

async fn log(State(desk): State<Desk>, admin: Admin) -> Response {
    let page = async {
        let entries = desk.service.store.changes(ROWS_SHOWN).await?;
        let rows = entries.into_iter().map(|entry| LogRow {
            when: super::when(entry.at),
            who: entry.who,
            what: entry.what,
            subject: entry.subject,
            before: entry.before.unwrap_or_default(),
            after: entry.after.unwrap_or_default(),
        });
        Ok(show(&Log { top: Top::new(&desk, &admin, "Who changed what"), rows: rows.collect() }))
    };
    answer(page.await)
}

#[derive(Template)]
#[template(path = "web/admin/tokens.html")]
struct Tokens {
    top: Top,
    /// Shown this once.
    fresh: Option<String>,
    problem: Option<&'static str>,
    scopes: Vec<&'static str>,
    rows: Vec<TokenRow>,
}

struct TokenRow {
    hash: String,
    label: String,
    admin: String,
    scopes: String,
    seen: String,
    until: String,
}

async fn tokens(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    let page = token_page(&desk, &admin, None, None).await;
    answer(page.map(|page| show(&Tokens { top: Top::new(&desk, &admin, "Tokens").done(&uri), ..page })))
}

async fn token_page(
    desk: &Desk,
    admin: &Admin,
    fresh: Option<String>,
    problem: Option<&'static str>,
) -> anyhow::Result<Tokens> {
    let known = desk.service.store.tokens().await?;
    let rows = known.into_iter().map(|pass| TokenRow {
        hash: pass.hash,
        label: pass.label,
        admin: pass.admin,
        scopes: pass.scopes.join(", "),
        seen: if pass.seen_at == pass.created_at { "never".to_owned() } else { super::when(pass.seen_at) },
        until: super::when(pass.until),
    });
    let scopes = Scope::ALL.map(Scope::name).to_vec();
    Ok(Tokens { top: Top::new(desk, admin, "Tokens"), fresh, problem, scopes, rows: rows.collect() })
}

async fn new_token(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let page = async {
        let wanted = |scope: &Scope| fields.all("scope").any(|name| name == scope.name());
        let scopes: Vec<String> = Scope::ALL.into_iter().filter(wanted).map(|scope| scope.name().to_owned()).collect();
        let label: String = fields.get("label").chars().filter(|c| !c.is_control()).take(LABEL_CHARS_MAX).collect();
        if scopes.is_empty() || label.is_empty() {
            let page =
                token_page(&desk, &admin, None, Some("A token needs a name and something it is good for.")).await?;
            return Ok(show(&page));
        }
        let (token, now) = (secrets::token()?, desk.service.clock.now());
        let mut pass = access::pass(PassKind::Token, &token, &admin.name, now, TOKEN);
        (pass.label, pass.scopes) = (label, scopes);
        desk.service.store.keep_pass(&pass).await?;
        let after = pass.scopes.join(" ");
        record(&desk, &admin.name, "make a token", &pass.label, None, Some(&after)).await?;
        Ok(show(&token_page(&desk, &admin, Some(token), None).await?))
    };
    answer(page.await)
}

async fn end_token(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let ended = async {
        let store = &desk.service.store;
        let known = store.tokens().await?;
        let Some(pass) = known.into_iter().find(|pass| pass.hash == fields.get("token")) else {
            return Ok(super::missing());
        };
        store.drop_pass(&pass.hash).await?;
        record(&desk, &admin.name, "end a token", &pass.label, Some(&pass.scopes.join(" ")), None).await?;
        Ok(see("/admin/tokens?done=token"))
    };
    answer(ended.await)
}
