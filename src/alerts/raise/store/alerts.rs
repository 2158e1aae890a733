//! The alerts that runs and checks open, change and end.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};

use super::Run;
use crate::alerts::facts::Facts;
use crate::alerts::model::{AlertDeed, AlertReason, AlertSeverity, AlertState, Ending, Settlement};
use crate::alerts::store::facts::parsed;
use crate::db::schema::{alert_events, alerts, customers};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::{AlertId, CustomerId, RunId, UserId};

/// Customers asked for at once.
const CHUNK: usize = 500;

/// An alert that is not resolved.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = alerts)]
pub struct OpenAlert {
    pub id: AlertId,
    pub customer_id: Option<CustomerId>,
    pub reason: String,
    pub subject: String,
    pub severity: String,
    pub state: String,
    pub run_id: Option<RunId>,
    pub measure: f64,
    pub measure_mailed: Option<f64>,
    pub nonce: String,
    pub owner_id: Option<UserId>,
    pub version: i64,
    pub updated_at: UtcTime,
}

/// Every alert for these reasons that is not resolved, in order of their ids.
pub fn open_alerts(conn: &mut Conn, reasons: &[AlertReason]) -> DbResult<Vec<OpenAlert>> {
    let words = reasons.iter().map(|reason| reason.word());
    Ok(on!(conn, |c| alerts::table
        .filter(alerts::state.ne(AlertState::Resolved.word()))
        .filter(alerts::reason.eq_any(words))
        .order(alerts::id)
        .select(OpenAlert::as_select())
        .load(c))?)
}

/// Those of these alerts that are not resolved, in order of their ids.
pub fn standing(conn: &mut Conn, ids: &[AlertId]) -> DbResult<Vec<OpenAlert>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<OpenAlert> = on!(conn, |c| alerts::table
            .filter(alerts::id.eq_any(chunk.iter().map(|id| id.0)))
            .filter(alerts::state.ne(AlertState::Resolved.word()))
            .order(alerts::id)
            .select(OpenAlert::as_select())
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// Which of our people snoozed these alerts last; where that was a key or a command, nobody is known.
pub fn put_off_by(conn: &mut Conn, ids: &[AlertId]) -> DbResult<BTreeMap<AlertId, UserId>> {
    let mut actors: BTreeMap<AlertId, String> = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(AlertId, String)> = on!(conn, |c| alert_events::table
            .filter(alert_events::alert_id.eq_any(chunk.iter().map(|id| id.0)))
            .filter(alert_events::deed.eq(AlertDeed::Snoozed.word()))
            .order(alert_events::id)
            .select((alert_events::alert_id, alert_events::actor))
            .load(c))?;
        actors.extend(rows);
    }
    let user = |actor: &str| actor.strip_prefix("user:")?.parse().ok().map(UserId);
    Ok(actors
        .into_iter()
        .filter_map(|(id, actor)| Some((id, user(&actor)?)))
        .collect())
}

/// What the open alerts for a reason say, by their ids.
pub fn open_facts(conn: &mut Conn, reason: AlertReason) -> DbResult<BTreeMap<AlertId, Facts>> {
    let rows: Vec<(AlertId, String)> = on!(conn, |c| alerts::table
        .filter(alerts::state.ne(AlertState::Resolved.word()))
        .filter(alerts::reason.eq(reason.word()))
        .select((alerts::id, alerts::facts))
        .load(c))?;
    let known = |(id, text): (AlertId, String)| Ok((id, parsed(&text)?));
    rows.into_iter().map(known).collect()
}

/// The newest alert of a customer about churn that a person resolved.
#[derive(Clone, Debug, QueryableByName)]
pub struct SettledRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Double)]
    pub measure: f64,
    #[diesel(sql_type = Text)]
    pub resolution: String,
    #[diesel(sql_type = Date)]
    pub as_of: NaiveDate,
    #[diesel(sql_type = Nullable<Double>)]
    pub lowest: Option<f64>,
}

fn settlements() -> impl Iterator<Item = Value> {
    Settlement::WORDS
        .iter()
        .map(|word| Value::Text((*word).into()))
}

/// The newest alert of each customer that a person resolved, with the lowest probability of the
/// runs between it and `run`.
pub fn settled(conn: &mut Conn, run: &Run) -> DbResult<BTreeMap<CustomerId, SettledRow>> {
    let mut sql = Statement::new(
        "SELECT a.customer_id, a.measure, a.resolution, u.as_of, \
         (SELECT MIN(x.churn_probability) FROM customer_risks x JOIN runs q ON q.id = x.run_id \
         WHERE x.customer_id = a.customer_id AND q.status = 'done' AND q.as_of > u.as_of \
         AND q.as_of < ",
    );
    sql.bind(Value::Date(run.as_of))
        .push(" AND q.horizon_weeks = ")
        .bind(Value::Int(run.horizon_weeks))
        .push(
            ") AS lowest FROM alerts a JOIN runs u ON u.id = a.run_id \
             WHERE a.state = 'resolved' AND a.reason IN ('churn_level', 'churn_rise') AND a.resolution IN (",
        )
        .bind_list(settlements())
        .push(
            ") AND NOT EXISTS (SELECT 1 FROM alerts b WHERE b.customer_id = a.customer_id \
             AND b.reason IN ('churn_level', 'churn_rise') AND b.id > a.id AND b.state = 'resolved' \
             AND b.resolution IN (",
        )
        .bind_list(settlements())
        .push("))");
    let rows: Vec<SettledRow> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| (row.customer_id, row)).collect())
}

/// An alert that a person resolved, or that ended as recovered.
#[derive(Clone, Debug, QueryableByName)]
pub struct EndedRow {
    #[diesel(sql_type = BigInt)]
    pub id: AlertId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer_id: Option<CustomerId>,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Double)]
    pub measure: f64,
    #[diesel(sql_type = Nullable<Double>)]
    pub measure_mailed: Option<f64>,
    #[diesel(sql_type = Text)]
    pub resolution: String,
    #[diesel(sql_type = Nullable<Instant>)]
    pub resolved_at: Option<UtcTime>,
    #[diesel(sql_type = Nullable<Instant>)]
    pub came_back_at: Option<UtcTime>,
}

fn ended_for(reasons: &[AlertReason]) -> Statement {
    let mut sql = Statement::new(
        "SELECT a.id, a.customer_id, a.reason, a.subject, a.measure, a.measure_mailed, a.resolution, \
         a.resolved_at, a.came_back_at FROM alerts a WHERE a.state = 'resolved' AND a.reason IN (",
    );
    let words = reasons
        .iter()
        .map(|reason| Value::Text(reason.word().to_owned()));
    sql.bind_list(words).push(")");
    sql
}

/// Alerts of these customers, and about our own data if a customer is `None`, that a person resolved
/// or that recovered; in order of their ids.
pub fn ended(
    conn: &mut Conn,
    reasons: &[AlertReason],
    of: &[Option<CustomerId>],
) -> DbResult<Vec<EndedRow>> {
    let within = |sql: &mut Statement| {
        let recovered = Value::Text(Ending::Recovered.word().to_owned());
        sql.push(" AND a.resolution IN (")
            .bind_list(settlements().chain([recovered]))
            .push(")");
    };
    let mut rows = Vec::new();
    if of.contains(&None) {
        let mut sql = ended_for(reasons);
        within(&mut sql);
        sql.push(" AND a.customer_id IS NULL ORDER BY a.id");
        rows.extend(sql.load::<EndedRow>(conn)?);
    }
    let customers: Vec<i64> = of.iter().flatten().map(|customer| customer.0).collect();
    for chunk in customers.chunks(CHUNK) {
        let mut sql = ended_for(reasons);
        within(&mut sql);
        sql.push(" AND a.customer_id IN (")
            .bind_list(chunk.iter().copied().map(Value::Int))
            .push(") ORDER BY a.id");
        rows.extend(sql.load::<EndedRow>(conn)?);
    }
    Ok(rows)
}

/// Alerts that a person resolved and whose measure has not come back below the level since.
pub fn settled_and_not_back(conn: &mut Conn, reasons: &[AlertReason]) -> DbResult<Vec<EndedRow>> {
    let mut sql = ended_for(reasons);
    sql.push(
        " AND (a.came_back_at IS NULL OR a.came_back_at < a.resolved_at) AND a.resolution IN (",
    )
    .bind_list(settlements())
    .push(") ORDER BY a.id");
    sql.load(conn)
}

/// Notes that the measure of alerts that a person resolved has come back.
pub fn note_back(conn: &mut Conn, ids: &[AlertId], now: UtcTime) -> DbResult<()> {
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.0);
        on!(conn, |c| diesel::update(alerts::table)
            .filter(alerts::id.eq_any(ids))
            .set(alerts::came_back_at.eq(Some(now)))
            .execute(c))?;
    }
    Ok(())
}

/// What a rule writes into an alert.
pub struct AlertValues<'a> {
    pub severity: AlertSeverity,
    pub run: Option<RunId>,
    pub measure: f64,
    pub before: Option<f64>,
    pub facts: &'a str,
}

/// What an alert is about.
pub struct About<'a> {
    pub customer: Option<CustomerId>,
    pub reason: AlertReason,
    pub subject: &'a str,
    pub nonce: &'a str,
    /// Who looks after the customer, if anybody does.
    pub owner: Option<UserId>,
}

pub fn insert(
    conn: &mut Conn,
    about: &About<'_>,
    values: &AlertValues<'_>,
    now: UtcTime,
) -> DbResult<AlertId> {
    Ok(on!(conn, |c| diesel::insert_into(alerts::table)
        .values((
            alerts::customer_id.eq(about.customer.map(|customer| customer.0)),
            alerts::reason.eq(about.reason.word()),
            alerts::subject.eq(about.subject),
            alerts::nonce.eq(about.nonce),
            alerts::owner_id.eq(about.owner.map(|owner| owner.0)),
            alerts::severity.eq(values.severity.word()),
            alerts::state.eq(AlertState::Open.word()),
            alerts::run_id.eq(values.run.map(|run| run.0)),
            alerts::measure.eq(values.measure),
            alerts::measure_before.eq(values.before),
            alerts::facts.eq(values.facts),
            alerts::opened_at.eq(now),
            alerts::updated_at.eq(now),
        ))
        .returning(alerts::id)
        .get_result::<AlertId>(c))?)
}

/// Takes new figures.
pub fn update(
    conn: &mut Conn,
    id: AlertId,
    values: &AlertValues<'_>,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set((
            alerts::severity.eq(values.severity.word()),
            alerts::run_id.eq(values.run.map(|run| run.0)),
            alerts::measure.eq(values.measure),
            alerts::measure_before.eq(values.before),
            alerts::facts.eq(values.facts),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Opens it again, as it has become worse.
pub fn reopen(conn: &mut Conn, id: AlertId) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set((
            alerts::state.eq(AlertState::Open.word()),
            alerts::snoozed_until.eq(None::<UtcTime>),
            alerts::reopened.eq(alerts::reopened + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Notes what people were last told.
pub fn note_told(conn: &mut Conn, id: AlertId, measure: f64) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set(alerts::measure_mailed.eq(Some(measure)))
        .execute(c))?;
    Ok(())
}

/// Ends an alert; the facts stay as they were last told. `figures`: measure now and before.
pub fn end(
    conn: &mut Conn,
    id: AlertId,
    ending: Ending,
    (run, figures): (Option<RunId>, Option<(f64, Option<f64>)>),
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set((
            alerts::state.eq(AlertState::Resolved.word()),
            alerts::snoozed_until.eq(None::<UtcTime>),
            alerts::resolution.eq(Some(ending.word())),
            alerts::run_id.eq(run.map(|run| run.0)),
            alerts::resolved_at.eq(Some(now)),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    if let Some((measure, before)) = figures {
        on!(conn, |c| diesel::update(alerts::table.find(id.0))
            .set((
                alerts::measure.eq(measure),
                alerts::measure_before.eq(before),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// The open alerts of customers that were deleted.
pub fn of_deleted(conn: &mut Conn) -> DbResult<Vec<OpenAlert>> {
    let deleted = customers::table
        .filter(customers::deleted_at.is_not_null())
        .select(customers::id.nullable());
    Ok(on!(conn, |c| alerts::table
        .filter(alerts::state.ne(AlertState::Resolved.word()))
        .filter(alerts::customer_id.eq_any(deleted))
        .order(alerts::id)
        .select(OpenAlert::as_select())
        .load(c))?)
}
