//! The sections of a digest in words.

use std::collections::HashSet;

use jiff::civil;
use jiff::tz::TimeZone;

use super::{Cite, Drawings, Item, Line, Section, Setting, Source, clean};
use crate::news::digest::tolls::{TollItem, TollLine};
use crate::news::digest::{self, Digest, Figure, News, PromiseItem, RoundItem, TalksItem};
use crate::news::grounding::{Grounded, Note, NoteId};
use crate::news::kinds::Status;
use crate::news::track::promise::Fate;
use crate::news::wording::{self, Language};

/// A digest, the day in whose year dates need no year, and the language of our own words.
pub(super) struct Words<'d> {
    pub digest: &'d Digest,
    pub today: civil::Date,
    zone: &'d TimeZone,
    pub language: Language,
}

impl<'d> Words<'d> {
    pub fn of(digest: &'d Digest, zone: &'d TimeZone) -> Self {
        let today = digest.frame.composed_at.to_zoned_datetime(zone.clone()).date();
        Self { digest, today, zone, language: digest.frame.look.language }
    }

    pub fn sections(&self, drawings: &Drawings, setting: Setting) -> Vec<Section> {
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
            let mut total = None;
            let lines = item.lines.iter().filter(told).map(|line| {
                if !line.part {
                    total = Some(line.measure);
                }
                Line {
                    strong: clean(&wording::moved(line, total == Some(line.measure), self.language)),
                    cites: self.cites([line.figure.note()]),
                    ..Line::default()
                }
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
        let corrections = self.digest.corrections.chunk_by(|a, b| a.references == b.references).map(|corrections| {
            let lines = corrections.iter().map(|correction| Line {
                lead: clean(&wording::correction(correction, self.language)),
                cites: self.cites(correction.now.as_ref().map(Grounded::note)),
                ..Line::default()
            });
            let title = wording::correction_title(&corrections[0], self.today, self.language);
            Item { lines: lines.collect(), ..self.item(title, News::Corrected) }
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
            // A total and its parts stand together; what else is said of them comes below.
            for total in item.lines.chunk_by(|_, next| next.part) {
                self.total(&mut lines, total);
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

    /// A figure and its parts, then what others say of each.
    fn total(&self, lines: &mut Vec<Line>, total: &[TollLine]) {
        let joint = self.language.pick(": ", " — ");
        let mut before = String::new();
        for line in total {
            let who = self.vouched(line.figure.value());
            // Lines that follow one another by one claimant name it once.
            let tail = if who == before { String::new() } else { who.clone() };
            before = who;
            let strong = clean(&wording::toll(line, self.language));
            lines.push(Line { strong, tail, joint, cites: self.cites([line.figure.note()]), ..Line::default() });
        }
        for line in total {
            for other in &line.others {
                let also = self.language.pick("also reported", "є також");
                let other_in_words = wording::other(line, other.value(), self.language);
                lines.push(Line {
                    lead: clean(&format!("{also}: {other_in_words}")),
                    tail: self.vouched(other.value()),
                    joint,
                    cites: self.cites([other.note()]),
                    is_minor: true,
                    ..Line::default()
                });
            }
            if let Some(range) = wording::range(line, self.language) {
                let range = [range.as_str(), wording::choice(line, self.language)].join("; ");
                let lead = match total {
                    [_] => range,
                    _ => format!("{}: {range}", wording::of(line, self.language)),
                };
                lines.push(Line { lead, is_minor: true, ..Line::default() });
            }
        }
    }

    /// Who says so, and as of when.
    fn vouched(&self, figure: &Figure) -> String {
        let who = clean(&wording::attribution(figure, self.language));
        let from = self.digest.frame.window.from;
        let as_of = figure.as_of.map(|at| self.language.as_of(at, from, self.zone, self.today));
        as_of.map_or(who.clone(), |as_of| format!("{who}, {as_of}"))
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
    pub fn sources(&self, sections: &[Section]) -> Vec<Source> {
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
