//! Our own data that stopped coming: imports against the pace they used to have.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::store::records::{import_kinds, last_import};
use super::{Readings, Signal, days_between};
use crate::alerts::facts::Warning;
use crate::alerts::model::AlertReason;
use crate::complaints::count::midnight;
use crate::db::{Conn, DbResult, UtcTime};

/// Days with an import whose gaps make the usual one, the newest.
const MOST_DAYS: usize = 10;
/// Days with an import that a pace needs.
const FEWEST_DAYS: usize = 4;
/// Days that an import must be later than it ever was lately to be told of.
const LEAST_LATE: f64 = 2.0;
/// Days over which a pace has seen a weekend.
const WEEK: i64 = 7;
/// Days between imports of working days over a weekend.
const WEEKEND_GAP: f64 = 3.0;

/// The days between days with an import.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Gaps {
    /// Their median.
    usual: f64,
    /// The largest that is no news: nobody sends on weekends.
    largest: f64,
}

/// What lies between days with an import, the newest first; `None` for too few.
fn gaps(days: &[NaiveDate]) -> Option<Gaps> {
    if days.len() < FEWEST_DAYS {
        return None;
    }
    let mut gaps: Vec<f64> = days
        .iter()
        .zip(days.iter().skip(1))
        .map(|(later, earlier)| (*later - *earlier).num_days() as f64)
        .collect();
    gaps.sort_by(f64::total_cmp);
    let middle = gaps.len() / 2;
    let upper = gaps.get(middle).copied()?;
    let usual = if gaps.len() % 2 == 1 {
        upper
    } else {
        f64::midpoint(gaps.get(middle.checked_sub(1)?).copied()?, upper)
    };
    let largest = gaps.last().copied()?;
    let seen = *days.first()? - *days.last()?;
    Some(Gaps {
        usual,
        largest: if seen.num_days() < WEEK {
            largest.max(WEEKEND_GAP)
        } else {
            largest
        },
    })
}

/// When a kind came last, and the newest days on which it came, the newest first. Several imports of
/// a day are one delivery: a history that is loaded file by file is no pace.
fn pace(conn: &mut Conn, kind: &str, zone: Tz) -> DbResult<Option<(UtcTime, Vec<NaiveDate>)>> {
    let Some(last) = last_import(conn, kind, None)? else {
        return Ok(None);
    };
    let mut days = Vec::with_capacity(MOST_DAYS);
    let mut at = Some(last);
    while let Some(time) = at.filter(|_| days.len() < MOST_DAYS) {
        let day = time.0.with_timezone(&zone).date_naive();
        days.push(day);
        at = last_import(conn, kind, Some(midnight(day, zone).min(time)))?;
    }
    Ok(Some((last, days)))
}

/// One at the largest of its gaps, and one more for each usual gap beyond it.
fn overdue(kind: &str, last_at: UtcTime, gaps: Gaps, now: UtcTime) -> Option<Signal> {
    let days = days_between(last_at, now);
    let late = days - gaps.largest;
    (late >= LEAST_LATE).then(|| Signal {
        customer: None,
        subject: format!("import:{kind}"),
        measure: 1.0 + late / gaps.usual,
        certain: true,
        warning: Warning::DataStale {
            kind: kind.to_owned(),
            last_at,
            usual_days: gaps.usual,
            days,
        },
    })
}

/// Kinds of imports that are later than usual, in multiples of their usual gap.
pub(super) fn read(conn: &mut Conn, now: UtcTime, zone: Tz) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::DataStale;
    let (mut known, mut signals) = (false, Vec::new());
    for kind in import_kinds(conn)? {
        let Some((last_at, days)) = pace(conn, &kind, zone)? else {
            continue;
        };
        if let Some(gaps) = gaps(&days) {
            known = true;
            signals.extend(overdue(&kind, last_at, gaps, now));
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

    fn days(days: &[&str]) -> Vec<NaiveDate> {
        days.iter().map(|day| day.parse().unwrap()).collect()
    }

    fn told(days: &[NaiveDate], last_at: &str, now: &str) -> Option<f64> {
        let found = overdue("shipments", at(last_at), gaps(days).unwrap(), at(now));
        found.map(|signal| signal.measure)
    }

    #[test]
    fn the_usual_gap_is_the_median_and_the_largest_is_known() {
        let found = |these: &[&str]| gaps(&days(these)).map(|gaps| (gaps.usual, gaps.largest));
        assert_eq!(found(&["2026-02-27", "2026-02-26", "2026-02-23"]), None);
        // Gaps 7, 7, 6, 1: 6.5.
        let weekly = [
            "2026-02-23",
            "2026-02-16",
            "2026-02-09",
            "2026-02-03",
            "2026-02-02",
        ];
        assert_eq!(found(&weekly), Some((6.5, 7.0)));
        // Monday to Thursday: no weekend seen so far.
        let fresh = ["2026-02-26", "2026-02-25", "2026-02-24", "2026-02-23"];
        assert_eq!(found(&fresh), Some((1.0, 3.0)));
    }

    #[test]
    fn what_comes_on_working_days_is_not_missed_on_a_monday() {
        // Friday 2026-02-27 back to Monday 2026-02-16: gaps of a day and a weekend.
        let working = days(&[
            "2026-02-27",
            "2026-02-26",
            "2026-02-25",
            "2026-02-24",
            "2026-02-23",
            "2026-02-20",
            "2026-02-19",
            "2026-02-18",
            "2026-02-17",
            "2026-02-16",
        ]);
        let late = |now| told(&working, "2026-02-27T05:00:00Z", now);
        assert_eq!(late("2026-03-02T23:59:00Z"), None, "all of Monday");
        assert_eq!(late("2026-03-04T04:59:59Z"), None);
        assert_eq!(late("2026-03-04T05:00:00Z"), Some(3.0));
        assert_eq!(late("2026-03-05T17:00:00Z"), Some(4.5));
        // The first week of an instance.
        let late = |now| told(&working[..5], "2026-02-27T05:00:00Z", now);
        assert_eq!(late("2026-03-03T23:59:00Z"), None);
    }

    #[test]
    fn what_comes_weekly_is_told_of_two_weeks_behind() {
        let weekly = days(&["2026-02-23", "2026-02-16", "2026-02-09", "2026-02-02"]);
        let late = |now| told(&weekly, "2026-02-23T00:00:00Z", now);
        assert_eq!(late("2026-03-03T00:00:00Z"), None);
        assert_eq!(late("2026-03-09T00:00:00Z"), Some(2.0));
        assert_eq!(late("2026-03-16T00:00:00Z"), Some(3.0));
    }
}
