//! What a run reads, and the snapshots it leaves.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use super::AssessmentError;
use super::inputs::{Collector, Delivery, DepartmentOf, Inputs, Sign};
use super::model::Role;
use super::read::Source;
use super::risk::{CustomerRisk, Risks};
use super::scores::{AccountScore, Scores, link_interval};
use crate::access::Teams;
use crate::api::reference::Reference;
use crate::customers::model::DepartmentKind;
use crate::db::schema::{
    account_satisfactions, customer_risks, customers, department_satisfactions, departments,
    link_risks, runs, shipments,
};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, insert_all, on};
use crate::ids::{CustomerId, DepartmentId, RunId};
use crate::network::LinkMeasures;

/// Rows written together.
const CHUNK: usize = 10_000;

/// The days of a run, all before its as-of date.
#[derive(Clone, Copy, Debug)]
pub struct Spans {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// The as-of date as an instant: local midnight.
    pub as_of_at: UtcTime,
    /// First day of the statistics.
    pub history_from: NaiveDate,
    /// First day of business.
    pub business_from: NaiveDate,
    /// First instant of the KPI window.
    pub kpis_from: UtcTime,
}

/// Runs `$body` for every row of a query as it arrives, without holding them all.
macro_rules! each_row {
    ($conn:expr, $query:expr, |$row:ident: $type:ty| $body:expr) => {
        match $conn {
            Conn::Sqlite(c) => {
                for $row in $query.load_iter::<$type, diesel::connection::DefaultLoadingMode>(c)? {
                    let $row = $row?;
                    $body
                }
            }
            #[cfg(feature = "postgres")]
            Conn::Postgres(c) => {
                for $row in $query.load_iter::<$type, diesel::pg::PgRowByRowLoadingMode>(c)? {
                    let $row = $row?;
                    $body
                }
            }
        }
    };
}

/// Reads everything that a run needs.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn read(conn: &mut Conn, spans: &Spans) -> DbResult<Inputs> {
    let mut collector = Collector::default();
    signs(conn, spans, &mut collector)?;
    deliveries(conn, spans, &mut collector)?;
    let links: Vec<LinkMeasures> =
        crate::network::store::links(conn, spans.business_from, spans.as_of)?;
    let departments = recorded_departments(conn)?;
    Ok(collector.finish(links, departments))
}

fn signs(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
    type Row = (CustomerId, CustomerId, NaiveDate);
    each_row!(
        conn,
        shipments::table
            .filter(shipments::activity_on.ge(spans.history_from))
            .filter(shipments::activity_on.lt(spans.as_of))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne("cancelled"))
            .select((
                shipments::shipper_id,
                shipments::consignee_id,
                shipments::activity_on,
            )),
        |row: Row| collector.sign(Sign {
            shipper: row.0,
            consignee: row.1,
            on: row.2,
        })
    );
    Ok(())
}

#[derive(Queryable)]
struct DeliveryRow {
    shipper: CustomerId,
    consignee: CustomerId,
    late: Option<bool>,
    in_full: Option<bool>,
    damaged: Option<bool>,
    invoice_correct: Option<bool>,
    claim_amount: Option<i64>,
    booked_at: Option<UtcTime>,
    picked_up_at: Option<UtcTime>,
    delivered_at: Option<UtcTime>,
}

fn deliveries(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
    each_row!(
        conn,
        shipments::table
            // The index is by shipping day; nothing is delivered years after it.
            .filter(shipments::activity_on.ge(spans.history_from))
            .filter(shipments::activity_on.lt(spans.as_of))
            .filter(shipments::delivered_at.ge(spans.kpis_from))
            .filter(shipments::delivered_at.lt(spans.as_of_at))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne("cancelled"))
            .select((
                shipments::shipper_id,
                shipments::consignee_id,
                shipments::late,
                shipments::in_full,
                shipments::damaged,
                shipments::invoice_correct,
                shipments::claim_amount,
                shipments::booked_at,
                shipments::picked_up_at,
                shipments::delivered_at,
            )),
        |row: DeliveryRow| collector.delivery(&row.into())
    );
    Ok(())
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        let begun = row.picked_up_at.or(row.booked_at);
        let lead_days = begun.zip(row.delivered_at).map(|(begun, delivered)| {
            (delivered.0 - begun.0).num_minutes().max(0) as f64 / (24.0 * 60.0)
        });
        Self {
            shipper: row.shipper,
            consignee: row.consignee,
            late: row.late,
            in_full: row.in_full,
            damaged: row.damaged,
            invoice_correct: row.invoice_correct,
            claimed: row.claim_amount.map(|amount| amount > 0),
            lead_days,
        }
    }
}

fn recorded_departments(conn: &mut Conn) -> DbResult<HashMap<CustomerId, Vec<DepartmentOf>>> {
    type Row = (DepartmentId, CustomerId, String, String, f64, bool);
    let rows: Vec<Row> = on!(conn, |c| departments::table
        .filter(departments::deleted_at.is_null())
        .order(departments::id)
        .select((
            departments::id,
            departments::customer_id,
            departments::kind,
            departments::name,
            departments::weight,
            departments::required,
        ))
        .load(c))?;
    let mut by_customer: HashMap<CustomerId, Vec<DepartmentOf>> = HashMap::new();
    for (id, customer, kind, name, weight, required) in rows {
        let kind = DepartmentKind::parse(&kind)
            .ok_or_else(|| DbError::corrupt("departments.kind", kind))?;
        by_customer.entry(customer).or_default().push(DepartmentOf {
            id: Some(id),
            kind,
            name,
            weight,
            required,
        });
    }
    Ok(by_customer)
}

/// The newest change among the shipments that a run may use.
pub fn newest_input(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Option<UtcTime>> {
    Ok(on!(conn, |c| shipments::table
        .filter(shipments::activity_on.lt(as_of))
        .order((shipments::updated_at.desc(), shipments::id.desc()))
        .select(shipments::updated_at)
        .first(c)
        .optional())?)
}

/// A run.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = runs)]
pub struct Run {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: RunId,
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: i64,
    /// Days of business.
    pub window_days: i64,
    /// `running`, `done` or `failed`.
    pub status: String,
    /// Version of the models.
    pub model_version: String,
    /// What business is measured in: `revenue`, `weight` or `shipments`.
    pub business_basis: Option<String>,
    /// What value is measured in: `margin`, `revenue` or `business`.
    pub value_basis: Option<String>,
    /// Customers assessed.
    pub customers: i64,
    /// Links assessed.
    pub links: i64,
    /// Expected loss of value over the horizon.
    pub expected_loss: Option<f64>,
    /// JSON: churn parameters, strengths, solver, priors.
    #[serde(serialize_with = "as_json")]
    #[schema(value_type = Object)]
    pub parameters: Option<String>,
    /// JSON: milliseconds by step.
    #[serde(serialize_with = "as_json")]
    #[schema(value_type = Object)]
    pub timings: Option<String>,
    /// Newest change among the shipments used.
    pub inputs_at: Option<UtcTime>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    pub started_at: UtcTime,
    /// When it ended.
    pub finished_at: Option<UtcTime>,
}

/// Writes stored JSON text as JSON.
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn as_json<S: serde::Serializer>(text: &Option<String>, out: S) -> Result<S::Ok, S::Error> {
    let parsed: Option<serde_json::Value> = text
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    parsed.serialize(out)
}

/// Lists of runs.
pub const RUNS: Collection = Collection {
    columns: "r.*",
    from: "runs r",
    id: "r.id",
    updated: None,
    alive: None,
    fields: &[
        Field {
            name: "id",
            sql: "r.id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "as_of",
            sql: "r.as_of",
            kind: Kind::Date,
            sortable: true,
        },
        Field {
            name: "status",
            sql: "r.status",
            kind: Kind::Words(&["running", "done", "failed"]),
            sortable: false,
        },
    ],
    default_sort: "-id",
};

/// Notes that a run begins.
pub fn begin(
    conn: &mut Conn,
    as_of: NaiveDate,
    (horizon_weeks, window_days): (u32, u32),
    (model_version, actor): (&str, &str),
    now: UtcTime,
) -> DbResult<RunId> {
    Ok(on!(conn, |c| diesel::insert_into(runs::table)
        .values((
            runs::as_of.eq(as_of),
            runs::horizon_weeks.eq(i64::from(horizon_weeks)),
            runs::window_days.eq(i64::from(window_days)),
            runs::status.eq("running"),
            runs::model_version.eq(model_version),
            runs::actor.eq(actor),
            runs::started_at.eq(now),
        ))
        .returning(runs::id)
        .get_result(c))?)
}

/// Notes that a run failed.
pub fn fail(conn: &mut Conn, id: RunId, error: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(runs::table.find(id.0))
        .set((
            runs::status.eq("failed"),
            runs::error.eq(Some(error)),
            runs::finished_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// How a run ended.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = runs)]
pub struct Finish {
    /// `done`.
    pub status: &'static str,
    /// As in [`Run`].
    pub business_basis: Option<String>,
    /// As in [`Run`].
    pub value_basis: Option<String>,
    /// As in [`Run`].
    pub customers: i64,
    /// As in [`Run`].
    pub links: i64,
    /// As in [`Run`].
    pub expected_loss: Option<f64>,
    /// As in [`Run`].
    pub parameters: Option<String>,
    /// As in [`Run`].
    pub inputs_at: Option<UtcTime>,
}

/// Marks a run as done.
pub fn finish(conn: &mut Conn, id: RunId, end: &Finish) -> DbResult<()> {
    on!(conn, |c| diesel::update(runs::table.find(id.0))
        .set(end)
        .execute(c))?;
    Ok(())
}

/// Writes down how long each step took.
pub fn timed(conn: &mut Conn, id: RunId, timings: &str, now: UtcTime) -> DbResult<Run> {
    Ok(on!(conn, |c| diesel::update(runs::table.find(id.0))
        .set((
            runs::timings.eq(Some(timings)),
            runs::finished_at.eq(Some(now))
        ))
        .returning(Run::as_returning())
        .get_result(c))?)
}

/// The run with this id.
pub fn run(conn: &mut Conn, id: i64) -> DbResult<Option<Run>> {
    Ok(on!(conn, |c| runs::table
        .filter(runs::id.eq(id))
        .select(Run::as_select())
        .first(c)
        .optional())?)
}

/// The finished run with this as-of date, or with the latest; the newest of several.
pub fn latest(conn: &mut Conn, as_of: Option<NaiveDate>) -> DbResult<Option<Run>> {
    Ok(match as_of {
        Some(day) => on!(conn, |c| runs::table
            .filter(runs::status.eq("done"))
            .filter(runs::as_of.eq(day))
            .order(runs::id.desc())
            .select(Run::as_select())
            .first(c)
            .optional())?,
        None => on!(conn, |c| runs::table
            .filter(runs::status.eq("done"))
            .order((runs::as_of.desc(), runs::id.desc()))
            .select(Run::as_select())
            .first(c)
            .optional())?,
    })
}

#[derive(Insertable)]
#[diesel(table_name = customer_risks, treat_none_as_default_value = false)]
struct RiskRow {
    run_id: RunId,
    customer_id: CustomerId,
    role: &'static str,
    own_churn: f64,
    churn_probability: f64,
    p_alive: f64,
    expected_days: f64,
    shipping_days: i64,
    recency_weeks: f64,
    age_weeks: f64,
    last_on: NaiveDate,
    is_new: bool,
    evidence: &'static str,
    business: f64,
    business_at_risk: f64,
    value: f64,
    value_at_risk: f64,
    blast_radius: f64,
    save_value: f64,
    partners: i64,
    partners_silent: i64,
    parts: String,
    followers: String,
}

#[derive(Insertable)]
#[diesel(table_name = link_risks, treat_none_as_default_value = false)]
struct LinkRow {
    run_id: RunId,
    shipper_id: CustomerId,
    consignee_id: CustomerId,
    shipments: i64,
    business: f64,
    value: f64,
    loss_probability: f64,
    satisfaction: f64,
    satisfaction_low: f64,
    satisfaction_high: f64,
    imbalance: f64,
    last_on: NaiveDate,
}

#[derive(Insertable)]
#[diesel(table_name = account_satisfactions, treat_none_as_default_value = false)]
struct AccountRow {
    run_id: RunId,
    customer_id: CustomerId,
    score: f64,
    low: f64,
    high: f64,
    p_all: f64,
    light: &'static str,
    weakest: String,
    coverage: f64,
    evidence: &'static str,
    kpis: String,
}

#[derive(Insertable)]
#[diesel(table_name = department_satisfactions, treat_none_as_default_value = false)]
struct DepartmentRow {
    run_id: RunId,
    customer_id: CustomerId,
    department: String,
    kind: &'static str,
    department_id: Option<DepartmentId>,
    score: f64,
    low: f64,
    high: f64,
    kpi_score: Option<f64>,
    kpi_coverage: f64,
    answers: f64,
    weight: f64,
    required: bool,
}

fn json(value: &impl Serialize) -> DbResult<String> {
    serde_json::to_string(value).map_err(|error| DbError::corrupt("snapshot", error))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Writes a run's snapshots.
pub fn write(
    conn: &mut Conn,
    run_id: RunId,
    inputs: &Inputs,
    risks: &Risks,
    scores: &Scores,
) -> Result<(), AssessmentError> {
    for chunk in risks.customers.chunks(CHUNK) {
        let rows: Vec<RiskRow> = chunk
            .iter()
            .map(|risk| risk_row(run_id, risk))
            .collect::<DbResult<_>>()?;
        insert_all!(conn, customer_risks::table, &rows[..]).map_err(DbError::from)?;
    }
    write_links(conn, run_id, inputs, risks, scores)?;
    for chunk in scores.accounts.chunks(CHUNK) {
        let rows: Vec<AccountRow> = chunk
            .iter()
            .map(|score| account_row(run_id, score))
            .collect::<DbResult<_>>()?;
        insert_all!(conn, account_satisfactions::table, &rows[..]).map_err(DbError::from)?;
        let rows: Vec<DepartmentRow> = chunk
            .iter()
            .flat_map(|score| department_rows(run_id, score))
            .collect();
        insert_all!(conn, department_satisfactions::table, &rows[..]).map_err(DbError::from)?;
    }
    Ok(())
}

fn write_links(
    conn: &mut Conn,
    run_id: RunId,
    inputs: &Inputs,
    risks: &Risks,
    scores: &Scores,
) -> DbResult<()> {
    let mut rows = Vec::with_capacity(CHUNK);
    for ((measures, risk), score) in inputs.links.iter().zip(&risks.links).zip(&scores.links) {
        let (low, high) = link_interval(score);
        rows.push(LinkRow {
            run_id,
            shipper_id: measures.shipper,
            consignee_id: measures.consignee,
            shipments: i64::from(measures.shipments),
            business: risk.business,
            value: risk.value,
            loss_probability: risk.loss_probability,
            satisfaction: score.score,
            satisfaction_low: low,
            satisfaction_high: high,
            imbalance: score.imbalance,
            last_on: measures.last_on,
        });
        if rows.len() == CHUNK {
            insert_all!(conn, link_risks::table, &rows[..])?;
            rows.clear();
        }
    }
    Ok(insert_all!(conn, link_risks::table, &rows[..])?)
}

fn risk_row(run_id: RunId, risk: &CustomerRisk) -> DbResult<RiskRow> {
    let history = &risk.history;
    Ok(RiskRow {
        run_id,
        customer_id: risk.customer,
        role: risk.role.word(),
        own_churn: risk.score.churn.get(),
        churn_probability: risk.churn,
        p_alive: risk.score.p_alive.get(),
        expected_days: risk.score.expected_events,
        shipping_days: i64::try_from(history.x())
            .unwrap_or(i64::MAX)
            .saturating_add(1),
        recency_weeks: history.age() - history.t_x(),
        age_weeks: history.age(),
        last_on: risk.last_on,
        is_new: risk.score.is_new,
        evidence: risk.evidence.word(),
        business: risk.business,
        business_at_risk: risk.business_at_risk,
        value: risk.value,
        value_at_risk: risk.value_at_risk,
        blast_radius: risk.blast_radius,
        save_value: risk.save_value,
        partners: count(risk.partners),
        partners_silent: count(risk.partners_silent),
        parts: json(&risk.parts)?,
        followers: json(&risk.followers)?,
    })
}

fn account_row(run_id: RunId, score: &AccountScore) -> DbResult<AccountRow> {
    Ok(AccountRow {
        run_id,
        customer_id: score.customer,
        score: score.account.score,
        low: score.account.lo,
        high: score.account.hi,
        p_all: score.account.p_all,
        light: score.account.gate.word(),
        weakest: score.weakest.clone(),
        coverage: score.account.coverage,
        evidence: score.evidence.word(),
        kpis: json(&score.kpis)?,
    })
}

fn department_rows(run_id: RunId, score: &AccountScore) -> impl Iterator<Item = DepartmentRow> {
    score
        .departments
        .iter()
        .map(move |(department, theta)| DepartmentRow {
            run_id,
            customer_id: score.customer,
            department: department.name.clone(),
            kind: department.kind.word(),
            department_id: department.id,
            score: theta.theta,
            low: theta.lo,
            high: theta.hi,
            kpi_score: theta.kpi_score,
            kpi_coverage: theta.kpi_coverage,
            answers: theta.n_eff,
            weight: department.weight,
            required: department.required,
        })
}

impl Run {
    /// Where numbers of this run come from.
    pub fn source(&self) -> Source {
        Source {
            run_id: self.id.0,
            as_of: self.as_of,
            horizon_weeks: self.horizon_weeks,
            model_version: self.model_version.clone(),
            business_basis: self.business_basis.clone().unwrap_or_default(),
            value_basis: self.value_basis.clone().unwrap_or_default(),
        }
    }
}

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
    /// As in [`CustomerRisk`], and so the rest.
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
        }
    }
}

const RISK_COLUMNS: &str = "k.*, c.name, c.country, c.team_id, r.as_of, r.horizon_weeks, \
    r.model_version, r.business_basis, r.value_basis";
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

/// An account's satisfaction as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = account_satisfactions)]
pub struct AccountRead {
    /// As in the snapshot, and so the rest.
    pub score: f64,
    /// 90 % interval.
    pub low: f64,
    /// 90 % interval.
    pub high: f64,
    /// All satisfied.
    pub p_all: f64,
    /// The gate.
    pub light: String,
    /// Department.
    pub weakest: String,
    /// Share with data.
    pub coverage: f64,
    /// `enough`, `low`, `none`.
    pub evidence: String,
    /// JSON.
    pub kpis: String,
}

/// A department's satisfaction as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = department_satisfactions)]
pub struct DepartmentRead {
    /// As in the snapshot, and so the rest.
    pub department: String,
    /// What it does.
    pub kind: String,
    /// Which.
    pub department_id: Option<DepartmentId>,
    /// θ.
    pub score: f64,
    /// 90 % interval.
    pub low: f64,
    /// 90 % interval.
    pub high: f64,
    /// k.
    pub kpi_score: Option<f64>,
    /// c.
    pub kpi_coverage: f64,
    /// N.
    pub answers: f64,
    /// w.
    pub weight: f64,
    /// Needed.
    pub required: bool,
}

/// The satisfaction of a customer in a run.
pub fn satisfaction(
    conn: &mut Conn,
    run: RunId,
    customer: CustomerId,
) -> DbResult<Option<(AccountRead, Vec<DepartmentRead>)>> {
    let account: Option<AccountRead> = on!(conn, |c| account_satisfactions::table
        .find((run.0, customer.0))
        .select(AccountRead::as_select())
        .first(c)
        .optional())?;
    let Some(account) = account else {
        return Ok(None);
    };
    let departments = on!(conn, |c| department_satisfactions::table
        .filter(department_satisfactions::run_id.eq(run.0))
        .filter(department_satisfactions::customer_id.eq(customer.0))
        .order(department_satisfactions::department)
        .select(DepartmentRead::as_select())
        .load(c))?;
    Ok(Some((account, departments)))
}

/// What a run says of a link.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, utoipa::ToSchema)]
#[diesel(table_name = link_risks)]
pub struct LinkRead {
    /// First party.
    pub shipper_id: i64,
    /// Second party.
    pub consignee_id: i64,
    /// Shipments in the business window.
    pub shipments: i64,
    /// Business over the window, in the basis.
    pub business: f64,
    /// Value over the horizon.
    pub value: f64,
    /// Probability that either end is lost.
    pub loss_probability: f64,
    /// Joint satisfaction of both parties, in `[0, 1]`.
    pub satisfaction: f64,
    /// Lower end of the 90 % interval.
    pub satisfaction_low: f64,
    /// Upper end of the 90 % interval.
    pub satisfaction_high: f64,
    /// Shipper's score less the consignee's.
    pub imbalance: f64,
    /// The last shipment.
    pub last_on: NaiveDate,
}

/// A link in a run.
pub fn link(
    conn: &mut Conn,
    run: RunId,
    (shipper, consignee): (CustomerId, CustomerId),
) -> DbResult<Option<LinkRead>> {
    Ok(on!(conn, |c| link_risks::table
        .find((run.0, shipper.0, consignee.0))
        .select(LinkRead::as_select())
        .first(c)
        .optional())?)
}
