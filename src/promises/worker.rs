//! The thread that decides measured promises once a day while the server runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::detect::{Detected, detect};
use crate::access::audit::Actor;
use crate::error::Answer;
use crate::state::{AppState, Bell};

/// How often it looks whether a new day has begun.
const LOOK: Duration = Duration::from_secs(600);

/// A running worker; it stops when this is dropped, after the check it is at.
#[derive(Debug)]
pub struct Worker {
    stopping: Arc<AtomicBool>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. It checks at once, and then on every new day.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (bell, stop) = (state.bell.clone(), Arc::clone(&stopping));
        let thread = std::thread::Builder::new()
            .name("promises".to_owned())
            .spawn(move || work(&state, &stop))?;
        Ok(Self {
            stopping,
            bell,
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.bell.ring();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("The promises' thread had panicked");
        }
    }
}

fn work(state: &AppState, stopping: &AtomicBool) {
    let mut checked = None;
    while !stopping.load(Ordering::SeqCst) {
        // Heard before looking: a ring in between is not lost.
        let heard = state.bell.rings();
        let today = state.today();
        if checked != Some(today) {
            match catch_unwind(AssertUnwindSafe(|| check(state))) {
                Ok(Ok(detected)) => {
                    checked = Some(today);
                    let (kept, broken) = (detected.kept.len(), detected.broken.len());
                    if kept + broken > 0 {
                        tracing::info!(kept, broken, "Promises: {kept} kept, {broken} broken");
                    }
                }
                Ok(Err(error)) => {
                    tracing::error!(error.cause = %error, "Promises cannot be checked: {error}");
                }
                Err(_) => {
                    tracing::error!("Checking promises panicked; it is tried again later");
                }
            }
        }
        if !stopping.load(Ordering::SeqCst) {
            state.bell.wait(heard, LOOK);
        }
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
