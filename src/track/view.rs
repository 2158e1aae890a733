//! The track record as people read it: a summary, and run by run.

use chrono::NaiveDate;
use serde::Serialize;

use super::store::{self, Stored};
use super::summary::{Candidate, Share, Tally, Warning, apart};
use super::{Due, due};
use crate::access::Teams;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::evaluation::Bin;
use crate::ids::RunId;

crate::word_enum! {
    /// What can be said of the service's own predictions.
    State {
        /// No run's horizon has passed, with data behind it.
        NothingDue = "nothing_due",
        /// Only runs were judged that were made when the outcome could be known: a back-test.
        HindsightOnly = "hindsight_only",
        /// Predictions were judged that were made in time.
        Judged = "judged",
    }
}

/// Alerts right, wrong and missed, with shares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Alerts {
    #[serde(flatten)]
    tally: Tally,
    /// Share of the alerts that were right; `null`: no alert stood.
    precision: Option<Share>,
    /// Share of the losses that had an alert; `null`: nobody was lost.
    recall: Option<Share>,
}

impl From<Tally> for Alerts {
    fn from(tally: Tally) -> Self {
        Self {
            tally,
            precision: tally.precision(),
            recall: tally.recall(),
        }
    }
}

impl Alerts {
    /// The counts.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Share of the alerts that were right.
    pub fn precision(&self) -> Option<Share> {
        self.precision
    }

    /// Share of the losses that had an alert.
    pub fn recall(&self) -> Option<Share> {
        self.recall
    }
}

/// Alerts of one severity: losses without an alert have none, so that there is no recall.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OfSeverity {
    /// `high` or `medium`.
    pub severity: String,
    /// Customers with such an alert that were lost.
    pub right: u64,
    /// Customers with such an alert that were not.
    pub wrong: u64,
    /// Share of the alerts that were right.
    pub precision: Option<Share>,
}

/// The alerts of one team's customers.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OfTeam {
    /// The team as customers belonged when the run was scored; `null`: customers without one.
    pub team_id: Option<i64>,
    /// Its name.
    pub team: Option<String>,
    /// Its alerts.
    #[serde(flatten)]
    pub alerts: Alerts,
}

/// Runs taken together whose horizons do not overlap, so that no loss counts twice.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// The runs, the newest first.
    #[schema(value_type = Vec<i64>)]
    pub runs: Vec<RunId>,
    /// Predictions judged.
    pub customers: u64,
    /// Those that came to a loss.
    pub lost: u64,
    /// Losses that were expected: the sum of the churn probabilities.
    pub expected_lost: f64,
    /// Mean squared difference of churn probability and outcome.
    pub brier: Option<f64>,
    /// Mean AUC of the runs, weighted by customers; `null` where runs have none, or for several
    /// teams.
    pub auc: Option<f64>,
    /// Alerts.
    pub alerts: Alerts,
    /// How early alerts that were right warned.
    pub warning_days: Option<Warning>,
    /// Alerts by their severity.
    pub by_severity: Vec<OfSeverity>,
    /// Alerts by team.
    pub by_team: Vec<OfTeam>,
}

/// The figures of one run.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OfRun {
    /// The run.
    #[schema(value_type = i64)]
    pub run_id: RunId,
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: i64,
    /// The team whose customers they are about; `null`: everybody's.
    pub team_id: Option<i64>,
    /// Its name.
    pub team: Option<String>,
    /// Made by a week after its as-of date; else it is a back-test, and not in the summary.
    pub in_time: bool,
    /// Predictions judged.
    pub customers: i64,
    /// Customers that had left already, and are not judged.
    pub gone: i64,
    /// Judged ones that were lost.
    pub lost: i64,
    /// Losses that were expected.
    pub expected_lost: f64,
    /// Probability that a lost customer had a higher churn probability than one that stayed.
    pub auc: Option<f64>,
    /// Mean squared difference of churn probability and outcome.
    pub brier: Option<f64>,
    /// 1 − Brier ÷ that of the base rate.
    pub brier_skill: Option<f64>,
    /// Mean distance of predicted and observed shares by bins.
    pub calibration_error: Option<f64>,
    /// Those bins.
    pub calibration: Vec<Bin>,
    /// Alerts.
    pub alerts: Alerts,
    /// Median of the days of warning.
    pub warning_days_median: Option<f64>,
    /// When it was scored.
    pub scored_at: UtcTime,
}

/// The track record.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TrackRecord {
    /// What can be said.
    pub state: State,
    /// Runs that were judged.
    pub runs_judged: u64,
    /// Those of them made in time.
    pub runs_in_time: u64,
    /// Runs whose horizon has passed, but not in the data: no shipment has come since its end.
    pub waiting_for_data: u64,
    /// The day from which the next run can be judged.
    pub next_due_on: Option<NaiveDate>,
    /// Judged runs made in time, taken together.
    pub summary: Option<Summary>,
    /// Run by run, the newest first; so many as were asked for.
    pub runs: Vec<OfRun>,
}

/// The track record that these teams may see: everybody's, or that of their own customers.
///
/// # Errors
///
/// The database's.
pub fn track_record(
    conn: &mut Conn,
    teams: &Teams,
    today: NaiveDate,
    limit: usize,
) -> DbResult<TrackRecord> {
    let (made, until) = (store::made(conn)?, store::data_until(conn)?);
    let Due {
        next_on,
        waiting_for_data,
        ..
    } = due(&made, today, until);
    let stored = store::stored(conn, teams)?;
    // Everybody's figures, or those of each team that may be seen.
    let shown: Vec<&Stored> = stored
        .iter()
        .filter(|one| *teams != Teams::All || one.slice == "all")
        .collect();
    let mut candidates: Vec<Candidate> = shown.iter().map(|one| candidate(one)).collect();
    candidates.dedup_by_key(|one| one.id);
    let summary = summary(conn, teams, (&stored, &shown), apart(&candidates))?;
    let in_time = candidates.iter().filter(|one| one.in_time).count() as u64;
    let runs = shown.iter().take(limit).map(|one| of_run(one));
    Ok(TrackRecord {
        state: match (&summary, candidates.is_empty()) {
            (Some(_), _) => State::Judged,
            (None, false) => State::HindsightOnly,
            (None, true) => State::NothingDue,
        },
        runs_judged: candidates.len() as u64,
        runs_in_time: in_time,
        waiting_for_data,
        next_due_on: next_on,
        summary,
        runs: runs.collect::<DbResult<_>>()?,
    })
}

fn candidate(one: &Stored) -> Candidate {
    Candidate {
        id: one.run_id,
        as_of: (one.as_of - NaiveDate::default()).num_days(),
        horizon: one.horizon_weeks.saturating_mul(7),
        in_time: one.in_time,
    }
}

fn summary(
    conn: &mut Conn,
    teams: &Teams,
    (stored, shown): (&[Stored], &[&Stored]),
    runs: Vec<RunId>,
) -> DbResult<Option<Summary>> {
    if runs.is_empty() {
        return Ok(None);
    }
    let counted: Vec<&Stored> = shown
        .iter()
        .copied()
        .filter(|one| runs.contains(&one.run_id))
        .collect();
    let whole =
        |of: &dyn Fn(&Stored) -> i64| -> u64 { counted.iter().map(|one| unsigned(of(one))).sum() };
    let by_severity = store::by_severity(conn, &runs, teams)?;
    let one_slice = counted
        .windows(2)
        .all(|pair| matches!(pair, [one, next] if one.slice == next.slice));
    Ok(Some(Summary {
        customers: whole(&|one| one.customers),
        lost: whole(&|one| one.lost),
        expected_lost: counted.iter().map(|one| one.expected_lost).sum(),
        brier: mean(&counted, |one| one.brier),
        auc: mean(&counted, |one| one.auc).filter(|_| one_slice),
        alerts: total(counted.iter().copied()).into(),
        warning_days: Warning::of(store::warning_days(conn, &runs, teams)?),
        by_severity: by_severity.into_iter().map(of_severity).collect(),
        by_team: by_team(stored.iter().filter(|one| runs.contains(&one.run_id))),
        runs,
    }))
}

/// A mean weighted by customers, over the runs that have the figure.
fn mean(counted: &[&Stored], figure: impl Fn(&Stored) -> Option<f64>) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for one in counted {
        if let Some(value) = figure(one) {
            sum += value * one.customers as f64;
            weight += one.customers as f64;
        }
    }
    (weight > 0.0).then(|| sum / weight)
}

fn total<'a>(counted: impl Iterator<Item = &'a Stored>) -> Tally {
    counted.fold(Tally::default(), |tally, one| Tally {
        right: tally.right + unsigned(one.alerts_right),
        wrong: tally.wrong + unsigned(one.alerts_wrong),
        missed: tally.missed + unsigned(one.missed),
    })
}

fn of_severity((severity, tally): (String, Tally)) -> OfSeverity {
    OfSeverity {
        severity,
        right: tally.right,
        wrong: tally.wrong,
        precision: tally.precision(),
    }
}

fn by_team<'a>(counted: impl Iterator<Item = &'a Stored>) -> Vec<OfTeam> {
    let mut of_teams: Vec<&Stored> = counted.filter(|one| one.slice != "all").collect();
    // Those without a team stand last.
    of_teams.sort_by_key(|one| (one.team_id.is_none(), one.team_id));
    of_teams
        .chunk_by(|one, next| one.team_id == next.team_id)
        .filter_map(|of_team| {
            let first = of_team.first()?;
            Some(OfTeam {
                team_id: first.team_id,
                team: first.team.clone(),
                alerts: total(of_team.iter().copied()).into(),
            })
        })
        .collect()
}

fn of_run(one: &Stored) -> DbResult<OfRun> {
    Ok(OfRun {
        run_id: one.run_id,
        as_of: one.as_of,
        horizon_weeks: one.horizon_weeks,
        team_id: one.team_id,
        team: one.team.clone(),
        in_time: one.in_time,
        customers: one.customers,
        gone: one.gone,
        lost: one.lost,
        expected_lost: one.expected_lost,
        auc: one.auc,
        brier: one.brier,
        brier_skill: one.brier_skill,
        calibration_error: one.calibration_error,
        calibration: serde_json::from_str(&one.calibration)
            .map_err(|error| DbError::corrupt("run_scores.calibration", error))?,
        alerts: total([one].into_iter()).into(),
        warning_days_median: one.warning_days_median,
        scored_at: one.scored_at,
    })
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
