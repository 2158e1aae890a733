//! Complaints as a run reads them: what was known of each before the as-of date.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Spans;
use crate::assessment::inputs::{Collector, Complaint};
use crate::complaints::store::{ComplaintAt, service};
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::{CustomerId, ShipmentId};
use crate::relationship::survival::Watched;

/// Which complaints are looked at, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Received from here on.
    pub received_from: UtcTime,
    /// The KPI window begins here.
    pub recent_from: UtcTime,
    /// What happened before counts.
    pub until: UtcTime,
    /// The same as a day.
    pub until_on: NaiveDate,
    /// The zone whose days count.
    pub zone: Tz,
}

/// Gives the collector the complaints; the shipments that they are about.
pub fn read(
    conn: &mut Conn,
    spans: &Spans,
    collector: &mut Collector,
) -> DbResult<HashSet<ShipmentId>> {
    let window = Window {
        received_from: spans.signs_from_at,
        recent_from: spans.kpis_from,
        until: spans.as_of_at,
        until_on: spans.as_of,
        zone: spans.zone,
    };
    let mut complained = HashSet::new();
    for complaint in between(conn, window, None)? {
        complained.extend(complaint.shipment);
        collector.complaint(complaint);
    }
    Ok(complained)
}

/// The complaints of a window, of one customer or of all; those withdrawn are left out.
pub fn between(
    conn: &mut Conn,
    window: Window,
    customer: Option<CustomerId>,
) -> DbResult<Vec<Complaint>> {
    let known = service(conn, customer, (window.received_from, window.until))?;
    Ok(known.iter().map(|one| complaint(one, &window)).collect())
}

/// A response or settlement that came later had not come.
fn complaint(known: &ComplaintAt, window: &Window) -> Complaint {
    let on = known.received_at.0.with_timezone(&window.zone).date_naive();
    let response = known.first_response_at;
    Complaint {
        customer: known.customer,
        partner: known.partner,
        shipment: known.shipment,
        on,
        recent: known.received_at >= window.recent_from,
        response_hours: Watched {
            time: hours(known.received_at.0, response.unwrap_or(window.until).0),
            ended: response.is_some(),
        },
        settlement_days: is_claim(known).then(|| Watched {
            time: (known.settled_on.unwrap_or(window.until_on) - on)
                .num_days()
                .max(0) as f64,
            ended: known.settled_on.is_some(),
        }),
    }
}

/// Whether a claim was settled with money, or waits: for a shipment that something is claimed for,
/// unless the customer is content or the complaint was found unjustified.
fn is_claim(known: &ComplaintAt) -> bool {
    match known.claim_amount {
        Some(paid) => paid > 0,
        None => known.claimed && known.confirmed_at.is_none() && known.justified != Some(false),
    }
}

fn hours(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_seconds().max(0) as f64 / 3_600.0
}
