//! Words of harm joined to the people they harm: who was killed, how many were hurt.
//!
//! Each word of harm looks for its people where its grammar puts them: an active verb to its right, a passive or
//! intransitive one to its left, a noun behind "of". Lists share their predicate ("two guards and a nurse were killed"),
//! predicates share their people ("were killed or hurt"), and "including" gives parts of the nearest figure.

mod bearing;
mod figures;
mod subject;

use std::ops::Range;

use super::people::{Head, People};
use super::units::{Unit, Units};
use super::words::{Form, Role};
use crate::news::kinds::toll::{Change, Group, Measure};

/// "Denied a report by the opposition that": the verb and its "that" stand no further apart.
const DENIAL_UNITS_MAX: usize = 8;
/// Who did it stands no further behind the verb: "captured on Monday by rebel fighters".
const AGENT_UNITS_MAX: usize = 8;
/// "Inflicted on", and on whom, stand no further from the figure.
const INFLICTED_UNITS_MAX: usize = 4;
/// Fewer who fled are rather those who ran from what they did.
const FLIGHT_COUNT_MIN: u64 = 6;
/// "An earlier count of" stands no further before its figure.
const SUPERSEDED_UNITS_MAX: usize = 5;
/// A noun and its relative pronoun stand no further apart.
const EMBEDDING_UNITS_MAX: usize = 12;

/// Who is lost by dying, when the group does not tell.
const LOST_NOUNS: [&str; 12] = [
    "people",
    "men",
    "persons",
    "relatives",
    "cousins",
    "brothers",
    "brother",
    "sons",
    "son",
    "father",
    "husband",
    "parents",
];

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
    /// A figure that another has replaced: "up from 44", "an earlier count of 15".
    pub is_superseded: bool,
}

/// One sentence with its noun phrases and harms.
#[derive(Debug)]
pub struct Clauses<'t> {
    pub units: Units<'t>,
    pub people: Vec<People>,
    pub harms: Vec<Harm>,
    inherited: Option<Measure>,
    /// The group of the one person told of last, for whom a pronoun stands.
    person: Option<Group>,
    /// By unit: the phrase that starts or ends there.
    starts: Vec<Option<usize>>,
    ends: Vec<Option<usize>>,
}

impl<'t> Clauses<'t> {
    /// Reads the harms of a sentence; `inherited` is the measure told last, of which the sentence may give parts.
    pub fn read(units: Units<'t>, inherited: Option<Measure>, person: Option<Group>) -> Self {
        let people = People::all(&units);
        let mut starts = vec![None; units.len() + 1];
        let mut ends = vec![None; units.len() + 1];
        for (index, phrase) in people.iter().enumerate() {
            starts[phrase.units.start] = Some(index);
            ends[phrase.units.end] = Some(index);
        }
        let mut clauses = Self { units, people, harms: Vec::new(), inherited, person, starts, ends };
        for at in 0..clauses.units.len() {
            clauses.read_predicate(at);
        }
        clauses.read_told_by_phrase();
        clauses.read_company();
        clauses.read_parts();
        clauses.read_superseded();
        clauses.read_ended();
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

    /// "Had killed", "had been killed"
    pub fn is_pluperfect(&self, at: usize) -> bool {
        let group = &self.units.units[self.verb_start(at)..at];
        group.iter().any(|unit| unit.text.eq_ignore_ascii_case("had"))
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
        self.read_bare_report(at);
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
            let mut people = self.subject(self.verb_start(at));
            if measure == Measure::Displaced {
                people.retain(|people| self.is_driven_out(*people));
            }
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
            let people: Vec<usize> = self.objects(at + 1).into_iter().filter(|people| self.is_loss(*people)).collect();
            self.push(measure, &people, at..at + 1, false);
        }
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
        // "The injured Ann Ito" and "one shot was fired" are no verbs.
        let is_attribute =
            self.before(at).is_some_and(|(_, unit)| unit.word.is_any(&[Role::Determiner, Role::Indefinite]));
        if is_attribute || self.unit(at + 1).is_some_and(|next| next.is(Role::Be)) {
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
        // "Eleven were hurt, with two in a critical condition": what tells a degree gives a part.
        let is_degree = start == at
            && !self.units.units[at].is(Role::PlainHarm)
            && people.first().is_some_and(|first| {
                let phrase = &self.people[*first];
                phrase.head == Head::Count && self.measure_before(phrase.units.start) == Some(measure)
            });
        self.push(measure, &people, at..at + 1, is_degree);
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
        next.word.is_any(&[Role::Determiner, Role::Indefinite, Role::Pronoun, Role::Thing])
            // "Captured many towns"
            || next.count().is_some() && self.unit(at + 1).is_some_and(|next| next.is(Role::Thing))
            || next.is_name && !next.is(Role::Preposition) && next.date().is_none()
            || ["him", "them", "himself", "herself", "themselves", "us", "me", "what"]
                .iter()
                .any(|word| next.text.eq_ignore_ascii_case(word))
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
                && self.units.units[predicate.start].word.harm(Form::Intransitive).is_none();
            let is_saved = self.units.units[predicate.start.saturating_sub(3)..predicate.start].iter().any(|unit| {
                unit.word.harm(Form::Past) == Some(Measure::Rescued)
                    || unit.word.harm(Form::Base) == Some(Measure::Rescued)
            }) && measure == Measure::Killed;
            if is_loose_name || is_saved {
                continue;
            }
            let is_known = self.harms.iter().any(|harm| harm.people == *index && (harm.measure == measure || is_part));
            // "Shot him dead": the state tells how it ended.
            if measure == Measure::Killed && phrase.units.end == predicate.start {
                let verb = phrase.units.start;
                self.harms.retain(|harm| {
                    harm.people != *index || harm.measure != Measure::Injured || harm.predicate.end != verb
                });
            }
            let is_plain = self.units.units[predicate.start].word.is(Role::PlainHarm)
                || self.units.units[predicate.clone()].iter().any(|unit| unit.word.is(Role::PlainHarm));
            if phrase.head == Head::Unknown && !is_plain {
                continue;
            }
            let measure = self.seized(measure, phrase, predicate.end);
            let Some(measure) = fitting(measure, phrase).filter(|_| is_counted && !is_known) else { continue };
            let reality = self.reality(&predicate);
            let is_of_told = phrase.of_them && (phrase.head == Head::Count || phrase.measure.is_some());
            let is_part = is_part || is_of_told && self.is_of_them(phrase);
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
                is_superseded: self.is_superseded(phrase.units.start),
            });
        }
    }

    /// Captured by an armed band, who is no soldier is abducted.
    fn seized(&self, measure: Measure, phrase: &People, end: usize) -> Measure {
        let is_soldier = matches!(phrase.group, Group::Military | Group::Militants | Group::Police);
        let ahead = &self.units.units[end..self.units.len().min(end + AGENT_UNITS_MAX)];
        let by = ahead.iter().position(|unit| unit.text.eq_ignore_ascii_case("by"));
        let is_band = by.is_some_and(|by| {
            ahead[by..].iter().take_while(|unit| !unit.ends_phrase()).any(|unit| {
                let group = unit.word.person.map(|(group, _)| group).or(unit.word.modifier);
                group == Some(Group::Militants)
            })
        });
        if measure == Measure::Captured && !is_soldier && is_band { Measure::Abducted } else { measure }
    }

    /// "An earlier count of 15", "the first figure of 12": another has replaced it.
    fn is_superseded(&self, at: usize) -> bool {
        let before = &self.units.units[at.saturating_sub(SUPERSEDED_UNITS_MAX)..at];
        before.windows(2).any(|pair| pair[0].is(Role::Earlier) && pair[1].is(Role::Figure))
    }

    /// The group of the one person told of last: the antecedent of a pronoun in the next sentence.
    pub fn last_person(&self) -> Option<Group> {
        let ones = self.people.iter().rev().filter(|people| {
            people.head == Head::Known
                && people.count.as_ref().is_some_and(|count| count.low == Some(1) && count.high == Some(1))
        });
        ones.map(|people| people.group).find(|group| *group != Group::People)
    }

    /// A bare count takes its group from the figure it is told with: "eight guards were killed and 10 hurt".
    fn group_of(&self, phrase: &People, predicate: &Range<usize>) -> Group {
        if phrase.head == Head::Pronoun {
            let before = self.people.iter().rev().filter(|other| other.units.end <= phrase.units.start);
            let one = before.filter(|other| {
                other.head == Head::Known && other.count.as_ref().is_some_and(|count| count.low == Some(1))
            });
            return one.map(|other| other.group).next().or(self.person).unwrap_or_default();
        }
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
        // "Inflicted ten casualties on the army"
        if phrase.group == Group::People
            && let Some(group) = self.struck_group(phrase)
        {
            return group;
        }
        let bearer = phrase.group == Group::People && self.bears(predicate.start);
        bearer.then(|| self.bearer(predicate.start)).flatten().unwrap_or(phrase.group)
    }

    /// Whom the losses are inflicted on.
    fn struck_group(&self, phrase: &People) -> Option<Group> {
        let before = &self.units.units[phrase.units.start.saturating_sub(INFLICTED_UNITS_MAX)..phrase.units.start];
        let is_inflicted = before.iter().any(|unit| unit.text.to_ascii_lowercase().starts_with("inflict"));
        self.unit(phrase.units.end).filter(|on| is_inflicted && on.text.eq_ignore_ascii_case("on"))?;
        let behind = self.units.units[phrase.units.end + 1..].iter().take(INFLICTED_UNITS_MAX);
        behind
            .take_while(|unit| !unit.ends_phrase())
            .find_map(|unit| unit.word.person.map(|(group, _)| group).or(unit.word.modifier))
    }

    /// Whether the figure is an army's or a band's loss: "suffered 400 casualties", "lost 35 men".
    fn bears(&self, at: usize) -> bool {
        // "Have", "with" and "causing" bear an injury, and are none of a loss.
        self.units.units[at.saturating_sub(3)..=at].iter().any(|unit| {
            let bears = ["suffer", "sustain"].iter().any(|verb| unit.text.to_ascii_lowercase().starts_with(verb));
            unit.word.harm(Form::Lose).is_some() || unit.word.harm(Form::Suffer).is_some() && bears
        })
    }

    fn bearer(&self, at: usize) -> Option<Group> {
        let before = self.units.units[..at].iter().rev().take(8);
        let group = before
            .filter_map(|unit| unit.word.modifier.or(unit.word.person.map(|(group, _)| group)))
            .find(|group| *group != Group::People);
        group.filter(|group| matches!(group, Group::Military | Group::Militants | Group::Police))
    }

    /// Whether flight makes them displaced: not the few who run from a deed, nor an armed band.
    fn is_driven_out(&self, people: usize) -> bool {
        let phrase = &self.people[people];
        let is_armed = matches!(phrase.group, Group::Militants | Group::Military | Group::Police);
        let is_few = phrase.count.as_ref().is_some_and(|count| {
            let size = count.low.or(count.high);
            size.is_some_and(|size| size < FLIGHT_COUNT_MIN)
        });
        !is_armed && !is_few
    }

    /// Whether the loss of the people is their death: an army's of its men, a family's of its own, no club's of its players.
    fn is_loss(&self, people: usize) -> bool {
        let phrase = &self.people[people];
        let noun = self.noun(phrase);
        phrase.head == Head::Known && (phrase.group != Group::People || LOST_NOUNS.contains(&noun.as_str()))
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

    /// "Denied that", "denied a report that", "rejected claims that 12 had died".
    fn is_denied(&self, at: usize) -> bool {
        let open = (0..at).rev().take_while(|index| !self.units.units[*index].ends_phrase());
        let mut that = None;
        for index in open {
            let unit = &self.units.units[index];
            if unit.text.eq_ignore_ascii_case("that") {
                that = Some(index);
            }
            if unit.is(Role::Deny) {
                return that.is_some_and(|that| that - index <= DENIAL_UNITS_MAX);
            }
        }
        false
    }

    /// "Would not say whether three had been hurt", "if 12 were killed".
    fn is_asked(&self, at: usize) -> bool {
        let mut open = (0..at).rev().map(|index| &self.units.units[index]).take_while(|unit| !unit.ends_phrase());
        let leads = open.find(|unit| unit.is(Role::Subordinator) || unit.is(Role::Relative));
        leads.is_some_and(|unit| unit.is_any_text(&["whether", "if"]))
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
        let is_denied = self.is_denied(start);
        if group.iter().any(|unit| unit.is(Role::Modal) || unit.is(Role::Negation))
            || is_infinitive
            || supposed
            || is_denied
            || self.is_asked(start)
        {
            return Reality::Unreal;
        }
        let is_feared = ["feared", "presumed", "believed"]
            .iter()
            .any(|verb| self.units.slice(predicate.clone()).to_lowercase().contains(verb));
        if is_feared {
            return Reality::Supposed;
        }
        let near = &self.units.units[start.saturating_sub(3)..start];
        let is_finite = word.harm(Form::Past).is_some() || word.harm(Form::Intransitive).is_some() || told;
        if !is_finite
            && near.iter().any(|unit| unit.is(Role::Intention))
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
    use super::super::words::Tags;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read_text = Text::read(text);
        let clauses = Clauses::read(
            Units::read(&read_text, &Tags::read(&read_text), &read_text.sentences[0], Calendar::past(None)),
            None,
            None,
        );
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
        check(
            "The blast killed 12 people, including two children, the mayor, Ilo Karve, said.",
            "Killed 12 People, Killed 2 Children part",
        );
        check("The strike injured 41 people, the mayor said on Tuesday.", "Injured 41 People");
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
    fn what_remains_is_a_verb_before_a_state() {
        check("One person remains missing.", "Missing 1 People");
        check("Two sailors were killed and one diver remains in hospital.", "Killed 2 People, Injured 1 People");
        check("A climber remains trapped near Orlo.", "Trapped 1 People");
        check("They found human remains and two bodies.", "Killed 2 People");
    }

    #[test]
    fn a_label_counts_nobody() {
        check("The fire injured 12 people, including 1: fire brigade.", "Injured 12 People");
    }

    #[test]
    fn what_did_not_happen_is_not_read() {
        check("The group threatened to kill 12 hostages.", "");
        check("A spill would kill 12 divers.", "");
        check("They destroyed 12 houses.", "");
    }
}
