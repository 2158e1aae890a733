//! Merging two customers that are one organisation: everything that points to the one points to the
//! other afterwards, and the one is deleted.
//!
//! ```text
//! /customers/7:merge {"into": 3}
//!   blocks? ─> shipments, links ─> departments, contacts ─> records ─> alerts ─> 7 deleted, merged into 3
//! ```
//!
//! All in one transaction. What runs wrote down stays as it was: snapshots, what-ifs, plans, the track
//! record and the events that webhooks carried still name the customer that was merged.

mod alerts;
pub mod http;
mod people;
mod store;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;

use crate::access::audit::{self, Deed};
use crate::api::reference::Reference;
use crate::customers::edit::{Writer, standing};
use crate::customers::store::customers::{self, Customer};
use crate::customers::store::{self as parties, Exclusive};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::shipments::store::rollup;
use crate::webhooks::{self, EventType, NewEvent};

/// Levels of groups looked through.
const LEVELS: usize = 100;

/// The customer that goes, and the one that stays.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Goes.
    pub from: CustomerId,
    /// Stays.
    pub into: CustomerId,
}

/// What came to the customer that stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Moved {
    /// Keys of other systems.
    pub external_ids: usize,
    /// Shipments that it sends, receives or pays for, deleted ones too.
    pub shipments: usize,
    /// Departments that came along.
    pub departments: usize,
    /// Departments that became one with a department of the same kind.
    pub departments_joined: usize,
    /// People that came along.
    pub contacts: usize,
    /// People that became one with a person of the same e-mail address.
    pub contacts_joined: usize,
    /// Contracts, as either end of a link.
    pub contracts: usize,
    /// Invoices.
    pub invoices: usize,
    /// Complaints, as either end of a link.
    pub complaints: usize,
    /// Promises, as either end of a link.
    pub promises: usize,
    /// What was said.
    pub interactions: usize,
    /// Invitations to surveys with their answers, as either end of a link.
    pub invitations: usize,
    /// Targets of measures.
    pub targets: usize,
    /// Plays.
    pub plays: usize,
    /// Mails about it.
    pub mails: usize,
    /// Customers that belong to its group.
    pub children: usize,
    /// Alerts that came along or name it.
    pub alerts: usize,
    /// Alerts that became one with another.
    pub alerts_joined: usize,
}

/// What became of two customers.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Merged {
    /// The customer that is deleted now.
    pub from: i64,
    /// The customer that stays, with its own name, team, country and group.
    pub into: i64,
    /// What came to it.
    pub moved: Moved,
}

/// Merges the customer that `from` names into the one that `into` names, in the caller's
/// transaction; `today` is the first day of whoever looks after the merged customer from now on.
///
/// # Errors
///
/// 404 for customers that do not exist, were deleted or may not be seen; 409 `same_customer`, `circle`
/// if the one leads the group of the other, `ship_to_each_other` or `bound_to_each_other` if shipments,
/// contracts or open promises stand between them.
pub fn merge(
    conn: &mut Conn,
    writer: &Writer,
    (from, into): (&Reference, &Reference),
    today: NaiveDate,
) -> Answer<Merged> {
    parties::exclude(conn, Exclusive::Batch)?;
    parties::exclude(conn, Exclusive::Groups)?;
    let (goes, stays) = both(conn, writer, (from, into))?;
    let pair = Pair {
        from: goes.id,
        into: stays.id,
    };
    check(conn, &goes, &stays)?;
    let now = writer.now;
    let mut moved = Moved::default();
    // Other writers of the network wait from here on.
    rollup::begin(conn)?;
    moved.shipments = store::shipments::repoint(conn, pair, now)?;
    let joined = people::merge(conn, pair, now, &mut moved)?;
    store::records::repoint_all(conn, pair, today, now, &mut moved)?;
    alerts::merge(conn, writer, pair, &joined, &mut moved)?;
    store::finish(conn, pair, now)?;
    record(conn, writer, pair, &moved)?;
    announce(conn, &goes, &stays, now)?;
    Ok(Merged {
        from: pair.from.0,
        into: pair.into.0,
        moved,
    })
}

/// Both customers, locked in the order of their ids: two merges the other way round wait instead of
/// blocking each other.
fn both(
    conn: &mut Conn,
    writer: &Writer,
    (from, into): (&Reference, &Reference),
) -> Answer<(Customer, Customer)> {
    let mut ids = Vec::new();
    for reference in [from, into] {
        let missing = || Error::not_found("customer", reference);
        let brief = parties::resolve(conn, reference, &writer.teams)?.ok_or_else(missing)?;
        ids.push(brief.id);
    }
    ids.sort_unstable();
    for id in ids {
        parties::lock(conn, id)?;
    }
    let goes = standing(conn, from, &writer.teams)?;
    let stays = standing(conn, into, &writer.teams)?;
    Ok((goes, stays))
}

fn check(conn: &mut Conn, goes: &Customer, stays: &Customer) -> Answer<()> {
    let (from, into) = (goes.id, stays.id);
    if from == into {
        let detail = format!("customer {from} cannot be merged into itself");
        return Err(Error::conflict("same_customer", detail));
    }
    if leads(conn, from, stays)? {
        let detail = format!(
            "customer {from} leads the group that customer {into} belongs to: merge the other way \
             round, or take customer {into} out of the group first"
        );
        return Err(Error::conflict("circle", detail));
    }
    let pair = Pair { from, into };
    let shipments = store::shipments::between(conn, pair)?;
    if shipments > 0 {
        let detail = format!(
            "{shipments} shipments went from one to the other, and nobody ships to itself: if they \
             are one organisation, delete these shipments first"
        );
        return Err(Error::conflict("ship_to_each_other", detail));
    }
    let bound = store::records::between(conn, pair)?;
    if bound > 0 {
        let detail = format!(
            "{bound} contracts and open promises are about the link between the two: end or change \
             them first"
        );
        return Err(Error::conflict("bound_to_each_other", detail));
    }
    Ok(())
}

/// Whether `above` leads a group that the customer belongs to.
fn leads(conn: &mut Conn, above: CustomerId, customer: &Customer) -> Answer<bool> {
    let mut at = customer.parent_id;
    for _ in 0..LEVELS {
        match at {
            None => return Ok(false),
            Some(parent) if parent == above.0 => return Ok(true),
            Some(parent) => at = customers::parent(conn, parent)?,
        }
    }
    Ok(true)
}

fn record(conn: &mut Conn, writer: &Writer, pair: Pair, moved: &Moved) -> Answer<()> {
    for (action, id, detail) in [
        (
            "merged",
            pair.from,
            json!({"into": pair.into, "moved": moved}),
        ),
        (
            "absorbed",
            pair.into,
            json!({"from": pair.from, "moved": moved}),
        ),
    ] {
        let deed = Deed {
            action,
            entity: "customer",
            id: Some(id.0),
            detail: Some(detail),
        };
        audit::record(conn, &writer.actor, &deed, writer.now)?;
    }
    Ok(())
}

/// Tells other systems of both teams: the one has lost a customer, the other one has it now.
fn announce(conn: &mut Conn, goes: &Customer, stays: &Customer, now: UtcTime) -> DbResult<()> {
    let event = NewEvent {
        kind: EventType::CustomerMerged,
        customer: Some(goes.id),
        team: goes.team_id.or(stays.team_id),
        data: json!({"id": goes.id, "team_id": goes.team_id, "into": stays.id}),
    };
    webhooks::emit_to_both(conn, &event, stays.team_id, now)
}
