//! Where a set of changes begins: what it leaves of the equations.

#![expect(
    clippy::indexing_slicing,
    reason = "customers and links are checked on the way in; places come from a compiled network"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use super::arcs::{Arc, OtherTie};
use super::changes::Revision;
use super::compile::share;
use super::system::Coupling;

/// What changes all shares of a customer by less than this part of the tolerance, as the loss of one
/// link of very many does, counts for that link alone.
pub(super) const SLIGHT: f64 = 0.25;

/// Places of customers that follow all their partners otherwise, and the ends of ties that are.
type Otherwise = (BTreeSet<u32>, Vec<(u32, u32)>);

impl Session<'_> {
    /// Tells the work list what is otherwise and what that leaves of the equations; `None` if it
    /// cannot be told as a change of few.
    pub(super) fn prepare(&mut self, revision: &Revision, eps: f64) -> Option<()> {
        if revision.strengths.is_some() {
            return None;
        }
        let (follows, ties) = self.change_weights(revision, eps)?;
        for place in &follows {
            let place = *place as usize;
            let customer = self.network.layout.customers[place];
            let before = self.solution.own[customer as usize];
            let own = revision.own.get(&customer).map_or(0.0, |own| own - before);
            let mine = self.solution.placed[place];
            let arcs: Vec<Arc> = self.push.arcs(place).collect();
            let mut left = own;
            for arc in arcs {
                left += arc.received(mine);
                if !follows.contains(&narrow(arc.partner)) {
                    self.push.add(arc.partner, arc.sent(mine), eps);
                }
            }
            self.push.touch(place);
            self.push.add(place, left, eps);
        }
        for (row, column) in ties {
            if follows.contains(&row) || follows.contains(&column) {
                continue;
            }
            let arc = self.push.arc(row as usize, column as usize)?;
            let mine = self.solution.placed[row as usize];
            self.push.add(row as usize, arc.received(mine), eps);
            self.push.add(column as usize, arc.sent(mine), eps);
        }
        Some(())
    }

    /// Sets own churn and weights; answers the places where any but those of single ties are
    /// otherwise, and the ends of these ties.
    fn change_weights(&mut self, revision: &Revision, eps: f64) -> Option<Otherwise> {
        let (network, layout) = (self.network, &self.network.layout);
        let told = revision.own.keys().chain(revision.factors.keys());
        let mut follows: BTreeSet<u32> = told
            .map(|customer| layout.places[*customer as usize])
            .collect();
        let ties: BTreeMap<u32, (u32, u32)> = revision
            .links
            .keys()
            .map(|slot| self.tie_at(*slot))
            .collect();
        let ends: BTreeSet<u32> = self.ends(revision).into_iter().collect();
        let mut scales = BTreeMap::new();
        for place in follows.union(&ends).copied().collect::<Vec<_>>() {
            let customer = layout.customers[place as usize];
            let before = network.business[customer as usize];
            let after = if ends.contains(&place) {
                self.business(place as usize, &ties, revision)
            } else {
                before
            };
            let factor = network.factors.get(&customer).copied().unwrap_or(1.0);
            let new_factor = revision.factors.get(&customer).copied();
            if factor == 0.0 && new_factor.is_some_and(|new| new > 0.0) {
                return None;
            }
            let multiple = new_factor.map_or(1.0, |new| share(new, factor));
            // All business is in the ties that change if there was none before.
            let mut scale = if before > 0.0 {
                share(before, after)
            } else {
                1.0
            };
            if !follows.contains(&place) && (scale - 1.0).abs() <= SLIGHT * eps {
                scale = 1.0;
            } else {
                follows.insert(place);
                let own = revision.own.get(&customer);
                let stay = own.map_or(self.stay[place as usize], |own| 1.0 - own);
                self.push
                    .set_follow(place as usize, stay * multiple * scale);
            }
            scales.insert(place, (factor, after * scale));
        }
        for (tie, places) in &ties {
            let pull = revision.tie_pull(network, *tie as usize);
            let weight = |place: u32, pull: f64| {
                let known = scales.get(&place);
                known.map_or(0.0, |(factor, business)| factor * share(pull, *business))
            };
            self.push.set_tie(OtherTie {
                places: *places,
                weights: (weight(places.0, pull.row), weight(places.1, pull.column)),
            });
        }
        Some((follows, ties.into_values().collect()))
    }

    /// Tie of the link in a slot, and the places of its customers.
    fn tie_at(&self, slot: usize) -> (u32, (u32, u32)) {
        let layout = &self.network.layout;
        let tie = layout
            .slots
            .partition_point(|first| *first as usize <= slot)
            - 1;
        let row = layout
            .uppers
            .partition_point(|first| *first as usize <= tie)
            - 1;
        let at = layout.rows[row] + layout.lowers(row) + tie - layout.uppers[row] as usize;
        (narrow(tie), (narrow(row), layout.partners[at]))
    }

    /// Places of the customers of revised links.
    pub(super) fn ends(&self, revision: &Revision) -> Vec<u32> {
        let ties = revision.links.keys().map(|slot| self.tie_at(*slot));
        ties.flat_map(|(_, (row, column))| [row, column]).collect()
    }

    /// All business of a customer after the changes.
    fn business(&self, place: usize, ties: &BTreeMap<u32, (u32, u32)>, revision: &Revision) -> f64 {
        let customer = self.network.layout.customers[place] as usize;
        let before = self.network.business[customer];
        let mine = ties
            .iter()
            .filter(|(_, (row, column))| [*row as usize, *column as usize].contains(&place));
        let change: f64 = mine
            .map(|(tie, _)| {
                let tie = *tie as usize;
                revision.tie_pull(self.network, tie).business - self.network.tie_business(tie)
            })
            .sum();
        if change.abs() < 0.5 * before {
            return before + change;
        }
        // Little may be left of much: summed anew, so that rounding does not stand for business.
        let all = self.network.layout.ties_of(place);
        all.fold(self.network.own_business[customer], |sum, tie| {
            sum + revision.tie_pull(self.network, tie as usize).business
        })
    }
}

impl Arc {
    /// By how much more the customer hears from the partner, churn being as before.
    fn received(&self, mine: f64) -> f64 {
        let heard = |arc: &Coupling| arc.pull * arc.received(mine, self.churn);
        heard(&self.after) - heard(&self.before)
    }

    /// By how much more the partner hears from the customer, churn being as before.
    fn sent(&self, mine: f64) -> f64 {
        let heard = |arc: &Coupling| arc.back * arc.sent(mine, self.churn);
        heard(&self.after) - heard(&self.before)
    }
}

/// Places fit 32 bits: the number of customers was checked.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
