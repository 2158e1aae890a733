//! Templates: questions to make surveys of.

use diesel::prelude::*;

use crate::db::schema::survey_templates;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value, field};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::surveys::model::{Question, TemplateInput};

/// A template.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Template {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub questions: Vec<Question>,
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
#[diesel(table_name = survey_templates)]
struct Raw {
    id: i64,
    name: String,
    questions: String,
    version: i64,
    created_at: UtcTime,
    updated_at: UtcTime,
    deleted_at: Option<UtcTime>,
}

impl Raw {
    fn typed(self) -> DbResult<Template> {
        Ok(Template {
            id: self.id,
            name: self.name,
            questions: super::questions(&self.questions)?,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
        })
    }
}

/// Lists of templates.
pub const TEMPLATES: Collection = Collection {
    columns: "t.*",
    from: "survey_templates t",
    id: "t.id",
    updated: Some("t.updated_at"),
    alive: Some("t.deleted_at IS NULL"),
    fields: &[
        field("id", "t.id", Kind::Int, true),
        field("name", "t.name", Kind::Text, true),
        field("updated_at", "t.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// One page of templates, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(conn: &mut Conn, listing: &Listing) -> DbResult<Vec<Template>> {
    let rows: Vec<Raw> = select::page(conn, &TEMPLATES, listing, |_| {})?;
    rows.into_iter().map(Raw::typed).collect()
}

/// The template with this id, unless it was deleted; kept from being written by others until the
/// transaction ends if it is to be `changed`. SQLite has one writer anyway.
pub fn find(conn: &mut Conn, id: i64, changed: bool) -> DbResult<Option<Template>> {
    let mut sql =
        Statement::new("SELECT t.* FROM survey_templates t WHERE t.deleted_at IS NULL AND t.id = ");
    sql.bind(Value::Int(id));
    if changed && conn.is_postgres() {
        sql.push(" FOR NO KEY UPDATE");
    }
    let rows: Vec<Raw> = sql.load(conn)?;
    rows.into_iter().next().map(Raw::typed).transpose()
}

/// Makes a template; a unique key is violated if there is one of this name.
pub fn insert(conn: &mut Conn, input: &TemplateInput, now: UtcTime) -> DbResult<i64> {
    let questions = super::questions_text(&input.questions)?;
    Ok(on!(conn, |c| diesel::insert_into(survey_templates::table)
        .values((
            survey_templates::name.eq(&input.name),
            survey_templates::questions.eq(&questions),
            survey_templates::created_at.eq(now),
            survey_templates::updated_at.eq(now),
        ))
        .returning(survey_templates::id)
        .get_result(c))?)
}

/// Changes a template; a unique key is violated if there is another of this name.
pub fn update(conn: &mut Conn, id: i64, input: &TemplateInput, now: UtcTime) -> DbResult<()> {
    let questions = super::questions_text(&input.questions)?;
    on!(conn, |c| diesel::update(survey_templates::table.find(id))
        .set((
            survey_templates::name.eq(&input.name),
            survey_templates::questions.eq(&questions),
            survey_templates::updated_at.eq(now),
            survey_templates::version.eq(survey_templates::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks a template as deleted; surveys made of it keep their questions.
pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(survey_templates::table.find(id))
        .set((
            survey_templates::deleted_at.eq(Some(now)),
            survey_templates::updated_at.eq(now),
            survey_templates::version.eq(survey_templates::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
