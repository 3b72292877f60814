//! What servers answer: validators, ages, errors, redirects.

use super::*;

#[tokio::test]
async fn validators() {
    play(vec![
        scenario(
            "they are stored and sent as given, byte for byte",
            vec![
                (
                    feed("ETag: W/\"odd tag \"\nLast-Modified: Tue, 25 Mar 2025 08:00:00 +0000"),
                    "gave 7, kept 7, etag W/\"odd tag \", modified Tue, 25 Mar 2025 08:00:00 +0000, due in 720",
                ),
                (
                    status(304, ""),
                    "gave 0, kept 7, etag W/\"odd tag \", modified Tue, 25 Mar 2025 08:00:00 +0000, due in 720",
                ),
            ],
        )
        .asks(&["if-none-match: W/\"odd tag \"\r\n", "if-modified-since: Tue, 25 Mar 2025 08:00:00 +0000\r\n"]),
        scenario(
            "new ones in a 304 replace the old, and what it does not name stays",
            vec![
                (
                    feed("ETag: \"a\"\nLast-Modified: yesterday"),
                    "gave 7, kept 7, etag \"a\", modified yesterday, due in 720",
                ),
                (status(304, "ETag: \"b\""), "gave 0, kept 7, etag \"b\", modified yesterday, due in 720"),
                (status(304, ""), "gave 0, kept 7, etag \"b\", modified yesterday, due in 720"),
            ],
        )
        .asks(&["if-none-match: \"b\""]),
        once(
            "a 304 that nothing was asked about is an error",
            status(304, ""),
            "failed: server-error, kept 0, backs off 10",
        ),
        scenario(
            "the same body again is unchanged although it comes with 200",
            vec![(feed(""), "gave 7, kept 7, due in 720"), (feed(""), "gave 0, kept 7, due in 720")],
        ),
        scenario(
            "the same tag with another body is read",
            vec![
                (body("ETag: \"a\"", story("Old.")), "gave 1, kept 1, etag \"a\", due in 1440"),
                (body("ETag: \"a\"", story("New.")), "gave 1, kept 1, etag \"a\", due in 1440"),
            ],
        )
        .holds(&["Ferry: New."]),
        scenario(
            "another tag with the same body is stored",
            vec![
                (feed("ETag: \"a\""), "gave 7, kept 7, etag \"a\", due in 720"),
                (feed("ETag: \"b\""), "gave 0, kept 7, etag \"b\", due in 720"),
            ],
        ),
        once("Expires: 0 makes them worthless", feed("ETag: \"a\"\nExpires: 0"), "gave 7, kept 7, due in 720"),
        once(
            "no-store makes them worthless",
            feed("ETag: \"a\"\nCache-Control: no-store"),
            "gave 7, kept 7, due in 720",
        ),
        once("an empty tag is none", feed("ETag: "), "gave 7, kept 7, due in 720"),
        scenario(
            "a feed that comes back without them has none",
            vec![
                (feed("ETag: \"a\""), "gave 7, kept 7, etag \"a\", due in 720"),
                (feed(""), "gave 0, kept 7, due in 720"),
            ],
        ),
        scenario(
            "failures keep them",
            vec![
                (feed("ETag: \"a\""), "gave 7, kept 7, etag \"a\", due in 720"),
                (status(500, ""), "failed: server-error, kept 7, etag \"a\", backs off 10"),
                (status(304, ""), "gave 0, kept 7, etag \"a\", due in 720"),
            ],
        ),
        scenario(
            "a delta is asked for, and adds to what is there",
            vec![
                (feed("ETag: \"a\""), "gave 7, kept 7, etag \"a\", due in 720"),
                (
                    Reply::Bytes([head(226, "ETag: \"b\"\nIM: feed"), story("New.").into_bytes()].concat()),
                    "gave 1, kept 8, etag \"b\", due in 1440",
                ),
            ],
        )
        .asks(&["a-im: feed\r\n"]),
        once("203 of a proxy is an answer", answer(203, "", story("One.")), "gave 1, kept 1, due in 1440"),
    ])
    .await;
}

#[tokio::test]
async fn one_visit_in_a_hundred_is_unconditional() {
    let replies = vec![feed("ETag: \"a\""), status(304, "")];
    let server = Server::start([("/feed", replies)]).await;
    let (store, source) =
        (Store::open(&StoreUrl::Memory).await.unwrap(), configured(&server, "/feed", "full_text = false"));
    const VISITS: usize = 400;
    let fetcher = fetcher("127.0.0.0/8");
    for visit in 0..VISITS as i64 {
        let service = service(&fetcher, &store, start() + SignedDuration::from_mins(visit));
        let asking = Asking::stored(Occasion::ByHand);
        pipeline::collect(&service, std::slice::from_ref(&source), asking, &ProgressBar::hidden()).await.unwrap();
    }
    let forced = server.requests()[1..].iter().filter(|request| !request.contains("if-none-match")).count();
    // Four are to be expected; a draw that never or always comes out is what this is about.
    assert!((1..=12).contains(&forced), "{forced} of {VISITS}");
}

#[tokio::test]
async fn pace() {
    let paced = |name, headers: &str, expected| once(name, feed(headers), expected);
    play(vec![
        paced("max-age lengthens the interval", "Cache-Control: public, max-age=50000", "gave 7, kept 7, due in 833"),
        paced("max-age of years is capped", "Cache-Control: max-age=1000000000", "gave 7, kept 7, due in 1440"),
        paced("a short max-age does not hasten", "Cache-Control: max-age=60", "gave 7, kept 7, due in 720"),
        paced("nonsense is as if not said", "Cache-Control: max-age=-5, max-age=often", "gave 7, kept 7, due in 720"),
        paced("Expires lengthens it", "Expires: Wed, 26 Mar 2025 00:00:00 GMT", "gave 7, kept 7, due in 900"),
        paced("Expires far ahead is capped", "Expires: Tue, 01 Jan 2030 00:00:00 GMT", "gave 7, kept 7, due in 1440"),
        paced("Expires that is no date", "Expires: whenever", "gave 7, kept 7, due in 720"),
        once(
            "ttl lengthens it",
            body("", courier().replace("<item>", "<ttl>900</ttl><item>")),
            "gave 7, kept 7, due in 900",
        ),
        once(
            "ttl of nothing",
            body("", courier().replace("<item>", "<ttl>0</ttl><item>")),
            "gave 7, kept 7, due in 720",
        ),
        once(
            "ttl of years is capped",
            body("", courier().replace("<item>", "<ttl>99999999</ttl><item>")),
            "gave 7, kept 7, due in 1440",
        ),
        once(
            "the period of the feed counts",
            body("", courier().replace("<item>", "<sy:updatePeriod>daily</sy:updatePeriod><item>")),
            "gave 7, kept 7, due in 1440",
        ),
        once("without dates it is asked once a day", body("", story("One.")), "gave 1, kept 1, due in 1440"),
        scenario(
            "an edition asks what is well, though it is not due, but not twice in a quarter of an hour",
            vec![
                (feed(""), "gave 7, kept 7, due in 720"),
                (feed(""), "was not asked, kept 7, due in 710"),
                (feed(""), "gave 0, kept 7, due in 720"),
            ],
        )
        .every(10)
        .for_editions(),
        scenario(
            "an edition does not hurry what fails",
            vec![
                (status(503, "Retry-After: 1200"), "failed: server-error, kept 0, due in 20"),
                (feed(""), "was not asked, kept 0, due in 5"),
                (feed(""), "gave 7, kept 7, due in 720"),
            ],
        )
        .every(15)
        .for_editions(),
        scenario(
            "what is not due is not asked",
            vec![(feed(""), "gave 7, kept 7, due in 720"), (feed(""), "was not asked, kept 7, due in 660")],
        )
        .every(60),
        scenario(
            "by hand it is",
            vec![(feed(""), "gave 7, kept 7, due in 720"), (feed(""), "gave 0, kept 7, due in 720")],
        )
        .every(60)
        .by_hand(),
    ])
    .await;
}

#[tokio::test]
async fn failures_and_retry_after() {
    let limited = |name, header: &str, expected| once(name, status(429, header), expected);
    let broken = |name, header: &str, expected| once(name, status(503, header), expected);
    play(vec![
        limited("429 with seconds", "Retry-After: 7200", "failed: rate-limited, kept 0, due in 120"),
        broken("503 with seconds", "Retry-After: 7200", "failed: server-error, kept 0, due in 120"),
        once("403 with seconds", status(403, "Retry-After: 7200"), "failed: client-error, kept 0, due in 120"),
        limited("a date", "Retry-After: Tue, 25 Mar 2025 12:00:00 GMT", "failed: rate-limited, kept 0, due in 180"),
        broken(
            "a date of RFC 850",
            "Retry-After: Tuesday, 25-Mar-25 12:00:00 GMT",
            "failed: server-error, kept 0, due in 180",
        ),
        limited(
            "a date of asctime",
            "Retry-After: Tue Mar 25 12:00:00 2025",
            "failed: rate-limited, kept 0, due in 180",
        ),
        limited("a year", "Retry-After: 31536000", "failed: rate-limited, kept 0, due in 1440"),
        broken(
            "a number without end",
            "Retry-After: 99999999999999999999999",
            "failed: server-error, kept 0, due in 1440",
        ),
        limited(
            "a date of another century",
            "Retry-After: Fri, 25 Mar 2095 12:00:00 GMT",
            "failed: rate-limited, kept 0, due in 1440",
        ),
        limited("nought", "Retry-After: 0", "failed: rate-limited, kept 0, backs off 10"),
        broken(
            "a date gone by",
            "Retry-After: Mon, 24 Mar 2025 12:00:00 GMT",
            "failed: server-error, kept 0, backs off 10",
        ),
        limited("a word", "Retry-After: soon", "failed: rate-limited, kept 0, backs off 10"),
        limited("less than nothing", "Retry-After: -30", "failed: rate-limited, kept 0, backs off 10"),
        limited("a fraction", "Retry-After: 7200.5", "failed: rate-limited, kept 0, backs off 10"),
        limited("none", "", "failed: rate-limited, kept 0, backs off 10"),
        scenario(
            "even a person waits when the server asked for it",
            vec![
                (status(429, "Retry-After: 7200"), "failed: rate-limited, kept 0, due in 120"),
                (feed(""), "was not asked, kept 0, due in 50"),
                (feed(""), "gave 7, kept 7, due in 720"),
            ],
        )
        .every(70)
        .by_hand(),
        scenario(
            "failures double the wait to a day, and a success resets it",
            [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]
                .into_iter()
                .map(|wait| -> (Reply, &'static str) {
                    (status(500, ""), format!("failed: server-error, kept 0, backs off {wait}").leak())
                })
                .chain([
                    (feed(""), "gave 7, kept 7, due in 1260"),
                    (status(502, ""), "failed: server-error, kept 7, backs off 10"),
                ])
                .collect(),
        ),
        scenario(
            "a source that comes and goes starts anew each time",
            vec![
                (status(500, ""), "failed: server-error, kept 0, backs off 10"),
                (feed(""), "gave 7, kept 7, due in 720"),
                (status(404, ""), "failed: client-error, kept 7, backs off 10"),
                (status(503, "Retry-After: 1200"), "failed: server-error, kept 7, due in 20"),
                (feed(""), "gave 0, kept 7, due in 720"),
                (Reply::Reset(Vec::new()), "failed: protocol, kept 7, backs off 10"),
            ],
        ),
        scenario(
            "410 ends it, with a notice, also by hand",
            vec![
                (feed(""), "gave 7, kept 7, due in 720"),
                (status(410, ""), "failed: gone, kept 7, gone"),
                (feed(""), "was not asked, kept 7, gone"),
            ],
        )
        .every(1500)
        .by_hand(),
        once("401", status(401, ""), "failed: client-error, kept 0, backs off 10"),
        once("404", status(404, ""), "failed: client-error, kept 0, backs off 10"),
        once("451", status(451, ""), "failed: client-error, kept 0, backs off 10"),
        once("204", status(204, ""), "failed: server-error, kept 0, backs off 10"),
        once("206, which was not asked for", answer(206, "", courier()), "failed: server-error, kept 0, backs off 10"),
        once("520 of a network in front", status(520, ""), "failed: server-error, kept 0, backs off 10"),
    ])
    .await;
}

#[tokio::test]
async fn redirects() {
    let moved =
        |code| vec![(to(code, "/new"), "gave 7, kept 7, due in 720"), (to(code, "/new"), "gave 0, kept 7, due in 720")];
    play(vec![
        scenario("302 is followed and not adopted", moved(302)).route("/new", vec![feed("")]),
        scenario("303 is followed and not adopted", moved(303)).route("/new", vec![feed("")]),
        scenario("307 is followed and not adopted", moved(307)).route("/new", vec![feed("")]),
        scenario(
            "301 is adopted after a week of repetition",
            vec![
                (to(301, "{base}/new"), "gave 7, kept 7, moving (1), due in 720"),
                (to(301, "/new"), "gave 0, kept 7, moving (2), due in 720"),
                (
                    to(301, "/new"),
                    "gave 0, kept 7, asked at /new, due in 720 [it moved for good to /new, where it is asked from now on]",
                ),
            ],
        )
        .route("/new", vec![feed("")])
        .every(4 * 24 * 60),
        scenario(
            "308 through 301 is adopted",
            vec![
                (to(308, "/b"), "gave 7, kept 7, moving (1), due in 720"),
                (to(301, "/b"), "gave 0, kept 7, moving (2), due in 720"),
                (
                    to(308, "/b"),
                    "gave 0, kept 7, asked at /new, due in 720 [it moved for good to /new, where it is asked from now on]",
                ),
            ],
        )
        .route("/b", vec![to(301, "/new")])
        .route("/new", vec![feed("")])
        .every(4 * 24 * 60),
        scenario(
            "a temporary hop in between, and nothing is",
            vec![(to(301, "/b"), "gave 7, kept 7, due in 720"), (to(301, "/b"), "gave 0, kept 7, due in 720")],
        )
        .route("/b", vec![to(302, "/new")])
        .route("/new", vec![feed("")]),
        scenario(
            "three times in three days is too soon",
            vec![
                (to(301, "/new"), "gave 7, kept 7, moving (1), due in 720"),
                (to(301, "/new"), "gave 0, kept 7, moving (2), due in 720"),
                (to(301, "/new"), "gave 0, kept 7, moving (3), due in 720"),
            ],
        )
        .route("/new", vec![feed("")])
        .every(24 * 60),
        scenario(
            "another target starts the count anew",
            vec![
                (to(301, "/new"), "gave 7, kept 7, moving (1), due in 720"),
                (to(301, "/b"), "gave 0, kept 7, moving (1), due in 720"),
                (
                    to(301, "/new"),
                    "gave 0, kept 7, moving (1), due in 720 [nothing new since 25 Mar 2025 08:00 UTC, which is unusual for it]",
                ),
            ],
        )
        .route("/b", vec![feed("")])
        .route("/new", vec![feed("")])
        .every(5 * 24 * 60),
        scenario(
            "301 to a page is not adopted, and the source says that it fails",
            vec![
                (feed("ETag: \"a\""), "gave 7, kept 7, etag \"a\", due in 720"),
                (to(301, "/page"), "failed: unreadable, kept 7, etag \"a\", backs off 10"),
                (to(301, "/page"), "failed: unreadable, kept 7, etag \"a\", backs off 20"),
            ],
        )
        .source("full_text = false\nkind = \"feed\"")
        .route("/page", vec![answer(200, "", "<title>We have moved</title><p>Our pages have moved to a new place.</p>")])
        .every(5 * 24 * 60),
        scenario(
            "301 to another feed is not adopted",
            vec![
                (feed(""), "gave 7, kept 7, due in 720"),
                (
                    to(301, "/other"),
                    "gave 1, kept 8, due in 720 [it redirects for good to /other, which is another feed than the one that was known]",
                ),
                (
                    to(301, "/other"),
                    "gave 1, kept 8, due in 720 [it redirects for good to /other, which is another feed than the one that was known] [nothing new since 25 Mar 2025 08:00 UTC, which is unusual for it]",
                ),
            ],
        )
        .route("/other", vec![answer(200, "", other())])
        .every(5 * 24 * 60),
        scenario(
            "an adopted address that fails three times is given up",
            vec![
                (to(301, "/new"), "gave 7, kept 7, moving (1), due in 720"),
                (to(301, "/new"), "gave 0, kept 7, moving (2), due in 720"),
                (
                    to(301, "/new"),
                    "gave 0, kept 7, asked at /new, due in 720 [it moved for good to /new, where it is asked from now on]",
                ),
                (feed(""), "failed: server-error, kept 7, asked at /new, backs off 10"),
                (feed(""), "failed: server-error, kept 7, asked at /new, backs off 20"),
                (feed(""), "failed: server-error, kept 7, backs off 40"),
                (
                    feed(""),
                    "gave 7, kept 7, due in 1440 [nothing new since 25 Mar 2025 08:00 UTC, which is unusual for it]",
                ),
            ],
        )
        .route("/new", vec![feed(""), feed(""), feed(""), status(500, "")])
        .every(4 * 24 * 60),
        once("a loop", to(302, "/feed"), "failed: redirect, kept 0, backs off 10"),
        once("a loop of two", to(302, "/b"), "failed: redirect, kept 0, backs off 10").route("/b", vec![to(301, "/feed")]),
        once("six hops where five are allowed", to(301, "/1"), "failed: redirect, kept 0, backs off 10")
            .route("/1", vec![to(301, "/2")])
            .route("/2", vec![to(301, "/3")])
            .route("/3", vec![to(301, "/4")])
            .route("/4", vec![to(301, "/5")])
            .route("/5", vec![to(301, "/6")])
            .route("/6", vec![feed("")]),
        once("to nowhere", status(302, ""), "failed: redirect, kept 0, backs off 10"),
        once("to what is no address", to(302, "http://"), "failed: redirect, kept 0, backs off 10"),
        once("to a file", to(302, "file:///etc/passwd"), "failed: scheme, kept 0, backs off 10"),
        once("to a script", to(302, "javascript:alert(1)"), "failed: scheme, kept 0, backs off 10"),
        once("to a private network", to(302, "http://10.0.0.1/"), "failed: private-address, kept 0, backs off 10"),
        once("to ourselves", to(302, "http://[::1]/"), "failed: private-address, kept 0, backs off 10"),
        once("to the cloud's own service, as a number", to(302, "http://2852039166/"), "failed: private-address, kept 0, backs off 10"),
        once("to a mapped address", to(301, "http://[::ffff:192.168.0.1]/"), "failed: private-address, kept 0, backs off 10"),
        once("to an address through NAT64", to(301, "http://[64:ff9b::a00:1]/"), "failed: private-address, kept 0, backs off 10"),
        once("to an address behind a carrier", to(301, "http://100.64.0.1/"), "failed: private-address, kept 0, backs off 10"),
        once("a loopback address that is not opened", feed(""), "failed: private-address, kept 0, backs off 10").opened("10.9.8.7"),
    ])
    .await;
}
