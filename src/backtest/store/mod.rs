//! Back-tests in the database.

pub mod trail;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};
use serde::Serialize;

use super::range::Range;
use crate::db::schema::backtests;
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::BacktestId;

/// A back-test, without its result.
#[derive(Clone, Debug, Serialize, Queryable, QueryableByName, utoipa::ToSchema)]
pub struct Backtest {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    #[schema(value_type = i64)]
    pub id: BacktestId,
    /// First as-of date.
    #[diesel(sql_type = Date, column_name = "from_on")]
    pub from: NaiveDate,
    /// No as-of date lies after this day.
    #[diesel(sql_type = Date, column_name = "to_on")]
    pub to: NaiveDate,
    /// Days from one as-of date to the next.
    #[diesel(sql_type = BigInt)]
    pub every_days: i64,
    /// Weeks ahead.
    #[diesel(sql_type = BigInt)]
    pub horizon_weeks: i64,
    /// Days of business.
    #[diesel(sql_type = BigInt)]
    pub window_days: i64,
    /// `running`, `done` or `failed`.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Version of the models.
    #[diesel(sql_type = Text)]
    pub model_version: String,
    /// As-of dates.
    #[diesel(sql_type = BigInt)]
    pub dates: i64,
    /// Customers judged, summed over the dates.
    #[diesel(sql_type = BigInt)]
    pub observations: i64,
    /// Of those, how many were silent over the horizon.
    #[diesel(sql_type = BigInt)]
    pub events: i64,
    /// Why it failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
    /// Who asked for it.
    #[diesel(sql_type = Text)]
    pub actor: String,
    /// When it began.
    #[diesel(sql_type = Instant)]
    pub started_at: UtcTime,
    /// When it ended.
    #[diesel(sql_type = Nullable<Instant>)]
    pub finished_at: Option<UtcTime>,
}

/// Lists of back-tests.
pub const BACKTESTS: Collection = Collection {
    columns: "b.id, b.from_on, b.to_on, b.every_days, b.horizon_weeks, b.window_days, b.status, \
              b.model_version, b.dates, b.observations, b.events, b.error, b.actor, b.started_at, \
              b.finished_at",
    from: "backtests b",
    id: "b.id",
    updated: None,
    alive: None,
    fields: &[
        Field {
            name: "id",
            sql: "b.id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "from",
            sql: "b.from_on",
            kind: Kind::Date,
            sortable: true,
        },
        Field {
            name: "to",
            sql: "b.to_on",
            kind: Kind::Date,
            sortable: true,
        },
        Field {
            name: "status",
            sql: "b.status",
            kind: Kind::Words(&["running", "done", "failed"]),
            sortable: false,
        },
    ],
    default_sort: "-id",
};

/// The columns of a [`Backtest`].
macro_rules! columns {
    () => {
        (
            backtests::id,
            backtests::from_on,
            backtests::to_on,
            backtests::every_days,
            backtests::horizon_weeks,
            backtests::window_days,
            backtests::status,
            backtests::model_version,
            backtests::dates,
            backtests::observations,
            backtests::events,
            backtests::error,
            backtests::actor,
            backtests::started_at,
            backtests::finished_at,
        )
    };
}

/// Notes that a back-test begins.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn begin(
    conn: &mut Conn,
    range: &Range,
    (horizon_weeks, window_days): (u32, u32),
    (model_version, actor): (&str, &str),
    now: UtcTime,
) -> DbResult<BacktestId> {
    Ok(on!(conn, |c| diesel::insert_into(backtests::table)
        .values((
            backtests::from_on.eq(range.from),
            backtests::to_on.eq(range.to),
            backtests::every_days.eq(i64::from(range.every.days())),
            backtests::horizon_weeks.eq(i64::from(horizon_weeks)),
            backtests::window_days.eq(i64::from(window_days)),
            backtests::status.eq("running"),
            backtests::model_version.eq(model_version),
            backtests::actor.eq(actor),
            backtests::started_at.eq(now),
        ))
        .returning(backtests::id)
        .get_result(c))?)
}

/// Notes that a back-test failed.
pub fn fail(conn: &mut Conn, id: BacktestId, error: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(backtests::table.find(id.0))
        .set((
            backtests::status.eq("failed"),
            backtests::error.eq(Some(error)),
            backtests::finished_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// What a back-test found, in numbers that lists show.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// As-of dates.
    pub dates: i64,
    /// Customers judged, summed over the dates.
    pub observations: i64,
    /// Of those, how many were silent over the horizon.
    pub events: i64,
}

/// Keeps the result of a back-test.
pub fn finish(
    conn: &mut Conn,
    id: BacktestId,
    sizes: Sizes,
    result: &str,
    now: UtcTime,
) -> DbResult<Backtest> {
    Ok(on!(conn, |c| diesel::update(backtests::table.find(id.0))
        .set((
            backtests::status.eq("done"),
            backtests::dates.eq(sizes.dates),
            backtests::observations.eq(sizes.observations),
            backtests::events.eq(sizes.events),
            backtests::result.eq(Some(result)),
            backtests::finished_at.eq(Some(now)),
        ))
        .returning(columns!())
        .get_result(c))?)
}

/// The back-test with this id, and its result as JSON text if it is done.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<(Backtest, Option<String>)>> {
    Ok(on!(conn, |c| backtests::table
        .filter(backtests::id.eq(id))
        .select((columns!(), backtests::result))
        .first(c)
        .optional())?)
}
