//! The snapshots that a run leaves: written once, many rows at a time.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use super::super::AssessmentError;
use super::super::inputs::Inputs;
use super::super::inputs::Observed;
use super::super::risk::{CustomerRisk, Risks};
use super::super::scores::{AccountScore, DimensionScore, Scores};
use crate::db::schema::{
    account_satisfactions, customer_risks, department_satisfactions, dimension_satisfactions,
    kpi_values, link_risks,
};
use crate::db::{Conn, DbError, DbResult, insert_all};
use crate::ids::{CustomerId, DepartmentId, RunId};
use crate::sentiment::Index;
use crate::units::Probability;

/// Rows written together.
const CHUNK: usize = 10_000;

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
    shipping_churn: Option<f64>,
    rfm_churn: Option<f64>,
    service_churn: Option<f64>,
    contract_ends_on: Option<NaiveDate>,
    contract_loss: Option<f64>,
    volume_risk: Option<f64>,
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
    raw_churn: Option<f64>,
    own_churn: Option<f64>,
    expected_days: Option<f64>,
    terms: &'static str,
    shipper_satisfaction: Option<f64>,
    shipper_satisfaction_low: Option<f64>,
    shipper_satisfaction_high: Option<f64>,
    consignee_satisfaction: Option<f64>,
    consignee_satisfaction_low: Option<f64>,
    consignee_satisfaction_high: Option<f64>,
    shipper_answers: Option<f64>,
    consignee_answers: Option<f64>,
    one_sided: Option<bool>,
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
    departments_heard: i64,
    departments_required: i64,
    sentiment: Option<f64>,
    sentiment_low: Option<f64>,
    sentiment_high: Option<f64>,
    sentiment_texts: i64,
    to_green: Option<String>,
    changes: Option<String>,
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
    survey_score: Option<f64>,
    respondents: i64,
    gap: Option<f64>,
    agreement: Option<f64>,
    sentiment: Option<f64>,
    sentiment_texts: i64,
    last_heard_on: Option<NaiveDate>,
    parts: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = kpi_values, treat_none_as_default_value = false)]
struct KpiRow {
    run_id: RunId,
    customer_id: CustomerId,
    kpi: &'static str,
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
    observations: i64,
    desirability: f64,
    unacceptable: f64,
    target: f64,
    target_from: &'static str,
}

#[derive(Insertable)]
#[diesel(table_name = dimension_satisfactions, treat_none_as_default_value = false)]
struct DimensionRow {
    run_id: RunId,
    customer_id: CustomerId,
    department: String,
    dimension: String,
    score: f64,
    answers: i64,
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
    (run_id, as_of): (RunId, NaiveDate),
    inputs: &Inputs,
    risks: &Risks,
    scores: &Scores,
) -> Result<(), AssessmentError> {
    for chunk in risks.customers.chunks(CHUNK) {
        let rows: Vec<RiskRow> = chunk
            .iter()
            .map(|risk| risk_row(run_id, as_of, risk))
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
        let mut rows: Vec<DepartmentRow> = Vec::new();
        for score in chunk {
            rows.extend(department_rows(run_id, score)?);
        }
        insert_all!(conn, department_satisfactions::table, &rows[..]).map_err(DbError::from)?;
        write_details(conn, run_id, chunk)?;
    }
    Ok(())
}

/// KPIs and dimensions, for reports.
fn write_details(conn: &mut Conn, run_id: RunId, chunk: &[AccountScore]) -> DbResult<()> {
    let rows: Vec<KpiRow> = chunk
        .iter()
        .flat_map(|score| {
            let kpis = score.kpis.iter();
            kpis.filter_map(|observed| kpi_row(run_id, score.customer, observed))
        })
        .collect();
    insert_all!(conn, kpi_values::table, &rows[..])?;
    let rows: Vec<DimensionRow> = chunk
        .iter()
        .flat_map(|score| {
            let dimensions = score.dimensions.iter();
            dimensions.map(|found| dimension_row(run_id, score.customer, found))
        })
        .collect();
    Ok(insert_all!(
        conn,
        dimension_satisfactions::table,
        &rows[..]
    )?)
}

fn kpi_row(run_id: RunId, customer_id: CustomerId, observed: &Observed) -> Option<KpiRow> {
    let against = observed.against?;
    Some(KpiRow {
        run_id,
        customer_id,
        kpi: observed.kpi.word(),
        value: observed.value,
        low: observed.low,
        high: observed.high,
        observations: i64::try_from(observed.observations).unwrap_or(i64::MAX),
        desirability: observed.desirability,
        unacceptable: against.unacceptable,
        target: against.target,
        target_from: against.from.word(),
    })
}

fn dimension_row(run_id: RunId, customer_id: CustomerId, found: &DimensionScore) -> DimensionRow {
    DimensionRow {
        run_id,
        customer_id,
        department: found.department.clone(),
        dimension: found.dimension.word().to_owned(),
        score: found.score,
        answers: count(found.answers),
    }
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
        let (low, high) = score.interval();
        rows.push(LinkRow {
            run_id,
            shipper_id: measures.shipper,
            consignee_id: measures.consignee,
            shipments: i64::from(measures.shipments),
            business: risk.business,
            value: risk.value,
            loss_probability: risk.loss_probability,
            satisfaction: score.joint.score,
            satisfaction_low: low,
            satisfaction_high: high,
            imbalance: score.joint.imbalance,
            last_on: measures.last_on,
            raw_churn: risk.own.map(|own| own.raw.get()),
            own_churn: risk.own.map(|own| own.coherent.get()),
            expected_days: risk.own.map(|own| own.expected_days),
            terms: risk.terms.word(),
            shipper_satisfaction: Some(score.shipper.score),
            shipper_satisfaction_low: Some(score.shipper.low),
            shipper_satisfaction_high: Some(score.shipper.high),
            consignee_satisfaction: Some(score.consignee.score),
            consignee_satisfaction_low: Some(score.consignee.low),
            consignee_satisfaction_high: Some(score.consignee.high),
            shipper_answers: Some(score.shipper.answers),
            consignee_answers: Some(score.consignee.answers),
            one_sided: Some(score.joint.one_sided),
        });
        if rows.len() == CHUNK {
            insert_all!(conn, link_risks::table, &rows[..])?;
            rows.clear();
        }
    }
    Ok(insert_all!(conn, link_risks::table, &rows[..])?)
}

fn risk_row(run_id: RunId, as_of: NaiveDate, risk: &CustomerRisk) -> DbResult<RiskRow> {
    let own = &risk.own;
    let weeks_since = |day: NaiveDate| (as_of - day).num_days() as f64 / 7.0;
    Ok(RiskRow {
        run_id,
        customer_id: risk.customer,
        role: risk.role.word(),
        own_churn: own.score.churn.get(),
        churn_probability: risk.churn,
        p_alive: own.score.p_alive.get(),
        expected_days: own.score.expected_events,
        shipping_days: i64::try_from(own.shipping_days).unwrap_or(i64::MAX),
        recency_weeks: weeks_since(own.last_on),
        age_weeks: weeks_since(own.first_on),
        last_on: own.last_on,
        is_new: own.score.is_new,
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
        shipping_churn: Some(own.steps.shipping_days.get()),
        rfm_churn: own.steps.rfm.map(Probability::get),
        service_churn: own.steps.service.map(Probability::get),
        contract_ends_on: own.contract.map(|contract| contract.ends_on),
        contract_loss: own.contract.map(|contract| contract.loss.get()),
        volume_risk: own
            .contract
            .and_then(|contract| contract.volume_risk)
            .map(Probability::get),
    })
}

fn account_row(run_id: RunId, score: &AccountScore) -> DbResult<AccountRow> {
    let enough = score.sentiment.filter(|index| index.enough);
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
        departments_heard: count(score.heard),
        departments_required: count(score.required),
        sentiment: enough.map(|index| index.value),
        sentiment_low: enough.map(|index| index.low),
        sentiment_high: enough.map(|index| index.high),
        sentiment_texts: texts(score.sentiment.as_ref()),
        to_green: Some(json(&score.to_green)?),
        changes: score.changes.as_ref().map(json).transpose()?,
    })
}

fn texts(index: Option<&Index>) -> i64 {
    index.map_or(0, |index| i64::try_from(index.texts).unwrap_or(i64::MAX))
}

fn department_rows(run_id: RunId, score: &AccountScore) -> DbResult<Vec<DepartmentRow>> {
    let rows = score.departments.iter().map(|one| {
        let (of, theta) = (&one.of, &one.score);
        Ok(DepartmentRow {
            run_id,
            customer_id: score.customer,
            department: of.name.clone(),
            kind: of.kind.word(),
            department_id: of.id,
            score: theta.theta,
            low: theta.lo,
            high: theta.hi,
            kpi_score: theta.kpi_score,
            kpi_coverage: theta.kpi_coverage,
            answers: theta.n_eff,
            weight: of.weight,
            required: of.required,
            survey_score: theta.survey_mean,
            respondents: count(theta.respondents),
            gap: theta.gap,
            agreement: theta.agreement,
            sentiment: one
                .sentiment
                .filter(|index| index.enough)
                .map(|index| index.value),
            sentiment_texts: texts(one.sentiment.as_ref()),
            last_heard_on: one.last_heard_on,
            parts: Some(json(&one.parts)?),
        })
    });
    rows.collect()
}
