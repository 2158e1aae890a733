//! Identifiers as types: a customer's id cannot be passed where a shipment's is wanted.

/// Declares an identifier stored as a 64-bit integer on every database.
macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB> for $name
        where
            DB: diesel::backend::Backend,
            i64: diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                i64::from_sql(bytes).map(Self)
            }
        }

        impl<DB> diesel::serialize::ToSql<diesel::sql_types::BigInt, DB> for $name
        where
            DB: diesel::backend::Backend,
            i64: diesel::serialize::ToSql<diesel::sql_types::BigInt, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )* };
}

row_id! {
    /// Identifies a customer (an organisation), be it shipper, consignee or both.
    CustomerId
    /// Identifies a department of a customer.
    DepartmentId
    /// Identifies a contact (a person) at a customer.
    ContactId
    /// Identifies a shipment.
    ShipmentId
    /// Identifies a contract.
    ContractId
    /// Identifies a survey.
    SurveyId
    /// Identifies an invitation to answer a survey.
    InvitationId
    /// Identifies a complaint.
    ComplaintId
    /// Identifies a promise.
    PromiseId
    /// Identifies an interaction.
    InteractionId
    /// Identifies an import.
    ImportId
    /// Identifies an assessment run.
    RunId
    /// Identifies a what-if that was kept.
    WhatIfId
    /// Identifies a retention plan.
    PlanId
    /// Identifies a play.
    PlayId
    /// Identifies a back-test.
    BacktestId
    /// Identifies an alert.
    AlertId
    /// Identifies a mail in the outbox.
    MailId
    /// Identifies a team of our own people.
    TeamId
    /// Identifies a user: one of our own people.
    UserId
    /// Identifies an API key.
    KeyId
}

/// The key another system gives to a record: unique together.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
pub struct ExternalId {
    /// Name of the system, such as `tms`.
    pub system: String,
    /// Key of the record in that system.
    pub id: String,
}
