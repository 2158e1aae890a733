//! The pages that somebody who is asked sees: the questions, thanks, and the way out.
//!
//! ```text
//! /s/TICKET          ─ GET: questions, answers so far   ─ POST: record, then ?done=1
//! /s/TICKET/opt-out  ─ GET: "no more surveys?"          ─ POST: done, or undone
//! /u/TICKET          ─ the same by the contact's own ticket; mail programs POST here (RFC 8058)
//! ```

pub mod http;
mod store;
mod view;
pub mod words;

pub use store::opt_out_nonce;
