//! Live blogs: one page, many dated posts.
//!
//! Read as one article, a live blog would give this morning's toll the date of its last post, so each post is an article
//! of its own.

use dom_query::{Document, NodeRef};
use serde::Serialize;
use url::Url;

use super::body;
use super::dates;
use super::main_text;
use super::metadata::Declared;
use super::published::Published;

/// One post of a live blog.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Post {
    pub title: Option<String>,
    /// Where on the page it stands, when the page says.
    pub url: Option<String>,
    pub published: Option<Published>,
    /// Paragraphs, separated by blank lines.
    pub text: String,
}

/// Posts that are kept of one page.
const POSTS_MAX: usize = 500;
/// A page with fewer dated blocks is an article with a few dates.
const POSTS_MIN: usize = 3;
/// A post's time stands at most this deep in it.
const POST_DEPTH_MAX: usize = 12;
/// Sets of siblings looked at.
const GROUPS_MAX: usize = 16;
/// A dated block with less text is a link to something.
const POST_CHARS_MIN: usize = 60;

/// The posts of a page that is a live blog, as it shows them; none for any other page.
///
/// What a page shows goes before what it declares for search engines, which is often only the newest posts.
pub(super) fn posts(document: &Document, declared: &Declared, url: Option<&Url>) -> Vec<Post> {
    if !is_live(declared, url) {
        return Vec::new();
    }
    let shown = shown(document, url);
    let told: Vec<Post> = declared.json_ld.posts.iter().take(POSTS_MAX).filter_map(|post| told(post, url)).collect();
    if shown.len() >= POSTS_MIN.max(told.len()) { shown } else { told }
}

fn is_live(declared: &Declared, url: Option<&Url>) -> bool {
    let in_address = || {
        url.and_then(Url::path_segments).is_some_and(|mut segments| {
            segments.any(|segment| segment.split(['-', '_']).any(|word| matches!(word, "live" | "liveblog")))
        })
    };
    let in_title = || {
        let title = declared.title().unwrap_or_default().to_lowercase();
        title.contains("live updates")
            || title.contains("live blog")
            || title.contains("– live")
            || title.contains("live:")
    };
    declared.json_ld.is_live || in_address() || in_title()
}

/// A post as JSON-LD tells it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub headline: Option<String>,
    pub body: String,
    pub published: Option<String>,
    pub url: Option<String>,
}

fn told(post: &Told, url: Option<&Url>) -> Option<Post> {
    let text = body::lines(&post.body).join("\n\n");
    let resolve = |address: &str| url.map_or_else(|| Url::parse(address), |base| base.join(address)).ok();
    (!text.is_empty()).then(|| Post {
        title: post.headline.clone(),
        url: post.url.as_deref().and_then(resolve).map(|url| url.to_string()),
        published: post.published.as_deref().and_then(dates::read_line),
        text,
    })
}

/// The largest set of sibling elements that look alike and each show a time and some text.
fn shown(document: &Document, url: Option<&Url>) -> Vec<Post> {
    let times = document.select("time[datetime]");
    let mut best: Vec<Post> = Vec::new();
    let mut seen = Vec::new();
    for time in times.nodes().iter().take(POSTS_MAX) {
        if seen.len() >= GROUPS_MAX {
            break;
        }
        let Some(block) = time.ancestors_it(Some(POST_DEPTH_MAX)).find(is_repeated) else { continue };
        let Some(parent) = block.parent().filter(|parent| !seen.contains(&parent.id)) else { continue };
        seen.push(parent.id);
        let alike = parent.children_it(false).filter(|sibling| is_alike(sibling, &block));
        let posts: Vec<Post> = alike.take(POSTS_MAX).filter_map(|block| shown_post(&block, url)).collect();
        if posts.len() > best.len() {
            best = posts;
        }
    }
    best
}

/// An element with a sibling that looks like it.
fn is_repeated(node: &NodeRef<'_>) -> bool {
    let next = std::iter::successors(node.next_element_sibling(), NodeRef::next_element_sibling);
    let before = std::iter::successors(node.prev_element_sibling(), NodeRef::prev_element_sibling);
    /// Advertisements stand between posts.
    const NEIGHBOURS_MAX: usize = 3;
    has_text(node)
        && next.take(NEIGHBOURS_MAX).chain(before.take(NEIGHBOURS_MAX)).any(|sibling| is_alike(&sibling, node))
}

/// Looks no further than it needs to: this is asked of every ancestor of every time.
fn has_text(node: &NodeRef<'_>) -> bool {
    let mut bytes = 0;
    node.descendants_it().filter(NodeRef::is_text).any(|node| {
        bytes += node.text().trim().len();
        bytes >= POST_CHARS_MIN
    })
}

/// The same element under the same first class.
fn is_alike(one: &NodeRef<'_>, other: &NodeRef<'_>) -> bool {
    let first_class = |node: &NodeRef<'_>| {
        node.attr("class").and_then(|class| class.split_ascii_whitespace().next().map(str::to_owned))
    };
    one.is_element() && one.node_name() == other.node_name() && first_class(one) == first_class(other)
}

fn shown_post(block: &NodeRef<'_>, url: Option<&Url>) -> Option<Post> {
    let time = block.descendants_it().find(|node| node.has_name("time") && node.has_attr("datetime"))?;
    let published = time.attr("datetime").and_then(|moment| dates::read_line(&moment));
    let chars = block.normalized_char_count();
    let paragraphs =
        body::paragraphs(*block, |node, name| name == "time" || main_text::is_beside_the_point(node, name, chars));
    let mut paragraphs = main_text::tidy(paragraphs, "", None).paragraphs;
    let title = paragraphs.first().filter(|first| first.is_heading).map(|first| first.text.clone());
    if title.is_some() {
        paragraphs.remove(0);
    }
    let text = main_text::join(paragraphs);
    let url = block.attr("id").and_then(|id| {
        let mut url = url?.clone();
        url.set_fragment(Some(&id));
        Some(url.to_string())
    });
    (text.chars().count() >= POST_CHARS_MIN).then_some(Post { title, url, published, text })
}

#[cfg(test)]
mod tests {
    use super::super::{prescan, read};
    use super::*;

    fn post(id: u32, hour: u32, text: &str) -> String {
        format!(
            "<div class='post pinned{id}' id='p{id}'><time datetime='2031-03-04T{hour:02}:00:00+02:00'>{hour}:00</time>\
             <h2>At {hour}</h2><p>{text}</p><p>Residents were asked to stay away from the quay until further notice.</p></div>"
        )
    }

    fn blog() -> String {
        format!(
            "<title>Ferry aground: live updates</title><h1>Ferry aground: live updates</h1><div>{}<div class=ad>Advertisement</div>{}{}</div>",
            post(3, 21, "The number of injured has risen to 14, the coast guard said."),
            post(2, 20, "Nine people were hurt, the coast guard said."),
            post(1, 19, "A ferry has run onto a sandbank off the old harbour."),
        )
    }

    #[track_caller]
    fn check(html: &str, url: &str, expected: &[(&str, &str)]) {
        let declared = Declared::read(&prescan::tree(html).unwrap());
        let posts = posts(&prescan::tree(html).unwrap(), &declared, Url::parse(url).ok().as_ref());
        let found: Vec<(String, &str)> = posts
            .iter()
            .map(|post| {
                (post.published.map(|p| p.to_string()).unwrap_or_default(), post.text.split("\n\n").next().unwrap())
            })
            .collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(when, text)| (when.as_str(), *text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn posts_are_found_as_shown() {
        check(
            &blog(),
            "https://courier.example/ferry",
            &[
                ("2031-03-04T21:00:00+02:00", "The number of injured has risen to 14, the coast guard said."),
                ("2031-03-04T20:00:00+02:00", "Nine people were hurt, the coast guard said."),
                ("2031-03-04T19:00:00+02:00", "A ferry has run onto a sandbank off the old harbour."),
            ],
        );
        let not_live = blog().replace("live updates", "what we know");
        check(&not_live, "https://courier.example/ferry", &[]);
    }

    #[test]
    fn posts_are_found_as_told() {
        let html = r#"<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"Ferry aground","liveBlogUpdate":[
            {"@type":"BlogPosting","headline":"At 21","articleBody":"Fourteen people were hurt.","datePublished":"2031-03-04T19:00:00Z"},
            {"@type":"BlogPosting","articleBody":"A ferry has run aground.","datePublished":"2031-03-04T17:00:00Z"}]}</script>"#;
        check(
            html,
            "https://courier.example/ferry",
            &[
                ("2031-03-04T19:00:00Z", "Fourteen people were hurt."),
                ("2031-03-04T17:00:00Z", "A ferry has run aground."),
            ],
        );
    }

    #[test]
    fn each_post_is_an_article() {
        let page = read(blog().as_bytes(), Some("https://courier.example/ferry"), None);
        let articles = page.into_articles().unwrap();
        assert_eq!(articles.len(), 3);
        assert_eq!(articles[0].title, "At 21");
        assert_eq!(articles[0].url.as_deref(), Some("https://courier.example/ferry#p3"));
        assert!(articles[0].text.contains("14") && !articles[0].text.contains("Nine"));
        let mut ids: Vec<&str> = articles.iter().map(|article| article.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }
}
