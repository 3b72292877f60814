//! What others make of our mail: independent programs verify its signatures, send it back, and weigh it as spam.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use daybrief::config::Config;
use daybrief::news::delivery::State;
use daybrief::service::bounces;
use daybrief::service::store::Store;

use crate::outbox::{deliver, service};
use crate::smtp_server::{Script, SmtpServer};
use crate::store::{address, at, digest, environment, everyone, freeze};
use crate::testbed::{self, Testbed};

/// Checks every signature of a message with dkimpy, against public keys that it gets as arguments: `selector=algorithm:base64`.
const VERIFY: &str = r#"
import sys, dkim
keys = dict(argument.split("=", 1) for argument in sys.argv[1:])
def dns(name, timeout=5):
    algorithm, public = keys[name.decode().split(".")[0]].split(":", 1)
    return ("v=DKIM1; k=%s; p=%s" % (algorithm, public)).encode()
message = sys.stdin.buffer.read()
print([dkim.DKIM(message).verify(idx=nth, dnsfunc=dns) for nth in range(len(keys))],
      dkim.verify(message.replace(b"Subject:", b"Subject: x", 1), dnsfunc=dns),
      dkim.verify(message.replace(b"List-Unsubscribe:", b"List-Unsubscribe: <https://evil.example>,", 1), dnsfunc=dns),
      dkim.verify(message.replace(b"Nothing new", b"Something new", 1), dnsfunc=dns))
"#;

fn config(mail: &str) -> Config {
    let text = format!("[web]\nurl = \"https://digest.daybrief.example\"\n[mail]\n{mail}");
    Config::parse(&text, &PathBuf::from("daybrief.toml")).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

/// Whether a program that a test needs is here; in CI it must be.
fn is_here(what: &str, mut probe: Command) -> bool {
    let found = probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    assert!(found || environment("CI").as_deref() != Some("true"), "{what} must be here in CI");
    if !found {
        let _ = writeln!(std::io::stderr(), "SKIPPED a test: {what} is not here");
    }
    found
}

fn python(script: &str) -> Command {
    let mut python = Command::new("python3");
    python.args(["-c", script]);
    python
}

/// The public half of a key, as the DNS has it: of ed25519 only the key itself.
fn public(file: &str, ed25519: bool) -> String {
    let path = format!("{}/tests/it/dkim/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("openssl").args(["pkey", "-in", &path, "-pubout", "-outform", "DER"]).output().unwrap();
    let der = if ed25519 { &output.stdout[output.stdout.len() - 32..] } else { &output.stdout[..] };
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der)
}

#[tokio::test]
async fn another_program_verifies_our_signatures() {
    if !is_here("dkimpy (pip install dkimpy pynacl)", python("import dkim, nacl")) {
        return;
    }
    let server = SmtpServer::start(Script::default()).await;
    let key = |name: &str, file: &str| {
        let path = format!("{}/tests/it/dkim/{file}", env!("CARGO_MANIFEST_DIR"));
        format!("[[mail.dkim]]\nselector = \"{name}\"\nkey_file = \"{path}\"\n")
    };
    let mail = format!(
        "from = \"Daybrief <daily@daybrief.example>\"\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n{}{}",
        server.address.port(),
        key("ed", "ed25519.pem"),
        key("rsa", "rsa.pem")
    );
    let store = Store::in_memory().await.unwrap();
    store.add_subscriber(&address("reader@inbox.example"), None, &[], at(-9)).await.unwrap();
    store.freeze(freeze(&digest(0), &[]), at(0)).await.unwrap();
    deliver(&service(config(&mail), store, 0)).await.unwrap();
    let message = server.seen().messages.remove(0);
    let mut verifier = python(VERIFY);
    verifier.arg(format!("ed=ed25519:{}", public("ed25519.pem", true)));
    verifier.arg(format!("rsa=rsa:{}", public("rsa.pem", false)));
    let mut child = verifier.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&message).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(out.trim(), "[True, True] False False False", "{err}\n{}", String::from_utf8_lossy(&message));
}

/// Postfix takes our message, cannot deliver it, and says so; we read that from Dovecot.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_report_suppresses_and_a_real_letter_unsubscribes() {
    let Some(testbed) = tokio::task::spawn_blocking(Testbed::get).await.unwrap() else { return };
    let user = format!("bounces{}", std::process::id());
    let mail = format!(
        "from = \"Daybrief <daily@daybrief.example>\"\nbounces = \"{user}@inbox.example\"\ntransport = \"smtp\"\n[mail.smtp]\n\
         host = \"127.0.0.1\"\nport = {}\n[mail.mailbox]\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\nuser = \"{user}\"\n\
         password = \"any\"\n",
        testbed::SMTP.1,
        testbed::IMAP.0,
        testbed::IMAP.1
    );
    let store = Store::in_memory().await.unwrap();
    let reader = format!("trust{}@inbox.example", std::process::id());
    for to in ["nobody@bounce.example", &*reader] {
        store.add_subscriber(&address(to), None, &[], at(-9)).await.unwrap();
    }
    store.freeze(freeze(&digest(0), &[]), at(0)).await.unwrap();
    let service = service(config(&mail), store.clone(), 0);
    let delivered = deliver(&service).await.unwrap();
    assert_eq!(delivered.messages, BTreeMap::from([(State::Accepted, 2)]), "{delivered:?}");
    let user_of_reader = reader.split('@').next().unwrap().to_owned();
    let (testbed, mine) = tokio::task::spawn_blocking(move || {
        let mine = testbed.wait_for_mail(&user_of_reader, 1).remove(0);
        testbed.wait_for_mail(&user, 1);
        (testbed, mine)
    })
    .await
    .unwrap();
    assert!(mine.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mine}");
    let mailbox = service.config.mail.mailbox.clone().unwrap();
    let returns: Vec<String> =
        bounces::fetch(&service, &mailbox).await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(returns, ["hard: the subscriber is not written to any more"]);
    assert!(bounces::fetch(&service, &mailbox).await.unwrap().is_empty(), "it is read once");
    let all = everyone(&store).await;
    assert!(all[0].reason.as_ref().unwrap().contains("user unknown"), "{all:?}");
    assert_eq!(store.subscriber_counts().await.unwrap(), BTreeMap::from([("active", 1), ("suppressed", 1)]));

    // What a mail program sends for the mailto link.
    let unfolded = mine.replace("\r\n ", " ");
    let to = unfolded.split("<mailto:").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let letter = format!("From: {reader}\r\nTo: {to}\r\nSubject: unsubscribe\r\n\r\n");
    assert_eq!(bounces::take(&service, letter.as_bytes()).await.unwrap(), bounces::Return::Unsubscribed(true));
    assert_eq!(store.subscriber_counts().await.unwrap(), BTreeMap::from([("removed", 1), ("suppressed", 1)]));
    drop(testbed);
}

/// SpamAssassin's offline rules, over a real message of ours.
#[tokio::test]
async fn our_mail_is_not_taken_for_spam() {
    let mut probe = Command::new("spamassassin");
    probe.arg("--version");
    if !is_here("spamassassin", probe) {
        return;
    }
    let server = SmtpServer::start(Script::default()).await;
    let mail = format!(
        "from = \"Daybrief <daily@daybrief.example>\"\nbounces = \"bounces@daybrief.example\"\ntransport = \"smtp\"\n[mail.smtp]\n\
         host = \"127.0.0.1\"\nport = {}\n",
        server.address.port()
    );
    let store = Store::in_memory().await.unwrap();
    store.add_subscriber(&address("reader@inbox.example"), None, &[], at(-9)).await.unwrap();
    store.freeze(freeze(&digest(0), &[]), at(0)).await.unwrap();
    deliver(&service(config(&mail), store, 0)).await.unwrap();
    // The sample news is of the year 2031; SpamAssassin minds dates to come.
    let date = jiff::Timestamp::from_second(seconds_now()).unwrap().strftime("Date: %a, %d %b %Y %H:%M:%S +0000\r\n");
    let text = String::from_utf8(server.seen().messages.remove(0)).unwrap();
    let text: String = text
        .split_inclusive("\r\n")
        .map(|line| if line.starts_with("Date: ") { date.to_string() } else { line.to_owned() })
        .collect();
    let mut child = Command::new("spamassassin")
        .args(["--local", "--test-mode"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let out = String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned();
    let score =
        out.split("score=").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_else(|| panic!("{out}"));
    eprintln!("SpamAssassin: {score}");
    assert!(score.parse::<f64>().unwrap() < 1.0, "{out}");
}

fn seconds_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a mail of another day is suspicious")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}
