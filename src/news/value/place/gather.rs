//! Tokens → mentions that look like places, not yet decided: runs of capitalised words, what leads to them and what follows.

use std::ops::Range;

use super::Cue;
use super::fold::{ARTICLES, fold, without_article};
use super::gazetteer::{self, Country, Known};
use super::words::{
    ACTORS, Class, LEXICON, Word, has_article_prefix, is_name_particle, is_no_name, is_plural_class, is_title_case,
    is_upper, word,
};
use crate::news::text::{Sentence, Text, Token, TokenKind};

/// No name in the tables has more words.
const NAME_TOKENS_MAX: usize = 6;
/// Longer runs of capitals are read in pieces, so that time stays linear.
const RUN_TOKENS_MAX: usize = 24;
/// A longer run of capitals is a heading or a list, not a name that the gazetteer lacks.
const UNKNOWN_TOKENS_MAX: usize = 4;
/// Between two names of a list stand at most ", and the".
const LIST_JOINT_TOKENS_MAX: usize = 3;
/// A city of so many thousands is known without context: "Damascus Moscow" are two places.
const CITY_THOUSANDS_MIN: u32 = 100;

/// What a mention names.
#[derive(Clone, Debug)]
pub enum Name {
    Known(Known),
    /// "the Ukrainian capital".
    CapitalOf(&'static Country),
    /// Not in the gazetteer.
    Unknown(String),
}

/// A mention before it is decided.
#[derive(Clone, Debug)]
pub struct Raw {
    /// With direction and class noun.
    pub tokens: Range<usize>,
    /// The name as the article uses it: without "the city of", with "region" and "southern".
    pub name: Range<usize>,
    pub sentence: usize,
    pub what: Name,
    pub cue: Cue,
    pub class: Option<Class>,
    pub has_direction: bool,
    /// The country or region codes after the comma: "Paris, Texas".
    pub within: Vec<&'static str>,
    /// The name stands in text in which capitals do not tell names.
    pub is_caseless: bool,
    /// The name starts its sentence, so that its capital says nothing.
    pub is_first: bool,
    /// Its preposition stands before another name: "in Kyiv, …".
    pub is_carried: bool,
}

/// What a sentence holds.
#[derive(Debug, Default)]
pub struct Gathered {
    pub raws: Vec<Raw>,
    /// Countries named by an adjective, once for each time.
    pub adjectives: Vec<&'static str>,
    /// Last words of names of persons and bodies, folded: alone they are no places.
    pub people: Vec<String>,
}

/// What leads to the name that may come next.
#[derive(Clone, Copy, Debug, Default)]
struct Lead {
    cue: Option<Cue>,
    class: Option<Class>,
    /// Where the direction stands that belongs to the name.
    direction: Option<usize>,
    /// A place was just read, so that "and" or a comma goes on with the next.
    after_place: bool,
    /// A body was just read: "Ministry of", "University of".
    after_body: bool,
}

struct Gather<'a, 't> {
    text: &'a Text<'t>,
    sentence: usize,
    first: usize,
    end: usize,
    is_caseless: bool,
    lead: Lead,
    out: Gathered,
}

/// Everything in one sentence of `text` that looks like a place.
pub fn gather(text: &Text<'_>, sentence: usize) -> Gathered {
    let mut gather = Gather {
        text,
        sentence,
        first: 0,
        end: 0,
        is_caseless: text.is_capitals,
        lead: Lead::default(),
        out: Gathered::default(),
    };
    gather.read(&text.sentences[sentence]);
    gather.out
}

impl<'t> Gather<'_, 't> {
    fn read(&mut self, sentence: &Sentence) {
        (self.first, self.end) = (sentence.tokens.start, sentence.tokens.end);
        self.is_caseless = self.text.is_capitals || is_title_case(self.text.tokens_of(sentence));
        self.lead = Lead::default();
        let mut at = self.read_dateline(sentence);
        while at < self.end {
            at = match self.text.tokens[at].kind {
                TokenKind::Mark => self.read_mark(at),
                TokenKind::Number => self.reset(at + 1),
                TokenKind::Word if self.starts_name(at) => self.read_run(at),
                TokenKind::Word => self.read_word(at),
            }
            .max(at + 1);
        }
    }

    fn token(&self, at: usize) -> Option<&Token<'t>> {
        if at < self.end { self.text.tokens.get(at) } else { None }
    }

    fn reset(&mut self, next: usize) -> usize {
        self.lead = Lead::default();
        next
    }

    fn read_mark(&mut self, at: usize) -> usize {
        let goes_on = match self.text.tokens[at].text {
            "," => self.lead.after_place || self.lead.class == Some(Class::Capital),
            "\"" | "“" | "‘" | "(" | "[" => true,
            _ => false,
        };
        if goes_on { at + 1 } else { self.reset(at + 1) }
    }

    /// Whether a run of capitalised words starts here. At the start of a sentence a capital says nothing about words that lead
    /// to places.
    fn starts_name(&self, at: usize) -> bool {
        if self.is_caseless {
            return false;
        }
        let token = &self.text.tokens[at];
        let is_name = token.is_capitalised() || has_article_prefix(token.text);
        is_name && !(at == self.first && self.is_function_word(at))
    }

    fn is_function_word(&self, at: usize) -> bool {
        let tokens = &self.text.tokens[at..self.end];
        LEXICON.prepositions.longest_at(tokens).is_some()
            || tokens.first().is_some_and(|token| matches!(word(token), Some(Word::Article)))
    }

    /// A word in lower case, or any word of a text in capitals only.
    fn read_word(&mut self, at: usize) -> usize {
        let tokens = &self.text.tokens[at..self.end];
        if let Some((len, cue)) = LEXICON.prepositions.longest_at(tokens) {
            // "Several districts of Kyiv" are the city's, where "the regions of Kyiv and Sumy" have those names.
            let are_parts = at > self.first && self.text.tokens[at - 1].is("districts");
            let is_class_of = *cue == Cue::Of && self.lead.class.is_some() && tokens[0].is("of") && !are_parts;
            if !is_class_of {
                // "Bank of England", "Ministry for …": the body's name goes on.
                let goes_on = self.lead.after_body && matches!(cue, Cue::Of | Cue::To);
                self.lead = Lead { cue: Some(*cue), after_body: goes_on, ..Lead::default() };
            }
            return at + len;
        }
        if self.is_caseless
            && let Some(next) = self.read_caseless(at)
        {
            return next;
        }
        if let Some((len, class)) = LEXICON.classes.longest_at(tokens) {
            self.lead.class = Some(*class);
            return at + len;
        }
        let token = &tokens[0];
        match word(token) {
            Some(Word::Article) => at + 1,
            Some(Word::Direction) => {
                self.lead.direction.get_or_insert(at);
                at + 1
            }
            _ if ["and", "or"].iter().any(|it| token.is(it)) && self.lead.after_place => at + 1,
            _ if (token.text.ends_with("ed") || token.text.contains('-')) && self.lead.cue.is_some() => at + 1,
            _ => self.reset(at + 1),
        }
    }

    /// A place in text without capitals to go by: only what the tables know.
    fn read_caseless(&mut self, at: usize) -> Option<usize> {
        let first = fold(self.token(at)?.base());
        if let Some((len, country)) = self.adjective(&first, at) {
            return Some(self.read_adjective(at, at + len, country));
        }
        let (len, known) = self.longest_of(&first, at, self.end)?;
        let tokens = &self.text.tokens[at..self.end];
        let other = LEXICON.words.longest_at(tokens).filter(|(_, word)| **word != Word::Direction);
        if other.is_some_and(|(other, _)| other >= len) {
            return None;
        }
        self.push_known(at, at + len, at + len, known)
    }

    /// The head of a report at the start of a paragraph: a place in capitals, and a dash soon after it.
    fn read_dateline(&mut self, sentence: &Sentence) -> usize {
        let at = sentence.tokens.start;
        let starts_paragraph = self.sentence.checked_sub(1).is_none_or(|before| {
            self.text.sentences.get(before).is_none_or(|before| before.paragraph != sentence.paragraph)
        });
        let window = &self.text.tokens[at..self.end.min(at + 12)];
        let has_dash = window.iter().skip(1).any(|token| matches!(token.text, "—" | "–" | "-" | "--"));
        let is_head = starts_paragraph && has_dash && window.first().is_some_and(|token| is_upper(token.text));
        if !is_head || self.text.is_capitals {
            return at;
        }
        self.lead.cue = Some(Cue::Dateline);
        match self.longest(at, self.end) {
            Some((len, known)) if self.text.tokens[at..at + len].iter().all(|token| is_upper(token.text)) => {
                let next = self.push_known(at, at + len, at + len, known).unwrap_or(at);
                self.reset(next)
            }
            _ => self.reset(at),
        }
    }

    /// Where the run of capitalised words ends that starts at `at`; particles inside it count when a capital follows.
    fn run_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        let mut look = end;
        while let Some(token) = self.token(look) {
            if look - at >= RUN_TOKENS_MAX || self.is_possessive(look - 1) {
                break;
            }
            if token.is_capitalised() || has_article_prefix(token.text) {
                end = look + 1;
            } else if !(token.kind == TokenKind::Word && look < end + 2 && is_name_particle(token)) {
                break;
            }
            look += 1;
        }
        end
    }

    /// A run of capitalised words: every word must be explained, or the run names something else than a place.
    fn read_run(&mut self, start: usize) -> usize {
        let end = self.run_end(start);
        let mut at = start;
        while at < end {
            // Names win over words: "South Sudan", "West Bank", "Mexico City".
            let first = fold(self.text.tokens[at].base());
            let found = self.longest_of(&first, at, self.end);
            if let Some((len, country)) = self.adjective(&first, at)
                && found.as_ref().is_none_or(|(known, _)| *known <= len)
            {
                at = self.read_adjective(at, at + len, country);
                continue;
            }
            let token = &self.text.tokens[at];
            if let Some((len, Word::NoPlace | Word::Function)) = LEXICON.words.longest_at(&self.text.tokens[at..end])
                && found.as_ref().is_none_or(|(known, _)| *known <= len)
                && (len > 1 || self.lead.class.is_none())
            {
                at = self.reset(at + len);
                continue;
            }
            if let Some((len, class)) = LEXICON.classes.longest_at(&self.text.tokens[at..end])
                && self.token(at + len).is_some_and(|token| token.is("of"))
                && found.as_ref().is_none_or(|(known, _)| *known <= len)
            {
                // "City of …": the name follows.
                self.lead.class = Some(*class);
                return at + len + 1;
            }
            let is_direction = at + 1 < end && word(token) == Some(Word::Direction);
            let is_body = word(token) == Some(Word::Organisation);
            if let Some((len, known)) = found.filter(|(len, _)| *len > 1 || !is_direction && !is_body) {
                return match self.run_after(at + len, end, &known) {
                    Some(next) => self.push_known(at, at + len, next, known).unwrap_or(at + len),
                    None => self.read_other(at, end),
                };
            }
            match word(token) {
                Some(Word::Direction) if is_direction => {
                    self.lead.direction.get_or_insert(at);
                    at += 1;
                }
                Some(Word::Article) => at += 1,
                Some(Word::Title) => return self.read_person(end),
                _ => return self.read_other(at, end),
            }
        }
        at
    }

    /// After a name at the start of a run: where reading goes on if the rest of the run is not part of the name.
    fn run_after(&self, at: usize, end: usize, known: &Known) -> Option<usize> {
        if at >= end || self.is_possessive(at - 1) {
            return Some(at);
        }
        let token = self.token(at)?;
        let is_class = LEXICON
            .classes
            .longest_at(&self.text.tokens[at..self.end])
            .is_some_and(|(len, _)| at + len >= end && !self.token(at + len).is_some_and(|token| token.is("of")));
        // "Sumy Governor …", "Kyiv Monday", "Damascus The …": something new begins.
        let begins = match word(token) {
            Some(Word::Title) => at + 1 < end,
            Some(Word::Function | Word::Article) => true,
            _ => self.is_function_word(at),
        };
        let is_next_known = || {
            known.is_well_known(CITY_THOUSANDS_MIN)
                && self.longest(at, self.end).is_some_and(|(_, next)| next.is_well_known(CITY_THOUSANDS_MIN))
        };
        (is_class || begins || is_next_known()).then_some(at)
    }

    /// Whether the word is a possessive, also without its apostrophe as in copy that lost its marks: "Syrias".
    fn is_possessive(&self, at: usize) -> bool {
        self.token(at).is_some_and(|token| {
            token.is_possessive() || token.text.ends_with('s') && country_without_s(&fold(token.text)).is_some()
        })
    }

    /// A title: the rest of the run is a person.
    fn read_person(&mut self, end: usize) -> usize {
        self.remember(end);
        self.reset(end)
    }

    fn remember(&mut self, end: usize) {
        if let Some(last) = self.token(end - 1) {
            let name = fold(last.base());
            self.out.people.push(name);
        }
    }

    /// A run that names something the tables do not have: a person, a body, or a small place where the lead says so.
    fn read_other(&mut self, start: usize, end: usize) -> usize {
        let tokens = &self.text.tokens[start..end];
        let is_body = tokens.iter().any(|token| matches!(word(token), Some(Word::Organisation)));
        let lead = self.lead;
        let follows = LEXICON.classes.longest_at(&self.text.tokens[end..self.end]).filter(|_| !lead.after_body);
        // "Camp Fenwick"
        let is_site =
            tokens.len() > 1 && LEXICON.classes.longest_at(tokens).is_some_and(|(_, class)| *class == Class::Site);
        let is_strong = matches!(lead.cue, Some(Cue::In | Cue::Near)) && !lead.after_place
            || lead.class.is_some_and(|class| class != Class::Capital)
            || is_site && lead.cue.is_some();
        let is_led = is_strong || lead.cue.is_some_and(|cue| cue != Cue::Actor);
        if !is_strong && tokens.len() > 1 || is_body {
            self.remember(end);
        }
        let is_name = tokens.len() <= UNKNOWN_TOKENS_MAX && !is_body && tokens.iter().all(|token| !is_no_name(token));
        if is_name && (is_led || follows.is_some() && lead.cue.is_some()) && !lead.after_body {
            let key = fold(self.text.slice(start..end).trim_end_matches("'s").trim_end_matches("’s"));
            if is_site {
                self.lead.class = Some(Class::Site);
            }
            self.push(start, end, end, Name::Unknown(key));
            return self.out.raws.last().map_or(end, |raw| raw.tokens.end.max(end));
        }
        self.lead = Lead { after_body: is_body, ..Lead::default() };
        end
    }

    /// The country whose adjective starts at `at` with the word that folds to `first`.
    fn adjective(&self, first: &str, at: usize) -> Option<(usize, &'static Country)> {
        let two = self.token(at + 1).filter(|token| token.kind == TokenKind::Word).and_then(|next| {
            let is_start =
                matches!(first, "north" | "south" | "saudi" | "costa" | "sri" | "new" | "sierra" | "central" | "east");
            is_start.then(|| gazetteer::country_of_adjective(&format!("{first} {}", fold(next.base()))))?
        });
        two.map(|country| (2, country)).or_else(|| gazetteer::country_of_adjective(first).map(|country| (1, country)))
    }

    /// "Ukrainian": a country in the air; "the Ukrainian capital" is a place unless its name follows.
    fn read_adjective(&mut self, start: usize, end: usize, country: &'static Country) -> usize {
        self.out.adjectives.push(country.code);
        if self.token(end).is_some_and(|token| token.is("capital")) {
            let comma = self.token(end + 1).is_some_and(|token| token.text == ",");
            let name = end + 1 + usize::from(comma);
            let is_named =
                self.token(name).is_some_and(Token::is_capitalised) && self.longest(name, self.end).is_some();
            if !is_named {
                self.push(start, end + 1, end + 1, Name::CapitalOf(country));
                return end + 1;
            }
            self.lead.class = Some(Class::Settlement);
            return name;
        }
        end
    }

    /// The longest name in the tables that starts at `at`, as its number of tokens.
    fn longest(&self, at: usize, end: usize) -> Option<(usize, Known)> {
        self.longest_of(&fold(self.token(at)?.base()), at, end)
    }

    /// The same where the word at `at` folds to `first`.
    fn longest_of(&self, first: &str, at: usize, end: usize) -> Option<(usize, Known)> {
        self.longest_from(first, at, end)
            .or_else(|| {
                // "al-Bab" and "Al Bab" stand in the tables as "bab".
                let (key, taken) = match without_article(first) {
                    Some(bare) => (bare.to_owned(), 0),
                    None => {
                        let may_be_article = first.split(' ').next().is_some_and(|word| ARTICLES.contains(&word));
                        let is_next = |next: &&Token| may_be_article && next.is_capitalised() && !self.is_caseless;
                        let next = self.token(at + 1).filter(is_next)?;
                        let both = format!("{first} {}", fold(next.base()));
                        (without_article(&both)?.to_owned(), 1)
                    }
                };
                let (len, mut known) = self.longest_from(&key, at + taken, end)?;
                known.settlements.retain(gazetteer::Settlement::may_have_article);
                (!known.is_nothing()).then_some((len + taken, known))
            })
            .or_else(|| country_without_s(first).map(|country| (1, Known::of(country))))
    }

    fn longest_from(&self, first: &str, at: usize, end: usize) -> Option<(usize, Known)> {
        let mut key = first.to_owned();
        let mut best = None;
        let mut last = at;
        for len in 1..=NAME_TOKENS_MAX {
            let token = self.token(last)?;
            let may_end = token.is_capitalised() || self.is_caseless || has_article_prefix(token.text);
            let known = Known::of(&key);
            let goes_on = known.goes_on;
            if may_end && !known.is_nothing() && !self.is_short_word(at, len, &key) {
                best = Some((last + 1 - at, known));
            }
            last += 1;
            if let "st" | "ste" | "ft" = key.as_str() {
                // "St. Petersburg": the dot is a token of its own.
                last += usize::from(self.token(last).is_some_and(|token| token.text == "."));
            } else if token.is_possessive() || !goes_on {
                break;
            }
            let Some(next) = self.token(last).filter(|next| next.kind == TokenKind::Word && last < end) else { break };
            key = fold(&format!("{key} {}", next.base()));
        }
        best
    }

    /// "us" is no country, and "US" is none in text of capitals; in other text capitals only are an acronym, unless they stand for
    /// a country or at the head of a report.
    fn is_short_word(&self, at: usize, len: usize, key: &str) -> bool {
        let Some(token) = self.token(at).filter(|_| len == 1 && key.is_ascii()) else { return false };
        let is_upper = is_upper(token.base()) && key.len() > 1;
        let is_country = gazetteer::country(key).is_some();
        if key.len() <= 3 && is_country {
            return !is_upper || self.is_caseless && !token.text.contains('.');
        }
        let is_acronym = is_upper && !self.is_caseless && !is_country && self.lead.cue != Some(Cue::Dateline);
        key.len() < 3 || is_acronym
    }

    /// Adds a known name at `start..end`; what of the run follows starts at `next`. `None` if it is no place after all.
    fn push_known(&mut self, start: usize, end: usize, next: usize, known: Known) -> Option<usize> {
        if self.lead.after_body {
            self.lead = Lead::default();
            return Some(next);
        }
        self.push(start, end, next, Name::Known(known));
        self.out.raws.last().map(|raw| raw.tokens.end.max(next))
    }

    fn push(&mut self, start: usize, end: usize, next: usize, what: Name) {
        let lead = self.lead;
        let direction = lead.direction.filter(|at| *at < start);
        let mut class = lead.class;
        let (mut name_end, mut last) = (end, end);
        if let Some((len, found)) = self.class_after(next, lead) {
            class = Some(found);
            last = next + len;
            if found == Class::Region || found == Class::Site && matches!(what, Name::Unknown(_)) {
                name_end = last;
            }
        }
        let what = match what {
            Name::Known(Known { country: Some(country), .. }) if lead.class == Some(Class::Capital) => {
                Name::CapitalOf(country)
            }
            what => what,
        };
        if last > next && self.token(last - 1).is_some_and(is_plural_class) {
            self.share_class(start, class);
        }
        let (within, after) = self.within(last, &what);
        let is_actor = self.token(after).is_some_and(|token| ACTORS.of(token).is_some());
        let cue = match lead.cue {
            Some(_) if is_actor && lead.after_place => Cue::Actor,
            Some(cue) => cue,
            None if class.is_some() || direction.is_some() => Cue::Named,
            None if is_actor => Cue::Actor,
            None => Cue::Bare,
        };
        let first = direction.unwrap_or(start);
        // In "the southern city of Rafah" the direction is the city's, not a part of the name.
        let name_start = direction.filter(|_| lead.class.is_none()).unwrap_or(start);
        self.out.raws.push(Raw {
            tokens: first..after,
            name: name_start..name_end,
            sentence: self.sentence,
            what,
            cue,
            class,
            has_direction: name_start < start,
            within,
            is_caseless: self.is_caseless,
            is_first: start == self.first,
            is_carried: lead.after_place,
        });
        self.lead = Lead { cue: lead.cue, after_place: true, ..Lead::default() };
    }

    /// "the Sumy and Poltava regions": the class is that of every name in the list that ends before token `start`.
    fn share_class(&mut self, start: usize, class: Option<Class>) {
        let mut next = start;
        for raw in self.out.raws.iter_mut().rev() {
            let joins = raw.tokens.end < next && next - raw.tokens.end <= LIST_JOINT_TOKENS_MAX;
            if raw.class.is_some() || !joins {
                break;
            }
            raw.class = class;
            next = raw.tokens.start;
        }
    }

    /// The class noun after a name: "Sumy region". A name that had one before it has none after it.
    fn class_after(&self, at: usize, lead: Lead) -> Option<(usize, Class)> {
        if lead.class.is_some() || self.is_possessive(at.checked_sub(1)?) || at >= self.end {
            return None;
        }
        let (len, class) = LEXICON.classes.longest_at(&self.text.tokens[at..self.end])?;
        // "the Gaza city of Rafah": the class is that of the next name.
        let is_next = self.token(at + len).is_some_and(|token| token.is("of"));
        (!is_next).then_some((len, *class))
    }

    /// The country or region after a comma that the name lies in: "Paris, Texas". Returns codes, and where reading goes on.
    fn within(&self, comma: usize, what: &Name) -> (Vec<&'static str>, usize) {
        let nothing = (Vec::new(), comma);
        if self.is_caseless && !self.text.is_capitals || self.token(comma).is_none_or(|token| token.text != ",") {
            return nothing;
        }
        let at = comma + 1;
        if !self.token(at).is_some_and(Token::is_capitalised) {
            return nothing;
        }
        let outer = self.longest(at, self.end);
        let has_class = |len: usize| {
            LEXICON
                .classes
                .longest_at(&self.text.tokens[(at + len).min(self.end)..self.end])
                .is_some_and(|(_, class)| *class == Class::Region)
        };
        // "Soyapango, San Salvador, San Miguel": a list, for the city is meant and not the region of its name.
        if outer.as_ref().is_some_and(|(len, outer)| outer.country.is_none() && !has_class(*len) && outer.is_namesake())
        {
            return nothing;
        }
        let (len, mut codes) = match outer {
            Some((len, outer)) => {
                (len, outer.regions.iter().map(|region| region.code).chain(outer.country.map(|it| it.code)).collect())
            }
            None => (1, Vec::new()),
        };
        if codes.is_empty() {
            let abbreviation = self.token(at).map(|token| fold(token.text)).unwrap_or_default();
            codes.extend(gazetteer::state_of_abbreviation(&abbreviation));
        }
        codes.retain(|code| match what {
            Name::Known(known) => {
                known.settlements.iter().any(|it| is_within(it.code, code))
                    || known.regions.iter().any(|it| it.code != *code && is_within(it.code, code))
            }
            Name::Unknown(_) => true,
            Name::CapitalOf(_) => false,
        });
        if codes.is_empty() {
            return nothing;
        }
        let mut next = at + len;
        if let Some((len, Class::Region)) = LEXICON.classes.longest_at(&self.text.tokens[next.min(self.end)..self.end])
        {
            next += len;
        }
        (codes, next)
    }
}

/// Whether a place with code `inner` lies in the country or region `outer`.
pub fn is_within(inner: &str, outer: &str) -> bool {
    inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

/// The country whose name is `key` without its last letter, an "s": copy that lost its apostrophes has "Syrias".
fn country_without_s(key: &str) -> Option<&str> {
    let name = key.strip_suffix('s')?;
    (name.len() > 3 && gazetteer::country(key).is_none() && gazetteer::country(name).is_some()).then_some(name)
}
