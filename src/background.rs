//! A thread of the server that looks for work again and again until it is stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::state::Bell;

/// A running thread; it stops when this is dropped, after the round it is at.
#[derive(Debug)]
pub struct Background {
    name: &'static str,
    stopping: Arc<AtomicBool>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the thread `name`. It makes a round at once, whenever `bell` rings, and `look` after
    /// the last round; a round that panics is logged, and the next one comes all the same.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(
        name: &'static str,
        bell: Bell,
        look: Duration,
        mut round: impl FnMut() + Send + 'static,
    ) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (heard_by, stop) = (bell.clone(), Arc::clone(&stopping));
        let work = move || {
            while !stop.load(Ordering::SeqCst) {
                // Heard before looking: a ring in between is not lost.
                let heard = heard_by.rings();
                if catch_unwind(AssertUnwindSafe(&mut round)).is_err() {
                    tracing::error!(thread = name, "{name} panicked; it is tried again later");
                }
                if !stop.load(Ordering::SeqCst) {
                    heard_by.wait(heard, look);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)?;
        Ok(Self {
            name,
            stopping,
            bell,
            thread: Some(thread),
        })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.bell.ring();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(thread = self.name, "{} had panicked", self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn it_looks_again_when_rung_even_after_a_panic_and_ends_when_dropped() {
        let (bell, (told, heard)) = (Bell::default(), mpsc::channel());
        let mut rounds = 0;
        let long = Duration::from_secs(600);
        let thread = Background::start("test", bell.clone(), long, move || {
            rounds += 1;
            told.send(rounds).unwrap();
            assert_ne!(rounds, 1, "the first round panics");
        })
        .unwrap();
        assert_eq!(heard.recv(), Ok(1));
        bell.ring();
        assert_eq!(heard.recv(), Ok(2));
        drop(thread);
        // The ring that ends it begins no round; the sender is gone with the thread.
        assert!(heard.recv().is_err());
    }
}
