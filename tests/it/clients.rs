//! What mail programs make of an edition: contrast however they show it, and what fifteen of them support.

use std::collections::{BTreeMap, BTreeSet};

use dom_query::{Document, NodeRef};

use crate::edition::{edition, render};

type Colour = [f64; 3];

fn colour(hex: &str) -> Colour {
    let hex = hex.trim().trim_start_matches('#');
    std::array::from_fn(|index| f64::from(u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).unwrap()) / 255.0)
}

/// WCAG 2.2, "relative luminance".
fn luminance(colour: Colour) -> f64 {
    let linear =
        colour.map(|channel| if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(a: Colour, b: Colour) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// As mail programs invert by force: lightness turned around, hue kept.
fn inverted_lightness(colour: Colour) -> Colour {
    let (most, least) = (colour.iter().copied().fold(0.0, f64::max), colour.iter().copied().fold(1.0, f64::min));
    // Moving all channels by the same amount keeps hue and range; lightness l becomes 1 - l.
    colour.map(|channel| channel + 1.0 - (most + least))
}

/// The value of a declaration in a list of them.
fn declared<'s>(style: &'s str, property: &str) -> Option<&'s str> {
    style
        .split(';')
        .filter_map(|one| one.split_once(':'))
        .filter(|(name, _)| name.trim() == property)
        .map(|(_, value)| value.trim())
        .next_back()
}

#[test]
fn text_keeps_its_contrast_in_light_dark_and_forced_inversion() {
    const AA: f64 = 4.5;
    let html = render(&edition(12)).html;
    let document = Document::from(html.as_str());
    let sheet = document.select("style").text().to_string();
    let (everywhere, dark) = sheet.split_once("@media (prefers-color-scheme: dark) {").unwrap();
    let (everywhere, dark) = (rules(everywhere), rules(dark.split("\n}").next().unwrap()));
    let inline = |node: &NodeRef, property: &str| Some(colour(declared(&node.attr("style")?, property)?));
    // An inline declaration beats the sheet's, and an important one of the sheet beats both.
    let light = |node: &NodeRef, property: &str| inline(node, property).or_else(|| ruled(&everywhere, node, property));
    let in_dark = |node: &NodeRef, property: &str| ruled(&dark, node, property).or_else(|| light(node, property));
    let mut lowest = f64::MAX;
    let mut checked = 0;
    for node in document.select("body *").nodes() {
        let own = node.children().iter().any(|child| child.is_text() && !child.text().trim().is_empty());
        if !own || node.attr("style").is_some_and(|style| style.contains("display:none")) {
            continue;
        }
        let chain: Vec<NodeRef> = std::iter::once(*node).chain(node.ancestors(None)).collect();
        let both = |of: &dyn Fn(&NodeRef, &str) -> Option<Colour>| -> [Colour; 2] {
            ["color", "background-color"].map(|property| chain.iter().find_map(|node| of(node, property)).unwrap())
        };
        let inverted = |colours: [Colour; 2]| colours.map(|colour| colour.map(|channel| 1.0 - channel));
        let (light, dark, bare) = (both(&light), both(&in_dark), both(&inline));
        let modes = [
            ("light", light),
            ("dark", dark),
            ("inverted", inverted(light)),
            ("lightness inverted", light.map(inverted_lightness)),
            ("dark, inverted", dark.map(inverted_lightness)),
            ("without the sheet", bare),
            ("without the sheet, inverted", inverted(bare)),
            ("without the sheet, lightness inverted", bare.map(inverted_lightness)),
        ];
        for (mode, [ink, paper]) in modes {
            let ratio = contrast(ink, paper);
            assert!(ratio >= AA, "{mode}: {ratio:.2} for {:?} in {:?}", node.text(), node.attr("style"));
            lowest = lowest.min(ratio);
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} checked");
    println!("{checked} texts and modes, lowest contrast {lowest:.2}");
}

/// The rules of a part of the sheet that has one a line: selector and declarations.
fn rules(sheet: &str) -> Vec<(&str, &str)> {
    let rules = sheet.lines().filter_map(|line| line.trim().split_once(" { "));
    rules.map(|(selector, body)| (selector, body.trim_end_matches(" }"))).collect()
}

/// A colour that a rule gives to this very element.
fn ruled(rules: &[(&str, &str)], node: &NodeRef, property: &str) -> Option<Colour> {
    let name = node.node_name().map(|name| name.to_string()).unwrap_or_default();
    let classes = node.attr("class").map(|classes| classes.to_string()).unwrap_or_default();
    let fits = |selector: &str| match selector.strip_prefix('.') {
        Some(class) => classes.split(' ').any(|one| one == class),
        None => selector == name,
    };
    let found = rules.iter().filter(|(selector, _)| fits(selector));
    let value = found.filter_map(|(_, body)| declared(body, property)).next_back()?;
    Some(colour(value.trim_end_matches(" !important")))
}

// Templates.

/// Where one of the fifteen clients does less than all, and why an edition loses nothing by it.
const DEGRADES: &[(&str, &str)] = &[
    ("css-at-media", "dark mode and narrow screens only; without it the light page at its own width stands"),
    ("css-border", "Word draws it thinner or not; a rule under a heading that is a heading anyway"),
    ("css-color-scheme", "tells a client that the page has a dark form; others invert or do not"),
    ("css-display", "hides the preheader; where it shows, it is a line of news in one point"),
    ("css-font-size", "px is whole everywhere; what is lacking are other units"),
    ("css-font-weight", "normal and bold are whole; what is lacking are numbers"),
    ("css-height", "auto, for pictures; Word keeps the ratio by the width attribute"),
    ("css-important", "in the sheet for dark and narrow only"),
    ("css-line-height", "Word rounds it"),
    ("css-margin", "no negative and no auto margin is used"),
    ("css-max-height", "of the hidden preheader"),
    ("css-max-width", "Word takes the width attribute"),
    ("css-overflow", "of the hidden preheader"),
    ("css-padding", "Word pads cells only; a minor line then stands at the margin, and is smaller and grey"),
    ("css-selector-class", "smaller lines, tags and space between items; without it all lines are of one size and ink"),
    ("css-selector-type", "space before an item and the colour of links in the dark; the inline colour stands"),
    ("css-text-decoration", "a note's number may then be underlined, as links are"),
    ("css-width", "Word takes the width attribute"),
    ("css-word-break", "long names may then widen the column"),
    ("html-align", "the card is then at the left"),
    ("html-body", "some turn it into a div; the colour stands on the table as well"),
    ("html-cellpadding", "zero, which padding in the cells overrides"),
    ("html-cellspacing", "zero between cells of one colour"),
    ("html-dir", "auto, for foreign titles; without it they read from the left and stay whole"),
    ("html-img", "a picture that is not shown has its numbers in alt and in the lines below"),
    ("html-lang", "for readers aloud; the page's own stands"),
    ("html-role", "for readers aloud; the tables have one cell a row, in reading order"),
    ("html-style", "inks, fonts and the column are inline; without the sheet lines are wider apart and of one size"),
    ("html-width", "Word wants it, others take the style"),
];

/// What caniemail has no entry for: HTML 2.0 to 4.01 that every client has always shown, and names that none acts on.
const UNLISTED: &[&str] = &[
    "css-border-bottom",
    "css-border-color",
    "css-border-top",
    "css-color",
    "css-font-family",
    "css-padding-bottom",
    "css-padding-left",
    "css-padding-right",
    "css-padding-top",
    "html-a",
    "html-alt",
    "html-border",
    "html-br",
    "html-charset",
    "html-class",
    "html-content",
    "html-head",
    "html-href",
    "html-html",
    "html-meta",
    "html-name",
    "html-src",
    "html-tbody",
    "html-td",
    "html-title",
    "html-tr",
];

#[test]
fn mail_programs_support_what_the_html_uses_or_lose_nothing() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/testbed/caniemail-compact.json");
    let Ok(json) = std::fs::read_to_string(&path) else {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED the check against mail programs: {} is not there", path.display());
        return;
    };
    let features: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let by_slug: BTreeMap<&str, &serde_json::Value> =
        features.iter().map(|feature| (feature["slug"].as_str().unwrap(), feature)).collect();
    let html = render(&edition(12)).html;
    let document = Document::from(html.as_str());
    let mut used: BTreeSet<String> = BTreeSet::new();
    let properties = |declarations: &str| {
        let names = declarations.split(';').filter_map(|one| one.split_once(':'));
        names.map(|(name, _)| format!("css-{}", name.trim())).collect::<Vec<_>>()
    };
    for node in document.select("*").nodes() {
        used.extend(node.node_name().map(|name| format!("html-{name}")));
        for attribute in node.attrs() {
            used.insert(format!("html-{}", &*attribute.name.local));
            if &*attribute.name.local == "style" {
                used.extend(properties(&attribute.value));
            }
        }
    }
    let sheet = document.select("style").text().to_string();
    for block in sheet.split(['{', '}']).filter(|block| block.contains(';')) {
        used.extend(properties(block));
    }
    used.extend(sheet.split('@').skip(1).map(|rule| format!("css-at-{}", rule.split_whitespace().next().unwrap())));
    used.extend(
        ["css-selector-class", "css-selector-type", "css-important", "css-unit-px", "css-unit-percent", "image-png"]
            .map(str::to_owned),
    );
    let mut problems = Vec::new();
    let mut supported = 0;
    for name in &used {
        let slug = match name.as_str() {
            "html-h1" | "html-h2" | "html-h3" => "html-h1-h6",
            "html-cellpadding" => "html-cellpadding",
            other => other,
        };
        match by_slug.get(slug) {
            None if UNLISTED.contains(&slug) => {}
            None => problems.push(format!("{slug}: not in caniemail and not on our list")),
            Some(feature) => {
                let clients = feature["s"].as_object().unwrap();
                assert_eq!(clients.len(), 15);
                let lacking: Vec<&str> = clients
                    .iter()
                    .filter(|(_, support)| support.as_str() != Some("y"))
                    .map(|(client, _)| client.as_str())
                    .collect();
                if lacking.is_empty() {
                    supported += 1;
                } else if !DEGRADES.iter().any(|(known, _)| *known == slug) {
                    problems.push(format!("{slug}: not whole in {}", lacking.join(" ")));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for (slug, _) in DEGRADES {
        assert!(used.contains(*slug) || *slug == "html-h1-h6", "{slug} is excused and not used");
    }
    println!("{} features, {supported} whole in all fifteen clients, {} excused", used.len(), DEGRADES.len());
}
