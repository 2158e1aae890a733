//! How large a demo world is to be, checked once.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// Days in a week.
const WEEK: u32 = 7;

/// Seed, size and period of a demo world; only sensible ones can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPlan {
    seed: u64,
    customers: usize,
    links: usize,
    shipments: usize,
    until: NaiveDate,
    weeks: u32,
}

/// The part of a plan that makes no sense, and what would.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct PlanError {
    /// Name of the field of [`DemoPlan`].
    pub field: &'static str,
    /// What a valid value looks like.
    pub rule: String,
}

impl DemoPlan {
    /// Seed of the demo that the README shows.
    pub const SEED: u64 = 2;
    /// Customers of a small world.
    pub const CUSTOMERS: usize = 120;
    /// Links of a small world.
    pub const LINKS: usize = 320;
    /// Shipments of a small world.
    pub const SHIPMENTS: usize = 6_000;
    /// Length of history, in weeks: three years.
    pub const WEEKS: u32 = 156;

    /// A small world whose history ends on `until`, pleasant to look at.
    ///
    /// # Errors
    ///
    /// [`PlanError`] if `until` is not in the years 1980 to 2200.
    pub fn small(until: NaiveDate) -> Result<Self, PlanError> {
        Self::new(
            Self::SEED,
            Self::CUSTOMERS,
            Self::LINKS,
            Self::SHIPMENTS,
            until,
            Self::WEEKS,
        )
    }

    /// How many links and shipments make a world of so many customers pleasant to look at: as many
    /// for each as in a small one.
    pub fn usual(customers: usize) -> (usize, usize) {
        let links = customers.saturating_mul(Self::LINKS) / Self::CUSTOMERS;
        let shipments = customers.saturating_mul(Self::SHIPMENTS / Self::CUSTOMERS);
        // A very small world has not so many pairs that could trade.
        let pairs = (customers.saturating_mul(2) / 5).saturating_mul(customers / 2) / 4;
        (links.min(pairs).max(customers), shipments)
    }

    /// A world of so many customers (20 to 10 million), links (from as many as customers to a
    /// quarter of the pairs that could trade) and shipments (at least one a link, up to 2 billion), with
    /// a history of so many weeks (52 to 1,040) that ends on `until` (years 1980 to 2200).
    ///
    /// # Errors
    ///
    /// [`PlanError`] names the first field that is out of range.
    pub fn new(
        seed: u64,
        customers: usize,
        links: usize,
        shipments: usize,
        until: NaiveDate,
        weeks: u32,
    ) -> Result<Self, PlanError> {
        check("customers", customers, 20, 10_000_000)?;
        let plan = Self {
            seed,
            customers,
            links,
            shipments,
            until,
            weeks,
        };
        check("links", links, customers, plan.most_links())?;
        check("shipments", shipments, links, 2_000_000_000)?;
        check("weeks", weeks, 52, 1_040)?;
        check("until", until.year(), 1980, 2200)?;
        Ok(plan)
    }

    /// A quarter of the pairs of a pure shipper and a pure consignee, far from the point where
    /// distinct pairs become hard to draw; below 2^32, as links are numbered in 32 bits.
    fn most_links(&self) -> usize {
        (self.only_shippers() * self.only_consignees() / 4).clamp(self.customers, 100_000_000)
    }

    /// Customers that ship and never receive.
    pub(super) fn only_shippers(&self) -> usize {
        self.customers * 2 / 5
    }

    /// Customers that receive and never ship.
    pub(super) fn only_consignees(&self) -> usize {
        self.customers / 2
    }

    /// Number from which everything is drawn.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many customers there are.
    pub fn customers(&self) -> usize {
        self.customers
    }

    /// How many links there are; each has a shipment at least.
    pub fn links(&self) -> usize {
        self.links
    }

    /// How many shipments there are.
    pub fn shipments(&self) -> usize {
        self.shipments
    }

    /// First day of history.
    pub fn from(&self) -> NaiveDate {
        self.until - TimeDelta::days(i64::from(self.days()) - 1)
    }

    /// Last day of history: nothing later is known, save promises.
    pub fn until(&self) -> NaiveDate {
        self.until
    }

    /// Length of history in weeks.
    pub fn weeks(&self) -> u32 {
        self.weeks
    }

    /// Length of history in days.
    pub(super) fn days(&self) -> u32 {
        self.weeks * WEEK
    }
}

/// Fails unless `least <= value <= most`.
fn check<T: Copy + PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    least: T,
    most: T,
) -> Result<(), PlanError> {
    if value < least || value > most {
        return Err(PlanError {
            field,
            rule: format!("expected {least} to {most}, not {value}"),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senseless_plan_names_its_first_wrong_field() {
        let day = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        let late = NaiveDate::from_ymd_opt(2300, 1, 1).unwrap();
        for (plan, field) in [
            (DemoPlan::new(1, 19, 30, 300, day, 156), "customers"),
            (DemoPlan::new(1, 100, 99, 300, day, 156), "links"),
            (DemoPlan::new(1, 100, 501, 600, day, 156), "links"),
            (DemoPlan::new(1, 100, 200, 199, day, 156), "shipments"),
            (DemoPlan::new(1, 100, 200, 200, day, 51), "weeks"),
            (DemoPlan::new(1, 100, 200, 200, late, 52), "until"),
        ] {
            assert_eq!(plan.unwrap_err().field, field);
        }
        // 100 customers: 40 ship only, 50 receive only, 40 · 50 / 4 = 500 links at most.
        assert!(DemoPlan::new(1, 100, 500, 500, day, 52).is_ok());
    }

    #[test]
    fn every_usual_size_makes_a_plan() {
        let day = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        assert_eq!(
            DemoPlan::usual(DemoPlan::CUSTOMERS),
            (DemoPlan::LINKS, DemoPlan::SHIPMENTS)
        );
        for customers in [20, 47, 120, 1_000, 50_000, 10_000_000] {
            let (links, shipments) = DemoPlan::usual(customers);
            let plan = DemoPlan::new(1, customers, links, shipments, day, 156);
            assert!(plan.is_ok(), "{customers}: {plan:?}");
        }
    }

    #[test]
    fn the_period_counts_both_its_ends() {
        let until = NaiveDate::from_ymd_opt(2026, 12, 30).unwrap();
        let plan = DemoPlan::new(1, 20, 20, 20, until, 52).unwrap();
        // 364 days: 2026 has 365, the 31st of December is left out.
        assert_eq!(plan.from(), NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    }
}
