//! Contracts: how likely one is renewed, by the shifted-beta-geometric model.
//!
//! Each contract is not renewed with a probability of its own at every renewal; over contracts it is
//! Beta(alpha, beta) (Fader and Hardie 2007). The longer a contract has lasted, the likelier it is
//! renewed: those that easily leave have left. Kept apart from the churn number, which is about
//! shipping.

use super::minimise::nelder_mead;
use super::sample::CLAMP;
use super::{ChurnError, Evidence};
use crate::units::Probability;

/// Most renewals of one contract.
pub const MAX_RENEWALS: u32 = 10_000;
/// Below so many contracts the prior speaks louder than the data.
const LOW_EVIDENCE_BELOW: u64 = 10;

/// The model with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Renewal {
    alpha: f64,
    beta: f64,
}

impl Renewal {
    /// Until there are contracts of one's own: the published "high end" cohort, 15 % loss at the
    /// first renewal.
    pub const PUBLISHED: Self = Self {
        alpha: 0.668,
        beta: 3.806,
    };

    /// Checks the shapes: positive, at most 1e9.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] names the one that is not.
    pub fn new(alpha: f64, beta: f64) -> Result<Self, ChurnError> {
        for (field, value) in [("alpha", alpha), ("beta", beta)] {
            if !(1e-9..=1e9).contains(&value) {
                return Err(ChurnError::Number {
                    field,
                    value,
                    rule: "a number between 1e-9 and 1e9",
                });
            }
        }
        Ok(Self { alpha, beta })
    }

    /// First shape.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Second shape.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Probability of being renewed `renewals` times or more, `B(α, β + t)/B(α, β)`, in `[0, 1]`.
    ///
    /// The product of the single renewals, which loses no digits however large the shapes are.
    pub fn survival(&self, renewals: u32) -> f64 {
        (0..renewals).map(|t| self.ln_renewal(t)).sum::<f64>().exp()
    }

    /// Probability that a contract that has been renewed `renewals` times is not renewed the next
    /// time: ν = `α/(α + β + t)`.
    ///
    /// # Example
    ///
    /// ```
    /// use hawser::churn::renewal::Renewal;
    ///
    /// // 0.668 / (0.668 + 3.806) = 0.1493; after one renewal 0.668 / 5.474 = 0.1220.
    /// assert!((Renewal::PUBLISHED.loss(0).get() - 0.1493).abs() < 1e-4);
    /// assert!((Renewal::PUBLISHED.loss(1).get() - 0.1220).abs() < 1e-4);
    /// ```
    pub fn loss(&self, renewals: u32) -> Probability {
        let loss = self.alpha / (self.alpha + self.beta + f64::from(renewals));
        Probability::new(loss).unwrap_or(Probability::ONE)
    }

    /// Log-likelihood of contracts.
    pub fn log_likelihood(&self, contracts: &Contracts) -> f64 {
        let (mut sum, mut reached, mut ln_survival) = (0.0, 0, 0.0);
        for &(renewals, lost, going) in &contracts.outcomes {
            ln_survival += (reached..renewals).map(|t| self.ln_renewal(t)).sum::<f64>();
            reached = renewals;
            let ln_loss = self.alpha.ln() - (self.alpha + self.beta + f64::from(renewals)).ln();
            sum += lost as f64 * (ln_survival + ln_loss) + going as f64 * ln_survival;
        }
        sum
    }

    /// Logarithm of the probability that a contract renewed so often is renewed once more.
    fn ln_renewal(&self, renewals: u32) -> f64 {
        -(self.alpha / (self.beta + f64::from(renewals))).ln_1p()
    }
}

/// What became of contracts: for each number of renewals, ascending, how many were lost then and how
/// many go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contracts {
    outcomes: Vec<(u32, u64, u64)>,
}

/// One contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// How often it has been renewed.
    pub renewals: u32,
    /// Whether it was not renewed the next time; else it still runs.
    pub lost: bool,
}

impl Contracts {
    /// From a cohort: how many contracts there were at first, and how many were left after each
    /// renewal.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Row`] if more are left than before; [`ChurnError::NoData`] without a contract;
    /// [`ChurnError::Rule`] for more than 10,000 renewals.
    pub fn from_survivors(survivors: &[u64]) -> Result<Self, ChurnError> {
        let Some((&remaining, before)) = survivors.split_last() else {
            return Err(ChurnError::NoData);
        };
        let mut outcomes = Vec::with_capacity(survivors.len());
        for (renewals, (&now, &next)) in before.iter().zip(survivors.iter().skip(1)).enumerate() {
            let Some(lost) = now.checked_sub(next) else {
                let error = ChurnError::Rule {
                    field: "survivors",
                    rule: "at most as many as before",
                };
                return Err(error.in_row(renewals + 1));
            };
            outcomes.push((count(renewals)?, lost, 0));
        }
        outcomes.push((count(before.len())?, 0, remaining));
        Self { outcomes }.checked()
    }

    /// From single contracts.
    ///
    /// # Errors
    ///
    /// [`ChurnError::NoData`] without a contract; [`ChurnError::Row`] for more than 10,000 renewals.
    pub fn from_contracts(contracts: &[Contract]) -> Result<Self, ChurnError> {
        let mut outcomes = std::collections::BTreeMap::new();
        for (row, contract) in contracts.iter().enumerate() {
            let renewals = count(contract.renewals as usize).map_err(|error| error.in_row(row))?;
            let (lost, going): &mut (u64, u64) = outcomes.entry(renewals).or_default();
            *if contract.lost { lost } else { going } += 1;
        }
        let outcomes = outcomes.into_iter();
        Self {
            outcomes: outcomes
                .map(|(t, (lost, going))| (t, lost, going))
                .collect(),
        }
        .checked()
    }

    fn checked(self) -> Result<Self, ChurnError> {
        if self.total() == 0 {
            return Err(ChurnError::NoData);
        }
        Ok(self)
    }

    /// How many contracts.
    pub fn total(&self) -> u64 {
        self.outcomes
            .iter()
            .map(|(_, lost, going)| lost + going)
            .sum()
    }

    /// How many of them were not renewed.
    pub fn lost(&self) -> u64 {
        self.outcomes.iter().map(|(_, lost, _)| lost).sum()
    }
}

fn count(renewals: usize) -> Result<u32, ChurnError> {
    let found = u32::try_from(renewals).ok().filter(|&t| t <= MAX_RENEWALS);
    found.ok_or(ChurnError::Rule {
        field: "renewals",
        rule: "at most 10000",
    })
}

crate::word_enum! {
    /// Prior on the logarithms of alpha and beta.
    RenewalPrior {
        /// Normal around the published cohort, standard deviation 1: few contracts change little.
        Published = "published",
        /// None: plain maximum likelihood, which runs to corners if none or all are lost.
        Flat = "flat",
    }
}

/// A fitted model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RenewalFit {
    /// The model with its parameters.
    pub model: Renewal,
    /// Log-likelihood, without the prior.
    pub log_likelihood: f64,
    /// How many contracts.
    pub contracts: u64,
    /// How many of them were not renewed.
    pub lost: u64,
    /// Low with fewer than ten contracts, or if all or none are lost.
    pub evidence: Evidence,
}

/// Fits the shapes to contracts.
///
/// # Errors
///
/// [`ChurnError::Optimiser`] if no minimum is found.
pub fn fit(contracts: &Contracts, prior: RenewalPrior) -> Result<RenewalFit, ChurnError> {
    let centre = [Renewal::PUBLISHED.alpha, Renewal::PUBLISHED.beta].map(f64::ln);
    let model = |theta: &[f64; 2]| {
        let [alpha, beta] = theta.map(|value| value.clamp(-CLAMP, CLAMP).exp());
        Renewal { alpha, beta }
    };
    let objective = |theta: &[f64; 2]| {
        let away = match prior {
            RenewalPrior::Published => 1.0,
            RenewalPrior::Flat => 0.0,
        };
        let squares = theta.iter().zip(centre).map(|(t, c)| (t - c).powi(2));
        Ok(away * squares.sum::<f64>() / 2.0 - model(theta).log_likelihood(contracts))
    };
    let found = nelder_mead(objective, centre, 1e-10)?;
    let model = model(&found.place);
    let (all, lost) = (contracts.total(), contracts.lost());
    let low = all < LOW_EVIDENCE_BELOW || lost == 0 || lost == all;
    Ok(RenewalFit {
        model,
        log_likelihood: model.log_likelihood(contracts),
        contracts: all,
        lost,
        evidence: if low {
            Evidence::Low
        } else {
            Evidence::Sufficient
        },
    })
}

/// Share of a customer's volume that is expected to be kept over the horizon, in `[0, 1]`:
/// `p_active · (1 − q · ν · (H − e)/H)`. Its complement is the volume at risk.
///
/// * `p_active`: probability of shipping within the horizon;
/// * `share_under_contract` (q): of the volume, under the contract that ends;
/// * `loss` (ν): probability that it is not renewed;
/// * `weeks_to_end` (e): weeks until it ends, 0 or more; `None`, or beyond the horizon, if it does
///   not end within: then what is kept is `p_active`;
/// * `horizon` (H): weeks, above 0.
///
/// # Errors
///
/// [`ChurnError::Number`] names the field that breaks a rule.
pub fn keep(
    p_active: Probability,
    share_under_contract: Probability,
    loss: Probability,
    weeks_to_end: Option<f64>,
    horizon: f64,
) -> Result<Probability, ChurnError> {
    let number = |field, value, rule| Err(ChurnError::Number { field, value, rule });
    if !(horizon > 0.0 && horizon <= 10_000.0) {
        return number("horizon", horizon, "weeks above 0, at most 10000");
    }
    let end = weeks_to_end.unwrap_or(horizon);
    if !(0.0..=1e6).contains(&end) {
        return number("weeks_to_end", end, "weeks between 0 and 1000000");
    }
    let after = (horizon - end).max(0.0) / horizon;
    let kept = p_active.get() * (1.0 - share_under_contract.get() * loss.get() * after);
    Probability::new(kept).or_else(|_| number("keep", kept, "a probability"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(value: f64) -> Probability {
        Probability::new(value).unwrap()
    }

    #[test]
    fn shares_and_likelihood_by_pencil() {
        // Flat over contracts: S(t) = 1/(1 + t).
        let flat = Renewal::new(1.0, 1.0).unwrap();
        for (t, want) in [(0, 1.0), (1, 0.5), (2, 1.0 / 3.0), (9, 0.1)] {
            assert!((flat.survival(t) - want).abs() < 1e-12);
        }
        // Lost at the first: 1/2; lost at the second: 1/2 · 1/3; renewed twice and going on: 1/3.
        let contract = |renewals, lost| Contract { renewals, lost };
        let three = [contract(0, true), contract(1, true), contract(2, false)];
        let three = Contracts::from_contracts(&three).unwrap();
        let want = (0.5_f64 / 6.0 / 3.0).ln();
        assert!((flat.log_likelihood(&three) - want).abs() < 1e-12);
    }

    #[test]
    fn a_cohort_is_the_same_as_its_contracts() {
        let cohort = Contracts::from_survivors(&[10, 6, 5]).unwrap();
        let mut single = vec![
            Contract {
                renewals: 0,
                lost: true
            };
            4
        ];
        single.push(Contract {
            renewals: 1,
            lost: true,
        });
        single.extend(
            [Contract {
                renewals: 2,
                lost: false,
            }; 5],
        );
        let single = Contracts::from_contracts(&single).unwrap();
        let [cohort, single] =
            [cohort, single].map(|contracts| fit(&contracts, RenewalPrior::Flat).unwrap());
        assert!((cohort.model.alpha() / single.model.alpha() - 1.0).abs() < 1e-6);
        assert_eq!((single.contracts, single.lost), (10, 5));
        assert_eq!(single.evidence, Evidence::Sufficient);
    }

    #[test]
    fn few_contracts_stay_near_the_published_and_none_lost_stays_finite() {
        let one = Contracts::from_survivors(&[1, 1]).unwrap();
        let fitted = fit(&one, RenewalPrior::Published).unwrap();
        assert_eq!(fitted.evidence, Evidence::Low);
        let (found, published) = (fitted.model.loss(0).get(), Renewal::PUBLISHED.loss(0).get());
        assert!(found < published && found > published / 2.0, "{found}");
        for survivors in [vec![1_000, 1_000], vec![1_000, 0], vec![5]] {
            let contracts = Contracts::from_survivors(&survivors).unwrap();
            let loss = fit(&contracts, RenewalPrior::Flat).unwrap().model.loss(0);
            assert!((0.0..=1.0).contains(&loss.get()), "{survivors:?}");
        }
    }

    #[test]
    fn what_is_kept_by_pencil() {
        // 0.9 · (1 − 0.5 · 0.2 · (13 − 3)/13).
        let kept = |end| keep(p(0.9), p(0.5), p(0.2), end, 13.0).unwrap().get();
        assert!((kept(Some(3.0)) - 0.9 * (1.0 - 0.1 * 10.0 / 13.0)).abs() < 1e-12);
        for end in [None, Some(13.0), Some(99.0)] {
            assert!((kept(end) - 0.9).abs() < 1e-12);
        }
    }

    #[test]
    fn contradictions_and_what_is_no_number_are_refused() {
        assert!(Contracts::from_survivors(&[5, 6]).is_err());
        assert_eq!(Contracts::from_survivors(&[]), Err(ChurnError::NoData));
        assert_eq!(Contracts::from_survivors(&[0, 0]), Err(ChurnError::NoData));
        assert!(
            Contracts::from_contracts(&[Contract {
                renewals: 10_001,
                lost: true
            }])
            .is_err()
        );
        for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert!(Renewal::new(bad, 1.0).is_err());
            assert!(keep(p(0.5), p(0.5), p(0.5), Some(1.0), bad).is_err());
        }
        assert!(keep(p(0.5), p(0.5), p(0.5), Some(f64::NAN), 13.0).is_err());
        assert!(keep(p(0.5), p(0.5), p(0.5), Some(-1.0), 13.0).is_err());
    }
}
