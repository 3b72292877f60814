//! Figures that readers found wrong: dismissed, or labelled and kept as a case. And how well the extractor reads such cases and
//! the articles it is tested with.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::access::{Admin, Posted};
use super::{Desk, Top, answer, record, see, show};
use crate::news::eval::{Labels, Scores};
use crate::news::extract;
use crate::news::kinds::pattern::Kinds;
use crate::service::eval::{self, scored_line};
use crate::service::store::{Report, ReportState, StoredArticle};

/// Reports of one state that are shown.
const SHOWN_MAX: u32 = 100;
/// Cases that are exported and judged by.
const CASES_MAX: u32 = 10_000;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/admin/reports", get(list).post(dismiss))
        .route("/admin/reports/case", get(ask_labels).post(label))
        .route("/admin/reports/cases.jsonl", get(export))
        .route("/admin/accuracy", get(accuracy))
}

#[derive(Template)]
#[template(path = "web/admin/reports.html")]
struct List {
    top: Top,
    open: Vec<Row>,
    cases: Vec<Row>,
}

struct Row {
    id: String,
    when: String,
    edition_id: String,
    figure: String,
    quote: String,
    problem: String,
    source: String,
}

fn row(report: Report) -> Row {
    let said = report.said;
    Row {
        id: report.id,
        when: super::when(report.at),
        edition_id: said.edition_id,
        figure: said.figure,
        quote: said.quote,
        problem: said.problem,
        source: said.source,
    }
}

async fn list(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    let page = async {
        let store = &desk.service.store;
        let open = store.reports(ReportState::Open, SHOWN_MAX).await?.into_iter().map(row).collect();
        let cases = store.reports(ReportState::Case, SHOWN_MAX).await?.into_iter().map(row).collect();
        Ok(show(&List { top: Top::new(&desk, &admin, "Reports of wrong figures").done(&uri), open, cases }))
    };
    answer(page.await)
}

async fn dismiss(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let done = async {
        let store = &desk.service.store;
        let Some(report) = store.report_of(fields.get("id")).await? else { return Ok(super::missing()) };
        store.settle_report(&report.id, ReportState::Dismissed, None).await?;
        let subject = format!("{}: {}", report.id, report.said.figure);
        record(&desk, &admin.name, "dismiss a report", &subject, Some(report.state.name()), None).await?;
        Ok(see("/admin/reports?done=dismissed"))
    };
    answer(done.await)
}

#[derive(Template)]
#[template(path = "web/admin/case.html")]
struct Case {
    top: Top,
    row: Row,
    title: String,
    text: String,
    labels: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    id: String,
}

async fn ask_labels(State(desk): State<Desk>, admin: Admin, Query(which): Query<Which>) -> Response {
    let page = async {
        let Some((report, stored)) = reported(&desk, &which.id).await? else { return Ok(super::missing()) };
        let labels = match &report.labels {
            Some(line) => labels_alone(&serde_json::from_str(line)?),
            None => {
                let line = article_line(&report, &stored).to_string();
                labels_read(&serde_json::from_str(&extract::answer(&line, None, Kinds::standard()))?)
            }
        };
        let labels = serde_json::to_string_pretty(&labels)?;
        Ok(show(&case(&desk, &admin, report, &stored, labels, None)))
    };
    answer(page.await)
}

fn case(
    desk: &Desk,
    admin: &Admin,
    report: Report,
    stored: &StoredArticle,
    labels: String,
    problem: Option<String>,
) -> Case {
    let (title, text) = (stored.article.title.clone(), stored.article.text.clone());
    Case { top: Top::new(desk, admin, "A labelled case"), row: row(report), title, text, labels, problem }
}

/// A report and its article as the edition had it.
async fn reported(desk: &Desk, id: &str) -> anyhow::Result<Option<(Report, StoredArticle)>> {
    let store = &desk.service.store;
    let Some(report) = store.report_of(id).await? else { return Ok(None) };
    let used = store.articles_of(&report.said.edition_id).await?;
    let used = used.into_iter().find(|stored| stored.article.id == report.said.article_id);
    // What an edition tells from before is in an earlier one's articles.
    let stored = match used {
        Some(stored) => Some(stored),
        None => store.article(&report.said.article_id).await?,
    };
    Ok(stored.map(|stored| (report, stored)))
}

/// The article as a line for `extract --jsonl`.
fn article_line(report: &Report, stored: &StoredArticle) -> Value {
    let article = &stored.article;
    json!({
        "id": report.id,
        "title": article.title,
        "published": article.published.map(|published| published.date().to_string()),
        "url": article.url,
        "language": article.language,
        "text": article.text,
    })
}

const LABELS: [&str; 3] = ["tolls", "munitions", "talks"];

fn labels_alone(line: &Value) -> Value {
    LABELS.iter().map(|name| ((*name).to_owned(), line[name].clone())).collect::<Map<_, _>>().into()
}

/// What the extractor reads, written as labels: where a person begins, and corrects.
fn labels_read(answered: &Value) -> Value {
    let mut labels: Map<String, Value> = LABELS.iter().map(|name| ((*name).to_owned(), json!([]))).collect();
    for development in answered["developments"].as_array().into_iter().flatten() {
        let name = match development["kind"].as_str() {
            Some("toll") => "tolls",
            Some("munitions") => "munitions",
            Some("talks") => "talks",
            _ => continue,
        };
        let mut fields = development.as_object().cloned().unwrap_or_default();
        fields.remove("kind");
        let evidence = fields.remove("evidence").unwrap_or_default();
        fields.insert("quote".to_owned(), evidence[0]["quote"].clone());
        if let Some(place) = fields.get_mut("place") {
            *place = place["name"].take();
        }
        if let Some(next) = fields.get_mut("next").and_then(Value::as_array_mut) {
            next.iter_mut().for_each(|span| *span = span["quote"].take());
        }
        labels.get_mut(name).and_then(Value::as_array_mut).into_iter().for_each(|all| all.push(fields.clone().into()));
    }
    labels.into()
}

/// The line of a case, if these are labels whose every quote stands in the article.
fn case_line(report: &Report, stored: &StoredArticle, text: &str) -> Result<String, String> {
    let labels: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut line = article_line(report, stored);
    for name in LABELS {
        let list = labels.get(name).cloned().unwrap_or_else(|| json!([]));
        for label in list.as_array().into_iter().flatten() {
            let quote = label["quote"].as_str().unwrap_or_default();
            let article = &stored.article;
            if quote.is_empty() || !(article.text.contains(quote) || article.title.contains(quote)) {
                return Err(format!("in `{name}`: the article does not say {quote:?}; give each label its \"quote\""));
            }
        }
        line[name] = list;
    }
    // What `eval` cannot read is no case.
    let _: Labels = serde_json::from_value(line.clone()).map_err(|error| error.to_string())?;
    Ok(line.to_string())
}

async fn label(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let done = async {
        let Some((report, stored)) = reported(&desk, fields.get("id")).await? else { return Ok(super::missing()) };
        let text = fields.text("labels");
        match case_line(&report, &stored, &text) {
            Ok(line) => {
                desk.service.store.settle_report(&report.id, ReportState::Case, Some(&line)).await?;
                let subject = format!("{}: {}", report.id, report.said.figure);
                record(&desk, &admin.name, "label a case", &subject, report.labels.as_deref(), Some(&line)).await?;
                Ok(see("/admin/reports?done=case"))
            }
            Err(problem) => {
                let page = case(&desk, &admin, report, &stored, text, Some(problem));
                Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response())
            }
        }
    };
    answer(done.await)
}

async fn lines(desk: &Desk) -> anyhow::Result<Vec<String>> {
    let cases = desk.service.store.reports(ReportState::Case, CASES_MAX).await?;
    Ok(cases.into_iter().rev().filter_map(|case| case.labels).collect())
}

/// All cases, for `daybrief eval`: labels and article in each line.
async fn export(State(desk): State<Desk>, _: Admin) -> Response {
    let export = async {
        let body: String = lines(&desk).await?.into_iter().map(|line| line + "\n").collect();
        let headers = [
            (header::CONTENT_TYPE, "application/jsonl"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"cases.jsonl\""),
        ];
        Ok((headers, body).into_response())
    };
    answer(export.await)
}

#[derive(Template)]
#[template(path = "web/admin/accuracy.html")]
struct Accuracy {
    top: Top,
    tables: Vec<Table>,
}

struct Table {
    heading: &'static str,
    articles: usize,
    found: Vec<[String; 7]>,
    right: Vec<[String; 3]>,
}

fn table(heading: &'static str, scores: &Scores) -> Table {
    let figure = |figure: f64| format!("{figure:.4}");
    let found = scores.found().map(|(name, tally)| {
        let (p, r, f1) = (figure(tally.precision()), figure(tally.recall()), figure(tally.f1()));
        [name.to_owned(), p, r, f1, tally.hits.to_string(), tally.extra.to_string(), tally.missed.to_string()]
    });
    let right = scores.right().map(|(name, accuracy)| {
        [name.to_owned(), accuracy.share().map_or_else(|| "-".to_owned(), figure), accuracy.of.to_string()]
    });
    Table { heading, articles: scores.articles, found: found.collect(), right: right.collect() }
}

async fn accuracy(State(desk): State<Desk>, admin: Admin) -> Response {
    let page = async {
        let cases = lines(&desk).await?;
        let work = move || {
            let mut scores = Scores::default();
            for line in &cases {
                if let Some((more, _)) = scored_line(line)? {
                    scores += more;
                }
            }
            anyhow::Ok((eval::of_corpus()?, scores))
        };
        let (corpus, cases) = tokio::task::spawn_blocking(work).await??;
        let tables = vec![
            table("The articles that this program is tested with", &corpus),
            table("The cases that readers reported", &cases),
        ];
        Ok(show(&Accuracy { top: Top::new(&desk, &admin, "How well it reads"), tables }))
    };
    answer(page.await)
}
