//! What could be seen of a customer at a date, and whether it left in the horizon after.

use chrono::{Days, NaiveDate};

use crate::assessment::AssessmentError;
use crate::assessment::inputs::{Past, Terms};
use crate::churn::{Covariates, History, RfmInput};
use crate::ids::CustomerId;
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
/// Surveys answered that a window needs for what was said to count.
const ENOUGH_ANSWERS: usize = 3;

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

/// The service that a customer had before a day, and the terms it was on then.
///
/// Complaints are those received, and claims without one. The change of satisfaction against 26 weeks
/// before is that of what was answered, where three surveys or more were answered in the 13 weeks
/// before either day; else that of its facts: the desirability of the share of deliveries on time.
///
/// # Errors
///
/// [`AssessmentError::Satisfaction`] if a share cannot be judged.
pub fn service(
    (customer, past): (CustomerId, &Past),
    (at, horizon_end): (NaiveDate, NaiveDate),
    terms: &Terms,
) -> Result<Covariates, AssessmentError> {
    let delivered = within(&past.punctuality, NaiveDate::MIN, at, |(on, _)| *on);
    let last = delivered
        .get(delivered.len().saturating_sub(LAST_DELIVERIES)..)
        .unwrap_or_default();
    let late = last.iter().filter(|(_, late)| *late).count();
    let earlier = weeks_before(at, TREND_WEEKS);
    let (recent, before) = match (feeling(past, at), feeling(past, earlier)) {
        (Some(recent), Some(before)) => (Some(recent), Some(before)),
        _ => (punctuality(past, at)?, punctuality(past, earlier)?),
    };
    let complaints = within(&past.complaints, weeks_before(at, RECENT_WEEKS), at, |on| {
        *on
    });
    Ok(Covariates {
        late_share: (last.len() == LAST_DELIVERIES).then(|| late as f64 / last.len() as f64),
        complaints_13w: Some(complaints.len() as u64),
        satisfaction_change: recent.zip(before).map(|(recent, before)| recent - before),
        terms_trend_days: terms.payment_trends.get(&customer).copied(),
        contract_expires: terms.contracts.get(&customer).map(|contracts| {
            contracts
                .iter()
                .any(|contract| contract.ends_on < horizon_end)
        }),
    })
}

/// Mean of the surveys answered in the weeks before a day; `None` with too few.
fn feeling(past: &Past, at: NaiveDate) -> Option<f64> {
    let said = within(
        &past.answers,
        weeks_before(at, RECENT_WEEKS),
        at,
        |(on, _)| *on,
    );
    let sum: f64 = said.iter().map(|(_, score)| score).sum();
    (said.len() >= ENOUGH_ANSWERS).then(|| sum / said.len() as f64)
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

    fn served(past: &Past, at: NaiveDate) -> Covariates {
        let nothing = Terms::default();
        service((CustomerId(1), past), (at, at + Days::new(91)), &nothing).unwrap()
    }

    #[test]
    fn the_late_share_needs_five_deliveries_and_the_change_two_windows() {
        let mut past = past(&[0]);
        past.punctuality = [0, 1, 2, 3].map(|on| (day(on), false)).to_vec();
        assert_eq!(served(&past, day(100)).late_share, None);

        past.punctuality.push((day(4), true));
        past.punctuality
            .extend([190, 191, 192, 193, 194].map(|on| (day(on), true)));
        past.complaints = vec![day(10), day(191)];
        let early = served(&past, day(80));
        assert_eq!(early.late_share, Some(0.2));
        assert_eq!(early.complaints_13w, Some(1));
        let later = served(&past, day(200));
        assert_eq!(later.late_share, Some(1.0));
        assert_eq!(later.complaints_13w, Some(1));
        // On time 4.5 of 6 then, 0.5 of 6 now: both below .85, where desirability ends.
        assert_eq!(later.satisfaction_change, Some(0.0));
    }

    #[test]
    fn what_people_say_comes_before_what_deliveries_say() {
        let mut past = past(&[0]);
        past.punctuality = (0..400).map(|on| (day(on), false)).collect();
        past.answers = [(210, 0.9), (211, 0.8), (212, 0.7), (392, 0.5), (393, 0.3)]
            .map(|(on, score)| (day(on), score))
            .to_vec();
        // Two answers are too few: all deliveries are on time, then and now.
        let change = served(&past, day(400)).satisfaction_change.unwrap();
        assert!(change.abs() < 1e-12);
        past.answers.push((day(394), 0.1));
        // .3 in the 13 weeks to day 400, .8 in those to day 218.
        let change = served(&past, day(400)).satisfaction_change.unwrap();
        assert!((change + 0.5).abs() < 1e-12, "{change}");
        // Nothing of what was said later is seen.
        assert!(served(&past, day(300)).satisfaction_change.unwrap().abs() < 1e-12);
    }
}
