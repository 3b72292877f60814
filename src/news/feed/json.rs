//! JSON Feed 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>), and JSON that is nearly one.

use serde_json::{Map, Value};
use url::Url;

use super::tree::absolute;
use super::{CATEGORIES_MAX, ENCLOSURES_MAX, Enclosure, Entry, FEED_ENTRIES_MAX, Feed, Format, NotAFeed, dates, html};

pub(super) fn read(text: &str, base_url: Option<&str>) -> Result<Feed, NotAFeed> {
    // What follows the value (a stray bracket, a comment of a script) is not looked at.
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let value = match first {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(NotAFeed::BrokenJson(error.to_string())),
        None => return Err(NotAFeed::Empty),
    };
    let Value::Object(feed) = value else { return Err(NotAFeed::Json) };
    let versioned = text_of(&feed, "version").is_some_and(|version| version.contains("jsonfeed.org"));
    let items = match feed.get("items") {
        Some(Value::Array(items)) => items.as_slice(),
        None | Some(Value::Null) if versioned => &[],
        _ => return Err(NotAFeed::Json),
    };
    if !versioned
        && !items.iter().any(|item| item.get("content_html").or(item.get("content_text")).or(item.get("url")).is_some())
    {
        return Err(NotAFeed::Json);
    }
    let base = base_url.and_then(|base| Url::parse(base).ok());
    let base = base.as_ref();
    let language = text_of(&feed, "language");
    Ok(Feed {
        format: Format::Json,
        title: text_of(&feed, "title").map(|title| html::collapsed(&title).into_owned()),
        link: text_of(&feed, "home_page_url").map(|address| absolute(base, &address)),
        id: text_of(&feed, "feed_url").map(|address| absolute(base, &address)),
        description: text_of(&feed, "description").map(|text| html::escaped(&text).into_owned()),
        author: author(&feed),
        published: None,
        updated: None,
        ttl_minutes: None,
        // One bad item costs itself.
        entries: items
            .iter()
            .take(FEED_ENTRIES_MAX)
            .filter_map(Value::as_object)
            .map(|item| entry(item, base, language.as_deref()))
            .collect(),
        entries_cut: items.len() > FEED_ENTRIES_MAX,
        language,
    })
}

fn entry(item: &Map<String, Value>, base: Option<&Url>, language: Option<&str>) -> Entry {
    let address = |name: &str| text_of(item, name).map(|address| absolute(base, &address));
    let date = |name: &str| text_of(item, name).and_then(|text| dates::read(&text));
    let escape = |text: String| html::escaped(&text).into_owned();
    Entry {
        id: text_of(item, "id").unwrap_or_default(),
        title: text_of(item, "title").map(|title| html::collapsed(&title).into_owned()),
        link: address("url").or_else(|| address("external_url")),
        published: date("date_published"),
        updated: date("date_modified"),
        summary: text_of(item, "summary").map(escape),
        content: text_of(item, "content_html").into_iter().chain(text_of(item, "content_text").map(escape)).collect(),
        author: author(item),
        categories: texts(item.get("tags")).take(CATEGORIES_MAX).collect(),
        language: text_of(item, "language").or_else(|| language.map(str::to_owned)),
        enclosures: objects(item.get("attachments"))
            .filter_map(|attachment| {
                Some(Enclosure {
                    url: absolute(base, &text_of(attachment, "url")?),
                    kind: text_of(attachment, "mime_type"),
                    length: attachment.get("size_in_bytes").and_then(Value::as_u64),
                })
            })
            .take(ENCLOSURES_MAX)
            .collect(),
    }
}

/// The names of version 1.1's `authors`, or of version 1.0's `author`.
fn author(object: &Map<String, Value>) -> Option<String> {
    let names: Vec<String> = objects(object.get("authors"))
        .chain(object.get("author").and_then(Value::as_object))
        .filter_map(|author| text_of(author, "name").or_else(|| text_of(author, "url")))
        .collect();
    let mut names = names;
    names.dedup();
    Some(names.join(", ")).filter(|names| !names.is_empty()).or_else(|| text_of(object, "author"))
}

/// A string, or a number as one; trimmed, `None` if it is empty.
fn text_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match object.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn objects(value: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed() {
        let feed = read(
            r#"{"version": "https://jsonfeed.org/version/1.1", "title": "The Harbour Courier", "home_page_url": "/", "language": "en",
                "items": [{"id": 7, "url": "news/7", "title": "Ferry  runs\nagain", "content_text": "2 < 3",
                           "date_published": "2031-03-04T08:00:00+02:00", "authors": [{"name": "A. Quay"}, {"name": "B. Mole"}],
                           "tags": ["sea", 5], "attachments": [{"url": "7.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}]},
                          null, {"id": "x", "content_html": "<p>y</p>"}]} trailing"#,
            Some("https://courier.example/feed.json"),
        )
        .unwrap();
        assert_eq!(feed.link.as_deref(), Some("https://courier.example/"));
        let [first, second] = feed.entries.as_slice() else { panic!("{:?}", feed.entries) };
        assert_eq!((first.id.as_str(), first.title.as_deref()), ("7", Some("Ferry runs again")));
        assert_eq!(first.link.as_deref(), Some("https://courier.example/news/7"));
        assert_eq!(first.content, ["2 &lt; 3"]);
        assert_eq!(first.author.as_deref(), Some("A. Quay, B. Mole"));
        assert_eq!(first.published.unwrap().to_string(), "2031-03-04T06:00:00Z");
        assert_eq!(first.categories, ["sea"]);
        assert_eq!(first.enclosures[0].url, "https://courier.example/7.mp3");
        assert_eq!((second.content.as_slice(), second.language.as_deref()), (&["<p>y</p>".to_owned()][..], Some("en")));
    }

    #[test]
    fn other_json() {
        assert_eq!(read("[1, 2]", None), Err(NotAFeed::Json));
        assert_eq!(read(r#"{"items": [1]}"#, None), Err(NotAFeed::Json));
        assert_eq!(read(r#"{"error": "not found"}"#, None), Err(NotAFeed::Json));
        assert!(matches!(read(r#"{"version": "https://jsonfeed.org"#, None), Err(NotAFeed::BrokenJson(_))));
    }
}
