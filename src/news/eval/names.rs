//! When two names are the same: the rules of `score.py`, so that its figures are ours.

/// Other names of states and bodies. What a reader takes for the same side is the same side.
const ALIASES: [(&str, &str); 33] = [
    ("us", "united states"),
    ("u.s.", "united states"),
    ("usa", "united states"),
    ("america", "united states"),
    ("washington", "united states"),
    ("white house", "united states"),
    ("moscow", "russia"),
    ("kremlin", "russia"),
    ("russian federation", "russia"),
    ("kyiv", "ukraine"),
    ("kiev", "ukraine"),
    ("eu", "european union"),
    ("brussels", "european union"),
    ("un", "united nations"),
    ("u.n.", "united nations"),
    ("uk", "united kingdom"),
    ("britain", "united kingdom"),
    ("great britain", "united kingdom"),
    ("london", "united kingdom"),
    ("beijing", "china"),
    ("tehran", "iran"),
    ("ankara", "turkey"),
    ("türkiye", "turkey"),
    ("turkiye", "turkey"),
    ("riyadh", "saudi arabia"),
    ("minsk", "belarus"),
    ("berlin", "germany"),
    ("paris", "france"),
    ("holy see", "vatican"),
    ("ussr", "soviet union"),
    ("uae", "united arab emirates"),
    ("dprk", "north korea"),
    ("republic of korea", "south korea"),
];
/// Words that one writer puts to a place's name and another does not.
const PLACE_WORDS: [&str; 17] = [
    "city",
    "town",
    "village",
    "region",
    "province",
    "oblast",
    "district",
    "governorate",
    "of",
    "the",
    "state",
    "near",
    "central",
    "northern",
    "southern",
    "eastern",
    "western",
];

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A name without case, punctuation and article, by its common form.
pub(super) fn norm(name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if is_word(c) || c == '.' { c } else { ' ' }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = ["the ", "a ", "an "].iter().find_map(|article| plain.strip_prefix(article)).unwrap_or(&plain);
    let alias = ALIASES.iter().find(|(other, _)| *other == bare);
    alias.map_or(bare, |(_, common)| common).to_owned()
}

/// Whether two names, of places or of people who say something, are the same, or one holds the other. No name is like no name only.
pub(super) fn alike(a: Option<&str>, b: Option<&str>) -> bool {
    let (a, b) = (norm(a.unwrap_or_default()), norm(b.unwrap_or_default()));
    if a == b || a.is_empty() || b.is_empty() {
        return a == b;
    }
    let (a, b) = (without_place_words(&a), without_place_words(&b));
    !a.is_empty() && !b.is_empty() && (a.contains(&b) || b.contains(&a))
}

fn without_place_words(name: &str) -> String {
    let mut kept = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        if !PLACE_WORDS.contains(&word) {
            kept.push_str(word);
        }
        let (between, after) = after.split_at(after.find(is_word).unwrap_or(after.len()));
        kept.push_str(between);
        rest = after;
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{alike, norm};

    #[track_caller]
    fn check(a: &str, b: &str, expected: bool) {
        let (one, other) = (Some(a).filter(|a| !a.is_empty()), Some(b).filter(|b| !b.is_empty()));
        assert_eq!(alike(one, other), expected, "{a:?} {b:?}");
        assert_eq!(alike(other, one), expected, "{b:?} {a:?}");
    }

    #[test]
    fn names_are_alike_as_a_reader_takes_them() {
        check("Sumy", "the Sumy region", true);
        check("Kyiv", "Ukraine", true);
        check("northern Gaza", "Gaza Strip", true);
        check("Poltava", "Sumy", false);
        check("Poltava", "", false);
        check("", "", true);
        // Nothing is left of either but the words that are dropped.
        check("the region", "Eastern Province", false);
        assert_eq!(norm("The  White House!"), "united states");
    }
}
