//! What each rule starts with where a team has set nothing: levels, steps and pauses.
//!
//! Chosen, not measured, unless a rule says where its figure comes from (docs/alert-rules.md).

use crate::alerts::model::{AlertReason, AlertSeverity};

crate::word_enum! {
    /// What a rule measures in.
    MeasureUnit {
        /// A probability, or a share of something, in `[0, 1]`; a difference of such.
        Share = "share",
        /// Days; negative: days that are left.
        Days = "days",
        /// How often.
        Times = "times",
        /// The weight that a promise was given.
        Weight = "weight",
        /// Multiples of the usual gap.
        UsualGaps = "usual_gaps",
    }
}

/// What a rule starts with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleDefault {
    /// Which rule.
    pub reason: AlertReason,
    /// What its measure, level, `high`, step and hysteresis are in.
    pub unit: MeasureUnit,
    /// An alert opens from this measure on.
    pub level: f64,
    /// It is high from this one on, if it rests on enough.
    pub high: f64,
    /// An open alert that has become worse by so much is told again; positive.
    pub step: f64,
    /// How far below the level the measure must fall before the alert ends; not negative.
    pub hysteresis: f64,
    /// Days after its end for which it does not open again unless it is a step worse.
    pub cool_down_days: u32,
    /// How severe it is below `high`: medium or low.
    pub severity: AlertSeverity,
}

const fn rule(
    reason: AlertReason,
    unit: MeasureUnit,
    [level, high, step, hysteresis]: [f64; 4],
    cool_down_days: u32,
    severity: AlertSeverity,
) -> RuleDefault {
    RuleDefault {
        reason,
        unit,
        level,
        high,
        step,
        hysteresis,
        cool_down_days,
        severity,
    }
}

use AlertReason as R;
use AlertSeverity::{Low, Medium};
use MeasureUnit::{Days, Share, Times, UsualGaps, Weight};

/// Every rule that reads signals, in the order of [`AlertReason`]. `churn_level` and `churn_rise` are
/// not among them: their level and step are settings (`alert_level`, `alert_step`).
#[rustfmt::skip]
pub const DEFAULTS: &[RuleDefault] = &[
    //                                     opens at, high from, step, hysteresis
    rule(R::PartnerRisk, Share,            [0.2, 0.4, 0.1, 0.05], 28, Medium),
    rule(R::DepartmentUnsatisfied, Share,  [0.5, 0.7, 0.1, 0.05], 28, Medium),
    rule(R::SatisfactionFall, Share,       [0.1, 0.2, 0.05, 0.03], 28, Medium),
    rule(R::DepartmentUnheard, Days,       [365.0, 1095.0, 365.0, 0.0], 28, Low),
    rule(R::ScoreAndMoney, Share,          [0.25, 0.5, 0.15, 0.05], 28, Medium),
    rule(R::VolumeDrop, Share,             [0.3, 0.6, 0.15, 0.05], 28, Medium),
    rule(R::ComplaintOverdue, Days,        [0.0, 5.0, 3.0, 0.0], 0, Medium),
    rule(R::ComplaintReopened, Times,      [1.0, 2.0, 1.0, 0.0], 0, Medium),
    rule(R::PromiseDue, Days,              [-7.0, 30.0, 7.0, 0.0], 0, Low),
    rule(R::PromiseBroken, Weight,         [0.0, 2.0, 1.0, 0.0], 0, Medium),
    rule(R::ContractEnding, Days,          [-90.0, -30.0, 30.0, 0.0], 0, Medium),
    rule(R::KeyPerson, Share,              [0.95, 1.0, 0.05, 0.05], 90, Low),
    rule(R::PaymentFall, Days,             [10.0, 30.0, 10.0, 3.0], 28, Medium),
    rule(R::DataStale, UsualGaps,          [3.0, 6.0, 2.0, 0.5], 0, Medium),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_but_those_about_churn_itself_has_one_sensible_default() {
        let reasons: Vec<AlertReason> = DEFAULTS.iter().map(|one| one.reason).collect();
        let churn = [AlertReason::ChurnLevel, AlertReason::ChurnRise];
        let all = AlertReason::ALL.iter().copied();
        let expected: Vec<AlertReason> = all.filter(|one| !churn.contains(one)).collect();
        assert_eq!(reasons, expected);
        for one in DEFAULTS {
            assert!(one.high > one.level, "{}", one.reason);
            assert!(one.step > 0.0 && one.hysteresis >= 0.0, "{}", one.reason);
            assert_ne!(one.severity, AlertSeverity::High, "{}", one.reason);
        }
    }
}
