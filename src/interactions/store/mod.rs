//! Interactions, models of their language and owners of customers in the database.

pub mod addresses;
pub mod exposure;
pub mod hand_over;
pub mod models;
pub mod named;
pub mod owners;
pub mod records;
pub mod texts;
mod voices;

pub use voices::{SpokenAt, Whose, voices, voices_of};
