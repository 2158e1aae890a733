//! Hawser keeps a logistics firm moored to both ends of every shipment.

pub mod api;
pub mod config;
pub mod db;
pub mod error;
pub mod ids;
pub mod shipments;
pub mod state;
pub mod text;
pub mod units;
