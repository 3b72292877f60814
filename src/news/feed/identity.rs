//! Ids of entries that are unique and stay what they are.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Entry;

/// Gives every entry an id that is its own and stays its own: publishers leave ids out, and repeat them.
pub(super) fn identify(entries: &mut [Entry]) {
    for entry in &mut *entries {
        if entry.id.is_empty() {
            entry.id = entry.link.clone().or_else(|| fingerprint(entry)).unwrap_or_else(|| bare_facts(entry));
        }
    }
    // All holders of a repeated id are renamed, not the later ones only: order in a feed is no property of an entry.
    qualify_repeated(entries, |entry| entry.link.clone());
    qualify_repeated(entries, fingerprint);
}

fn qualify_repeated(entries: &mut [Entry], qualifier: impl Fn(&Entry) -> Option<String>) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for entry in &*entries {
        *uses.entry(entry.id.clone()).or_default() += 1;
    }
    for entry in entries {
        if uses.get(&entry.id).is_some_and(|&uses| uses > 1)
            && let Some(qualifier) = qualifier(entry).filter(|qualifier| *qualifier != entry.id)
        {
            entry.id = format!("{}|{qualifier}", entry.id);
        }
    }
}

/// A hash of what the entry says, `None` if it says nothing.
pub(super) fn fingerprint(entry: &Entry) -> Option<String> {
    let mut parts = entry.title.iter().chain(&entry.summary).chain(&entry.content).map(String::as_str).peekable();
    parts.peek()?;
    Some(hash(parts))
}

/// A hash of all that an entry without id, link and text still has: its dates, its files, its author and its categories.
fn bare_facts(entry: &Entry) -> String {
    let dates: Vec<String> = [entry.published, entry.updated].into_iter().flatten().map(|at| at.to_string()).collect();
    let files = entry.enclosures.iter().map(|file| &file.url);
    hash(dates.iter().chain(files).chain(&entry.author).chain(&entry.categories).map(String::as_str))
}

fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(String::from("sha256:"), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, link: Option<&str>, title: &str) -> Entry {
        Entry { id: id.to_owned(), link: link.map(str::to_owned), title: Some(title.to_owned()), ..Entry::default() }
    }

    /// Checks the ids of entries, whichever way round the feed lists them.
    #[track_caller]
    fn check(mut entries: Vec<Entry>, expected: &[&str]) {
        let mut backwards: Vec<Entry> = entries.iter().rev().cloned().collect();
        identify(&mut entries);
        identify(&mut backwards);
        backwards.reverse();
        assert_eq!(entries, backwards);
        assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn usable_ids_are_kept() {
        check(
            vec![entry("1", Some("https://c.example/a"), "A"), entry("2", Some("https://c.example/a"), "B")],
            &["1", "2"],
        );
    }

    #[test]
    fn missing_ids_come_from_the_link_or_the_text() {
        check(
            vec![entry("", Some("https://c.example/a"), "A"), entry("", None, "Ferry")],
            &["https://c.example/a", "sha256:10d787ba633afa91ff375640c87a0b7c"],
        );
    }

    #[test]
    fn an_entry_with_nothing_but_a_date_has_an_id_too() {
        let dated = |day: &str| {
            let at = format!("2031-03-{day}T08:00:00Z").parse().unwrap();
            let mut entries = [Entry { published: Some(at), ..Entry::default() }];
            identify(&mut entries);
            entries[0].key()
        };
        assert!(dated("04").starts_with("sha256:"), "{}", dated("04"));
        assert_eq!(dated("04"), dated("04"));
        assert_ne!(dated("04"), dated("05"));
        let mut nothing = [Entry::default()];
        identify(&mut nothing);
        assert!(!nothing[0].key().is_empty());
    }

    #[test]
    fn repeated_ids_are_told_apart() {
        check(
            vec![
                entry("1", Some("https://c.example/a"), "A"),
                entry("1", Some("https://c.example/b"), "B"),
                entry("2", None, "C"),
            ],
            &["1|https://c.example/a", "1|https://c.example/b", "2"],
        );
        let silent = || Entry { title: None, ..entry("1", None, "") };
        check(vec![silent(), silent()], &["1", "1"]);
    }
}
