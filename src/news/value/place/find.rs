//! The mention finder: gather what looks like a place, then decide what each name means in this article.

use super::gather::gather;
use super::resolve::{Context, resolve};
use super::{Disputed, PlaceMention};
use crate::news::text::Text;

/// The places in each of `texts`, in text order. The texts are parts of one article, such as its title and its body: what one
/// says about a country helps to tell which town another means.
///
/// Time is linear in the texts; nothing fails.
pub fn find<const N: usize>(texts: [&Text<'_>; N], disputed: &Disputed) -> [Vec<PlaceMention>; N] {
    let gathered = texts.map(gather);
    let context = Context::of(&gathered);
    let mut at = 0;
    gathered.map(|part| {
        let text = texts[at];
        at += 1;
        part.raws.into_iter().filter_map(|raw| resolve(text, raw, &context, disputed)).collect()
    })
}

/// The places in one piece of text.
pub fn find_in(text: &str, disputed: &Disputed) -> Vec<PlaceMention> {
    let [mentions] = find([&Text::read(text)], disputed);
    mentions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::value::Precision;

    /// Mentions as "name:country:precision:cue", precision and cue by their first letter; actors and bare countries are left out.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = find_in(text, &Disputed::default())
            .into_iter()
            .map(|it| {
                let precision = match it.place.precision {
                    Precision::Settlement => "settlement",
                    Precision::Region => "region",
                    Precision::Country => "country",
                    Precision::Unresolved => "unresolved",
                };
                format!("{} {} {precision} {:?}", it.place.name, it.place.country.as_deref().unwrap_or("-"), it.cue)
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn prepositions_lead_to_settlements() {
        check("A shell fell in Sumy.", &["Sumy UA settlement In"]);
        check("Two vans burned outside Zaporizhzhia.", &["Zaporizhzhia UA settlement Near"]);
        check("Shots were heard near Goma, aid workers said.", &["Goma CD settlement Near"]);
        check("Drones came down on Poltava overnight.", &["Poltava UA settlement Over"]);
        check("Families fled from Chasiv Yar.", &["Chasiv Yar UA settlement From"]);
    }

    #[test]
    fn class_nouns_make_regions() {
        check("Power failed in the Kharkiv region.", &["Kharkiv region UA region In"]);
        check("The river rose in Sumy Oblast.", &["Sumy Oblast UA region In"]);
        check("Idlib province was quiet.", &["Idlib province SY region Named"]);
        check("Two died in the Obukhiv district.", &["Obukhiv district UA region In"]);
        check("The Kyiv region counted its losses.", &["Kyiv region UA region Named"]);
        check("Rain fell over Kerr County, Texas.", &["Kerr County US region Over"]);
    }

    #[test]
    fn directions_make_parts() {
        check("Rockets landed in southern Lebanon.", &["southern Lebanon LB region In"]);
        check("Fires spread across Northern California.", &["Northern California US region In"]);
        check("He served in South Sudan.", &["South Sudan SS country In"]);
    }

    #[test]
    fn capitals_have_names() {
        check("An explosion shook the Ukrainian capital.", &["Kyiv UA settlement Bare"]);
        check("They met in the capital of Saudi Arabia.", &["Riyadh SA settlement In"]);
        check("A bomb went off in the Afghan capital, Kabul.", &["Kabul AF settlement In"]);
        check("Buses burned in the Syrian capital Damascus.", &["Damascus SY settlement In"]);
    }

    #[test]
    fn class_nouns_lead_to_names() {
        check("The town of Rastan was shelled.", &["Rastan SY settlement Named"]);
        check("Nobody slept in the village of Hrabovets Novyi.", &["Hrabovets Novyi - unresolved In"]);
        check("The blast tore through the besieged Syrian city of Aleppo.", &["Aleppo SY settlement Of"]);
    }

    #[test]
    fn pairs_tell_namesakes_apart() {
        check("A barn collapsed in Paris, Texas.", &["Paris US settlement In"]);
        check("A barn collapsed in Paris.", &["Paris FR settlement In"]);
        check("A fire broke out in Santee, Calif., on Friday.", &["Santee US settlement In"]);
        check("Three drowned in Tripoli, Lebanon.", &["Tripoli LB settlement In"]);
        check("Lebanese medics said three drowned in Tripoli.", &["Tripoli LB settlement In"]);
        check("Libyan medics said three drowned in Tripoli.", &["Tripoli LY settlement In"]);
    }

    #[test]
    fn lists_share_their_preposition() {
        check(
            "Sirens sounded in Kyiv, Kharkiv and Odesa.",
            &["Kyiv UA settlement In", "Kharkiv UA settlement In", "Odesa UA settlement In"],
        );
    }

    #[test]
    fn persons_bodies_and_words_are_no_places() {
        check("Paris Hilton sang.", &[]);
        check("The Jordan Times reported it.", &[]);
        check("Chancellor Chad Lincoln resigned. Lincoln had no comment.", &[]);
        check("The Bank of England kept its rate.", &[]);
        check("Nice weather helped in March.", &[]);
        check("It happened in Parliament.", &[]);
        check("She was reading in bed, police said.", &[]);
    }

    #[test]
    fn governments_are_actors() {
        check("Washington said it would wait.", &["Washington US settlement Actor"]);
        check("Talks between Moscow and Kyiv ended.", &["Moscow RU settlement Actor", "Kyiv UA settlement Actor"]);
    }

    #[test]
    fn datelines_are_places() {
        check("SUMY, Ukraine (Tideline) — A school burned.", &["SUMY UA settlement Dateline"]);
    }

    #[test]
    fn spellings_meet() {
        check("Syrian planes struck Maarat al-Numan.", &["Maarat al-Numan SY settlement Over"]);
        check("Syrian planes bombed al-Rastan.", &["al-Rastan SY settlement Over"]);
        check("A mine exploded in Kharkov, Ukraine.", &["Kharkov UA settlement In"]);
    }

    #[test]
    fn capitals_only_text_is_read_by_the_tables() {
        check(
            "TWO SOLDIERS DIED IN SAN SALVADOR YESTERDAY. THE ARMY OF EL SALVADOR HAD NO COMMENT.",
            &["San Salvador SV settlement In", "El Salvador SV country Of"],
        );
    }
}
