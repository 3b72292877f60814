//! Parties: who takes part in talks. Names of states, bodies and armed groups, their adjectives, seats and leaders.
//!
//! A country counts as a party only where it acts: its adjective or possessive must stand before someone who speaks for it
//! ("Russian officials", but not "Russian missiles"), and its name must not tell a place ("the war in Ukraine"). Persons
//! speak for their country: some from the vocabulary, the others as the article introduces them ("Estonia's prime minister,
//! Kaja Kallas").

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Text, Token, TokenKind};

/// Words between an adjective of a country and the office it belongs to: "Russian deputy foreign minister".
const OFFICE_WORDS_MAX: usize = 7;
/// "Democratic Republic of the Congo"
const PARTY_WORDS_MAX: usize = 6;
/// Parts of a person's name: "Mohammed bin Abdul Rahman Al Thani".
const NAME_WORDS_MAX: usize = 6;

/// The common English name of a party, or the name the article gives it.
pub type Party<'t> = &'t str;

/// How a party is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// "Ukraine"
    Country,
    /// "Hamas", "the EU"
    Body,
    /// "Russian", "Ukrainians"
    Adjective,
    /// "Kyiv", "the Kremlin": a place as well.
    Seat,
    Person,
    /// "the government": the one that the article is about.
    Government,
    /// "the rebels": those that the article is about.
    Rebels,
    /// "creditor banks", "the opposition": told by what it is, and by nothing else.
    Kind,
    /// A body that no list has: "Pilots' Union", "FNRX".
    Name,
}

/// How a mention stands in its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can act: "Moscow", "Russian officials", "Putin".
    Side,
    /// An adjective or possessive with nobody behind it: "Russian missiles", "US-Russia …".
    Modifier,
    /// It tells a place: "in Ukraine".
    Place,
    /// Where someone goes: "to Ukraine".
    Destination,
}

/// A party in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention<'t> {
    /// Indexes into [`Text::tokens`]: the name with the office and the person behind it.
    pub tokens: Range<usize>,
    pub party: Party<'t>,
    pub naming: Naming,
    pub standing: Standing,
    /// Joined to the mention before it: "India *and Pakistan*".
    pub joined: bool,
}

#[derive(Clone, Copy, Debug)]
struct Known<'t> {
    party: Party<'t>,
    naming: Naming,
}

static SOURCE: &str = include_str!("../../../config/lexicon/parties.txt");
static COUNTRIES: &str = include_str!("../../../config/lexicon/countries.tsv");
static PARTIES: LazyLock<Phrases<Known<'static>>> = LazyLock::new(parties);
static OFFICES: LazyLock<Phrases<()>> = LazyLock::new(|| section("office"));
static DAYS_AND_MONTHS: LazyLock<Phrases<()>> = LazyLock::new(|| section("day or month"));
static BODY_WORDS: LazyLock<Phrases<()>> = LazyLock::new(|| section("body word"));
static KINDS: LazyLock<Phrases<()>> = LazyLock::new(|| section("kind"));
static REFERRING: LazyLock<Phrases<()>> = LazyLock::new(|| section("referring"));
static JOINTS: LazyLock<Phrases<()>> = LazyLock::new(|| section("joint"));
static PLACE_LEADS: LazyLock<Phrases<()>> = LazyLock::new(|| section("leads place"));
static DESTINATION_LEADS: LazyLock<Phrases<()>> = LazyLock::new(|| section("leads destination"));
static BEFORE_NAME: LazyLock<Phrases<()>> = LazyLock::new(|| section("before name"));
static COMMON_WORDS: LazyLock<Phrases<()>> = LazyLock::new(|| section("common word"));
static NAME_PARTICLES: LazyLock<Phrases<()>> = LazyLock::new(|| section("name particle"));
static OFFICE_MODIFIERS: LazyLock<Phrases<()>> = LazyLock::new(|| section("office modifier"));

fn section(name: &'static str) -> Phrases<()> {
    Phrases::new(lexicon::entries(SOURCE).filter(|entry| entry.section == name).map(|entry| (entry.phrase, ())))
}

fn parties() -> Phrases<Known<'static>> {
    let mut known: Vec<(String, Known<'static>)> = Vec::new();
    for entry in lexicon::entries(SOURCE) {
        let (naming, party) = match entry.section {
            "union" | "body" => (Naming::Body, entry.value),
            "seat" => (Naming::Seat, entry.value),
            "name" => (Naming::Country, entry.value),
            "adjective" => (Naming::Adjective, entry.value),
            "person" => (Naming::Person, entry.value),
            "government" => (Naming::Government, ""),
            "rebels" => (Naming::Rebels, ""),
            "kind" | "referring" => (Naming::Kind, entry.phrase),
            _ => continue,
        };
        known.push((entry.phrase.to_owned(), Known { party, naming }));
    }
    for line in COUNTRIES.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t').skip(1);
        let (Some(name), Some(capital)) = (cells.next(), cells.next()) else { continue };
        let names = cells.nth(2).unwrap_or_default();
        let adjectives = cells.next().unwrap_or_default();
        let mut add = |phrase: &str, naming| {
            if !phrase.is_empty() {
                known.push((phrase.to_lowercase(), Known { party: name, naming }));
            }
        };
        add(name, Naming::Country);
        names.split('|').for_each(|name| add(name, Naming::Country));
        adjectives.split('|').for_each(|adjective| add(adjective, Naming::Adjective));
        // A capital that is named like its country tells nothing more.
        if capital != name {
            add(capital, Naming::Seat);
        }
    }
    Phrases::new(known.iter().map(|(phrase, known)| (phrase.as_str(), *known)))
}

/// The parties of one article, in text order.
#[derive(Debug)]
pub struct Parties<'t> {
    text: &'t Text<'t>,
    /// Last names that the article introduces, and whom they speak for.
    persons: FxHashMap<&'t str, Party<'t>>,
    mentions: Vec<Mention<'t>>,
    /// The words that the article has without a capital, once they are asked for.
    small: OnceCell<FxHashSet<&'t str>>,
}

impl<'t> Parties<'t> {
    /// Finds every mention. Linear in the text.
    pub fn find(text: &'t Text<'t>) -> Self {
        let mut parties = Self { text, persons: FxHashMap::default(), mentions: Vec::new(), small: OnceCell::new() };
        for sentence in &text.sentences {
            parties.meet(sentence.tokens.clone());
        }
        for sentence in &text.sentences {
            parties.read(sentence.tokens.clone());
        }
        parties.resolve_roles();
        parties
    }

    /// The mentions that lie in a range of tokens.
    pub fn within(&self, tokens: Range<usize>) -> &[Mention<'t>] {
        let start = self.mentions.partition_point(|mention| mention.tokens.start < tokens.start);
        let end = self.mentions.partition_point(|mention| mention.tokens.start < tokens.end);
        self.mentions.get(start..end).unwrap_or_default()
    }

    /// The two parties that the article names most, unions of states aside: in news of war, those who fight it.
    pub fn warring(&self) -> Vec<Party<'t>> {
        let mut counts: Vec<(Party<'t>, usize)> = Vec::new();
        for mention in self.mentions.iter().filter(|mention| !is_union(mention.party)) {
            match counts.iter_mut().find(|(party, _)| *party == mention.party) {
                Some((_, count)) => *count += 1,
                None => counts.push((mention.party, 1)),
            }
        }
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.iter().take(2).map(|(party, _)| *party).collect()
    }

    /// Learns whom the persons of a sentence speak for.
    fn meet(&mut self, tokens: Range<usize>) {
        for at in tokens.clone() {
            let Some((len, known)) = self.known(at, tokens.end) else { continue };
            if !matches!(known.naming, Naming::Country | Naming::Adjective) {
                continue;
            }
            let Some(office) = self.office_end(at + len, tokens.end) else { continue };
            let comma = usize::from(self.is(office, ",") && office < tokens.end);
            let name = self.name_from(office + comma, tokens.end);
            let name = if name.is_empty() { self.name_before(at, tokens.start) } else { name };
            let last = name.end.checked_sub(1).filter(|_| !name.is_empty());
            if let Some(last) = last {
                self.persons.insert(self.text.tokens[last].base(), known.party);
            }
        }
    }

    fn read(&mut self, tokens: Range<usize>) {
        let first = self.mentions.len();
        let mut at = tokens.start;
        while at < tokens.end {
            at = self.read_at(at, &tokens).unwrap_or(at + 1);
        }
        // "Israeli and Hamas negotiators": an adjective stands as what it is joined to.
        for index in (first + 1..self.mentions.len()).rev() {
            let (before, mention) = (&self.mentions[index - 1], &self.mentions[index]);
            if mention.joined && before.standing == Standing::Modifier && mention.standing == Standing::Side {
                self.mentions[index - 1].standing = Standing::Side;
            }
        }
    }

    /// Reads the mention that starts at token `at` and gives the token behind it.
    fn read_at(&mut self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        if let Some(end) = self.read_hyphened(at, sentence) {
            return Some(end);
        }
        let Some((len, known)) = self.known(at, sentence.end) else { return self.read_name(at, sentence) };
        let name_end = at + len;
        if matches!(known.naming, Naming::Country | Naming::Seat | Naming::Adjective)
            && (self.goes_on(name_end, sentence.end)
                || known.naming == Naming::Adjective && self.is_body_of(name_end, sentence.end))
        {
            return self.read_name(at, sentence).or(Some(name_end + 1));
        }
        let is_possessive = self.is_possessive(name_end);
        let mut end =
            name_end + usize::from(is_possessive && self.text.tokens.get(name_end).is_some_and(is_apostrophe));
        let mut standing = self.standing(at, sentence.start, known.naming);
        if known.naming == Naming::Adjective
            && let Some(rebels) = self.rebels_end(name_end, sentence.end)
        {
            // "Syrian rebels" are not Syria.
            let joined = self.joined(at, sentence.start);
            let party = self.text.slice(at..rebels);
            let (naming, standing) = (Naming::Rebels, Standing::Side);
            self.mentions.push(Mention { tokens: at..rebels, party, naming, standing, joined });
            return Some(rebels);
        }
        let is_modifier = known.naming == Naming::Adjective || is_possessive;
        let plural = known.naming == Naming::Adjective
            && self.text.tokens[name_end - 1].text.to_ascii_lowercase().ends_with('s');
        if is_modifier || matches!(known.naming, Naming::Country | Naming::Body | Naming::Seat) {
            if let Some(office) = self.office_end(end, sentence.end) {
                // "The Fijian minister, Ana Koro": the name belongs to the office when the article gives it the country.
                let comma = usize::from(self.is(office, ","));
                let name = self.name_from(office + comma, sentence.end);
                let is_theirs = name.end > name.start
                    && self.person(&self.text.tokens[name.end - 1]).is_some_and(|person| person.party == known.party);
                let name = if comma == 0 || is_theirs { name } else { office..office };
                end = if name.is_empty() { office } else { name.end };
                standing = Standing::Side;
            } else if is_modifier && !plural {
                standing = Standing::Modifier;
            }
        }
        let at = match self.office_of(at, sentence.start) {
            Some(office) => {
                standing = Standing::Side;
                office
            }
            None => at,
        };
        if known.naming == Naming::Kind {
            // "Fiji's opposition" is not Fiji.
            self.mentions.pop_if(|last| last.tokens.end == at && last.standing == Standing::Modifier);
        }
        let joined = self.joined(at, sentence.start);
        if let Some(last) = self.mentions.last().filter(|_| joined) {
            // "in Qatar and Egypt"
            if matches!(last.standing, Standing::Place | Standing::Destination)
                && matches!(known.naming, Naming::Country | Naming::Seat)
                && standing == Standing::Side
            {
                standing = last.standing;
            }
        }
        self.mentions.push(Mention { tokens: at..end, party: known.party, naming: known.naming, standing, joined });
        Some(end)
    }

    /// The end of "rebels" or the like that stands at `at`.
    fn rebels_end(&self, at: usize, end: usize) -> Option<usize> {
        let (len, known) = PARTIES.longest_at(self.text.tokens.get(at..end)?)?;
        (known.naming == Naming::Rebels).then_some(at + len)
    }

    fn joined(&self, at: usize, start: usize) -> bool {
        self.mentions
            .last()
            .is_some_and(|last| last.tokens.start >= start && last.tokens.end <= at && self.joins(last.tokens.end..at))
    }

    /// A name of which a country's is only the start: "Jordan Dale", "China Daily".
    fn goes_on(&self, at: usize, end: usize) -> bool {
        let Some(token) = self.text.tokens.get(at).filter(|_| at < end && !self.text.is_capitals) else { return false };
        let touches = at > 0
            && self.text.slice(at - 1..at + 1).len() == token.text.len() + self.text.tokens[at - 1].text.len() + 1;
        touches
            && token.is_capitalised()
            && !is_office_word(token)
            && !is_day_or_month(token)
            && self.known(at, end).is_none()
            && self.office_end(at, end).is_none()
            && token.text.chars().any(char::is_lowercase)
            && !self.is_heading_at(at)
    }

    /// In a heading every word may have a capital.
    fn is_heading_at(&self, at: usize) -> bool {
        let index = self.text.sentences.partition_point(|sentence| sentence.tokens.end <= at);
        self.text.sentences.get(index).is_some_and(|sentence| sentence.is_heading)
    }

    /// "The president of" Peru, "officials from" Peru: where the office before a name starts.
    fn office_of(&self, at: usize, start: usize) -> Option<usize> {
        let link = at.checked_sub(1).filter(|link| *link > start)?;
        let link = if self.is(link, "the") { link.checked_sub(1).filter(|link| *link > start)? } else { link };
        if !["of", "from", "for"].iter().any(|word| self.is(link, word)) {
            return None;
        }
        let floor = self.mentions.last().map_or(start, |last| last.tokens.end.max(start));
        // "President Ana Koro of" Fiji
        let mut office = link;
        let is_name = |at: usize| {
            self.is_name_word(at) && self.text.tokens[at].is_capitalised() && !is_office_word(&self.text.tokens[at])
        };
        while link - office < NAME_WORDS_MAX && office > floor && is_name(office - 1) {
            office -= 1;
        }
        let named = office;
        while office > floor && (is_office_word(&self.text.tokens[office - 1]) || self.is(office - 1, "-")) {
            office -= 1;
        }
        (office < named).then_some(office)
    }

    /// A body that no list has, by a word that names bodies in its name, or by its capitals: "Pilots' Union", "FNRX".
    fn read_name(&mut self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let token = self.text.tokens.get(at).filter(|token| token.is_capitalised() && !self.text.is_capitals)?;
        if token.is("the") {
            return None;
        }
        let mut end = at;
        let ends_body =
            |end: usize| end > at && self.is(end, "and") && BODY_WORDS.of(&self.text.tokens[end - 1].bare()).is_some();
        while end < sentence.end.min(at + NAME_WORDS_MAX) && self.is_part_of_name(end, at) && !ends_body(end) {
            end += 1;
        }
        let run = &self.text.tokens[at..end];
        let last = run.iter().rposition(|token| BODY_WORDS.of(&token.bare()).is_some());
        let is_short =
            (2..=6).contains(&token.base().len()) && token.base().bytes().all(|byte| byte.is_ascii_uppercase());
        let end = match last {
            // "Union of Dairy Workers"
            Some(last) if run.get(last + 1).is_some_and(|next| next.is("of") || next.is("for")) => end,
            Some(last) if last > 0 => at + last + 1,
            // "Air Chad"
            Some(_) if token.is("air") && run.len() > 1 => at + 2,
            _ if is_short && !is_common_word(token) && !self.is_shouted(at) => at + 1,
            _ => return None,
        };
        let name = self.text.span_of(at..end)?.slice(self.text.text)?;
        let name = self.text.tokens[end - 1]
            .is_possessive()
            .then(|| name.get(..name.len() - "'s".len()))
            .flatten()
            .unwrap_or(name);
        let name = name.trim_end_matches(['\'', '’']);
        let standing = if self.is_possessive(end) {
            Standing::Modifier
        } else {
            self.standing(at, sentence.start, Naming::Country)
        };
        // "Doctors' union BMX": the name tells more than the kind; "the fund's Interim Committee" is one body.
        self.mentions.pop_if(|last| {
            last.tokens.end == at && (last.naming == Naming::Kind || last.standing == Standing::Modifier)
        });
        let joined = self.joined(at, sentence.start);
        self.mentions.push(Mention { tokens: at..end, party: name, naming: Naming::Name, standing, joined });
        Some(end)
    }

    /// "\[Canadian\] Union of Public Employees"
    fn is_body_of(&self, at: usize, end: usize) -> bool {
        let word = |at: usize| self.text.tokens.get(at).filter(|token| at < end && token.is_capitalised());
        word(at).is_some_and(|token| BODY_WORDS.of(token).is_some())
            && (self.is(at + 1, "of") || self.is(at + 1, "for"))
            && word(at + 2).is_some()
    }

    /// Whether the capitals tell nothing: the words beside it have them too ("NEW YORK STOCKS"), or the article has the word
    /// without them ("we want ALL of it").
    fn is_shouted(&self, at: usize) -> bool {
        let word = self.text.tokens[at].base().to_lowercase();
        let is_small = |token: &&Token<'t>| token.kind == TokenKind::Word && !token.is_capitalised();
        let small = || self.text.tokens.iter().filter(is_small).map(Token::base).collect();
        if self.small.get_or_init(small).contains(word.as_str()) {
            return true;
        }
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|at| self.text.tokens.get(at));
        beside.into_iter().any(|token| token.text.len() > 1 && token.text.bytes().all(|byte| byte.is_ascii_uppercase()))
    }

    fn is_part_of_name(&self, at: usize, start: usize) -> bool {
        let Some(token) = self.text.tokens.get(at) else { return false };
        let is_inner = at > start
            && ["of", "for", "and", "the"].contains(&token.text)
            && self.text.tokens.get(at + 1).is_some_and(|next| next.is_capitalised() || next.text == "the");
        // "Pilots' Union"
        let is_mark = at > start
            && is_apostrophe(token)
            && self.text.tokens[at - 1].text.ends_with('s')
            && self.text.tokens.get(at + 1).is_some_and(Token::is_capitalised);
        (token.is_capitalised() || is_inner || is_mark) && !is_day_or_month(token)
    }

    /// "US-Russia", "Putin-Zelensky": several parties in one token.
    fn read_hyphened(&mut self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let is_hyphened = |token: &&Token| token.kind == TokenKind::Word && token.text.contains(['-', '‐', '‑']);
        let token = self.text.tokens.get(at).filter(is_hyphened)?;
        let parts: Option<Vec<Known<'t>>> = token
            .base()
            .split(['-', '‐', '‑'])
            .map(|part| self.word(part).filter(|known| !known.party.is_empty()))
            .collect();
        let parts = parts.filter(|parts| parts.len() > 1)?;
        if self.known(at, sentence.end).is_some() {
            return None;
        }
        for (index, known) in parts.into_iter().enumerate() {
            let (party, naming) = (known.party, known.naming);
            self.mentions.push(Mention {
                tokens: at..at + 1,
                party,
                naming,
                standing: Standing::Modifier,
                joined: index > 0,
            });
        }
        Some(at + 1)
    }

    /// The party whose name starts at `at`, and the number of its tokens.
    fn known(&self, at: usize, end: usize) -> Option<(usize, Known<'t>)> {
        let tokens = self.text.tokens.get(at..end)?;
        let token = tokens.first()?;
        let is_named = self.text.is_capitals || token.is_capitalised();
        // "North Korea's" matches without its ending.
        let is_possessive = |token: &Token| token.base().len() < token.text.len();
        // Most words start no name, and need no longer look.
        let named = || match tokens.iter().take(PARTY_WORDS_MAX).position(is_possessive) {
            Some(last) if last > 0 => {
                let bare: Vec<Token> = tokens[..=last].iter().map(Token::bare).collect();
                PARTIES.longest_at(&bare)
            }
            _ => PARTIES.longest_at(tokens),
        };
        let found = PARTIES.starts(token).then(named).flatten();
        if let Some((len, known)) = found {
            let is_role = matches!(known.naming, Naming::Government | Naming::Rebels | Naming::Kind);
            if is_role || is_named && !(self.text.is_capitals && len == 1 && is_common_word(token)) {
                return Some((len, *known));
            }
        }
        // "Moscow's" is one token.
        let known = Some(token.base()).filter(|_| is_named && token.is_possessive()).and_then(|base| self.word(base));
        known.or_else(|| self.person(token)).map(|known| (1, known))
    }

    fn word(&self, word: &str) -> Option<Known<'t>> {
        PARTIES
            .word(word)
            .copied()
            .filter(|known| !matches!(known.naming, Naming::Government | Naming::Rebels | Naming::Kind))
    }

    fn person(&self, token: &Token) -> Option<Known<'t>> {
        let party = self.persons.get(token.base()).filter(|_| token.is_capitalised())?;
        Some(Known { party, naming: Naming::Person })
    }

    /// How a name stands by the words before it.
    fn standing(&self, at: usize, start: usize, naming: Naming) -> Standing {
        let mut before = at;
        while before > start && BEFORE_NAME.of(&self.text.tokens[before - 1]).is_some() {
            before -= 1;
        }
        let Some(before) = before.checked_sub(1).filter(|before| *before >= start) else { return Standing::Side };
        let word = &self.text.tokens[before];
        match naming {
            Naming::Country | Naming::Seat => {
                if PLACE_LEADS.of(word).is_some() {
                    Standing::Place
                } else if DESTINATION_LEADS.of(word).is_some() {
                    Standing::Destination
                } else if self.is(before, "of") && !self.is_office_before(before) {
                    Standing::Modifier
                } else {
                    Standing::Side
                }
            }
            _ => Standing::Side,
        }
    }

    /// "The president \[of\]", "leaders \[of\]"
    fn is_office_before(&self, of: usize) -> bool {
        of.checked_sub(1).is_some_and(|at| is_office_word(&self.text.tokens[at]))
    }

    /// The end of the office that starts at or shortly behind `at`: "… deputy foreign minister".
    fn office_end(&self, at: usize, end: usize) -> Option<usize> {
        let limit = end.min(at + OFFICE_WORDS_MAX);
        let mut found = None;
        let mut index = at;
        while index < limit {
            let tokens = &self.text.tokens[index..end];
            // "The Fijian government and opposition parties"
            if found.is_some()
                && PARTIES.longest_at(tokens).is_some_and(|(len, known)| len > 1 && known.naming == Naming::Kind)
            {
                break;
            }
            if let Some((len, ())) = OFFICES.longest_at(tokens) {
                index += len;
                found = Some(index);
            } else if let Some((len, ())) = OFFICE_MODIFIERS.longest_at(tokens) {
                index += len;
            } else if self.is(index, "-") {
                index += 1;
            } else {
                break;
            }
        }
        found
    }

    /// The capitalised words from `at` on that no list knows otherwise.
    fn name_from(&self, at: usize, end: usize) -> Range<usize> {
        let mut last = at;
        while last < end.min(at + NAME_WORDS_MAX) && self.is_name_word(last) {
            last += 1;
        }
        at..last
    }

    /// The name before an apposition: "Kaja Kallas, Estonia's prime minister".
    fn name_before(&self, at: usize, start: usize) -> Range<usize> {
        let the = usize::from(at > start && self.is(at - 1, "the"));
        let Some(comma) = (at - the).checked_sub(1).filter(|comma| *comma > start && self.is(*comma, ",")) else {
            return at..at;
        };
        let mut first = comma;
        while first > start && comma - first < NAME_WORDS_MAX && self.is_name_word(first - 1) {
            first -= 1;
        }
        // One capital alone is as often the start of a sentence.
        if comma - first < 2 { at..at } else { first..comma }
    }

    fn is_name_word(&self, at: usize) -> bool {
        let Some(token) = self.text.tokens.get(at) else { return false };
        let is_particle = NAME_PARTICLES.of(token).is_some();
        !self.text.is_capitals
            && (token.is_capitalised() || is_particle)
            && self.is_free(token)
            && !is_day_or_month(token)
    }

    /// Whether a word is no party of the vocabulary, or a person's name.
    fn is_free(&self, token: &Token) -> bool {
        PARTIES.of(&token.bare()).is_none_or(|known| known.naming == Naming::Person)
    }

    fn is_possessive(&self, end: usize) -> bool {
        let last = &self.text.tokens[end - 1];
        let mark =
            self.text.tokens.get(end).is_some_and(|token| is_apostrophe(token) && token.span.start == last.span.end);
        last.base().len() < last.text.len() || mark && last.text.ends_with(['s', 'S'])
    }

    /// Whether only joining words lie between two mentions.
    fn joins(&self, between: Range<usize>) -> bool {
        between.len() <= 5
            && between.clone().all(|at| {
                JOINTS.of(&self.text.tokens[at]).is_some()
                    || ["-", "–", ",", "&"].contains(&self.text.tokens[at].text)
                    || ["-led", "-backed", "-run", "-based"].iter().any(|end| self.text.tokens[at].text.ends_with(end))
            })
            && !between.clone().all(|at| self.is(at, "the"))
            && !(between.len() == 1 && self.is(between.start, "with"))
            || between.is_empty()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.text.tokens.get(at).is_some_and(|token| token.text.eq_ignore_ascii_case(word))
    }

    /// Short names and the full names of the article that they stand for: "BWA" and "Bakers' and Waiters' Association".
    fn full_names(&self) -> HashMap<Party<'t>, Party<'t>> {
        let names = || self.mentions.iter().filter(|mention| mention.naming == Naming::Name);
        let initials = |name: &str| {
            let words =
                name.split([' ', '-']).filter_map(|word| word.chars().next().filter(|char| char.is_uppercase()));
            words.collect::<String>()
        };
        let full = names().filter(|mention| mention.party.contains(' '));
        let full: HashMap<String, Party<'t>> = full.map(|mention| (initials(mention.party), mention.party)).collect();
        names().filter_map(|mention| Some((mention.party, *full.get(mention.party)?))).collect()
    }

    /// "The government" is that of the country, "the rebels" the armed group, that the article names most; else rebels are
    /// called as the article first calls them by their country, or as it calls them.
    fn resolve_roles(&mut self) {
        let text = self.text;
        let is_state = |naming| matches!(naming, Naming::Country | Naming::Adjective);
        let state = most(self.mentions.iter().filter(|mention| is_state(mention.naming)));
        let group =
            most(self.mentions.iter().filter(|mention| mention.naming == Naming::Body && is_armed(mention.party)));
        let rebels =
            self.mentions.iter().filter(|mention| mention.naming == Naming::Rebels && !mention.party.is_empty());
        let rebels = rebels.map(|mention| mention.party).next();
        let is_many = |mention: &Mention<'t>| {
            let word = text.tokens[mention.tokens.end - 1].base();
            word.ends_with('s').then_some(word).filter(|_| mention.tokens.len() == 1)
        };
        let names = self.full_names();
        let named = most(self.mentions.iter().filter(|mention| mention.naming == Naming::Name));
        let named = named.map(|name| names.get(name).copied().unwrap_or(name));
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
                Naming::Government => state.unwrap_or_default(),
                Naming::Rebels => group.or(rebels).or_else(|| is_many(mention)).unwrap_or_default(),
                _ => return true,
            };
            !mention.party.is_empty()
        });
    }
}

/// Whether a word tells an office or what stands with one: "deputy", "minister", "head".
pub fn is_office_word(token: &Token) -> bool {
    let token = std::slice::from_ref(token);
    OFFICES.longest_at(token).is_some() || OFFICE_MODIFIERS.longest_at(token).is_some()
}

/// Whether a body is a union of states, which meets as such.
pub fn is_union(party: &str) -> bool {
    !is_armed(party)
}

/// Whether a party is told only by what it is: "creditor banks", "rebels".
pub fn is_kind(party: &str) -> bool {
    static NAMELESS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let is_kind = |section: &str| ["kind", "referring", "rebels"].contains(&section);
        lexicon::entries(SOURCE).filter(|entry| is_kind(entry.section)).map(|entry| entry.phrase).collect()
    });
    NAMELESS.contains(party)
}

/// The party that a single word names: "Qatar", "Qatari", "US".
pub fn named(word: &str) -> Option<Party<'static>> {
    PARTIES.word(word).map(|known| known.party).filter(|party| !party.is_empty())
}

/// The name of the country with an ISO 3166-1 code: "CH" → "Switzerland".
pub fn of_country(code: &str) -> Option<Party<'static>> {
    static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let lines = COUNTRIES.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| Some((line.split('\t').next()?, line.split('\t').nth(1)?))).collect()
    });
    NAMES.get(code).copied()
}

fn most<'a, 't: 'a>(mentions: impl Iterator<Item = &'a Mention<'t>>) -> Option<Party<'t>> {
    let mut counts: Vec<(Party<'t>, usize)> = Vec::new();
    for mention in mentions {
        match counts.iter_mut().find(|(party, _)| *party == mention.party) {
            Some((_, count)) => *count += 1,
            None => counts.push((mention.party, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(party, _)| party)
}

/// Whether a body is no union of states.
fn is_armed(party: &str) -> bool {
    static UNIONS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        lexicon::entries(SOURCE).filter(|entry| entry.section == "union").map(|entry| entry.value).collect()
    });
    !UNIONS.contains(&party)
}

/// "the union", "The group's"
fn is_definite(text: &Text, at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.tokens.get(before)).is_some_and(|token| token.is("the"))
}

fn is_apostrophe(token: &Token) -> bool {
    matches!(token.text, "'" | "’")
}

/// Names that are common words in text without lower case.
fn is_common_word(token: &Token) -> bool {
    COMMON_WORDS.of(token).is_some()
}

fn is_day_or_month(token: &Token) -> bool {
    DAYS_AND_MONTHS.of(token).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "party standing" of each mention.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let read = Text::read(text);
        let parties = Parties::find(&read);
        let found: Vec<String> = parties
            .within(0..read.tokens.len())
            .iter()
            .map(|mention| format!("{} {:?}", mention.party, mention.standing))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_country_acts_or_is_a_place() {
        check("Norway's envoy flew from Oslo.", &["Norway Side", "Norway Side"]);
        check("The war in Sudan and Chad worries us.", &["Sudan Place", "Chad Place"]);
        check("Russian missiles fell.", &["Russia Modifier"]);
        check("North Korea's leader smiled.", &["North Korea Side"]);
    }

    #[test]
    fn pairs_in_one_word_and_joined_adjectives() {
        check("US-China trade", &["United States Modifier", "China Modifier"]);
        check("The Thai and Cambodian ministers ate.", &["Thailand Side", "Cambodia Side"]);
    }

    #[test]
    fn an_office_before_its_country_belongs_to_it() {
        check("The president of Peru and ministers from Chile ate.", &["Peru Side", "Chile Side"]);
        check("The mountains of Peru are high.", &["Peru Modifier"]);
    }

    #[test]
    fn a_name_that_only_starts_like_a_country_is_none() {
        check("Jordan Dalebrook and the American Bolt Corp ate.", &["American Bolt Corp Side"]);
    }

    #[test]
    fn bodies_that_no_list_has_are_named_by_a_word_or_by_their_capitals() {
        check("The Pilots' Union and Skua Airlines ate.", &["Pilots' Union Side", "Skua Airlines Side"]);
        check(
            "The Fijian Bakers Association (FBA) ate. Then the FBA slept. The association woke.",
            &["Fijian Bakers Association Side"; 4],
        );
        check("The Fijian Union of Dairy Hands (FUDH) ate.", &["Fijian Union of Dairy Hands Side"; 2]);
        check("We want ALL of it, all at once, said the NDFQ.", &[]);
        check("Port Union Road is long.", &["Port Union Side"]);
    }

    #[test]
    fn rebels_are_not_their_country() {
        check(
            "Malian rebels and Mali ate. The rebels slept.",
            &["Malian rebels Side", "Mali Side", "Malian rebels Side"],
        );
    }

    #[test]
    fn persons_speak_for_the_country_that_the_article_gives_them() {
        check("The Fijian foreign minister, Ana Koro, left. Later Koro spoke.", &["Fiji Side", "Fiji Side"]);
        check("Ana Koro, Fiji's prime minister, left. Koro spoke.", &["Fiji Side", "Fiji Side", "Fiji Side"]);
    }

    #[test]
    fn the_government_and_the_rebels_are_the_articles() {
        check(
            "THE SALVADORAN ARMY AND THE FMLN FOUGHT. THE GOVERNMENT AND THE GUERRILLAS WILL TALK.",
            &["El Salvador Side", "FMLN Side", "El Salvador Side", "FMLN Side"],
        );
    }

    #[test]
    fn every_party_has_a_name() {
        for entry in lexicon::entries(SOURCE) {
            let needs_name = ["union", "body", "seat", "name", "adjective", "person"].contains(&entry.section);
            assert!(!needs_name || !entry.value.is_empty(), "{entry:?}");
        }
    }
}
