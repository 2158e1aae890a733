//! Mail: the outbox that nothing is lost from, and the way to the server.
//!
//! Whoever has something to say writes a mail in the transaction of its cause
//! ([`outbox::store::queue`]); [`outbox`] sends it later, outside any transaction; [`retry`] (pure)
//! decides what follows a failure; [`mailer`] is the only place that speaks SMTP; [`bounce`] hears what came
//! back.

pub mod bounce;
pub mod http;
pub mod mailer;
pub mod model;
pub mod outbox;
pub mod public_url;
pub mod retry;
