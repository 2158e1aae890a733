//! Answers to questions.

use diesel::prelude::*;

use crate::db::schema::{survey_answers, survey_invitations};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::InvitationId;
use crate::surveys::model::InvitationStatus;

/// The answer to one question.
#[derive(
    Clone,
    Debug,
    PartialEq,
    serde::Serialize,
    utoipa::ToSchema,
    Queryable,
    Selectable,
    Insertable,
    AsChangeset,
)]
#[diesel(table_name = survey_answers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct AnswerRow {
    /// The question's code.
    pub question: String,
    /// What the question is about.
    pub dimension: Option<String>,
    /// How it is answered: a scale, or `text`.
    pub scale: String,
    /// As answered, on the scale.
    pub value: Option<f64>,
    /// In `[0, 1]`, 1 is best; `null` for words.
    pub score: Option<f64>,
    /// Words.
    pub text: Option<String>,
    /// Feeling of the words, in `[-1, 1]`; `null`: not scored.
    pub polarity: Option<f64>,
    /// When it was answered so.
    pub answered_at: UtcTime,
}

impl AnswerRow {
    /// Whether the same was answered, whenever.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.value == other.value && self.text == other.text
    }
}

/// The answers that an invitation has, in the order in which they were first given.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn answers_of(conn: &mut Conn, invitation: InvitationId) -> DbResult<Vec<AnswerRow>> {
    Ok(on!(conn, |c| survey_answers::table
        .filter(survey_answers::invitation_id.eq(invitation))
        .order(survey_answers::id)
        .select(AnswerRow::as_select())
        .load(c))?)
}

/// Makes the answers of an invitation, which are `before`, what `after` says.
pub fn put_answers(
    conn: &mut Conn,
    invitation: InvitationId,
    before: &[AnswerRow],
    after: &[AnswerRow],
) -> DbResult<()> {
    let of = |rows: &[AnswerRow], code: &str| rows.iter().any(|row| row.question == code);
    for gone in before.iter().filter(|row| !of(after, &row.question)) {
        on!(conn, |c| diesel::delete(survey_answers::table)
            .filter(survey_answers::invitation_id.eq(invitation))
            .filter(survey_answers::question.eq(&gone.question))
            .execute(c))?;
    }
    for row in after.iter().filter(|row| !before.contains(row)) {
        if of(before, &row.question) {
            on!(conn, |c| diesel::update(survey_answers::table)
                .filter(survey_answers::invitation_id.eq(invitation))
                .filter(survey_answers::question.eq(&row.question))
                .set(row)
                .execute(c))?;
        } else {
            on!(conn, |c| diesel::insert_into(survey_answers::table)
                .values((survey_answers::invitation_id.eq(invitation), row))
                .execute(c))?;
        }
    }
    Ok(())
}

/// Notes on an invitation that it was answered.
pub fn answered(
    conn: &mut Conn,
    invitation: InvitationId,
    given_at: UtcTime,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        survey_invitations::table.find(invitation.0)
    )
    .set((
        survey_invitations::status.eq(InvitationStatus::Answered.word()),
        survey_invitations::answered_at.eq(Some(given_at)),
        survey_invitations::updated_at.eq(now),
    ))
    .execute(c))?;
    Ok(())
}
