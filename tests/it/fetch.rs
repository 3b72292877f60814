//! Each scenario visits a source as the pipeline does, and says what came, what is stored, and when it is due again.

use std::io::Write;
use std::time::Duration;

use daybrief::service::fetch::address::Opened;
use daybrief::service::fetch::freshness::Policy;
use daybrief::service::fetch::state::{Failure, Freshness, Occasion, Plan};
use daybrief::service::fetch::{Access, FetchLimits, Fetched, Fetcher, Request};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use jiff::Timestamp;
use url::Url;

use crate::web::{Reply, Server, answer, head};

const FEED: &str = "<rss><channel><title>The Harbour Courier</title></channel></rss>";
/// Bytes that the test fetcher takes at most.
const LIMIT: usize = 100_000;

fn now() -> Timestamp {
    "2025-03-25T09:00:00Z".parse().unwrap()
}

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

/// One visit when it is due: what came; what is stored of validators; when it is due again, in minutes.
async fn visit(fetcher: &Fetcher, url: &Url, kept: &mut Freshness) -> String {
    let policy = Policy::default();
    let now = kept.next_try.unwrap_or_else(now);
    let validators = match kept.plan(Occasion::Routine, &policy, 0.5, now) {
        Plan::Fetch { validators } => validators,
        Plan::Gone => return "asked no more".into(),
        Plan::Rest { until } => return format!("rests until {until}"),
    };
    let outcome = fetcher.fetch(&Request::feed(url.clone()).validators(validators)).await;
    let came = match outcome {
        Ok(fetched) => {
            let (came, answer) = match fetched {
                Fetched::Unchanged(answer) => ("unchanged".to_owned(), answer),
                Fetched::Document(document) => {
                    let cut = if document.cut_short.is_some() { "cut short at " } else { "" };
                    (format!("{cut}{} bytes", document.body.len()), document.answer)
                }
            };
            kept.seen.entries_last_week = 7;
            kept.succeeded(answer.validators, answer.cache, &policy, now);
            came
        }
        Err(error) => {
            kept.failed(&Failure::from(&error), &policy, 0.0, now);
            error.class().to_owned()
        }
    };
    let due = kept.next_try.unwrap().duration_since(now).as_mins();
    let stored = [("etag", &kept.validators.etag), ("modified", &kept.validators.last_modified)];
    let stored: String =
        stored.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!(", {name} {value}"))).collect();
    format!("{came}{stored}, due in {due}")
}

/// Visits `/feed` once for each expected line.
async fn check(routes: Vec<(&'static str, Vec<Reply>)>, expected: &[&str]) -> Server {
    let server = Server::start(routes).await;
    let fetcher = fetcher(&["127.0.0.0/8"]);
    let mut kept = Freshness::default();
    for (index, expected) in expected.iter().enumerate() {
        assert_eq!(visit(&fetcher, &server.url("/feed"), &mut kept).await, *expected, "visit {index}");
    }
    server
}

async fn check_feed(replies: Vec<Reply>, expected: &[&str]) -> Server {
    check(vec![("/feed", replies)], expected).await
}

fn feed(headers: &str) -> Reply {
    answer(200, headers, FEED)
}

mod validators {
    use super::*;

    #[tokio::test]
    async fn are_stored_and_sent_as_given() {
        let server = check_feed(
            vec![feed("ETag: W/\"odd tag \"\nLast-Modified: Tue, 25 Mar 2025 08:00:00 +0000"), answer(304, "", "")],
            &[
                "64 bytes, etag W/\"odd tag \", modified Tue, 25 Mar 2025 08:00:00 +0000, due in 720",
                "unchanged, etag W/\"odd tag \", modified Tue, 25 Mar 2025 08:00:00 +0000, due in 720",
            ],
        )
        .await;
        let [first, second] = &server.requests()[..] else { panic!("two requests") };
        assert!(!first.contains("if-none-match"));
        assert!(second.contains("if-none-match: W/\"odd tag \"\r\n"), "{second}");
        assert!(second.contains("if-modified-since: Tue, 25 Mar 2025 08:00:00 +0000\r\n"), "{second}");
    }

    #[tokio::test]
    async fn new_ones_in_a_304_replace_the_old() {
        check_feed(
            vec![feed("ETag: \"a\""), answer(304, "ETag: \"b\"", "")],
            &["64 bytes, etag \"a\", due in 720", "unchanged, etag \"b\", due in 720"],
        )
        .await;
    }

    #[tokio::test]
    async fn a_304_that_was_not_asked_for_is_an_error() {
        check_feed(vec![answer(304, "", "")], &["server-error, due in 10"]).await;
    }

    #[tokio::test]
    async fn the_same_body_again_is_unchanged() {
        check_feed(vec![feed("")], &["64 bytes, due in 720", "unchanged, due in 720"]).await;
    }

    #[tokio::test]
    async fn another_body_is_a_document() {
        check_feed(vec![feed(""), answer(200, "", "<rss/>")], &["64 bytes, due in 720", "6 bytes, due in 720"]).await;
    }

    #[tokio::test]
    async fn the_same_tag_with_another_body_is_a_document() {
        check_feed(
            vec![feed("ETag: \"a\""), answer(200, "ETag: \"a\"", "<rss/>")],
            &["64 bytes, etag \"a\", due in 720", "6 bytes, etag \"a\", due in 720"],
        )
        .await;
    }

    #[tokio::test]
    async fn volatile_answers_have_none() {
        check_feed(vec![feed("ETag: \"a\"\nExpires: 0")], &["64 bytes, due in 720"]).await;
        check_feed(vec![feed("ETag: \"a\"\nCache-Control: no-store")], &["64 bytes, due in 720"]).await;
    }

    #[tokio::test]
    async fn a_delta_is_asked_for_and_taken() {
        let server =
            check_feed(vec![answer(226, "ETag: \"a\"\nIM: feed", FEED)], &["64 bytes, etag \"a\", due in 720"]).await;
        assert!(server.requests()[0].contains("a-im: feed\r\n"));
    }
}

mod pace {
    use super::*;

    #[tokio::test]
    async fn max_age_and_expires_lengthen_the_interval_within_bounds() {
        check_feed(vec![feed("Cache-Control: public, max-age=50000")], &["64 bytes, due in 833"]).await;
        check_feed(vec![feed("Cache-Control: max-age=1000000000")], &["64 bytes, due in 1440"]).await;
        check_feed(vec![feed("Cache-Control: max-age=60")], &["64 bytes, due in 720"]).await;
        check_feed(vec![feed("Cache-Control: max-age=-5, max-age=often")], &["64 bytes, due in 720"]).await;
        check_feed(vec![feed("Expires: Wed, 26 Mar 2025 00:00:00 GMT")], &["64 bytes, due in 900"]).await;
        check_feed(vec![feed("Expires: Tue, 01 Jan 2030 00:00:00 GMT")], &["64 bytes, due in 1440"]).await;
        check_feed(vec![feed("Expires: whenever")], &["64 bytes, due in 720"]).await;
    }
}

mod retry_after {
    use super::*;

    #[tokio::test]
    async fn seconds_and_dates_are_kept_on_429_and_503() {
        check_feed(vec![answer(429, "Retry-After: 7200", "")], &["rate-limited, due in 120"]).await;
        check_feed(vec![answer(503, "Retry-After: 7200", "")], &["server-error, due in 120"]).await;
        check_feed(vec![answer(429, "Retry-After: Tue, 25 Mar 2025 12:00:00 GMT", "")], &["rate-limited, due in 180"])
            .await;
        check_feed(
            vec![answer(503, "Retry-After: Tuesday, 25-Mar-25 12:00:00 GMT", "")],
            &["server-error, due in 180"],
        )
        .await;
        check_feed(vec![answer(429, "Retry-After: Tue Mar 25 12:00:00 2025", "")], &["rate-limited, due in 180"]).await;
    }

    #[tokio::test]
    async fn absurd_ones_are_capped_and_useless_ones_fall_back() {
        check_feed(vec![answer(429, "Retry-After: 31536000", "")], &["rate-limited, due in 1440"]).await;
        check_feed(vec![answer(429, "Retry-After: 99999999999999999999999", "")], &["rate-limited, due in 1440"]).await;
        check_feed(vec![answer(429, "Retry-After: Fri, 25 Mar 2095 12:00:00 GMT", "")], &["rate-limited, due in 1440"])
            .await;
        check_feed(vec![answer(429, "Retry-After: 0", "")], &["rate-limited, due in 10"]).await;
        check_feed(vec![answer(429, "Retry-After: Mon, 24 Mar 2025 12:00:00 GMT", "")], &["rate-limited, due in 10"])
            .await;
        check_feed(vec![answer(429, "Retry-After: soon", "")], &["rate-limited, due in 10"]).await;
        check_feed(vec![answer(429, "", "")], &["rate-limited, due in 10"]).await;
    }

    #[tokio::test]
    async fn failures_double_the_wait_until_a_success_resets_it() {
        let broken = answer(500, "", "");
        let replies = [vec![broken; 9], vec![feed(""), answer(502, "", "")]].concat();
        check_feed(
            replies,
            &[
                "server-error, due in 10",
                "server-error, due in 20",
                "server-error, due in 40",
                "server-error, due in 80",
                "server-error, due in 160",
                "server-error, due in 320",
                "server-error, due in 640",
                "server-error, due in 1280",
                "server-error, due in 1440",
                "64 bytes, due in 720",
                "server-error, due in 10",
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn failures_keep_the_validators() {
        check_feed(
            vec![feed("ETag: \"a\""), answer(500, "", ""), answer(304, "", "")],
            &[
                "64 bytes, etag \"a\", due in 720",
                "server-error, etag \"a\", due in 10",
                "unchanged, etag \"a\", due in 720",
            ],
        )
        .await;
    }
}

mod statuses {
    use super::*;

    #[tokio::test]
    async fn each_has_its_class() {
        for status in [400, 401, 403, 404, 405, 406, 451] {
            check_feed(vec![answer(status, "", "no")], &["client-error, due in 10"]).await;
        }
        for status in [204, 206, 500, 502, 504, 520, 599] {
            check_feed(vec![answer(status, "", "")], &["server-error, due in 10"]).await;
        }
    }

    #[tokio::test]
    async fn gone_is_asked_no_more() {
        check_feed(vec![answer(410, "", "")], &["gone, due in 10", "asked no more"]).await;
    }

    #[tokio::test]
    async fn challenges_are_named() {
        check_feed(
            vec![answer(403, "cf-mitigated: challenge\nContent-Type: text/html", "<title>Just a moment...</title>")],
            &["challenge, due in 10"],
        )
        .await;
    }

    #[tokio::test]
    async fn an_empty_body_is_an_error() {
        check_feed(vec![answer(200, "", "")], &["empty, due in 10"]).await;
    }
}

mod redirects {
    use super::*;

    fn to(status: u16, path: &str) -> Vec<Reply> {
        vec![answer(status, &format!("Location: {path}"), "")]
    }

    #[tokio::test]
    async fn all_kinds_are_followed() {
        for status in [301, 302, 303, 307, 308] {
            check(vec![("/feed", to(status, "/new")), ("/new", vec![feed("")])], &["64 bytes, due in 720"]).await;
            check(vec![("/feed", to(status, "{base}/new")), ("/new", vec![feed("")])], &["64 bytes, due in 720"]).await;
        }
    }

    #[tokio::test]
    async fn loops_long_chains_and_nonsense_end() {
        check(vec![("/feed", to(302, "/feed"))], &["redirect, due in 10"]).await;
        check(vec![("/feed", to(302, "/b")), ("/b", to(301, "/feed"))], &["redirect, due in 10"]).await;
        let chain = vec![
            ("/feed", to(301, "/1")),
            ("/1", to(301, "/2")),
            ("/2", to(301, "/3")),
            ("/3", to(301, "/4")),
            ("/4", to(301, "/5")),
            ("/5", to(301, "/6")),
            ("/6", vec![feed("")]),
        ];
        check(chain, &["redirect, due in 10"]).await;
        check(vec![("/feed", vec![answer(302, "", "")])], &["redirect, due in 10"]).await;
        check(vec![("/feed", to(302, "http://"))], &["redirect, due in 10"]).await;
        check(vec![("/feed", to(302, "file:///etc/passwd"))], &["scheme, due in 10"]).await;
        check(vec![("/feed", to(302, "javascript:alert(1)"))], &["scheme, due in 10"]).await;
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
    async fn private_targets_are_refused_on_every_hop() {
        for target in ["http://10.0.0.1/", "http://[::1]/", "http://2852039166/", "http://[::ffff:192.168.0.1]/"] {
            check(vec![("/feed", to(302, target))], &["private-address, due in 10"]).await;
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

mod bodies {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn encodings_right_wrong_and_missing_are_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(FEED.as_bytes()).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(FEED.as_bytes()).unwrap();
        let raw = raw.finish().unwrap();
        let packed = gzip(FEED.as_bytes());
        for (label, body) in [
            ("gzip", packed.clone()),
            ("x-gzip", packed.clone()),
            ("deflate", zlib),
            ("deflate", raw),
            ("gzip", FEED.into()),
            ("br", FEED.into()),
            ("zstd", FEED.into()),
            ("deflate", FEED.into()),
            ("gzip", gzip(&packed)),
        ] {
            check_feed(vec![answer(200, &format!("Content-Encoding: {label}"), body)], &["64 bytes, due in 720"]).await;
        }
        check_feed(vec![answer(200, "Content-Type: application/gzip", packed)], &["64 bytes, due in 720"]).await;
    }

    #[tokio::test]
    async fn what_no_encoding_explains_is_an_error() {
        let noise: Vec<u8> = (0..200u32).map(|i| (i * 37 % 251) as u8).collect();
        check_feed(vec![answer(200, "Content-Encoding: br", noise)], &["encoding, due in 10"]).await;
    }

    #[tokio::test]
    async fn bombs_and_endless_bodies_stop_at_the_limit() {
        let bomb = gzip(&vec![b' '; 50_000_000]);
        check_feed(vec![answer(200, "Content-Encoding: gzip", &bomb)], &["too-large, due in 10"]).await;
        check_feed(vec![answer(200, "", &bomb)], &["too-large, due in 10"]).await;
        check_feed(
            vec![Reply::Endless { head: head(200, ""), piece: b"<p>More of the same.</p>".repeat(100) }],
            &["too-large, due in 10"],
        )
        .await;
        check_feed(vec![answer(200, "", vec![b'x'; LIMIT])], &["100000 bytes, due in 720"]).await;
        check_feed(vec![answer(200, "", vec![b'x'; LIMIT + 1])], &["too-large, due in 10"]).await;
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_kept_without_its_validators() {
        let short = |headers: &str| Reply::Bytes([&head(200, headers)[..], FEED.as_bytes()].concat());
        check_feed(vec![short("Content-Length: 5000\nETag: \"a\"")], &["cut short at 64 bytes, due in 720"]).await;
        check_feed(
            vec![Reply::Reset([&head(200, "Content-Length: 5000")[..], FEED.as_bytes()].concat())],
            &["cut short at 64 bytes, due in 720"],
        )
        .await;
        let chunked = [&head(200, "Transfer-Encoding: chunked")[..], b"40\r\n", FEED.as_bytes(), b"\r\n"].concat();
        check_feed(vec![Reply::Bytes(chunked)], &["cut short at 64 bytes, due in 720"]).await;
        // Longer than announced: the announced part is the body.
        check_feed(vec![short("Content-Length: 10")], &["10 bytes, due in 720"]).await;
        // Ended by closing the connection, as HTTP/1.0 does.
        check_feed(vec![short("")], &["64 bytes, due in 720"]).await;
    }

    #[tokio::test]
    async fn connections_that_break_before_a_body_are_errors() {
        check_feed(vec![Reply::Reset(Vec::new())], &["protocol, due in 10"]).await;
        check_feed(vec![Reply::Bytes(Vec::new())], &["protocol, due in 10"]).await;
        check_feed(vec![Reply::Reset(b"HTTP/1.1 20".to_vec())], &["protocol, due in 10"]).await;
        check_feed(vec![Reply::Reset(b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec())], &["protocol, due in 10"]).await;
        check_feed(vec![Reply::Reset(head(200, "Content-Length: 50"))], &["protocol, due in 10"]).await;
        check_feed(vec![Reply::Bytes(b"<html>no HTTP at all</html>\r\n\r\n".to_vec())], &["protocol, due in 10"]).await;
    }

    #[tokio::test]
    async fn silence_and_drips_end_in_time() {
        check_feed(vec![Reply::Silence], &["timeout, due in 10"]).await;
        check_feed(vec![Reply::Drip { head: head(200, ""), every: Duration::from_millis(60) }], &["slow, due in 10"])
            .await;
        check_feed(
            vec![Reply::Drip { head: b"HTTP/1.1 200 OK\r\nX-Drip: ".to_vec(), every: Duration::from_millis(60) }],
            &["timeout, due in 10"],
        )
        .await;
    }

    #[tokio::test]
    async fn headers_are_bounded() {
        let many: String = (0..5_000).map(|i| format!("X-{i}: {i}\n")).collect();
        check_feed(vec![feed(&many)], &["protocol, due in 10"]).await;
        let long = format!("X-Long: {}", "x".repeat(1_000_000));
        check_feed(vec![feed(&long)], &["protocol, due in 10"]).await;
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
