//! From shipping days to observations, without letting cause and effect swap.
//!
//! With ascending boundaries b, an observation of customer i at one of them says
//!
//! ```text
//!   ── a year, shares frozen ──┤ exposure period  ├  outcome period  ├
//!                           b_{k-1}              b_k              b_{k+1}
//!   lagged:       partners silent in (b_{k-1}, b_k],   shares of the year up to b_{k-1}
//!   same period:  partners silent in (b_k, b_{k+1}],   shares of the year up to b_k
//!   left:         no day in (b_k, b_{k+1}] on the business it is judged by
//! ```
//!
//! - A partner **went silent** in a period if it has no day in it on any of its links but those with
//!   i, had some in as long a time before, and enough in the year before that silence is unlikely to
//!   be chance. In the exposure period it must be silent towards i too: i is there, so that this is
//!   no sign of i's own departure, and a partner that lost its other customers has not left. (In the
//!   outcome period it would be such a sign.)
//! - A partner that fell silent without having had others cannot be told from one that i dropped: with
//!   more than a tenth of its business on such partners i is not observed.
//! - i is **judged by** its links to partners that were there, on other links, in both periods: a link
//!   that died with its partner says nothing of i. (A partner with hardly any other business cannot
//!   be told to be away; i is judged by that link too.) Own churn is asked for on just those days.
//! - i is observed if it was active on them in the exposure period: it had not left before.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are at most u32::MAX customers, as links name them by u32"
)]

mod activity;
mod check;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use self::activity::{Around, Customers, Days, Present, within};
use super::{CLASSES, CalibrationError, Class, Observation, RoleClass};
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
    /// Customers times periods left out: all partners away, so that nothing was left to judge by, or
    /// partners in doubt.
    pub unjudged: usize,
    /// Left out because own churn was not known.
    pub without_own_churn: usize,
}

/// Builds both panels. `own_churn` says how likely a case is silent in the period after the boundary,
/// from what was known at the boundary; `None` leaves it out.
///
/// O(days × periods that a year holds + links × periods).
///
/// # Errors
///
/// [`CalibrationError`] names the first link, day, boundary or probability that breaks a rule.
pub fn panels(
    history: &History<'_>,
    own_churn: impl Fn(&Case<'_>) -> Option<f64> + Sync,
) -> Result<Panels, CalibrationError> {
    check::check(history)?;
    let customers = Customers::new(history.links, history.regions.len());
    let mut panels = Panels::default();
    for (period, ends) in (1_u32..).zip(history.boundaries.windows(3)) {
        let &[before, at, after] = ends else {
            continue;
        };
        let view = View::new(history, &customers, period, Around::new(before, at, after));
        let found: Vec<Found> = (0..customers.len())
            .into_par_iter()
            .map(|customer| view.observe(customer, &own_churn))
            .collect::<Result<_, _>>()?;
        for found in found {
            match found {
                Found::Absent => {}
                Found::Unjudged => panels.unjudged += 1,
                Found::WithoutOwnChurn => panels.without_own_churn += 1,
                Found::Observed(lagged, same_period) => {
                    panels.lagged.push(*lagged);
                    panels.same_period.push(*same_period);
                }
            }
        }
    }
    Ok(panels)
}

/// Most of a customer's business that may hang on partners of whom nobody can tell whether they left.
const MOST_DOUBTFUL: f64 = 0.1;

/// What becomes of a customer at a boundary.
enum Found {
    /// It was not active in the exposure period.
    Absent,
    Unjudged,
    WithoutOwnChurn,
    /// Lagged and same-period observation.
    Observed(Box<Observation>, Box<Observation>),
}

/// Everything around one boundary.
struct View<'a> {
    history: &'a History<'a>,
    customers: &'a Customers,
    period: u32,
    around: Around,
    present: Vec<Present>,
}

/// One link as one of its customers sees it at a boundary.
struct Seen<'a> {
    class: Class,
    days: &'a [i32],
    /// Business in the years before the two periods.
    business_before: f64,
    business: f64,
    /// Whether the partner went silent in the two periods.
    silent_before: bool,
    silent: bool,
    /// Whether it fell silent before, but might as well have been dropped.
    doubtful: bool,
    /// Whether the customer is judged by the link.
    judged: bool,
}

impl<'a> View<'a> {
    fn new(
        history: &'a History<'a>,
        customers: &'a Customers,
        period: u32,
        around: Around,
    ) -> Self {
        let present = (0..customers.len())
            .into_par_iter()
            .map(|customer| customers.around(customer, &around))
            .collect();
        Self {
            history,
            customers,
            period,
            around,
            present,
        }
    }

    fn observe(
        &self,
        customer: usize,
        own_churn: &impl Fn(&Case<'_>) -> Option<f64>,
    ) -> Result<Found, CalibrationError> {
        let there = self.present.get(customer).map(Present::days);
        if there.is_none_or(|days| days.exposure == 0) {
            return Ok(Found::Absent);
        }
        let links = self.customers.links(customer);
        let seen: Vec<Seen<'_>> = links
            .iter()
            .filter_map(|&(link, ships)| self.see(customer, link, ships))
            .collect();
        let judged: Vec<&Seen<'_>> = seen.iter().filter(|seen| seen.judged).collect();
        let active = |time| {
            let mut days = judged
                .iter()
                .map(|seen| within(seen.days, time, |day| *day));
            days.any(|days| !days.is_empty())
        };
        let own_business = self.history.own_business.get(customer).copied();
        let own_business = own_business.unwrap_or(0.0);
        let doubtful = exposure(&seen, own_business, |link| {
            (link.business_before, link.doubtful)
        });
        let doubtful: f64 = doubtful.iter().sum();
        if !active(self.around.exposure) || doubtful > MOST_DOUBTFUL {
            return Ok(Found::Unjudged);
        }
        let days = self.judged_days(customer, &seen);
        let at = self.around.exposure.1;
        let case = Case {
            customer: customer as u32,
            period: self.period,
            as_of: at,
            horizon: self.around.outcome.1 - at,
            days: &days,
            all_business: judged.len() == seen.len(),
        };
        let Some(own_churn) = own_churn(&case) else {
            return Ok(Found::WithoutOwnChurn);
        };
        check::own_churn(&case, own_churn)?;
        let lagged = Observation {
            customer: customer as u64,
            period: self.period,
            region: self.history.regions.get(customer).copied().unwrap_or(0),
            own_churn,
            exposure: exposure(&seen, own_business, |link| {
                (link.business_before, link.silent_before)
            }),
            activity: within(&days, self.around.year, |day| *day).len() as f64,
            idle_weeks: days.last().map_or(0.0, |last| f64::from(at - last) / 7.0),
            role: role(&seen),
            left: !active(self.around.outcome),
        };
        let same_period = Observation {
            exposure: exposure(&seen, own_business, |link| (link.business, link.silent)),
            ..lagged
        };
        Ok(Found::Observed(Box::new(lagged), Box::new(same_period)))
    }

    /// A link as the customer sees it; `None` before its first day.
    fn see(&self, customer: usize, link: u32, ships: bool) -> Option<Seen<'a>> {
        let link = self.history.links.get(link as usize)?;
        if within(link.days, self.around.ever, |day| *day).is_empty() {
            return None;
        }
        let (of_shipper, of_consignee) = Class::on(link.terms);
        let (class, partner) = if ships {
            (of_shipper, link.consignee)
        } else {
            (of_consignee, link.shipper)
        };
        let partner = self.present.get(partner as usize)?;
        let others = partner.without(customer as u32);
        let enough = self.history.partner_days;
        // Silent even towards this customer, which is active itself: else a partner that merely lost
        // its other customers would count.
        let Days {
            shortly_before,
            exposure,
            ..
        } = partner.days();
        let silent_before = shortly_before > 0 && exposure == 0;
        let seen_before = others.year_before >= enough && others.shortly_before > 0;
        let seen = others.year >= enough && others.shortly > 0;
        Some(Seen {
            class,
            days: link.days,
            business_before: business(link, self.around.year_before),
            business: business(link, self.around.year),
            silent_before: silent_before && seen_before,
            doubtful: silent_before && !seen_before,
            silent: seen && others.outcome == 0,
            judged: others.ever < enough || (others.exposure > 0 && others.outcome > 0),
        })
    }

    /// Distinct days up to the boundary on the links the customer is judged by.
    fn judged_days(&self, customer: usize, seen: &[Seen<'_>]) -> Vec<i32> {
        let at = self.around.exposure.1;
        if seen.iter().all(|seen| seen.judged) {
            return self.customers.days_until(customer, at);
        }
        let judged = seen.iter().filter(|seen| seen.judged);
        let mut days: Vec<i32> = judged
            .flat_map(|seen| within(seen.days, self.around.ever, |day| *day))
            .copied()
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

fn business(link: &LinkDays<'_>, time: (i32, i32)) -> f64 {
    let start = link.days.partition_point(|day| *day <= time.0);
    let end = link.days.partition_point(|day| *day <= time.1);
    let amounts = link.business.get(start..end).unwrap_or_default();
    amounts.iter().sum()
}

/// Share of a year's business on links whose partner went silent, by class.
fn exposure(
    seen: &[Seen<'_>],
    own_business: f64,
    of: impl Fn(&Seen<'_>) -> (f64, bool),
) -> [f64; CLASSES] {
    let total: f64 = own_business + seen.iter().map(|link| of(link).0).sum::<f64>();
    let mut exposure = [0.0; CLASSES];
    for link in seen {
        let (business, silent) = of(link);
        if let Some(share) = exposure.get_mut(link.class.index())
            && silent
            && business > 0.0
        {
            *share += business / total;
        }
    }
    exposure
}

fn role(seen: &[Seen<'_>]) -> RoleClass {
    let ships = |link: &Seen<'_>| link.class.index() < Class::ConsigneeControls.index();
    match (seen.iter().any(ships), seen.iter().all(ships)) {
        (_, true) => RoleClass::Shipper,
        (true, false) => RoleClass::Both,
        (false, false) => RoleClass::Consignee,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact numbers are meant")]
mod tests;
