//! Every page as nobody, a reader and an admin see it: on a narrow screen and a wide one, in light and dark, by the keyboard,
//! and by axe-core (`DAYBRIEF_AXE` names its axe.min.js; `.ci/run` fetches it).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;

use super::reader::{arrived, link, run};
use super::*;

/// The narrowest phone, and a desk.
const WIDTHS: [u32; 2] = [320, 1000];
/// Of any page with its style sheet and its pictures: on a slow line it is there in a second.
const PAGE_BYTES_MAX: u64 = 100_000;

/// The accessibility checker's text.
fn axe() -> Option<String> {
    let Some(path) = environment("DAYBRIEF_AXE") else {
        assert_ne!(environment("CI").as_deref(), Some("true"), "DAYBRIEF_AXE must name axe.min.js in CI");
        let _ = writeln!(std::io::stderr(), "SKIPPED a test: DAYBRIEF_AXE does not name axe.min.js");
        return None;
    };
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// Pictures of every page are left in the folder that cargo gives to tests, to be looked at.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Gathers what is wrong with the pages, so that all of it is told at once.
struct Looks<'b> {
    browser: &'b Browser,
    served: &'b Served,
    axe: Option<String>,
    pictures: PathBuf,
    wrong: Vec<String>,
}

impl Looks<'_> {
    /// Looks at the page of an address of ours, whose picture gets a name.
    #[track_caller]
    fn page(&mut self, name: &str, path: &str) {
        self.form(name, path, || {});
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        assert_eq!(self.browser.evaluate(status), 200, "{path}");
        self.keyboard(name);
    }

    /// Looks at what comes of a page after something was done there.
    fn form(&mut self, name: &str, path: &str, done: impl Fn()) {
        for (width, dark) in WIDTHS.into_iter().flat_map(|width| [(width, false), (width, true)]) {
            self.browser.screen(width, dark);
            self.browser.go(&format!("http://{}{path}", self.served.address));
            done();
            self.here(&format!("{name}-{width}-{}", if dark { "dark" } else { "light" }), width);
        }
    }

    /// Looks at what the browser shows.
    fn here(&mut self, name: &str, width: u32) {
        let browser = self.browser;
        let wide = browser.evaluate("return document.documentElement.scrollWidth").as_u64().unwrap();
        if wide > u64::from(width) {
            self.wrong.push(format!("{name} is {wide} wide"));
        }
        let bytes = "return performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))\
                     .reduce((sum, it) => sum + it.decodedBodySize, 0)";
        let bytes = browser.evaluate(bytes).as_u64().unwrap();
        if bytes == 0 || bytes > PAGE_BYTES_MAX {
            self.wrong.push(format!("{name} has {bytes} bytes"));
        }
        let high = browser.evaluate("return document.documentElement.scrollHeight").as_u64().unwrap();
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": high, "scale": 1 });
        let params = json!({ "captureBeyondViewport": true, "clip": clip });
        let png = browser.post("goog/cdp/execute", &json!({ "cmd": "Page.captureScreenshot", "params": params }));
        let png = base64::engine::general_purpose::STANDARD.decode(png["data"].as_str().unwrap()).unwrap();
        std::fs::write(self.pictures.join(format!("{name}.png")), png).unwrap();
        let Some(axe) = &self.axe else { return };
        browser.evaluate(axe);
        let script = "const done = arguments[0];\
                      axe.run({ iframes: false, resultTypes: ['violations'] }).then(\
                      found => done(found.violations.flatMap(it => it.nodes.map(node => `${it.id} ${node.html}: ${node.failureSummary}`))),\
                      error => done([String(error)]))";
        let found = browser.post("execute/async", &json!({ "script": script, "args": [] }));
        let found: Vec<String> = serde_json::from_value(found).unwrap();
        self.wrong.extend(found.into_iter().map(|it| format!("{name}: {it}")));
    }

    /// Whatever can be clicked can be reached by the keyboard.
    fn keyboard(&mut self, name: &str) {
        let indices = "const all = [...document.querySelectorAll('*')];\
            return [...document.querySelectorAll('a[href], button, input:not([type=hidden], [tabindex=\"-1\"]), select, textarea, iframe, summary')]\
            .filter(it => it.checkVisibility()).map(it => all.indexOf(it))";
        let wanted: BTreeSet<u64> = serde_json::from_value(self.browser.evaluate(indices)).unwrap();
        let mut reached = BTreeSet::new();
        // A frame, and a date, have stops of their own.
        for _ in 0..2 * wanted.len() + 20 {
            if reached.is_superset(&wanted) {
                return;
            }
            self.browser.press(TAB);
            let at = "return [...document.querySelectorAll('*')].indexOf(document.activeElement)";
            reached.extend(self.browser.evaluate(at).as_u64());
        }
        let missed: Vec<_> = wanted.difference(&reached).collect();
        self.wrong.push(format!("{name}: the keyboard does not reach {missed:?}"));
    }
}

/// Where the first link of the page that the browser shows leads whose address begins so, as a path of the site.
#[track_caller]
fn first_link(browser: &Browser, start: &str) -> String {
    let found = browser.find("css selector", &format!("main a[href^='{start}']"));
    let path = format!("/session/{}/element/{found}/property/href", browser.session);
    path_of(browser.call("GET", &path, &json!({})).as_str().unwrap())
}

fn path_of(url: &str) -> String {
    url::Url::parse(url).unwrap()[url::Position::BeforePath..].to_owned()
}

/// Has the pages looked at, after an edition with a held figure has gone out.
fn look(at: impl Fn(&mut Looks<'_>)) {
    let served = served();
    let Some(browser) = Browser::start(Script::On) else { return };
    served.world.write("kinds/bridges.toml", KIND);
    run(&served);
    let mut looks = Looks { browser: &browser, served: &served, axe: axe(), pictures: pictures(), wrong: Vec::new() };
    at(&mut looks);
    assert!(looks.wrong.is_empty(), "{} wrong:\n{}", looks.wrong.len(), looks.wrong.join("\n"));
}

#[test]
fn everybody_and_a_reader_can_read_their_pages_on_any_screen() {
    look(|looks| {
        let (browser, served) = (looks.browser, looks.served);
        looks.page("archive", "/archive");
        let edition = first_link(browser, "archive/daily-");
        looks.page("edition", &edition);
        let incident = first_link(browser, &edition["/archive/".len()..edition.len() - ".html".len()]);
        looks.page("incident", &incident);
        for (name, path) in [
            ("archive-search", "/archive?q=nothing-of-the-kind"),
            ("report", &edition.replace(".html", "/report")),
            ("subscribe", "/subscribe"),
            ("confirm", "/confirm/nobody"),
            ("unknown", "/preferences/nobody"),
        ] {
            looks.page(name, path);
        }
        looks.form("subscribe-wrong", "/subscribe", || {
            browser.fill("address", "nobody");
            // What a browser that looks at addresses itself would not send.
            browser.evaluate("document.querySelector('main form').noValidate = true");
            browser.click("Ask for it");
            browser.says("no address we can write to");
        });
        let mail = arrived(served, "reader@inbox.example").remove(0);
        let preferences = path_of(&link(served, &mail, "preferences"));
        looks.page("preferences", &preferences);
        looks.page("unsubscribe", &path_of(&link(served, &mail, "unsubscribe")));
        looks.form("preferences-kept", &preferences, || {
            browser.click("Keep");
            browser.says("Kept.");
        });
    });
}

#[test]
fn an_admin_can_read_the_desk_on_any_screen() {
    look(|looks| {
        let (browser, served) = (looks.browser, looks.served);
        looks.page("login", "/admin/login");
        browser.screen(1000, false);
        browser.log_in(served);
        for (name, path) in [
            ("desk", "/admin"),
            ("desk-held", "/admin/held"),
            ("desk-reports", "/admin/reports"),
            ("desk-sources", "/admin/sources"),
            ("desk-deliveries", "/admin/deliveries"),
            ("desk-kinds", "/admin/kinds"),
            ("desk-kind", "/admin/kinds/edit?name=bridges"),
            ("desk-settings", "/admin/settings"),
            ("desk-source", "/admin/settings/entry?kind=source&name=Harbour"),
            ("desk-edition-entry", "/admin/settings/entry?kind=edition"),
            ("desk-log", "/admin/log"),
            ("desk-run", "/admin/run"),
            ("desk-accuracy", "/admin/accuracy"),
            ("desk-tokens", "/admin/tokens"),
            ("desk-password", "/admin/password"),
            ("desk-preview", "/admin/preview?edition=daily"),
            ("desk-editions", "/admin/editions"),
        ] {
            looks.page(name, path);
        }
        let edition = first_link(browser, "/admin/editions/");
        looks.page("desk-edition", &edition);
        looks.form("desk-settings-wrong", "/admin/settings", || {
            let text = browser.find("css selector", "textarea");
            browser.post(&format!("element/{text}/value"), &json!({ "text": "\nlistn = 1\n" }));
            browser.click("Check and show what changes");
            browser.says("did you mean `listen`?");
        });
        looks.form("desk-review", "/admin/settings/entry?kind=source&name=Harbour", || {
            browser.fill("name", "Harbour Courier");
            browser.click("Check and show what changes");
            browser.says("Nothing is saved yet.");
        });
        looks.form("desk-kind-tried", "/admin/kinds/edit?name=bridges", || {
            browser.click("Check and try");
            browser.says("What it would have found");
        });
        looks.form("desk-missing", "/admin/editions/nowhere", || browser.says("There is no such page."));
    });
}
