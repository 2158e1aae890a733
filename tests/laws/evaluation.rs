//! Laws of judging predictions and of learning strength, whatever the numbers.

use hawser::cascade::calibrate::{
    CLASSES, Calibration, Estimate, Observation, RoleClass, Settings, Verdict, calibrate,
};
use hawser::evaluation::{Metric, Predictions, Resampling, Scaling, difference, interval, totals};
use proptest::prelude::*;
use proptest::sample::select;

/// Cases whose probabilities tie often.
fn cases() -> impl Strategy<Value = Vec<(f64, bool)>> {
    let probability = prop_oneof![
        3 => 0.0..=1.0,
        1 => Just(0.0),
        1 => Just(1.0),
        3 => (0_u8..=4).prop_map(|quarter| f64::from(quarter) / 4.0),
    ];
    prop::collection::vec((probability, any::<bool>()), 0..60)
}

fn apart(cases: &[(f64, bool)]) -> (Vec<f64>, Vec<bool>) {
    cases.iter().copied().unzip()
}

/// AUC by its definition: every pair of one that happened and one that did not.
fn auc_by_pairs(p: &[f64], happened: &[bool]) -> Option<f64> {
    let (mut wins, mut pairs) = (0.0, 0.0);
    for (a, _) in p.iter().zip(happened).filter(|(_, y)| **y) {
        for (b, _) in p.iter().zip(happened).filter(|(_, y)| !**y) {
            pairs += 1.0;
            wins += if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            };
        }
    }
    (pairs > 0.0).then(|| wins / pairs)
}

proptest! {
    #[test]
    fn metrics_lie_in_their_ranges_and_are_none_where_all_ended_alike(cases in cases()) {
        let (p, happened) = apart(&cases);
        let predictions = Predictions::probabilities(&p, &happened).unwrap();
        let events = predictions.events();
        let both = events > 0 && events < p.len();
        for metric in Metric::ALL {
            let defined = match metric {
                Metric::Auc | Metric::BrierSkill => both,
                Metric::AveragePrecision | Metric::TopDecileLift | Metric::TopPercentLift => events > 0,
                _ => !p.is_empty(),
            };
            let found = predictions.metric(*metric);
            prop_assert_eq!(found.is_some(), defined, "{}", metric);
            let Some(found) = found else { continue };
            let most = match metric {
                Metric::LogLoss => 35.0,
                Metric::TopDecileLift | Metric::TopPercentLift => p.len() as f64 / events as f64 + 1e-9,
                _ => 1.0 + 1e-12,
            };
            let least = if *metric == Metric::BrierSkill { -1e3 } else { 0.0 };
            prop_assert!((least..=most).contains(&found), "{}: {}", metric, found);
        }
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-12,
            (a, b) => a == b,
        };
        prop_assert!(close(predictions.metric(Metric::Auc), auc_by_pairs(&p, &happened)));
    }

    #[test]
    fn nothing_depends_on_the_order_of_the_cases(
        (cases, shuffled) in cases().prop_flat_map(|cases| {
            (Just(cases.clone()), Just(cases).prop_shuffle())
        }),
    ) {
        let (p, happened) = apart(&cases);
        let (q, after) = apart(&shuffled);
        let one = Predictions::probabilities(&p, &happened).unwrap();
        let other = Predictions::probabilities(&q, &after).unwrap();
        prop_assert_eq!(one.metrics(), other.metrics());
        prop_assert_eq!(one.curve(10), other.curve(10));
        let few = Resampling { resamples: 20, ..Resampling::default() };
        prop_assert_eq!(
            interval(&one, Metric::Auc, &few).unwrap(),
            interval(&other, Metric::Auc, &few).unwrap()
        );
    }

    #[test]
    fn the_order_metrics_know_the_order_alone(cases in cases()) {
        let (p, happened) = apart(&cases);
        let here = Predictions::probabilities(&p, &happened).unwrap();
        // Strictly rising, and exact on what the strategy draws: no new ties.
        let moved: Vec<f64> = p.iter().map(|p| 3.0 * (p + p * p) - 7.0).collect();
        let moved = Predictions::scores(&moved, &happened).unwrap();
        for metric in [Metric::Auc, Metric::AveragePrecision, Metric::TopDecileLift] {
            let (a, b) = (here.metric(metric), moved.metric(metric));
            prop_assert!(a.is_none() == b.is_none());
            prop_assert!((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-9, "{}", metric);
        }
        let turned: Vec<f64> = p.iter().map(|p| -p).collect();
        let turned = Predictions::scores(&turned, &happened).unwrap();
        if let (Some(a), Some(b)) = (here.metric(Metric::Auc), turned.metric(Metric::Auc)) {
            prop_assert!((a + b - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn bins_hold_every_case_once_in_order(cases in cases(), bins in 1_usize..20) {
        let (p, happened) = apart(&cases);
        let predictions = Predictions::probabilities(&p, &happened).unwrap();
        let Some(curve) = predictions.curve(bins) else {
            prop_assert!(p.is_empty());
            return Ok(());
        };
        prop_assert!(curve.bins.len() <= bins);
        prop_assert_eq!(curve.bins.iter().map(|bin| bin.count).sum::<usize>(), p.len());
        prop_assert!(curve.bins.is_sorted_by(|a, b| a.predicted < b.predicted));
        let predicted: f64 = curve.bins.iter().map(|bin| bin.count as f64 * bin.predicted).sum();
        prop_assert!((predicted - p.iter().sum::<f64>()).abs() < 1e-9);
        for bin in &curve.bins {
            prop_assert!(bin.low <= bin.observed && bin.observed <= bin.high);
            prop_assert!(0.0 <= bin.low && bin.high <= 1.0);
        }
        prop_assert!(curve.reliability <= curve.calibration_error + 1e-12);
    }

    #[test]
    fn differences_change_their_sign_with_the_predictors(cases in cases(), seed in any::<u64>()) {
        let (p, happened) = apart(&cases);
        let other: Vec<f64> = p.iter().map(|p| (p * 7.3).fract()).collect();
        let a = Predictions::probabilities(&p, &happened).unwrap();
        let b = Predictions::probabilities(&other, &happened).unwrap();
        let clusters: Vec<u64> = (0..p.len() as u64).map(|case| case / 3).collect();
        let resampling = Resampling { clusters: Some(&clusters), resamples: 30, seed };
        for metric in [Metric::Auc, Metric::Brier] {
            let there = difference(&a, &b, metric, &resampling).unwrap();
            let back = difference(&b, &a, metric, &resampling).unwrap();
            prop_assert_eq!(there.is_some(), back.is_some());
            if let (Some(there), Some(back)) = (there, back) {
                prop_assert!((there.low + back.high).abs() < 1e-12);
                prop_assert!((there.above_zero + back.above_zero - 1.0).abs() < 1e-12);
                prop_assert!(there.low <= there.high);
            }
        }
    }

    #[test]
    fn a_scaling_is_a_probability_and_keeps_or_turns_the_order(cases in cases()) {
        let (scores, happened) = apart(&cases);
        let scaling = Scaling::fit(&Predictions::scores(&scores, &happened).unwrap());
        let mut sorted = scores;
        sorted.sort_unstable_by(f64::total_cmp);
        let p: Vec<f64> = sorted.iter().map(|score| scaling.probability(*score)).collect();
        prop_assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert!(p.is_sorted() || p.iter().rev().is_sorted());
    }

    #[test]
    fn totals_are_sums(pairs in prop::collection::vec((0.0..1e6, 0.0..1e6), 0..40)) {
        let (predicted, actual): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let found = totals(&predicted, &actual).unwrap();
        prop_assert!((found.predicted - predicted.iter().sum::<f64>()).abs() < 1e-6);
        prop_assert!(found.ratio.is_none_or(f64::is_finite));
    }
}

fn observation() -> impl Strategy<Value = Observation> {
    let share = prop_oneof![3 => Just(0.0), 2 => 0.0..0.16_f64, 1 => Just(1.0 / 6.0)];
    let whole = (0..CLASSES).prop_map(|class| {
        let mut exposure = [0.0; CLASSES];
        exposure[class] = 1.0;
        exposure
    });
    let exposure = prop_oneof![4 => prop::array::uniform6(share), 1 => whole];
    let own = prop_oneof![4 => 0.0..=1.0, 1 => Just(0.0), 1 => Just(1.0)];
    let role = select(RoleClass::ALL);
    (
        0_u64..8,
        0_u32..4,
        0_u16..3,
        own,
        exposure,
        0.0..50.0,
        role,
        any::<bool>(),
    )
        .prop_map(
            |(customer, period, region, own_churn, exposure, activity, role, left)| Observation {
                customer,
                period,
                region,
                own_churn,
                exposure,
                activity,
                idle_weeks: activity / 7.0,
                role,
                left,
            },
        )
}

fn quick() -> Settings {
    Settings {
        permutations: 2,
        resamples: 10,
        ..Settings::default()
    }
}

fn sound(found: &Calibration) -> bool {
    let ordered =
        |e: &Estimate| 0.0 <= e.low && e.low <= e.kappa && e.kappa <= e.high && e.high <= 1.0;
    let estimates = [found.overall, found.without_effects, found.same_period];
    // NaN would become null.
    let json = serde_json::to_value(found).unwrap();
    let back: Result<Calibration, _> = serde_json::from_value(json);
    found.classes.len() == CLASSES
        && found.classes.iter().all(|class| {
            class.likelihood.as_ref().is_none_or(ordered)
                && 0.0 < class.low
                && class.low <= class.kappa
                && class.kappa <= class.high
                && class.high < 1.0
        })
        && estimates.iter().flatten().all(ordered)
        && found.strengths().check().is_ok()
        && back.is_ok_and(|back| back == *found)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn learning_never_says_nan_and_few_are_too_few(
        observations in prop::collection::vec(observation(), 0..60),
        effects in any::<bool>(),
    ) {
        let settings = Settings { effects, ..quick() };
        let found = calibrate(&observations, &observations, &settings).unwrap();
        prop_assert!(sound(&found), "{:?}", found);
        prop_assert_eq!(found.overall, found.same_period);
        prop_assert_eq!(found.verdict, Verdict::TooFew);
    }
}

fn exposed(exposure: [f64; CLASSES], left: bool) -> Observation {
    Observation {
        customer: 1,
        period: 1,
        region: 1,
        own_churn: 0.1,
        exposure,
        activity: 5.0,
        idle_weeks: 1.0,
        role: RoleClass::Both,
        left,
    }
}

#[test]
fn without_observations_or_exposure_the_prior_stands() {
    let idle = exposed([0.0; CLASSES], false);
    for observations in [vec![], vec![idle], vec![idle; 50]] {
        let found = calibrate(&observations, &[], &quick()).unwrap();
        assert!(sound(&found), "{found:?}");
        assert_eq!((found.overall, found.placebo), (None, None));
        assert_eq!(found.verdict, Verdict::TooFew);
        for class in &found.classes {
            assert!((class.kappa - class.prior).abs() < 1e-6, "{class:?}");
        }
    }
}

#[test]
fn history_that_is_saturated_stays_within_bounds() {
    let mut whole = [0.0; CLASSES];
    whole[2] = 1.0;
    for left in [true, false] {
        let saturated = vec![exposed(whole, left); 300];
        let found = calibrate(&saturated, &saturated, &quick()).unwrap();
        assert!(sound(&found), "{found:?}");
        let likelihood = found.classes[2].likelihood.unwrap();
        assert_eq!(likelihood.kappa, f64::from(u8::from(left)));
    }
}

fn refused(observation: Observation, settings: Settings) -> String {
    let fine = exposed([0.0; CLASSES], false);
    let found = calibrate(&[fine, observation], &[], &settings);
    found.unwrap_err().to_string()
}

#[test]
fn observations_that_break_a_rule_are_named() {
    let mut own = exposed([0.0; CLASSES], false);
    own.own_churn = f64::NAN;
    assert!(refused(own, quick()).starts_with("observations[1].own_churn: NaN: expected"));
    let sum = exposed([0.3; CLASSES], false);
    assert!(refused(sum, quick()).contains("shares that sum to at most 1"));
    let negative = exposed([-0.1, 0.0, 0.0, 0.0, 0.0, 0.0], false);
    assert!(refused(negative, quick()).starts_with("observations[1].exposure"));
    let mut idle = exposed([0.0; CLASSES], false);
    idle.idle_weeks = f64::INFINITY;
    assert!(refused(idle, quick()).starts_with("observations[1].idle_weeks"));
}

#[test]
fn settings_that_break_a_rule_are_named() {
    let mut later = exposed([0.0; CLASSES], false);
    later.period = 2;
    let with = |change: fn(&mut Settings)| {
        let mut settings = quick();
        change(&mut settings);
        refused(later, settings)
    };
    for (found, field) in [
        (with(|s| s.prior_weight = 0.0), "prior_weight"),
        (with(|s| s.cell_sd = f64::NAN), "cell_sd"),
        (with(|s| s.effect_sd = 0.0), "effect_sd"),
        (with(|s| s.holdout = 1.0), "holdout"),
        (with(|s| s.permutations = 0), "permutations"),
        (with(|s| s.resamples = 0), "resamples"),
        (with(|s| s.min_lost_share = -1.0), "min_lost_share"),
        (
            with(|s| s.prior.shipper.controls = 0.0),
            "prior.shipper.controls",
        ),
        (
            with(|s| s.prior.consignee.unknown = 1.0),
            "prior.consignee.unknown",
        ),
    ] {
        assert!(found.starts_with(field), "{found}");
    }
}
