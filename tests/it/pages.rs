//! The subscribers' pages over HTTP, with the mail server at the other end: sign up, confirm, choose, leave, be forgotten.

use std::net::SocketAddr;
use std::sync::Arc;

use daybrief::news::digest::Section;
use daybrief::news::subscriber::{Empty, Format};
use daybrief::news::token::Purpose;
use daybrief::service::control::Control;
use daybrief::service::pipeline::Service;
use daybrief::service::sign_up;
use daybrief::service::store::{Store, Subscriber, SubscriberState};
use daybrief::service::web;
use mail_parser::MessageParser;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::outbox::{config, deliver, relay, service};
use crate::smtp_server::{Script, SmtpServer};
use crate::store::{address, at, everyone, freeze};

/// A service with its pages and its mail server, at a time.
struct Site {
    service: Arc<Service>,
    server: SmtpServer,
    base: String,
    client: reqwest::Client,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    async fn start(store: Store, minutes: i64) -> Self {
        let server = SmtpServer::start(Script::default()).await;
        let editions = "[[edition]]\nname = \"daily\"\ncron = \"0 7 * * *\"\n[[edition]]\nname = \"weekly\"\ncron = \"0 7 * * 1\"\n";
        let service = service(config(&format!("{}{editions}", relay(server.address, ""))), store, minutes);
        let service = Arc::new(service);
        let control = Arc::new(Control::new(mpsc::unbounded_channel().0));
        let (_, router) = watch::channel(web::router(&service, &control));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(web::serve(listener, router));
        Self { service, server, base, client: reqwest::Client::builder().no_proxy().build().unwrap(), task }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
            if answer.status() == 200 {
                assert_eq!(answer.headers()[name], value);
            }
        }
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.base)).body(body);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The address of a page from a mail, on this site.
    fn path(&self, message: &str, page: &str) -> String {
        let start = message.find(&format!("https://digest.daybrief.example/{page}/")).unwrap();
        let address = message[start..].split_whitespace().next().unwrap();
        address.trim_start_matches("https://digest.daybrief.example").to_owned()
    }

    fn mails(&self) -> Vec<(String, String)> {
        let read = |bytes: Vec<u8>| {
            let message = MessageParser::default().parse(&bytes).unwrap();
            (message.subject().unwrap().to_owned(), message.body_text(0).unwrap().into_owned())
        };
        self.server.seen().messages.into_iter().map(read).collect()
    }

    async fn known(&self, text: &str) -> Option<Subscriber> {
        self.service.store.subscriber_at(&address(text)).await.unwrap()
    }

    /// A subscriber, and the path of their preferences.
    async fn subscriber(&self, text: &str) -> (Subscriber, String) {
        self.service.store.add_subscriber(&address(text), None, &[], at(-600)).await.unwrap();
        let known = self.known(text).await.unwrap();
        let path = format!("/preferences/{}", self.service.post.reach.key.link(Purpose::Preferences, &known.id));
        (known, path)
    }
}

#[tokio::test]
async fn who_signs_up_and_confirms_gets_the_next_edition() {
    let site = Site::start(Store::in_memory().await.unwrap(), -60).await;
    let (status, form) = site.get("/subscribe").await;
    assert!(status == 200 && form.contains("name=\"address\"") && form.contains("value=\"weekly\""), "{form}");
    let (status, answer) =
        site.post("/subscribe", &[("address", " Reader@Inbox.example "), ("edition", "daily"), ("website", "")]).await;
    assert_eq!(status, 200);
    assert!(answer.contains("Look into your mail"), "{answer}");
    assert_eq!(site.known("reader@inbox.example").await.unwrap().state, SubscriberState::Pending);

    assert_eq!(sign_up::send(&site.service).await.unwrap(), 1);
    assert_eq!(sign_up::send(&site.service).await.unwrap(), 0, "once");
    let (subject, text) = site.mails().remove(0);
    assert!(subject.starts_with("Please confirm: "), "{subject}");
    let path = site.path(&text, "confirm");

    // Asking is not confirming, and neither is what a scanner of links does.
    let (_, question) = site.get(&path).await;
    assert!(question.contains("method=\"post\""), "{question}");
    assert_eq!(site.known("reader@inbox.example").await.unwrap().state, SubscriberState::Pending);
    let before = site.service.store.freeze(freeze(&crate::store::digest(-1), &[]), at(-1)).await.unwrap();
    assert!(matches!(before, daybrief::service::store::Frozen::Now { deliveries: 0, .. }), "{before:?}");

    let (_, thanks) = site.post(&path, &[]).await;
    assert!(thanks.contains("Thank you") && thanks.contains("../preferences/"), "{thanks}");
    let known = site.known("reader@inbox.example").await.unwrap();
    assert_eq!((known.state, known.editions), (SubscriberState::Active, vec!["daily".to_owned()]));
    assert!(site.post(&path, &[]).await.1.contains("Thank you"), "twice is no mistake");

    let later = service(site.service.config.clone(), site.service.store.clone(), 0);
    later.store.freeze(freeze(&crate::store::digest(0), &[]), at(0)).await.unwrap();
    deliver(&later).await.unwrap();
    assert_eq!(site.mails().len(), 2);
    assert!(site.mails()[1].1.contains("/unsubscribe/daily/"));
}

#[tokio::test]
async fn the_answer_does_not_tell_who_subscribes() {
    let site = Site::start(Store::in_memory().await.unwrap(), 0).await;
    site.subscriber("known@inbox.example").await;
    let (gone, _) = site.subscriber("bounced@inbox.example").await;
    site.service.store.suppress_subscriber(&gone.id, "550 no such user", at(-5)).await.unwrap();
    let mut answers = std::collections::BTreeSet::new();
    for text in ["known@inbox.example", "bounced@inbox.example", "new@inbox.example"] {
        answers.insert(site.post("/subscribe", &[("address", text)]).await);
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    // A program fills in everything, and is told the same.
    answers.insert(site.post("/subscribe", &[("address", "bot@inbox.example"), ("website", "x")]).await);
    assert_eq!(answers.len(), 1);
    assert_eq!(sign_up::send(&site.service).await.unwrap(), 1, "only the new one is written to");
    assert_eq!(site.server.seen().commands.iter().filter(|line| line.starts_with("RCPT TO:<new@")).count(), 1);
    assert!(site.known("bot@inbox.example").await.is_none());
    assert_eq!(site.known("bounced@inbox.example").await.unwrap().state, SubscriberState::Suppressed);
}

#[tokio::test]
async fn nobody_is_flooded_by_way_of_us() {
    let site = Site::start(Store::in_memory().await.unwrap(), 0).await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(site.post("/subscribe", &[("address", "victim@inbox.example")]).await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(sign_up::send(&site.service).await.unwrap(), 1);
    // Whoever keeps asking has three mails sent in all, and then none.
    let store = &site.service.store;
    let mut sent = 1;
    for round in 1..9 {
        store.sign_up(&address("victim@inbox.example"), &[], at(round * 20)).await.unwrap();
        let later = service(site.service.config.clone(), store.clone(), round * 20);
        sent += sign_up::send(&later).await.unwrap();
    }
    assert_eq!(sent, 3);
    for text in ["", "x", "a@b\r\nBcc: c@d.example", "\"a b\"@c.example", "a@[127.0.0.1]"] {
        assert_eq!(site.post("/subscribe", &[("address", text)]).await.0, 422, "{text:?}");
    }
}

#[tokio::test]
async fn a_link_to_confirm_ends_with_the_week() {
    let store = Store::in_memory().await.unwrap();
    let site = Site::start(store.clone(), 7 * 24 * 60 + 1).await;
    store.sign_up(&address("late@inbox.example"), &[], at(0)).await.unwrap();
    let known = site.known("late@inbox.example").await.unwrap();
    let mark = site.service.post.reach.key.link(Purpose::Confirm, &known.id);
    assert!(site.post(&format!("/confirm/{mark}"), &[]).await.1.contains("Thank you"), "the answer says nothing");
    assert_eq!(site.known("late@inbox.example").await.unwrap().state, SubscriberState::Pending);
    assert_eq!(store.forget_unconfirmed(at(7 * 24 * 60 + 1)).await.unwrap(), 1);
    assert!(site.known("late@inbox.example").await.is_none());
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_tried_again() {
    let store = Store::in_memory().await.unwrap();
    store.sign_up(&address("reader@inbox.example"), &[], at(0)).await.unwrap();
    let site = Site::start(store, 0).await;
    let nobody = config(&relay(SocketAddr::from(([127, 0, 0, 1], 9)), ""));
    assert_eq!(sign_up::send(&service(nobody, site.service.store.clone(), 0)).await.unwrap(), 0);
    let healed = config(&relay(site.server.address, ""));
    assert_eq!(sign_up::send(&service(healed.clone(), site.service.store.clone(), 1)).await.unwrap(), 0, "not at once");
    assert_eq!(sign_up::send(&service(healed.clone(), site.service.store.clone(), 6)).await.unwrap(), 1);
    assert_eq!(sign_up::send(&service(healed, site.service.store.clone(), 60)).await.unwrap(), 0);
}

#[tokio::test]
async fn preferences_are_kept_shown_and_refused() {
    let site = Site::start(Store::in_memory().await.unwrap(), 0).await;
    let (_, path) = site.subscriber("reader@inbox.example").await;
    let fields = [
        ("do", "keep"),
        ("edition", "weekly"),
        ("topic", "tolls"),
        ("topic", "talks"),
        ("kind", "strike"),
        ("kind", "talks"),
        ("places", "Sumy 20; Суми"),
        ("hour", "06:30"),
        ("zone", "europe/kyiv"),
        ("pause", "2031-04-01"),
        ("format", "text"),
        ("empty", "skip"),
    ];
    let (status, page) = site.post(&path, &fields).await;
    assert!(status == 200 && page.contains("Kept."), "{page}");
    let known = site.known("reader@inbox.example").await.unwrap();
    let wants = known.preferences;
    assert_eq!(known.editions, ["weekly"]);
    assert_eq!(wants.topics, [Section::Tolls, Section::Talks]);
    assert_eq!(wants.kinds, ["strike", "talks"]);
    let places: Vec<(&str, u32)> = wants.places.iter().map(|near| (&*near.name, near.radius_km)).collect();
    assert_eq!(places, [("Sumy", 20), ("Суми", 50)]);
    assert_eq!((wants.minute, wants.zone.as_deref()), (Some(390), Some("Europe/Kyiv")));
    assert_eq!((wants.format, wants.empty), (Format::Text, Some(Empty::Skip)));
    assert_eq!(wants.paused_until.unwrap().to_string(), "2031-03-31T21:00:00Z");
    // What is kept is what is shown.
    let (_, shown) = site.get(&path).await;
    for part in ["value=\"06:30\"", "value=\"Europe/Kyiv\"", "value=\"2031-04-01\"", "Sumy 20; Суми 50"] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(shown.contains("value=\"strike\" checked") && !shown.contains("value=\"disaster\" checked"), "{shown}");
    // What cannot be meant is said, and nothing is changed.
    for (name, value, says) in [
        ("places", "Nowhereville 5", "no place"),
        ("zone", "Mars/Olympus", "no time zone"),
        ("hour", "25:00", "no time"),
        ("pause", "soon", "no day"),
        ("kind", "gossip", "no kind"),
        ("topic", "weather", "no topic"),
    ] {
        let (_, page) = site.post(&path, &[("edition", "daily"), (name, value)]).await;
        assert!(page.contains(says), "{name}={value}: {page}");
    }
    assert_eq!(site.known("reader@inbox.example").await.unwrap().preferences.minute, Some(390));
    // Nothing that is given is markup.
    let (_, page) = site.post(&path, &[("edition", "daily"), ("zone", "<script>alert(1)</script>")]).await;
    assert!(!page.contains("<script>"), "{page}");
    // No edition at all is a farewell.
    let (_, page) = site.post(&path, &[("do", "keep")]).await;
    assert!(page.contains("Unsubscribed"), "{page}");
    assert_eq!(site.known("reader@inbox.example").await.unwrap().state, SubscriberState::Removed);
    assert!(site.get(&path).await.1.contains("This link does not work"));
}

#[tokio::test]
async fn whoever_wants_to_is_forgotten() {
    let site = Site::start(Store::in_memory().await.unwrap(), 0).await;
    let (_, path) = site.subscriber("reader@inbox.example").await;
    assert!(site.get(&path).await.1.contains("Be forgotten"));
    assert!(site.known("reader@inbox.example").await.is_some(), "looking changes nothing");
    assert!(site.post(&path, &[("do", "erase")]).await.1.contains("Erased"));
    assert!(site.known("reader@inbox.example").await.is_none());
    assert!(site.get(&path).await.1.contains("This link does not work"));
}

#[tokio::test]
async fn one_click_leaves_one_edition_and_looking_leaves_none() {
    let site = Site::start(Store::in_memory().await.unwrap(), 0).await;
    let (known, _) = site.subscriber("reader@inbox.example").await;
    let key = &site.service.post.reach.key;
    let path = format!("/unsubscribe/daily/{}", key.link(Purpose::Unsubscribe("daily"), &known.id));
    assert_eq!(site.get(&path).await.0, 200);
    assert!(site.known("reader@inbox.example").await.unwrap().editions.is_empty());
    // RFC 8058: this and nothing else, answered without a redirect.
    assert_eq!(site.post(&path, &[("List-Unsubscribe", "One-Click")]).await.0, 200);
    assert_eq!(site.known("reader@inbox.example").await.unwrap().editions, ["weekly"]);
    let weekly = format!("/unsubscribe/weekly/{}", key.link(Purpose::Unsubscribe("weekly"), &known.id));
    site.post(&weekly, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!(site.known("reader@inbox.example").await.unwrap().state, SubscriberState::Removed);
}

#[tokio::test]
async fn a_mark_is_good_for_its_own_page_alone() {
    let site = Site::start(Store::in_memory().await.unwrap(), 0).await;
    let (known, own) = site.subscriber("reader@inbox.example").await;
    let (other, _) = site.subscriber("other@inbox.example").await;
    let key = &site.service.post.reach.key;
    let daily = key.link(Purpose::Unsubscribe("daily"), &known.id);
    let preferences = key.link(Purpose::Preferences, &known.id);
    let tampered =
        format!("{}{}", &preferences[..preferences.len() - 1], if preferences.ends_with('0') { '1' } else { '0' });
    let borrowed = format!("{}{}", other.id, &preferences[other.id.len()..]);
    let answer = site.post(&format!("/unsubscribe/daily/{daily}x"), &[]).await;
    for path in [
        format!("/unsubscribe/weekly/{daily}"),
        format!("/unsubscribe/daily/{preferences}"),
        format!("/unsubscribe/daily/{}", key.link(Purpose::Confirm, &known.id)),
        "/unsubscribe/daily/x".to_owned(),
    ] {
        assert_eq!(site.post(&path, &[]).await, answer, "a wrong mark is answered as any other");
    }
    for mark in [&daily, &tampered, &borrowed, &key.link(Purpose::Confirm, &known.id), &preferences.to_uppercase()] {
        assert!(site.get(&format!("/preferences/{mark}")).await.1.contains("This link does not work"), "{mark}");
        site.post(&format!("/preferences/{mark}"), &[("do", "erase")]).await;
    }
    assert!(site.get(&own).await.1.contains("reader@inbox.example"));
    let all = everyone(&site.service.store).await;
    assert!(all.iter().all(|one| one.state == SubscriberState::Active && one.editions.is_empty()), "{all:#?}");
}
