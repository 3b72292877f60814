//! Figures told otherwise than by a verb: tolls, parts, company, lists by place, phrases that tell their harm.

use super::super::people::Head;
use super::super::units::Unit;
use super::super::words::{Form, Role};
use super::{Clauses, Harm};
use crate::news::kinds::toll::{Change, Group, Measure};

/// A running figure stands no further behind its noun ("the number of people hurt in … rose to 101").
const TOLL_UNITS_MAX: usize = 40;

/// "Are still thought to be alive" is no longer.
const ALIVE_UNITS_MAX: usize = 7;

impl Clauses<'_> {
    /// "The number of rebels killed in …": the measure of what is numbered.
    pub(super) fn number_of(&self, at: usize) -> Option<Measure> {
        self.unit(at + 1).filter(|of| of.text.eq_ignore_ascii_case("of"))?;
        let named = (at + 2..self.units.len().min(at + 8)).map(|index| self.units.units[index].word);
        named.take_while(|word| !word.is_any(&[Role::Be, Role::Have])).find_map(|word| {
            let told = word.harm(Form::Past).or(word.harm(Form::State)).or(word.harm(Form::CountedNoun));
            told.or(word.harm(Form::Intransitive))
        })
    }

    /// "The death toll [from …] rose from 90 to 101", "a death toll of 12".
    pub(super) fn read_toll(&mut self, at: usize, measure: Measure) {
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
                // "Revised the toll down to eight": the verb stands before its object.
                self.direction(index).or(change)
            };
            let Some(people) = self.starts[index] else { continue };
            let Some(count) = self.people[people].count.clone() else { continue };
            let before = &self.units.units[index - 1];
            if before.text.eq_ignore_ascii_case("from") {
                previous = count.low;
                self.push_superseded(measure, people, at);
                continue;
            }
            let leads = before.is(Role::Hold)
                || before.is(Role::Be)
                || self.before(index).is_some_and(|(_, unit)| unit.is(Role::Hold));
            let is_of = before.text.eq_ignore_ascii_case("of");
            if leads && (!is_of || index == at + 2) {
                self.push(measure, &[people], at..at + 1, false);
                // "To 84 from 112", "58, up from 44"
                let from = self.figure_before(self.people[people].units.end);
                if let Some((from, low)) = from {
                    previous = low;
                    change = change.or(Some(Change::Rose).filter(|_| count.low > low));
                    self.push_superseded(measure, from, at);
                }
                if let Some(harm) = self.harms.iter_mut().rfind(|harm| harm.people == people) {
                    harm.change = change;
                    harm.previous = previous;
                }
                break;
            }
        }
    }

    /// "Down to", "up to" behind the toll, where "up to" bounds no count.
    fn direction(&self, at: usize) -> Option<Change> {
        let unit = self.unit(at)?;
        let leads = self.unit(at + 1).is_some_and(|to| to.is_any_text(&["to", "from"]));
        if unit.is_any_text(&["down", "downward", "downwards"]) && leads {
            Some(Change::Fell)
        } else if unit.is_any_text(&["up", "upward", "upwards"]) && leads {
            Some(Change::Rose)
        } else {
            None
        }
    }

    /// The figure behind "from" or ", up from": what was counted before.
    fn figure_before(&self, end: usize) -> Option<(usize, Option<u64>)> {
        let mut at = end;
        while self.unit(at).is_some_and(|unit| unit.text == "," || unit.is_any_text(&["up", "down"])) && at < end + 2 {
            at += 1;
        }
        self.unit(at).filter(|unit| unit.text.eq_ignore_ascii_case("from"))?;
        let people = self.starts.get(at + 1).copied().flatten()?;
        let count = self.people[people].count.as_ref()?;
        Some((people, count.low))
    }

    fn push_superseded(&mut self, measure: Measure, people: usize, at: usize) {
        self.push(measure, &[people], at..at + 1, false);
        if let Some(harm) = self.harms.iter_mut().rfind(|harm| harm.people == people) {
            harm.is_superseded = true;
        }
    }

    /// "The ministry gave a figure of 35", "had confirmed 22": a bare figure goes on with what was counted before.
    pub(super) fn read_bare_report(&mut self, at: usize) {
        if !self.units.units[at].is(Role::Reckon) {
            return;
        }
        let Some(people) = (at + 1..self.units.len().min(at + 5)).find_map(|index| self.starts[index]) else { return };
        let phrase = &self.people[people];
        let between = &self.units.units[at + 1..phrase.units.start];
        let leads = between.iter().all(|unit| {
            unit.word.is_any(&[Role::Indefinite, Role::Determiner, Role::Figure, Role::Hold, Role::Earlier])
                || unit.is_mark()
        });
        let ends = self.unit(phrase.units.end).is_none_or(|next| {
            next.is_mark()
                || next.is(Role::Time)
                || next.date().is_some()
                || next.is(Role::Preposition)
                    && self.unit(phrase.units.end + 1).is_some_and(|time| time.is(Role::Determiner))
        });
        if phrase.head != Head::Count || !leads || !ends || self.harms.iter().any(|harm| harm.people == people) {
            return;
        }
        let before = self.harms.iter().rfind(|harm| self.people[harm.people].units.end <= at).map(|harm| harm.measure);
        if let Some(measure) = before.or(self.inherited) {
            self.push(measure, &[people], at..at + 1, false);
        }
    }

    /// "Up from 44": what was counted before, behind a verb that tells the figure of now.
    pub(super) fn read_superseded(&mut self) {
        for index in 0..self.harms.len() {
            let harm = &self.harms[index];
            let (measure, at, whole) = (harm.measure, harm.predicate.start, harm.people);
            let ups = (self.people[whole].units.end..self.units.len()).find(|up| {
                let unit = &self.units.units[*up];
                unit.is_any_text(&["up", "down"])
                    && self.unit(up + 1).is_some_and(|from| from.text.eq_ignore_ascii_case("from"))
            });
            let Some(up) = ups else { continue };
            let Some((people, low)) = self.figure_before(up) else { continue };
            if self.people[people].head == Head::Count && !self.harms.iter().any(|harm| harm.people == people) {
                let rose = self.units.units[up].text.eq_ignore_ascii_case("up");
                self.harms[index].previous = low;
                self.harms[index].change = Some(if rose { Change::Rose } else { Change::Fell });
                self.push_superseded(measure, people, at);
                return;
            }
        }
    }

    /// "The 36 who were missing are safe and no one is missing any more": the state is over for all.
    pub(super) fn read_ended(&mut self) {
        for measure in [Measure::Missing, Measure::Trapped] {
            let is_of = |harm: &Harm| harm.measure == measure;
            if self.harms.iter().any(|harm| is_of(harm) && self.people[harm.people].is_nobody) {
                let told = self.harms.iter_mut().filter(|harm| is_of(harm) && !self.people[harm.people].is_nobody);
                told.for_each(|harm| harm.is_superseded = true);
            }
        }
    }

    /// Phrases that tell their harm themselves: "10 dead", "28 dead hostages", "two fatalities".
    pub(super) fn read_told_by_phrase(&mut self) {
        for index in 0..self.people.len() {
            let phrase = &self.people[index];
            let Some(measure) = phrase.measure else { continue };
            let units = phrase.units.clone();
            let last = &self.units.units[units.end - 1];
            let is_lives = last.text.eq_ignore_ascii_case("lives");
            let is_taken = units.start.saturating_sub(4)..units.start;
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
    pub(super) fn read_company(&mut self) {
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

    /// A bare count right before a colon.
    fn is_label(&self, people: usize) -> bool {
        let phrase = &self.people[people];
        phrase.head == Head::Count && self.unit(phrase.units.end).is_some_and(|next| next.text == ":")
    }

    /// "including 23 children", "three of them children", "the dead include a nurse".
    pub(super) fn read_parts(&mut self) {
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
                let mut list = self.list_after(first);
                // "Including 1: fire brigade": a label's number counts nobody.
                list.retain(|people| !self.is_label(*people));
                self.push(measure, &list, at..at + 1, true);
            }
        }
        self.read_places_list();
        for at in 1..self.units.len() {
            // "Ten children were among 17 people killed"
            let is_among =
                self.units.units[at].text.eq_ignore_ascii_case("among") && self.units.units[at - 1].is(Role::Be);
            let whole = self.starts[at + 1].filter(|_| is_among);
            let measure =
                whole.and_then(|whole| self.harms.iter().find(|harm| harm.people == whole)).map(|harm| harm.measure);
            if let Some(measure) = measure {
                let people = self.subject(self.verb_start(at));
                self.push(measure, &people, at..at + 1, true);
            }
        }
        for index in 0..self.people.len() {
            let phrase = &self.people[index];
            let end = phrase.units.end;
            let be = usize::from(self.unit(end).is_some_and(|unit| unit.is(Role::Be)));
            // "97 of the dead were women"
            let whole = self.harms.iter().position(|harm| harm.people == index);
            let is_noun = phrase.of_them && be == 1;
            if let Some(harm) = whole.filter(|_| is_noun)
                && let Some(noun) = self.starts.get(end + 1).copied().flatten()
                && self.people[noun].group != Group::People
            {
                self.harms[harm].group = self.people[noun].group;
            }
            if phrase.head != Head::Count || whole.is_some() {
                continue;
            }
            // "two of them seriously", "28 of them in the past day"
            let is_of_them = phrase.of_them && phrase.units.len() > 1;
            let is_degree = is_of_them
                && (self.unit(end).is_some_and(Unit::is_adverb) && self.unit(end + 1).is_none_or(Unit::is_mark)
                    || self.unit(end).is_none_or(|next| next.is(Role::Preposition) || next.text == "."));
            if is_degree && let Some(measure) = self.measure_before(phrase.units.start) {
                self.push(measure, &[index], phrase.units.clone(), true);
                continue;
            }
            // "58 hostages remain, up to 23 of whom are believed to be alive": they are held still.
            if is_of_them
                && self.lives(end)
                && let Some(Measure::Abducted) = self.measure_before(phrase.units.start)
            {
                self.push(Measure::Abducted, &[index], phrase.units.clone(), true);
                if let Some(harm) = self.harms.last_mut() {
                    harm.is_standing = true;
                }
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
    }

    /// "are believed to be alive", right behind the people.
    fn lives(&self, end: usize) -> bool {
        let behind = self.units.units[end..self.units.len().min(end + ALIVE_UNITS_MAX)].iter();
        behind.take_while(|unit| !unit.is_mark()).any(|unit| unit.is_any_text(&["alive", "living"]))
    }

    /// "killed three people in Orlo, two in Maro and one in Vint": counts that differ by place share their predicate.
    pub(super) fn read_places_list(&mut self) {
        for index in 0..self.people.len() {
            let phrase = &self.people[index];
            let units = phrase.units.clone();
            if phrase.head != Head::Count
                || phrase.of_them
                || units.start == 0
                || self.harms.iter().any(|harm| harm.people == index)
            {
                continue;
            }
            let joint = &self.units.units[units.start - 1];
            let joins = joint.text == "," || joint.is(Role::And) && joint.text.len() <= 3;
            let placed = self.unit(units.end).is_some_and(|next| {
                ["in", "at", "near", "outside"].iter().any(|word| next.text.eq_ignore_ascii_case(word))
            });
            let is_name = self.unit(units.end + 1).is_some_and(|next| next.is_name || next.is(Role::Determiner));
            if joins
                && placed
                && is_name
                && let Some(harm) = self.harms.iter().rfind(|harm| harm.predicate.end <= units.start && !harm.is_part)
            {
                let (measure, predicate) = (harm.measure, harm.predicate.clone());
                self.push(measure, &[index], predicate, false);
            }
        }
    }

    /// The measure of the nearest harm to the left.
    pub(super) fn measure_before(&self, at: usize) -> Option<Measure> {
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
    pub(super) fn refers_back(&self, at: usize) -> bool {
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
}
