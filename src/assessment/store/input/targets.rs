//! Targets as a run reads them: as they stand, those of contracts while the contract is in force.
//!
//! A target is a yardstick and no observation: one that is set today measures the past too.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};

use crate::assessment::inputs::{InForce, TargetSet};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult};
use crate::ids::{ContractId, CustomerId};
use crate::satisfaction::{Kpi, Target};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    kpi: String,
    #[diesel(sql_type = Double)]
    unacceptable: f64,
    #[diesel(sql_type = Double)]
    target: f64,
    #[diesel(sql_type = Nullable<BigInt>)]
    contract_id: Option<ContractId>,
    #[diesel(sql_type = Nullable<Date>)]
    starts_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<BigInt>)]
    partner_id: Option<CustomerId>,
}

/// The targets in force on the day before `as_of`, by customer.
pub fn in_force(
    conn: &mut Conn,
    as_of: NaiveDate,
) -> DbResult<HashMap<CustomerId, Vec<TargetSet>>> {
    read(conn, as_of, None)
}

/// The targets of one customer in force on the day before `as_of`.
pub fn of_customer(
    conn: &mut Conn,
    as_of: NaiveDate,
    customer: CustomerId,
) -> DbResult<Vec<TargetSet>> {
    let mut found = read(conn, as_of, Some(customer))?;
    Ok(found.remove(&customer).unwrap_or_default())
}

fn read(
    conn: &mut Conn,
    as_of: NaiveDate,
    customer: Option<CustomerId>,
) -> DbResult<HashMap<CustomerId, Vec<TargetSet>>> {
    let mut sql = Statement::new(
        "SELECT t.customer_id, t.kpi, t.unacceptable, t.target, t.contract_id, k.starts_on, \
         k.partner_id FROM kpi_targets t LEFT JOIN contracts k ON k.id = t.contract_id \
         WHERE t.deleted_at IS NULL AND (t.contract_id IS NULL OR (k.deleted_at IS NULL AND k.starts_on < ",
    );
    sql.bind(Value::Date(as_of));
    sql.push(" AND (k.ends_on IS NULL OR k.ends_on >= ")
        .bind(Value::Date(as_of.pred_opt().unwrap_or(as_of)));
    sql.push(")))");
    if let Some(customer) = customer {
        sql.push(" AND t.customer_id = ")
            .bind(Value::Int(customer.0));
    }
    sql.push(" ORDER BY t.id");
    let rows: Vec<Row> = sql.load(conn)?;
    let mut by_customer: HashMap<CustomerId, Vec<TargetSet>> = HashMap::new();
    for row in rows {
        let kpi =
            Kpi::parse(&row.kpi).ok_or_else(|| DbError::corrupt("kpi_targets.kpi", &row.kpi))?;
        by_customer
            .entry(row.customer_id)
            .or_default()
            .push(TargetSet {
                kpi,
                target: Target {
                    unacceptable: row.unacceptable,
                    target: row.target,
                },
                contract: row
                    .contract_id
                    .zip(row.starts_on)
                    .map(|(id, starts_on)| InForce {
                        id,
                        starts_on,
                        partner: row.partner_id,
                    }),
            });
    }
    Ok(by_customer)
}
