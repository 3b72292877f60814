//! Kinds of development that code reads deeply: tolls, munitions, talks.
//!
//! The values of every field, and their meaning, are those of the labelling guidelines that the contract names.

use serde::{Deserialize, Serialize};

use super::text::Span;
use super::value::Count;

/// What happened to the people counted. Measures are never mixed or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    Killed,
    Injured,
    Missing,
    Trapped,
    Displaced,
    Evacuated,
    Detained,
    Captured,
    Abducted,
    Released,
    Rescued,
    /// Lumped counts: "casualties", "killed or wounded".
    Affected,
}

/// Who was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    #[default]
    People,
    Children,
    Women,
    Civilians,
    Military,
    Police,
    Militants,
    Responders,
    Journalists,
    Officials,
}

/// What a count runs over. Figures of different scope are never compared or added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    #[default]
    Event,
    Period,
    Campaign,
}

/// What kind of happening did the harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Strike,
    Bombing,
    Shooting,
    Clash,
    Attack,
    Accident,
    Disaster,
    Disease,
    Unrest,
    Exchange,
    War,
    #[default]
    Other,
}

/// The article's own word on how a figure moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Rose,
    Fell,
    Unchanged,
}

/// People harmed, moved, held or freed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Toll {
    pub measure: Measure,
    #[serde(flatten)]
    pub count: Count,
    pub group: Group,
    /// True for a part of a total: "including 23 children".
    pub part: bool,
    pub scope: Scope,
    pub event: Event,
    pub change: Option<Change>,
    /// The earlier figure, when the article gives it.
    pub previous: Option<u64>,
    /// "No one was killed": `low` and `high` are 0.
    pub negated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MunitionType {
    #[serde(rename = "drone")]
    Drone,
    #[serde(rename = "missile")]
    Missile,
    #[serde(rename = "ballistic missile")]
    BallisticMissile,
    #[serde(rename = "cruise missile")]
    CruiseMissile,
    #[serde(rename = "rocket")]
    Rocket,
    #[serde(rename = "shell")]
    Shell,
    #[serde(rename = "bomb")]
    Bomb,
    #[serde(rename = "air strike")]
    AirStrike,
    #[serde(rename = "other")]
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MunitionAction {
    Launched,
    Intercepted,
    Hit,
    /// Vanished from radar, by jamming for instance.
    Lost,
}

/// Weapons launched, shot down or landed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Munitions {
    #[serde(rename = "type")]
    pub munition: MunitionType,
    #[serde(flatten)]
    pub count: Count,
    pub action: MunitionAction,
    /// Who launched them, by common English name.
    pub by: Option<String>,
}

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
