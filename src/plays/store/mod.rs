//! Plays, their steps and templates in the database.

pub mod history;
