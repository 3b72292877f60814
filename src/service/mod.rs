//! What the program does: talks to the world, and decides nothing about news.

pub mod fetch;
pub mod gather;
pub mod mail;
pub mod pipeline;
pub mod store;
pub mod views;
pub mod worker;
