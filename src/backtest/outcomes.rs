//! What came to pass over a horizon, beside which predictions are put.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::ids::CustomerId;

/// Shipping days of every customer and link over some days.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    days: HashMap<CustomerId, u32>,
    links: HashSet<(CustomerId, CustomerId)>,
}

impl Outcomes {
    /// From shipments: shipper, consignee, shipping day. Several on a day are one.
    pub fn of(shipments: &[(CustomerId, CustomerId, NaiveDate)]) -> Self {
        let mut days: Vec<(CustomerId, NaiveDate)> = shipments
            .iter()
            .flat_map(|(shipper, consignee, day)| [(*shipper, *day), (*consignee, *day)])
            .collect();
        days.sort_unstable();
        days.dedup();
        let mut outcomes = Self::default();
        for (customer, _) in days {
            *outcomes.days.entry(customer).or_default() += 1;
        }
        outcomes.links = shipments
            .iter()
            .map(|(shipper, consignee, _)| (*shipper, *consignee))
            .collect();
        outcomes
    }

    /// Shipping days of a customer; 0: it was silent.
    pub fn days(&self, customer: CustomerId) -> u32 {
        self.days.get(&customer).copied().unwrap_or(0)
    }

    /// Whether nothing went over a link.
    pub fn lost(&self, link: (CustomerId, CustomerId)) -> bool {
        !self.links.contains(&link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_shipments_of_a_day_are_one_day_and_silence_is_none() {
        let day = |number| NaiveDate::from_ymd_opt(2026, 1, number).unwrap();
        let [a, b, c, d] = [1, 2, 3, 4].map(CustomerId);
        let seen = Outcomes::of(&[
            (a, b, day(5)),
            (a, c, day(5)),
            (b, a, day(6)),
            (a, b, day(5)),
        ]);
        assert_eq!([a, b, c, d].map(|who| seen.days(who)), [2, 2, 1, 0]);
        assert!(!seen.lost((a, b)) && !seen.lost((b, a)));
        assert!(seen.lost((c, a)), "the other direction is another link");
    }
}
