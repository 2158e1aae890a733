//! The rules' settings in the database.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::RuleValues;
use crate::access::Teams;
use crate::alerts::model::AlertReason;
use crate::db::schema::alert_rules;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};

/// Which rule, and for which team.
type Key = (AlertReason, Option<i64>);

#[derive(Queryable, Selectable)]
#[diesel(table_name = alert_rules)]
struct Row {
    team_id: Option<i64>,
    reason: String,
    enabled: bool,
    level: f64,
    high: f64,
    step: f64,
    hysteresis: f64,
    cool_down_days: i64,
    version: i64,
}

/// Everything that was set, with its version.
pub fn all(conn: &mut Conn) -> DbResult<BTreeMap<Key, (RuleValues, i64)>> {
    let rows: Vec<Row> = on!(conn, |c| alert_rules::table
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter()
        .map(|row| {
            let reason = AlertReason::parse(&row.reason)
                .ok_or_else(|| DbError::corrupt("alert_rules.reason", &row.reason))?;
            let days = u32::try_from(row.cool_down_days)
                .map_err(|_| DbError::corrupt("alert_rules.cool_down_days", row.cool_down_days))?;
            let values = RuleValues {
                enabled: row.enabled,
                level: row.level,
                high: row.high,
                step: row.step,
                hysteresis: row.hysteresis,
                cool_down_days: days,
            };
            Ok(((reason, row.team_id), (values, row.version)))
        })
        .collect()
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The id of a setting.
fn find(conn: &mut Conn, (reason, team): Key) -> DbResult<Option<i64>> {
    let mut sql = Statement::new("SELECT r.id FROM alert_rules r WHERE r.reason = ");
    sql.bind(Value::Text(reason.word().to_owned()))
        .push(" AND COALESCE(r.team_id, 0) = ")
        .bind(Value::Int(team.unwrap_or(0)));
    let rows: Vec<Id> = sql.load(conn)?;
    Ok(rows.first().map(|row| row.id))
}

/// Makes or replaces a setting; its id.
pub fn put(conn: &mut Conn, key: Key, values: &RuleValues, now: UtcTime) -> DbResult<i64> {
    let written = (
        alert_rules::enabled.eq(values.enabled),
        alert_rules::level.eq(values.level),
        alert_rules::high.eq(values.high),
        alert_rules::step.eq(values.step),
        alert_rules::hysteresis.eq(values.hysteresis),
        alert_rules::cool_down_days.eq(i64::from(values.cool_down_days)),
        alert_rules::updated_at.eq(now),
    );
    if let Some(id) = find(conn, key)? {
        on!(conn, |c| diesel::update(alert_rules::table.find(id))
            .set((written, alert_rules::version.eq(alert_rules::version + 1)))
            .execute(c))?;
        return Ok(id);
    }
    Ok(on!(conn, |c| diesel::insert_into(alert_rules::table)
        .values((
            alert_rules::team_id.eq(key.1),
            alert_rules::reason.eq(key.0.word()),
            written,
            alert_rules::created_at.eq(now),
        ))
        .returning(alert_rules::id)
        .get_result(c))?)
}

/// Deletes a setting; its id, if there was one.
pub fn delete(conn: &mut Conn, key: Key) -> DbResult<Option<i64>> {
    let Some(id) = find(conn, key)? else {
        return Ok(None);
    };
    on!(conn, |c| diesel::delete(alert_rules::table.find(id))
        .execute(c))?;
    Ok(Some(id))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = BigInt)]
    open: i64,
}

/// How many alerts of each reason are not resolved, of a team's customers or of all that are seen.
pub fn open(
    conn: &mut Conn,
    team: Option<i64>,
    sees: &Teams,
) -> DbResult<BTreeMap<AlertReason, i64>> {
    let mut sql = Statement::new(
        "SELECT a.reason, COUNT(*) AS open FROM alerts a \
         LEFT JOIN customers c ON c.id = a.customer_id \
         WHERE a.state <> 'resolved' AND c.deleted_at IS NULL",
    );
    if let Some(team) = team {
        sql.push(" AND c.team_id = ").bind(Value::Int(team));
    }
    sees.restrict(&mut sql, "c.team_id");
    sql.push(" GROUP BY a.reason");
    let rows: Vec<Count> = sql.load(conn)?;
    rows.into_iter()
        .map(|row| {
            let reason = AlertReason::parse(&row.reason)
                .ok_or_else(|| DbError::corrupt("alerts.reason", &row.reason))?;
            Ok((reason, row.open))
        })
        .collect()
}
