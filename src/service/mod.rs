//! What the program does: talks to the world, and decides nothing about news.

pub mod archive;
pub mod bounces;
pub mod control;
pub mod eval;
pub mod fetch;
pub mod gather;
pub mod kinds;
pub mod mail;
pub mod notice;
pub mod outbox;
pub mod pipeline;
pub mod preview;
pub mod proof_of_life;
pub mod runs;
pub mod sign_up;
pub mod store;
pub mod views;
pub mod web;
pub mod worker;
