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
    /// The units of the predicate.
    pub predicate: Range<usize>,
    /// A part of a figure told with it.
    pub is_part: bool,
    pub change: Option<Change>,
    pub previous: Option<u64>,
    pub reality: Reality,
}

/// One sentence with its noun phrases and harms.
#[derive(Debug)]
pub struct Clauses<'t> {
    pub units: Units<'t>,
    pub people: Vec<People>,
    pub harms: Vec<Harm>,
    /// By unit: the phrase that starts or ends there.
    starts: Vec<Option<usize>>,
    ends: Vec<Option<usize>>,
}

impl<'t> Clauses<'t> {
    /// Reads the harms of a sentence.
    pub fn read(units: Units<'t>) -> Self {
        let people = People::all(&units);
        let mut starts = vec![None; units.len() + 1];
        let mut ends = vec![None; units.len() + 1];
        for (index, phrase) in people.iter().enumerate() {
            starts[phrase.units.start] = Some(index);
            ends[phrase.units.end] = Some(index);
        }
        let mut clauses = Self { units, people, harms: Vec::new(), starts, ends };
        for at in 0..clauses.units.len() {
            clauses.read_predicate(at);
        }
        clauses.read_told_by_phrase();
        clauses.read_parts();
        clauses.harms.sort_by_key(|harm| (harm.people, harm.predicate.start));
        clauses
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
        (at..self.units.len()).find(|index| !self.units.units[*index].is_adverb()).unwrap_or(self.units.len())
    }

    fn read_predicate(&mut self, at: usize) {
        let word = self.units.units[at].word;
        if !word.is_harm() || self.is_inside_phrase(at) {
            return;
        }
        if let Some(measure) = word.harm(Form::Toll) {
            self.read_toll(at, measure);
        }
        if let Some(measure) = word.harm(Form::Among) {
            let people = self.subject(self.verb_start(at));
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

    /// Whether the unit is part of a noun phrase: "28 dead hostages".
    fn is_inside_phrase(&self, at: usize) -> bool {
        self.people.iter().any(|people| people.measure.is_some() && people.units.contains(&at))
    }

    fn read_past(&mut self, at: usize, measure: Measure) {
        if self.unit(at + 1).is_some_and(|next| {
            next.text.eq_ignore_ascii_case("at") && self.units.units[at].text.eq_ignore_ascii_case("shot")
        }) {
            return;
        }
        let start = self.verb_start(at);
        let is_passive = (start..at).any(|index| self.units.units[index].is(Role::Be));
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
        while at > 0 && start - at < SUBJECT_UNITS_MAX {
            if let Some(people) = self.ends[at] {
                let phrase = &self.people[people];
                let opens = phrase.units.start;
                match self.role_of(people) {
                    Place::Subject => return self.list_before(people),
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

    fn skip_back(&self, at: usize) -> usize {
        self.before(at).map_or(0, |(index, _)| index + 1)
    }

    /// Whether the phrase can be a subject where it stands.
    fn role_of(&self, people: usize) -> Place {
        let opens = self.people[people].units.start;
        let Some((index, before)) = self.before(opens) else { return Place::Subject };
        let is_object =
            before.word.is_harm_verb() && before.word.harm(Form::Intransitive).is_none() && self.ends[index].is_none();
        if before.is(Role::Including) || before.is(Role::Preposition) || is_object || before.is(Role::Leave) {
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
                phrase.count.is_some() && phrase.measure.is_none() && self.role_of(*before) == Place::Subject
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
        let start = self.skip_adverbs(at);
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

    /// "The death toll [from …] rose from 90 to 101", "a death toll of 12".
    fn read_toll(&mut self, at: usize, measure: Measure) {
        let mut change = None;
        let mut previous = None;
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

    /// "including 23 children", "three of them children", "the dead include a nurse".
    fn read_parts(&mut self) {
        for at in 0..self.units.len() {
            if self.units.units[at].is(Role::Including)
                && let Some(measure) = self.measure_before(at)
                && let Some(first) = self.starts[self.skip_adverbs(at + 1)]
            {
                let list = self.list_after(first);
                self.push(measure, &list, at..at + 1, true);
            }
        }
        for index in 0..self.people.len() {
            let phrase = &self.people[index];
            if !(phrase.of_them && phrase.head == Head::Count) || self.harms.iter().any(|harm| harm.people == index) {
                continue;
            }
            let end = phrase.units.end;
            let be = usize::from(self.unit(end).is_some_and(|unit| unit.is(Role::Be)));
            let Some(noun) = self.starts.get(end + be).copied().flatten() else { continue };
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
        let told = self.before(at).map(|(_, unit)| unit).and_then(|unit| {
            unit.word.harm(Form::State).or(unit.word.harm(Form::Toll)).or(unit.word.harm(Form::CountedNoun))
        });
        let nearest = self.harms.iter().filter(|harm| self.people[harm.people].units.end <= at).max_by_key(|harm| {
            let people = self.people[harm.people].units.end;
            if harm.predicate.end <= at { people.max(harm.predicate.end) } else { people }
        });
        nearest.map(|harm| harm.measure).or(told)
    }

    fn push(&mut self, measure: Measure, people: &[usize], predicate: Range<usize>, is_part: bool) {
        for index in people {
            let phrase = &self.people[*index];
            let is_counted = phrase.count.is_some();
            let is_known = self.harms.iter().any(|harm| harm.people == *index && (harm.measure == measure || is_part));
            let Some(measure) = fitting(measure, phrase).filter(|_| is_counted && !is_known) else { continue };
            let reality = self.reality(&predicate);
            let is_part = is_part || phrase.of_them && phrase.head == Head::Count && self.is_of_them(phrase);
            self.harms.push(Harm {
                measure,
                people: *index,
                group: phrase.group,
                predicate: predicate.clone(),
                is_part,
                change: None,
                previous: None,
                reality,
            });
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
        if group.iter().any(|unit| unit.is(Role::Modal) || unit.is(Role::Negation)) || is_infinitive {
            return Reality::Unreal;
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
        let clauses = Clauses::read(Units::read(&read_text, &read_text.sentences[0], Calendar::past(None)));
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
