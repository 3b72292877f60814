//! A kind file, and below a line of `###` an article to try it on: mistakes point into the file, claims into the text.
#![no_main]

use daybrief::news::article::Article;
use daybrief::news::kinds::pattern::{self, Kinds};
use daybrief::news::text::Text;
use libfuzzer_sys::fuzz_target;

const NEWS: &str = "Two drones hit the bridge in Sumy on Monday, officials said. At least 12 people, including 3 children, \
    were hurt. The EU pledged $40 million; no one was killed, and talks between Armenia and Azerbaijan go on in Geneva.";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (source, news) = text.split_once("\n###\n").unwrap_or((&text, NEWS));
    let mistakes = pattern::check("fuzzed", source);
    for mistake in &mistakes {
        assert!(mistake.to_string().len() < 4_096 + 8 * source.len(), "a mistake longer than its file");
    }
    let (kinds, _) = Kinds::load([("fuzzed", source)]);
    let article = Article { text: news.to_owned(), published: "2025-03-25".parse().ok(), ..Article::default() };
    for claim in pattern::read(&kinds, &article, &Text::read(news)) {
        assert!(!claim.evidence.is_empty(), "a claim without evidence");
        for span in &claim.evidence {
            assert!(span.slice(news).is_some_and(|quote| !quote.is_empty()), "a span that is not in the text");
        }
    }
});
