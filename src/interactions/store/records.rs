//! Interactions as records.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use crate::access::Teams;
use crate::db::schema::interactions;
use crate::db::select::{self, Collection, Field, Kind, Listing, Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
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
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// What was told.
    pub told: Told,
    /// What follows from it.
    pub scores: Scores,
}

/// An interaction, with the team of its customer.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = interactions)]
struct Read {
    id: InteractionId,
    #[diesel(embed)]
    told: Told,
    #[diesel(embed)]
    scores: Scores,
    version: i64,
    created_at: UtcTime,
    updated_at: UtcTime,
    deleted_at: Option<UtcTime>,
    #[diesel(sql_type = Nullable<BigInt>)]
    team_id: Option<i64>,
}

/// An interaction, with the team of its customer.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: InteractionId,
    /// What is stored of it.
    pub values: Values,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
    /// The customer's team.
    pub team_id: Option<i64>,
}

impl From<Read> for Row {
    fn from(read: Read) -> Self {
        Self {
            id: read.id,
            values: Values {
                told: read.told,
                scores: read.scores,
            },
            version: read.version,
            created_at: read.created_at,
            updated_at: read.updated_at,
            deleted_at: read.deleted_at,
            team_id: read.team_id,
        }
    }
}

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

const fn field(name: &'static str, sql: &'static str, kind: Kind, sortable: bool) -> Field {
    Field {
        name,
        sql,
        kind,
        sortable,
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

/// The interaction with this id, deleted or not.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Row>> {
    let mut sql = chosen();
    sql.push("i.id = ").bind(Value::Int(id));
    one(conn, sql)
}

/// The interaction with this key, deleted or not.
pub fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Row>> {
    let mut sql = chosen();
    sql.push("i.system = ")
        .bind(Value::Text(key.system.clone()));
    sql.push(" AND i.external_id = ")
        .bind(Value::Text(key.id.clone()));
    one(conn, sql)
}

fn chosen() -> Statement {
    Statement::new(
        "SELECT i.*, c.team_id FROM interactions i JOIN customers c ON c.id = i.customer_id WHERE ",
    )
}

fn one(conn: &mut Conn, sql: Statement) -> DbResult<Option<Row>> {
    Ok(sql.load::<Read>(conn)?.pop().map(Row::from))
}

/// Keeps others from writing it until the transaction ends. SQLite has one writer anyway.
pub fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
    if conn.is_postgres() {
        let mut sql = Statement::new("SELECT id FROM interactions WHERE id = ");
        sql.bind(Value::Int(id)).push(" FOR NO KEY UPDATE");
        sql.execute(conn)?;
    }
    Ok(())
}

/// Makes an interaction; a unique key is violated if there is one with this key.
pub fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<i64> {
    Ok(on!(conn, |c| diesel::insert_into(interactions::table)
        .values((
            &values.told,
            &values.scores,
            interactions::created_at.eq(now),
            interactions::updated_at.eq(now),
        ))
        .returning(interactions::id)
        .get_result(c))?)
}

/// Changes an interaction; one that was deleted comes back.
pub fn update(conn: &mut Conn, id: i64, values: &Values, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(interactions::table.find(id))
        .set((
            &values.told,
            &values.scores,
            interactions::updated_at.eq(now),
            interactions::deleted_at.eq(None::<UtcTime>),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(c))?;
    Ok(())
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

/// Marks an interaction as deleted; what was said is not kept.
pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(interactions::table.find(id))
        .set((
            Scores::default(),
            interactions::subject.eq(None::<String>),
            interactions::text.eq(None::<String>),
            interactions::deleted_at.eq(Some(now)),
            interactions::updated_at.eq(now),
            interactions::version.eq(interactions::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
