//! The way to green and the split of a change, whatever the numbers.

use hawser::satisfaction::account::{AccountSettings, FLOOR, Power, TAU, power_mean, score};
use hawser::satisfaction::answers::Answer;
use hawser::satisfaction::changes::{Change, State, explain};
use hawser::satisfaction::department::{self, DepartmentSettings, Mass};
use hawser::satisfaction::green::{Input, Owned, Standing, Step, ToGreen, to_green, with};
use hawser::satisfaction::kpi::WeightedKpi;
use hawser::satisfaction::{Gate, Kpi, Member};
use proptest::prelude::*;

/// Answers and desirabilities of a department; KPIs in the order of [`Kpi::ALL`].
type Raw = (Vec<Answer>, Vec<f64>);

fn raw() -> impl Strategy<Value = Raw> {
    let answer = (0_u32..4, 0.3..=1.0, 0.0..200.0, 0.5..2.0).prop_map(
        |(who, score, age_days, role_weight)| Answer {
            respondent: who.to_string(),
            score,
            age_days,
            role_weight,
            confidence: 1.0,
        },
    );
    (
        prop::collection::vec(answer, 0..6),
        prop::collection::vec(0.3..=1.0, 0..3),
    )
}

fn standing((answers, desirabilities): &Raw) -> Standing {
    let kpis: Vec<WeightedKpi> = desirabilities
        .iter()
        .map(|desirability| WeightedKpi {
            weight: 0.5,
            desirability: Some(*desirability),
        })
        .collect();
    let share = 1.0 / desirabilities.len().max(1) as f64;
    let owned = Kpi::ALL.iter().zip(desirabilities);
    Standing {
        department: department::score(answers, &kpis, 0.7, &DepartmentSettings::default()).unwrap(),
        kpis: owned
            .map(|(kpi, desirability)| Owned {
                kpi: *kpi,
                share,
                desirability: *desirability,
            })
            .collect(),
    }
}

/// The gate by way of the account's own formula.
fn gate(standing: &[Standing]) -> Gate {
    let members: Vec<Member> = standing
        .iter()
        .map(|one| Member {
            weight: 1.0,
            department: one.department,
        })
        .collect();
    score(&members, &AccountSettings::default()).unwrap().gate
}

/// The step taken on what people said and what was measured, not on the scores.
fn taken(raw: &[Raw], step: &Step) -> Vec<Standing> {
    let mut raw = raw.to_vec();
    for (at, (answers, desirabilities)) in raw.iter_mut().enumerate() {
        for (kpi, desirability) in Kpi::ALL.iter().zip(desirabilities) {
            if step.input == Input::Kpi(*kpi) {
                *desirability = step.to;
            }
        }
        if step.input == Input::OneMore(at) {
            answers.push(Answer {
                respondent: "new".to_owned(),
                score: step.to,
                age_days: 0.0,
                role_weight: 1.0,
                confidence: 1.0,
            });
        }
    }
    raw.iter().map(standing).collect()
}

fn masses() -> impl Strategy<Value = [Mass; 4]> {
    let mass = || (0.0..4.0, 0.0..=1.0).prop_map(|(weight, mean)| Mass { weight, mean });
    (mass(), mass(), mass(), mass()).prop_map(|(prior, kpis, answers, words)| {
        let prior = Mass {
            weight: prior.weight + 0.1,
            ..prior
        };
        [prior, kpis, answers, words]
    })
}

fn states() -> impl Strategy<Value = Vec<State>> {
    prop::collection::btree_map("[a-d]", (0.1..3.0, masses()), 1..4).prop_map(|all| {
        all.into_iter()
            .map(|(name, (weight, masses))| State {
                key: name.clone(),
                name,
                weight,
                masses,
            })
            .collect()
    })
}

fn mean(states: &[State]) -> f64 {
    let theta = |state: &State| {
        let weight: f64 = state.masses.iter().map(|mass| mass.weight).sum();
        let sum: f64 = state
            .masses
            .iter()
            .map(|mass| mass.weight * mass.mean)
            .sum();
        sum / weight
    };
    let thetas: Vec<f64> = states.iter().map(theta).collect();
    let weights: Vec<f64> = states.iter().map(|state| state.weight).collect();
    power_mean(&thetas, &weights, Power::HARMONIC, FLOOR).unwrap()
}

proptest! {
    #[test]
    fn the_step_to_green_passes_the_gate_and_a_hair_less_does_not(
        raw in prop::collection::vec(raw(), 1..5),
    ) {
        let all: Vec<Standing> = raw.iter().map(standing).collect();
        let settings = DepartmentSettings::default();
        match to_green(&all, TAU, &settings).unwrap() {
            ToGreen::Green => prop_assert_eq!(gate(&all), Gate::Green),
            ToGreen::Lacking(_) => prop_assert!(gate(&all) != Gate::Green),
            ToGreen::Step(step) => {
                prop_assert!(gate(&all) != Gate::Green);
                prop_assert_eq!(gate(&with(&all, &step, &settings)), Gate::Green);
                let least = if matches!(step.input, Input::OneMore(_)) { 0.0 } else { step.from };
                if step.to > least + 1e-6 {
                    let less = Step { to: step.to - 1e-9, ..step };
                    prop_assert!(gate(&with(&all, &less, &settings)) != Gate::Green);
                }
                if !matches!(step.input, Input::Answers(_)) {
                    let up = Step { to: (step.to + 1e-9).min(1.0), ..step };
                    prop_assert_eq!(gate(&taken(&raw, &up)), Gate::Green);
                    if step.to > least + 1e-6 {
                        let less = Step { to: step.to - 1e-6, ..step };
                        prop_assert!(gate(&taken(&raw, &less)) != Gate::Green);
                    }
                }
            }
        }
    }

    #[test]
    fn a_change_is_split_without_rest_the_same_both_ways(before in states(), after in states()) {
        let total = |changes: &[Change]| changes.iter().map(Change::total).sum::<f64>();
        let (there, back) = (explain(&before, &after).unwrap(), explain(&after, &before).unwrap());
        prop_assert!((total(&there) - (mean(&after) - mean(&before))).abs() < 1e-9);
        for change in &there {
            let other = back.iter().find(|other| other.department == change.department).unwrap();
            prop_assert!((change.total() + other.total()).abs() < 1e-9);
            prop_assert!((change.answers + other.answers).abs() < 1e-9);
        }
        prop_assert!(explain(&after, &after).unwrap().iter().all(|same| same.total().abs() < 1e-12));
    }
}
