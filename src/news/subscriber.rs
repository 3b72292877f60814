//! What a subscriber wants of an edition, and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::digest::{Digest, Section};

/// A subscriber's own choices. What is not chosen is as the edition has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The parts of the digest to get; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Section>,
    /// The kinds of development to get, by their names (`toll`, `talks`, `munitions`, or one that a file defines), and the
    /// kinds of event (`strike`, `disaster`); empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Places to hear of; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Near>,
    /// When to get it: minutes after midnight on the clocks of `zone`. `None`: when the edition is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minute: Option<u16>,
    /// IANA name of the zone of `minute`, and of the times in the digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    #[serde(skip_serializing_if = "Format::is_both")]
    pub format: Format,
    /// Whether to get an edition that has nothing new for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// No mail before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
}

/// A place and how far around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Near {
    pub name: String,
    pub radius_km: u32,
}

/// What a message holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// HTML and the same as text; the mail program chooses.
    #[default]
    Both,
    /// Text alone.
    Text,
}

/// What becomes of an edition with nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// It is not sent.
    Skip,
    /// It is sent, and says so.
    Note,
}

impl Format {
    fn is_both(&self) -> bool {
        *self == Self::Both
    }
}

impl Preferences {
    /// A text that is the same for all whose message has the same content.
    pub fn variant(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        format!("{:?}", (&self.topics, &self.kinds, &self.places, &self.zone, self.format, self.empty))
    }

    /// What of a digest is for them.
    pub fn cut(&self, digest: &Digest) -> Digest {
        let mut digest = digest.clone();
        if !self.topics.is_empty() {
            digest.frame.sections.retain(|section| self.topics.contains(section));
        }
        digest
    }

    pub fn is_paused(&self, at: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| at < until)
    }
}
