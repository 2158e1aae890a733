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

pub mod address;
pub mod deliver;
pub mod edit;
pub mod emit;
pub mod http;
pub mod model;
pub mod payload;
pub mod retry;
pub mod secret;
pub mod sender;
pub mod store;
pub mod worker;

pub use emit::{NewEvent, anybody_wants, emit, emit_to_both};
pub use model::EventType;
