//! Interactions: what was said between our people and customers' people, and what follows from it.
//!
//! ```text
//! request, file ─┐
//! mailbox ─ mail ┴─> model ─> edit ─> strip ─> scorer (word lists, models of the own texts) ─> store
//!                                                  ^                                            │
//!                                                train <── texts, comments beside survey scores ┤
//!                          index: sentiment of contact, department, customer, employee  <───────┤
//!                          exposure: what rests on one of our people, on one of theirs  <───────┤
//!                          hand_over: what the next owner of a customer must know       <───────┘
//! ```
//!
//! Only the customer's own words are scored: inbound, without quoted replies and signatures. What our
//! own staff writes is kept and never scored.

pub mod edit;
pub mod exposure;
pub mod hand_over;
pub mod http;
pub mod index;
pub mod mail;
pub mod model;
pub mod owners;
pub mod rescore;
pub mod scorer;
pub mod store;
pub mod strip;
pub mod train;
