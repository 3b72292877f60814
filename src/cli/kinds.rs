//! `kinds`: which kinds of development are read, whether their files are good, and what one finds in an article.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::reading::bytes_of;
use super::{KindsVerb, Status, Terminal};
use crate::config::Config;
use crate::news::article::{self, Article};
use crate::news::extract;
use crate::news::kinds::pattern::{self, Kinds, Mistake};
use crate::news::reading::pieces::Pieces;
use crate::service::kinds::{file, files_in, load};

pub async fn kinds(verb: KindsVerb, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    match verb {
        KindsVerb::List { dir, json } => {
            let dir = if dir.is_some() { dir } else { Config::load(config)?.kinds };
            list(dir.as_deref(), json, terminal)
        }
        KindsVerb::Check { files, json } => check(&files, json, terminal),
        KindsVerb::Show { name } => show(&name, terminal),
        KindsVerb::Try { file, article, json } => {
            let article = article_of(&article, config).await?;
            try_on(&file, &article, json, terminal)
        }
    }
}

/// The kinds in force: the shipped ones, and over them those of `dir`.
fn list(dir: Option<&Path>, json: bool, terminal: Terminal) -> anyhow::Result<Status> {
    let (kinds, mistakes) = load(dir)?;
    if json {
        let rows: Vec<_> = kinds
            .iter()
            .map(|kind| {
                let fields: serde_json::Map<_, _> =
                    kind.fields().map(|(name, slot_type)| (name.to_owned(), json!(slot_type))).collect();
                let (examples, counterexamples) = kind.examples();
                json!({
                    "name": kind.name,
                    "title": kind.title,
                    "description": kind.description,
                    "fields": fields,
                    "patterns": kind.patterns(),
                    "examples": examples,
                    "counterexamples": counterexamples,
                })
            })
            .collect();
        terminal.print(&serde_json::to_string_pretty(&json!({ "kinds": rows, "mistakes": mistakes }))?)?;
    } else {
        for kind in kinds.iter() {
            let fields: Vec<&str> = kind.fields().map(|(name, _)| name).collect();
            terminal.print(&format!("{}\t{}\t{}", kind.name, kind.title, fields.join(", ")))?;
        }
        report(&mistakes, terminal);
    }
    Ok(if mistakes.is_empty() { Status::Done } else { Status::Attention })
}

/// Files, and the TOML files in folders, with every mistake in them.
fn check(paths: &[PathBuf], json: bool, terminal: Terminal) -> anyhow::Result<Status> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { files.extend(files_in(path)?) } else { files.push(file(path)?) }
    }
    if paths.is_empty() {
        files.extend(pattern::shipped().map(|(name, source)| (name.to_owned(), source.to_owned())));
    }
    let mistakes: Vec<Mistake> = files.iter().flat_map(|(name, source)| pattern::check(name, source)).collect();
    if json {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        terminal.print(&serde_json::to_string_pretty(&json!({ "files": names, "mistakes": mistakes }))?)?;
    } else if mistakes.is_empty() {
        terminal.print(&format!("{} files, no mistakes; every example holds", files.len()))?;
    }
    if !json {
        report(&mistakes, terminal);
    }
    Ok(if mistakes.is_empty() { Status::Done } else { Status::Usage })
}

/// The text of a shipped kind, to start one's own from.
fn show(name: &str, terminal: Terminal) -> anyhow::Result<Status> {
    let names = || pattern::shipped().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    let (_, source) = pattern::shipped()
        .find(|(known, _)| *known == name)
        .with_context(|| format!("failed to find a shipped kind {name:?}; there are {}", names()))?;
    terminal.print(source)?;
    Ok(Status::Done)
}

/// What the kind of one file finds in an article.
fn try_on(path: &Path, article: &Article, json: bool, terminal: Terminal) -> anyhow::Result<Status> {
    let (name, source) = match pattern::shipped().find(|(name, _)| Path::new(name) == path && !path.exists()) {
        Some((name, source)) => (name.to_owned(), source.to_owned()),
        None => file(path)?,
    };
    // Examples that fail do not keep it from being tried: that is what trying is for.
    let (kinds, mistakes) = Kinds::load([(name.as_str(), source.as_str())]);
    if !mistakes.is_empty() {
        if json {
            terminal.print(&serde_json::to_string_pretty(&json!({ "developments": [], "mistakes": mistakes }))?)?;
        } else {
            report(&mistakes, terminal);
        }
        return Ok(Status::Usage);
    }
    let pieces = Pieces::of(article);
    let claims = pattern::read(&kinds, &pieces);
    let failing = pattern::check(&name, &source);
    if json {
        let developments: Vec<_> = claims.iter().map(|claim| extract::to_json(claim, &article.text)).collect();
        terminal
            .print(&serde_json::to_string_pretty(&json!({ "developments": developments, "mistakes": failing }))?)?;
        return Ok(Status::Done);
    }
    for claim in &claims {
        for (name, value) in pattern::shown(claim) {
            terminal.print(&format!("{name}: {value}"))?;
        }
        let quote = claim.evidence.first().and_then(|span| span.slice(&article.text)).unwrap_or_default();
        terminal.print(&format!("  “{quote}”\n"))?;
    }
    let sentences = pieces.text.sentences.len();
    terminal.note(&format!("{} found in {sentences} sentences", claims.len()));
    report(&failing, terminal);
    Ok(Status::Done)
}

pub(super) fn report(mistakes: &[Mistake], terminal: Terminal) {
    for mistake in mistakes {
        terminal.note(&mistake.to_string());
    }
}

/// An article from a page, or from plain text.
async fn article_of(input: &str, config: Option<&Path>) -> anyhow::Result<Article> {
    let config = Config::load(config)?;
    let (bytes, url, content_type) =
        bytes_of(input, &config).await.with_context(|| format!("failed to read {input}"))?;
    Ok(article::read(&bytes, url.as_deref(), content_type.as_deref()).into_article()?)
}
