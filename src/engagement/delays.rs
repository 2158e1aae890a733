//! How late a customer pays, and whether that grows: days beyond terms, pure.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::ids::CustomerId;

/// The weeks that are compared with those before.
pub const RECENT_WEEKS: u64 = 13;
/// The weeks before, which they are compared with.
pub const EARLIER_WEEKS: u64 = 39;

/// An invoice that says something about how its customer pays, as known before a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentDelay {
    /// Who pays.
    pub customer: CustomerId,
    /// The end of the payment terms.
    pub due_on: NaiveDate,
    /// When it was paid; `None`: it is open and overdue.
    pub paid_on: Option<NaiveDate>,
    /// Minor units, above 0.
    pub amount: i64,
}

impl PaymentDelay {
    /// Days from the due date to the payment, negative if early; of an open invoice, to `as_of`: a
    /// lower bound.
    fn days(&self, as_of: NaiveDate) -> f64 {
        (self.paid_on.unwrap_or(as_of) - self.due_on).num_days() as f64
    }
}

/// The first day that a trend as of `as_of` looks at; `None` before the calendar begins.
pub fn trend_from(as_of: NaiveDate) -> Option<NaiveDate> {
    weeks_before(as_of, RECENT_WEEKS + EARLIER_WEEKS)
}

/// By how many days each customer pays later than it used to: the mean days beyond terms of the
/// last 13 weeks less that of the 39 weeks before, each weighted by amount. Above 0: it pays later.
///
/// A payment counts in the weeks in which it arrived. An open and overdue invoice counts in the
/// last weeks with the days it is overdue so far: a lower bound, so that a customer who stops paying
/// shows at once, if less than it will. A customer without a payment in both spans has no trend.
///
/// The delays must be in order of their customers. Models M1.4 (C) and M5.
///
/// ```
/// use hawser::engagement::delays::{PaymentDelay, trends};
/// use hawser::ids::CustomerId;
///
/// let day = |text: &str| text.parse().unwrap();
/// let paid = |due: &str, paid: &str| PaymentDelay {
///     customer: CustomerId(7),
///     due_on: day(due),
///     paid_on: Some(day(paid)),
///     amount: 100,
/// };
/// // Two days late in autumn, twelve in winter: ten days later than before.
/// let delays = [paid("2025-10-01", "2025-10-03"), paid("2026-02-01", "2026-02-13")];
/// assert_eq!(trends(&delays, day("2026-03-02"))[&CustomerId(7)], 10.0);
/// ```
pub fn trends(delays: &[PaymentDelay], as_of: NaiveDate) -> BTreeMap<CustomerId, f64> {
    let mut trends = BTreeMap::new();
    for of_customer in delays.chunk_by(|one, next| one.customer == next.customer) {
        if let (Some(first), Some(trend)) = (of_customer.first(), trend(of_customer, as_of)) {
            trends.insert(first.customer, trend);
        }
    }
    trends
}

/// [`trends`] of one customer.
fn trend(delays: &[PaymentDelay], as_of: NaiveDate) -> Option<f64> {
    let recent_from = weeks_before(as_of, RECENT_WEEKS)?;
    let earlier_from = trend_from(as_of)?;
    let (mut recent, mut earlier) = (Mean::default(), Mean::default());
    for delay in delays {
        let days = delay.days(as_of);
        match delay.paid_on {
            Some(paid) if paid >= as_of || paid < earlier_from => {}
            Some(paid) if paid < recent_from => earlier.add(days, delay.amount),
            _ => recent.add(days, delay.amount),
        }
    }
    Some(recent.get()? - earlier.get()?)
}

fn weeks_before(day: NaiveDate, weeks: u64) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(weeks * 7))
}

/// A mean weighted by amounts.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    weighted: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, value: f64, amount: i64) {
        let weight = amount.max(0) as f64;
        self.weighted += weight * value;
        self.weight += weight;
    }

    fn get(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.weighted / self.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AS_OF: &str = "2026-04-02";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn delay(due_on: &str, paid_on: Option<&str>, amount: i64) -> PaymentDelay {
        PaymentDelay {
            customer: CustomerId(1),
            due_on: day(due_on),
            paid_on: paid_on.map(day),
            amount,
        }
    }

    fn trend_of(delays: &[PaymentDelay]) -> Option<f64> {
        trend(delays, day(AS_OF))
    }

    #[test]
    fn means_are_weighted_by_amount() {
        // 13 weeks before 2 April 2026 is 1 January 2026.
        let delays = [
            delay("2025-10-01", Some("2025-10-11"), 300), // 10 days, 300
            delay("2025-11-01", Some("2025-11-03"), 100), // 2 days, 100: (3000 + 200) / 400 = 8
            delay("2026-01-10", Some("2026-01-30"), 100), // 20 days, 100
            delay("2026-02-10", Some("2026-02-20"), 900), // 10 days, 900: (2000 + 9000) / 1000 = 11
        ];
        assert_eq!(trend_of(&delays), Some(3.0));
    }

    #[test]
    fn an_open_invoice_counts_with_the_days_so_far() {
        let mut delays = vec![
            delay("2025-10-01", Some("2025-10-01"), 100), // in time
            delay("2026-01-22", None, 100),               // 70 days by 2 April
        ];
        assert_eq!(trend_of(&delays), Some(70.0));
        // However long ago it was due: it is now that it is not paid. A year: (70 + 365) / 2.
        delays.push(delay("2025-04-02", None, 100));
        assert_eq!(trend_of(&delays), Some(217.5));
    }

    #[test]
    fn the_spans_begin_and_end_on_their_days() {
        let earlier = delay("2025-12-31", Some("2025-12-31"), 1);
        let recent = delay("2025-12-31", Some("2026-01-01"), 1);
        assert_eq!(trend_of(&[earlier, recent]), Some(1.0));
        // 52 weeks before is 3 April 2025; a day earlier is not looked at.
        let first = delay("2025-04-03", Some("2025-04-03"), 1);
        assert_eq!(trend_of(&[first, recent]), Some(1.0));
        let before = delay("2025-04-02", Some("2025-04-02"), 1);
        assert_eq!(trend_of(&[before, recent]), None);
        // What happens on the day itself is not known before it.
        let today = delay("2026-03-01", Some(AS_OF), 1);
        assert_eq!(trend_of(&[earlier, today]), None);
    }

    #[test]
    fn one_span_alone_has_no_trend() {
        assert_eq!(trend_of(&[]), None);
        assert_eq!(trend_of(&[delay("2026-01-22", None, 100)]), None);
        assert_eq!(
            trend_of(&[delay("2025-10-01", Some("2025-10-11"), 1)]),
            None
        );
    }

    #[test]
    fn each_customer_has_its_own() {
        let of = |customer, mut delay: PaymentDelay| {
            delay.customer = CustomerId(customer);
            delay
        };
        let earlier = delay("2025-10-01", Some("2025-10-01"), 5);
        let delays = [
            of(1, earlier),
            of(1, delay("2026-02-01", Some("2026-02-06"), 7)),
            of(2, earlier),
            of(3, earlier),
            of(3, delay("2026-02-06", Some("2026-02-01"), 7)),
        ];
        let trends = trends(&delays, day(AS_OF));
        let expected = [(CustomerId(1), 5.0), (CustomerId(3), -5.0)];
        assert_eq!(trends, BTreeMap::from(expected));
    }
}
