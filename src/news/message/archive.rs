//! A digest for those who keep it or follow it elsewhere: web page, Markdown, and Atom and JSON Feed of many.

use jiff::tz::TimeZone;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::json;

use super::templates::{Output, Root, Templates};
use super::view::{Drawings, Edition, Setting, Way};
use super::{MessageError, clean::clean};
use crate::news::digest::{Digest, thread};

/// Where an edition's page leads, when it is served among others.
#[derive(Clone, Debug)]
pub struct Ways {
    pub ways: Vec<Way>,
    /// Below it are the edition's incidents and tracks.
    pub threads: String,
}

/// The web page of an edition, whole: nothing is folded. Its pictures are files beside it, `{stem}-chart.png` and
/// `{stem}-map.png`.
///
/// # Errors
/// When the template fails to render, which means a fault of ours.
pub fn page(
    digest: &Digest,
    drawings: &Drawings,
    zone: &TimeZone,
    stem: &str,
    ways: Option<&Ways>,
    templates: &Templates,
) -> Result<Output, MessageError> {
    let before = format!("{stem}-");
    let mut edition = Edition::of(digest, drawings, whole(digest, zone, (&before, ".png")));
    if let Some(Ways { ways, threads }) = ways {
        edition.ways.clone_from(ways);
        for section in &mut edition.sections {
            let marks: Vec<String> = match section.kind {
                "tolls" => digest.tolls.iter().map(|item| format!("incident/{}", thread::mark(&item.key))).collect(),
                "talks" => digest.talks.iter().map(|item| format!("track/{}", thread::mark(&item.key))).collect(),
                _ => Vec::new(),
            };
            for (item, mark) in section.items.iter_mut().zip(marks) {
                item.link = format!("{threads}/{mark}");
            }
        }
    }
    Ok(templates.render(Root::Page, &edition)?)
}

/// An edition as Markdown, whole and without pictures: their numbers stand in it.
///
/// # Errors
/// As for [`page`].
pub fn markdown(
    digest: &Digest,
    drawings: &Drawings,
    zone: &TimeZone,
    templates: &Templates,
) -> Result<Output, MessageError> {
    let edition = Edition::of(digest, drawings, whole(digest, zone, ("", "")));
    Ok(templates.render(Root::Markdown, &edition)?)
}

/// What a digest says, as a page has it: for pages that show several.
pub fn shown(digest: &Digest, drawings: &Drawings, zone: &TimeZone, picture_src: (&str, &str)) -> Edition {
    Edition::of(digest, drawings, whole(digest, zone, picture_src))
}

/// All the words that an edition's page prints, in lower case: what a search looks through.
pub fn printed(digest: &Digest, zone: &TimeZone) -> String {
    let edition = shown(digest, &Drawings::default(), zone, ("", ""));
    let mut words = vec![edition.title, edition.moment, edition.quiet];
    for section in edition.sections {
        words.push(section.heading);
        for item in section.items {
            words.push(item.title);
            words.extend(item.lines.into_iter().flat_map(|line| [line.lead, line.strong, line.tail]));
        }
    }
    words.extend(edition.sources.notes.into_iter().flat_map(|note| [note.quote, note.outlet, note.title]));
    words.retain(|text| !text.is_empty());
    words.join("\n").to_lowercase()
}

/// Nobody's in particular, and nothing folded.
fn whole<'a>(digest: &'a Digest, zone: &'a TimeZone, picture_src: (&'a str, &'a str)) -> Setting<'a> {
    let web = digest.frame.look.web.as_deref();
    Setting { zone, contact: "", links: None, web, picture_src, items_max: usize::MAX }
}

/// One edition in a feed of editions.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// As the store names it, "daily-20310306T050000Z".
    pub id: &'a str,
    pub digest: &'a Digest,
    pub subject: &'a str,
    /// The text part.
    pub text: &'a str,
    /// The edition's permanent address.
    pub web: Option<String>,
}

impl Entry<'_> {
    /// Permanent and unique whatever the address: a tag URI (RFC 4151) of the day on which the edition was made.
    fn tag(&self) -> String {
        let day = self.digest.frame.composed_at.strftime("%Y-%m-%d");
        format!("tag:daybrief.invalid,{day}:{}", self.id)
    }
}

/// Editions, newest first, as an Atom feed (RFC 4287). `feed` is the feed's own address, where it has one.
///
/// # Errors
/// Never: writing to memory does not fail.
pub fn atom(name: &str, title: &str, feed: Option<&str>, entries: &[Entry]) -> std::io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let text = |text: &str| clean_lines(text);
    let updated = entries.first().map_or(jiff::Timestamp::UNIX_EPOCH, |entry| entry.digest.frame.composed_at);
    writer.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom")).write_inner_content(
        |writer| {
            let element = |writer: &mut Writer<Vec<u8>>, name: &str, content: &str| {
                writer.create_element(name).write_text_content(BytesText::new(&text(content))).map(drop)
            };
            element(writer, "id", &format!("tag:daybrief.invalid,2026:{name}"))?;
            element(writer, "title", title)?;
            element(writer, "updated", &updated.to_string())?;
            writer.create_element("author").write_inner_content(|writer| element(writer, "name", title))?;
            if let Some(feed) = feed {
                writer.create_element("link").with_attributes([("rel", "self"), ("href", feed)]).write_empty()?;
            }
            for entry in entries {
                writer.create_element("entry").write_inner_content(|writer| {
                    element(writer, "id", &entry.tag())?;
                    element(writer, "title", entry.subject)?;
                    element(writer, "updated", &entry.digest.frame.composed_at.to_string())?;
                    if let Some(web) = &entry.web {
                        let link = [("rel", "alternate"), ("type", "text/html"), ("href", web.as_str())];
                        writer.create_element("link").with_attributes(link).write_empty()?;
                    }
                    element(writer, "content", entry.text)
                })?;
            }
            Ok(())
        },
    )?;
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned() + "\n")
}

/// Editions, newest first, as a JSON Feed (version 1.1).
pub fn json_feed(title: &str, feed: Option<&str>, entries: &[Entry]) -> serde_json::Value {
    let items = entries.iter().map(|entry| {
        json!({
            "id": entry.tag(),
            "url": entry.web,
            "title": clean(entry.subject),
            "content_text": clean_lines(entry.text),
            "date_published": entry.digest.frame.composed_at.to_string(),
        })
    });
    let items: Vec<_> = items.collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": clean(title), "feed_url": feed, "items": items })
}

/// Without characters that XML cannot hold.
fn clean_lines(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}
