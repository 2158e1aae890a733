//! How often contracts were renewed before they were lost, as known before a day: pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::model::ContractOutcome;
use crate::ids::{ContractId, CustomerId};

/// A contract that had begun before a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// Its id.
    pub id: ContractId,
    /// Whose it is.
    pub customer: CustomerId,
    /// The partner, if it is about one link.
    pub partner: Option<CustomerId>,
    /// First day in force.
    pub starts_on: NaiveDate,
    /// Last day in force.
    pub ends_on: Option<NaiveDate>,
    /// How often it was renewed before, as told.
    pub renewals: u32,
    /// Whether it goes on unless somebody gives notice.
    pub auto_renews: bool,
    /// Share of the customer's volume under it, in `[0, 1]`.
    pub share: Option<f64>,
    /// Minor units.
    pub value_per_year: Option<i64>,
    /// What became of it, as known today.
    pub outcome: Option<ContractOutcome>,
    /// The contract of the next term.
    pub renewed_by: Option<ContractId>,
}

/// A contract in force that ends some day.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractAt {
    /// Whose it is.
    pub customer: CustomerId,
    /// The partner, if it is about one link.
    pub partner: Option<CustomerId>,
    /// Last day in force.
    pub ends_on: NaiveDate,
    /// Share of the customer's volume under it, in `[0, 1]`.
    pub share: Option<f64>,
    /// How often it was renewed so far.
    pub renewals: u32,
    /// Whether it goes on unless somebody gives notice.
    pub auto_renews: bool,
    /// Minor units.
    pub value_per_year: Option<i64>,
}

/// The contracts in force on `as_of` that have an end; in order of customer, end and id.
///
/// A contract that the next one has replaced already is left out: nothing ends with it.
pub fn ends(begun: &[Begun], as_of: NaiveDate) -> Vec<ContractAt> {
    let (renewals, replaced) = (chained(begun), replaced(begun));
    let mut running: Vec<(&Begun, NaiveDate)> = begun
        .iter()
        .filter(|contract| !replaced.contains(&contract.id))
        .filter_map(|contract| Some((contract, contract.ends_on.filter(|end| *end >= as_of)?)))
        .collect();
    running.sort_by_key(|(contract, end)| (contract.customer, *end, contract.id));
    running
        .into_iter()
        .map(|(contract, ends_on)| ContractAt {
            customer: contract.customer,
            partner: contract.partner,
            ends_on,
            share: contract.share,
            renewals: renewals
                .get(&contract.id)
                .copied()
                .unwrap_or(contract.renewals),
            auto_renews: contract.auto_renews,
            value_per_year: contract.value_per_year,
        })
        .collect()
}

/// For every chain of contracts: how often it was renewed, and whether it was then lost.
///
/// `(n, true)`: lost at the end of the term after `n` renewals, so at renewal `n + 1` of a
/// shifted-beta-geometric law. `(n, false)`: it has outlived `n` renewals; what comes next is not
/// known before `as_of` (it runs, or ended without word). Models M1.5.
pub fn history(begun: &[Begun], as_of: NaiveDate) -> Vec<(u32, bool)> {
    let (renewals, replaced) = (chained(begun), replaced(begun));
    begun
        .iter()
        .filter(|contract| !replaced.contains(&contract.id))
        .map(|contract| {
            let so_far = renewals
                .get(&contract.id)
                .copied()
                .unwrap_or(contract.renewals);
            let over = contract.ends_on.is_some_and(|end| end < as_of);
            match contract.outcome.filter(|_| over) {
                Some(ContractOutcome::Lost) => (so_far, true),
                // The next term is recorded nowhere, or has not begun.
                Some(ContractOutcome::Renewed) => (so_far.saturating_add(1), false),
                None => (so_far, false),
            }
        })
        .collect()
}

/// Contracts whose next term has begun.
fn replaced(begun: &[Begun]) -> BTreeSet<ContractId> {
    let known: BTreeSet<ContractId> = begun.iter().map(|contract| contract.id).collect();
    begun
        .iter()
        .filter(|contract| {
            contract
                .renewed_by
                .is_some_and(|next| known.contains(&next))
        })
        .map(|contract| contract.id)
        .collect()
}

/// Renewals of every contract: as told, or one more than those of the term before, whichever is
/// more; a sender that does not count them need not.
fn chained(begun: &[Begun]) -> BTreeMap<ContractId, u32> {
    let mut renewals: BTreeMap<ContractId, u32> = begun
        .iter()
        .map(|contract| (contract.id, contract.renewals))
        .collect();
    let mut in_order: Vec<&Begun> = begun.iter().collect();
    // The next term begins later, so that every term is final when the one behind it is reached.
    in_order.sort_by_key(|contract| (contract.starts_on, contract.id));
    for contract in in_order {
        let so_far = renewals.get(&contract.id).copied().unwrap_or_default();
        if let Some(next) = contract.renewed_by.and_then(|next| renewals.get_mut(&next)) {
            *next = (*next).max(so_far.saturating_add(1));
        }
    }
    renewals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A contract of one year.
    fn contract(id: i64, year: i32, outcome: Option<ContractOutcome>, next: Option<i64>) -> Begun {
        Begun {
            id: ContractId(id),
            customer: CustomerId(id / 10),
            partner: None,
            starts_on: NaiveDate::from_ymd_opt(year, 1, 1).unwrap(),
            ends_on: NaiveDate::from_ymd_opt(year, 12, 31),
            renewals: 0,
            auto_renews: false,
            share: Some(0.5),
            value_per_year: None,
            outcome,
            renewed_by: next.map(ContractId),
        }
    }

    const RENEWED: Option<ContractOutcome> = Some(ContractOutcome::Renewed);
    const LOST: Option<ContractOutcome> = Some(ContractOutcome::Lost);

    #[test]
    fn a_chain_counts_once_with_all_its_renewals() {
        // Renewed twice, counted by nobody, then lost.
        let mut chain = vec![
            contract(11, 2022, RENEWED, Some(12)),
            contract(12, 2023, RENEWED, Some(13)),
            contract(13, 2024, LOST, None),
        ];
        assert_eq!(history(&chain, day("2025-01-01")), [(2, true)]);
        // On its last day nobody knows yet.
        assert_eq!(history(&chain, day("2024-12-31")), [(2, false)]);
        // As of 2023 the third had not begun, and the second had no end yet.
        chain.truncate(2);
        assert_eq!(history(&chain, day("2023-07-01")), [(1, false)]);
        // The sender counts more than we have: an earlier term is missing.
        chain[1].renewals = 4;
        assert_eq!(history(&chain, day("2023-07-01")), [(4, false)]);
    }

    #[test]
    fn a_renewal_without_the_next_record_counts_and_no_word_counts_as_survival_so_far() {
        let begun = [
            contract(11, 2024, RENEWED, None),
            contract(21, 2024, None, None),
            contract(31, 2024, LOST, None),
            contract(41, 2024, RENEWED, Some(42)),
        ];
        assert_eq!(
            history(&begun, day("2025-06-01")),
            [(1, false), (0, false), (0, true), (1, false)]
        );
        assert_eq!(
            history(&begun, day("2024-06-01")),
            [(0, false), (0, false), (0, false), (0, false)]
        );
    }

    #[test]
    fn what_ends_is_what_runs_and_is_not_replaced() {
        let mut open = contract(21, 2024, None, None);
        open.ends_on = None;
        let begun = [
            contract(12, 2025, None, None),
            contract(11, 2024, RENEWED, Some(12)),
            open,
            contract(31, 2023, LOST, None),
        ];
        let running = ends(&begun, day("2025-12-31"));
        assert_eq!(running.len(), 1);
        assert_eq!(
            (running[0].customer, running[0].ends_on, running[0].renewals),
            (CustomerId(1), day("2025-12-31"), 1)
        );
        assert!(ends(&begun, day("2026-01-01")).is_empty());
    }
}
