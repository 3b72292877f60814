//! How fast messages leave, beside Postfix's own load generator, and in how much memory a million of them.
//!
//! ```console
//! cargo bench --bench delivery                      # 10,000 subscribers, 20 KB messages, 8 connections
//! cargo bench --bench delivery -- --million         # 1,000,000 subscribers, once
//! cargo bench --bench delivery -- --plain           # without DKIM alone, for a profiler
//! ```
//!
//! It needs `smtp-sink` and `smtp-source` (Debian's postfix), and prints ratios of two rates that were taken in one run:
//! machines differ, and so do two minutes of the same machine.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to clean up")]

mod mailing;

use std::process::Command;

use mailing::{CONNECTIONS, PORT, Sink, now};

/// As many as a message of the edition has.
const MESSAGE_BYTES: usize = 20_000;
const ROUNDS: usize = 3;

fn main() {
    let _sink = Sink::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if std::env::args().any(|argument| argument == "--million") {
        let rate = runtime.block_on(send(1_000_000, ""));
        println!("1,000,000 messages: {rate:.0}/s, at most {} MB of memory", peak_megabytes());
        return;
    }
    if std::env::args().any(|argument| argument == "--plain") {
        println!("without DKIM: {:.0} messages a second", runtime.block_on(send(30_000, "")));
        return;
    }
    let key = |file: &str| {
        let path = format!("{}/tests/it/dkim/{file}", env!("CARGO_MANIFEST_DIR"));
        format!("[[mail.dkim]]\nselector = \"s\"\nkey_file = \"{path}\"\n")
    };
    let (count, mut rates) = (10_000, [Vec::new(), Vec::new(), Vec::new(), Vec::new()]);
    for round in 1..=ROUNDS {
        rates[0].push(smtp_source(count));
        rates[1].push(runtime.block_on(send(count, "")));
        rates[2].push(runtime.block_on(send(count, &key("ed25519.pem"))));
        rates[3].push(runtime.block_on(send(count, &key("rsa.pem"))));
        let now: Vec<String> = rates.iter().map(|rates| format!("{:.0}", rates[round - 1])).collect();
        println!("round {round}: smtp-source, plain, ed25519, RSA-2048: {} messages a second", now.join(", "));
    }
    for (name, nth) in [("without DKIM", 1), ("with ed25519", 2), ("with RSA-2048", 3)] {
        let mut ratios: Vec<f64> = rates[nth].iter().zip(&rates[0]).map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        println!("{name}: {:.2} of smtp-source's rate (median of {ROUNDS})", ratios[ROUNDS / 2]);
    }
}

fn smtp_source(count: usize) -> f64 {
    let (connections, count_text, bytes) = (CONNECTIONS.to_string(), count.to_string(), MESSAGE_BYTES.to_string());
    let start = now();
    let status = Command::new("smtp-source")
        .args(["-d", "-s", &connections, "-m", &count_text, "-l", &bytes])
        .args(["-f", "a@example.org", "-t", "b@example.net", &format!("127.0.0.1:{PORT}")])
        .status()
        .expect("smtp-source is installed");
    assert!(status.success());
    count as f64 / start.elapsed().as_secs_f64()
}

/// Sends an edition to so many subscribers, from a database in a file. Messages a second.
async fn send(count: usize, dkim: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let service = mailing::frozen(folder.path(), count, dkim).await;
    let rate = mailing::deliver(&service, count).await;
    service.store.close().await;
    rate
}

/// The most memory that this process ever had.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1_024
}
