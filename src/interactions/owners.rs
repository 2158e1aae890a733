//! Owners of customers: one of our own people at a time, with history.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::edit::user;
use super::model::UserKey;
use super::store::owners::{self, Owner};
use crate::access::audit::{self, Deed};
use crate::api::reference::Reference;
use crate::customers::store as customers;
use crate::db::Conn;
use crate::engagement::edit::Writer;
use crate::error::{Answer, Error};
use crate::ids::{CustomerId, UserId};
use crate::problem::FieldProblem;

/// Who is to look after a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerInput {
    /// The person.
    pub user: UserKey,
    /// The first day; today if not told. Not before the first day of today's owner.
    #[serde(default)]
    pub from_on: Option<NaiveDate>,
}

/// The id of a customer that is not deleted and that the writer may see.
///
/// # Errors
///
/// 404.
pub fn visible(
    conn: &mut Conn,
    reference: &Reference,
    teams: &crate::access::Teams,
) -> Answer<CustomerId> {
    customers::resolve(conn, reference, teams)?
        .filter(|customer| !customer.deleted)
        .map(|customer| customer.id)
        .ok_or_else(|| Error::not_found("customer", reference))
}

/// Puts a customer in somebody's hands, in the caller's transaction; its owners, the last first.
///
/// The same person as before changes nothing; the same day as the owner before corrects it. Who is set
/// before somebody who is to begin later owns it until then; days before today's owner stay as they were.
///
/// # Errors
///
/// 404 for the customer; 422 for a user that does not exist, or a day before today's owner.
pub fn set(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    mut input: OwnerInput,
    today: NaiveDate,
) -> Answer<Vec<Owner>> {
    let customer = visible(conn, reference, &writer.teams)?;
    customers::lock(conn, customer)?;
    let mut wrong = Vec::new();
    input.user.tidy(&mut wrong);
    let from_on = input.from_on.unwrap_or(today);
    if !(1900..=2199).contains(&from_on.year()) {
        let rule = "expected a day of the years 1900 to 2199";
        wrong.push(FieldProblem::new("from_on", "out_of_range", rule));
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let user = UserId(user(conn, &input.user, None)?);
    let history = owners::history(conn, customer)?;
    let actor = writer.actor.name.as_str();
    // The last first.
    let on = |day| history.iter().find(|owner| owner.from_on <= day);
    let next = history.iter().rfind(|owner| owner.from_on > from_on);
    if let Some(now) = on(today).filter(|owner| owner.from_on > from_on) {
        let rule = format!(
            "expected a day from {} on: since then {} owns the customer",
            now.from_on, now.name
        );
        return Err(Error::invalid("from_on", "before_owner", rule));
    }
    match on(from_on) {
        Some(before) if before.user_id == user => return Ok(history),
        Some(before) if before.from_on == from_on => {
            owners::replace(conn, before.id, user, actor, writer.now)?;
        }
        before => {
            if let Some(before) = before {
                owners::end(conn, before.id, from_on)?;
            }
            let days = (from_on, next.map(|owner| owner.from_on));
            owners::begin(conn, customer, user, days, (actor, writer.now))?;
        }
    }
    let deed = Deed {
        action: "owner_set",
        entity: "customer",
        id: Some(customer.0),
        detail: Some(json!({"user_id": user.0, "from_on": from_on})),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(owners::history(conn, customer)?)
}
