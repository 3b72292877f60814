//! The extractor against labelled articles, line by line as the files of `daybrief eval` have them.

use std::collections::HashMap;
use std::sync::OnceLock;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::news::eval::{self, Labels, Miss, Reading, Scores};
use crate::news::extract;
use crate::news::kinds::pattern::Kinds;

pub type Scored = anyhow::Result<(Scores, Vec<Miss>)>;

/// Labels, and often the article too.
#[derive(Deserialize)]
struct GoldLine {
    #[serde(flatten)]
    labels: Labels,
    #[serde(flatten)]
    text: ArticleText,
}

/// What of an article's line the scoring looks at; the extractor reads the rest itself.
#[derive(Deserialize)]
struct ArticleText {
    title: Option<String>,
    text: Option<String>,
}

/// Extracts from a line as `extract --jsonl` does, and scores what it answers.
pub fn scored(labels: &Labels, line: &str) -> Scored {
    let article: ArticleText = serde_json::from_str(line).context("read it as an article")?;
    let answer: Value = serde_json::from_str(&extract::answer(line, None, Kinds::standard()))?;
    if let Some(error) = answer.get("error").and_then(Value::as_str) {
        anyhow::bail!("{error}");
    }
    let developments = answer.get("developments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (text, title) = (article.text.unwrap_or_default(), article.title.unwrap_or_default());
    Ok(eval::score(labels, &text, &title, Some(&Reading::of(developments)?)))
}

/// Scores a line that holds labels and the article; `None` when it holds labels alone.
pub fn scored_line(line: &str) -> anyhow::Result<Option<(Scores, Vec<Miss>)>> {
    let gold: GoldLine = serde_json::from_str(line).context("read it as labels")?;
    if gold.text.text.is_none() {
        return Ok(None);
    }
    scored(&gold.labels, line).map(Some)
}

/// How well this very program reads the articles that it is tested with: they are compiled in, so that the figures are those
/// of what runs and not of some other version. Worked out once.
pub fn of_corpus() -> anyhow::Result<Scores> {
    static SCORES: OnceLock<Scores> = OnceLock::new();
    if let Some(scores) = SCORES.get() {
        return Ok(scores.clone());
    }
    let (gold, articles) =
        (include_str!("../../tests/corpus/gold.jsonl"), include_str!("../../tests/corpus/articles.jsonl"));
    let mut lines = HashMap::new();
    for line in articles.lines() {
        let id: Value = serde_json::from_str(line).context("read an article of the corpus")?;
        lines.insert(id["id"].as_str().unwrap_or_default().to_owned(), line);
    }
    let mut all = Scores::default();
    for line in gold.lines() {
        let labels: Labels = serde_json::from_str(line).context("read a label of the corpus")?;
        let (scores, _) = scored(&labels, lines.get(&labels.id).copied().context("find the article of a label")?)?;
        all += scores;
    }
    Ok(SCORES.get_or_init(|| all).clone())
}
