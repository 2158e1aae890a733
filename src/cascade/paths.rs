//! Because of A over B: the chains of dependence by which one customer's loss reaches another.

#![expect(
    clippy::indexing_slicing,
    reason = "customers are checked on the way in; a tail has at least the target"
)]

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use super::adjoint::check_match;
use super::{CascadeError, Network, Solution};

/// Most steps of a chain.
const STEPS: usize = 4;

/// Chains weaker than this are not told.
const WEAKEST: f64 = 1e-5;

/// One step in a chain of dependence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The customer that is hit.
    pub customer: u32,
    /// (1 - own churn) * weight: with what probability it follows the step before.
    pub weight: f64,
}

/// A chain of dependence by which one customer's loss reaches another.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// From the first customer hit to the target; the source is left out.
    pub steps: Vec<Step>,
    /// Product of the weights along the chain.
    pub strength: f64,
}

/// The strongest chains of dependence by which the loss of `source` reaches `target`, of up to four
/// steps and no weaker than 1e-5; at most `limit`, the strongest first.
///
/// Nobody is twice in a chain. Searched from the target backward, the strongest beginning first:
/// what a customer follows sums to less than 1, so that few ends of chains are strong, while a large
/// source has followers without number.
///
/// # Errors
///
/// [`CascadeError::UnknownCustomer`]; [`CascadeError::Length`] if the solution is of a network of
/// another size.
pub fn paths(
    network: &Network,
    solution: &Solution,
    source: u32,
    target: u32,
    limit: usize,
) -> Result<Vec<Path>, CascadeError> {
    check_match(network, solution)?;
    let from = network.known(source)?;
    network.known(target)?;
    if source == target || limit == 0 {
        return Ok(Vec::new());
    }
    let closing: HashMap<u32, f64> = network
        .sides(from)
        .map(|side| {
            let stay = 1.0 - solution.own[side.partner as usize];
            (side.partner, stay * side.partner_weight)
        })
        .collect();
    let mut search = Search {
        network,
        solution,
        source,
        limit,
        strongest: closing
            .values()
            .fold(0.0, |most, weight| f64::max(most, *weight)),
        closing,
        followed: HashMap::new(),
        open: BinaryHeap::new(),
        found: Vec::new(),
    };
    search.run(target);
    Ok(search.found)
}

/// The end of a chain: from some customer on to the target.
struct Tail {
    /// The target first. The weight is that with which a customer follows the next of this list.
    steps: Vec<Step>,
    strength: f64,
}

/// A tail that may be continued with the partner at a position among those its first customer
/// follows.
struct Open {
    promise: f64,
    tail: Rc<Tail>,
    at: usize,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.promise.total_cmp(&other.promise)
    }
}

struct Search<'a> {
    network: &'a Network,
    solution: &'a Solution,
    source: u32,
    limit: usize,
    /// With what probability each partner of the source follows it.
    closing: HashMap<u32, f64>,
    /// The largest of these.
    strongest: f64,
    /// Whom a customer follows, the most first.
    followed: HashMap<u32, Rc<Vec<Step>>>,
    open: BinaryHeap<Open>,
    found: Vec<Path>,
}

impl Search<'_> {
    fn run(&mut self, target: u32) {
        self.reach(Tail {
            steps: vec![Step {
                customer: target,
                weight: 1.0,
            }],
            strength: 1.0,
        });
        while let Some(Open { promise, tail, at }) = self.open.pop() {
            if promise * self.strongest < self.least() {
                return;
            }
            let followed = self.followed(tail.steps[tail.steps.len() - 1].customer);
            let next = followed[at];
            self.offer(&tail, at + 1);
            let known = |step: &Step| step.customer == next.customer;
            if next.customer != self.source && !tail.steps.iter().any(known) {
                let mut steps = tail.steps.clone();
                steps.push(next);
                self.reach(Tail {
                    steps,
                    strength: promise,
                });
            }
        }
    }

    /// What a chain must come to in order to be told.
    fn least(&self) -> f64 {
        let last = self.found.get(self.limit - 1);
        last.map_or(WEAKEST, |path| path.strength)
    }

    /// Completes a tail if its first customer follows the source, and leaves it to be continued.
    fn reach(&mut self, tail: Tail) {
        let first = tail.steps[tail.steps.len() - 1].customer;
        if let Some(weight) = self.closing.get(&first) {
            self.complete(&tail, *weight);
        }
        if tail.steps.len() < STEPS {
            self.offer(&Rc::new(tail), 0);
        }
    }

    fn complete(&mut self, tail: &Tail, closing: f64) {
        let strength = tail.strength * closing;
        if strength < self.least() {
            return;
        }
        let customers = tail.steps.iter().map(|step| step.customer);
        let weights = tail.steps[1..].iter().map(|step| step.weight);
        let mut steps: Vec<Step> = customers
            .zip(weights.chain([closing]))
            .map(|(customer, weight)| Step { customer, weight })
            .collect();
        steps.reverse();
        let path = Path { steps, strength };
        let at = self
            .found
            .partition_point(|other| order(other, &path).is_lt());
        self.found.insert(at, path);
        self.found.truncate(self.limit);
    }

    /// Leaves a tail to be continued with the partner at a position.
    fn offer(&mut self, tail: &Rc<Tail>, at: usize) {
        let followed = self.followed(tail.steps[tail.steps.len() - 1].customer);
        if let Some(step) = followed.get(at) {
            self.open.push(Open {
                promise: tail.strength * step.weight,
                tail: Rc::clone(tail),
                at,
            });
        }
    }

    fn followed(&mut self, customer: u32) -> Rc<Vec<Step>> {
        let (network, solution) = (self.network, self.solution);
        let list = self.followed.entry(customer).or_insert_with(|| {
            let stay = 1.0 - solution.own[customer as usize];
            let mut steps: Vec<Step> = network
                .sides(customer as usize)
                .map(|side| Step {
                    customer: side.partner,
                    weight: stay * side.weight,
                })
                .filter(|step| step.weight >= WEAKEST)
                .collect();
            steps.sort_by(|a, b| {
                b.weight
                    .total_cmp(&a.weight)
                    .then(a.customer.cmp(&b.customer))
            });
            Rc::new(steps)
        });
        Rc::clone(list)
    }
}

/// The strongest first, then by customers.
fn order(one: &Path, other: &Path) -> Ordering {
    let customers =
        |path: &Path| -> Vec<u32> { path.steps.iter().map(|step| step.customer).collect() };
    other
        .strength
        .total_cmp(&one.strength)
        .then_with(|| customers(one).cmp(&customers(other)))
}
