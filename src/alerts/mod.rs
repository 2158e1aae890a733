//! Alerts: few, early and explained warnings, and the mail that carries them.
//!
//! ```text
//! run ─> raise ─> alerts, mails in the outbox
//!          │        in the run's transaction
//!          rules (pure), message::render (pure)
//! ```
//!
//! [`signals`] finds what rules look at; [`rules`] says when an alert opens, changes and ends; [`raise()`] applies that to a run and
//! writes the mails, which [`message`] puts into words and [`crate::mail`] sends; [`life`] is what
//! people do with an alert, and [`store::history`] what was ever done with it.

pub mod check;
pub mod digest;
pub mod facts;
pub mod http;
pub mod letters;
pub mod life;
pub mod message;
pub mod model;
pub mod page;
pub mod pictures;
mod raise;
mod roll_up;
pub mod rules;
pub mod rules_http;
pub mod settings;
pub mod signals;
pub mod store;

pub use raise::{AlertError, BadSetting, Counts, RaiseSettings, Raised, raise};
