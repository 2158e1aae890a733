//! Minima without derivatives: Nelder and Mead's simplex.

use argmin::core::{CostFunction, Executor, State};
use argmin::solver::neldermead::NelderMead;

use super::ChurnError;

const MAX_ITERATIONS: u64 = 2_000;
/// Length of the first simplex's edges.
const EDGE: f64 = 0.4;

/// A minimum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Minimum<const N: usize> {
    pub place: [f64; N],
    pub cost: f64,
    pub iterations: u64,
}

/// Minimises `cost` from `start`, until the costs of the simplex's corners have a standard deviation
/// below `tolerance`, times 1 + the cost at the start.
pub(super) fn nelder_mead<const N: usize>(
    cost: impl Fn(&[f64; N]) -> Result<f64, ChurnError>,
    start: [f64; N],
    tolerance: f64,
) -> Result<Minimum<N>, ChurnError> {
    let failed = |error: argmin::core::Error| ChurnError::Optimiser(error.to_string());
    let tolerance = tolerance * (1.0 + cost(&start)?.abs());
    let mut simplex = vec![start.to_vec()];
    for moved in 0..N {
        let corner = start.iter().enumerate();
        let corner = corner.map(|(place, value)| value + if place == moved { EDGE } else { 0.0 });
        simplex.push(corner.collect());
    }
    let solver = NelderMead::new(simplex)
        .with_sd_tolerance(tolerance)
        .map_err(failed)?;
    let result = Executor::new(Problem::<_, N>(cost), solver)
        .configure(|state| state.max_iters(MAX_ITERATIONS))
        .run()
        .map_err(failed)?;
    let state = result.state();
    let place = state.get_best_param().and_then(|place| array(place).ok());
    Ok(Minimum {
        place: place.ok_or_else(|| ChurnError::Optimiser("found no minimum".to_owned()))?,
        cost: state.get_best_cost(),
        iterations: state.get_iter(),
    })
}

struct Problem<F, const N: usize>(F);

impl<F, const N: usize> CostFunction for Problem<F, N>
where
    F: Fn(&[f64; N]) -> Result<f64, ChurnError>,
{
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, theta: &Self::Param) -> Result<f64, argmin::core::Error> {
        let cost = (self.0)(&array(theta)?)?;
        if cost.is_finite() {
            return Ok(cost);
        }
        let text = format!("the objective is {cost} at {theta:?}");
        Err(ChurnError::Optimiser(text).into())
    }
}

fn array<const N: usize>(theta: &[f64]) -> Result<[f64; N], ChurnError> {
    <[f64; N]>::try_from(theta)
        .map_err(|_| ChurnError::Optimiser(format!("{} parameters instead of {N}", theta.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        // Rosenbrock's function: 0 at (1, 1).
        let valley = |[x, y]: &[f64; 2]| Ok((1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2));
        let found = nelder_mead(valley, [-1.2, 1.0], 1e-12).unwrap();
        for value in found.place {
            assert!((value - 1.0).abs() < 1e-4, "{found:?}");
        }
    }

    #[test]
    fn an_objective_that_is_no_number_is_an_error() {
        assert!(nelder_mead(|_: &[f64; 2]| Ok(f64::NAN), [0.0; 2], 1e-9).is_err());
    }
}
