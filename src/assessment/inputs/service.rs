//! Service: how well deliveries were done, counted and turned into KPIs.

use super::freight::Freight;
use super::handling::Handling;
use super::targets::{Targeted, Yardstick};
use crate::assessment::AssessmentError;
use crate::ids::CustomerId;
use crate::satisfaction::kpi::{self, MIN_OBSERVATIONS};
use crate::satisfaction::{Kpi, Z90, indices};

/// How well one delivered shipment was done; `None` is unknown.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// After the promised end.
    pub late: Option<bool>,
    /// The whole quantity.
    pub in_full: Option<bool>,
    /// With damage.
    pub damaged: Option<bool>,
    /// With a right invoice.
    pub invoice_correct: Option<bool>,
    /// With a claim; known where an amount is told, 0 included.
    pub claimed: Option<bool>,
    /// Days from pick-up (else order) to delivery.
    pub lead_days: Option<f64>,
    /// Who pays the freight.
    pub payer: Option<CustomerId>,
    /// Freight billed and value of the goods, minor units, where both are known.
    pub freight: Option<(f64, f64)>,
}

/// Counts of how well deliveries were done.
#[derive(Clone, Debug, Default)]
pub struct Service {
    on_time_in_full: Count,
    in_full_known: u64,
    damaged: Count,
    invoice_correct: Count,
    claimed: Count,
    lead_days: Vec<f64>,
    freight: Freight,
}

/// How often something was so, of how many.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// So often.
    pub hits: u64,
    /// Of so many.
    pub of: u64,
}

impl Count {
    fn add(&mut self, hit: Option<bool>) {
        if let Some(hit) = hit {
            self.of += 1;
            self.hits += u64::from(hit);
        }
    }
}

/// A KPI as observed.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Observed {
    /// Which.
    pub kpi: Kpi,
    /// Its value.
    pub value: f64,
    /// Lower end of its 90 % interval, where it is a share.
    pub low: Option<f64>,
    /// Upper end of its 90 % interval, where it is a share.
    pub high: Option<f64>,
    /// Observations behind it.
    pub observations: u64,
    /// Desirability: 0 unacceptable, 1 on target.
    pub desirability: f64,
    /// What it is measured against; `null` in runs of older versions, which knew defaults only.
    #[serde(default)]
    pub against: Option<Yardstick>,
}

impl Service {
    /// Counts a delivery.
    pub fn add(&mut self, delivery: &Delivery) {
        // A quantity that nobody reported does not make a delivery incomplete.
        let complete = delivery.in_full.unwrap_or(true);
        self.on_time_in_full
            .add(delivery.late.map(|late| !late && complete));
        self.in_full_known += u64::from(delivery.in_full.is_some());
        self.damaged.add(delivery.damaged);
        self.invoice_correct.add(delivery.invoice_correct);
        self.claimed.add(delivery.claimed);
        self.lead_days.extend(delivery.lead_days);
    }

    /// Whether the quantity of at least one delivery is known; if not, OTIF is on time only.
    pub fn knows_quantities(&self) -> bool {
        self.in_full_known > 0
    }

    /// Counts what a shipment cost whom pays for it.
    pub fn add_freight(&mut self, (freight, goods): (f64, f64)) {
        self.freight.add(freight, goods);
    }

    /// The KPIs with enough observations and a target, shares drawn towards the portfolio's, in the
    /// order of [`Kpi::ALL`].
    ///
    /// # Errors
    ///
    /// [`AssessmentError`] if counts make no sense.
    pub fn kpis(
        &self,
        handling: &Handling,
        portfolio: &Portfolio,
        targets: Targeted<'_>,
    ) -> Result<Vec<Observed>, AssessmentError> {
        let mut observed = Vec::new();
        for &kpi in Kpi::ALL {
            let Some(against) = targets.of(kpi) else {
                continue;
            };
            let found = match kpi {
                Kpi::Otif => share(kpi, portfolio, (self.on_time_in_full, 1.0))?,
                Kpi::DamageRate => share(kpi, portfolio, (self.damaged, 1.0))?,
                Kpi::InvoiceAccuracy => share(kpi, portfolio, (self.invoice_correct, 1.0))?,
                Kpi::ClaimsPer100 => share(kpi, portfolio, (self.claimed, 100.0))?,
                Kpi::LeadTimeVariation => kpi::lead_time_variation(&self.lead_days)?
                    .map(|value| Measure::plain(value, self.lead_days.len() as u64)),
                Kpi::ClaimSettlementDays => handling.settlement_days()?,
                Kpi::ComplaintResponseHours => handling.response_hours()?,
                Kpi::FreightCostRatio => self.freight.ratio(),
            };
            if let Some(found) = found {
                observed.push(Observed {
                    kpi,
                    value: found.value,
                    low: found.low,
                    high: found.high,
                    observations: found.observations,
                    desirability: against.target().desirability(found.value)?,
                    against: Some(against),
                });
            }
        }
        Ok(observed)
    }
}

/// A share with its interval, as so many `per` of them; `None` with too few observations.
fn share(
    kpi: Kpi,
    portfolio: &Portfolio,
    (count, per): (Count, f64),
) -> Result<Option<Measure>, AssessmentError> {
    if count.of < MIN_OBSERVATIONS {
        return Ok(None);
    }
    let (hits, of) = portfolio.joined(kpi, count);
    let ends = indices::wilson(hits, of, Z90)?;
    Ok(Some(Measure {
        value: hits / of * per,
        low: Some(ends.lo * per),
        high: Some(ends.hi * per),
        observations: count.of,
    }))
}

/// A KPI's value before it is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// Its value.
    pub value: f64,
    /// Lower end of its 90 % interval.
    pub low: Option<f64>,
    /// Upper end of its 90 % interval.
    pub high: Option<f64>,
    /// Observations behind it.
    pub observations: u64,
}

impl Measure {
    /// Without an interval.
    pub fn plain(value: f64, observations: u64) -> Self {
        Self {
            value,
            low: None,
            high: None,
            observations,
        }
    }
}

/// Deliveries that the portfolio's share counts as beside a customer's own. Default.
const PORTFOLIO_WEIGHT: f64 = 10.0;

/// The share of each KPI over all deliveries: the prior of every customer's.
///
/// A prior of its own mean ½ would call a customer with six flawless deliveries damaged in one of
/// fourteen, far beyond any target; what is generally so is the better guess.
#[derive(Clone, Debug, Default)]
pub struct Portfolio {
    on_time_in_full: f64,
    damaged: f64,
    invoice_correct: f64,
    claimed: f64,
}

impl Portfolio {
    /// Over the deliveries on every link.
    pub fn of<'a>(services: impl Iterator<Item = &'a Service>) -> Self {
        let mut all = Service::default();
        for service in services {
            for (sum, count) in [
                (&mut all.on_time_in_full, service.on_time_in_full),
                (&mut all.damaged, service.damaged),
                (&mut all.invoice_correct, service.invoice_correct),
                (&mut all.claimed, service.claimed),
            ] {
                sum.hits += count.hits;
                sum.of += count.of;
            }
        }
        Self::of_counts([
            all.on_time_in_full,
            all.damaged,
            all.invoice_correct,
            all.claimed,
        ])
    }

    /// Of counts over all deliveries: on time in full, damaged, invoice right, claimed.
    pub fn of_counts(counts: [Count; 4]) -> Self {
        let [on_time_in_full, damaged, invoice_correct, claimed] =
            counts.map(|count| (count.hits as f64 + 0.5) / (count.of as f64 + 1.0));
        Self {
            on_time_in_full,
            damaged,
            invoice_correct,
            claimed,
        }
    }

    /// Hits, and of how many, once the portfolio has joined in as ten deliveries: their ratio is the
    /// posterior mean, and the interval is about it.
    fn joined(&self, kpi: Kpi, count: Count) -> (f64, f64) {
        let prior = match kpi {
            Kpi::DamageRate => self.damaged,
            Kpi::InvoiceAccuracy => self.invoice_correct,
            Kpi::ClaimsPer100 => self.claimed,
            _ => self.on_time_in_full,
        };
        (
            count.hits as f64 + PORTFOLIO_WEIGHT * prior,
            count.of as f64 + PORTFOLIO_WEIGHT,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::targets::Targets;
    use super::*;

    fn delivery(late: Option<bool>, in_full: Option<bool>) -> Delivery {
        Delivery {
            shipper: CustomerId(1),
            consignee: CustomerId(2),
            late,
            in_full,
            damaged: None,
            invoice_correct: Some(true),
            claimed: None,
            lead_days: Some(2.0),
            payer: None,
            freight: None,
        }
    }

    #[test]
    fn on_time_in_full_needs_both_where_both_are_known() {
        let mut service = Service::default();
        for (late, in_full) in [
            (Some(false), Some(true)),
            (Some(false), Some(false)),
            (Some(true), Some(true)),
            (Some(false), None),
            (None, Some(true)),
            (Some(false), Some(true)),
        ] {
            service.add(&delivery(late, in_full));
        }
        let portfolio = Portfolio {
            on_time_in_full: 0.8,
            ..Portfolio::default()
        };
        let targets = Targets::default();
        let kpis = service
            .kpis(
                &Handling::default(),
                &portfolio,
                targets.of(CustomerId(1), None),
            )
            .unwrap();
        // 3 of 5 on time and not known to be incomplete, beside 8 of 10: 11 / 15
        let otif = kpis.iter().find(|kpi| kpi.kpi == Kpi::Otif).unwrap();
        assert!((otif.value - 11.0 / 15.0).abs() < 1e-12);
        assert_eq!(otif.observations, 5);
        assert!(service.knows_quantities());
        // Six lead times of two days do not vary at all.
        let variation = kpis
            .iter()
            .find(|kpi| kpi.kpi == Kpi::LeadTimeVariation)
            .unwrap();
        assert!(variation.value.abs() < 1e-12 && (variation.desirability - 1.0).abs() < 1e-12);
        assert!(
            !kpis.iter().any(|kpi| kpi.kpi == Kpi::DamageRate),
            "nothing is known of damage"
        );
    }
}
