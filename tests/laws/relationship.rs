//! Laws of relationships and complaints.

use hawser::relationship::control::{Period, u_chart};
use hawser::relationship::key_person::key_person;
use hawser::relationship::promise::{Count, PRIOR, kept_share};
use hawser::relationship::quadrant::{Measured, quadrant};
use hawser::relationship::rate::poisson;
use hawser::relationship::recovery::{KAPPA, Pair, recovery};
use hawser::relationship::survival::{Watched, kaplan_meier};
use hawser::relationship::trend::trend;
use proptest::prelude::*;

use crate::{close, probability};

fn measured() -> impl Strategy<Value = Measured> {
    (probability(), 0.0..0.5, probability()).prop_map(|(value, sd, cut)| Measured {
        value,
        sd,
        cut,
    })
}

proptest! {
    #[test]
    fn when_all_have_ended_the_curve_is_the_empirical_one(
        times in prop::collection::vec(0_u32..30, 1..60),
    ) {
        let watched: Vec<Watched> = times
            .iter()
            .map(|&time| Watched { time: f64::from(time), ended: true })
            .collect();
        let found = kaplan_meier(&watched).unwrap();
        for step in &found.curve {
            let longer = times.iter().filter(|&&time| f64::from(time) > step.time).count();
            prop_assert!(close(step.survival, longer as f64 / times.len() as f64, 1e-9));
        }
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let half = sorted[times.len().div_ceil(2) - 1];
        prop_assert_eq!(found.median, Some(f64::from(half)));
    }

    #[test]
    fn closing_fewer_never_shortens_the_time(
        watched in prop::collection::vec((0_u32..30, any::<bool>()), 1..40), opened in any::<prop::sample::Index>(),
    ) {
        let of = |watched: &[(u32, bool)]| {
            let list: Vec<Watched> = watched
                .iter()
                .map(|&(time, ended)| Watched { time: f64::from(time), ended })
                .collect();
            kaplan_meier(&list).unwrap()
        };
        let before = of(&watched);
        let mut fewer = watched.clone();
        let place = opened.index(fewer.len());
        fewer[place].1 = false;
        let after = of(&fewer);
        let at = |curve: &[hawser::relationship::survival::Step], time: f64| {
            curve.iter().take_while(|step| step.time <= time).last().map_or(1.0, |step| step.survival)
        };
        let mut last = 1.0;
        for step in &before.curve {
            prop_assert!((0.0..=last).contains(&step.survival));
            last = step.survival;
            prop_assert!(at(&after.curve, step.time) >= step.survival - 1e-12);
        }
    }

    #[test]
    fn the_interval_of_a_rate_holds_the_rate_and_narrows(
        events in 0_u64..5_000, exposure in 1.0..1e6_f64,
    ) {
        let found = poisson(events, exposure, 1_000.0).unwrap();
        prop_assert!(found.lo <= found.rate && found.rate < found.hi);
        prop_assert!((found.lo <= 0.0) == (events == 0));
        let more = poisson(2 * events, 2.0 * exposure, 1_000.0).unwrap();
        prop_assert!(more.hi - more.lo < found.hi - found.lo);
    }

    #[test]
    fn shares_of_persons_are_shares(weights in prop::collection::vec(0.0..50.0_f64, 1..12)) {
        let Some(found) = key_person(&weights).unwrap() else {
            prop_assert!(weights.iter().all(|weight| *weight == 0.0));
            return Ok(());
        };
        let people = weights.iter().filter(|weight| **weight > 0.0).count() as f64;
        prop_assert!(found.max_share <= 1.0 + 1e-12 && found.max_share >= 1.0 / people - 1e-12);
        // max² <= Σ s² <= max·Σ s.
        prop_assert!(found.hhi <= found.max_share + 1e-12);
        prop_assert!(found.hhi >= found.max_share.powi(2) - 1e-12);
        prop_assert!(found.half >= 1 && found.half as f64 <= (people / 2.0).ceil());
        if let Some(unbiased) = found.hhi_unbiased {
            prop_assert!((0.0..=found.hhi + 1e-12).contains(&unbiased));
        }
    }

    #[test]
    fn a_kept_share_rises_with_what_is_kept_and_its_bound_stays_below_the_median(
        kept in 0.0..200.0_f64, broken in 0.0..200.0_f64,
    ) {
        let share = |kept: f64, broken: f64| {
            kept_share(Count { kept, total: kept + broken }, PRIOR).unwrap()
        };
        let (found, better) = (share(kept, broken), share(kept + 1.0, broken));
        prop_assert!(found.lo > 0.0 && found.mean < 1.0 && found.lo < found.mean);
        prop_assert!(better.mean > found.mean && better.lo > found.lo);
    }

    #[test]
    fn both_tails_of_a_trend_overlap_in_what_was_seen(
        recent in 0_u64..200, previous in 0_u64..200, weeks in 1.0..60.0_f64, before in 1.0..60.0_f64,
    ) {
        let (found, turned) = (
            trend(recent, previous, weeks, before).unwrap(),
            trend(previous, recent, before, weeks).unwrap(),
        );
        prop_assert!(found.p_up + found.p_down >= 1.0 - 1e-9);
        prop_assert!(close(found.p_up, turned.p_down, 1e-9));
        prop_assert!(close(found.ratio * turned.ratio, 1.0, 1e-9));
    }

    #[test]
    fn the_classes_of_loyalty_are_a_distribution(attitude in measured(), behaviour in measured()) {
        let found = quadrant(&attitude, &behaviour).unwrap();
        let sum = found.loyal + found.latent + found.spurious + found.none;
        prop_assert!(close(sum, 1.0, 1e-12));
    }

    #[test]
    fn equal_periods_raise_no_alarm(events in 0_u64..500, exposure in 0.1..1e4_f64, n in 1_usize..20) {
        let chart = u_chart(&vec![Period { events, exposure }; n]).unwrap();
        prop_assert!(chart.points.iter().all(|point| !point.alarm));
    }

    #[test]
    fn shrinking_a_recovery_keeps_its_sign_and_fades_with_pairs(
        before in probability(), after in probability(), n in 1_usize..50,
    ) {
        let found = recovery(&vec![Pair { before, after }; n], KAPPA).unwrap().unwrap();
        prop_assert!(close(found.mean, after - before, 1e-9));
        prop_assert!(found.shrunk.abs() <= found.mean.abs());
        prop_assert!(close(found.shrunk * (n as f64 + KAPPA), found.mean * n as f64, 1e-9));
    }
}
