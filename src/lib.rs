//! Hawser keeps a logistics firm moored to both ends of every shipment.

pub mod calc;
pub mod cascade;
pub mod churn;
pub mod ids;
pub mod satisfaction;
pub mod shipments;
pub mod units;
