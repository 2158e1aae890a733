//! Assessment: one run at an as-of date computes every score and keeps it for good.

pub mod model;
