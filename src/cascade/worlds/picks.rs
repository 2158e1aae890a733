//! Whom a customer picks: alias tables over its partners (Walker 1977, Vose 1991).

#![expect(
    clippy::indexing_slicing,
    reason = "positions are built here from a compiled network, which checked its indices"
)]

use super::super::{CascadeError, Network};
use super::dice::{Draws, pick_threshold};

/// One of a customer's slots, all of which are equally likely.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    partner: u32,
    /// Taken instead of `partner` unless the draw is below `keep`.
    other: u32,
    keep: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    /// Position of the first slot; the last is where the next row begins.
    first: u32,
    /// Threshold of picking at all.
    picks: u32,
}

/// The alias tables of all customers.
#[derive(Clone, Debug)]
pub(super) struct Picks {
    rows: Vec<Row>,
    slots: Vec<Slot>,
}

impl Picks {
    /// O(customers + ties).
    pub fn new(network: &Network) -> Result<Self, CascadeError> {
        let customers = network.customers();
        if u32::try_from(2 * network.ties()).is_err() {
            return Err(CascadeError::TooMany {
                field: "links",
                found: network.links(),
            });
        }
        let mut picks = Self {
            rows: Vec::with_capacity(customers + 1),
            slots: Vec::with_capacity(2 * network.ties()),
        };
        let mut builder = Builder::default();
        for customer in 0..customers {
            let total = builder.load(network, customer);
            picks.close_row(total);
            picks.slots.extend_from_slice(builder.build(total));
        }
        picks.close_row(0.0);
        Ok(picks)
    }

    /// Ends the row before and begins one with this sum of weights.
    fn close_row(&mut self, total: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most two slots for each tie, whose number is checked"
        )]
        let first = self.slots.len() as u32;
        self.rows.push(Row {
            first,
            picks: pick_threshold(total),
        });
    }

    /// The partner that `customer` picks with these draws, if any.
    pub fn pick(&self, customer: usize, draws: &Draws) -> Option<u32> {
        let row = self.rows[customer];
        let count = self.rows[customer + 1].first - row.first;
        if count == 0 || !draws.picks(row.picks) {
            return None;
        }
        let (which, rest) = draws.which(count);
        let slot = self.slots[(row.first + which) as usize];
        Some(if rest < slot.keep {
            slot.partner
        } else {
            slot.other
        })
    }
}

/// Builds the table of one customer after the other.
#[derive(Default)]
struct Builder {
    /// Weight of each slot, later in units of an even part.
    parts: Vec<f64>,
    slots: Vec<Slot>,
    small: Vec<u32>,
    large: Vec<u32>,
}

impl Builder {
    /// Reads a customer's partners; the sum of its weights.
    fn load(&mut self, network: &Network, customer: usize) -> f64 {
        self.parts.clear();
        self.slots.clear();
        for side in network.sides(customer) {
            if side.weight > 0.0 {
                self.parts.push(side.weight);
                self.slots.push(Slot {
                    partner: side.partner,
                    other: side.partner,
                    keep: u32::MAX,
                });
            }
        }
        self.parts.iter().sum()
    }

    fn build(&mut self, total: f64) -> &[Slot] {
        let even = total / self.parts.len() as f64;
        for (position, part) in (0_u32..).zip(&mut self.parts) {
            *part /= even;
            if *part < 1.0 {
                self.small.push(position);
            } else {
                self.large.push(position);
            }
        }
        while let (Some(&small), Some(&large)) = (self.small.last(), self.large.last()) {
            self.small.pop();
            let part = self.parts[small as usize];
            self.slots[small as usize].keep = pick_threshold(part);
            self.slots[small as usize].other = self.slots[large as usize].partner;
            let left = &mut self.parts[large as usize];
            *left -= 1.0 - part;
            if *left < 1.0 {
                self.large.pop();
                self.small.push(large);
            }
        }
        // What is left over is a whole part, but for rounding.
        self.small.clear();
        self.large.clear();
        &self.slots
    }
}
