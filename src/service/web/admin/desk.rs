//! The first page: what is due, what is under way, what wants a person.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use lettre::Address;

use super::access::{Admin, Posted};
use super::{Desk, LANGUAGE, Top, answer, record, see, show};
use crate::news::delivery::State as DeliveryState;
use crate::news::wording;
use crate::service::control::Job;
use crate::service::pipeline;
use crate::service::runs;
use crate::service::store::ReportState;

/// A page of something under way loads itself again after so long.
const AGAIN_SECONDS: u32 = 2;
/// Of what waits.
const REPORTS_COUNTED: u32 = 1_000;
/// Runs that are shown.
const RUNS_SHOWN: u32 = 30;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/admin", get(today))
        .route("/admin/run", get(progress).post(run))
        .route("/admin/send-test", post(send_test))
}

#[derive(Template)]
#[template(path = "web/admin/today.html")]
struct Today {
    top: Top,
    editions: Vec<EditionRow>,
    held: usize,
    reports: usize,
    sources: usize,
    ailing: usize,
    unknown: u64,
    under_way: bool,
}

struct EditionRow {
    name: String,
    title: String,
    next: String,
    newest: Option<Newest>,
}

struct Newest {
    id: String,
    subject: String,
    when: String,
    counts: String,
}

async fn today(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    answer(async { Ok(show(&today_page(&desk, &admin, &uri).await?)) }.await)
}

async fn today_page(desk: &Desk, admin: &Admin, uri: &Uri) -> anyhow::Result<Today> {
    let (store, config, now) = (&desk.service.store, &desk.service.config, desk.service.clock.now());
    let mut editions = Vec::new();
    for edition in &config.editions {
        let zone = edition.zone();
        let next = edition.schedule.next(now).map(|at| LANGUAGE.moment(at, zone));
        let newest = match store.latest_edition(&edition.name).await? {
            Some(stored) => Some(Newest {
                subject: wording::subject(&stored.digest),
                when: LANGUAGE.moment(stored.digest.frame.composed_at, zone),
                counts: super::counts(&store.delivery_counts(Some(&stored.id)).await?),
                id: stored.id,
            }),
            None => None,
        };
        editions.push(EditionRow {
            name: edition.name.clone(),
            title: edition.title.clone(),
            next: next.unwrap_or_else(|| "never".to_owned()),
            newest,
        });
    }
    let states = store.source_states().await?;
    let enabled = || config.sources.iter().filter(|source| source.enabled);
    let ails =
        |name: &str| states.iter().any(|state| state.name == name && state.freshness.health(now).needs_attention());
    Ok(Today {
        top: Top::new(desk, admin, "Today").done(uri),
        editions,
        held: store.held_figures().await?.iter().filter(|figure| figure.decision.is_none()).count(),
        reports: store.reports(ReportState::Open, REPORTS_COUNTED).await?.len(),
        sources: enabled().count(),
        ailing: enabled().filter(|source| ails(&source.name)).count(),
        unknown: store.delivery_counts(None).await?.get(&DeliveryState::Unknown).copied().unwrap_or(0),
        under_way: desk.control.jobs().first().is_some_and(|job| job.ended().is_none()),
    })
}

#[derive(Template)]
#[template(path = "web/admin/run.html")]
struct Progress {
    top: Top,
    job: Option<JobRow>,
    runs: Vec<RunRow>,
}

struct JobRow {
    edition: String,
    who: String,
    doing: String,
    done: u64,
    all: u64,
    outcome: Option<String>,
    failed: bool,
}

struct RunRow {
    when: String,
    edition: String,
    who: String,
    steps: String,
    outcome: String,
    failed: bool,
}

async fn progress(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    let page = async {
        let job = desk.control.jobs().first().map(|job| {
            let (outcome, failed) = job.ended().map_or((None, false), |(outcome, failed)| (Some(outcome), failed));
            let progress = &job.progress;
            JobRow {
                edition: job.edition.clone(),
                who: job.who.clone(),
                doing: format!("{} {}", progress.prefix(), progress.message()).trim().to_owned(),
                done: progress.position(),
                all: progress.length().unwrap_or(0),
                outcome,
                failed,
            }
        });
        let runs = desk.service.store.runs(RUNS_SHOWN).await?;
        let runs = runs.into_iter().map(|run| RunRow {
            when: super::when(run.started_at),
            edition: run.edition,
            who: run.who,
            steps: run
                .steps
                .iter()
                .map(|step| format!("{}: {} ms", step.name, step.milliseconds))
                .collect::<Vec<_>>()
                .join(", "),
            outcome: run.outcome,
            failed: run.failed,
        });
        let runs = runs.collect();
        let mut top = Top::new(&desk, &admin, "Runs").done(&uri);
        top.again = job.as_ref().is_some_and(|job| job.outcome.is_none()).then_some(AGAIN_SECONDS);
        Ok(show(&Progress { top, job, runs }))
    };
    answer(page.await)
}

async fn run(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let Some(edition) = desk.service.config.edition(fields.get("edition")) else { return super::missing() };
    let job = Job::new(Arc::clone(&desk.service), &edition.name, &admin.name, desk.service.clock.now());
    let Some(job) = desk.control.begin(job) else {
        return see("/admin/run");
    };
    if let Err(error) = record(&desk, &admin.name, "run", &edition.name, None, None).await {
        job.end("It could not be recorded, so it was not done.".to_owned(), true);
        return super::trouble(&error);
    }
    if desk.control.orders.send(Arc::clone(&job)).is_err() {
        job.end("The program is stopping, so it was not done.".to_owned(), true);
    }
    see("/admin/run?done=running")
}

async fn send_test(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let service = &desk.service;
    let Some(edition) = service.config.edition(fields.get("edition")) else { return super::missing() };
    let to = fields.get("to");
    let Ok(address) = to.parse::<Address>() else {
        return super::told(&desk, &admin, "Not sent", &format!("{to:?} is no mail address."));
    };
    let sent = async {
        let composed = match service.store.latest_edition(&edition.name).await? {
            Some(stored) => pipeline::stored(service, stored).await?,
            None => runs::as_it_stands(service, edition).await?,
        };
        record(&desk, &admin.name, "send a test", &edition.name, None, None).await?;
        pipeline::send_copies(service, &composed, &[address]).await
    };
    match sent.await {
        Ok(delivered) if !delivered.needs_attention() => see("/admin?done=sent"),
        Ok(delivered) => {
            let reasons: Vec<String> = delivered.reasons.into_iter().collect();
            super::told(&desk, &admin, "Not sent", &reasons.join("; "))
        }
        Err(error) => super::told(&desk, &admin, "Not sent", &format!("{error:#}")),
    }
}
