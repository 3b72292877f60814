//! What reading pages costs beside parsing them: `cargo bench --bench pages -- FOLDER [THREADS]`.
//!
//! FOLDER holds `a/*/*.html` as `../shared/testbed/newsworld.py` writes them. Both figures are taken in turns on the same
//! pages by as many threads (all cores, unless given): html5ever into a tree, which is the least that any reader does, and
//! our whole reading. Beside the clock stands what the cores spent, which other work on the machine changes less.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use daybrief::news::article;

/// Each figure is the best of so many runs, since other work on the machine only adds.
const RUNS: usize = 3;

fn main() {
    let mut given = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let folder = given.next().unwrap_or_else(|| panic!("give the folder of a small world of news"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = given.next().map_or(cores, |threads| threads.parse().expect("a number of threads"));
    let mut pages = Vec::new();
    for outlet in children(&Path::new(&folder).join("a")) {
        pages.extend(children(&outlet).into_iter().map(|page| std::fs::read_to_string(page).expect("a page")));
    }
    let bytes: usize = pages.iter().map(String::len).sum();
    println!("{} pages, {} MB, {threads} threads", pages.len(), bytes / 1_000_000);
    let mut best = [(Duration::MAX, Duration::MAX); 2];
    for _ in 0..RUNS {
        let parsing = side_by_side(&pages, threads, |page| drop(black_box(dom_query::Document::from(page))));
        let reading = side_by_side(&pages, threads, |page| {
            drop(black_box(article::read(page.as_bytes(), Some("https://courier.example/"), Some("text/html"))));
        });
        for (best, (clock, cores)) in best.iter_mut().zip([parsing, reading]) {
            *best = (best.0.min(clock), best.1.min(cores));
        }
    }
    let [parsing, reading] = best.map(|(clock, cores)| (clock.as_secs_f64(), cores.as_secs_f64()));
    let each = |(_, cores): (f64, f64)| cores * 1_000.0 / pages.len() as f64;
    println!("html5ever: {:.2} s, {:.2} ms of a core a page", parsing.0, each(parsing));
    let (by_clock, by_cores) = (reading.0 / parsing.0, reading.1 / parsing.1);
    println!("reading:   {:.2} s, {:.2} ms of a core a page", reading.0, each(reading));
    println!("reading / html5ever: {by_clock:.2} by the clock, {by_cores:.2} by the cores");
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("failed to read {}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the clock")]
fn side_by_side(pages: &[String], threads: usize, work: impl Fn(&str) + Sync) -> (Duration, Duration) {
    let (next, started, spent) = (AtomicUsize::new(0), Instant::now(), spent());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(page);
                }
            });
        }
    });
    (started.elapsed(), self::spent() - spent)
}

/// What this process has had of the cores.
fn spent() -> Duration {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    // Behind the name: state, and ten more before the user's and the system's ticks.
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}
