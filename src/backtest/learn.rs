//! What the strengths of the cascade look like in the periods of a back-test.
//!
//! Periods have the length of the horizon and begin at the first as-of date. At a date only the
//! periods count whose outcome was known by then.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::BacktestError;
use super::trail::Trail;
use crate::cascade::Strengths;
use crate::cascade::calibrate::{self, Calibration, Case, History, Panels, Settings};
use crate::churn::{self, Activity, Calendar, ChurnError, Fit, Season, SelectOptions};

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
        let models = boundaries
            .par_iter()
            .map(|boundary| Model::at(trail, *boundary))
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
            let model = models.get(case.period as usize)?.as_ref()?;
            model.own_churn(case)
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
        Ok(calibrate::calibrate(
            lagged,
            same_period,
            &Settings::default(),
        )?)
    }

    /// Customers times periods that could not be judged: every partner of theirs went silent.
    pub fn unjudged(&self) -> u64 {
        self.panels.unjudged as u64
    }
}

/// Own churn as it could be told at the end of a period.
///
/// One fit for everybody: customers that lost a partner and those that did not must be judged alike.
struct Model {
    fit: Fit,
    calendar: Calendar,
}

impl Model {
    /// From what was known at the end of a day; `None` if nobody had shipped.
    fn at(trail: &Trail, boundary: i32) -> Result<Option<Self>, BacktestError> {
        let calendar = calendar(trail, boundary)?;
        let histories = trail
            .days()
            .iter()
            .filter_map(|days| history(days, boundary, &calendar).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        if histories.is_empty() {
            return Ok(None);
        }
        let chosen = churn::select(&histories, None, &SelectOptions::default())?;
        Ok(Some(Self {
            fit: chosen.fit,
            calendar,
        }))
    }

    /// `None` without a day, or where the model cannot say: the observation is then left out and
    /// counted.
    fn own_churn(&self, case: &Case<'_>) -> Option<f64> {
        let history = history(case.days, case.as_of, &self.calendar).ok()??;
        let begin = NaiveDate::from_num_days_from_ce_opt(case.as_of + 1)?;
        let end = NaiveDate::from_num_days_from_ce_opt(case.as_of + 1 + case.horizon)?;
        let score = churn::score(&self.fit, &history, self.calendar.weeks(begin, end)).ok()?;
        Some(score.churn.get())
    }
}

/// The calendar as a run on the day after a boundary would have it: with the season once it is known.
fn calendar(trail: &Trail, boundary: i32) -> Result<Calendar, ChurnError> {
    let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
    for day in trail
        .days()
        .iter()
        .flatten()
        .filter(|day| **day <= boundary)
    {
        *counts.entry(*day).or_default() += 1;
    }
    let counts: Vec<(NaiveDate, u64)> = counts
        .into_iter()
        .filter_map(|(day, count)| Some((NaiveDate::from_num_days_from_ce_opt(day)?, count)))
        .collect();
    let Some(as_of) = NaiveDate::from_num_days_from_ce_opt(boundary + 1) else {
        return Ok(Calendar::PLAIN);
    };
    let season = Season::from_events(&counts, as_of)?;
    Ok(season.map_or(Calendar::PLAIN, Calendar::seasonal))
}

/// The statistics of the days up to and including a boundary, as a run on the day after it would
/// have them; `None` without such a day.
fn history(
    days: &[i32],
    boundary: i32,
    calendar: &Calendar,
) -> Result<Option<churn::History>, ChurnError> {
    let past: Vec<NaiveDate> = days
        .iter()
        .take_while(|day| **day <= boundary)
        .filter_map(|day| NaiveDate::from_num_days_from_ce_opt(*day))
        .collect();
    let Some(as_of) = NaiveDate::from_num_days_from_ce_opt(boundary + 1) else {
        return Ok(None);
    };
    Activity::from_days(&past, as_of, churn::statistics::WINDOW_WEEKS, calendar)?
        .map(|activity| activity.at(as_of, calendar))
        .transpose()
}
