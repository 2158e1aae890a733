//! Laws of own churn: whatever the histories, probabilities are such, and silence is no good sign.
#![allow(clippy::cast_possible_truncation, reason = "tests")]

use hawser::churn::logit::{Logit, Normal, average};
use hawser::churn::renewal::{
    Contract, Contracts, Renewal, RenewalPrior, fit as fit_renewal, keep,
};
use hawser::churn::{
    Calendar, ChurnError, Covariates, Fit, History, LinkActivity, Model, Parameters, RfmInput,
    RfmModel, Season, SelectOptions, ServiceModel, ServicePriors, ServiceRow, Variant, cohere,
    drift, score_all, select,
};
use hawser::units::Probability;
use proptest::collection::vec;
use proptest::prelude::*;

fn p(value: f64) -> Probability {
    Probability::new(value).unwrap()
}

/// Sound histories of one to four years, from silence to several events a day.
fn history() -> impl Strategy<Value = History> {
    (0_u64..400, 0.0..=1.0_f64, 0.0..200.0_f64, -2.0..3.0_f64).prop_map(|(x, part, age, each)| {
        let litt = if x == 0 { 0.0 } else { x as f64 * each };
        let t_x = if x == 0 { 0.0 } else { part * age };
        History::new(x, t_x, age, litt).unwrap()
    })
}

fn model() -> impl Strategy<Value = Model> {
    let size = || (-7.0..7.0_f64).prop_map(f64::exp);
    let parameters = (size(), size(), size(), size());
    (parameters, 1_u32..6, any::<bool>()).prop_map(|((r, alpha, a, b), k, bg)| {
        let variant = if bg { Variant::Bg } else { Variant::Mbg };
        Model::new(variant, k, Parameters { r, alpha, a, b }).unwrap()
    })
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        any::<f64>(),
        -2.0..2.0_f64,
    ]
}

/// Whether a fit makes sense.
fn assert_sound(fit: &Fit, histories: &[History]) -> Result<(), TestCaseError> {
    prop_assert!(fit.objective.is_finite() && fit.log_likelihood.is_finite());
    for score in score_all(fit, histories, 13.0).unwrap() {
        prop_assert!((0.02..=0.98).contains(&score.churn.get()));
        prop_assert!(score.expected_events.is_finite() && score.expected_events >= 0.0);
        prop_assert!(score.p_active.get() <= score.p_alive.get() + 1e-12);
        prop_assert!(score.expected_events >= score.p_active.get() * (1.0 - 1e-9));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_outlook_is_made_of_probabilities(
        model in model(),
        history in history(),
        horizon in 0.0..60.0_f64,
    ) {
        // So many events that the series would never end are refused, not guessed.
        let outlook = match model.outlook(&history, horizon) {
            Err(error) => {
                let named = matches!(error, ChurnError::Number { field: "horizon", .. });
                prop_assert!(named, "{}", error);
                return Ok(());
            }
            Ok(outlook) => outlook,
        };
        prop_assert!((0.0..=1.0).contains(&outlook.p_alive));
        prop_assert!((0.0..=1.0).contains(&outlook.p_active));
        prop_assert!(outlook.p_active <= outlook.p_alive + 1e-12);
        prop_assert!(outlook.expected_events >= outlook.p_active * (1.0 - 1e-9) - 1e-12);
        let longer = model.p_active(&history, horizon + 1.0).unwrap();
        prop_assert!(longer >= outlook.p_active - 1e-12);
    }

    #[test]
    fn more_silence_is_never_a_good_sign(
        model in model(),
        history in history(),
        silence in 0.0..100.0_f64,
    ) {
        let (x, t_x, litt) = (history.x(), history.t_x(), history.litt());
        let later = History::new(x, t_x, history.age() + silence, litt).unwrap();
        let before = model.p_active(&history, 13.0).unwrap();
        let after = model.p_active(&later, 13.0).unwrap();
        // With more than one phase the next event may draw nearer at first: what falls for sure is
        // activity when events are a Poisson process.
        if model.k() == 1 {
            prop_assert!(after <= before + 1e-12, "{before} {after}");
        }
        let gone = History::new(x, t_x, t_x + 1e6 - 300.0, litt).unwrap();
        prop_assert!(model.p_active(&gone, 13.0).unwrap() <= 0.2);
    }

    #[test]
    fn bad_histories_and_horizons_are_named(
        x in 0_u64..5,
        t_x in any_number(),
        age in any_number(),
        litt in any_number(),
        horizon in any_number(),
    ) {
        let Ok(history) = History::new(x, t_x, age, litt) else {
            return Ok(());
        };
        prop_assert!(age.is_finite() && litt.is_finite() && (0.0..=age).contains(&t_x));
        let parameters = Parameters { r: 0.7, alpha: 4.0, a: 0.8, b: 3.0 };
        let model = Model::new(Variant::Mbg, 2, parameters).unwrap();
        let active = model.p_active(&history, horizon);
        prop_assert_eq!(active.is_ok(), (0.0..=10_000.0).contains(&horizon));
        let bad = Parameters { r: horizon, ..parameters };
        let made = Model::new(Variant::Mbg, 1, bad);
        prop_assert_eq!(made.is_ok(), (1e-9..=1e9).contains(&horizon));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_population_has_a_sound_fit_and_so_does_the_next(
        histories in vec(history(), 1..40),
        weights in vec(0.1..3.0_f64, 40),
    ) {
        let weights = &weights[..histories.len()];
        let options = SelectOptions { max_k: 2, ..SelectOptions::default() };
        let first = select(&histories, Some(weights), &options).unwrap();
        for fit in &first.tried {
            assert_sound(fit, &histories)?;
        }
        let warm = SelectOptions { warm: Some(first.fit.model), ..options };
        let second = select(&histories, Some(weights), &warm).unwrap();
        assert_sound(&second.fit, &histories)?;
        let moved = drift(&first.fit.model, &second.fit.model, &histories, 13.0).unwrap();
        prop_assert!((0.0..=1.0).contains(&moved.mean_absolute.unwrap()));
        prop_assert!(moved.mean.unwrap().abs() <= moved.mean_absolute.unwrap() + 1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_logit_with_priors_is_finite_for_separable_constant_and_empty_data(
        rows in vec((prop_oneof![Just(0.0), Just(1e6), -3.0..3.0_f64], any::<bool>()), 0..30),
        separable in any::<bool>(),
    ) {
        let design: Vec<f64> = rows.iter().flat_map(|(value, _)| [1.0, *value]).collect();
        let outcomes: Vec<bool> = rows
            .iter()
            .map(|(value, outcome)| if separable { *value > 0.0 } else { *outcome })
            .collect();
        let priors = [Normal { mean: 0.0, sd: 0.5 }, Normal { mean: 1.0, sd: 0.3 }];
        let fitted = Logit::fit(&design, &outcomes, &priors).unwrap();
        prop_assert!(fitted.coefficients.iter().all(|value| value.is_finite()));
        for (sd, prior) in fitted.sd.iter().zip(&priors) {
            prop_assert!(*sd > 0.0 && *sd <= prior.sd * (1.0 + 1e-9), "data only narrows");
        }
        for row in design.chunks(2) {
            prop_assert!(fitted.probability(row).is_ok());
        }
    }

    #[test]
    fn an_average_of_logits_lies_between(a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
        let mean = average(p(a), p(b)).get();
        prop_assert!(mean >= a.min(b) - 1e-12 && mean <= a.max(b) + 1e-12);
        prop_assert_eq!(mean, average(p(b), p(a)).get());
    }

    #[test]
    fn whatever_is_told_of_service_churn_is_a_probability_or_an_error_that_names_it(
        base in 0.0..=1.0_f64,
        late in proptest::option::of(any_number()),
        trend in proptest::option::of(any_number()),
        labels in vec((0.0..=1.0_f64, any::<bool>()), 0..25),
    ) {
        let known = |late| Covariates { late_share: Some(late), ..Covariates::default() };
        let rows: Vec<ServiceRow> = labels
            .iter()
            .map(|(late, churned)| ServiceRow {
                base: p(base),
                covariates: known(*late),
                churned: *churned,
            })
            .collect();
        let model = ServiceModel::fit(&rows, &ServicePriors::default()).unwrap();
        let asked = Covariates { late_share: late, terms_trend_days: trend, ..Covariates::default() };
        let sound = late.is_none_or(|late| (0.0..=1.0).contains(&late))
            && trend.is_none_or(|trend| (-1e5..=1e5).contains(&trend));
        let found = model.churn(p(base), &asked);
        prop_assert_eq!(found.is_ok(), sound);
        if rows.is_empty() && sound {
            prop_assert_eq!(found.unwrap().get(), base);
        }
    }

    #[test]
    fn recency_and_frequency_are_finite_numbers_or_refused(bad in any_number()) {
        let row = |place: u64| RfmInput {
            idle_weeks: (place % 17) as f64,
            x: place % 5,
            age_weeks: 52.0,
            mean_interval_weeks: 0.0,
            n13: place % 3,
            n13_previous: 1,
            mean_value: 0.0,
        };
        let rows: Vec<(RfmInput, bool)> = (0..260).map(|i| (row(i), i % 17 > 9)).collect();
        let model = RfmModel::fit(&rows).unwrap().unwrap();
        let asked = RfmInput { idle_weeks: bad, ..row(3) };
        prop_assert_eq!(model.churn(&asked).is_ok(), (0.0..=1e15).contains(&bad));
    }

    #[test]
    fn renewal_survival_falls_and_loss_falls_with_it(
        contracts in vec((0_u32..12, any::<bool>()), 1..60),
        flat in any::<bool>(),
    ) {
        let contracts: Vec<Contract> = contracts
            .into_iter()
            .map(|(renewals, lost)| Contract { renewals, lost })
            .collect();
        let prior = if flat { RenewalPrior::Flat } else { RenewalPrior::Published };
        let contracts = Contracts::from_contracts(&contracts).unwrap();
        let model: Renewal = fit_renewal(&contracts, prior).unwrap().model;
        let mut survival = 1.0;
        for t in 0..40 {
            let here = model.survival(t);
            prop_assert!((0.0..=survival + 1e-9).contains(&here), "{t}: {survival} {here}");
            let next = model.survival(t + 1);
            prop_assert!((next - here * model.loss(t).complement().get()).abs() < 1e-9);
            prop_assert!(model.loss(t + 1) <= model.loss(t));
            survival = here;
        }
    }

    #[test]
    fn what_is_kept_is_never_more_than_what_is_active(
        active in 0.0..=1.0_f64,
        share in 0.0..=1.0_f64,
        loss in 0.0..=1.0_f64,
        end in 0.0..30.0_f64,
    ) {
        let kept = |end| keep(p(active), p(share), p(loss), Some(end), 13.0).unwrap().get();
        prop_assert!(kept(end) <= active + 1e-12 && kept(end) >= active * (1.0 - share * loss) - 1e-12);
        prop_assert!(kept(end) <= kept(end + 1.0) + 1e-12, "a later end keeps more");
    }

    #[test]
    fn coherence_raises_customers_lowers_links_and_is_done_once(
        customers in vec(0.0..=1.0_f64, 1..12),
        links in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u64..16, 0.0..=1.0_f64), 0..40),
    ) {
        let end = |index: &prop::sample::Index| index.index(customers.len()) as u32;
        let links: Vec<LinkActivity> = links
            .iter()
            .map(|(shipper, consignee, events, p_active)| LinkActivity {
                shipper: end(shipper),
                consignee: end(consignee),
                events: *events,
                p_active: *p_active,
            })
            .collect();
        let (mut raised, mut lowered) = (customers.clone(), links.clone());
        cohere(&mut raised, &mut lowered).unwrap();
        for (before, after) in customers.iter().zip(&raised) {
            prop_assert!(after >= before, "never lowers a customer");
        }
        for (before, after) in links.iter().zip(&lowered) {
            prop_assert!(after.p_active <= before.p_active);
            for end in [after.shipper, after.consignee] {
                prop_assert!(after.p_active <= raised[end as usize]);
            }
            if before.events >= 8 {
                prop_assert_eq!(before.p_active, after.p_active, "ends were raised to it");
            }
        }
        let (again, lowest) = (raised.clone(), lowered.clone());
        let done = cohere(&mut raised, &mut lowered).unwrap();
        prop_assert_eq!((raised, lowered), (again, lowest));
        prop_assert_eq!((done.raised, done.lowered), (0, 0));
    }

    #[test]
    fn seasons_have_mean_one_and_calendars_go_forward(
        amounts in vec(0_u64..2_000, 60),
        from in 0_u64..1_500,
        days in 1_u64..900,
    ) {
        let start = chrono::NaiveDate::from_ymd_opt(2020, 6, 15).unwrap();
        let counts: Vec<(chrono::NaiveDate, u64)> = start
            .iter_days()
            .take(1_000)
            .enumerate()
            .map(|(place, day)| (day, 1 + amounts[place / 7 % 60]))
            .collect();
        let (as_of, _) = counts[counts.len() - 1];
        let season = Season::from_events(&counts, as_of).unwrap().unwrap();
        prop_assert!(season.index().iter().all(|index| *index > 0.05));
        let calendar = Calendar::seasonal(season);
        let from = start + chrono::Days::new(from);
        let to = from + chrono::Days::new(days);
        prop_assert!(calendar.weeks(from, to) > 0.0);
        let year = calendar.weeks(
            chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap(),
            chrono::NaiveDate::from_ymd_opt(2022, 1, 1).unwrap(),
        );
        prop_assert!((year - 365.0 / 7.0).abs() < 1e-9);
    }
}
