//! Kinds of development: tolls, munitions and talks, which code reads deeply, and those that files define ([`pattern`]).
//!
//! The values of every field, and their meaning, are those of the labelling guidelines that the contract names.

pub mod munitions;
pub mod pattern;
pub mod toll;

use serde::{Deserialize, Serialize};

pub use munitions::{MunitionAction, MunitionType, Munitions};
pub use toll::{Change, Event, Group, Measure, Scope, Toll};

use super::text::Span;

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
