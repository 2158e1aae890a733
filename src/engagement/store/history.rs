//! What was known of contracts and payments before a day: for assessments, of the past too.
//!
//! Days of the business count, not those on which records were written: a history that is imported
//! today serves the assessment of any day in it. A flag without a day, such as `disputed`, counts as
//! it stands.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable};

use super::contracts::outcome;
use crate::db::schema::contracts;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, on};
use crate::engagement::delays::PaymentDelay;
use crate::engagement::renewals::{self, Begun, ContractAt};
use crate::ids::{ContractId, CustomerId};

/// The contracts in force on `as_of` that have an end; in order of customer, end and id.
///
/// A contract counts from the day after its first; one that the next term has replaced by then does
/// not.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn contract_ends(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Vec<ContractAt>> {
    Ok(renewals::ends(&begun(conn, as_of)?, as_of))
}

/// For every chain of contracts begun before `as_of`: how often it was renewed, and whether it was
/// then lost; see [`renewals::history`].
pub fn renewal_history(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Vec<(u32, bool)>> {
    Ok(renewals::history(&begun(conn, as_of)?, as_of))
}

type BegunRow = (
    ContractId,
    CustomerId,
    Option<CustomerId>,
    NaiveDate,
    Option<NaiveDate>,
    i64,
    bool,
    Option<f64>,
    Option<i64>,
    Option<String>,
    Option<ContractId>,
);

fn begun(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Vec<Begun>> {
    let rows: Vec<BegunRow> = on!(conn, |c| contracts::table
        .filter(contracts::deleted_at.is_null())
        .filter(contracts::starts_on.lt(as_of))
        .order(contracts::id)
        .select((
            contracts::id,
            contracts::customer_id,
            contracts::partner_id,
            contracts::starts_on,
            contracts::ends_on,
            contracts::renewals,
            contracts::auto_renews,
            contracts::share,
            contracts::value_per_year,
            contracts::outcome,
            contracts::renewed_by,
        ))
        .load(c))?;
    rows.into_iter().map(fact).collect()
}

fn fact(row: BegunRow) -> DbResult<Begun> {
    let (
        id,
        customer,
        partner,
        starts_on,
        ends_on,
        renewals,
        auto_renews,
        share,
        value,
        word,
        next,
    ) = row;
    Ok(Begun {
        id,
        customer,
        partner,
        starts_on,
        ends_on,
        renewals: u32::try_from(renewals)
            .map_err(|_| DbError::corrupt("contracts.renewals", renewals))?,
        auto_renews,
        share,
        value_per_year: value,
        outcome: word.as_deref().map(outcome).transpose()?,
        renewed_by: next,
    })
}

#[derive(QueryableByName)]
struct DelayRow {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Date)]
    due_on: NaiveDate,
    #[diesel(sql_type = Nullable<Date>)]
    paid_on: Option<NaiveDate>,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// Invoices that say how their customers pay: paid from `from` on and before `as_of`, or open and
/// overdue on `as_of`; in order of customer.
///
/// Disputed invoices, those with nothing to pay and those due before they were issued are left out
/// (M5). What was paid on `as_of` or later was open then.
pub fn payment_delays(
    conn: &mut Conn,
    as_of: NaiveDate,
    from: NaiveDate,
) -> DbResult<Vec<PaymentDelay>> {
    let mut sql = Statement::new(
        "SELECT v.customer_id, v.due_on, v.paid_on, v.amount FROM invoices v \
         WHERE v.deleted_at IS NULL AND v.disputed = ",
    );
    sql.bind(Value::Bool(false));
    sql.push(" AND v.amount > 0 AND v.due_on >= v.issued_on AND v.issued_on < ")
        .bind(Value::Date(as_of));
    sql.push(" AND ((v.paid_on >= ").bind(Value::Date(from));
    sql.push(" AND v.paid_on < ").bind(Value::Date(as_of));
    sql.push(") OR ((v.paid_on IS NULL OR v.paid_on >= ")
        .bind(Value::Date(as_of));
    sql.push(") AND v.due_on < ").bind(Value::Date(as_of));
    sql.push(")) ORDER BY v.customer_id, v.due_on, v.id");
    let rows: Vec<DelayRow> = sql.load(conn)?;
    let known = |paid: &NaiveDate| *paid < as_of;
    Ok(rows
        .into_iter()
        .map(|row| PaymentDelay {
            customer: row.customer_id,
            due_on: row.due_on,
            paid_on: row.paid_on.filter(known),
            amount: row.amount,
        })
        .collect())
}
