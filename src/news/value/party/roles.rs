//! Who "the government", "the rebels" and "the union" of an article are.

use std::collections::HashMap;

use super::words::{KINDS, REFERRING, is_armed, is_kind};
use super::{Mention, Naming, Parties, Party};
use crate::news::text::Text;

impl<'t> Parties<'t> {
    /// "The government" is that of the country, "the rebels" the armed group, that the article names most; else rebels are
    /// called as the article first calls them by their country, or as it calls them.
    pub(super) fn resolve_roles(&mut self) {
        let text = self.text;
        let is_state = |naming| matches!(naming, Naming::Country | Naming::Adjective);
        self.resolve_eras();
        let state = most(self.mentions.iter().filter(|mention| is_state(mention.naming)), Mention::weight);
        let group = most(
            self.mentions.iter().filter(|mention| mention.naming == Naming::Body && is_armed(mention.party)),
            |_| 1,
        );
        let rebels =
            self.mentions.iter().filter(|mention| mention.naming == Naming::Rebels && !mention.party.is_empty());
        let rebels = rebels.map(|mention| mention.party).next();
        let is_many = |mention: &Mention<'t>| {
            let word = text.tokens[mention.tokens.end - 1].base();
            word.ends_with('s').then_some(word).filter(|_| mention.tokens.len() == 1)
        };
        let names = self.full_names();
        let named = most(self.mentions.iter().filter(|mention| mention.naming == Naming::Name), |_| 1);
        let named = named.map(|name| names.get(name).copied().unwrap_or(name));
        // "The Fijian employers", and then "the employers".
        let kinds = self.mentions.iter().filter(|mention| mention.naming == Naming::Kind && !is_kind(mention.party));
        let owned: HashMap<String, Party<'t>> = kinds
            .filter_map(|mention| Some((mention.party.split_once(' ')?.1.to_lowercase(), mention.party)))
            .collect();
        self.mentions.retain_mut(|mention| {
            mention.party = match mention.naming {
                // Capitals alone name agencies and papers as often as sides: they count where the article has the full name.
                Naming::Name if mention.party.contains(' ') => mention.party,
                Naming::Name => names.get(mention.party).copied().unwrap_or_default(),
                // "The union" is the body that the article names most.
                Naming::Kind if REFERRING.word(mention.party).is_some() => {
                    let named = named.filter(|_| is_definite(text, mention.tokens.start));
                    named.or(KINDS.word(mention.party).map(|()| mention.party)).unwrap_or_default()
                }
                Naming::Kind => owned.get(&mention.party.to_lowercase()).copied().unwrap_or(mention.party),
                Naming::Government => state.unwrap_or_default(),
                Naming::Rebels => group.or(rebels).or_else(|| is_many(mention)).unwrap_or_default(),
                _ => return true,
            };
            !mention.party.is_empty()
        });
    }
    /// Where an article speaks of a state that is no more, the seat of its successor is the seat of that: "Soviet … Moscow".
    fn resolve_eras(&mut self) {
        for (old, new) in [("Soviet Union", "Russia"), ("West Germany", "Germany")] {
            let count = |party: &str, is_named: bool| {
                let of_party = self.mentions.iter().filter(|mention| mention.party == party);
                of_party.filter(|mention| !is_named || mention.naming != Naming::Seat).count()
            };
            if count(old, false) > count(new, true) {
                self.mentions.iter_mut().filter(|mention| mention.party == new).for_each(|mention| mention.party = old);
            }
        }
    }
}

fn most<'a, 't: 'a>(
    mentions: impl Iterator<Item = &'a Mention<'t>>,
    weigh: impl Fn(&Mention<'t>) -> usize,
) -> Option<Party<'t>> {
    let mut counts: Vec<(Party<'t>, usize)> = Vec::new();
    for mention in mentions {
        match counts.iter_mut().find(|(party, _)| *party == mention.party) {
            Some((_, count)) => *count += weigh(mention),
            None => counts.push((mention.party, weigh(mention))),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(party, _)| party)
}

/// "the union", "The group's"
fn is_definite(text: &Text, at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.tokens.get(before)).is_some_and(|token| token.is("the"))
}
