//! The arcs of a customer before and after what a question takes to be otherwise.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use super::push::Push;
use super::system::Coupling;

/// The weights of a tie that is otherwise than in the network: of its customers at the lower and at
/// the higher place, before what has become of all weights of these customers.
#[derive(Clone, Copy, Debug)]
pub(super) struct OtherTie {
    pub places: (u32, u32),
    pub weights: (f64, f64),
}

/// An arc of a customer before and after what is otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    /// Place of the partner.
    pub partner: usize,
    /// Churn of the partner before, and its change.
    pub churn: f64,
    pub delta: f64,
    pub before: Coupling,
    pub after: Coupling,
}

impl Push<'_> {
    /// The arcs of a customer, before and after what is otherwise.
    pub fn arcs(&self, place: usize) -> impl Iterator<Item = Arc> + '_ {
        let row = self.network.layout.row(place);
        let (before, after) = (self.follow_before(place), self.states[place].follow);
        let weights = self.network.weights[row.clone()]
            .iter()
            .zip(&self.network.partner_weights[row.clone()]);
        let special = self.is_special(place);
        let partners = self.network.layout.partners[row].iter();
        partners.zip(weights).map(move |(partner, (weight, back))| {
            let partner = *partner as usize;
            let state = &self.states[partner];
            let (new_weight, new_back) = if special {
                self.weights(place, partner).unwrap_or((*weight, *back))
            } else {
                (*weight, *back)
            };
            let back_before = self.follow_before(partner) * back;
            Arc {
                partner,
                churn: state.churn,
                delta: self.delta(partner),
                before: Coupling::new(before * weight, back_before),
                after: Coupling::new(after * new_weight, state.follow * new_back),
            }
        })
    }

    /// One arc of a customer: to this partner.
    pub fn arc(&self, place: usize, partner: usize) -> Option<Arc> {
        // The shorter of the two rows would do; the arcs of a row are sorted.
        let row = self.network.layout.row(place);
        let partners = &self.network.layout.partners[row];
        let at = partners
            .binary_search(&u32::try_from(partner).unwrap_or(u32::MAX))
            .ok()?;
        self.arcs(place).nth(at)
    }

    fn follow_before(&self, place: usize) -> f64 {
        let state = &self.states[place];
        if state.other && state.question == self.question {
            let known = self.others.iter().find(|(other, _)| *other == place);
            known.map_or(state.follow, |(_, follow)| *follow)
        } else {
            state.follow
        }
    }

    pub(super) fn is_special(&self, place: usize) -> bool {
        let ends = |tie: &OtherTie| [tie.places.0, tie.places.1].map(|end| end as usize);
        self.other_ties.iter().any(|tie| ends(tie).contains(&place))
    }

    /// The weights of a tie that is otherwise, as the customer at `place` sees them.
    pub(super) fn weights(&self, place: usize, partner: usize) -> Option<(f64, f64)> {
        self.other_ties.iter().find_map(|tie| {
            let ends = (tie.places.0 as usize, tie.places.1 as usize);
            if ends == (place, partner) {
                Some(tie.weights)
            } else if ends == (partner, place) {
                Some((tie.weights.1, tie.weights.0))
            } else {
                None
            }
        })
    }
}
