//! Every text of a customer, as it counts for an index: interactions, and comments beside survey answers.

use std::sync::Arc;

use diesel::prelude::*;

use crate::db::schema::{interactions, survey_answers, survey_invitations};
use crate::db::{Conn, DbResult, UtcTime, each_row};
use crate::ids::{ContactId, CustomerId, DepartmentId, UserId};
use crate::interactions::edit::word;
use crate::interactions::model::Direction;
use crate::interactions::scorer::{self, InUse};
use crate::sentiment::Channel;

/// What feeling is in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Felt {
    /// In `[-1, 1]`.
    pub polarity: f64,
    /// In `[0.5, 1]`.
    pub confidence: f64,
    /// Whether it only transacts.
    pub neutral: bool,
}

/// A text of a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpokenAt {
    /// The customer.
    pub customer: CustomerId,
    /// The department that the person was in.
    pub department: Option<DepartmentId>,
    /// The person.
    pub contact: Option<ContactId>,
    /// The person of ours that it was said to.
    pub user: Option<UserId>,
    /// Where the text comes from.
    pub channel: Channel,
    /// What feeling was in it; `None`: it could not be scored.
    pub feeling: Option<Felt>,
    /// When it was said.
    pub at: UtcTime,
}

/// Whose texts are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of all customers.
    All,
    /// Those of one customer.
    Customer(CustomerId),
    /// Those said to one of our own people; comments beside answers are said to nobody.
    User(UserId),
}

type SpokenRow = (
    CustomerId,
    Option<DepartmentId>,
    Option<ContactId>,
    Option<UserId>,
    String,
    Option<f64>,
    Option<f64>,
    Option<bool>,
    UtcTime,
);

type CommentRow = (
    CustomerId,
    Option<DepartmentId>,
    ContactId,
    Option<String>,
    Option<f64>,
    UtcTime,
);

/// Every text of customers that was said from `from` on and before `until`, those that could not be
/// scored too, in no order; read row by row. A comment beside a survey's answers that has not been
/// scored is scored here. What our own people wrote is not among them.
///
/// Days of the business count, not those on which records were written.
///
/// # Errors
///
/// The database's; [`DbError::Corrupt`](crate::db::DbError::Corrupt) if it holds what makes no sense.
pub fn voices(
    conn: &mut Conn,
    whose: Whose,
    from: UtcTime,
    until: UtcTime,
) -> DbResult<Vec<SpokenAt>> {
    let mut found = Vec::new();
    spoken(conn, whose, (from, until), &mut found)?;
    if !matches!(whose, Whose::User(_)) {
        comments(conn, whose, (from, until), &mut found)?;
    }
    Ok(found)
}

fn spoken(
    conn: &mut Conn,
    whose: Whose,
    (from, until): (UtcTime, UtcTime),
    found: &mut Vec<SpokenAt>,
) -> DbResult<()> {
    macro_rules! read {
        ($($narrowed:expr)?) => {
            each_row!(
                conn,
                interactions::table
                    .filter(interactions::deleted_at.is_null())
                    .filter(interactions::direction.eq(Direction::Inbound.word()))
                    .filter(interactions::at.ge(from))
                    .filter(interactions::at.lt(until))
                    $(.filter($narrowed))?
                    .select((
                        interactions::customer_id,
                        interactions::department_id,
                        interactions::contact_id,
                        interactions::user_id,
                        interactions::channel,
                        interactions::polarity,
                        interactions::confidence,
                        interactions::neutral,
                        interactions::at,
                    )),
                |row: SpokenRow| found.push(voice(row)?)
            )
        };
    }
    match whose {
        Whose::All => read!(),
        Whose::Customer(id) => read!(interactions::customer_id.eq(id)),
        Whose::User(id) => read!(interactions::user_id.eq(id)),
    }
    Ok(())
}

fn voice(row: SpokenRow) -> DbResult<SpokenAt> {
    let (customer, department, contact, user, channel, polarity, confidence, neutral, at) = row;
    Ok(SpokenAt {
        customer,
        department,
        contact,
        user,
        channel: word(&channel, "interactions.channel")?,
        feeling: polarity.map(|polarity| Felt {
            polarity,
            confidence: confidence.unwrap_or_default(),
            neutral: neutral.unwrap_or_default(),
        }),
        at,
    })
}

fn comments(
    conn: &mut Conn,
    whose: Whose,
    (from, until): (UtcTime, UtcTime),
    found: &mut Vec<SpokenAt>,
) -> DbResult<()> {
    let scorer = scorer::of(conn)?;
    macro_rules! read {
        ($($narrowed:expr)?) => {
            each_row!(
                conn,
                survey_answers::table
                    .inner_join(
                        survey_invitations::table
                            .on(survey_invitations::id.eq(survey_answers::invitation_id))
                    )
                    .filter(survey_answers::text.is_not_null())
                    .filter(survey_answers::answered_at.ge(from))
                    .filter(survey_answers::answered_at.lt(until))
                    $(.filter($narrowed))?
                    .select((
                        survey_invitations::customer_id,
                        survey_invitations::department_id,
                        survey_invitations::contact_id,
                        survey_answers::text,
                        survey_answers::polarity,
                        survey_answers::answered_at,
                    )),
                |row: CommentRow| found.push(comment(&scorer, row))
            )
        };
    }
    match whose {
        Whose::Customer(id) => read!(survey_invitations::customer_id.eq(id)),
        _ => read!(),
    }
    Ok(())
}

fn comment(scorer: &Arc<InUse>, row: CommentRow) -> SpokenAt {
    let (customer, department, contact, text, stored, at) = row;
    let polarity = stored.or_else(|| {
        let found = scorer.score(&text.unwrap_or_default());
        Some(found.outcome.ok()?.polarity)
    });
    SpokenAt {
        customer,
        department,
        contact: Some(contact),
        user: None,
        channel: Channel::Survey,
        feeling: polarity.map(|polarity| Felt {
            polarity,
            // As the scorer has it: how probable the sign is, and nothing for a text without feeling.
            confidence: 0.5 + 0.5 * polarity.abs(),
            neutral: polarity == 0.0,
        }),
        at,
    }
}
