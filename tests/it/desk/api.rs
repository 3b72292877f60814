//! The API and the numbers: a token for each, a page at a time, as the document says.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{Served, http};
use crate::store::environment;

/// What the API asks for.
const SCOPES: [&str; 6] = ["editions", "incidents", "held", "sources", "deliveries", "subscribers"];
/// Requests that schemathesis makes up for a path, besides those that it derives from the document alone.
const EXAMPLES_MAX: &str = "20";

#[test]
fn numbers_are_for_who_has_a_token_for_them() {
    let served = Served::start();
    served.wait(|| served.get("/readyz").status == 200);
    assert_eq!(served.get("/metrics").status, 401);
    let mut admin = served.admin();
    let (held, metrics) = (admin.token(&["held"]), admin.token(&["metrics"]));
    let with = |token: &str| {
        http(served.address, "GET", "/metrics", &[("Authorization", &format!("Bearer {token}"))], b"").unwrap()
    };
    assert_eq!(with(&held).status, 403);
    assert_eq!(with("x").status, 401);
    // A session is no token.
    assert_eq!(with(admin.cookie.split_once('=').unwrap().1).status, 401);
    let numbers = with(&metrics);
    assert_eq!(numbers.status, 200);
    numbers.says(&["daybrief_held_figures 0\n", "daybrief_subscribers{state=\"active\"} 1\n", "# TYPE daybrief_"]);
    let page = admin.get("/admin/tokens");
    assert!(!page.body.contains(&metrics));
    let hash = page.hidden("token");
    assert_eq!(admin.post("/admin/tokens", "/admin/tokens/end", &[("token", &hash)]).status, 303);
    assert_eq!(with(&metrics).status, 401);
}

#[test]
fn the_api_reads_a_page_at_a_time_for_who_has_a_token_for_it() {
    let served = Served::start();
    served.world.run(&["subscribers", "add", "second@inbox.example"]).ended(0);
    let mut admin = served.admin();
    admin.post("/admin", "/admin/run", &[("edition", "daily")]);
    let watcher = admin.clone();
    served.wait(|| watcher.clone().get("/admin/run").body.contains("2 accepted"));
    let token = admin.token(&SCOPES);
    let bearer = format!("Bearer {token}");
    let ask = |path: &str| http(served.address, "GET", path, &[("Authorization", &bearer)], b"").unwrap();
    let json = |path: &str| -> serde_json::Value {
        let reply = ask(path);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("application/json")),
            "{path}: {}",
            reply.body
        );
        serde_json::from_str(&reply.body).unwrap()
    };
    let editions = json("/api/v1/editions");
    let id = editions["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(editions["next"].is_null() && editions["items"][0]["held"] == 1, "{editions}");
    assert_eq!(json(&format!("/api/v1/editions/{id}"))["name"], "daily");
    let incidents = json(&format!("/api/v1/editions/{id}/incidents"));
    assert!(incidents["items"][0]["lines"][0]["weighed"][0]["outlet"].is_string(), "{incidents}");
    assert_eq!(json("/api/v1/held")["items"][0]["decision"], serde_json::Value::Null);
    assert_eq!(json("/api/v1/sources?limit=1&after=Harbour")["items"][0]["name"], "Ledger");
    let mut seen = BTreeSet::new();
    let mut path = format!("/api/v1/editions/{id}/deliveries?state=accepted&limit=1");
    for _ in 0..2 {
        let page = json(&path);
        seen.insert(page["items"][0]["address"].as_str().unwrap().to_owned());
        let next = page["next"].as_str().unwrap();
        path = format!("/api/v1/editions/{id}/deliveries?state=accepted&limit=1&after={next}");
    }
    assert_eq!(seen.len(), 2);
    assert!(json(&path)["items"].as_array().unwrap().is_empty());
    // Every state that a delivery can be in can be asked for.
    assert_eq!(json(&format!("/api/v1/editions/{id}/deliveries?state=skipped"))["items"].as_array().unwrap().len(), 0);
    assert_eq!(json("/api/v1/subscribers?limit=1")["items"].as_array().unwrap().len(), 1);
    for path in ["?limit=0", "?limit=501", "?limit=x", "?after=%00"] {
        assert_eq!(ask(&format!("/api/v1/subscribers{path}")).status, 400, "{path}");
    }
    for path in ["/api/v1/editions/nothing", "/api/v1/nothing", "/api/v1/editions/%00"] {
        assert_eq!(ask(path).status, 404, "{path}");
    }

    // Every path of the document is there, and for nobody without a token, nor by a session.
    let document: serde_json::Value = serde_json::from_str(&served.get("/api/v1/openapi.json").body).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 7);
    for path in paths.keys() {
        let path = path.replace("{id}", &id);
        assert_eq!(ask(&path).status, 200, "{path}");
        assert_eq!(admin.get(&path).status, 401, "{path}");
    }
}

/// An independent program reads the document, makes up requests that fit it and such as do not, follows what is linked, and
/// compares each answer with what the document promises.
#[test]
fn schemathesis_finds_the_answers_to_be_as_the_document_says() {
    let found = Command::new("schemathesis").arg("--version").stdin(Stdio::null()).output();
    if !found.is_ok_and(|found| found.status.success()) {
        assert_ne!(environment("CI").as_deref(), Some("true"), "schemathesis must be here in CI");
        let _ = writeln!(std::io::stderr(), "SKIPPED a test: schemathesis is not here");
        return;
    }
    let served = Served::start();
    let mut admin = served.admin();
    admin.post("/admin", "/admin/run", &[("edition", "daily")]);
    let watcher = admin.clone();
    served.wait(|| watcher.clone().get("/admin/run").body.contains("1 accepted"));
    let report = Command::new("schemathesis")
        .args(["run", &format!("http://{}/api/v1/openapi.json", served.address), "--no-color", "--seed", "1"])
        .args(["--max-examples", EXAMPLES_MAX, "--continue-on-failure"])
        .args(["--header", &format!("Authorization: Bearer {}", admin.token(&SCOPES))])
        .current_dir(served.world.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&report.stdout);
    assert!(report.status.success(), "{said}");
    // It did reach them.
    assert!(said.contains("Tested: 7"), "{said}");
}
