//! How complaints and claims were handled: times to their end, those still open counted as they stand.

use super::service::Measure;
use crate::assessment::AssessmentError;
use crate::ids::{CustomerId, ShipmentId};
use crate::relationship::survival::{Watched, kaplan_meier};
use crate::satisfaction::kpi::MIN_OBSERVATIONS;
use chrono::NaiveDate;

/// A complaint as known before the as-of date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complaint {
    /// Who complains.
    pub customer: CustomerId,
    /// The other end of the link that it is about.
    pub partner: Option<CustomerId>,
    /// The shipment that it is about.
    pub shipment: Option<ShipmentId>,
    /// The day it was received.
    pub on: NaiveDate,
    /// Whether it was received in the weeks that KPIs look back.
    pub recent: bool,
    /// Hours until the first response, or until now.
    pub response_hours: Watched,
    /// Days until the claim was settled, or until now; `None` where nothing is claimed.
    pub settlement_days: Option<Watched>,
}

/// Times of many complaints.
#[derive(Clone, Debug, Default)]
pub struct Handling {
    responses: Vec<Watched>,
    settlements: Vec<Watched>,
}

impl Handling {
    /// Counts a complaint: of the weeks that KPIs look back, or older and open to this day. Leaving
    /// old open ones out would call a desk fast that never closes its hard cases.
    pub fn add(&mut self, complaint: &Complaint) {
        let counts = |watched: &Watched| complaint.recent || !watched.ended;
        self.responses
            .extend(Some(complaint.response_hours).filter(counts));
        self.settlements
            .extend(complaint.settlement_days.filter(counts));
    }

    /// Median hours until the first response to a complaint; `None` below five.
    ///
    /// # Errors
    ///
    /// [`AssessmentError`] for a time that is negative.
    pub fn response_hours(&self) -> Result<Option<Measure>, AssessmentError> {
        median(&self.responses)
    }

    /// Median days until a claim is settled; `None` below five.
    ///
    /// # Errors
    ///
    /// [`AssessmentError`] for a time that is negative.
    pub fn settlement_days(&self) -> Result<Option<Measure>, AssessmentError> {
        median(&self.settlements)
    }
}

/// Kaplan and Meier's median. Where more than half are open for longer than any that ended, the
/// longest time stands for it: the median is no less.
fn median(watched: &[Watched]) -> Result<Option<Measure>, AssessmentError> {
    if (watched.len() as u64) < MIN_OBSERVATIONS {
        return Ok(None);
    }
    let longest = watched.iter().map(|one| one.time).fold(0.0, f64::max);
    let value = kaplan_meier(watched)?.median.unwrap_or(longest);
    Ok(Some(Measure::plain(value, watched.len() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(hours: f64, ended: bool, recent: bool) -> Complaint {
        Complaint {
            customer: CustomerId(1),
            partner: None,
            shipment: None,
            on: NaiveDate::MIN,
            recent,
            response_hours: Watched { time: hours, ended },
            settlement_days: None,
        }
    }

    #[test]
    fn open_complaints_count_as_long_as_they_last() {
        let mut handling = Handling::default();
        for hours in [1.0, 2.0, 3.0] {
            handling.add(&complaint(hours, true, true));
        }
        handling.add(&complaint(500.0, true, false));
        assert_eq!(
            handling.response_hours().unwrap(),
            None,
            "old and done: not counted"
        );
        handling.add(&complaint(400.0, false, false));
        handling.add(&complaint(9.0, false, true));
        // 1, 2, 3 ended of five: survival 4/5, 3/5, 2/5.
        let found = handling.response_hours().unwrap().unwrap();
        assert!((found.value - 3.0).abs() < 1e-12);
        assert_eq!(found.observations, 5);
        for _ in 0..4 {
            handling.add(&complaint(20.0, false, true));
        }
        // Three of nine ended: no median, hence no less than the longest.
        let found = handling.response_hours().unwrap().unwrap();
        assert!((found.value - 400.0).abs() < 1e-12);
        assert_eq!(handling.settlement_days().unwrap(), None);
    }
}
