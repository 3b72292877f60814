//! JSON Feed 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>), and JSON that is nearly one.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use url::Url;

use super::tree::absolute;
use super::{
    CATEGORIES_MAX, CONTENTS_MAX, ENCLOSURES_MAX, Enclosure, Entry, FEED_ENTRIES_MAX, Feed, Format, NotAFeed,
    PEOPLE_MAX, dates, html,
};

/// Members of one object that are read; JSON Feed defines 16.
const MEMBERS_MAX: usize = 64;

/// JSON as far as a feed needs it. Lists are read up to their bound, so that a feed of a million items costs no more
/// memory than a long one.
#[derive(Debug)]
enum Json {
    /// A string, or a number as one.
    Text(String),
    List(Vec<Self>),
    Object(Object),
    Nothing,
}

type Object = HashMap<String, Json>;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Nothing)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Text(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        // One more than is used shows that there was more.
        while items.len() <= FEED_ENTRIES_MAX {
            match list.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Json::List(items)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut object = Object::new();
        while let Some(name) = map.next_key::<String>()? {
            if object.len() < MEMBERS_MAX {
                object.insert(name, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Json::Object(object))
    }
}

pub(super) fn read(text: &str, base_url: Option<&str>) -> Result<Feed, NotAFeed> {
    // What follows the value (a stray bracket, a comment of a script) is not looked at.
    let first = serde_json::Deserializer::from_str(text).into_iter::<Json>().next();
    let feed = match first {
        Some(Ok(Json::Object(feed))) => feed,
        Some(Ok(_)) => return Err(NotAFeed::Json),
        Some(Err(error)) => return Err(NotAFeed::BrokenJson(error.to_string())),
        None => return Err(NotAFeed::Empty),
    };
    let versioned = text_of(&feed, "version").is_some_and(|version| version.contains("jsonfeed.org"));
    let items = match feed.get("items") {
        Some(Json::List(items)) => items.as_slice(),
        None | Some(Json::Nothing) if versioned => &[],
        _ => return Err(NotAFeed::Json),
    };
    let is_entry = |item: &Object| ["content_html", "content_text", "url"].iter().any(|name| item.contains_key(*name));
    if !versioned && !items.iter().filter_map(object).any(is_entry) {
        return Err(NotAFeed::Json);
    }
    let base = base_url.and_then(|base| Url::parse(base).ok());
    let base = base.as_ref();
    Ok(Feed {
        format: Format::Json,
        title: text_of(&feed, "title").map(|title| html::collapsed(&title).into_owned()),
        link: text_of(&feed, "home_page_url").map(|address| absolute(base, &address)),
        id: text_of(&feed, "feed_url").map(|address| absolute(base, &address)),
        description: text_of(&feed, "description").map(|text| html::escaped(&text).into_owned()),
        language: text_of(&feed, "language"),
        author: author(&feed),
        published: None,
        updated: None,
        ttl_minutes: None,
        // One bad item costs itself.
        entries: items.iter().take(FEED_ENTRIES_MAX).filter_map(object).map(|item| entry(item, base)).collect(),
        entries_cut: items.len() > FEED_ENTRIES_MAX,
    })
}

fn entry(item: &Object, base: Option<&Url>) -> Entry {
    let address = |name: &str| text_of(item, name).map(|address| absolute(base, &address));
    let date = |name: &str| text_of(item, name).and_then(|text| dates::read(&text));
    let escape = |text: String| html::escaped(&text).into_owned();
    let html = text_of(item, "content_html");
    let plain = text_of(item, "content_text").map(escape);
    Entry {
        id: text_of(item, "id").unwrap_or_default(),
        title: text_of(item, "title").map(|title| html::collapsed(&title).into_owned()),
        link: address("url").or_else(|| address("external_url")),
        published: date("date_published"),
        updated: date("date_modified"),
        summary: text_of(item, "summary").map(escape),
        content: html.into_iter().chain(plain).take(CONTENTS_MAX).collect(),
        author: author(item),
        categories: list(item, "tags").filter_map(text).map(str::to_owned).take(CATEGORIES_MAX).collect(),
        language: text_of(item, "language"),
        enclosures: list(item, "attachments")
            .filter_map(object)
            .filter_map(|file| attachment(file, base))
            .take(ENCLOSURES_MAX)
            .collect(),
        source: None,
    }
}

fn attachment(file: &Object, base: Option<&Url>) -> Option<Enclosure> {
    Some(Enclosure {
        url: absolute(base, &text_of(file, "url")?),
        kind: text_of(file, "mime_type"),
        length: text_of(file, "size_in_bytes").and_then(|size| size.parse().ok()),
    })
}

/// The names of version 1.1's `authors`, or of version 1.0's `author`.
fn author(of: &Object) -> Option<String> {
    let mut names: Vec<String> = list(of, "authors")
        .chain(of.get("author"))
        .filter_map(object)
        .filter_map(|author| text_of(author, "name").or_else(|| text_of(author, "url")))
        .take(PEOPLE_MAX)
        .collect();
    names.dedup();
    Some(names.join(", ")).filter(|names| !names.is_empty()).or_else(|| text_of(of, "author"))
}

/// A member's text, trimmed; `None` if it is empty.
fn text_of(object: &Object, name: &str) -> Option<String> {
    object.get(name).and_then(text).map(str::to_owned)
}

fn text(json: &Json) -> Option<&str> {
    match json {
        Json::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn object(json: &Json) -> Option<&Object> {
    match json {
        Json::Object(object) => Some(object),
        _ => None,
    }
}

fn list<'j>(object: &'j Object, name: &str) -> impl Iterator<Item = &'j Json> {
    let items = match object.get(name) {
        Some(Json::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter()
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
        assert_eq!(first.categories, ["sea", "5"]);
        assert_eq!(first.enclosures[0].url, "https://courier.example/7.mp3");
        assert_eq!((second.content.as_slice(), feed.language.as_deref()), (&["<p>y</p>".to_owned()][..], Some("en")));
    }

    #[test]
    fn other_json() {
        assert_eq!(read("[1, 2]", None), Err(NotAFeed::Json));
        assert_eq!(read(r#"{"items": [1]}"#, None), Err(NotAFeed::Json));
        assert_eq!(read(r#"{"error": "not found"}"#, None), Err(NotAFeed::Json));
        assert!(matches!(read(r#"{"version": "https://jsonfeed.org"#, None), Err(NotAFeed::BrokenJson(_))));
    }
}
