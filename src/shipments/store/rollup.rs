//! `link_months`: what went over a link in a calendar month, kept in step with the shipments.
//!
//! Whoever writes shipments calls [`begin`] and then one of the others, in the same transaction.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Months, NaiveDate};
use diesel::prelude::*;

use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, insert_all};
use crate::ids::{CustomerId, ImportId};

/// A link in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// First day of the month.
    pub month: NaiveDate,
}

impl Cell {
    /// The cell that a shipment of this day counts in.
    pub fn of(shipper: CustomerId, consignee: CustomerId, day: NaiveDate) -> Self {
        Self {
            shipper,
            consignee,
            month: day.with_day(1).unwrap_or(day),
        }
    }

    /// The first day of the next month.
    fn until(&self) -> NaiveDate {
        let next = self.month.checked_add_months(Months::new(1));
        next.unwrap_or(NaiveDate::MAX)
    }
}

const COLUMNS: &str = "shipper_id, consignee_id, month, shipments, revenue, revenue_known, margin, \
    margin_known, weight_kg, weight_known, goods_value, late, late_known, damaged, damaged_known, \
    in_full, in_full_known, prepaid, collect, third_party, first_on, last_on";

/// The sums over shipments `s`, in the order of the columns behind `month`.
const SUMS: &str = "COUNT(*), \
    CAST(COALESCE(SUM(s.revenue), 0) AS BIGINT), COUNT(s.revenue), \
    CAST(COALESCE(SUM(s.revenue - s.direct_cost), 0) AS BIGINT), COUNT(s.revenue - s.direct_cost), \
    COALESCE(SUM(s.weight_kg), 0.0), COUNT(s.weight_kg), \
    CAST(COALESCE(SUM(s.goods_value), 0) AS BIGINT), \
    SUM(CASE WHEN s.late THEN 1 ELSE 0 END), COUNT(s.late), \
    SUM(CASE WHEN s.damaged THEN 1 ELSE 0 END), COUNT(s.damaged), \
    SUM(CASE WHEN s.in_full THEN 1 ELSE 0 END), COUNT(s.in_full), \
    SUM(CASE WHEN s.freight_terms = 'prepaid' THEN 1 ELSE 0 END), \
    SUM(CASE WHEN s.freight_terms = 'collect' THEN 1 ELSE 0 END), \
    SUM(CASE WHEN s.freight_terms = 'third_party' THEN 1 ELSE 0 END), \
    MIN(s.activity_on), MAX(s.activity_on)";

/// The columns that are sums.
const ADDED: [&str; 17] = [
    "shipments",
    "revenue",
    "revenue_known",
    "margin",
    "margin_known",
    "weight_kg",
    "weight_known",
    "goods_value",
    "late",
    "late_known",
    "damaged",
    "damaged_known",
    "in_full",
    "in_full_known",
    "prepaid",
    "collect",
    "third_party",
];

/// Only these shipments count.
const COUNTS: &str = "s.deleted_at IS NULL AND s.status <> 'cancelled'";

/// Counts a write to the network, and makes other writers wait until this one is done: two that
/// summed up the same cell at once would each miss the other's shipments.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn begin(conn: &mut Conn) -> DbResult<()> {
    conn.batch("UPDATE counters SET value = value + 1 WHERE name = 'network'")
}

fn month_of(conn: &Conn) -> &'static str {
    if conn.is_postgres() {
        "CAST(date_trunc('month', s.activity_on) AS DATE)"
    } else {
        "substr(s.activity_on, 1, 8) || '01'"
    }
}

/// Adds the shipments that an import created, found by their ids above `after`.
pub fn add_created(conn: &mut Conn, import: ImportId, after: i64) -> DbResult<()> {
    let month = month_of(conn);
    let mut sql = Statement::new("INSERT INTO link_months (");
    sql.push(COLUMNS)
        .push(") SELECT s.shipper_id, s.consignee_id, ")
        .push(month);
    sql.push(" AS month, ")
        .push(SUMS)
        .push(" FROM shipments s WHERE s.id > ");
    sql.bind(Value::Int(after))
        .push(" AND s.import_id = ")
        .bind(Value::Int(import.0));
    sql.push(" AND ")
        .push(COUNTS)
        .push(" GROUP BY s.shipper_id, s.consignee_id, ")
        .push(month);
    // Nobody else writes here meanwhile: what is empty stays empty, and the check costs a third.
    if !is_empty(conn)? {
        add_to_standing(&mut sql);
    }
    sql.execute(conn)?;
    Ok(())
}

fn add_to_standing(sql: &mut Statement) {
    sql.push(" ON CONFLICT (shipper_id, consignee_id, month) DO UPDATE SET ");
    for column in ADDED {
        sql.push(column).push(" = link_months.").push(column);
        sql.push(" + excluded.").push(column).push(", ");
    }
    sql.push(
        "first_on = CASE WHEN excluded.first_on < link_months.first_on \
         THEN excluded.first_on ELSE link_months.first_on END, \
         last_on = CASE WHEN excluded.last_on > link_months.last_on \
         THEN excluded.last_on ELSE link_months.last_on END",
    );
}

fn is_empty(conn: &mut Conn) -> DbResult<bool> {
    #[derive(diesel::QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM link_months) AS found";
    let rows: Vec<Found> = Statement::new(sql).load(conn)?;
    Ok(!rows.into_iter().any(|row| row.found))
}

/// Cells up to which each is summed up by itself.
const FEW: usize = 100;

diesel::table! {
    /// Cells to be summed up anew: a table of the connection's own, for as long as it is needed.
    touched_cells (shipper_id, consignee_id, month) {
        /// First party.
        shipper_id -> BigInt,
        /// Second party.
        consignee_id -> BigInt,
        /// First day of the month.
        month -> Date,
        /// First day of the next.
        until -> Date,
    }
}

#[derive(Insertable)]
#[diesel(table_name = touched_cells, treat_none_as_default_value = false)]
struct TouchedCell {
    shipper_id: CustomerId,
    consignee_id: CustomerId,
    month: NaiveDate,
    until: NaiveDate,
}

impl From<&Cell> for TouchedCell {
    fn from(cell: &Cell) -> Self {
        Self {
            shipper_id: cell.shipper,
            consignee_id: cell.consignee,
            month: cell.month,
            until: cell.until(),
        }
    }
}

/// Makes the table of touched cells, empty.
fn begin_touching(conn: &mut Conn) -> DbResult<()> {
    conn.batch(
        "CREATE TEMPORARY TABLE IF NOT EXISTS touched_cells (shipper_id BIGINT NOT NULL, \
         consignee_id BIGINT NOT NULL, month DATE NOT NULL, until DATE NOT NULL); \
         DELETE FROM touched_cells",
    )
}

/// Notes the cells of the shipments that an import created, ids above `after` up to `last`.
pub fn touch_created(conn: &mut Conn, import: ImportId, after: i64, last: i64) -> DbResult<()> {
    begin_touching(conn)?;
    let until = if conn.is_postgres() {
        "CAST(date_trunc('month', s.activity_on) + INTERVAL '1 month' AS DATE)"
    } else {
        "date(s.activity_on, 'start of month', '+1 month')"
    };
    let mut sql = Statement::new("INSERT INTO touched_cells SELECT DISTINCT s.shipper_id, ");
    sql.push("s.consignee_id, ").push(month_of(conn)).push(", ");
    sql.push(until).push(" FROM shipments s WHERE s.id > ");
    sql.bind(Value::Int(after))
        .push(" AND s.id <= ")
        .bind(Value::Int(last));
    sql.push(" AND s.import_id = ").bind(Value::Int(import.0));
    sql.execute(conn)?;
    Ok(())
}

/// Sums up cells anew: these, and where `noted` those that [`touch_created`] noted.
pub fn recompute(conn: &mut Conn, cells: &BTreeSet<Cell>, noted: bool) -> DbResult<()> {
    if !noted && cells.len() <= FEW {
        return recompute_each(conn, cells);
    }
    if !noted {
        begin_touching(conn)?;
    }
    let rows: Vec<TouchedCell> = cells.iter().map(TouchedCell::from).collect();
    insert_all!(conn, touched_cells::table, &rows[..])?;
    if conn.is_postgres() {
        conn.batch("ANALYZE touched_cells")?;
    }
    conn.batch(
        "DELETE FROM link_months WHERE (shipper_id, consignee_id, month) IN \
         (SELECT shipper_id, consignee_id, month FROM touched_cells)",
    )?;
    // CROSS JOIN keeps SQLite from walking through every shipment.
    let mut sql = Statement::new("INSERT INTO link_months (");
    sql.push(COLUMNS)
        .push(") SELECT t.shipper_id, t.consignee_id, t.month, ");
    sql.push(SUMS).push(
        " FROM (SELECT DISTINCT shipper_id, consignee_id, month, until FROM touched_cells) t \
         CROSS JOIN shipments s WHERE s.shipper_id = t.shipper_id \
         AND s.consignee_id = t.consignee_id AND s.activity_on >= t.month \
         AND s.activity_on < t.until AND ",
    );
    sql.push(COUNTS)
        .push(" GROUP BY t.shipper_id, t.consignee_id, t.month");
    sql.execute(conn)?;
    conn.batch("DROP TABLE touched_cells")
}

fn recompute_each(conn: &mut Conn, cells: &BTreeSet<Cell>) -> DbResult<()> {
    let month = month_of(conn);
    for cell in cells {
        let link = [Value::Int(cell.shipper.0), Value::Int(cell.consignee.0)];
        let [shipper, consignee] = link.clone();
        let mut delete = Statement::new("DELETE FROM link_months WHERE shipper_id = ");
        delete
            .bind(shipper)
            .push(" AND consignee_id = ")
            .bind(consignee);
        delete.push(" AND month = ").bind(Value::Date(cell.month));
        delete.execute(conn)?;

        let [shipper, consignee] = link;
        let mut insert = Statement::new("INSERT INTO link_months (");
        insert
            .push(COLUMNS)
            .push(") SELECT s.shipper_id, s.consignee_id, ")
            .push(month);
        insert
            .push(" AS month, ")
            .push(SUMS)
            .push(" FROM shipments s WHERE s.shipper_id = ");
        insert
            .bind(shipper)
            .push(" AND s.consignee_id = ")
            .bind(consignee);
        insert
            .push(" AND s.activity_on >= ")
            .bind(Value::Date(cell.month));
        insert
            .push(" AND s.activity_on < ")
            .bind(Value::Date(cell.until()))
            .push(" AND ")
            .push(COUNTS);
        insert
            .push(" GROUP BY s.shipper_id, s.consignee_id, ")
            .push(month);
        insert.execute(conn)?;
    }
    Ok(())
}
