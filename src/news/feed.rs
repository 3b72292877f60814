//! Feed bytes → entries.
