//! What one reader gets of a digest, against what that reader last got.
//!
//! A digest is composed once for all. Readers differ in what reached them: one joined yesterday, one's mail bounced for two
//! days, one looks at two places only. [`Told`] is what a reader knows after the editions that were really delivered to
//! them; [`Told::next`] turns the next digest, and those that were missed in between, into what that reader gets: each
//! figure compared with the one they last read, what they know left out, what is too much to read kept for the next time.
//!
//! Readers with the same past get the same: it is worked out once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::developments::{DevelopmentItem, ITEMS_MAX};
use super::interest::Interest;
use super::rank::{self, Rules};
use super::tolls::{self, ClaimedLine, TollItem, TollLine};
use super::{
    Account, BriefItem, Correction, Digest, IssueItem, MunitionsLine, News, PositionItem, PromiseItem, RoundItem,
    Section, StepItem, TalksItem,
};
use crate::news::grounding::{Grounded, Notes};
use crate::news::wording::{self, Language};

/// What a reader knows: every incident and track as they last read it, and what was left out for its length.
#[derive(Clone, Debug, Default)]
pub struct Told<'d> {
    tolls: Vec<(&'d Digest, TollItem)>,
    by_reference: BTreeMap<String, usize>,
    talks: BTreeMap<String, TalksItem>,
    left_out: Vec<(&'d Digest, TollItem)>,
    corrections: Vec<Correction>,
    any: bool,
}

impl<'d> Told<'d> {
    /// What the reader gets of `digest`, the newest, after the digests that they missed since the last one that reached
    /// them (oldest first), and what they know then.
    pub fn next(&self, missed: &[&'d Digest], digest: &'d Digest, interest: &Interest) -> (Digest, Self) {
        let mut notes = Notes::default();
        let rules = &digest.frame.rules;
        // A reader who was told nothing yet starts with this edition and not with the archive.
        let missed = if self.any { missed } else { &[] };
        let corrections = self.corrections(missed, digest, &mut notes);
        // What is not shown is not learnt either.
        let shows_talks = digest.frame.sections.contains(&Section::Talks);
        let talks = if shows_talks { self.talks(missed, digest, interest, &mut notes) } else { Vec::new() };
        let pool = self.pool(missed, digest);
        let mut items: Vec<(&Digest, TollItem)> = pool
            .into_iter()
            .filter_map(|(from, item)| Some((from, self.compared(item)?)))
            .filter_map(|(from, mut item)| interest.takes_item(&mut item).then_some((from, item)))
            .filter(|(_, item)| rank::is_told(item, rules))
            .collect();
        items.sort_by(|(_, a), (_, b)| rank::order(a, b));
        let language = digest.frame.look.language;
        let kept = within(rules, &items, &talks, language);
        let left_out = items.split_off(kept);
        let mut told = self.clone();
        told.any = true;
        let tolls = items.iter().filter_map(|(from, item)| adopt_item(&mut notes, item, &from.notes)).collect();
        let munitions = munitions(missed, digest, interest, &mut notes);
        let (developments, developments_more) = developments(missed, digest, interest, &mut notes);
        let (brief, brief_more) = brief(missed, digest, interest, &mut notes);
        told.learn(items, &talks);
        told.corrections.extend(corrections.iter().cloned());
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
            left_out: left_out.iter().map(|(_, item)| wording::incident_name(item, language)).collect(),
            notes,
        };
        told.left_out = left_out;
        (view, told)
    }

    /// An incident with each figure compared with the one that the reader last read.
    fn compared(&self, mut item: TollItem) -> Option<TollItem> {
        let before = self.item(&item.references);
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
        let found = references.iter().filter_map(|reference| self.by_reference.get(reference));
        let found: BTreeSet<usize> = found.copied().collect();
        tolls::best(found.iter().map(|index| (self.tolls.len() - index, &self.tolls[*index].1)), references)
    }

    /// The incidents that may be news: those of the digest, then those of missed ones that no newer one tells of, and what
    /// was left out.
    fn pool(&self, missed: &[&'d Digest], digest: &'d Digest) -> Vec<(&'d Digest, TollItem)> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut pool: Vec<(&Digest, TollItem)> = Vec::new();
        let newest_first = std::iter::once(&digest).chain(missed.iter().rev());
        let digests = newest_first.flat_map(|digest| digest.tolls.iter().map(move |item| (*digest, item)));
        let left_out = self.left_out.iter().map(|(digest, item)| (*digest, item));
        for (from, item) in digests.chain(left_out) {
            let known = item.references.iter().any(|reference| seen.contains(reference));
            seen.extend(item.references.iter().cloned());
            // What the newest digest does not change, and the reader knows, is only told where it is fresh.
            if !known {
                pool.push((from, item.clone()));
            }
        }
        pool
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

    fn learn(&mut self, items: Vec<(&'d Digest, TollItem)>, talks: &[TalksItem]) {
        for (digest, item) in items {
            for reference in &item.references {
                self.by_reference.insert(reference.clone(), self.tolls.len());
            }
            self.tolls.push((digest, item));
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
fn within(rules: &Rules, items: &[(&Digest, TollItem)], talks: &[TalksItem], language: Language) -> usize {
    let Some(words_max) = rules.words_max() else { return items.len() };
    let mut words: usize = talks.iter().map(|item| wording::words_of_talks(item, language)).sum();
    let fits = |(_, item): &&(&Digest, TollItem)| {
        words += wording::words_of_item(item, language);
        words <= words_max
    };
    items.iter().take_while(fits).count().max(1).min(items.len())
}

fn munitions(missed: &[&Digest], digest: &Digest, interest: &Interest, notes: &mut Notes) -> Vec<MunitionsLine> {
    let mut lines: Vec<MunitionsLine> = Vec::new();
    for from in std::iter::once(&digest).chain(missed.iter().rev()).filter(|_| interest.takes_munitions()) {
        for line in &from.munitions {
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
    let (mut told, mut more) = (Vec::<DevelopmentItem>::new(), digest.developments_more);
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

fn adopt_item(notes: &mut Notes, item: &TollItem, from: &Notes) -> Option<TollItem> {
    let all = |notes: &mut Notes, figures: &[Grounded<super::Figure>]| {
        figures.iter().filter_map(|figure| notes.adopt(figure, from)).collect::<Vec<_>>()
    };
    let lines = item.lines.iter().filter_map(|line| {
        let figure = notes.adopt(&line.figure, from)?;
        Some(TollLine { figure, others: all(notes, &line.others), ..line.clone() })
    });
    let lines: Vec<TollLine> = lines.collect();
    let claimed = item.claimed.iter();
    let claimed =
        claimed.filter_map(|line| Some(ClaimedLine { figure: notes.adopt(&line.figure, from)?, ..line.clone() }));
    let claimed: Vec<ClaimedLine> = claimed.collect();
    (!lines.is_empty() || !claimed.is_empty()).then(|| TollItem { lines, claimed, ..item.clone() })
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
    let interest = Interest::default();
    let mut told = Told::default();
    for before in earlier.iter().rev() {
        told = told.next(&[], before, &interest).1;
    }
    told.next(&[], digest, &interest).0
}

/// The same for each of these editions, oldest first, of a reader who begins with the first.
pub fn each_for_everyone(editions: &[Digest]) -> Vec<Digest> {
    let interest = Interest::default();
    let mut told = Told::default();
    let views = editions.iter().map(|edition| {
        let (view, then) = told.next(&[], edition, &interest);
        told = then;
        view
    });
    views.collect()
}
