//! Alerts: few, early and explained warnings, and the mail that carries them.
//!
//! ```text
//! run ─> raise ─> alerts, mails (the outbox) ─> outbox ─> mailer::Mailer::send ──> sent
//!          │        in the run's transaction      │          │
//!          rules (pure)                           │          └─ fails ─> retry::decide (pure):
//!          message::render (pure)                 │                      another attempt, or a
//!                                                 └─ leases              dead letter
//! ```
//!
//! [`rules`] says when an alert opens, changes and ends; [`raise()`] applies that to a run and
//! writes the mails, which [`message`] puts into words; [`outbox`] sends them later, outside any
//! transaction; [`mailer`] is the only place that speaks SMTP; [`life`] is what people do with an
//! alert.

pub mod facts;
pub mod http;
pub mod life;
pub mod mailer;
pub mod message;
pub mod model;
pub mod outbox;
mod raise;
pub mod retry;
pub mod rules;
pub mod store;

pub use raise::{AlertError, BadSetting, RaiseSettings, Raised, Unwritable, raise};
