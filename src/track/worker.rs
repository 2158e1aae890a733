//! The thread that scores runs as they come due while the server runs.

use std::time::Duration;

use super::keep_up;
use crate::background::Background;
use crate::state::AppState;

/// How often it looks without being told: a horizon passes at midnight, data come when they come.
const LOOK: Duration = Duration::from_secs(600);

/// A running worker; it stops when this is dropped, after the run it is at.
#[derive(Debug)]
pub struct Worker(#[expect(dead_code, reason = "stops when dropped")] Background);

impl Worker {
    /// Starts the thread. It looks at once, every ten minutes, and when the state's bell rings: a
    /// run rings it.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let bell = state.bell.clone();
        Background::start("track-record", bell, LOOK, move || {
            match keep_up(&state, false) {
                Ok(0) => {}
                Ok(scored) => tracing::info!(scored, "Scored {scored} runs"),
                Err(error) => {
                    tracing::error!(error.cause = %error, "Runs cannot be scored: {error}");
                }
            }
        })
        .map(Self)
    }
}
