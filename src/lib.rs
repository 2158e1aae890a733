//! Hawser keeps a logistics firm moored to both ends of every shipment.

pub mod access;
pub mod alerts;
pub mod api;
pub mod app;
pub mod assessment;
pub mod calc;
pub mod cascade;
pub mod churn;
pub mod cli;
pub mod config;
pub mod customers;
pub mod db;
pub mod demo;
pub mod error;
pub mod i18n;
pub mod ids;
pub mod imports;
pub mod mailbox;
pub mod network;
pub mod satisfaction;
pub mod shipments;
pub mod state;
pub mod telemetry;
pub mod text;
pub mod ui;
pub mod units;
