//! What the models say at a date, from what was known then.

use crate::assessment::AssessmentError;
use crate::assessment::inputs::Inputs;
use crate::assessment::risk::{self, Risks, Scope};
use crate::cascade::Strengths;
use crate::ids::CustomerId;

/// Probabilities that a customer stays silent over the horizon, and what is expected of it.
#[derive(Clone, Copy, Debug)]
pub struct CustomerSaid {
    /// Which.
    pub customer: CustomerId,
    /// By itself.
    pub own: f64,
    /// With the cascade, default strengths.
    pub cascade: f64,
    /// With the cascade, strengths learnt on earlier dates.
    pub learnt: f64,
    /// Shipping days expected.
    pub days: f64,
}

/// Probabilities that nothing goes over a link over the horizon.
#[derive(Clone, Copy, Debug)]
pub struct LinkSaid {
    /// Shipper and consignee.
    pub ends: (CustomerId, CustomerId),
    /// By its own shipping days; without any, that either end leaves by itself.
    pub own: f64,
    /// With the cascade, default strengths.
    pub cascade: f64,
    /// With the cascade, strengths learnt on earlier dates.
    pub learnt: f64,
}

/// What is said of everybody.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Of the customers.
    pub customers: Vec<CustomerSaid>,
    /// Of the links.
    pub links: Vec<LinkSaid>,
}

/// Asks the models; without strengths learnt by then the defaults stand for them.
///
/// # Errors
///
/// [`AssessmentError`] if a model refuses its input.
pub fn ask(
    inputs: &Inputs,
    scope: &Scope,
    learnt: Option<Strengths>,
) -> Result<Said, AssessmentError> {
    let risks = risk::assess(inputs, scope)?;
    let (churn, loss) = match learnt {
        Some(strengths) => risk::with_strengths(inputs, &risks, scope, strengths)?,
        None => (
            risks.customers.iter().map(|risk| risk.churn).collect(),
            risks
                .links
                .iter()
                .map(|link| link.loss_probability)
                .collect(),
        ),
    };
    let (_, ends_alone) = risk::with_strengths(inputs, &risks, scope, Strengths::uniform(0.0))?;
    Ok(Said {
        customers: customers(&risks, &churn),
        links: inputs
            .links
            .iter()
            .zip(&risks.links)
            .zip(loss.iter().zip(&ends_alone))
            .map(|((measures, risk), (learnt, ends))| LinkSaid {
                ends: measures.ends(),
                own: risk.own.map_or(*ends, |own| own.coherent.get()),
                cascade: risk.loss_probability,
                learnt: *learnt,
            })
            .collect(),
    })
}

fn customers(risks: &Risks, learnt: &[f64]) -> Vec<CustomerSaid> {
    risks
        .customers
        .iter()
        .zip(learnt)
        .map(|(risk, learnt)| CustomerSaid {
            customer: risk.customer,
            own: risk.own.score.churn.get(),
            cascade: risk.churn,
            learnt: *learnt,
            days: risk.own.score.expected_events,
        })
        .collect()
}
