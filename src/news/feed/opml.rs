//! Lists of feeds, as readers export them.

use std::borrow::Cow;

use serde::Serialize;

use super::html;
use super::markup::{Token, Tokens, without_controls};
use crate::news::charset::{self, Markup};

/// Subscriptions of one list that are read.
pub const SUBSCRIPTIONS_MAX: usize = 20_000;

/// Folders within folders that are named in a category.
const FOLDER_DEPTH_MAX: usize = 32;

/// One feed in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The feed's address, as given.
    pub xml_url: String,
    pub title: Option<String>,
    /// The page of the feed's publisher.
    pub html_url: Option<String>,
    /// The folders that hold it, outermost first, joined by `/`; or the `category` it names itself.
    pub category: Option<String>,
}

/// Why a document is no list of feeds, in words that fit after "failed to read … as a list of feeds: ".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpml {
    #[error("the file is empty; export it again")]
    Empty,
    #[error("there is no markup in it; export the feeds of your reader as OPML")]
    Other,
    #[error("this is a page or a feed; add it with `daybrief sources add`")]
    PageOrFeed,
}

/// Reads a list. Whatever is missing around the outlines is forgiven, and so is what is broken inside them.
pub fn read_opml(bytes: &[u8], content_type: Option<&str>) -> Result<Vec<Subscription>, NotOpml> {
    let decoded = charset::decode(bytes, content_type, Markup::Xml);
    let text = without_controls(decoded.text);
    if text.trim().is_empty() {
        return Err(NotOpml::Empty);
    }
    let mut recognised = false;
    let mut subscriptions = Vec::new();
    let mut folders: Vec<Option<String>> = Vec::new();
    let (xml_url, document) = (spelling(&text), Tokens::new(&text));
    for token in document {
        match token {
            Token::Start { name, attributes, empty } => {
                let name = name.to_ascii_lowercase();
                if !std::mem::replace(&mut recognised, true)
                    && matches!(name.as_str(), "html" | "rss" | "feed" | "rdf:rdf")
                {
                    return Err(NotOpml::PageOrFeed);
                }
                if name != "outline" {
                    continue;
                }
                let outline = Outline { attributes: &attributes, xml_url };
                subscriptions.extend(outline.subscription(&folders));
                if !empty && folders.len() < FOLDER_DEPTH_MAX {
                    folders.push(outline.name());
                }
            }
            Token::End { name } if name.eq_ignore_ascii_case("outline") => {
                folders.pop();
            }
            _ => {}
        }
        if subscriptions.len() == SUBSCRIPTIONS_MAX {
            break;
        }
    }
    if recognised { Ok(subscriptions) } else { Err(NotOpml::Other) }
}

/// How a list writes `xmlUrl`. Names in XML are particular about case; a list that never gets it right is read all the same.
fn spelling(text: &str) -> &'static str {
    ["xmlUrl", "xmlurl", "xmlURL", "XMLURL", "XmlUrl"].into_iter().find(|name| text.contains(name)).unwrap_or("xmlUrl")
}

struct Outline<'t, 'x> {
    attributes: &'t [(&'x str, Cow<'x, str>)],
    xml_url: &'static str,
}

impl Outline<'_, '_> {
    fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    fn name(&self) -> Option<String> {
        self.attribute("title").or_else(|| self.attribute("text")).map(html::plain_of_either)
    }

    fn subscription(&self, folders: &[Option<String>]) -> Option<Subscription> {
        let (_, xml_url) = self.attributes.iter().find(|(name, _)| *name == self.xml_url)?;
        let xml_url = Some(xml_url.trim()).filter(|url| !url.is_empty())?;
        let folders: Vec<&str> = folders.iter().flatten().map(String::as_str).collect();
        let category = if folders.is_empty() {
            self.attribute("category").map(|category| category.trim_matches('/').to_owned())
        } else {
            Some(folders.join("/"))
        };
        Some(Subscription {
            xml_url: xml_url.to_owned(),
            title: self.name(),
            html_url: self.attribute("htmlUrl").map(str::to_owned),
            category: category.filter(|category| !category.is_empty()),
        })
    }
}

/// Writes a list that [`read_opml`] reads back to the same subscriptions. Folders are written as `category`.
pub fn write_opml(title: &str, subscriptions: &[Subscription]) -> String {
    let quoted = |text: &str| quick_xml::escape::escape(text).into_owned();
    let mut opml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>{}</title></head>\n  <body>\n",
        quoted(title)
    );
    for subscription in subscriptions {
        let text = subscription.title.as_deref().unwrap_or(&subscription.xml_url);
        opml.push_str(&format!("    <outline type=\"rss\" text=\"{}\"", quoted(text)));
        let optional = [
            ("title", subscription.title.as_deref()),
            ("xmlUrl", Some(subscription.xml_url.as_str())),
            ("htmlUrl", subscription.html_url.as_deref()),
            ("category", subscription.category.as_deref()),
        ];
        for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            opml.push_str(&format!(" {name}=\"{}\"", quoted(value)));
        }
        opml.push_str("/>\n");
    }
    opml.push_str("  </body>\n</opml>\n");
    opml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(opml: &str, expected: &[(&str, Option<&str>, Option<&str>)]) {
        let subscriptions = read_opml(opml.as_bytes(), None).unwrap();
        let found: Vec<_> = subscriptions
            .iter()
            .map(|subscription| {
                (subscription.xml_url.as_str(), subscription.title.as_deref(), subscription.category.as_deref())
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn folders_become_categories() {
        check(
            "<opml><body><outline text='Sea'><outline text='Ports'><outline type='rss' text='Courier' xmlUrl='https://c.example/f'/>
             </outline></outline><outline title='Wire' xmlUrl='https://w.example/f?a=1&b=2' category='/north'/></body></opml>",
            &[
                ("https://c.example/f", Some("Courier"), Some("Sea/Ports")),
                ("https://w.example/f?a=1&b=2", Some("Wire"), Some("north")),
            ],
        );
    }

    #[test]
    fn what_is_broken_is_forgiven() {
        check(
            "<outline text=\"A & B\" xmlUrl=\"https://a.example/\"><outline xmlUrl=''/><outline xmlUrl='https://b.example/'",
            &[("https://a.example/", Some("A & B"), None), ("https://b.example/", None, Some("A & B"))],
        );
        check("<opml><outline text='A' xmlurl='https://a.example/'/>", &[("https://a.example/", Some("A"), None)]);
        assert_eq!(read_opml(b" \n", None), Err(NotOpml::Empty));
        assert_eq!(read_opml(b"<subscriptions version='1'/>", None), Ok(Vec::new()));
        assert_eq!(read_opml(b"gone", None), Err(NotOpml::Other));
        assert_eq!(read_opml(b"<!DOCTYPE html><html><p>gone</p></html>", None), Err(NotOpml::PageOrFeed));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let subscriptions = vec![Subscription {
            xml_url: "https://c.example/f?a=1&b=\"2\"".to_owned(),
            title: Some("Harbour <Courier>".to_owned()),
            html_url: Some("https://c.example/".to_owned()),
            category: Some("Sea/Ports".to_owned()),
        }];
        assert_eq!(read_opml(write_opml("Feeds & more", &subscriptions).as_bytes(), None), Ok(subscriptions));
    }
}
