//! Surveys themselves.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::word;
use crate::access::Teams;
use crate::db::schema::surveys;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value, field};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::SurveyId;
use crate::surveys::model::{About, Question, SurveyStatus};

/// A survey.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Survey {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: SurveyId,
    /// Its name.
    pub name: String,
    /// The template that it was made of.
    pub template_id: Option<i64>,
    /// What is asked; frozen once it is open.
    pub questions: Vec<Question>,
    /// What it asks about.
    pub about: About,
    /// Where it stands. One that is open cannot be answered any more behind `closes_at`.
    pub status: SurveyStatus,
    /// The team whose survey it is; `null`: of no team.
    pub team_id: Option<i64>,
    /// Until when it can be answered.
    pub closes_at: UtcTime,
    /// Days between two mails to somebody who has not answered.
    pub reminder_days: i64,
    /// Reminders at most.
    pub reminders: i64,
    /// When it was opened.
    pub opened_at: Option<UtcTime>,
    /// When it was closed.
    pub closed_at: Option<UtcTime>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

#[derive(QueryableByName)]
#[diesel(table_name = surveys)]
struct Raw {
    id: SurveyId,
    name: String,
    template_id: Option<i64>,
    questions: String,
    about: String,
    status: String,
    team_id: Option<i64>,
    closes_at: UtcTime,
    reminder_days: i64,
    reminders: i64,
    opened_at: Option<UtcTime>,
    closed_at: Option<UtcTime>,
    version: i64,
    created_at: UtcTime,
    updated_at: UtcTime,
    deleted_at: Option<UtcTime>,
}

impl Raw {
    fn typed(self) -> DbResult<Survey> {
        Ok(Survey {
            id: self.id,
            name: self.name,
            template_id: self.template_id,
            questions: super::questions(&self.questions)?,
            about: word("surveys.about", About::parse, &self.about)?,
            status: word("surveys.status", SurveyStatus::parse, &self.status)?,
            team_id: self.team_id,
            closes_at: self.closes_at,
            reminder_days: self.reminder_days,
            reminders: self.reminders,
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
        })
    }
}

/// Lists of surveys.
pub const SURVEYS: Collection = Collection {
    columns: "s.*",
    from: "surveys s",
    id: "s.id",
    updated: Some("s.updated_at"),
    alive: Some("s.deleted_at IS NULL"),
    fields: &[
        field("id", "s.id", Kind::Int, true),
        field("name", "s.name", Kind::Text, true),
        field("template_id", "s.template_id", Kind::Int, false),
        field("about", "s.about", Kind::Words(About::WORDS), false),
        field(
            "status",
            "s.status",
            Kind::Words(SurveyStatus::WORDS),
            false,
        ),
        field("team_id", "s.team_id", Kind::Int, false),
        field("closes_at", "s.closes_at", Kind::Time, true),
        field("updated_at", "s.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// Restricts a statement to surveys of these teams, and of no team.
fn restrict(teams: &Teams, sql: &mut Statement) {
    if let Teams::Only(ids) = teams {
        sql.push(" AND (s.team_id IS NULL");
        if !ids.is_empty() {
            sql.push(" OR s.team_id IN (");
            sql.bind_list(ids.iter().copied().map(Value::Int)).push(")");
        }
        sql.push(")");
    }
}

/// One page of surveys, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(conn: &mut Conn, listing: &Listing, teams: &Teams) -> DbResult<Vec<Survey>> {
    let rows: Vec<Raw> = select::page(conn, &SURVEYS, listing, |sql| restrict(teams, sql))?;
    rows.into_iter().map(Raw::typed).collect()
}

/// The survey with this id, unless it was deleted or these teams may not see it; kept from being
/// written by others until the transaction ends if it is to be `changed`.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams, changed: bool) -> DbResult<Option<Survey>> {
    let mut sql =
        Statement::new("SELECT s.* FROM surveys s WHERE s.deleted_at IS NULL AND s.id = ");
    sql.bind(Value::Int(id));
    restrict(teams, &mut sql);
    if changed && conn.is_postgres() {
        sql.push(" FOR NO KEY UPDATE");
    }
    let rows: Vec<Raw> = sql.load(conn)?;
    rows.into_iter().next().map(Raw::typed).transpose()
}

/// What is stored of a survey, apart from where it stands and its times.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// As in [`Survey`], and so all that follow.
    pub name: String,
    /// The template.
    pub template_id: Option<i64>,
    /// What is asked.
    pub questions: Vec<Question>,
    /// About what.
    pub about: About,
    /// Whose.
    pub team_id: Option<i64>,
    /// Until when.
    pub closes_at: UtcTime,
    /// Days.
    pub reminder_days: i64,
    /// At most.
    pub reminders: i64,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = surveys, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Columns<'a> {
    name: &'a str,
    template_id: Option<i64>,
    questions: String,
    about: &'static str,
    team_id: Option<i64>,
    closes_at: UtcTime,
    reminder_days: i64,
    reminders: i64,
}

impl Values {
    fn columns(&self) -> DbResult<Columns<'_>> {
        Ok(Columns {
            name: &self.name,
            template_id: self.template_id,
            questions: super::questions_text(&self.questions)?,
            about: self.about.word(),
            team_id: self.team_id,
            closes_at: self.closes_at,
            reminder_days: self.reminder_days,
            reminders: self.reminders,
        })
    }
}

/// Makes a survey, as a draft.
pub fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<i64> {
    let columns = values.columns()?;
    Ok(on!(conn, |c| diesel::insert_into(surveys::table)
        .values((
            columns,
            surveys::status.eq(SurveyStatus::Draft.word()),
            surveys::created_at.eq(now),
            surveys::updated_at.eq(now),
        ))
        .returning(surveys::id)
        .get_result(c))?)
}

/// Changes a survey.
pub fn update(conn: &mut Conn, id: SurveyId, values: &Values, now: UtcTime) -> DbResult<()> {
    let columns = values.columns()?;
    on!(conn, |c| diesel::update(surveys::table.find(id.0))
        .set((
            columns,
            surveys::updated_at.eq(now),
            surveys::version.eq(surveys::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Opens a survey.
pub fn open(conn: &mut Conn, id: SurveyId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(surveys::table.find(id.0))
        .set((
            surveys::status.eq(SurveyStatus::Open.word()),
            surveys::opened_at.eq(Some(now)),
            surveys::updated_at.eq(now),
            surveys::version.eq(surveys::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Closes a survey.
pub fn close(conn: &mut Conn, id: SurveyId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(surveys::table.find(id.0))
        .set((
            surveys::status.eq(SurveyStatus::Closed.word()),
            surveys::closed_at.eq(Some(now)),
            surveys::updated_at.eq(now),
            surveys::version.eq(surveys::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks a survey as deleted.
pub fn delete(conn: &mut Conn, id: SurveyId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(surveys::table.find(id.0))
        .set((
            surveys::deleted_at.eq(Some(now)),
            surveys::updated_at.eq(now),
            surveys::version.eq(surveys::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many invitations a survey has.
pub fn invitations(conn: &mut Conn, id: SurveyId) -> DbResult<i64> {
    let mut sql =
        Statement::new("SELECT COUNT(*) AS count FROM survey_invitations WHERE survey_id = ");
    sql.bind(Value::Int(id.0));
    Ok(sql
        .load::<Count>(conn)?
        .pop()
        .map_or(0, |found| found.count))
}
