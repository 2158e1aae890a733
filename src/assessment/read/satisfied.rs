//! Satisfaction as people ask for it: an account with its departments, a link with both its sides.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Pointer, Source, stored, wanted_run, why_not};
use crate::access::Teams;
use crate::api::reference::Reference;
use crate::assessment::inputs::Observed;
use crate::assessment::model::{DepartmentParts, GreenPath, ScoreChanges};
use crate::assessment::store::satisfied::{self, DepartmentRead, LinkRead};
use crate::assessment::store::view as snapshots;
use crate::customers;
use crate::db::{Conn, DbError};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::satisfaction::DepartmentSettings;
use crate::satisfaction::department::PRIOR_MEAN;

/// Satisfaction of one department. The parts sum to the score.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DepartmentView {
    /// Its name.
    pub department: String,
    /// What it does.
    pub kind: String,
    /// Its id; `null` for a standard department of a customer that has none recorded.
    pub department_id: Option<i64>,
    /// In `[0, 1]`.
    pub score: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// What the score is made of.
    pub parts: DepartmentParts,
    /// Mean desirability of the facts; `null`: nothing observed.
    pub kpi_score: Option<f64>,
    /// Share of the facts' weight that was observed.
    pub kpi_coverage: f64,
    /// Mean of the answers, in `[0, 1]`; `null`: nobody answered.
    pub survey_score: Option<f64>,
    /// Effective number of answers.
    pub answers: f64,
    /// People whose answers count.
    pub respondents: i64,
    /// Feeling less facts; `null` unless both are known.
    pub gap: Option<f64>,
    /// Whether feeling and facts differ by more than 0.2 on two answers or more: facts good and
    /// feeling bad is a matter of communication, the reverse of luck.
    pub gap_notable: bool,
    /// How far the people agree, `r_wg` in `[0, 1]`; `null` below two.
    pub agreement: Option<f64>,
    /// Whether three people or more disagree, agreement below 0.5.
    pub divided: bool,
    /// Index of its words, in `[-1, 1]`; `null`: too little text.
    pub sentiment: Option<f64>,
    /// Scored texts of the last year.
    pub sentiment_texts: i64,
    /// The last answer or inbound words.
    pub last_heard_on: Option<NaiveDate>,
    /// Weight in the account.
    pub weight: f64,
    /// Whether the account needs it satisfied.
    pub required: bool,
}

/// Satisfaction of one customer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SatisfactionView {
    /// The customer.
    pub customer: Pointer,
    /// Where the numbers come from.
    pub source: Source,
    /// The account as a whole, in `[0, 1]`: harmonic mean over the required departments.
    pub score: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// Probability that every required department is satisfied.
    pub p_all: f64,
    /// `green`, `amber`, `red` or `unknown`: a gate, not a mean.
    pub light: String,
    /// The department to look at first; empty while none has data.
    pub weakest: String,
    /// Share of the required departments with data.
    pub coverage: f64,
    /// `enough`, `low` or `none`.
    pub evidence: String,
    /// Required departments heard from in the 180 days before.
    pub departments_heard: i64,
    /// Required departments.
    pub departments_required: i64,
    /// Index of its words, in `[-1, 1]`; `null`: too little text.
    pub sentiment: Option<f64>,
    /// Lower end of its 90 % interval.
    pub sentiment_low: Option<f64>,
    /// Upper end of its 90 % interval.
    pub sentiment_high: Option<f64>,
    /// Scored texts of the last year.
    pub sentiment_texts: i64,
    /// What would turn the light green; `null` in runs of older versions.
    pub to_green: Option<GreenPath>,
    /// Why the score is another than in the run before; `null` if there is none before.
    pub changes: Option<ScoreChanges>,
    /// Every department.
    pub departments: Vec<DepartmentView>,
    /// What was measured in the 13 weeks before.
    pub inputs: Vec<Observed>,
}

/// The satisfaction of one customer in the wanted run.
///
/// # Errors
///
/// 404 if there is no such customer, run, or assessment of it.
pub fn satisfaction(
    conn: &mut Conn,
    reference: &Reference,
    as_of: Option<NaiveDate>,
    teams: &Teams,
) -> Answer<SatisfactionView> {
    let customer = customers::store::resolve(conn, reference, teams)?
        .filter(|customer| !customer.deleted)
        .ok_or_else(|| Error::not_found("customer", reference))?;
    let run = wanted_run(conn, as_of)?;
    let Some((account, departments)) = satisfied::satisfaction(conn, run.id, customer.id)? else {
        return Err(why_not(conn, reference, as_of, teams));
    };
    let text = |text: &Option<String>| text.clone();
    Ok(SatisfactionView {
        customer: Pointer {
            id: Some(customer.id.0),
            name: Some(customer.name),
        },
        source: run.source(),
        score: account.score,
        low: account.low,
        high: account.high,
        p_all: account.p_all,
        light: account.light,
        weakest: account.weakest,
        coverage: account.coverage,
        evidence: account.evidence,
        departments_heard: account.departments_heard,
        departments_required: account.departments_required,
        sentiment: account.sentiment,
        sentiment_low: account.sentiment_low,
        sentiment_high: account.sentiment_high,
        sentiment_texts: account.sentiment_texts,
        to_green: maybe(text(&account.to_green), "account_satisfactions.to_green")?,
        changes: maybe(text(&account.changes), "account_satisfactions.changes")?,
        inputs: stored(&account.kpis, "account_satisfactions.kpis")?,
        departments: departments
            .into_iter()
            .map(department_view)
            .collect::<Result<_, DbError>>()?,
    })
}

fn maybe<T: serde::de::DeserializeOwned>(
    text: Option<String>,
    what: &'static str,
) -> Result<Option<T>, DbError> {
    text.map(|text| stored(&text, what)).transpose()
}

fn department_view(row: DepartmentRead) -> Result<DepartmentView, DbError> {
    let parts = match &row.parts {
        Some(parts) => stored(parts, "department_satisfactions.parts")?,
        None => older_parts(&row),
    };
    Ok(DepartmentView {
        parts,
        gap_notable: row.gap.is_some_and(|gap| gap.abs() > 0.2) && row.answers >= 2.0,
        divided: row.respondents >= 3 && row.agreement.is_some_and(|found| found < 0.5),
        department: row.department,
        kind: row.kind,
        department_id: row.department_id.map(|id| id.0),
        score: row.score,
        low: row.low,
        high: row.high,
        kpi_score: row.kpi_score,
        kpi_coverage: row.kpi_coverage,
        survey_score: row.survey_score,
        answers: row.answers,
        respondents: row.respondents,
        gap: row.gap,
        agreement: row.agreement,
        sentiment: row.sentiment,
        sentiment_texts: row.sentiment_texts,
        last_heard_on: row.last_heard_on,
        weight: row.weight,
        required: row.required,
    })
}

/// Of a run of an older version, which knew one prior, facts, and nobody's voice.
fn older_parts(row: &DepartmentRead) -> DepartmentParts {
    let settings = DepartmentSettings::default();
    let facts = settings.kpi_weight * row.kpi_coverage;
    let total = settings.prior_weight + facts + row.answers;
    DepartmentParts {
        prior_mean: PRIOR_MEAN,
        prior: settings.prior_weight * PRIOR_MEAN / total,
        kpis: facts * row.kpi_score.unwrap_or(0.0) / total,
        ..DepartmentParts::default()
    }
}

/// One side of a link.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SideView {
    /// The party.
    pub customer: Pointer,
    /// Its satisfaction with the link, in `[0, 1]`; `null` in runs of older versions.
    pub score: Option<f64>,
    /// Lower end of the 90 % interval.
    pub low: Option<f64>,
    /// Upper end of the 90 % interval.
    pub high: Option<f64>,
    /// Effective number of answers about the link.
    pub answers: Option<f64>,
}

/// What a run says of a link.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Where the numbers come from.
    pub source: Source,
    /// The shipper's side.
    pub shipper: SideView,
    /// The consignee's side.
    pub consignee: SideView,
    /// The link.
    #[serde(flatten)]
    pub link: LinkRead,
}

/// An end of a link, and whether the reader may see whose it is.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// The customer.
    pub id: CustomerId,
    /// Whether the reader may see it.
    pub seen: bool,
}

/// The ends of a link with traffic: whoever may see one end may see the link.
///
/// # Errors
///
/// 404 `link`, the same whether the link, a customer, or the right to see either lacks: nobody
/// learns by asking which customers there are.
pub fn visible_ends(
    conn: &mut Conn,
    ends: &(Reference, Reference),
    teams: &Teams,
) -> Answer<(End, End)> {
    let mut end = |reference: &Reference| {
        let found = customers::store::resolve(conn, reference, &Teams::All)?;
        Ok::<_, Error>(found.filter(|one| !one.deleted).map(|one| End {
            id: one.id,
            seen: teams.allow(one.team_id),
        }))
    };
    let found = end(&ends.0)?.zip(end(&ends.1)?);
    let shown = found.filter(|(shipper, consignee)| shipper.seen || consignee.seen);
    match shown {
        Some((shipper, consignee)) if satisfied::is_link(conn, (shipper.id, consignee.id))? => {
            Ok((shipper, consignee))
        }
        _ => Err(no_link(ends)),
    }
}

fn no_link(ends: &(Reference, Reference)) -> Error {
    Error::not_found("link", format!("{} to {}", ends.0, ends.1))
}

/// A link in the wanted run, both sides side by side.
///
/// # Errors
///
/// 404 if there is no such link, run, or link in it.
pub fn link_of(
    conn: &mut Conn,
    ends: &(Reference, Reference),
    as_of: Option<NaiveDate>,
    teams: &Teams,
) -> Answer<LinkView> {
    let (shipper, consignee) = visible_ends(conn, ends, teams)?;
    let run = wanted_run(conn, as_of)?;
    let link =
        satisfied::link(conn, run.id, (shipper.id, consignee.id))?.ok_or_else(|| no_link(ends))?;
    let names = snapshots::visible_names(conn, &[shipper.id.0, consignee.id.0], teams)?;
    // What a party thinks is for those who may see it.
    let side = |end: End, [score, low, high, answers]: [Option<f64>; 4]| SideView {
        customer: Pointer {
            id: end.seen.then_some(end.id.0),
            name: names.get(&end.id.0).cloned(),
        },
        score: score.filter(|_| end.seen),
        low: low.filter(|_| end.seen),
        high: high.filter(|_| end.seen),
        answers: answers.filter(|_| end.seen),
    };
    let shippers = [
        link.shipper_satisfaction,
        link.shipper_satisfaction_low,
        link.shipper_satisfaction_high,
        link.shipper_answers,
    ];
    let consignees = [
        link.consignee_satisfaction,
        link.consignee_satisfaction_low,
        link.consignee_satisfaction_high,
        link.consignee_answers,
    ];
    Ok(LinkView {
        source: run.source(),
        shipper: side(shipper, shippers),
        consignee: side(consignee, consignees),
        link,
    })
}
