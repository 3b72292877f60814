//! The mention finder: gather what looks like a place, then decide what each name means in this article.

use std::cell::OnceCell;

use super::gather::{Gathered, gather};
use super::resolve::{Context, resolve};
use super::{Disputed, PlaceMention};
use crate::news::text::Text;

/// What looks like a place in each sentence of a text, gathered when it is first asked for. What it means depends on the
/// sentences that it is read with: see [`find`].
#[derive(Debug)]
pub struct Names(Vec<OnceCell<Gathered>>);

impl Names {
    pub fn of(text: &Text<'_>) -> Self {
        Self(text.sentences.iter().map(|_| OnceCell::new()).collect())
    }

    fn gathered(&self, text: &Text<'_>, sentence: usize) -> &Gathered {
        self.0[sentence].get_or_init(|| gather(text, sentence))
    }
}

/// Some sentences of a text with their names.
#[derive(Clone, Copy, Debug)]
pub struct Part<'p, 't> {
    pub text: &'p Text<'t>,
    pub names: &'p Names,
    pub sentences: &'p [usize],
}

impl<'p> Part<'p, '_> {
    fn gathered(self) -> impl Iterator<Item = &'p Gathered> {
        self.sentences.iter().map(move |sentence| self.names.gathered(self.text, *sentence))
    }
}

/// The places in each of `parts`, in text order. The parts are those of one article, such as its title and its body: what
/// one says about a country helps to tell which town another means.
///
/// Time is linear in the texts; nothing fails.
pub fn find<const N: usize>(parts: [Part; N], disputed: &Disputed) -> [Vec<PlaceMention>; N] {
    let context = Context::of(parts.iter().flat_map(|part| part.gathered()));
    parts.map(|part| {
        let raws = part.gathered().flat_map(|gathered| &gathered.raws);
        raws.filter_map(|raw| resolve(part.text, raw, &context, disputed)).collect()
    })
}

/// The places in one piece of text.
pub fn find_in(text: &str, disputed: &Disputed) -> Vec<PlaceMention> {
    let [mentions] = find_in_whole([text], disputed);
    mentions
}

/// The places in the texts of one article.
pub fn find_in_whole<const N: usize>(texts: [&str; N], disputed: &Disputed) -> [Vec<PlaceMention>; N] {
    let read = texts.map(|text| {
        let text = Text::read(text);
        let (names, sentences) = (Names::of(&text), (0..text.sentences.len()).collect::<Vec<_>>());
        (text, names, sentences)
    });
    find(read.each_ref().map(|(text, names, sentences)| Part { text, names, sentences }), disputed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        check("An explosion shook the Ukrainian capital.", &["Kyiv UA settlement Over"]);
        check("They met in the capital of Saudi Arabia.", &["Riyadh SA settlement In"]);
        check("A bomb went off in the Afghan capital, Kabul.", &["Kabul AF settlement In"]);
        check("Buses burned in the Syrian capital Damascus.", &["Damascus SY settlement In"]);
    }

    #[test]
    fn class_nouns_lead_to_names() {
        check("The town of Rastan was shelled.", &["Rastan SY settlement Named"]);
        check("Nobody slept in the village of Hrabovets Novyi.", &["Hrabovets Novyi - unresolved In"]);
        check("The blast tore through the besieged Syrian city of Aleppo.", &["Aleppo SY settlement Of"]);
        check("Drones struck several districts of Kyiv.", &["Kyiv UA settlement Of"]);
    }

    #[test]
    fn pairs_tell_namesakes_apart() {
        check("A barn collapsed in Paris, Texas.", &["Paris US settlement In"]);
        check("The American senator spoke in Paris.", &["Paris FR settlement In"]);
        check(
            "Rain reached Dallas, Texas. A barn collapsed in Paris.",
            &["Dallas US settlement To", "Paris US settlement In"],
        );
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

    /// Sentences of the kinds that the digest reads, each alone.
    #[test]
    fn reports_are_read() {
        // Strikes and tolls.
        check(
            "Shelling killed two people in Nikopol and one in Marhanets, the head of Dnipropetrovsk oblast wrote.",
            &["Nikopol UA settlement In", "Marhanets UA settlement In", "Dnipropetrovsk oblast UA region Of"],
        );
        check(
            "Air strikes hit the southern Gaza city of Khan Younis and the Nuseirat camp.",
            &["southern Gaza PS region Over", "Khan Younis PS settlement Over", "Nuseirat PS settlement Over"],
        );
        check("Gunmen raided a village in Plateau state, Nigeria.", &["Plateau state NG region In"]);
        check(
            "A car bomb exploded in Mogadishu’s Hodan district.",
            &["Mogadishu SO settlement In", "Hodan district - unresolved In"],
        );
        check(
            "Fighting spread from El Fasher to the countryside around Nyala, in Sudan’s Darfur region.",
            &[
                "El Fasher SD settlement From",
                "Nyala SD settlement In",
                "Sudan SD country In",
                "Darfur region SD region In",
            ],
        );
        check(
            "Rebels entered Bukavu, the capital of South Kivu.",
            &["Bukavu CD settlement To", "South Kivu CD region To"],
        );
        // Disasters and accidents.
        check("A quake struck off Hokkaido, Japan.", &["Hokkaido JP region Near"]);
        check(
            "The ferry sank in Lake Victoria near Mwanza, Tanzania.",
            &["Lake Victoria - unresolved In", "Mwanza TZ settlement Near"],
        );
        check(
            "Floods in Valencia, Spain, and Porto Alegre, Brazil, left roads under water.",
            &["Valencia ES settlement In", "Porto Alegre BR settlement In"],
        );
        // Talks.
        check("Envoys met in Doha and Cairo.", &["Doha QA settlement In", "Cairo EG settlement In"]);
        check("The next round will be held in Geneva on Friday.", &["Geneva CH settlement In"]);
        check("Ministers gathered at the Vatican.", &["Vatican VA country In"]);
        // The sea, and what lies across borders.
        check("A tanker was hit in the Red Sea.", &["Red Sea - region In"]);
        check(
            "Clashes were reported along the Line of Control in Kashmir.",
            &["Line of Control - region Of", "Kashmir IN region In"],
        );
        check("Drones fell in occupied Crimea.", &["Crimea UA region In"]);
    }

    #[test]
    fn traps_are_avoided() {
        check("Real Madrid beat Liverpool United in the Champions League.", &[]);
        check("Shares of Orange and Mobile rose.", &[]);
        check("The singer Lana Del Rey and the actor Denzel Washington came.", &[]);
        check("Judge Jackson read the verdict. Jackson then left.", &[]);
        check("The frigate HMS Lancaster and the tanker Sounion were near.", &[]);
        check("“Of course,” said Sofia Vergara.", &[]);
        check("The Warsaw Pact and the Treaty of Rome are history.", &[]);
        check("The Chicago Tribune and the Kyiv Independent carried the story.", &[]);
        check("He bought a Lincoln in August.", &[]);
        check("Victoria Beckham and Brooklyn Decker posed.", &[]);
    }

    proptest! {
        /// Whatever the text, spans are real, in order, and lie in their sentence.
        #[test]
        fn any_text_is_read(text in arbitrary_text()) {
            let read = Text::read(&text);
            let mentions = find_in(&text, &Disputed::default());
            let mut last = 0;
            for mention in mentions {
                prop_assert!(mention.span.slice(&text).is_some_and(|slice| !slice.is_empty()));
                prop_assert_eq!(read.span_of(mention.tokens.clone()), Some(mention.span));
                let sentence = read.sentences[mention.sentence].span;
                prop_assert!(sentence.start <= mention.span.start && mention.span.end <= sentence.end);
                prop_assert!(mention.span.start >= last, "out of order or overlapping");
                last = mention.span.end;
                prop_assert!(!mention.place.name.is_empty());
            }
        }
    }

    /// Any characters, mixed with words that the finder acts on.
    fn arbitrary_text() -> impl Strategy<Value = String> {
        const WORDS: &[&str] = &[
            "in",
            "near",
            "the",
            "of",
            "city",
            "region",
            "regions",
            "capital",
            "southern",
            "Ukrainian",
            "Kyiv",
            "San",
            "Salvador",
            "St",
            ".",
            ",",
            "and",
            "’s",
            "al-",
            "Al",
            "Paris",
            "Texas",
            "President",
            "University",
            "US",
            "—",
            "GOMA",
            "de",
            "Syrias",
            "\n\n",
        ];
        let piece = prop_oneof![3 => proptest::sample::select(WORDS).prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => any::<String>()];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.join(" "))
    }
}
