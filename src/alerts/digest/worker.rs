//! The thread that writes digests and roll-ups while the server runs.

use std::time::Duration;

use super::send_due;
use crate::background::Background;
use crate::state::AppState;

/// How often it looks whether a digest is due.
const LOOK: Duration = Duration::from_secs(60);

/// A running worker; it stops when this is dropped, after the round it is at.
#[derive(Debug)]
pub struct Worker(#[expect(dead_code, reason = "stops when dropped")] Background);

impl Worker {
    /// Starts the thread. It looks at once, and then every minute.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let bell = state.bell.clone();
        Background::start("digests", bell, LOOK, move || match send_due(&state) {
            Ok(sent) if sent.digests + sent.roll_ups > 0 => {
                let (digests, roll_ups) = (sent.digests, sent.roll_ups);
                tracing::info!(
                    digests,
                    roll_ups,
                    "Wrote {digests} digests, {roll_ups} roll-ups"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error.cause = %error, "Digests cannot be written: {error}");
            }
        })
        .map(Self)
    }
}
