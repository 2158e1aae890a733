//! Shipments of two customers that become one, and what is summed up of them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Count, count, repoint_version};
use crate::db::schema::link_months;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::CustomerId;
use crate::merging::Pair;
use crate::shipments::store::rollup::{self, Cell};

/// How the parties stand in the JSON of a shipment as it was before an import changed it. Quotes
/// inside its texts are escaped, so that no text can look like it.
fn party(column: &str, id: i64) -> String {
    format!("\"{column}\":{id},")
}

/// How many shipments that are not deleted go from one to the other, or did so before an import that
/// can still be taken back.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn between(conn: &mut Conn, pair: Pair) -> DbResult<i64> {
    let (from, into) = (pair.from.0, pair.into.0);
    let mut standing = 0;
    for (shipper, consignee) in [(from, into), (into, from)] {
        let mut sql = Statement::new(
            "SELECT COUNT(*) AS count FROM shipments s WHERE s.deleted_at IS NULL \
             AND s.shipper_id = ",
        );
        sql.bind(Value::Int(shipper))
            .push(" AND s.consignee_id = ")
            .bind(Value::Int(consignee));
        standing += count(conn, sql)?;
        let mut sql =
            Statement::new("SELECT COUNT(*) AS count FROM import_changes k WHERE k.before LIKE ");
        let ends = [
            party("shipper_id", shipper),
            party("consignee_id", consignee),
        ]
        .concat();
        sql.bind(Value::Text(format!("%{}%", like(&ends))))
            .push(" ESCAPE '\\'");
        let rows: Vec<Count> = sql.load(conn)?;
        standing += rows.into_iter().map(|row| row.count).sum::<i64>();
    }
    Ok(standing)
}

fn like(text: &str) -> String {
    crate::db::select::escape_like(text)
}

/// Lets shipments name the customer that stays, and sums the links up anew; how many shipments
/// changed. Deleted shipments between the two stay as they are: nothing ships to itself.
pub fn repoint(conn: &mut Conn, pair: Pair, now: UtcTime) -> DbResult<usize> {
    let (from, into) = (pair.from.0, pair.into.0);
    let cells = cells(conn, pair)?;
    let mut touched = 0;
    for (column, other) in [
        ("shipper_id", "consignee_id"),
        ("consignee_id", "shipper_id"),
    ] {
        let mut sql = Statement::new("UPDATE shipments SET ");
        sql.push(column).push(" = ").bind(Value::Int(into));
        sql.push(", version = version + 1, updated_at = ")
            .bind(Value::Time(now));
        sql.push(" WHERE ").push(column).push(" = ");
        sql.bind(Value::Int(from))
            .push(" AND ")
            .push(other)
            .push(" <> ");
        sql.bind(Value::Int(into));
        touched += sql.execute(conn)?;
    }
    touched += repoint_version(conn, ("shipments", "payer_id"), (from, into), now)?;
    kept(conn, (from, into))?;
    rollup::recompute(conn, &cells, false)?;
    Ok(touched)
}

/// The cells that the customer that goes counts in, and those that it will count in.
fn cells(conn: &mut Conn, pair: Pair) -> DbResult<BTreeSet<Cell>> {
    let rows: Vec<(CustomerId, CustomerId, NaiveDate)> = on!(conn, |c| link_months::table
        .filter(
            link_months::shipper_id
                .eq(pair.from.0)
                .or(link_months::consignee_id.eq(pair.from.0))
        )
        .select((
            link_months::shipper_id,
            link_months::consignee_id,
            link_months::month,
        ))
        .load(c))?;
    let after = |id: CustomerId| if id == pair.from { pair.into } else { id };
    let mut cells = BTreeSet::new();
    for (shipper, consignee, month) in rows {
        for (shipper, consignee) in [(shipper, consignee), (after(shipper), after(consignee))] {
            cells.insert(Cell::of(shipper, consignee, month));
        }
    }
    Ok(cells)
}

/// What imports kept of shipments before they changed them names the customer that stays, too: taking
/// an import back brings nobody back who was merged. What an import made is nobody's to take back.
fn kept(conn: &mut Conn, (from, into): (i64, i64)) -> DbResult<()> {
    for column in ["shipper_id", "consignee_id", "payer_id"] {
        let (old, new) = (party(column, from), party(column, into));
        let mut sql = Statement::new("UPDATE import_changes SET before = REPLACE(before, ");
        sql.bind(Value::Text(old.clone()))
            .push(", ")
            .bind(Value::Text(new))
            .push(") WHERE before LIKE ");
        sql.bind(Value::Text(format!("%{}%", like(&old))))
            .push(" ESCAPE '\\'");
        sql.execute(conn)?;
    }
    let mut sql = Statement::new("DELETE FROM import_customers WHERE customer_id IN (");
    sql.bind_list([Value::Int(from), Value::Int(into)])
        .push(")");
    sql.execute(conn)?;
    Ok(())
}
