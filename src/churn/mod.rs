//! Own churn: how likely a customer is to stay silent, judged from its shipping days alone.
//!
//! ```text
//! shipping days ──> statistics::Activity ──> History ───────┬─> fit::fit ──> btyd::Model
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
mod history;
mod sample;
pub mod score;
mod series;
pub mod statistics;

pub use btyd::{Model, Parameters, Variant};
pub use error::ChurnError;
pub use fit::{Evidence, Fit, FitOptions, Prior, fit};
pub use history::{History, MAX_EVENTS};
pub use score::{Score, score};
pub use statistics::Activity;
