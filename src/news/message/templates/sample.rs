//! Editions that have everything a template can meet, and one that has nothing. All of it is made up.

use crate::news::message::style::STYLE;
use crate::news::message::view::{Cite, Edition, Item, Labels, Line, Picture, Section, Source, Sources, Way};

/// One with every section, list and text filled, and one with every text and list empty.
pub fn editions() -> [Edition; 2] {
    [full(), bare()]
}

fn full() -> Edition {
    let text = str::to_owned;
    let cites = || {
        vec![
            Cite { number: 1, link: text("https://courier.example/a#:~:text=a%20strike") },
            Cite { number: 2, link: String::new() },
        ]
    };
    let line = |lead: &str, strong: &str, tail: &str, is_minor: bool| Line {
        lead: text(lead),
        strong: text(strong),
        tail: text(tail),
        joint: ": ",
        cites: cites(),
        is_minor,
    };
    let items = || {
        vec![
            Item {
                title: text("Harbour Town · strike · 5 Mar"),
                link: text("daily/incident/0123456789ab"),
                mark: text("changed"),
                lines: vec![
                    line("", "injured 101 (was 88, +13)", "the regional administration", false),
                    line("also reported: 95 injured", "", "the hospital", true),
                    line("talks · Geneva:", "under way", "", false),
                ],
            },
            Item { title: text("No mark"), lines: vec![line("only a lead", "", "", false)], ..Item::default() },
            Item { lines: vec![line("", "", "", true)], ..Item::default() },
        ]
    };
    let picture = |name: &'static str| Picture {
        name,
        src: format!("cid:{name}.png@daybrief"),
        width: 420,
        height: 300,
        alt: text("Chart of tolls by day"),
        caption: text("Figures as they were reported."),
        lines: vec![text("injured ▆█")],
    };
    let sections = ["changes", "talks", "tolls", "munitions", "brief"].map(|kind| Section {
        kind,
        heading: format!("Heading of {kind}"),
        pictures: if kind == "tolls" { vec![picture("chart"), picture("map")] } else { Vec::new() },
        items: items(),
        more: text("and 3 more"),
    });
    let note = |number: usize, title: &str, published: &str, link: &str| Source {
        number,
        quote: text("A strike on Harbour Town injured 101 people."),
        outlet: text("Harbour Courier"),
        title: text(title),
        published: text(published),
        link: text(link),
    };
    Edition {
        language: "en",
        subject: text("Harbour Town strike: 101 injured (was 88)"),
        preheader: text("2 of 3 sources answered"),
        title: text("Sample daily"),
        moment: text("Thursday 6 March 2031, 07:00 (Europe/Kyiv)"),
        covers: text("Covers 5 Mar 07:00 to 6 Mar 07:00 · 2 of 3 sources answered"),
        remarks: vec![text("One edition for 2 due times"), text("Held over")],
        quiet: text("Nothing new since the last edition."),
        sections: sections.into(),
        sources: Sources {
            heading: text("Sources"),
            notes: vec![note(1, "A title", "5 Mar 2031", "https://courier.example/a"), note(2, "", "", "")],
        },
        method: vec![text("12 articles read."), text("1 figure is held")],
        why: text("You get this because this address is on the list."),
        ask: text("To report a wrong figure, write to"),
        contact: text("desk@example.org"),
        preferences: text("https://digest.example/preferences/mark"),
        unsubscribe: text("https://digest.example/unsubscribe/daily/mark"),
        web: text("https://news.example/daily.html"),
        ways: vec![Way { label: text("All editions"), href: text("../archive") }],
        labels: Labels::of(crate::news::wording::Language::English),
        style: STYLE,
    }
}

fn bare() -> Edition {
    Edition {
        language: "uk",
        subject: String::new(),
        preheader: String::new(),
        title: String::new(),
        moment: String::new(),
        covers: String::new(),
        remarks: Vec::new(),
        quiet: String::new(),
        sections: Vec::new(),
        sources: Sources { heading: String::new(), notes: Vec::new() },
        method: Vec::new(),
        why: String::new(),
        ask: String::new(),
        contact: String::new(),
        preferences: String::new(),
        unsubscribe: String::new(),
        web: String::new(),
        ways: Vec::new(),
        labels: Labels::of(crate::news::wording::Language::Ukrainian),
        style: STYLE,
    }
}
