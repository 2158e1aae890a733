//! Interactions as records: over the API, from files, from mailboxes; each write scores the text.

use super::model::{InteractionInput, UserKey};
use super::scorer::{self, InUse};
use super::store::named;
use super::store::records::{Row, Told, Values};
use crate::access::store as access;
use crate::api::reference::Reference;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::engagement::edit::{Desk, Record, reference, unknown};
use crate::engagement::file::{Cell, Column, Filed, KEY, record_key};
use crate::engagement::model::RecordKey;
use crate::error::{Answer, Error};
use crate::ids::{CustomerId, ExternalId};
use crate::problem::FieldProblem;

impl Record for Values {
    const WHAT: &'static str = "interaction";
    const MANY: &'static str = "interactions";
    const KEYS: &'static [&'static str] = &["customer", "user", "shipment", "complaint"];
    type Input = InteractionInput;

    fn checked(input: InteractionInput) -> Result<InteractionInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key_of(input: &InteractionInput) -> &ExternalId {
        &input.external_id
    }

    fn input(&self) -> DbResult<InteractionInput> {
        let told = &self.told;
        Ok(InteractionInput {
            external_id: told.key(),
            customer: told.customer_id.0.into(),
            department_id: told.department_id,
            contact_id: told.contact_id,
            user: told.user_id.map(|id| UserKey {
                id: Some(id),
                email: None,
            }),
            shipment: told.shipment_id.map(RecordKey::from),
            complaint: told.complaint_id.map(RecordKey::from),
            channel: word(&told.channel, "interactions.channel")?,
            direction: word(&told.direction, "interactions.direction")?,
            at: told.at.into(),
            subject: told.subject.clone(),
            text: told.text.clone(),
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &InteractionInput,
        standing: Option<&Row>,
    ) -> Answer<Self> {
        if UtcTime::from(input.at) > desk.writer.now {
            let rule = "expected a time that is not in the future";
            return Err(Error::invalid("at", "future", rule));
        }
        let before = standing.map(|row| &row.values);
        let told = resolve(conn, desk, input, before.map(|values| &values.told))?;
        let same = |values: &&Self| {
            let stood = &values.told;
            // The text of a deleted one is gone, and its score with it.
            standing.is_some_and(|row| row.deleted_at.is_none())
                && (&stood.text, &stood.direction) == (&told.text, &told.direction)
        };
        let scores = match before.filter(same) {
            // Scored again only when asked: what is written twice changes nothing.
            Some(values) => values.scores.clone(),
            None => scorer::of(conn)?.scores(&told)?,
        };
        Ok(Self { told, scores })
    }
}

/// The value that a stored word stands for.
///
/// # Errors
///
/// [`DbError::Corrupt`] if it is none.
pub fn word<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> DbResult<T> {
    serde_json::from_value(text.into()).map_err(|_| DbError::corrupt(what, text))
}

/// What is to be stored, once the records that it names are found. What stood there already stays,
/// even if it was deleted since.
fn resolve(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    input: &InteractionInput,
    before: Option<&Told>,
) -> Answer<Told> {
    let owner = before.map(|told| told.customer_id);
    let customer = desk.customer(conn, "customer", &input.customer, owner)?;
    // Of another customer nothing stands.
    let before = before.filter(|told| told.customer_id == customer);
    let (contact_id, department_id) = people(conn, input, customer, before)?;
    let user_id = match &input.user {
        None => None,
        Some(key) => Some(user(conn, key, before.and_then(|told| told.user_id))?),
    };
    let shipment_id = match &input.shipment {
        None => None,
        Some(key) => {
            let stood = before.and_then(|told| told.shipment_id);
            let found = named::shipment(conn, key, customer)?;
            Some(known("shipment", key, found, stood)?)
        }
    };
    let complaint_id = match &input.complaint {
        None => None,
        Some(key) => {
            let stood = before.and_then(|told| told.complaint_id);
            let found = named::complaint(conn, key, customer)?;
            Some(known("complaint", key, found, stood)?)
        }
    };
    let text = input.text.as_deref();
    let text = text.map(|text| InUse::words(input.channel, text));
    let ExternalId { system, id } = input.external_id.clone();
    Ok(Told {
        system,
        external_id: id,
        customer_id: customer,
        department_id,
        contact_id,
        user_id,
        channel: input.channel.word().to_owned(),
        direction: input.direction.word().to_owned(),
        shipment_id,
        complaint_id,
        at: input.at.into(),
        subject: input.subject.clone(),
        text: text.filter(|text| !text.is_empty()),
    })
}

/// Contact and department; the department is the contact's if it is not told.
fn people(
    conn: &mut Conn,
    input: &InteractionInput,
    customer: CustomerId,
    before: Option<&Told>,
) -> Answer<(Option<i64>, Option<i64>)> {
    let stood = before.filter(|told| told.contact_id == input.contact_id);
    let contact = match input.contact_id {
        None => None,
        Some(id) => {
            let found = named::contact(conn, id)?.filter(|found| found.customer_id == customer);
            if found.is_none() && stood.is_none() {
                let named = Reference::Id(id);
                return Err(unknown(
                    "contact_id",
                    "contact of this customer",
                    Some(&named),
                ));
            }
            found
        }
    };
    let department = match input.department_id {
        Some(id) => {
            let stands = before.is_some_and(|told| told.department_id == Some(id));
            if !stands && !named::is_department_of(conn, id, customer)? {
                let named = Reference::Id(id);
                return Err(unknown(
                    "department_id",
                    "department of this customer",
                    Some(&named),
                ));
            }
            Some(id)
        }
        // The one that the person was in when it happened.
        None => match stood.and_then(|told| told.department_id) {
            Some(id) => Some(id),
            None => contact.and_then(|contact| contact.department_id),
        },
    };
    Ok((input.contact_id, department))
}

/// The user that `key` names.
///
/// # Errors
///
/// 422 `unknown`.
pub fn user(conn: &mut Conn, key: &UserKey, stood: Option<i64>) -> Answer<i64> {
    let found = match (key.id, &key.email) {
        (Some(id), _) if stood == Some(id) => return Ok(id),
        (Some(id), _) => access::user(conn, id)?,
        (None, Some(email)) => access::user_by_email(conn, email)?
            .filter(|user| user.deleted_at.is_none() || stood == Some(user.id.0)),
        (None, None) => None,
    };
    found.map(|user| user.id.0).ok_or_else(|| {
        let named = key.email.clone().or(key.id.map(|id| id.to_string()));
        let rule = format!("there is no user {}", named.unwrap_or_default());
        Error::invalid("user", "unknown", rule)
    })
}

fn known(
    field: &'static str,
    key: &RecordKey,
    found: Option<i64>,
    stood: Option<i64>,
) -> Answer<i64> {
    let what = if field == "shipment" {
        "shipment of this customer"
    } else {
        "complaint of this customer"
    };
    found
        .or(stood.filter(|id| key.id == Some(*id)))
        .ok_or_else(|| unknown(field, what, reference(key).as_ref()))
}

impl Filed for Values {
    const COLUMNS: &'static [&'static [Column]] = &[
        KEY,
        record_key!("customer"),
        &[
            Column::of("department_id", Cell::Whole),
            Column::of("contact_id", Cell::Whole),
            Column::within("user.id", "user", &["id"], Cell::Whole),
            Column::within("user.email", "user", &["email"], Cell::Text),
        ],
        record_key!("shipment"),
        record_key!("complaint"),
        &[
            Column::of("channel", Cell::Text),
            Column::of("direction", Cell::Text),
            Column::of("at", Cell::Text),
            Column::of("subject", Cell::Text),
            Column::of("text", Cell::Text),
        ],
    ];
}
