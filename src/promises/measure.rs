//! Whether a measured promise was kept: plain counts of deliveries against the level promised.

use std::ops::RangeInclusive;

use crate::satisfaction::kpi::{MIN_OBSERVATIONS, lead_time_variation};
use crate::satisfaction::{Kpi, SatisfactionError};

/// What shipments tell.
pub const MEASURED: &[Kpi] = &[
    Kpi::Otif,
    Kpi::DamageRate,
    Kpi::InvoiceAccuracy,
    Kpi::LeadTimeVariation,
    Kpi::ClaimsPer100,
];

/// A promise of exactly what was reached is kept, whatever the last digit of the sum says.
const ROUNDING: f64 = 1e-9;

/// How one shipment was done; `None` is unknown. One that was promised and did not come is late, and
/// nothing else is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Carried {
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
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The KPI; `None` without observations.
    pub value: Option<f64>,
    /// Deliveries of which it is known.
    pub observations: u64,
}

/// The levels that a KPI can have.
pub fn levels(kpi: Kpi) -> RangeInclusive<f64> {
    match kpi {
        Kpi::ClaimsPer100 | Kpi::LeadTimeVariation => 0.0..=100.0,
        _ => 0.0..=1.0,
    }
}

/// Measures a KPI: hits over those of which it is known. A delivery is on time in full if it was not
/// late and nothing was told to be missing. KPIs that shipments do not tell have no value.
///
/// # Errors
///
/// [`SatisfactionError`] for lead times that make no sense.
pub fn measure(kpi: Kpi, carried: &[Carried]) -> Result<Measured, SatisfactionError> {
    let hit = |one: &Carried| match kpi {
        Kpi::Otif => one.late.map(|late| !late && one.in_full.unwrap_or(true)),
        Kpi::DamageRate => one.damaged,
        Kpi::InvoiceAccuracy => one.invoice_correct,
        Kpi::ClaimsPer100 => one.claimed,
        _ => None,
    };
    if kpi == Kpi::LeadTimeVariation {
        let days: Vec<f64> = carried.iter().filter_map(|one| one.lead_days).collect();
        let observations = days.len() as u64;
        let value = if observations < MIN_OBSERVATIONS {
            None
        } else {
            lead_time_variation(&days)?
        };
        return Ok(Measured {
            value,
            observations,
        });
    }
    let known: Vec<bool> = carried.iter().filter_map(hit).collect();
    let hits = known.iter().filter(|hit| **hit).count();
    let per = if kpi == Kpi::ClaimsPer100 { 100.0 } else { 1.0 };
    Ok(Measured {
        value: (!known.is_empty()).then(|| per * hits as f64 / known.len() as f64),
        observations: known.len() as u64,
    })
}

/// Whether a promise was kept: `None` with fewer than five observations.
pub fn kept(kpi: Kpi, level: f64, measured: &Measured) -> Option<bool> {
    let value = measured
        .value
        .filter(|_| measured.observations >= MIN_OBSERVATIONS)?;
    let more_is_better = matches!(kpi, Kpi::Otif | Kpi::InvoiceAccuracy);
    Some(if more_is_better {
        value >= level - ROUNDING
    } else {
        value <= level + ROUNDING
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn otif(late: &[Option<bool>]) -> Measured {
        let carried: Vec<Carried> = late
            .iter()
            .map(|&late| Carried {
                late,
                ..Carried::default()
            })
            .collect();
        measure(Kpi::Otif, &carried).unwrap()
    }

    #[test]
    fn a_promise_is_kept_at_its_level_and_broken_below() {
        // 8 of 10 on time; two more of which nothing is known.
        let mut late = vec![Some(false); 8];
        late.extend([Some(true), Some(true), None, None]);
        let measured = otif(&late);
        assert_eq!((measured.value, measured.observations), (Some(0.8), 10));
        assert_eq!(kept(Kpi::Otif, 0.8, &measured), Some(true));
        assert_eq!(kept(Kpi::Otif, 0.81, &measured), Some(false));
    }

    #[test]
    fn fewer_than_five_deliveries_decide_nothing() {
        assert_eq!(kept(Kpi::Otif, 0.1, &otif(&[Some(false); 4])), None);
        assert_eq!(kept(Kpi::Otif, 0.1, &otif(&[Some(false); 5])), Some(true));
        assert_eq!(otif(&[None, None]).value, None);
    }

    #[test]
    fn of_damage_and_claims_less_is_better() {
        let carried: Vec<Carried> = (0..10)
            .map(|place| Carried {
                damaged: Some(place == 0),
                claimed: Some(place < 2),
                ..Carried::default()
            })
            .collect();
        let damage = measure(Kpi::DamageRate, &carried).unwrap();
        assert_eq!(damage.value, Some(0.1));
        assert_eq!(kept(Kpi::DamageRate, 0.1, &damage), Some(true));
        assert_eq!(kept(Kpi::DamageRate, 0.09, &damage), Some(false));
        let claims = measure(Kpi::ClaimsPer100, &carried).unwrap();
        assert_eq!(claims.value, Some(20.0));
    }

    #[test]
    fn what_is_missing_makes_a_punctual_delivery_incomplete() {
        let carried = [Carried {
            late: Some(false),
            in_full: Some(false),
            ..Carried::default()
        }; 5];
        assert_eq!(measure(Kpi::Otif, &carried).unwrap().value, Some(0.0));
    }
}
