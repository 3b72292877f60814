//! A robots.txt, and below the last line break a path: matching ends, with the same answer twice, and a file without `disallow` forbids nothing.
#![no_main]

use daybrief::news::robots::Robots;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    let (file, path) = data.split_at(at);
    let path = String::from_utf8_lossy(path);
    let robots = Robots::parse(file, "Daybrief");
    assert_eq!(robots.allows(&path), robots.allows(&path));
    if !file.iter().any(|byte| byte.eq_ignore_ascii_case(&b'd')) {
        assert!(robots.allows(&path), "nothing says `disallow`");
    }
});
