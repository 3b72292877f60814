//! What comes first, and why; what is too small to be told, and how much can be read.

use serde::{Deserialize, Serialize};

use super::News;
use super::tolls::TollItem;
use crate::news::incident::claimant::Order;
use crate::news::incident::grade::Grade;
use crate::news::incident::number;
use crate::news::kinds::Measure;

/// Words that a reader takes in a minute: the mean for silent reading of English non-fiction over 190 studies (Brysbaert,
/// "How many words do we read per minute?", Journal of Memory and Language 109, 2019).
pub const WORDS_PER_MINUTE: usize = 238;

/// What an edition's configuration says of choosing figures and items. Stored with the digest, so that a replay follows the
/// rules of its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Who is believed before whom.
    pub claimants: Order,
    /// An incident that harmed fewer people is not told, unless something told of it before has changed.
    pub people_min: u64,
    /// A story without a figure is told from so many independent origins on.
    pub origins_min: usize,
    /// The longest that an edition should take to read, in minutes; what ranks last is left out whole. `None`: no limit.
    pub reading_minutes: Option<u32>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { claimants: Order::default(), people_min: 0, origins_min: 1, reading_minutes: None }
    }
}

impl Rules {
    /// The longest edition, in words.
    pub fn words_max(&self) -> Option<usize> {
        self.reading_minutes.map(|minutes| minutes as usize * WORDS_PER_MINUTE)
    }
}

/// A reason for an item's place in the order, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Corrected, changed or new to this reader.
    News(News),
    /// So many were killed, by the headline figure.
    Killed(u64),
    /// So many were injured.
    Injured(u64),
    /// So many were harmed otherwise.
    Harmed(u64),
    Grade(Grade),
}

/// What puts one incident before another: the dead, then the injured, then anyone else.
pub fn weight(item: &TollItem) -> (u64, u64, u64) {
    let most = |wanted: &dyn Fn(Measure) -> bool| {
        let lines = item.lines.iter().filter(|line| wanted(line.measure));
        lines.filter_map(|line| number(&line.figure.value().count)).max().unwrap_or(0)
    };
    (most(&|m| m == Measure::Killed), most(&|m| m == Measure::Injured), most(&|_| true))
}

/// Why an incident stands where it does.
pub fn why(item: &TollItem) -> Vec<Why> {
    let (killed, injured, harmed) = weight(item);
    let size = match (killed, injured) {
        (0, 0) => Why::Harmed(harmed),
        (0, injured) => Why::Injured(injured),
        (killed, _) => Why::Killed(killed),
    };
    vec![Why::News(item.news), size, Why::Grade(item.attested.grade)]
}

/// Whether an incident is large enough to be told of, by an edition with these rules.
pub fn is_told(item: &TollItem, rules: &Rules) -> bool {
    matches!(item.news, News::Corrected | News::Changed) || weight(item).2 >= rules.people_min
}

/// In the order of the house: at the reader's own places first; of those and of the others what was corrected, changed, is
/// new, is known; each by its weight.
pub fn order(a: &TollItem, b: &TollItem) -> std::cmp::Ordering {
    let key = |item: &TollItem| (item.near.is_none(), item.news);
    key(a).cmp(&key(b)).then_with(|| weight(b).cmp(&weight(a))).then_with(|| a.key.cmp(&b.key))
}
