//! Promises: what was promised to whom by when, and whether it was kept.
//!
//! ```text
//! open ── due, measured ──> kept, broken        (detect, from shipments)
//!   ├──── a person says ──> kept, broken, withdrawn
//!   └──── renewed before it is due ──> renewed, and the next one is open
//! ```
//!
//! [`measure`] is arithmetic on deliveries, [`detect`] decides what is due, [`figures`] tells how
//! far promises are kept, and how sure that is (models.md, M4).

pub mod count;
mod deed;
pub mod detect;
pub mod figures;
pub mod http;
pub mod measure;
pub mod model;
mod record;
pub mod store;
pub mod view;
pub mod worker;
