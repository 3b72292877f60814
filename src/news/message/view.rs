//! A digest in words: what every template sees, shipped or an administrator's own.
//!
//! All of it is plain text in lists, ready to print: no template decides on style, and one of an administrator's, rendered at
//! run time, has the same names. An absent text is empty. Text that others wrote is made harmless here, once
//! (`clean`); escaping for HTML is the template engine's.

mod drawings;
mod words;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::news::digest::{Digest, Window};
use crate::news::incident::grade::Grade;
use crate::news::wording::{self, Language};

pub use self::drawings::{Drawings, Drawn, Studio};
use self::words::Words;

use super::Links;
use super::clean::clean;
use super::style::{self, Style};

/// An edition, ready to be laid out.
#[derive(Debug, Serialize)]
pub struct Edition {
    /// BCP 47.
    pub language: &'static str,
    pub subject: String,
    pub preheader: String,
    pub title: String,
    /// "Thursday 6 March 2031, 07:00 (Europe/Kyiv)".
    pub moment: String,
    /// "Covers 5 Mar 07:00 to 6 Mar 07:00 · 4 of 4 sources answered".
    pub covers: String,
    /// What else a reader must know of this edition: slots it stands for, facts it holds over.
    pub remarks: Vec<String>,
    /// Says that there is nothing new, when there is not.
    pub quiet: String,
    /// Only those that have something to say.
    pub sections: Vec<Section>,
    pub sources: Sources,
    /// How it was made, a sentence or two each.
    pub method: Vec<String>,
    /// Why the reader gets it.
    pub why: String,
    /// What a reader can write to `contact` for.
    pub ask: String,
    /// An address of a person.
    pub contact: String,
    /// Pages where a reader can help themselves.
    pub preferences: String,
    pub unsubscribe: String,
    /// The permanent address of the edition on the web.
    pub web: String,
    /// On a page that is served: to others of its kind.
    pub ways: Vec<Way>,
    pub labels: Labels,
    pub style: Style,
}

/// What links are called.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Labels {
    pub web: &'static str,
    pub preferences: &'static str,
    pub unsubscribe: &'static str,
}

impl Labels {
    pub fn of(language: Language) -> Self {
        Self {
            web: language.pick("This edition on the web", "Цей випуск в інтернеті"),
            preferences: language.pick("Change what you get, or pause", "Змінити, що надходить, або призупинити"),
            unsubscribe: language.pick("Unsubscribe", "Відписатися"),
        }
    }
}

/// A link from a page to another.
#[derive(Clone, Debug, Serialize)]
pub struct Way {
    pub label: String,
    pub href: String,
}

/// One part of an edition under one heading.
#[derive(Debug, Serialize)]
pub struct Section {
    /// For templates that set one kind apart: "changes", "talks", "tolls", "munitions", "brief".
    pub kind: &'static str,
    pub heading: String,
    pub pictures: Vec<Picture>,
    pub items: Vec<Item>,
    /// What was left out, and where it is.
    pub more: String,
}

/// An incident, a negotiation, a story.
#[derive(Debug, Default, Serialize)]
pub struct Item {
    pub title: String,
    /// On a page that is served: where it is told through all editions.
    pub link: String,
    /// "corrected", "changed", "new", "no change".
    pub mark: String,
    pub lines: Vec<Line>,
}

/// One statement. In plain text: "lead strong: tail", then the notes.
#[derive(Debug, Default, Serialize)]
pub struct Line {
    pub lead: String,
    /// What a hurried reader reads.
    pub strong: String,
    /// Who says so.
    pub tail: String,
    /// What plain text puts before `tail`.
    pub joint: &'static str,
    pub cites: Vec<Cite>,
    /// Belongs to the line above it.
    pub is_minor: bool,
}

/// A note that a line rests on.
#[derive(Debug, Serialize)]
pub struct Cite {
    pub number: usize,
    /// The article, at the sentence; empty when it has no address.
    pub link: String,
}

/// A chart or a map.
#[derive(Debug, Serialize)]
pub struct Picture {
    /// "chart" or "map": the file is called so.
    pub name: &'static str,
    /// Where the page finds it: a part of the mail, or a file.
    pub src: String,
    /// In points of the page.
    pub width: u32,
    pub height: u32,
    /// What it shows, in words and numbers.
    pub alt: String,
    /// Under it.
    pub caption: String,
    /// The same for plain text, with sparklines.
    pub lines: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Sources {
    pub heading: String,
    pub notes: Vec<Source>,
}

#[derive(Debug, Serialize)]
pub struct Source {
    pub number: usize,
    pub quote: String,
    pub outlet: String,
    pub title: String,
    pub published: String,
    pub link: String,
}

/// What a view is made for.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The zone of the times in it.
    pub zone: &'a TimeZone,
    /// An address of a person who answers.
    pub contact: &'a str,
    pub links: Option<&'a Links>,
    /// The permanent address of the edition, when it has one.
    pub web: Option<&'a str>,
    /// Where pictures are found: their names are put between these two.
    pub picture_src: (&'a str, &'a str),
    /// Items of a section at most; the rest is counted.
    pub items_max: usize,
}

impl Edition {
    pub fn of(digest: &Digest, drawings: &Drawings, setting: Setting) -> Self {
        let words = Words::of(digest, setting.zone);
        let language = words.language;
        let subject = clean(&wording::subject(digest));
        let title = clean(&digest.frame.title);
        let sections = words.sections(drawings, setting);
        let quiet = language.pick("Nothing new since the last edition.", "Від попереднього випуску нічого нового.");
        Self {
            language: language.tag(),
            preheader: clean(&wording::preheader(digest, &subject)),
            moment: format!("{} ({})", language.moment(digest.frame.composed_at, setting.zone), digest.frame.zone),
            covers: covers(digest, setting.zone),
            remarks: remarks(digest, setting.zone),
            quiet: if digest.is_quiet() { quiet.to_owned() } else { String::new() },
            sources: Sources {
                heading: language.pick("Sources", "Джерела").to_owned(),
                notes: words.sources(&sections),
            },
            sections,
            method: method(digest, setting.zone),
            why: match language {
                Language::English => format!("You get this because this address is on the list “{title}”."),
                Language::Ukrainian => format!("Ви отримуєте це, бо цю адресу внесено до списку «{title}»."),
            },
            ask: language
                .pick(
                    "To stop, or to report a wrong figure, write to",
                    "Щоб відмовитися або повідомити про хибну цифру, пишіть на",
                )
                .to_owned(),
            contact: clean(setting.contact),
            preferences: setting.links.map(|links| links.preferences.clone()).unwrap_or_default(),
            unsubscribe: setting.links.map(|links| links.unsubscribe.clone()).unwrap_or_default(),
            web: setting.web.unwrap_or_default().to_owned(),
            ways: Vec::new(),
            labels: Labels::of(language),
            style: style::STYLE,
            subject,
            title,
        }
    }
}

fn covers(digest: &Digest, zone: &TimeZone) -> String {
    let language = digest.frame.look.language;
    let Window { from, to } = digest.frame.window;
    let (from, to) = (language.short_moment(from, zone), language.short_moment(to, zone));
    let coverage = wording::coverage(digest);
    match language {
        Language::English => format!("Covers {from} to {to} · {coverage}"),
        Language::Ukrainian => format!("Охоплює: {from} – {to} · {coverage}"),
    }
}

fn remarks(digest: &Digest, zone: &TimeZone) -> Vec<String> {
    let language = digest.frame.look.language;
    let times =
        |all: &[jiff::Timestamp]| all.iter().map(|at| language.short_moment(*at, zone)).collect::<Vec<_>>().join(", ");
    let (slots, held_over) = (&digest.frame.slots, &digest.frame.held_over);
    // A reader should not wonder where an edition went.
    let combined = (slots.len() > 1).then(|| {
        let due = language.plural(
            slots.len() as u64,
            ["due time", "due times"],
            ["запланований час", "заплановані часи", "запланованих часів"],
        );
        format!("{} {} {due}: {}", language.pick("One edition for", "Один випуск за"), slots.len(), times(slots))
    });
    let before =
        language.pick("Held over from what could not be delivered", "Перенесено з того, що не вдалося доставити");
    let held_over = (!held_over.is_empty()).then(|| format!("{before}: {}", times(held_over)));
    combined.into_iter().chain(held_over).collect()
}

fn method(digest: &Digest, zone: &TimeZone) -> Vec<String> {
    let (coverage, language) = (&digest.frame.coverage, digest.frame.look.language);
    let mut out = vec![format!("{}.", wording::articles(digest))];
    out.extend(coverage.silent.iter().map(|silent| {
        let since =
            silent.since.map(|at| format!(" {} {}", language.pick("since", "від"), language.short_moment(at, zone)));
        let silence = language.pick("Silent", "Мовчить");
        clean(&format!("{silence}: {}{} ({})", silent.source, since.unwrap_or_default(), silent.reason))
    }));
    if let Some(held) = wording::held(&digest.held, language) {
        out.push(format!("{held}:"));
        out.extend(digest.held.iter().map(|item| clean(&wording::held_item(item, language))));
    }
    if !digest.left_out.is_empty() {
        let left_out = digest.left_out.join(", ");
        let why = language.pick(
            "Left for the next edition, to keep this one short",
            "Залишено на наступний випуск, щоб цей був коротким",
        );
        out.push(clean(&format!("{why}: {left_out}")));
    }
    if !digest.tolls.is_empty() {
        let mut grades: Vec<Grade> = digest.tolls.iter().map(|item| item.attested.grade).collect();
        grades.sort_unstable();
        grades.dedup();
        out.push(wording::grades_explained(&grades, language));
        out.push(wording::headline_rule(&digest.frame.rules, language));
    }
    out
}
