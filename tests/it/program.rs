//! The program as a person meets it: verbs, exit statuses, what arrives, what a mistake says.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::smtp_server::{Script, SmtpServer};
use crate::testbed::{self, Testbed};
use crate::world::{Answer, Ran, Web, World, holds};

/// An article of ours: a toll with a part, and who says so.
const STRIKE: &str = "A missile strike on the river port of Sumy on Monday injured 101 people, including 23 children, the \
                      regional administration said on Tuesday.";

fn feed(web: &Web, pages: &[(&str, &str, &str)]) -> String {
    let items: String = pages
        .iter()
        .map(|(path, title, date)| {
            let link = web.url(path);
            format!(
                "<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{date}</pubDate></item>"
            )
        })
        .collect();
    format!(
        "<rss version='2.0'><channel><title>The Harbour Courier</title><language>en</language>{items}</channel></rss>"
    )
}

fn page(title: &str, paragraphs: &[&str]) -> String {
    let body: String = paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect();
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body><nav><a href=/>Home</a></nav>\
         <article><h1>{title}</h1>{body}<p>Residents described a night without sleep in the streets around the market, and \
         schools in the district stayed closed for the rest of the week.</p></article><footer>Our newsletter</footer></body></html>"
    )
}

/// A configuration with one feed on loopback; mail goes to the folder `outbox`.
fn config(web: &Web, more: &str) -> String {
    format!(
        "[[source]]\nname = \"Harbour\"\nurl = \"{}\"\n[limits]\nallow_private = [\"127.0.0.0/8\"]\nhost_gap = \"0s\"\n{more}",
        web.url("/feed.xml")
    )
}

pub const WINDOW: [&str; 4] = ["--from", "2025-03-24", "--to", "2025-03-26"];

pub fn world_with_strike(web: &Web, more: &str) -> World {
    web.put("/feed.xml", Answer::rss(feed(web, &[("/sumy", "Strike on Sumy", "Tue, 25 Mar 2025 09:12:00 +0000")])));
    web.put("/sumy", Answer::html(page("Strike on Sumy", &[STRIKE])));
    World::new(&config(web, more))
}

fn outbox(world: &World) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(world.path().join("outbox")) else { return Vec::new() };
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

/// The text of a message's parts, with quoted-printable line breaks and `=` undone as far as these tests look.
fn unfolded(message: &str) -> String {
    message.replace("=\r\n", "").replace("=E2=80=9C", "“").replace("=E2=80=9D", "”")
}

#[test]
fn the_demo_shows_a_rising_toll_a_moving_track_and_a_correction() {
    let ran = World::new("").run(&["demo"]).ended(0);
    let tolls = ran.out.split("\nSTRIKES AND TOLLS\n").nth(1).unwrap();
    assert_eq!(tolls.matches("\n  Mykolaiv · strike · 3 Mar (").count(), 1, "one strike, one incident:\n{}", ran.out);
    ran.says(&[
        "CHANGED SINCE THE LAST EDITION",
        "Kutaisi · accident · 4 Mar (corrected) injured 12 → 2, corrected by Evening Dispatch",
        "Mykolaiv · strike · 3 Mar (changed) killed 5 → 6 (+1)",
        "Armenia – Azerbaijan (changed) talks · Geneva · 5 Mar: under way → ended, contacts to go on",
        "IN BRIEF Film festival names its jury",
    ]);
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let readme = include_str!("../../README.md");
    let (_, shown) = readme.split_once("$ cargo run --release -- demo\n").unwrap();
    let (shown, _) = shown.split_once("\n  …\n```").unwrap();
    let ran = World::new("").run(&["demo"]).ended(0);
    assert!(ran.out.starts_with(shown), "the demo prints:\n{}", ran.out);
}

#[test]
fn a_feed_and_its_page_become_a_mail_once() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let run: Vec<&str> = ["run"].into_iter().chain(WINDOW).collect();
    world.run(&run).ended(0).says(&["Sumy strike: 101 injured", "1 accepted"]);
    let mails = outbox(&world);
    assert_eq!(mails.len(), 1);
    let mail = unfolded(&mails[0]);
    for part in ["To: reader@inbox.example", "Auto-Submitted: auto-generated", "text/plain", "text/html"] {
        assert!(mail.contains(part), "{part}");
    }
    let (_, html) = mail.split_once("text/html").unwrap();
    let (text, _) = mail.split_once("text/html").unwrap();
    for part in [text, html] {
        holds(part, &["injured 101", "including 23 children", "injured 101 people, including 23 children, the"]);
    }

    world.run(&run).ended(0).says(&["nothing new; nothing to send"]);
    assert_eq!(outbox(&world).len(), 1, "the second run sends nothing");

    let sent = world.run(&["preview", "--date", &today(), "--as", "reader@inbox.example", "--format", "eml"]);
    // The window of a run ends when it says, so its day is that of the window's end.
    assert_eq!(sent.status, 1, "there is no edition of today");
    let sent =
        world.run(&["preview", "--date", "2025-03-26", "--as", "reader@inbox.example", "--format", "eml"]).ended(0);
    assert_eq!(sent.out.trim_end(), mails[0].trim_end(), "a preview of what was sent is what was sent");
}

fn today() -> String {
    jiff::Timestamp::from_second(now_seconds()).unwrap().strftime("%F").to_string()
}

/// Unix time, as the shell tells it: the clock is the program's, not the tests'.
fn now_seconds() -> i64 {
    let output = Command::new("date").arg("+%s").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn a_dry_run_and_a_preview_leave_no_trace() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    let dry: Vec<&str> = ["run", "--dry-run"].into_iter().chain(WINDOW).collect();
    world
        .run(&dry)
        .ended(0)
        .says(&["injured 101: regional administration, as of 25 Mar 09:12 [1]", "including 23 children"]);
    world.run(&["preview"]).ended(0).says(&["Nothing new since the last edition."]);
    let files: Vec<_> = std::fs::read_dir(world.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["daybrief.toml"]);
}

#[test]
fn standard_input_and_a_file_are_read_alike() {
    let world = World::new("");
    let expected = ["injured 101: regional administration [1]", "including 23 children", "1 of 1 source answered"];
    world.run_with_input(&["run", "--dry-run", "-"], STRIKE).ended(0).says(&expected);
    world
        .run_with_input(&["run", "--dry-run", "--published", "2031-03-05", "-"], STRIKE)
        .ended(0)
        .says(&["carried by standard input", "standard input, 5 Mar 2031"]);
    world.write("article.txt", STRIKE);
    world.run(&["run", "--dry-run", "article.txt"]).ended(0).says(&expected);
    world.write("articles/one.txt", STRIKE);
    world.write(
        "articles/two.html",
        page("Ferry", &["The ferry company adds a night sailing from April on, it said on Monday."]),
    );
    world.run(&["run", "--dry-run", "articles"]).ended(0).says(&["injured 101", "IN BRIEF Ferry"]);
}

#[test]
fn an_edition_is_written_in_four_forms() {
    let world = World::new("");
    world.run_with_input(&["run", "--dry-run", "--out", "kept", "-"], STRIKE).ended(0);
    let mut names: Vec<String> = std::fs::read_dir(world.path().join("kept"))
        .unwrap()
        .map(|file| file.unwrap().path().extension().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    // The page has its map beside it.
    assert_eq!(names, ["eml", "html", "json", "png", "txt"]);
}

#[test]
fn copies_to_an_address_take_nothing_from_the_subscribers() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    world
        .run(&["run", "--from", "2025-03-24", "--to", "2025-03-26", "--to", "desk@inbox.example"])
        .ended(0)
        .says(&["1 accepted"]);
    let run: Vec<&str> = ["run"].into_iter().chain(WINDOW).collect();
    world.run(&run).ended(0).says(&["1 accepted"]);
    assert_eq!(outbox(&world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_that_could_not_be_sent_goes_with_the_next_run() {
    let web = Web::start();
    // A port that was free a moment ago, and where nobody listens yet.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let smtp = |port: u16| format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\n");
    let world = world_with_strike(&web, &smtp(free.port()));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let run: Vec<&str> = ["run"].into_iter().chain(WINDOW).collect();
    world.run(&run).ended(3).says(&["1 deferred"]).warns(&["connecting"]);

    let server = SmtpServer::start(Script::default()).await;
    world.write("daybrief.toml", config(&web, &smtp(server.address.port())));
    let ran = tokio::task::block_in_place(|| world.run(&run));
    ran.ended(0).says(&["nothing new; 1 accepted"]);
    let message = String::from_utf8(server.seen().messages[0].clone()).unwrap();
    holds(&unfolded(&message), &["injured 101", "including 23 children"]);
}

#[test]
fn a_source_that_fails_costs_nothing_but_itself() {
    let web = Web::start();
    let more = format!(
        "[[source]]\nname = \"Page\"\nkind = \"feed\"\nurl = \"{}\"\n[[source]]\nname = \"Huge\"\nurl = \"{}\"\n[[source]]\nname = \"Gone\"\nurl = \"{}\"\n",
        web.url("/sumy"),
        web.url("/huge"),
        web.url("/gone")
    );
    let world = world_with_strike(&web, &more);
    web.put("/huge", Answer::Filler { content_type: "application/rss+xml", bytes: 200_000_000 });
    let dry: Vec<&str> = ["run", "--dry-run"].into_iter().chain(WINDOW).collect();
    let ran = world.run(&dry).ended(3);
    ran.says(&["injured 101", "1 of 4 sources answered", "Silent: Gone", "Silent: Huge", "Silent: Page"]).warns(&[
        "Page gave nothing: failed to read it as a feed: this is an HTML page",
        "Huge gave nothing: failed to",
        "16777216 bytes",
        "Gone gave nothing: failed to",
        "404",
    ]);
}

#[test]
fn a_page_that_breaks_off_gives_what_it_has() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    let whole = page("Strike on Sumy", &[STRIKE]);
    let half = whole.as_bytes()[..whole.find("Residents").unwrap() + 20].to_vec();
    web.put("/sumy", Answer::CutShort { content_type: "text/html", body: half });
    let dry: Vec<&str> = ["run", "--dry-run"].into_iter().chain(WINDOW).collect();
    world.run(&dry).says(&["injured 101"]);
}

#[test]
fn every_mistake_of_a_cron_line_and_an_unknown_zone_are_said_at_once() {
    let world =
        World::new("[[edition]]\nname = \"daily\"\ncron = \"61 25 32 13 Mon-Foo 7\"\nzone = \"Europe/Kyjiv\"\n");
    let ran = world.run(&["check"]).ended(2);
    ran.warns(&["daybrief.toml:3:", "daybrief.toml:4:", "Europe/Kyiv", "61", "25", "32", "13", "Foo"]);
}

#[test]
fn a_database_that_is_read_only_is_refused_with_its_name() {
    let world = World::new("");
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let path = world.path().join("daybrief.db");
    if is_root() {
        // Root may write to any file, so the database is made unwritable in a way that holds for root as well.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
    } else {
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&path, permissions).unwrap();
    }
    world.run(&["subscribers", "add", "other@inbox.example"]).ended(1).warns(&["daybrief.db"]);
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}

#[test]
fn sources_are_added_to_the_file_and_listed() {
    let world = World::new("# my notes\n");
    world.run(&["sources", "add", "https://courier.example/feed.xml", "--outlet", "The Harbour Courier"]).ended(0);
    let file = std::fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    assert!(file.starts_with("# my notes\n") && file.contains("https://courier.example/feed.xml"), "{file}");
    world.run(&["sources", "list"]).ended(0).says(&["courier.example", "not asked yet"]);
    world.run(&["sources", "add", "https://courier.example/feed.xml"]).ended(1);
}

#[test]
fn subscribers_come_and_go() {
    let world = World::new("");
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0).says(&["added"]);
    world.run(&["subscribers", "add", "Reader@Inbox.example"]).ended(0).says(&["is on the list already"]);
    world.run(&["subscribers", "list"]).ended(0).says(&["reader@inbox.example active all editions"]);
    world.run(&["subscribers", "remove", "reader@inbox.example"]).ended(0);
    world.run(&["subscribers", "remove", "reader@inbox.example"]).ended(1).warns(&["failed to find"]);
    world.run(&["subscribers", "add", "no address"]).ended(2);
}

#[test]
fn a_configuration_is_written_once_and_works() {
    let world = World::new("");
    world.run(&["init", "fresh"]).ended(0);
    world.run(&["init", "fresh"]).ended(2).warns(&["never overwritten"]);
    world
        .run(&["--config", "fresh/daybrief.toml", "check", "--offline"])
        .ended(3)
        .says(&["ok configuration", "there is none"]);
}

#[test]
fn extract_answers_every_line_in_order() {
    let world = World::new("");
    let lines = [
        serde_json::json!({"id": "a", "published": "2025-03-25", "text": STRIKE}).to_string(),
        "no json".to_owned(),
        serde_json::json!({"id": "b", "text": ""}).to_string(),
    ];
    let ran = world.run_with_input(&["extract", "--jsonl", "-"], &lines.join("\n")).ended(0);
    let answers: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(answers[0]["id"], "a");
    assert_eq!(answers[0]["developments"][0]["low"], 101);
    let span = &answers[0]["developments"][0]["evidence"][0];
    let range = span["start"].as_u64().unwrap() as usize..span["end"].as_u64().unwrap() as usize;
    assert_eq!(span["quote"], STRIKE[range]);
    assert!(answers[1]["error"].is_string() && answers[1]["developments"].as_array().unwrap().is_empty());
    assert_eq!(answers[2]["id"], "b");
}

#[test]
fn serve_sends_what_is_due_and_stops_on_sigterm() {
    let web = Web::start();
    let world = world_with_strike(&web, "[[edition]]\nname = \"often\"\ncron = \"* * * * *\"\nempty = \"skip\"\n");
    // Without a date it is of the day on which it is first seen.
    web.put("/feed.xml", Answer::rss(feed(&web, &[("/sumy", "Strike on Sumy", "")])));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let serve = world.command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..900 {
        if !outbox(&world).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let stop = Command::new("kill").args(["-TERM", &serve.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let ran = Ran::from(serve.wait_with_output().unwrap()).ended(0).warns(&["serving", "stopped"]);
    assert_eq!(outbox(&world).len(), 1, "{}", ran.err);
}

#[test]
fn a_run_that_is_interrupted_says_what_became_of_it() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    web.put("/feed.xml", Answer::Silence);
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let run = world.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    web.wait_for("/feed.xml");
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    Ran::from(run.wait_with_output().unwrap())
        .ended(1)
        .warns(&["stopped while the sources were read: nothing was composed or sent; run again"]);
    web.put("/feed.xml", Answer::rss(feed(&web, &[("/sumy", "Strike on Sumy", "")])));
    world.run(&["run"]).ended(0);
    assert_eq!(outbox(&world).len(), 1);
}

/// A feed whose entries have teasers only, dated now.
fn teasers(web: &Web, entries: &[(&str, &str)], more: &str) -> String {
    let items: String = entries
        .iter()
        .map(|(path, title)| {
            format!(
                "<item><title>{title}</title><link>{}</link><description>Read on.</description></item>",
                web.url(path)
            )
        })
        .collect();
    format!("<rss version='2.0'><channel><title>The Harbour Courier</title>{more}{items}</channel></rss>")
}

#[test]
fn a_feeds_teaser_never_takes_the_place_of_the_page() {
    let web = Web::start();
    let world = World::new(&config(&web, ""));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    web.put("/feed.xml", Answer::rss(teasers(&web, &[("/sumy", "Strike on Sumy")], "")));
    web.put("/sumy", Answer::html(page("Strike on Sumy", &[STRIKE])));
    world.run(&["run"]).ended(0).says(&["101 injured", "1 accepted"]);
    // The feed has changed, its entry has not.
    web.put("/feed.xml", Answer::rss(teasers(&web, &[("/sumy", "Strike on Sumy")], "<ttl>60</ttl>")));
    world.run(&["run"]).ended(0).says(&["nothing new; nothing to send"]);
}

#[test]
fn a_page_that_fails_once_is_asked_for_again() {
    let web = Web::start();
    let world = World::new(&config(&web, ""));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let title_only =
        teasers(&web, &[("/sumy", "Strike on Sumy")], "").replace("<description>Read on.</description>", "");
    web.put("/feed.xml", Answer::rss(title_only));
    web.put("/sumy", Answer::Status(503));
    world.run(&["run"]).ended(0).says(&["nothing to send"]).warns(&["503"]);
    web.put("/sumy", Answer::html(page("Strike on Sumy", &[STRIKE])));
    world.run(&["run"]).ended(0).says(&["101 injured", "1 accepted"]);
}

#[test]
fn a_correction_of_old_news_reaches_those_who_read_it() {
    let web = Web::start();
    let world = World::new(&config(&web, ""));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    let date = jiff::Timestamp::from_second(now_seconds() - 90 * 3600)
        .unwrap()
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string();
    let old = |title: &str| feed(&web, &[("/bus", title, &date)]);
    web.put("/feed.xml", Answer::rss(old("Bus crash near Kutaisi")));
    web.put(
        "/bus",
        Answer::html(page(
            "Bus crash near Kutaisi",
            &["A bus crash near Kutaisi on Monday injured 12 people, the ministry said."],
        )),
    );
    world.run(&["run", "--since", "120h"]).ended(0).says(&["12 injured", "1 accepted"]);
    web.put("/feed.xml", Answer::rss(old("CORRECTED: Bus crash near Kutaisi")));
    web.put(
        "/bus",
        Answer::html(page(
            "CORRECTED: Bus crash near Kutaisi",
            &["A bus crash near Kutaisi on Monday injured two people, the ministry said."],
        )),
    );
    // Told long ago, and yet: the reader has the wrong figure.
    world.run(&["run"]).ended(0).says(&["2 injured (was 12)", "1 accepted"]);
}

#[test]
fn the_first_subscriber_is_not_told_of_changes_to_what_nobody_read() {
    let web = Web::start();
    let world = World::new(&config(&web, ""));
    web.put("/feed.xml", Answer::rss(teasers(&web, &[("/sumy", "Strike on Sumy")], "")));
    web.put("/sumy", Answer::html(page("Strike on Sumy", &[STRIKE])));
    world.run(&["run"]).ended(3).warns(&["nobody subscribes"]);
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    world.run(&["run"]).ended(0).says(&["Sumy strike: 101 injured”", "1 accepted"]);
}

#[test]
fn a_small_run_by_hand_takes_nothing_from_the_next_edition() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    world.write("note.txt", "The ferry company adds a night sailing from April on, it said on Monday.");
    world.run(&["run", "note.txt"]).ended(0).says(&["1 accepted"]);
    let preview = world.run(&["preview", "--format", "json"]).ended(0);
    let digest: serde_json::Value = serde_json::from_str(&preview.out).unwrap();
    let instant = |name: &str| digest["window"][name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(instant("to").duration_since(instant("from")).as_hours() >= 24);
}

#[test]
fn lengths_of_time_are_read_as_people_write_them() {
    let world = World::new("");
    world.run_with_input(&["run", "--dry-run", "--since", "3d", "-"], STRIKE).ended(0);
    for wrong in ["three days", "-5h", "99999999999h"] {
        world
            .run_with_input(&["run", "--dry-run", &format!("--since={wrong}"), "-"], STRIKE)
            .ended(2)
            .warns(&["such as 24h"]);
    }
}

#[test]
fn only_web_addresses_become_links() {
    let world = World::new("");
    let hostile = "<rss version='2.0'><channel><title>Courier</title><item><title>Ferry</title>\
                   <link>javascript:alert(1)</link><description>The ferry sails at night from April on.</description></item></channel></rss>";
    let ran =
        world.run_with_input(&["run", "--dry-run", "--out", "kept", "-"], hostile).ended(0).says(&["IN BRIEF Ferry"]);
    assert!(!ran.out.contains("javascript"), "{}", ran.out);
    for file in std::fs::read_dir(world.path().join("kept")).unwrap() {
        assert!(!std::fs::read_to_string(file.unwrap().path()).unwrap().contains("javascript"));
    }
}

#[test]
fn bytes_that_are_no_text_are_no_news() {
    let world = World::new("");
    let noise: Vec<u8> = (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    world.write("noise.bin", &noise);
    world.run(&["run", "--dry-run", "noise.bin"]).ended(3).warns(&["binary data"]);
}

#[test]
fn every_input_has_its_line() {
    let world = World::new("");
    world.write("page.html", page("Ferry", &["The ferry sails at night from April on, its director said on Monday."]));
    let ran = world.run(&["read", "--json", "page.html", "missing.html"]).ended(3);
    let oks: Vec<bool> =
        ran.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["ok"] == true).collect();
    assert_eq!(oks, [true, false]);
    let ran = world.run(&["sources", "test", "--json", "page.html", "missing.xml"]).ended(1);
    assert_eq!(ran.out.lines().count(), 2);
}

/// The article the project started from. It stays in `../shared`.
#[test]
fn the_seed_article_arrives_over_imap() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/seed.json");
    let (Ok(seed), Some(testbed)) = (std::fs::read_to_string(path), Testbed::get()) else {
        eprintln!("SKIPPED: the seed article or the mail test bed is not here");
        return;
    };
    let seed: serde_json::Value = serde_json::from_str(&seed).unwrap();
    let text = seed["article"]["text"].as_str().unwrap();
    let web = Web::start();
    web.put("/feed.xml", Answer::rss(feed(&web, &[("/seed", "Talks and strikes", "Tue, 25 Mar 2025 14:00:00 +0000")])));
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    web.put("/seed", Answer::html(page("Talks and strikes", &paragraphs)));
    let smtp = format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n", testbed::SMTP.1);
    let world = World::new(&config(&web, &smtp));
    world.run(&["subscribers", "add", "program@inbox.example"]).ended(0);
    let run: Vec<&str> = ["run"].into_iter().chain(WINDOW).collect();
    world.run(&run).ended(0).says(&["1 accepted"]);
    let mails = testbed.wait_for_mail("program", 1);
    let mail = unfolded(&mails[0]);
    let (text, html) = mail.split_once("text/html").unwrap();
    for part in [text, html] {
        holds(part, &["injured 101", "23 children", "rose to 101 people including 23 children"]);
    }
    world.run(&run).ended(0).says(&["nothing to send"]);
    assert_eq!(testbed.mailbox("program").len(), 1);
}

#[test]
fn own_templates_are_listed_checked_and_used() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    let config = std::fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    world.write("daybrief.toml", format!("templates = \"looks\"\n{config}"));
    let shown = world.run(&["templates", "show", "email/digest.txt"]).ended(0);
    world.write("looks/email/digest.txt", format!("OUR HOUSE\n{}", shown.out));
    world.run(&["templates", "list"]).ended(0).says(&["email/digest.txt yours", "email/digest.html shipped"]);
    world.run(&["check", "--offline"]).says(&["ok templates: 1 of your own"]);
    let dry = [&["run", "--dry-run"][..], &WINDOW].concat();
    world.run(&dry).ended(0).says(&["OUR HOUSE", "injured 101"]);
    // A broken one is named with its line, and the shipped one is sent.
    world.write("looks/email/digest.txt", "OUR HOUSE\n{{ edition.titel }}\n");
    world.run(&["check", "--offline"]).ended(3).says(&["problem templates: email/digest.txt, line 2: undefined value"]);
    let ran = world.run(&dry).ended(3).says(&["injured 101"]);
    assert!(!ran.out.contains("OUR HOUSE"));
    ran.warns(&["the shipped templates are used in place of yours: email/digest.txt, line 2"]);
    world.run(&["templates", "show", "email/nothing"]).ended(2);
}

#[test]
fn an_archive_has_addresses_and_feeds() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    let config = std::fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    let head = "archive = \"archive\"\narchive_url = \"https://news.example/daybrief/\"\n";
    world.write("daybrief.toml", format!("{head}{config}"));
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    world.run(&[&["run"][..], &WINDOW].concat()).ended(0);
    let archive = world.path().join("archive");
    let names: Vec<String> = std::fs::read_dir(&archive)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let page = names.iter().find(|name| name.ends_with(".html")).unwrap();
    let address = format!("https://news.example/daybrief/{page}");
    let canonical = std::fs::read_to_string(archive.join(page)).unwrap();
    assert!(canonical.contains(&format!("<link rel=\"canonical\" href=\"{address}\">")), "{canonical}");
    for feed in ["daily.atom", "daily.feed.json"] {
        let feed = std::fs::read_to_string(archive.join(feed)).unwrap();
        assert!(feed.contains(&address) && feed.contains("https://news.example/daybrief/daily."), "{feed}");
    }
    assert!(unfolded(&outbox(&world)[0]).contains(&address), "the mail links to its page");
}

#[test]
fn a_preview_says_what_it_shows() {
    let web = Web::start();
    let world = world_with_strike(&web, "");
    let mark = "1 of 1 source answered";
    world.run(&["preview"]).ended(0).says(&[mark]);
    let offline = world.run(&["preview", "--offline"]).ended(0).says(&["no source was asked"]);
    assert!(!offline.out.contains("0 of 0"));
}
