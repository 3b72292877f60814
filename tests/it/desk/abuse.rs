//! What people with bad intentions try: each is refused, and cheaply.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use sqlx::Connection as _;

use super::{CONFIG, PASSWORD, Served, WAIT_SECONDS_MAX, read};
use crate::world::World;

#[test]
fn a_form_of_another_site_or_session_does_nothing() {
    let served = Served::start();
    let (mut admin, mut other) = (served.admin(), served.admin());
    let (mark, foreign) = (admin.get("/admin").hidden("mark"), other.get("/admin").hidden("mark"));
    let to = ("to", "someone@inbox.example");
    let own = format!("http://{}", served.address);
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("", &[]),
        ("x", &[]),
        (&foreign, &[]),
        (&mark, &[("Origin", "https://evil.example")]),
        (&mark, &[("Origin", "null")]),
        (&mark, &[("Origin", &own), ("Sec-Fetch-Site", "cross-site")]),
        (&mark, &[("Sec-Fetch-Site", "same-site")]),
        // A name of ours as part of another one.
        (&mark, &[("Origin", &format!("{own}.evil.example"))]),
    ];
    for (mark, headers) in cases {
        let reply = admin.send("/admin/send-test", &[("mark", mark), ("edition", "daily"), to], headers);
        assert_eq!(reply.status, 403, "{headers:?}");
    }
    assert!(served.outbox().is_empty());
    let headers = [("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")];
    let reply = admin.send("/admin/send-test", &[("mark", &mark), ("edition", "daily"), to], &headers);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/admin?done=sent")), "{}", reply.body);
    assert_eq!(served.outbox().len(), 1);
}

#[test]
fn nobody_is_sent_elsewhere_and_no_path_leads_out() {
    let served = Served::start();
    let mut visitor = served.visitor();
    let fields =
        [("name", "admin"), ("password", PASSWORD), ("next", "//evil.example"), ("to", "https://evil.example")];
    let to = "/admin/login?next=https://evil.example&done=https://evil.example";
    assert_eq!(visitor.post(to, to, &fields).header("location"), Some("/admin"));
    for path in [
        "/admin/editions/..%2f..%2fdaybrief.toml",
        "/admin/editions/x/picture/..%2f..%2fdaybrief.toml",
        "/admin/style.css/../../daybrief.toml",
        "/admin/..%2f..%2fetc%2fpasswd",
        "//evil.example/admin",
    ] {
        let reply = visitor.get(path);
        assert!(reply.status == 404 && !reply.body.contains("Ours."), "{path}: {}", reply.status);
    }
    let hash = visitor.get("/admin/settings").hidden("hash");
    for version in ["../daybrief", "..", "%2e%2e/daybrief", "/etc/passwd", "20260101T000000.000000"] {
        let reply =
            visitor.post("/admin/settings", "/admin/settings/rollback", &[("hash", &hash), ("version", version)]);
        assert_eq!(reply.status, 404, "{version}");
    }
    // A line end in what is told back makes no header.
    for path in ["/admin/login/x%0d%0aSet-Cookie:%20daybrief=evil", "/admin?done=x%0d%0aSet-Cookie:%20daybrief=evil"] {
        let reply = visitor.get(path);
        assert!(!reply.head.contains("evil"), "{}", reply.head);
    }
    // What is shown of what was asked is text.
    let reply = visitor.get("/admin/editions?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(reply.status == 200 && !reply.body.contains("<script"), "{}", reply.body);
    let reply = visitor.get("/admin/editions?q=%27%20OR%201=1%20--%25_%5C");
    reply.says(&["No edition holds that."]);
}

/// Tables, markup and header lines that are typed into forms become nothing but a text, or are refused.
#[test]
fn what_is_typed_into_a_form_stays_a_text() {
    const NAMES: [&str; 3] = [
        "x\" # <script>alert(1)</script> {{ top.mark }}",
        "x\"\r\n[mail]\r\nfrom = \"evil@evil.example",
        "'''\n\"\"\"\n[[source]]\nname = \"Evil",
    ];
    let served = Served::start();
    let mut admin = served.admin();
    let mut known = vec!["Harbour".to_owned(), "Ledger".to_owned()];
    for name in NAMES {
        let hash = admin.get("/admin/settings").hidden("hash");
        let fields = [("hash", hash.as_str()), ("kind-of-entry", "source"), ("entry", ""), ("name", name)];
        let fields =
            [&fields[..], &[("path", "articles"), ("category", name), ("enabled", "on"), ("do", "set")]].concat();
        let review = admin.post("/admin/settings/entry?kind=source", "/admin/settings/entry", &fields);
        assert!(!review.body.contains("<script"), "{}", review.body);
        if review.status == 200 {
            let saved = admin.post("/admin", "/admin/settings/save", &[("draft", &review.hidden("draft"))]);
            assert_eq!(saved.status, 303, "{}", saved.body);
            known.push(name.to_owned());
        } else {
            assert_eq!(review.status, 422, "{}", review.body);
        }
        // The file has one source more, of that name, and is otherwise as it was.
        let listed = served.world.run(&["sources", "list", "--json"]).ended(0).out;
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        let names: Vec<&str> =
            listed.as_array().unwrap().iter().map(|source| source["name"].as_str().unwrap()).collect();
        assert_eq!(names, known);
        assert!(served.config().ends_with(CONFIG.split_once("[mail]").unwrap().1), "{}", served.config());
    }
    assert!(known.len() > 2, "none of them was taken: the test tried nothing");
    served.wait(|| admin.clone().get("/admin/sources").body.contains("alert(1)"));
    for (path, reply) in admin.crawl() {
        assert!(!reply.body.contains("<script>alert"), "{path}");
    }
    // Nor is a line end in an address the beginning of another header.
    for to in ["a@inbox.example\r\nBcc: b@inbox.example", "a@inbox.example, b@inbox.example", "<a@inbox.example>\0"] {
        let reply = admin.post("/admin", "/admin/send-test", &[("edition", "daily"), ("to", to)]);
        assert_ne!(reply.header("location"), Some("/admin?done=sent"), "{to:?}");
    }
    assert!(served.outbox().is_empty());
}

#[test]
fn a_huge_form_and_a_slow_client_cost_little() {
    let served = Served::start();
    let admin = served.admin();
    // A hundred megabytes are announced: refused before they are sent, logged in or not.
    for cookie in ["", admin.cookie.as_str()] {
        for path in ["/admin/settings", "/admin/login", "/preferences/x"] {
            let mut stream = TcpStream::connect(served.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(WAIT_SECONDS_MAX))).unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\nContent-Type: \
                 application/x-www-form-urlencoded\r\nContent-Length: 104857600\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            let reply = read(&mut stream).unwrap();
            assert_eq!(reply.status, 413, "{path}");
        }
    }
    // Heads that do not end are cut off, and meanwhile others are served.
    let mut slow: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(served.address).unwrap()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /admin HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    }
    assert_eq!(served.get("/healthz").status, 200);
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_secs(WAIT_SECONDS_MAX))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the server ends it");
        assert!(!String::from_utf8_lossy(&rest).contains(" 200 "));
    }
}

/// Forms that are announced and never sent are given up, and meanwhile others are served.
#[test]
fn a_body_that_never_comes_is_not_waited_for() {
    /// Longer than a request may take, which is a minute.
    const PATIENCE: Duration = Duration::from_secs(90);
    let served = Served::start();
    // Without the cookie of the page that has the form, no body is read at all.
    let mut visitor = served.visitor();
    visitor.get("/admin/login");
    let begun = |_| {
        let mut stream = TcpStream::connect(served.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "POST /admin/login HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nname=",
            visitor.cookie
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let slow: Vec<TcpStream> = (0..50).map(begun).collect();
    assert_eq!(served.get("/healthz").status, 200);
    served.admin();
    for mut stream in slow {
        assert_eq!(read(&mut stream).unwrap().status, 408);
    }
}

/// An export of many rows is written as it is read: what it takes does not grow with them.
#[test]
fn an_export_of_many_rows_takes_little_memory() {
    export(200_000);
}

/// By hand: `cargo test --release --test it -- --ignored million_rows`.
#[test]
#[ignore = "takes minutes without optimisation"]
fn an_export_of_a_million_rows_takes_no_more_memory() {
    export(1_000_000);
}

/// Lists and exports so many subscribers, and a reader of the list that goes away early.
fn export(subscribers: usize) {
    const MEGABYTES_MAX: u64 = 64;
    let world = World::new("");
    world.run(&["subscribers", "add", "first@inbox.example"]).ended(0);
    let database = format!("sqlite:{}", world.path().join("daybrief.db").display());
    let insert = async {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&database).await.unwrap();
        let sql = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {subscribers})
             INSERT INTO subscribers (id, normal, address, state, created_at, changed_at)
             SELECT printf('%016x', i), printf('reader%d@inbox.example', i), printf('reader%d@inbox.example', i),
                    'active', i, i FROM n"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(insert);
    for arguments in [&["subscribers", "export"][..], &["subscribers", "list"], &["subscribers", "list", "--json"]] {
        let mut child = world.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let (mut out, mut piece) = (child.stdout.take().unwrap(), vec![0; 1 << 16]);
        let (mut rows, mut peak) = (0, 0);
        loop {
            let read = out.read(&mut piece).unwrap();
            // While it still writes: of one that has ended nothing is known any more.
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            peak = most.map_or(peak, |kilobytes| kilobytes.parse::<u64>().unwrap() / 1_024);
            if read == 0 {
                break;
            }
            rows += piece[..read].iter().filter(|byte| **byte == b'@').count();
        }
        assert!(child.wait().unwrap().success(), "{arguments:?}");
        assert_eq!(rows, subscribers + 1, "{arguments:?}");
        assert!((1..=MEGABYTES_MAX).contains(&peak), "{arguments:?} took {peak} MB");

        let mut child = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
    }
}
