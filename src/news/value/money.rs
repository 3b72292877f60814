//! Sums of money: "$50 million", "more than €1.2bn", "300 million euros", "US$40m".

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Count;
use super::count;
use crate::news::lexicon::{self, Phrases};
use crate::news::text::Token;

/// A sum: an amount of whole units, bounded as the text bounds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    #[serde(flatten)]
    pub amount: Count,
    /// ISO 4217, or `dollar`, `pound`, … as the article says where no country is named with it.
    pub currency: String,
}

/// A sum and the tokens it was read from, hedges included.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub money: Money,
    /// Indexes into the tokens given to [`read`].
    pub tokens: Range<usize>,
}

static SOURCE: &str = include_str!("../../../config/lexicon/money.txt");
static SYMBOLS: LazyLock<Phrases<&str>> = LazyLock::new(|| section("symbol"));
static NAMES: LazyLock<Phrases<&str>> = LazyLock::new(|| section("name"));
static SUFFIXES: LazyLock<Phrases<&str>> = LazyLock::new(|| section("suffix"));

fn section(name: &'static str) -> Phrases<&'static str> {
    Phrases::new(
        lexicon::entries(SOURCE).filter(|entry| entry.section == name).map(|entry| (entry.phrase, entry.value)),
    )
}

/// Reads the sum that starts exactly at token `at`, or `None` if none does.
pub fn read(tokens: &[Token], at: usize) -> Option<Found> {
    let rest = tokens.get(at..)?;
    let (hedge_len, hedge) = count::hedge(rest);
    let body = &rest[hedge_len..];
    let (amount, currency, len) = symbol_first(body).or_else(|| name_last(body))?;
    let money = Money { amount: count::hedged(amount, hedge), currency: currency.to_owned() };
    Some(Found { money, tokens: at..at + hedge_len + len })
}

/// "$50 million", "US$40m", "€ 1.2bn"
fn symbol_first(tokens: &[Token]) -> Option<(Count, &'static str, usize)> {
    let (symbol_len, currency) = SYMBOLS.longest_at(tokens)?;
    let (amount, len) = amount(&tokens[symbol_len..])?;
    Some((amount, currency, symbol_len + len))
}

/// "50 million euros", "300m dollars", "half a billion US dollars"
fn name_last(tokens: &[Token]) -> Option<(Count, &'static str, usize)> {
    let (amount, len) = amount(tokens)?;
    let (name_len, currency) = NAMES.longest_at(&tokens[len..])?;
    Some((amount, currency, len + name_len))
}

/// An amount and its tokens. It is given its own slice, since a count is not read behind a sign of money.
fn amount(tokens: &[Token]) -> Option<(Count, usize)> {
    if let Some(found) = count::read(tokens, 0) {
        return Some((found.count, found.tokens.len()));
    }
    let (units, len) = scaled(tokens)?;
    Some((Count { low: Some(units), high: Some(units), ..Count::default() }, len))
}

/// "40m", "1.2bn", "1.2 trn", "2.50": digits with a decimal or a multiplier, in whole units.
fn scaled(tokens: &[Token]) -> Option<(u64, usize)> {
    let text = tokens.first()?.text;
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')).count();
    let (number, suffix) = text.split_at(digits);
    let (suffix, len) = match tokens.get(1).filter(|next| suffix.is_empty() && SUFFIXES.of(next).is_some()) {
        Some(next) => (next.text, 2),
        None => (suffix.trim_start_matches('-'), 1),
    };
    let scale: u64 = match suffix {
        "" if number.contains('.') => 1,
        _ => SUFFIXES.word(suffix)?.parse().ok()?,
    };
    let plain = number.replace(',', "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let fraction_scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let units = format!("{whole}{fraction}").parse::<u64>().ok()?;
    Some((units.checked_mul(scale)? / fraction_scale, len))
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read_text = Text::read(text);
        let shown = read(&read_text.tokens, 0).map(|found| {
            let bound = |bound: Option<u64>| bound.map_or(String::new(), |bound| bound.to_string());
            let Count { low, high, words, approx } = found.money.amount;
            let amount =
                words.unwrap_or_else(|| format!("{}{}..{}", if approx { "~" } else { "" }, bound(low), bound(high)));
            format!("{amount} {} /{}", found.money.currency, found.tokens.len())
        });
        assert_eq!(shown.as_deref().unwrap_or("none"), expected, "{text}");
    }

    #[test]
    fn sums() {
        check("$50 million in aid", "50000000..50000000 dollar /3");
        check("US$40m in aid", "40000000..40000000 USD /3");
        check("€1.2bn", "1200000000..1200000000 EUR /2");
        check("300 million euros", "300000000..300000000 EUR /3");
        check("more than $1.5 billion", "1500000000.. dollar /5");
        check("about 20 million US dollars", "~20000000..20000000 USD /5");
        check("$1.5 trillion", "1500000000000..1500000000000 dollar /3");
        check("€2.5 bn", "2500000000..2500000000 EUR /3");
        check("£500,000", "500000..500000 GBP /2");
        check("$12.50", "12..12 dollar /2");
        check("tens of millions of dollars", "millions dollar /5");
    }

    #[test]
    fn what_is_no_sum() {
        for text in ["50 million people", "$", "dollars", "at least", "", "$99999999999999999999bn"] {
            check(text, "none");
        }
    }
}
