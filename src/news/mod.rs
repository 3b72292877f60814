//! What the news says. Pure, total and deterministic: bytes, rules and a given time in; values out.
//!
//! Nothing here does I/O, reads a clock or an environment variable, spawns, awaits or draws random numbers, and nothing
//! here fails on text: what cannot be understood becomes a diagnostic, never an `Err` or a panic.

pub mod article;
pub mod extract;
pub mod feed;
pub mod kinds;
pub mod lexicon;
pub mod reading;
pub mod schedule;
pub mod text;
pub mod value;
