//! Changes pushed outward from where they begin, for as long as they are worth it.
//!
//! Relaxes the equations of `system.rs` one customer at a time (Southwell 1940): what is left of a
//! customer's equation is made up by its churn, and its partners get their part of the step. Only
//! what is left by more than a tolerance is made up, so that only the neighbourhood that matters is
//! touched.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use std::collections::{HashMap, VecDeque};

use super::Network;
use super::system::Coupling;

/// A customer whose equation has this much in common with a partner's is solved together with it:
/// one after the other they would approach the answer by small steps only. Nobody has two such
/// partners, since what a customer follows sums to less than 1.
const MATES: f64 = 0.5;

/// What a push knows of a customer: kept together, so that one customer is one visit to memory.
#[derive(Clone, Copy, Debug)]
struct State {
    /// What is left of its equation.
    residual: f64,
    /// 1 - own churn, times what has become of its weights.
    follow: f64,
    /// D of its equation; 0 until it is needed.
    diagonal: f64,
    /// The question that `residual` belongs to.
    question: u32,
    queued: bool,
}

/// The weights of a tie that is otherwise than in the network: of its customers at the lower and at
/// the higher place, before what has become of all weights of these customers.
#[derive(Clone, Copy, Debug)]
pub(super) struct OtherTie {
    pub places: (u32, u32),
    pub weights: (f64, f64),
}

/// Work list and what it needs to know; may be used for one question after the other.
#[derive(Clone, Debug)]
pub(super) struct Push<'a> {
    network: &'a Network,
    states: Vec<State>,
    /// Change of each customer's churn.
    deltas: Vec<f64>,
    queue: VecDeque<u32>,
    /// Customers whose churn was computed anew.
    touched: Vec<u32>,
    /// Customers whose weights or own churn are otherwise, with what they were.
    others: Vec<(u32, f64)>,
    other_ties: Vec<OtherTie>,
    mates: HashMap<u32, u32>,
    question: u32,
    visits: usize,
    /// Largest sum of `alpha_ik` seen.
    pub pull: f64,
}

impl<'a> Push<'a> {
    /// `stay` is 1 - own churn, by place.
    pub fn new(network: &'a Network, stay: impl Iterator<Item = f64>) -> Self {
        let states: Vec<State> = stay
            .map(|follow| State {
                residual: 0.0,
                follow,
                diagonal: 0.0,
                question: 0,
                queued: false,
            })
            .collect();
        Self {
            network,
            deltas: vec![0.0; states.len()],
            states,
            queue: VecDeque::new(),
            touched: Vec::new(),
            others: Vec::new(),
            other_ties: Vec::new(),
            mates: HashMap::new(),
            question: 0,
            visits: 0,
            pull: 0.0,
        }
    }

    /// Forgets everything but the network: O(what was touched).
    pub fn forget(&mut self) {
        for place in self.touched.drain(..) {
            self.deltas[place as usize] = 0.0;
            self.states[place as usize].diagonal = 0.0;
        }
        for (place, follow) in self.others.drain(..) {
            self.states[place as usize].follow = follow;
        }
        for place in self.queue.drain(..) {
            self.states[place as usize].queued = false;
        }
        self.other_ties.clear();
        self.mates.clear();
        self.visits = 0;
        self.pull = 0.0;
        if let Some(next) = self.question.checked_add(1) {
            self.question = next;
        } else {
            for state in &mut self.states {
                state.question = 0;
                state.residual = 0.0;
            }
            self.question = 1;
        }
    }

    /// Sets by how much a customer follows its partners, as a multiple of its weights.
    pub fn set_follow(&mut self, place: usize, follow: f64) {
        let state = &mut self.states[place];
        self.others
            .push((u32::try_from(place).unwrap_or(u32::MAX), state.follow));
        state.follow = follow;
    }

    /// By how much a customer follows its partners, as a multiple of its weights.
    pub fn follow(&self, place: usize) -> f64 {
        self.states[place].follow
    }

    /// Sets the weights of a tie.
    pub fn set_tie(&mut self, tie: OtherTie) {
        self.other_ties.push(tie);
    }

    /// Adds to what is left of a customer's equation.
    pub fn add(&mut self, place: usize, residual: f64, eps: f64) {
        let question = self.question;
        add(
            &mut self.queue,
            question,
            (place, &mut self.states[place]),
            residual,
            eps,
        );
    }

    /// What is left of a customer's equation.
    pub fn residual(&self, place: usize) -> f64 {
        let state = &self.states[place];
        if state.question == self.question {
            state.residual
        } else {
            0.0
        }
    }

    /// Change of a customer's churn.
    pub fn delta(&self, place: usize) -> f64 {
        self.deltas[place]
    }

    /// Visits of arcs so far.
    pub fn visits(&self) -> usize {
        self.visits
    }

    /// Whether a customer's churn was computed anew.
    pub fn is_touched(&self, place: usize) -> bool {
        self.states[place].diagonal > 0.0
    }

    /// Customers whose churn was computed anew.
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Partner and coupling of each arc of a customer, with everything that is otherwise.
    pub fn arcs(&self, place: usize) -> impl Iterator<Item = (usize, Coupling)> + '_ {
        let row = self.network.layout.row(place);
        let own = self.states[place].follow;
        let weights = self.network.weights[row.clone()]
            .iter()
            .zip(&self.network.partner_weights[row.clone()]);
        let special = self.is_special(place);
        let partners = self.network.layout.partners[row].iter();
        partners.zip(weights).map(move |(partner, (weight, back))| {
            let partner = *partner as usize;
            let (weight, back) = if special {
                self.weights(place, partner).unwrap_or((*weight, *back))
            } else {
                (*weight, *back)
            };
            (
                partner,
                Coupling::new(own * weight, self.states[partner].follow * back),
            )
        })
    }

    fn is_special(&self, place: usize) -> bool {
        let ends = |tie: &OtherTie| [tie.places.0, tie.places.1].map(|end| end as usize);
        self.other_ties.iter().any(|tie| ends(tie).contains(&place))
    }

    /// The weights of a tie that is otherwise, as the customer at `place` sees them.
    fn weights(&self, place: usize, partner: usize) -> Option<(f64, f64)> {
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

    /// Pushes until nothing is left by more than `eps`; `false` if that takes more than `budget`
    /// visits of arcs.
    pub fn run(&mut self, eps: f64, budget: usize) -> bool {
        while let Some(place) = self.queue.pop_front() {
            let place = place as usize;
            self.states[place].queued = false;
            if self.residual(place).abs() <= eps {
                continue;
            }
            self.visits += self.network.layout.row(place).len() + 1;
            if self.visits > budget {
                self.states[place].queued = true;
                self.queue
                    .push_front(u32::try_from(place).unwrap_or(u32::MAX));
                return false;
            }
            self.touch(place);
            match self.mate(place) {
                None => {
                    let step = self.residual(place) / self.states[place].diagonal;
                    self.settle(place, step, None, eps);
                }
                Some(mate) => self.settle_both(place, mate, eps),
            }
        }
        true
    }

    /// Computes D of a customer, and finds its mate, when it is first asked for.
    pub fn touch(&mut self, place: usize) {
        if self.states[place].diagonal > 0.0 {
            return;
        }
        let (mut diagonal, mut pull, mut mate) = (1.0, 0.0, None);
        for (partner, arc) in self.arcs(place) {
            diagonal += arc.pull * arc.back / arc.rest;
            pull += arc.pull;
            if arc.pull * arc.back > MATES {
                mate = Some(partner);
            }
        }
        self.states[place].diagonal = diagonal;
        self.pull = self.pull.max(pull);
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        self.touched.push(place);
        if let Some(mate) = mate {
            self.mates
                .insert(place, u32::try_from(mate).unwrap_or(u32::MAX));
        }
    }

    fn mate(&self, place: usize) -> Option<usize> {
        if self.mates.is_empty() {
            return None;
        }
        let place = u32::try_from(place).ok()?;
        self.mates.get(&place).map(|mate| *mate as usize)
    }

    /// Solves the equations of two customers together.
    fn settle_both(&mut self, one: usize, other: usize, eps: f64) {
        self.touch(other);
        let Some((_, arc)) = self.arcs(one).find(|(partner, _)| *partner == other) else {
            return;
        };
        let (from_other, from_one) = (arc.pull / arc.rest, arc.back / arc.rest);
        let (d_one, d_other) = (self.states[one].diagonal, self.states[other].diagonal);
        let (r_one, r_other) = (self.residual(one), self.residual(other));
        let determinant = d_one * d_other - from_other * from_one;
        let step_one = (d_other * r_one + from_other * r_other) / determinant;
        let step_other = (d_one * r_other + from_one * r_one) / determinant;
        self.settle(one, step_one, Some(other), eps);
        self.settle(other, step_other, Some(one), eps);
        for place in [one, other] {
            self.states[place].residual = 0.0;
            self.states[place].question = self.question;
        }
    }

    /// Takes a step of a customer's churn and tells its partners but one.
    fn settle(&mut self, place: usize, step: f64, except: Option<usize>, eps: f64) {
        self.deltas[place] += step;
        let state = &mut self.states[place];
        state.residual = 0.0;
        let (own, question, network) = (state.follow, self.question, self.network);
        let special = self.is_special(place);
        let row = network.layout.row(place);
        let weights = network.weights[row.clone()]
            .iter()
            .zip(&network.partner_weights[row.clone()]);
        for (partner, (weight, back)) in network.layout.partners[row].iter().zip(weights) {
            let partner = *partner as usize;
            if except == Some(partner) {
                continue;
            }
            let (weight, back) = if special {
                self.weights(place, partner).unwrap_or((*weight, *back))
            } else {
                (*weight, *back)
            };
            let state = &mut self.states[partner];
            let arc = Coupling::new(own * weight, state.follow * back);
            add(
                &mut self.queue,
                question,
                (partner, state),
                arc.back / arc.rest * step,
                eps,
            );
        }
    }
}

#[inline]
fn add(
    queue: &mut VecDeque<u32>,
    question: u32,
    (place, state): (usize, &mut State),
    residual: f64,
    eps: f64,
) {
    if state.question != question {
        state.question = question;
        state.residual = 0.0;
    }
    state.residual += residual;
    if state.residual.abs() > eps && !state.queued {
        state.queued = true;
        queue.push_back(u32::try_from(place).unwrap_or(u32::MAX));
    }
}
