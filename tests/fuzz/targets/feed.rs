//! Feed bytes: at most so many entries, each with an identity of its own, and not much more text than there were bytes.
#![no_main]

use daybrief::news::feed::{self, FEED_ENTRIES_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let outcome = feed::read(data, Some("https://courier.example/feeds/world.xml"), None);
    let report = feed::report("fuzzed", &outcome).to_string();
    // An address of three bytes is 60 when it is absolute, and the shortest entry has three of them.
    assert!(report.len() <= 4_096 + 256 * data.len(), "{} bytes of report from {}", report.len(), data.len());
    if let Ok(feed) = outcome {
        assert!(feed.entries.len() <= FEED_ENTRIES_MAX);
        for entry in &feed.entries {
            assert!(!entry.key().is_empty(), "an entry without identity");
            entry.date();
            entry.fingerprint();
        }
    }
});
