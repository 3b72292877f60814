//! Tokens → mentions that look like places, not yet decided: runs of capitalised words, what leads to them and what follows.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::Cue;
use super::fold::{fold, without_article};
use super::gazetteer::{self, Country, Region, Settlement};
use crate::news::lexicon::{self, Phrases};
use crate::news::text::{Sentence, Text, Token, TokenKind};

/// No name in the tables has more words.
const NAME_TOKENS_MAX: usize = 6;
/// A longer run of capitals is a heading or a list, not a name that the gazetteer lacks.
const UNKNOWN_TOKENS_MAX: usize = 4;
/// A heading has at least so many words before its capitals are held against it.
const TITLE_CASE_WORDS_MIN: usize = 4;

/// What kind of place a class noun makes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Settlement,
    /// "the capital": of the country that follows or precedes.
    Capital,
    Site,
    Region,
}

/// Everything the tables know under one name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub key: String,
    pub settlements: Vec<Settlement>,
    pub regions: Vec<&'static Region>,
    pub country: Option<&'static Country>,
}

impl Known {
    fn of(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            settlements: gazetteer::settlements(key),
            regions: gazetteer::regions(key).collect(),
            country: gazetteer::country(key),
        }
    }

    fn is_nothing(&self) -> bool {
        self.settlements.is_empty() && self.regions.is_empty() && self.country.is_none()
    }
}

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
}

/// What a text holds.
#[derive(Debug, Default)]
pub struct Gathered {
    pub raws: Vec<Raw>,
    /// Countries named by an adjective, once for each time.
    pub adjectives: Vec<&'static str>,
    /// Last words of names of persons and bodies, folded: alone they are no places.
    pub people: HashSet<String>,
}

struct Lexicon {
    prepositions: Phrases<Cue>,
    classes: Phrases<Class>,
    words: Phrases<Word>,
}

/// What a word does next to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Article,
    Direction,
    Title,
    Organisation,
    NoPlace,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);
/// After a name: its people act.
static ACTORS: LazyLock<Phrases<()>> = LazyLock::new(|| section(&["person", "actor noun"]));
static PARTICLES: LazyLock<Phrases<()>> = LazyLock::new(|| section(&["particle"]));

fn place_entries() -> impl Iterator<Item = lexicon::Entry<'static>> {
    lexicon::entries(include_str!("../../../../config/lexicon/place.txt"))
}

fn section(sections: &'static [&'static str]) -> Phrases<()> {
    Phrases::new(place_entries().filter(|entry| sections.contains(&entry.section)).map(|entry| (entry.phrase, ())))
}

impl Lexicon {
    fn read() -> Self {
        let mut prepositions = Vec::new();
        let mut classes = Vec::new();
        let mut words = Vec::new();
        for lexicon::Entry { section, phrase, value } in place_entries() {
            match section {
                "preposition" => prepositions.extend(cue(value).map(|cue| (phrase, cue))),
                "settlement" if phrase == "capital" => classes.push((phrase, Class::Capital)),
                "settlement" => classes.push((phrase, Class::Settlement)),
                "site" => classes.push((phrase, Class::Site)),
                "region" => classes.push((phrase, Class::Region)),
                "article" => words.push((phrase, Word::Article)),
                "direction" => words.push((phrase, Word::Direction)),
                "title" => words.push((phrase, Word::Title)),
                "organisation" => words.push((phrase, Word::Organisation)),
                "not a place" => words.push((phrase, Word::NoPlace)),
                _ => {}
            }
        }
        Self { prepositions: Phrases::new(prepositions), classes: Phrases::new(classes), words: Phrases::new(words) }
    }
}

fn cue(value: &str) -> Option<Cue> {
    Some(match value {
        "in" => Cue::In,
        "near" => Cue::Near,
        "over" => Cue::Over,
        "to" => Cue::To,
        "from" => Cue::From,
        "of" => Cue::Of,
        "actor" => Cue::Actor,
        _ => return None,
    })
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

/// Everything in `text` that looks like a place.
pub fn gather(text: &Text<'_>) -> Gathered {
    let mut gather = Gather {
        text,
        sentence: 0,
        first: 0,
        end: 0,
        is_caseless: text.is_capitals,
        lead: Lead::default(),
        out: Gathered::default(),
    };
    for (index, sentence) in text.sentences.iter().enumerate() {
        gather.sentence = index;
        gather.read(sentence);
    }
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
            let is_class_of = *cue == Cue::Of && self.lead.class.is_some() && tokens[0].is("of");
            if !is_class_of {
                let cue = if self.lead.after_body { Cue::Actor } else { *cue };
                self.lead = Lead { cue: Some(cue), ..Lead::default() };
            }
            return at + len;
        }
        if self.is_caseless
            && let Some(next) = self.read_caseless(at)
        {
            return next;
        }
        if let Some((len, class)) = LEXICON.classes.longest_at(tokens)
            && !self.lead.after_place
        {
            self.lead.class = Some(*class);
            return at + len;
        }
        let token = &tokens[0];
        match word(token) {
            Some(Word::Article) => {
                self.lead.after_place = false;
                at + 1
            }
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
        if let Some((len, country)) = self.adjective(at) {
            return Some(self.read_adjective(at, at + len, country));
        }
        let (len, known) = self.longest(at, self.end)?;
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
        match self.longest(at, self.end) {
            Some((len, known)) if self.text.tokens[at..at + len].iter().all(|token| is_upper(token.text)) => {
                self.lead.cue = Some(Cue::Dateline);
                let next = self.push_known(at, at + len, at + len, known).unwrap_or(at);
                self.reset(next)
            }
            _ => at,
        }
    }

    /// Where the run of capitalised words ends that starts at `at`; particles inside it count when a capital follows.
    fn run_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        let mut look = end;
        while let Some(token) = self.token(look) {
            if self.token(look - 1).is_some_and(Token::is_possessive) {
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
            let found = self.longest(at, self.end);
            if let Some((len, country)) = self.adjective(at)
                && found.as_ref().is_none_or(|(known, _)| *known <= len)
            {
                at = self.read_adjective(at, at + len, country);
                continue;
            }
            let token = &self.text.tokens[at];
            let is_direction = at + 1 < end && word(token) == Some(Word::Direction);
            if let Some((len, known)) = found.filter(|(len, _)| !(is_direction && *len == 1)) {
                return match self.run_after(at + len, end) {
                    Some(next) => self.push_known(at, at + len, next, known).unwrap_or(at + len),
                    None => self.read_other(at, end),
                };
            }
            match word(token) {
                Some(Word::Direction) if is_direction => {
                    self.lead.direction.get_or_insert(at);
                    at += 1;
                }
                Some(Word::NoPlace) => at = self.reset(at + 1),
                Some(Word::Title) => return self.read_person(end),
                _ => return self.read_other(at, end),
            }
        }
        at
    }

    /// After a name at the start of a run: where reading goes on if the rest of the run is not part of the name.
    fn run_after(&self, at: usize, end: usize) -> Option<usize> {
        let possessive = self.token(at - 1).is_some_and(Token::is_possessive);
        if at >= end || possessive {
            return Some(at);
        }
        let token = self.token(at)?;
        let is_class =
            LEXICON.classes.longest_at(&self.text.tokens[at..self.end]).is_some_and(|(len, _)| at + len >= end);
        // "Sumy Governor …", "Kyiv Monday": a new name or a day begins.
        let begins = matches!(word(token), Some(Word::Title)) && at + 1 < end || is_day_or_month(token);
        (is_class || begins).then_some(at)
    }

    /// A title: the rest of the run is a person.
    fn read_person(&mut self, end: usize) -> usize {
        self.remember(end);
        self.reset(end)
    }

    fn remember(&mut self, end: usize) {
        if let Some(last) = self.token(end - 1) {
            self.out.people.insert(fold(last.base()));
        }
    }

    /// A run that names something the tables do not have: a person, a body, or a small place where the lead says so.
    fn read_other(&mut self, start: usize, end: usize) -> usize {
        let tokens = &self.text.tokens[start..end];
        let is_body = tokens.iter().any(|token| matches!(word(token), Some(Word::Organisation)));
        let lead = self.lead;
        let follows = LEXICON.classes.longest_at(&self.text.tokens[end..self.end]).filter(|_| !lead.after_body);
        let is_strong =
            matches!(lead.cue, Some(Cue::In | Cue::Near)) || lead.class.is_some_and(|class| class != Class::Capital);
        let is_led = is_strong || lead.cue.is_some_and(|cue| cue != Cue::Actor);
        if !is_strong && tokens.len() > 1 || is_body {
            self.remember(end);
        }
        let is_name = tokens.len() <= UNKNOWN_TOKENS_MAX && !is_body && tokens.iter().all(|token| !is_no_name(token));
        if is_name && (is_led || follows.is_some() && lead.cue.is_some()) && !lead.after_body {
            let key = fold(self.text.slice(start..end).trim_end_matches("'s").trim_end_matches("’s"));
            self.push(start, end, end, Name::Unknown(key));
            return self.out.raws.last().map_or(end, |raw| raw.tokens.end.max(end));
        }
        self.lead = Lead { after_body: is_body, ..Lead::default() };
        end
    }

    fn adjective(&self, at: usize) -> Option<(usize, &'static Country)> {
        let first = fold(self.token(at)?.base());
        let two = self.token(at + 1).filter(|token| token.kind == TokenKind::Word).and_then(|next| {
            let is_start = matches!(
                first.as_str(),
                "north" | "south" | "saudi" | "costa" | "sri" | "new" | "sierra" | "central" | "east"
            );
            is_start.then(|| gazetteer::country_of_adjective(&format!("{first} {}", fold(next.base()))))?
        });
        two.map(|country| (2, country)).or_else(|| gazetteer::country_of_adjective(&first).map(|country| (1, country)))
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
        let first = fold(self.token(at)?.base());
        self.longest_from(&first, at, end).or_else(|| {
            // "al-Bab" and "Al Bab" stand in the tables as "bab".
            let (key, taken) = match without_article(&first) {
                Some(bare) => (bare.to_owned(), 0),
                None => {
                    let next = self.token(at + 1).filter(|next| next.is_capitalised() && !self.is_caseless)?;
                    let both = format!("{first} {}", fold(next.base()));
                    (without_article(&both)?.to_owned(), 1)
                }
            };
            self.longest_from(&key, at + taken, end).map(|(len, known)| (len + taken, known))
        })
    }

    fn longest_from(&self, first: &str, at: usize, end: usize) -> Option<(usize, Known)> {
        let mut key = first.to_owned();
        let mut best = None;
        for len in 1..=NAME_TOKENS_MAX.min(end.saturating_sub(at)) {
            let last = self.token(at + len - 1)?;
            let may_end = last.is_capitalised() || self.is_caseless || has_article_prefix(last.text);
            if may_end && !self.is_short_word(at, len, &key) {
                let known = Known::of(&key);
                if !known.is_nothing() {
                    best = Some((len, known));
                }
            }
            if last.is_possessive() || !gazetteer::goes_on(&key) {
                break;
            }
            let Some(next) = self.token(at + len).filter(|next| next.kind == TokenKind::Word) else { break };
            key.push(' ');
            key.push_str(&fold(next.base()));
        }
        best
    }

    /// "us" is no country, and "US" is none in text of capitals; names of two letters or fewer need a longer look elsewhere.
    fn is_short_word(&self, at: usize, len: usize, key: &str) -> bool {
        len == 1
            && key.len() <= 3
            && key.is_ascii()
            && self.token(at).is_none_or(|token| {
                let is_abbreviation = is_upper(token.base()) && (!self.is_caseless || token.text.contains('.'));
                !is_abbreviation && (key.len() < 3 || gazetteer::country(key).is_some())
            })
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
        let (within, after) = self.within(last, &what);
        let is_actor = self.token(after).is_some_and(|token| ACTORS.word(token.text).is_some());
        let cue = match lead.cue {
            Some(cue) => cue,
            None if class.is_some() || direction.is_some() => Cue::Named,
            None if is_actor => Cue::Actor,
            None => Cue::Bare,
        };
        let first = direction.unwrap_or(start);
        self.out.raws.push(Raw {
            tokens: first..after,
            name: first..name_end,
            sentence: self.sentence,
            what,
            cue,
            class,
            has_direction: direction.is_some(),
            within,
            is_caseless: self.is_caseless,
            is_first: start == self.first,
        });
        self.lead = Lead { cue: lead.cue, after_place: true, ..Lead::default() };
    }

    /// The class noun after a name: "Sumy region". A name that had one before it has none after it.
    fn class_after(&self, at: usize, lead: Lead) -> Option<(usize, Class)> {
        let possessive = self.token(at.checked_sub(1)?).is_some_and(Token::is_possessive);
        if lead.class.is_some() || possessive || at >= self.end {
            return None;
        }
        LEXICON.classes.longest_at(&self.text.tokens[at..self.end]).map(|(len, class)| (len, *class))
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
        let (len, mut codes) = match self.longest(at, self.end) {
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

fn word(token: &Token) -> Option<Word> {
    LEXICON.words.word(token.base()).copied()
}

fn is_day_or_month(token: &Token) -> bool {
    matches!(word(token), Some(Word::NoPlace))
}

/// A capitalised word that shows that a run is no name of a place.
fn is_no_name(token: &Token) -> bool {
    let is_acronym = token.text.chars().filter(|char| char.is_alphabetic()).count() > 1 && is_upper(token.text);
    is_acronym || matches!(word(token), Some(Word::NoPlace | Word::Title))
}

fn is_name_particle(token: &Token) -> bool {
    PARTICLES.word(token.text).is_some()
}

/// `al-Fouaa`: an Arabic article in lower case, joined to a capital.
fn has_article_prefix(text: &str) -> bool {
    let Some((article, rest)) = text.split_once(['-', '\'', '’']) else { return false };
    let is_article = (1..=3).contains(&article.len()) && article.bytes().all(|byte| byte.is_ascii_lowercase());
    is_article && rest.chars().next().is_some_and(char::is_uppercase)
}

fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase)
}

/// A heading in which every longer word is capitalised, so that capitals do not tell names.
fn is_title_case(tokens: &[Token]) -> bool {
    let mut words = 0;
    let mut capitals = 0;
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Word && token.text.len() > 3) {
        words += 1;
        capitals += usize::from(token.is_capitalised());
    }
    words >= TITLE_CASE_WORDS_MIN && capitals * 10 >= words * 9
}
