//! Daybrief turns news feeds into a daily e-mail digest in which every figure is traced to the sentence it came from.

pub mod config;
pub mod news;
pub mod service;
