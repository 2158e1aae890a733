//! Changes that name customers and links of a run, with what they replace.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::request::{ChangeInput, ChangeKind, CustomerRef, Subject, Wrong, refuse_contradictions};
use crate::access::Teams;
use crate::cascade::{Change, Link, RoleStrengths, Strengths};
use crate::customers;
use crate::db::Conn;
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::shipments::model::FreightTerms;

/// A change of a run, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Resolved {
    /// Own churn of a customer: lost for certain, safe for certain, or another probability.
    Own {
        /// Which of the three it was called.
        named: ChangeKind,
        /// Whose.
        customer: CustomerId,
        /// In the run.
        before: f64,
        /// Instead.
        after: f64,
    },
    /// The strengths: one for everybody, or a multiple.
    Strength {
        /// One for everybody.
        value: Option<f64>,
        /// So many times what they are.
        factor: Option<f64>,
    },
    /// Business or value of a link.
    Amount {
        /// Which of the two.
        named: ChangeKind,
        /// First party.
        shipper: CustomerId,
        /// Second party.
        consignee: CustomerId,
        /// In the run.
        before: f64,
        /// Instead.
        after: f64,
    },
    /// Freight terms of a link.
    Terms {
        /// First party.
        shipper: CustomerId,
        /// Second party.
        consignee: CustomerId,
        /// In the run.
        before: FreightTerms,
        /// Instead.
        after: FreightTerms,
    },
}

impl Resolved {
    /// What it is called.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Own { named, .. } | Self::Amount { named, .. } => *named,
            Self::Strength { .. } => ChangeKind::Strength,
            Self::Terms { .. } => ChangeKind::FreightTerms,
        }
    }

    /// The customers that it is about: one, both ends of a link, or none.
    pub fn customers(&self) -> Vec<CustomerId> {
        match *self {
            Self::Own { customer, .. } => vec![customer],
            Self::Strength { .. } => Vec::new(),
            Self::Amount {
                shipper, consignee, ..
            }
            | Self::Terms {
                shipper, consignee, ..
            } => vec![shipper, consignee],
        }
    }

    /// What it is about: no two changes may be about the same.
    fn subject(&self) -> Subject<CustomerId> {
        match *self {
            Self::Own { customer, .. } => Subject::Own(customer),
            Self::Strength { .. } => Subject::Strength,
            Self::Amount {
                named,
                shipper,
                consignee,
                ..
            } => Subject::Link(named, shipper, consignee),
            Self::Terms {
                shipper, consignee, ..
            } => Subject::Link(ChangeKind::FreightTerms, shipper, consignee),
        }
    }

    /// The same for the cascade.
    ///
    /// # Errors
    ///
    /// An internal error if the run does not hold what it is about: it did when it was resolved.
    pub fn change(&self, engine: &Engine) -> Answer<Change> {
        let lacking = || Error::internal("the run lacks what a kept change is about");
        let link = |shipper, consignee| {
            let ends = engine.index_of(shipper).zip(engine.index_of(consignee));
            ends.and_then(|(shipper, consignee)| engine.link(shipper, consignee))
                .map(|(index, _)| index)
                .ok_or_else(lacking)
        };
        Ok(match *self {
            Self::Own {
                customer, after, ..
            } => Change::OwnChurn {
                customer: engine.index_of(customer).ok_or_else(lacking)?,
                probability: after,
            },
            Self::Strength { value, factor } => {
                Change::Strengths(strengths(engine.strengths(), value, factor))
            }
            Self::Amount {
                named,
                shipper,
                consignee,
                after,
                ..
            } => {
                let link = link(shipper, consignee)?;
                if named == ChangeKind::LinkBusiness {
                    Change::LinkBusiness {
                        link,
                        business: after,
                    }
                } else {
                    Change::LinkValue { link, value: after }
                }
            }
            Self::Terms {
                shipper,
                consignee,
                after,
                ..
            } => Change::LinkTerms {
                link: link(shipper, consignee)?,
                terms: after,
            },
        })
    }
}

/// The strengths instead of `before`.
fn strengths(before: Strengths, value: Option<f64>, factor: Option<f64>) -> Strengths {
    if let Some(value) = value {
        return Strengths::uniform(value);
    }
    let factor = factor.unwrap_or(1.0);
    let times = |role: RoleStrengths| RoleStrengths {
        controls: role.controls * factor,
        does_not: role.does_not * factor,
        unknown: role.unknown * factor,
    };
    Strengths {
        shipper: times(before.shipper),
        consignee: times(before.consignee),
    }
}

/// The customers that changes are about.
pub fn subjects(changes: &[Resolved]) -> BTreeSet<CustomerId> {
    changes.iter().flat_map(Resolved::customers).collect()
}

/// The customer that a body names, among those of the caller's teams.
///
/// # Errors
///
/// 404 that names it.
pub fn find(conn: &mut Conn, reference: &CustomerRef, teams: &Teams) -> Answer<CustomerId> {
    let CustomerRef(reference) = reference;
    customers::store::resolve(conn, reference, teams)?
        .filter(|customer| !customer.deleted)
        .map(|customer| customer.id)
        .ok_or_else(|| Error::not_found("customer", reference))
}

/// The customer that a body names and its index in the network.
///
/// # Errors
///
/// 404 that names it, if there is none or the run did not assess it.
pub fn find_in(
    conn: &mut Conn,
    engine: &Engine,
    reference: &CustomerRef,
    teams: &Teams,
) -> Answer<(CustomerId, u32)> {
    let customer = find(conn, reference, teams)?;
    let index = engine.index_of(customer).ok_or_else(|| {
        Error::not_found(
            "assessment",
            format!(
                "of customer {} as of {}: it had no shipment in the 104 weeks before",
                reference.0,
                engine.run().as_of
            ),
        )
    })?;
    Ok((customer, index))
}

/// Finds what checked changes are about, as far as these teams may change it.
///
/// # Errors
///
/// 404 for a customer or a link that is not there, or not for these teams; 422 for changes that
/// contradict each other, or a strength of 1 or more.
pub fn resolve(
    conn: &mut Conn,
    engine: &Engine,
    changes: &[ChangeInput],
    teams: &Teams,
) -> Answer<Vec<Resolved>> {
    let mut wrong = Wrong::default();
    let mut resolved = Vec::with_capacity(changes.len());
    for (at, change) in changes.iter().enumerate() {
        let one = if change.kind.of_customer() {
            own(conn, engine, change, teams)?
        } else if change.kind.of_link() {
            of_link(conn, engine, change, teams)?
        } else {
            let instead = strengths(engine.strengths(), change.value, change.factor);
            if let Err(error) = instead.check() {
                let rule = format!("expected a factor that keeps every strength below 1: {error}");
                wrong.add(format!("/changes/{at}/factor"), "out_of_range", rule);
            }
            Resolved::Strength {
                value: change.value,
                factor: change.factor,
            }
        };
        resolved.push(one);
    }
    wrong.finish()?;
    refuse_contradictions(resolved.iter().map(Resolved::subject))?;
    Ok(resolved)
}

/// A member that the check of the request has seen.
fn checked<T>(member: Option<T>) -> Answer<T> {
    member.ok_or_else(|| Error::internal("a change was resolved before it was checked"))
}

fn own(conn: &mut Conn, engine: &Engine, change: &ChangeInput, teams: &Teams) -> Answer<Resolved> {
    let reference = checked(change.customer.as_ref())?;
    let (customer, index) = find_in(conn, engine, reference, teams)?;
    Ok(Resolved::Own {
        named: change.kind,
        customer,
        before: engine.own_churn(index),
        after: match change.kind {
            ChangeKind::Lose => 1.0,
            ChangeKind::Protect => 0.0,
            _ => checked(change.probability)?,
        },
    })
}

fn of_link(
    conn: &mut Conn,
    engine: &Engine,
    change: &ChangeInput,
    teams: &Teams,
) -> Answer<Resolved> {
    let ends = (
        checked(change.shipper.as_ref())?,
        checked(change.consignee.as_ref())?,
    );
    // Who may not see both ends could find out by asking who trades with whom.
    let shipper = find_in(conn, engine, ends.0, teams)?;
    let consignee = find_in(conn, engine, ends.1, teams)?;
    let (_, link) = engine.link(shipper.1, consignee.1).ok_or_else(|| {
        let day = engine.run().as_of;
        let (from, to) = (&ends.0.0, &ends.1.0);
        Error::not_found("link", format!("from {from} to {to} as of {day}"))
    })?;
    let (shipper, consignee) = (shipper.0, consignee.0);
    if let Some(after) = change.terms {
        return Ok(Resolved::Terms {
            shipper,
            consignee,
            before: link.terms,
            after,
        });
    }
    let before = amount(change.kind, link);
    Ok(Resolved::Amount {
        named: change.kind,
        shipper,
        consignee,
        before,
        after: match change.factor {
            Some(factor) => before * factor,
            None => checked(change.value)?,
        },
    })
}

fn amount(kind: ChangeKind, link: &Link) -> f64 {
    if kind == ChangeKind::LinkBusiness {
        link.business
    } else {
        link.value
    }
}
