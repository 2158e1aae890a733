//! Complaints in the database.

mod around;
pub mod causes;
mod events;
mod figures;
mod service;

use chrono::NaiveDate;
use diesel::backend::Backend;
use diesel::deserialize;
use diesel::prelude::*;
use diesel::row::NamedRow;

pub use around::{Addressee, addressee, first_mail, shipment, user_exists};
pub use events::{Event, add_event, events, last_text};
pub use figures::{FigureFilter, pairs, rows, shipments_by_day};
pub use service::{ComplaintAt, service};

use super::life::{Severity, Status};
use super::model::Channel;
use crate::db::schema::complaints;
use crate::db::select::{Collection, Kind, Value, field};
use crate::db::{DbError, DbResult, UtcTime};
use crate::engagement::store::{self as engagement, Listed, Stored, collection, writes};
use crate::ids::{ContactId, CustomerId, DepartmentId, ShipmentId, UserId};

/// What was told of a complaint.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = complaints, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Told {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// Who complains.
    pub customer_id: CustomerId,
    /// The department that complains.
    pub department_id: Option<DepartmentId>,
    /// The person who complains.
    pub contact_id: Option<ContactId>,
    /// The other end of the link.
    pub partner_id: Option<CustomerId>,
    /// The shipment.
    pub shipment_id: Option<ShipmentId>,
    /// Who of our own people looks after it.
    pub owner_id: Option<UserId>,
    /// How it came.
    pub channel: String,
    /// How bad it is.
    pub severity: String,
    /// In one line.
    pub subject: String,
    /// In the customer's words.
    pub text: Option<String>,
    /// Code of its cause.
    pub cause: Option<String>,
    /// What is done about it.
    pub remedy: Option<String>,
    /// What keeps it from happening again.
    pub action: Option<String>,
    /// When it came.
    pub received_at: UtcTime,
}

/// What happened to a complaint.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = complaints, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Life {
    /// Where it stands.
    pub status: String,
    /// Whether it is justified; `None`: not judged.
    pub justified: Option<bool>,
    /// Of the judgement.
    pub evidence: Option<String>,
    /// What was claimed, else what was paid, minor units.
    pub claim_amount: Option<i64>,
    /// When the claim was settled.
    pub settled_on: Option<NaiveDate>,
    /// First response due.
    pub acknowledge_due_at: UtcTime,
    /// First response.
    pub acknowledged_at: Option<UtcTime>,
    /// Answer due.
    pub answer_due_at: UtcTime,
    /// Last answer.
    pub answered_at: Option<UtcTime>,
    /// First answer.
    pub first_answered_at: Option<UtcTime>,
    /// Closed by the customer.
    pub confirmed_at: Option<UtcTime>,
    /// Reopened, the last time.
    pub reopened_at: Option<UtcTime>,
    /// How often it was reopened.
    pub reopened: i64,
    /// When the action was found to work.
    pub action_verified_at: Option<UtcTime>,
    /// Part of the signature of the customer's link.
    pub nonce: String,
}

/// What a write says beside the record itself, for its events; read back it is empty, and it makes no
/// two records different.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// Who writes.
    pub actor: String,
    /// How it is known that the customer says it is settled.
    pub confirmation: Option<String>,
}

impl PartialEq for Aside {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<DB: Backend> QueryableByName<DB> for Aside {
    fn build<'a>(_: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        Ok(Self::default())
    }
}

/// What is stored of a complaint, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = complaints)]
pub struct Values {
    /// What was told.
    #[diesel(embed)]
    pub told: Told,
    /// What happened.
    #[diesel(embed)]
    pub life: Life,
    /// For the events of a write.
    #[diesel(embed, skip_insertion, skip_update)]
    pub aside: Aside,
}

/// A complaint.
pub type Row = engagement::Row<Values>;

impl Values {
    /// Where it stands.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored word is none; as the next two.
    pub fn status(&self) -> DbResult<Status> {
        let word = &self.life.status;
        Status::parse(word).ok_or_else(|| DbError::corrupt("complaints.status", word))
    }

    /// How bad it is.
    pub fn severity(&self) -> DbResult<Severity> {
        let word = &self.told.severity;
        Severity::parse(word).ok_or_else(|| DbError::corrupt("complaints.severity", word))
    }

    /// How it came.
    pub fn channel(&self) -> DbResult<Channel> {
        let word = &self.told.channel;
        Channel::parse(word).ok_or_else(|| DbError::corrupt("complaints.channel", word))
    }
}

/// Lists of complaints.
pub const COMPLAINTS: Collection = collection(
    "complaints v JOIN customers c ON c.id = v.customer_id",
    &[
        field("id", "v.id", Kind::Int, true),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("department_id", "v.department_id", Kind::Int, false),
        field("contact_id", "v.contact_id", Kind::Int, false),
        field("partner_id", "v.partner_id", Kind::Int, false),
        field("shipment_id", "v.shipment_id", Kind::Int, false),
        field("owner_id", "v.owner_id", Kind::Int, false),
        field("system", "v.system", Kind::Text, false),
        field("channel", "v.channel", Kind::Words(Channel::WORDS), false),
        field(
            "severity",
            "v.severity",
            Kind::Words(Severity::WORDS),
            false,
        ),
        field("status", "v.status", Kind::Words(Status::WORDS), false),
        field(
            "open",
            "(v.status NOT IN ('confirmed', 'withdrawn'))",
            Kind::Bool,
            false,
        ),
        field("cause", "v.cause", Kind::Text, false),
        field("justified", "v.justified", Kind::Bool, false),
        field("received_at", "v.received_at", Kind::Time, true),
        field(
            "acknowledge_due_at",
            "v.acknowledge_due_at",
            Kind::Time,
            true,
        ),
        field("answer_due_at", "v.answer_due_at", Kind::Time, true),
        field("confirmed_at", "v.confirmed_at", Kind::Time, false),
        field("updated_at", "v.updated_at", Kind::Time, true),
    ],
    "-id",
);

impl Stored for Values {
    writes!(complaints);

    fn partner(&mut self) -> Option<&mut Option<CustomerId>> {
        Some(&mut self.told.partner_id)
    }
}

impl Listed for Values {
    const LIST: &'static Collection = &COMPLAINTS;

    fn sorted_by(&self, field: &str) -> Option<Value> {
        match field {
            "received_at" => Some(Value::Time(self.told.received_at)),
            "acknowledge_due_at" => Some(Value::Time(self.life.acknowledge_due_at)),
            "answer_due_at" => Some(Value::Time(self.life.answer_due_at)),
            _ => None,
        }
    }
}
