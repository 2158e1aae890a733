//! Alerts: few, early and explained warnings, and the mail that carries them.
//!
//! ```text
//! message::render ──> mailer::Mailer::send ──> delivered
//!     (pure)                  │
//!                             └─ fails ──> retry::decide ──> try again at, or dead letter
//!                                             (pure)
//! ```
//!
//! [`message`] turns plain values into subject, text and HTML; [`mailer`] is the
//! only place that speaks SMTP; [`retry`] says what follows a failure.

pub mod mailer;
pub mod message;
pub mod retry;
