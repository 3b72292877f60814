//! What an admin does at the desk.

use super::*;

#[test]
fn an_admin_works_at_the_desk() {
    work(Script::On);
}

#[test]
fn an_admin_works_at_the_desk_without_script() {
    work(Script::Off);
}

fn work(script: Script) {
    let served = served();
    let Some(browser) = Browser::start(script) else { return };
    let url = |path: &str| format!("http://{}{path}", served.address);
    browser.go(&url("/admin"));
    browser.is_at("/admin/login");
    browser.log_in(&served);

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

    // Break the file in the editor, read what to write instead, and mend it. Nothing is written before.
    let good = served.config();
    browser.click("Settings");
    let text = browser.find("css selector", "textarea");
    browser.post(&format!("element/{text}/value"), &json!({ "text": "\nlistn = 1\n" }));
    browser.click("Check and show what changes");
    browser.says("did you mean `listen`?");
    assert_eq!(served.config(), good);
    let broken = browser.property("text", "value");
    browser.fill("text", &broken.as_str().unwrap().replace("listn = 1\n", "# mended\n"));
    browser.click("Check and show what changes");
    browser.says("+ # mended");
    assert_eq!(served.config(), good);
    browser.click("Save");
    browser.says("Saved.");
    assert!(served.config().contains("# mended") && served.config().contains("hunter2-mail"));

    // Break it by hand: the one before stays in force, and the page says so.
    let good = served.config();
    served.world.write("daybrief.toml", good.replace("\"valley\"", "7"));
    browser.wait(&url("/admin"), "The one before stays in force.");
    served.world.write("daybrief.toml", &good);
    served.wait(|| {
        browser.go(&url("/admin"));
        !browser.text().contains("stays in force")
    });

    // A kind of one's own: its examples, what it would have found, and then in force.
    browser.click("Kinds");
    browser.click("Add a kind");
    let start = browser.property("text", "value");
    browser.fill("name", "bridges");
    browser.fill("text", &start.as_str().unwrap().replace("vehicles = 12", "vehicles = 13"));
    browser.click("Check and try");
    browser.says("no: this example gives");
    browser.fill("text", start.as_str().unwrap());
    browser.click("Check and try");
    browser.says("1 found in 2 articles");
    browser.says("collapsed under 12 lorries on Monday");
    assert!(!browser.text().contains("no: "), "{}", browser.text());
    assert!(!served.world.path().join("kinds/bridges.toml").exists());
    browser.click("Save");
    browser.says("It is in force from the next edition on.");
    assert!(served.world.path().join("kinds/bridges.toml").exists());

    // Run it, release what is held, send a test.
    browser.click("Today");
    browser.click("Run daily now");
    browser.wait(&url("/admin/run"), "1 accepted");
    assert!(served.outbox()[0].contains("Bridges"), "{}", served.outbox()[0]);
    browser.click("Held");
    browser.says("the part is larger than its total");
    browser.click("Release");
    browser.says("Released: the next edition may print it.");
    browser.click("Today");
    browser.fill("to", "editor@inbox.example");
    browser.click("Send a test");
    browser.says("The test was sent.");
    assert_eq!(served.outbox().len(), 2);

    browser.click("Log out");
    browser.is_at("/admin/login");
}

#[test]
fn an_admin_needs_no_mouse() {
    let served = served();
    let Some(browser) = Browser::start(Script::On) else { return };
    browser.go(&format!("http://{}/admin", served.address));
    browser.is_at("/admin/login");
    browser.tab_to("Password");
    browser.press(PASSWORD);
    browser.press(ENTER);
    browser.is_at("/admin");
    browser.tab_to("Settings");
    browser.press(ENTER);
    browser.is_at("/admin/settings");
    browser.tab_to("Add a source");
    browser.press(ENTER);
    browser.is_at("/admin/settings/entry");
    browser.tab_to("Name");
    browser.press("Valley Ledger");
    browser.tab_to("or a file or folder");
    browser.press("valley");
    browser.tab_to("Check and show what changes");
    browser.press(ENTER);
    browser.says("+ name = \"Valley Ledger\"");
    browser.tab_to("Save");
    browser.press(ENTER);
    browser.says("Saved.");
    assert!(served.config().contains("name = \"Valley Ledger\""));
    browser.tab_to("Today");
    browser.press(ENTER);
    browser.is_at("/admin");
    browser.tab_to("Send a test of daily to");
    browser.press("editor@inbox.example");
    browser.press(ENTER);
    browser.says("The test was sent.");
    assert_eq!(served.outbox().len(), 1);
}
