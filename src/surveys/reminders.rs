//! The thread that keeps surveys going while the server runs: mails that are due, and surveys whose
//! time has come.

use std::time::Duration;

use super::mail::{MailError, Sent, anything_due, close_due, send_due};
use super::page::words::Letterhead;
use crate::background::Background;
use crate::db::{DbError, UtcTime};
use crate::mail::public_url::NotAPublicUrl;
use crate::state::AppState;

/// How often it looks without being told: a reminder comes due when it does.
const LOOK: Duration = Duration::from_secs(60);

/// Surveys could not be kept going.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The address that links begin with.
    #[error("HAWSER_PUBLIC_URL: {0}")]
    PublicUrl(#[from] NotAPublicUrl),
    /// A mail.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Closes the surveys whose time has come and queues every mail that is due, a few hundred in a
/// transaction; rings the bell if any was queued.
///
/// # Errors
///
/// [`KeepError`]; what was queued before stays so.
pub fn keep_going(state: &AppState) -> Result<Sent, KeepError> {
    let head = Letterhead::of(&state.config)?;
    let mut all = Sent::default();
    loop {
        let now = UtcTime::from(state.clock.now());
        // Looked at without the lock for writing: nothing is due most of the time.
        if !state.db.read_now(|conn| anything_due(conn, now))? {
            return Ok(all);
        }
        let sent = state.db.write_when_free(|conn| {
            close_due(conn, now)?;
            send_due(conn, &head, now)
        })?;
        all.invitations += sent.invitations;
        all.reminders += sent.reminders;
        if sent.any() {
            state.bell.ring();
        }
        if !sent.more {
            return Ok(all);
        }
    }
}

/// A running worker; it stops when this is dropped, after the transaction it is at.
#[derive(Debug)]
pub struct Worker(#[expect(dead_code, reason = "stops when dropped")] Background);

impl Worker {
    /// Starts the thread. It looks at once, every minute, and when the state's bell rings: opening a
    /// survey and inviting people ring it.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let bell = state.bell.clone();
        Background::start("surveys", bell, LOOK, move || match keep_going(&state) {
            Ok(sent) if sent.any() => {
                let (invitations, reminders) = (sent.invitations, sent.reminders);
                tracing::info!(
                    invitations,
                    reminders,
                    "Queued {invitations} invitations and {reminders} reminders"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error.cause = %error, "Surveys cannot be kept going: {error}");
            }
        })
        .map(Self)
    }
}
