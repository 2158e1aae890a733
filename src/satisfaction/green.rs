//! What would turn an account green: the smallest change of one input that passes the gate.
//!
//! An input is a KPI (which several departments judge us by), what a department said, or one more
//! answer of a department. The gate is monotone in each of them, hence bisection finds the least
//! change that passes, if any does.

use super::account::{self, GREEN_FROM, Gate, p_satisfied};
use super::error::in_unit;
use super::{Department, DepartmentSettings, Kpi, SatisfactionError};

/// Halvings of the interval: its end is known to 1e-12.
const HALVINGS: u32 = 40;

/// A KPI in a department's score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Owned {
    /// Which.
    pub kpi: Kpi,
    /// v / Σ v: its share of the weight of all KPIs of the department, in `[0, 1]`.
    pub share: f64,
    /// In `[0, 1]`.
    pub desirability: f64,
}

/// A required department as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its score.
    pub department: Department,
    /// The KPIs observed.
    pub kpis: Vec<Owned>,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// The desirability of a KPI, in every department that judges us by it.
    Kpi(Kpi),
    /// The mean of what the department (by its position) answered.
    Answers(usize),
    /// One more answer from the department: of today, of weight 1.
    OneMore(usize),
}

/// A change of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Which input.
    pub input: Input,
    /// Where it stands, in `[0, 1]`; for one more answer, the department's score.
    pub from: f64,
    /// Where it must be, in `[0, 1]`, to pass the gate.
    pub to: f64,
}

impl Step {
    /// How far the input must rise; 0 if one more answer passes that is no better than the score.
    pub fn size(&self) -> f64 {
        (self.to - self.from).max(0.0)
    }
}

/// What it takes to be green.
#[derive(Clone, Debug, PartialEq)]
pub enum ToGreen {
    /// Nothing: it is.
    Green,
    /// The smallest change of one input, the first of equals.
    Step(Step),
    /// No single input suffices. The departments, by position, that lack: alone satisfied with a
    /// probability below `0.8^(1/n)`, which n alike departments need.
    Lacking(Vec<usize>),
}

/// Finds the smallest change of one input that passes the gate.
///
/// O(inputs · departments · 40).
///
/// # Errors
///
/// [`SatisfactionError`] without departments, or for a number out of range.
pub fn to_green(
    standing: &[Standing],
    tau: f64,
    settings: &DepartmentSettings,
) -> Result<ToGreen, SatisfactionError> {
    if standing.is_empty() {
        return Err(SatisfactionError::rule("departments", "at least one"));
    }
    in_unit(|| "tau".to_owned(), tau)?;
    for owned in standing.iter().flat_map(|one| &one.kpis) {
        in_unit(|| "share".to_owned(), owned.share)?;
        in_unit(|| "desirability".to_owned(), owned.desirability)?;
    }
    if gate(standing, tau) == Gate::Green {
        return Ok(ToGreen::Green);
    }
    let mut best: Option<Step> = None;
    for (input, from) in inputs(standing) {
        let passes = |to: f64| {
            gate(&with(standing, &Step { input, from, to }, settings), tau) == Gate::Green
        };
        // Whoever would have to say less than the department's score now says it all the same: an
        // answer is heard whatever it says.
        let least = if matches!(input, Input::OneMore(_)) {
            0.0
        } else {
            from
        };
        let Some(to) = bisect(least, passes) else {
            continue;
        };
        let step = Step { input, from, to };
        if best.is_none_or(|found| step.size() < found.size()) {
            best = Some(step);
        }
    }
    Ok(best.map_or_else(|| ToGreen::Lacking(lacking(standing, tau)), ToGreen::Step))
}

/// The departments after a step.
pub fn with(standing: &[Standing], step: &Step, settings: &DepartmentSettings) -> Vec<Standing> {
    let mut changed = standing.to_vec();
    for (position, one) in changed.iter_mut().enumerate() {
        let department = &mut one.department;
        let facts = settings.kpi_weight * department.kpi_coverage;
        let voice = department.sentiment.map_or(0.0, |voice| voice.weight);
        let total = settings.prior_weight + facts + department.n_eff + voice;
        match step.input {
            Input::Kpi(kpi) => {
                for owned in one.kpis.iter_mut().filter(|owned| owned.kpi == kpi) {
                    let moved = settings.kpi_weight * owned.share * (step.to - owned.desirability);
                    department.theta += moved / total;
                    owned.desirability = step.to;
                }
            }
            Input::Answers(place) if place == position => {
                let mean = department.survey_mean.unwrap_or(step.to);
                department.theta += department.n_eff * (step.to - mean) / total;
                department.survey_mean = Some(step.to);
            }
            Input::OneMore(place) if place == position => {
                let said = department.survey_mean.unwrap_or(0.0) * department.n_eff + step.to;
                department.theta = (department.theta * total + step.to) / (total + 1.0);
                department.n_eff += 1.0;
                department.survey_mean = Some(said / department.n_eff);
                department.var = settings.sigma.powi(2) / (total + 1.0);
            }
            Input::Answers(_) | Input::OneMore(_) => {}
        }
        department.theta = department.theta.clamp(0.0, 1.0);
    }
    changed
}

/// Every input with where it stands, KPIs in their order.
fn inputs(standing: &[Standing]) -> Vec<(Input, f64)> {
    let mut found: Vec<(Input, f64)> = Vec::new();
    for &kpi in Kpi::ALL {
        let mut owned = standing.iter().flat_map(|one| &one.kpis);
        found.extend(
            owned
                .find(|owned| owned.kpi == kpi)
                .map(|owned| (Input::Kpi(kpi), owned.desirability)),
        );
    }
    for (place, one) in standing.iter().enumerate() {
        let department = &one.department;
        found.extend(
            department
                .survey_mean
                .map(|mean| (Input::Answers(place), mean)),
        );
        found.push((Input::OneMore(place), department.theta));
    }
    found
}

fn gate(standing: &[Standing], tau: f64) -> Gate {
    account::gate(standing.iter().map(|one| &one.department), tau)
}

/// The least value from `least` on that passes; `None` if 1 does not.
fn bisect(least: f64, passes: impl Fn(f64) -> bool) -> Option<f64> {
    if !passes(1.0) {
        return None;
    }
    if passes(least) {
        return Some(least);
    }
    let (mut below, mut above) = (least, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(below, above);
        if passes(middle) {
            above = middle;
        } else {
            below = middle;
        }
    }
    Some(above)
}

fn lacking(standing: &[Standing], tau: f64) -> Vec<usize> {
    let needed = GREEN_FROM.powf(1.0 / standing.len() as f64);
    let p = |one: &Standing| p_satisfied(one.department.theta, one.department.var, tau);
    standing
        .iter()
        .enumerate()
        .filter(|(_, one)| p(one) < needed)
        .map(|(place, _)| place)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::satisfaction::account::TAU;
    use crate::satisfaction::answers::Answer;
    use crate::satisfaction::department;
    use crate::satisfaction::kpi::WeightedKpi;

    fn standing(said: &[f64], desirability: Option<f64>) -> Standing {
        let answers: Vec<Answer> = said
            .iter()
            .enumerate()
            .map(|(who, &score)| Answer {
                respondent: who.to_string(),
                score,
                age_days: 0.0,
                role_weight: 1.0,
                confidence: 1.0,
            })
            .collect();
        let kpi = WeightedKpi {
            weight: 1.0,
            desirability,
        };
        let settings = DepartmentSettings::default();
        Standing {
            department: department::score(&answers, &[kpi], 0.7, &settings).unwrap(),
            kpis: desirability
                .map(|desirability| Owned {
                    kpi: Kpi::Otif,
                    share: 1.0,
                    desirability,
                })
                .into_iter()
                .collect(),
        }
    }

    fn found(standing: &[Standing]) -> ToGreen {
        to_green(standing, TAU, &DepartmentSettings::default()).unwrap()
    }

    #[test]
    fn the_smallest_step_of_one_department_by_pencil() {
        // One person said .5, facts .8: θ = (.7 + 1.6 + .5)/4 = .7, sd .125, Φ(.8) = .788 < .8.
        // Φ(z) = .8 at z = .841621. One more answer makes the sd .111803: θ must be .694096, hence
        // the answer 5 · .694096 - 2.8 = .670480, no better than what the department says already.
        let ToGreen::Step(step) = found(&[standing(&[0.5], Some(0.8))]) else {
            panic!("one input suffices");
        };
        assert_eq!(step.input, Input::OneMore(0));
        assert!(
            (step.to - 0.670_480).abs() < 1e-6 && step.size() <= 0.0,
            "{step:?}"
        );

        // Facts of .3: θ = .45 must be .6 + .841621 · .125 = .705203, which no answer can make it.
        // The facts weigh 2 of 4 and must rise by .510405.
        let ToGreen::Step(step) = found(&[standing(&[0.5], Some(0.3))]) else {
            panic!("one input suffices");
        };
        assert_eq!(step.input, Input::Kpi(Kpi::Otif));
        assert!((step.to - 0.810_405).abs() < 1e-6, "{step:?}");
    }

    #[test]
    fn nobody_heard_needs_an_answer_and_green_needs_nothing() {
        assert_eq!(found(&[standing(&[1.0, 1.0], Some(1.0))]), ToGreen::Green);
        let ToGreen::Step(step) = found(&[standing(&[], Some(1.0))]) else {
            panic!("an answer suffices");
        };
        assert_eq!(step.input, Input::OneMore(0));
        // θ = (.7 + 2 + v)/4 must be .705203: v = .120811.
        assert!((step.to - 0.120_811).abs() < 1e-6, "{step:?}");
    }

    #[test]
    fn where_no_single_input_suffices_the_departments_that_lack_are_named() {
        let bad = standing(&[0.2, 0.2], Some(0.2));
        let good = standing(&[1.0, 1.0, 1.0], Some(1.0));
        assert_eq!(
            found(&[bad.clone(), good, bad]),
            ToGreen::Lacking(vec![0, 2])
        );
        assert!(to_green(&[], TAU, &DepartmentSettings::default()).is_err());
    }
}
