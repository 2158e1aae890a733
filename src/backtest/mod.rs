//! Back-tests: what the models would have said at past dates, beside what came to pass.

mod outcomes;
pub mod range;
pub mod store;
