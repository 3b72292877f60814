//! The pages in Debian's chromium, driven by chromedriver (WebDriver), with script and without. Where there is no chromedriver
//! the tests say so and pass, except when `CI` is `true`.

mod desk;
mod looks;
mod reader;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{PASSWORD, STRIKE, Served, http};
use crate::store::environment;

/// Of a window, in CSS pixels.
const HEIGHT: u32 = 900;
/// Several that start at once may find the same port.
const DRIVER_STARTS_MAX: usize = 10;
/// More stops than any page has on the way to what is looked for.
const TABS_MAX: usize = 120;

// Keys (WebDriver, section 17.4.2).
const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const SPACE: &str = " ";

/// Where readers reach the pages, as mails have it.
const READERS_URL: &str = "http://digest.example";

/// A kind of one's own.
const KIND: &str = include_str!("../../templates/web/admin/kind.toml");

/// A service with a folder for kinds, and links to its pages in its mails.
fn served() -> Served {
    Served::with_kinds(&format!("url = \"{READERS_URL}\"\n"))
}

/// Whether pages may run any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    On,
    Off,
}

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

/// A driver and where it listens; none when somebody else took the port that it found.
fn driver() -> std::io::Result<Option<(Child, SocketAddr)>> {
    let mut driver =
        Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().map(Result::unwrap).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    std::thread::spawn(move || lines.for_each(drop));
    match port {
        Some(port) => Ok(Some((driver, SocketAddr::from(([127, 0, 0, 1], port))))),
        None => driver.wait().map(|_| None),
    }
}

impl Browser {
    fn start(script: Script) -> Option<Self> {
        let (driver, address) = match (0..DRIVER_STARTS_MAX).find_map(|_| driver().transpose()) {
            Some(Ok(driver)) => driver,
            Some(Err(error)) => {
                assert_ne!(environment("CI").as_deref(), Some("true"), "chromedriver must be here in CI: {error}");
                let _ = writeln!(std::io::stderr(), "SKIPPED a test: chromedriver is not here");
                return None;
            }
            None => panic!("chromedriver finds no port"),
        };
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self { driver, address, session: String::new(), _profile: profile };
        let folder = format!("--user-data-dir={}", browser._profile.path().display());
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let arguments: Vec<&str> = arguments.into_iter().chain([folder.as_str()]).collect();
        // 1 allows, 2 blocks.
        let setting = if script == Script::On { 1 } else { 2 };
        let preferences = json!({ "profile.managed_default_content_settings.javascript": setting });
        let options = json!({ "args": arguments, "prefs": preferences });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let begun = browser.call("POST", "/session", &wanted);
        browser.session = begun["sessionId"].as_str().unwrap().to_owned();
        // Elements are waited for.
        browser.post("timeouts", &json!({ "implicit": 10_000 }));
        browser.go("data:text/html,<html><script>document.documentElement.lang = 'en'</script>");
        let ran = browser.evaluate("return document.documentElement.lang") == "en";
        assert_eq!(ran, script == Script::On, "the browser runs script as it is told");
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

    /// Goes by the keyboard to what has that name for who cannot see it.
    #[track_caller]
    fn tab_to(&self, name: &str) {
        let mut met = Vec::new();
        for _ in 0..TABS_MAX {
            self.press(TAB);
            let focused = self.call("GET", &format!("/session/{}/element/active", self.session), &json!({}));
            let id = focused.as_object().unwrap().values().next().unwrap().as_str().unwrap();
            let path = format!("/session/{}/element/{id}/computedlabel", self.session);
            let label = self.call("GET", &path, &json!({}));
            if label == name {
                return;
            }
            met.push(label);
        }
        panic!("the keyboard does not reach {name:?}: {met:?}");
    }

    /// A property of the field of that name.
    #[track_caller]
    fn property(&self, name: &str, property: &str) -> Value {
        let id = self.find("css selector", &format!("main [name='{name}']"));
        self.call("GET", &format!("/session/{}/element/{id}/property/{property}", self.session), &json!({}))
    }

    /// Clicks the box whose label begins so.
    #[track_caller]
    fn tick(&self, label: &str) {
        let id = self.find("xpath", &format!("//label[starts-with(normalize-space(), '{label}')]/input"));
        self.post(&format!("element/{id}/click"), &json!({}));
    }

    fn log_in(&self, served: &Served) {
        self.go(&format!("http://{}/admin/login", served.address));
        self.fill("password", PASSWORD);
        self.click("Log in");
        self.is_at("/admin");
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
