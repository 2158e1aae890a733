//! The check between runs: rules that look at records and not at a run's snapshots, alerts whose
//! snoozing is over, alerts of customers that were deleted and of rules that were switched off.
//!
//! It comes after every run, and every quarter of an hour while the server runs. Doing it again on
//! the same day changes an alert only if it opens, is told, or ends; two at once do as much as one.

use std::time::Duration;

use super::life;
use super::raise::{AlertError, By, Desk, RaiseSettings, Raised, end_what_is_over, store, watch};
use super::settings::RuleBook;
use super::signals;
use crate::background::Background;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::RunId;
use crate::state::{AppState, Bell};

/// How often the server checks.
const LOOK: Duration = Duration::from_secs(900);

/// Checks, in the caller's transaction. `run` is the run that has just been made in it; otherwise
/// customers' risks are told from the newest that is done.
///
/// # Errors
///
/// [`AlertError`]; the caller must then roll back.
pub fn check(
    conn: &mut Conn,
    run: Option<RunId>,
    settings: &RaiseSettings,
    now: UtcTime,
) -> Result<Raised, AlertError> {
    store::lock(conn)?;
    let run = match run {
        Some(id) => Some(store::run(conn, id)?.ok_or(AlertError::NoRun(id))?),
        None => store::newest_run(conn)?,
    };
    let book = RuleBook::load(conn, settings.limits)?;
    let mut desk = Desk::open(conn, settings, (By::Check, run), now)?;
    end_what_is_over(conn, &mut desk, &book)?;
    let woken = life::wake_due(conn, now, desk.today())?;
    desk.raised.woken = woken.len() as u64;
    let readings = signals::of_today(conn, now, desk.today(), settings.zone)?;
    let steps = watch(conn, &desk, &book, readings)?;
    desk.carry_out(conn, steps)?;
    desk.remind(conn, &woken)?;
    Ok(desk.raised)
}

/// Checks now, in a transaction of its own, and has the mails sent.
///
/// # Errors
///
/// As [`check`].
pub fn check_now(state: &AppState) -> Answer<Raised> {
    let settings = RaiseSettings::of(&state.config).map_err(Error::internal)?;
    let now = state.clock.now().into();
    let raised =
        (state.db).write_now(|conn| check(conn, None, &settings, now).map_err(Error::from))?;
    if raised.mails > 0 {
        state.bell.ring();
    }
    Ok(raised)
}

/// A running worker; it stops when this is dropped, after the check it is at.
#[derive(Debug)]
pub struct Worker(#[expect(dead_code, reason = "stops when dropped")] Background);

impl Worker {
    /// Starts the thread. It checks at once, and then every quarter of an hour.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(state: AppState) -> std::io::Result<Self> {
        // A bell of its own: mails that were queued are no reason to check.
        Background::start("alerts", Bell::default(), LOOK, move || {
            match check_now(&state) {
                Ok(raised) if raised.anything() => raised.log("Alerts checked"),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(error.cause = %error, "Alerts cannot be checked: {error}");
                }
            }
        })
        .map(Self)
    }
}
