//! A digest in words: what every template sees, shipped or an administrator's own.
//!
//! All of it is plain text in lists, ready to print: no template decides on style, and one of an administrator's, rendered at
//! run time, has the same names. An absent text is empty. Text that others wrote is made harmless here, once
//! (`clean`); escaping for HTML is the template engine's.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::civil;
use jiff::tz::TimeZone;
use lettre::message::Body;
use lettre::message::header::ContentTransferEncoding;
use serde::Serialize;

use crate::news::digest::tolls::{TollItem, TollLine};
use crate::news::digest::{self, Digest, News, PromiseItem, RoundItem, TalksItem, Window};
use crate::news::grounding::{Grounded, Note, NoteId};
use crate::news::incident::IncidentKey;
use crate::news::incident::grade::Grade;
use crate::news::kinds::Status;
use crate::news::picture::{self, Png};
use crate::news::track::promise::Fate;
use crate::news::wording::{self, Language};

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

/// The drawings of an edition, made once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawings {
    pub chart: Option<Arc<Drawn>>,
    pub map: Option<Arc<Drawn>>,
}

/// A picture, and as the body of a part of a mail.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawn {
    pub png: Png,
    /// In base64, encoded once for all messages.
    pub body: Vec<u8>,
}

impl Drawn {
    fn of(png: Png) -> Arc<Self> {
        let body = Body::new_with_encoding(png.bytes.clone(), ContentTransferEncoding::Base64);
        Arc::new(Self { body: body.map(Body::into_vec).unwrap_or_default(), png })
    }
}

/// Draws each picture once, however many readers see it: readers of one edition differ in what they get of it, and most of
/// them get the same pictures.
#[derive(Debug, Default)]
pub struct Studio {
    charts: HashMap<String, Option<Arc<Drawn>>>,
    maps: HashMap<String, Option<Arc<Drawn>>>,
}

impl Studio {
    pub fn drawings(&mut self, digest: &Digest) -> Drawings {
        let words = Words::of(digest, &TimeZone::UTC);
        let (rows, spots, borders) = (words.rows(), words.spots(), digest.frame.look.borders);
        let chart =
            self.charts.entry(format!("{rows:?}")).or_insert_with(|| picture::chart::draw(&rows).map(Drawn::of));
        let map = self.maps.entry(format!("{borders:?} {spots:?}"));
        let map = map.or_insert_with(|| picture::map::draw(&spots, borders).map(Drawn::of));
        Drawings { chart: chart.clone(), map: map.clone() }
    }

    /// How many pictures were drawn.
    pub fn drawn(&self) -> usize {
        self.charts.values().chain(self.maps.values()).flatten().count()
    }
}

impl Drawings {
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Png)> {
        self.drawn().map(|(name, drawn)| (name, &drawn.png))
    }

    pub fn drawn(&self) -> impl Iterator<Item = (&'static str, &Drawn)> {
        let both = [("chart", &self.chart), ("map", &self.map)];
        both.into_iter().filter_map(|(name, drawn)| Some((name, drawn.as_deref()?)))
    }
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

/// A digest, the day in whose year dates need no year, and the language of our own words.
struct Words<'d> {
    digest: &'d Digest,
    today: civil::Date,
    language: Language,
}

impl<'d> Words<'d> {
    fn of(digest: &'d Digest, zone: &TimeZone) -> Self {
        let today = digest.frame.composed_at.to_zoned_datetime(zone.clone()).date();
        Self { digest, today, language: digest.frame.look.language }
    }

    fn sections(&self, drawings: &Drawings, setting: Setting) -> Vec<Section> {
        let sections = self.digest.frame.sections.iter().filter_map(|section| {
            let (kind, heading, items) = match section {
                digest::Section::Changes => (
                    "changes",
                    ("Changed since the last edition", "Що змінилося від попереднього випуску"),
                    self.changes(),
                ),
                digest::Section::Talks => ("talks", ("Talks", "Переговори"), self.talks()),
                digest::Section::Tolls => ("tolls", ("Strikes and tolls", "Удари й жертви"), self.tolls()),
                digest::Section::Munitions => ("munitions", ("Air attack", "Повітряна атака"), self.munitions()),
                digest::Section::Developments => {
                    ("developments", ("Other developments", "Інші події"), self.developments())
                }
                digest::Section::Brief => ("brief", ("In brief", "Коротко"), self.brief()),
            };
            let heading = self.language.pick(heading.0, heading.1);
            let pictures = if kind == "tolls" { self.pictures(drawings, setting) } else { Vec::new() };
            let mut section =
                Section { kind, heading: heading.to_owned(), pictures, items, more: self.uncounted(*section) };
            fold(&mut section, setting, self.language);
            (!section.items.is_empty()).then_some(section)
        });
        sections.collect()
    }

    /// What the digest itself only counted.
    fn uncounted(&self, section: digest::Section) -> String {
        let and = self.language.pick("and", "і ще");
        match (section, self.digest.brief_more, self.digest.developments_more) {
            (digest::Section::Brief, more @ 1.., _) => {
                let stories = self.language.plural(
                    more as u64,
                    ["more story without a figure or talks", "more stories without a figure or talks"],
                    ["новина без цифр і переговорів", "новини без цифр і переговорів", "новин без цифр і переговорів"],
                );
                format!("{and} {more} {stories}")
            }
            (digest::Section::Developments, _, more @ 1..) => {
                let developments = ["more development", "more developments"];
                let developments = self.language.plural(more as u64, developments, ["подія", "події", "подій"]);
                format!("{and} {more} {developments}")
            }
            _ => String::new(),
        }
    }

    fn changes(&self) -> Vec<Item> {
        let is_moved = |news: News| matches!(news, News::Changed | News::Corrected);
        let tolls = self.digest.tolls.iter().filter(|item| is_moved(item.news)).map(|item| {
            let told = |line: &&TollLine| line.news != News::Unchanged && !self.is_corrected(item, line);
            let lines = item.lines.iter().filter(told).map(|line| Line {
                strong: clean(&wording::moved(line, self.language)),
                cites: self.cites([line.figure.note()]),
                ..Line::default()
            });
            (item.news, Item { lines: lines.collect(), ..self.incident(item) })
        });
        let talks = self.digest.talks.iter().filter(|item| is_moved(item.news)).map(|item| {
            let rounds = item.rounds.iter().filter(|round| round.news != News::Unchanged).map(|round| Line {
                lead: clean(&format!("{}:", wording::round(round, self.today, self.language))),
                strong: clean(&wording::round_moved(round, self.today, self.language)),
                cites: self.cites([round.state.note()]),
                ..Line::default()
            });
            let promises = item.promises.iter().filter(|promise| promise.news == News::Changed);
            let lines = rounds.chain(promises.map(|promise| self.promise(promise))).collect();
            (item.news, Item { lines, ..self.item(wording::parties(item), item.news) })
        });
        let mut items: Vec<(News, Item)> = tolls.chain(talks).collect();
        // Corrections first: what was wrong was told to this reader.
        items.sort_by_key(|(news, _)| *news);
        let corrections = self.digest.corrections.iter().map(|correction| {
            let cites = self.cites(correction.now.as_ref().map(Grounded::note));
            let line = Line { lead: clean(&wording::correction(correction, self.language)), cites, ..Line::default() };
            Item {
                lines: vec![line],
                ..self.item(wording::correction_title(correction, self.today, self.language), News::Corrected)
            }
        });
        let moved = items.into_iter().map(|(_, item)| item).filter(|item| !item.lines.is_empty());
        corrections.chain(moved).collect()
    }

    /// Whether a correction already says what became of this line's printed figure.
    fn is_corrected(&self, item: &TollItem, line: &TollLine) -> bool {
        self.digest.corrections.iter().any(|correction| {
            let same = (correction.measure, correction.group, correction.part) == (line.measure, line.group, line.part);
            same && !correction.references.is_disjoint(&item.references)
        })
    }

    fn talks(&self) -> Vec<Item> {
        let items = self.digest.talks.iter().map(|item| {
            let mut lines = Vec::new();
            for round in &item.rounds {
                lines.push(Line {
                    lead: clean(&format!("{}:", wording::round(round, self.today, self.language))),
                    strong: wording::state(round.state.value(), self.language),
                    cites: self.cites([round.state.note()]),
                    ..Line::default()
                });
                let mut minor =
                    |lead: String, cites| lines.push(Line { lead, cites, is_minor: true, ..Line::default() });
                minor(clean(&wording::says(round, self.language)), Vec::new());
                if let Some(topic) = &round.topic {
                    minor(clean(&format!("{}: {topic}", self.language.pick("On", "Про"))), Vec::new());
                }
                if !round.mediators.is_empty() {
                    minor(
                        clean(&format!(
                            "{} {}",
                            self.language.pick("Mediated by", "Посередники:"),
                            round.mediators.join(", ")
                        )),
                        Vec::new(),
                    );
                }
                for next in round.next.iter().filter(|next| !self.is_scheduled(item, next)) {
                    let lead = format!("{}: “{}”", self.language.pick("Next", "Далі"), clean(next.value()));
                    minor(lead, self.cites([next.note()]));
                }
                let steps = wording::round_steps(round, self.today, self.language);
                if !steps.is_empty() {
                    let before = round.steps[..round.steps.len() - 1].iter().map(|step| step.state.note());
                    minor(clean(&format!("{}: {steps}", self.language.pick("Before", "Раніше"))), self.cites(before));
                }
                for account in &round.accounts {
                    minor(clean(&wording::account(account, self.language)), self.cites([account.state.note()]));
                }
                if let Some(sentence) = &round.without_statement {
                    minor(
                        self.language.pick("No joint statement", "Без спільної заяви").to_owned(),
                        self.cites([sentence.note()]),
                    );
                }
            }
            for issue in &item.readout {
                let words = issue.positions.iter().filter_map(|it| it.word.as_ref()).map(Grounded::note);
                let (lead, cites) = (clean(&wording::issue(issue, self.language)), self.cites(words));
                lines.push(Line { lead, cites, is_minor: true, ..Line::default() });
            }
            // An open promise of a meeting stands as its round already, and so does the day.
            let is_round =
                |promise: &&PromiseItem| promise.fate == Fate::Open && self.is_scheduled(item, &promise.words);
            let promises = item.promises.iter().filter(|promise| !is_round(promise));
            lines.extend(promises.map(|promise| self.promise(promise)));
            let shown = |day| item.rounds.iter().any(|round| round.day == Some(day));
            if let Some(day) = item.next_day.filter(|day| !shown(*day)) {
                let lead = format!(
                    "{}: {}",
                    self.language.pick("Next date", "Наступна дата"),
                    self.language.day(day, self.today)
                );
                lines.push(Line { lead, is_minor: true, ..Line::default() });
            }
            Item { lines, ..self.item(wording::parties(item), item.news) }
        });
        items.collect()
    }

    /// Whether what is said to come next stands as a round of its own, with the same sentence.
    fn is_scheduled(&self, item: &TalksItem, next: &Grounded<String>) -> bool {
        let is_it =
            |round: &RoundItem| round.state.value().status == Status::Scheduled && round.state.note() == next.note();
        item.rounds.iter().any(is_it)
    }

    /// "Promised: “…”, due 5 Mar: missed".
    fn promise(&self, promise: &PromiseItem) -> Line {
        let promised = self.language.pick("Promised", "Обіцяно");
        let lead = format!("{promised}: “{}”,", clean(promise.words.value()));
        let closed = promise.closed.as_ref().map(Grounded::note);
        let cites = self.cites(std::iter::once(promise.words.note()).chain(closed));
        let strong = wording::promise(promise, self.today, self.language);
        Line { lead, strong, cites, is_minor: true, ..Line::default() }
    }

    fn developments(&self) -> Vec<Item> {
        let items = self.digest.developments.iter().map(|item| {
            let line = Line {
                strong: clean(&wording::development(item, self.language)),
                tail: clean(&wording::development_source(item, self.language)),
                joint: ": ",
                cites: self.cites([item.sentence.note()]),
                ..Line::default()
            };
            let title = wording::development_title(item, self.today, self.language);
            Item { title: clean(&title), lines: vec![line], ..Item::default() }
        });
        items.collect()
    }

    fn tolls(&self) -> Vec<Item> {
        let items = self.digest.tolls.iter().map(|item| {
            let mut lines = Vec::new();
            let mut before = String::new();
            for line in &item.lines {
                let who = clean(&wording::attribution(line.figure.value(), self.language));
                // Lines that follow one another by one claimant name it once.
                let tail = if who == before { String::new() } else { who.clone() };
                before = if line.others.is_empty() { who } else { String::new() };
                lines.push(Line {
                    strong: clean(&wording::toll(line, self.language)),
                    tail,
                    joint: self.language.pick(": ", " — "),
                    cites: self.cites([line.figure.note()]),
                    ..Line::default()
                });
                for other in &line.others {
                    lines.push(Line {
                        lead: clean(&format!(
                            "{}: {}",
                            self.language.pick("also reported", "є також"),
                            wording::other(line, other.value(), self.language)
                        )),
                        tail: clean(&wording::attribution(other.value(), self.language)),
                        joint: self.language.pick(": ", " — "),
                        cites: self.cites([other.note()]),
                        is_minor: true,
                        ..Line::default()
                    });
                }
                if let Some(range) = wording::range(line, self.language) {
                    let lead = [range.as_str(), wording::choice(line, self.language)].join("; ");
                    lines.push(Line { lead, is_minor: true, ..Line::default() });
                }
            }
            for line in &item.claimed {
                let figure = line.figure.value();
                let claimant = figure.claimant.as_deref().unwrap_or(&figure.outlet);
                let lead = clean(&format!(
                    "{}, {} {claimant}",
                    wording::claimed(line, self.language),
                    self.language.pick("claims", "стверджує")
                ));
                lines.push(Line { lead, cites: self.cites([line.figure.note()]), ..Line::default() });
            }
            let attested = format!(
                "{} · {} {}",
                wording::grade(&item.attested, self.language),
                self.language.pick("carried by", "передають"),
                item.outlets.join(", ")
            );
            lines.push(Line { lead: clean(&attested), is_minor: true, ..Line::default() });
            Item { lines, ..self.incident(item) }
        });
        items.collect()
    }

    fn munitions(&self) -> Vec<Item> {
        let lines = self.digest.munitions.iter().map(|line| Line {
            strong: clean(&wording::munitions(line, self.language)),
            tail: clean(&wording::attribution(line.figure.value(), self.language)),
            joint: self.language.pick(": ", " — "),
            cites: self.cites([line.figure.note()]),
            ..Line::default()
        });
        let lines: Vec<Line> = lines.collect();
        if lines.is_empty() { Vec::new() } else { vec![Item { lines, ..Item::default() }] }
    }

    fn brief(&self) -> Vec<Item> {
        let items = self.digest.brief.iter().map(|item| {
            let note = item.sentence.note();
            let quote = self.digest.notes.get(note).map_or("", |note| note.quote.as_str());
            let line = Line {
                lead: format!("“{}”", clean(quote)),
                tail: clean(&item.outlets.join(", ")),
                joint: " ",
                cites: self.cites([note]),
                ..Line::default()
            };
            Item { title: clean(&item.headline), lines: vec![line], ..Item::default() }
        });
        items.collect()
    }

    fn incident(&self, item: &TollItem) -> Item {
        let mut out = self.item(wording::incident_title(item, self.today, self.language), item.news);
        if let Some(near) = &item.near {
            out.mark = format!("{} · {}", out.mark, clean(&wording::near(near, self.language)));
        }
        out
    }

    fn item(&self, title: String, news: News) -> Item {
        Item { title: clean(&title), mark: wording::mark(news, self.language).to_owned(), ..Item::default() }
    }

    fn cites(&self, ids: impl IntoIterator<Item = NoteId>) -> Vec<Cite> {
        let link = |id| self.digest.notes.get(id).and_then(Note::link).unwrap_or_default();
        ids.into_iter().map(|id| Cite { number: id.number(), link: link(id) }).collect()
    }

    /// The notes that these sections rest on: what is folded away takes its sources with it.
    fn sources(&self, sections: &[Section]) -> Vec<Source> {
        let items = sections.iter().flat_map(|section| &section.items);
        let cites = items.flat_map(|item| &item.lines).flat_map(|line| &line.cites);
        let cited: HashSet<usize> = cites.map(|cite| cite.number).collect();
        let notes = self.digest.notes.numbered().filter(|(number, _)| cited.contains(number));
        let sources = notes.map(|(number, note)| Source {
            number,
            quote: clean(&note.quote),
            outlet: clean(&note.outlet),
            title: clean(&note.title),
            published: note.published.as_ref().map(|at| self.language.published(at)).unwrap_or_default(),
            link: note.link().unwrap_or_default(),
        });
        sources.collect()
    }

    fn toll(&self, key: &IncidentKey) -> Option<&TollItem> {
        self.digest.tolls.iter().find(|item| item.key == *key)
    }

    fn rows(&self) -> Vec<picture::chart::Row> {
        let rows = self.digest.pictures.series.iter().filter_map(|series| {
            let title = wording::incident_title(self.toll(&series.key)?, self.today, self.language);
            let bars = series.figures.iter().map(|(day, count)| picture::chart::Bar {
                day: *day,
                day_label: self.language.day(*day, self.today),
                low: count.low,
                high: count.high,
                label: wording::count(count, self.language),
            });
            let label = clean(&format!("{title} · {}", wording::measure(series.measure, self.language)));
            Some(picture::chart::Row { label, bars: bars.collect() })
        });
        rows.collect()
    }

    fn spots(&self) -> Vec<picture::map::Spot> {
        let spots = self.digest.pictures.spots.iter().filter_map(|spot| {
            let name = clean(self.toll(&spot.key)?.place.as_deref()?);
            Some(picture::map::Spot { name, position: spot.position(), is_exact: spot.is_exact })
        });
        // One dot for a place where several things happened.
        let mut seen = HashSet::new();
        spots.filter(|spot| seen.insert(spot.name.clone())).collect()
    }

    fn pictures(&self, drawings: &Drawings, setting: Setting) -> Vec<Picture> {
        let pictures = drawings.named().map(|(name, png)| {
            let (alt, caption, lines) = if name == "chart" { self.chart_in_words() } else { self.map_in_words() };
            let src = format!("{}{name}{}", setting.picture_src.0, setting.picture_src.1);
            Picture { name, src, width: png.width, height: png.height, alt, caption, lines }
        });
        pictures.collect()
    }

    fn chart_in_words(&self) -> (String, String, Vec<String>) {
        let rows: Vec<picture::chart::Row> = self.rows().into_iter().filter(|row| row.bars.len() > 1).collect();
        let row_in_words = |row: &picture::chart::Row| {
            let bars = row.bars.iter().map(|bar| format!("{}: {}", bar.day_label, bar.label));
            format!("{}: {}", row.label, bars.collect::<Vec<_>>().join("; "))
        };
        let alt = format!(
            "{}. {}.",
            self.language.pick("Chart of tolls by day", "Графік жертв за днями"),
            rows.iter().map(row_in_words).collect::<Vec<_>>().join(". ")
        );
        let line = |row: &picture::chart::Row| {
            let labels: Vec<&str> = row.bars.iter().map(|bar| bar.label.as_str()).collect();
            let days = row.bars.first().zip(row.bars.last());
            let days = days.map_or_else(String::new, |(a, b)| {
                format!("{} {} {}", a.day_label, self.language.pick("to", "–"), b.day_label)
            });
            format!("{} {} ({days}: {})", row.label, wording::sparkline(&row.bars), labels.join(" → "))
        };
        let caption = self
            .language
            .pick("Figures as they were reported on each day.", "Цифри, як їх повідомляли того дня.")
            .to_owned();
        let lines = rows.iter().map(line).chain([caption.clone()]).collect();
        (alt, caption, lines)
    }

    fn map_in_words(&self) -> (String, String, Vec<String>) {
        let names: Vec<String> = self.spots().into_iter().map(|spot| spot.name).collect();
        let caption = format!(
            "{}. {}",
            names.join(", "),
            self.language
                .pick("Boundaries shown do not imply endorsement.", "Показані кордони не означають їх визнання.")
        );
        (format!("{}: {}.", self.language.pick("Locator map", "Карта місць"), names.join(", ")), caption, Vec::new())
    }
}

/// Leaves the best items of a long section and says where the others are.
fn fold(section: &mut Section, setting: Setting, language: Language) {
    let over = section.items.len().saturating_sub(setting.items_max);
    if over > 0 {
        section.items.truncate(setting.items_max);
        let place = match setting.web {
            Some(_) => language.pick("in the edition on the web", "у випуску в інтернеті"),
            None => language.pick("in the archived edition", "в архівному випуску"),
        };
        let folded = format!("{} {over} {}{place}", language.pick("and", "і ще"), language.pick("more ", ""));
        section.more = if section.more.is_empty() { folded } else { format!("{folded}, {}", section.more) };
    }
}
