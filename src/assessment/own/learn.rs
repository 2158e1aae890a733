//! The two logits on top of the shipping days, learnt from what became of customers in the past.

use rayon::prelude::*;

use super::record::ModelFit;
use super::segments::{Segment, Segments};
use super::{View, slices};
use crate::assessment::AssessmentError;
use crate::assessment::inputs::{Inputs, Past};
use crate::churn::covariates::{ServiceModel, ServicePriors, ServiceRow};
use crate::churn::rfm::{MIN_LABELLED, RfmInput, RfmModel};
use crate::churn::{self, Covariates, History, logit};
use crate::units::Probability;

/// Rows that models learn from at most, spread evenly over the customers: more add seconds, not
/// knowledge.
const MOST_ROWS: usize = 200_000;

/// What the logits say of a customer.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// By recency, frequency and value alone.
    pub rfm: Option<Probability>,
    /// After the service covariates.
    pub service: Option<Probability>,
    /// After the last step that was taken.
    pub churn: Probability,
}

/// The fitted logits; `None` where history does not suffice.
#[derive(Debug, Default)]
pub struct Logits {
    rfm: Option<RfmModel>,
    service: Option<ServiceModel>,
    customers: usize,
    rows: usize,
    departures: usize,
}

/// A customer at a past date, and what became of it.
struct Labelled {
    rfm: RfmInput,
    covariates: Covariates,
    /// By shipping days alone.
    shipping_days: Probability,
    churned: bool,
}

impl Logits {
    /// Learns from the slices of the past.
    ///
    /// The parameters of the shipping days are those of the run: four numbers for a whole segment,
    /// which a single outcome hardly moves.
    pub fn learn(
        inputs: &Inputs,
        sides: &[Segment],
        segments: &Segments,
        view: &View<'_>,
    ) -> Result<Self, AssessmentError> {
        let known = inputs.pasts.iter().zip(sides.iter().copied().map(Some));
        let everybody: Vec<(&Past, Option<Segment>)> = known
            .chain(inputs.former.iter().map(|past| (past, None)))
            .collect();
        let slices = slices::LABEL_SLICES as usize;
        let step = (everybody.len() * slices).div_ceil(MOST_ROWS).max(1);
        let labelled = everybody
            .par_iter()
            .step_by(step)
            .map(|(past, side)| {
                let fit = side.map_or(segments.all(), |side| segments.serving(side));
                (1..=slices::LABEL_SLICES)
                    .filter_map(|slice| labelled(past, fit, slice, view).transpose())
                    .collect::<Result<Vec<Labelled>, AssessmentError>>()
            })
            .collect::<Result<Vec<_>, AssessmentError>>()?;
        let customers = labelled.iter().filter(|rows| !rows.is_empty()).count();
        let rows: Vec<Labelled> = labelled.into_iter().flatten().collect();
        let mut logits = Self {
            customers,
            rows: rows.len(),
            departures: rows.iter().filter(|row| row.churned).count(),
            ..Self::default()
        };
        if customers >= MIN_LABELLED {
            let rfm: Vec<(RfmInput, bool)> =
                rows.iter().map(|row| (row.rfm, row.churned)).collect();
            logits.rfm = RfmModel::fit(&rfm)?;
        }
        logits.service = logits.learn_service(&rows)?;
        Ok(logits)
    }

    /// The service logit; `None` if no covariate is known well enough to learn from.
    fn learn_service(&self, rows: &[Labelled]) -> Result<Option<ServiceModel>, AssessmentError> {
        let rows = rows
            .iter()
            .map(|row| {
                Ok(ServiceRow {
                    base: self.base(row.shipping_days, &row.rfm)?.1,
                    covariates: row.covariates,
                    churned: row.churned,
                })
            })
            .collect::<Result<Vec<ServiceRow>, AssessmentError>>()?;
        let model = ServiceModel::fit(&rows, &ServicePriors::default())?;
        Ok((!model.effects().is_empty()).then_some(model))
    }

    /// Churn before the service covariates: of recency, frequency and value, and averaged.
    fn base(
        &self,
        shipping_days: Probability,
        seen: &RfmInput,
    ) -> Result<(Option<Probability>, Probability), AssessmentError> {
        let Some(model) = &self.rfm else {
            return Ok((None, shipping_days));
        };
        let rfm = model.churn(seen)?;
        Ok((Some(rfm), logit::average(shipping_days, rfm)))
    }

    /// Takes a customer through both steps, as seen before `at`.
    pub fn apply(
        &self,
        past: &Past,
        at: chrono::NaiveDate,
        history: &History,
        shipping_days: Probability,
    ) -> Result<Told, AssessmentError> {
        let seen = slices::recency_frequency_money(past, at, history);
        let (rfm, averaged) = self.base(shipping_days, &seen)?;
        let service = match &self.service {
            Some(model) => Some(model.churn(averaged, &slices::service(past, at)?)?),
            None => None,
        };
        Ok(Told {
            rfm,
            service,
            churn: super::clipped(service.unwrap_or(averaged).get()),
        })
    }

    /// What the run keeps of the logits.
    pub fn records(&self) -> Vec<ModelFit> {
        let sizes = (self.customers, self.rows, self.departures);
        let rfm = self.rfm.as_ref().map(|model| ModelFit::rfm(model, sizes));
        let service = self
            .service
            .as_ref()
            .map(|model| ModelFit::service(model, sizes));
        rfm.into_iter().chain(service).collect()
    }
}

/// A customer at a slice, so many horizons ago; `None` if it had not been seen then.
fn labelled(
    past: &Past,
    fit: &churn::Fit,
    slice: u32,
    view: &View<'_>,
) -> Result<Option<Labelled>, AssessmentError> {
    let at = slices::weeks_before(view.as_of, slice * view.horizon_weeks);
    let Some(seen) = view.history(&past.days, at)? else {
        return Ok(None);
    };
    let score = churn::score(fit, &seen.history, view.horizon_at(at))?;
    Ok(Some(Labelled {
        rfm: slices::recency_frequency_money(past, at, &seen.history),
        covariates: slices::service(past, at)?,
        shipping_days: score.churn,
        churned: slices::silent_within(&past.days, at, view.end(at)),
    }))
}
