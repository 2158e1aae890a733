//! The conventions of the HTTP API, kept in one place that every feature uses.
//!
//! - [`body`]: JSON bodies, with unknown and malformed fields named;
//! - [`list`]: filters, sorting, cursors and pages;
//! - [`merge`]: partial changes;
//! - [`etag`]: versions, `If-Match`;
//! - [`batch`]: many records at once, a result for each;
//! - [`public`]: pages behind personal links, for people without a key;
//! - [`mod@reference`]: ids in paths, own or external;
//! - [`request_id`]: the id that a request has in log and answers.

pub mod batch;
pub mod body;
pub mod etag;
pub mod list;
pub mod merge;
pub mod openapi;
pub mod public;
pub mod reference;
pub mod request_id;
