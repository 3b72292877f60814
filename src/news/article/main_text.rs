//! The article's paragraphs among everything a page says.

use dom_query::{Document, NodeRef};

use super::body;

/// The paragraphs of what the reader found in `document` (it leaves its find under this id).
pub(super) fn paragraphs(document: &Document) -> Vec<String> {
    let found = document.select_single("#readability-page-1");
    let Some(root) = found.nodes().first() else { return Vec::new() };
    body::paragraphs(*root, is_beside_the_point)
}

fn is_beside_the_point(_node: &NodeRef<'_>, _name: &str) -> bool {
    false
}

/// Takes out the title where it is repeated.
pub(super) fn tidy(paragraphs: &mut Vec<String>, title: &str) {
    if paragraphs.first().is_some_and(|first| first == title) {
        paragraphs.remove(0);
    }
}

/// True when the text a page gives to search engines holds clearly more than what it shows.
pub(super) fn is_fuller(given: &str, shown: &str) -> bool {
    /// Below this the text shown is a teaser.
    const TEASER_BYTES_MAX: usize = 1_000;
    shown.len() < TEASER_BYTES_MAX && given.len() > 2 * shown.len()
}
