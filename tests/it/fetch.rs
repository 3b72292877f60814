//! The fetcher by itself: addresses, secrets, robots.txt, pace. What becomes of a source is in `scenarios`.

use std::time::Duration;

use daybrief::service::fetch::address::Opened;
use daybrief::service::fetch::{Access, FetchLimits, Fetched, Fetcher, Request};
use url::Url;

use crate::web::{Reply, Server, answer};

const FEED: &str = "<rss><channel><title>The Harbour Courier</title></channel></rss>";
/// Bytes that the test fetcher takes at most.
const LIMIT: usize = 100_000;

fn fetcher(opened: &[&str]) -> Fetcher {
    let limits = FetchLimits {
        body_bytes_max: LIMIT,
        redirects_max: 5,
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_millis(400),
        total_timeout: Duration::from_secs(3),
        slow_grace: Duration::from_millis(300),
        host_gap: Duration::ZERO,
        ..FetchLimits::default()
    };
    let opened = opened.iter().map(|text| Opened::parse(text).unwrap()).collect();
    Fetcher::new(limits, Some("admin@reader.example"), opened).unwrap()
}

fn feed(headers: &str) -> Reply {
    answer(200, headers, FEED)
}

mod redirects {
    use super::*;

    fn to(status: u16, path: &str) -> Vec<Reply> {
        vec![answer(status, &format!("Location: {path}"), "")]
    }

    #[tokio::test]
    async fn only_permanent_chains_count_as_moved() {
        for (first, second, moved) in [(301, 308, true), (301, 302, false), (307, 301, false)] {
            let server =
                Server::start([("/feed", to(first, "/b")), ("/b", to(second, "/c")), ("/c", vec![feed("")])]).await;
            let fetched = fetcher(&["127.0.0.1"]).fetch(&Request::feed(server.url("/feed"))).await.unwrap();
            let Fetched::Document(document) = fetched else { panic!("a document") };
            assert_eq!(document.url, server.url("/c"));
            assert_eq!(document.answer.moved, moved.then(|| server.url("/c")), "{first} {second}");
        }
    }

    #[tokio::test]
    async fn secrets_stay_with_their_origin() {
        let other = Server::start([("/feed", vec![feed("")])]).await;
        let target: &'static str = Box::leak(other.url("/feed").to_string().into_boxed_str());
        let server = Server::start([("/feed", to(302, "/here")), ("/here", to(302, target))]).await;
        let access = Access::default().header("X-Key", "sesame").unwrap().login("reader", "secret");
        assert!(!format!("{access:?}").contains("sesame") && !format!("{access:?}").contains("secret"));
        let request = Request::feed(server.url("/feed")).access(access);
        fetcher(&["127.0.0.0/8"]).fetch(&request).await.unwrap();
        for request in server.requests() {
            assert!(request.contains("x-key: sesame\r\n") && request.contains("authorization: Basic "), "{request}");
        }
        let [request] = &other.requests()[..] else { panic!("one request") };
        assert!(!request.contains("x-key") && !request.contains("authorization"), "{request}");
    }
}

mod addresses {
    use super::*;

    #[tokio::test]
    async fn nothing_private_is_dialled_unless_opened() {
        let server = Server::start([("/feed", vec![feed("")])]).await;
        let port = server.url("/").port().unwrap();
        for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "localhost", "0.0.0.0"] {
            let url = Url::parse(&format!("http://{host}:{port}/feed")).unwrap();
            let error = fetcher(&[]).fetch(&Request::feed(url)).await.unwrap_err();
            assert_eq!(error.class(), "private-address", "{host}: {error}");
        }
        assert!(server.requests().is_empty());
    }

    #[tokio::test]
    async fn a_host_can_be_opened_by_name() {
        let server = Server::start([("/feed", vec![feed("")])]).await;
        let url = Url::parse(&format!("http://localhost:{}/feed", server.url("/").port().unwrap())).unwrap();
        assert!(fetcher(&["localhost"]).fetch(&Request::feed(url)).await.is_ok());
    }

    #[tokio::test]
    async fn unknown_names_and_closed_ports_are_told_apart() {
        let unknown = Url::parse("http://no-such-host.invalid/").unwrap();
        assert_eq!(fetcher(&[]).fetch(&Request::feed(unknown)).await.unwrap_err().class(), "dns");
        let closed = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
        };
        let error = fetcher(&["127.0.0.1"]).fetch(&Request::feed(closed)).await.unwrap_err();
        assert_eq!(error.class(), "connect");
        assert!(error.to_string().contains("nobody listens"), "{error}");
    }

    #[tokio::test]
    async fn tls_with_a_server_that_has_none_is_named() {
        let server = Server::start([]).await;
        let mut url = server.url("/");
        url.set_scheme("https").unwrap();
        let error = fetcher(&["127.0.0.1"]).fetch(&Request::feed(url)).await.unwrap_err();
        assert!(matches!(error.class(), "tls" | "connect" | "timeout"), "{error}");
    }
}

mod robots {
    use super::*;

    /// Fetches `/story` and `/private/story` twice: what comes of each, and how often robots.txt was asked for.
    async fn check(robots: Vec<Reply>, expected: (&str, &str), asked: usize) {
        let story = || vec![answer(200, "", "<p>The ferry ran aground.</p>")];
        let routes = [("/story", story()), ("/private/story", story()), ("/robots.txt", robots)];
        let server = Server::start(routes).await;
        let fetcher = fetcher(&["127.0.0.0/8"]);
        for _ in 0..2 {
            for (path, expected) in [("/story", expected.0), ("/private/story", expected.1)] {
                let outcome = fetcher.fetch(&Request::page(server.url(path))).await;
                assert_eq!(outcome.map_or_else(|error| error.class(), |_| "read"), expected, "{path}");
            }
        }
        assert_eq!(server.requests().iter().filter(|request| request.contains("/robots.txt")).count(), asked);
    }

    #[tokio::test]
    async fn pages_are_read_where_they_may_be() {
        check(vec![answer(200, "", "User-agent: *\nDisallow: /private/")], ("read", "robots"), 1).await;
        check(vec![answer(200, "", "User-agent: Daybrief\nDisallow: /")], ("robots", "robots"), 1).await;
        check(vec![answer(200, "", "User-agent: Otherbot\nDisallow: /")], ("read", "read"), 1).await;
    }

    #[tokio::test]
    async fn a_missing_file_allows_and_a_broken_site_does_not() {
        check(vec![answer(404, "", "")], ("read", "read"), 1).await;
        check(vec![answer(403, "", "")], ("read", "read"), 1).await;
        check(vec![answer(200, "", "")], ("read", "read"), 1).await;
        check(vec![answer(302, "Location: /robots.txt", "")], ("read", "read"), 1).await;
        check(vec![answer(503, "", "")], ("robots-unavailable", "robots-unavailable"), 1).await;
        check(vec![Reply::Silence], ("timeout", "timeout"), 1).await;
    }

    #[tokio::test]
    async fn a_long_file_is_read_to_its_limit() {
        let long = "Disallow: /x\n".repeat(5_000);
        check(vec![answer(200, "", format!("User-agent: *\nDisallow: /private\n{long}"))], ("read", "robots"), 1).await;
    }

    #[tokio::test]
    async fn feeds_and_sources_that_say_so_are_exempt() {
        let nothing = answer(200, "", "User-agent: *\nDisallow: /");
        let server = Server::start([("/feed", vec![feed("")]), ("/robots.txt", vec![nothing])]).await;
        let fetcher = fetcher(&["127.0.0.0/8"]);
        assert!(fetcher.fetch(&Request::feed(server.url("/feed"))).await.is_ok());
        let request = Request::page(server.url("/feed"));
        assert!(fetcher.fetch(&request).await.is_err());
        assert!(fetcher.fetch(&request.access(Access::default().ignoring_robots())).await.is_ok());
    }
}

mod politeness {
    use super::*;

    #[tokio::test]
    async fn the_user_agent_is_honest_and_pages_are_asked_for_as_pages() {
        let server = Server::start([("/feed", vec![feed("")])]).await;
        let fetcher = fetcher(&["127.0.0.0/8"]);
        fetcher.fetch(&Request::feed(server.url("/feed"))).await.unwrap();
        fetcher.fetch(&Request::page(server.url("/feed"))).await.unwrap();
        let [feed, robots, page] = &server.requests()[..] else { panic!("three requests") };
        assert!(robots.starts_with("GET /robots.txt "), "{robots}");
        let version = env!("CARGO_PKG_VERSION");
        assert!(feed.contains(&format!("user-agent: Daybrief/{version} (+admin@reader.example)\r\n")), "{feed}");
        assert!(feed.contains("accept: application/rss+xml") && feed.contains("accept-encoding: "), "{feed}");
        assert!(page.contains("accept: text/html") && !page.contains("a-im"), "{page}");
    }

    #[tokio::test]
    async fn a_proxy_is_used_when_one_is_set_and_never_by_itself() {
        let proxy = Server::start([("http://courier.example/feed", vec![feed("")])]).await;
        let fetcher = fetcher(&[]);
        let access = fetcher.through(&proxy.url("/"), Access::default()).unwrap();
        let request = Request::feed(Url::parse("http://courier.example/feed").unwrap()).access(access);
        assert!(matches!(fetcher.fetch(&request).await, Ok(Fetched::Document(_))));
        assert!(
            proxy.requests()[0].starts_with("GET http://courier.example/feed HTTP/1.1\r\n"),
            "{:?}",
            proxy.requests()
        );
    }

    #[tokio::test]
    async fn a_host_is_asked_with_a_gap_and_few_at_once() {
        let server = Server::start([("/feed", vec![feed("")])]).await;
        let limits =
            FetchLimits { host_requests_max: 1, host_gap: Duration::from_millis(120), ..FetchLimits::default() };
        let fetcher = Fetcher::new(limits, None, vec![Opened::parse("127.0.0.1").unwrap()]).unwrap();
        let started = tokio::time::Instant::now();
        let request = Request::feed(server.url("/feed"));
        let (a, b, c) = tokio::join!(fetcher.fetch(&request), fetcher.fetch(&request), fetcher.fetch(&request));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert!(started.elapsed() >= Duration::from_millis(240), "{:?}", started.elapsed());
    }
}
