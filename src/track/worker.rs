//! The thread that scores runs as they come due while the server runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::keep_up;
use crate::state::{AppState, Bell};

/// How often it looks without being told: a horizon passes at midnight, data come when they come.
const LOOK: Duration = Duration::from_secs(600);

/// A running worker; it stops when this is dropped, after the run it is at.
#[derive(Debug)]
pub struct Worker {
    stopping: Arc<AtomicBool>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. It looks at once, every ten minutes, and when the state's bell rings: a
    /// run rings it.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (bell, stop) = (state.bell.clone(), Arc::clone(&stopping));
        let thread = std::thread::Builder::new()
            .name("track-record".to_owned())
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
            tracing::error!("The track record's thread had panicked");
        }
    }
}

fn work(state: &AppState, stopping: &AtomicBool) {
    while !stopping.load(Ordering::SeqCst) {
        // Heard before looking: a ring in between is not lost.
        let heard = state.bell.rings();
        match catch_unwind(AssertUnwindSafe(|| keep_up(state, false))) {
            Ok(Ok(0)) => {}
            Ok(Ok(scored)) => tracing::info!(scored, "Scored {scored} runs"),
            Ok(Err(error)) => {
                tracing::error!(error.cause = %error, "Runs cannot be scored: {error}");
            }
            Err(_) => tracing::error!("Scoring a run panicked; it is tried again later"),
        }
        if !stopping.load(Ordering::SeqCst) {
            state.bell.wait(heard, LOOK);
        }
    }
}
