//! What-ifs and plans in the database; the snapshots that they rest on are read beside.

pub mod snapshot;

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::changes::Resolved;
use super::plan::KeptPlan;
use super::views::KeptWhatIf;
use crate::access::Teams;
use crate::assessment::read::Source;
use crate::db::schema::{plan_customers, plans, what_if_customers, what_ifs};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime, insert_all, on};
use crate::ids::{CustomerId, PlanId, RunId, WhatIfId};

/// Who keeps something of which run, and when.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// The run that it rests on.
    pub run: RunId,
    /// What its maker calls it.
    pub name: Option<&'a str>,
    /// `key:ID` or `cli`.
    pub actor: &'a str,
    /// When.
    pub now: UtcTime,
}

/// A what-if that was kept, with what is told of its run.
#[derive(Clone, Debug, QueryableByName)]
pub struct WhatIfRow {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: WhatIfId,
    /// The run.
    #[diesel(sql_type = BigInt)]
    pub run_id: RunId,
    /// What its maker calls it.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// Expected loss in the run.
    #[diesel(sql_type = Double)]
    pub loss_before: f64,
    /// Expected loss with all changes.
    #[diesel(sql_type = Double)]
    pub loss_after: f64,
    #[diesel(sql_type = Text)]
    changes: String,
    #[diesel(sql_type = Text)]
    result: String,
    /// Who keeps it.
    #[diesel(sql_type = Text)]
    pub actor: String,
    /// Since when.
    #[diesel(sql_type = Instant)]
    pub created_at: UtcTime,
    #[diesel(embed)]
    of: OfRun,
}

/// A plan that was kept, with what is told of its run.
#[derive(Clone, Debug, QueryableByName)]
pub struct PlanRow {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: PlanId,
    /// The run.
    #[diesel(sql_type = BigInt)]
    pub run_id: RunId,
    /// What its maker calls it.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// What may be spent, minor units.
    #[diesel(sql_type = BigInt)]
    pub budget: i64,
    /// What is spent, minor units.
    #[diesel(sql_type = BigInt)]
    pub cost: i64,
    /// What is saved on average.
    #[diesel(sql_type = Double)]
    pub saved: f64,
    #[diesel(sql_type = Text)]
    result: String,
    /// Who keeps it.
    #[diesel(sql_type = Text)]
    pub actor: String,
    /// Since when.
    #[diesel(sql_type = Instant)]
    pub created_at: UtcTime,
    #[diesel(embed)]
    of: OfRun,
}

/// What is told of a run.
#[derive(Clone, Debug, QueryableByName)]
struct OfRun {
    #[diesel(sql_type = Date)]
    as_of: chrono::NaiveDate,
    #[diesel(sql_type = BigInt)]
    horizon_weeks: i64,
    #[diesel(sql_type = Text)]
    model_version: String,
    #[diesel(sql_type = Nullable<Text>)]
    business_basis: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    value_basis: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    cascade_term: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    seasonal: Option<bool>,
}

impl OfRun {
    fn source(&self, run: RunId) -> Source {
        Source {
            run_id: run.0,
            as_of: self.as_of,
            horizon_weeks: self.horizon_weeks,
            model_version: self.model_version.clone(),
            business_basis: self.business_basis.clone().unwrap_or_default(),
            value_basis: self.value_basis.clone().unwrap_or_default(),
            cascade_term: crate::assessment::store::told(self.cascade_term.as_deref()),
            seasonal: self.seasonal.unwrap_or(false),
        }
    }
}

fn stored<T: DeserializeOwned>(text: &str, what: &'static str) -> DbResult<T> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(what, error))
}

fn text(value: &impl Serialize, what: &'static str) -> DbResult<String> {
    serde_json::to_string(value).map_err(|error| DbError::corrupt(what, error))
}

impl WhatIfRow {
    /// Where its numbers come from.
    pub fn source(&self) -> Source {
        self.of.source(self.run_id)
    }

    /// What was changed.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`].
    pub fn changes(&self) -> DbResult<Vec<Resolved>> {
        stored(&self.changes, "what_ifs.changes")
    }

    /// What followed.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`].
    pub fn result(&self) -> DbResult<KeptWhatIf> {
        stored(&self.result, "what_ifs.result")
    }
}

impl PlanRow {
    /// Where its numbers come from.
    pub fn source(&self) -> Source {
        self.of.source(self.run_id)
    }

    /// The plan.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`].
    pub fn result(&self) -> DbResult<KeptPlan> {
        stored(&self.result, "plans.result")
    }
}

/// What is kept, with what is told of its run.
const COLUMNS: &str = "v.*, r.as_of, r.horizon_weeks, r.model_version, r.business_basis, \
    r.value_basis, r.cascade_term, r.seasonal";

const ID: Field = Field {
    name: "id",
    sql: "v.id",
    kind: Kind::Int,
    sortable: true,
};
const RUN: Field = Field {
    name: "run_id",
    sql: "v.run_id",
    kind: Kind::Int,
    sortable: false,
};
const AS_OF: Field = Field {
    name: "as_of",
    sql: "r.as_of",
    kind: Kind::Date,
    sortable: true,
};
const CREATED: Field = Field {
    name: "created_at",
    sql: "v.created_at",
    kind: Kind::Time,
    sortable: true,
};

/// Lists of what-ifs.
pub const WHAT_IFS: Collection = Collection {
    columns: COLUMNS,
    from: "what_ifs v JOIN runs r ON r.id = v.run_id",
    id: "v.id",
    updated: None,
    alive: None,
    fields: &[
        ID,
        RUN,
        AS_OF,
        CREATED,
        Field {
            name: "loss_after",
            sql: "v.loss_after",
            kind: Kind::Real,
            sortable: true,
        },
    ],
    default_sort: "-id",
};

/// Lists of plans.
pub const PLANS: Collection = Collection {
    columns: COLUMNS,
    from: "plans v JOIN runs r ON r.id = v.run_id",
    id: "v.id",
    updated: None,
    alive: None,
    fields: &[
        ID,
        RUN,
        AS_OF,
        CREATED,
        Field {
            name: "saved",
            sql: "v.saved",
            kind: Kind::Real,
            sortable: true,
        },
    ],
    default_sort: "-id",
};

/// Leaves the what-ifs all of whose customers these teams may see.
pub fn restrict_what_ifs(sql: &mut Statement, teams: &Teams) {
    restrict(sql, teams, "what_if_customers w WHERE w.what_if_id = v.id");
}

/// Leaves the plans all of whose customers these teams may see.
pub fn restrict_plans(sql: &mut Statement, teams: &Teams) {
    restrict(sql, teams, "plan_customers w WHERE w.plan_id = v.id");
}

/// Leaves the rows `v` none of whose customers, the rows `w`, these teams may not see.
fn restrict(sql: &mut Statement, teams: &Teams, customers: &str) {
    if *teams != Teams::All {
        sql.push(" AND NOT EXISTS (SELECT 1 FROM ").push(customers);
        sql.push(" AND w.customer_id NOT IN (SELECT c.id FROM customers c WHERE 1 = 1");
        teams.restrict(sql, "c.team_id");
        sql.push("))");
    }
}

/// The what-if with this id, if these teams may see it.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn what_if(conn: &mut Conn, id: WhatIfId, teams: &Teams) -> DbResult<Option<WhatIfRow>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(WHAT_IFS.columns)
        .push(" FROM ")
        .push(WHAT_IFS.from);
    sql.push(" WHERE v.id = ").bind(Value::Int(id.0));
    restrict_what_ifs(&mut sql, teams);
    Ok(sql.load(conn)?.pop())
}

/// The plan with this id, if these teams may see it.
///
/// # Errors
///
/// The database's.
pub fn plan(conn: &mut Conn, id: PlanId, teams: &Teams) -> DbResult<Option<PlanRow>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(PLANS.columns).push(" FROM ").push(PLANS.from);
    sql.push(" WHERE v.id = ").bind(Value::Int(id.0));
    restrict_plans(&mut sql, teams);
    Ok(sql.load(conn)?.pop())
}

/// What was written, read back.
fn written<T>(row: Option<T>, what: &'static str) -> DbResult<T> {
    row.ok_or_else(|| DbError::corrupt(what, "what was just written is not there"))
}

#[derive(Insertable)]
#[diesel(table_name = what_if_customers, treat_none_as_default_value = false)]
struct WhatIfCustomer {
    what_if_id: WhatIfId,
    customer_id: CustomerId,
}

#[derive(Insertable)]
#[diesel(table_name = plan_customers, treat_none_as_default_value = false)]
struct PlanCustomer {
    plan_id: PlanId,
    customer_id: CustomerId,
}

/// Keeps a what-if about these customers.
///
/// # Errors
///
/// The database's.
pub fn insert_what_if(
    conn: &mut Conn,
    kept: &Kept<'_>,
    (changes, result): (&[Resolved], &KeptWhatIf),
    customers: &BTreeSet<CustomerId>,
) -> DbResult<WhatIfRow> {
    let values = (
        what_ifs::run_id.eq(kept.run.0),
        what_ifs::name.eq(kept.name),
        what_ifs::loss_before.eq(result.expected_loss.before),
        what_ifs::loss_after.eq(result.expected_loss.after),
        what_ifs::changes.eq(text(&changes, "what_ifs.changes")?),
        what_ifs::result.eq(text(result, "what_ifs.result")?),
        what_ifs::actor.eq(kept.actor),
        what_ifs::created_at.eq(kept.now),
    );
    let id: WhatIfId = on!(&mut *conn, |c| diesel::insert_into(what_ifs::table)
        .values(values)
        .returning(what_ifs::id)
        .get_result(c))?;
    let rows: Vec<WhatIfCustomer> = customers
        .iter()
        .map(|customer| WhatIfCustomer {
            what_if_id: id,
            customer_id: *customer,
        })
        .collect();
    insert_all!(&mut *conn, what_if_customers::table, &rows[..])?;
    written(what_if(conn, id, &Teams::All)?, "what_ifs")
}

/// Keeps a plan that weighed these customers.
///
/// # Errors
///
/// The database's.
pub fn insert_plan(
    conn: &mut Conn,
    kept: &Kept<'_>,
    result: &KeptPlan,
    customers: &BTreeSet<CustomerId>,
) -> DbResult<PlanRow> {
    let values = (
        plans::run_id.eq(kept.run.0),
        plans::name.eq(kept.name),
        plans::budget.eq(result.budget),
        plans::cost.eq(result.cost),
        plans::saved.eq(result.saved),
        plans::result.eq(text(result, "plans.result")?),
        plans::actor.eq(kept.actor),
        plans::created_at.eq(kept.now),
    );
    let id: PlanId = on!(&mut *conn, |c| diesel::insert_into(plans::table)
        .values(values)
        .returning(plans::id)
        .get_result(c))?;
    let rows: Vec<PlanCustomer> = customers
        .iter()
        .map(|customer| PlanCustomer {
            plan_id: id,
            customer_id: *customer,
        })
        .collect();
    insert_all!(&mut *conn, plan_customers::table, &rows[..])?;
    written(plan(conn, id, &Teams::All)?, "plans")
}

/// Removes a what-if.
///
/// # Errors
///
/// The database's.
pub fn delete_what_if(conn: &mut Conn, id: WhatIfId) -> DbResult<()> {
    on!(conn, |c| diesel::delete(what_ifs::table.find(id.0))
        .execute(c))?;
    Ok(())
}

/// Removes a plan.
///
/// # Errors
///
/// The database's.
pub fn delete_plan(conn: &mut Conn, id: PlanId) -> DbResult<()> {
    on!(conn, |c| diesel::delete(plans::table.find(id.0)).execute(c))?;
    Ok(())
}
