//! Interactions as records.

use diesel::prelude::*;

use crate::access::Teams;
use crate::db::schema::interactions;
use crate::db::select::{self, Collection, Kind, Listing, field};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::engagement::store::{self as engagement, Stored, writes};
use crate::ids::{CustomerId, ExternalId, InteractionId};
use crate::interactions::model::{Direction, InteractionChannel, WhyNotScored};

/// What was told of an interaction, as it is stored.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = interactions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Told {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// The customer.
    pub customer_id: CustomerId,
    /// The department, the contact's when it happened.
    pub department_id: Option<i64>,
    /// The person at the customer.
    pub contact_id: Option<i64>,
    /// The person of ours.
    pub user_id: Option<i64>,
    /// A word of [`InteractionChannel`].
    pub channel: String,
    /// A word of [`Direction`].
    pub direction: String,
    /// The shipment.
    pub shipment_id: Option<i64>,
    /// The complaint.
    pub complaint_id: Option<i64>,
    /// When it was said.
    pub at: UtcTime,
    /// The subject.
    pub subject: Option<String>,
    /// What was said, without quoted replies and signatures.
    pub text: Option<String>,
}

/// The feeling of a text, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = interactions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Scores {
    /// As found.
    pub language: Option<String>,
    /// In `[-1, 1]`.
    pub polarity: Option<f64>,
    /// In `[0.5, 1]`.
    pub confidence: Option<f64>,
    /// Whether it only transacts.
    pub neutral: Option<bool>,
    /// A word of [`WhyNotScored`].
    pub not_scored: Option<String>,
    /// JSON.
    pub sentences: Option<String>,
    /// JSON.
    pub topics: Option<String>,
    /// `lexicon`, or ids of models with `+` between.
    pub scored_with: Option<String>,
}

/// What is stored of an interaction, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = interactions)]
pub struct Values {
    /// What was told.
    #[diesel(embed)]
    pub told: Told,
    /// What follows from it.
    #[diesel(embed)]
    pub scores: Scores,
}

/// An interaction.
pub type Row = engagement::Row<Values>;

/// An interaction in a list: without its text and what was found in it, which may be long.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = interactions)]
#[expect(missing_docs, reason = "as in the rows above")]
pub struct Brief {
    pub id: InteractionId,
    pub system: String,
    pub external_id: String,
    pub customer_id: CustomerId,
    pub department_id: Option<i64>,
    pub contact_id: Option<i64>,
    pub user_id: Option<i64>,
    pub channel: String,
    pub direction: String,
    pub shipment_id: Option<i64>,
    pub complaint_id: Option<i64>,
    pub at: UtcTime,
    pub subject: Option<String>,
    pub language: Option<String>,
    pub polarity: Option<f64>,
    pub confidence: Option<f64>,
    pub neutral: Option<bool>,
    pub not_scored: Option<String>,
    pub scored_with: Option<String>,
    pub version: i64,
    pub created_at: UtcTime,
    pub updated_at: UtcTime,
    pub deleted_at: Option<UtcTime>,
}

impl Told {
    /// The key in the sender's system.
    pub fn key(&self) -> ExternalId {
        ExternalId {
            system: self.system.clone(),
            id: self.external_id.clone(),
        }
    }
}

/// Lists of interactions.
pub const INTERACTIONS: Collection = Collection {
    columns: "i.id, i.system, i.external_id, i.customer_id, i.department_id, i.contact_id, \
              i.user_id, i.channel, i.direction, i.shipment_id, i.complaint_id, i.at, i.subject, \
              i.language, i.polarity, i.confidence, i.neutral, i.not_scored, i.scored_with, \
              i.version, i.created_at, i.updated_at, i.deleted_at",
    from: "interactions i JOIN customers c ON c.id = i.customer_id",
    id: "i.id",
    updated: Some("i.updated_at"),
    alive: Some("i.deleted_at IS NULL"),
    fields: &[
        field("id", "i.id", Kind::Int, true),
        field("customer_id", "i.customer_id", Kind::Int, false),
        field("department_id", "i.department_id", Kind::Int, false),
        field("contact_id", "i.contact_id", Kind::Int, false),
        field("user_id", "i.user_id", Kind::Int, false),
        field("shipment_id", "i.shipment_id", Kind::Int, false),
        field("complaint_id", "i.complaint_id", Kind::Int, false),
        field("system", "i.system", Kind::Text, false),
        field(
            "channel",
            "i.channel",
            Kind::Words(InteractionChannel::WORDS),
            false,
        ),
        field(
            "direction",
            "i.direction",
            Kind::Words(Direction::WORDS),
            false,
        ),
        field("at", "i.at", Kind::Time, true),
        field("language", "i.language", Kind::Text, false),
        field("polarity", "i.polarity", Kind::Real, false),
        field("neutral", "i.neutral", Kind::Bool, false),
        field(
            "not_scored",
            "i.not_scored",
            Kind::Words(WhyNotScored::WORDS),
            false,
        ),
        field("scored_with", "i.scored_with", Kind::Text, false),
        field("updated_at", "i.updated_at", Kind::Time, true),
    ],
    default_sort: "-at",
};

/// One page of interactions, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(conn: &mut Conn, listing: &Listing, teams: &Teams) -> DbResult<Vec<Brief>> {
    select::page(conn, &INTERACTIONS, listing, |sql| {
        teams.restrict(sql, "c.team_id");
    })
}

impl Stored for Values {
    writes!(interactions);

    /// What was said.
    fn erase(conn: &mut Conn, id: i64) -> DbResult<()> {
        on!(conn, |c| diesel::update(interactions::table.find(id))
            .set((
                Scores::default(),
                interactions::subject.eq(None::<String>),
                interactions::text.eq(None::<String>),
            ))
            .execute(c))?;
        Ok(())
    }
}

/// Stores another score of the same text.
pub fn rescore(conn: &mut Conn, id: i64, scores: &Scores, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(interactions::table.find(id))
        .set((
            scores,
            interactions::updated_at.eq(now),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
