//! From shipping days to sufficient statistics, in one pass or one day at a time.

use chrono::{Days, NaiveDate};

use super::{Calendar, ChurnError, History};

/// Length of the window, in weeks: two years. A design choice.
pub const WINDOW_WEEKS: u32 = 104;

/// Sufficient statistics of an entity, kept apart from the as-of date so that they can be updated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activity {
    first: NaiveDate,
    last: NaiveDate,
    repeats: u64,
    litt: f64,
}

impl Activity {
    /// Starts with the first shipping day.
    pub fn starting(first: NaiveDate) -> Self {
        Self {
            first,
            last: first,
            repeats: 0,
            litt: 0.0,
        }
    }

    /// Statistics of the days in the `window_weeks` weeks up to and including `as_of`.
    ///
    /// `days` are distinct and ascending. Days after `as_of` are the future and do not count; days
    /// before the window are forgotten, so the first day inside it is the first event. `None` if
    /// no day is inside. Intervals are in the weeks of `calendar`; the window is not.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Order`] names the first day that is not later than the one before it.
    pub fn from_days(
        days: &[NaiveDate],
        as_of: NaiveDate,
        window_weeks: u32,
        calendar: &Calendar,
    ) -> Result<Option<Self>, ChurnError> {
        for (&previous, &day) in days.iter().zip(days.iter().skip(1)) {
            if day <= previous {
                return Err(ChurnError::Order { day, previous });
            }
        }
        // A window that reaches before the calendar's first day reaches over everything.
        let before = as_of.checked_sub_days(Days::new(u64::from(window_weeks) * 7));
        let mut inside = days
            .iter()
            .copied()
            .filter(|&day| day <= as_of && before.is_none_or(|before| day > before));
        let Some(first) = inside.next() else {
            return Ok(None);
        };
        let mut activity = Self::starting(first);
        for day in inside {
            activity.record(day, calendar)?;
        }
        Ok(Some(activity))
    }

    /// Adds a shipping day in O(1); `false` if it is the last one again, which changes nothing.
    ///
    /// The window does not slide here: to forget old days, or with another calendar, start again
    /// [`from_days`](Self::from_days).
    ///
    /// # Errors
    ///
    /// [`ChurnError::Order`] if the day is before the last one.
    pub fn record(&mut self, day: NaiveDate, calendar: &Calendar) -> Result<bool, ChurnError> {
        if day < self.last {
            return Err(ChurnError::Order {
                day,
                previous: self.last,
            });
        }
        if day == self.last {
            return Ok(false);
        }
        self.litt += calendar.weeks(self.last, day).ln();
        self.repeats += 1;
        self.last = day;
        Ok(true)
    }

    /// The statistics as of a date, in the weeks of the calendar the days were recorded with.
    ///
    /// # Errors
    ///
    /// [`ChurnError::AsOf`] if the date is before the last shipping day;
    /// [`ChurnError::Rule`] or [`ChurnError::Number`] beyond the models' range (a million events).
    pub fn at(&self, as_of: NaiveDate, calendar: &Calendar) -> Result<History, ChurnError> {
        if as_of < self.last {
            return Err(ChurnError::AsOf {
                as_of,
                last: self.last,
            });
        }
        History::new(
            self.repeats,
            calendar.weeks(self.first, self.last),
            calendar.weeks(self.first, as_of),
            self.litt,
        )
    }

    /// First shipping day.
    pub fn first(&self) -> NaiveDate {
        self.first
    }

    /// Last shipping day.
    pub fn last(&self) -> NaiveDate {
        self.last
    }

    /// Shipping days after the first.
    pub fn repeats(&self) -> u64 {
        self.repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Calendar = Calendar::PLAIN;

    fn day(number: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2014, 1, 1).unwrap() + chrono::Duration::days(number)
    }

    fn days(numbers: &[i64]) -> Vec<NaiveDate> {
        numbers.iter().copied().map(day).collect()
    }

    #[test]
    fn three_days_a_week_apart_are_two_events_after_the_first() {
        let list = days(&[-35, -28, -14]);
        let activity = Activity::from_days(&list, day(0), WINDOW_WEEKS, &PLAIN)
            .unwrap()
            .unwrap();
        let history = activity.at(day(0), &PLAIN).unwrap();

        // First to last 21 days, first to as-of 35 days; intervals of 1 and 2 weeks.
        assert_eq!((history.x(), history.t_x(), history.age()), (2, 3.0, 5.0));
        assert!((history.litt() - 2.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn day_by_day_comes_to_the_same_as_all_at_once_and_a_day_told_twice_counts_once() {
        let list = days(&[-300, -100, -99, -7, 0]);
        let whole = Activity::from_days(&list, day(0), WINDOW_WEEKS, &PLAIN).unwrap();
        let mut step = Activity::starting(day(-300));
        for (number, counts) in [
            (-100, true),
            (-100, false),
            (-99, true),
            (-7, true),
            (0, true),
        ] {
            assert_eq!(step.record(day(number), &PLAIN), Ok(counts));
        }
        assert_eq!(whole, Some(step));
        assert!(step.record(day(-1), &PLAIN).is_err());
    }

    #[test]
    fn the_future_and_what_lies_before_the_window_do_not_count() {
        let list = days(&[-800, -728, -727, -14, 1]);
        let activity = Activity::from_days(&list, day(0), WINDOW_WEEKS, &PLAIN)
            .unwrap()
            .unwrap();
        assert_eq!((activity.first(), activity.repeats()), (day(-727), 1));

        let old = Activity::from_days(&days(&[-729]), day(0), WINDOW_WEEKS, &PLAIN);
        assert_eq!(old, Ok(None));
        assert_eq!(
            Activity::from_days(&[], day(0), WINDOW_WEEKS, &PLAIN),
            Ok(None)
        );
    }

    #[test]
    fn days_out_of_order_and_an_as_of_date_before_the_last_are_refused() {
        let twice = days(&[-3, -3]);
        assert!(Activity::from_days(&twice, day(0), WINDOW_WEEKS, &PLAIN).is_err());
        let backwards = days(&[-3, -4]);
        assert!(Activity::from_days(&backwards, day(0), WINDOW_WEEKS, &PLAIN).is_err());
        assert!(Activity::starting(day(0)).at(day(-1), &PLAIN).is_err());
    }
}
