//! The thread that tells what came of plays, once a day while the server runs.

use std::time::Duration;

use super::record::{Recorded, tell};
use crate::access::audit::Actor;
use crate::background::Background;
use crate::error::Answer;
use crate::state::AppState;

/// How often it looks whether a new day has begun.
const LOOK: Duration = Duration::from_secs(600);

/// A running worker; it stops when this is dropped, after the round it is at.
#[derive(Debug)]
pub struct Worker(#[expect(dead_code, reason = "stops when dropped")] Background);

impl Worker {
    /// Starts the thread. It looks at once, and then on every new day.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let (bell, mut looked) = (state.bell.clone(), None);
        Background::start("plays", bell, LOOK, move || {
            let today = state.today();
            if looked == Some(today) {
                return;
            }
            match round(&state) {
                Ok(told) => {
                    looked = Some(today);
                    let (kept, lost) = (told.kept.len(), told.lost.len());
                    if kept + lost > 0 {
                        tracing::info!(kept, lost, "Plays: {kept} kept, {lost} lost");
                    }
                }
                Err(error) => {
                    tracing::error!(error.cause = %error, "Outcomes of plays cannot be told: {error}");
                }
            }
        })
        .map(Self)
    }
}

/// Tells what can be told today.
///
/// # Errors
///
/// The database's.
pub fn round(state: &AppState) -> Answer<Recorded> {
    let actor = Actor {
        name: "plays".to_owned(),
        request_id: None,
    };
    let (today, now) = (state.today(), state.clock.now().into());
    state.db.write_now(|conn| tell(conn, today, (&actor, now)))
}
