//! Alerts in the database, as people read and change them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use serde::Serialize;

use super::facts::Facts;
use super::model::{AlertReason, AlertSeverity, AlertState};
use crate::access::Teams;
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime};
use crate::ids::{AlertId, CustomerId, RunId, UserId};

pub mod facts;
pub mod history;
pub mod life;
pub mod nonce;

pub use nonce::{fresh_nonce, nonce_of, nonce_of_user};
mod told;

/// A warning about a customer, or about our own data.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Alert {
    /// Its id.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub id: AlertId,
    /// The customer; `null`: it is about our own data.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer_id: Option<CustomerId>,
    /// The customer's name.
    #[diesel(sql_type = Nullable<Text>)]
    pub customer_name: Option<String>,
    /// The team that looks after the customer.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    /// What opened it.
    #[schema(value_type = AlertReason)]
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// What of the customer it is about: `customer`, or such as `partner:7` and `complaint:3`.
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// How urgent it is.
    #[schema(value_type = AlertSeverity)]
    #[diesel(sql_type = Text)]
    pub severity: String,
    /// Where it stands in its life.
    #[schema(value_type = AlertState)]
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Why it is resolved: `acted`, `false_alarm`, `lost`, `expired` by a person; `recovered`, `over`,
    /// `customer_left`, `superseded`, `rule_off`, `customer_deleted`, `merged` by a rule.
    #[diesel(sql_type = Nullable<Text>)]
    pub resolution: Option<String>,
    /// Who of our people is at it.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub owner_id: Option<UserId>,
    /// That person's name.
    #[diesel(sql_type = Nullable<Text>)]
    pub owner_name: Option<String>,
    /// Until when it is left alone.
    #[diesel(sql_type = Nullable<Instant>)]
    pub snoozed_until: Option<UtcTime>,
    /// How often it was opened again.
    #[diesel(sql_type = BigInt)]
    pub reopened: i64,
    /// The run that wrote it last; `null`: the daily check did.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub run_id: Option<RunId>,
    /// What its rule measures, in the rule's unit; larger is worse.
    #[diesel(sql_type = Double)]
    pub measure: f64,
    /// The same in the run before.
    #[diesel(sql_type = Nullable<Double>)]
    pub measure_before: Option<f64>,
    /// The same in its last mail.
    #[diesel(sql_type = Nullable<Double>)]
    pub measure_mailed: Option<f64>,
    /// Goes up with every change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When it was opened.
    #[diesel(sql_type = Instant)]
    pub opened_at: UtcTime,
    /// When somebody first said to be at it.
    #[diesel(sql_type = Nullable<Instant>)]
    pub acknowledged_at: Option<UtcTime>,
    /// When it last changed.
    #[diesel(sql_type = Instant)]
    pub updated_at: UtcTime,
    /// When it was resolved.
    #[diesel(sql_type = Nullable<Instant>)]
    pub resolved_at: Option<UtcTime>,
}

/// The SQL condition that the customer of a risk `r` in a run `u` has left already: silent for a
/// whole horizon and hardly alive. No alert opens about what has happened, and the track record does
/// not count it as a prediction.
pub const IS_GONE: &str = "(r.recency_weeks >= u.horizon_weeks AND r.own_churn >= 0.9)";

macro_rules! field {
    ($name:literal, $kind:expr) => {
        field!($name, concat!("a.", $name), $kind, false)
    };
    ($name:literal, $kind:expr, sortable) => {
        field!($name, concat!("a.", $name), $kind, true)
    };
    ($name:literal, $sql:expr, $kind:expr, $sortable:literal) => {
        Field {
            name: $name,
            sql: $sql,
            kind: $kind,
            sortable: $sortable,
        }
    };
}

/// Lists of alerts; those of deleted customers only among changes.
pub const ALERTS: Collection = Collection {
    columns: "a.id, a.customer_id, c.name AS customer_name, c.team_id, a.reason, a.subject, \
              a.severity, a.state, a.resolution, a.owner_id, o.name AS owner_name, \
              a.snoozed_until, a.reopened, a.run_id, a.measure, a.measure_before, \
              a.measure_mailed, a.version, a.opened_at, a.acknowledged_at, a.updated_at, \
              a.resolved_at",
    from: "alerts a LEFT JOIN customers c ON c.id = a.customer_id \
           LEFT JOIN users o ON o.id = a.owner_id",
    id: "a.id",
    updated: Some("a.updated_at"),
    alive: Some("c.deleted_at IS NULL"),
    fields: &[
        field!("id", Kind::Int, sortable),
        field!("customer_id", Kind::Int),
        field!("team_id", "c.team_id", Kind::Int, false),
        field!("reason", Kind::Words(AlertReason::WORDS)),
        field!("subject", Kind::Text),
        field!("severity", Kind::Words(AlertSeverity::WORDS)),
        field!("state", Kind::Words(AlertState::WORDS)),
        field!("resolution", Kind::Text),
        field!("owner_id", Kind::Int),
        field!("snoozed_until", Kind::Time),
        field!("run_id", Kind::Int),
        field!("measure", Kind::Real, sortable),
        field!("opened_at", Kind::Time, sortable),
        field!("updated_at", Kind::Time, sortable),
    ],
    default_sort: "-id",
};

/// The alert with this id, unless its customer was deleted or `teams` may not see it.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> DbResult<Option<Alert>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(ALERTS.columns).push(" FROM ").push(ALERTS.from);
    sql.push(" WHERE c.deleted_at IS NULL AND a.id = ")
        .bind(Value::Int(id));
    teams.restrict(&mut sql, "c.team_id");
    Ok(sql.load(conn)?.pop())
}

/// What an alert says, without the names that `teams` may not see.
///
/// # Errors
///
/// As [`facts::of`].
pub fn facts(conn: &mut Conn, id: AlertId, teams: &Teams) -> DbResult<Facts> {
    facts::seen_by(conn, &[id], teams)?
        .remove(&id)
        .ok_or_else(|| DbError::corrupt("alerts.id", id))
}
