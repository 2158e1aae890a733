//! Targets of KPIs in the database, as people set them.

use diesel::prelude::*;

use crate::db::schema::{contracts, kpi_targets};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::{ContractId, CustomerId};
use crate::satisfaction::{Kpi, Target};

/// A target that was set.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = kpi_targets)]
pub struct Row {
    /// Its id.
    pub id: i64,
    /// The contract while it is in force; `None`: always.
    pub contract_id: Option<ContractId>,
    /// Which KPI.
    pub kpi: String,
    /// L.
    pub unacceptable: f64,
    /// T.
    pub target: f64,
    /// Goes up with every change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: UtcTime,
}

/// The targets set for a customer, by KPI and contract.
pub fn list(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<Row>> {
    Ok(on!(conn, |c| kpi_targets::table
        .filter(kpi_targets::customer_id.eq(customer.0))
        .filter(kpi_targets::deleted_at.is_null())
        .order((kpi_targets::kpi, kpi_targets::contract_id, kpi_targets::id))
        .select(Row::as_select())
        .load(c))?)
}

/// The target of a KPI, of a contract or always.
pub fn find(
    conn: &mut Conn,
    customer: CustomerId,
    (kpi, contract): (Kpi, Option<ContractId>),
) -> DbResult<Option<Row>> {
    let rows = list(conn, customer)?;
    Ok(rows
        .into_iter()
        .find(|row| row.kpi == kpi.word() && row.contract_id == contract))
}

/// Whether the customer has this contract.
pub fn has_contract(conn: &mut Conn, customer: CustomerId, id: ContractId) -> DbResult<bool> {
    let found: Option<ContractId> = on!(conn, |c| contracts::table
        .filter(contracts::id.eq(id.0))
        .filter(contracts::customer_id.eq(customer.0))
        .filter(contracts::deleted_at.is_null())
        .select(contracts::id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// Sets a target that was not set.
pub fn insert(
    conn: &mut Conn,
    customer: CustomerId,
    (kpi, contract): (Kpi, Option<ContractId>),
    target: Target,
    now: UtcTime,
) -> DbResult<Row> {
    Ok(on!(conn, |c| diesel::insert_into(kpi_targets::table)
        .values((
            kpi_targets::customer_id.eq(customer.0),
            kpi_targets::contract_id.eq(contract),
            kpi_targets::kpi.eq(kpi.word()),
            kpi_targets::unacceptable.eq(target.unacceptable),
            kpi_targets::target.eq(target.target),
            kpi_targets::version.eq(1),
            kpi_targets::created_at.eq(now),
            kpi_targets::updated_at.eq(now),
        ))
        .returning(Row::as_returning())
        .get_result(c))?)
}

/// Changes a target.
pub fn update(conn: &mut Conn, id: i64, target: Target, now: UtcTime) -> DbResult<Row> {
    Ok(on!(conn, |c| diesel::update(kpi_targets::table.find(id))
        .set((
            kpi_targets::unacceptable.eq(target.unacceptable),
            kpi_targets::target.eq(target.target),
            kpi_targets::version.eq(kpi_targets::version + 1),
            kpi_targets::updated_at.eq(now),
        ))
        .returning(Row::as_returning())
        .get_result(c))?)
}

/// Takes a target away.
pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(kpi_targets::table.find(id))
        .set((
            kpi_targets::version.eq(kpi_targets::version + 1),
            kpi_targets::updated_at.eq(now),
            kpi_targets::deleted_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}
