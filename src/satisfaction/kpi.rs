//! Facts: what is measured, when it is good, and which department judges us by it.

use super::SatisfactionError;
use super::error::{at_least_zero, finite, in_unit};
use super::indices::wilson;
use crate::customers::model::DepartmentKind;

/// Fewer observations than this are no KPI. Default.
pub const MIN_OBSERVATIONS: u64 = 5;
/// KPIs look back so many weeks. Default.
pub const WINDOW_WEEKS: u32 = 13;

crate::word_enum! {
    /// A key performance indicator of our service.
    Kpi {
        /// On time in full: share of deliveries.
        Otif = "otif",
        /// Share of shipments with damage.
        DamageRate = "damage_rate",
        /// Share of invoices that were right the first time.
        InvoiceAccuracy = "invoice_accuracy",
        /// Standard deviation of the lead time over its mean.
        LeadTimeVariation = "lead_time_variation",
        /// Claims per 100 shipments.
        ClaimsPer100 = "claims_per_100",
        /// Days until a claim is settled: the median, open claims counted as long as they last.
        ClaimSettlementDays = "claim_settlement_days",
        /// Hours until the first response to a complaint: the median, open ones counted as long.
        ComplaintResponseHours = "complaint_response_hours",
        /// Freight cost over goods value: the customer's profit ratio, against its budget.
        FreightCostRatio = "freight_cost_ratio",
    }
}

impl Kpi {
    /// Unacceptable and target values, until a contract says otherwise; of the freight cost ratio as
    /// multiples of its budget ([`Target::of_budget`]). Default.
    pub fn default_target(self) -> Target {
        let (unacceptable, target) = match self {
            Self::Otif => (0.85, 0.98),
            Self::DamageRate => (0.02, 0.002),
            Self::InvoiceAccuracy => (0.95, 0.995),
            Self::LeadTimeVariation => (0.5, 0.1),
            Self::ClaimsPer100 => (3.0, 0.3),
            Self::ClaimSettlementDays => (30.0, 7.0),
            Self::ComplaintResponseHours => (48.0, 4.0),
            Self::FreightCostRatio => (1.25, 1.0),
        };
        Target {
            unacceptable,
            target,
        }
    }
}

impl DepartmentKind {
    /// By which KPIs the department judges us, with weights that sum to 1. Default.
    pub fn kpis(self) -> &'static [(Kpi, f64)] {
        match self {
            Self::Purchasing => &[
                (Kpi::FreightCostRatio, 0.4),
                (Kpi::Otif, 0.3),
                (Kpi::InvoiceAccuracy, 0.15),
                (Kpi::ComplaintResponseHours, 0.15),
            ],
            Self::Planning => &[(Kpi::Otif, 0.6), (Kpi::LeadTimeVariation, 0.4)],
            Self::Production => &[
                (Kpi::Otif, 0.5),
                (Kpi::LeadTimeVariation, 0.3),
                (Kpi::DamageRate, 0.2),
            ],
            Self::Warehouse => &[
                (Kpi::DamageRate, 0.4),
                (Kpi::Otif, 0.35),
                (Kpi::ClaimsPer100, 0.25),
            ],
            Self::Sales => &[
                (Kpi::Otif, 0.5),
                (Kpi::ComplaintResponseHours, 0.3),
                (Kpi::DamageRate, 0.2),
            ],
            Self::Quality => &[
                (Kpi::DamageRate, 0.5),
                (Kpi::ClaimsPer100, 0.3),
                (Kpi::ClaimSettlementDays, 0.2),
            ],
            Self::Finance => &[
                (Kpi::InvoiceAccuracy, 0.5),
                (Kpi::FreightCostRatio, 0.3),
                (Kpi::ClaimSettlementDays, 0.2),
            ],
            Self::Management => &[
                (Kpi::Otif, 0.35),
                (Kpi::FreightCostRatio, 0.3),
                (Kpi::ClaimsPer100, 0.2),
                (Kpi::ComplaintResponseHours, 0.15),
            ],
            // Nothing is known of what a department of no common kind looks at.
            Self::Other => &[],
        }
    }
}

/// When a KPI is worth nothing and when everything; the smaller may be the better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// L: from here on the wrong way, desirability is 0.
    pub unacceptable: f64,
    /// T: from here on the right way, desirability is 1.
    pub target: f64,
}

impl Target {
    /// The target of a freight cost ratio: the budget, and a quarter more is unacceptable. Default.
    pub fn of_budget(budget: f64) -> Self {
        let multiples = Kpi::FreightCostRatio.default_target();
        Self {
            unacceptable: multiples.unacceptable * budget,
            target: multiples.target * budget,
        }
    }

    /// The value that has this desirability, in `[0, 1]`.
    pub fn value(self, desirability: f64) -> f64 {
        self.unacceptable + desirability * (self.target - self.unacceptable)
    }

    /// Desirability (Derringer and Suich 1980): `clip((v - L)/(T - L), 0, 1)`.
    ///
    /// # Errors
    ///
    /// [`SatisfactionError`] if the value or a limit is no number, or the limits are equal.
    ///
    /// # Example
    ///
    /// ```
    /// use hawser::satisfaction::Kpi;
    ///
    /// // OTIF of 93 %, halfway and a little more between 85 % and 98 %: 0.08 / 0.13
    /// let d = Kpi::Otif.default_target().desirability(0.93)?;
    /// assert!((d - 0.615_384_615).abs() < 1e-9);
    /// # Ok::<(), hawser::satisfaction::SatisfactionError>(())
    /// ```
    pub fn desirability(self, value: f64) -> Result<f64, SatisfactionError> {
        finite(|| "value".to_owned(), value)?;
        finite(|| "unacceptable".to_owned(), self.unacceptable)?;
        finite(|| "target".to_owned(), self.target)?;
        let width = self.target - self.unacceptable;
        if width == 0.0 {
            let rule = "another value than the unacceptable one";
            return Err(SatisfactionError::rule("target", rule));
        }
        Ok(((value - self.unacceptable) / width).clamp(0.0, 1.0))
    }
}

/// A ratio from counts: the mean of its Beta(½, ½) posterior; `None` below five observations.
///
/// # Errors
///
/// [`SatisfactionError::Rule`] if there are more hits than observations.
pub fn ratio(hits: u64, observations: u64) -> Result<Option<f64>, SatisfactionError> {
    check_counts(hits, observations)?;
    Ok((observations >= MIN_OBSERVATIONS)
        .then(|| (hits as f64 + 0.5) / (observations as f64 + 1.0)))
}

/// A ratio from counts: the centre of its Wilson interval; `None` below five observations.
///
/// # Errors
///
/// [`SatisfactionError`] if there are more hits than observations or `z` is not positive.
pub fn wilson_centre(
    hits: u64,
    observations: u64,
    z: f64,
) -> Result<Option<f64>, SatisfactionError> {
    check_counts(hits, observations)?;
    if observations < MIN_OBSERVATIONS {
        return Ok(None);
    }
    Ok(Some(wilson(hits as f64, observations as f64, z)?.centre))
}

fn check_counts(hits: u64, observations: u64) -> Result<(), SatisfactionError> {
    if hits > observations {
        let rule = "no more hits than observations";
        return Err(SatisfactionError::rule("hits", rule));
    }
    Ok(())
}

/// The coefficient of variation of lead times: standard deviation (n - 1) over mean.
///
/// `None` below five observations or if the mean is 0.
///
/// # Errors
///
/// [`SatisfactionError::Number`] for a time that is negative or no number.
pub fn lead_time_variation(times: &[f64]) -> Result<Option<f64>, SatisfactionError> {
    for (index, &time) in times.iter().enumerate() {
        at_least_zero(|| format!("lead_times[{index}]"), time)?;
    }
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n.max(1.0);
    if (times.len() as u64) < MIN_OBSERVATIONS || mean <= 0.0 {
        return Ok(None);
    }
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    Ok(Some((squares / (n - 1.0)).sqrt() / mean))
}

/// A KPI as it enters a department's score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedKpi {
    /// Weight among the department's KPIs, 0 or more.
    pub weight: f64,
    /// Desirability in `[0, 1]`; `None` if it was not observed often enough.
    pub desirability: Option<f64>,
}

/// What the KPIs of a department come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// k: weighted mean over what was observed; `None` if nothing was.
    pub score: Option<f64>,
    /// c: weight of what was observed over all weight, in `[0, 1]`.
    pub coverage: f64,
}

/// Pools KPIs: `k = Σ v d / Σ v` over the observed ones, coverage `Σ v (observed) / Σ v (all)`.
///
/// # Errors
///
/// [`SatisfactionError::Number`] names the first weight or desirability out of range.
pub fn pool(kpis: &[WeightedKpi]) -> Result<Facts, SatisfactionError> {
    let (mut all, mut observed, mut sum) = (0.0, 0.0, 0.0);
    for (index, kpi) in kpis.iter().enumerate() {
        at_least_zero(|| format!("kpis[{index}].weight"), kpi.weight)?;
        all += kpi.weight;
        if let Some(desirability) = kpi.desirability {
            in_unit(|| format!("kpis[{index}].desirability"), desirability)?;
            observed += kpi.weight;
            sum += kpi.weight * desirability;
        }
    }
    if observed > 0.0 {
        Ok(Facts {
            score: Some((sum / observed).clamp(0.0, 1.0)),
            coverage: (observed / all).min(1.0),
        })
    } else {
        Ok(Facts::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_is_better_where_the_target_lies_below() {
        // 0.4 % damage between 2 % and 0.2 %: 1.6 / 1.8
        let d = Kpi::DamageRate
            .default_target()
            .desirability(0.004)
            .unwrap();
        assert!((d - 16.0 / 18.0).abs() < 1e-12);
        assert_eq!(Kpi::DamageRate.default_target().desirability(0.5), Ok(0.0));
        assert_eq!(Kpi::Otif.default_target().desirability(1.0), Ok(1.0));
        let flat = Target {
            unacceptable: 1.0,
            target: 1.0,
        };
        assert!(flat.desirability(1.0).is_err());
        assert!(Kpi::Otif.default_target().desirability(f64::NAN).is_err());
    }

    #[test]
    fn five_observations_make_a_ratio() {
        assert_eq!(ratio(4, 4), Ok(None));
        assert_eq!(ratio(5, 5), Ok(Some(5.5 / 6.0)));
        assert_eq!(wilson_centre(4, 4, 1.0), Ok(None));
        // (5 + 1/2) / (5 + 1) at z = 1
        assert!((wilson_centre(5, 5, 1.0).unwrap().unwrap() - 5.5 / 6.0).abs() < 1e-12);
        assert!(ratio(6, 5).is_err());
        assert_eq!(lead_time_variation(&[1.0; 4]), Ok(None));
        assert_eq!(lead_time_variation(&[0.0; 5]), Ok(None));
        // 1..5: mean 3, variance 10 / 4
        let cv = lead_time_variation(&[1.0, 2.0, 3.0, 4.0, 5.0])
            .unwrap()
            .unwrap();
        assert!((cv - 2.5_f64.sqrt() / 3.0).abs() < 1e-12);
    }

    #[test]
    fn every_department_has_kpis_whose_weights_sum_to_one() {
        for kind in DepartmentKind::ALL
            .iter()
            .filter(|kind| **kind != DepartmentKind::Other)
        {
            let sum: f64 = kind.kpis().iter().map(|(_, weight)| weight).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{kind}");
        }
        for kpi in Kpi::ALL {
            let owned = DepartmentKind::ALL
                .iter()
                .any(|kind| kind.kpis().iter().any(|(other, _)| other == kpi));
            assert!(owned, "{kpi} belongs to nobody");
        }
    }

    #[test]
    fn what_was_not_observed_lowers_the_coverage_and_not_the_score() {
        let kpi = |weight, desirability| WeightedKpi {
            weight,
            desirability,
        };
        let facts = pool(&[kpi(1.0, Some(0.5)), kpi(3.0, None)]).unwrap();
        assert_eq!(
            facts,
            Facts {
                score: Some(0.5),
                coverage: 0.25
            }
        );
        assert_eq!(pool(&[kpi(1.0, None)]), Ok(Facts::default()));
        assert_eq!(pool(&[kpi(0.0, Some(1.0))]), Ok(Facts::default()));
        assert!(pool(&[kpi(1.0, Some(1.2))]).is_err());
    }
}
