//! What a run reads: signs of life, deliveries, links, departments; what customers said, and targets.

mod answers;
mod complaints;
mod departments;
mod previous;
mod shipments;
mod talk;
mod targets;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::super::inputs::{Collector, Inputs, Terms};
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::delays;
use crate::engagement::store::history as engagement;
use crate::ids::CustomerId;
use crate::network::LinkMeasures;

pub use complaints::{Window, between as complaints_between};
pub use departments::of_customer as departments_of;
pub use shipments::{Delivered, LONGEST_TRANSIT_DAYS, deliveries_of, newest, portfolio};
pub use targets::of_customer as targets_of;

/// The days of a run, all before its as-of date.
#[derive(Clone, Debug)]
pub struct Spans {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// The as-of date as an instant: local midnight.
    pub as_of_at: UtcTime,
    /// The zone whose days count.
    pub zone: Tz,
    /// First day of the signs of life: the statistics' window and the slices that models learn from.
    pub signs_from: NaiveDate,
    /// The same as an instant; complaints and answers are read from then on.
    pub signs_from_at: UtcTime,
    /// The as-of date, and the days before it at which models learn.
    pub looks: Vec<NaiveDate>,
    /// First day of the statistics.
    pub history_from: NaiveDate,
    /// First instant of the words that still count.
    pub words_from: UtcTime,
    /// First day of business.
    pub business_from: NaiveDate,
    /// First instant of the KPI window.
    pub kpis_from: UtcTime,
    /// The same as a day.
    pub kpis_from_on: NaiveDate,
    /// First day of the year before the KPI window.
    pub year_before_from: NaiveDate,
}

impl Spans {
    /// The day of an instant.
    fn day(&self, at: UtcTime) -> NaiveDate {
        at.0.with_timezone(&self.zone).date_naive()
    }

    /// Days from an instant to the as-of date.
    fn age_days(&self, at: UtcTime) -> f64 {
        (self.as_of_at.0 - at.0).num_seconds().max(0) as f64 / 86_400.0
    }
}

/// Reads what own churn and the cascade need.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn read(conn: &mut Conn, spans: &Spans) -> DbResult<Inputs> {
    let mut collector = Collector::default();
    let complained = complaints::read(conn, spans, &mut collector)?;
    shipments::signs(conn, spans, &complained, &mut collector)?;
    shipments::deliveries(conn, spans, &mut collector)?;
    answers::read(conn, spans, &mut collector)?;
    let links: Vec<LinkMeasures> =
        crate::network::store::links(conn, spans.business_from, spans.as_of)?;
    let (departments, removed) = departments::recorded(conn)?;
    let mut inputs = collector.finish(spans.as_of, links, departments);
    inputs.voices.removed = removed;
    for at in &spans.looks {
        inputs.terms.push(terms(conn, *at)?);
    }
    inputs.renewals = engagement::renewal_history(conn, spans.as_of)?;
    Ok(inputs)
}

/// Reads what satisfaction needs beside that: words, targets, and the run before.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn read_feelings(conn: &mut Conn, spans: &Spans, inputs: &mut Inputs) -> DbResult<()> {
    inputs.voices.texts = talk::read(conn, spans)?;
    inputs.targets.set = targets::in_force(conn, spans.as_of)?;
    inputs.targets.budgets =
        shipments::budgets(conn, spans.year_before_from, spans.kpis_from_on, None)?;
    inputs.previous = previous::read(conn, spans.as_of)?;
    Ok(())
}

/// The budget of one customer's freight cost ratio: its own of the year before a day.
///
/// # Errors
///
/// The database's.
pub fn budget_of(
    conn: &mut Conn,
    customer: CustomerId,
    (from, until): (NaiveDate, NaiveDate),
) -> DbResult<Option<f64>> {
    Ok(shipments::budgets(conn, from, until, Some(customer))?.remove(&customer))
}

/// Contracts and payments as known before a day.
fn terms(conn: &mut Conn, at: NaiveDate) -> DbResult<Terms> {
    let mut terms = Terms::default();
    for contract in engagement::contract_ends(conn, at)? {
        let of_customer = terms.contracts.entry(contract.customer).or_default();
        of_customer.push(contract);
    }
    if let Some(from) = delays::trend_from(at) {
        let paid = engagement::payment_delays(conn, at, from)?;
        terms.payment_trends = delays::trends(&paid, at);
    }
    Ok(terms)
}
