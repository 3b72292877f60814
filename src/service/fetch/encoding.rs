//! Content encodings that the HTTP client could not undo: those not declared, declared wrongly, or declared in a
//! dialect.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Why a body cannot be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    TooLarge,
    Broken(String),
}

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];

/// The body as text-to-be: gzip is known by its first bytes whatever was declared, `deflate` is tried as zlib and as the
/// raw stream that some servers send, and any other body stands as it is.
pub(super) fn unpack(body: Vec<u8>, declared: Option<&str>, limit: usize) -> Result<Vec<u8>, Problem> {
    let declared = declared.unwrap_or_default().trim().to_ascii_lowercase();
    if body.starts_with(GZIP_MAGIC) {
        return inflate(MultiGzDecoder::new(body.as_slice()), limit);
    }
    if declared == "deflate" && !looks_like_text(&body) {
        return match inflate(ZlibDecoder::new(body.as_slice()), limit) {
            Err(Problem::Broken(_)) => inflate(DeflateDecoder::new(body.as_slice()), limit),
            done => done,
        };
    }
    if matches!(declared.as_str(), "" | "identity") || looks_like_text(&body) {
        return Ok(body);
    }
    Err(Problem::Broken(format!("it is labelled `{declared}` and cannot be read as that")))
}

/// At most `limit` bytes of what `source` unpacks to. A stream that breaks off after its first bytes gives those.
fn inflate(source: impl Read, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    let read = source.take(limit as u64 + 1).read_to_end(&mut out);
    match read {
        _ if out.len() > limit => Err(Problem::TooLarge),
        Err(error) if out.is_empty() => Err(Problem::Broken(error.to_string())),
        _ => Ok(out),
    }
}

/// True when the first bytes could begin a page or a feed: no control characters but white space.
fn looks_like_text(body: &[u8]) -> bool {
    const PROBE_BYTES: usize = 64;
    let probe = &body[..body.len().min(PROBE_BYTES)];
    probe.iter().all(|&b| b >= 0x20 || b.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const PAGE: &[u8] = b"<html><p>Two trams collided near the old harbour, the fire service said.</p></html>";

    #[track_caller]
    fn check(body: &[u8], declared: Option<&str>, limit: usize, expected: Result<&[u8], Problem>) {
        assert_eq!(unpack(body.to_vec(), declared, limit), expected.map(<[u8]>::to_vec));
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn encodings_are_undone_whatever_the_label() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(PAGE).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(PAGE).unwrap();
        check(PAGE, None, 1000, Ok(PAGE));
        check(PAGE, Some("gzip"), 1000, Ok(PAGE));
        check(PAGE, Some("br"), 1000, Ok(PAGE));
        check(&gzip(PAGE), None, 1000, Ok(PAGE));
        check(&zlib.finish().unwrap(), Some("deflate"), 1000, Ok(PAGE));
        check(&raw.finish().unwrap(), Some("Deflate"), 1000, Ok(PAGE));
    }

    #[test]
    fn a_cut_stream_gives_what_came_and_a_bomb_is_refused() {
        let packed = gzip(&PAGE.repeat(50));
        let cut = unpack(packed[..packed.len() - 8].to_vec(), None, 100_000).unwrap();
        assert!(cut.starts_with(PAGE), "{} bytes", cut.len());
        check(&gzip(&vec![b' '; 1_000_000]), None, 100_000, Err(Problem::TooLarge));
    }
}
