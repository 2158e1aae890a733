//! The models of a run: written with its snapshots, read by whoever asks what a number rests on.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::super::own::record::{Component, Drift, ModelFit, Previous};
use crate::assessment::model::Evidence;
use crate::db::schema::{model_fits, runs};
use crate::db::{Conn, DbError, DbResult, insert_all, on};
use crate::ids::RunId;

#[derive(Insertable, Queryable)]
#[diesel(table_name = model_fits, treat_none_as_default_value = false)]
struct Row {
    run_id: RunId,
    component: String,
    segment: String,
    model: String,
    parameters: String,
    log_likelihood: Option<f64>,
    entities: i64,
    events: i64,
    evidence: String,
    pooled: bool,
    drift: Option<String>,
}

/// Writes the models of a run.
pub fn write(conn: &mut Conn, run: RunId, fits: &[ModelFit]) -> DbResult<()> {
    let json = |error| DbError::corrupt("model_fits", error);
    let rows = fits
        .iter()
        .map(|fit| {
            Ok(Row {
                run_id: run,
                component: fit.component.word().to_owned(),
                segment: fit.segment.clone(),
                model: fit.model.clone(),
                parameters: serde_json::to_string(&fit.parameters).map_err(json)?,
                log_likelihood: fit.log_likelihood,
                entities: fit.entities,
                events: fit.events,
                evidence: fit.evidence.word().to_owned(),
                pooled: fit.pooled,
                drift: fit
                    .drift
                    .as_ref()
                    .map(serde_json::to_string)
                    .transpose()
                    .map_err(json)?,
            })
        })
        .collect::<DbResult<Vec<Row>>>()?;
    Ok(insert_all!(conn, model_fits::table, &rows[..])?)
}

/// The models of a run, in the order of their names.
pub fn of_run(conn: &mut Conn, run: RunId) -> DbResult<Vec<ModelFit>> {
    let rows: Vec<Row> = on!(conn, |c| model_fits::table
        .filter(model_fits::run_id.eq(run.0))
        .order((model_fits::component, model_fits::segment))
        .load(c))?;
    rows.into_iter().map(parsed).collect()
}

/// The models of the last finished run before a date.
pub fn before(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Option<Previous>> {
    let run: Option<(RunId, NaiveDate)> = on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .filter(runs::as_of.lt(as_of))
        .order((runs::as_of.desc(), runs::id.desc()))
        .select((runs::id, runs::as_of))
        .first(c)
        .optional())?;
    run.map(|(run, as_of)| {
        Ok(Previous {
            as_of,
            fits: of_run(conn, run)?,
        })
    })
    .transpose()
}

fn parsed(row: Row) -> DbResult<ModelFit> {
    let wrong = |what: &'static str, text: &str| DbError::corrupt(what, text.to_owned());
    let json = |error| DbError::corrupt("model_fits", error);
    Ok(ModelFit {
        component: Component::parse(&row.component)
            .ok_or_else(|| wrong("model_fits.component", &row.component))?,
        evidence: Evidence::parse(&row.evidence)
            .ok_or_else(|| wrong("model_fits.evidence", &row.evidence))?,
        segment: row.segment,
        model: row.model,
        parameters: serde_json::from_str(&row.parameters).map_err(json)?,
        log_likelihood: row.log_likelihood,
        entities: row.entities,
        events: row.events,
        pooled: row.pooled,
        drift: row
            .drift
            .map(|text| serde_json::from_str::<Drift>(&text))
            .transpose()
            .map_err(json)?,
    })
}
