//! Contracts.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Listed, Stored, collection, writes};
use crate::db::schema::contracts;
use crate::db::select::{Collection, Kind, Value, field};
use crate::db::{DbError, DbResult};
use crate::engagement::model::{ContractOutcome, Term};
use crate::ids::{ContractId, CustomerId, ExternalId};
use crate::shipments::model::Service;

/// What is stored of a contract, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = contracts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Values {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The partner, if it is about one link.
    pub partner_id: Option<CustomerId>,
    /// What the sender calls it.
    pub kind: Option<String>,
    /// A word of [`Service`].
    pub service: Option<String>,
    /// First day in force.
    pub starts_on: NaiveDate,
    /// Last day in force.
    pub ends_on: Option<NaiveDate>,
    /// Months of a term.
    pub term_months: Option<i64>,
    /// Days of notice before the end.
    pub notice_days: Option<i64>,
    /// How often it was renewed before this term.
    pub renewals: i64,
    /// Whether it goes on unless somebody gives notice.
    pub auto_renews: bool,
    /// Share of the customer's volume, in `[0, 1]`.
    pub share: Option<f64>,
    /// Minor units.
    pub value_per_year: Option<i64>,
    /// A word of [`ContractOutcome`].
    pub outcome: Option<String>,
    /// The contract of the next term.
    pub renewed_by: Option<ContractId>,
}

/// A contract.
pub type Row = super::Row<Values>;

impl Values {
    /// The key in the sender's system.
    pub fn key(&self) -> ExternalId {
        ExternalId {
            system: self.system.clone(),
            id: self.external_id.clone(),
        }
    }

    /// Its days and what became of it.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored outcome is none.
    pub fn term(&self) -> DbResult<Term> {
        let outcome = self.outcome.as_deref().map(outcome).transpose()?;
        Ok(Term {
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            outcome,
        })
    }

    /// What is done under it.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored service is none.
    pub fn service(&self) -> DbResult<Option<Service>> {
        let parse = |word: &String| {
            Service::parse(word).ok_or_else(|| DbError::corrupt("contracts.service", word))
        };
        self.service.as_ref().map(parse).transpose()
    }
}

/// The outcome that a stored word stands for.
///
/// # Errors
///
/// [`DbError::Corrupt`].
pub(super) fn outcome(word: &str) -> DbResult<ContractOutcome> {
    ContractOutcome::parse(word).ok_or_else(|| DbError::corrupt("contracts.outcome", word))
}

/// Lists of contracts.
pub const CONTRACTS: Collection = collection(
    "contracts v JOIN customers c ON c.id = v.customer_id",
    &[
        field("id", "v.id", Kind::Int, true),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("system", "v.system", Kind::Text, false),
        field("service", "v.service", Kind::Words(Service::WORDS), false),
        field("starts_on", "v.starts_on", Kind::Date, true),
        field("ends_on", "v.ends_on", Kind::Date, false),
        field("auto_renews", "v.auto_renews", Kind::Bool, false),
        field("renewals", "v.renewals", Kind::Int, false),
        field(
            "outcome",
            "v.outcome",
            Kind::Words(ContractOutcome::WORDS),
            false,
        ),
        field("updated_at", "v.updated_at", Kind::Time, true),
    ],
    "id",
);

impl Stored for Values {
    writes!(contracts);

    fn partner(&mut self) -> Option<&mut Option<CustomerId>> {
        Some(&mut self.partner_id)
    }
}

impl Listed for Values {
    const LIST: &'static Collection = &CONTRACTS;

    fn sorted_by(&self, field: &str) -> Option<Value> {
        (field == "starts_on").then_some(Value::Date(self.starts_on))
    }
}
