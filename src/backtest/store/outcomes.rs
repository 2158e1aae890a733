//! What came to pass: shipping days of customers and links over some days.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::super::outcomes::Outcomes;
use super::super::range::Bounds;
use crate::db::schema::shipments;
use crate::db::{Conn, DbResult, on};
use crate::ids::CustomerId;

/// The first and the last day on which anything was shipped; `None` without shipments.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn bounds(conn: &mut Conn) -> DbResult<Option<Bounds>> {
    let first: Option<NaiveDate> = on!(conn, |c| shipments::table
        .filter(shipments::deleted_at.is_null())
        .filter(shipments::status.ne("cancelled"))
        .order(shipments::activity_on.asc())
        .select(shipments::activity_on)
        .first(c)
        .optional())?;
    let last: Option<NaiveDate> = on!(conn, |c| shipments::table
        .filter(shipments::deleted_at.is_null())
        .filter(shipments::status.ne("cancelled"))
        .order(shipments::activity_on.desc())
        .select(shipments::activity_on)
        .first(c)
        .optional())?;
    Ok(first.zip(last))
}

/// The shipping days from `from` on, before `to`.
pub fn read(conn: &mut Conn, from: NaiveDate, to: NaiveDate) -> DbResult<Outcomes> {
    type Row = (CustomerId, CustomerId, NaiveDate);
    let rows: Vec<Row> = on!(conn, |c| shipments::table
        .filter(shipments::activity_on.ge(from))
        .filter(shipments::activity_on.lt(to))
        .filter(shipments::deleted_at.is_null())
        .filter(shipments::status.ne("cancelled"))
        .select((
            shipments::shipper_id,
            shipments::consignee_id,
            shipments::activity_on,
        ))
        .distinct()
        .load(c))?;
    Ok(Outcomes::of(&rows))
}
