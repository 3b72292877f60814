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
use crate::news::value::{Place, Precision};

/// News is what was in this many days before publication, by the labelling guidelines.
pub const NEWS_DAYS: i64 = 15;
/// "The talks" are those told at most this many sentences before.
const CARRIED_SENTENCES_MAX: usize = 12;

/// A contact of this many days ago is told as background, unless the article opens with it.
const FRESH_DAYS: i64 = 2;
/// An article opens with these sentences.
const LEAD_SENTENCES: usize = 2;
/// An article that tells of more contacts is no news; the limit keeps the work linear.
const CONTACTS_MAX: usize = 200;
/// More sentences than these show nothing new.
const EVIDENCE_SPANS_MAX: usize = 4;

/// The steps ahead that one contact may list.
const NEXT_SPANS_MAX: usize = 8;

/// One contact as far as the article has told it.
#[derive(Clone, Debug)]
struct Contact<'t> {
    parties: Vec<Party<'t>>,
    mediators: Vec<Party<'t>>,
    form: Form,
    is_deal: bool,
    status: Status,
    outcome: Option<Outcome>,
    place: Option<Place>,
    written_at: Option<Place>,
    date: Option<DateSpan>,
    is_background: bool,
    evidence: Vec<Span>,
    first_sentence: usize,
    last_sentence: usize,
    next: Vec<Span>,
    topic: Option<String>,
    claimant: Option<&'t str>,
}

/// The contacts of an article so far.
pub struct Track<'t> {
    text: &'t Text<'t>,
    published: Option<Date>,
    contacts: Vec<Contact<'t>>,
    /// What is likely to follow contacts that are not told yet.
    ahead: Vec<(Vec<Party<'t>>, Span)>,
    /// "The ceasefire", before its sides are known.
    unnamed: Vec<Frame<'t>>,
}

impl<'t> Track<'t> {
    pub fn new(text: &'t Text<'t>, published: Option<Date>) -> Self {
        Self { text, published, contacts: Vec::new(), ahead: Vec::new(), unnamed: Vec::new() }
    }

    /// Takes in the frames of one sentence.
    pub fn add(&mut self, cues: &Cues, frames: &[Frame<'t>]) {
        for frame in frames {
            if (frame.parties.len() >= 2 || frame.is_summit_of_union) && !frame.is_borrowed {
                self.tell(frame);
            } else {
                self.refer(cues, frame);
            }
        }
    }

    fn tell(&mut self, frame: &Frame<'t>) {
        if let Some(contact) = self.contacts.iter_mut().rev().find(|contact| contact.is_same(frame)) {
            contact.take(frame);
            return;
        }
        let is_ahead = is_ahead(frame.status);
        let past = self
            .contacts
            .iter_mut()
            .rev()
            .find(|contact| !contact.is_ahead() && same_sides(&contact.parties, &frame.parties));
        let is_open = frame.place.is_none() && frame.date.is_none() && frame.is_vague;
        if is_ahead && (frame.form == Some(Form::Contacts) || is_open && past.is_some()) {
            match past {
                Some(past) => past.look_ahead(frame.span),
                None if self.ahead.len() < CONTACTS_MAX => self.ahead.push((frame.parties.clone(), frame.span)),
                None => {}
            }
            return;
        }
        if let Some(past) = past
            && is_ahead
        {
            past.look_ahead(frame.span);
        }
        if self.contacts.len() >= CONTACTS_MAX {
            return;
        }
        let mut contact = Contact::new(frame);
        if !is_ahead {
            self.ahead.retain(|(parties, span)| {
                let is_same = same_sides(parties, &contact.parties);
                if is_same {
                    contact.look_ahead(*span);
                }
                !is_same
            });
        }
        self.contacts.push(contact);
    }

    /// "The talks …": says more of a contact told before.
    fn refer(&mut self, cues: &Cues, frame: &Frame<'t>) {
        let is_near = |contact: &Contact<'t>| {
            contact.last_sentence + CARRIED_SENTENCES_MAX >= frame.sentence
                && frame.parties.iter().all(|party| contact.parties.contains(party))
                && (frame.head == Head::Deal || frame.is_borrowed || !contact.is_deal)
        };
        let of_speaker = |contact: &Contact<'t>| {
            frame.speaker.is_some_and(|speaker| contact.parties.contains(&speaker)) && !contact.is_ahead()
        };
        let index = self
            .contacts
            .iter()
            .rposition(|contact| contact.last_sentence == frame.sentence && is_near(contact))
            .or_else(|| self.contacts.iter().rposition(|contact| is_near(contact) && of_speaker(contact)))
            .or_else(|| self.contacts.iter().rposition(is_near));
        let Some(contact) = index.and_then(|index| self.contacts.get_mut(index)) else {
            if frame.is_peace && !frame.is_borrowed && self.unnamed.len() < CONTACTS_MAX {
                self.unnamed.push(frame.clone());
            }
            return;
        };
        // "No plans to meet, but a meeting could be held quickly"
        if contact.status == Status::Rejected
            && frame.status == Status::Proposed
            && contact.last_sentence == frame.sentence
        {
            contact.status = Status::Proposed;
            contact.look_ahead(frame.span);
            return;
        }
        // "… agreed to a truce after two days of talks in Oslo": what goes with it in the same sentence.
        if frame.is_borrowed && !contact.is_ahead() && !is_ahead(frame.status) && contact.place.is_none() {
            contact.place.clone_from(&frame.place);
        }
        // "They met for six hours, and the talks will go on."
        if frame.is_borrowed && is_ahead(frame.status) && frame.is_vague && !contact.is_ahead() {
            contact.outcome = contact.outcome.or(Some(Outcome::Continue));
            contact.look_ahead(frame.span);
        }
        if frame.is_borrowed || frame.is_weak && !frame.is_definite {
            return;
        }
        let is_planned =
            is_ahead(frame.status) && (frame.place.is_some() || frame.date.is_some()) && !contact.is_ahead();
        // "The next round will be held in Oslo", "talks resume on Friday": the same sides again.
        let is_round = frame.status == Status::Scheduled
            && frame.parties.is_empty()
            && frame.is_next
            && contact.status != Status::UnderWay;
        if is_planned && frame.head == Head::Noun && (frame.parties.len() == 1 || is_round) {
            let frame = Frame { parties: contact.parties.clone(), ..frame.clone() };
            self.tell(&frame);
            return;
        }
        // "During the meeting in Oslo": where those were that were told before.
        let is_told = !contact.is_ahead() && !contact.is_deal && contact.form != Form::Call;
        if is_told
            && contact.place.is_none()
            && frame.parties.is_empty()
            && frame.head == Head::Noun
            && !is_ahead(frame.status)
        {
            contact.place.clone_from(&frame.place);
        }
        if matches!(contact.status, Status::Concluded | Status::Stalled)
            && contact.outcome.is_none()
            && frame.head != Head::Deal
        {
            contact.outcome = standing::best(cues.outcomes.iter(), false);
        }
        if is_ahead(frame.status) && (0..cues.tokens.len()).any(|at| cues.is(at, Role::Next)) {
            contact.look_ahead(frame.span);
        }
        contact.last_sentence = frame.sentence;
    }

    /// Gives what was told without sides to the contact that the article names later, else to its warring sides.
    pub fn close(&mut self, warring: &[Party<'t>]) {
        for frame in std::mem::take(&mut self.unnamed) {
            let is_named = self.contacts.iter().any(|contact| {
                contact.is_deal == (frame.head == Head::Deal) && contact.is_ahead() == is_ahead(frame.status)
            });
            let fits = frame.parties.iter().all(|party| warring.contains(party));
            if !is_named && fits && warring.len() == 2 {
                self.tell(&Frame { parties: warring.to_vec(), ..frame });
            }
        }
    }

    pub fn claims(self) -> Vec<Claim> {
        let published = self.published;
        debug_assert!(
            self.contacts
                .iter()
                .all(|contact| contact.evidence.iter().all(|span| span.slice(self.text.text).is_some()))
        );
        // "They met in Qatar", and elsewhere "the talks in Doha".
        let towns: Vec<Place> = self
            .contacts
            .iter()
            .filter_map(|contact| contact.place.clone())
            .filter(|place| place.precision == Precision::Settlement)
            .collect();
        let refine = |mut contact: Contact<'t>| {
            let finer = contact.place.as_ref().filter(|place| place.precision == Precision::Country);
            let finer = finer.and_then(|country| towns.iter().find(|town| country.contains(town)).cloned());
            contact.place = finer.or(contact.place);
            contact
        };
        self.contacts.into_iter().map(refine).map(|contact| contact.claim(published)).collect()
    }
}

impl<'t> Contact<'t> {
    fn new(frame: &Frame<'t>) -> Self {
        Self {
            parties: frame.parties.clone(),
            mediators: frame.mediators.iter().filter(|party| !frame.parties.contains(party)).copied().collect(),
            form: frame.form.unwrap_or(Form::Talks),
            is_deal: matches!(frame.head, Head::Deal | Head::Agree),
            status: frame.status,
            outcome: frame.outcome,
            place: frame.place.clone(),
            written_at: frame.written_at.clone(),
            date: frame.date,
            is_background: frame.is_background,
            evidence: vec![frame.span],
            first_sentence: frame.sentence,
            last_sentence: frame.sentence,
            next: Vec::new(),
            topic: frame.topic.clone(),
            claimant: frame.claimant,
        }
    }

    fn is_ahead(&self) -> bool {
        is_ahead(self.status)
    }

    fn is_same(&self, frame: &Frame<'t>) -> bool {
        let same_time = self.is_ahead() == is_ahead(frame.status);
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

    fn take(&mut self, frame: &Frame<'t>) {
        let is_finer = self.place.as_ref().zip(frame.place.as_ref()).is_some_and(|(one, other)| one.contains(other));
        if self.place.is_none() || is_finer {
            self.place.clone_from(&frame.place);
        }
        self.date = self.date.or(frame.date);
        self.outcome = self.outcome.or(frame.outcome);
        if self.topic.is_none() {
            self.topic.clone_from(&frame.topic);
        }
        self.is_background &= frame.is_background;
        self.last_sentence = frame.sentence;
        if self.evidence.len() < EVIDENCE_SPANS_MAX && !self.evidence.contains(&frame.span) {
            self.evidence.push(frame.span);
        }
        for party in &frame.mediators {
            if !self.parties.contains(party) && !self.mediators.contains(party) {
                self.mediators.push(party);
            }
        }
    }

    fn look_ahead(&mut self, span: Span) {
        if self.next.len() < NEXT_SPANS_MAX && !self.next.contains(&span) {
            self.next.push(span);
        }
    }

    fn claim(self, published: Option<Date>) -> Claim {
        let is_lead = self.first_sentence < LEAD_SENTENCES;
        let days = if is_lead { NEWS_DAYS } else { FRESH_DAYS };
        let is_old = !self.is_ahead()
            && published
                .zip(self.date)
                .is_some_and(|(published, date)| DateSpan::day(date.start).days_before(published) > days);
        let stance = if is_ahead(self.status) { Stance::Planned } else { Stance::Reported };
        let written_at = self.written_at.filter(|_| !is_ahead(self.status));
        // Who calls is in two places.
        let place = self.place.or(written_at).filter(|_| self.form != Form::Call);
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
            claimant: self.claimant.map(str::to_owned),
            place,
            date: self.date,
            evidence: self.evidence,
        }
    }
}

fn is_ahead(status: Status) -> bool {
    matches!(status, Status::Proposed | Status::Scheduled | Status::Postponed | Status::Cancelled | Status::Rejected)
}

fn same_sides(one: &[Party], other: &[Party]) -> bool {
    one.len() == other.len() && one.iter().all(|party| other.contains(party))
}
