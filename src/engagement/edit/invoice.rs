//! Invoices as records.

use super::{Desk, Head, Record};
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::model::InvoiceInput;
use crate::engagement::store::invoices::{self, Row, Values};
use crate::error::Answer;
use crate::ids::ExternalId;
use crate::problem::FieldProblem;

impl Record for Row {
    const WHAT: &'static str = "invoice";
    const MANY: &'static str = "invoices";
    const KEYS: &'static [&'static str] = &["customer"];
    type Input = InvoiceInput;
    type Values = Values;

    fn checked(input: InvoiceInput) -> Result<InvoiceInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key(input: &InvoiceInput) -> &ExternalId {
        &input.external_id
    }

    fn head(&self) -> Head {
        Head {
            id: self.id.0,
            team_id: self.team_id,
            version: self.version,
            deleted: self.deleted_at.is_some(),
        }
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn input(&self) -> DbResult<InvoiceInput> {
        let values = &self.values;
        Ok(InvoiceInput {
            external_id: values.key(),
            customer: values.customer_id.0.into(),
            issued_on: values.issued_on,
            due_on: values.due_on,
            amount: values.amount,
            paid_on: values.paid_on,
            disputed: values.disputed,
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &InvoiceInput,
        standing: Option<&Self>,
    ) -> Answer<Values> {
        let owner = standing.map(|row| row.values.customer_id);
        let customer_id = desk.customer(conn, "customer", &input.customer, owner)?;
        let ExternalId { system, id } = input.external_id.clone();
        Ok(Values {
            system,
            external_id: id,
            customer_id,
            issued_on: input.issued_on,
            due_on: input.due_on,
            amount: input.amount,
            paid_on: input.paid_on,
            disputed: input.disputed,
        })
    }

    fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>> {
        invoices::find(conn, id)
    }

    fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Self>> {
        invoices::by_key(conn, key)
    }

    fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
        invoices::lock(conn, id)
    }

    fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<i64> {
        invoices::insert(conn, values, now)
    }

    fn update(conn: &mut Conn, id: i64, values: &Values, now: UtcTime) -> DbResult<()> {
        invoices::update(conn, id, values, now)
    }

    fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
        invoices::delete(conn, id, now)
    }
}
