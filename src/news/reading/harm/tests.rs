use super::super::super::text::Text;
use super::super::super::value::date::Calendar;
use super::super::words::Tags;
use super::*;

#[track_caller]
pub(super) fn check(text: &str, expected: &str) {
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
fn parts_before_the_predicate_are_all_read() {
    check(
        "At least 30 people including seven women and a child were killed.",
        "Killed 30- People, Killed 7 Women part, Killed 1 Children part",
    );
    check(
        "The raid left 20 civilians, including nine children, and 16 soldiers dead.",
        "Killed 20 Civilians, Killed 9 Children part, Killed 16 Military",
    );
    check(
        "The raid left 20 civilians - including nine children - and 16 soldiers dead.",
        "Killed 20 Civilians, Killed 9 Children part, Killed 16 Military",
    );
    check(
        "Ten people - including two children and a pregnant woman - were hurt.",
        "Injured 10 People, Injured 2 Children part, Injured 1 Women part",
    );
}

#[test]
fn who_stands_between_the_people_and_their_verb() {
    check("Nine villagers, seven of them girls, were killed.", "Killed 9 People, Killed 7 Children part");
    check(
        "A grenade killed five people, two of them girls, and hurt 12.",
        "Killed 5 People, Killed 2 Children part, Injured 12 People",
    );
    check(
        "Two people died, one of them a girl, and five were hurt.",
        "Killed 2 People, Killed 1 Children part, Injured 5 People",
    );
    check("Four people, all members of one family, were killed.", "Killed 4 People");
    check("A soldier from Orlo, Ana Reyes, was killed.", "Killed 1 Military");
}

#[test]
fn dozens_of_others_are_people() {
    check("Six guards were killed and dozens of others wounded.", "Killed 6 Police, Injured dozens Police");
    check("An elderly couple was killed.", "Killed 2 People");
}

#[test]
fn minor_injuries_are_no_minors() {
    check("A second woman sustained minor injuries.", "Injured 1 Women");
}

#[test]
fn verbs_with_their_preposition() {
    check("Two sailors drowned in Orlo.", "Killed 2 People");
}

#[test]
fn counted_things_with_a_claimant_before_them() {
    check("The jets wiped out two command posts and 12 vehicles.", "");
}

#[test]
fn a_list_that_adds_up_gives_the_parts() {
    check(
        "Nine bodies were found; five rebels, three soldiers and a clerk.",
        "Killed 9 People, Killed 5 Militants part, Killed 3 Military part, Killed 1 People part",
    );
    check("Nine bodies were found; five rebels and three soldiers.", "Killed 9 People");
}

#[test]
fn company_shares_the_predicate() {
    check("Some 30 troops had been killed as well as 40 civilians.", "Killed 30 Military, Killed 40 Civilians");
}

#[test]
fn a_clause_of_what_came_before_has_the_same_subject() {
    check("Two gunmen stormed the bank and shot at guards before being gunned down.", "Killed 2 Militants");
    check("The police fired before being overpowered and killed.", "");
}

#[test]
fn who_is_taken() {
    check("Twenty hostages were seized in the raid.", "Abducted 20 People");
    check("The army took 40 prisoners of war.", "Captured 40 Military");
    check("The guards took 40 prisoners to court.", "");
    check("The band took some 200 villagers as they left to serve as human shields.", "Abducted 200 People");
    check("The capture of Tel Orlo was announced by the rebels.", "");
}

#[test]
fn names_behind_their_noun() {
    check("Gunmen shot dead opposition politician Boris Karve.", "Killed 1 Officials");
    check("The journalist Ana Reyes was killed.", "Killed 1 Journalists");
}

#[test]
fn the_fate_of_someone_is_open_or_not() {
    check("The fate of 12 sailors remains unknown.", "Missing 12 People");
    check("The fate of 12 sailors was sealed.", "");
}

#[test]
fn a_passive_has_no_object() {
    check("At least 14 people were killed 25 were wounded.", "Killed 14- People, Injured 25 People");
}

#[test]
fn what_is_said_is_not_done_to_who_says_it() {
    check("He said that the firm thought that six tons of oil had been burned.", "");
}

#[test]
fn the_dead_are_not_rescued() {
    check("Firemen pulled 12 bodies from the rubble.", "Killed 12 People");
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
