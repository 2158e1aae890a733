//! KPIs of a customer or a link over any days: measured when asked, as a run would measure them.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

use super::AssessmentError;
use super::inputs::{
    DepartmentOf, Handling, Observed, Service, Targeted, Targets, standard_departments,
};
use super::run::YEAR_WEEKS;
use super::store::input::{
    Delivered, LONGEST_TRANSIT_DAYS, Window, budget_of, complaints_between, deliveries_of,
    departments_of, portfolio, targets_of,
};
use crate::complaints::count::midnight;
use crate::db::Conn;
use crate::ids::CustomerId;
use crate::satisfaction::Kpi;

/// A KPI, and who judges us by it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct KpiView {
    /// What was measured, and against what.
    #[serde(flatten)]
    pub observed: Observed,
    /// The customer's departments that judge us by it.
    pub departments: Vec<String>,
}

/// The KPIs of a customer, or of one side of a link.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct KpisView {
    /// The customer.
    pub customer_id: i64,
    /// The first day.
    pub from: NaiveDate,
    /// The first day that does not count any more.
    pub to: NaiveDate,
    /// What was observed often enough.
    pub data: Vec<KpiView>,
    /// KPIs with fewer than five observations, or without a target.
    pub missing: Vec<Kpi>,
}

/// The days asked for, in the instance's time zone.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The first.
    pub from: NaiveDate,
    /// The first that does not count any more.
    pub to: NaiveDate,
    /// Whose days.
    pub zone: Tz,
}

impl Period {
    fn delivered(self) -> Delivered {
        Delivered {
            from: midnight(self.from, self.zone),
            until: midnight(self.to, self.zone),
            shipped_from: before(self.from, LONGEST_TRANSIT_DAYS),
        }
    }
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// Measures the KPIs of a customer, or of its side of the link from the first to the second of
/// `link`.
///
/// # Errors
///
/// [`AssessmentError`] from the database, or if counts make no sense.
pub fn measure(
    conn: &mut Conn,
    customer: CustomerId,
    link: Option<(CustomerId, CustomerId)>,
    period: Period,
) -> Result<KpisView, AssessmentError> {
    let partner = link.map(|(shipper, consignee)| {
        if customer == shipper {
            consignee
        } else {
            shipper
        }
    });
    let mut service = Service::default();
    for delivery in deliveries_of(conn, customer, period.delivered())? {
        let ends = (delivery.shipper, delivery.consignee);
        let party = ends.0 == customer || ends.1 == customer;
        if link.map_or(party, |link| link == ends) {
            service.add(&delivery);
        }
        if link.is_none() && delivery.payer == Some(customer) {
            delivery
                .freight
                .into_iter()
                .for_each(|freight| service.add_freight(freight));
        }
    }
    let handling = handling(conn, (customer, partner), period)?;
    let mut targets = Targets::default();
    targets
        .set
        .insert(customer, targets_of(conn, period.to, customer)?);
    let year_before = (before(period.from, u64::from(YEAR_WEEKS) * 7), period.from);
    if let Some(budget) = budget_of(conn, customer, year_before)? {
        targets.budgets.insert(customer, budget);
    }
    let portfolio = portfolio(conn, period.delivered())?;
    let observed = service.kpis(&handling, &portfolio, targets.of(customer, partner))?;
    let recorded = departments_of(conn, customer)?;
    let departments = if recorded.is_empty() {
        standard_departments()
    } else {
        recorded
    };
    Ok(view(customer, period, observed, &departments))
}

/// The yardsticks of a customer on a day, KPI by KPI; `None`: none, or not over all traffic.
pub fn yardsticks(targets: Targeted<'_>) -> Vec<(Kpi, Option<super::inputs::Yardstick>)> {
    Kpi::ALL
        .iter()
        .map(|kpi| (*kpi, targets.of(*kpi)))
        .collect()
}

fn handling(
    conn: &mut Conn,
    (customer, partner): (CustomerId, Option<CustomerId>),
    period: Period,
) -> Result<Handling, AssessmentError> {
    let window = Window {
        received_from: midnight(before(period.from, LONGEST_TRANSIT_DAYS), period.zone),
        recent_from: midnight(period.from, period.zone),
        until: midnight(period.to, period.zone),
        until_on: period.to,
        zone: period.zone,
    };
    let mut handling = Handling::default();
    for complaint in complaints_between(conn, window, Some(customer))? {
        if partner.is_none() || complaint.partner == partner {
            handling.add(&complaint);
        }
    }
    Ok(handling)
}

fn view(
    customer: CustomerId,
    period: Period,
    observed: Vec<Observed>,
    departments: &[DepartmentOf],
) -> KpisView {
    let seen = |kpi: &&Kpi| !observed.iter().any(|one| one.kpi == **kpi);
    let missing = Kpi::ALL.iter().filter(seen).copied().collect();
    let owners = |kpi: Kpi| {
        departments
            .iter()
            .filter(|one| one.kind.kpis().iter().any(|(owned, _)| *owned == kpi))
            .map(|one| one.name.clone())
            .collect()
    };
    KpisView {
        customer_id: customer.0,
        from: period.from,
        to: period.to,
        missing,
        data: observed
            .into_iter()
            .map(|observed| KpiView {
                departments: owners(observed.kpi),
                observed,
            })
            .collect(),
    }
}
