//! Invoices as records.

use super::{Desk, Record};
use crate::db::{Conn, DbResult};
use crate::engagement::model::InvoiceInput;
use crate::engagement::store::invoices::{Row, Values};
use crate::error::Answer;
use crate::ids::ExternalId;
use crate::problem::FieldProblem;

impl Record for Values {
    const WHAT: &'static str = "invoice";
    const MANY: &'static str = "invoices";
    const KEYS: &'static [&'static str] = &["customer"];
    type Input = InvoiceInput;

    fn checked(input: InvoiceInput) -> Result<InvoiceInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key_of(input: &InvoiceInput) -> &ExternalId {
        &input.external_id
    }

    fn input(&self) -> DbResult<InvoiceInput> {
        Ok(InvoiceInput {
            external_id: self.key(),
            customer: self.customer_id.0.into(),
            issued_on: self.issued_on,
            due_on: self.due_on,
            amount: self.amount,
            paid_on: self.paid_on,
            disputed: self.disputed,
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &InvoiceInput,
        standing: Option<&Row>,
    ) -> Answer<Self> {
        let owner = standing.map(|row| row.values.customer_id);
        let customer_id = desk.customer(conn, "customer", &input.customer, owner)?;
        let ExternalId { system, id } = input.external_id.clone();
        Ok(Self {
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
}
