//! Satisfaction of the run before, as far as it takes to tell what changed.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::assessment::inputs::Previous;
use crate::assessment::model::{DepartmentParts, counted_weights, department_key};
use crate::db::schema::{account_satisfactions, department_satisfactions, runs};
use crate::db::{Conn, DbError, DbResult, each_row, on};
use crate::ids::{CustomerId, DepartmentId, RunId};
use crate::satisfaction::DepartmentSettings;
use crate::satisfaction::changes::State;
use crate::satisfaction::department::{Mass, PRIOR_MEAN};

#[derive(Queryable)]
struct Row {
    customer: CustomerId,
    name: String,
    id: Option<DepartmentId>,
    kpi_score: Option<f64>,
    kpi_coverage: f64,
    answers: f64,
    survey_score: Option<f64>,
    weight: f64,
    required: bool,
    parts: Option<String>,
}

/// The latest finished run with an earlier as-of date; `None` if there is none.
pub fn read(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Option<Previous>> {
    let run: Option<(RunId, NaiveDate)> = on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .filter(runs::as_of.lt(as_of))
        .order((runs::as_of.desc(), runs::id.desc()))
        .select((runs::id, runs::as_of))
        .first(c)
        .optional())?;
    let Some((run, as_of)) = run else {
        return Ok(None);
    };
    let scores: Vec<(CustomerId, f64)> = on!(conn, |c| account_satisfactions::table
        .filter(account_satisfactions::run_id.eq(run.0))
        .select((
            account_satisfactions::customer_id,
            account_satisfactions::score
        ))
        .load(c))?;
    let mut rows: HashMap<CustomerId, Vec<Row>> = HashMap::new();
    each_row!(
        conn,
        department_satisfactions::table
            .filter(department_satisfactions::run_id.eq(run.0))
            .order((
                department_satisfactions::customer_id,
                department_satisfactions::department
            ))
            .select((
                department_satisfactions::customer_id,
                department_satisfactions::department,
                department_satisfactions::department_id,
                department_satisfactions::kpi_score,
                department_satisfactions::kpi_coverage,
                department_satisfactions::answers,
                department_satisfactions::survey_score,
                department_satisfactions::weight,
                department_satisfactions::required,
                department_satisfactions::parts,
            )),
        |row: Row| rows.entry(row.customer).or_default().push(row)
    );
    let mut accounts = HashMap::with_capacity(scores.len());
    for (customer, score) in scores {
        let rows = rows.remove(&customer).unwrap_or_default();
        accounts.insert(customer, (score, states(rows)?));
    }
    Ok(Some(Previous {
        run,
        as_of,
        accounts,
    }))
}

/// The departments that counted, with what their scores were made of.
fn states(rows: Vec<Row>) -> DbResult<Vec<State>> {
    let weights = counted_weights(rows.iter().map(|row| (row.weight, row.required)));
    let mut states = Vec::with_capacity(rows.len());
    for (row, weight) in rows.into_iter().zip(weights) {
        if let Some(weight) = weight {
            states.push(State {
                key: department_key(row.id, &row.name),
                masses: masses(&row)?,
                name: row.name,
                weight,
            });
        }
    }
    Ok(states)
}

fn masses(row: &Row) -> DbResult<[Mass; 4]> {
    let settings = DepartmentSettings::default();
    let parts: Option<DepartmentParts> = row
        .parts
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(|error| DbError::corrupt("department_satisfactions.parts", error))?;
    let mass = |weight, mean: Option<f64>| Mass {
        weight,
        mean: mean.unwrap_or(0.0),
    };
    Ok([
        mass(
            settings.prior_weight,
            // Runs of older versions knew no other prior.
            Some(parts.map_or(PRIOR_MEAN, |parts| parts.prior_mean)),
        ),
        mass(settings.kpi_weight * row.kpi_coverage, row.kpi_score),
        mass(row.answers, row.survey_score),
        mass(
            parts.map_or(0.0, |parts| parts.sentiment_weight),
            parts.and_then(|parts| parts.sentiment_score),
        ),
    ])
}
