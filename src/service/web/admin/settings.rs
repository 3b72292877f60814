//! The configuration file on a page.
//!
//! Every change, by a form or in the whole text, becomes a draft: it is checked as `daybrief check` does, its difference is
//! shown, and only then it is saved. Drafts stay in this process; a page has but their number.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use similar::{ChangeTag, TextDiff};

use super::access::{Admin, Fields, Posted};
use super::{Desk, Top, secrets, see, show, trouble};
use crate::config::{self, ConfigError, EditError, Entries, Masked, Set};
use crate::service::control::File;

/// Lines around a change that are shown.
const CONTEXT_LINES: usize = 3;

pub(super) fn router() -> Router<Desk> {
    Router::new()
        .route("/admin/settings", get(settings).post(whole))
        .route("/admin/settings/save", post(save))
        .route("/admin/settings/rollback", post(rollback))
        .route("/admin/settings/entry", get(entry).post(change_entry))
}

#[derive(Template)]
#[template(path = "web/admin/settings.html")]
struct Settings {
    top: Top,
    path: String,
    text: String,
    hash: String,
    /// Why it cannot be saved, or why the file is not in force.
    problem: Option<String>,
    versions: Vec<String>,
    sources: Vec<String>,
    editions: Vec<String>,
}

#[derive(Template)]
#[template(path = "web/admin/review.html")]
struct Review {
    top: Top,
    lines: Vec<Line>,
    draft: String,
}

struct Line {
    class: &'static str,
    /// The sign before it: the colour is never alone.
    sign: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "web/admin/entry.html")]
struct Entry {
    top: Top,
    /// "source" or "edition".
    kind: &'static str,
    /// As it is named in the file; empty for a new one.
    name: String,
    hash: String,
    fields: Vec<Field>,
    problem: Option<String>,
}

struct Field {
    key: &'static str,
    label: &'static str,
    value: String,
    flag: Option<bool>,
}

async fn settings(State(desk): State<Desk>, admin: Admin, uri: Uri) -> Response {
    let file = match File::read(&desk.service.config) {
        Ok(file) => file,
        Err(error) => return no_file(&desk, &admin, &error),
    };
    let text = Masked::new(&file.text, &file.path).text;
    let page = editor(&desk, &admin, &file, text, desk.control.refused());
    show(&Settings { top: page.top.done(&uri), ..page })
}

fn editor(desk: &Desk, admin: &Admin, file: &File, text: String, problem: Option<String>) -> Settings {
    let config = &desk.service.config;
    let mut top = Top::new(desk, admin, "Settings");
    // It is said below, with every mistake.
    top.refused = false;
    Settings {
        top,
        path: file.path.display().to_string(),
        text,
        hash: file.hash(),
        problem,
        versions: config::versions(&file.path).into_iter().map(|version| version.id).collect(),
        sources: config.sources.iter().map(|source| source.name.clone()).collect(),
        editions: config.editions.iter().map(|edition| edition.name.clone()).collect(),
    }
}

fn no_file(desk: &Desk, admin: &Admin, error: &ConfigError) -> Response {
    super::told(desk, admin, "Settings", &format!("There is nothing to edit: failed to {error}."))
}

/// The file as it is now, if it is the one that the form was made from.
fn unchanged(desk: &Desk, admin: &Admin, fields: &Fields) -> Result<File, Box<Response>> {
    let file = File::read(&desk.service.config).map_err(|error| Box::new(no_file(desk, admin, &error)))?;
    if file.hash() == fields.get("hash") {
        return Ok(file);
    }
    let text = "The file was changed by someone else since you read it, and is left as it is. Go back and copy what \
                you wrote, then load the page again.";
    let mut response = super::told(desk, admin, "Not saved", text);
    *response.status_mut() = StatusCode::CONFLICT;
    Err(Box::new(response))
}

/// The whole text was edited.
async fn whole(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let file = match unchanged(&desk, &admin, &fields) {
        Ok(file) => file,
        Err(response) => return *response,
    };
    let text = fields.text("text");
    match review(&desk, &admin, &file, &text) {
        Ok(response) => response,
        Err(problem) => {
            let mut response = show(&editor(&desk, &admin, &file, text, Some(problem)));
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            response
        }
    }
}

/// Shows what a new text would change.
fn review(desk: &Desk, admin: &Admin, file: &File, text: &str) -> Result<Response, String> {
    let draft =
        Masked::new(&file.text, &file.path).draft(text, &file.text, &file.path).map_err(|error| words(&error))?;
    let (before, after) = draft.shown();
    let lines = lines(&before, &after);
    if draft.is_idle() {
        return Err("Nothing is different.".to_owned());
    }
    let draft = keep(desk, admin, draft)?;
    let mut top = Top::new(desk, admin, "What changes");
    top.refused = false;
    Ok(show(&Review { top, lines, draft }))
}

fn keep(desk: &Desk, admin: &Admin, draft: config::Draft) -> Result<String, String> {
    let id = secrets::token().map_err(|error| error.to_string())?;
    desk.control.keep_draft(&admin.name, &id, draft);
    Ok(id)
}

/// Every mistake with its line, its column and what to write instead, as `daybrief check` has it.
fn words(error: &EditError) -> String {
    match error {
        EditError::Config(error) => error.render(false),
        other => format!("failed to {other}"),
    }
}

fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(CONTEXT_LINES).iter().enumerate() {
        if index > 0 {
            lines.push(Line { class: "", sign: "", text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (class, sign) = match change.tag() {
                ChangeTag::Delete => ("gone", "- "),
                ChangeTag::Insert => ("add", "+ "),
                ChangeTag::Equal => ("", "  "),
            };
            lines.push(Line { class, sign, text: change.value().trim_end_matches('\n').to_owned() });
        }
    }
    lines
}

async fn save(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let Some(draft) = desk.control.take_draft(&admin.name, fields.get("draft")) else {
        return super::told(&desk, &admin, "Not saved", "This change was saved before, or is too old. Make it again.");
    };
    if let Err(error) = draft.save(desk.service.clock.now()) {
        let mut response = super::told(&desk, &admin, "Not saved", &words(&error));
        if matches!(error, EditError::Changed) {
            *response.status_mut() = StatusCode::CONFLICT;
        }
        return response;
    }
    desk.control.look.notify_one();
    let (before, after) = draft.shown();
    let changed = |class: &str| {
        let lines = lines(&before, &after);
        let lines: Vec<String> = lines.into_iter().filter(|line| line.class == class).map(|line| line.text).collect();
        lines.join("\n")
    };
    let (gone, added) = (changed("gone"), changed("add"));
    match super::record(&desk, &admin.name, "change the configuration", "daybrief.toml", Some(&gone), Some(&added))
        .await
    {
        Ok(()) => see("/admin/settings?done=saved"),
        Err(error) => trouble(&error),
    }
}

/// An earlier version, to be looked at and saved like any other change.
async fn rollback(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let file = match unchanged(&desk, &admin, &fields) {
        Ok(file) => file,
        Err(response) => return *response,
    };
    let Some(text) = config::version(&file.path, fields.get("version")) else { return super::missing() };
    // Its own secrets are its own.
    let draft = Masked::new(&text, &file.path);
    let drafted = draft.draft(&draft.text, &file.text, &file.path).map_err(|error| words(&error)).and_then(|draft| {
        let (before, after) = draft.shown();
        Ok((lines(&before, &after), keep(&desk, &admin, draft)?))
    });
    match drafted {
        Ok((lines, draft)) => {
            let mut top = Top::new(&desk, &admin, "Back to an earlier version");
            top.refused = false;
            show(&Review { top, lines, draft })
        }
        Err(problem) => super::told(&desk, &admin, "Not saved", &problem),
    }
}

#[derive(Deserialize)]
struct Which {
    kind: String,
    #[serde(default)]
    name: String,
}

/// Key, label, and what it is in the file.
type Known = (&'static str, &'static str, Sort);

fn entries(kind: &str) -> Option<(Entries, &'static str, &'static [Known])> {
    match kind {
        "source" => Some((Entries::Sources, "source", &SOURCE_FIELDS)),
        "edition" => Some((Entries::Editions, "edition", &EDITION_FIELDS)),
        _ => None,
    }
}

/// What a field of a form becomes in the file.
#[derive(Clone, Copy)]
enum Sort {
    Text,
    Number,
    Texts,
    /// On without a word.
    On,
}

const SOURCE_FIELDS: [Known; 8] = [
    ("name", "Name", Sort::Text),
    ("url", "Address of a feed or page", Sort::Text),
    ("path", "or a file or folder", Sort::Text),
    ("kind", "Kind: auto, feed, page, text", Sort::Text),
    ("outlet", "Outlet, as readers know it", Sort::Text),
    ("category", "Category", Sort::Text),
    ("enabled", "Read it", Sort::On),
    ("full_text", "Fetch the pages that it links to", Sort::On),
];
const EDITION_FIELDS: [Known; 12] = [
    ("name", "Name: lower-case letters, digits, hyphens", Sort::Text),
    ("title", "Title", Sort::Text),
    ("cron", "When: minute, hour, day, month, weekday", Sort::Text),
    ("zone", "Time zone", Sort::Text),
    ("window", "Looks back", Sort::Text),
    ("catch_up", "Is made up for within", Sort::Text),
    ("sections", "Sections, in this order", Sort::Texts),
    ("claimants", "Claimants, whose count heads first", Sort::Texts),
    ("people_min", "Least people harmed", Sort::Number),
    ("origins_min", "Least independent origins", Sort::Number),
    ("reading_minutes", "Minutes to read at most", Sort::Number),
    ("empty", "With nothing new: note or skip", Sort::Text),
];

async fn entry(State(desk): State<Desk>, admin: Admin, Query(which): Query<Which>) -> Response {
    let Some((list, kind, known)) = entries(&which.kind) else { return super::missing() };
    let file = match File::read(&desk.service.config) {
        Ok(file) => file,
        Err(error) => return no_file(&desk, &admin, &error),
    };
    let text = Masked::new(&file.text, &file.path).text;
    let said = if which.name.is_empty() { Some(Vec::new()) } else { list.fields(&text, &which.name) };
    // The edition there is when the file has none is written down by its first change.
    let unwritten = || (kind == "edition").then(|| desk.service.config.edition(&which.name)).flatten();
    let (said, name) = match (said, unwritten()) {
        (Some(said), _) => (said, which.name),
        (None, Some(edition)) => (vec![("name".to_owned(), edition.name.clone())], String::new()),
        (None, None) => return super::missing(),
    };
    let value = |key: &str| said.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
    let fields = known.iter().map(|(key, label, sort)| Field {
        key,
        label,
        value: value(key).unwrap_or_default(),
        flag: matches!(sort, Sort::On).then(|| value(key).as_deref() != Some("false")),
    });
    let fields = fields.collect();
    entry_page(&desk, &admin, kind, &name, file.hash(), fields, None)
}

fn entry_page(
    desk: &Desk,
    admin: &Admin,
    kind: &'static str,
    name: &str,
    hash: String,
    fields: Vec<Field>,
    problem: Option<String>,
) -> Response {
    let title = if name.is_empty() { format!("A new {kind}") } else { format!("The {kind} {name}") };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let entry = Entry { top: Top::new(desk, admin, &title), kind, name: name.to_owned(), hash, fields, problem };
    (status, show(&entry)).into_response()
}

async fn change_entry(State(desk): State<Desk>, Posted { admin, fields }: Posted) -> Response {
    let Some((list, kind, known)) = entries(fields.get("kind-of-entry")) else { return super::missing() };
    let file = match unchanged(&desk, &admin, &fields) {
        Ok(file) => file,
        Err(response) => return *response,
    };
    let (name, text) = (fields.get("entry"), Masked::new(&file.text, &file.path).text);
    let said = if name.is_empty() { Vec::new() } else { list.fields(&text, name).unwrap_or_default() };
    let is_said = |key: &str| said.iter().any(|(known, _)| known == key);
    let text = match fields.get("do") {
        "remove" => list.removed(&text, name),
        "enable" => list.changed(&text, name, &[("enabled", Set::Nothing)]),
        "disable" => list.changed(&text, name, &[("enabled", Set::Flag(false))]),
        _ => {
            let sets: Vec<(&str, Set)> =
                known.iter().map(|(key, _, sort)| (*key, set(*sort, fields.get(key), is_said(key)))).collect();
            if name.is_empty() { Ok(list.added(&text, &sets)) } else { list.changed(&text, name, &sets) }
        }
    };
    let problem = match text.map_err(|error| words(&error)).and_then(|text| review(&desk, &admin, &file, &text)) {
        Ok(response) => return response,
        Err(problem) => problem,
    };
    let shown = known.iter().map(|(key, label, sort)| Field {
        key,
        label,
        value: fields.get(key).to_owned(),
        flag: matches!(sort, Sort::On).then(|| fields.get(key) == "on"),
    });
    let shown = shown.collect();
    entry_page(&desk, &admin, kind, name, file.hash(), shown, Some(problem))
}

/// What is written in a field, as the file has it. What is no number goes in as a text, so that the reader of the file says
/// what to write instead.
fn set(sort: Sort, text: &str, is_said: bool) -> Set {
    match (sort, text) {
        (Sort::On, "on") if !is_said => Set::Nothing,
        (Sort::On, text) => Set::Flag(text == "on"),
        (_, "") => Set::Nothing,
        (Sort::Text, text) => Set::Text(text.to_owned()),
        (Sort::Number, text) => text.parse().map_or_else(|_| Set::Text(text.to_owned()), Set::Number),
        (Sort::Texts, text) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Set::Texts(parts.map(str::to_owned).collect())
        }
    }
}
