//! From shipping days to observations, without letting cause and effect swap.
//!
//! With boundaries b_0 < b_1 < … an observation of customer i at boundary b_k says
//!
//! ```text
//!   ── a year, shares frozen ──┤ exposure period  ├  outcome period  ├
//!                           b_{k-1}              b_k              b_{k+1}
//!   lagged:       partners silent in (b_{k-1}, b_k],   shares of the year up to b_{k-1}
//!   same period:  partners silent in (b_k, b_{k+1}],   shares of the year up to b_k
//!   left:         no day in (b_k, b_{k+1}] on the business it is judged by
//! ```
//!
//! - A partner **went silent** in a period if it has no day on any of its links but those with i, and
//!   had some in as long a time before, and enough in the year before that silence is unlikely to be
//!   chance. A partner that trades with i alone cannot be told from i, and never counts.
//! - i is **judged by** its links to partners that went silent in neither period: a link that dies
//!   with the partner says nothing of i. Own churn is asked for on just those days.
//! - i is observed if it was active on them in the exposure period: it had not left before.

use super::{CalibrationError, Observation};
use crate::shipments::model::FreightTerms;

/// Active days of one link, from shipper to consignee.
#[derive(Clone, Copy, Debug)]
pub struct LinkDays<'a> {
    /// Index of the shipper.
    pub shipper: u32,
    /// Index of the consignee.
    pub consignee: u32,
    /// Who pays the freight.
    pub terms: FreightTerms,
    /// Day numbers (of any epoch), distinct and ascending.
    pub days: &'a [i32],
    /// Business of each day, 0 or more, in one unit for the whole network; all 1 to count days.
    pub business: &'a [f64],
}

/// Everything that is known of the past.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Links, at most one for each pair, direction and terms.
    pub links: &'a [LinkDays<'a>],
    /// Region of each customer; the length is the number of customers.
    pub regions: &'a [u16],
    /// Business of a year tied to no partner, for each customer.
    pub own_business: &'a [f64],
    /// Ends of periods, ascending, as day numbers: a period is `(b[k], b[k + 1]]`. The last must not
    /// lie after the last day that is known. An observation needs three of them.
    pub boundaries: &'a [i32],
    /// Days on its other links that a partner needs in the year before it can go silent. Default
    /// [`History::PARTNER_DAYS`].
    pub partner_days: u32,
}

impl History<'_> {
    /// Two days a quarter.
    pub const PARTNER_DAYS: u32 = 8;
}

/// A customer whose own churn is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Index of the customer.
    pub customer: u32,
    /// Index k of the boundary.
    pub period: u32,
    /// The boundary's day: what happened on it or before is known.
    pub as_of: i32,
    /// Length of the period in days.
    pub horizon: i32,
    /// Distinct ascending days up to the boundary on the business it is judged by.
    pub days: &'a [i32],
    /// Whether these are all of its days up to the boundary: own churn as a run would say it.
    pub all_business: bool,
}

/// Observations of both kinds: the same customers and periods, in the same order; only the exposure differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panels {
    /// Partners silent in the period before.
    pub lagged: Vec<Observation>,
    /// Partners silent in the same period.
    pub same_period: Vec<Observation>,
    /// Customers times periods left out because every partner went silent: nothing to be judged by.
    pub unjudged: usize,
    /// Left out because own churn was not known.
    pub without_own_churn: usize,
}

/// Builds both panels. `own_churn` says how likely a case is silent in the period after the boundary,
/// from what was known at the boundary; `None` leaves it out.
///
/// # Errors
///
/// [`CalibrationError`] names the first link, day, boundary or probability that breaks a rule.
pub fn panels(
    history: &History<'_>,
    own_churn: impl Fn(&Case<'_>) -> Option<f64> + Sync,
) -> Result<Panels, CalibrationError> {
    let _ = (history, &own_churn);
    todo!()
}
