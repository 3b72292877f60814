//! What the program does: talks to the world, and decides nothing about news.

pub mod fetch;
pub mod mail;
pub mod worker;
