//! Parties: who takes part in talks. Names of states, bodies and armed groups, their adjectives, seats and leaders.
//!
//! A country counts as a party only where it acts: its adjective or possessive must stand before someone who speaks for it
//! ("Russian officials", but not "Russian missiles"), and its name must not tell a place ("the war in Ukraine"). Persons
//! speak for their country: some from the vocabulary, the others as the article introduces them ("Estonia's prime minister,
//! Kaja Kallas").

mod names;
mod roles;
mod words;

use std::cell::OnceCell;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use self::words::{
    BEFORE_NAME, DESTINATION_LEADS, HOLDERS, JOINTS, KIND_MODIFIERS, Known, NAME_PARTICLES, OFFICE_MODIFIERS, OFFICES,
    PARTIES, PLACE_LEADS, PREFIXES, REFERRING, is_apostrophe, is_common_word, is_day_or_month,
};
pub use self::words::{is_kind, is_office_word, is_union, named, of_country};
use crate::news::text::{Text, Token, TokenKind};

/// Words between an adjective of a country and the office it belongs to: "Russian deputy foreign minister".
const OFFICE_WORDS_MAX: usize = 7;
/// "Democratic Republic of the Congo"
const PARTY_WORDS_MAX: usize = 6;
/// Parts of a person's name: "Mohammed bin Abdul Rahman Al Thani".
const NAME_WORDS_MAX: usize = 6;
/// "UNCTAD"
const SHORT_BYTES_MAX: usize = 8;
/// "Rio de Janeiro"
const TOWN_WORDS_MAX: usize = 3;

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

impl Mention<'_> {
    /// Where something happens, and whose something is, tells less of who acts in an article than who does.
    fn weight(&self) -> usize {
        if self.standing == Standing::Side { 2 } else { 1 }
    }
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
                Some((_, count)) => *count += mention.weight(),
                None => counts.push((mention.party, mention.weight())),
            }
        }
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.iter().take(2).map(|(party, _)| *party).collect()
    }

    /// Learns whom the persons of a sentence speak for.
    fn meet(&mut self, tokens: Range<usize>) {
        for at in tokens.clone() {
            let Some((len, known)) = self.known(at, tokens.end) else { continue };
            if known.naming == Naming::Person
                && HOLDERS.longest_at(&self.text.tokens[at..tokens.end]).is_some_and(|(held, ())| held == len)
            {
                // "Chancellor of the Exchequer Ana Koro"
                let comma = usize::from(self.is(at + len, ","));
                let name = self.name_from(at + len + comma, tokens.end);
                let last = name.end.checked_sub(1).filter(|_| name.len() > 1 || comma == 0 && !name.is_empty());
                if let Some(last) = last {
                    self.persons.insert(self.text.tokens[last].base(), known.party);
                }
                continue;
            }
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
        end = self.abbreviation_end(end, sentence.end).unwrap_or(end);
        let (mut at, mut party) = (at, known.party);
        if known.naming == Naming::Kind
            && let Some(owner) =
                self.mentions.pop_if(|last| last.tokens.end == at && last.standing == Standing::Modifier)
            && owner.naming == Naming::Adjective
            && REFERRING.word(party).is_none()
        {
            // "Fiji's opposition" is not Fiji; the "Fijian employers" are called so.
            at = owner.tokens.start;
            party = self.text.slice(at..end);
        }
        if known.naming == Naming::Kind && REFERRING.word(party).is_none() {
            // "private foreign banks"
            let mut first = at;
            while first > sentence.start && KIND_MODIFIERS.of(&self.text.tokens[first - 1]).is_some() {
                first -= 1;
            }
            if first < at && self.mentions.last().is_none_or(|last| last.tokens.end <= first) {
                at = first;
                party = self.text.slice(at..end);
            }
        }
        let joined = self.joined(at, sentence.start);
        // "in Oslo, Norway"
        if let Some(last) = self.mentions.last()
            && last.naming == Naming::Seat
            && known.naming == Naming::Country
            && last.party == known.party
            && (last.tokens.end == at || last.tokens.end + 1 == at && self.is(last.tokens.end, ","))
        {
            standing = last.standing;
        }
        if let Some(last) = self.mentions.last().filter(|_| joined) {
            // "in Qatar and Egypt"
            if matches!(last.standing, Standing::Place | Standing::Destination)
                && matches!(known.naming, Naming::Country | Naming::Seat)
                && standing == Standing::Side
            {
                standing = last.standing;
            }
        }
        self.mentions.push(Mention { tokens: at..end, party, naming: known.naming, standing, joined });
        Some(end)
    }

    /// The end of what is in brackets at `at`, if that is the short name of what stands before: "\[the Bread Fund\] (BF)".
    fn abbreviation_end(&self, at: usize, end: usize) -> Option<usize> {
        let short =
            self.text.tokens.get(at + 1).filter(|_| at + 2 < end && self.is(at, "(") && self.is(at + 2, ")"))?;
        let is_short = short.text.len() <= SHORT_BYTES_MAX
            && short
                .text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-');
        is_short.then_some(at + 3)
    }

    /// The end of "rebels" or the like that stands at `at`.
    fn rebels_end(&self, at: usize, end: usize) -> Option<usize> {
        let (len, known) = PARTIES.longest_at(self.text.tokens.get(at..end)?)?;
        (known.naming == Naming::Rebels).then_some(at + len)
    }

    fn joined(&self, at: usize, start: usize) -> bool {
        self.mentions
            .last()
            .filter(|last| last.tokens.start >= start && last.tokens.end <= at)
            // "BAKU/YEREVAN -": towns that an article was written in.
            .filter(|last| last.naming != Naming::Seat || !self.is(last.tokens.end, "/"))
            .is_some_and(|last| self.joins(last.tokens.end..at))
    }

    /// A name of which a country's is only the start: "Jordan Dale", "China Daily".
    fn goes_on(&self, at: usize, end: usize) -> bool {
        let Some(token) = self.text.tokens.get(at).filter(|_| at < end && !self.text.is_capitals) else { return false };
        let touches = at > 0
            && self.text.slice(at - 1..at + 1).len() == token.text.len() + self.text.tokens[at - 1].text.len() + 1;
        // Old wire copy has a capital behind every full stop: "the U.S. Officials".
        let is_abbreviated = at > 0 && self.text.tokens[at - 1].text.ends_with('.');
        touches
            && !is_abbreviated
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

    /// "US-Russia", "Putin-Zelensky": several parties in one token.
    fn read_hyphened(&mut self, at: usize, sentence: &Range<usize>) -> Option<usize> {
        let is_hyphened = |token: &&Token| token.kind == TokenKind::Word && token.text.contains(['-', '‐', '‑']);
        let token = self.text.tokens.get(at).filter(is_hyphened)?;
        let parts: Option<Vec<Known<'t>>> = token
            .base()
            .split(['-', '‐', '‑'])
            .map(|part| PARTIES.word(part).or_else(|| PREFIXES.word(part)).copied())
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
                // "in Lyon, France": the country of a town.
                let (before, word) = match self.town_before(before, start) {
                    Some(lead) if naming == Naming::Country => (lead, &self.text.tokens[lead]),
                    _ => (before, word),
                };
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

    /// What leads to the town that stands with a comma, at `comma`, before its country: "\[in\] Lyon,".
    fn town_before(&self, comma: usize, start: usize) -> Option<usize> {
        if !self.is(comma, ",") || self.text.is_capitals {
            return None;
        }
        let mut town = comma;
        while town > start && comma - town < TOWN_WORDS_MAX && self.is_name_word(town - 1) {
            town -= 1;
        }
        let lead = town.checked_sub(1).filter(|lead| town < comma && *lead >= start)?;
        PLACE_LEADS.of(&self.text.tokens[lead]).is_some().then_some(lead)
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
                    || ["-", "–", ",", "&", "/"].contains(&self.text.tokens[at].text)
                    || ["-led", "-backed", "-run", "-based"].iter().any(|end| self.text.tokens[at].text.ends_with(end))
            })
            && !between.clone().all(|at| self.is(at, "the"))
            && !(between.len() == 1 && self.is(between.start, "with"))
            || between.is_empty()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.text.tokens.get(at).is_some_and(|token| token.text.eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::words::SOURCE;
    use super::*;
    use crate::news::lexicon;

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
    fn the_country_of_a_town_acts_no_more_than_the_town() {
        check(
            "Fiji slept in Lyon, France, and in Oslo, Norway.",
            &["Fiji Side", "France Place", "Norway Place", "Norway Place"],
        );
        check("Oslo Norway", &["Norway Side", "Norway Side"]);
    }

    #[test]
    fn sides_that_are_told_without_their_country() {
        check("The Chancellor of the Exchequer Ana Koro ate. Koro slept.", &["United Kingdom Side"; 3]);
        check("Chad (CH) and private foreign banks ate.", &["Chad Side", "private foreign banks Side"]);
        check("The Fijian employers ate. The employers slept.", &["Fijian employers Side"; 2]);
    }

    #[test]
    fn states_that_are_no_more_have_the_seats_of_their_successors() {
        check("The Soviet minister went home. Moscow slept.", &["Soviet Union Side"; 2]);
        check(
            "Moscow spoke of the Soviet minister to Russian officials and the Russian army.",
            &["Russia Side", "Soviet Union Side", "Russia Side", "Russia Side"],
        );
    }

    #[test]
    fn the_government_is_of_the_country_that_acts() {
        check(
            "Togolese officials ate in Chad, slept in Chad and Togolese envoys left. The government woke.",
            &["Togo Side", "Chad Place", "Chad Place", "Togo Side", "Togo Side"],
        );
    }

    #[test]
    fn every_party_has_a_name() {
        for entry in lexicon::entries(SOURCE) {
            let needs_name =
                ["union", "body", "seat", "name", "adjective", "person", "holder", "prefix"].contains(&entry.section);
            assert!(!needs_name || !entry.value.is_empty(), "{entry:?}");
        }
    }
}
