//! Contracts that end, or that go on unless notice is given in time.

use chrono::{Days, NaiveDate};

use super::store::any_alive;
use super::store::records::{ContractRow, ending_contracts};
use super::{Readings, Signal};
use crate::alerts::facts::{NamedCustomer, Warning};
use crate::alerts::model::AlertReason;
use crate::db::{Conn, DbResult};

/// Days ahead that are looked at.
const AHEAD_DAYS: u64 = 180;

/// The last day for notice of a contract that goes on by itself, if it names a time.
fn notice_by(ends_on: NaiveDate, auto_renews: bool, notice_days: Option<i64>) -> Option<NaiveDate> {
    let days = u64::try_from(notice_days.filter(|_| auto_renews)?).ok()?;
    ends_on.checked_sub_days(Days::new(days))
}

/// The last day on which something can be done about a contract: for notice, or of the contract.
pub(super) fn last_day(
    ends_on: NaiveDate,
    auto_renews: bool,
    notice_days: Option<i64>,
) -> NaiveDate {
    notice_by(ends_on, auto_renews, notice_days).unwrap_or(ends_on)
}

/// Days from today to the end, or to the last day for notice; `None` behind it, and beyond the days
/// looked at.
fn days_left(row: &ContractRow, today: NaiveDate) -> Option<i64> {
    let days = (last_day(row.ends_on, row.auto_renews, row.notice_days) - today).num_days();
    u64::try_from(days)
        .is_ok_and(|days| days <= AHEAD_DAYS)
        .then_some(days)
}

/// Contracts that end within 180 days and that nothing replaces yet.
pub(super) fn read(conn: &mut Conn, today: NaiveDate) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::ContractEnding;
    if !any_alive(conn, "contracts")? {
        return Ok(Readings::missing(REASON, "no_contracts"));
    }
    let until = today
        .checked_add_days(Days::new(AHEAD_DAYS))
        .unwrap_or(NaiveDate::MAX);
    let rows = ending_contracts(conn, today, until)?;
    let signals = rows.iter().filter_map(|row| ending(row, today));
    Ok(Readings::found(REASON, signals.collect()))
}

fn ending(row: &ContractRow, today: NaiveDate) -> Option<Signal> {
    let days = days_left(row, today)?;
    Some(Signal {
        customer: Some(row.customer_id),
        subject: format!("contract:{}", row.id),
        measure: -(days as f64),
        certain: true,
        warning: Warning::ContractEnding {
            contract_id: row.id,
            ends_on: row.ends_on,
            auto_renews: row.auto_renews,
            notice_by: notice_by(row.ends_on, row.auto_renews, row.notice_days),
            value_per_year: row.value_per_year,
            partner: row.partner_id.map(|id| NamedCustomer {
                customer_id: Some(id),
                name: None,
            }),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CustomerId;

    #[test]
    fn the_day_for_notice_counts_where_a_contract_goes_on_by_itself() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let row = |auto_renews, notice_days| ContractRow {
            id: 1,
            customer_id: CustomerId(1),
            partner_id: None,
            ends_on: day("2026-06-30"),
            auto_renews,
            notice_days,
            value_per_year: None,
        };
        let left = |auto, notice, today| days_left(&row(auto, notice), day(today));
        // 2026-03-02 to 2026-06-30 are 120 days.
        assert_eq!(left(false, Some(90), "2026-03-02"), Some(120));
        assert_eq!(left(true, None, "2026-03-02"), Some(120));
        assert_eq!(left(true, Some(90), "2026-03-02"), Some(30));
        assert_eq!(left(true, Some(120), "2026-03-02"), Some(0));
        // Nobody gave notice in time: it goes on.
        assert_eq!(left(true, Some(121), "2026-03-02"), None);
        assert_eq!(left(false, None, "2026-01-01"), Some(180));
        assert_eq!(left(false, None, "2025-12-31"), None);
        assert_eq!(left(true, Some(1), "2025-12-31"), Some(180));
        assert_eq!(left(false, None, "2026-07-01"), None);
    }
}
