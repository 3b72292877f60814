//! Words of harm joined to the people they harm: who was killed, how many were hurt.
//!
//! Each word of harm looks for its people where its grammar puts them: an active verb to its right, a passive or
//! intransitive one to its left, a noun behind "of". Lists share their predicate ("two guards and a nurse were killed"),
//! predicates share their people ("were killed or hurt"), and "including" gives parts of the nearest figure.

use std::ops::Range;

use super::people::{Head, People};
use super::units::{Unit, Units};
use super::words::{Form, Role};
use crate::news::kinds::toll::{Change, Group, Measure};

/// A subject stands no further from its verb, in units; relative clauses and phrases of place lie between.
const SUBJECT_UNITS_MAX: usize = 40;
/// A running figure stands no further behind its noun ("the number of people hurt in … rose to 101").
const TOLL_UNITS_MAX: usize = 40;

/// A noun and its relative pronoun stand no further apart.
const EMBEDDING_UNITS_MAX: usize = 12;

/// An aside between dashes is no longer.
const ASIDE_UNITS_MAX: usize = 20;

/// How real the clause makes its harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reality {
    Real,
    /// "feared dead", "believed to have been killed"
    Supposed,
    /// "would kill", "threatened to kill", "if 12 were killed"
    Unreal,
}

/// People and what happened to them, as one clause says.
#[derive(Clone, Debug)]
pub struct Harm {
    pub measure: Measure,
    /// Index into [`Clauses::people`].
    pub people: usize,
    pub group: Group,
    /// The noun of the people in lower case, empty for a bare count.
    pub noun: String,
    /// The units of the predicate.
    pub predicate: Range<usize>,
    /// A part of a figure told with it.
    pub is_part: bool,
    pub change: Option<Change>,
    pub previous: Option<u64>,
    pub reality: Reality,
    /// Held still, told as a state: "holding 17 hostages".
    pub is_standing: bool,
}

/// One sentence with its noun phrases and harms.
#[derive(Debug)]
pub struct Clauses<'t> {
    pub units: Units<'t>,
    pub people: Vec<People>,
    pub harms: Vec<Harm>,
    inherited: Option<Measure>,
    /// By unit: the phrase that starts or ends there.
    starts: Vec<Option<usize>>,
    ends: Vec<Option<usize>>,
}

impl<'t> Clauses<'t> {
    /// Reads the harms of a sentence; `inherited` is the measure told last, of which the sentence may give parts.
    pub fn read(units: Units<'t>, inherited: Option<Measure>) -> Self {
        let people = People::all(&units);
        let mut starts = vec![None; units.len() + 1];
        let mut ends = vec![None; units.len() + 1];
        for (index, phrase) in people.iter().enumerate() {
            starts[phrase.units.start] = Some(index);
            ends[phrase.units.end] = Some(index);
        }
        let mut clauses = Self { units, people, harms: Vec::new(), inherited, starts, ends };
        for at in 0..clauses.units.len() {
            clauses.read_predicate(at);
        }
        clauses.read_told_by_phrase();
        clauses.read_company();
        clauses.read_parts();
        clauses.harms.sort_by_key(|harm| (harm.people, harm.predicate.start));
        clauses
    }

    /// Where the harm at `at` is told in passing, by a relative clause or a noun ("the attack on Monday that killed 26",
    /// "the killing of 26"): the unit at which what is told of starts.
    pub fn embedding(&self, at: usize) -> Option<usize> {
        let start = self.verb_start(at);
        let (index, before) = self.before(start)?;
        let is_which = before.is(Role::Relative) && !before.text.eq_ignore_ascii_case("who") && index > 0;
        let is_noun = self.units.units[at].word.harm(Form::NounOf).is_some()
            && self.unit(at + 1).is_some_and(|next| next.text.eq_ignore_ascii_case("of"));
        if !is_which && !is_noun {
            return None;
        }
        // The noun told of, with its article and what stands between: "the 22 April attack in Orlo that".
        let opens = (index.saturating_sub(EMBEDDING_UNITS_MAX)..index)
            .rev()
            .find(|index| self.units.units[*index].word.is_any(&[Role::Determiner, Role::Indefinite]));
        is_which.then(|| opens.unwrap_or(index)).or(Some(at))
    }

    fn unit(&self, at: usize) -> Option<&Unit<'t>> {
        self.units.get(at)
    }

    /// The unit before `at`, adverbs skipped, with its index.
    fn before(&self, at: usize) -> Option<(usize, &Unit<'t>)> {
        (0..at)
            .rev()
            .map(|index| (index, &self.units.units[index]))
            .find(|(_, unit)| !unit.is_adverb() && !matches!(unit.text, "\"" | "“" | "”"))
    }

    /// The first index from `at` on that is no adverb.
    fn skip_adverbs(&self, at: usize) -> usize {
        let is_skipped = |unit: &Unit| unit.is_adverb() || matches!(unit.text, "\"" | "“" | "”" | "'" | "‘");
        (at..self.units.len()).find(|index| !is_skipped(&self.units.units[*index])).unwrap_or(self.units.len())
    }

    fn read_predicate(&mut self, at: usize) {
        let word = self.units.units[at].word;
        let is_number = ["number", "total"].iter().any(|word| self.units.units[at].text.eq_ignore_ascii_case(word));
        if !is_number && (!word.may_harm() || self.is_inside_phrase(at)) {
            return;
        }
        self.read_with_noun(at);
        if self.units.units[at].text.eq_ignore_ascii_case("number")
            && let Some(measure) = self.number_of(at)
        {
            self.read_toll(at, measure);
        }
        if self.units.units[at].text.eq_ignore_ascii_case("total")
            && let Some(measure) = self.harms.last().map(|harm| harm.measure)
        {
            self.read_toll(at, measure);
        }
        if let Some(measure) = word.harm(Form::Toll) {
            self.read_toll(at, measure);
        }
        if let Some(measure) = word.harm(Form::Among) {
            let mut people = self.subject(self.verb_start(at));
            // "Among the dead were three children."
            if people.is_empty() && self.unit(at + 1).is_some_and(|next| next.is(Role::Be)) {
                people = self.objects(at + 2);
            }
            self.push(measure, &people, at..at + 1, true);
        }
        if let Some(measure) = word.harm(Form::Past) {
            self.read_past(at, measure);
        } else if let Some(measure) = word.harm(Form::Ing) {
            let of = self.of_object(at).filter(|_| word.harm(Form::NounOf).is_some());
            let people = of.unwrap_or_else(|| self.objects(at + 1));
            self.push(measure, &people, at..at + 1, false);
        } else if let Some(measure) = word.harm(Form::Intransitive) {
            let people = self.subject(self.verb_start(at));
            self.push(measure, &people, at..at + 1, false);
        } else if let Some(measure) = word.harm(Form::Base) {
            let people = self.objects(at + 1);
            self.push(measure, &people, at..at + 1, false);
        } else if let Some(measure) = word.harm(Form::State) {
            self.read_state(at, measure);
        }
        if let Some(measure) = word.harm(Form::NounOf)
            && let Some(people) = self.of_object(at)
        {
            self.push(measure, &people, at..at + 1, false);
        }
        if let Some(measure) = word.harm(Form::Lose) {
            let people = self
                .objects(at + 1)
                .into_iter()
                .filter(|people| self.people[*people].head == Head::Known)
                .collect::<Vec<_>>();
            self.push(measure, &people, at..at + 1, false);
        }
    }

    /// Verbs that are harm only with the right noun: "took 20 hostages", "suffered burns", "in exchange for 250 prisoners".
    fn read_with_noun(&mut self, at: usize) {
        let word = self.units.units[at].word;
        if let Some(measure) = word.harm(Form::ExchangeFor) {
            let people = self.objects(at + 1);
            self.push(measure, &people, at..at + 1, false);
        }
        if let Some(measure) = word.harm(Form::Suffer)
            && let Some(noun) = (at + 1..self.units.len().min(at + 5))
                .find(|index| self.units.units[*index].word.harm(Form::InjuryNoun).is_some())
            && self.units.units[at + 1..noun].iter().all(|unit| !unit.is_mark() && !unit.is(Role::Preposition))
        {
            let mut people = Vec::new();
            if self.unit(noun + 1).is_some_and(|next| next.text.eq_ignore_ascii_case("to")) {
                people = self.objects(noun + 2);
            } else if self.starts[at + 1..noun].iter().flatten().all(|index| self.people[*index].measure.is_some()) {
                people = if word.is(Role::Preposition) {
                    self.adjacent_before(at)
                } else {
                    self.subject(self.verb_start(at))
                };
            }
            self.push(measure, &people, at..noun + 1, false);
        }
        if let Some(measure) = word.harm(Form::Return) {
            let objects = self.objects(at + 1);
            let start = self.verb_start(at);
            let is_passive = (start..at).any(|index| self.units.units[index].is(Role::Be));
            let people = if is_passive {
                self.subject(start)
            } else if objects.is_empty() {
                self.adjacent_before(at)
            } else {
                objects
            };
            let held: Vec<usize> = people.into_iter().filter(|index| self.is_held(*index)).collect();
            self.push(measure, &held, at..at + 1, false);
        }
        if let Some(measure) = word.harm(Form::Force) {
            let people = self.objects(at + 1);
            let end = people.last().map_or(at, |last| self.people[*last].units.end);
            let leaves = |unit: &Unit| {
                ["flee", "fleeing", "leave", "evacuate", "homes", "homeless", "home"]
                    .iter()
                    .any(|word| unit.text.eq_ignore_ascii_case(word))
            };
            if end > at && self.units.units[end..self.units.len().min(end + 4)].iter().any(leaves) {
                self.push(measure, &people, at..at + 1, false);
            }
        }
        if let Some(measure) = word.harm(Form::Take) {
            let objects = self.objects(at + 1);
            let people = if objects.is_empty() { self.adjacent_before(at) } else { objects };
            let Some(last) = people.last().map(|last| self.people[*last].units.clone()) else { return };
            let is_hostage = |unit: &Unit| {
                ["hostage", "hostages", "captive", "captives"].iter().any(|word| unit.text.eq_ignore_ascii_case(word))
            };
            // "Taking 251 back to Gaza as hostages": the noun may come later.
            let end = self.units.len().min(last.end.max(at) + 7);
            let verb_only = self.units.units[at].text.to_ascii_lowercase().starts_with("remain");
            let is_of_hostages = self.units.units[last.start..last.end].iter().any(is_hostage)
                || !verb_only
                    && self.units.units[last.end..end].iter().take_while(|unit| !unit.ends_phrase()).any(is_hostage);
            if is_of_hostages {
                self.push(measure, &people, at..at + 1, false);
            }
        }
    }

    /// Whether the people were held before: prisoners, hostages, soldiers, deported children.
    fn is_held(&self, people: usize) -> bool {
        let phrase = &self.people[people];
        let held = [
            "prisoner",
            "hostage",
            "captive",
            "detainee",
            "pow",
            "inmate",
            "abductee",
            "serviceme",
            "soldier",
            "sailor",
            "crew",
        ];
        let noun = self.units.slice(phrase.units.clone()).to_lowercase();
        held.iter().any(|word| noun.contains(word)) || phrase.group == Group::Military
    }

    /// Whether the unit is part of a noun phrase: "28 dead hostages".
    fn is_inside_phrase(&self, at: usize) -> bool {
        self.people.iter().any(|people| people.measure.is_some() && people.units.contains(&at))
    }

    fn read_past(&mut self, at: usize, measure: Measure) {
        if self.unit(at + 1).is_some_and(|next| {
            next.text.eq_ignore_ascii_case("at")
                && self.units.units[at].tokens.len() == 1
                && self.units.units[at].text.eq_ignore_ascii_case("shot")
        }) {
            return;
        }
        let start = self.verb_start(at);
        // "Is reported to have killed" is active, "has been killed" passive: the last auxiliary tells.
        let auxiliaries = self.units.units[start..at]
            .iter()
            .rev()
            .filter(|unit| unit.word.is_any(&[Role::Be, Role::Have, Role::Modal]));
        let is_passive = auxiliaries.take(1).any(|unit| unit.is(Role::Be));
        if is_passive {
            let people = self.subject(start);
            return self.push(measure, &people, at..at + 1, false);
        }
        let objects = self.objects(at + 1);
        let has_aux = start < at;
        if !objects.is_empty() {
            return self.push(measure, &objects, at..at + 1, false);
        }
        if has_aux || self.has_other_object(at + 1) {
            return;
        }
        // "were killed or hurt", "was shot and wounded": the predicate shares the people of the one before.
        if let Some((joint, unit)) = self.before(at)
            && (unit.is(Role::And) || unit.is(Role::Or))
            && let Some((before, _)) = self.before(joint)
        {
            let shared: Vec<usize> =
                self.harms.iter().filter(|harm| harm.predicate.contains(&before)).map(|harm| harm.people).collect();
            return self.push(measure, &shared, at..at + 1, false);
        }
        let people = self.adjacent_before(at);
        self.push(measure, &people, at..at + 1, false);
    }

    fn read_state(&mut self, at: usize, measure: Measure) {
        // "The dead were a mother and her three sons."
        let is_noun = at > 0 && self.units.units[at - 1].text.eq_ignore_ascii_case("the");
        if is_noun && self.unit(at + 1).is_some_and(|next| next.is(Role::Be)) {
            let people = self.objects(at + 2);
            return self.push(measure, &people, at..at + 1, true);
        }
        let start = self.verb_start(at);
        let people = if start < at { self.subject(start) } else { self.adjacent_before(at) };
        self.push(measure, &people, at..at + 1, false);
    }

    /// The first unit of the verbal group that ends at `at`: "had since been killed".
    fn verb_start(&self, at: usize) -> usize {
        let mut start = at;
        for index in (0..at).rev() {
            let unit = &self.units.units[index];
            if unit.word.is_any(&[Role::Be, Role::Have, Role::Modal, Role::Negation]) {
                start = index;
            } else if !(unit.is_adverb()
                || unit.is(Role::SaidOf)
                || unit.text.eq_ignore_ascii_case("to") && start < at
                || unit.is(Role::Another))
            {
                break;
            }
        }
        start
    }

    /// Whether the verb has an object that is not read: "killed his wife", "killed Hamas leader …", "shot himself".
    fn has_other_object(&self, at: usize) -> bool {
        let Some(next) = self.unit(self.skip_adverbs(at)) else { return false };
        next.word.is_any(&[Role::Determiner, Role::Indefinite, Role::Pronoun])
            || next.is_name && !next.is(Role::Preposition) && next.date().is_none()
            || ["him", "them", "himself", "herself", "themselves", "us", "me", "what"]
                .iter()
                .any(|word| next.text.eq_ignore_ascii_case(word))
    }

    /// The people that stand directly before `at`, with those listed before them.
    fn adjacent_before(&self, at: usize) -> Vec<usize> {
        let end = self.before(at).map_or(0, |(index, _)| index + 1);
        let mut end = end;
        // "Two people (both men) killed" is rare; "12 people - two of them children - killed" is not.
        if self.unit(end.wrapping_sub(1)).is_some_and(|unit| unit.is(Role::Another)) {
            end -= 1;
        }
        match self.ends.get(end).copied().flatten() {
            Some(people) => self.list_before(people),
            None => Vec::new(),
        }
    }

    /// The subject of the verbal group that starts at `start`.
    fn subject(&self, start: usize) -> Vec<usize> {
        let mut at = start;
        let mut in_relative = false;
        // Whether a group without a count was passed, and a relative clause that it may stand in.
        let (mut passed, mut crossed) = (false, false);
        while at > 0 && start - at < SUBJECT_UNITS_MAX {
            if let Some(opens) = self.aside_before(at) {
                at = opens;
                continue;
            }
            if let Some(people) = self.ends[at] {
                let list = self.list_before(people);
                let first = list.first().copied().unwrap_or(people);
                let opens = self.people[first].units.start;
                // "with one of the men suffering burns": what stands right before a participle is its subject.
                let is_absolute =
                    at == start && self.before(opens).is_some_and(|(_, unit)| unit.text.eq_ignore_ascii_case("with"));
                let is_whom = self.people[people].of_them
                    && self.units.units[opens..at].iter().any(|unit| unit.is(Role::Relative));
                let is_uncounted = list.iter().all(|index| self.people[*index].count.is_none());
                if is_whom || is_uncounted {
                    passed |= is_uncounted && self.role_of(first) == Place::Subject;
                    crossed |= is_whom;
                    at = opens;
                    continue;
                }
                match self.role_of(first) {
                    Place::Subject if passed && !crossed => return Vec::new(),
                    Place::Subject => return list,
                    Place::Skipped if is_absolute => return list,
                    Place::Skipped => {
                        at = opens;
                        continue;
                    }
                }
            }
            at -= 1;
            let unit = &self.units.units[at];
            if unit.is(Role::Relative) {
                in_relative = false;
                crossed = true;
                // "who" asks for people right before it, at most behind a comma.
                let comma = usize::from(at > 0 && self.units.units[at - 1].text == ",");
                let antecedent = self.ends[at - comma];
                if at + 1 == start || at + 1 == self.skip_back(start) {
                    return antecedent.map_or(Vec::new(), |people| self.list_before(people));
                }
                continue;
            }
            let is_verb =
                unit.word.is_any(&[Role::Be, Role::Have, Role::Modal]) || unit.word.harm(Form::Intransitive).is_some();
            if is_verb && !in_relative {
                // A finite verb between: either the clause of "who …", which is stepped over, or another clause.
                let opens = self.verb_start(at + 1);
                match self.before(opens) {
                    Some((_, unit)) if unit.is(Role::Relative) => in_relative = true,
                    _ => return Vec::new(),
                }
            }
            if matches!(unit.text, ";" | ":" | "." | "?" | "!")
                || unit.is(Role::Subordinator)
                || unit.is(Role::Say) && !unit.is(Role::SaidOf)
            {
                return Vec::new();
            }
        }
        Vec::new()
    }

    /// Where the aside opens that closes right before `at`: "Three people - two adults and a child - were".
    fn aside_before(&self, at: usize) -> Option<usize> {
        let close = self.units.units[at.checked_sub(1)?].text;
        let open = match close {
            ")" => "(",
            "-" | "–" | "—" => close,
            _ => return None,
        };
        (at.saturating_sub(ASIDE_UNITS_MAX)..at - 1).rev().find(|index| self.units.units[*index].text == open)
    }

    fn skip_back(&self, at: usize) -> usize {
        self.before(at).map_or(0, |(index, _)| index + 1)
    }

    /// Whether the phrase can be a subject where it stands.
    fn role_of(&self, people: usize) -> Place {
        let opens = self.people[people].units.start;
        // A day is no adverb here: "on Monday 12 people were killed".
        let Some((index, before)) = self
            .before(opens)
            .filter(|(index, _)| !self.units.units[*index + 1..opens].iter().any(|unit| unit.is(Role::Time)))
        else {
            return Place::Subject;
        };
        let is_object =
            before.word.is_harm_verb() && before.word.harm(Form::Intransitive).is_none() && self.ends[index].is_none();
        if before.is(Role::Including)
            || before.is(Role::Most)
            || before.is(Role::Preposition)
            || is_object
            || before.is(Role::Leave)
        {
            // "Among them 11 children" is a part; "in Kherson 12 people" has the name between.
            return Place::Skipped;
        }
        if before.is(Role::And) && before.text.len() > 3 {
            return Place::Skipped;
        }
        Place::Subject
    }

    /// A phrase and those listed before it: "two guards, a nurse and [four rebels]".
    fn list_before(&self, last: usize) -> Vec<usize> {
        let mut list = vec![last];
        let mut first = last;
        loop {
            let opens = self.people[first].units.start;
            let Some(joint) = opens.checked_sub(1).map(|index| &self.units.units[index]) else { break };
            let is_and = joint.is(Role::And) || joint.is(Role::Or);
            let is_comma = joint.text == "," && list.len() > 1;
            if !is_and && !is_comma {
                break;
            }
            let comma = usize::from(is_and && opens >= 2 && self.units.units[opens - 2].text == ",");
            let Some(before) = self.ends[opens - 1 - comma].filter(|before| {
                let phrase = &self.people[*before];
                phrase.measure.is_none()
            }) else {
                break;
            };
            list.push(before);
            first = before;
        }
        list.reverse();
        list
    }

    /// The object that starts at `at`, with what is listed behind it.
    fn objects(&self, at: usize) -> Vec<usize> {
        let mut start = self.skip_adverbs(at);
        if let (Some(and), Some(verb)) = (self.unit(start), self.unit(start + 1)) {
            // "killed and crucified five civilians", "hurting himself and two soldiers"
            let shares = and.is(Role::And) && verb.text.to_ascii_lowercase().ends_with("ed") && !verb.word.is_harm();
            let is_reflexive = verb.is(Role::And) && and.text.to_ascii_lowercase().contains("sel");
            start += if shares || is_reflexive { 2 } else { 0 };
        }
        let Some(first) = self.starts.get(start).copied().flatten() else { return Vec::new() };
        // "6 people killed 22 injured": the count belongs to the next participle.
        let told =
            self.unit(self.people[first].units.end - 1).is_some_and(|last| last.word.harm(Form::State).is_some());
        if told || self.people[first].head == Head::Count && self.is_claimed(first) {
            return Vec::new();
        }
        self.list_after(first)
    }

    /// Whether a participle or state right behind the phrase claims it for itself.
    fn is_claimed(&self, people: usize) -> bool {
        let end = self.skip_adverbs(self.people[people].units.end);
        self.unit(end).is_some_and(|next| {
            let is_verb = next.word.harm(Form::Past).is_some()
                || next.word.harm(Form::State).is_some()
                || next.word.harm(Form::Intransitive).is_some();
            is_verb || next.word.is_any(&[Role::Be, Role::Have])
        })
    }

    /// A phrase and those listed behind it, as far as they are not subjects of another clause.
    fn list_after(&self, first: usize) -> Vec<usize> {
        let mut list = vec![first];
        let mut last = first;
        while let Some(next) = self.next_in_list(self.people[last].units.end) {
            if self.people[next].measure.is_some() && self.people[first].measure.is_none() {
                break;
            }
            if self.is_claimed(next) && !self.is_lone_part(next) {
                break;
            }
            list.push(next);
            last = next;
        }
        list
    }

    /// A phrase already stands for a figure of its own.
    fn is_lone_part(&self, people: usize) -> bool {
        self.people[people].measure.is_some()
    }

    fn next_in_list(&self, end: usize) -> Option<usize> {
        let mut at = end;
        let comma = self.unit(at).is_some_and(|unit| unit.text == ",");
        at += usize::from(comma);
        let and = self.unit(at).is_some_and(|unit| unit.is(Role::And) || unit.is(Role::Or));
        at += usize::from(and);
        if !and && !comma {
            return None;
        }
        self.starts.get(at).copied().flatten()
    }

    /// "the killing of [26 tourists]"
    fn of_object(&self, at: usize) -> Option<Vec<usize>> {
        let of = self.unit(at + 1).filter(|unit| unit.text.eq_ignore_ascii_case("of"))?;
        debug_assert!(of.is(Role::Preposition));
        let people = self.starts.get(at + 2).copied().flatten()?;
        Some(self.list_after(people))
    }

    /// "The number of rebels killed in …": the measure of what is numbered.
    fn number_of(&self, at: usize) -> Option<Measure> {
        self.unit(at + 1).filter(|of| of.text.eq_ignore_ascii_case("of"))?;
        let named = (at + 2..self.units.len().min(at + 8)).map(|index| self.units.units[index].word);
        named
            .take_while(|word| !word.is_any(&[Role::Be, Role::Have]))
            .find_map(|word| word.harm(Form::Past).or(word.harm(Form::State)).or(word.harm(Form::CountedNoun)))
    }

    /// "The death toll [from …] rose from 90 to 101", "a death toll of 12".
    fn read_toll(&mut self, at: usize, measure: Measure) {
        let mut change = None;
        let mut previous = None;
        // "Brought to 49 the number killed"
        let ahead = at.checked_sub(1).and_then(|the| self.ends[the]).filter(|people| {
            let opens = self.people[*people].units.start;
            opens > 0 && self.units.units[opens - 1].text.eq_ignore_ascii_case("to")
        });
        if let Some(people) = ahead {
            return self.push(measure, &[people], at..at + 1, false);
        }
        let end = self.units.len().min(at + 1 + TOLL_UNITS_MAX);
        for index in at + 1..end {
            let unit = &self.units.units[index];
            if unit.word.harm(Form::Toll).is_some() || matches!(unit.text, ";" | ".") {
                break;
            }
            change = if unit.is(Role::Rose) {
                Some(Change::Rose)
            } else if unit.is(Role::Fell) {
                Some(Change::Fell)
            } else {
                change
            };
            let Some(people) = self.starts[index] else { continue };
            let Some(count) = self.people[people].count.clone() else { continue };
            let before = &self.units.units[index - 1];
            if before.text.eq_ignore_ascii_case("from") {
                previous = count.low;
                continue;
            }
            let leads = before.is(Role::Hold)
                || before.is(Role::Be)
                || self.before(index).is_some_and(|(_, unit)| unit.is(Role::Hold));
            let is_of = before.text.eq_ignore_ascii_case("of");
            if leads && (!is_of || index == at + 2) {
                self.push(measure, &[people], at..at + 1, false);
                if let Some(harm) = self.harms.last_mut().filter(|harm| harm.people == people) {
                    harm.change = change;
                    harm.previous = previous;
                }
                break;
            }
        }
    }

    /// Phrases that tell their harm themselves: "10 dead", "28 dead hostages", "two fatalities".
    fn read_told_by_phrase(&mut self) {
        for index in 0..self.people.len() {
            let phrase = &self.people[index];
            let Some(measure) = phrase.measure else { continue };
            let units = phrase.units.clone();
            let last = &self.units.units[units.end - 1];
            let is_lives = last.text.eq_ignore_ascii_case("lives");
            let is_taken = units.start.checked_sub(4).unwrap_or(0)..units.start;
            let taken = self.units.units[is_taken].iter().any(|unit| {
                ["claimed", "claiming", "claim", "claims", "cost", "costing", "took", "taking", "taken", "lost"]
                    .iter()
                    .any(|word| unit.text.eq_ignore_ascii_case(word))
            });
            if !is_lives || taken {
                self.push(measure, &[index], units, false);
            }
        }
    }

    /// "… were killed along with [six guards]"
    fn read_company(&mut self) {
        for at in 0..self.units.len() {
            let unit = &self.units.units[at];
            if !(unit.is(Role::And) && unit.text.len() > 3) {
                continue;
            }
            let Some(first) = self.starts[self.skip_adverbs(at + 1)] else { continue };
            let harm = self.harms.iter().filter(|harm| harm.predicate.end <= at).max_by_key(|harm| harm.predicate.end);
            if let Some(harm) = harm {
                let (measure, list) = (harm.measure, self.list_after(first));
                self.push(measure, &list, harm.predicate.clone(), false);
            }
        }
    }

    /// "including 23 children", "three of them children", "the dead include a nurse".
    fn read_parts(&mut self) {
        for at in 0..self.units.len() {
            if !self.units.units[at].is(Role::Including) {
                continue;
            }
            // "Two children were among them."
            let subjects = self.verb_start(at);
            if subjects < at
                && self.units.units[at].tokens.len() == 2
                && let Some(measure) = self.inherited
            {
                let people = self.subject(subjects);
                self.push(measure, &people, at..at + 1, true);
            }
            if let Some(measure) = self.measure_before(at)
                && let Some(first) = self.starts[self.skip_adverbs(at + 1)]
            {
                let list = self.list_after(first);
                self.push(measure, &list, at..at + 1, true);
            }
        }
        for index in 0..self.people.len() {
            // "Three people - two adults and a child -"
            let opens = self.people[index].units.start;
            let aside = opens >= 2 && matches!(self.units.units[opens - 1].text, "-" | "–" | "—" | "(" | ":");
            let told = self.ends[opens.saturating_sub(1)]
                .and_then(|whole| self.harms.iter().find(|harm| harm.people == whole));
            if aside && let Some(measure) = told.map(|harm| harm.measure) {
                let list = self.list_after(index);
                self.push(measure, &list, opens..opens + 1, true);
            }
        }
        for index in 0..self.people.len() {
            let phrase = &self.people[index];
            if phrase.head != Head::Count || self.harms.iter().any(|harm| harm.people == index) {
                continue;
            }
            let end = phrase.units.end;
            let be = usize::from(self.unit(end).is_some_and(|unit| unit.is(Role::Be)));
            // "two of them seriously"
            let is_degree = phrase.of_them
                && self.unit(end).is_some_and(Unit::is_adverb)
                && self.unit(end + 1).is_none_or(Unit::is_mark);
            if is_degree && let Some(measure) = self.measure_before(phrase.units.start) {
                self.push(measure, &[index], phrase.units.clone(), true);
                continue;
            }
            let Some(noun) = self.starts.get(end + be).copied().flatten() else { continue };
            if be == 0 && !phrase.of_them {
                continue;
            }
            let group = self.people[noun].group;
            if let Some(measure) = self.measure_before(phrase.units.start).filter(|_| group != Group::People) {
                self.push(measure, &[index], phrase.units.clone(), true);
                if let Some(harm) = self.harms.last_mut() {
                    harm.group = group;
                }
            }
        }
    }

    /// The measure of the nearest harm to the left.
    fn measure_before(&self, at: usize) -> Option<Measure> {
        // "The dead include …", "the missing in Orlo County include …"
        let told = (at.saturating_sub(10)..at).rev().find_map(|index| {
            let word = self.units.units[index].word;
            let is_named = index > 0 && self.units.units[index - 1].text.eq_ignore_ascii_case("the")
                || word.harm(Form::State).is_none();
            let those = index > 0 && self.units.units[index - 1].text.eq_ignore_ascii_case("those");
            let told = word.harm(Form::State).or(word.harm(Form::Toll)).or(word.harm(Form::CountedNoun));
            told.or(word.harm(Form::Past).filter(|_| those)).filter(|_| is_named || those)
        });
        let nearest = self.harms.iter().filter(|harm| self.people[harm.people].units.end <= at).max_by_key(|harm| {
            let people = self.people[harm.people].units.end;
            if harm.predicate.end <= at { people.max(harm.predicate.end) } else { people }
        });
        nearest.map(|harm| harm.measure).or(told).or_else(|| self.inherited.filter(|_| self.refers_back(at)))
    }

    /// Whether what stands before `at` refers to people told of in the sentence before: "they included", "the victims were".
    fn refers_back(&self, at: usize) -> bool {
        self.units.units[..at].iter().all(|unit| {
            let is_people = unit.word.person.is_some()
                || ["they", "them", "these", "those"].iter().any(|word| unit.text.eq_ignore_ascii_case(word));
            is_people
                || unit.is_adverb()
                || unit.word.is_any(&[Role::Determiner, Role::Be, Role::And, Role::Including])
                || unit.is_mark()
                || unit.count().is_some()
        })
    }

    fn push(&mut self, measure: Measure, people: &[usize], predicate: Range<usize>, is_part: bool) {
        for index in people {
            let phrase = &self.people[*index];
            // "The death of his father" is no news of harm.
            let is_kin = phrase.is_definite
                && phrase.head == Head::Known
                && self.units.units[predicate.start].word.harm(Form::NounOf).is_some();
            if is_kin
                && phrase.count.as_ref().is_some_and(|count| count.low == Some(1))
                && !self.units.units[phrase.units.start].text.eq_ignore_ascii_case("the")
            {
                continue;
            }
            let is_counted = phrase.count.is_some();
            // A name beside a participle is a headline's or a sports report's: "a Frank Lampard shot".
            let is_loose_name = phrase.head == Head::Name
                && phrase.units.end == predicate.start
                && !self.units.units[predicate.start].word.harm(Form::Intransitive).is_some();
            let is_saved = self.units.units[predicate.start.saturating_sub(3)..predicate.start].iter().any(|unit| {
                unit.word.harm(Form::Past) == Some(Measure::Rescued)
                    || unit.word.harm(Form::Base) == Some(Measure::Rescued)
            }) && measure == Measure::Killed;
            if is_loose_name || is_saved {
                continue;
            }
            let is_known = self.harms.iter().any(|harm| harm.people == *index && (harm.measure == measure || is_part));
            let Some(measure) = fitting(measure, phrase).filter(|_| is_counted && !is_known) else { continue };
            let reality = self.reality(&predicate);
            let is_part = is_part || phrase.of_them && phrase.head == Head::Count && self.is_of_them(phrase);
            self.harms.push(Harm {
                measure,
                people: *index,
                noun: self.noun(phrase),
                group: self.group_of(phrase, &predicate),
                predicate: predicate.clone(),
                is_part,
                change: None,
                previous: None,
                reality,
                is_standing: self.units.units[predicate.start].word.harm(Form::Take).is_some(),
            });
        }
    }

    /// A bare count takes its group from the figure it is told with: "eight guards were killed and 10 hurt".
    fn group_of(&self, phrase: &People, predicate: &Range<usize>) -> Group {
        let is_bare =
            phrase.head == Head::Count || self.units.units[phrase.units.end - 1].word.harm(Form::State).is_some();
        let before = self.harms.iter().filter(|harm| self.people[harm.people].units.end <= phrase.units.start);
        let nearest = before
            .max_by_key(|harm| self.people[harm.people].units.end)
            .filter(|_| is_bare && phrase.group == Group::People);
        let told = nearest.map(|harm| (harm.group, &self.people[harm.people]));
        if let Some((group, other)) = told
            && !matches!(group, Group::Children | Group::Women)
            && other.count.as_ref().is_some_and(|count| count.low != Some(1))
            && other.units.end <= phrase.units.start
        {
            return group;
        }
        let bearer = phrase.group == Group::People && self.bears(predicate.start);
        bearer.then(|| self.bearer(predicate.start)).flatten().unwrap_or(phrase.group)
    }

    /// Whether the figure is an army's or a band's loss: "suffered 400 casualties", "lost 35 men".
    fn bears(&self, at: usize) -> bool {
        self.units.units[at.saturating_sub(3)..=at].iter().any(|unit| {
            unit.word.harm(Form::Lose).is_some()
                || unit.word.harm(Form::Suffer).is_some() && !unit.is(Role::Preposition)
        })
    }

    fn bearer(&self, at: usize) -> Option<Group> {
        let before = self.units.units[..at].iter().rev().take(8);
        let group = before
            .filter_map(|unit| unit.word.modifier.or(unit.word.person.map(|(group, _)| group)))
            .find(|group| *group != Group::People);
        group.filter(|group| matches!(group, Group::Military | Group::Militants | Group::Police))
    }

    fn noun(&self, phrase: &People) -> String {
        if phrase.head == Head::Count {
            String::new()
        } else {
            self.units.slice(phrase.units.end - 1..phrase.units.end).to_lowercase()
        }
    }

    fn is_of_them(&self, phrase: &People) -> bool {
        self.units.units[phrase.units.clone()].iter().any(|unit| unit.text.eq_ignore_ascii_case("of"))
    }

    fn reality(&self, predicate: &Range<usize>) -> Reality {
        let start = self.verb_start(predicate.start);
        let group = &self.units.units[start..predicate.start];
        let word = self.units.units[predicate.start].word;
        let before = start.checked_sub(1).map(|index| &self.units.units[index]);
        let is_infinitive =
            before.is_some_and(|before| before.text.eq_ignore_ascii_case("to")) && word.harm(Form::Base).is_some();
        let told = self.people.iter().any(|people| people.measure.is_some() && people.units == *predicate);
        let supposed = told
            && self.units.units[predicate.start.saturating_sub(4)..predicate.start]
                .iter()
                .any(|unit| unit.is(Role::Modal));
        if group.iter().any(|unit| unit.is(Role::Modal) || unit.is(Role::Negation)) || is_infinitive || supposed {
            return Reality::Unreal;
        }
        let is_feared = ["feared", "presumed", "believed"]
            .iter()
            .any(|verb| self.units.slice(predicate.clone()).to_lowercase().contains(verb));
        if is_feared {
            return Reality::Supposed;
        }
        let near = &self.units.units[start.saturating_sub(3)..start];
        if near.iter().any(|unit| unit.is(Role::Intention))
            && group.iter().all(|unit| !unit.is(Role::Have))
            && word.harm(Form::State).is_none()
        {
            return Reality::Unreal;
        }
        if group.iter().chain(near).any(|unit| {
            unit.is(Role::SaidOf)
                && !["reported", "confirmed", "known", "said"].iter().any(|word| unit.text.eq_ignore_ascii_case(word))
        }) {
            return Reality::Supposed;
        }
        Reality::Real
    }
}

/// Where a phrase stands to the verb behind it.
#[derive(PartialEq, Eq)]
enum Place {
    Subject,
    /// Object of a preposition or of another verb, or a part: the subject stands further left.
    Skipped,
}

/// The measure that fits the people, or `None` where an unknown noun is rather a thing: "released 12 albums".
fn fitting(measure: Measure, people: &People) -> Option<Measure> {
    let only_people = matches!(measure, Measure::Killed | Measure::Injured);
    match measure {
        Measure::Captured
            if people.is_sure()
                && matches!(people.group, Group::People | Group::Civilians | Group::Children | Group::Women) =>
        {
            Some(Measure::Detained)
        }
        _ if only_people || people.head != Head::Unknown => Some(measure),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::super::super::value::date::Calendar;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read_text = Text::read(text);
        let clauses = Clauses::read(Units::read(&read_text, &read_text.sentences[0], Calendar::past(None)), None);
        let found: Vec<String> = clauses
            .harms
            .iter()
            .filter(|harm| harm.reality == Reality::Real)
            .map(|harm| {
                let count = clauses.people[harm.people].count.clone().unwrap_or_default();
                let bound = |bound: Option<u64>| bound.map_or(String::new(), |bound| bound.to_string());
                let value = count.words.unwrap_or_else(|| {
                    if count.low == count.high {
                        bound(count.low)
                    } else {
                        format!("{}-{}", bound(count.low), bound(count.high))
                    }
                });
                format!("{:?} {value} {:?}{}", harm.measure, harm.group, if harm.is_part { " part" } else { "" })
            })
            .collect();
        assert_eq!(found.join(", "), expected, "{text}");
    }

    #[test]
    fn passives_look_left() {
        check("Three people were killed and twelve wounded.", "Killed 3 People, Injured 12 People");
        check("At least 15 farmers in two villages near Orlo had been killed.", "Killed 15- People");
        check("Nine civilians, including two girls, were hurt.", "Injured 9 Civilians, Injured 2 Children part");
        check("Two guards and a nurse were injured.", "Injured 2 Police, Injured 1 Responders");
        check("It says 14 people who were at the market were killed.", "Killed 14 People");
    }

    #[test]
    fn actives_look_right() {
        check("The blast killed 12 people, including two children.", "Killed 12 People, Killed 2 Children part");
        check("A shell hit the pier, killing a woman and injuring her two sons.", "Killed 1 Women, Injured 2 People");
        check("The attack, which left 40 people injured, ended.", "Injured 40 People");
        check("Rebels lost 30 fighters.", "Killed 30 Militants");
        check("6 villagers killed 22 injured in raids", "Killed 6 People, Injured 22 People");
    }

    #[test]
    fn nouns_carry_harm() {
        check("The killing of 26 tourists shocked them.", "Killed 26 People");
        check("The death toll from the quake rose to 1,200.", "Killed 1200 People");
        check("There were two fatalities and 84 people were hurt.", "Killed 2 People, Injured 84 People");
        check("The storm left 10 dead and 30 missing.", "Killed 10 People, Missing 30 People");
        check("The dead include a nurse and two pupils.", "Killed 1 Responders part, Killed 2 People part");
    }

    #[test]
    fn what_did_not_happen_is_not_read() {
        check("The group threatened to kill 12 hostages.", "");
        check("A spill would kill 12 divers.", "");
        check("They destroyed 12 houses.", "");
    }
}
