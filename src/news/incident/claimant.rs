//! Who counted: the class of a claimant, and the order in which classes are believed.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::news::extract::{Claim, Stance};
use crate::news::kinds::Group;
use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Text, Token};

static SOURCE: &str = include_str!("../../../config/lexicon/claimants.txt");
static CLASSES: LazyLock<Phrases<Class>> = LazyLock::new(|| {
    let class = |name: &str| Class::ALL.into_iter().find(|class| class.name() == name);
    Phrases::new(lexicon::entries(SOURCE).filter_map(|entry| Some((entry.phrase, class(entry.section)?))))
});

/// A kind of claimant. The order is the house's (`product.md`, "Headline figure"); [`Order`] can set another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Counts on the ground: administrations of regions and districts, police, coroners.
    Authority,
    /// The national emergency service.
    Emergency,
    Ministry,
    /// Verified counts, a series of their own that lags behind.
    UnitedNations,
    Hospital,
    Mayor,
    /// What media and monitors tally, and whatever names no claimant.
    Media,
    /// A side that fights.
    Belligerent,
}

impl Class {
    pub const ALL: [Self; 8] = [
        Self::Authority,
        Self::Emergency,
        Self::Ministry,
        Self::UnitedNations,
        Self::Hospital,
        Self::Mayor,
        Self::Media,
        Self::Belligerent,
    ];

    /// Its name in the lexicon, the configuration and the digest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Emergency => "emergency",
            Self::Ministry => "ministry",
            Self::UnitedNations => "united nations",
            Self::Hospital => "hospital",
            Self::Mayor => "mayor",
            Self::Media => "media",
            Self::Belligerent => "belligerent",
        }
    }

    /// The class of a claimant as an article names it.
    pub fn of(claimant: Option<&str>) -> Self {
        let Some(name) = claimant else { return Self::Media };
        let text = Text::read(name);
        let mut longest: Option<(usize, Self)> = None;
        for at in 0..text.tokens.len() {
            if let Some((len, class)) = CLASSES.longest_at(&bases(&text.tokens[at..]))
                && longest.is_none_or(|(known, _)| known < len)
            {
                longest = Some((len, *class));
            }
        }
        longest.map_or(Self::Media, |(_, class)| class)
    }

    /// Whether it counts or answers for the count itself, so that its own word can confirm an incident.
    pub fn is_counting(self) -> bool {
        matches!(self, Self::Authority | Self::Emergency | Self::Ministry)
    }
}

/// The words of a name without their possessive endings: "the region's governor".
fn bases<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    tokens.iter().take(PHRASE_WORDS_MAX).map(Token::bare).collect()
}

/// Words of the longest phrase of the lexicon.
const PHRASE_WORDS_MAX: usize = 5;

/// Classes from the most to the least authoritative. One that is left out comes last, in the order of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Order(Vec<Class>);

impl Default for Order {
    fn default() -> Self {
        Self(Class::ALL.to_vec())
    }
}

impl Order {
    /// An order that starts with these.
    pub fn new(first: &[Class]) -> Self {
        let mut order: Vec<Class> = Vec::new();
        for class in first.iter().chain(&Class::ALL) {
            if !order.contains(class) {
                order.push(*class);
            }
        }
        Self(order)
    }

    /// 0 for the most authoritative.
    pub fn rank(&self, class: Class) -> usize {
        self.0.iter().position(|known| *known == class).unwrap_or(self.0.len())
    }

    pub fn classes(&self) -> &[Class] {
        &self.0
    }
}

/// Whether the figure is a fighting side's word about the other side's losses, or an interested one's unverified claim:
/// it is printed as a claim and never heads.
pub fn is_interested(class: Class, claim: &Claim, group: Group, quote: &str) -> bool {
    if class != Class::Belligerent {
        // "Claimed" by one who does not fight is the extractor's reading of a hedge; it may stand beside, not head.
        return claim.stance == Stance::Claimed && matches!(group, Group::Military | Group::Militants);
    }
    match group {
        Group::Militants => true,
        Group::Military => !names_own(quote),
        _ => claim.stance == Stance::Claimed,
    }
}

/// "three of its soldiers", "our own losses": a side tells of itself.
fn names_own(quote: &str) -> bool {
    Text::read(quote).tokens.iter().any(|token| ["its", "our", "own", "their"].iter().any(|word| token.is(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(claimant: &str, expected: Class) {
        assert_eq!(Class::of(Some(claimant)), expected, "{claimant}");
    }

    #[test]
    fn claimants_have_classes() {
        check("the Sumy regional military administration", Class::Authority);
        check("Governor Oleh Hryhorov", Class::Authority);
        check("State Emergency Service", Class::Emergency);
        check("Russia’s defence ministry", Class::Belligerent);
        check("the Israeli military", Class::Belligerent);
        check("Gaza's health ministry", Class::Ministry);
        check("U.N. human rights office", Class::UnitedNations);
        check("Kyiv's mayor, Vitali Klitschko", Class::Mayor);
        check("the Syrian Observatory for Human Rights", Class::Media);
        check("Somebody", Class::Media);
        assert_eq!(Class::of(None), Class::Media);
    }

    #[test]
    fn an_order_holds_every_class_once() {
        let order = Order::new(&[Class::Hospital, Class::Hospital]);
        assert_eq!(order.rank(Class::Hospital), 0);
        assert_eq!(order.rank(Class::Authority), 1);
        assert_eq!(order.classes().len(), Class::ALL.len());
    }
}
