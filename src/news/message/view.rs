//! A digest in words: what every template sees, shipped or an administrator's own.
//!
//! All of it is plain text in lists, ready to print: no template decides on style, and one of an administrator's, rendered at
//! run time, has the same names. An absent text is empty. Text that others wrote is made harmless here, once
//! (`clean`); escaping for HTML is the template engine's.

use std::collections::HashSet;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::news::digest::tolls::{TollItem, TollLine};
use crate::news::digest::{self, Digest, News, PromiseItem, Window};
use crate::news::grounding::{Grounded, Note, NoteId};
use crate::news::incident::IncidentKey;
use crate::news::picture::{self, Png};
use crate::news::wording;

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
    pub links: Option<Links>,
    /// The permanent address of the edition on the web.
    pub web: String,
    pub web_label: String,
    pub style: Style,
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
    pub chart: Option<Png>,
    pub map: Option<Png>,
}

impl Drawings {
    pub fn of(digest: &Digest) -> Self {
        let today = digest.frame.window.to.to_zoned_datetime(TimeZone::UTC).date();
        let words = Words { digest, today };
        Self { chart: picture::chart::draw(&words.rows()), map: picture::map::draw(&words.spots()) }
    }

    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Png)> {
        [("chart", &self.chart), ("map", &self.map)].into_iter().filter_map(|(name, png)| Some((name, png.as_ref()?)))
    }
}

impl Edition {
    pub fn of(digest: &Digest, drawings: &Drawings, setting: Setting) -> Self {
        let today = digest.frame.composed_at.to_zoned_datetime(setting.zone.clone()).date();
        let words = Words { digest, today };
        let subject = clean(&wording::subject(digest));
        let title = clean(&digest.frame.title);
        let sections = words.sections(drawings, setting);
        Self {
            language: "en",
            preheader: clean(&wording::preheader(digest, &subject)),
            moment: format!("{} ({})", wording::moment(digest.frame.composed_at, setting.zone), digest.frame.zone),
            covers: covers(digest, setting.zone),
            remarks: remarks(digest, setting.zone),
            quiet: if digest.is_quiet() { "Nothing new since the last edition.".to_owned() } else { String::new() },
            sources: Sources { heading: "Sources".to_owned(), notes: words.sources(&sections) },
            sections,
            method: method(digest, setting.zone),
            why: format!("You get this because this address is on the list “{title}”."),
            ask: "To stop, or to report a wrong figure, write to".to_owned(),
            contact: clean(setting.contact),
            links: setting.links.cloned(),
            web: setting.web.unwrap_or_default().to_owned(),
            web_label: "This edition on the web".to_owned(),
            style: style::STYLE,
            subject,
            title,
        }
    }
}

fn covers(digest: &Digest, zone: &TimeZone) -> String {
    let Window { from, to } = digest.frame.window;
    let (from, to) = (wording::short_moment(from, zone), wording::short_moment(to, zone));
    format!("Covers {from} to {to} · {}", wording::coverage(digest))
}

fn remarks(digest: &Digest, zone: &TimeZone) -> Vec<String> {
    let times =
        |all: &[jiff::Timestamp]| all.iter().map(|at| wording::short_moment(*at, zone)).collect::<Vec<_>>().join(", ");
    let (slots, held_over) = (&digest.frame.slots, &digest.frame.held_over);
    // A reader should not wonder where an edition went.
    let combined = (slots.len() > 1).then(|| format!("One edition for {} due times: {}", slots.len(), times(slots)));
    let held_over =
        (!held_over.is_empty()).then(|| format!("Held over from what could not be delivered: {}", times(held_over)));
    combined.into_iter().chain(held_over).collect()
}

fn method(digest: &Digest, zone: &TimeZone) -> Vec<String> {
    let coverage = &digest.frame.coverage;
    let aside = match coverage.other_languages {
        0 => String::new(),
        count => format!(", {count} in other languages left aside"),
    };
    let articles = if coverage.articles == 1 { "article" } else { "articles" };
    let mut out = vec![format!("{}; {} {articles} read{aside}.", wording::coverage(digest), coverage.articles)];
    out.extend(coverage.silent.iter().map(|silent| {
        let since = silent.since.map_or_else(String::new, |at| format!(" since {}", wording::short_moment(at, zone)));
        clean(&format!("Silent: {}{since} ({})", silent.source, silent.reason))
    }));
    if let Some(held) = wording::held(&digest.held) {
        out.push(format!("{held}:"));
        out.extend(digest.held.iter().map(|item| clean(&wording::held_item(item))));
    }
    if !digest.left_out.is_empty() {
        let left_out = digest.left_out.join(", ");
        out.push(clean(&format!("Left for the next edition, to keep this one short: {left_out}")));
    }
    if !digest.tolls.is_empty() {
        out.push(format!("Which figure heads: {}.", wording::headline_rule(&digest.frame.rules)));
    }
    out
}

/// A digest and the day in whose year dates need no year.
struct Words<'d> {
    digest: &'d Digest,
    today: civil::Date,
}

impl Words<'_> {
    fn sections(&self, drawings: &Drawings, setting: Setting) -> Vec<Section> {
        let sections = self.digest.frame.sections.iter().filter_map(|section| {
            let (kind, heading, items) = match section {
                digest::Section::Changes => ("changes", "Changed since the last edition", self.changes()),
                digest::Section::Talks => ("talks", "Talks", self.talks()),
                digest::Section::Tolls => ("tolls", "Strikes and tolls", self.tolls()),
                digest::Section::Munitions => ("munitions", "Air attack", self.munitions()),
                digest::Section::Developments => ("developments", "Other developments", self.developments()),
                digest::Section::Brief => ("brief", "In brief", self.brief()),
            };
            let pictures = if kind == "tolls" { self.pictures(drawings, setting) } else { Vec::new() };
            let mut section =
                Section { kind, heading: heading.to_owned(), pictures, items, more: self.uncounted(*section) };
            fold(&mut section, setting);
            (!section.items.is_empty()).then_some(section)
        });
        sections.collect()
    }

    /// What the digest itself only counted.
    fn uncounted(&self, section: digest::Section) -> String {
        match (section, self.digest.brief_more, self.digest.developments_more) {
            (digest::Section::Brief, more @ 1.., _) => format!("and {more} more stories without a figure or talks"),
            (digest::Section::Developments, _, more @ 1..) => format!("and {more} more developments"),
            _ => String::new(),
        }
    }

    fn changes(&self) -> Vec<Item> {
        let is_moved = |news: News| matches!(news, News::Changed | News::Corrected);
        let tolls = self.digest.tolls.iter().filter(|item| is_moved(item.news)).map(|item| {
            let told = |line: &&TollLine| line.news != News::Unchanged && !self.is_corrected(item, line);
            let lines = item.lines.iter().filter(told).map(|line| Line {
                strong: clean(&wording::moved(line)),
                cites: self.cites([line.figure.note()]),
                ..Line::default()
            });
            (
                item.news,
                Item { lines: lines.collect(), ..self.item(wording::incident_title(item, self.today), item.news) },
            )
        });
        let talks = self.digest.talks.iter().filter(|item| is_moved(item.news)).map(|item| {
            let rounds = item.rounds.iter().filter(|round| round.news != News::Unchanged).map(|round| Line {
                lead: clean(&format!("{}:", wording::round(round, self.today))),
                strong: clean(&wording::round_moved(round, self.today)),
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
            let line = Line { lead: clean(&wording::correction(correction)), cites, ..Line::default() };
            Item { lines: vec![line], ..self.item(wording::correction_title(correction, self.today), News::Corrected) }
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
                    lead: clean(&format!("{}:", wording::round(round, self.today))),
                    strong: wording::state(round.state.value()),
                    cites: self.cites([round.state.note()]),
                    ..Line::default()
                });
                let mut minor =
                    |lead: String, cites| lines.push(Line { lead, cites, is_minor: true, ..Line::default() });
                minor(clean(&wording::says(round)), Vec::new());
                if let Some(topic) = &round.topic {
                    minor(clean(&format!("On: {topic}")), Vec::new());
                }
                if !round.mediators.is_empty() {
                    minor(clean(&format!("Mediated by {}", round.mediators.join(", "))), Vec::new());
                }
                for next in &round.next {
                    minor(format!("Next: “{}”", clean(next.value())), self.cites([next.note()]));
                }
                let steps = wording::round_steps(round, self.today);
                if !steps.is_empty() {
                    let before = round.steps[..round.steps.len() - 1].iter().map(|step| step.state.note());
                    minor(clean(&format!("Before: {steps}")), self.cites(before));
                }
                for account in &round.accounts {
                    minor(clean(&wording::account(account)), self.cites([account.state.note()]));
                }
                if let Some(sentence) = &round.without_statement {
                    minor("No joint statement".to_owned(), self.cites([sentence.note()]));
                }
            }
            for issue in &item.readout {
                let words = issue.positions.iter().filter_map(|it| it.word.as_ref()).map(Grounded::note);
                let (lead, cites) = (clean(&wording::issue(issue)), self.cites(words));
                lines.push(Line { lead, cites, is_minor: true, ..Line::default() });
            }
            lines.extend(item.promises.iter().map(|promise| self.promise(promise)));
            if let Some(day) = item.next_day {
                let lead = format!("Next date: {}", wording::day(day, self.today));
                lines.push(Line { lead, is_minor: true, ..Line::default() });
            }
            Item { lines, ..self.item(wording::parties(item), item.news) }
        });
        items.collect()
    }

    /// "Promised: “…”, due 5 Mar: missed".
    fn promise(&self, promise: &PromiseItem) -> Line {
        let lead = format!("Promised: “{}”,", clean(promise.words.value()));
        let closed = promise.closed.as_ref().map(Grounded::note);
        let cites = self.cites(std::iter::once(promise.words.note()).chain(closed));
        let strong = wording::promise(promise, self.today);
        Line { lead, strong, cites, is_minor: true, ..Line::default() }
    }

    fn developments(&self) -> Vec<Item> {
        let items = self.digest.developments.iter().map(|item| {
            let line = Line {
                strong: clean(&wording::development(item)),
                tail: clean(&wording::development_source(item)),
                joint: ": ",
                cites: self.cites([item.sentence.note()]),
                ..Line::default()
            };
            Item { title: clean(&wording::development_title(item, self.today)), lines: vec![line], ..Item::default() }
        });
        items.collect()
    }

    fn tolls(&self) -> Vec<Item> {
        let items = self.digest.tolls.iter().map(|item| {
            let mut lines = Vec::new();
            for line in &item.lines {
                lines.push(Line {
                    strong: clean(&wording::toll(line)),
                    tail: clean(&wording::attribution(line.figure.value())),
                    joint: ": ",
                    cites: self.cites([line.figure.note()]),
                    ..Line::default()
                });
                for other in &line.others {
                    lines.push(Line {
                        lead: clean(&format!("also reported: {}", wording::other(line, other.value()))),
                        tail: clean(&wording::attribution(other.value())),
                        joint: ": ",
                        cites: self.cites([other.note()]),
                        is_minor: true,
                        ..Line::default()
                    });
                }
                if let Some(range) = wording::range(line) {
                    let lead = format!("{range}; {}", wording::choice(line));
                    lines.push(Line { lead, is_minor: true, ..Line::default() });
                }
            }
            for line in &item.claimed {
                let figure = line.figure.value();
                let claimant = figure.claimant.as_deref().unwrap_or(&figure.outlet);
                let lead = clean(&format!("{}, claims {claimant}", wording::claimed(line)));
                lines.push(Line { lead, cites: self.cites([line.figure.note()]), ..Line::default() });
            }
            let attested = format!("{} · carried by {}", wording::grade(&item.attested), item.outlets.join(", "));
            lines.push(Line { lead: clean(&attested), is_minor: true, ..Line::default() });
            Item { lines, ..self.item(wording::incident_title(item, self.today), item.news) }
        });
        items.collect()
    }

    fn munitions(&self) -> Vec<Item> {
        let lines = self.digest.munitions.iter().map(|line| Line {
            strong: clean(&wording::munitions(line)),
            tail: clean(&wording::attribution(line.figure.value())),
            joint: ": ",
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

    fn item(&self, title: String, news: News) -> Item {
        Item { title: clean(&title), mark: wording::mark(news).to_owned(), lines: Vec::new() }
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
            published: note.published.as_ref().map(wording::published).unwrap_or_default(),
            link: note.link().unwrap_or_default(),
        });
        sources.collect()
    }

    fn toll(&self, key: &IncidentKey) -> Option<&TollItem> {
        self.digest.tolls.iter().find(|item| item.key == *key)
    }

    fn rows(&self) -> Vec<picture::chart::Row> {
        let rows = self.digest.pictures.series.iter().filter_map(|series| {
            let title = wording::incident_title(self.toll(&series.key)?, self.today);
            let bars = series.figures.iter().map(|(day, count)| picture::chart::Bar {
                day: *day,
                day_label: wording::day(*day, self.today),
                low: count.low,
                high: count.high,
                label: wording::count(count),
            });
            let label = clean(&format!("{title} · {}", wording::measure(series.measure)));
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
        let alt = format!("Chart of tolls by day. {}.", rows.iter().map(row_in_words).collect::<Vec<_>>().join(". "));
        let line = |row: &picture::chart::Row| {
            let labels: Vec<&str> = row.bars.iter().map(|bar| bar.label.as_str()).collect();
            let days = row.bars.first().zip(row.bars.last());
            let days = days.map_or_else(String::new, |(a, b)| format!("{} to {}", a.day_label, b.day_label));
            format!("{} {} ({days}: {})", row.label, wording::sparkline(&row.bars), labels.join(" → "))
        };
        let caption = "Figures as they were reported on each day.".to_owned();
        let lines = rows.iter().map(line).chain([caption.clone()]).collect();
        (alt, caption, lines)
    }

    fn map_in_words(&self) -> (String, String, Vec<String>) {
        let names: Vec<String> = self.spots().into_iter().map(|spot| spot.name).collect();
        let caption = format!("{}. Boundaries shown do not imply endorsement.", names.join(", "));
        (format!("Locator map: {}.", names.join(", ")), caption, Vec::new())
    }
}

/// Leaves the best items of a long section and says where the others are.
fn fold(section: &mut Section, setting: Setting) {
    let over = section.items.len().saturating_sub(setting.items_max);
    if over > 0 {
        section.items.truncate(setting.items_max);
        let place = if setting.web.is_some() { "in the edition on the web" } else { "in the archived edition" };
        let folded = format!("and {over} more {place}");
        section.more = if section.more.is_empty() { folded } else { format!("{folded}, {}", section.more) };
    }
}
