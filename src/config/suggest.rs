//! "Did you mean": the known word nearest to a mistyped one.

use std::cmp::Reverse;

use jiff::tz;

/// The known word that `typed` is most likely a slip for, if any is near enough.
pub(super) fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.to_lowercase();
    let ranked = known.into_iter().map(|word| {
        let known = word.to_lowercase();
        // Of two equally near, the one that begins the same: slips are rarer at the beginning.
        let same = typed.chars().zip(known.chars()).take_while(|(typed, known)| typed == known).count();
        (strsim::osa_distance(&typed, &known), Reverse(same), word)
    });
    let (distance, _, word) = ranked.min()?;
    // A third of the letters may differ: "sectoins" is near "sections", "colour" is near nothing.
    (distance <= typed.chars().count().max(word.chars().count()) / 3).then_some(word)
}

/// The time zone nearest to a mistyped one: by its whole name, else by its city ("Kyev" → "Europe/Kyiv").
pub(super) fn zone(typed: &str) -> Option<String> {
    let typed = typed.trim().replace(' ', "_");
    let names: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    if let Some(name) = nearest(&typed, names.iter().map(String::as_str)) {
        return Some(name.to_owned());
    }
    let city = |name: &str| name.rsplit('/').next().map(str::to_owned);
    let cities: Vec<String> = names.iter().filter(|name| name.contains('/')).filter_map(|name| city(name)).collect();
    let near = nearest(&city(&typed)?, cities.iter().map(String::as_str))?.to_owned();
    names.into_iter().find(|name| name.rsplit('/').next() == Some(&near) && name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: Option<&str>) {
        assert_eq!(nearest(typed, ["sections", "window", "zone", "cron"]), expected);
    }

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        check("sectoins", Some("sections"));
        check("Windows", Some("window"));
        check("zon", Some("zone"));
        check("colour", None);
        check("", None);
    }

    #[track_caller]
    fn check_zone(typed: &str, expected: Option<&str>) {
        assert_eq!(zone(typed).as_deref(), expected);
    }

    #[test]
    fn zones_are_found_by_name_and_by_city() {
        check_zone("Europe/Kyev", Some("Europe/Kyiv"));
        check_zone("europe/kyiv", Some("Europe/Kyiv"));
        check_zone("New York", Some("America/New_York"));
        check_zone("the moon of Jupiter", None);
    }
}
