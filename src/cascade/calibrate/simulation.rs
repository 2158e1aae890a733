//! Simulated trade with a known truth, from shipping days to the verdict.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "small counts; exact numbers are meant"
)]

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

use super::*;
use crate::evaluation::Verdict as Judged;
use crate::shipments::model::FreightTerms;

const QUARTER: i32 = 91;
/// Quarters before anybody may leave: the year in which shares are frozen.
const QUIET: usize = 4;
const QUARTERS: usize = 16;
const CUSTOMERS: usize = 1_400;
const REGIONS: usize = 20;
const LINKS_EACH: usize = 4;

/// What is true in a world.
#[derive(Clone, Copy)]
struct Truth {
    /// Strength of shippers and of consignees.
    kappa: (f64, f64),
    /// Quarters from a partner's departure to the customer's.
    lag: usize,
    /// Standard deviation of what a region adds to the logit of everybody's own churn, for good.
    region: f64,
    seed: u64,
}

struct World {
    shipper: Vec<u32>,
    consignee: Vec<u32>,
    days: Vec<Vec<i32>>,
    regions: Vec<u16>,
    /// Own churn of each customer, but for its region's part.
    own: Vec<f64>,
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// Nearly normal: the sum of twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

impl World {
    /// Shippers are even, consignees odd; nine links in ten stay in the region. A customer that leaves
    /// is silent from the beginning of a quarter on.
    fn simulate(truth: Truth) -> Self {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(truth.seed));
        let regions: Vec<u16> = (0..CUSTOMERS).map(|_| dice.below(REGIONS) as u16).collect();
        let traits: Vec<f64> = (0..REGIONS).map(|_| truth.region * dice.normal()).collect();
        let logit: Vec<f64> = (0..CUSTOMERS).map(|_| -3.2 + 0.7 * dice.normal()).collect();

        let mut pairs = Vec::new();
        for shipper in (0..CUSTOMERS).step_by(2) {
            for _ in 0..LINKS_EACH {
                let home = dice.unit() < 0.9;
                let consignee = loop {
                    let other = dice.below(CUSTOMERS / 2) * 2 + 1;
                    if !home || regions[other] == regions[shipper] {
                        break other;
                    }
                };
                pairs.push((shipper, consignee));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();

        let mut left_in = vec![usize::MAX; CUSTOMERS];
        let mut days = vec![Vec::new(); pairs.len()];
        let mut counts = vec![[0.0; QUARTERS]; pairs.len()];
        let pace: Vec<usize> = pairs.iter().map(|_| 4 + dice.below(8)).collect();
        for quarter in 0..QUARTERS {
            if quarter >= QUIET {
                let leave = leaves(truth, quarter, &pairs, &counts, &left_in);
                for customer in 0..CUSTOMERS {
                    let z = logit[customer] + traits[regions[customer] as usize];
                    let own = 1.0 / (1.0 + (-z).exp());
                    let p = 1.0 - (1.0 - own) * (1.0 - leave[customer]);
                    if dice.unit() < p && left_in[customer] == usize::MAX {
                        left_in[customer] = quarter;
                    }
                }
            }
            for (link, &(shipper, consignee)) in pairs.iter().enumerate() {
                if left_in[shipper] > quarter && left_in[consignee] > quarter {
                    let every = QUARTER / pace[link] as i32;
                    let start = quarter as i32 * QUARTER + 1 + dice.below(every as usize) as i32;
                    days[link].extend((0..pace[link] as i32).map(|day| start + day * every));
                    counts[link][quarter] = pace[link] as f64;
                }
            }
        }
        Self {
            shipper: pairs.iter().map(|pair| pair.0 as u32).collect(),
            consignee: pairs.iter().map(|pair| pair.1 as u32).collect(),
            days,
            regions,
            own: logit.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
        }
    }

    fn panels(&self) -> Panels {
        let ones: Vec<Vec<f64>> = self.days.iter().map(|days| vec![1.0; days.len()]).collect();
        let links: Vec<LinkDays<'_>> = (0..self.days.len())
            .map(|link| LinkDays {
                shipper: self.shipper[link],
                consignee: self.consignee[link],
                terms: FreightTerms::Prepaid,
                days: &self.days[link],
                business: &ones[link],
            })
            .collect();
        let boundaries: Vec<i32> = (QUIET..=QUARTERS).map(|q| q as i32 * QUARTER).collect();
        let history = History {
            links: &links,
            regions: &self.regions,
            own_business: &vec![0.0; CUSTOMERS],
            boundaries: &boundaries,
            partner_days: History::PARTNER_DAYS,
        };
        panels(&history, |case| Some(self.own[case.customer as usize])).unwrap()
    }
}

/// Σ kappa x of every customer: what it lost by departures so many quarters ago, as a share of the
/// year before them.
fn leaves(
    truth: Truth,
    quarter: usize,
    pairs: &[(usize, usize)],
    counts: &[[f64; QUARTERS]],
    left_in: &[usize],
) -> Vec<f64> {
    let Some(then) = quarter.checked_sub(truth.lag).filter(|then| *then >= QUIET) else {
        return vec![0.0; CUSTOMERS];
    };
    let (mut lost, mut all) = (vec![0.0; CUSTOMERS], vec![0.0; CUSTOMERS]);
    for (&(shipper, consignee), counts) in pairs.iter().zip(counts) {
        let business: f64 = counts[then - QUIET..then].iter().sum();
        all[shipper] += business;
        all[consignee] += business;
        if left_in[consignee] == then {
            lost[shipper] += truth.kappa.0 * business;
        }
        if left_in[shipper] == then {
            lost[consignee] += truth.kappa.1 * business;
        }
    }
    let pairs = lost.iter().zip(&all);
    pairs
        .map(|(lost, all)| if *all > 0.0 { lost / all } else { 0.0 })
        .collect()
}

/// What is learnt of a world, from both panels if asked for.
fn learnt(truth: Truth, both: bool) -> Calibration {
    let panels = World::simulate(truth).panels();
    let settings = Settings {
        permutations: 5,
        resamples: 100,
        ..Settings::default()
    };
    let same_period = if both { panels.same_period } else { Vec::new() };
    calibrate(&panels.lagged, &same_period, &settings).unwrap()
}

fn of(found: &Calibration, class: Class) -> &ClassStrength {
    found.classes.iter().find(|c| c.class == class).unwrap()
}

const NOTHING: Truth = Truth {
    kappa: (0.0, 0.0),
    lag: 1,
    region: 0.0,
    seed: 17,
};

#[test]
fn contagion_is_found_by_class_within_its_interval() {
    let truth = Truth {
        kappa: (0.8, 0.4),
        ..NOTHING
    };
    let found = learnt(truth, true);
    let shipper = of(&found, Class::ShipperControls);
    let consignee = of(&found, Class::ConsigneeDoesNot);
    for (class, truth, low, high) in [(shipper, 0.8, 0.65, 0.95), (consignee, 0.4, 0.25, 0.55)] {
        assert!((low..high).contains(&class.kappa), "{class:?}");
        assert!((class.low..class.high).contains(&truth), "{class:?}");
        let likelihood = class.likelihood.unwrap();
        assert!(
            (likelihood.low..likelihood.high).contains(&truth),
            "{class:?}"
        );
        assert!(
            class.placebo.unwrap().mean < likelihood.kappa / 4.0,
            "{class:?}"
        );
        assert_eq!(class.verdict, Verdict::Supported);
    }
    let untouched = of(&found, Class::ShipperUnknown);
    assert_eq!((untouched.exposed, untouched.likelihood), (0, None));
    assert!((untouched.kappa - 0.4).abs() < 1e-3, "the prior's mean");
    assert_eq!(untouched.verdict, Verdict::TooFew);

    assert!(found.placebo.unwrap().mean < 0.1, "{:?}", found.placebo);
    // Departures follow in the next quarter, not in the same.
    assert!(found.same_period.unwrap().kappa < 0.25);
    let holdout = found.holdout.unwrap();
    assert_eq!(holdout.auc.verdict, Judged::Better);
    assert_eq!(holdout.brier.verdict, Judged::Better);
    assert!(holdout.cascade.auc.unwrap() > holdout.recency.auc.unwrap());
    assert_eq!(found.verdict, Verdict::Supported);
    let table = found.strengths();
    assert_eq!(table.shipper.controls, shipper.kappa);
    assert_eq!(table.check(), Ok(()));
}

#[test]
fn without_contagion_nothing_is_found() {
    let found = learnt(NOTHING, false);
    let overall = found.overall.unwrap();
    assert!(overall.kappa < 0.08 && overall.low < 0.02, "{overall:?}");
    let holdout = found.holdout.unwrap();
    let gain = holdout.auc.difference.unwrap().estimate;
    assert!(gain.abs() < 0.02, "{gain}");
    assert_ne!(holdout.auc.verdict, Judged::Better);
    assert_eq!(found.verdict, Verdict::NotSupported);
}

#[test]
fn what_a_region_shares_looks_like_contagion_until_its_effect_is_learnt() {
    let truth = Truth {
        region: 1.0,
        ..NOTHING
    };
    let found = learnt(truth, false);
    let (faked, plain) = (found.without_effects.unwrap(), found.overall.unwrap());
    assert!(faked.kappa > 0.06 && faked.low > 0.02, "{faked:?}");
    assert!(plain.kappa < 0.03 && plain.low == 0.0, "{plain:?}");
    assert!(faked.low > found.placebo.unwrap().high);
    assert_eq!(found.verdict, Verdict::NotSupported);
}

#[test]
fn the_wrong_lag_finds_nothing() {
    let truth = Truth {
        kappa: (0.8, 0.8),
        lag: 2,
        ..NOTHING
    };
    let found = learnt(truth, false);
    let overall = found.overall.unwrap();
    assert!(overall.kappa < 0.1, "{overall:?}");
    assert_eq!(found.verdict, Verdict::NotSupported);
}
