//! The step that answers a warning.

use crate::alerts::facts::{Circumstances, NextStepWord, ScoreAndMoney, Warning, next_step};

/// What to do first: for churn by what it is made of, else by the warning; `light` is the
/// customer's satisfaction light, if it has one.
pub fn of(
    warning: &Warning,
    circumstances: Option<&Circumstances>,
    light: Option<&str>,
) -> NextStepWord {
    use NextStepWord as Next;
    match warning {
        Warning::ChurnLevel { .. } | Warning::ChurnRise { .. } => {
            circumstances.map_or(Next::Call, next_step)
        }
        Warning::PartnerRisk { .. } => Next::Partner,
        Warning::DepartmentUnsatisfied { .. } | Warning::SatisfactionFall { .. } => {
            Next::ServiceReview
        }
        Warning::DepartmentUnheard { .. } => Next::Survey,
        Warning::ScoreAndMoney { direction, .. } => match direction {
            // Who is content and goes elsewhere has a reason that nobody has told yet.
            ScoreAndMoney::SatisfiedButLess => Next::Visit,
            ScoreAndMoney::UnsatisfiedButMore => Next::ServiceReview,
        },
        // If it is content with the service, the price is the likelier reason.
        Warning::VolumeDrop { .. } if light == Some("green") => Next::PriceReview,
        Warning::VolumeDrop { .. } => Next::Visit,
        Warning::ComplaintOverdue { .. } | Warning::ComplaintReopened { .. } => Next::Recovery,
        Warning::PromiseDue { .. } | Warning::PromiseBroken { .. } => Next::Promise,
        Warning::ContractEnding { .. } => Next::Renewal,
        Warning::KeyPerson { .. } => Next::SecondContact,
        Warning::PaymentFall { .. } => Next::Payment,
        Warning::DataStale { .. } => Next::Data,
    }
}
