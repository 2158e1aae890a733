//! Laws that hold whatever the numbers: churn, cascade, satisfaction, calculator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "tests"
)]

use hawser::calc::{self, Kind};
use hawser::cascade::{
    Description, Link, Network, Options, RoleStrengths, Solution, Strengths, blast_radius,
    explain_customer, followers, solve, solve_with,
};
use hawser::churn::{History, Model, Parameters, Variant};
use hawser::satisfaction::account::{self, FLOOR, Power, p_all, power_mean};
use hawser::satisfaction::answers::Answer;
use hawser::satisfaction::department::{self, DepartmentSettings};
use hawser::satisfaction::kpi::WeightedKpi;
use hawser::shipments::model::FreightTerms;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

const TIGHT: Options = Options {
    eps: 1e-12,
    max_sweeps: 10_000,
};

/// A network described by values that tests may change.
#[derive(Clone, Debug)]
struct Trade {
    own: Vec<f64>,
    own_business: Vec<f64>,
    own_value: Vec<f64>,
    links: Vec<Link>,
    strengths: Strengths,
}

impl Trade {
    fn network(&self) -> Network {
        Network::compile(&Description {
            own_churn: &self.own,
            own_business: &self.own_business,
            own_value: &self.own_value,
            links: &self.links,
            strengths: self.strengths,
        })
        .unwrap()
    }

    fn solved(&self) -> (Network, Solution) {
        let network = self.network();
        let solution = solve(&network, &TIGHT).unwrap();
        assert!(solution.report().converged);
        (network, solution)
    }

    fn churn(&self) -> Vec<f64> {
        self.solved().1.churn().to_vec()
    }

    fn value(&self) -> f64 {
        let links = self.links.iter().map(|link| link.value.abs());
        links
            .chain(self.own_value.iter().map(|v| v.abs()))
            .sum::<f64>()
            + 1.0
    }
}

fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..=1.0, 1 => Just(0.0), 1 => Just(1.0)]
}

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..1e3, 1 => Just(0.0), 1 => 0.0..1e-6, 1 => 0.0..1e9]
}

fn role(upper: f64) -> impl Strategy<Value = RoleStrengths> {
    (0.0..upper, 0.0..upper, 0.0..upper).prop_map(|(controls, does_not, unknown)| RoleStrengths {
        controls,
        does_not,
        unknown,
    })
}

fn strengths() -> impl Strategy<Value = Strengths> {
    (role(0.95), role(0.95)).prop_map(|(shipper, consignee)| Strengths { shipper, consignee })
}

/// Links between any customers, both ways and in parallel; a forest if `forest`.
fn trade(forest: bool) -> impl Strategy<Value = Trade> {
    (2_usize..12).prop_flat_map(move |count| {
        let link = (
            any::<Index>(),
            any::<Index>(),
            amount(),
            -100.0..1e3,
            select(FreightTerms::ALL),
            any::<bool>(),
        );
        (
            prop::collection::vec(probability(), count),
            prop::collection::vec(amount(), count),
            prop::collection::vec(-10.0..100.0, count),
            prop::collection::vec(link, 0..2 * count),
            strengths(),
        )
            .prop_map(move |(own, own_business, own_value, raw, strengths)| {
                let mut parent: Vec<Option<usize>> = vec![None; count];
                let links = raw
                    .into_iter()
                    .map(|(one, other, business, value, terms, turned)| {
                        let child = 1 + one.index(count - 1);
                        let partner = if forest {
                            *parent[child].get_or_insert_with(|| other.index(child))
                        } else {
                            (child + 1 + other.index(count - 1)) % count
                        };
                        let (child, partner) = (
                            u32::try_from(child).unwrap(),
                            u32::try_from(partner).unwrap(),
                        );
                        let (shipper, consignee) = if turned {
                            (child, partner)
                        } else {
                            (partner, child)
                        };
                        Link {
                            shipper,
                            consignee,
                            business,
                            value,
                            terms,
                        }
                    })
                    .collect();
                Trade {
                    own,
                    own_business,
                    own_value,
                    links,
                    strengths,
                }
            })
    })
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}

proptest! {
    #[test]
    fn churn_lies_between_own_churn_and_one_and_nothing_is_not_a_number(trade in trade(false)) {
        let (network, solution) = trade.solved();
        for (churn, own) in solution.churn().iter().zip(&trade.own) {
            prop_assert!((*own..=1.0).contains(churn), "{churn} {own}");
            prop_assert!(*own < 1.0 || *churn == 1.0);
        }
        for loss in solution.link_loss(&network) {
            prop_assert!((-1e-12..=1.0 + 1e-12).contains(&loss));
        }
        prop_assert!(solution.expected_loss().is_finite());
        prop_assert!((0.0..=1e-9).contains(&solution.report().error_bound));
        let blast = blast_radius(&network, &solution, &TIGHT).unwrap();
        prop_assert!(blast.converged && blast.values.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn without_strength_everybody_leaves_for_reasons_of_its_own(mut trade in trade(false)) {
        trade.strengths = Strengths::uniform(0.0);
        prop_assert_eq!(trade.churn(), trade.own);
    }

    #[test]
    fn customers_without_links_are_untouched(mut trade in trade(false), own in probability()) {
        let before = trade.churn();
        trade.own.push(own);
        trade.own_business.push(1.0);
        trade.own_value.push(1.0);
        let mut after = trade.churn();
        prop_assert_eq!(after.pop(), Some(own));
        prop_assert_eq!(after, before);
    }

    #[test]
    fn more_own_churn_lowers_nobodys(trade in trade(false), who in any::<Index>(), to in probability()) {
        let before = trade.churn();
        let mut worse = trade.clone();
        let who = who.index(trade.own.len());
        worse.own[who] = to.max(trade.own[who]);
        for (after, before) in worse.churn().iter().zip(before) {
            prop_assert!(*after >= before - 1e-9);
        }
    }

    #[test]
    fn more_strength_lowers_nobodys_churn(trade in trade(false), more in 0.0..1.0) {
        let before = trade.churn();
        let mut worse = trade.clone();
        let raise = |role: RoleStrengths| RoleStrengths {
            controls: role.controls + more * (0.95 - role.controls),
            does_not: role.does_not + more * (0.95 - role.does_not),
            unknown: role.unknown + more * (0.95 - role.unknown),
        };
        worse.strengths = Strengths {
            shipper: raise(trade.strengths.shipper),
            consignee: raise(trade.strengths.consignee),
        };
        for (after, before) in worse.churn().iter().zip(before) {
            prop_assert!(*after >= before - 1e-9);
        }
    }

    /// Less own business raises every share that the customer has in its links.
    #[test]
    fn higher_shares_lower_nobodys_churn(trade in trade(false), who in any::<Index>(), keep in 0.0..1.0) {
        let before = trade.churn();
        let mut worse = trade.clone();
        let who = who.index(trade.own.len());
        worse.own_business[who] *= keep;
        for (after, before) in worse.churn().iter().zip(before) {
            prop_assert!(*after >= before - 1e-9);
        }
    }

    #[test]
    fn contributions_add_to_churn_and_business_at_risk_is_no_less(trade in trade(false)) {
        let (network, solution) = trade.solved();
        for (index, churn) in solution.churn().iter().enumerate() {
            let why = explain_customer(&network, &solution, index).unwrap();
            let sum = why.own + why.parts.iter().map(|part| part.contribution).sum::<f64>();
            prop_assert!(close(sum, *churn, 1e-12), "{sum} {churn}");
            let shares: f64 = why.parts.iter().map(|part| part.share).sum();
            prop_assert!(shares <= 1.0 + 1e-12);
            if let Some(risk) = why.business_at_risk {
                prop_assert!((churn - 1e-9..=1.0).contains(&risk), "{risk} {churn}");
            }
        }
    }

    #[test]
    fn names_and_order_do_not_matter(trade in trade(false), turn in any::<Index>()) {
        let before = trade.churn();
        let count = trade.own.len();
        let turn = turn.index(count);
        let mut other = trade.clone();
        other.own.rotate_right(turn);
        other.own_business.rotate_right(turn);
        other.own_value.rotate_right(turn);
        let moved = |customer: u32| u32::try_from((customer as usize + turn) % count).unwrap();
        for link in &mut other.links {
            link.shipper = moved(link.shipper);
            link.consignee = moved(link.consignee);
        }
        other.links.reverse();
        let mut after = other.churn();
        after.rotate_left(turn);
        for (after, before) in after.iter().zip(before) {
            prop_assert!(close(*after, before, 1e-9));
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer_to_the_bit(trade in trade(false)) {
        let (one, other) = (trade.solved(), trade.solved());
        prop_assert_eq!(one.1.churn(), other.1.churn());
        prop_assert_eq!(one.1.expected_loss().to_bits(), other.1.expected_loss().to_bits());
    }

    #[test]
    fn on_a_forest_the_reverse_sweep_is_the_difference_of_two_solves(trade in trade(true)) {
        let (network, solution) = trade.solved();
        let blast = blast_radius(&network, &solution, &TIGHT).unwrap();
        for (index, radius) in blast.values.iter().enumerate() {
            let loss = |own: f64| {
                let mut list = trade.own.clone();
                list[index] = own;
                solve_with(&network, &list, &TIGHT).unwrap().expected_loss()
            };
            let difference = loss(1.0) - loss(0.0);
            prop_assert!(close(*radius, difference, 1e-8 * trade.value()), "{radius} {difference}");
        }
    }

    #[test]
    fn pushing_a_departure_outward_is_a_new_solve(trade in trade(false), who in any::<Index>()) {
        let (network, solution) = trade.solved();
        let who = who.index(trade.own.len());
        let mut own = trade.own.clone();
        own[who] = 1.0;
        let after = solve_with(&network, &own, &TIGHT).unwrap();
        let found = followers(&network, &solution, who, 1e-12, usize::MAX).unwrap();
        let mut expected = solution.churn().to_vec();
        expected[who] = 1.0;
        for follower in found {
            prop_assert!(follower.customer as usize != who);
            expected[follower.customer as usize] = follower.churn;
        }
        for (expected, after) in expected.iter().zip(after.churn()) {
            prop_assert!(close(*expected, *after, 1e-8), "{expected} {after}");
        }
    }
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
        prop_assert!(close(parts.prior + parts.kpis + parts.answers, found.theta, 1e-9));

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
                "power_mean", "p_all", "choquet2", "nps", "acsi", "r_wg", "wilson",
                "buhlmann_straub", "-inf", "0,1", "cases",
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
