//! Subjects, objects and lists: which people a predicate takes.

use super::super::people::Head;
use super::super::words::{Form, Role};
use super::Clauses;

/// A subject stands no further from its verb, in units; relative clauses and phrases of place lie between.
const SUBJECT_UNITS_MAX: usize = 40;
/// An aside between dashes is no longer.
const ASIDE_UNITS_MAX: usize = 20;

/// Where a phrase stands to the verb behind it.
#[derive(PartialEq, Eq)]
enum Place {
    Subject,
    /// Object of a preposition or of another verb, or a part: the subject stands further left.
    Skipped,
}

/// Units between an office and the verb of saying: ", Ihor Terekhov,", "at the city's hospital".
const TELLER_UNITS_MAX: usize = 7;

impl Clauses<'_> {
    /// The people that stand directly before `at`, with those listed before them.
    pub(super) fn adjacent_before(&self, at: usize) -> Vec<usize> {
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
    pub(super) fn subject(&self, start: usize) -> Vec<usize> {
        let mut at = start;
        let mut in_relative = false;
        // Whether a group without a count was passed, and a relative clause that it may stand in.
        let (mut passed, mut crossed) = (false, false);
        // "Was hit by a bullet and died": the second verb shares the subject of the first.
        let mut shares = self.before(start).is_some_and(|(_, unit)| unit.is(Role::And) && unit.text.len() <= 3);
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
                // "20 were hurt, two of whom are in a critical condition": the verb right behind is theirs.
                if is_whom && at == self.skip_back(start) && self.people[people].head == Head::Count {
                    return list;
                }
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
            if self.is_of_place(at) {
                // "Three guards at the camp where he died": what stands before is not who died.
                return Vec::new();
            }
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
            // "The remains of four" are no verb.
            let is_noun = at > 0 && self.units.units[at - 1].is(Role::Determiner);
            let is_verb = !is_noun && unit.word.is_any(&[Role::Be, Role::Have, Role::Modal])
                || unit.word.harm(Form::Intransitive).is_some();
            if is_verb && !in_relative {
                // A finite verb between: either the clause of "who …", which is stepped over, or another clause.
                let opens = self.verb_start(at + 1);
                match self.before(opens) {
                    Some((_, unit)) if unit.is(Role::Relative) => in_relative = true,
                    _ if shares => {
                        shares = false;
                        at = opens;
                        continue;
                    }
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

    /// "Where", "in which": leads a clause with a subject of its own.
    fn is_of_place(&self, at: usize) -> bool {
        let unit = &self.units.units[at];
        let is_led = at > 0 && self.units.units[at - 1].is(Role::Preposition);
        unit.text.eq_ignore_ascii_case("where") || is_led && unit.text.eq_ignore_ascii_case("which")
    }

    /// Where the aside opens that closes right before `at`: "Three people - two adults and a child - were".
    pub(super) fn aside_before(&self, at: usize) -> Option<usize> {
        let close = self.units.units[at.checked_sub(1)?].text;
        let open = match close {
            ")" => "(",
            "-" | "–" | "—" => close,
            _ => return None,
        };
        (at.saturating_sub(ASIDE_UNITS_MAX)..at - 1).rev().find(|index| self.units.units[*index].text == open)
    }

    pub(super) fn skip_back(&self, at: usize) -> usize {
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
        // "Attacked two officers and was shot": the object of a verb that is no harm.
        let is_other_object = before.text.len() > 4
            && before.text.to_ascii_lowercase().ends_with("ed")
            && !before.word.is_any(&[Role::Say, Role::SaidOf])
            && !before.is_name;
        if is_other_object {
            return Place::Skipped;
        }
        if before.is(Role::And) && before.text.len() > 3 {
            return Place::Skipped;
        }
        Place::Subject
    }

    /// A phrase and those listed before it: "two guards, a nurse and [four rebels]".
    pub(super) fn list_before(&self, last: usize) -> Vec<usize> {
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
                // "Held by demonstrators and three were killed": a bare count does not go on with a group.
                let goes_on = phrase.count.is_some() || self.people[first].head != Head::Count;
                phrase.measure.is_none() && goes_on
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
    pub(super) fn objects(&self, at: usize) -> Vec<usize> {
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
    pub(super) fn is_claimed(&self, people: usize) -> bool {
        let end = self.skip_adverbs(self.people[people].units.end);
        self.unit(end).is_some_and(|next| {
            let is_verb = next.word.harm(Form::Past).is_some()
                || next.word.harm(Form::State).is_some()
                || next.word.harm(Form::Intransitive).is_some();
            is_verb || next.word.is_any(&[Role::Be, Role::Have])
        })
    }

    /// A phrase and those listed behind it, as far as they are not subjects of another clause.
    pub(super) fn list_after(&self, first: usize) -> Vec<usize> {
        let mut list = vec![first];
        let mut last = first;
        while let Some(next) = self.next_in_list(self.people[last].units.end) {
            if self.people[next].measure.is_some() && self.people[first].measure.is_none() {
                break;
            }
            if self.is_claimed(next) && !self.is_lone_part(next) {
                break;
            }
            // "injured 41 people, the mayor said": who tells it is not one of them.
            let end = self.skip_adverbs(self.people[next].units.end);
            if self.unit(end).is_some_and(|verb| verb.is(Role::Say)) || self.is_teller(last, next) {
                break;
            }
            list.push(next);
            last = next;
        }
        list
    }

    /// "including four children, [the mayor], Ihor T., said": a last phrase without "and" leads to who tells it.
    fn is_teller(&self, last: usize, next: usize) -> bool {
        let is_link = |at: &usize| self.unit(*at).is_some_and(|unit| unit.is(Role::And) || unit.is(Role::Or));
        if (self.people[last].units.end..self.people[next].units.start).any(|at| is_link(&at)) {
            return false;
        }
        let rest = self.people[next].units.end..self.people[next].units.end + TELLER_UNITS_MAX;
        let mut rest = rest.take_while(|at| !is_link(at)).filter_map(|at| self.unit(at));
        rest.any(|unit| unit.is(Role::Say))
    }

    /// A phrase already stands for a figure of its own.
    pub(super) fn is_lone_part(&self, people: usize) -> bool {
        self.people[people].measure.is_some()
    }

    pub(super) fn next_in_list(&self, end: usize) -> Option<usize> {
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
    pub(super) fn of_object(&self, at: usize) -> Option<Vec<usize>> {
        let of = self.unit(at + 1).filter(|unit| unit.text.eq_ignore_ascii_case("of"))?;
        debug_assert!(of.is(Role::Preposition));
        let people = self.starts.get(at + 2).copied().flatten()?;
        Some(self.list_after(people))
    }
}
