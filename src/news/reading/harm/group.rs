//! Whose harm it is: the group of a figure that does not name it.

use std::ops::Range;

use super::super::people::{Head, People};
use super::super::units::Unit;
use super::super::words::{Form, Role};
use super::Clauses;
use crate::news::kinds::toll::Group;

/// "Inflicted on", and on whom, stand no further from the figure.
const INFLICTED_UNITS_MAX: usize = 4;
/// "The number of armed Chechen rebels": the noun stands within so many units.
const NUMBERED_UNITS_MAX: usize = 6;

impl Clauses<'_> {
    /// The group of the one person told of last: the antecedent of a pronoun in the next sentence.
    pub fn last_person(&self) -> Option<Group> {
        let ones = self.people.iter().rev().filter(|people| {
            people.head == Head::Known
                && people.count.as_ref().is_some_and(|count| count.low == Some(1) && count.high == Some(1))
        });
        ones.map(|people| people.group).find(|group| *group != Group::People)
    }

    /// A bare count takes its group from the figure it is told with: "eight guards were killed and 10 hurt".
    pub(super) fn group_of(&self, phrase: &People, predicate: &Range<usize>) -> Group {
        if phrase.head == Head::Pronoun {
            // "He" is no woman.
            let is_he = !self.units.units[phrase.units.start].text.eq_ignore_ascii_case("she");
            let fits = |group: &Group| !(is_he && *group == Group::Women);
            let before = self.people.iter().rev().filter(|other| other.units.end <= phrase.units.start);
            let one = before.filter(|other| {
                other.head == Head::Known && other.count.as_ref().is_some_and(|count| count.low == Some(1))
            });
            return one.map(|other| other.group).find(fits).or(self.person.filter(fits)).unwrap_or_default();
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
            && (other.count.as_ref().is_some_and(|count| count.low != Some(1)) || self.is_one_of_two(other, phrase))
            && other.units.end <= phrase.units.start
        {
            return group;
        }
        // "The number of rebels killed rose to 18"
        if phrase.head == Head::Count
            && let Some(group) = self.numbered_group(predicate.start)
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
        // "Lost 35 men", "the troops fled, leaving 220 men dead": men are those of the force told of.
        let are_men = phrase.group == Group::People
            && phrase.count.as_ref().is_some_and(|count| count.low != Some(1) || count.high != Some(1))
            && self.units.units[phrase.units.end - 1].text.eq_ignore_ascii_case("men");
        let is_lost = self.units.units[predicate.start].word.harm(Form::Lose).is_some();
        let is_left = || phrase.units.start.checked_sub(1).is_some_and(|leave| self.units.units[leave].is(Role::Leave));
        if bearer || are_men && is_left() {
            let group = self.bearer(if are_men { phrase.units.start } else { predicate.start });
            return group.or(Some(Group::Military).filter(|_| are_men && is_lost)).unwrap_or(phrase.group);
        }
        phrase.group
    }

    /// "One soldier dead and one wounded": both are soldiers, where "a gunman was shot and 12 were hurt" says nothing of the 12.
    fn is_one_of_two(&self, first: &People, second: &People) -> bool {
        let is_one = |people: &People| people.count.as_ref().is_some_and(|count| count.low == Some(1));
        is_one(first) && is_one(second) && self.units.units[first.units.start].count().is_some()
    }

    /// "The number of rebels killed in …"
    fn numbered_group(&self, at: usize) -> Option<Group> {
        self.unit(at).filter(|number| number.text.eq_ignore_ascii_case("number"))?;
        self.unit(at + 1).filter(|of| of.text.eq_ignore_ascii_case("of"))?;
        let named = self.units.units[at + 2..].iter().take_while(|unit| !unit.ends_phrase() && !unit.word.is_harm());
        let mut groups = named.take(NUMBERED_UNITS_MAX).filter_map(|unit| unit.word.person.map(|(group, _)| group));
        groups.next().filter(|group| *group != Group::People)
    }

    /// Whom the losses are inflicted on: "inflicted eight casualties [on the army]", "the casualties inflicted on the army".
    /// Nobody inflicts any but on those who fight.
    fn struck_group(&self, phrase: &People) -> Option<Group> {
        let near = phrase.units.start.saturating_sub(INFLICTED_UNITS_MAX)
            ..self.units.len().min(phrase.units.end + INFLICTED_UNITS_MAX);
        let open =
            self.units.units[phrase.units.end..near.end].iter().take_while(|unit| !matches!(unit.text, "." | ";"));
        let ends = phrase.units.end + open.count();
        let is_inflicted = |unit: &Unit| unit.text.to_ascii_lowercase().starts_with("inflict");
        let at = (near.start..ends).find(|index| is_inflicted(&self.units.units[*index]))?;
        let on = (at..self.units.len().min(phrase.units.end.max(at + 1) + 1))
            .find(|index| self.units.units[*index].text.eq_ignore_ascii_case("on"));
        let behind = on.into_iter().flat_map(|on| self.units.units[on + 1..].iter().take(INFLICTED_UNITS_MAX));
        let named = behind
            .take_while(|unit| !unit.ends_phrase())
            .find_map(|unit| unit.word.person.map(|(group, _)| group).or(unit.word.modifier));
        let is_loss = ["casualt", "loss", "dead"]
            .iter()
            .any(|noun| self.units.units[phrase.units.end - 1].text.to_ascii_lowercase().starts_with(noun));
        named.or(Some(Group::Military).filter(|_| is_loss))
    }

    /// "14 soldiers and two officers": officers listed with soldiers are an army's.
    pub(super) fn group_officers(&mut self) {
        let is_officer = |harm: &super::Harm| harm.group == Group::Police && harm.noun.starts_with("officer");
        for index in 0..self.harms.len() {
            let harm = &self.harms[index];
            let is_listed = self.harms.iter().any(|other| {
                other.predicate == harm.predicate && other.measure == harm.measure && other.group == Group::Military
            });
            if is_officer(harm) && is_listed {
                self.harms[index].group = Group::Military;
            }
        }
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
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn officers_are_those_of_their_force() {
        check("The rebels killed nine soldiers and two officers.", "Killed 9 Military, Killed 2 Military");
        check("A National Guard officer was wounded.", "Injured 1 Military");
        check("Four officers were hurt in the riot.", "Injured 4 Police");
    }

    #[test]
    fn men_are_those_of_the_force_told_of() {
        check("The troops fled, leaving 80 men dead.", "Killed 80 Military");
        check("Orlo lost 30 men on the frontier.", "Killed 30 Military");
        check("The fire left two men dead.", "Killed 2 People");
    }

    #[test]
    fn losses_are_inflicted_on_those_who_fight() {
        check("We inflicted nine casualties at the bridge.", "Affected 9 Military");
        check("The raid inflicted nine casualties on the rebels.", "Affected 9 Militants");
    }

    #[test]
    fn an_ellipsis_goes_on_with_the_group() {
        check("The raid left one rebel dead and one wounded.", "Killed 1 Militants, Injured 1 Militants");
        check("A rebel was killed and 12 wounded.", "Killed 1 Militants, Injured 12 People");
    }

    #[test]
    fn he_is_no_woman() {
        check("A woman fled, but they shot him dead.", "Killed 1 People");
    }
}
