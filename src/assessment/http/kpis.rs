//! Endpoints for KPIs, and for what they are measured against.

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Caller, Scope, Teams};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::parse_value;
use crate::api::reference::Reference;
use crate::assessment::inputs::{Targets, Yardstick};
use crate::assessment::kpis::{self, KpisView, Period};
use crate::assessment::read;
use crate::assessment::store::input::targets_of;
use crate::assessment::store::targets::{self, Row};
use crate::customers;
use crate::customers::edit::{self, Writer};
use crate::db::select::{Kind, Value};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error, Problem, ProblemPart};
use crate::ids::{ContractId, CustomerId};
use crate::problem::FieldProblem;
use crate::satisfaction::kpi::WINDOW_WEEKS;
use crate::satisfaction::{Kpi, Target};
use crate::state::AppState;

/// Days of a period at most.
const LONGEST_PERIOD: i64 = 1_100;
/// Largest target taken, either way.
const LARGEST: f64 = 1e9;

/// Adds the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_kpis)
        .service(show_link_kpis)
        .service(list_targets)
        .service(put_target)
        .service(delete_target);
}

/// The days asked for.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `period` reads them")]
struct Days13 {
    /// The first day; default: 13 weeks before `to`.
    from: Option<NaiveDate>,
    /// The first day that does not count any more; default: today.
    to: Option<NaiveDate>,
}

fn wrong(name: &str, detail: String) -> Error {
    Error::Malformed {
        code: "bad_parameter",
        detail: format!("{name}: {detail}"),
        errors: vec![ProblemPart {
            pointer: name.to_owned(),
            code: "bad_parameter".to_owned(),
            detail,
        }],
    }
}

/// Parameters of these names and no others, each once.
fn parameters(request: &HttpRequest, names: &[&str]) -> Answer<Vec<(String, String)>> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?
        .into_inner();
    for (at, (name, _)) in pairs.iter().enumerate() {
        if !names.contains(&name.as_str()) {
            let expected = format!("unknown parameter; expected {}", names.join(", "));
            return Err(wrong(name, expected));
        }
        if pairs.iter().take(at).any(|(before, _)| before == name) {
            return Err(wrong(name, "it is given twice".to_owned()));
        }
    }
    Ok(pairs)
}

fn period(request: &HttpRequest, state: &AppState) -> Answer<Period> {
    let pairs = parameters(request, &["from", "to"])?;
    let day = |wanted: &str| match pairs.iter().find(|(name, _)| name == wanted) {
        None => Ok(None),
        Some((name, text)) => match parse_value(Kind::Date, text) {
            Ok(Value::Date(day)) => Ok(Some(day)),
            Ok(_) => Ok(None),
            Err(detail) => Err(wrong(name, detail)),
        },
    };
    let to = day("to")?.unwrap_or_else(|| state.today());
    let from = match day("from")? {
        Some(from) => from,
        None => to
            .checked_sub_days(Days::new(u64::from(WINDOW_WEEKS) * 7))
            .ok_or_else(|| wrong("to", "expected a date with weeks before it".to_owned()))?,
    };
    let days = (to - from).num_days();
    if !(1..=LONGEST_PERIOD).contains(&days) {
        let rule = format!("expected a day 1 to {LONGEST_PERIOD} days before `to`");
        return Err(wrong("from", rule));
    }
    Ok(Period {
        from,
        to,
        zone: state.config.time_zone,
    })
}

fn visible(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<CustomerId> {
    customers::store::resolve(conn, reference, teams)?
        .filter(|customer| !customer.deleted)
        .map(|customer| customer.id)
        .ok_or_else(|| Error::not_found("customer", reference))
}

/// Measures a customer's KPIs over a period: counts, intervals, targets, and who judges by them.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID"), Days13), responses((status = 200, description = "The KPIs", body = KpisView), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/kpis")]
async fn show_kpis(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (id, period) = (Reference::parse(&id)?, period(&request, &state)?);
    let view = state
        .db
        .read(move |conn| {
            let customer = visible(conn, &id, &caller.teams)?;
            Ok::<_, Error>(kpis::measure(conn, customer, None, period)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The KPIs of a link: what went over it, by the targets and complaints of either party.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LinkKpis {
    /// As the shipper judges; `null` where the reader may not see the shipper.
    shipper: Option<KpisView>,
    /// As the consignee judges; `null` where the reader may not see the consignee.
    consignee: Option<KpisView>,
}

/// Measures the KPIs of a link over a period, as either party judges them.
#[utoipa::path(tag = "assessment", params(("shipper" = String, Path, description = "The shipper: its id, or ext:SYSTEM:ID"), ("consignee" = String, Path, description = "The consignee: its id, or ext:SYSTEM:ID"), Days13), responses((status = 200, description = "The KPIs", body = LinkKpis), (status = 404, description = "No such link", body = Problem)))]
#[get("/links/{shipper}/{consignee}/kpis")]
async fn show_link_kpis(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Answer<HttpResponse> {
    let (shipper, consignee) = path.into_inner();
    let ends = (Reference::parse(&shipper)?, Reference::parse(&consignee)?);
    let period = period(&request, &state)?;
    let view = state
        .db
        .read(move |conn| {
            let (shipper, consignee) = read::visible_ends(conn, &ends, &caller.teams)?;
            let link = (shipper.id, consignee.id);
            let mut judged = |end: read::End| {
                end.seen
                    .then(|| kpis::measure(conn, end.id, Some(link), period))
                    .transpose()
            };
            Ok::<_, Error>(LinkKpis {
                shipper: judged(shipper)?,
                consignee: judged(consignee)?,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// A target that was set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TargetView {
    /// Of which KPI.
    kpi: String,
    /// The contract while it is in force; `null`: always.
    contract_id: Option<i64>,
    /// Desirability is 0 from here on the wrong way.
    unacceptable: f64,
    /// Desirability is 1 from here on the right way.
    target: f64,
    /// Goes up with every change.
    version: i64,
    /// When it last changed.
    updated_at: UtcTime,
}

impl From<Row> for TargetView {
    fn from(row: Row) -> Self {
        Self {
            kpi: row.kpi,
            contract_id: row.contract_id.map(|id| id.0),
            unacceptable: row.unacceptable,
            target: row.target,
            version: row.version,
            updated_at: row.updated_at,
        }
    }
}

/// What holds for a KPI today.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Effective {
    /// Which.
    kpi: Kpi,
    /// What it is measured against; `null`: the freight cost ratio, whose default is the customer's
    /// own of the year before the period.
    against: Option<Yardstick>,
}

/// The targets of a customer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TargetsView {
    /// Those that were set.
    data: Vec<TargetView>,
    /// What holds today over all traffic.
    today: Vec<Effective>,
}

/// Lists a customer's targets: those that were set, and what holds today.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID")), responses((status = 200, description = "The targets", body = TargetsView), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/kpi-targets")]
async fn list_targets(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let id = Reference::parse(&id)?;
    parameters(&request, &[])?;
    // A contract that begins today is in force.
    let tomorrow = state.today() + Days::new(1);
    let view = state
        .db
        .read(move |conn| {
            let customer = visible(conn, &id, &caller.teams)?;
            let rows = targets::list(conn, customer)?;
            let mut all = Targets::default();
            all.set
                .insert(customer, targets_of(conn, tomorrow, customer)?);
            let today = kpis::yardsticks(all.of(customer, None)).into_iter();
            Ok::<_, Error>(TargetsView {
                data: rows.into_iter().map(TargetView::from).collect(),
                today: today
                    .map(|(kpi, against)| Effective { kpi, against })
                    .collect(),
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// What a KPI is to be measured against.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TargetInput {
    /// Desirability is 0 from here on the wrong way.
    unacceptable: f64,
    /// Desirability is 1 from here on the right way; may be below the unacceptable value.
    target: f64,
    /// Only while this contract of the customer is in force.
    #[serde(default)]
    contract_id: Option<i64>,
}

impl TargetInput {
    fn checked(&self) -> Answer<(Target, Option<ContractId>)> {
        let mut problems = Vec::new();
        for (field, value) in [("unacceptable", self.unacceptable), ("target", self.target)] {
            if !(0.0..=LARGEST).contains(&value) {
                let rule = "expected a number from 0 to 1e9";
                problems.push(FieldProblem::new(field, "out_of_range", rule));
            }
        }
        if problems.is_empty() && (self.unacceptable - self.target).abs() < 1e-9 {
            let rule = "expected another value than the unacceptable one";
            problems.push(FieldProblem::new("target", "equal", rule));
        }
        if problems.is_empty() {
            let target = Target {
                unacceptable: self.unacceptable,
                target: self.target,
            };
            Ok((target, self.contract_id.map(ContractId)))
        } else {
            Err(Error::Invalid(problems))
        }
    }
}

fn named(text: &str) -> Answer<Kpi> {
    Kpi::parse(text).ok_or_else(|| Error::not_found("KPI", text))
}

/// Sets a target of a KPI for a customer, always or while a contract is in force.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID"), ("kpi" = String, Path, description = "The KPI, such as otif")), request_body = TargetInput, responses((status = 200, description = "The target, changed", body = TargetView), (status = 201, description = "The target, new", body = TargetView), (status = 404, description = "No such customer or KPI", body = Problem), (status = 422, description = "A number out of range, or no contract of this customer", body = Problem)))]
#[put("/customers/{id}/kpi-targets/{kpi}")]
async fn put_target(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Body<TargetInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (id, kpi) = path.into_inner();
    let (id, kpi, condition) = (Reference::parse(&id)?, named(&kpi)?, IfMatch::of(&request));
    let (target, contract) = body.0.checked()?;
    let writer = Writer::of(caller, state.clock.now().into());
    let (row, created) = state
        .db
        .write(move |conn| {
            let customer = edit::standing(conn, &id, &writer.teams)?.id;
            if let Some(contract) = contract
                && !targets::has_contract(conn, customer, contract)?
            {
                let rule = "expected the id of a contract of this customer";
                return Err(Error::invalid("contract_id", "unknown", rule));
            }
            let (row, done) = match targets::find(conn, customer, (kpi, contract))? {
                Some(row) => {
                    condition.check(row.version)?;
                    let row = targets::update(conn, row.id, target, writer.now)?;
                    (row, "updated")
                }
                None if condition == IfMatch::Absent => {
                    let key = (kpi, contract);
                    let row = targets::insert(conn, customer, key, target, writer.now)?;
                    (row, "created")
                }
                None => return Err(Error::not_found("target", kpi)),
            };
            writer.record(conn, done, "kpi_target", row.id)?;
            Ok::<_, Error>((row, done == "created"))
        })
        .await?;
    let mut response = if created {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header(("etag", etag::of(row.version)))
        .json(TargetView::from(row)))
}

/// Which target is taken away.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes the parameter; `delete_target` reads it"
)]
struct OfContract {
    /// That of this contract; default: the one that holds always.
    contract_id: Option<i64>,
}

/// Takes away a customer's target of a KPI: the next best holds again.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID"), ("kpi" = String, Path, description = "The KPI, such as otif"), OfContract), responses((status = 204, description = "It is gone"), (status = 404, description = "No such customer or target", body = Problem)))]
#[delete("/customers/{id}/kpi-targets/{kpi}")]
async fn delete_target(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (id, kpi) = path.into_inner();
    let (id, kpi, condition) = (Reference::parse(&id)?, named(&kpi)?, IfMatch::of(&request));
    let given = parameters(&request, &["contract_id"])?;
    let contract = match given.first() {
        None => None,
        Some((name, text)) => {
            Some(ContractId(text.parse().map_err(|_| {
                wrong(name, "expected a whole number".to_owned())
            })?))
        }
    };
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| {
            let customer = edit::standing(conn, &id, &writer.teams)?.id;
            let row = targets::find(conn, customer, (kpi, contract))?
                .ok_or_else(|| Error::not_found("target", kpi))?;
            condition.check(row.version)?;
            targets::delete(conn, row.id, writer.now)?;
            writer
                .record(conn, "deleted", "kpi_target", row.id)
                .map_err(Error::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
