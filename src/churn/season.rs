//! Season by operational time: weeks in which the whole portfolio ships much count for more.
//!
//! The churn models know a steady rate. Run on a clock that ticks as fast as the portfolio ships in
//! that week of the year, silence in the low season is short and silence in the high season long.

use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::ChurnError;

/// Weeks of the year: seven days each from 1 January on, the last has eight or nine.
pub const WEEKS: usize = 52;
/// A week's index is shrunk towards 1 as if so many events more had come evenly. A design choice.
pub const PRIOR_EVENTS: f64 = 50.0;
/// No week counts for less than this, so that time never stands still. A design choice.
pub const LEAST: f64 = 0.1;
/// Full years of history that a season needs.
pub const MIN_YEARS: u32 = 2;
/// Most years looked at: seasons change.
const MAX_YEARS: u32 = 5;

/// How much the portfolio ships in each week of the year, against the mean of the year.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    index: [f64; WEEKS],
    years: u32,
}

impl Season {
    /// Estimates the indices from the whole portfolio's events by day.
    ///
    /// `counts` are days, ascending, with how many events each had; days without any may be left
    /// out. Looks at the full years that end with `as_of`, at most five; growth from year to year is
    /// taken out as an exponential trend. Each index is (n + 50)/(expected without season + 50),
    /// at least 0.1, and their mean over the days of a year is 1. `None` if the first day is less
    /// than two full years before `as_of`: there is no telling a season from a trend then.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Order`] names the first day that is not later than the one before it.
    pub fn from_events(
        counts: &[(NaiveDate, u64)],
        as_of: NaiveDate,
    ) -> Result<Option<Self>, ChurnError> {
        for (&(previous, _), &(day, _)) in counts.iter().zip(counts.iter().skip(1)) {
            if day <= previous {
                return Err(ChurnError::Order { day, previous });
            }
        }
        let Some(&(first, _)) = counts.iter().find(|(_, events)| *events > 0) else {
            return Ok(None);
        };
        // A portfolio need not ship on the very first day.
        let covered = |years: u32| {
            let start = before(as_of, years)?.checked_add_days(Days::new(7))?;
            (first <= start).then_some(years)
        };
        let Some(years) = (MIN_YEARS..=MAX_YEARS).map_while(covered).last() else {
            return Ok(None);
        };
        let Some(start) = before(as_of, years) else {
            return Ok(None);
        };
        let inside: Vec<(NaiveDate, f64)> = counts
            .iter()
            .filter(|(day, _)| *day > start && *day <= as_of)
            .map(|&(day, events)| (day, events as f64))
            .collect();
        Ok(growth(&inside, as_of, years).map(|growth| {
            let index = indices(&inside, start, as_of, growth);
            Self { index, years }
        }))
    }

    /// The index of each week of the year; the mean over the days of a year is 1.
    pub fn index(&self) -> &[f64; WEEKS] {
        &self.index
    }

    /// Full years of history it was estimated from.
    pub fn years(&self) -> u32 {
        self.years
    }
}

/// The same day so many years earlier.
fn before(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    day.checked_sub_months(Months::new(12 * years))
}

/// Position of the day's week within its year.
fn week(day: NaiveDate) -> usize {
    (day.ordinal0() as usize / 7).min(WEEKS - 1)
}

/// Logarithm of the growth per year; `None` if the first or the last year is empty.
fn growth(counts: &[(NaiveDate, f64)], as_of: NaiveDate, years: u32) -> Option<f64> {
    let total = |year: u32| {
        let (from, to) = (before(as_of, year + 1)?, before(as_of, year)?);
        let inside = counts.iter().filter(|(day, _)| *day > from && *day <= to);
        Some(inside.map(|(_, events)| events).sum::<f64>()).filter(|sum| *sum > 0.0)
    };
    let (last, first) = (total(0)?, total(years - 1)?);
    Some((last / first).ln() / f64::from(years - 1))
}

fn indices(
    counts: &[(NaiveDate, f64)],
    start: NaiveDate,
    as_of: NaiveDate,
    growth: f64,
) -> [f64; WEEKS] {
    let mut found = [0.0; WEEKS];
    let mut days = [0.0; WEEKS];
    let add = |sums: &mut [f64; WEEKS], day, amount| {
        if let Some(sum) = sums.get_mut(week(day)) {
            *sum += amount;
        }
    };
    for &(day, events) in counts {
        let age = (as_of - day).num_days() as f64 / 365.25;
        add(&mut found, day, events * (growth * age).exp());
    }
    for day in start.iter_days().skip(1).take_while(|day| *day <= as_of) {
        add(&mut days, day, 1.0);
    }
    let (all, detrended): (f64, f64) = (
        counts.iter().map(|(_, events)| events).sum(),
        found.iter().sum(),
    );
    let per_day = all / days.iter().sum::<f64>();
    let mut index = [1.0; WEEKS];
    for ((index, found), days) in index.iter_mut().zip(found).zip(days) {
        let found = found * all / detrended;
        *index = ((found + PRIOR_EVENTS) / (per_day * days + PRIOR_EVENTS)).max(LEAST);
    }
    let year = YEAR as f64;
    let sum: f64 = (0..YEAR).map(|day| daily(&index, day)).sum();
    index.map(|index| index * year / sum)
}

/// Days of a common year.
const YEAR: usize = 365;

fn daily(index: &[f64; WEEKS], ordinal0: usize) -> f64 {
    let place = (ordinal0 / 7).min(WEEKS - 1);
    index.get(place).copied().unwrap_or(1.0)
}

/// What turns days into weeks: plainly, or by season.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar(Option<Arc<Clock>>);

/// Operational weeks from 1 January to the end of each day of a year with 29 February.
#[derive(Debug, PartialEq)]
struct Clock {
    season: Season,
    elapsed: Vec<f64>,
}

impl Calendar {
    /// Seven days are a week.
    pub const PLAIN: Self = Self(None);

    /// Days count by their week's index; a common year is still 365/7 weeks. The future has the same
    /// season as the past.
    pub fn seasonal(season: Season) -> Self {
        let mut sum = 0.0;
        let elapsed = (0..=YEAR).map(|day| {
            sum += daily(&season.index, day) / 7.0;
            sum
        });
        let elapsed = elapsed.collect();
        Self(Some(Arc::new(Clock { season, elapsed })))
    }

    /// The season, unless the calendar is plain.
    pub fn season(&self) -> Option<&Season> {
        self.0.as_deref().map(|clock| &clock.season)
    }

    /// Weeks from the end of one day to the end of another; negative if that is earlier.
    pub fn weeks(&self, from: NaiveDate, to: NaiveDate) -> f64 {
        match &self.0 {
            None => (to - from).num_days() as f64 / 7.0,
            Some(clock) => clock.reading(to) - clock.reading(from),
        }
    }

    /// What `horizon_weeks` weeks of seven days after `as_of` come to.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] if they reach beyond the calendar's last day.
    pub fn horizon(&self, as_of: NaiveDate, horizon_weeks: u32) -> Result<f64, ChurnError> {
        let end = as_of.checked_add_days(Days::new(7 * u64::from(horizon_weeks)));
        let end = end.ok_or(ChurnError::Number {
            field: "horizon",
            value: f64::from(horizon_weeks),
            rule: "weeks that end before the year 262143",
        })?;
        Ok(self.weeks(as_of, end))
    }
}

impl Clock {
    /// Operational weeks from the beginning of 2000 to the end of `day`.
    fn reading(&self, day: NaiveDate) -> f64 {
        let year = i64::from(day.year());
        let leaps = |year: i64| {
            let past = year - 1;
            past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)
        };
        let leap_years = (leaps(year) - leaps(2000)) as f64;
        let years = (year - 2000) as f64;
        let at = |ordinal0: usize| self.elapsed.get(ordinal0).copied().unwrap_or(0.0);
        let common = at(YEAR - 1);
        years * common + leap_years * (at(YEAR) - common) + at(day.ordinal0() as usize)
    }
}
