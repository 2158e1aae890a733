//! Own churn: how likely a customer is to stay silent, judged from its shipping days alone.
//!
//! ```text
//! shipping days ──> statistics::Activity ──> btyd::History ─┬─> fit::fit ──> btyd::Model
//! (distinct, local)   (x, t_x, first, litt)                  └──────────────────┴──> score::score
//! ```
//!
//! The event is a *shipping day* of an entity (customer as shipper, customer as consignee, or link):
//! several shipments on one day are one event. The unit of time is the week (days / 7).
//! Everything here is pure: no clock, no database.

pub mod bgbb;
pub mod btyd;
mod error;
pub mod fit;
pub mod score;
pub mod statistics;

pub use btyd::{History, Model, Parameters, Variant};
pub use error::ChurnError;
pub use fit::{Evidence, Fit, FitOptions, Prior, fit};
pub use score::{Score, score};
pub use statistics::Activity;
