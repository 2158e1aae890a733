//! Asking people: an invitation for everybody chosen who may be asked, and why not for the others.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;
use serde_json::json;

use super::edit::visible;
use super::model::invite::MOST;
use super::model::{Candidate, InvitationStatus, InviteInput, Rules, Skip, Source, Wanted};
use super::record::taking;
use super::store::invitations::{self, NewInvitation};
use super::store::people::{self, Asked, Choice, Person};
use super::store::surveys::Survey;
use super::store::{InvitationRow, locked_invitation};
use super::subject::{Place, Subject, customer};
use crate::access::audit::{self, Deed};
use crate::access::ticket;
use crate::customers::edit::Writer;
use crate::customers::store::{Exclusive, exclude};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::InvitationId;

/// The language to ask in where nobody knows it.
const LANGUAGE: &str = "en";

/// What became of a wish to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Invited {
    /// People who are asked now.
    pub invited: u64,
    /// Everybody else who was chosen.
    pub skipped: Vec<Skipped>,
}

/// Somebody who is not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Skipped {
    /// The contact.
    pub contact_id: i64,
    /// Its name; `null` if it is not known.
    pub name: Option<String>,
    /// Its customer; `null` if it is not known.
    pub customer_id: Option<i64>,
    /// Why.
    pub reason: Skip,
}

impl Skipped {
    fn person(person: &Person, reason: Skip) -> Self {
        Self {
            contact_id: person.id.0,
            name: Some(person.name.clone()),
            customer_id: Some(person.customer_id.0),
            reason,
        }
    }
}

/// Asks everybody chosen who may be asked.
///
/// # Errors
///
/// 404 without such a survey, 409 unless it is open, 422 for a choice that makes no sense, names
/// what does not exist, or is too large.
pub fn invite(
    conn: &mut Conn,
    writer: &Writer,
    survey: i64,
    input: &InviteInput,
    rules: Rules,
) -> Answer<Invited> {
    exclude(conn, Exclusive::Batch)?;
    let survey = visible(conn, survey, &writer.teams)?;
    let times = (survey.closes_at, survey.closed_at);
    taking(survey.status, times, writer.now)?;
    let wanted = input.checked(survey.about).map_err(Error::Invalid)?;
    let side = match wanted {
        Wanted::Link(side) => Some(side),
        Wanted::Experience | Wanted::Shipment(_) => input.role,
    };
    let told = (input.shipment_id, input.partner.as_ref(), side);
    let subject = Subject::of(conn, writer, survey.about, told)?;
    let mut skipped = Vec::new();
    let chosen = match &input.contacts {
        Some(ids) => named(conn, writer, ids, &mut skipped)?,
        None => found(conn, writer, input, &subject)?,
    };
    let customers = chosen.iter().map(|person| person.customer_id).collect();
    let linked = subject.linked(conn, customers)?;
    let standing = people::asked(conn, survey.id, None)?;
    let asking = Asking {
        writer,
        survey: &survey,
        source: input.source.unwrap_or(Source::Mail),
        rules,
        standing: &standing,
    };
    let mut new = Vec::new();
    let mut invited = 0;
    for person in &chosen {
        match asking.judge(person, subject.place(person.customer_id, &linked)) {
            Err(reason) => skipped.push(Skipped::person(person, reason)),
            Ok((place, revoked)) => {
                let invitation = asking.invitation(person, place)?;
                invited += 1;
                match revoked {
                    Some(id) => invitations::revive(conn, id, &invitation)?,
                    None => new.push(invitation),
                }
            }
        }
    }
    invitations::insert(conn, &new)?;
    let deed = Deed {
        action: "invited",
        entity: "survey",
        id: Some(survey.id.0),
        detail: Some(json!({ "invited": invited, "skipped": skipped.len() })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(Invited { invited, skipped })
}

/// The contacts with these ids, each once, in order.
fn named(
    conn: &mut Conn,
    writer: &Writer,
    ids: &[i64],
    skipped: &mut Vec<Skipped>,
) -> Answer<Vec<Person>> {
    let ids: Vec<i64> = ids
        .iter()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if ids.len() > MOST {
        return Err(too_many("contacts"));
    }
    let mut found = people::people(conn, &ids, &writer.teams)?;
    let mut chosen = Vec::with_capacity(found.len());
    for id in ids {
        match found.remove(&id) {
            Some(person) => chosen.push(person),
            None => skipped.push(Skipped {
                contact_id: id,
                name: None,
                customer_id: None,
                reason: Skip::Unknown,
            }),
        }
    }
    Ok(chosen)
}

/// The contacts that departments, customers and traffic choose.
fn found(
    conn: &mut Conn,
    writer: &Writer,
    input: &InviteInput,
    subject: &Subject,
) -> Answer<Vec<Person>> {
    let mut customers = None;
    if let Some(keys) = &input.customers {
        let mut ids = Vec::with_capacity(keys.len());
        for key in keys {
            ids.push(customer(conn, writer, "customers", key)?);
        }
        customers = Some(ids);
    }
    let traffic = match *subject {
        Subject::Experience => input.role.map(|side| (side, None)),
        Subject::Link { side, partner } if customers.is_none() => Some((side, Some(partner))),
        Subject::Link { .. } | Subject::Shipment { .. } => None,
    };
    let choice = Choice {
        departments: input.departments.clone(),
        kinds: input.department_kinds.clone(),
        customers: customers.or_else(|| subject.parties()),
        traffic,
    };
    let lists = [
        (
            "departments",
            choice.departments.as_ref().map_or(0, Vec::len),
        ),
        ("customers", choice.customers.as_ref().map_or(0, Vec::len)),
    ];
    if let Some((field, _)) = lists.iter().find(|(_, count)| *count > MOST) {
        return Err(too_many(field));
    }
    let chosen = people::chosen(conn, &choice, &writer.teams, MOST + 1)?;
    if chosen.len() > MOST {
        return Err(too_many("customers"));
    }
    Ok(chosen)
}

fn too_many(field: &'static str) -> Error {
    let rule =
        format!("expected a choice of at most {MOST} at once; choose by department or customer");
    Error::invalid(field, "too_many", rule)
}

/// Who asks what, and whom it asked before.
struct Asking<'a> {
    writer: &'a Writer,
    survey: &'a Survey,
    source: Source,
    rules: Rules,
    standing: &'a HashMap<Asked, (InvitationId, InvitationStatus)>,
}

impl Asking<'_> {
    /// Where the person is asked from, with the revoked invitation that comes back if there is one.
    fn judge(
        &self,
        person: &Person,
        place: Result<Place, Skip>,
    ) -> Result<(Place, Option<InvitationId>), Skip> {
        if person.deleted {
            return Err(Skip::Deleted);
        }
        let place = place?;
        let asked = asked(person, place);
        let standing = self.standing.get(&asked);
        let candidate = Candidate {
            deleted: person.deleted,
            consent: person.consent,
            has_email: person.email.is_some(),
            kind: person.kind,
            asked_at: person.asked_at.map(Into::into),
            invited: standing.is_some_and(|(_, status)| *status != InvitationStatus::Revoked),
        };
        let (questions, now) = (&self.survey.questions, self.writer.now.0);
        match candidate.skipped(questions, self.source, self.rules, now) {
            Some(reason) => Err(reason),
            None => Ok((place, standing.map(|(id, _)| *id))),
        }
    }

    fn invitation(&self, person: &Person, place: Place) -> Answer<NewInvitation> {
        new_invitation(
            self.survey,
            person,
            place,
            (self.source, 1.0),
            (self.writer.now, self.writer.now),
        )
    }
}

/// Revokes an invitation: its link says that it is no longer valid, answers that it has stay. One that
/// is revoked stays so.
///
/// # Errors
///
/// The database's.
pub fn revoke(conn: &mut Conn, writer: &Writer, invitation: &InvitationRow) -> Answer<()> {
    if locked_invitation(conn, invitation.id)?.status == InvitationStatus::Revoked {
        return Ok(());
    }
    invitations::revoke(conn, invitation.id, writer.now)?;
    Ok(writer.record(conn, "revoked", "survey_invitation", invitation.id.0)?)
}

/// What makes the invitation unique.
pub fn asked(person: &Person, place: Place) -> Asked {
    Asked {
        contact: person.id,
        shipment: place.shipment,
        partner: place.partner,
        side: place.side,
    }
}

/// An invitation of this person, asked at `at` and stored `now`.
///
/// # Errors
///
/// 500 if there is no randomness to be had.
pub fn new_invitation(
    survey: &Survey,
    person: &Person,
    place: Place,
    (source, confidence): (Source, f64),
    (at, now): (UtcTime, UtcTime),
) -> Answer<NewInvitation> {
    Ok(NewInvitation {
        survey_id: survey.id,
        customer_id: person.customer_id,
        department_id: person.department_id,
        contact_id: person.id,
        shipment_id: place.shipment,
        partner_id: place.partner,
        side: place.side.map(|side| side.word().to_owned()),
        source: source.word(),
        language: person
            .language
            .clone()
            .unwrap_or_else(|| LANGUAGE.to_owned()),
        nonce: ticket::nonce().map_err(Error::internal)?,
        status: InvitationStatus::Invited.word(),
        confidence,
        invited_at: at,
        created_at: now,
        updated_at: now,
    })
}

/// Customers of people, for [`Subject::linked`].
pub fn only(customer: crate::ids::CustomerId) -> HashSet<crate::ids::CustomerId> {
    HashSet::from([customer])
}
