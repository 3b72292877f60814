//! Delivery as a whole: whichever event fails, each recipient is accounted for; and nothing that people give gets out of its
//! header.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daybrief::config::{Config, StoreUrl};
use daybrief::news::delivery::State;
use daybrief::news::message::templates::Templates;
use daybrief::service::fetch::Fetcher;
use daybrief::service::mail::{Mailer, Post};
use daybrief::service::pipeline::{self, Delivered, Service};
use daybrief::service::store::{Frozen, Store};
use daybrief::service::worker::{Clock, Stop};
use indicatif::ProgressBar;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::smtp_server::{CERTIFICATE, Does, Script, SmtpServer};
use crate::store::{Database, at, digest, freeze, subscribe};

const READERS: usize = 3;
const CONNECTIONS: usize = 2;

/// Passes bytes on in both directions, and cuts everything at the N-th piece, once.
struct Cutter {
    address: SocketAddr,
    events: Arc<AtomicUsize>,
}

impl Cutter {
    async fn start(to: SocketAddr, nth: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let events = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&events);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    // Connecting is an event, too.
                    if counter.fetch_add(1, Ordering::SeqCst) + 1 == nth {
                        return;
                    }
                    let Ok(server) = TcpStream::connect(to).await else { return };
                    let (mut client, mut server) = (client, server);
                    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
                    loop {
                        let (count, forward) = tokio::select! {
                            count = client.read(&mut up) => (count.unwrap_or(0), true),
                            count = server.read(&mut down) => (count.unwrap_or(0), false),
                        };
                        if count == 0 || counter.fetch_add(1, Ordering::SeqCst) + 1 == nth {
                            return;
                        }
                        let written = if forward {
                            server.write_all(&up[..count]).await
                        } else {
                            client.write_all(&down[..count]).await
                        };
                        if written.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, events }
    }

    fn has_cut(&self, nth: usize) -> bool {
        self.events.load(Ordering::SeqCst) >= nth
    }
}

pub fn config(smtp: &str) -> Config {
    let text = format!(
        "[mail]\nfrom = \"Daybrief <daily@daybrief.example>\"\nbounces = \"bounces@daybrief.example\"\ntransport = \"smtp\"\n\
         connections_max = {CONNECTIONS}\nlease = \"1m\"\n{smtp}[web]\nurl = \"https://digest.daybrief.example\"\n"
    );
    Config::parse(&text, &PathBuf::from("daybrief.toml")).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

pub fn relay(address: SocketAddr, more: &str) -> String {
    format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntimeout = \"2s\"\n{more}", address.port())
}

pub fn service(config: Config, store: Store, minutes: i64) -> Service {
    Service {
        templates: Templates::default(),
        fetcher: Fetcher::new(config.limits.fetch.clone(), None, Vec::new()).unwrap(),
        mailer: Mailer::new(&config.mail).unwrap(),
        post: Post::new(&config, b"secret").unwrap(),
        clock: Clock::simulated(at(minutes)),
        store,
        config,
    }
}

pub async fn deliver(service: &Service) -> anyhow::Result<Delivered> {
    let (_asker, stop) = Stop::controlled();
    pipeline::deliver(service, &stop, &ProgressBar::hidden()).await
}

async fn freeze_edition(store: &Store, slot: i64) -> String {
    match store.freeze(freeze(&digest(slot), &[]), at(slot)).await.unwrap() {
        Frozen::Now { id, deliveries: READERS } => id,
        other => panic!("{other:?}"),
    }
}

/// How often each reader has got the edition, by the ids of the messages.
fn arrived(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for message in server.seen().messages {
        let text = String::from_utf8(message).unwrap();
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
        *found.entry(id).or_default() += 1;
    }
    found
}

/// After the world has healed: everybody has it, and only what was under way when it broke came twice.
async fn heal(config: &Config, store: &Store, slot: i64, edition: &str, server: &SmtpServer, nth: usize) {
    // The lease of whatever was left has lapsed, and so has every wait.
    for later in [2, 10, 30, 90] {
        deliver(&service(config.clone(), store.clone(), slot + later)).await.unwrap();
    }
    let counts = store.delivery_counts(Some(edition)).await.unwrap();
    assert_eq!(counts, BTreeMap::from([(State::Accepted, READERS as u64)]), "event {nth}");
    let records = store.deliveries(edition).await.unwrap();
    let arrived = arrived(server);
    let times: Vec<usize> =
        records.iter().map(|record| arrived.get(&record.message_id).copied().unwrap_or(0)).collect();
    assert!(times.iter().all(|times| (1..=2).contains(times)), "event {nth}: {times:?}");
    assert!(times.iter().filter(|times| **times == 2).count() <= CONNECTIONS, "event {nth}: {times:?}");
}

/// Cuts the connection to the mail server at its N-th event, for N = 1, 2, 3 … until none is left.
async fn each_smtp_event(script: Script, more: &str) -> usize {
    for nth in 1.. {
        assert!(nth < 500);
        let server = SmtpServer::start(script.clone()).await;
        let cutter = Cutter::start(server.address, nth).await;
        let store = Store::in_memory().await.unwrap();
        subscribe(&store, READERS).await;
        let edition = freeze_edition(&store, 0).await;
        deliver(&service(config(&relay(cutter.address, more)), store.clone(), 0)).await.unwrap();
        let has_cut = cutter.has_cut(nth);
        heal(&config(&relay(server.address, more)), &store, 0, &edition, &server, nth).await;
        if !has_cut {
            return nth - 1;
        }
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_smtp_event_fails_each_recipient_is_accounted_for() {
    let plain = each_smtp_event(Script::default(), "").await;
    let together = each_smtp_event(Script { extensions: vec!["PIPELINING"], ..Script::default() }, "").await;
    eprintln!("{plain} events without and {together} with PIPELINING");
    assert!(plain > 20 && together > 12, "{plain} {together}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_tls_event_fails_each_recipient_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, CERTIFICATE).unwrap();
    let more = |security: &str| format!("security = \"{security}\"\nca_file = \"{}\"\n", ca.display());
    let direct = each_smtp_event(Script { tls: true, ..Script::default() }, &more("tls")).await;
    let upgraded =
        each_smtp_event(Script { extensions: vec!["STARTTLS"], ..Script::default() }, &more("starttls")).await;
    eprintln!("{direct} events with TLS and {upgraded} with STARTTLS");
    assert!(direct > 20 && upgraded > 20, "{direct} {upgraded}");
}

/// Every seventh event, which meets each kind of them.
#[test]
fn whichever_database_event_fails_each_recipient_is_accounted_for() {
    each_database_event(7);
}

/// By hand: `cargo nextest run --run-ignored only -E 'test(each_single_database_event)'`.
#[test]
#[ignore = "takes two minutes"]
fn each_single_database_event_may_fail() {
    each_database_event(1);
}

fn each_database_event(step: usize) {
    let Some(database) = Database::postgres() else { return };
    database.block_on(async {
        let direct = Store::open(&StoreUrl::parse(&database.url, Path::new("")).unwrap()).await.unwrap();
        subscribe(&direct, READERS).await;
        let url = url::Url::parse(&database.url).unwrap();
        let server = SocketAddr::from(([127, 0, 0, 1], url.port().unwrap_or(5432)));
        for nth in (1..).step_by(step) {
            assert!(nth < 1_000);
            let smtp = SmtpServer::start(Script { extensions: vec!["PIPELINING"], ..Script::default() }).await;
            let cutter = Cutter::start(server, nth).await;
            let slot = nth as i64 * 24 * 60;
            let edition = freeze_edition(&direct, slot).await;
            let mut through = url.clone();
            through.set_ip_host(cutter.address.ip()).unwrap();
            through.set_port(Some(cutter.address.port())).unwrap();
            // Opening may fail, and so may the run: then the next one makes up for it.
            if let Ok(store) = Store::open(&StoreUrl::Postgres(through)).await {
                let broken = service(config(&relay(smtp.address, "")), store, slot);
                deliver(&broken).await.ok();
                broken.store.close().await;
            }
            let has_cut = cutter.has_cut(nth);
            heal(&config(&relay(smtp.address, "")), &direct, slot, &edition, &smtp, nth).await;
            if !has_cut {
                eprintln!("about {nth} events of the database");
                assert!(nth > 30);
                break;
            }
        }
        direct.close().await;
    });
}

#[tokio::test]
async fn a_name_that_is_not_found_leads_to_the_next_server() {
    let server = SmtpServer::start(Script::default()).await;
    let fallback = relay(server.address, "").replace("[mail.smtp]", "[[mail.fallback]]");
    let smtp = format!("[mail.smtp]\nhost = \"mail.nowhere.invalid\"\nport = 25\ntimeout = \"1s\"\n{fallback}");
    let store = Store::in_memory().await.unwrap();
    subscribe(&store, READERS).await;
    freeze_edition(&store, 0).await;
    let delivered = deliver(&service(config(&smtp), store, 0)).await.unwrap();
    assert_eq!(delivered.messages, BTreeMap::from([(State::Accepted, READERS)]), "{delivered:?}");
    // Without one, everybody waits and is told why.
    let store = Store::in_memory().await.unwrap();
    subscribe(&store, READERS).await;
    freeze_edition(&store, 0).await;
    let alone = "[mail.smtp]\nhost = \"mail.nowhere.invalid\"\nport = 25\ntimeout = \"1s\"\n";
    let delivered = deliver(&service(config(alone), store, 0)).await.unwrap();
    assert_eq!(delivered.messages, BTreeMap::from([(State::Deferred, READERS)]), "{delivered:?}");
}

#[tokio::test]
async fn a_server_that_slows_us_down_is_left_alone() {
    let instead = vec![("RCPT", Does::Say("450 4.7.28 unusual rate"))];
    let server = SmtpServer::start(Script { instead, ..Script::default() }).await;
    let store = Store::in_memory().await.unwrap();
    subscribe(&store, READERS).await;
    let edition = freeze_edition(&store, 0).await;
    let one = config(&relay(server.address, "")).clone();
    let one = Config { mail: daybrief::config::Mail { connections_max: 1, ..one.mail.clone() }, ..one };
    deliver(&service(one.clone(), store.clone(), 0)).await.unwrap();
    assert!(server.seen().messages.is_empty(), "the others of the domain are not tried either");
    let due = store.next_due().await.unwrap().unwrap();
    assert!(due > at(0), "{due}");
    deliver(&service(one, store.clone(), 6)).await.unwrap();
    let counts = store.delivery_counts(Some(&edition)).await.unwrap();
    assert_eq!(counts, BTreeMap::from([(State::Accepted, READERS as u64)]));
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_suppressed_at_the_door() {
    let instead = vec![("RCPT", Does::Say("550 5.1.1 no such user"))];
    let server = SmtpServer::start(Script { instead, ..Script::default() }).await;
    let store = Store::in_memory().await.unwrap();
    subscribe(&store, READERS).await;
    freeze_edition(&store, 0).await;
    deliver(&service(config(&relay(server.address, "")), store.clone(), 0)).await.unwrap();
    assert_eq!(store.subscriber_counts().await.unwrap(), BTreeMap::from([("active", 2), ("suppressed", 1)]));
    assert_eq!(store.bounces(9).await.unwrap()[0].said, "550 5.1.1 no such user");
}

#[tokio::test]
async fn every_message_has_its_headers_and_its_own_marks() {
    let server = SmtpServer::start(Script::default()).await;
    let store = Store::in_memory().await.unwrap();
    subscribe(&store, READERS).await;
    freeze_edition(&store, 0).await;
    let service = service(config(&relay(server.address, "")), store.clone(), 0);
    deliver(&service).await.unwrap();
    let mut marks = std::collections::BTreeSet::new();
    for message in server.seen().messages {
        let text = String::from_utf8(message).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ");
        for line in [
            "List-Id: <daily.daybrief.example>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Auto-Submitted: auto-generated",
            "Precedence: bulk",
            "Feedback-ID: daily:digest:daybrief",
        ] {
            assert!(unfolded.lines().any(|have| have == line), "{line} is missing in:\n{head}");
        }
        let unsubscribe = unfolded.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: ")).unwrap();
        let page = unsubscribe.split(['<', '>']).nth(1).unwrap().to_owned();
        assert!(page.starts_with("https://digest.daybrief.example/unsubscribe/daily/"), "{page}");
        assert!(unsubscribe.contains("<mailto:bounces+"), "{unsubscribe}");
        // The body's link is the header's, across the lines of quoted-printable.
        assert!(body.replace("=\r\n", "").contains(&page), "{body}");
        assert!(
            text.lines().all(|line| line.len() <= 78 || line.starts_with("List-") || line.starts_with(" <mailto:")),
            "{text}"
        );
        marks.insert(page);
    }
    assert_eq!(marks.len(), READERS);
    let senders: std::collections::BTreeSet<String> =
        server.seen().commands.into_iter().filter(|line| line.starts_with("MAIL FROM:<bounces+")).collect();
    assert_eq!(senders.len(), READERS);
}

#[tokio::test]
async fn nothing_gets_out_of_its_header_or_command() {
    let server = SmtpServer::start(Script { extensions: vec!["SMTPUTF8", "8BITMIME"], ..Script::default() }).await;
    let store = Store::in_memory().await.unwrap();
    let name = format!("R.\r\nBcc: victim@inbox.example\0{}", "x".repeat(1_000));
    // As a database might hold them that was filled by other means.
    for text in ["reader@inbox.example", "читач@пошта.example", "leser@bücher.example"] {
        store.add_subscriber(&text.parse().unwrap(), Some(&name.replace('\0', " ")), &[], at(-9)).await.unwrap();
    }
    for bad in ["a@b.example>\r\nRCPT TO:<victim@inbox.example", "a\r\n@b.example", "a@b\0.example", "a b@c.example"] {
        assert!(bad.parse::<lettre::Address>().is_err(), "{bad:?}");
        assert!(daybrief::news::subscriber::address(bad).is_err(), "{bad:?}");
    }
    let mut digest = digest(0);
    digest.frame.title = "Daily\r\nBcc: victim@inbox.example\r\n\r\n.\r\nMAIL FROM:<x@y.example>".to_owned();
    store.freeze(freeze(&digest, &[]), at(0)).await.unwrap();
    let delivered = deliver(&service(config(&relay(server.address, "")), store, 0)).await.unwrap();
    assert_eq!(delivered.messages, BTreeMap::from([(State::Accepted, 3)]), "{delivered:?}");
    let seen = server.seen();
    assert_eq!(seen.messages.len(), 3);
    assert!(
        seen.commands.iter().all(|line| !line.contains("victim") && !line.contains("x@y.example")),
        "{:?}",
        seen.commands
    );
    assert!(seen.commands.iter().any(|line| line.contains("xn--bcher-kva")), "{:?}", seen.commands);
    for message in seen.messages {
        let text = String::from_utf8(message).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
    }
}
