//! The language of a text: as its words show, else as its page declares.

use whatlang::{Detector, Lang};

/// ISO 639-1 code for each language that the detector may find; it is kept to these, since with all of its languages it
/// takes short English texts for rare ones.
const LANGUAGES: &[(Lang, &str)] = &[
    (Lang::Eng, "en"),
    (Lang::Deu, "de"),
    (Lang::Fra, "fr"),
    (Lang::Spa, "es"),
    (Lang::Por, "pt"),
    (Lang::Ita, "it"),
    (Lang::Nld, "nl"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "no"),
    (Lang::Fin, "fi"),
    (Lang::Pol, "pl"),
    (Lang::Ces, "cs"),
    (Lang::Slk, "sk"),
    (Lang::Hun, "hu"),
    (Lang::Ron, "ro"),
    (Lang::Bul, "bg"),
    (Lang::Srp, "sr"),
    (Lang::Hrv, "hr"),
    (Lang::Slv, "sl"),
    (Lang::Ell, "el"),
    (Lang::Tur, "tr"),
    (Lang::Ukr, "uk"),
    (Lang::Rus, "ru"),
    (Lang::Ara, "ar"),
    (Lang::Heb, "he"),
    (Lang::Pes, "fa"),
    (Lang::Hin, "hi"),
    (Lang::Urd, "ur"),
    (Lang::Ben, "bn"),
    (Lang::Ind, "id"),
    (Lang::Vie, "vi"),
    (Lang::Tha, "th"),
    (Lang::Cmn, "zh"),
    (Lang::Jpn, "ja"),
    (Lang::Kor, "ko"),
];

/// Characters from which on a text may contradict what its page declares.
const TELLING_CHARS_MIN: usize = 200;
/// The start of an article tells enough: the detector is linear, and was 7 % of a first run when it was shown 4,000 bytes.
const PROBE_BYTES_MAX: usize = 2_000;

/// Words that English cannot do without and that no other language has, at least not as often.
const ENGLISH_WORDS: [&str; 3] = ["the", "and", "of"];
/// In 98 of 100 articles of the corpus one word in so many or more is one of them; in the sentences of twenty other languages
/// that the suites hold, none is.
const ENGLISH_WORDS_RATE: usize = 16;

/// Whether a text that is declared to be English is so without a doubt: most articles are spared the detector, which
/// takes longer than finding their text does.
fn is_plainly_english(text: &str) -> bool {
    let (mut words, mut english) = (0, 0);
    for word in text.split_ascii_whitespace() {
        words += 1;
        english += usize::from(ENGLISH_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)));
    }
    english * ENGLISH_WORDS_RATE >= words
}

/// ISO 639-1 code of `text`, given what was declared of it.
///
/// A declaration stands unless a long text clearly shows another language: templates are copied with their `lang="en"`.
pub fn of<'d>(declared: impl Iterator<Item = &'d str>, text: &str) -> Option<String> {
    let declared = declared.filter_map(primary).next();
    let probe = &text[..text.floor_char_boundary(PROBE_BYTES_MAX.min(text.len()))];
    let declared = match declared {
        // Too little to contradict it.
        Some(declared) if probe.chars().nth(TELLING_CHARS_MIN - 1).is_none() => return Some(declared),
        declared => declared,
    };
    if probe.is_empty() || declared.as_deref() == Some("en") && is_plainly_english(probe) {
        return declared;
    }
    let allowed = LANGUAGES.iter().map(|(lang, _)| *lang).collect();
    let found = Detector::with_allowlist(allowed).detect(probe);
    let code = |lang| LANGUAGES.iter().find(|(known, _)| *known == lang).map(|(_, code)| (*code).to_owned());
    match (declared, found) {
        (Some(declared), Some(found)) if found.is_reliable() => code(found.lang()).or(Some(declared)),
        (Some(declared), _) => Some(declared),
        // A few words may look like anything.
        (None, Some(found)) if found.is_reliable() => code(found.lang()),
        (None, _) => None,
    }
}

/// `en` of `en-GB`, `en_US` or `English`; `None` when it is no tag.
fn primary(tag: &str) -> Option<String> {
    let primary = tag.split(['-', '_', ',', ' ', ';']).next()?.to_ascii_lowercase();
    match primary.as_str() {
        "english" | "eng" => Some("en".into()),
        "nb" | "nn" => Some("no".into()),
        "iw" => Some("he".into()),
        "in" => Some("id".into()),
        two if two.len() == 2 && two.bytes().all(|b| b.is_ascii_lowercase()) => Some(primary),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(declared: &[&str], text: &str, expected: Option<&str>) {
        assert_eq!(of(declared.iter().copied(), text).as_deref(), expected, "{declared:?}");
    }

    const LONG: &str = "The ferry left the old harbour shortly before nine and ran onto a sandbank within sight of the pier, the \
        coast guard said. All passengers were taken off by noon, and divers were looking at the hull in the afternoon.";
    const UKRAINIAN: &str = "Пором вийшов зі старої гавані незадовго до дев'ятої і сів на мілину неподалік від причалу, повідомила \
        берегова охорона. Усіх пасажирів зняли до полудня, а водолази оглядали корпус у другій половині дня.";

    #[test]
    fn a_declaration_stands_unless_a_long_text_contradicts_it() {
        check(&["en-GB"], "Short.", Some("en"));
        check(&["de"], LONG, Some("en"));
        check(&["en"], UKRAINIAN, Some("uk"));
        check(&[], UKRAINIAN, Some("uk"));
        check(&["x", "nb-NO"], "", Some("no"));
        check(&[], "", None);
    }
}
