//! The configuration file as a person writes it: the sample, mistakes and their places, secrets, `sources add`.

use std::path::Path;
use std::time::Duration;

use daybrief::config::{
    Config, ConfigError, EditError, Empty, Limits, Location, NewSource, Security, Smtp, SourceKind, StoreUrl,
    Transport, add_sources,
};
use daybrief::news::digest::Section;
use jiff::SignedDuration;
use proptest::prelude::*;

const SAMPLE: &str = include_str!("../../config/daybrief.toml");

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("daybrief.toml"))
}

/// Each mistake as `line:column problem | advice`.
fn mistakes(text: &str) -> Vec<String> {
    let error = parse(text).expect_err("the file has mistakes");
    let show = |mistake: &daybrief::config::Mistake| {
        format!("{}:{} {} | {}", mistake.line, mistake.column, mistake.problem, mistake.advice)
    };
    error.mistakes().iter().map(show).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(mistakes(text), expected);
}

#[test]
fn the_sample_is_the_defaults() {
    let sample = parse(SAMPLE).unwrap();
    assert_eq!(Config { path: None, ..sample }, Config::default());
}

#[test]
fn the_sample_says_the_defaults_of_smtp_too() {
    let text = SAMPLE.replace("transport = \"directory\"", "transport = \"smtp\"");
    assert_eq!(parse(&text).unwrap().mail.transport, Transport::Smtp(vec![Smtp::default()]));
}

#[test]
fn every_commented_line_of_the_sample_works_when_it_is_uncommented() {
    // A line of the file that is code in a comment: `# key = …` or `# [[source]]`.
    let is_code = |line: &str| {
        let code = line.strip_prefix("# ").unwrap_or_default();
        code.starts_with('[')
            || code.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let uncommented: String = SAMPLE
        .lines()
        .map(|line| if is_code(line) { &line[2..] } else { line })
        .flat_map(|line| [line, "\n"])
        .collect();
    let text = uncommented
        .replace("password_env = \"DAYBRIEF_SMTP_PASSWORD\"", "password = \"x\"")
        .replace("password_env = \"COURIER_PASSWORD\"", "password = \"x\"")
        .replace("password_env = \"DAYBRIEF_BOUNCES_PASSWORD\"", "password = \"x\"")
        .replace("secret_env = \"DAYBRIEF_SECRET\"", "secret = \"x\"")
        .replace("url_env = \"DAYBRIEF_PROOF_OF_LIFE\"", "url = \"https://watch.example/hunter2\"")
        .replace("\"dkim.pem\"", concat!("\"", env!("CARGO_MANIFEST_DIR"), "/tests/it/dkim/ed25519.pem\""))
        .replace("\"ca.pem\"", concat!("\"", env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/certificate.pem\""))
        .replace("{ env = \"COURIER_KEY\" }", "\"x\"");
    let config = parse(&text).map_err(|error| error.render(false)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.sources.len(), 2);
    let [courier, town] = &config.sources[..] else { panic!("two sources") };
    assert_eq!((courier.headers.len(), courier.login.is_some(), courier.proxy.is_some()), (1, true, true));
    assert_eq!((town.kind, town.list.is_some()), (SourceKind::List, true));
    assert_eq!(config.limits.fetch.hosts.len(), 1);
    assert_eq!(config.contact.as_deref(), Some("editor@example.org"));
    assert!(config.archive.is_some() && config.mail.reply_to.is_some() && config.proof_of_life.is_some());
    let mail = config.mail;
    assert_eq!((mail.dkim.len(), mail.caps.domains.len(), mail.caps.all.per_minute), (1, 1, Some(600)));
    assert!(mail.bounces.is_some() && mail.mailbox.is_some() && mail.secret.is_some() && config.web.url.is_some());
}

#[test]
fn the_address_for_proof_of_life_is_one_and_a_secret() {
    let text = "[proof_of_life]\nurl = \"https://watch.example/ping/hunter2?rid=1\"\n";
    let config = parse(text).unwrap();
    let address = config.proof_of_life.as_ref().unwrap();
    assert_eq!(address.well().as_str(), "https://watch.example/ping/hunter2?rid=1");
    assert_eq!(address.failed().as_str(), "https://watch.example/ping/hunter2/fail?rid=1");
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    let slash = parse(&text.replace("?rid=1", "/")).unwrap().proof_of_life.unwrap();
    assert_eq!(slash.failed().as_str(), "https://watch.example/ping/hunter2/fail");

    check(
        "[proof_of_life]\n",
        &["1:1 [proof_of_life] has no `url` | add a line url_env = \"DAYBRIEF_PROOF_OF_LIFE\", or url_file, or url"],
    );
    check(
        "[proof_of_life]\nurl = \"hunter2\"\n",
        &[
            "2:7 this is no web address | write the address that the watcher gave you, such as \"https://hc-ping.com/…\"",
        ],
    );
    check(
        "[proof_of_life]\nurl = \"https://watch.example/hunter2\"\nurl_file = \"life\"\n",
        &["3:1 `url_file` is given beside \"url\" | keep one of them and remove the others"],
    );
    let error = parse("[proof_of_life]\nurl = \"ftp://watch.example/hunter2\"\n").unwrap_err().render(false);
    assert!(error.contains("no web address") && !error.contains("hunter2"), "{error}");
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(Config { path: None, ..parse("").unwrap() }, Config::default());
}

#[test]
fn a_file_is_read_into_meaning() {
    let text = r#"
        contact = "desk@harbour.example"
        archive = "sent"
        [store]
        url = "postgres://desk@db.example/news"
        password = "hunter2"
        [[source]]
        name = "Courier"
        url = "https://desk:pa55@courier.example/feed"
        kind = "feed"
        full_text = false
        headers = { X-Key = "s3cret" }
        [[source]]
        name = "Files"
        path = "articles"
        enabled = false
        [[edition]]
        name = "evening"
        title = "Harbour evening"
        cron = "30 18 * * MON-FRI"
        zone = "Europe/Kyiv"
        window = "1 day 6 hours"
        catch_up = "90m"
        sections = ["tolls", "talks"]
        empty = "skip"
        [mail]
        from = "Desk <desk@harbour.example>"
        transport = "smtp"
        [mail.smtp]
        host = "mail.harbour.example"
        security = "starttls"
        user = "desk"
        password = "open sesame"
        [limits]
        host_gap = "2s"
        allow_private = ["127.0.0.0/8", "feeds.intranet"]
    "#;
    let config = Config::parse(text, Path::new("/etc/desk/daybrief.toml")).unwrap();
    assert_eq!(config.archive.as_deref(), Some(Path::new("/etc/desk/sent")));
    assert!(matches!(&config.store, StoreUrl::Postgres(url) if url.password() == Some("hunter2")));
    let [courier, files] = config.sources.as_slice() else { panic!("two sources") };
    assert_eq!((courier.kind, courier.full_text, courier.headers[0].1.expose()), (SourceKind::Feed, false, "s3cret"));
    assert_eq!((&files.location, files.enabled), (&Location::Path("/etc/desk/articles".into()), false));
    let evening = config.edition("evening").unwrap();
    assert_eq!(evening.zone().iana_name(), Some("Europe/Kyiv"));
    assert_eq!(evening.schedule.line(), "30 18 * * MON-FRI");
    assert_eq!(evening.window, SignedDuration::from_hours(30));
    assert_eq!(evening.catch_up, SignedDuration::from_mins(90));
    assert_eq!((evening.sections.as_slice(), evening.empty), (&[Section::Tolls, Section::Talks][..], Empty::Skip));
    assert_eq!(evening.list_id, "evening.harbour.example");
    let Transport::Smtp(smtp) = &config.mail.transport else { panic!("smtp") };
    assert_eq!((smtp[0].port, smtp[0].security), (587, Security::StartTls));
    assert_eq!(smtp[0].login.as_ref().unwrap().password.expose(), "open sesame");
    assert_eq!(config.limits.fetch.host_gap, Duration::from_secs(2));
    assert_eq!(config.limits.allow_private.len(), 2);
    assert_eq!(config.limits.fetch.requests_max, Limits::default().fetch.requests_max);
    let shown = format!("{config:?} {} {}", config.store, config.sources[0].location);
    for secret in ["hunter2", "s3cret", "open sesame", "pa55"] {
        assert!(!shown.contains(secret), "{secret} shows in {shown}");
    }
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let text = r#"contcat = "desk@harbour.example"
[store]
url = "mysql://db/news"
[[source]]
name = "Courier"
url = "courier.example/feed"
kind = "rss"
[[source]]
name = "Courier"
enabled = "yes"
[[edition]]
name = "Evening Edition"
zone = "Europe/Kyev"
window = "a while"
sections = ["tolls", "talk", "tolls"]
[limits]
fetches_max = 0
colour = "blue"
"#;
    check(
        text,
        &[
            "1:1 `contcat` is not known here | did you mean `contact`?",
            "3:7 the store cannot be \"mysql\": there is sqlite and postgres | \
             write \"sqlite:daybrief.db\" or \"postgres://user@host/database\"",
            "6:7 `url` has no scheme, https:// or http:// | write an address such as \"https://news.example/feed.xml\"",
            "7:8 `kind` cannot be \"rss\" | write \"auto\", \"feed\", \"page\", \"text\" or \"list\"",
            "8:1 [source] has no `url` | add a line url = \"https://…\" (or path = \"…\" for a file or folder)",
            "9:8 the name \"Courier\" is taken | give it another name: the first is in line 5",
            "10:11 `enabled` is a text | write true or false, without quotes",
            "12:8 \"Evening Edition\" cannot be the name of an edition | \
             write lower-case letters, digits and hyphens, such as \"daily\"",
            "13:8 there is no time zone \"Europe/Kyev\" | did you mean \"Europe/Kyiv\"?",
            "14:10 `window` is \"a while\", which is no length of time | \
             write a number and a unit: \"30s\", \"15m\", \"24h\", \"2 days\"",
            "15:22 `sections` cannot be \"talk\" | did you mean \"talks\"? \
             Known: \"changes\", \"talks\", \"tolls\", \"munitions\", \"developments\" or \"brief\"",
            "15:30 \"tolls\" stands twice in `sections` | remove one of them",
            "17:15 `fetches_max` is 0, which is out of range | write a number from 1 to 256",
            "18:1 `colour` is not known in [limits] | remove it; known in [limits]: allow_private, articles_max, \
             body_bytes_max, bytes_per_second_min, connect_timeout, fetches_max, host_gap, host_requests_max, \
             read_timeout, redirects_max, total_timeout",
        ],
    );
}

#[test]
fn sections_are_written_in_their_own_brackets() {
    check(
        "[source]\nname = \"Courier\"\n[[mail]]\nfrom = \"a@b.example\"\n",
        &[
            "1:1 `source` is a section | write [[source]], in double brackets: there can be several",
            "3:1 `mail` is a list of sections | write a section of its own, [mail]",
        ],
    );
    check("limits = 3\n", &["1:10 `limits` is a whole number | write a section of its own, [limits]"]);
}

#[test]
fn an_smtp_server_needs_a_host_and_a_whole_login() {
    check(
        "[mail]\ntransport = \"smtp\"\n",
        &["2:1 `transport` is \"smtp\", but there is no [mail.smtp] | add it, with host and port"],
    );
    check(
        "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nuser = \"desk\"\nport = 70000\n",
        &[
            "3:1 [mail.smtp] has no `host` | add a line host = \"mail.example.org\"",
            "4:8 `user` is given without a password | \
             add password_env = \"DAYBRIEF_SMTP_PASSWORD\", or password_file, or password",
            "5:8 `port` is 70000, which is out of range | write a number from 1 to 65535",
        ],
    );
}

/// The sample, uncommented, with a piece of it replaced by something else: near enough to the truth to get far.
fn damaged() -> impl Strategy<Value = String> {
    let whole: String = SAMPLE.lines().flat_map(|line| [line.strip_prefix("# ").unwrap_or(line), "\n"]).collect();
    let code: Vec<String> =
        whole.lines().filter(|line| line.contains(" = ") || line.starts_with('[')).map(str::to_owned).collect();
    let piece = prop_oneof![Just(String::new()), "\\PC{0,3}", "[\"'=\\[\\]{}\n#.é –0-9a]{1,4}"];
    let change = (any::<prop::sample::Index>(), 0..12_usize, piece);
    prop::collection::vec(change, 0..6).prop_map(move |changes| {
        let mut text = code.join("\n");
        for (at, length, piece) in changes {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &piece);
        }
        text
    })
}

proptest! {
    /// Whatever the file says, it is read or refused; each mistake has a place in it and can be shown.
    #[test]
    fn any_file_is_read_or_refused_with_places(text in prop_oneof![damaged(), ".*"]) {
        let Err(error) = parse(&text) else { return Ok(()) };
        prop_assert!(!error.mistakes().is_empty());
        for mistake in error.mistakes() {
            let line = text.split('\n').nth(mistake.line - 1);
            prop_assert!(line.is_some_and(|line| mistake.column <= line.chars().count() + 1), "{mistake:?}");
            prop_assert!(!mistake.problem.is_empty() && !mistake.advice.is_empty());
        }
        let shown = error.render(false);
        prop_assert!(shown.matches("error: ").count() >= error.mistakes().len());
    }
}

#[test]
fn a_cron_line_with_six_typos_has_six_mistakes() {
    let found = mistakes("[[edition]]\nname = \"daily\"\ncron = \"6O 24 32 Foo Mun,8\"\n");
    assert_eq!(found.len(), 6, "{found:#?}");
    let columns: Vec<&str> =
        found.iter().filter_map(|mistake| mistake.split_once(' ')).map(|(place, _)| place).collect();
    assert_eq!(columns, ["3:9", "3:12", "3:15", "3:18", "3:22", "3:26"]);
}

#[test]
fn broken_toml_is_reported_with_its_place_and_without_its_secrets() {
    let error = parse("[mail]\nfrom = \"Desk <desk@harbour.example>\npassword = \"hunter2\n").unwrap_err();
    let [mistake] = error.mistakes() else { panic!("one mistake: {error:?}") };
    assert_eq!(mistake.line, 2);
    assert!(mistake.problem.starts_with("this is not TOML"), "{}", mistake.problem);
    assert!(!error.render(false).contains("hunter2"));
}

#[test]
fn mistakes_are_shown_in_their_lines() {
    let error = parse("[[edition]]\nname = \"daily\"\nzone = \"Europe/Kyev\"\n").unwrap_err();
    let expected = r#"error: there is no time zone "Europe/Kyev"
 --> daybrief.toml:3:8
  |
3 | zone = "Europe/Kyev"
  |        ^^^^^^^^^^^^^ did you mean "Europe/Kyiv"?

read daybrief.toml: 1 mistake in it; put it right and try again"#;
    assert_eq!(error.render(false), expected);
    assert!(error.render(true).contains("\u{1b}["));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
    check(
        "\u{feff}contact = \"a@b.example\"\r\n[[edition]]\r\nname = \"daily\"\r\nzone = 3\r\n",
        &["4:8 `zone` is a whole number | write a text in quotes, such as \"Europe/Kyiv\""],
    );
    check(
        "\u{feff}contact = 3\r\n",
        &["1:11 `contact` is a whole number | write a text in quotes, such as \"editor@example.org\""],
    );
}

#[test]
fn a_secret_beside_a_mistake_is_masked() {
    let text = "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"h.example\"\nuser = \"u\"\npassword = \"hunter2\"\npassword_env = \"X\"\n";
    let error = parse(text).unwrap_err();
    let shown = format!("{} {error:?}", error.render(false));
    assert!(!shown.contains("hunter2"), "{shown}");
    let one_line = "mail = { from = 3, smtp = { password = \"hunter2\" } }\nsource = [{ name = 1, url = \"x://u:pa55@h\", headers = { K = \"t0ken\" } }]\n\
                    store = { url = \"postgres://u:pw0rd@h\" }\n";
    let shown = parse(one_line).unwrap_err().render(false);
    for secret in ["hunter2", "t0ken", "pw0rd", "pa55"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn secrets_come_from_files_and_a_missing_one_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("smtp.key"), "pass word \n").unwrap();
    let path = folder.path().join("daybrief.toml");
    let text = |file: &str| {
        format!(
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"localhost\"\nuser = \"u\"\npassword_file = \"{file}\"\n"
        )
    };
    let config = Config::parse(&text("smtp.key"), &path).unwrap();
    let Transport::Smtp(smtp) = config.mail.transport else { panic!("smtp") };
    assert_eq!(smtp[0].login.as_ref().unwrap().password.expose(), "pass word ");
    let error = Config::parse(&text("none.key"), &path).unwrap_err();
    assert_eq!((error.mistakes().len(), error.mistakes()[0].line), (1, 6));
    let unset = "[store]\nurl_env = \"DAYBRIEF_TEST_NEVER_SET\"\n";
    check(
        unset,
        &[
            "2:11 the environment variable DAYBRIEF_TEST_NEVER_SET is not set | set it for this program, or name another",
        ],
    );
    // Nothing is looked up for a server that is not used.
    let idle = text("none.key").replace("\"smtp\"", "\"directory\"");
    assert!(Config::parse(&idle, &path).is_ok());
}

#[test]
fn a_password_does_not_cross_the_network_in_the_clear() {
    let text = |host: &str| {
        format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"{host}\"\nuser = \"u\"\npassword = \"p\"\n")
    };
    assert!(parse(&text("127.0.0.1")).is_ok());
    assert_eq!(mistakes(&text("mail.harbour.example")).len(), 1);
}

#[test]
fn a_file_that_is_not_there_says_what_to_do() {
    let error = Config::load(Some(Path::new("/nowhere/daybrief.toml"))).unwrap_err();
    assert!(error.to_string().contains("daybrief init"), "{error}");
}

fn courier() -> NewSource {
    NewSource {
        name: "Courier".to_owned(),
        location: Location::Url("https://courier.example/feed?a=1&b=2".parse().unwrap()),
        kind: SourceKind::Feed,
        outlet: Some("The \"Harbour\" Courier".to_owned()),
        category: None,
    }
}

#[test]
fn adding_a_source_keeps_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daybrief.toml");
    let before = "# mine\ncontact = \"a@b.example\" # ours\n\n[[source]]\n  name = \"Files\"   # local\n  path = \"in\"\n\n[limits]\n# slow line\nhost_gap = \"2s\"\n# the end\n";
    std::fs::write(&path, before).unwrap();
    let config = add_sources(&path, &[courier()]).unwrap();
    assert_eq!(config.sources.len(), 2);
    let after = std::fs::read_to_string(&path).unwrap();
    let added = "\n[[source]]\nname = \"Courier\"\nurl = \"https://courier.example/feed?a=1&b=2\"\nkind = \"feed\"\n\
                 outlet = 'The \"Harbour\" Courier'\n";
    assert_eq!(after, before.replacen("\n[limits]", &format!("{added}\n[limits]"), 1));
    assert_eq!(Config::load(Some(&path)).unwrap(), config);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no file is left beside it");
}

#[test]
fn a_first_source_is_added_to_the_sample_and_to_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daybrief.toml");
    add_sources(&path, &[courier()]).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("[[source]]\nname = \"Courier\"\n"));
    std::fs::write(&path, SAMPLE).unwrap();
    let config = add_sources(&path, &[courier()]).unwrap();
    assert_eq!(config.sources[0].outlet, courier().outlet);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(SAMPLE));
}

#[test]
fn a_source_is_not_added_twice_nor_to_a_file_with_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daybrief.toml");
    add_sources(&path, &[courier()]).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(add_sources(&path, &[courier()]), Err(EditError::Taken { .. })));
    let again = NewSource { name: "Other".to_owned(), ..courier() };
    assert!(
        matches!(add_sources(&path, std::slice::from_ref(&again)), Err(EditError::Known { name, .. }) if name == "Courier")
    );
    let stdin = NewSource { location: Location::Stdin, ..again };
    assert!(matches!(add_sources(&path, &[stdin]), Err(EditError::Stdin)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::write(&path, "x = 1\n").unwrap();
    assert!(matches!(add_sources(&path, &[courier()]), Err(EditError::Config(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"x = 1\n");
}
