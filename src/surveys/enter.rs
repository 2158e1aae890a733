//! Answers from elsewhere: other systems, interviewers, files. Whoever answered is noted as asked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::invite::{asked, new_invitation, only};
use super::model::{About, Side, Source};
use super::record::{GivenAnswer, record_given_at};
use super::store::people::{self, Asked, Person};
use super::store::surveys::Survey;
use super::store::{self, invitations};
use super::subject::{Subject, customer};
use crate::api::batch::Outcome;
use crate::customers::edit::Writer;
use crate::db::{Conn, DbError, UtcTime};
use crate::engagement::model::RecordKey;
use crate::error::{Answer, Error};
use crate::ids::InvitationId;
use crate::sentiment::Scorer;

/// A person: by id, or by address and customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactKey {
    /// The contact's id.
    #[serde(default)]
    pub id: Option<i64>,
    /// The contact's address; then the customer is needed.
    #[serde(default)]
    pub email: Option<String>,
    /// The contact's customer.
    #[serde(default)]
    pub customer: Option<RecordKey>,
}

/// An answer to one question; without value and text it takes back an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    /// The question's code.
    pub question: String,
    /// A whole number on its scale.
    #[serde(default)]
    pub value: Option<f64>,
    /// Words, at most 10,000 characters.
    #[serde(default)]
    pub text: Option<String>,
}

impl From<AnswerInput> for GivenAnswer {
    fn from(input: AnswerInput) -> Self {
        Self {
            question: input.question,
            value: input.value,
            text: input.text,
        }
    }
}

/// What one person answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Who.
    pub contact: ContactKey,
    /// The shipment, where the survey is about one.
    #[serde(default)]
    pub shipment_id: Option<i64>,
    /// The other end of the link, where the survey is about one.
    #[serde(default)]
    pub partner: Option<RecordKey>,
    /// Which end of the link the customer is.
    #[serde(default)]
    pub side: Option<Side>,
    /// When; not in the future. Default: now.
    #[serde(default)]
    pub answered_at: Option<DateTime<Utc>>,
    /// How much the answers count, in `[0, 1]`. Default: as before, or 1.
    #[serde(default)]
    pub confidence: Option<f64>,
    /// What.
    pub answers: Vec<AnswerInput>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Entered {
    /// What it did.
    pub outcome: Outcome,
    /// The invitation that has the answers.
    pub invitation: InvitationId,
    /// Who was asked about what.
    pub asked: Asked,
}

/// Stores what one person answered, in the caller's transaction.
///
/// # Errors
///
/// 409 for answers that come too late, are older than those that stand, or to a revoked
/// invitation; 422 for everything that makes no sense or does not exist.
pub fn enter(
    conn: &mut Conn,
    writer: &Writer,
    survey: &Survey,
    (entry, source): (Entry, Source),
    scorer: &Scorer,
) -> Answer<Entered> {
    let given_at = entry.answered_at.map_or(writer.now, UtcTime::from);
    if given_at > writer.now {
        let rule = "expected a time that is not in the future";
        return Err(Error::invalid("answered_at", "future", rule));
    }
    if entry
        .confidence
        .is_some_and(|value| !(0.0..=1.0).contains(&value))
    {
        let rule = "expected a number between 0 and 1";
        return Err(Error::invalid("confidence", "out_of_range", rule));
    }
    not_asked(survey.about, &entry)?;
    let person = person(conn, writer, &entry.contact)?;
    let told = (entry.shipment_id, entry.partner.as_ref(), entry.side);
    let subject = Subject::of(conn, writer, survey.about, told)?;
    let linked = subject.linked(conn, only(person.customer_id))?;
    let place = subject
        .place(person.customer_id, &linked)
        .map_err(|reason| {
            Error::invalid(
                "contact",
                reason.word(),
                "expected somebody whom the survey can ask about this",
            )
        })?;
    let asked = asked(&person, place);
    let standing = people::asked(conn, survey.id, Some(person.id))?;
    let (id, made) = if let Some((id, _)) = standing.get(&asked) {
        (*id, false)
    } else {
        let counts = (source, entry.confidence.unwrap_or(1.0));
        let new = new_invitation(survey, &person, place, counts, (given_at, writer.now))?;
        (invitations::insert_one(conn, &new)?, true)
    };
    let invitation =
        store::invitation(conn, id.0)?.ok_or_else(|| DbError::corrupt("survey_invitations", id))?;
    let weighed = entry
        .confidence
        .filter(|value| value.total_cmp(&invitation.confidence).is_ne());
    if let Some(confidence) = weighed {
        invitations::weigh(conn, id, confidence, writer.now)?;
    }
    let answers: Vec<GivenAnswer> = entry.answers.into_iter().map(Into::into).collect();
    let times = (given_at, writer.now);
    let recorded = record_given_at(conn, &invitation, &answers, scorer, times)?;
    let outcome = if made {
        Outcome::Created
    } else if recorded.changed || weighed.is_some() {
        Outcome::Updated
    } else {
        Outcome::Unchanged
    };
    Ok(Entered {
        outcome,
        invitation: id,
        asked,
    })
}

/// Refuses what a survey about this does not ask for.
fn not_asked(about: About, entry: &Entry) -> Answer<()> {
    let told = [
        (
            "shipment_id",
            entry.shipment_id.is_some(),
            about == About::Shipment,
        ),
        ("partner", entry.partner.is_some(), about == About::Link),
        ("side", entry.side.is_some(), about != About::Experience),
    ];
    match told.iter().find(|(_, told, asked)| *told && !asked) {
        None => Ok(()),
        Some((field, ..)) => {
            let rule = format!("the survey is about {about}; expected none");
            Err(Error::invalid(field, "not_asked", rule))
        }
    }
}

/// The living contact that `key` names, if the writer may see it.
fn person(conn: &mut Conn, writer: &Writer, key: &ContactKey) -> Answer<Person> {
    let unknown = |rule: String| Err(Error::invalid("contact", "unknown", rule));
    let email = key
        .email
        .as_deref()
        .map(str::trim)
        .filter(|email| !email.is_empty());
    let mut found = match (key.id, email) {
        (Some(id), None) => {
            let mut found = people::people(conn, &[id], &writer.teams)?;
            let living = found.remove(&id).filter(|person| !person.deleted);
            return match living {
                Some(person) => Ok(person),
                None => unknown(format!("there is no contact {id}")),
            };
        }
        (None, Some(email)) if !email.contains('\0') => {
            let rule = "expected the contact's customer beside its address";
            let owner = key.customer.as_ref();
            let owner =
                owner.ok_or_else(|| Error::invalid("contact.customer", "required", rule))?;
            let owner = customer(conn, writer, "contact.customer", owner)?;
            people::by_email(conn, owner, email)?
        }
        _ => {
            let rule = "expected either the contact's id, or its address and customer";
            return Err(Error::invalid("contact", "either", rule));
        }
    };
    match (found.pop(), found.len()) {
        (Some(person), 0) => Ok(person),
        (Some(_), _) => {
            let rule = "several contacts of the customer have this address; expected an id";
            Err(Error::invalid("contact", "ambiguous", rule))
        }
        (None, _) => unknown("the customer has no contact with this address".to_owned()),
    }
}
