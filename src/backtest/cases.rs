//! Predictions beside outcomes, collected date by date: a few numbers for each, nothing else is kept.

use std::ops::Range;

use super::BacktestError;
use super::result::{Group, Predictor};
use super::said::Said;
use super::trail::{Seen, Trail};
use crate::evaluation::{Predictions, Scaling};

/// Predictors, in the order of a case's numbers.
const PREDICTORS: usize = Predictor::ALL.len();

/// One prediction beside what came to pass.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Whom it is about; of a link its shipper: links of one shipper die together.
    pub cluster: u32,
    /// Place of its as-of date.
    pub date: u16,
    /// Which groups it belongs to, a bit for each.
    groups: u8,
    /// Silent over the horizon.
    pub happened: bool,
    /// What each predictor ranks by.
    scores: [f32; PREDICTORS],
    /// Its probabilities; NaN where there is none yet.
    probabilities: [f32; PREDICTORS],
}

impl Case {
    /// Whether it belongs to a group.
    pub fn is_in(&self, group: Group) -> bool {
        self.groups & bit(group) != 0
    }

    /// What a predictor ranks it by: the higher, the likelier to be silent.
    pub fn score(&self, predictor: Predictor) -> f64 {
        let score = self.scores.get(predictor as usize);
        score.copied().map_or(f64::NAN, f64::from)
    }

    /// The probability that a predictor gives; `None` where there is none yet.
    pub fn probability(&self, predictor: Predictor) -> Option<f64> {
        let probability = self.probabilities.get(predictor as usize).copied()?;
        (!probability.is_nan()).then_some(f64::from(probability))
    }
}

fn bit(group: Group) -> u8 {
    1 << group as u8
}

/// The as-of date of some predictions, with the days before and after it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Place among the as-of dates.
    pub date: u16,
    /// The statistics' window, before the as-of date.
    pub window: Range<i32>,
    /// The business window, before the as-of date.
    pub business: Range<i32>,
    /// The horizon before the as-of date.
    pub recent: Range<i32>,
    /// The horizon, from the as-of date on.
    pub horizon: Range<i32>,
    /// How many of the dates had outcomes that were known by then: the first ones.
    pub known_dates: u16,
}

/// All cases so far.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// Of customers.
    pub customers: Vec<Case>,
    /// Of links.
    pub links: Vec<Case>,
}

/// What happened at a date.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Customers judged.
    pub customers: u64,
    /// Of them, silent over the horizon.
    pub silent: u64,
    /// Links judged.
    pub links: u64,
    /// Of them, without a shipment over the horizon.
    pub links_lost: u64,
    /// How many of them were expected to: the sum of their loss probabilities.
    pub links_lost_expected: f64,
    /// Shipping days expected of the customers.
    pub days_expected: f64,
    /// Shipping days that came.
    pub days_seen: u64,
    /// Whether recency and frequency have probabilities.
    pub baselines: bool,
}

impl Cases {
    /// Adds the predictions of a date, beside what came.
    ///
    /// # Errors
    ///
    /// [`BacktestError`] if a prediction is no number, which would be a fault of ours.
    pub fn add(
        &mut self,
        said: &Said,
        trail: &Trail,
        moment: &Moment,
    ) -> Result<Counts, BacktestError> {
        let mut counts = Counts::default();
        let sides = trail.sides(&moment.window);
        let curves = Curves::fit(&self.customers, moment.known_dates)?;
        for said in &said.customers {
            // A customer of a run has a day in the window: the same rows were read.
            let Some(seen) = trail.customer(said.customer, &moment.window) else {
                continue;
            };
            let came = trail.customer(said.customer, &moment.horizon);
            let (ships, receives) = sides.get(&said.customer).copied().unwrap_or_default();
            let recent = trail.customer(said.customer, &moment.recent).is_some();
            let groups = [
                (Group::All, true),
                (Group::Active, recent),
                (Group::Shippers, ships),
                (Group::Consignees, receives),
            ];
            counts.customers += 1;
            counts.silent += u64::from(came.is_none());
            counts.days_expected += said.days;
            counts.days_seen += came.map_or(0, |came| u64::from(came.days));
            let models = [said.own, said.cascade, said.learnt];
            let cluster = cluster(trail, said.customer);
            self.customers.push(case(
                (cluster, moment, came.is_none()),
                &groups,
                (models, seen),
                curves.as_ref(),
            ));
        }
        counts.baselines = curves.is_some();
        let curves = Curves::fit(&self.links, moment.known_dates)?;
        for said in &said.links {
            let Some(seen) = trail.link(said.ends, &moment.business) else {
                continue;
            };
            let lost = trail.link(said.ends, &moment.horizon).is_none();
            counts.links += 1;
            counts.links_lost += u64::from(lost);
            counts.links_lost_expected += said.cascade;
            let models = [said.own, said.cascade, said.learnt];
            let cluster = cluster(trail, said.ends.0);
            self.links.push(case(
                (cluster, moment, lost),
                &[(Group::Links, true)],
                (models, seen),
                curves.as_ref(),
            ));
        }
        Ok(counts)
    }
}

fn cluster(trail: &Trail, customer: crate::ids::CustomerId) -> u32 {
    trail.place(customer).unwrap_or(u32::MAX)
}

fn case(
    (cluster, moment, happened): (u32, &Moment, bool),
    groups: &[(Group, bool)],
    (models, seen): ([f64; 3], Seen),
    curves: Option<&Curves>,
) -> Case {
    // The window ends the day before the as-of date: a day then is one day ago.
    let weeks = f64::from(moment.window.end - seen.last) / 7.0;
    // Logarithms, so that a logistic curve over them is one of odds in powers; the order is the same.
    let (recency, frequency) = ((1.0 + weeks).ln(), -(1.0 + f64::from(seen.days)).ln());
    let [own, cascade, learnt] = models.map(narrow);
    let (recent, frequent) = (narrow(recency), narrow(frequency));
    // What is ranked by is what the curve is read at.
    let baselines = curves.map_or([f32::NAN; 2], |curves| {
        [
            narrow(curves.recency.probability(f64::from(recent))),
            narrow(curves.frequency.probability(f64::from(frequent))),
        ]
    });
    Case {
        cluster,
        date: moment.date,
        groups: groups
            .iter()
            .filter(|(_, belongs)| *belongs)
            .fold(0, |groups, (group, _)| groups | bit(*group)),
        happened,
        scores: [own, cascade, learnt, recent, frequent],
        probabilities: [own, cascade, learnt, baselines[0], baselines[1]],
    }
}

/// Half the memory; seven digits are far more than any prediction has.
#[expect(
    clippy::cast_possible_truncation,
    reason = "probabilities and logarithms lie far inside the range"
)]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// Probabilities for recency and frequency, learnt on the outcomes known by then.
#[derive(Debug)]
struct Curves {
    recency: Scaling,
    frequency: Scaling,
}

impl Curves {
    /// `None` where no outcome was known.
    fn fit(earlier: &[Case], known_dates: u16) -> Result<Option<Self>, BacktestError> {
        let known = || earlier.iter().filter(|case| case.date < known_dates);
        if known().next().is_none() {
            return Ok(None);
        }
        let happened: Vec<bool> = known().map(|case| case.happened).collect();
        let fit = |predictor: Predictor| -> Result<Scaling, BacktestError> {
            let scores: Vec<f64> = known().map(|case| case.score(predictor)).collect();
            Ok(Scaling::fit(&Predictions::scores(&scores, &happened)?))
        };
        Ok(Some(Self {
            recency: fit(Predictor::Recency)?,
            frequency: fit(Predictor::Frequency)?,
        }))
    }
}
