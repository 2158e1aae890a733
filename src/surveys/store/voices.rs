//! Every scored answer of a period, as the scores of satisfaction need it.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::word;
use crate::customers::model::{BuyingRole, DepartmentKind};
use crate::db::schema::{contacts, survey_answers, survey_invitations, surveys};
use crate::db::{Conn, DbResult, UtcTime, each_row, on};
use crate::ids::{ContactId, CustomerId, DepartmentId, InvitationId, SurveyId};
use crate::surveys::model::{Dimension, Side};

/// One scored answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// What it belongs to: one invitation is answered as a whole.
    pub invitation: InvitationId,
    /// Who was asked.
    pub customer: CustomerId,
    /// The department that the person was in when asked, deleted or not.
    pub department: Option<DepartmentId>,
    /// The kinds of department that own the question; empty: whoever answers it.
    pub owners: Arc<[DepartmentKind]>,
    /// The person, deleted or not.
    pub contact: ContactId,
    /// What part the person has in the decision to buy.
    pub role: Option<BuyingRole>,
    /// How much the answer counts, in `[0, 1]`.
    pub confidence: f64,
    /// The other end of the link that it is about; `None`: the customer's own experience.
    pub partner: Option<CustomerId>,
    /// Which end the customer is.
    pub side: Option<Side>,
    /// What it is about.
    pub dimension: Option<Dimension>,
    /// In `[0, 1]`, 1 is best.
    pub score: f64,
    /// When it was answered so.
    pub answered_at: UtcTime,
}

/// Asked, answered and by whom, as it comes from the tables.
type Row = (
    (
        InvitationId,
        SurveyId,
        CustomerId,
        Option<DepartmentId>,
        ContactId,
    ),
    (Option<CustomerId>, Option<String>, f64),
    Option<String>,
    (String, Option<String>, Option<f64>, UtcTime),
);

/// The kinds of departments that own each question of each survey.
type Owners = HashMap<SurveyId, HashMap<String, Arc<[DepartmentKind]>>>;

fn owners(conn: &mut Conn) -> DbResult<Owners> {
    let rows: Vec<(SurveyId, String)> = on!(conn, |c| surveys::table
        .select((surveys::id, surveys::questions))
        .load(c))?;
    let read = |(survey, text): (SurveyId, String)| {
        let questions = super::questions(&text)?;
        let owned = questions
            .into_iter()
            .map(|one| (one.code, one.departments.into()));
        Ok((survey, owned.collect()))
    };
    rows.into_iter().map(read).collect()
}

/// Every scored answer given from `from` until before `until`, one for each answer, by its id.
/// What a person thought before changing an answer is not kept.
///
/// # Errors
///
/// The database's.
pub fn voices(conn: &mut Conn, from: UtcTime, until: UtcTime) -> DbResult<Vec<Voice>> {
    let owners = owners(conn)?;
    let mut voices = Vec::new();
    each_row!(
        conn,
        survey_answers::table
            .inner_join(
                survey_invitations::table
                    .on(survey_invitations::id.eq(survey_answers::invitation_id))
            )
            .inner_join(contacts::table.on(contacts::id.eq(survey_invitations::contact_id)))
            // An invitation's last answer is no earlier than any of its answers.
            .filter(survey_invitations::answered_at.ge(from))
            .filter(survey_answers::answered_at.ge(from))
            .filter(survey_answers::answered_at.lt(until))
            .filter(survey_answers::score.is_not_null())
            .order(survey_answers::id)
            .select((
                (
                    survey_invitations::id,
                    survey_invitations::survey_id,
                    survey_invitations::customer_id,
                    survey_invitations::department_id,
                    survey_invitations::contact_id,
                ),
                (
                    survey_invitations::partner_id,
                    survey_invitations::side,
                    survey_invitations::confidence,
                ),
                contacts::buying_role,
                (
                    survey_answers::question,
                    survey_answers::dimension,
                    survey_answers::score,
                    survey_answers::answered_at,
                ),
            )),
        |row: Row| voices.extend(voice(row, &owners)?)
    );
    Ok(voices)
}

fn voice(row: Row, owners: &Owners) -> DbResult<Option<Voice>> {
    let (asked, (partner, side, confidence), role, answer) = row;
    let (invitation, survey, customer, department, contact) = asked;
    let (question, dimension, score, answered_at) = answer;
    let Some(score) = score else {
        return Ok(None);
    };
    let role = role.map(|role| word("contacts.buying_role", BuyingRole::parse, &role));
    let side = side.map(|side| word("survey_invitations.side", Side::parse, &side));
    let about = |one: String| word("survey_answers.dimension", Dimension::parse, &one);
    let owned = owners.get(&survey).and_then(|owned| owned.get(&question));
    Ok(Some(Voice {
        invitation,
        customer,
        department,
        owners: owned.map(Arc::clone).unwrap_or_default(),
        contact,
        role: role.transpose()?,
        confidence,
        partner,
        side: side.transpose()?,
        dimension: dimension.map(about).transpose()?,
        score,
        answered_at,
    }))
}
