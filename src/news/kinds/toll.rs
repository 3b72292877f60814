//! Tolls: people harmed, moved, held or freed.
//!
//! The clauses of a sentence give harms (src/news/reading/harm.rs); here each becomes a claim with its event, place,
//! time and claimant, taken from its clause, else from the sentences before, else from the article as a whole. The same
//! claim made in several sentences is one, with the first sentence as its evidence.

use serde::{Deserialize, Serialize};

use crate::news::extract::{Claim, Stance, What};
use crate::news::reading::article::{LEAD_SENTENCES, ReadSentence, Reading};
use crate::news::reading::harm::{Harm, Reality};
use crate::news::reading::people::Head;
use crate::news::value::Count;

/// A killed or wounded figure of this size that runs over a campaign is the war's.
const WAR_COUNT_MIN: u64 = 1000;

/// "Still" stands right before its state, or before the verb that links it.
const STILL_UNITS_MAX: usize = 2;

/// What happened to the people counted. Measures are never mixed or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    Killed,
    Injured,
    Missing,
    Trapped,
    Displaced,
    Evacuated,
    Detained,
    Captured,
    Abducted,
    Released,
    Rescued,
    /// Lumped counts: "casualties", "killed or wounded".
    Affected,
}

/// Who was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    #[default]
    People,
    Children,
    Women,
    Civilians,
    Military,
    Police,
    Militants,
    Responders,
    Journalists,
    Officials,
}

/// What a count runs over. Figures of different scope are never compared or added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    #[default]
    Event,
    Period,
    Campaign,
}

/// What kind of happening did the harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Strike,
    Bombing,
    Shooting,
    Clash,
    Attack,
    Accident,
    Disaster,
    Disease,
    Unrest,
    Exchange,
    War,
    #[default]
    Other,
}

impl Event {
    pub const ALL: [Self; 12] = [
        Self::Strike,
        Self::Bombing,
        Self::Shooting,
        Self::Clash,
        Self::Attack,
        Self::Accident,
        Self::Disaster,
        Self::Disease,
        Self::Unrest,
        Self::Exchange,
        Self::War,
        Self::Other,
    ];

    /// As it is stored and chosen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strike => "strike",
            Self::Bombing => "bombing",
            Self::Shooting => "shooting",
            Self::Clash => "clash",
            Self::Attack => "attack",
            Self::Accident => "accident",
            Self::Disaster => "disaster",
            Self::Disease => "disease",
            Self::Unrest => "unrest",
            Self::Exchange => "exchange",
            Self::War => "war",
            Self::Other => "other",
        }
    }
}

/// The article's own word on how a figure moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Rose,
    Fell,
    Unchanged,
}

/// People harmed, moved, held or freed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Toll {
    pub measure: Measure,
    #[serde(flatten)]
    pub count: Count,
    pub group: Group,
    /// True for a part of a total: "including 23 children".
    pub part: bool,
    pub scope: Scope,
    pub event: Event,
    pub change: Option<Change>,
    /// The earlier figure, when the article gives it.
    pub previous: Option<u64>,
    /// "No one was killed": `low` and `high` are 0.
    pub negated: bool,
}

/// A toll as one sentence tells it, with what tells it from another.
#[derive(Debug)]
pub struct Told {
    claim: Claim,
    noun: String,
    /// The place stands in the sentence itself.
    is_placed: bool,
    /// "The woman", "the 12": told of before.
    is_definite: bool,
    /// "Another", "a second": not the one told of before.
    is_other: bool,
    is_pronoun: bool,
    is_named: bool,
}

/// The tolls of one sentence.
pub fn read(reading: &mut Reading, sentence: &ReadSentence) -> Vec<Told> {
    if reading.is_plot(sentence) {
        return Vec::new();
    }
    let real = sentence.clauses.harms.iter().filter(|harm| harm.reality != Reality::Unreal);
    real.map(|harm| told(reading, sentence, harm)).collect()
}

fn told(reading: &mut Reading, sentence: &ReadSentence, harm: &Harm) -> Told {
    let people = &sentence.clauses.people[harm.people];
    let at = harm.predicate.start;
    let setting = reading.setting(sentence, at, people.of_them || harm.is_part);
    let count = people.count.clone().unwrap_or_default();
    let size = count.low.or(count.high).unwrap_or(0);
    let mut time = setting.time;
    let is_mass = size >= WAR_COUNT_MIN
        || people
            .count
            .as_ref()
            .and_then(|count| count.words.as_deref())
            .is_some_and(|words| words.contains("thousands") || words.contains("million"));
    // No single happening of war kills thousands in a day: the figure runs over all of it.
    let is_of_a_day = matches!(harm.measure, Measure::Evacuated | Measure::Rescued);
    if is_mass
        && !is_of_a_day
        && !is_of_nature(setting.event)
        && !matches!(setting.event, Event::Accident | Event::Exchange)
        && (setting.event != Event::Other || harm.measure != Measure::Affected)
        && time.date.is_none()
        && time.scope == Scope::Event
    {
        time.scope = Scope::Campaign;
        time.current = Some(false);
    }
    if harm.is_superseded {
        time.current = Some(false);
    }
    if is_still(sentence, harm) {
        // The day is that of the count, not that of the happening; "last week" is no day to count on.
        time.date = time.date.filter(|date| date.start != date.end);
    }
    let is_standing = harm.is_standing && time.date.is_none() && time.scope == Scope::Event;
    let current = time.current.unwrap_or(!(is_standing || people.is_described && sentence.index >= LEAD_SENTENCES));
    let event = match setting.event {
        // What frees people is an exchange or release, what seizes them an attack, whatever else is told beside it.
        _ if harm.measure == Measure::Released || harm.measure == Measure::Killed && harm.noun == "hostages" => {
            Event::Exchange
        }
        _ if harm.measure == Measure::Abducted && time.scope == Scope::Event => Event::Attack,
        event if is_of_nature(event) => event,
        _ if time.scope == Scope::Campaign && size >= WAR_COUNT_MIN => Event::War,
        event => event,
    };
    let stance = if harm.reality == Reality::Supposed { Stance::Alleged } else { Stance::Reported };
    let claim = Claim {
        what: What::Toll(Toll {
            measure: harm.measure,
            count,
            group: harm.group,
            part: harm.is_part,
            scope: time.scope,
            event,
            change: harm.change,
            previous: harm.previous,
            negated: people.is_nobody,
        }),
        current,
        stance,
        claimant: setting.claimant,
        place: setting.place,
        date: time.date,
        evidence: vec![sentence.span],
    };
    Told {
        claim,
        noun: harm.noun.clone(),
        is_placed: setting.is_placed,
        is_definite: people.is_definite,
        is_other: people.of_them && !harm.is_part,
        is_pronoun: people.head == Head::Pronoun,
        is_named: people.head == Head::Name,
    }
}

/// What harms thousands without a war.
fn is_of_nature(event: Event) -> bool {
    matches!(event, Event::Disaster | Event::Disease)
}

/// "Two were still missing on Wednesday", "one remains in hospital": a state that goes on.
fn is_still(sentence: &ReadSentence, harm: &Harm) -> bool {
    let units = &sentence.clauses.units.units;
    let said = &units[harm.predicate.start.saturating_sub(STILL_UNITS_MAX)..harm.predicate.end];
    harm.measure != Measure::Killed
        && said.iter().any(|unit| unit.is_any_text(&["still", "remain", "remains", "remained", "remaining"]))
}

/// Nouns that any person may be called by.
const GENERAL_NOUNS: [&str; 9] = ["", "child", "person", "man", "woman", "victim", "civilian", "resident", "members"];

/// Small figures repeat by chance: below this, another group or place makes another claim.
const TELLING_COUNT_MIN: u64 = 5;

/// Drops tolls that repeat an earlier one.
pub fn merge(tolls: Vec<Told>) -> Vec<Claim> {
    let mut kept: Vec<Told> = Vec::with_capacity(tolls.len());
    for told in tolls {
        match kept.iter_mut().find(|known| is_same(known, &told)) {
            Some(known) => complete(&mut known.claim, told.claim),
            None => kept.push(told),
        }
    }
    kept.into_iter().map(|told| told.claim).collect()
}

fn is_same(known: &Told, other: &Told) -> bool {
    let (What::Toll(a), What::Toll(b)) = (&known.claim.what, &other.claim.what) else { return false };
    if a.measure != b.measure || a.negated != b.negated || !is_same_count(a, b) {
        return false;
    }
    let size = a.count.low.or(a.count.high);
    let is_small = size.is_some_and(|size| size < TELLING_COUNT_MIN);
    // "The deputy was killed", "he was killed": the one told of before.
    let is_the_one = size == Some(1)
        && other.is_definite
        && !other.is_named
        && (other.is_pronoun || b.group == Group::People || a.group == Group::People);
    let groups = a.group == b.group
        || is_the_one
        || !is_small
            && !a.part
            && !b.part
            && (a.group == Group::People || b.group == Group::People || known.noun == other.noun);
    let places = match (&known.claim.place, &other.claim.place) {
        (Some(a), Some(b)) if is_small && known.is_placed && other.is_placed => {
            a.name.contains(&b.name) || b.name.contains(&a.name) || a.contains(b) || b.contains(a)
        }
        _ => true,
    };
    let is_general = |noun: &str| GENERAL_NOUNS.contains(&noun);
    let nouns = size != Some(1)
        || known.noun == other.noun
        || other.is_definite
        || is_general(&known.noun)
        || is_general(&other.noun);
    groups && places && nouns && !(other.is_other && is_small)
}

/// "Seven" and "at least seven" are one figure, told more and less carefully.
fn is_same_count(a: &Toll, b: &Toll) -> bool {
    let loose =
        a.count.low.is_some() && a.count.low == b.count.low && (a.count.high.is_none() || b.count.high.is_none());
    a.count == b.count || loose && a.change.is_none() && b.change.is_none()
}

/// What the first mention leaves open, a later one may tell.
fn complete(known: &mut Claim, other: Claim) {
    known.claimant = known.claimant.take().or(other.claimant);
    known.place = known.place.take().or(other.place);
    known.date = known.date.or(other.date);
    if let (What::Toll(known), What::Toll(other)) = (&mut known.what, other.what) {
        if other.count.high.is_none() {
            known.count.high = None;
        }
        known.change = known.change.or(other.change);
        known.previous = known.previous.or(other.previous);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Change, Measure, Toll};
    use crate::news::article::{Article, Published};
    use crate::news::extract::{Claim, DateSpan, What, extract};

    fn toll_of(claim: Claim) -> Option<Toll> {
        match claim.what {
            What::Toll(toll) => Some(toll),
            _ => None,
        }
    }

    /// The tolls of an article of Tuesday 25 March 2025 and the days of what they tell.
    fn tolls(text: &str) -> Vec<(Toll, Option<DateSpan>)> {
        let published = Some(Published::On(date(2025, 3, 25)));
        let article = Article { text: text.to_owned(), published, ..Article::default() };
        extract(&article)
            .claims
            .into_iter()
            .filter_map(|claim| Some((claim.date, toll_of(claim)?)))
            .map(|(date, toll)| (toll, date))
            .collect()
    }

    /// The tolls of an article of Tuesday 25 March 2025, one a line.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let published = Some(Published::On(date(2025, 3, 25)));
        let article = Article { text: text.to_owned(), published, ..Article::default() };
        let tolls = extract(&article).claims.into_iter().filter_map(|claim| match &claim.what {
            What::Toll(toll) => {
                let low = toll.count.low.map_or("-".to_owned(), |low| low.to_string());
                let place = claim.place.as_ref().map_or("nowhere", |place| &place.name);
                let time = if claim.current { "news" } else { "history" };
                let says = claim.claimant.as_deref().unwrap_or("nobody");
                Some(format!(
                    "{:?} {low} {:?} {:?} {:?} in {place}, {time}, says {says}",
                    toll.measure, toll.group, toll.scope, toll.event
                ))
            }
            _ => None,
        });
        assert_eq!(tolls.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn a_toll_with_its_event_place_and_claimant() {
        check(
            "Shelling killed two nurses in Kherson on Monday, the regional governor said.",
            &["Killed 2 Responders Event Strike in Kherson, news, says regional governor"],
        );
        check(
            "At least 14 people were hurt in Sumy when a car bomb exploded, according to police.",
            &["Injured 14 People Event Bombing in Sumy, news, says police"],
        );
    }

    #[test]
    fn wars_and_history_are_no_news() {
        check(
            "More than 40,000 people have been killed since the war began in 2022.",
            &["Killed 40000 People Campaign War in nowhere, history, says nobody"],
        );
        check(
            "Two people died in Odesa on 11 December in a fire.",
            &["Killed 2 People Event Accident in Odesa, history, says nobody"],
        );
    }

    #[test]
    fn what_is_told_to_place_the_news_is_history() {
        check(
            "A bomb went off in Odesa on Monday two weeks after four people were killed there.",
            &["Killed 4 People Event Bombing in Odesa, history, says nobody"],
        );
        check(
            "The year before, a ferry sank off Odesa, killing 30 people.",
            &["Killed 30 People Event Accident in Odesa, history, says nobody"],
        );
        check(
            "Two weeks after the flood four people died in Odesa.",
            &["Killed 4 People Event Disaster in Odesa, news, says nobody"],
        );
    }

    #[test]
    fn a_state_that_goes_on_has_no_day() {
        let tolls = tolls("A ferry sank off Odesa on Sunday. Two people were still missing on Monday.");
        assert!(tolls.iter().any(|(toll, date)| toll.measure == Measure::Missing && date.is_none()), "{tolls:?}");
    }

    #[test]
    fn a_state_that_goes_on_keeps_the_week_of_its_happening() {
        let tolls = tolls("Ten people are still missing in Odesa after floods hit the town last week.");
        assert!(tolls.iter().any(|(toll, date)| toll.measure == Measure::Missing && date.is_some()), "{tolls:?}");
    }

    #[test]
    fn a_happening_told_of_before_keeps_its_day() {
        let thursday = Some(DateSpan { start: date(2025, 3, 20), end: date(2025, 3, 20) });
        let raid = "The town came under a heavy air raid on Thursday after rebels shelled Odesa.";
        let days = |rest: &str| tolls(&format!("{raid} {rest}")).iter().map(|(_, day)| *day).collect::<Vec<_>>();
        assert_eq!(days("The rebel shelling killed 11 people in Odesa."), [thursday]);
        assert_eq!(days("The strikes have killed 122 people in Odesa."), [None]);
        assert_eq!(days("A strike killed 11 people in Odesa."), [None]);
    }

    #[test]
    fn what_an_article_once_said_is_no_news() {
        for notice in [
            "An earlier version of this article said that 14 people were killed.",
            "A previous version of this story wrongly reported that 14 people had died.",
            "This article originally stated that 14 people were killed in the strike.",
        ] {
            let text = format!("A missile strike on Odesa killed four people on Monday, police said. {notice}");
            let current: Vec<_> =
                extract(&Article { text, published: Some(Published::On(date(2025, 3, 25))), ..Article::default() })
                    .claims
                    .into_iter()
                    .filter(|claim| claim.current)
                    .filter_map(toll_of)
                    .map(|toll| toll.count.low)
                    .collect();
            assert_eq!(current, [Some(4)], "{notice}");
        }
    }

    #[test]
    fn a_state_that_is_over_is_no_news() {
        let text = "All 36 sailors who were missing off Odesa were found and no one is missing any more.";
        let article = Article { text: text.to_owned(), ..Article::default() };
        let told = extract(&article).claims.into_iter().filter(|claim| claim.current);
        let current: Vec<_> = told.filter_map(toll_of).map(|toll| toll.count.low).collect();
        assert!(!current.contains(&Some(36)), "{current:?}");
    }

    #[test]
    fn a_clause_of_place_has_its_own_subject() {
        check("The penalties name three guards of the camp where Petrenko died.", &[]);
        check("The penalties name three guards of the camp in which Petrenko died.", &[]);
    }

    #[test]
    fn what_nobody_knows_has_not_happened() {
        check("The hospital in Odesa would not say whether two guards had been killed.", &[]);
        check("The mayor of Odesa asked if two guards had been killed.", &[]);
    }

    #[test]
    fn an_injured_limb_of_a_player_is_no_casualty() {
        check("Arsenal go to Odesa without the winger Petrenko, who sustained an ankle injury.", &[]);
        check("The striker was left out, claiming he had a groin injury.", &[]);
        check("Petrenko, the mayor of Odesa, said that water had been cut off for some.", &[]);
    }

    #[test]
    fn a_revised_toll_says_where_it_went() {
        for (text, change) in [
            ("Officials in Odesa revised the death toll down to eight from nine.", Change::Fell),
            ("The ministry revised the death toll in Odesa upwards to nine from eight.", Change::Rose),
            ("The death toll in Odesa fell to eight from nine.", Change::Fell),
        ] {
            let tolls = tolls(text);
            assert!(tolls.iter().any(|(toll, _)| toll.change == Some(change) && toll.previous.is_some()), "{tolls:?}");
        }
    }

    #[test]
    fn one_claim_told_twice_is_one() {
        check(
            "Seven sailors died off Odesa in a storm. At least seven sailors died, the coastguard said.",
            &["Killed 7 People Event Disaster in Odesa, news, says coastguard"],
        );
        check(
            "A storm killed two people in Odesa, while two people were killed in Kherson.",
            &[
                "Killed 2 People Event Disaster in Odesa, news, says nobody",
                "Killed 2 People Event Disaster in Kherson, news, says nobody",
            ],
        );
    }
}
