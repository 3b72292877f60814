//! Extraction never fails on text, and everything it says stands in the text it says it of.

use daybrief::news::article::{Article, Published};
use daybrief::news::extract::{Extraction, What, answer, extract};
use daybrief::news::kinds::pattern::{Kinds, Value};
use proptest::prelude::*;

/// Words that news of harm is made of, and some that lead it astray.
const WORDS: &[&str] = &[
    "At least",
    "12",
    "twelve",
    "people",
    "were",
    "killed",
    "and",
    "1,200",
    "wounded",
    ",",
    "including",
    "two",
    "children",
    ".",
    "The",
    "death toll",
    "rose",
    "from",
    "to",
    "101",
    "on Monday",
    "in",
    "Sumy",
    "region",
    "drones",
    "launched",
    "139",
    "shot down",
    "who",
    "which",
    "said",
    "police",
    "according to",
    "the governor",
    "\"",
    "“",
    "”",
    "(",
    ")",
    "-",
    "–",
    "a",
    "woman",
    "her",
    "sons",
    "died",
    "of them",
    "among",
    "the dead",
    "hostages",
    "released",
    "no one",
    "was",
    "another",
    "dozens",
    "between",
    "20",
    "30",
    "since",
    "2014",
    "last week",
    "25 March",
    "soldiers",
    "lost",
    "missing",
    "would",
    "kill",
    "if",
    "THE",
    "REBELS",
    "\n",
    "\n\n",
    "’s",
    "U.S.",
    "of",
    "number",
    "total",
    "as many as",
    "more than",
    "99999999999999999999",
];

fn read(text: &str) -> Extraction {
    let published = Some(Published::On(jiff::civil::date(2025, 3, 25)));
    extract(&Article {
        text: text.to_owned(),
        title: "Three killed in Orlo".to_owned(),
        published,
        ..Article::default()
    })
}

fn shuffled() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..120).prop_map(|words| words.join(" "))
}

/// Every claim has evidence, every span is a slice of the text, and a figure stands in its evidence.
fn check(text: &str) {
    for claim in read(text).claims {
        assert!(!claim.evidence.is_empty(), "a claim without evidence in {text:?}");
        let quotes: Vec<&str> =
            claim.evidence.iter().map(|span| span.slice(text).expect("a span of the text")).collect();
        assert!(quotes.iter().all(|quote| !quote.is_empty()), "an empty quote in {text:?}");
        let counts = match claim.what {
            What::Toll(toll) => vec![toll.count],
            What::Munitions(munitions) => vec![munitions.count],
            What::Talks(_) => continue,
            What::Developed(found) => {
                let count = |value| if let Value::Count(count) = value { Some(count) } else { None };
                found.fields.into_values().filter_map(count).collect()
            }
        };
        let numbers = counts.iter().flat_map(|count| [count.low, count.high]).flatten();
        let plain: String = quotes.concat().chars().filter(|char| *char != ',').collect();
        // "A woman and her sons" are counted without a number.
        for number in numbers.filter(|number| *number > 2) {
            let in_words = number == 12 && plain.contains("twelve");
            assert!(in_words || plain.contains(&number.to_string()), "{number} is not in {quotes:?}");
        }
    }
}

/// What an article claims, without where it stands.
fn said(text: &str) -> Vec<String> {
    read(text)
        .claims
        .into_iter()
        .map(|claim| format!("{:?} {:?} {:?}", claim.what, claim.place, claim.current))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check(&text);
        answer(&text, None, Kinds::standard());
    }

    #[test]
    fn any_news_is_read(text in shuffled()) {
        check(&text);
    }

    #[test]
    fn digits_and_words_say_the_same(number in 2_usize..13, rest in prop::sample::select(&["people were killed in Orlo.", "soldiers died on Monday.", "were hurt by shelling."][..])) {
        let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
        let word = words[number - 2];
        prop_assert_eq!(said(&format!("Police said {word} {rest}")), said(&format!("Police said {number} {rest}")));
        prop_assert_eq!(said(&format!("Police said {word} {rest}")).len(), 1);
    }
}

#[test]
fn every_line_has_an_answer() {
    for line in
        ["", "{", "[]", "{\"id\": 7}", "{\"id\": \"a\", \"text\": \"Two died.\", \"published\": \"some day\"}", "null"]
    {
        let answer: serde_json::Value =
            serde_json::from_str(&answer(line, None, Kinds::standard())).expect("an object");
        assert!(answer["developments"].is_array(), "{line}: {answer}");
    }
}

#[test]
fn another_language_is_told_and_not_read() {
    let article =
        Article { text: "Two people were killed.".to_owned(), language: Some("uk".to_owned()), ..Article::default() };
    let extraction = extract(&article);
    assert!(extraction.claims.is_empty());
    assert_eq!(extraction.diagnostics.len(), 1);
}
