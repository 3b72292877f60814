//! The kinds of development on a page: what each finds, a kind's file as text, tried before it counts.
//!
//! A file is checked as `daybrief kinds check` does and tried as `kinds try` does. What is saved goes into the admin's own
//! folder and is in force from the next edition on, which reads the folder anew.

use std::path::PathBuf;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::access::{Admin, Fields, Posted};
use super::evidence::{Sentence, sentence};
use super::{Desk, Top, answer, record, see, show, told};
use crate::config::{self, EditError};
use crate::news::kinds::pattern::{self, KindName, Proof};
use crate::service::control;
use crate::service::kinds::{self, FOUND_SHOWN_MAX, TRIED_DAYS};

/// What a new kind starts from: it finds something, and each part of a file is in it.
const START: &str = include_str!("../../../../templates/web/admin/kind.toml");

pub(super) fn router() -> Router<Desk> {
    Router::new().route("/admin/kinds", get(list)).route("/admin/kinds/edit", get(edit).post(change))
}

#[derive(Template)]
#[template(path = "web/admin/kinds.html")]
struct List {
    top: Top,
    folder: String,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    title: String,
    whose: &'static str,
    fields: String,
    examples: String,
    /// Why it is not in force.
    mistakes: Vec<String>,
}

async fn list(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    let page = async {
        let dir = desk.service.config.kinds.as_deref();
        let own = match dir {
            Some(dir) if dir.is_dir() => kinds::files_in(dir)?,
            _ => Vec::new(),
        };
        let (in_force, _) = kinds::load(dir.filter(|dir| dir.is_dir()))?;
        let mut rows: Vec<Row> = Vec::new();
        let stem = |file: &str| PathBuf::from(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        for kind in in_force.iter() {
            let (examples, counterexamples) = kind.examples();
            let is_own = own.iter().any(|(file, _)| stem(file).as_deref() == Some(kind.name.as_str()));
            let is_shipped = pattern::shipped().any(|(name, _)| name == kind.name.as_str());
            rows.push(Row {
                name: kind.name.to_string(),
                title: kind.title.clone(),
                whose: match (is_own, is_shipped) {
                    (true, true) => "yours, in place of the shipped one",
                    (true, false) => "yours",
                    _ => "shipped",
                },
                fields: kind.fields().map(|(name, of)| format!("{name} ({of})")).collect::<Vec<_>>().join(", "),
                examples: format!("{examples} and {counterexamples}"),
                mistakes: Vec::new(),
            });
        }
        for (file, text) in &own {
            let mistakes: Vec<String> = pattern::check(file, text).iter().map(ToString::to_string).collect();
            let name = stem(file).unwrap_or_default();
            match rows.iter_mut().find(|row| row.name == name) {
                _ if mistakes.is_empty() => {}
                Some(row) => {
                    (row.whose, row.mistakes) = ("shipped; yours has mistakes and is not in force", mistakes);
                }
                None => rows.push(Row {
                    title: name.clone(),
                    name,
                    whose: "yours, not in force",
                    fields: String::new(),
                    examples: String::new(),
                    mistakes,
                }),
            }
        }
        let folder = dir.map(|dir| dir.display().to_string()).unwrap_or_default();
        Ok(show(&List { top: Top::new(&desk, &admin, "Kinds").done(&uri), folder, rows }))
    };
    answer(page.await)
}

#[derive(Template)]
#[template(path = "web/admin/kind.html")]
struct Editor {
    top: Top,
    /// Empty for a new kind, whose name is yet to be written.
    name: String,
    wanted: String,
    text: String,
    /// Of the file as it is; of nothing for one that is not there.
    hash: String,
    is_own: bool,
    has_folder: bool,
    mistakes: Vec<String>,
    proofs: Vec<ProofRow>,
    tried: Option<Tried>,
}

struct ProofRow {
    line: usize,
    text: String,
    wanted: String,
    passes: bool,
    problem: String,
}

struct Tried {
    said: String,
    rows: Vec<FoundRow>,
}

struct FoundRow {
    fields: Vec<(String, String)>,
    sentence: Sentence,
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    name: String,
}

async fn edit(State(desk): State<Desk>, admin: Admin, Query(which): Query<Which>) -> Response {
    if which.name.is_empty() {
        let title = "A new kind";
        return show(&editor(&desk, &admin, title, "", START.to_owned(), None));
    }
    let Ok(name) = KindName::parse(&which.name) else { return super::missing() };
    let page = async {
        let own = own(&desk, &name)?;
        let shipped = pattern::shipped().find(|(known, _)| *known == name.as_str()).map(|(_, text)| text.to_owned());
        let Some(text) = own.clone().or(shipped) else { return Ok(super::missing()) };
        Ok(show(&editor(&desk, &admin, &format!("The kind {name}"), name.as_str(), text, own.as_deref())))
    };
    answer(page.await)
}

fn editor(desk: &Desk, admin: &Admin, title: &str, name: &str, text: String, own: Option<&str>) -> Editor {
    Editor {
        top: Top::new(desk, admin, title),
        name: name.to_owned(),
        wanted: String::new(),
        text,
        hash: hash(own),
        is_own: own.is_some(),
        has_folder: desk.service.config.kinds.is_some(),
        mistakes: Vec::new(),
        proofs: Vec::new(),
        tried: None,
    }
}

/// The own file of that name as it is now.
fn own(desk: &Desk, name: &KindName) -> anyhow::Result<Option<String>> {
    match &desk.service.config.kinds {
        Some(dir) => kinds::text_of(&kinds::own_file(dir, name)),
        None => Ok(None),
    }
}

fn hash(own: Option<&str>) -> String {
    own.map(control::hash).unwrap_or_default()
}

async fn change(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    answer(changed(&desk, &admin, &fields).await)
}

async fn changed(desk: &Desk, admin: &Admin, fields: &Fields) -> anyhow::Result<Response> {
    let (given, text) = (fields.get("name"), fields.text("text"));
    let is_new = fields.get("known") != "yes";
    let title = if is_new { "A new kind".to_owned() } else { format!("The kind {given}") };
    let name = match KindName::parse(given) {
        Ok(name) => name,
        Err(problem) => {
            let page = editor(desk, admin, &title, "", text, None);
            return Ok(refused(&Editor { wanted: given.to_owned(), mistakes: vec![problem], ..page }));
        }
    };
    let own = own(desk, &name)?;
    let page = editor(desk, admin, &title, if is_new { "" } else { given }, text.clone(), own.as_deref());
    let page = Editor { wanted: given.to_owned(), hash: fields.get("hash").to_owned(), ..page };
    let doing = fields.get("do");
    if doing == "try" {
        return tried(desk, page, &name, &text).await;
    }
    let file = format!("{name}.toml");
    let after = match doing {
        "save" => Some(text.as_str()),
        "remove" => None,
        _ => return Ok(super::missing()),
    };
    let Some(dir) = &desk.service.config.kinds else {
        let text = "There is no folder for kinds of your own. Write kinds = \"kinds\" at the top of the settings, then come \
                    back.";
        return Ok(told(desk, admin, "Not saved", text));
    };
    if let Some(text) = after {
        let mistakes: Vec<String> = pattern::check(&file, text).iter().map(ToString::to_string).collect();
        if !mistakes.is_empty() {
            return Ok(refused(&Editor { mistakes, ..page }));
        }
    }
    if hash(own.as_deref()) != fields.get("hash") {
        return Ok(overtaken(desk, admin, is_new));
    }
    let now = desk.service.clock.now();
    match config::put(&kinds::own_file(dir, &name), own.as_deref(), after, now) {
        Ok(()) => {}
        Err(EditError::Changed) => return Ok(overtaken(desk, admin, is_new)),
        Err(error) => return Ok(told(desk, admin, "Not saved", &format!("failed to {error}"))),
    }
    let what = if after.is_some() { "save a kind" } else { "remove a kind" };
    record(desk, &admin.name, what, &file, own.as_deref(), after).await?;
    Ok(see(if after.is_some() { "/admin/kinds?done=kind" } else { "/admin/kinds?done=no-kind" }))
}

/// Nothing that somebody else wrote is lost.
fn overtaken(desk: &Desk, admin: &Admin, is_new: bool) -> Response {
    let text = match is_new {
        true => "There is a kind of that name already. Go back and copy what you wrote, then edit that one.",
        false => {
            "The file was changed by someone else since you read it, and is left as it is. Go back and copy what you \
             wrote, then load the page again."
        }
    };
    let mut response = told(desk, admin, "Not saved", text);
    *response.status_mut() = StatusCode::CONFLICT;
    response
}

fn refused(page: &Editor) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, show(page)).into_response()
}

/// Runs the examples, and looks at the last days' articles.
async fn tried(desk: &Desk, page: Editor, name: &KindName, text: &str) -> anyhow::Result<Response> {
    let file = format!("{name}.toml");
    let proofs = match pattern::prove(&file, text) {
        Ok(proofs) => proofs,
        Err(mistakes) => {
            let mistakes = mistakes.iter().map(ToString::to_string).collect();
            return Ok(refused(&Editor { mistakes, ..page }));
        }
    };
    // An example that fails does not keep a kind from being tried: that is what trying is for.
    let found = kinds::find(&desk.service.store, &file, text, desk.service.clock.now()).await?;
    let rows = found.shown.iter().map(|(stored, claim)| FoundRow {
        fields: pattern::shown(claim).into_iter().collect(),
        sentence: claim.evidence.first().and_then(|span| sentence(stored, *span)).unwrap_or_default(),
    });
    let rows: Vec<FoundRow> = rows.collect();
    let newest = if found.is_partial { "the newest " } else { "" };
    let more = if found.claims > FOUND_SHOWN_MAX { ", of which the newest are shown" } else { "" };
    let (claims, articles) = (found.claims, found.articles);
    let said = format!("{claims} found in {newest}{articles} articles of the last {TRIED_DAYS} days{more}.");
    let mistakes = proofs.iter().filter_map(|proof| Some(proof.mistake.as_ref()?.to_string())).collect();
    let proofs = proofs.into_iter().map(proof_row).collect();
    Ok(show(&Editor { mistakes, proofs, tried: Some(Tried { said, rows }), ..page }))
}

fn proof_row(proof: Proof) -> ProofRow {
    ProofRow {
        line: proof.line,
        text: proof.text,
        wanted: match proof.wanted {
            Some(wanted) if wanted.trim_matches(['{', '}', ' ']).is_empty() => "one, without fields".to_owned(),
            wanted => wanted.unwrap_or_else(|| "nothing".to_owned()),
        },
        passes: proof.mistake.is_none(),
        problem: proof.mistake.map(|mistake| mistake.problem).unwrap_or_default(),
    }
}
