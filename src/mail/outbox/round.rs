//! One look into the outbox: what is due is sent over several connections at once.
//!
//! Each mail is claimed by itself, just before it is sent: a process that dies leaves as many leases
//! behind as it has connections, and no mail loses an attempt that was never made.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Delivered, Post, blames_server, deliver, store};
use crate::db::{Db, DbResult, UtcTime};
use crate::ids::MailId;
use crate::mail::mailer::SendError;
use crate::mail::retry::FailureKind;
use crate::state::Clock;

/// After so many failures in a row that are the server's, the others wait: they would fail too.
const SERVER_FAILURES: u32 = 3;
/// Mails looked for at once.
const BATCH: i64 = 200;

/// What the connections of a round share.
pub(super) struct Round<'a, F> {
    db: &'a Db,
    post: &'a Post,
    clock: &'a Clock,
    go_on: F,
    /// Found due, and not looked at yet.
    found: Mutex<VecDeque<MailId>>,
    /// How many may still be sent.
    left: AtomicU64,
    over: AtomicBool,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    delivered: Delivered,
    server_failures: u32,
}

impl<'a, F: Fn() -> bool + Sync> Round<'a, F> {
    /// A round that sends `max` mails at most, as long as `go_on` says so between two.
    pub(super) fn new(db: &'a Db, post: &'a Post, clock: &'a Clock, max: u64, go_on: F) -> Self {
        Self {
            db,
            post,
            clock,
            go_on,
            found: Mutex::default(),
            left: AtomicU64::new(max),
            over: AtomicBool::new(false),
            tally: Mutex::default(),
        }
    }

    /// Sends, over as many connections as there are mails and settings allow.
    pub(super) fn run(self) -> DbResult<Delivered> {
        let waiting = self.look()?;
        let lanes = usize::try_from(self.post.connections)
            .unwrap_or(1)
            .min(waiting);
        if lanes <= 1 {
            self.lane()?;
        } else {
            std::thread::scope(|scope| {
                let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(|| self.lane())).collect();
                let ends: Vec<_> = lanes
                    .into_iter()
                    .map(std::thread::ScopedJoinHandle::join)
                    .collect();
                ends.into_iter().try_for_each(|end| match end {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
            })?;
        }
        let tally = self.tally.into_inner();
        Ok(tally.unwrap_or_else(PoisonError::into_inner).delivered)
    }

    /// Looks for mails that are due; how many were found.
    fn look(&self) -> DbResult<usize> {
        let mut found = lock(&self.found);
        if found.is_empty() {
            let now = UtcTime::from(self.clock.now());
            found.extend(self.db.read_now(|conn| store::due(conn, now, BATCH))?);
        }
        Ok(found.len())
    }

    /// Sends one mail after the other until there is none.
    fn lane(&self) -> DbResult<()> {
        let end = self.send_all();
        if end.is_err() {
            self.over.store(true, Ordering::SeqCst);
        }
        end
    }

    fn send_all(&self) -> DbResult<()> {
        let go_on = || !self.over.load(Ordering::SeqCst) && (self.go_on)();
        let mut placed = false;
        while go_on() {
            self.look()?;
            let Some(id) = lock(&self.found).pop_front() else {
                return Ok(());
            };
            let take = |left: u64| left.checked_sub(1);
            let counts = (Ordering::SeqCst, Ordering::SeqCst);
            if self.left.fetch_update(counts.0, counts.1, take).is_err() {
                return Ok(());
            }
            // The wait comes before the lease: it must not run out meanwhile.
            placed = placed || self.post.pace.wait(self.db, self.clock, go_on)?;
            if !placed {
                return Ok(());
            }
            let now = UtcTime::from(self.clock.now());
            let lease = UtcTime::from(now.0 + self.post.lease());
            // Another worker may have been faster. The place is for the next mail then: workers that
            // look through the same list would lose every second place to each other.
            let claimed = (self.db).write_now(|conn| store::claim(conn, id, now, lease))?;
            let Some(due) = claimed else {
                self.left.fetch_add(1, Ordering::SeqCst);
                continue;
            };
            placed = false;
            let mut delivered = Delivered::default();
            let failure = deliver(
                self.db,
                self.post,
                self.clock,
                &due,
                &self.go_on,
                &mut delivered,
            )?;
            self.count(&delivered, failure);
        }
        Ok(())
    }

    /// Adds what one mail came to, and ends the round if the server cannot be used.
    fn count(&self, one: &Delivered, failure: Option<SendError>) {
        let mut tally = lock(&self.tally);
        tally.delivered.sent += one.sent;
        tally.delivered.retried += one.retried;
        tally.delivered.dead += one.dead;
        tally.server_failures = match &failure {
            Some(error) if blames_server(error) => tally.server_failures + 1,
            _ => 0,
        };
        if let Some(error) = failure
            && (tally.server_failures >= SERVER_FAILURES
                || error.kind == FailureKind::Configuration)
        {
            self.over.store(true, Ordering::SeqCst);
            tally.delivered.stopped_by.get_or_insert(error.text);
        }
    }
}

/// What a lane that panicked leaves behind can be read.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
