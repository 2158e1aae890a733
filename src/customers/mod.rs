//! Customers: organisations with their departments and contacts, known to other systems by
//! external ids.
//!
//! ```text
//! request ─> http ─> model (rules of a record) ─> edit (rules between records) ─> store
//! ```
//!
//! Whoever is deleted stays as a tombstone for those who pull changes; the external ids of a
//! customer stay taken, and an upsert by one of them brings the customer back.

pub mod edit;
pub mod http;
pub mod model;
pub mod store;
