//! The snapshots that a run leaves: written once, many rows at a time.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use super::super::AssessmentError;
use super::super::inputs::Inputs;
use super::super::risk::{CustomerRisk, Risks};
use super::super::scores::{AccountScore, Scores, link_interval};
use crate::db::schema::{
    account_satisfactions, customer_risks, department_satisfactions, link_risks,
};
use crate::db::{Conn, DbError, DbResult, insert_all};
use crate::ids::{CustomerId, DepartmentId, RunId};
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
            raw_churn: risk.own.map(|own| own.raw.get()),
            own_churn: risk.own.map(|own| own.coherent.get()),
            expected_days: risk.own.map(|own| own.expected_days),
            terms: risk.terms.word(),
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
