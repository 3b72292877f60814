//! Which reports are one incident, and which are not.

use daybrief::news::incident::{Incident, incidents};

use super::readings;

#[track_caller]
fn check_incidents(articles: &[(&str, &str)], expected: usize) {
    let readings = readings(articles);
    let found: Vec<Incident> = incidents(&readings);
    let shown: Vec<_> = found.iter().map(|incident| (&incident.key, incident.tellings.len())).collect();
    assert_eq!(found.len(), expected, "{shown:#?}");
}

#[test]
fn two_names_for_one_city_are_one_incident() {
    check_incidents(
        &[
            (
                "Russia hits Ukrainian capital with ballistic missiles",
                "Nine people were killed on Monday when ballistic missiles struck the Ukrainian capital, police said.",
            ),
            ("Nine killed in strikes on Kyiv", "Nine people were killed in strikes on Kyiv on Monday, officials said."),
        ],
        1,
    );
}

#[test]
fn two_strikes_that_articles_tell_apart_stay_two() {
    check_incidents(
        &[
            (
                "Kharkiv hit twice",
                "A missile strike on Kharkiv killed four people on Monday morning, the governor said.\n\nA second attack, \
                 by a drone, killed two people in Kharkiv on Monday evening, the governor said.",
            ),
            ("Missile hits Kharkiv", "A missile strike killed four people in Kharkiv on Monday morning, police said."),
            ("Drone hits Kharkiv", "A drone strike killed two people in Kharkiv on Monday evening, police said."),
        ],
        2,
    );
}

#[test]
fn a_region_joins_nothing_without_an_agreeing_figure() {
    check_incidents(
        &[
            ("Two killed", "Two people were killed by shelling in the Donetsk region on Monday, the governor said."),
            ("Three killed", "Three people were killed by shelling in the Donetsk region on Monday, the police said."),
        ],
        2,
    );
}

#[test]
fn who_is_still_missing_was_so_before() {
    check_incidents(
        &[
            ("Landslide in Batumi", "A landslide in Batumi on Monday killed three people, rescuers said."),
            ("Two missing", "Two people are still missing on Tuesday after a landslide in Batumi, rescuers said."),
        ],
        1,
    );
}

#[test]
fn a_city_of_many_strikes_a_day_joins_by_figures_only() {
    let rockets =
        "Rocket shells fired by rebels on Aleppo on Monday killed one woman and injured 4 people, police said.";
    let raids = "Government air strikes on Aleppo on Monday killed 10 people, an observatory said.";
    check_incidents(&[("Rockets", rockets), ("Raids", raids)], 2);
    // Two quarters, two weapons, one small figure that agrees by chance.
    let several = "Mortar shells on the Midan neighbourhood of Aleppo on Monday killed five people. Another strike, by a \
                   drone, killed 12 people in Aleppo on Monday, police said.";
    let bomb = "A glide bomb killed five people in Aleppo on Monday, residents said.";
    check_incidents(&[("Several", several), ("Bomb", bomb)], 3);
}

#[test]
fn a_country_joins_where_two_figures_do_or_a_large_odd_one() {
    let both = "A missile strike on Sumy on Monday killed 12 people and injured 34, police said.";
    let large = "A missile strike on Sumy on Monday killed 43 people, police said.";
    let round = "A missile strike on Sumy on Monday killed 40 people, police said.";
    for (there, land, expected) in [
        (both, "A missile strike in Ukraine on Monday killed 12 people and injured 34, the ministry said.", 1),
        (both, "A missile strike in Ukraine on Monday killed 12 people, the ministry said.", 2),
        (large, "A missile strike in Ukraine on Monday killed 43 people, the ministry said.", 1),
        (round, "A missile strike in Ukraine on Monday killed 40 people, the ministry said.", 2),
        (large, "A missile strike in Ukraine on Sunday killed 43 people, the ministry said.", 2),
        (large, "A missile strike in Yemen on Monday killed 43 people, the ministry said.", 2),
    ] {
        check_incidents(&[("Strike", there), ("Strike", land)], expected);
    }
}

#[test]
fn copies_of_one_text_are_one_incident_where_a_figure_agrees() {
    let lead = |place: &str| {
        format!(
            "Shelling {place} on Monday killed three people who had gone out to fetch water from the only well left open, \
             said a doctor at the field clinic where the wounded were brought through the night by cart and on foot."
        )
    };
    let copies = [("Well shelled", lead("in Sumy")), ("Well shelled", lead("in Ukraine"))];
    check_incidents(&copies.each_ref().map(|(title, text)| (*title, text.as_str())), 1);
    let own = "Shelling in Ukraine on Monday killed three people, said the ministry of the interior.";
    check_incidents(&[("Well shelled", &lead("in Sumy")), ("Three dead", own)], 2);
}

#[test]
fn medics_of_a_clinic_are_no_attackers_beaten_off() {
    let medics = "An air strike on a clinic in Sumy on Monday killed four medics, the hospital said.";
    let attackers = "An air strike in Sumy on Monday killed 40 militants, the army said.";
    check_incidents(&[("Clinic hit", medics), ("Attack beaten off", attackers)], 2);
}

#[test]
fn three_dead_and_84_dead_are_two_strikes() {
    let killed = |count: u32| format!("Shelling in Sumy on Monday killed {count} people, police said.");
    check_incidents(&[("Shelling", &killed(3)), ("Shelling", &killed(84))], 2);
    check_incidents(&[("Shelling", &killed(3)), ("Shelling", &killed(8))], 1);
}

#[test]
fn last_week_is_no_day_for_what_stands_beside_it() {
    let now = "Shelling in Sumy killed 50 people, a reporter said. Last week a strike on Sumy killed dozens of people.";
    let then = "Shelling in Sumy on Wednesday killed 50 people, the governor said.";
    // Wednesday 26 February is of last week, seen from Tuesday 4 March.
    check_incidents(&[("Fresh shelling", now), ("Shelling of Wednesday", then)], 2);
}

#[test]
fn a_days_name_outweighs_the_date_that_a_page_prints_of_itself() {
    let day = |stamp: &str| {
        let text = format!("{stamp} At least 17 people were killed on Sunday by a bomb in Sumy, police said.");
        let readings = readings(&[("Bomb", &text)]);
        incidents(&readings)[0].key.day.unwrap().to_string()
    };
    assert_eq!(day(""), "2031-03-02");
    assert_eq!(day("4 Mar 2031"), "2031-03-02");
    assert_eq!(day("Published March 4 2031"), "2031-03-02");
    // Its own date is right where the article is said to be of another day.
    assert_eq!(day("Published March 20 2031"), "2031-03-20");
}
