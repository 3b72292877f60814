//! `extract`: what the extractor makes of articles, without a store.

use std::ffi::OsStr;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use jiff::civil;
use serde_json::json;

use super::kinds::report;
use super::reading::bytes_of;
use super::run::source_of;
use super::terminal::{Misuse, as_far_as_read};
use super::{ExtractArgs, Status, Terminal};
use crate::config::{Config, Location};
use crate::news::article::{self, Article, Published};
use crate::news::extract;
use crate::news::kinds::pattern::Kinds;
use crate::service::kinds;

/// Bytes of one line of `--jsonl`: a line is one article, and an article of 10 MB is still read.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Lines that are extracted side by side before they are written out, in order.
const LINES_AT_ONCE: usize = 64;

pub async fn extract(args: &ExtractArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let published = args.published.as_deref().map(day).transpose()?;
    let config = Config::load(config)?;
    let (kinds, mistakes) = kinds::load(config.kinds.as_deref())?;
    report(&mistakes, terminal);
    if args.jsonl {
        for input in &args.inputs {
            as_far_as_read(jsonl(input, published, &kinds))
                .with_context(|| format!("failed to read {}", input.to_string_lossy()))?;
        }
        return Ok(Status::Done);
    }
    let mut answers = Vec::new();
    let mut failures = 0;
    for input in &args.inputs {
        let name = input.to_string_lossy();
        match article_of(input, &config).await {
            Ok(mut article) => {
                article.published = article.published.or(published.map(Published::On));
                // The spans point into the text that the reader took, so it goes along.
                let mut answer = extract::answer_of(json!(name), &article, &extract::extract_with(&article, &kinds));
                answer["text"] = json!(article.text);
                answers.push(answer);
            }
            Err(error) => {
                failures += 1;
                terminal.fail(&error.context(format!("failed to read {name}")));
            }
        }
    }
    if args.json {
        terminal.print(&serde_json::to_string_pretty(&json!({ "articles": answers }))?)?;
    } else {
        for answer in &answers {
            terminal.print(&serde_json::to_string_pretty(answer)?)?;
        }
    }
    Ok(Status::of_many(args.inputs.len(), failures))
}

fn day(text: &str) -> anyhow::Result<civil::Date> {
    text.parse().map_err(|_| Misuse(format!("--published {text}: write a date such as 2031-03-05")).into())
}

/// Answers one file of JSON lines, in its order.
fn jsonl(input: &OsStr, published: Option<civil::Date>, kinds: &Kinds) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let work = |line: &str| extract::answer(line.trim_end(), published, kinds);
    each_line(input, work, |answer| Ok(writeln!(out, "{answer}")?))?;
    Ok(out.flush()?)
}

/// Streams one file of JSON lines, a batch at a time over all cores; `done` gets the results in the order of the input.
pub(super) fn each_line<T: Send>(
    input: impl AsRef<OsStr>,
    work: impl Fn(&str) -> T + Sync,
    mut done: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let reader: Box<dyn Read> = match source_of(input)?.location {
        Location::Stdin => Box::new(io::stdin()),
        Location::Path(path) => Box::new(std::fs::File::open(path)?),
        _ => {
            let why = "JSON lines are read from files and standard input; fetch an address with `daybrief extract URL`";
            return Err(Misuse(why.to_owned()).into());
        }
    };
    let mut reader = io::BufReader::new(reader);
    loop {
        let mut lines = Vec::new();
        while lines.len() < LINES_AT_ONCE {
            match line(&mut reader)? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        for result in side_by_side(&lines, &work) {
            done(result)?;
        }
    }
}

/// The next line without its end; of one that is too long, its start, which is no JSON and is answered with an error.
fn line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop_if(|last| *last == b'\n').is_none() {
        reader.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

/// One result for each line, worked out on all cores: the next free one takes the next line, since lengths differ much.
fn side_by_side<T: Send>(lines: &[Vec<u8>], work: &(impl Fn(&str) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(line) = lines.get(index) else { return done };
            done.push((index, work(&String::from_utf8_lossy(line))));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let finished = |worker: std::thread::ScopedJoinHandle<'_, Vec<(usize, T)>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(finished).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The article that a path, an address or standard input holds.
async fn article_of(input: &OsStr, config: &Config) -> anyhow::Result<Article> {
    let (bytes, url, content_type) = bytes_of(input, config).await?;
    Ok(article::read(&bytes, url.as_deref(), content_type.as_deref()).into_article()?)
}
