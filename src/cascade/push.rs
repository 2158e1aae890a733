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
use super::arcs::OtherTie;
use super::system::Coupling;

/// A customer whose equation has this much in common with a partner's is solved together with it:
/// one after the other they would approach the answer by small steps only. Nobody has two such
/// partners, since what a customer follows sums to less than 1.
const MATES: f64 = 0.5;

/// What a push knows of a customer: kept together, so that one customer is one visit to memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// What is left of its equation.
    residual: f64,
    /// 1 - own churn, times what has become of its weights.
    pub follow: f64,
    /// Churn before any change.
    pub churn: f64,
    /// The question that `residual` and the marks belong to.
    pub question: u32,
    /// Waits in the queue.
    queued: bool,
    /// Its churn is computed anew.
    touched: bool,
    /// `follow` is otherwise than it was.
    pub other: bool,
}

impl State {
    /// Forgets earlier questions.
    #[inline]
    fn renew(&mut self, question: u32) {
        if self.question != question {
            self.question = question;
            self.residual = 0.0;
            self.queued = false;
            self.touched = false;
            self.other = false;
        }
    }
}

/// Work list and what it needs to know; may be used for one question after the other.
#[derive(Clone, Debug)]
pub(super) struct Push<'a> {
    pub(super) network: &'a Network,
    pub(super) states: Vec<State>,
    /// Change of each touched customer's churn, and D of its equation.
    steps: Vec<(f64, f64)>,
    queue: VecDeque<u32>,
    /// Customers whose churn was computed anew.
    touched: Vec<u32>,
    /// Customers whose weights or own churn are otherwise, with what they were.
    pub(super) others: Vec<(usize, f64)>,
    pub(super) other_ties: Vec<OtherTie>,
    mates: HashMap<u32, u32>,
    pub(super) question: u32,
    visits: usize,
    /// Largest sum of `alpha_ik` seen.
    pub pull: f64,
}

impl<'a> Push<'a> {
    /// 1 - own churn and churn, by place.
    pub fn new(network: &'a Network, stay: &[f64], churn: &[f64]) -> Self {
        let states: Vec<State> = stay
            .iter()
            .zip(churn)
            .map(|(follow, churn)| State {
                residual: 0.0,
                follow: *follow,
                churn: *churn,
                question: 0,
                queued: false,
                touched: false,
                other: false,
            })
            .collect();
        Self {
            network,
            steps: vec![(0.0, 0.0); states.len()],
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
        self.touched.clear();
        self.queue.clear();
        for (place, follow) in self.others.drain(..) {
            self.states[place].follow = follow;
        }
        self.other_ties.clear();
        self.mates.clear();
        self.visits = 0;
        self.pull = 0.0;
        self.question = self.question.wrapping_add(1);
        if self.question == 0 {
            // Marks of four thousand million questions ago would come alive.
            for state in &mut self.states {
                state.question = u32::MAX;
            }
        }
    }

    /// Sets by how much a customer follows its partners, as a multiple of its weights; once a
    /// question.
    pub fn set_follow(&mut self, place: usize, follow: f64) {
        let state = &mut self.states[place];
        state.renew(self.question);
        self.others.push((place, state.follow));
        state.follow = follow;
        state.other = true;
    }

    /// Sets the weights of a tie.
    pub fn set_tie(&mut self, tie: OtherTie) {
        self.other_ties.push(tie);
    }

    /// Adds to what is left of a customer's equation.
    pub fn add(&mut self, place: usize, residual: f64, eps: f64) {
        let (queue, question) = (&mut self.queue, self.question);
        add(
            queue,
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
        if self.is_touched(place) {
            self.steps[place].0
        } else {
            0.0
        }
    }

    /// Whether a customer's churn was computed anew.
    pub fn is_touched(&self, place: usize) -> bool {
        let state = &self.states[place];
        state.question == self.question && state.touched
    }

    /// Visits of arcs so far.
    pub fn visits(&self) -> usize {
        self.visits
    }

    /// Customers whose churn was computed anew.
    pub fn touched(&self) -> &[u32] {
        &self.touched
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
                    let step = self.residual(place) / self.steps[place].1;
                    self.settle(place, step, None, eps);
                }
                Some(mate) => self.settle_both(place, mate, eps),
            }
        }
        true
    }

    /// Computes D of a customer, and finds its mate, when it is first asked for.
    pub fn touch(&mut self, place: usize) {
        self.states[place].renew(self.question);
        if self.states[place].touched {
            return;
        }
        let (mut diagonal, mut pull, mut mate) = (1.0, 0.0, None);
        self.visit(place, |partner, state, weights| {
            let arc = Coupling::new(weights.0, state.follow * weights.1);
            diagonal += arc.pull * arc.back / arc.rest;
            pull += arc.pull;
            if arc.pull * arc.back > MATES {
                mate = Some(partner);
            }
        });
        self.states[place].touched = true;
        self.steps[place] = (0.0, diagonal);
        self.pull = self.pull.max(pull);
        let place = narrow(place);
        self.touched.push(place);
        if let Some(mate) = mate {
            self.mates.insert(place, narrow(mate));
        }
    }

    /// Calls `with` for each arc of a customer: partner, its state, and by how much the customer
    /// follows it and the partner's weight.
    #[inline]
    fn visit(&mut self, place: usize, mut with: impl FnMut(usize, &mut State, (f64, f64))) {
        let network = self.network;
        let row = network.layout.row(place);
        let own = self.states[place].follow;
        let special = self.is_special(place);
        let weights = network.weights[row.clone()]
            .iter()
            .zip(&network.partner_weights[row.clone()]);
        for (partner, (weight, back)) in network.layout.partners[row].iter().zip(weights) {
            let partner = *partner as usize;
            let (weight, back) = if special {
                self.weights(place, partner).unwrap_or((*weight, *back))
            } else {
                (*weight, *back)
            };
            with(partner, &mut self.states[partner], (own * weight, back));
        }
    }

    fn mate(&self, place: usize) -> Option<usize> {
        if self.mates.is_empty() {
            return None;
        }
        self.mates.get(&narrow(place)).map(|mate| *mate as usize)
    }

    /// Solves the equations of two customers together.
    fn settle_both(&mut self, one: usize, other: usize, eps: f64) {
        self.touch(other);
        let Some(arc) = self.arc(one, other).map(|arc| arc.after) else {
            return;
        };
        let (from_other, from_one) = (arc.pull / arc.rest, arc.back / arc.rest);
        let (d_one, d_other) = (self.steps[one].1, self.steps[other].1);
        let (r_one, r_other) = (self.residual(one), self.residual(other));
        let determinant = d_one * d_other - from_other * from_one;
        let step_one = (d_other * r_one + from_other * r_other) / determinant;
        let step_other = (d_one * r_other + from_one * r_one) / determinant;
        self.settle(one, step_one, Some(other), eps);
        self.settle(other, step_other, Some(one), eps);
    }

    /// Takes a step of a customer's churn and tells its partners but one.
    fn settle(&mut self, place: usize, step: f64, except: Option<usize>, eps: f64) {
        self.steps[place].0 += step;
        self.states[place].residual = 0.0;
        let question = self.question;
        let mut queue = std::mem::take(&mut self.queue);
        self.visit(place, |partner, state, weights| {
            if except != Some(partner) {
                let arc = Coupling::new(weights.0, state.follow * weights.1);
                let left = arc.back / arc.rest * step;
                add(&mut queue, question, (partner, state), left, eps);
            }
        });
        self.queue = queue;
    }
}

/// Places fit 32 bits: the number of customers was checked.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[inline]
fn add(
    queue: &mut VecDeque<u32>,
    question: u32,
    (place, state): (usize, &mut State),
    residual: f64,
    eps: f64,
) {
    state.renew(question);
    state.residual += residual;
    if state.residual.abs() > eps && !state.queued {
        state.queued = true;
        queue.push_back(narrow(place));
    }
}
