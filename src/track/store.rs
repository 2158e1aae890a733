//! Runs, their customers and what happened to them; and the scores that follow.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use super::Made;
use super::score::{AlertOutcome, Case, Outcome, Scores, Standing};
use super::summary::Tally;
use crate::access::Teams;
use crate::alerts::model::Settlement;
use crate::alerts::store::IS_GONE;
use crate::db::schema::{alert_outcomes, run_scores, runs, shipments};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, insert_all, on};
use crate::ids::{AlertId, CustomerId, RunId};

/// Rows written together.
const CHUNK: usize = 10_000;

/// Every finished run, by as-of date and id.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn made(conn: &mut Conn) -> DbResult<Vec<Made>> {
    type Row = (RunId, NaiveDate, i64, UtcTime, Option<UtcTime>);
    let rows: Vec<Row> = on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .order((runs::as_of, runs::id))
        .select((
            runs::id,
            runs::as_of,
            runs::horizon_weeks,
            runs::started_at,
            runs::finished_at,
        ))
        .load(c))?;
    let scored: Vec<RunId> = on!(conn, |c| run_scores::table
        .select(run_scores::run_id)
        .distinct()
        .load(c))?;
    let scored: HashSet<RunId> = scored.into_iter().collect();
    Ok(rows
        .into_iter()
        .map(|(id, as_of, horizon_weeks, made_at, finished_at)| Made {
            id,
            as_of,
            horizon_weeks,
            made_at,
            finished_at: finished_at.unwrap_or(made_at),
            scored: scored.contains(&id),
        })
        .collect())
}

/// The newest shipping day.
pub fn data_until(conn: &mut Conn) -> DbResult<Option<NaiveDate>> {
    Ok(on!(conn, |c| shipments::table
        .filter(shipments::deleted_at.is_null())
        .filter(shipments::status.ne("cancelled"))
        .order(shipments::activity_on.desc())
        .select(shipments::activity_on)
        .first(c)
        .optional())?)
}

#[derive(QueryableByName)]
struct CaseRow {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    team_id: Option<i64>,
    #[diesel(sql_type = Double)]
    churn_probability: f64,
    #[diesel(sql_type = Date)]
    last_on: NaiveDate,
    #[diesel(sql_type = Bool)]
    is_gone: bool,
}

/// Every customer of a run with what happened to it in the horizon, in order of their ids.
pub fn cases(conn: &mut Conn, run: &Made, zone: Tz) -> DbResult<Vec<Case>> {
    let until = run
        .due_on()
        .ok_or_else(|| DbError::corrupt("runs.horizon_weeks", run.horizon_weeks))?;
    let shipped = shipped(conn, run.as_of, until)?;
    let mut alerts = standing(conn, (run.finished_at, run.horizon_weeks * 7), zone)?;
    let mut sql =
        Statement::new("SELECT r.customer_id, c.team_id, r.churn_probability, r.last_on, ");
    sql.push(IS_GONE)
        .push(
            " AS is_gone FROM customer_risks r JOIN runs u ON u.id = r.run_id \
             JOIN customers c ON c.id = r.customer_id WHERE r.run_id = ",
        )
        .bind(Value::Int(run.id.0))
        .push(" ORDER BY r.customer_id");
    let rows: Vec<CaseRow> = sql.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Case {
            customer: row.customer_id,
            team: row.team_id,
            probability: row.churn_probability,
            last_on: row.last_on,
            gone: row.is_gone,
            shipped: shipped.contains(&row.customer_id),
            alert: alerts.remove(&row.customer_id),
        })
        .collect())
}

#[derive(QueryableByName)]
struct Party {
    #[diesel(sql_type = BigInt)]
    id: CustomerId,
}

/// Customers with a shipping day from `from` on and before `until`, on either side.
fn shipped(conn: &mut Conn, from: NaiveDate, until: NaiveDate) -> DbResult<HashSet<CustomerId>> {
    let mut sql = Statement::default();
    for (party, union) in [("shipper_id", " UNION "), ("consignee_id", "")] {
        sql.push("SELECT s.").push(party);
        sql.push(" AS id FROM shipments s WHERE s.activity_on >= ")
            .bind(Value::Date(from));
        sql.push(" AND s.activity_on < ").bind(Value::Date(until));
        sql.push(" AND s.deleted_at IS NULL AND s.status <> 'cancelled'")
            .push(union);
    }
    let rows: Vec<Party> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct AlertRow {
    #[diesel(sql_type = BigInt)]
    id: AlertId,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    severity: String,
    #[diesel(sql_type = crate::db::Instant)]
    opened_at: UtcTime,
    #[diesel(sql_type = Bool)]
    settled: bool,
}

/// The alert of each customer at a moment: the first that stood; else the last that a person had
/// settled in the days before.
fn standing(
    conn: &mut Conn,
    (at, days): (UtcTime, i64),
    zone: Tz,
) -> DbResult<HashMap<CustomerId, Standing>> {
    let since = at.0 - chrono::TimeDelta::try_days(days).unwrap_or_default();
    let by_people = Settlement::WORDS.iter();
    let mut sql = Statement::new(
        "SELECT a.id, a.customer_id, a.reason, a.severity, a.opened_at, \
         (a.resolved_at IS NOT NULL AND a.resolved_at <= ",
    );
    sql.bind(Value::Time(at))
        .push(
            ") AS settled FROM alerts a WHERE a.reason IN ('churn_level', 'churn_rise') \
             AND a.opened_at <= ",
        )
        .bind(Value::Time(at))
        .push(" AND (a.resolved_at IS NULL OR a.resolved_at > ")
        .bind(Value::Time(at))
        .push(" OR (a.resolved_at > ")
        .bind(Value::Time(since.into()))
        .push(" AND a.resolution IN (")
        .bind_list(by_people.map(|word| Value::Text((*word).to_owned())))
        .push("))) ORDER BY a.opened_at, a.id");
    let rows: Vec<AlertRow> = sql.load(conn)?;
    let mut alerts: HashMap<CustomerId, Standing> = HashMap::with_capacity(rows.len());
    for row in rows {
        let known = alerts.get(&row.customer_id);
        if known.is_some_and(|known| !known.settled) {
            continue;
        }
        let alert = Standing {
            id: row.id,
            reason: row.reason,
            severity: row.severity,
            opened_on: row.opened_at.0.with_timezone(&zone).date_naive(),
            settled: row.settled,
        };
        alerts.insert(row.customer_id, alert);
    }
    Ok(alerts)
}

#[derive(Insertable)]
#[diesel(table_name = run_scores, treat_none_as_default_value = false)]
struct ScoreRow {
    run_id: RunId,
    slice: String,
    team_id: Option<i64>,
    in_time: bool,
    customers: i64,
    gone: i64,
    lost: i64,
    expected_lost: f64,
    auc: Option<f64>,
    brier: Option<f64>,
    brier_skill: Option<f64>,
    calibration_error: Option<f64>,
    calibration: String,
    alerts_right: i64,
    alerts_wrong: i64,
    missed: i64,
    warning_days_median: Option<f64>,
    scored_at: UtcTime,
}

#[derive(Insertable)]
#[diesel(table_name = alert_outcomes, treat_none_as_default_value = false)]
struct OutcomeRow {
    run_id: RunId,
    customer_id: CustomerId,
    outcome: &'static str,
    alert_id: Option<AlertId>,
    reason: Option<String>,
    severity: Option<String>,
    opened_on: Option<NaiveDate>,
    churn_probability: f64,
    last_on: NaiveDate,
    silent_on: Option<NaiveDate>,
    warning_days: Option<i64>,
}

/// Writes the scores of a run in place of those that stand, if `again` or there are none; whether
/// it did.
pub fn write(
    conn: &mut Conn,
    (run, in_time, again): (RunId, bool, bool),
    (scores, outcomes): (&[Scores], &[AlertOutcome]),
    now: UtcTime,
) -> DbResult<bool> {
    if conn.is_postgres() {
        // Two processes that score the same run would violate the key.
        conn.batch("LOCK TABLE run_scores IN SHARE ROW EXCLUSIVE MODE")?;
    }
    let stands: i64 = on!(conn, |c| run_scores::table
        .filter(run_scores::run_id.eq(run))
        .count()
        .get_result(c))?;
    if stands > 0 && !again {
        return Ok(false);
    }
    on!(conn, |c| diesel::delete(alert_outcomes::table)
        .filter(alert_outcomes::run_id.eq(run))
        .execute(c))?;
    on!(conn, |c| diesel::delete(run_scores::table)
        .filter(run_scores::run_id.eq(run))
        .execute(c))?;
    let mut rows = Vec::with_capacity(scores.len());
    for figures in scores {
        rows.push(score_row(run, in_time, figures, now)?);
    }
    insert_all!(conn, run_scores::table, &rows)?;
    for chunk in outcomes.chunks(CHUNK) {
        let rows: Vec<OutcomeRow> = chunk
            .iter()
            .map(|one| outcome_row((run, in_time), one))
            .collect();
        insert_all!(conn, alert_outcomes::table, &rows)?;
    }
    Ok(true)
}

fn score_row(run: RunId, in_time: bool, figures: &Scores, now: UtcTime) -> DbResult<ScoreRow> {
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(ScoreRow {
        run_id: run,
        slice: figures.slice.word(),
        team_id: figures.slice.team(),
        in_time,
        customers: whole(figures.customers),
        gone: whole(figures.gone),
        lost: whole(figures.lost),
        expected_lost: figures.expected_lost,
        auc: figures.auc,
        brier: figures.brier,
        brier_skill: figures.brier_skill,
        calibration_error: figures.calibration_error,
        calibration: serde_json::to_string(&figures.calibration)
            .map_err(|error| DbError::corrupt("run_scores.calibration", error))?,
        alerts_right: whole(figures.right),
        alerts_wrong: whole(figures.wrong),
        missed: whole(figures.missed),
        // Nobody was warned by a run that was made when the outcome could be known.
        warning_days_median: figures.warning_days_median.filter(|_| in_time),
        scored_at: now,
    })
}

fn outcome_row((run, in_time): (RunId, bool), one: &AlertOutcome) -> OutcomeRow {
    let alert = one.alert.as_ref();
    OutcomeRow {
        run_id: run,
        customer_id: one.customer,
        outcome: one.outcome.word(),
        alert_id: alert.map(|alert| alert.id),
        reason: alert.map(|alert| alert.reason.clone()),
        severity: alert.map(|alert| alert.severity.clone()),
        opened_on: alert.map(|alert| alert.opened_on),
        churn_probability: one.probability,
        last_on: one.last_on,
        silent_on: one.silent_on,
        warning_days: one.warning_days.filter(|_| in_time),
    }
}

/// A stored score with the run's dates.
#[derive(Clone, Debug, QueryableByName)]
pub struct Stored {
    /// The run.
    #[diesel(sql_type = BigInt)]
    pub run_id: RunId,
    /// What was known before this day counts.
    #[diesel(sql_type = Date)]
    pub as_of: NaiveDate,
    /// Weeks ahead.
    #[diesel(sql_type = BigInt)]
    pub horizon_weeks: i64,
    /// Whose figures: see [`Slice`](super::score::Slice).
    #[diesel(sql_type = Text)]
    pub slice: String,
    /// The team whose figures they are.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    /// Its name.
    #[diesel(sql_type = Nullable<Text>)]
    pub team: Option<String>,
    /// Whether the run was made in time.
    #[diesel(sql_type = Bool)]
    pub in_time: bool,
    /// As in [`Scores`], and so all that follow.
    #[diesel(sql_type = BigInt)]
    pub customers: i64,
    /// Had left already.
    #[diesel(sql_type = BigInt)]
    pub gone: i64,
    /// Lost.
    #[diesel(sql_type = BigInt)]
    pub lost: i64,
    /// Expected to be lost.
    #[diesel(sql_type = Double)]
    pub expected_lost: f64,
    /// AUC.
    #[diesel(sql_type = Nullable<Double>)]
    pub auc: Option<f64>,
    /// Brier.
    #[diesel(sql_type = Nullable<Double>)]
    pub brier: Option<f64>,
    /// Skill.
    #[diesel(sql_type = Nullable<Double>)]
    pub brier_skill: Option<f64>,
    /// Calibration error.
    #[diesel(sql_type = Nullable<Double>)]
    pub calibration_error: Option<f64>,
    /// JSON of bins.
    #[diesel(sql_type = Text)]
    pub calibration: String,
    /// Right.
    #[diesel(sql_type = BigInt)]
    pub alerts_right: i64,
    /// Wrong.
    #[diesel(sql_type = BigInt)]
    pub alerts_wrong: i64,
    /// Missed.
    #[diesel(sql_type = BigInt)]
    pub missed: i64,
    /// Median of the days of warning.
    #[diesel(sql_type = Nullable<Double>)]
    pub warning_days_median: Option<f64>,
    /// When it was scored.
    #[diesel(sql_type = crate::db::Instant)]
    pub scored_at: UtcTime,
}

/// Every stored score that these teams may see, the newest run first: everybody's and each team's,
/// or those of their own teams alone.
pub fn stored(conn: &mut Conn, teams: &Teams) -> DbResult<Vec<Stored>> {
    let mut sql = Statement::new(
        "SELECT s.run_id, r.as_of, r.horizon_weeks, s.slice, s.team_id, t.name AS team, s.in_time, \
         s.customers, s.gone, s.lost, s.expected_lost, s.auc, s.brier, s.brier_skill, \
         s.calibration_error, s.calibration, s.alerts_right, s.alerts_wrong, s.missed, \
         s.warning_days_median, s.scored_at FROM run_scores s JOIN runs r ON r.id = s.run_id \
         LEFT JOIN teams t ON t.id = s.team_id WHERE r.status = 'done'",
    );
    teams.restrict(&mut sql, "s.team_id");
    sql.push(" ORDER BY r.as_of DESC, s.run_id DESC, s.slice");
    sql.load(conn)
}

#[derive(QueryableByName)]
struct TallyRow {
    #[diesel(sql_type = Text)]
    severity: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct DaysRow {
    #[diesel(sql_type = BigInt)]
    warning_days: i64,
}

/// Alerts right and wrong by their severity, in these runs, of customers that these teams may see.
pub fn by_severity(
    conn: &mut Conn,
    runs: &[RunId],
    teams: &Teams,
) -> DbResult<BTreeMap<String, Tally>> {
    let mut sql = Statement::new(
        "SELECT o.severity, o.outcome, COUNT(*) AS count FROM alert_outcomes o \
         JOIN customers c ON c.id = o.customer_id WHERE o.severity IS NOT NULL",
    );
    among(&mut sql, runs, teams);
    sql.push(" GROUP BY o.severity, o.outcome");
    let rows: Vec<TallyRow> = sql.load(conn)?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for row in rows {
        let outcome = Outcome::parse(&row.outcome)
            .ok_or_else(|| DbError::corrupt("alert_outcomes.outcome", &row.outcome))?;
        let count = u64::try_from(row.count).unwrap_or(0);
        tallies.entry(row.severity).or_default().add(outcome, count);
    }
    Ok(tallies)
}

/// Days of warning of the alerts that were right, in these runs, of customers that these teams may
/// see.
pub fn warning_days(conn: &mut Conn, runs: &[RunId], teams: &Teams) -> DbResult<Vec<f64>> {
    let mut sql = Statement::new(
        "SELECT o.warning_days FROM alert_outcomes o JOIN customers c ON c.id = o.customer_id \
         WHERE o.warning_days IS NOT NULL",
    );
    among(&mut sql, runs, teams);
    let rows: Vec<DaysRow> = sql.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| row.warning_days as f64)
        .collect())
}

fn among(sql: &mut Statement, runs: &[RunId], teams: &Teams) {
    teams.restrict(sql, "c.team_id");
    if runs.is_empty() {
        sql.push(" AND 1 = 0");
        return;
    }
    sql.push(" AND o.run_id IN (")
        .bind_list(runs.iter().map(|run| Value::Int(run.0)))
        .push(")");
}

/// The newest scored run, or the one with this as-of date, and when it was scored.
pub fn latest_scored(
    conn: &mut Conn,
    as_of: Option<NaiveDate>,
) -> DbResult<Option<(RunId, UtcTime)>> {
    let mut sql = Statement::new(
        "SELECT s.run_id, s.scored_at FROM run_scores s JOIN runs r ON r.id = s.run_id \
         WHERE s.slice = 'all' AND r.status = 'done'",
    );
    if let Some(day) = as_of {
        sql.push(" AND r.as_of = ").bind(Value::Date(day));
    }
    sql.push(" ORDER BY r.as_of DESC, s.run_id DESC LIMIT 1");
    let rows: Vec<ScoredRow> = sql.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.run_id, row.scored_at))
        .next())
}

#[derive(QueryableByName)]
struct ScoredRow {
    #[diesel(sql_type = BigInt)]
    run_id: RunId,
    #[diesel(sql_type = crate::db::Instant)]
    scored_at: UtcTime,
}
