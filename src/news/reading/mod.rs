//! What a clause says: predicate, who, whom, how many, where, when.
//!
//! A sentence becomes [`units::Units`] (counts, dates, phrases of the vocabulary), units become noun phrases of
//! [`people`], and the words of harm among the units are joined to the people they harm ([`harm`]). Who says so, over
//! which time and in what kind of happening are read from the same units ([`attribution`], [`time`], [`event`]).
//!
//! # How a sentence becomes a claim
//!
//! "Shelling killed three people in Orlo, two of them children, and wounded twelve, the governor said on Monday."
//!
//! 1. *Units.* Tokens are joined to counts with their bounds, dates against the day of publication, and phrases of the
//!    vocabulary (config/lexicon/harm.txt, people.txt, event.txt, grammar.txt, report.txt, scope.txt).
//! 2. *People.* A count or article with a noun becomes a phrase with a group: "three people", "two of them", "children".
//!    A bare count ("twelve") stands for people; a place, a weapon or a counted thing does not.
//! 3. *Harms.* Every word of harm takes people where its [form](words::Form) puts them. "Killed" is active and looks
//!    right; "wounded" has a bare count and keeps the group; "two of them" inherits the measure and is a part. Verbs joined
//!    by "and" share their subject; "up from 44" and "an earlier count of" are figures that another has replaced.
//! 4. *Reality.* What would, might or will be, what is threatened, and what is denied is no harm; what is feared is alleged.
//! 5. *Setting.* The [`time`] (news, background, a period, a whole campaign), the [`place`] (nearest in the clause;
//!    that of a speaker, hospital or attacker only if nothing else), the [happening](event) (clause, sentences before,
//!    title, article) and the [claimant](attribution) (who says it, carried on within a paragraph).
//! 6. *Merging.* The same measure, figure and group told again is one claim, with the first sentence as its evidence.
//!
//! # Where the rules come from
//!
//! A least figure has no upper bound and a vague word stays a word: the labelling guidelines, after ACLED and UCDP, which keep
//! low and high apart and take no number where the report gives none. Parts are never added to their whole, and each measure
//! stands alone (OCHA; ACLED, which codes no injuries with deaths). Everything keeps who says it (Airwars, the BBC).
//! An event older than two weeks is background by the guidelines. Words that are no harm (military "losses" of
//! equipment, labour "strikes") are excluded as the discard lists of PETRARCH do.

pub mod article;
pub mod attribution;
pub mod event;
pub mod harm;
pub mod people;
pub mod pieces;
pub mod place;
pub mod time;
pub mod units;
pub mod words;
