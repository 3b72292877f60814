//! What the news says. Pure, total and deterministic: bytes, rules and a given time in; values out.
//!
//! Nothing here does I/O, reads a clock or an environment variable, spawns, awaits or draws random numbers, and nothing
//! here fails on text: what cannot be understood becomes a diagnostic, never an `Err` or a panic.

pub mod address;
pub mod article;
pub mod bounce;
pub mod charset;
pub mod confirmation;
pub mod delivery;
pub mod digest;
pub mod eval;
pub mod extract;
pub mod feed;
pub mod grounding;
pub mod incident;
pub mod kinds;
pub mod letter;
pub mod lexicon;
pub mod message;
pub mod origin;
pub mod picture;
pub mod reading;
pub mod revision;
pub mod robots;
pub mod schedule;
pub mod subscriber;
pub mod text;
pub mod token;
pub mod track;
pub mod value;
pub mod wording;
