//! How two groups compare across strata: the Mantel–Haenszel risk ratio and its interval.
//!
//! Estimate: N. Mantel, W. Haenszel, Journal of the National Cancer Institute 22 (1959), in its form
//! for risks; variance of its logarithm: S. Greenland, J. M. Robins, Biometrics 41 (1985), which holds
//! for few large strata and for many sparse ones alike.

use super::Z90;

/// Two groups within a stratum: whom it happened to, and whom it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Of the first group, whom it happened to.
    pub hit: u64,
    /// Of the first group, whom it did not.
    pub spared: u64,
    /// Of the group compared with, whom it happened to.
    pub other_hit: u64,
    /// Of the group compared with, whom it did not.
    pub other_spared: u64,
}

impl Stratum {
    /// Whether both groups have somebody: others say nothing of a comparison.
    pub fn compares(&self) -> bool {
        self.hit + self.spared > 0 && self.other_hit + self.other_spared > 0
    }

    fn size(&self) -> f64 {
        (self.hit + self.spared + self.other_hit + self.other_spared) as f64
    }
}

/// By which part one group's risk is lower than another's.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Reduction {
    /// 1 − risk ratio; at most 1, below 0 where the risk is higher.
    pub value: f64,
    /// Lower end of its 90 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// By which part the first group's risk is lower than the other's. Strata with one group only
/// are left out.
///
/// Where it happened to nobody of one group, the ratio or its logarithm has no value: half a case is
/// then added to each of the four cells, divided over the strata by their sizes.
///
/// `None` if no stratum compares, or it happened to nobody at all.
pub fn risk_reduction(strata: &[Stratum]) -> Option<Reduction> {
    let strata: Vec<&Stratum> = strata.iter().filter(|one| one.compares()).collect();
    let hits: u64 = strata.iter().map(|one| one.hit).sum();
    let other_hits: u64 = strata.iter().map(|one| one.other_hit).sum();
    if hits + other_hits == 0 {
        return None;
    }
    let added = if hits == 0 || other_hits == 0 {
        0.5
    } else {
        0.0
    };
    let people: f64 = strata.iter().map(|one| one.size()).sum();
    let (mut of_first, mut of_others, mut spread) = (0.0, 0.0, 0.0);
    for one in strata {
        let more = added * one.size() / people;
        let (hit, other_hit) = (one.hit as f64 + more, one.other_hit as f64 + more);
        let first = hit + one.spared as f64 + more;
        let others = other_hit + one.other_spared as f64 + more;
        let all = first + others;
        of_first += hit * others / all;
        of_others += other_hit * first / all;
        spread += (first * others * (hit + other_hit) - hit * other_hit * all) / (all * all);
    }
    let ratio = of_first / of_others;
    let error = (spread / (of_first * of_others)).max(0.0).sqrt();
    let reach = (Z90 * error).exp();
    Some(Reduction {
        value: 1.0 - ratio,
        low: 1.0 - ratio * reach,
        high: 1.0 - ratio / reach,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Told {
        strata: Vec<[u64; 4]>,
        ratio: f64,
        log_error: Option<f64>,
    }

    fn stratum([hit, spared, other_hit, other_spared]: [u64; 4]) -> Stratum {
        Stratum {
            hit,
            spared,
            other_hit,
            other_spared,
        }
    }

    #[test]
    fn ratio_and_interval_are_those_of_two_other_programs() {
        let text = include_str!("../../tests/oracle/stratified.json");
        let worlds: BTreeMap<String, Told> = serde_json::from_str(text).unwrap();
        assert_eq!(worlds.len(), 6);
        let mut with_error = 0;
        for (name, told) in worlds {
            let strata: Vec<Stratum> = told.strata.into_iter().map(stratum).collect();
            let found = risk_reduction(&strata).unwrap();
            assert!((found.value - (1.0 - told.ratio)).abs() < 1e-12, "{name}");
            let Some(error) = told.log_error else {
                continue;
            };
            let reach = (1.644_853_626_951_472_7 * error).exp();
            assert!(
                (found.low - (1.0 - told.ratio * reach)).abs() < 1e-9,
                "{name}"
            );
            assert!(
                (found.high - (1.0 - told.ratio / reach)).abs() < 1e-9,
                "{name}"
            );
            with_error += 1;
        }
        assert_eq!(with_error, 5);
    }

    #[test]
    fn the_interval_of_sparse_strata_is_that_of_a_pencil() {
        // Pairs: R = 2/2, S = 4/2; each pair with one hit has variance 1·1·1/4, six of them.
        let pairs = [
            [1, 0, 0, 1],
            [1, 0, 0, 1],
            [0, 1, 1, 0],
            [0, 1, 1, 0],
            [0, 1, 1, 0],
            [0, 1, 1, 0],
        ];
        let found = risk_reduction(&pairs.map(stratum)).unwrap();
        assert!((found.value - 0.5).abs() < 1e-12);
        let reach = (1.644_853_626_951_472_7 * (1.5_f64 / 2.0).sqrt()).exp();
        assert!((found.low - (1.0 - 0.5 * reach)).abs() < 1e-9);
        assert!((found.high - (1.0 - 0.5 / reach)).abs() < 1e-9);
    }

    #[test]
    fn strata_with_one_group_say_nothing_and_without_a_hit_there_is_no_number() {
        let both = stratum([1, 9, 4, 16]);
        let more = [both, stratum([5, 0, 0, 0]), stratum([0, 0, 7, 3])];
        assert_eq!(risk_reduction(&more), risk_reduction(&[both]));
        assert_eq!(risk_reduction(&[stratum([0, 9, 0, 16])]), None);
        assert_eq!(risk_reduction(&[stratum([5, 0, 0, 0])]), None);
        assert_eq!(risk_reduction(&[]), None);
    }

    #[test]
    fn nobody_of_one_group_still_has_a_finite_interval() {
        for table in [[0, 20, 5, 15], [5, 15, 0, 20], [20, 0, 0, 20]] {
            let found = risk_reduction(&[stratum(table)]).unwrap();
            assert!(found.low.is_finite() && found.high <= 1.0, "{table:?}");
            assert!(found.low <= found.value && found.value <= found.high);
        }
    }
}
