//! Our own data that stopped coming: imports against the pace they used to have.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::store::records::{ImportRow, imports};
use super::{Readings, Signal, days_between};
use crate::alerts::facts::Warning;
use crate::alerts::model::AlertReason;
use crate::db::{Conn, DbResult, UtcTime};

/// Imports looked at, the newest.
const LOOKED_AT: i64 = 2_000;
/// Days with an import whose gaps make the usual one, the newest.
const MOST_DAYS: usize = 10;
/// Days with an import that a pace needs.
const FEWEST_DAYS: usize = 4;
/// Days that an import must be later than usual to be told of.
const LEAST_LATE: f64 = 2.0;

/// The median of the days between days with an import, the newest first; `None` for too few.
fn usual_gap(days: &[NaiveDate]) -> Option<f64> {
    if days.len() < FEWEST_DAYS {
        return None;
    }
    let newest = days.iter().take(MOST_DAYS);
    let mut gaps: Vec<f64> = newest
        .clone()
        .zip(newest.skip(1))
        .map(|(later, earlier)| (*later - *earlier).num_days() as f64)
        .collect();
    gaps.sort_by(f64::total_cmp);
    let middle = gaps.len() / 2;
    let upper = gaps.get(middle).copied()?;
    if gaps.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = gaps.get(middle.checked_sub(1)?).copied()?;
    Some(f64::midpoint(lower, upper))
}

/// What came of one kind.
#[derive(Debug)]
struct Pace {
    last: UtcTime,
    /// Days with an import, the newest first.
    days: Vec<NaiveDate>,
}

/// By kind. Several imports of a day are one delivery: a history that is loaded file by file is no
/// pace.
fn paces(rows: Vec<ImportRow>, zone: Tz) -> BTreeMap<String, Pace> {
    let mut paces: BTreeMap<String, Pace> = BTreeMap::new();
    for row in rows {
        let pace = paces.entry(row.kind).or_insert_with(|| Pace {
            last: row.finished_at,
            days: Vec::new(),
        });
        pace.last = pace.last.max(row.finished_at);
        pace.days
            .push(row.finished_at.0.with_timezone(&zone).date_naive());
    }
    for pace in paces.values_mut() {
        pace.days.sort_unstable();
        pace.days.dedup();
        pace.days.reverse();
    }
    paces
}

fn overdue(kind: &str, pace: &Pace, usual_days: f64, now: UtcTime) -> Option<Signal> {
    let days = days_between(pace.last, now);
    (days - usual_days >= LEAST_LATE).then(|| Signal {
        customer: None,
        subject: format!("import:{kind}"),
        measure: days / usual_days,
        certain: true,
        warning: Warning::DataStale {
            kind: kind.to_owned(),
            last_at: pace.last,
            usual_days,
            days,
        },
    })
}

/// Kinds of imports that are later than usual, in multiples of their usual gap.
pub(super) fn read(conn: &mut Conn, now: UtcTime, zone: Tz) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::DataStale;
    let paces = paces(imports(conn, LOOKED_AT)?, zone);
    let (mut known, mut signals) = (false, Vec::new());
    for (kind, pace) in &paces {
        if let Some(usual) = usual_gap(&pace.days) {
            known = true;
            signals.extend(overdue(kind, pace, usual, now));
        }
    }
    Ok(if known {
        Readings::found(REASON, signals)
    } else {
        Readings::missing(REASON, "too_few_imports")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcTime {
        UtcTime(text.parse().unwrap())
    }

    fn came(days: &[&str]) -> Vec<ImportRow> {
        days.iter()
            .map(|day| ImportRow {
                kind: "shipments".to_owned(),
                finished_at: at(&format!("{day}T05:00:00Z")),
            })
            .collect()
    }

    fn pace(days: &[&str]) -> Pace {
        let mut paces = paces(came(days), Tz::UTC);
        paces.remove("shipments").unwrap()
    }

    #[test]
    fn the_usual_gap_is_the_median_of_the_last_ten_days_with_an_import() {
        // Gaps 1, 3, 1, from the newest back.
        let days = ["2026-02-27", "2026-02-26", "2026-02-23", "2026-02-22"];
        assert_eq!(usual_gap(&pace(&days).days), Some(1.0));
        assert_eq!(usual_gap(&pace(&days[..3]).days), None);
        // Twice a day is one day; gaps 7, 7, 6, 1: 6.5.
        let days = [
            "2026-02-23",
            "2026-02-23",
            "2026-02-16",
            "2026-02-09",
            "2026-02-03",
            "2026-02-02",
        ];
        assert_eq!(usual_gap(&pace(&days).days), Some(6.5));
        // Before the last ten days it came every day: nine gaps of 7.
        let first: NaiveDate = "2025-12-29".parse().unwrap();
        let days: Vec<NaiveDate> = (0..10)
            .rev()
            .map(|week| first + chrono::Days::new(7 * week))
            .chain((1..30).map(|day| first - chrono::Days::new(day)))
            .collect();
        assert_eq!(usual_gap(&days), Some(7.0));
    }

    #[test]
    fn an_import_is_told_of_two_days_behind_its_usual_gap() {
        let days = ["2026-02-27", "2026-02-26", "2026-02-25", "2026-02-24"];
        let late = |now| {
            let found = overdue("shipments", &pace(&days), 1.0, at(now));
            found.map(|signal| signal.measure)
        };
        assert_eq!(late("2026-03-02T04:59:59Z"), None);
        assert_eq!(late("2026-03-02T05:00:00Z"), Some(3.0));
        assert_eq!(late("2026-03-05T17:00:00Z"), Some(6.5));
    }
}
