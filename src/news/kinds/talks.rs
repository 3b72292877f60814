//! Talks: negotiations, meetings, summits, calls and what they agreed, between sides that can be named.
//!
//! Each sentence gives frames (src/news/kinds/talks/frame.rs): words of contact with the sides, place, date and standing that
//! their clause gives them. Frames of one contact become one claim (src/news/kinds/talks/track.rs): the first sentence is its
//! evidence, later ones fill what it left open, and sentences that look ahead stand in `next`.

mod claimant;
mod cues;
mod frame;
mod setting;
mod sides;
mod standing;
mod track;

use serde::{Deserialize, Serialize};

use self::claimant::Claimants;
use self::cues::Cues;
use self::frame::{Context, Reader};
use self::track::Track;
use crate::news::extract::Claim;
use crate::news::reading::pieces::Pieces;
use crate::news::text::Span;
use crate::news::value::party::{Mention, Parties};
use crate::news::value::place::Cue;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Talks,
    Meeting,
    Summit,
    Call,
    Contacts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Proposed,
    Scheduled,
    UnderWay,
    Concluded,
    Postponed,
    Cancelled,
    Rejected,
    Stalled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Agreement,
    Partial,
    Continue,
    NoAgreement,
    Collapsed,
    Undisclosed,
}

/// One contact between identifiable sides: past, present or planned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Talks {
    /// The sides, by common English name, in order of mention.
    pub parties: Vec<String>,
    pub mediators: Vec<String>,
    pub form: Form,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub topic: Option<String>,
    /// Where the article states next steps, deadlines or the next meeting.
    pub next: Vec<Span>,
}

/// The contacts of an article, each once. Linear in the text; nothing fails.
pub fn read(pieces: &Pieces) -> Vec<Claim> {
    let Pieces { text, tags, published, .. } = pieces;
    let published = *published;
    let telling: Vec<usize> =
        (0..text.sentences.len()).filter(|index| cues::may_tell(text.tokens_of(&text.sentences[*index]))).collect();
    if telling.is_empty() {
        return Vec::new();
    }
    let parties = Parties::find(text);
    let places = pieces.places();
    let dateline = places.iter().find(|place| place.cue == Cue::Dateline);
    let mut context = Context { dateline: dateline.map(|dateline| dateline.place.clone()), ..Context::default() };
    let claimants = Claimants { text, tags, published };
    let mut track = Track::new(text, published);
    let mut telling = telling.into_iter().peekable();
    for (index, sentence) in text.sentences.iter().enumerate() {
        let mentions = parties.within(sentence.tokens.clone());
        // Most sentences tell of no contact, and only leave who acted and where for those that do.
        let tells = telling.next_if_eq(&index).is_some();
        let cues = if tells { Cues::read(text.tokens_of(sentence)) } else { Cues::default() };
        let first = places.partition_point(|place| place.sentence < index);
        let last = places.partition_point(|place| place.sentence <= index);
        // Who stands in the dateline takes no part.
        let is_written_from = |mention: &Mention| {
            dateline.is_some_and(|dateline| {
                dateline.tokens.start < mention.tokens.end && mention.tokens.start < dateline.tokens.end
            })
        };
        let mentions: Vec<Mention> = mentions.iter().filter(|mention| !is_written_from(mention)).cloned().collect();
        let reader = Reader::new(&cues, text, index, &mentions, &places[first..last], published, &context);
        let mut frames = reader.frames();
        let words: Vec<usize> = frames.iter().map(|frame| frame.at).collect();
        for (frame, claimant) in frames.iter_mut().zip(claimants.of(index, &words)) {
            frame.claimant = claimant;
        }
        let left = reader.leaves();
        track.add(&cues, &frames);
        context.take(left);
    }
    track.close(&parties.warring());
    track.claims()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::news::article::{Article, Published};
    use crate::news::extract::What;

    /// Published on Wednesday, 16 July 2025.
    fn claims(text: &str) -> Vec<Claim> {
        let published = Some(Published::On(date(2025, 7, 16)));
        read(&Pieces::of(&Article { text: text.to_owned(), published, ..Article::default() }))
    }

    /// "parties / mediators: form status outcome, place, date", one line a contact.
    fn told(text: &str) -> Vec<String> {
        let line = |claim: &Claim| {
            let What::Talks(talks) = &claim.what else { unreachable!("talks only") };
            let mut line = talks.parties.join("+");
            if !talks.mediators.is_empty() {
                line += &format!(" / {}", talks.mediators.join("+"));
            }
            line += &format!(": {:?} {:?}", talks.form, talks.status);
            for part in [
                talks.outcome.map(|outcome| format!(" {outcome:?}")),
                claim.place.as_ref().map(|place| format!(", {}", place.name)),
                claim.date.map(|date| format!(", {}", date.start)),
                (!claim.current).then(|| ", background".to_owned()),
            ] {
                line += &part.unwrap_or_default();
            }
            line
        };
        claims(text).iter().map(line).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(told(text), expected, "{text}");
    }

    #[test]
    fn meetings_and_calls_by_verb() {
        check(
            "Poland's foreign minister said he had met his Ukrainian counterpart in Lviv on Monday.",
            &["Poland+Ukraine: Meeting Concluded, Lviv, 2025-07-14"],
        );
        check(
            "The Chilean president, Ana Rios, spoke by phone with her Peruvian counterpart.",
            &["Chile+Peru: Call Concluded"],
        );
        check(
            "The Spanish prime minister is to travel to Rabat next week to meet the king of Morocco.",
            &["Spain+Morocco: Meeting Scheduled, Rabat, 2025-07-21"],
        );
        check(
            "Brazil has proposed a meeting with Argentina and Paraguay.",
            &["Brazil+Argentina+Paraguay: Meeting Proposed"],
        );
    }

    #[test]
    fn talks_by_noun_with_their_place_and_mediators() {
        check(
            "Thai and Cambodian officials will meet in Kuala Lumpur on Monday for ceasefire talks mediated by Malaysia.",
            &["Thailand+Cambodia / Malaysia: Meeting Scheduled, Kuala Lumpur, 2025-07-21"],
        );
        check(
            "Turkey hosted talks between Somalia and Ethiopia in Ankara on Tuesday.",
            &["Somalia+Ethiopia / Turkey: Talks Concluded, Ankara, 2025-07-15"],
        );
        check(
            "Delegations from Armenia and Azerbaijan are holding talks in Tbilisi.",
            &["Armenia+Azerbaijan: Talks UnderWay, Tbilisi"],
        );
        check("Secret Norway-Chile talks are already under way.", &["Norway+Chile: Talks UnderWay"]);
    }

    #[test]
    fn refusals_and_delays() {
        check("Iran has ruled out direct talks with the United States.", &["Iran+United States: Talks Rejected"]);
        check(
            "There are no plans to hold a meeting between Laos, Peru and Fiji.",
            &["Laos+Peru+Fiji: Meeting Rejected"],
        );
        check("The meeting between the leaders of India and China was postponed.", &["India+China: Meeting Postponed"]);
        check("Norway cancelled a planned summit with Russia.", &["Norway+Russia: Summit Cancelled"]);
        check(
            "There are no plans for the presidents of Peru and Chile to speak, but such a conversation could be arranged soon.",
            &["Peru+Chile: Call Proposed"],
        );
    }

    #[test]
    fn what_the_main_verb_says_of_planned_talks() {
        check(
            "Talks between Nepal and Bhutan due on Friday in Thimphu were cancelled, officials said.",
            &["Nepal+Bhutan: Talks Cancelled, Thimphu, 2025-07-18"],
        );
        check(
            "A meeting between the Nepalese and Bhutanese leaders that was planned for Sunday was called off.",
            &["Nepal+Bhutan: Meeting Cancelled"],
        );
        check(
            "The summit of Iraqi and Omani leaders, scheduled for Sunday, was put off indefinitely.",
            &["Iraq+Oman: Summit Postponed, 2025-07-20"],
        );
        check(
            "The Iraqi delegation left for Muscat, where talks with Oman begin on Thursday.",
            &["Oman+Iraq: Talks Scheduled, 2025-07-17"],
        );
        check("Iraq's foreign minister has invited his Omani counterpart.", &["Iraq+Oman: Meeting Proposed"]);
    }

    #[test]
    fn denied_and_missing_contacts_are_none() {
        check("There were no talks between Togo and Benin on Monday.", &[]);
        check("Togo denied holding talks with Benin.", &[]);
        check("Togo and Benin have not met since March.", &[]);
    }

    #[test]
    fn the_second_side_stands_elsewhere_in_the_sentence() {
        check("Azerbaijan has rejected Armenia's proposal for talks.", &["Azerbaijan+Armenia: Talks Rejected"]);
        check(
            "In a phone call with the Finnish president, Sweden's foreign minister promised support.",
            &["Finland+Sweden: Call Concluded"],
        );
        check(
            "Benin's foreign minister, Luc Ada, told Togo's ambassador in a meeting on Monday that he was glad.",
            &["Benin+Togo: Meeting Concluded, 2025-07-14"],
        );
        check(
            "Talks with Oman were held in Muscat on Monday, Iraq's foreign minister said.",
            &["Oman+Iraq: Talks Concluded, Muscat, 2025-07-14"],
        );
        check(
            "Talks with Serbia could resume within weeks, according to Kosovo's prime minister.",
            &["Serbia+Kosovo: Talks Proposed"],
        );
        check(
            "Nigeria and Cameroon exchanged 12 prisoners after talks brokered by Chad.",
            &["Nigeria+Cameroon / Chad: Talks Concluded"],
        );
        check("Egyptian mediators met a Hamas delegation.", &["Egypt+Hamas: Meeting Concluded"]);
    }

    #[test]
    fn sides_without_a_country() {
        check(
            "The Pilots' Union and Skua Airlines reached a pay deal.",
            &["Pilots' Union+Skua Airlines: Talks Concluded Agreement"],
        );
        check(
            "The Ivorian government and opposition parties are to hold talks.",
            &["Ivory Coast+opposition parties: Talks Scheduled"],
        );
        check("Northgate Motors is in talks with Skua Steel.", &["Northgate Motors+Skua Steel: Talks UnderWay"]);
        check("Chad and the rebels have met twice.", &["Chad+rebels: Meeting Concluded"]);
        check("Iraq's king met President Ali Haitham of Oman.", &["Iraq+Oman: Meeting Concluded"]);
    }

    #[test]
    fn there_is_the_town_told_before() {
        check(
            "Oman's sultan will travel to Baghdad. He is to meet Iraq's prime minister there.",
            &["Oman+Iraq: Meeting Scheduled, Baghdad"],
        );
    }

    #[test]
    fn what_came_of_it() {
        check(
            "Rwanda and the Democratic Republic of the Congo signed a peace deal in Washington on Friday.",
            &["Rwanda+Democratic Republic of the Congo: Talks Concluded Agreement, Washington, 2025-07-11"],
        );
        check(
            "Talks between Serbia and Kosovo ended without agreement in Brussels.",
            &["Serbia+Kosovo: Talks Concluded NoAgreement, Brussels"],
        );
        check(
            "Nigeria's talks with Niger collapsed on Sunday.",
            &["Nigeria+Niger: Talks Stalled Collapsed, 2025-07-13"],
        );
        check(
            "Negotiators failed to reach an agreement after two days of talks between Malawi and Zambia in Lusaka.",
            &["Malawi+Zambia: Talks Concluded NoAgreement, Lusaka"],
        );
        check(
            "Malawi and Zambia said they had made progress in talks in Lusaka.",
            &["Malawi+Zambia: Talks Concluded Partial, Lusaka"],
        );
        check(
            "Hungary and Slovakia have reached an agreement in principle on gas transit.",
            &["Hungary+Slovakia: Talks Concluded Partial"],
        );
    }

    #[test]
    fn sides_joined_by_a_counterpart() {
        check(
            "Peru's president and her Chilean counterpart have held talks in Lima.",
            &["Peru+Chile: Talks Concluded, Lima"],
        );
        check("Israel and Hamas have agreed to swap prisoners.", &["Israel+Hamas: Talks Concluded Agreement"]);
    }

    #[test]
    fn one_entry_a_contact_and_the_next_round_in_next() {
        let text = "Kenya and Uganda held talks in Mombasa on Monday.\n\nThe Kenyan and Ugandan ministers spoke of fish. \
            Kenya and Uganda met for six hours, and the talks will continue next week.";
        let claims = claims(text);
        let What::Talks(talks) = &claims[0].what else { unreachable!("talks only") };
        assert_eq!(talks.outcome, Some(Outcome::Continue));
        assert_eq!(told(text).len(), 1, "{:?}", told(text));
    }

    #[test]
    fn who_tells_of_a_contact() {
        let by = |text: &str| claims(text).remove(0).claimant.unwrap_or_default();
        assert_eq!(
            by("Iraq and Oman held talks in Muscat on Monday, the Omani foreign ministry said."),
            "Omani foreign ministry"
        );
        assert_eq!(by("According to Iraqi officials, the Iraqi and Omani leaders met on Monday."), "Iraqi officials");
        assert_eq!(by("Ana Koro said it was hot. She added that Fiji and Tonga had met in Suva."), "Ana Koro");
        assert_eq!(by("Iraq and Oman held talks in Muscat on Monday."), "");
    }

    #[test]
    fn what_is_met_or_received_is_no_guest() {
        check("Chad has met the IMF's conditions for a loan.", &[]);
        check("The Chadian prime minister met the IMF's director.", &["Chad+IMF: Meeting Concluded"]);
        check("Peru has received copper from Chile.", &[]);
    }

    #[test]
    fn both_sides_are_those_named_shortly_before() {
        let told_after = |sentences: usize| {
            told(&format!(
                "Peru and Chile quarrelled. {}Both sides held talks in Suva.",
                "Fish was dear. ".repeat(sentences)
            ))
        };
        assert_eq!(told_after(2), ["Peru+Chile: Talks Concluded, Suva"]);
        assert_eq!(told_after(20), [""; 0]);
    }

    #[test]
    fn no_contact() {
        check("Russian missiles hit Ukraine after the summit of the mountain was reached.", &[]);
        check("The United States deals with Canada every day, and the cabinet meeting was short.", &[]);
        check("The war in Sudan goes on; a call for help came from Chad.", &[]);
        check("If a deal between Peru and Chile were signed, copper would be cheaper.", &[]);
    }

    #[test]
    fn history_is_background() {
        check(
            "Fuel is dear.\nBread is dear.\nFiji and Tonga signed a treaty on 3 May.",
            &["Fiji+Tonga: Talks Concluded Agreement, 2025-05-03, background"],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_every_span_is_real(
            words in prop::collection::vec(
                prop_oneof![
                    "\\PC{0,6}",
                    prop::sample::select(vec![
                        "Russia", "Kyiv's", "US-Russia", "and", "the", "talks", "met", "with", "between", "ceasefire", ",", ".", "\"", "agreed",
                        "to", "hold", "who", "said", "they", "both sides", "mediated by", "Oman", "Monday", "’", "in", "summit", "of", "no plans", "(",
                    ]).prop_map(str::to_owned),
                ],
                0..60,
            ),
        ) {
            let text = words.join(" ");
            for claim in claims(&text) {
                let What::Talks(talks) = &claim.what else { unreachable!("talks only") };
                prop_assert!(!talks.parties.is_empty());
                prop_assert!(!claim.evidence.is_empty());
                for span in claim.evidence.iter().chain(&talks.next) {
                    prop_assert!(span.slice(&text).is_some_and(|quote| !quote.is_empty()));
                }
            }
        }
    }
}
