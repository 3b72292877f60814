//! What comes in answers: encodings, charsets, broken connections, pages that stand in the way.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 4, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params).unwrap();
    packed
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[tokio::test]
async fn encodings() {
    let text = story("The ferry ran aground off the old harbour.");
    let read = "gave 1, kept 1, due in 1440";
    let packed = |name, label: &str, bytes: Vec<u8>| {
        once(name, answer(200, &format!("Content-Encoding: {label}"), bytes), read).holds(&["off the old harbour."])
    };
    let bytes = text.as_bytes();
    let blank = vec![b' '; 5_000_000];
    let bomb = |name, label: &str, bytes: Vec<u8>| {
        once(name, answer(200, &format!("Content-Encoding: {label}"), bytes), "failed: too-large, kept 0, backs off 10")
    };
    play(vec![
        packed("gzip", "gzip", gzip(bytes)),
        packed("br", "br", brotli(bytes)),
        packed("zstd", "zstd", zstd(bytes)),
        packed("deflate as zlib", "deflate", zlib(bytes)),
        packed("deflate as a bare stream", "deflate", raw_deflate(bytes)),
        packed("gzip by its old name", "x-gzip", gzip(bytes)),
        packed("gzip in capitals", "GZIP", gzip(bytes)),
        packed("labelled gzip and plain", "gzip", text.clone().into()),
        packed("labelled br and plain", "br", text.clone().into()),
        packed("labelled zstd and plain", "zstd", text.clone().into()),
        packed("labelled deflate and plain", "deflate", text.clone().into()),
        packed("labelled br and gzip", "br", gzip(bytes)),
        packed("gzip twice, said once", "gzip", gzip(&gzip(bytes))),
        packed("identity", "identity", text.clone().into()),
        packed("a label that nobody knows, and plain", "utf-8", text.clone().into()),
        once("gzip without a label", answer(200, "Content-Type: application/gzip", gzip(bytes)), read),
        once(
            "noise labelled br",
            answer(200, "Content-Encoding: br", (0..200u32).map(|i| (i * 37 % 251) as u8).collect::<Vec<_>>()),
            "failed: encoding, kept 0, backs off 10",
        ),
        bomb("a gzip bomb", "gzip", gzip(&blank)),
        bomb("a brotli bomb", "br", brotli(&blank)),
        bomb("a zstd bomb", "zstd", zstd(&blank)),
        bomb("a deflate bomb", "deflate", zlib(&blank)),
        once("a gzip bomb without a label", answer(200, "", gzip(&blank)), "failed: too-large, kept 0, backs off 10"),
        once(
            "a gzip stream that breaks off is read as far as it goes",
            answer(200, "Content-Encoding: gzip", {
                let packed = gzip(courier().repeat(3).as_bytes());
                packed[..packed.len() - 8].to_vec()
            }),
            "gave 7, kept 7, due in 240 [the answer was cut short: failed to read the answer of 127.0.0.1: unexpected end of file]",
        ),
    ])
    .await;
}

#[tokio::test]
async fn bodies() {
    let one = story("One.");
    let whole = |headers: &str, cut: usize| {
        let feed = courier();
        let bytes = &feed.as_bytes()[..feed.len() - cut];
        [&head(200, headers)[..], bytes].concat()
    };
    play(vec![
        once("empty", answer(200, "", ""), "failed: empty, kept 0, backs off 10"),
        once("white space", answer(200, "", "\n\n  "), "failed: unreadable, kept 0, backs off 10"),
        once("shorter than announced", Reply::Bytes(whole("Content-Length: 50000\nETag: \"a\"", 0)),
            "gave 7, kept 7, due in 720 [the answer was cut short: failed to read the answer of 127.0.0.1: end of file before message length reached]"),
        once("longer than announced", Reply::Bytes(whole("Content-Length: 1000", 0)), "gave 4, kept 4, due in 1260"),
        once("ended by the end of the connection", Reply::Bytes(whole("", 0)), "gave 7, kept 7, due in 720"),
        once("cut in the middle of an item", Reply::Bytes(whole("Content-Length: 50000", 150)),
            "gave 6, kept 6, due in 840 [the answer was cut short: failed to read the answer of 127.0.0.1: end of file before message length reached]"),
        once("reset in the middle", Reply::Reset(whole("Content-Length: 50000", 400)),
            "gave 5, kept 5, due in 1008 [the answer was cut short: failed to read the answer of 127.0.0.1: Connection reset by peer (os error 104)]"),
        once(
            "chunks without an end",
            Reply::Bytes(
                [&head(200, "Transfer-Encoding: chunked")[..], format!("{:x}\r\n{one}\r\n", one.len()).as_bytes()].concat(),
            ),
            "gave 1, kept 1, due in 1440 [the answer was cut short: failed to read the answer of 127.0.0.1: unexpected EOF during chunk size line]",
        ),
        once("reset before the answer", Reply::Reset(Vec::new()), "failed: protocol, kept 0, backs off 10"),
        once("closed before the answer", Reply::Bytes(Vec::new()), "failed: protocol, kept 0, backs off 10"),
        once("reset in the status line", Reply::Reset(b"HTTP/1.1 20".to_vec()), "failed: protocol, kept 0, backs off 10"),
        once(
            "reset in the headers",
            Reply::Reset(b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec()),
            "failed: protocol, kept 0, backs off 10",
        ),
        once("reset before the body", Reply::Reset(head(200, "Content-Length: 50")), "failed: protocol, kept 0, backs off 10"),
        once("no HTTP", Reply::Bytes(b"<html>no HTTP at all</html>\r\n\r\n".to_vec()), "failed: protocol, kept 0, backs off 10"),
        once("silence", Reply::Silence, "failed: timeout, kept 0, backs off 10"),
        once(
            "a byte now and then",
            Reply::Drip { head: head(200, ""), every: Duration::from_millis(60) },
            "failed: slow, kept 0, backs off 10",
        ),
        once(
            "headers a byte now and then",
            Reply::Drip { head: b"HTTP/1.1 200 OK\r\nX-Drip: ".to_vec(), every: Duration::from_millis(60) },
            "failed: timeout, kept 0, backs off 10",
        ),
        once(
            "a body without end",
            Reply::Endless { head: head(200, ""), piece: b"<p>More of the same.</p>".repeat(100) },
            "failed: too-large, kept 0, backs off 10",
        ),
        once("as large as is allowed, and no feed but a text", answer(200, "", vec![b'x'; LIMIT]), "gave 1, kept 1, due in 1440"),
        once("a byte larger", answer(200, "", vec![b'x'; LIMIT + 1]), "failed: too-large, kept 0, backs off 10"),
        once(
            "thousands of headers",
            feed(&(0..5_000).map(|i| format!("X-{i}: {i}\n")).collect::<String>()),
            "failed: protocol, kept 0, backs off 10",
        ),
        once("a header of a megabyte", feed(&format!("X-Long: {}", "x".repeat(1_000_000))), "failed: protocol, kept 0, backs off 10"),
        once("a port where nobody listens", status(200, ""), "failed: connect, kept 0, backs off 10").path("http://127.0.0.1:1/feed"),
        once("a name that does not exist", status(200, ""), "failed: dns, kept 0, backs off 10").path("http://no-such-host.invalid/"),
    ])
    .await;
}

#[tokio::test]
async fn what_stands_in_the_way() {
    let page = |title: &str, text: &str| {
        answer(200, "Content-Type: text/html", format!("<title>{title}</title><p>{text}</p>"))
    };
    play(vec![
        once(
            "a challenge by its header",
            answer(403, "cf-mitigated: challenge\nContent-Type: text/html", "<title>Just a moment...</title>"),
            "failed: challenge, kept 0, backs off 10",
        ),
        once("a challenge with status 200", page("Just a moment...", "Checking your browser before accessing courier.example."), "failed: unreadable, kept 0, backs off 10"),
        once("a block", page("Access Denied", "You don't have permission to access this page on this server."), "failed: unreadable, kept 0, backs off 10"),
        once("a request for consent", page("Before you continue", "We and our partners use cookies to store information."), "failed: unreadable, kept 0, backs off 10"),
        once("a page that says 404 with status 200", page("404 Not Found", "nginx"), "failed: unreadable, kept 0, backs off 10"),
        scenario(
            "what stands in the way of a feed that was known keeps what is stored",
            vec![
                (feed("ETag: \"a\""), "gave 7, kept 7, etag \"a\", due in 720"),
                (page("Just a moment...", "Verify you are human."), "failed: unreadable, kept 7, etag \"a\", backs off 10"),
                (status(304, ""), "gave 0, kept 7, etag \"a\", due in 720"),
            ],
        ),
        scenario(
            "a wall in front of an article leaves the feed's own words",
            vec![(body("ETag: \"a\"", story("The ferry ran aground.").replace("https://c.example/1", "{base}/story")),
            "gave 1, kept 1, etag \"a\", due in 1440 [used the feed's own text of /story: failed to read the page: it is a login or subscription wall, not the article]")],
        )
        .source("")
        .route("/story", vec![page("Log in", "Please log in to continue reading.")])
        .holds(&["Ferry: The ferry ran aground."]),
        scenario(
            "a page that is in trouble is asked again with the next visit",
            vec![
                (
                    body("ETag: \"a\"", story("The ferry ran aground.").replace("https://c.example/1", "{base}/story")),
                    "gave 1, kept 1, due in 1440 [used the feed's own text of /story: failed to fetch from 127.0.0.1: it answered 500 (its server is in trouble: it will be tried later)]",
                ),
                (
                    body("ETag: \"a\"", story("The ferry ran aground.").replace("https://c.example/1", "{base}/story")),
                    "gave 1, kept 1, etag \"a\", due in 1440",
                ),
            ],
        )
        .source("")
        .route("/story", vec![status(500, ""), answer(200, "", "<title>Ferry</title><article><p>The ferry ran aground off the old harbour at noon, and all 14 people on board were brought ashore, the coast guard said.</p><p>Nobody was hurt, and the ferry is to be towed to the yard tomorrow.</p></article>")])
        .holds(&["towed to the yard"]),
    ])
    .await;
}

#[tokio::test]
async fn charsets() {
    let text = "Žofia’s ferry – 20 € a trip";
    let read = "gave 1, kept 1, due in 1440";
    let encoded = |label: &str| encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned();
    let wrap = |declared: &str, bytes: Vec<u8>| {
        let xml = story("\u{1}");
        let (before, after) = xml.split_once('\u{1}').unwrap();
        [format!("<?xml version=\"1.0\"{declared}?>{before}").into_bytes(), bytes, after.as_bytes().to_vec()].concat()
    };
    let said = |name, header: &str, bytes: Vec<u8>| {
        once(name, answer(200, header, bytes), read).holds(&["Ferry: Žofia’s ferry – 20 € a trip"])
    };
    let utf_16 = |little: bool| -> Vec<u8> {
        let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        std::iter::once('\u{feff}')
            .chain(story(text).chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(bytes)
            .collect()
    };
    play(vec![
        said("as the XML declaration says", "", wrap(" encoding=\"windows-1250\"", encoded("windows-1250"))),
        said("as the header says", "Content-Type: text/xml; charset=windows-1250", wrap("", encoded("windows-1250"))),
        said("UTF-8 whatever the header says", "Content-Type: text/xml; charset=iso-8859-1", wrap("", text.into())),
        said("UTF-8 whatever the declaration says", "", wrap(" encoding=\"windows-1251\"", text.into())),
        said(
            "UTF-8 by its mark",
            "Content-Type: text/xml; charset=us-ascii",
            [b"\xef\xbb\xbf".to_vec(), wrap("", text.into())].concat(),
        ),
        said("UTF-16 by its mark, little end first", "Content-Type: text/xml; charset=utf-8", utf_16(true)),
        said("UTF-16 by its mark, big end first", "", utf_16(false)),
        once(
            "windows-1252 that calls itself Latin 1",
            answer(200, "Content-Type: text/xml; charset=iso-8859-1", wrap("", b"20 \x80 \x96 a trip".to_vec())),
            read,
        )
        .holds(&["20 € – a trip"]),
    ])
    .await;
}
