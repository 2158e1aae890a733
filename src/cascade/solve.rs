//! Churn of every customer, loss of every link, expected loss.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use rayon::prelude::*;

use super::check::check_own;
use super::push::Push;
use super::system::{Coupling, Norm, System};
use super::{CascadeError, Network, Options, Report, Solution};

/// Solves a network with the own churn of its description.
///
/// O(sweeps * (customers + links)). Deterministic.
///
/// # Errors
///
/// [`CascadeError::Tolerance`].
///
/// # Example
///
/// ```
/// use hawser::cascade::{Description, Link, Network, Options, Strengths, solve};
/// use hawser::shipments::model::FreightTerms;
///
/// // A mill whose only customer is a bakery, which buys half of its freight elsewhere.
/// let links = [Link {
///     shipper: 0,
///     consignee: 1,
///     business: 50.0,
///     value: 10.0,
///     terms: FreightTerms::Unknown,
/// }];
/// let network = Network::compile(&Description {
///     own_churn: &[0.1, 0.2],
///     own_business: &[0.0, 50.0],
///     own_value: &[0.0, 0.0],
///     links: &links,
///     strengths: Strengths::uniform(0.5),
/// })?;
/// let solution = solve(&network, &Options::default())?;
///
/// // mill: 0.1 + 0.9 * 0.5 * 0.2; bakery: 0.2 + 0.8 * 0.5 * 0.5 * 0.1
/// assert!((solution.churn()[0] - 0.19).abs() < 1e-12);
/// assert!((solution.churn()[1] - 0.22).abs() < 1e-12);
/// // The link is lost with either: 10 * (1 - 0.9 * 0.8)
/// assert!((solution.expected_loss() - 2.8).abs() < 1e-12);
/// # Ok::<(), hawser::cascade::CascadeError>(())
/// ```
pub fn solve(network: &Network, options: &Options) -> Result<Solution, CascadeError> {
    solve_with(network, network.own_churn(), options)
}

/// Solves a network with other own churn than described: 1 for a customer taken as lost, 0 for one
/// taken as safe.
///
/// # Errors
///
/// [`CascadeError::OwnChurn`], [`CascadeError::Length`], [`CascadeError::Tolerance`].
pub fn solve_with(
    network: &Network,
    own: &[f64],
    options: &Options,
) -> Result<Solution, CascadeError> {
    check_own(own, network.customers())?;
    options.check()?;
    Ok(solve_from(network, own, None, options))
}

/// Solves a network with checked own churn, from churn by place if any is known.
pub(super) fn solve_from(
    network: &Network,
    own: &[f64],
    start: Option<&[f64]>,
    options: &Options,
) -> Solution {
    let placed_own = network.by_place(own);
    let system = System::new(network, &placed_own, false);
    let mut placed = start.map_or_else(|| vec![0.0; own.len()], <[f64]>::to_vec);
    let mut tries = 0;
    let ended = system.improve(
        &mut placed,
        &placed_own,
        (Norm::Largest, options.eps, options.max_sweeps),
        |placed, residual, most| {
            tries += 1;
            finish(
                network,
                &system,
                (placed, residual),
                (options.eps, most, tries),
            )
        },
    );
    for (churn, own) in placed.iter_mut().zip(&placed_own) {
        *churn = if *own < 1.0 {
            churn.clamp(*own, 1.0)
        } else {
            1.0
        };
    }
    let expected_loss = expected_loss(network, &system.stay, &placed);
    let rest = 1.0 - system.pull;
    Solution {
        own: own.to_vec(),
        churn: network.by_customer(&placed),
        placed,
        ties: network.ties(),
        pull: system.pull,
        expected_loss,
        report: Report {
            sweeps: ended.sweeps,
            change: ended.change,
            error_bound: error_bound(ended.left, rest),
            converged: ended.change <= options.eps,
        },
    }
}

/// How far an answer may be off if so much is left of an equation; `rest` is 1 less the largest sum
/// of what a customer follows. Rounding adds a little.
pub(super) fn error_bound(left: f64, rest: f64) -> f64 {
    if rest > 0.0 {
        ((left + 8.0 * f64::EPSILON) / rest).min(1.0)
    } else {
        1.0
    }
}

/// Pushes what few customers have left, or what sweeps do not seem to bring down; answers to how
/// many sweeps that amounts.
fn finish(
    network: &Network,
    system: &System<'_>,
    (placed, residual): (&mut [f64], &mut [f64]),
    (eps, most, tries): (f64, u32, u32),
) -> u32 {
    let arcs = network.layout.partners.len();
    let active: usize = residual
        .iter()
        .enumerate()
        .filter(|(_, left)| left.abs() > eps)
        .map(|(place, _)| network.layout.row(place).len())
        .sum();
    if tries < PATIENCE && active > arcs / FEW {
        return 0;
    }
    let mut push = Push::new(network, &system.stay, placed);
    for (place, left) in residual.iter().enumerate() {
        push.add(place, *left, eps);
    }
    // A visit costs about as much as eight of a sweep's.
    let budget = (arcs / 8).saturating_mul(most as usize);
    push.run(eps, budget.max(1_000));
    for (place, (churn, left)) in placed.iter_mut().zip(residual).enumerate() {
        *churn += push.delta(place);
        *left = push.residual(place);
    }
    1 + u32::try_from(8 * push.visits() / (arcs + 1)).unwrap_or(u32::MAX - 1)
}

/// Sweeps leave it to the work list when no more than one arc in so many belongs to customers that
/// still move.
const FEW: usize = 16;

/// After so many rounds of sweeps the work list takes over whatever is left.
const PATIENCE: u32 = 6;

/// Value of all ties and customers times the probability of their loss, given churn by place.
fn expected_loss(network: &Network, stay: &[f64], placed: &[f64]) -> f64 {
    let layout = &network.layout;
    // Side by side, so that a partner is one visit to memory.
    let nodes: Vec<(f64, f64)> = stay.iter().copied().zip(placed.iter().copied()).collect();
    let piece = |cut: &[usize]| -> f64 {
        let mut sum = 0.0;
        for place in cut[0]..cut[1] {
            sum += network.own_value[layout.customers[place] as usize] * placed[place];
            let row = layout.row(place);
            let upper = row.start + layout.lowers(place)..row.end;
            let ties = layout.uppers[place]..layout.uppers[place + 1];
            let weights = network.weights[upper.clone()]
                .iter()
                .zip(&network.partner_weights[upper.clone()]);
            for ((partner, tie), (weight, back)) in
                layout.partners[upper].iter().zip(ties).zip(weights)
            {
                let (their_stay, theirs) = nodes[*partner as usize];
                let arc = Coupling::new(stay[place] * weight, their_stay * back);
                sum += network.tie_value(tie as usize) * arc.loss(placed[place], theirs);
            }
        }
        sum
    };
    let sums: Vec<f64> = if layout.is_small() {
        layout.cuts.windows(2).map(piece).collect()
    } else {
        let cuts: Vec<&[usize]> = layout.cuts.windows(2).collect();
        cuts.into_par_iter().map(piece).collect()
    };
    sums.iter().sum()
}
