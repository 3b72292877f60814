//! Frames → distinct contacts.

use jiff::civil::Date;

use super::cues::{Cues, Role};
use super::frame::{Frame, Head};
use super::standing;
use super::{Form, Outcome, Status, Talks};
use crate::news::extract::{Claim, Stance, What};
use crate::news::text::{Span, Text};
use crate::news::value::date::DateSpan;
use crate::news::value::party::Party;
use crate::news::value::Place;

/// News is what was in this many days before publication, by the labelling guidelines.
const NEWS_DAYS: i64 = 15;
/// "The talks" are those told at most this many sentences before.
const CARRIED_SENTENCES_MAX: usize = 12;

/// One contact as far as the article has told it.
#[derive(Clone, Debug)]
struct Contact {
    parties: Vec<Party>,
    mediators: Vec<Party>,
    form: Form,
    is_deal: bool,
    status: Status,
    outcome: Option<Outcome>,
    place: Option<Place>,
    date: Option<DateSpan>,
    is_background: bool,
    evidence: Span,
    last_sentence: usize,
    next: Vec<Span>,
    topic: Option<String>,
}

/// The contacts of an article so far.
pub struct Track<'t> {
    text: &'t Text<'t>,
    published: Option<Date>,
    contacts: Vec<Contact>,
}

impl<'t> Track<'t> {
    pub fn new(text: &'t Text<'t>, published: Option<Date>) -> Self {
        Self { text, published, contacts: Vec::new() }
    }

    /// Takes in the frames of one sentence.
    pub fn add(&mut self, cues: &Cues, frames: &[Frame]) {
        for frame in frames {
            if frame.parties.len() >= 2 {
                self.tell(frame);
            } else if !frame.is_weak {
                self.refer(cues, frame);
            }
        }
    }

    fn tell(&mut self, frame: &Frame) {
        let known = self.contacts.iter_mut().rev().find(|contact| contact.is_same(frame));
        match known {
            Some(contact) => contact.take(frame),
            None => {
                let vague = is_ahead(frame.status) && frame.form == Some(Form::Contacts);
                let past = self.contacts.iter_mut().rev().find(|contact| !is_ahead(contact.status) && same_sides(&contact.parties, &frame.parties));
                if let Some(past) = past
                    && is_ahead(frame.status)
                {
                    past.look_ahead(frame.span);
                }
                if !vague {
                    self.contacts.push(Contact::new(frame));
                }
            }
        }
    }

    /// "The talks …": says more of a contact told before.
    fn refer(&mut self, cues: &Cues, frame: &Frame) {
        let contact = self.contacts.iter_mut().rev().find(|contact| {
            contact.last_sentence + CARRIED_SENTENCES_MAX >= frame.sentence && frame.parties.iter().all(|party| contact.parties.contains(party))
        });
        let Some(contact) = contact else { return };
        if matches!(contact.status, Status::Concluded | Status::Stalled) && contact.outcome.is_none() {
            contact.outcome = standing::best(cues.outcomes.iter(), frame.head == Head::Deal && frame.status == Status::Concluded);
        }
        if is_ahead(frame.status) && (0..cues.tokens.len()).any(|at| cues.is(at, Role::Next)) {
            contact.look_ahead(frame.span);
        }
        contact.last_sentence = frame.sentence;
    }

    pub fn claims(self) -> Vec<Claim> {
        let published = self.published;
        debug_assert!(self.contacts.iter().all(|contact| contact.evidence.slice(self.text.text).is_some()));
        self.contacts.into_iter().map(|contact| contact.claim(published)).collect()
    }
}

impl Contact {
    fn new(frame: &Frame) -> Self {
        Self {
            parties: frame.parties.clone(),
            mediators: frame.mediators.iter().filter(|party| !frame.parties.contains(party)).copied().collect(),
            form: frame.form.unwrap_or(Form::Talks),
            is_deal: matches!(frame.head, Head::Deal | Head::Agree),
            status: frame.status,
            outcome: frame.outcome,
            place: frame.place.clone(),
            date: frame.date,
            is_background: frame.is_background,
            evidence: frame.span,
            last_sentence: frame.sentence,
            next: Vec::new(),
            topic: frame.topic.clone(),
        }
    }

    fn is_same(&self, frame: &Frame) -> bool {
        let same_time = is_ahead(self.status) == is_ahead(frame.status);
        let same_form = (self.form == Form::Call) == (frame.form == Some(Form::Call));
        let same_place = match (&self.place, &frame.place) {
            (Some(one), Some(other)) => one.name == other.name || one.contains(other) || other.contains(one),
            _ => true,
        };
        let same_date = match (self.date, frame.date) {
            (Some(one), Some(other)) => one.start <= other.end && other.start <= one.end,
            _ => true,
        };
        same_sides(&self.parties, &frame.parties) && same_time && same_form && same_place && same_date
    }

    fn take(&mut self, frame: &Frame) {
        self.place = self.place.take().or_else(|| frame.place.clone());
        self.date = self.date.or(frame.date);
        self.outcome = self.outcome.or(frame.outcome);
        self.is_background &= frame.is_background;
        self.last_sentence = frame.sentence;
        for party in &frame.mediators {
            if !self.parties.contains(party) && !self.mediators.contains(party) {
                self.mediators.push(party);
            }
        }
    }

    fn look_ahead(&mut self, span: Span) {
        if !self.next.contains(&span) {
            self.next.push(span);
        }
    }

    fn claim(self, published: Option<Date>) -> Claim {
        let is_old = published.zip(self.date).is_some_and(|(published, date)| date.days_before(published) > NEWS_DAYS);
        let stance = if is_ahead(self.status) { Stance::Planned } else { Stance::Reported };
        let outcome = self.outcome.filter(|_| matches!(self.status, Status::Concluded | Status::Stalled));
        Claim {
            what: What::Talks(Talks {
                parties: self.parties.iter().map(|party| (*party).to_owned()).collect(),
                mediators: self.mediators.iter().map(|party| (*party).to_owned()).collect(),
                form: self.form,
                status: self.status,
                outcome,
                topic: self.topic,
                next: self.next,
            }),
            current: !is_old && !self.is_background,
            stance,
            claimant: None,
            place: self.place,
            date: self.date,
            evidence: vec![self.evidence],
        }
    }
}

fn is_ahead(status: Status) -> bool {
    matches!(status, Status::Proposed | Status::Scheduled | Status::Postponed | Status::Cancelled | Status::Rejected)
}

fn same_sides(one: &[Party], other: &[Party]) -> bool {
    one.len() == other.len() && one.iter().all(|party| other.contains(party))
}
