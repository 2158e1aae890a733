//! Contracts: how likely one is renewed, by the shifted-beta-geometric model.
//!
//! Each contract is not renewed with a probability of its own at every renewal; over contracts it is
//! Beta(alpha, beta) (Fader and Hardie 2007). The longer a contract has lasted, the likelier it is
//! renewed: those that easily leave have left. Kept apart from the churn number, which is about
//! shipping.

use super::minimise::nelder_mead;
use super::sample::CLAMP;
use super::series::ln_beta;
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
    pub fn survival(&self, renewals: u32) -> f64 {
        self.ln_survival(f64::from(renewals)).exp().min(1.0)
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
        let lost = contracts.outcomes.iter().map(|&(renewals, lost, going)| {
            let t = f64::from(renewals);
            // Not renewed after t renewals: B(α + 1, β + t)/B(α, β).
            let loss = self.ln_survival(t) + (self.alpha / (self.alpha + self.beta + t)).ln();
            let sum = if lost > 0 { lost as f64 * loss } else { 0.0 };
            sum + going as f64 * self.ln_survival(t)
        });
        lost.sum()
    }

    fn ln_survival(&self, renewals: f64) -> f64 {
        ln_beta(self.alpha, self.beta + renewals) - ln_beta(self.alpha, self.beta)
    }
}

/// What became of contracts: for each number of renewals, how many were lost then and how many go on.
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
        let Some((&last, before)) = survivors.split_last() else {
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
        outcomes.push((count(before.len())?, 0, last));
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
    let found = nelder_mead(objective, centre, 1e-12)?;
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
