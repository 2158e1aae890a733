//! The hand-over list: what the next owner of a customer must know.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::exposure::{HALF_LIFE_DAYS, WINDOW_DAYS};
use super::index::{self, Evidence, Period};
use super::store::exposure::talks;
use super::store::hand_over::{
    self as store, EndingContract, LastInteraction, OpenAlert, OpenComplaint, OpenPromise,
    Unanswered,
};
use super::store::owners::{self, Owner};
use crate::customers::store as customers;
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::CustomerId;
use crate::sentiment::Median;

/// Interactions that are shown.
const LAST: i64 = 10;
/// Contacts that are shown.
const CONTACTS: usize = 10;
/// Days ahead in which a contract ends.
const AHEAD: u64 = 365;

/// A contact with the talk and the feeling that the person has.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KeyContact {
    /// The contact.
    pub id: i64,
    /// What the person is called.
    pub name: String,
    /// The department.
    pub department: Option<String>,
    /// The part in decisions.
    pub buying_role: Option<String>,
    /// Share of the talk with the customer, interactions fading with a half-life of 180 days.
    pub share: f64,
    /// The person's sentiment index; `null`: too little text.
    pub sentiment: Option<f64>,
    /// Whether there is enough text for one.
    pub evidence: Evidence,
}

/// What the next owner of a customer must know.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct HandOver {
    /// The customer.
    pub customer_id: i64,
    /// What it is called.
    pub name: String,
    /// When the list was made.
    pub at: UtcTime,
    /// Its owners, the last first.
    pub owners: Vec<Owner>,
    /// The customer's sentiment index; `null`: too little text.
    pub sentiment: Option<f64>,
    /// Complaints that the customer has not closed.
    pub complaints: Vec<OpenComplaint>,
    /// Promises that are neither kept nor broken.
    pub promises: Vec<OpenPromise>,
    /// Contracts that end within a year, and what follows is not known.
    pub contracts: Vec<EndingContract>,
    /// The contacts with most of the talk, 10 at most.
    pub contacts: Vec<KeyContact>,
    /// The last 10 interactions.
    pub interactions: Vec<LastInteraction>,
    /// Who was asked in a survey and has not answered.
    pub surveys: Vec<Unanswered>,
    /// Alerts that are not resolved.
    pub alerts: Vec<OpenAlert>,
}

/// The list for a customer that is known to exist; `period` ends now and is as long as texts count,
/// `median` the company's in it.
///
/// # Errors
///
/// The database's.
pub fn list(
    conn: &mut Conn,
    customer: CustomerId,
    period: Period,
    median: &Median,
    today: NaiveDate,
) -> DbResult<HandOver> {
    let until = period.until;
    let sentiment = index::of_customer(conn, customer, period, median)?;
    let contacts = contacts(conn, customer, until, &sentiment)?;
    let name = customers::names(conn, &[customer])?.remove(&customer);
    let year = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
    Ok(HandOver {
        customer_id: customer.0,
        name: name.unwrap_or_default(),
        at: until,
        owners: owners::history(conn, customer)?,
        sentiment: sentiment.sentiment.index,
        complaints: store::complaints(conn, customer)?,
        promises: store::promises(conn, customer)?,
        contracts: store::contracts(conn, customer, today, year)?,
        contacts,
        interactions: store::interactions(conn, customer, until, LAST)?,
        surveys: store::unanswered(conn, customer)?,
        alerts: store::alerts(conn, customer)?,
    })
}

fn contacts(
    conn: &mut Conn,
    customer: CustomerId,
    until: UtcTime,
    sentiment: &index::CustomerSentiment,
) -> DbResult<Vec<KeyContact>> {
    let begin = until.0 - chrono::TimeDelta::days(WINDOW_DAYS);
    let talks = talks(conn, Some(customer), (begin.into(), until), HALF_LIFE_DAYS)?;
    let with = talks
        .with_contacts
        .get(&customer)
        .cloned()
        .unwrap_or_default();
    let all: f64 = with.values().sum();
    let feeling = |id: i64| {
        let found = sentiment.contacts.iter().find(|node| node.id == id);
        found.map(|node| node.sentiment)
    };
    let mut contacts: Vec<KeyContact> = store::people(conn, customer)?
        .into_iter()
        .map(|person| {
            let own = with.get(&person.id).copied().unwrap_or_default();
            let felt = feeling(person.id);
            KeyContact {
                id: person.id,
                name: person.name,
                department: person.department,
                buying_role: person.buying_role,
                share: if all > 0.0 { own / all } else { 0.0 },
                sentiment: felt.and_then(|found| found.index),
                evidence: felt.map_or(Evidence::TooLittleText, |found| found.evidence),
            }
        })
        .collect();
    contacts.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.id.cmp(&b.id)));
    contacts.truncate(CONTACTS);
    Ok(contacts)
}
