//! The trade network: who ships to whom, how much, and who depends on whom.
//!
//! ```text
//! shipments ─> link_months ─> store::links ─> TradeNetwork ─> partners, neighbourhoods, …
//!     └──── days at both ends ────┘               └ kept by LiveNetwork, one for each window
//! ```
//!
//! Customers are nodes, links (shipper to consignee) are edges with what went over them within a
//! [`Window`]. Both links of a pair that trades in both directions are one *tie*. [`measures`],
//! [`graph`] and [`concentration`] are pure; [`store`] reads, [`live`] keeps, [`http`] answers.

pub mod concentration;
pub mod graph;
mod groups;
pub mod http;
pub mod live;
pub mod measures;
mod pages;
mod params;
pub mod store;
mod views;

use chrono::{Datelike as _, Days, NaiveDate};

pub use measures::{LinkMeasures, choose_basis};

/// The days that count: `from` and later, before `to`. At an as-of date, what was known before
/// that day counts, so that `to` is the as-of date itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    from: NaiveDate,
    to: NaiveDate,
}

impl Window {
    /// The `days` before `as_of`; `None` unless both ends have a year from 1 to 9999, which is
    /// what every database can compare.
    pub fn before(as_of: NaiveDate, days: u32) -> Option<Self> {
        let from = as_of.checked_sub_days(Days::new(days.into()))?;
        let known = |day: NaiveDate| (1..=9999).contains(&day.year());
        (known(from) && known(as_of)).then_some(Self { from, to: as_of })
    }

    /// The first day that counts.
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// The first day that does not count any more: the as-of date.
    pub fn to(self) -> NaiveDate {
        self.to
    }
}
