//! Key-person exposure: what rests on one of our own people, and on one contact of a customer.
//!
//! ```text
//! interactions, fading (half-life 180 days) ─> share of each person in a customer's talk ─┐
//! business of the last 12 months ────────────────────────────────────────────────────────┼─> may leave
//! owners of customers ─> share of each person in business owned and answers obtained      ┘
//! ```
//!
//! What may leave with a person is 12 months' margin (revenue where no margin is known) × share × .176, the largest loss of a customer's revenue
//! that is reported after a change of salesperson; a change can also do good. It is an estimate of a
//! bad case and is shown as one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike as _, Months, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use super::index::Period;
use super::store::exposure::{self as store, LinkBusiness, Owned, Talks};
use crate::customers::store as customers;
use crate::db::{Conn, DbError, DbResult};
use crate::error::{Answer, Error};
use crate::ids::{CustomerId, UserId};
use crate::relationship::key_person::{KeyPerson, LOSS_RATE, key_person, loss_if_leaving};

/// Days after which an interaction counts half.
pub const HALF_LIFE_DAYS: f64 = 180.0;
/// Days of interactions and answers that count: behind five half-lives one weighs a thirty-second.
pub const WINDOW_DAYS: i64 = 900;
/// Where the estimate of what may leave comes from.
pub const SOURCE: &str = "estimate of a bad case: business of 12 months x share x 0.176, the largest \
    loss of a customer's revenue reported after a change of salesperson (Palmatier, Scheer, \
    Steenkamp 2007); a change can also raise performance (Schmitz and others 2020)";

crate::word_enum! {
    /// What business is counted in.
    BusinessIn {
        /// Revenue less direct cost.
        Margin = "margin",
        /// Revenue: no margin is known.
        Revenue = "revenue",
    }
}

/// How a customer's talk rests on people.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CustomerExposure {
    /// The customer.
    pub customer_id: i64,
    /// What it is called.
    pub name: String,
    /// The person of ours with the largest share; `null`: nobody of ours is named anywhere.
    pub user_id: Option<i64>,
    /// What the person is called.
    pub user: Option<String>,
    /// The person's share of the interactions, in `[0, 1]`.
    pub share: Option<f64>,
    /// Interactions with our people, faded.
    pub interactions: f64,
    /// Herfindahl-Hirschman index of our people's shares.
    pub hhi: Option<f64>,
    /// The same without the bias of few interactions.
    pub hhi_unbiased: Option<f64>,
    /// Whether it rests on that person: a share of 0.7 or more of 10 or more interactions.
    pub flagged: bool,
    /// Who owns the customer.
    pub owner_id: Option<i64>,
    /// Business of 12 months, both ends of its links, minor units.
    pub business: i64,
    /// An estimate of what may leave with that person, minor units: of 12 months' business.
    pub may_leave: i64,
    /// Contacts that were talked with.
    pub contacts: u64,
    /// Fewest contacts that hold half of the talk.
    pub contacts_for_half: Option<u64>,
    /// Whether one contact holds half of the talk or more.
    pub fragile: bool,
}

/// How customers' talk rests on people.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KeyPeople {
    /// What was known before this moment.
    pub until: crate::db::UtcTime,
    /// What business is counted in.
    pub business_in: BusinessIn,
    /// Where the estimate of what may leave comes from.
    pub source: &'static str,
    /// Customers in all, of which `data` holds the first.
    pub customers: u64,
    /// Of them flagged.
    pub flagged: u64,
    /// Customers, those with most to lose first.
    pub data: Vec<CustomerExposure>,
}

/// A part that rests on a person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Part {
    /// How much: faded numbers, or minor units.
    pub amount: f64,
    /// Of all people; `null`: there is nothing to share.
    pub share: Option<f64>,
}

/// What rests on one of our own people.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct UserExposure {
    /// The person.
    pub user_id: i64,
    /// What the person is called.
    pub name: String,
    /// What was known before this moment.
    pub until: crate::db::UtcTime,
    /// Interactions with customers, faded.
    pub interactions: Part,
    /// Surveys answered by customers while the person owned them, faded.
    pub answers: Part,
    /// Business of the links of customers that the person owns, each link once, minor units.
    pub business: Part,
    /// What business is counted in.
    pub business_in: BusinessIn,
    /// Customers that the person owns.
    pub owned: u64,
    /// An estimate of what may leave with the person, minor units: of 12 months' margin (revenue if no
    /// margin is known). Each link counts once, with the larger share that the person has of the talk
    /// with its two ends, so that it may be less than the sum over `customers`.
    pub may_leave: i64,
    /// Where it comes from.
    pub source: &'static str,
    /// Customers that the person talks with, those with most to lose first.
    pub customers: Vec<UserCustomer>,
}

/// A customer that one of our own people talks with.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct UserCustomer {
    /// The customer.
    pub customer_id: i64,
    /// What it is called.
    pub name: String,
    /// The person's share of the interactions.
    pub share: f64,
    /// Interactions with our people, faded.
    pub interactions: f64,
    /// Whether the customer rests on the person.
    pub flagged: bool,
    /// Business of 12 months, minor units.
    pub business: i64,
    /// An estimate of what may leave, minor units.
    pub may_leave: i64,
}

/// Everything that exposure is made of, read at once.
struct Facts {
    period: Period,
    zone: Tz,
    talks: Talks,
    owners: Vec<Owned>,
    links: HashMap<(CustomerId, CustomerId), LinkBusiness>,
    business_in: BusinessIn,
}

impl Facts {
    fn read(conn: &mut Conn, period: Period, zone: Tz) -> DbResult<Self> {
        let talks = store::talks(conn, None, (period.from, period.until), HALF_LIFE_DAYS)?;
        let owners = store::owners(conn)?;
        let (from, to) = twelve_months(period.until.0.with_timezone(&zone));
        let links = store::business(conn, from, to)?;
        let known = links.values().any(|link| link.margin_known > 0);
        Ok(Self {
            period,
            zone,
            talks,
            owners,
            links,
            business_in: if known {
                BusinessIn::Margin
            } else {
                BusinessIn::Revenue
            },
        })
    }

    fn worth(&self, link: &LinkBusiness) -> i64 {
        match self.business_in {
            BusinessIn::Margin => link.margin,
            BusinessIn::Revenue => link.revenue,
        }
    }

    /// The business of each customer, of both ends of its links.
    fn business(&self) -> BTreeMap<CustomerId, i64> {
        let mut sums: BTreeMap<CustomerId, i64> = BTreeMap::new();
        for ((shipper, consignee), link) in &self.links {
            for end in [shipper, consignee] {
                let sum = sums.entry(*end).or_default();
                *sum = sum.saturating_add(self.worth(link));
            }
        }
        sums
    }

    /// Who owned a customer on a day.
    fn owner(&self, customer: CustomerId, day: NaiveDate) -> Option<UserId> {
        let begin = self.owners.partition_point(|one| one.customer < customer);
        let own = self.owners.get(begin..).unwrap_or_default();
        own.iter()
            .take_while(|one| one.customer == customer)
            .filter(|one| one.from_on <= day && one.until_on.is_none_or(|until| day < until))
            .map(|one| one.user)
            .last()
    }

    fn today(&self) -> NaiveDate {
        self.period.until.0.with_timezone(&self.zone).date_naive()
    }
}

/// The 12 whole months before the one of this moment.
fn twelve_months(until: DateTime<Tz>) -> (NaiveDate, NaiveDate) {
    let day = until.date_naive();
    let to = day.with_day(1).unwrap_or(day);
    (to.checked_sub_months(Months::new(12)).unwrap_or(to), to)
}

fn resting(weights: impl Iterator<Item = f64>) -> DbResult<Option<KeyPerson>> {
    let weights: Vec<f64> = weights.collect();
    key_person(&weights).map_err(|error| DbError::corrupt("interactions.at", error))
}

/// An estimate of what may leave, in whole minor units.
fn may_leave(business: f64, share: f64) -> DbResult<i64> {
    let loss = loss_if_leaving(business, share, LOSS_RATE)
        .map_err(|error| DbError::corrupt("link_months.margin", error))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than the business, which is an i64; conversion saturates"
    )]
    Ok(loss.round() as i64)
}

/// How customers' talk rests on people: those with most to lose first, `most` of them, only flagged
/// ones if wanted.
///
/// # Errors
///
/// The database's.
pub fn key_people(
    conn: &mut Conn,
    period: Period,
    zone: Tz,
    (flagged_only, most): (bool, usize),
) -> DbResult<KeyPeople> {
    let facts = Facts::read(conn, period, zone)?;
    let business = facts.business();
    let talked: BTreeSet<CustomerId> = facts
        .talks
        .with_users
        .keys()
        .chain(facts.talks.with_contacts.keys())
        .copied()
        .collect();
    let mut data = Vec::with_capacity(talked.len());
    for customer in talked {
        data.push(of_customer(&facts, customer, &business)?);
    }
    let (customers, flagged) = (data.len(), data.iter().filter(|one| one.flagged).count());
    if flagged_only {
        data.retain(|one| one.flagged);
    }
    data.sort_by_key(|one| (std::cmp::Reverse(one.may_leave), one.customer_id));
    data.truncate(most);
    let users = store::user_names(conn)?;
    let ids: Vec<CustomerId> = data.iter().map(|one| CustomerId(one.customer_id)).collect();
    let names = customers::names(conn, &ids)?;
    for one in &mut data {
        one.name = names
            .get(&CustomerId(one.customer_id))
            .cloned()
            .unwrap_or_default();
        one.user = one.user_id.and_then(|id| users.get(&UserId(id)).cloned());
    }
    Ok(KeyPeople {
        until: period.until,
        business_in: facts.business_in,
        source: SOURCE,
        customers: customers as u64,
        flagged: flagged as u64,
        data,
    })
}

fn of_customer(
    facts: &Facts,
    customer: CustomerId,
    business: &BTreeMap<CustomerId, i64>,
) -> DbResult<CustomerExposure> {
    let (no_users, no_contacts) = (BTreeMap::new(), BTreeMap::new());
    let users = facts.talks.with_users.get(&customer).unwrap_or(&no_users);
    let contacts = facts.talks.with_contacts.get(&customer);
    let contacts = contacts.unwrap_or(&no_contacts);
    let ours = resting(users.values().copied())?;
    let theirs = resting(contacts.values().copied())?;
    let person = ours.and_then(|found| users.keys().nth(found.position));
    let business = business.get(&customer).copied().unwrap_or_default();
    Ok(CustomerExposure {
        customer_id: customer.0,
        name: String::new(),
        user_id: person.map(|id| id.0),
        user: None,
        share: ours.map(|found| found.max_share),
        interactions: ours.map_or(0.0, |found| found.n),
        hhi: ours.map(|found| found.hhi),
        hhi_unbiased: ours.and_then(|found| found.hhi_unbiased),
        flagged: ours.is_some_and(|found| found.flagged),
        owner_id: facts.owner(customer, facts.today()).map(|id| id.0),
        business,
        may_leave: may_leave(business as f64, ours.map_or(0.0, |found| found.max_share))?,
        contacts: contacts.len() as u64,
        contacts_for_half: theirs.map(|found| found.half as u64),
        fragile: theirs.is_some_and(|found| found.half == 1),
    })
}

/// What rests on one of our own people.
///
/// # Errors
///
/// 404, or the database's.
pub fn of_user(conn: &mut Conn, id: i64, period: Period, zone: Tz) -> Answer<UserExposure> {
    let user = crate::access::store::user(conn, id)?.ok_or_else(|| Error::not_found("user", id))?;
    let facts = Facts::read(conn, period, zone)?;
    let mut customers = user_customers(&facts, user.id)?;
    let ids: Vec<CustomerId> = customers
        .iter()
        .map(|one| CustomerId(one.customer_id))
        .collect();
    let names = customers::names(conn, &ids)?;
    for one in &mut customers {
        let name = names.get(&CustomerId(one.customer_id));
        one.name = name.cloned().unwrap_or_default();
    }
    let owned: BTreeSet<CustomerId> = facts
        .owners
        .iter()
        .filter(|one| facts.owner(one.customer, facts.today()) == Some(user.id))
        .map(|one| one.customer)
        .collect();
    let all = facts.talks.with_users.values().flatten();
    let own = || all.clone().filter(|(with, _)| **with == user.id);
    let interactions = part(
        own().map(|(_, weight)| weight).sum(),
        all.clone().map(|(_, weight)| weight).sum(),
    );
    let answers = answers(conn, &facts, user.id)?;
    let shares = customers
        .iter()
        .map(|one| (CustomerId(one.customer_id), one.share))
        .collect();
    Ok(UserExposure {
        user_id: id,
        name: user.name,
        until: period.until,
        interactions,
        answers,
        business: owned_business(&facts, &owned),
        business_in: facts.business_in,
        owned: owned.len() as u64,
        may_leave: may_leave_with(&facts, &shares)?,
        source: SOURCE,
        customers,
    })
}

fn part(amount: f64, all: f64) -> Part {
    Part {
        amount,
        share: (all > 0.0).then(|| amount / all),
    }
}

fn user_customers(facts: &Facts, user: UserId) -> DbResult<Vec<UserCustomer>> {
    let business = facts.business();
    let mut found = Vec::new();
    for (customer, users) in &facts.talks.with_users {
        let Some(own) = users.get(&user) else {
            continue;
        };
        let Some(spread) = resting(users.values().copied())? else {
            continue;
        };
        let share = (own / spread.n).clamp(0.0, 1.0);
        let business = business.get(customer).copied().unwrap_or_default();
        let first = users.keys().nth(spread.position) == Some(&user);
        found.push(UserCustomer {
            customer_id: customer.0,
            name: String::new(),
            share,
            interactions: spread.n,
            flagged: first && spread.flagged,
            business,
            may_leave: may_leave(business as f64, share)?,
        });
    }
    found.sort_by_key(|one| (std::cmp::Reverse(one.may_leave), one.customer_id));
    Ok(found)
}

/// What may leave with a person who has these shares of the talk with customers. A link is lost once,
/// whichever of its ends leaves.
fn may_leave_with(facts: &Facts, shares: &BTreeMap<CustomerId, f64>) -> DbResult<i64> {
    let share = |end: &CustomerId| shares.get(end).copied().unwrap_or_default();
    let mut resting: Vec<(f64, f64)> = Vec::new();
    for ((shipper, consignee), link) in &facts.links {
        let larger = share(shipper).max(share(consignee));
        if larger > 0.0 {
            resting.push((facts.worth(link) as f64, larger));
        }
    }
    // Sums that are added in one order are the same to the bit.
    resting.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    may_leave(
        resting.iter().map(|(worth, share)| worth * share).sum(),
        1.0,
    )
}

/// Surveys answered by customers while the person owned them.
fn answers(conn: &mut Conn, facts: &Facts, user: UserId) -> DbResult<Part> {
    let Period { from, until, .. } = facts.period;
    let (mut own, mut all) = (0.0, 0.0);
    for (customer, at) in store::answers(conn, from, until)? {
        let weight = store::faded(at, until, HALF_LIFE_DAYS);
        all += weight;
        let day = at.0.with_timezone(&facts.zone).date_naive();
        if facts.owner(customer, day) == Some(user) {
            own += weight;
        }
    }
    Ok(part(own, all))
}

/// The business of the links of these customers; a link between two of them counts once.
fn owned_business(facts: &Facts, owned: &BTreeSet<CustomerId>) -> Part {
    let (mut own, mut all) = (0_i128, 0_i128);
    for ((shipper, consignee), link) in &facts.links {
        let worth = i128::from(facts.worth(link));
        all += worth;
        if owned.contains(shipper) || owned.contains(consignee) {
            own += worth;
        }
    }
    part(own as f64, all as f64)
}
