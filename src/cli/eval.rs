//! `eval`: the extractor against labelled articles.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;

use super::extract::each_line;
use super::terminal::Misuse;
use super::{EvalArgs, Status, Terminal};
use crate::news::eval::{self, Floors, Labels, Miss, Scores};
use crate::service::eval::{Scored, scored, scored_line};

pub fn eval(args: &EvalArgs, terminal: Terminal) -> anyhow::Result<Status> {
    let floors = args.floors.as_deref().map(read_floors).transpose()?;
    let mut scores = Scores::default();
    let mut misses = Vec::new();
    let mut line_number = 0_usize;
    let mut take = |file: &str, scored: Scored| {
        line_number += 1;
        let (more, missed) = scored.with_context(|| format!("failed to score {file}, line {line_number}"))?;
        scores += more;
        if args.errors {
            misses.extend(missed);
        }
        Ok(())
    };
    if let Some(articles) = &args.articles {
        let gold = labels_of(&args.gold)?;
        let work = |line: &str| -> anyhow::Result<Option<(String, Scores, Vec<Miss>)>> {
            let line = line.trim();
            if line.is_empty() {
                return Ok(None);
            }
            let id: Id = serde_json::from_str(line).context("read it as an article")?;
            let Some(labels) = gold.get(&id.id) else { return Ok(None) };
            let (scores, misses) = scored(labels, line)?;
            Ok(Some((id.id, scores, misses)))
        };
        let mut answered = HashSet::new();
        each_line(articles, work, |done| {
            // An article that stands there twice counts once, as its first.
            let scored = done.map(|done| done.filter(|(id, ..)| answered.insert(id.clone())));
            take(articles, scored.map(|scored| scored.map(|(_, scores, misses)| (scores, misses)).unwrap_or_default()))
        })
        .with_context(|| format!("failed to read {articles}"))?;
        let mut unread: Vec<_> = gold.values().filter(|labels| !answered.contains(&labels.id)).collect();
        unread.sort_by(|a, b| a.id.cmp(&b.id));
        for labels in unread {
            terminal.note(&format!("no article {} in {articles}: all its labels count as missed", labels.id));
            take(articles, Ok(eval::score(labels, "", "", None)))?;
        }
    } else {
        let work = |line: &str| -> Scored {
            let line = line.trim();
            if line.is_empty() {
                return Ok(<(Scores, Vec<Miss>)>::default());
            }
            scored_line(line)?
                .ok_or_else(|| Misuse("its labels carry no text; name the file of ARTICLES too".to_owned()).into())
        };
        each_line(&args.gold, work, |done| take(&args.gold, done))
            .with_context(|| format!("failed to read {}", args.gold))?;
    }
    print(args, &scores, &misses, terminal)?;
    let undercut = floors.map(|floors| floors.undercut(&scores)).unwrap_or_default();
    for one in &undercut {
        let how = one.figure.map_or_else(
            || "there was nothing to judge".to_owned(),
            |figure| format!("{figure:.4} is {:.4} too low", one.floor - figure),
        );
        terminal.note(&format!("{} is below its floor of {:.4}: {how}", one.measure, one.floor));
    }
    Ok(if undercut.is_empty() { Status::Done } else { Status::Failed })
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// All labels by article: small beside the articles, which are streamed.
fn labels_of(path: &str) -> anyhow::Result<HashMap<String, Labels>> {
    let mut all = HashMap::new();
    let mut line_number = 0_usize;
    let read = |line: &str| (!line.trim().is_empty()).then(|| serde_json::from_str::<Labels>(line));
    each_line(path, read, |labels| {
        line_number += 1;
        if let Some(labels) = labels.transpose().with_context(|| format!("take line {line_number} for labels"))? {
            all.insert(labels.id.clone(), labels);
        }
        Ok(())
    })
    .with_context(|| format!("failed to read {path}"))?;
    Ok(all)
}

fn read_floors(path: &Path) -> anyhow::Result<Floors> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    Floors::parse(&text).map_err(|error| Misuse(format!("{}: failed to {error}", path.display())).into())
}

fn print(args: &EvalArgs, scores: &Scores, misses: &[Miss], terminal: Terminal) -> anyhow::Result<()> {
    if args.json {
        let mut all = scores.to_json();
        if args.errors {
            let told = |miss: &Miss| json!({ "id": miss.article, "what": miss.what, "value": miss.value, "quote": miss.quote });
            all["errors"] = misses.iter().map(told).collect();
        }
        return terminal.print(&serde_json::to_string_pretty(&all)?);
    }
    for Miss { article, what, value, quote } in misses {
        terminal.print(&format!("{article} | {what} | {value} | {quote}"))?;
    }
    terminal.print(&table(scores))
}

/// The figures for people to read.
fn table(scores: &Scores) -> String {
    let mut lines = vec![format!(
        "{:14} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}",
        "claims", "precision", "recall", "F1", "hits", "extra", "missed"
    )];
    for (name, tally) in scores.found() {
        let (p, r, f1) = (tally.precision(), tally.recall(), tally.f1());
        lines.push(format!(
            "{name:14} {p:>9.4} {r:>9.4} {f1:>9.4} {:>7} {:>7} {:>7}",
            tally.hits, tally.extra, tally.missed
        ));
    }
    lines.push(format!("\n{:14} {:>9} {:>9}", "fields", "accuracy", "of"));
    for (name, accuracy) in scores.right() {
        let share = accuracy.share().map_or_else(|| "-".to_owned(), |share| format!("{share:.4}"));
        lines.push(format!("{name:14} {share:>9} {:>9}", accuracy.of));
    }
    lines.push(format!("\n{} articles, {} of them without a text", scores.articles, scores.unanswered));
    lines.join("\n")
}
