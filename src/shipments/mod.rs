//! Shipments: what was carried, for whom, when, how well and for how much.

pub mod model;
