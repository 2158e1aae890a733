//! One world after the other: who churns, who picks whom, who is lost, and what that costs.

#![expect(
    clippy::indexing_slicing,
    reason = "customers and positions are those of a compiled network, which checked them"
)]

use std::ops::Range;

use super::super::{CascadeError, Network};
use super::control::Control;
use super::dice::{Dice, churn_threshold};
use super::picks::Picks;

/// Worlds that are played at once, so that what they all read stays in the cache; a bit each.
const LANES: usize = 16;
type Mask = u16;

/// Customers whose draws are made at once.
const BLOCK: usize = 256;

/// What each customer comes to in a world, where it is not the index of the partner that it picked.
pub(super) const LOST: u32 = u32::MAX;
pub(super) const SAFE: u32 = u32::MAX - 1;
/// On the chain of picks that is being followed: to meet it again is a ring.
const ON_CHAIN: u32 = u32::MAX - 2;

/// All that does not change from world to world.
pub(super) struct Setting {
    own: Vec<u64>,
    picks: Picks,
    values: Values,
    control: Control,
}

/// Value of customers and ties, in rows: a tie stands in the row of the lower index.
struct Values {
    /// Own value and that of all ties.
    customers: Vec<f64>,
    rows: Vec<usize>,
    columns: Vec<u32>,
    ties: Vec<f64>,
}

impl Setting {
    pub fn new(network: &Network, own: &[f64]) -> Result<Self, CascadeError> {
        Ok(Self {
            control: Control::new(network, own)?,
            own: own.iter().map(|&own| churn_threshold(own)).collect(),
            picks: Picks::new(network)?,
            values: Values::new(network),
        })
    }

    pub fn customers(&self) -> usize {
        self.own.len()
    }
}

impl Values {
    fn new(network: &Network) -> Self {
        let mut values = Self {
            customers: network.own_values().to_vec(),
            rows: vec![0],
            columns: Vec::with_capacity(network.ties()),
            ties: Vec::with_capacity(network.ties()),
        };
        for customer in 0..network.customers() {
            for side in network.sides(customer) {
                let value = network.tie_value(side.tie);
                values.customers[customer] += value;
                if side.in_row && value != 0.0 {
                    values.columns.push(side.partner);
                    values.ties.push(value);
                }
            }
            values.rows.push(values.ties.len());
        }
        values
    }
}

/// What a world costs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Played {
    /// Loss of value.
    pub loss: f64,
    /// Loss of value less the control variate's deviation: the same on average, and less spread.
    pub controlled: f64,
    /// How many customers are lost.
    pub lost: u32,
}

/// Room for playing worlds, used again for each group of them.
pub(super) struct Stage<'a> {
    setting: &'a Setting,
    dice: Vec<Dice>,
    /// For each world of the group and each customer: `LOST`, `SAFE`, or the partner it picked.
    states: Vec<Vec<u32>>,
    chain: Vec<u32>,
    /// In which worlds of the group each customer is lost.
    lost: Vec<Mask>,
}

impl<'a> Stage<'a> {
    pub fn new(setting: &'a Setting, seed: u64) -> Self {
        let customers = setting.customers();
        Self {
            setting,
            dice: (0..LANES).map(|_| Dice::new(seed)).collect(),
            states: vec![vec![SAFE; customers]; LANES],
            chain: Vec::new(),
            lost: vec![0; customers],
        }
    }

    /// Plays some worlds, and counts in how many of them each customer is lost.
    pub fn play(&mut self, worlds: Range<u32>, counts: &mut [u16]) -> Vec<Played> {
        let worlds: Vec<u32> = worlds.collect();
        let mut played = Vec::with_capacity(worlds.len());
        for group in worlds.chunks(LANES) {
            self.draw(group);
            let mut group = vec![Played::default(); group.len()];
            self.lost.fill(0);
            for (lane, played) in group.iter_mut().enumerate() {
                let deviation = self.setting.control.deviation(&self.states[lane]);
                played.controlled = -deviation;
                played.lost = self.resolve(lane);
            }
            self.settle(&mut group);
            for (count, mask) in counts.iter_mut().zip(&self.lost) {
                *count += u16::try_from(mask.count_ones()).unwrap_or(0);
            }
            played.append(&mut group);
        }
        played
    }

    /// Draws own churn and picks.
    fn draw(&mut self, worlds: &[u32]) {
        let Setting { own, picks, .. } = self.setting;
        for (dice, &world) in self.dice.iter_mut().zip(worlds) {
            dice.begin(world);
        }
        for first in (0..own.len()).step_by(BLOCK) {
            let block = first..own.len().min(first + BLOCK);
            let lanes = self.dice.iter_mut().zip(&mut self.states);
            for (dice, states) in lanes.take(worlds.len()) {
                let states = &mut states[block.clone()];
                let draws = dice.throw(block.len());
                for ((customer, state), draws) in block.clone().zip(states).zip(draws) {
                    *state = if draws.churns(own[customer]) {
                        LOST
                    } else {
                        picks.pick(customer, &draws).unwrap_or(SAFE)
                    };
                }
            }
        }
    }

    /// Follows the picks in one world: a customer is lost if its chain of picks reaches one that
    /// churned. Every customer is visited once. How many are lost.
    fn resolve(&mut self, lane: usize) -> u32 {
        let states = &mut self.states[lane];
        let mut lost = 0;
        for customer in 0..states.len() {
            let mut state = states[customer];
            let mut at = customer;
            while state < ON_CHAIN {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "indices of customers are u32"
                )]
                self.chain.push(at as u32);
                states[at] = ON_CHAIN;
                at = state as usize;
                state = states[at];
            }
            if state == ON_CHAIN {
                state = SAFE;
            }
            for member in self.chain.drain(..) {
                states[member as usize] = state;
            }
            let is_lost = state == LOST;
            lost += u32::from(is_lost);
            self.lost[customer] |= Mask::from(is_lost) << lane;
        }
        lost
    }

    /// Adds up the value lost in each world of the group: that of all who are lost, less that of the
    /// ties between two of them, which is in it twice.
    fn settle(&self, played: &mut [Played]) {
        let values = &self.setting.values;
        let mut sums = [0.0; LANES];
        for (customer, &mask) in self.lost.iter().enumerate() {
            if mask == 0 {
                continue;
            }
            add(&mut sums, mask, values.customers[customer]);
            let row = values.rows[customer]..values.rows[customer + 1];
            for (column, value) in values.columns[row.clone()].iter().zip(&values.ties[row]) {
                add(&mut sums, mask & self.lost[*column as usize], -value);
            }
        }
        for (played, sum) in played.iter_mut().zip(sums) {
            played.loss = sum;
            played.controlled += sum;
        }
    }
}

/// Adds `value` to the sum of each world of the mask.
fn add(sums: &mut [f64; LANES], mask: Mask, value: f64) {
    let mut mask = mask;
    while mask != 0 {
        sums[mask.trailing_zeros() as usize % LANES] += value;
        mask &= mask - 1;
    }
}
