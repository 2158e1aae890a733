//! When an alert that is not about churn itself opens, changes, is told again, and ends.
//!
//! ```text
//!   level ────────────── measure ≥ level: opens; ≥ a step above what was last told, or high now: told again
//!   level − hysteresis ─ measure below it: resolved ("recovered"); subject gone: resolved as it went
//! ```
//!
//! One subject has one open alert at most. What a person resolved opens again only a step above the
//! measure that was settled, or after it had come back below; settled as lost, only after that. For
//! the days of the cool-down after an alert's end the same subject opens again only a step above what
//! was last told of it. The same reading fed again changes nothing.

use super::ROUNDING;
use crate::alerts::model::{AlertDeed, AlertSeverity, AlertState, Ending};

/// What was set for a rule; all but the days in the unit of its measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// An alert opens from this measure on.
    pub level: f64,
    /// It is high from this one on, if it rests on enough.
    pub high: f64,
    /// An open alert that has become worse by so much is told again.
    pub step: f64,
    /// How far below the level the measure must fall before the alert ends; not negative.
    pub hysteresis: f64,
    /// Days after its end for which it opens again only if it is a step worse.
    pub cool_down_days: u32,
    /// How severe it is below `high`.
    pub base: AlertSeverity,
}

/// What a rule sees of a subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sight {
    /// It measured this.
    Measured {
        /// In the rule's unit; finite; larger is worse.
        measure: f64,
        /// Whether it rests on enough to alarm.
        certain: bool,
    },
    /// The rule had data, and the subject is not among them any more: so its alert ends.
    Gone(Ending),
    /// The rule had no data.
    Unknown,
}

/// An alert of the subject that is not resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// What it measured when it was last written.
    pub measure: f64,
    /// What it measured when it was last told; `None`: nobody has been told.
    pub told: Option<f64>,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Where it stands in its life; not resolved.
    pub state: AlertState,
    /// Whether this run, or the check on this day, has written it already.
    pub already: bool,
}

/// The newest alert of the subject that is resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    /// What a further step is counted from: what a person settled, or the worst that a rule told.
    pub at: f64,
    /// Whether a person resolved it.
    pub by_person: bool,
    /// Whether that person called the customer lost.
    pub lost: bool,
    /// Whether the measure has been below the level since, by more than the hysteresis.
    pub came_back: bool,
    /// Whole days since it ended.
    pub days: i64,
}

/// What becomes of a subject's alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    None,
    /// A new alert, which is told.
    Open(AlertSeverity),
    /// The open alert takes the figures.
    Update {
        /// How urgent it is now; never less than it was.
        severity: AlertSeverity,
        /// Whether measure or severity are others than what was written before.
        changed: bool,
        /// Why it is told, if it is: worsened, which opens it again, or opened, as nobody knew yet.
        tell: Option<AlertDeed>,
    },
    /// The open alert ends so.
    Resolve(Ending),
    /// What a person resolved has come back; remembered, told to nobody.
    CameBack,
}

/// What becomes of a subject's alert with this sight of it.
///
/// ```
/// use hawser::alerts::model::AlertSeverity::{High, Medium};
/// use hawser::alerts::rules::watch::{Change, Sight, Thresholds, decide};
///
/// let days = Thresholds { level: 0.0, high: 5.0, step: 3.0, hysteresis: 0.0, cool_down_days: 0, base: Medium };
/// let late = |measure| Sight::Measured { measure, certain: true };
/// assert_eq!(decide(late(-1.0), None, None, &days), Change::None);
/// assert_eq!(decide(late(2.0), None, None, &days), Change::Open(Medium));
/// assert_eq!(decide(late(6.0), None, None, &days), Change::Open(High));
/// ```
pub fn decide(
    sight: Sight,
    open: Option<&Standing>,
    ended: Option<&Ended>,
    thresholds: &Thresholds,
) -> Change {
    let (measure, certain) = match sight {
        Sight::Measured { measure, certain } => (measure, certain),
        Sight::Gone(ending) if open.is_some() => return Change::Resolve(ending),
        // Silence of who has left is no recovery.
        Sight::Gone(Ending::CustomerLeft) | Sight::Unknown => return Change::None,
        Sight::Gone(_) => return back(ended),
    };
    let below = !at_least(measure, thresholds.level - thresholds.hysteresis);
    let severity = if certain && at_least(measure, thresholds.high) {
        AlertSeverity::High
    } else {
        thresholds.base
    };
    match open {
        Some(_) if below => Change::Resolve(Ending::Recovered),
        Some(alert) => follow(measure, severity, alert, thresholds),
        None if below => back(ended),
        None if opens(measure, ended, thresholds) => Change::Open(severity),
        None => Change::None,
    }
}

/// Whether a subject whose last alert ended so is left alone at this measure.
pub fn is_cooling(measure: f64, ended: &Ended, cool_down_days: u32, step: f64) -> bool {
    ended.days < i64::from(cool_down_days) && !rises(ended.at, measure, step)
}

fn back(ended: Option<&Ended>) -> Change {
    match ended {
        Some(ended) if ended.by_person && !ended.came_back => Change::CameBack,
        _ => Change::None,
    }
}

fn opens(measure: f64, ended: Option<&Ended>, thresholds: &Thresholds) -> bool {
    if !at_least(measure, thresholds.level) {
        return false;
    }
    match ended {
        None => true,
        Some(ended) if ended.by_person && !ended.came_back => {
            !ended.lost && rises(ended.at, measure, thresholds.step)
        }
        Some(ended) => !is_cooling(measure, ended, thresholds.cool_down_days, thresholds.step),
    }
}

/// What becomes of an open alert that is not below its level by more than the hysteresis.
fn follow(
    measure: f64,
    severity: AlertSeverity,
    alert: &Standing,
    thresholds: &Thresholds,
) -> Change {
    // In the order of urgency, high comes first.
    let severity = severity.min(alert.severity);
    let rose = severity < alert.severity;
    let worse =
        |than: f64| (rose || rises(than, measure, thresholds.step)).then_some(AlertDeed::Worsened);
    // Within the hysteresis there is nothing to tell: it would contradict its own level.
    let tell = if at_least(measure, thresholds.level) {
        match alert.told {
            Some(told) => worse(told),
            None if alert.state == AlertState::Open => Some(AlertDeed::Opened),
            // Somebody is at it, or wants it left alone: only a jump is news.
            None => worse(alert.measure),
        }
    } else {
        None
    };
    if tell.is_none() && alert.already {
        return Change::None;
    }
    // Whoever is told late on the same day is told today's figures; the alert keeps its own.
    let is_written = alert.already && tell == Some(AlertDeed::Opened) && !rose;
    let differs = severity != alert.severity || (measure - alert.measure).abs() > ROUNDING;
    Change::Update {
        severity,
        changed: differs && !is_written,
        tell,
    }
}

fn at_least(measure: f64, limit: f64) -> bool {
    measure >= limit - ROUNDING
}

/// Whether `now` is a step above `before`; staying where it was is no rise, whatever the step.
fn rises(before: f64, now: f64, step: f64) -> bool {
    now > before && now - before >= step - ROUNDING
}

#[cfg(test)]
mod tests;
