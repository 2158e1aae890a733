//! Imports: files of shipments in the sender's words become drafts in ours.
//!
//! ```text
//! bytes ─ source ─> records ─ decode ─> RawRow ─ draft ─> ShipmentDraft
//!      (1 MiB a line)  (csv, ndjson)        │
//!                         Mapping ──────────┴─ what is wrong ──> Reject ─> rejects (CSV)
//! ```
//!
//! [`read::ShipmentReader`] is the way in: it holds one line at a time, whatever the size of the
//! file. [`mapping`] is what a person writes once per kind of file. [`run`] writes the drafts in one
//! transaction, [`revert`] takes them back; everything else here is pure but for
//! the reader it is given: no database, clock or environment.

pub mod country;
mod csv_rows;
mod decode;
pub mod draft;
pub mod error;
mod field_spec;
pub mod http;
pub mod mapping;
mod members;
mod ndjson;
mod parse;
mod plan;
pub mod read;
pub mod rejects;
pub mod revert;
pub mod row;
pub mod run;
pub mod running;
mod source;
mod spec;
mod spill;
pub mod store;
pub mod table;
mod target;
mod told;
pub(crate) mod upload;
mod values;
