//! Shipments: what was carried, for whom, when, how well and for how much.
//!
//! ```text
//! ShipmentDraft ─> write::Writer ─┬─ store::parties: who they are, new customers made
//!  (API, import)                  ├─ store: rows created, changed, left alone
//!                                 └─ store::rollup: link_months, in the same transaction
//! ```
//!
//! The API and the import write through the same [`write::Writer`], so that both are idempotent by
//! external id in the same way.

pub mod export;
pub mod http;
pub mod model;
pub mod store;
pub mod write;
