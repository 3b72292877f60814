use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::news::article::Article;
use crate::news::extract::{Claim, What};
use crate::news::reading::pieces::Pieces;

const EXAMPLES: &str = r#"
[[example]]
text = "The old bridge collapsed under 12 lorries."
gives = { lorries = 12 }
[[example]]
text = "A bridge gave way under three lorries."
gives = { lorries = 3 }
[[example]]
text = "Bridge collapsed."
gives = {}
[[counterexample]]
text = "She crossed the bridge."
[[counterexample]]
text = "The bridge never collapsed."
[[counterexample]]
text = "The roof collapsed."
"#;

const BRIDGES: &str = r#"title = "Bridges"
[fields]
lorries = "count"
[lists]
fell = ["collapsed", "gave way"]
[[pattern]]
match = 'bridge @fell [under {lorries} lorries]'
"#;

fn read_with(kinds: &Kinds, text: &str) -> Vec<Claim> {
    let article = Article { text: text.to_owned(), ..Article::default() };
    read(kinds, &Pieces::of(&article))
}

/// A kind with this pattern, and what it gives of `text`: the fields of each claim.
#[track_caller]
fn check_match(pattern: &str, text: &str, expected: &str) {
    let source = format!(
        "title = \"T\"\n[lists]\nfell = [\"collapsed\", \"gave way\", \"fell\"]\n[[pattern]]\nmatch = '{pattern}'\n{}",
        "[[example]]\ntext = \"x\"\n[[counterexample]]\ntext = \"x\"\n".repeat(3)
    );
    let (kinds, mistakes) = Kinds::load([("t", source.as_str())]);
    assert_eq!(mistakes, []);
    let shown: Vec<String> = read_with(&kinds, text)
        .into_iter()
        .map(|claim| match claim.what {
            What::Developed(found) => {
                found.fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shown.join(" | "), expected, "{pattern:?} on {text:?}");
}

/// The mistakes in a file, each as "line:column problem".
#[track_caller]
fn check_mistakes(source: &str, expected: &[&str]) {
    let found: Vec<String> =
        check("bridges", source).iter().map(|it| format!("{}:{} {}", it.line, it.column, it.problem)).collect();
    assert_eq!(found, expected);
}

#[test]
fn shipped_kinds_prove_their_examples() {
    let mistakes: Vec<String> =
        shipped().flat_map(|(name, source)| check(name, source)).map(|mistake| mistake.to_string()).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    assert_eq!(Kinds::standard().iter().count(), SHIPPED.len());
}

#[test]
fn slots_read_values() {
    check_match(
        "bridge @fell under {n:count} lorries",
        "The bridge gave way under at least 12 lorries.",
        "n=at least 12",
    );
    check_match("{n:count}-day strike", "A 30-day strike, a three-day strike.", "n=30 | n=3");
    check_match("{m:number}-magnitude quake", "A 6.8-magnitude quake.", "m=6.8");
    check_match("gave {money}", "They gave more than €1.2bn.", "money=at least 1200000000 EUR");
    check_match("{party} signed", "On Monday the Northmark army signed.", "party=Northmark army");
    check_match("{how:@fell} down", "It fell down.", "how=fell");
    check_match("said {quote}", "She said “never again” twice.", "quote=never again");
    check_match("ban on {what:words} from", "A ban on cars and vans from May.", "what=cars and vans");
    check_match("ban on {what:words}", "A ban on cars and vans, he said.", "what=cars and vans");
}

#[test]
fn gaps_are_bounded_and_stop_at_negations() {
    check_match("a ...2 b", "a x x b", "");
    check_match("a ...2 b {n:count}", "a x x b 5", "n=5");
    check_match("a ...2 b {n:count}", "a x x x b 5", "");
    check_match("a ... b {n:count}", "a x not b 5", "");
    check_match("a ... b {n:count}", "a; b 5", "");
    check_match("fell {n:count}", "It never fell 5 times.", "");
}

#[test]
fn words_around_a_match_give_its_stance() {
    let (kinds, _) = Kinds::load([("bridges", &*format!("{BRIDGES}{EXAMPLES}"))]);
    let stance = |text: &str| read_with(&kinds, text).first().map(|claim| claim.stance);
    assert_eq!(stance("The bridge collapsed."), Some(Stance::Reported));
    assert_eq!(stance("Officials denied that the bridge collapsed."), Some(Stance::Denied));
    assert_eq!(stance("If the bridge collapsed, the town would flood."), Some(Stance::Planned));
    assert_eq!(stance("No bridge collapsed."), None);
}

#[test]
fn mistakes_have_line_and_column() {
    check_mistakes(&format!("{BRIDGES}{EXAMPLES}"), &[]);
    let with = |from: &str, to: &str| format!("{BRIDGES}{EXAMPLES}").replace(from, to);
    check_mistakes(&with("@fell [", "@feel ["), &["7:17 there is no list \"feel\""]);
    check_mistakes(&with("lorries]'", "lorries'"), &["7:23 this group is never closed"]);
    check_mistakes(&with("{lorries}", "{lories}"), &["7:30 there is no field `lories`"]);
    check_mistakes(&with("{lorries}", "{lorries:money}"), &["7:30 `lorries` has two types"]);
    check_mistakes(&with("{lorries} lorries", "é ...99"), &["7:32 a gap cannot be that long"]);
    check_mistakes(&with("\"count\"", "\"cuont\""), &["3:11 \"cuont\" is no type"]);
    check_mistakes(
        &with("lorries = \"count\"", "place = \"place\""),
        &[
            "3:1 every claim has a `place` of its own",
            "7:30 there is no field `lorries`",
            "11:11 there is no field `lorries`",
            "14:11 there is no field `lorries`",
        ],
    );
    check_mistakes(&with("title", "titel"), &["1:1 `titel` is not known in a kind", "1:1 the kind has no title"]);
    check_mistakes(&with("[lists]", "[lists"), &["4:7 this is not TOML: unclosed table, expected `]`"]);
    check_mistakes("", &["1:1 the kind has no title", "1:1 the kind has no pattern"]);
    let everywhere = with("bridge @fell [under {lorries} lorries]", "... {lorries} [lorries]");
    check_mistakes(
        &everywhere,
        &["7:10 the pattern cannot be used: nothing in it must be a word or a list, so it would be tried everywhere"],
    );
}

#[test]
fn a_kind_needs_examples_that_hold() {
    let few = EXAMPLES.replacen("[[example]]\ntext = \"Bridge collapsed.\"\ngives = {}\n", "", 1);
    check_mistakes(&format!("{BRIDGES}{few}"), &["1:1 the kind has 2 examples of what it finds"]);
    let few = EXAMPLES.replacen("[[counterexample]]\ntext = \"The roof collapsed.\"\n", "", 1);
    check_mistakes(&format!("{BRIDGES}{few}"), &["1:1 the kind has 2 examples of what it must not find"]);
    let wrong = EXAMPLES.replace("lorries = 12", "lorries = 13").replace("roof", "bridge");
    check_mistakes(
        &format!("{BRIDGES}{wrong}"),
        &[
            "9:1 this example gives { current = \"true\", lorries = \"12\", stance = \"reported\" }",
            "22:1 this counterexample gives { current = \"true\", stance = \"reported\" }",
        ],
    );
}

#[test]
fn a_bad_file_disables_itself_only() {
    let good = format!("{BRIDGES}{EXAMPLES}");
    let files = [("bridges.toml", good.as_str()), ("x/disaster.toml", "nonsense"), ("Talks", ""), ("toll.toml", "")];
    let (kinds, mistakes) = Kinds::with_overrides(files);
    assert!(kinds.get("bridges").is_some());
    assert_eq!(kinds.get("disaster").map(|kind| kind.title.as_str()), Some("Disasters"));
    assert_eq!(
        mistakes.iter().map(|it| it.file.as_str()).collect::<Vec<_>>(),
        ["x/disaster.toml", "Talks", "toll.toml"]
    );
    let own = good.replace("Bridges", "Ours");
    let (kinds, mistakes) = Kinds::with_overrides([("disaster.toml", own.as_str())]);
    assert_eq!(mistakes, []);
    assert_eq!(kinds.get("disaster").map(|kind| kind.title.as_str()), Some("Ours"));
}

#[test]
fn a_development_is_flat_in_json_and_comes_back() {
    let (kinds, _) = Kinds::load([("bridges", &*format!("{BRIDGES}{EXAMPLES}"))]);
    let claims = read_with(&kinds, "The bridge collapsed under at least 12 lorries in Kyiv.");
    let json = serde_json::to_value(&claims[0]).unwrap();
    assert_eq!(
        (&json["kind"], &json["lorries"]["low"], &json["place"]["name"]),
        (&"bridges".into(), &12.into(), &"Kyiv".into())
    );
    assert_eq!(serde_json::from_value::<Claim>(json).unwrap(), claims[0]);
}

#[test]
fn a_hostile_file_stays_bounded() {
    // As many ways to match as the limits allow, none of which succeeds, on the longest sentences there are.
    let gap = "[...20] [a a] (a | a a) ";
    let mut source = "title = \"T\"\n".to_owned();
    for index in 0..80 {
        let _ = writeln!(source, "[[pattern]]\nmatch = 'a {}{index}b'", gap.repeat(9));
    }
    source += &"[[example]]\ntext = \"x\"\n[[counterexample]]\ntext = \"x\"\n".repeat(3);
    let (kinds, mistakes) = Kinds::load([("hostile", source.as_str())]);
    assert_eq!(mistakes, []);
    // The last words let every pattern be tried.
    let end: Vec<String> = (0..80).map(|index| format!("{index}b")).collect();
    let text = format!("{} {}", "a ".repeat(300), end.join(" ")).repeat(3);
    let kind = kinds.iter().next().unwrap();
    let ops: usize = kind.patterns.iter().map(|pattern| pattern.program.ops()).sum();
    assert!((80 * 400..=80 * program::OPS_MAX).contains(&ops), "{ops}");
    let article = Article { text: text.clone(), ..Article::default() };
    let pieces = Pieces::of(&article);
    let words = &pieces.text;
    let context = program::Context::new(&pieces, (0..words.sentences.len()).collect());
    let calendar = crate::news::value::date::Calendar::past(None);
    for sentence in 0..words.sentences.len() {
        let around = program::Surroundings::new(&context, kind, sentence, calendar);
        let tokens = words.sentences[sentence].tokens.len();
        for pattern in &kind.patterns {
            let mut left = usize::MAX;
            pattern.program.find(&around, 1, &mut left);
            // Each step may be asked for once more from every step that leads to it, and is then not taken.
            assert!(usize::MAX - left <= 3 * pattern.program.ops() * (tokens + 1), "{}", usize::MAX - left);
            let mut left = 10;
            assert!(pattern.program.find(&around, 1, &mut left).is_empty());
            assert_eq!(left, 0);
        }
    }
    read_with(&kinds, &text);
    let too_many = source.replace("'a ", "'a (((((((");
    assert!(Kinds::load([("hostile", too_many.as_str())]).1.len() == 80);
}

fn any_toml() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("[[pattern]]".to_owned()),
        Just("[lists]".to_owned()),
        Just("[fields]".to_owned()),
        Just("[[example]]".to_owned()),
        Just("[[counterexample]]".to_owned()),
        "[a-z]{1,4} = \"[a-zé@{}()|. \\[\\]:-]{0,20}\"",
        "match = '[a-zé@{}()|. …\\[\\]:0-9-]{0,40}'",
        "[a-z]{1,3} = \\[\"[a-z ]{0,8}\"\\]",
        "text = \".{0,30}\"",
        ".{0,40}",
    ];
    proptest::collection::vec(line, 0..20).prop_map(|lines| lines.join("\n"))
}

/// Text that news might hold, so that patterns are reached.
fn any_news() -> impl Strategy<Value = String> {
    let words = "Northmark|the rebels|agreed to a|ceasefire|30-day|captured|the town of|Orlo|released|12|prisoners|\
                 earthquake|magnitude 6|struck|Kyiv|\\$50 million|in aid|pledged|were evacuated|from|not|denied|said|,|;|“|”|é|\u{1F600}|\\.";
    proptest::collection::vec(words, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_with_its_place(source in any_toml(), text in any_news()) {
        for mistake in check("any", &source) {
            let line = source.split('\n').nth(mistake.line - 1).unwrap_or_default();
            prop_assert!(mistake.column <= line.chars().count() + 1, "{mistake}");
        }
        let examples = "[[example]]\ntext = \"x\"\n[[counterexample]]\ntext = \"x\"\n".repeat(3);
        let (kinds, _) = Kinds::load([("any", &*format!("title = \"T\"\n{source}\n{examples}"))]);
        read_with(&kinds, &text);
    }

    #[test]
    fn any_pattern_is_read_or_refused_inside_its_text(pattern in "[ab@{}()|. …\\[\\]:0-9é-]{0,60}") {
        if let Err(fault) = syntax::parse(&pattern) {
            prop_assert!(pattern.get(fault.at.clone()).is_some(), "{fault:?}");
        }
    }

    #[test]
    fn any_text_gives_claims_with_live_spans(text in prop_oneof![any_news(), ".{0,200}"]) {
        let claims = read_with(Kinds::standard(), &text);
        prop_assert_eq!(&claims, &read_with(Kinds::standard(), &text));
        for claim in claims {
            for span in &claim.evidence {
                prop_assert!(span.slice(&text).is_some_and(|quote| !quote.is_empty()));
            }
            let What::Developed(found) = &claim.what else { panic!("{claim:?}") };
            for value in found.fields.values() {
                if let Value::Count(count) = value {
                    prop_assert!(count.low.is_some() || count.high.is_some() || count.words.is_some());
                }
            }
        }
    }
}
