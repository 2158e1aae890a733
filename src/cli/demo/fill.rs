//! A demo's world into the database, in the caller's transaction.

use chrono::NaiveDate;
use chrono_tz::Tz;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::voices::{self, Contact, People};
use crate::access::audit::{self, Actor, Deed};
use crate::access::store::{self as access, UserInput};
use crate::api::batch::MOST;
use crate::cli::Failure;
use crate::cli::exit::SOFTWARE;
use crate::customers::model::{
    BuyingRole, ContactInput, CustomerInput, DepartmentInput, DepartmentKind,
};
use crate::customers::store::{contacts, customers, departments, external_ids};
use crate::db::{Conn, UtcTime};
use crate::demo::{DemoCustomer, DemoWorld, SYSTEM};
use crate::error::Error;
use crate::ids::ExternalId;
use crate::shipments::write::Writer;

/// What the audit log calls the filling of a demo.
pub const FILLED: &str = "filled";

/// What the audit log keeps of how a demo was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// What it was drawn from.
    pub seed: u64,
    /// The last day of its history.
    pub until: NaiveDate,
}

/// Writes teams, users, customers and shipments; `bar` counts the shipments.
///
/// # Errors
///
/// The database's; the caller then rolls back, so that a demo is there in full or not at all.
pub fn fill(
    conn: &mut Conn,
    world: &DemoWorld,
    zone: Tz,
    now: UtcTime,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    bar.set_message("Customers");
    let teams = fill_teams(conn, world, now)?;
    let mut people = Vec::new();
    for customer in world.customers() {
        let team = teams.get(customer.team).copied();
        people.push(fill_customer(conn, customer, team, now)?);
    }
    bar.set_message("Shipments");
    let mut writer = Writer::new(conn, zone, None, now)?;
    let mut shipments = world.shipments();
    loop {
        let chunk: Vec<_> = shipments.by_ref().take(MOST).collect();
        if chunk.is_empty() {
            break;
        }
        for written in writer.write(conn, chunk)? {
            written.map_err(refused)?;
            bar.inc(1);
        }
    }
    writer.finish(conn)?;
    bar.set_message("Voices");
    voices::fill(conn, world, &people, (zone, now))?;
    let deed = Deed {
        action: FILLED,
        entity: SYSTEM,
        id: None,
        detail: Some(json!(Made {
            seed: world.plan().seed(),
            until: world.plan().until(),
        })),
    };
    Ok(audit::record(conn, &Actor::cli(), &deed, now)?)
}

/// Teams and the people in them; those that are there already stay as they are.
fn fill_teams(conn: &mut Conn, world: &DemoWorld, now: UtcTime) -> Result<Vec<i64>, Failure> {
    let mut ids = Vec::new();
    for team in world.teams() {
        let standing = access::team_by_name(conn, team.name)?;
        let team = match standing.filter(|team| team.deleted_at.is_none()) {
            Some(team) => team,
            None => access::insert_team(conn, team.name, now)?,
        };
        ids.push(team.id.0);
    }
    for user in world.users() {
        if access::user_by_email(conn, user.email)?.is_none() {
            let input = UserInput {
                language: user.language.to_owned(),
                team_id: ids.get(user.team).copied(),
                ..UserInput::new(user.name.to_owned(), user.email.to_owned())
            };
            access::insert_user(conn, &input, now)?;
        }
    }
    Ok(ids)
}

/// The customer and its contacts, in the order of the plan.
fn fill_customer(
    conn: &mut Conn,
    customer: &DemoCustomer,
    team_id: Option<i64>,
    now: UtcTime,
) -> Result<People, Failure> {
    let key = ExternalId {
        system: SYSTEM.to_owned(),
        id: customer.code.clone(),
    };
    let draft = CustomerInput {
        name: customer.name.clone(),
        country: Some(customer.country.to_owned()),
        team_id,
        ..CustomerInput::default()
    }
    .checked()
    .map_err(refused)?;
    let id = customers::insert(conn, &draft, now)?;
    external_ids::add(conn, id, &key)?;
    let mut contacts_there = Vec::new();
    for kind in &customer.departments {
        let draft = DepartmentInput {
            kind: known(DepartmentKind::parse(kind), kind)?,
            name: None,
            weight: 1.0,
            required: true,
        }
        .checked()
        .map_err(refused)?;
        let department = departments::insert(conn, id, &draft, now)?;
        for contact in &customer.contacts {
            if contact.department != *kind {
                continue;
            }
            let role = contact.buying_role;
            let input = ContactInput {
                survey_consent: None,
                name: contact.name.clone(),
                email: Some(contact.email.clone()),
                phone: None,
                language: Some(contact.language.to_owned()),
                buying_role: Some(known(BuyingRole::parse(role), role)?),
                department_id: Some(department.id.0),
            }
            .checked()
            .map_err(refused)?;
            let contact = contacts::insert(conn, id, &input, now)?;
            contacts_there.push(Contact {
                id: contact.id.0,
                department: department.id.0,
            });
        }
    }
    Ok(People {
        customer: id.0,
        contacts: contacts_there,
    })
}

/// The demo keeps the rules that hold for everybody; where it did not, it would be our fault.
pub(super) fn refused(problems: Vec<crate::problem::FieldProblem>) -> Failure {
    Failure::new(SOFTWARE, format!("demo data: {}", Error::Invalid(problems)))
}

fn known<T>(found: Option<T>, word: &str) -> Result<T, Failure> {
    found.ok_or_else(|| Failure::new(SOFTWARE, format!("demo data: {word:?} is no known word")))
}
