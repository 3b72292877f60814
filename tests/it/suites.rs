//! Other people's feeds and pages, in `../shared/suites`, read by the real verbs and scored by the suites' own scripts.
//!
//! Every test prints its figures (`cargo test suites -- --nocapture`) and holds them above a floor.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use daybrief::news::feed::dates;
use daybrief::news::feed::opml::read_opml;
use daybrief::news::robots::Robots;
use serde_json::{Value, json};

/// Files that one run of the program is given.
const FILES_AT_ONCE: usize = 400;

/// The folder of the suites, or nothing, loudly.
fn suites() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/suites");
    let python = Command::new("python3").arg("--version").output().is_ok();
    if folder.join("score_simple.py").is_file() && python {
        return Some(folder);
    }
    eprintln!("SKIPPED: needs ../shared/suites and python3; the suites are NOT scored");
    None
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn string<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {value}"))
}

/// What the program prints of each file, in their order.
fn read_by_verb(folder: &Path, verb: &[&str], files: &[&str]) -> Vec<Value> {
    let mut read = Vec::new();
    for files in files.chunks(FILES_AT_ONCE) {
        let out = Command::new(env!("CARGO_BIN_EXE_daybrief")).args(verb).args(files).current_dir(folder).output();
        let out = String::from_utf8(out.unwrap().stdout).unwrap();
        let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), files.len(), "one line for each input");
        read.extend(answers);
    }
    read
}

/// What a scoring script prints of `answers`, one a line.
fn score(folder: &Path, script: &str, before: &[&str], answers: &[Value], after: &[&str]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for answer in answers {
        writeln!(file, "{answer}").unwrap();
    }
    let scored = Command::new("python3")
        .arg(script)
        .args(before)
        .arg(file.path())
        .args(after)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(scored.status.success(), "{script}: {}", String::from_utf8_lossy(&scored.stderr));
    let scored = String::from_utf8(scored.stdout).unwrap();
    println!("{script} {before:?} {after:?}\n{scored}");
    scored
}

/// `TOTAL: 49/53` → 49.
fn total(scored: &str) -> u32 {
    let line = scored.lines().find_map(|line| line.strip_prefix("TOTAL: ")).unwrap();
    line.split('/').next().unwrap().parse().unwrap()
}

#[test]
fn feeds_that_feedparser_is_tested_with() {
    const CASES_SHARE_MIN: f64 = 0.97;
    let Some(folder) = suites() else { return };
    let cases = lines(&folder.join("feeds-normalized/feedparser_cases.jsonl"));
    // One run of the program reads all files that came from one address with one type.
    let mut groups: BTreeMap<(Option<&str>, Option<&str>), Vec<&str>> = BTreeMap::new();
    for case in &cases {
        let located = case["headers"]["content-location"].as_str().or(case["base_url"].as_str());
        groups.entry((located, case["headers"]["content-type"].as_str())).or_default().push(string(case, "file"));
    }
    let mut answers = Vec::new();
    for ((base_url, content_type), files) in groups {
        let mut verb = vec!["sources", "test", "--json"];
        verb.extend(base_url.into_iter().flat_map(|url| ["--base-url", url]));
        verb.extend(content_type.into_iter().flat_map(|kind| ["--content-type", kind]));
        answers.extend(read_by_verb(&folder.join("feeds-normalized"), &verb, &files));
    }
    let scored = score(&folder, "score_feeds.py", &[], &answers, &["feeds-normalized/feedparser_cases.jsonl"]);
    let scored: Value = serde_json::from_str(scored.lines().next().unwrap()).unwrap();
    assert!(scored["case_rate"].as_f64().unwrap() >= CASES_SHARE_MIN, "{scored}");
}

#[test]
fn pages_that_readability_is_tested_with() {
    const MEAN_F1_MIN: f64 = 0.97;
    let Some(folder) = suites() else { return };
    let pages = lines(&folder.join("extraction/readability.jsonl"));
    let files: Vec<&str> = pages.iter().map(|page| string(page, "source")).collect();
    let verb = ["read", "--json", "--url", "http://fakehost.example/test/page.html"];
    let answers = read_by_verb(&folder.join("extraction"), &verb, &files);
    let scored = score(&folder, "score_extract.py", &[], &answers, &["readability"]);
    let scored: Value = serde_json::from_str(&scored).unwrap();
    assert!(scored["mean_F1"].as_f64().unwrap() >= MEAN_F1_MIN, "{scored}");
}

#[test]
fn robots_files_that_google_tests_with() {
    const RIGHT_MIN: u32 = 145;
    let Some(folder) = suites() else { return };
    // As Google's parser is called: with the address as it stands, not escaped anew.
    let path = |url: &str| {
        let host_on = url.split_once("//").map_or(url, |(_, rest)| rest);
        host_on.find('/').map_or_else(|| "/".to_owned(), |start| host_on[start..].to_owned())
    };
    let allowed = |case: &Value| {
        let robots = Robots::parse(string(case, "robots").as_bytes(), string(case, "agent"));
        robots.allows(&path(string(case, "url")))
    };
    let answers: Vec<Value> =
        lines(&folder.join("robotstxt/cases.jsonl")).iter().map(|case| json!({ "allowed": allowed(case) })).collect();
    assert!(total(&score(&folder, "score_simple.py", &["robots"], &answers, &["--fails"])) >= RIGHT_MIN);
}

#[test]
fn dates_as_feeds_write_them() {
    const RIGHT_MIN: u32 = 124;
    let Some(folder) = suites() else { return };
    let answers: Vec<Value> = lines(&folder.join("dates/cases.jsonl"))
        .iter()
        .map(|case| json!({ "value": dates::read(string(case, "input")) }))
        .collect();
    assert!(total(&score(&folder, "score_simple.py", &["dates"], &answers, &["--fails"])) >= RIGHT_MIN);
}

/// The addresses that stand in a list, found without reading its markup.
fn addresses_in(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in list.split("xmlUrl=\"").skip(1) {
        let address = part.split('"').next().unwrap();
        found.push(address.replace("&amp;", "&"));
    }
    found
}

/// Eight lists that hold feeds are labelled as holding none (the label was lost when the suite was made), so the script
/// counts whoever reads them as wrong. Here they are held to what stands in them; the script's own figure is that of
/// the 45 others.
#[test]
fn lists_of_feeds() {
    const MISLABELLED: usize = 8;
    const RIGHT_MIN: u32 = 45;
    let Some(folder) = suites() else { return };
    let cases = lines(&folder.join("opml/cases.jsonl"));
    let mut answers = Vec::new();
    let mut mislabelled = 0;
    for case in &cases {
        let bytes = std::fs::read(folder.join("opml").join(string(case, "file"))).unwrap();
        let read = read_opml(&bytes, None);
        let unlabelled = case["expected_subscriptions"].as_array().is_some_and(Vec::is_empty);
        if unlabelled && case["must_error"] == false {
            mislabelled += 1;
            let expected = addresses_in(&String::from_utf8(bytes).unwrap());
            let found: Vec<&str> = read.iter().flatten().map(|feed| feed.xml_url.as_str()).collect();
            assert!(!expected.is_empty() && found == expected, "{case}: {found:?}");
        }
        answers.push(json!({ "ok": read.is_ok(), "feeds": read.unwrap_or_default() }));
    }
    assert_eq!(mislabelled, MISLABELLED);
    assert!(total(&score(&folder, "score_simple.py", &["opml"], &answers, &["--fails"])) >= RIGHT_MIN);
}
