//! Page bytes: the first line may be a content type. Text only where there is no error, and not more than there were bytes.
#![no_main]

use daybrief::news::article;
use daybrief::news::feed::discovery::feeds_of_page;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let line = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let content_type = std::str::from_utf8(line).ok().filter(|line| line.starts_with("text/"));
    let bytes = if content_type.is_some() { data.get(line.len() + 1..).unwrap_or_default() } else { data };
    let page = article::read(bytes, Some("https://courier.example/world/story-7"), content_type);
    assert_eq!(page.is_ok(), !page.text.is_empty(), "text and error");
    // In the worst of charsets a byte is three of UTF-8; entities and paragraph breaks add no more than that.
    assert!(page.text.len() <= 64 + 8 * bytes.len(), "{} bytes of text", page.text.len());
    assert!(page.title.len() <= 64 + 8 * bytes.len());
    if page.is_ok() {
        let articles = page.into_articles().unwrap_or_default();
        assert!(articles.iter().all(|article| !article.id.is_empty()));
    }
    assert!(feeds_of_page(bytes, Some("https://courier.example/"), content_type).len() <= 50);
});
