//! Models of the language of the own texts.

use diesel::prelude::*;

use crate::db::schema::sentiment_models;
use crate::db::{Conn, DbResult, UtcTime, on};

/// A model without its weights.
#[derive(Clone, Debug, PartialEq, Queryable)]
pub struct Listed {
    /// Its id.
    pub id: i64,
    /// `en` or `zh`.
    pub language: String,
    /// Texts it was learnt from.
    pub texts: i64,
    /// Of them with a survey score beside the comment.
    pub labels: i64,
    /// JSON of [`Figures`](crate::interactions::train::Figures).
    pub figures: String,
    /// Whether texts are scored with it.
    pub in_use: bool,
    /// Who had it made.
    pub actor: String,
    /// When.
    pub created_at: UtcTime,
}

/// A model to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = sentiment_models)]
#[expect(missing_docs, reason = "as in the row above")]
pub struct New<'a> {
    pub language: &'a str,
    pub texts: i64,
    pub labels: i64,
    pub weights: &'a str,
    pub figures: &'a str,
    pub in_use: bool,
    pub actor: &'a str,
    pub created_at: UtcTime,
}

macro_rules! listed {
    () => {
        sentiment_models::table.select((
            sentiment_models::id,
            sentiment_models::language,
            sentiment_models::texts,
            sentiment_models::labels,
            sentiment_models::figures,
            sentiment_models::in_use,
            sentiment_models::actor,
            sentiment_models::created_at,
        ))
    };
}

/// Every model, the newest first.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn all(conn: &mut Conn) -> DbResult<Vec<Listed>> {
    Ok(on!(conn, |c| listed!()
        .order(sentiment_models::id.desc())
        .load(c))?)
}

/// The models in use, by id: one a language at most.
pub fn in_use(conn: &mut Conn) -> DbResult<Vec<Listed>> {
    Ok(on!(conn, |c| listed!()
        .filter(sentiment_models::in_use.eq(true))
        .order(sentiment_models::id)
        .load(c))?)
}

/// The model with this id.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Listed>> {
    Ok(on!(conn, |c| listed!()
        .filter(sentiment_models::id.eq(id))
        .first(c)
        .optional())?)
}

/// A model's weights, base64.
pub fn weights(conn: &mut Conn, id: i64) -> DbResult<String> {
    Ok(on!(conn, |c| sentiment_models::table
        .find(id)
        .select(sentiment_models::weights)
        .first(c))?)
}

/// Puts all models of a language out of use.
pub fn retire(conn: &mut Conn, language: &str) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        sentiment_models::table
            .filter(sentiment_models::language.eq(language))
            .filter(sentiment_models::in_use.eq(true))
    )
    .set(sentiment_models::in_use.eq(false))
    .execute(c))?;
    Ok(())
}

/// Puts a model in use; the others of its language must be out of it.
pub fn employ(conn: &mut Conn, id: i64) -> DbResult<()> {
    on!(conn, |c| diesel::update(sentiment_models::table.find(id))
        .set(sentiment_models::in_use.eq(true))
        .execute(c))?;
    Ok(())
}

/// Stores a model.
pub fn insert(conn: &mut Conn, new: &New<'_>) -> DbResult<i64> {
    Ok(on!(conn, |c| diesel::insert_into(sentiment_models::table)
        .values(new)
        .returning(sentiment_models::id)
        .get_result(c))?)
}
