//! A reader says that a figure is wrong; it becomes a case to judge the extractor by.

use super::*;

#[test]
fn a_report_becomes_a_case_that_eval_reads() {
    let served = Served::start();
    let mut admin = served.admin();
    admin.post("/admin", "/admin/run", &[("edition", "daily")]);
    served.wait(|| served.get("/archive").body.contains("archive/daily-"));
    let list = served.get("/archive").body;
    let stem = list.split("archive/daily-").nth(1).unwrap().split(".html").next().unwrap();
    let path = format!("/archive/daily-{stem}/report");
    let form = served.get(&path);
    form.says(&["killed 2", "<textarea name=\"problem\""]);
    // The held figure is not offered.
    assert!(!form.body.contains("23"), "{}", form.body);
    let index = form.body.split("<option value=\"").find(|option| option.contains("killed 2")).unwrap();
    let index = index.split('"').next().unwrap();

    let send = |from: &str, fields: &[(&str, &str)]| {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        http(
            served.address,
            "POST",
            &path,
            &[("X-Forwarded-For", from), ("Content-Type", "application/x-www-form-urlencoded")],
            body.as_bytes(),
        )
        .unwrap()
    };
    let problem = ("problem", "Three were killed, <b>not</b> two.");
    let long = "x".repeat(2_001);
    for wrong in [
        vec![("figure", index)],
        vec![problem],
        vec![problem, ("figure", "999")],
        vec![("figure", index), ("problem", long.as_str())],
    ] {
        assert_eq!(send("192.0.2.1", &wrong).status, 422, "{wrong:?}");
    }
    for source in ["javascript:alert(1)", "ftp://a.example/", "/etc/passwd"] {
        assert_eq!(
            send(&format!("192.0.2.{}", source.len()), &[("figure", index), problem, ("source", source)]).status,
            422
        );
    }
    let good = [("figure", index), problem, ("source", "https://ledger.example/strike")];
    assert_eq!(send("192.0.2.2", &good).status, 200);
    // What only a program fills in is answered alike, and not kept.
    assert_eq!(send("192.0.2.2", &[good.as_slice(), &[("website", "x")]].concat()).status, 200);
    // Nor does one visitor send many.
    let mut statuses: Vec<u16> = (0..6).map(|_| send("192.0.2.3", &[problem]).status).collect();
    assert_eq!(statuses.pop(), Some(429));

    let page = admin.get("/admin/reports");
    page.says(&["killed 2", "Two people were killed", "Three were killed, &#60;b&#62;not&#60;/b&#62; two."]);
    page.says(&["https://ledger.example/strike", "rel=\"noreferrer noopener nofollow\""]);
    assert_eq!(page.body.matches("The reader says").count(), 1, "{}", page.body);
    let id = page.body.split("/admin/reports/case?id=").nth(1).unwrap().split('"').next().unwrap().to_owned();

    let to = "/admin/reports/case";
    let case = admin.get(&format!("{to}?id={id}"));
    case.says(&["Two people were killed", "&#34;measure&#34;: &#34;killed&#34;"]);
    let text = case.body.split("name=\"labels\"").nth(1).unwrap().split_once(">\n").unwrap().1;
    let read =
        text.split("</textarea>").next().unwrap().replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&");
    let mut labels: serde_json::Value = serde_json::from_str(&read).unwrap();
    let page = format!("{to}?id={id}");
    for broken in [
        "{",
        "[]x",
        r#"{"tolls": [{"measure": "killed"}]}"#,
        r#"{"tolls": [{"measure": "gone", "quote": "Two people were killed"}]}"#,
        r#"{"tolls": [{"measure": "killed", "low": 3, "high": 3, "quote": "Three people"}]}"#,
    ] {
        assert_eq!(admin.post(&page, to, &[("id", &id), ("labels", broken)]).status, 422, "{broken}");
    }
    // The person finds that the deaths are right and that nobody was hurt beside them.
    let killed = labels["tolls"].as_array().unwrap().iter().find(|toll| toll["measure"] == "killed").unwrap().clone();
    labels["tolls"] = serde_json::json!([killed]);
    assert_eq!(admin.post(&page, to, &[("id", &id), ("labels", &labels.to_string())]).status, 303);

    // Just what `daybrief eval` reads, and the desk says what it says.
    let cases = admin.get("/admin/reports/cases.jsonl");
    assert_eq!(cases.body.lines().count(), 1);
    served.world.write("cases.jsonl", &cases.body);
    let said = served.world.run(&["eval", "--json", "cases.jsonl"]).ended(0).out;
    let scores: serde_json::Value = serde_json::from_str(&said).unwrap();
    let accuracy = admin.get("/admin/accuracy");
    accuracy.says(&["The cases that readers reported", "1 articles."]);
    let hits = scores["toll.value"]["hits"].as_u64().or(scores["toll.value"]["tp"].as_u64());
    assert_eq!(hits, Some(1), "{scores}");

    // A second report is dismissed; each step is in the log.
    assert_eq!(send("192.0.2.4", &good).status, 200);
    let id = admin
        .get("/admin/reports")
        .body
        .split("/admin/reports/case?id=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(admin.post("/admin/reports", "/admin/reports", &[("id", &id)]).status, 303);
    admin.get("/admin/reports").says(&["None waits."]);
    admin.get("/admin/log").says(&["label a case", "dismiss a report"]);
    let nobody = served.get("/admin/reports/cases.jsonl");
    assert_eq!((nobody.status, nobody.header("location")), (303, Some("/admin/login")));
}
