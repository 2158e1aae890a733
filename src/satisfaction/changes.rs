//! Why an account's score changed between two runs: by department and input, summing to the change.
//!
//! The harmonic mean and formula (5) are both weighted means, for which the difference of two states
//! splits exactly, the same whichever state comes first:
//!
//! ```text
//! 1/M = Σ w̄ /θ     ΔM = M0 M1 Σ [ ½(w̄0 + w̄1) Δθ / (θ0 θ1)  -  Δw̄ (½(1/θ0 + 1/θ1) - ½(1/M0 + 1/M1)) ]
//! θ = Σ n x / Σ n  Δθ = Σ [ Δ(n x) - ½(θ0 + θ1) Δn ] / (½ Σ n0 + ½ Σ n1)
//! ```
//!
//! A department that only one of the states has keeps its θ in the other and changes its weight from
//! or to 0. An input that is the same in both contributes nothing.

use super::SatisfactionError;
use super::account::FLOOR;
use super::department::Mass;
use super::error::{at_least_zero, in_unit};

/// A required department in one of the two states.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Tells departments apart, whatever they are called.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Its weight in the account, 0 or more.
    pub weight: f64,
    /// Prior, KPIs, answers, sentiment: the terms of formula (5).
    pub masses: [Mass; 4],
}

/// What one department adds to the change of the account's score.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
pub struct Change {
    /// Which department.
    pub department: String,
    /// What is generally so for departments of its kind.
    pub prior: f64,
    /// The facts.
    pub kpis: f64,
    /// What was answered, and answers ageing.
    pub answers: f64,
    /// What was read out of words.
    pub sentiment: f64,
    /// Its weight, its coming or its going.
    pub weight: f64,
}

impl Change {
    /// All that it adds.
    pub fn total(&self) -> f64 {
        self.prior + self.kpis + self.answers + self.sentiment + self.weight
    }
}

/// Splits the change of the harmonic mean from `before` to `after` (default floor) by department and
/// input, in the order of `after`, then of those only `before` has.
///
/// # Errors
///
/// [`SatisfactionError`] if a state has no department with weight, a number is out of range, or a
/// department has no mass.
pub fn explain(before: &[State], after: &[State]) -> Result<Vec<Change>, SatisfactionError> {
    let (sum_before, sum_after) = (weights(before)?, weights(after)?);
    let find = |list: &[State], key: &str| list.iter().position(|state| state.key == key);
    let mut pairs: Vec<(Option<&State>, Option<&State>)> = after
        .iter()
        .map(|state| {
            (
                find(before, &state.key).and_then(|at| before.get(at)),
                Some(state),
            )
        })
        .collect();
    let gone = before
        .iter()
        .filter(|state| find(after, &state.key).is_none());
    pairs.extend(gone.map(|state| (Some(state), None)));

    let (mean_before, mean_after) = (mean(before, sum_before)?, mean(after, sum_after)?);
    let scale = mean_before * mean_after;
    let level = f64::midpoint(1.0 / mean_before, 1.0 / mean_after);
    pairs
        .into_iter()
        .filter_map(|(old, new)| {
            let (one, other) = (old.or(new)?, new.or(old)?);
            let share = |state: Option<&State>, sum: f64| state.map_or(0.0, |it| it.weight / sum);
            Some((one, other, share(old, sum_before), share(new, sum_after)))
        })
        .map(|(old, new, share_before, share_after)| {
            let (theta_before, theta_after) = (theta(old)?.max(FLOOR), theta(new)?.max(FLOOR));
            let by_theta =
                scale * f64::midpoint(share_before, share_after) / (theta_before * theta_after);
            let [prior, kpis, answers, sentiment] = split(old, new)?.map(|part| part * by_theta);
            let inverse = f64::midpoint(1.0 / theta_before, 1.0 / theta_after);
            Ok(Change {
                department: new.name.clone(),
                prior,
                kpis,
                answers,
                sentiment,
                weight: scale * (share_before - share_after) * (inverse - level),
            })
        })
        .collect()
}

/// Δθ by input; of the floored θ, so that what the floor hides is nobody's.
fn split(old: &State, new: &State) -> Result<[f64; 4], SatisfactionError> {
    let (before, after) = (theta(old)?, theta(new)?);
    let middle = f64::midpoint(before, after);
    let total = |state: &State| state.masses.iter().map(|mass| mass.weight).sum::<f64>();
    let mass = f64::midpoint(total(old), total(new));
    let shown = after.max(FLOOR) - before.max(FLOOR);
    // Without a floor in the way this is 1, up to rounding that does not matter.
    let visible = if before >= FLOOR && after >= FLOOR {
        1.0
    } else if (after - before).abs() > 0.0 {
        shown / (after - before)
    } else {
        0.0
    };
    let mut parts = [0.0; 4];
    for ((part, old), new) in parts.iter_mut().zip(&old.masses).zip(&new.masses) {
        let moved = new.weight * new.mean - old.weight * old.mean;
        *part = visible * (moved - middle * (new.weight - old.weight)) / mass;
    }
    Ok(parts)
}

fn weights(states: &[State]) -> Result<f64, SatisfactionError> {
    for state in states {
        at_least_zero(|| format!("{}.weight", state.name), state.weight)?;
    }
    let sum: f64 = states.iter().map(|state| state.weight).sum();
    if sum > 0.0 {
        Ok(sum)
    } else {
        Err(SatisfactionError::rule("w", "at least one positive weight"))
    }
}

fn theta(state: &State) -> Result<f64, SatisfactionError> {
    let (mut sum, mut total) = (0.0, 0.0);
    for mass in &state.masses {
        at_least_zero(|| format!("{}.masses.weight", state.name), mass.weight)?;
        in_unit(|| format!("{}.masses.mean", state.name), mass.mean)?;
        total += mass.weight;
        sum += mass.weight * mass.mean;
    }
    if total > 0.0 {
        Ok(sum / total)
    } else {
        Err(SatisfactionError::rule(
            "masses",
            "at least one positive weight",
        ))
    }
}

/// The harmonic mean of floored scores.
fn mean(states: &[State], sum: f64) -> Result<f64, SatisfactionError> {
    let mut inverse = 0.0;
    for state in states.iter().filter(|state| state.weight > 0.0) {
        inverse += state.weight / sum / theta(state)?.max(FLOOR);
    }
    Ok(1.0 / inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(name: &str, weight: f64, masses: [(f64, f64); 4]) -> State {
        State {
            key: name.to_owned(),
            name: name.to_owned(),
            weight,
            masses: masses.map(|(weight, mean)| Mass { weight, mean }),
        }
    }

    #[test]
    fn one_new_answer_explains_everything_by_pencil() {
        let prior = [(1.0, 0.7), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)];
        let asked = [(1.0, 0.7), (0.0, 0.0), (1.0, 0.1), (0.0, 0.0)];
        let before = [state("a", 1.0, prior), state("b", 1.0, prior)];
        let after = [state("a", 1.0, prior), state("b", 1.0, asked)];
        let found = explain(&before, &after).unwrap();
        // b falls to .4: 2/(1/.7 + 1/.4) = .509091, less .7.
        assert!(
            (found[1].answers - (0.56 / 1.1 - 0.7)).abs() < 1e-12,
            "{found:?}"
        );
        assert!(found[0].total().abs() < 1e-15 && found[1].prior.abs() < 1e-15);
    }

    #[test]
    fn a_department_that_comes_is_a_change_of_weight() {
        let at = |level| [(1.0, level), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)];
        let before = [state("a", 1.0, at(0.8))];
        let after = [state("a", 1.0, at(0.8)), state("b", 1.0, at(0.4))];
        let found = explain(&before, &after).unwrap();
        let sum: f64 = found.iter().map(Change::total).sum();
        // 2/(1/.8 + 1/.4) = .533333, less .8
        assert!((sum - (1.6 / 3.0 - 0.8)).abs() < 1e-12);
        assert!(
            found
                .iter()
                .all(|change| (change.total() - change.weight).abs() < 1e-15)
        );
        assert!(found[1].weight < 0.0);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let nothing = state("a", 1.0, [(0.0, 0.5); 4]);
        let fine = state("a", 1.0, [(1.0, 0.5); 4]);
        assert!(explain(&[], std::slice::from_ref(&fine)).is_err());
        assert!(explain(&[nothing], std::slice::from_ref(&fine)).is_err());
        let weightless = State {
            weight: 0.0,
            ..fine.clone()
        };
        assert!(explain(&[weightless], &[fine]).is_err());
    }
}
