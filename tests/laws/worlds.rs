//! Laws of worlds, audit, plan and loyalty spread.

use hawser::calc::{self, Kind};
use hawser::cascade::{
    Candidate, Estimate, Options, PlanOptions, Solution, Strengths, WorldOptions, Worlds, audit,
    blast_radius, plan, simulate, solve, solve_with, spread,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::cascade::{TIGHT, Trade, trade};
use crate::{close, probability};

/// A case of the cascade that asks for everything.
pub const ASKED: &str = r#"[{
    "nodes": 3, "own": [0.1, 0.2, 0.3], "kappa": {"shipper": 0.5, "consignee": 0.4},
    "links": [
        {"shipper": 0, "consignee": 1, "business": 60, "value": 10, "terms": "prepaid"},
        {"shipper": 1, "consignee": 2, "business": 40, "value": -5},
        {"shipper": 2, "consignee": 0, "business": 20, "value": 7}
    ],
    "own_business": [0, 10, 0], "node_value": [1, 2, 3], "effect": [0.3, 0, 1],
    "paths": [{"from": 0, "to": 2}], "open": [true, false, true],
    "changes": [
        {"kind": "lose", "customer": 0}, {"kind": "own_churn", "customer": 1, "probability": 0.5},
        {"kind": "strength", "value": 0.3}, {"kind": "customer_strength", "customer": 2, "factor": 0.5},
        {"kind": "link_business", "link": 1, "value": 80}, {"kind": "link_value", "link": 2, "value": 9},
        {"kind": "freight_terms", "link": 0, "terms": "collect"}
    ],
    "worlds": 50, "seed": 3, "audit": true
}]"#;

/// A case of a plan, measured in worlds.
pub const PLANNED: &str = r#"[{
    "nodes": 2, "own": [0.1, 0.2], "kappa": 0.5, "own_business": [0, 50],
    "links": [{"shipper": 0, "consignee": 1, "business": 50, "value": 10}],
    "budget": 1, "candidates": [
        {"customer": 0, "cost": 1, "effect": 0.5}, {"customer": 1, "cost": 1, "effect": 0.5}
    ],
    "worlds": 400, "seed": 3
}]"#;

/// So few customers that every world can be visited.
const FEW: usize = 5;

fn few(mut trade: Trade) -> Trade {
    trade.own.truncate(FEW);
    trade.own_business.truncate(FEW);
    trade.own_value.truncate(FEW);
    let count = trade.own.len();
    trade
        .links
        .retain(|link| (link.shipper as usize) < count && (link.consignee as usize) < count);
    trade
}

/// By how much each customer depends on each other one, from the links themselves.
fn weights(trade: &Trade) -> Vec<Vec<f64>> {
    let count = trade.own.len();
    let mut business = trade.own_business.clone();
    for link in &trade.links {
        business[link.shipper as usize] += link.business;
        business[link.consignee as usize] += link.business;
    }
    let mut weights = vec![vec![0.0; count]; count];
    for link in &trade.links {
        let (s, c) = (link.shipper as usize, link.consignee as usize);
        let (shipper, consignee) = trade.strengths.on(link.terms);
        for (one, other, kappa) in [(s, c, shipper), (c, s, consignee)] {
            if business[one] > 0.0 {
                weights[one][other] += kappa * link.business / business[one];
            }
        }
    }
    weights
}

/// Churn and expected loss by visiting every combination of picks.
fn enumerate(trade: &Trade) -> (Vec<f64>, f64) {
    let count = trade.own.len();
    let weights = weights(trade);
    let (mut churn, mut loss) = (vec![0.0; count], 0.0);
    // In base count + 1: whom each picks, or nobody.
    let total = (count + 1).pow(u32::try_from(count).unwrap());
    for code in 0..total {
        let pick = |who: usize| code / (count + 1).pow(u32::try_from(who).unwrap()) % (count + 1);
        let mut weight = 1.0;
        for (who, row) in weights.iter().enumerate() {
            weight *= match pick(who) {
                nobody if nobody == count => 1.0 - row.iter().sum::<f64>(),
                partner => row[partner],
            };
        }
        if weight <= 0.0 {
            continue;
        }
        let chain = |who: usize| {
            let (mut met, mut at) = (0_usize, who);
            while at < count && met & (1 << at) == 0 {
                met |= 1 << at;
                at = pick(at);
            }
            met
        };
        let fallen = |met: usize| {
            let stay = (0..count).filter(|at| met & (1 << at) != 0);
            1.0 - stay.map(|at| 1.0 - trade.own[at]).product::<f64>()
        };
        for (who, churn) in churn.iter_mut().enumerate() {
            *churn += weight * fallen(chain(who));
            loss += weight * fallen(chain(who)) * trade.own_value[who];
        }
        for link in &trade.links {
            let met = chain(link.shipper as usize) | chain(link.consignee as usize);
            loss += weight * fallen(met) * link.value;
        }
    }
    (churn, loss)
}

fn worlds(trade: &Trade, count: u32, seed: u64) -> Worlds {
    let options = WorldOptions {
        worlds: count,
        seed,
    };
    simulate(&trade.network(), &trade.own, &options).unwrap()
}

/// Within 6 standard errors as they are if `want` is right (once in 500 million), and 6 worlds for
/// what is too rare to be normal.
fn frequency_fits(got: f64, want: f64, worlds: f64) -> bool {
    close(
        got,
        want,
        6.0 * (want * (1.0 - want) / worlds).abs().sqrt() + 6.0 / worlds,
    )
}

fn estimate_fits(got: Estimate, want: f64, scale: f64) -> bool {
    close(got.value, want, 6.0 * got.standard_error + 1e-9 * scale)
}

proptest! {
    #![proptest_config(Config::with_cases(60))]

    #[test]
    fn many_worlds_come_to_what_every_world_comes_to(
        trade in trade(false).prop_map(few), seed in any::<u64>(),
    ) {
        let (churn, loss) = enumerate(&trade);
        let worlds = worlds(&trade, 3_000, seed);
        for (got, want) in worlds.churn().iter().zip(&churn) {
            prop_assert!(frequency_fits(got.value, *want, 3_000.0), "{got:?} {want}");
        }
        // A loss may be too rare to have a spread: then the plain mean's bound decides.
        let rare = 0.01 * trade.value();
        for got in [worlds.expected_loss(), worlds.mean_loss()] {
            prop_assert!(
                estimate_fits(got, loss, trade.value()) || close(got.value, loss, rare),
                "{got:?} {loss}"
            );
        }
    }

    #[test]
    fn on_a_forest_many_worlds_come_to_what_the_messages_say(
        trade in trade(true), seed in any::<u64>(),
    ) {
        let (_, solution) = trade.solved();
        let worlds = worlds(&trade, 2_000, seed);
        for (got, want) in worlds.churn().iter().zip(solution.churn()) {
            prop_assert!(frequency_fits(got.value, *want, 2_000.0), "{got:?} {want}");
        }
    }

    #[test]
    fn any_number_of_threads_lives_through_the_same_worlds(
        trade in trade(false), seed in any::<u64>(), count in 2_u32..200,
    ) {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let worlds = pool.install(|| worlds(&trade, count, seed));
            let bits = |value: f64| value.to_bits();
            let losses: Vec<u64> = worlds.losses().iter().copied().map(bits).collect();
            (losses, worlds.lost(), bits(worlds.expected_loss().value))
        };
        let one = with(1);
        prop_assert_eq!(one.0.len(), count as usize);
        prop_assert_eq!(&with(2), &one);
        prop_assert_eq!(&with(4), &one);
    }

    /// With own values that are powers of two and no other ones, a loss spells out who is lost.
    #[test]
    fn protecting_a_customer_loses_nobody_more_in_any_world(
        trade in trade(false), who in any::<Index>(), keep in 0.0..1.0, seed in any::<u64>(),
    ) {
        let mut trade = trade;
        for link in &mut trade.links {
            link.value = 0.0;
        }
        for (index, value) in trade.own_value.iter_mut().enumerate() {
            *value = f64::from(1_u32 << index);
        }
        let who = who.index(trade.own.len());
        let mut safer = trade.clone();
        safer.own[who] *= keep;
        let (before, after) = (worlds(&trade, 100, seed), worlds(&safer, 100, seed));
        for (before, after) in before.losses().iter().zip(after.losses()) {
            prop_assert!(before.fract() == 0.0 && after.fract() == 0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sets of bits")]
            let (before, after) = (*before as u32, *after as u32);
            prop_assert_eq!(after & !before, 0, "{:b} {:b}", before, after);
        }
        let saved = before.difference(&after).unwrap();
        prop_assert!(saved.value.is_finite() && saved.standard_error.is_finite());
    }

    #[test]
    fn whatever_the_network_worlds_and_audit_are_numbers(
        trade in trade(false), count in 2_u32..60, certain in prop::option::of(any::<bool>()),
    ) {
        let mut trade = trade;
        if let Some(certain) = certain {
            trade.own.fill(f64::from(u8::from(certain)));
        }
        let network = trade.network();
        let solution = solve(&network, &TIGHT).unwrap();
        let worlds = worlds(&trade, count, 1);
        let distribution = worlds.distribution();
        let mut last = f64::NEG_INFINITY;
        for quantile in &distribution.quantiles {
            prop_assert!(quantile.value >= last);
            last = quantile.value;
            prop_assert!(quantile.lower.is_none_or(|lower| lower <= quantile.value));
            prop_assert!(quantile.upper.is_none_or(|upper| upper >= quantile.value));
        }
        let tail = distribution.shortfall;
        prop_assert!(tail.value >= distribution.quantiles[5].value - 1e-9 * trade.value());
        for one in [tail, worlds.expected_loss(), worlds.mean_loss(), worlds.expected_size()] {
            prop_assert!(one.value.is_finite() && one.standard_error >= 0.0);
            prop_assert!(one.standard_error.is_finite());
        }
        let audit = audit(&network, &solution, &worlds).unwrap();
        let together = audit.together;
        for number in [audit.loss.z, audit.size.z, together.rms, together.noise] {
            prop_assert!(number.is_finite());
        }
        for share in [together.beyond, together.beyond_noise, together.p_value] {
            prop_assert!((0.0..=1.0).contains(&share), "{share}");
        }
        prop_assert!(audit.z.iter().all(|z| z.is_finite()));
        if certain.is_some() {
            prop_assert!(audit.agrees);
        }
    }

    #[test]
    fn a_plan_is_what_it_says(
        trade in trade(false),
        raw in prop::collection::vec((0.0..10.0_f64, probability()), 12),
        free in any::<Index>(),
        budget in prop_oneof![3 => 0.0..40.0, 1 => Just(0.0)],
    ) {
        let network = trade.network();
        let mut candidates: Vec<Candidate> = (0_u32..)
            .zip(&raw)
            .take(trade.own.len())
            .map(|(customer, &(cost, effect))| Candidate { customer, cost, effect })
            .collect();
        let free = free.index(candidates.len());
        candidates[free].cost = 0.0;
        let found = plan(&network, &trade.own, &candidates, &PlanOptions::within(budget)).unwrap();

        let cost: f64 = found.chosen.iter().map(|one| one.cost).sum();
        prop_assert!(close(cost, found.cost, 1e-9) && cost <= budget * (1.0 + 1e-9));
        let mut own = trade.own.clone();
        for one in &found.chosen {
            let index = one.customer as usize;
            prop_assert_eq!(own[index], trade.own[index], "chosen twice");
            own[index] *= 1.0 - candidates[index].effect;
            prop_assert!(one.gain_in_plan > 0.0);
            prop_assert_eq!(one.cost, candidates[index].cost);
        }
        let loss = |own: &[f64]| solve_with(&network, own, &TIGHT).unwrap().expected_loss();
        let tolerance = 1e-7 * trade.value();
        prop_assert!(close(found.loss_before, loss(&trade.own), tolerance));
        prop_assert!(close(found.loss_after, loss(&own), tolerance));
        prop_assert!(close(found.saved, found.loss_before - found.loss_after, tolerance));
        prop_assert!(found.saved >= 0.0 && found.gap >= 0.0);
        prop_assert!(close(found.ceiling, found.saved + found.gap, tolerance));
        if budget == 0.0 {
            prop_assert!(found.chosen.iter().all(|one| one.cost == 0.0));
        }
        // Who costs nothing is in it if that helps.
        if found.chosen.iter().all(|one| one.customer as usize != free) {
            let solution = solve_with(&network, &own, &TIGHT).unwrap();
            let radius = blast_radius(&network, &solution, &TIGHT).unwrap().values[free];
            prop_assert!(own[free] * candidates[free].effect * radius <= tolerance);
        }
    }

    #[test]
    fn spread_is_the_cascade_in_which_those_who_pay_depend_on_nobody(
        trade in trade(false), mask in any::<u16>(),
    ) {
        let open: Vec<bool> = (0..trade.own.len()).map(|index| mask >> index & 1 == 1).collect();
        let network = trade.network();
        let prospects = spread(&network, &trade.own, &open).unwrap();
        prop_assert_eq!(prospects.len(), open.iter().filter(|open| **open).count());
        prop_assert!(prospects.is_sorted_by(|a, b| a.won >= b.won));
        let churn = trade.churn();
        for prospect in &prospects {
            let index = prospect.customer as usize;
            prop_assert!(open[index]);
            prop_assert_eq!(prospect.start, trade.own[index]);
            let parts: f64 = prospect.sources.iter().map(|source| source.contribution).sum();
            prop_assert!(close(prospect.start + parts, prospect.won, 1e-9));
            // Fewer spread it than if all could be won.
            prop_assert!((prospect.start..=churn[index] + 1e-9).contains(&prospect.won));
            if open.iter().all(|open| *open) {
                prop_assert!(close(prospect.won, churn[index], 1e-8));
            }
        }
    }
}

/// All plans that the budget allows; the most that one saves.
fn optimum(trade: &Trade, candidates: &[Candidate], budget: f64) -> f64 {
    let network = trade.network();
    let before = solve(&network, &TIGHT).unwrap().expected_loss();
    let mut best = 0.0_f64;
    for set in 0_u32..1 << candidates.len() {
        let members = || {
            candidates
                .iter()
                .enumerate()
                .filter(|(index, _)| set >> index & 1 == 1)
        };
        if members().map(|(_, one)| one.cost).sum::<f64>() > budget {
            continue;
        }
        let mut own = trade.own.clone();
        for (_, one) in members() {
            own[one.customer as usize] *= 1.0 - one.effect;
        }
        let after = solve_with(&network, &own, &TIGHT).unwrap().expected_loss();
        best = best.max(before - after);
    }
    best
}

/// What so many plans came to against the best there is.
#[derive(Debug, Default)]
struct Nearness {
    plans: u32,
    optimal: u32,
    saved: f64,
    best: f64,
    ceiling: f64,
    worst: f64,
}

/// Plans for random networks: always the same ones.
fn nearness(forest: bool, positive: bool) -> Nearness {
    let mut runner = TestRunner::deterministic();
    let strategy = (
        trade(forest),
        prop::collection::vec((1.0..10.0_f64, 0.1..1.0_f64), 8),
        0.1..0.7,
    );
    let mut sum = Nearness {
        worst: 1.0,
        ..Nearness::default()
    };
    while sum.plans < 80 {
        let (mut trade, raw, part) = strategy.new_tree(&mut runner).unwrap().current();
        if positive {
            for link in &mut trade.links {
                link.value = link.value.abs();
            }
            for value in &mut trade.own_value {
                *value = value.abs();
            }
        }
        let candidates: Vec<Candidate> = (0_u32..)
            .zip(raw)
            .take(trade.own.len())
            .map(|(customer, (cost, effect))| Candidate {
                customer,
                cost,
                effect,
            })
            .collect();
        let budget = part * candidates.iter().map(|one| one.cost).sum::<f64>();
        let best = optimum(&trade, &candidates, budget);
        if best <= 1e-6 * trade.value() {
            continue;
        }
        let options = PlanOptions::within(budget);
        let found = plan(&trade.network(), &trade.own, &candidates, &options).unwrap();
        let slack = 1e-7 * trade.value();
        assert!(found.saved <= best + slack, "{} {best}", found.saved);
        // Exact on forests; loops bias gains as they bias messages.
        let bias = if forest { slack } else { 0.02 * best };
        assert!(found.ceiling >= best - bias, "{} {best}", found.ceiling);
        sum.plans += 1;
        sum.optimal += u32::from(found.saved >= best - slack);
        sum.saved += found.saved;
        sum.best += best;
        sum.ceiling += found.ceiling;
        sum.worst = sum.worst.min(found.saved / best);
    }
    sum
}

#[test]
fn plans_are_near_the_best_there_is_and_never_above_the_ceiling() {
    for (forest, positive) in [(true, true), (true, false), (false, true), (false, false)] {
        let found = nearness(forest, positive);
        println!("forest {forest}, positive {positive}: {found:?}");
        assert!(found.optimal >= 72, "{found:?}");
        assert!(found.worst >= 0.75, "{found:?}");
    }
}

/// A looped network of three who trade with each other.
fn triangle() -> (Trade, Solution) {
    let link = |shipper, consignee, business| hawser::cascade::Link {
        shipper,
        consignee,
        business,
        value: 10.0,
        terms: hawser::shipments::model::FreightTerms::Unknown,
    };
    let trade = Trade {
        own: vec![0.1, 0.2, 0.3],
        own_business: vec![0.0; 3],
        own_value: vec![5.0; 3],
        links: vec![link(0, 1, 30.0), link(1, 2, 20.0), link(2, 0, 40.0)],
        strengths: Strengths::uniform(0.6),
    };
    let solution = solve(&trade.network(), &Options::default()).unwrap();
    (trade, solution)
}

#[test]
fn an_audit_finds_the_bias_of_a_loop_once_it_has_the_worlds_for_it() {
    let (trade, solution) = triangle();
    let (exact, _) = enumerate(&trade);
    let bias: f64 = solution
        .churn()
        .iter()
        .zip(&exact)
        .map(|(a, b)| (a - b).abs())
        .sum();
    assert!((0.001..0.1).contains(&bias), "{bias}");

    let few = audit(&trade.network(), &solution, &worlds(&trade, 100, 3)).unwrap();
    assert!(few.agrees, "{few:?}");
    let many = audit(&trade.network(), &solution, &worlds(&trade, 200_000, 3)).unwrap();
    assert!(!many.agrees && many.loss.z.abs() > 4.0, "{many:?}");
}

/// 200 audits of right answers: by chance 0.05 fail.
#[test]
fn an_audit_of_what_is_right_agrees() {
    let mut runner = TestRunner::deterministic();
    let failed = (0..200)
        .filter(|&seed| {
            let trade = trade(true).new_tree(&mut runner).unwrap().current();
            let (network, solution) = trade.solved();
            let worlds = worlds(&trade, 500, seed);
            !audit(&network, &solution, &worlds).unwrap().agrees
        })
        .count();
    assert!(failed <= 1, "{failed}");
}

#[test]
fn an_audit_of_other_churn_is_refused_and_one_of_wrong_churn_does_not_agree() {
    let (trade, _) = triangle();
    let mut other = trade.clone();
    other.own[0] = 0.2;
    let solution = other.solved().1;
    let worlds_of = worlds(&trade, 2_000, 5);
    let refusal = audit(&trade.network(), &solution, &worlds_of).unwrap_err();
    assert!(refusal.to_string().starts_with("own:"), "{refusal}");

    // The same own churn, but stronger ties than the worlds have.
    other = trade.clone();
    other.strengths = Strengths::uniform(0.9);
    let solution = other.solved().1;
    let found = audit(&other.network(), &solution, &worlds_of).unwrap();
    assert!(!found.agrees && !found.together.agrees);
    assert!(!found.worst.unwrap().agrees && found.loss.z > 4.0);
}

fn answered(kind: Kind, text: &str) -> Value {
    let outcome = calc::run(kind, &serde_json::from_str(text).unwrap());
    assert_eq!(outcome.failed, 0, "{:?}", outcome.answers);
    outcome.answers["0"].clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// With either of the two kept at half of its own churn: 10 * (1 - 0.95 * 0.8) = 2.4, or
/// 10 * (1 - 0.9 * 0.9) = 1.9, of 2.8 without.
#[test]
fn the_calculator_plans() {
    let plan = answered(Kind::Plan, PLANNED);
    assert_eq!(plan["chosen"].as_array().unwrap().len(), 1);
    assert_eq!(plan["chosen"][0]["customer"], 1);
    for (name, want) in [
        ("loss_before", 2.8),
        ("loss_after", 1.9),
        ("saved", 0.9),
        ("cost", 1.0),
    ] {
        assert!(close(number(&plan[name]), want, 1e-8), "{name}: {plan}");
    }
    // The first beside the second would save 10 * 0.05 * 0.9, the second beside the first 0.95.
    assert!(close(number(&plan["ceiling"]), 0.95, 1e-8), "{plan}");
    let measured = &plan["measured"];
    let error = 4.0 * number(&measured["standard_error"]) + 1e-9;
    assert!(close(number(&measured["value"]), 0.9, error), "{plan}");

    for (from, to, member) in [
        (r#""budget": 1,"#, r#""budget": -1,"#, "budget"),
        (
            r#""cost": 1, "effect": 0.5}, {"#,
            r#""cost": -1, "effect": 0.5}, {"#,
            "candidates[0].cost",
        ),
        (
            r#"{"customer": 1, "#,
            r#"{"customer": 0, "#,
            "candidates[1].customer",
        ),
        (
            r#"{"customer": 1, "#,
            r#"{"customer": 2, "#,
            "candidates[1].customer",
        ),
        (
            r#""effect": 0.5}
"#,
            r#""effect": 1.5}
"#,
            "candidates[1].effect",
        ),
        (r#""worlds": 400"#, r#""worlds": 1"#, "worlds"),
    ] {
        assert!(PLANNED.contains(from), "{from}");
        let case = PLANNED.replacen(from, to, 1);
        let outcome = calc::run(Kind::Plan, &serde_json::from_str(&case).unwrap());
        let error = outcome.answers["0"]["error"].as_str().unwrap();
        assert!(error.starts_with(member), "{member}: {error}");
    }
}

#[test]
fn the_calculator_answers_all_that_a_case_of_the_cascade_asks() {
    let found = answered(Kind::Cascade, ASKED);
    // The same case with the changes written into it; half a strength of 0.3 for the last customer
    // is 0.15, told by 0.3 for business twice as much, half of it its own.
    let mut other: Value = serde_json::from_str(ASKED).unwrap();
    other[0]["own"] = serde_json::json!([1.0, 0.5, 0.3]);
    other[0]["kappa"] = 0.3.into();
    other[0]["links"][0]["terms"] = "collect".into();
    other[0]["links"][1]["business"] = 80.into();
    other[0]["links"][2]["value"] = 9.into();
    other[0]["own_business"] = serde_json::json!([0, 10, 100]);
    let other = answered(Kind::Cascade, &other.to_string());
    let after = number(&found["what_if"]["expected_loss_after"]);
    assert!(
        close(after, number(&other["expected_loss"]), 1e-7),
        "{after} {other}"
    );
    let before = number(&found["what_if"]["expected_loss_before"]);
    assert_eq!(before, number(&found["expected_loss"]));

    for customer in 0..3 {
        let parts = found["contributions"][customer].as_array().unwrap();
        let sum: f64 = parts.iter().map(|part| number(&part["contribution"])).sum();
        let own = [0.1, 0.2, 0.3][customer];
        assert!(close(own + sum, number(&found["churn"][customer]), 1e-9));
    }
    // Own churn times effect times blast radius.
    let saved = 0.3 * number(&found["blast_radius"][2]);
    assert!(close(number(&found["save_value"][2]), saved, 1e-9));
    // From the first to the last: at once, and through the second.
    let chains = found["paths"][0]["chains"].as_array().unwrap();
    assert_eq!(chains.len(), 2);
    assert_eq!(found["prospects"].as_array().unwrap().len(), 2);
    assert_eq!(
        found["distribution"]["quantiles"].as_array().unwrap().len(),
        7
    );
    assert_eq!(found["distribution"]["worlds"], 50);
    assert_eq!(found["audit"]["agrees"], true);
    assert_eq!(found["audit"]["z"].as_array().unwrap().len(), 3);

    let without = ASKED.replace(r#""worlds": 50,"#, "");
    let outcome = calc::run(Kind::Cascade, &serde_json::from_str(&without).unwrap());
    let error = outcome.answers["0"]["error"].as_str().unwrap();
    assert!(error.starts_with("worlds: expected"), "{error}");
}
