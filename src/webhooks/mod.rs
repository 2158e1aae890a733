//! Webhooks: other systems are told what happens here, as Standard Webhooks 1.0 says it is done.
//!
//! ```text
//! cause ─> emit ─> event, a delivery for each endpoint that wants it
//!                    in the cause's transaction
//! worker ─> claim ─> request (guarded) ─> attempt, verdict
//! ```
//!
//! Delivery is **at least once** and in no promised order: an event keeps its `webhook-id` in every
//! attempt, by which a receiver recognises a repeat.

pub mod emit;
pub mod model;
pub mod store;

pub use emit::{NewEvent, emit};
pub use model::EventType;
