//! What could be seen of a customer at a date, and whether it left in the horizon after.

use chrono::{Days, NaiveDate};

use crate::assessment::AssessmentError;
use crate::assessment::inputs::Past;
use crate::churn::{Covariates, History, RfmInput};
use crate::satisfaction::Kpi;

/// Past slices that models learn from, a horizon apart. A design choice.
pub const LABEL_SLICES: u32 = 4;
/// Weeks of the recent window of shipping days and of deliveries.
const RECENT_WEEKS: u32 = 13;
/// Weeks between the two looks at punctuality.
const TREND_WEEKS: u32 = 26;
/// Deliveries that the late share looks back on.
const LAST_DELIVERIES: usize = 5;
/// Deliveries that a window needs for its punctuality to count.
const ENOUGH_DELIVERIES: usize = 5;

/// So many weeks before a day; the calendar's first day where there is none.
pub fn weeks_before(day: NaiveDate, weeks: u32) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(weeks) * 7))
        .unwrap_or(NaiveDate::MIN)
}

/// The days of an ascending list that lie before `end`.
pub fn days_before(days: &[NaiveDate], end: NaiveDate) -> &[NaiveDate] {
    within(days, NaiveDate::MIN, end, |day| *day)
}

/// The part of a list, ascending by day, that lies in `[from, end)`.
fn within<T>(list: &[T], from: NaiveDate, end: NaiveDate, day: impl Fn(&T) -> NaiveDate) -> &[T] {
    let skipped = list.partition_point(|item| day(item) < from);
    let seen = list.partition_point(|item| day(item) < end);
    list.get(skipped..seen).unwrap_or_default()
}

/// Whether there is no day in `[from, end)`.
pub fn silent_within(days: &[NaiveDate], from: NaiveDate, end: NaiveDate) -> bool {
    within(days, from, end, |day| *day).is_empty()
}

/// Recency, frequency and value of a customer before a day; `history` is of the same day.
pub fn recency_frequency_money(past: &Past, at: NaiveDate, history: &History) -> RfmInput {
    let count = |from: u32, to: u32| {
        let (from, to) = (weeks_before(at, from), weeks_before(at, to));
        within(&past.days, from, to, |day| *day).len() as u64
    };
    let seen = days_before(&past.days, at).len();
    let billed: f64 = past.revenue.iter().take(seen).sum();
    let x = history.x();
    RfmInput {
        idle_weeks: history.age() - history.t_x(),
        x,
        age_weeks: history.age(),
        mean_interval_weeks: if x > 0 { history.t_x() / x as f64 } else { 0.0 },
        n13: count(RECENT_WEEKS, 0),
        n13_previous: count(2 * RECENT_WEEKS, RECENT_WEEKS),
        // Credits may outweigh what was billed; the logarithm wants no debts.
        mean_value: (billed / seen.max(1) as f64).max(0.0),
    }
}

/// The service that a customer had before a day, as far as its shipments tell.
///
/// Claims count as complaints. The change of satisfaction is that of its facts: the desirability of
/// the share of deliveries on time, against 26 weeks before.
///
/// # Errors
///
/// [`AssessmentError::Satisfaction`] if a share cannot be judged.
pub fn service(past: &Past, at: NaiveDate) -> Result<Covariates, AssessmentError> {
    let delivered = within(&past.punctuality, NaiveDate::MIN, at, |(on, _)| *on);
    let last = delivered
        .get(delivered.len().saturating_sub(LAST_DELIVERIES)..)
        .unwrap_or_default();
    let late = last.iter().filter(|(_, late)| *late).count();
    let recent = punctuality(past, at)?;
    let before = punctuality(past, weeks_before(at, TREND_WEEKS))?;
    let claims = within(&past.claims, weeks_before(at, RECENT_WEEKS), at, |on| *on);
    Ok(Covariates {
        late_share: (last.len() == LAST_DELIVERIES).then(|| late as f64 / last.len() as f64),
        complaints_13w: Some(claims.len() as u64),
        satisfaction_change: recent.zip(before).map(|(recent, before)| recent - before),
        terms_trend_days: None,
        contract_expires: None,
    })
}

/// Desirability of the share of deliveries on time in the weeks before a day; `None` with too few.
fn punctuality(past: &Past, at: NaiveDate) -> Result<Option<f64>, AssessmentError> {
    let from = weeks_before(at, RECENT_WEEKS);
    let seen = within(&past.punctuality, from, at, |(on, _)| *on);
    if seen.len() < ENOUGH_DELIVERIES {
        return Ok(None);
    }
    let on_time = seen.iter().filter(|(_, late)| !late).count();
    let share = (on_time as f64 + 0.5) / (seen.len() as f64 + 1.0);
    Ok(Some(Kpi::Otif.default_target().desirability(share)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + Days::new(number)
    }

    fn past(days: &[u64]) -> Past {
        Past {
            days: days.iter().copied().map(day).collect(),
            revenue: vec![200.0; days.len()],
            ..Past::default()
        }
    }

    #[test]
    fn what_came_later_is_not_seen() {
        let past = past(&[0, 7, 70, 140, 141]);
        let history = History::new(2, 10.0, 20.0, 0.0).unwrap();
        let seen = recency_frequency_money(&past, day(140), &history);

        // 13 weeks before day 140 begin on day 49, 26 on day -42.
        assert_eq!((seen.n13, seen.n13_previous), (1, 2));
        assert_eq!((seen.idle_weeks, seen.mean_interval_weeks), (10.0, 5.0));
        assert!((seen.mean_value - 200.0).abs() < 1e-12);
        assert!(silent_within(&past.days, day(71), day(140)));
        assert!(!silent_within(&past.days, day(140), day(141)));
    }

    #[test]
    fn the_late_share_needs_five_deliveries_and_the_change_two_windows() {
        let mut past = past(&[0]);
        past.punctuality = [0, 1, 2, 3].map(|on| (day(on), false)).to_vec();
        assert_eq!(service(&past, day(100)).unwrap().late_share, None);

        past.punctuality.push((day(4), true));
        past.punctuality
            .extend([190, 191, 192, 193, 194].map(|on| (day(on), true)));
        past.claims = vec![day(10), day(191)];
        let early = service(&past, day(80)).unwrap();
        assert_eq!(early.late_share, Some(0.2));
        assert_eq!(early.complaints_13w, Some(1));
        let later = service(&past, day(200)).unwrap();
        assert_eq!(later.late_share, Some(1.0));
        assert_eq!(later.complaints_13w, Some(1));
        // On time 4.5 of 6 then, 0.5 of 6 now: both below .85, where desirability ends.
        assert_eq!(later.satisfaction_change, Some(0.0));
    }
}
