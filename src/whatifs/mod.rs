//! What would follow: what-ifs, retention plans and loyalty spread on the network of a finished run.
//!
//! ```text
//! snapshots of a run ─> engine::Engine ─┬─ what_if   what follows from a set of changes
//!   (kept by live)                      ├─ compare   several what-ifs side by side
//!                                       ├─ plan      whom to visit under a budget
//!                                       └─ spread    who may be won next
//! ```
//!
//! Nothing here changes a run or a score. Answers rest on the run's snapshots alone (loyalty spread
//! reads who pays from shipments, too), so that the same question gets the same answer as long as
//! the run stands. [`words`] says them in the reader's language.

pub mod changes;
pub mod compare;
pub mod engine;
pub mod http;
pub mod live;
pub mod plan;
pub mod request;
pub mod spread;
pub mod store;
pub mod views;
pub mod what_if;
pub mod words;
