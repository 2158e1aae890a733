//! Own churn of every customer and link: each step on top of the one before.
//!
//! ```text
//! days ─> calendar ─> histories ─> segments ─> shipping days ─┬─ average ─ service ─ coherence ─> own churn
//!         (season)                 (one fit      (BTYD)       │  (RFM      (late,     (with the
//!                                   each)                     └── logit)    claims …)  links)
//! ```
//!
//! The logits learn from [`slices`] of the past: what could be seen a horizon, two, three and four
//! ago, and who was silent in the horizon after. Everything is computed from the inputs alone.

mod learn;
pub mod record;
mod segments;
pub mod slices;

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use rayon::prelude::*;

use self::learn::Logits;
use self::record::ModelFit;
use self::segments::{Segment, Segments};
use super::AssessmentError;
use super::inputs::{Inputs, Past};
use super::risk::{HISTORY_WEEKS, Scope};
use crate::churn::score::CLIP;
use crate::churn::{self, Activity, Calendar, ChurnError, History, LinkActivity, Score, Season};
use crate::ids::CustomerId;
use crate::units::Probability;

/// Own churn of a customer with the steps that led to it.
#[derive(Clone, Copy, Debug)]
pub struct CustomerOwn {
    /// The number, and what the shipping days say.
    pub score: Score,
    /// First shipping day in the statistics' window.
    pub first_on: NaiveDate,
    /// Last shipping day.
    pub last_on: NaiveDate,
    /// Shipping days in the statistics' window.
    pub shipping_days: u64,
    /// How the number came about.
    pub steps: Steps,
}

/// Own churn after each step; a step that was not taken is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// By shipping days alone.
    pub shipping_days: Probability,
    /// By recency, frequency and value alone.
    pub rfm: Option<Probability>,
    /// After the service covariates.
    pub service: Option<Probability>,
}

/// Shipper and consignee of a link.
pub type LinkEnds = (CustomerId, CustomerId);

/// How likely a link is to stay silent.
#[derive(Clone, Copy, Debug)]
pub struct LinkOwn {
    /// By its own shipping days.
    pub raw: Probability,
    /// The same, no less than that of either end.
    pub coherent: Probability,
    /// Shipping days expected over the horizon.
    pub expected_days: f64,
}

/// Own churn of everybody.
#[derive(Debug)]
pub struct OwnChurn {
    /// In the order of the inputs' customers.
    pub customers: Vec<CustomerOwn>,
    /// Links with a shipping day in the statistics' window.
    pub links: HashMap<LinkEnds, LinkOwn>,
    /// The fitted models.
    pub models: Vec<ModelFit>,
    /// Whether the season is known.
    pub seasonal: bool,
}

/// Computes own churn.
///
/// # Errors
///
/// [`AssessmentError`] if a model refuses its input.
pub fn assess(inputs: &Inputs, scope: &Scope) -> Result<OwnChurn, AssessmentError> {
    let season = season(inputs, scope.as_of)?;
    let calendar = season.clone().map_or(Calendar::PLAIN, Calendar::seasonal);
    let view = View::new(scope, &calendar);
    let histories = histories(inputs, &view)?;
    let links = link_histories(inputs, &view)?;
    let sides = sides(inputs);
    let with_side: Vec<(Segment, History)> = sides
        .iter()
        .copied()
        .zip(histories.iter().map(|seen| seen.history))
        .collect();
    let link_only: Vec<History> = links.iter().map(|link| link.history).collect();
    let Some(segments) = Segments::fit(&with_side, link_only)? else {
        return Ok(OwnChurn {
            customers: Vec::new(),
            links: HashMap::new(),
            models: Vec::new(),
            seasonal: season.is_some(),
        });
    };
    let logits = Logits::learn(inputs, &sides, &segments, &view)?;
    let customers = inputs
        .pasts
        .par_iter()
        .zip(&histories)
        .zip(&sides)
        .map(|((past, seen), side)| customer(past, seen, segments.serving(*side), &logits, &view))
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let (customers, links) = coherent(inputs, customers, &links, &segments, &view)?;
    let mut models = segments.records(scope.previous.as_ref(), view.horizon)?;
    models.extend(logits.records());
    models.extend(season.as_ref().map(|season| {
        let days = inputs.pasts.iter().map(|past| past.days.len()).sum();
        ModelFit::season(season, inputs.pasts.len(), days)
    }));
    Ok(OwnChurn {
        customers,
        links,
        models,
        seasonal: season.is_some(),
    })
}

/// From when, how far and by which calendar a run looks.
struct View<'a> {
    as_of: NaiveDate,
    horizon_weeks: u32,
    calendar: &'a Calendar,
    /// Weeks of the calendar over the horizon.
    horizon: f64,
}

impl<'a> View<'a> {
    fn new(scope: &Scope, calendar: &'a Calendar) -> Self {
        let mut view = Self {
            as_of: scope.as_of,
            horizon_weeks: scope.horizon_weeks,
            calendar,
            horizon: 0.0,
        };
        view.horizon = view.horizon_at(scope.as_of);
        view
    }

    /// The first day after the horizon of a day.
    fn end(&self, day: NaiveDate) -> NaiveDate {
        day.checked_add_days(Days::new(u64::from(self.horizon_weeks) * 7))
            .unwrap_or(NaiveDate::MAX)
    }

    /// Weeks of the calendar over the horizon of a day.
    fn horizon_at(&self, day: NaiveDate) -> f64 {
        self.calendar.weeks(day, self.end(day))
    }

    /// The history of days before `at`; `None` without one in the statistics' window.
    fn history(&self, days: &[NaiveDate], at: NaiveDate) -> Result<Option<Seen>, ChurnError> {
        let days = slices::days_before(days, at);
        let Some(activity) = Activity::from_days(days, at, HISTORY_WEEKS, self.calendar)? else {
            return Ok(None);
        };
        Ok(Some(Seen {
            history: activity.at(at, self.calendar)?,
            first_on: activity.first(),
            last_on: activity.last(),
        }))
    }
}

/// A history with its first and last day.
#[derive(Clone, Copy)]
struct Seen {
    history: History,
    first_on: NaiveDate,
    last_on: NaiveDate,
}

/// A link's history with its place among the inputs' links.
struct SeenLink {
    at: usize,
    history: History,
}

fn season(inputs: &Inputs, as_of: NaiveDate) -> Result<Option<Season>, ChurnError> {
    let mut counts: HashMap<NaiveDate, u64> = HashMap::new();
    for past in inputs.pasts.iter().chain(&inputs.former) {
        for day in &past.days {
            *counts.entry(*day).or_default() += 1;
        }
    }
    let mut counts: Vec<(NaiveDate, u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    Season::from_events(&counts, as_of)
}

fn histories(inputs: &Inputs, view: &View<'_>) -> Result<Vec<Seen>, AssessmentError> {
    inputs
        .pasts
        .par_iter()
        .map(|past| {
            view.history(&past.days, view.as_of)?
                .ok_or(AssessmentError::NoDays)
        })
        .collect()
}

fn link_histories(inputs: &Inputs, view: &View<'_>) -> Result<Vec<SeenLink>, AssessmentError> {
    let found = inputs
        .link_pasts
        .par_iter()
        .enumerate()
        .map(|(at, link)| {
            let seen = view.history(&link.days, view.as_of)?;
            Ok(seen.map(|seen| SeenLink {
                at,
                history: seen.history,
            }))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The side of each customer in the business window: whether it ships more than it receives.
fn sides(inputs: &Inputs) -> Vec<Segment> {
    let mut balance: HashMap<CustomerId, i64> = HashMap::new();
    for link in &inputs.links {
        *balance.entry(link.shipper).or_default() += i64::from(link.shipments);
        *balance.entry(link.consignee).or_default() -= i64::from(link.shipments);
    }
    inputs
        .customers
        .iter()
        .map(|customer| {
            if balance.get(customer).copied().unwrap_or(0) >= 0 {
                Segment::Shippers
            } else {
                Segment::Consignees
            }
        })
        .collect()
}

fn customer(
    past: &Past,
    seen: &Seen,
    fit: &churn::Fit,
    logits: &Logits,
    view: &View<'_>,
) -> Result<CustomerOwn, AssessmentError> {
    let mut score = churn::score(fit, &seen.history, view.horizon)?;
    let told = logits.apply(past, view.as_of, &seen.history, score.churn)?;
    let steps = Steps {
        shipping_days: score.churn,
        rfm: told.rfm,
        service: told.service,
    };
    score.churn = told.churn;
    Ok(CustomerOwn {
        score,
        first_on: seen.first_on,
        last_on: seen.last_on,
        shipping_days: seen.history.x() + 1,
        steps,
    })
}

/// Makes customers and links agree: who ships over a link is active.
fn coherent(
    inputs: &Inputs,
    mut customers: Vec<CustomerOwn>,
    seen: &[SeenLink],
    segments: &Segments,
    view: &View<'_>,
) -> Result<(Vec<CustomerOwn>, HashMap<LinkEnds, LinkOwn>), AssessmentError> {
    let index: HashMap<CustomerId, u32> = inputs.customers.iter().copied().zip(0..).collect();
    let fit = segments.serving(Segment::Links);
    let scored = seen
        .par_iter()
        .filter_map(|seen| {
            let past = inputs.link_pasts.get(seen.at)?;
            let ends = (*index.get(&past.shipper)?, *index.get(&past.consignee)?);
            Some((past, ends, seen.history))
        })
        .map(|(past, (shipper, consignee), history)| {
            let score = churn::score(fit, &history, view.horizon)?;
            let activity = LinkActivity {
                shipper,
                consignee,
                events: history.x() + 1,
                p_active: 1.0 - score.churn.get(),
            };
            Ok(((past.shipper, past.consignee), score, activity))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let mut activity: Vec<f64> = customers
        .iter()
        .map(|own| 1.0 - own.score.churn.get())
        .collect();
    let mut links: Vec<LinkActivity> = scored.iter().map(|(.., link)| *link).collect();
    churn::cohere(&mut activity, &mut links)?;
    for (own, active) in customers.iter_mut().zip(activity) {
        own.score.churn = clipped(1.0 - active);
    }
    let links = scored
        .into_iter()
        .zip(links)
        .map(|((ends, score, _), link)| {
            let own = LinkOwn {
                raw: score.churn,
                coherent: clipped(1.0 - link.p_active),
                expected_days: score.expected_events,
            };
            (ends, own)
        })
        .collect();
    Ok((customers, links))
}

/// A churn number kept off the extremes, as every score is.
fn clipped(churn: f64) -> Probability {
    Probability::new(churn.clamp(CLIP, 1.0 - CLIP)).unwrap_or(Probability::ONE)
}
