//! The verbs about readers and their mail, with a program in place of sendmail that keeps what it gets and refuses whom it is
//! told to.

use std::path::PathBuf;

use crate::program::{WINDOW, world_with_strike};
use crate::world::{Web, World};

/// Takes a message as sendmail does: its arguments into one file, the message into another, and an exit status by recipient.
const SENDMAIL: &str = r#"#!/bin/sh
for to; do :; done
echo "$@" >> "$(dirname "$0")/arguments"
cat > "$(dirname "$0")/message-$to"
case "$to" in
  nobody@*) echo "$to: user unknown" >&2; exit 67 ;;
  later@*) echo "try again" >&2; exit 75 ;;
  exit-*@*) status="${to#exit-}"; exit "${status%@*}" ;;
esac
"#;

const MAIL: &str = "[mail]\nfrom = \"Daybrief <daily@daybrief.example>\"\nbounces = \"bounces@daybrief.example\"\n\
                    transport = \"sendmail\"\nsendmail = \"./sendmail\"\n";

fn world(web: &Web) -> World {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world_with_strike(web, MAIL);
    let program: PathBuf = world.write("sendmail", SENDMAIL);
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    world
}

fn run(world: &World) -> crate::world::Ran {
    world.run(&["run"].into_iter().chain(WINDOW).collect::<Vec<_>>())
}

fn arguments(world: &World) -> Vec<String> {
    let text = std::fs::read_to_string(world.path().join("arguments")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_program_takes_the_mail_and_the_verbs_tell_what_became_of_it() {
    let web = Web::start();
    let world = world(&web);
    world.run(&["deliveries"]).ended(0).warns(&["no edition was sent yet"]);
    for to in ["reader@inbox.example", "nobody@inbox.example", "later@inbox.example"] {
        world.run(&["subscribers", "add", to]).ended(0).says(&["added"]);
    }
    run(&world).ended(3).says(&["1 accepted", "1 deferred", "1 rejected"]);
    let given = arguments(&world);
    assert_eq!(given.len(), 3, "{given:?}");
    assert!(given.iter().all(|line| line.starts_with("-i -f bounces+") && line.contains(" -- ")), "{given:?}");
    let message = std::fs::read_to_string(world.path().join("message-reader@inbox.example")).unwrap();
    assert!(message.contains("\nList-Unsubscribe: ") && !message.contains('\r'), "{message}");

    let last = world.run(&["deliveries", "last"]).ended(3);
    let last =
        last.says(&["reader@inbox.example accepted", "exit status 67", "later@inbox.example deferred, next try"]);
    assert!(!last.out.contains("nobody@inbox.example: user unknown"), "the reply masks the address: {}", last.out);
    world.run(&["deliveries", "last", "--state", "accepted"]).ended(0).warns(&["1 recipients shown"]);
    let json = world.run(&["deliveries", "last", "--json"]).ended(0);
    let rows: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let states: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["deferred", "rejected", "accepted"], "in the order of the addresses");
    world.run(&["deliveries"]).ended(3).says(&["3 recipients: 1 accepted, 1 deferred, 1 rejected"]);
    world.run(&["deliveries", "no-such-edition"]).ended(1).warns(&["no-such-edition"]);
    world.run(&["deliveries", "--state", "lost"]).ended(2);

    // Sent again is the same message: to one, and to all whom it failed.
    world.run(&["resend", "last"]).ended(2).warns(&["--failed, --unknown, or --to ADDR"]);
    std::fs::remove_file(world.path().join("message-reader@inbox.example")).unwrap();
    world.run(&["resend", "last", "--to", "reader@inbox.example"]).ended(0).says(&["1 to be sent again; 1 accepted"]);
    assert_eq!(std::fs::read_to_string(world.path().join("message-reader@inbox.example")).unwrap(), message);
    // Whom the program does not know is not written to any more until an admin says so.
    world.write("sendmail", SENDMAIL.replace("nobody@*", "somebody@*"));
    world.run(&["subscribers", "readmit", "nobody@inbox.example"]).ended(0);
    world.run(&["resend", "last", "--failed"]).ended(0).says(&["1 to be sent again; 1 accepted"]);
    world.run(&["resend", "last", "--failed"]).ended(0).says(&["0 to be sent again; nothing to send"]);

    // A copy to anyone changes nothing.
    let before = world.run(&["deliveries", "last", "--json"]).out;
    world.run(&["send-test", "me@inbox.example"]).ended(0).says(&["Sumy strike", "1 accepted"]);
    assert!(world.path().join("message-me@inbox.example").exists());
    assert_eq!(world.run(&["deliveries", "last", "--json"]).out, before);
    world.run(&["send-test", "not an address"]).ended(2).warns(&["write an address"]);
    world.run(&["send-test", "me@inbox.example", "--edition", "no-such"]).ended(2).warns(&["no-such"]);
}

#[test]
fn an_exit_status_says_what_a_server_would() {
    let web = Web::start();
    let world = world(&web);
    let addresses = [64, 65, 67, 68, 70, 75].map(|status| format!("exit-{status}@inbox.example"));
    for to in &addresses {
        world.run(&["subscribers", "add", to]).ended(0);
    }
    run(&world).ended(3).says(&["3 deferred", "3 rejected"]);
    let last = world.run(&["deliveries", "last"]).ended(3);
    last.says(&[
        // How the program was called is not the reader's fault.
        "exit-64@inbox.example deferred",
        "exit-70@inbox.example deferred",
        "exit-75@inbox.example deferred",
        "554 5.6.0 exit status 65",
        "550 5.1.1 exit status 67",
        "550 5.1.2 exit status 68",
    ]);
    // A message that is no good says nothing of its reader; an address that is nobody's does.
    let listed = world.run(&["subscribers", "list"]).ended(0);
    listed.says(&[
        "exit-65@inbox.example active",
        "exit-67@inbox.example suppressed",
        "exit-68@inbox.example suppressed",
    ]);
}

#[test]
fn what_comes_back_is_matched_and_shown() {
    let web = Web::start();
    let world = world(&web);
    world.run(&["bounces", "list"]).ended(0);
    world.run(&["bounces", "fetch"]).ended(2).warns(&["[mail.mailbox]"]);
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(0);
    run(&world).ended(0);
    let sender = arguments(&world)[0].split(' ').nth(2).unwrap().to_owned();
    let report = format!(
        "From: MAILER-DAEMON@inbox.example\r\nTo: {sender}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; inbox.example\r\n\r\n\
         Final-Recipient: rfc822; reader@inbox.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n"
    );
    world.write("report.eml", &report);
    // Marks that are not ours are nobody's.
    let forged = report.replace(&sender, &sender.replace("bounces+", "bounces+0"));
    world.run_with_input(&["bounces", "read", "-"], &forged).ended(0).warns(&["1 messages read"]);
    world.run(&["subscribers", "list"]).ended(0).says(&["reader@inbox.example active"]);
    world.run(&["bounces", "read", "report.eml"]).ended(0).says(&["hard: the subscriber is not written to any more"]);
    world.run(&["bounces", "read", "report.eml"]).ended(0);
    world.run(&["subscribers", "list"]).ended(0).says(&["reader@inbox.example suppressed", "no such user"]);
    let listed = world.run(&["bounces", "list", "--json"]).ended(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "a report that is read twice counts once: {listed}");
    world.run(&["bounces", "read", "no-such.eml"]).ended(1).warns(&["no-such.eml"]);
    world.run(&["subscribers", "add", "reader@inbox.example"]).ended(1).warns(&["readmit"]);
    world.run(&["subscribers", "readmit", "reader@inbox.example"]).ended(0);
    world.run(&["subscribers", "readmit", "reader@inbox.example"]).ended(1).warns(&["not suppressed"]);
}

#[test]
fn lists_of_readers_are_imported_exported_and_erased() {
    let world = World::new("[[edition]]\nname = \"daily\"\ncron = \"0 7 * * *\"\n");
    let list = "address,name,editions,hour,zone,format,empty,topics,kinds,places,state\n\
                a@inbox.example,Anna,daily,06:30,Europe/Kyiv,text,skip,\"tolls,talks\",strike,Sumy 20,\n\
                leser@bücher.example,,,,,,,,,,\n\
                not an address,,,,,,,,,,\n\
                b@inbox.example,,weekly,,,,,,,,\n\
                c@inbox.example,,,,,,,weather,,,\n\
                d@inbox.example,,,,,,,,,Nowhereville,\n\
                A@Inbox.example,Anna again,daily,,,,,,,,\n\
                e@inbox.example,,,,,,,,,,suppressed\n\
                \"x@y.example\r\nBcc: z@y.example\",,,,,,,,,,\n";
    world.write("list.csv", list);
    let ran = world.run(&["subscribers", "import", "list.csv"]).ended(3);
    assert_eq!(ran.out.lines().count(), 9, "a line for each row:\n{}", ran.out);
    ran.says(&[
        "a@inbox.example: added",
        "bücher.example: added",
        "no edition",
        "no topic",
        "no place",
        "on the list already",
    ])
    .warns(&["4 of 9 rows taken"]);
    world.run(&["subscribers", "list"]).ended(0).says(&[
        "a@inbox.example active daily",
        "at 06:30 Europe/Kyiv; tolls,talks; strike; Sumy 20; text; no empty ones",
    ]);

    let exported = world.run(&["subscribers", "export"]).ended(0).out;
    let other = World::new("[[edition]]\nname = \"daily\"\ncron = \"0 7 * * *\"\n");
    other.write("list.csv", &exported);
    other.run(&["subscribers", "import", "list.csv"]).ended(0);
    assert_eq!(other.run(&["subscribers", "export"]).ended(0).out, exported, "what was exported is what is imported");
    other.run_with_input(&["subscribers", "import"], "name\nx\n").ended(2).warns(&["`address` among them"]);
    other.run(&["subscribers", "import", "no-such.csv"]).ended(1).warns(&["no-such.csv"]);

    other.run(&["subscribers", "erase", "a@inbox.example"]).ended(0).says(&["erased a@inbox.example"]);
    other.run(&["subscribers", "erase", "a@inbox.example"]).ended(1).warns(&["failed to find"]);
    assert!(!other.run(&["subscribers", "export"]).out.contains("Anna"));
    let store = std::fs::read_dir(other.path()).unwrap().flatten().map(|file| file.path());
    for file in store.filter(|path| path.extension().is_some_and(|end| end == "db")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(15).any(|part| part == b"a@inbox.example"), "{} still holds it", file.display());
    }
    other.run(&["subscribers", "add", "x@inbox.example", "--edition", "no-such"]).ended(2).warns(&["no-such", "daily"]);
    other.run(&["subscribers", "add", "x@inbox.example", "--places", "Nowhereville"]).ended(2).warns(&["no place"]);
    other.run(&["subscribers", "add", "x@inbox.example", "--kinds", "gossip"]).ended(2).warns(&["no kind"]);
    other.run(&["subscribers", "add", "a\r\nBcc: b@c.example"]).ended(2);
    other.run(&["subscribers", "remove", "nobody@inbox.example"]).ended(1).warns(&["failed to find"]);
    other.run(&["subscribers", "set", "leser@bücher.example", "--hour", "7"]).ended(0).says(&["at 07:00"]);
    other.run(&["subscribers", "set", "leser@bücher.example", "--hour", "25"]).ended(2).warns(&["no hour"]);
}

#[test]
fn the_configured_kinds_are_listed_and_read() {
    const TEXT: &str = "The Eastern Council imposed new sanctions on 12 shipping companies.";
    let world = World::new("kinds = \"own\"\n");
    let shipped = world.run(&["kinds", "show", "sanctions"]).ended(0).out;
    std::fs::create_dir_all(world.path().join("own")).unwrap();
    world.write("own/penalty.toml", shipped);
    world.write("article.txt", TEXT);
    world.run(&["kinds", "list"]).ended(0).says(&["penalty"]);
    world.run(&["extract", "article.txt"]).ended(0).says(&["\"penalty\""]);
    let line = format!("{}\n", serde_json::json!({"id": "a", "text": TEXT}));
    let read = world.run_with_input(&["extract", "--jsonl"], &line).ended(0);
    assert!(read.out.contains("\"penalty\""), "{}", read.out);
}
