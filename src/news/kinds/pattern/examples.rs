//! Examples: what a kind must find, and what it must not.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::{Date, date};

use super::syntax::Fault;
use super::{Kind, Kinds, Mistake};
use crate::news::article::{Article, Published};
use crate::news::extract::{Claim, What};
use crate::news::reading::pieces::Pieces;

/// The day of publication of examples that give none: a Wednesday.
const PUBLISHED: Date = date(2031, 3, 5);

/// A text that must give a claim with just these fields of its own, and these of the common ones.
#[derive(Debug)]
pub struct Example {
    pub text: String,
    pub published: Option<Date>,
    /// Values as [`super::Value`] shows them.
    pub gives: BTreeMap<String, String>,
    /// Where it stands in the file.
    pub at: Range<usize>,
}

/// A text that must give nothing.
#[derive(Debug)]
pub struct Counterexample {
    pub text: String,
    pub published: Option<Date>,
    pub at: Range<usize>,
}

/// How one example fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub text: String,
    /// What must be found, as the file writes it; `None` for a counterexample.
    pub wanted: Option<String>,
    /// Where it stands in the file, counted from 1.
    pub line: usize,
    /// Why it fails.
    pub mistake: Option<Mistake>,
}

/// Runs the examples of a kind alone, in the order of the file.
pub fn prove(kind: Kind, file: &str, source: &str) -> Vec<Proof> {
    let kinds = Kinds::new(vec![kind]);
    let Some(kind) = kinds.kinds.first() else { return Vec::new() };
    let own = |name: &str| kind.fields.iter().any(|field| field.name == name);
    let mut proofs = Vec::new();
    let mut note = |text: &str, wanted: Option<String>, at: &Range<usize>, problem: Option<(String, String)>| {
        let (problem, advice) = problem.unzip();
        let fails = problem.is_some();
        let fault = Fault::new(at.clone(), problem.unwrap_or_default(), advice.unwrap_or_default());
        let place = Mistake::place(file, source, fault);
        let line = place.line;
        proofs.push((at.start, Proof { text: text.to_owned(), wanted, line, mistake: fails.then_some(place) }));
    };
    for example in &kind.examples {
        let found = claims(&kinds, &example.text, example.published);
        let fits = |shown: &BTreeMap<String, String>| {
            example.gives.iter().all(|(name, value)| shown.get(name) == Some(value))
                && shown.keys().all(|name| !own(name) || example.gives.contains_key(name))
        };
        let wanted = listed(&example.gives);
        let problem = (!found.iter().any(fits)).then(|| {
            let problem = match found.as_slice() {
                [] => "nothing is found in this example".to_owned(),
                found => format!("this example gives {}", found.iter().map(listed).collect::<Vec<_>>().join(" and ")),
            };
            (problem, format!("it must give {wanted}"))
        });
        note(&example.text, Some(wanted), &example.at, problem);
    }
    for example in &kind.counterexamples {
        let found = claims(&kinds, &example.text, example.published);
        let problem = found.first().map(|found| {
            let advice = "narrow the patterns, or add to `unless`".to_owned();
            (format!("this counterexample gives {}", listed(found)), advice)
        });
        note(&example.text, None, &example.at, problem);
    }
    proofs.sort_by_key(|(at, _)| *at);
    proofs.into_iter().map(|(_, proof)| proof).collect()
}

fn claims(kinds: &Kinds, text: &str, published: Option<Date>) -> Vec<BTreeMap<String, String>> {
    let article = Article {
        text: text.to_owned(),
        published: Some(Published::On(published.unwrap_or(PUBLISHED))),
        ..Article::default()
    };
    super::read(kinds, &Pieces::of(&article)).iter().map(shown).collect()
}

/// The fields of a claim as an example writes them.
pub fn shown(claim: &Claim) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    if let What::Developed(development) = &claim.what {
        shown.extend(development.fields.iter().map(|(name, value)| (name.clone(), value.to_string())));
    }
    let stance = serde_json::to_value(claim.stance).ok();
    let common = [
        ("stance", stance.as_ref().and_then(serde_json::Value::as_str).map(str::to_owned)),
        ("current", Some(claim.current.to_string())),
        ("source", claim.claimant.clone()),
        ("place", claim.place.as_ref().map(|place| place.name.clone())),
        ("date", claim.date.map(|date| super::Value::Date(date).to_string())),
    ];
    shown.extend(common.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    shown
}

fn listed(fields: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value:?}")).collect();
    format!("{{ {} }}", pairs.join(", "))
}
