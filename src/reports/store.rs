//! Rows of the reports' views, page by page.

use std::marker::PhantomData;

use chrono::NaiveDate;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::row::NamedRow;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use super::Query;
use super::datasets::{
    ALERT_OUTCOMES, COMPLAINTS, Column, DIMENSIONS, Dataset, KPIS, LINKS, RISK, SATISFACTION,
    SURVEY_ANSWERS, Source, TRACK_RECORD, Type,
};
use super::render::Cell;
use crate::db::schema::{complaints, customer_external_ids, customers, survey_answers, teams};
use crate::db::select::{ForPostgres, Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime, on};

/// Tells which dataset a row is of, for the database to read it without names or guesses.
trait Shape: 'static {
    const DATASET: &'static Dataset;
}

macro_rules! shapes {
    ($($name:ident = $dataset:ident),+) => {
        $(
            struct $name;

            impl Shape for $name {
                const DATASET: &'static Dataset = &$dataset;
            }
        )+

        /// Reads rows of this dataset.
        fn rows(
            conn: &mut Conn,
            dataset: &Dataset,
            statement: Statement,
        ) -> DbResult<Vec<Vec<Cell>>> {
            $(
                if dataset.name == $dataset.name {
                    return load::<$name>(conn, statement);
                }
            )+
            Err(DbError::corrupt("dataset", dataset.name))
        }
    };
}

shapes!(
    SatisfactionShape = SATISFACTION,
    DimensionShape = DIMENSIONS,
    KpiShape = KPIS,
    AnswerShape = SURVEY_ANSWERS,
    ComplaintShape = COMPLAINTS,
    RiskShape = RISK,
    LinkShape = LINKS,
    TrackShape = TRACK_RECORD,
    OutcomeShape = ALERT_OUTCOMES
);

/// A row of a dataset.
struct DataRow<S> {
    cells: Vec<Cell>,
    shape: PhantomData<S>,
}

impl<S: Shape, DB> QueryableByName<DB> for DataRow<S>
where
    DB: Backend,
    i64: FromSql<BigInt, DB>,
    f64: FromSql<Double, DB>,
    String: FromSql<Text, DB>,
    bool: FromSql<Bool, DB>,
    NaiveDate: FromSql<Date, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let columns = S::DATASET.columns.iter().enumerate();
        let cells = columns.map(|(place, column)| {
            let cell = match column.kind {
                Type::Integer => row
                    .get_value::<Nullable<BigInt>, Option<i64>, _>(place)?
                    .map(Cell::Integer),
                Type::Number => row
                    .get_value::<Nullable<Double>, Option<f64>, _>(place)?
                    .map(Cell::Number),
                Type::Text => row
                    .get_value::<Nullable<Text>, Option<String>, _>(place)?
                    .map(Cell::Text),
                Type::Boolean => row
                    .get_value::<Nullable<Bool>, Option<bool>, _>(place)?
                    .map(Cell::Boolean),
                Type::Date => row
                    .get_value::<Nullable<Date>, Option<NaiveDate>, _>(place)?
                    .map(Cell::Date),
            };
            checked(column, cell)
        });
        Ok(Self {
            cells: cells.collect::<deserialize::Result<_>>()?,
            shape: PhantomData,
        })
    }
}

/// What the definition promises of a column holds of its cell.
fn checked(column: &Column, cell: Option<Cell>) -> deserialize::Result<Cell> {
    match cell {
        None if !column.nullable => Err(format!("{} is missing", column.name).into()),
        Some(Cell::Number(number)) if !number.is_finite() => {
            Err(format!("{} is {number}", column.name).into())
        }
        cell => Ok(cell.unwrap_or(Cell::Missing)),
    }
}

/// A page of rows.
#[derive(Debug)]
pub struct Page {
    /// The rows, with what the reader may not see left out.
    pub rows: Vec<Vec<Cell>>,
    /// The key of the last row, where there may be more behind it.
    pub next: Option<Vec<Value>>,
}

/// Reads the rows behind `after`, so many at most, in the order of the key.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(
    conn: &mut Conn,
    query: &Query,
    after: Option<&[Value]>,
    limit: usize,
) -> DbResult<Page> {
    let statement = statement(query, after, limit);
    let mut rows = rows(conn, query.dataset, statement)?;
    let full = rows.len() == limit;
    let next = rows.last().filter(|_| full).map(|row| key(query, row));
    let next = next.transpose()?;
    for row in &mut rows {
        hide(query, row);
    }
    Ok(Page { rows, next })
}

fn load<S: Shape>(conn: &mut Conn, statement: Statement) -> DbResult<Vec<Vec<Cell>>>
where
    DataRow<S>: QueryableByName<diesel::sqlite::Sqlite> + ForPostgres,
{
    let rows: Vec<DataRow<S>> = statement.load(conn)?;
    Ok(rows.into_iter().map(|row| row.cells).collect())
}

fn statement(query: &Query, after: Option<&[Value]>, limit: usize) -> Statement {
    let dataset = query.dataset;
    let mut sql = Statement::new("SELECT ");
    for (place, column) in dataset.columns.iter().enumerate() {
        if place > 0 {
            sql.push(", ");
        }
        match column.source {
            Source::View | Source::Of(_) => sql.push(column.name),
            Source::Currency => sql
                .push("CAST(")
                .bind(Value::Text(query.currency.clone()))
                .push(" AS TEXT) AS currency"),
        };
    }
    sql.push(" FROM ").push(dataset.view);
    sql.push(" WHERE run_id = ")
        .bind(Value::Int(query.run_id.0));
    let order = dataset.order().join(", ");
    if let Some(after) = after {
        sql.push(" AND (").push(&order).push(") > (");
        sql.bind_list(after.iter().cloned()).push(")");
    }
    // A link is shown to whoever may see one of its parties; filters must not reach the other, or
    // it could be probed.
    sql.push(" AND (");
    for (place, party) in dataset.of.iter().enumerate() {
        sql.push(if place > 0 { " OR (1 = 1" } else { "(1 = 1" });
        query.teams.restrict(&mut sql, &party.team_column());
        for (filter, value) in &query.filters {
            sql.push(" AND ")
                .push(&filter.column_of(*party))
                .push(" = ")
                .bind(value.clone());
        }
        sql.push(")");
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    sql.push(") ORDER BY ")
        .push(&order)
        .push(" LIMIT ")
        .bind(Value::Int(limit));
    sql
}

fn cell<'a>(dataset: &Dataset, row: &'a [Cell], name: &str) -> Option<&'a Cell> {
    dataset.place(name).and_then(|place| row.get(place))
}

/// What identifies a row within its run.
fn key(query: &Query, row: &[Cell]) -> DbResult<Vec<Value>> {
    let value = |name: &&'static str| match cell(query.dataset, row, name) {
        Some(Cell::Integer(id)) => Ok(Value::Int(*id)),
        Some(Cell::Text(text)) => Ok(Value::Text(text.clone())),
        other => Err(DbError::corrupt("report key", format!("{name}: {other:?}"))),
    };
    query.dataset.order().iter().map(value).collect()
}

/// Leaves out what tells of parties that the reader may not see.
fn hide(query: &Query, row: &mut [Cell]) {
    if query.teams == crate::access::Teams::All {
        return;
    }
    for party in &query.dataset.told_of() {
        let team = match cell(query.dataset, row, &party.team_column()) {
            Some(Cell::Integer(team)) => Some(*team),
            _ => None,
        };
        if query.teams.allow(team) {
            continue;
        }
        for (column, cell) in query.dataset.columns.iter().zip(row.iter_mut()) {
            if column.source == Source::Of(*party) {
                *cell = Cell::Missing;
            }
        }
    }
}

/// A number that changes when names, teams, countries or external ids of customers change: the
/// only part of a report that is not of the run.
///
/// # Errors
///
/// As above.
pub fn master_data(conn: &mut Conn) -> DbResult<String> {
    type Versions = (i64, i64, Option<UtcTime>);
    /// Rows, the sum of their versions, and the last change.
    macro_rules! versions {
        ($table:ident) => {
            on!(conn, |c| $table::table
                .select((
                    sql::<BigInt>("COUNT(*)"),
                    sql::<BigInt>("CAST(COALESCE(SUM(version), 0) AS BIGINT)"),
                    sql::<Nullable<Instant>>("MAX(updated_at)"),
                ))
                .first::<Versions>(c))?
        };
    }
    let customers = versions!(customers);
    let teams = versions!(teams);
    // They have no version of their own, and an import adds them without touching the customer.
    let ids: (i64, i64, Option<i64>) = on!(conn, |c| customer_external_ids::table
        .select((
            sql::<BigInt>("COUNT(*)"),
            sql::<BigInt>("CAST(COALESCE(SUM(customer_id), 0) AS BIGINT)"),
            sql::<Nullable<BigInt>>("MAX(import_id)"),
        ))
        .first(c))?;
    Ok(format!("{customers:?} {teams:?} {ids:?}"))
}

/// Text that changes when records of a window change: answers and complaints may come late.
///
/// # Errors
///
/// As above.
pub fn records(conn: &mut Conn) -> DbResult<String> {
    type State = (i64, Option<UtcTime>);
    let answers: State = on!(conn, |c| survey_answers::table
        .select((
            sql::<BigInt>("COUNT(*)"),
            sql::<Nullable<Instant>>("MAX(answered_at)"),
        ))
        .first(c))?;
    let complaints: State = on!(conn, |c| complaints::table
        .select((
            sql::<BigInt>("COUNT(*)"),
            sql::<Nullable<Instant>>("MAX(updated_at)"),
        ))
        .first(c))?;
    Ok(format!("{answers:?} {complaints:?}"))
}
