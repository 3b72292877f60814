//! `sources` from the outside: lists that come and go, what is switched on, and how each source is doing.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use serde_json::Value;

use crate::world::{Answer, Web, World, holds};

const HOME: &str = "<html><head><title>Courier</title><link rel='alternate' type='application/rss+xml' href='/feed.xml'></head><body><p>Welcome to the front page of the Courier, which has news of the harbour every day.</p></body></html>";

fn feed(items: &str) -> Answer {
    Answer::rss(format!("<rss version='2.0'><channel><title>Courier</title>{items}</channel></rss>"))
}

fn item(number: usize) -> String {
    format!(
        "<item><title>Ferry {number}</title><guid>{number}</guid><description>The ferry ran aground off pier {number} on Monday, \
         the harbour office said.</description></item>"
    )
}

/// The configuration that a loopback web server needs.
const OPEN: &str = "[limits]\nallow_private = [\"127.0.0.0/8\"]\nhost_gap = \"0s\"\n";

fn listed(world: &World) -> Value {
    serde_json::from_str(&world.run(&["sources", "list", "--json"]).ended(0).out).unwrap()
}

#[test]
fn lists_of_other_readers_are_imported_and_exported() {
    let world = World::new("# mine\n[[source]]\nname = \"Courier\"\nurl = \"https://courier.example/feed\"\n");
    let opml = "<opml><body><outline text='Sea'><outline text='Courier' xmlUrl='https://wire.example/f?a=1&b=2'/>\
                <outline text='Again' xmlUrl='http://courier.example/feed/'/></outline>\
                <outline xmlUrl='feed:https://ledger.example/f'/><outline text='Odd' xmlUrl='|~/tweets.py'/></body></opml>";
    world.write("feeds.opml", opml);
    world
        .run(&["sources", "import", "feeds.opml"])
        .ended(3)
        .says(&["added 2 sources", "1 were there already"])
        .warns(&["|~/tweets.py is no address on the web"]);
    let file = fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    assert!(file.starts_with("# mine\n"), "{file}");
    let names: Vec<Value> = listed(&world).as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Courier", "Courier 2", "ledger.example"]);
    let exported = world.run(&["sources", "export"]).ended(0).out;
    holds(&exported, &["xmlUrl=\"https://wire.example/f?a=1&amp;b=2\"", "category=\"Sea\""]);

    let other = World::new("");
    other.write("feeds.opml", &exported);
    other.run(&["sources", "import", "feeds.opml"]).ended(0).says(&["added 3 sources"]);
    assert_eq!(other.run(&["sources", "export"]).ended(0).out, exported);
    other.run(&["sources", "import", "feeds.opml"]).ended(0).says(&["added 0 sources", "3 were there already"]);

    world.write("page.html", HOME);
    world.run(&["sources", "import", "page.html"]).ended(1).warns(&["page.html as a list of feeds"]);
    world.run(&["sources", "import", "nothing.opml"]).ended(1).warns(&["nothing.opml"]);
}

#[test]
fn sources_are_switched_on_and_off() {
    let world = World::new("[[source]]\nname = \"Courier\" # harbour\npath = \"in\"\n");
    world.write("in/a.txt", "Ferry\n\nThe ferry ran aground on Monday.");
    world.run(&["sources", "disable", "Courier"]).ended(0);
    world.run(&["sources", "list"]).ended(0).says(&["Courier", "switched off"]);
    let file = fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    assert!(file.contains("# harbour") && file.contains("enabled = false"), "{file}");
    world.run(&["sources", "enable", "Courier"]).ended(0);
    world.run(&["sources", "fetch"]).ended(0).says(&["1 of 1 sources answered; 1 new"]);
    world.run(&["sources", "disable", "Wire"]).ended(1).warns(&["find a source named \"Wire\""]);
    world.run(&["sources", "fetch", "Wire"]).ended(2);
}

#[test]
fn a_page_is_added_as_the_feed_it_names() {
    let web = Web::start();
    web.put("/", Answer::html(HOME));
    web.put("/feed.xml", feed(&item(1)));
    let world = World::new(OPEN);
    world.run(&["sources", "add", &web.url("/"), "--name", "Courier"]).ended(0).warns(&["its feed", "/feed.xml"]);
    assert_eq!(listed(&world)[0]["location"], web.url("/feed.xml"));
    // Given as it is, its feed is found when it is read, and remembered.
    let world = World::new(OPEN);
    world.run(&["sources", "add", &web.url("/"), "--name", "Courier", "--as-given"]).ended(0);
    world.run(&["sources", "fetch"]).ended(0).says(&["1 new"]).warns(&["whose feed", "/feed.xml is read from now on"]);
    let listed = listed(&world);
    assert_eq!((&listed[0]["location"], &listed[0]["address"]), (&web.url("/").into(), &web.url("/feed.xml").into()));
}

#[test]
fn list_pages_are_read_by_selectors() {
    let web = Web::start();
    let list = "{ entry = \"li\", link = \"a\", date = \"time\", summary = \"p\" }";
    let world = World::new(&format!(
        "{OPEN}[[source]]\nname = \"Town\"\nurl = \"{}\"\nfull_text = false\nlist = {list}\n",
        web.url("/news/")
    ));
    let entry = "<li><a href='7'>Bridge closed</a><time datetime='2025-03-25T09:00:00Z'></time><p>The bridge was closed on Monday.</p></li>";
    web.put("/news/", Answer::html(format!("<title>Town hall</title><ul>{entry}</ul>")));
    let text = world.run(&["run", "--dry-run", "--from", "2025-03-25", "--to", "2025-03-26"]).ended(0).out;
    holds(&text, &["Bridge closed", "“The bridge was closed on Monday.” Town hall"]);
    web.put(
        "/news/",
        Answer::html("<title>Town hall</title><div>We have a new look, and nothing is where it was.</div>"),
    );
    world
        .run(&["sources", "fetch"])
        .ended(3)
        .warns(&["Town gave nothing", "nothing in the page fits the selector \"li\""]);
}

#[test]
fn health_is_shown_and_a_gone_source_comes_back_by_hand() {
    let web = Web::start();
    let world = World::new(&format!("{OPEN}[[source]]\nname = \"Courier\"\nurl = \"{}\"\n", web.url("/feed.xml")));
    web.put("/feed.xml", Answer::Status(500));
    for _ in 0..2 {
        world.run(&["sources", "fetch"]).ended(3);
    }
    world
        .run(&["sources", "list"])
        .ended(0)
        .says(&["server-error: failed 2 times in a row since", "next try"])
        .warns(&["hint: Courier: see what it gives with `daybrief sources test http://"]);
    let row = listed(&world)[0].clone();
    assert_eq!(
        (&row["health"], &row["failures"], &row["last_error"]["class"]),
        (&"failing".into(), &2.into(), &"server-error".into())
    );
    world.run(&["check"]).ended(3).says(&["problem source Courier", "2 times in a row since"]);

    web.put("/feed.xml", Answer::Status(410));
    world.run(&["sources", "fetch"]).ended(3);
    web.put("/feed.xml", feed(&item(1)));
    world.run(&["sources", "fetch"]).ended(3).warns(&["Courier gave nothing: gone for good (410)"]);
    world.run(&["sources", "list"]).ended(0).says(&["gone for good (410), asked no more"]);
    world.run(&["sources", "enable", "Courier"]).ended(0);
    world.run(&["sources", "fetch"]).ended(0).says(&["1 of 1 sources answered"]);
    world.run(&["sources", "list"]).ended(0).says(&["answered"]);

    // Its one entry is old: it has been silent for unusually long.
    let old = "<item><guid>9</guid><title>Old</title><description>The ferry sailed.</description><pubDate>Tue, 04 Mar 2025 08:00:00 GMT</pubDate></item>";
    let world = World::new(&format!("{OPEN}[[source]]\nname = \"Courier\"\nurl = \"{}\"\n", web.url("/old.xml")));
    web.put("/old.xml", feed(old));
    world.run(&["sources", "fetch"]).ended(0).warns(&["Courier: nothing new since 4 Mar 2025"]);
    world.run(&["check"]).ended(3).says(&["problem source Courier: nothing new since 4 Mar 2025"]);
}

#[test]
fn a_host_without_an_address_is_not_blamed_on_robots() {
    let world =
        World::new("[[source]]\nname = \"Courier\"\nkind = \"page\"\nurl = \"http://no-such-host.invalid/story\"\n");
    let ran = world.run(&["sources", "fetch"]).ended(3).warns(&["failed to find no-such-host.invalid"]);
    assert!(!ran.err.contains("robots"), "{}", ran.err);
}

#[test]
fn paths_need_not_be_utf8() {
    let world = World::new("");
    let name = OsString::from_vec(b"caf\xe9.txt".to_vec());
    fs::write(world.path().join(&name), "Ferry\n\nThe ferry ran aground on Monday, the harbour office said.").unwrap();
    let run = |verb: &[&str]| crate::world::Ran::from(world.command(verb).arg(&name).output().unwrap());
    run(&["run", "--dry-run"]).ended(0).says(&["Ferry"]);
    run(&["read", "--json"]).ended(0);
    run(&["sources", "test", "--json"]).ended(1);
    run(&["sources", "add"]).ended(1).warns(&["it is not UTF-8; rename"]);
}

#[test]
fn reading_one_thing_has_the_fields_of_the_contract() {
    let world = World::new("");
    world.write("page.html", HOME);
    world.write("feed.xml", format!("<rss><channel><title>C</title>{}</channel></rss>", item(1)));
    let lines = |ran: &str| ran.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let ran = world.run(&["sources", "test", "--json", "feed.xml", "page.html", "nothing.xml"]).ended(3);
    let [fine, page, nothing] = &lines(&ran.out)[..] else { panic!("{}", ran.out) };
    for field in ["ok", "format", "title", "link", "id", "description", "language", "author", "published", "updated"] {
        assert!(
            !fine["out"][field].is_null() || fine["out"].as_object().unwrap().contains_key(field),
            "{field}: {fine}"
        );
    }
    assert_eq!((&fine["file"], &fine["out"]["ok"]), (&"feed.xml".into(), &true.into()));
    assert_eq!((&page["out"]["ok"], &page["out"]["feeds"][0]["url"]), (&false.into(), &"/feed.xml".into()));
    assert!(nothing["out"]["error"].as_str().unwrap().contains("No such file"), "{nothing}");

    let ran = world.run(&["read", "--json", "page.html", "nothing.html"]).ended(3);
    for line in lines(&ran.out) {
        let fields: Vec<&String> = line.as_object().unwrap().keys().filter(|key| *key != "error").collect();
        let contract = [
            "source",
            "ok",
            "url",
            "canonical",
            "title",
            "byline",
            "site",
            "language",
            "published",
            "modified",
            "text",
        ];
        assert_eq!(fields, contract);
    }
}

#[test]
fn a_path_must_lead_somewhere_and_stays_as_it_was_written() {
    let world = World::new("");
    world.write("in/a.txt", "Ferry\n\nThe ferry ran aground on Monday.");
    world.run(&["sources", "add", "out"]).ended(2).warns(&["out: No such file"]);
    world.run(&["run", "--dry-run", "missing.xml"]).ended(2).warns(&["missing.xml: No such file"]);
    world.run(&["sources", "add", "in", "--name", "Courier"]).ended(0);
    let file = fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    assert!(file.contains("path = \"in\""), "{file}");
    // Read from elsewhere, the file must find it all the same.
    fs::create_dir(world.path().join("config")).unwrap();
    fs::write(world.path().join("config/other.toml"), "").unwrap();
    world.run(&["--config", "config/other.toml", "sources", "add", "in"]).ended(0);
    let file = fs::read_to_string(world.path().join("config/other.toml")).unwrap();
    assert!(file.contains(&format!("path = \"{}", fs::canonicalize(world.path()).unwrap().display())), "{file}");
}

#[test]
fn a_source_is_removed_with_its_comment_alone() {
    let source = |name: &str| format!("[[source]]\nname = \"{name}\"\nurl = \"https://{name}.example/feed\"\n");
    let (a, b, c) = (source("a"), source("b"), source("c"));
    let world = World::new(&format!("# mine\n\n# about a\n{a}\n# about b\n{b}\n# about c\n{c}\n# the end\n"));
    let file = || fs::read_to_string(world.path().join("daybrief.toml")).unwrap();
    world.run(&["sources", "remove", "b"]).ended(0).says(&["removed b from"]);
    assert_eq!(file(), format!("# mine\n\n# about a\n{a}\n# about c\n{c}\n# the end\n"));
    world.run(&["sources", "remove", "a"]).ended(0);
    assert_eq!(file(), format!("# mine\n\n# about c\n{c}\n# the end\n"));
    world.run(&["sources", "remove", "b"]).ended(1).warns(&["find a source named \"b\""]);
    world.run(&["sources", "remove", "c"]).ended(0);
    assert!(file().starts_with("# mine\n") && file().ends_with("# the end\n"), "{}", file());
    world.run(&["sources", "list"]).ended(0).warns(&["no sources yet"]);
}
