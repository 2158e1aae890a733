//! Webhooks in the database.

pub mod deliveries;
pub mod endpoints;
pub mod events;
