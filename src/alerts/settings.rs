//! What was set of the rules: a team's own, else everybody's, else what a rule starts with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{AlertReason, AlertSeverity};
use super::rules::watch::Thresholds;
use super::rules::{HYSTERESIS, Limits};
use super::signals::defaults::{DEFAULTS, MeasureUnit};
use crate::access::audit::{self, Actor, Deed};
use crate::api::etag::IfMatch;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::problem::FieldProblem;
use crate::units::{NotAProbability, Probability};

mod listing;
mod store;
mod words;

pub use listing::{Reader, RuleView};

/// Days of cool-down at most.
pub const LONGEST_COOL_DOWN: i64 = 365;

crate::word_enum! {
    /// Where a rule's settings come from.
    RuleOrigin {
        /// Nobody set any.
        Default = "default",
        /// They were set for everybody.
        Everybody = "everybody",
        /// They were set for the team.
        Team = "team",
    }
}

/// What can be set of a rule; all but the days in the unit of its measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RuleValues {
    /// Whether it raises alerts.
    pub enabled: bool,
    /// An alert opens from this measure on.
    pub level: f64,
    /// It is high from this one on, if it rests on enough.
    pub high: f64,
    /// An open alert that has become worse by so much is told again.
    pub step: f64,
    /// How far below the level the measure must fall before the alert ends.
    pub hysteresis: f64,
    /// Days after its end for which it opens again only if it is a step worse.
    pub cool_down_days: u32,
}

/// What somebody wants to set; what is absent is as it would be without the setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleInput {
    /// Whether it raises alerts.
    pub enabled: Option<bool>,
    /// An alert opens from this measure on.
    pub level: Option<f64>,
    /// It is high from this one on; not below `level`.
    pub high: Option<f64>,
    /// An open alert that has become worse by so much is told again; positive.
    pub step: Option<f64>,
    /// How far below the level the measure must fall before the alert ends; not negative.
    pub hysteresis: Option<f64>,
    /// Days after its end for which it opens again only if it is a step worse; 0 to 365.
    pub cool_down_days: Option<i64>,
}

/// Settings that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadRule {
    /// NaN or infinite.
    #[error("expected a finite number")]
    NotFinite {
        /// Which.
        field: &'static str,
    },
    /// The level of what is never negative.
    #[error("expected 0 or a positive number: this rule measures nothing below")]
    LevelNegative,
    /// The level of high lies below the level.
    #[error("expected at least the level, {level}")]
    HighBelowLevel {
        /// The level.
        level: f64,
    },
    /// No step.
    #[error("expected a positive number")]
    StepNotPositive,
    /// An alert would end above its level.
    #[error("expected 0 or a positive number")]
    HysteresisNegative,
    /// Not a time to wait.
    #[error("expected 0 to {LONGEST_COOL_DOWN} days")]
    CoolDown,
    /// Churn is measured in probabilities.
    #[error("expected a probability, 0 to 1")]
    NotAProbability {
        /// Which.
        field: &'static str,
    },
}

impl BadRule {
    /// The field that is to be changed.
    pub fn field(self) -> &'static str {
        match self {
            Self::NotFinite { field } | Self::NotAProbability { field } => field,
            Self::LevelNegative => "level",
            Self::HighBelowLevel { .. } => "high",
            Self::StepNotPositive => "step",
            Self::HysteresisNegative => "hysteresis",
            Self::CoolDown => "cool_down_days",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::NotFinite { .. } => "not_finite",
            Self::HighBelowLevel { .. } => "below_level",
            Self::StepNotPositive => "not_positive",
            Self::LevelNegative | Self::HysteresisNegative => "negative",
            Self::CoolDown => "out_of_range",
            Self::NotAProbability { .. } => "no_probability",
        }
    }
}

impl From<BadRule> for Error {
    fn from(bad: BadRule) -> Self {
        let problem = FieldProblem::new(bad.field(), bad.code(), bad.to_string());
        Self::Invalid(vec![problem])
    }
}

/// A rule as it holds for somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Which.
    pub reason: AlertReason,
    /// What its measure is in.
    pub unit: MeasureUnit,
    /// How severe an alert is below `high`.
    pub base: AlertSeverity,
    /// What holds.
    pub values: RuleValues,
    /// Where that comes from.
    pub origin: RuleOrigin,
    /// The version of what was set; `None` if nothing was.
    pub version: Option<i64>,
}

impl Rule {
    /// As the machine takes them.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            level: self.values.level,
            high: self.values.high,
            step: self.values.step,
            hysteresis: self.values.hysteresis,
            cool_down_days: self.values.cool_down_days,
            base: self.base,
        }
    }
}

/// Whether a rule is about churn itself, measured in probabilities.
pub fn is_churn(reason: AlertReason) -> bool {
    matches!(reason, AlertReason::ChurnLevel | AlertReason::ChurnRise)
}

/// What a rule starts with; for churn that is the operator's level and step.
fn start(reason: AlertReason, churn: &Limits) -> Rule {
    let (values, unit, base) = match DEFAULTS.iter().find(|one| one.reason == reason) {
        Some(one) => {
            let values = RuleValues {
                enabled: true,
                level: one.level,
                high: one.high,
                step: one.step,
                hysteresis: one.hysteresis,
                cool_down_days: one.cool_down_days,
            };
            (values, one.unit, one.severity)
        }
        None => (
            churn_start(reason, churn),
            MeasureUnit::Share,
            AlertSeverity::Medium,
        ),
    };
    Rule {
        reason,
        unit,
        base,
        values,
        origin: RuleOrigin::Default,
        version: None,
    }
}

fn churn_start(reason: AlertReason, churn: &Limits) -> RuleValues {
    let (level, high, step) = if reason == AlertReason::ChurnRise {
        (churn.rise, churn.high_rise, churn.rise_step)
    } else {
        (churn.level, churn.high, churn.step)
    };
    RuleValues {
        enabled: true,
        level: level.get(),
        high: high.get(),
        step: step.get(),
        hysteresis: HYSTERESIS.min(level.get() / 2.0),
        cool_down_days: 0,
    }
}

/// Every rule for every team.
#[derive(Clone, Debug)]
pub struct RuleBook {
    churn: Limits,
    set: BTreeMap<(AlertReason, Option<i64>), (RuleValues, i64)>,
}

impl RuleBook {
    /// Reads what was set; `churn` is what the operator configured.
    ///
    /// # Errors
    ///
    /// The database's, or a stored value that makes no sense.
    pub fn load(conn: &mut Conn, churn: Limits) -> DbResult<Self> {
        Ok(Self {
            churn,
            set: store::all(conn)?,
        })
    }

    /// What holds for customers of a team; `None`: for those without one, and for our own data.
    pub fn rule(&self, reason: AlertReason, team: Option<i64>) -> Rule {
        let own = team.and_then(|team| self.written(reason, Some(team), RuleOrigin::Team));
        own.unwrap_or_else(|| self.for_everybody(reason))
    }

    /// What would hold if nothing were set for just these.
    fn beneath(&self, reason: AlertReason, team: Option<i64>) -> Rule {
        match team {
            Some(_) => self.for_everybody(reason),
            None => start(reason, &self.churn),
        }
    }

    fn for_everybody(&self, reason: AlertReason) -> Rule {
        self.written(reason, None, RuleOrigin::Everybody)
            .unwrap_or_else(|| start(reason, &self.churn))
    }

    fn written(&self, reason: AlertReason, team: Option<i64>, origin: RuleOrigin) -> Option<Rule> {
        let (values, version) = *self.set.get(&(reason, team))?;
        Some(Rule {
            values,
            origin,
            version: Some(version),
            ..start(reason, &self.churn)
        })
    }

    /// Whether any rule is switched off for anybody.
    pub fn any_off(&self) -> bool {
        self.set.values().any(|(values, _)| !values.enabled)
    }

    /// Both rules about churn for a team.
    ///
    /// # Errors
    ///
    /// [`NotAProbability`] if what is stored is none.
    pub fn limits(&self, team: Option<i64>) -> Result<Limits, NotAProbability> {
        let level = self.rule(AlertReason::ChurnLevel, team).values;
        let rise = self.rule(AlertReason::ChurnRise, team).values;
        Ok(Limits {
            level: Probability::new(level.level)?,
            step: Probability::new(level.step)?,
            hysteresis: level.hysteresis,
            rise: Probability::new(rise.level)?,
            rise_step: Probability::new(rise.step)?,
            rise_hysteresis: rise.hysteresis,
            high: Probability::new(level.high)?,
            high_rise: Probability::new(rise.high)?,
            opens_level: level.enabled,
            opens_rise: rise.enabled,
        })
    }

    /// The lowest level and rise from which anybody is warned of churn.
    ///
    /// # Errors
    ///
    /// As [`limits`](Self::limits).
    pub fn lowest_churn(&self) -> Result<(f64, f64), NotAProbability> {
        let teams = self.set.keys().filter_map(|(_, team)| *team);
        let mut lowest = (f64::INFINITY, f64::INFINITY);
        for team in std::iter::once(None).chain(teams.map(Some)) {
            let limits = self.limits(team)?;
            lowest.0 = limits.level.get().min(lowest.0);
            lowest.1 = limits.rise.get().min(lowest.1);
        }
        Ok(lowest)
    }
}

/// The values wanted, over those beneath.
///
/// # Errors
///
/// [`BadRule`] names the first that makes no sense.
pub fn checked(
    reason: AlertReason,
    input: &RuleInput,
    beneath: &RuleValues,
) -> Result<RuleValues, BadRule> {
    let days = input
        .cool_down_days
        .unwrap_or_else(|| i64::from(beneath.cool_down_days));
    let values = RuleValues {
        enabled: input.enabled.unwrap_or(beneath.enabled),
        level: input.level.unwrap_or(beneath.level),
        high: input.high.unwrap_or(beneath.high),
        step: input.step.unwrap_or(beneath.step),
        hysteresis: input.hysteresis.unwrap_or(beneath.hysteresis),
        cool_down_days: u32::try_from(days)
            .ok()
            .filter(|_| days <= LONGEST_COOL_DOWN)
            .ok_or(BadRule::CoolDown)?,
    };
    let numbers = [
        ("level", values.level),
        ("high", values.high),
        ("step", values.step),
        ("hysteresis", values.hysteresis),
    ];
    if let Some(&(field, _)) = numbers.iter().find(|(_, value)| !value.is_finite()) {
        return Err(BadRule::NotFinite { field });
    }
    // Of churn a step of none is told with every rise, as the operator may set it.
    if values.step < 0.0 || (values.step == 0.0 && !is_churn(reason)) {
        return Err(BadRule::StepNotPositive);
    }
    if values.hysteresis < 0.0 {
        return Err(BadRule::HysteresisNegative);
    }
    let outside = |value: &f64| !(0.0..=1.0).contains(value);
    if is_churn(reason)
        && let Some(&(field, _)) = numbers.iter().find(|(_, value)| outside(value))
    {
        return Err(BadRule::NotAProbability { field });
    }
    if values.level < 0.0 && !is_in_days(reason) {
        return Err(BadRule::LevelNegative);
    }
    if values.high < values.level {
        return Err(BadRule::HighBelowLevel {
            level: values.level,
        });
    }
    Ok(values)
}

/// Whether a rule counts days, which are negative before the day.
fn is_in_days(reason: AlertReason) -> bool {
    DEFAULTS
        .iter()
        .any(|one| one.reason == reason && one.unit == MeasureUnit::Days)
}

/// Whose setting, what the caller knows of it, and whom the audit log names.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Which rule.
    pub reason: AlertReason,
    /// The team; `None`: everybody.
    pub team: Option<i64>,
    /// What the caller knows.
    pub condition: IfMatch,
    /// Who sets it.
    pub actor: Actor,
}

impl Setting {
    /// Sets it; doing so twice changes nothing more. The rule as it holds then.
    ///
    /// # Errors
    ///
    /// 422 names the field that makes no sense, 412 if it has changed.
    pub fn write(
        &self,
        conn: &mut Conn,
        input: &RuleInput,
        churn: Limits,
        now: UtcTime,
    ) -> Answer<Rule> {
        let (reason, team) = (self.reason, self.team);
        let book = RuleBook::load(conn, churn)?;
        let standing = book.set.get(&(reason, team)).copied();
        self.condition
            .check(standing.map_or(0, |(_, version)| version))?;
        let values = checked(reason, input, &book.beneath(reason, team).values)?;
        if standing.is_none_or(|(old, _)| old != values) {
            let id = store::put(conn, (reason, team), &values, now)?;
            self.record(conn, ("set", id, Some(&values)), now)?;
        }
        Ok(RuleBook::load(conn, churn)?.rule(reason, team))
    }

    /// Takes it back. The rule as it holds then.
    ///
    /// # Errors
    ///
    /// 412 if it has changed.
    pub fn reset(&self, conn: &mut Conn, churn: Limits, now: UtcTime) -> Answer<Rule> {
        let (reason, team) = (self.reason, self.team);
        let book = RuleBook::load(conn, churn)?;
        if let Some((_, version)) = book.set.get(&(reason, team)) {
            self.condition.check(*version)?;
            if let Some(id) = store::delete(conn, (reason, team))? {
                self.record(conn, ("reset", id, None), now)?;
            }
        }
        Ok(book.beneath(reason, team))
    }

    fn record(
        &self,
        conn: &mut Conn,
        (action, id, values): (&str, i64, Option<&RuleValues>),
        now: UtcTime,
    ) -> Result<(), DbError> {
        let deed = Deed {
            action,
            entity: "alert_rule",
            id: Some(id),
            detail: Some(json!({"reason": self.reason, "team_id": self.team, "values": values})),
        };
        audit::record(conn, &self.actor, &deed, now)
    }
}

#[cfg(test)]
mod tests;
