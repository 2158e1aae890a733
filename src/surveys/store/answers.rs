//! Answers to questions.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use crate::access::Teams;
use crate::customers::model::DepartmentKind;
use crate::db::schema::{survey_answers, survey_invitations};
use crate::db::select::{self, Collection, Kind, Listing, field};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::InvitationId;
use crate::surveys::model::{Dimension, InvitationStatus, QuestionScale, Side};

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

/// An answer with who gave it, in one flat row.
#[derive(Clone, Debug, serde::Serialize, QueryableByName, utoipa::ToSchema)]
pub struct FlatAnswer {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The survey.
    #[diesel(sql_type = BigInt)]
    pub survey_id: i64,
    /// The survey's name.
    #[diesel(sql_type = Text)]
    pub survey_name: String,
    /// The invitation.
    #[diesel(sql_type = BigInt)]
    pub invitation_id: i64,
    /// Who was asked.
    #[diesel(sql_type = BigInt)]
    pub customer_id: i64,
    /// The department that the person was in when asked.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub department_id: Option<i64>,
    /// What that department does.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(value_type = Option<DepartmentKind>)]
    pub department_kind: Option<String>,
    /// The person.
    #[diesel(sql_type = BigInt)]
    pub contact_id: i64,
    /// The shipment asked about.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub shipment_id: Option<i64>,
    /// The other end of the link asked about; `null` if there is none, or none that the key may
    /// see.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub partner_id: Option<i64>,
    /// Which end the customer is.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(value_type = Option<Side>)]
    pub side: Option<String>,
    /// How much the answer counts, in `[0, 1]`.
    #[diesel(sql_type = Double)]
    pub confidence: f64,
    /// The question's code.
    #[diesel(sql_type = Text)]
    pub question: String,
    /// What the question is about.
    #[diesel(sql_type = Nullable<Text>)]
    #[schema(value_type = Option<Dimension>)]
    pub dimension: Option<String>,
    /// How it is answered.
    #[diesel(sql_type = Text)]
    #[schema(value_type = QuestionScale)]
    pub scale: String,
    /// As answered, on the scale.
    #[diesel(sql_type = Nullable<Double>)]
    pub value: Option<f64>,
    /// In `[0, 1]`, 1 is best; `null` for words.
    #[diesel(sql_type = Nullable<Double>)]
    pub score: Option<f64>,
    /// Words.
    #[diesel(sql_type = Nullable<Text>)]
    pub text: Option<String>,
    /// Feeling of the words, in `[-1, 1]`; `null`: not scored.
    #[diesel(sql_type = Nullable<Double>)]
    pub polarity: Option<f64>,
    /// When it was answered so.
    #[diesel(sql_type = Instant)]
    pub answered_at: UtcTime,
    /// When its invitation last changed.
    #[diesel(sql_type = Instant)]
    pub updated_at: UtcTime,
}

/// Lists of answers.
pub const ANSWERS: Collection = Collection {
    columns: "a.id, i.survey_id, s.name AS survey_name, a.invitation_id, i.customer_id, \
              i.department_id, d.kind AS department_kind, i.contact_id, i.shipment_id, i.partner_id, \
              i.side, i.confidence, a.question, a.dimension, a.scale, a.value, a.score, a.text, \
              a.polarity, a.answered_at, i.updated_at",
    from: "survey_answers a JOIN survey_invitations i ON i.id = a.invitation_id \
           JOIN surveys s ON s.id = i.survey_id JOIN customers c ON c.id = i.customer_id \
           LEFT JOIN departments d ON d.id = i.department_id",
    id: "a.id",
    updated: Some("i.updated_at"),
    alive: None,
    fields: &[
        field("id", "a.id", Kind::Int, true),
        field("survey_id", "i.survey_id", Kind::Int, false),
        field("invitation_id", "a.invitation_id", Kind::Int, false),
        field("customer_id", "i.customer_id", Kind::Int, false),
        field("department_id", "i.department_id", Kind::Int, false),
        field("contact_id", "i.contact_id", Kind::Int, false),
        field("question", "a.question", Kind::Text, false),
        field(
            "dimension",
            "a.dimension",
            Kind::Words(Dimension::WORDS),
            false,
        ),
        field("scale", "a.scale", Kind::Words(QuestionScale::WORDS), false),
        field("score", "a.score", Kind::Real, false),
        field("answered_at", "a.answered_at", Kind::Time, true),
        field("updated_at", "i.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// One page of answers of customers that these teams may see, and one row more if there is another.
pub fn answers_page(
    conn: &mut Conn,
    listing: &Listing,
    teams: &Teams,
) -> DbResult<Vec<FlatAnswer>> {
    select::page(conn, &ANSWERS, listing, |sql| {
        teams.restrict(sql, "c.team_id");
    })
}
