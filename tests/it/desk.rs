//! The admins' desk over real HTTP: who is let in, what is refused and how cheaply, and that what a form does is done.

mod abuse;
mod api;
mod kinds;
mod login;
mod reports;
mod who;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use daybrief::news::delivery::State;
use daybrief::service::store::{AuditChange, Pass, PassKind, Run, Step, Store};
use daybrief::service::worker::Clock;
use jiff::{SignedDuration, Timestamp};
use sqlx::Connection as _;

use crate::store::{both, digest, freeze};
use crate::world::{Running, World};

/// Long enough for a slow machine, and never reached where all is well.
const WAIT_SECONDS_MAX: u64 = 60;
pub const PASSWORD: &str = "correct horse battery";
/// Must never be in anything that is served.
const SECRETS: [&str; 3] = ["hunter2-feed", "hunter2-mail", "a-secret-for-links-of-32-bytes-or-so"];

/// The parts of `daybrief.toml` that a test adds to.
pub const CONFIG: &str = r#"# Ours.
admin = "editor@daily.example"

[[source]]
name = "Harbour" # the good one
path = "articles"

[[source]]
name = "Ledger"
url = "http://reader:hunter2-feed@127.0.0.1:9/feed.xml"
enabled = false

[mail]
from = "Daily <daily@daily.example>"
secret = "a-secret-for-links-of-32-bytes-or-so"

[mail.smtp]
host = "localhost"
user = "daily"
password = "hunter2-mail"

[web]
listen = "127.0.0.1:0"
"#;

pub const STRIKE: &str = "Strike on Sumy\n\nA missile strike on the river port of Sumy on Monday injured 12 people, including \
                      23 children, the regional administration said. Two people were killed, the regional \
                      administration said.\n";

const BRIDGE: &str = "Bridge falls at Sumy\n\nThe old bridge at Sumy collapsed under 12 lorries on Monday, the regional \
                      administration said.\n";

/// `daybrief serve`, running in a folder of its own; ends when dropped.
pub struct Served {
    pub world: World,
    pub address: SocketAddr,
    _child: Running,
}

impl Served {
    pub fn start() -> Self {
        Self::in_folder(World::new(CONFIG))
    }

    /// With a folder for kinds, and an article that tells of something that no shipped kind knows. `more` is added to
    /// [`CONFIG`].
    pub fn with_kinds(more: &str) -> Self {
        let world = World::new(&format!("kinds = \"kinds\"\n{CONFIG}{more}"));
        world.write("articles/bridge.txt", BRIDGE);
        std::fs::create_dir_all(world.path().join("kinds")).unwrap();
        Self::in_folder(world)
    }

    fn in_folder(world: World) -> Self {
        world.write("articles/strike.txt", STRIKE);
        world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
        world.run_with_input(&["admin", "reset", "--password"], &format!("{PASSWORD}\n")).ended(0);
        Self::of(world)
    }

    /// In a folder that is ready for it.
    pub fn of(world: World) -> Self {
        let mut child = world.command(&["serve"]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().map(Result::unwrap).find_map(|line| {
            line.contains("pages for subscribers")
                .then(|| line.rsplit_once("address=").unwrap().1.trim().parse().unwrap())
        });
        // Its pipe must not fill.
        std::thread::spawn(move || lines.for_each(drop));
        let served = Self { world, address: address.expect("it listens"), _child: Running(child) };
        served.wait(|| served.get("/healthz").status == 200);
        served
    }

    #[track_caller]
    pub fn wait(&self, ready: impl Fn() -> bool) {
        for _ in 0..WAIT_SECONDS_MAX * 10 {
            if ready() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it did not happen");
    }

    pub fn get(&self, path: &str) -> Reply {
        http(self.address, "GET", path, &[], b"").unwrap()
    }

    pub fn config(&self) -> String {
        std::fs::read_to_string(self.world.path().join("daybrief.toml")).unwrap()
    }

    pub fn outbox(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.world.path().join("outbox")) else { return Vec::new() };
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(self.address)
    }

    fn admin(&self) -> Visitor {
        let mut admin = self.visitor();
        let reply = admin.post("/admin/login", "/admin/login", &[("name", "admin"), ("password", PASSWORD)]);
        assert_eq!((reply.status, reply.header("location")), (303, Some("/admin")), "{}", reply.body);
        admin
    }
}

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The value of the first hidden field of that name.
    #[track_caller]
    fn hidden(&self, name: &str) -> String {
        let before = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&before).unwrap_or_else(|| panic!("no {name} in {}", self.body));
        rest.split_once('"').unwrap().0.to_owned()
    }

    #[track_caller]
    fn says(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(self.body.contains(part), "{part:?} is not in {}", self.body);
        }
        self
    }
}

/// One request on a connection of its own.
pub fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(WAIT_SECONDS_MAX)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    read(&mut stream)
}

fn read(stream: &mut TcpStream) -> std::io::Result<Reply> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 1 << 14]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
            let reply = Reply { status, head: head.to_owned(), body: body.to_owned() };
            let body_bytes = bytes.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| bytes.len() - at - 4);
            let length = reply.header("content-length").and_then(|length| length.parse::<usize>().ok());
            if length.is_some_and(|length| body_bytes >= length) {
                return Ok(reply);
            }
        }
        match stream.read(&mut piece)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// A browser, as far as it keeps a cookie and fills in forms.
#[derive(Clone)]
struct Visitor {
    address: SocketAddr,
    cookie: String,
}

impl Visitor {
    fn new(address: SocketAddr) -> Self {
        Self { address, cookie: String::new() }
    }

    fn get(&mut self, path: &str) -> Reply {
        let reply = http(self.address, "GET", path, &[("Cookie", &self.cookie)], b"").unwrap();
        self.keep(&reply);
        reply
    }

    fn keep(&mut self, reply: &Reply) {
        if let Some(set) = reply.header("set-cookie") {
            self.cookie = set.split(';').next().unwrap().to_owned();
        }
    }

    /// Fills in the form of a page and sends it.
    fn post(&mut self, page: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
        let mark = self.get(page).hidden("mark");
        let fields = [&[("mark", mark.as_str())], fields].concat();
        self.send(to, &fields, &[])
    }

    fn send(&mut self, to: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers =
            [&[("Cookie", self.cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")], headers]
                .concat();
        let reply = http(self.address, "POST", to, &headers, body.as_bytes()).unwrap();
        self.keep(&reply);
        reply
    }

    /// A token of these scopes, made on the desk.
    fn token(&mut self, scopes: &[&str]) -> String {
        let fields: Vec<_> =
            [("label", "a test")].into_iter().chain(scopes.iter().map(|scope| ("scope", *scope))).collect();
        let reply = self.post("/admin/tokens", "/admin/tokens", &fields);
        reply.body.split_once("<pre id=\"token\">").unwrap().1.split_once('<').unwrap().0.to_owned()
    }

    /// Everything that is linked from `/admin`, and what it answered.
    fn crawl(&mut self) -> Vec<(String, Reply)> {
        let (mut todo, mut known, mut found) = (vec!["/admin".to_owned()], BTreeSet::new(), Vec::new());
        while let Some(path) = todo.pop() {
            if !known.insert(path.clone()) {
                continue;
            }
            let reply = self.get(&path);
            let links = reply.body.split("href=\"").chain(reply.body.split("src=\"")).skip(1);
            todo.extend(
                links
                    .filter_map(|rest| rest.split('"').next())
                    .filter(|link| link.starts_with("/admin"))
                    .map(|link| link.split('#').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")),
            );
            found.push((path, reply));
        }
        found
    }
}

#[test]
fn every_page_is_for_admins_alone_small_and_without_script_style_or_secret() {
    let served = Served::start();
    let mut admin = served.admin();
    admin.post("/admin", "/admin/run", &[("edition", "daily")]);
    served.wait(|| admin.clone().get("/admin/run").body.contains("composed"));
    let pages = admin.crawl();
    assert!(pages.len() > 15, "{:?}", pages.iter().map(|(path, _)| path).collect::<Vec<_>>());
    for (path, reply) in &pages {
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.body.len() < 100_000, "{path} has {} bytes", reply.body.len());
        for secret in SECRETS {
            assert!(!reply.body.contains(secret), "{path} shows {secret}");
        }
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        // The archive's own page is drawn in a sandbox.
        let boxed = policy.starts_with("sandbox");
        assert!(boxed || !policy.contains("unsafe-inline"), "{path}: {policy}");
        assert!(
            boxed || !["<style", "<script", " style=", " onclick"].iter().any(|bad| reply.body.contains(bad)),
            "{path}"
        );

        let nobody = served.get(path);
        if path.starts_with("/admin/login") || path == "/admin/style.css" {
            assert_eq!(nobody.status, 200, "{path}");
        } else {
            assert_eq!((nobody.status, nobody.header("location")), (303, Some("/admin/login")), "{path}");
        }
        let nobody = http(served.address, "POST", path, &[], b"mark=x").unwrap();
        assert!(matches!(nobody.status, 401 | 403 | 405), "{path}: {}", nobody.status);
    }
    let reader_pages = ["/unsubscribe/daily/x", "/preferences/x", "/confirm/x"];
    for path in reader_pages {
        assert!(served.get(path).status < 500, "{path}");
    }
}

/// The mark, the hash and the text of the settings page.
fn settings(admin: &mut Visitor) -> (String, String) {
    let page = admin.get("/admin/settings");
    let text = page.body.split_once("autocomplete=\"off\">\n").unwrap().1.split_once("</textarea>").unwrap().0;
    let text = text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'");
    (page.hidden("hash"), text.replace("&#38;", "&"))
}

#[test]
fn the_configuration_is_changed_on_a_page_and_keeps_what_a_person_wrote() {
    let served = Served::start();
    let mut admin = served.admin();
    let (hash, text) = settings(&mut admin);
    assert!(text.contains("password = \"<secret"), "{text}");

    // A mistake is shown as `check` shows it.
    let broken = text.replace("name = \"Harbour\"", "nmae = \"Harbour\"");
    let refused = admin.post("/admin/settings", "/admin/settings", &[("hash", &hash), ("text", &broken)]);
    assert_eq!(refused.status, 422);
    refused.says(&["daybrief.toml:5:1", "did you mean `name`?"]);
    assert_eq!(served.config(), CONFIG);

    // A form adds a source; the difference comes first.
    let fields = [
        ("hash", hash.as_str()),
        ("kind-of-entry", "source"),
        ("entry", ""),
        ("name", "Valley & Sons"),
        ("path", "more"),
        ("enabled", "on"),
        ("full_text", "on"),
        ("do", "set"),
    ];
    let review = admin.post("/admin/settings/entry?kind=source", "/admin/settings/entry", &fields);
    assert_eq!(review.status, 200, "{}", review.body);
    review.says(&["+ name = &#34;Valley &#38; Sons&#34;", "+ path = &#34;more&#34;"]);
    assert_eq!(served.config(), CONFIG, "nothing is saved yet");
    let draft = [("mark", review.hidden("mark")), ("draft", review.hidden("draft"))];
    let draft: Vec<(&str, &str)> = draft.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Another admin's session cannot save it, nor can it be saved twice.
    assert_eq!(admin.send("/admin/settings/save", &draft, &[]).status, 303);
    assert_eq!(admin.send("/admin/settings/save", &draft, &[]).status, 422);
    let saved = served.config();
    let expected = CONFIG
        .replace("enabled = false\n", "enabled = false\n\n[[source]]\nname = \"Valley & Sons\"\npath = \"more\"\n");
    assert_eq!(saved, expected);
    // It is in force without a restart.
    let watcher = admin.clone();
    let sources = || watcher.clone().get("/admin/sources").body;
    served.wait(|| sources().contains("Valley &#38; Sons"));

    // Back again.
    let version =
        std::fs::read_dir(served.world.path().join("daybrief.toml.versions")).unwrap().next().unwrap().unwrap();
    let version = version.file_name().into_string().unwrap().replace(".toml", "");
    let (hash, _) = settings(&mut admin);
    let review = admin.post("/admin/settings", "/admin/settings/rollback", &[("hash", &hash), ("version", &version)]);
    review.says(&["- name = &#34;Valley &#38; Sons&#34;"]);
    let draft = review.hidden("draft");
    assert_eq!(admin.post("/admin", "/admin/settings/save", &[("draft", &draft)]).status, 303);
    assert_eq!(served.config(), CONFIG);
    admin.get("/admin/log").says(&["change the configuration", "name = &#34;Valley &#38; Sons&#34;"]);
}

#[test]
fn a_file_edited_by_hand_is_never_overwritten_and_a_bad_one_not_put_in_force() {
    let served = Served::start();
    let mut admin = served.admin();
    let (hash, text) = settings(&mut admin);
    let draft = {
        let changed = text.replace("# Ours.", "# Mine.");
        let review = admin.post("/admin/settings", "/admin/settings", &[("hash", &hash), ("text", &changed)]);
        review.hidden("draft")
    };
    let by_hand = CONFIG.replace("# Ours.", "# By hand.").replace("Harbour", "Port");
    served.world.write("daybrief.toml", &by_hand);
    // Neither by a form that was made before, nor by a draft that was shown before.
    for reply in [
        admin.post("/admin", "/admin/settings", &[("hash", &hash), ("text", &text)]),
        admin.post("/admin", "/admin/settings/save", &[("draft", &draft)]),
    ] {
        assert_eq!(reply.status, 409);
    }
    assert_eq!(served.config(), by_hand);
    let watcher = admin.clone();
    let page = |path: &str| watcher.clone().get(path).body;
    served.wait(|| page("/admin/sources").contains("Port"));

    served.world.write("daybrief.toml", by_hand.replace("\"articles\"", "7"));
    served.wait(|| page("/admin").contains("The one before stays in force."));
    assert!(page("/admin/settings").contains("daybrief.toml:6:8"));
    assert!(page("/admin/sources").contains("Port"));
    served.world.write("daybrief.toml", &by_hand);
    served.wait(|| !page("/admin").contains("The one before stays in force."));
}

#[test]
fn a_run_by_hand_is_sent_its_held_figure_released_and_all_of_it_on_record() {
    let served = Served::start();
    let mut admin = served.admin();
    admin.get("/admin/preview?edition=daily").says(&["Sumy", "nothing is kept or sent"]);
    let message = admin.get("/admin/preview/message?edition=daily&as=reader@inbox.example");
    assert!(message.status == 200 && message.body.contains("Sumy"), "{}", message.body);
    assert!(served.outbox().is_empty());
    let begun = admin.post("/admin", "/admin/run", &[("edition", "daily")]);
    assert_eq!(begun.header("location"), Some("/admin/run?done=running"));
    let watcher = admin.clone();
    let page = |path: &str| watcher.clone().get(path).body;
    served.wait(|| page("/admin/run").contains("1 accepted"));
    assert_eq!(served.outbox().len(), 1);
    admin.get("/admin/run").says(&["read the sources: ", "deliver: "]);

    let held = admin.get("/admin/held");
    held.says(&["Waiting: 1.", "the part is larger than its total", "including 23 children", "What was printed of it"]);
    let id = held.hidden("id");
    let reply = admin.post("/admin/held", "/admin/held", &[("id", "nobody"), ("decision", "release")]);
    assert_eq!(reply.status, 404);
    let reply = admin.post("/admin/held", "/admin/held", &[("id", &id), ("decision", "release")]);
    assert_eq!(reply.header("location"), Some("/admin/held?done=released"));
    admin.get("/admin/held").says(&["Waiting: 0."]);
    served.world.run(&["held", "list", "--all"]).ended(0).says(&["released"]);
    admin.get("/admin/log").says(&["decide on a held figure", "released", "log in", "run"]);
    admin.get("/admin/deliveries").says(&["reader@inbox.example", "accepted"]);
    admin.get("/admin/editions?q=sumy").says(&["Sumy"]);
    admin.get("/admin/editions?q=nothing-of-the-kind").says(&["No edition holds that."]);
}

#[test]
fn an_address_that_others_reach_needs_a_word() {
    let world = World::new("[web]\nlisten = \"0.0.0.0:8025\"\n");
    world.run(&["check", "--offline"]).ended(2).warns(&["daybrief.toml:2:1", "other machines reach", "exposed = true"]);
    world.write("daybrief.toml", "[web]\nlisten = \"0.0.0.0:8025\"\nexposed = true\n");
    assert_ne!(world.run(&["check", "--offline"]).status, 2);
    world.run_with_input(&["admin", "reset", "--password"], "short\n").ended(2).warns(&["10 characters"]);
    world.run(&["admin", "reset", "no spaces"]).ended(2);
}

/// A folder in which the edition `daily` was due at a time of the last day and was not made, that of the day before was. `config`
/// comes before the edition's.
pub fn missed(config: &str, due: Timestamp) -> World {
    let cron = due.strftime("%-M %-H * * *");
    let edition = format!("[[edition]]\nname = \"daily\"\ntitle = \"Harbour news\"\ncron = \"{cron}\"\n");
    let world = World::new(&format!("{config}{edition}"));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    // As if the edition of the day before had been made, for nobody.
    let before = (due - SignedDuration::from_hours(24)).as_second() / 60 * 60_000_000;
    let database = format!("sqlite:{}", world.path().join("daybrief.db").display());
    let insert = async {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(&database).await.unwrap();
        for sql in [
            "INSERT INTO editions (id, name, from_at, to_at, composed_at, partial, undelivered, digest)
             VALUES ('daily-before', 'daily', $1, $1, $1, 0, 2, '{}')",
            "INSERT INTO edition_slots (name, slot_at, edition_id) VALUES ('daily', $1, 'daily-before')",
        ] {
            sqlx::query(sql).bind(before).execute(&mut connection).await.unwrap();
        }
    };
    tokio::runtime::Runtime::new().unwrap().block_on(insert);
    world
}

#[test]
fn an_edition_that_comes_late_is_told_to_the_admin_by_mail() {
    let world = missed(CONFIG, Clock::System.now() - SignedDuration::from_hours(2));
    let served = Served::of(world);
    served.wait(|| served.outbox().iter().any(|mail| mail.contains("To: editor@daily.example")));
    let outbox = served.outbox();
    let notice = outbox.iter().find(|mail| mail.contains("To: editor@daily.example")).unwrap();
    assert!(notice.contains("Subject: Daybrief: daily is late\r\n"), "{notice}");
    assert!(notice.contains("Harbour news") && notice.contains("Message-ID: <"), "{notice}");
}

#[test]
fn accounts_passes_log_and_pages_are_kept_on_both_databases() {
    both(|url| async move {
        let store = Store::open(&url).await.unwrap();
        let at = |minutes: i64| Timestamp::from_second(2_000_000_000 + minutes * 60).unwrap();
        assert!(!store.has_admins().await.unwrap());
        store.reset_admin("ada", Some("hash"), at(0)).await.unwrap();
        assert_eq!(store.admin_password("ada").await.unwrap().as_deref(), Some("hash"));
        assert_eq!(store.admin_password("bob").await.unwrap(), None);

        let pass = |kind, hash: &str, until| Pass {
            hash: hash.to_owned(),
            kind,
            admin: "ada".to_owned(),
            label: "a label".to_owned(),
            scopes: vec!["held".to_owned(), "sources".to_owned()],
            created_at: at(0),
            seen_at: at(0),
            until: at(until),
        };
        for (kind, hash) in [(PassKind::Session, "s"), (PassKind::Link, "l"), (PassKind::Token, "t")] {
            store.keep_pass(&pass(kind, hash, 60)).await.unwrap();
        }
        let used = async |kind, idle_since, now| store.use_pass(kind, "s", at(idle_since), at(now)).await.unwrap();
        // Not as something else, not after it was idle, not after its time; each use keeps it alive.
        assert_eq!(used(PassKind::Token, 0, 1).await, None);
        assert_eq!(used(PassKind::Session, 1, 10).await, None);
        assert_eq!(used(PassKind::Session, 0, 10).await.unwrap().scopes, ["held", "sources"]);
        assert!(used(PassKind::Session, 5, 20).await.is_some());
        assert_eq!(used(PassKind::Session, 0, 60).await, None);
        // Of many who use a link at once one gets in.
        let takers = futures_util::future::join_all((0..8).map(|_| store.take_link("l", at(1)))).await;
        assert_eq!(takers.into_iter().filter_map(Result::unwrap).collect::<Vec<_>>(), ["ada"]);
        store.keep_pass(&pass(PassKind::Link, "old", 30)).await.unwrap();
        assert_eq!(store.take_link("old", at(30)).await.unwrap(), None);
        // Another password ends sessions and links; programs go on.
        store.reset_admin("ada", None, at(2)).await.unwrap();
        assert_eq!(store.admin_password("ada").await.unwrap(), None);
        assert_eq!(used(PassKind::Session, 0, 3).await, None);
        assert_eq!(store.tokens().await.unwrap().len(), 1);
        assert!(store.drop_pass("t").await.unwrap() && !store.drop_pass("t").await.unwrap());

        for (minute, what) in [(1, "first"), (1, "second"), (2, "third")] {
            let change = AuditChange { who: "ada", what, subject: "it's", before: None, after: Some("100 %") };
            store.record_change(change, at(minute)).await.unwrap();
        }
        let changes = store.changes(2).await.unwrap();
        assert_eq!(changes.iter().map(|change| &*change.what).collect::<Vec<_>>(), ["third", "second"]);
        let run = Run {
            edition: "daily".to_owned(),
            who: "schedule".to_owned(),
            started_at: at(3),
            steps: vec![Step { name: "compose".to_owned(), milliseconds: 12 }],
            failed: true,
            outcome: "it failed\0".to_owned(),
        };
        store.record_run(&run).await.unwrap();
        assert_eq!(store.runs(5).await.unwrap(), [Run { outcome: "it failed ".to_owned(), ..run }]);

        for name in ["ada", "bob", "cy"] {
            store.add_subscriber(&format!("{name}@inbox.example").parse().unwrap(), None, &[], at(0)).await.unwrap();
        }
        for slot in [0, 60] {
            store.freeze(freeze(&digest(slot), &[]), at(slot)).await.unwrap();
        }
        let page = async |words: &str, after: Option<&str>, count| {
            let page = store.editions_page(words, after, count).await.unwrap();
            page.into_iter().map(|stored| stored.id).collect::<Vec<_>>()
        };
        let all = page("", None, 9).await;
        assert_eq!(all.len(), 2);
        assert_eq!(page("", None, 1).await, all[..1]);
        assert_eq!(page("", Some(&all[0]), 9).await, all[1..]);
        assert!(page("", Some(&all[1]), 9).await.is_empty());
        // What LIKE, JSON or SQL would take for more than a letter.
        assert_eq!(page("DAYBRIEF", None, 9).await.len(), 2);
        for words in ["d%f", "dayb_ief", "'", "\\", "\"", "' OR '1'='1"] {
            let found = page(words, None, 9).await;
            assert!(found.is_empty(), "{words}: {found:?}");
        }
        let first = store.deliveries_page(&all[0], None, None, 2).await.unwrap();
        let rest = store.deliveries_page(&all[0], Some(State::Queued), Some(&first[1].subscriber_id), 2).await.unwrap();
        assert_eq!((first.len(), rest.len()), (2, 1));
        assert!(store.deliveries_page(&all[0], Some(State::Accepted), None, 2).await.unwrap().is_empty());
        let ids = store.subscriber_ids_page(None, 2).await.unwrap();
        assert_eq!(store.subscriber_ids_page(Some(&ids[1]), 2).await.unwrap().len(), 1);
    });
}
