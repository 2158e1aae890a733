//! Why a customer is at risk, and who would follow if it left.

#![expect(
    clippy::indexing_slicing,
    reason = "the customer is checked on the way in; all other indices come from a compiled network"
)]

use super::adjoint::check_match;
use super::system::Coupling;
use super::{CascadeError, Change, Network, Session, Solution};

/// What one partner adds to a customer's churn probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Index of the partner.
    pub partner: u32,
    /// Probability added: (1 - own churn) * weight * probability that the partner is lost.
    pub contribution: f64,
    /// The partner's share in the customer's business, in `[0, 1]`.
    pub share: f64,
    /// Probability that the partner is lost, this tie left aside.
    pub partner_loss: f64,
    /// Probability that the freight between the two is lost.
    pub link_loss: f64,
}

/// A customer's churn probability, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Churn probability: the sum of `own` and all contributions.
    pub churn: f64,
    /// Own churn.
    pub own: f64,
    /// One part for each partner, the largest contribution first, then by index.
    pub parts: Vec<Part>,
    /// Share of the customer's business expected to be lost, whichever side leaves: at least
    /// `churn`. `None` if it has no business.
    pub business_at_risk: Option<f64>,
}

/// A customer that would follow another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Follower {
    /// Index of the customer.
    pub customer: u32,
    /// Its churn probability once the other has left.
    pub churn: f64,
    /// By how much that is more than before.
    pub rise: f64,
}

/// Takes the churn probability of `customer` apart into its own part and one for each partner.
///
/// Own business counts as lost with the customer alone, a link's with either end. O(d log d), d
/// being the number of partners.
///
/// # Errors
///
/// [`CascadeError::UnknownCustomer`]; [`CascadeError::Length`] if the solution is of a network of
/// another size.
pub fn customer(
    network: &Network,
    solution: &Solution,
    customer: usize,
) -> Result<Explanation, CascadeError> {
    check_customer(network, solution, customer)?;
    let own = solution.own[customer];
    let mine = solution.churn()[customer];
    let business = network.business[customer];

    let mut parts = Vec::new();
    let mut lost = network.own_business[customer] * mine;
    for side in network.sides(customer) {
        let partner = side.partner as usize;
        let (theirs, stays) = (solution.churn()[partner], 1.0 - solution.own[partner]);
        let arc = Coupling::new((1.0 - own) * side.weight, stays * side.partner_weight);
        let partner_loss = arc.received(mine, theirs).clamp(0.0, 1.0);
        let link_loss = arc.loss(mine, theirs);
        let freight = network.tie_business(side.tie);
        lost += freight * link_loss;
        parts.push(Part {
            partner: side.partner,
            contribution: (1.0 - own) * side.weight * partner_loss,
            share: if business > 0.0 {
                freight / business
            } else {
                0.0
            },
            partner_loss,
            link_loss,
        });
    }
    parts.sort_by(|a, b| {
        b.contribution
            .total_cmp(&a.contribution)
            .then(a.partner.cmp(&b.partner))
    });
    // The parts add up to what is told, also where the solver stopped early.
    let churn = own + parts.iter().map(|part| part.contribution).sum::<f64>();
    Ok(Explanation {
        churn: churn.min(1.0),
        own,
        parts,
        business_at_risk: (business > 0.0).then(|| (lost / business).min(1.0)),
    })
}

/// The customers whose churn probability would rise by more than `eps` if `customer` left, the
/// largest rise first; at most `limit` of them.
///
/// A what-if with one change: see [`Session::what_if`], and open a [`Session`] to ask many times.
/// 1e-3 is enough for a list that people read.
///
/// # Errors
///
/// [`CascadeError::UnknownCustomer`]; [`CascadeError::Tolerance`]; [`CascadeError::Length`] if the
/// solution is of a network of another size; [`CascadeError::NotConverged`].
pub fn followers(
    network: &Network,
    solution: &Solution,
    customer: usize,
    eps: f64,
    limit: usize,
) -> Result<Vec<Follower>, CascadeError> {
    check_customer(network, solution, customer)?;
    let source = u32::try_from(customer).unwrap_or(u32::MAX);
    let gone = Change::OwnChurn {
        customer: source,
        probability: 1.0,
    };
    let outcome = Session::new(network, solution)?.what_if(&[gone], eps)?;
    if !outcome.report.converged {
        return Err(CascadeError::NotConverged(outcome.report.sweeps));
    }
    let mut found: Vec<Follower> = outcome
        .affected
        .iter()
        .filter(|affected| affected.customer != source)
        .map(|affected| Follower {
            customer: affected.customer,
            churn: affected.churn_after,
            rise: affected.churn_after - affected.churn_before,
        })
        .collect();
    found.sort_by(|a, b| b.rise.total_cmp(&a.rise).then(a.customer.cmp(&b.customer)));
    found.truncate(limit);
    Ok(found)
}

fn check_customer(
    network: &Network,
    solution: &Solution,
    customer: usize,
) -> Result<(), CascadeError> {
    check_match(network, solution)?;
    if customer >= network.customers() {
        return Err(CascadeError::UnknownCustomer {
            customer,
            customers: network.customers(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::{Description, Link, Options, Strengths, solve, solve_with};
    use crate::shipments::model::FreightTerms;

    /// A mill that ships 60 to a bakery and 40 to a hotel; the bakery ships 20 to a kiosk.
    fn chain() -> (Network, Solution) {
        let link = |shipper, consignee, business| Link {
            shipper,
            consignee,
            business,
            value: 1.0,
            terms: FreightTerms::Unknown,
        };
        let links = [link(0, 1, 60.0), link(0, 2, 40.0), link(1, 3, 20.0)];
        let network = Network::compile(&Description {
            own_churn: &[0.1, 0.2, 0.3, 0.4],
            own_business: &[0.0, 0.0, 60.0, 0.0],
            own_value: &[0.0; 4],
            links: &links,
            strengths: Strengths::uniform(0.5),
        })
        .unwrap();
        let options = Options {
            eps: 1e-12,
            ..Options::default()
        };
        let solution = solve(&network, &options).unwrap();
        (network, solution)
    }

    #[test]
    fn the_parts_add_to_the_churn_probability() {
        let (network, solution) = chain();
        let why = customer(&network, &solution, 0).unwrap();

        // Bakery without the mill: 0.2 + 0.8 · 0.5 · (20/80) · 0.4 = 0.24; hotel without it: 0.3.
        // Parts: 0.9 · 0.5 · 0.6 · 0.24 = 0.0648 and 0.9 · 0.5 · 0.4 · 0.3 = 0.054.
        assert!((why.own - 0.1).abs() < 1e-15);
        let partners: Vec<u32> = why.parts.iter().map(|part| part.partner).collect();
        assert_eq!(partners, [1, 2]);
        for (part, (share, contribution)) in why.parts.iter().zip([(0.6, 0.0648), (0.4, 0.054)]) {
            assert!((part.share - share).abs() < 1e-12);
            assert!((part.contribution - contribution).abs() < 1e-12);
        }
        assert!((why.churn - 0.2188).abs() < 1e-12);

        // The mill without the bakery: 0.1 + 0.054 = 0.154; without the hotel: 0.1 + 0.0648.
        // Links: 1 - 0.846 · 0.76 = 0.35704 and 1 - 0.8352 · 0.7 = 0.41536.
        let risk = why.business_at_risk.unwrap();
        assert!((risk - (0.6 * 0.357_04 + 0.4 * 0.415_36)).abs() < 1e-12);
    }

    #[test]
    fn own_business_is_lost_with_the_customer_alone() {
        let (network, solution) = chain();
        let why = customer(&network, &solution, 2).unwrap();
        // Hotel: 40 of 100 with the mill, lost with 0.41536; the rest is its own.
        let risk = why.business_at_risk.unwrap();
        assert!((risk - (0.4 * 0.415_36 + 0.6 * why.churn)).abs() < 1e-12);
    }

    #[test]
    fn those_who_would_follow_are_those_whom_a_new_solve_shows() {
        let (network, solution) = chain();
        for gone in 0..4 {
            let mut own = solution.own().to_vec();
            own[gone] = 1.0;
            let options = Options {
                eps: 1e-12,
                ..Options::default()
            };
            let after = solve_with(&network, &own, &options).unwrap();
            let found = followers(&network, &solution, gone, 1e-12, 10).unwrap();

            assert_eq!(found.len(), 3, "{gone}");
            assert!(found.is_sorted_by(|a, b| a.rise >= b.rise));
            for follower in found {
                let index = follower.customer as usize;
                assert!((follower.churn - after.churn()[index]).abs() < 1e-10);
                let rise = after.churn()[index] - solution.churn()[index];
                assert!((follower.rise - rise).abs() < 1e-10);
            }
        }
        let best = followers(&network, &solution, 0, 1e-6, 1).unwrap();
        assert_eq!(best.len(), 1);
    }

    #[test]
    fn a_customer_without_business_has_none_at_risk_and_an_unknown_one_is_refused() {
        let network = Network::compile(&Description {
            own_churn: &[0.4],
            own_business: &[0.0],
            own_value: &[5.0],
            links: &[],
            strengths: Strengths::default(),
        })
        .unwrap();
        let solution = solve(&network, &Options::default()).unwrap();
        let why = customer(&network, &solution, 0).unwrap();
        assert_eq!((why.churn, why.business_at_risk), (0.4, None));
        assert_eq!(followers(&network, &solution, 0, 1e-6, 9), Ok(Vec::new()));
        assert!(customer(&network, &solution, 1).is_err());
        assert!(followers(&network, &solution, 0, f64::NAN, 9).is_err());
        let (other, _) = chain();
        assert!(customer(&other, &solution, 0).is_err());
    }
}
