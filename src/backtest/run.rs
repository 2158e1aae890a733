//! The operation: past dates one by one, figures, verdicts; kept with what was learnt.

use chrono::{Datelike as _, Days, NaiveDate};

use super::cases::{Cases, Counts, Moment};
use super::learn::Lessons;
use super::range::{Range, horizon_days};
use super::result::{BacktestResult, CascadeResult, DateResult};
use super::said;
use super::store::{self, Backtest, Sizes};
use super::{BacktestError, score, verdict};
use crate::access::audit::{self, Actor, Deed};
use crate::assessment::risk::HISTORY_WEEKS;
use crate::assessment::run::{MODEL_VERSION, scope, spans};
use crate::assessment::store::calibrations::{self, Calibration};
use crate::assessment::store::input;
use crate::cascade::Strengths;
use crate::config::Config;
use crate::db::{Conn, UtcTime};
use crate::ids::BacktestId;
use crate::network::measures::BusinessBasis;
use crate::network::{self, choose_basis};
use crate::state::AppState;

/// Told after each date: how many are done, of how many.
pub type Progress<'a> = dyn FnMut(usize, usize) + 'a;

/// Back-tests a range and keeps the result; strengths learnt count for runs after it.
///
/// # Errors
///
/// [`BacktestError`]. A range that cannot be back-tested leaves nothing behind; any other failure
/// leaves a record that says why.
pub fn backtest(
    state: &AppState,
    range: &Range,
    actor: &Actor,
    progress: &mut Progress<'_>,
) -> Result<(Backtest, BacktestResult), BacktestError> {
    let settings = &state.config.assessment;
    let plan = |conn: &mut Conn| -> Result<Vec<NaiveDate>, BacktestError> {
        let data = store::trail::bounds(conn)?;
        Ok(range.dates(data, settings.horizon_weeks, state.today())?)
    };
    state.db.read_now(plan)?;
    let now = || UtcTime::from(state.clock.now());
    let id = state.db.write_now(|conn| {
        let sizes = (settings.horizon_weeks, settings.window_days);
        store::begin(conn, range, sizes, (MODEL_VERSION, &actor.name), now())
    })?;
    // Every date sees the database at the same moment.
    let outcome = state.db.snapshot_now(|conn| {
        let dates = plan(conn)?;
        compute(conn, state, range, &dates, progress)
    });
    let kept = outcome.and_then(|result| {
        let kept = state
            .db
            .write_now(|conn| keep(conn, id, &result, actor, now()))?;
        Ok((kept, result))
    });
    if let Err(error) = &kept {
        state
            .db
            .write_now(|conn| store::fail(conn, id, &error.to_string(), now()))?;
    }
    kept
}

fn keep(
    conn: &mut Conn,
    id: BacktestId,
    result: &BacktestResult,
    actor: &Actor,
    now: UtcTime,
) -> Result<Backtest, BacktestError> {
    let sum = |count: fn(&DateResult) -> u64| {
        let sum: u64 = result.dates.iter().map(count).sum();
        i64::try_from(sum).unwrap_or(i64::MAX)
    };
    let sizes = Sizes {
        dates: i64::try_from(result.dates.len()).unwrap_or(i64::MAX),
        observations: sum(|date| date.customers),
        events: sum(|date| date.silent),
    };
    let kept = store::finish(conn, id, sizes, &serde_json::to_string(result)?, now)?;
    if let Some(last) = result.dates.last() {
        let found = &result.cascade.calibration;
        let calibration = Calibration {
            history_to: last.until,
            verdict: found.verdict.word().to_owned(),
            strengths: found.strengths(),
            classes: serde_json::to_value(&found.classes)?,
            backtest: Some(id),
        };
        calibrations::insert(conn, &calibration, now)?;
    }
    let deed = Deed {
        action: "backtested",
        entity: "backtest",
        id: Some(id.0),
        detail: None,
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(kept)
}

fn compute(
    conn: &mut Conn,
    state: &AppState,
    range: &Range,
    dates: &[NaiveDate],
    progress: &mut Progress<'_>,
) -> Result<BacktestResult, BacktestError> {
    let settings = &state.config.assessment;
    let (weeks, window_days) = (settings.horizon_weeks, settings.window_days);
    let days = Span::of(dates, weeks, window_days);
    let basis = basis(conn, &state.config, &days)?;
    let trail = store::trail::read(conn, (days.begin, days.end), basis)?;
    let bounds = (number(days.first), number(days.end));
    let lessons = Lessons::build(&trail, bounds, number_of_days(weeks))?;
    let mut cases = Cases::default();
    let mut found = Vec::with_capacity(dates.len());
    for (place, as_of) in dates.iter().enumerate() {
        progress(place, dates.len());
        let inputs = input::read(conn, &spans(*as_of, &state.config, state.today())?)?;
        let learnt = lessons.strengths_before(number(*as_of))?;
        let said = said::ask(&inputs, &scope(*as_of, &state.config), learnt)?;
        let moment = moment(dates, place, (weeks, window_days));
        let counts = cases.add(&said, &trail, &moment)?;
        found.push(date(*as_of, days.after(*as_of), &counts, learnt));
    }
    progress(dates.len(), dates.len());
    let mut result = BacktestResult {
        model_version: MODEL_VERSION.to_owned(),
        horizon_weeks: weeks,
        window_days,
        every_days: range.every.days(),
        business_basis: basis,
        verdicts: Vec::new(),
        dates: found,
        groups: score::groups(&cases, dates)?,
        cascade: CascadeResult {
            calibration: lessons.calibration()?,
            unjudged: lessons.unjudged(),
        },
    };
    result.verdicts = verdict::verdicts(&result)?;
    Ok(result)
}

/// The days that a back-test reads.
struct Span {
    /// The first.
    begin: NaiveDate,
    /// The first as-of date.
    first: NaiveDate,
    /// The first day after the last horizon.
    end: NaiveDate,
    weeks: u32,
}

impl Span {
    fn of(dates: &[NaiveDate], weeks: u32, window_days: u32) -> Self {
        let first = dates.first().copied().unwrap_or(NaiveDate::MIN);
        // Strength is learnt with a year before a period before the first date.
        let back = (HISTORY_WEEKS * 7).max(window_days) + 366 + weeks * 7;
        let mut span = Self {
            begin: first
                .checked_sub_days(Days::new(u64::from(back)))
                .filter(|day| day.year() >= 1)
                .or_else(|| NaiveDate::from_ymd_opt(1, 1, 1))
                .unwrap_or(first),
            first,
            end: first,
            weeks,
        };
        span.end = dates.last().map_or(first, |last| span.after(*last));
        span
    }

    /// The first day after the horizon of a date.
    fn after(&self, as_of: NaiveDate) -> NaiveDate {
        let after = as_of.checked_add_days(horizon_days(self.weeks));
        after.unwrap_or(NaiveDate::MAX)
    }
}

/// What business is measured in where strength is learnt: as a run over the whole range would.
fn basis(conn: &mut Conn, config: &Config, days: &Span) -> Result<BusinessBasis, BacktestError> {
    let links = network::store::links(conn, days.begin, days.end)?;
    let configured = BusinessBasis::parse(&config.assessment.business_basis);
    Ok(choose_basis(&links, configured))
}

fn number(day: NaiveDate) -> i32 {
    day.num_days_from_ce()
}

fn number_of_days(weeks: u32) -> i32 {
    i32::try_from(weeks * 7).unwrap_or(i32::MAX)
}

fn moment(dates: &[NaiveDate], place: usize, (weeks, window_days): (u32, u32)) -> Moment {
    let day = dates.get(place).map_or(0, |day| number(*day));
    let (horizon, business) = (
        number_of_days(weeks),
        i32::try_from(window_days).unwrap_or(i32::MAX),
    );
    // As a run's windows: the statistics' begins after the day that many weeks ago.
    let window = number_of_days(HISTORY_WEEKS) - 1;
    let known = dates
        .iter()
        .take_while(|date| number(**date) + horizon <= day)
        .count();
    Moment {
        date: u16::try_from(place).unwrap_or(u16::MAX),
        window: day - window..day,
        business: day - business..day,
        recent: day - horizon..day,
        horizon: day..day + horizon,
        known_dates: u16::try_from(known).unwrap_or(u16::MAX),
    }
}

fn date(
    as_of: NaiveDate,
    until: NaiveDate,
    counts: &Counts,
    strengths: Option<Strengths>,
) -> DateResult {
    DateResult {
        as_of,
        until,
        customers: counts.customers,
        silent: counts.silent,
        links: counts.links,
        links_lost: counts.links_lost,
        links_lost_expected: counts.links_lost_expected,
        days_expected: counts.days_expected,
        days_seen: counts.days_seen,
        baseline_probabilities: counts.baselines,
        strengths,
    }
}
