//! Laws that hold whatever the numbers: churn, cascade, satisfaction, calculator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::needless_range_loop,
    clippy::similar_names,
    clippy::too_many_lines,
    reason = "tests"
)]

mod cascade;
mod churn;
mod evaluation;
mod relationship;
mod satisfaction;
mod worlds;

use hawser::calc::{self, Kind};
use hawser::churn::{History, Model, Parameters, Variant};
use hawser::satisfaction::account::{self, FLOOR, Power, p_all, power_mean};
use hawser::satisfaction::answers::Answer;
use hawser::satisfaction::department::{self, DepartmentSettings};
use hawser::satisfaction::kpi::WeightedKpi;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..=1.0, 1 => Just(0.0), 1 => Just(1.0)]
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}

fn model() -> impl Strategy<Value = Model> {
    let log = || -3.0_f64..3.0;
    (select(Variant::ALL), 1_u32..6, log(), log(), log(), log()).prop_map(
        |(variant, k, r, alpha, a, b)| {
            let parameters = Parameters {
                r: r.exp(),
                alpha: alpha.exp(),
                a: a.exp(),
                b: b.exp(),
            };
            Model::new(variant, k, parameters).unwrap()
        },
    )
}

fn history() -> impl Strategy<Value = History> {
    (0_u64..500, 0.0..104.0, 0.0..=1.0).prop_map(|(x, age, part)| {
        let t_x = if x == 0 { 0.0 } else { age * part };
        History::new(x, t_x, age, 0.0).unwrap()
    })
}

proptest! {
    #[test]
    fn being_active_is_a_probability_and_no_more_likely_than_being_alive(
        model in model(), history in history(), horizon in 0.0..200.0,
    ) {
        let (active, alive) = (model.p_active(&history, horizon).unwrap(), model.p_alive(&history));
        prop_assert!((0.0..=1.0).contains(&alive));
        prop_assert!((0.0..=alive + 1e-12).contains(&active), "{active} {alive}");
    }

    #[test]
    fn a_longer_horizon_has_more_events_and_no_less_than_the_chance_of_one(
        model in model(), history in history(), horizon in 0.0..100.0, longer in 0.0..50.0,
    ) {
        let events = |weeks| model.expected_events(&history, weeks).unwrap();
        let (short, long) = (events(horizon), events(horizon + longer));
        prop_assert!(short.is_finite() && short >= 0.0);
        prop_assert!(long >= short * (1.0 - 1e-9), "{short} {long}");
        let active = |weeks| model.p_active(&history, weeks).unwrap();
        prop_assert!(active(horizon + longer) >= active(horizon) - 1e-12);
        prop_assert!(short >= active(horizon) * (1.0 - 1e-8) - 1e-12);
    }

    #[test]
    fn likelihoods_are_numbers(model in model(), history in history()) {
        prop_assert!(model.log_likelihood(&history).is_finite());
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    ("[a-c]", probability(), 0.0..2e3, 0.0..3.0, probability()).prop_map(
        |(respondent, score, age_days, role_weight, confidence)| Answer {
            respondent,
            score,
            age_days,
            role_weight,
            confidence,
        },
    )
}

fn weighted_kpi() -> impl Strategy<Value = WeightedKpi> {
    (0.0..5.0, prop::option::of(probability())).prop_map(|(weight, desirability)| WeightedKpi {
        weight,
        desirability,
    })
}

fn power() -> impl Strategy<Value = Power> {
    prop_oneof![
        6 => (-20.0..20.0).prop_map(Power::Finite),
        1 => Just(Power::Finite(0.0)),
        1 => (-1e6..1e6).prop_map(Power::Finite),
        1 => Just(Power::Min),
    ]
}

proptest! {
    #[test]
    fn a_score_lies_in_its_interval_and_its_parts_sum_to_it(
        answers in prop::collection::vec(answer(), 0..8),
        kpis in prop::collection::vec(weighted_kpi(), 0..5),
        prior in probability(),
    ) {
        let settings = DepartmentSettings::default();
        let found = department::score(&answers, &kpis, prior, &settings).unwrap();
        prop_assert!(0.0 <= found.lo && found.lo <= found.theta);
        prop_assert!(found.theta <= found.hi && found.hi <= 1.0);
        prop_assert!(found.var > 0.0 && found.var <= 0.0625);
        let parts = found.parts(prior, &settings);
        prop_assert!(close(parts.prior + parts.kpis + parts.answers + parts.sentiment, found.theta, 1e-9));

        let mut turned = answers.clone();
        turned.reverse();
        prop_assert_eq!(department::score(&turned, &kpis, prior, &settings), Ok(found));
    }

    #[test]
    fn a_power_mean_lies_between_the_least_and_the_largest_and_rises_with_its_exponent(
        terms in prop::collection::vec((probability(), 0.01..10.0), 1..8),
        power in power(), more in 0.0..5.0_f64,
    ) {
        let (values, weights): (Vec<f64>, Vec<f64>) = terms.into_iter().unzip();
        let floored = values.iter().map(|value| value.max(FLOOR));
        let least = floored.clone().fold(f64::INFINITY, f64::min);
        let largest = floored.fold(0.0, f64::max);
        let mean = power_mean(&values, &weights, power, FLOOR).unwrap();
        prop_assert!((least - 1e-12..=largest + 1e-12).contains(&mean), "{least} {mean} {largest}");
        if let Power::Finite(p) = power {
            let higher = Power::Finite(f64::min(p + more, 1e6));
            prop_assert!(power_mean(&values, &weights, higher, FLOOR).unwrap() >= mean - 1e-7);
        }
    }

    #[test]
    fn that_all_are_satisfied_is_a_probability_that_falls_with_every_further_department(
        terms in prop::collection::vec((probability(), 0.0..0.2), 1..8), tau in probability(),
    ) {
        let (thetas, variances): (Vec<f64>, Vec<f64>) = terms.into_iter().unzip();
        let mut before = 1.0;
        for count in 1..=thetas.len() {
            let p = p_all(&thetas[..count], &variances[..count], tau).unwrap();
            prop_assert!((0.0..=before).contains(&p));
            before = p;
        }
    }

    #[test]
    fn an_account_is_answered_whatever_its_departments(
        departments in prop::collection::vec(
            (prop::collection::vec(answer(), 0..3), prop::collection::vec(weighted_kpi(), 0..3), 0.1..3.0),
            1..6,
        ),
    ) {
        let members: Vec<account::Member> = departments
            .iter()
            .map(|(answers, kpis, weight)| account::Member {
                weight: *weight,
                department: department::score(answers, kpis, 0.7, &DepartmentSettings::default())
                    .unwrap(),
            })
            .collect();
        let found = account::score(&members, &account::AccountSettings::default()).unwrap();
        prop_assert!(found.lo <= found.score && found.score <= found.hi);
        prop_assert!((0.0..=1.0).contains(&found.p_all));
        prop_assert_eq!(found.weakest.is_none(), found.coverage == 0.0);
    }
}

/// Any JSON, with names and words that the calculator knows among its texts.
fn json() -> impl Strategy<Value = Value> {
    let word = || {
        prop_oneof![
            4 => select(vec![
                "name", "nodes", "own", "links", "shipper", "consignee", "business", "value",
                "kappa", "own_business", "node_value", "model", "params", "input", "k", "x", "t_x",
                "T", "litt", "r", "alpha", "a", "b", "horizons", "function", "answers", "kpis",
                "mu0", "w", "p", "theta", "var", "values", "means", "scores", "A", "n", "z",
                "groups", "shapley", "interaction", "BG/NBD", "MBG/CNBD-k", "BG/BB", "department",
                "worlds", "seed", "audit", "effect", "changes", "kind", "paths", "from",
                "to", "open", "budget", "candidates", "customer", "cost", "power_mean", "p_all", "choquet2", "nps", "acsi", "r_wg", "wilson",
                "buhlmann_straub", "before", "after", "masses", "-inf", "0,1", "cases",
            ]).prop_map(str::to_owned),
            1 => ".{0,6}",
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_i64..4).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0.0..1.0).prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A sound case with one member anywhere in it replaced by any JSON, or taken away.
fn spoilt() -> impl Strategy<Value = (Kind, Value)> {
    let sound = vec![
        (
            Kind::Cascade,
            include_str!("../oracle/share_loss_cases.json"),
        ),
        (Kind::Churn, include_str!("../oracle/btyd.json")),
        (
            Kind::Satisfaction,
            include_str!("../oracle/satisfaction.json"),
        ),
    ];
    (
        select(sound),
        any::<Index>(),
        any::<Index>(),
        prop::option::of(json()),
    )
        .prop_map(|((kind, text), case, place, new)| {
            let document: Value = serde_json::from_str(text).unwrap();
            let cases = document
                .get("cases")
                .unwrap_or(&document)
                .as_array()
                .unwrap();
            let mut case = case.get(cases).clone();
            let mut pointers = Vec::new();
            gather(&case, String::new(), &mut pointers);
            let pointer = place.get(&pointers).clone();
            match (new, pointer.rsplit_once('/')) {
                (None, Some((parent, name))) => match case.pointer_mut(parent).unwrap() {
                    Value::Object(map) => drop(map.remove(name)),
                    Value::Array(list) => drop(list.pop()),
                    _ => unreachable!("only objects and lists have members"),
                },
                (new, _) => *case.pointer_mut(&pointer).unwrap() = new.unwrap_or_default(),
            }
            (kind, Value::from(vec![case]))
        })
}

fn gather(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                gather(value, format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                gather(value, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
    if !pointer.is_empty() && !pointer.contains('~') {
        found.push(pointer);
    }
}

fn assert_accounted(cases: &[Value], outcome: &calc::CalcOutcome) {
    assert_eq!(outcome.answers.len(), cases.len());
    let errors = outcome
        .answers
        .values()
        .filter(|answer| answer.get("error").is_some());
    assert_eq!(errors.count(), outcome.failed);
}

proptest! {
    #[test]
    fn the_calculator_answers_any_json(kind in select(Kind::ALL), document in json()) {
        let outcome = calc::run(kind, &document);
        if let Some(cases) = document.as_array() {
            assert_accounted(cases, &outcome);
        }
    }

    #[test]
    fn the_calculator_answers_any_spoilt_case((kind, document) in spoilt()) {
        assert_accounted(document.as_array().unwrap(), &calc::run(kind, &document));
    }
}
