//! What came of complaints: rates, times, shares, each with what it rests on (models.md, M6).
//!
//! Withdrawn complaints count in `withdrawn` only. Shares of nothing are `null`, never 0.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate, TimeDelta};
use serde::Serialize;

use super::life::{Severity, Status};
use crate::db::UtcTime;
use crate::relationship::control::{Period, u_chart};
use crate::relationship::rate::poisson;
use crate::relationship::recovery::{KAPPA, Pair, recovery};
use crate::relationship::survival::{Watched, kaplan_meier};
use crate::relationship::{RelationshipError, rate};

/// Days within which a complaint of the same customer with the same cause is a repeat.
pub const REPEAT_DAYS: i64 = 90;
/// Days of a period of the control chart.
const PERIOD_DAYS: u64 = 28;
/// Shipments that a rate is told per.
const PER: f64 = 1_000.0;

/// A complaint, as far as it is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Who complained.
    pub customer: i64,
    /// Code of its cause.
    pub cause: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub status: Status,
    /// When it came.
    pub received_at: UtcTime,
    /// Local day on which it came.
    pub received_on: NaiveDate,
    /// First response.
    pub acknowledged_at: Option<UtcTime>,
    /// First answer.
    pub first_answered_at: Option<UtcTime>,
    /// Answer due, of the last round.
    pub answer_due_at: UtcTime,
    /// Closed by the customer.
    pub confirmed_at: Option<UtcTime>,
    /// How often it was reopened.
    pub reopened: i64,
    /// The judgement.
    pub justified: Option<bool>,
    /// Whether something is done so that it does not happen again.
    pub has_action: bool,
    /// Whether that was found to work.
    pub action_verified: bool,
}

/// What is counted, and now.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// First day.
    pub from: NaiveDate,
    /// First day that is not counted.
    pub to: NaiveDate,
    /// Of one severity only.
    pub severity: Option<Severity>,
    /// What is open has lasted until now.
    pub now: UtcTime,
}

impl Range {
    /// Whether a complaint is counted.
    pub fn counts(&self, row: &Counted) -> bool {
        (self.from..self.to).contains(&row.received_on)
            && self
                .severity
                .is_none_or(|severity| severity == row.severity)
    }
}

/// A rate with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RateFigure {
    /// Complaints per 1,000 shipments.
    pub per_1000: f64,
    /// Lower end of its exact 90 % interval.
    pub low: f64,
    /// Upper end of its exact 90 % interval.
    pub high: f64,
}

/// A share, and what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Share {
    /// In `[0, 1]`; `null` of nothing.
    pub share: Option<f64>,
    /// Those for which it holds.
    pub hits: u64,
    /// Of how many.
    pub n: u64,
}

/// A time that has not ended for all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Time {
    /// Time by which half are through, open ones included (Kaplan–Meier); `null` if fewer are.
    pub median: Option<f64>,
    /// How many are through.
    pub ended: u64,
    /// Of how many.
    pub n: u64,
}

/// Satisfaction after complaints, less that before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RecoveryFigure {
    /// Mean change, in `[-1, 1]`.
    pub mean: f64,
    /// The same pulled toward 0 by three pairs without change.
    pub shrunk: f64,
    /// Complaints with a score before and after.
    pub n: u64,
}

/// Four weeks of the control chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PeriodFigure {
    /// First day.
    pub from: NaiveDate,
    /// First day of the next.
    pub to: NaiveDate,
    /// Complaints received.
    pub complaints: u64,
    /// Shipments.
    pub shipments: u64,
    /// Complaints per 1,000 shipments; `null` without shipments.
    pub per_1000: Option<f64>,
    /// Above this chance explains it no more.
    pub limit_per_1000: Option<f64>,
    /// Whether it is above.
    pub alarm: bool,
}

/// What came of the complaints of a period.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Figures {
    /// First day.
    pub from: NaiveDate,
    /// First day that is not counted.
    pub to: NaiveDate,
    /// Complaints received, without those withdrawn.
    pub complaints: u64,
    /// Those that the customers took back.
    pub withdrawn: u64,
    /// Those that no customer has confirmed as settled.
    pub open: u64,
    /// Shipments that they are counted on.
    pub shipments: u64,
    /// Complaints per 1,000 shipments; `null` without shipments.
    pub rate: Option<RateFigure>,
    /// Hours until the first response.
    pub first_response_hours: Time,
    /// Days until the customer confirmed.
    pub confirmation_days: Time,
    /// First responses in time; open past the deadline is a miss, open before it is not counted.
    pub acknowledged_in_time: Share,
    /// Answers in time, likewise; after a reopening the new deadline counts too.
    pub answered_in_time: Share,
    /// Of those answered, those that customers reopened.
    pub reopened: Share,
    /// Of those that should be closed (answer due by now, or confirmed), those confirmed.
    pub closed_loop: Share,
    /// Of those with a cause, those with one of the same customer and cause in the 90 days before.
    pub repeated: Share,
    /// Of those judged, the unjustified.
    pub unjustified: Share,
    /// Of those with an action, those where it was found to work.
    pub action_verified: Share,
    /// Satisfaction after less before; `null` without complaints that have both.
    pub recovery: Option<RecoveryFigure>,
    /// By four weeks, from the first day on.
    pub periods: Vec<PeriodFigure>,
}

impl Share {
    fn of(list: impl Iterator<Item = bool>) -> Self {
        let (mut hits, mut n) = (0, 0);
        for hit in list {
            n += 1;
            hits += u64::from(hit);
        }
        Self {
            share: (n > 0).then(|| hits as f64 / n as f64),
            hits,
            n,
        }
    }
}

/// Counts complaints of the range. `rows` may begin earlier and be of any severity: what came in the 90
/// days before makes repeats of those in the range. `shipments` has a count for each day, `pairs` the
/// satisfaction before and after each complaint that has both.
///
/// # Errors
///
/// [`RelationshipError`] if numbers make no sense, such as a response before the complaint.
pub fn figures(
    rows: &[Counted],
    shipments: &BTreeMap<NaiveDate, u64>,
    pairs: &[Pair],
    range: &Range,
) -> Result<Figures, RelationshipError> {
    let all: Vec<&Counted> = rows.iter().filter(|row| range.counts(row)).collect();
    let counted: Vec<&Counted> = all
        .iter()
        .copied()
        .filter(|row| row.status != Status::Withdrawn)
        .collect();
    let now = range.now;
    let carried: u64 = shipments.range(range.from..range.to).map(|(_, n)| n).sum();
    let repeats = repeats(rows);
    let each = || counted.iter();
    Ok(Figures {
        from: range.from,
        to: range.to,
        complaints: counted.len() as u64,
        withdrawn: (all.len() - counted.len()) as u64,
        open: each().filter(|row| row.status.is_open()).count() as u64,
        shipments: carried,
        rate: rate_of(counted.len() as u64, carried)?,
        first_response_hours: time(&counted, now, 3_600.0, |row| row.acknowledged_at)?,
        confirmation_days: time(&counted, now, 86_400.0, |row| row.confirmed_at)?,
        acknowledged_in_time: Share::of(each().filter_map(|row| {
            let due = row.severity.deadlines(row.received_at).acknowledge;
            in_time(row.acknowledged_at, due, now)
        })),
        answered_in_time: Share::of(each().filter_map(|row| answered_in_time(row, now))),
        reopened: Share::of(
            each()
                .filter(|row| row.first_answered_at.is_some())
                .map(|row| row.reopened > 0),
        ),
        closed_loop: Share::of(
            each()
                .filter(|row| row.confirmed_at.is_some() || row.answer_due_at <= now)
                .map(|row| row.confirmed_at.is_some()),
        ),
        repeated: Share::of(rows.iter().zip(&repeats).filter_map(|(row, repeat)| {
            let counts =
                range.counts(row) && row.status != Status::Withdrawn && row.cause.is_some();
            counts.then_some(*repeat)
        })),
        unjustified: Share::of(each().filter_map(|row| row.justified.map(|just| !just))),
        action_verified: Share::of(
            each()
                .filter(|row| row.has_action)
                .map(|row| row.action_verified),
        ),
        recovery: recovery(pairs, KAPPA)?.map(|found| RecoveryFigure {
            mean: found.mean,
            shrunk: found.shrunk,
            n: found.n as u64,
        }),
        periods: periods(&counted, shipments, range)?,
    })
}

fn rate_of(events: u64, shipments: u64) -> Result<Option<RateFigure>, RelationshipError> {
    if shipments == 0 {
        return Ok(None);
    }
    let rate::Rate { rate, lo, hi } = poisson(events, shipments as f64, PER)?;
    Ok(Some(RateFigure {
        per_1000: rate,
        low: lo,
        high: hi,
    }))
}

fn time(
    rows: &[&Counted],
    now: UtcTime,
    unit_seconds: f64,
    end: impl Fn(&Counted) -> Option<UtcTime>,
) -> Result<Time, RelationshipError> {
    let watched: Vec<Watched> = rows
        .iter()
        .map(|row| {
            let ended = end(row);
            // One that came after we looked at the clock has lasted no time yet.
            let lasted = match ended {
                Some(end) => end.0 - row.received_at.0,
                None => (now.0 - row.received_at.0).max(TimeDelta::zero()),
            };
            Watched {
                time: lasted.as_seconds_f64() / unit_seconds,
                ended: ended.is_some(),
            }
        })
        .collect();
    let found = kaplan_meier(&watched)?;
    Ok(Time {
        median: found.median,
        ended: found.ended as u64,
        n: found.n as u64,
    })
}

/// Whether something was done in time; `None` while there is time left.
fn in_time(done: Option<UtcTime>, due: UtcTime, now: UtcTime) -> Option<bool> {
    match done {
        Some(at) => Some(at <= due),
        None if due < now => Some(false),
        None => None,
    }
}

fn answered_in_time(row: &Counted, now: UtcTime) -> Option<bool> {
    let due = row.severity.deadlines(row.received_at).answer;
    let waits_again = row.reopened > 0
        && matches!(row.status, Status::Reopened | Status::Acknowledged)
        && row.answer_due_at < now;
    let first = in_time(row.first_answered_at, due, now)?;
    Some(first && !waits_again)
}

/// Which of `rows` came within 90 days after one of the same customer with the same cause.
fn repeats(rows: &[Counted]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&place| rows.get(place).map(|row| row.received_at));
    let mut last: HashMap<(i64, &str), UtcTime> = HashMap::new();
    let mut found = vec![false; rows.len()];
    for place in order {
        let (Some(row), Some(repeat)) = (rows.get(place), found.get_mut(place)) else {
            continue;
        };
        let Some(cause) = row
            .cause
            .as_deref()
            .filter(|_| row.status != Status::Withdrawn)
        else {
            continue;
        };
        let before = last.insert((row.customer, cause), row.received_at);
        *repeat = before
            .is_some_and(|before| row.received_at.0 - before.0 <= TimeDelta::days(REPEAT_DAYS));
    }
    found
}

fn periods(
    rows: &[&Counted],
    shipments: &BTreeMap<NaiveDate, u64>,
    range: &Range,
) -> Result<Vec<PeriodFigure>, RelationshipError> {
    let mut spans = Vec::new();
    let mut from = range.from;
    while from < range.to {
        let to = from
            .checked_add_days(Days::new(PERIOD_DAYS))
            .map_or(range.to, |to| to.min(range.to));
        let complaints = rows
            .iter()
            .filter(|row| (from..to).contains(&row.received_on))
            .count() as u64;
        let carried: u64 = shipments.range(from..to).map(|(_, n)| n).sum();
        spans.push((from, to, complaints, carried));
        from = to;
    }
    let counts: Vec<Period> = spans
        .iter()
        .map(|&(_, _, events, shipments)| Period {
            events,
            exposure: shipments as f64,
        })
        .collect();
    let chart = u_chart(&counts)?;
    Ok(spans
        .into_iter()
        .zip(chart.points)
        .map(|((from, to, complaints, shipments), point)| PeriodFigure {
            from,
            to,
            complaints,
            shipments,
            per_1000: point.rate.map(|rate| rate * PER),
            limit_per_1000: point.limit.map(|limit| limit * PER),
            alarm: point.alarm,
        })
        .collect())
}
