//! Coverage: how much of the business, and which required departments, were heard from in a period.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike as _, Days, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use super::store::figures::{self, Business, Required};
use crate::access::Teams;
use crate::customers::model::DepartmentKind;
use crate::db::Conn;
use crate::error::{Answer, Error};
use crate::ids::{CustomerId, DepartmentId};
use crate::imports::table;

/// Share of the shipments whose amount must be known for a basis to count.
const KNOWN: f64 = 0.8;

crate::word_enum! {
    /// What business is weighed by.
    CoverageBasis {
        /// What shipments earned us.
        Margin = "margin",
        /// What they were billed for: the margin of too many is unknown.
        Revenue = "revenue",
        /// Their number: the revenue of too many is unknown, too.
        Shipments = "shipments",
    }
}

/// How much was heard from whom.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Coverage {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// What business is weighed by: the margin if it is known of at least 80 % of the shipments,
    /// else the revenue, else their number.
    pub basis: CoverageBasis,
    /// Share of the business of the months touched that customers who answered have; each shipment
    /// counts for its shipper and its consignee. Customers that earn us nothing do not count.
    /// `null` without business.
    pub business_share: Option<f64>,
    /// Living customers.
    pub customers: u64,
    /// Of these, with an answer.
    pub customers_heard: u64,
    /// Departments that their accounts need satisfied.
    pub departments: u64,
    /// Of these, with an answer.
    pub departments_heard: u64,
    /// Their share; `null` if none is required.
    pub department_share: Option<f64>,
    /// The required departments not heard, those of the largest customers first; as many as asked.
    pub not_heard: Vec<NotHeard>,
}

/// A required department that nobody heard from.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct NotHeard {
    /// Its id.
    pub department_id: i64,
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called.
    pub name: String,
    /// Its customer.
    pub customer_id: i64,
    /// What its customer is called.
    pub customer_name: String,
    /// Its customer's business, in units of the basis.
    pub business: i64,
}

/// What coverage is computed of.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The living customers.
    pub customers: HashSet<CustomerId>,
    /// Their business.
    pub business: HashMap<CustomerId, Business>,
    /// Customers that answered.
    pub customers_heard: HashSet<CustomerId>,
    /// Departments that answered.
    pub departments_heard: HashSet<DepartmentId>,
    /// Departments that are needed.
    pub required: Vec<Required>,
}

/// Coverage of a period, both days included, of the customers that these teams may see.
///
/// # Errors
///
/// 422 for a period that ends before it begins or lies outside the years 1900 to 2199.
pub fn coverage(
    conn: &mut Conn,
    (from, to): (NaiveDate, NaiveDate),
    (zone, teams, most): (Tz, &Teams, usize),
) -> Answer<Coverage> {
    if to < from {
        return Err(Error::invalid(
            "to",
            "before_from",
            "expected a day that is not before from",
        ));
    }
    let begin = |field, day: Option<NaiveDate>| {
        let found = day.and_then(|day| table::time(&day.to_string(), zone));
        found.ok_or_else(|| {
            Error::invalid(field, "out_of_range", "expected a day from 1900 to 2199")
        })
    };
    let first = begin("from", Some(from))?;
    let behind = begin("to", to.checked_add_days(Days::new(1)))?;
    let month = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    let (customers_heard, departments_heard) =
        figures::heard(conn, first.into(), behind.into(), teams)?;
    let facts = Facts {
        customers: figures::customers(conn, teams)?,
        business: figures::business(conn, (month(from), month(to)), teams)?,
        customers_heard,
        departments_heard,
        required: figures::required(conn, teams)?,
    };
    Ok(sum_up((from, to), &facts, most))
}

/// Coverage from facts; tells `most` departments not heard at most.
pub fn sum_up((from, to): (NaiveDate, NaiveDate), facts: &Facts, most: usize) -> Coverage {
    let basis = basis(&facts.business);
    let worth = |id: CustomerId| {
        let found = facts.business.get(&id);
        found.map_or(0, |business| amount(basis, business))
    };
    let (mut all, mut heard) = (0.0, 0.0);
    for id in facts.business.keys() {
        let worth = worth(*id).max(0) as f64;
        all += worth;
        if facts.customers_heard.contains(id) {
            heard += worth;
        }
    }
    let departments = facts.required.len() as u64;
    let mut not_heard: Vec<NotHeard> = (facts.required.iter())
        .filter(|one| !facts.departments_heard.contains(&one.id))
        .map(|one| NotHeard {
            department_id: one.id.0,
            kind: one.kind,
            name: one.name.clone(),
            customer_id: one.customer_id.0,
            customer_name: one.customer_name.clone(),
            business: worth(one.customer_id),
        })
        .collect();
    let departments_heard = departments - not_heard.len() as u64;
    not_heard.sort_by_key(|one| {
        (
            std::cmp::Reverse(one.business),
            one.customer_id,
            one.department_id,
        )
    });
    not_heard.truncate(most);
    let customers_heard = facts.customers_heard.intersection(&facts.customers).count();
    Coverage {
        from,
        to,
        basis,
        business_share: (all > 0.0).then(|| heard / all),
        customers: facts.customers.len() as u64,
        customers_heard: customers_heard as u64,
        departments,
        departments_heard,
        department_share: (departments > 0).then(|| departments_heard as f64 / departments as f64),
        not_heard,
    }
}

fn basis(business: &HashMap<CustomerId, Business>) -> CoverageBasis {
    let sum = |of: fn(&Business) -> i64| business.values().map(of).sum::<i64>() as f64;
    let enough = KNOWN * sum(|one| one.shipments);
    if sum(|one| one.margin_known) >= enough {
        CoverageBasis::Margin
    } else if sum(|one| one.revenue_known) >= enough {
        CoverageBasis::Revenue
    } else {
        CoverageBasis::Shipments
    }
}

fn amount(basis: CoverageBasis, business: &Business) -> i64 {
    match basis {
        CoverageBasis::Margin => business.margin,
        CoverageBasis::Revenue => business.revenue,
        CoverageBasis::Shipments => business.shipments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn business(margin: i64, margin_known: i64, revenue: i64, revenue_known: i64) -> Business {
        Business {
            shipments: 10,
            margin_known,
            margin,
            revenue_known,
            revenue,
        }
    }

    fn department(id: i64, customer: i64) -> Required {
        Required {
            id: DepartmentId(id),
            kind: DepartmentKind::Warehouse,
            name: format!("gate {id}"),
            customer_id: CustomerId(customer),
            customer_name: format!("customer {customer}"),
        }
    }

    fn facts() -> Facts {
        Facts {
            customers: (1..=4).map(CustomerId).collect(),
            business: HashMap::from([
                (CustomerId(1), business(60, 10, 100, 10)),
                (CustomerId(2), business(40, 10, 300, 10)),
                (CustomerId(3), business(-50, 10, 0, 10)),
            ]),
            customers_heard: HashSet::from([CustomerId(1), CustomerId(3), CustomerId(9)]),
            departments_heard: HashSet::from([DepartmentId(11), DepartmentId(99)]),
            required: vec![
                department(11, 1),
                department(12, 1),
                department(21, 2),
                department(41, 4),
            ],
        }
    }

    fn told(facts: &Facts, most: usize) -> Coverage {
        let day = |text: &str| text.parse().unwrap();
        sum_up((day("2026-01-01"), day("2026-03-31")), facts, most)
    }

    #[test]
    fn business_and_departments_heard_are_shares_of_what_there_is() {
        let found = told(&facts(), 2);
        // 60 of 60 + 40; what loses us money counts for nothing.
        assert_eq!(
            (found.basis, found.business_share),
            (CoverageBasis::Margin, Some(0.6))
        );
        assert_eq!((found.customers, found.customers_heard), (4, 2));
        assert_eq!((found.departments, found.departments_heard), (4, 1));
        assert_eq!(found.department_share, Some(0.25));
        let ids: Vec<i64> = found
            .not_heard
            .iter()
            .map(|one| one.department_id)
            .collect();
        assert_eq!(ids, [12, 21]);
    }

    #[test]
    fn amounts_count_only_if_most_are_known() {
        let mut facts = facts();
        // 23 of 30 margins are known, which is less than 80 %.
        facts
            .business
            .insert(CustomerId(3), business(-50, 3, 0, 10));
        let found = told(&facts, 0);
        assert_eq!(
            (found.basis, found.business_share),
            (CoverageBasis::Revenue, Some(0.25))
        );
        facts.business.insert(CustomerId(3), business(-50, 3, 0, 3));
        let found = told(&facts, 0);
        assert_eq!(found.basis, CoverageBasis::Shipments);
        assert!((found.business_share.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_has_no_share() {
        let found = told(&Facts::default(), 10);
        assert_eq!((found.business_share, found.department_share), (None, None));
    }
}
