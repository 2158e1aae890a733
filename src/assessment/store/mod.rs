//! Runs in the database; what they read and leave stands in the files beside.

pub mod calibrations;
pub mod input;
pub mod models;
pub mod satisfied;
pub mod snapshot;
pub mod targets;
pub mod view;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use super::model::CascadeTerm;
use super::read::Source;
use crate::db::schema::runs;
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::RunId;

/// A run.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = runs)]
pub struct Run {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: RunId,
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: i64,
    /// Days of business.
    pub window_days: i64,
    /// `running`, `done` or `failed`.
    pub status: String,
    /// Version of the models.
    pub model_version: String,
    /// What business is measured in: `revenue`, `weight` or `shipments`.
    pub business_basis: Option<String>,
    /// What value is measured in: `margin`, `revenue` or `business`.
    pub value_basis: Option<String>,
    /// Customers assessed.
    pub customers: i64,
    /// Links assessed.
    pub links: i64,
    /// Expected loss of value over the horizon.
    pub expected_loss: Option<f64>,
    /// JSON: churn parameters, strengths, solver, priors.
    #[serde(serialize_with = "as_json")]
    #[schema(value_type = Object)]
    pub parameters: Option<String>,
    /// JSON: milliseconds by step.
    #[serde(serialize_with = "as_json")]
    #[schema(value_type = Object)]
    pub timings: Option<String>,
    /// Newest change among the shipments used.
    pub inputs_at: Option<UtcTime>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    pub started_at: UtcTime,
    /// When it ended.
    pub finished_at: Option<UtcTime>,
    /// What history says of the part of churn that comes from partners: `supported`,
    /// `not_supported` or `hypothesis`.
    pub cascade_term: Option<String>,
    /// Whether the season was known; if not, quiet months count as silence.
    pub seasonal: Option<bool>,
}

/// Writes stored JSON text as JSON.
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn as_json<S: serde::Serializer>(text: &Option<String>, out: S) -> Result<S::Ok, S::Error> {
    let parsed: Option<serde_json::Value> = text
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    parsed.serialize(out)
}

/// Lists of runs.
pub const RUNS: Collection = Collection {
    columns: "r.*",
    from: "runs r",
    id: "r.id",
    updated: None,
    alive: None,
    fields: &[
        Field {
            name: "id",
            sql: "r.id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "as_of",
            sql: "r.as_of",
            kind: Kind::Date,
            sortable: true,
        },
        Field {
            name: "status",
            sql: "r.status",
            kind: Kind::Words(&["running", "done", "failed"]),
            sortable: false,
        },
    ],
    default_sort: "-id",
};

/// Notes that a run begins.
pub fn begin(
    conn: &mut Conn,
    as_of: NaiveDate,
    (horizon_weeks, window_days): (u32, u32),
    (model_version, actor): (&str, &str),
    now: UtcTime,
) -> DbResult<RunId> {
    Ok(on!(conn, |c| diesel::insert_into(runs::table)
        .values((
            runs::as_of.eq(as_of),
            runs::horizon_weeks.eq(i64::from(horizon_weeks)),
            runs::window_days.eq(i64::from(window_days)),
            runs::status.eq("running"),
            runs::model_version.eq(model_version),
            runs::actor.eq(actor),
            runs::started_at.eq(now),
        ))
        .returning(runs::id)
        .get_result(c))?)
}

/// Notes that a run failed.
pub fn fail(conn: &mut Conn, id: RunId, error: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(runs::table.find(id.0))
        .set((
            runs::status.eq("failed"),
            runs::error.eq(Some(error)),
            runs::finished_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// How a run ended.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = runs)]
pub struct Finish {
    /// `done`.
    pub status: &'static str,
    /// As in [`Run`].
    pub business_basis: Option<String>,
    /// As in [`Run`].
    pub value_basis: Option<String>,
    /// As in [`Run`].
    pub customers: i64,
    /// As in [`Run`].
    pub links: i64,
    /// As in [`Run`].
    pub expected_loss: Option<f64>,
    /// As in [`Run`].
    pub parameters: Option<String>,
    /// As in [`Run`].
    pub inputs_at: Option<UtcTime>,
    /// As in [`Run`].
    pub cascade_term: Option<String>,
    /// As in [`Run`].
    pub seasonal: Option<bool>,
}

/// Marks a run as done.
pub fn finish(conn: &mut Conn, id: RunId, end: &Finish) -> DbResult<()> {
    on!(conn, |c| diesel::update(runs::table.find(id.0))
        .set(end)
        .execute(c))?;
    Ok(())
}

/// Writes down how long each step took.
pub fn timed(conn: &mut Conn, id: RunId, timings: &str, now: UtcTime) -> DbResult<Run> {
    Ok(on!(conn, |c| diesel::update(runs::table.find(id.0))
        .set((
            runs::timings.eq(Some(timings)),
            runs::finished_at.eq(Some(now))
        ))
        .returning(Run::as_returning())
        .get_result(c))?)
}

/// The run with this id.
pub fn run(conn: &mut Conn, id: i64) -> DbResult<Option<Run>> {
    Ok(on!(conn, |c| runs::table
        .filter(runs::id.eq(id))
        .select(Run::as_select())
        .first(c)
        .optional())?)
}

/// The finished run with this as-of date, or with the latest; the newest of several.
pub fn latest(conn: &mut Conn, as_of: Option<NaiveDate>) -> DbResult<Option<Run>> {
    Ok(match as_of {
        Some(day) => on!(conn, |c| runs::table
            .filter(runs::status.eq("done"))
            .filter(runs::as_of.eq(day))
            .order(runs::id.desc())
            .select(Run::as_select())
            .first(c)
            .optional())?,
        None => on!(conn, |c| runs::table
            .filter(runs::status.eq("done"))
            .order((runs::as_of.desc(), runs::id.desc()))
            .select(Run::as_select())
            .first(c)
            .optional())?,
    })
}

/// What a run says of the cascade term; one that says nothing has no support for it.
pub fn told(cascade_term: Option<&str>) -> CascadeTerm {
    cascade_term
        .and_then(CascadeTerm::parse)
        .unwrap_or_default()
}

impl Run {
    /// Where numbers of this run come from.
    pub fn source(&self) -> Source {
        Source {
            run_id: self.id.0,
            as_of: self.as_of,
            horizon_weeks: self.horizon_weeks,
            model_version: self.model_version.clone(),
            business_basis: self.business_basis.clone().unwrap_or_default(),
            value_basis: self.value_basis.clone().unwrap_or_default(),
            cascade_term: told(self.cascade_term.as_deref()),
            seasonal: self.seasonal.unwrap_or(false),
        }
    }
}
