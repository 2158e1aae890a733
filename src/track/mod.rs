//! The track record: the service scores its own past predictions in public.
//!
//! ```text
//! run + horizon passed ─> store::cases ─> score (pure) ─> run_scores, alert_outcomes
//!                                                              │
//!                        summary (pure): runs that do not overlap ─> GET /track-record, CLI
//! ```
//!
//! A prediction can be judged when its whole horizon has passed and the data reach that far:
//! silence is a loss only where shipments would have been seen. Customers that had left already on
//! the as-of date are no predictions ([`IS_GONE`](crate::alerts::store::IS_GONE)).

pub mod http;
pub mod score;
pub mod store;
pub mod summary;
pub mod view;
pub mod worker;

use chrono::{Days, NaiveDate};

use crate::db::{DbError, UtcTime};
use crate::evaluation::EvaluationError;
use crate::ids::RunId;
use crate::state::AppState;

/// A run made later than this many days after its as-of date knew the outcome, or some of it: its
/// predictions are a back-test, and no track record.
pub const LATE_AFTER_DAYS: u64 = 7;

/// Why runs could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A stored probability is none.
    #[error("run {run}: {cause}")]
    Evaluation {
        /// The run.
        run: RunId,
        /// What is wrong with its predictions.
        cause: EvaluationError,
    },
}

/// A finished run, as far as its track record needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Made {
    /// Its id.
    pub id: RunId,
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: i64,
    /// When it was made.
    pub made_at: UtcTime,
    /// When its alerts had been raised.
    pub finished_at: UtcTime,
    /// Whether it has been scored.
    pub scored: bool,
}

impl Made {
    /// The first day after its horizon: it can be judged from then on.
    pub fn due_on(&self) -> Option<NaiveDate> {
        let weeks = u64::try_from(self.horizon_weeks).ok()?;
        self.as_of.checked_add_days(Days::new(weeks * 7))
    }

    /// Whether it was made before its outcome could be known, `made_on` being the local day.
    fn in_time(&self, made_on: NaiveDate) -> bool {
        self.as_of
            .checked_add_days(Days::new(LATE_AFTER_DAYS))
            .is_none_or(|latest| made_on <= latest)
    }
}

/// What can be judged, and what has to wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// Runs whose horizon has passed, with data behind it.
    pub now: Vec<Made>,
    /// The day from which the next can be judged by the calendar; may have passed while its data
    /// are missing.
    pub next_on: Option<NaiveDate>,
    /// How many horizons have passed that the data do not reach across.
    pub waiting_for_data: u64,
}

/// Divides runs into those that can be judged today and those that have to wait.
///
/// `data_until` is the newest shipping day: a horizon counts as seen if a shipment came on the day
/// after it or later.
pub fn due(runs: &[Made], today: NaiveDate, data_until: Option<NaiveDate>) -> Due {
    let mut due = Due {
        now: Vec::new(),
        next_on: None,
        waiting_for_data: 0,
    };
    for run in runs {
        let Some(on) = run.due_on() else { continue };
        if on <= today && data_until.is_some_and(|until| on <= until) {
            due.now.push(*run);
            continue;
        }
        due.waiting_for_data += u64::from(on <= today);
        due.next_on = Some(due.next_on.map_or(on, |next| next.min(on)));
    }
    due
}

/// Scores every run that is due and has no score; with `again` those too that have one. How many.
///
/// # Errors
///
/// [`TrackError`]; runs scored before it stay scored.
pub fn keep_up(state: &AppState, again: bool) -> Result<u64, TrackError> {
    let (today, zone) = (state.today(), state.config.time_zone);
    let runs = state.db.read_now(|conn| {
        let (runs, until) = (store::made(conn)?, store::data_until(conn)?);
        Ok::<_, DbError>(due(&runs, today, until).now)
    })?;
    let mut scored = 0;
    for run in runs.iter().filter(|run| again || !run.scored) {
        let cases = state
            .db
            .snapshot_now(|conn| store::cases(conn, run, zone))?;
        let outcomes = score::outcomes(&cases, run.horizon_weeks);
        let figures = score::scores(&cases, &outcomes)
            .map_err(|cause| TrackError::Evaluation { run: run.id, cause })?;
        let in_time = run.in_time(run.made_at.0.with_timezone(&zone).date_naive());
        let now = state.clock.now().into();
        let written = state.db.write_now(|conn| {
            store::write(conn, (run.id, in_time, again), (&figures, &outcomes), now)
        })?;
        scored += u64::from(written);
    }
    Ok(scored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn made(id: i64, as_of: &str) -> Made {
        let at = UtcTime(format!("{as_of}T06:00:00Z").parse().unwrap());
        Made {
            id: RunId(id),
            as_of: day(as_of),
            horizon_weeks: 13,
            made_at: at,
            finished_at: at,
            scored: false,
        }
    }

    #[test]
    fn a_run_is_due_when_its_horizon_has_passed_and_shipments_came_after_it() {
        // 91 days after 1 January 2026 is 2 April.
        let runs = [made(1, "2026-01-01"), made(2, "2026-02-01")];
        let ids = |due: &Due| due.now.iter().map(|run| run.id.0).collect::<Vec<_>>();
        let at = |today, until| due(&runs, day(today), until);
        let early = at("2026-04-01", Some(day("2026-04-01")));
        assert_eq!(
            (ids(&early), early.next_on),
            (vec![], Some(day("2026-04-02")))
        );
        assert_eq!(early.waiting_for_data, 0);
        let unseen = at("2026-04-02", Some(day("2026-04-01")));
        assert_eq!((ids(&unseen), unseen.waiting_for_data), (vec![], 1));
        assert_eq!(unseen.next_on, Some(day("2026-04-02")));
        let seen = at("2026-04-02", Some(day("2026-04-02")));
        assert_eq!(
            (ids(&seen), seen.next_on),
            (vec![1], Some(day("2026-05-03")))
        );
        let all = at("2026-06-01", Some(day("2026-06-01")));
        assert_eq!((ids(&all), all.next_on), (vec![1, 2], None));
        assert_eq!(at("2026-06-01", None).waiting_for_data, 2);
    }

    #[test]
    fn what_is_made_a_week_later_still_did_not_know() {
        let run = made(1, "2026-01-01");
        assert!(run.in_time(day("2026-01-08")));
        assert!(!run.in_time(day("2026-01-09")));
    }
}
