//! The desk in Debian's chromium, driven by chromedriver (WebDriver): with script switched off, so that whatever works here
//! works without. Where there is no chromedriver the test says so and passes, except when `CI` is `true`.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::desk::{PASSWORD, Served, http};
use crate::store::environment;

/// Widths to look at: the narrowest phone, a common one, a desk.
const WIDTHS: [u32; 3] = [320, 375, 1000];
const HEIGHT: u32 = 900;

struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session.
        let _ = http(self.address, "DELETE", &format!("/session/{}", self.session), &[], b"");
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    fn start() -> Option<Self> {
        let driver = Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut driver = match driver {
            Ok(driver) => driver,
            Err(error) => {
                assert_ne!(environment("CI").as_deref(), Some("true"), "chromedriver must be here in CI: {error}");
                let _ = writeln!(std::io::stderr(), "SKIPPED a test: chromedriver is not here");
                return None;
            }
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        std::thread::spawn(move || lines.for_each(drop));
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("chromedriver tells its port")));
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, address, session: String::new(), _profile: profile };
        let folder = format!("--user-data-dir={}", browser._profile.path().display());
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let arguments: Vec<&str> = arguments.into_iter().chain([folder.as_str()]).collect();
        // 2 blocks.
        let preferences = json!({ "profile.managed_default_content_settings.javascript": 2 });
        let options = json!({ "args": arguments, "prefs": preferences });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let begun = browser.call("POST", "/session", &wanted);
        browser.session = begun["sessionId"].as_str().unwrap().to_owned();
        // Elements are waited for.
        browser.post("timeouts", &json!({ "implicit": 10_000 }));
        Some(browser)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.attempt(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn attempt(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let headers = [("Content-Type", "application/json")];
        let reply = http(self.address, method, path, &headers, body.to_string().as_bytes()).unwrap();
        let mut value: Value = serde_json::from_str(&reply.body).unwrap();
        let value = value["value"].take();
        if reply.status == 200 { Ok(value) } else { Err(value) }
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}/{path}", self.session), body)
    }

    fn go(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    fn path(&self) -> String {
        let url = self.call("GET", &format!("/session/{}/url", self.session), &json!({}));
        url::Url::parse(url.as_str().unwrap()).unwrap().path().to_owned()
    }

    #[track_caller]
    fn find(&self, using: &str, what: &str) -> String {
        let found = self.post("element", &json!({ "using": using, "value": what }));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Clicks the link or button of that text.
    #[track_caller]
    fn click(&self, text: &str) {
        let what = format!("//*[(self::a or self::button) and normalize-space()='{text}']");
        let id = self.find("xpath", &what);
        self.post(&format!("element/{id}/click"), &json!({}));
    }

    /// Writes into a field in place of what it holds.
    #[track_caller]
    fn fill(&self, name: &str, text: &str) {
        let id = self.find("css selector", &format!("main [name='{name}']"));
        self.post(&format!("element/{id}/clear"), &json!({}));
        self.post(&format!("element/{id}/value"), &json!({ "text": text }));
    }

    /// What the page says. One that loads itself again may be gone for a moment.
    #[track_caller]
    fn text(&self) -> String {
        let main = json!({ "using": "css selector", "value": "main" });
        let text = || {
            let found = self.attempt("POST", &format!("/session/{}/element", self.session), &main).ok()?;
            let id = found.as_object()?.values().next()?.as_str()?.to_owned();
            let path = format!("/session/{}/element/{id}/text", self.session);
            Some(self.attempt("GET", &path, &json!({})).ok()?.as_str()?.to_owned())
        };
        for _ in 0..50 {
            if let Some(text) = text() {
                return text;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the page says nothing");
    }

    /// Waits until the page says something: a click comes back before its page has.
    #[track_caller]
    fn says(&self, part: &str) {
        for _ in 0..100 {
            if self.text().contains(part) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{part:?} is not in {}", self.text());
    }

    #[track_caller]
    fn is_at(&self, path: &str) {
        for _ in 0..100 {
            if self.path() == path {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it is at {}", self.path());
    }

    /// Loads a page again and again until it says something.
    #[track_caller]
    fn wait(&self, url: &str, part: &str) {
        for _ in 0..300 {
            self.go(url);
            if self.text().contains(part) {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("{part:?} never came: {}", self.text());
    }

    /// One of the keys of a keyboard, wherever the focus is.
    fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })])
            .collect();
        self.post("actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    fn evaluate(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn screen(&self, width: u32, dark: bool) {
        let metrics = json!({ "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        self.post("goog/cdp/execute", &json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }));
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.post("goog/cdp/execute", &json!({ "cmd": "Emulation.setEmulatedMedia", "params": features }));
    }
}

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";

/// Pictures of every page are left in the folder that cargo gives to tests, to be looked at.
fn pictures(browser: &Browser, served: &Served, cookie_pages: &[&str]) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("desk");
    std::fs::create_dir_all(&folder).unwrap();
    for path in cookie_pages {
        for (width, dark) in WIDTHS.into_iter().flat_map(|width| [(width, false), (width, true)]) {
            browser.screen(width, dark);
            browser.go(&format!("http://{}{path}", served.address));
            let wide = browser.evaluate("return document.documentElement.scrollWidth").as_u64().unwrap();
            assert!(wide <= u64::from(width), "{path} is {wide} wide on a screen of {width}");
            let png = browser.call("GET", &format!("/session/{}/screenshot", browser.session), &json!({}));
            let png = base64::engine::general_purpose::STANDARD.decode(png.as_str().unwrap()).unwrap();
            let name = path.trim_start_matches('/').replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            let scheme = if dark { "dark" } else { "light" };
            std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), png).unwrap();
        }
    }
    browser.screen(1000, false);
}

#[test]
fn an_admin_works_at_the_desk() {
    let served = Served::start();
    let Some(browser) = Browser::start() else { return };
    let url = |path: &str| format!("http://{}{path}", served.address);

    // Log in, by keyboard alone: the name is filled in, the password comes next.
    browser.go(&url("/admin"));
    browser.is_at("/admin/login");
    browser.press(&TAB.repeat(2));
    browser.press(TAB);
    browser.press(PASSWORD);
    browser.press(ENTER);
    browser.is_at("/admin");

    // Add a source, seeing first what changes.
    browser.click("Settings");
    browser.click("Add a source");
    browser.fill("name", "Valley Ledger");
    browser.fill("path", "valley");
    browser.click("Check and show what changes");
    browser.says("+ name = \"Valley Ledger\"");
    browser.click("Save");
    browser.says("Saved.");
    assert!(served.config().contains("name = \"Valley Ledger\"\npath = \"valley\"\n"));
    browser.wait(&url("/admin/sources"), "Valley Ledger");

    // Break the file in the editor, read what to write instead, and mend it.
    browser.click("Settings");
    let text = browser.find("css selector", "textarea");
    browser.post(&format!("element/{text}/value"), &json!({ "text": "\nlistn = 1\n" }));
    browser.click("Check and show what changes");
    browser.says("did you mean `listen`?");
    let broken = browser.find("css selector", "textarea");
    let broken =
        browser.call("GET", &format!("/session/{}/element/{broken}/property/value", browser.session), &json!({}));
    browser.fill("text", &broken.as_str().unwrap().replace("listn = 1\n", "# mended\n"));
    browser.click("Check and show what changes");
    browser.says("+ # mended");
    browser.click("Save");
    browser.says("Saved.");
    assert!(served.config().contains("# mended") && served.config().contains("hunter2-mail"));

    // Break it by hand: the one before stays in force, and the page says so.
    let good = served.config();
    served.world.write("daybrief.toml", good.replace("\"valley\"", "7"));
    browser.wait(&url("/admin"), "The one before stays in force.");
    served.world.write("daybrief.toml", &good);
    for _ in 0..100 {
        browser.go(&url("/admin"));
        if !browser.text().contains("stays in force") {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }

    // Run it, release what is held, send a test.
    browser.click("Run daily now");
    browser.wait(&url("/admin/run"), "1 accepted");
    browser.click("Held");
    browser.says("the part is larger than its total");
    browser.click("Release");
    browser.says("Released: the next edition may print it.");
    browser.go(&url("/admin"));
    browser.fill("to", "editor@inbox.example");
    browser.click("Send a test");
    browser.says("The test was sent.");
    assert_eq!(served.outbox().len(), 2);

    let pages = [
        "/admin",
        "/admin/held",
        "/admin/sources",
        "/admin/editions",
        "/admin/deliveries",
        "/admin/settings",
        "/admin/log",
        "/admin/run",
        "/admin/tokens",
        "/admin/password",
        "/admin/preview",
        "/admin/settings/entry?kind=edition",
    ];
    pictures(&browser, &served, &pages);
    // Whatever can be clicked can be reached by the keyboard, and has a name.
    for path in pages {
        browser.go(&url(path));
        let nameless = "return [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, iframe')]\
            .filter(it => !(it.textContent.trim() || it.getAttribute('aria-label') || it.title || it.labels?.[0]?.textContent.trim()))\
            .map(it => it.outerHTML)";
        assert_eq!(browser.evaluate(nameless), json!([]), "{path}");
        let indices = "const all = [...document.querySelectorAll('*')];\
            return [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, iframe, summary')]\
            .map(it => all.indexOf(it))";
        let wanted: BTreeSet<u64> = serde_json::from_value(browser.evaluate(indices)).unwrap();
        let mut reached = BTreeSet::new();
        // A frame has stops of its own.
        for _ in 0..2 * wanted.len() + 20 {
            if reached.is_superset(&wanted) {
                break;
            }
            browser.press(TAB);
            let at = "return [...document.querySelectorAll('*')].indexOf(document.activeElement)";
            reached.extend(browser.evaluate(at).as_u64());
        }
        let missed: Vec<_> = wanted.difference(&reached).collect();
        assert!(missed.is_empty(), "{path}: the keyboard does not reach {missed:?}");
    }
    browser.click("Log out");
    browser.is_at("/admin/login");
}
