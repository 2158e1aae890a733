//! Interactions, models of their language and owners of customers in the database.

pub mod addresses;
pub mod exposure;
pub mod hand_over;
mod median;
pub mod models;
pub mod named;
pub mod owners;
pub mod records;
pub mod texts;
mod voices;

pub use median::median_of_run;
pub use named::heirs;
pub use voices::{Felt, SpokenAt, Whose, voices};
