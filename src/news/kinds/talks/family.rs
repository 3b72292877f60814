//! Verbs by family: one entry of the vocabulary stands for all forms of its verb.

use std::ops::{BitOr, BitOrAssign};

/// The forms of a verb that a word can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forms(u8);

impl Forms {
    pub const NONE: Self = Self(0);
    /// "hold"
    pub const BASE: Self = Self(1);
    /// "holds"
    pub const PRESENT: Self = Self(2);
    /// "held", "began"
    pub const PAST: Self = Self(4);
    /// "held", "begun"
    pub const PARTICIPLE: Self = Self(8);
    /// "holding"
    pub const ING: Self = Self(16);

    /// Whether the word can be one of `forms`.
    pub fn has(self, forms: Self) -> bool {
        self.0 & forms.0 != 0
    }
}

impl BitOr for Forms {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Forms {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The forms of an entry `base/past/participle/ing particles`, of which all but the base may be left out.
pub fn forms(entry: &str) -> Vec<(String, Forms)> {
    let (verb, particles) = entry.split_once(' ').map_or((entry, ""), |(verb, particles)| (verb, particles));
    let mut given = verb.split('/');
    let base = given.next().unwrap_or_default();
    let past = given.next().map_or_else(|| regular_past(base), str::to_owned);
    let participle = given.next().map_or_else(|| past.clone(), str::to_owned);
    let ing = given.next().map_or_else(|| regular_ing(base, &past), str::to_owned);
    let mut found: Vec<(String, Forms)> = Vec::new();
    for (word, form) in [
        (base.to_owned(), Forms::BASE),
        (present(base), Forms::PRESENT),
        (past, Forms::PAST),
        (participle, Forms::PARTICIPLE),
        (ing, Forms::ING),
    ] {
        let phrase = if particles.is_empty() { word } else { format!("{word} {particles}") };
        match found.iter_mut().find(|(known, _)| *known == phrase) {
            Some((_, forms)) => *forms |= form,
            None => found.push((phrase, form)),
        }
    }
    found
}

/// What a word of no list may be by its ending.
pub fn guess(word: &str) -> Forms {
    let is_long = word.len() > 4 && word.starts_with(|char: char| char.is_lowercase());
    if is_long && word.ends_with("ed") && !word.ends_with("eed") {
        Forms::PAST | Forms::PARTICIPLE
    } else {
        Forms::NONE
    }
}

fn present(base: &str) -> String {
    match base {
        "have" => "has".to_owned(),
        _ if base.ends_with(['s', 'x', 'z', 'o']) || base.ends_with("ch") || base.ends_with("sh") => {
            format!("{base}es")
        }
        _ => match consonant_y(base) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{base}s"),
        },
    }
}

fn regular_past(base: &str) -> String {
    match consonant_y(base) {
        Some(stem) => format!("{stem}ied"),
        None if base.ends_with('e') => format!("{base}d"),
        None => format!("{base}ed"),
    }
}

/// "holding", "making", "agreeing", "lying"; the last letter doubles where the past doubles it ("planning") or, for a verb
/// with an irregular past, where one short vowel stands before it ("putting").
fn regular_ing(base: &str, past: &str) -> String {
    if let Some(stem) = base.strip_suffix("ie") {
        return format!("{stem}ying");
    }
    if let Some(stem) = base.strip_suffix('e').filter(|stem| !stem.ends_with(['e', 'o', 'y'])) {
        return format!("{stem}ing");
    }
    let last = base.chars().last().unwrap_or('x');
    let doubles = past == format!("{base}{last}ed") || !past.ends_with("ed") && ends_short(base);
    if doubles { format!("{base}{last}ing") } else { format!("{base}ing") }
}

fn consonant_y(base: &str) -> Option<&str> {
    base.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']))
}

fn ends_short(base: &str) -> bool {
    let mut chars = base.chars().rev();
    let is_vowel = |char: char| "aeiou".contains(char);
    let (last, vowel, before) = (chars.next(), chars.next(), chars.next());
    last.is_some_and(|char| !is_vowel(char) && !"wxy".contains(char))
        && vowel.is_some_and(is_vowel)
        && before.is_some_and(|char| !is_vowel(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entry: &str, expected: &str) {
        let found: Vec<String> = forms(entry).into_iter().map(|(word, _)| word).collect();
        assert_eq!(found.join(", "), expected);
    }

    #[test]
    fn regular_and_irregular_verbs_give_all_their_forms() {
        check("agree", "agree, agrees, agreed, agreeing");
        check("postpone", "postpone, postpones, postponed, postponing");
        check("plan/planned", "plan, plans, planned, planning");
        check("deny", "deny, denies, denied, denying");
        check("begin/began/begun/beginning", "begin, begins, began, begun, beginning");
        check("put/put off", "put off, puts off, putting off");
        check("hold/held", "hold, holds, held, holding");
        check("send/sent", "send, sends, sent, sending");
        check("meet/met", "meet, meets, met, meeting");
        check("have/had", "have, has, had, having");
        check("push for", "push for, pushes for, pushed for, pushing for");
    }

    #[test]
    fn a_word_of_no_list_is_a_verb_by_its_ending() {
        assert!(guess("described").has(Forms::PAST));
        assert!(!guess("Described").has(Forms::PAST));
        assert!(!guess("need").has(Forms::PAST));
    }
}
