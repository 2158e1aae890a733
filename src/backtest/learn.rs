//! What the strengths of the cascade look like in the periods of a back-test.
//!
//! Periods have the length of the horizon and begin at the first as-of date. At a date only the
//! periods count whose outcome was known by then.

use chrono::NaiveDate;
use rayon::prelude::*;

use super::BacktestError;
use super::trail::Trail;
use crate::cascade::Strengths;
use crate::cascade::calibrate::{self, Calibration, Case, History, Panels, Settings};
use crate::churn::{self, Activity, Fit, FitOptions};

/// What a back-test has to learn from.
#[derive(Debug)]
pub struct Lessons {
    panels: Panels,
    /// Ends of periods: the last day of each, ascending.
    boundaries: Vec<i32>,
}

impl Lessons {
    /// Builds the observations of all periods up to the last known day.
    ///
    /// # Errors
    ///
    /// [`BacktestError`] if a model refuses its input.
    pub fn build(
        trail: &Trail,
        (first, end): (i32, i32),
        horizon_days: i32,
    ) -> Result<Self, BacktestError> {
        // What was known before a day was known at the end of the day before.
        let mut boundaries = Vec::new();
        let mut boundary = first - 1;
        while boundary < end {
            boundaries.push(boundary);
            boundary += horizon_days.max(1);
        }
        // An observation needs a period of exposure and one of outcome.
        if boundaries.len() < 3 {
            return Ok(Self {
                panels: Panels::default(),
                boundaries,
            });
        }
        let fits = boundaries
            .par_iter()
            .map(|boundary| fit(trail, *boundary))
            .collect::<Result<Vec<_>, BacktestError>>()?;
        let nothing = vec![0.0; trail.days().len()];
        let history = History {
            links: &trail.links(),
            regions: trail.regions(),
            own_business: &nothing,
            boundaries: &boundaries,
            partner_days: History::PARTNER_DAYS,
        };
        let own = |case: &Case<'_>| {
            let fit = fits.get(case.period as usize)?.as_ref()?;
            own_churn(fit, case)
        };
        let panels = calibrate::panels(&history, own)?;
        Ok(Self { panels, boundaries })
    }

    /// Strengths learnt from the outcomes that lie before a day; `None` if there are none.
    ///
    /// # Errors
    ///
    /// [`BacktestError`] if the calibration refuses its input.
    pub fn strengths_before(&self, day: i32) -> Result<Option<Strengths>, BacktestError> {
        let known = |period: u32| {
            let end = self.boundaries.get(period as usize + 1);
            end.is_some_and(|end| *end < day)
        };
        let of = |panel: &[calibrate::Observation]| -> Vec<calibrate::Observation> {
            let past = panel.iter().filter(|seen| known(seen.period));
            past.copied().collect()
        };
        let lagged = of(&self.panels.lagged);
        if lagged.is_empty() {
            return Ok(None);
        }
        // The strengths alone are wanted here: neither placebo nor intervals of the hold-out.
        let settings = Settings {
            permutations: 1,
            resamples: 1,
            ..Settings::default()
        };
        let learnt = calibrate::calibrate(&lagged, &of(&self.panels.same_period), &settings)?;
        Ok(Some(learnt.strengths()))
    }

    /// What all periods together say.
    ///
    /// # Errors
    ///
    /// As [`strengths_before`](Self::strengths_before).
    pub fn calibration(&self) -> Result<Calibration, BacktestError> {
        let Panels {
            lagged,
            same_period,
            ..
        } = &self.panels;
        Ok(calibrate::calibrate(lagged, same_period, &Settings::default())?)
    }

    /// Customers times periods that could not be judged: every partner of theirs went silent.
    pub fn unjudged(&self) -> u64 {
        self.panels.unjudged as u64
    }
}

/// Parameters of own churn from what was known at the end of a day; `None` if nobody had shipped.
///
/// One fit for everybody: customers that lost a partner and those that did not must be judged alike.
fn fit(trail: &Trail, boundary: i32) -> Result<Option<Fit>, BacktestError> {
    let histories = trail
        .days()
        .iter()
        .filter_map(|days| history(days, boundary).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    if histories.is_empty() {
        return Ok(None);
    }
    Ok(Some(churn::fit(&histories, None, &FitOptions::default())?))
}

fn own_churn(fit: &Fit, case: &Case<'_>) -> Option<f64> {
    let history = history(case.days, case.as_of).ok()??;
    let weeks = f64::from(case.horizon) / 7.0;
    let score = churn::score(fit, &history, weeks).ok()?;
    Some(score.churn.get())
}

/// The statistics of the days up to and including a boundary, as a run on the day after it would
/// have them; `None` without such a day.
fn history(days: &[i32], boundary: i32) -> Result<Option<churn::History>, churn::ChurnError> {
    let past: Vec<NaiveDate> = days
        .iter()
        .take_while(|day| **day <= boundary)
        .filter_map(|day| NaiveDate::from_num_days_from_ce_opt(*day))
        .collect();
    let Some(as_of) = NaiveDate::from_num_days_from_ce_opt(boundary + 1) else {
        return Ok(None);
    };
    Activity::from_days(&past, as_of, churn::statistics::WINDOW_WEEKS)?
        .map(|activity| activity.at(as_of))
        .transpose()
}
