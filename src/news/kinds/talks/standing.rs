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
    // "Since Sunday they have held five rounds", "was consulting": it goes on.
    let goes_on =
        |words: &[&str]| (1..=2).any(|back| pivot.checked_sub(back).is_some_and(|at| cues.is_word(at, words)));
    let is_since = (0..cues.tokens.len())
        .any(|at| cues.is_word(at, &["since"]) && !cues.is_word(at + 1, &["then", "the", "its", "his"]));
    if is_since && is_past(cues, pivot) && goes_on(&["have", "has"]) && head == Head::Noun {
        return Status::UnderWay;
    }
    let happened = is_past(cues, pivot) && !is_led(cues, pivot);
    // "Invited": the verb of contact itself is a wish.
    let own = cues
        .statuses
        .iter()
        .find(|cue| cue.at == pivot && (pivot != at || head == Head::Verb && cue.value == Status::Proposed));
    let own = own.map(|cue| cue.value);
    if happened && verb.is_some() {
        // "met", "held talks": only a refusal or the verb itself changes that.
        let hard = |status: Status| matches!(status, Status::Rejected | Status::Cancelled | Status::Postponed);
        return nearest(clause.left.max(pivot.saturating_sub(4)), pivot, &hard)
            .or(own.filter(|status| open(*status)))
            .unwrap_or(Status::Concluded);
    }
    // "Talks due on Monday were cancelled": what the main verb says of the contact, not what describes it.
    if matches!(head, Head::Noun | Head::Deal)
        && let Some(told) = predicate(cues, anchor.tokens.end, clause)
    {
        return told;
    }
    // "After a call with Ms Koro, she said …"
    let is_done = verb.is_none() && clause.left > 0 && cues.is_word(clause.left - 1, &["after", "following"]);
    if is_done && at <= clause.left + AUXILIARY_TOKENS_MAX {
        return Status::Concluded;
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
        return if goes_on(&["is", "are", "was", "were", "been"]) { Status::UnderWay } else { Status::Concluded };
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

/// Whether the clause says that there was no contact: "denied meeting", "there were no talks", "have not met".
pub fn is_untrue(cues: &Cues, at: usize, head: Head, clause: &Clause) -> bool {
    let left = clause.left.max(at.saturating_sub(SUPPORT_WORDS_MAX));
    let is_denied = (left.saturating_sub(1)..at)
        .any(|index| cues.is_word(index, &["denied", "denies", "denying", "deny"]) && !cues.is_word(at, &["that"]));
    let is_negated = |index: usize| cues.is_word(index, &["not", "never", "n't"]) || cues.text(index).ends_with("n't");
    let has_not = (left..at).any(|index| {
        is_negated(index)
            && (cues.is_word(index, &["haven't", "hasn't", "hadn't", "didn't"])
                || index > 0 && cues.is_word(index - 1, &["has", "have", "had", "did"]))
    });
    let no = (left..at).rev().find(|index| cues.is_word(*index, &["no"]) && at - index <= 3);
    let was_none = no.is_some_and(|no| {
        no > 0
            && cues.is_word(no - 1, &["were", "was", "been", "had", "held", "have"])
            && !(left..no).any(|index| cues.is_word(index, &["will", "would", "should"]))
    });
    is_denied || has_not && head == Head::Verb || was_none && head != Head::Deal
}

/// What the passive verb behind a contact says of it: "\[talks with Chad, due on Monday,\] have been put off".
fn predicate(cues: &Cues, end: usize, clause: &Clause) -> Option<Status> {
    // A relative clause may stand between: "a meeting that was planned for Sunday was called off".
    let is_relative = |at: usize| cues.is_word(at, &["that", "which"]);
    let stops = |at: usize| {
        !is_relative(at)
            && (cues.is(at, Role::Say) || cues.is_word(at, &["after", "but", "because", "when", "if", ";"]))
    };
    let right = clause.right.max((end..cues.tokens.len()).find(|at| stops(*at)).unwrap_or(cues.tokens.len()));
    let limit = right.min(end + PREDICATE_TOKENS_MAX);
    let mut told = None;
    for at in end..limit {
        if stops(at) && at >= clause.right {
            break;
        }
        let is_auxiliary = cues.is_word(at, &AUXILIARIES);
        let cue = (at + 1..limit.min(at + 1 + AUXILIARY_TOKENS_MAX))
            .take_while(|next| *next == at + 1 || cues.is_word(*next - 1, &AUXILIARIES) || is_adverb(cues, *next - 1))
            .find_map(|next| cues.statuses.iter().find(|cue| cue.at == next));
        if let Some(cue) = cue.filter(|cue| is_auxiliary && is_hard(cue.value))
            && !(at..cue.at).any(|index| cues.is_word(index, &["not", "never"]))
        {
            told = Some(cue.value);
        }
        // "Talks begin on Friday"
        let is_timetable = at <= end + TIMETABLE_TOKENS_MAX
            && cues.is_word(at, &["begin", "begins", "start", "starts", "resume", "resumes", "open", "opens"])
            && !(at.saturating_sub(2)..at).any(|index| cues.is_word(index, &LEADS))
            && (at + 1..at + 4).any(|index| is_to_come(cues, index));
        if is_timetable && told.is_none() {
            told = Some(Status::Scheduled);
        }
    }
    told
}

/// "talks [with Oman in Muscat] begin"
const TIMETABLE_TOKENS_MAX: usize = 8;

/// A weekday, "tomorrow", "next week".
fn is_to_come(cues: &Cues, at: usize) -> bool {
    cues.is_word(at, &["tomorrow", "next", "later"])
        || cues.text(at).ends_with("day") && !cues.is_word(at, &["today", "yesterday"])
}

/// "denied \[that there had been any direct\] talks"
const SUPPORT_WORDS_MAX: usize = 7;
/// "were", "has been", "will be"
const AUXILIARIES: [&str; 9] = ["was", "were", "has", "have", "had", "been", "is", "are", "be"];
/// "had [not yet been formally] suspended"
const AUXILIARY_TOKENS_MAX: usize = 4;
/// "talks [between the two governments on the future of the islands] were"
const PREDICATE_TOKENS_MAX: usize = 30;

fn is_adverb(cues: &Cues, at: usize) -> bool {
    cues.text(at).ends_with("ly") || cues.is_word(at, &["now", "again", "then", "also", "already", "since"])
}

/// What undoes a plan.
fn is_hard(status: Status) -> bool {
    matches!(status, Status::Postponed | Status::Cancelled | Status::Stalled | Status::Rejected)
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
    let own = best(cues.outcomes.iter().filter(|cue| cue.at + 1 >= clause.left), is_deal);
    // "Failed to agree after two days of talks": the main clause says what came of what "after" leads to.
    let is_after =
        clause.left > 0 && cues.is_word(clause.left - 1, &["after", "following", "despite", "during"]) && !is_deal;
    own.or_else(|| is_after.then(|| best(cues.outcomes.iter(), false)).flatten())
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
