//! Metrics of the order alone: AUC, average precision, lift.
