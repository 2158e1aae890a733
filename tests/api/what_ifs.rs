//! What-ifs, plans and loyalty spread.
