//! Business at risk through a partner: how much of a churn probability comes over one link, and from
//! where.

use std::collections::BTreeMap;

use super::store::run::{RiskRow, risks};
use super::{Readings, RunContext, Signal, unit};
use crate::alerts::facts::{NamedCustomer, Warning};
use crate::alerts::model::AlertReason;
use crate::assessment::model::{CascadeTerm, Evidence, Part};
use crate::db::{Conn, DbError, DbResult};
use crate::ids::CustomerId;

/// Probabilities below this one are told nobody, at whatever level: what comes through a partner is
/// no more than the partner's own churn probability.
const FLOOR: f64 = 0.01;

/// Customers that a path names at most.
const LONGEST_PATH: usize = 5;

/// What comes through a partner.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Through {
    partner: i64,
    share: f64,
    probability: f64,
}

/// A customer of the run.
#[derive(Clone, Debug, Default, PartialEq)]
struct Member {
    churn: f64,
    own: f64,
    through: Vec<Through>,
    enough: bool,
    is_gone: bool,
    is_deleted: bool,
}

impl Member {
    fn of(row: &RiskRow) -> DbResult<Self> {
        const WHAT: &str = "customer_risks.parts";
        let parts: Vec<Part> =
            serde_json::from_str(&row.parts).map_err(|error| DbError::corrupt(WHAT, error))?;
        let evidence = Evidence::parse(&row.evidence)
            .ok_or_else(|| DbError::corrupt("customer_risks.evidence", &row.evidence))?;
        let mut member = Self {
            churn: unit("customer_risks.churn_probability", row.churn_probability)?,
            enough: evidence == Evidence::Enough && !row.is_new,
            is_gone: row.is_gone,
            is_deleted: row.is_deleted,
            ..Self::default()
        };
        for part in parts {
            match part {
                Part::Own { probability } => member.own += unit(WHAT, probability)?,
                Part::Partner {
                    customer_id,
                    share,
                    probability,
                } => member.through.push(Through {
                    partner: customer_id,
                    share: unit(WHAT, share)?,
                    probability: unit(WHAT, probability)?,
                }),
                Part::Others { .. } => {}
            }
        }
        Ok(member)
    }

    /// The partner through which most comes, if that is more than what the customer adds itself.
    fn driver(&self) -> Option<i64> {
        self.through
            .iter()
            .max_by(|one, other| one.probability.total_cmp(&other.probability))
            .filter(|most| most.probability > self.own)
            .map(|most| most.partner)
    }
}

/// From behind a partner back to where the danger comes from; it ends where somebody comes again.
fn path(customer: i64, partner: i64, members: &BTreeMap<i64, Member>) -> Vec<i64> {
    let mut path = Vec::new();
    let mut at = partner;
    while path.len() < LONGEST_PATH {
        let next = members.get(&at).and_then(Member::driver);
        let Some(next) = next else { break };
        if next == customer || next == partner || path.contains(&next) {
            break;
        }
        path.push(next);
        at = next;
    }
    path
}

fn named(id: i64) -> NamedCustomer {
    NamedCustomer {
        customer_id: Some(id),
        name: None,
    }
}

fn signals(members: &BTreeMap<i64, Member>, supported: bool) -> Vec<Signal> {
    let mut signals = Vec::new();
    let told = |member: &&Member| !member.is_gone && !member.is_deleted;
    for (&customer, member) in members {
        let parts = Some(member).filter(told).map(|member| &member.through);
        for part in parts.into_iter().flatten() {
            let partner = members.get(&part.partner);
            let Some(partner) = partner.filter(|partner| !partner.is_deleted) else {
                continue;
            };
            if part.probability < FLOOR {
                continue;
            }
            signals.push(Signal {
                customer: Some(CustomerId(customer)),
                subject: format!("partner:{}", part.partner),
                measure: part.probability,
                certain: supported && member.enough,
                warning: Warning::PartnerRisk {
                    partner: named(part.partner),
                    share: part.share,
                    partner_churn: partner.churn,
                    probability: part.probability,
                    path: path(customer, part.partner, members)
                        .into_iter()
                        .map(named)
                        .collect(),
                },
            });
        }
    }
    signals
}

/// What comes through partners, of customers that are not gone.
pub(super) fn read(conn: &mut Conn, run: &RunContext) -> DbResult<Readings> {
    let mut members = BTreeMap::new();
    for row in risks(conn, run.run, FLOOR)? {
        members.insert(row.customer_id.0, Member::of(&row)?);
    }
    let supported = run.cascade_term == CascadeTerm::Supported;
    Ok(Readings::found(
        AlertReason::PartnerRisk,
        signals(&members, supported),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(own: f64, through: &[(i64, f64)]) -> Member {
        let through: Vec<Through> = through
            .iter()
            .map(|&(partner, probability)| Through {
                partner,
                share: 0.5,
                probability,
            })
            .collect();
        Member {
            churn: own + through.iter().map(|part| part.probability).sum::<f64>(),
            own,
            through,
            enough: true,
            ..Member::default()
        }
    }

    #[test]
    fn a_path_follows_the_largest_part_until_somebody_is_the_cause_himself() {
        let members = BTreeMap::from([
            (1, member(0.1, &[(2, 0.3)])),
            (2, member(0.1, &[(3, 0.2), (4, 0.4)])),
            (4, member(0.1, &[(5, 0.2)])),
            // More of its own than through anybody.
            (5, member(0.5, &[(6, 0.4)])),
        ]);
        assert_eq!(path(1, 2, &members), [4, 5]);
        assert_eq!(path(4, 5, &members), Vec::<i64>::new());
        // Nothing is known of 6.
        assert_eq!(path(5, 6, &members), Vec::<i64>::new());
    }

    #[test]
    fn a_path_ends_in_a_circle_and_after_five() {
        let ring = BTreeMap::from([
            (1, member(0.0, &[(2, 0.3)])),
            (2, member(0.0, &[(3, 0.3)])),
            (3, member(0.0, &[(4, 0.3)])),
            (4, member(0.0, &[(3, 0.3)])),
        ]);
        assert_eq!(path(1, 2, &ring), [3, 4]);
        assert_eq!(path(3, 4, &ring), Vec::<i64>::new());
        let chain = (1..20).map(|id| (id, member(0.0, &[(id + 1, 0.3)])));
        assert_eq!(path(1, 2, &chain.collect()), [3, 4, 5, 6, 7]);
    }

    #[test]
    fn only_what_matters_is_told_and_never_of_the_gone_or_through_the_deleted() {
        let mut members = BTreeMap::from([
            (1, member(0.1, &[(2, 0.3), (3, 0.2), (4, 0.009), (9, 0.5)])),
            (2, member(0.6, &[])),
            (3, member(0.6, &[])),
            (4, member(0.6, &[])),
        ]);
        let of = |members: &BTreeMap<i64, Member>, supported| -> Vec<(String, f64, bool)> {
            let found = signals(members, supported).into_iter();
            found
                .map(|one| (one.subject, one.measure, one.certain))
                .collect()
        };
        // Of 9 the run says nothing.
        assert_eq!(
            of(&members, true),
            [
                ("partner:2".into(), 0.3, true),
                ("partner:3".into(), 0.2, true)
            ]
        );
        members.get_mut(&3).unwrap().is_deleted = true;
        assert_eq!(of(&members, false), [("partner:2".into(), 0.3, false)]);
        members.get_mut(&1).unwrap().is_gone = true;
        assert_eq!(of(&members, true), []);
    }
}
