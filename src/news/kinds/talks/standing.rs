//! How a contact stands and what came of it, by the words around it.

use super::cues::{Anchor, Cue, Cues, Role};
use super::frame::{Clause, Head};
use super::{Outcome, Status};

/// A word further away than this says nothing of the contact.
const STATUS_TOKENS_MAX: usize = 12;
/// A word before the verb tells more than one behind it.
const BEHIND_TOKENS: usize = 2;

/// Words before a base form that make it no past: "to meet", "will hold".
const LEADS: [&str; 22] = [
    "to", "will", "would", "could", "may", "might", "should", "can", "must", "not", "'ll", "shall", "cannot", "don't",
    "won't", "wouldn't", "let's", "yet", "never", "further", "more", "both",
];

/// How the contact at `anchor` stands; `verb` is the verb that carries it.
pub fn status(cues: &Cues, anchor: &Anchor, head: Head, verb: Option<usize>, clause: &Clause) -> Status {
    let at = anchor.tokens.start;
    let pivot = verb.unwrap_or(at);
    // What carries or leads the verb: "refused to hold", "will meet", "began talks".
    let nearest = |from: usize, to: usize, is_wanted: &dyn Fn(Status) -> bool| {
        cues.statuses
            .iter()
            .filter(|cue| (from..to).contains(&cue.at) && is_wanted(cue.value))
            .min_by_key(|cue| distance(cue.at, pivot))
            .map(|cue| if is_reported_future(cues, cue.at, clause) { Status::Scheduled } else { cue.value })
    };
    let open = |status: Status| status != Status::Concluded;
    let happened = is_past(cues, pivot) && !is_led(cues, pivot);
    let own = cues.statuses.iter().find(|cue| cue.at == pivot && pivot != at).map(|cue| cue.value);
    if happened && verb.is_some() {
        // "met", "held talks": only a refusal or the verb itself changes that.
        let hard = |status: Status| matches!(status, Status::Rejected | Status::Cancelled | Status::Postponed);
        return nearest(clause.left.max(pivot.saturating_sub(4)), pivot, &hard)
            .or(own.filter(|status| open(*status)))
            .unwrap_or(Status::Concluded);
    }
    // "The ceasefire agreed between them"
    if head == Head::Deal
        && (1..=2).any(|step| cues.is_word(at + step, &["agreed", "reached", "signed", "brokered", "struck"]))
    {
        return Status::Concluded;
    }
    // "She returned to Oslo to meet …"
    let purpose = pivot > 0 && cues.is_word(pivot - 1, &["to"]);
    if purpose
        && (clause.left.max(pivot.saturating_sub(STATUS_TOKENS_MAX))..pivot)
            .any(|index| cues.is(index, Role::Motion) && is_past(cues, index))
    {
        return Status::Concluded;
    }
    let start = clause.left.max(at.saturating_sub(STATUS_TOKENS_MAX));
    let end = clause.right.min(at + STATUS_TOKENS_MAX);
    if verb.is_some() {
        let refused =
            nearest(start, pivot, &|status| matches!(status, Status::Rejected | Status::Cancelled | Status::Postponed));
        if let Some(status) = refused.or_else(|| nearest(start, at, &open)) {
            return status;
        }
    }
    let is_ing = cues.text(pivot).to_ascii_lowercase().ends_with("ing");
    if head == Head::Verb && is_ing {
        return Status::Concluded;
    }
    match head {
        Head::Deal | Head::Agree => nearest(start, end, &|status| {
            matches!(
                status,
                Status::Proposed | Status::Rejected | Status::Stalled | Status::Concluded | Status::Scheduled
            )
        })
        .unwrap_or(Status::Concluded),
        _ => nearest(start, end, &|_| true).unwrap_or(Status::Concluded),
    }
}

/// "She said that they would meet": the future, told afterwards.
fn is_reported_future(cues: &Cues, at: usize, clause: &Clause) -> bool {
    cues.is_word(at, &["would"])
        && (0..clause.left.min(at)).any(|index| cues.is(index, Role::Say))
        && !(clause.left..at).any(|index| cues.is_word(index, &["if"]))
}

fn distance(cue: usize, pivot: usize) -> usize {
    if cue > pivot { cue - pivot + BEHIND_TOKENS } else { pivot - cue }
}

/// Whether the word is a finite past form.
fn is_past(cues: &Cues, at: usize) -> bool {
    let word = cues.text(at).to_ascii_lowercase();
    word.ends_with("ed")
        || [
            "met",
            "held",
            "had",
            "spoke",
            "spoken",
            "began",
            "begun",
            "took",
            "went",
            "left",
            "struck",
            "sent",
            "flew",
            "came",
            "travelled",
            "headed",
            "led",
            "spent",
            "made",
            "broke",
            "sat",
            "sought",
            "broken",
        ]
        .contains(&word.as_str())
}

fn is_led(cues: &Cues, at: usize) -> bool {
    (1..=2).any(|back| at.checked_sub(back).is_some_and(|index| cues.is_word(index, &LEADS)))
}

/// What came of the contact, by the words of its clause.
pub fn outcome(cues: &Cues, head: Head, status: Status, clause: &Clause) -> Option<Outcome> {
    if !matches!(status, Status::Concluded | Status::Stalled) {
        return None;
    }
    let is_deal = matches!(head, Head::Deal | Head::Agree);
    best(cues.outcomes.iter().filter(|cue| cue.at + 1 >= clause.left), is_deal)
        .or(is_deal.then_some(Outcome::Agreement))
}

/// The outcome that says most. Words of agreement tell one only where something was agreed.
pub fn best<'c>(cues: impl Iterator<Item = &'c Cue<Outcome>>, is_deal: bool) -> Option<Outcome> {
    const ORDER: [Outcome; 6] = [
        Outcome::NoAgreement,
        Outcome::Collapsed,
        Outcome::Partial,
        Outcome::Agreement,
        Outcome::Continue,
        Outcome::Undisclosed,
    ];
    let found: Vec<Outcome> = cues.map(|cue| cue.value).collect();
    ORDER
        .into_iter()
        .filter(|outcome| *outcome != Outcome::Agreement || is_deal)
        .find(|outcome| found.contains(outcome))
}

/// Whether the clause tells of what was before the news.
pub fn is_background(cues: &Cues, at: usize, clause: &Clause) -> bool {
    // "days after", "even after": the word that bounds the clause belongs to it.
    let left = clause.left.saturating_sub(2);
    (left.max(at.saturating_sub(STATUS_TOKENS_MAX))..clause.right.min(at + STATUS_TOKENS_MAX))
        .any(|index| cues.is(index, Role::Background))
}
