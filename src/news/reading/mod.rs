//! What a clause says: predicate, who, whom, how many, where, when.
//!
//! A sentence becomes [`units::Units`] (counts, dates, phrases of the vocabulary), units become noun phrases of
//! [`people`], and the words of harm among the units are joined to the people they harm ([`harm`]). Who says so, over
//! which time and in what kind of happening are read from the same units ([`attribution`], [`time`], [`event`]).

pub mod article;
pub mod attribution;
pub mod event;
pub mod harm;
pub mod people;
pub mod place;
pub mod time;
pub mod units;
pub mod words;
