//! Strengths that fit best: by prior and history, or by history alone; and how far they may be off.

use super::likelihood::{Place, Sums, sums};
use super::newton::{Beta, Step, System};
use super::problem::Problem;
use super::{CLASSES, CalibrationError, Estimate};
use crate::evaluation::Z90;

const MAX_STEPS: u32 = 200;
/// A fit has settled when another step would raise the log-likelihood by less.
const SETTLED: f64 = 1e-7;
/// After the last step a fit is accepted if another would raise it by less than this: little beside
/// the fall that an interval allows for.
const NEAR_ENOUGH: f64 = 1e-3;
/// Half of the 90 % quantile of chi squared with one degree of freedom: by how much the profile
/// log-likelihood falls from its top to the ends of the interval.
const DROP: f64 = Z90 * Z90 / 2.0;
/// Precision of the ends.
const END: f64 = 2e-4;

/// A fit that has settled.
pub(super) struct Fitted {
    pub place: Place,
    /// Penalised log-likelihood.
    pub objective: f64,
    /// Standard deviations of the strengths (Laplace).
    pub deviations: [f64; CLASSES],
}

/// Maximises from a place, some strengths held.
///
/// # Errors
///
/// [`CalibrationError::NotConverged`].
pub(super) fn fit(
    problem: &Problem,
    prior: &[Beta; CLASSES],
    mut place: Place,
    held: [bool; CLASSES],
) -> Result<Fitted, CalibrationError> {
    let mut found = sums(problem, &place);
    let mut value = objective(problem, prior, &place, &found);
    for taken in 0..=MAX_STEPS {
        let system = System::new(problem, &place, &found, prior);
        let step = system.step(held);
        let near_enough = taken == MAX_STEPS && step.gain < NEAR_ENOUGH;
        let better = if step.gain < SETTLED || near_enough {
            None
        } else {
            climb(problem, prior, &place, &step, value)
        };
        let Some((next, next_sums, next_value)) = better else {
            return Ok(Fitted {
                deviations: system.variances().map(f64::sqrt),
                place,
                objective: value,
            });
        };
        (place, found, value) = (next, next_sums, next_value);
    }
    Err(CalibrationError::NotConverged(MAX_STEPS))
}

fn objective(problem: &Problem, prior: &[Beta; CLASSES], place: &Place, sums: &[Sums]) -> f64 {
    let squares = |list: &[f64]| list.iter().map(|effect| effect * effect).sum::<f64>();
    let effects = problem.effect_precision * (squares(&place.region) + squares(&place.period));
    let cells = problem.cell_precision.unwrap_or(0.0) * squares(&place.cell);
    let strengths = prior.iter().zip(place.kappa);
    sums.iter().map(|sums| sums.log_likelihood).sum::<f64>()
        + strengths.map(|(beta, kappa)| beta.log(kappa)).sum::<f64>()
        - 0.5 * (effects + cells)
}

/// Goes along the step, within the bounds and as far as it leads up enough (Armijo 1966); `None` if it
/// does not.
fn climb(
    problem: &Problem,
    prior: &[Beta; CLASSES],
    place: &Place,
    step: &Step,
    value: f64,
) -> Option<(Place, Vec<Sums>, f64)> {
    // A strength on its way to a bound must not hold up the others: its own step is cut. Should that
    // not lead up, the whole step is.
    let mut cut = step.clone();
    let mut length: f64 = 1.0;
    for (by, kappa) in cut.kappa.iter_mut().zip(place.kappa) {
        let room = 0.95 * if *by > 0.0 { 1.0 - kappa } else { kappa };
        if by.abs() > room {
            length = length.min(room / by.abs());
            *by = room.copysign(*by);
        }
    }
    if length < 1.0 {
        let next = moved(place, &cut, 1.0);
        let found = sums(problem, &next);
        let reached = objective(problem, prior, &next, &found);
        if largest_effect(&cut) <= LARGEST_EFFECT && reached > value + 0.2 * length * step.gain {
            return Some((next, found, reached));
        }
    }
    length = length.min(LARGEST_EFFECT / largest_effect(step).max(1e-9));
    for _ in 0..30 {
        let next = moved(place, step, length);
        let found = sums(problem, &next);
        let reached = objective(problem, prior, &next, &found);
        // A step beyond the top that lands as high on the other side would be taken for ever: the
        // expected curvature may be too small.
        if reached > value + 0.2 * length * step.gain {
            return Some((next, found, reached));
        }
        length /= 2.0;
    }
    None
}

/// By how much an effect may move in one step, in logits.
const LARGEST_EFFECT: f64 = 2.0;

fn largest_effect(step: &Step) -> f64 {
    let effects = [&step.region, &step.period, &step.cell];
    let effects = effects.into_iter().flatten();
    effects.fold(0.0, |most, by| most.max(by.abs()))
}

fn moved(place: &Place, step: &Step, length: f64) -> Place {
    let along = |list: &[f64], by: &[f64]| -> Vec<f64> {
        let pairs = list.iter().zip(by);
        pairs.map(|(value, by)| value + length * by).collect()
    };
    let mut kappa = place.kappa;
    for (kappa, by) in kappa.iter_mut().zip(step.kappa) {
        *kappa += length * by;
    }
    Place {
        kappa,
        region: along(&place.region, &step.region),
        period: along(&place.period, &step.period),
        cell: along(&place.cell, &step.cell),
    }
}

/// History alone: the most likely strengths, for the classes that were exposed at all.
///
/// # Errors
///
/// [`CalibrationError::NotConverged`].
pub(super) fn likeliest(problem: &Problem) -> Result<Fitted, CalibrationError> {
    let start = Place::start(problem, [0.3; CLASSES]);
    fit(problem, &FLAT, start, [false; CLASSES])
}

const FLAT: [Beta; CLASSES] = [Beta::FLAT; CLASSES];

/// A class's most likely strength with its profile-likelihood interval (90 %): everything else is
/// fitted anew at each value tried.
///
/// # Errors
///
/// [`CalibrationError::NotConverged`].
pub(super) fn profile(
    problem: &Problem,
    top: &Fitted,
    class: usize,
) -> Result<Estimate, CalibrationError> {
    let kappa = top.place.kappa.get(class).copied().unwrap_or(0.0);
    let deviation = top.deviations.get(class).copied().unwrap_or(0.5);
    let mut held = [false; CLASSES];
    if let Some(held) = held.get_mut(class) {
        *held = true;
    }
    // By how much a value is less likely than it may be; below 0 inside the interval.
    let beyond = |value: f64| -> Result<f64, CalibrationError> {
        let mut place = top.place.clone();
        if let Some(kappa) = place.kappa.get_mut(class) {
            *kappa = value;
        }
        let there = fit(problem, &FLAT, place, held)?;
        Ok(top.objective - there.objective - DROP)
    };
    let guess = Z90 * deviation;
    Ok(Estimate {
        kappa: tidy(kappa),
        low: tidy(end(kappa, (kappa - guess).max(EDGE), EDGE, &beyond)?),
        high: tidy(end(
            kappa,
            (kappa + guess).min(1.0 - EDGE),
            1.0 - EDGE,
            &beyond,
        )?),
    })
}

/// As near to 0 and 1 as a strength is tried.
const EDGE: f64 = 1e-6;

/// The end of the interval on the side of `bound`, looked for from a guess on.
fn end(
    top: f64,
    guess: f64,
    bound: f64,
    beyond: &impl Fn(f64) -> Result<f64, CalibrationError>,
) -> Result<f64, CalibrationError> {
    let side = (bound - top).signum();
    if (bound - top).abs() <= END {
        return Ok(bound);
    }
    let (mut inside, mut inside_by) = (top, -DROP);
    let mut outside = guess;
    let mut outside_by = beyond(outside)?;
    while outside_by < 0.0 {
        if (bound - outside).abs() <= END {
            return Ok(bound);
        }
        (inside, inside_by) = (outside, outside_by);
        let further = 1.5 * (outside - top).abs().max(END);
        outside = top + side * further.min((bound - top).abs());
        outside_by = beyond(outside)?;
    }
    // The fall is nearly quadratic, so its root is nearly linear in the distance from the top.
    while (outside - inside).abs() > END {
        let root = |by: f64| (by + DROP).max(0.0).sqrt();
        let (near, far) = (root(inside_by), root(outside_by));
        let part = ((DROP.sqrt() - near) / (far - near)).clamp(0.1, 0.9);
        let tried = inside + part * (outside - inside);
        let by = beyond(tried)?;
        if by < 0.0 {
            (inside, inside_by) = (tried, by);
        } else {
            (outside, outside_by) = (tried, by);
        }
        if by.abs() < 1e-4 {
            return Ok(tried);
        }
    }
    Ok(inside)
}

/// Strengths that stand at a bound, up to what the optimiser leaves.
fn tidy(kappa: f64) -> f64 {
    if kappa < 1e-5 {
        0.0
    } else if kappa > 1.0 - 1e-5 {
        1.0
    } else {
        kappa
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Grouping;
    use super::super::{Observation, RoleClass, Settings, logit_interval};
    use super::*;

    const FREE: [bool; CLASSES] = [false; CLASSES];

    /// So many customers that had lost everything, nearly without own churn, of whom some left.
    fn lost_all(customers: u64, left: u64) -> Problem {
        let observations: Vec<Observation> = (0..customers)
            .map(|customer| Observation {
                customer,
                period: 0,
                region: 0,
                own_churn: 0.0,
                exposure: [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                activity: 1.0,
                idle_weeks: 1.0,
                role: RoleClass::Both,
                left: customer < left,
            })
            .collect();
        let settings = Settings {
            effect_sd: 0.001,
            ..Settings::default()
        };
        Problem::new(observations.iter(), Grouping::Overall, false, &settings)
    }

    /// Where the binomial log-likelihood has fallen by `DROP` from its top, between two shares.
    fn binomial_end(n: f64, k: f64, mut inside: f64, mut outside: f64) -> f64 {
        let log = |p: f64| k * p.ln() + (n - k) * (1.0 - p).ln();
        for _ in 0..60 {
            let middle = f64::midpoint(inside, outside);
            if log(k / n) - log(middle) < DROP {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        inside
    }

    #[test]
    fn when_everything_was_lost_strength_is_the_share_that_left() {
        // Ten of forty; own churn is taken as 0.001, of which p = h + (1 − h) kappa takes account.
        let problem = lost_all(40, 10);
        let top = likeliest(&problem).unwrap();
        let found = profile(&problem, &top, 0).unwrap();
        let kappa = |p: f64| (p - 0.001) / 0.999;
        assert!((found.kappa - kappa(0.25)).abs() < 1e-4, "{found:?}");
        let low = binomial_end(40.0, 10.0, 0.25, 1e-9);
        let high = binomial_end(40.0, 10.0, 0.25, 1.0 - 1e-9);
        assert!((found.low - kappa(low)).abs() < 1e-3, "{found:?} {low}");
        assert!((found.high - kappa(high)).abs() < 1e-3, "{found:?} {high}");
    }

    #[test]
    fn nobody_and_everybody_leaving_stand_at_the_bounds() {
        let none = lost_all(20, 0);
        let found = profile(&none, &likeliest(&none).unwrap(), 0).unwrap();
        assert_eq!((found.kappa, found.low), (0.0, 0.0));
        // (1 − p)^20 = e^−1.353.
        assert!((found.high - 0.0654).abs() < 2e-3, "{found:?}");
        let all = lost_all(20, 20);
        let found = profile(&all, &likeliest(&all).unwrap(), 0).unwrap();
        assert_eq!((found.kappa, found.high), (1.0, 1.0));
        assert!((found.low - (1.0 - 0.0654)).abs() < 2e-3, "{found:?}");
    }

    #[test]
    fn the_prior_counts_as_so_many_customers() {
        // Five of ten beforehand, ten of forty seen: fifteen of fifty.
        let prior = [Beta {
            leaves: 5.0,
            stays: 5.0,
        }; CLASSES];
        let of = |problem: &Problem| {
            let start = Place::start(problem, [0.5; CLASSES]);
            fit(problem, &prior, start, FREE).unwrap()
        };
        let seen = of(&lost_all(40, 10));
        assert!((seen.place.kappa[0] - 0.3).abs() < 2e-3, "{:?}", seen.place);
        // √(0.3 × 0.7 / 50).
        assert!((seen.deviations[0] - 0.0648).abs() < 1e-3);
        // Nothing seen: the mean, and logit 0 ± 1.645 / √(10 / 4).
        let unseen = of(&lost_all(0, 0));
        assert!((unseen.place.kappa[0] - 0.5).abs() < 1e-6);
        let (low, high) = logit_interval(unseen.place.kappa[0], unseen.deviations[0]);
        assert!((low - 0.261).abs() < 1e-3 && (high - 0.739).abs() < 1e-3);
    }
}
