//! The history of an alert: every change of it, by whom and why. All changes pass here.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use serde::Serialize;
use serde_json::Value as Json;

use crate::alerts::model::{AlertDeed, AlertSeverity, AlertState};
use crate::db::schema::alert_events;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::{AlertId, RunId};

/// A change of an alert.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Which alert.
    pub alert: AlertId,
    /// Who: `run:7`, `check`, `cli`, `key:3`, `user:5`.
    pub actor: &'a str,
    /// What was done.
    pub deed: AlertDeed,
    /// Its state after it.
    pub state: AlertState,
    /// Its severity after it.
    pub severity: AlertSeverity,
    /// What its rule measured, if a rule changed it.
    pub measure: Option<f64>,
    /// The run that changed it.
    pub run: Option<RunId>,
    /// Until when, to whom, why.
    pub detail: Option<Json>,
}

/// A line of an alert's history.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Event {
    /// When.
    #[diesel(sql_type = Instant)]
    pub at: UtcTime,
    /// Who: `run:7`, `check`, `cli`, `key:3`, `user:5`.
    #[diesel(sql_type = Text)]
    pub actor: String,
    /// What was done.
    #[schema(value_type = AlertDeed)]
    #[diesel(sql_type = Text)]
    pub deed: String,
    /// Its state after it.
    #[schema(value_type = AlertState)]
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Its severity after it.
    #[schema(value_type = AlertSeverity)]
    #[diesel(sql_type = Text)]
    pub severity: String,
    /// What its rule measured, if a rule changed it.
    #[diesel(sql_type = Nullable<Double>)]
    pub measure: Option<f64>,
    /// The run that changed it.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub run_id: Option<i64>,
    /// Until when, to whom, why; JSON.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(value_type = Option<Object>)]
    #[serde(serialize_with = "json")]
    pub detail: Option<String>,
}

#[expect(clippy::ref_option, reason = "serde hands fields over by reference")]
fn json<S: serde::Serializer>(text: &Option<String>, out: S) -> Result<S::Ok, S::Error> {
    let value: Option<Json> = text
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    value.serialize(out)
}

/// Writes a change down and tells webhooks of it, in its transaction.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn note(conn: &mut Conn, change: &Change<'_>, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(alert_events::table)
        .values((
            alert_events::alert_id.eq(change.alert.0),
            alert_events::at.eq(now),
            alert_events::actor.eq(change.actor),
            alert_events::deed.eq(change.deed.word()),
            alert_events::state.eq(change.state.word()),
            alert_events::severity.eq(change.severity.word()),
            alert_events::measure.eq(change.measure),
            alert_events::run_id.eq(change.run.map(|run| run.0)),
            alert_events::detail.eq(change.detail.as_ref().map(Json::to_string)),
        ))
        .execute(c))?;
    super::told::tell(conn, change, now)
}

/// Everything that was done with an alert, the oldest first.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn of(conn: &mut Conn, alert: AlertId) -> DbResult<Vec<Event>> {
    let mut sql = Statement::new(
        "SELECT e.at, e.actor, e.deed, e.state, e.severity, e.measure, e.run_id, e.detail \
         FROM alert_events e WHERE e.alert_id = ",
    );
    sql.bind(Value::Int(alert.0)).push(" ORDER BY e.id");
    sql.load(conn)
}
