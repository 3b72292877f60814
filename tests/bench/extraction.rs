//! What extraction costs, as ratios of things measured in one run on the same text: `cargo bench --bench extraction [FILE]`.
//!
//! FILE holds articles as `extract --jsonl` reads them; without it the articles of `tests/corpus` are read. The ratios:
//! extraction to `sentencex` splitting the same text, and one article of ten megabytes to one of one megabyte, which
//! shows linear time where it is ten.

use std::hint::black_box;
use std::time::{Duration, Instant};

use daybrief::news::article::{Article, Published};
use daybrief::news::extract::extract;

/// Each figure is the best of so many runs, since other work on the machine only adds.
const RUNS: usize = 7;
/// A long run is measured this often.
const LONG_RUNS: usize = 2;
const MEGABYTE_BYTES: usize = 1_000_000;

fn main() {
    // `cargo bench` passes `--bench` along.
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = given.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/articles.jsonl").to_owned());
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("failed to read {path}: {error}"));
    let articles: Vec<Article> = lines.lines().map(article).collect();
    let bytes: usize = articles.iter().map(|article| article.text.len()).sum();
    println!("{path}: {} articles, {bytes} bytes", articles.len());

    let splitting = best(RUNS, || {
        for article in &articles {
            black_box(sentencex::get_sentence_boundaries("en", black_box(&article.text)));
        }
    });
    let extraction = best(RUNS, || {
        for article in &articles {
            black_box(extract(black_box(article)));
        }
    });
    ratio("extraction / splitting into sentences", extraction, splitting);

    let all: String = articles.iter().map(|article| format!("{}\n\n", article.text)).collect();
    let one = long(&all, MEGABYTE_BYTES);
    let ten = long(&all, 10 * MEGABYTE_BYTES);
    let [one, ten] = [one, ten].map(|article| best(LONG_RUNS, || drop(black_box(extract(&article)))));
    ratio("one article of 10 MB / one of 1 MB", ten, one);
}

fn article(line: &str) -> Article {
    let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
    let string = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let published = string("published").parse().ok().map(Published::On);
    Article { id: string("id"), title: string("title"), text: string("text"), published, ..Article::default() }
}

/// One article of about `bytes`, from the text again and again.
fn long(text: &str, bytes: usize) -> Article {
    Article { text: text.repeat(bytes / text.len().max(1) + 1), ..Article::default() }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the clock")]
fn best(runs: usize, mut work: impl FnMut()) -> Duration {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn ratio(name: &str, part: Duration, whole: Duration) {
    println!("{name}: {:.2} ({part:.1?} / {whole:.1?})", part.as_secs_f64() / whole.as_secs_f64());
}
