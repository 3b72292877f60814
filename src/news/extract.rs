//! (&Article) → claims: the one entrance to extraction.

use jiff::civil;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::article::{self, Article, Published};
use super::kinds::pattern::{self, Development, Kinds};
use super::kinds::{munitions, talks, toll};
use super::reading::article::Reading;
use super::reading::pieces::Pieces;

use super::kinds::{Munitions, Talks, Toll};
use super::text::Span;
use super::value::Place;
pub use super::value::date::DateSpan;

/// How the article puts a claim. The words are those of the contract's `stance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    #[default]
    Reported,
    /// By an interested party, unverified.
    Claimed,
    Denied,
    Alleged,
    Planned,
}

/// One thing that one article says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    #[serde(flatten)]
    pub what: What,
    /// False for background and history.
    pub current: bool,
    pub stance: Stance,
    /// Who counted or said it, as the article names them; `source` in the contract's JSON.
    #[serde(rename = "source")]
    pub claimant: Option<String>,
    pub place: Option<Place>,
    pub date: Option<DateSpan>,
    /// The sentences or clauses that carry it: spans of the article's text, never empty.
    pub evidence: Vec<Span>,
}

/// The typed content of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    Toll(Toll),
    Munitions(Munitions),
    Talks(Talks),
    /// A kind that a file defines; its name stands in `kind` as those of the others do.
    #[serde(untagged)]
    Developed(Development),
}

/// What the extractor made of one article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extraction {
    pub claims: Vec<Claim>,
    /// Things a person should know about this reading: skipped language, a limit reached.
    pub diagnostics: Vec<String>,
}

/// Reads what an article claims, with the shipped kinds. Total: any text gives an extraction, and what was not read is
/// told in its diagnostics.
pub fn extract(article: &Article) -> Extraction {
    extract_with(article, Kinds::standard())
}

/// The same with these kinds beside the built-in ones.
pub fn extract_with(article: &Article, kinds: &Kinds) -> Extraction {
    if !reads(article) {
        let language = article.language.as_deref().unwrap_or_default();
        let why = format!("not read: the article is in {language}, and only English is read");
        return Extraction { claims: Vec::new(), diagnostics: vec![why] };
    }
    let pieces = Pieces::of(article);
    // Most sentences tell of no harm and of no weapon: they are only looked at, not read.
    let telling = pieces.tags.telling(&pieces.text);
    let mut claims = Vec::new();
    if !telling.is_empty() {
        claims = harm(&pieces, telling);
    }
    claims.extend(talks::read(&pieces));
    claims.extend(pattern::read(kinds, &pieces));
    Extraction { claims, diagnostics: Vec::new() }
}

/// The tolls, and then the munitions, of the sentences that tell of them.
fn harm(pieces: &Pieces, telling: Vec<usize>) -> Vec<Claim> {
    let mut reading = Reading::new(pieces, &telling);
    reading.learn_names(&telling);
    let mut tolls = Vec::new();
    let mut others = Vec::new();
    for index in telling {
        let read = reading.sentence(index);
        tolls.extend(toll::read(&mut reading, &read));
        others.extend(munitions::read(&mut reading, &read));
        reading.told(&read);
    }
    let mut claims = toll::merge(tolls);
    claims.extend(munitions::merge(others));
    claims
}

/// Whether the article is in a language that is read. One that does not say is taken at its words.
pub fn reads(article: &Article) -> bool {
    article.language.as_deref().is_none_or(is_english)
}

fn is_english(language: &str) -> bool {
    language
        .split(['-', '_'])
        .next()
        .is_some_and(|language| language.eq_ignore_ascii_case("en") || language.eq_ignore_ascii_case("eng"))
}

/// A claim as the contract's JSON: evidence and next steps with their quotes, sliced from `text`.
pub fn to_json(claim: &Claim, text: &str) -> Value {
    let mut value = serde_json::to_value(claim).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        for name in ["evidence", "next"] {
            let spans = fields.get_mut(name).and_then(Value::as_array_mut);
            spans.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|span| quote(span, text));
        }
    }
    value
}

fn quote(span: &mut Map<String, Value>, text: &str) {
    let byte = |name| span.get(name).and_then(Value::as_u64).and_then(|byte| usize::try_from(byte).ok());
    let slice = byte("start").zip(byte("end")).and_then(|(start, end)| text.get(start..end));
    span.insert("quote".to_owned(), json!(slice.unwrap_or_default()));
}

/// One line of `extract --jsonl`.
#[derive(Debug, Deserialize)]
struct Line {
    id: Value,
    title: Option<String>,
    published: Option<String>,
    url: Option<String>,
    language: Option<String>,
    text: Option<String>,
    html: Option<String>,
}

/// One line of `extract --jsonl`, answered: the object of the contract without the line break. A line that cannot be
/// read is answered too, with an `error` and no developments.
///
/// `published` is the day of articles that do not give theirs; `kinds` are the kinds of development that are looked for.
pub fn answer(line: &str, published: Option<civil::Date>, kinds: &Kinds) -> String {
    let (id, result) = match serde_json::from_str::<Line>(line) {
        Ok(line) => (line.id.clone(), article(line, published)),
        Err(error) => {
            (id_of(line), Err(format!("not read: the line is no article ({error}); it needs an id and a text")))
        }
    };
    let answer = match result {
        Ok(Given { article, unread, from_html }) => {
            let mut extraction = extract_with(&article, kinds);
            extraction.diagnostics.extend(unread);
            let mut answer = answer_of(id, &article, &extraction);
            if from_html {
                // The spans point into the text that was taken from the page, so it goes along.
                answer["text"] = json!(article.text);
            }
            answer
        }
        Err(error) => json!({"id": id, "language": null, "developments": [], "diagnostics": [], "error": error}),
    };
    answer.to_string()
}

/// What was extracted from an article, as the object of the contract.
pub fn answer_of(id: Value, article: &Article, extraction: &Extraction) -> Value {
    let developments: Vec<Value> = extraction.claims.iter().map(|claim| to_json(claim, &article.text)).collect();
    json!({"id": id, "language": article.language, "developments": developments, "diagnostics": extraction.diagnostics})
}

fn id_of(line: &str) -> Value {
    serde_json::from_str::<Value>(line).ok().and_then(|value| value.get("id").cloned()).unwrap_or_default()
}

/// The article of a line, and what should be known of its reading.
/// A line's article, and what of the line was not read.
struct Given {
    article: Article,
    unread: Option<String>,
    from_html: bool,
}

fn article(line: Line, day: Option<civil::Date>) -> Result<Given, String> {
    let (page, from_html) = match (line.text, line.html) {
        (Some(text), _) => (Article { text, ..Article::default() }, false),
        (None, Some(html)) => {
            let page = article::read(html.as_bytes(), line.url.as_deref(), Some("text/html; charset=utf-8"));
            (page.into_article().map_err(|error| format!("not read: failed to {error}"))?, true)
        }
        (None, None) => return Err("not read: the line has neither text nor html".to_owned()),
    };
    let given = line.published.filter(|published| !published.is_empty());
    let published = given.as_deref().and_then(published_at);
    let unread = given.filter(|_| published.is_none()).map(|text| {
        format!("the day of publication {text:?} was not read, so weekdays are not dated; write 2025-03-25 or an RFC 3339 instant")
    });
    let declared = [line.language.as_deref(), page.language.as_deref()];
    let article = Article {
        id: line.id.as_str().map_or_else(|| line.id.to_string(), str::to_owned),
        url: line.url.or(page.url),
        title: line.title.unwrap_or(page.title),
        language: article::language_of(declared.into_iter().flatten(), &page.text),
        published: published.or(page.published).or(day.map(Published::On)),
        text: page.text,
        ..page
    };
    Ok(Given { article, unread, from_html })
}

fn published_at(text: &str) -> Option<Published> {
    text.parse().ok()
}
