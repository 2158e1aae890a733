//! The thread that decides measured promises once a day while the server runs.

use std::time::Duration;

use super::detect::{Detected, detect};
use crate::access::audit::Actor;
use crate::background::Background;
use crate::error::Answer;
use crate::state::AppState;

/// How often it looks whether a new day has begun.
const LOOK: Duration = Duration::from_secs(600);

/// A running worker; it stops when this is dropped, after the check it is at.
#[derive(Debug)]
pub struct Worker(#[expect(dead_code, reason = "stops when dropped")] Background);

impl Worker {
    /// Starts the thread. It checks at once, and then on every new day.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let (bell, mut checked) = (state.bell.clone(), None);
        Background::start("promises", bell, LOOK, move || {
            let today = state.today();
            if checked == Some(today) {
                return;
            }
            match check(&state) {
                Ok(detected) => {
                    checked = Some(today);
                    let (kept, broken) = (detected.kept.len(), detected.broken.len());
                    if kept + broken > 0 {
                        tracing::info!(kept, broken, "Promises: {kept} kept, {broken} broken");
                    }
                }
                Err(error) => {
                    tracing::error!(error.cause = %error, "Promises cannot be checked: {error}");
                }
            }
        })
        .map(Self)
    }
}

/// Decides what is due today.
///
/// # Errors
///
/// The database's.
pub fn check(state: &AppState) -> Answer<Detected> {
    let actor = Actor {
        name: "promises".to_owned(),
        request_id: None,
    };
    let (today, now) = (state.today(), state.clock.now().into());
    let zone = state.config.time_zone;
    state
        .db
        .write_now(|conn| detect(conn, today, zone, (&actor, now)))
}
