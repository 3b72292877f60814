//! Munitions: weapons launched, shot down or landed.

use serde::{Deserialize, Serialize};

use crate::news::extract::Claim;
use crate::news::reading::article::{ReadSentence, Reading};
use crate::news::value::Count;

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

/// The munitions of one sentence.
pub fn read(_reading: &mut Reading, _sentence: &ReadSentence) -> Vec<Claim> {
    Vec::new()
}

/// Drops claims that repeat an earlier one.
pub fn merge(claims: Vec<Claim>) -> Vec<Claim> {
    claims
}
