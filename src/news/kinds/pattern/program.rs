//! Patterns as programs, and the machine that runs them over a sentence.
//!
//! The machine tries alternatives in order and goes back when one fails, but never takes the same step at the same token
//! twice: a step that failed once fails again, since what was captured before has no influence on it. So one
//! pattern costs at most its steps times the sentence's tokens.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::slot::{self, SlotType, Value};
use super::syntax::{GAP_TOKENS_MAX, Node};
use super::{Kind, List};
use crate::news::lexicon::Phrases;
use crate::news::reading::article::LEAD_SENTENCES;
use crate::news::reading::pieces::Pieces;
use crate::news::reading::words::{Role, WORDS, Word};
use crate::news::text::{Sentence, Text, Token, TokenKind};
use crate::news::value::date::Calendar;
use crate::news::value::place::PlaceMention;

/// Steps of one pattern.
pub const OPS_MAX: usize = 512;
/// Steps that one kind takes in one sentence; after that, it finds nothing more there. Shipped kinds take some hundreds.
pub const STEPS_PER_SENTENCE_MAX: usize = 200_000;
/// Tokens that a slot of type `words` takes.
const WORDS_TOKENS_MAX: usize = 12;
/// Words of a pattern that must be there for it to be tried. More are not looked at, only matched.
const ANCHORS_MAX: usize = 8;
/// Tokens before a match in which a negation or a modal verb speaks of it.
const LEAD_TOKENS: usize = 4;

/// One step.
#[derive(Debug)]
enum Op {
    Word(Box<str>),
    List(usize),
    Slot {
        field: usize,
        slot_type: SlotType,
        suffix: Option<Box<str>>,
    },
    /// A token of a gap.
    Any,
    /// A token of a slot of type `words`.
    Inner,
    Open,
    Close(usize),
    /// First one, then the other.
    Either(usize, usize),
    Jump(usize),
    Match,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Program {
    ops: Vec<Op>,
    /// Sets of words, of each of which one stands in every match.
    pub anchors: Vec<Vec<String>>,
}

/// A slot as the kind's fields resolve it.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub field: usize,
    pub slot_type: SlotType,
}

/// What one pattern found in a sentence.
#[derive(Debug)]
pub struct Found {
    /// Indexes into [`Text::tokens`].
    pub tokens: Range<usize>,
    /// Fields, by index, and their values.
    pub values: Vec<(usize, Value)>,
    /// Where a gap stepped over, or what leads to the match: the words that may turn its sense.
    turns: Vec<usize>,
}

/// The sentence that is matched, and what its values are read against.
pub struct Surroundings<'a, 't> {
    pub text: &'a Text<'t>,
    pub calendar: Calendar,
    /// The first and the last token of the sentence but one.
    pub start: usize,
    pub end: usize,
    lists: &'a [List],
    context: &'a Context<'a, 't>,
    sentence: usize,
}

/// What matches need of the article besides its text, read when the first one needs it.
pub struct Context<'a, 't> {
    pub pieces: &'a Pieces<'t>,
    pub text: &'a Text<'t>,
    /// The sentences in which a pattern may match.
    candidates: Vec<usize>,
    /// The places of the candidates, in text order.
    places: OnceCell<Vec<PlaceMention>>,
    /// By token: the party that starts there. Many patterns start with one.
    parties: RefCell<FxHashMap<usize, Option<Range<usize>>>>,
}

impl<'a, 't> Context<'a, 't> {
    pub fn new(pieces: &'a Pieces<'t>, candidates: Vec<usize>) -> Self {
        Self { pieces, text: &pieces.text, candidates, places: OnceCell::new(), parties: RefCell::default() }
    }

    /// The places that a candidate names, in order.
    pub fn places_of(&self, sentence: usize) -> &[PlaceMention] {
        let places = self.places.get_or_init(|| self.places());
        let start = places.partition_point(|mention| mention.sentence < sentence);
        let len = places[start..].iter().take_while(|mention| mention.sentence == sentence).count();
        &places[start..start + len]
    }

    /// What a name means is decided by the title, the article's head and the candidates.
    fn places(&self) -> Vec<PlaceMention> {
        let mut indexes: Vec<usize> = (0..self.text.sentences.len().min(LEAD_SENTENCES)).collect();
        indexes.extend(self.candidates.iter().filter(|index| **index >= LEAD_SENTENCES));
        let [_, places] = self.pieces.places_with_title(&indexes);
        places
    }
}

impl<'a, 't> Surroundings<'a, 't> {
    pub fn new(context: &'a Context<'a, 't>, kind: &'a Kind, sentence: usize, calendar: Calendar) -> Self {
        let Sentence { tokens, .. } = &context.text.sentences[sentence];
        let (start, end) = (tokens.start, tokens.end);
        Self { text: context.text, calendar, start, end, lists: &kind.lists, context, sentence }
    }

    /// The tokens up to the end of the sentence.
    pub fn tokens(&self) -> &'a [Token<'t>]
    where
        't: 'a,
    {
        &self.text.tokens[..self.end]
    }

    pub fn list(&self, list: usize) -> Option<&Phrases<String>> {
        Some(&self.lists.get(list)?.phrases)
    }

    /// The party that starts at a token, read once by `read`.
    pub fn party_at(&self, token: usize, read: impl FnOnce() -> Option<Range<usize>>) -> Option<Range<usize>> {
        self.context.parties.borrow_mut().entry(token).or_insert_with(read).clone()
    }

    pub fn place_at(&self, token: usize) -> Option<&PlaceMention> {
        let places = self.context.places_of(self.sentence);
        places.iter().find(|mention| mention.tokens.start == token && mention.tokens.end <= self.end)
    }
}

impl Program {
    /// Compiles the pieces of a pattern. `list` and `slot` tell what the kind means by a name; all names are known.
    ///
    /// # Errors
    /// What keeps the pattern from being run.
    pub fn compile(
        nodes: &[Node],
        lists: &[List],
        list: &dyn Fn(&str) -> Option<usize>,
        slot: &dyn Fn(&str) -> Option<Resolved>,
    ) -> Result<Self, &'static str> {
        let mut compiler = Compiler { ops: Vec::new(), list, slot };
        compiler.sequence(nodes, true)?;
        compiler.push(Op::Match)?;
        let mut anchors = anchors(nodes, lists, list, slot);
        if anchors.is_empty() {
            return Err("nothing in it must be a word or a list, so it would be tried everywhere");
        }
        // "A" or "of" stands in most sentences: such words tell nothing where others must be there too.
        if anchors.iter().any(|words| !has_common_word(words)) {
            anchors.retain(|words| !has_common_word(words));
        }
        anchors.truncate(ANCHORS_MAX);
        Ok(Self { ops: compiler.ops, anchors })
    }

    #[cfg(test)]
    pub fn ops(&self) -> usize {
        self.ops.len()
    }

    /// The matches in a sentence from the left, none overlapping, at most `max`. `steps` are taken from what is left.
    pub fn find(&self, around: &Surroundings, max: usize, steps: &mut usize) -> Vec<Found> {
        let mut machine = Machine::new(self, around, *steps);
        let mut found = Vec::new();
        let mut at = around.start;
        while found.len() < max && at < around.end {
            match machine.run(at) {
                Some(next) => {
                    at = next.tokens.end.max(at + 1);
                    machine.forget();
                    found.push(next);
                }
                None => at += 1,
            }
        }
        *steps = machine.steps;
        found
    }
}

struct Compiler<'c> {
    ops: Vec<Op>,
    list: &'c dyn Fn(&str) -> Option<usize>,
    slot: &'c dyn Fn(&str) -> Option<Resolved>,
}

const TOO_LONG: &str = "it takes too many steps";

impl Compiler<'_> {
    fn push(&mut self, op: Op) -> Result<usize, &'static str> {
        if self.ops.len() == OPS_MAX {
            return Err(TOO_LONG);
        }
        self.ops.push(op);
        Ok(self.ops.len() - 1)
    }

    /// `closes`: nothing follows, so that a slot of words runs to the end of its phrase.
    fn sequence(&mut self, nodes: &[Node], closes: bool) -> Result<(), &'static str> {
        for (index, node) in nodes.iter().enumerate() {
            self.node(node, closes && index + 1 == nodes.len())?;
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, closes: bool) -> Result<(), &'static str> {
        match node {
            Node::Word(word) => {
                self.push(Op::Word(word.as_str().into()))?;
            }
            Node::List(name, _) => {
                let list = (self.list)(name).ok_or("it names an unknown list")?;
                self.push(Op::List(list))?;
            }
            Node::Gap(tokens) => self.up_to(*tokens.min(&GAP_TOKENS_MAX), false, || Op::Any)?,
            Node::Slot { name, suffix, .. } => {
                let Resolved { field, slot_type } = (self.slot)(name).ok_or("it names an unknown field")?;
                if slot_type == SlotType::Words {
                    self.push(Op::Open)?;
                    self.push(Op::Inner)?;
                    self.up_to(WORDS_TOKENS_MAX - 1, closes, || Op::Inner)?;
                    self.push(Op::Close(field))?;
                } else {
                    self.push(Op::Slot { field, slot_type, suffix: suffix.as_deref().map(Into::into) })?;
                }
            }
            Node::Group { alternatives, optional } => self.group(alternatives, *optional, closes)?,
        }
        Ok(())
    }

    /// So many steps or fewer: many first where greedy, else few first.
    fn up_to(&mut self, tokens: usize, greedy: bool, op: impl Fn() -> Op) -> Result<(), &'static str> {
        let mut exits = Vec::new();
        for _ in 0..tokens {
            exits.push(self.push(Op::Jump(0))?);
            self.push(op())?;
        }
        let end = self.ops.len();
        for exit in exits {
            self.ops[exit] = if greedy { Op::Either(exit + 1, end) } else { Op::Either(end, exit + 1) };
        }
        Ok(())
    }

    fn group(&mut self, alternatives: &[Vec<Node>], optional: bool, closes: bool) -> Result<(), &'static str> {
        let mut exits = Vec::new();
        for (index, nodes) in alternatives.iter().enumerate() {
            let is_last = index + 1 == alternatives.len() && !optional;
            let fork = if is_last { None } else { Some(self.push(Op::Jump(0))?) };
            self.sequence(nodes, closes)?;
            if let Some(fork) = fork {
                exits.push(self.push(Op::Jump(0))?);
                self.ops[fork] = Op::Either(fork + 1, self.ops.len());
            }
        }
        let end = self.ops.len();
        for exit in exits {
            self.ops[exit] = Op::Jump(end);
        }
        Ok(())
    }
}

/// For each piece that must match a word: the words that it may start with.
fn anchors(
    nodes: &[Node],
    lists: &[List],
    list: &dyn Fn(&str) -> Option<usize>,
    slot: &dyn Fn(&str) -> Option<Resolved>,
) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let words_of = |index: usize| lists.get(index).map(|list| list.first_words.clone());
    for node in nodes {
        match node {
            Node::Word(word) if word.starts_with(char::is_alphanumeric) => found.push(vec![word.clone()]),
            Node::List(name, _) => found.extend(list(name).and_then(words_of)),
            Node::Slot { name, .. } => {
                if let Some(Resolved { slot_type: SlotType::List(index), .. }) = slot(name) {
                    found.extend(words_of(index));
                }
            }
            Node::Group { alternatives, optional: false } => {
                let fewest = |nodes: &Vec<Node>| anchors(nodes, lists, list, slot).into_iter().min_by_key(Vec::len);
                let each: Option<Vec<Vec<String>>> = alternatives.iter().map(fewest).collect();
                found.extend(each.map(|each| each.concat()));
            }
            _ => {}
        }
    }
    for words in &mut found {
        words.sort_unstable();
        words.dedup();
    }
    found
}

fn has_common_word(words: &[String]) -> bool {
    const COMMON: [Role; 7] =
        [Role::Determiner, Role::Indefinite, Role::Preposition, Role::And, Role::Be, Role::Have, Role::Another];
    words.iter().any(|word| WORDS.word(word).is_some_and(|word| word.is_any(&COMMON)))
}

/// A point to go back to.
struct Job {
    op: usize,
    at: usize,
    /// How much of the trail was made by then.
    trail: usize,
}

struct Machine<'p, 'a, 't> {
    program: &'p Program,
    around: &'a Surroundings<'a, 't>,
    /// One bit for each step at each token of the sentence: taken before, in vain.
    visited: Vec<u64>,
    jobs: Vec<Job>,
    /// The steps taken that captured, opened, closed or skipped, and where.
    trail: Vec<(usize, usize)>,
    /// How many steps are left.
    steps: usize,
}

impl<'p, 'a, 't> Machine<'p, 'a, 't> {
    fn new(program: &'p Program, around: &'a Surroundings<'a, 't>, steps: usize) -> Self {
        let bits = program.ops.len() * (around.end - around.start + 1);
        Self { program, around, visited: vec![0; bits.div_ceil(64)], jobs: Vec::new(), trail: Vec::new(), steps }
    }

    fn forget(&mut self) {
        self.visited.fill(0);
    }

    /// Whether the step at the token may be taken: for the first time, and within the limit.
    fn visit(&mut self, op: usize, at: usize) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else { return false };
        self.steps = steps;
        let bit = op * (self.around.end - self.around.start + 1) + (at - self.around.start);
        let word = &mut self.visited[bit / 64];
        let is_new = *word & (1 << (bit % 64)) == 0;
        *word |= 1 << (bit % 64);
        is_new
    }

    /// The first match, in the order of the pattern, that starts at token `start`.
    fn run(&mut self, start: usize) -> Option<Found> {
        self.jobs.clear();
        self.trail.clear();
        self.jobs.push(Job { op: 0, at: start, trail: 0 });
        while let Some(Job { op, at, trail }) = self.jobs.pop() {
            self.trail.truncate(trail);
            if let Some(end) = self.follow(op, at) {
                return self.found(start..end);
            }
        }
        None
    }

    /// Goes on until a step fails, or to the end of a match.
    fn follow(&mut self, mut op: usize, mut at: usize) -> Option<usize> {
        loop {
            if !self.visit(op, at) {
                return None;
            }
            match &self.program.ops[op] {
                Op::Match => return Some(at),
                Op::Jump(to) => op = *to,
                Op::Either(first, second) => {
                    self.jobs.push(Job { op: *second, at, trail: self.trail.len() });
                    op = *first;
                }
                Op::Open | Op::Close(_) => {
                    self.trail.push((op, at));
                    op += 1;
                }
                step => {
                    let end = self.step(step, at)?;
                    if matches!(step, Op::Slot { .. } | Op::Any) {
                        self.trail.push((op, at));
                    }
                    at = end;
                    op += 1;
                }
            }
        }
    }

    /// The token behind what a step takes at `at`.
    fn step(&self, step: &Op, at: usize) -> Option<usize> {
        let tokens = self.around.tokens();
        let token = tokens.get(at)?;
        match step {
            Op::Word(word) => is_word(token, word).then_some(at + 1),
            Op::List(list) => self.around.list(*list)?.longest_at(&tokens[at..]).map(|(len, _)| at + len),
            Op::Slot { slot_type, suffix, .. } => {
                slot::read(slot_type, suffix.as_deref(), self.around, at).map(|(_, taken)| taken.end)
            }
            Op::Any => (token.text != ";" && !is_negation(token)).then_some(at + 1),
            Op::Inner => (token.kind != TokenKind::Mark || is_inner_mark(token)).then_some(at + 1),
            _ => None,
        }
    }

    fn found(&self, tokens: Range<usize>) -> Option<Found> {
        let mut found = Found { turns: Vec::new(), values: Vec::new(), tokens };
        let mut open = found.tokens.start;
        for &(op, at) in &self.trail {
            match &self.program.ops[op] {
                Op::Slot { field, slot_type, suffix } => {
                    found.values.push((*field, slot::read(slot_type, suffix.as_deref(), self.around, at)?.0));
                }
                Op::Any => found.turns.push(at),
                Op::Open => open = at,
                Op::Close(field) => {
                    found.values.push((*field, Value::Text(self.around.text.slice(open..at).to_owned())));
                }
                _ => {}
            }
        }
        let lead = found.tokens.start.saturating_sub(LEAD_TOKENS).max(self.around.start);
        let before = (lead..found.tokens.start).rev().take_while(|at| !ends_clause(&self.around.text.tokens[*at]));
        found.turns.extend(before);
        Some(found)
    }
}

impl Found {
    /// Whether a word that the pattern does not name itself turns the match into its opposite.
    pub fn is_negated(&self, text: &Text) -> bool {
        self.turned(text, is_negation)
    }

    /// Whether such a word says that it has not happened yet.
    pub fn is_ahead(&self, text: &Text) -> bool {
        let is_intended = |token: &Token| {
            let word = WORDS.of(token);
            token.is("if") || word.is_some_and(|word| word.is_any(&[Role::Modal, Role::Intention]))
        };
        self.turned(text, is_intended) || self.turns.iter().any(|at| is_infinitive(text, *at))
    }

    fn turned(&self, text: &Text, turns: impl Fn(&Token) -> bool) -> bool {
        self.turns.iter().filter_map(|at| text.tokens.get(*at)).any(turns)
    }
}

/// "\[to\] sign", but not "to Orlo", "to the front", "to officials".
fn is_infinitive(text: &Text, at: usize) -> bool {
    let (Some(to), Some(next)) = (text.tokens.get(at), text.tokens.get(at + 1)) else { return false };
    let word = WORDS.of(next).unwrap_or(&Word::UNKNOWN);
    let is_noun = word.person.is_some()
        || word.is_any(&[Role::Determiner, Role::Indefinite, Role::Claimant, Role::Another, Role::Pronoun]);
    // "In addition to damaging"
    let is_gerund = next.text.ends_with("ing");
    to.is("to") && next.kind == TokenKind::Word && !is_gerund && !next.is_capitalised() && !is_noun
}

fn is_negation(token: &Token) -> bool {
    WORDS.of(token).is_some_and(|word| word.is(Role::Negation) || word.is(Role::Nobody))
        || [
            "don't",
            "doesn't",
            "won't",
            "shouldn't",
            "can't",
            "cannot",
            "don’t",
            "doesn’t",
            "won’t",
            "shouldn’t",
            "can’t",
        ]
        .iter()
        .any(|word| token.text.eq_ignore_ascii_case(word))
}

fn ends_clause(token: &Token) -> bool {
    matches!(token.text, "," | ";" | ":" | "—" | "–" | "\"" | "“" | "”" | "." | "(" | ")")
}

/// Marks that stand inside a phrase.
fn is_inner_mark(token: &Token) -> bool {
    matches!(token.text, "-" | "'" | "’" | "$" | "€" | "£" | "%" | "&" | "/")
}

/// Words are given in lower case with straight apostrophes.
fn is_word(token: &Token, word: &str) -> bool {
    let text = token.text;
    text.eq_ignore_ascii_case(word) || !text.is_ascii() && text.len() <= 64 && super::syntax::plain(text) == word
}
