//! `extract` and `read`: what the reader makes of one text, without a store.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use jiff::civil;
use serde_json::json;

use super::run::{fetcher, source_of};
use super::terminal::Misuse;
use super::{ExtractArgs, ReadArgs, Status, Terminal};
use crate::config::{Config, Location};
use crate::news::article::{self, Article, Published};
use crate::news::extract;
use crate::service::fetch::{Fetched, Request};

/// Bytes of one line of `--jsonl`: a line is one article, and an article of 10 MB is still read.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Lines that are extracted side by side before they are written out, in order.
const LINES_AT_ONCE: usize = 64;

pub async fn extract(args: &ExtractArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let published = args.published.as_deref().map(day).transpose()?;
    if args.jsonl {
        for input in &args.inputs {
            jsonl(input).with_context(|| format!("read {input}"))?;
        }
        return Ok(Status::Done);
    }
    let config = Config::load(config)?;
    let mut answers = Vec::new();
    let mut status = Status::Done;
    for input in &args.inputs {
        match article_of(input, &config).await {
            Ok(mut article) => {
                article.published = article.published.or(published.map(Published::On));
                // The spans point into the text that the reader took, so it goes along.
                let mut answer = extract::answer_of(json!(input), &article, &extract::extract(&article));
                answer["text"] = json!(article.text);
                answers.push(answer);
            }
            Err(error) => status = terminal.fail(&error.context(format!("failed to read {input}"))),
        }
    }
    if args.json {
        terminal.print(&serde_json::to_string_pretty(&json!({ "articles": answers }))?)?;
    } else {
        for answer in &answers {
            terminal.print(&serde_json::to_string_pretty(answer)?)?;
        }
    }
    Ok(status)
}

fn day(text: &str) -> anyhow::Result<civil::Date> {
    text.parse().map_err(|_| Misuse(format!("--published {text}: write a date such as 2031-03-05")).into())
}

/// Answers one file of JSON lines on standard output.
fn jsonl(input: &str) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    each_line(input, |line| extract::answer(line.trim_end()), |answer| Ok(writeln!(out, "{answer}")?))?;
    Ok(out.flush()?)
}

/// Streams one file (or `-`) of lines, a batch at a time over all cores: `work` on each line, then `done` in the order of the input.
pub(super) fn each_line<T: Send>(
    input: &str,
    work: impl Fn(&str) -> T + Sync,
    mut done: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let reader: Box<dyn Read> =
        if input == "-" { Box::new(io::stdin()) } else { Box::new(std::fs::File::open(input)?) };
    let mut reader = io::BufReader::new(reader);
    loop {
        let mut lines = Vec::new();
        while lines.len() < LINES_AT_ONCE {
            let mut line = Vec::new();
            if (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(());
        }
        for result in side_by_side(&lines, &work) {
            done(result)?;
        }
    }
}

/// One result for each line, worked out on all cores: the next free one takes the next line, since lengths differ much.
fn side_by_side<T: Send>(lines: &[Vec<u8>], work: &(impl Fn(&str) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = || {
        let mut done = Vec::new();
        while let Some((index, line)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, lines.get(i)?)))
        {
            done.push((index, work(&String::from_utf8_lossy(line))));
        }
        done
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The article that a path, an address or standard input holds.
async fn article_of(input: &str, config: &Config) -> anyhow::Result<Article> {
    let (bytes, url, content_type) = bytes_of(input, config).await?;
    Ok(article::read(&bytes, url.as_deref(), content_type.as_deref()).into_article()?)
}

type Bytes = (Vec<u8>, Option<String>, Option<String>);

/// What a path, an address or standard input holds, with its address and type where it has them.
pub async fn bytes_of(input: &str, config: &Config) -> anyhow::Result<Bytes> {
    match source_of(input)?.location {
        Location::Stdin => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes)?;
            Ok((bytes, None, None))
        }
        Location::Bundled(bytes) => Ok((bytes.to_vec(), None, None)),
        Location::Path(path) => Ok((std::fs::read(path)?, None, None)),
        Location::Url(url) => match fetcher(config)?.fetch(&Request::page(url)).await? {
            Fetched::Document(document) => Ok((document.body, Some(document.url.to_string()), document.content_type)),
            Fetched::Unchanged(_) => anyhow::bail!("the server says \"not modified\" to a first request"),
        },
    }
}

pub async fn read(args: &ReadArgs, config: Option<&Path>, terminal: Terminal) -> anyhow::Result<Status> {
    let config = Config::load(config)?;
    let mut status = Status::Done;
    for input in &args.inputs {
        let page = match bytes_of(input, &config).await {
            Ok((bytes, url, content_type)) => {
                article::read(&bytes, args.url.as_deref().or(url.as_deref()), content_type.as_deref())
            }
            Err(error) => {
                status = terminal.fail(&error.context(format!("failed to read {input}")));
                continue;
            }
        };
        if args.json {
            let mut line = json!({ "source": input, "ok": page.is_ok() });
            if let (Some(line), serde_json::Value::Object(fields)) =
                (line.as_object_mut(), serde_json::to_value(&page)?)
            {
                line.extend(fields);
            }
            terminal.print(&line.to_string())?;
            continue;
        }
        if let Some(error) = &page.error {
            status = terminal.fail(&anyhow::anyhow!("failed to {error} ({input})"));
            continue;
        }
        let published = page.published.as_ref().map(crate::news::wording::published);
        let facts = [
            ("Title", Some(page.title.as_str())),
            ("By", page.byline.as_deref()),
            ("Site", page.site.as_deref()),
            ("Published", published.as_deref()),
            ("Language", page.language.as_deref()),
            ("Address", page.canonical.as_deref()),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                terminal.print(&format!("{name}: {value}"))?;
            }
        }
        terminal.print(&format!("\n{}\n", page.text))?;
    }
    Ok(status)
}
