//! What KPIs are measured against: a contract in force, else what holds for the customer, else the default.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::ids::{ContractId, CustomerId};
use crate::satisfaction::{Kpi, Target};

crate::word_enum! {
    /// Where a target comes from.
    TargetFrom {
        /// A contract in force.
        Contract = "contract",
        /// Set for the customer.
        Customer = "customer",
        /// The default of all customers.
        Default = "default",
        /// The customer's own ratio of the year before, as its budget.
        YearBefore = "year_before",
    }
}

/// What a KPI is measured against.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Yardstick {
    /// Desirability is 0 from here on the wrong way.
    pub unacceptable: f64,
    /// Desirability is 1 from here on the right way.
    pub target: f64,
    /// Where it comes from.
    pub from: TargetFrom,
}

impl Yardstick {
    /// Of a target.
    pub fn new(target: Target, from: TargetFrom) -> Self {
        Self {
            unacceptable: target.unacceptable,
            target: target.target,
            from,
        }
    }

    /// Without its origin.
    pub fn target(self) -> Target {
        Target {
            unacceptable: self.unacceptable,
            target: self.target,
        }
    }
}

/// A target that was set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetSet {
    /// Of which KPI.
    pub kpi: Kpi,
    /// The target.
    pub target: Target,
    /// The contract that it comes from, in force on the as-of date; `None`: it holds always.
    pub contract: Option<InForce>,
}

/// A contract in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InForce {
    /// Which.
    pub id: ContractId,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// The other end of the link it is about; `None`: all traffic of the customer.
    pub partner: Option<CustomerId>,
}

/// All targets.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Those that were set, by customer.
    pub set: HashMap<CustomerId, Vec<TargetSet>>,
    /// Freight cost over goods value of the year before the KPI window, by customer.
    pub budgets: HashMap<CustomerId, f64>,
}

impl Targets {
    /// The targets of a customer, on the link with `partner` or over all its traffic.
    pub fn of(&self, customer: CustomerId, partner: Option<CustomerId>) -> Targeted<'_> {
        Targeted {
            set: self.set.get(&customer).map_or(&[], Vec::as_slice),
            budget: self.budgets.get(&customer).copied(),
            partner,
        }
    }
}

/// The targets of one customer.
#[derive(Clone, Copy, Debug)]
pub struct Targeted<'a> {
    set: &'a [TargetSet],
    budget: Option<f64>,
    partner: Option<CustomerId>,
}

impl Targeted<'_> {
    /// What a KPI is measured against; `None`: the freight cost ratio of a customer without a budget.
    ///
    /// A contract about the very link comes before one about all traffic, the younger before the
    /// older; a contract about one link says nothing about all traffic.
    pub fn of(&self, kpi: Kpi) -> Option<Yardstick> {
        let rank = |set: &&TargetSet| {
            set.contract
                .map(|contract| (contract.partner.is_some(), contract.starts_on, contract.id))
        };
        let best = self
            .set
            .iter()
            .filter(|set| set.kpi == kpi)
            .filter(|set| {
                set.contract
                    .and_then(|contract| contract.partner)
                    .is_none_or(|partner| Some(partner) == self.partner)
            })
            .max_by_key(rank);
        match (best, kpi) {
            (Some(set), _) => {
                let from = if set.contract.is_some() {
                    TargetFrom::Contract
                } else {
                    TargetFrom::Customer
                };
                Some(Yardstick::new(set.target, from))
            }
            (None, Kpi::FreightCostRatio) => self
                .budget
                .filter(|budget| *budget > 0.0)
                .map(|budget| Yardstick::new(Target::of_budget(budget), TargetFrom::YearBefore)),
            (None, _) => Some(Yardstick::new(kpi.default_target(), TargetFrom::Default)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOMER: CustomerId = CustomerId(1);

    fn set(target: f64, contract: Option<(i64, &str, Option<i64>)>) -> TargetSet {
        TargetSet {
            kpi: Kpi::Otif,
            target: Target {
                unacceptable: 0.5,
                target,
            },
            contract: contract.map(|(id, starts_on, partner)| InForce {
                id: ContractId(id),
                starts_on: starts_on.parse().unwrap(),
                partner: partner.map(CustomerId),
            }),
        }
    }

    fn told(targets: &Targets, partner: Option<i64>) -> (f64, TargetFrom) {
        let found = targets
            .of(CUSTOMER, partner.map(CustomerId))
            .of(Kpi::Otif)
            .unwrap();
        (found.target, found.from)
    }

    #[test]
    fn contracts_come_before_the_customer_and_links_before_all_traffic() {
        let mut targets = Targets::default();
        assert_eq!(told(&targets, None), (0.98, TargetFrom::Default));
        let mut add = |one| targets.set.entry(CUSTOMER).or_default().push(one);
        add(set(0.9, None));
        add(set(0.91, Some((7, "2025-01-01", None))));
        add(set(0.92, Some((3, "2026-01-01", None))));
        add(set(0.99, Some((1, "2020-01-01", Some(2)))));
        assert_eq!(told(&targets, None), (0.92, TargetFrom::Contract));
        assert_eq!(told(&targets, Some(3)), (0.92, TargetFrom::Contract));
        assert_eq!(told(&targets, Some(2)), (0.99, TargetFrom::Contract));
        assert_eq!(
            targets.of(CustomerId(9), None).of(Kpi::Otif).unwrap().from,
            TargetFrom::Default
        );
    }

    #[test]
    fn without_a_budget_the_freight_cost_ratio_has_no_target() {
        let mut targets = Targets::default();
        assert_eq!(targets.of(CUSTOMER, None).of(Kpi::FreightCostRatio), None);
        targets.budgets.insert(CUSTOMER, 0.04);
        let found = targets
            .of(CUSTOMER, None)
            .of(Kpi::FreightCostRatio)
            .unwrap();
        assert_eq!(found.from, TargetFrom::YearBefore);
        assert!((found.unacceptable - 0.05).abs() < 1e-12 && (found.target - 0.04).abs() < 1e-12);
    }
}
