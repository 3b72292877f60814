//! A reader, from signing up to leaving.

use mail_parser::{HeaderName, MessageParser};

use super::*;

const NEWCOMER: &str = "newcomer@inbox.example";

#[test]
fn a_reader_comes_chooses_and_leaves() {
    come_and_go(Script::On);
}

#[test]
fn a_reader_comes_chooses_and_leaves_without_script() {
    come_and_go(Script::Off);
}

/// What has arrived for somebody, as text, the oldest first.
pub fn arrived(served: &Served, reader: &str) -> Vec<String> {
    let mut mails: Vec<(i64, String)> = Vec::new();
    for raw in served.outbox() {
        let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
        if mail.to().unwrap().first().unwrap().address() == Some(reader) {
            mails.push((mail.date().unwrap().to_timestamp(), mail.body_text(0).unwrap().into_owned()));
        }
    }
    mails.sort();
    mails.into_iter().map(|(_, text)| text).collect()
}

/// The link of a mail to one of the pages, on the machine that serves them here.
#[track_caller]
pub fn link(served: &Served, text: &str, page: &str) -> String {
    let start = format!("{READERS_URL}/{page}/");
    let at = text.find(&start).unwrap_or_else(|| panic!("no link to {page} in {text}"));
    let link = text[at..].split_whitespace().next().unwrap();
    link.replace(READERS_URL, &format!("http://{}", served.address))
}

/// Has an edition made now.
pub fn run(served: &Served) {
    // With a figure held it ends with 3.
    let ran = served.world.run(&["run"]);
    assert!(matches!(ran.status, 0 | 3), "{ran:?}");
}

fn come_and_go(script: Script) {
    let served = served();
    let Some(browser) = Browser::start(script) else { return };
    served.world.write("kinds/bridges.toml", KIND);

    // Sign up, and confirm from the mail that arrived.
    browser.go(&format!("http://{}/subscribe", served.address));
    browser.fill("address", NEWCOMER);
    browser.click("Ask for it");
    browser.says("Look into your mail");
    served.wait(|| !arrived(&served, NEWCOMER).is_empty());
    browser.go(&link(&served, &arrived(&served, NEWCOMER)[0], "confirm"));
    browser.click("Yes, send it to me");
    browser.says("The next edition comes to you.");

    // Fewer topics: what is shown is what is kept, and what is sent.
    browser.click("Choose what you get, and when");
    browser.says(NEWCOMER);
    browser.tick("Other developments");
    browser.tick("In brief");
    browser.click("Keep");
    browser.says("Kept. It holds from the next edition on.");
    let boxes = "return [...document.querySelectorAll('[name=topic]:checked')].map(it => it.value)";
    assert_eq!(browser.evaluate(boxes), json!(["changes", "talks", "tolls", "munitions"]));
    run(&served);
    let all = arrived(&served, "reader@inbox.example");
    assert!(all[0].contains("killed 2") && all[0].contains("Bridges"), "{}", all[0]);
    let first = arrived(&served, NEWCOMER).remove(1);
    assert!(first.contains("killed 2") && !first.contains("Bridges"), "{first}");

    // A pause: the others get the next edition.
    browser.go(&link(&served, &first, "preferences"));
    browser.says(NEWCOMER);
    // As a person types it where the page's language is American English: month, day, year.
    let pause = browser.find("css selector", "[name=pause]");
    browser.post(&format!("element/{pause}/value"), &json!({ "text": "01022199" }));
    assert_eq!(browser.property("pause", "value"), "2199-01-02");
    browser.click("Keep");
    browser.says("Kept.");
    assert_eq!(browser.property("pause", "value"), "2199-01-02");
    served.world.write("articles/second.txt", STRIKE.replace("Sumy", "Poltava").replace("Two", "Five"));
    run(&served);
    assert_eq!(arrived(&served, "reader@inbox.example").len(), 2);
    assert_eq!(arrived(&served, NEWCOMER).len(), 2, "the question and one edition");

    // Leave by one click.
    browser.go(&link(&served, &first, "unsubscribe"));
    browser.click("Unsubscribe");
    browser.says("it is not any more");
    browser.go(&link(&served, &first, "preferences"));
    browser.says("This link does not work");
}

#[test]
fn a_mail_program_unsubscribes_by_one_click() {
    let served = served();
    run(&served);
    let raw = served.outbox().remove(0);
    let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let header = |name: &'static str| mail.header_raw(HeaderName::from(name)).unwrap().trim().to_owned();
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let addresses = header("List-Unsubscribe");
    let address = addresses.split(['<', '>']).find_map(|part| part.strip_prefix(READERS_URL)).unwrap();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = http(served.address, "POST", address, &form, b"List-Unsubscribe=One-Click").unwrap();
    assert_eq!(reply.status, 200);
    served.world.write("articles/second.txt", STRIKE.replace("Sumy", "Poltava").replace("Two", "Five"));
    run(&served);
    assert_eq!(served.outbox().len(), 1);
}

#[test]
fn a_reader_needs_no_mouse() {
    let served = served();
    let Some(browser) = Browser::start(Script::On) else { return };
    browser.go(&format!("http://{}/subscribe", served.address));
    browser.tab_to("Your address");
    browser.press(NEWCOMER);
    browser.tab_to("Ask for it");
    browser.press(ENTER);
    browser.says("Look into your mail");
    served.wait(|| !arrived(&served, NEWCOMER).is_empty());
    browser.go(&link(&served, &arrived(&served, NEWCOMER)[0], "confirm"));
    browser.tab_to("Yes, send it to me");
    browser.press(ENTER);
    browser.says("The next edition comes to you.");
    browser.tab_to("Choose what you get, and when");
    browser.press(ENTER);
    browser.says(NEWCOMER);
    browser.tab_to("In brief");
    browser.press(SPACE);
    browser.tab_to("Keep");
    browser.press(ENTER);
    browser.says("Kept.");
    let boxes = "return document.querySelectorAll('[name=topic]:checked').length";
    assert_eq!(browser.evaluate(boxes), 5);
}
