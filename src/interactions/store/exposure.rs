//! Who talks with whom, who owns which customer, and what their business is worth.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{customer_owners, interactions, link_months, survey_invitations, users};
use crate::db::{Conn, DbResult, UtcTime, each_row, on};
use crate::ids::{CustomerId, UserId};

/// Decayed numbers of interactions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Talks {
    /// By customer, with each of our own people.
    pub with_users: BTreeMap<CustomerId, BTreeMap<UserId, f64>>,
    /// By customer, with each contact of theirs.
    pub with_contacts: BTreeMap<CustomerId, BTreeMap<i64, f64>>,
}

type TalkRow = (CustomerId, Option<UserId>, Option<i64>, UtcTime);

/// What an interaction or an answer counts after so long.
pub fn faded(at: UtcTime, until: UtcTime, half_life_days: f64) -> f64 {
    let age = until.0.signed_duration_since(at.0).num_seconds() as f64 / 86_400.0;
    (-age.max(0.0) / half_life_days).exp2()
}

/// Interactions from `from` on and before `until`, each fading with this half-life in days; of one
/// customer or of all. Internal ones are no talk with the customer.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn talks(
    conn: &mut Conn,
    customer: Option<CustomerId>,
    (from, until): (UtcTime, UtcTime),
    half_life: f64,
) -> DbResult<Talks> {
    let mut talks = Talks::default();
    macro_rules! read {
        ($($narrowed:expr)?) => {
            each_row!(
                conn,
                interactions::table
                    .filter(interactions::deleted_at.is_null())
                    .filter(interactions::direction.ne("internal"))
                    .filter(interactions::at.ge(from))
                    .filter(interactions::at.lt(until))
                    $(.filter($narrowed))?
                    .select((
                        interactions::customer_id,
                        interactions::user_id,
                        interactions::contact_id,
                        interactions::at,
                    ))
                    // Sums that are added in one order are the same to the bit.
                    .order(interactions::id),
                |row: TalkRow| talks.add(row, until, half_life)
            )
        };
    }
    match customer {
        None => read!(),
        Some(id) => read!(interactions::customer_id.eq(id)),
    }
    Ok(talks)
}

impl Talks {
    fn add(&mut self, (customer, user, contact, at): TalkRow, until: UtcTime, half_life: f64) {
        let weight = faded(at, until, half_life);
        if let Some(user) = user {
            let with = self.with_users.entry(customer).or_default();
            *with.entry(user).or_default() += weight;
        }
        if let Some(contact) = contact {
            let with = self.with_contacts.entry(customer).or_default();
            *with.entry(contact).or_default() += weight;
        }
    }
}

/// Who owned which customer, from a day on and before another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Owned {
    /// The customer.
    pub customer: CustomerId,
    /// The owner.
    pub user: UserId,
    /// The first day.
    pub from_on: NaiveDate,
    /// The first day of the next owner.
    pub until_on: Option<NaiveDate>,
}

/// Every ownership, in order of customer and day.
pub fn owners(conn: &mut Conn) -> DbResult<Vec<Owned>> {
    let rows: Vec<(CustomerId, UserId, NaiveDate, Option<NaiveDate>)> =
        on!(conn, |c| customer_owners::table
            .order((customer_owners::customer_id, customer_owners::from_on))
            .select((
                customer_owners::customer_id,
                customer_owners::user_id,
                customer_owners::from_on,
                customer_owners::until_on,
            ))
            .load(c))?;
    let owned = |(customer, user, from_on, until_on)| Owned {
        customer,
        user,
        from_on,
        until_on,
    };
    Ok(rows.into_iter().map(owned).collect())
}

/// When customers answered surveys, from `from` on and before `until`.
pub fn answers(
    conn: &mut Conn,
    from: UtcTime,
    until: UtcTime,
) -> DbResult<Vec<(CustomerId, UtcTime)>> {
    let rows: Vec<(CustomerId, Option<UtcTime>)> = on!(conn, |c| survey_invitations::table
        .filter(survey_invitations::answered_at.ge(Some(from)))
        .filter(survey_invitations::answered_at.lt(Some(until)))
        .order(survey_invitations::id)
        .select((
            survey_invitations::customer_id,
            survey_invitations::answered_at,
        ))
        .load(c))?;
    let answered = |(customer, at): (_, Option<UtcTime>)| at.map(|at| (customer, at));
    Ok(rows.into_iter().filter_map(answered).collect())
}

/// What a link earned in some months, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkBusiness {
    /// Revenue less direct cost, of shipments with both.
    pub margin: i64,
    /// Shipments with a margin.
    pub margin_known: i64,
    /// Revenue, of shipments with one.
    pub revenue: i64,
}

type MonthRow = (CustomerId, CustomerId, i64, i64, i64);

/// What each link earned in the months from `from` to before `to`, which are first days of months.
pub fn business(
    conn: &mut Conn,
    from: NaiveDate,
    to: NaiveDate,
) -> DbResult<HashMap<(CustomerId, CustomerId), LinkBusiness>> {
    let mut links: HashMap<(CustomerId, CustomerId), LinkBusiness> = HashMap::new();
    each_row!(
        conn,
        link_months::table
            .filter(link_months::month.ge(from))
            .filter(link_months::month.lt(to))
            .select((
                link_months::shipper_id,
                link_months::consignee_id,
                link_months::margin,
                link_months::margin_known,
                link_months::revenue,
            )),
        |row: MonthRow| {
            let (shipper, consignee, margin, known, revenue) = row;
            let link = links.entry((shipper, consignee)).or_default();
            link.margin = link.margin.saturating_add(margin);
            link.margin_known = link.margin_known.saturating_add(known);
            link.revenue = link.revenue.saturating_add(revenue);
        }
    );
    Ok(links)
}

/// Names of our own people, deleted ones too.
pub fn user_names(conn: &mut Conn) -> DbResult<HashMap<UserId, String>> {
    let rows: Vec<(UserId, String)> = on!(conn, |c| users::table
        .select((users::id, users::name))
        .load(c))?;
    Ok(rows.into_iter().collect())
}
