//! Relationship: whom it rests on, what was promised, where it is heading, how complaints end.
//!
//! ```text
//! interactions per person ──> key_person      promises decided ──> promise
//! events now and before ────> trend           attitude, behaviour ──> quadrant
//! complaints, shipments ────> rate, control   times, open or closed ──> survival
//! satisfaction before, after ──> recovery
//! ```
//!
//! Everything is pure. Numbers that are called a default are design choices or customary values; no
//! data has confirmed them.

pub mod control;
mod error;
pub mod key_person;
pub mod promise;
pub mod quadrant;
pub mod rate;
pub mod recovery;
pub mod survival;
pub mod trend;

pub use error::RelationshipError;
