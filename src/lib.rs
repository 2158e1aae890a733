//! Hawser keeps a logistics firm moored to both ends of every shipment.

pub mod ids;
pub mod imports;
pub mod shipments;
pub mod text;
pub mod units;
