//! The placebo: exposures permuted among customers of the same kind, so that nobody's partner is his.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "indices run over the observations; a stratum has fewer than u32::MAX"
)]

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::fit::likeliest;
use super::problem::{Grouping, Problem};
use super::{CLASSES, CalibrationError, Observation, Placebo, Settings};
use crate::evaluation::quantile;

/// Strengths by likelihood for each permutation.
///
/// # Errors
///
/// [`CalibrationError::NotConverged`].
pub(super) fn strengths(
    observations: &[Observation],
    grouping: Grouping,
    settings: &Settings,
) -> Result<Vec<[f64; CLASSES]>, CalibrationError> {
    let strata = strata(observations);
    (0..settings.permutations)
        .into_par_iter()
        .map(|permutation| {
            let moved = permuted(observations, &strata, settings.seed, permutation);
            let problem = Problem::new(moved.iter(), grouping, settings.effects, settings);
            Ok(likeliest(&problem)?.place.kappa)
        })
        .collect()
}

/// Mean and upper end of one class's strengths.
pub(super) fn placebo(strengths: &[[f64; CLASSES]], class: usize) -> Placebo {
    let mut values: Vec<f64> = strengths.iter().map(|kappa| kappa[class]).collect();
    values.sort_unstable_by(f64::total_cmp);
    Placebo {
        permutations: values.len() as u32,
        mean: values.iter().sum::<f64>() / values.len().max(1) as f64,
        high: quantile(&values, 0.95),
    }
}

/// Observations of the same period, role and decile of activity; by index.
fn strata(observations: &[Observation]) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..observations.len() as u32).collect();
    let of = |index: u32| &observations[index as usize];
    let kind = |index: u32| (of(index).period, of(index).role);
    // Ties end in an order that does not depend on where they came from.
    order.sort_by(|&a, &b| {
        kind(a)
            .cmp(&kind(b))
            .then(of(a).activity.total_cmp(&of(b).activity))
            .then(of(a).customer.cmp(&of(b).customer))
    });
    let mut strata = Vec::new();
    for alike in order.chunk_by(|&a, &b| kind(a) == kind(b)) {
        let mut tenths: Vec<Vec<u32>> = vec![Vec::new(); 10];
        for &index in alike {
            let below = alike.partition_point(|&other| of(other).activity < of(index).activity);
            tenths[below * 10 / alike.len()].push(index);
        }
        strata.extend(tenths);
    }
    strata
}

fn permuted(
    observations: &[Observation],
    strata: &[Vec<u32>],
    seed: u64,
    permutation: u32,
) -> Vec<Observation> {
    let mut moved = observations.to_vec();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(permutation));
    for stratum in strata {
        for last in (1..stratum.len()).rev() {
            let bound = last as u64 + 1;
            let other = ((u64::from(rng.next_u32()) * bound) >> 32) as usize;
            let (a, b) = (stratum[last] as usize, stratum[other] as usize);
            let exposure = moved[a].exposure;
            moved[a].exposure = moved[b].exposure;
            moved[b].exposure = exposure;
        }
    }
    moved
}

#[cfg(test)]
#[expect(
    clippy::float_cmp,
    clippy::cast_sign_loss,
    reason = "exact numbers are meant; exposures are counts"
)]
mod tests {
    use super::super::RoleClass;
    use super::*;

    fn observation(customer: u64, period: u32, role: RoleClass, activity: f64) -> Observation {
        let mut exposure = [0.0; CLASSES];
        exposure[0] = customer as f64 / 1e3;
        Observation {
            customer,
            period,
            region: 0,
            own_churn: 0.1,
            exposure,
            activity,
            idle_weeks: 1.0,
            role,
            left: false,
        }
    }

    #[test]
    fn exposures_move_among_customers_of_one_kind_and_none_is_lost() {
        let mut observations = Vec::new();
        for customer in 0..400 {
            let role = [RoleClass::Shipper, RoleClass::Both][customer as usize % 2];
            let activity = (customer / 20) as f64;
            observations.push(observation(
                customer,
                customer as u32 % 4 / 2,
                role,
                activity,
            ));
        }
        let strata = strata(&observations);
        assert_eq!(strata.iter().map(Vec::len).sum::<usize>(), 400);
        let moved = permuted(&observations, &strata, 1, 0);
        let mut changed = 0;
        for (before, after) in observations.iter().zip(&moved) {
            let giver = &observations[(after.exposure[0] * 1e3).round() as usize];
            assert_eq!((giver.period, giver.role), (before.period, before.role));
            // A hundred of a kind: a decile is ten of them, two values of activity.
            assert!((giver.activity - before.activity).abs() <= 1.0);
            changed += usize::from(giver.customer != before.customer);
        }
        assert!(changed > 300, "{changed}");
        let mut exposures: Vec<f64> = moved.iter().map(|o| o.exposure[0]).collect();
        exposures.sort_unstable_by(f64::total_cmp);
        assert!(
            exposures
                .iter()
                .zip(0..)
                .all(|(x, i)| *x == f64::from(i) / 1e3)
        );
        assert_eq!(moved, permuted(&observations, &strata, 1, 0));
        assert_ne!(moved, permuted(&observations, &strata, 1, 1));
    }
}
