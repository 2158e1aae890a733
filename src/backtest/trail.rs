//! Who shipped to whom on which days: what outcomes, baselines and the learning of strength rest on.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{Datelike as _, NaiveDate};

use crate::cascade::calibrate::LinkDays;
use crate::ids::CustomerId;
use crate::shipments::model::FreightTerms;

/// Customers that a country needs to be a region of its own: a region of one would explain whatever
/// happens to it. Default.
const REGION: usize = 10;

/// One shipment of the trail.
#[derive(Clone, Copy, Debug)]
pub struct Trip {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// Who pays the freight.
    pub terms: FreightTerms,
    /// The shipping day.
    pub on: NaiveDate,
    /// Business, 0 or more.
    pub business: f64,
}

/// Shipping days of a link under one kind of terms.
#[derive(Clone, Debug)]
struct Run {
    shipper: u32,
    consignee: u32,
    terms: FreightTerms,
    days: Vec<i32>,
    business: Vec<f64>,
}

/// Shipping days of all links, and so of all customers. Days are numbers from the common era on.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    customers: Vec<CustomerId>,
    regions: Vec<u16>,
    /// Distinct ascending days of each customer.
    days: Vec<Vec<i32>>,
    /// By shipper, consignee and terms.
    runs: Vec<Run>,
}

/// Shipping days within some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How many.
    pub days: u32,
    /// The last.
    pub last: i32,
}

impl Trail {
    /// From shipments in any order, and the countries of customers.
    pub fn of(mut trips: Vec<Trip>, countries: &HashMap<CustomerId, String>) -> Self {
        trips.sort_unstable_by(|left, right| {
            (left.shipper, left.consignee, left.terms, left.on)
                .cmp(&(right.shipper, right.consignee, right.terms, right.on))
                .then(left.business.total_cmp(&right.business))
        });
        let mut customers: Vec<CustomerId> = trips
            .iter()
            .flat_map(|trip| [trip.shipper, trip.consignee])
            .collect();
        customers.sort_unstable();
        customers.dedup();
        let index: HashMap<CustomerId, u32> = customers.iter().copied().zip(0..).collect();
        let mut runs: Vec<Run> = Vec::new();
        for trip in trips {
            let (Some(&shipper), Some(&consignee)) =
                (index.get(&trip.shipper), index.get(&trip.consignee))
            else {
                continue;
            };
            let day = trip.on.num_days_from_ce();
            match runs.last_mut() {
                Some(run)
                    if (run.shipper, run.consignee, run.terms)
                        == (shipper, consignee, trip.terms) =>
                {
                    run.add(day, trip.business);
                }
                _ => runs.push(Run {
                    shipper,
                    consignee,
                    terms: trip.terms,
                    days: vec![day],
                    business: vec![trip.business],
                }),
            }
        }
        let mut days: Vec<Vec<i32>> = vec![Vec::new(); customers.len()];
        for run in &runs {
            for end in [run.shipper, run.consignee] {
                if let Some(days) = days.get_mut(end as usize) {
                    days.extend(&run.days);
                }
            }
        }
        for days in &mut days {
            days.sort_unstable();
            days.dedup();
        }
        Self {
            regions: regions(&customers, countries),
            customers,
            days,
            runs,
        }
    }

    /// Place of a customer among all; `None` if it has no shipment here.
    pub fn place(&self, customer: CustomerId) -> Option<u32> {
        let at = self.customers.binary_search(&customer).ok()?;
        u32::try_from(at).ok()
    }

    /// Regions of all customers.
    pub fn regions(&self) -> &[u16] {
        &self.regions
    }

    /// Distinct ascending shipping days of every customer.
    pub fn days(&self) -> &[Vec<i32>] {
        &self.days
    }

    /// Links, one entry for each kind of terms.
    pub fn links(&self) -> Vec<LinkDays<'_>> {
        self.runs
            .iter()
            .map(|run| LinkDays {
                shipper: run.shipper,
                consignee: run.consignee,
                terms: run.terms,
                days: &run.days,
                business: &run.business,
            })
            .collect()
    }

    /// What a customer did within some days; `None` if it was silent.
    pub fn customer(&self, customer: CustomerId, within: &Range<i32>) -> Option<Seen> {
        let at = self.customers.binary_search(&customer).ok()?;
        let inside = inside(self.days.get(at)?, within);
        Some(Seen {
            days: count(inside.len()),
            last: *inside.last()?,
        })
    }

    /// What went over a link within some days; `None` if nothing did.
    pub fn link(
        &self,
        (shipper, consignee): (CustomerId, CustomerId),
        within: &Range<i32>,
    ) -> Option<Seen> {
        let ends = (
            u32::try_from(self.customers.binary_search(&shipper).ok()?).ok()?,
            u32::try_from(self.customers.binary_search(&consignee).ok()?).ok()?,
        );
        let first = self
            .runs
            .partition_point(|run| (run.shipper, run.consignee) < ends);
        let mut days: Vec<i32> = self
            .runs
            .iter()
            .skip(first)
            .take_while(|run| (run.shipper, run.consignee) == ends)
            .flat_map(|run| inside(&run.days, within))
            .copied()
            .collect();
        days.sort_unstable();
        days.dedup();
        Some(Seen {
            days: count(days.len()),
            last: *days.last()?,
        })
    }

    /// For every customer, whether it shipped and whether it received within some days.
    pub fn sides(&self, within: &Range<i32>) -> HashMap<CustomerId, (bool, bool)> {
        let mut sides: HashMap<CustomerId, (bool, bool)> = HashMap::new();
        for run in &self.runs {
            if inside(&run.days, within).is_empty() {
                continue;
            }
            if let Some(customer) = self.customers.get(run.shipper as usize) {
                sides.entry(*customer).or_default().0 = true;
            }
            if let Some(customer) = self.customers.get(run.consignee as usize) {
                sides.entry(*customer).or_default().1 = true;
            }
        }
        sides
    }
}

impl Run {
    fn add(&mut self, day: i32, business: f64) {
        match (self.days.last(), self.business.last_mut()) {
            (Some(last), Some(sum)) if *last == day => *sum += business,
            _ => {
                self.days.push(day);
                self.business.push(business);
            }
        }
    }
}

/// The days from `within.start` on, before `within.end`.
pub fn inside<'a>(days: &'a [i32], within: &Range<i32>) -> &'a [i32] {
    let from = days.partition_point(|day| *day < within.start);
    let to = days.partition_point(|day| *day < within.end);
    days.get(from..to).unwrap_or_default()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Countries with enough customers, numbered by their codes; 0 is everywhere else.
fn regions(customers: &[CustomerId], countries: &HashMap<CustomerId, String>) -> Vec<u16> {
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for customer in customers {
        if let Some(country) = countries.get(customer) {
            *sizes.entry(country).or_default() += 1;
        }
    }
    let mut large: Vec<&str> = sizes
        .into_iter()
        .filter(|(_, size)| *size >= REGION)
        .map(|(country, _)| country)
        .collect();
    large.sort_unstable();
    let numbers: HashMap<&str, u16> = large.into_iter().zip(1..).collect();
    customers
        .iter()
        .map(|customer| {
            let country = countries.get(customer).map(String::as_str);
            country
                .and_then(|country| numbers.get(country))
                .copied()
                .unwrap_or(0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, number).unwrap()
    }

    fn at(number: u32) -> i32 {
        day(number).num_days_from_ce()
    }

    fn trip(shipper: i64, consignee: i64, terms: FreightTerms, on: u32) -> Trip {
        Trip {
            shipper: CustomerId(shipper),
            consignee: CustomerId(consignee),
            terms,
            on: day(on),
            business: 2.0,
        }
    }

    fn trail() -> Trail {
        use FreightTerms::{Collect, Prepaid};
        let trips = vec![
            trip(1, 2, Prepaid, 9),
            trip(1, 2, Collect, 5),
            trip(1, 2, Prepaid, 5),
            trip(1, 2, Prepaid, 5),
            trip(3, 1, Prepaid, 7),
        ];
        Trail::of(trips, &HashMap::new())
    }

    #[test]
    fn several_shipments_of_a_day_are_one_day_and_silence_is_none() {
        let trail = trail();
        let whole = at(1)..at(31);
        let seen = |days, last| {
            Some(Seen {
                days,
                last: at(last),
            })
        };
        assert_eq!(trail.customer(CustomerId(1), &whole), seen(3, 9));
        assert_eq!(trail.customer(CustomerId(2), &whole), seen(2, 9));
        assert_eq!(
            trail.customer(CustomerId(2), &(at(6)..at(9))),
            None,
            "the 9th is outside"
        );
        assert_eq!(trail.customer(CustomerId(2), &(at(9)..at(10))), seen(1, 9));
        assert_eq!(trail.customer(CustomerId(7), &whole), None);
        // Both kinds of terms are the same link; the other direction is another.
        assert_eq!(
            trail.link((CustomerId(1), CustomerId(2)), &whole),
            seen(2, 9)
        );
        assert_eq!(trail.link((CustomerId(1), CustomerId(3)), &whole), None);
    }

    #[test]
    fn business_of_a_day_adds_up_and_terms_stay_apart() {
        let trail = trail();
        let links = trail.links();
        assert_eq!(links.len(), 3);
        let prepaid = links
            .iter()
            .find(|link| link.shipper == 0 && link.terms == FreightTerms::Prepaid)
            .unwrap();
        assert_eq!(
            (prepaid.days, prepaid.business),
            (&[at(5), at(9)][..], &[4.0, 2.0][..])
        );
    }

    #[test]
    fn a_customer_stands_on_the_sides_it_was_seen_on() {
        let sides = trail().sides(&(at(6)..at(8)));
        assert_eq!(sides.get(&CustomerId(1)), Some(&(false, true)));
        assert_eq!(sides.get(&CustomerId(3)), Some(&(true, false)));
        assert_eq!(sides.get(&CustomerId(2)), None);
    }

    #[test]
    fn a_country_with_few_customers_is_no_region() {
        let customers: Vec<CustomerId> = (0..12).map(CustomerId).collect();
        let countries = customers
            .iter()
            .map(|customer| {
                (
                    *customer,
                    if customer.0 < 10 { "DE" } else { "FR" }.to_owned(),
                )
            })
            .collect();
        let found = regions(&customers, &countries);
        assert_eq!(found, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    }
}
