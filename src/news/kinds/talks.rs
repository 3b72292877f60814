//! Talks: negotiations, meetings, summits, calls and what they agreed, between sides that can be named.
//!
//! Each sentence gives frames (src/news/kinds/talks/frame.rs): words of contact with the sides, place, date and standing that
//! their clause gives them. Frames of one contact become one claim (src/news/kinds/talks/track.rs): the first sentence is its
//! evidence, later ones fill what it left open, and sentences that look ahead stand in `next`.

mod cues;
mod frame;
mod standing;
mod track;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::cues::Cues;
use self::frame::{Context, Reader};
use self::track::Track;
use crate::news::extract::Claim;
use crate::news::text::{Span, Text};
use crate::news::value::party::Parties;
use crate::news::value::place::{self, Disputed};

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
pub fn read(text: &Text, published: Option<Date>) -> Vec<Claim> {
    let telling: Vec<usize> =
        (0..text.sentences.len()).filter(|index| cues::may_tell(text.tokens_of(&text.sentences[*index]))).collect();
    if telling.is_empty() {
        return Vec::new();
    }
    let parties = Parties::find(text);
    let [places] = place::find([text], &Disputed::default());
    let mut context = Context::default();
    let mut track = Track::new(text, published);
    for (index, sentence) in text.sentences.iter().enumerate() {
        let mentions = parties.within(sentence.tokens.clone());
        let tokens = text.tokens_of(sentence);
        let cues = Cues::read(tokens);
        let first = places.partition_point(|place| place.sentence < index);
        let last = places.partition_point(|place| place.sentence <= index);
        let reader = Reader::new(&cues, text, index, mentions, &places[first..last], published, &context);
        let frames = reader.frames();
        let mut next = context.clone();
        reader.leave(&mut next);
        track.add(&cues, &frames);
        context = next;
    }
    track.close(&parties.warring());
    track.claims()
}
