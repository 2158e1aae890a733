//! Invitations: one person asked once.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::word;
use crate::access::Teams;
use crate::customers::model::{DepartmentKind, SurveyConsent};
use crate::db::schema::survey_invitations;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value, field};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime, insert_all, on};
use crate::ids::{ContactId, CustomerId, DepartmentId, InvitationId, ShipmentId, SurveyId};
use crate::surveys::model::{About, InvitationStatus, Question, Side, Source, SurveyStatus};

/// An invitation with what is needed to ask, to answer and to show it.
#[derive(Clone, Debug, PartialEq)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// The survey.
    pub survey_id: SurveyId,
    /// The survey's name.
    pub survey_name: String,
    /// Where the survey stands.
    pub survey_status: SurveyStatus,
    /// What it asks about.
    pub about: About,
    /// Every question of the survey, whomever it is put to.
    pub questions: Arc<[Question]>,
    /// From then on answers come too late.
    pub closes_at: UtcTime,
    /// When the survey was closed, if it was.
    pub closed_at: Option<UtcTime>,
    /// Days between two mails to somebody who has not answered.
    pub reminder_days: i64,
    /// Reminders at most.
    pub reminders: i64,
    /// The survey's team; `None`: of no team.
    pub survey_team_id: Option<i64>,
    /// The customer asked.
    pub customer_id: CustomerId,
    /// Its name.
    pub customer_name: String,
    /// The customer's team.
    pub team_id: Option<i64>,
    /// The department that the person was in when asked, deleted or not.
    pub department_id: Option<DepartmentId>,
    /// What that department does.
    pub department_kind: Option<DepartmentKind>,
    /// What that department is called.
    pub department_name: Option<String>,
    /// The person asked.
    pub contact_id: ContactId,
    /// The person's name.
    pub contact_name: String,
    /// The person's address.
    pub contact_email: Option<String>,
    /// Whether the contact was deleted.
    pub contact_deleted: bool,
    /// What the person said about being asked; `None`: nothing.
    pub survey_consent: Option<SurveyConsent>,
    /// The shipment asked about.
    pub shipment_id: Option<ShipmentId>,
    /// The shipment's key in the system that it comes from.
    pub shipment_key: Option<String>,
    /// The other end of the shipment or link asked about.
    pub partner_id: Option<CustomerId>,
    /// Its name.
    pub partner_name: Option<String>,
    /// Which end the customer is; `None`: its own experience.
    pub side: Option<Side>,
    /// How the person came to be asked.
    pub source: Source,
    /// The language to ask in, BCP 47.
    pub language: String,
    /// Part of the ticket's signature.
    pub nonce: String,
    /// Where it stands.
    pub status: InvitationStatus,
    /// How much an answer counts, in `[0, 1]`.
    pub confidence: f64,
    /// When the person was asked.
    pub invited_at: UtcTime,
    /// When the last mail to the person was written.
    pub last_mailed_at: Option<UtcTime>,
    /// Mails to the person.
    pub mails: i64,
    /// When the person last answered.
    pub answered_at: Option<UtcTime>,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
}

/// The columns of the table itself.
#[derive(QueryableByName)]
#[diesel(table_name = survey_invitations)]
struct Own {
    id: InvitationId,
    survey_id: SurveyId,
    customer_id: CustomerId,
    department_id: Option<DepartmentId>,
    contact_id: ContactId,
    shipment_id: Option<ShipmentId>,
    partner_id: Option<CustomerId>,
    side: Option<String>,
    source: String,
    language: String,
    nonce: String,
    status: String,
    confidence: f64,
    invited_at: UtcTime,
    last_mailed_at: Option<UtcTime>,
    mails: i64,
    answered_at: Option<UtcTime>,
    created_at: UtcTime,
    updated_at: UtcTime,
}

/// A row as it comes.
#[derive(QueryableByName)]
struct Raw {
    #[diesel(embed)]
    own: Own,
    #[diesel(sql_type = Text)]
    survey_name: String,
    #[diesel(sql_type = Text)]
    survey_status: String,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Text)]
    questions: String,
    #[diesel(sql_type = Instant)]
    closes_at: UtcTime,
    #[diesel(sql_type = Nullable<Instant>)]
    closed_at: Option<UtcTime>,
    #[diesel(sql_type = BigInt)]
    reminder_days: i64,
    #[diesel(sql_type = BigInt)]
    reminders: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    survey_team_id: Option<i64>,
    #[diesel(sql_type = Text)]
    customer_name: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    team_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    department_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    department_name: Option<String>,
    #[diesel(sql_type = Text)]
    contact_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    contact_email: Option<String>,
    #[diesel(sql_type = Bool)]
    contact_deleted: bool,
    #[diesel(sql_type = Nullable<Text>)]
    survey_consent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    shipment_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    partner_name: Option<String>,
}

const COLUMNS: &str = "i.*, s.name AS survey_name, s.status AS survey_status, s.about, s.questions, \
     s.closes_at, s.closed_at, s.reminder_days, s.reminders, s.team_id AS survey_team_id, \
     c.name AS customer_name, c.team_id, d.kind AS department_kind, d.name AS department_name, \
     p.name AS contact_name, p.email AS contact_email, (p.deleted_at IS NOT NULL) AS contact_deleted, \
     p.survey_consent, h.external_id AS shipment_key, o.name AS partner_name";

const FROM: &str = "survey_invitations i JOIN surveys s ON s.id = i.survey_id \
     JOIN customers c ON c.id = i.customer_id JOIN contacts p ON p.id = i.contact_id \
     LEFT JOIN departments d ON d.id = i.department_id \
     LEFT JOIN shipments h ON h.id = i.shipment_id LEFT JOIN customers o ON o.id = i.partner_id";

impl Raw {
    fn typed(self, questions: Arc<[Question]>) -> DbResult<InvitationRow> {
        let own = self.own;
        let side = own
            .side
            .map(|side| word("survey_invitations.side", Side::parse, &side));
        let kind = self.department_kind;
        let kind = kind.map(|kind| word("departments.kind", DepartmentKind::parse, &kind));
        let consent = self.survey_consent;
        let consent =
            consent.map(|one| word("contacts.survey_consent", SurveyConsent::parse, &one));
        Ok(InvitationRow {
            id: own.id,
            survey_id: own.survey_id,
            survey_name: self.survey_name,
            survey_status: word("surveys.status", SurveyStatus::parse, &self.survey_status)?,
            about: word("surveys.about", About::parse, &self.about)?,
            questions,
            closes_at: self.closes_at,
            closed_at: self.closed_at,
            reminder_days: self.reminder_days,
            reminders: self.reminders,
            survey_team_id: self.survey_team_id,
            customer_id: own.customer_id,
            customer_name: self.customer_name,
            team_id: self.team_id,
            department_id: own.department_id,
            department_kind: kind.transpose()?,
            department_name: self.department_name,
            contact_id: own.contact_id,
            contact_name: self.contact_name,
            contact_email: self.contact_email,
            contact_deleted: self.contact_deleted,
            survey_consent: consent.transpose()?,
            shipment_id: own.shipment_id,
            shipment_key: self.shipment_key,
            partner_id: own.partner_id,
            partner_name: self.partner_name,
            side: side.transpose()?,
            source: word("survey_invitations.source", Source::parse, &own.source)?,
            language: own.language,
            nonce: own.nonce,
            status: word(
                "survey_invitations.status",
                InvitationStatus::parse,
                &own.status,
            )?,
            confidence: own.confidence,
            invited_at: own.invited_at,
            last_mailed_at: own.last_mailed_at,
            mails: own.mails,
            answered_at: own.answered_at,
            created_at: own.created_at,
            updated_at: own.updated_at,
        })
    }
}

/// Rows with their values read; the questions of each survey once.
fn typed(rows: Vec<Raw>) -> DbResult<Vec<InvitationRow>> {
    let mut known: HashMap<SurveyId, Arc<[Question]>> = HashMap::new();
    let read = |row: Raw| {
        let questions = if let Some(questions) = known.get(&row.own.survey_id) {
            Arc::clone(questions)
        } else {
            let questions: Arc<[Question]> = super::questions(&row.questions)?.into();
            known.insert(row.own.survey_id, Arc::clone(&questions));
            questions
        };
        row.typed(questions)
    };
    rows.into_iter().map(read).collect()
}

/// The invitations for which a condition from the code holds, such as `i.status = 'invited'`; the
/// tables are `i` (invitations), `s` (surveys), `c` (customers), `p` (contacts), `d` (departments).
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn invitations_where(
    conn: &mut Conn,
    condition: impl FnOnce(&mut Statement),
) -> DbResult<Vec<InvitationRow>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(COLUMNS).push(" FROM ").push(FROM).push(" WHERE ");
    condition(&mut sql);
    typed(sql.load(conn)?)
}

/// The invitation with this id, whoever asks.
pub fn invitation(conn: &mut Conn, id: i64) -> DbResult<Option<InvitationRow>> {
    let found = invitations_where(conn, |sql| {
        sql.push("i.id = ").bind(Value::Int(id));
    });
    Ok(found?.pop())
}

/// The invitation, kept from being written by others until the transaction ends. SQLite has one
/// writer anyway.
pub fn locked_invitation(conn: &mut Conn, id: InvitationId) -> DbResult<InvitationRow> {
    if conn.is_postgres() {
        let mut sql = Statement::new("SELECT id FROM survey_invitations WHERE id = ");
        sql.bind(Value::Int(id.0)).push(" FOR NO KEY UPDATE");
        sql.execute(conn)?;
    }
    invitation(conn, id.0)?.ok_or_else(|| DbError::corrupt("survey_invitations", id))
}

/// Lists of invitations.
pub const INVITATIONS: Collection = Collection {
    columns: COLUMNS,
    from: FROM,
    id: "i.id",
    updated: Some("i.updated_at"),
    alive: None,
    fields: &[
        field("id", "i.id", Kind::Int, true),
        field(
            "status",
            "i.status",
            Kind::Words(InvitationStatus::WORDS),
            false,
        ),
        field("customer_id", "i.customer_id", Kind::Int, false),
        field("department_id", "i.department_id", Kind::Int, false),
        field("contact_id", "i.contact_id", Kind::Int, false),
        field("side", "i.side", Kind::Words(Side::WORDS), false),
        field("source", "i.source", Kind::Words(Source::WORDS), false),
        field("answered_at", "i.answered_at", Kind::Time, false),
        field("updated_at", "i.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// One page of a survey's invitations of customers that these teams may see, and one row more if
/// there is another.
pub fn page(
    conn: &mut Conn,
    survey: SurveyId,
    listing: &Listing,
    teams: &Teams,
) -> DbResult<Vec<InvitationRow>> {
    let rows = select::page(conn, &INVITATIONS, listing, |sql| {
        sql.push(" AND i.survey_id = ").bind(Value::Int(survey.0));
        teams.restrict(sql, "c.team_id");
    })?;
    typed(rows)
}

/// An invitation to be.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = survey_invitations, treat_none_as_default_value = false)]
pub struct NewInvitation {
    /// As in [`InvitationRow`], and so all that follow.
    pub survey_id: SurveyId,
    /// Who is asked.
    pub customer_id: CustomerId,
    /// In which department.
    pub department_id: Option<DepartmentId>,
    /// Who.
    pub contact_id: ContactId,
    /// About which shipment.
    pub shipment_id: Option<ShipmentId>,
    /// The other end.
    pub partner_id: Option<CustomerId>,
    /// A word of [`Side`].
    pub side: Option<String>,
    /// A word of [`Source`].
    pub source: &'static str,
    /// In which language.
    pub language: String,
    /// For the ticket.
    pub nonce: String,
    /// A word of [`InvitationStatus`].
    pub status: &'static str,
    /// How much an answer counts.
    pub confidence: f64,
    /// When.
    pub invited_at: UtcTime,
    /// Now.
    pub created_at: UtcTime,
    /// Now.
    pub updated_at: UtcTime,
}

/// Makes invitations; a unique key is violated by one that there is.
pub fn insert(conn: &mut Conn, new: &[NewInvitation]) -> DbResult<()> {
    Ok(insert_all!(conn, survey_invitations::table, new)?)
}

/// Makes one invitation and returns its id.
pub fn insert_one(conn: &mut Conn, new: &NewInvitation) -> DbResult<InvitationId> {
    Ok(on!(conn, |c| diesel::insert_into(
        survey_invitations::table
    )
    .values(new)
    .returning(survey_invitations::id)
    .get_result(c))?)
}

/// Asks again somebody whose invitation was revoked: all as in `new`, but for when it was made; the
/// link of before ends. One that has answers comes back as it was: they belong to the department
/// that gave them, and nobody is mailed who has answered.
pub fn revive(conn: &mut Conn, id: InvitationId, new: &NewInvitation) -> DbResult<()> {
    if !super::answers_of(conn, id)?.is_empty() {
        on!(conn, |c| diesel::update(
            survey_invitations::table.find(id.0)
        )
        .set((
            survey_invitations::status.eq(InvitationStatus::Answered.word()),
            survey_invitations::updated_at.eq(new.updated_at),
        ))
        .execute(c))?;
        return Ok(());
    }
    on!(conn, |c| diesel::update(
        survey_invitations::table.find(id.0)
    )
    .set((
        survey_invitations::department_id.eq(new.department_id),
        survey_invitations::source.eq(new.source),
        survey_invitations::language.eq(&new.language),
        survey_invitations::nonce.eq(&new.nonce),
        survey_invitations::status.eq(new.status),
        survey_invitations::invited_at.eq(new.invited_at),
        survey_invitations::last_mailed_at.eq(None::<UtcTime>),
        survey_invitations::mails.eq(0),
        survey_invitations::updated_at.eq(new.updated_at),
    ))
    .execute(c))?;
    Ok(())
}

/// Revokes an invitation: its link only says so, answers that it has stay.
pub fn revoke(conn: &mut Conn, id: InvitationId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        survey_invitations::table.find(id.0)
    )
    .set((
        survey_invitations::status.eq(InvitationStatus::Revoked.word()),
        survey_invitations::updated_at.eq(now),
    ))
    .execute(c))?;
    Ok(())
}

/// Notes how much the answers of an invitation count.
pub fn weigh(conn: &mut Conn, id: InvitationId, confidence: f64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        survey_invitations::table.find(id.0)
    )
    .set((
        survey_invitations::confidence.eq(confidence),
        survey_invitations::updated_at.eq(now),
    ))
    .execute(c))?;
    Ok(())
}
