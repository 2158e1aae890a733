//! Satisfaction as it is read back: accounts, departments, links, history.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{account_satisfactions, department_satisfactions, link_months, link_risks};
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbResult, on};
use crate::ids::{CustomerId, DepartmentId, RunId};

/// An account at one as-of date.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = account_satisfactions)]
pub struct PastSatisfaction {
    /// The run.
    pub run_id: i64,
    /// What was known before this day counts.
    #[diesel(sql_type = diesel::sql_types::Date)]
    pub as_of: NaiveDate,
    /// In `[0, 1]`.
    pub score: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// Probability that every required department is satisfied.
    pub p_all: f64,
    /// The gate.
    pub light: String,
    /// The department to look at first; empty while none has data.
    pub weakest: String,
    /// Share of the required departments with data.
    pub coverage: f64,
    /// Required departments heard from in the 180 days before.
    pub departments_heard: i64,
    /// Required departments.
    pub departments_required: i64,
    /// Sentiment index, in `[-1, 1]`; `null`: too little text.
    pub sentiment: Option<f64>,
    /// Version of the models.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub model_version: String,
}

/// An account over time: the newest finished run of every as-of date.
pub const HISTORY: Collection = Collection {
    columns: "s.*, r.as_of, r.model_version",
    from: "account_satisfactions s JOIN runs r ON r.id = s.run_id",
    id: "s.run_id",
    updated: None,
    alive: Some(
        "r.status = 'done' AND NOT EXISTS (SELECT 1 FROM runs n WHERE n.status = 'done' \
         AND n.as_of = r.as_of AND n.id > r.id)",
    ),
    fields: &[
        Field {
            name: "as_of",
            sql: "r.as_of",
            kind: Kind::Date,
            sortable: true,
        },
        Field {
            name: "light",
            sql: "s.light",
            kind: Kind::Words(crate::satisfaction::Gate::WORDS),
            sortable: false,
        },
    ],
    default_sort: "-as_of",
};

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
    /// Required departments heard from lately.
    pub departments_heard: i64,
    /// Required departments.
    pub departments_required: i64,
    /// Index.
    pub sentiment: Option<f64>,
    /// 90 % interval.
    pub sentiment_low: Option<f64>,
    /// 90 % interval.
    pub sentiment_high: Option<f64>,
    /// Behind it.
    pub sentiment_texts: i64,
    /// JSON.
    pub to_green: Option<String>,
    /// JSON.
    pub changes: Option<String>,
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
    /// m.
    pub survey_score: Option<f64>,
    /// People.
    pub respondents: i64,
    /// m - k.
    pub gap: Option<f64>,
    /// `r_wg`.
    pub agreement: Option<f64>,
    /// Index.
    pub sentiment: Option<f64>,
    /// Behind it.
    pub sentiment_texts: i64,
    /// Answer or words.
    pub last_heard_on: Option<NaiveDate>,
    /// JSON.
    pub parts: Option<String>,
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

/// What a run says of a link. Its ends are told by whoever knows which of them may be seen.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, utoipa::ToSchema)]
#[diesel(table_name = link_risks)]
pub struct LinkRead {
    /// First party.
    #[serde(skip)]
    pub shipper_id: i64,
    /// Second party.
    #[serde(skip)]
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
    /// Probability that the link stays silent over the horizon, by its own shipping days alone.
    pub raw_churn: Option<f64>,
    /// The same, no less than the own churn of either end.
    pub own_churn: Option<f64>,
    /// Shipping days expected over the horizon.
    pub expected_days: Option<f64>,
    /// The shipper's satisfaction with the link, in `[0, 1]`.
    #[serde(skip)]
    pub shipper_satisfaction: Option<f64>,
    /// Lower end of its 90 % interval.
    #[serde(skip)]
    pub shipper_satisfaction_low: Option<f64>,
    /// Upper end of its 90 % interval.
    #[serde(skip)]
    pub shipper_satisfaction_high: Option<f64>,
    /// Effective number of the shipper's answers about the link.
    #[serde(skip)]
    pub shipper_answers: Option<f64>,
    /// The consignee's satisfaction with the link, in `[0, 1]`.
    #[serde(skip)]
    pub consignee_satisfaction: Option<f64>,
    /// Lower end of its 90 % interval.
    #[serde(skip)]
    pub consignee_satisfaction_low: Option<f64>,
    /// Upper end of its 90 % interval.
    #[serde(skip)]
    pub consignee_satisfaction_high: Option<f64>,
    /// Effective number of the consignee's answers about the link.
    #[serde(skip)]
    pub consignee_answers: Option<f64>,
    /// Whether one of the parties is no account of ours, and stands at its prior.
    pub one_sided: Option<bool>,
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

/// Whether anything ever went from one to the other.
pub fn is_link(conn: &mut Conn, (shipper, consignee): (CustomerId, CustomerId)) -> DbResult<bool> {
    Ok(on!(conn, |c| diesel::select(diesel::dsl::exists(
        link_months::table
            .filter(link_months::shipper_id.eq(shipper.0))
            .filter(link_months::consignee_id.eq(consignee.0))
    ))
    .get_result(c))?)
}
