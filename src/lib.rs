//! Hawser keeps a logistics firm moored to both ends of every shipment.

pub mod demo;
pub mod ids;
pub mod shipments;
pub mod units;
