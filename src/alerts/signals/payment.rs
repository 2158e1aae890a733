//! Customers that pay later than they used to.

use chrono::{Days, NaiveDate};

use super::noise::{CHANCE, Sample, chance_of_rise};
use super::store::any_payment;
use super::store::records::{PaymentRow, payments};
use super::{Readings, RunContext, Signal};
use crate::alerts::facts::Warning;
use crate::alerts::model::AlertReason;
use crate::db::{Conn, DbResult};

/// Days whose invoices are compared.
const RECENT_DAYS: u64 = 90;
/// Days before, which they are compared with.
const EARLIER_DAYS: u64 = 365;
/// Invoices that either needs.
const FEWEST: i64 = 5;
/// Rises below this one, in days, are told nobody.
const LEAST: f64 = 1.0;

/// Customers whose invoices of the last 90 days are paid later, beyond chance, than those of the year
/// before.
pub(super) fn read(conn: &mut Conn, run: &RunContext) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::PaymentFall;
    let back = |days| run.as_of.checked_sub_days(Days::new(days));
    let span = back(RECENT_DAYS).zip(back(RECENT_DAYS + EARLIER_DAYS));
    let Some((recent_from, from)) = span else {
        return Ok(Readings::missing(REASON, "no_paid_invoices"));
    };
    if !any_payment(conn)? {
        return Ok(Readings::missing(REASON, "no_paid_invoices"));
    }
    let rows = payments(conn, (from, recent_from, run.as_of), FEWEST)?;
    let signals = rows.iter().filter_map(|row| fall(row, recent_from));
    Ok(Readings::found(REASON, signals.collect()))
}

fn fall(row: &PaymentRow, since: NaiveDate) -> Option<Signal> {
    let recent = Sample::of(row.recent, row.recent_sum, row.recent_squares)?;
    let earlier = Sample::of(row.earlier, row.earlier_sum, row.earlier_squares)?;
    let rise = recent.mean - earlier.mean;
    if rise < LEAST || chance_of_rise(&recent, &earlier) >= CHANCE {
        return None;
    }
    Some(Signal {
        customer: Some(row.customer_id),
        subject: "customer".to_owned(),
        measure: rise,
        certain: true,
        warning: Warning::PaymentFall {
            days_late: recent.mean,
            days_late_before: earlier.mean,
            invoices: row.recent,
            since,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CustomerId;

    fn row(recent: &[i64], earlier: &[i64]) -> PaymentRow {
        let count = |days: &[i64]| i64::try_from(days.len()).unwrap();
        let squares = |days: &[i64]| days.iter().map(|day| day * day).sum();
        PaymentRow {
            customer_id: CustomerId(1),
            recent: count(recent),
            recent_sum: recent.iter().sum(),
            recent_squares: squares(recent),
            earlier: count(earlier),
            earlier_sum: earlier.iter().sum(),
            earlier_squares: squares(earlier),
        }
    }

    #[test]
    fn a_rise_counts_beyond_its_noise_alone() {
        let since = "2025-12-02".parse().unwrap();
        let rise = |recent: &[i64], earlier: &[i64]| {
            fall(&row(recent, earlier), since).map(|signal| signal.measure)
        };
        // Means 22 and 2, variances 2.5: t = 20 with 8 degrees of freedom.
        assert_eq!(rise(&[20, 21, 22, 23, 24], &[0, 1, 2, 3, 4]), Some(20.0));
        // Means 22 and 2 again, one invoice of a hundred days: t = 20/19.5 = 1.0.
        assert_eq!(rise(&[2, 2, 2, 4, 100], &[0, 1, 2, 3, 4]), None);
        assert_eq!(rise(&[0, 1, 2, 3, 4], &[20, 21, 22, 23, 24]), None);
        assert_eq!(rise(&[12; 5], &[0; 5]), Some(12.0));
    }
}
