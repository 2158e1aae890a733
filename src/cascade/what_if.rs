//! What if: a set of changes, and what they come to.

use super::{CascadeError, Network, Report, Session, Solution, Strengths};
use crate::shipments::model::FreightTerms;

/// One thing that is taken to be otherwise than described.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Own churn of a customer: 1 takes it as lost, 0 as protected.
    OwnChurn {
        /// Index of the customer.
        customer: u32,
        /// Probability, in `[0, 1]`.
        probability: f64,
    },
    /// Strengths of everybody.
    Strengths(Strengths),
    /// Strength of one customer in all its roles, as a multiple of what its classes say.
    CustomerStrength {
        /// Index of the customer.
        customer: u32,
        /// At least 0, and no strength may come to 1 by it.
        factor: f64,
    },
    /// Business of a link.
    LinkBusiness {
        /// Index of the link, in the order of the description.
        link: u32,
        /// 0 or more, in the unit of the description.
        business: f64,
    },
    /// Value of a link.
    LinkValue {
        /// Index of the link, in the order of the description.
        link: u32,
        /// May be negative.
        value: f64,
    },
    /// Freight terms of a link.
    LinkTerms {
        /// Index of the link, in the order of the description.
        link: u32,
        /// Who pays the freight.
        terms: FreightTerms,
    },
}

/// A customer that a set of changes moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affected {
    /// Index of the customer.
    pub customer: u32,
    /// Churn probability before the changes.
    pub churn_before: f64,
    /// Churn probability after them.
    pub churn_after: f64,
    /// Expected value kept before: its links' and its own. A link counts with both its ends.
    pub value_before: f64,
    /// Expected value kept after.
    pub value_after: f64,
}

/// What a set of changes comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Expected loss of value before.
    pub expected_loss_before: f64,
    /// Expected loss of value after.
    pub expected_loss_after: f64,
    /// Who moves, the largest change of expected value first, then by index.
    pub affected: Vec<Affected>,
    /// Customers whose churn was computed anew.
    pub touched: usize,
    /// How the iteration ended.
    pub report: Report,
}

/// The cascade of a network with all `changes` together: see [`Session::what_if`]. Open a
/// [`Session`] to ask more than once.
///
/// # Errors
///
/// [`CascadeError`] names the change that breaks a rule; [`CascadeError::Tolerance`];
/// [`CascadeError::Length`] if the solution is of a network of another size.
pub fn what_if(
    network: &Network,
    solution: &Solution,
    changes: &[Change],
    eps: f64,
) -> Result<Outcome, CascadeError> {
    Session::new(network, solution)?.what_if(changes, eps)
}
