//! What bytes that are made to keep a reader busy cost: `cargo bench --bench hostile`.
//!
//! Every case runs in a process of its own, so that its peak memory is its own; the first line is what a process costs that
//! reads nothing. The aim is under a second and under 100 MB each. Drips, endless bodies and silence end at the
//! configured limits, which are printed with them. The cases below `fetch` come from a server on loopback, over the real
//! fetcher and through the reader.

use std::io::{Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use daybrief::news::{article, feed};
use daybrief::service::fetch::address::Opened;
use daybrief::service::fetch::{FetchLimits, Fetched, Fetcher, Request};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

const URL: &str = "https://courier.example/story";

type Read = fn() -> String;

/// Made in the process that reads it, and read as a page or a feed.
const READ: &[(&str, Read)] = &[
    ("nothing", || read_page(b"<p>x</p>".to_vec())),
    ("page: 100,000 nested elements", || read_page("<div>".repeat(100_000).into())),
    ("page: 200,000 attributes", || {
        let attributes: String = (0..200_000).map(|nth| format!(" a{nth}=b")).collect();
        read_page(format!("<p{attributes}>text</p>").into())
    }),
    ("page: 4 MB of blanks in a tag", || read_page(format!("<a href{}='/x'>x</a>", " ".repeat(4_000_000)).into())),
    ("page: mis-nested b, a, p", || read_page("<b><a href=x><p>".repeat(30_000).into())),
    ("page: mis-nested formatting", || read_page("<b><i><u></b></i></u><p>x".repeat(20_000).into())),
    ("page: 10 MB on one line", || read_page(b"x".repeat(10_000_000))),
    ("page: 4 MB on one line", || read_page(format!("<p>{}</p>", "The ferry sank off Maro. ".repeat(160_000)).into())),
    ("page: invalid UTF-16", || read_page([&b"\xff\xfe"[..], &b"\x00\xd8".repeat(2_000_000)].concat())),
    ("page: a table in a table", || read_page("<table><tr><td>x".repeat(50_000).into())),
    ("page: 5 MB of open comments", || read_page("<!--".repeat(1_250_000).into())),
    ("page: 1 MB of JSON-LD brackets", || {
        read_page(format!("<script type=application/ld+json>{}</script><p>x", "[".repeat(1_000_000)).into())
    }),
    ("feed: billion laughs", || {
        let entities: String =
            (1..10).map(|nth| format!("<!ENTITY l{nth} \"{}\">", format!("&l{};", nth - 1).repeat(10))).collect();
        read_feed(format!("<!DOCTYPE rss [<!ENTITY l0 \"ha\">{entities}]><rss><channel><item><title>&l9;</title></item></channel></rss>").into())
    }),
    ("feed: 1,000,000 entries", || {
        let mut xml = b"<rss><channel><title>All</title>".to_vec();
        for nth in 0..1_000_000 {
            // Writing to a vector cannot fail.
            let _ = write!(xml, "<item><guid>{nth}</guid></item>");
        }
        read_feed(xml)
    }),
    ("feed: 300,000 nested elements", || read_feed(format!("<rss><channel><item>{}", "<a>".repeat(300_000)).into())),
    ("feed: 200,000 attributes", || {
        let attributes: String = (0..200_000).map(|nth| format!(" a{nth}='b'")).collect();
        read_feed(format!("<rss><channel><item{attributes}><title>x</title></item></channel></rss>").into())
    }),
    ("feed: 10 MB on one line", || {
        read_feed(
            format!("<rss><channel><item><title>{}</title></item></channel></rss>", "ferry ".repeat(1_700_000)).into(),
        )
    }),
    ("feed: invalid UTF-16", || read_feed([&b"\xff\xfe"[..], &b"\x00\xd8".repeat(2_000_000)].concat())),
    ("feed: 1 MB of JSON brackets", || read_feed("[".repeat(1_000_000).into())),
    ("feed: 300,000 namespaces", || {
        let declared: String = (0..300_000).map(|nth| format!("<x xmlns:n{nth}='u'>")).collect();
        read_feed(format!("<rss><channel>{declared}<item><title>x</title></item></channel></rss>").into())
    }),
];

/// Served; the paths are those of [`serve`].
const FETCHED: &[&str] = &[
    "/gzip-bomb",
    "/gzip-bomb-unlabelled",
    "/brotli-bomb",
    "/zstd-bomb",
    "/deflate-bomb",
    "/endless",
    "/million-entries",
    "/headers",
    "/redirects",
    "/loop",
    "/drip",
    "/drip-headers",
    "/silence",
];

fn read_page(bytes: Vec<u8>) -> String {
    let page = article::read(&bytes, Some(URL), Some("text/html"));
    page.error.map_or_else(|| format!("read, {} bytes of text", page.text.len()), |error| format!("refused: {error}"))
}

fn read_feed(bytes: Vec<u8>) -> String {
    match feed::read(&bytes, Some(URL), None) {
        Ok(feed) => {
            let cut = if feed.entries_cut { ", cut there and said so" } else { "" };
            format!("read, {} entries{cut}", feed.entries.len())
        }
        Err(error) => format!("refused: {error}"),
    }
}

fn fetch(url: &str) -> String {
    let url: url::Url = url.parse().expect("an address");
    let opened = vec![Opened::parse("127.0.0.0/8").expect("a network")];
    // The gap between two requests to a host is politeness and no work.
    let limits = FetchLimits { host_gap: Duration::ZERO, ..FetchLimits::default() };
    let fetcher = Fetcher::new(limits, None, opened).expect("a fetcher");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match runtime.block_on(fetcher.fetch(&Request::feed(url))) {
        Ok(Fetched::Document(document)) => read_feed(document.body),
        Ok(Fetched::Unchanged(_)) => "unchanged".to_owned(),
        Err(error) => format!("failed to {error}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the clock")]
fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    if let (Some(kind), Some(which)) = (arguments.next(), arguments.next()) {
        let started = Instant::now();
        let outcome = match READ.iter().find(|(name, _)| kind == "read" && *name == which) {
            Some((_, read)) => read(),
            None => fetch(&which),
        };
        println!("{:7.3} s {:6.1} MB  {outcome}", started.elapsed().as_secs_f64(), peak_megabytes());
        return;
    }
    let limits = FetchLimits::default();
    println!(
        "limits: {} bytes of body, {} s in all, {} s of silence, {} bytes a second after {} s",
        limits.body_bytes_max,
        limits.total_timeout.as_secs(),
        limits.read_timeout.as_secs(),
        limits.bytes_per_second_min,
        limits.slow_grace.as_secs()
    );
    for (name, _) in READ {
        one(name, "read", name);
    }
    let address = serve();
    for path in FETCHED {
        one(&format!("fetch: {path}"), "fetch", &format!("http://{address}{path}"));
    }
}

fn one(name: &str, kind: &str, which: &str) {
    let program = std::env::current_exe().expect("this program");
    let ran = Command::new(program).args([kind, which]).output().expect("this program again");
    let said = String::from_utf8_lossy(&ran.stdout);
    let said = if ran.status.success() { said.trim_end() } else { "CRASHED" };
    println!("{name:36} {said}");
}

/// The most memory that this process has held at a time.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(f64::NAN) / 1024.0
}

/// A server of hostile answers, for as long as this process lives.
fn serve() -> SocketAddr {
    const BOMB_BYTES: usize = 500_000_000;
    let blank = vec![b' '; BOMB_BYTES];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&blank).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&blank).expect("memory");
    let zlib = zlib.finish().expect("memory");
    let mut brotli = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &blank[..], &mut brotli, &params).expect("memory");
    let zstd = zstd::encode_all(&blank[..], 3).expect("memory");
    drop(blank);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let bombs = [gzip.clone(), zlib.clone(), brotli.clone(), zstd.clone()];
            std::thread::spawn(move || answer(stream, &bombs));
        }
    });
    address
}

/// A client that goes away ends the answer.
fn answer(mut stream: TcpStream, [gzip, zlib, brotli, zstd]: &[Vec<u8>; 4]) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let read = stream.read(&mut request)?;
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let mut send = |headers: &str, body: &[u8]| {
        stream.write_all(format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).as_bytes())?;
        stream.write_all(body)
    };
    match path {
        "/gzip-bomb" => send("Content-Encoding: gzip\r\n", gzip),
        "/gzip-bomb-unlabelled" => send("", gzip),
        "/deflate-bomb" => send("Content-Encoding: deflate\r\n", zlib),
        "/brotli-bomb" => send("Content-Encoding: br\r\n", brotli),
        "/zstd-bomb" => send("Content-Encoding: zstd\r\n", zstd),
        "/million-entries" => {
            let mut stream = std::io::BufWriter::new(stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n<rss><channel><title>All</title>")?;
            (0..1_000_000).try_for_each(|nth| write!(stream, "<item><guid>{nth}</guid></item>"))
        }
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }
        "/headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-More: of the same, and more, and more\r\n")?;
            }
        }
        "/loop" => stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"),
        "/silence" => stream.read(&mut [0]).map(drop),
        "/drip" | "/drip-headers" => {
            let head = if path == "/drip" { "HTTP/1.1 200 OK\r\n\r\n" } else { "HTTP/1.1 200 OK\r\nX-Drip: " };
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(b"x")?;
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        // `/redirects`, and every hop after it.
        path => {
            let to = format!("HTTP/1.1 301 Moved\r\nLocation: {path}x\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(to.as_bytes())
        }
    }
}
