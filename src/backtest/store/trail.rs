//! Shipments of a range as the trail wants them, and the countries of customers.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::super::range::Bounds;
use super::super::trail::{Trail, Trip};
use crate::db::schema::{customers, shipments};
use crate::db::{Conn, DbError, DbResult, each_row, on};
use crate::ids::CustomerId;
use crate::network::measures::BusinessBasis;
use crate::shipments::model::FreightTerms;

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

#[derive(Queryable)]
struct Row {
    shipper: CustomerId,
    consignee: CustomerId,
    terms: String,
    on: NaiveDate,
    revenue: Option<i64>,
    weight_kg: Option<f64>,
}

impl Row {
    fn trip(self, basis: BusinessBasis) -> DbResult<Trip> {
        let business = match basis {
            BusinessBasis::Revenue => self.revenue.unwrap_or(0) as f64,
            BusinessBasis::Weight => self.weight_kg.unwrap_or(0.0),
            BusinessBasis::Shipments => 1.0,
        };
        Ok(Trip {
            shipper: self.shipper,
            consignee: self.consignee,
            terms: FreightTerms::parse(&self.terms)
                .ok_or_else(|| DbError::corrupt("shipments.freight_terms", self.terms))?,
            on: self.on,
            // Credits may outweigh what was billed; a share cannot be negative.
            business: business.max(0.0),
        })
    }
}

/// The shipments from `from` on, before `to`, with business measured in `basis`.
pub fn read(
    conn: &mut Conn,
    (from, to): (NaiveDate, NaiveDate),
    basis: BusinessBasis,
) -> DbResult<Trail> {
    let countries: Vec<(CustomerId, String)> = on!(conn, |c| customers::table
        .filter(customers::country.is_not_null())
        .select((customers::id, customers::country.assume_not_null()))
        .load(c))?;
    let mut trips = Vec::new();
    each_row!(
        conn,
        shipments::table
            .filter(shipments::activity_on.ge(from))
            .filter(shipments::activity_on.lt(to))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne("cancelled"))
            .select((
                shipments::shipper_id,
                shipments::consignee_id,
                shipments::freight_terms,
                shipments::activity_on,
                shipments::revenue,
                shipments::weight_kg,
            )),
        |row: Row| trips.push(row.trip(basis)?)
    );
    let countries: HashMap<CustomerId, String> = countries.into_iter().collect();
    Ok(Trail::of(trips, &countries))
}
