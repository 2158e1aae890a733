//! Hawser keeps a logistics firm moored to both ends of every shipment.

pub mod alerts;
pub mod i18n;
pub mod ids;
pub mod shipments;
pub mod units;
