//! What every request shares: the database, the clock, the settings.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::Config;
use crate::db::Db;

/// Shared by every handler, worker and command.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// Rung when mails were queued, after their transaction is done.
    pub bell: Bell,
}

impl AppState {
    /// Today, in the instance's time zone.
    pub fn today(&self) -> NaiveDate {
        self.clock
            .now()
            .with_timezone(&self.config.time_zone)
            .date_naive()
    }
}

/// Tells the time; a test can stop it.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that moves only when told to.
    Stopped(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands still at `at`.
    pub fn stopped(at: DateTime<Utc>) -> Self {
        Self::Stopped(Arc::new(Mutex::new(at)))
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Stopped(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a stopped clock to `to`; the machine's clock does not listen.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Stopped(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }
}

/// Wakes a thread that waits for work; clones are the same bell.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<(Mutex<u64>, Condvar)>);

impl Bell {
    /// Wakes whoever waits.
    pub fn ring(&self) {
        let (count, waiting) = &*self.0;
        *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        waiting.notify_all();
    }

    /// How often it has rung.
    pub fn rings(&self) -> u64 {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has rung more often than `heard`, at most so long.
    pub fn wait(&self, heard: u64, at_most: Duration) {
        let (count, waiting) = &*self.0;
        let rings = count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(waiting.wait_timeout_while(rings, at_most, |rings| *rings == heard));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_ring_before_or_during_the_wait_ends_it() {
        let (bell, long) = (Bell::default(), Duration::from_secs(60));
        let begin = Instant::now();
        let heard = bell.rings();
        bell.ring();
        bell.wait(heard, long);
        let (heard, other) = (bell.rings(), bell.clone());
        let ringer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            other.ring();
        });
        bell.wait(heard, long);
        assert!(begin.elapsed() < long);
        assert_eq!(bell.rings(), 2);
        ringer.join().unwrap();
        bell.wait(2, Duration::from_millis(1));
    }
}
