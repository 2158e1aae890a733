//! How fast mails are handed to a mail server: evenly spread over all instances that share the
//! database, so that no minute has more than is allowed.
//!
//! The database keeps from when on the next mail may go. Whoever finds that moment past takes the place
//! by moving it on by an interval, in one conditional `UPDATE`; everybody else learns how long to wait.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;

use super::store::{free_at, take_place};
use crate::db::{Db, DbResult, UtcTime};
use crate::state::Clock;

/// A wait is looked at so often, to end when the process is to stop.
const SLICE: Duration = Duration::from_millis(100);
/// By how much the clocks of instances may differ: a place further ahead than an interval and this was
/// taken while a clock was ahead. Without it, whoever read the clock a moment before another took a
/// place would hold that place for such a one.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);
/// Microseconds of a minute.
const MINUTE: u32 = 60_000_000;

/// Whether a mail may go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It may: this place is the caller's, and gone if no use is made of it.
    Taken,
    /// It may not before so much time has passed; then whoever comes first takes the place.
    In(TimeDelta),
}

/// Lets mails pass to a server one after the other at a rate.
#[derive(Debug)]
pub(super) struct Pace {
    /// `host:port`.
    server: String,
    /// Between two mails; `None`: no limit.
    interval: Option<TimeDelta>,
    /// Of a process one at a time asks the database, the others stand behind.
    line: Mutex<()>,
}

impl Pace {
    /// So many mails a minute to this server; 0: no limit.
    pub(super) fn new(host: &str, port: u16, per_minute: u32) -> Self {
        Self {
            server: format!("{}:{port}", host.to_lowercase()),
            interval: NonZeroU32::new(per_minute).map(interval),
            line: Mutex::new(()),
        }
    }

    /// No limit.
    pub(super) fn unlimited() -> Self {
        Self::new("", 0, 0)
    }

    /// Takes the next place, or tells how long to wait for it. Without a limit there is always one, and
    /// the database is not asked.
    pub(super) fn take(&self, db: &Db, clock: &Clock) -> DbResult<Place> {
        let Some(interval) = self.interval else {
            return Ok(Place::Taken);
        };
        loop {
            // Who has to wait anyway does not wait for a writer as well.
            let free = db.read_now(|conn| free_at(conn, &self.server))?;
            let now = UtcTime::from(clock.now());
            if let Some(wait) = free.and_then(|free| wait(free, interval, now)) {
                return Ok(Place::In(wait));
            }
            let taken = db.write_now(|conn| {
                // Read when it is our turn to write, which may take a while.
                let now = UtcTime::from(clock.now());
                let next = UtcTime::from(now.0 + interval);
                let ahead = UtcTime::from(next.0 + TOLERANCE);
                take_place(conn, &self.server, now, (next, ahead))
            })?;
            // Otherwise somebody was faster.
            if taken {
                return Ok(Place::Taken);
            }
        }
    }

    /// Waits for the next place on the calling thread; `false` if `go_on` ended that.
    pub(super) fn wait(&self, db: &Db, clock: &Clock, go_on: impl Fn() -> bool) -> DbResult<bool> {
        if self.interval.is_none() {
            return Ok(go_on());
        }
        let _turn = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        until_taken(go_on, || self.take(db, clock), std::thread::sleep)
    }
}

/// Asks for a place until there is one, with a rest after each refusal; `false` if `go_on` ended that.
fn until_taken(
    go_on: impl Fn() -> bool,
    take: impl Fn() -> DbResult<Place>,
    rest: impl Fn(Duration),
) -> DbResult<bool> {
    while go_on() {
        match take()? {
            Place::Taken => return Ok(true),
            Place::In(wait) => rest(wait.to_std().unwrap_or_default().min(SLICE)),
        }
    }
    Ok(false)
}

/// The time between two mails at this rate: not shorter, as times have whole microseconds.
fn interval(per_minute: NonZeroU32) -> TimeDelta {
    TimeDelta::microseconds(MINUTE.div_ceil(per_minute.get()).into())
}

/// How long to wait at `now` for a place that is there from `free` on; `None`: take it.
fn wait(free: UtcTime, interval: TimeDelta, now: UtcTime) -> Option<TimeDelta> {
    let wait = free.0 - now.0;
    (wait > TimeDelta::zero() && wait <= interval + TOLERANCE).then_some(wait)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn rate(per_minute: u32) -> TimeDelta {
        interval(NonZeroU32::new(per_minute).unwrap())
    }

    fn at(second: i64) -> UtcTime {
        let noon: UtcTime = UtcTime("2026-03-02T12:00:00Z".parse().unwrap());
        UtcTime(noon.0 + TimeDelta::seconds(second))
    }

    #[test]
    fn an_interval_is_never_shorter_than_the_rate_allows() {
        for (per_minute, micros) in [
            (1, 60_000_000),
            (30, 2_000_000),
            (6_000, 10_000),
            (100_000, 600),
            // 60 s / 7 = 8.571428571… s
            (7, 8_571_429),
            (u32::MAX, 1),
        ] {
            assert_eq!(rate(per_minute), TimeDelta::microseconds(micros));
        }
    }

    #[test]
    fn a_place_is_waited_for_unless_it_is_past_or_makes_no_sense() {
        let two = rate(30);
        assert_eq!(wait(at(0), two, at(0)), None);
        assert_eq!(wait(at(-3600), two, at(0)), None);
        assert_eq!(wait(at(2), two, at(0)), Some(TimeDelta::seconds(2)));
        // Taken by somebody whose clock is a little ahead, or was read a little later.
        assert_eq!(wait(at(3), two, at(0)), Some(TimeDelta::seconds(3)));
        assert_eq!(wait(at(62), two, at(0)), Some(TimeDelta::seconds(62)));
        // Taken while a clock was ahead.
        assert_eq!(wait(at(63), two, at(0)), None);
        assert_eq!(wait(at(86_400), two, at(0)), None);
    }

    #[test]
    fn a_wait_is_cut_into_slices_and_ends_when_the_process_is_to_stop() {
        let clock = Cell::new(Duration::ZERO);
        let slices = RefCell::new(Vec::new());
        let rest = |slice: Duration| {
            slices.borrow_mut().push(slice);
            clock.set(clock.get() + slice);
        };
        let free = Duration::from_millis(250);
        let take = || {
            let left = free.saturating_sub(clock.get());
            Ok(match TimeDelta::from_std(left).unwrap() {
                left if left.is_zero() => Place::Taken,
                left => Place::In(left),
            })
        };
        assert!(until_taken(|| true, take, rest).unwrap());
        let millis: Vec<_> = slices.take().iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [100, 100, 50]);

        clock.set(Duration::ZERO);
        let asked = Cell::new(0);
        let twice = || asked.replace(asked.get() + 1) < 2;
        assert!(!until_taken(twice, take, rest).unwrap());
        assert_eq!(slices.take().len(), 2);
    }

    #[test]
    fn a_server_is_the_same_however_it_is_written() {
        let pace = Pace::new("Mail.Firm.Example", 587, 30);
        assert_eq!(pace.server, "mail.firm.example:587");
        assert!(Pace::unlimited().interval.is_none());
    }
}
