//! Counts: "12", "twelve", "at least two dozen", "between 20 and 30", "hundreds".
//!
//! The bounds follow the labelling guidelines: "at least 12" and "more than 12" give 12 and no upper bound, "up to 12" no
//! lower one, "about 12" is 12 and approximate; vague words stay words. What is no count is not read: ordinals, ages,
//! decimals, percentages, money, clock times, numbers in names ("No. 14", "AK-47").

use std::ops::Range;
use std::sync::LazyLock;

use super::Count;
use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Token, TokenKind};

/// More than the people on earth: a longer number is no count.
const COUNT_MAX: u64 = 20_000_000_000;

/// A count and the tokens it was read from, hedges ("at least", "or so") included.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub count: Count,
    /// Indexes into the tokens given to [`read`].
    pub tokens: Range<usize>,
    /// Four bare digits between 1900 and 2099: a year, unless what follows is counted.
    pub may_be_year: bool,
}

/// Reads the count that starts exactly at token `at`, or `None` if none does.
///
/// The words "a" and "an" are read only before a multiplier ("a dozen"), never alone: whether "a woman" counts one
/// is for the reader of noun phrases to say.
pub fn read(tokens: &[Token], at: usize) -> Option<Found> {
    let rest = tokens.get(at..)?;
    if !may_start(rest.first()?) {
        return None;
    }
    let (hedge_len, hedge) = hedge(rest);
    let body = &rest[hedge_len..];
    let asks = at > 0 && ["so", "how", "too", "as"].iter().any(|word| tokens[at - 1].is(word));
    let changes = at > 0 && tokens[at - 1].is("from");
    let all_but = at > 1 && tokens[at - 1].is("but") && tokens[at - 2].is("all");
    if all_but {
        return None;
    }
    let number = range(body)
        .filter(|_| !changes)
        .or_else(|| number(body).map(Number::exact))
        .or_else(|| vague(body).filter(|_| !asks))?;
    let mut len = hedge_len + number.len;
    let mut hedge = hedge;
    if let Some((after_len, after)) = AFTER.longest_at(&rest[len..])
        && number.count.low.is_some()
        // "In 2013 at least 12 …": the hedge belongs to the next number.
        && self::number(&rest[len + after_len..]).is_none()
    {
        len += after_len;
        hedge = Some(*after);
    }
    if is_other_measure(tokens, at + hedge_len, &rest[len..]) {
        return None;
    }
    Some(Found {
        count: hedged(number.count, hedge),
        tokens: at..at + len,
        may_be_year: number.may_be_year && hedge.is_none(),
    })
}

/// Whether any count starts with the token: most tokens are told apart by one look-up.
fn may_start(token: &Token) -> bool {
    token.kind == TokenKind::Number
        || token.kind == TokenKind::Word && (STARTS.starts(token) || token.text.contains(['-', '‐', '‑']))
}

static STARTS: LazyLock<Phrases<()>> = LazyLock::new(|| {
    let articles = ["a", "an", "another", "between"];
    Phrases::new(lexicon::entries(SOURCE).map(|entry| entry.phrase).chain(articles).map(|phrase| (phrase, ())))
});

/// How a hedge bounds the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hedge {
    AtLeast,
    AtMost,
    About,
    Exactly,
}

/// A number or vague word without its hedge.
struct Number {
    count: Count,
    len: usize,
    may_be_year: bool,
}

impl Number {
    fn exact(Value { value, len, may_be_year }: Value) -> Self {
        Self { count: Count { low: Some(value), high: Some(value), ..Count::default() }, len, may_be_year }
    }
}

/// One number.
#[derive(Clone, Copy)]
struct Value {
    value: u64,
    len: usize,
    may_be_year: bool,
}

static SOURCE: &str = include_str!("../../../config/lexicon/count.txt");
static HEDGES: LazyLock<Phrases<Hedge>> = LazyLock::new(|| hedges(["at least", "at most", "about", "exactly"]));
static AFTER: LazyLock<Phrases<Hedge>> = LazyLock::new(|| hedges(["after at least", "", "after about", ""]));
static CARDINALS: LazyLock<Phrases<u64>> = LazyLock::new(|| numbers("cardinal"));
static MULTIPLIERS: LazyLock<Phrases<u64>> = LazyLock::new(|| numbers("multiplier"));
static FIXED: LazyLock<Phrases<u64>> = LazyLock::new(|| numbers("fixed"));
static VAGUE: LazyLock<Phrases<&str>> =
    LazyLock::new(|| Phrases::new(section("vague").map(|entry| (entry.phrase, entry.value))));

fn section(name: &'static str) -> impl Iterator<Item = lexicon::Entry<'static>> {
    lexicon::entries(SOURCE).filter(move |entry| entry.section == name)
}

fn hedges([at_least, at_most, about, exactly]: [&'static str; 4]) -> Phrases<Hedge> {
    let kinds =
        [(at_least, Hedge::AtLeast), (at_most, Hedge::AtMost), (about, Hedge::About), (exactly, Hedge::Exactly)];
    Phrases::new(kinds.into_iter().flat_map(|(name, hedge)| section(name).map(move |entry| (entry.phrase, hedge))))
}

fn numbers(name: &'static str) -> Phrases<u64> {
    Phrases::new(section(name).filter_map(|entry| Some((entry.phrase, entry.value.parse().ok()?))))
}

pub(super) fn hedge(tokens: &[Token]) -> (usize, Option<Hedge>) {
    let mut len = 0;
    let mut found = None;
    // Two at most: "at least some 40", "up to about 300". The bound outweighs the approximation.
    for _ in 0..2 {
        let Some((step, hedge)) = HEDGES.longest_at(&tokens[len..]) else { break };
        len += step;
        found = found.filter(|first| !matches!(first, Hedge::About | Hedge::Exactly)).or(Some(*hedge));
    }
    (len, found)
}

pub(super) fn hedged(count: Count, hedge: Option<Hedge>) -> Count {
    match hedge {
        _ if count.words.is_some() => count,
        None | Some(Hedge::Exactly) => count,
        Some(Hedge::AtLeast) => Count { high: None, ..count },
        Some(Hedge::AtMost) => Count { low: None, ..count },
        Some(Hedge::About) => Count { approx: true, ..count },
    }
}

fn vague(tokens: &[Token]) -> Option<Number> {
    let (len, words) = VAGUE.longest_at(tokens)?;
    // "Several of the 40" has its number behind it; "several dozen" is in the list.
    Some(Number { count: Count { words: Some((*words).to_owned()), ..Count::default() }, len, may_be_year: false })
}

/// "between 20 and 30", "from 20 to 30" is no range but a change; "20 to 30", "20-30", "two or three".
fn range(tokens: &[Token]) -> Option<Number> {
    let between = usize::from(tokens.first()?.is("between"));
    if let Some((low, high)) = tokens.first().and_then(|token| joined_range(token.text)) {
        let multiplier = multiplier(&tokens[1..]).unwrap_or(Value { value: 1, len: 0, may_be_year: false });
        let scale = |value: u64| value.checked_mul(multiplier.value).filter(|value| *value <= COUNT_MAX);
        return bounds(scale(low)?, scale(high)?, 1 + multiplier.len);
    }
    let low = number(&tokens[between..])?;
    let joint = tokens.get(between + low.len)?;
    let joins = if between == 1 {
        joint.is("and")
    } else {
        joint.is("to") || joint.is("or") || matches!(joint.text, "-" | "–")
    };
    if !joins {
        return None;
    }
    let high = number(&tokens[between + low.len + 1..])?;
    // "One or two", but not "12 to 2": a score, or two things.
    let is_near = between == 1 || high.value <= low.value.saturating_mul(3);
    is_near.then(|| bounds(low.value, high.value, between + low.len + 1 + high.len)).flatten()
}

fn bounds(low: u64, high: u64, len: usize) -> Option<Number> {
    let count = Count { low: Some(low), high: Some(high), ..Count::default() };
    (low < high).then_some(Number { count, len, may_be_year: false })
}

/// "35-40" in one token.
fn joined_range(text: &str) -> Option<(u64, u64)> {
    let (low, high) = text.split_once(['-', '–', '‐', '‑'])?;
    let (low, high) = (digits(low)?, digits(high)?);
    // "2011-12" and "2011-2018" are years, "90-60" a score.
    (low < high && !(is_year(low) && low > 1000)).then_some((low, high))
}

/// One exact number in digits or words, with its multipliers: "12", "1,200", "1.5 million", "twenty-three", "two dozen".
fn number(tokens: &[Token]) -> Option<Value> {
    if let Some((len, value)) = FIXED.longest_at(tokens) {
        return Some(Value { value: *value, len, may_be_year: false });
    }
    let first = tokens.first()?;
    if first.is("a") || first.is("an") || first.is("another") {
        // "A hundred", "another dozen"; "a million" too.
        let multiplier = multiplier(&tokens[1..])?;
        return words_after(tokens, Value { value: multiplier.value, len: 1 + multiplier.len, may_be_year: false });
    }
    match first.kind {
        TokenKind::Number => in_digits(tokens),
        TokenKind::Word => in_words(tokens),
        TokenKind::Mark => None,
    }
}

fn in_digits(tokens: &[Token]) -> Option<Value> {
    let text = tokens.first()?.text;
    let multiplier = multiplier(&tokens[1..]);
    if let Some((whole, fraction)) = text.split_once('.') {
        let multiplier = multiplier.filter(|multiplier| multiplier.value >= 1000)?;
        let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let value = digits(&format!("{}{fraction}", whole.replace(',', "")))?.checked_mul(multiplier.value)? / scale;
        return Some(Value { value, len: 1 + multiplier.len, may_be_year: false });
    }
    let value = digits(text)?;
    let Some(multiplier) = multiplier else {
        return Some(Value { value, len: 1, may_be_year: text.len() == 4 && is_year(value) });
    };
    let value = value.checked_mul(multiplier.value).filter(|value| *value <= COUNT_MAX)?;
    Some(Value { value, len: 1 + multiplier.len, may_be_year: false })
}

/// Plain digits, or digits in groups of three: "1,200".
fn digits(text: &str) -> Option<u64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let grouped = text.contains(',');
    let is_plain = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(first) || grouped && (first.len() > 3 || !groups.all(|group| group.len() == 3 && is_plain(group))) {
        return None;
    }
    text.replace(',', "").parse().ok().filter(|value| *value <= COUNT_MAX)
}

fn is_year(value: u64) -> bool {
    (1900..2100).contains(&value)
}

fn in_words(tokens: &[Token]) -> Option<Value> {
    let value = cardinal(tokens.first()?.text)?;
    let with_unit = tokens
        .get(1)
        .filter(|_| value >= 20 && value % 10 == 0)
        .and_then(|unit| cardinal(unit.text))
        .filter(|unit| (1..10).contains(unit));
    let start =
        Value { value: value + with_unit.unwrap_or(0), len: 1 + usize::from(with_unit.is_some()), may_be_year: false };
    words_after(tokens, start)
}

/// "two | hundred and | twelve", "three | hundred | thousand".
fn words_after(tokens: &[Token], start: Value) -> Option<Value> {
    let mut value = start.value;
    let mut len = start.len;
    while let Some(multiplier) = multiplier(&tokens[len..]) {
        value = value.checked_mul(multiplier.value).filter(|value| *value <= COUNT_MAX)?;
        len += multiplier.len;
    }
    let and = usize::from(tokens.get(len).is_some_and(|token| token.is("and")));
    if value >= 100
        && value.is_multiple_of(100)
        && let Some(rest) = tokens.get(len + and..).and_then(in_words)
        && rest.value < 100
    {
        value += rest.value;
        len += and + rest.len;
    }
    Some(Value { value, len, may_be_year: false })
}

/// "twelve", "twenty-three".
fn cardinal(text: &str) -> Option<u64> {
    if let Some(value) = CARDINALS.word(text) {
        return Some(*value);
    }
    let (tens, unit) = text.split_once(['-', '‐', '‑'])?;
    let (tens, unit) = (*CARDINALS.word(tens)?, *CARDINALS.word(unit)?);
    (tens >= 20 && (1..10).contains(&unit)).then_some(tens + unit)
}

fn multiplier(tokens: &[Token]) -> Option<Value> {
    let (len, value) = MULTIPLIERS.longest_at(tokens)?;
    Some(Value { value: *value, len, may_be_year: false })
}

/// Whether the number at `at` measures something else: money, a share, a clock time, the number in a name.
fn is_other_measure(tokens: &[Token], at: usize, after: &[Token]) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let money = before.is_some_and(|token| matches!(token.text, "$" | "€" | "£" | "¥" | "₽" | "₴" | "#"));
    let named = before
        .is_some_and(|token| token.is("no") && tokens.get(at).is_some_and(|token| token.kind == TokenKind::Number));
    let numbered = at >= 2 && tokens[at - 1].text == "." && tokens[at - 2].is("no");
    let share =
        after.first().is_some_and(|token| matches!(token.text, "%" | "°") || token.is("percent") || token.is("pc"))
            || after.first().is_some_and(|token| token.is("per")) && after.get(1).is_some_and(|token| token.is("cent"));
    money || named || numbered || share
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    /// The count at the start of `text`, as `low..high`, `~` if approximate, or the vague word; and how many tokens it took.
    fn shown(text: &str) -> Option<String> {
        let read_text = Text::read(text);
        let found = read(&read_text.tokens, 0)?;
        let bound = |bound: Option<u64>| bound.map_or(String::new(), |bound| bound.to_string());
        let Count { low, high, words, approx } = found.count;
        let value =
            words.unwrap_or_else(|| format!("{}{}..{}", if approx { "~" } else { "" }, bound(low), bound(high)));
        Some(format!("{value} /{}", found.tokens.len()))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(text).as_deref().unwrap_or("none"), expected, "{text}");
    }

    #[test]
    fn exact_numbers() {
        check("12 people", "12..12 /1");
        check("Twelve people", "12..12 /1");
        check("1,200 people", "1200..1200 /1");
        check("twenty-three sailors", "23..23 /1");
        check("TWENTY THREE SAILORS", "23..23 /2");
        check("two dozen", "24..24 /2");
        check("a hundred and one", "101..101 /4");
        check("two hundred thousand", "200000..200000 /3");
        check("1.5 million", "1500000..1500000 /2");
        check("half a million", "500000..500000 /3");
        check("a couple of", "2..2 /3");
    }

    #[test]
    fn bounds_and_hedges() {
        check("at least 12", "12.. /3");
        check("more than two dozen", "24.. /4");
        check("12 or more", "12.. /3");
        check("as many as 40", "..40 /4");
        check("some 40", "~40..40 /2");
        check("an estimated 1,000", "~1000..1000 /3");
        check("at least some 40", "40.. /4");
        check("between 20 and 30", "20..30 /4");
        check("35-40 men", "35..40 /1");
        check("two or three men", "2..3 /3");
    }

    #[test]
    fn vague_words_stay_words() {
        check("dozens of people", "dozens /1");
        check("tens of thousands of people", "tens of thousands /3");
        check("at least several people", "several /3");
        check("several hundred people", "hundreds /2");
    }

    #[test]
    fn what_is_no_count() {
        for text in
            ["24th", "7-year-old", "3.5 metres", "12%", "12 percent", "a woman", "some people", "12:30", "2011-2018"]
        {
            check(text, "none");
        }
        let text = Text::read("$ 12 and No. 14");
        assert_eq!(read(&text.tokens, 1), None);
        assert_eq!(read(&text.tokens, 5), None);
    }

    #[test]
    fn huge_numbers_are_no_counts() {
        check("99999999999999999999999", "none");
        check("nine million million million", "none");
    }
}
