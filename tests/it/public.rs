//! The pages that everybody may read, over the five days of the ledger's scenario: what was printed, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use daybrief::service::control::Control;
use daybrief::service::pipeline::Service;
use daybrief::service::web;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::ledger_store::{play, world};

/// Of any page: on a slow line it is there in a second.
const PAGE_BYTES_MAX: usize = 100_000;

struct Site {
    base: Url,
    client: reqwest::Client,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    async fn start(service: Service) -> Self {
        let control = Arc::new(Control::new(mpsc::unbounded_channel().0));
        let (_, router) = watch::channel(web::router(&Arc::new(service), &control));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let task = tokio::spawn(web::serve(listener, router));
        Self { base, client: reqwest::Client::builder().no_proxy().build().unwrap(), task }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.base.join(path).unwrap()).send().await.unwrap()
    }

    async fn text(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    /// All that can be reached from the list, by address.
    async fn crawl(&self) -> BTreeMap<String, Vec<u8>> {
        let (mut todo, mut found) = (vec!["/archive".to_owned()], BTreeMap::new());
        while let Some(path) = todo.pop() {
            if found.contains_key(&path) {
                continue;
            }
            let reply = self.get(&path).await;
            assert_eq!(reply.status(), 200, "{path}");
            let headers = reply.headers().clone();
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
            assert!(!headers.contains_key("set-cookie"), "{path}");
            let (url, body) = (reply.url().clone(), reply.bytes().await.unwrap());
            assert!(body.len() < PAGE_BYTES_MAX, "{path} has {} bytes", body.len());
            if headers["content-type"].to_str().unwrap().starts_with("text/html") {
                let html = String::from_utf8(body.to_vec()).unwrap();
                assert!(!html.contains("<script") && !html.contains(" style="), "{path}");
                for link in html.split("href=\"").skip(1).chain(html.split("src=\"").skip(1)) {
                    let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
                    let mut to = url.join(&link).unwrap();
                    to.set_fragment(None);
                    if to.origin() == self.base.origin() {
                        todo.push(to[url::Position::BeforePath..].to_owned());
                    }
                }
            }
            found.insert(path, body.to_vec());
        }
        found
    }
}

/// The addresses of a page's links that hold this part, as the page has them.
fn links(html: &str, part: &str) -> Vec<String> {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.contains(part)).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_what_was_printed_and_nothing_else() {
    let world = world();
    let service = play(&world, false).await;
    let store = service.store.clone();
    let held = store.held_figures().await.unwrap();
    assert!(!held.is_empty(), "the scenario holds a figure");
    let site = Site::start(service).await;
    let pages = site.crawl().await;
    let ends = |end: &str| pages.keys().filter(|path| path.ends_with(end)).count();
    assert_eq!(ends(".html"), 5);
    assert!(ends(".png") >= 5 && ends(".atom") == 1 && ends(".feed.json") == 1 && ends("/report") >= 5);
    let threads = |kind: &str| pages.keys().filter(|path| path.contains(kind) && !path.ends_with(".png")).count();
    assert!(threads("/incident/") > 5 && threads("/track/") > 0, "{:?}", pages.keys());

    for (path, body) in pages.iter().filter(|(path, _)| !path.ends_with(".png")) {
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains("inbox.example"), "{path} names a reader");
        for figure in &held {
            let edition = store.edition(&figure.edition_id).await.unwrap().unwrap();
            let articles = store.articles_of(&edition.id).await.unwrap();
            let claim = &figure.item.claim;
            let article = articles.iter().find(|stored| stored.article.id == claim.article).unwrap();
            for span in &claim.spans {
                let quote = span.slice(&article.article.text).unwrap();
                let is_printed = edition.digest.notes.numbered().any(|(_, note)| note.quote == quote);
                assert!(is_printed || !text.contains(quote), "{path} quotes the held {quote:?}");
            }
        }
    }
    // What no list leads to is not there.
    for path in [
        "/archive/daily-2031-03-04T0700Z",
        "/archive/daily-1999-01-01T0700Z.html",
        "/archive/daily.html",
        "/archive/-2031-03-04T0700Z.html",
        "/archive/daily%00-2031-03-04T0700Z.html",
        "/archive/..%2f..%2fdaybrief.toml",
        "/archive/other.atom",
        "/archive/daily-2031-03-04T0700Z/incident/000000000000",
        "/archive/daily-2031-03-04T0700Z/held/000000000000",
        "/archive?after=%00",
    ] {
        let reply = site.get(path).await;
        assert_eq!(reply.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched_by_what_the_pages_print() {
    let world = world();
    let service = play(&world, false).await;
    let held = service.store.held_figures().await.unwrap();
    let site = Site::start(service).await;
    let count = |html: &str| links(html, "archive/daily-").len();
    let all = site.text("/archive").await;
    assert_eq!(count(&all), 5, "{all}");
    // Newest first.
    let stems = links(&all, "archive/daily-");
    assert!(stems.is_sorted_by(|a, b| a > b), "{stems:?}");
    for (words, expected) in [
        ("MYKOLAIV", 1..=5),
        ("mykolaiv strike", 1..=5),
        ("nothing-of-the-kind", 0..=0),
        ("%", 0..=5),
        ("_____", 0..=0),
    ] {
        let found = site.text(&format!("/archive?q={}", words.replace('%', "%25").replace(' ', "+"))).await;
        assert!(expected.contains(&count(&found)), "{words}: {} in {found}", count(&found));
    }
    // Words of our own record that no page prints: names of fields, ids of held figures.
    for words in ["weighed", "plausibility", &held[0].item.id] {
        assert_eq!(count(&site.text(&format!("/archive?q={words}")).await), 0, "{words}");
    }
    let injected = site.text("/archive?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%27--").await;
    assert!(!injected.contains("<script") && injected.contains("No edition prints that."), "{injected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_followed_through_the_days_with_its_sentences() {
    let world = world();
    let service = play(&world, false).await;
    let site = Site::start(service).await;
    let newest = links(&site.text("/archive").await, "archive/daily-").remove(0);
    let edition = site.text(&newest).await;
    let mut longest = (0, String::new(), String::new());
    for link in links(&edition, "/incident/") {
        let path = format!("/archive/{link}");
        let page = site.text(&path).await;
        let days = page.matches("<section>").count();
        // Each figure has its sentence on the page.
        for cite in links(&page, "#note-") {
            assert!(page.contains(&format!("id=\"{}\"", &cite[1..])), "{cite} leads nowhere in {page}");
        }
        if days > longest.0 {
            longest = (days, path, page);
        }
    }
    let (days, path, page) = longest;
    assert!(days >= 3, "{days} days: {page}");
    assert!(page.contains("<h2><a href=\"../../daily-2031-03-0"), "{page}");
    // The same page by any of its days begins with the same incident.
    let earlier = links(&page, "../../daily-2031-03-0");
    let first = site.text(&format!("/archive/{}", earlier.last().unwrap().trim_start_matches("../../"))).await;
    let mut again = Vec::new();
    for link in links(&first, "/incident/") {
        again.push(site.text(&format!("/archive/{link}")).await);
    }
    assert!(again.iter().any(|other| other.matches("<section>").count() == days), "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_can_be_switched_off() {
    let world = world();
    let mut service = play(&world, false).await;
    service.config.web.archive = false;
    let site = Site::start(service).await;
    for path in ["/archive", "/archive/daily-2031-03-04T0700Z.html", "/archive/daily.atom", "/"] {
        assert_eq!(site.get(path).await.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_have_permanent_addresses() {
    let world = world();
    let mut service = play(&world, false).await;
    service.config.web.url = Some("https://digest.example/daily".parse().unwrap());
    assert_eq!(service.config.archive_address().as_deref(), Some("https://digest.example/daily/archive"));
    let site = Site::start(service).await;
    let reply = site.get("/archive/daily.atom").await;
    assert_eq!(reply.headers()["content-type"], "application/atom+xml");
    let atom = reply.text().await.unwrap();
    assert!(atom.contains("href=\"https://digest.example/daily/archive/daily.atom\""), "{atom}");
    let json: serde_json::Value = serde_json::from_str(&site.text("/archive/daily.feed.json").await).unwrap();
    assert_eq!(json["feed_url"], "https://digest.example/daily/archive/daily.feed.json");
    assert_eq!(json["items"].as_array().unwrap().len(), 5);
}
