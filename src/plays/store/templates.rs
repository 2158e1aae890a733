//! Templates: what plays are made of.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::play_templates;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value, field};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::i18n::Language;
use crate::plays::model::{TemplateInput, TemplateStep};

/// A template of plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = PlayTemplate)]
pub struct Template {
    /// Its id.
    pub id: i64,
    /// What was told of it.
    #[serde(flatten)]
    pub told: TemplateInput,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
}

impl Template {
    /// Its name in this language.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::En => &self.told.name_en,
            Language::Zh => &self.told.name_zh,
        }
    }
}

#[derive(QueryableByName)]
#[diesel(table_name = play_templates)]
struct Raw {
    id: i64,
    code: String,
    name_en: String,
    name_zh: String,
    steps: String,
    cost: Option<i64>,
    active: bool,
    version: i64,
    created_at: UtcTime,
    updated_at: UtcTime,
}

impl Raw {
    fn typed(self) -> DbResult<Template> {
        let steps: Vec<TemplateStep> = serde_json::from_str(&self.steps)
            .map_err(|error| DbError::corrupt("play_templates.steps", error))?;
        Ok(Template {
            id: self.id,
            told: TemplateInput {
                code: self.code,
                name_en: self.name_en,
                name_zh: self.name_zh,
                steps,
                cost: self.cost,
                active: self.active,
            },
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// Lists of templates.
pub const TEMPLATES: Collection = Collection {
    columns: "t.*",
    from: "play_templates t",
    id: "t.id",
    updated: Some("t.updated_at"),
    alive: Some("t.deleted_at IS NULL"),
    fields: &[
        field("id", "t.id", Kind::Int, true),
        field("code", "t.code", Kind::Text, true),
        field("active", "t.active", Kind::Bool, false),
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

/// The template with this code; kept from being written by others until the transaction ends if it is
/// to be `changed`. SQLite has one writer anyway.
pub fn find(conn: &mut Conn, code: &str, changed: bool) -> DbResult<Option<Template>> {
    // PostgreSQL takes no NUL in a text, hence nothing is called so.
    if code.contains('\0') {
        return Ok(None);
    }
    let mut sql =
        Statement::new("SELECT t.* FROM play_templates t WHERE t.deleted_at IS NULL AND t.code = ");
    sql.bind(Value::Text(code.to_owned()));
    if changed && conn.is_postgres() {
        sql.push(" FOR NO KEY UPDATE");
    }
    let rows: Vec<Raw> = sql.load(conn)?;
    rows.into_iter().next().map(Raw::typed).transpose()
}

/// Makes a template; a unique key is violated if there is one with this code.
pub fn insert(conn: &mut Conn, input: &TemplateInput, now: UtcTime) -> DbResult<()> {
    let steps = steps_text(input)?;
    on!(conn, |c| diesel::insert_into(play_templates::table)
        .values((
            play_templates::code.eq(&input.code),
            play_templates::name_en.eq(&input.name_en),
            play_templates::name_zh.eq(&input.name_zh),
            play_templates::steps.eq(&steps),
            play_templates::cost.eq(input.cost),
            play_templates::active.eq(input.active),
            play_templates::created_at.eq(now),
            play_templates::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// Changes a template; plays made of it keep their steps.
pub fn update(conn: &mut Conn, id: i64, input: &TemplateInput, now: UtcTime) -> DbResult<()> {
    let steps = steps_text(input)?;
    on!(conn, |c| diesel::update(play_templates::table.find(id))
        .set((
            play_templates::name_en.eq(&input.name_en),
            play_templates::name_zh.eq(&input.name_zh),
            play_templates::steps.eq(&steps),
            play_templates::cost.eq(input.cost),
            play_templates::active.eq(input.active),
            play_templates::updated_at.eq(now),
            play_templates::version.eq(play_templates::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

fn steps_text(input: &TemplateInput) -> DbResult<String> {
    serde_json::to_string(&input.steps)
        .map_err(|error| DbError::corrupt("play_templates.steps", error))
}
