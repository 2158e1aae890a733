//! From a plain description of the network to the compact arrays that the solver runs on.

#![expect(
    clippy::indexing_slicing,
    reason = "indices of links are checked against the number of customers on the way in; all others are built here"
)]

use std::collections::BTreeMap;

use rayon::slice::ParallelSliceMut;

use super::check::check;
use super::{CascadeError, Strengths};
use crate::shipments::model::FreightTerms;

/// Freight from one customer to another over the trailing window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Index of the shipper.
    pub shipper: u32,
    /// Index of the consignee.
    pub consignee: u32,
    /// Business over the window, 0 or more, in one unit for the whole network.
    pub business: f64,
    /// Contribution margin expected over the horizon; may be negative.
    pub value: f64,
    /// Who pays the freight.
    pub terms: FreightTerms,
}

/// A network at an as-of date, told plainly; the lists have one entry for each customer.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// Own churn: probability that the customer leaves within the horizon by itself.
    pub own_churn: &'a [f64],
    /// Contract business tied to no partner, 0 or more, in the unit of the links' business.
    pub own_business: &'a [f64],
    /// Value tied to no partner; may be negative.
    pub own_value: &'a [f64],
    /// Links in any order; parallel ones and those of opposite direction add up to one tie.
    pub links: &'a [Link],
    /// Strength by class.
    pub strengths: Strengths,
}

/// What the solver needs of a tie: two customers that do business with each other, in the row of
/// the one with the lower index.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tie {
    /// w of the row's customer: by how much it depends on the column's.
    pub row_weight: f64,
    /// w of the column's customer: by how much it depends on the row's.
    pub column_weight: f64,
    /// Index of the column's customer.
    pub column: u32,
}

/// What a tie is worth: sums over its links.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worth {
    pub business: f64,
    pub value: f64,
}

/// A tie as one of its two customers sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// The customer at the other end.
    pub partner: u32,
    /// Position of the tie.
    pub tie: usize,
    /// Whether the customer is the row's.
    pub in_row: bool,
    /// By how much the customer depends on the partner.
    pub weight: f64,
    /// By how much the partner depends on the customer.
    pub partner_weight: f64,
}

/// A compiled network: immutable, checked, ready to be solved any number of times.
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) own_churn: Vec<f64>,
    pub(super) own_business: Vec<f64>,
    pub(super) own_value: Vec<f64>,
    /// All business of a customer: links and own.
    pub(super) business: Vec<f64>,
    /// Ties of row i are `rows[i]..rows[i + 1]`.
    pub(super) rows: Vec<u32>,
    pub(super) ties: Vec<Tie>,
    pub(super) worth: Vec<Worth>,
    /// Ties whose column is i are `column_ties[columns[i]..columns[i + 1]]`.
    columns: Vec<u32>,
    column_ties: Vec<u32>,
    /// Row of each tie.
    tie_rows: Vec<u32>,
    /// Tie of each link, and whether the shipper is the row's customer.
    pub(super) tie_of_link: Vec<u32>,
    pub(super) links: Vec<Link>,
    pub(super) strengths: Strengths,
    /// Customers whose strengths are a multiple of what their classes say.
    pub(super) factors: BTreeMap<u32, f64>,
}

impl Network {
    /// Checks and compiles a description.
    ///
    /// Shares are taken in all business of a customer, own business included; a customer without
    /// any business depends on nobody. O(n + m log m) for n customers and m links.
    ///
    /// # Errors
    ///
    /// [`CascadeError`] names the first field and index that breaks a rule.
    pub fn compile(description: &Description<'_>) -> Result<Self, CascadeError> {
        Self::build(description, BTreeMap::new())
    }

    pub(super) fn build(
        description: &Description<'_>,
        factors: BTreeMap<u32, f64>,
    ) -> Result<Self, CascadeError> {
        check(description)?;
        let Description {
            own_churn,
            own_business,
            own_value,
            links,
            strengths,
        } = *description;
        let customers = own_churn.len();

        let mut business = own_business.to_vec();
        for link in links {
            business[link.shipper as usize] += link.business;
            business[link.consignee as usize] += link.business;
        }

        let mut network = Self {
            own_churn: own_churn.to_vec(),
            own_business: own_business.to_vec(),
            own_value: own_value.to_vec(),
            business,
            rows: vec![0; customers + 1],
            ties: Vec::with_capacity(links.len()),
            worth: Vec::with_capacity(links.len()),
            columns: vec![0; customers + 1],
            column_ties: Vec::new(),
            tie_rows: Vec::with_capacity(links.len()),
            tie_of_link: vec![0; links.len()],
            links: links.to_vec(),
            strengths,
            factors,
        };
        network.merge(links, &strengths);
        network.index();
        Ok(network)
    }

    /// Merges links that join the same pair into ties, in order of rows and columns.
    fn merge(&mut self, links: &[Link], strengths: &Strengths) {
        let mut order: Vec<(u32, u32, u32)> = (0_u32..)
            .zip(links)
            .map(|(position, link)| {
                let (a, b) = (link.shipper, link.consignee);
                (a.min(b), a.max(b), position)
            })
            .collect();
        order.par_sort_unstable();

        let mut last = None;
        let mut count = 0_u32;
        for (row, column, position) in order {
            if last != Some((row, column)) {
                last = Some((row, column));
                count += 1;
                self.ties.push(Tie {
                    column,
                    ..Tie::default()
                });
                self.worth.push(Worth::default());
                self.tie_rows.push(row);
            }
            let tie = count - 1;
            let link = &links[position as usize];
            self.tie_of_link[position as usize] = tie;
            self.add(tie as usize, link, strengths);
        }
    }

    fn add(&mut self, tie: usize, link: &Link, strengths: &Strengths) {
        let share = |customer: u32| {
            let total = self.business[customer as usize];
            if total > 0.0 {
                link.business / total
            } else {
                0.0
            }
        };
        let (shipper_kappa, consignee_kappa) = strengths.on(link.terms);
        let factor = |customer| self.factors.get(&customer).copied().unwrap_or(1.0);
        let shipper = shipper_kappa * factor(link.shipper) * share(link.shipper);
        let consignee = consignee_kappa * factor(link.consignee) * share(link.consignee);
        let (row, column) = if link.shipper < link.consignee {
            (shipper, consignee)
        } else {
            (consignee, shipper)
        };
        self.ties[tie].row_weight += row;
        self.ties[tie].column_weight += column;
        self.worth[tie].business += link.business;
        self.worth[tie].value += link.value;
    }

    /// Builds the offsets of rows and columns.
    fn index(&mut self) {
        for (tie, &row) in self.ties.iter().zip(&self.tie_rows) {
            self.rows[row as usize + 1] += 1;
            self.columns[tie.column as usize + 1] += 1;
        }
        for offsets in [&mut self.rows, &mut self.columns] {
            let mut sum = 0;
            for offset in offsets.iter_mut() {
                sum += *offset;
                *offset = sum;
            }
        }
        let mut next = self.columns.clone();
        self.column_ties = vec![0; self.ties.len()];
        for (position, tie) in (0_u32..).zip(&self.ties) {
            let slot = &mut next[tie.column as usize];
            self.column_ties[*slot as usize] = position;
            *slot += 1;
        }
    }

    /// Number of customers.
    pub fn customers(&self) -> usize {
        self.own_churn.len()
    }

    /// The index of a customer, if there is such a customer.
    pub(super) fn known(&self, customer: u32) -> Result<usize, CascadeError> {
        let (customer, customers) = (customer as usize, self.customers());
        if customer < customers {
            Ok(customer)
        } else {
            Err(CascadeError::UnknownCustomer {
                customer,
                customers,
            })
        }
    }

    /// The index of a link, if there is such a link.
    pub(super) fn known_link(&self, link: u32) -> Result<usize, CascadeError> {
        let (link, links) = (link as usize, self.links());
        if link < links {
            Ok(link)
        } else {
            Err(CascadeError::UnknownLink { link, links })
        }
    }

    /// Number of links, as described.
    pub fn links(&self) -> usize {
        self.tie_of_link.len()
    }

    /// Number of ties: pairs of customers that do business with each other.
    pub fn ties(&self) -> usize {
        self.ties.len()
    }

    /// Own churn of each customer, as described.
    pub fn own_churn(&self) -> &[f64] {
        &self.own_churn
    }

    /// Value of each customer that is tied to no partner, as described.
    pub(super) fn own_values(&self) -> &[f64] {
        &self.own_value
    }

    /// Value of a tie: the sum over its links.
    pub(super) fn tie_value(&self, tie: usize) -> f64 {
        self.worth[tie].value
    }

    /// The same network with other values: what `revise` makes of each customer's own and of each
    /// tie's.
    pub(super) fn revalued(&self, revise: impl Fn(f64) -> f64) -> Self {
        let mut network = self.clone();
        for value in &mut network.own_value {
            *value = revise(*value);
        }
        for worth in &mut network.worth {
            worth.value = revise(worth.value);
        }
        network
    }

    /// The same network, but customers that are not `open` depend on nobody.
    pub(super) fn opened(&self, open: &[bool]) -> Self {
        let mut network = self.clone();
        for (tie, row) in network.ties.iter_mut().zip(&self.tie_rows) {
            if !open[*row as usize] {
                tie.row_weight = 0.0;
            }
            if !open[tie.column as usize] {
                tie.column_weight = 0.0;
            }
        }
        network
    }

    /// All business of a customer, links and own; `None` if there is no such customer.
    pub fn business(&self, customer: usize) -> Option<f64> {
        self.business.get(customer).copied()
    }

    /// The ties of a customer: first those of its row, then those of its column, in order.
    pub(super) fn sides(&self, customer: usize) -> impl Iterator<Item = Side> + '_ {
        let row = self.rows[customer] as usize..self.rows[customer + 1] as usize;
        let column = self.columns[customer] as usize..self.columns[customer + 1] as usize;
        let in_row = row.map(|tie| {
            let record = &self.ties[tie];
            Side {
                partner: record.column,
                tie,
                in_row: true,
                weight: record.row_weight,
                partner_weight: record.column_weight,
            }
        });
        let in_column = self.column_ties[column].iter().map(|&tie| {
            let record = &self.ties[tie as usize];
            Side {
                partner: self.tie_rows[tie as usize],
                tie: tie as usize,
                in_row: false,
                weight: record.column_weight,
                partner_weight: record.row_weight,
            }
        });
        in_row.chain(in_column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(shipper: u32, consignee: u32, business: f64) -> Link {
        Link {
            shipper,
            consignee,
            business,
            value: 1.0,
            terms: FreightTerms::Unknown,
        }
    }

    fn described<'a>(own: &'a [f64], zeros: &'a [f64], links: &'a [Link]) -> Description<'a> {
        Description {
            own_churn: own,
            own_business: zeros,
            own_value: zeros,
            links,
            strengths: Strengths::by_role(0.5, 0.8),
        }
    }

    fn refusal(own: &[f64], zeros: &[f64], links: &[Link]) -> String {
        Network::compile(&described(own, zeros, links))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn links_both_ways_and_in_parallel_are_one_tie_whose_weights_add() {
        let links = [
            link(0, 1, 20.0),
            link(1, 0, 30.0),
            link(0, 1, 10.0),
            link(2, 0, 40.0),
        ];
        let network = Network::compile(&described(&[0.1; 3], &[0.0; 3], &links)).unwrap();

        assert_eq!((network.links(), network.ties()), (4, 2));
        // Customer 0 ships 30 and receives 30 of its 100 in this tie: 0.5 * 0.3 + 0.8 * 0.3.
        let side = network.sides(0).next().unwrap();
        assert!((side.weight - 0.39).abs() < 1e-12);
        // Customer 1 receives 30 and ships 30 of its 60: 0.8 * 0.5 + 0.5 * 0.5.
        assert!((side.partner_weight - 0.65).abs() < 1e-12);
        // Customer 2 sees customer 0 from its column.
        let side = network.sides(2).next().unwrap();
        assert_eq!((side.partner, side.in_row), (0, false));
        assert!((side.weight - 0.5).abs() < 1e-12);
    }

    #[test]
    fn zero_business_makes_nobody_depend_on_anybody() {
        let links = [link(0, 1, 0.0)];
        let network = Network::compile(&described(&[0.1; 2], &[0.0; 2], &links)).unwrap();
        assert!(network.sides(0).all(|side| side.weight == 0.0));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_index() {
        let fine = [link(0, 1, 1.0)];
        for (text, expected) in [
            (refusal(&[0.1, 1.5], &[0.0; 2], &fine), "own[1]: 1.5"),
            (refusal(&[f64::NAN, 0.5], &[0.0; 2], &fine), "own[0]: NaN"),
            (refusal(&[0.1; 2], &[0.0; 3], &fine), "own_business: has 3"),
            (refusal(&[0.1; 2], &[f64::NAN; 2], &fine), "own_business[0]"),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(0, 2, 1.0)]),
                "links[0].consignee: there is no customer 2",
            ),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(1, 1, 1.0)]),
                "links[0]: customer 1 ships to itself",
            ),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(0, 1, -1.0)]),
                "links[0].business: -1",
            ),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(0, 1, f64::INFINITY)]),
                "links[0].business: inf",
            ),
        ] {
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
