//! The threads that deliver while the server runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::deliver::{deliver_while, forget_while};
use super::sender::Sender;
use crate::background::Background;
use crate::state::AppState;

/// So many endpoints may hang at once before others wait for them.
const THREADS: usize = 6;
/// How often they look without being told: other processes queue events too, and retries become due.
const LOOK: Duration = Duration::from_secs(2);
/// How often old events are forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// The running threads; they stop when this is dropped, each after the request it is at.
#[derive(Debug)]
pub struct Worker {
    stopping: Arc<AtomicBool>,
    _threads: Vec<Background>,
}

impl Worker {
    /// Starts the threads. They wake at once when the state's bell rings.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: &AppState) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let sender = Sender::new(&state.config.webhooks);
        let mut threads = Vec::with_capacity(THREADS + 1);
        for _ in 0..THREADS {
            let bell = state.bell.clone();
            let (state, sender, stop) = (state.clone(), sender.clone(), Arc::clone(&stopping));
            let round = move || {
                let go_on = || !stop.load(Ordering::SeqCst);
                if let Err(error) = deliver_while(&state, &sender, go_on) {
                    tracing::error!(error.cause = %error, "Webhooks not delivered: {error}");
                }
            };
            threads.push(Background::start("webhooks", bell, LOOK, round)?);
        }
        threads.push(forgetter(state.clone(), Arc::clone(&stopping))?);
        Ok(Self {
            stopping,
            _threads: threads,
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

fn forgetter(state: AppState, stop: Arc<AtomicBool>) -> std::io::Result<Background> {
    let bell = state.bell.clone();
    let mut last: Option<Instant> = None;
    Background::start("webhooks-old", bell, FORGET, move || {
        // The bell rings for other reasons.
        if last.is_some_and(|last| last.elapsed() < FORGET) {
            return;
        }
        last = Some(Instant::now());
        match forget_while(&state, || !stop.load(Ordering::SeqCst)) {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "Forgot {events} old webhook events"),
            Err(error) => {
                tracing::error!(error.cause = %error, "Old webhook events stay: {error}");
            }
        }
    })
}
