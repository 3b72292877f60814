//! What one reader gets of a digest, against what that reader last got.
//!
//! A digest is composed once for all. Readers differ in what reached them: one joined yesterday, one's mail bounced for two
//! days, one looks at two places only. [`Told`] is what a reader knows after the editions that were really delivered to
//! them; [`Told::next`] turns the next digest, and those that were missed in between, into what that reader gets: each
//! figure compared with the one they last read, what they know left out, what is too much to read kept for the next time.
//!
//! Readers with the same past get the same: it is worked out once for all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::developments::{DevelopmentItem, ITEMS_MAX};
use super::indexed::Indexed;
use super::interest::{Interest, Nearby};
use super::rank::{self, Rules};
use super::tolls::{self, TollItem};
use super::{
    Account, BriefItem, Correction, Digest, IssueItem, MunitionsLine, News, PositionItem, PromiseItem, RoundItem,
    Section, StepItem, TalksItem,
};
use crate::news::grounding::Notes;
use crate::news::wording::{self, Language};

/// What a reader knows: every incident and track as they last read it, and what was left out for its length.
#[derive(Clone, Debug, Default)]
pub struct Told<'d> {
    tolls: Vec<&'d TollItem>,
    by_reference: HashMap<&'d str, usize>,
    talks: BTreeMap<String, TalksItem>,
    left_out: Vec<Found<'d>>,
    corrections: Vec<Correction>,
    any: bool,
}

/// An incident, and the digest that tells of it.
#[derive(Clone, Copy, Debug)]
struct Found<'d> {
    from: &'d Digest,
    item: &'d TollItem,
}

impl<'d> Told<'d> {
    /// What the reader gets of `newest`, after the digests that they missed since the last one that reached them (oldest
    /// first); they know it then.
    pub fn next(&mut self, missed: &[&'d Indexed], newest: &'d Indexed, interest: &Interest) -> Digest {
        let mut notes = Notes::default();
        let digest = newest.digest();
        let rules = &digest.frame.rules;
        // A reader who was told nothing yet starts with this edition and not with the archive.
        let missed = if self.any { missed } else { &[] };
        let pool = self.pool(missed, newest, interest);
        let missed: Vec<&Digest> = missed.iter().map(|missed| missed.digest()).collect();
        let corrections = self.corrections(&missed, digest, &mut notes);
        // What is not shown is not learnt either.
        let shows_talks = digest.frame.sections.contains(&Section::Talks);
        let talks = if shows_talks { self.talks(&missed, digest, interest, &mut notes) } else { Vec::new() };
        let mut items: Vec<(Found, TollItem)> = pool
            .into_iter()
            .filter_map(|(found, near)| Some((found, self.compared(found.item, near)?)))
            .filter(|(_, item)| rank::is_told(item, rules))
            .collect();
        items.sort_by(|(_, a), (_, b)| rank::order(a, b));
        let language = digest.frame.look.language;
        let kept = within(rules, items.iter().map(|(_, item)| item), &talks, language);
        let left_out: Vec<Found> = items.split_off(kept).into_iter().map(|(found, _)| found).collect();
        self.learn(items.iter().map(|(found, _)| found.item), &talks);
        self.corrections.extend(corrections.iter().cloned());
        let items = items.into_iter();
        let tolls = items.filter_map(|(found, item)| adopt_item(&mut notes, item, &found.from.notes)).collect();
        let munitions = munitions(&missed, digest, interest, &mut notes);
        let (developments, developments_more) = developments(&missed, digest, interest, &mut notes);
        let (brief, brief_more) = brief(&missed, digest, interest, &mut notes);
        let view = Digest {
            frame: digest.frame.clone(),
            first: !self.any,
            corrections,
            talks,
            tolls,
            munitions,
            developments,
            developments_more,
            brief,
            brief_more,
            pictures: digest.pictures.clone(),
            held: digest.held.clone(),
            left_out: left_out.iter().map(|left| wording::incident_name(left.item, language)).collect(),
            notes,
        };
        self.left_out = left_out;
        self.any = true;
        view
    }

    /// An incident with each figure compared with the one that the reader last read.
    fn compared(&self, item: &TollItem, near: Option<Nearby>) -> Option<TollItem> {
        let before = self.item(&item.references);
        let mut item = TollItem { near, ..item.clone() };
        for line in &mut item.lines {
            let old = before.and_then(|before| tolls::line_of(before, line)).map(|old| &old.figure.value().count);
            let corrects = line.news == News::Corrected;
            (line.was, line.news) = tolls::compared(&line.figure.value().count, old, corrects);
        }
        item.news = tolls::news(&item, before)?;
        item.why = rank::why(&item);
        Some(item)
    }

    fn item(&self, references: &BTreeSet<String>) -> Option<&TollItem> {
        let found = references.iter().filter_map(|reference| self.by_reference.get(reference.as_str()));
        let found: BTreeSet<usize> = found.copied().collect();
        tolls::best(found.iter().map(|index| (self.tolls.len() - index, self.tolls[*index])), references)
    }

    /// The incidents that may be news to the reader, and where they are from the reader's own places: those of the newest
    /// digest, then those of missed ones that no newer one tells of, and what was left out.
    fn pool(
        &self,
        missed: &[&'d Indexed],
        newest: &'d Indexed,
        interest: &Interest,
    ) -> Vec<(Found<'d>, Option<Nearby>)> {
        let mut pool = Vec::new();
        let mut newer: Vec<&Indexed> = Vec::new();
        for from in std::iter::once(&newest).chain(missed.iter().rev()) {
            let items = interest.may_take(from).into_iter().map(|at| Found { from: from.digest(), item: at });
            pool.extend(items.filter(|found| !newer.iter().any(|newer| newer.tells_of(found.item))));
            newer.push(from);
        }
        let left_out = self.left_out.iter().copied();
        pool.extend(left_out.filter(|found| !newer.iter().any(|newer| newer.tells_of(found.item))));
        pool.into_iter().filter_map(|found| Some((found, interest.takes_item(found.item)?))).collect()
    }

    /// Only what was printed for this reader is corrected for them, and once.
    fn corrections(&self, missed: &[&'d Digest], digest: &'d Digest, notes: &mut Notes) -> Vec<Correction> {
        let mut corrections = Vec::new();
        for from in missed.iter().chain([&digest]) {
            for correction in &from.corrections {
                if self.corrections.iter().any(|told| correction.repeats(told)) {
                    continue;
                }
                let Some(item) = self.item(&correction.references) else { continue };
                let read = item.lines.iter().any(|line| {
                    (line.measure, line.group, line.part) == (correction.measure, correction.group, correction.part)
                        && line.figure.value().count == correction.printed
                });
                if read {
                    let now = correction.now.as_ref().and_then(|now| notes.adopt(now, &from.notes));
                    corrections.push(Correction { now, ..correction.clone() });
                }
            }
        }
        corrections
    }

    fn talks(
        &self,
        missed: &[&'d Digest],
        digest: &'d Digest,
        interest: &Interest,
        notes: &mut Notes,
    ) -> Vec<TalksItem> {
        let mut items: Vec<TalksItem> = Vec::new();
        for from in std::iter::once(&digest).chain(missed.iter().rev()) {
            for item in from.talks.iter().filter(|_| interest.takes_talks()) {
                let Some(adopted) = adopt_talks(notes, item, &from.notes) else { continue };
                match items.iter_mut().find(|known| known.key == item.key) {
                    // What a missed edition told of a round or a promise that the newer one has no more.
                    Some(known) => complete(known, adopted),
                    None => items.push(adopted),
                }
            }
        }
        let before = |item: &TalksItem| self.talks.get(&item.key.to_string());
        let mut items: Vec<TalksItem> = items.iter().map(|item| super::talks::compared(item, before(item))).collect();
        super::talks::sort(&mut items);
        items
    }

    fn learn(&mut self, items: impl Iterator<Item = &'d TollItem>, talks: &[TalksItem]) {
        for item in items {
            for reference in &item.references {
                self.by_reference.insert(reference, self.tolls.len());
            }
            self.tolls.push(item);
        }
        for item in talks {
            let mut known = item.clone();
            // Rounds that are over are told no more, and are not new when somebody comes back to them.
            if let Some(before) = self.talks.remove(&item.key.to_string()) {
                complete(&mut known, before);
            }
            self.talks.insert(item.key.to_string(), known);
        }
    }
}

/// How many of the items, from the first, can be read in the time that the edition allows. The first always is.
fn within<'i>(
    rules: &Rules,
    items: impl ExactSizeIterator<Item = &'i TollItem>,
    talks: &[TalksItem],
    language: Language,
) -> usize {
    let count = items.len();
    let Some(words_max) = rules.words_max() else { return count };
    let mut words: usize = talks.iter().map(|item| wording::words_of_talks(item, language)).sum();
    let fits = |item: &&TollItem| {
        words += wording::words_of_item(item, language);
        words <= words_max
    };
    items.take_while(fits).count().max(1).min(count)
}

fn munitions(missed: &[&Digest], digest: &Digest, interest: &Interest, notes: &mut Notes) -> Vec<MunitionsLine> {
    let mut lines: Vec<MunitionsLine> = Vec::new();
    for from in std::iter::once(&digest).chain(missed.iter().rev()) {
        for line in from.munitions.iter().filter(|line| interest.takes_tally(line)) {
            let adopted = notes.adopt(&line.figure, &from.notes);
            let line = adopted.map(|figure| MunitionsLine { figure, ..line.clone() });
            lines.extend(line.filter(|line| !lines.contains(line)).into_iter().collect::<Vec<_>>());
        }
    }
    lines
}

fn developments(
    missed: &[&Digest],
    digest: &Digest,
    interest: &Interest,
    notes: &mut Notes,
) -> (Vec<DevelopmentItem>, usize) {
    let beyond = if interest.takes_every_development() { digest.developments_more } else { 0 };
    let (mut told, mut more) = (Vec::<DevelopmentItem>::new(), beyond);
    let from = std::iter::once(&digest).chain(missed.iter().rev());
    for from in from {
        for item in from.developments.iter().filter(|item| interest.takes_development(item)) {
            let known = |old: &&DevelopmentItem| {
                (&old.development, &old.place, old.day) == (&item.development, &item.place, item.day)
            };
            if told.iter().any(|old| known(&old)) {
                continue;
            }
            if told.len() == ITEMS_MAX {
                more += 1;
            } else if let Some(sentence) = notes.adopt(&item.sentence, &from.notes) {
                told.push(DevelopmentItem { sentence, ..item.clone() });
            }
        }
    }
    (told, more)
}

fn brief(missed: &[&Digest], digest: &Digest, interest: &Interest, notes: &mut Notes) -> (Vec<BriefItem>, usize) {
    let origins_min = digest.frame.rules.origins_min;
    let from = std::iter::once(&digest).chain(missed.iter().rev());
    let items = from.filter(|_| interest.takes_brief());
    let items = items.flat_map(|from| from.brief.iter().map(move |item| (from, item)));
    let (mut told, mut more) = (Vec::<BriefItem>::new(), if interest.takes_brief() { digest.brief_more } else { 0 });
    for (from, item) in items.filter(|(_, item)| item.origins >= origins_min) {
        // An edition that reached nobody is told again by the next.
        let known = |old: &&BriefItem| from.notes.get(item.sentence.note()) == notes.get(old.sentence.note());
        if told.iter().any(|old| known(&old)) {
            continue;
        }
        if told.len() == super::BRIEF_STORIES_MAX {
            more += 1;
        } else if let Some(sentence) = notes.adopt(&item.sentence, &from.notes) {
            told.push(BriefItem { sentence, ..item.clone() });
        }
    }
    (told, more)
}

fn adopt_item(notes: &mut Notes, mut item: TollItem, from: &Notes) -> Option<TollItem> {
    item.lines.retain_mut(|line| {
        let Some(figure) = notes.adopt(&line.figure, from) else { return false };
        line.figure = figure;
        line.others = line.others.iter().filter_map(|other| notes.adopt(other, from)).collect();
        true
    });
    item.claimed.retain_mut(|line| {
        let Some(figure) = notes.adopt(&line.figure, from) else { return false };
        line.figure = figure;
        true
    });
    (!item.lines.is_empty() || !item.claimed.is_empty()).then_some(item)
}

/// Adds to a track what an older telling of it has beside.
fn complete(item: &mut TalksItem, older: TalksItem) {
    for round in older.rounds {
        if !item.rounds.iter().any(|known| super::talks::is_same_round(&round, known)) {
            item.rounds.push(round);
        }
    }
    for promise in older.promises {
        if !item.promises.iter().any(|known| known.due == promise.due) {
            item.promises.push(promise);
        }
    }
    item.promises.sort_by_key(|promise| promise.due);
    if item.readout.is_empty() {
        item.readout = older.readout;
    }
}

fn adopt_talks(notes: &mut Notes, item: &TalksItem, from: &Notes) -> Option<TalksItem> {
    let rounds = item.rounds.iter().filter_map(|round| {
        let state = notes.adopt(&round.state, from)?;
        let next = round.next.iter().filter_map(|next| notes.adopt(next, from)).collect();
        let steps = round.steps.iter();
        let steps = steps.filter_map(|step| Some(StepItem { state: notes.adopt(&step.state, from)?, day: step.day }));
        let steps = steps.collect();
        let accounts = round.accounts.iter();
        let accounts =
            accounts.filter_map(|it| Some(Account { state: notes.adopt(&it.state, from)?, ..it.clone() })).collect();
        let without_statement = round.without_statement.as_ref().and_then(|it| notes.adopt(it, from));
        Some(RoundItem { state, next, steps, accounts, without_statement, ..round.clone() })
    });
    let rounds: Vec<RoundItem> = rounds.collect();
    let readout = item.readout.iter().map(|issue| {
        let positions = issue
            .positions
            .iter()
            .map(|it| PositionItem { word: it.word.as_ref().and_then(|word| notes.adopt(word, from)), ..it.clone() });
        IssueItem { topic: issue.topic.clone(), positions: positions.collect() }
    });
    let readout = readout.collect();
    let promises = item.promises.iter().filter_map(|promise| {
        let closed = promise.closed.as_ref().and_then(|it| notes.adopt(it, from));
        Some(PromiseItem { words: notes.adopt(&promise.words, from)?, closed, ..promise.clone() })
    });
    let promises = promises.collect();
    (!rounds.is_empty()).then(|| TalksItem { rounds, readout, promises, ..item.clone() })
}

/// What reaches a reader who gets every edition, for previews and the archive: `earlier` newest first.
pub fn for_everyone(digest: &Digest, earlier: &[Digest]) -> Digest {
    let editions: Vec<Digest> = earlier.iter().rev().chain([digest]).cloned().collect();
    each_for_everyone(editions).pop().unwrap_or_else(|| digest.clone())
}

/// The same for each of these editions, oldest first, of a reader who begins with the first.
pub fn each_for_everyone(editions: Vec<Digest>) -> Vec<Digest> {
    let editions: Vec<Indexed> = editions.into_iter().map(Indexed::new).collect();
    let interest = Interest::default();
    let mut told = Told::default();
    editions.iter().map(|edition| told.next(&[], edition, &interest)).collect()
}
