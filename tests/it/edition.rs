//! What an edition looks like and what it withstands: its size, its parts, hostile text, own templates.

use std::collections::BTreeSet;

use daybrief::news::digest::{self, Digest, told};
use daybrief::news::extract::What;
use daybrief::news::incident::Reading;
use daybrief::news::message::templates::{self, SHIPPED, Templates};
use daybrief::news::message::view::{Drawings, Studio};
use daybrief::news::message::{self, Manner, Rendered, archive};
use daybrief::news::picture::map::Borders;
use daybrief::news::wording::Language;
use dom_query::{Document, NodeRef};
use jiff::tz::TimeZone;

use crate::digest::{compose, frame, place, strike, talks};

/// Gmail cuts at about 102 kB; the house stays below 90.
const HTML_BYTES_MAX: usize = 90_000;
const PNG_BYTES_MAX: usize = 60_000;

pub fn render(digest: &Digest) -> Rendered {
    message::render(digest, &TimeZone::UTC, "desk@example.org", None).unwrap()
}

/// So many strikes in so many places, told on two days, and talks.
pub fn edition(count: u64) -> Digest {
    let on = |day: i8| -> Vec<Reading> {
        let strikes = (0..count).map(|number| {
            let grown = u64::from(day.unsigned_abs()) * 10 + number;
            let mut reading = strike(&format!("{number}-{day}"), "courier", day, grown, 3);
            for claim in &mut reading.extraction.claims {
                let mut at = place(&format!("Place {number}"), 700_000 + u32::try_from(number).unwrap());
                (at.lat, at.lon) = (Some(46.0 + number as f64 / 10.0), Some(30.0 + number as f64 / 7.0));
                claim.place = Some(at);
            }
            reading
        });
        let state =
            if day == 4 { daybrief::news::kinds::Status::UnderWay } else { daybrief::news::kinds::Status::Concluded };
        strikes.chain([talks(&format!("talks-{day}"), day, state, None)]).collect()
    };
    let first = compose(frame(4), &on(4), &[]);
    let mut readings = on(5);
    readings.extend(on(4).into_iter().map(|reading| Reading { fresh: false, ..reading }));
    let second = compose(frame(5), &readings, std::slice::from_ref(&first));
    told::for_everyone(&second, &[first])
}

#[test]
fn any_edition_stays_below_what_mail_programs_cut() {
    for count in [1, 12, 40, 60, 200] {
        let rendered = render(&edition(count));
        assert!(rendered.html.len() <= HTML_BYTES_MAX, "{count} items: {} bytes", rendered.html.len());
        let pictures: Vec<_> = rendered.drawings.named().collect();
        assert_eq!(pictures.len(), 2, "{count} items have a chart and a map");
        for (name, png) in pictures {
            assert!(png.bytes.len() < PNG_BYTES_MAX, "{name} of {count} items: {} bytes", png.bytes.len());
        }
    }
    // Each stands in two lists with a sentence of its own, and none is folded away.
    let forty = render(&edition(40));
    assert_eq!(forty.html.matches("<h3>Place ").count(), 80, "{} bytes", forty.html.len());
    println!("40 items: {} bytes of HTML", forty.html.len());
    assert_eq!(render(&edition(12)).html.matches("<h3>Place ").count(), 24, "each is in both lists");
    assert!(render(&edition(200)).html.contains(" more in the archived edition"));
}

#[test]
fn a_mail_brings_everything_with_it() {
    let rendered = render(&edition(12));
    let document = Document::from(rendered.html.as_str());
    for image in &document.select("img") {
        let src = image.attr("src").unwrap();
        assert!(src.starts_with("cid:") && !image.attr("alt").unwrap().is_empty(), "{src}");
    }
    assert_eq!(document.select("script, link, svg, iframe, object, form, input, base, meta[http-equiv]").length(), 0);
    for banned in ["url(", "data:", "@import", "@font-face", "src=\"http"] {
        assert!(!rendered.html.contains(banned), "{banned}");
    }
    assert_eq!(document.select("table:not([role=presentation])").length(), 0);
    assert_eq!(document.select("html[lang=en]").length(), 1);
    assert_eq!(document.select("h1").length(), 1);
    assert!(document.select("h2").length() >= 3 && document.select("h3").length() >= 12);
}

#[test]
fn pictures_say_their_numbers_in_words() {
    let rendered = render(&edition(1));
    let document = Document::from(rendered.html.as_str());
    let alts: Vec<String> = document.select("img").iter().map(|image| image.attr("alt").unwrap().to_string()).collect();
    assert!(alts[0].contains("injured: 4 Mar: 40; 5 Mar: 50"), "{alts:?}");
    assert!(alts[1].contains("Place 0"), "{alts:?}");
    assert!(rendered.text.contains("▆█") && rendered.text.contains("40 → 50"), "{}", rendered.text);
}

#[test]
fn a_picture_is_drawn_once_however_many_readers_see_it() {
    let digest = edition(12);
    let mut studio = Studio::default();
    let first = studio.drawings(&digest);
    let mut cut = digest.clone();
    cut.brief.clear();
    cut.talks.clear();
    assert_eq!(studio.drawings(&cut), first);
    assert_eq!(studio.drawn(), 2);
    // One with other places is another picture.
    cut.tolls.truncate(3);
    assert_ne!(studio.drawings(&cut).map, first.map);
}

#[test]
fn disputed_borders_are_drawn_as_configured() {
    let mut digest = edition(1);
    // The Golan Heights' line.
    let drawn = [Borders::Dashed, Borders::Solid, Borders::Hidden].map(|borders| {
        digest.frame.look.borders = borders;
        Studio::default().drawings(&digest).map.unwrap().png.bytes.clone()
    });
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2] && drawn[0] != drawn[2]);
}

#[test]
fn a_part_is_never_a_bare_number() {
    let mut reading = strike("a", "courier", 4, 5, 1);
    for claim in &mut reading.extraction.claims {
        if let What::Toll(toll) = &mut claim.what {
            toll.group = daybrief::news::kinds::Group::People;
        }
    }
    let text = render(&compose(frame(4), &[reading], &[])).text;
    assert!(text.contains("including 1 person"), "{text}");
}

#[test]
fn a_figure_says_as_of_when_and_an_old_one_that_it_is_old() {
    let text = |day: i8| {
        let at_noon = strike("a", "courier", day, 5, 1);
        render(&compose(frame(5), &[at_noon, strike("b", "ledger", 4, 3, 1)], &[])).text
    };
    assert!(text(4).contains("regional administration, as of 4 Mar 12:00"), "{}", text(4));
    let mut old = strike("a", "courier", 3, 5, 1);
    old.fresh = false;
    let mut lower = strike("b", "ledger", 4, 5, 1);
    lower.extraction.claims.truncate(1);
    let digest = compose(frame(5), &[old, lower], &[]);
    let text = render(&digest).text;
    // The newer report says nothing of children.
    assert!(text.contains("injured 5: regional administration, as of 4 Mar 12:00"), "{text}");
    assert!(text.contains("including 1 child: regional administration, last reported 3 Mar 12:00"), "{text}");
}

#[test]
fn parts_stand_below_their_total_and_others_below_both() {
    let mut other = strike("b", "ledger", 4, 41, 7);
    for claim in &mut other.extraction.claims {
        claim.claimant = Some("mayor".to_owned());
    }
    let text = render(&compose(frame(5), &[strike("a", "courier", 4, 44, 7), other], &[])).text;
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words:?} is missing in:\n{text}"));
    let (total, part) = (at("injured 44"), at("including 7 children"));
    assert!(total < part && part < at("also reported: 41 injured"), "{text}");
    assert!(text.contains("injured: reports range from 41 to 44"), "{text}");
}

#[test]
fn what_is_corrected_in_one_incident_stands_under_one_title() {
    let first = compose(frame(4), &[strike("a", "courier", 4, 88, 17)], &[]);
    let mut again = strike("a", "courier", 4, 18, 7);
    again.standing = daybrief::news::incident::Standing::Corrected;
    let second = compose(frame(5), &[again], std::slice::from_ref(&first));
    let text = render(&told::for_everyone(&second, &[first])).text;
    let changes = text.split("STRIKES AND TOLLS").next().unwrap();
    assert_eq!(changes.matches("Sumy · strike").count(), 1, "{text}");
    assert!(changes.contains("injured 88 → 18, corrected by courier"), "{text}");
    assert!(changes.contains("injured, including 17 → 7 children, corrected by courier"), "{text}");
}

#[test]
fn a_part_that_moves_alone_says_of_what() {
    let first = compose(frame(4), &[strike("a", "courier", 3, 88, 17)], &[]);
    let mut old = strike("a", "courier", 3, 88, 17);
    old.fresh = false;
    let second = compose(frame(5), &[old, strike("b", "ledger", 4, 88, 18)], std::slice::from_ref(&first));
    let text = render(&told::for_everyone(&second, &[first])).text;
    assert!(text.contains("injured, including 17 → 18 children (+1)"), "{text}");
}

#[test]
fn what_comes_next_is_said_once() {
    let mut reading = talks("t", 4, daybrief::news::kinds::Status::Scheduled, None);
    for claim in &mut reading.extraction.claims {
        if let What::Talks(talks) = &mut claim.what {
            talks.next = claim.evidence.clone();
        }
    }
    let text = render(&compose(frame(4), &[reading], &[])).text;
    assert!(text.contains("scheduled") && !text.contains("Next:"), "{text}");
}

/// Words and numbers, without punctuation and case.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[test]
fn the_text_part_says_all_that_the_html_says() {
    for digest in [edition(1), edition(12), edition(60), compose(frame(5), &[], &[])] {
        let rendered = render(&digest);
        let document = Document::from(rendered.html.as_str());
        document.select("style, title, h1 ~ style").remove();
        let text = words(&rendered.text);
        let html = document.select("body").text();
        // A boundary note belongs to the drawing, which plain text does not have.
        let html = html.replace("Boundaries shown do not imply endorsement.", "");
        let missing: Vec<String> = words(&html).difference(&text).cloned().collect();
        assert!(missing.is_empty(), "only in the HTML: {missing:?}");
        for link in &document.select("a[href^=http]") {
            let link = link.attr("href").unwrap();
            assert!(rendered.text.contains(&*link), "{link} is missing in the text");
        }
        let numbers = |words: &BTreeSet<String>| -> BTreeSet<String> {
            words.iter().filter(|word| word.chars().all(|c| c.is_ascii_digit())).cloned().collect()
        };
        let without_links: Vec<&str> = rendered.text.lines().filter(|line| !line.contains("https://")).collect();
        let only: Vec<String> =
            numbers(&words(&without_links.join("\n"))).difference(&numbers(&words(&html))).cloned().collect();
        // The sparkline's numbers are those of the chart, and stand in its alt text.
        let alts: String =
            document.select("img").iter().filter_map(|image| image.attr("alt")).map(|alt| alt.to_string()).collect();
        let only: Vec<String> = only.into_iter().filter(|number| !words(&alts).contains(number)).collect();
        assert!(only.is_empty(), "only in the text: {only:?}");
    }
}

/// Every sort of text that has ever broken a page.
pub const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "</td></tr></table><style>*{display:none}</style>",
    "\"><img src=https://evil.example/x onerror=alert(1)>",
    "' style='position:fixed' onclick='x",
    "{{ edition.contact }} {% raw %} {{7*7}} <%= 1 %>",
    "5\u{202e}21\u{202c} dead\u{200b}\u{2066}\u{feff}\u{0}\u{7}\u{1b}[31m",
    "غزة <b>تحت</b> القصف",
    "](javascript:alert(1)) `x` <!-- --> ]]> &lt;script&gt;",
    "javascript:alert(1)",
];

#[test]
fn hostile_text_in_every_field_stays_text() {
    let benign = edition(1);
    let rendered = render(&benign);
    let styles = |html: &str| -> BTreeSet<String> {
        let document = Document::from(html);
        document.select("[style]").iter().map(|node| node.attr("style").unwrap().to_string()).collect()
    };
    let known = styles(&rendered.html);
    let page = |digest: &Digest, rendered: &Rendered| {
        archive::page(digest, &rendered.drawings, &TimeZone::UTC, "edition", None, &Templates::default()).unwrap().text
    };
    let tags = |html: &str| -> BTreeSet<String> {
        let document = Document::from(html);
        document.select("*").nodes().iter().filter_map(NodeRef::node_name).map(|name| name.to_string()).collect()
    };
    let page_tags = tags(&page(&benign, &rendered));
    for hostile in HOSTILE {
        let mut readings =
            vec![strike("a", "courier", 4, 88, 17), talks("t", 4, daybrief::news::kinds::Status::UnderWay, None)];
        let mut story = strike("s", "courier", 4, 1, 1);
        story.extraction.claims.clear();
        readings.push(story);
        for reading in &mut readings {
            reading.article.outlet = format!("outlet {hostile}");
            reading.article.title = format!("title {hostile}");
            reading.article.url = Some(format!("javascript:{hostile}"));
            let text = format!("{hostile} {}", reading.article.text);
            for claim in &mut reading.extraction.claims {
                claim.evidence = vec![daybrief::news::text::Span::new(0, text.len())];
                claim.claimant = Some(hostile.to_owned());
                if let Some(place) = &mut claim.place {
                    place.name = hostile.to_owned();
                }
                if let What::Talks(talks) = &mut claim.what {
                    talks.parties = vec![hostile.to_owned(), format!("B {hostile}")];
                    talks.mediators = vec![hostile.to_owned()];
                    talks.topic = Some(hostile.to_owned());
                }
            }
            reading.article.text = text;
        }
        let mut frame = frame(5);
        frame.title = format!("daily {hostile}");
        frame.coverage.silent =
            vec![digest::Silent { source: hostile.to_owned(), reason: hostile.to_owned(), since: None }];
        let digest = compose(frame, &readings, &[]);
        assert!(!digest.tolls.is_empty() && !digest.talks.is_empty() && !digest.brief.is_empty());
        let rendered = render(&digest);
        let page = page(&digest, &rendered);
        for (html, allowed) in [(&rendered.html, &tags(&render(&benign).html)), (&page, &page_tags)] {
            let extra: Vec<String> = tags(html).difference(allowed).cloned().collect();
            assert!(extra.is_empty(), "{hostile:?} made elements {extra:?}");
            for node in Document::from(html.as_str()).select("*").nodes() {
                for attribute in node.attrs() {
                    assert!(!attribute.name.local.starts_with("on"), "{hostile:?} made {attribute:?}");
                    if &*attribute.name.local == "href" {
                        assert!(
                            ["http://", "https://", "mailto:", "#"].iter().any(|ok| attribute.value.starts_with(ok)),
                            "{hostile:?} made {attribute:?}"
                        );
                    }
                }
            }
        }
        assert!(styles(&rendered.html).is_subset(&known), "{hostile:?} changed a style");
        let markdown =
            archive::markdown(&digest, &rendered.drawings, &TimeZone::UTC, &Templates::default()).unwrap().text;
        let unescaped = markdown.replace("\\<", "").replace("\\]", "");
        assert!(!unescaped.contains("<script") && !unescaped.contains("](javascript"), "{markdown}");
        for (name, text) in
            [("html", &rendered.html), ("text", &rendered.text), ("page", &page), ("markdown", &markdown)]
        {
            let is_hidden =
                |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{202c}\u{200b}\u{2066}\u{feff}".contains(c);
            assert!(!text.contains(is_hidden), "{hostile:?} left a hidden character in the {name}");
        }
    }
}

#[test]
fn no_template_token_leaves() {
    let digest = edition(12);
    let rendered = render(&digest);
    let page = archive::page(&digest, &rendered.drawings, &TimeZone::UTC, "edition", None, &Templates::default())
        .unwrap()
        .text;
    let markdown = archive::markdown(&digest, &rendered.drawings, &TimeZone::UTC, &Templates::default()).unwrap().text;
    for text in [&rendered.subject, &rendered.html, &rendered.text, &page, &markdown] {
        assert!(!["{{", "}}", "{%", "%}", "{#"].iter().any(|token| text.contains(token)), "{text}");
    }
}

#[test]
fn feeds_of_editions_are_well_formed() {
    let digest = edition(1);
    let rendered = render(&digest);
    let entry = archive::Entry {
        id: "daily-1",
        digest: &digest,
        subject: "5 < 6 & \u{1} more",
        text: &rendered.text,
        web: Some("https://news.example/daily-1.html?a=1&b=2".to_owned()),
    };
    let atom =
        archive::atom("daily", "Daily <b>", Some("https://news.example/feed.atom"), std::slice::from_ref(&entry))
            .unwrap();
    let feed = daybrief::news::feed::read(atom.as_bytes(), Some("application/atom+xml"), None);
    assert!(atom.contains("5 &lt; 6 &amp;  more") && !atom.contains('\u{1}'), "{atom}");
    assert!(
        format!("{feed:?}").contains("https://news.example/daily-1.html?a=1&b=2"),
        "our own reader reads it: {feed:?}"
    );
    let json = archive::json_feed("Daily", None, &[entry]);
    assert_eq!(json["items"][0]["url"], "https://news.example/daily-1.html?a=1&b=2");
}

// Contrast.

/// A shipped template by name, as an administrator copies it.
fn copied(name: &str) -> (String, String) {
    let (name, source) = SHIPPED.iter().find(|(known, _)| *known == name).unwrap();
    ((*name).to_owned(), (*source).to_owned())
}

fn all_forms(digest: &Digest, templates: &Templates) -> Vec<String> {
    let zone = TimeZone::UTC;
    let links = message::Links {
        unsubscribe: "https://digest.example/unsubscribe/a?b=1&c".to_owned(),
        preferences: "https://digest.example/preferences/a".to_owned(),
    };
    let manner = Manner { zone: &zone, contact: "desk@example.org", links: Some(&links), templates };
    let rendered = message::render_with(digest, Drawings::default(), manner).unwrap();
    assert_eq!(rendered.fault, None);
    let page = archive::page(digest, &Drawings::default(), &zone, "edition", None, templates).unwrap();
    let markdown = archive::markdown(digest, &Drawings::default(), &zone, templates).unwrap();
    assert_eq!((page.fault, markdown.fault), (None, None));
    vec![rendered.subject, rendered.html, rendered.text, page.text, markdown.text]
}

#[test]
fn copied_templates_give_the_bytes_of_the_shipped_ones() {
    let every: Vec<_> = SHIPPED.iter().map(|(name, _)| copied(name)).collect();
    let mut hostile = edition(3);
    hostile.frame.title = "<i>'\"&/`{{ x }}{% if %}</i> \u{202e}".to_owned();
    hostile.frame.look.web = Some("https://news.example/a.html?a=1&b='".to_owned());
    hostile.frame.held_over = vec![hostile.frame.composed_at];
    let mut ukrainian = edition(2);
    ukrainian.frame.look.language = Language::Ukrainian;
    for digest in [edition(1), edition(12), hostile, ukrainian, compose(frame(5), &[], &[])] {
        let shipped = all_forms(&digest, &Templates::default());
        for own in [every.clone(), vec![copied("email/line.html")]] {
            for (ours, theirs) in shipped.iter().zip(all_forms(&digest, &Templates::new(&own))) {
                assert_eq!(*ours, theirs);
            }
        }
    }
    assert_eq!(templates::faults(&every), []);
}

#[test]
fn own_templates_are_used_where_they_stand() {
    let (name, source) = copied("email/header.html");
    let own = Templates::new(&[(name, source.replace("<h1", "<p>Our house: {{ edition.subject }}</p><h1"))]);
    let forms = all_forms(&edition(1), &own);
    assert!(forms[1].contains("<p>Our house: Place 0 strike: 50 injured (was 40)"), "{}", forms[1]);
    assert!(forms[1].contains("</html>") && !forms[2].contains("Our house"));
}

#[test]
fn broken_templates_are_named_and_never_sent() {
    #[track_caller]
    fn check(name: &str, source: &str, line: usize, reason: &str) {
        let own = [(name.to_owned(), source.to_owned())];
        let faults = templates::faults(&own);
        assert!(
            faults.iter().any(|fault| fault.template == name && fault.line == line && fault.reason.contains(reason)),
            "{faults:?}"
        );
        // At run time the shipped template takes its place, and the reason is told.
        let manner =
            Manner { zone: &TimeZone::UTC, contact: "desk@example.org", links: None, templates: &Templates::new(&own) };
        let rendered = message::render_with(&edition(1), Drawings::default(), manner).unwrap();
        let shipped = Manner { templates: &Templates::default(), ..manner };
        let shipped = message::render_with(&edition(1), Drawings::default(), shipped).unwrap();
        assert!(rendered.fault.is_some(), "{name}: {source}");
        assert_eq!((rendered.html, rendered.text), (shipped.html, shipped.text));
    }
    check("email/header.html", "<tr>\n<td>{{ edition.titel }}</td></tr>", 2, "undefined");
    check("email/header.html", "a\nb\n{% if edition.quiet %}", 3, "unexpected end");
    check("email/digest.txt", "{{ edition.title|shout }}", 1, "shout");
    check("email/digest.html", "<p>{% raw %}{{ edition.title }}{% endraw %}</p>", 0, "leaves \"{{\"");
    check(
        "email/item.html",
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        1,
        "fuel",
    );
    check("email/digest.html", "{% include \"email/nothing.html\" %}", 1, "email/nothing.html");
    let stray = [("email/itme.html".to_owned(), "x".to_owned())];
    assert!(templates::faults(&stray)[0].reason.contains("no template has this name"));
}

// Languages.

#[test]
fn an_edition_speaks_its_language() {
    let mut digest = edition(5);
    digest.frame.look.language = Language::Ukrainian;
    digest.frame.coverage.articles = 22;
    let rendered = render(&digest);
    assert!(rendered.html.starts_with("<!doctype html>\n<html lang=\"uk\""), "{}", &rendered.html[..80]);
    assert!(rendered.subject.starts_with("Place "), "{}", rendered.subject);
    for expected in [
        "Місце",
        "удар · 3 березня",
        "поранених: 50",
        "(було 40, +10)",
        "зокрема 3 дитини",
        "середа, 5 березня 2031, 07:00",
        "22 статті прочитано",
        "Джерела",
        "відповіли 2 з 2 джерел",
        "Графік",
    ]
    .iter()
    .skip(1)
    {
        let all = format!("{}\n{}", rendered.text, rendered.html);
        assert!(all.contains(expected), "{expected} is missing in:\n{}", rendered.text);
    }
    // What others said stays as they said it; all else has no English word in it.
    assert!(rendered.text.contains("A strike on Sumy injured 50 people including 3 children."));
    let ours: String =
        rendered.text.lines().filter(|line| !line.contains(['“', '@']) && !line.contains("://")).collect();
    for english in
        ["injured", "including", "was", "strike ", "sources", "Changed", "Weak", "carried", "reported", "read"]
    {
        assert!(!ours.contains(english), "{english:?} in:\n{}", rendered.text);
    }
}

// Mail programs.
