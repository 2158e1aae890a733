//! Invoices and their payments.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Listed, Stored, collection, writes};
use crate::db::schema::invoices;
use crate::db::select::{Collection, Kind, Value, field};
use crate::engagement::model::Payment;
use crate::ids::{CustomerId, ExternalId};

/// What is stored of an invoice, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = invoices, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Values {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// Who pays.
    pub customer_id: CustomerId,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// The end of the payment terms.
    pub due_on: NaiveDate,
    /// Minor units.
    pub amount: i64,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// Whether the customer does not accept it.
    pub disputed: bool,
}

/// An invoice.
pub type Row = super::Row<Values>;

impl Values {
    /// The key in the sender's system.
    pub fn key(&self) -> ExternalId {
        ExternalId {
            system: self.system.clone(),
            id: self.external_id.clone(),
        }
    }

    /// Its days and amount.
    pub fn payment(&self) -> Payment {
        Payment {
            issued_on: self.issued_on,
            due_on: self.due_on,
            paid_on: self.paid_on,
            amount: self.amount,
            disputed: self.disputed,
        }
    }
}

/// Lists of invoices.
pub const INVOICES: Collection = collection(
    "invoices v JOIN customers c ON c.id = v.customer_id",
    &[
        field("id", "v.id", Kind::Int, true),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("system", "v.system", Kind::Text, false),
        field("issued_on", "v.issued_on", Kind::Date, true),
        field("due_on", "v.due_on", Kind::Date, true),
        field("paid_on", "v.paid_on", Kind::Date, false),
        field("paid", "(v.paid_on IS NOT NULL)", Kind::Bool, false),
        field("amount", "v.amount", Kind::Int, true),
        field("disputed", "v.disputed", Kind::Bool, false),
        field("updated_at", "v.updated_at", Kind::Time, true),
    ],
    "id",
);

impl Stored for Values {
    writes!(invoices);
}

impl Listed for Values {
    const LIST: &'static Collection = &INVOICES;

    fn sorted_by(&self, field: &str) -> Option<Value> {
        match field {
            "issued_on" => Some(Value::Date(self.issued_on)),
            "due_on" => Some(Value::Date(self.due_on)),
            "amount" => Some(Value::Int(self.amount)),
            _ => None,
        }
    }
}
