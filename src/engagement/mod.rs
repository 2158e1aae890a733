//! Engagement: contracts, and invoices with their payments.
//!
//! ```text
//! request, file ─> model (rules of a record) ─> edit (rules between records) ─> store
//!                                                       store::history ─> renewals, delays (pure)
//! ```
//!
//! Both are known by the key that another system gives them, so that writing one twice is writing
//! it once. [`store::history`] tells what was known of them before a day of the past; [`delays`]
//! and [`renewals`] are arithmetic on that.

pub mod delays;
pub mod edit;
pub mod file;
pub mod http;
pub mod model;
pub mod renewals;
pub mod store;
