//! What a page says of itself in JSON-LD (schema.org).

use serde_json::Value;

use super::body::line;
use super::live;

/// The fields of the page's article node, as they stand.
#[derive(Debug, Default, PartialEq)]
pub(super) struct JsonLd {
    pub headline: Option<String>,
    pub authors: Vec<String>,
    pub publisher: Option<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    /// When the page, a video in it, or whatever else has a date was published.
    pub page_published: Option<String>,
    pub url: Option<String>,
    pub language: Option<String>,
    pub is_live: bool,
    /// The posts of a live blog.
    pub posts: Vec<live::Told>,
    /// The whole article, as some publishers give it to search engines.
    pub body: Option<String>,
}

/// Values looked at in one page's JSON-LD; what comes after is ignored.
const VALUES_MAX: usize = 20_000;

/// Reads all JSON-LD blocks of a page; the first node that is an article speaks, others fill its gaps.
pub(super) fn read<'t>(blocks: impl IntoIterator<Item = &'t str>) -> JsonLd {
    let mut found = JsonLd::default();
    let mut looked_at = 0;
    for block in blocks {
        let Some(root) = parse(block) else { continue };
        let mut queue = std::collections::VecDeque::from([&root]);
        while let Some(value) = queue.pop_front() {
            looked_at += 1;
            if looked_at > VALUES_MAX {
                return found;
            }
            match value {
                Value::Array(values) => queue.extend(values),
                Value::Object(object) => {
                    if object.get("@type").is_some_and(is_article) {
                        found.fill(value);
                    }
                    if found.page_published.is_none() {
                        found.page_published =
                            object.get("datePublished").or_else(|| object.get("uploadDate")).and_then(text);
                    }
                    // Posts are articles within the article: they must not fill its gaps.
                    let parts = object.iter().filter(|(key, _)| *key != "liveBlogUpdate").map(|(_, value)| value);
                    queue.extend(parts.filter(|value| value.is_object() || value.is_array()));
                }
                _ => {}
            }
        }
    }
    found
}

/// JSON as publishers write it: in a comment or CDATA, with raw line breaks inside strings.
fn parse(block: &str) -> Option<Value> {
    let json = block.trim().trim_start_matches("<!--").trim_start().trim_start_matches("//");
    let json = json.strip_prefix("<![CDATA[").unwrap_or(json).trim_start();
    let json = json.trim_end_matches("-->").trim_end_matches("]]>");
    let end = json.rfind(['}', ']']).filter(|_| json.starts_with(['{', '[']))?;
    let json = &json[..=end];
    serde_json::from_str(json)
        .ok()
        .or_else(|| {
            let spaced: String = json.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            serde_json::from_str(&spaced).ok()
        })
        .or_else(|| salvage(json))
}

/// The dates of an article whose JSON is broken, by an unescaped quotation mark in its headline for the most part.
fn salvage(json: &str) -> Option<Value> {
    let is_article = ["Article\"", "Posting\""].iter().any(|kind| json.contains(kind));
    let field = |name: &str| {
        let (_, rest) = json.split_once(&format!("\"{name}\""))?;
        let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        value.split('"').next()
    };
    let published = field("datePublished").filter(|_| is_article)?;
    Some(serde_json::json!({ "@type": "Article", "datePublished": published, "dateModified": field("dateModified") }))
}

/// schema.org names every kind of article with one of these endings: `NewsArticle`, `LiveBlogPosting`, `Report`.
fn is_article(kind: &Value) -> bool {
    let named = |kind: &str| {
        let kind = kind.rsplit(['/', ':']).next().unwrap_or(kind);
        kind.ends_with("Article") || kind.ends_with("Posting") && kind != "JobPosting" || kind == "Report"
    };
    match kind {
        Value::String(kind) => named(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(named),
        _ => false,
    }
}

impl JsonLd {
    fn fill(&mut self, node: &Value) {
        let set = |field: &mut Option<String>, value: Option<&Value>| {
            if field.is_none() {
                *field = value.and_then(text);
            }
        };
        set(&mut self.headline, node.get("headline").or_else(|| node.get("name")));
        set(&mut self.published, node.get("datePublished").or_else(|| node.get("dateCreated")));
        set(&mut self.modified, node.get("dateModified"));
        set(&mut self.url, node.get("mainEntityOfPage").or_else(|| node.get("url")));
        set(&mut self.language, node.get("inLanguage"));
        set(&mut self.publisher, node.get("publisher"));
        self.is_live |= node.get("@type").is_some_and(|kind| kind.to_string().contains("LiveBlogPosting"));
        if self.posts.is_empty() {
            let posts = node.get("liveBlogUpdate").and_then(Value::as_array);
            self.posts = posts.into_iter().flatten().take(VALUES_MAX).map(told).collect();
        }
        if self.body.is_none() {
            self.body = node.get("articleBody").and_then(Value::as_str).map(str::to_owned);
        }
        if self.authors.is_empty() {
            self.authors = match node.get("author") {
                Some(Value::Array(authors)) => authors.iter().filter_map(text).collect(),
                Some(author) => text(author).into_iter().collect(),
                None => Vec::new(),
            };
        }
    }
}

fn told(post: &Value) -> live::Told {
    live::Told {
        headline: post.get("headline").and_then(text),
        body: post.get("articleBody").and_then(Value::as_str).unwrap_or_default().to_owned(),
        published: post.get("datePublished").and_then(text),
        url: post.get("url").and_then(text),
    }
}

/// A value as one line: a string, or the name (for an address, the id) of an object.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text,
        Value::Object(object) => {
            ["name", "@id", "url", "alternateName"].iter().find_map(|key| object.get(*key).and_then(Value::as_str))?
        }
        Value::Array(values) => return values.first().filter(|first| !first.is_array()).and_then(text),
        _ => return None,
    };
    Some(line(text)).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(blocks: &[&str], expected: JsonLd) {
        assert_eq!(read(blocks.iter().copied()), expected);
    }

    #[test]
    fn the_article_node_is_found_wherever_it_stands() {
        let expected = || JsonLd {
            headline: Some("Ferry runs aground".into()),
            authors: vec!["Ana Reyes".into(), "J. Okafor".into()],
            publisher: Some("The Harbour Courier".into()),
            published: Some("2025-03-25T09:12:00Z".into()),
            page_published: Some("2025-03-25T09:12:00Z".into()),
            url: Some("https://courier.example/ferry".into()),
            ..JsonLd::default()
        };
        let node = r#"{"@type": ["NewsArticle"], "headline": "Ferry runs aground", "datePublished": "2025-03-25T09:12:00Z",
            "author": [{"@type": "Person", "name": "Ana Reyes"}, "J. Okafor"], "publisher": {"name": "The Harbour Courier"},
            "mainEntityOfPage": {"@type": "WebPage", "@id": "https://courier.example/ferry"}}"#;
        check(&[node], expected());
        check(&[&format!("[{{\"@type\": \"WebSite\", \"name\": \"x\"}}, {node}]")], expected());
        check(&["not json", &format!("{{\"@graph\": [{node}]}}")], expected());
        check(&[&format!("\n//<![CDATA[\n{node}\n//]]>")], expected());
        check(&[&node.replace("runs", "runs\n")], expected());
        // Of JSON that is broken the dates are left.
        let published = expected().published;
        let dates = JsonLd { page_published: published.clone(), published, ..JsonLd::default() };
        check(&[&node.replace("runs", "\"runs\"")], dates);
        check(&[&node.replace("runs", "\"runs\"").replace("NewsArticle", "Person")], JsonLd::default());
    }

    #[test]
    fn other_nodes_say_nothing() {
        check(
            &[r#"{"@type": "Organization", "name": "x"}"#, r#"{"@type": "JobPosting", "headline": "y"}"#],
            JsonLd::default(),
        );
        check(&["", "{", "[[[[]]]]", "\"Article\"", "\u{0}"], JsonLd::default());
    }
}
