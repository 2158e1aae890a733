//! When an alert opens, changes, is told again, and ends: from the numbers of two runs.
//!
//! ```text
//!   level ────────────────── P ≥ level: opens; ≥ a step above the last mail, or high now: told again
//!   level − hysteresis ───── P below it: resolved ("recovered")
//!
//!   base + step ──────────── P ≥ it, base being the run before: opens as a rise
//!   base + step − hysteresis P below it: resolved
//! ```
//!
//! A customer has one open alert at most. Where level and rise hold both, the level is raised alone
//! and its mail tells the rise; a rise that is open when the level is reached is superseded.
//!
//! What a person resolved stays resolved while nothing new happens: at the level it opens again only
//! a step above the probability that was settled, or after the probability had come back down in
//! between. A customer settled as lost is heard of again only after it had come back.
//!
//! [`watch`] decides about all other reasons.

use super::model::{AlertReason, AlertSeverity, AlertState, Ending};
use crate::units::Probability;

pub mod watch;

/// How far below its limit a probability must fall before an alert ends, so that one which wavers
/// about the limit does not open and close with every run. Chosen, not measured; for limits so small
/// that it would swallow them, half the limit.
pub const HYSTERESIS: f64 = 0.05;

/// Differences below this are rounding: 0.35 − 0.2 is a rise of 0.15.
pub const ROUNDING: f64 = 1e-9;

/// What was set for a customer's team.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Churn probability from which a team is warned.
    pub level: Probability,
    /// The worsening above the level that is told again.
    pub step: Probability,
    /// How far below the level an alert about it ends, at most half the level.
    pub hysteresis: f64,
    /// Rise between two runs that warns by itself.
    pub rise: Probability,
    /// The worsening of a rise that is told again.
    pub rise_step: Probability,
    /// How far below base and rise an alert about it ends, at most half the rise.
    pub rise_hysteresis: f64,
    /// Churn probability from which an alert is high.
    pub high: Probability,
    /// Rise from which it is high too.
    pub high_rise: Probability,
    /// Whether an alert about the level may open.
    pub opens_level: bool,
    /// Whether an alert about a rise may open.
    pub opens_rise: bool,
}

impl Limits {
    /// The limits that follow from a level and a step: high from the level on, and the step as rise.
    pub fn of(level: Probability, step: Probability) -> Self {
        Self {
            level,
            step,
            hysteresis: HYSTERESIS,
            rise: step,
            rise_step: step,
            rise_hysteresis: HYSTERESIS,
            high: level,
            high_rise: Probability::ONE,
            opens_level: true,
            opens_rise: true,
        }
    }
}

/// What a run says of a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Its churn probability in this run.
    pub now: Probability,
    /// The same in the run before: the latest with an earlier as-of date and the same horizon.
    pub before: Option<Probability>,
    /// Whether it is too young for a red alarm.
    pub is_new: bool,
    /// Whether its own history supports the number.
    pub enough_evidence: bool,
    /// Whether it has left already: silent for a whole horizon and hardly alive. Warning of what
    /// has happened helps nobody, and a first run over years of history would do little else.
    pub is_gone: bool,
}

/// What an open alert is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// The level.
    Level,
    /// A rise from this probability.
    Rise {
        /// The churn probability that it rose from.
        from: Probability,
    },
}

impl Subject {
    /// The reason as it is stored.
    pub fn reason(self) -> AlertReason {
        match self {
            Self::Level => AlertReason::ChurnLevel,
            Self::Rise { .. } => AlertReason::ChurnRise,
        }
    }
}

/// An alert of the customer that is not resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// What it is about.
    pub subject: Subject,
    /// The probability when it was last written.
    pub measure: Probability,
    /// The probability in its last mail; `None` while there was nobody to mail to.
    pub mailed: Option<Probability>,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Where it stands in its life; not resolved.
    pub state: AlertState,
    /// Whether this very run has written it already.
    pub by_this_run: bool,
}

/// The newest alert of the customer that a person resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    /// The probability it stood at.
    pub at: Probability,
    /// Whether the customer was called lost.
    pub lost: bool,
    /// The lowest probability of the runs since, before this one.
    pub lowest_since: Option<Probability>,
    /// Whether it already told what was known on this run's as-of date.
    pub up_to_date: bool,
}

/// What becomes of a customer's alerts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// A new alert, with its mail.
    Open(Subject),
    /// The open alert takes this run's numbers.
    Update {
        /// Which.
        subject: Subject,
        /// How urgent it is now; never less than it was.
        severity: AlertSeverity,
        /// Whether it is told again; it is then open again, were it acknowledged.
        mail: bool,
    },
    /// The open alert ends.
    Resolve {
        /// Which.
        subject: Subject,
        /// Why.
        ending: Ending,
    },
}

/// How urgent an alert about this reading is: no red alarm for new customers or on low evidence.
pub fn severity(reading: &Reading, limits: &Limits) -> AlertSeverity {
    let rose = reading
        .before
        .is_some_and(|before| rises(before, reading.now, limits.high_rise));
    let alarming = rose || at_least(reading.now, limits.high.get());
    if alarming && reading.enough_evidence && !reading.is_new {
        AlertSeverity::High
    } else {
        AlertSeverity::Medium
    }
}

/// What becomes of a customer's alerts with this reading.
///
/// `open` holds its alerts that are not resolved. The same run fed again changes nothing.
///
/// ```
/// use hawser::alerts::rules::{Change, Limits, Reading, Subject, decide};
/// use hawser::units::Probability;
///
/// let p = |value| Probability::new(value).unwrap();
/// let limits = Limits::of(p(0.6), p(0.15));
/// // 0.45 is below the level, and 0.45 − 0.25 = 0.2 is more than the step.
/// let reading = Reading { now: p(0.45), before: Some(p(0.25)), is_new: false, enough_evidence: true, is_gone: false };
/// assert_eq!(
///     decide(&reading, &[], None, &limits),
///     [Change::Open(Subject::Rise { from: p(0.25) })]
/// );
/// ```
pub fn decide(
    reading: &Reading,
    open: &[Standing],
    settled: Option<&Settled>,
    limits: &Limits,
) -> Vec<Change> {
    let find = |reason| open.iter().find(|alert| alert.subject.reason() == reason);
    let mut changes = Vec::new();

    let level = match find(AlertReason::ChurnLevel) {
        Some(alert) => follow(reading, alert, limits),
        None if opens_level(reading, settled, limits) => Some(Change::Open(Subject::Level)),
        None => None,
    };
    let level_was_open = find(AlertReason::ChurnLevel).is_some();
    let level_stands = match level {
        Some(Change::Resolve { .. }) => false,
        Some(_) => true,
        None => level_was_open,
    };
    changes.extend(level);

    match find(AlertReason::ChurnRise) {
        Some(alert) if level_stands => changes.push(Change::Resolve {
            subject: alert.subject,
            ending: Ending::Superseded,
        }),
        Some(alert) => changes.extend(follow(reading, alert, limits)),
        None if level_stands => {}
        None => changes.extend(opened_rise(reading, settled, limits).map(Change::Open)),
    }
    changes
}

/// What becomes of an open alert.
fn follow(reading: &Reading, alert: &Standing, limits: &Limits) -> Option<Change> {
    if alert.by_this_run {
        return None;
    }
    let subject = alert.subject;
    let (limit, step) = match subject {
        Subject::Level => (limits.level.get(), limits.step),
        Subject::Rise { from } => (from.get() + limits.rise.get(), limits.rise_step),
    };
    if !at_least(reading.now, limit - hysteresis(subject, limits)) {
        return Some(Change::Resolve {
            subject,
            ending: Ending::Recovered,
        });
    }
    // In the order of urgency, high comes first.
    let severity = severity(reading, limits).min(alert.severity);
    let worse = |than| severity < alert.severity || rises(than, reading.now, step);
    let is_news = match alert.mailed {
        Some(mailed) => worse(mailed),
        None if alert.state == AlertState::Open => true,
        // Somebody is at it, or wants it left alone: only a jump is news.
        None => worse(alert.measure),
    };
    // Within the hysteresis there is nothing to tell: the mail would contradict its own limit.
    let mail = is_news && at_least(reading.now, limit);
    Some(Change::Update {
        subject,
        severity,
        mail,
    })
}

fn hysteresis(subject: Subject, limits: &Limits) -> f64 {
    let (set, limit) = match subject {
        Subject::Level => (limits.hysteresis, limits.level),
        Subject::Rise { .. } => (limits.rise_hysteresis, limits.rise),
    };
    set.min(limit.get() / 2.0)
}

fn opens_level(reading: &Reading, settled: Option<&Settled>, limits: &Limits) -> bool {
    let level = limits.level.get();
    if !limits.opens_level || !at_least(reading.now, level) {
        return false;
    }
    let seen_below = reading
        .before
        .is_some_and(|before| !at_least(before, level));
    if reading.is_gone && !seen_below {
        return false;
    }
    match settled {
        None => true,
        Some(settled) if came_back(settled, limits) => true,
        Some(settled) if settled.lost => false,
        // A rise was settled below the level: reaching the level is news.
        Some(settled) if !at_least(settled.at, level) => true,
        Some(settled) => rises(settled.at, reading.now, limits.step),
    }
}

fn opened_rise(reading: &Reading, settled: Option<&Settled>, limits: &Limits) -> Option<Subject> {
    let from = reading
        .before
        .filter(|before| limits.opens_rise && rises(*before, reading.now, limits.rise))?;
    let known = settled
        .is_some_and(|settled| settled.up_to_date || (settled.lost && !came_back(settled, limits)));
    (!known).then_some(Subject::Rise { from })
}

/// Whether the probability had come back down after a person resolved the alert.
fn came_back(settled: &Settled, limits: &Limits) -> bool {
    let limit = if at_least(settled.at, limits.level.get()) {
        limits.level.get() - hysteresis(Subject::Level, limits)
    } else {
        settled.at.get() - limits.rise.get()
    };
    settled
        .lowest_since
        .is_some_and(|lowest| !at_least(lowest, limit))
}

fn at_least(probability: Probability, limit: f64) -> bool {
    probability.get() >= limit - ROUNDING
}

/// Whether `now` is a step above `before`; staying where it was is no rise, whatever the step.
fn rises(before: Probability, now: Probability, step: Probability) -> bool {
    now > before && now.get() - before.get() >= step.get() - ROUNDING
}

#[cfg(test)]
mod tests;
