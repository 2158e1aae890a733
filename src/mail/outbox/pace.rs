//! How fast mails are handed to the server: evenly spread, so that no minute has more than is allowed.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock, ReasonablyRealtime};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// A wait is looked at so often, to end when the process is to stop.
const SLICE: Duration = Duration::from_millis(100);

/// Lets mails pass one after the other at a rate; runs on a clock that nobody sets.
pub(super) struct Pace<C: Clock + Clone = MonotonicClock> {
    limiter: Option<RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>>,
    clock: C,
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pace")
    }
}

impl Pace {
    /// So many mails a minute; 0: no limit.
    pub(super) fn new(per_minute: u32) -> Self {
        Self::with_clock(per_minute, MonotonicClock)
    }
}

impl<C: Clock + Clone + ReasonablyRealtime> Pace<C> {
    fn with_clock(per_minute: u32, clock: C) -> Self {
        let quota = NonZeroU32::new(per_minute)
            .and_then(|count| Quota::with_period(Duration::from_secs(60) / count.get()));
        Self {
            // One at a time: a burst and a full minute behind it would be more than is allowed.
            limiter: quota
                .map(|quota| quota.allow_burst(NonZeroU32::MIN))
                .map(|quota| RateLimiter::direct_with_clock(quota, clock.clone())),
            clock,
        }
    }

    /// Takes the next place; how long to wait for it if it is not there yet.
    fn take(&self) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        (limiter.check()).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// Waits for the next place on the calling thread; `false` if `go_on` ended that.
    pub(super) fn wait(&self, go_on: impl Fn() -> bool) -> bool {
        while go_on() {
            match self.take() {
                Ok(()) => return true,
                Err(wait) => std::thread::sleep(wait.min(SLICE)),
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn mails_are_spread_over_the_minute() {
        let clock = FakeRelativeClock::default();
        // 30 a minute: one every two seconds, and no more after a rest.
        let pace = Pace::with_clock(30, clock.clone());
        assert_eq!(pace.take(), Ok(()));
        assert_eq!(pace.take(), Err(Duration::from_secs(2)));
        clock.advance(Duration::from_millis(1500));
        assert_eq!(pace.take(), Err(Duration::from_millis(500)));
        clock.advance(Duration::from_millis(500));
        assert_eq!(pace.take(), Ok(()));
        clock.advance(Duration::from_secs(3600));
        assert_eq!(pace.take(), Ok(()));
        assert!(pace.take().is_err());
    }

    #[test]
    fn a_wait_ends_when_the_process_is_to_stop() {
        let pace = Pace::with_clock(1, FakeRelativeClock::default());
        assert!(pace.wait(|| true));
        let asked = Cell::new(0);
        let twice = || asked.replace(asked.get() + 1) < 2;
        assert!(!pace.wait(twice), "the clock stands: the place never comes");
        assert!(asked.get() > 2);
    }

    #[test]
    fn nought_is_no_limit() {
        let pace = Pace::with_clock(0, FakeRelativeClock::default());
        assert!((0..10_000).all(|_| pace.take().is_ok()));
    }
}
