//! Snapshots as they are read back.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::super::model::Role;
use super::super::read::Source;
use crate::access::Teams;
use crate::api::reference::Reference;
use crate::db::schema::{customer_risks, customers};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbResult, on};

/// A customer's risk with what is told of the customer and the run.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = customer_risks)]
pub struct RiskRead {
    /// Columns of `customer_risks`, and so all without another source.
    pub run_id: i64,
    /// Which customer.
    pub customer_id: i64,
    /// Its side.
    pub role: String,
    /// As in [`CustomerRisk`](crate::assessment::risk::CustomerRisk), and so the rest.
    pub own_churn: f64,
    /// With cascade.
    pub churn_probability: f64,
    /// Secondary.
    pub p_alive: f64,
    /// Over the horizon.
    pub expected_days: f64,
    /// In the statistics' window.
    pub shipping_days: i64,
    /// Since the last.
    pub recency_weeks: f64,
    /// Since the first.
    pub age_weeks: f64,
    /// The last.
    pub last_on: NaiveDate,
    /// Younger than eight weeks.
    pub is_new: bool,
    /// `enough` or `low`.
    pub evidence: String,
    /// Over the window.
    pub business: f64,
    /// Share.
    pub business_at_risk: f64,
    /// Over the horizon.
    pub value: f64,
    /// Expected loss of it.
    pub value_at_risk: f64,
    /// In the whole network.
    pub blast_radius: f64,
    /// Of a retention play.
    pub save_value: f64,
    /// In the window.
    pub partners: i64,
    /// Of them.
    pub partners_silent: i64,
    /// JSON.
    pub parts: String,
    /// JSON.
    pub followers: String,
    /// By shipping days alone.
    pub shipping_churn: Option<f64>,
    /// By recency, frequency and value alone.
    pub rfm_churn: Option<f64>,
    /// After the service covariates.
    pub service_churn: Option<f64>,
    /// The next end of a contract within the horizon.
    pub contract_ends_on: Option<NaiveDate>,
    /// Probability that it is not renewed then.
    pub contract_loss: Option<f64>,
    /// Share of the volume expected to be lost, contracts included.
    pub volume_risk: Option<f64>,
    /// From `customers`.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub name: String,
    /// From `customers`.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub country: Option<String>,
    /// From `customers`.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::BigInt>)]
    pub team_id: Option<i64>,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::Date)]
    pub as_of: NaiveDate,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub horizon_weeks: i64,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub model_version: String,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub business_basis: Option<String>,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub value_basis: Option<String>,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub cascade_term: Option<String>,
    /// From `runs`.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Bool>)]
    pub seasonal: Option<bool>,
}

impl RiskRead {
    /// Where the numbers come from.
    pub fn source(&self) -> Source {
        Source {
            run_id: self.run_id,
            as_of: self.as_of,
            horizon_weeks: self.horizon_weeks,
            model_version: self.model_version.clone(),
            business_basis: self.business_basis.clone().unwrap_or_default(),
            value_basis: self.value_basis.clone().unwrap_or_default(),
            cascade_term: super::told(self.cascade_term.as_deref()),
            seasonal: self.seasonal.unwrap_or(false),
        }
    }
}

const RISK_COLUMNS: &str = "k.*, c.name, c.country, c.team_id, r.as_of, r.horizon_weeks, \
    r.model_version, r.business_basis, r.value_basis, r.cascade_term, r.seasonal";
const RISK_FROM: &str = "customer_risks k JOIN customers c ON c.id = k.customer_id \
    JOIN runs r ON r.id = k.run_id";

/// The risk of one living customer in the finished run of a date, or in the latest.
///
/// One statement, because it answers the most frequent question.
pub fn risk(
    conn: &mut Conn,
    reference: &Reference,
    as_of: Option<NaiveDate>,
) -> DbResult<Option<RiskRead>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(RISK_COLUMNS).push(" FROM ").push(RISK_FROM);
    sql.push(" WHERE k.run_id = (SELECT l.id FROM runs l WHERE l.status = 'done'");
    if let Some(day) = as_of {
        sql.push(" AND l.as_of = ").bind(Value::Date(day));
    }
    sql.push(
        " ORDER BY l.as_of DESC, l.id DESC LIMIT 1) AND c.deleted_at IS NULL AND k.customer_id = ",
    );
    match reference {
        Reference::Id(id) => {
            sql.bind(Value::Int(*id));
        }
        Reference::External(key) if key.id.contains('\0') || key.system.contains('\0') => {
            return Ok(None);
        }
        Reference::External(key) => {
            sql.push("(SELECT e.customer_id FROM customer_external_ids e WHERE e.system = ");
            sql.bind(Value::Text(key.system.clone()))
                .push(" AND e.external_id = ");
            sql.bind(Value::Text(key.id.clone())).push(")");
        }
    }
    Ok(sql.load(conn)?.into_iter().next())
}

/// The watch list: customers of a run, what is to be saved first.
pub const WATCH_LIST: Collection = Collection {
    columns: RISK_COLUMNS,
    from: RISK_FROM,
    id: "k.customer_id",
    updated: None,
    alive: Some("c.deleted_at IS NULL"),
    fields: &[
        Field {
            name: "save_value",
            sql: "k.save_value",
            kind: Kind::Real,
            sortable: true,
        },
        Field {
            name: "churn_probability",
            sql: "k.churn_probability",
            kind: Kind::Real,
            sortable: true,
        },
        Field {
            name: "own_churn",
            sql: "k.own_churn",
            kind: Kind::Real,
            sortable: true,
        },
        Field {
            name: "blast_radius",
            sql: "k.blast_radius",
            kind: Kind::Real,
            sortable: true,
        },
        Field {
            name: "value_at_risk",
            sql: "k.value_at_risk",
            kind: Kind::Real,
            sortable: true,
        },
        Field {
            name: "value",
            sql: "k.value",
            kind: Kind::Real,
            sortable: true,
        },
        Field {
            name: "customer_id",
            sql: "k.customer_id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "role",
            sql: "k.role",
            kind: Kind::Words(Role::WORDS),
            sortable: false,
        },
        Field {
            name: "evidence",
            sql: "k.evidence",
            kind: Kind::Words(&["enough", "low"]),
            sortable: false,
        },
        Field {
            name: "is_new",
            sql: "k.is_new",
            kind: Kind::Bool,
            sortable: false,
        },
        Field {
            name: "country",
            sql: "c.country",
            kind: Kind::Text,
            sortable: false,
        },
        Field {
            name: "team_id",
            sql: "c.team_id",
            kind: Kind::Int,
            sortable: false,
        },
        Field {
            name: "last_on",
            sql: "k.last_on",
            kind: Kind::Date,
            sortable: true,
        },
    ],
    default_sort: "-save_value",
};

/// The names of those of these customers that the teams may see.
pub fn visible_names(
    conn: &mut Conn,
    ids: &[i64],
    teams: &Teams,
) -> DbResult<HashMap<i64, String>> {
    let mut found = HashMap::new();
    for ids in ids.chunks(500) {
        let rows: Vec<(i64, String, Option<i64>)> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(ids))
            .select((customers::id, customers::name, customers::team_id))
            .load(c))?;
        let seen = rows.into_iter().filter(|(_, _, team)| teams.allow(*team));
        found.extend(seen.map(|(id, name, _)| (id, name)));
    }
    Ok(found)
}
