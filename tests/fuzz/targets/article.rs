//! Article text: every claim has evidence, every span is a slice of the text, and there are not more claims than words.
#![no_main]

use daybrief::news::article::{Article, read_plain};
use daybrief::news::extract::extract;
use daybrief::news::text::Text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (title, body) = text.split_once('\n').unwrap_or(("", &text));
    let published = "2025-03-25".parse().ok();
    let article = Article { title: title.to_owned(), text: body.to_owned(), published, ..Article::default() };
    let cut = Text::read(body);
    for token in &cut.tokens {
        assert_eq!(token.span.slice(body), Some(token.text));
    }
    let extraction = extract(&article);
    assert!(extraction.claims.len() <= 16 * (cut.tokens.len() + 1), "more claims than the words can carry");
    for claim in &extraction.claims {
        assert!(!claim.evidence.is_empty(), "a claim without evidence");
        for span in &claim.evidence {
            assert!(span.slice(body).is_some_and(|quote| !quote.is_empty()), "a span that is not in the text");
        }
    }
    let plain = read_plain(&text, None);
    assert!(plain.text.len() <= 4 * text.len() + 64, "more text than was given");
});
