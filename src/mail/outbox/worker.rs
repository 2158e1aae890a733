//! The thread that empties the outbox while the server runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Post, deliver_while};
use crate::state::AppState;

/// How often the outbox is looked into without being told: other processes queue mails too, and
/// retries become due.
const LOOK: Duration = Duration::from_secs(5);
/// The pause after the database failed, the mail server could not be used, or something panicked.
const REST: Duration = Duration::from_secs(15);
/// Mails between two looks at the bell.
const ROUND: u64 = 1000;

/// A running worker; it stops when this is dropped, after the mail it is at.
#[derive(Debug)]
pub struct Worker {
    stopping: Arc<AtomicBool>,
    bell: crate::state::Bell,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. It wakes at once when the state's bell rings.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState, post: Post) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (bell, stop) = (state.bell.clone(), Arc::clone(&stopping));
        let thread = std::thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || work(&state, &post, &stop))?;
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
            tracing::error!("The outbox's thread had panicked");
        }
    }
}

fn work(state: &AppState, post: &Post, stopping: &AtomicBool) {
    let go_on = || !stopping.load(Ordering::SeqCst);
    while go_on() {
        // Heard before looking: a ring in between is not lost.
        let heard = state.bell.rings();
        let round = catch_unwind(AssertUnwindSafe(|| {
            deliver_while(&state.db, post, &state.clock, ROUND, go_on)
        }));
        let pause = match round {
            Ok(Ok(delivered)) if delivered.stopped_by.is_some() => {
                tracing::warn!("The mail server cannot be used; mails wait");
                REST
            }
            Ok(Ok(delivered)) if delivered.any() => continue,
            Ok(Ok(_)) => LOOK,
            Ok(Err(error)) => {
                tracing::error!(error.cause = %error, "The outbox cannot be read: {error}");
                REST
            }
            // The panic itself is in the log; the mail comes back when its lease has run out.
            Err(_) => {
                tracing::error!("A mail made the outbox panic; it goes on with the others");
                REST
            }
        };
        if go_on() {
            state.bell.wait(heard, pause);
        }
    }
}
