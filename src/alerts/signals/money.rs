//! Business against the same weeks a year before: what falls, and what contradicts satisfaction.
//!
//! ```text
//! 13 weeks before as_of            ─┐
//! the same, 52 weeks earlier       ─┴─> change, if the number of shipments differs beyond chance
//! ```

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use super::noise::{CHANCE, chance_of_fewer};
use super::store::run::{StandingRow, first_shipment, standing};
use super::{Readings, RunContext, Signal};
use crate::alerts::facts::{ScoreAndMoney, Warning};
use crate::alerts::model::AlertReason;
use crate::assessment::model::Evidence;
use crate::db::{Conn, DbError, DbResult};
use crate::ids::CustomerId;
use crate::network::measures::{BusinessBasis, LinkMeasures};
use crate::network::store::links;
use crate::satisfaction::account::{Gate, TAU};

/// Weeks that are compared.
const WEEKS: u32 = 13;
/// Weeks between the two: whole ones, so that weekdays match.
const YEAR_WEEKS: u32 = 52;
/// Shipments that the year before needs.
const FEWEST: u64 = 10;
/// Changes below this one are told nobody, at whatever level.
const LEAST_CHANGE: f64 = 0.05;
/// Score from which a customer counts as satisfied.
const SATISFIED: f64 = 0.7;
/// Days without any shipment at all after which it is our own data that is missing.
const SILENT_DAYS: u64 = 14;

/// What went over a customer's links in the newest weeks, and a year before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Season {
    now: f64,
    then: f64,
    shipments: u64,
    shipments_then: u64,
}

impl Season {
    /// The change of the business, if it is beyond chance: the number of shipments differs in the
    /// same direction by more than two counts with one rate do.
    fn change(&self) -> Option<f64> {
        if self.shipments_then < FEWEST || self.then <= 0.0 {
            return None;
        }
        let change = self.now / self.then - 1.0;
        let (less, more) = if change < 0.0 {
            (self.shipments, self.shipments_then)
        } else {
            (self.shipments_then, self.shipments)
        };
        (less < more && chance_of_fewer(less, more) < CHANCE).then_some(change)
    }
}

fn seasons(
    now: &[LinkMeasures],
    then: &[LinkMeasures],
    basis: BusinessBasis,
) -> HashMap<CustomerId, Season> {
    let mut seasons: HashMap<CustomerId, Season> = HashMap::new();
    for link in now {
        for end in [link.shipper, link.consignee] {
            let season = seasons.entry(end).or_default();
            season.now += link.business(basis);
            season.shipments += u64::from(link.shipments);
        }
    }
    for link in then {
        for end in [link.shipper, link.consignee] {
            let season = seasons.entry(end).or_default();
            season.then += link.business(basis);
            season.shipments_then += u64::from(link.shipments);
        }
    }
    seasons
}

/// The first days of the newest weeks and of the same a year before; `None` before the calendar.
fn begins(as_of: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let back = |weeks: u32| as_of.checked_sub_days(Days::new(u64::from(weeks) * 7));
    Some((back(WEEKS)?, back(WEEKS + YEAR_WEEKS)?))
}

const REASONS: [AlertReason; 2] = [AlertReason::ScoreAndMoney, AlertReason::VolumeDrop];

/// Score against money, and volume against its season.
pub(super) fn read(conn: &mut Conn, run: &RunContext) -> DbResult<[Readings; 2]> {
    let missing = |want| REASONS.map(|reason| Readings::missing(reason, want));
    let first = first_shipment(conn)?;
    let Some((from, from_then)) =
        begins(run.as_of).filter(|(_, then)| first.is_some_and(|first| first <= *then))
    else {
        return Ok(missing("no_year_of_shipments"));
    };
    let now = links(conn, from, run.as_of)?;
    let recently = run.as_of.checked_sub_days(Days::new(SILENT_DAYS));
    if now.iter().map(|link| link.last_on).max() < recently {
        return Ok(missing("no_recent_shipments"));
    }
    let until_then = run.as_of - Days::new(u64::from(YEAR_WEEKS) * 7);
    let then = links(conn, from_then, until_then)?;
    let seasons = seasons(&now, &then, run.business_basis);
    let (mut contradictions, mut drops) = (Vec::new(), Vec::new());
    for row in standing(conn, run.run, f64::from(WEEKS + YEAR_WEEKS))? {
        let Some(season) = seasons.get(&row.customer_id) else {
            continue;
        };
        let Some(change) = season
            .change()
            .filter(|change| change.abs() >= LEAST_CHANGE)
        else {
            continue;
        };
        contradictions.extend(contradiction(&row, change)?);
        drops.extend(fallen(row.customer_id, season, change));
    }
    Ok([
        Readings::found(AlertReason::ScoreAndMoney, contradictions),
        Readings::found(AlertReason::VolumeDrop, drops),
    ])
}

fn fallen(customer: CustomerId, season: &Season, change: f64) -> Option<Signal> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    (change < 0.0).then(|| Signal {
        customer: Some(customer),
        subject: "customer".to_owned(),
        measure: -change,
        certain: true,
        warning: Warning::VolumeDrop {
            shipments: count(season.shipments),
            shipments_before: count(season.shipments_then),
            weeks: WEEKS,
            change,
        },
    })
}

/// A customer without a light, of whom too little is known for any, contradicts nothing.
fn contradiction(row: &StandingRow, change: f64) -> DbResult<Option<Signal>> {
    let (Some(score), Some(light), Some(evidence)) = (row.score, &row.light, &row.evidence) else {
        return Ok(None);
    };
    let light =
        Gate::parse(light).ok_or_else(|| DbError::corrupt("account_satisfactions.light", light))?;
    let evidence = Evidence::parse(evidence)
        .ok_or_else(|| DbError::corrupt("account_satisfactions.evidence", evidence))?;
    let direction = match light {
        Gate::Green | Gate::Amber if score >= SATISFIED && change < 0.0 => {
            ScoreAndMoney::SatisfiedButLess
        }
        Gate::Red | Gate::Amber if score < TAU && change > 0.0 => ScoreAndMoney::UnsatisfiedButMore,
        _ => return Ok(None),
    };
    Ok(Some(Signal {
        customer: Some(row.customer_id),
        subject: "customer".to_owned(),
        measure: change.abs(),
        certain: evidence == Evidence::Enough,
        warning: Warning::ScoreAndMoney {
            direction,
            score,
            change,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn season(now: f64, then: f64, shipments: u64, shipments_then: u64) -> Season {
        Season {
            now,
            then,
            shipments,
            shipments_then,
        }
    }

    fn close(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() < 1e-12)
    }

    #[test]
    fn a_change_counts_if_shipments_differ_beyond_chance_in_its_direction() {
        // P(X <= 1 of 11) = 12/2048 = 0.0059; P(X <= 2 of 12) = 79/4096 = 0.019.
        assert!(close(season(100.0, 1000.0, 1, 10).change(), -0.9));
        assert_eq!(season(200.0, 1000.0, 2, 10).change(), None);
        assert!(close(season(1.0, 10.0, 0, 10).change(), -0.9));
        // Nine a year before are too few, whatever came of them.
        assert_eq!(season(0.0, 900.0, 0, 9).change(), None);
        // Twice as much: P(X <= 40 of 120) = 0.0002 (normal: z = 3.6).
        assert!(close(season(3000.0, 1000.0, 80, 40).change(), 2.0));
        // More money with fewer shipments is neither.
        assert_eq!(season(3000.0, 1000.0, 40, 80).change(), None);
        assert_eq!(season(10.0, 0.0, 80, 40).change(), None);
    }

    #[test]
    fn weeks_match_those_of_the_year_before_by_weekday() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        // 2026-03-02 is a Monday; 91 days before, and 364 more.
        let (now, then) = begins(day("2026-03-02")).unwrap();
        assert_eq!((now, then), (day("2025-12-01"), day("2024-12-02")));
        assert_eq!(begins(NaiveDate::MIN), None);
    }

    #[test]
    fn a_contradiction_needs_a_light_and_the_other_sign() {
        use ScoreAndMoney::{SatisfiedButLess, UnsatisfiedButMore};

        let row = |score, light: &str| StandingRow {
            customer_id: CustomerId(1),
            score: Some(score),
            light: Some(light.to_owned()),
            evidence: Some("enough".to_owned()),
        };
        let direction = |score, light, change| {
            let found = contradiction(&row(score, light), change).unwrap();
            found.map(|signal| match signal.warning {
                Warning::ScoreAndMoney { direction, .. } => (direction, signal.measure),
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(direction(0.7, "green", -0.4), Some((SatisfiedButLess, 0.4)));
        assert_eq!(direction(0.7, "amber", -0.4), Some((SatisfiedButLess, 0.4)));
        assert_eq!(direction(0.59, "red", 0.4), Some((UnsatisfiedButMore, 0.4)));
        for (score, light, change) in [
            (0.69, "green", -0.4),
            (0.7, "green", 0.4),
            (0.7, "unknown", -0.4),
            (0.7, "red", -0.4),
            (0.6, "red", 0.4),
            (0.5, "unknown", 0.4),
        ] {
            assert_eq!(direction(score, light, change), None, "{score} {light}");
        }
    }
}
