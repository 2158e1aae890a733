//! Which past dates are looked at: from, to, and every so many days.

use std::fmt;
use std::str::FromStr;

use chrono::{Days, NaiveDate};

/// As-of dates of one back-test at most: ten years of weeks.
pub const MOST_DATES: usize = 520;
/// Days from one as-of date to the next at most: ten years.
const MOST_DAYS: u32 = 3_650;

/// Days from one as-of date to the next, 1 to 3,650; written `13w` or `91d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step(u32);

/// A text was no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no step: expected weeks or days, from 1d to 3650d, such as 13w or 91d")]
pub struct NoStep(String);

impl Step {
    /// The days.
    pub fn days(self) -> u32 {
        self.0
    }
}

impl FromStr for Step {
    type Err = NoStep;

    fn from_str(text: &str) -> Result<Self, NoStep> {
        let refused = || NoStep(text.chars().take(40).collect());
        let (number, unit) = match (text.strip_suffix('w'), text.strip_suffix('d')) {
            (Some(weeks), _) => (weeks, 7),
            (_, Some(days)) => (days, 1),
            _ => return Err(refused()),
        };
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        number
            .parse::<u32>()
            .ok()
            .filter(|_| digits)
            .and_then(|count| count.checked_mul(unit))
            .filter(|days| (1..=MOST_DAYS).contains(days))
            .map(Self)
            .ok_or_else(refused)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(7) {
            write!(f, "{}w", self.0 / 7)
        } else {
            write!(f, "{}d", self.0)
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First as-of date.
    pub from: NaiveDate,
    /// No as-of date lies after this day.
    pub to: NaiveDate,
    /// From one as-of date to the next.
    pub every: Step,
}

/// Why a range cannot be back-tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It ends before it begins.
    #[error("from {from} lies after to {to}")]
    Backwards {
        /// First as-of date.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
    },
    /// It ends in the future.
    #[error("to {to} lies in the future: today is {today}")]
    Future {
        /// Last day.
        to: NaiveDate,
        /// Today.
        today: NaiveDate,
    },
    /// Too many dates.
    #[error("more than {MOST_DATES} dates: take a longer step or a shorter range")]
    TooMany,
    /// There are no shipments.
    #[error("there are no shipments: import some first")]
    NoShipments,
    /// Nothing was known at the first date.
    #[error(
        "nothing was known before {from}: the first shipment is of {first_shipment}, so that the first possible date is {first_possible}"
    )]
    TooEarly {
        /// First as-of date.
        from: NaiveDate,
        /// Day of the first shipment.
        first_shipment: NaiveDate,
        /// The day after it.
        first_possible: NaiveDate,
    },
    /// What came after the last date is not known in full.
    #[error(
        "what came in the {horizon_weeks} weeks from {date} on is not known in full: the last shipment is of {last_shipment}, so that {}",
        match last_possible {
            Some(day) => format!("the last possible date is {day}"),
            None => "no date is possible".to_owned(),
        }
    )]
    HorizonOpen {
        /// The date concerned.
        date: NaiveDate,
        /// Weeks ahead.
        horizon_weeks: u32,
        /// Day of the last shipment.
        last_shipment: NaiveDate,
        /// The last date whose horizon lies within the data, if there is one.
        last_possible: Option<NaiveDate>,
    },
}

impl RangeError {
    /// The field to change: `from`, `to` or `every`.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Backwards { .. } | Self::NoShipments | Self::TooEarly { .. } => "from",
            Self::Future { .. } | Self::HorizonOpen { .. } => "to",
            Self::TooMany => "every",
        }
    }

    /// Stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Backwards { .. } => "after_to",
            Self::Future { .. } => "in_the_future",
            Self::TooMany => "too_many_dates",
            Self::NoShipments | Self::TooEarly { .. } => "no_data",
            Self::HorizonOpen { .. } => "horizon_open",
        }
    }
}

/// First and last day with a shipment.
pub type Bounds = (NaiveDate, NaiveDate);

impl Range {
    /// The as-of dates, ascending; at least one.
    ///
    /// A date's horizon are the days from the date itself, of which nothing was known, up to
    /// `horizon_weeks` weeks later.
    ///
    /// # Errors
    ///
    /// [`RangeError`]; a date whose horizon is open names the last one possible.
    pub fn dates(
        &self,
        data: Option<Bounds>,
        horizon_weeks: u32,
        today: NaiveDate,
    ) -> Result<Vec<NaiveDate>, RangeError> {
        let Self { from, to, every } = *self;
        if from > to {
            return Err(RangeError::Backwards { from, to });
        }
        if to > today {
            return Err(RangeError::Future { to, today });
        }
        let (first_shipment, last_shipment) = data.ok_or(RangeError::NoShipments)?;
        if from <= first_shipment {
            return Err(RangeError::TooEarly {
                from,
                first_shipment,
                first_possible: day_after(first_shipment),
            });
        }
        let mut dates = Vec::new();
        let mut next = Some(from);
        while let Some(date) = next.filter(|date| *date <= to) {
            if dates.len() == MOST_DATES {
                return Err(RangeError::TooMany);
            }
            dates.push(date);
            next = date.checked_add_days(Days::new(u64::from(every.days())));
        }
        // Shipments may be planned ahead: what has not come to pass is no outcome.
        let known_to = last_shipment.min(day_before(today));
        let last_possible = day_after(known_to)
            .checked_sub_days(horizon_days(horizon_weeks))
            .filter(|day| *day > first_shipment);
        match dates.last() {
            Some(&as_of) if last_possible.is_none_or(|last| as_of > last) => {
                Err(RangeError::HorizonOpen {
                    date: as_of,
                    horizon_weeks,
                    last_shipment,
                    last_possible,
                })
            }
            _ => Ok(dates),
        }
    }
}

/// The days of a horizon.
pub fn horizon_days(weeks: u32) -> Days {
    Days::new(u64::from(weeks) * 7)
}

fn day_after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(NaiveDate::MAX)
}

fn day_before(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn range(from: &str, to: &str, every: &str) -> Range {
        Range {
            from: day(from),
            to: day(to),
            every: every.parse().unwrap(),
        }
    }

    /// Shipments from 2 January 2020 to 31 December 2020.
    fn data() -> Bounds {
        (day("2020-01-02"), day("2020-12-31"))
    }

    const TODAY: &str = "2026-03-02";

    #[test]
    fn a_step_is_a_number_of_weeks_or_days() {
        assert_eq!("13w".parse::<Step>().unwrap().days(), 91);
        assert_eq!("91d".parse::<Step>().unwrap().to_string(), "13w");
        assert_eq!("30d".parse::<Step>().unwrap().to_string(), "30d");
        for wrong in [
            "0w",
            "0d",
            "",
            "w",
            "13",
            "-1w",
            "+1w",
            "1.5w",
            "3651d",
            "99999999999w",
            "13 w",
            "wd",
        ] {
            assert!(wrong.parse::<Step>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_dates_are_those_up_to_the_end() {
        let dates = range("2020-07-01", "2020-09-30", "13w").dates(Some(data()), 13, day(TODAY));
        assert_eq!(dates.unwrap(), [day("2020-07-01"), day("2020-09-30")]);
    }

    #[test]
    fn the_last_horizon_ends_with_the_data() {
        // 91 days from 2 October 2020 on end with 31 December.
        assert!(
            range("2020-10-02", "2020-10-02", "1w")
                .dates(Some(data()), 13, day(TODAY))
                .is_ok()
        );
        let error = range("2020-10-02", "2020-10-03", "1d")
            .dates(Some(data()), 13, day(TODAY))
            .unwrap_err();
        assert_eq!((error.field(), error.code()), ("to", "horizon_open"));
        assert!(
            error
                .to_string()
                .contains("the last possible date is 2020-10-02"),
            "{error}"
        );
        let error = range("2020-10-02", "2020-10-02", "1d").dates(Some(data()), 104, day(TODAY));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("no date is possible")
        );
    }

    #[test]
    fn days_to_come_are_no_outcomes_though_shipments_are_planned() {
        // On 1 November 2020 the days to 31 October are over: 13 weeks of them begin on 2 August.
        let today = day("2020-11-01");
        assert!(
            range("2020-08-02", "2020-08-02", "1d")
                .dates(Some(data()), 13, today)
                .is_ok()
        );
        assert!(
            range("2020-08-03", "2020-08-03", "1d")
                .dates(Some(data()), 13, today)
                .is_err()
        );
    }

    #[test]
    fn every_other_mistake_has_its_own_answer() {
        let today = day(TODAY);
        let code = |range: Range, data| range.dates(data, 13, today).unwrap_err().code();
        assert_eq!(
            code(range("2020-07-02", "2020-07-01", "1w"), Some(data())),
            "after_to"
        );
        assert_eq!(
            code(range("2020-07-02", "2026-03-03", "1w"), Some(data())),
            "in_the_future"
        );
        assert_eq!(
            code(range("2020-07-02", "2020-07-03", "1w"), None),
            "no_data"
        );
        assert_eq!(
            code(range("2020-01-02", "2020-07-03", "1w"), Some(data())),
            "no_data"
        );
        assert!(
            range("2020-01-03", "2020-07-03", "1w")
                .dates(Some(data()), 13, today)
                .is_ok()
        );
        assert_eq!(
            code(range("2020-01-03", "2025-01-01", "1d"), Some(data())),
            "too_many_dates"
        );
    }
}
