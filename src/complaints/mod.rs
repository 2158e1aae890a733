//! Complaints: a loop that only the customer closes.
//!
//! ```text
//! received ──> acknowledged ──> answered ── the customer: settled ──> confirmed
//!    └──────────────┴──────────────^  └──── the customer: not settled ──> reopened ──> (answered)
//! ```
//!
//! [`life`] has the rules and deadlines, [`deed`] carries them out, [`letter`] brings the answer to
//! the customer with a link, behind which [`page`] asks whether it is settled. [`figures`] counts
//! what came of all of them. An answer does not close a complaint, and silence does not either.

mod columns;
pub mod count;
pub mod deed;
pub mod figures;
pub mod http;
pub mod letter;
pub mod life;
pub mod model;
pub mod named;
pub mod page;
mod record;
pub mod store;
pub mod view;
