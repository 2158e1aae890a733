//! How far promises are kept: by customer, by department, by employee (models.md, M4).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::store::DecidedRow;
use crate::relationship::RelationshipError;
use crate::relationship::promise::{Decided, HALF_LIFE_DAYS, PRIOR, count, kept_share};

crate::word_enum! {
    /// What promises are grouped by.
    GroupBy {
        /// The customers they were made to.
        Customer = "customer",
        /// The departments they were made to.
        Department = "department",
        /// Our own people who made them.
        Employee = "employee",
    }
}

/// The kept share of some promises.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KeptFigure {
    /// Id of the customer, department or user; `null` for all together, or for nobody in particular.
    pub id: Option<i64>,
    /// Its name.
    pub name: Option<String>,
    /// The customer of a department.
    pub customer_id: Option<i64>,
    /// Promises kept.
    pub kept: u64,
    /// Promises broken.
    pub broken: u64,
    /// Weighted, and halved every 365 days since they were due: what the share rests on.
    pub effective: f64,
    /// Posterior mean of the kept share, beginning from an even chance of any.
    pub mean: f64,
    /// With 95 % probability at least this share is kept.
    pub low: f64,
}

/// Kept shares.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PromiseFigures {
    /// Ages are counted until this day.
    pub as_of: NaiveDate,
    /// All promises together.
    pub all: KeptFigure,
    /// What the groups are; `null`: not grouped.
    pub by: Option<GroupBy>,
    /// The groups, the lowest `low` first.
    pub groups: Vec<KeptFigure>,
    /// How many groups there are, beyond those shown.
    pub groups_total: u64,
}

/// Counts promises until `as_of`, grouped `by`, `limit` groups at most.
///
/// # Errors
///
/// [`RelationshipError`] if there are more promises in a group than the posterior takes (10,000).
pub fn figures(
    rows: &[DecidedRow],
    as_of: NaiveDate,
    by: Option<GroupBy>,
    limit: usize,
) -> Result<PromiseFigures, RelationshipError> {
    let everything: Vec<&DecidedRow> = rows.iter().collect();
    let mut groups = Vec::new();
    if let Some(by) = by {
        let mut grouped: BTreeMap<Option<i64>, Vec<&DecidedRow>> = BTreeMap::new();
        for row in rows {
            let id = match by {
                GroupBy::Customer => Some(row.customer_id),
                GroupBy::Department => row.department_id,
                GroupBy::Employee => row.made_by,
            };
            grouped.entry(id).or_default().push(row);
        }
        for (id, members) in grouped {
            let first = members.first().copied();
            let name = first.and_then(|row| match by {
                GroupBy::Customer => Some(row.customer_name.clone()),
                GroupBy::Department => row.department_name.clone(),
                GroupBy::Employee => row.user_name.clone(),
            });
            let customer_id = first
                .filter(|_| by == GroupBy::Department && id.is_some())
                .map(|row| row.customer_id);
            groups.push(KeptFigure {
                id,
                name,
                customer_id,
                ..figure(&members, as_of)?
            });
        }
    }
    groups.sort_by(|a, b| a.low.total_cmp(&b.low).then(a.id.cmp(&b.id)));
    let groups_total = groups.len() as u64;
    groups.truncate(limit);
    Ok(PromiseFigures {
        as_of,
        all: figure(&everything, as_of)?,
        by,
        groups,
        groups_total,
    })
}

fn figure(rows: &[&DecidedRow], as_of: NaiveDate) -> Result<KeptFigure, RelationshipError> {
    let decided: Vec<Decided> = rows
        .iter()
        .map(|row| Decided {
            kept: row.kept,
            weight: row.weight,
            // One decided before it was due is as fresh as can be.
            age_days: (as_of - row.due_on).num_days().max(0) as f64,
        })
        .collect();
    let counted = count(&decided, HALF_LIFE_DAYS)?;
    let share = kept_share(counted, PRIOR)?;
    let kept = rows.iter().filter(|row| row.kept).count() as u64;
    Ok(KeptFigure {
        id: None,
        name: None,
        customer_id: None,
        kept,
        broken: rows.len() as u64 - kept,
        effective: counted.total,
        mean: share.mean,
        low: share.lo,
    })
}
