//! Kinds of development: tolls, munitions and talks, which code reads deeply, and those that files define ([`pattern`]).
//!
//! The values of every field, and their meaning, are those of the labelling guidelines that the contract names.

pub mod munitions;
pub mod pattern;
pub mod talks;
pub mod toll;

pub use munitions::{MunitionAction, MunitionType, Munitions};
pub use talks::{Form, Outcome, Status, Talks};
pub use toll::{Change, Event, Group, Measure, Scope, Toll};
