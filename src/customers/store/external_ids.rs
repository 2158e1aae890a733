//! What other systems call customers.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{CHUNK, holds_nul};
use crate::db::schema::customer_external_ids;
use crate::db::{Conn, DbResult, on};
use crate::ids::CustomerId;
use crate::ids::ExternalId;

/// The customer that an external id belongs to, deleted or not.
pub fn owner(conn: &mut Conn, external: &ExternalId) -> DbResult<Option<CustomerId>> {
    if holds_nul(&external.system, &external.id) {
        return Ok(None);
    }
    Ok(on!(conn, |c| customer_external_ids::table
        .filter(customer_external_ids::system.eq(&external.system))
        .filter(customer_external_ids::external_id.eq(&external.id))
        .select(customer_external_ids::customer_id)
        .first(c)
        .optional())?)
}

/// The external ids of these customers, in order; a customer without any is left out.
pub fn of(
    conn: &mut Conn,
    customers: &[CustomerId],
) -> DbResult<HashMap<CustomerId, Vec<ExternalId>>> {
    let mut all: HashMap<CustomerId, Vec<ExternalId>> = HashMap::new();
    for chunk in customers.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.0);
        let found: Vec<(CustomerId, String, String)> = on!(conn, |c| customer_external_ids::table
            .filter(customer_external_ids::customer_id.eq_any(ids))
            .select((
                customer_external_ids::customer_id,
                customer_external_ids::system,
                customer_external_ids::external_id,
            ))
            .load(c))?;
        for (customer, system, id) in found {
            let ids = all.entry(customer).or_default();
            ids.push(ExternalId { system, id });
        }
    }
    for ids in all.values_mut() {
        // Here, not by the database: collations differ.
        ids.sort_unstable();
    }
    Ok(all)
}

/// Gives a customer an external id; a unique key is violated if another has it.
pub fn add(conn: &mut Conn, id: CustomerId, external: &ExternalId) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(customer_external_ids::table)
        .values((
            customer_external_ids::system.eq(&external.system),
            customer_external_ids::external_id.eq(&external.id),
            customer_external_ids::customer_id.eq(id),
        ))
        .execute(c))?;
    Ok(())
}

/// Takes an external id away from a customer.
pub fn remove(conn: &mut Conn, id: CustomerId, external: &ExternalId) -> DbResult<()> {
    on!(conn, |c| diesel::delete(customer_external_ids::table)
        .filter(customer_external_ids::system.eq(&external.system))
        .filter(customer_external_ids::external_id.eq(&external.id))
        .filter(customer_external_ids::customer_id.eq(id))
        .execute(c))?;
    Ok(())
}
