//! Verbs that are harm only with the right noun: "took 20 hostages", "suffered burns", "in exchange for 250 prisoners".

use super::super::people::Head;
use super::super::units::Unit;
use super::super::words::{Form, Role};
use super::Clauses;
use crate::news::kinds::toll::{Group, Measure};

impl Clauses<'_> {
    /// Verbs that are harm only with the right noun: "took 20 hostages", "suffered burns", "in exchange for 250 prisoners".
    pub(super) fn read_with_noun(&mut self, at: usize) {
        let word = self.units.units[at].word;
        if let Some(measure) = word.harm(Form::ExchangeFor) {
            let people = self.objects(at + 1);
            self.push(measure, &people, at..at + 1, false);
        }
        if let Some(measure) = word.harm(Form::Suffer)
            && let Some(noun) = (at + 1..self.units.len().min(at + 5))
                .find(|index| self.units.units[*index].word.harm(Form::InjuryNoun).is_some())
            // "Water had been cut off" is a verb.
            && self.units.units[at + 1..noun]
                .iter()
                .all(|unit| !unit.is_mark() && !unit.is(Role::Preposition) && !unit.is(Role::Be))
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
        // "Five people suffered in the attack."
        let is_alone = self.unit(at + 1).is_none_or(|next| {
            next.is_mark()
                || ["in", "as", "during", "when", "after"].iter().any(|word| next.text.eq_ignore_ascii_case(word))
        });
        if let Some(measure) = word.harm(Form::Suffer)
            && is_alone
            && self.units.units[at].text.to_ascii_lowercase().starts_with("suffered")
        {
            let people = self.subject(self.verb_start(at));
            self.push(measure, &people, at..at + 1, false);
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
            // "270 servicemen and 120 civilians came home": who is listed with those held was held.
            let is_of_held = people.iter().any(|index| self.is_held(*index));
            let held: Vec<usize> = people
                .into_iter()
                .filter(|index| is_of_held && !self.harms.iter().any(|harm| harm.people == *index))
                .collect();
            self.push(measure, &held, at..at + 1, false);
        }
        if let Some(measure) = word.harm(Form::Eliminate) {
            let start = self.verb_start(at);
            let is_passive = (start..at).any(|index| self.units.units[index].is(Role::Be));
            let people = if is_passive { self.subject(start) } else { self.objects(at + 1) };
            let fighters: Vec<usize> = people
                .into_iter()
                .filter(|index| matches!(self.people[*index].group, Group::Militants | Group::Military))
                .collect();
            self.push(measure, &fighters, at..at + 1, false);
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
            // "Of the 251 people taken hostage, 58 remain in Gaza"
            let goes_on = verb_only
                && people.iter().all(|index| self.people[*index].head == Head::Count)
                && self.harms.last().is_some_and(|harm| harm.measure == Measure::Abducted);
            if is_of_hostages || goes_on {
                self.push(measure, &people, at..at + 1, false);
            }
        }
    }

    /// Whether the people were held before: prisoners, hostages, soldiers, deported children.
    pub(super) fn is_held(&self, people: usize) -> bool {
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
}
