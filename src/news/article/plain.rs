//! Plain text → [`Page`]: a file, standard input, a `text/plain` answer.

use super::body::line;
use super::{Article, Page, PageError, article_id, dates, language};

/// A first line longer than this is a paragraph, not a title.
const TITLE_CHARS_MAX: usize = 150;
/// Lines of a header block ("Title: …") at most.
const HEADER_LINES_MAX: usize = 12;

/// True for text without markup. A declared type is not believed against the bytes: half of all `text/plain` answers
/// are pages.
pub(super) fn is_plain(text: &str, content_type: Option<&str>) -> bool {
    /// How far markup is looked for: a page begins with it.
    const PROBE_BYTES: usize = 4_096;
    let probe = &text[..text.floor_char_boundary(PROBE_BYTES.min(text.len()))];
    let declared_html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    let has_tag = probe.match_indices('<').any(|(at, _)| {
        let rest = &probe[at + 1..];
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '/')
    });
    !declared_html && !has_tag
}

/// Reads plain text. `name` is where it came from: an address, a file's name, or nothing for standard input.
pub fn read_plain(text: &str, name: Option<&str>) -> Article {
    let page = read_page(text, name);
    Article {
        id: article_id(page.canonical.as_deref(), &page.text),
        url: page.canonical.or(page.url),
        outlet: page.site.unwrap_or_default(),
        title: page.title,
        byline: page.byline,
        language: page.language,
        published: page.published,
        modified: page.modified,
        text: page.text,
    }
}

/// The same as a [`Page`], with an error when there is no text.
///
/// A block of lines such as `Title: …` and `Date: …` at the top says what a page would declare; without one, a short
/// first line that does not end like a sentence is the title.
pub(super) fn read_page(text: &str, name: Option<&str>) -> Page {
    let mut page = Page { url: name.filter(|name| name.contains("://")).map(str::to_owned), ..Page::default() };
    let mut rest = text;
    for _ in 0..HEADER_LINES_MAX {
        let Some((field, value, after)) = header_line(rest) else { break };
        match field {
            Field::Title => page.title = value,
            Field::Byline => page.byline = Some(value),
            Field::Site => page.site = Some(value),
            Field::Url => page.canonical = Some(value),
            Field::Language => page.language = language::of(std::iter::once(value.as_str()), ""),
            Field::Published => page.published = dates::read_line(&value),
        }
        rest = after;
    }
    let lines: Vec<String> = rest.lines().map(line).collect();
    let mut lines = lines.as_slice();
    while let [first, after @ ..] = lines
        && first.is_empty()
    {
        lines = after;
    }
    if let [first, after @ ..] = lines
        && page.title.is_empty()
        && after.iter().any(|line| !line.is_empty())
        && looks_like_a_title(first)
        && !runs_on(after)
    {
        page.title.clone_from(first);
        lines = after;
    }
    // Blank lines part paragraphs; single line breaks stay for whoever reads wrapped lines.
    let blocks = lines.split(String::is_empty).filter(|block| !block.is_empty());
    page.text = blocks.map(|block| block.join("\n")).collect::<Vec<_>>().join("\n\n");
    page.language = page.language.or_else(|| language::of(std::iter::empty(), &page.text));
    if page.text.is_empty() {
        page.error = Some(PageError::NoText);
    }
    page
}

enum Field {
    Title,
    Byline,
    Site,
    Url,
    Language,
    Published,
}

/// One line of a header block and what follows it. The names are those of the contract and of mail.
fn header_line(text: &str) -> Option<(Field, String, &str)> {
    let (first, after) = text.split_once('\n').unwrap_or((text, ""));
    let (name, value) = first.split_once(':')?;
    let field = match name.trim().trim_start_matches('\u{feff}').to_ascii_lowercase().as_str() {
        "title" | "headline" | "subject" => Field::Title,
        "byline" | "author" | "by" => Field::Byline,
        "outlet" | "site" | "source" => Field::Site,
        "url" | "link" => Field::Url,
        "language" => Field::Language,
        "date" | "published" => Field::Published,
        _ => return None,
    };
    Some(line(value)).filter(|value| !value.is_empty()).map(|value| (field, value, after))
}

/// Wrapped text goes on in the next line with a small letter; a title is followed by something that begins.
fn runs_on(after: &[String]) -> bool {
    after.first().is_some_and(|next| next.starts_with(char::is_lowercase))
}

fn looks_like_a_title(line: &str) -> bool {
    line.chars().count() <= TITLE_CHARS_MAX && !line.ends_with(['.', '!', '?', '…', ':', ';', ',', '”', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, title: &str, expected: &str) {
        let article = read_plain(text, None);
        assert_eq!((article.title.as_str(), article.text.as_str()), (title, expected));
    }

    #[test]
    fn a_short_first_line_is_the_title() {
        check("Ferry runs aground\n\nIt ran aground on Monday.", "Ferry runs aground", "It ran aground on Monday.");
        check("Ferry runs aground\nIt ran aground on Monday.\n", "Ferry runs aground", "It ran aground on Monday.");
        check("It ran aground on Monday.\nNobody was hurt.", "", "It ran aground on Monday.\nNobody was hurt.");
        check("Only one line", "", "Only one line");
    }

    #[test]
    fn wrapped_lines_stay_as_they_are() {
        let wrapped =
            "The ferry left the old harbour shortly before\nnine and ran onto a sandbank.\n\n\nNobody was hurt.";
        check(
            wrapped,
            "",
            "The ferry left the old harbour shortly before\nnine and ran onto a sandbank.\n\nNobody was hurt.",
        );
    }

    #[test]
    fn a_header_block_speaks_first() {
        let article = read_plain(
            "Title: Ferry runs aground\nDate: 2025-03-25T09:12:00+02:00\nOutlet: The Harbour Courier\n\
             URL: https://courier.example/ferry\n\nIt ran aground on Monday: nobody was hurt.",
            Some("ferry.txt"),
        );
        assert_eq!(article.title, "Ferry runs aground");
        assert_eq!(article.published.map(|p| p.to_string()).as_deref(), Some("2025-03-25T09:12:00+02:00"));
        assert_eq!(article.outlet, "The Harbour Courier");
        assert_eq!(article.url.as_deref(), Some("https://courier.example/ferry"));
        assert_eq!(article.text, "It ran aground on Monday: nobody was hurt.");
    }
}
